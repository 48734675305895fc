#include "event_loop.h"

#include "../node/node.h"
#include "../observe/probe.h"

static const KeyWord distribution_words[] = {
    {"shared", "one listening socket that every loop accepts from"},
    {"round-robin", "the first process accepts and hands out in turn"},
    {"reuseport", "a listening socket a loop; the kernel's hash decides"},
    {NULL, NULL},
};

const KeyWord loop_order_words[] = {
    {"libuv-1.45", "Node 20 and later: each turn ends with the timers, and accepts one connection"},
    {"libuv-1.44", "Node 18 and before: each turn begins with the timers, and all that wait are accepted at once"},
    {NULL, NULL},
};

static const KeyWord runtime_words[] = {
    {"auto", "node, or libuv where `order` is libuv-1.44"},
    {"node", "Node: its http and JavaScript cost `request` for each request"},
    {"libuv", "bare libuv: no such cost; what was written is told in the next turn's pending phase"},
    {NULL, NULL},
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
     .about = "event loops; more than one make a cluster"},
    {.name = "distribution",
     .type = KEY_WORD,
     .at = offsetof(EventLoopConfig, distribution),
     .fallback = "\"shared\"",
     .words = distribution_words,
     .about = "how a cluster shares out its connections"},
    {.name = "order",
     .type = KEY_WORD,
     .at = offsetof(EventLoopConfig, order),
     .fallback = "\"libuv-1.45\"",
     .words = loop_order_words,
     .about = "whose order of phases"},
    {.name = "runtime",
     .type = KEY_WORD,
     .at = offsetof(EventLoopConfig, runtime),
     .fallback = "\"auto\"",
     .words = runtime_words,
     .about = "what runs on the loop"},
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
    Fd handed; /* round-robin: what the first process hands over */
    Connection *first,
        *last; /* its own: what it was handed, or (reuseport) what it is to accept; linked by server_side */
    struct EventLoop *server;
} Process;

typedef struct EventLoop {
    World *world;
    VmShared shared;
    Pool peers;
    Process *process;
    int64_t loops;
    int64_t turn;     /* round-robin: whose it is */
    int distribution; /* LoopDistribution */
    Station *any;     /* shared, several loops: held by what they do */
} EventLoop;

/* A connection as its loop sees it. */
typedef struct Peer {
    union {
        Fd fd;
        Closing closing; /* once that is closed */
    };
    Connection *connection;
    Request *request; /* read next; NULL: none is there */
    Process *process;
} Peer;
_Static_assert(sizeof(Peer) <= 64, "of a connection that rests, the loop is to have one cache line");

static EventLoop *server_of(const Loop *loop)
{
    return CONTAINER_OF(loop->owner, Process, node)->server;
}

static void peer_gone(Loop *loop, Closing *closing)
{
    pool_put(&server_of(loop)->peers, CONTAINER_OF(closing, Peer, closing));
}

static CoFn co_end_of_file;

/* A request: read, and its handler begins; it runs up to its first wait in this callback. co->q: the Request. */
static CoRet co_request(Loop *loop, Co *co)
{
    Peer *peer;
    Node *node = loop->owner;
    Request *request = co->q;
    CO_BEGIN(co);
    peer = CONTAINER_OF((Fd *)co->p, Peer, fd);
    co->q = request = peer->request;
    peer->request = NULL;
    peer->fd.dispatch = co_end_of_file;
    loop->thread.strand = &request->account;
    note_arrives(loop->probe, &loop->thread, request->hop);
    note_callback(loop->probe, &loop->thread, CALLBACK_REQUEST, peer->fd.ready_at, &request->account,
                  loop->world->spec->handlers[request->handler].name);
    if (!peer->fd.end_of_file)
        fd_clear(loop, &peer->fd);
    CO_CPU(loop, co, loop->costs->read + loop->costs->callback + (loop->bare ? 0 : loop->costs->request));
    note_begin(loop->probe, request);
    node->scope_depth++;
    co->p = job_begin(&node->vm, request);
    CO_UNTIL(loop, co, node_run(node));
    node->scope_depth--;
    if (scope_owes(node))
        CO_CALL(loop, co, co_scope_end, NULL, 0);
    note_callback_end(loop->probe, &loop->thread);
    job_release(co->p);
    CO_END;
}

/* The client has closed: so does the server. */
static CoRet co_end_of_file(Loop *loop, Co *co)
{
    Peer *peer = CONTAINER_OF((Fd *)co->p, Peer, fd);
    CO_BEGIN(co);
    note_callback(loop->probe, &loop->thread, CALLBACK_EOF, peer->fd.ready_at, NULL, "end of file");
    CO_CPU(loop, co, loop->costs->read + loop->costs->callback + loop->costs->close);
    note_callback_end(loop->probe, &loop->thread);
    fd_close(loop, &peer->fd);
    peer->closing.done = NULL;
    peer->closing.gone = peer_gone;
    loop_close(loop, &peer->closing);
    world_closed(loop->world, peer->connection);
    CO_END;
}

