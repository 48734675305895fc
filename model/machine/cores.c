/* Real cores: fair, round-robin and fifo (machine.h states the rules). */
#include "../observe/probe.h"
#include "arrivals.h"
#include "scheduler.h"

static bool is_fair(const Machine *machine)
{
    return machine->spec->scheduler == SCHED_FAIR;
}

/* ---- the queue ---- */

static size_t waiting(const Machine *machine)
{
    return is_fair(machine) ? fair_waiting(machine) : machine->list.count;
}

static void arm_slice(Core *core)
{
    Machine *machine = core->machine;
    if (machine->spec->scheduler == SCHED_FIFO || waiting(machine) == 0 || event_pending(&core->slice))
        return;
    Time now = machine->kernel->now, end = core->slice_start + machine->spec->time_slice;
    kernel_at(machine->kernel, &core->slice, end > now ? end : now);
}

static void arm_all(Machine *machine)
{
    for (uint32_t i = 0; i < machine->cores; i++) {
        if (core_runs(&machine->core[i]))
            arm_slice(&machine->core[i]);
    }
}

static void disarm_all(Machine *machine)
{
    for (uint32_t i = 0; i < machine->cores; i++)
        kernel_cancel(machine->kernel, &machine->core[i].slice);
}

static void enqueue(Machine *machine, Thread *thread, Part part)
{
    thread->state = RUN_QUEUED;
    if (is_fair(machine))
        fair_push(machine, thread);
    else
        run_list_push(&machine->list, thread);
    machine_note_waiting(machine, waiting(machine));
    note_for_core(machine->probe, thread->strand, part);
    note_doing(machine->probe, thread, DOES_QUEUE);
    thread_show(thread, STATE_READY, -1);
    if (waiting(machine) == 1)
        arm_all(machine);
}

static Thread *dequeue(Machine *machine)
{
    Thread *thread = is_fair(machine) ? fair_pop(machine) : run_list_pop(&machine->list);
    machine_note_waiting(machine, waiting(machine));
    if (waiting(machine) == 0)
        disarm_all(machine);
    return thread;
}

/* ---- cores ---- */

/* Brings the integrals and the virtual runtime of the core's thread up to now. */
static void settle(Core *core)
{
    Machine *machine = core->machine;
    Thread *thread = core->thread;
    Time ns = machine->kernel->now - core->since;
    if (ns <= 0) /* below: in a pause */
        return;
    core->since = machine->kernel->now;
    thread->vruntime += ns;
    if (thread->state == RUN_SWITCHING)
        machine->stats.switching += ns;
    else
        machine_charge(machine, thread, ns);
}

void cores_settle(Machine *machine)
{
    for (uint32_t i = 0; i < machine->cores; i++) {
        Core *core = &machine->core[i];
        if (core_runs(core))
            settle(core);
    }
}

void cores_pause(Machine *machine, Time duration)
{
    for (uint32_t i = 0; i < machine->cores; i++) {
        Core *core = &machine->core[i];
        if (!core->thread)
            continue;
        if (core_runs(core)) {
            settle(core);
            core->since += duration;
            core->slice_start += duration;
            event_put_off(machine, &core->slice, duration);
        }
        note_paused(machine->probe, core->thread->strand, core_runs(core) ? PART_PREEMPTED : PART_READY_WAIT);
        note_doing(machine->probe, core->thread, DOES_PAUSE);
        event_put_off(machine, &core->thread->event, duration);
    }
}

void cores_resume(Machine *machine)
{
    for (uint32_t i = 0; i < machine->cores; i++) {
        Core *core = &machine->core[i];
        if (!core->thread)
            continue;
        bool switches = core->thread->state == RUN_SWITCHING;
        if (core_runs(core))
            note_part(machine->probe, core->thread->strand, switches ? PART_OVERHEAD : (Part)core->thread->part);
        else
            note_wake_up(machine->probe, core->thread->strand);
        note_doing(machine->probe, core->thread, switches ? DOES_SWITCH : core_runs(core) ? DOES_RUN : DOES_START);
    }
}

