#include "event_loop.h"

#include "../node/node.h"
#include "../observe/probe.h"

static const KeyWord distribution_words[] = {
    {"shared", "one listening socket that every loop accepts from", false},
    {"round-robin", "the first process accepts and hands out in turn", false},
    {"reuseport", "a listening socket a loop; the kernel's hash decides", false},
    {NULL, NULL, false},
};

const KeyWord loop_order_words[] = {
    {"libuv-1.45", "Node 20 and later: each turn ends with the timers, and accepts one connection", false},
    {"libuv-1.44", "Node 18 and before: each turn begins with the timers, and all that wait are accepted at once", false},
    {NULL, NULL, false},
};

static const Key keys[] = {
    {.name = "workers",
     .type = KEY_COUNT,
     .at = offsetof(EventLoopConfig, workers),
     .fallback = "4",
     .min = 1,
     .max = 1024,
     .about = "threads of the pool that runs blocking work (UV_THREADPOOL_SIZE)"},
    {.name = "loops",
     .type = KEY_COUNT,
     .at = offsetof(EventLoopConfig, loops),
     .fallback = "1",
     .min = 1,
     .max = 1024,
     .not_yet = true,
     .about = "event loops; more than one make a cluster"},
    {.name = "distribution",
     .type = KEY_WORD,
     .at = offsetof(EventLoopConfig, distribution),
     .fallback = "\"shared\"",
     .words = distribution_words,
     .not_yet = true,
     .about = "how a cluster shares out its connections"},
    {.name = "order",
     .type = KEY_WORD,
     .at = offsetof(EventLoopConfig, order),
     .fallback = "\"libuv-1.45\"",
     .words = loop_order_words,
     .about = "whose order of phases"},
    {.name = NULL},
};

static const KeyTable table = {
    .name = "an event-loop server",
    .about = "One thread for all callbacks, a pool of workers for what blocks.",
    .keys = keys,
    .size = sizeof(EventLoopConfig),
};

/* ---- the server ---- */

typedef struct Process { /* one loop with its pool; a server has as many as `loops` */
    Node node;
    Fd listening;
    struct EventLoop *server;
} Process;

typedef struct EventLoop {
    World *world;
    VmShared shared;
    Pool peers;
    Process *process;
    int64_t loops;
} EventLoop;

/* A connection as its loop sees it. */
typedef struct Peer {
    Fd fd;
    Connection *connection;
    Request *request;  /* read next; NULL: none is there */
    Process *process;
    Closing closing;
    bool end_of_file;
} Peer;

static EventLoop *server_of(const Loop *loop)
{
    return CONTAINER_OF(loop->owner, Process, node)->server;
}

static CoRet co_peer_closed(Loop *loop, Co *co)
{
    Peer *peer = CONTAINER_OF((Closing *)co->p, Peer, closing);
    pool_put(&server_of(loop)->peers, peer);
    return CO_OVER;
}

/* A request: read, and its handler begins; it runs up to its first wait in this callback. co->q: the Request. */
static CoRet co_request(Loop *loop, Co *co)
{
    Peer *peer = co->p;
    Node *node = loop->owner;
    Request *request = co->q;
    CO_BEGIN(co);
    co->q = request = peer->request;
    peer->request = NULL;
    loop->thread.strand = &request->account;
    note_arrives(loop->probe, &loop->thread, request->hop);
    note_callback(loop->probe, &loop->thread, CALLBACK_REQUEST, peer->fd.ready_at, &request->account,
        loop->world->spec->handlers[request->handler].name);
    if (!peer->end_of_file)
        fd_clear(loop, &peer->fd);
    CO_CPU(loop, co, loop->costs->read + loop->costs->callback);
    note_begin(loop->probe, request);
    node->scope_depth++;
    job_begin(&node->vm, request);
    co->p = node->vm.top->job;
    CO_UNTIL(loop, co, node_run(node));
    node->scope_depth--;
    CO_CALL(loop, co, co_scope_end, NULL, 0);
    note_callback_end(loop->probe, &loop->thread);
    job_release(co->p);
    CO_END;
}

/* The client has closed: so does the server. */
static CoRet co_end_of_file(Loop *loop, Co *co)
{
    Peer *peer = co->p;
    CO_BEGIN(co);
    note_callback(loop->probe, &loop->thread, CALLBACK_EOF, peer->fd.ready_at, NULL, "end of file");
    CO_CPU(loop, co, loop->costs->read + loop->costs->callback + loop->costs->close);
    note_callback_end(loop->probe, &loop->thread);
    fd_close(loop, &peer->fd);
    peer->closing.done = co_peer_closed;
    loop_close(loop, &peer->closing);
    world_closed(loop->world, peer->connection);
    CO_END;
}

