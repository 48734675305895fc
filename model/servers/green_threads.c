#include "green_threads.h"

static const Key keys[] = {
    {.name = "carriers",
     .type = KEY_COUNT,
     .at = offsetof(GreenThreadsConfig, carriers),
     .none = "as many as cores",
     .min = 1,
     .max = 1024,
     .about = "operating system threads that the green ones share"},
    {.name = "stack",
     .type = KEY_SIZE,
     .at = offsetof(GreenThreadsConfig, stack),
     .none = "the cost table's thread_memory",
     .min = 1,
     .about = "memory committed for each green thread"},
    {.name = "parallel_io",
     .type = KEY_BOOL,
     .at = offsetof(GreenThreadsConfig, parallel_io),
     .fallback = "false",
     .about = "whether the branches of all, race, any and allSettled run side by side"},
    {.name = NULL},
};

static const KeyTable table = {
    .name = "a green-threads server",
    .about = "Many cheap threads on few carriers.",
    .keys = keys,
    .size = sizeof(GreenThreadsConfig),
};

const ServerModel green_threads_model = {
    .name = "green-threads",
    .about = "Many cheap threads share a few carriers; a blocking wait gives the carrier away.",
    .keys = &table,
    .not_yet = true,
};
