#include "thread_per_connection.h"

#include "../observe/probe.h"
#include "threaded.h"

static const Key keys[] = {
    {.name = "max_threads",
     .type = KEY_COUNT,
     .at = offsetof(ThreadPerConnectionConfig, max_threads),
     .none = "unlimited",
     .min = 1,
     .about = "at so many threads the acceptor waits and the backlog fills"},
    THREADED_KEYS(ThreadPerConnectionConfig),
    {.name = NULL},
};

static const KeyTable table = {
    .name = "a thread-per-connection server",
    .about = "An acceptor, and a thread for each connection.",
    .keys = keys,
    .size = sizeof(ThreadPerConnectionConfig),
};

/* ---- the server ---- */

typedef struct ThreadServer {
    Threaded threaded;
    Pool servings;
    int64_t max_threads, threads;
} ThreadServer;

static ServingNext next(Serving *serving)
{
    if (serving->connection != NULL)
        return own_next(serving);
    serving_held(serving, serving_cause(serving));
    return NEXT_EXIT;
}

static void gone(Serving *serving)
{
    ThreadServer *server = CONTAINER_OF(serving->server, ThreadServer, threaded);
    server->threads--;
    serving_held(serving, -1);
    pool_put(&server->servings, CONTAINER_OF(serving, ConnectionThread, serving));
    acceptor_wake(&server->threaded);
}

static const ServingHooks hooks = {.next = next, .answered = own_answered, .closed = own_closed, .gone = gone};

static bool may_accept(Threaded *threaded)
{
    ThreadServer *server = CONTAINER_OF(threaded, ThreadServer, threaded);
    return server->max_threads == 0 || server->threads < server->max_threads;
}

/* The thread starts in any case with what its start costs paid by the acceptor; a connection whose thread does not fit
 * in memory is refused. */
static bool accept_one(Threaded *threaded, Connection *connection)
{
    ThreadServer *server = CONTAINER_OF(threaded, ThreadServer, threaded);
    if (!threaded_fits(threaded, connection))
        return false;
    ConnectionThread *thread = pool_get(&server->servings);
    serving_init(&thread->serving, threaded, THREAD_CONNECTION, (uint32_t)connection->number, threaded->stack);
    thread->serving.connection = connection;
    connection->server_side = thread;
    server->threads++;
    serving_held(&thread->serving, CAUSE_THREAD);
    machine_start(threaded->world->machine, &thread->serving.thread);
    if (!world_accept(threaded->world, connection))
        thread->serving.connection = NULL;
    return false;
}

static void readable(void *opaque, Connection *connection)
{
    Threaded *server = opaque;
    ConnectionThread *thread = connection->server_side;
    Strand *strand = &connection->request->account;
    if (!own_request(thread, connection->request)) {
        note_behind(server->world->probe, strand, &thread->serving.thread);
        return;
    }
    bool slept = machine_wake(server->world->machine, &thread->serving.thread);
    note_goes_on(server->world->probe, strand, &thread->serving.thread, slept && !server->parallel_io);
}

static void client_gone(void *opaque, Connection *connection)
{
    Threaded *server = opaque;
    ConnectionThread *thread = connection->server_side;
    if (own_end(thread))
        machine_wake(server->world->machine, &thread->serving.thread);
}

static void *create(World *world, const void *opaque)
{
    const ThreadPerConnectionConfig *config = opaque;
    ThreadServer *server = mem_get(world->mem, sizeof *server);
    threaded_init(&server->threaded, world, &hooks, config->stack, config->parallel_io);
    server->max_threads = config->max_threads;
    pool_init(&server->servings, world->mem, sizeof(ConnectionThread));
    server->threaded.acceptor =
        (Acceptor){.extra = machine_costs(world->machine)->spawn, .may = may_accept, .accept = accept_one};
    server->threaded.held = config->max_threads > 0 ? note_station(world->probe, CAUSE_WAKE_UP) : NULL;
    acceptor_start(&server->threaded, server->threaded.held);
    return server;
}

const ServerModel thread_per_connection_model = {
    .name = "thread-per-connection",
    .about =
        "An acceptor spawns a thread for each connection; it serves the connection's requests and blocks in each wait.",
    .keys = &table,
    .create = create,
    .arrived = threaded_arrived,
    .readable = readable,
    .gone = client_gone,
    .accepts = threaded_accepts,
};
