/* What a spec takes from outside itself, and where it ends: the files it names, its own name, the names in it, arrivals
 * that come to an end. */
#include "../model/spec/spec.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *spec_edges_suite(void);

static Mem *mem;
static Diag diag;
static const char *complaint; /* the first error of the last spec that was refused */

static const char small[] = "{\"handlers\": {\"get\": [{\"cpu\": \"1ms\"}]}, \"arrivals\": {\"at\": [\"0\"]}}";

static void start(void)
{
    mem = mem_new((size_t)64 << 20);
}

static void end(void)
{
    mem_delete(mem);
}

static Spec *read_as(const char *file, const char *text, const SpecOptions *options)
{
    diag_init(&diag, mem);
    Spec *spec = spec_read(mem, (SpecText){file, text, strlen(text)}, options, &diag);
    complaint = diag.count > 0 ? diag.entry[0].what : "nothing";
    return spec;
}

static const char *read_text(void *context, Mem *of, const char *path, size_t *size, const char **error)
{
    Buf *text = context;
    (void)of, (void)path, (void)error;
    *size = text->size;
    return buf_string(text);
}

/* What is wrong in it is said with the path under which it can be opened from here. */
START_TEST(a_broken_cost_file_is_named_by_its_path_from_here)
{
    static const struct {
        const char *spec, *profile, *file;
    } cases[] = {
        {"dir/my.json", "mine.json", "dir/mine.json"},
        {"dir/my.json", "/mine.json", "/mine.json"},
        {"my.json", "mine.json", "mine.json"},
    };
    char option[100];
    const char *sets[] = {option};
    Buf text;
    buf_init(&text, mem, 100);
    buf_text(&text, "[]");
    SpecOptions options = {.set = sets, .set_count = 1, .read_file = read_text, .context = &text};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        snprintf(option, sizeof option, "machine.profile=%s", cases[i].profile);
        ck_assert_ptr_null(read_as(cases[i].spec, small, &options));
        ck_assert_str_eq(diag.entry[0].place.file, cases[i].file);
    }
}
END_TEST

/* Where the caller reads no files (or gives no options at all), a spec cannot name any. */
START_TEST(files_can_be_named_only_where_they_can_be_read)
{
    static const char *const cases[] = {
        "{\"handlers\": {\"get\": []}, \"arrivals\": {\"at\": [\"0\"]}, \"machine\": {\"profile\": \"mine.json\"}}",
        "{\"handlers\": {\"get\": []}, \"arrivals\": {\"file\": \"a.csv\"}}"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SpecOptions none = {.set = NULL};
        ck_assert_ptr_null(read_as("s.json", cases[i], NULL));
        ck_assert_ptr_nonnull(strstr(complaint, "cannot be read: no file can be read here"));
        ck_assert_ptr_null(read_as("s.json", cases[i], &none));
        ck_assert_ptr_nonnull(strstr(complaint, "cannot be read: no file can be read here"));
    }
}
END_TEST

/* A thousand lines, the later ones first, several at one time: in the order of time, then of lines. */
START_TEST(a_file_of_arrivals_is_taken_in_the_order_of_its_times)
{
    Buf text;
    buf_init(&text, mem, 1 << 20);
    for (unsigned i = 0; i < 1000; i++)
        buf_f(&text, "%u.5,%s\n", (999 - i) / 4, i % 2 == 0 ? "get" : "put");
    SpecOptions options = {.read_file = read_text, .context = &text};
    const Spec *spec = read_as(
        "s.json",
        "{\"handlers\": {\"get\": [], \"put\": []}, \"arrivals\": {\"file\": \"a.csv\", \"mix\": {\"get\": 1}}}",
        &options);
    ck_assert_msg(spec != NULL, "refused: %s", complaint);
    ck_assert_uint_eq(spec->arrivals[0].at_count, 1000);
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(spec->arrivals[0].at[i].at, i / 4 * TIME_S + TIME_S / 2);
        ck_assert_int_eq(spec->arrivals[0].at[i].handler, i % 2);
    }
}
END_TEST

START_TEST(a_spec_without_a_name_has_that_of_its_file)
{
    static const char *const cases[][2] = {
        {"api.json", "api"}, {"a/b.json", "b"}, {"a.b/c", "c"}, {"notes.text", "notes.text"}, {"stdin", "stdin"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ck_assert_str_eq(read_as(cases[i][0], small, NULL)->name, cases[i][1]);
    }
}
END_TEST

/* Requirements write names beside metrics: what could be read as one is no name of a handler. */
START_TEST(names_are_words_that_are_no_metrics)
{
    static const char *const names[] = {"a", "Z", "_x", "get-all_2", "p", "p4", "p49", "p5x", "p9-", "p999", "q99"},
                             *const others[] = {"",   "{",  "a{",  "[",   "a[",  "a:b",  "a/b",   "\xc3\xa9",
                                                "9a", "-a", "a b", "p50", "p99", "mean", "digest"};
    char text[200];
    for (size_t i = 0; i < COUNT_OF(names) + COUNT_OF(others); i++) {
        bool fine = i < COUNT_OF(names);
        const char *name = fine ? names[i] : others[i - COUNT_OF(names)];
        snprintf(text, sizeof text, "{\"handlers\": {\"%s\": []}, \"arrivals\": {\"at\": [\"0\"]}}", name);
        ck_assert_msg((read_as("s.json", text, NULL) != NULL) == fine, "\"%s\": %s", name, complaint);
    }
}
END_TEST

/* Otherwise a spec needs a duration. */
START_TEST(some_arrivals_end_by_themselves)
{
    static const struct {
        const char *arrivals;
        bool end;
    } cases[] = {
        {"\"poisson\": \"5/s\"", false},
        {"\"poisson\": \"5/s\", \"count\": 3", true},
        {"\"at\": [\"0\"]", true},
        {"\"stages\": [{\"for\": \"1s\", \"to\": \"5/s\"}]", true},
        {"\"clients\": 3", false},
        {"\"clients\": 3, \"count\": 5", false},
        {"\"clients\": 3, \"requests\": 5", false},
        {"\"clients\": 3, \"count\": 5, \"requests\": 2", true},
        {"\"clients\": 3, \"count\": 5, \"requests\": {\"geometric\": 2}", true},
    };
    char text[300];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        snprintf(text, sizeof text, "{\"handlers\": {\"get\": []}, \"arrivals\": {%s}}", cases[i].arrivals);
        ck_assert_msg((read_as("s.json", text, NULL) != NULL) == cases[i].end, "%s: %s", cases[i].arrivals, complaint);
    }
}
END_TEST

Suite *spec_edges_suite(void)
{
    Suite *suite = suite_create("spec_edges");
    TCase *tcase = tcase_create("edges");
    tcase_add_checked_fixture(tcase, start, end);
    tcase_add_test(tcase, a_broken_cost_file_is_named_by_its_path_from_here);
    tcase_add_test(tcase, files_can_be_named_only_where_they_can_be_read);
    tcase_add_test(tcase, a_file_of_arrivals_is_taken_in_the_order_of_its_times);
    tcase_add_test(tcase, a_spec_without_a_name_has_that_of_its_file);
    tcase_add_test(tcase, names_are_words_that_are_no_metrics);
    tcase_add_test(tcase, some_arrivals_end_by_themselves);
    suite_add_tcase(suite, tcase);
    return suite;
}
