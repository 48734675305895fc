/* Several runs: intervals, pairing, precision, jobs. */
#include "../model/observe/replicates.h"
#include "../sim/dist.h"
#include "../sim/rng.h"
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *runs_suite(void);
uint64_t replicate_seed(uint64_t seed, uint64_t run); /* cli/replicate.h; its Command is not the tests' */

static const char two[] = "{\"duration\": \"1s\", \"machine\": {\"profile\": \"ideal\", \"cores\": 6},\n"
                          " \"handlers\": {\"get\": [{\"await\": {\"pool\": {\"exponential\": \"9ms\"}}}]},\n"
                          " \"arrivals\": {\"poisson\": \"350/s\"},\n"
                          " \"servers\": {\"four\": {\"model\": \"event-loop\", \"workers\": 4},\n"
                          "             \"five\": {\"model\": \"event-loop\", \"workers\": 5}}}\n";

static char path[512];

static void set_up(void)
{
    snprintf(path, sizeof path, "%s", scratch("two.json"));
    write_file(path, two);
}

static void expect_exit(const Ran *ran, int code)
{
    ck_assert_msg(ran->exit == code, "exit %d\nstdout: %s\nstderr: %s", ran->exit, ran->out, ran->err);
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in: %s", part, text);
}

/* The number behind `"key": `, from the place of `after` on. */
static double number_after(const char *json, const char *after, const char *key)
{
    const char *at = strstr(json, after);
    ck_assert_msg(at != NULL, "'%s' is not there", after);
    at = strstr(at, key);
    ck_assert_msg(at != NULL, "'%s' is not there", key);
    return atof(at + strlen(key) + 2);
}

/* ---- estimates ---- */

START_TEST(student_agrees_with_tables)
{
    ck_assert_double_eq_tol(student_975(1), 12.7062, 1e-4);
    ck_assert_double_eq_tol(student_975(9), 2.2622, 1e-4);
    ck_assert_double_eq_tol(student_975(30), 2.0423, 1e-4);
    ck_assert_double_eq_tol(student_975(31), 2.0395, 1e-4);
    ck_assert_double_eq_tol(student_975(60), 2.0003, 1e-4);
    ck_assert_double_eq_tol(student_975(120), 1.9799, 1e-4);
    ck_assert_double_eq_tol(student_975(1000000), 1.95996, 1e-4);
}
END_TEST

START_TEST(an_interval_is_students)
{
    const int64_t value[] = {10, 12, 14, 16, 18}; /* mean 14, s^2 10, t 2.776: 2.776 * sqrt(2) = 3.93 */
    Estimate mean = estimate(value, 5, 1);
    ck_assert_int_eq(mean.mean, 14);
    ck_assert_int_eq(mean.half, 4);
    ck_assert_uint_eq(mean.count, 5);
}
END_TEST

START_TEST(what_a_run_does_not_have_does_not_count)
{
    const int64_t value[] = {FIGURE_NONE, 10, FIGURE_NONE, 20};
    ck_assert_int_eq(estimate(value, 4, 1).mean, 15);
    ck_assert_uint_eq(estimate(value, 4, 1).count, 2);
    ck_assert_int_eq(estimate(value, 2, 1).half, -1);
    ck_assert_uint_eq(estimate(value, 1, 1).count, 0);
    ck_assert_int_eq(estimate(value, 2, 3).mean, 20);
}
END_TEST

START_TEST(large_values_keep_their_digits)
{
    const int64_t value[] = {INT64_C(300000000000000001), INT64_C(300000000000000003)};
    ck_assert_int_eq(estimate(value, 2, 1).mean, INT64_C(300000000000000002));
    ck_assert_int_eq(estimate(value, 2, 1).half, 13); /* 12.7062 * sqrt(2 / 2) */
}
END_TEST

