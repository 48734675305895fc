/* process: the whole life of a program: main, the loop, beforeExit and exit (semantics.md, 2 and 15). */
#ifndef MODEL_NODE_PROCESS_H
#define MODEL_NODE_PROCESS_H

#include "../../sim/kernel.h"
#include "../program/program.h"

struct Probe;

typedef struct ProcessResult {
    int exit_code;
    bool died;         /* of an error that nobody caught: `error` says which */
    const char *error; /* its text; in the run's Mem */
    bool unsettled;    /* an ES module's top-level await never ended (exit code 13) */
    KernelEnd end; /* LIMIT, INTERRUPTED, STOPPED (a spin), DEADLINE (TIME_MAX_RUN): it was cut off; the exit code is
                          not the program's */
    bool waits;    /* it would wait for ever: something keeps it alive, and nothing more will come */
    Time now;
    uint64_t iterations;
} ProcessResult;

typedef struct ProcessOptions {
    uint64_t max_events;
    const volatile sig_atomic_t *stop;
    /* One line, without its end; NULL: nobody reads them. */
    void (*print)(void *context, const char *text, size_t size);
    void *context;
    struct Explanation *explanation; /* follows the run step by step; NULL: nobody does */
} ProcessOptions;

/* The probe's stats and view are there already. Everything lives in mem. */
ProcessResult process_run(Mem *mem, const Spec *spec, const Program *program, struct Probe *probe,
                          const ProcessOptions *options);

#endif
