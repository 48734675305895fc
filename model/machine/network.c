/* The way between clients and server: SYN, backlog, bytes, responses, closing (world.h states the rules). */
#include "costs.h"
#include "traffic.h"

Time network_delay(const World *world, int64_t bytes)
{
    double bandwidth = world->spec->network.bandwidth;
    if (bandwidth <= 0 || bytes <= 0)
        return 0;
    double ns = (double)bytes * 1e9 / bandwidth;
    if (ns >= (double)TIME_MAX_RUN)
        return TIME_MAX_RUN;
    Time whole = (Time)ns;
    return whole + ((double)whole < ns);
}

/* ---- who holds what ---- */

static void let_go(Connection *connection)
{
    World *world = world_of(connection);
    if (connection->number != 0)
        note_close(world->probe, connection);
    pool_put(&world->connections, connection);
}

/* Both sides are through, and no request points to it. */
static inline void free_if_over(Connection *connection)
{
    if (connection->state == CLIENT_OVER && connection->closed_by_server && connection->requests == 0)
        let_go(connection);
}

void request_release(Request *request, int holder)
{
    Connection *connection = request->connection;
    request->holders &= (uint8_t)~holder;
    if (request->holders != 0)
        return;
    if (connection->request == request)
        connection->request = NULL;
    connection->requests--;
    note_request_gone(world_of(connection)->probe, request);
    pool_put(&world_of(connection)->requests, request);
    free_if_over(connection);
}

/* ---- keep_alive_timeout ---- */

typedef struct Idle {
    Event event;
    Connection *connection;
} Idle;

void idles_init(World *world)
{
    pool_init(&world->idles, world->mem, sizeof(Idle));
}

static void on_idle_too_long(Event *event)
{
    Connection *connection = CONTAINER_OF(event, Idle, event)->connection;
    World *world = world_of(connection);
    world->model->gone(world->server, connection);
}

static void watch_idle(World *world, Connection *connection, Time timeout)
{
    if (!connection->accepted || connection->closed_by_client || connection->closed_by_server)
        return;
    if (!connection->idle) {
        connection->idle = pool_get(&world->idles);
        connection->idle->connection = connection;
        event_bind(&connection->idle->event, on_idle_too_long, RANK_WORLD);
    }
    kernel_cancel(&world->kernel, &connection->idle->event);
    kernel_at(&world->kernel, &connection->idle->event, world->kernel.now + timeout);
}

static inline void idle_begins(World *world, Connection *connection)
{
    Time timeout = world->config->keep_alive_timeout;
    if (timeout != 0)
        watch_idle(world, connection, timeout);
}

static inline void idle_ends(Connection *connection)
{
    if (connection->accepted && connection->idle)
        kernel_cancel(&world_of(connection)->kernel, &connection->idle->event);
}

static inline void idle_is_over(Connection *connection)
{
    idle_ends(connection);
    if (connection->accepted && connection->idle)
        pool_put(&world_of(connection)->idles, connection->idle);
    if (connection->accepted)
        connection->idle = NULL;
}

/* ---- the request's bytes ---- */

static inline void fin_arrives(Connection *connection);

static inline void deliver(World *world, Connection *connection)
{
    connection->unread = false;
    idle_ends(connection);
    note_part(world->probe, &connection->request->account, PART_READY_WAIT);
    world->model->readable(world->server, connection);
}

static inline Station *acceptor_of(const World *world, const Connection *connection)
{
    bool asked = world->probe->blame != NULL && world->model->accepts != NULL;
    return asked ? world->model->accepts(world->server, connection) : NULL;
}

static void bytes_arrive(Connection *connection)
{
    World *world = world_of(connection);
    Request *request = connection->request;
    connection->state = CLIENT_AWAITS;
    request->at_server = world->kernel.now;
    if (connection->accepted) {
        deliver(world, connection);
    } else {
        connection->unread = true;
        note_wait(world->probe, &request->account, PART_ACCEPT_WAIT, acceptor_of(world, connection));
    }
}

/* The server has closed: word of that goes back. */
static void word_goes_back(Connection *connection)
{
    note_part(world_of(connection)->probe, &connection->request->account, PART_NETWORK);
    client_next(connection, CLIENT_LOSES, now_at(connection) + way_back(connection));
}

static void bytes_are_lost(Connection *connection)
{
    Request *request = connection->request;
    bool leaving = connection->leaving;
    if (leaving)
        connection->state = CLIENT_OVER;
    else
        word_goes_back(connection);
    request_release(request, HOLD_SERVER);
}

