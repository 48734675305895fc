/* Three scenarios that were also simulated with AsyncFlow 0.1.1 and, with 100 replications, by a minimal program of the
 * same rule (a FIFO token for the CPU, waits without limit): rate, mean and percentiles agree within the joint 95 %
 * intervals, twice as wide so that a fixed seed is no matter of luck.
 *
 * That rule is a thread each on one core, first come first served. The loop takes what is ready in the order of its
 * phases, which moves the percentiles of the second scenario; and in the third the end of a wait, for which nothing is
 * left to compute, waits for the loop, which it does not there. */
#include "command.h"
#include "lab.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

enum { SEEDS = 10, FIGURES = 5 };

static const char *const figure[FIGURES] = {"rate", "mean", "p50", "p95", "p99"};

/* Value and half width of its 95 % interval: per second, ms. */
static const struct Scenario {
    const char *file;
    double value[FIGURES], half[FIGURES];
    int on_the_loop; /* so many of the figures are the loop's too */
} scenarios[] = {
    {"tests/data/asyncflow-1.json", {74.98, 24.99, 19.24, 61.09, 90.27}, {.05, .06, .03, .23, .59}, 5},
    {"tests/data/asyncflow-2.json", {149.95, 32.77, 29.88, 51.16, 68.72}, {.10, .03, .02, .15, .39}, 2},
    {"tests/data/asyncflow-3.json", {69.98, 39.40, 29.84, 105.2, 157.4}, {.05, .13, .09, .5, 1.3}, 1},
};

static void run_seed(const char *text, int server, uint64_t seed, double value[FIGURES])
{
    static const uint64_t share[FIGURES] = {0, 0, 50000000, 95000000, 99000000};
    Lab *lab = lab_read_set(text, NULL, seed);
    LabRun *run = lab_begin(lab, server);
    const HandlerResults *all = &lab_finish(run)->all;
    value[0] = (double)all->throughput / 1e6;
    value[1] = (double)hist_mean(&all->latency) / 1e6;
    for (int i = 2; i < FIGURES; i++)
        value[i] = (double)hist_percentile(&all->latency, share[i]) / 1e6;
    lab_end_run(run);
    lab_end(lab);
}

static void agrees(const struct Scenario *scenario, int server, int figures)
{
    char *text = read_file(scenario->file, NULL);
    double sum[FIGURES] = {0}, squares[FIGURES] = {0}, value[FIGURES];
    ck_assert_ptr_nonnull(text);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run_seed(text, server, seed, value);
        for (int i = 0; i < FIGURES; i++) {
            sum[i] += value[i];
            squares[i] += value[i] * value[i];
        }
    }
    for (int i = 0; i < figures; i++) {
        double mean = sum[i] / SEEDS, variance = (squares[i] / SEEDS - mean * mean) / (SEEDS - 1);
        double half = 2.262 * sqrt(variance), joint = sqrt(half * half + scenario->half[i] * scenario->half[i]);
        ck_assert_msg(fabs(mean - scenario->value[i]) <= 2 * joint, "%s, server %d: %s is %g, not %g within %g",
                      scenario->file, server, figure[i], mean, scenario->value[i], 2 * joint);
    }
    free(text);
}

START_TEST(it_agrees)
{
    agrees(&scenarios[_i], 0, scenarios[_i].on_the_loop);
    agrees(&scenarios[_i], 1, FIGURES);
}
END_TEST

Suite *asyncflow_suite(void);
Suite *asyncflow_suite(void)
{
    Suite *suite = suite_create("asyncflow");
    TCase *tests = tcase_create("asyncflow");
    tcase_add_loop_test(tests, it_agrees, 0, COUNT_OF(scenarios));
    suite_add_tcase(suite, tests);
    return suite;
}
