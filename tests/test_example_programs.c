/* Every program in examples/programs prints what tests/golden/programs says (checked against Node 20 by hand when it
 * was written), fits a screen, and says what it shows. The list is read from the folder: a new one is tested by itself,
 * and fails until its output is there. */
#include "command.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int lines_of(const char *text)
{
    int lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void check_program(const char *name)
{
    char path[512], golden[512];
    snprintf(path, sizeof path, "examples/programs/%s", name);
    snprintf(golden, sizeof golden, "tests/golden/programs/%.*s.out", (int)(strlen(name) - strlen(".json")), name);
    char *program = read_file(path, NULL), *expected = read_file(golden, NULL);
    ck_assert_msg(lines_of(program) < 60, "%s is longer than 60 lines", path);
    ck_assert_msg(strstr(program, "\"about\"") != NULL, "%s does not say what it shows", path);
    Ran ran = run_loopsim("run", path, NULL);
    int code = strcmp(name, "forgotten-catch.json") == 0; /* it dies, as its story says */
    ck_assert_msg(ran.exit == code, "%s: exit %d: %s", path, ran.exit, ran.err);
    ck_assert_msg(strcmp(ran.out, expected) == 0, "%s prints\n%snot\n%s", path, ran.out, expected);
    ran_free(&ran);
    free(program);
    free(expected);
}

Suite *example_programs_suite(void);

START_TEST(every_program_prints_its_story)
{
    DIR *folder = opendir("examples/programs");
    int programs = 0;
    ck_assert_ptr_nonnull(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL || strcmp(dot, ".json") != 0)
            continue;
        check_program(entry->d_name);
        programs++;
    }
    closedir(folder);
    ck_assert_int_ge(programs, 6);
}
END_TEST

Suite *example_programs_suite(void)
{
    Suite *suite = suite_create("example_programs");
    TCase *tests = tcase_create("programs");
    tcase_add_test(tests, every_program_prints_its_story);
    suite_add_tcase(suite, tests);
    return suite;
}
