/* spec: the validated, immutable spec: what a person wrote, with every default filled in.
 *
 * Durations are ns, rates per second, sizes bytes. Bodies of steps stay Json here; model/program compiles them.
 * Everything lives in the Mem that it was read with. */
#ifndef MODEL_SPEC_SPEC_H
#define MODEL_SPEC_SPEC_H

#include "keys.h"
#include "units.h"

struct ServerModel;

typedef enum SpecKind { SPEC_WORKLOAD, SPEC_PROGRAM } SpecKind;
typedef enum SchedulerKind { SCHED_FAIR, SCHED_ROUND_ROBIN, SCHED_FIFO, SCHED_PROCESSOR_SHARING } SchedulerKind;

/* CPU time charged to the thread that does the thing, unless it says otherwise. */
/* A cost that depends on something: linear between the points (the change since the
 * point before is rounded down), level outside of them. One point: a constant.
 * Without any, the cost is what its field says. */
enum { COST_POINTS_MOST = 16 };
typedef struct CostPoints {
    int count;
    struct CostPoint {
        int64_t at; /* connections, or ns of computing; ascending */
        Time cost;
    } point[COST_POINTS_MOST];
} CostPoints;

typedef struct Costs {
    Time accept, read, write, close;
    Time poll;                                /* one epoll_wait */
    Time poll_event;                          /* each event that it returns */
    Time watch;                               /* registering a descriptor */
    Time callback;                            /* entering one */
    Time timer;                               /* arming one */
    Time submit;                              /* loop → pool */
    Time complete;                            /* pool → loop, per task, paid by the loop */
    Time wake;                                /* waking a sleeping thread: paid by the waker */
    Time timer_slack;                         /* delay, no CPU: how late a sleep ends */
    Time sleep;                               /* a thread that sleeps: the kernel's timer and its interrupt */
    Time switch_;                             /* a core goes from one thread to another ("switch") */
    Time spawn, exit;                         /* a thread */
    Time request;                             /* what Node's http and JavaScript take for a request */
    int64_t thread_memory, connection_memory; /* bytes */
    const Dist *idle_wake;        /* delay, no CPU: a core that was idle starts so much later; NULL: at once */
    bool varies;                  /* with the connections that are open: by_connections has more than a point */
    CostPoints by_connections[5]; /* of read, write, poll_event, callback and switch_, in this order */
    CostPoints cold;              /* by computing: what comes after a cpu step takes so much more */
    CostPoints request_cold;      /* the same, of Node's http and JavaScript */
} Costs;

typedef struct SpecMachine {
    const char *profile; /* "linux", "ideal" or a file */
    int64_t cores;
    int scheduler; /* SchedulerKind */
    Time time_slice;
    int64_t memory; /* 0: unlimited */
    Costs costs;    /* the profile's with the overrides */
} SpecMachine;

typedef struct SpecNetwork {
    const Dist *rtt;  /* NULL: none */
    double bandwidth; /* bytes per second; 0: unlimited */
    Time syn_retry[16];
    int syn_retries;
} SpecNetwork;

typedef enum ResourceVia { VIA_KERNEL, VIA_FS, VIA_DNS, VIA_CPU } ResourceVia;

typedef struct SpecResource {
    const char *name;
    const Dist *latency;
    int64_t concurrency; /* 0: unlimited */
    int64_t queue;       /* longest queue; -1: unlimited */
    int via;             /* ResourceVia */
    double error_rate;
    Time timeout; /* 0: none */
    JsonPlace place;
} SpecResource;

typedef struct SpecBody { /* a handler, or a function */
    const char *name;
    const Json *body;
    JsonPlace place;
} SpecBody;

typedef struct SpecMix {
    int handler;   /* index */
    double weight; /* > 0 */
} SpecMix;

/* How many, where it may be drawn: `fixed`, or geometric with this mean (at least 1). */
typedef struct SpecCount {
    int64_t fixed;         /* 0: not given */
    double geometric_mean; /* 0: not geometric */
} SpecCount;

typedef struct SpecRatePhase {
    double rate;
    const Dist *during;
} SpecRatePhase;
typedef struct SpecStage {
    Time during;
    double to;
} SpecStage;
typedef struct SpecArrival {
    Time at;
    int handler; /* -1: the mix decides */
} SpecArrival;

