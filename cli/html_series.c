/* What happened over time, where there is a series: latency, requests in flight, utilisation, the longest queue. */
#include "html.h"
#include "svg.h"
#include "text.h"

#include "../model/observe/series.h"

/* POINTS and TABLE_ROWS: of all servers together. */
enum { POINTS = 960, TABLE_ROWS = 96, PANEL = 108, GAP = 34, LEFT = 76, RIGHT = 16 };

typedef struct Panel {
    const char *title;
    MetricUnit unit;
    int64_t (*value)(const SeriesStep *step); /* -1: none */
} Panel;

static int64_t value_p99(const SeriesStep *step)
{
    return step->p99;
}

static int64_t value_in_flight(const SeriesStep *step)
{
    return step->in_flight;
}

/* Of the loop, where there is one. */
static int64_t value_busy(const SeriesStep *step)
{
    return step->loop >= 0 ? step->loop : step->cpu;
}

static int64_t value_queue(const SeriesStep *step)
{
    return step->queue;
}

static const Panel panels[] = {{"p99 of what was completed", METRIC_TIME, value_p99},
                               {"requests in flight", METRIC_COUNT, value_in_flight},
                               {"how busy the loop was; without a loop, the cores", METRIC_FRACTION, value_busy},
                               {"the longest queue", METRIC_COUNT, value_queue}};

typedef struct SeriesChart {
    Svg svg;
    Time end;
    int stride; /* steps a point */
} SeriesChart;

/* The largest value of `stride` steps: peaks are what one looks for. */
static int64_t value_at(const Results *results, const Panel *panel, int from, int stride)
{
    int64_t most = -1;
    for (int i = from; i < from + stride && i < results->series_count; i++) {
        int64_t value = panel->value(&results->series[i]);
        most = value > most ? value : most;
    }
    return most;
}

static int64_t most_of(const Report *report, const Panel *panel)
{
    int64_t most = 1;
    for (int i = 0; i < report->count; i++) {
        int64_t value = value_at(report->results[i], panel, 0, report->results[i]->series_count);
        most = value > most ? value : most;
    }
    return panel->unit == METRIC_FRACTION ? 1000000 : most;
}

static const char *value_text(Html *html, MetricUnit unit, int64_t value)
{
    Buf *buf = mem_get(html->report->mem, sizeof *buf);
    buf_init(buf, html->report->mem, 4096);
    text_value(buf, unit, true, value, html->report->args->time_unit);
    return buf_string(buf);
}

static double x_of(const SeriesChart *chart, Time at)
{
    return LEFT + (double)(HTML_WIDTH - LEFT - RIGHT) * (double)at / (double)chart->end;
}

/* A line breaks where there is nothing to show. */
static void put_curve(Html *html, SeriesChart *chart, const Panel *panel, int server, double top, int64_t most)
{
    const Results *results = html->report->results[server];
    Buf *buf = html->buf;
    bool down = false, any = false;
    for (int i = 0; i < results->series_count; i += chart->stride) {
        int64_t value = value_at(results, panel, i, chart->stride);
        if (value < 0) {
            down = false;
            continue;
        }
        if (!any)
            buf_f(buf, "<path class=\"curve thin %s D%d\" d=\"", html_color(server), server % HTML_DASHES);
        buf_char(buf, down ? 'L' : 'M');
        svg_number(buf, x_of(chart, results->series[i].to));
        buf_char(buf, ' ');
        svg_number(buf, top + PANEL - (double)PANEL * (double)value / (double)most);
        down = any = true;
    }
    if (!any)
        return;
    buf_text(buf, "\"><title>");
    html_text(html, results->name, HTML_NAME);
    buf_text(buf, "</title></path>\n");
}

static void put_panel(Html *html, SeriesChart *chart, const Panel *panel, double top)
{
    const Report *report = html->report;
    int64_t most = most_of(report, panel);
    svg_text(&chart->svg, "big", "start", LEFT, top - 10, panel->title, 80);
    for (int i = 0; i <= 2; i++) {
        double y = top + PANEL - PANEL * i / 2.0;
        svg_line(&chart->svg, i == 0 ? "axis" : "grid", LEFT, y, HTML_WIDTH - RIGHT, y);
        if (i != 1 || most % 2 == 0)
            svg_text(&chart->svg, "tick", "end", LEFT - 8, y + 4, value_text(html, panel->unit, most * i / 2), 20);
    }
    for (int i = 0; i < report->count; i++)
        put_curve(html, chart, panel, i, top, most);
}

