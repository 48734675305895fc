#include "report.h"

#include <string.h>

/* The largest by the smallest, where all servers have the figure and it is a number. */
static void find_ratio(ContrastRow *row, int count)
{
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < count; i++) {
        if (!row->has[i])
            return;
        if (row->value[i] < least) {
            least = row->value[i];
            row->smallest = i;
        }
        if (i == 0 || row->value[i] > most) {
            most = row->value[i];
            row->largest = i;
        }
    }
    if (count < 2 || row->unit == METRIC_DIGEST || (least == 0 && most > 0))
        return;
    row->has_ratio = true;
    row->ratio = most == 0 ? 1000000 : sum_ratio(sum_of((uint64_t)most), sum_of((uint64_t)least));
}

bool contrast_row(const Report *report, const char *name, int handler, ContrastRow *row)
{
    Metric metric = metric_find(name, strlen(name));
    bool any = false;
    if (!metric.row)
        return false;
    *row = (ContrastRow){.name = name, .unit = metric_unit(metric)};
    row->has = mem_get(report->mem, mem_array(report->mem, (size_t)report->count + 1, sizeof *row->has));
    row->value = mem_get(report->mem, mem_array(report->mem, (size_t)report->count + 1, sizeof *row->value));
    row->has_half = mem_get(report->mem, mem_array(report->mem, (size_t)report->count + 1, sizeof *row->has_half));
    row->half = mem_get(report->mem, mem_array(report->mem, (size_t)report->count + 1, sizeof *row->half));
    for (int i = 0; i < report->count; i++) {
        row->has[i] = metric_value(metric, report->results[i], handler, &row->value[i]);
        row->has_half[i] = row->has[i] && metric_half(metric, report->results[i], handler, &row->half[i]);
        any |= row->has[i];
    }
    find_ratio(row, report->count);
    if (row->largest != row->smallest)
        row->pairing = metric_pair(metric, report->results[row->largest], report->results[row->smallest], handler);
    return any;
}

static void add(const Report *report, Contrast *contrast, const char *name)
{
    contrast->count += contrast_row(report, name, -1, &contrast->row[contrast->count]);
}

Contrast contrast_make(const Report *report)
{
    static const char *const last[] = {"max",      "cpu",    "wasted",  "memory",    "threads",
                                       "switches", "failed", "refused", "timed_out", "in_flight"};
    const Args *args = report->args;
    Contrast contrast = {NULL, 0};
    size_t most = 2 + (size_t)args->percentile_count + COUNT_OF(last);
    contrast.row = mem_get(report->mem, mem_array(report->mem, most, sizeof *contrast.row));
    add(report, &contrast, "throughput");
    add(report, &contrast, "mean");
    for (int i = 0; i < args->percentile_count; i++) {
        Buf *name = mem_get(report->mem, sizeof *name);
        buf_init(name, report->mem, 4096);
        buf_f(name, "p%s", args->percentiles[i].text);
        add(report, &contrast, buf_string(name));
    }
    for (size_t i = 0; i < COUNT_OF(last); i++)
        add(report, &contrast, last[i]);
    return contrast;
}
