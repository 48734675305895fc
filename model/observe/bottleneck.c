/* bottleneck: which part of a server is the most used, what fills it, and at which rate it would be full.
 *
 * Utilisation law: U = X * D / n, with throughput X, demand D of a response at that part, and n places. The demand
 * does not depend on the load (as far as costs do not), so the part is full at X / U responses per second: no server
 * gets beyond the smallest of these. X counts all responses that the server has sent, to clients that have given up
 * as well: in a storm of retries, too, this is what it could serve. */
#include "results.h"

#include <string.h>

enum { TEXT_MOST = 1 << 26 }; /* names come from the spec, which is at most 16 MiB */

typedef struct Bound {
    BoundKind kind;
    int resource; /* BOUND_RESOURCE; else -1 */
    uint64_t places;
    Sum busy; /* place × ns within the window */
    Micro utilization;
    const Level *queue; /* of those who wait for it; NULL: not counted */
} Bound;

typedef struct Finder {
    Results *results;
    Mem *mem;
    const Spec *spec;
    const Program *program;
    const SpecServer *server;
    const Stats *stats;
    Bound best;
} Finder;

/* Of equals the one that was offered first wins: the more special before the more general. */
static void offer(Finder *finder, Bound bound)
{
    if (bound.places == 0)
        return;
    bound.utilization = sum_share(bound.busy, sum_product(bound.places, (uint64_t)stats_window(finder->stats)));
    if (bound.utilization > finder->best.utilization)
        finder->best = bound;
}

static void offer_resources(Finder *finder)
{
    for (int i = 0; i < finder->spec->resource_count; i++) {
        const ResourceStats *stats = &finder->stats->resources[i];
        uint64_t places = (uint64_t)finder->spec->resources[i].concurrency;
        offer(finder, (Bound){.kind = BOUND_RESOURCE,
                              .resource = i,
                              .places = places,
                              .busy = stats->served.integral,
                              .queue = &stats->queued});
    }
}

/* What the loops do not wait for in poll, less what they wait for a core. */
static void offer_loop(Finder *finder)
{
    const Results *results = finder->results;
    if (!results->has_loop)
        return;
    Sum busy = sum_product((uint64_t)results->loop.loops, (uint64_t)stats_window(finder->stats));
    busy = sum_minus(sum_minus(busy, finder->stats->idle.integral), finder->stats->starved.integral);
    offer(finder, (Bound){.kind = BOUND_LOOP, .resource = -1, .places = (uint64_t)results->loop.loops, .busy = busy});
}

static void offer_pool(Finder *finder)
{
    const Stats *stats = finder->stats;
    BoundKind kind = finder->results->has_loop ? BOUND_WORKERS : BOUND_THREADS;
    uint64_t places = finder->results->has_pool ? (uint64_t)finder->results->pool.workers : 0;
    offer(finder, (Bound){.kind = kind,
                          .resource = -1,
                          .places = places,
                          .busy = stats->pool_busy.integral,
                          .queue = &stats->pool_queued});
    int64_t most = results_config(finder->server, "max_threads");
    offer(finder, (Bound){.kind = BOUND_THREADS,
                          .resource = -1,
                          .places = most > 0 ? (uint64_t)most : 0,
                          .busy = stats->connection_threads.integral});
}

static void offer_cores(Finder *finder)
{
    const CpuResults *cpu = &finder->results->cpu;
    Sum busy = sum_of((uint64_t)cpu->user);
    sum_add(&busy, (uint64_t)cpu->overhead);
    sum_add(&busy, (uint64_t)cpu->switching);
    offer(finder, (Bound){.kind = BOUND_CORES,
                          .resource = -1,
                          .places = (uint64_t)cpu->cores,
                          .busy = busy,
                          .queue = &finder->stats->runnable});
}

/* Limits that refuse instead of filling up: they bind where they were met. */
static void offer_limits(Finder *finder)
{
    const Results *results = finder->results;
    const Spec *spec = finder->spec;
    if (results->connections_refused == 0 || finder->best.utilization >= 900000)
        return;
    Micro memory = spec->machine.memory > 0
                       ? sum_ratio(sum_of((uint64_t)results->memory_peak), sum_of((uint64_t)spec->machine.memory))
                       : 0;
    Micro open = sum_ratio(sum_of((uint64_t)results->peak_open), sum_of((uint64_t)finder->server->max_connections));
    if (memory >= 900000)
        finder->best = (Bound){.kind = BOUND_MEMORY, .resource = -1, .utilization = memory};
    else if (open >= 1000000)
        finder->best = (Bound){.kind = BOUND_CONNECTIONS, .resource = -1, .utilization = open};
}

