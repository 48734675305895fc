/* Simulated against exact, with the run's own standard errors: see laws.h.
 *
 *     make laws             every case, with a table: standard errors below 0.5 %
 *     make laws LAWS=2      below 2 %, in a fraction of the time; quantiles within 4 % instead of 1 %
 *     make laws LAW=M/D/4   only the cases with this in their names */
#include "lab.h"
#include "laws.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_UNDEFINED__
enum { SLOW = 1 };
#else
enum { SLOW = 0 };
#endif

enum { BATCHES = 40 };

/* Running totals. */
typedef struct Totals {
    double time, completed, latency, squares, queueing, area, crowded, arrived, refused, busy;
} Totals;

typedef struct Series {
    Totals total[2 * BATCHES + 1];
    int count; /* batches so far */
    Time batch;
} Series;

static bool brief(void)
{
    return getenv("LAWS") == NULL;
}

/* The error, in percent, that LAWS asks for. */
static double percent(void)
{
    const char *asked = getenv("LAWS");
    return asked ? atof(asked) : 0.5;
}

/* ---- looking at a run ---- */

static double wide(const uint64_t words[], int n)
{
    double sum = 0;
    while (n-- > 0)
        sum = sum * 0x1p64 + (double)words[n];
    return sum;
}

static double area(const Stats *stats, Time now)
{
    double sum = wide(stats->crowd.sum, 2) + (double)stats->population * (double)(now - stats->population_since);
    for (int n = 1; n < POPULATION_LEVELS; n++)
        sum += (double)n * (double)stats->time_at[n];
    return sum;
}

/* ns with at least so many in the system; 0: not asked for */
static double crowded(const Stats *stats, Time now, double least)
{
    double sum = (double)stats->population >= least ? (double)(now - stats->population_since) : 0;
    for (int n = (int)least; n < POPULATION_LEVELS; n++)
        sum += (double)stats->time_at[n];
    return least > 0 ? sum : 0;
}

static double crowd_of(const Law *law)
{
    for (int i = 0; i < law->expects; i++)
        if (law->expect[i].figure == NUMBER_AT_LEAST)
            return law->expect[i].at;
    return 0;
}

static Totals look(const Law *law, LabRun *run)
{
    const HandlerStats *handler = &run->stats->handlers[0];
    Time now = run->world->kernel.now;
    machine_settle(run->world->machine);
    return (Totals){
        .time = (double)now,
        .completed = (double)handler->completed,
        .latency = wide(handler->latency.sum, 2),
        .squares = wide(handler->latency.squares, 3),
        .queueing = wide(run->stats->queueing.sum, 2),
        .area = area(run->stats, now),
        .crowded = crowded(run->stats, now, crowd_of(law)),
        .arrived = (double)handler->arrived,
        .refused = (double)handler->refused,
        .busy = (double)machine_stats(run->world->machine)->user,
    };
}

static void fraction(Figure figure, const Totals *total, double *part, double *whole)
{
    bool of_time = figure == NUMBER || figure == RATE || figure == BUSY || figure == NUMBER_AT_LEAST;
    *whole = of_time ? total->time : figure == BLOCKED ? total->arrived : total->completed;
    *part = figure == SOJOURN          ? total->latency / 1e6
            : figure == SOJOURN_SQUARE ? total->squares / 1e12
            : figure == WAIT           ? total->queueing / 1e6
            : figure == NUMBER         ? total->area
            : figure == RATE           ? total->completed * 1e9
            : figure == BLOCKED        ? total->refused
            : figure == BUSY           ? total->busy
                                       : total->crowded;
}

/* ---- batch means ---- */

/* The ratio over all batches but the first, which warms up, and its standard error. */
static double estimate(const Series *series, Figure figure, double *error)
{
    double part[2 * BATCHES + 1], whole[2 * BATCHES + 1], squares = 0;
    int n = series->count - 1;
    for (int i = 0; i <= series->count; i++)
        fraction(figure, &series->total[i], &part[i], &whole[i]);
    double all = whole[series->count] - whole[1], ratio = (part[series->count] - part[1]) / all;
    for (int i = 1; i <= n; i++) {
        double off = part[i + 1] - part[i] - ratio * (whole[i + 1] - whole[i]);
        squares += off * off;
    }
    *error = sqrt(squares * n / (n - 1)) / all;
    return ratio;
}

