#include "kernel.h"

/* Invariants. Every pending event has when >= last and last <= now; it stands in present[rank] where when == last, else in
 * the bucket of the highest bit in which when and last differ. `last` moves only to the least pending time, which
 * is in the lowest nonempty bucket: so the bucket of all events above that one stays right, and events with equal times
 * are always in one list, in the order in which they were scheduled. */

static void list_init(Event *head)
{
    head->next = head->prev = head;
}

static inline void list_append(Event *head, Event *event)
{
    event->next = head;
    event->prev = head->prev;
    head->prev->next = event;
    head->prev = event;
}

static inline void list_remove(Event *event)
{
    event->prev->next = event->next;
    event->next->prev = event->prev;
    event->next = event->prev = NULL;
}

void kernel_init(Kernel *kernel)
{
    *kernel = (Kernel){0};
    for (size_t i = 0; i < RANKS; i++)
        list_init(&kernel->present[i]);
    for (size_t i = 0; i < COUNT_OF(kernel->bucket); i++)
        list_init(&kernel->bucket[i]);
}

static inline void place(Kernel *kernel, Event *event)
{
    uint64_t differ = (uint64_t)event->when ^ (uint64_t)kernel->last;
    if (differ == 0) {
        list_append(&kernel->present[event->rank], event);
        return;
    }
    unsigned b = 63 - (unsigned)__builtin_clzll(differ);
    kernel->nonempty |= UINT64_C(1) << b;
    list_append(&kernel->bucket[b], event);
}

void kernel_at(Kernel *kernel, Event *event, Time when)
{
    must(when >= kernel->now, "an event was scheduled in the past");
    must(when < TIME_NEVER, "an event was scheduled at no time");
    must(!event_pending(event), "an event was scheduled twice");
    must(event->rank < RANKS, "an event has no such rank");
    event->when = when;
    kernel->pending++;
    place(kernel, event);
}

void kernel_cancel(Kernel *kernel, Event *event)
{
    if (!event_pending(event))
        return;
    list_remove(event); /* a bucket that it leaves empty is noticed when its turn comes */
    kernel->pending--;
}

static Time least_time(const Event *head)
{
    Time least = head->next->when;
    for (const Event *event = head->next->next; event != head; event = event->next)
        least = event->when < least ? event->when : least;
    return least;
}

/* Moves `last` to the least time of this bucket and its events to where they belong then: all to lower buckets. */
static void redistribute(Kernel *kernel, Event *head, Time least)
{
    Event *event = head->next;
    list_init(head);
    kernel->last = least;
    while (event != head) {
        Event *next = event->next;
        place(kernel, event);
        event = next;
    }
}

/* Removes the next event where it is before `until`; NULL where it is not, or where there is none. */
static inline Event *take(Kernel *kernel, Time until)
{
    for (;;) {
        if (kernel->last < until) {
            for (unsigned rank = 0; rank < RANKS; rank++) {
                Event *event = kernel->present[rank].next;
                if (event != &kernel->present[rank]) {
                    list_remove(event);
                    return event;
                }
            }
        }
        if (kernel->nonempty == 0)
            return NULL;
        unsigned b = (unsigned)__builtin_ctzll(kernel->nonempty);
        Event *head = &kernel->bucket[b], *first = head->next;
        if (first == head) {
            kernel->nonempty &= kernel->nonempty - 1;
        } else if (first == head->prev) { /* alone: nothing to sort */
            if (first->when >= until)
                return NULL;
            kernel->nonempty &= kernel->nonempty - 1;
            kernel->last = first->when;
            list_remove(first);
            return first;
        } else {
            Time least = least_time(head);
            if (least >= until)
                return NULL;
            kernel->nonempty &= kernel->nonempty - 1;
            redistribute(kernel, head, least);
        }
    }
}

static inline bool step(Kernel *kernel, Time until)
{
    Event *event = take(kernel, until);
    if (!event)
        return false;
    kernel->now = event->when;
    kernel->pending--;
    kernel->taken++;
    event->fn(event);
    return true;
}

bool kernel_step(Kernel *kernel)
{
    return step(kernel, TIME_NEVER);
}

KernelEnd kernel_run(Kernel *kernel, Time until, uint64_t max_events, const volatile sig_atomic_t *stop)
{
    for (;;) {
        if (kernel->stopped) {
            kernel->stopped = false; /* a stop ends one run; the next one goes on */
            return KERNEL_STOPPED;
        }
        if (stop && *stop)
            return KERNEL_INTERRUPTED;
        if (kernel->pending == 0)
            return KERNEL_DRAINED;
        if (kernel->taken >= max_events)
            return KERNEL_LIMIT;
        if (!step(kernel, until)) {
            if (kernel->now < until)
                kernel->now = until;
            return KERNEL_DEADLINE;
        }
    }
}

void kernel_stop(Kernel *kernel)
{
    kernel->stopped = true;
}
