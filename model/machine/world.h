/* world: all that one server's run consists of, and what goes to and fro between the clients and the server.
 *
 * Clients open connections and send requests (clients.c); the network delays and the backlog holds (network in clients.c); the server model
 * accepts, reads and answers; resources serve what handlers call. Every server of a spec gets a world of its own with exactly the same
 * connections and draws. */
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

typedef enum Outcome { OUTCOME_NONE, OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_REFUSED, OUTCOME_TIMED_OUT } Outcome;

/* One request, from the moment at which the client first wants to send it to its one outcome. */
struct Request {
    Strand account;         /* the request's own strand; after the response it goes on as network time */
    Connection *connection; /* NULL once the client is through with it and the connection is gone */
    uint64_t number;        /* $n: from 1 over the run */
    Time wanted;
    Time at_server;         /* when its bytes were there; the loop's ready time */
    uint32_t index;         /* on its connection, from 0: the `request` of the draws' key */
    uint32_t attempt;       /* from 0 */
    uint64_t key;           /* rng_key of (seed, stream, attempt) */
    int32_t handler;
    uint8_t outcome;        /* Outcome; NONE: in flight */
    bool begun;             /* its handler was entered */
    bool responded;         /* the response has left the server (or the error response) */
    bool failed;            /* it responded with an error that nobody caught */
    uint8_t holders;        /* client, server: freed by the last one */
    uint32_t branches;      /* strands made so far */
    Event timer;            /* the client's timeout */
    void *server_side;      /* the model's own */
};

struct Connection {
    uint64_t number;        /* $c: from 1 over the run, in the order in which they were wanted */
    uint64_t index;         /* within its stream, from 0: the `connection` of the draws' key */
    Request *request;       /* the one under way; NULL: idle */
    void *server_side;      /* the model's own; NULL before it is accepted */
    Event client;           /* the client's next act: SYN, bytes, think, response: one at a time */
    uint64_t sent;          /* requests so far */
    uint64_t planned;       /* requests before it closes; 0: no end */
    Time established;       /* when it stood in the backlog */
    uint16_t stream;
    uint8_t state;          /* the client's, private to clients.c */
    uint8_t syn_tries;
    bool accepted, closed_by_client, closed_by_server;
    Connection *backlog_next;
    uint32_t track;         /* the view's */
};

typedef struct Clients Clients;
typedef struct Resources Resources;

typedef struct World {
    Mem *mem;
    Kernel kernel;
    const Spec *spec;
    const SpecServer *config;     /* this world's server */
    const struct Program *program;
    struct Probe *probe;
    Machine *machine;
    Clients *clients;
    Resources *resources;
    const ServerModel *model;
    void *server;
    Pool requests, connections;
} World;

/* ---- clients.c: the clients and the network ---- */
Clients *clients_new(World *world);
void clients_start(Clients *clients); /* schedules the first arrivals */

/* The backlog, a FIFO of connections that wait to be accepted. NULL: empty. Taking one is not accepting it yet (the cost comes between);
 * accepting says so to the client side and to the probe, takes the connection's memory, and gives the bytes that are there already to
 * model->readable at once. False: it does not fit in memory or beyond max_connections; it was refused and closed, and is gone. */
Connection *world_backlog(World *world);
size_t world_backlog_length(const World *world);
Connection *world_take(World *world); /* from the backlog's head */
bool world_accept(World *world, Connection *connection);
void world_refuse(World *world, Connection *connection); /* after world_take: accepted, closed and counted as refused */

/* The response leaves the server now; `failed`: an error response of size 0. At most once a request. `strand` is the line of doing that answers: its
 * account becomes the request's. */
void world_respond(World *world, Request *request, Strand *strand, int64_t bytes, bool failed);
void world_request_over(World *world, Request *request);     /* the server is through with it (after responding); it may be gone now */
void world_closed(World *world, Connection *connection);     /* the server has closed its side and gives back its memory; it may be gone now */

/* ---- resources.c ---- */
typedef struct Call Call;
struct Call {                 /* one call of a resource; its owner's memory, until `done` */
    Strand *strand;           /* on whose account: resource_wait while queued, resource while served */
    void (*done)(Call *call); /* at RANK_WORLD; `failed` says how */
    int resource;
    Time latency;
    bool failed;              /* error, timeout or refused by a full queue */
    /* private: */
    Event event, timeout;
    Call *next;
    uint8_t state;
};
Resources *resources_new(World *world);

/* Draws latency and failure from `rng`, then queues or serves. `done` comes later, never from within. Where the resource's `via` is cpu, use enter and leave. */
void resource_call(Resources *resources, int resource, Call *call, Rng *rng);
/* A place at the resource without its latency (which call->latency tells): granted by `done`, given back by resource_leave. */
void resource_enter(Resources *resources, int resource, Call *call, Rng *rng);
void resource_leave(Resources *resources, Call *call);

#endif
