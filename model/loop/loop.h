/* loop: what libuv is: one thread that runs phases over and over, epoll's ready list, a pool of workers behind it,
 * closing handles.
 *
 * The thread's doing is a stack of small coroutines (Co): each is a C function that says where it stands in `at` and
 * keeps what it needs in a few fields, so that any of them can stop for CPU time, or sleep in poll, and go on later.
 * They read like the pseudo-code of uv_run (libuv 1.46, src/unix/core.c), Environment::RunTimers (Node 20, src/env.cc)
 * and lib/internal/timers.js, which they follow.
 *
 * Node's part (timers, immediates, ticks, microtasks) hangs in three hooks: see struct LoopHooks. */
#ifndef MODEL_LOOP_LOOP_H
#define MODEL_LOOP_LOOP_H

#include "../machine/machine.h"
#include "../machine/world.h"

typedef struct Loop Loop;
typedef struct Co Co;
typedef enum CoRet {
    CO_OVER,   /* it has ended */
    CO_STOPPED /* time has to pass first: see loop->need; or the thread ends (loop->over) */
} CoRet;
typedef CoRet CoFn(Loop *loop, Co *co);

struct Co {
    CoFn *fn;
    int at;
    void *p, *q;
    int64_t i, j;
};

enum { CO_MOST = 32 };
enum { POLL_MOST = 1024, POLL_ROUNDS = 48 }; /* events that one epoll_wait gives; how often a poll asks for more */

/* A coroutine's body stands between CO_BEGIN and CO_END. CO_CALL runs another one to its end; CO_CPU asks for CPU time
 * of the thread; CO_WAIT sleeps until the thread is woken; CO_STOP stops with what loop->need says already; CO_UNTIL
 * calls `done` again and again, stopping each time it says false. Local variables do not live across them: fields of co
 * do.
 *
 * What does not have to stop runs as plain nested calls: only a coroutine that stops unwinds to the thread, which then
 * goes on with the innermost. */
#define CO_BEGIN(co)                                                                                                   \
    switch ((co)->at) {                                                                                                \
    case 0:
#define CO_END                                                                                                         \
    }                                                                                                                  \
    return CO_OVER
#define CO_CALL(loop, co, function, pointer, number)                                                                   \
    do {                                                                                                               \
        if (rarely(co_enter(loop, co, function, pointer, number) != CO_OVER)) {                                        \
            (co)->at = __LINE__;                                                                                       \
            return CO_STOPPED;                                                                                         \
        }                                                                                                              \
        if (0) {                                                                                                       \
        case __LINE__:;                                                                                                \
        }                                                                                                              \
    } while (0)
#define CO_STOP(loop, co)                                                                                              \
    do {                                                                                                               \
        (co)->at = __LINE__;                                                                                           \
        (loop)->running = (co);                                                                                        \
        return CO_STOPPED;                                                                                             \
    case __LINE__:;                                                                                                    \
    } while (0)
#define CO_CPU(loop, co, cost)                                                                                         \
    do {                                                                                                               \
        if ((cost) > 0) {                                                                                              \
            (loop)->need = need_overhead(cost);                                                                        \
            CO_STOP(loop, co);                                                                                         \
        }                                                                                                              \
    } while (0)
#define CO_WAIT(loop, co)                                                                                              \
    do {                                                                                                               \
        (loop)->need = (Need){.kind = NEED_WAIT};                                                                      \
        CO_STOP(loop, co);                                                                                             \
    } while (0)
#define CO_UNTIL(loop, co, done)                                                                                       \
    do {                                                                                                               \
        if (0) {                                                                                                       \
        case __LINE__:;                                                                                                \
        }                                                                                                              \
        if (!(done)) {                                                                                                 \
            (co)->at = __LINE__;                                                                                       \
            (loop)->running = (co);                                                                                    \
            return CO_STOPPED;                                                                                         \
        }                                                                                                              \
    } while (0)

static inline CoRet co_enter(Loop *loop, Co *by, CoFn *fn, void *pointer, int64_t number);

/* ---- descriptors: epoll's ready list (semantics.md, 4.1) ---- */

typedef struct Fd Fd;
struct Fd {
    union {
        Fd *ready_next; /* the kernel's ready list; what stands in it is registered */
        Fd *watch_next; /* libuv's queue of watchers to be registered */
    };
    Fd *ready_prev;
    CoFn *dispatch; /* with co->p the Fd: its callback */
    Time ready_at;  /* since when it is ready */
    int16_t batch;  /* its place in the batch under way, -1: none */
    bool open, queued, registered, ready, listed;
    bool end_of_file; /* its owner's */
};

void fd_init(Fd *fd, CoFn *dispatch);
void fd_watch(Loop *loop, Fd *fd); /* its watcher starts: it joins epoll at the next poll */
bool fd_becomes_ready(Loop *loop, Fd *fd);
/* It is readable from now on; true: the loop's thread slept and was woken. */
static inline bool fd_ready(Loop *loop, Fd *fd)
{
    return !(fd->ready && (fd->listed || !fd->registered)) && fd_becomes_ready(loop, fd);
}
void fd_clear(Loop *loop, Fd *fd); /* it is not any more; it stays on the list until the next scan */
void fd_close(Loop *loop, Fd *fd);

