/* A table for spreadsheets and scripts: RFC 4180 with LF, a line a server and then one each of its handlers. Times in
 * ns, ratios and rates with six decimals, an empty field where a figure does not apply. */
#include "escape.h"
#include "report.h"

#include <string.h>

static void put_head(Buf *buf, const Report *report)
{
    buf_text(buf, "spec,seed,server,model,handler,arrived,completed,failed,refused,timed_out,in_flight,retried,"
                  "throughput_per_s,latency_mean_ns,latency_sd_ns,latency_min_ns,latency_max_ns");
    for (int i = 0; i < report->args->percentile_count; i++)
        buf_f(buf, ",latency_p%s_ns", report->args->percentiles[i].text);
    for (int part = 0; part < PARTS; part++)
        buf_f(buf, ",time_%s_ns", part_name[part]);
    buf_text(buf, ",cpu_utilization,loop_utilization,pool_utilization,threads_peak,memory_peak_bytes,switches,"
                  "bottleneck,breaks_at_per_s,end,digest\n");
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

static void put_handler(Buf *buf, const Report *report, const HandlerResults *handler)
{
    const RequestCounts *counts = &handler->requests;
    const Hist *latency = &handler->latency;
    bool any = latency->count > 0;
    put_uint(buf, counts->arrived);
    put_uint(buf, counts->completed);
    put_uint(buf, counts->failed);
    put_uint(buf, counts->refused);
    put_uint(buf, counts->timed_out);
    put_uint(buf, counts->in_flight);
    put_uint(buf, counts->retried);
    put_micro(buf, true, handler->throughput);
    put_int(buf, any, hist_mean(latency));
    put_int(buf, any, hist_sd(latency));
    put_int(buf, any, latency->min);
    put_int(buf, any, latency->max);
    for (int i = 0; i < report->args->percentile_count; i++)
        put_int(buf, any, hist_percentile(latency, report->args->percentiles[i].per_hundred_million));
    for (int part = 0; part < PARTS; part++)
        put_int(buf, any, handler->time[part]);
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

static void put_line(Buf *buf, const Report *report, const Results *results, const HandlerResults *handler)
{
    escape_csv(buf, report->spec->name);
    buf_char(buf, ',');
    buf_u64(buf, report->spec->seed);
    buf_char(buf, ',');
    escape_csv(buf, results->name);
    buf_f(buf, ",%s,", results->model);
    if (handler->name)
        escape_csv(buf, handler->name);
    put_handler(buf, report, handler);
    if (handler->name)
        buf_text(buf, ",,,,,,,,,,");
    else
        put_server(buf, results);
    buf_char(buf, '\n');
}

void report_csv(Buf *buf, const Report *report)
{
    put_head(buf, report);
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        put_line(buf, report, results, &results->all);
        for (int k = 0; k < results->handler_count; k++)
            put_line(buf, report, results, &results->handlers[k]);
    }
}