static void merge(Series *series)
{
    for (int i = 1; i <= BATCHES; i++)
        series->total[i] = series->total[2 * i];
    series->count = BATCHES;
    series->batch *= 2;
}

static bool has_quantiles(const Law *law)
{
    for (int i = 0; i < law->expects; i++)
        if (law->expect[i].figure >= FIGURES)
            return true;
    return false;
}

/* Quantiles, which are compared within 1 %, scatter about three times as much as means do. */
static double wanted_error(const Law *law)
{
    if (SLOW)
        return 0.05;
    if (brief())
        return has_quantiles(law) ? 0.003 : 0.015;
    return percent() / 100 * (has_quantiles(law) ? 0.6 : 1);
}

static bool precise(const Law *law, const Series *series)
{
    for (int i = 0; i < law->expects; i++) {
        const Expect *expect = &law->expect[i];
        double error;
        if (expect->figure >= FIGURES || expect->figure == BLOCKED || expect->figure == NUMBER_AT_LEAST)
            continue;
        double ratio = estimate(series, expect->figure, &error);
        if (error > wanted_error(law) * ratio)
            return false;
    }
    return true;
}

static void simulate(const Law *law, LabRun *run, Series *series)
{
    double most = law->cases > 0 ? law->cases : SLOW ? 1e6 : brief() ? 2e7 : 2e8;
    double first = fmax(20 * law->memory_ms * 1e6, 2000 / law->rate * 1e9);
    *series = (Series){.batch = (Time)first};
    series->total[0] = look(law, run);
    while (series->count < BATCHES || (!precise(law, series) && series->total[series->count].completed < most)) {
        if (series->count == 2 * BATCHES)
            merge(series);
        int more = series->count < BATCHES ? 1 : 10;
        for (int i = 0; i < more; i++) {
            lab_until(run, series->batch * (series->count + 1));
            series->total[++series->count] = look(law, run);
        }
    }
}

/* ---- the verdict ---- */

static double read_off(LabRun *run, const Expect *expect)
{
    Hist numbers;
    uint64_t share = (uint64_t)(expect->at * 1e8 + 0.5);
    switch (expect->figure) {
    case SOJOURN_QUANTILE: return (double)hist_percentile(&run->stats->handlers[0].latency, share) / 1e6;
    case WAIT_QUANTILE: return (double)hist_percentile(&run->stats->queueing, share) / 1e6;
    default:
        hist_init(&numbers, run->mem);
        stats_population_hist(run->stats, &numbers);
        return (double)hist_percentile(&numbers, share);
    }
}

static const char *const figure_name[] = {
    [SOJOURN] = "sojourn ms",
    [SOJOURN_SQUARE] = "sojourn^2 ms^2",
    [WAIT] = "wait ms",
    [NUMBER] = "number",
    [RATE] = "rate /s",
    [BLOCKED] = "blocked",
    [BUSY] = "cores busy",
    [SOJOURN_QUANTILE] = "sojourn ms, p",
    [WAIT_QUANTILE] = "wait ms, p",
    [NUMBER_QUANTILE] = "number, p",
    [NUMBER_AT_LEAST] = "time with n >= ",
};

static void show(const Law *law, const Expect *expect, double value, double error, double limit)
{
    char what[48];
    bool quantile = expect->figure >= FIGURES;
    if (expect->at > 0)
        snprintf(what, sizeof what, "%s%g", figure_name[expect->figure], quantile ? expect->at * 100 : expect->at);
    else
        snprintf(what, sizeof what, "%s", figure_name[expect->figure]);
    printf("%-36s %-20s %12.6g %12.6g ", law->name, what, expect->exact, value);
    if (quantile)
        printf("%9s %+8.2f %%", "", expect->exact > 0 ? (value / expect->exact - 1) * 100 : 0);
    else
        printf("%8.3f%% %+8.2f se", expect->exact > 0 ? error / expect->exact * 100 : 0,
               error > 0 ? (value - expect->exact) / error : 0);
    printf("%s\n", fabs(value - expect->exact) <= limit ? "" : "  OFF");
}

