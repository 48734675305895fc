#include "specs.h"

#include "../../model/node/explain.h"
#include "../../model/node/process.h"
#include "../../model/observe/series.h"
#include "../../model/program/code.h"
#include "../../sim/digest.h"

#include <string.h>

static const char *read_beside(void *context, Mem *mem, const char *path, size_t *size, const char **error)
{
    const char *text = context;
    (void)path;
    *error = "no such file";
    *size = text ? strlen(text) : 0;
    return text ? mem_copy(mem, text, *size) : NULL;
}

FuzzSpec *fuzz_spec_read(Mem *mem, const char *text, size_t size, const char *beside, const char *const *set)
{
    FuzzSpec *spec = mem_get(mem, sizeof *spec);
    int count = 0;
    Buf said;
    spec->mem = mem;
    while (set && set[count])
        count++;
    SpecOptions options = {.set = set, .set_count = count, .read_file = read_beside};
    memcpy(&options.context, &beside, sizeof beside); /* it is only read */
    diag_init(&spec->diag, mem);
    spec->spec = spec_read(mem, (SpecText){"spec.json", text, size}, &options, &spec->diag);
    if (spec->spec)
        spec->program = program_compile(mem, spec->spec, &spec->diag);
    fuzz_must((spec->spec && spec->program) || spec->diag.errors > 0, "refused without a word");
    buf_init(&said, mem, (size_t)1 << 24);
    diag_render(&said, &spec->diag);
    if (spec->diag.errors > 0)
        spec->spec = NULL;
    return spec;
}

/* ---- a workload ---- */

static void check_balance(const RequestCounts *counts)
{
    fuzz_must(counts->arrived ==
                  counts->completed + counts->failed + counts->refused + counts->timed_out + counts->in_flight,
              "arrived is not what became of them");
}

static void check_results(const Spec *spec, const Program *program, const Results *results)
{
    RequestCounts sum = {0};
    Time parts = 0;
    check_balance(&results->all.requests);
    for (int i = 0; i < results->handler_count; i++) {
        const RequestCounts *counts = &results->handlers[i].requests;
        check_balance(counts);
        sum.arrived += counts->arrived;
        sum.completed += counts->completed;
    }
    fuzz_must(sum.arrived == results->all.requests.arrived, "the handlers' arrivals are not all");
    fuzz_must(sum.completed == results->all.requests.completed, "the handlers' completions are not all");
    for (int i = 0; i < PARTS; i++)
        parts += results->all.time[i];
    if (results->all.requests.completed > 0)
        fuzz_must(parts == hist_mean(&results->all.latency), "the parts of the latency are not all of it");
    fuzz_must(results->cpu.utilization >= 0 && results->cpu.utilization <= 1000000, "cores busier than busy");
    fuzz_must(results->simulated <= spec->duration, "it went on beyond its end");
    fuzz_must(results->all.latency.count - results->all.requests.completed <= (results->end == WORLD_LIMIT),
              "completed, but without a latency");
    /* who locks what it has waits for ever, and so does who finds no thread, as none fits in the memory */
    if (results->end == WORLD_DRAINED && program->lock_count == 0 && spec->machine.memory == 0)
        fuzz_must(results->all.requests.in_flight == 0, "all is done, and yet in flight");
}

typedef struct Cut {
    World *world; /* NULL: its run is over, or has not begun */
    Probe *probe;
} Cut;

/* Memory gave out within a run: what had happened until then adds up as well. */
static void judge_early(const FuzzSpec *from, int server, const Cut *cut)
{
    if (!cut->world)
        return;
    Stats *stats = cut->probe->stats;
    Time now = cut->world->kernel.now;
    if (stats->series)
        stats->series->from = now;
    if (now < stats->from)
        stats_open(stats, cut->world->machine, now);
    stats_close(stats, cut->world->machine, now);
    check_results(
        from->spec, from->program,
        results_take(from->mem, from->spec, from->program, &from->spec->servers[server], cut->probe, WORLD_LIMIT));
}

