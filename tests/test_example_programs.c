/* Every program of examples/programs prints what stands beside it (NAME.out, as Node 20 prints it), and fits on a screen. */
#include "command.h"
#include "programs.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *example_programs_suite(void);

static glob_t programs;

START_TEST(prints_what_stands_beside_it)
{
    const char *path = programs.gl_pathv[_i];
    char expected[300];
    int lines = 0;
    snprintf(expected, sizeof expected, "%.*s.out", (int)(strlen(path) - strlen(".json")), path);
    char *json = read_file(path, NULL), *out = read_file(expected, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_msg(out != NULL, "%s is missing", expected);
    Played played = play_program(json, &(PlayOptions){.file = path});
    ck_assert_msg(!played.refused, "%s", played.diagnostics);
    ck_assert_msg(strcmp(played.lines, out) == 0, "%s prints\n%s", path, played.lines);
    ck_assert_int_eq(played.result.exit_code, strstr(path, "forgotten-catch") != NULL);
    for (const char *p = json; *p; p++)
        lines += *p == '\n';
    ck_assert_int_lt(lines, 60);
    ck_assert_ptr_nonnull(strstr(json, "\"about\""));
    played_free(&played);
    free(json);
    free(out);
}
END_TEST

START_TEST(there_are_some)
{
    ck_assert_int_ge((int)programs.gl_pathc, 11);
}
END_TEST

Suite *example_programs_suite(void)
{
    Suite *suite = suite_create("example_programs");
    TCase *all = tcase_create("all");
    if (programs.gl_pathc == 0 && glob("examples/programs/*.json", 0, NULL, &programs) != 0)
        programs.gl_pathc = 0;
    tcase_add_test(all, there_are_some);
    tcase_add_loop_test(all, prints_what_stands_beside_it, 0, (int)programs.gl_pathc);
    suite_add_tcase(suite, all);
    return suite;
}
