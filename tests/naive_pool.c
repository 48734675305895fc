/* The pool of workers of a loop in the naive simulator: 6. */
#include "naive_loop.h"

#include <check.h>
#include <string.h>

/* True: the loop was woken. */
static bool task_done(Loop *loop, Task *task)
{
    loop->done[loop->dones++] = task;
    if (loop->pending)
        return false;
    loop->pending = true;
    return naive_ready(loop, &loop->eventfd);
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

Task *naive_pop(Task **queue, int *n)
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
        Task *task = naive_pop(loop->queue, &loop->queued);
        if (task != NULL)
            return task;
        if (loop->slow_running >= threshold) {
            push(loop, NULL);
            continue;
        }
        if (loop->slows == 0)
            continue;
        loop->slow_running++;
        task = naive_pop(loop->slow, &loop->slows);
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
    Task *task = who;
    told_worker(sim, task, task->fails);
}

/* False: it takes no time. */
static bool begin_task(Worker *worker)
{
    Task *task = worker->task;
    Sim *sim = worker->loop->sim;
    task->worker = worker;
    if (task->resource >= 0)
        task->call = naive_call(sim, task->resource, &task->rng, (Waiter){told_worker, task}, task->kind == VIA_CPU);
    else if (task->kind == VIA_CPU)
        worker->doer->need = task->time;
    else
        naive_at(sim, sim->now + task->time, WORLD, task_time_over, task);
    return task->resource >= 0 || task->kind != VIA_CPU || task->time > 0;
}

/* True: it has to compute first: what a resource's place was for, or waking the loop. */
static bool end_task(Worker *worker)
{
    Loop *loop = worker->loop;
    Task *task = worker->task;
    if (task->resource >= 0 && task->kind == VIA_CPU && !task->failed && !task->computing) {
        task->computing = true;
        worker->doer->need = task->call->latency;
        if (task->call->latency > 0)
            return true;
    }
    if (task->computing)
        task->failed = naive_leave(loop->sim, task->call);
    worker->task = NULL;
    bool woke = task_done(loop, task);
    if (task->kind == VIA_DNS)
        loop->slow_running--;
    worker->doer->need = woke ? loop->sim->cost->wake : 0;
    return worker->doer->need > 0;
}

static void worker_goes_on(Doer *doer)
{
    Worker *worker = doer->who;
    Loop *loop = worker->loop;
    if (worker->task != NULL && end_task(worker))
        return;
    while ((worker->task = next_task(loop)) != NULL)
        if (begin_task(worker) || end_task(worker))
            return;
    loop->idle[loop->idles++] = worker;
}

void naive_loop_work(Loop *loop, Act *act, int kind, Time time, bool fails)
{
    Task *task = mem_get(loop->sim->mem, sizeof *task);
    *task = (Task){.loop = loop, .act = act, .kind = kind, .resource = -1, .time = time, .fails = fails};
    submit(loop, task);
}

void naive_loop_call(Loop *loop, Act *act, int via, int resource, const Rng *rng)
{
    Task *task = mem_get(loop->sim->mem, sizeof *task);
    *task = (Task){.loop = loop, .act = act, .kind = via, .resource = resource, .rng = *rng};
    submit(loop, task);
}

void naive_workers(Loop *loop)
{
    Sim *sim = loop->sim;
    loop->workers = (int)naive_key(sim, "workers", 4);
    for (int i = 0; i < loop->workers; i++) {
        Worker *worker = mem_get(sim->mem, sizeof *worker);
        worker->loop = loop;
        worker->doer = naive_doer(sim, worker_goes_on, worker);
        sim->memory += sim->cost->thread_memory;
        naive_wake(worker->doer);
    }
}
