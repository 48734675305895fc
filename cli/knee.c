#include "knee.h"

enum { FOLLOWS = 990000, ENOUGH = 100, MILLION = 1000000 };

static double missing(const KneePoint *point)
{
    return (double)point->offered - (double)point->throughput;
}

static bool follows(const KneePoint *point)
{
    return (double)point->throughput * MILLION >= (double)point->offered * FOLLOWS;
}

/* The first point from which on none is fine, seen from the side that is fine; -1: there is none, or no fine one
 * before it. `step` says the side: 1 from the low end, -1 from the high one. */
static int first_bad(const KneePoint *point, int count, bool (*fine)(const KneePoint *point, double limit),
                     double limit, int step)
{
    int bad = -1, start = step > 0 ? 0 : count - 1;
    if (count < 2 || !fine(&point[start], limit))
        return -1;
    for (int i = start; i >= 0 && i < count; i += step) {
        if (fine(&point[i], limit))
            bad = -1;
        else if (bad < 0)
            bad = i;
    }
    return bad;
}

static bool follows_fine(const KneePoint *point, double limit)
{
    (void)limit;
    return follows(point);
}

/* Where the line through (x1, y1) and (x2, y2) has the height y, kept between two bounds. */
static double meets(double x1, double y1, double x2, double y2, double y, double low, double high)
{
    double x = y2 == y1 ? x1 : x1 + (y - y1) * (x2 - x1) / (y2 - y1);
    return x < low ? low : x > high ? high : x;
}

/* Whether what arrives grows from point to point, in this direction. */
static bool is_driven(const KneePoint *good, const KneePoint *bad, const KneePoint *beyond, int step)
{
    int64_t first = (bad->offered - good->offered) * step, second = (beyond->offered - bad->offered) * step;
    return (step > 0 && first > 0 && second > 0) || (step < 0 && first < 0 && second < 0);
}

static Knee knee_open(const KneePoint *point, int count)
{
    Knee knee = {.has = false, .fine = count > 0 && follows(&point[0])};
    int step = 1, bad = first_bad(point, count, follows_fine, 0, 1);
    if (bad < 0) {
        step = -1;
        bad = first_bad(point, count, follows_fine, 0, -1);
    }
    if (bad < 0)
        return knee;
    int good = bad - step, next = bad + step;
    const KneePoint *a = &point[good], *b = &point[bad], *c = next >= 0 && next < count ? &point[next] : a;
    bool driven = c != a && is_driven(a, b, c, step);
    double xa = (double)(driven ? a->offered : a->at), xb = (double)(driven ? b->offered : b->at),
           xc = (double)(driven ? c->offered : c->at);
    double x = meets(xb, missing(b), xc, missing(c), 0, xa < xb ? xa : xb, xa < xb ? xb : xa);
    double part = (x - xa) / (xb - xa);
    knee = (Knee){.has = true, .last = good, .first = bad};
    knee.at = (int64_t)((double)a->at + part * ((double)b->at - (double)a->at) + 0.5);
    knee.figure = (int64_t)((double)a->offered + part * ((double)b->offered - (double)a->offered) + 0.5);
    return knee;
}

static Knee knee_closed(const KneePoint *point, int count)
{
    Knee knee = {.has = false};
    int64_t most = 0;
    for (int i = 0; i < count; i++)
        most = point[i].throughput > most ? point[i].throughput : most;
    if (count < 2 || point[0].at <= 0 || point[0].throughput <= 0)
        return knee;
    double slope = (double)point[0].throughput / (double)point[0].at, at = (double)most / slope;
    int first = 0;
    while (first < count && (double)point[first].at < at)
        first++;
    if (first == 0 || first == count ||
        (double)point[count - 1].throughput >= 0.9 * slope * (double)point[count - 1].at)
        return knee;
    return (Knee){.has = true, .at = (int64_t)(at + 0.5), .last = first - 1, .first = first, .figure = most};
}

Knee knee_throughput(const KneePoint *point, int count, bool closed)
{
    return closed ? knee_closed(point, count) : knee_open(point, count);
}

static bool is_low(const KneePoint *point, double limit)
{
    return (point->completed < ENOUGH && point->p99 >= 0) || (point->p99 >= 0 && (double)point->p99 < limit);
}

Knee knee_p99(const KneePoint *point, int count)
{
    Knee knee = {.has = false};
    int64_t least = INT64_MAX;
    for (int i = 0; i < count; i++)
        if (point[i].completed >= ENOUGH && point[i].p99 > 0 && point[i].p99 < least)
            least = point[i].p99;
    if (least == INT64_MAX)
        return knee;
    double limit = 2 * (double)least;
    int step = 1, bad = first_bad(point, count, is_low, limit, 1);
    if (bad < 0) {
        step = -1;
        bad = first_bad(point, count, is_low, limit, -1);
    }
    if (bad < 0)
        return knee;
    const KneePoint *a = &point[bad - step], *b = &point[bad];
    double low = (double)(step > 0 ? a->at : b->at), high = (double)(step > 0 ? b->at : a->at), at = (double)b->at;
    if (b->p99 >= 0 && a->completed >= ENOUGH)
        at = meets((double)a->at, (double)a->p99, (double)b->at, (double)b->p99, limit, low, high);
    return (Knee){.has = true, .at = (int64_t)(at + 0.5), .last = bad - step, .first = bad, .figure = least};
}
