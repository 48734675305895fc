#include "thread_pool.h"

#include "../observe/probe.h"
#include "threaded.h"

static const KeyWord unit_words[] = {
    {"connection", "a thread is held as long as the connection lives, thinking included"},
    {"request", "a thread is held only while a request runs"},
    {NULL, NULL},
};

static const Key keys[] = {
    {.name = "threads",
     .type = KEY_COUNT,
     .at = offsetof(ThreadPoolConfig, threads),
     .fallback = "50",
     .min = 1,
     .max = 1000000,
     .about = "threads, all made at the start"},
    {.name = "queue",
     .type = KEY_COUNT,
     .at = offsetof(ThreadPoolConfig, queue),
     .none = "unlimited",
     .absent = -1,
     .about = "how many may wait for a thread; what does not fit is accepted, closed and counted as refused"},
    {.name = "unit",
     .type = KEY_WORD,
     .at = offsetof(ThreadPoolConfig, unit),
     .fallback = "\"connection\"",
     .words = unit_words,
     .about = "what a thread is held for"},
    THREADED_KEYS(ThreadPoolConfig),
    {.name = NULL},
};

static const KeyTable table = {
    .name = "a thread-pool server",
    .about = "A fixed number of threads, and a queue in front of them.",
    .keys = keys,
    .size = sizeof(ThreadPoolConfig),
};

/* ---- the server ---- */

/* What waits for a thread: a connection, or a request (unit: request). */
typedef struct Waiting {
    struct Waiting *next;
    Connection *connection;
    Request *request;
    Strand *strand;
    Time since;
} Waiting;

typedef struct ThreadPoolServer {
    Threaded threaded;
    const ThreadPoolConfig *config;
    Serving *serving;
    struct Guest **leaving;     /* a thread: whom it is closing */
    Serving *idle, **idle_last; /* threads without work, the one that waits longest first */
    Waiting *first, **last;
    int64_t waiting;
    int64_t called; /* threads that are awake for something that waits, and have not taken it yet */
    Pool waitings, guests;
} ThreadPoolServer;

/* A connection as the pool sees it. */
typedef struct Guest {
    Request *request; /* its bytes are there */
    Serving *serving; /* the thread that holds it; NULL: none */
    bool end_of_file;
    bool queued; /* unit request: something of it waits for a thread */
} Guest;

static ThreadPoolServer *server_of(const Serving *serving)
{
    return CONTAINER_OF(serving->server, ThreadPoolServer, threaded);
}

static Guest *guest_of(const Connection *connection)
{
    return connection->server_side;
}

static bool by_request(const ThreadPoolServer *server)
{
    return server->config->unit == POOL_REQUEST;
}

static void goes_idle(ThreadPoolServer *server, Serving *serving)
{
    serving->next = NULL;
    *server->idle_last = serving;
    server->idle_last = &serving->next;
}

/* The thread that waits longest takes it; true: it slept. */
static bool wake_one(ThreadPoolServer *server)
{
    Serving *serving = server->idle;
    if (serving == NULL)
        return false;
    server->idle = serving->next;
    if (server->idle == NULL)
        server->idle_last = &server->idle;
    serving->called = true;
    server->called++;
    return machine_wake(server->threaded.world->machine, &serving->thread);
}

/* What a thread was called for does not wait for one. */
static bool queue_full(const ThreadPoolServer *server)
{
    return server->config->queue >= 0 && server->idle == NULL &&
           server->waiting - server->called >= server->config->queue;
}

/* It waits for a thread; the time until one has it counts as waiting to be accepted. */
static bool enqueue(ThreadPoolServer *server, Connection *connection, Request *request, Strand *strand)
{
    Waiting *waiting = pool_get(&server->waitings);
    *waiting = (Waiting){.connection = connection, .request = request, .strand = strand};
    waiting->since = server->threaded.world->kernel.now;
    *server->last = waiting;
    server->last = &waiting->next;
    server->waiting++;
    note_wait(server->threaded.world->probe, strand, PART_ACCEPT_WAIT, server->threaded.held);
    note_task(server->threaded.world->probe, strand, +1, 0);
    return wake_one(server);
}

static void take(ThreadPoolServer *server, Serving *serving)
{
    Waiting *waiting = server->first;
    server->first = waiting->next;
    if (server->first == NULL)
        server->last = &server->first;
    server->waiting--;
    serving->connection = waiting->connection;
    serving->request = waiting->request;
    Guest *guest = guest_of(waiting->connection);
    guest->serving = serving;
    guest->queued = false;
    if (serving->request == NULL) { /* a connection; or one to be closed as idle, which has a request by now */
        serving->request = guest->request;
        guest->request = NULL;
    }
    if (serving->request != NULL)
        note_goes_on(server->threaded.world->probe, &serving->request->account, &serving->thread,
                     !server->threaded.parallel_io);
    note_task(server->threaded.world->probe, waiting->strand, -1, +1);
    if (!by_request(server) || waiting->request != NULL) /* a close is no task */
        note_task_start(server->threaded.world->probe, NULL, waiting->strand, waiting->since, NULL);
    pool_put(&server->waitings, waiting);
}

static void drop(ThreadPoolServer *server, Serving *serving)
{
    if (serving->connection != NULL)
        guest_of(serving->connection)->serving = NULL;
    serving->connection = NULL;
    note_task(server->threaded.world->probe, NULL, 0, -1);
}

