/* Servers with threads in the naive simulator: thread-per-connection, thread-pool, green-threads. */
#include "naive_sim.h"

#include <check.h>
#include <string.h>

typedef enum At { AT_START, AT_READ, AT_HANDLER, AT_WRITE, AT_END, AT_CLOSE, AT_EXIT, GONE } At;

typedef struct Carrier {
    struct Threads *threads;
    Doer *doer;
    struct Serving *green; /* NULL: none is mounted */
} Carrier;

typedef enum GreenState { GREEN_MOUNTED, GREEN_WAITS, GREEN_QUEUED } GreenState;

typedef struct Serving { /* a thread that serves a connection, or a request */
    struct Threads *threads;
    Doer *doer;
    Conn *conn; /* NULL: idle */
    Act *act;
    At at;
    bool threw, exiting;
    bool called; /* it was woken for something in the queue, and has not looked yet */
    GreenState green;
    Time left, used; /* green: CPU time that it still wants; that it had since it was mounted */
} Serving;

typedef struct Waiting {
    Conn *conn;
    Req *req;
} Waiting;

typedef enum AcceptorAt { LOOKS, ACCEPTED } AcceptorAt;

typedef struct Threads {
    Sim *sim;
    Doer *acceptor;
    AcceptorAt at;
    Conn *accepted;
    int64_t most, live; /* thread-per-connection */
    bool pool, by_request, is_green;
    Carrier *idle_carrier[64];
    int idle_carriers;
    struct Serving *runnable[2000]; /* green threads */
    int runnables;
    int64_t size, queue_most, stack;
    Serving *idle[200];
    int idles, called;
    Waiting queue[2000];
    int queued;
} Threads;

/* True: it has to compute this first. */
static bool pays(Doer *doer, Time cost)
{
    doer->need = cost;
    return cost > 0;
}

/* ---- a thread that serves ---- */

static bool handler_goes_on(Serving *serving)
{
    How how = naive_go_on(serving->act);
    serving->threw = how == THREW;
    return how == WENT || how == THREW;
}

static void begin_request(Serving *serving)
{
    Req *req = serving->conn->bytes;
    serving->conn->bytes = NULL;
    serving->act = naive_act(serving->threads->sim, req);
    serving->act->doer = serving->doer;
    serving->at = AT_HANDLER;
}

static void end_request(Serving *serving)
{
    Req *req = serving->act->req;
    if (!req->responded)
        naive_respond(serving->threads->sim, req, serving->threw, req->conn->stream->response_bytes);
    serving->at = serving->threads->by_request ? AT_END : AT_START;
}

/* One thing after the other, until it has to compute or to wait; true: it is through with its connection. */
static bool serves(Serving *serving)
{
    const Costs *cost = serving->threads->sim->cost;
    for (;;) {
        Conn *conn = serving->conn;
        switch (serving->at) {
        case AT_START:
            if (conn->bytes == NULL && !conn->ended)
                return false;
            serving->at = conn->bytes != NULL ? AT_READ : AT_CLOSE;
            if (pays(serving->doer, conn->bytes != NULL ? cost->read : cost->close))
                return false;
            break;
        case AT_READ: begin_request(serving); break;
        case AT_HANDLER:
            if (!handler_goes_on(serving))
                return false;
            serving->at = AT_WRITE;
            if ((!serving->act->req->responded || serving->act->req->too_late) && pays(serving->doer, cost->write))
                return false;
            break;
        case AT_WRITE: end_request(serving); break;
        case AT_END: return false; /* a thread of a pool gives the connection away */
        default: return true;
        }
    }
}

static Time exit_cost(const Threads *threads)
{
    return threads->is_green ? 0 : threads->sim->cost->exit;
}

static void connection_thread(Doer *doer)
{
    Serving *serving = doer->who;
    Threads *threads = serving->threads;
    if (serving->at == AT_EXIT && !serving->exiting) {
        serving->exiting = true;
        if (pays(doer, exit_cost(threads)))
            return;
    } else if (serving->at != AT_EXIT && serves(serving)) {
        naive_close(threads->sim, serving->conn);
        serving->at = AT_EXIT;
        serving->exiting = true;
        if (pays(doer, exit_cost(threads)))
            return;
    }
    if (serving->at != AT_EXIT)
        return;
    serving->at = GONE;
    threads->sim->memory -= threads->stack;
    threads->live--;
    naive_wake(threads->acceptor);
}

static Serving *serving_new(Threads *threads, Conn *conn, void (*go)(Doer *))
{
    Serving *serving = mem_get(threads->sim->mem, sizeof *serving);
    *serving = (Serving){.threads = threads, .conn = conn};
    serving->doer = naive_doer(threads->sim, go, serving);
    return serving;
}

/* ---- a pool ----
 *
 * What waits for a thread: a connection, or (unit request) a request, or the end of a connection. */

static bool queue_full(const Threads *threads)
{
    return threads->queue_most >= 0 && threads->idles == 0 && threads->queued - threads->called >= threads->queue_most;
}

