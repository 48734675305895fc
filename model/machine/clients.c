/* What clients want, and when (world.h). The way of a connection is network.c's. */
#include "traffic.h"

_Static_assert(sizeof(Connection) <= 128, "ten million idle connections are to fit into memory");

static void on_client_event(Event *event);
static void on_timeout(Event *event);

void client_next(Connection *connection, int state, Time when)
{
    connection->state = (uint8_t)state;
    kernel_at(&world_of(connection)->kernel, &connection->client, when);
}

/* ---- draws ---- */

static uint64_t key_of(const Connection *connection, uint32_t attempt)
{
    if (attempt == 0)
        return connection->from->key;
    return draw_key(world_of(connection)->spec->seed, connection->stream, attempt);
}

static Time draw_time(const Dist *dist, const Connection *connection, uint64_t request, uint32_t attempt,
                      DrawPurpose purpose)
{
    if (!dist)
        return 0;
    Rng rng = draw_at(key_of(connection, attempt), connection->index, request, purpose);
    return dist_sample(dist, &rng);
}

static Time draw_rtt(const Connection *connection, uint64_t request, uint32_t attempt)
{
    return draw_time(world_of(connection)->spec->network.rtt, connection, request, attempt, DRAW_RTT);
}

/* Which handler, where the mix decides. */
static int32_t draw_handler(const Connection *connection, uint64_t request)
{
    const Stream *stream = connection->from;
    const SpecMix *mix = stream->spec->mix;
    Rng rng = draw_at(stream->key, connection->index, request, DRAW_HANDLER);
    double left = rng_unit(&rng) * stream->mix_total;
    size_t i = 0;
    while (i + 1 < stream->spec->mix_count && left >= mix[i].weight)
        left -= mix[i++].weight;
    return mix[i].handler;
}

/* Between the last request, where there was one, and the next. */
static inline Time draw_gap(const Connection *connection)
{
    const Stream *stream = connection->from;
    Time think = draw_time(stream->think, connection, connection->sent, 0, DRAW_THINK);
    if (connection->sent == 0)
        return think;
    return think + draw_time(stream->spec->pause, connection, connection->sent, 0, DRAW_PAUSE);
}

/* ---- connections ---- */

/* 2^32 - 1 is as good as any more. */
static uint32_t draw_planned(const Stream *stream, uint64_t index)
{
    uint64_t planned = draw_count(&stream->spec->requests, draw_at(stream->key, index, 0, DRAW_REQUESTS));
    return planned < UINT32_MAX ? (uint32_t)planned : UINT32_MAX;
}

static Connection *new_connection(Stream *stream, uint64_t index, int32_t handler)
{
    Connection *connection = pool_get_raw(&stream->world->connections);
    mem_zero(connection, sizeof *connection);
    connection->from = stream;
    connection->stream = stream->number;
    connection->index = index;
    connection->handler = handler;
    connection->state = CLIENT_THINKS;
    event_bind(&connection->client, on_client_event, RANK_WORLD);
    event_reaches(&connection->client);
    return connection;
}

static inline Connection *connect_anew(Stream *stream, uint64_t index, int32_t handler)
{
    Connection *connection = new_connection(stream, index, handler);
    connection->planned = stream->draws_planned ? draw_planned(stream, index) : stream->planned;
    stream->opened++;
    return connection;
}

/* Another connection for what is left to be wanted on this one. */
static Connection *successor(const Connection *connection)
{
    Connection *next = new_connection(connection->from, connection->index, connection->handler);
    next->sent = connection->sent;
    next->planned = connection->planned;
    return next;
}

/* It is wanted now; its first request at `due`, or at once where it has one already. */
static void open_connection(Connection *connection, Time due)
{
    Stream *stream = connection->from;
    Request *request = connection->request;
    connection->number = ++stream->clients->connections;
    connection->rtt = draw_rtt(connection, request ? request->index : connection->sent, request ? request->attempt : 0);
    connection->due = due;
    note_connect(stream->world->probe, connection);
    network_open(connection);
}

/* ---- requests ---- */

/* All but who it is and its account, which note_want or note_strand_begin begins. */
static Request *new_request(Connection *connection)
{
    Request *request = pool_get_raw(&world_of(connection)->requests);
    request->connection = connection;
    request->attempt = request->branches = 0;
    request->outcome = OUTCOME_NONE;
    request->begun = request->responded = request->failed = request->wasted = false;
    request->worked = 0;
    request->holders = HOLD_CLIENT;
    request->server_side = NULL;
    request->hop = 0;
    request->timer = (Event){0};
    connection->request = request;
    connection->requests++;
    return request;
}

static inline void start_attempt(World *world, Request *request)
{
    Time timeout = request->connection->from->spec->timeout;
    if (timeout == 0)
        return;
    event_bind(&request->timer, on_timeout, RANK_WORLD);
    kernel_at(&world->kernel, &request->timer, world->kernel.now + timeout);
}

