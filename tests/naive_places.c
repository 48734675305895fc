/* Places of draws in the naive simulator: docs/method.md, "Draws".
 *
 * Whatever may draw has a site: a number that counts through the handler as it is written, mixed with the handler. */
#include "naive_sim.h"

#include "../model/spec/diag.h"
#include "../model/spec/units.h"
#include "../sim/digest.h"

#include <check.h>
#include <string.h>

typedef struct Counter {
    Sim *sim;
    uint64_t owner, count;
} Counter;

static void site(Counter *counter, const Json *at)
{
    Sim *sim = counter->sim;
    ck_assert_int_lt(sim->sites, BODY_MOST);
    sim->site_of[sim->sites] = at;
    sim->site[sim->sites++] = mix2(counter->owner, ++counter->count);
}

uint64_t naive_site(const Sim *sim, const Json *at)
{
    for (int i = 0; i < sim->sites; i++)
        if (sim->site_of[i] == at)
            return sim->site[i];
    ck_abort_msg("no site");
    return 0;
}

const Dist *naive_dist(Sim *sim, const Json *json)
{
    Diag diag;
    diag_init(&diag, sim->mem);
    const Dist *dist = value_dist(sim->mem, json, &diag);
    ck_assert_ptr_nonnull(dist);
    return dist;
}

static bool varies(Sim *sim, const Json *json)
{
    Time fixed;
    return !dist_is_constant(naive_dist(sim, json), &fixed);
}

const Json *naive_has(const Json *step, const char *key)
{
    return step->type == JSON_OBJECT ? json_member(step, key) : NULL;
}

static const char *const combinations[] = {"all", "race", "any", "allSettled"};
static const char *const timed[] = {"net", "sleep", "pool", "dns"};

const Json *naive_combination(const Json *step)
{
    for (int i = 0; i < 4; i++)
        if (naive_has(step, combinations[i]))
            return naive_has(step, combinations[i]);
    return NULL;
}

static void body_sites(Counter *counter, const Json *body);

static void io_sites(Counter *counter, const Json *io)
{
    for (int i = 0; i < 4; i++)
        if (naive_has(io, timed[i]) && varies(counter->sim, naive_has(io, timed[i])))
            site(counter, naive_has(io, timed[i]));
    site(counter, io);
}

static void choose_sites(Counter *counter, const Json *step)
{
    site(counter, step);
    for (const Json *branch = naive_has(step, "choose")->child; branch != NULL; branch = branch->next)
        body_sites(counter, branch->child->next);
}

static void await_sites(Counter *counter, const Json *what)
{
    if (naive_combination(what) == NULL) {
        io_sites(counter, what);
        return;
    }
    for (const Json *element = naive_combination(what)->child; element != NULL; element = element->next) {
        if (element->type != JSON_ARRAY) {
            io_sites(counter, element);
            continue;
        }
        body_sites(counter, element);
        site(counter, element);
    }
}

static void step_sites(Counter *counter, const Json *step)
{
    static const char *const bodies[] = {"do", "try", "catch", "finally"};
    if (naive_has(step, "cpu") && varies(counter->sim, naive_has(step, "cpu")))
        site(counter, naive_has(step, "cpu"));
    if (naive_has(step, "await"))
        await_sites(counter, naive_has(step, "await"));
    if (naive_has(step, "sync"))
        io_sites(counter, naive_has(step, "sync"));
    if (naive_has(step, "choose"))
        choose_sites(counter, step);
    if (naive_has(step, "repeat"))
        site(counter, step);
    for (int i = 0; i < 4; i++)
        if (naive_has(step, bodies[i]))
            body_sites(counter, naive_has(step, bodies[i]));
}

static void body_sites(Counter *counter, const Json *body)
{
    for (const Json *step = body->child; step != NULL; step = step->next)
        step_sites(counter, step);
}

uint64_t naive_owner(const SpecBody *handler)
{
    return digest_bytes(1, handler->name, strlen(handler->name));
}

void naive_sites(Sim *sim)
{
    for (int i = 0; i < sim->spec->handler_count; i++) {
        Counter counter = {sim, naive_owner(&sim->spec->handlers[i]), 0};
        body_sites(&counter, sim->spec->handlers[i].body);
    }
}
