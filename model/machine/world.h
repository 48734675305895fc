/* world: all that one server's run consists of, and what goes to and fro between the clients and the server.
 *
 * Clients open connections and send requests (clients.c) when arrivals.c says so; the network delays and the backlog
 * holds (network.c); the server model accepts, reads and answers; resources serve what handlers call. Every server
 * of a spec gets a world of its own with exactly the same connections and draws.
 *
 * A connection: its SYN takes half the round trip; where the backlog is full it is dropped and sent again syn_retry
 * after the first sending, and refused when the last one was dropped. There is no round trip for the handshake
 * alone: the first request's bytes travel with its last packet, half a round trip after they were wanted, or with
 * the SYN that is let in. Each request draws a round trip; half of it, rounded down, is the way there. A client
 * sends the next request when it has the response to the last one, after its pause and its thinking; after the
 * planned number it closes, which takes half a round trip too. Bytes queue nowhere: they take size / bandwidth,
 * rounded up, on the client's own link.
 *
 * keep_alive_timeout: a connection that has been accepted and has nothing to answer for so long, since its acceptance
 * or its last response, is closed by the server as if its client had closed it (`gone`); what the client wants next
 * goes over a new one. request_timeout: so long after its bytes were there, a request that was not answered is answered
 * with an error of size 0; what its handler does is wasted, and done all the same, and what writing the error costs is
 * paid at its end; one whose handler was not entered by then fails when its turn comes. pauses: nothing of the server's
 * runs, on no core; the clients and resources go on; `every` is from the end of one to the start of the next, and all
 * servers draw the same ones.
 *
 * What becomes of a request never changes what is wanted next: where a connection was refused, timed out or closed
 * by the server, the client's next request goes over a new one, with the draws that it would have had on the old
 * one. A retry (after timeout, refusal or failure, as long as attempts are left) is a new Request with the same
 * number, on the old connection where that still stands, else on a new one; what the server does for an attempt that
 * was given up is wasted, and done all the same. */
#ifndef MODEL_MACHINE_WORLD_H
#define MODEL_MACHINE_WORLD_H

#include "../../sim/kernel.h"
#include "../../sim/rng.h"
#include "../observe/account.h"
#include "../servers/server.h"
#include "../spec/spec.h"
#include "machine.h"

struct Program;
struct Probe;
typedef struct Connection Connection;
typedef struct Request Request;
typedef struct Clients Clients;
typedef struct Stream Stream;

typedef enum Outcome { OUTCOME_NONE, OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_REFUSED, OUTCOME_TIMED_OUT } Outcome;

/* One request, from the moment at which the client first wants to send it to its one outcome. */
struct Request {
    Strand account;         /* the request's own strand; after the response it goes on as network time */
    Connection *connection; /* NULL once the client is through with it and the connection is gone */
    uint64_t number;        /* $n: from 1 over the run */
    Time wanted;
    Time at_server;   /* when its bytes were there; the loop's ready time */
    uint32_t index;   /* on its connection, from 0: the `request` of the draws' key */
    uint32_t attempt; /* from 0 */
    uint64_t key;     /* rng_key of (seed, stream, attempt) */
    int32_t handler;
    uint8_t outcome;   /* Outcome; NONE: in flight */
    bool begun;        /* its handler was entered */
    bool responded;    /* the response has left the server (or the error response) */
    bool failed;       /* it responded with an error that nobody caught */
    bool wasted;       /* the client has given it up, or it took longer than request_timeout */
    Time worked;       /* CPU time that it has cost so far */
    uint8_t holders;   /* client, server (from when the bytes are on their way): freed by the last one */
    uint32_t branches; /* strands made so far */
    Event timer;       /* the client's timeout */
    void *server_side; /* the model's own */
    uint64_t hop;      /* of its bytes to the handler, for traces */
};

/* Two cache lines: a million may be open at once, and each request finds its own cold. What is never needed at the
 * same time shares its place. */
struct Connection {
    Event client; /* the client's next act: SYN, bytes, think, response: one at a time */
    union {
        void *server_side; /* the model's own; NULL when it comes into the backlog */
        Time opened;       /* before: when the first SYN was sent */
    };
    Request *request; /* the client's, under way or given up; NULL: idle. The model takes it at `readable` */
    uint16_t stream;
    uint16_t requests; /* that point here: it is not freed before they are */
    uint8_t state;     /* the client's, private to clients.c and network.c */
    uint8_t syn_tries;
    bool accepted : 1;
    bool closed_by_client : 1; /* and the server can see it */
    bool closed_by_server : 1; /* or never got in */
    bool unread : 1;           /* a request's bytes wait for it to be accepted */
    bool leaving : 1;          /* the client closes behind the bytes that are on their way */
    bool refused : 1;
    uint32_t track;   /* the view's */
    int32_t handler;  /* of all its requests, -1: the mix decides */
    uint32_t sent;    /* requests so far */
    uint32_t planned; /* requests before it closes; 0: no end */
    Stream *from;     /* its arrivals: clients.c's */
    union {
        Time rtt;     /* of its present request */
        Time fin_due; /* leaving: its FIN is there */
    };
    union {
        Time due; /* before it is in the backlog: its thinking ends, or its bytes are wanted */
        Connection *backlog_next;
        struct Idle *idle; /* accepted: its keep-alive timeout; NULL: none yet */
    };
    uint64_t number;  /* $c: from 1 over the run, in the order in which they were wanted; 0: not yet */
    uint64_t index;   /* within its stream, from 0: the `connection` of the draws' key */
    Time established; /* when it stood in the backlog; before: when its SYN is there */
};

