/* Time, resources and locks of the naive simulator. */
#include "naive_sim.h"

#include "../model/spec/units.h"
#include "../sim/digest.h"

#include <check.h>
#include <string.h>

/* ---- time ---- */

Happening *naive_at(Sim *sim, Time when, int rank, What *what, void *who)
{
    Happening *happening = mem_get(sim->mem, sizeof *happening);
    *happening = (Happening){when, rank, sim->happenings_ever++, what, who};
    ck_assert_int_lt(sim->listed, (int)COUNT_OF(sim->list));
    ck_assert_int_ge(when, sim->now);
    sim->list[sim->listed++] = happening;
    return happening;
}

void naive_cancel(Sim *sim, Happening *happening)
{
    for (int i = 0; i < sim->listed; i++)
        if (sim->list[i] == happening) {
            sim->list[i] = sim->list[--sim->listed];
            mem_free(sim->mem, happening);
            return;
        }
}

static bool before(const Happening *a, const Happening *b)
{
    if (a->when != b->when)
        return a->when < b->when;
    return a->rank != b->rank ? a->rank < b->rank : a->number < b->number;
}

/* What happens at the end of the run or after it does not happen. */
static bool happens(Sim *sim)
{
    Happening *first = NULL;
    for (int i = 0; i < sim->listed; i++)
        if (first == NULL || before(sim->list[i], first))
            first = sim->list[i];
    if (first == NULL || first->when >= sim->spec->duration)
        return false;
    Happening now = *first;
    naive_cancel(sim, first);
    sim->now = now.when;
    now.what(sim, now.who);
    return true;
}

/* ---- resources ---- */

static void serve(Sim *sim, Resource *resource, Call *call);

static Resource *resource_of(Sim *sim, const Call *call)
{
    return &sim->resources[call->resource - sim->resources];
}

static void tell(Sim *sim, Call *call, bool failed)
{
    if (!call->told)
        call->waiter.told(sim, call->waiter.who, failed);
    call->told = true;
}

static void place_free(Sim *sim, Resource *resource)
{
    resource->serves--;
    if (resource->queued == 0)
        return;
    Call *next = resource->queue[0];
    resource->queued--;
    memmove(resource->queue, resource->queue + 1, (size_t)resource->queued * sizeof(Call *));
    serve(sim, resource, next);
}

static void served(Sim *sim, void *who)
{
    Call *call = who;
    naive_cancel(sim, call->timeout);
    call->timeout = NULL;
    place_free(sim, resource_of(sim, call));
    tell(sim, call, call->fails);
}

static void granted(Sim *sim, void *who)
{
    tell(sim, who, false);
}

/* Who computes itself (via cpu) is told that it has a place; the others when the latency is over. */
static void serve(Sim *sim, Resource *resource, Call *call)
{
    resource->serves++;
    call->ends = sim->now + (call->enters ? 0 : call->latency);
    if (call->enters) {
        naive_cancel(sim, call->timeout);
        call->timeout = NULL;
    }
    naive_at(sim, call->ends, WORLD, call->enters ? granted : served, call);
}

bool naive_leave(Sim *sim, Call *call)
{
    const SpecResource *spec = call->resource->spec;
    place_free(sim, resource_of(sim, call));
    return call->fails || (spec->timeout > 0 && sim->now - call->called > spec->timeout);
}

static void finds_queue_full(Sim *sim, void *who)
{
    tell(sim, who, true);
}

/* What is served goes on being served; what waits leaves the queue. What is over at this instant is in time. */
static void times_out(Sim *sim, void *who)
{
    Call *call = who;
    Resource *resource = resource_of(sim, call);
    call->timeout = NULL;
    if (call->ends == sim->now)
        return;
    for (int i = 0; i < resource->queued; i++)
        if (resource->queue[i] == call) {
            resource->queued--;
            memmove(&resource->queue[i], &resource->queue[i + 1], (size_t)(resource->queued - i) * sizeof call);
            break;
        }
    tell(sim, call, true);
}

