#include "laws.h"
#include "theory.h"

#include <math.h>
#include <stdio.h>

/* ---- building a case ---- */

static void expect_at(Law *law, Figure figure, double at, double exact)
{
    law->expect[law->expects++] = (Expect){figure, at, exact};
}

static void expect(Law *law, Figure figure, double exact)
{
    expect_at(law, figure, 0, exact);
}

typedef struct Parts {
    const char *server, *machine, *resources, *steps, *arrivals;
} Parts;

static const char loop[] = "\"model\": \"event-loop\"";
static const char threads[] = "\"model\": \"thread-per-connection\"";
static const char one_core[] = "\"cores\": 1, \"scheduler\": \"fifo\"";
static const char sharing[] = "\"cores\": 1, \"scheduler\": \"processor-sharing\"";

static void spec(Law *law, Parts parts)
{
    snprintf(law->spec, sizeof law->spec,
             "{\"duration\": \"80000h\", \"machine\": {\"profile\": \"ideal\", %s},\n"
             " \"resources\": {%s},\n \"handlers\": {\"get\": [%s]},\n \"arrivals\": {%s},\n"
             " \"servers\": {\"it\": {%s, \"backlog\": 1000000}}}",
             parts.machine ? parts.machine : one_core, parts.resources ? parts.resources : "", parts.steps,
             parts.arrivals, parts.server);
}

static void poisson(Law *law, Parts parts, double rate)
{
    char arrivals[64];
    snprintf(arrivals, sizeof arrivals, "\"poisson\": \"%.6f/s\"", rate);
    parts.arrivals = arrivals;
    law->rate = rate;
    spec(law, parts);
}

static void name(Law *law, const char *what, double load)
{
    snprintf(law->name, sizeof law->name, "%s, load %g", what, load);
    law->memory_ms = 4 / ((1 - load) * (1 - load));
}

/* ---- one FIFO server: a handler that only computes, on a loop; services of 1 ms in the mean ---- */

static void mm1(Law *law, double load)
{
    static const double shares[] = {0.5, 0.9, 0.99};
    name(law, "M/M/1", load);
    poisson(law, (Parts){.server = loop, .steps = "{\"cpu\": {\"exponential\": \"1ms\"}}"}, load * 1000);
    expect(law, SOJOURN, 1 / (1 - load));
    expect(law, WAIT, load / (1 - load));
    expect(law, NUMBER, load / (1 - load));
    expect(law, BUSY, load);
    if (load < 0.95) {
        expect_at(law, NUMBER_AT_LEAST, 10, pow(load, 10));
        for (size_t i = 0; i < COUNT_OF(shares); i++)
            expect_at(law, SOJOURN_QUANTILE, shares[i], -log(1 - shares[i]) / (1 - load));
        expect_at(law, WAIT_QUANTILE, 0.99, log(load / 0.01) / (1 - load));
    }
}

static void md1(Law *law, double load)
{
    name(law, "M/D/1", load);
    poisson(law, (Parts){.server = loop, .steps = "{\"cpu\": \"1ms\"}"}, load * 1000);
    expect(law, WAIT, mg1_wait(load, 1, 1));
    expect(law, SOJOURN, 1 + mg1_wait(load, 1, 1));
    if (load < 0.95) {
        expect_at(law, SOJOURN_QUANTILE, 0.9, 1 + mdc_wait_quantile(1, load, 0.9));
        expect_at(law, SOJOURN_QUANTILE, 0.99, 1 + mdc_wait_quantile(1, load, 0.99));
    }
}

/* Any service with mean 1 ms and these moments: E[T^2] = E[Wq^2] + 2 E[Wq] E[S] + E[S^2]. */
static void mg1(Law *law, const char *what, double load, const char *service, double s2, double s3)
{
    char steps[256];
    name(law, what, load);
    law->memory_ms *= s2;
    snprintf(steps, sizeof steps, "{\"cpu\": %s}", service);
    poisson(law, (Parts){.server = loop, .steps = steps}, load * 1000);
    expect(law, WAIT, mg1_wait(load, 1, s2));
    expect(law, SOJOURN, 1 + mg1_wait(load, 1, s2));
    if (s3 > 0)
        expect(law, SOJOURN_SQUARE, mg1_wait_square(load, 1, s2, s3) + 2 * mg1_wait(load, 1, s2) + s2);
}