/* The thread that has been idle for longest takes it. */
static bool into_queue(Threads *threads, Conn *conn, Req *req)
{
    ck_assert_int_lt(threads->queued, (int)COUNT_OF(threads->queue));
    threads->queue[threads->queued++] = (Waiting){conn, req};
    if (threads->idles == 0)
        return false;
    Serving *serving = threads->idle[0];
    threads->idles--;
    memmove(threads->idle, threads->idle + 1, (size_t)threads->idles * sizeof serving);
    serving->called = true;
    threads->called++; /* what it was called for does not wait any more */
    return naive_wake(serving->doer);
}

static void take(Threads *threads, Serving *serving)
{
    Waiting first = threads->queue[0];
    serving->conn = first.conn;
    serving->conn->served_by = serving;
    serving->conn->queued = false;
    if (first.req != NULL)
        serving->conn->bytes = first.req;
    serving->at = AT_START;
    threads->queued--;
    memmove(threads->queue, threads->queue + 1, (size_t)threads->queued * sizeof first);
}

/* Unit request: after each request the connection is given away. What has come meanwhile gets in the queue. */
static void give_away(Threads *threads, Serving *serving)
{
    Conn *conn = serving->conn;
    conn->served_by = NULL;
    serving->conn = NULL;
    if (conn->bytes != NULL || conn->ended) {
        Req *req = conn->bytes;
        conn->bytes = NULL;
        conn->queued = true;
        into_queue(threads, conn, req);
    }
}

static void pool_thread(Doer *doer)
{
    Serving *serving = doer->who;
    Threads *threads = serving->threads;
    threads->called -= serving->called;
    serving->called = false;
    for (;;) {
        if (serving->conn == NULL && threads->queued == 0) {
            threads->idle[threads->idles++] = serving;
            return;
        }
        if (serving->conn == NULL)
            take(threads, serving);
        bool through = serves(serving);
        if (through)
            naive_close(threads->sim, serving->conn);
        if (through)
            serving->conn = NULL;
        else if (serving->at == AT_END)
            give_away(threads, serving);
        else
            break;
    }
}

static void request_for_pool(Threads *threads, Conn *conn)
{
    if (conn->served_by != NULL || conn->queued || conn->server_closed)
        return;
    Req *req = conn->bytes;
    conn->bytes = NULL;
    if (req != NULL && queue_full(threads)) {
        conn->refused = true; /* it was let in, but there is no room for its request */
        naive_close(threads->sim, conn);
        return;
    }
    conn->queued = true;
    into_queue(threads, conn, req);
}

static void readable(Sim *sim, Conn *conn)
{
    Threads *threads = sim->model;
    Serving *serving = conn->served_by;
    if (threads->by_request)
        request_for_pool(threads, conn);
    else if (serving != NULL && serving->at == AT_START)
        naive_wake(serving->doer);
}

/* ---- green threads ----
 *
 * They wait in a FIFO for a carrier, and leave it when they wait for something else, or after 10 ms of CPU time if
 * others wait. */

enum { QUANTUM = 10000000 };

/* True: a carrier slept, the one that did so for longest, and was woken. */
static bool runnable(Threads *threads, Serving *serving)
{
    serving->green = GREEN_QUEUED;
    ck_assert_int_lt(threads->runnables, (int)COUNT_OF(threads->runnable));
    threads->runnable[threads->runnables++] = serving;
    if (threads->idle_carriers == 0)
        return false;
    Carrier *carrier = threads->idle_carrier[0];
    threads->idle_carriers--;
    memmove(threads->idle_carrier, threads->idle_carrier + 1, (size_t)threads->idle_carriers * sizeof carrier);
    return naive_wake(carrier->doer);
}

static bool green_woken(Doer *doer)
{
    Serving *serving = doer->who;
    if (serving->green != GREEN_WAITS)
        return false;
    runnable(serving->threads, serving);
    return true;
}

static void mount(Carrier *carrier)
{
    Threads *threads = carrier->threads;
    Serving *first = threads->runnable[0];
    threads->runnables--;
    memmove(threads->runnable, threads->runnable + 1, (size_t)threads->runnables * sizeof first);
    first->green = GREEN_MOUNTED;
    first->used = 0;
    carrier->green = first;
}

/* Asks the mounted one what it wants to compute; false: nothing, and it leaves its carrier. */
static bool asks(Carrier *carrier)
{
    Serving *serving = carrier->green;
    serving->doer->need = 0;
    serving->doer->go(serving->doer);
    serving->left = serving->doer->need;
    if (serving->left > 0)
        return true;
    serving->green = GREEN_WAITS;
    carrier->green = NULL;
    return false;
}

static bool gives_way(Carrier *carrier)
{
    Serving *serving = carrier->green;
    if (serving->used < QUANTUM)
        return false;
    serving->used = 0;
    if (carrier->threads->runnables == 0)
        return false;
    carrier->green = NULL;
    serving->green = GREEN_QUEUED;
    carrier->threads->runnable[carrier->threads->runnables++] = serving;
    return true;
}

