/* The results as JSON: keys, order and units are a contract; times in ns, ratios with six decimals, the same bytes on
 * every machine. */
#include "json_writer.h"
#include "report.h"

#include "../model/observe/series.h"

#include <string.h>

/* Collects the numbers of one run, or writes: of one run as they are, of several with their means and intervals. */
typedef struct Writer {
    JsonWriter json;
    const Args *args;
    Figures *collect; /* NULL: writing */
    Mem *mem;
    const Figures *several; /* NULL: of one run */
    size_t at;              /* the next figure */
    bool none;              /* what follows does not exist in this run */
} Writer;

static void collect(Writer *writer, int64_t value)
{
    Figures *figures = writer->collect;
    size_t at = (size_t)figures->runs * figures->each + writer->at++;
    if (figures->runs == 0) {
        figures->each = writer->at;
        figures->value = mem_grow(writer->mem, figures->value, mem_array(writer->mem, figures->each, sizeof value));
        figures->room = 1;
    }
    figures->value[at] = writer->none ? FIGURE_NONE : value;
}

static Estimate next_estimate(Writer *writer)
{
    const Figures *figures = writer->several;
    return estimate(figures->value + writer->at++, (size_t)figures->runs, figures->each);
}

static const char *ci95_key(Writer *writer, const char *key)
{
    Buf *name = mem_get(writer->mem, sizeof *name);
    buf_init(name, writer->mem, 4096);
    buf_f(name, "%s_ci95", key);
    return buf_string(name);
}

typedef void PutFn(JsonWriter *json, const char *key, int64_t value);

/* A figure with its interval. Where `given`, its mean over the runs is known already. */
static void put_figure(Writer *writer, PutFn *put, const char *key, int64_t value, bool given)
{
    if (writer->collect) {
        collect(writer, value);
    } else if (!writer->several) {
        put(&writer->json, key, value);
    } else {
        Estimate mean = next_estimate(writer);
        put(&writer->json, key, given ? value : mean.mean);
        if (mean.half >= 0)
            put(&writer->json, ci95_key(writer, key), mean.half);
    }
}

static void put_int(Writer *writer, const char *key, int64_t value)
{
    put_figure(writer, json_int, key, value, false);
}

static void put_micro(Writer *writer, const char *key, int64_t value)
{
    put_figure(writer, json_micro, key, value, false);
}

static void put_percentiles(Writer *writer, const Hist *hist)
{
    const Args *args = writer->args;
    json_begin_flat(&writer->json, "percentiles", '{');
    for (int i = 0; i < args->percentile_count; i++)
        put_int(writer, args->percentiles[i].text, hist_percentile(hist, args->percentiles[i].per_hundred_million));
    json_end(&writer->json, '}');
}

/* count, mean, sd, min, max and percentiles. */
static void put_hist(Writer *writer, const char *key, const Hist *hist)
{
    JsonWriter *json = &writer->json;
    writer->none = hist->count == 0;
    json_begin_flat(json, key, '{');
    json_uint(json, "count", hist->count);
    put_int(writer, "mean", hist_mean(hist));
    put_int(writer, "sd", hist_sd(hist));
    put_int(writer, "min", hist->min);
    put_int(writer, "max", hist->max);
    put_percentiles(writer, hist);
    json_end(json, '}');
    writer->none = false;
}

/* Of several runs too the parts add up to the mean. */
static void put_time(Writer *writer, const HandlerResults *handler)
{
    writer->none = handler->latency.count == 0;
    json_begin_flat(&writer->json, "time_ns", '{');
    for (int part = 0; part < PARTS; part++)
        put_figure(writer, json_int, part_name[part], handler->time[part], true);
    json_end(&writer->json, '}');
    writer->none = false;
}

static void put_handler(Writer *writer, const HandlerResults *handler)
{
    JsonWriter *json = &writer->json;
    const RequestCounts *counts = &handler->requests;
    json_begin_flat(json, "requests", '{');
    json_uint(json, "arrived", counts->arrived);
    json_uint(json, "completed", counts->completed);
    json_uint(json, "failed", counts->failed);
    json_uint(json, "refused", counts->refused);
    json_uint(json, "timed_out", counts->timed_out);
    json_uint(json, "in_flight", counts->in_flight);
    json_uint(json, "retried", counts->retried);
    json_end(json, '}');
    put_micro(writer, "throughput_per_s", handler->throughput);
    put_hist(writer, "latency_ns", &handler->latency);
    put_time(writer, handler);
}

