/* Latency by percentile on an axis of 1 / (1 - p), where every nine takes the same room; and how latencies are spread,
 * on a logarithmic axis. */
#include "html.h"
#include "html_plot.h"
#include "svg.h"
#include "text.h"

#include <string.h>

enum {
    POINTS = 160,
    BINS = 72,
    TABLE_STEP = 2,
    ROW = 78,
    TOP = 16,
    LABEL_ROOM = 130,
    NINES_MOST = 7,
    TOLD_MOST = 10000000
};

static const uint64_t WHOLE = 100000000;

/* The range of all latencies; false where there is none. */
static bool latency_range(const Report *report, double *low, double *high)
{
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < report->count; i++) {
        const Hist *hist = &report->results[i]->all.latency;
        if (hist->count == 0)
            continue;
        least = hist->min < least ? hist->min : least;
        most = hist->max > most ? hist->max : most;
    }
    if (least == INT64_MAX || most < 1)
        return false;
    least = least < 1 ? 1 : least;
    *low = (double)least * 0.97;
    *high = (double)most * 1.03;
    return true;
}

static uint64_t most_completed(const Report *report)
{
    uint64_t most = 0;
    for (int i = 0; i < report->count; i++)
        if (report->results[i]->all.latency.count > most)
            most = report->results[i]->all.latency.count;
    return most;
}

static const char *time_text(Html *html, int64_t ns)
{
    Buf *buf = mem_get(html->report->mem, sizeof *buf);
    buf_init(buf, html->report->mem, 4096);
    text_time(buf, ns);
    return buf_string(buf);
}

static const char *unit_text(Html *html, int64_t ns)
{
    Buf *buf = mem_get(html->report->mem, sizeof *buf);
    buf_init(buf, html->report->mem, 4096);
    text_value(buf, METRIC_TIME, true, ns, html->report->args->time_unit);
    return buf_string(buf);
}

/* ---- by percentile ---- */

typedef struct PercentileChart {
    Svg svg;
    LogAxis y;
    double left, right, top, bottom;
    double nines; /* the width of the axis: 2 is from 0 to 99 % */
} PercentileChart;

static double x_of(const PercentileChart *chart, double nines)
{
    return chart->left + (chart->right - chart->left) * nines / chart->nines;
}

static void put_grid(Html *html, PercentileChart *chart)
{
    static const struct {
        double nines;
        const char *text;
    } ticks[] = {{0, "0 %"},       {0.301029995663981, "50 %"},
                 {1, "90 %"},      {2, "99 %"},
                 {3, "99.9 %"},    {4, "99.99 %"},
                 {5, "99.999 %"},  {6, "99.9999 %"},
                 {7, "99.99999 %"}};
    int64_t mark = 0;
    for (; log_axis_next(&chart->y, &mark); mark++) {
        double y = log_axis_at(&chart->y, (double)mark);
        svg_line(&chart->svg, "grid", chart->left, y, chart->right, y);
        svg_text(&chart->svg, "tick", "end", chart->left - 8, y + 4, time_text(html, mark), 20);
    }
    for (size_t i = 0; i < COUNT_OF(ticks) && ticks[i].nines <= chart->nines; i++) {
        double x = x_of(chart, ticks[i].nines);
        svg_line(&chart->svg, "grid", x, chart->top, x, chart->bottom);
        svg_text(&chart->svg, "tick", "middle", x, chart->bottom + 18, ticks[i].text, 20);
    }
    svg_line(&chart->svg, "axis", chart->left, chart->bottom, chart->right, chart->bottom);
}

/* A curve reaches as far as its requests tell: with a thousand of them to 99.9 %, where it ends at the slowest one. Its
 * y at the end. */
static double put_curve(Html *html, PercentileChart *chart, int server)
{
    const Hist *hist = &html->report->results[server]->all.latency;
    Buf *buf = chart->svg.buf;
    double reach = det_log((double)(hist->count < 2 ? 2 : hist->count)) / det_log(10.0), y = 0, last = -1;
    reach = reach > chart->nines ? chart->nines : reach;
    buf_f(buf, "<path class=\"curve %s D%d\" d=\"", html_color(server), server % HTML_DASHES);
    for (int i = 0; i <= POINTS; i++) {
        double nines = reach * i / POINTS, p = 1 - det_pow(10.0, -nines);
        uint64_t at = (uint64_t)(p * (double)WHOLE + 0.5);
        bool slowest = i == POINTS && hist->count <= TOLD_MOST;
        int64_t value = at == 0 ? hist->min : slowest ? hist->max : hist_percentile(hist, at);
        y = log_axis_at(&chart->y, (double)value);
        if (i > 0 && i < POINTS && y - last < 0.05 && last - y < 0.05)
            continue;
        buf_char(buf, i > 0 ? 'L' : 'M');
        svg_number(buf, x_of(chart, nines));
        buf_char(buf, ' ');
        svg_number(buf, y);
        last = y;
    }
    buf_text(buf, "\"><title>");
    html_text(html, html->report->results[server]->name, HTML_NAME);
    buf_text(buf, "</title></path>\n");
    return y;
}

