/* The inside of blame, shared by its two files: stations.c knows who holds what, blame.c what strands have waited
 * for.
 *
 * Only causes that have kept anybody so far are looked at: each has a *column*, in the order in which they first did.
 * Wherever something is kept by cause it is an array of columns; those that nobody has yet are 0 in all of them. They
 * are walked in pairs. */
#ifndef MODEL_OBSERVE_STATIONS_H
#define MODEL_OBSERVE_STATIONS_H

#include "probe.h"

struct Station {
    Blame *blame;
    Time since; /* up to when `held` was brought; it grows only while there are waiters */
    uint32_t holders, waiters;
    uint64_t sum;    /* of the causes of all holders: with one holder, its cause */
    Time passed;     /* the sum of `cored` */
    Station *behind; /* NULL: none */
    Station *asleep; /* a thread's, while it sleeps: becomes `behind` */
    int32_t idle;    /* cause */
    bool fixed;      /* always held by `idle`: nothing is kept of it */
    bool plain;      /* neither that, nor the cores, nor ended */
    bool watching;   /* it counts as a waiter of `behind`, and `seen` is what that had been held by */
    bool ended;
    uint32_t *count; /* a cause: holders */
    Time *seen;      /* columns */
    Time *cored;     /* columns: ns of `held` that the cores were held, which this is behind */
    Time held[];     /* columns: ns */
};

struct Blame {
    const Probe *probe;
    int causes;
    int stride;      /* of arrays of columns: causes, made even */
    int columns;     /* taken so far */
    size_t pairs;    /* of them, at least one */
    int16_t *column; /* a cause, -1: none yet */
    Pool stations, tallies;
    Tally *spare; /* given back: nothing of them is put to zero */
    Station *cores, *wake_up, *syn_retry, *paused;
    Time paused_until;
    Sum *row;         /* a handler, a wait, a column; to which is to be added: */
    uint64_t *lately; /* the same */
    uint64_t most;    /* none of `lately` is more */
    Time *slow;       /* a slow request, a cause */
};

static inline Time blame_now(const Blame *blame)
{
    return probe_now(blame->probe);
}

int blame_column(Blame *blame, int cause); /* where time is added for this cause */

/* `to` becomes what `from` says. */
static inline void blame_copy(const Blame *blame, Time *restrict to, const Time *restrict from)
{
    size_t pairs = blame->pairs;
    do {
        to[0] = from[0];
        to[1] = from[1];
        to += 2;
        from += 2;
    } while (--pairs > 0);
}

void station_bring_up_any(Station *station); /* the same in full */

/* Somebody waits for it: `held` is brought up to `now`. Mostly there is one holder, and its cause has a column. */
static inline void station_bring_up(Station *station, Time now)
{
    Time span = now - station->since;
    if (span == 0)
        return;
    int column = station->holders == 1 ? station->blame->column[station->sum] : -1;
    if (rarely(column < 0)) {
        station_bring_up_any(station);
        return;
    }
    station->since = now;
    station->held[column] += span;
}

/* Settled before: from now on it looks at whom it is behind, or does not. */
void station_looks_behind(Station *station);
void station_forget(Station *station);

/* Who begins to wait settles the station, and so does who leaves: `held` is up to date then. */
static inline void station_waited_for(Station *station, Time now)
{
    if (station->waiters++ > 0) {
        station_bring_up(station, now);
        return;
    }
    station->since = now;
    if (rarely(station->behind != NULL))
        station_looks_behind(station);
}

static inline void station_left(Station *station)
{
    must(station->waiters > 0, "somebody left a station who did not wait for it");
    if (--station->waiters > 0)
        return;
    if (rarely(station->behind != NULL))
        station_looks_behind(station);
    if (rarely(station->ended))
        station_forget(station);
}

/* Nobody seemed to keep what was waited for from `since` on: then the server stood still, or `otherwise`. */
int blame_idle_cause(const Blame *blame, Time since, int otherwise);

#endif