static void bytes_event(Connection *connection)
{
    if (connection->closed_by_server) {
        bytes_are_lost(connection);
        return;
    }
    bytes_arrive(connection);
    if (!connection->leaving)
        return;
    if (connection->closed_by_server) { /* it has closed on reading them: nobody is left */
        connection->state = CLIENT_OVER;
        free_if_over(connection);
    } else if (connection->fin_due <= now_at(connection))
        fin_arrives(connection);
    else
        client_next(connection, CLIENT_CLOSES, connection->fin_due);
}

/* They are there at `when`. */
static inline void bytes_leave(Connection *connection, Time when)
{
    connection->request->holders |= HOLD_SERVER;
    if (when > now_at(connection)) {
        note_part(world_of(connection)->probe, &connection->request->account, PART_NETWORK);
        client_next(connection, CLIENT_SENDS, when);
    } else {
        bytes_arrive(connection);
    }
}

void network_send(Connection *connection)
{
    bytes_leave(connection, now_at(connection) + way_there(connection) + connection->from->request_delay);
}

/* ---- the SYN and the backlog ---- */

static inline void push_backlog(Clients *clients, Connection *connection)
{
    connection->backlog_next = NULL;
    if (clients->backlog_last)
        clients->backlog_last->backlog_next = connection;
    else
        clients->backlog_first = connection;
    clients->backlog_last = connection;
    clients->backlog_length++;
}

static inline void let_in(Connection *connection)
{
    World *world = world_of(connection);
    Time now = world->kernel.now, due = connection->due, there = due + way_there(connection);
    connection->established = now;
    connection->server_side = NULL;
    push_backlog(connection->from->clients, connection);
    note_established(world->probe, connection);
    if (connection->request)
        bytes_leave(connection, (there > now ? there : now) + connection->from->request_delay);
    else
        client_next(connection, CLIENT_THINKS, due);
    world->model->arrived(world->server, connection);
}

static void plan_opening(Connection *connection)
{
    Time when = connection->established;
    if (!connection->request && connection->due < when)
        when = connection->due;
    client_next(connection, CLIENT_OPENS, when);
}

static OUT_OF_LINE void wait_for_syn(Connection *connection)
{
    Probe *probe = world_of(connection)->probe;
    note_wait(probe, &connection->request->account, PART_ACCEPT_WAIT,
              probe->blame ? blame_syn_retry(probe->blame) : NULL);
}

/* The backlog was full. */
static OUT_OF_LINE void drop_syn(Connection *connection)
{
    World *world = world_of(connection);
    const SpecNetwork *network = &world->spec->network;
    if (connection->syn_tries < network->syn_retries) {
        Time again = connection->opened + network->syn_retry[connection->syn_tries++];
        connection->established = (again > world->kernel.now ? again : world->kernel.now) + way_there(connection);
        if (connection->request)
            wait_for_syn(connection);
        plan_opening(connection);
        return;
    }
    note_connection_refused(world->probe, connection);
    connection->closed_by_server = true;
    client_refused(connection);
}

static void opening_event(Connection *connection)
{
    World *world = world_of(connection);
    Time now = world->kernel.now;
    if (!connection->request && connection->due <= now) {
        client_wants(connection);
        if (connection->syn_tries > 0)
            wait_for_syn(connection);
    }
    if (connection->established > now)
        plan_opening(connection);
    else if (connection->from->clients->backlog_length >= (size_t)world->config->backlog)
        drop_syn(connection);
    else
        let_in(connection);
}

void network_open(Connection *connection)
{
    connection->state = CLIENT_OPENS;
    connection->opened = now_at(connection);
    connection->established = connection->opened + way_there(connection);
    opening_event(connection);
}

Connection *world_backlog(World *world)
{
    return world->clients->backlog_first;
}

size_t world_backlog_length(const World *world)
{
    return world->clients->backlog_length;
}

Connection *world_take(World *world)
{
    Clients *clients = world->clients;
    Connection *connection = clients->backlog_first;
    must(connection, "an empty backlog was taken from");
    clients->backlog_first = connection->backlog_next;
    if (!clients->backlog_first)
        clients->backlog_last = NULL;
    clients->backlog_length--;
    return connection;
}

void world_take_this(World *world, Connection *connection)
{
    Clients *clients = world->clients;
    Connection *before = NULL, *at = clients->backlog_first;
    while (at && at != connection)
        before = at, at = at->backlog_next;
    must(at, "a connection was taken that is not in the backlog");
    if (before)
        before->backlog_next = at->backlog_next;
    else
        clients->backlog_first = at->backlog_next;
    if (clients->backlog_last == at)
        clients->backlog_last = before;
    clients->backlog_length--;
}

