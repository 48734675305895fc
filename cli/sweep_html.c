/* A sweep as one page: where each server breaks, the charts, what it was made of. */
#include "sweep_page.h"

#include "text.h"

#include <string.h>

enum { TEXT_MOST = 1 << 26, KNEES_SHOWN = 200, FAILURES_SHOWN = 100, VALUES_SHOWN = 400 };

static void take_knee(void *context, const SweepKnee *knee)
{
    SweepPage *page = context;
    uint64_t count = (uint64_t)page->sweep->vary[page->along].count, first = knee->first_point;
    uint64_t panel = first / (page->stride * count) * page->stride + first % page->stride;
    for (int server = 0; server < page->table->servers; server++)
        if (strcmp(page->table->server[server], knee->server) == 0)
            page->knee[panel * (uint64_t)page->table->servers + (uint64_t)server] =
                (PageKnee){true, *knee->throughput, *knee->p99};
}

/* Along what the knees are looked for; else along what takes most values. */
static void choose_axis(SweepPage *page)
{
    const Sweep *sweep = page->sweep;
    page->along = sweep_along(sweep);
    page->knees = page->along >= 0 && sweep->shards == 0;
    for (int i = 0; page->along < 0 && i < sweep->vary_count; i++) {
        bool most = true;
        for (int k = 0; k < sweep->vary_count; k++)
            most &= sweep->vary[k].count <= sweep->vary[i].count;
        page->along = most ? i : -1;
    }
    page->stride = 1;
    for (int i = page->along + 1; i < sweep->vary_count; i++)
        page->stride *= (uint64_t)sweep->vary[i].count;
    page->panels = sweep->points / (uint64_t)sweep->vary[page->along].count;
    page->shown = page->panels < PANELS_SHOWN ? (int)page->panels : PANELS_SHOWN;
}

/* ---- the head ---- */

static void put_count(Buf *buf, uint64_t count, const char *one, const char *many)
{
    text_count(buf, count);
    buf_f(buf, " %s", count == 1 ? one : many);
}

static void put_about(Buf *buf, const Sweep *sweep)
{
    for (int i = 0; i < sweep->vary_count; i++) {
        const Vary *vary = &sweep->vary[i];
        buf_f(buf, "%s%s from %s to %s", i > 0 ? ", " : "", vary->path, vary->value[0], vary->value[vary->count - 1]);
    }
    buf_text(buf, " · ");
    put_count(buf, sweep->points, "point", "points");
    buf_text(buf, " · seed ");
    buf_u64(buf, sweep->seed);
    if (sweep->runs != 1) {
        buf_text(buf, " · ");
        if (sweep->runs > 1)
            text_count(buf, (uint64_t)sweep->runs);
        buf_text(buf, sweep->runs > 1 ? " runs each" : "as many runs as the precision needs");
        buf_text(buf, "; ± and the bands: 95 % intervals");
    }
}

static void put_chip(SweepPage *page, const char *class, uint64_t count, const char *what)
{
    Buf *buf = page->html.buf;
    if (count == 0)
        return;
    buf_f(buf, "<span class=\"chip %s\">%s", class, what);
    put_count(buf, count, "point", "points");
    buf_text(buf, "</span>");
}

static void put_head(SweepPage *page)
{
    const Sweep *sweep = page->sweep;
    Buf about;
    buf_init(&about, sweep->mem, TEXT_MOST);
    put_about(&about, sweep);
    html_begin_page(&page->html, sweep->name, NULL, buf_string(&about));
    buf_text(page->html.buf, "<div class=\"chips\">");
    put_chip(page, "bad", page->table->unmet, "requirements failed at ");
    put_chip(page, "bad", page->table->limited, "a limit was reached at ");
    if (sweep->interrupted)
        put_chip(page, "bad", sweep->points - sweep->here, "interrupted: still missing are ");
    if (sweep->shards > 0) {
        buf_text(page->html.buf, "<span class=\"chip good\">part ");
        buf_i64(page->html.buf, sweep->shard);
        buf_text(page->html.buf, " of ");
        buf_i64(page->html.buf, sweep->shards);
        buf_text(page->html.buf, "</span>");
    }
    buf_text(page->html.buf, "</div>\n</header>\n");
}

/* ---- a card a server, where one thing is varied ---- */

static void put_big(SweepPage *page, const char *name, const Knee *knee, const char *none)
{
    Buf *buf = page->html.buf;
    const Vary *vary = &page->sweep->vary[page->along];
    buf_f(buf, "<div><dt>%s</dt><dd>", name);
    if (knee->has) {
        sweep_put_at(buf, knee->at, "");
        buf_text(buf, "<small>");
        html_text(&page->html, vary->unit, VALUE_SHOWN);
        buf_text(buf, "</small>");
    } else {
        buf_text(buf, none);
    }
    buf_text(buf, "</dd></div>");
}

