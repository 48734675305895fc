/* The short form of `make portability`: what loopsim writes about the examples and the first generated specs are the
 * bytes of tests/golden/digests.txt, which `make golden` writes. A difference is a change of behaviour, or a bug. */
#include "command.h"
#include "random_specs.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GENERATED = 20, A_TEST = 5 };

static glob_t examples;

/* The first line that tests/portability/digests.sh says of the spec is a line of the table. */
static void check_digests(const char *spec)
{
    char run[1024];
    const char *named = getenv("LOOPSIM");
    ck_assert_int_lt(snprintf(run, sizeof run, "RUN=%s", named ? named : OBJECTS "/loopsim"), (int)sizeof run);
    const char *const argv[] = {"sh", "tests/portability/digests.sh", spec, NULL}, *const env[] = {run, NULL};
    Ran ran = run_command(&(Command){.argv = argv, .env = env});
    ck_assert_msg(ran.exit == 0 && strchr(ran.out, '\n') != NULL, "%s: exit %d: %s", spec, ran.exit, ran.err);
    char *line = strndup(ran.out, (size_t)(strchr(ran.out, '\n') + 1 - ran.out));
    char *table = read_file("tests/golden/digests.txt", NULL);
    ck_assert_msg(strstr(table, line) != NULL, "%s: tests/golden/digests.txt (make golden) has no line\n%s%s", spec,
                  line, ran.out + strlen(line));
    free(table);
    free(line);
    ran_free(&ran);
}

START_TEST(an_example_gives_the_bytes_of_the_table)
{
    check_digests(examples.gl_pathv[_i]);
}
END_TEST

START_TEST(generated_specs_give_the_bytes_of_the_table)
{
    for (int i = _i * A_TEST; i < (_i + 1) * A_TEST; i++) {
        char name[32];
        Mem *mem = mem_new(1 << 24);
        snprintf(name, sizeof name, "random-%03d.json", i);
        const char *path = scratch(name);
        write_file(path, random_spec(mem, (uint64_t)i));
        check_digests(path);
        mem_delete(mem);
    }
}
END_TEST

/* No line is left of a spec that is no more. */
START_TEST(the_table_has_a_line_a_spec)
{
    char *table = read_file("tests/golden/digests.txt", NULL);
    size_t lines = 0;
    for (const char *at = table; (at = strchr(at, '\n')) != NULL; at++)
        lines += at[1] != '\0' && at[1] != '#';
    ck_assert_uint_eq(lines, examples.gl_pathc + 200);
    free(table);
}
END_TEST

Suite *portable_suite(void);
Suite *portable_suite(void)
{
    Suite *suite = suite_create("portable");
    TCase *tests = tcase_create("table");
    glob("examples/*.json", 0, NULL, &examples);
    glob("examples/programs/*.json", GLOB_APPEND, NULL, &examples);
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_loop_test(tests, an_example_gives_the_bytes_of_the_table, 0, (int)examples.gl_pathc);
    tcase_add_loop_test(tests, generated_specs_give_the_bytes_of_the_table, 0, GENERATED / A_TEST);
    tcase_add_test(tests, the_table_has_a_line_a_spec);
    suite_add_tcase(suite, tests);
    return suite;
}
