/* --trace-slowest: a trace of the time around the slowest requests of each server. */
#include "command.h"
#include "traces/check.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *slowest_suite(void);

static glob_t files;

static int times(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

static TraceCheck *checked(Mem *mem, const char *path, char **text)
{
    size_t size;
    *text = read_file(path, &size);
    ck_assert_ptr_nonnull(*text);
    TraceCheck *check = trace_check(mem, *text, size);
    ck_assert_msg(trace_check_faults(check) == 0, "%s", trace_check_report(check));
    ck_assert(!trace_check_whole(check));
    return check;
}

START_TEST(each_server_has_its_slowest_and_nothing_else_changes)
{
    char trace[512], first[64];
    snprintf(trace, sizeof trace, "%s", scratch("slow.json"));
    const char *spec = files.gl_pathv[_i];
    char *text = read_file(spec, NULL);
    const char *set = strstr(text, "\"duration\"") ? "--set" : NULL; /* NULL: the last argument */
    free(text);
    Ran ran = run_loopsim("run", spec, "-q", "--out", "json", "--trace", trace, "--trace-slowest", "3", set,
                          "duration=300ms", "--set", "warmup=0ms", NULL);
    ck_assert_msg(ran.exit <= 1, "%s", ran.err);
    Ran plain = run_loopsim("run", spec, "-q", "--out", "json", set, "duration=300ms", "--set", "warmup=0ms", NULL);
    ck_assert_str_eq(ran.out, plain.out);
    Mem *mem = mem_new((size_t)1 << 30);
    checked(mem, trace, &text);
    int servers = times(ran.out, "\"simulated_ns\"");
    for (int i = 1; i <= 3; i++) {
        snprintf(first, sizeof first, "\"slowest #%d\"", i);
        ck_assert_msg(times(text, first) == servers, "%s: %s is there %d times", spec, first, times(text, first));
    }
    ck_assert_int_eq(times(text, "\"slowest #4\""), 0);
    mem_delete(mem);
    free(text);
    ran_free(&ran);
    ran_free(&plain);
}
END_TEST

/* 100 requests, 50 ms apart; the tenth to come after 1 s waits for a long one. */
#define SPEC                                                                                                           \
    "{\"name\":\"s\",\"machine\":{\"profile\":\"ideal\",\"cores\":1},"                                                 \
    "\"handlers\":{\"get\":[{\"cpu\":\"1ms\"}],\"slow\":[{\"cpu\":\"20ms\"}]},"                                        \
    "\"arrivals\":{\"every\":\"50ms\",\"count\":100,\"mix\":{\"get\":9,\"slow\":1}},"                                  \
    "\"servers\":{\"node\":{\"model\":\"event-loop\"}}}"

static double least, greatest;
static char *traced(const char *option, const char *value)
{
    char spec[512], trace[512], *text;
    snprintf(spec, sizeof spec, "%s", scratch("spec.json"));
    snprintf(trace, sizeof trace, "%s", scratch("slow.json"));
    write_file(spec, SPEC);
    Ran ran = run_loopsim("run", spec, "-q", "--trace", trace, "--trace-slowest", "2", option, value, NULL);
    ck_assert_msg(ran.exit == 0, "%s", ran.err);
    ran_free(&ran);
    Mem *mem = mem_new((size_t)64 << 20);
    checked(mem, trace, &text);
    mem_delete(mem);
    least = 1e18;
    greatest = -1;
    for (const char *at = text; (at = strstr(at, "\"ts\":")) != NULL;) {
        double ts = strtod(at += 5, NULL);
        least = ts < least ? ts : least;
        greatest = ts > greatest ? ts : greatest;
    }
    return text;
}

START_TEST(only_the_time_around_them_is_drawn)
{
    char *text = traced(NULL, NULL);
    ck_assert_int_eq(times(text, "\"name\":\"request slow\",\"args\":{\"request\""), 2);
    ck_assert_int_eq(times(text, "\"name\":\"request get\""), 0);
    ck_assert_ptr_nonnull(strstr(text, "\"excerpt\":true"));
    ck_assert(greatest - least > 50000); /* two places */
    free(text);
}
END_TEST

/* The first of them came upon a slow one that had the loop for nearly all of its time. */
START_TEST(it_is_said_whom_they_waited_for)
{
    char trace[512];
    snprintf(trace, sizeof trace, "%s", scratch("slow.json"));
    Ran ran = run_loopsim("run", "examples/blocked-loop.json", "--only", "node", "-q", "--set", "duration=3s", "--set",
                          "warmup=0ms", "--trace", trace, "--trace-slowest", "3", NULL);
    ck_assert_msg(ran.exit <= 1, "%s", ran.err);
    ran_free(&ran);
    char *text = read_file(trace, NULL);
    ck_assert_int_eq(times(text, "\"blame\":\""), 3);
    ck_assert_msg(times(text, "\"blame\":\"slow ") > 0, "%.300s", strstr(text, "\"blame\""));
    free(text);
}
END_TEST

START_TEST(a_window_narrows_it_further)
{
    char *text = traced("--trace-window", "0ms..1us");
    ck_assert_int_eq(times(text, "slowest #"), 0);
    free(text);
}
END_TEST

START_TEST(what_it_may_be_is_said)
{
    static const struct {
        const char *spec, *n, *said;
    } rows[] = {{"examples/five-requests.json", "0", "too small"},
                {"examples/five-requests.json", "11", "too large"},
                {"examples/five-requests.json", "x", "from 1 to 10"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        Ran ran = run_loopsim("run", rows[i].spec, "--trace-slowest", rows[i].n, NULL);
        ck_assert_int_eq(ran.exit, 2);
        ck_assert_msg(strstr(ran.err, rows[i].said) != NULL, "%s", ran.err);
        ran_free(&ran);
    }
    const char *program = scratch("program.json");
    write_file(program, "{\"main\":[\"a\"]}");
    Ran ran = run_loopsim("run", program, "--trace-slowest", "1", NULL);
    ck_assert_int_eq(ran.exit, 2);
    ck_assert_ptr_nonnull(strstr(ran.err, "a program has no requests"));
    ran_free(&ran);
}
END_TEST

Suite *slowest_suite(void)
{
    Suite *suite = suite_create("slowest");
    TCase *tests = tcase_create("slowest");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, only_the_time_around_them_is_drawn);
    tcase_add_test(tests, it_is_said_whom_they_waited_for);
    tcase_add_test(tests, a_window_narrows_it_further);
    tcase_add_test(tests, what_it_may_be_is_said);
    if (files.gl_pathc == 0 && glob("examples/*.json", 0, NULL, &files) != 0)
        files.gl_pathc = 0;
    tcase_add_loop_test(tests, each_server_has_its_slowest_and_nothing_else_changes, 0, (int)files.gl_pathc);
    suite_add_tcase(suite, tests);
    return suite;
}
