/* probe: what happens in a run, in the words of the domain. The servers, the machine, the clients and the loop call
 * these notes; the observers behind them (digest, stats, view, blame) never talk back, so a run with and without them
 * is the same run.
 *
 * Each note is a few lines: it keeps the account of the strand it concerns, adds itself to the digest where it is part
 * of what happened (arrival, accept, step start and end, callback, response, outcome), counts, and hands itself to the
 * view where there is one. Those that a request meets many times are inline. Only note_part, the begin, fork and adopt
 * of a strand and note_want change accounts: whoever queues or serves says with note_part what the strand does from
 * then on. */
#ifndef MODEL_OBSERVE_PROBE_H
#define MODEL_OBSERVE_PROBE_H

#include "../../sim/digest.h"
#include "../../sim/kernel.h"
#include "../machine/world.h"
#include "account.h"
#include "blame.h"
#include "stats.h"
#include "view.h"
#include "watch.h"

typedef enum Phase { PHASE_TIMERS, PHASE_PENDING, PHASE_PREPARE, PHASE_POLL, PHASE_CHECK, PHASE_CLOSING, PHASES } Phase;
extern const char *const phase_name[PHASES]; /* "timers" … as in traces */

/* What a callback on the loop is for. */
typedef enum CallbackKind {
    CALLBACK_MAIN,
    CALLBACK_CONNECTION,
    CALLBACK_REQUEST,
    CALLBACK_EOF,
    CALLBACK_IO,
    CALLBACK_POOL,
    CALLBACK_TIMER,
    CALLBACK_IMMEDIATE,
    CALLBACK_CLOSE,
    CALLBACK_PROCESS,
    CALLBACK_KINDS
} CallbackKind;

/* States of a thread, with the numbers of ThreadState in traces/sink.h (view.c checks it). */
enum { STATE_RUNNING, STATE_READY, STATE_SLEEPING, STATE_BLOCKED, STATE_GONE };

typedef struct Probe {
    const Kernel *kernel;
    uint64_t digest;
    Time notes_at;      /* when the last note went into the digest */
    int64_t notes_left; /* so many more at that instant; then a spin that costs nothing may end the run */
    uint64_t notes_end; /* how many they are altogether when none is left */
    bool spinning;
    /* See probe_busy: so much by now; where to look again; at the instant's start. */
    uint64_t busy, busy_check, busy_since;
    Time busy_at;
    bool leave;         /* whoever walks a program leaves it: a spin, or a signal */
    uint64_t callbacks; /* entered by a loop */
    Kernel *stops;      /* the same kernel: what a spin stops */
    Stats *stats;       /* never NULL */
    View *view;         /* NULL: no trace */
    const Watch *watch; /* NULL: nobody follows step by step */
    Blame *blame;       /* NULL: not wanted */
} Probe;

/* A tag for each kind of note, part of the digest: never renumber. */
typedef enum Tag {
    TAG_CONNECT = 1,
    TAG_ACCEPT,
    TAG_WANT,
    TAG_BEGIN,
    TAG_STEP,
    TAG_STEP_END,
    TAG_CALLBACK,
    TAG_RESPOND,
    TAG_OUTCOME,
    TAG_LINE,
    TAG_CLOSE
} Tag;

/* kernel may be NULL and set later with probe_kernel, before the first note. */
void probe_init(Probe *probe, Kernel *kernel, Stats *stats);
void probe_kernel(Probe *probe, Kernel *kernel);
void probe_spin(Probe *probe); /* out of line: stops the kernel where so many notes at one instant are a spin */
uint64_t probe_result(const Probe *probe); /* the digest of the run so far */

static inline Time probe_now(const Probe *probe)
{
    return probe->kernel->now;
}

#ifdef LOOPSIM_HASTY /* make fuzz: a spin is found five hundred times sooner */
enum { SPIN_NOTES = 2000, BUSY_MOST = 20000, BUSY_EVERY = 1 << 10 };
#else
enum { SPIN_NOTES = 1000000, BUSY_MOST = 10000000, BUSY_EVERY = 1 << 16 }; /* at one instant */
#endif

/* Somebody wants to be told. */
static inline bool probe_told(const Probe *probe)
{
    return rarely(((uintptr_t)probe->view | (uintptr_t)probe->watch) != 0);
}

/* How many notes went into the digest: `events` of the results. */
static inline uint64_t probe_notes(const Probe *probe)
{
    return probe->notes_end - (uint64_t)probe->notes_left;
}

