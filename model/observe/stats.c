#include "stats.h"

#include "series.h"

#include <string.h>

Stats *stats_new(Mem *mem, const Spec *spec, const Program *program, Time warmup)
{
    Stats *stats = mem_get(mem, sizeof *stats);
    stats->mem = mem;
    stats->from = warmup;
    stats->slow_over = -1;
    stats->closed = TIME_NEVER;
    stats->handler_count = spec->handler_count;
    stats->resource_count = spec->resource_count;
    stats->step_count = program ? program_steps(program) : 0;
    stats->handlers = mem_get(mem, mem_array(mem, (size_t)spec->handler_count + 1, sizeof *stats->handlers));
    stats->resources = mem_get(mem, mem_array(mem, (size_t)spec->resource_count + 1, sizeof *stats->resources));
    stats->steps =
        mem_get(mem, mem_array(mem, (size_t)stats->step_count + (size_t)spec->handler_count + 1, sizeof *stats->steps));
    stats->time_at = mem_get(mem, mem_array(mem, POPULATION_LEVELS, sizeof *stats->time_at));
    for (int i = 0; i < stats->handler_count; i++)
        hist_init(&stats->handlers[i].latency, mem);
    for (int i = 0; i < stats->resource_count; i++)
        hist_init(&stats->resources[i].wait, mem);
    hist_init(&stats->queueing, mem);
    hist_init(&stats->crowd, mem);
    hist_init(&stats->lag, mem);
    hist_init(&stats->pool_wait, mem);
    return stats;
}

static void snapshot(Machine *machine, MachineStats *into)
{
    if (!machine)
        return;
    machine_settle(machine);
    *into = *machine_stats(machine);
}

static void level_open(Level *level, Time now)
{
    level->peak = level->now;
    level->since = now;
    level->integral = sum_of(0);
}

static void open_levels(Stats *stats, Time now)
{
    Level *const levels[] = {&stats->idle,      &stats->starved,  &stats->pool_queued,
                             &stats->pool_busy, &stats->runnable, &stats->connection_threads};
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        level_open(levels[i], now);
    int64_t peak = stats->open.peak; /* of the whole run */
    level_open(&stats->open, now);
    stats->open.peak = peak;
}

/* Requests wanted before the window were not counted as arrived (see note_want); only what counts whenever they were
 * wanted starts anew here. */
void stats_open(Stats *stats, Machine *machine, Time now)
{
    if (stats->series)
        series_reopen(stats->series, stats, now);
    stats->opened = now;
    snapshot(machine, &stats->at_open);
    open_levels(stats, now);
    for (int i = 0; i < stats->handler_count; i++)
        stats->handlers[i].completions = stats->handlers[i].responses = 0;
    for (int i = 0; i < stats->resource_count; i++) {
        ResourceStats *resource = &stats->resources[i];
        level_open(&resource->queued, now);
        level_open(&resource->served, now);
        resource->calls = resource->errors = 0;
        hist_free(&resource->wait);
    }
    memset(stats->steps, 0, ((size_t)stats->step_count + (size_t)stats->handler_count + 1) * sizeof *stats->steps);
    memset(stats->time_at, 0, POPULATION_LEVELS * sizeof *stats->time_at);
    stats->population_since = now;
    stats->iterations = stats->tasks = 0;
    hist_free(&stats->crowd);
    hist_free(&stats->lag);
    hist_free(&stats->pool_wait);
}

void stats_close(Stats *stats, Machine *machine, Time now)
{
    if (stats->series)
        series_end(stats->series, stats, machine, now);
    snapshot(machine, &stats->at_close);
    Level *const levels[] = {&stats->idle,      &stats->starved,  &stats->pool_queued,
                             &stats->pool_busy, &stats->runnable, &stats->connection_threads,
                             &stats->open};
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        level_settle(levels[i], now);
    for (int i = 0; i < stats->resource_count; i++) {
        level_settle(&stats->resources[i].queued, now);
        level_settle(&stats->resources[i].served, now);
    }
    stats_population(stats, now, 0);
    stats->closed = now;
}

void part_sums_carry(PartSums *sums)
{
    for (int part = 0; part < PARTS; part++) {
        sum_add(&sums->sum[part], sums->lately[part]);
        sums->lately[part] = 0;
    }
    sums->most = 0;
}

Time stats_window(const Stats *stats)
{
    return stats->closed == TIME_NEVER ? 0 : stats->closed - stats->opened;
}

void stats_crowd(Stats *stats, uint64_t span)
{
    hist_add_n(&stats->crowd, stats->population, span);
}

void stats_population_hist(const Stats *stats, Hist *hist)
{
    for (int64_t level = 0; level < POPULATION_LEVELS; level++)
        hist_add_n(hist, level, stats->time_at[level]);
    hist_merge(hist, &stats->crowd);
}
