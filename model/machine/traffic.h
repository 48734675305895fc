/* traffic: what clients.c (what clients want) and network.c (how it gets to and fro) share. */
#ifndef MODEL_MACHINE_TRAFFIC_H
#define MODEL_MACHINE_TRAFFIC_H

#include "../observe/probe.h"
#include "arrivals.h"
#include "world.h"

/* Connection.state: what its client is about to do; its event says when. */
enum {
    CLIENT_THINKS,    /* then wants a request; where the connection was not opened yet, it is then */
    CLIENT_RETURNS,   /* then opens a connection, and thinks */
    CLIENT_BACKS_OFF, /* then tries its request again */
    CLIENT_OPENS,     /* its SYN is on the way, or waits to be sent again; it may think meanwhile */
    CLIENT_SENDS,     /* bytes are on the way */
    CLIENT_AWAITS,    /* the response; no event */
    CLIENT_RECEIVES,  /* the response is on the way */
    CLIENT_LOSES,     /* word is on the way that the server has closed */
    CLIENT_CLOSES,    /* its FIN is on the way */
    CLIENT_OVER       /* it is through */
};

enum { HOLD_CLIENT = 1, HOLD_SERVER = 2 }; /* Request.holders */

struct Stream {
    World *world;
    Clients *clients;
    const SpecArrivals *spec;
    Arrivals arrivals;
    Time next; /* connection; TIME_NEVER: no more */
    int32_t next_handler;
    uint16_t number;
    int32_t handler;      /* of all its requests; -1: the mix decides */
    uint32_t planned;     /* requests of each of its connections, 0: no end; where it is not drawn */
    bool draws_planned;   /* it is */
    const Dist *think;    /* before each request; NULL: none */
    uint64_t handler_key; /* of handlers' draws at the first attempt */
    uint64_t key;         /* of clients' draws at the first attempt */
    double mix_total;
    uint64_t opened;    /* connections planned so far */
    Time request_delay; /* of the request's bytes */
};

struct Clients {
    World *world;
    Event arrival; /* the earliest of all streams */
    Stream *stream;
    int streams;
    uint64_t connections, requests; /* numbered so far */
    uint64_t accepted;              /* open at the server */
    Connection *backlog_first, *backlog_last;
    size_t backlog_length;
};

static inline Time way_there(const Connection *connection)
{
    return connection->rtt / 2;
}
static inline Time way_back(const Connection *connection)
{
    return connection->rtt - connection->rtt / 2;
}
static inline World *world_of(const Connection *connection)
{
    return connection->from->world;
}
static inline Time now_at(const Connection *connection)
{
    return connection->from->world->kernel.now;
}

/* The connection's next act, `when`. */
void client_next(Connection *connection, int state, Time when);

/* clients.c: what the network tells the client. The connection may be gone afterwards. */
void client_wants(Connection *connection); /* its thinking ended while the connection opens */
void client_answered(Connection *connection);
void client_refused(Connection *connection);  /* it was never let in; it may have no request yet */
void client_lost(Connection *connection);     /* its request gets no answer: the server has closed */
void client_moves_on(Connection *connection); /* the server has closed while the client thinks or backs off */

/* network.c */
void network_open(Connection *connection);  /* number, rtt and due stand, perhaps a request: sends the first SYN */
void network_send(Connection *connection);  /* the request's bytes, on a connection that was let in */
void network_close(Connection *connection); /* by the client, whatever it was about to do; it may be gone afterwards */
void network_event(Connection *connection);
void request_release(Request *request, int holder);
Time network_delay(const World *world, int64_t bytes);

#endif