/* What was busy where it broke; else at the last point. */
static void put_load(SweepPage *page, int server)
{
    const Vary *vary = &page->sweep->vary[page->along];
    const Knee *knee = &page_knee(page, 0, server)->throughput;
    int at = knee->has ? knee->first : vary->count - 1;
    const SweepRow *row = page_row(page, 0, server, at);
    Buf *buf = page->html.buf;
    if (!row->here || row->utilization < 0 || !row->bottleneck[0])
        return;
    buf_text(buf, "<div class=\"load\"><span>");
    html_text(&page->html, row->bottleneck, HTML_NAME);
    buf_text(buf, " at ");
    html_text(&page->html, vary->value[at], VALUE_SHOWN);
    buf_text(buf, "</span><b>");
    text_value(buf, METRIC_FRACTION, true, row->utilization, TIME_AUTO);
    buf_f(buf, "</b></div><div class=\"meter\"><i class=\"fill %s\" style=\"width:", html_color(server));
    buf_fixed(buf, (row->utilization > 1000000 ? 1000000 : row->utilization) / 1000, 1);
    buf_text(buf, "%\"></i></div>\n");
}

static void put_card(SweepPage *page, int server)
{
    const PageKnee *of = page_knee(page, 0, server);
    Html *html = &page->html;
    Buf line;
    buf_f(html->buf, "<article class=\"card %s\"><h2>", html_color(server));
    html_text(html, page->table->server[server], HTML_NAME);
    buf_text(html->buf, "</h2>\n");
    if (of->here) {
        buf_text(html->buf, "<dl class=\"figures\">");
        put_big(page, "throughput breaks at", &of->throughput, of->throughput.fine ? "nowhere" : "everywhere");
        put_big(page, "p99 doubles at", &of->p99, "nowhere");
        buf_text(html->buf, "</dl>\n");
    }
    put_load(page, server);
    if (of->here) {
        SweepKnee knee = {page->table->server[server], page->along, 0, page->stride, &of->throughput, &of->p99};
        buf_init(&line, page->sweep->mem, TEXT_MOST);
        sweep_put_knee(&line, page->sweep, &knee);
        line.data[0] = 'T'; /* "throughput …" begins a sentence here */
        buf_text(html->buf, "<p>");
        html_text(html, buf_string(&line), 1000);
        buf_text(html->buf, ".</p>\n");
    }
    buf_text(html->buf, "</article>\n");
}

static void put_cards(SweepPage *page)
{
    buf_text(page->html.buf, "<div class=\"cards\">\n");
    for (int server = 0; server < page->table->servers; server++)
        put_card(page, server);
    buf_text(page->html.buf, "</div>\n");
}

/* ---- a table of knees, where several are varied ---- */

static void put_knee_cells(SweepPage *page, const Knee *knee, const char *fine, const char *none)
{
    Buf *buf = page->html.buf;
    const Vary *vary = &page->sweep->vary[page->along];
    if (!knee->has) {
        buf_f(buf, "<td class=\"soft\">%s</td><td></td>", knee->fine ? fine : none);
        return;
    }
    buf_text(buf, "<td><b>");
    sweep_put_at(buf, knee->at, vary->unit);
    buf_text(buf, "</b></td><td class=\"left soft\">");
    html_text(&page->html, vary->value[knee->last], VALUE_SHOWN);
    buf_text(buf, " … ");
    html_text(&page->html, vary->value[knee->first], VALUE_SHOWN);
    buf_text(buf, "</td>");
}

static void put_knee_row(SweepPage *page, uint64_t panel, int server)
{
    const Sweep *sweep = page->sweep;
    const PageKnee *of = page_knee(page, panel, server);
    uint64_t first = page_first(page, panel);
    Buf *buf = page->html.buf;
    buf_text(buf, "<tr>");
    for (int i = 0; i < sweep->vary_count; i++) {
        if (i == page->along)
            continue;
        buf_text(buf, "<td class=\"left\">");
        if (server == 0)
            html_text(&page->html, sweep->vary[i].value[sweep_index(sweep, first, i)], VALUE_SHOWN);
        buf_text(buf, "</td>");
    }
    buf_text(buf, "<td class=\"left\">");
    html_dot(&page->html, server, page->table->server[server]);
    buf_text(buf, "</td>");
    put_knee_cells(page, &of->throughput, "nowhere", "everywhere");
    put_knee_cells(page, &of->p99, "nowhere", "nowhere");
    html_cell(&page->html, METRIC_TIME, of->p99.has, of->p99.figure);
    buf_text(buf, "</tr>\n");
}

