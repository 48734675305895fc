/* costs: the cost tables that come with loopsim. What things cost in CPU time, delays and memory; "ideal" is all zero
 * (for comparing with theory), "linux" was measured, and each entry says where it comes from. */
#ifndef MODEL_MACHINE_COSTS_H
#define MODEL_MACHINE_COSTS_H

#include "../spec/spec.h"

typedef struct CostProfile {
    const char *name, *about;
    Costs costs;
} CostProfile;

extern const CostProfile cost_profiles[]; /* ends with a NULL name */
extern const KeyTable cost_table;         /* the entries, into Costs */

const CostProfile *cost_profile(const char *name); /* NULL where there is none */
const char *cost_source(const char *entry);        /* where the number of "linux" comes from; NULL: no such entry */
int64_t cost_value(const Costs *costs, const Key *entry);

#endif
