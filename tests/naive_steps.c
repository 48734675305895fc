/* Bodies of handlers in the naive simulator.
 *
 * Whenever an activation goes on, its body is walked again from the start. What happened before stands in a log: a step
 * that takes time, or that must not happen twice, is looked up there and skipped, until the walk comes to the first one
 * that is not in it. That one begins; when it is over the log is one longer. What is drawn is a function of the place,
 * so the walk comes by the same way. */
#include "naive_loop.h"

#include "../model/spec/units.h"

#include <check.h>
#include <string.h>

static Rng draw(const Act *act, uint64_t path, const Json *at)
{
    return rng_at(act->req->key, act->req->conn->index, (uint32_t)act->req->index,
                  mix2(path, naive_site(act->sim, at)));
}

static Time sample(const Act *act, uint64_t path, const Json *at)
{
    const Dist *dist = naive_dist(act->sim, at);
    Time time;
    if (dist_is_constant(dist, &time))
        return time;
    Rng rng = draw(act, path, at);
    return dist_sample(dist, &rng);
}

/* ---- the log ---- */

static bool begun(const Act *act)
{
    return act->at < act->known;
}

static How logged(Act *act)
{
    return act->log[act->at++].failed ? THREW : WENT;
}

static void log_it(Act *act, bool failed, Promise *promise)
{
    ck_assert_int_lt(act->known, LOG_MOST);
    act->log[act->known++] = (Log){failed, promise};
}

/* True the first time, for what must not happen twice. */
static bool first_time(Act *act)
{
    bool first = !begun(act);
    if (first)
        log_it(act, false, NULL);
    act->at++;
    return first;
}

void naive_step_over(Act *act, bool failed)
{
    bool held = act->has_place;
    act->has_place = false;
    log_it(act, held ? naive_leave(act->sim, act->call) : failed, NULL);
}

/* ---- waiting, on a thread: the thread sleeps until it is told ---- */

static void told_thread(Sim *sim, void *who, bool failed)
{
    Act *act = who;
    (void)sim;
    log_it(act, failed, NULL);
    naive_wake(act->doer);
}

/* It has a place at a resource whose work it computes itself. */
static void told_granted(Sim *sim, void *who, bool failed)
{
    Act *act = who;
    (void)sim;
    if (failed)
        log_it(act, true, NULL);
    act->has_place = !failed;
    naive_wake(act->doer);
}

static void time_is_over(Sim *sim, void *who)
{
    told_thread(sim, who, false);
}

/* Computes on the thread, or on the loop: whoever runs the activation says when it is over. */
static How compute(Act *act, Time time)
{
    if (time == 0) {
        naive_step_over(act, false);
        return logged(act);
    }
    act->doer->need = time;
    act->computes = true; /* when it goes on, that is over */
    return COMPUTES;
}

/* A cost in front of something: once it is paid, the walk comes by again, and that begins. */
static bool pays(Act *act, Time cost)
{
    if (cost == 0 || act->paid)
        return act->paid = false;
    act->doer->need = cost;
    return act->paid = true;
}

static int resource_of(const Act *act, const Json *io)
{
    for (int i = 0; i < act->sim->spec->resource_count; i++)
        if (strcmp(act->sim->spec->resources[i].name, naive_has(io, "io")->text) == 0)
            return i;
    ck_abort_msg("no such resource");
    return -1;
}

/* A task for the pool: on a thread, what takes so long where it stands. */
typedef struct Work {
    int kind;
    Time time;
    bool fails;
} Work;

static int kind_of(const Json *io)
{
    const Json *kind = naive_has(io, "kind");
    return kind == NULL || strcmp(kind->text, "cpu") == 0 ? VIA_CPU : strcmp(kind->text, "fs") == 0 ? VIA_FS : VIA_DNS;
}

/* Section 18: 4,000 iterations of pbkdf2 and 60,000 bytes of zlib a ms, 0.3 ms at least for a lookup, 50 us for a
 * stat. */
