/* measure: what things cost on this very machine, as the entries of a cost table (model/machine/costs.h).
 *
 * Costs are taken as a server meets them, not in the tightest loop: its peer runs on another core (where there is one), so that
 * the data comes from another core's cache; many connections and many threads take turns, so that none of them is hot. What
 * is timed call by call is reduced by what asking for the time costs. A round fills one Measured; the table is the median of
 * the rounds, entry by entry.
 *
 * The only files that use POSIX threads, sockets, epoll and affinity. Linux only. */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

/* entry, how it is measured; in the order of the cost table */
#define MEASURED(X)                                                                                                    \
    X(accept, "accept of an established connection, 64 in a row")                                                      \
    X(read, "read of 64 bytes that another core sent, 64 connections in turn")                                         \
    X(write, "write of 64 bytes to a loopback peer on another core, its receive included, 64 connections in turn")     \
    X(close, "close after the peer has closed, 64 in a row")                                                           \
    X(poll, "epoll_wait with timeout 0 and no event")                                                                  \
    X(poll_event, "epoll_wait with 64 events less one without, an event")                                              \
    X(watch, "epoll_ctl, adding a descriptor")                                                                         \
    X(callback, "an indirect call that takes and gives back 64 KiB of buffer, as libuv's read callback does")          \
    X(timer, "into and out of a heap of 1000 timers")                                                                  \
    X(submit, "a task through a queue behind a mutex, half of there and back")                                         \
    X(complete, "the other half")                                                                                      \
    X(wake, "a hand-off between two threads on one core, one way, less a switch in a ring of two")                     \
    X(idle_wake, "from a client's write on another core to the answer's write of a thread that slept in epoll_wait, "  \
                 "less the same when it is awake")                                                                     \
    X(timer_slack, "a sleep of 5 ms: how late it ends on an idle core, less idle_wake")                                \
    X(sleep, "what a busy thread on the same core loses to another one's sleep, less two switches")                    \
    X(switch_, "CPU time of 64 threads on one core that block in read and answer, a request, less read and write")     \
    X(spawn, "pthread_create")                                                                                         \
    X(exit, "from pthread_create to the end of pthread_join, less spawn and two switches in a ring of two")            \
    X(thread_memory, "resident memory and page tables of 256 idle threads, a thread, with 16 KiB of kernel stack")     \
    X(connection_memory, "the kernel's unreclaimable memory (SUnreclaim) of 512 connections, a side")

typedef struct Measured {
#define FIELD(entry, how) double entry;
    MEASURED(FIELD)
#undef FIELD
} Measured; /* ns, or bytes */

enum { MEASURED_ENTRIES = sizeof(Measured) / sizeof(double), MEASURE_CONNECTIONS = 64 };

typedef struct Bench Bench; /* measure_net.c: the connections and the peer's thread */

/* NULL: *error says what this machine does not let us do. */
Bench *bench_open(const char **error);
bool bench_failed(const Bench *bench); /* a call failed that must not: the figures are worth nothing */
void bench_close(Bench *bench);
void measure_network(Bench *bench, Measured *measured); /* accept … watch, idle_wake, switch */
void measure_threads(Measured *measured);               /* the rest, after the network */
void measure_memory(Measured *measured);                /* once */

/* ---- what both share ---- */
double measure_now(void);        /* ns */
double measure_clock_cost(void); /* of asking for it */
void measure_pin(bool server); /* the calling thread to the first core that we may use, or (not server) the last one */
void measure_unpin(void);
bool measure_two_cores(void);
double measure_median(double *value, int n); /* sorts them */

#endif
