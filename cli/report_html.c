/* The page: who answers how fast and why, then the charts, then what it was made of. */
#include "html.h"
#include "text.h"

#include <string.h>

enum { LINE_MOST = 1 << 28, VALUE_MOST = 200, ROWS_MOST = 400, VERDICTS_MOST = 200, SLOWEST_SHOWN = 5 };

/* ---- the head ---- */

static void put_chips(Html *html)
{
    const Report *report = html->report;
    int met = 0;
    for (int i = 0; i < report->verdict_count; i++)
        met += report->verdicts[i].met;
    buf_text(html->buf, "<div class=\"chips\">");
    if (report->verdict_count > 0)
        buf_f(html->buf,
              "<a class=\"chip %s\" href=\"#requirements\" style=\"text-decoration:none\">%d of %d "
              "requirements met</a>",
              met == report->verdict_count ? "good" : "bad", met, report->verdict_count);
    for (int i = 0; i < report->count; i++) {
        if (!report_cut(report->results[i]) || report->interrupted)
            continue;
        buf_text(html->buf, "<span class=\"chip bad\">");
        html_name(html, i);
        buf_f(html->buf, ": %s</span>", report_cut(report->results[i]));
    }
    if (report->interrupted)
        buf_text(html->buf, "<span class=\"chip bad\">interrupted: what was simulated so far</span>");
    buf_text(html->buf, "</div>\n");
}

static void put_head(Html *html)
{
    const Report *report = html->report;
    Buf about;
    buf_init(&about, report->mem, LINE_MOST);
    report_about(&about, report);
    html_begin_page(html, report->spec->name, report->spec->about, buf_string(&about));
    put_chips(html);
    buf_text(html->buf, "</header>\n");
}

/* ---- a card a server ---- */

/* As the contrast has it. */
static void put_figure(Html *html, int server, const char *name, const char *metric)
{
    ContrastRow row;
    buf_f(html->buf, "<div><dt>%s</dt><dd>", name);
    if (contrast_row(html->report, metric, -1, &row) && row.has[server]) {
        bool has = true;
        Scale scale = scale_for(row.unit, &row.value[server], &has, 1, html->report->args->time_unit);
        scale_put(html->buf, scale, row.value[server]);
        buf_f(html->buf, "<small>%s%s</small>", scale.unit[0] == '/' ? "" : " ", scale.unit);
    } else {
        buf_text(html->buf, "–");
    }
    buf_text(html->buf, "</dd></div>");
}

static void put_load(Html *html, int server)
{
    const Bottleneck *bottleneck = &html->report->results[server]->bottleneck;
    if (bottleneck->kind == BOUND_NONE)
        return;
    Micro filled = bottleneck->utilization > 1000000 ? 1000000 : bottleneck->utilization;
    buf_text(html->buf, "<div class=\"load\"><span>");
    html_text(html, bottleneck->what, HTML_NAME);
    buf_text(html->buf, "</span><b>");
    text_value(html->buf, METRIC_FRACTION, true, bottleneck->utilization, TIME_AUTO);
    buf_f(html->buf, "</b></div><div class=\"meter\"><i class=\"fill %s\" style=\"width:", html_color(server));
    buf_fixed(html->buf, filled / 1000, 1);
    buf_text(html->buf, "%\"></i></div>\n");
}

static void put_card(Html *html, int server)
{
    const Results *results = html->report->results[server];
    Buf why;
    buf_f(html->buf, "<article class=\"card %s\"><h2>", html_color(server));
    html_text(html, results->name, HTML_NAME);
    buf_f(html->buf, "</h2><p class=\"model\">%s</p>\n<dl class=\"figures\">", results->model);
    put_figure(html, server, "median", "p50");
    put_figure(html, server, "99 %", "p99");
    put_figure(html, server, "throughput", "throughput");
    buf_text(html->buf, "</dl>\n");
    put_load(html, server);
    buf_init(&why, html->report->mem, LINE_MOST);
    buf_text(&why, results->bottleneck.why);
    report_breaks(&why, &results->bottleneck);
    buf_text(html->buf, "<p>");
    html_prose(html, buf_string(&why), 2000);
    buf_text(html->buf, "</p>\n");
    if (results->bottleneck.advice) {
        buf_text(html->buf, "<p class=\"try\"><b>To try:</b> ");
        html_prose(html, results->bottleneck.advice, 2000);
        buf_text(html->buf, "</p>\n");
    }
    buf_text(html->buf, "</article>\n");
}

