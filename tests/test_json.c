/* The strict reader: what it takes, where it says that things stand, and the numbers that come out. What it refuses
 * is in tests/bad. */
#include "../model/spec/diag.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *json_suite(void);

static Mem *mem;
static Diag diag;

static void start(void)
{
    mem = mem_new((size_t)1 << 30);
    diag_init(&diag, mem);
}

static void end(void)
{
    mem_delete(mem);
}

static Json *read_text(const char *text, size_t size)
{
    JsonPlace at = {"t.json", 1, 1, 0, 0};
    diag_source(&diag, "t.json", text, size);
    return json_read(mem, at, text, size, &diag);
}

static Json *read(const char *text)
{
    return read_text(text, strlen(text));
}

static const char *written(const Json *json)
{
    Buf out;
    buf_init(&out, mem, 1 << 20);
    json_write(&out, json);
    return buf_string(&out);
}

static const char *rendered(void)
{
    Buf out;
    buf_init(&out, mem, 1 << 20);
    diag_render(&out, &diag);
    return buf_string(&out);
}

START_TEST(a_tree_is_read_and_written_back)
{
    const char *text = "{\"a\": [1, -2.5e3, true, false, null, \"x\"], \"b\": {}, \"c\": [], \"\": \"\"}";
    Json *json = read(text);
    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(written(json), text);
    ck_assert_uint_eq(json->count, 4);
    ck_assert(json_member(json, "a")->child->next->number == -2500);
    ck_assert_str_eq(json_member(json, "a")->child->next->text, "-2.5e3");
    ck_assert_ptr_null(json_member(json, "d"));
    ck_assert_ptr_null(json_member(json_member(json, "a"), "x"));
}
END_TEST

START_TEST(escapes_are_resolved)
{
    Json *json = read(" [ \"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\u00e9\\u20AC\\ud83d\\ude00\" ] ");
    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(json->child->text, "\"\\/\b\f\n\r\t");
    ck_assert_str_eq(json->child->next->text, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}
END_TEST

START_TEST(places_count_lines_and_characters)
{
    Json *json = read("{\r\n\t\"é\": \"日本\", \"k\" :\n  [ 1,\n\n 22 ] }");
    const Json *first = json->child, *second = first->next;
    ck_assert_uint_eq(first->key_place.line, 2);
    ck_assert_uint_eq(first->key_place.column, 2);
    ck_assert_uint_eq(first->place.column, 7);
    ck_assert_uint_eq(first->place.size, 8);
    ck_assert_uint_eq(second->key_place.column, 13);
    ck_assert_uint_eq(second->place.line, 3);
    ck_assert_uint_eq(second->place.column, 3);
    ck_assert_uint_eq(second->child->next->place.line, 5);
    ck_assert_uint_eq(second->child->next->place.column, 2);
    ck_assert_uint_eq(second->child->next->place.size, 2);
    ck_assert_str_eq(first->place.file, "t.json");
}
END_TEST

/* To the last bit, and -0 is not 0. */
static bool same_bits(double a, double b)
{
    uint64_t bits[2];
    memcpy(&bits[0], &a, sizeof a);
    memcpy(&bits[1], &b, sizeof b);
    return bits[0] == bits[1];
}

START_TEST(numbers_are_rounded_correctly)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"1", 1.0},
        {"0.1", 0x1.999999999999ap-4},
        {"0.30000000000000004", 0x1.3333333333334p-2},
        {"9007199254740993", 0x1p53},
        {"9007199254740995", 0x1.0000000000002p53},
        {"9007199254740993.0000000000000000001", 0x1.0000000000001p53},
        {"1e22", 1e22},
        {"1e23", 0x1.52d02c7e14af6p76},
        {"1.7976931348623157e308", 0x1.fffffffffffffp1023},
        {"5e-324", 0x1p-1074},
        {"2.4703282292062327208e-324", 0},
        {"2.4703282292062327209e-324", 0x1p-1074},
        {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022},
        {"123456789012345678901234567890", 0x1.8ee90ff6c373ep96},
        {"0.000001", 0x1.0c6f7a0b5ed8dp-20},
        {"4.35", 0x1.1666666666666p2},
        {"1e309", INFINITY},
        {"-1e309", -INFINITY},
        {"1e1000000000", INFINITY},
        {"1e-324", 0},
        {"1e-1000000000", 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double value = json_number(cases[i].text, strlen(cases[i].text));
        ck_assert_msg(same_bits(value, cases[i].value), "%s is read as %a", cases[i].text, value);
    }
}
END_TEST

