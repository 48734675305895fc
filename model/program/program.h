/* program: steps, compiled once.
 *
 * Handlers, functions and a program's main become codes of a small stack machine (code.h); what a person and the traces
 * need to know of a step stands in its StepInfo. A step says what a request needs, never who does it. */
#ifndef MODEL_PROGRAM_PROGRAM_H
#define MODEL_PROGRAM_PROGRAM_H

#include "../spec/spec.h"

typedef enum StepKind {
    STEP_CPU,
    STEP_IO,
    STEP_NET,
    STEP_SLEEP,
    STEP_POOL,
    STEP_SYNC,
    STEP_LOCK,
    STEP_COMBINE,
    STEP_RESPOND,
    STEP_TEXT,
    STEP_CALLBACK
} StepKind;

typedef struct StepInfo {
    StepKind kind;
    const char *name;  /* for people: "cpu", "await db", "sleep", "pool fs", "sync disk", "all" … */
    const char *owner; /* the handler or function in which it stands */
    int handler;       /* its index, -1 in functions and programs */
    int resource;      /* STEP_IO and STEP_SYNC of a resource, STEP_LOCK: a lock's number; else -1 */
    const Dist *dist;  /* the time it takes, where it stands in the spec; else NULL */
    JsonPlace place;
} StepInfo;

typedef struct Program Program;

/* Compiles all bodies of the spec; NULL where a step is wrong (said in diag, all of them). */
Program *program_compile(Mem *mem, const Spec *spec, Diag *diag);

/* Says of each step that means something else on the threads of a server than on an event loop that it does (a warning
 * each), where the spec has such a server. Only of a spec that compiled. */
void program_warn(const Spec *spec, Diag *diag);

int32_t program_steps(const Program *program);
const StepInfo *program_step(const Program *program, int32_t step); /* 0 <= step < program_steps */

#endif
