#define _GNU_SOURCE
#include "measure.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- timers ---- */

static void sift_down(double heap[], int n, int at)
{
    for (int child; (child = 2 * at + 1) < n; at = child) {
        child += child + 1 < n && heap[child + 1] < heap[child];
        if (heap[at] <= heap[child])
            return;
        double swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
}

/* The earliest one out, a new one in. */
static double measure_timer(void)
{
    enum { TIMERS = 1000, TIMES = 20000 };
    double heap[TIMERS];
    for (int i = 0; i < TIMERS; i++)
        heap[i] = i;
    double from = measure_now();
    for (int i = 0; i < TIMES; i++) {
        heap[0] += TIMERS;
        sift_down(heap, TIMERS, 0);
    }
    return (measure_now() - from) / TIMES;
}

/* ---- hand-offs on one core ---- */

typedef struct Pair {
    sem_t ping, pong;
    int rounds;
    atomic_bool over;
} Pair;

static void *ponger(void *opaque)
{
    Pair *pair = opaque;
    for (int i = 0; i < pair->rounds; i++) {
        sem_wait(&pair->ping);
        sem_post(&pair->pong);
    }
    return NULL;
}

static double one_way(void)
{
    Pair pair = {.rounds = 2000};
    pthread_t thread;
    sem_init(&pair.ping, 0, 0);
    sem_init(&pair.pong, 0, 0);
    if (pthread_create(&thread, NULL, ponger, &pair) != 0)
        return 0;
    double from = measure_now();
    for (int i = 0; i < pair.rounds; i++) {
        sem_post(&pair.ping);
        sem_wait(&pair.pong);
    }
    double time = (measure_now() - from) / pair.rounds / 2;
    pthread_join(thread, NULL);
    return time;
}

static void *yielder(void *opaque)
{
    Pair *pair = opaque;
    while (!atomic_load(&pair->over))
        sched_yield();
    return NULL;
}

static double ring_of_two(void)
{
    enum { TIMES = 2000 };
    Pair pair = {.over = false};
    pthread_t thread;
    if (pthread_create(&thread, NULL, yielder, &pair) != 0)
        return 0;
    sched_yield();
    double from = measure_now();
    for (int i = 0; i < TIMES; i++)
        sched_yield();
    double time = (measure_now() - from) / TIMES / 2;
    atomic_store(&pair.over, true);
    pthread_join(thread, NULL);
    return time;
}

/* ---- a queue of tasks ---- */

typedef struct Task {
    struct Task *next;
} Task;

typedef struct Tasks {
    pthread_mutex_t mutex;
    Task *todo, *done;
    int left;
} Tasks;

static void hand_over(Tasks *tasks, Task **queue, Task *task)
{
    pthread_mutex_lock(&tasks->mutex);
    task->next = *queue;
    *queue = task;
    pthread_mutex_unlock(&tasks->mutex);
}

static void *worker(void *opaque)
{
    Tasks *tasks = opaque;
    while (tasks->left > 0) {
        pthread_mutex_lock(&tasks->mutex);
        Task *task = tasks->todo;
        tasks->todo = task ? task->next : NULL;
        pthread_mutex_unlock(&tasks->mutex);
        if (!task)
            continue;
        hand_over(tasks, &tasks->done, task);
        tasks->left--;
    }
    return NULL;
}

/* There and back, a task. */
static double measure_tasks(void)
{
    enum { TASKS = 4000 };
    static Task task[TASKS];
    Tasks tasks = {.mutex = PTHREAD_MUTEX_INITIALIZER, .left = TASKS};
    pthread_t thread;
    double from = measure_now();
    for (int i = 0; i < TASKS; i++)
        hand_over(&tasks, &tasks.todo, &task[i]);
    if (pthread_create(&thread, NULL, worker, &tasks) != 0)
        return 0;
    pthread_join(thread, NULL);
    return (measure_now() - from) / TASKS;
}

/* ---- sleeps ---- */

enum { SLEEP_NS = 300000 };

static double measure_overshoot(void)
{
    enum { TIMES = 15 };
    double late[TIMES];
    for (int i = 0; i < TIMES; i++) {
        double from = measure_now();
        measure_nap(5000000);
        late[i] = measure_now() - from - 5e6;
    }
    return measure_median(late, TIMES);
}

static double busy(double until)
{
    volatile uint64_t work = 0;
    double turns = 0;
    while (measure_now() < until) {
        for (int i = 0; i < 200; i++)
            work = work + 1;
        turns++;
    }
    return turns;
}

typedef struct Sleeper {
    double until;
    int sleeps;
} Sleeper;

static void *sleeper(void *opaque)
{
    Sleeper *sleeps = opaque;
    while (measure_now() < sleeps->until) {
        measure_nap(SLEEP_NS);
        sleeps->sleeps++;
    }
    return NULL;
}

/* What a sleep on this core takes from a thread that computes. */
static double measure_sleep(double switch_, double cold)
{
    double alone[5], lost[5], span = 2e7;
    for (int k = 0; k < 5; k++) {
        Sleeper sleeps = {.until = 0};
        pthread_t thread;
        alone[k] = busy(measure_now() + span);
        double from = measure_now();
        sleeps.until = from + span;
        if (pthread_create(&thread, NULL, sleeper, &sleeps) != 0)
            return 0;
        double turns = busy(sleeps.until);
        pthread_join(thread, NULL);
        lost[k] = (1 - turns / alone[k]) * span / (sleeps.sleeps > 0 ? sleeps.sleeps : 1);
    }
    double time = measure_median(lost, 5) - 2 * switch_ - cold; /* it has computed in the meantime */
    return time > 0 ? time : 0;
}

/* ---- threads ---- */

static void *nothing(void *opaque)
{
    return opaque;
}

static void measure_spawning(Measured *measured, double ring)
{
    enum { TIMES = 200 };
    double create[TIMES], whole[TIMES];
    for (int i = 0; i < TIMES; i++) {
        pthread_t thread;
        double from = measure_now();
        if (pthread_create(&thread, NULL, nothing, NULL) != 0)
            return;
        create[i] = measure_now() - from;
        pthread_join(thread, NULL);
        whole[i] = measure_now() - from;
    }
    measured->spawn[0] = measure_median(create, TIMES);
    measured->exit[0] = measure_median(whole, TIMES) - measured->spawn[0] - 2 * ring;
    measured->exit[0] = measured->exit[0] > 0 ? measured->exit[0] : 0;
}

void measure_threads(Measured *measured)
{
    double ring = ring_of_two();
    measure_pin(true);
    measured->timer[0] = measure_timer();
    measured->submit[0] = measured->complete[0] = measure_tasks() / 2;
    measured->wake[0] = one_way() - ring;
    measured->wake[0] = measured->wake[0] > 0 ? measured->wake[0] : 0;
    measured->timer_slack[0] = measure_overshoot() - measured->idle_wake[2];
    measured->timer_slack[0] = measured->timer_slack[0] > 0 ? measured->timer_slack[0] : 0;
    measured->sleep[0] = measure_sleep(measured->switch_[0], measure_cold(measured, SLEEP_NS / 1000.0));
    measure_spawning(measured, ring);
}

/* ---- memory ---- */

/* A field of a file of /proc, in bytes. */
static double field(const char *file, const char *name)
{
    char line[256];
    double kilobytes = 0;
    FILE *proc = fopen(file, "r");
    while (proc && fgets(line, sizeof line, proc)) {
        if (strncmp(line, name, strlen(name)) == 0)
            kilobytes = strtod(line + strlen(name), NULL);
    }
    if (proc)
        fclose(proc);
    return kilobytes * 1024;
}

static double taken(void)
{
    return field("/proc/self/status", "VmRSS:") + field("/proc/self/status", "VmPTE:");
}

static void *waits(void *opaque)
{
    sem_wait(opaque);
    sem_post(opaque);
    return NULL;
}

static double memory_of_threads(void)
{
    enum { THREADS = 256, KERNEL_STACK = 16384 };
    pthread_t thread[THREADS];
    sem_t over;
    int n = 0;
    sem_init(&over, 0, 0);
    double before = taken();
    while (n < THREADS && pthread_create(&thread[n], NULL, waits, &over) == 0)
        n++;
    measure_nap(20000000);
    double after = taken();
    sem_post(&over);
    for (int i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
    return n > 0 && after > before ? (after - before) / n + KERNEL_STACK : KERNEL_STACK;
}

static double memory_of_connections(void)
{
    enum { PAIRS = 512 };
    int pair[PAIRS][2], n = 0;
    double before = field("/proc/meminfo", "SUnreclaim:");
    while (n < PAIRS && socketpair(AF_UNIX, SOCK_STREAM, 0, pair[n]) == 0)
        n++;
    double after = field("/proc/meminfo", "SUnreclaim:");
    for (int i = 0; i < n; i++) {
        close(pair[i][0]);
        close(pair[i][1]);
    }
    return n > 0 && after > before ? (after - before) / n / 2 : 4096;
}

void measure_memory(Measured *measured)
{
    measured->thread_memory[0] = memory_of_threads();
    measured->connection_memory[0] = memory_of_connections();
}
