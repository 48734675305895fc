/* Cores and schedulers of the naive simulator: docs/method.md, "The machine". */
#include "naive_sim.h"

#include <check.h>

static const SpecMachine *machine(const Sim *sim)
{
    return &sim->spec->machine;
}

static bool fair(const Sim *sim)
{
    return machine(sim)->scheduler == SCHED_FAIR;
}

static bool on_core(const Doer *doer)
{
    return doer->state == STARTS || doer->state == SWITCHES || doer->state == RUNS;
}

/* ---- virtual runtime ---- */

/* Time on a core counts, a switch included; waiting for an idle core to start does not. */
static void count_runtime(Doer *doer)
{
    Time now = doer->sim->now;
    if (now < doer->counted) /* in a pause */
        return;
    if (doer->state == SWITCHES || doer->state == RUNS)
        doer->vruntime += now - doer->counted;
    if (doer->state == RUNS)
        doer->need -= now - doer->counted;
    doer->counted = now;
}

static void count_all(Sim *sim)
{
    for (int i = 0; i < sim->doer_count; i++)
        count_runtime(sim->doers[i]);
}

static void raise_mean(Sim *sim)
{
    int64_t above = 0, n = 0;
    count_all(sim);
    for (int i = 0; i < sim->doer_count; i++) {
        if (sim->doers[i]->state != READY && !on_core(sim->doers[i]))
            continue;
        above += sim->doers[i]->vruntime - sim->mean;
        n++;
    }
    if (above > 0)
        sim->mean += above / n;
}

static void set_deadline(Doer *doer)
{
    const SpecMachine *spec = machine(doer->sim);
    doer->deadline = doer->vruntime + (spec->time_slice < 1400000 ? spec->time_slice : 1400000);
}

static bool eligible(const Doer *doer)
{
    return doer->vruntime <= doer->sim->mean;
}

/* ---- who is next ---- */

static bool comes_before(const Doer *a, const Doer *b)
{
    if (!fair(a->sim))
        return a->joined < b->joined;
    if (eligible(a) != eligible(b))
        return eligible(a);
    if (eligible(a) && a->deadline != b->deadline)
        return a->deadline < b->deadline;
    return a->vruntime != b->vruntime ? a->vruntime < b->vruntime : a->number < b->number;
}

static Doer *next_ready(Sim *sim)
{
    Doer *first = NULL;
    for (int i = 0; i < sim->doer_count; i++)
        if (sim->doers[i]->state == READY && (first == NULL || comes_before(sim->doers[i], first)))
            first = sim->doers[i];
    return first;
}

/* The core that it had last, if that is idle; else the idle one with the lowest number. */
static Core *idle_core(Sim *sim, const Doer *doer)
{
    if (sim->core[doer->core].doer == NULL)
        return &sim->core[doer->core];
    for (int i = 0; i < machine(sim)->cores; i++)
        if (sim->core[i].doer == NULL)
            return &sim->core[i];
    return NULL;
}

/* ---- slices ---- */

static void slice_ends(Sim *sim, void *who);

/* Slices end only while somebody waits. One that was over before ends when somebody does. */
static void watch_slices(Sim *sim)
{
    bool waits = next_ready(sim) != NULL && machine(sim)->scheduler != SCHED_FIFO;
    for (int i = 0; i < machine(sim)->cores; i++) {
        Doer *doer = sim->core[i].doer;
        if (doer == NULL || (doer->state != RUNS && doer->state != SWITCHES))
            continue;
        Time end = doer->slice_from + machine(sim)->time_slice;
        if (waits && doer->slice_end == NULL)
            doer->slice_end = naive_at(sim, end > sim->now ? end : sim->now, THREADS, slice_ends, doer);
        if (!waits && doer->slice_end != NULL) {
            naive_cancel(sim, doer->slice_end);
            doer->slice_end = NULL;
        }
    }
}

/* ---- on a core ---- */

static void burst_ends(Sim *sim, void *who);

static void burst(Doer *doer)
{
    doer->state = RUNS;
    doer->counted = doer->sim->now;
    doer->next = naive_at(doer->sim, doer->sim->now + doer->need, THREADS, burst_ends, doer);
}

