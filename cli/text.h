/* text: what the text reports are set with: styles, aligned columns, numbers with a unit a row. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "report.h"

enum { TEXT_WIDTH = 100, TEXT_LABEL = 20 }; /* the width is less on a narrow terminal */

typedef struct Text {
    Buf *buf;
    const Report *report;
    bool color, ascii;
    size_t width; /* in characters */
} Text;

typedef enum Style { STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_BAD } Style;
void text_style(Text *text, Style style); /* until text_plain; nothing without colour */
void text_plain(Text *text);

size_t text_width(const char *s);                        /* in characters */
void text_left(Text *text, const char *s, size_t width); /* padded, or cut with an ellipsis */
/* Typography becomes what a typewriter had; names in other scripts become question marks. */
void text_ascii(Buf *buf, const char *s);
void text_right(Text *text, const char *s, size_t width);

/* Wrapped at the width; every line but the first begins at `column`, where the first stands already. */
void text_wrap(Text *text, const char *s, size_t column);

void text_end_line(Text *text); /* without blanks at its end */

/* The scale of a row: one unit and so many decimals for all of its values. */
typedef struct Scale {
    const char *unit; /* "ms", "%", "" … */
    int64_t size;     /* of the unit */
    unsigned decimals;
} Scale;

Scale scale_for(MetricUnit unit, const int64_t value[], const bool has[], int count, TimeUnit time_unit);
void scale_put(Buf *buf, Scale scale, int64_t value); /* 12,345.6 */
void text_count(Buf *buf, uint64_t value);            /* 12,345 */
void text_time(Buf *buf, Time ns);                    /* "60 s", "1.5 ms": as short as it is exact to three digits */
void text_micro(Buf *buf, Micro value, unsigned decimals); /* rounded, with separators */
/* With its unit; "nothing" where there is none. */
void text_value(Buf *buf, MetricUnit unit, bool has, int64_t value, TimeUnit time_unit);
/* "19.0 ±1.7 ms": with half the width of its interval, in the same unit; half -1: none. */
void text_interval(Buf *buf, MetricUnit unit, int64_t value, int64_t half, TimeUnit time_unit);

/* How a row of the contrast and a part of a latency are called. */
const char *contrast_label(const ContrastRow *row);
extern const char *const part_label[PARTS];
/* Counts of what went wrong are rows only where something did. */
bool contrast_shown(const Report *report, const ContrastRow *row);

/* The parts of the screen: text_tables.c, text_spread.c. */
void text_contrast(Text *text);
void text_split(Text *text, int handler); /* where the mean latency went; -1: of all requests */
void text_spread(Text *text);
void text_blame(Text *text); /* text_blame.c */

#endif