static void put_cards(Html *html)
{
    buf_text(html->buf, "<div class=\"cards\">\n");
    for (int i = 0; i < html->report->count; i++)
        put_card(html, i);
    buf_text(html->buf, "</div>\n");
}

/* ---- the contrast ---- */

static void put_contrast_row(Html *html, const char *label, const ContrastRow *row)
{
    const Report *report = html->report;
    Scale scale = scale_for(row->unit, row->value, row->has, report->count, report->args->time_unit);
    bool much = row->ratio >= 2000000;
    buf_text(html->buf, "<tr><th scope=\"row\">");
    html_text(html, label, HTML_NAME);
    buf_text(html->buf, "</th>");
    for (int i = 0; i < report->count; i++) {
        buf_text(html->buf, "<td>");
        if (row->has[i]) {
            scale_put(html->buf, scale, row->value[i]);
            if (row->has_half[i]) {
                buf_text(html->buf, " <span class=\"soft\">±");
                scale_put(html->buf, scale, row->half[i]);
                buf_text(html->buf, "</span>");
            }
            buf_f(html->buf, "%s%s", scale.unit[0] && scale.unit[0] != '/' && scale.unit[0] != '%' ? " " : "",
                  scale.unit);
        } else {
            buf_text(html->buf, "–");
        }
        buf_text(html->buf, "</td>");
    }
    buf_text(html->buf, much ? "<td><b>" : "<td class=\"soft\">");
    if (report->count > 1 && row->has_ratio) {
        text_micro(html->buf, row->ratio, row->ratio < 10000000 ? 2 : row->ratio < 100000000 ? 1 : 0);
        buf_text(html->buf, "×");
    }
    buf_text(html->buf, much ? "</b></td></tr>\n" : "</td></tr>\n");
}

static void put_handler_rows(Html *html, int handler)
{
    static const char *const names[] = {"p50", "p99"};
    Buf label;
    buf_init(&label, html->report->mem, LINE_MOST);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ContrastRow row;
        if (!contrast_row(html->report, names[i], handler, &row))
            continue;
        buf_clear(&label);
        buf_f(&label, "%s %s", html->report->spec->handlers[handler].name, names[i]);
        put_contrast_row(html, buf_string(&label), &row);
    }
}

/* By how much the servers differ run by run. */
static void put_paired(Html *html, const Contrast *contrast)
{
    for (int i = 0; i < contrast->count; i++) {
        Buf line;
        buf_init(&line, html->report->mem, LINE_MOST);
        if (!report_paired(&line, html->report, &contrast->row[i], false))
            continue;
        buf_text(html->buf, "<p class=\"soft\">");
        html_text(html, buf_string(&line), 400);
        buf_text(html->buf, ".</p>\n");
    }
}

