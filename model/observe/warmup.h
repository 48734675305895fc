/* warmup: where the start of a run ends to matter.
 *
 * MSER-5 (White, "An effective truncation heuristic for bias reduction in simulation output", 1997; White, Cobb and
 * Spratt 2000): the latencies of a pilot run, in the order in which requests were completed, become means of batches
 * of 5; the first d batches are cut off, with the d up to half of them that makes the half width of the rest's
 * interval least: sum of (Y_i - mean)^2 over i > d, by (n - d)^2. Where there would be more than 10,000 batches, their
 * size is doubled. A pilot that completes next to nothing cuts nothing. */
#ifndef MODEL_OBSERVE_WARMUP_H
#define MODEL_OBSERVE_WARMUP_H

#include "../../sim/mem.h"

enum { PILOT_BATCH = 5, PILOT_BATCHES = 10000 };

typedef struct Pilot {
    double *total;       /* of a batch's latencies, ns */
    Time *end;           /* when its last request was completed */
    size_t count;        /* full batches */
    uint64_t size, here; /* of a batch; how many of the next one there are */
    double next;         /* their total */
} Pilot;

Pilot *pilot_new(Mem *mem);
void pilot_add(Pilot *pilot, Time now, Time latency);

/* The warm-up that the pilot asks for; at most half of `simulated`. */
Time pilot_cut(const Pilot *pilot, Time simulated);

#endif