static void lognormal_1(Law *law, double load)
{
    mg1(law, "M/G/1 lognormal, cv2 1", load, "{\"lognormal\": {\"mean\": \"1ms\", \"sd\": \"1ms\"}}", 2, 8);
}

/* The square has a tail too heavy to be estimated in a run of this length. */
static void lognormal_4(Law *law, double load)
{
    mg1(law, "M/G/1 lognormal, cv2 4", load, "{\"lognormal\": {\"mean\": \"1ms\", \"sd\": \"2ms\"}}", 5, 0);
}

static void lognormal_10(Law *law, double load)
{
    mg1(law, "M/G/1 lognormal, cv2 10", load, "{\"lognormal\": {\"mean\": \"1ms\", \"sd\": \"3.162278ms\"}}", 11, 0);
}

static void erlang_2(Law *law, double load)
{
    mg1(law, "M/G/1 Erlang-2", load, "{\"erlang\": {\"mean\": \"1ms\", \"k\": 2}}", 1.5, 3);
}

static void erlang_4(Law *law, double load)
{
    mg1(law, "M/G/1 Erlang-4", load, "{\"erlang\": {\"mean\": \"1ms\", \"k\": 4}}", 1.25, 1.875);
}

static void hyperexponential(Law *law, double load)
{
    mg1(law, "M/G/1 hyperexponential", load, "{\"hyperexponential\": [[0.9, \"0.5ms\"], [0.1, \"5.5ms\"]]}",
        2 * (0.9 * 0.25 + 0.1 * 30.25), 6 * (0.9 * 0.125 + 0.1 * 166.375));
}

static void bimodal(Law *law, double load)
{
    mg1(law, "M/G/1 bimodal", load, "{\"empirical\": [[\"0.5ms\", 90], [\"5.5ms\", 10]]}", 0.9 * 0.25 + 0.1 * 30.25,
        0.9 * 0.125 + 0.1 * 166.375);
}

static void dm1(Law *law, double load)
{
    char arrivals[64];
    double gap = round(1e6 / load) / 1e6, sigma = dm1_sigma(gap, 1);
    name(law, "D/M/1", load);
    law->rate = load * 1000;
    snprintf(arrivals, sizeof arrivals, "\"every\": \"%.6fms\"", gap);
    spec(law, (Parts){.server = loop, .steps = "{\"cpu\": {\"exponential\": \"1ms\"}}", .arrivals = arrivals});
    expect(law, WAIT, sigma / (1 - sigma));
    expect(law, SOJOURN, 1 / (1 - sigma));
    expect_at(law, SOJOURN_QUANTILE, 0.5, -log(0.5) / (1 - sigma));
    expect_at(law, SOJOURN_QUANTILE, 0.99, -log(0.01) / (1 - sigma));
}

static void dd1(Law *law, double load)
{
    name(law, "D/D/1", load);
    law->rate = load * 1000;
    law->tolerance = 1e-9;
    spec(law, (Parts){.server = loop, .steps = "{\"cpu\": \"1ms\"}", .arrivals = "\"every\": \"1250us\""});
    expect(law, WAIT, 0);
    expect(law, SOJOURN, 1);
}

/* ---- many servers ---- */

static void mmc(Law *law, const char *what, int servers, double load, Parts parts, bool waits)
{
    static const double shares[] = {0.5, 0.9, 0.99};
    double service = 10, rate = load * servers / service;
    name(law, what, load);
    law->memory_ms *= service / servers;
    poisson(law, parts, rate * 1000);
    expect(law, SOJOURN, service + mmc_wait(servers, rate, service));
    if (waits && load >= 0.8)
        expect(law, WAIT, mmc_wait(servers, rate, service));
    for (size_t i = 0; i < COUNT_OF(shares); i++)
        expect_at(law, SOJOURN_QUANTILE, shares[i], mmc_sojourn_quantile(servers, rate, service, shares[i]));
}

