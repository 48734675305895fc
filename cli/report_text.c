/* The screen: the contrast first, then how latencies are spread, where the time went, why, what to try, the accounting
 * and how to get the same again. It argues for neither side. */
#include "text.h"

#include <string.h>

enum { LABEL = TEXT_LABEL };

/* ---- why, and what to try ---- */

static void put_title(Text *text, const char *title)
{
    text_style(text, STYLE_BOLD);
    buf_text(text->buf, title);
    text_plain(text);
    buf_char(text->buf, '\n');
}

static void put_name(Text *text, const char *name)
{
    buf_text(text->buf, "  ");
    text_left(text, name, LABEL - 2);
    buf_text(text->buf, "  ");
}

static void put_why(Text *text)
{
    const Report *report = text->report;
    Buf why;
    buf_init(&why, report->mem, 1 << 27);
    put_title(text, report->runs > 1 ? "why (in the first run)" : "why");
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        buf_clear(&why);
        buf_text(&why, results->bottleneck.why);
        report_breaks(&why, &results->bottleneck);
        put_name(text, results->name);
        text_wrap(text, buf_string(&why), LABEL + 2);
    }
    buf_char(text->buf, '\n');
}

static void put_advice(Text *text)
{
    const Report *report = text->report;
    bool any = false;
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        if (!results->bottleneck.advice)
            continue;
        if (!any)
            put_title(text, "what to try");
        any = true;
        put_name(text, results->name);
        text_wrap(text, results->bottleneck.advice, LABEL + 2);
    }
    if (any)
        buf_char(text->buf, '\n');
}

/* ---- requirements, accounting, repro ---- */

static void put_requirements(Text *text)
{
    const Report *report = text->report;
    Buf line;
    buf_init(&line, report->mem, 1 << 27);
    if (report->verdict_count == 0)
        return;
    put_title(text, "requirements");
    for (int i = 0; i < report->verdict_count; i++) {
        const Verdict *verdict = &report->verdicts[i];
        text_style(text, verdict->met ? STYLE_GOOD : STYLE_BAD);
        buf_text(text->buf, verdict->met ? "  met     " : "  FAILED  ");
        text_plain(text);
        buf_clear(&line);
        diag_shown(&line, verdict->text, strlen(verdict->text));
        buf_text(&line, " : ");
        text_value(&line, verdict->unit, verdict->has_value, verdict->value, report->args->time_unit);
        buf_text(&line, " against ");
        text_value(&line, verdict->unit, verdict->has_limit, verdict->limit, report->args->time_unit);
        if (verdict->server)
            buf_f(&line, " (%s)", verdict->server);
        text_wrap(text, buf_string(&line), 10);
    }
    buf_char(text->buf, '\n');
}

static void put_accounting(Text *text)
{
    const Report *report = text->report;
    Buf line;
    buf_init(&line, report->mem, 1 << 20);
    put_title(text, "accounting");
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        const RequestCounts *counts = &results->all.requests;
        const struct {
            const char *name;
            uint64_t count;
        } rest[] = {
            {"failed", counts->failed},
            {"refused", counts->refused},
            {"timed out", counts->timed_out},
            {"in flight", counts->in_flight},
        };
        buf_clear(&line);
        text_count(&line, counts->arrived);
        buf_text(&line, " arrived = ");
        text_count(&line, counts->completed);
        buf_text(&line, " completed");
        for (size_t k = 0; k < COUNT_OF(rest); k++) {
            if (rest[k].count == 0)
                continue;
            buf_text(&line, " + ");
            text_count(&line, rest[k].count);
            buf_f(&line, " %s", rest[k].name);
        }
        if (report_cut(results)) {
            buf_f(&line, "; %s at ", report_cut(results));
            text_time(&line, results->simulated);
        }
        put_name(text, results->name);
        text_wrap(text, buf_string(&line), LABEL + 2);
    }
    buf_char(text->buf, '\n');
}

