/* `loopsim explain`: the steps of a program, and the rule that put one line before another. */
#include "command.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *explain_suite(void);

#define ALL_PHASES "tests/conformance/mixed-01-all-phases-from-io.json"

/* docs/explain-all-phases.md shows what explain says of the program that it shows. GOLDEN=1 in the environment writes
 * it anew. */
static char *page(void)
{
    char *program = read_file(ALL_PHASES, NULL), *text = malloc(1 << 20);
    Ran ran = run_loopsim("explain", ALL_PHASES, NULL),
        why = run_loopsim("explain", ALL_PHASES, "--why", "close callback", "timeout", NULL);
    ck_assert_ptr_nonnull(program);
    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_int_eq(why.exit, 0);
    snprintf(text, 1 << 20,
             "# One of everything, step by step\n\n"
             "This program schedules one of each thing that the event loop knows from within one I/O "
             "callback:\n\n```json\n%s```\n\n"
             "`loopsim run` prints its lines in the order in which Node prints them. `loopsim explain` says how that "
             "order comes about: each step is one stretch in\n"
             "which JavaScript runs, with what it prints and with what stands in the queues when it has "
             "returned.\n\n```\n%s```\n\n"
             "And `loopsim explain PROGRAM --why \"close callback\" \"timeout\"` names the rule that put one line "
             "before another:\n\n```\n%s```\n",
             program, ran.out, why.out);
    free(program);
    ran_free(&ran);
    ran_free(&why);
    return text;
}

START_TEST(the_page_in_docs_is_what_explain_says)
{
    char *text = page();
    if (getenv("GOLDEN") != NULL)
        write_file("docs/explain-all-phases.md", text);
    char *golden = read_file("docs/explain-all-phases.md", NULL);
    ck_assert_ptr_nonnull(golden);
    ck_assert_msg(strcmp(golden, text) == 0,
                  "docs/explain-all-phases.md is out of date: GOLDEN=1 make test SUITES=explain writes it anew");
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        size_t width = 0;
        for (const char *p = line; *p; p++)
            width += (*p & 0xc0) != 0x80;
        ck_assert_msg(width <= 100 || strstr(line, "`loopsim") || strstr(line, "which JavaScript") ||
                          strstr(line, "\"about\""),
                      "%s", line);
    }
    free(golden);
    free(text);
}
END_TEST

