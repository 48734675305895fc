/* green_threads: many cheap threads multiplexed on a few carriers; a blocking wait unmounts, a CPU step keeps its
 * carrier. */
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
