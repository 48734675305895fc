#include "html_plot.h"

#include "text.h"

#include <string.h>

enum {
    LEFT = 64,
    TOP = 14,
    NAME_MOST = 16,
    HEIGHT = 300,
    BELOW = 48,
    SMALL_WIDTH = 440,
    SMALL_HEIGHT = 200,
    SMALL_RIGHT = 24,
    NAME_STEP = 15,
    DOTS_MOST = 40, /* points of a curve that are marked one by one */
    DIGIT = 7,      /* the width of a character of a tick, about */
    LETTER = 8      /* and of a name */
};

double plot_at(const PlotAxis *axis, double value)
{
    value = value < axis->low ? axis->low : value > axis->high ? axis->high : value;
    if (axis->high <= axis->low)
        return (axis->from + axis->to) / 2;
    if (axis->log)
        return log_axis_at(&(LogAxis){axis->low, axis->high, axis->from, axis->to}, value);
    return axis->from + (axis->to - axis->from) * (value - axis->low) / (axis->high - axis->low);
}

double plot_round(const PlotAxis *axis, int ticks)
{
    double range = axis->high - axis->low, step = 1;
    range = range > 0 ? range : 1;
    while (step * ticks < range)
        step *= 10;
    while (step / 10 * ticks >= range)
        step /= 10;
    return step / 5 * ticks >= range ? step / 5 : step / 2 * ticks >= range ? step / 2 : step;
}

void plot_begin(Plot *plot, Html *html, bool small, size_t names, const char *label)
{
    double width = small ? SMALL_WIDTH : HTML_WIDTH, height = small ? SMALL_HEIGHT : HEIGHT;
    plot->small = small;
    plot->x.from = LEFT;
    names = names < NAME_MOST ? names : NAME_MOST;
    plot->x.to = width - (small ? SMALL_RIGHT : 16 + (double)names * LETTER);
    plot->y.from = height;
    plot->y.to = TOP;
    svg_begin(&plot->svg, html->buf, width, height + BELOW, label);
}

void plot_end(Plot *plot)
{
    svg_end(&plot->svg);
}

static const char *tick_text(Html *html, MetricUnit unit, double value)
{
    Buf *buf = mem_get(html->report->mem, sizeof *buf);
    buf_init(buf, html->report->mem, 4096);
    if (unit == METRIC_TIME) {
        text_time(buf, (Time)(value + 0.5));
        return buf_string(buf);
    }
    double size = unit == METRIC_FRACTION ? 10000 : unit == METRIC_RATE ? 1000000 : 1;
    Micro micro = (Micro)(value / size * 1e6 + 0.5);
    text_micro(buf, micro, micro % 1000000 == 0 ? 0 : micro % 100000 == 0 ? 1 : 2);
    buf_text(buf, unit == METRIC_FRACTION ? " %" : "");
    return buf_string(buf);
}

static void put_height(Plot *plot, Html *html, MetricUnit unit, double value)
{
    double y = plot_at(&plot->y, value);
    svg_line(&plot->svg, "grid", plot->x.from, y, plot->x.to, y);
    svg_text(&plot->svg, "tick", "end", plot->x.from - 8, y + 4, tick_text(html, unit, value), 20);
}

void plot_grid(Plot *plot, Html *html, MetricUnit unit)
{
    if (plot->y.log) {
        LogAxis axis = {plot->y.low, plot->y.high, plot->y.from, plot->y.to};
        double before = plot->y.from + 100;
        for (int64_t mark = 0; log_axis_next(&axis, &mark); mark++) {
            double y = log_axis_at(&axis, (double)mark);
            if (before - y < 14)
                continue;
            put_height(plot, html, unit, (double)mark);
            before = y;
        }
    } else {
        double step = plot_round(&plot->y, plot->small ? 4 : 6);
        for (int i = 0; step * i <= plot->y.high * 1.000001; i++)
            put_height(plot, html, unit, step * i);
    }
    svg_line(&plot->svg, "axis", plot->x.from, plot->y.from, plot->x.to, plot->y.from);
}

void plot_tick(Plot *plot, double x, const char *text, double *before)
{
    double half = (double)text_width(text) * DIGIT / 2;
    if (x - half < *before + 8)
        return;
    svg_line(&plot->svg, "axis", x, plot->y.from, x, plot->y.from + 4);
    svg_text(&plot->svg, "tick", "middle", x, plot->y.from + 19, text, 20);
    *before = x + half;
}

void plot_axis_name(Plot *plot, const char *text)
{
    svg_text(&plot->svg, "tick", "end", plot->x.to, plot->y.from + 39, text, plot->small ? 50 : 100);
}

/* ---- curves ---- */

static void put_position(Buf *buf, char command, double x, double y)
{
    buf_char(buf, command);
    svg_number(buf, x);
    buf_char(buf, ' ');
    svg_number(buf, y);
}

/* The intervals as one band, where all points of a stretch have them: there along the upper ends, back along the
 * lower. */