START_TEST(pairs_that_move_together_are_told_precisely)
{
    const int64_t a[] = {100, 200, 300, 400}, b[] = {90, 191, 290, 391};
    Pairing pairing = estimate_pair(a, b, 4);
    ck_assert(pairing.has);
    ck_assert_int_eq(pairing.difference, 9);
    ck_assert_int_eq(pairing.paired, 1);
    ck_assert_int_gt(pairing.unpaired, 200);
    ck_assert_int_gt(pairing.gain, 100000000);
    ck_assert(!estimate_pair(a, b, 1).has);
    ck_assert_int_eq(estimate_pair(a, a, 4).gain, -1);
}
END_TEST

/* The interval's coverage where all is known: means of 12 uniform numbers. */
START_TEST(intervals_cover_what_they_promise)
{
    enum { EXPERIMENTS = 4000, RUNS = 6 };
    int covered = 0;
    uint64_t key = rng_key(7, 1, 0);
    for (int i = 0; i < EXPERIMENTS; i++) {
        int64_t value[RUNS];
        for (int run = 0; run < RUNS; run++) {
            Rng rng = rng_at(key, (uint64_t)i, (uint32_t)run, 0);
            double sum = 0;
            for (int k = 0; k < 12; k++)
                sum += rng_unit(&rng);
            value[run] = (int64_t)(sum * 1e6);
        }
        Estimate mean = estimate(value, RUNS, 1);
        covered += mean.mean - mean.half <= 6000000 && 6000000 <= mean.mean + mean.half;
    }
    ck_assert_int_ge(covered, EXPERIMENTS * 94 / 100);
    ck_assert_int_le(covered, EXPERIMENTS * 96 / 100);
}
END_TEST

/* ---- M/M/1 at 80 %: mean sojourn 5 ms for a mean service of 1 ms ---- */

static const char mm1[] = "{\"duration\": \"22s\", \"warmup\": \"2s\", \"machine\": {\"profile\": \"ideal\"},\n"
                          " \"handlers\": {\"get\": [{\"cpu\": {\"exponential\": \"1ms\"}}]},\n"
                          " \"arrivals\": {\"poisson\": \"800/s\"},\n"
                          " \"servers\": {\"node\": {\"model\": \"event-loop\"}}}\n";

static int count_covering(int experiments, const char *runs)
{
    int covered = 0;
    const char *spec = scratch("mm1.json");
    char kept[512];
    snprintf(kept, sizeof kept, "%s", spec);
    write_file(kept, mm1);
    for (int i = 0; i < experiments; i++) {
        char seed[32];
        snprintf(seed, sizeof seed, "%d", 1000 + i);
        Ran ran = run_loopsim("run", kept, "--seed", seed, "--runs", runs, "--out", "json", NULL);
        expect_exit(&ran, 0);
        double mean = number_after(ran.out, "\"latency_ns\"", "\"mean\""),
               half = number_after(ran.out, "\"latency_ns\"", "\"mean_ci95\"");
        covered += mean - half <= 5e6 && 5e6 <= mean + half;
        ran_free(&ran);
    }
    return covered;
}

/* The long form, of 1,000 experiments, is `make coverage-test`; of 24, 19 or fewer have a chance below one in
 * a hundred. */
START_TEST(intervals_cover_the_mean_of_a_queue)
{
    const char *many = getenv("LOOPSIM_EXPERIMENTS");
    int experiments = many ? atoi(many) : 24, covered = count_covering(experiments, "10");
    if (many) {
        ck_assert_int_ge(covered * 100, experiments * 93);
        ck_assert_int_le(covered * 100, experiments * 97);
    }
    ck_assert_int_ge(covered * 40, 33 * experiments);
}
END_TEST

/* ---- the command line ---- */

