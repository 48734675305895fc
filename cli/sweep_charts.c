/* The charts of a sweep: throughput, latency, load and losses against the varied value, a panel each combination of the
 * other values, with the knees marked and the figures below. */
#include "html_plot.h"
#include "sweep_page.h"
#include "text.h"

#include <string.h>

/* POINTS: of all curves of a chart together. CURVES_DOTTED: with more, single points are not marked. ASIDE: so far are
 * the servers apart where the varied value is no number. */
enum { POINTS = 900, CURVES_DOTTED = 30, TICKS = 9, ASIDE = 9, TEXT_MOST = 1 << 20 };

typedef struct Chart {
    const char *id, *title, *lead, *figures;
    MetricUnit unit;
    bool log;
    int64_t (*value)(const SweepRow *row);     /* -1: none */
    int64_t (*half)(const SweepRow *row);      /* of the interval; -1: none. NULL: it has none */
    const Knee *(*knee)(const PageKnee *knee); /* NULL: none is marked */
    const char *mark;
} Chart;

static int64_t value_throughput(const SweepRow *row)
{
    return row->throughput;
}

static int64_t half_throughput(const SweepRow *row)
{
    return row->throughput_half;
}

static int64_t value_p99(const SweepRow *row)
{
    return row->p99;
}

static int64_t half_p99(const SweepRow *row)
{
    return row->p99_half;
}

static int64_t value_p50(const SweepRow *row)
{
    return row->p50;
}

static int64_t half_p50(const SweepRow *row)
{
    return row->p50_half;
}

static int64_t value_busy(const SweepRow *row)
{
    return row->utilization;
}

static int64_t value_lost(const SweepRow *row)
{
    return row->arrived > 0 ? (int64_t)((double)row->lost * 1e6 / (double)row->arrived + 0.5) : -1;
}

static const Knee *knee_of_throughput(const PageKnee *knee)
{
    return &knee->throughput;
}

static const Knee *knee_of_p99(const PageKnee *knee)
{
    return &knee->p99;
}

static const Chart charts[] = {
    {"throughput", "Throughput", "Requests completed per second. Dotted: what arrived.",
     "Requests completed per second", METRIC_RATE, false, value_throughput, half_throughput, knee_of_throughput,
     "stops following at"},
    {"p99", "The slowest hundredth: p99",
     "Of a hundred requests one took at least this long. The time axis is logarithmic; marked is where p99 comes to "
     "twice its smallest value for good.",
     "p99", METRIC_TIME, true, value_p99, half_p99, knee_of_p99, "leaves its plateau at"},
    {"p50", "The median: p50", "Half of the requests were answered within this time.", "p50", METRIC_TIME, true,
     value_p50, half_p50, NULL, NULL},
    {"busy", "What is busiest",
     "How busy the most loaded part of each server was: its loop, cores, threads or a "
     "resource.",
     "The busiest part, and how busy it was", METRIC_FRACTION, false, value_busy, NULL, NULL, NULL},
    {"lost", "What was lost", "Requests that failed, were refused or timed out, of those that arrived.",
     "Failed, refused or timed out", METRIC_FRACTION, false, value_lost, NULL, NULL, NULL},
};

/* ---- axes ---- */

typedef struct Range {
    double low, high; /* low: the smallest above 0 */
} Range;

static void stretch(Range *range, double value)
{
    if (value > 0 && (range->low == 0 || value < range->low))
        range->low = value;
    range->high = value > range->high ? value : range->high;
}

/* Of all panels that are shown, so that they can be compared. */
static Range range_of(const SweepPage *page, const Chart *chart)
{
    Range range = {0, 0};
    for (int nth = 0; nth < page->shown; nth++) {
        for (int server = 0; server < page->table->servers; server++) {
            for (int i = 0; i < page->sweep->vary[page->along].count; i++) {
                const SweepRow *row = page_row(page, page_panel(page, nth), server, i);
                int64_t value = row->here ? chart->value(row) : -1, half = chart->half ? chart->half(row) : -1;
                if (value < 0)
                    continue;
                stretch(&range, (double)value);
                if (half > 0)
                    stretch(&range, (double)value + (double)half);
            }
        }
    }
    return range;
}