/* A word of time where it has changed, then a word a note. No time has a tag: it would take more than ten years. */
static inline void probe_digest(Probe *probe, Tag tag, uint64_t a, uint64_t b)
{
    Time now = probe_now(probe);
    uint64_t digest = probe->digest;
    if (now != probe->notes_at) {
        probe->notes_at = now;
        probe->notes_end = probe_notes(probe) + SPIN_NOTES;
        probe->notes_left = SPIN_NOTES;
        digest = digest_add(digest, (uint64_t)now);
    }
    probe->digest = digest_add(digest, (uint64_t)tag << 56 ^ a << 24 ^ b);
    if (rarely(--probe->notes_left < 0))
        probe_spin(probe);
}

/* What takes no simulated time and is no note: the turn of a loop, a call, a microtask. Sets `leave` where so much of
 * it happens at one instant that it is a spin, or where a signal has asked the run to stop. */
enum { BUSY_TURN = 1, BUSY_CALL = 10 };
void probe_stuck(Probe *probe);

static inline void probe_busy(Probe *probe, unsigned weight)
{
    probe->busy += weight;
    if (rarely(probe->busy >= probe->busy_check))
        probe_stuck(probe);
}

/* ---- strands ---- */
void note_strand_begin(Probe *probe, Strand *strand, Request *request, Part part); /* a new account, all zero */
/* A copy of the account so far; a branch of its own. */
void note_strand_fork(Probe *probe, Strand *child, const Strand *parent);
/* The parent goes on by way of the child; same part as the child. */
void note_strand_adopt(Probe *probe, Strand *parent, const Strand *child);

/* Brings the account up to now. What lies before the window does not count for the step. */
static inline void probe_settle(Probe *probe, Strand *strand, Time now)
{
    Time since = strand->since, span = now - since;
    if (span == 0)
        return;
    strand->spent[strand->part] += span;
    strand->since = now;
    if (rarely(since < probe->stats->opened))
        span = probe->stats->opened < now ? now - probe->stats->opened : 0;
    sum_add(&strand->row->spent[strand->part], (uint64_t)span);
}

/* It goes over into this part now, in which it waits for `station`; NULL strand: nothing. */
static inline void note_wait(Probe *probe, Strand *strand, Part part, Station *station)
{
    if (!strand)
        return;
    if (strand->part == part) {
        if (probe->blame && station && is_wait(part) && station != strand->waits_at)
            blame_part(probe->blame, strand, part, station);
        return;
    }
    if (probe->blame && (is_wait(part) || is_wait(strand->part)))
        blame_part(probe->blame, strand, part, station);
    Time now = probe_now(probe);
    probe_settle(probe, strand, now);
    if (rarely(probe->view))
        view_part(probe->view, now, strand, part);
    strand->part = part;
}

/* It goes over into this part now; NULL strand: nothing. Where the part is a wait, what for is said by a note_wait at
 * the same instant. */
static inline void note_part(Probe *probe, Strand *strand, Part part)
{
    note_wait(probe, strand, part, NULL);
}

/* The thread's own station, made when it is first asked for; NULL where no blame is wanted. */
static inline Station *note_thread_station(Probe *probe, Thread *thread)
{
    if (!probe->blame)
        return NULL;
    return thread->station ? thread->station : blame_new_thread_station(probe->blame, thread);
}

/* It is ready, and waits for this thread to go on with it. */
static inline void note_behind(Probe *probe, Strand *strand, Thread *thread)
{
    if (strand)
        note_wait(probe, strand, PART_READY_WAIT, note_thread_station(probe, thread));
}

/* Its thread, which slept or was blocked, goes on with it at this instant. Where the thread does so for it alone, what
 * it waits for next is said by whoever makes it wait: the machine. */
static inline void note_goes_on(Probe *probe, Strand *strand, Thread *thread, bool alone)
{
    if (alone && thread->kind != THREAD_LOOP && !thread->woken)
        note_part(probe, strand, PART_READY_WAIT);
    else
        note_behind(probe, strand, thread);
}

/* It is ready, and its thread waits for a core from this instant on. */
static inline void note_for_core(Probe *probe, Strand *strand, Part part)
{
    note_wait(probe, strand, part, probe->blame ? blame_cores(probe->blame) : NULL);
}

/* It is ready, and its thread waits for an idle core to start. */
static inline void note_wake_up(Probe *probe, Strand *strand)
{
    note_wait(probe, strand, PART_READY_WAIT, probe->blame ? blame_wake_up(probe->blame) : NULL);
}

/* The process stands still; whatever part that is for the strand. */
static inline void note_paused(Probe *probe, Strand *strand, Part part)
{
    note_wait(probe, strand, part, probe->blame ? blame_paused(probe->blame) : NULL);
}

