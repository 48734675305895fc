/* thread_per_connection: an acceptor thread spawns a thread for each connection, which serves its requests one after
 * the other and blocks in every wait. */
#ifndef MODEL_SERVERS_THREAD_PER_CONNECTION_H
#define MODEL_SERVERS_THREAD_PER_CONNECTION_H

#include "server.h"

typedef struct ThreadPerConnectionConfig {
    int64_t max_threads; /* 0: unlimited */
    int64_t stack;       /* bytes that a thread takes; 0: the cost table's thread_memory */
    bool parallel_io;    /* the branches of all, race … run side by side */
} ThreadPerConnectionConfig;

extern const ServerModel thread_per_connection_model;

#endif