static const Site site_of[] = {[BOUND_LOOP] = SITE_LOOP,
                               [BOUND_CORES] = SITE_CORES,
                               [BOUND_WORKERS] = SITE_WORKERS,
                               [BOUND_THREADS] = SITE_THREADS,
                               [BOUND_RESOURCE] = SITE_RESOURCE};

static Filler find_filler(const Finder *finder)
{
    const Bound *best = &finder->best;
    return filler_find(finder->spec, finder->program, finder->stats, site_of[best->kind], best->resource, -1);
}

/* ---- sentences ---- */

static void put_percent(Buf *buf, Micro share)
{
    bool small = share < 10000;
    buf_fixed(buf, small ? (share + 500) / 1000 : (share + 5000) / 10000, small ? 1 : 0);
    buf_text(buf, " %");
}

static void put_filler(Buf *buf, const Finder *finder)
{
    Filler filler = find_filler(finder);
    if (!filler.owner)
        return;
    Micro share = sum_ratio(filler.time, finder->best.busy);
    buf_text(buf, ", ");
    put_percent(buf, share < 1000000 ? share : 1000000);
    if (filler.step)
        buf_f(buf, " of it in step %d (%s) of `%s`", filler.number, filler.step->name, filler.owner);
    else
        buf_f(buf, " of it in the costs between the steps of `%s`", filler.owner);
}