static void put_handlers(Writer *writer, const Results *results)
{
    json_begin(&writer->json, "handlers", '{');
    for (int i = 0; i < results->handler_count; i++) {
        json_begin(&writer->json, results->handlers[i].name, '{');
        put_handler(writer, &results->handlers[i]);
        json_end(&writer->json, '}');
    }
    json_end(&writer->json, '}');
}

/* Who kept whom waiting: a row a handler, in it whom it waited for. What is 0 is absent. */
static void put_blame(Writer *writer, const Results *results)
{
    JsonWriter *json = &writer->json;
    json_begin(json, "blame", '{');
    for (int handler = 0; handler < results->handler_count; handler++) {
        json_begin_flat(json, results->handlers[handler].name, '{');
        for (int cause = 0; cause < results->blame.causes; cause++) {
            Time blame = results_blame(results, handler, cause);
            if (blame > 0)
                json_int(json, results->blame.name[cause], blame);
        }
        json_end(json, '}');
    }
    json_end(json, '}');
}

static void put_cpu(Writer *writer, const Results *results)
{
    JsonWriter *json = &writer->json;
    json_begin_flat(json, "cpu", '{');
    json_int(json, "cores", results->cpu.cores);
    put_micro(writer, "utilization", results->cpu.utilization);
    json_int(json, "user_ns", results->cpu.user);
    json_int(json, "overhead_ns", results->cpu.overhead);
    json_uint(json, "switches", results->cpu.switches);
    json_int(json, "switch_ns", results->cpu.switching);
    json_int(json, "wasted_ns", results->cpu.wasted_time);
    put_micro(writer, "wasted", results->cpu.wasted);
    json_end(json, '}');
    json_begin_flat(json, "threads", '{');
    put_int(writer, "peak", (int64_t)results->threads_peak);
    json_uint(json, "created", results->threads_created);
    json_end(json, '}');
    json_begin_flat(json, "memory", '{');
    put_int(writer, "peak_bytes", results->memory_peak);
    json_end(json, '}');
}

static void put_loop(Writer *writer, const LoopResults *loop)
{
    JsonWriter *json = &writer->json;
    json_begin_flat(json, "loop", '{');
    json_uint(json, "iterations", loop->iterations);
    put_micro(writer, "utilization", loop->utilization);
    json_begin(json, "lag_ns", '{');
    writer->none = loop->lag.count == 0;
    put_int(writer, "mean", hist_mean(&loop->lag));
    put_int(writer, "max", loop->lag.max);
    put_percentiles(writer, &loop->lag);
    writer->none = false;
    json_end(json, '}');
    json_end(json, '}');
}

static void put_pool(Writer *writer, const PoolResults *pool)
{
    JsonWriter *json = &writer->json;
    json_begin_flat(json, "pool", '{');
    json_int(json, "workers", pool->workers);
    put_micro(writer, "utilization", pool->utilization);
    json_uint(json, "tasks", pool->tasks);
    put_hist(writer, "wait_ns", &pool->wait);
    put_int(writer, "peak_queue", pool->peak_queue);
    json_end(json, '}');
}

static void put_resources(Writer *writer, const Results *results)
{
    JsonWriter *json = &writer->json;
    json_begin(json, "resources", '{');
    for (int i = 0; i < results->resource_count; i++) {
        const ResourceResults *resource = &results->resources[i];
        json_begin_flat(json, resource->name, '{');
        json_uint(json, "calls", resource->calls);
        json_uint(json, "errors", resource->errors);
        if (resource->limited)
            put_micro(writer, "utilization", resource->utilization);
        put_hist(writer, "wait_ns", &resource->wait);
        put_int(writer, "peak_queue", resource->peak_queue);
        json_end(json, '}');
    }
    json_end(json, '}');
}

static void put_bottleneck(Writer *writer, const Bottleneck *bottleneck)
{
    JsonWriter *json = &writer->json;
    json_begin(json, "bottleneck", '{');
    json_text(json, "what", bottleneck->what);
    json_micro(json, "utilization", bottleneck->utilization);
    if (bottleneck->breaks_at >= 0)
        json_micro(json, "breaks_at_per_s", bottleneck->breaks_at);
    json_text(json, "why", bottleneck->why);
    json_end(json, '}');
}

static void put_slow_blame(JsonWriter *json, const BlameResults *causes, const Time *blame)
{
    json_begin_flat(json, "blame", '{');
    for (int cause = 0; cause < causes->causes; cause++)
        if (blame[cause] > 0)
            json_int(json, causes->name[cause], blame[cause]);
    json_end(json, '}');
}

