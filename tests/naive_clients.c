/* Clients and the network of the naive simulator. */
#include "naive_sim.h"

#include <check.h>
#include <math.h>
#include <string.h>

/* ---- the network ----
 *
 * A connection's client does one thing at a time: `state` says what it is about to do, `act` when. */

/* Half of the round trip, rounded down, is the way there. */
static Time there(const Conn *conn)
{
    return conn->rtt / 2;
}

static Time back(const Conn *conn)
{
    return conn->rtt - conn->rtt / 2;
}

/* size / bandwidth, rounded up */
static Time bytes_take(const Sim *sim, int64_t bytes)
{
    double bandwidth = sim->spec->network.bandwidth;
    return bandwidth > 0 && bytes > 0 ? (Time)ceil((double)bytes * 1e9 / bandwidth) : 0;
}

static void acts(Sim *sim, void *who);

static void does_next(Conn *conn, ClientState state, Time when)
{
    conn->state = state;
    conn->act = naive_at(conn->sim, when, WORLD, acts, conn);
}

static void draw_rtt(Sim *sim, Conn *conn, uint64_t request, uint64_t attempt)
{
    conn->rtt = naive_draw_time(sim, sim->spec->network.rtt, conn, request, attempt, FOR_RTT);
}

static Time draw_gap(Sim *sim, const Conn *conn)
{
    Time gap = 0;
    if (conn->stream->kind == ARRIVE_CLIENTS)
        gap += naive_draw_time(sim, conn->stream->think, conn, conn->sent, 0, FOR_THINK);
    if (conn->sent > 0)
        gap += naive_draw_time(sim, conn->stream->pause, conn, conn->sent, 0, FOR_PAUSE);
    return gap;
}

static void attempt_over(Sim *sim, Conn *conn, int outcome, bool open);

static void gives_up(Sim *sim, void *who)
{
    Req *req = who;
    req->timer = NULL;
    attempt_over(sim, req->conn, TIMED_OUT, false);
}

static void start_timer(Sim *sim, Req *req)
{
    if (req->conn->stream->timeout > 0)
        req->timer = naive_at(sim, sim->now + req->conn->stream->timeout, WORLD, gives_up, req);
}

static void wants(Sim *sim, Conn *conn)
{
    Req *req = mem_get(sim->mem, sizeof *req);
    ck_assert_uint_lt(sim->run->count, NAIVE_MOST - 1);
    *req = (Req){.conn = conn, .number = ++sim->run->count, .index = conn->sent, .wanted = sim->now};
    req->handler = conn->handler >= 0 ? conn->handler : naive_draw_handler(sim, conn, conn->sent);
    req->key = rng_key(sim->spec->seed, conn->stream_number, 0);
    conn->sent++;
    conn->now = req;
    sim->run->request[req->number] = (NaiveRequest){req->wanted, -1, IN_FLIGHT};
    start_timer(sim, req);
}

/* ---- to the server ---- */

static void fin_comes(Sim *sim, Conn *conn)
{
    conn->state = OVER;
    if (conn->server_closed)
        return;
    conn->ended = true;
    naive_cancel(sim, conn->idle);
    conn->idle = NULL;
    if (conn->accepted)
        sim->readable(sim, conn);
}

static void deliver(Sim *sim, Conn *conn)
{
    naive_cancel(sim, conn->idle);
    conn->idle = NULL;
    conn->unread = false;
    conn->bytes = conn->now;
    sim->readable(sim, conn);
}

/* The server has closed; word of that goes back. */
static void word_goes_back(Sim *sim, Conn *conn)
{
    does_next(conn, LOSES, sim->now + back(conn));
}

static void bytes_come(Sim *sim, Conn *conn)
{
    if (conn->server_closed) {
        if (conn->leaving)
            conn->state = OVER;
        else
            word_goes_back(sim, conn);
        return;
    }
    conn->state = AWAITS;
    conn->unread = true;
    conn->now->at_server = sim->now;
    if (conn->accepted)
        deliver(sim, conn);
    if (!conn->leaving)
        return;
    if (conn->server_closed)
        conn->state = OVER;
    else if (conn->due <= sim->now)
        fin_comes(sim, conn);
    else
        does_next(conn, CLOSES, conn->due);
}