static bool work_of(const Act *act, uint64_t path, const Json *io, Work *work)
{
    if (naive_has(io, "pool")) {
        *work = (Work){kind_of(io), sample(act, path, naive_has(io, "pool")), false};
    } else if (naive_has(io, "dns")) {
        Time time = sample(act, path, naive_has(io, "dns"));
        *work = (Work){VIA_DNS, time > 300000 ? time : 300000, false};
    } else if (naive_has(io, "pbkdf2")) {
        *work = (Work){VIA_CPU, (Time)naive_has(io, "pbkdf2")->number * TIME_MS / 4000, false};
    } else if (naive_has(io, "zlib")) {
        *work = (Work){VIA_CPU, (Time)naive_has(io, "zlib")->number * TIME_MS / 60000, false};
    } else if (naive_has(io, "fs")) {
        *work = (Work){VIA_FS, 50000, strcmp(naive_has(io, "fs")->text, "missing") == 0};
    } else {
        return false;
    }
    return true;
}

static void time_is_over_and_failed(Sim *sim, void *who)
{
    told_thread(sim, who, true);
}

static How thread_waits(Act *act, uint64_t path, const Json *io)
{
    Sim *sim = act->sim;
    if (naive_has(io, "io")) {
        Rng rng = draw(act, path, io);
        int resource = resource_of(act, io);
        bool computes = sim->spec->resources[resource].via == VIA_CPU;
        if (act->has_place)
            return compute(act, act->call->latency);
        act->call = naive_call(sim, resource, &rng, (Waiter){computes ? told_granted : told_thread, act}, computes);
        return WAITS;
    }
    Work work;
    if (work_of(act, path, io, &work)) {
        if (work.kind == VIA_CPU)
            return compute(act, work.time);
        naive_at(sim, sim->now + work.time, WORLD, work.fails ? time_is_over_and_failed : time_is_over, act);
        return WAITS;
    }
    Time time = sample(act, path, naive_has(io, "net") ? naive_has(io, "net") : naive_has(io, "sleep"));
    if (naive_has(io, "sleep") && pays(act, sim->cost->sleep))
        return COMPUTES;
    if (naive_has(io, "sleep"))
        time += sim->cost->timer_slack;
    naive_at(sim, sim->now + time, WORLD, time_is_over, act);
    return WAITS;
}

static bool in_pool(const Act *act, const Json *io)
{
    if (naive_has(io, "io"))
        return act->sim->spec->resources[resource_of(act, io)].via != VIA_KERNEL;
    return !naive_has(io, "net") && !naive_has(io, "sleep");
}

/* On a loop: starts it, and returns to the loop. */
static How loop_waits(Act *act, uint64_t path, const Json *io)
{
    const Costs *cost = act->sim->cost;
    Work work;
    if (pays(act, naive_has(io, "sleep") ? cost->timer : in_pool(act, io) ? cost->submit : 0))
        return COMPUTES;
    if (naive_has(io, "sleep")) {
        naive_loop_sleep(act->loop, act, sample(act, path, naive_has(io, "sleep")));
    } else if (naive_has(io, "net")) {
        naive_loop_net(act->loop, act, sample(act, path, naive_has(io, "net")), -1, NULL);
    } else if (work_of(act, path, io, &work)) {
        naive_loop_work(act->loop, act, work.kind, work.time, work.fails);
    } else {
        int resource = resource_of(act, io), via = act->sim->spec->resources[resource].via;
        Rng rng = draw(act, path, io);
        if (via == VIA_KERNEL)
            naive_loop_net(act->loop, act, 0, resource, &rng);
        else
            naive_loop_call(act->loop, act, via, resource, &rng);
    }
    return WAITS;
}

static How wait_for(Act *act, uint64_t path, const Json *io)
{
    if (begun(act))
        return logged(act);
    return act->loop != NULL ? loop_waits(act, path, io) : thread_waits(act, path, io);
}

/* ---- steps ---- */

static How steps(Act *act, uint64_t path, const Json *body);

