/* Every file of examples/ is a test: it runs, its point holds, its figures add up, and it gives the same bytes again.
 * The list is that of the directory. */
#include "command.h"
#include "lab.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static glob_t files;

static const Json *member(const Json *object, const char *key)
{
    const Json *found = json_member(object, key);
    ck_assert_msg(found != NULL, "no \"%s\"", key);
    return found;
}

static int64_t number(const Json *object, const char *key)
{
    return strtoll(member(object, key)->text, NULL, 10);
}

/* ---- what each result holds ---- */

static void adds_up(const Json *figures)
{
    const Json *requests = member(figures, "requests");
    int64_t mean = number(member(figures, "latency_ns"), "mean"), sum = 0;
    ck_assert_int_eq(number(requests, "arrived"), number(requests, "completed") + number(requests, "failed") +
                                                      number(requests, "refused") + number(requests, "timed_out") +
                                                      number(requests, "in_flight"));
    ck_assert_int_eq(number(requests, "completed"), number(member(figures, "latency_ns"), "count"));
    for (const Json *part = member(figures, "time_ns")->child; part != NULL; part = part->next)
        sum += strtoll(part->text, NULL, 10);
    ck_assert_int_eq(sum, mean);
    if (number(requests, "retried") == 0) /* the time between two attempts is nobody's */
        ck_assert_int_eq(number(member(figures, "time_ns"), "other"), 0);
}

static int64_t total(const Json *server, const char *what)
{
    int64_t sum = 0;
    for (const Json *handler = member(server, "handlers")->child; handler != NULL; handler = handler->next)
        sum += number(member(handler, "requests"), what);
    return sum;
}

static void check_server(const Json *server)
{
    static const char *const outcomes[] = {"arrived", "completed", "failed", "refused", "timed_out", "in_flight"};
    adds_up(server);
    for (const Json *handler = member(server, "handlers")->child; handler != NULL; handler = handler->next)
        adds_up(handler);
    for (size_t i = 0; i < COUNT_OF(outcomes); i++)
        ck_assert_int_eq(total(server, outcomes[i]), number(member(server, "requests"), outcomes[i]));
    ck_assert_int_gt(number(member(server, "requests"), "completed"), 0);
}

static void check_results(const char *text, size_t size)
{
    Mem *mem = mem_new(1 << 26);
    Diag diag;
    diag_init(&diag, mem);
    const Json *root = json_read(mem, (JsonPlace){"results", 1, 1, 0, 0}, text, size, &diag);
    ck_assert_msg(root != NULL && diag.errors == 0, "no JSON: %s", text);
    ck_assert_int_ge(member(root, "servers")->count, 2);
    for (const Json *server = member(root, "servers")->child; server != NULL; server = server->next)
        check_server(server);
    ck_assert_int_ge(member(root, "requirements")->count, 1);
    mem_delete(mem);
}

/* ---- the files ---- */

START_TEST(its_point_holds_and_its_figures_add_up)
{
    const char *file = files.gl_pathv[_i];
    Ran ran = run_loopsim("run", file, "--out", "json", NULL), again = run_loopsim("run", file, "--out", "json", NULL);
    ck_assert_msg(ran.exit == 0, "%s: exit %d\n%s%s", file, ran.exit, ran.out, ran.err);
    ck_assert_str_eq(ran.err, "");
    check_results(ran.out, ran.out_size);
    ck_assert_str_eq(ran.out, again.out);
    ran_free(&ran);
    ran_free(&again);
}
END_TEST

START_TEST(it_is_short_and_says_its_point)
{
    size_t size, lines = 0;
    char *text = read_file(files.gl_pathv[_i], &size);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    ck_assert_uint_lt(lines, 60);
    ck_assert_ptr_nonnull(strstr(text, strstr(files.gl_pathv[_i], "/api.json") ? "\"name\"" : "\"about\""));
    free(text);
}
END_TEST

/* The pieces of lab.h are the run of the command line. */
START_TEST(it_is_the_same_run_inside_a_test)
{
    char *text = read_file(files.gl_pathv[_i], NULL), digest[32];
    Lab *lab = lab_read(text);
    Ran ran = run_loopsim("run", files.gl_pathv[_i], "--out", "json", NULL);
    for (int server = 0; server < lab->spec->server_count; server++) {
        LabRun *run = lab_begin(lab, server);
        lab_until(run, TIME_S);
        const Results *results = lab_finish(run);
        snprintf(digest, sizeof digest, "\"%016llx\"", (unsigned long long)results->digest);
        ck_assert_msg(strstr(ran.out, digest) != NULL, "%s: no digest %s", results->name, digest);
        lab_end_run(run);
    }
    ran_free(&ran);
    lab_end(lab);
    free(text);
}
END_TEST

START_TEST(there_are_examples)
{
    ck_assert_int_ge((int)files.gl_pathc, 9);
}
END_TEST

Suite *examples_suite(void);
Suite *examples_suite(void)
{
    Suite *suite = suite_create("examples");
    TCase *tests = tcase_create("examples");
    if (files.gl_pathc == 0 && glob("examples/*.json", 0, NULL, &files) != 0)
        files.gl_pathc = 0;
    int count = (int)files.gl_pathc;
    tcase_add_test(tests, there_are_examples);
    tcase_add_loop_test(tests, its_point_holds_and_its_figures_add_up, 0, count);
    tcase_add_loop_test(tests, it_is_short_and_says_its_point, 0, count);
    tcase_add_loop_test(tests, it_is_the_same_run_inside_a_test, 0, count);
    suite_add_tcase(suite, tests);
    return suite;
}
