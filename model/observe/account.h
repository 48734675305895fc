/* account: where the time of a request goes.
 *
 * A strand is one line of doing: the request itself, or a branch that runs beside it (an element of `all`, a
 * callback). At every moment it is in exactly one part, so the parts add up to its age by construction. A branch
 * begins as a copy of its parent's account; when its settlement lets the parent go on, the parent adopts the branch's
 * account: the path taken is that of the branch that decided.
 *
 * Nobody writes these fields but the notes of probe.h. */
#ifndef MODEL_OBSERVE_ACCOUNT_H
#define MODEL_OBSERVE_ACCOUNT_H

#include "../../sim/base.h"

/* The parts of `time_ns`, in the order of the results. */
typedef enum Part {
    PART_NETWORK,     /* round trips, bytes */
    PART_ACCEPT_WAIT, /* SYN, backlog, waiting to be accepted or for a thread */
    PART_READY_WAIT,  /* ready, waiting for the loop or a core */
    PART_CPU,         /* its own steps, in a worker too */
    PART_PREEMPTED,
    PART_OVERHEAD,      /* costs */
    PART_POOL_WAIT,     /* queued for a worker */
    PART_RESOURCE_WAIT, /* queued at a resource */
    PART_RESOURCE,      /* a resource's, a socket's, a pool task's own time */
    PART_SLEEP,
    PART_LOCK_WAIT,
    PART_OTHER, /* waiting for what another callback settles, between attempts */
    PARTS
} Part;

extern const char *const part_name[PARTS]; /* as in the results: "network" … */

struct Request;
typedef struct Tally Tally;
struct StepStats;

typedef struct Strand {
    struct Request *request;
    Time since;                /* when `part` began */
    uint32_t part;             /* Part */
    uint32_t branch;           /* 0: the request itself; else a number within the request */
    int32_t step;              /* the step under way (its number in the program), -1: none */
    int32_t waits_for;         /* what it waits for, as the part says: a resource's or a lock's number, else -1 */
    uint32_t track;            /* the view's */
    Tally *tally;              /* blame's; NULL: none */
    struct Station *waits_at;  /* the same: what it waits for; NULL: nothing, or it is still to say for what */
    struct StepStats *row;     /* where its time goes (stats.h): the step's, or */
    struct StepStats *between; /* where no step is under way: the handler's */
    Time spent[PARTS];         /* before `since` */
} Strand;

#endif
