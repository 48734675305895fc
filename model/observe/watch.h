/* watch: somebody who follows a run step by step, for people who learn. Unlike a view it is told each tick and each
 * microtask, and may look at what stands in the queues while it is told. NULL in the probe: nobody does, and nothing is
 * paid for it but a branch where ticks and callbacks begin. */
#ifndef MODEL_OBSERVE_WATCH_H
#define MODEL_OBSERVE_WATCH_H

#include "../../sim/base.h"

struct Func;
struct Micro;

typedef struct Watch {
    void *context;
    void (*phase)(void *context, int phase, bool begins); /* Phase of probe.h */
    void (*idle)(void *context, bool begins);             /* poll waits */
    /* A callback of a CallbackKind is about to be entered. */
    void (*callback)(void *context, int kind, Time ready, const char *name);
    void (*callback_end)(void *context);
    void (*drain)(void *context, bool microtasks, bool begins);
    void (*job)(void *context, const struct Micro *job, bool microtask, bool begins); /* one tick, one microtask */
    void (*entered)(void *context, const struct Func *func); /* the first function of a call stack */
} Watch;

#endif