static void bytes_leave(Sim *sim, Conn *conn, Time when)
{
    if (when > sim->now)
        does_next(conn, SENDS, when);
    else
        bytes_come(sim, conn);
}

static void sends(Sim *sim, Conn *conn)
{
    bytes_leave(sim, conn, sim->now + there(conn) + bytes_take(sim, conn->stream->request_bytes));
}

/* The FIN follows what is on its way. */
static void closes(Sim *sim, Conn *conn)
{
    if (conn->state == SENDS) {
        conn->leaving = true;
        conn->due = sim->now + there(conn);
        return;
    }
    naive_cancel(sim, conn->act);
    conn->act = NULL;
    if (conn->state == OPENS || conn->number == 0)
        conn->server_closed = true;
    if (!conn->server_closed && there(conn) > 0)
        does_next(conn, CLOSES, sim->now + there(conn));
    else
        fin_comes(sim, conn);
}

/* ---- SYN ---- */

static Conn *successor(Sim *sim, const Conn *conn)
{
    Conn *next = mem_get(sim->mem, sizeof *next);
    *next = (Conn){.sim = sim,
                   .stream = conn->stream,
                   .stream_number = conn->stream_number,
                   .index = conn->index,
                   .handler = conn->handler,
                   .planned = conn->planned,
                   .sent = conn->sent};
    return next;
}

/* What it was about to do it does at the same time, over another connection. */
static void moves_on(Sim *sim, Conn *conn)
{
    Conn *next = successor(sim, conn);
    does_next(next, conn->state, conn->act->when);
    next->now = conn->now;
    if (next->now != NULL)
        next->now->conn = next;
    conn->now = NULL;
    closes(sim, conn);
}

static void syn_dropped(Sim *sim, Conn *conn)
{
    const SpecNetwork *network = &sim->spec->network;
    if (conn->syns < network->syn_retries) {
        Time again = conn->opened + network->syn_retry[conn->syns++];
        conn->syn_there = (again > sim->now ? again : sim->now) + there(conn);
        does_next(conn, OPENS, conn->now == NULL && conn->due < conn->syn_there ? conn->due : conn->syn_there);
        return;
    }
    conn->server_closed = true;
    if (conn->now != NULL) {
        attempt_over(sim, conn, REFUSED, false);
        return;
    }
    does_next(conn, THINKS, conn->due);
    moves_on(sim, conn);
}

static void let_in(Sim *sim, Conn *conn)
{
    Time first = conn->due + there(conn);
    sim->backlog[sim->waiting++] = conn;
    if (conn->now != NULL)
        bytes_leave(sim, conn, (first > sim->now ? first : sim->now) + bytes_take(sim, conn->stream->request_bytes));
    else
        does_next(conn, THINKS, conn->due);
    sim->connection_comes(sim, conn);
}

/* The client wants its first request, or its SYN is there, whichever is first. */
static void opening(Sim *sim, Conn *conn)
{
    if (conn->now == NULL && conn->due <= sim->now)
        wants(sim, conn);
    if (conn->syn_there > sim->now)
        does_next(conn, OPENS, conn->now == NULL && conn->due < conn->syn_there ? conn->due : conn->syn_there);
    else if (sim->waiting >= sim->config->backlog)
        syn_dropped(sim, conn);
    else
        let_in(sim, conn);
}

static void opens(Sim *sim, Conn *conn, Time due)
{
    conn->number = ++sim->connections;
    conn->due = due;
    draw_rtt(sim, conn, conn->now != NULL ? conn->now->index : conn->sent,
             conn->now != NULL ? (uint64_t)conn->now->attempt : 0);
    conn->state = OPENS;
    conn->opened = sim->now;
    conn->syn_there = sim->now + there(conn);
    opening(sim, conn);
}

/* ---- one request after the other ---- */

static void next_request(Sim *sim, Conn *conn)
{
    if (conn->number == 0) {
        opens(sim, conn, sim->now);
        return;
    }
    draw_rtt(sim, conn, conn->sent, 0);
    wants(sim, conn);
    sends(sim, conn);
}