START_TEST(any_number_of_jobs_gives_the_same_bytes)
{
    Ran one = run_loopsim("run", path, "--runs", "5", "--out", "json", NULL);
    expect_exit(&one, 0);
    expect_in(one.out, "\"runs\": 5");
    expect_in(one.out, "\"throughput_per_s_ci95\"");
    const char *const jobs[] = {"2", "3", "16"};
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        Ran many = run_loopsim("run", path, "--runs", "5", "--jobs", jobs[i], "--out", "json", NULL);
        ck_assert_str_eq(one.out, many.out);
        ran_free(&many);
    }
    ran_free(&one);
}
END_TEST

/* The field of the first server's line that stands in the column `name`. */
static char *csv_field(const char *csv, const char *name)
{
    const char *head = csv, *line = strchr(csv, '\n') + 1;
    while (*head != '\n') {
        size_t size = strcspn(head, ",\n"), field = strcspn(line, ",\n");
        if (size == strlen(name) && strncmp(head, name, size) == 0)
            return strndup(line, field);
        head += size + (head[size] == ',');
        line += field + (line[field] == ',');
    }
    ck_abort_msg("no column %s", name);
}

/* The same means and half widths in CSV as in JSON; a single run has no columns for them. */
START_TEST(csv_has_the_intervals)
{
    static const struct {
        const char *column, *key;
    } same[] = {{"throughput_per_s", "throughput_per_s"},
                {"throughput_per_s_ci95", "throughput_per_s_ci95"},
                {"latency_mean_ns", "mean"},
                {"latency_mean_ns_ci95", "mean_ci95"},
                {"latency_p99_ns", "99"},
                {"latency_p99_ns_ci95", "99_ci95"}};
    char json[200];
    Ran csv = run_loopsim("run", path, "--runs", "5", "--out", "csv", NULL),
        all = run_loopsim("run", path, "--runs", "5", "--out", "json", NULL),
        one = run_loopsim("run", path, "--out", "csv", NULL);
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        char *field = csv_field(csv.out, same[i].column);
        snprintf(json, sizeof json, "\"%s\": %s", same[i].key, field);
        ck_assert_msg(strstr(all.out, json) != NULL, "%s is %s in CSV, and not in JSON", same[i].column, field);
        free(field);
    }
    ck_assert_ptr_null(strstr(one.out, "_ci95"));
    ran_free(&csv);
    ran_free(&all);
    ran_free(&one);
}
END_TEST

START_TEST(jobs_do_not_change_a_single_run)
{
    Ran one = run_loopsim("run", path, "--out", "json", NULL),
        two_jobs = run_loopsim("run", path, "--jobs", "2", "--out", "json", NULL),
        one_run = run_loopsim("run", path, "--runs", "1", "--jobs", "2", "--out", "json", NULL);
    ck_assert_str_eq(one.out, two_jobs.out);
    ck_assert_str_eq(one.out, one_run.out);
    ran_free(&one);
    ran_free(&two_jobs);
    ran_free(&one_run);
}
END_TEST

START_TEST(the_first_run_has_the_seed_itself)
{
    ck_assert_uint_eq(replicate_seed(42, 1), 42);
    ck_assert_uint_ne(replicate_seed(42, 2), replicate_seed(42, 3));
    ck_assert_uint_ne(replicate_seed(42, 2), replicate_seed(43, 2));
}
END_TEST

START_TEST(counters_are_sums_and_parts_add_up)
{
    Ran ran = run_loopsim("run", path, "--runs", "4", "--only", "four", "--out", "json", NULL);
    expect_exit(&ran, 0);
    static const char *const part[] = {"network",   "accept_wait",   "ready_wait", "cpu",   "preempted", "overhead",
                                       "pool_wait", "resource_wait", "resource",   "sleep", "lock_wait", "other"};
    double sum = 0, arrived = number_after(ran.out, "\"requests\"", "\"arrived\"");
    for (size_t i = 0; i < COUNT_OF(part); i++) {
        char key[64];
        snprintf(key, sizeof key, "\"%s\"", part[i]);
        sum += number_after(ran.out, "\"time_ns\"", key);
    }
    ck_assert_double_eq(sum, number_after(ran.out, "\"latency_ns\"", "\"mean\""));
    ck_assert_double_gt(arrived, 1200);
    ck_assert_double_eq(arrived, number_after(ran.out, "\"requests\"", "\"completed\"") +
                                     number_after(ran.out, "\"requests\"", "\"in_flight\""));
    ran_free(&ran);
}
END_TEST

