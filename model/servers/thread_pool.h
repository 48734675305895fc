/* thread_pool: N threads made at the start; a connection (or a request) waits in a FIFO for a free one, which then
 * runs each request from start to finish. */
#ifndef MODEL_SERVERS_THREAD_POOL_H
#define MODEL_SERVERS_THREAD_POOL_H

#include "server.h"

/* How long a thread is held: as long as the connection lives, its thinking included, or only while a request runs. */
typedef enum PoolUnit { POOL_CONNECTION, POOL_REQUEST } PoolUnit;

typedef struct ThreadPoolConfig {
    int64_t threads;
    int64_t queue;    /* how many may wait; -1: unlimited */
    int unit;         /* PoolUnit */
    int64_t stack;    /* bytes that a thread takes; 0: the cost table's thread_memory */
    bool parallel_io; /* the branches of all, race … run side by side */
} ThreadPoolConfig;

extern const ServerModel thread_pool_model;

#endif
