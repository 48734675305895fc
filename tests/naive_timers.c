/* Node's timers, on the one timer of libuv, in the naive simulator: 9. */
#include "naive_loop.h"

#include <check.h>
#include <string.h>

static void timer_start(Loop *loop, Time ms)
{
    loop->timer = loop->T + ms;
}

void naive_loop_sleep(Loop *loop, Act *act, Time time)
{
    Time msecs = time / TIME_MS < 1 ? 1 : time / TIME_MS;
    TimerList *list = NULL;
    if (!loop->bare)
        loop->T = clock_ms(loop);
    for (int i = 0; i < loop->lists; i++)
        if (loop->list[i]->msecs == msecs)
            list = loop->list[i];
    if (list == NULL) {
        list = mem_get(loop->sim->mem, sizeof *list);
        *list = (TimerList){.msecs = msecs, .expiry = loop->T + msecs, .id = ++loop->ids};
        ck_assert_int_lt(loop->lists, (int)COUNT_OF(loop->list));
        loop->list[loop->lists++] = list;
        if (loop->next_expiry > list->expiry) {
            timer_start(loop, msecs);
            loop->next_expiry = list->expiry;
        }
    }
    ck_assert_int_lt(list->count, (int)COUNT_OF(list->timeout));
    list->timeout[list->count++] = (Timeout){loop->T, act};
}

static TimerList *earliest_list(Loop *loop)
{
    TimerList *first = NULL;
    for (int i = 0; i < loop->lists; i++) {
        TimerList *list = loop->list[i];
        if (first == NULL || list->expiry < first->expiry || (list->expiry == first->expiry && list->id < first->id))
            first = list;
    }
    return first;
}

static void remove_list(Loop *loop, TimerList *list)
{
    for (int i = 0; i < loop->lists; i++)
        if (loop->list[i] == list) {
            loop->list[i] = loop->list[--loop->lists];
            return;
        }
}

static void end_pass(Loop *loop, Time expiry)
{
    loop->next_expiry = expiry;
    if (expiry != TIME_NEVER)
        timer_start(loop, expiry - loop->T > 1 ? expiry - loop->T : 1);
    loop->holds_back = false; /* only now, at the end of its scope, is the last callback drained */
    loop->phase = RUN_TIMERS;
}

/* processTimers: lists are taken by (expiry, id); ticks and microtasks run between two lists. */
void naive_next_list(Loop *loop)
{
    TimerList *list = earliest_list(loop);
    if (list == NULL) {
        end_pass(loop, TIME_NEVER);
    } else if (list->expiry > loop->pass) {
        end_pass(loop, list->expiry);
    } else {
        loop->holds_back = !loop->ran_list;
        loop->ran_list = true;
        loop->emptied = list;
        loop->ran_timer = false;
        loop->phase = TIMERS_OF_LIST;
    }
}

/* listOnTimeout: the timers of one list; ticks and microtasks run between two of them. */
void naive_next_timer(Loop *loop)
{
    TimerList *list = loop->emptied;
    loop->holds_back = true;
    if (list->count == 0) {
        remove_list(loop, list);
        loop->phase = TIMERS;
        return;
    }
    Time due = list->timeout[0].start + list->msecs;
    if (due > loop->pass) {
        list->expiry = due > loop->pass + 1 ? due : loop->pass + 1;
        list->id = ++loop->ids;
        loop->phase = TIMERS;
        return;
    }
    loop->holds_back = !loop->ran_timer;
    loop->ran_timer = true;
    loop->phase = FIRES;
}

static void timer_fired(Loop *loop, void *who)
{
    naive_enqueue(loop, (Reaction){naive_resume, who, 0, false});
}

void naive_fire(Loop *loop)
{
    TimerList *list = loop->emptied;
    Timeout first = list->timeout[0];
    list->count--;
    memmove(list->timeout, list->timeout + 1, (size_t)list->count * sizeof first);
    loop->holds_back = true;
    naive_enter(loop, 0, timer_fired, first.act);
    loop->phase = TIMERS_OF_LIST;
}

/* libuv's: as long as its one timer is due, by a time that callbacks may have moved on. */
void naive_run_timers(Loop *loop)
{
    if (loop->timer < 0 || loop->timer > loop->T) {
        loop->phase = POLL;
        return;
    }
    loop->timer = -1;
    loop->pass = loop->T = loop->bare ? loop->T : clock_ms(loop);
    loop->next_expiry = TIME_NEVER;
    loop->ran_list = false;
    loop->holds_back = true;
    loop->phase = TIMERS;
}
