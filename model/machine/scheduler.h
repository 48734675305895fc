/* scheduler: the inside of the machine, shared by its files. machine.c asks threads what they need; cores.c gives real
 * cores to them (fair, round-robin, fifo), fair.c says whose turn it is under fair, sharing.c shares out ideal ones. */
#ifndef MODEL_MACHINE_SCHEDULER_H
#define MODEL_MACHINE_SCHEDULER_H

#include "machine.h"
#include "world.h"
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
    uint64_t wakes; /* so often it was woken up after it had been idle */
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
    const Costs *costs;
    uint64_t seed;
    struct Probe *probe;
    MachineStats stats;
    uint64_t serial;
    uint32_t cores;
    RunHeap heap;    /* fair: who waits and is eligible; processor-sharing: who is served */
    RunHeap later;   /* fair: who waits and is not eligible yet */
    int64_t mean;    /* fair: the mean virtual runtime so far: never falls */
    uint64_t queued; /* fair: the sum of the virtual runtimes of who waits, modulo 2^64 */
    RunList list;    /* round-robin, fifo */

    Core *core;
    uint64_t *idle; /* a bit a core */
    uint32_t idle_cores;

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
    Request *request = thread->strand ? thread->strand->request : NULL;
    if (!request)
        return;
    request->worked += ns;
    if (request->wasted)
        machine->stats.wasted += ns;
}

/* cores.c */
void cores_init(Machine *machine);
void cores_want(Thread *thread);  /* `left` of CPU time */
void cores_event(Thread *thread); /* while it has a core */
void cores_settle(Machine *machine);
void cores_pause(Machine *machine, Time duration);
void cores_resume(Machine *machine);

static inline bool core_runs(const Core *core)
{
    return core->thread && (core->thread->state == RUN_SWITCHING || core->thread->state == RUN_BURST);
}

/* fair.c */
enum { PREEMPT_AHEAD = 1000000 };                  /* ns of virtual runtime */
void fair_enter(Machine *machine, Thread *thread); /* it is new */
void fair_place(Machine *machine, Thread *thread); /* it wakes */
void fair_sleep(Machine *machine, Thread *thread); /* it is about to leave its core, settled */
void fair_renew(Machine *machine, Thread *thread); /* its deadline */
void fair_raise(Machine *machine);                 /* brings the mean up to now */
int64_t core_vruntime(const Core *core);           /* of its thread, now */
size_t fair_waiting(const Machine *machine);
void fair_push(Machine *machine, Thread *thread);
Thread *fair_pop(Machine *machine);                   /* somebody waits */
bool fair_is_first(Machine *machine, Thread *thread); /* before all that wait; it runs, settled */

/* sharing.c */
void sharing_init(Machine *machine);
void sharing_want(Thread *thread);
void sharing_settle(Machine *machine);
void sharing_pause(Machine *machine, Time duration);
void sharing_resume(Machine *machine);
void event_put_off(Machine *machine, Event *event, Time duration); /* machine.c; where it is pending */

#endif
