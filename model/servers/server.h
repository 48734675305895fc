/* server: the seam of the server models. A model decides who runs and who waits, never how long a step takes.
 *
 * A new model is one file that fills this struct and one line in models.c; no other file names it. */
#ifndef MODEL_SERVERS_SERVER_H
#define MODEL_SERVERS_SERVER_H

#include "../spec/keys.h"

struct World;
struct Connection;
struct Station;

typedef struct ServerModel {
    const char *name;     /* "event-loop" */
    const char *about;    /* one sentence */
    const KeyTable *keys; /* its own keys, beside those that all models have */
    bool as_node;         /* every step means what it means in Node; else it runs where it stands */

    void *(*create)(struct World *world, const void *config);
    /* A connection stands in the backlog: accept it when you can (world_accepted). */
    void (*arrived)(void *server, struct Connection *connection);
    /* A request's bytes are at the server: connection->request. Only after the connection was accepted. */
    void (*readable)(void *server, struct Connection *connection);
    /* The client has closed the connection. Only after it was accepted. */
    void (*gone)(void *server, struct Connection *connection);
    /* What a connection that is not accepted yet waits for (blame.h); asked only where there is blame. May be NULL. */
    struct Station *(*accepts)(void *server, const struct Connection *connection);
} ServerModel;

extern const ServerModel *const server_models[]; /* ends with NULL */

#endif