/* The latency and whether it fails are drawn when it is called. */
Call *naive_call(Sim *sim, int number, Rng *rng, Waiter waiter, bool enters)
{
    Resource *resource = &sim->resources[number];
    const SpecResource *spec = resource->spec;
    Call *call = mem_get(sim->mem, sizeof *call);
    *call = (Call){.resource = resource, .waiter = waiter, .called = sim->now, .ends = -1, .enters = enters};
    call->latency = dist_sample(spec->latency, rng);
    call->fails = spec->error_rate > 0 && rng_unit(rng) < spec->error_rate;
    bool free_place = spec->concurrency == 0 || resource->serves < spec->concurrency;
    if (free_place) {
        serve(sim, resource, call);
    } else if (spec->queue >= 0 && resource->queued >= spec->queue) {
        naive_at(sim, sim->now, WORLD, finds_queue_full, call);
        return call;
    } else {
        resource->queue[resource->queued++] = call;
    }
    if (spec->timeout > 0 && !(enters && free_place))
        call->timeout = naive_at(sim, sim->now + spec->timeout, WORLD, times_out, call);
    return call;
}

/* ---- locks ---- */

/* Each loop of a cluster is a process, with locks of its own. */
static Lock *lock_of(Sim *sim, const Loop *process, const char *name)
{
    for (int i = 0; i < sim->lock_count; i++)
        if (sim->locks[i].process == process && strcmp(sim->locks[i].name, name) == 0)
            return &sim->locks[i];
    ck_assert_int_lt(sim->lock_count, (int)COUNT_OF(sim->locks));
    sim->locks[sim->lock_count].name = name;
    sim->locks[sim->lock_count].process = process;
    return &sim->locks[sim->lock_count++];
}

bool naive_lock(Sim *sim, const Loop *process, const char *name, Waiter waiter)
{
    Lock *lock = lock_of(sim, process, name);
    if (!lock->held) {
        lock->held = true;
        return true;
    }
    lock->queue[lock->queued++] = waiter;
    return false;
}

/* The one that has waited longest has it from now on. */
bool naive_unlock(Sim *sim, const Loop *process, const char *name)
{
    Lock *lock = lock_of(sim, process, name);
    if (lock->queued == 0)
        return lock->held = false;
    Waiter next = lock->queue[0];
    lock->queued--;
    memmove(lock->queue, lock->queue + 1, (size_t)lock->queued * sizeof next);
    next.told(sim, next.who, false);
    return true;
}

/* ---- the whole ---- */

int64_t naive_key(const Sim *sim, const char *key, int64_t otherwise)
{
    const Json *value = json_member(sim->server, key);
    if (value == NULL)
        return otherwise;
    return value->type == JSON_NUMBER ? (int64_t)value->number : value->type == JSON_TRUE ? 1 : otherwise;
}

const char *naive_word(const Sim *sim, const char *key)
{
    const Json *value = json_member(sim->server, key);
    return value != NULL && value->type == JSON_STRING ? value->text : "";
}

/* ---- the backlog ---- */

Conn *naive_take(Sim *sim)
{
    Conn *conn = sim->backlog[0];
    sim->waiting--;
    memmove(sim->backlog, sim->backlog + 1, (size_t)sim->waiting * sizeof conn);
    return conn;
}

Conn *naive_take_this(Sim *sim, Conn *conn)
{
    for (int i = 0; i < sim->waiting; i++)
        if (sim->backlog[i] == conn) {
            sim->waiting--;
            memmove(&sim->backlog[i], &sim->backlog[i + 1], (size_t)(sim->waiting - i) * sizeof conn);
            break;
        }
    return conn;
}

/* ---- memory ---- */

bool naive_fits(const Sim *sim, int64_t bytes)
{
    int64_t memory = sim->spec->machine.memory;
    return memory == 0 || bytes <= memory - sim->memory;
}

int64_t naive_stack(const Sim *sim)
{
    const char *text = naive_word(sim, "stack"), *why;
    int64_t bytes;
    return *text != '\0' && value_size(text, &bytes, &why) ? bytes : sim->cost->thread_memory;
}