static void begin_burst(Core *core)
{
    Machine *machine = core->machine;
    Thread *thread = core->thread;
    thread->state = RUN_BURST;
    note_part(machine->probe, thread->strand, (Part)thread->part);
    note_doing(machine->probe, thread, DOES_RUN);
    thread_show(thread, STATE_RUNNING, (int)core->number);
    kernel_at(machine->kernel, &thread->event, machine->kernel->now + thread->left);
}

static void begin_switch(Core *core, Time cost)
{
    Machine *machine = core->machine;
    Thread *thread = core->thread;
    thread->state = RUN_SWITCHING;
    note_part(machine->probe, thread->strand, PART_OVERHEAD);
    note_doing(machine->probe, thread, DOES_SWITCH);
    thread_show(thread, STATE_RUNNING, (int)core->number);
    kernel_at(machine->kernel, &thread->event, machine->kernel->now + cost);
}

/* The core is awake and runs its thread from now on. */
static void begin(Core *core)
{
    Machine *machine = core->machine;
    uint64_t last = core->last, serial = core->thread->serial;
    bool switches = last != 0 && last != serial;
    Time cost = switches ? machine->costs->switch_ : 0;
    machine->stats.switches += switches;
    core->last = serial;
    core->since = machine->kernel->now;
    core->slice_start = machine->kernel->now + cost;
    if (cost > 0)
        begin_switch(core, cost);
    else
        begin_burst(core);
    arm_slice(core);
}

static void put_on(Core *core, Thread *thread)
{
    core->thread = thread;
    core->yields = false;
    thread->core = core;
    thread->home = core->number;
    begin(core);
}

/* Keyed by the core and how often it was woken: all servers meet the same. */
static Time idle_wake(Core *core)
{
    const Machine *machine = core->machine;
    const Dist *dist = machine->costs->idle_wake;
    Time delay = 0;
    if (dist == NULL || dist_is_constant(dist, &delay))
        return delay;
    Rng rng = draw_at(draw_key(machine->seed, UINT64_MAX, 0), core->wakes++, core->number, DRAW_IDLE_WAKE);
    return dist_sample(dist, &rng);
}

static void put_on_idle(Core *core, Thread *thread)
{
    Machine *machine = core->machine;
    Time delay = core->since < machine->kernel->now ? idle_wake(core) : 0;
    machine->idle[core->number / 64] &= ~(UINT64_C(1) << core->number % 64);
    machine->idle_cores--;
    if (delay == 0) {
        put_on(core, thread);
        return;
    }
    core->thread = thread;
    thread->core = core;
    thread->state = RUN_STARTING;
    note_wake_up(machine->probe, thread->strand);
    note_doing(machine->probe, thread, DOES_START);
    thread_show(thread, STATE_READY, -1);
    kernel_at(machine->kernel, &thread->event, machine->kernel->now + delay);
}

static void goes_idle(Core *core)
{
    Machine *machine = core->machine;
    core->since = machine->kernel->now;
    machine->idle[core->number / 64] |= UINT64_C(1) << core->number % 64;
    machine->idle_cores++;
}

/* Its thread has left it. */
static void next_thread(Core *core)
{
    kernel_cancel(core->machine->kernel, &core->slice);
    core->thread = NULL;
    if (waiting(core->machine) > 0)
        put_on(core, dequeue(core->machine));
    else
        goes_idle(core);
}

static Core *idle_core(Machine *machine, const Thread *thread)
{
    if (machine->idle_cores == 0)
        return NULL;
    if (machine->idle[thread->home / 64] >> thread->home % 64 & 1)
        return &machine->core[thread->home];
    uint32_t word = 0;
    while (machine->idle[word] == 0)
        word++;
    return &machine->core[word * 64 + (uint32_t)__builtin_ctzll(machine->idle[word])];
}

/* ---- losing a core ---- */

/* Settled, at the end of its slice or preempted: whether its thread is the next one again. */
static bool stays_first(const Core *core)
{
    Machine *machine = core->machine;
    if (!is_fair(machine))
        return waiting(machine) == 0;
    fair_raise(machine);
    fair_renew(machine, core->thread);
    return fair_is_first(machine, core->thread);
}

