/* html_plot: curves over a varied value, drawn with svg.h: two axes, ticks that do not run into each other, a curve a
 * server with its interval, marks where something happens, and the names at the curves' ends.
 *
 * Values are plain numbers in the units of the caller; positions are CSS pixels of the chart. */
#ifndef CLI_HTML_PLOT_H
#define CLI_HTML_PLOT_H

#include "html.h"
#include "svg.h"

typedef struct PlotAxis {
    double low, high; /* of the values */
    double from, to;  /* where these are drawn */
    bool log;
} PlotAxis;

double plot_at(const PlotAxis *axis, double value); /* kept between the ends */

/* A round step between at most so many ticks. */
double plot_round(const PlotAxis *axis, int ticks);

typedef struct Plot {
    Svg svg;
    PlotAxis x, y;
    bool small; /* one of several: fewer ticks, no names */
} Plot;

/* The size of a plot, and the room around it: on the right for names of so many characters. */
void plot_begin(Plot *plot, Html *html, bool small, size_t names, const char *label);
void plot_end(Plot *plot);

/* Ticks of the value axis with its grid: `unit` says how they are written; and the frame. */
void plot_grid(Plot *plot, Html *html, MetricUnit unit);
/* A tick below, where there is room behind the one before it (*before, begins at -1000). */
void plot_tick(Plot *plot, double x, const char *text, double *before);
void plot_axis_name(Plot *plot, const char *text);

/* A point of a curve. */
typedef struct PlotPoint {
    bool has;
    double x, y;      /* positions */
    double low, high; /* of the interval, positions; equal: none */
} PlotPoint;
typedef enum CurveStyle {
    CURVE_LINE,   /* a line, its interval a band */
    CURVE_DOTTED, /* the points marked as well, where they are few */
    CURVE_APART   /* the points alone, each with its own interval: nothing lies between them */
} CurveStyle;
/* A gap where a point is missing. */
void plot_curve(Plot *plot, Html *html, int server, const char *name, const PlotPoint *point, int count,
                CurveStyle style);

/* A vertical mark in the server's colour with a dot at height y (below 0: none), and what it says: the nth such text of
 * this plot, one below the other; NULL: only as a tip of the dot. */
void plot_mark(Plot *plot, Html *html, int server, double x, double y, int nth, const char *text, const char *tip);

/* Names beside x, at the heights of their curves' ends (below 0: none), moved apart where they would cover each other
 * and kept between top and bottom. Changes `end`. */
void plot_names(Html *html, Svg *svg, double x, double top, double bottom, double *end, const char *const *name,
                int count);

#endif