static uint64_t simulate(Mem *mem, const FuzzSpec *from, int server, struct Sink *sink, uint64_t events, Cut *cut)
{
    const Spec *spec = from->spec;
    Probe *probe = mem_get(mem, sizeof *probe);
    Stats *stats = stats_new(mem, spec, from->program, spec->warmup);
    probe_init(probe, NULL, stats);
    cut->probe = probe;
    if (sink) {
        ViewOptions options = {.from = 0, .to = TIME_NEVER, .limit = 20000};
        stats->series = series_new(mem, stats, 10 * TIME_MS, spec->machine.cores);
        probe->blame = blame_new(mem, spec, probe);
        probe->view = view_new(mem, sink, spec, from->program, server, &options);
    }
    World *world = world_new(mem, spec, from->program, &spec->servers[server], probe);
    cut->world = world;
    KernelEnd end = world_run(world, events, NULL);
    cut->world = NULL;
    if (probe->view)
        view_end(probe->view, probe->kernel->now);
    WorldEnd ended = end == KERNEL_DRAINED ? WORLD_DRAINED : end == KERNEL_DEADLINE ? WORLD_DEADLINE : WORLD_LIMIT;
    const Results *results = results_take(mem, spec, from->program, &spec->servers[server], probe, ended);
    check_results(spec, from->program, results);
    return results->digest != 0 ? results->digest : 1;
}

static uint64_t run_server(const FuzzSpec *spec, int server, struct Sink *sink, uint64_t events, uint64_t fails)
{
    Mem *mem = mem_new(FUZZ_MEMORY);
    volatile uint64_t digest = 0;
    MemTrap trap, outer; /* the sink's memory is the spec's, and may give out as well */
    if (!mem_try(spec->mem, &outer)) {
        mem_delete(mem);
        mem_give_up(spec->mem);
    }
    Cut *cut = mem_get(spec->mem, sizeof *cut);
    if (mem)
        mem_fail_at(mem, fails, true);
    if (mem && mem_try(mem, &trap)) {
        digest = simulate(mem, spec, server, sink, events, cut);
        mem_end_try(mem, &trap);
    } else {
        judge_early(spec, server, cut);
    }
    mem_end_try(spec->mem, &outer);
    mem_delete(mem);
    return digest;
}

uint64_t fuzz_run_server(const FuzzSpec *spec, int server, struct Sink *sink, uint64_t events)
{
    return run_server(spec, server, sink, events, 0);
}

void fuzz_starve_server(const FuzzSpec *spec, int server)
{
    run_server(spec, server, NULL, FUZZ_EVENTS, 1 + spec->spec->digest % 512);
}

/* ---- a program ---- */

static void add_line(void *context, const char *text, size_t size)
{
    uint64_t *digest = context;
    *digest = digest_bytes(*digest, text, size);
}

static uint64_t play(Mem *mem, const FuzzSpec *from, bool explained)
{
    uint64_t digest = DIGEST_START;
    Probe probe;
    Explanation explanation;
    ProcessOptions options = {.max_events = FUZZ_EVENTS, .print = add_line, .context = &digest};
    probe_init(&probe, NULL, stats_new(mem, from->spec, from->program, 0));
    if (explained) {
        explanation_init(&explanation, mem);
        options.explanation = &explanation;
    }
    ProcessResult result = process_run(mem, from->spec, from->program, &probe, &options);
    if (probe.spinning || (explained && explanation.cut)) /* a spin may take long: once is enough */
        return 0;
    fuzz_must(result.now >= 0 && result.now <= 2 * TIME_MAX_RUN, "it went on for too long");
    digest = digest_add(digest, probe_result(&probe));
    digest = digest_end(digest_add(digest, (uint64_t)(unsigned)result.exit_code));
    return digest != 0 ? digest : 1;
}

uint64_t fuzz_run_program(const FuzzSpec *spec, bool explained)
{
    Mem *mem = mem_new(FUZZ_MEMORY);
    volatile uint64_t digest = 0;
    MemTrap trap;
    if (mem && mem_try(mem, &trap)) {
        digest = play(mem, spec, explained);
        mem_end_try(mem, &trap);
    }
    mem_delete(mem);
    return digest;
}