typedef enum ArrivalKind {
    ARRIVE_POISSON,
    ARRIVE_EVERY,
    ARRIVE_AT,
    ARRIVE_INTERARRIVAL,
    ARRIVE_BURSTS,
    ARRIVE_MODULATED,
    ARRIVE_STAGES,
    ARRIVE_FILE,
    ARRIVE_CLIENTS
} ArrivalKind;

typedef struct SpecArrivals {
    int kind;    /* ArrivalKind */
    double rate; /* poisson, per second */
    Time every;
    const SpecArrival *at; /* at, file: ascending */
    size_t at_count;
    const Dist *interarrival;
    const Dist *burst_every;
    SpecCount burst_size;
    const SpecRatePhase *phases;
    size_t phase_count;
    const SpecStage *stages;
    size_t stage_count;
    int64_t clients;
    const Dist *think; /* clients; NULL: none */
    const SpecMix *mix;
    size_t mix_count;          /* at least 1 */
    SpecCount requests;        /* per connection; neither given: 1 for open arrivals, no end for clients */
    const Dist *pause;         /* NULL: none */
    int64_t count;             /* 0: no limit */
    Time timeout;              /* 0: none */
    int64_t retry_attempts;    /* 0: no retry */
    const Dist *retry_backoff; /* NULL: at once */
    double retry_jitter;       /* share of the back-off that is drawn uniformly; 0 … 1 */
    int64_t request_bytes, response_bytes;
    JsonPlace place;
} SpecArrivals;

typedef struct SpecServer {
    const char *name;
    const struct ServerModel *model;
    void *config; /* the model's own struct, filled from its table of keys */
    int64_t backlog;
    int64_t max_connections;             /* 0: unlimited */
    Time request_timeout;                /* 0: none */
    Time keep_alive_timeout;             /* 0: none */
    const Dist *pause_every, *pause_for; /* NULL: none */
    JsonPlace place;
} SpecServer;

typedef struct SpecRequirement { /* text only here; model/observe/verdict parses and binds it */
    const char *text;
    JsonPlace place;
} SpecRequirement;

typedef struct Spec {
    SpecKind kind;
    const char *file, *name, *about; /* about may be NULL */
    uint64_t seed;
    uint64_t digest; /* of the resolved JSON tree without $schema, about, expect and seed */
    Time duration;   /* TIME_NEVER: until everything is done */
    Time warmup;
    bool warmup_auto;
    SpecMachine machine;
    SpecNetwork network;
    const SpecResource *resources;
    int resource_count;
    const SpecBody *handlers;
    int handler_count;
    const SpecBody *functions;
    int function_count;
    const SpecArrivals *arrivals; /* one a stream */
    int stream_count;
    const SpecServer *servers;
    int server_count;
    const SpecRequirement *expect;
    int expect_count;

    /* a program */
    int esm;          /* 1: "module" is "esm" */
    int64_t threads;  /* the pool's; 4 */
    int legacy_order; /* 1: "order" is "libuv-1.44" */
    const Json *vars; /* NULL: none */
    const Json *main;

    const Json *root; /* the resolved tree: what was written, --set, and every default */
} Spec;

/* Where help, schema and reference begin: a workload, a program, a distribution, a cost file. All other tables are
 * reachable from these through their rows, but for the keys of the server models. Ends with NULL. */
extern const KeyTable *const spec_tables[];

/* ---- reading ---- */

typedef struct SpecText { /* a file that the cli has read */
    const char *file;
    const char *bytes;
    size_t size;
} SpecText;

typedef struct SpecOptions {
    const char *const *set; /* "PATH=VALUE", in order */
    int set_count;
    const uint64_t *seed; /* overrides; NULL: not given */
    /* Reads a file that the spec names (arrivals, cost table), relative to the spec; NULL with *error where it
     * cannot. The bytes live in mem. */
    const char *(*read_file)(void *context, Mem *mem, const char *path, size_t *size, const char **error);
    void *context;
} SpecOptions;

/* NULL where anything is wrong: diag then has it all (the file's errors; those of steps come from program_compile). */
Spec *spec_read(Mem *mem, SpecText text, const SpecOptions *options, Diag *diag);

/* One value with where it came from, for `check --print`: in file order. */
typedef void SpecPrintFn(void *context, const char *path, const char *value, const char *origin);
void spec_print(const Spec *spec, Mem *mem, SpecPrintFn *print, void *context);

#endif
