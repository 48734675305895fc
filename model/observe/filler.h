/* filler: which step of which handler fills a part of a server.
 *
 * From the time that strands spent while a step was under way (StepStats), clipped to the window: of a loop and of the
 * cores what computes, of a worker and a thread what holds it, of a resource the time in its service. */
#ifndef MODEL_OBSERVE_FILLER_H
#define MODEL_OBSERVE_FILLER_H

#include "../spec/spec.h"
#include "stats.h"

/* What one waits for. */
typedef enum Site {
    SITE_LOOP,
    SITE_CORES,
    SITE_CARRIERS,
    SITE_WORKERS,
    SITE_THREADS,
    SITE_RESOURCE,
    SITE_LOCK,
    SITES
} Site;

typedef struct Filler {
    const StepInfo *step; /* NULL: no step, what lies between them */
    const char *owner;    /* the handler or the function; NULL: nothing fills it */
    Sum time;
    int number; /* of the step within its owner, as a person counts, from 1 */
} Filler;

/* resource: which one, where the site is SITE_RESOURCE. handler: only steps that stand in this one; -1: any. program
 * may be NULL: then there are no steps. */
Filler filler_find(const Spec *spec, const Program *program, const Stats *stats, Site site, int resource, int handler);
/* The step of the handler in which it spent most time in `part`. */
Filler filler_waits(const Spec *spec, const Program *program, const Stats *stats, Part part, int handler);

#endif
