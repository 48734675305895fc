#include "run.h"

#include "../observe/probe.h"
#include "../observe/series.h"
#include "arrivals.h"

/* ---- pauses ---- */

static Time draw_pause(const World *world, const Dist *dist, DrawPurpose purpose)
{
    Rng rng = draw_at(draw_key(world->spec->seed, UINT64_MAX, 0), world->pauses, 0, purpose);
    return dist_sample(dist, &rng);
}

static void plan_pause(World *world, Time from)
{
    Time gap = draw_pause(world, world->config->pause_every, DRAW_PAUSE_EVERY);
    kernel_at(&world->kernel, &world->pause, from + (gap > 0 ? gap : 1)); /* so that time passes */
}

static void on_pause(Event *event)
{
    World *world = CONTAINER_OF(event, World, pause);
    if (world->kernel.pending == 0) /* pauses must not be what keeps a run going */
        return;
    Time duration = draw_pause(world, world->config->pause_for, DRAW_PAUSE_FOR);
    machine_pause(world->machine, duration);
    world->pauses++;
    plan_pause(world, world->kernel.now + duration);
}

static void start_pauses(World *world)
{
    event_bind(&world->pause, on_pause, RANK_WORLD);
    if (world->config->pause_every != NULL)
        plan_pause(world, 0);
}

World *world_new(Mem *mem, const Spec *spec, const struct Program *program, const SpecServer *server,
                 struct Probe *probe)
{
    World *world = mem_get(mem, sizeof *world);
    world->mem = mem;
    world->spec = spec;
    world->config = server;
    world->program = program;
    world->probe = probe;
    world->model = server->model;
    kernel_init(&world->kernel);
    probe_kernel(probe, &world->kernel);
    pool_init(&world->requests, mem, sizeof(Request));
    pool_init(&world->connections, mem, sizeof(Connection));
    idles_init(world);
    world->machine = machine_new(mem, &world->kernel, &spec->machine, probe);
    world->costs = spec->machine.costs;
    machine_set_costs(world->machine, &world->costs, spec->seed);
    world->resources = resources_new(world);
    world->clients = clients_new(world);
    must(world->model->create, "a server model that is not there yet was run");
    world->server = world->model->create(world, server->config);
    start_pauses(world);
    return world;
}

/* In pieces of a step where there is a series. */
static KernelEnd run_to(World *world, Time until, uint64_t max_events, const volatile sig_atomic_t *stop)
{
    Stats *stats = world->probe->stats;
    while (stats->series && series_next(stats->series) < until) {
        Time next = series_next(stats->series);
        KernelEnd end = kernel_run(&world->kernel, next, max_events, stop);
        if (end != KERNEL_DEADLINE)
            return end;
        series_sample(stats->series, stats, world->machine, next);
    }
    return kernel_run(&world->kernel, until, max_events, stop);
}

/* Where arrivals go on for ever the run lasts until its duration is over, however rare they are: the next one may lie
 * behind it. */
static bool arrivals_go_on(const Spec *spec)
{
    for (int i = 0; i < spec->stream_count; i++) {
        const SpecArrivals *arrivals = &spec->arrivals[i];
        bool ends = arrivals->count > 0 || arrivals->kind == ARRIVE_AT || arrivals->kind == ARRIVE_FILE ||
                    arrivals->kind == ARRIVE_STAGES;
        if (!ends)
            return true;
    }
    return false;
}

static void at_the_end(Event *event)
{
    (void)event; /* it only keeps the clock going */
}

KernelEnd world_run(World *world, uint64_t max_events, const volatile sig_atomic_t *stop)
{
    Kernel *kernel = &world->kernel;
    Stats *stats = world->probe->stats;
    Time warmup = stats->from;
    KernelEnd end = KERNEL_DEADLINE;
    stats_open(stats, world->machine, kernel->now);
    clients_start(world->clients);
    event_bind(&world->deadline, at_the_end, RANK_WORLD);
    if (world->spec->duration != TIME_NEVER && arrivals_go_on(world->spec))
        kernel_at(kernel, &world->deadline, world->spec->duration);
    if (warmup > 0) {
        end = run_to(world, warmup, max_events, stop);
        stats_open(stats, world->machine, kernel->now);
    }
    if (end == KERNEL_DEADLINE)
        end = run_to(world, world->spec->duration, max_events, stop);
    stats_close(stats, world->machine, kernel->now);
    return end;
}