void client_wants(Connection *connection)
{
    Stream *stream = connection->from;
    World *world = stream->world;
    Request *request = new_request(connection);
    request->number = ++stream->clients->requests;
    request->wanted = world->kernel.now;
    request->key = stream->handler_key;
    request->handler = connection->handler >= 0 ? connection->handler
                       : stream->handler >= 0   ? stream->handler
                                                : draw_handler(connection, connection->sent);
    request->index = connection->sent++;
    note_want(world->probe, request);
    start_attempt(world, request);
}

/* The gap is over. */
static void next_request(Connection *connection)
{
    if (connection->number == 0) {
        open_connection(connection, now_at(connection));
        return;
    }
    connection->rtt = draw_rtt(connection, connection->sent, 0);
    client_wants(connection);
    network_send(connection);
}

/* ---- trying again ---- */

static bool may_retry(const Request *request)
{
    return (int64_t)request->attempt + 1 < request->connection->from->spec->retry_attempts;
}

static Time draw_backoff(const Connection *connection, const Request *request)
{
    const SpecArrivals *spec = connection->from->spec;
    if (!spec->retry_backoff)
        return 0;
    Rng rng = draw_at(key_of(connection, request->attempt), connection->index, request->index, DRAW_BACKOFF);
    Time backoff = dist_sample(spec->retry_backoff, &rng);
    if (spec->retry_jitter > 0)
        backoff -= (Time)((double)backoff * spec->retry_jitter * rng_unit(&rng));
    return backoff;
}

/* A new attempt in place of `old`, on `connection`, whose account goes on with it. */
static void back_off(Connection *connection, Request *old)
{
    World *world = world_of(connection);
    Request *request = new_request(connection);
    request->number = old->number;
    request->wanted = old->wanted;
    request->index = old->index;
    request->handler = old->handler;
    request->attempt = old->attempt + 1;
    request->key = rng_key(world->spec->seed, connection->stream, request->attempt);
    note_strand_begin(world->probe, &request->account, request, PART_OTHER);
    note_strand_adopt(world->probe, &request->account, &old->account);
    note_part(world->probe, &request->account, PART_OTHER);
    note_retry(world->probe, request);
    client_next(connection, CLIENT_BACKS_OFF, world->kernel.now + draw_backoff(connection, request));
}

static void try_again(Connection *connection)
{
    World *world = world_of(connection);
    Request *request = connection->request;
    start_attempt(world, request);
    note_part(world->probe, &request->account, PART_NETWORK);
    if (connection->number == 0) {
        open_connection(connection, world->kernel.now);
        return;
    }
    connection->rtt = draw_rtt(connection, request->index, request->attempt);
    network_send(connection);
}

/* ---- what becomes of a request ---- */

static bool wants_more(const Connection *connection)
{
    return connection->planned == 0 || connection->sent < connection->planned;
}

/* A client of a closed stream comes back as long as the stream's count allows it. */
static void come_back(const Connection *connection)
{
    Stream *stream = connection->from;
    if (stream->spec->kind != ARRIVE_CLIENTS ||
        (stream->spec->count > 0 && stream->opened >= (uint64_t)stream->spec->count))
        return;
    Connection *next = connect_anew(stream, connection->index + (uint64_t)stream->spec->clients, -1);
    client_next(next, CLIENT_RETURNS, now_at(connection)); /* not from within: who is refused at once might recur */
}

/* The client goes on to its next request: at once where it may, else through an event, so that nothing that fails at
 * once recurs within itself. */
static void go_on(Connection *connection, bool at_once)
{
    Time gap = draw_gap(connection);
    if (gap == 0 && at_once)
        next_request(connection);
    else
        client_next(connection, CLIENT_THINKS, now_at(connection) + gap);
}

static void ends_as(World *world, Request *request, Outcome outcome)
{
    request->outcome = (uint8_t)outcome;
    note_outcome(world->probe, request, outcome);
}

/* The client tries again, or wants the next one: on this connection where that stands, else on another one. */
static void wants_on(Connection *connection, Outcome outcome, bool open, bool again)
{
    Request *request = connection->request;
    bool stays = open && !connection->closed_by_server;
    Connection *on = stays ? connection : successor(connection);
    if (stays)
        connection->request = NULL;
    if (again)
        back_off(on, request);
    else
        ends_as(world_of(connection), request, outcome);
    request_release(request, HOLD_CLIENT);
    if (!again)
        go_on(on, stays && outcome == OUTCOME_COMPLETED);
    if (!stays)
        network_close(connection);
}

static void attempt_is_over(Connection *connection, Outcome outcome, bool open)
{
    World *world = world_of(connection);
    Request *request = connection->request;
    bool again = outcome != OUTCOME_COMPLETED && may_retry(request);
    kernel_cancel(&world->kernel, &request->timer);
    if (again || wants_more(connection)) {
        wants_on(connection, outcome, open, again);
        return;
    }
    ends_as(world, request, outcome);
    request_release(request, HOLD_CLIENT);
    come_back(connection);
    network_close(connection);
}

void client_answered(Connection *connection)
{
    attempt_is_over(connection, connection->request->failed ? OUTCOME_FAILED : OUTCOME_COMPLETED, true);
}