/* Against the C library, which rounds correctly too (in the locale C). */
START_TEST(numbers_agree_with_the_c_library)
{
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t bits = state ^ state >> 29;
        double expected, value;
        memcpy(&expected, &bits, sizeof expected);
        if (expected - expected != 0)
            continue;
        snprintf(text, sizeof text, "%.*e", (int)(state >> 60) + 5, expected);
        expected = strtod(text, NULL);
        value = json_number(text, strlen(text));
        ck_assert_msg(same_bits(value, expected), "%s is read as %a", text, value);
    }
}
END_TEST

static char *nested(size_t depth)
{
    char *text = mem_get(mem, 2 * depth + 1);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return text;
}

START_TEST(nesting_ends_at_256)
{
    ck_assert_ptr_nonnull(read(nested(256)));
    ck_assert_ptr_null(read(nested(257)));
    ck_assert_ptr_null(read(nested(100000)));
}
END_TEST

START_TEST(size_ends_at_16_mib)
{
    char *text = mem_get(mem, JSON_SIZE + 2);
    memset(text, ' ', JSON_SIZE + 1);
    text[0] = '[';
    text[JSON_SIZE - 1] = ']';
    ck_assert_ptr_nonnull(read_text(text, JSON_SIZE));
    ck_assert_ptr_null(read_text(text, JSON_SIZE + 1));
    ck_assert_ptr_nonnull(strstr(rendered(), "larger than 16 MiB"));
}
END_TEST

START_TEST(at_most_twenty_errors_are_kept_the_first_of_the_file)
{
    JsonPlace place = {"t.json", 1, 1, 0, 1};
    for (uint32_t i = 100; i > 0; i--) {
        place.line = i;
        place.offset = i;
        diag_error(&diag, place, NULL, "number %d", (int)i);
    }
    diag_warning(&diag, place, NULL, "one can live with it");
    ck_assert_uint_eq(diag.count, 20);
    ck_assert_uint_eq(diag.errors, 100);
    ck_assert_str_eq(diag.entry[0].what, "number 1");
    ck_assert_str_eq(diag.entry[19].what, "number 20");
    ck_assert_ptr_nonnull(strstr(rendered(), "and 80 more errors\nand 1 more warning\n"));
}
END_TEST

START_TEST(an_error_takes_the_place_of_a_warning)
{
    JsonPlace place = {"t.json", 1, 1, 0, 1};
    for (uint32_t i = 1; i <= 20; i++) {
        place.offset = i;
        diag_warning(&diag, place, NULL, "warning");
    }
    place.offset = 99;
    diag_error(&diag, place, NULL, "error");
    ck_assert_uint_eq(diag.count, 20);
    ck_assert_str_eq(diag.entry[19].what, "error");
}
END_TEST

/* Of warnings alone the first of the file are kept, too. */
START_TEST(a_warning_takes_the_place_of_a_later_one)
{
    JsonPlace place = {"t.json", 1, 1, 0, 1};
    for (uint32_t i = 1; i <= 20; i++) {
        place.offset = 10 * i;
        diag_warning(&diag, place, NULL, "warning %d", (int)i);
    }
    place.offset = 15;
    diag_warning(&diag, place, NULL, "in between");
    place.offset = 999;
    diag_warning(&diag, place, NULL, "too late");
    ck_assert_uint_eq(diag.count, 20);
    ck_assert_str_eq(diag.entry[1].what, "in between");
    ck_assert_str_eq(diag.entry[19].what, "warning 19");
    ck_assert_ptr_nonnull(strstr(rendered(), "and 2 more warnings\n"));
}
END_TEST

START_TEST(the_nearest_word_is_at_most_a_third_away)
{
    static const char *const words[] = {"workers", "loops", "order", "backlog"};
    ck_assert_str_eq(diag_nearest("worker", words, 4), "workers");
    ck_assert_str_eq(diag_nearest("wrokers", words, 4), "workers");
    ck_assert_str_eq(diag_nearest("lops", words, 4), "loops");
    ck_assert_ptr_null(diag_nearest("redor", words, 4));
    ck_assert_ptr_null(diag_nearest("threads", words, 4));
    ck_assert_ptr_null(diag_nearest("", words, 4));
    ck_assert_str_eq(diag_suggest(&diag, "x", words, 4), "known are workers, loops, order, backlog");
    ck_assert_str_eq(diag_suggest(&diag, "ordre", words, 4), "did you mean \"order\"?");
}
END_TEST

START_TEST(a_help_line_lists_no_more_than_it_can_show)
{
    const char *many[25], *one = "a-name-that-is-so-long-that-nobody-can-have-meant-it-by-a-short-one-0";
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = "word";
    ck_assert_ptr_nonnull(diag_suggest(&diag, "other", many, 24));
    ck_assert_ptr_null(diag_suggest(&diag, "other", many, 25));
    ck_assert_str_eq(diag_suggest(&diag, "wrod", many, 25), "did you mean \"word\"?");
    ck_assert_ptr_null(diag_nearest("a-name-that-is-so-long-that-nobody-can-have-meant-it-by-a", &one, 1));
    ck_assert_ptr_null(diag_nearest(one, &one, 1));
}
END_TEST