bool world_accept(World *world, Connection *connection)
{
    Clients *clients = world->clients;
    uint64_t most = (uint64_t)world->config->max_connections;
    must(!connection->accepted, "a connection was accepted twice");
    if ((most > 0 && clients->accepted >= most) ||
        !machine_take(world->machine, machine_costs(world->machine)->connection_memory)) {
        world_refuse(world, connection);
        return false;
    }
    clients->accepted++;
    costs_for(&world->costs, (int64_t)clients->accepted);
    connection->accepted = true;
    connection->idle = NULL;
    note_accept(world->probe, connection);
    connection->requests++; /* it stays until this is done: the server may close it at once */
    if (connection->unread)
        deliver(world, connection);
    else
        idle_begins(world, connection);
    if (connection->closed_by_client && !connection->closed_by_server)
        world->model->gone(world->server, connection);
    connection->requests--;
    free_if_over(connection);
    return true;
}

/* ---- closing ---- */

static inline void fin_arrives(Connection *connection)
{
    World *world = world_of(connection);
    connection->state = CLIENT_OVER;
    if (connection->closed_by_server) {
        free_if_over(connection);
        return;
    }
    connection->closed_by_client = true;
    idle_ends(connection);
    if (connection->accepted)
        world->model->gone(world->server, connection);
}

void network_close(Connection *connection)
{
    if (connection->state == CLIENT_SENDS) { /* the FIN follows the bytes */
        connection->leaving = true;
        connection->fin_due = now_at(connection) + way_there(connection);
        return;
    }
    kernel_cancel(&world_of(connection)->kernel, &connection->client);
    if (connection->state == CLIENT_OPENS || connection->number == 0)
        connection->closed_by_server = true; /* it never got there */
    if (!connection->closed_by_server && way_there(connection) > 0)
        client_next(connection, CLIENT_CLOSES, now_at(connection) + way_there(connection));
    else
        fin_arrives(connection);
}

/* The server's side is closed. What the client does next depends on what it is about to do; on their way, bytes and
 * responses get there first. */
static void server_is_through(Connection *connection)
{
    Request *request = connection->request;
    bool unread = connection->unread;
    connection->closed_by_server = true;
    if (connection->state == CLIENT_OVER && !unread) {
        free_if_over(connection);
        return;
    }
    connection->unread = false;
    connection->requests++; /* it stays until this is done */
    if (connection->state == CLIENT_THINKS || connection->state == CLIENT_BACKS_OFF)
        client_moves_on(connection);
    else if (connection->state == CLIENT_AWAITS && !connection->leaving)
        word_goes_back(connection);
    if (unread)
        request_release(request, HOLD_SERVER);
    connection->requests--;
    free_if_over(connection);
}

void world_refuse(World *world, Connection *connection)
{
    must(!connection->accepted, "a connection that was accepted is refused");
    note_connection_refused(world->probe, connection);
    connection->refused = true;
    server_is_through(connection);
}

void world_closed(World *world, Connection *connection)
{
    must(connection->accepted && !connection->closed_by_server, "a connection was closed twice, or was never open");
    world->clients->accepted--;
    costs_for(&world->costs, (int64_t)world->clients->accepted);
    idle_is_over(connection);
    machine_give(world->machine, machine_costs(world->machine)->connection_memory);
    server_is_through(connection);
}

void world_turn_away(World *world, Connection *connection)
{
    connection->refused = true;
    world_closed(world, connection);
}

/* ---- the response ---- */

void world_respond(World *world, Request *request, Strand *strand, int64_t bytes, bool failed)
{
    Connection *connection = request->connection;
    must(!request->responded, "a request was answered twice");
    request->responded = true;
    request->failed = failed;
    if (strand && strand != &request->account)
        note_strand_adopt(world->probe, &request->account, strand);
    note_respond(world->probe, request);
    if (!connection)
        return;
    idle_begins(world, connection);
    if (!(request->holders & HOLD_CLIENT) || connection->state != CLIENT_AWAITS)
        return; /* given up, or lost */
    note_part(world->probe, &request->account, PART_NETWORK);
    Time delay = way_back(connection) + network_delay(world, failed ? 0 : bytes);
    if (delay > 0)
        client_next(connection, CLIENT_RECEIVES, world->kernel.now + delay);
    else
        client_answered(connection);
}

void world_waste(World *world, Request *request)
{
    if (!request->wasted)
        machine_waste(world->machine, request->worked);
    request->wasted = true;
}

void world_request_over(World *world, Request *request)
{
    (void)world;
    must(request->holders & HOLD_SERVER, "a request was over twice");
    request_release(request, HOLD_SERVER);
}

/* ---- events ---- */

void network_event(Connection *connection)
{
    switch (connection->state) {
    case CLIENT_OPENS: opening_event(connection); break;
    case CLIENT_SENDS: bytes_event(connection); break;
    case CLIENT_RECEIVES: client_answered(connection); break;
    case CLIENT_LOSES: client_lost(connection); break;
    case CLIENT_CLOSES: fin_arrives(connection); break;
    default: must(false, "a client's event came in a state that has none");
    }
}
