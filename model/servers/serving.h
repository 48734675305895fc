/* serving: a thread that serves requests from start to finish and blocks in each wait: what the threaded models share.
 *
 * A Serving reads a request, runs its handler, answers, and says to its model that it is free for the next one. The model decides what it serves: the
 * requests of one connection, or whatever waits. */
#ifndef MODEL_SERVERS_SERVING_H
#define MODEL_SERVERS_SERVING_H

#include "../node/vm.h"
#include "server.h"

typedef struct Serving Serving;

typedef enum ServingAt { SERVING_ASKS, SERVING_READ, SERVING_RUN, SERVING_DRAINS, SERVING_ANSWERED, SERVING_CLOSED, SERVING_EXIT } ServingAt;

/* What a thread does next. */
typedef enum ServingNext {
    NEXT_REQUEST, /* serving->request is set */
    NEXT_CLOSE,   /* the client of serving->connection has closed: so does the server */
    NEXT_WAIT,    /* nothing yet: asked again when it is woken */
    NEXT_EXIT
} ServingNext;

typedef struct ServingHooks {
    ServingNext (*next)(Serving *serving);
    void (*answered)(Serving *serving); /* the request is over: the thread is about to ask again */
    void (*closed)(Serving *serving);   /* the connection was closed (world_closed was called) */
    void (*gone)(Serving *serving);     /* the thread has ended */
} ServingHooks;

struct Serving {
    Thread thread;
    Vm vm;
    Need need;              /* the vm's */
    const ServingHooks *hooks;
    void *server;
    Connection *connection;
    Request *request;
    Job *job;
    ServingAt at;
    bool paid;
    Serving *next;          /* the model's: among the idle ones */
    int cause;              /* on whose behalf it is held: serving_held */
};

/* Everything of the thread but its start: machine_start(world->machine, &serving->thread). */
void serving_init(Serving *serving, VmShared *shared, const ServingHooks *hooks, void *server, ThreadKind kind, uint32_t number, int64_t memory,
    bool parallel_io);

/* The thread is one of those that the server has only so many of (`threads`): held by its request, else by its
 * connection, else by none. NULL: nobody asks. */
void serving_held(Serving *serving, struct Station *threads, int cause);
int serving_cause(const Serving *serving);

/* An acceptor: takes connections from the backlog, one after the other. */
typedef struct Acceptor {
    Thread thread;
    World *world;
    void *server;
    Connection *connection;                             /* under way */
    int stage;
    Time extra;                                         /* CPU time for each beyond `accept`: spawning */
    bool (*may)(void *server);                          /* false: wait (until acceptor_wake) */
    bool (*accept)(void *server, Connection *connection); /* the cost is paid; true: a sleeping thread was woken for it, which costs `wake` */
} Acceptor;

/* full: what it waits for while it may not accept; NULL: it always may. */
void acceptor_start(Acceptor *acceptor, struct Station *full);
void acceptor_wake(Acceptor *acceptor);

/* The strand of a connection's request whose bytes are there, unread; NULL: none. */
Strand *unread_strand(const Connection *connection);

#endif
