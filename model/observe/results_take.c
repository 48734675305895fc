/* What a run left behind, taken from its statistics; then who is to blame, and what bounds the server. */
#include "results.h"

#include "series.h"

#include <string.h>

static void copy_hist(Hist *into, Mem *mem, const Hist *from)
{
    hist_init(into, mem);
    hist_merge(into, from);
}

/* count per `window` ns, as a rate per second. */
static Micro per_second(uint64_t count, Time window)
{
    return sum_divide(sum_product(count, UINT64_C(1000000000000000)), sum_of((uint64_t)window));
}

static RequestCounts counts_of(const HandlerStats *stats)
{
    return (RequestCounts){stats->arrived,   stats->completed, stats->failed, stats->refused,
                           stats->timed_out, stats->in_flight, stats->retried};
}

/* The means of the parts, rounded down; what that leaves of the mean goes to overhead. */
static void split_time(Time time[PARTS], const PartSums *part, const Hist *latency)
{
    Time rest = hist_mean(latency);
    for (int i = 0; i < PARTS; i++) {
        time[i] = sum_divide(part_sum(part, i), sum_of(latency->count));
        if (i != PART_OVERHEAD)
            rest -= time[i];
    }
    must(rest >= time[PART_OVERHEAD], "the parts of a latency are more than the latency");
    time[PART_OVERHEAD] = rest;
}

static void take_handlers(Results *results, Mem *mem, const Spec *spec, const Stats *stats)
{
    HandlerStats total = {0};
    results->handler_count = spec->handler_count;
    results->handlers = mem_get(mem, mem_array(mem, (size_t)spec->handler_count + 1, sizeof *results->handlers));
    hist_init(&results->all.latency, mem);
    for (int i = 0; i < spec->handler_count; i++) {
        const HandlerStats *from = &stats->handlers[i];
        HandlerResults *into = &results->handlers[i];
        into->name = spec->handlers[i].name;
        into->requests = counts_of(from);
        into->throughput = per_second(from->completions, stats_window(stats));
        copy_hist(&into->latency, mem, &from->latency);
        split_time(into->time, &from->part, &into->latency);

        const uint64_t add[] = {from->arrived,   from->completed, from->failed,  from->refused,
                                from->timed_out, from->in_flight, from->retried, from->completions};
        uint64_t *const sum[] = {&total.arrived,   &total.completed, &total.failed,  &total.refused,
                                 &total.timed_out, &total.in_flight, &total.retried, &total.completions};
        for (size_t k = 0; k < COUNT_OF(add); k++)
            *sum[k] += add[k];
        for (int part = 0; part < PARTS; part++)
            sum_add_sum(&total.part.sum[part], part_sum(&from->part, part));
        hist_merge(&results->all.latency, &from->latency);
    }
    results->all.requests = counts_of(&total);
    results->all.throughput = per_second(total.completions, stats_window(stats));
    split_time(results->all.time, &total.part, &results->all.latency);
}

static void take_cpu(Results *results, const Spec *spec, const Stats *stats)
{
    const MachineStats *from = &stats->at_open, *to = &stats->at_close;
    CpuResults *cpu = &results->cpu;
    cpu->cores = spec->machine.cores;
    cpu->user = to->user - from->user;
    cpu->overhead = to->overhead - from->overhead;
    cpu->switching = to->switching - from->switching;
    cpu->switches = to->switches - from->switches;
    Sum busy = sum_of((uint64_t)cpu->user);
    sum_add(&busy, (uint64_t)cpu->overhead);
    sum_add(&busy, (uint64_t)cpu->switching);
    cpu->wasted_time = to->wasted - from->wasted;
    cpu->wasted = sum_ratio(sum_of((uint64_t)cpu->wasted_time), busy);
    cpu->utilization = sum_share(busy, sum_product((uint64_t)cpu->cores, (uint64_t)stats_window(stats)));
    results->threads_peak = to->threads_peak;
    results->threads_created = to->threads_created;
    results->memory_peak = to->memory_peak;
}

static void take_loop(Results *results, Mem *mem, const SpecServer *server, const Stats *stats)
{
    int64_t loops = results_config(server, "loops");
    Sum all = sum_product((uint64_t)(loops > 0 ? loops : 0), (uint64_t)stats_window(stats));
    results->has_loop = loops > 0;
    hist_init(&results->loop.lag, mem);
    if (!results->has_loop)
        return;
    results->loop.loops = loops;
    results->loop.iterations = stats->iterations;
    results->loop.utilization = sum_ratio(sum_minus(all, stats->idle.integral), all);
    hist_merge(&results->loop.lag, &stats->lag);
}

