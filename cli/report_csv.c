/* A table for spreadsheets and scripts: RFC 4180 with LF, a line a server and then one each of its handlers. Times in
 * ns, ratios and rates with six decimals, an empty field where a figure does not apply. Of several runs, rates and
 * latencies are means, and half the width of the 95 % interval of each stands in columns of its own at the end. */
#include "escape.h"
#include "report.h"

#include <string.h>

/* The figures that have an interval: name and column of the i-th; false after the last. */
static bool figure(const Report *report, int i, const char **name, const char **column)
{
    static const char *const names[] = {"throughput", "mean", "min", "max"}, *const columns[] = {
                                                                                 "throughput_per_s", "latency_mean_ns",
                                                                                 "latency_min_ns", "latency_max_ns"};
    enum { FIXED = sizeof names / sizeof names[0] };
    if (i >= FIXED + report->args->percentile_count)
        return false;
    if (i < FIXED) {
        *name = names[i];
        *column = columns[i];
        return true;
    }
    Buf *text = mem_get(report->mem, 2 * sizeof *text);
    for (int k = 0; k < 2; k++) {
        buf_init(&text[k], report->mem, 100);
        buf_f(&text[k], k == 0 ? "p%s" : "latency_p%s_ns", report->args->percentiles[i - FIXED].text);
    }
    *name = buf_string(&text[0]);
    *column = buf_string(&text[1]);
    return true;
}

static void put_head(Buf *buf, const Report *report)
{
    const char *name, *column;
    buf_text(buf, "spec,seed,server,model,handler,arrived,completed,failed,refused,timed_out,in_flight,retried,"
                  "throughput_per_s,latency_mean_ns,latency_sd_ns,latency_min_ns,latency_max_ns");
    for (int i = 0; i < report->args->percentile_count; i++)
        buf_f(buf, ",latency_p%s_ns", report->args->percentiles[i].text);
    for (int part = 0; part < PARTS; part++)
        buf_f(buf, ",time_%s_ns", part_name[part]);
    buf_text(buf, ",cpu_utilization,loop_utilization,pool_utilization,threads_peak,memory_peak_bytes,switches,"
                  "bottleneck,breaks_at_per_s,end,digest");
    for (int i = 0; report->runs > 1 && figure(report, i, &name, &column); i++)
        buf_f(buf, ",%s_ci95", column);
    buf_char(buf, '\n');
}

static void put_uint(Buf *buf, uint64_t value)
{
    buf_char(buf, ',');
    buf_u64(buf, value);
}

static void put_int(Buf *buf, bool has, int64_t value)
{
    buf_char(buf, ',');
    if (has)
        buf_i64(buf, value);
}

static void put_micro(Buf *buf, bool has, Micro value)
{
    buf_char(buf, ',');
    if (has)
        buf_fixed(buf, value, 6);
}

/* The figure of one run, or the mean over several; or half the width of its interval. */
static void put_figure(Buf *buf, const Results *results, int handler, const char *name, bool interval)
{
    int64_t value = 0;
    Metric metric = metric_find(name, strlen(name));
    bool has =
        interval ? metric_half(metric, results, handler, &value) : metric_value(metric, results, handler, &value);
    if (metric_unit(metric) == METRIC_TIME)
        put_int(buf, has, value);
    else
        put_micro(buf, has, value);
}

static void put_handler(Buf *buf, const Report *report, const Results *results, int index)
{
    const HandlerResults *handler = index < 0 ? &results->all : &results->handlers[index];
    const RequestCounts *counts = &handler->requests;
    const Hist *latency = &handler->latency;
    const char *name, *column;
    put_uint(buf, counts->arrived);
    put_uint(buf, counts->completed);
    put_uint(buf, counts->failed);
    put_uint(buf, counts->refused);
    put_uint(buf, counts->timed_out);
    put_uint(buf, counts->in_flight);
    put_uint(buf, counts->retried);
    for (int i = 0; figure(report, i, &name, &column); i++) {
        put_figure(buf, results, index, name, false);
        if (strcmp(name, "mean") == 0)
            put_int(buf, latency->count > 0, hist_sd(latency));
    }
    for (int part = 0; part < PARTS; part++)
        put_int(buf, latency->count > 0, handler->time[part]);
}

static void put_server(Buf *buf, const Results *results)
{
    put_micro(buf, true, results->cpu.utilization);
    put_micro(buf, results->has_loop, results->loop.utilization);
    put_micro(buf, results->has_pool, results->pool.utilization);
    put_uint(buf, results->threads_peak);
    put_int(buf, true, results->memory_peak);
    put_uint(buf, results->cpu.switches);
    buf_char(buf, ',');
    escape_csv(buf, results->bottleneck.what);
    put_micro(buf, results->bottleneck.breaks_at >= 0, results->bottleneck.breaks_at);
    buf_f(buf, ",%s,", world_end_name[results->end]);
    buf_hex16(buf, results->digest);
}

static void put_line(Buf *buf, const Report *report, const Results *results, int handler)
{
    const char *name, *column;
    escape_csv(buf, report->spec->name);
    buf_char(buf, ',');
    buf_u64(buf, report->spec->seed);
    buf_char(buf, ',');
    escape_csv(buf, results->name);
    buf_f(buf, ",%s,", results->model);
    if (handler >= 0)
        escape_csv(buf, results->handlers[handler].name);
    put_handler(buf, report, results, handler);
    if (handler >= 0)
        buf_text(buf, ",,,,,,,,,,");
    else
        put_server(buf, results);
    for (int i = 0; report->runs > 1 && figure(report, i, &name, &column); i++)
        put_figure(buf, results, handler, name, true);
    buf_char(buf, '\n');
}

void report_csv(Buf *buf, const Report *report)
{
    put_head(buf, report);
    for (int i = 0; i < report->count; i++) {
        for (int handler = -1; handler < report->results[i]->handler_count; handler++)
            put_line(buf, report, report->results[i], handler);
    }
}
