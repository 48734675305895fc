/* replicates: what several independent runs of one server amount to.
 *
 * Each run's Results are added, in the order of the runs, and may go then: counters are summed, histograms merged,
 * other figures become their means. Of the figures that have a name (metric.h) each run's value is kept, so that
 * intervals and paired differences can be told afterwards: metric_value on the whole gives the mean over the runs (or
 * the sum, of a counter). What is kept is chosen before the first run. */
#ifndef MODEL_OBSERVE_REPLICATES_H
#define MODEL_OBSERVE_REPLICATES_H

#include "estimate.h"
#include "metric.h"

typedef struct Watched {
    Metric metric;
    int handler; /* -1: all of them */
} Watched;

/* The figures whose values are kept: the same for all servers. */
typedef struct WatchList {
    Mem *mem;
    Watched *item;
    int count;
} WatchList;
void watch_init(WatchList *list, Mem *mem);
void watch_add(WatchList *list, Metric metric, int handler); /* twice the same is once */
void watch_usual(WatchList *list, int handlers);             /* every metric, of all requests and of each handler */

/* A plain number of the Results, over the runs. */
typedef struct FieldSum {
    Sum sum;
    uint64_t runs; /* that have it */
} FieldSum;

typedef struct Replicates {
    Mem *mem;
    const WatchList *list;
    int runs, room;
    int64_t **value; /* by figure of the list, by run; FIGURE_NONE where it does not have it */
    FieldSum *field;
    uint64_t digest, first; /* of all runs' digests; the first run's */
    Results *whole;         /* its `replicates` points here */
} Replicates;

Replicates *replicates_new(Mem *mem, const WatchList *list);
/* Reads alone; nothing of it is needed afterwards but names. */
void replicates_add(Replicates *replicates, Results *run);
/* What was added so far, at least one run; the same object each time. Its bottleneck is the first run's. */
Results *replicates_whole(Replicates *replicates);

/* Each run's value of a figure that is kept; NULL: it is not. */
const int64_t *replicates_values(const Replicates *replicates, Metric metric, int handler);

/* metric_of_run, and of several runs the mean, where each run's value was kept; sums and the digest stand in the
 * whole. */
bool metric_value(Metric metric, const Results *results, int handler, int64_t *value);
/* The half width that belongs to it; false where there is none: a single run, a counter's sum. */
bool metric_half(Metric metric, const Results *results, int handler, int64_t *half);
Pairing metric_pair(Metric metric, const Results *a, const Results *b, int handler);

#endif