static double quantile_limit(void)
{
    return SLOW ? 0.2 : 0.01 * fmax(1, 2 * percent());
}

/* The whole table first, then what is off. */
static void judge(const Law *law, LabRun *run, const Series *series)
{
    const Expect *off = NULL;
    double off_value = 0, off_error = 0;
    for (int i = 0; i < law->expects; i++) {
        const Expect *expect = &law->expect[i];
        double error = 0, value, limit;
        if (expect->figure < FIGURES) {
            value = estimate(series, expect->figure, &error);
            limit = 4 * error + law->tolerance * expect->exact + 1e-12;
        } else {
            value = read_off(run, expect);
            limit = quantile_limit() * expect->exact;
        }
        if (!brief())
            show(law, expect, value, error, limit);
        if (!(fabs(value - expect->exact) <= limit)) {
            off = expect;
            off_value = value;
            off_error = error;
        }
    }
    fflush(stdout);
    ck_assert_msg(off == NULL, "%s: %s (%g) is %.9g, exactly %.9g, standard error %.3g, in %g requests", law->name,
                  figure_name[off->figure], off->at, off_value, off->exact, off_error,
                  series->total[series->count].completed);
}

static void without_quantiles(Law *law)
{
    int n = 0;
    for (int i = 0; i < law->expects; i++)
        if (law->expect[i].figure < FIGURES)
            law->expect[n++] = law->expect[i];
    law->expects = n;
}

START_TEST(it_holds)
{
    const LawRow *row = &law_rows[_i];
    if (brief() && row->brief == LONG_ONLY)
        return;
    Law law = {.expects = 0};
    Series series;
    row->make(&law, row->load);
    const char *only = getenv("LAW");
    if (only != NULL && strstr(law.name, only) == NULL)
        return;
    if (brief() && row->brief == MEANS)
        without_quantiles(&law);
    Lab *lab = lab_read(law.spec);
    LabRun *run = lab_begin(lab, 0);
    simulate(&law, run, &series);
    judge(&law, run, &series);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* Load 1.2: after 10 s there are (λ - μ) t more in the system than left, and the idle time at the start, 1 / (λ - μ)
 * in the mean, did nothing. */
START_TEST(overload_grows_as_a_fluid_does)
{
    enum { SEEDS = 40 };
    double sum = 0, squares = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Lab *lab = lab_read_set("{\"duration\": \"10s\", \"machine\": {\"profile\": \"ideal\"},"
                                "\"handlers\": {\"get\": [{\"cpu\": {\"exponential\": \"1ms\"}}]},"
                                "\"arrivals\": {\"poisson\": \"1200/s\"},"
                                "\"servers\": {\"it\": {\"model\": \"event-loop\", \"backlog\": 1000000}}}",
                                NULL, seed);
        LabRun *run = lab_begin(lab, 0);
        double backlog = (double)lab_finish(run)->all.requests.in_flight;
        sum += backlog;
        squares += backlog * backlog;
        lab_end_run(run);
        lab_end(lab);
    }
    double mean = sum / SEEDS, error = sqrt((squares / SEEDS - mean * mean) / (SEEDS - 1));
    ck_assert_msg(fabs(mean - 2005) <= 4 * error, "%g waiting, standard error %g", mean, error);
}
END_TEST

Suite *laws_suite(void);
Suite *laws_suite(void)
{
    Suite *suite = suite_create("laws");
    TCase *tests = tcase_create("laws");
    tcase_add_loop_test(tests, it_holds, 0, law_count);
    tcase_add_test(tests, overload_grows_as_a_fluid_does);
    suite_add_tcase(suite, tests);
    return suite;
}
