/* plays: a machine whose threads follow scripts, for tests of the schedulers. The log says who was asked what it needs,
 * and when: NAME@TIME. */
#ifndef TESTS_PLAYS_H
#define TESTS_PLAYS_H

#include "../model/machine/machine.h"
#include "../model/observe/probe.h"
#include "../sim/buf.h"

typedef struct Play Play;

/* A script: cN CPU time, oN overhead, w wait, b wait blocked, x exit; N in units of the play. */
typedef struct Actor {
    Thread thread;
    Event enters;
    Strand account;
    Play *play;
    const char *name, *script;
} Actor;

typedef struct Waker {
    Event event;
    Actor *actor;
    bool woke;
} Waker;

struct Play {
    Mem *mem;
    Kernel kernel;
    Probe probe;
    Stats *stats;
    Machine *machine;
    SpecMachine spec;
    Spec whole;
    Time unit;
    Buf log;
};

Play *play_new(int scheduler, int64_t cores, Time slice, Time unit); /* no costs; slice and all times below in units */
Actor *enter(Play *play, const char *name, Time at, const char *script);
Waker *wake(Actor *actor, Time at);
const char *play_run(Play *play); /* to its end; the log */
Time spent(const Actor *actor, Part part);
void play_end(Play *play);

#endif
