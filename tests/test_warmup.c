/* `"warmup": "auto"`, and series: what a run is before it is steady. */
#include "../model/observe/warmup.h"
#include "../sim/rng.h"
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *warmup_suite(void);

static void expect_exit(const Ran *ran, int code)
{
    ck_assert_msg(ran->exit == code, "exit %d\nstdout: %s\nstderr: %s", ran->exit, ran->out, ran->err);
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in: %s", part, text);
}

/* n latencies a millisecond apart: `early` times the usual before `until`. */
static Pilot *pilot_of(Mem *mem, int n, int until, double early)
{
    Pilot *pilot = pilot_new(mem);
    for (int i = 0; i < n; i++) {
        Rng rng = rng_at(1, (uint64_t)i, 0, 0);
        double latency = 1e6 * (0.5 + rng_unit(&rng)) * (i < until ? early : 1);
        pilot_add(pilot, (i + 1) * TIME_MS, (Time)latency);
    }
    return pilot;
}

START_TEST(cuts_where_the_start_ends_to_matter)
{
    Mem *mem = mem_new(1 << 24);
    ck_assert_int_eq(pilot_cut(pilot_of(mem, 5000, 1000, 5), 5000 * TIME_MS), 1000 * TIME_MS);
    ck_assert_int_eq(pilot_cut(pilot_of(mem, 5000, 1000, 0.1), 5000 * TIME_MS), 1000 * TIME_MS);
    mem_delete(mem);
}
END_TEST

START_TEST(cuts_at_most_half)
{
    Mem *mem = mem_new(1 << 24);
    ck_assert_int_le(pilot_cut(pilot_of(mem, 5000, 4000, 5), 5000 * TIME_MS), 2500 * TIME_MS);
    /* half of the batches, all of them completed late in the run */
    ck_assert_int_eq(pilot_cut(pilot_of(mem, 5000, 2000, 5), 3000 * TIME_MS), 1500 * TIME_MS);
    mem_delete(mem);
}
END_TEST

START_TEST(what_is_steady_or_next_to_nothing_is_not_cut)
{
    Mem *mem = mem_new(1 << 24);
    Pilot *constant = pilot_new(mem);
    for (int i = 1; i <= 1000; i++)
        pilot_add(constant, i * TIME_MS, TIME_MS);
    ck_assert_int_eq(pilot_cut(constant, 1000 * TIME_MS), 0);
    ck_assert_int_eq(pilot_cut(pilot_new(mem), 1000 * TIME_MS), 0);
    ck_assert_int_eq(pilot_cut(pilot_of(mem, 4, 2, 5), 4 * TIME_MS), 0);
    mem_delete(mem);
}
END_TEST

START_TEST(batches_double_beyond_ten_thousand)
{
    Mem *mem = mem_new(1 << 24);
    Pilot *pilot = pilot_of(mem, 200000, 40000, 5);
    ck_assert_uint_le(pilot->count, PILOT_BATCHES);
    ck_assert_uint_eq(pilot->size, 40);
    ck_assert_uint_eq(pilot->count, 5000);
    Time cut = pilot_cut(pilot, 200000 * TIME_MS);
    ck_assert_int_ge(cut, 40000 * TIME_MS);
    ck_assert_int_le(cut, 41000 * TIME_MS);
    mem_delete(mem);
}
END_TEST

static const char crowded[] =
    "{\"duration\": \"5s\", \"warmup\": \"auto\", \"machine\": {\"profile\": \"ideal\", \"cores\": 4},\n"
    " \"handlers\": {\"get\": [{\"cpu\": {\"exponential\": \"1ms\"}}, {\"await\": {\"pool\": \"1ms\"}}]},\n"
    " \"arrivals\": {\"poisson\": \"980/s\"},\n"
    " \"servers\": {\"node\": {\"model\": \"event-loop\"}, \"threads\": {\"model\": \"thread-per-connection\"}}}\n";

static char path[512];

static void set_up(void)
{
    snprintf(path, sizeof path, "%s", scratch("crowded.json"));
    write_file(path, crowded);
}

static Time window_from(const char *json)
{
    const char *at = strstr(json, "\"window_ns\": [");
    ck_assert_ptr_nonnull(at);
    return (Time)atoll(at + 14);
}

START_TEST(all_servers_have_the_latest_cut)
{
    Ran both = run_loopsim("run", path, "--out", "json", NULL),
        one = run_loopsim("run", path, "--only", "threads", "--out", "json", NULL),
        many = run_loopsim("run", path, "--runs", "3", "--jobs", "2", "--out", "json", NULL);
    expect_exit(&both, 0);
    Time from = window_from(both.out);
    ck_assert_int_gt(from, 0);
    ck_assert_int_le(from, 2500 * TIME_MS);
    ck_assert_int_eq(window_from(strstr(both.out, "\"threads\": {\n")), from);
    ck_assert_int_eq(window_from(one.out), from);
    ck_assert_int_eq(window_from(many.out), from);
    ran_free(&both);
    ran_free(&one);
    ran_free(&many);
    Ran text = run_loopsim("run", path, NULL);
    expect_in(text.out, "(found by MSER-5)");
    ran_free(&text);
}
END_TEST