static void put_percentile_table(Html *html)
{
    static const Percentile rows[] = {{"0", 0},           {"25", 25000000},    {"50", 50000000},  {"75", 75000000},
                                      {"90", 90000000},   {"95", 95000000},    {"99", 99000000},  {"99.5", 99500000},
                                      {"99.9", 99900000}, {"99.99", 99990000}, {"100", 100000000}};
    const Report *report = html->report;
    html_begin_data(html, "The figures of this chart");
    buf_text(html->buf, "<th>percentile</th>");
    html_server_heads(html);
    buf_text(html->buf, "</tr></thead><tbody>\n");
    for (size_t row = 0; row < COUNT_OF(rows); row++) {
        buf_f(html->buf, "<tr><td>%s %%</td>", rows[row].text);
        for (int i = 0; i < report->count; i++) {
            const Hist *hist = &report->results[i]->all.latency;
            uint64_t at = rows[row].per_hundred_million;
            html_cell(html, METRIC_TIME, hist->count > 0, at == 0 ? hist->min : hist_percentile(hist, at));
        }
        buf_text(html->buf, "</tr>\n");
    }
    html_end_data(html);
}

void html_percentiles(Html *html)
{
    const Report *report = html->report;
    PercentileChart chart = {.left = 76, .right = HTML_WIDTH - LABEL_ROOM, .top = TOP};
    double *end = mem_get(report->mem, mem_array(report->mem, (size_t)report->count + 1, sizeof *end));
    const char **name = mem_get(report->mem, mem_array(report->mem, (size_t)report->count + 1, sizeof *name));
    chart.bottom = 330;
    if (!latency_range(report, &chart.y.low, &chart.y.high))
        return;
    chart.y.from = chart.bottom;
    chart.y.to = chart.top;
    chart.nines = det_log((double)(most_completed(report) < 10 ? 10 : most_completed(report))) / det_log(10.0);
    chart.nines = chart.nines > NINES_MOST ? NINES_MOST : chart.nines;
    html_begin_section(html, "percentiles", "Latency by percentile",
                       "So many of the requests were answered within this time. Every step to the right is one more "
                       "nine; the curve of a server ends where its requests no longer tell.");
    svg_begin(&chart.svg, html->buf, HTML_WIDTH, chart.bottom + 30, "Latency by percentile, a curve for each server");
    put_grid(html, &chart);
    for (int i = 0; i < report->count; i++) {
        name[i] = report->results[i]->name;
        end[i] = report->results[i]->all.latency.count > 0 ? put_curve(html, &chart, i) : -1;
    }
    plot_names(html, &chart.svg, chart.right + 8, chart.top + 5, chart.bottom, end, name, report->count);
    svg_end(&chart.svg);
    put_percentile_table(html);
    html_end_section(html);
}

/* ---- how they are spread ---- */

typedef struct Spread {
    LogAxis x;
    int64_t edge[BINS + 1];
    uint64_t *bin; /* by server and bin */
} Spread;

static void fill_bins(const Spread *spread, const Hist *hist, uint64_t bin[BINS])
{
    size_t at = 0;
    int64_t low, high;
    uint64_t count;
    for (int i = 0; hist_next(hist, &at, &low, &high, &count);) {
        int64_t middle = low + (high - low) / 2;
        while (i + 1 < BINS && middle >= spread->edge[i + 1])
            i++;
        bin[i] += count;
    }
}

static uint64_t highest(const uint64_t bin[BINS])
{
    uint64_t most = 1;
    for (int i = 0; i < BINS; i++)
        most = bin[i] > most ? bin[i] : most;
    return most;
}

static void put_hill(Html *html, Svg *svg, const Spread *spread, int server, double base)
{
    const uint64_t *bin = &spread->bin[(size_t)server * BINS];
    double most = (double)highest(bin), width = (spread->x.to - spread->x.from) / BINS;
    Buf *buf = svg->buf;
    buf_f(buf, "<path class=\"hill %s\" d=\"M", html_color(server));
    svg_number(buf, spread->x.from);
    buf_char(buf, ' ');
    svg_number(buf, base);
    for (int i = 0; i < BINS; i++) {
        double height = (double)bin[i] / most * (ROW - 28);
        if (bin[i] > 0 && height < 1)
            height = 1; /* a single slow request is what one looks for */
        buf_char(buf, 'V');
        svg_number(buf, base - height);
        buf_char(buf, 'H');
        svg_number(buf, spread->x.from + width * (i + 1));
    }
    buf_char(buf, 'V');
    svg_number(buf, base);
    buf_text(buf, "Z\"/>\n");
    svg_line(svg, "axis", spread->x.from, base, spread->x.to, base);
    svg_text(svg, "big", "end", spread->x.from - 12, base - 22, html->report->results[server]->name, 18);
}

