/* timers: Node's timer lists on libuv's one timer (semantics.md, 9; Node 20: lib/internal/timers.js,
 * Environment::RunTimers).
 *
 * Timers of one duration stand in one list, in the order of their starts; lists stand in a heap by (expiry, id). A pass
 * has one `now`. */
#include "node.h"

#include "../observe/probe.h"

/* ---- the heap of lists ---- */

static bool before(const TimerList *a, const TimerList *b)
{
    return a->expiry < b->expiry || (a->expiry == b->expiry && a->id < b->id);
}

static void heap_place(Timers *timers, TimerList *list, uint32_t at)
{
    timers->heap[at] = list;
    list->heap_at = at;
}

static void heap_fix(Timers *timers, uint32_t at)
{
    TimerList *list = timers->heap[at];
    while (at > 0 && before(list, timers->heap[(at - 1) / 2])) {
        heap_place(timers, timers->heap[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < timers->count && before(timers->heap[child + 1], timers->heap[child]))
            child++;
        if (child >= timers->count || !before(timers->heap[child], list))
            break;
        heap_place(timers, timers->heap[child], at);
        at = child;
    }
    heap_place(timers, list, at);
}

static void heap_add(Timers *timers, TimerList *list)
{
    if (timers->count == timers->room) {
        timers->room = timers->room ? 2 * timers->room : HOSTILE(16, 1);
        timers->heap =
            mem_grow(timers->lists.mem, timers->heap, mem_array(timers->lists.mem, timers->room, sizeof *timers->heap));
    }
    heap_place(timers, list, timers->count++);
    heap_fix(timers, list->heap_at);
}

static void heap_remove(Timers *timers, TimerList *list)
{
    TimerList *last = timers->heap[--timers->count];
    if (last == list)
        return;
    heap_place(timers, last, list->heap_at);
    heap_fix(timers, last->heap_at);
}

/* ---- lists ---- */

static TimerList **bucket_of(Timers *timers, Time ms)
{
    return &timers->map[(uint64_t)ms % COUNT_OF(timers->map)];
}

static TimerList *list_of(Timers *timers, Time ms)
{
    TimerList *list = *bucket_of(timers, ms);
    while (list != NULL && list->ms != ms)
        list = list->bucket_next;
    return list;
}

static bool list_empty(const TimerList *list)
{
    return list->head.next == &list->head;
}

static void list_drop(Timers *timers, TimerList *list)
{
    TimerList **at = bucket_of(timers, list->ms);
    while (*at != list)
        at = &(*at)->bucket_next;
    *at = list->bucket_next;
    heap_remove(timers, list);
    list->dropped = true;
    if (timers->processing != list)
        pool_put(&timers->lists, list);
}

static void unlink_timer(Timer *timer)
{
    if (timer->list == NULL)
        return;
    timer->prev->next = timer->next;
    timer->next->prev = timer->prev;
    timer->list = NULL;
}

/* ---- the life of a timer ---- */

static Time get_now(Node *node)
{
    if (!node->loop.bare) /* bare libuv arms a timer against the time that the loop has */
        loop_update_time(&node->loop);
    return node->loop.time;
}

static void refs_up(Node *node)
{
    if (node->timers.refs++ == 0)
        node->loop.timer.ref = true;
}

static void refs_down(Node *node)
{
    if (--node->timers.refs == 0)
        node->loop.timer.ref = false;
}

static void insert(Node *node, Timer *timer, double after, Time start)
{
    Timers *timers = &node->timers;
    Time ms = (Time)after;
    TimerList *list = list_of(timers, ms);
    unlink_timer(timer); /* an interval that was refreshed in its own callback */
    timer->start = start;
    if (list == NULL) {
        list = pool_get(&timers->lists);
        list->ms = ms;
        list->expiry = start + ms;
        list->id = ++timers->ids;
        list->head.next = list->head.prev = &list->head;
        list->bucket_next = *bucket_of(timers, ms);
        *bucket_of(timers, ms) = list;
        heap_add(timers, list);
        if (timers->next_expiry > list->expiry) {
            loop_timer_start(&node->loop, ms);
            timers->next_expiry = list->expiry;
        }
    }
    timer->list = list;
    timer->prev = list->head.prev;
    timer->next = &list->head;
    timer->prev->next = timer;
    list->head.prev = timer;
}

static void arm(Node *node, Timer *timer, double after)
{
    timer->after = after >= 1 && after <= 2147483647.0 ? after : 1; /* also what is not a number */
    timer->ref = true;
    job_hold(timer->job);
    refs_up(node);
    insert(node, timer, timer->after, get_now(node));
}

Timer *timer_new(Node *node, Frame *frame, Closure *closure, Value ms, bool repeats, int64_t times, int32_t step)
{
    Timer *timer = heap_get(frame->job, HEAP_TIMER, sizeof *timer);
    timer->closure = closure;
    timer->job = frame->job;
    timer->repeats = repeats;
    timer->times = times;
    timer->step = step;
    timer->strand = strand_fork(&node->vm, frame->job, frame->strand);
    note_part(node->loop.probe, timer->strand, PART_SLEEP);
    timer->hop = note_leaves(node->loop.probe, &node->loop.thread, timer->strand);
    arm(node, timer, value_to_number(ms));
    return timer;
}

void timer_for_op(Node *node, Op *op)
{
    Timer *timer = heap_get(op->job, HEAP_TIMER, sizeof *timer);
    timer->op = op;
    timer->job = op->job;
    timer->strand = op->strand;
    timer->step = op->info->step;
    timer->hop = op->hop;
    arm(node, timer, (double)op->time / (double)TIME_MS);
}

static void retire(Node *node, Timer *timer)
{
    timer->destroyed = true;
    job_release(timer->job);
    (void)node;
}

void timer_clear(Node *node, Timer *timer)
{
    if (timer->closure == NULL)
        return;
    timer->closure = NULL;
    if (timer->destroyed)
        return;
    unlink_timer(timer);
    if (timer->ref) {
        TimerList *list = list_of(&node->timers, (Time)timer->after);
        bool whole = (double)(Time)timer->after ==
                     timer->after; /* Node looks for the list of 1.5 ms, which is that of 1 ms: it stays */
        if (whole && list != NULL && list_empty(list))
            list_drop(&node->timers, list);
        refs_down(node);
    }
    timer->after = -1;
    retire(node, timer);
}

void timer_ref(Node *node, Timer *timer, bool ref)
{
    if (timer->ref == ref)
        return;
    timer->ref = ref;
    if (timer->destroyed)
        return;
    if (ref)
        refs_up(node);
    else
        refs_down(node);
}

void timer_refresh(Node *node, Timer *timer)
{
    if (timer->after < 0)
        return;
    unlink_timer(timer);
    insert(node, timer, timer->after, get_now(node));
    if (timer->destroyed) {
        timer->destroyed = false;
        job_hold(timer->job);
        if (timer->ref)
            refs_up(node);
    }
}

/* ---- a pass ---- */

/* When the timer was due, for its lag: no earlier than its start and its duration say. */
static Time due_at(const Timer *timer)
{
    return (timer->start + (Time)timer->after) * TIME_MS;
}

/* The callback of one timer that is due and off its list. co->p: the timer, held; co->i: start of its next period. */
static CoRet co_fire(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Timer *timer = co->p;
    CO_BEGIN(co);
    co->i = timer->repeats ? get_now(node) : 0;
    note_behind(loop->probe, timer->strand, &loop->thread);
    loop->thread.strand = timer->strand;
    note_arrives(loop->probe, &loop->thread, timer->hop);
    note_callback(loop->probe, &loop->thread, CALLBACK_TIMER, due_at(timer), timer->strand,
                  program_step(node->vm.shared->program, timer->step)->name);
    CO_CPU(loop, co, loop->costs->callback);
    if (timer->op != NULL) {
        op_timer(&node->vm, timer->op);
        timer->op = NULL;
    } else {
        frame_call(&node->vm, timer->closure, timer->strand, FRAME_BASE, 0, NULL);
        CO_UNTIL(loop, co, node_run(node));
        if (!node->vm.threw && timer->times > 0 && --timer->times == 0)
            timer_clear(node, timer);
    }
    loop->thread.strand = NULL;
    if (timer->repeats && timer->after >= 0) /* its next turn comes from this one */
        timer->hop = note_leaves(loop->probe, &loop->thread, timer->strand);
    note_callback_end(loop->probe, &loop->thread);
    if (timer->repeats && timer->after >= 0) {
        note_part(loop->probe, timer->strand, PART_SLEEP);
        insert(node, timer, timer->after, co->i);
    } else if (timer->list == NULL && !timer->destroyed) {
        node->timers.refs -= timer->ref;
        retire(node, timer);
    }
    CO_END;
}

/* listOnTimeout. co->p: the list, co->i: now, co->j: one has run. */
static CoRet co_list_on_timeout(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Timers *timers = &node->timers;
    TimerList *list = co->p;
    Timer *timer;
    CO_BEGIN(co);
    timers->processing = list;
    while (!list_empty(list)) {
        timer = list->head.next;
        if (co->i - timer->start < list->ms) { /* not due at this pass's `now` */
            list->expiry = timer->start + list->ms > co->i + 1 ? timer->start + list->ms : co->i + 1;
            list->id = ++timers->ids;
            heap_fix(timers, list->heap_at);
            timers->processing = NULL;
            return CO_OVER;
        }
        co->q = timers->firing = timer;
        job_hold(timer->job);
        if (co->j)
            CO_CALL(loop, co, co_next_ticks, NULL, 0);
        co->j = 1;
        timer = co->q;
        if (!node->vm.threw) { /* whatever ticks did to it: cleared is cleared, anything else runs */
            unlink_timer(timer);
            if (timer->closure != NULL || timer->op != NULL)
                CO_CALL(loop, co, co_fire, co->q, 0);
        }
        job_release(((Timer *)co->q)->job);
        timers->firing = NULL;
        if (node->vm.threw) {
            timers->processing = NULL;
            if (list->dropped)
                pool_put(&timers->lists, list);
            return CO_OVER;
        }
    }
    timers->processing = NULL;
    if (list->dropped)
        pool_put(&timers->lists, list);
    else
        list_drop(timers, list);
    CO_END;
}

/* processTimers. co->i: now, co->j: a list was served. What it returns (0, or ± the next expiry) stands in
 * timers.result. */
static CoRet co_process_timers(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Timers *timers = &node->timers;
    CO_BEGIN(co);
    timers->next_expiry = TIME_NEVER;
    while (timers->count > 0) {
        if (timers->heap[0]->expiry > co->i) {
            timers->next_expiry = timers->heap[0]->expiry;
            timers->result = timers->refs > 0 ? timers->next_expiry : -timers->next_expiry;
            return CO_OVER;
        }
        if (co->j) {
            CO_CALL(loop, co, co_next_ticks, NULL, 0);
            if (node->vm.threw)
                return CO_OVER;
            if (timers->count == 0)
                break;
        }
        co->j = 1;
        co->p = timers->heap[0];
        CO_CALL(loop, co, co_list_on_timeout, co->p, co->i);
        if (node->vm.threw)
            return CO_OVER;
    }
    timers->result = 0;
    CO_END;
}

/* Environment::RunTimers: after a throw the pass goes on with the same `now`, before any tick. */
CoRet co_run_node_timers(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    CO_BEGIN(co);
    node->scope_depth++;
    co->i = get_now(node);
    for (;;) {
        CO_CALL(loop, co, co_process_timers, NULL, co->i);
        if (!node->vm.threw)
            break;
        CO_CALL(loop, co, co_uncaught, NULL, 0);
    }
    if (node->timers.result != 0) {
        Time at = node->timers.result > 0 ? node->timers.result : -node->timers.result;
        loop_timer_start(loop, at > loop->time ? at - loop->time : 1);
    }
    loop->timer.ref = node->timers.result > 0;
    node->scope_depth--;
    CO_CALL(loop, co, co_drain, NULL, 0);
    CO_END;
}

void timers_init(Node *node)
{
    Mem *mem = node->vm.shared->mem;
    node->timers.next_expiry = TIME_NEVER;
    pool_init(&node->timers.lists, mem, sizeof(TimerList));
}
