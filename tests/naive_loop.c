/* The event loop of the naive simulator: its descriptors, its callbacks and its turns. */
#include "naive_loop.h"

#include <check.h>
#include <string.h>

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
bool naive_ready(Loop *loop, Descriptor *descriptor)
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

static int ready_now(const Loop *loop)
{
    int n = 0;
    for (int i = 0; i < loop->readies; i++)
        n += loop->ready[i]->ready && !loop->ready[i]->closed;
    return n;
}

/* epoll_wait begins: each event costs. What joins the list while it lasts is for the next one. */
static void begin_scan(Loop *loop)
{
    loop->scanned = loop->readies;
    loop->owes += loop->sim->cost->poll + loop->sim->cost->poll_event * ready_now(loop);
}

/* It ends. What is ready is reported and goes to the end of the list; what is not is dropped. */
static void scan(Loop *loop)
{
    int n = loop->readies, looked_at = loop->scanned;
    Descriptor *old[LIST_MOST];
    memcpy(old, loop->ready, (size_t)n * sizeof old[0]);
    loop->readies = loop->events = loop->next_event = 0;
    for (int i = looked_at; i < n; i++)
        loop->ready[loop->readies++] = old[i];
    for (int i = 0; i < looked_at; i++) {
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
    naive_ready(wait->loop, wait->descriptor);
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

/* ---- callbacks ----
 *
 * Each is entered when its costs are paid: `entered` does what it is there for. */

void naive_enter(Loop *loop, Time cost, void (*entered)(Loop *, void *), void *who)
{
    loop->owes += cost + loop->sim->cost->callback;
    loop->entered = entered;
    loop->entered_with = who;
}

static void adopt(Loop *loop, void *who)
{
    Conn *conn = who;
    Descriptor *descriptor = mem_get(loop->sim->mem, sizeof *descriptor);
    *descriptor = (Descriptor){.kind = CONNECTION, .conn = conn, .loop = loop};
    conn->served_by = descriptor;
    if (naive_accept(loop->sim, conn))
        watch(loop, descriptor);
}

static void push_own(Loop *loop, Conn *conn)
{
    ck_assert_int_lt(loop->owns, (int)COUNT_OF(loop->own));
    loop->own[loop->owns++] = conn;
}

static Conn *pop_own(Loop *loop)
{
    Conn *conn = loop->own[0];
    loop->owns--;
    memmove(loop->own, loop->own + 1, (size_t)loop->owns * sizeof conn);
    return conn;
}

/* A cluster with round-robin: the loops take turns, the first one, which accepts, included. */
static void hand_over(Loop *loop, void *who)
{
    Cluster *cluster = loop->cluster;
    Loop *to = cluster->loop[cluster->turn++ % (uint64_t)cluster->loops];
    push_own(to, who);
    naive_ready(to, &to->handed);
}

static bool waits_for(const Loop *loop)
{
    return loop->cluster->reuseport ? loop->owns > 0 : loop->sim->waiting > 0;
}

/* Nobody waits any more: the sockets of all loops say so, or, with reuseport, that of this loop. */
static void no_longer_ready(Loop *loop)
{
    for (int i = 0; i < loop->cluster->loops; i++)
        if (!loop->cluster->reuseport || loop->cluster->loop[i] == loop)
            loop->cluster->loop[i]->listening.ready = false;
}

static void on_connection(Loop *loop)
{
    Sim *sim = loop->sim;
    if (!waits_for(loop)) { /* another loop was faster */
        loop->owes += sim->cost->accept;
        return;
    }
    Conn *conn = loop->cluster->reuseport ? naive_take_this(sim, pop_own(loop)) : naive_take(sim);
    if (!waits_for(loop))
        no_longer_ready(loop);
    loop->accepts_from = &loop->listening;
    naive_enter(loop, sim->cost->accept, loop->cluster->round_robin ? hand_over : adopt, conn);
}

static void on_handed(Loop *loop)
{
    Conn *conn = pop_own(loop);
    loop->handed.ready = loop->owns > 0;
    loop->accepts_from = &loop->handed;
    naive_enter(loop, 0, adopt, conn);
}

/* libuv before 1.45 goes on until nobody waits; since then, that is for the next turn. */
static void accepts_on(Loop *loop)
{
    Descriptor *from = loop->accepts_from;
    loop->accepts_from = NULL;
    if (loop->legacy && from == &loop->listening && waits_for(loop))
        on_connection(loop);
    else if (loop->legacy && from == &loop->handed && loop->owns > 0)
        on_handed(loop);
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
        naive_enter(loop, cost->read + cost->close, end_read, descriptor);
        return;
    }
    Req *req = conn->bytes;
    conn->bytes = NULL;
    descriptor->ready = conn->ended;
    naive_enter(loop, cost->read + (loop->bare ? 0 : cost->request), request_read, req);
}

static void task_told(Loop *loop, void *who)
{
    Task *task = who;
    naive_enqueue(loop, (Reaction){naive_resume, task->act, 0, task->failed});
}

static void task_over(Loop *loop, void *who)
{
    naive_enter(loop, 0, task_told, who); /* its result was taken back; now its callback */
}

static void socket_read(Loop *loop, void *who)
{
    Descriptor *descriptor = who;
    naive_enqueue(loop, (Reaction){naive_resume, descriptor->act, 0, descriptor->failed});
}

static void dispatch(Loop *loop, Descriptor *descriptor)
{
    if (descriptor->closed)
        return;
    switch (descriptor->kind) {
    case LISTENING: on_connection(loop); break;
    case HANDED: on_handed(loop); break;
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
        naive_enter(loop, 0, socket_read, descriptor);
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
    if (loop->polls && !loop->slept && ready_now(loop) == 0) {
        loop->slept = true;
        return true;
    }
    if (ready_now(loop) == 0 && loop->sim->now < loop->until)
        return true;
    loop->polls = loop->slept = false;
    naive_cancel(loop->sim, loop->alarm);
    loop->alarm = NULL;
    begin_scan(loop);
    loop->phase = SCANNED;
    return false;
}

static void report(Loop *loop)
{
    loop->T = clock_ms(loop);
    loop->phase = EVENTS;
}

static void begin_timers(Loop *loop)
{
    loop->T = clock_ms(loop);
    loop->phase = RUN_TIMERS;
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
    if (loop->accepts_from != NULL) {
        accepts_on(loop);
    } else if (loop->batched > 0) {
        Task *task = naive_pop(loop->batch, &loop->batched);
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
            naive_answer(loop);
            continue;
        }
        if (loop->running != NULL) {
            if (naive_run_activation(loop))
                return;
            continue;
        }
        if (loop->jobs > 0 && !loop->holds_back) {
            next_microtask(loop);
            continue;
        }
        switch (loop->phase) {
        case START: begin_timers(loop); break;
        case POLL:
            loop->owes += loop->sim->cost->callback * loop->written;
            if (loop->owes == 0)
                begin_poll(loop);
            loop->written = 0;
            break;
        case REGISTER:
            register_watchers(loop);
            begin_scan(loop);
            loop->phase = FIRST_WAIT;
            break;
        case FIRST_WAIT: first_wait(loop); break;
        case SECOND_WAIT:
            if (second_wait(loop))
                return;
            break;
        case SCANNED:
            scan(loop);
            loop->phase = REPORT;
            break;
        case REPORT: report(loop); break;
        case EVENTS: next_event(loop); break;
        case CLOSING: close_one(loop); break;
        case RUN_TIMERS: naive_run_timers(loop); break;
        case TIMERS: naive_next_list(loop); break;
        case TIMERS_OF_LIST: naive_next_timer(loop); break;
        case FIRES: naive_fire(loop); break;
        }
    }
}

/* reuseport: the kernel's hash of a connection decides. */
static void connection_comes(Sim *sim, Conn *conn)
{
    Cluster *cluster = sim->model;
    if (cluster->reuseport) {
        Loop *loop = cluster->loop[mix2(sim->spec->seed, conn->number) % (uint64_t)cluster->loops];
        push_own(loop, conn);
        naive_ready(loop, &loop->listening);
        return;
    }
    for (int i = 0; i < (cluster->round_robin ? 1 : cluster->loops); i++)
        naive_ready(cluster->loop[i], &cluster->loop[i]->listening);
}

static void readable(Sim *sim, Conn *conn)
{
    Descriptor *descriptor = conn->served_by;
    (void)sim;
    naive_ready(descriptor->loop, descriptor);
}

static Loop *new_loop(Sim *sim, Cluster *cluster)
{
    Loop *loop = mem_get(sim->mem, sizeof *loop);
    loop->sim = sim;
    loop->cluster = cluster;
    loop->legacy = strcmp(naive_word(sim, "order"), "libuv-1.44") == 0;
    const char *runtime = naive_word(sim, "runtime");
    loop->bare = strcmp(runtime, "libuv") == 0 || (strcmp(runtime, "auto") == 0 && loop->legacy);
    loop->timer = -1;
    loop->next_expiry = TIME_NEVER;
    loop->eventfd.kind = EVENTFD;
    loop->listening.kind = LISTENING;
    loop->handed.kind = HANDED;
    watch(loop, &loop->eventfd);
    watch(loop, &loop->listening);
    watch(loop, &loop->handed);
    naive_workers(loop);
    loop->doer = naive_doer(sim, loop_goes_on, loop); /* after its workers */
    sim->memory += sim->cost->thread_memory;
    naive_wake(loop->doer);
    return loop;
}

void naive_event_loop(Sim *sim)
{
    Cluster *cluster = mem_get(sim->mem, sizeof *cluster);
    const char *distribution = naive_word(sim, "distribution");
    cluster->sim = sim;
    cluster->loops = (int)naive_key(sim, "loops", 1);
    cluster->round_robin = strcmp(distribution, "round-robin") == 0;
    cluster->reuseport = strcmp(distribution, "reuseport") == 0;
    sim->model = cluster;
    sim->connection_comes = connection_comes;
    sim->readable = readable;
    for (int i = 0; i < cluster->loops; i++)
        cluster->loop[i] = new_loop(sim, cluster);
}