static void put_times(Html *html, SeriesChart *chart, double bottom)
{
    Time step = 1;
    while (step <= chart->end / 50)
        step *= 10;
    step *= chart->end / step >= 20 ? 5 : chart->end / step >= 10 ? 2 : 1;
    for (Time at = 0; at <= chart->end; at += step) {
        Buf text;
        buf_init(&text, html->report->mem, 4096);
        text_time(&text, at);
        svg_text(&chart->svg, "tick", "middle", x_of(chart, at), bottom + 18, at == 0 ? "0" : buf_string(&text), 20);
    }
}

/* The window of the statistics begins there. */
static void put_warmup(Html *html, SeriesChart *chart, double bottom)
{
    Time warmup = html->report->results[0]->window_from;
    if (warmup <= 0 || warmup >= chart->end)
        return;
    double x = x_of(chart, warmup);
    svg_line(&chart->svg, "mark", x, GAP, x, bottom);
    svg_text(&chart->svg, "tick halo", "start", x + 4, GAP + 12, "end of the warm-up", 30);
}

static void put_table(Html *html, int stride)
{
    const Report *report = html->report;
    html_begin_data(html, "The figures of these charts");
    buf_text(html->buf, "<th>server</th><th>until</th>");
    for (size_t i = 0; i < COUNT_OF(panels); i++)
        buf_f(html->buf, "<th>%s</th>", panels[i].title);
    buf_text(html->buf, "</tr></thead><tbody>\n");
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        for (int k = 0; k < results->series_count; k += stride) {
            int last = k + stride < results->series_count ? k + stride - 1 : results->series_count - 1;
            buf_text(html->buf, "<tr><td>");
            html_name(html, i);
            buf_text(html->buf, "</td>");
            html_cell(html, METRIC_TIME, true, results->series[last].to);
            for (size_t p = 0; p < COUNT_OF(panels); p++) {
                int64_t value = value_at(results, &panels[p], k, stride);
                html_cell(html, panels[p].unit, value >= 0, value);
            }
            buf_text(html->buf, "</tr>\n");
        }
    }
    html_end_data(html);
}

static void put_legend(Html *html)
{
    buf_text(html->buf, "<ul class=\"legend\">\n");
    for (int i = 0; i < html->report->count; i++) {
        buf_text(html->buf, "<li>");
        html_name(html, i);
        buf_text(html->buf, "</li>\n");
    }
    buf_text(html->buf, "</ul>\n");
}

void html_series(Html *html)
{
    const Report *report = html->report;
    SeriesChart chart = {.end = 0};
    int steps = 0;
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        if (results->series_count == 0)
            continue;
        Time end = results->series[results->series_count - 1].to;
        chart.end = end > chart.end ? end : chart.end;
        steps = results->series_count > steps ? results->series_count : steps;
    }
    if (steps < 2 || chart.end <= 0)
        return;
    chart.stride = (steps * report->count + POINTS - 1) / POINTS;
    size_t count = COUNT_OF(panels);
    double bottom = (double)count * (PANEL + GAP);
    html_begin_section(html, "series", "Over time",
                       report->runs > 1 ? "Of the first run, the warm-up included." : NULL);
    put_legend(html);
    svg_begin(&chart.svg, html->buf, HTML_WIDTH, bottom + 28,
              "Latency, requests in flight, utilisation and queues over time");
    for (size_t i = 0; i < COUNT_OF(panels); i++)
        put_panel(html, &chart, &panels[i], (double)i * (PANEL + GAP) + GAP);
    put_times(html, &chart, bottom);
    put_warmup(html, &chart, bottom);
    svg_end(&chart.svg);
    put_table(html, (steps * report->count + TABLE_ROWS - 1) / TABLE_ROWS);
    html_end_section(html);
}
