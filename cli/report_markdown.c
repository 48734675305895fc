/* The contrast, the reasons and the requirements as Markdown (GitHub's tables): for a page, a comment on a pull
 * request, the summary of a job. */
#include "blame_table.h"
#include "escape.h"
#include "report.h"
#include "text.h"

#include <string.h>

enum { LINE_MOST = 1 << 27, COLUMNS_SHOWN = 8, HANDLERS_SHOWN = 20 };

static void put_cell(Buf *buf, const ContrastRow *row, int column, Scale scale)
{
    buf_text(buf, " | ");
    if (!row->has[column]) {
        buf_text(buf, "–");
        return;
    }
    scale_put(buf, scale, row->value[column]);
    if (row->has_half[column]) {
        buf_text(buf, " ±");
        scale_put(buf, scale, row->half[column]);
    }
    buf_f(buf, "%s%s", scale.unit[0] && scale.unit[0] != '/' && scale.unit[0] != '%' ? " " : "", scale.unit);
}

static void put_row(Buf *buf, const Report *report, const char *label, const ContrastRow *row)
{
    Scale scale = scale_for(row->unit, row->value, row->has, report->count, report->args->time_unit);
    buf_text(buf, "| ");
    escape_markdown(buf, label);
    for (int i = 0; i < report->count; i++)
        put_cell(buf, row, i, scale);
    buf_text(buf, " | ");
    if (report->count > 1 && row->has_ratio) {
        text_micro(buf, row->ratio, 2);
        buf_text(buf, "×");
    }
    buf_text(buf, " |\n");
}

static void put_contrast(Buf *buf, const Report *report)
{
    static const char *const names[] = {"p50", "p99"};
    Contrast contrast = contrast_make(report);
    Buf label;
    buf_init(&label, report->mem, LINE_MOST);
    buf_text(buf, "| |");
    for (int i = 0; i < report->count; i++) {
        buf_text(buf, " **");
        escape_markdown(buf, report->results[i]->name);
        buf_f(buf, "**<br>%s |", report->results[i]->model);
    }
    buf_text(buf, " ratio |\n|:--|");
    for (int i = 0; i <= report->count; i++)
        buf_text(buf, "--:|");
    buf_char(buf, '\n');
    for (int i = 0; i < contrast.count; i++)
        if (contrast_shown(report, &contrast.row[i]))
            put_row(buf, report, contrast_label(&contrast.row[i]), &contrast.row[i]);
    for (int handler = 0; report->spec->handler_count > 1 && handler < report->spec->handler_count; handler++) {
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            ContrastRow row;
            if (!contrast_row(report, names[i], handler, &row))
                continue;
            buf_clear(&label);
            buf_f(&label, "%s %s", report->spec->handlers[handler].name, names[i]);
            put_row(buf, report, buf_string(&label), &row);
        }
    }
    buf_char(buf, '\n');
}

static void put_paired(Buf *buf, const Report *report)
{
    Contrast contrast = contrast_make(report);
    bool any = false;
    for (int i = 0; i < contrast.count; i++) {
        Buf line;
        buf_init(&line, report->mem, LINE_MOST);
        if (!report_paired(&line, report, &contrast.row[i], false))
            continue;
        buf_text(buf, "- ");
        escape_markdown(buf, buf_string(&line));
        buf_char(buf, '\n');
        any = true;
    }
    if (any)
        buf_char(buf, '\n');
}

static void put_why(Buf *buf, const Report *report)
{
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        buf_text(buf, "- **");
        escape_markdown(buf, results->name);
        buf_text(buf, "**: ");
        escape_markdown(buf, results->bottleneck.why);
        report_breaks(buf, &results->bottleneck);
        if (results->bottleneck.advice) {
            buf_text(buf, ". *To try:* ");
            escape_markdown(buf, results->bottleneck.advice);
        }
        buf_char(buf, '\n');
    }
    buf_char(buf, '\n');
}

/* ---- who kept whom waiting ---- */

static void put_blame_head(Buf *buf, const Report *report, const BlameColumns *columns)
{
    int figures = 2 + columns->count + columns->more;
    buf_f(buf, "| | a request of | takes, %s | waits |", columns->scale.unit);
    for (int i = 0; i < columns->count; i++) {
        buf_text(buf, i == 0 ? " for " : " ");
        escape_markdown(buf, report->results[0]->blame.name[columns->place[i]]);
        buf_text(buf, " |");
    }
    buf_text(buf, columns->more ? " others |\n|:--|:--|" : "\n|:--|:--|");
    for (int i = 0; i < figures; i++)
        buf_text(buf, "--:|");
    buf_char(buf, '\n');
}

