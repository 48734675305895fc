#include "sim/buf.h"

#include <check.h>
#include <string.h>

Suite *buf_suite(void);

static Mem *mem;
static Buf buf;

static void set_up(void)
{
    mem = mem_new(1 << 20);
    buf_init(&buf, mem, 1 << 16);
}

static void tear_down(void)
{
    mem_delete(mem);
}

/* What the buffer holds, which is then cleared. */
static const char *taken(void)
{
    static char text[4096];
    ck_assert_uint_lt(buf.size, sizeof text);
    ck_assert_uint_eq(strlen(buf_string(&buf)), buf.size);
    memcpy(text, buf_string(&buf), buf.size + 1);
    buf_clear(&buf);
    ck_assert_str_eq(buf_string(&buf), "");
    return text;
}

START_TEST(text_is_appended_and_ends_with_nul)
{
    ck_assert_str_eq(buf_string(&buf), "");
    buf_text(&buf, "one ");
    buf_bytes(&buf, "two three", 3);
    buf_bytes(&buf, NULL, 0);
    buf_char(&buf, '.');
    buf_repeat(&buf, '-', 3);
    buf_repeat(&buf, '-', 0);
    ck_assert_str_eq(taken(), "one two.---");
    buf_free(&buf);
    ck_assert_uint_eq(mem_used(mem), 0);
    buf_text(&buf, "again");
    ck_assert_str_eq(taken(), "again");
}
END_TEST

START_TEST(growing_keeps_all_and_asks_seldom)
{
    for (int i = 0; i < 10000; i++)
        buf_char(&buf, (char)('a' + i % 26));
    ck_assert_uint_eq(buf.size, 10000);
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(buf.data[i], 'a' + i % 26);
    ck_assert_uint_lt(mem_requests(mem), HOSTILE(12, 18)); /* from 64 bytes on, or from 1 */
}
END_TEST

static bool gives_up(size_t bytes)
{
    MemTrap trap;
    if (mem_try(mem, &trap)) {
        buf_repeat(&buf, 'x', bytes);
        mem_end_try(mem, &trap);
        return false;
    }
    return true;
}

START_TEST(a_ceiling_is_kept_to_the_byte)
{
    buf_init(&buf, mem, 100);
    ck_assert(!gives_up(99));
    ck_assert(gives_up(2));
    ck_assert_uint_eq(buf.size, 99); /* as it was */
    ck_assert(!gives_up(1));
    ck_assert(gives_up(1));
    ck_assert(gives_up(SIZE_MAX));
    ck_assert_uint_eq(strlen(buf_string(&buf)), 100);
    buf_init(&buf, mem, SIZE_MAX);
    ck_assert(gives_up(SIZE_MAX));
    ck_assert(!gives_up(10));
}
END_TEST

START_TEST(integers_are_written_to_their_ends)
{
    buf_u64(&buf, 0);
    buf_char(&buf, ' ');
    buf_u64(&buf, UINT64_MAX);
    buf_char(&buf, ' ');
    buf_i64(&buf, INT64_MIN);
    buf_char(&buf, ' ');
    buf_i64(&buf, INT64_MAX);
    buf_char(&buf, ' ');
    buf_i64(&buf, -7);
    ck_assert_str_eq(taken(), "0 18446744073709551615 -9223372036854775808 9223372036854775807 -7");
    buf_hex16(&buf, UINT64_C(0x0123456789abcdef));
    ck_assert_str_eq(taken(), "0123456789abcdef");
}
END_TEST