static How cpu(Act *act, uint64_t path, const Json *step)
{
    const Costs *cost = act->sim->cost;
    if (begun(act))
        return logged(act);
    Time time = sample(act, path, naive_has(step, "cpu"));
    if (time > 0)
        act->cold = naive_cost(&cost->cold, time);
    if (time > 0 && act->loop != NULL && !act->loop->bare)
        act->cold += naive_cost(&cost->request_cold, time);
    return compute(act, time);
}

/* Blocks whoever runs it, loop or thread. */
static How sync_step(Act *act, uint64_t path, const Json *io)
{
    if (begun(act))
        return logged(act);
    How how = thread_waits(act, path, io);
    return how == WAITS && act->loop != NULL ? BLOCKS : how;
}

static How choose(Act *act, uint64_t path, const Json *step)
{
    double sum = 0, up_to = 0;
    const Json *branch;
    for (branch = naive_has(step, "choose")->child; branch != NULL; branch = branch->next)
        sum += branch->child->number;
    Rng rng = draw(act, path, step);
    double x = rng_unit(&rng) * sum;
    for (branch = naive_has(step, "choose")->child; branch->next != NULL; branch = branch->next) {
        up_to += branch->child->number;
        if (x < up_to)
            break;
    }
    return steps(act, path, branch->child->next);
}

static How repeat(Act *act, uint64_t path, const Json *step)
{
    uint64_t loop = naive_site(act->sim, step) >> 33;
    for (int turn = 1; turn <= (int)naive_has(step, "repeat")->number; turn++) {
        How how = steps(act, mix2(mix2(path, loop), (uint64_t)turn), naive_has(step, "do"));
        if (how != WENT)
            return how;
    }
    return WENT;
}

static How try_step(Act *act, uint64_t path, const Json *step)
{
    How how = steps(act, path, naive_has(step, "try"));
    if (how == THREW && naive_has(step, "catch"))
        how = steps(act, path, naive_has(step, "catch"));
    if ((how != WENT && how != THREW) || !naive_has(step, "finally"))
        return how;
    How last = steps(act, path, naive_has(step, "finally"));
    return last == WENT ? how : last;
}

static void told_lock(Sim *sim, void *who, bool failed)
{
    Act *act = who;
    if (act->loop != NULL)
        naive_lock_job(act->loop, act);
    else
        naive_at(sim, sim->now, WORLD, time_is_over, act);
    (void)failed;
}

static How lock(Act *act, uint64_t path, const Json *step)
{
    const char *name = naive_has(step, "lock")->text;
    if (!begun(act)) {
        if (!naive_lock(act->sim, act->loop, name, (Waiter){told_lock, act}))
            return WAITS;
        log_it(act, false, NULL);
    }
    act->at++;
    How how = steps(act, path, naive_has(step, "do"));
    if (how != WENT && how != THREW)
        return how;
    if (first_time(act) && naive_unlock(act->sim, act->loop, name) && act->loop == NULL && act->sim->cost->wake > 0) {
        act->doer->need = act->sim->cost->wake; /* the waker pays */
        return COMPUTES;
    }
    return how;
}

/* On a thread: one after the other; race and any up to the one that decides. */
static How one_after_the_other(Act *act, uint64_t path, const Json *what)
{
    bool threw = false, fulfilled = false;
    for (const Json *element = naive_combination(what)->child; element != NULL; element = element->next) {
        How how = element->type == JSON_ARRAY ? steps(act, mix2(path, naive_site(act->sim, element)), element)
                                              : wait_for(act, path, element);
        if (how != WENT && how != THREW)
            return how;
        threw |= how == THREW;
        fulfilled |= how == WENT;
        if (naive_has(what, "race") || (naive_has(what, "any") && how == WENT))
            break;
    }
    if (naive_has(what, "allSettled"))
        return WENT;
    return naive_has(what, "any") ? (fulfilled ? WENT : THREW) : (threw ? THREW : WENT);
}

