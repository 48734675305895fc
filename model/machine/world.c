#include "run.h"

#include "../observe/probe.h"

World *world_new(Mem *mem, const Spec *spec, const struct Program *program, const SpecServer *server, struct Probe *probe)
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
    world->resources = resources_new(world);
    world->clients = clients_new(world);
    must(world->model->create, "a server model that is not there yet was run");
    world->server = world->model->create(world, server->config);
    return world;
}

KernelEnd world_run(World *world, uint64_t max_events, const volatile sig_atomic_t *stop)
{
    Kernel *kernel = &world->kernel;
    Stats *stats = world->probe->stats;
    Time warmup = stats->from;
    KernelEnd end = KERNEL_DEADLINE;
    stats_open(stats, world->machine, kernel->now);
    clients_start(world->clients);
    if (warmup > 0) {
        end = kernel_run(kernel, warmup, max_events, stop);
        stats_open(stats, world->machine, kernel->now);
    }
    if (end == KERNEL_DEADLINE)
        end = kernel_run(kernel, world->spec->duration, max_events, stop);
    stats_close(stats, world->machine, kernel->now);
    return end;
}

void world_delete(World *world)
{
    if (world->model->destroy)
        world->model->destroy(world->server);
}
