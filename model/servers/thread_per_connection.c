#include "thread_per_connection.h"

static const Key keys[] = {
    {.name = "max_threads",
     .type = KEY_COUNT,
     .at = offsetof(ThreadPerConnectionConfig, max_threads),
     .none = "unlimited",
     .min = 1,
     .about = "at so many threads the acceptor waits and the backlog fills"},
    {.name = "stack",
     .type = KEY_SIZE,
     .at = offsetof(ThreadPerConnectionConfig, stack),
     .none = "the cost table's thread_memory",
     .min = 1,
     .about = "memory committed for each thread"},
    {.name = "parallel_io",
     .type = KEY_BOOL,
     .at = offsetof(ThreadPerConnectionConfig, parallel_io),
     .fallback = "false",
     .about = "whether the branches of all, race, any and allSettled run side by side"},
    {.name = NULL},
};

static const KeyTable table = {
    .name = "a thread-per-connection server",
    .about = "An acceptor, and a thread for each connection.",
    .keys = keys,
    .size = sizeof(ThreadPerConnectionConfig),
};

const ServerModel thread_per_connection_model = {
    .name = "thread-per-connection",
    .about =
        "An acceptor spawns a thread for each connection; it serves the connection's requests and blocks in each wait.",
    .keys = &table,
};