/* The median and the 99th percentile; the second is named only where there is room between them. */
static void put_quantiles(Html *html, Svg *svg, const Spread *spread, const Hist *hist, double base)
{
    static const Percentile marks[] = {{"p50", 50000000}, {"p99", 99000000}};
    double before = -1000;
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        int64_t value = hist_percentile(hist, marks[i].per_hundred_million);
        double x = log_axis_at(&spread->x, (double)value);
        Buf text;
        buf_init(&text, html->report->mem, 4096);
        buf_f(&text, "%s %s", marks[i].text, unit_text(html, value));
        svg_line(svg, "mark", x, base - ROW + 14, x, base);
        bool left = x > spread->x.to - 90;
        if (x - before > 100)
            svg_text(svg, "tick halo", left ? "end" : "start", left ? x - 4 : x + 4, base - ROW + 22, buf_string(&text),
                     30);
        before = x;
    }
}

static void put_spread_axis(Html *html, Svg *svg, const Spread *spread, double bottom)
{
    int64_t mark = 0;
    double before = -1000;
    for (; log_axis_next(&spread->x, &mark); mark++) {
        double x = log_axis_at(&spread->x, (double)mark);
        svg_line(svg, "grid", x, 4, x, bottom);
        if (x - before < 56)
            continue;
        svg_text(svg, "tick", "middle", x, bottom + 18, time_text(html, mark), 20);
        before = x;
    }
}

static bool is_empty(const Html *html, const Spread *spread, int row)
{
    uint64_t count = 0;
    for (int k = 0; k < html->report->count; k++)
        count += spread->bin[k * BINS + row] + spread->bin[k * BINS + row + 1];
    return count == 0;
}

static void put_spread_table(Html *html, const Spread *spread)
{
    const Report *report = html->report;
    html_begin_data(html, "The figures of this chart: how many requests took how long");
    buf_text(html->buf, "<th>from</th><th>to</th>");
    html_server_heads(html);
    buf_text(html->buf, "</tr></thead><tbody>\n");
    for (int i = 0; i < BINS; i += TABLE_STEP) {
        if (is_empty(html, spread, i))
            continue;
        buf_f(html->buf, "<tr><td>%s</td><td>%s</td>", unit_text(html, spread->edge[i]),
              unit_text(html, spread->edge[i + TABLE_STEP]));
        for (int k = 0; k < report->count; k++) {
            const uint64_t *bin = &spread->bin[k * BINS + i];
            html_cell(html, METRIC_COUNT, true, (int64_t)(bin[0] + bin[1]));
        }
        buf_text(html->buf, "</tr>\n");
    }
    html_end_data(html);
}

void html_histogram(Html *html)
{
    const Report *report = html->report;
    Spread *spread = mem_get(report->mem, sizeof *spread);
    Svg svg;
    spread->x.from = 160;
    spread->x.to = HTML_WIDTH - 16;
    if (!latency_range(report, &spread->x.low, &spread->x.high))
        return;
    spread->bin = mem_get(report->mem, mem_array(report->mem, (size_t)report->count * BINS, sizeof *spread->bin));
    for (int i = 0; i <= BINS; i++)
        spread->edge[i] = (int64_t)log_axis_value(&spread->x, (double)i / BINS);
    for (int i = 0; i < report->count; i++)
        fill_bins(spread, &report->results[i]->all.latency, &spread->bin[(size_t)i * BINS]);
    html_begin_section(html, "spread", "How latencies are spread",
                       "The time axis is logarithmic; each hill is as high as its own highest point. Dotted: the "
                       "median and the 99th percentile.");
    double bottom = 8 + (double)report->count * ROW;
    svg_begin(&svg, html->buf, HTML_WIDTH, bottom + 28, "Histogram of latencies, a row for each server");
    put_spread_axis(html, &svg, spread, bottom);
    for (int i = 0; i < report->count; i++) {
        double base = 8 + (double)(i + 1) * ROW;
        put_hill(html, &svg, spread, i, base);
        if (report->results[i]->all.latency.count > 0)
            put_quantiles(html, &svg, spread, &report->results[i]->all.latency, base);
    }
    svg_end(&svg);
    put_spread_table(html, spread);
    html_end_section(html);
}
