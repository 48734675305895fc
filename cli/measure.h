/* measure: what things cost on this very machine, as the entries of a cost table (model/machine/costs.h).
 *
 * Costs are taken as a server meets them, not in the tightest loop: its peer runs on another core (where there is one)
 * and is as busy as it is, so that locks and cache lines of the sockets go back and forth; many connections and many
 * threads take turns, so that none of them is hot. What is timed call by call is reduced by what asking for the time
 * costs. A round fills one Measured; the table is the median of the rounds, figure by figure. An entry that depends on
 * the number of connections, or on how long was computed, has a figure for each of the points below.
 *
 * The only files that use POSIX threads, sockets, epoll and affinity. Linux only. */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

enum { MEASURE_COUNTS = 5, MEASURE_SPANS = 5, MEASURE_PERCENTS = 6, MEASURE_POINTS = 6 };
extern const int measure_counts[MEASURE_COUNTS];        /* connections, all of them active; ascending */
extern const int measure_spans[MEASURE_SPANS];          /* microseconds of computing; the first is 0 */
extern const double measure_percents[MEASURE_PERCENTS]; /* of the delays of idle cores, from 0 to 100 */

/* entry, how many figures, how it is measured; in the order of the cost table */
#define MEASURED(X)                                                                                                    \
    X(accept, 1, "accept of an established connection, 64 in a row")                                                   \
    X(read, MEASURE_COUNTS,                                                                                            \
      "read of 64 bytes that another core sent; so many connections stream, both cores are busy")                      \
    X(write, MEASURE_COUNTS, "write of 64 bytes to a loopback peer on another core, its receive included, streaming")  \
    X(close, 1, "close after the peer has closed, 64 in a row")                                                        \
    X(poll, 1, "epoll_wait with timeout 0 and no event")                                                               \
    X(poll_event, MEASURE_COUNTS, "epoll_wait, streaming, an event, less one without events")                          \
    X(watch, 1, "epoll_ctl, adding a descriptor")                                                                      \
    X(callback, MEASURE_COUNTS,                                                                                        \
      "what a loop does around a read and a write, half of it, streaming: 64 KiB of buffer and a write's request "     \
      "taken "                                                                                                         \
      "and given back, indirect calls, a queue of what was written")                                                   \
    X(timer, 1, "into and out of a heap of 1000 timers")                                                               \
    X(submit, 1, "a task through a queue behind a mutex, half of there and back")                                      \
    X(complete, 1, "the other half")                                                                                   \
    X(wake, 1, "a hand-off between two threads on one core, one way, less a switch in a ring of two")                  \
    X(idle_wake, MEASURE_PERCENTS,                                                                                     \
      "from a client's write on another core to the answer's write of a thread that slept in epoll_wait, less the "    \
      "same "                                                                                                          \
      "when it is awake: percentiles of all rounds")                                                                   \
    X(timer_slack, 1, "a sleep of 5 ms: how late it ends on an idle core, less idle_wake")                             \
    X(sleep, 1, "what a busy thread on the same core loses to another one's sleep, less two switches and cold")        \
    X(switch_, MEASURE_COUNTS,                                                                                         \
      "CPU time of so many threads on one core that block in read and answer, streaming, a request, less read and "    \
      "write")                                                                                                         \
    X(spawn, 1, "pthread_create")                                                                                      \
    X(exit, 1, "from pthread_create to the end of pthread_join, less spawn and two switches in a ring of two")         \
    X(cold, MEASURE_SPANS,                                                                                             \
      "64 requests read and answered with so much computing before each read's end and each "                          \
      "write, a computing, less the same without")                                                                     \
    X(request, 1,                                                                                                      \
      "CPU time of a Node server that answers 64 streaming connections at once, a request, less a loop's "             \
      "costs; 0 where there is no node")                                                                               \
    X(request_cold, MEASURE_SPANS, "the same with so much computing, twice a request, a computing, less cold")         \
    X(thread_memory, 1, "resident memory and page tables of 256 idle threads, a thread, with 16 KiB of kernel stack")  \
    X(connection_memory, 1, "the kernel's unreclaimable memory (SUnreclaim) of 512 connections, a side")

typedef struct Measured {
#define FIELD(entry, n, how) double entry[n];
    MEASURED(FIELD)
#undef FIELD
} Measured; /* ns, or bytes */

enum { MEASURED_FIGURES = sizeof(Measured) / sizeof(double), MEASURE_CONNECTIONS = 64 };

typedef struct Bench Bench; /* measure_net.c: the connections and the peer's thread */

/* NULL: *error says what this machine does not let us do. */
Bench *bench_open(const char **error);
bool bench_failed(const Bench *bench); /* a call failed that must not: the figures are worth nothing */
void bench_close(Bench *bench);
void measure_network(Bench *bench, Measured *measured); /* accept, close, poll, watch, idle_wake */
/* What streams: read, write, poll_event, callback, switch, cold; after the network. False: a call failed. */
bool measure_streams(Measured *measured);
void measure_threads(Measured *measured);                        /* the rest, after these */
void measure_idle_wakes(const Bench *bench, Measured *measured); /* once, after all rounds */
void measure_node(Measured *measured);                           /* likewise */
void measure_memory(Measured *measured);                         /* likewise */

/* ---- what both share ---- */
double measure_now(void);        /* ns */
double measure_clock_cost(void); /* of asking for it */
void measure_nap(long ns);
void measure_pin(bool server); /* the calling thread to the first core that we may use, or (not server) the last one */
void measure_unpin(void);
bool measure_two_cores(void);
void measure_give_way(void);                                     /* to the other side, where both have one core */
double measure_median(double *value, int n);                     /* sorts them */
double measure_percentile(double *value, int n, double percent); /* likewise */
double measure_mean(double *value, int n); /* likewise; without the highest twentieth, when something else ran */
double measure_cold(const Measured *measured, double us); /* after so much computing, between two points */

#endif
