/* The figures of "linux" were measured on two virtual x86-64 cores (Sapphire Rapids class), Linux 6.18, HZ 250, glibc
 * 2.36, libuv 1.44.2: medians of 15 rounds, threads pinned to one core (a busy server on a core) unless a source says
 * otherwise. A name as tcp_accept4 is a row of tests/reality/costs.csv. "streaming" is what calibrate measures between
 * two busy cores, here medians of 7 runs on another machine of the same type, not scaled: what both machines were asked
 * (a write and a read of a pair of sockets: 1871 there, 2110 ns here) differs by an eighth. What is code of the user's
 * side was measured there as well and is given 1.40 times as long, as a system call that does nothing takes
 * (syscall_getppid: 127.1, there 90.5 ns). Such machines differ by a tenth from one hour to the next. No number is
 * computed from the servers of tests/reality/servers.csv, but which measurements an entry is made of was chosen with
 * their figures known. */
#include "costs.h"

#include "../../sim/wide.h"

#include <string.h>

/* entry, field, kind, linux, source of that number, meaning */
#define COSTS(X)                                                                                                       \
    X("accept", accept, TIME, "\"816ns\"", "tcp_accept4: accept4 of an established connection, 816 ns",                \
      "accepting a connection")                                                                                        \
    X("read", by_connections[0], BY_CONNECTIONS,                                                                       \
      "[[1, \"848ns\"], [8, \"762ns\"], [64, \"738ns\"], [256, \"735ns\"], [1000, \"842ns\"], [4000, \"1266ns\"]]",    \
      "streaming: read of 64 bytes that another core sent (tcp_read64, in a tight loop: 356 ns)", "reading a request") \
    X("write", by_connections[1], BY_CONNECTIONS,                                                                      \
      "[[1, \"2660ns\"], [8, \"2718ns\"], [64, \"2722ns\"], [256, \"2659ns\"], [1000, \"3174ns\"], [4000, "            \
      "\"3645ns\"]]",                                                                                                  \
      "streaming: write of 64 bytes to a peer on another core, its receive included (tcp_write64_nowake, in a tight "  \
      "loop: 1598 ns)",                                                                                                \
      "writing a response")                                                                                            \
    X("close", close, TIME, "\"841ns\"", "tcp_close_after_rst: close at the server's side, 841 ns",                    \
      "closing a connection")                                                                                          \
    X("poll", poll, TIME, "\"262ns\"", "epoll_wait0_empty: epoll_wait with timeout 0 and no event, 262 ns",            \
      "one epoll_wait")                                                                                                \
    X("poll_event", by_connections[2], BY_CONNECTIONS,                                                                 \
      "[[1, \"560ns\"], [8, \"507ns\"], [64, \"452ns\"], [256, \"481ns\"], [1000, \"523ns\"], [4000, \"895ns\"]]",     \
      "streaming: epoll_wait, an event, less one without any (epoll_wait_ready1 less epoll_wait0_empty, in a tight "   \
      "loop: 50 ns)",                                                                                                  \
      "each ready event of a poll")                                                                                    \
    X("watch", watch, TIME, "\"216ns\"", "epoll_ctl_mod: 216.3 ns", "registering a descriptor")                        \
    X("callback", by_connections[3], BY_CONNECTIONS,                                                                   \
      "[[8, \"343ns\"], [64, \"287ns\"], [256, \"231ns\"], [1000, \"770ns\"]]",                                        \
      "streaming: half of what an echo by libuv 1.44.2 takes more than one by epoll, read and write alone (490, 410, " \
      "330 and 1100 ns), times 1.40",                                                                                  \
      "entering a callback")                                                                                           \
    X("timer", timer, TIME, "\"13ns\"", "uv_timer_start_stop: 12.9 ns", "arming a timer")                              \
    X("submit", submit, TIME, "\"175ns\"",                                                                             \
      "half of uv_queue_work_batch4000_same_core, 349.4 ns a task there and back", "handing a task to the pool")       \
    X("complete", complete, TIME, "\"175ns\"", "the other half of uv_queue_work_batch4000_same_core",                  \
      "taking a task's result back, paid by the loop")                                                                 \
    X("wake", wake, TIME, "\"922ns\"",                                                                                 \
      "futex_pp_same_core (1582.4 ns one way) less yield_ring2_same_core (660.6 ns, its switch)",                      \
      "waking a sleeping thread, paid by the waker")                                                                   \
    X("idle_wake", idle_wake, DIST, "\"52632ns\"",                                                                     \
      "tcp_echo_cross_core_epoll, one way (112346 ns / 2), less epoll_wait_ready1 (312 ns), read and write (3229 "     \
      "ns): cold caches are in it",                                                                                    \
      "a delay: so much later starts a core that was idle")                                                            \
    X("timer_slack", timer_slack, TIME, "\"122563ns\"",                                                                \
      "nanosleep_5000us_overshoot (175195 ns) less idle_wake (52632 ns): the slack of 50 us, and a virtual machine's " \
      "late timer",                                                                                                    \
      "a delay: so much later ends a sleep")                                                                           \
    X("sleep", sleep, TIME, "\"20290ns\"",                                                                             \
      "calibrate: what a busy thread loses to another one's sleep of 300 us on its core, less two switches, 26563 "    \
      "and "                                                                                                           \
      "26017 ns, less cold (6 us)",                                                                                    \
      "the timer of a thread that sleeps, and its interrupt")                                                          \
    X("switch", by_connections[4], BY_CONNECTIONS, "[[64, \"2737ns\"], [256, \"3690ns\"], [1000, \"9500ns\"]]",        \
      "tcp_echo_same_core_blocking, one way (4691 ns), less tcp_write64_nowake and tcp_read64 (1598 and 356 ns); "     \
      "more threads: streaming, threads that block in read and answer, a request (5580, 6460 and 12850 ns of 64, 256 " \
      "and 1000), less read and write",                                                                                \
      "a core goes from one thread to another")                                                                        \
    X("spawn", spawn, TIME, "\"4013ns\"", "thread_create_call_same_core: pthread_create alone, 4013 ns",               \
      "starting a thread, paid by the starter")                                                                        \
    X("exit", exit, TIME, "\"4526ns\"",                                                                                \
      "thread_create_join_same_core (9860 ns) less thread_create_call_same_core (4013 ns) and two switches (660.6 ns " \
      "each)",                                                                                                         \
      "the end of a thread")                                                                                           \
    X("cold", cold, BY_COMPUTING,                                                                                      \
      "[[\"0\", \"0\"], [\"5us\", \"200ns\"], [\"25us\", \"1us\"], [\"100us\", \"4us\"], [\"500us\", \"8us\"]]",       \
      "streaming, 64 connections: what events, reads and writes take more when so much is computed between them, a "   \
      "computing (25 us: 1.0; 100 us: 3.5 and 4.1; 500 us: 8.0 us)",                                                   \
      "what comes after so much computing by a cpu step takes so much longer")                                         \
    X("request", request, TIME, "\"7700ns\"",                                                                          \
      "streaming, 64 connections: CPU time of a request to Node 20.20's http (9.61 and 9.97 us) less a loop's own "    \
      "(4.28 "                                                                                                         \
      "us), times 1.40",                                                                                               \
      "what Node's http and JavaScript take of the loop for a request")                                                \
    X("request_cold", request_cold, BY_COMPUTING,                                                                      \
      "[[\"0\", \"0\"], [\"5us\", \"300ns\"], [\"25us\", \"1800ns\"], [\"100us\", \"3400ns\"], [\"500us\", "           \
      "\"18us\"]]",                                                                                                    \
      "streaming: what Node's http takes more when a request computes so much, in its callback and again in the "      \
      "check "                                                                                                         \
      "phase (500 us: once), a computing, less cold",                                                                  \
      "what these take longer after so much computing")                                                                \
    X("thread_memory", thread_memory, SIZE, "\"34KiB\"",                                                               \
      "an idle thread with a default stack: 8 KiB resident, 16 KiB kernel stack, 10 KiB slab and page tables",         \
      "what a thread takes")                                                                                           \
    X("connection_memory", connection_memory, SIZE, "\"4900B\"",                                                       \
      "resident memory of the libuv server with 1000 connections less that with 1, a connection: (6712 - 1932) KiB / " \
      "999",                                                                                                           \
      "what a connection takes")