START_TEST(fixed_point_has_all_its_decimals)
{
    static const struct {
        int64_t value;
        unsigned decimals;
        const char *text;
    } rows[] = {{0, 0, "0"},
                {0, 3, "0.000"},
                {5, 3, "0.005"},
                {-5, 3, "-0.005"},
                {1234, 3, "1.234"},
                {1234, 0, "1234"},
                {-1234, 1, "-123.4"},
                {100, 2, "1.00"},
                {7, 6, "0.000007"},
                {INT64_MIN, 18, "-9.223372036854775808"},
                {INT64_MAX, 20, "0.09223372036854775807"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_fixed(&buf, rows[i].value, rows[i].decimals);
        ck_assert_str_eq(taken(), rows[i].text);
    }
    buf_us(&buf, 1234567);
    ck_assert_str_eq(taken(), "1234.567");
    buf_us(&buf, 7);
    ck_assert_str_eq(taken(), "0.007");
}
END_TEST

START_TEST(json_escapes_what_it_must_and_nothing_else)
{
    static const char text[] = "a\"b\\c/\b\f\n\r\t\0\x1f\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80";
    buf_json(&buf, text, sizeof text - 1);
    ck_assert_str_eq(taken(),
                     "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
    buf_json(&buf, NULL, 0);
    ck_assert_str_eq(taken(), "\"\"");
}
END_TEST

#define FFFD "\xef\xbf\xbd"

/* One U+FFFD for the longest start of a sequence, as the Unicode standard recommends (chapter 3, U+FFFD
 * substitution). */
START_TEST(json_replaces_bad_utf8)
{
    static const struct {
        const char *text, *json;
    } rows[] = {{"a\x80z", "\"a" FFFD "z\""},
                {"\xc0\xaf", "\"" FFFD FFFD "\""},                   /* overlong */
                {"\xe0\x80\xaf", "\"" FFFD FFFD FFFD "\""},          /* overlong */
                {"\xed\xa0\x80", "\"" FFFD FFFD FFFD "\""},          /* a surrogate */
                {"\xf4\x90\x80\x80", "\"" FFFD FFFD FFFD FFFD "\""}, /* beyond U+10FFFF */
                {"\xf5", "\"" FFFD "\""},
                {"\xe2\x82", "\"" FFFD "\""}, /* cut off by the end */
                {"\xf0\x9f\x98\"", "\"" FFFD "\\\"\""},
                {"\xe2\x82\xe2\x82\xac", "\"" FFFD "\xe2\x82\xac\""},
                {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\""}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_json(&buf, rows[i].text, strlen(rows[i].text));
        ck_assert_str_eq(taken(), rows[i].json);
    }
    buf_json(&buf, "\xe2\x82\xac", 2); /* what stands behind the end does not count */
    ck_assert_str_eq(taken(), "\"" FFFD "\"");
}
END_TEST

START_TEST(text_for_people_is_formatted)
{
    buf_f(&buf, "%s has %d of %u (%c), 100 %%", "db", -3, 4000000000u, 'x');
    ck_assert_str_eq(taken(), "db has -3 of 4000000000 (x), 100 %");
    buf_f(&buf, "%s", "");
    ck_assert_str_eq(taken(), "");
}
END_TEST

START_TEST(other_formats_are_a_bug)
{
    buf_f(&buf, "%x", 1u);
}
END_TEST

START_TEST(too_many_decimals_are_a_bug)
{
    buf_fixed(&buf, 1, 21);
}
END_TEST

START_TEST(the_failure_of_any_allocation_leaves_the_buffer_whole)
{
    for (uint64_t nth = 1; nth < 10; nth++) {
        buf_init(&buf, mem, 1 << 16);
        mem_fail_at(mem, nth, true);
        for (size_t size = 0; !gives_up(1); size++)
            ck_assert_uint_le(size, 1 << 16);
        ck_assert_uint_eq(buf.size, nth == 1 ? 0 : strlen(buf.data));
        mem_fail_at(mem, 0, false);
        size_t before = buf.size;
        buf_text(&buf, "more");
        ck_assert_str_eq(buf.data + before, "more");
        buf_free(&buf);
        ck_assert_uint_eq(mem_used(mem), 0);
    }
}
END_TEST

Suite *buf_suite(void)
{
    Suite *suite = suite_create("buf");
    TCase *tcase = tcase_create("buf");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, text_is_appended_and_ends_with_nul);
    tcase_add_test(tcase, growing_keeps_all_and_asks_seldom);
    tcase_add_test(tcase, a_ceiling_is_kept_to_the_byte);
    tcase_add_test(tcase, integers_are_written_to_their_ends);
    tcase_add_test(tcase, fixed_point_has_all_its_decimals);
    tcase_add_test(tcase, json_escapes_what_it_must_and_nothing_else);
    tcase_add_test(tcase, json_replaces_bad_utf8);
    tcase_add_test(tcase, text_for_people_is_formatted);
    tcase_add_exit_test(tcase, other_formats_are_a_bug, 70);
    tcase_add_exit_test(tcase, too_many_decimals_are_a_bug, 70);
    tcase_add_test(tcase, the_failure_of_any_allocation_leaves_the_buffer_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
