/* poll: epoll's ready list, and the poll phase over it (semantics.md, 3.3 and 4; libuv 1.46, src/unix/linux.c,
 * uv__io_poll).
 *
 * The list keeps the order in which level-triggered descriptors are reported: a descriptor joins it when it becomes
 * ready, or, if it is ready already, when it is registered; what a scan reports keeps its place ahead of all that
 * becomes ready during the callbacks. */
#include "loop.h"

#include "../observe/probe.h"

void fd_init(Fd *fd, CoFn *dispatch)
{
    *fd = (Fd){.dispatch = dispatch, .open = true, .batch = -1};
}

static void list_append(Loop *loop, Fd *fd)
{
    Fd *head = &loop->ready;
    fd->ready_prev = head->ready_prev;
    fd->ready_next = head;
    head->ready_prev->ready_next = fd;
    head->ready_prev = fd;
    fd->listed = true;
    loop->listed++;
    loop->ready_count++;
}

static void unlink_fd(Fd *fd)
{
    fd->ready_prev->ready_next = fd->ready_next;
    fd->ready_next->ready_prev = fd->ready_prev;
}

/* It is not ready (any more). */
static void list_remove(Loop *loop, Fd *fd)
{
    unlink_fd(fd);
    fd->listed = false;
    loop->listed--;
}

/* The list begins with this one now: those before it follow the last. */
static void list_turn(Fd *head, Fd *first)
{
    unlink_fd(head);
    head->ready_next = first;
    head->ready_prev = first->ready_prev;
    head->ready_prev->ready_next = first->ready_prev = head;
}

void fd_watch(Loop *loop, Fd *fd)
{
    if (fd->registered || fd->queued)
        return;
    fd->queued = true;
    fd->watch_next = NULL;
    *loop->watch_last = fd;
    loop->watch_last = &fd->watch_next;
    loop->watch_count++;
}

bool fd_becomes_ready(Loop *loop, Fd *fd)
{
    if (!fd->ready) {
        fd->ready = true;
        fd->ready_at = loop->kernel->now;
        loop->ready_count += fd->listed;
        note_ready(loop->probe, &loop->thread, +1);
    }
    if (!fd->registered || fd->listed)
        return false;
    list_append(loop, fd);
    return loop->sleeping && machine_wake(loop->world->machine, &loop->thread);
}

void fd_clear(Loop *loop, Fd *fd)
{
    if (fd->ready)
        note_ready(loop->probe, &loop->thread, -1);
    loop->ready_count -= fd->ready && fd->listed;
    fd->ready = false;
}

static void unqueue(Loop *loop, Fd *fd)
{
    Fd **at = &loop->watch_first;
    while (*at != fd)
        at = &(*at)->watch_next;
    *at = fd->watch_next;
    if (loop->watch_last == &fd->watch_next)
        loop->watch_last = at;
    loop->watch_count--;
    fd->queued = false;
}

void fd_close(Loop *loop, Fd *fd)
{
    fd_clear(loop, fd);
    if (fd->listed)
        list_remove(loop, fd);
    if (fd->queued)
        unqueue(loop, fd);
    if (fd->batch >= 0)
        loop->batch[fd->batch] = NULL;
    fd->open = fd->registered = false;
    fd->batch = -1;
}

void poll_register(Loop *loop)
{
    while (loop->watch_first != NULL) {
        Fd *fd = loop->watch_first;
        loop->watch_first = fd->watch_next;
        fd->queued = false;
        fd->registered = true;
        if (fd->ready && !fd->listed)
            list_append(loop, fd);
    }
    loop->watch_last = &loop->watch_first;
    loop->watch_count = 0;
}

/* epoll_wait(0) begins: what it costs. It looks at what is on the list now. */
static inline Time begin_scan(Loop *loop)
{
    loop->looks_at = loop->listed;
    return loop->costs->poll +
           loop->costs->poll_event * (loop->ready_count < POLL_MOST ? loop->ready_count : POLL_MOST);
}

/* It ends: reports those that are ready by now, in order, and puts them at the list's end again; what is not ready any
 * more leaves it. What has joined the list in the meantime is for the next call. */
static inline int scan(Loop *loop)
{
    Fd *head = &loop->ready, *fd = head->ready_next, *next;
    int n = 0;
    for (int left = loop->looks_at; left > 0 && fd != head && n < POLL_MOST; fd = next, left--) {
        next = fd->ready_next;
        if (fd->ready) {
            fd->batch = (int16_t)n;
            loop->batch[n++] = fd;
        } else
            list_remove(loop, fd);
    }
    if (fd != head) /* what was reported goes behind those that were not looked at */
        list_turn(head, fd);
    loop->batch_count = n;
    loop->batch_at = 0;
    return n;
}

/* co->i: the timeout in ms, below 0 without end. co->j: what is left of it. */
static CoRet co_sleep(Loop *loop, Co *co)
{
    CO_BEGIN(co);
    if (co->i >= 0) {
        co->j = loop->kernel->now + co->i * TIME_MS + loop->costs->timer_slack;
        kernel_at(loop->kernel, &loop->deadline, co->j);
    } else
        co->j = TIME_NEVER;
    note_idle(loop->probe, &loop->thread, true);
    loop->sleeping = true;
    do
        CO_WAIT(loop, co);
    while (loop->ready_count == 0 && loop->kernel->now < co->j);
    loop->sleeping = false;
    note_idle(loop->probe, &loop->thread, false);
    kernel_cancel(loop->kernel, &loop->deadline);
    CO_END;
}

/* Node runs libuv with UV_METRICS_IDLE_TIME: the first epoll_wait of a poll does not block; if it finds nothing, the
 * time is updated and the real timeout shortened by what went by since the loop time was last taken. co->i: timeout,
 * co->j: the base time. */
CoRet co_poll(Loop *loop, Co *co)
{
    Time cost;
    CO_BEGIN(co);
    co->j = loop->time;
    do {
        cost = begin_scan(loop);
        CO_CPU(loop, co, cost);
        if (scan(loop) == 0 && co->i != 0) {
            loop_update_time(loop);
            if (co->i > 0) {
                co->i -= loop->time - co->j;
                co->j = loop->time;
                if (co->i <= 0)
                    break;
            }
            if (loop->ready_count == 0) /* nothing came while it looked */
                CO_CALL(loop, co, co_sleep, NULL, co->i);
            cost = begin_scan(loop);
            CO_CPU(loop, co, cost);
            scan(loop);
        }
        loop_update_time(loop);
    } while (loop->batch_count == 0 && co->i < 0);
    CO_END;
}