static void carrier_goes_on(Doer *doer)
{
    Carrier *carrier = doer->who;
    Threads *threads = carrier->threads;
    for (;;) {
        if (carrier->green == NULL && threads->runnables == 0) {
            threads->idle_carrier[threads->idle_carriers++] = carrier;
            return;
        }
        if (carrier->green == NULL)
            mount(carrier);
        Serving *serving = carrier->green;
        if ((serving->left == 0 && !asks(carrier)) || gives_way(carrier))
            continue;
        Time most = QUANTUM - serving->used;
        doer->need = serving->left < most ? serving->left : most;
        serving->left -= doer->need;
        serving->used += doer->need;
        return;
    }
}

static bool new_green(Threads *threads, Conn *conn)
{
    Serving *serving = mem_get(threads->sim->mem, sizeof *serving);
    serving->doer = mem_get(threads->sim->mem, sizeof *serving->doer);
    *serving->doer = (Doer){.sim = threads->sim, .go = connection_thread, .woken = green_woken, .who = serving};
    serving->threads = threads;
    serving->conn = conn;
    conn->served_by = serving;
    threads->sim->memory += threads->stack;
    if (!naive_accept(threads->sim, conn))
        serving->at = AT_EXIT;
    return runnable(threads, serving);
}

/* ---- the acceptor ---- */

static bool may_accept(Threads *threads)
{
    return threads->sim->waiting > 0 &&
           (threads->pool || threads->is_green || threads->most == 0 || threads->live < threads->most);
}

/* A thread of its own, even where the connection is then refused. */
static void spawn(Threads *threads, Conn *conn)
{
    Serving *serving = serving_new(threads, conn, connection_thread);
    conn->served_by = serving;
    threads->live++;
    threads->sim->memory += threads->stack;
    naive_wake(serving->doer);
    if (!naive_accept(threads->sim, conn))
        serving->at = AT_EXIT;
}

/* True: a thread that slept was woken. */
static bool accept_one(Threads *threads, Conn *conn)
{
    if (!threads->pool && !naive_fits(threads->sim, threads->stack + threads->sim->cost->connection_memory)) {
        naive_refuse(threads->sim, conn);
        return false;
    }
    if (threads->is_green)
        return new_green(threads, conn);
    if (!threads->pool) {
        spawn(threads, conn);
        return false;
    }
    if (!threads->by_request && queue_full(threads)) {
        naive_refuse(threads->sim, conn);
        return false;
    }
    return naive_accept(threads->sim, conn) && !threads->by_request && into_queue(threads, conn, NULL);
}

static void acceptor(Doer *doer)
{
    Threads *threads = doer->who;
    const Costs *cost = threads->sim->cost;
    for (;;) {
        switch (threads->at) {
        case LOOKS:
            if (!may_accept(threads))
                return;
            threads->accepted = naive_take(threads->sim);
            threads->at = ACCEPTED;
            if (pays(doer, cost->accept + (threads->pool || threads->is_green ? 0 : cost->spawn)))
                return;
            break;
        case ACCEPTED:
            threads->at = LOOKS;
            if (accept_one(threads, threads->accepted) && pays(doer, cost->wake))
                return;
            break;
        }
    }
}

static void connection_comes(Sim *sim, Conn *conn)
{
    Threads *threads = sim->model;
    (void)conn;
    naive_wake(threads->acceptor);
}

static Threads *threads_new(Sim *sim)
{
    Threads *threads = mem_get(sim->mem, sizeof *threads);
    threads->sim = sim;
    threads->stack = naive_stack(sim);
    sim->model = threads;
    sim->connection_comes = connection_comes;
    sim->readable = readable;
    return threads;
}

static void start_acceptor(Threads *threads)
{
    threads->acceptor = naive_doer(threads->sim, acceptor, threads);
    threads->sim->memory += threads->sim->cost->thread_memory;
    naive_wake(threads->acceptor);
}

void naive_thread_per_connection(Sim *sim)
{
    Threads *threads = threads_new(sim);
    threads->most = naive_key(sim, "max_threads", 0);
    start_acceptor(threads);
}

void naive_thread_pool(Sim *sim)
{
    Threads *threads = threads_new(sim);
    threads->pool = true;
    threads->by_request = strcmp(naive_word(sim, "unit"), "request") == 0;
    threads->size = naive_key(sim, "threads", 50);
    threads->queue_most = naive_key(sim, "queue", -1);
    for (int i = 0; i < threads->size && naive_fits(sim, threads->stack); i++) {
        sim->memory += threads->stack;
        naive_wake(serving_new(threads, NULL, pool_thread)->doer);
    }
    start_acceptor(threads);
}

void naive_green_threads(Sim *sim)
{
    Threads *threads = threads_new(sim);
    int64_t carriers = naive_key(sim, "carriers", sim->spec->machine.cores);
    threads->is_green = true;
    for (int64_t i = 0; i < carriers; i++) {
        Carrier *carrier = mem_get(sim->mem, sizeof *carrier);
        carrier->threads = threads;
        carrier->doer = naive_doer(sim, carrier_goes_on, carrier);
        sim->memory += sim->cost->thread_memory;
        naive_wake(carrier->doer);
    }
    start_acceptor(threads);
}