typedef struct Resources Resources;

typedef struct World {
    Mem *mem;
    Kernel kernel;
    const Spec *spec;
    const SpecServer *config; /* this world's server */
    const struct Program *program;
    struct Probe *probe;
    Machine *machine;
    Costs costs; /* with the connections that are open now */
    Clients *clients;
    Resources *resources;
    const ServerModel *model;
    void *server;
    Pool requests, connections, idles;
    Event pause;    /* the next of the server's pauses begins */
    Event deadline; /* keeps the clock going where nothing else does */
    uint64_t pauses;
} World;

/* ---- clients.c: the clients ---- */
Clients *clients_new(World *world);
void clients_start(Clients *clients); /* schedules the first arrivals */

/* ---- network.c: between them and the server ----
 *
 * The model's arrived, readable and gone may be called from within any of the functions below (where there is no
 * round trip): they note what has become ready, wake threads, and call nothing of this header themselves. */

/* The backlog, a FIFO of connections that wait to be accepted. NULL: empty. Taking one is not accepting it yet (the
 * cost comes between); accepting says so to the client side and to the probe, takes the connection's memory, and
 * gives the bytes that are there already to model->readable at once (and a close to model->gone). False: it does not
 * fit in memory or beyond max_connections; it was refused and closed, and is gone. */
Connection *world_backlog(World *world);
size_t world_backlog_length(const World *world);
Connection *world_take(World *world);                       /* from the backlog's head */
void world_take_this(World *world, Connection *connection); /* from anywhere in it */
bool world_accept(World *world, Connection *connection);
void world_refuse(World *world, Connection *connection); /* after world_take: accepted, closed, counted as refused */

/* The response leaves the server now; `failed`: an error response of size 0. At most once a request. `strand` is the
 * line of doing that answers: its account becomes the request's. A client that has given up does not notice. */
void world_respond(World *world, Request *request, Strand *strand, int64_t bytes, bool failed);
/* What was done for it, and will be, is wasted. */
void world_waste(World *world, Request *request);
void world_request_over(World *world, Request *request); /* the server is through with it; it may be gone now */

/* The server has closed its side and gives back its memory; it may be gone now. A request that it has not answered
 * has failed, for the client; the server still says world_request_over for those that it was given. */
void world_closed(World *world, Connection *connection);
/* Likewise, for want of room: the request has been refused. */
void world_turn_away(World *world, Connection *connection);

void idles_init(World *world); /* for world_new alone */

/* ---- resources.c ---- */
typedef struct Call Call;
struct Call {                 /* one call of a resource; its owner's memory, until `done` */
    Strand *strand;           /* on whose account: resource_wait while queued, resource while served */
    void (*done)(Call *call); /* at RANK_WORLD; `failed` says how */
    int resource;
    Time latency; /* as drawn */
    bool failed;  /* error, timeout or refused by a full queue */
    /* private: */
    struct Resource *at;
    Event event, timeout;
    Call *next, *prev;
    Time queued_at, started_at;
    uint8_t state;
    bool error; /* drawn: it will fail after its latency */
    bool enters;
};
Resources *resources_new(World *world);

/* Draws latency and failure from `rng`, then queues or serves. `done` comes later, never from within. Where the
 * resource's `via` is cpu, use enter and leave. A call that finds the queue full fails at this instant; one that
 * takes longer than the resource's timeout fails then, and the resource works on for nobody. At `done` the strand is
 * still in the part that it was in: who goes on says what it does next. */
void resource_call(Resources *resources, int resource, Call *call, Rng *rng);

/* A place at the resource without its latency (which call->latency tells): granted by `done`, given back by
 * resource_leave. `failed` at `done`: it was not granted (queue full, timeout), there is nothing to leave. `failed`
 * after resource_leave: the work was an error, or took too long. */
void resource_enter(Resources *resources, int resource, Call *call, Rng *rng);
void resource_leave(Resources *resources, Call *call);

#endif