static inline void note_pause(Probe *probe, Time until)
{
    if (probe->blame)
        blame_pause(probe->blame, until);
}

/* ---- what one waits for (blame.h) ---- */
/* NULL where no blame is wanted: the notes of a station that is NULL do nothing. */
static inline Station *note_station(Probe *probe, int idle)
{
    return probe->blame ? blame_station(probe->blame, idle) : NULL;
}

static inline void note_hold(Station *station, int cause)
{
    if (station)
        station_hold(station, cause);
}

static inline void note_free(Station *station, int cause)
{
    if (station)
        station_free(station, cause);
}

/* On whose behalf something is done: the handler of the strand's request; where there is none, `otherwise`. */
static inline int cause_of(const Strand *strand, int otherwise)
{
    return strand && strand->request ? CAUSES + strand->request->handler : otherwise;
}

static inline int own_cause(const Thread *thread) /* what it does for no request */
{
    return thread->kind == THREAD_LOOP       ? CAUSE_LOOP
           : thread->kind == THREAD_ACCEPTOR ? CAUSE_ACCEPTOR
           : thread->kind == THREAD_WORKER   ? CAUSE_WORKER
                                             : CAUSE_THREAD;
}

static inline void note_doing(Probe *probe, Thread *thread, Doing doing)
{
    if (!probe->blame)
        return;
    if (doing == DOES_RUN && thread->doing == DOES_RUN && thread->cause == cause_of(thread->strand, own_cause(thread)))
        return;
    blame_thread(probe->blame, thread, doing);
}

/* ---- connections and requests ---- */
void note_connect(Probe *probe, Connection *connection);     /* the client wants one */
void note_established(Probe *probe, Connection *connection); /* it stands in the backlog */
void note_accept(Probe *probe, Connection *connection);
void note_connection_refused(Probe *probe, Connection *connection);
void note_close(Probe *probe, Connection *connection); /* both sides are through */
void note_want(Probe *probe, Request *request);  /* arrived: the client wants to send; its account begins (network) */
void note_begin(Probe *probe, Request *request); /* its handler is entered */
void note_respond(Probe *probe, Request *request);
void note_retry(Probe *probe, Request *request);
void note_outcome(Probe *probe, Request *request, Outcome outcome);
void note_request_gone(Probe *probe, Request *request); /* both sides are through with it */

/* ---- steps ---- */
static inline uint64_t probe_strand(const Strand *strand)
{
    return strand && strand->request ? strand->request->number : 0;
}

static inline uint64_t probe_place(const Strand *strand, int32_t step)
{
    return (strand ? (uint64_t)strand->branch << 16 : 0) ^ (uint32_t)step;
}

static inline void note_step(Probe *probe, Strand *strand, int32_t step) /* begins */
{
    probe_digest(probe, TAG_STEP, probe_strand(strand), probe_place(strand, step));
    probe->stats->steps[step].begun++;
    if (strand) {
        probe_settle(probe, strand, probe_now(probe));
        strand->step = step;
        strand->row = &probe->stats->steps[step];
    }
    if (rarely(probe->view))
        view_step(probe->view, probe_now(probe), strand, step);
}

/* Within another step (`lock`), that one goes on only with its own next note: time between them is no step's. */
static inline void note_step_end(Probe *probe, Strand *strand, int32_t step)
{
    probe_digest(probe, TAG_STEP_END, probe_strand(strand), probe_place(strand, step));
    if (strand) {
        probe_settle(probe, strand, probe_now(probe));
        strand->step = -1;
        strand->row = strand->between;
    }
    if (rarely(probe->view))
        view_step_end(probe->view, probe_now(probe), strand, step);
}

/* A text step, or a printed line of a program (strand NULL). */
void note_line(Probe *probe, Strand *strand, const char *text, size_t size);

/* ---- threads and memory: from the machine ---- */
void note_thread(Probe *probe, Thread *thread); /* it exists */
/* Out of line: of loops, and the end of a connection's. */
void probe_thread_state(Probe *probe, Thread *thread, int state);

/* STATE_…; core from 0, -1: none */
static inline void note_thread_state(Probe *probe, Thread *thread, int state, int core)
{
    if (thread->kind == THREAD_LOOP || (thread->kind == THREAD_CONNECTION && state == STATE_GONE))
        probe_thread_state(probe, thread, state);
    if (rarely(probe->view))
        view_thread_state(probe->view, probe_now(probe), thread, state, core);
}

static inline void note_runnable(Probe *probe, uint64_t waiting) /* length of the run queue */
{
    level_set(&probe->stats->runnable, probe_now(probe), (int64_t)waiting);
    if (rarely(probe->view))
        view_runnable(probe->view, probe_now(probe), waiting);
}

