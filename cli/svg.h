/* svg: what the charts of the HTML report are drawn with: inline SVG, coloured by classes of the page's style sheet.
 * Coordinates are CSS pixels at the chart's natural width, written with one decimal. */
#ifndef CLI_SVG_H
#define CLI_SVG_H

#include "../model/observe/results.h"

typedef struct Svg {
    Buf *buf;
    double width, height;
} Svg;

/* `label` is what a screen reader says; plain text. */
void svg_begin(Svg *svg, Buf *buf, double width, double height, const char *label);
void svg_end(Svg *svg);

void svg_number(Buf *buf, double value);
void svg_line(Svg *svg, const char *class, double x1, double y1, double x2, double y2);
/* `tip` (plain text, shown under the pointer) may be NULL. */
void svg_bar(Svg *svg, const char *class, double x, double y, double width, double height, const char *tip);
/* anchor: "start", "middle" or "end"; cut after `most` characters. */
void svg_text(Svg *svg, const char *class, const char *anchor, double x, double y, const char *text, size_t most);

/* A logarithmic axis of times from x `from` to `to`. */
typedef struct LogAxis {
    double low, high; /* of the values, ns */
    double from, to;
} LogAxis;

double log_axis_at(const LogAxis *axis, double value);
double log_axis_value(const LogAxis *axis, double share); /* share 0 … 1 of the way */
/* The next mark at or above *at: 1, 2 and 5 of each decade, the decades alone where there are more than three, equal
 * steps where there is not even one. */
bool log_axis_next(const LogAxis *axis, int64_t *at);

#endif
