/* checked: a trace that was read to be checked (check.h), and what there is in it. */
#ifndef TRACES_CHECKED_H
#define TRACES_CHECKED_H

#include <stdint.h>

typedef struct TraceCheck TraceCheck;

typedef struct CheckCounts {
    uint64_t events, slices, async, states, counters, flows, same_instant, unfinished, requests, completed;
} CheckCounts;

#endif
