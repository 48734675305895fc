/* README.md shows what the commands in it print: `make readme` brings it up to date. */
#include "command.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char prompt[] = "\n$ loopsim ";

START_TEST(readme_shows_what_is_printed)
{
    char *readme = read_file("README.md", NULL), *words[16];
    const char *at = readme;
    int shown = 0, n;
    while ((at = strstr(at, prompt)) != NULL) {
        const char *begin = at + strlen(prompt), *line_end = strchr(begin, '\n'), *end = strstr(begin, "\n```");
        ck_assert(line_end != NULL && end != NULL);
        char *line = strndup(begin, (size_t)(line_end - begin));
        n = 0;
        for (char *word = strtok(line, " "); word != NULL && n < 15; word = strtok(NULL, " "))
            words[n++] = word;
        words[n] = NULL;
        Ran ran = run_loopsim_with(&(Command){.argv = (const char *const *)words});
        char *expected = strndup(line_end + 1, (size_t)(end - line_end));
        ck_assert_int_eq(ran.exit, 0);
        ck_assert_msg(strcmp(ran.out, expected) == 0, "`make readme` brings README.md up to date; printed is:\n%s",
                      ran.out);
        ran_free(&ran);
        free(expected);
        free(line);
        shown++;
        at = end;
    }
    ck_assert_int_ge(shown, 1);
    free(readme);
}
END_TEST

/* It ends with the trace's name, and the trace is there. */
START_TEST(the_demo_prints_a_contrast_and_writes_a_trace)
{
    const char *trace = scratch("demo.json");
    Ran ran = run_loopsim("run", "examples/five-requests.json", "--trace", trace, NULL);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_ptr_nonnull(strstr(ran.out, "pool50"));
    ck_assert_ptr_nonnull(strstr(ran.out, "ratio"));
    ck_assert(file_exists(trace));
    ran_free(&ran);
}
END_TEST

Suite *readme_suite(void);
Suite *readme_suite(void)
{
    Suite *suite = suite_create("readme");
    TCase *tests = tcase_create("readme");
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, readme_shows_what_is_printed);
    tcase_add_test(tests, the_demo_prints_a_contrast_and_writes_a_trace);
    suite_add_tcase(suite, tests);
    return suite;
}