static const struct {
    const char *program, *a, *b, *first, *rule;
} whys[] = {
    {"{\"main\":[\"a\",\"b\"]}", "a", "b", "a", "same callback"},
    {"{\"main\":[\"a\",\"b\"]}", "b", "a", "a", "same callback"},
    {"{\"main\":[{\"nextTick\":[\"a\"]},\"b\"]}", "a", "b", "b", "run to completion"},
    {"{\"main\":[{\"queueMicrotask\":[\"a\"]},{\"nextTick\":[\"b\"]}]}", "b", "a", "b", "ticks before microtasks"},
    {"{\"main\":[{\"queueMicrotask\":[{\"nextTick\":[\"a\"]},{\"queueMicrotask\":[\"b\"]}]}]}", "b", "a", "b",
     "all microtasks before the next tick"},
    {"{\"main\":[{\"nextTick\":[\"a\"]},{\"nextTick\":[\"b\"]}]}", "a", "b", "a",
     "first in, first out of the tick queue"},
    {"{\"main\":[{\"queueMicrotask\":[\"a\"]},{\"chain\":[{\"resolved\":1},{\"then\":[\"b\"]}]}]}", "a", "b", "a",
     "first in, first out of the microtask queue"},
    {"{\"main\":[\"a\",{\"setTimeout\":[\"b\"],\"ms\":5}]}", "a", "b", "a", "main before the loop"},
    {"{\"main\":[{\"nextTick\":[\"a\"]},{\"setTimeout\":[\"b\"],\"ms\":5}]}", "a", "b", "a", "main before the loop"},
    {"{\"main\":[{\"setTimeout\":[\"a\"],\"ms\":5},{\"setTimeout\":[\"b\"],\"ms\":5}]}", "a", "b", "a",
     "order within a list of timers"},
    {"{\"main\":[{\"setTimeout\":[\"b\"],\"ms\":8},{\"setTimeout\":[\"a\"],\"ms\":5},{\"cpu\":20}]}", "a", "b", "a",
     "one list of timers before the next"},
    {"{\"main\":[{\"setTimeout\":[\"a\",{\"nextTick\":[\"t\"]}],\"ms\":5},{\"setTimeout\":[\"b\"],\"ms\":5}]}", "t",
     "b", "t", "queues are emptied before the next callback"},
    {"{\"main\":[{\"setImmediate\":[\"a\"]},{\"setImmediate\":[\"b\"]}]}", "a", "b", "a",
     "first in, first out of the immediates"},
    {"{\"main\":[{\"setImmediate\":[\"a\",{\"setImmediate\":[\"b\"]}]}]}", "a", "b", "a", "an earlier iteration"},
    {"{\"main\":[{\"open\":\"x\"},{\"open\":\"y\"},{\"close\":\"x\",\"cb\":[\"b\"]},{\"close\":\"y\",\"cb\":[\"a\"]}]}",
     "a", "b", "a", "last closed, first called"},
    {"{\"main\":[{\"open\":\"x\"},{\"setImmediate\":[\"a\",{\"close\":\"x\",\"cb\":[\"b\"]}]}]}", "b", "a", "a",
     "order of the phases"},
    {"{\"main\":[{\"fs\":\"stat\",\"cb\":[\"s\",{\"setImmediate\":[\"a\"]},{\"setTimeout\":[\"b\"],\"ms\":0},{\"cpu\":"
     "3}]}]}",
     "a", "b", "a", "order of the phases"},
    {"{\"main\":[{\"net\":5,\"cb\":[\"a\"]},{\"net\":3,\"cb\":[\"b\"]},{\"cpu\":10}]}", "a", "b", "a",
     "position in the ready list"},
    {"{\"main\":[{\"pool\":5,\"cb\":[\"b\"]},{\"pool\":3,\"cb\":[\"a\"]},{\"cpu\":10}]}", "a", "b", "a",
     "order of completion in the pool"},
    {"{\"main\":[{\"on\":\"process\",\"event\":\"exit\",\"do\":[\"b\"]},{\"setTimeout\":[\"a\"],\"ms\":5}]}", "a", "b",
     "a", "end of the process"},
    {"{\"main\":[{\"on\":\"process\",\"event\":\"unhandledRejection\",\"do\":[\"b\"]},{\"rejected\":\"x\"},{"
     "\"queueMicrotask\":[\"a\"]}]}",
     "a", "b", "a", "events of process"},
};

START_TEST(why_names_the_rule)
{
    char wanted[300];
    const char *path = scratch("why.json");
    write_file(path, whys[_i].program);
    Ran ran = run_loopsim("explain", path, "--why", whys[_i].a, whys[_i].b, NULL);
    snprintf(wanted, sizeof wanted, "\"%s\" comes before \"%s\": %s.\n", whys[_i].first,
             strcmp(whys[_i].first, whys[_i].a) == 0 ? whys[_i].b : whys[_i].a, whys[_i].rule);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_msg(strncmp(ran.out, wanted, strlen(wanted)) == 0, "%s\n%s\nnot\n%s", whys[_i].program, ran.out, wanted);
    ran_free(&ran);
}
END_TEST

/* ---- every conformance program ---- */

static glob_t programs;

enum { LINES = 100 };

/* How often a line is in a text. */
static int times_in(char *const lines[], int n, const char *line)
{
    int times = 0;
    for (int i = 0; i < n; i++)
        times += strcmp(lines[i], line) == 0;
    return times;
}

static void has_a_rule(const char *path, const char *a, const char *b)
{
    char wanted[500];
    snprintf(wanted, sizeof wanted, "\"%s\" comes before \"%s\": ", a, b);
    Ran ran = run_loopsim("explain", path, "--why", a, b, NULL);
    ck_assert_msg(ran.exit == 0, "%s: %s", path, ran.err);
    ck_assert_msg(strncmp(ran.out, wanted, strlen(wanted)) == 0, "%s: %s\nnot\n%s", path, ran.out, wanted);
    ck_assert_msg(strncmp(ran.out + strlen(wanted), "same phase.", 11) != 0, "%s: %s", path, ran.out);
    ran_free(&ran);
}

