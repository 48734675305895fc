/* Who kept whom waiting: a row a server and handler, a column a cause, and for each server its worst pair as a
 * sentence. */
#include "blame_table.h"

enum { SERVER = 12, HANDLER = 14, COLUMN = 12, HANDLERS_SHOWN = 4 };

static void put_time(Text *text, Scale scale, Time value)
{
    Buf cell;
    buf_init(&cell, text->report->mem, 4096);
    scale_put(&cell, scale, value);
    text_right(text, buf_string(&cell), COLUMN);
}

static void put_row(Text *text, const Results *results, int handler, bool first, const BlameColumns *shown)
{
    const HandlerResults *row = &results->handlers[handler];
    buf_text(text->buf, "  ");
    text_left(text, first ? results->name : "", SERVER - 2);
    buf_text(text->buf, "  ");
    text_left(text, row->name, HANDLER - 2);
    put_time(text, shown->scale, hist_mean(&row->latency));
    put_time(text, shown->scale, results_waits(row->time));
    for (int i = 0; i < shown->count; i++)
        put_time(text, shown->scale, results_blame(results, handler, shown->place[i]));
    text_end_line(text);
}

static void put_head(Text *text, const Results *results, const BlameColumns *shown)
{
    Buf mean;
    buf_init(&mean, text->report->mem, 4096);
    buf_f(&mean, "mean %s", shown->scale.unit);
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

/* Beside the names, the mean, and what is in the head only. */
static int columns_shown(const Text *text)
{
    return (int)((text->width - 2 - SERVER - HANDLER - (size_t)2 * COLUMN) / COLUMN);
}

void text_blame(Text *text)
{
    const Report *report = text->report;
    BlameColumns shown = blame_columns(report, columns_shown(text));
    if (shown.count == 0)
        return;
    put_head(text, report->results[0], &shown);
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        int rows = results->handler_count;
        if (!report->args->verbose && rows > HANDLERS_SHOWN)
            rows = HANDLERS_SHOWN;
        for (int handler = 0; results->blame.causes > 0 && handler < rows; handler++)
            put_row(text, results, handler, handler == 0, &shown);
    }
    if (shown.more)
        buf_text(text->buf, "  and others, that kept them waiting for less: in --out json\n");
    put_sentences(text);
    buf_char(text->buf, '\n');
}
