/* escape: foreign text (names, requirements, paths, values of a spec) made safe for where it goes. Each takes any
 * bytes: what is no UTF-8, and what the format cannot hold, becomes U+FFFD. */
#ifndef CLI_ESCAPE_H
#define CLI_ESCAPE_H

#include "../sim/buf.h"

/* Text and attribute values of HTML and of XML 1.0. */
void escape_markup(Buf *buf, const char *text);
/* One field (RFC 4180); what a spreadsheet would take as a formula begins with an apostrophe. */
void escape_csv(Buf *buf, const char *text);
/* Text inside one line of Markdown (CommonMark, with the tables of GitHub): nothing of it is markup. */
void escape_markdown(Buf *buf, const char *text);
/* The message of a workflow command of GitHub Actions, and a value among its properties. */
void escape_command(Buf *buf, const char *text);
void escape_property(Buf *buf, const char *text);
/* A word as a POSIX shell takes it. */
void escape_shell(Buf *buf, const char *text);

#endif
