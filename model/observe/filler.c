#include "filler.h"

#include <string.h>

enum {
    COMPUTES = 1 << PART_CPU | 1 << PART_OVERHEAD,
    WORKS = COMPUTES | 1 << PART_PREEMPTED | 1 << PART_RESOURCE,
    HOLDS = (1 << PARTS) - 1 - (1 << PART_NETWORK) - (1 << PART_ACCEPT_WAIT),
    /* Without a step under way, "other" is between attempts, "sleep" a client's: nothing of the server's is held. */
    HOLDS_BETWEEN = COMPUTES | 1 << PART_PREEMPTED | 1 << PART_READY_WAIT
};

static Sum parts(const StepStats *stats, unsigned set)
{
    Sum sum = {0, 0};
    for (int part = 0; part < PARTS; part++)
        if (set >> part & 1)
            sum_add_sum(&sum, stats->spent[part]);
    return sum;
}

static bool in_pool(const Spec *spec, const StepInfo *info)
{
    if (info->kind == STEP_POOL)
        return true;
    return info->kind == STEP_IO && info->resource >= 0 && spec->resources[info->resource].via != VIA_KERNEL;
}

/* How long this step (NULL: none under way) kept the site busy. */
static Sum fills(const Spec *spec, const StepInfo *info, const StepStats *stats, Site site, int resource)
{
    bool pooled = info && in_pool(spec, info), sync = info && info->kind == STEP_SYNC;
    switch (site) {
    case SITE_LOOP: return parts(stats, pooled ? 1u << PART_OVERHEAD : sync ? (unsigned)HOLDS : (unsigned)COMPUTES);
    case SITE_CORES:
    case SITE_CARRIERS: return parts(stats, COMPUTES);
    case SITE_WORKERS: return pooled ? parts(stats, WORKS) : sum_of(0);
    case SITE_THREADS: return parts(stats, info ? HOLDS : HOLDS_BETWEEN);
    case SITE_RESOURCE:
        return info && info->resource == resource && info->kind != STEP_LOCK ? parts(stats, 1u << PART_RESOURCE)
                                                                             : sum_of(0);
    default: return sum_of(0);
    }
}

/* As a person counts: the element of the handler's body in which it stands, from 1. Where the body came from elsewhere
 * (--set), the steps in the order in which they were compiled. */
static int step_number(const Spec *spec, const Program *program, int32_t step)
{
    const StepInfo *info = program_step(program, step);
    const Json *body = info->handler >= 0 ? spec->handlers[info->handler].body : NULL;
    int number = 1;
    for (const Json *element = body ? body->child : NULL; element; element = element->next, number++) {
        uint32_t offset = info->place.offset - element->place.offset;
        if (info->place.offset >= element->place.offset && offset <= element->place.size)
            return number;
    }
    number = 1;
    for (int32_t i = 0; i < step; i++)
        number += strcmp(program_step(program, i)->owner, info->owner) == 0;
    return number;
}

static const StepInfo *step_info(const Program *program, const Stats *stats, int32_t row)
{
    return row < stats->step_count ? program_step(program, row) : NULL;
}

static void name_filler(Filler *most, const Spec *spec, const Program *program, const Stats *stats, int32_t row)
{
    most->step = step_info(program, stats, row);
    most->owner = most->step ? most->step->owner : spec->handlers[row - stats->step_count].name;
    most->number = most->step ? step_number(spec, program, row) : 0;
}

Filler filler_find(const Spec *spec, const Program *program, const Stats *stats, Site site, int resource, int handler)
{
    Filler most = {NULL, NULL, {0, 0}, 0};
    int32_t found = -1;
    for (int32_t row = 0; row < stats->step_count + stats->handler_count; row++) {
        const StepInfo *info = step_info(program, stats, row);
        if (handler >= 0 && handler != (info ? info->handler : row - stats->step_count))
            continue;
        Sum time = fills(spec, info, &stats->steps[row], site, resource);
        if (sum_compare(time, most.time) <= 0)
            continue;
        most.time = time;
        found = row;
    }
    if (found >= 0)
        name_filler(&most, spec, program, stats, found);
    return most;
}

Filler filler_waits(const Spec *spec, const Program *program, const Stats *stats, Part part, int handler)
{
    Filler most = {NULL, NULL, {0, 0}, 0};
    int32_t found = -1;
    for (int32_t row = 0; row < stats->step_count; row++) {
        Sum time = stats->steps[row].spent[part];
        if (program_step(program, row)->handler != handler || sum_compare(time, most.time) <= 0)
            continue;
        most.time = time;
        found = row;
    }
    if (found >= 0)
        name_filler(&most, spec, program, stats, found);
    return most;
}
