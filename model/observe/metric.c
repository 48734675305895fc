#include "metric.h"

#include <string.h>

typedef enum Source {
    FROM_THROUGHPUT,
    FROM_LATENCY,
    FROM_COMPLETED,
    FROM_FAILED,
    FROM_REFUSED,
    FROM_TIMED_OUT,
    FROM_IN_FLIGHT,
    FROM_CPU,
    FROM_WASTED,
    FROM_MEMORY,
    FROM_THREADS,
    FROM_SWITCHES,
    FROM_LAG,
    FROM_LOOP,
    FROM_POOL_WAIT,
    FROM_DIGEST
} Source;

typedef enum Needs { NEEDS_NOTHING, NEEDS_LOOP, NEEDS_POOL } Needs;
typedef enum Of { OF_NUMBER, OF_MEAN, OF_MIN, OF_MAX, OF_PERCENTILE } Of;

struct MetricRow {
    const char *name; /* OF_PERCENTILE: what stands before the number */
    Source source;
    Of of; /* of a histogram */
    MetricUnit unit;
    bool of_handlers;
    Needs needs;
};

static const MetricRow rows[] = {
    {"throughput", FROM_THROUGHPUT, OF_NUMBER, METRIC_RATE, true, NEEDS_NOTHING},
    {"mean", FROM_LATENCY, OF_MEAN, METRIC_TIME, true, NEEDS_NOTHING},
    {"min", FROM_LATENCY, OF_MIN, METRIC_TIME, true, NEEDS_NOTHING},
    {"max", FROM_LATENCY, OF_MAX, METRIC_TIME, true, NEEDS_NOTHING},
    {"p", FROM_LATENCY, OF_PERCENTILE, METRIC_TIME, true, NEEDS_NOTHING},
    {"completed", FROM_COMPLETED, OF_NUMBER, METRIC_COUNT, true, NEEDS_NOTHING},
    {"failed", FROM_FAILED, OF_NUMBER, METRIC_COUNT, true, NEEDS_NOTHING},
    {"refused", FROM_REFUSED, OF_NUMBER, METRIC_COUNT, true, NEEDS_NOTHING},
    {"timed_out", FROM_TIMED_OUT, OF_NUMBER, METRIC_COUNT, true, NEEDS_NOTHING},
    {"in_flight", FROM_IN_FLIGHT, OF_NUMBER, METRIC_COUNT, true, NEEDS_NOTHING},
    {"cpu", FROM_CPU, OF_NUMBER, METRIC_FRACTION, false, NEEDS_NOTHING},
    {"wasted", FROM_WASTED, OF_NUMBER, METRIC_FRACTION, false, NEEDS_NOTHING},
    {"memory", FROM_MEMORY, OF_NUMBER, METRIC_SIZE, false, NEEDS_NOTHING},
    {"threads", FROM_THREADS, OF_NUMBER, METRIC_COUNT, false, NEEDS_NOTHING},
    {"switches", FROM_SWITCHES, OF_NUMBER, METRIC_COUNT, false, NEEDS_NOTHING},
    {"lag.mean", FROM_LAG, OF_MEAN, METRIC_TIME, false, NEEDS_LOOP},
    {"lag.max", FROM_LAG, OF_MAX, METRIC_TIME, false, NEEDS_LOOP},
    {"lag.p", FROM_LAG, OF_PERCENTILE, METRIC_TIME, false, NEEDS_LOOP},
    {"loop", FROM_LOOP, OF_NUMBER, METRIC_FRACTION, false, NEEDS_LOOP},
    {"pool.wait.mean", FROM_POOL_WAIT, OF_MEAN, METRIC_TIME, false, NEEDS_POOL},
    {"pool.wait.max", FROM_POOL_WAIT, OF_MAX, METRIC_TIME, false, NEEDS_POOL},
    {"pool.wait.p", FROM_POOL_WAIT, OF_PERCENTILE, METRIC_TIME, false, NEEDS_POOL},
    {"digest", FROM_DIGEST, OF_NUMBER, METRIC_DIGEST, false, NEEDS_NOTHING},
};

const char *const metric_names[] = {
    "throughput", "mean",      "min",     "max",     "p50",           "p90",       "p95",    "p99",
    "p99.9",      "completed", "failed",  "refused", "timed_out",     "in_flight", "cpu",    "memory",
    "threads",    "switches",  "lag.p99", "loop",    "pool.wait.p99", "digest",    "wasted", NULL,
};