/* A new attempt at the same request. */
static void backs_off(Sim *sim, Conn *conn, const Req *old)
{
    const SpecArrivals *spec = conn->stream;
    Req *req = mem_get(sim->mem, sizeof *req);
    *req = (Req){.conn = conn,
                 .number = old->number,
                 .index = old->index,
                 .handler = old->handler,
                 .wanted = old->wanted,
                 .attempt = old->attempt + 1};
    req->key = rng_key(sim->spec->seed, conn->stream_number, (uint64_t)req->attempt);
    conn->now = req;
    Rng rng = naive_draw(sim, conn, req->index, (uint64_t)req->attempt, FOR_BACKOFF);
    Time wait = spec->retry_backoff != NULL ? dist_sample(spec->retry_backoff, &rng) : 0;
    if (spec->retry_backoff != NULL && spec->retry_jitter > 0)
        wait -= (Time)((double)wait * spec->retry_jitter * rng_unit(&rng));
    does_next(conn, BACKS_OFF, sim->now + wait);
}

static void tries_again(Sim *sim, Conn *conn)
{
    start_timer(sim, conn->now);
    if (conn->number == 0) {
        opens(sim, conn, sim->now);
        return;
    }
    draw_rtt(sim, conn, conn->now->index, (uint64_t)conn->now->attempt);
    sends(sim, conn);
}

static void comes_back(Sim *sim, const Conn *conn);

static void attempt_over(Sim *sim, Conn *conn, int outcome, bool open)
{
    Req *req = conn->now;
    bool again = outcome != COMPLETED && req->attempt + 1 < conn->stream->retry_attempts;
    bool more = again || conn->planned == 0 || conn->sent < conn->planned;
    bool stays = more && open && !conn->server_closed;
    Conn *on = stays ? conn : more ? successor(sim, conn) : NULL;
    naive_cancel(sim, req->timer);
    req->timer = NULL;
    req->client_through = true;
    conn->now = stays ? NULL : conn->now;
    if (again) {
        backs_off(sim, on, req);
    } else {
        sim->run->request[req->number].over = sim->now;
        sim->run->request[req->number].outcome = outcome;
    }
    if (more && !again) {
        Time gap = draw_gap(sim, on);
        if (gap == 0 && stays && outcome == COMPLETED)
            next_request(sim, on);
        else
            does_next(on, THINKS, sim->now + gap);
    }
    if (!more)
        comes_back(sim, conn);
    if (!stays)
        closes(sim, conn);
}

static void acts(Sim *sim, void *who)
{
    Conn *conn = who;
    conn->act = NULL;
    switch (conn->state) {
    case THINKS: next_request(sim, conn); break;
    case RETURNS: opens(sim, conn, sim->now + draw_gap(sim, conn)); break;
    case BACKS_OFF: tries_again(sim, conn); break;
    case OPENS: opening(sim, conn); break;
    case SENDS: bytes_come(sim, conn); break;
    case RECEIVES: attempt_over(sim, conn, conn->now->failed ? FAILED : COMPLETED, true); break;
    case LOSES: attempt_over(sim, conn, conn->refused ? REFUSED : FAILED, false); break;
    case CLOSES: fin_comes(sim, conn); break;
    case AWAITS:
    case OVER: ck_abort_msg("a client acts that has nothing to do");
    }
}

/* ---- the server's side of a connection ---- */

static void idle_too_long(Sim *sim, void *who)
{
    Conn *conn = who;
    conn->idle = NULL;
    conn->ended = true;
    sim->readable(sim, conn);
}

static void idle_begins(Sim *sim, Conn *conn)
{
    if (sim->config->keep_alive_timeout == 0 || !conn->accepted || conn->ended || conn->server_closed)
        return;
    naive_cancel(sim, conn->idle);
    conn->idle = naive_at(sim, sim->now + sim->config->keep_alive_timeout, WORLD, idle_too_long, conn);
}

static void server_through(Sim *sim, Conn *conn)
{
    conn->server_closed = true;
    conn->unread = false;
    if (conn->state == THINKS || conn->state == BACKS_OFF)
        moves_on(sim, conn);
    else if (conn->state == AWAITS && !conn->leaving)
        word_goes_back(sim, conn);
}

void naive_refuse(Sim *sim, Conn *conn)
{
    conn->refused = true;
    server_through(sim, conn);
}

