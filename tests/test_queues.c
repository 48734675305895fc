/* Queues made of clients, network and machine against theory: a thread a connection on one core is M/G/1. */
#include "worlds.h"

#include <check.h>
#include <math.h>

enum { RUNS = 20 };

typedef struct Theory {
    int scheduler;
    double rate; /* per second; 0: closed */
    int64_t clients;
    double service_scv; /* 1: exponential, 0: constant, 4: two exponentials; mean 1 ms */
    double mean_ms;
} Theory;

static const Dist *service_of(Scene *scene, double scv)
{
    const char *why;
    static const double weight[] = {0.887298334620742, 0.112701665379258},
                        mean[] = {563508.326896291, 4436491.67310371};
    if (scv <= 0)
        return always(scene, TIME_MS);
    return scv > 1 ? dist_hyperexponential(scene->mem, 2, weight, mean, &why) : dist_exponential(scene->mem, 1e6, &why);
}

static double mean_of_run(const Theory *theory, uint64_t seed)
{
    const char *why;
    Scene *scene = scene_new(1 << 28);
    scene->quiet = true;
    scene->spec.seed = seed;
    scene->spec.machine.scheduler = theory->scheduler;
    scene->warmup = TIME_S;
    scene->server.backlog = 1000000;
    scene->service = service_of(scene, theory->service_scv);
    SpecArrivals *arrivals = &scene->arrivals[0];
    arrivals->kind = theory->clients > 0 ? ARRIVE_CLIENTS : ARRIVE_POISSON;
    arrivals->rate = theory->rate;
    arrivals->clients = theory->clients;
    arrivals->think = dist_exponential(scene->mem, 5e6, &why);
    scene->spec.duration = 26 * TIME_S;
    scene_start(scene);
    scene_run(scene, theory->clients > 0 ? scene->spec.duration : TIME_NEVER);
    double mean = (double)hist_mean(&scene->stats->handlers[0].latency) / 1e6;
    scene_end(scene);
    return mean;
}

static void holds(const Theory *theory)
{
    double sum = 0, squares = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        double mean = mean_of_run(theory, seed);
        sum += mean;
        squares += mean * mean;
    }
    double mean = sum / RUNS, error = sqrt((squares - sum * mean) / (RUNS - 1) / RUNS);
    ck_assert_double_lt(error, 0.02 * mean);
    ck_assert_msg(fabs(mean - theory->mean_ms) < 4 * error, "mean %f instead of %f, standard error %f", mean,
                  theory->mean_ms, error);
}

/* Exact mean value analysis of one queue with n clients that think 5 ms on the average (Reiser, Lavenberg 1980). */
static double mva(int clients)
{
    double queue = 0, time = 0;
    for (int n = 1; n <= clients; n++) {
        time = 1 + queue;
        queue = n * time / (5 + time);
    }
    return time;
}

START_TEST(queues_are_as_theory_says)
{
    const Theory cases[] = {
        {SCHED_FIFO, 500, 0, 1, 2}, /* M/M/1 */
        {SCHED_FIFO, 800, 0, 1, 5},
        {SCHED_FIFO, 800, 0, 0, 3},                     /* M/D/1: S + rho S / (2 (1 - rho)) */
        {SCHED_FIFO, 500, 0, 4, 1 + 0.5 * 5 / 2 / 0.5}, /* M/G/1: Pollaczek, Khinchine */
        {SCHED_PROCESSOR_SHARING, 800, 0, 1, 5},        /* M/G/1-PS: S / (1 - rho), whatever the distribution */
        {SCHED_PROCESSOR_SHARING, 500, 0, 4, 2},
        {SCHED_PROCESSOR_SHARING, 500, 0, 0, 2},
        {SCHED_FIFO, 0, 8, 1, mva(8)},
    };
    holds(&cases[_i]);
}
END_TEST

/* Little's law by an integral of the test's own. */
START_TEST(littles_law_is_exact)
{
    const char *why;
    Scene *scene = scene_new(1 << 26);
    scene->service = dist_exponential(scene->mem, 1e5, &why);
    scene->spec.network.rtt = dist_exponential(scene->mem, 1e5, &why);
    SpecArrivals *arrivals = &scene->arrivals[0];
    arrivals->kind = ARRIVE_POISSON;
    arrivals->rate = 7000;
    arrivals->count = 2000;
    arrivals->timeout = TIME_MS;
    arrivals->retry_attempts = 2;
    arrivals->retry_backoff = dist_exponential(scene->mem, 1e6, &why);
    scene->server.backlog = 10;
    scene->spec.network.syn_retry[0] = 300 * TIME_US;
    scene->spec.network.syn_retries = 1;
    scene->quiet = true;
    scene_start(scene);
    const HandlerStats *stats = &scene->stats->handlers[0];
    Kernel *kernel = &scene->world.kernel;
    Time integral = 0;
    for (;;) {
        Time before = kernel->now;
        Time in_flight = (Time)stats->in_flight;
        if (!kernel_step(kernel))
            break;
        integral += in_flight * (kernel->now - before);
        ck_assert_uint_eq(stats->arrived,
                          stats->completed + stats->failed + stats->refused + stats->timed_out + stats->in_flight);
    }
    ck_assert_uint_eq(stats->arrived, 2000);
    ck_assert_uint_eq(stats->in_flight, 0);
    ck_assert_uint_gt(stats->completed, 500);
    ck_assert_uint_gt(stats->timed_out, 10);
    Hist population;
    hist_init(&population, scene->mem);
    stats_close(scene->stats, scene->world.machine, kernel->now);
    stats_population_hist(scene->stats, &population);
    ck_assert_int_eq(hist_sum_mod(&population), integral);
    /* Nothing is left open or kept. */
    ck_assert_uint_eq(machine_stats(scene->world.machine)->threads, 1);
    ck_assert_int_eq(scene->stats->open.now, 0);
    scene_end(scene);
}
END_TEST

Suite *queues_suite(void);
Suite *queues_suite(void)
{
    Suite *suite = suite_create("queues");
    TCase *tests = tcase_create("queues");
    tcase_add_test(tests, littles_law_is_exact);
    tcase_add_loop_test(tests, queues_are_as_theory_says, 0, 8);
    suite_add_tcase(suite, tests);
    return suite;
}
