#include "kernel.h"

#include <string.h>

/* Invariants. The front has the events with when < bound, sorted by (when, rank, order of scheduling). All others have
 * when >= last, and last <= now whenever an event runs or a caller has control. Such an event stands in present[rank]
 * where when == last, else in the slot of the highest digit in which `when` differs from `last`: so lower slots hold
 * earlier times. `last` moves only to a time of the lowest nonempty slot, or to the least time that a slot could hold:
 * the digits above stay as they are, and so do the right slots of all other events. Equal times are always in one
 * list, in the order of scheduling. */

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
    memset(kernel, 0, sizeof *kernel);
    kernel->many = KERNEL_MANY;
    list_init(&kernel->front.link);
    kernel->front.when = -1; /* ends every search for a place */
    kernel->bound = TIME_NEVER;
    for (size_t i = 0; i < RANKS; i++)
        list_init(&kernel->present[i]);
    for (size_t i = 0; i < KERNEL_SLOTS; i++)
        list_init(&kernel->slot[i]);
}

static inline unsigned slot_of(const Kernel *kernel, Time when)
{
    uint64_t differ = (uint64_t)when ^ (uint64_t)kernel->last;
    unsigned below = (63 - (unsigned)__builtin_clzll(differ)) & ~(DIGIT_BITS - 1u); /* the bits of lower digits */
    return below / DIGIT_BITS * KERNEL_BASE + (unsigned)((uint64_t)when >> below) % KERNEL_BASE;
}

static inline void not_empty(Kernel *kernel, unsigned slot)
{
    kernel->nonempty[slot / SLOT_WORD] |= UINT64_C(1) << slot % SLOT_WORD;
    kernel->words |= UINT32_C(1) << slot / SLOT_WORD;
}

/* ---- fetching ahead ----
 *
 * Where many events are pending, those of a list that is opened have left the cache, and each would be waited for: only
 * an event says where the next one is. So an event of a far list has a hint where the one stands that comes
 * KERNEL_AHEAD before it, and the list is opened from its end. The lists to which its events go are empty then, so
 * their places are in front. A hint is used for nothing but fetching: what stands there may be gone. */

static inline bool far_off(const Kernel *kernel, unsigned slot)
{
    return slot >= KERNEL_FAR && kernel->pending > kernel->many;
}

/* Takes the place in a far list's memory of what was added to it KERNEL_AHEAD ago, and returns that. */
static inline EventLink *added_before(Kernel *kernel, unsigned slot, EventLink *link)
{
    unsigned far = slot - KERNEL_FAR;
    EventLink **recent = &kernel->recent[far][kernel->added[far]++ % KERNEL_AHEAD], *before = *recent;
    *recent = link;
    return before;
}

static inline int32_t hint(const EventLink *from, const EventLink *to)
{
    intptr_t steps = to ? ((intptr_t)to - (intptr_t)from) / 8 : 0;
    return steps == (int32_t)steps ? (int32_t)steps : 0;
}

static inline void place(Kernel *kernel, Event *event)
{
    if (event->when == kernel->last) {
        list_append(&kernel->present[event->rank], &event->link);
        return;
    }
    unsigned slot = slot_of(kernel, event->when);
    not_empty(kernel, slot);
    list_append(&kernel->slot[slot], &event->link);
    if (far_off(kernel, slot))
        event->near = hint(&event->link, added_before(kernel, slot, &event->link));
}

/* While a far list is opened: nothing is cancelled meanwhile, so what was added to a list is there. */
static inline void place_in_front(Kernel *kernel, Event *event)
{
    EventLink *head = &kernel->present[event->rank];
    if (event->when != kernel->last) {
        unsigned slot = slot_of(kernel, event->when);
        head = &kernel->slot[slot];
        not_empty(kernel, slot);
        if (far_off(kernel, slot)) {
            if (head->next == head)
                memset(kernel->recent[slot - KERNEL_FAR], 0, sizeof kernel->recent[0]);
            EventLink *behind = added_before(kernel, slot, &event->link);
            if (behind)
                event_of(behind)->near = hint(behind, &event->link);
        }
    }
    list_append(head->next, &event->link);
}

static inline void fetch_reach(const Event *event)
{
    const void *pointed;
    if (event->reach == 0)
        return;
    memcpy(&pointed, event + 1, sizeof pointed);
    PREFETCH((const char *)event + CACHE_LINE);
    PREFETCH(pointed);
}