static void put_slowest(Writer *writer, const Results *results)
{
    JsonWriter *json = &writer->json;
    json_begin(json, "slowest", '[');
    for (int i = 0; i < results->slow_count; i++) {
        const SlowRequest *slow = &results->slowest[i];
        json_begin_flat(json, NULL, '{');
        if (writer->several)
            json_uint(json, "run", slow->run);
        json_uint(json, "request", slow->request);
        json_uint(json, "connection", slow->connection);
        json_text(json, "handler", results->handlers[slow->handler].name);
        json_int(json, "wanted_ns", slow->wanted);
        json_int(json, "latency_ns", slow->latency);
        json_begin_flat(json, "time_ns", '{');
        for (int part = 0; part < PARTS; part++)
            json_int(json, part_name[part], slow->part[part]);
        json_end(json, '}');
        if (slow->blame)
            put_slow_blame(json, &results->blame, slow->blame);
        json_end(json, '}');
    }
    json_end(json, ']');
}

/* The number in the system over time: its mean, and the share of the time in which it was empty. */
static void put_population(Writer *writer, const Results *results)
{
    JsonWriter *json = &writer->json;
    const Hist *hist = &results->population;
    size_t at = 0;
    int64_t low, high;
    uint64_t first = 0;
    bool empty = hist_next(hist, &at, &low, &high, &first) && low == 0;
    json_begin_flat(json, "population", '{');
    put_micro(writer, "mean", sum_ratio((Sum){hist->sum[0], hist->sum[1]}, sum_of(hist->count)));
    put_micro(writer, "empty", sum_ratio(sum_of(empty ? first : 0), sum_of(hist->count)));
    put_int(writer, "max", hist->max);
    put_percentiles(writer, hist);
    json_end(json, '}');
    put_hist(writer, "queueing_ns", &results->queueing);
}

