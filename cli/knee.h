/* knee: where a server breaks along what is varied.
 *
 * Throughput follows while completions per second are at least 99 % of the requests that arrive per second. The knee
 * lies between the last point at which it follows and the first from which on it does not: there, what is missing
 * (arrived - completed, per second) is extrapolated back to nothing along the line through the first two points
 * beyond, for what is missing grows with the load whatever becomes of the queue. The line is drawn over what arrived,
 * where the points differ in that: it is free of the noise of the arrivals. Where the number of clients of a closed
 * loop is varied nothing is ever missing; there the knee is where the line through the origin and the first point meets
 * the largest throughput (the asymptotes of a closed network), if throughput stayed below 90 % of that line.
 *
 * p99 leaves its plateau where it comes to twice its smallest value for good, between two points along the line
 * through them. A point with fewer than 100 completed requests has no p99 worth the name.
 *
 * Where a server breaks at the low end (few workers) the same is looked for from the other side. */
#ifndef CLI_KNEE_H
#define CLI_KNEE_H

#include "../sim/base.h"

typedef struct KneePoint {
    int64_t at;         /* what is varied, in millionths */
    int64_t offered;    /* arrivals per second, in millionths */
    int64_t throughput; /* likewise */
    int64_t p99;        /* ns; -1: nothing was completed */
    int64_t completed;
} KneePoint;

typedef struct Knee {
    bool has;
    bool fine;       /* where there is none: all points are fine (else none is) */
    int64_t at;      /* in millionths */
    int last, first; /* the points beside it: the last that is fine, the first that is not */
    int64_t figure;  /* throughput: of arrivals there, per second in millionths; p99: the plateau, ns */
} Knee;

Knee knee_throughput(const KneePoint *point, int count, bool closed);
Knee knee_p99(const KneePoint *point, int count);

#endif
