/* machine: identical cores, a scheduler, and the threads that it runs.
 *
 * A thread is a function that says what it needs next. The machine calls it when it may go on: when it starts, when
 * the CPU time that it asked for has been given in full, when it was woken. What needs no CPU time needs no core:
 * such a thread goes on at once. Threads go on at RANK_THREAD: after all that happens outside at the same instant.
 *
 * Schedulers (machine.scheduler):
 * fair: one run queue by virtual runtime, which grows with the time on a core. The mean is that of all threads that run
 * or wait for a core, rounded down, as far as it had come (it never falls); it is looked at whenever a thread wakes, is
 * new, leaves its core or is at the end of its slice. A thread that wakes gets at least the mean less half a slice; if
 * the mean has grown by no more than 1 ms since it left its core, that is added first (it keeps its lag). A new thread
 * gets the mean. Where no core is free, who wakes preempts the running thread with the largest virtual runtime, if that
 * is ahead by more than 1 ms. A slice is time_slice, however many wait. Next is, of those who are eligible (at the mean
 * or below it), the one with the earliest deadline, ties by virtual runtime and age; if nobody is, the one with the
 * smallest virtual runtime. A deadline is 1.4 ms (or time_slice, if that is less) after the virtual runtime that the
 * thread has when it is set: when it is new, wakes at the mean or below it, leaves its core having reached the last
 * one, is preempted, or has used up a slice; then the next one may be the same thread again. With no one waiting
 * nobody is preempted and no event is spent on it.
 * round-robin: one FIFO run queue; a slice each. A slice that was over before anybody waited ends when somebody does.
 * fifo: one FIFO run queue; run to completion of the CPU time asked for, and of what directly follows.
 * processor-sharing: each of n runnable threads gets min(1, cores / n) of a core; attained service in fixed point,
 * completions rounded up to 1 ns. Nothing is switched and nobody waits: `switch` and `idle_wake` are not charged.
 *
 * Which core: the one that the thread had last, if it is idle, else the idle core with the lowest number; who waits
 * gets the first that becomes free. A core that goes from one thread to another pays `switch` in front of the burst
 * (overhead of the thread that comes, outside its slice, inside its virtual runtime). A core that was idle since an
 * earlier instant starts `idle_wake` later: it is taken, the thread still waits. */
#ifndef MODEL_MACHINE_MACHINE_H
#define MODEL_MACHINE_MACHINE_H

#include "../../sim/kernel.h"
#include "../observe/account.h"
#include "../spec/spec.h"

struct Probe;
typedef struct Thread Thread;
typedef struct Machine Machine;

typedef enum NeedKind {
    NEED_CPU,  /* `ns` of CPU time, > 0 (0 is allowed and costs nothing) */
    NEED_WAIT, /* nothing until machine_wake */
    NEED_EXIT  /* the thread is over; the machine forgets it and calls `gone`, then the Thread is its owner's again */
} NeedKind;

typedef struct Need {
    uint8_t kind; /* NeedKind */
    uint8_t part; /* NEED_CPU: PART_CPU (the work itself) or PART_OVERHEAD (a cost) */
    bool blocked; /* NEED_WAIT: in a synchronous wait (shown as D), not just idle */
    Time ns;
} Need;

/* What a runtime or the kernel takes, on the way to something. */
static inline Need need_overhead(Time cost)
{
    return (Need){.kind = NEED_CPU, .part = PART_OVERHEAD, .ns = cost};
}

typedef enum ThreadKind {
    THREAD_LOOP,
    THREAD_WORKER,
    THREAD_ACCEPTOR,
    THREAD_CONNECTION,
    THREAD_POOLED,
    THREAD_CARRIER
} ThreadKind;

struct Thread {
    /* The owner's, before machine_start: */
    Need (*resume)(Thread *thread);
    void (*gone)(Thread *thread);  /* after NEED_EXIT; may be NULL */
    bool (*woken)(Thread *thread); /* NULL, or: it was never started, who runs it (a carrier) is told of machine_wake */
    ThreadKind kind;
    uint32_t number; /* among its kind, from 1 (a thread of a connection: the connection's number) */
    int64_t memory;  /* bytes that it takes as long as it lives */
    Strand *strand;  /* on whose account it runs now; NULL: on nobody's. The owner changes it freely */

    /* The machine's: */
    Event event; /* its going on, or the end of what it does on a core */
    Machine *machine;
    Thread *next;      /* in the run queue */
    struct Core *core; /* on which it runs; NULL: on none */
    Time left;         /* of the CPU time asked for */
    int64_t vruntime;  /* fair: its virtual runtime; processor-sharing: what its service is at its completion */
    union {
        uint64_t fraction; /* processor-sharing: of that, in 2^-64 ns */
        int64_t deadline;  /* fair: a virtual runtime */
    };
    int64_t slept_at;        /* fair: the mean virtual runtime when it left its last core */
    uint64_t serial;         /* in order of machine_start, from 1: breaks ties */
    uint32_t home;           /* the core that it had last, 0 at first */
    uint8_t state;           /* scheduler.h */
    uint8_t shown;           /* STATE_ of probe.h */
    uint8_t part;            /* of the CPU time asked for */
    uint32_t track;          /* the view's */
    struct Station *station; /* blame's: what waits for this thread; NULL: nobody has asked for it */
    struct Station *group;   /* blame's: what waits for any of several threads; NULL: this is none of them */
    int32_t cause;           /* blame's */
    uint8_t doing;           /* blame's */
};

typedef struct MachineStats {       /* integrals since the start; the probe takes differences for its window */
    Time user, overhead, switching; /* core time, of all cores */
    Time wasted; /* of user and overhead: for attempts that were given up, by the client or by request_timeout */
    uint64_t switches;
    uint64_t threads, threads_peak, threads_created;
    int64_t memory, memory_peak;
    uint64_t runnable; /* waiting for a core now */
} MachineStats;

Machine *machine_new(Mem *mem, Kernel *kernel, const SpecMachine *spec, struct Probe *probe);
/* Brings the integrals of the stats up to now: running bursts are counted as far as they came. */
void machine_settle(Machine *machine);
const MachineStats *machine_stats(const Machine *machine);
/* What things cost from now on, and whose draws idle_wake makes; without this, what the spec says, from seed 0. */
void machine_set_costs(Machine *machine, const Costs *costs, uint64_t seed);
const Costs *machine_costs(const Machine *machine);
void machine_waste(Machine *machine, Time ns); /* of what was charged before */

/* The thread exists from now on, takes its memory and goes on for the first time (at this instant, at RANK_THREAD).
 * Whether it fits was asked with machine_fits before. */
void machine_start(Machine *machine, Thread *thread);

/* A waiting thread goes on at this instant (at RANK_THREAD). False, and nothing happens, where it does not wait (or
 * was never started: zeroed) or was woken already: so true says that the waker owes `wake`. A thread that is just
 * being asked for its need does not wait: it looks for itself, before it says NEED_WAIT, whether what it waits for
 * is there. */
bool machine_wake(Machine *machine, Thread *thread);

/* From now on, and for so long, no thread gets any further (a collector that stops the world): bursts, slices and
 * threads that would go on are put off by that. What a running thread waits for is PART_PREEMPTED. Not while it is
 * paused already. */
void machine_pause(Machine *machine, Time duration);

/* Memory of threads, connections and queues. take: false where it does not fit; give back exactly what was taken. */
bool machine_fits(const Machine *machine, int64_t bytes);
bool machine_take(Machine *machine, int64_t bytes);
void machine_give(Machine *machine, int64_t bytes);

#endif