START_TEST(pairing_gains_much_where_servers_are_alike)
{
    Ran ran = run_loopsim("run", path, "--runs", "12", "--set", "duration=4s", "--set", "arrivals.poisson=200/s",
                          "--out", "json", NULL);
    expect_exit(&ran, 0);
    ck_assert_double_gt(number_after(ran.out, "\"metric\": \"mean\"", "\"gain\""), 2);
    ck_assert_double_gt(number_after(ran.out, "\"metric\": \"throughput\"", "\"gain\""), 2);
    ran_free(&ran);
    ran = run_loopsim("run", path, "--runs", "3", NULL);
    expect_in(ran.out, "3 runs; ± is half the width of a 95 % interval");
    expect_in(ran.out, "narrower than");
    ran_free(&ran);
}
END_TEST

START_TEST(precision_runs_as_often_as_it_needs)
{
    Ran coarse = run_loopsim("run", path, "--precision", "20%", "--out", "json", NULL),
        fine = run_loopsim("run", path, "--precision", "6", "--jobs", "2", "--out", "json", NULL);
    expect_exit(&coarse, 0);
    expect_exit(&fine, 0);
    double few = number_after(coarse.out, "\"seed\"", "\"runs\""),
           more = number_after(fine.out, "\"seed\"", "\"runs\"");
    ck_assert_double_ge(few, 10);
    ck_assert_double_gt(more, few);
    for (int i = 0; i < 2; i++) {
        const char *server = i ? "\"four\": {" : "\"five\": {";
        ck_assert_double_le(number_after(strstr(fine.out, server), "\"latency_ns\"", "\"mean_ci95\""),
                            0.06 * number_after(strstr(fine.out, server), "\"latency_ns\"", "\"mean\""));
        ck_assert_double_le(number_after(strstr(fine.out, server), "\"percentiles\"", "\"99_ci95\""),
                            0.06 * number_after(strstr(fine.out, server), "\"percentiles\"", "\"99\""));
    }
    Ran again = run_loopsim("run", path, "--precision", "6", "--out", "json", NULL);
    ck_assert_str_eq(fine.out, again.out);
    ran_free(&again);
    ran_free(&coarse);
    ran_free(&fine);
}
END_TEST

START_TEST(too_few_runs_for_the_precision_are_told)
{
    Ran ran = run_loopsim("run", path, "--precision", "0.1", "--runs", "11", "-q", NULL);
    expect_exit(&ran, 5);
    expect_in(ran.err, "after 11 runs the results are not as precise");
    ran_free(&ran);
}
END_TEST

START_TEST(limits_end_the_runs)
{
    Ran ran = run_loopsim("run", path, "--runs", "3", "--max-events", "500", "--out", "json", NULL);
    expect_exit(&ran, 5);
    expect_in(ran.err, "--max-events");
    expect_in(ran.out, "\"end\": \"limit\"");
    ran_free(&ran);
}
END_TEST

START_TEST(wrong_numbers_of_runs_are_refused)
{
    const char *const wrong[][2] = {{"--runs", "0"},  {"--runs", "-8"},   {"--runs", "1e3"},    {"--jobs", "0"},
                                    {"--jobs", "-2"}, {"--jobs", "5000"}, {"--precision", "0"}, {"--precision", "x"}};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        Ran ran = run_loopsim("run", path, wrong[i][0], wrong[i][1], NULL);
        expect_exit(&ran, 2);
        expect_in(ran.err, wrong[i][0]);
        ran_free(&ran);
    }
}
END_TEST