static void switched(Sim *sim, void *who)
{
    Doer *doer = who;
    (void)sim;
    count_runtime(doer);
    burst(doer);
}

/* `switch` is charged to the one that comes, in front of its burst: inside its virtual runtime, outside its slice. */
static void begin(Sim *sim, Doer *doer)
{
    Core *core = &sim->core[doer->core];
    Time cost = core->last != NULL && core->last != doer ? sim->cost->switch_ : 0;
    core->last = doer;
    doer->slice_from = sim->now + cost;
    doer->counted = sim->now;
    doer->gives_way = false;
    if (cost == 0) {
        burst(doer);
        return;
    }
    doer->state = SWITCHES;
    doer->next = naive_at(sim, sim->now + cost, THREADS, switched, doer);
}

static void core_awake(Sim *sim, void *who)
{
    begin(sim, who);
    watch_slices(sim);
}

static Time idle_wake(Sim *sim, Core *core)
{
    const Dist *dist = sim->cost->idle_wake;
    Time always;
    if (dist == NULL || dist_is_constant(dist, &always))
        return dist == NULL ? 0 : always;
    Rng rng = rng_at(naive_client_key(sim, UINT64_MAX, 0), core->wakes++, (uint32_t)(core - sim->core),
                     (uint64_t)FOR_IDLE_WAKE << 8);
    return dist_sample(dist, &rng);
}

static void take(Sim *sim, Core *core, Doer *doer, bool was_idle)
{
    Time delay = was_idle && core->idle_since < sim->now ? idle_wake(sim, core) : 0;
    core->doer = doer;
    doer->core = (int)(core - sim->core);
    doer->counted = sim->now;
    if (delay == 0) {
        begin(sim, doer);
        return;
    }
    doer->state = STARTS;
    doer->next = naive_at(sim, sim->now + delay, THREADS, core_awake, doer);
}

static void stop(Doer *doer)
{
    Sim *sim = doer->sim;
    naive_cancel(sim, doer->next);
    naive_cancel(sim, doer->slice_end);
    doer->next = doer->slice_end = NULL;
    sim->core[doer->core].doer = NULL;
}

/* Its core goes to who is next, or idle. */
static void pass_on(Sim *sim, Core *core)
{
    Doer *next = next_ready(sim);
    if (next != NULL)
        take(sim, core, next, false);
    else
        core->idle_since = sim->now;
    watch_slices(sim);
}

/* At the end of its slice, or preempted. */
static bool stays_first(Doer *doer)
{
    if (fair(doer->sim)) {
        raise_mean(doer->sim);
        set_deadline(doer);
    }
    Doer *next = next_ready(doer->sim);
    return next == NULL || (fair(doer->sim) && comes_before(doer, next));
}

static void give_way(Doer *doer)
{
    Sim *sim = doer->sim;
    stop(doer);
    doer->state = READY;
    doer->joined = sim->joins++;
    pass_on(sim, &sim->core[doer->core]);
}

static void new_slice(Doer *doer)
{
    naive_cancel(doer->sim, doer->slice_end);
    doer->slice_end = NULL;
    doer->slice_from = doer->sim->now;
    doer->gives_way = false;
    watch_slices(doer->sim);
}

/* In the middle of its burst; one that is at its end at this instant is asked first what it wants. */
static void take_off(Doer *doer)
{
    count_runtime(doer);
    if (doer->state == RUNS && doer->need == 0)
        doer->gives_way = true;
    else if (stays_first(doer))
        new_slice(doer);
    else
        give_way(doer);
}

static void slice_ends(Sim *sim, void *who)
{
    Doer *doer = who;
    (void)sim;
    doer->slice_end = NULL;
    take_off(doer);
}

static void burst_ends(Sim *sim, void *who)
{
    Doer *doer = who;
    doer->next = NULL;
    count_runtime(doer);
    bool over = doer->gives_way || (doer->slice_end != NULL && doer->slice_end->when <= sim->now);
    doer->need = 0;
    doer->go(doer);
    if (doer->need == 0) {
        if (fair(sim))
            raise_mean(sim);
        doer->slept_at = sim->mean;
        if (doer->vruntime >= doer->deadline)
            set_deadline(doer);
        stop(doer);
        doer->state = ASLEEP;
        pass_on(sim, &sim->core[doer->core]);
        return;
    }
    over = over || doer->gives_way || (doer->slice_end != NULL && doer->slice_end->when <= sim->now);
    if (over && !stays_first(doer)) {
        give_way(doer);
        return;
    }
    if (over)
        new_slice(doer);
    burst(doer);
}

