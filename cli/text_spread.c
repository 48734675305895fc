/* A small histogram: latencies on one logarithmic axis for all servers, a line each. */
#include "text.h"

enum { BARS_MOST = 60, MARK = 8 }; /* a mark may stand out to the right */

typedef struct Axis {
    int bars;
    int64_t edge[BARS_MOST + 1]; /* ascending; a bar holds edge[i] <= value < edge[i + 1] */
} Axis;

static bool make_axis(const Report *report, Axis *axis)
{
    int64_t least = INT64_MAX, most = 0;
    size_t room = report->width - TEXT_LABEL - 2 - MARK;
    axis->bars = room < BARS_MOST ? (int)room : BARS_MOST;
    for (int i = 0; i < report->count; i++) {
        const Hist *hist = &report->results[i]->all.latency;
        if (hist->count == 0)
            continue;
        least = hist->min < least ? hist->min : least;
        most = hist->max > most ? hist->max : most;
    }
    if (least == INT64_MAX || most < 1000 || most <= least)
        return false;
    least = least < 1000 ? 1000 : least;
    double low = (double)least * 0.999, factor = det_pow((double)most * 1.001 / low, 1.0 / axis->bars), edge = low;
    for (int i = 0; i <= axis->bars; i++, edge *= factor)
        axis->edge[i] = (int64_t)edge;
    axis->edge[0] = 0;
    axis->edge[axis->bars] = INT64_MAX;
    return true;
}

static void put_bars(Text *text, const Axis *axis, const Hist *hist)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, *const plain[] = {" ", ".", ".",
                                                                                                         ":", ":", "+",
                                                                                                         "*", "#", "@"};
    uint64_t bar[BARS_MOST] = {0}, most = 0, count;
    size_t at = 0;
    int64_t low, high;
    for (int i = 0; hist_next(hist, &at, &low, &high, &count);) {
        int64_t middle = low + (high - low) / 2;
        while (i + 1 < axis->bars && middle >= axis->edge[i + 1])
            i++;
        bar[i] += count;
        most = bar[i] > most ? bar[i] : most;
    }
    for (int i = 0; i < axis->bars; i++) {
        uint64_t level = bar[i] == 0 ? 0 : 1 + (uint64_t)sum_divide(sum_product(bar[i], 7), sum_of(most));
        buf_text(text->buf, text->ascii ? plain[level] : blocks[level]);
    }
}

/* Three digits are enough for a mark. */
static void put_short_time(Buf *buf, Time ns)
{
    bool has = true;
    Scale scale = scale_for(METRIC_TIME, &ns, &has, 1, TIME_AUTO);
    scale_put(buf, scale, ns);
    buf_f(buf, " %s", scale.unit);
}

/* Less than a decade: its ends. */
static void put_ends(Text *text, const Axis *axis)
{
    Buf *buf = text->buf;
    size_t from = buf->size, bars = (size_t)axis->bars;
    buf_text(buf, text->ascii ? "|" : "╵");
    put_short_time(buf, axis->edge[1]);
    size_t used = text_width(buf_string(buf) + from);
    buf_repeat(buf, ' ', used < bars ? bars - 1 - used : 0);
    buf_text(buf, text->ascii ? "|" : "╵");
    put_short_time(buf, axis->edge[axis->bars - 1]);
    text_end_line(text);
}

/* Marks at 1, 10, 100 of each unit where there is room. */
static void put_marks(Text *text, const Axis *axis)
{
    Buf mark;
    size_t used = 0;
    buf_init(&mark, text->report->mem, 4096);
    bool any = false;
    buf_repeat(text->buf, ' ', TEXT_LABEL + 2);
    int64_t decade = 1;
    for (int i = 1; i < axis->bars; i++) {
        while (decade <= axis->edge[i] && decade < INT64_MAX / 10)
            decade *= 10;
        if (decade > axis->edge[i + 1] || i + 1 == axis->bars)
            continue;
        buf_clear(&mark);
        buf_text(&mark, text->ascii ? "|" : "╵");
        text_time(&mark, decade);
        size_t width = text_width(buf_string(&mark));
        if ((size_t)i < used || (size_t)i + width > (size_t)axis->bars + MARK)
            continue;
        buf_repeat(text->buf, ' ', (size_t)i - used);
        buf_text(text->buf, buf_string(&mark));
        used = (size_t)i + width + 1;
        buf_char(text->buf, ' ');
        any = true;
    }
    if (any)
        text_end_line(text);
    else
        put_ends(text, axis);
}

void text_spread(Text *text)
{
    const Report *report = text->report;
    Axis axis;
    if (!make_axis(report, &axis))
        return;
    text_style(text, STYLE_BOLD);
    buf_text(text->buf, "how latencies are spread");
    text_plain(text);
    buf_char(text->buf, '\n');
    for (int i = 0; i < report->count; i++) {
        buf_text(text->buf, "  ");
        text_left(text, report->results[i]->name, TEXT_LABEL - 2);
        buf_text(text->buf, "  ");
        put_bars(text, &axis, &report->results[i]->all.latency);
        text_end_line(text);
    }
    text_style(text, STYLE_DIM);
    put_marks(text, &axis);
    text_plain(text);
    buf_char(text->buf, '\n');
}