/* Within 80 bytes, and never in the middle of a character; where nothing is a character, nothing is left. */
START_TEST(a_long_name_is_cut_before_a_whole_character)
{
    char name[101], said[120];
    memset(name, 'x', 100);
    name[100] = '\0';
    memcpy(name + 79, "\xc3\xa9", 2);
    snprintf(said, sizeof said, "no %.79s...", name);
    ck_assert_str_eq(diag_text(&diag, "no %s", name), said);
    memset(name, '\x80', 100);
    ck_assert_str_eq(diag_text(&diag, "no %s", name), "no ...");
}
END_TEST

/* Bytes that are no characters, around a caret far to the right. */
START_TEST(a_line_of_broken_bytes_is_shown_escaped)
{
    char line[201];
    memset(line, '\x80', 200);
    line[200] = '\0';
    diag_source(&diag, line, line, 200);
    diag_error(&diag, (JsonPlace){line, 1, 151, 150, 1}, NULL, "broken");
    const char *shown = strstr(rendered(), "error: broken\n    ...\\x80\\x80");
    ck_assert_ptr_nonnull(shown);
    for (const char *c = shown; *c; c++)
        ck_assert(((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f) || *c == '\n');
}
END_TEST

START_TEST(a_place_without_a_line_names_its_file_alone)
{
    diag_error(&diag, (JsonPlace){.file = "default"}, "change it", "what is meant is unknown");
    ck_assert_str_eq(rendered(), "default: error: what is meant is unknown\nhelp: change it\n");
}
END_TEST

START_TEST(nothing_for_a_terminal_gets_through)
{
    Buf out;
    buf_init(&out, mem, 1000);
    const char text[] = "a\x1b[31m\n\x7f\xc2\x9b\xe2\x80\xae\xff\xc3\xa9",
               turned[] = "\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x81\xa6\xef\xbb\xbf";
    diag_shown(&out, text, sizeof text - 1);
    ck_assert_str_eq(buf_string(&out), "a\\x1b[31m\\x0a\\x7f\\x9b\\u202e\\xff\xc3\xa9");
    buf_clear(&out);
    diag_shown(&out, turned, sizeof turned - 1);
    ck_assert_str_eq(buf_string(&out), "\\u061c\\u200e\\u200f\\u2066\\ufeff");
}
END_TEST

START_TEST(a_failing_allocation_anywhere_leaks_nothing)
{
    const char *text = "{\"a\": [1, \"x\", {\"b\": null}], \"a\": 1, \"c\": [[[]]]}";
    for (volatile uint64_t nth = 1;; nth = nth + 1) {
        Mem *small = mem_new(1 << 20);
        MemTrap trap;
        volatile bool done = false;
        mem_fail_at(small, nth, true);
        if (mem_try(small, &trap)) {
            Diag local;
            JsonPlace at = {"t.json", 1, 1, 0, 0};
            diag_init(&local, small);
            ck_assert_ptr_nonnull(json_read(small, at, text, strlen(text), &local));
            done = true;
            mem_end_try(small, &trap);
        }
        mem_delete(small);
        if (done)
            break;
        ck_assert_uint_lt(nth, 1000);
    }
}
END_TEST

Suite *json_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("json");
    tcase_add_checked_fixture(tcase, start, end);
    tcase_add_test(tcase, a_tree_is_read_and_written_back);
    tcase_add_test(tcase, escapes_are_resolved);
    tcase_add_test(tcase, places_count_lines_and_characters);
    tcase_add_test(tcase, numbers_are_rounded_correctly);
    tcase_add_test(tcase, numbers_agree_with_the_c_library);
    tcase_add_test(tcase, nesting_ends_at_256);
    tcase_add_test(tcase, size_ends_at_16_mib);
    tcase_add_test(tcase, at_most_twenty_errors_are_kept_the_first_of_the_file);
    tcase_add_test(tcase, an_error_takes_the_place_of_a_warning);
    tcase_add_test(tcase, a_warning_takes_the_place_of_a_later_one);
    tcase_add_test(tcase, a_help_line_lists_no_more_than_it_can_show);
    tcase_add_test(tcase, a_long_name_is_cut_before_a_whole_character);
    tcase_add_test(tcase, a_line_of_broken_bytes_is_shown_escaped);
    tcase_add_test(tcase, a_place_without_a_line_names_its_file_alone);
    tcase_add_test(tcase, the_nearest_word_is_at_most_a_third_away);
    tcase_add_test(tcase, nothing_for_a_terminal_gets_through);
    tcase_add_test(tcase, a_failing_allocation_anywhere_leaks_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
