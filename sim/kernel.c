#include "kernel.h"

/* Invariants. Every pending event has when >= last, and last <= now whenever an event runs or a caller has control.
 * An event stands in present[rank] where when == last, else in the slot of the highest digit in which `when` differs
 * from `last`: so lower slots hold earlier times. `last` moves only to a time of the lowest nonempty slot, or to the
 * least time that a slot could hold: the digits above stay as they are, and so do the right slots of all other
 * events. Equal times are always in one list, in the order of scheduling. */

enum { DIGIT_BITS = 8, SLOT_WORD = 64 };
_Static_assert(1 << DIGIT_BITS == KERNEL_BASE && KERNEL_DIGITS * DIGIT_BITS == 64, "digits do not cover a time");
_Static_assert(KERNEL_SLOTS / SLOT_WORD == 32, "the words of slots have a bit each in `words`");

static void list_init(EventLink *head)
{
    head->next = head->prev = head;
}

static inline void list_append(EventLink *head, EventLink *link)
{
    link->next = head;
    link->prev = head->prev;
    head->prev->next = link;
    head->prev = link;
}

static inline void list_remove(EventLink *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = link->prev = NULL;
}

static inline Event *event_of(EventLink *link)
{
    return CONTAINER_OF(link, Event, link);
}

void kernel_init(Kernel *kernel)
{
    *kernel = (Kernel){0};
    for (size_t i = 0; i < RANKS; i++)
        list_init(&kernel->present[i]);
    for (size_t i = 0; i < KERNEL_SLOTS; i++)
        list_init(&kernel->slot[i]);
}

static inline void place(Kernel *kernel, Event *event)
{
    uint64_t differ = (uint64_t)event->when ^ (uint64_t)kernel->last;
    if (differ == 0) {
        list_append(&kernel->present[event->rank], &event->link);
        return;
    }
    unsigned below = (63 - (unsigned)__builtin_clzll(differ)) & ~(DIGIT_BITS - 1u); /* the bits of lower digits */
    unsigned slot = below / DIGIT_BITS * KERNEL_BASE + (unsigned)((uint64_t)event->when >> below) % KERNEL_BASE;
    kernel->nonempty[slot / SLOT_WORD] |= UINT64_C(1) << slot % SLOT_WORD;
    kernel->words |= UINT32_C(1) << slot / SLOT_WORD;
    list_append(&kernel->slot[slot], &event->link);
}

void kernel_at(Kernel *kernel, Event *event, Time when)
{
    must(when >= kernel->now, "an event was scheduled in the past");
    must(when < TIME_NEVER, "an event was scheduled at no time");
    must(!event_pending(event), "an event was scheduled twice");
    event->when = when;
    kernel->pending++;
    place(kernel, event);
}

static inline Event *take_present(Kernel *kernel)
{
    for (unsigned rank = 0; rank < RANKS; rank++) {
        EventLink *first = kernel->present[rank].next;
        if (first != &kernel->present[rank]) {
            list_remove(first);
            return event_of(first);
        }
    }
    return NULL;
}

/* The least time that may stand in the slot of this event. */
static inline Time slot_start(const Event *event, unsigned slot)
{
    unsigned below = slot / KERNEL_BASE * DIGIT_BITS;
    return (Time)((uint64_t)event->when >> below << below);
}

/* Moves `last` to the start of a slot, and its events to where they belong then: all to lower slots, or to the
 * present. */
static void open_slot(Kernel *kernel, EventLink *head, Time start)
{
    EventLink *link = head->next;
    list_init(head);
    kernel->last = start;
    while (link != head) {
        EventLink *next = link->next;
        place(kernel, event_of(link));
        link = next;
    }
}

/* No event is in this slot any more. */
static inline void clear_slot(Kernel *kernel, unsigned slot)
{
    uint64_t left = kernel->nonempty[slot / SLOT_WORD] &= ~(UINT64_C(1) << slot % SLOT_WORD);
    if (left == 0)
        kernel->words &= ~(UINT32_C(1) << slot / SLOT_WORD);
}

/* Removes the next event where it is before `until`; NULL where it is not, or where there is none. */
static inline Event *take(Kernel *kernel, Time until)
{
    for (;;) {
        Event *event = kernel->last < until ? take_present(kernel) : NULL;
        if (event)
            return event;
        if (kernel->words == 0)
            return NULL;
        unsigned word = (unsigned)__builtin_ctz(kernel->words);
        unsigned slot = word * SLOT_WORD + (unsigned)__builtin_ctzll(kernel->nonempty[word]);
        EventLink *head = &kernel->slot[slot], *first = head->next;
        if (first == head) {
            clear_slot(kernel, slot);
            continue;
        }
        event = event_of(first);
        bool alone = first == head->prev;
        Time earliest = alone ? event->when : slot_start(event, slot);
        if (earliest >= until)
            return NULL;
        clear_slot(kernel, slot);
        if (alone) { /* nothing to sort */
            kernel->last = event->when;
            head->next = head->prev = head;
            first->next = first->prev = NULL;
            return event;
        }
        open_slot(kernel, head, earliest);
    }
}

static inline void run(Kernel *kernel, Event *event)
{
    kernel->now = event->when;
    kernel->pending--;
    kernel->taken++;
    event->fn(event);
}

bool kernel_step(Kernel *kernel)
{
    Event *event = take(kernel, TIME_NEVER);
    if (event)
        run(kernel, event);
    return event != NULL;
}

KernelEnd kernel_run(Kernel *kernel, Time until, uint64_t max_events, const volatile sig_atomic_t *stop)
{
    static const volatile sig_atomic_t never = 0;
    const volatile sig_atomic_t *asked = stop ? stop : &never;
    kernel->stop = stop;
    for (;;) {
        if (kernel->stopped) {
            kernel->stopped = false; /* a stop ends one run; the next one goes on */
            return KERNEL_STOPPED;
        }
        if (*asked)
            return KERNEL_INTERRUPTED;
        Event *event = kernel->taken < max_events ? take(kernel, until) : NULL;
        if (event)
            run(kernel, event);
        else if (kernel->pending == 0)
            return KERNEL_DRAINED;
        else if (kernel->taken >= max_events)
            return KERNEL_LIMIT;
        else
            break;
    }
    if (kernel->now < until)
        kernel->now = until;
    return KERNEL_DEADLINE;
}

void kernel_stop(Kernel *kernel)
{
    kernel->stopped = true;
}
