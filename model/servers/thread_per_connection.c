#include "thread_per_connection.h"

#include "../observe/probe.h"
#include "serving.h"

static const Key keys[] = {
    {.name = "max_threads",
     .type = KEY_COUNT,
     .at = offsetof(ThreadPerConnectionConfig, max_threads),
     .none = "unlimited",
     .min = 1,
     .about = "at so many threads the acceptor waits and the backlog fills"},
    {.name = "stack",
     .type = KEY_SIZE,
     .at = offsetof(ThreadPerConnectionConfig, stack),
     .none = "the cost table's thread_memory",
     .min = 1,
     .about = "memory committed for each thread"},
    {.name = "parallel_io",
     .type = KEY_BOOL,
     .at = offsetof(ThreadPerConnectionConfig, parallel_io),
     .fallback = "false",
     .about = "whether the branches of all, race, any and allSettled run side by side"},
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
    World *world;
    VmShared shared;
    Acceptor acceptor;
    Pool servings;
    int64_t max_threads, threads, stack;
    bool parallel_io;
    Station *held; /* the threads, where there is a limit */
} ThreadServer;

/* A connection's thread. */
typedef struct ConnectionThread {
    Serving serving;
    Request *request; /* the next one: its bytes came while the thread was still at the last one */
    bool end_of_file;
} ConnectionThread;

static ServingNext next(Serving *serving)
{
    ConnectionThread *thread = CONTAINER_OF(serving, ConnectionThread, serving);
    bool closes = serving->request == NULL && thread->end_of_file;
    serving_held(serving, ((ThreadServer *)serving->server)->held, closes ? CAUSE_THREAD : serving_cause(serving));
    if (serving->connection == NULL)
        return NEXT_EXIT;
    return serving->request != NULL ? NEXT_REQUEST : closes ? NEXT_CLOSE : NEXT_WAIT;
}

static void answered(Serving *serving)
{
    ConnectionThread *thread = CONTAINER_OF(serving, ConnectionThread, serving);
    serving->request = thread->request;
    thread->request = NULL;
}

static void nothing(Serving *serving)
{
    (void)serving;
}

static void gone(Serving *serving)
{
    ThreadServer *server = serving->server;
    server->threads--;
    serving_held(serving, server->held, -1);
    pool_put(&server->servings, CONTAINER_OF(serving, ConnectionThread, serving));
    acceptor_wake(&server->acceptor);
}

static const ServingHooks hooks = {.next = next, .answered = answered, .closed = nothing, .gone = gone};

static bool may_accept(void *opaque)
{
    ThreadServer *server = opaque;
    return server->max_threads == 0 || server->threads < server->max_threads;
}

/* The thread starts in any case with what its start costs paid by the acceptor; a connection whose thread does not fit in memory is refused. */
static bool accept_one(void *opaque, Connection *connection)
{
    ThreadServer *server = opaque;
    World *world = server->world;
    if (!machine_fits(world->machine, server->stack + machine_costs(world->machine)->connection_memory)) {
        world_refuse(world, connection);
        return false;
    }
    ConnectionThread *thread = pool_get(&server->servings);
    serving_init(&thread->serving, &server->shared, &hooks, server, THREAD_CONNECTION, (uint32_t)connection->number, server->stack, server->parallel_io);
    thread->serving.connection = connection;
    connection->server_side = thread;
    server->threads++;
    serving_held(&thread->serving, server->held, CAUSE_THREAD);
    machine_start(world->machine, &thread->serving.thread);
    if (!world_accept(world, connection))
        thread->serving.connection = NULL;
    return false;
}

static void arrived(void *opaque, Connection *connection)
{
    ThreadServer *server = opaque;
    (void)connection;
    acceptor_wake(&server->acceptor);
}

static void readable(void *opaque, Connection *connection)
{
    ThreadServer *server = opaque;
    ConnectionThread *thread = connection->server_side;
    if (thread->serving.request != NULL) {
        thread->request = connection->request;
        note_behind(server->world->probe, &thread->request->account, &thread->serving.thread);
        return;
    }
    thread->serving.request = connection->request;
    bool slept = machine_wake(server->world->machine, &thread->serving.thread);
    note_goes_on(server->world->probe, &connection->request->account, &thread->serving.thread,
        slept && !server->parallel_io);
}

static void client_gone(void *opaque, Connection *connection)
{
    ThreadServer *server = opaque;
    ConnectionThread *thread = connection->server_side;
    thread->end_of_file = true;
    if (thread->serving.at == SERVING_ASKS)
        machine_wake(server->world->machine, &thread->serving.thread);
}

static Station *accepts(void *opaque, const Connection *connection)
{
    ThreadServer *server = opaque;
    (void)connection;
    return note_thread_station(server->world->probe, &server->acceptor.thread);
}

static void *create(World *world, const void *opaque)
{
    const ThreadPerConnectionConfig *config = opaque;
    ThreadServer *server = mem_get(world->mem, sizeof *server);
    const Costs *costs = machine_costs(world->machine);
    server->world = world;
    server->max_threads = config->max_threads;
    server->stack = config->stack > 0 ? config->stack : costs->thread_memory;
    server->parallel_io = config->parallel_io;
    pool_init(&server->servings, world->mem, sizeof(ConnectionThread));
    vm_shared_init(&server->shared, world);
    server->acceptor = (Acceptor){.world = world, .server = server, .extra = costs->spawn, .may = may_accept, .accept = accept_one};
    server->held = config->max_threads > 0 ? note_station(world->probe, CAUSE_WAKE_UP) : NULL;
    acceptor_start(&server->acceptor, server->held);
    return server;
}

const ServerModel thread_per_connection_model = {
    .name = "thread-per-connection",
    .about =
        "An acceptor spawns a thread for each connection; it serves the connection's requests and blocks in each wait.",
    .keys = &table,
    .create = create,
    .arrived = arrived,
    .readable = readable,
    .gone = client_gone,
    .accepts = accepts,
};
