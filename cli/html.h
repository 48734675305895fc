/* html: the HTML report in parts. One file, nothing from elsewhere, no script; light and dark; at most some 300 KB
 * whatever the spec: long values, and rows beyond what anybody reads, are cut, and it says so. */
#ifndef CLI_HTML_H
#define CLI_HTML_H

#include "report.h"

enum { HTML_COLORS = 8, HTML_DASHES = 5, HTML_WIDTH = 920, HTML_NAME = 60 };

typedef struct Html {
    Buf *buf;
    const Report *report;
} Html;

void html_style(Buf *buf); /* the style sheet, without its element */

/* Up to the middle of the header, which is the caller's to close. about may be NULL. */
void html_begin_page(Html *html, const char *title, const char *about, const char *meta);
void html_again(Html *html, const char *command); /* the command that gives the same again */
void html_end_page(Html *html);

void html_text(Html *html, const char *text, size_t most);  /* escaped, cut after `most` characters */
void html_prose(Html *html, const char *text, size_t most); /* likewise; what is in backticks is code */
void html_dot(Html *html, int server, const char *name);    /* its colour and the name */
void html_name(Html *html, int server);                     /* likewise, of a server that ran */
void html_server_heads(Html *html);                         /* a <th> a server */
void html_begin_section(Html *html, const char *id, const char *title, const char *lead); /* lead may be NULL */
void html_end_section(Html *html);
void html_begin_data(Html *html, const char *title); /* a table that can be opened under a chart */
void html_end_data(Html *html);
/* A cell of a figure, with its unit. */
void html_cell(Html *html, MetricUnit unit, bool has, int64_t value);
/* "Sn", the class of the nth server's colour. */
const char *html_color(int server);

/* The charts. */
void html_percentiles(Html *html);
void html_histogram(Html *html);
void html_time(Html *html);
void html_blame(Html *html); /* a table; nothing where nobody waited */
void html_busy(Html *html);
void html_series(Html *html); /* nothing where there is no series */

#endif
