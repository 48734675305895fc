/* What blame amounts to: means a completed request, as results.h states them. */
#include "results.h"

#include <string.h>

/* Reported are handlers first, then the named causes. */
static int cause_at(const Spec *spec, int place)
{
    return place < spec->handler_count ? CAUSES + place : place - spec->handler_count;
}

/* The means, rounded down. */
static Time *take_rows(Mem *mem, const Spec *spec, const Blame *blame, int handler, uint64_t count)
{
    int causes = blame_causes(blame);
    Time *rows = mem_get(mem, mem_array(mem, (size_t)causes * BLAME_ROWS, sizeof *rows));
    for (int row = 0; row < BLAME_ROWS; row++)
        for (int place = 0; place < causes; place++)
            rows[row * causes + place] =
                sum_divide(blame_total(blame, handler, row, cause_at(spec, place)), sum_of(count));
    return rows;
}

/* Of equals the first is the largest. */
static void settle_row(Time *row, int causes, Time mean)
{
    int largest = 0;
    for (int place = 0; place < causes; place++) {
        mean -= row[place];
        if (row[place] > row[largest])
            largest = place;
    }
    must(mean >= 0, "the causes of a wait are more than the wait");
    row[largest] += mean;
}

void blame_settle(Results *results)
{
    int causes = results->blame.causes;
    for (int i = 0; causes > 0 && i < results->handler_count; i++)
        for (int wait = 0; wait < WAITS; wait++)
            settle_row(results->handlers[i].blame + (size_t)wait * (size_t)causes, causes,
                       results->handlers[i].time[wait_part[wait]]);
}

static Time *take_slow(Mem *mem, const Spec *spec, int causes, const Time *from)
{
    Time *blame = mem_get(mem, (size_t)causes * sizeof *blame);
    for (int place = 0; place < causes; place++)
        blame[place] = from[cause_at(spec, place)];
    return blame;
}

void blame_take(Results *results, Mem *mem, const Spec *spec, const Blame *blame)
{
    int causes = blame_causes(blame);
    results->blame.name = mem_get(mem, (size_t)causes * sizeof *results->blame.name);
    for (int place = 0; place < causes; place++)
        results->blame.name[place] =
            place < spec->handler_count ? spec->handlers[place].name : cause_name[cause_at(spec, place)];
    for (int i = 0; i < results->handler_count; i++) {
        blame_check(blame, i);
        results->handlers[i].blame = take_rows(mem, spec, blame, i, results->handlers[i].latency.count);
    }
    for (int i = 0; i < results->slow_count; i++)
        results->slowest[i].blame = take_slow(mem, spec, causes, results->slowest[i].blame);
    results->blame.causes = causes;
    blame_settle(results);
}

Time results_waits(const Time time[PARTS])
{
    Time sum = 0;
    for (int wait = 0; wait < WAITS; wait++)
        sum += time[wait_part[wait]];
    return sum;
}

static Time at(const Results *results, int handler, int wait, int cause)
{
    return results->handlers[handler].blame[(size_t)wait * (size_t)results->blame.causes + (size_t)cause];
}

Time results_blame(const Results *results, int handler, int cause)
{
    Time sum = 0;
    for (int wait = 0; wait < WAITS; wait++)
        sum += at(results, handler, wait, cause);
    return sum;
}

/* The wait in which most of it lies. */
static int most_wait(const Results *results, int handler, int cause)
{
    int most = 0;
    for (int wait = 1; wait < WAITS; wait++)
        if (at(results, handler, wait, cause) > at(results, handler, most, cause))
            most = wait;
    return most;
}

/* For most of what the pair waited there. */
static Site site_of(const Results *results, const BlamePair *pair)
{
    Time all = at(results, pair->handler, pair->wait, pair->cause);
    bool cores = false;
    if (BLAME_ON_CORES + pair->wait < BLAME_ROWS)
        cores = at(results, pair->handler, BLAME_ON_CORES + pair->wait, pair->cause) > all / 2;
    switch (wait_part[pair->wait]) {
    case PART_ACCEPT_WAIT: return cores ? SITE_CORES : results->has_loop ? SITE_LOOP : SITE_THREADS;
    case PART_READY_WAIT:
        return cores ? SITE_CORES : results->has_loop ? SITE_LOOP : results->has_carriers ? SITE_CARRIERS : SITE_CORES;
    case PART_POOL_WAIT: return results->has_loop ? SITE_WORKERS : SITE_CORES;
    case PART_RESOURCE_WAIT: return SITE_RESOURCE;
    case PART_LOCK_WAIT: return SITE_LOCK;
    default: return results->has_carriers && !results->has_loop ? SITE_CARRIERS : SITE_CORES;
    }
}

bool results_worst(const Results *results, BlamePair *pair)
{
    Sum most = {0, 0};
    for (int handler = 0; results->blame.causes > 0 && handler < results->handler_count; handler++)
        for (int cause = 0; cause < results->blame.causes; cause++) {
            Sum all =
                sum_product((uint64_t)results_blame(results, handler, cause), results->handlers[handler].latency.count);
            if (sum_compare(all, most) <= 0)
                continue;
            most = all;
            *pair = (BlamePair){handler, cause, most_wait(results, handler, cause), SITE_LOOP};
        }
    if (sum_compare(most, (Sum){0, 0}) == 0)
        return false;
    pair->site = site_of(results, pair);
    return true;
}
