/* The page itself, and the pieces that all of its parts are made of. */
#include "escape.h"
#include "html.h"
#include "text.h"

#include <string.h>

enum { LINE_MOST = 1 << 28, TITLE_MOST = 300, ABOUT_MOST = 2000, META_MOST = 400, COMMAND_MOST = 8000 };

void html_text(Html *html, const char *text, size_t most)
{
    Buf cut;
    buf_init(&cut, html->report->mem, LINE_MOST);
    Text plain = {.buf = &cut};
    text_left(&plain, text, text_width(text) < most ? text_width(text) : most);
    escape_markup(html->buf, buf_string(&cut));
    buf_free(&cut);
}

void html_prose(Html *html, const char *text, size_t most)
{
    bool code = false;
    while (*text && most > 0) {
        size_t size = strcspn(text, "`");
        const char *part = mem_copy(html->report->mem, text, size);
        html_text(html, part, most);
        most -= text_width(part) < most ? text_width(part) : most;
        text += size;
        if (*text != '`')
            break;
        text++;
        if (!code && !strchr(text, '`'))
            continue; /* not closed */
        buf_text(html->buf, code ? "</code>" : "<code>");
        code = !code;
    }
    if (code)
        buf_text(html->buf, "</code>");
}

const char *html_color(int server)
{
    static const char *const names[HTML_COLORS] = {"S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7"};
    return names[server % HTML_COLORS];
}

void html_dot(Html *html, int server, const char *name)
{
    buf_f(html->buf, "<span class=\"dot own %s\"></span>", html_color(server));
    html_text(html, name, HTML_NAME);
}

void html_name(Html *html, int server)
{
    html_dot(html, server, html->report->results[server]->name);
}

void html_server_heads(Html *html)
{
    for (int i = 0; i < html->report->count; i++) {
        buf_text(html->buf, "<th>");
        html_name(html, i);
        buf_text(html->buf, "</th>");
    }
}

void html_begin_section(Html *html, const char *id, const char *title, const char *lead)
{
    buf_f(html->buf, "<section id=\"%s\"><h2>%s</h2>\n", id, title);
    if (lead)
        buf_f(html->buf, "<p class=\"lead\">%s</p>\n", lead);
}

void html_end_section(Html *html)
{
    buf_text(html->buf, "</section>\n");
}

void html_begin_data(Html *html, const char *title)
{
    buf_f(html->buf, "<details><summary>%s</summary><div class=\"scroll\"><table><thead><tr>", title);
}

void html_end_data(Html *html)
{
    buf_text(html->buf, "</tbody></table></div></details>\n");
}

void html_cell(Html *html, MetricUnit unit, bool has, int64_t value)
{
    buf_text(html->buf, "<td>");
    if (!has)
        buf_text(html->buf, "–");
    else
        text_value(html->buf, unit, true, value, html->report->args->time_unit);
    buf_text(html->buf, "</td>");
}

/* ---- from the first line to the last ---- */

void html_begin_page(Html *html, const char *title, const char *about, const char *meta)
{
    buf_text(html->buf, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                        "content=\"width=device-width,initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" "
                        "content=\"default-src 'none';style-src 'unsafe-inline'\"><title>");
    html_text(html, title, HTML_NAME);
    buf_text(html->buf, " · loopsim</title>\n<style>\n");
    html_style(html->buf);
    buf_text(html->buf, "</style></head><body><main>\n<header><h1>");
    html_text(html, title, TITLE_MOST);
    buf_text(html->buf, "</h1>\n");
    if (about) {
        buf_text(html->buf, "<p class=\"about\">");
        html_text(html, about, ABOUT_MOST);
        buf_text(html->buf, "</p>\n");
    }
    buf_text(html->buf, "<p class=\"meta\">");
    html_text(html, meta, META_MOST);
    buf_text(html->buf, "</p>\n");
}

void html_again(Html *html, const char *command)
{
    html_begin_section(html, "again", "The same again", NULL);
    buf_text(html->buf, "<pre>");
    html_text(html, command, COMMAND_MOST);
    buf_text(html->buf, "</pre>\n");
    html_end_section(html);
}

void html_end_page(Html *html)
{
    buf_text(html->buf,
             "<footer>loopsim " LOOPSIM_VERSION ": simulated, not measured.</footer>\n</main></body></html>\n");
}
