/* The figures of "linux" were measured on two virtual x86-64 cores (Sapphire Rapids class), Linux 6.18, HZ 250, glibc
 * 2.36, libuv 1.44.2: medians of 15 rounds, threads pinned to one core (a busy server on a core) unless a source says
 * otherwise. A name as tcp_accept4 is a row of tests/reality/costs.csv; "calibrate" is the mean of two runs of
 * that command on a quiet machine of the same type, where a tight loop tells too little. No number is computed from a server's, but which measurements an entry is
 * made of was chosen with the servers' figures known. */
#include "costs.h"

#include <string.h>

/* entry, field, kind, linux, source of that number, meaning */
#define COSTS(X)                                                                                                       \
    X("accept", accept, KEY_DURATION, 816, "tcp_accept4: accept4 of an established connection, 816 ns",                \
      "accepting a connection")                                                                                        \
    X("read", read, KEY_DURATION, 777,                                                                                 \
      "calibrate: read of 64 bytes that another core sent, 64 connections in turn, 785 and 768 ns (tcp_read64, in a "  \
      "tight loop: 356 ns)",                                                                                           \
      "reading a request")                                                                                             \
    X("write", write, KEY_DURATION, 2509,                                                                              \
      "calibrate: write of 64 bytes to a peer on another core, 64 connections in turn, 2541 and 2476 ns "              \
      "(tcp_write64_nowake, in a tight loop: 1598 ns)",                                                                \
      "writing a response")                                                                                            \
    X("close", close, KEY_DURATION, 841, "tcp_close_after_rst: close at the server's side, 841 ns",                    \
      "closing a connection")                                                                                          \
    X("poll", poll, KEY_DURATION, 262, "epoll_wait0_empty: epoll_wait with timeout 0 and no event, 262 ns",            \
      "one epoll_wait")                                                                                                \
    X("poll_event", poll_event, KEY_DURATION, 50, "epoll_wait_ready1 (312 ns) less epoll_wait0_empty (262 ns)",        \
      "each ready event of a poll")                                                                                    \
    X("watch", watch, KEY_DURATION, 216, "epoll_ctl_mod: 216.3 ns", "registering a descriptor")                        \
    X("callback", callback, KEY_DURATION, 43,                                                                          \
      "uv_loop_iteration_idle (305.2 ns, a turn with one idle callback) less epoll_wait0_empty (262 ns)",              \
      "entering a callback")                                                                                           \
    X("timer", timer, KEY_DURATION, 13, "uv_timer_start_stop: 12.9 ns", "arming a timer")                              \
    X("submit", submit, KEY_DURATION, 175,                                                                             \
      "half of uv_queue_work_batch4000_same_core, 349.4 ns a task there and back", "handing a task to the pool")       \
    X("complete", complete, KEY_DURATION, 175, "the other half of uv_queue_work_batch4000_same_core",                  \
      "taking a task's result back, paid by the loop")                                                                 \
    X("wake", wake, KEY_DURATION, 922,                                                                                 \
      "futex_pp_same_core (1582.4 ns one way) less yield_ring2_same_core (660.6 ns, its switch)",                      \
      "waking a sleeping thread, paid by the waker")                                                                   \
    X("idle_wake", idle_wake, KEY_DURATION, 52632,                                                                     \
      "tcp_echo_cross_core_epoll, one way (112346 ns / 2), less epoll_wait_ready1 (312 ns), read and write (3229 "     \
      "ns): cold caches are in it",                                                                                    \
      "a delay: so much later starts a core that was idle")                                                            \
    X("timer_slack", timer_slack, KEY_DURATION, 122563,                                                                \
      "nanosleep_5000us_overshoot (175195 ns) less idle_wake: the slack of 50 us, and a virtual machine's late timer", \
      "a delay: so much later ends a sleep")                                                                           \
    X("sleep", sleep, KEY_DURATION, 26290,                                                                             \
      "calibrate: what a busy thread loses to another one's sleep on its core, less two switches, 26563 and 26017 ns", \
      "the timer of a thread that sleeps, and its interrupt")                                                          \
    X("switch", switch_, KEY_DURATION, 2266,                                                                           \
      "calibrate: 64 threads that block in read and answer, a request, less read and write, 2219 and 2312 ns "         \
      "(ws_ring16_16KB less ws_base_16KB, threads that only yield: 1207 ns)",                                          \
      "a core goes from one thread to another")                                                                        \
    X("spawn", spawn, KEY_DURATION, 4013, "thread_create_call_same_core: pthread_create alone, 4013 ns",               \
      "starting a thread, paid by the starter")                                                                        \
    X("exit", exit, KEY_DURATION, 4526,                                                                                \
      "thread_create_join_same_core (9860 ns) less thread_create_call_same_core (4013 ns) and two switches (660.6 ns " \
      "each)",                                                                                                         \
      "the end of a thread")                                                                                           \
    X("thread_memory", thread_memory, KEY_SIZE, 34 * 1024,                                                             \
      "an idle thread with a default stack: 8 KiB resident, 16 KiB kernel stack, 10 KiB slab and page tables",         \
      "what a thread takes")                                                                                           \
    X("connection_memory", connection_memory, KEY_SIZE, 4900,                                                          \
      "resident memory of the libuv server with 1000 connections less that with 1, a connection: (6712 - 1932) KiB / " \
      "999",                                                                                                           \
      "what a connection takes")

static const Key entries[] = {
#define ROW(entry, field, kind, linux_value, source, text)                                                             \
    {.name = entry, .type = kind, .at = offsetof(Costs, field), .about = text},
    COSTS(ROW)
#undef ROW
        {.name = NULL},
};

const KeyTable cost_table = {
    .name = "a cost table",
    .about = "What things cost: CPU time charged to the thread that does them, unless an entry says that it is a delay "
             "or a size.",
    .keys = entries,
    .size = sizeof(Costs),
};

const CostProfile cost_profiles[] = {
    {"linux",
     "measured on Linux 6.18; each entry names its measurement",
     {
#define VALUE(entry, field, kind, linux_value, source, text) .field = linux_value,
         COSTS(VALUE)
#undef VALUE
     }},
    {"ideal", "every cost 0, for comparing with theory", {0}},
    {NULL, NULL, {0}},
};

static const struct {
    const char *entry, *source;
} sources[] = {
#define SOURCE(entry, field, kind, linux_value, source, text) {entry, source},
    COSTS(SOURCE)
#undef SOURCE
};

const CostProfile *cost_profile(const char *name)
{
    for (const CostProfile *profile = cost_profiles; profile->name; profile++) {
        if (strcmp(profile->name, name) == 0)
            return profile;
    }
    return NULL;
}

const char *cost_source(const char *entry)
{
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        if (strcmp(sources[i].entry, entry) == 0)
            return sources[i].source;
    }
    return NULL;
}

int64_t cost_value(const Costs *costs, const Key *entry)
{
    int64_t value;
    memcpy(&value, (const char *)costs + entry->at, sizeof value);
    return value;
}
