/* blame: who kept whom waiting.
 *
 * A *station* is something that one waits for: a thread (the loop's, the acceptor's), the cores, the workers of a pool,
 * the threads of a server, a resource, a lock. At every moment it has *holders*, each on behalf of a *cause*: a
 * handler, or what the server does for nobody in particular (the named causes below). While somebody waits for a
 * station, each span of time is divided among its holders in equal shares (whole ns; what is left over goes to the
 * holders of the lowest causes, 1 ns each), so that what a station has been held by grows exactly as time does. Who
 * begins to wait notes what that is; who has waited takes the difference. So for each handler the causes add up to its
 * waits, to the nanosecond, and by construction.
 *
 * What does not run itself passes the blame on: a thread that waits for a core is held up by whatever holds the cores;
 * an acceptor that may not accept, by whatever holds the server's threads. A thread that is blocked in a synchronous
 * wait is held by the handler that blocks it, and so are a worker, a resource, a lock and a serving thread by the
 * handler that has them, whatever that handler waits for itself. How much of it the cores kept is noted as well: a
 * request that waits to be accepted, or for its loop, may wait for a handler to leave that, or for a core of its own.
 *
 * An observer (see probe.h): the run is the same with and without it, and only the notes call what is declared here.
 * It lives in the Mem of the run. A station that nobody waits for costs a few instructions a change. */
#ifndef MODEL_OBSERVE_BLAME_H
#define MODEL_OBSERVE_BLAME_H

#include "../spec/spec.h"
#include "account.h"
#include "sum.h"

struct Probe;
struct Request;
struct Thread;
typedef struct Blame Blame;
typedef struct Station Station;

/* With more handlers there is no blame: what each request has waited for is kept for every cause. */
enum { BLAME_HANDLERS_MOST = 128 };

/* A cause: one of these, or CAUSES + the number of a handler. */
enum {
    CAUSE_LOOP,            /* the loop's own work: polling, accepting and closing connections without a request */
    CAUSE_ACCEPTOR,        /* the acceptor's */
    CAUSE_WORKER,          /* a worker's: waking the loop */
    CAUSE_THREAD,          /* that of a thread that serves: closing a connection, ending */
    CAUSE_SWITCH,          /* a core that goes from one thread to another */
    CAUSE_WAKE_UP,         /* an idle core, or an idle thread, that starts later */
    CAUSE_IDLE_CONNECTION, /* a thread that is held by a connection without a request */
    CAUSE_PAUSE,           /* the whole process stands still */
    CAUSE_SYN_RETRY,       /* the client, before it sends a dropped SYN again */
    CAUSE_UNKNOWN,         /* nobody said what was waited for: never happens (the tests hold it at 0) */
    CAUSES
};
extern const char *const cause_name[CAUSES]; /* "(loop)" …: no handler has such a name */

/* The parts of an account that are waits for somebody, in the order of the results. */
enum { WAITS = 6 };
extern const Part wait_part[WAITS];
/* A row of causes each, and one more for how much of accept_wait and of ready_wait was for a core. */
enum { BLAME_ON_CORES = WAITS, BLAME_ROWS = WAITS + 2 };
static inline bool is_wait(uint32_t part)
{
    const uint32_t waits = 1 << PART_ACCEPT_WAIT | 1 << PART_READY_WAIT | 1 << PART_PREEMPTED | 1 << PART_POOL_WAIT |
                           1 << PART_RESOURCE_WAIT | 1 << PART_LOCK_WAIT;
    return waits >> part & 1;
}

/* What a thread does, as far as others wait for it. */
typedef enum Doing {
    DOES_RUN,    /* on a core, for its strand or else for itself */
    DOES_SWITCH, /* its core pays for the switch */
    DOES_START,  /* its core wakes up */
    DOES_PAUSE,  /* it has a core, but the process stands still */
    DOES_QUEUE,  /* for a core */
    DOES_BLOCK,  /* in a synchronous wait, for its strand */
    DOES_SLEEP,
    DOES_END
} Doing;

/* NULL: not with so many handlers. */
Blame *blame_new(Mem *mem, const Spec *spec, const struct Probe *probe);

/* Where nobody holds it, `idle` is the cause. Owned by the Blame. */
Station *blame_station(Blame *blame, int idle);
/* Where nobody holds it, it passes the blame on to `behind`; NULL: no longer. */
void station_behind(Station *station, Station *behind);
/* One more holder, or one less. */
void station_hold(Station *station, int cause);
void station_free(Station *station, int cause);
/* It does not exist any more; it is forgotten when nobody waits for it. */
void station_end(Station *station);

Station *blame_cores(Blame *blame);
Station *blame_wake_up(Blame *blame); /* of an idle core */
Station *blame_syn_retry(Blame *blame);
Station *blame_paused(Blame *blame);
void blame_pause(Blame *blame, Time until); /* nothing of the server's runs before `until` */
Station *blame_new_thread_station(Blame *blame, struct Thread *thread); /* its own; it has none yet */
void blame_thread(Blame *blame, struct Thread *thread, Doing doing);
/* Each of the group's threads does what the station is waited for. Before it has run. */
void blame_group(Blame *blame, struct Thread *thread, Station *group);
/* While the thread sleeps (an acceptor: because it may not accept), what waits for it is kept by `behind`. */
void blame_asleep(Blame *blame, struct Thread *thread, Station *behind);

/* The strand goes over into `part` (its own still tells the old one), where one of the two is a wait, and the part or
 * what it waits for is another; station: what it waits for there, NULL: nothing, or it is still to be said, at this
 * instant. */
void blame_part(Blame *blame, Strand *strand, Part part, Station *station);
void blame_begin(Blame *blame, Strand *strand);
void blame_fork(Blame *blame, Strand *child, const Strand *parent);
void blame_adopt(Blame *blame, Strand *parent, const Strand *child);
void blame_request_gone(Blame *blame, struct Request *request);

/* A completed request of the window is counted: adds it to its handler's row. */
void blame_count(Blame *blame, const struct Request *request, Time latency);
/* Aborts where the causes of a handler's waits do not add up to them. */
void blame_check(const Blame *blame, int handler);
int blame_causes(const Blame *blame);                                        /* CAUSES + handlers */
Time blame_of(const Blame *blame, const struct Request *request, int cause); /* all its waits so far */
Time *blame_slow(const Blame *blame, int slow); /* a cause: room for one of the SLOWEST requests */
Sum blame_total(const Blame *blame, int handler, int row, int cause); /* over the requests counted */

#endif