static void open_far(Kernel *kernel, unsigned slot, Time start)
{
    EventLink *head = &kernel->slot[slot], *link = head->prev;
    bool soon = kernel->added[slot - KERNEL_FAR] <= KERNEL_SOON;
    kernel->added[slot - KERNEL_FAR] = 0;
    list_init(head);
    kernel->last = start;
    while (link != head) {
        Event *event = event_of(link);
        EventLink *before = link->prev;
        PREFETCH((const void *)((intptr_t)link + (intptr_t)event->near * 8));
        place_in_front(kernel, event);
        if (soon)
            fetch_reach(event);
        link = before;
    }
}

/* ---- the front ---- */

/* The last ones leave it, and all that are due at the same time as the first of them. */
static void spill(Kernel *kernel)
{
    EventLink *first = kernel->front.link.prev;
    for (int i = 1; i < KERNEL_STEPS / 2; i++)
        first = first->prev;
    kernel->bound = event_of(first)->when;
    while (event_of(first->prev)->when == kernel->bound)
        first = first->prev;
    EventLink *before = first->prev;
    while (first != &kernel->front.link) {
        EventLink *next = first->next;
        place(kernel, event_of(first));
        first = next;
    }
    before->next = &kernel->front.link;
    kernel->front.link.prev = before;
}

/* Puts it into the front, where its place is at most a few steps from the end. */
static inline bool joins_front(Kernel *kernel, Event *event)
{
    EventLink *before = kernel->front.link.prev, *link = &event->link;
    for (int steps = 0;; before = before->prev) {
        const Event *other = event_of(before);
        if (other->when < event->when || (other->when == event->when && other->rank <= event->rank))
            break;
        if (++steps == KERNEL_STEPS)
            return false;
    }
    link->prev = before;
    link->next = before->next;
    before->next->prev = link;
    before->next = link;
    return true;
}

static OUT_OF_LINE void place_later(Kernel *kernel, Event *event)
{
    while (event->when < kernel->bound) {
        spill(kernel);
        if (event->when < kernel->bound && joins_front(kernel, event))
            return;
    }
    place(kernel, event);
}

void kernel_at(Kernel *kernel, Event *event, Time when)
{
    must(when >= kernel->now, "an event was scheduled in the past");
    must(when < TIME_NEVER, "an event was scheduled at no time");
    must(!event_pending(event), "an event was scheduled twice");
    event->when = when;
    kernel->pending++;
    if (when >= kernel->bound || !joins_front(kernel, event))
        place_later(kernel, event);
}

/* ---- the heap ---- */

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

/* Removes the next event of the heap where it is before `until`; NULL where it is not, or where there is none. */
static Event *take_from_heap(Kernel *kernel, Time until)
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
        if (far_off(kernel, slot))
            open_far(kernel, slot, earliest);
        else
            open_slot(kernel, head, earliest);
    }
}

/* No event of the heap is due before it. */
static Time heap_bound(const Kernel *kernel)
{
    for (unsigned rank = 0; rank < RANKS; rank++) {
        if (kernel->present[rank].next != &kernel->present[rank])
            return kernel->last;
    }
    if (kernel->words == 0)
        return TIME_NEVER;
    unsigned word = (unsigned)__builtin_ctz(kernel->words);
    unsigned slot = word * SLOT_WORD + (unsigned)__builtin_ctzll(kernel->nonempty[word]);
    unsigned below = slot / KERNEL_BASE * DIGIT_BITS;
    uint64_t above = (uint64_t)kernel->last >> below >> DIGIT_BITS; /* the digits that it has in common with `last` */
    return (Time)((above << DIGIT_BITS | slot % KERNEL_BASE) << below);
}

/* So few are pending that all of them may stand in the front: it is empty, and gets what the heap has. */
static void refill(Kernel *kernel)
{
    for (Event *event; (event = take_from_heap(kernel, TIME_NEVER)) != NULL;)
        list_append(&kernel->front.link, &event->link);
    kernel->bound = TIME_NEVER;
    kernel->last = kernel->now;
}

static inline Event *take_first(Kernel *kernel, Time until)
{
    Event *first = event_of(kernel->front.link.next);
    if (first->when >= until)
        return NULL;
    list_remove(&first->link);
    return first;
}

/* The front is empty. */
static OUT_OF_LINE Event *take_later(Kernel *kernel, Time until)
{
    if (kernel->pending > 0 && kernel->pending <= KERNEL_STEPS) {
        refill(kernel);
        return take_first(kernel, until);
    }
    Event *event = kernel->bound < until ? take_from_heap(kernel, until) : NULL;
    if (event)
        kernel->bound = heap_bound(kernel);
    return event;
}

/* Removes the next event where it is before `until`; NULL where it is not, or where there is none. */
static inline Event *take(Kernel *kernel, Time until)
{
    if (kernel->front.link.next == &kernel->front.link)
        return take_later(kernel, until);
    return take_first(kernel, until);
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
    const volatile sig_atomic_t never = 0;
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
