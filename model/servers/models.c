/* The list of server models, in the order in which they are shown. */
#include "event_loop.h"
#include "green_threads.h"
#include "thread_per_connection.h"
#include "thread_pool.h"

const ServerModel *const server_models[] = {
    &event_loop_model, &thread_per_connection_model, &thread_pool_model, &green_threads_model, NULL,
};
