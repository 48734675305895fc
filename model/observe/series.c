#include "series.h"

#include "stats.h"

/* The queues whose longest is told. */
static Level *queue_at(Stats *stats, int i)
{
    return i == 0 ? &stats->pool_queued : i == 1 ? &stats->runnable : &stats->resources[i - 2].queued;
}

static int queue_count(const Stats *stats)
{
    return 2 + stats->resource_count;
}

Series *series_new(Mem *mem, const Stats *stats, Time step, int64_t cores)
{
    Series *series = mem_get(mem, sizeof *series);
    series->mem = mem;
    series->step = step;
    series->cores = cores;
    series->peak = mem_get(mem, mem_array(mem, (size_t)queue_count(stats), sizeof *series->peak));
    hist_init(&series->latency, mem);
    return series;
}

void series_add(Series *series, Time latency)
{
    if (series->count < SERIES_MOST)
        hist_add(&series->latency, latency);
}

Time series_next(const Series *series)
{
    return series->count < SERIES_MOST && series->from <= TIME_MAX_RUN ? series->from + series->step : TIME_NEVER;
}

static Time busy_of(Machine *machine)
{
    if (!machine)
        return 0;
    machine_settle(machine);
    const MachineStats *stats = machine_stats(machine);
    return stats->user + stats->overhead + stats->switching;
}

static int64_t longest_queue(const Series *series, Stats *stats)
{
    int64_t longest = series->queue;
    for (int i = 0; i < queue_count(stats); i++)
        if (queue_at(stats, i)->peak > longest)
            longest = queue_at(stats, i)->peak;
    return longest;
}

static Sum idle_in_step(const Series *series, Stats *stats, Time now)
{
    level_settle(&stats->idle, now);
    Sum idle = sum_minus(stats->idle.integral, series->idle_at);
    sum_add_sum(&idle, series->idle);
    return idle;
}

static SeriesStep *add_step(Series *series)
{
    if (series->count == series->room) {
        series->room = series->room ? 2 * series->room : HOSTILE(64, 1);
        series->steps =
            mem_grow(series->mem, series->steps, mem_array(series->mem, (size_t)series->room, sizeof *series->steps));
    }
    return &series->steps[series->count++];
}

static void fill_step(SeriesStep *step, const Series *series, Stats *stats, Time busy, Time now)
{
    const Hist *latency = &series->latency;
    uint64_t length = (uint64_t)(now - series->from);
    Sum loops = sum_product((uint64_t)stats->loops, length);
    *step = (SeriesStep){.from = series->from, .to = now, .completed = latency->count, .in_flight = stats->population};
    step->throughput = sum_divide(sum_product(latency->count, UINT64_C(1000000000000000)), sum_of(length));
    step->p50 = latency->count > 0 ? hist_percentile(latency, 50000000) : -1;
    step->p99 = latency->count > 0 ? hist_percentile(latency, 99000000) : -1;
    step->cpu = sum_share(sum_of((uint64_t)(busy - series->busy)), sum_product((uint64_t)series->cores, length));
    step->loop = stats->loops > 0 ? sum_ratio(sum_minus(loops, idle_in_step(series, stats, now)), loops) : -1;
    step->queue = longest_queue(series, stats);
}

void series_sample(Series *series, Stats *stats, Machine *machine, Time now)
{
    Time busy = busy_of(machine);
    fill_step(add_step(series), series, stats, busy, now);
    for (int i = 0; i < queue_count(stats); i++) {
        Level *queue = queue_at(stats, i);
        if (queue->peak > series->peak[i])
            series->peak[i] = queue->peak;
        queue->peak = queue->now;
    }
    hist_free(&series->latency);
    series->from = now;
    series->busy = busy;
    series->idle = sum_of(0);
    series->idle_at = stats->idle.integral;
    series->queue = 0;
}

/* The integrals and peaks begin at nothing then. */
void series_reopen(Series *series, Stats *stats, Time now)
{
    series->queue = longest_queue(series, stats);
    series->idle = idle_in_step(series, stats, now);
    series->idle_at = sum_of(0);
    for (int i = 0; i < queue_count(stats); i++)
        series->peak[i] = 0;
}

void series_end(Series *series, Stats *stats, Machine *machine, Time now)
{
    if (now > series->from && series->count < SERIES_MOST)
        series_sample(series, stats, machine, now);
    for (int i = 0; i < queue_count(stats); i++)
        if (series->peak[i] > queue_at(stats, i)->peak)
            queue_at(stats, i)->peak = series->peak[i];
}
