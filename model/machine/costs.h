/* costs: the cost tables that come with loopsim. What things cost in CPU time, delays and memory; "ideal" is all zero
 * (for comparing with theory), "linux" was measured, and each entry says where it comes from. An entry may depend on
 * how many connections are open, or on how long a handler has computed; idle_wake is a distribution. */
#ifndef MODEL_MACHINE_COSTS_H
#define MODEL_MACHINE_COSTS_H

#include "../spec/spec.h"

typedef struct CostProfile {
    const char *name, *about;
} CostProfile;

extern const CostProfile cost_profiles[]; /* ends with a NULL name */
extern const KeyTable cost_table;         /* the entries, into Costs */

const CostProfile *cost_profile(const char *name); /* NULL where there is none */
Time cost_between(const CostPoints *points, int64_t at);

/* 0 where there are no points. */
static inline Time cost_at(const CostPoints *points, int64_t at)
{
    return points->count <= 1 ? points->point[0].cost : cost_between(points, at);
}

void costs_take(Costs *costs); /* a table was read: it is that of no connection, and tells whether any matter */
void costs_interpolate(Costs *costs, int64_t connections);

/* What depends on connections becomes what it is with so many open. */
static inline void costs_for(Costs *costs, int64_t connections)
{
    if (costs->varies)
        costs_interpolate(costs, connections);
}

/* Entries that may be lists of points, as the rows of the table read them (spec/spec_costs.c). */
bool read_cost_by_connections(SpecReader *reader, Json *value, void *field);
bool read_cost_by_computing(SpecReader *reader, Json *value, void *field);

const char *cost_source(const char *entry); /* where the number of "linux" comes from; NULL: no such entry */
const char *cost_text(const CostProfile *profile, const char *entry); /* what it costs there, as JSON */

#endif