/* A connection is this process's from now on. */
static void adopt(Loop *loop, Connection *connection)
{
    EventLoop *server = server_of(loop);
    Peer *peer = pool_get_raw(&server->peers);
    fd_init(&peer->fd, co_end_of_file);
    peer->connection = connection;
    peer->request = NULL;
    peer->process = CONTAINER_OF(loop->owner, Process, node);
    connection->server_side = peer;
    fd_watch(loop, &peer->fd);
    if (!world_accept(loop->world, connection)) {
        fd_close(loop, &peer->fd);
        pool_put(&server->peers, peer);
    }
}

static void push_own(Process *process, Connection *connection)
{
    connection->server_side = NULL;
    if (process->first == NULL)
        process->first = connection;
    else
        process->last->server_side = connection;
    process->last = connection;
}

static Connection *pop_own(Process *process)
{
    Connection *connection = process->first;
    process->first = connection->server_side;
    connection->server_side = NULL;
    return connection;
}

/* In turn, the first process included. */
static void hand_over(EventLoop *server, Connection *connection)
{
    Process *process = &server->process[server->turn++ % server->loops];
    push_own(process, connection);
    if (connection->unread)
        note_wait(server->world->probe, &connection->request->account, PART_ACCEPT_WAIT,
                  note_thread_station(server->world->probe, &process->node.loop.thread));
    fd_ready(&process->node.loop, &process->handed);
}

/* A connection is accepted in a callback; where it is handed over, that is a callback of its own there. */
static void accept_begins(Loop *loop, Connection *connection)
{
    loop->thread.strand = connection->unread ? &connection->request->account : NULL;
    note_callback(loop->probe, &loop->thread, CALLBACK_CONNECTION, connection->established, loop->thread.strand,
                  "connection");
}

static void accept_ends(Loop *loop)
{
    note_part(loop->probe, loop->thread.strand, PART_ACCEPT_WAIT);
    loop->thread.strand = NULL;
    note_callback_end(loop->probe, &loop->thread);
}

static CoRet co_handed(Loop *loop, Co *co)
{
    Process *process = CONTAINER_OF(loop->owner, Process, node);
    CO_BEGIN(co);
    do {
        if (process->first == NULL)
            break;
        co->q = pop_own(process);
        if (process->first == NULL)
            fd_clear(loop, &process->handed);
        accept_begins(loop, co->q);
        CO_CPU(loop, co, loop->costs->callback);
        accept_ends(loop);
        adopt(loop, co->q);
    } while (loop->legacy);
    CO_END;
}

static bool waiting_for(const Process *process)
{
    if (process->server->distribution == LOOPS_REUSEPORT)
        return process->first != NULL;
    return world_backlog(process->node.loop.world) != NULL;
}

static Connection *take_for(Process *process)
{
    World *world = process->node.loop.world;
    if (process->server->distribution != LOOPS_REUSEPORT)
        return world_take(world);
    Connection *connection = pop_own(process);
    world_take_this(world, connection);
    return connection;
}

/* Nobody waits any more: for this process where it has a socket of its own, else for any. */
static void not_listening(Process *process)
{
    EventLoop *server = process->server;
    for (int64_t i = 0; i < server->loops; i++) {
        if (server->distribution != LOOPS_REUSEPORT || &server->process[i] == process)
            fd_clear(&server->process[i].node.loop, &server->process[i].listening);
    }
}

/* libuv >= 1.45 accepts one connection a report, which bounds the rate of a loaded server by its iterations; before
 * that, all that wait. */
static CoRet co_listening(Loop *loop, Co *co)
{
    Process *process = CONTAINER_OF(loop->owner, Process, node);
    CO_BEGIN(co);
    do {
        if (!waiting_for(process)) { /* another loop was faster */
            CO_CPU(loop, co, loop->costs->accept);
            break;
        }
        co->q = take_for(process);
        if (!waiting_for(process))
            not_listening(process);
        accept_begins(loop, co->q);
        CO_CPU(loop, co, loop->costs->accept + loop->costs->callback);
        accept_ends(loop);
        if (process->server->distribution == LOOPS_ROUND_ROBIN)
            hand_over(process->server, co->q);
        else
            adopt(loop, co->q);
    } while (loop->legacy && waiting_for(process));
    CO_END;
}