bool naive_accept(Sim *sim, Conn *conn)
{
    bool full = sim->config->max_connections > 0 && sim->open >= sim->config->max_connections;
    if (full || !naive_fits(sim, sim->cost->connection_memory)) {
        naive_refuse(sim, conn);
        return false;
    }
    naive_open(sim, +1);
    sim->memory += sim->cost->connection_memory;
    conn->accepted = true;
    if (conn->unread)
        deliver(sim, conn);
    else
        idle_begins(sim, conn);
    if (conn->ended)
        sim->readable(sim, conn);
    return true;
}

void naive_close(Sim *sim, Conn *conn)
{
    naive_open(sim, -1);
    sim->memory -= sim->cost->connection_memory;
    naive_cancel(sim, conn->idle);
    conn->idle = NULL;
    server_through(sim, conn);
}

/* A client that has given up does not notice. */
void naive_respond(Sim *sim, Req *req, bool failed, int64_t bytes)
{
    Conn *conn = req->conn;
    req->responded = true;
    req->failed = failed;
    idle_begins(sim, conn);
    if (req->client_through || conn->state != AWAITS)
        return;
    Time delay = back(conn) + bytes_take(sim, failed ? 0 : bytes);
    if (delay > 0)
        does_next(conn, RECEIVES, sim->now + delay);
    else
        attempt_over(sim, conn, failed ? FAILED : COMPLETED, true);
}

/* ---- connections ---- */

typedef struct Streams {
    Sim *sim;
    int count;
    Stream stream[8];
    bool more[8];
} Streams;

static Conn *connects(Sim *sim, int stream, uint64_t index, int handler)
{
    const SpecArrivals *spec = &sim->spec->arrivals[stream];
    Conn *conn = mem_get(sim->mem, sizeof *conn);
    *conn = (Conn){.sim = sim, .stream = spec, .stream_number = (uint64_t)stream, .index = index, .handler = handler};
    conn->planned = spec->kind == ARRIVE_CLIENTS ? 0 : 1;
    if (spec->requests.fixed > 0 || spec->requests.geometric_mean > 0)
        conn->planned = naive_count(&spec->requests, naive_draw(sim, conn, 0, 0, FOR_REQUESTS));
    sim->opened[stream]++;
    return conn;
}

/* A client of a closed stream closes after its requests and comes back. */
static void comes_back(Sim *sim, const Conn *conn)
{
    const SpecArrivals *spec = conn->stream;
    if (spec->kind != ARRIVE_CLIENTS || (spec->count > 0 && sim->opened[conn->stream_number] >= spec->count))
        return;
    does_next(connects(sim, (int)conn->stream_number, conn->index + (uint64_t)spec->clients, -1), RETURNS, sim->now);
}

static void arrive(Sim *sim, void *who);

static void plan_arrival(Sim *sim, Streams *streams)
{
    Time next = TIME_NEVER;
    for (int i = 0; i < streams->count; i++)
        if (streams->more[i] && streams->stream[i].at < next)
            next = streams->stream[i].at;
    if (next != TIME_NEVER)
        naive_at(sim, next, WORLD, arrive, streams);
}

static void advance(Sim *sim, Streams *streams, int i)
{
    streams->more[i] = naive_next_time(sim, &streams->stream[i]) && streams->stream[i].at < sim->spec->duration;
}

/* Streams that come at one instant come in the order of the spec. */
static void arrive(Sim *sim, void *who)
{
    Streams *streams = who;
    for (int i = 0; i < streams->count; i++) {
        while (streams->more[i] && streams->stream[i].at == sim->now) {
            Stream *stream = &streams->stream[i];
            Conn *conn = connects(sim, i, stream->given++, stream->handler);
            advance(sim, streams, i);
            opens(sim, conn, sim->now + draw_gap(sim, conn));
        }
    }
    plan_arrival(sim, streams);
}

void naive_clients(Sim *sim)
{
    Streams *streams = mem_get(sim->mem, sizeof *streams);
    streams->count = sim->spec->stream_count;
    for (int i = 0; i < streams->count; i++) {
        streams->stream[i] = (Stream){.spec = &sim->spec->arrivals[i], .number = (uint64_t)i};
        streams->stream[i].gaps = rng_at(naive_client_key(sim, (uint64_t)i, 0), 0, 0, (uint64_t)FOR_ARRIVAL << 8);
        advance(sim, streams, i);
    }
    plan_arrival(sim, streams);
}
