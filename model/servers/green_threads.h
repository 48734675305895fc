/* green_threads: a cheap thread for each connection, multiplexed on a few carriers, which are the threads that the
 * machine knows. A blocking wait (also for a lock) unmounts; who may go on waits in one FIFO. CPU time keeps its
 * carrier for at least 10 ms since it was mounted; then it goes to the queue's end, where anybody stands there.
 * Starting, ending and mounting one cost nothing but memory; an acceptor, a thread of its own, accepts. */
#ifndef MODEL_SERVERS_GREEN_THREADS_H
#define MODEL_SERVERS_GREEN_THREADS_H

#include "server.h"

typedef struct GreenThreadsConfig {
    int64_t carriers; /* 0: as many as the machine has cores */
    int64_t stack;    /* bytes that a green thread takes; 0: the cost table's thread_memory */
    bool parallel_io; /* the branches of all, race … run side by side */
} GreenThreadsConfig;

extern const ServerModel green_threads_model;

#endif
