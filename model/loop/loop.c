/* loop: uv_run and its phases. */
#include "loop.h"

#include "../observe/probe.h"

/* ---- coroutines ---- */

static Need loop_resume(Thread *thread)
{
    Loop *loop = CONTAINER_OF(thread, Loop, thread);
    CoRet ret = CO_OVER;
    if (rarely(!loop->begun)) {
        loop->begun = true;
        ret = co_enter(loop, loop->stack, loop->hooks.program, NULL, 0);
    }
    for (Co *co = loop->running; ret == CO_OVER && co > loop->stack; co--)
        ret = co->fn(loop, co);
    if (ret == CO_STOPPED && !loop->over) {
        if (loop->probe->view && loop->hooks.stops)
            loop->hooks.stops(loop);
        return loop->need;
    }
    loop->over = true;
    return (Need){.kind = NEED_EXIT};
}

/* ---- the clock ---- */

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

/* Those that have no callback are through at once; the first one that has. NULL: there is none. */
static Closing *next_close_callback(Loop *loop, Closing *closing)
{
    for (Closing *next; closing != NULL && closing->done == NULL; closing = next) {
        next = closing->next;
        if (closing->gone != NULL)
            closing->gone(loop, closing);
    }
    return closing;
}

/* co->i: alive, then poll's timeout; co->j: rounds of a poll; co->p and co->q: descriptors, closing handles.
 * libuv >= 1.45 runs timers last (and once before the first turn); before that, first. `pending` is empty but for what
 * a bare server has written: nothing in the step language completes outside poll. */
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
        if (rarely(loop->written > 0)) {
            co->j = loop->written;
            loop->written = 0;
            CO_CPU(loop, co, loop->costs->callback * co->j);
        }
        note_phase(loop->probe, &loop->thread, PHASE_PENDING, false);
        note_phase(loop->probe, &loop->thread, PHASE_PREPARE, true);
        note_phase(loop->probe, &loop->thread, PHASE_PREPARE, false);
        note_phase(loop->probe, &loop->thread, PHASE_POLL, true);
        co->i = backend_timeout(loop);
        if (loop->watch_first != NULL) {
            CO_CPU(loop, co, loop->costs->watch * loop->watch_count);
            poll_register(loop);
        }
        co->j = 0;
        do { /* after a full batch it looks again at once, without blocking */
            CO_CALL(loop, co, co_poll, NULL, co->j == 0 ? co->i : 0);
            while ((co->p = poll_next(loop)) != NULL)
                CO_CALL(loop, co, ((Fd *)co->p)->dispatch, co->p, 0);
        } while (loop->batch_count == POLL_MOST && ++co->j < POLL_ROUNDS);
        note_phase(loop->probe, &loop->thread, PHASE_POLL, false);
        if (loop->hooks.checks(loop))
            CO_CALL(loop, co, loop->hooks.check, NULL, 0);
        /* Those closed before this phase, the last one first (libuv keeps them on a stack). */
        if (loop->closing != NULL) {
            note_phase(loop->probe, &loop->thread, PHASE_CLOSING, true);
            co->p = loop->closing;
            loop->closing = NULL;
            while ((co->q = loop->being_closed = next_close_callback(loop, co->p)) != NULL) {
                co->p = ((Closing *)co->q)->next;
                CO_CALL(loop, co, ((Closing *)co->q)->done, co->q, 0);
            }
            note_phase(loop->probe, &loop->thread, PHASE_CLOSING, false);
        }
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
