/* series: a run's figures per step of time, from its start, the warm-up included.
 *
 * A step is closed when the clock passes its end: the run goes on in pieces of a step, nothing is scheduled, so that a
 * run with a series is the same run. The last step may be shorter. Peaks that Level keeps for the window are put aside
 * at each step and restored at the end. */
#ifndef MODEL_OBSERVE_SERIES_H
#define MODEL_OBSERVE_SERIES_H

#include "../../sim/hist.h"
#include "../machine/machine.h"
#include "sum.h"

enum { SERIES_MOST = 100000 }; /* steps; a longer run has no more */

struct Stats;

typedef struct SeriesStep {
    Time from, to;
    uint64_t completed;
    int64_t throughput; /* completions per second, six decimals */
    Time p50, p99;      /* of what was completed in it; -1: nothing was */
    int64_t in_flight;  /* at its end */
    int64_t cpu;        /* utilisation of the cores, six decimals */
    int64_t loop;       /* of the loops, likewise; -1: there is none */
    int64_t queue;      /* the longest queue in it: of a pool, a resource, or threads that wait for a core */
} SeriesStep;

typedef struct Series {
    Mem *mem;
    Time step, from; /* of each; when the present one began */
    SeriesStep *steps;
    int count, room;
    int64_t cores;
    Hist latency;  /* of the present step */
    Time busy;     /* of the cores, up to `from` */
    Sum idle;      /* of the loops, in this step before the window began; */
    Sum idle_at;   /* and the integral at `from`, or at the window's beginning */
    int64_t queue; /* the longest in this step, before the window began */
    int64_t *peak; /* of the window, put aside: by level */
} Series;

/* For a run that has not begun. */
Series *series_new(Mem *mem, const struct Stats *stats, Time step, int64_t cores);
void series_add(Series *series, Time latency); /* a request was completed */
Time series_next(const Series *series);        /* when the present step ends; TIME_NEVER: there are no more */
void series_sample(Series *series, struct Stats *stats, Machine *machine, Time now); /* it has ended */
void series_reopen(Series *series, struct Stats *stats, Time now);                   /* before the window begins anew */
void series_end(Series *series, struct Stats *stats, Machine *machine, Time now);    /* before the window is closed */

#endif
