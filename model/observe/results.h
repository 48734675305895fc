/* results: what the run of one server amounts to, as it is reported: plain numbers, taken from the statistics when the
 * run is over.
 *
 * Times are ns. A Micro is a number with six decimals in an integer: 1,000,000 is 1.000000 (per second, or of the
 * whole). What a server does not have is told by has_… and is absent from every report. */
#ifndef MODEL_OBSERVE_RESULTS_H
#define MODEL_OBSERVE_RESULTS_H

#include "../machine/run.h"
#include "filler.h"
#include "probe.h"

typedef int64_t Micro;

typedef struct RequestCounts {
    uint64_t arrived, completed, failed, refused, timed_out, in_flight, retried;
} RequestCounts;

typedef struct HandlerResults {
    const char *name; /* NULL: all of them */
    RequestCounts requests;
    Micro throughput;    /* completions per second */
    Hist latency;        /* of completed requests */
    Time time[PARTS];    /* the mean latency, split: adds up to it exactly */
    Time *blame;         /* of its waits: see BlameResults; NULL for all of them together */
    Filler keeps[SITES]; /* its step that keeps such a site longest; for a resource or a lock: that waits longest */
} HandlerResults;

/* Who kept whom waiting: for each handler a row of means a completed request, by wait and cause. Each is rounded down,
 * and what that leaves of the mean of the wait goes to its largest cause: so the causes of a wait add up to it in
 * `time` exactly. Beyond the waits there are the rows BLAME_ON_CORES (blame.h). Causes come in the order in which they
 * are reported: handlers, then what the server does itself. */
typedef struct BlameResults {
    int causes;        /* 0: not known */
    const char **name; /* of a cause: that of its handler, "(loop)" … */
} BlameResults;

typedef struct CpuResults {
    int64_t cores;
    Micro utilization;
    Time user, overhead, switching;
    Time wasted_time; /* of user and overhead, for attempts that the client gave up or that request_timeout ended */
    Micro wasted;     /* of user, overhead and switching */
    uint64_t switches;
} CpuResults;

typedef struct LoopResults {
    int64_t loops;
    uint64_t iterations;
    Micro utilization; /* share of the window not spent waiting in poll */
    Hist lag;
} LoopResults;

typedef struct PoolResults {
    int64_t workers;
    Micro utilization;
    uint64_t tasks;
    Hist wait;
    int64_t peak_queue;
} PoolResults;

typedef struct ResourceResults {
    const char *name;
    uint64_t calls, errors;
    bool limited; /* it has a concurrency: else there is no utilisation */
    Micro utilization;
    Hist wait;
    int64_t peak_queue;
} ResourceResults;

/* What bounds a server. */
typedef enum BoundKind {
    BOUND_NONE,
    BOUND_LOOP,
    BOUND_CORES,
    BOUND_WORKERS,
    BOUND_THREADS,
    BOUND_RESOURCE,
    BOUND_MEMORY,
    BOUND_CONNECTIONS
} BoundKind;

typedef struct Bottleneck {
    BoundKind kind;
    const char *what; /* "loop thread", "resource db" …; "none" */
    Micro utilization;
    Micro breaks_at;    /* responses per second at which it would be full; -1: unknown */
    const char *why;    /* one sentence */
    const char *advice; /* what to try; NULL: nothing to say */
} Bottleneck;

typedef struct Results {
    const char *name, *model;
    WorldEnd end;
    bool out_of_memory; /* end is WORLD_LIMIT: the limit was that of memory */
    Time simulated, window_from, window_to;
    uint64_t events, digest;
    uint64_t connections_arrived, connections_accepted, connections_refused;
    int64_t peak_open;
    HandlerResults all, *handlers;
    int handler_count;
    CpuResults cpu;
    uint64_t threads_peak, threads_created;
    int64_t memory_peak;
    bool has_loop, has_pool, has_carriers;
    LoopResults loop;
    PoolResults pool;
    ResourceResults *resources;
    int resource_count;
    Bottleneck bottleneck;
    Hist population; /* the number in the system, weighted by ns: its sum is the integral of the number in flight */
    Hist queueing;   /* accept_wait + ready_wait of completed requests */
    SlowRequest slowest[SLOWEST]; /* the slowest first; their blame in the order of BlameResults */
    int slow_count;
    struct SeriesStep *series;     /* series.h; of the first of several runs */
    int series_count;              /* 0: not wanted */
    struct Replicates *replicates; /* of the runs that this is the whole of; NULL: of one run */
    BlameResults blame;
} Results;

Time results_blame(const Results *results, int handler, int cause); /* all waits */
Time results_waits(const Time time[PARTS]);                         /* what of it is waits */

/* The pair that cost most time over all requests, the wait in which most of it lies, and what was waited for there;
 * false: nobody waited for anybody. */
typedef struct BlamePair {
    int handler, cause, wait;
    Site site;
} BlamePair;
bool results_worst(const Results *results, BlamePair *pair);

/* The worst pair as a sentence without its full stop: "`get` waited 16.2 ms of its 25.0 ms for `report` to leave the
 * loop (step 3, cpu)". False: nobody waits for long. */
bool blame_sentence(Buf *buf, const Results *results);
/* Its beginning: "`get` waited 16.2 ms of its 25.0 ms for `report`". */
bool blame_clause(Buf *buf, const Results *results, const BlamePair *pair);
void results_put_time(Buf *buf, Time ns); /* with three digits and its unit */

/* Of a run that is over (stats_close). Everything is copied into mem, apart from the names, which are the spec's.
 * program may be NULL. */
Results *results_take(Mem *mem, const Spec *spec, const Program *program, const SpecServer *server, const Probe *probe,
                      WorldEnd end);

/* The count that a server's model has under this key ("workers", "loops", "threads"); -1 where it has no such key. */
int64_t results_config(const SpecServer *server, const char *key);

/* Fills results->bottleneck, the last part of results_take. */
void bottleneck_find(Results *results, Mem *mem, const Spec *spec, const Program *program, const SpecServer *server,
                     const Stats *stats);

/* Fills results->blame, the rows of the handlers, and that of the slowest (from the run's memory to mem). */
void blame_take(Results *results, Mem *mem, const Spec *spec, const Blame *blame);
void blame_settle(Results *results); /* gives what the causes of each wait lack of it in `time` to the largest */

extern const char *const world_end_name[]; /* by WorldEnd: "drained" … */

#endif
