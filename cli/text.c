#include "text.h"

#include <string.h>

void text_style(Text *text, Style style)
{
    static const char *const codes[] = {
        [STYLE_BOLD] = "\033[1m", [STYLE_DIM] = "\033[2m", [STYLE_GOOD] = "\033[32m", [STYLE_BAD] = "\033[1;31m"};
    if (text->color)
        buf_text(text->buf, codes[style]);
}

void text_plain(Text *text)
{
    if (text->color)
        buf_text(text->buf, "\033[0m");
}

static bool is_inner_byte(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

size_t text_width(const char *s)
{
    size_t width = 0;
    for (; *s; s++)
        width += !is_inner_byte(*s);
    return width;
}

static void put_cut(Text *text, const char *s, size_t width)
{
    size_t taken = 0;
    if (text_width(s) <= width) {
        buf_text(text->buf, s);
        return;
    }
    for (; *s && (taken + 1 < width || is_inner_byte(*s)); s++) {
        taken += !is_inner_byte(*s);
        buf_char(text->buf, *s);
    }
    buf_text(text->buf, text->ascii ? "~" : "…");
}

void text_left(Text *text, const char *s, size_t width)
{
    size_t used = text_width(s);
    put_cut(text, s, width);
    buf_repeat(text->buf, ' ', used < width ? width - used : 0);
}

void text_right(Text *text, const char *s, size_t width)
{
    size_t used = text_width(s);
    buf_repeat(text->buf, ' ', used < width ? width - used : 0);
    put_cut(text, s, width);
}

void text_wrap(Text *text, const char *s, size_t column)
{
    size_t at = column;
    while (*s) {
        size_t size = strcspn(s, " "), width = 0;
        for (size_t i = 0; i < size; i++)
            width += !is_inner_byte(s[i]);
        if (at > column && at + 1 + width > text->width) {
            buf_char(text->buf, '\n');
            buf_repeat(text->buf, ' ', column);
            at = column;
        } else if (at > column) {
            buf_char(text->buf, ' ');
            at++;
        }
        buf_bytes(text->buf, s, size);
        at += width;
        s += size;
        s += *s == ' ';
    }
    buf_char(text->buf, '\n');
}

void text_end_line(Text *text)
{
    Buf *buf = text->buf;
    while (buf->size > 0 && buf->data[buf->size - 1] == ' ')
        buf->data[--buf->size] = '\0';
    buf_char(buf, '\n');
}

/* ---- numbers ---- */

static uint64_t power_of_ten(unsigned exponent)
{
    uint64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* value / size with decimals, rounded to the nearest (halves up). */
static int64_t scaled(int64_t value, int64_t size, unsigned decimals)
{
    Sum twice = sum_product((uint64_t)value, 2 * power_of_ten(decimals));
    sum_add(&twice, (uint64_t)size);
    return sum_divide(twice, sum_of(2 * (uint64_t)size));
}

static void put_grouped(Buf *buf, uint64_t value)
{
    char digits[32];
    size_t count = 0;
    do {
        if (count % 4 == 3)
            digits[count++] = ',';
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0)
        buf_char(buf, digits[--count]);
}

static void put_decimal(Buf *buf, int64_t value, unsigned decimals)
{
    uint64_t unit = power_of_ten(decimals), rest = (uint64_t)value % unit;
    put_grouped(buf, (uint64_t)value / unit);
    if (decimals == 0)
        return;
    buf_char(buf, '.');
    for (unit /= 10; unit > 0; unit /= 10)
        buf_char(buf, (char)('0' + rest / unit % 10));
}

void text_count(Buf *buf, uint64_t value)
{
    put_grouped(buf, value);
}

void text_micro(Buf *buf, Micro value, unsigned decimals)
{
    put_decimal(buf, scaled(value, 1000000, decimals), decimals);
}

static const struct {
    const char *name;
    Time size;
} time_units[] = {
    [TIME_IN_NS] = {"ns", 1},
    [TIME_IN_US] = {"us", TIME_US},
    [TIME_IN_MS] = {"ms", TIME_MS},
    [TIME_IN_S] = {"s", TIME_S},
};

static TimeUnit unit_of_time(Time most)
{
    return most >= 10 * TIME_S ? TIME_IN_S : most >= TIME_MS ? TIME_IN_MS : most >= TIME_US ? TIME_IN_US : TIME_IN_NS;
}

/* So many decimals that the smallest value keeps three digits, at most `limit`; none where nothing has a fraction. */
static unsigned decimals_for(int64_t least, int64_t size, unsigned limit)
{
    unsigned decimals = 0;
    if (least == INT64_MAX)
        return 0;
    while (decimals < limit &&
           sum_compare(sum_product((uint64_t)least, power_of_ten(decimals)), sum_product((uint64_t)size, 100)) < 0)
        decimals++;
    return decimals;
}

Scale scale_for(MetricUnit unit, const int64_t value[], const bool has[], int count, TimeUnit time_unit)
{
    int64_t least = INT64_MAX, most = 0;
    bool whole = true;
    for (int i = 0; i < count; i++) {
        if (!has[i] || value[i] == 0)
            continue;
        least = value[i] < least ? value[i] : least;
        most = value[i] > most ? value[i] : most;
    }
    Scale scale = {"", 1, 0};
    switch (unit) {
    case METRIC_TIME:
        time_unit = time_unit == TIME_AUTO ? unit_of_time(most) : time_unit;
        scale.unit = time_units[time_unit].name;
        scale.size = time_units[time_unit].size;
        scale.decimals = time_unit == TIME_IN_NS ? 0 : decimals_for(least, scale.size, 3);
        break;
    case METRIC_RATE:
        for (int i = 0; i < count; i++)
            whole &= !has[i] || value[i] % 1000000 == 0;
        scale = (Scale){"/s", 1000000, whole ? 0 : decimals_for(least, 1000000, 3)};
        break;
    case METRIC_FRACTION: scale = (Scale){"%", 10000, decimals_for(least, 10000, 1)}; break;
    case METRIC_SIZE:
        scale = most >= 1 << 20 ? (Scale){"MiB", 1 << 20, 0}
                : most >= 1024  ? (Scale){"KiB", 1024, 0}
                                : (Scale){"B", 1, 0};
        scale.decimals = scale.size > 1 ? decimals_for(least, scale.size, 1) : 0;
        break;
    default: break;
    }
    return scale;
}

void scale_put(Buf *buf, Scale scale, int64_t value)
{
    put_decimal(buf, scaled(value, scale.size, scale.decimals), scale.decimals);
}

void text_time(Buf *buf, Time ns)
{
    TimeUnit unit = ns >= TIME_S ? TIME_IN_S : unit_of_time(ns);
    Time size = time_units[unit].size;
    unsigned decimals = 0;
    while (decimals < 3 && ns % (size / (Time)power_of_ten(decimals)) != 0 && size / (Time)power_of_ten(decimals) > 1)
        decimals++;
    put_decimal(buf, scaled(ns, size, decimals), decimals);
    buf_char(buf, ' ');
    buf_text(buf, time_units[unit].name);
}

void text_value(Buf *buf, MetricUnit unit, bool has, int64_t value, TimeUnit time_unit)
{
    if (!has) {
        buf_text(buf, "nothing");
        return;
    }
    if (unit == METRIC_DIGEST) {
        buf_hex16(buf, (uint64_t)value);
        return;
    }
    Scale scale = scale_for(unit, &value, &has, 1, time_unit);
    scale_put(buf, scale, value);
    buf_f(buf, "%s%s", scale.unit[0] && scale.unit[0] != '/' && scale.unit[0] != '%' ? " " : "", scale.unit);
}

void text_interval(Buf *buf, MetricUnit unit, int64_t value, int64_t half, TimeUnit time_unit)
{
    bool has = true;
    if (half < 0) {
        text_value(buf, unit, true, value, time_unit);
        return;
    }
    Scale scale = scale_for(unit, &value, &has, 1, time_unit);
    scale_put(buf, scale, value);
    buf_text(buf, " ±");
    scale_put(buf, scale, half);
    buf_f(buf, "%s%s", scale.unit[0] && scale.unit[0] != '/' && scale.unit[0] != '%' ? " " : "", scale.unit);
}

void text_ascii(Buf *buf, const char *s)
{
    static const char *const plain[][2] = {{"…", "..."}, {"–", "-"}, {"·", "-"}, {"×", "x"}, {"→", "->"}};
    while (*s) {
        size_t i = 0, length = 1;
        while (i < COUNT_OF(plain) && strncmp(s, plain[i][0], strlen(plain[i][0])) != 0)
            i++;
        while (((unsigned char)s[length] & 0xc0) == 0x80)
            length++;
        if (i < COUNT_OF(plain))
            buf_text(buf, plain[i][1]);
        else
            buf_char(buf, (unsigned char)*s < 0x80 ? *s : '?');
        s += length;
    }
}
