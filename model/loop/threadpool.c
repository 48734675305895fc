/* threadpool: libuv's pool of workers (semantics.md, 6; libuv 1.46, src/threadpool.c).
 *
 * One FIFO for all work; slow work (lookups) waits in a queue of its own, represented in the FIFO by at most one
 * marker, and holds at most half of the workers, rounded up. A worker is a thread of the machine: what computes needs a
 * core, what blocks holds only the worker. Completions gather in one list, which the loop takes as a whole when it
 * comes to the wake-up descriptor. */
#include "loop.h"

#include "../observe/probe.h"

typedef enum WorkerAt { AT_LOOK, AT_GRANTED, AT_DONE, AT_NEXT } WorkerAt;

typedef struct Worker {
    Thread thread;
    ThreadPool *pool;
    Task *task;
    int cause; /* on whose behalf it is busy; below 0: it is idle */
    WorkerAt at;
    Event event; /* its wake-up, or the end of what it blocks in */
    struct Worker *idle_next;
} Worker;

typedef struct TaskQueue {
    Task *first, **last;
} TaskQueue;

struct ThreadPool {
    Loop *loop;
    int workers, running_slow;
    Time wake_delay;
    TaskQueue work, slow, completed;
    Task marker;
    bool marker_queued;
    Worker *idle, **idle_last;
    Station *busy, *slow_share, *for_slow; /* held by the workers; by those at slow work; what slow work waits for */
    Fd wakeup;
    Worker *worker;
};