/* A worker's death ends the command with a word; an interrupt ends it with what is there. */
START_TEST(a_worker_that_dies_is_told)
{
    static const char script[] = "\"$0\" run \"$1\" --runs 100000 --jobs 2 --out json >/dev/null & parent=$!\n"
                                 "for i in 1 2 3 4 5 6 7 8 9 10; do\n"
                                 "  for stat in /proc/[0-9]*/stat; do read -r pid name state above rest <$stat && [ "
                                 "$above = $parent ] && worker=$pid; done\n"
                                 "  [ \"$worker\" ] && break; sleep 0.1\n"
                                 "done 2>/dev/null\n"
                                 "kill -$2 $worker; wait $parent";
    const char *binary = getenv("LOOPSIM");
    if (binary && strchr(binary, ' '))
        return;
    Ran ran = run_program("sh", "-c", script, binary ? binary : OBJECTS "/loopsim", path, "KILL", NULL);
    expect_exit(&ran, 5);
    expect_in(ran.err, "a worker was killed");
    ran_free(&ran);
    ran = run_program("sh", "-c", script, binary ? binary : OBJECTS "/loopsim", path, "SEGV", NULL);
    expect_exit(&ran, 70);
    ran_free(&ran);
}
END_TEST

START_TEST(an_interrupt_leaves_the_whole_runs)
{
    static const char script[] = "\"$0\" run \"$1\" --runs 100000 --jobs 2 --out json & parent=$!\n"
                                 "sleep 1; kill -INT $parent; wait $parent";
    const char *binary = getenv("LOOPSIM");
    if (binary && strchr(binary, ' '))
        return;
    Ran ran = run_program("sh", "-c", script, binary ? binary : OBJECTS "/loopsim", path, NULL);
    expect_exit(&ran, 130);
    expect_in(ran.out, "\"interrupted\": true");
    double runs = number_after(ran.out, "\"seed\"", "\"runs\"");
    ck_assert_double_ge(runs, 1);
    ran_free(&ran);
}
END_TEST

Suite *runs_suite(void)
{
    Suite *suite = suite_create("runs");
    TCase *estimates = tcase_create("estimates"), *coverage = tcase_create("coverage"), *tests = tcase_create("runs");
    tcase_add_test(estimates, student_agrees_with_tables);
    tcase_add_test(estimates, an_interval_is_students);
    tcase_add_test(estimates, what_a_run_does_not_have_does_not_count);
    tcase_add_test(estimates, large_values_keep_their_digits);
    tcase_add_test(estimates, pairs_that_move_together_are_told_precisely);
    tcase_add_test(estimates, intervals_cover_what_they_promise);
    suite_add_tcase(suite, estimates);
    tcase_set_timeout(coverage, getenv("LOOPSIM_EXPERIMENTS") ? 3600 : 60);
    tcase_add_checked_fixture(coverage, NULL, scratch_remove);
    tcase_add_test(coverage, intervals_cover_the_mean_of_a_queue);
    suite_add_tcase(suite, coverage);
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, scratch_remove);
    tcase_add_test(tests, any_number_of_jobs_gives_the_same_bytes);
    tcase_add_test(tests, csv_has_the_intervals);
    tcase_add_test(tests, jobs_do_not_change_a_single_run);
    tcase_add_test(tests, the_first_run_has_the_seed_itself);
    tcase_add_test(tests, counters_are_sums_and_parts_add_up);
    tcase_add_test(tests, pairing_gains_much_where_servers_are_alike);
    tcase_add_test(tests, precision_runs_as_often_as_it_needs);
    tcase_add_test(tests, too_few_runs_for_the_precision_are_told);
    tcase_add_test(tests, limits_end_the_runs);
    tcase_add_test(tests, wrong_numbers_of_runs_are_refused);
    tcase_add_test(tests, a_worker_that_dies_is_told);
    tcase_add_test(tests, an_interrupt_leaves_the_whole_runs);
    suite_add_tcase(suite, tests);
    return suite;
}
