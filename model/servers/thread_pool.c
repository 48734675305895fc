#include "thread_pool.h"

static const KeyWord unit_words[] = {
    {"connection", "a thread is held as long as the connection lives, thinking included", false},
    {"request", "a thread is held only while a request runs", false},
    {NULL, NULL, false},
};

static const Key keys[] = {
    {.name = "threads",
     .type = KEY_COUNT,
     .at = offsetof(ThreadPoolConfig, threads),
     .fallback = "50",
     .min = 1,
     .max = 1000000,
     .about = "threads, all made at the start"},
    {.name = "queue",
     .type = KEY_COUNT,
     .at = offsetof(ThreadPoolConfig, queue),
     .none = "unlimited",
     .absent = -1,
     .about = "how many may wait for a thread; what does not fit is accepted, closed and counted as refused"},
    {.name = "unit",
     .type = KEY_WORD,
     .at = offsetof(ThreadPoolConfig, unit),
     .fallback = "\"connection\"",
     .words = unit_words,
     .about = "what a thread is held for"},
    {.name = "stack",
     .type = KEY_SIZE,
     .at = offsetof(ThreadPoolConfig, stack),
     .none = "the cost table's thread_memory",
     .min = 1,
     .about = "memory committed for each thread"},
    {.name = "parallel_io",
     .type = KEY_BOOL,
     .at = offsetof(ThreadPoolConfig, parallel_io),
     .fallback = "false",
     .about = "whether the branches of all, race, any and allSettled run side by side"},
    {.name = NULL},
};

static const KeyTable table = {
    .name = "a thread-pool server",
    .about = "A fixed number of threads, and a queue in front of them.",
    .keys = keys,
    .size = sizeof(ThreadPoolConfig),
};

const ServerModel thread_pool_model = {
    .name = "thread-pool",
    .about = "A fixed number of threads; each runs a request from start to finish, the rest waits in a queue.",
    .keys = &table,
};