void client_lost(Connection *connection)
{
    attempt_is_over(connection, connection->refused ? OUTCOME_REFUSED : OUTCOME_FAILED, false);
}

void client_refused(Connection *connection)
{
    if (connection->request) {
        attempt_is_over(connection, OUTCOME_REFUSED, false);
        return;
    }
    client_next(connection, CLIENT_THINKS, connection->due);
    client_moves_on(connection);
}

static void on_timeout(Event *event)
{
    Request *request = CONTAINER_OF(event, Request, timer);
    world_waste(world_of(request->connection), request);
    attempt_is_over(request->connection, OUTCOME_TIMED_OUT, false);
}

/* What it was about to do it does at the same time, on another connection. */
void client_moves_on(Connection *connection)
{
    Connection *next = successor(connection);
    Request *request = connection->request;
    client_next(next, connection->state, connection->client.when);
    if (request) {
        next->request = request;
        next->requests++;
        request->connection = next;
        connection->request = NULL;
        connection->requests--;
    }
    network_close(connection);
}

static void on_client_event(Event *event)
{
    Connection *connection = CONTAINER_OF(event, Connection, client);
    PREFETCH(&connection->from); /* its other half and what the server has of it are needed soon, and mostly cold */
    PREFETCH(connection->server_side);
    if (connection->state == CLIENT_THINKS)
        next_request(connection);
    else if (connection->state == CLIENT_RETURNS)
        open_connection(connection, now_at(connection) + draw_gap(connection));
    else if (connection->state == CLIENT_BACKS_OFF)
        try_again(connection);
    else
        network_event(connection);
}

/* ---- arrivals ---- */

static void advance(Stream *stream)
{
    if (!arrivals_next(&stream->arrivals, &stream->next, &stream->next_handler))
        stream->next = TIME_NEVER;
}

static void arrive(Stream *stream)
{
    if (rarely(stream->next_handler == ARRIVAL_NOT_YET)) {
        advance(stream);
        return;
    }
    Connection *connection = connect_anew(stream, stream->arrivals.given - 1, stream->next_handler);
    advance(stream);
    open_connection(connection, stream->world->kernel.now + draw_gap(connection));
}

/* All that arrive at this instant, stream by stream; then the next arrival is planned. */
static void on_arrival(Event *event)
{
    Clients *clients = CONTAINER_OF(event, Clients, arrival);
    Kernel *kernel = &clients->world->kernel;
    Time next = TIME_NEVER;
    for (Stream *stream = clients->stream; stream < clients->stream + clients->streams; stream++) {
        while (stream->next == kernel->now && !kernel_leaves(kernel))
            arrive(stream);
        if (stream->next < next)
            next = stream->next;
    }
    if (next != TIME_NEVER)
        kernel_at(kernel, &clients->arrival, next);
}

static void init_stream(Clients *clients, int number)
{
    World *world = clients->world;
    Stream *stream = &clients->stream[number];
    stream->clients = clients;
    stream->world = world;
    stream->number = (uint16_t)number;
    stream->spec = &world->spec->arrivals[number];
    stream->handler_key = rng_key(world->spec->seed, (uint64_t)number, 0);
    stream->key = draw_key(world->spec->seed, (uint64_t)number, 0);
    stream->request_delay = network_delay(world, stream->spec->request_bytes);
    for (size_t i = 0; i < stream->spec->mix_count; i++)
        stream->mix_total += stream->spec->mix[i].weight;
    stream->handler = stream->spec->mix_count == 1 ? stream->spec->mix[0].handler : -1;
    stream->draws_planned = stream->spec->requests.fixed > 0 || stream->spec->requests.geometric_mean > 0;
    stream->planned = stream->spec->kind == ARRIVE_CLIENTS ? 0 : 1;
    if (stream->spec->requests.geometric_mean == 0 && stream->draws_planned) {
        stream->planned = draw_planned(stream, 0);
        stream->draws_planned = false;
    }
    stream->think = stream->spec->kind == ARRIVE_CLIENTS ? stream->spec->think : NULL;
    arrivals_init(&stream->arrivals, world->mem, stream->spec, stream->key, world->spec->duration);
    advance(stream);
}

Clients *clients_new(World *world)
{
    must(world->spec->stream_count < UINT16_MAX, "there are too many streams");
    Clients *clients = mem_get(world->mem, sizeof *clients);
    clients->world = world;
    clients->streams = world->spec->stream_count;
    clients->stream = mem_get(world->mem, mem_array(world->mem, (size_t)clients->streams + 1, sizeof *clients->stream));
    event_bind(&clients->arrival, on_arrival, RANK_WORLD);
    pool_init(&world->connections, world->mem, sizeof(Connection));
    pool_init(&world->requests, world->mem, sizeof(Request));
    for (int i = 0; i < clients->streams; i++)
        init_stream(clients, i);
    return clients;
}

void clients_start(Clients *clients)
{
    Time first = TIME_NEVER;
    for (int i = 0; i < clients->streams; i++)
        first = clients->stream[i].next < first ? clients->stream[i].next : first;
    if (first != TIME_NEVER)
        kernel_at(&clients->world->kernel, &clients->arrival, first);
}
