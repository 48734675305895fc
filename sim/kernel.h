/* kernel: the clock and the queue of future events.
 *
 * Events are totally ordered by (when, rank, order of scheduling). An Event lives inside the object that it
 * concerns; scheduling takes no memory and cannot fail. An event in the past is a bug and aborts in every build.
 *
 * What is due soonest stands in one sorted list, the front: an event that is scheduled looks for its place from the
 * end, and where that takes more than a few steps the later ones leave the front for good. Those, and what is due
 * later than they, stand in a monotone radix heap over intrusive lists (Ahuja, Mehlhorn, Orlin, Tarjan 1990), in base
 * 256: the slot of an event is the highest byte in which its time differs from a time that the clock has passed, and
 * what that byte is. Lists keep the order of scheduling, and the events of the present instant stand in one list a
 * rank. Scheduling and cancelling are O(1); taking is O(1) amortised, for an event moves at most 9 times, and mostly
 * not more than once or twice. Where so many are pending that memory has to be waited for, it is asked for ahead. */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include "base.h"
#include <signal.h>

enum {
    RANK_WORLD = 0,  /* what happens outside the threads: arrivals, networks, resources, sleeps that end */
    RANK_THREAD = 1, /* threads that go on: after all that happened outside at the same instant */
    RANKS = 2
};

typedef struct Event Event;
typedef void EventFn(Event *event);

typedef struct EventLink {
    struct EventLink *next, *prev; /* NULL: not scheduled */
} EventLink;

struct Event {
    EventLink link;
    Time when;
    EventFn *fn;
    uint16_t rank;
    uint16_t reach; /* a hint, no more: what else its function touches; see event_reaches */
    int32_t near;   /* likewise: how many steps of 8 bytes away is the event that comes a few before it (kernel.c) */
};

enum { KERNEL_DIGITS = 8, KERNEL_BASE = 256, KERNEL_SLOTS = KERNEL_DIGITS * KERNEL_BASE };
enum {
    KERNEL_FAR = 2 * KERNEL_BASE, /* slots from here on hold what is due in 2^16 ns or later */
    KERNEL_AHEAD = 8,             /* events that are fetched ahead while a far list is opened */
    KERNEL_SOON = 1 << 12         /* a far list of no more is due so soon that what its events reach is fetched, too */
};
#ifdef LOOPSIM_HOSTILE
enum { KERNEL_MANY = 0, KERNEL_STEPS = 2 };
#else
enum { KERNEL_MANY = 1 << 14, KERNEL_STEPS = 8 };
#endif

/* It holds lists whose heads are inside it: it stays where kernel_init found it. */
typedef struct Kernel {
    Time now;
    uint64_t taken;                            /* events run so far */
    uint64_t pending;                          /* events scheduled */
    bool stopped;                              /* kernel_stop was called */
    const volatile sig_atomic_t *stop;         /* of the run under way: for events that go on for long; may be NULL */
    Event front;                               /* the head of the front, earlier than all others */
    Time bound;                                /* the front has what is due before it, the heap has the rest */
    Time last;                                 /* the time that slots are relative to; at most now */
    uint32_t words;                            /* bit w: nonempty[w] is not 0 */
    uint64_t nonempty[KERNEL_SLOTS / 64];      /* bit b of word w: slot 64 w + b may hold events */
    EventLink present[RANKS];                  /* list heads: when == last, and in the heap */
    uint64_t many;                             /* with so many pending, events are fetched ahead */
    uint32_t added[KERNEL_SLOTS - KERNEL_FAR]; /* to a far list, since it was opened */
    EventLink *recent[KERNEL_SLOTS - KERNEL_FAR][KERNEL_AHEAD]; /* what was added to a far list last; may be gone */
    EventLink slot[KERNEL_SLOTS]; /* list heads: when > last; 256 * digit's place + digit */
} Kernel;

typedef enum KernelEnd {
    KERNEL_DRAINED,     /* nothing is scheduled */
    KERNEL_DEADLINE,    /* the clock stands at `until`; events at `until` itself have not run */
    KERNEL_LIMIT,       /* max_events were run */
    KERNEL_INTERRUPTED, /* *stop was set */
    KERNEL_STOPPED      /* kernel_stop was called by an event */
} KernelEnd;

void kernel_init(Kernel *kernel);
static inline void event_bind(Event *event, EventFn *fn, uint32_t rank)
{
    must(rank < RANKS, "an event has no such rank");
    event->link.next = event->link.prev = NULL;
    event->fn = fn;
    event->rank = (uint16_t)rank;
    event->reach = 0;
    event->near = 0;
}

/* Where many are pending: its function will touch the cache line behind the event's own, and what the word behind the
 * event points to (any value that it ever has may be fetched from). They are fetched when it is soon due. */
static inline void event_reaches(Event *event)
{
    event->reach = 1;
}
static inline bool event_pending(const Event *event)
{
    return event->link.next != NULL;
}
void kernel_at(Kernel *kernel, Event *event, Time when);       /* when >= now; the event must not be pending */
static inline void kernel_cancel(Kernel *kernel, Event *event) /* not pending: nothing happens */
{
    if (!event_pending(event))
        return;
    event->link.prev->next = event->link.next; /* a slot that it leaves empty is noticed when its turn comes */
    event->link.next->prev = event->link.prev;
    event->link.next = event->link.prev = NULL;
    kernel->pending--;
}
bool kernel_step(Kernel *kernel); /* runs the next event; false: there is none */

/* Runs events until one of the ends above; `stop` may be NULL. max_events counts from the start of the kernel. */
KernelEnd kernel_run(Kernel *kernel, Time until, uint64_t max_events, const volatile sig_atomic_t *stop);
void kernel_stop(Kernel *kernel); /* ends kernel_run after the present event */

/* The run is to end: an event that does very much at one instant leaves the rest of it, to be gone on with at once. */
static inline bool kernel_leaves(const Kernel *kernel)
{
    return kernel->stopped || (kernel->stop != NULL && *kernel->stop != 0);
}

#endif
