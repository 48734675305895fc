#include "progress.h"
#include "run.h"

#include "../model/observe/series.h"
#include "../model/observe/view.h"
#include "../model/observe/warmup.h"

#include <string.h>

enum { BLAME_TEXT_MOST = 1 << 20 };

/* What is drawn of a run, and where. */
typedef struct ToView {
    struct Sink *sink; /* NULL: nothing */
    ViewOptions options;
} ToView;

/* What the trap needs to know of a run that memory gave up on. */
typedef struct Running {
    Mem *mem;
    MemEnd shows; /* the line of progress */
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

/* It takes a tenth of the time of a run: only where somebody shows it. */
static bool shows_blame(Format format, const Args *args)
{
    return format == FORMAT_TEXT ? !args->quiet : format == FORMAT_JSON || format == FORMAT_MD || format == FORMAT_HTML;
}

static bool wants_blame(const Args *args)
{
    bool wants = args->trace != NULL || (args->out_count == 0 && shows_blame(FORMAT_TEXT, args));
    for (int i = 0; i < args->out_count; i++)
        wants |= shows_blame(args->out[i].format, args);
    return wants;
}

static void end_progress(MemEnd *end)
{
    (void)end;
    progress_end();
}

static void simulate(Running *running, Cli *cli, const Input *input, int server, const ToView *view, bool pilot)
{
    const Spec *spec = input->spec;
    const SpecServer *config = &spec->servers[server];
    running->stats = stats_new(running->mem, spec, input->program, spec->warmup);
    if (pilot)
        running->stats->pilot = pilot_new(running->mem);
    else if (cli->args.series > 0)
        running->stats->series = series_new(running->mem, running->stats, cli->args.series, spec->machine.cores);
    probe_init(&running->probe, NULL, running->stats);
    if (!pilot && wants_blame(&cli->args))
        running->probe.blame = blame_new(running->mem, spec, &running->probe);
    if (view->sink)
        running->probe.view = view_new(running->mem, view->sink, spec, input->program, server, &view->options);
    running->world = world_new(running->mem, spec, input->program, config, &running->probe);
    mem_at_end(running->mem, &running->shows, end_progress);
    progress_begin(&cli->args, config->name, &running->world->kernel, spec->duration);
    running->end = end_of(world_run(running->world, cli->args.max_events, cli->stop));
    progress_end();
    mem_forget(running->mem, &running->shows);
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

static ServerRun run_in(Running *running, Cli *cli, const Input *input, int server, const ToView *view)
{
    ServerRun run = {NULL, 0, false, false};
    MemTrap trap;
    if (mem_try(running->mem, &trap)) {
        simulate(running, cli, input, server, view, false);
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
static ServerRun run_once(Cli *cli, const Input *input, int server, const ToView *view)
{
    Running *running = mem_get(cli->mem, sizeof *running);
    ServerRun *run = mem_get(cli->mem, sizeof *run), result;
    running->mem = mem_new_in(cli->mem, budget_of(cli));
    if (!running->mem) {
        run->out_of_memory = true;
        return *run;
    }
    *run = run_in(running, cli, input, server, view);
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
    const ToView nothing = {.sink = NULL};
    running->mem = mem_new_in(cli->mem, budget_of(cli));
    if (!running->mem || !mem_try(running->mem, &trap)) {
        progress_end();
        mem_give_up(cli->mem); /* of half a pilot run there would be another warm-up */
    }
    simulate(running, cli, input, server, &nothing, true);
    mem_end_try(running->mem, &trap);
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

/* ---- the slowest requests: known only when the run is over, which is then done once more ---- */

/* Whom it waited for and how long, the longest first; of equals the one that the results name first. */
static const char *blame_text(Mem *mem, const Results *results, const Time *blame)
{
    Buf *text = mem_get(mem, sizeof *text);
    Time last = TIME_NEVER, next = 0;
    buf_init(text, mem, BLAME_TEXT_MOST);
    for (; last > 0; last = next) {
        next = 0;
        for (int i = 0; i < results->blame.causes; i++)
            next = blame[i] < last && blame[i] > next ? blame[i] : next;
        for (int i = 0; next > 0 && i < results->blame.causes; i++) {
            if (blame[i] != next)
                continue;
            buf_text(text, text->size > 0 ? ", " : "");
            buf_text(text, results->blame.name[i]);
            buf_char(text, ' ');
            buf_us(text, next);
            buf_text(text, " us");
        }
    }
    return text->size > 0 ? buf_string(text) : "nobody";
}

static const ViewSlow *slowest_of(Mem *mem, const Results *results, int count)
{
    ViewSlow *slow = mem_get(mem, mem_array(mem, (size_t)count + 1, sizeof *slow));
    for (int i = 0; i < count; i++) {
        const SlowRequest *from = &results->slowest[i];
        slow[i] = (ViewSlow){.request = from->request, .from = from->wanted, .to = from->wanted + from->latency};
        if (from->blame && results->blame.causes > 0)
            slow[i].blame = blame_text(mem, results, from->blame);
    }
    return slow;
}

ServerRun server_run(Cli *cli, const Input *input, int server, Outputs *outputs, uint64_t trace_limit)
{
    const Args *args = &cli->args;
    ToView view = {outputs->sink, {.from = args->trace_from, .to = args->trace_to, .limit = trace_limit}};
    if (!view.sink || args->trace_slowest == 0)
        return run_once(cli, input, server, &view);
    ServerRun first = run_once(cli, input, server, &(ToView){.sink = NULL}), second;
    if (!first.results || first.out_of_memory || first.results->end == WORLD_INTERRUPTED)
        return first;
    int most = (int)args->trace_slowest;
    view.options.slow_count = first.results->slow_count < most ? first.results->slow_count : most;
    view.options.slow = slowest_of(cli->mem, first.results, view.options.slow_count);
    second = run_once(cli, input, server, &view);
    must(!second.results || second.results->end != first.results->end ||
             second.results->digest == first.results->digest,
         "the same run came out differently");
    return second;
}