/* ---- the pool (semantics.md, 6) ---- */

typedef struct Task Task;
typedef enum TaskKind { TASK_CPU, TASK_FS, TASK_DNS } TaskKind;
struct Task {
    Task *next;
    Strand *strand;
    TaskKind kind;
    Time time;     /* what it takes: CPU time where it computes, else it blocks */
    int resource;  /* it calls this resource instead; -1: none */
    bool computes; /* needs a core, not only the worker */
    bool failed;
    Time queued_at, done_at;
    const char *name; /* for traces */
    uint64_t hop;
    CoFn *done; /* with co->p the Task, in the loop's poll phase */
    Call call;
    Rng rng;          /* of the resource's latency */
    void *call_owner; /* the worker that makes it */
};

typedef struct ThreadPool ThreadPool;
ThreadPool *threadpool_new(Loop *loop, int workers, Time wake_delay);
/* Queues the task; true where a worker was woken for it that slept (the loop owes `wake`). */
bool threadpool_submit(ThreadPool *pool, Task *task);
/* What it has to do: first what workers do, then what waits, then what is done and not yet told. */
void threadpool_each(const ThreadPool *pool, void (*each)(void *context, const Task *task), void *context);

/* ---- closing handles ---- */
typedef struct Closing Closing;
struct Closing {
    Closing *next;
    CoFn *done;                                 /* with co->p the Closing; NULL: nothing to call, but perhaps */
    void (*gone)(Loop *loop, Closing *closing); /* to give back; NULL: not even that */
};
void loop_close(Loop *loop, Closing *closing);

/* ---- the loop ---- */

typedef struct LoopHooks {
    CoFn *timers; /* the one uv_timer is due */
    CoFn *check;  /* the check phase, where it has anything to do: */
    bool (*checks)(const Loop *loop);
    CoFn *program;             /* the whole life of the thread: calls co_uv_run */
    void (*stops)(Loop *loop); /* in a trace, the thread is about to wait or to take time; may be NULL */
} LoopHooks;

struct Loop {
    Thread thread;
    World *world;
    Kernel *kernel;
    struct Probe *probe;
    const Costs *costs;
    void *owner; /* Node's side */
    LoopHooks hooks;
    bool legacy;         /* the order of libuv < 1.45 */
    bool bare;           /* a server of libuv alone: no Node on it */
    int64_t written;     /* bare: responses whose callback is still to run */
    Time iteration_cost; /* programs: a small cost of its own; else 0 */

    Time time;               /* libuv's loop time, whole ms */
    Time next_ms;            /* ns: when the next one begins */
    int64_t active_requests; /* outstanding pool requests */
    int64_t handles;         /* active and ref'd */
    bool idle_active;        /* a ref'd immediate exists */
    struct {
        bool active, ref;
        Time timeout;
    } timer; /* the one uv_timer, ms */
    Closing *closing;
    Closing *being_closed; /* by the closing phase: this one and those behind it */
    bool stop;             /* leave uv_run at once */
    bool over;             /* the thread ends */
    bool begun;

    Fd ready; /* head of the ready list */
    Fd *watch_first, **watch_last;
    int64_t watch_count;
    int listed, ready_count; /* of the ready list: all of it, and those that are ready now */
    int looks_at;            /* the first so many of it are what the present epoll_wait looks at */
    Fd *batch[POLL_MOST];
    int batch_count, batch_at; /* events of the present epoll_wait; the next one to be dispatched */
    bool sleeping;             /* in poll */
    Event deadline;

    ThreadPool *pool;
    uint64_t iterations;
    Need need;
    Co *running;       /* stopped: the innermost coroutine; stack: none */
    Co stack[CO_MOST]; /* the first one is the ground, and never runs */
};

/* `by` calls it: its place on the stack is the next one. */
static inline CoRet co_enter(Loop *loop, Co *by, CoFn *fn, void *pointer, int64_t number)
{
    Co *co = by + 1;
    must(co < loop->stack + CO_MOST, "coroutines nest too deep");
    co->fn = fn;
    co->at = 0;
    co->p = pointer;
    co->i = number;
    co->j = 0;
    return fn(loop, co);
}

void loop_init(Loop *loop, World *world, LoopHooks hooks, void *owner, uint32_t number);
void loop_start(Loop *loop);
static inline void loop_update_time(Loop *loop)
{
    Time now = loop->kernel->now;
    if (now < loop->next_ms)
        return;
    loop->time = now / TIME_MS;
    loop->next_ms = (loop->time + 1) * TIME_MS;
}
void loop_timer_start(Loop *loop, Time ms); /* of the one uv_timer */
bool loop_alive(const Loop *loop);
CoFn co_uv_run;

/* poll.c */
void poll_register(Loop *loop);         /* what waits to be watched joins epoll */
CoFn co_poll;                           /* fills the batch; co->i is the timeout in ms, below 0 without end */
static inline Fd *poll_next(Loop *loop) /* of the batch, in order; those closed meanwhile are skipped */
{
    while (loop->batch_at < loop->batch_count) {
        Fd *fd = loop->batch[loop->batch_at++];
        if (fd != NULL) {
            fd->batch = -1;
            return fd;
        }
    }
    return NULL;
}

#endif