static ServingNext next(Serving *serving)
{
    ThreadPoolServer *server = server_of(serving);
    server->called -= serving->called;
    serving->called = false;
    if (serving->connection == NULL) {
        if (server->first == NULL) {
            serving_held(serving, -1);
            goes_idle(server, serving);
            return NEXT_WAIT;
        }
        take(server, serving);
    }
    Guest *guest = guest_of(serving->connection);
    server->leaving[serving - server->serving] = guest;
    return serving_next(serving, guest->end_of_file);
}

static void answered(Serving *serving)
{
    ThreadPoolServer *server = server_of(serving);
    Guest *guest = guest_of(serving->connection);
    if (!by_request(server)) {
        serving->request = guest->request;
        guest->request = NULL;
        return;
    }
    Connection *connection = serving->connection;
    drop(server, serving);
    if (guest->request != NULL || guest->end_of_file) { /* came while the thread was still at it */
        guest->queued = true;
        enqueue(server, connection, guest->request, guest->request != NULL ? &guest->request->account : NULL);
        guest->request = NULL;
    }
}

static void closed(Serving *serving)
{
    ThreadPoolServer *server = server_of(serving);
    note_task(serving->server->world->probe, NULL, 0, -1);
    pool_put(&server->guests, server->leaving[serving - server->serving]);
}

static void thread_gone(Serving *serving)
{
    (void)serving;
}

static const ServingHooks hooks = {.next = next, .answered = answered, .closed = closed, .gone = thread_gone};

static bool accept_one(Threaded *threaded, Connection *connection)
{
    ThreadPoolServer *server = CONTAINER_OF(threaded, ThreadPoolServer, threaded);
    World *world = threaded->world;
    if (!by_request(server) && queue_full(server)) {
        world_refuse(world, connection);
        return false;
    }
    Guest *guest = pool_get(&server->guests);
    connection->server_side = guest;
    Strand *strand = unread_strand(connection);
    if (!world_accept(world, connection)) {
        pool_put(&server->guests, guest);
        return false;
    }
    return by_request(server) ? false : enqueue(server, connection, NULL, strand);
}

/* A connection that a thread holds wakes it; else, where requests are the unit, the request waits for a thread. */
static void readable(void *opaque, Connection *connection)
{
    ThreadPoolServer *server = opaque;
    Guest *guest = guest_of(connection);
    guest->request = connection->request;
    if (!by_request(server)) {
        if (guest->serving == NULL) {
            note_wait(server->threaded.world->probe, &guest->request->account, PART_ACCEPT_WAIT, server->threaded.held);
        } else if (guest->serving->request == NULL) {
            guest->serving->request = guest->request;
            guest->request = NULL;
            bool slept = machine_wake(server->threaded.world->machine, &guest->serving->thread);
            note_goes_on(server->threaded.world->probe, &connection->request->account, &guest->serving->thread,
                         slept && !server->threaded.parallel_io);
        } else {
            note_behind(server->threaded.world->probe, &connection->request->account, &guest->serving->thread);
        }
        return;
    }
    if (guest->serving != NULL || guest->queued) {
        if (guest->serving != NULL)
            note_behind(server->threaded.world->probe, &guest->request->account, &guest->serving->thread);
        else
            note_wait(server->threaded.world->probe, &guest->request->account, PART_READY_WAIT, server->threaded.held);
        return;
    }
    if (queue_full(server)) {
        Request *request = guest->request;
        guest->request = NULL;
        connection->server_side = NULL;
        pool_put(&server->guests, guest);
        world_turn_away(server->threaded.world, connection);
        world_request_over(server->threaded.world, request);
        return;
    }
    guest->queued = true;
    enqueue(server, connection, guest->request, &guest->request->account);
    guest->request = NULL;
}

static void client_gone(void *opaque, Connection *connection)
{
    ThreadPoolServer *server = opaque;
    Guest *guest = guest_of(connection);
    if (guest == NULL)
        return;
    guest->end_of_file = true;
    if (guest->serving != NULL) {
        if (guest->serving->at == SERVING_ASKS)
            machine_wake(server->threaded.world->machine, &guest->serving->thread);
    } else if (by_request(server) && !guest->queued) {
        guest->queued = true;
        enqueue(server, connection, NULL, NULL);
    }
}

static void *create(World *world, const void *opaque)
{
    const ThreadPoolConfig *config = opaque;
    ThreadPoolServer *server = mem_get(world->mem, sizeof *server);
    Threaded *threaded = &server->threaded;
    threaded_init(threaded, world, &hooks, config->stack, config->parallel_io);
    server->config = config;
    server->idle_last = &server->idle;
    server->last = &server->first;
    pool_init(&server->waitings, world->mem, sizeof(Waiting));
    pool_init(&server->guests, world->mem, sizeof(Guest));
    threaded->acceptor.accept = accept_one;
    threaded->held = note_station(world->probe, CAUSE_WAKE_UP);
    server->serving = mem_get(world->mem, mem_array(world->mem, (size_t)config->threads, sizeof *server->serving));
    server->leaving = mem_get(world->mem, mem_array(world->mem, (size_t)config->threads, sizeof *server->leaving));
    for (int64_t i = 0; i < config->threads && machine_fits(world->machine, threaded->stack); i++) {
        serving_init(&server->serving[i], threaded, THREAD_POOLED, (uint32_t)i + 1, threaded->stack);
        machine_start(world->machine, &server->serving[i].thread);
    }
    acceptor_start(threaded, NULL); /* last: who comes at time 0 finds the threads idle */
    return server;
}

const ServerModel thread_pool_model = {
    .name = "thread-pool",
    .about = "A fixed number of threads; each runs a request from start to finish, the rest waits in a queue.",
    .keys = &table,
    .create = create,
    .arrived = threaded_arrived,
    .readable = readable,
    .gone = client_gone,
    .accepts = threaded_accepts,
};