/* ---- series ---- */

static char *without_series(const char *json)
{
    char *copy = strdup(json), *at;
    while ((at = strstr(copy, ",\n      \"series\": [")) != NULL) {
        char *end = strstr(at, "\n      ]");
        memmove(at, end + 8, strlen(end + 8) + 1);
    }
    return copy;
}

START_TEST(a_series_changes_nothing_else)
{
    static const char *const schedulers[] = {"machine.scheduler=fair", "machine.scheduler=processor-sharing"};
    for (int i = 0; i < 2; i++) {
        Ran plain = run_loopsim("run", path, "--set", "warmup=1300ms", "--set", schedulers[i], "--out", "json", NULL);
        Ran series = run_loopsim("run", path, "--set", "warmup=1300ms", "--set", schedulers[i], "--series", "300ms",
                                 "--out", "json", NULL);
        expect_exit(&series, 0);
        char *rest = without_series(series.out);
        ck_assert_str_ne(series.out, plain.out);
        ck_assert_str_eq(rest, plain.out);
        free(rest);
        ran_free(&plain);
        ran_free(&series);
    }
}
END_TEST

static double sum_of_key(const char *json, const char *end, const char *key)
{
    double sum = 0;
    for (const char *at = json; (at = strstr(at, key)) != NULL && at < end;)
        sum += atof(at += strlen(key));
    return sum;
}

START_TEST(steps_cover_the_run)
{
    Ran ran = run_loopsim("run", path, "--set", "warmup=0", "--only", "node", "--series", "2s", "--out", "json", NULL);
    expect_exit(&ran, 0);
    const char *series = strstr(ran.out, "\"series\""), *end = strstr(series, "]");
    expect_in(series, "{ \"from_ns\": 0, \"to_ns\": 2000000000, ");
    expect_in(series, "{ \"from_ns\": 4000000000, \"to_ns\": 5000000000, ");
    ck_assert_double_eq(sum_of_key(series, end, "\"completed\": "), atof(strstr(ran.out, "\"completed\": ") + 13));
    double loop = sum_of_key(ran.out, end, "\"iterations\": ") > 0
                      ? atof(strstr(strstr(ran.out, "\"iterations\""), "\"utilization\": ") + 15)
                      : -1;
    double steps[3], weighted;
    const char *at = series;
    for (int i = 0; i < 3; i++) {
        at = strstr(at, "\"loop\": ") + 8;
        steps[i] = atof(at);
    }
    weighted = (2 * steps[0] + 2 * steps[1] + steps[2]) / 5;
    ck_assert_double_eq_tol(weighted, loop, 2e-6);
    ran_free(&ran);
}
END_TEST

START_TEST(several_runs_have_the_series_of_the_first)
{
    Ran one = run_loopsim("run", path, "--set", "warmup=1s", "--series", "1s", "--out", "json", NULL),
        many = run_loopsim("run", path, "--set", "warmup=1s", "--series", "1s", "--runs", "3", "--jobs", "2", "--out",
                           "json", NULL);
    const char *a = strstr(one.out, "\"series\""), *b = strstr(many.out, "\"series\"");
    ck_assert_ptr_nonnull(b);
    ck_assert_int_eq(strncmp(a, b, (size_t)(strstr(a, "]") - a)), 0);
    ran_free(&one);
    ran_free(&many);
}
END_TEST

Suite *warmup_suite(void)
{
    Suite *suite = suite_create("warmup");
    TCase *pilots = tcase_create("pilots"), *runs = tcase_create("runs");
    tcase_add_test(pilots, cuts_where_the_start_ends_to_matter);
    tcase_add_test(pilots, cuts_at_most_half);
    tcase_add_test(pilots, what_is_steady_or_next_to_nothing_is_not_cut);
    tcase_add_test(pilots, batches_double_beyond_ten_thousand);
    suite_add_tcase(suite, pilots);
    tcase_set_timeout(runs, 60);
    tcase_add_checked_fixture(runs, set_up, scratch_remove);
    tcase_add_test(runs, all_servers_have_the_latest_cut);
    tcase_add_test(runs, a_series_changes_nothing_else);
    tcase_add_test(runs, steps_cover_the_run);
    tcase_add_test(runs, several_runs_have_the_series_of_the_first);
    suite_add_tcase(suite, runs);
    return suite;
}