/* Of each line and the next one, where both are printed once. */
START_TEST(every_line_of_a_conformance_program_has_a_rule)
{
    const char *path = programs.gl_pathv[_i];
    char *line[LINES], exit_code[40];
    int n = 0;
    Ran plain = run_loopsim("run", path, NULL), ran = run_loopsim("explain", path, NULL),
        json = run_loopsim("explain", path, "--out", "json", NULL);
    for (char *at = strtok(plain.out, "\n"); at != NULL && n < LINES; at = strtok(NULL, "\n"))
        line[n++] = at;
    snprintf(exit_code, sizeof exit_code, "\"exit\": %d", plain.exit);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_int_eq(json.exit, 0);
    ck_assert_msg(strstr(json.out, exit_code) != NULL, "%s: no %s in\n%s", path, exit_code, json.out);
    for (int i = 0; i < n; i++) {
        ck_assert_msg(strstr(ran.out, line[i]) != NULL, "%s: no %s in\n%s", path, line[i], ran.out);
        if (i > 0 && times_in(line, n, line[i - 1]) == 1 && times_in(line, n, line[i]) == 1)
            has_a_rule(path, line[i - 1], line[i]);
    }
    ran_free(&plain);
    ran_free(&ran);
    ran_free(&json);
}
END_TEST

START_TEST(the_order_of_the_phases_is_that_of_the_program)
{
    const char *path = scratch("order.json");
    write_file(path, "{\"order\":\"libuv-1.44\",\"main\":[{\"setTimeout\":[\"t\"],\"ms\":1},{\"setImmediate\":[\"i\"]},"
                     "{\"cpu\":\"5ms\"}]}");
    Ran ran = run_loopsim("explain", path, "--why", "t", "i", NULL);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_ptr_nonnull(strstr(ran.out, "\"t\" comes before \"i\": order of the phases."));
    ck_assert_ptr_nonnull(strstr(ran.out, "timers, poll, check"));
    ran_free(&ran);
}
END_TEST

START_TEST(why_is_told_in_json_too)
{
    const char *path = scratch("two.json");
    write_file(path, "{\"main\":[{\"nextTick\":[\"b\"]},\"a\"]}");
    Ran ran = run_loopsim("explain", path, "--why", "b", "a", "--out", "json", NULL);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_ptr_nonnull(strstr(
        ran.out, "\"first\": \"a\",\n  \"second\": \"b\",\n  \"rule\": \"run to completion\",\n  \"because\": \""));
    ran_free(&ran);
}
END_TEST

START_TEST(the_end_of_a_program_is_told)
{
    static const struct {
        const char *program, *says;
    } cases[] = {
        {"{\"main\":[{\"throw\":\"x\"}]}",
         "The process dies of an error that nobody caught (Error: x); exit code 1.\n"},
        {"{\"main\":[{\"exit\":3}]}", "exit code 3"},
        {"{\"main\":[{\"on\":\"process\",\"event\":\"exit\",\"do\":[\"bye\"]},{\"setTimeout\":[],\"ms\":1}]}",
         "After the loop, which nothing keeps alive"},
        {"{\"main\":[{\"repeat\":9,\"do\":[{\"nextTick\":[]}]}]}", "and 3 more"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = scratch("end.json");
        write_file(path, cases[i].program);
        Ran ran = run_loopsim("explain", path, NULL);
        ck_assert_msg(strstr(ran.out, cases[i].says) != NULL, "%s\n%s\nwithout\n%s", cases[i].program, ran.out,
                      cases[i].says);
        ran_free(&ran);
    }
}
END_TEST

START_TEST(queues_and_stacks_are_in_the_json)
{
    const char *path = scratch("json.json");
    write_file(path, "{\"functions\":{\"f\":[\"in "
                     "f\"]},\n\"main\":[{\"call\":\"f\"},\n{\"nextTick\":[\"t\"]},\n{\"queueMicrotask\":[]},\n{"
                     "\"setTimeout\":[],\"ms\":7},\n"
                     "{\"setImmediate\":[]},\n{\"pool\":3,\"cb\":[]},\n{\"open\":\"h\"},{\"close\":\"h\",\"cb\":[]}]}");
    Ran ran = run_loopsim("explain", path, "--out", "json", NULL);
    ck_assert_int_eq(ran.exit, 0);
    static const char *const parts[] = {"\"kind\": \"main\"",
                                        "{ \"text\": \"in f\", \"stack\": \"f, main\" }",
                                        "\"ticks\": [\"nextTick (line 3)\"]",
                                        "\"microtasks\": [\"queueMicrotask (line 4)\"]",
                                        "\"timers\": [\"setTimeout (line 5), due at 7 ms\"]",
                                        "\"immediates\": [\"setImmediate (line 6)\"]",
                                        "\"pool\": [\"pool\"]",
                                        "\"closing\": [\"close (line 8)\"]",
                                        "\"kind\": \"tick\"",
                                        "\"phase\": \"check\"",
                                        "\"exit\": 0"};
    const char *at = ran.out;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *found = strstr(at, parts[i]);
        ck_assert_msg(found != NULL, "%s is missing after\n%s\nin\n%s", parts[i], at, ran.out);
        at = found;
    }
    ran_free(&ran);
}
END_TEST

