/* serving: a thread that serves requests from start to finish and blocks in each wait: what the threaded models share.
 *
 * A Serving reads a request, runs its handler, answers, and says to its model that it is free for the next one. The
 * model decides what it serves: the requests of one connection, or whatever waits. */
#ifndef MODEL_SERVERS_SERVING_H
#define MODEL_SERVERS_SERVING_H

#include "../node/vm.h"
#include "server.h"

typedef struct Serving Serving;
typedef struct Threaded Threaded;

typedef enum ServingAt {
    SERVING_ASKS,
    SERVING_READ,
    SERVING_RUN,
    SERVING_DRAINS,
    SERVING_ANSWERED,
    SERVING_CLOSED,
    SERVING_EXIT
} ServingAt;

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
    Need need; /* the vm's */
    const ServingHooks *hooks;
    Threaded *server;
    Connection *connection;
    Request *request;
    Job *job;
    ServingAt at;
    bool paid;
    Serving *next; /* the model's: among the idle ones */
    bool called;   /* the model's: it was woken for something, and has not looked yet */
    int cause;     /* on whose behalf it is held: serving_held */
};

/* Everything of the thread but its start: machine_start(world->machine, &serving->thread). */
void serving_init(Serving *serving, Threaded *server, ThreadKind kind, uint32_t number, int64_t memory);

/* Where the server has only so many threads (Threaded.held), this one is held on behalf of `cause`; -1: of none. */
void serving_held(Serving *serving, int cause);
/* Of its request, else of its idle connection, else of none. */
int serving_cause(const Serving *serving);

/* What is next for a thread with a connection, whose client has closed it or not. */
ServingNext serving_next(Serving *serving, bool end_of_file);

#endif