static void queue_init(TaskQueue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static void queue_push(TaskQueue *queue, Task *task)
{
    task->next = NULL;
    *queue->last = task;
    queue->last = &task->next;
}

static Task *queue_pop(TaskQueue *queue)
{
    Task *task = queue->first;
    queue->first = task->next;
    if (queue->first == NULL)
        queue->last = &queue->first;
    return task;
}

static int slow_most(const ThreadPool *pool)
{
    return (pool->workers + 1) / 2;
}

/* Wakes one idle worker, if there is one: true where it slept. */
static bool signal_one(ThreadPool *pool)
{
    Worker *worker = pool->idle;
    if (worker == NULL)
        return false;
    pool->idle = worker->idle_next;
    if (pool->idle == NULL)
        pool->idle_last = &pool->idle;
    if (pool->wake_delay > 0) {
        kernel_at(pool->loop->kernel, &worker->event, pool->loop->kernel->now + pool->wake_delay);
        return true;
    }
    return machine_wake(pool->loop->world->machine, &worker->thread);
}

bool threadpool_submit(ThreadPool *pool, Task *task)
{
    pool->loop->active_requests++;
    task->queued_at = pool->loop->kernel->now;
    note_wait(pool->loop->probe, task->strand, PART_POOL_WAIT, task->kind == TASK_DNS ? pool->for_slow : pool->busy);
    note_task(pool->loop->probe, task->strand, +1, 0);
    if (task->kind == TASK_DNS) {
        queue_push(&pool->slow, task);
        if (pool->marker_queued)
            return false;
        pool->marker_queued = true;
        task = &pool->marker;
    }
    queue_push(&pool->work, task);
    return signal_one(pool);
}

/* Slow work waits for the workers, or, where it holds its share of them, for slow work. */
static void change_slow(ThreadPool *pool, const Task *task, int change)
{
    int cause = cause_of(task->strand, CAUSE_UNKNOWN);
    pool->running_slow += change;
    if (pool->for_slow == NULL)
        return;
    if (change > 0)
        station_hold(pool->slow_share, cause);
    else
        station_free(pool->slow_share, cause);
    station_behind(pool->for_slow, pool->running_slow < slow_most(pool) ? pool->busy : pool->slow_share);
}

/* A worker is busy from the beginning of its task until it looks for the next. */
static void is_busy(Worker *worker, int cause)
{
    if (worker->cause >= 0)
        note_free(worker->pool->busy, worker->cause);
    if (cause >= 0)
        note_hold(worker->pool->busy, cause);
    worker->cause = cause;
}

/* What a worker that is awake takes next; NULL: nothing, it goes idle. */
static Task *take(ThreadPool *pool)
{
    for (;;) {
        Task *first = pool->work.first;
        bool only_marker = first == &pool->marker && first->next == NULL;
        if (first == NULL || (only_marker && pool->running_slow >= slow_most(pool)))
            return NULL;
        Task *task = queue_pop(&pool->work);
        if (task != &pool->marker)
            return task;
        if (pool->running_slow >= slow_most(pool)) {
            queue_push(&pool->work, task);
            continue;
        }
        pool->marker_queued = false;
        if (pool->slow.first == NULL)
            continue;
        task = queue_pop(&pool->slow);
        change_slow(pool, task, +1);
        if (pool->slow.first != NULL) {
            pool->marker_queued = true;
            queue_push(&pool->work, &pool->marker);
            signal_one(pool);
        }
        return task;
    }
}

static void call_done(Call *call)
{
    Task *task = CONTAINER_OF(call, Task, call);
    Worker *worker = task->call_owner;
    machine_wake(worker->pool->loop->world->machine, &worker->thread);
}

static void worker_event(Event *event)
{
    Worker *worker = CONTAINER_OF(event, Worker, event);
    machine_wake(worker->pool->loop->world->machine, &worker->thread);
}

static Need computes(Worker *worker, Time time)
{
    worker->at = AT_DONE;
    return (Need){.kind = NEED_CPU, .part = PART_CPU, .ns = time};
}

/* The worker begins its task: what it needs for that. */
static Need begin(Worker *worker)
{
    ThreadPool *pool = worker->pool;
    World *world = pool->loop->world;
    Task *task = worker->task;
    worker->thread.strand = task->strand;
    is_busy(worker, cause_of(task->strand, CAUSE_UNKNOWN));
    note_task(pool->loop->probe, task->strand, -1, +1);
    note_arrives(pool->loop->probe, &worker->thread, task->hop);
    note_task_start(pool->loop->probe, &worker->thread, task->strand, task->queued_at, task->name);
    if (task->resource >= 0) {
        task->call = (Call){.strand = task->strand, .done = call_done};
        task->call_owner = worker;
        worker->at = task->computes ? AT_GRANTED : AT_DONE;
        if (task->computes)
            resource_enter(world->resources, task->resource, &task->call, &task->rng);
        else
            resource_call(world->resources, task->resource, &task->call, &task->rng);
        return (Need){.kind = NEED_WAIT, .blocked = true};
    }
    if (task->computes)
        return computes(worker, task->time);
    worker->at = AT_DONE;
    note_part(pool->loop->probe, task->strand, PART_RESOURCE);
    kernel_at(pool->loop->kernel, &worker->event, pool->loop->kernel->now + task->time);
    return (Need){.kind = NEED_WAIT, .blocked = true};
}

static Need finish(Worker *worker)
{
    ThreadPool *pool = worker->pool;
    Task *task = worker->task;
    if (task->resource >= 0) {
        if (task->computes && !task->call.failed)
            resource_leave(pool->loop->world->resources, &task->call);
        task->failed = task->call.failed;
    }
    note_behind(pool->loop->probe, task->strand, &pool->loop->thread);
    note_task(pool->loop->probe, task->strand, 0, -1);
    note_task_end(pool->loop->probe, &worker->thread);
    worker->thread.strand = NULL;
    worker->task = NULL;
    task->done_at = pool->loop->kernel->now;
    queue_push(&pool->completed, task);
    bool woke = fd_ready(pool->loop, &pool->wakeup);
    if (task->kind == TASK_DNS)
        change_slow(pool, task, -1);
    worker->at = AT_NEXT;
    return need_overhead(woke ? pool->loop->costs->wake : 0);
}

static Need go_idle(Worker *worker)
{
    ThreadPool *pool = worker->pool;
    is_busy(worker, -1);
    worker->at = AT_LOOK;
    worker->idle_next = NULL;
    *pool->idle_last = worker;
    pool->idle_last = &worker->idle_next;
    return (Need){.kind = NEED_WAIT};
}

static Need worker_resume(Thread *thread)
{
    Worker *worker = CONTAINER_OF(thread, Worker, thread);
    switch (worker->at) {
    case AT_GRANTED:
        if (worker->task->call.failed)
            return finish(worker);
        return computes(worker, worker->task->call.latency);
    case AT_DONE: return finish(worker);
    case AT_LOOK:
    case AT_NEXT: break;
    }
    worker->task = take(worker->pool);
    return worker->task == NULL ? go_idle(worker) : begin(worker);
}

/* The wake-up descriptor: all that is complete by now, in order; what completes meanwhile goes to the next poll. */
static CoRet co_completions(Loop *loop, Co *co)
{
    ThreadPool *pool = loop->pool;
    CO_BEGIN(co);
    fd_clear(loop, &pool->wakeup);
    co->q = pool->completed.first;
    queue_init(&pool->completed);
    while (co->q != NULL) {
        co->p = co->q;
        co->q = ((Task *)co->p)->next;
        loop->active_requests--;
        loop->thread.strand = ((Task *)co->p)->strand;
        CO_CPU(loop, co, loop->costs->complete);
        loop->thread.strand = NULL;
        CO_CALL(loop, co, ((Task *)co->p)->done, co->p, 0);
    }
    CO_END;
}

ThreadPool *threadpool_new(Loop *loop, int workers, Time wake_delay)
{
    World *world = loop->world;
    ThreadPool *pool = mem_get(world->mem, sizeof *pool);
    pool->loop = loop;
    pool->workers = workers;
    pool->wake_delay = wake_delay;
    queue_init(&pool->work);
    queue_init(&pool->slow);
    queue_init(&pool->completed);
    pool->idle_last = &pool->idle;
    pool->busy = note_station(loop->probe, CAUSE_WAKE_UP);
    pool->slow_share = note_station(loop->probe, CAUSE_WAKE_UP);
    pool->for_slow = note_station(loop->probe, CAUSE_WAKE_UP);
    if (pool->for_slow != NULL)
        station_behind(pool->for_slow, pool->busy);
    fd_init(&pool->wakeup, co_completions);
    fd_watch(loop, &pool->wakeup);
    pool->worker = mem_get(world->mem, mem_array(world->mem, (size_t)workers, sizeof *pool->worker));
    for (int i = 0; i < workers; i++) {
        Worker *worker = &pool->worker[i];
        worker->pool = pool;
        worker->cause = -1;
        worker->thread.resume = worker_resume;
        worker->thread.kind = THREAD_WORKER;
        worker->thread.number = (uint32_t)i + 1;
        worker->thread.memory = loop->costs->thread_memory;
        event_bind(&worker->event, worker_event, RANK_WORLD);
        machine_start(world->machine, &worker->thread);
    }
    return pool;
}

static void each_queued(const TaskQueue *queue, const Task *marker, void (*each)(void *context, const Task *task),
                        void *context)
{
    for (const Task *task = queue->first; task != NULL; task = task->next)
        if (task != marker)
            each(context, task);
}

void threadpool_each(const ThreadPool *pool, void (*each)(void *context, const Task *task), void *context)
{
    for (int i = 0; i < pool->workers; i++)
        if (pool->worker[i].task != NULL)
            each(context, pool->worker[i].task);
    each_queued(&pool->work, &pool->marker, each, context);
    each_queued(&pool->slow, NULL, each, context);
    each_queued(&pool->completed, NULL, each, context);
}