static void mm4_workers(Law *law, double load)
{
    mmc(law, "M/M/4, workers that compute", 4, load,
        (Parts){.server = "\"model\": \"event-loop\", \"workers\": 4",
                .machine = "\"cores\": 5",
                .steps = "{\"await\": {\"pool\": {\"exponential\": \"10ms\"}}}"},
        false);
}

static void mm8_workers(Law *law, double load)
{
    mmc(law, "M/M/8, workers that read files", 8, load,
        (Parts){.server = "\"model\": \"event-loop\", \"workers\": 8",
                .steps = "{\"await\": {\"pool\": {\"exponential\": \"10ms\"}, \"kind\": \"fs\"}}"},
        false);
}

static void mmc_threads(Law *law, int servers, double load)
{
    char server[64], what[48];
    snprintf(server, sizeof server, "\"model\": \"thread-pool\", \"threads\": %d", servers);
    snprintf(what, sizeof what, "M/M/%d, a pool of threads", servers);
    mmc(law, what, servers, load,
        (Parts){.server = server, .steps = "{\"await\": {\"net\": {\"exponential\": \"10ms\"}}}"}, true);
}

static void mm4_threads(Law *law, double load)
{
    mmc_threads(law, 4, load);
}

static void mm16_threads(Law *law, double load)
{
    mmc_threads(law, 16, load);
}

static void mm50_threads(Law *law, double load)
{
    mmc_threads(law, 50, load);
}

static void md4(Law *law, double load)
{
    double wait = mdc_wait(4, load * 4) * 10;
    name(law, "M/D/4, workers", load);
    law->memory_ms *= 2.5;
    poisson(law,
            (Parts){.server = "\"model\": \"event-loop\", \"workers\": 4",
                    .steps = "{\"await\": {\"pool\": \"10ms\", \"kind\": \"fs\"}}"},
            load * 400);
    expect(law, SOJOURN, 10 + wait);
    expect_at(law, SOJOURN_QUANTILE, 0.9, 10 + 10 * mdc_wait_quantile(4, load * 4, 0.9));
    expect_at(law, SOJOURN_QUANTILE, 0.99, 10 + 10 * mdc_wait_quantile(4, load * 4, 0.99));
}

/* ---- finite room ---- */

static void finite(Law *law, int servers, int room, double load)
{
    char server[96];
    double service = 10, rate = load * servers / service;
    Finite exact = mmck(servers, room, rate, service);
    snprintf(law->name, sizeof law->name, "M/M/%d/%d, load %g", servers, room, load);
    snprintf(server, sizeof server, "\"model\": \"thread-pool\", \"threads\": %d, \"queue\": %d", servers,
             room - servers);
    law->memory_ms = 10.0 * room;
    poisson(law, (Parts){.server = server, .steps = "{\"await\": {\"net\": {\"exponential\": \"10ms\"}}}"},
            rate * 1000);
    expect(law, BLOCKED, exact.blocked);
    expect(law, RATE, exact.throughput * 1000);
    expect(law, NUMBER, exact.number);
    expect(law, SOJOURN, exact.sojourn);
}

static void mm1_10(Law *law, double load)
{
    finite(law, 1, 10, load);
}

static void mm1_100(Law *law, double load)
{
    finite(law, 1, 100, load);
}

static void mm4_14(Law *law, double load)
{
    finite(law, 4, 14, load);
}

static void mm50_150(Law *law, double load)
{
    finite(law, 50, 150, load);
}

static void loss_4(Law *law, double load)
{
    finite(law, 4, 4, load);
}

static void loss_50(Law *law, double load)
{
    finite(law, 50, 50, load);
}

static void loss_200(Law *law, double load)
{
    finite(law, 200, 200, load);
}

/* ---- no queue, and shared cores ---- */

static void mginf(Law *law, double mean)
{
    snprintf(law->name, sizeof law->name, "M/G/inf, %g in the mean", mean);
    law->memory_ms = 50;
    poisson(law,
            (Parts){.server = threads,
                    .steps = "{\"await\": {\"net\": {\"lognormal\": {\"mean\": \"10ms\", \"sd\": \"20ms\"}}}}"},
            mean * 100);
    int most = (int)mean;
    while (poisson_at_most(most, mean) < 0.99)
        most++;
    expect(law, NUMBER, mean);
    expect(law, SOJOURN, 10);
    expect_at(law, NUMBER_QUANTILE, 0.99, most);
    expect_at(law, NUMBER_AT_LEAST, mean + 1, 1 - poisson_at_most((int)mean, mean));
}