static CoRet co_peer(Loop *loop, Co *co)
{
    Peer *peer = CONTAINER_OF((Fd *)co->p, Peer, fd);
    (void)loop;
    co->fn = peer->request != NULL ? co_request : co_end_of_file;
    co->p = peer;
    return CO_BECAME;
}

/* Accepts one connection; co->p: the Connection. */
static CoRet co_accept(Loop *loop, Co *co)
{
    Connection *connection = co->p;
    EventLoop *server = server_of(loop);
    Process *process = CONTAINER_OF(loop->owner, Process, node);
    CO_BEGIN(co);
    loop->thread.strand = connection->unread ? &connection->request->account : NULL;
    note_callback(loop->probe, &loop->thread, CALLBACK_CONNECTION, connection->established, loop->thread.strand, "connection");
    CO_CPU(loop, co, loop->costs->accept + loop->costs->callback);
    note_part(loop->probe, loop->thread.strand, PART_ACCEPT_WAIT);
    loop->thread.strand = NULL;
    Peer *peer = pool_get(&server->peers);
    fd_init(&peer->fd, co_peer);
    peer->connection = connection;
    peer->process = process;
    connection->server_side = peer;
    fd_watch(loop, &peer->fd);
    note_callback_end(loop->probe, &loop->thread);
    if (!world_accept(loop->world, connection)) {
        fd_close(loop, &peer->fd);
        pool_put(&server->peers, peer);
    }
    CO_END;
}

static void not_listening(EventLoop *server)
{
    for (int64_t i = 0; i < server->loops; i++)
        fd_clear(&server->process[i].node.loop, &server->process[i].listening);
}

/* libuv >= 1.45 accepts one connection a report, which bounds the rate of a loaded server by its iterations; before that, all that wait. */
static CoRet co_listening(Loop *loop, Co *co)
{
    CO_BEGIN(co);
    do {
        if (world_backlog(loop->world) == NULL) { /* another loop was faster */
            CO_CPU(loop, co, loop->costs->accept);
            break;
        }
        co->q = world_take(loop->world);
        if (world_backlog(loop->world) == NULL)
            not_listening(server_of(loop));
        CO_CALL(loop, co, co_accept, co->q, 0);
    } while (loop->legacy && world_backlog(loop->world) != NULL);
    CO_END;
}

static void loop_arrived(void *opaque, Connection *connection)
{
    EventLoop *server = opaque;
    (void)connection;
    for (int64_t i = 0; i < server->loops; i++)
        fd_ready(&server->process[i].node.loop, &server->process[i].listening);
}

static void loop_readable(void *opaque, Connection *connection)
{
    Peer *peer = connection->server_side;
    (void)opaque;
    peer->request = connection->request;
    peer->request->hop = note_leaves(peer->process->node.loop.probe, NULL, &peer->request->account);
    fd_ready(&peer->process->node.loop, &peer->fd);
}

static void loop_gone(void *opaque, Connection *connection)
{
    Peer *peer = connection->server_side;
    (void)opaque;
    peer->end_of_file = true;
    fd_ready(&peer->process->node.loop, &peer->fd);
}

static void process_init(EventLoop *server, Process *process, uint32_t number, const EventLoopConfig *config)
{
    static const LoopHooks hooks = {.timers = co_run_node_timers, .check = co_check, .program = co_uv_run};
    process->server = server;
    node_init(&process->node, &server->shared, hooks, number);
    process->node.loop.legacy = config->order == ORDER_LIBUV_1_44;
    process->node.loop.pool = threadpool_new(&process->node.loop, (int)config->workers, 0);
    fd_init(&process->listening, co_listening);
    fd_watch(&process->node.loop, &process->listening);
    process->node.loop.handles = 1;
    loop_start(&process->node.loop);
}

static void *event_loop_create(World *world, const void *opaque)
{
    const EventLoopConfig *config = opaque;
    EventLoop *server = mem_get(world->mem, sizeof *server);
    server->world = world;
    server->loops = config->loops;
    pool_init(&server->peers, world->mem, sizeof(Peer));
    vm_shared_init(&server->shared, world);
    server->process = mem_get(world->mem, mem_array(world->mem, (size_t)config->loops, sizeof *server->process));
    for (int64_t i = 0; i < config->loops; i++)
        process_init(server, &server->process[i], (uint32_t)i + 1, config);
    return server;
}

const ServerModel event_loop_model = {
    .name = "event-loop",
    .about = "One thread runs every callback, as in Node and libuv; a pool of workers does what would block it.",
    .keys = &table,
    .create = event_loop_create,
    .arrived = loop_arrived,
    .readable = loop_readable,
    .gone = loop_gone,
};