/* The kernel's hash of a connection's addresses. */
static uint64_t port_hash(const World *world, const Connection *connection)
{
    return mix2(world->spec->seed, connection->number);
}

static void loop_arrived(void *opaque, Connection *connection)
{
    EventLoop *server = opaque;
    if (server->distribution == LOOPS_REUSEPORT) {
        Process *process = &server->process[port_hash(server->world, connection) % (uint64_t)server->loops];
        push_own(process, connection);
        fd_ready(&process->node.loop, &process->listening);
        return;
    }
    int64_t listening = server->distribution == LOOPS_ROUND_ROBIN ? 1 : server->loops;
    for (int64_t i = 0; i < listening; i++)
        fd_ready(&server->process[i].node.loop, &server->process[i].listening);
}

static void loop_readable(void *opaque, Connection *connection)
{
    Peer *peer = connection->server_side;
    (void)opaque;
    peer->request = connection->request;
    peer->fd.dispatch = co_request; /* until it was read; then the only thing to come is the end */
    note_behind(peer->process->node.loop.probe, &peer->request->account, &peer->process->node.loop.thread);
    peer->request->hop = note_leaves(peer->process->node.loop.probe, NULL, &peer->request->account);
    fd_ready(&peer->process->node.loop, &peer->fd);
}

static void loop_gone(void *opaque, Connection *connection)
{
    Peer *peer = connection->server_side;
    (void)opaque;
    peer->fd.end_of_file = true;
    fd_ready(&peer->process->node.loop, &peer->fd);
}

static bool was_handed(const Process *process, const Connection *connection)
{
    for (const Connection *own = process->first; own != NULL; own = own->server_side)
        if (own == connection)
            return true;
    return false;
}

static Station *loop_accepts(void *opaque, const Connection *connection)
{
    EventLoop *server = opaque;
    int64_t by = 0;
    if (server->any != NULL)
        return server->any;
    if (server->distribution == LOOPS_REUSEPORT)
        by = (int64_t)(port_hash(server->world, connection) % (uint64_t)server->loops);
    for (int64_t i = 0; server->distribution == LOOPS_ROUND_ROBIN && i < server->loops; i++)
        by = was_handed(&server->process[i], connection) ? i : by;
    return note_thread_station(server->world->probe, &server->process[by].node.loop.thread);
}

/* Whichever loop comes to it first accepts. */
static void share_listening(EventLoop *server)
{
    Probe *probe = server->world->probe;
    server->any = note_station(probe, CAUSE_LOOP);
    for (int64_t i = 0; server->any != NULL && i < server->loops; i++)
        blame_group(probe->blame, &server->process[i].node.loop.thread, server->any);
}

static void process_init(EventLoop *server, Process *process, uint32_t number, const EventLoopConfig *config)
{
    static const LoopHooks hooks = {
        .timers = co_run_node_timers, .check = co_check, .checks = node_checks, .program = co_uv_run};
    process->server = server;
    node_init(&process->node, &server->shared, hooks, number);
    process->node.loop.legacy = config->order == ORDER_LIBUV_1_44;
    process->node.loop.bare =
        config->runtime == RUNTIME_LIBUV || (config->runtime == RUNTIME_AUTO && config->order == ORDER_LIBUV_1_44);
    process->node.loop.pool = threadpool_new(&process->node.loop, (int)config->workers, 0);
    fd_init(&process->listening, co_listening);
    fd_watch(&process->node.loop, &process->listening);
    fd_init(&process->handed, co_handed);
    fd_watch(&process->node.loop, &process->handed);
    process->node.loop.handles = 1;
    loop_start(&process->node.loop);
}

static void *event_loop_create(World *world, const void *opaque)
{
    const EventLoopConfig *config = opaque;
    EventLoop *server = mem_get(world->mem, sizeof *server);
    server->world = world;
    server->loops = config->loops;
    server->distribution = config->distribution;
    pool_init(&server->peers, world->mem, sizeof(Peer));
    vm_shared_init(&server->shared, world);
    server->process = mem_get(world->mem, mem_array(world->mem, (size_t)config->loops, sizeof *server->process));
    for (int64_t i = 0; i < config->loops; i++)
        process_init(server, &server->process[i], (uint32_t)i + 1, config);
    if (server->distribution == LOOPS_SHARED && server->loops > 1)
        share_listening(server);
    return server;
}

const ServerModel event_loop_model = {
    .name = "event-loop",
    .about = "One thread runs every callback, as in Node and libuv; a pool of workers does what would block it.",
    .keys = &table,
    .as_node = true,
    .create = event_loop_create,
    .arrived = loop_arrived,
    .readable = loop_readable,
    .gone = loop_gone,
    .accepts = loop_accepts,
};