static void shared(Law *law, const char *what, double load, const char *service, double spread)
{
    char steps[256];
    name(law, what, load);
    law->memory_ms *= spread;
    snprintf(steps, sizeof steps, "{\"cpu\": %s}", service);
    poisson(law, (Parts){.server = threads, .machine = sharing, .steps = steps}, load * 1000);
    expect(law, SOJOURN, 1 / (1 - load));
    expect(law, NUMBER, load / (1 - load));
}

static void mm1_ps(Law *law, double load)
{
    shared(law, "M/M/1-PS", load, "{\"exponential\": \"1ms\"}", 1);
    if (load < 0.9)
        expect(law, SOJOURN_SQUARE, mm1_ps_square(load, 1));
}

static void md1_ps(Law *law, double load)
{
    shared(law, "M/D/1-PS", load, "\"1ms\"", 1);
}

static void lognormal_ps(Law *law, double load)
{
    shared(law, "M/G/1-PS lognormal, cv2 4", load, "{\"lognormal\": {\"mean\": \"1ms\", \"sd\": \"2ms\"}}", 3);
}

static void bimodal_ps(Law *law, double load)
{
    shared(law, "M/G/1-PS bimodal", load, "{\"empirical\": [[\"0.5ms\", 90], [\"5.5ms\", 10]]}", 2);
}

/* Two shared cores serve one job at rate 1 and more at rate 2, which is insensitive: as M/M/2. */
static void two_cores(Law *law, const char *what, double load, const char *service)
{
    char steps[256];
    name(law, what, load);
    snprintf(steps, sizeof steps, "{\"cpu\": %s}", service);
    poisson(law,
            (Parts){.server = threads, .machine = "\"cores\": 2, \"scheduler\": \"processor-sharing\"", .steps = steps},
            load * 2000);
    expect(law, SOJOURN, 1 + mmc_wait(2, 2 * load, 1));
}

static void mm2_ps(Law *law, double load)
{
    two_cores(law, "M/M/2-PS", load, "{\"exponential\": \"1ms\"}");
}

static void mg2_ps(Law *law, double load)
{
    two_cores(law, "M/G/2-PS bimodal", load, "{\"empirical\": [[\"0.5ms\", 90], [\"5.5ms\", 10]]}");
}

/* ---- networks ---- */

static void tandem(Law *law, double load)
{
    double rate = load * 900;
    name(law, "three queues behind each other", load);
    poisson(
        law,
        (Parts){.server = loop,
                .resources = "\"a\": {\"latency\": {\"exponential\": \"1ms\"}, \"concurrency\": 1},"
                             "\"b\": {\"latency\": {\"exponential\": \"0.833333ms\"}, \"concurrency\": 1},"
                             "\"c\": {\"latency\": {\"exponential\": \"1.111111ms\"}, \"concurrency\": 1}",
                .steps = "{\"await\": {\"io\": \"a\"}}, {\"await\": {\"io\": \"b\"}}, {\"await\": {\"io\": \"c\"}}"},
        rate);
    expect(law, SOJOURN, 1000 / (1000 - rate) + 1000 / (1200 - rate) + 1000 / (900 - rate));
    expect(law, NUMBER, rate / (1000 - rate) + rate / (1200 - rate) + rate / (900 - rate));
}

static void fork_join(Law *law, double load)
{
    name(law, "fork and join over two queues", load);
    poisson(
        law,
        (Parts){.server = loop,
                .resources = "\"a\": {\"latency\": {\"exponential\": \"1ms\"}, \"concurrency\": 1},"
                             "\"b\": {\"latency\": {\"exponential\": \"1ms\"}, \"concurrency\": 1}",
                .steps = "{\"await\": {\"all\": [[{\"await\": {\"io\": \"a\"}}], [{\"await\": {\"io\": \"b\"}}]]}}"},
        load * 1000);
    expect(law, SOJOURN, fork_join_two(load, 1));
}