/* The mean length of the queue, over the window, with one decimal; where that is nothing, not a word. */
static void put_queue(Buf *buf, const Finder *finder, const char *before, const char *after)
{
    if (!finder->best.queue)
        return;
    int64_t tenths =
        sum_divide(sum_times(finder->best.queue->integral, 10), sum_of((uint64_t)stats_window(finder->stats)));
    if (tenths == 0)
        return;
    buf_text(buf, before);
    buf_fixed(buf, tenths, 1);
    buf_text(buf, after);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void put_subject(Buf *buf, const Finder *finder)
{
    const Bound *bound = &finder->best;
    switch (bound->kind) {
    case BOUND_LOOP: buf_text(buf, bound->places == 1 ? "the loop thread is" : "the loop threads are"); break;
    case BOUND_CORES: buf_f(buf, "the core%s %s", plural(bound->places), bound->places == 1 ? "is" : "are"); break;
    case BOUND_WORKERS:
    case BOUND_THREADS:
        buf_text(buf, "the ");
        buf_u64(buf, bound->places);
        buf_f(buf, bound->kind == BOUND_WORKERS ? " worker%s of the pool %s" : " thread%s %s", plural(bound->places),
              bound->places == 1 ? "is" : "are");
        break;
    case BOUND_RESOURCE:
        buf_f(buf, "the %s of `%s` %s", bound->places == 1 ? "one place" : "places",
              finder->results->resources[bound->resource].name, bound->places == 1 ? "is" : "are");
        break;
    default: break;
    }
    buf_text(buf, bound->kind == BOUND_THREADS ? " held " : " busy ");
}

/* Where most of all waiting is for what binds: who waits for whom there. */
static bool put_blame(Buf *buf, const Finder *finder)
{
    BlamePair pair;
    Buf clause;
    buf_init(&clause, finder->mem, TEXT_MOST);
    bool here = results_worst(finder->results, &pair) && pair.cause < finder->results->handler_count &&
                pair.site == site_of[finder->best.kind] && blame_clause(&clause, finder->results, &pair);
    if (here)
        buf_f(buf, "; %s", buf_string(&clause));
    return here;
}

/* What is done for nobody belongs to the reason. */
static void put_waste(Buf *buf, const Finder *finder)
{
    Micro wasted = finder->results->cpu.wasted;
    if (wasted < 50000)
        return;
    buf_text(buf, "; ");
    put_percent(buf, wasted);
    buf_text(buf, " of the CPU time went into requests that had been given up");
}

static void put_consequence(Buf *buf, const Finder *finder)
{
    if (put_blame(buf, finder))
        return;
    switch (finder->best.kind) {
    case BOUND_LOOP: buf_text(buf, "; whatever is ready waits for it"); break;
    case BOUND_CORES: put_queue(buf, finder, "; ", " threads wait for one on average"); break;
    case BOUND_WORKERS: put_queue(buf, finder, "; ", " tasks queue for one on average"); break;
    case BOUND_THREADS:
        if (finder->best.queue)
            put_queue(buf, finder, "; ", " wait for one on average");
        else
            buf_text(buf, "; at their limit new connections wait in the backlog");
        break;
    case BOUND_RESOURCE: put_queue(buf, finder, "; ", " calls queue for it on average"); break;
    default: break;
    }
}

static const char *tell_why(const Finder *finder)
{
    Buf buf;
    buf_init(&buf, finder->mem, TEXT_MOST);
    switch (finder->best.kind) {
    case BOUND_NONE:
        buf_text(&buf, "nothing here has a limit: every request is served at once, beside all others");
        break;
    case BOUND_MEMORY:
        buf_text(&buf, "the memory is full, at most ");
        put_percent(&buf, finder->best.utilization);
        buf_text(&buf, "; what does not fit is refused");
        break;
    case BOUND_CONNECTIONS:
        buf_text(&buf, "as many connections are open as max_connections allows; the rest is refused");
        break;
    default:
        if (finder->best.utilization < 500000)
            buf_text(&buf, "nothing is near its limit: ");
        put_subject(&buf, finder);
        put_percent(&buf, finder->best.utilization);
        buf_text(&buf, " of the time");
        put_filler(&buf, finder);
        put_consequence(&buf, finder);
        put_waste(&buf, finder);
    }
    return buf_string(&buf);
}

static const char *name_of(const Finder *finder)
{
    const Bound *bound = &finder->best;
    Buf buf;
    switch (bound->kind) {
    case BOUND_LOOP: return bound->places == 1 ? "loop thread" : "loop threads";
    case BOUND_CORES: return bound->places == 1 ? "core" : "cores";
    case BOUND_WORKERS: return "worker pool";
    case BOUND_THREADS: return "threads";
    case BOUND_MEMORY: return "memory";
    case BOUND_CONNECTIONS: return "max_connections";
    case BOUND_RESOURCE:
        buf_init(&buf, finder->mem, TEXT_MOST);
        buf_f(&buf, "resource %s", finder->results->resources[bound->resource].name);
        return buf_string(&buf);
    default: return "none";
    }
}

/* ---- what to try ---- */

static void advise_set(Buf *buf, const char *path, const char *name, const char *key, uint64_t value)
{
    buf_f(buf, "--set %s.%s.%s=", path, name, key);
    buf_u64(buf, value);
}

static void advise_loop(Buf *buf, const Finder *finder)
{
    Filler filler = find_filler(finder);
    if (filler.step && filler.step->kind == STEP_SYNC)
        buf_f(buf, "await step %d of `%s` instead of blocking the loop with it", filler.number, filler.owner);
    else if (filler.step && filler.step->kind == STEP_CPU)
        buf_f(buf, "give step %d of `%s` to the pool ({\"await\": {\"pool\": …}}) or cut it into pieces", filler.number,
              filler.owner);
    else
        buf_text(buf, "fewer callbacks a request, or more loops");
}

static const char *tell_advice(const Finder *finder)
{
    const Bound *bound = &finder->best;
    Buf buf;
    buf_init(&buf, finder->mem, TEXT_MOST);
    if (bound->utilization < 500000)
        return NULL;
    switch (bound->kind) {
    case BOUND_LOOP: advise_loop(&buf, finder); break;
    case BOUND_CORES:
        buf_text(&buf, "--set machine.cores=");
        buf_u64(&buf, bound->places * 2);
        break;
    case BOUND_WORKERS:
        advise_set(&buf, "servers", finder->results->name, "workers",
                   (uint64_t)results_config(finder->server, "workers") * 2);
        break;
    case BOUND_THREADS:
        advise_set(&buf, "servers", finder->results->name, finder->results->has_pool ? "threads" : "max_threads",
                   bound->places * 2);
        break;
    case BOUND_RESOURCE:
        advise_set(&buf, "resources", finder->results->resources[bound->resource].name, "concurrency",
                   bound->places * 2);
        break;
    case BOUND_MEMORY: buf_text(&buf, "more machine.memory, or fewer threads and connections"); break;
    default: return NULL;
    }
    return buf_string(&buf);
}

/* X / U, with X = responses / window and U = busy / (places * window). */
static Micro breaks_at(const Finder *finder)
{
    uint64_t responses = 0;
    for (int i = 0; i < finder->stats->handler_count; i++)
        responses += finder->stats->handlers[i].responses;
    if (finder->best.places == 0 || responses == 0)
        return -1;
    Sum capacity = sum_times(sum_product(responses, finder->best.places), UINT64_C(1000000000000000));
    return sum_divide(capacity, finder->best.busy);
}

void bottleneck_find(Results *results, Mem *mem, const Spec *spec, const Program *program, const SpecServer *server,
                     const Stats *stats)
{
    Finder finder = {results, mem, spec, program, server, stats, {.kind = BOUND_NONE, .resource = -1}};
    offer_resources(&finder);
    offer_loop(&finder);
    offer_pool(&finder);
    offer_cores(&finder);
    offer_limits(&finder);
    results->bottleneck = (Bottleneck){
        .kind = finder.best.kind,
        .what = name_of(&finder),
        .utilization = finder.best.utilization,
        .breaks_at = breaks_at(&finder),
        .why = tell_why(&finder),
        .advice = tell_advice(&finder),
    };
}