/* At the end of a burst or in the middle of it, settled: the thread goes to the queue. */
static void give_way(Core *core)
{
    Thread *thread = core->thread;
    thread->core = NULL;
    core->thread = NULL;
    kernel_cancel(core->machine->kernel, &core->slice);
    enqueue(core->machine, thread, PART_PREEMPTED);
    next_thread(core);
}

static void new_slice(Core *core)
{
    core->slice_start = core->machine->kernel->now;
    core->yields = false;
    kernel_cancel(core->machine->kernel, &core->slice);
    arm_slice(core);
}

/* The thread is taken off in the middle of its burst, unless that ends at this very instant: then it is asked first. */
static void take_off(Core *core)
{
    Machine *machine = core->machine;
    Thread *thread = core->thread;
    Time now = machine->kernel->now;
    if (thread->state == RUN_BURST && thread->event.when == now) {
        core->yields = true;
        return;
    }
    settle(core);
    if (stays_first(core)) {
        new_slice(core);
        return;
    }
    if (thread->state == RUN_BURST)
        thread->left = thread->event.when - now;
    kernel_cancel(machine->kernel, &thread->event);
    give_way(core);
}

static void on_slice_end(Event *event)
{
    take_off(CONTAINER_OF(event, Core, slice));
}

static void preempt_for(Machine *machine, const Thread *thread)
{
    Core *ahead = NULL;
    for (uint32_t i = 0; i < machine->cores; i++) {
        Core *core = &machine->core[i];
        if (core_runs(core) && (!ahead || core_vruntime(core) > core_vruntime(ahead)))
            ahead = core;
    }
    if (ahead && core_vruntime(ahead) - thread->vruntime > PREEMPT_AHEAD)
        take_off(ahead);
}

/* ---- what the machine calls ---- */

void cores_init(Machine *machine)
{
    must(machine->spec->scheduler == SCHED_FIFO || machine->spec->time_slice > 0, "a slice is longer than nothing");
    machine->core = mem_get(machine->mem, mem_array(machine->mem, machine->cores, sizeof *machine->core));
    machine->idle = mem_get(machine->mem, (machine->cores + 63) / 64 * sizeof *machine->idle);
    for (uint32_t i = 0; i < machine->cores; i++) {
        Core *core = &machine->core[i];
        core->machine = machine;
        core->number = i;
        event_bind(&core->slice, on_slice_end, RANK_THREAD);
        goes_idle(core);
        core->since = -1; /* idle for ever */
    }
}

void cores_want(Thread *thread)
{
    Machine *machine = thread->machine;
    if (is_fair(machine))
        fair_place(machine, thread);
    Core *core = idle_core(machine, thread);
    if (core) {
        put_on_idle(core, thread);
        return;
    }
    enqueue(machine, thread, PART_READY_WAIT);
    if (is_fair(machine))
        preempt_for(machine, thread);
}

static void leave(Core *core, Need need)
{
    Thread *thread = core->thread;
    if (is_fair(core->machine))
        fair_sleep(core->machine, thread);
    thread->core = NULL;
    core->thread = NULL;
    thread_rests(thread, need);
    next_thread(core);
}

static bool slice_is_over(const Core *core)
{
    const Machine *machine = core->machine;
    return core->yields || (event_pending(&core->slice) && core->slice.when <= machine->kernel->now);
}

static void burst_is_over(Core *core)
{
    Thread *thread = core->thread;
    settle(core);
    thread->left = 0;
    Need need = thread_ask(core->machine, thread);
    if (need.kind != NEED_CPU) {
        leave(core, need);
        return;
    }
    if (slice_is_over(core)) {
        if (!stays_first(core)) {
            give_way(core);
            return;
        }
        new_slice(core);
    }
    begin_burst(core);
}

void cores_event(Thread *thread)
{
    Core *core = thread->core;
    if (thread->state == RUN_STARTING) {
        core->yields = false;
        thread->home = core->number;
        begin(core);
    } else if (thread->state == RUN_SWITCHING) {
        settle(core);
        begin_burst(core);
    } else {
        burst_is_over(core);
    }
}