static PlotAxis value_axis(const SweepPage *page, const Chart *chart, bool small)
{
    Range range = range_of(page, chart);
    if (chart->log && range.high > 0)
        return (PlotAxis){.low = range.low * 0.9, .high = range.high * 1.1, .log = true};
    PlotAxis axis = {.high = range.high > 0 ? range.high : 1};
    if (chart->value == value_busy)
        axis.high = 1000000;
    double step = plot_round(&axis, small ? 4 : 6);
    axis.high = (double)(int64_t)(axis.high / step + 0.999999) * step;
    return axis;
}

/* Values that grow by factors are drawn on a logarithmic axis. */
static bool grows_by_factors(const Vary *vary)
{
    int64_t least = INT64_MAX, most = 0;
    for (int i = 1; i < vary->count; i++) {
        int64_t step = vary->number[i] - vary->number[i - 1];
        least = step < least ? step : least;
        most = step > most ? step : most;
    }
    return vary->count > 2 && vary->number[0] > 0 && most / 3 > least;
}

static double x_value(const Vary *vary, int i)
{
    return vary->numeric ? (double)vary->number[i] : i;
}

static void varied_axis(PlotAxis *axis, const Vary *vary)
{
    axis->log = vary->numeric && grows_by_factors(vary);
    axis->low = vary->numeric ? x_value(vary, 0) : -0.5;
    axis->high = vary->numeric ? x_value(vary, vary->count - 1) : vary->count - 0.5;
}

static const char *number_text(SweepPage *page, int64_t number)
{
    Buf *buf = mem_get(page->sweep->mem, sizeof *buf);
    buf_init(buf, page->sweep->mem, TEXT_MOST);
    vary_write(buf, number, "");
    return buf_string(buf);
}

/* The values themselves where there are few, else round numbers. */
static void put_ticks(SweepPage *page, Plot *plot, const Vary *vary)
{
    double before = -1000;
    if (vary->numeric && vary->count > TICKS && !plot->x.log) {
        double step = plot_round(&plot->x, plot->small ? 5 : TICKS);
        int64_t whole = step < 1 ? 1 : (int64_t)step;
        for (int64_t at = (vary->number[0] + whole - 1) / whole * whole; at <= vary->number[vary->count - 1];
             at += whole)
            plot_tick(plot, plot_at(&plot->x, (double)at), number_text(page, at), &before);
        return;
    }
    for (int i = 0; i < vary->count; i++)
        plot_tick(plot, plot_at(&plot->x, x_value(vary, i)),
                  vary->numeric ? number_text(page, vary->number[i]) : vary->value[i], &before);
}

static void put_axis_name(SweepPage *page, Plot *plot, const Vary *vary)
{
    Buf name;
    buf_init(&name, page->sweep->mem, TEXT_MOST);
    buf_text(&name, vary->path);
    if (vary->numeric && vary->unit[0])
        buf_f(&name, ", %s%s", vary->unit[0] == '/' ? "per " : "", vary->unit + (vary->unit[0] == '/'));
    plot_axis_name(plot, buf_string(&name));
}

/* ---- curves ---- */

static double height_of(const Plot *plot, int64_t value)
{
    return plot_at(&plot->y, (double)value);
}

static PlotPoint point_of(const Plot *plot, const Chart *chart, const SweepRow *row, double x)
{
    int64_t value = row->here ? chart->value(row) : -1, half = value >= 0 && chart->half ? chart->half(row) : -1;
    PlotPoint point = {.has = value >= 0 && (value > 0 || !plot->y.log), .x = x};
    if (!point.has)
        return point;
    point.y = point.low = point.high = height_of(plot, value);
    if (half > 0) {
        point.low = height_of(plot, value > half ? value - half : 0);
        point.high = height_of(plot, value + half);
    }
    return point;
}

/* All points of a line, thinned out where there are many: the last one stays. */
static int points_of(SweepPage *page, const Plot *plot, const Chart *chart, uint64_t panel, int server,
                     PlotPoint *point)
{
    const Vary *vary = &page->sweep->vary[page->along];
    int curves = page->shown * page->table->servers, step = (vary->count * curves + POINTS - 1) / POINTS, count = 0;
    for (int i = 0; i < vary->count; i += step) {
        int at = i + step < vary->count || step == 1 ? i : vary->count - 1;
        point[count++] = point_of(plot, chart, page_row(page, panel, server, at), plot_at(&plot->x, x_value(vary, at)));
    }
    return count;
}