static void put_contrast(Html *html)
{
    const Report *report = html->report;
    Contrast contrast = contrast_make(report);
    html_begin_section(html, "contrast", "The contrast",
                       "Every server met exactly the same connections, service times and failures. The ratio is that "
                       "of the largest figure by the smallest.");
    buf_text(html->buf, "<div class=\"scroll\"><table><thead><tr><th></th>");
    for (int i = 0; i < report->count; i++) {
        buf_text(html->buf, "<th>");
        html_name(html, i);
        buf_f(html->buf, "<small>%s</small></th>", report->results[i]->model);
    }
    buf_text(html->buf, "<th>ratio</th></tr></thead><tbody>\n");
    for (int i = 0; i < contrast.count; i++)
        if (contrast_shown(report, &contrast.row[i]))
            put_contrast_row(html, contrast_label(&contrast.row[i]), &contrast.row[i]);
    for (int handler = 0; report->spec->handler_count > 1 && handler < report->spec->handler_count && handler < 20;
         handler++)
        put_handler_rows(html, handler);
    buf_text(html->buf, "</tbody></table></div>\n");
    put_paired(html, &contrast);
    html_end_section(html);
}

/* ---- requirements ---- */

static void put_requirements(Html *html)
{
    const Report *report = html->report;
    if (report->verdict_count == 0)
        return;
    html_begin_section(html, "requirements", "Requirements", NULL);
    buf_text(html->buf, "<div class=\"scroll\"><table><thead><tr><th></th><th class=\"left\">requirement</th>"
                        "<th>value</th><th>limit</th><th class=\"left\">server</th></tr></thead><tbody>\n");
    for (int i = 0; i < report->verdict_count && i < VERDICTS_MOST; i++) {
        const Verdict *verdict = &report->verdicts[i];
        buf_text(html->buf,
                 verdict->met ? "<tr><td><b class=\"good\">met</b></td>" : "<tr><td><b class=\"bad\">failed</b></td>");
        buf_text(html->buf, "<td class=\"left wrap\"><code>");
        html_text(html, verdict->text, VALUE_MOST);
        buf_text(html->buf, "</code></td>");
        html_cell(html, verdict->unit, verdict->has_value, verdict->value);
        html_cell(html, verdict->unit, verdict->has_limit, verdict->limit);
        buf_text(html->buf, "<td class=\"left\">");
        html_text(html, verdict->server ? verdict->server : "", HTML_NAME);
        buf_text(html->buf, "</td></tr>\n");
    }
    buf_text(html->buf, "</tbody></table></div>\n");
    if (report->verdict_count > VERDICTS_MOST)
        buf_f(html->buf, "<p class=\"soft\">and %d more</p>\n", report->verdict_count - VERDICTS_MOST);
    html_end_section(html);
}

/* ---- the slowest requests ---- */

static void put_slow(Html *html, int server, const SlowRequest *slow)
{
    const Results *results = html->report->results[server];
    int most = 0;
    for (int part = 1; part < PARTS; part++)
        most = slow->part[part] > slow->part[most] ? part : most;
    buf_text(html->buf, "<tr><td>");
    html_name(html, server);
    buf_text(html->buf, "</td><td>");
    buf_u64(html->buf, slow->request);
    buf_text(html->buf, "</td><td class=\"left\">");
    html_text(html, results->handlers[slow->handler].name, HTML_NAME);
    buf_text(html->buf, "</td>");
    html_cell(html, METRIC_TIME, true, slow->wanted);
    html_cell(html, METRIC_TIME, true, slow->latency);
    buf_f(html->buf, "<td class=\"left\"><span class=\"dot P%d\"></span>%s</td>", most, part_label[most]);
    html_cell(html, METRIC_TIME, true, slow->part[most]);
    buf_text(html->buf, "</tr>\n");
}

static void put_slowest(Html *html)
{
    const Report *report = html->report;
    html_begin_section(html, "slowest", "The slowest requests", NULL);
    buf_text(html->buf, "<div class=\"scroll\"><table><thead><tr><th>server</th><th>request</th>"
                        "<th class=\"left\">handler</th><th>wanted at</th><th>latency</th>"
                        "<th class=\"left\">most of it</th><th></th></tr></thead><tbody>\n");
    for (int i = 0; i < report->count; i++)
        for (int k = 0; k < report->results[i]->slow_count && k < SLOWEST_SHOWN; k++)
            put_slow(html, i, &report->results[i]->slowest[k]);
    buf_text(html->buf, "</tbody></table></div>\n");
    html_end_section(html);
}

