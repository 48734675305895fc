/* loop: uv_run and its phases. */
#include "loop.h"

#include "../observe/probe.h"

/* ---- coroutines ---- */

static Need loop_resume(Thread *thread)
{
    Loop *loop = CONTAINER_OF(thread, Loop, thread);
    CoRet ret = CO_OVER;
    if (!loop->begun) {
        loop->begun = true;
        ret = co_enter(loop, loop->hooks.program, NULL, 0);
    }
    while (ret == CO_OVER && loop->running > loop->stack) {
        Co *co = loop->running;
        ret = co->fn(loop, co);
        if (ret == CO_OVER)
            loop->running = co - 1;
    }
    if (ret == CO_STOPPED && !loop->over) {
        if (loop->probe->view && loop->hooks.stops)
            loop->hooks.stops(loop);
        return loop->need;
    }
    loop->over = true;
    return (Need){.kind = NEED_EXIT};
}

/* ---- the clock ---- */

void loop_update_time(Loop *loop)
{
    loop->time = loop->kernel->now / TIME_MS;
}

void loop_timer_start(Loop *loop, Time ms)
{
    loop->timer.active = true;
    loop->timer.timeout = loop->time + ms;
}

/* ---- what keeps it going (semantics.md, 2 and 3.3) ---- */

static bool loop_active(const Loop *loop)
{
    return loop->active_requests > 0 || loop->handles > 0 || loop->idle_active ||
           (loop->timer.active && loop->timer.ref);
}

bool loop_alive(const Loop *loop)
{
    return loop_active(loop) || loop->closing != NULL;
}

/* In ms; -1: without end. */
static Time backend_timeout(const Loop *loop)
{
    if (loop->stop || !loop_active(loop) || loop->idle_active || loop->closing != NULL)
        return 0;
    if (!loop->timer.active)
        return -1;
    return loop->timer.timeout > loop->time ? loop->timer.timeout - loop->time : 0;
}

/* ---- phases ---- */

static CoRet co_run_timers(Loop *loop, Co *co)
{
    CO_BEGIN(co);
    while (loop->timer.active && loop->timer.timeout <= loop->time) {
        if (co->i++ == 0)
            note_phase(loop->probe, &loop->thread, PHASE_TIMERS, true);
        loop->timer.active = false;
        CO_CALL(loop, co, loop->hooks.timers, NULL, 0);
    }
    if (co->i > 0)
        note_phase(loop->probe, &loop->thread, PHASE_TIMERS, false);
    CO_END;
}

void loop_close(Loop *loop, Closing *closing)
{
    closing->next = loop->closing;
    loop->closing = closing;
}

/* The handles closed before this phase, the last one first (libuv keeps them on a stack). */
static CoRet co_run_closing(Loop *loop, Co *co)
{
    CO_BEGIN(co);
    co->p = loop->closing;
    loop->closing = NULL;
    note_phase(loop->probe, &loop->thread, PHASE_CLOSING, true);
    while (co->p != NULL) {
        co->q = loop->being_closed = co->p;
        co->p = ((Closing *)co->q)->next;
        if (((Closing *)co->q)->done != NULL)
            CO_CALL(loop, co, ((Closing *)co->q)->done, co->q, 0);
    }
    loop->being_closed = NULL;
    note_phase(loop->probe, &loop->thread, PHASE_CLOSING, false);
    CO_END;
}

/* libuv >= 1.45 runs timers last (and once before the first turn); before that, first. `pending` is always empty here: nothing in the step language
 * completes outside poll. */
CoRet co_uv_run(Loop *loop, Co *co)
{
    CO_BEGIN(co);
    loop_update_time(loop);
    co->i = loop_alive(loop);
    if (!loop->legacy && co->i)
        CO_CALL(loop, co, co_run_timers, NULL, 0);
    while (co->i && !loop->stop) { /* once even if these timers leave nothing alive */
        loop->iterations++;
        note_iteration(loop->probe, &loop->thread, true);
        CO_CPU(loop, co, loop->iteration_cost);
        if (loop->legacy) {
            loop_update_time(loop);
            CO_CALL(loop, co, co_run_timers, NULL, 0);
        }
        note_phase(loop->probe, &loop->thread, PHASE_PENDING, true);
        note_phase(loop->probe, &loop->thread, PHASE_PENDING, false);
        note_phase(loop->probe, &loop->thread, PHASE_PREPARE, true);
        note_phase(loop->probe, &loop->thread, PHASE_PREPARE, false);
        CO_CALL(loop, co, co_poll, NULL, backend_timeout(loop));
        if (loop->hooks.checks(loop))
            CO_CALL(loop, co, loop->hooks.check, NULL, 0);
        if (loop->closing != NULL)
            CO_CALL(loop, co, co_run_closing, NULL, 0);
        if (!loop->legacy) {
            loop_update_time(loop);
            if (loop->timer.active && loop->timer.timeout <= loop->time)
                CO_CALL(loop, co, co_run_timers, NULL, 0);
        }
        note_iteration(loop->probe, &loop->thread, false);
        co->i = loop_alive(loop);
    }
    CO_END;
}

/* ---- making one ---- */

static void deadline_reached(Event *event)
{
    Loop *loop = CONTAINER_OF(event, Loop, deadline);
    machine_wake(loop->world->machine, &loop->thread);
}

void loop_init(Loop *loop, World *world, LoopHooks hooks, void *owner, uint32_t number)
{
    loop->world = world;
    loop->kernel = &world->kernel;
    loop->probe = world->probe;
    loop->costs = machine_costs(world->machine);
    loop->hooks = hooks;
    loop->owner = owner;
    loop->running = loop->stack;
    loop->thread.resume = loop_resume;
    loop->thread.kind = THREAD_LOOP;
    loop->thread.number = number;
    loop->thread.memory = loop->costs->thread_memory;
    loop->ready.ready_next = loop->ready.ready_prev = &loop->ready;
    loop->watch_last = &loop->watch_first;
    event_bind(&loop->deadline, deadline_reached, RANK_WORLD);
}

void loop_start(Loop *loop)
{
    machine_start(loop->world->machine, &loop->thread);
}