/* ---- coming ---- */

/* The one that runs and is furthest ahead goes, if it is more than 1 ms ahead. */
static void preempt_for(Sim *sim, const Doer *doer)
{
    Doer *ahead = NULL;
    count_all(sim);
    for (int i = 0; i < machine(sim)->cores; i++) {
        Doer *runs = sim->core[i].doer;
        if (runs != NULL && (runs->state == RUNS || runs->state == SWITCHES) &&
            (ahead == NULL || runs->vruntime > ahead->vruntime))
            ahead = runs;
    }
    if (ahead != NULL && ahead->vruntime - doer->vruntime > TIME_MS)
        take_off(ahead);
}

static void place(Sim *sim, Doer *doer)
{
    int64_t grown = sim->mean - doer->slept_at, least = sim->mean - machine(sim)->time_slice / 2;
    if (grown <= TIME_MS) {
        doer->vruntime += grown;
        doer->deadline += grown;
    }
    if (doer->vruntime < least)
        doer->vruntime = least;
    if (eligible(doer))
        set_deadline(doer);
}

static void wants_core(Sim *sim, Doer *doer)
{
    if (fair(sim)) {
        raise_mean(sim);
        place(sim, doer);
    }
    Core *core = idle_core(sim, doer);
    if (core != NULL) {
        take(sim, core, doer, true);
        watch_slices(sim);
        return;
    }
    doer->state = READY;
    doer->joined = sim->joins++;
    watch_slices(sim);
    if (fair(sim))
        preempt_for(sim, doer);
}

/* ---- what threads call ---- */

static void goes_on(Sim *sim, void *who)
{
    Doer *doer = who;
    if (sim->now < sim->paused_until) {
        naive_at(sim, sim->paused_until, THREADS, goes_on, doer);
        return;
    }
    doer->need = 0;
    doer->go(doer);
    doer->state = ASLEEP;
    if (doer->need == 0)
        return;
    if (machine(sim)->scheduler == SCHED_PROCESSOR_SHARING) {
        naive_share(doer);
    } else {
        wants_core(sim, doer);
    }
}

void naive_put_off(Sim *sim, Happening **happening, Time duration)
{
    if (*happening == NULL)
        return;
    Happening old = **happening;
    naive_cancel(sim, *happening);
    *happening = naive_at(sim, old.when + duration, old.rank, old.what, old.who);
}

/* Nothing that threads would do happens before the end of the pause: it happens so much later. */
void naive_pause(Sim *sim, Time duration)
{
    sim->paused_until = sim->now + duration;
    naive_share_pause(sim, duration);
    for (int i = 0; i < machine(sim)->cores; i++) {
        Doer *doer = sim->core[i].doer;
        if (doer == NULL)
            continue;
        count_runtime(doer);
        doer->counted += duration;
        doer->slice_from += duration;
        naive_put_off(sim, &doer->slice_end, duration);
        naive_put_off(sim, &doer->next, duration);
    }
}

/* What it waited for has come: it goes on after all that happens outside at this instant. What needs no CPU needs no
 * core. */
bool naive_wake(Doer *doer)
{
    if (doer->woken != NULL)
        return doer->woken(doer);
    if (doer->state != ASLEEP)
        return false;
    doer->state = WOKEN;
    naive_at(doer->sim, doer->sim->now, THREADS, goes_on, doer);
    return true;
}

Doer *naive_doer(Sim *sim, void (*go)(Doer *), void *who)
{
    Doer *doer = mem_get(sim->mem, sizeof *doer);
    if (fair(sim))
        raise_mean(sim);
    *doer = (Doer){.sim = sim, .go = go, .who = who, .vruntime = sim->mean, .slept_at = sim->mean};
    set_deadline(doer);
    ck_assert_int_lt(sim->doer_count, (int)COUNT_OF(sim->doers));
    sim->doers[sim->doer_count] = doer;
    doer->number = (uint64_t)++sim->doer_count;
    return doer;
}