bool metric_percent(const char *text, size_t size, uint64_t *per_hundred_million)
{
    uint64_t value = 0;
    unsigned decimals = 0;
    bool point = false, digit = false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '.' && digit && !point && i + 1 < size) {
            point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || decimals == 6 || value > 100000000)
            return false;
        digit = true;
        value = value * 10 + (uint64_t)(text[i] - '0');
        decimals += point;
    }
    for (; decimals < 6 && value <= 100000000; decimals++)
        value *= 10;
    *per_hundred_million = value;
    return digit && value > 0 && value <= 100000000;
}

Metric metric_find(const char *name, size_t size)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const MetricRow *row = &rows[i];
        size_t length = strlen(row->name);
        Metric metric = {row, 0};
        if (size < length || memcmp(name, row->name, length) != 0)
            continue;
        if (row->of != OF_PERCENTILE && size == length)
            return metric;
        if (row->of == OF_PERCENTILE && metric_percent(name + length, size - length, &metric.percentile) &&
            metric.percentile < 100000000)
            return metric;
    }
    return (Metric){NULL, 0};
}

MetricUnit metric_unit(Metric metric)
{
    return metric.row->unit;
}

bool metric_of_handlers(Metric metric)
{
    return metric.row->of_handlers;
}

bool metric_counts(Metric metric)
{
    return metric.row->source == FROM_SWITCHES ||
           (metric.row->source >= FROM_COMPLETED && metric.row->source <= FROM_IN_FLIGHT);
}

const char *metric_name_at(size_t i)
{
    return i < COUNT_OF(rows) ? rows[i].name : NULL;
}

const char *metric_needs(Metric metric)
{
    static const char *const what[] = {NULL, "an event loop", "a pool"};
    return what[metric.row->needs];
}

bool metric_applies(Metric metric, const SpecServer *server)
{
    switch (metric.row->needs) {
    case NEEDS_LOOP: return results_config(server, "loops") >= 0;
    case NEEDS_POOL: return results_config(server, "workers") >= 0 || results_config(server, "threads") >= 0;
    default: return true;
    }
}

static bool of_hist(Metric metric, const Hist *hist, int64_t *value)
{
    switch (metric.row->of) {
    case OF_MEAN: *value = hist_mean(hist); break;
    case OF_MIN: *value = hist->min; break;
    case OF_MAX: *value = hist->max; break;
    default: *value = hist_percentile(hist, metric.percentile);
    }
    return hist->count > 0;
}

static bool of_requests(Source source, const HandlerResults *handler, int64_t *value)
{
    switch (source) {
    case FROM_THROUGHPUT: *value = handler->throughput; return true;
    case FROM_COMPLETED: *value = (int64_t)handler->requests.completed; return true;
    case FROM_FAILED: *value = (int64_t)handler->requests.failed; return true;
    case FROM_REFUSED: *value = (int64_t)handler->requests.refused; return true;
    case FROM_TIMED_OUT: *value = (int64_t)handler->requests.timed_out; return true;
    default: *value = (int64_t)handler->requests.in_flight; return true;
    }
}

bool metric_of_run(Metric metric, const Results *results, int handler, int64_t *value)
{
    const HandlerResults *requests = handler < 0 ? &results->all : &results->handlers[handler];
    switch (metric.row->source) {
    case FROM_LATENCY: return of_hist(metric, &requests->latency, value);
    case FROM_CPU: *value = results->cpu.utilization; return true;
    case FROM_WASTED: *value = results->cpu.wasted; return true;
    case FROM_MEMORY: *value = results->memory_peak; return true;
    case FROM_THREADS: *value = (int64_t)results->threads_peak; return true;
    case FROM_SWITCHES: *value = (int64_t)results->cpu.switches; return true;
    case FROM_LAG: return of_hist(metric, &results->loop.lag, value) && results->has_loop;
    case FROM_LOOP: *value = results->loop.utilization; return results->has_loop;
    case FROM_POOL_WAIT: return of_hist(metric, &results->pool.wait, value) && results->has_pool;
    case FROM_DIGEST: memcpy(value, &results->digest, sizeof *value); return true;
    default: return of_requests(metric.row->source, requests, value);
    }
}
