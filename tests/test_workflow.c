/* The workflow of docs/ci.md, played: a pull request that makes a handler slower fails, with annotations on the right
 * lines of the spec, and the second time with the same bytes. */
#include "command.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *workflow_suite(void);

static char spec[500];

/* The line on which a text stands, from 1. */
static int line_of(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    int line = 1;
    ck_assert_msg(at != NULL, "'%s' is not there", part);
    for (const char *c = text; c < at; c++)
        line += *c == '\n';
    return line;
}

static Ran checked(void)
{
    return run_loopsim_with(&(Command){.argv = (const char *const[]){"run", spec, "--set", "duration=20s", "--require",
                                                                     "node.p99 < 5s", "--out", "github", NULL},
                                       .env = (const char *const[]){"GITHUB_STEP_SUMMARY=", NULL}});
}

/* The template with the report's computation of `from` replaced. */
static char *write_spec(const char *from, const char *to)
{
    Ran ran = run_loopsim("init", "api", NULL);
    char *text = calloc(1, ran.out_size + strlen(to) + 1), *at = strstr(ran.out, from);
    ck_assert_ptr_nonnull(at);
    memcpy(text, ran.out, (size_t)(at - ran.out));
    strcat(text, to);
    strcat(text, at + strlen(from));
    write_file(spec, text);
    ran_free(&ran);
    return text;
}

START_TEST(a_slower_handler_fails_on_the_right_lines)
{
    snprintf(spec, sizeof spec, "%s", scratch("api.json"));
    free(write_spec("\"16ms\"", "\"16ms\""));
    Ran before = checked();
    ck_assert_msg(before.exit == 0, "%s%s", before.out, before.err);
    ck_assert_ptr_null(strstr(before.out, "::"));
    char *text = write_spec("[\"8ms\", \"16ms\"]", "[\"18ms\", \"36ms\"]"), expected[1000];
    Ran slower = checked(), again = checked();
    ck_assert_int_eq(slower.exit, 1);
    snprintf(expected, sizeof expected, "::error file=%s,line=%d,", spec, line_of(text, "node.get.p99 < 400ms"));
    ck_assert_msg(strstr(slower.out, expected) != NULL, "'%s' is not in: %s", expected, slower.out);
    snprintf(expected, sizeof expected, "::warning file=%s,line=%d,", spec, line_of(text, "\"report\": ["));
    ck_assert_msg(strstr(slower.out, expected) != NULL, "'%s' is not in: %s", expected, slower.out);
    ck_assert_ptr_nonnull(strstr(slower.out, "::`report` takes "));
    ck_assert_str_eq(again.out, slower.out);
    ran_free(&before);
    ran_free(&slower);
    ran_free(&again);
    free(text);
}
END_TEST

/* The action's own script, with its inputs as GitHub gives them. */
START_TEST(the_action_runs_what_it_is_given)
{
    char *action = read_file("action.yml", NULL), *script = strstr(action, "      run: |\n"), path[500], root[500],
         inputs[4][700], link[1800];
    ck_assert_ptr_nonnull(script);
    if (getenv("LOOPSIM") || access("/bin/bash", X_OK) != 0) {
        fprintf(stderr, "workflow: no bash here, or another loopsim: the action is not tried\n");
        free(action);
        return;
    }
    ck_assert_ptr_nonnull(getcwd(root, sizeof root));
    snprintf(spec, sizeof spec, "%s", scratch("api.json"));
    free(write_spec("\"60s\"", "\"10s\""));
    snprintf(path, sizeof path, "%s", scratch("action.sh"));
    write_file(path, script + strlen("      run: |\n"));
    free(action);
    snprintf(link, sizeof link, "mkdir -p '%s.d/build' && ln -s '%s%s%s/loopsim' '%s.d/build/loopsim'", path,
             OBJECTS[0] == '/' ? "" : root, OBJECTS[0] == '/' ? "" : "/", OBJECTS, path);
    Ran ran = run_program("sh", "-c", link, NULL);
    ck_assert_int_eq(ran.exit, 0);
    ran_free(&ran);
    snprintf(inputs[0], sizeof inputs[0], "LOOPSIM_ROOT=%s.d", path);
    snprintf(inputs[1], sizeof inputs[1], "SPECS=%s\n", spec);
    snprintf(inputs[2], sizeof inputs[2], "HTML=%s.html", path);
    ran = run_command(&(Command){.argv = (const char *const[]){"bash", path, NULL},
                                 .env = (const char *const[]){inputs[0], inputs[1], inputs[2], "GITHUB_STEP_SUMMARY=",
                                                              "REQUIRE=p99 < 1us\nmean < 10s", NULL}});
    ck_assert_msg(ran.exit == 1, "exit %d: %s%s", ran.exit, ran.out, ran.err);
    ck_assert_ptr_nonnull(strstr(ran.out, "::error title=requirement failed::p99 < 1us : "));
    ck_assert_ptr_nonnull(strstr(ran.out, " requirements met\n"));
    snprintf(inputs[3], sizeof inputs[3], "%s.html/api.html", path);
    ck_assert_int_eq(file_exists(inputs[3]), 1);
    ran_free(&ran);
}
END_TEST

Suite *workflow_suite(void)
{
    Suite *suite = suite_create("workflow");
    TCase *all = tcase_create("workflow");
    tcase_add_checked_fixture(all, NULL, scratch_remove);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, a_slower_handler_fails_on_the_right_lines);
    tcase_add_test(all, the_action_runs_what_it_is_given);
    suite_add_tcase(suite, all);
    return suite;
}