/* Workers beside a loop, or a pool of threads. */
static void take_pool(Results *results, Mem *mem, const SpecServer *server, const Stats *stats)
{
    int64_t loops = results->has_loop ? results->loop.loops : 1, workers = results_config(server, "workers");
    if (workers < 0)
        workers = results_config(server, "threads");
    results->has_pool = workers > 0;
    hist_init(&results->pool.wait, mem);
    if (!results->has_pool)
        return;
    PoolResults *pool = &results->pool;
    pool->workers = workers * loops;
    pool->utilization =
        sum_ratio(stats->pool_busy.integral, sum_product((uint64_t)pool->workers, (uint64_t)stats_window(stats)));
    pool->tasks = stats->tasks;
    pool->peak_queue = stats->pool_queued.peak;
    hist_merge(&pool->wait, &stats->pool_wait);
}

static void take_resources(Results *results, Mem *mem, const Spec *spec, const Stats *stats)
{
    results->resource_count = spec->resource_count;
    results->resources = mem_get(mem, mem_array(mem, (size_t)spec->resource_count + 1, sizeof *results->resources));
    for (int i = 0; i < spec->resource_count; i++) {
        const ResourceStats *from = &stats->resources[i];
        ResourceResults *into = &results->resources[i];
        uint64_t places = (uint64_t)spec->resources[i].concurrency;
        into->name = spec->resources[i].name;
        into->calls = from->calls;
        into->errors = from->errors;
        into->limited = places > 0;
        into->utilization = sum_ratio(from->served.integral, sum_product(places, (uint64_t)stats_window(stats)));
        into->peak_queue = from->queued.peak;
        copy_hist(&into->wait, mem, &from->wait);
    }
}

static void take_steps(Results *results, const Spec *spec, const Program *program, const Stats *stats)
{
    for (int i = 0; i < results->handler_count; i++) {
        Filler *keeps = results->handlers[i].keeps;
        for (Site site = 0; site < SITE_RESOURCE; site++)
            keeps[site] = filler_find(spec, program, stats, site, -1, i);
        keeps[SITE_RESOURCE] = filler_waits(spec, program, stats, PART_RESOURCE_WAIT, i);
        keeps[SITE_LOCK] = filler_waits(spec, program, stats, PART_LOCK_WAIT, i);
    }
}

Results *results_take(Mem *mem, const Spec *spec, const Program *program, const SpecServer *server, const Probe *probe,
                      WorldEnd end)
{
    const Stats *stats = probe->stats;
    must(stats->closed != TIME_NEVER, "results were asked of a run that is not over");
    Results *results = mem_get(mem, sizeof *results);
    results->name = server->name;
    results->model = server->model->name;
    results->end = end;
    results->simulated = results->window_to = stats->closed;
    results->window_from = stats->opened;
    results->events = probe_notes(probe);
    results->digest = probe_result(probe);
    results->connections_arrived = stats->connections_arrived;
    results->connections_accepted = stats->connections_accepted;
    results->connections_refused = stats->connections_refused;
    results->peak_open = stats->open.peak;
    take_handlers(results, mem, spec, stats);
    take_steps(results, spec, program, stats);
    results->has_carriers = results_config(server, "carriers") >= 0;
    take_cpu(results, spec, stats);
    take_loop(results, mem, server, stats);
    take_pool(results, mem, server, stats);
    take_resources(results, mem, spec, stats);
    hist_init(&results->population, mem);
    stats_population_hist(stats, &results->population);
    copy_hist(&results->queueing, mem, &stats->queueing);
    memcpy(results->slowest, stats->slowest, sizeof results->slowest);
    results->slow_count = stats->slow_count;
    if (stats->series) {
        results->series_count = stats->series->count;
        results->series = mem_get(mem, mem_array(mem, (size_t)results->series_count + 1, sizeof *results->series));
        if (results->series_count > 0)
            memcpy(results->series, stats->series->steps, (size_t)results->series_count * sizeof *results->series);
    }
    if (probe->blame)
        blame_take(results, mem, spec, probe->blame);
    bottleneck_find(results, mem, spec, program, server, stats);
    return results;
}
