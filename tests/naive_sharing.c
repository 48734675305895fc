/* Processor sharing in the naive simulator: each of n who want to compute gets min(1, cores / n) of a core. */
#include "naive_sim.h"

#include "../sim/wide.h"

static int sharers(const Sim *sim)
{
    int n = 0;
    for (int i = 0; i < sim->doer_count; i++)
        n += sim->doers[i]->state == RUNS;
    return n;
}

/* time * cores / n in ns and 2^-64 ns, rounded down: long division with a digit of 32 bits at a time */
static void share_of(Time time, uint64_t cores, uint64_t n, uint64_t *ns, uint64_t *fraction)
{
    uint64_t rest = (uint64_t)time % n * cores, high = rest % n << 32, low = high % n << 32;
    *ns = (uint64_t)time / n * cores + rest / n;
    *fraction = high / n << 32 | low / n;
}

static void share_up_to_now(Sim *sim)
{
    if (sim->now < sim->shared) /* in a pause */
        return;
    uint64_t n = (uint64_t)sharers(sim), ns = (uint64_t)(sim->now - sim->shared), fraction = 0;
    if (n > (uint64_t)sim->spec->machine.cores)
        share_of(sim->now - sim->shared, (uint64_t)sim->spec->machine.cores, n, &ns, &fraction);
    sim->shared = sim->now;
    for (int i = 0; i < sim->doer_count; i++) {
        Doer *doer = sim->doers[i];
        if (doer->state != RUNS)
            continue;
        doer->need -= (Time)ns + (fraction > doer->fraction);
        doer->fraction -= fraction;
    }
}

/* What lacks less than 2^-32 ns of a whole ns is there. */
static bool served(const Doer *doer)
{
    return doer->need < 0 || (doer->need == 0 && doer->fraction <= UINT64_C(1) << 32);
}

/* How long its rest takes at the present rate, rounded up. */
static Time time_left(const Sim *sim, const Doer *doer)
{
    uint64_t n = (uint64_t)sharers(sim), cores = (uint64_t)sim->spec->machine.cores, high;
    if (served(doer))
        return 0;
    uint64_t nearly = UINT64_C(1) << 32, fraction = doer->fraction - nearly;
    uint64_t ns = (uint64_t)doer->need - (doer->fraction < nearly);
    if (n <= cores)
        return (Time)(ns + (fraction > 0));
    uint64_t low = wide_mul(fraction, n, &high), part = ns % cores * n + high;
    return (Time)(ns / cores * n + part / cores + (part % cores > 0 || low > 0));
}

static Doer *least_left(Sim *sim)
{
    Doer *least = NULL;
    for (int i = 0; i < sim->doer_count; i++) {
        Doer *doer = sim->doers[i];
        if (doer->state == RUNS &&
            (least == NULL || doer->need < least->need ||
             (doer->need == least->need && (doer->fraction < least->fraction ||
                                            (doer->fraction == least->fraction && doer->number < least->number)))))
            least = doer;
    }
    return least;
}

static void completes(Sim *sim, void *who);

static void plan_completion(Sim *sim)
{
    Doer *least = least_left(sim);
    Time when = least != NULL ? sim->now + time_left(sim, least) : -1;
    if (sim->completion != NULL && sim->completion->when == when)
        return;
    naive_cancel(sim, sim->completion);
    sim->completion = least != NULL ? naive_at(sim, when, THREADS, completes, NULL) : NULL;
}

static void shares(Doer *doer)
{
    doer->state = RUNS;
    doer->fraction = 0;
}

static void completes(Sim *sim, void *who)
{
    (void)who;
    sim->completion = NULL;
    share_up_to_now(sim);
    for (Doer *doer = least_left(sim); doer != NULL && served(doer); doer = least_left(sim)) {
        doer->state = ASLEEP;
        doer->need = 0;
        doer->go(doer);
        if (doer->need > 0)
            shares(doer);
    }
    plan_completion(sim);
}

void naive_share(Doer *doer)
{
    share_up_to_now(doer->sim);
    shares(doer);
    plan_completion(doer->sim);
}

void naive_share_pause(Sim *sim, Time duration)
{
    if (sim->spec->machine.scheduler != SCHED_PROCESSOR_SHARING)
        return;
    share_up_to_now(sim);
    sim->shared += duration;
    naive_put_off(sim, &sim->completion, duration);
}