/* ---- accounting, the spec, the same again ---- */

static void put_accounting(Html *html)
{
    const Report *report = html->report;
    html_begin_section(html, "accounting", "Accounting",
                       "Of the requests wanted after the warm-up. What arrived is what was completed, failed, was "
                       "refused, timed out or is in flight at the end.");
    buf_text(html->buf, "<div class=\"scroll\"><table><thead><tr><th>server</th><th>arrived</th><th>completed</th>"
                        "<th>failed</th><th>refused</th><th>timed out</th><th>in flight</th><th>retried</th>"
                        "<th class=\"left\">end</th><th class=\"left\">digest</th></tr></thead><tbody>\n");
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        const RequestCounts *counts = &results->all.requests;
        const uint64_t cells[] = {counts->arrived,   counts->completed, counts->failed, counts->refused,
                                  counts->timed_out, counts->in_flight, counts->retried};
        buf_text(html->buf, "<tr><td>");
        html_name(html, i);
        buf_text(html->buf, "</td>");
        for (size_t k = 0; k < COUNT_OF(cells); k++) {
            buf_text(html->buf, "<td>");
            text_count(html->buf, cells[k]);
            buf_text(html->buf, "</td>");
        }
        buf_f(html->buf, "<td class=\"left\">%s</td><td class=\"left\"><code>", world_end_name[results->end]);
        buf_hex16(html->buf, results->digest);
        buf_text(html->buf, "</code></td></tr>\n");
    }
    buf_text(html->buf, "</tbody></table></div>\n");
    html_end_section(html);
}

typedef struct SpecRows {
    Html *html;
    int count;
} SpecRows;

static void put_spec_row(void *context, const char *path, const char *value, const char *origin)
{
    SpecRows *rows = context;
    Html *html = rows->html;
    if (rows->count++ >= ROWS_MOST)
        return;
    buf_text(html->buf, "<tr><td class=\"wrap\"><code>");
    html_text(html, path, VALUE_MOST);
    buf_text(html->buf, "</code></td><td class=\"left wrap\"><code>");
    html_text(html, value, VALUE_MOST);
    buf_text(html->buf, strcmp(origin, "default") == 0 ? "</code></td><td class=\"left soft\">"
                                                       : "</code></td><td class=\"left\">");
    html_text(html, origin, VALUE_MOST);
    buf_text(html->buf, "</td></tr>\n");
}

static void put_spec(Html *html)
{
    SpecRows rows = {html, 0};
    html_begin_section(html, "spec", "The spec", "Every value, and where it came from.");
    html_begin_data(html, "The resolved spec");
    buf_text(html->buf, "<th>key</th><th class=\"left\">value</th><th class=\"left\">from</th></tr></thead><tbody>\n");
    spec_print(html->report->spec, html->report->mem, put_spec_row, &rows);
    html_end_data(html);
    if (rows.count > ROWS_MOST)
        buf_f(html->buf, "<p class=\"soft\">and %d more: loopsim check --print shows them all</p>\n",
              rows.count - ROWS_MOST);
    html_end_section(html);
}

static void put_repro(Html *html)
{
    Buf repro;
    buf_init(&repro, html->report->mem, LINE_MOST);
    report_repro(&repro, html->report);
    html_again(html, buf_string(&repro));
}

void report_html(Buf *buf, const Report *report)
{
    Html html = {buf, report};
    put_head(&html);
    if (report->count > 0) {
        put_cards(&html);
        put_contrast(&html);
        html_percentiles(&html);
        html_histogram(&html);
        html_time(&html);
        html_blame(&html);
        html_busy(&html);
        html_series(&html);
    }
    put_requirements(&html);
    if (report->count > 0) {
        put_slowest(&html);
        put_accounting(&html);
    }
    put_spec(&html);
    put_repro(&html);
    html_end_page(&html);
}