static inline void note_memory(Probe *probe, int64_t bytes)
{
    if (rarely(probe->view))
        view_memory(probe->view, probe_now(probe), bytes);
}

/* ---- the loop ---- */
static inline void note_iteration(Probe *probe, Thread *loop, bool begins)
{
    probe->stats->iterations += begins;
    if (rarely(probe->view))
        view_iteration(probe->view, probe_now(probe), loop, begins);
}

void probe_tell_phase(Probe *probe, Thread *loop, Phase phase, bool begins);
static inline void note_phase(Probe *probe, Thread *loop, Phase phase, bool begins)
{
    if (probe_told(probe))
        probe_tell_phase(probe, loop, phase, begins);
}

static inline void note_idle(Probe *probe, Thread *loop, bool begins) /* waiting in poll */
{
    level_change(&probe->stats->idle, probe_now(probe), begins ? 1 : -1);
    if (rarely(probe->view))
        view_idle(probe->view, probe_now(probe), loop, begins);
    if (rarely(probe->watch))
        probe->watch->idle(probe->watch->context, begins);
}

static inline void note_ready(Probe *probe, Thread *loop, int change) /* callbacks that are ready: +1, -1 */
{
    if (rarely(probe->view))
        view_ready(probe->view, probe_now(probe), loop, change);
}

void probe_tell_callback(Probe *probe, Thread *loop, CallbackKind kind, Time ready, Strand *strand, const char *name);

/* A callback is entered; `ready` is when what it is for became ready (lag = now - ready; TIME_NEVER: does not count),
 * `strand` whose it is (may be NULL), `name` for traces. */
static inline void note_callback(Probe *probe, Thread *loop, CallbackKind kind, Time ready, Strand *strand,
                                 const char *name)
{
    if (probe_told(probe))
        probe_tell_callback(probe, loop, kind, ready, strand, name);
    probe_digest(probe, TAG_CALLBACK, probe_strand(strand), (uint64_t)kind);
    probe->callbacks++;
    if (ready != TIME_NEVER)
        hist_add(&probe->stats->lag, probe_now(probe) - ready);
}

void probe_tell_callback_end(Probe *probe, Thread *loop);
static inline void note_callback_end(Probe *probe, Thread *loop)
{
    if (probe_told(probe))
        probe_tell_callback_end(probe, loop);
}

/* Ticks, or microtasks, where there are any. */
static inline void note_drain(Probe *probe, Thread *loop, bool microtasks, bool begins)
{
    if (rarely(probe->view))
        view_drain(probe->view, probe_now(probe), loop, microtasks, begins);
    if (rarely(probe->watch))
        probe->watch->drain(probe->watch->context, microtasks, begins);
}

/* Something was scheduled now that will run as another callback: returns the number of the hop (a flow), 0 where
 * nobody listens. The callback that goes on says it with note_arrives, before its note_callback. */
static inline uint64_t note_leaves(Probe *probe, Thread *from, Strand *strand)
{
    return probe->view ? view_leaves(probe->view, probe_now(probe), from, strand) : 0;
}

static inline void note_arrives(Probe *probe, Thread *at, uint64_t hop)
{
    if (rarely(probe->view))
        view_arrives(probe->view, probe_now(probe), at, hop);
}

/* A thread begins to serve a request (reading it comes first), or is through with the one it served: NULL. */
static inline void note_serve(Probe *probe, Thread *thread, Request *request)
{
    if (rarely(probe->view))
        view_serve(probe->view, probe_now(probe), thread, request);
}

/* What stands in Node's queues while time passes. */
static inline void note_queues(Probe *probe, int64_t timers, int64_t immediates, int64_t ticks, int64_t microtasks)
{
    if (rarely(probe->view))
        view_queues(probe->view, probe_now(probe), timers, immediates, ticks, microtasks);
}

/* ---- the pool and resources ---- */
/* The pool: queue length and busy workers. A pool of threads that serve requests says it as well: queued for a thread,
 * held by one. */
void note_task(Probe *probe, Strand *strand, int change_queued, int change_busy);
/* worker NULL: counted, but no slice of its own; then there is no note_task_end. */
void note_task_start(Probe *probe, Thread *worker, Strand *strand, Time queued_at, const char *name);
void note_task_end(Probe *probe, Thread *worker);
void note_call(Probe *probe, Strand *strand, int resource, int change_queued, int change_served);
void note_call_done(Probe *probe, Strand *strand, int resource, Time queued_at, Time started_at, bool failed);

#endif