/* ---- costs ---- */

/* Between two points in proportion, outside of them as the nearest. */
Time naive_cost(const CostPoints *points, int64_t at)
{
    const struct CostPoint *last = NULL;
    for (int i = 0; i < points->count; i++) {
        const struct CostPoint *point = &points->point[i];
        if (at < point->at && last == NULL)
            return point->cost;
        if (at < point->at)
            return last->cost + (point->cost - last->cost) * (at - last->at) / (point->at - last->at);
        last = point;
    }
    return last == NULL ? 0 : last->cost;
}

/* What some things cost depends on how many are open. */
void naive_open(Sim *sim, int change)
{
    Time *const cost[] = {&sim->cost->read, &sim->cost->write, &sim->cost->poll_event, &sim->cost->callback,
                          &sim->cost->switch_};
    sim->open += change;
    for (int i = 0; i < 5; i++)
        if (sim->cost->by_connections[i].count > 0)
            *cost[i] = naive_cost(&sim->cost->by_connections[i], sim->open);
}

/* ---- pauses ---- */

static void plan_pause(Sim *sim, Time from);

static Time draw_pause(const Sim *sim, const Dist *dist, int purpose)
{
    Rng rng = rng_at(naive_client_key(sim, UINT64_MAX, 0), sim->pauses, 0, (uint64_t)purpose << 8);
    return dist_sample(dist, &rng);
}

static void pause_begins(Sim *sim, void *who)
{
    Time duration = draw_pause(sim, sim->config->pause_for, FOR_PAUSE_FOR);
    (void)who;
    naive_pause(sim, duration);
    sim->pauses++;
    plan_pause(sim, sim->now + duration);
}

static void plan_pause(Sim *sim, Time from)
{
    Time gap = draw_pause(sim, sim->config->pause_every, FOR_PAUSE_EVERY);
    naive_at(sim, from + (gap > 0 ? gap : 1), WORLD, pause_begins, NULL);
}

/* ---- a run ---- */

NaiveRun *naive_run(Mem *mem, const Spec *spec, int server)
{
    Sim *sim = mem_get(mem, sizeof *sim);
    sim->mem = mem;
    sim->spec = spec;
    sim->config = &spec->servers[server];
    sim->server = json_member(json_member(spec->root, "servers"), sim->config->name);
    sim->cost = mem_get(mem, sizeof *sim->cost);
    *sim->cost = spec->machine.costs;
    sim->run = mem_get(mem, sizeof *sim->run);
    for (size_t i = 0; i < COUNT_OF(sim->core); i++)
        sim->core[i].idle_since = -1;
    sim->resources = mem_get(mem, (size_t)(spec->resource_count + 1) * sizeof *sim->resources);
    for (int i = 0; i < spec->resource_count; i++)
        sim->resources[i].spec = &spec->resources[i];
    const char *model = naive_word(sim, "model");
    naive_sites(sim);
    if (sim->config->pause_every != NULL)
        plan_pause(sim, 0);
    if (strcmp(model, "event-loop") == 0)
        naive_event_loop(sim);
    else if (strcmp(model, "thread-per-connection") == 0)
        naive_thread_per_connection(sim);
    else if (strcmp(model, "thread-pool") == 0)
        naive_thread_pool(sim);
    else
        naive_green_threads(sim);
    naive_clients(sim);
    while (happens(sim))
        continue;
    return sim->run;
}

uint64_t naive_digest(const NaiveRun *run)
{
    uint64_t digest = DIGEST_START;
    for (uint64_t i = 1; i <= run->count; i++) {
        const NaiveRequest *request = &run->request[i];
        digest = digest_add(digest, i);
        digest = digest_add(digest, (uint64_t)request->wanted);
        digest = digest_add(digest, (uint64_t)request->over);
        digest = digest_add(digest, (uint64_t)request->outcome);
    }
    return digest_end(digest);
}