static void put_series(JsonWriter *json, const Results *results)
{
    json_begin(json, "series", '[');
    for (int i = 0; i < results->series_count; i++) {
        const SeriesStep *step = &results->series[i];
        json_begin_flat(json, NULL, '{');
        json_int(json, "from_ns", step->from);
        json_int(json, "to_ns", step->to);
        json_uint(json, "completed", step->completed);
        json_micro(json, "throughput_per_s", step->throughput);
        if (step->p50 >= 0) {
            json_int(json, "p50_ns", step->p50);
            json_int(json, "p99_ns", step->p99);
        }
        json_int(json, "in_flight", step->in_flight);
        json_micro(json, "cpu", step->cpu);
        if (step->loop >= 0)
            json_micro(json, "loop", step->loop);
        json_int(json, "longest_queue", step->queue);
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void put_server(Writer *writer, const Results *results)
{
    JsonWriter *json = &writer->json;
    json_begin(json, results->name, '{');
    json_text(json, "model", results->model);
    json_text(json, "end", world_end_name[results->end]);
    put_int(writer, "simulated_ns", results->simulated);
    json_begin_flat(json, "window_ns", '[');
    json_int(json, NULL, results->window_from);
    json_int(json, NULL, results->window_to);
    json_end(json, ']');
    json_uint(json, "events", results->events);
    json_hex(json, "digest", results->digest);
    json_begin_flat(json, "connections", '{');
    json_uint(json, "arrived", results->connections_arrived);
    json_uint(json, "accepted", results->connections_accepted);
    json_uint(json, "refused", results->connections_refused);
    put_int(writer, "peak_open", results->peak_open);
    json_end(json, '}');
    put_handler(writer, &results->all);
    put_handlers(writer, results);
    if (results->blame.causes > 0)
        put_blame(writer, results);
    put_cpu(writer, results);
    if (results->has_loop)
        put_loop(writer, &results->loop);
    if (results->has_pool)
        put_pool(writer, &results->pool);
    if (results->resource_count > 0)
        put_resources(writer, results);
    put_bottleneck(writer, &results->bottleneck);
    put_slowest(writer, results);
    put_population(writer, results);
    if (results->series_count > 0 && !writer->collect && !writer->args->series_for_charts)
        put_series(json, results);
    json_end(json, '}');
}

void figures_add(Figures *figures, Mem *mem, const Args *args, const Results *run)
{
    Buf unused;
    buf_init(&unused, mem, (size_t)1 << 28);
    Writer writer = {.json = {&unused, 0, 0, true}, .args = args, .collect = figures, .mem = mem};
    if (figures->runs > 0 && figures->runs == figures->room) {
        figures->room *= 2;
        figures->value = mem_grow(
            mem, figures->value, mem_array(mem, mem_array(mem, (size_t)figures->room, figures->each), sizeof(int64_t)));
    }
    json_begin(&writer.json, NULL, '{');
    put_server(&writer, run);
    json_end(&writer.json, '}');
    must(writer.at == figures->each, "two runs of a server have different figures");
    figures->runs++;
    buf_free(&unused);
}

static void put_value(JsonWriter *json, const char *key, MetricUnit unit, int64_t value)
{
    if (unit == METRIC_RATE || unit == METRIC_FRACTION)
        json_micro(json, key, value);
    else if (unit == METRIC_DIGEST)
        json_hex(json, key, (uint64_t)value);
    else
        json_int(json, key, value);
}

/* The difference of the two that the ratio is of, by the runs paired; and how much narrower that is. */
static void put_pairing(JsonWriter *json, const Report *report, const ContrastRow *row)
{
    const Pairing *pairing = &row->pairing;
    if (!pairing->has)
        return;
    json_begin(json, "paired", '{');
    json_begin(json, "servers", '[');
    json_text(json, NULL, report->results[row->largest]->name);
    json_text(json, NULL, report->results[row->smallest]->name);
    json_end(json, ']');
    put_value(json, "difference", row->unit, pairing->difference);
    put_value(json, "difference_ci95", row->unit, pairing->paired);
    put_value(json, "unpaired_ci95", row->unit, pairing->unpaired);
    if (pairing->gain >= 0)
        json_micro(json, "gain", pairing->gain);
    json_end(json, '}');
}

static void put_halves(JsonWriter *json, const Report *report, const ContrastRow *row)
{
    bool any = false;
    for (int column = 0; column < report->count; column++)
        any |= row->has_half[column];
    if (!any)
        return;
    json_begin(json, "values_ci95", '{');
    for (int column = 0; column < report->count; column++)
        if (row->has_half[column])
            put_value(json, report->results[column]->name, row->unit, row->half[column]);
    json_end(json, '}');
}

static void put_contrast(JsonWriter *json, const Report *report)
{
    Contrast contrast = report->count > 1 ? contrast_make(report) : (Contrast){NULL, 0};
    json_begin(json, "contrast", '[');
    for (int i = 0; i < contrast.count; i++) {
        const ContrastRow *row = &contrast.row[i];
        json_begin_flat(json, NULL, '{');
        json_text(json, "metric", row->name);
        json_begin(json, "values", '{');
        for (int column = 0; column < report->count; column++) {
            if (!row->has[column])
                continue;
            put_value(json, report->results[column]->name, row->unit, row->value[column]);
        }
        json_end(json, '}');
        put_halves(json, report, row);
        if (row->has_ratio)
            json_micro(json, "ratio", row->ratio);
        put_pairing(json, report, row);
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void put_requirements(JsonWriter *json, const Report *report)
{
    json_begin(json, "requirements", '[');
    for (int i = 0; i < report->verdict_count; i++) {
        const Verdict *verdict = &report->verdicts[i];
        json_begin_flat(json, NULL, '{');
        json_text(json, "text", verdict->text);
        if (verdict->has_value)
            put_value(json, "value", verdict->unit, verdict->value);
        else
            json_null(json, "value");
        if (verdict->has_limit)
            put_value(json, "limit", verdict->unit, verdict->limit);
        else
            json_null(json, "limit");
        json_bool(json, "met", verdict->met);
        json_end(json, '}');
    }
    json_end(json, ']');
}

void report_json(Buf *buf, const Report *report)
{
    Writer writer = {.json = {buf, 0, 0, true}, .args = report->args, .mem = report->mem};
    JsonWriter *json = &writer.json;
    json_begin(json, NULL, '{');
    json_text(json, "loopsim", LOOPSIM_VERSION);
    json_int(json, "schema", 1);
    json_begin_flat(json, "spec", '{');
    json_text(json, "name", report->spec->name);
    json_hex(json, "digest", report->spec->digest);
    json_end(json, '}');
    json_uint(json, "seed", report->spec->seed);
    json_int(json, "runs", report->runs);
    json_bool(json, "interrupted", report->interrupted);
    json_begin(json, "servers", '{');
    for (int i = 0; i < report->count; i++) {
        writer.several = report->runs > 1 ? &report->figures[i] : NULL;
        writer.at = 0;
        put_server(&writer, report->results[i]);
    }
    json_end(json, '}');
    put_contrast(json, report);
    put_requirements(json, report);
    json_end(json, '}');
    buf_char(buf, '\n');
}
