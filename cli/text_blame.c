/* Who kept whom waiting: a row a server and handler, a column a cause, and for each server its worst pair as a
 * sentence. */
#include "text.h"

enum { SERVER = 12, HANDLER = 14, COLUMN = 12, CAUSES_SHOWN = 4, HANDLERS_SHOWN = 4 };

/* ---- the table ---- */

typedef struct Shown { /* causes, by their place: the largest ones, in order */
    int place[CAUSES_SHOWN];
    int count;
    bool more;
} Shown;

static Sum waited_for(const Report *report, int cause)
{
    Sum sum = {0, 0};
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        for (int handler = 0; results->blame.causes > 0 && handler < results->handler_count; handler++)
            sum_add(&sum, (uint64_t)results_blame(results, handler, cause));
    }
    return sum;
}

/* The largest stay; one that is dropped is told of. */
static Shown choose(const Report *report, Time least)
{
    Shown shown = {{0}, 0, false};
    Sum total[CAUSES_SHOWN];
    for (int cause = 0; cause < report->results[0]->blame.causes; cause++) {
        Sum sum = waited_for(report, cause);
        if (sum_compare(sum, sum_of((uint64_t)least)) < 0 || sum_compare(sum, sum_of(0)) == 0)
            continue;
        int drop = shown.count;
        if (shown.count == CAUSES_SHOWN) {
            shown.more = true;
            drop = 0;
            for (int i = 1; i < CAUSES_SHOWN; i++)
                drop = sum_compare(total[i], total[drop]) < 0 ? i : drop;
            if (sum_compare(sum, total[drop]) <= 0)
                continue;
            shown.count--;
        }
        for (int i = drop; i < shown.count; i++) {
            shown.place[i] = shown.place[i + 1];
            total[i] = total[i + 1];
        }
        shown.place[shown.count] = cause;
        total[shown.count++] = sum;
    }
    return shown;
}

static Scale table_scale(const Report *report)
{
    Time most = 0;
    bool has = true;
    for (int i = 0; i < report->count; i++)
        for (int handler = 0; handler < report->results[i]->handler_count; handler++) {
            Time waits = results_waits(report->results[i]->handlers[handler].time);
            most = waits > most ? waits : most;
        }
    Scale scale = scale_for(METRIC_TIME, &most, &has, 1, report->args->time_unit);
    scale.decimals += scale.decimals > 0 && scale.decimals < 3;
    return scale;
}

static void put_time(Text *text, Scale scale, Time value)
{
    Buf cell;
    buf_init(&cell, text->report->mem, 4096);
    scale_put(&cell, scale, value);
    text_right(text, buf_string(&cell), COLUMN);
}

static void put_row(Text *text, const Results *results, int handler, bool first, const Shown *shown, Scale scale)
{
    const HandlerResults *row = &results->handlers[handler];
    buf_text(text->buf, "  ");
    text_left(text, first ? results->name : "", SERVER - 2);
    buf_text(text->buf, "  ");
    text_left(text, row->name, HANDLER - 2);
    put_time(text, scale, hist_mean(&row->latency));
    put_time(text, scale, results_waits(row->time));
    for (int i = 0; i < shown->count; i++)
        put_time(text, scale, results_blame(results, handler, shown->place[i]));
    text_end_line(text);
}

static void put_head(Text *text, const Results *results, const Shown *shown, Scale scale)
{
    Buf mean;
    buf_init(&mean, text->report->mem, 4096);
    buf_f(&mean, "mean %s", scale.unit);
    text_style(text, STYLE_BOLD);
    text_left(text, "who kept whom waiting", SERVER + HANDLER);
    text_right(text, buf_string(&mean), COLUMN);
    text_right(text, "waits for:", COLUMN);
    for (int i = 0; i < shown->count; i++)
        text_right(text, results->blame.name[shown->place[i]], COLUMN);
    text_plain(text);
    text_end_line(text);
}

static void put_sentences(Text *text)
{
    const Report *report = text->report;
    Buf line;
    buf_init(&line, report->mem, 1 << 27);
    for (int i = 0; i < report->count; i++) {
        buf_clear(&line);
        if (!blame_sentence(&line, report->results[i]))
            continue;
        buf_text(text->buf, "  ");
        text_left(text, report->results[i]->name, TEXT_LABEL - 2);
        buf_text(text->buf, "  ");
        text_wrap(text, buf_string(&line), TEXT_LABEL + 2);
    }
}

void text_blame(Text *text)
{
    const Report *report = text->report;
    Scale scale = table_scale(report);
    int64_t least = scale.size / 2;
    for (unsigned i = 0; i < scale.decimals; i++)
        least /= 10;
    if (report->results[0]->blame.causes == 0)
        return;
    Shown shown = choose(report, least);
    if (shown.count == 0)
        return;
    put_head(text, report->results[0], &shown, scale);
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        int rows = results->handler_count;
        if (!report->args->verbose && rows > HANDLERS_SHOWN)
            rows = HANDLERS_SHOWN;
        for (int handler = 0; results->blame.causes > 0 && handler < rows; handler++)
            put_row(text, results, handler, handler == 0, &shown, scale);
    }
    if (shown.more)
        buf_text(text->buf, "  and others, that kept them waiting for less: in --out json\n");
    put_sentences(text);
    buf_char(text->buf, '\n');
}
