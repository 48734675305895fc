/* naive_loop: the event loop of the naive simulator: what its files know of each other. The numbers are sections of the
 * contract's semantics.md, which docs/semantics.md tells in short. */
#ifndef TESTS_NAIVE_LOOP_H
#define TESTS_NAIVE_LOOP_H

#include "naive_sim.h"

typedef enum DescriptorKind { LISTENING, HANDED, EVENTFD, CONNECTION, SOCKET } DescriptorKind;

typedef struct Descriptor {
    DescriptorKind kind;
    Loop *loop;
    bool registered, ready, on_list, closed;
    Conn *conn;
    Act *act; /* that waits for this socket */
    bool failed;
} Descriptor;

typedef struct Reaction {
    void (*job)(Loop *, void *, int, bool);
    void *who;
    int index;
    bool rejected;
} Reaction;

struct Promise {
    bool settled, rejected;
    Reaction reaction[20];
    int reactions;
};

typedef struct Timeout {
    Time start; /* ms */
    Act *act;
} Timeout;

typedef struct TimerList {
    Time msecs, expiry;
    uint64_t id;
    Timeout timeout[1000];
    int count;
} TimerList;

typedef struct Task {
    Loop *loop;
    Act *act;
    int kind, resource;
    Time time;
    Rng rng;
    bool fails, failed, computing;
    struct Worker *worker;
    Call *call; /* of a resource */
} Task;

typedef struct Worker {
    Loop *loop;
    Doer *doer;
    Task *task;
} Worker;

enum { LIST_MOST = 3000 };

typedef enum Phase {
    START,
    POLL,
    REGISTER,
    FIRST_WAIT,
    SECOND_WAIT,
    SCANNED,
    REPORT,
    EVENTS,
    CLOSING,
    RUN_TIMERS,
    TIMERS,
    TIMERS_OF_LIST,
    FIRES
} Phase;

/* The loops of a server. */
typedef struct Cluster {
    Sim *sim;
    Loop *loop[16];
    int loops;
    bool round_robin, reuseport; /* neither: one socket, shared */
    uint64_t turn;
} Cluster;

struct Loop {
    Sim *sim;
    Cluster *cluster;
    bool bare;                /* libuv without Node on it */
    int written;              /* bare: responses whose callback is still to come */
    int scanned;              /* so many were on the list when epoll_wait began */
    bool legacy;              /* libuv-1.44: accepts all that wait, not one a turn */
    Descriptor *accepts_from; /* it does, and may go on doing so */
    Conn *own[2000];          /* handed over to it; or (reuseport) for it to accept */
    int owns;
    Doer *doer;
    Phase phase;
    Act *running;
    Time owes;    /* it pays this before it goes on */
    Act *answers; /* its handler has ended; the response leaves when `write` is paid */
    bool threw;
    Reaction job[LIST_MOST];
    int jobs;
    Descriptor *watch[LIST_MOST], *ready[LIST_MOST], *event[LIST_MOST];
    int watches, readies, events, next_event;
    Descriptor listening, eventfd, handed; /* handed: by the other processes of a cluster */
    bool pending;                          /* the eventfd was written, and not read yet */
    Time T, base, timeout;                 /* ms; timeout -1: none */
    bool polls, slept;                     /* it sleeps in poll */
    Time until;                            /* ns */
    Happening *alarm;
    int closings; /* handles that wait for their closing phase */
    void (*entered)(Loop *, void *);
    void *entered_with;
    /* timers */
    TimerList *list[200];
    int lists;
    uint64_t ids;
    Time next_expiry, timer; /* the uv_timer: when, -1: stopped */
    Time pass;               /* `now` of the pass under way */
    TimerList *emptied;
    bool ran_list, ran_timer;
    bool holds_back; /* microtasks wait: the timers of a pass are one scope */
    /* the pool */
    Task *queue[LIST_MOST], *slow[LIST_MOST], *done[LIST_MOST], *batch[LIST_MOST]; /* queue: NULL is the mark SLOW */
    int queued, slows, dones, batched, slow_running, workers;
    Worker *idle[1024];
    int idles;
};

static inline Time clock_ms(const Loop *loop)
{
    return loop->sim->now / TIME_MS;
}

/* naive_loop.c: a callback, when its costs are paid */
void naive_enter(Loop *loop, Time cost, void (*entered)(Loop *, void *), void *who);
bool naive_ready(Loop *loop, Descriptor *descriptor); /* true: the loop slept, and was woken */

/* naive_promises.c: microtasks, promises, and what runs on the loop */
void naive_enqueue(Loop *loop, Reaction reaction);
void naive_resume(Loop *loop, void *who, int index, bool rejected); /* a job: the activation goes on after its await */
/* true: it has to compute, or is blocked, and nothing else on the loop goes on. */
bool naive_run_activation(Loop *loop);
void naive_answer(Loop *loop);

/* naive_timers.c: 9 */
void naive_run_timers(Loop *loop);
void naive_next_list(Loop *loop);
void naive_next_timer(Loop *loop);
void naive_fire(Loop *loop);

/* naive_pool.c: 6 */
void naive_workers(Loop *loop);
Task *naive_pop(Task **queue, int *n);

#endif