/* What is as large as half of the latency stands out. */
static void put_waited(Buf *buf, Scale scale, Time waited, Time mean)
{
    bool much = waited > mean / 2;
    buf_text(buf, much ? " | **" : " | ");
    scale_put(buf, scale, waited);
    buf_text(buf, much ? "**" : "");
}

static void put_blame_row(Buf *buf, const Results *results, int handler, bool first, const BlameColumns *columns)
{
    const HandlerResults *row = &results->handlers[handler];
    Time mean = hist_mean(&row->latency);
    buf_text(buf, first ? "| **" : "| ");
    if (first)
        escape_markdown(buf, results->name);
    buf_text(buf, first ? "** | " : " | ");
    escape_markdown(buf, row->name);
    buf_text(buf, " | ");
    scale_put(buf, columns->scale, mean);
    put_waited(buf, columns->scale, results_waits(row->time), mean);
    for (int i = 0; i < columns->count; i++)
        put_waited(buf, columns->scale, results_blame(results, handler, columns->place[i]), mean);
    if (columns->more)
        put_waited(buf, columns->scale, blame_others(results, handler, columns), mean);
    buf_text(buf, " |\n");
}

static void put_blame_sentences(Buf *buf, const Report *report)
{
    Buf line;
    buf_init(&line, report->mem, LINE_MOST);
    for (int i = 0; i < report->count; i++) {
        buf_clear(&line);
        if (!blame_sentence(&line, report->results[i]))
            continue;
        buf_text(buf, "- **");
        escape_markdown(buf, report->results[i]->name);
        buf_text(buf, "**: ");
        escape_markdown(buf, buf_string(&line));
        buf_char(buf, '\n');
    }
    buf_char(buf, '\n');
}

static void put_blame(Buf *buf, const Report *report)
{
    BlameColumns columns = blame_columns(report, COLUMNS_SHOWN);
    if (columns.count == 0)
        return;
    buf_text(buf, "Who kept whom waiting:\n\n");
    put_blame_sentences(buf, report);
    put_blame_head(buf, report, &columns);
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        int rows = 0;
        for (int handler = 0; results->blame.causes > 0 && handler < results->handler_count; handler++)
            if (results->handlers[handler].latency.count > 0 && rows < HANDLERS_SHOWN)
                put_blame_row(buf, results, handler, rows++ == 0, &columns);
    }
    buf_char(buf, '\n');
}

static void put_requirements(Buf *buf, const Report *report)
{
    if (report->verdict_count == 0)
        return;
    buf_text(buf, "| | requirement | value | limit |\n|:-:|:--|--:|--:|\n");
    for (int i = 0; i < report->verdict_count; i++) {
        const Verdict *verdict = &report->verdicts[i];
        buf_text(buf, verdict->met ? "| met | " : "| **FAILED** | ");
        escape_markdown(buf, verdict->text);
        buf_text(buf, " | ");
        text_value(buf, verdict->unit, verdict->has_value, verdict->value, report->args->time_unit);
        if (verdict->server) {
            buf_text(buf, " (");
            escape_markdown(buf, verdict->server);
            buf_char(buf, ')');
        }
        buf_text(buf, " | ");
        text_value(buf, verdict->unit, verdict->has_limit, verdict->limit, report->args->time_unit);
        buf_text(buf, " |\n");
    }
    buf_char(buf, '\n');
}

void report_markdown(Buf *buf, const Report *report)
{
    Buf about;
    buf_init(&about, report->mem, LINE_MOST);
    buf_text(buf, "### ");
    escape_markdown(buf, report->spec->name);
    buf_text(buf, "\n\n");
    report_about(&about, report);
    escape_markdown(buf, buf_string(&about));
    buf_text(buf, "\n\n");
    if (report->count > 0) {
        put_contrast(buf, report);
        put_paired(buf, report);
        put_why(buf, report);
        put_blame(buf, report);
    }
    put_requirements(buf, report);
    for (int i = 0; i < report->count && !report->interrupted; i++) {
        if (!report_cut(report->results[i]))
            continue;
        escape_markdown(buf, report->results[i]->name);
        buf_f(buf, ": %s; its figures are those of what was simulated until then.\n\n", report_cut(report->results[i]));
    }
    if (report->interrupted)
        buf_text(buf, "Interrupted: the results are those of what was simulated so far.\n\n");
    buf_text(buf, "The same again:\n\n    "); /* an indented block: nothing in it is markup */
    report_repro(buf, report);
    buf_char(buf, '\n');
}
