/* How busy everything was over the window: cores, loops, workers and resources of each server. */
#include "html.h"
#include "svg.h"
#include "text.h"

#include <string.h>

enum { BAR = 14, STEP = 24, HEAD = 30, LEFT = 200, RIGHT = 70, RESOURCES_SHOWN = 20 };

typedef struct BusyRow {
    const char *prefix, *name; /* "resource ", "db" */
    Micro utilization;
    const Hist *wait;   /* NULL: nothing queues there */
    int64_t peak_queue; /* -1: no queue */
} BusyRow;

typedef struct BusyRows {
    BusyRow row[RESOURCES_SHOWN + 3];
    int count;
} BusyRows;

static void add(BusyRows *rows, BusyRow row)
{
    if (rows->count < (int)COUNT_OF(rows->row))
        rows->row[rows->count++] = row;
}

static BusyRows rows_of(const Results *results)
{
    BusyRows rows = {.count = 0};
    add(&rows, (BusyRow){"", results->cpu.cores == 1 ? "core" : "cores", results->cpu.utilization, NULL, -1});
    if (results->has_loop)
        add(&rows, (BusyRow){"", results->loop.loops == 1 ? "loop" : "loops", results->loop.utilization,
                             &results->loop.lag, -1});
    if (results->has_pool)
        add(&rows, (BusyRow){"", results->has_loop ? "workers" : "threads", results->pool.utilization,
                             &results->pool.wait, results->pool.peak_queue});
    for (int i = 0; i < results->resource_count; i++) {
        const ResourceResults *resource = &results->resources[i];
        if (resource->limited)
            add(&rows,
                (BusyRow){"resource ", resource->name, resource->utilization, &resource->wait, resource->peak_queue});
    }
    return rows;
}

static const char *row_name(Html *html, const BusyRow *row)
{
    Buf *buf = mem_get(html->report->mem, sizeof *buf);
    buf_init(buf, html->report->mem, (size_t)1 << 26);
    buf_f(buf, "%s%s", row->prefix, row->name);
    return buf_string(buf);
}

static double put_server(Html *html, Svg *svg, int server, double y)
{
    BusyRows rows = rows_of(html->report->results[server]);
    double room = HTML_WIDTH - LEFT - RIGHT;
    Buf class, text;
    buf_init(&class, html->report->mem, 64);
    buf_f(&class, "fill %s", html_color(server));
    buf_init(&text, html->report->mem, 4096);
    svg_text(svg, "big", "start", 0, y + 20, html->report->results[server]->name, 60);
    y += HEAD;
    for (int i = 0; i < rows.count; i++, y += STEP) {
        const BusyRow *row = &rows.row[i];
        buf_clear(&text);
        text_value(&text, METRIC_FRACTION, true, row->utilization, TIME_AUTO);
        svg_text(svg, "tick", "end", LEFT - 12, y + BAR - 2, row_name(html, row), 24);
        svg_bar(svg, "track", LEFT, y, room, BAR, NULL);
        svg_bar(svg, buf_string(&class), LEFT, y, room * (double)row->utilization / 1e6, BAR, buf_string(&text));
        svg_text(svg, "", "start", HTML_WIDTH - RIGHT + 10, y + BAR - 2, buf_string(&text), 20);
    }
    return y;
}

static void put_table(Html *html)
{
    const Report *report = html->report;
    html_begin_data(html, "The figures of this chart, and the queues");
    buf_text(html->buf, "<th>server</th><th class=\"left\">what</th><th>busy</th><th>mean wait</th><th>p99 wait</th>"
                        "<th>longest queue</th></tr></thead><tbody>\n");
    for (int i = 0; i < report->count; i++) {
        BusyRows rows = rows_of(report->results[i]);
        for (int k = 0; k < rows.count; k++) {
            const BusyRow *row = &rows.row[k];
            bool waits = row->wait && row->wait->count > 0;
            buf_text(html->buf, "<tr><td>");
            html_name(html, i);
            buf_text(html->buf, "</td><td class=\"left\">");
            html_text(html, row_name(html, row), HTML_NAME);
            buf_text(html->buf, "</td>");
            html_cell(html, METRIC_FRACTION, true, row->utilization);
            html_cell(html, METRIC_TIME, waits, waits ? hist_mean(row->wait) : 0);
            html_cell(html, METRIC_TIME, waits, waits ? hist_percentile(row->wait, 99000000) : 0);
            html_cell(html, METRIC_COUNT, row->peak_queue >= 0, row->peak_queue);
            buf_text(html->buf, "</tr>\n");
        }
    }
    html_end_data(html);
}

void html_busy(Html *html)
{
    const Report *report = html->report;
    double height = 0;
    Svg svg;
    for (int i = 0; i < report->count; i++)
        height += HEAD + (double)rows_of(report->results[i]).count * STEP;
    html_begin_section(html, "busy", "What was busy",
                       "The share of the measured time in which each was at work. What is near its end makes others "
                       "wait.");
    svg_begin(&svg, html->buf, HTML_WIDTH, height, "Utilisation of cores, loops, workers and resources");
    double y = 0;
    for (int i = 0; i < report->count; i++)
        y = put_server(html, &svg, i, y);
    svg_end(&svg);
    put_table(html);
    html_end_section(html);
}
