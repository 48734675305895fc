/* metric: the figures that have a name: in `expect` and --require, in the contrast, in comparisons. */
#ifndef MODEL_OBSERVE_METRIC_H
#define MODEL_OBSERVE_METRIC_H

#include "results.h"

typedef enum MetricUnit {
    METRIC_TIME, /* ns */
    METRIC_RATE, /* Micro, per second */
    METRIC_COUNT,
    METRIC_SIZE,     /* bytes */
    METRIC_FRACTION, /* Micro, of the whole */
    METRIC_DIGEST    /* 64 bits in an int64_t: equal or not */
} MetricUnit;

typedef struct MetricRow MetricRow;

/* A figure by name: "throughput", "p99.9", "lag.p99", "pool.wait.max" … */
typedef struct Metric {
    const MetricRow *row; /* NULL: none */
    uint64_t percentile;  /* in 10^-8: 99.9 % is 99,900,000; 0: none */
} Metric;

/* row is NULL where no metric is called so. */
Metric metric_find(const char *name, size_t size);
MetricUnit metric_unit(Metric metric);
bool metric_of_handlers(Metric metric);                       /* else of servers alone */
bool metric_applies(Metric metric, const SpecServer *server); /* servers of this model have it */
bool metric_counts(Metric metric);                            /* of several runs it is the sum, not the mean */
const char *metric_needs(Metric metric); /* what such servers have: "an event loop"; NULL: all have it */

/* False where the run has no such figure: a latency where nothing was completed. handler -1: all. Of several runs
 * metric_value (replicates.h) has the mean. */
bool metric_of_run(Metric metric, const Results *results, int handler, int64_t *value);

/* For suggestions: all but the percentiles that nobody would guess; ends with NULL. */
extern const char *const metric_names[];

const char *metric_name_at(size_t i); /* the i-th row's name, "p" where a percentile follows; NULL after the last */

/* A percentage with at most six decimals, "99.9", as a count of 10^-8; false where it is none, or not above 0 and at
 * most 100. */
bool metric_percent(const char *text, size_t size, uint64_t *per_hundred_million);

#endif