/* What arrived, where not all of it was completed. */
static void put_offered(SweepPage *page, Plot *plot, uint64_t panel)
{
    const Vary *vary = &page->sweep->vary[page->along];
    bool down = false, differs = false;
    for (int i = 0; i < vary->count; i++)
        for (int server = 0; server < page->table->servers; server++) {
            const SweepRow *row = page_row(page, panel, server, i);
            differs |= row->here && row->throughput < row->offered - row->offered / 50;
        }
    if (!differs)
        return;
    int step = (vary->count * page->shown + POINTS - 1) / POINTS;
    for (int i = 0; i < vary->count; i += step) {
        const SweepRow *row = page_row(page, panel, 0, i);
        double y = row->here ? height_of(plot, row->offered) : 0;
        if (!row->here || (double)row->offered > plot->y.high)
            continue;
        buf_text(page->html.buf, down ? "L" : "<path class=\"arrived\" d=\"M");
        svg_number(page->html.buf, plot_at(&plot->x, x_value(vary, i)));
        buf_char(page->html.buf, ' ');
        svg_number(page->html.buf, y);
        down = true;
    }
    if (down)
        buf_text(page->html.buf, "\"/>\n");
}

/* On the line between the points beside it. */
static double knee_height(const SweepPage *page, const Plot *plot, const Chart *chart, uint64_t panel, int server,
                          const Knee *knee, double x)
{
    const Vary *vary = &page->sweep->vary[page->along];
    double x1 = plot_at(&plot->x, x_value(vary, knee->last)), x2 = plot_at(&plot->x, x_value(vary, knee->first));
    PlotPoint a = point_of(plot, chart, page_row(page, panel, server, knee->last), x1),
              b = point_of(plot, chart, page_row(page, panel, server, knee->first), x2);
    if (!a.has || !b.has || x1 == x2)
        return -1;
    return a.y + (b.y - a.y) * (x - x1) / (x2 - x1);
}

static void put_marks(SweepPage *page, Plot *plot, const Chart *chart, uint64_t panel)
{
    const Vary *vary = &page->sweep->vary[page->along];
    int nth = 0;
    for (int server = 0; chart->knee && page->knees && server < page->table->servers; server++) {
        const PageKnee *of = page_knee(page, panel, server);
        const Knee *knee = chart->knee(of);
        Buf text;
        if (!of->here || !knee->has)
            continue;
        buf_init(&text, page->sweep->mem, TEXT_MOST);
        buf_f(&text, "%s %s ", page->table->server[server], chart->mark);
        sweep_put_at(&text, knee->at, vary->unit);
        double x = plot_at(&plot->x, (double)knee->at);
        plot_mark(plot, &page->html, server, x, knee_height(page, plot, chart, panel, server, knee, x), nth++,
                  plot->small ? NULL : buf_string(&text), buf_string(&text));
    }
}

static void put_panel(SweepPage *page, const Chart *chart, uint64_t panel, bool small)
{
    const Vary *vary = &page->sweep->vary[page->along];
    int servers = page->table->servers;
    Mem *mem = page->sweep->mem;
    Plot plot = {.y = value_axis(page, chart, small)};
    PlotPoint *point = mem_get(mem, mem_array(mem, (size_t)vary->count + 1, sizeof *point));
    double *end = mem_get(mem, mem_array(mem, (size_t)servers + 1, sizeof *end));
    size_t names = 0;
    Buf label;
    buf_init(&label, mem, TEXT_MOST);
    buf_f(&label, "%s by %s, a curve for each server", chart->figures, vary->path);
    varied_axis(&plot.x, vary);
    for (int server = 0; server < servers; server++)
        names = text_width(page->table->server[server]) > names ? text_width(page->table->server[server]) : names;
    plot_begin(&plot, &page->html, small, names, buf_string(&label));
    plot_grid(&plot, &page->html, chart->unit);
    put_ticks(page, &plot, vary);
    put_axis_name(page, &plot, vary);
    if (chart->value == value_throughput)
        put_offered(page, &plot, panel);
    CurveStyle style = !vary->numeric                           ? CURVE_APART
                       : page->shown * servers <= CURVES_DOTTED ? CURVE_DOTTED
                                                                : CURVE_LINE;
    for (int server = 0; server < servers; server++) {
        int count = points_of(page, &plot, chart, panel, server, point);
        end[server] = -1;
        for (int i = 0; i < count; i++) {
            point[i].x += vary->numeric ? 0 : (server - (servers - 1) / 2.0) * ASIDE;
            end[server] = point[i].has ? point[i].y : end[server];
        }
        plot_curve(&plot, &page->html, server, page->table->server[server], point, count, style);
    }
    put_marks(page, &plot, chart, panel);
    if (!small)
        plot_names(&page->html, &plot.svg, plot.x.to + 10, plot.y.to, plot.y.from, end, page->table->server, servers);
    plot_end(&plot);
    mem_free(mem, point);
}