#define TIME(name_, at_) .name = (name_), .type = KEY_DURATION, .at = offsetof(Costs, at_)
#define SIZE(name_, at_) .name = (name_), .type = KEY_SIZE, .at = offsetof(Costs, at_)
#define DIST(name_, at_) .name = (name_), .type = KEY_DIST, .at = offsetof(Costs, at_)
#define BY_CONNECTIONS(name_, at_)                                                                                     \
    .name = (name_), .type = KEY_CUSTOM, .read = read_cost_by_connections, .shape = "by connections",                  \
    .at = offsetof(Costs, at_)
#define BY_COMPUTING(name_, at_)                                                                                       \
    .name = (name_), .type = KEY_CUSTOM, .read = read_cost_by_computing, .shape = "by computing",                      \
    .at = offsetof(Costs, at_)

static const Key entries[] = {
#define ROW(entry, field, kind, linux_value, source, text) {kind(entry, field), .about = (text)},
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
    {"linux", "measured on Linux 6.18; each entry names its measurement"},
    {"ideal", "every cost 0, for comparing with theory"},
    {NULL, NULL},
};

static const struct {
    const char *entry, *value, *source;
} linux_table[] = {
#define VALUE(entry, field, kind, linux_value, source, text) {entry, linux_value, source},
    COSTS(VALUE)
#undef VALUE
};