static void refused(Ran ran, int exit, const char *word)
{
    ck_assert_int_eq(ran.exit, exit);
    ck_assert_str_eq(ran.out, "");
    ck_assert_msg(strstr(ran.err, word) != NULL, "%s\nis not about %s", ran.err, word);
    ran_free(&ran);
}

START_TEST(what_cannot_be_explained)
{
    const char *path = scratch("plain.json");
    write_file(path, "{\"main\":[\"first line\",\"x\"]}");
    refused(run_loopsim("explain", path, "--why", "frist line", "x", NULL), 2, "did you mean \"first line\"?");
    refused(run_loopsim("explain", path, "--why", "x", "x", NULL), 2, "both lines are the same");
    refused(run_loopsim("explain", path, "--why", "x", NULL), 2, "--why needs two values: A B");
    refused(run_loopsim("explain", path, "--out", "csv", NULL), 2, "no --out csv");
    write_file(path, "{\"main\":[{\"call\":\"f\"}]}");
    refused(run_loopsim("explain", path, NULL), 3, "'f' is defined nowhere");
    refused(run_loopsim("explain", "examples/five-requests.json", NULL), 2, "is a workload");
}
END_TEST

START_TEST(endless_programs_are_explained_as_far_as_can_be)
{
    const char *path = scratch("endless.json");
    write_file(path, "{\"functions\":{\"f\":[{\"nextTick\":\"f\"}]},\"main\":[\"a\",{\"call\":\"f\"}]}");
    Ran ran = run_loopsim("explain", path, NULL);
    ck_assert_int_eq(ran.exit, 5);
    ck_assert_ptr_nonnull(strstr(ran.out, "Only the first 5000 steps are shown."));
    ran_free(&ran);
    ran = run_loopsim("explain", path, "--out", "json", NULL);
    ck_assert_ptr_nonnull(strstr(ran.out, "\"exit\": 0,\n  \"end\": \"limit\"\n}\n"));
    ran_free(&ran);
    write_file(path, "{\"main\":[\"a\",{\"open\":\"h\"}]}");
    ran = run_loopsim("explain", path, NULL);
    ck_assert_int_eq(ran.exit, 5);
    ck_assert_ptr_nonnull(strstr(ran.out, "waits for ever"));
    ran_free(&ran);
}
END_TEST

Suite *explain_suite(void)
{
    Suite *suite = suite_create("explain");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, NULL, scratch_remove);
    tcase_add_test(all, the_page_in_docs_is_what_explain_says);
    tcase_add_loop_test(all, why_names_the_rule, 0, (int)(sizeof whys / sizeof whys[0]));
    if (programs.gl_pathc == 0 && glob("tests/conformance/*.json", 0, NULL, &programs) != 0)
        programs.gl_pathc = 0;
    tcase_add_loop_test(all, every_line_of_a_conformance_program_has_a_rule, 0, (int)programs.gl_pathc);
    tcase_add_test(all, the_order_of_the_phases_is_that_of_the_program);
    tcase_add_test(all, why_is_told_in_json_too);
    tcase_add_test(all, the_end_of_a_program_is_told);
    tcase_add_test(all, queues_and_stacks_are_in_the_json);
    tcase_add_test(all, what_cannot_be_explained);
    tcase_add_test(all, endless_programs_are_explained_as_far_as_can_be);
    suite_add_tcase(suite, all);
    return suite;
}
