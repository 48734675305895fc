/* scheduler: the inside of the machine, shared by its three files. machine.c asks threads what they need; cores.c
 * gives real cores to them (fair, round-robin, fifo), sharing.c shares out ideal ones. */
#ifndef MODEL_MACHINE_SCHEDULER_H
#define MODEL_MACHINE_SCHEDULER_H

#include "machine.h"
#include "run_queue.h"

/* Thread.state */
enum {
    RUN_OVER,      /* it has exited, or was never started */
    RUN_WAITS,     /* for machine_wake */
    RUN_WOKEN,     /* goes on at this instant */
    RUN_ASKED,     /* is just being asked what it needs */
    RUN_QUEUED,    /* for a core */
    RUN_STARTING,  /* its core wakes up */
    RUN_SWITCHING, /* its core pays for the switch */
    RUN_BURST      /* it gets its CPU time */
};

typedef struct Core {
    Machine *machine;
    Thread *thread; /* NULL: idle */
    Event slice;    /* the end of the slice, while others wait */
    uint64_t last;  /* the serial of the thread that ran here last, 0: none */
    Time since;     /* up to when the burst is accounted for; idle: since when */
    Time slice_start;
    uint32_t number;
    bool yields; /* the thread leaves when its burst, which ends at this instant, has ended */
} Core;

/* Service that each runnable thread has attained under processor sharing since the start. */
typedef struct Attained {
    uint64_t ns, fraction; /* 2^-64 ns */
} Attained;

struct Machine {
    Mem *mem;
    Kernel *kernel;
    const SpecMachine *spec;
    struct Probe *probe;
    MachineStats stats;
    uint64_t serial;
    uint32_t cores;
    RunHeap heap; /* fair: who waits; processor-sharing: who is served */
    RunList list; /* round-robin, fifo */

    Core *core;
    uint64_t *idle; /* a bit a core */
    uint32_t idle_cores;
    int64_t floor; /* the smallest virtual runtime so far: never falls */

    Event completion; /* processor-sharing */
    Attained attained;
    Time shared_until; /* up to when `attained` was brought */

    Time paused_until;
    Event resumes;
};

/* machine.c */
Need thread_ask(Machine *machine, Thread *thread);
void thread_rests(Thread *thread, Need need); /* NEED_WAIT and NEED_EXIT, when it has left its core */
void thread_show(Thread *thread, int state, int core);
void machine_note_waiting(Machine *machine, uint64_t waiting);
static inline void machine_charge(Machine *machine, const Thread *thread, Time ns)
{
    *(thread->part == PART_CPU ? &machine->stats.user : &machine->stats.overhead) += ns;
}

/* cores.c */
void cores_init(Machine *machine);
int64_t cores_floor(Machine *machine); /* the virtual runtime of a new thread */
void cores_want(Thread *thread);       /* `left` of CPU time */
void cores_event(Thread *thread);      /* while it has a core */
void cores_settle(Machine *machine);
void cores_pause(Machine *machine, Time duration);
void cores_resume(Machine *machine);

/* sharing.c */
void sharing_init(Machine *machine);
void sharing_want(Thread *thread);
void sharing_settle(Machine *machine);
void sharing_pause(Machine *machine, Time duration);
void sharing_resume(Machine *machine);
void event_put_off(Machine *machine, Event *event, Time duration); /* machine.c; where it is pending */

#endif
