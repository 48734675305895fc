/* fair: whose turn it is (machine.h states the rules).
 *
 * Earliest eligible virtual deadline first (Stoica and Abdel-Wahab 1995; Linux since 6.6, kernel/sched/fair.c, with its
 * features PLACE_LAG and DELAY_DEQUEUE). Linux searches one tree for the earliest deadline among the eligible. Here the
 * mean never falls, so who is eligible stays so until it runs, and two heaps do: `later` by virtual runtime for those
 * who are not yet, `heap` by deadline for those who are. */
#include "scheduler.h"

enum { BASE_SLICE = 1400000 }; /* ns; Linux 6.18 with two CPUs: 0.7 ms * (1 + log2 2) */

static int64_t base_slice(const Machine *machine)
{
    return machine->spec->time_slice < BASE_SLICE ? machine->spec->time_slice : BASE_SLICE;
}

size_t fair_waiting(const Machine *machine)
{
    return machine->heap.count + machine->later.count;
}

int64_t core_vruntime(const Core *core)
{
    return core->thread->vruntime + (core_runs(core) ? core->machine->kernel->now - core->since : 0);
}

/* The sums are taken modulo 2^64: what n virtual runtimes exceed n times the mean by fits. */
void fair_raise(Machine *machine)
{
    uint64_t n = fair_waiting(machine), sum = machine->queued;
    for (uint32_t from = 0; from < machine->cores; from += 64) {
        uint32_t left = machine->cores - from;
        uint64_t busy = ~machine->idle[from / 64] & (left < 64 ? (UINT64_C(1) << left) - 1 : UINT64_MAX);
        for (; busy != 0; busy &= busy - 1) {
            const Core *core = &machine->core[from + (uint32_t)__builtin_ctzll(busy)];
            if (core->thread) { /* else it has just left */
                n++;
                sum += (uint64_t)core_vruntime(core);
            }
        }
    }
    int64_t above = (int64_t)(sum - n * (uint64_t)machine->mean);
    if (above > 0)
        machine->mean += above / (int64_t)n;
}

/* ---- placing ---- */

void fair_renew(Machine *machine, Thread *thread)
{
    thread->deadline = thread->vruntime + base_slice(machine);
}

void fair_enter(Machine *machine, Thread *thread)
{
    fair_raise(machine);
    thread->vruntime = thread->slept_at = machine->mean;
    fair_renew(machine, thread);
}

void fair_sleep(Machine *machine, Thread *thread)
{
    fair_raise(machine);
    thread->slept_at = machine->mean;
    if (thread->vruntime >= thread->deadline)
        fair_renew(machine, thread);
}

void fair_place(Machine *machine, Thread *thread)
{
    fair_raise(machine);
    int64_t passed = machine->mean - thread->slept_at, least = machine->mean - machine->spec->time_slice / 2;
    if (passed <= PREEMPT_AHEAD) {
        thread->vruntime += passed;
        thread->deadline += passed;
    }
    if (thread->vruntime < least)
        thread->vruntime = least;
    if (thread->vruntime <= machine->mean)
        fair_renew(machine, thread);
}

/* ---- the queue ---- */

/* Then by virtual runtime: the fraction of an entry is compared as an unsigned number. */
static RunEntry by_deadline(Thread *thread)
{
    return (RunEntry){thread->deadline, (uint64_t)thread->vruntime ^ UINT64_C(1) << 63, thread->serial, thread};
}

static RunEntry by_vruntime(Thread *thread)
{
    return (RunEntry){thread->vruntime, 0, thread->serial, thread};
}

void fair_push(Machine *machine, Thread *thread)
{
    machine->queued += (uint64_t)thread->vruntime;
    if (thread->vruntime <= machine->mean)
        run_heap_push(&machine->heap, by_deadline(thread));
    else
        run_heap_push(&machine->later, by_vruntime(thread));
}

static void sort_out(Machine *machine)
{
    while (machine->later.count > 0 && machine->later.entry[0].key <= machine->mean)
        run_heap_push(&machine->heap, by_deadline(run_heap_pop(&machine->later)));
}

Thread *fair_pop(Machine *machine)
{
    sort_out(machine);
    Thread *thread = run_heap_pop(machine->heap.count > 0 ? &machine->heap : &machine->later);
    machine->queued -= (uint64_t)thread->vruntime;
    return thread;
}

bool fair_is_first(Machine *machine, Thread *thread)
{
    sort_out(machine);
    bool eligible = thread->vruntime <= machine->mean;
    if (machine->heap.count > 0 || eligible) {
        RunEntry own = by_deadline(thread);
        return eligible && (machine->heap.count == 0 || run_entry_before(&own, &machine->heap.entry[0]));
    }
    RunEntry own = by_vruntime(thread);
    return machine->later.count == 0 || run_entry_before(&own, &machine->later.entry[0]);
}