static void put_band(Html *html, int server, const PlotPoint *point, int from, int to)
{
    if (to - from < 2)
        return;
    buf_f(html->buf, "<path class=\"band %s\" d=\"", html_color(server));
    for (int i = from; i < to; i++)
        put_position(html->buf, i == from ? 'M' : 'L', point[i].x, point[i].high);
    for (int i = to; i-- > from;)
        put_position(html->buf, 'L', point[i].x, point[i].low);
    buf_text(html->buf, "Z\"/>\n");
}

static void put_bands(Html *html, int server, const PlotPoint *point, int count)
{
    int from = 0;
    for (int i = 0; i <= count; i++) {
        if (i < count && point[i].has && point[i].low != point[i].high)
            continue;
        put_band(html, server, point, from, i);
        from = i + 1;
    }
}

static void put_line(Plot *plot, Html *html, int server, const char *name, const PlotPoint *point, int count)
{
    bool down = false, any = false;
    for (int i = 0; i < count; i++) {
        if (!point[i].has) {
            down = false;
            continue;
        }
        if (!any)
            buf_f(html->buf, "<path class=\"curve %s%s D%d\" d=\"", plot->small ? "thin " : "", html_color(server),
                  server % HTML_DASHES);
        put_position(html->buf, down ? 'L' : 'M', point[i].x, point[i].y);
        down = any = true;
    }
    if (any && !plot->small) {
        buf_text(html->buf, "\"><title>");
        html_text(html, name, HTML_NAME);
        buf_text(html->buf, "</title></path>\n");
    } else if (any) {
        buf_text(html->buf, "\"/>\n");
    }
}

/* All of them are one path: a stroke without length and with round ends is a dot. */
static void put_dots(Html *html, int server, const PlotPoint *point, int count)
{
    bool any = false;
    for (int i = 0; i < count; i++) {
        if (!point[i].has)
            continue;
        if (!any)
            buf_f(html->buf, "<path class=\"dots %s\" d=\"", html_color(server));
        put_position(html->buf, 'M', point[i].x, point[i].y);
        buf_text(html->buf, "h0");
        any = true;
    }
    if (any)
        buf_text(html->buf, "\"/>\n");
}

void plot_curve(Plot *plot, Html *html, int server, const char *name, const PlotPoint *point, int count,
                CurveStyle style)
{
    Buf class;
    buf_init(&class, html->report->mem, 64);
    buf_f(&class, "whisker %s", html_color(server));
    if (style == CURVE_APART) {
        for (int i = 0; i < count; i++)
            if (point[i].has && point[i].low != point[i].high)
                svg_line(&plot->svg, buf_string(&class), point[i].x, point[i].low, point[i].x, point[i].high);
    } else {
        put_bands(html, server, point, count);
        put_line(plot, html, server, name, point, count);
    }
    if (style == CURVE_APART || (style == CURVE_DOTTED && count <= DOTS_MOST))
        put_dots(html, server, point, count);
}

void plot_mark(Plot *plot, Html *html, int server, double x, double y, int nth, const char *text, const char *tip)
{
    Buf class;
    buf_init(&class, html->report->mem, 64);
    buf_f(&class, "knee %s", html_color(server));
    svg_line(&plot->svg, buf_string(&class), x, plot->y.to, x, plot->y.from);
    if (y >= 0) {
        buf_f(html->buf, "<circle class=\"ring %s\" r=\"%d\" cx=\"", html_color(server), plot->small ? 4 : 5);
        svg_number(html->buf, x);
        buf_text(html->buf, "\" cy=\"");
        svg_number(html->buf, y);
        buf_text(html->buf, "\"><title>");
        html_text(html, tip, 200);
        buf_text(html->buf, "</title></circle>\n");
    }
    if (!text)
        return;
    double room = (double)text_width(text) * LETTER + 6;
    bool left = x - room > plot->x.from;
    buf_clear(&class);
    buf_f(&class, "name halo %s", html_color(server));
    svg_text(&plot->svg, buf_string(&class), left ? "end" : "start", left ? x - 6 : x + 6,
             plot->y.to + 10 + (double)nth * (NAME_STEP + 1), text, 60);
}

/* ---- names ---- */

void plot_names(Html *html, Svg *svg, double x, double top, double bottom, double *end, const char *const *name,
                int count)
{
    Mem *mem = html->report->mem;
    int *order = mem_get(mem, mem_array(mem, (size_t)count + 1, sizeof *order)), placed = 0;
    double *y = mem_get(mem, mem_array(mem, (size_t)count + 1, sizeof *y)), next = top;
    for (;;) {
        int first = -1;
        for (int i = 0; i < count; i++)
            if (end[i] >= 0 && (first < 0 || end[i] < end[first]))
                first = i;
        if (first < 0)
            break;
        y[placed] = end[first] + 4 > next ? end[first] + 4 : next;
        next = y[placed] + NAME_STEP;
        order[placed++] = first;
        end[first] = -1;
    }
    for (int i = placed; i-- > 0; bottom = y[i] - NAME_STEP)
        y[i] = y[i] < bottom ? y[i] : bottom;
    for (int i = 0; i < placed; i++) {
        Buf class;
        buf_init(&class, mem, 64);
        buf_f(&class, "name %s", html_color(order[i]));
        svg_text(svg, buf_string(&class), "start", x, y[i], name[order[i]], NAME_MOST);
    }
}
