/* The inside of blame, shared by its two files: stations.c knows who holds what, blame.c what strands have waited
 * for. */
#ifndef MODEL_OBSERVE_STATIONS_H
#define MODEL_OBSERVE_STATIONS_H

#include "probe.h"

struct Station {
    Blame *blame;
    Time since; /* up to when `held` was brought; it grows only while there are waiters */
    uint32_t holders, waiters;
    uint64_t sum;    /* of the causes of all holders: with one holder, its cause */
    Station *behind; /* NULL: none */
    Station *asleep; /* a thread's, while it sleeps: becomes `behind` */
    int32_t idle;    /* cause */
    bool fixed;      /* always held by `idle`: nothing is kept of it */
    bool watching;   /* it counts as a waiter of `behind`, and `seen` is what that had been held by */
    bool ended;
    uint32_t *count; /* a cause: holders */
    Time *held;      /* a cause: ns */
    Time *seen;
    Time *cored; /* a cause: ns of `held` that the cores were held, which this is behind */
    Time passed; /* the sum of `cored` */
};

struct Blame {
    const Probe *probe;
    int causes;
    Pool stations, tallies;
    Tally *spare; /* given back: nothing of them is put to zero */
    Station *cores, *wake_up, *syn_retry, *paused;
    Time paused_until;
    int16_t *live; /* the causes that have kept anybody so far, ascending: all others are 0 wherever causes are kept, */
    int live_count; /* so that nobody looks at them */
    bool *is_live;  /* a cause */
    Sum *row;       /* a handler, a wait, a cause */
    Time *slow;     /* a slow request, a cause */
};

static inline Time blame_now(const Blame *blame)
{
    return probe_now(blame->probe);
}

void blame_new_cause(Blame *blame, int cause); /* it is live from now on */

/* Time is added where it is kept for this cause. */
static inline void blame_adds(Blame *blame, int cause)
{
    if (rarely(!blame->is_live[cause]))
        blame_new_cause(blame, cause);
}

/* `to` becomes what `from` says, a cause each. */
static inline void blame_copy(const Blame *blame, Time *to, const Time *from)
{
    for (int i = 0; i < blame->live_count; i++)
        to[blame->live[i]] = from[blame->live[i]];
}

/* Who begins to wait settles the station, and so does who leaves: `held` is up to date then. */
void station_waited_for(Station *station);
void station_left(Station *station);
void station_bring_up(Station *station); /* somebody waits for it */

/* Nobody seemed to keep what was waited for from `since` on: then the server stood still, or `otherwise`. */
int blame_idle_cause(const Blame *blame, Time since, int otherwise);

#endif
