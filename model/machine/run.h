/* run: one server's run, from the empty world to its end. */
#ifndef MODEL_MACHINE_RUN_H
#define MODEL_MACHINE_RUN_H

#include "world.h"

typedef enum WorldEnd { WORLD_DRAINED, WORLD_DEADLINE, WORLD_INTERRUPTED, WORLD_LIMIT } WorldEnd;

/* The probe's stats and view are there already; its kernel is set here (probe_kernel). Everything lives in mem. */
World *world_new(Mem *mem, const Spec *spec, const struct Program *program, const SpecServer *server,
                 struct Probe *probe);

/* Runs to the spec's duration, or until nothing is left to do. Calls stats_open at the warm-up (or at the end, where
 * that comes before) and stats_close at the end. KERNEL_STOPPED: more than 10^6 notes at one instant (probe->spinning).
 * `stop` may be NULL. */
KernelEnd world_run(World *world, uint64_t max_events, const volatile sig_atomic_t *stop);

#endif
