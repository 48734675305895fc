#include "progress.h"
#include "run.h"

#include "../model/observe/series.h"
#include "../model/observe/view.h"
#include "../model/observe/warmup.h"

#include <string.h>

/* What the trap needs to know of a run that memory gave up on. */
typedef struct Running {
    Mem *mem;
    Stats *stats;
    Probe probe;
    World *world;
    WorldEnd end;
} Running;

static WorldEnd end_of(KernelEnd end)
{
    switch (end) {
    case KERNEL_DRAINED: return WORLD_DRAINED;
    case KERNEL_DEADLINE: return WORLD_DEADLINE;
    case KERNEL_INTERRUPTED: return WORLD_INTERRUPTED;
    default: return WORLD_LIMIT;
    }
}

static void simulate(Running *running, Cli *cli, const Input *input, int server, struct Sink *sink,
                     uint64_t trace_limit, bool pilot)
{
    const Spec *spec = input->spec;
    const SpecServer *config = &spec->servers[server];
    running->stats = stats_new(running->mem, spec, input->program, spec->warmup);
    if (pilot)
        running->stats->pilot = pilot_new(running->mem);
    else if (cli->args.series > 0)
        running->stats->series = series_new(running->mem, running->stats, cli->args.series, spec->machine.cores);
    probe_init(&running->probe, NULL, running->stats);
    if (sink) {
        ViewOptions options = {.from = cli->args.trace_from, .to = cli->args.trace_to, .limit = trace_limit};
        running->probe.view = view_new(running->mem, sink, spec, input->program, server, &options);
    }
    running->world = world_new(running->mem, spec, input->program, config, &running->probe);
    progress_begin(&cli->args, config->name, &running->world->kernel, spec->duration);
    running->end = end_of(world_run(running->world, cli->args.max_events, cli->stop));
    progress_end();
    if (running->probe.view)
        view_end(running->probe.view, running->probe.kernel->now);
}

/* What had happened when the memory gave out is reported: nothing here takes any. */
static void close_early(Running *running)
{
    running->end = WORLD_LIMIT;
    if (running->world) {
        Time now = running->world->kernel.now;
        if (running->stats->series)
            running->stats->series->from = now; /* the step under way would take some */
        if (now < running->stats->from)
            stats_open(running->stats, running->world->machine, now);
        stats_close(running->stats, running->world->machine, now);
    }
}

static void end_view(Running *running)
{
    MemTrap trap;
    if (!running->world || !running->probe.view)
        return;
    if (mem_try(running->mem, &trap)) {
        view_end(running->probe.view, running->world->kernel.now);
        mem_end_try(running->mem, &trap);
    }
}

static size_t budget_of(const Cli *cli)
{
    uint64_t most = (uint64_t)cli->args.max_memory;
    return most > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)most;
}

static ServerRun run_in(Running *running, Cli *cli, const Input *input, int server, Outputs *outputs,
                        uint64_t trace_limit)
{
    ServerRun run = {NULL, 0, false, false};
    MemTrap trap;
    if (mem_try(running->mem, &trap)) {
        simulate(running, cli, input, server, outputs->sink, trace_limit, false);
        mem_end_try(running->mem, &trap);
    } else {
        progress_end();
        close_early(running);
        end_view(running);
        run.out_of_memory = true;
    }
    if (!running->world)
        return run;
    run.results = results_take(cli->mem, input->spec, input->program, &input->spec->servers[server], &running->probe,
                               running->end);
    run.results->out_of_memory = run.out_of_memory;
    run.left_out = running->probe.view ? view_left_out(running->probe.view) : 0;
    run.spinning = running->probe.spinning;
    return run;
}

/* The memory of the run is its own, so that it can be told apart, and is given back whatever happens to that of the
 * cli meanwhile. */
ServerRun server_run(Cli *cli, const Input *input, int server, Outputs *outputs, uint64_t trace_limit)
{
    Running *running = mem_get(cli->mem, sizeof *running);
    ServerRun *run = mem_get(cli->mem, sizeof *run), result;
    MemTrap trap;
    running->mem = mem_new(budget_of(cli));
    if (!running->mem) {
        run->out_of_memory = true;
        return *run;
    }
    if (!mem_try(cli->mem, &trap)) {
        progress_end();
        mem_delete(running->mem);
        mem_give_up(cli->mem);
    }
    *run = run_in(running, cli, input, server, outputs, trace_limit);
    mem_end_try(cli->mem, &trap);
    mem_delete(running->mem);
    result = *run;
    mem_free(cli->mem, run);
    mem_free(cli->mem, running);
    return result;
}

/* ---- "warmup": "auto" ---- */

static Time pilot_run(Cli *cli, const Input *input, int server)
{
    Running *running = mem_get(cli->mem, sizeof *running);
    MemTrap trap;
    Time cut = 0;
    if (!(running->mem = mem_new(budget_of(cli))))
        return 0;
    if (mem_try(running->mem, &trap)) {
        simulate(running, cli, input, server, NULL, 0, true);
        mem_end_try(running->mem, &trap);
    } else {
        progress_end();
    }
    if (running->world)
        cut = pilot_cut(running->stats->pilot, running->world->kernel.now);
    mem_delete(running->mem);
    mem_free(cli->mem, running);
    return cut;
}

void warmup_find(Cli *cli, Input *input)
{
    Spec *spec = input->spec;
    if (!spec->warmup_auto)
        return;
    Time latest = 0;
    for (int i = 0; i < spec->server_count; i++) {
        Time cut = pilot_run(cli, input, i);
        latest = cut > latest ? cut : latest;
    }
    spec->warmup = latest;
}