/* On a loop: the elements are started one after the other, each up to where it waits; then all that is left is to wait
 * for what settles first, or last. */
static How side_by_side(Act *act, uint64_t path, const Json *what)
{
    Promise *started[100];
    int n = 0;
    for (const Json *element = naive_combination(what)->child; element != NULL; element = element->next, n++) {
        if (!begun(act)) {
            log_it(act, false, naive_start(act, element, mix2(path, naive_site(act->sim, element))));
            return COMPUTES; /* not this one, the element: the loop comes back when that waits */
        }
        started[n] = act->log[act->at++].promise;
    }
    if (begun(act))
        return logged(act);
    const char *kind = naive_combination(what)->key;
    naive_await(act, naive_combine(act->loop, kind, n, started));
    return WAITS;
}

static How await_step(Act *act, uint64_t path, const Json *what)
{
    if (naive_combination(what) == NULL)
        return wait_for(act, path, what);
    return act->loop != NULL ? side_by_side(act, path, what) : one_after_the_other(act, path, what);
}

static How respond(Act *act, const Json *step)
{
    int64_t bytes = 0;
    const char *why;
    if (!begun(act) && (act->paid || !act->req->responded) && pays(act, act->sim->cost->write))
        return COMPUTES;
    if (first_time(act) && !act->req->responded) {
        if (act->loop != NULL)
            act->loop->written += act->loop->bare;
        value_size(naive_has(step, "respond")->text, &bytes, &why);
        naive_respond(act->sim, act->req, false, bytes);
    }
    return WENT;
}

static How do_step(Act *act, uint64_t path, const Json *step)
{
    if (step->type == JSON_STRING)
        return WENT;
    if (naive_has(step, "cpu"))
        return cpu(act, path, step);
    if (naive_has(step, "await"))
        return await_step(act, path, naive_has(step, "await"));
    if (naive_has(step, "sync"))
        return sync_step(act, path, naive_has(step, "sync"));
    if (naive_has(step, "choose"))
        return choose(act, path, step);
    if (naive_has(step, "repeat"))
        return repeat(act, path, step);
    if (naive_has(step, "try"))
        return try_step(act, path, step);
    if (naive_has(step, "lock"))
        return lock(act, path, step);
    if (naive_has(step, "respond"))
        return respond(act, step);
    if (naive_has(step, "throw"))
        return THREW;
    ck_abort_msg("a step that is not part of the naive simulator");
    return WENT;
}

static How steps(Act *act, uint64_t path, const Json *body)
{
    for (const Json *step = body->child; step != NULL; step = step->next) {
        How how = do_step(act, path, step);
        if (how != WENT)
            return how;
    }
    return WENT;
}

/* The handler of a request. */
Act *naive_act(Sim *sim, Req *req)
{
    const SpecBody *handler = &sim->spec->handlers[req->handler];
    Act *act = mem_get(sim->mem, sizeof *act);
    *act = (Act){.sim = sim, .req = req, .body = handler->body, .path = naive_owner(handler)};
    return act;
}

static void too_late(Sim *sim, void *who)
{
    Req *req = who;
    if (req->responded)
        return;
    naive_respond(sim, req, true, 0);
    req->too_late = true;
}

/* request_timeout: an error so long after the request was there. One whose handler was not entered by then fails. */
static bool is_late(Act *act)
{
    Time timeout = act->sim->config->request_timeout, end = act->req->at_server + timeout;
    if (timeout == 0 || act->req->watched)
        return false;
    act->req->watched = true;
    if (act->sim->now < end)
        naive_at(act->sim, end, WORLD, too_late, act->req);
    return act->sim->now >= end;
}

How naive_go_on(Act *act)
{
    act->at = 0;
    if (act->result == NULL && is_late(act))
        return THREW;
    if (act->computes && act->cold > 0) {
        act->doer->need = act->cold;
        act->cold = 0;
        return COMPUTES;
    }
    if (act->computes)
        naive_step_over(act, false);
    act->computes = false;
    return steps(act, act->path, act->body);
}
