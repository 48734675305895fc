/* Every program of tests/conformance prints what Node prints, in both orders of libuv's phases. */
#include "command.h"
#include "programs.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *conformance_suite(void);

static glob_t programs;

enum { NAME_ROOM = 200 };

static int exit_code_of(const char *name)
{
    char *codes = read_file("tests/conformance/exit-codes.txt", NULL), line[NAME_ROOM + 1];
    ck_assert_ptr_nonnull(codes);
    snprintf(line, sizeof line, "%s ", name);
    const char *at = strstr(codes, line);
    int code = at ? atoi(at + strlen(line)) : 0;
    free(codes);
    return code;
}

static void conforms(int index, bool legacy)
{
    const char *path = programs.gl_pathv[index];
    char name[NAME_ROOM], expected[NAME_ROOM + 100];
    snprintf(name, sizeof name, "%.*s", (int)(strlen(path) - strlen("tests/conformance/.json")),
             path + strlen("tests/conformance/"));
    snprintf(expected, sizeof expected, "tests/conformance/%s.1.44.out", name);
    if (!legacy || !file_exists(expected))
        snprintf(expected, sizeof expected, "tests/conformance/%s.out", name);
    char *json = read_file(path, NULL), *out = read_file(expected, NULL);
    ck_assert_ptr_nonnull(json);
    ck_assert_ptr_nonnull(out);
    Played played = play_program(json, &(PlayOptions){.file = path, .legacy = legacy});
    ck_assert_msg(!played.refused, "%s", played.diagnostics);
    ck_assert_msg(strcmp(played.lines, out) == 0, "%s prints\n%sand Node\n%s", name, played.lines, out);
    ck_assert_msg(played.result.exit_code == exit_code_of(name), "%s exits with %d", name, played.result.exit_code);
    played_free(&played);
    free(json);
    free(out);
}

START_TEST(prints_what_node_20_prints)
{
    conforms(_i, false);
}
END_TEST

START_TEST(prints_what_libuv_1_44_gives)
{
    conforms(_i, true);
}
END_TEST

START_TEST(the_programs_are_all_there)
{
    glob_t changed;
    ck_assert_int_eq((int)programs.gl_pathc, 210);
    ck_assert_int_eq(glob("tests/conformance/*.1.44.out", 0, NULL, &changed), 0);
    ck_assert_int_eq((int)changed.gl_pathc, 4);
    globfree(&changed);
}
END_TEST

Suite *conformance_suite(void)
{
    Suite *suite = suite_create("conformance");
    TCase *all = tcase_create("all");
    if (programs.gl_pathc == 0 && glob("tests/conformance/*.json", 0, NULL, &programs) != 0)
        programs.gl_pathc = 0;
    tcase_add_test(all, the_programs_are_all_there);
    tcase_add_loop_test(all, prints_what_node_20_prints, 0, (int)programs.gl_pathc);
    tcase_add_loop_test(all, prints_what_libuv_1_44_gives, 0, (int)programs.gl_pathc);
    suite_add_tcase(suite, all);
    return suite;
}
