/* The event loop of the naive simulator: libuv and Node as docs/semantics.md and the contract's semantics tell it. */
#include "naive_sim.h"

#include <check.h>
#include <string.h>

typedef enum DescriptorKind { LISTENING, EVENTFD, CONNECTION, SOCKET } DescriptorKind;

typedef struct Descriptor {
    DescriptorKind kind;
    bool registered, ready, on_list, closed;
    Conn *conn;
    Act *act;    /* that waits for this socket */
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
    bool failed, computing;
    struct Worker *worker;
    Call *call; /* of a resource */
} Task;

typedef struct Worker {
    Loop *loop;
    Doer *doer;
    Task *task;
} Worker;

enum { LIST_MOST = 3000 };

typedef enum Phase { START, POLL, REGISTER, FIRST_WAIT, SECOND_WAIT, REPORT, EVENTS, CLOSING, RUN_TIMERS, TIMERS, TIMERS_OF_LIST, FIRES } Phase;

struct Loop {
    Sim *sim;
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
    bool pending; /* the eventfd was written, and not read yet */
    Time T, base, timeout; /* ms; timeout -1: none */
    bool polls, slept;     /* it sleeps in poll */
    Time until;            /* ns */
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

static Time clock_ms(const Loop *loop)
{
    return loop->sim->now / TIME_MS;
}

/* ---- microtasks and promises ---- */

static void enqueue(Loop *loop, Reaction reaction)
{
    ck_assert_int_lt(loop->jobs, LIST_MOST);
    loop->job[loop->jobs++] = reaction;
}

Promise *naive_promise(Sim *sim)
{
    return mem_get(sim->mem, sizeof(Promise));
}

void naive_then(Loop *loop, Promise *promise, void (*job)(Loop *, void *, int, bool), void *who, int index)
{
    Reaction reaction = {job, who, index, promise->rejected};
    if (promise->settled)
        enqueue(loop, reaction);
    else
        promise->reaction[promise->reactions++] = reaction;
}

void naive_settle(Loop *loop, Promise *promise, bool rejected)
{
    if (promise->settled)
        return;
    promise->settled = true;
    promise->rejected = rejected;
    for (int i = 0; i < promise->reactions; i++) {
        promise->reaction[i].rejected = rejected;
        enqueue(loop, promise->reaction[i]);
    }
}

/* The activation goes on after its await. */
static void resume(Loop *loop, void *who, int index, bool rejected)
{
    (void)index;
    naive_step_over(who, rejected);
    loop->running = who;
}

void naive_await(Act *act, Promise *promise)
{
    naive_then(act->loop, promise, resume, act, 0);
}

void naive_lock_job(Loop *loop, Act *act)
{
    enqueue(loop, (Reaction){resume, act, 0, false});
}

typedef struct Combination {
    const char *kind;
    int left;
    Promise *result;
} Combination;

static void element_settled(Loop *loop, void *who, int index, bool rejected)
{
    Combination *all = who;
    (void)index;
    all->left--;
    if (strcmp(all->kind, "race") == 0)
        naive_settle(loop, all->result, rejected);
    else if (strcmp(all->kind, "all") == 0 && rejected)
        naive_settle(loop, all->result, true);
    else if (strcmp(all->kind, "any") == 0 && !rejected)
        naive_settle(loop, all->result, false);
    else if (all->left == 0)
        naive_settle(loop, all->result, strcmp(all->kind, "any") == 0);
}

Promise *naive_combine(Loop *loop, const char *kind, int n, Promise *const of[])
{
    Combination *all = mem_get(loop->sim->mem, sizeof *all);
    *all = (Combination){kind, n, naive_promise(loop->sim)};
    for (int i = 0; i < n; i++)
        naive_then(loop, of[i], element_settled, all, i);
    return all->result;
}

/* An element of a combination: its body as an async function, called at once. */
Promise *naive_start(Act *caller, const Json *body, uint64_t path)
{
    Loop *loop = caller->loop;
    Act *act = naive_act(caller->sim, caller->req);
    act->body = body;
    act->path = path;
    act->caller = caller;
    act->loop = loop;
    act->doer = loop->doer;
    act->result = naive_promise(caller->sim);
    loop->running = act;
    return act->result;
}

static void handler_over(Loop *loop, Act *act, bool threw)
{
    loop->answers = act;
    loop->threw = threw;
    if (!act->req->responded)
        loop->owes += loop->sim->cost->write;
}

static void answer(Loop *loop)
{
    Req *req = loop->answers->req;
    loop->answers = NULL;
    if (!req->responded)
        naive_respond(loop->sim, req, loop->threw, req->conn->stream->response_bytes);
}

/* True: it has to compute, or is blocked, and nothing else on the loop goes on. */
static bool run_activation(Loop *loop)
{
    Act *act = loop->running;
    How how = naive_go_on(act);
    if (how == BLOCKS || (how == COMPUTES && loop->running == act))
        return true;
    if (how == COMPUTES)
        return false;
    loop->running = act->caller;
    act->caller = NULL; /* it goes on from the loop now */
    if (how == WAITS)
        return false;
    if (act->result != NULL)
        naive_settle(loop, act->result, how == THREW);
    else
        handler_over(loop, act, how == THREW);
    return false;
}

/* ---- descriptors: 4.1 ---- */

static bool wake_from_poll(Loop *loop)
{
    return loop->polls && naive_wake(loop->doer);
}

static void append_ready(Loop *loop, Descriptor *descriptor)
{
    if (descriptor->on_list)
        return;
    descriptor->on_list = true;
    ck_assert_int_lt(loop->readies, LIST_MOST);
    loop->ready[loop->readies++] = descriptor;
}

/* True: the loop slept, and was woken. */
static bool becomes_ready(Loop *loop, Descriptor *descriptor)
{
    descriptor->ready = true;
    if (!descriptor->registered || descriptor->on_list)
        return false;
    append_ready(loop, descriptor);
    return wake_from_poll(loop);
}

static void watch(Loop *loop, Descriptor *descriptor)
{
    ck_assert_int_lt(loop->watches, LIST_MOST);
    loop->watch[loop->watches++] = descriptor;
}

static void register_watchers(Loop *loop)
{
    for (int i = 0; i < loop->watches; i++) {
        Descriptor *descriptor = loop->watch[i];
        descriptor->registered = true;
        if (descriptor->ready && !descriptor->closed)
            append_ready(loop, descriptor);
    }
    loop->watches = 0;
}

/* What is ready is reported and goes to the end of the list; what is not is dropped. */
static void scan(Loop *loop)
{
    int n = loop->readies;
    Descriptor *old[LIST_MOST];
    memcpy(old, loop->ready, (size_t)n * sizeof old[0]);
    loop->readies = loop->events = loop->next_event = 0;
    for (int i = 0; i < n; i++) {
        old[i]->on_list = false;
        if (!old[i]->ready || old[i]->closed)
            continue;
        loop->event[loop->events++] = old[i];
        append_ready(loop, old[i]);
    }
}

typedef struct NetWait {
    Loop *loop;
    Descriptor *descriptor;
} NetWait;

static void socket_ready(Sim *sim, void *who, bool failed)
{
    NetWait *wait = who;
    (void)sim;
    wait->descriptor->failed = failed;
    becomes_ready(wait->loop, wait->descriptor);
}

static void socket_ready_now(Sim *sim, void *who)
{
    socket_ready(sim, who, false);
}

void naive_loop_net(Loop *loop, Act *act, Time time, int resource, Rng *rng)
{
    Descriptor *descriptor = mem_get(loop->sim->mem, sizeof *descriptor);
    NetWait *wait = mem_get(loop->sim->mem, sizeof *wait);
    *descriptor = (Descriptor){.kind = SOCKET, .act = act};
    *wait = (NetWait){loop, descriptor};
    watch(loop, descriptor);
    if (resource >= 0)
        naive_call(loop->sim, resource, rng, (Waiter){socket_ready, wait}, false);
    else
        naive_at(loop->sim, loop->sim->now + time, WORLD, socket_ready_now, wait);
}

/* ---- timers: 9 ---- */

static void timer_start(Loop *loop, Time ms)
{
    loop->timer = loop->T + ms;
}

void naive_loop_sleep(Loop *loop, Act *act, Time time)
{
    Time msecs = time / TIME_MS < 1 ? 1 : time / TIME_MS;
    TimerList *list = NULL;
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
static void next_list(Loop *loop)
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
static void next_timer(Loop *loop)
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
    enqueue(loop, (Reaction){resume, who, 0, false});
}

static void enter(Loop *loop, Time cost, void (*entered)(Loop *, void *), void *who);

static void fire(Loop *loop)
{
    TimerList *list = loop->emptied;
    Timeout first = list->timeout[0];
    list->count--;
    memmove(list->timeout, list->timeout + 1, (size_t)list->count * sizeof first);
    loop->holds_back = true;
    enter(loop, 0, timer_fired, first.act);
    loop->phase = TIMERS_OF_LIST;
}

/* ---- the pool: 6 ---- */

/* True: the loop was woken. */
static bool task_done(Loop *loop, Task *task)
{
    loop->done[loop->dones++] = task;
    if (loop->pending)
        return false;
    loop->pending = true;
    return becomes_ready(loop, &loop->eventfd);
}

/* The one that has been idle for longest. */
static bool wake_worker(Loop *loop)
{
    if (loop->idles == 0)
        return false;
    Worker *worker = loop->idle[0];
    loop->idles--;
    memmove(loop->idle, loop->idle + 1, (size_t)loop->idles * sizeof worker);
    return naive_wake(worker->doer);
}

static void push(Loop *loop, Task *task)
{
    ck_assert_int_lt(loop->queued, LIST_MOST);
    loop->queue[loop->queued++] = task;
}

static Task *pop(Task **queue, int *n)
{
    Task *first = queue[0];
    --*n;
    memmove(queue, queue + 1, (size_t)*n * sizeof first);
    return first;
}

static void submit(Loop *loop, Task *task)
{
    if (task->kind == VIA_DNS) {
        loop->slow[loop->slows++] = task;
        for (int i = 0; i < loop->queued; i++)
            if (loop->queue[i] == NULL)
                return;
        task = NULL;
    }
    push(loop, task);
    if (wake_worker(loop))
        loop->owes += loop->sim->cost->wake;
}

/* The next task for a worker; NULL: it sleeps. */
static Task *next_task(Loop *loop)
{
    int threshold = (loop->workers + 1) / 2;
    for (;;) {
        if (loop->queued == 0 || (loop->queued == 1 && loop->queue[0] == NULL && loop->slow_running >= threshold))
            return NULL;
        Task *task = pop(loop->queue, &loop->queued);
        if (task != NULL)
            return task;
        if (loop->slow_running >= threshold) {
            push(loop, NULL);
            continue;
        }
        if (loop->slows == 0)
            continue;
        loop->slow_running++;
        task = pop(loop->slow, &loop->slows);
        if (loop->slows > 0) {
            push(loop, NULL);
            wake_worker(loop);
        }
        return task;
    }
}

static void told_worker(Sim *sim, void *who, bool failed)
{
    Task *task = who;
    (void)sim;
    task->failed = failed;
    naive_wake(task->worker->doer);
}

static void task_time_over(Sim *sim, void *who)
{
    told_worker(sim, who, false);
}

static void begin_task(Worker *worker)
{
    Task *task = worker->task;
    Sim *sim = worker->loop->sim;
    task->worker = worker;
    if (task->resource >= 0)
        task->call = naive_call(sim, task->resource, &task->rng, (Waiter){told_worker, task}, task->kind == VIA_CPU);
    else if (task->kind == VIA_CPU && task->time > 0)
        worker->doer->need = task->time;
    else
        naive_at(sim, sim->now + task->time, WORLD, task_time_over, task);
}

static void worker_goes_on(Doer *doer)
{
    Worker *worker = doer->who;
    Loop *loop = worker->loop;
    if (worker->task != NULL) {
        Task *task = worker->task;
        if (task->resource >= 0 && task->kind == VIA_CPU && !task->failed && !task->computing) {
            task->computing = true;
            doer->need = task->call->latency;
            if (doer->need > 0)
                return;
        }
        if (task->computing)
            task->failed = naive_leave(loop->sim, task->call);
        worker->task = NULL;
        bool woke = task_done(loop, task);
        if (task->kind == VIA_DNS)
            loop->slow_running--;
        doer->need = woke ? loop->sim->cost->wake : 0;
        if (doer->need > 0)
            return;
    }
    worker->task = next_task(loop);
    if (worker->task != NULL)
        begin_task(worker);
    else
        loop->idle[loop->idles++] = worker;
}

void naive_loop_pool(Loop *loop, Act *act, int kind, Time time, int resource, const Rng *rng)
{
    Task *task = mem_get(loop->sim->mem, sizeof *task);
    *task = (Task){.loop = loop, .act = act, .kind = kind, .resource = resource, .time = time};
    if (rng != NULL)
        task->rng = *rng;
    submit(loop, task);
}

/* ---- callbacks ----
 *
 * Each is entered when its costs are paid: `entered` does what it is there for. */

static void enter(Loop *loop, Time cost, void (*entered)(Loop *, void *), void *who)
{
    loop->owes += cost + loop->sim->cost->callback;
    loop->entered = entered;
    loop->entered_with = who;
}

static void connection_accepted(Loop *loop, void *who)
{
    Conn *conn = who;
    Descriptor *descriptor = mem_get(loop->sim->mem, sizeof *descriptor);
    *descriptor = (Descriptor){.kind = CONNECTION, .conn = conn};
    conn->served_by = descriptor;
    if (naive_accept(loop->sim, conn))
        watch(loop, descriptor);
}

static void on_connection(Loop *loop)
{
    Sim *sim = loop->sim;
    Conn *conn = naive_take(sim);
    loop->listening.ready = sim->waiting > 0;
    enter(loop, sim->cost->accept, connection_accepted, conn);
}

static void request_read(Loop *loop, void *who)
{
    Act *act = naive_act(loop->sim, who);
    act->loop = loop;
    act->doer = loop->doer;
    loop->running = act;
}

static void end_read(Loop *loop, void *who)
{
    Descriptor *descriptor = who;
    descriptor->ready = false;
    descriptor->closed = true;
    loop->closings++;
    naive_close(loop->sim, descriptor->conn);
}

static void on_readable(Loop *loop, Descriptor *descriptor)
{
    Conn *conn = descriptor->conn;
    const Costs *cost = loop->sim->cost;
    if (conn->bytes == NULL) {
        enter(loop, cost->read + cost->close, end_read, descriptor);
        return;
    }
    Req *req = conn->bytes;
    conn->bytes = NULL;
    descriptor->ready = conn->ended;
    enter(loop, cost->read, request_read, req);
}

static void task_told(Loop *loop, void *who)
{
    Task *task = who;
    enqueue(loop, (Reaction){resume, task->act, 0, task->failed});
}

static void task_over(Loop *loop, void *who)
{
    enter(loop, 0, task_told, who); /* its result was taken back; now its callback */
}

static void socket_read(Loop *loop, void *who)
{
    Descriptor *descriptor = who;
    enqueue(loop, (Reaction){resume, descriptor->act, 0, descriptor->failed});
}

static void dispatch(Loop *loop, Descriptor *descriptor)
{
    if (descriptor->closed)
        return;
    switch (descriptor->kind) {
    case LISTENING: on_connection(loop); break;
    case EVENTFD:
        descriptor->ready = loop->pending = false;
        memcpy(loop->batch, loop->done, (size_t)loop->dones * sizeof loop->done[0]);
        loop->batched = loop->dones;
        loop->dones = 0;
        break;
    case CONNECTION: on_readable(loop, descriptor); break;
    case SOCKET:
        descriptor->ready = false;
        descriptor->closed = true;
        enter(loop, 0, socket_read, descriptor);
        break;
    }
}

/* ---- one turn after the other: 3 ---- */

static void alarm_rings(Sim *sim, void *who)
{
    Loop *loop = who;
    (void)sim;
    loop->alarm = NULL;
    wake_from_poll(loop);
}

static Time poll_timeout(const Loop *loop)
{
    if (loop->closings > 0)
        return 0;
    if (loop->timer < 0)
        return -1;
    return loop->timer > loop->T ? loop->timer - loop->T : 0;
}

static void begin_poll(Loop *loop)
{
    loop->timeout = poll_timeout(loop);
    loop->base = loop->T;
    loop->owes += loop->sim->cost->watch * loop->watches;
    loop->phase = REGISTER;
}

/* epoll_wait(0), whatever the timeout is. */
static void first_wait(Loop *loop)
{
    scan(loop);
    if (loop->events > 0 || loop->timeout == 0) {
        loop->phase = REPORT;
        return;
    }
    loop->T = clock_ms(loop);
    Time left = loop->timeout - (loop->T - loop->base);
    if (loop->timeout > 0 && left <= 0) {
        loop->phase = CLOSING;
        return;
    }
    loop->until = loop->timeout > 0 ? loop->sim->now + left * TIME_MS + loop->sim->cost->timer_slack : TIME_NEVER;
    if (loop->timeout > 0)
        loop->alarm = naive_at(loop->sim, loop->until, WORLD, alarm_rings, loop);
    loop->polls = true;
    loop->phase = SECOND_WAIT;
}

/* The one that may wait. True: it sleeps on. */
static bool second_wait(Loop *loop)
{
    if (loop->polls && !loop->slept) {
        loop->slept = true;
        return true;
    }
    scan(loop);
    if (loop->events == 0 && loop->sim->now < loop->until)
        return true;
    loop->polls = loop->slept = false;
    naive_cancel(loop->sim, loop->alarm);
    loop->alarm = NULL;
    loop->owes += loop->sim->cost->poll;
    loop->phase = REPORT;
    return false;
}

static void report(Loop *loop)
{
    loop->T = clock_ms(loop);
    loop->owes += loop->sim->cost->poll_event * loop->events;
    loop->phase = EVENTS;
}

static void begin_timers(Loop *loop)
{
    loop->T = clock_ms(loop);
    loop->phase = RUN_TIMERS;
}

/* libuv's: as long as its one timer is due, by a time that callbacks may have moved on. */
static void run_timers(Loop *loop)
{
    if (loop->timer < 0 || loop->timer > loop->T) {
        loop->phase = POLL;
        return;
    }
    loop->timer = -1;
    loop->T = loop->pass = clock_ms(loop);
    loop->next_expiry = TIME_NEVER;
    loop->ran_list = false;
    loop->holds_back = true;
    loop->phase = TIMERS;
}

static void close_one(Loop *loop)
{
    if (loop->closings > 0) {
        loop->closings--;
        return;
    }
    begin_timers(loop);
}

static void next_event(Loop *loop)
{
    if (loop->batched > 0) {
        Task *task = pop(loop->batch, &loop->batched);
        loop->owes += loop->sim->cost->complete;
        loop->entered = task_over;
        loop->entered_with = task;
    } else if (loop->next_event < loop->events) {
        dispatch(loop, loop->event[loop->next_event++]);
    } else {
        loop->phase = CLOSING;
    }
}

static void next_microtask(Loop *loop)
{
    Reaction job = loop->job[0];
    loop->jobs--;
    memmove(loop->job, loop->job + 1, (size_t)loop->jobs * sizeof job);
    job.job(loop, job.who, job.index, job.rejected);
}

static void loop_goes_on(Doer *doer)
{
    Loop *loop = doer->who;
    for (;;) {
        doer->need = loop->owes;
        loop->owes = 0;
        if (doer->need > 0)
            return;
        if (loop->entered != NULL) {
            void (*entered)(Loop *, void *) = loop->entered;
            loop->entered = NULL;
            entered(loop, loop->entered_with);
            continue;
        }
        if (loop->answers != NULL) {
            answer(loop);
            continue;
        }
        if (loop->running != NULL) {
            if (run_activation(loop))
                return;
            continue;
        }
        if (loop->jobs > 0 && !loop->holds_back) {
            next_microtask(loop);
            continue;
        }
        switch (loop->phase) {
        case START: begin_timers(loop); break;
        case POLL: begin_poll(loop); break;
        case REGISTER:
            register_watchers(loop);
            loop->owes += loop->sim->cost->poll;
            loop->phase = FIRST_WAIT;
            break;
        case FIRST_WAIT: first_wait(loop); break;
        case SECOND_WAIT:
            if (second_wait(loop))
                return;
            break;
        case REPORT: report(loop); break;
        case EVENTS: next_event(loop); break;
        case CLOSING: close_one(loop); break;
        case RUN_TIMERS: run_timers(loop); break;
        case TIMERS: next_list(loop); break;
        case TIMERS_OF_LIST: next_timer(loop); break;
        case FIRES: fire(loop); break;
        }
    }
}

static void connection_comes(Sim *sim, Conn *conn)
{
    Loop *loop = sim->model;
    (void)conn;
    becomes_ready(loop, &loop->listening);
}

static void readable(Sim *sim, Conn *conn)
{
    if (conn->served_by != NULL)
        becomes_ready(sim->model, conn->served_by);
}

void naive_event_loop(Sim *sim)
{
    Loop *loop = mem_get(sim->mem, sizeof *loop);
    loop->sim = sim;
    loop->timer = -1;
    loop->next_expiry = TIME_NEVER;
    loop->eventfd.kind = EVENTFD;
    loop->listening.kind = LISTENING;
    watch(loop, &loop->eventfd);
    watch(loop, &loop->listening);
    watch(loop, &loop->handed);
    loop->workers = (int)naive_key(sim, "workers", 4);
    for (int i = 0; i < loop->workers; i++) {
        Worker *worker = mem_get(sim->mem, sizeof *worker);
        worker->loop = loop;
        worker->doer = naive_doer(sim, worker_goes_on, worker);
        naive_wake(worker->doer);
    }
    loop->doer = naive_doer(sim, loop_goes_on, loop); /* after its workers */
    sim->model = loop;
    sim->connection_comes = connection_comes;
    sim->readable = readable;
    naive_wake(loop->doer);
}
