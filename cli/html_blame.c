/* Who kept whom waiting: a sentence a server, then a table handler by cause, the warmer the larger the share of the
 * row's latency. */
#include "blame_table.h"
#include "html.h"

enum { COLUMNS_SHOWN = 10, HANDLERS_SHOWN = 12, ROWS_SHOWN = 40, SENTENCE = 400, HOTTEST = 70 };

static bool is_shown(const Results *results, int handler)
{
    return results->blame.causes > 0 && results->handlers[handler].latency.count > 0;
}

static void put_sentences(Html *html)
{
    const Report *report = html->report;
    bool some = false;
    for (int i = 0; i < report->count; i++) {
        Buf line;
        buf_init(&line, report->mem, 1 << 27);
        if (!blame_sentence(&line, report->results[i]))
            continue;
        buf_text(html->buf, some ? "<li>" : "<ul class=\"said\">\n<li>");
        some = true;
        html_name(html, i);
        buf_text(html->buf, ": ");
        html_prose(html, buf_string(&line), SENTENCE);
        buf_text(html->buf, "</li>\n");
    }
    if (some)
        buf_text(html->buf, "</ul>\n");
}

/* The share of the mean latency as the opacity of what lies behind the figure, in percent. */
static void put_heat(Html *html, Scale scale, Time waited, Time mean)
{
    int64_t heat = mean > 0 ? waited * HOTTEST / mean : 0;
    buf_text(html->buf, "<td");
    if (heat > 0) {
        buf_text(html->buf, " style=\"background:rgb(var(--hot)/");
        buf_fixed(html->buf, heat, 0);
        buf_text(html->buf, "%)\"");
    }
    buf_text(html->buf, waited > 0 ? ">" : " class=\"soft\">");
    if (waited > 0)
        scale_put(html->buf, scale, waited);
    else
        buf_text(html->buf, "·");
    buf_text(html->buf, "</td>");
}

static void put_row(Html *html, int server, int handler, bool first, const BlameColumns *columns)
{
    const Results *results = html->report->results[server];
    const HandlerResults *row = &results->handlers[handler];
    Time mean = hist_mean(&row->latency);
    buf_text(html->buf, first ? "<tr class=\"first\"><td>" : "<tr><td>");
    if (first)
        html_name(html, server);
    buf_text(html->buf, "</td><th scope=\"row\" class=\"left\">");
    html_text(html, row->name, HTML_NAME);
    buf_text(html->buf, "</th><td>");
    scale_put(html->buf, columns->scale, mean);
    buf_text(html->buf, "</td>");
    put_heat(html, columns->scale, results_waits(row->time), mean);
    for (int i = 0; i < columns->count; i++)
        put_heat(html, columns->scale, results_blame(results, handler, columns->place[i]), mean);
    if (columns->more)
        put_heat(html, columns->scale, blame_others(results, handler, columns), mean);
    buf_text(html->buf, "</tr>\n");
}

static void put_head(Html *html, const BlameColumns *columns)
{
    const Results *results = html->report->results[0];
    buf_text(html->buf, "<div class=\"scroll\"><table class=\"heat\"><thead><tr><th>server</th>"
                        "<th class=\"left\">a request of</th>");
    buf_f(html->buf, "<th>takes<small>mean, %s</small></th><th>waits<small>in all</small></th>", columns->scale.unit);
    for (int i = 0; i < columns->count; i++) {
        buf_text(html->buf, i == 0 ? "<th><small>for</small>" : "<th>");
        html_text(html, results->blame.name[columns->place[i]], HTML_NAME / 3);
        buf_text(html->buf, "</th>");
    }
    buf_text(html->buf, columns->more ? "<th>others</th></tr></thead><tbody>\n" : "</tr></thead><tbody>\n");
}

void html_blame(Html *html)
{
    const Report *report = html->report;
    BlameColumns columns = blame_columns(report, COLUMNS_SHOWN);
    int most = ROWS_SHOWN / report->count < HANDLERS_SHOWN ? ROWS_SHOWN / report->count : HANDLERS_SHOWN;
    bool more = false;
    if (columns.count == 0)
        return;
    html_begin_section(
        html, "blame", "Who kept whom waiting",
        "How long a completed request of each handler waited, and for whom: for what they did on the "
        "loop, on a core, in a worker, with a thread, a resource or a lock. In parentheses: what the "
        "server does for nobody in particular. Each row adds up to its waits; the warmer, the larger the "
        "share of what the request takes.");
    put_sentences(html);
    put_head(html, &columns);
    for (int i = 0; i < report->count; i++) {
        int rows = 0;
        for (int handler = 0; handler < report->results[i]->handler_count; handler++) {
            if (!is_shown(report->results[i], handler))
                continue;
            more |= rows >= most;
            if (rows < most)
                put_row(html, i, handler, rows++ == 0, &columns);
        }
    }
    buf_text(html->buf, "</tbody></table></div>\n");
    if (more)
        buf_text(html->buf, "<p class=\"soft\">The other handlers are in --out json.</p>\n");
    html_end_section(html);
}
