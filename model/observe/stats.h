/* stats: what a run amounts to.
 *
 * The window is [warm-up, end). Counts, latencies and parts are of requests wanted at or after the warm-up; throughput
 * counts the completions inside the window, whenever they were wanted; numbers in the system, queue lengths and what
 * is busy are integrals over the window, exact to the nanosecond. Connections, threads and memory are of the whole
 * run: what was open, or had to be there.
 *
 * All accumulates from the start; stats_open puts to zero what the window does not hold. All times are ns. The notes
 * of probe.h write here, results.h reads. Where a note can run out of memory it does so before it has changed any
 * count. */
#ifndef MODEL_OBSERVE_STATS_H
#define MODEL_OBSERVE_STATS_H

#include "../../sim/hist.h"
#include "../machine/machine.h"
#include "../program/program.h"
#include "account.h"
#include "sum.h"

enum {
    SLOWEST = 10,
    POPULATION_LEVELS =
        4096, /* numbers in the system that are counted exactly and cheaply; those above go to a histogram */
    LOOPS_MOST = 1024
};

/* A number that goes up and down: its integral and its peak over the window. */
typedef struct Level {
    int64_t now, peak;
    Time since; /* up to when the integral was taken */
    Sum integral;
} Level;

static inline void level_settle(Level *level, Time now)
{
    sum_add_product(&level->integral, (uint64_t)level->now, (uint64_t)(now - level->since));
    level->since = now;
}

static inline void level_set(Level *level, Time now, int64_t value)
{
    if (now != level->since)
        level_settle(level, now);
    level->now = value;
    if (value > level->peak)
        level->peak = value;
}

static inline void level_change(Level *level, Time now, int64_t change)
{
    if (change != 0)
        level_set(level, now, level->now + change);
}

/* A total for each part of accounts. What is added goes to words of 64 bits, and from there to the sums before one
 * of them could overflow. */
typedef struct PartSums {
    Sum sum[PARTS];
    uint64_t lately[PARTS];
    uint64_t most; /* none of `lately` is more */
} PartSums;

void part_sums_carry(PartSums *sums); /* out of line */

_Static_assert(PARTS % 2 == 0, "parts are added in pairs");

/* Adds a whole account; returns the sum of its parts. */
static inline Time part_sums_add(PartSums *sums, const Time *restrict spent)
{
    uint64_t *restrict lately = sums->lately;
    uint64_t total = 0;
    for (int part = 0; part < PARTS; part += 2) {
        uint64_t one = (uint64_t)spent[part], other = (uint64_t)spent[part + 1];
        lately[part] += one;
        lately[part + 1] += other;
        total += one + other;
    }
    sums->most += total;
    if (rarely(sums->most > UINT64_MAX / 4))
        part_sums_carry(sums);
    return (Time)total;
}

static inline Sum part_sum(const PartSums *sums, int part)
{
    Sum sum = sums->sum[part];
    sum_add(&sum, sums->lately[part]);
    return sum;
}

/* Requests of one handler. arrived = completed + failed + refused + timed_out + in_flight, after every event. */
typedef struct HandlerStats {
    uint64_t arrived, completed, failed, refused, timed_out, in_flight, retried; /* wanted in the window */
    uint64_t completions, responses; /* inside the window, whenever wanted: completed; sent, whoever hears them */
    Hist latency;                    /* of the completed */
    PartSums part;                   /* their latencies by part */
} HandlerStats;

/* Where strands spent their time while a step was under way (clipped to the window). */
typedef struct StepStats {
    uint64_t begun;
    Sum spent[PARTS];
} StepStats;

typedef struct ResourceStats {
    uint64_t calls, errors;
    Level queued, served;
    Hist wait;
} ResourceStats;

typedef struct SlowRequest {
    uint64_t request, connection;
    uint64_t run; /* of several, from 1; 0: there was one */
    int32_t handler;
    Time wanted, latency;
    Time part[PARTS];
    Time *blame; /* a cause (blame.h): for whom it waited so long; NULL: not known */
} SlowRequest;

typedef struct Stats {
    Mem *mem;
    Time from;   /* the warm-up */
    Time opened; /* when the window began; before stats_open: 0 */
    Time closed; /* when it ended; TIME_NEVER: not yet */

    HandlerStats *handlers;
    int handler_count;
    Hist queueing;                /* accept_wait + ready_wait of the completed */
    SlowRequest slowest[SLOWEST]; /* the slowest first */
    int slow_count;
    Time slow_over; /* who took longer is one of them */

    int64_t population; /* requests in flight, whenever wanted */
    Time population_since;
    uint64_t *time_at; /* ns with so many in flight, below POPULATION_LEVELS */
    Hist crowd;        /* the same from there on, weighted by time */

    StepStats *steps; /* a row a step, then one a handler (no step under way), then one for nobody */
    int32_t step_count;

    uint64_t connections_arrived, connections_accepted, connections_refused;
    uint64_t connections_gone; /* of those that arrived: nobody holds them any more */
    Level open;

    uint64_t iterations;
    int loops;
    Level idle;    /* loops that wait in poll */
    Level starved; /* loops that wait for a core */
    uint8_t loop_starves[LOOPS_MOST];
    Hist lag;

    uint64_t tasks;
    Level pool_queued, pool_busy;
    Hist pool_wait;

    ResourceStats *resources;
    int resource_count;

    Level runnable;           /* threads that wait for a core */
    Level connection_threads; /* threads that each serve one connection */
    MachineStats at_open, at_close;

    struct Pilot *pilot;   /* of a pilot run, which looks for a warm-up; else NULL */
    struct Series *series; /* NULL: not wanted */
} Stats;

/* program: NULL where there are no steps. */
Stats *stats_new(Mem *mem, const Spec *spec, const Program *program, Time warmup);

/* The window begins: before the first event at `now`, which is the warm-up (or earlier, where the run ended before
 * it). With a warm-up of 0: at 0. */
void stats_open(Stats *stats, Machine *machine, Time now);
/* The run is over. machine may be NULL, in both: then it counts as idle. */
void stats_close(Stats *stats, Machine *machine, Time now);

Time stats_window(const Stats *stats); /* its length, once closed */
/* Adds the number in the system by time; its sum is the integral. */
void stats_population_hist(const Stats *stats, Hist *hist);

/* The row of a step, or of the handler where no step is under way (handler -1: nobody's). */
static inline StepStats *stats_step(Stats *stats, int32_t step, int handler)
{
    return &stats->steps[step >= 0 ? step : stats->step_count + (handler >= 0 ? handler : stats->handler_count)];
}

void stats_crowd(Stats *stats, uint64_t span); /* out of line: POPULATION_LEVELS or more for so long */

static inline void stats_population(Stats *stats, Time now, int change)
{
    uint64_t span = (uint64_t)(now - stats->population_since);
    if (span > 0) {
        if (stats->population < POPULATION_LEVELS)
            stats->time_at[stats->population] += span;
        else
            stats_crowd(stats, span);
        stats->population_since = now;
    }
    stats->population += change;
}

#endif
