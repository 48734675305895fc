/* Where the mean latency went: a bar a server, of all requests and of each handler. */
#include "html.h"
#include "svg.h"
#include "text.h"

#include <string.h>

enum { BAR = 20, STEP = 28, HEAD = 30, LEFT = 160, RIGHT = 96, HANDLERS_SHOWN = 12, BARS_SHOWN = 40 };

static const HandlerResults *group_of(const Results *results, int handler)
{
    return handler < 0 ? &results->all : &results->handlers[handler];
}

static Time total_of(const HandlerResults *group)
{
    Time total = 0;
    for (int part = 0; part < PARTS; part++)
        total += group->time[part];
    return total;
}

/* Parts that nobody could see in any bar are left out of the legend and the table. */
static bool is_used(const Report *report, int part, int groups)
{
    for (int handler = -1; handler < groups; handler++) {
        for (int i = 0; i < report->count; i++) {
            const HandlerResults *group = group_of(report->results[i], handler);
            if (group->time[part] > total_of(group) / 2000)
                return true;
        }
    }
    return false;
}

static void put_legend(Html *html, int groups)
{
    buf_text(html->buf, "<ul class=\"legend\">\n");
    for (int part = 0; part < PARTS; part++)
        if (is_used(html->report, part, groups))
            buf_f(html->buf, "<li><span class=\"dot P%d\"></span>%s</li>\n", part, part_label[part]);
    buf_text(html->buf, "</ul>\n");
}

static void put_bar(Html *html, Svg *svg, const HandlerResults *group, double y, Time most)
{
    double x = LEFT, room = HTML_WIDTH - LEFT - RIGHT;
    Time total = total_of(group);
    Buf tip;
    buf_init(&tip, html->report->mem, 4096);
    for (int part = 0; part < PARTS; part++) {
        double width = most > 0 ? room * (double)group->time[part] / (double)most : 0;
        if (width < 0.05)
            continue;
        Buf class;
        buf_init(&class, html->report->mem, 64);
        buf_f(&class, "P%d", part);
        buf_clear(&tip);
        buf_f(&tip, "%s: ", part_label[part]);
        text_value(&tip, METRIC_TIME, true, group->time[part], html->report->args->time_unit);
        svg_bar(svg, buf_string(&class), x, y, width, BAR, buf_string(&tip));
        x += width;
    }
    buf_clear(&tip);
    text_value(&tip, METRIC_TIME, group->latency.count > 0, total, html->report->args->time_unit);
    svg_text(svg, "big", "start", x + 8, y + BAR - 5, buf_string(&tip), 30);
}

static void put_bars(Html *html, int groups)
{
    const Report *report = html->report;
    Svg svg;
    double y = 0, each = HEAD + (double)report->count * STEP;
    bool heads = groups > 0;
    svg_begin(&svg, html->buf, HTML_WIDTH, (heads ? each : each - HEAD) + (double)groups * each,
              "Parts of the mean latency, a bar for each server");
    for (int handler = -1; handler < groups; handler++) {
        Time most = 0;
        for (int i = 0; i < report->count; i++) {
            Time total = total_of(group_of(report->results[i], handler));
            most = total > most ? total : most;
        }
        if (heads) {
            svg_text(&svg, "big", "start", 0, y + 20,
                     handler < 0 ? "all requests" : report->spec->handlers[handler].name, 60);
            y += HEAD;
        }
        for (int i = 0; i < report->count; i++, y += STEP) {
            svg_text(&svg, "tick", "end", LEFT - 12, y + BAR - 5, report->results[i]->name, 20);
            put_bar(html, &svg, group_of(report->results[i], handler), y, most);
        }
    }
    svg_end(&svg);
}

static void put_table(Html *html, int groups)
{
    const Report *report = html->report;
    html_begin_data(html, "The figures of this chart");
    buf_text(html->buf, "<th>handler</th><th class=\"left\">server</th>");
    for (int part = 0; part < PARTS; part++)
        if (is_used(report, part, groups))
            buf_f(html->buf, "<th>%s</th>", part_label[part]);
    buf_text(html->buf, "<th>mean</th></tr></thead><tbody>\n");
    for (int handler = -1; handler < groups; handler++) {
        for (int i = 0; i < report->count; i++) {
            const HandlerResults *group = group_of(report->results[i], handler);
            buf_text(html->buf, "<tr><td>");
            html_text(html, handler < 0 ? "all requests" : group->name, HTML_NAME);
            buf_text(html->buf, "</td><td class=\"left\">");
            html_name(html, i);
            buf_text(html->buf, "</td>");
            for (int part = 0; part < PARTS; part++)
                if (is_used(report, part, groups))
                    html_cell(html, METRIC_TIME, group->latency.count > 0, group->time[part]);
            html_cell(html, METRIC_TIME, group->latency.count > 0, total_of(group));
            buf_text(html->buf, "</tr>\n");
        }
    }
    html_end_data(html);
}

void html_time(Html *html)
{
    int groups = html->report->spec->handler_count;
    int most = BARS_SHOWN / html->report->count < HANDLERS_SHOWN ? BARS_SHOWN / html->report->count : HANDLERS_SHOWN;
    groups = groups < 2 ? 0 : groups > most ? most : groups;
    html_begin_section(html, "time", "Where the time went",
                       "The mean latency of the completed requests, split by what they did or waited for. Warm "
                       "colours wait for others, cool ones do the request's own work.");
    put_legend(html, groups);
    put_bars(html, groups);
    put_table(html, groups);
    html_end_section(html);
}
