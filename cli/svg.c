#include "svg.h"

#include "escape.h"
#include "text.h"

#include <string.h>

void svg_number(Buf *buf, double value)
{
    int64_t tenths = (int64_t)(value * 10 + (value < 0 ? -0.5 : 0.5));
    if (tenths < 0)
        buf_char(buf, '-');
    tenths = tenths < 0 ? -tenths : tenths;
    if (tenths % 10 == 0)
        buf_i64(buf, tenths / 10);
    else
        buf_fixed(buf, tenths, 1);
}

static void put_attribute(Buf *buf, const char *name, double value)
{
    buf_f(buf, " %s=\"", name);
    svg_number(buf, value);
    buf_char(buf, '"');
}

void svg_begin(Svg *svg, Buf *buf, double width, double height, const char *label)
{
    *svg = (Svg){buf, width, height};
    buf_text(buf, "<div class=\"chart\"><svg viewBox=\"0 0 ");
    svg_number(buf, width);
    buf_char(buf, ' ');
    svg_number(buf, height);
    buf_text(buf, "\" role=\"img\" aria-label=\"");
    escape_markup(buf, label);
    buf_text(buf, "\">\n");
}

void svg_end(Svg *svg)
{
    buf_text(svg->buf, "</svg></div>\n");
}

void svg_line(Svg *svg, const char *class, double x1, double y1, double x2, double y2)
{
    buf_f(svg->buf, "<line class=\"%s\"", class);
    put_attribute(svg->buf, "x1", x1);
    put_attribute(svg->buf, "y1", y1);
    put_attribute(svg->buf, "x2", x2);
    put_attribute(svg->buf, "y2", y2);
    buf_text(svg->buf, "/>\n");
}

void svg_bar(Svg *svg, const char *class, double x, double y, double width, double height, const char *tip)
{
    buf_f(svg->buf, "<rect class=\"%s\"", class);
    put_attribute(svg->buf, "x", x);
    put_attribute(svg->buf, "y", y);
    put_attribute(svg->buf, "width", width);
    put_attribute(svg->buf, "height", height);
    if (!tip) {
        buf_text(svg->buf, "/>\n");
        return;
    }
    buf_text(svg->buf, "><title>");
    escape_markup(svg->buf, tip);
    buf_text(svg->buf, "</title></rect>\n");
}

void svg_text(Svg *svg, const char *class, const char *anchor, double x, double y, const char *text, size_t most)
{
    Buf *buf = svg->buf, cut;
    buf_f(buf, "<text class=\"%s\"", class);
    if (strcmp(anchor, "start") != 0)
        buf_f(buf, " text-anchor=\"%s\"", anchor);
    put_attribute(buf, "x", x);
    put_attribute(buf, "y", y);
    buf_char(buf, '>');
    buf_init(&cut, buf->mem, (size_t)1 << 28);
    Text plain = {.buf = &cut};
    text_left(&plain, text, text_width(text) < most ? text_width(text) : most);
    escape_markup(buf, buf_string(&cut));
    buf_free(&cut);
    buf_text(buf, "</text>\n");
}

/* ---- axes ---- */

double log_axis_at(const LogAxis *axis, double value)
{
    value = value < axis->low ? axis->low : value > axis->high ? axis->high : value;
    return axis->from + (axis->to - axis->from) * det_log(value / axis->low) / det_log(axis->high / axis->low);
}

double log_axis_value(const LogAxis *axis, double share)
{
    return axis->low * det_pow(axis->high / axis->low, share);
}

/* Less than a factor of 5: steps that are all equal, 4 to 10 of them. */
static int64_t next_equal(const LogAxis *axis, int64_t at)
{
    int64_t range = (int64_t)(axis->high - axis->low), step = 1, wanted = (int64_t)axis->low + 1;
    while (step <= range / 50)
        step *= 10;
    step *= range / step >= 20 ? 5 : range / step >= 10 ? 2 : 1;
    wanted = at > wanted ? at : wanted;
    return (wanted + step - 1) / step * step;
}

static int64_t next_of_decade(const LogAxis *axis, int64_t at)
{
    static const int64_t steps[] = {1, 2, 5, 10, 20};
    bool fine = axis->high / axis->low < 2000;
    int64_t decade = 1, wanted = (int64_t)axis->low + 1;
    wanted = at > wanted ? at : wanted;
    while (decade <= wanted / 10)
        decade *= 10;
    for (size_t i = 0; i < COUNT_OF(steps) && decade < INT64_MAX / 20; i++)
        if ((fine || i == 0 || i == 3) && decade * steps[i] >= wanted)
            return decade * steps[i];
    return INT64_MAX;
}

bool log_axis_next(const LogAxis *axis, int64_t *at)
{
    *at = axis->high / axis->low < 5 ? next_equal(axis, *at) : next_of_decade(axis, *at);
    return (double)*at <= axis->high;
}