static void put_panels(SweepPage *page, const Chart *chart)
{
    Buf *out = page->html.buf;
    if (page->panels == 1) {
        put_panel(page, chart, 0, false);
        return;
    }
    buf_text(out, "<ul class=\"legend\">\n");
    for (int server = 0; server < page->table->servers; server++) {
        buf_text(out, "<li>");
        html_dot(&page->html, server, page->table->server[server]);
        buf_text(out, "</li>\n");
    }
    buf_text(out, "</ul>\n<div class=\"multiples\">\n");
    for (int nth = 0; nth < page->shown; nth++) {
        Buf title;
        buf_init(&title, page->sweep->mem, TEXT_MOST);
        page_others(&title, page, page_panel(page, nth));
        buf_text(out, "<div><h3>");
        html_text(&page->html, buf_string(&title), 80);
        buf_text(out, "</h3>");
        put_panel(page, chart, page_panel(page, nth), true);
        buf_text(out, "</div>\n");
    }
    buf_text(out, "</div>\n");
}

/* ---- figures ---- */

static void put_figure(SweepPage *page, const Chart *chart, const SweepRow *row)
{
    Html *html = &page->html;
    int64_t value = row->here ? chart->value(row) : -1, half = value >= 0 && chart->half ? chart->half(row) : -1;
    buf_text(html->buf, "<td>");
    if (value < 0) {
        buf_text(html->buf, "–");
    } else {
        text_interval(html->buf, chart->unit, value, half, page->sweep->args->time_unit);
        if (chart->value == value_busy) {
            buf_text(html->buf, " <span class=\"soft\">");
            html_text(html, row->bottleneck, VALUE_SHOWN);
            buf_text(html->buf, "</span>");
        }
    }
    buf_text(html->buf, "</td>");
}

static void put_table(SweepPage *page, const Chart *chart)
{
    const Sweep *sweep = page->sweep;
    Html *html = &page->html;
    uint64_t most = CELLS_SHOWN / (uint64_t)(page->table->servers + sweep->vary_count), put = 0;
    html_begin_data(html, page->panels > 1 ? "The figures of these charts" : "The figures of this chart");
    for (int i = 0; i < sweep->vary_count; i++) {
        buf_text(html->buf, "<th class=\"left\">");
        html_text(html, sweep->vary[i].path, (size_t)2 * VALUE_SHOWN);
        buf_text(html->buf, "</th>");
    }
    for (int server = 0; server < page->table->servers; server++) {
        buf_text(html->buf, "<th>");
        html_dot(html, server, page->table->server[server]);
        buf_text(html->buf, "</th>");
    }
    buf_text(html->buf, "</tr></thead><tbody>\n");
    for (uint64_t point = 0; point < sweep->points && put < most; point++) {
        if (!sweep->line[point])
            continue;
        buf_text(html->buf, "<tr>");
        for (int i = 0; i < sweep->vary_count; i++) {
            buf_text(html->buf, "<td class=\"left\">");
            html_text(html, sweep->vary[i].value[sweep_index(sweep, point, i)], VALUE_SHOWN);
            buf_text(html->buf, "</td>");
        }
        for (int server = 0; server < page->table->servers; server++)
            put_figure(page, chart, &page->table->row[point * (uint64_t)page->table->servers + (uint64_t)server]);
        buf_text(html->buf, "</tr>\n");
        put++;
    }
    html_end_data(html);
    if (put < sweep->here) {
        buf_text(html->buf, "<p class=\"soft\">and ");
        text_count(html->buf, sweep->here - put);
        buf_text(html->buf, " points more: --out csv has all of them</p>\n");
    }
}

void page_charts(SweepPage *page)
{
    for (size_t i = 0; i < COUNT_OF(charts); i++) {
        const Chart *chart = &charts[i];
        if (chart->value == value_lost && range_of(page, chart).high == 0)
            continue;
        html_begin_section(&page->html, chart->id, chart->title, chart->lead);
        put_panels(page, chart);
        put_table(page, chart);
        html_end_section(&page->html);
    }
}
