#include "event_loop.h"

static const KeyWord distribution_words[] = {
    {"shared", "one listening socket that every loop accepts from", false},
    {"round-robin", "the first process accepts and hands out in turn", false},
    {"reuseport", "a listening socket a loop; the kernel's hash decides", false},
    {NULL, NULL, false},
};

const KeyWord loop_order_words[] = {
    {"libuv-1.45", "Node 20 and later: timers run after poll only", false},
    {"libuv-1.44", "Node 18 and before: timers run before poll too", true},
    {NULL, NULL, false},
};

static const Key keys[] = {
    {.name = "workers",
     .type = KEY_COUNT,
     .at = offsetof(EventLoopConfig, workers),
     .fallback = "4",
     .min = 1,
     .max = 1024,
     .about = "threads of the pool that runs blocking work (UV_THREADPOOL_SIZE)"},
    {.name = "loops",
     .type = KEY_COUNT,
     .at = offsetof(EventLoopConfig, loops),
     .fallback = "1",
     .min = 1,
     .max = 1024,
     .not_yet = true,
     .about = "event loops; more than one make a cluster"},
    {.name = "distribution",
     .type = KEY_WORD,
     .at = offsetof(EventLoopConfig, distribution),
     .fallback = "\"shared\"",
     .words = distribution_words,
     .not_yet = true,
     .about = "how a cluster shares out its connections"},
    {.name = "order",
     .type = KEY_WORD,
     .at = offsetof(EventLoopConfig, order),
     .fallback = "\"libuv-1.45\"",
     .words = loop_order_words,
     .about = "whose order of phases"},
    {.name = NULL},
};

static const KeyTable table = {
    .name = "an event-loop server",
    .about = "One thread for all callbacks, a pool of workers for what blocks.",
    .keys = keys,
    .size = sizeof(EventLoopConfig),
};

const ServerModel event_loop_model = {
    .name = "event-loop",
    .about = "One thread runs every callback, as in Node and libuv; a pool of workers does what would block it.",
    .keys = &table,
};
