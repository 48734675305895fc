#include "../observe/probe.h"
#include "scheduler.h"

static bool shares(const Machine *machine)
{
    return machine->spec->scheduler == SCHED_PROCESSOR_SHARING;
}

Machine *machine_new(Mem *mem, Kernel *kernel, const SpecMachine *spec, Probe *probe)
{
    must(spec->cores > 0 && spec->cores < 1 << 20, "a machine has from 1 to 2^20 cores");
    Machine *machine = mem_get(mem, sizeof *machine);
    machine->mem = mem;
    machine->kernel = kernel;
    machine->spec = spec;
    machine->costs = &spec->costs;
    machine->probe = probe;
    machine->cores = (uint32_t)spec->cores;
    if (shares(machine))
        sharing_init(machine);
    else
        cores_init(machine);
    return machine;
}

void machine_settle(Machine *machine)
{
    if (shares(machine))
        sharing_settle(machine);
    else
        cores_settle(machine);
}

const MachineStats *machine_stats(const Machine *machine)
{
    return &machine->stats;
}

void machine_waste(Machine *machine, Time ns)
{
    machine->stats.wasted += ns;
}

const Costs *machine_costs(const Machine *machine)
{
    return machine->costs;
}

void machine_set_costs(Machine *machine, const Costs *costs, uint64_t seed)
{
    machine->costs = costs;
    machine->seed = seed;
}

/* ---- memory ---- */

bool machine_fits(const Machine *machine, int64_t bytes)
{
    return machine->spec->memory == 0 || bytes <= machine->spec->memory - machine->stats.memory;
}

static void change_memory(Machine *machine, int64_t change)
{
    if (change == 0)
        return;
    MachineStats *stats = &machine->stats;
    stats->memory += change;
    must(stats->memory >= 0, "more memory was given back than taken");
    if (stats->memory > stats->memory_peak)
        stats->memory_peak = stats->memory;
    note_memory(machine->probe, stats->memory);
}

bool machine_take(Machine *machine, int64_t bytes)
{
    if (!machine_fits(machine, bytes))
        return false;
    change_memory(machine, bytes);
    return true;
}

void machine_give(Machine *machine, int64_t bytes)
{
    change_memory(machine, -bytes);
}

/* ---- threads ---- */

void thread_show(Thread *thread, int state, int core)
{
    if (thread->shown == state)
        return;
    thread->shown = (uint8_t)state;
    note_thread_state(thread->machine->probe, thread, state, core);
}

void machine_note_waiting(Machine *machine, uint64_t waiting)
{
    if (machine->stats.runnable == waiting)
        return;
    machine->stats.runnable = waiting;
    note_runnable(machine->probe, waiting);
}

/* Needs of 0 ns are given at once, but a run that is being stopped gets the clock back. */
Need thread_ask(Machine *machine, Thread *thread)
{
    Need need;
    thread->state = RUN_ASKED;
    do {
        need = thread->resume(thread);
    } while (need.kind == NEED_CPU && need.ns == 0 && !kernel_leaves(machine->kernel));
    if (need.kind == NEED_CPU) {
        must(need.ns >= 0, "a thread asked for less than no CPU time");
        thread->left = need.ns;
        thread->part = (uint8_t)need.part;
    }
    return need;
}

static void thread_ends(Thread *thread)
{
    Machine *machine = thread->machine;
    thread->state = RUN_OVER;
    machine->stats.threads--;
    change_memory(machine, -thread->memory);
    thread_show(thread, STATE_GONE, -1);
    note_doing(machine->probe, thread, DOES_END);
    if (thread->gone)
        thread->gone(thread);
}

void thread_rests(Thread *thread, Need need)
{
    if (need.kind == NEED_EXIT) {
        thread_ends(thread);
        return;
    }
    thread->state = RUN_WAITS;
    thread_show(thread, need.blocked ? STATE_BLOCKED : STATE_SLEEPING, -1);
    note_doing(thread->machine->probe, thread, need.blocked ? DOES_BLOCK : DOES_SLEEP);
}

static void goes_on(Thread *thread)
{
    Machine *machine = thread->machine;
    Need need = thread_ask(machine, thread);
    if (need.kind != NEED_CPU)
        thread_rests(thread, need);
    else if (shares(machine))
        sharing_want(thread);
    else
        cores_want(thread);
}

static void on_thread_event(Event *event)
{
    Thread *thread = CONTAINER_OF(event, Thread, event);
    Machine *machine = thread->machine;
    if (machine->kernel->now < machine->paused_until)
        kernel_at(machine->kernel, &thread->event, machine->paused_until);
    else if (thread->state == RUN_WOKEN)
        goes_on(thread);
    else
        cores_event(thread);
}

static void go_on_now(Machine *machine, Thread *thread)
{
    thread->state = RUN_WOKEN;
    kernel_at(machine->kernel, &thread->event, machine->kernel->now);
}

/* ---- pauses ---- */

void event_put_off(Machine *machine, Event *event, Time duration)
{
    Time when = event->when;
    if (!event_pending(event))
        return;
    kernel_cancel(machine->kernel, event);
    kernel_at(machine->kernel, event, when + duration);
}

static void on_resume(Event *event)
{
    Machine *machine = CONTAINER_OF(event, Machine, resumes);
    if (shares(machine))
        sharing_resume(machine);
    else
        cores_resume(machine);
}

void machine_pause(Machine *machine, Time duration)
{
    must(machine->kernel->now >= machine->paused_until, "a machine was paused while it was");
    if (duration == 0)
        return;
    machine->paused_until = machine->kernel->now + duration;
    note_pause(machine->probe, machine->paused_until);
    if (shares(machine))
        sharing_pause(machine, duration);
    else
        cores_pause(machine, duration);
    event_bind(&machine->resumes, on_resume, RANK_WORLD);
    kernel_at(machine->kernel, &machine->resumes, machine->paused_until);
}

void machine_start(Machine *machine, Thread *thread)
{
    MachineStats *stats = &machine->stats;
    run_heap_reserve(&machine->heap, machine->mem, (size_t)stats->threads + 1);
    if (machine->spec->scheduler == SCHED_FAIR)
        run_heap_reserve(&machine->later, machine->mem, (size_t)stats->threads + 1);
    event_bind(&thread->event, on_thread_event, RANK_THREAD);
    thread->machine = machine;
    thread->next = NULL;
    thread->core = NULL;
    thread->left = 0;
    thread->vruntime = 0;
    thread->fraction = 0;
    if (machine->spec->scheduler == SCHED_FAIR)
        fair_enter(machine, thread);
    thread->serial = ++machine->serial;
    thread->home = 0;
    thread->shown = UINT8_MAX;
    thread->station = thread->group = NULL;
    thread->cause = -1;
    thread->doing = DOES_SLEEP;
    stats->threads_created++;
    if (++stats->threads > stats->threads_peak)
        stats->threads_peak = stats->threads;
    change_memory(machine, thread->memory);
    note_thread(machine->probe, thread);
    go_on_now(machine, thread);
}

bool machine_wake(Machine *machine, Thread *thread)
{
    if (thread->woken)
        return thread->woken(thread);
    if (thread->state != RUN_WAITS)
        return false;
    go_on_now(machine, thread);
    return true;
}