static void put_repro(Text *text)
{
    const Report *report = text->report;
    Buf *buf = text->buf;
    put_title(text, "the same again");
    buf_text(buf, "  ");
    report_repro(buf, report);
    buf_char(buf, '\n');
    for (int i = 0; i < report->count; i++) {
        put_name(text, report->results[i]->name);
        buf_text(buf, "digest ");
        buf_hex16(buf, report->results[i]->digest);
        buf_text(buf, ", ");
        text_count(buf, report->results[i]->events);
        buf_text(buf, " events\n");
    }
}

/* ---- several runs ---- */

/* What the intervals are, and what pairing gains. */
static void put_runs(Text *text)
{
    const Report *report = text->report;
    Contrast contrast = contrast_make(report);
    Buf line;
    if (report->runs <= 1)
        return;
    buf_init(&line, report->mem, 1 << 20);
    text_count(&line, (uint64_t)report->runs);
    buf_f(&line, " runs; %s is half the width of a 95 %% interval, counts are sums", text->ascii ? "+-" : "±");
    put_title(text, buf_string(&line));
    for (int i = 0; i < contrast.count; i++) {
        const ContrastRow *row = &contrast.row[i];
        buf_clear(&line);
        if (!report_paired(&line, report, row, text->ascii))
            continue;
        buf_text(text->buf, "  ");
        text_wrap(text, buf_string(&line), 4);
    }
    buf_char(text->buf, '\n');
}

/* ---- the whole ---- */

static void put_line_about(Text *text)
{
    const Report *report = text->report;
    const Spec *spec = report->spec;
    const char *dot = text->ascii ? " - " : " · ";
    text_style(text, STYLE_BOLD);
    diag_shown(text->buf, spec->name, strlen(spec->name));
    text_plain(text);
    text_style(text, STYLE_DIM);
    buf_text(text->buf, text->width < TEXT_WIDTH ? "\n" : dot);
    text_count(text->buf, (uint64_t)spec->machine.cores);
    buf_f(text->buf, " core%s, costs ", spec->machine.cores == 1 ? "" : "s");
    diag_shown(text->buf, spec->machine.profile, strlen(spec->machine.profile));
    if (spec->duration != TIME_NEVER) {
        buf_text(text->buf, dot);
        text_time(text->buf, spec->duration);
    }
    if (spec->warmup > 0) {
        buf_text(text->buf, ", without the first ");
        text_time(text->buf, spec->warmup);
        buf_text(text->buf, spec->warmup_auto ? " (found by MSER-5)" : "");
    }
    buf_f(text->buf, "%sseed ", dot);
    buf_u64(text->buf, spec->seed);
    text_plain(text);
    buf_text(text->buf, "\n\n");
}

static void put_whole(Text *text)
{
    const Report *report = text->report;
    bool quiet = report->args->quiet;
    put_line_about(text);
    if (report->count == 0) {
        buf_text(text->buf, "no server was run\n");
        return;
    }
    text_contrast(text);
    put_runs(text);
    if (!quiet) {
        text_spread(text);
        text_split(text, -1);
        for (int handler = 0;
             report->args->verbose && report->spec->handler_count > 1 && handler < report->spec->handler_count;
             handler++)
            text_split(text, handler);
        text_blame(text);
        put_why(text);
        put_advice(text);
    }
    put_requirements(text);
    if (!quiet) {
        put_accounting(text);
        put_repro(text);
    }
    if (report->interrupted)
        buf_text(text->buf, "\ninterrupted: the results are those of what was simulated so far\n");
}

void report_text(Buf *buf, const Report *report)
{
    Buf whole;
    Text text = {buf, report, report->color, report->args->ascii, report->width};
    if (!text.ascii) {
        put_whole(&text);
        return;
    }
    buf_init(&whole, report->mem, buf->ceiling);
    text.buf = &whole;
    put_whole(&text);
    text_ascii(buf, buf_string(&whole));
    buf_free(&whole);
}