const CostProfile *cost_profile(const char *name)
{
    for (const CostProfile *profile = cost_profiles; profile->name; profile++) {
        if (strcmp(profile->name, name) == 0)
            return profile;
    }
    return NULL;
}

static size_t row_of(const char *entry)
{
    size_t i = 0;
    while (i < COUNT_OF(linux_table) && strcmp(linux_table[i].entry, entry) != 0)
        i++;
    return i;
}

const char *cost_source(const char *entry)
{
    size_t i = row_of(entry);
    return i < COUNT_OF(linux_table) ? linux_table[i].source : NULL;
}

const char *cost_text(const CostProfile *profile, const char *entry)
{
    size_t i = row_of(entry);
    must(i < COUNT_OF(linux_table), "no such entry of a cost table");
    if (profile == cost_profile("linux"))
        return linux_table[i].value;
    return keys_find(&cost_table, entry)->type == KEY_SIZE ? "\"0B\"" : "\"0\"";
}

Time cost_between(const CostPoints *points, int64_t at)
{
    const struct CostPoint *point = points->point;
    int i = 0;
    while (i < points->count && point[i].at <= at)
        i++;
    if (i == 0 || i == points->count)
        return point[i == 0 ? 0 : i - 1].cost;
    const struct CostPoint *low = &point[i - 1], *high = &point[i];
    uint64_t run = (uint64_t)(high->at - low->at), carry;
    bool falls = high->cost < low->cost;
    uint64_t change = (uint64_t)(falls ? low->cost - high->cost : high->cost - low->cost);
    uint64_t product = wide_mul(change, (uint64_t)(at - low->at), &carry);
    int64_t part = (int64_t)wide_div(carry, product, run);
    return falls ? low->cost - part : low->cost + part;
}

/* Entries by connections, in the order of Costs. */
void costs_interpolate(Costs *costs, int64_t connections)
{
    Time *const field[] = {&costs->read, &costs->write, &costs->poll_event, &costs->callback, &costs->switch_};
    _Static_assert(COUNT_OF(field) == COUNT_OF(costs->by_connections), "a field for each");
    for (size_t i = 0; i < COUNT_OF(field); i++)
        *field[i] = cost_at(&costs->by_connections[i], connections);
}

void costs_take(Costs *costs)
{
    for (size_t i = 0; i < COUNT_OF(costs->by_connections); i++)
        costs->varies |= costs->by_connections[i].count > 1;
    costs_interpolate(costs, 0);
}
