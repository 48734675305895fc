/* Processor sharing, the ideal of theory: each of n runnable threads gets min(1, cores / n) of a core, all the time.
 *
 * So all that are served attain service at the same rate, and a burst of s ns is over when the attained service has
 * grown by s since it began: one number grows, a heap holds what it must have reached (Kleinrock 1967). The number
 * is kept in 2^-64 ns and rounded down at each change of n; a completion is rounded up to 1 ns. What lacks less than
 * 2^-32 ns at a whole ns is there: so much the roundings cannot add up to, and a service that is exact in rational
 * numbers comes out exactly. */
#include "../../sim/wide.h"
#include "../observe/probe.h"
#include "scheduler.h"

#define NEARLY (UINT64_C(1) << 32) /* of the fraction: 2^-32 ns */

/* time * cores / n in ns and 2^-64 ns, rounded down; cores < n < 2^32 */
static Attained share_of(Time time, uint64_t cores, uint64_t n)
{
    uint64_t t = (uint64_t)time, rest = t % n * cores;
    Attained share = {.ns = t / n * cores + rest / n};
    uint64_t high = (rest % n) << 32, low = (high % n) << 32;
    share.fraction = (high / n) << 32 | low / n;
    return share;
}

static void bring_up(Machine *machine)
{
    Time now = machine->kernel->now, time = now - machine->shared_until;
    uint64_t n = machine->heap.count;
    if (time <= 0) /* below: in a pause */
        return;
    machine->shared_until = now;
    if (n == 0)
        return;
    Attained share = {.ns = (uint64_t)time};
    if (n > machine->cores)
        share = share_of(time, machine->cores, n);
    machine->attained.fraction += share.fraction;
    machine->attained.ns += share.ns + (machine->attained.fraction < share.fraction);
}

/* What the entry lacks at its completion. */
static Attained lacks(const Machine *machine, const RunEntry *entry)
{
    Attained rest = {.ns = (uint64_t)entry->key - machine->attained.ns,
                     .fraction = entry->fraction - machine->attained.fraction};
    rest.ns -= rest.fraction > entry->fraction;
    if ((int64_t)rest.ns < 0)
        rest = (Attained){0, 0};
    return rest;
}

static bool is_over(Attained rest)
{
    return rest.ns == 0 && rest.fraction <= NEARLY;
}

/* How long `rest` takes at the present rate, rounded up: rest * n / cores, less what is nearly there. */
static Time time_for(const Machine *machine, Attained rest)
{
    uint64_t n = machine->heap.count, cores = machine->cores, high;
    if (is_over(rest))
        return 0;
    rest.ns -= rest.fraction < NEARLY;
    rest.fraction -= NEARLY;
    if (n <= cores)
        return (Time)(rest.ns + (rest.fraction > 0));
    if (rest.ns / cores > (uint64_t)TIME_MAX_RUN / n)
        return TIME_MAX_RUN; /* beyond any run; looked at again at every change */
    uint64_t low = wide_mul(rest.fraction, n, &high), part = rest.ns % cores * n + high;
    return (Time)(rest.ns / cores * n + part / cores + (part % cores > 0 || low > 0));
}

static void plan(Machine *machine)
{
    uint64_t n = machine->heap.count;
    machine_note_waiting(machine, n > machine->cores ? n - machine->cores : 0);
    if (n == 0) {
        kernel_cancel(machine->kernel, &machine->completion);
        return;
    }
    Time when = machine->kernel->now + time_for(machine, lacks(machine, &machine->heap.entry[0]));
    if (event_pending(&machine->completion) && machine->completion.when == when)
        return;
    kernel_cancel(machine->kernel, &machine->completion);
    kernel_at(machine->kernel, &machine->completion, when);
}

static void serve(Thread *thread)
{
    Machine *machine = thread->machine;
    thread->state = RUN_BURST;
    thread->vruntime = (int64_t)machine->attained.ns + thread->left;
    thread->fraction = machine->attained.fraction;
    run_heap_push(&machine->heap, (RunEntry){thread->vruntime, thread->fraction, thread->serial, thread});
    note_part(machine->probe, thread->strand, (Part)thread->part);
    note_doing(machine->probe, thread, DOES_RUN);
    thread_show(thread, STATE_RUNNING, -1);
}

void sharing_want(Thread *thread)
{
    bring_up(thread->machine);
    serve(thread);
    plan(thread->machine);
}

static void complete(Machine *machine, Thread *thread)
{
    machine_charge(machine, thread, thread->left);
    Need need = thread_ask(machine, thread);
    if (need.kind == NEED_CPU)
        serve(thread);
    else
        thread_rests(thread, need);
}

static void on_completion(Event *event)
{
    Machine *machine = CONTAINER_OF(event, Machine, completion);
    bring_up(machine);
    while (machine->heap.count > 0 && is_over(lacks(machine, &machine->heap.entry[0])) &&
           !kernel_leaves(machine->kernel))
        complete(machine, run_heap_pop(&machine->heap));
    plan(machine);
}

void sharing_init(Machine *machine)
{
    event_bind(&machine->completion, on_completion, RANK_THREAD);
}

/* `left` is what of a burst is not in the integrals yet. */
void sharing_settle(Machine *machine)
{
    bring_up(machine);
    for (size_t i = 0; i < machine->heap.count; i++) {
        Thread *thread = machine->heap.entry[i].thread;
        Attained rest = lacks(machine, &machine->heap.entry[i]);
        Time left = (Time)(rest.ns + (rest.fraction > 0));
        if (left > thread->left)
            left = thread->left;
        machine_charge(machine, thread, thread->left - left);
        thread->left = left;
    }
}

static void note_all(Machine *machine, bool paused)
{
    for (size_t i = 0; i < machine->heap.count; i++) {
        Thread *thread = machine->heap.entry[i].thread;
        if (paused)
            note_paused(machine->probe, thread->strand, PART_PREEMPTED);
        else
            note_part(machine->probe, thread->strand, (Part)thread->part);
        note_doing(machine->probe, thread, paused ? DOES_PAUSE : DOES_RUN);
    }
}

void sharing_pause(Machine *machine, Time duration)
{
    bring_up(machine);
    machine->shared_until += duration;
    event_put_off(machine, &machine->completion, duration);
    note_all(machine, true);
}

void sharing_resume(Machine *machine)
{
    note_all(machine, false);
}