static void put_knees(SweepPage *page)
{
    const Sweep *sweep = page->sweep;
    Html *html = &page->html;
    uint64_t rows = page->panels * (uint64_t)page->table->servers,
             most = KNEES_SHOWN / (uint64_t)page->table->servers * (uint64_t)page->table->servers;
    Buf lead;
    buf_init(&lead, sweep->mem, TEXT_MOST);
    html_begin_section(html, "knees", "Where each server breaks", NULL);
    buf_f(&lead,
          "Along %s: where throughput stops following what arrives, and where p99 comes to twice its smallest "
          "value for good.",
          sweep->vary[page->along].path);
    buf_text(html->buf, "<p class=\"lead\">");
    html_text(html, buf_string(&lead), 400);
    buf_text(html->buf, "</p>\n<div class=\"scroll\"><table><thead><tr>");
    for (int i = 0; i < sweep->vary_count; i++) {
        if (i == page->along)
            continue;
        buf_text(html->buf, "<th class=\"left\">");
        html_text(html, sweep->vary[i].path, (size_t)2 * VALUE_SHOWN);
        buf_text(html->buf, "</th>");
    }
    buf_text(html->buf, "<th class=\"left\">server</th><th>throughput breaks at</th><th></th><th>p99 doubles at</th>"
                        "<th></th><th>from a plateau of</th></tr></thead><tbody>\n");
    for (uint64_t row = 0; row < rows && row < most; row++)
        put_knee_row(page, row / (uint64_t)page->table->servers, (int)(row % (uint64_t)page->table->servers));
    buf_text(html->buf, "</tbody></table></div>\n");
    if (rows > most) {
        buf_text(html->buf, "<p class=\"soft\">and ");
        text_count(html->buf, rows - most);
        buf_text(html->buf, " more: --out json has all of them</p>\n");
    }
    html_end_section(html);
}

/* ---- requirements, and what it was made of ---- */

static void put_failures(SweepPage *page)
{
    const SweepTable *table = page->table;
    Html *html = &page->html;
    if (table->failure_count == 0)
        return;
    html_begin_section(html, "requirements", "What failed", NULL);
    buf_text(html->buf,
             "<div class=\"scroll\"><table><thead><tr><th>at</th><th class=\"left\">requirement or limit</th></tr>"
             "</thead><tbody>\n");
    for (uint64_t i = 0; i < table->failure_count && i < FAILURES_SHOWN; i++) {
        Buf at;
        buf_init(&at, page->sweep->mem, TEXT_MOST);
        sweep_put_point(&at, page->sweep, table->failure[i].point);
        buf_text(html->buf, "<tr><td>");
        html_text(html, buf_string(&at), 200);
        buf_text(html->buf, "</td><td class=\"left wrap\"><code>");
        html_text(html, table->failure[i].text, 200);
        buf_text(html->buf, "</code></td></tr>\n");
    }
    buf_text(html->buf, "</tbody></table></div>\n");
    if (table->failure_count > FAILURES_SHOWN) {
        buf_text(html->buf, "<p class=\"soft\">and ");
        text_count(html->buf, table->failure_count - FAILURES_SHOWN);
        buf_text(html->buf, " more</p>\n");
    }
    html_end_section(html);
}

static void put_made_of(SweepPage *page)
{
    const Sweep *sweep = page->sweep;
    Html *html = &page->html;
    html_begin_section(html, "spec", "What was varied",
                       "All points have the same seed: what differs between two of "
                       "them comes of the values alone.");
    buf_text(html->buf, "<div class=\"scroll\"><table><tbody>\n");
    for (int i = 0; i < sweep->vary_count; i++) {
        const Vary *vary = &sweep->vary[i];
        Buf values;
        buf_init(&values, sweep->mem, TEXT_MOST);
        for (int k = 0; k < vary->count && values.size < VALUES_SHOWN; k++)
            buf_f(&values, "%s%s", k > 0 ? ", " : "", vary->value[k]);
        buf_text(html->buf, "<tr><td><code>");
        html_text(html, vary->path, 200);
        buf_text(html->buf, "</code></td><td class=\"left wrap\">");
        html_text(html, buf_string(&values), VALUES_SHOWN);
        buf_text(html->buf, "</td></tr>\n");
    }
    buf_text(html->buf, "<tr><td>digest of the spec at the first point</td><td class=\"left\"><code>");
    buf_hex16(html->buf, sweep->spec_digest);
    buf_text(html->buf, "</code></td></tr>\n<tr><td>identity of the sweep</td><td class=\"left\"><code>");
    buf_hex16(html->buf, sweep->identity);
    buf_text(html->buf, "</code></td></tr>\n</tbody></table></div>\n");
    html_end_section(html);
}

void sweep_html(Buf *buf, const Sweep *sweep)
{
    SweepTable table = sweep_table(sweep, sweep->mem);
    SweepPage *page = mem_get(sweep->mem, sizeof *page);
    page->report = (Report){.mem = sweep->mem, .args = sweep->args};
    page->html = (Html){buf, &page->report};
    page->sweep = sweep;
    page->table = &table;
    choose_axis(page);
    page->knee = mem_get(sweep->mem,
                         mem_array(sweep->mem, mem_array(sweep->mem, (size_t)page->panels, (size_t)table.servers + 1),
                                   sizeof *page->knee));
    if (page->knees)
        sweep_knees(sweep, &table, sweep->mem, take_knee, page);
    put_head(page);
    if (table.servers > 0) {
        if (page->panels == 1)
            put_cards(page);
        else if (page->knees)
            put_knees(page);
        page_charts(page);
    }
    put_failures(page);
    put_made_of(page);
    html_end_page(&page->html);
}