/* The loop's two visits have one law, so that its order, which follows the batches, does not matter. */
static void loop_pool_loop(Law *law, double load)
{
    double rate = load * 800;
    name(law, "loop, pool, loop", load);
    law->memory_ms *= 2;
    poisson(law,
            (Parts){.server = "\"model\": \"event-loop\", \"workers\": 4",
                    .steps = "{\"cpu\": {\"exponential\": \"0.5ms\"}},"
                             "{\"await\": {\"pool\": {\"exponential\": \"5ms\"}, \"kind\": \"fs\"}},"
                             "{\"cpu\": {\"exponential\": \"0.5ms\"}}"},
            rate);
    expect(law, SOJOURN, 2000 / (2000 - 2 * rate) + 5 + mmc_wait(4, rate / 1000, 5));
}

static void closed(Law *law, const char *what, int customers, double think, const char *steps, const char *resources,
                   int n, const Station station[])
{
    char arrivals[96];
    double rate = closed_throughput(customers, think, n, station);
    snprintf(law->name, sizeof law->name, "%s, %d clients", what, customers);
    if (think > 0)
        snprintf(arrivals, sizeof arrivals, "\"clients\": %d, \"think\": {\"exponential\": \"%gms\"}", customers,
                 think);
    else
        snprintf(arrivals, sizeof arrivals, "\"clients\": %d", customers);
    law->rate = rate * 1000;
    law->memory_ms = 2 * customers / rate;
    law->tolerance = 1e-5; /* what had not become steady when the run began */
    spec(law, (Parts){.server = threads, .resources = resources, .steps = steps, .arrivals = arrivals});
    expect(law, RATE, rate * 1000);
    expect(law, SOJOURN, closed_residence(customers, think, n, station));
    expect(law, BUSY, rate * station[0].demand);
}

static void repair_10(Law *law, double customers)
{
    closed(law, "machine repair, 10 ms", (int)customers, 10, "{\"cpu\": {\"exponential\": \"1ms\"}}", NULL, 1,
           &(Station){1, 1});
}

static void repair_100(Law *law, double customers)
{
    closed(law, "machine repair, 100 ms", (int)customers, 100, "{\"cpu\": {\"exponential\": \"1ms\"}}", NULL, 1,
           &(Station){1, 1});
}

static void cpu_and_io(Law *law, int customers, int servers)
{
    char resources[128], what[64];
    const Station station[] = {{0.1, 1}, {5, servers}};
    snprintf(what, sizeof what, servers > 0 ? "cpu and io of %d" : "cpu and io without limit", servers);
    snprintf(resources, sizeof resources, "\"db\": {\"latency\": {\"exponential\": \"5ms\"}%s%.0d}",
             servers > 0 ? ", \"concurrency\": " : "", servers);
    closed(law, what, customers, 0, "{\"cpu\": {\"exponential\": \"0.1ms\"}}, {\"await\": {\"io\": \"db\"}}", resources,
           2, station);
}

static void io_4(Law *law, double customers)
{
    cpu_and_io(law, (int)customers, 4);
}

static void io_50(Law *law, double customers)
{
    cpu_and_io(law, (int)customers, 50);
}

static void io_free(Law *law, double customers)
{
    cpu_and_io(law, (int)customers, 0);
}

static void steady(Law *law, const char *server, double customers)
{
    char arrivals[64];
    double rate = fmin(customers / 11, 1);
    snprintf(law->name, sizeof law->name, "constant times, %g clients", customers);
    snprintf(arrivals, sizeof arrivals, "\"clients\": %.0f, \"think\": \"10ms\"", customers);
    law->rate = rate * 1000;
    law->memory_ms = 100;
    law->tolerance = 1e-3;
    law->cases = 1e6;
    spec(law, (Parts){.server = server, .steps = "{\"cpu\": \"1ms\"}", .arrivals = arrivals});
    expect(law, RATE, rate * 1000);
    expect(law, SOJOURN, customers / rate - 10);
}

static void steady_loop(Law *law, double customers)
{
    steady(law, loop, customers);
}

static void steady_threads(Law *law, double customers)
{
    steady(law, threads, customers);
}

/* ---- the list ---- */

const LawRow law_rows[] = {
    {mm1, 0.5, QUANTILES_TOO},
    {mm1, 0.8, QUANTILES_TOO},
    {mm1, 0.95, MEANS},
    {mm1, 0.9, LONG_ONLY},
    {md1, 0.5, LONG_ONLY},
    {md1, 0.8, MEANS},
    {md1, 0.95, LONG_ONLY},
    {lognormal_1, 0.8, LONG_ONLY},
    {lognormal_4, 0.5, LONG_ONLY},
    {lognormal_4, 0.8, MEANS},
    {lognormal_10, 0.5, LONG_ONLY},
    {erlang_2, 0.8, LONG_ONLY},
    {erlang_4, 0.9, LONG_ONLY},
    {hyperexponential, 0.8, LONG_ONLY},
    {hyperexponential, 0.5, LONG_ONLY},
    {bimodal, 0.8, LONG_ONLY},
    {bimodal, 0.5, LONG_ONLY},
    {dm1, 0.5, LONG_ONLY},
    {dm1, 0.8, LONG_ONLY},
    {dd1, 0.8, MEANS},
    {fixed_batches, 0.8, LONG_ONLY},
    {fixed_batches, 0.5, LONG_ONLY},
    {geometric_batches, 0.8, MEANS},
    {geometric_batches, 0.5, LONG_ONLY},
    {two_rates, 0.7, MEANS},
    {on_and_off, 0.5, LONG_ONLY},
    {mm4_workers, 0.8, MEANS},
    {mm4_workers, 0.9, LONG_ONLY},
    {mm8_workers, 0.8, LONG_ONLY},
    {mm4_threads, 0.9, LONG_ONLY},
    {mm16_threads, 0.8, LONG_ONLY},
    {mm50_threads, 0.9, MEANS},
    {mm50_threads, 0.5, LONG_ONLY},
    {md4, 0.8, LONG_ONLY},
    {md4, 0.5, LONG_ONLY},
    {md4, 0.9, LONG_ONLY},
    {mm1_10, 0.8, LONG_ONLY},
    {mm1_10, 1.2, LONG_ONLY},
    {mm1_100, 1.0, LONG_ONLY},
    {mm4_14, 0.95, MEANS},
    {mm50_150, 1.2, LONG_ONLY},
    {loss_4, 0.8, LONG_ONLY},
    {loss_4, 1.2, LONG_ONLY},
    {loss_50, 1.0, LONG_ONLY},
    {loss_200, 1.2, LONG_ONLY},
    {mginf, 10, LONG_ONLY},
    {mginf, 1, LONG_ONLY},
    {mm1_ps, 0.5, LONG_ONLY},
    {mm1_ps, 0.8, MEANS},
    {md1_ps, 0.8, LONG_ONLY},
    {lognormal_ps, 0.8, MEANS},
    {bimodal_ps, 0.8, LONG_ONLY},
    {bimodal_ps, 0.5, LONG_ONLY},
    {mm2_ps, 0.8, LONG_ONLY},
    {mm2_ps, 0.5, LONG_ONLY},
    {mg2_ps, 0.8, LONG_ONLY},
    {mg2_ps, 0.5, LONG_ONLY},
    {tandem, 8.0 / 9, LONG_ONLY},
    {fork_join, 0.5, LONG_ONLY},
    {fork_join, 0.8, LONG_ONLY},
    {loop_pool_loop, 0.8, LONG_ONLY},
    {loop_pool_loop, 0.5, LONG_ONLY},
    {repair_10, 1, LONG_ONLY},
    {repair_10, 8, MEANS},
    {repair_10, 64, LONG_ONLY},
    {repair_10, 256, LONG_ONLY},
    {repair_100, 8, LONG_ONLY},
    {repair_100, 64, LONG_ONLY},
    {repair_100, 1000, LONG_ONLY},
    {io_4, 8, LONG_ONLY},
    {io_50, 8, LONG_ONLY},
    {io_50, 64, LONG_ONLY},
    {io_free, 64, LONG_ONLY},
    {steady_loop, 8, LONG_ONLY},
    {steady_loop, 64, LONG_ONLY},
    {steady_threads, 8, LONG_ONLY},
    {steady_threads, 64, LONG_ONLY},
};

const int law_count = COUNT_OF(law_rows);
