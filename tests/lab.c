#include "lab.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { BUDGET = 1 << 30, SAID = 1 << 20 };

Lab *lab_read_set(const char *text, const char *set, uint64_t seed)
{
    Mem *mem = mem_new(BUDGET);
    ck_assert_ptr_nonnull(mem);
    Lab *lab = mem_get(mem, sizeof *lab);
    SpecOptions options = {.set = &set, .set_count = set != NULL, .seed = seed > 0 ? &seed : NULL};
    lab->mem = mem;
    diag_init(&lab->diag, mem);
    lab->spec = spec_read(mem, (SpecText){"spec", text, strlen(text)}, &options, &lab->diag);
    if (lab->spec)
        lab->program = program_compile(mem, lab->spec, &lab->diag);
    if (lab->diag.errors > 0 || !lab->spec || !lab->program) {
        Buf said;
        buf_init(&said, mem, SAID);
        diag_render(&said, &lab->diag);
        ck_abort_msg("%s\n%s", buf_string(&said), text);
    }
    ck_assert_int_eq(lab->spec->kind, SPEC_WORKLOAD);
    return lab;
}

Lab *lab_read(const char *text)
{
    return lab_read_set(text, NULL, 0);
}

void lab_end(Lab *lab)
{
    mem_delete(lab->mem);
}

LabRun *lab_begin(Lab *lab, int server)
{
    return lab_begin_drawn(lab, server, NULL);
}

LabRun *lab_begin_drawn(Lab *lab, int server, struct Sink *sink)
{
    Mem *mem = mem_new(BUDGET);
    ck_assert_ptr_nonnull(mem);
    LabRun *run = mem_get(mem, sizeof *run);
    *run = (LabRun){.mem = mem, .lab = lab, .server = server};
    run->stats = stats_new(mem, lab->spec, lab->program, lab->spec->warmup);
    probe_init(&run->probe, NULL, run->stats);
    if (sink) {
        ViewOptions options = {.from = 0, .to = TIME_NEVER};
        run->probe.view = view_new(mem, sink, lab->spec, lab->program, server, &options);
    }
    run->probe.blame = blame_new(run->mem, lab->spec, &run->probe);
    run->world = world_new(mem, lab->spec, lab->program, &lab->spec->servers[server], &run->probe);
    stats_open(run->stats, run->world->machine, 0);
    clients_start(run->world->clients);
    return run;
}

static WorldEnd end_of(KernelEnd end)
{
    ck_assert(end == KERNEL_DRAINED || end == KERNEL_DEADLINE || end == KERNEL_STOPPED);
    return end == KERNEL_DRAINED ? WORLD_DRAINED : end == KERNEL_DEADLINE ? WORLD_DEADLINE : WORLD_LIMIT;
}

static bool warm(const LabRun *run)
{
    return run->stats->from == 0 || run->stats->opened > 0;
}

static void ends(LabRun *run, WorldEnd end)
{
    run->over = true;
    run->end = end;
    if (!warm(run))
        stats_open(run->stats, run->world->machine, run->world->kernel.now);
    stats_close(run->stats, run->world->machine, run->world->kernel.now);
    if (run->probe.view)
        view_end(run->probe.view, run->world->kernel.now);
}

bool lab_until(LabRun *run, Time until)
{
    Kernel *kernel = &run->world->kernel;
    Time duration = run->lab->spec->duration;
    while (!run->over) {
        Time next = warm(run) || run->stats->from > until ? until : run->stats->from;
        if (next > duration)
            next = duration;
        KernelEnd end = kernel_run(kernel, next, UINT64_MAX, NULL);
        if (end != KERNEL_DEADLINE || next == duration)
            ends(run, end_of(end));
        else if (!warm(run) && next == run->stats->from)
            stats_open(run->stats, run->world->machine, kernel->now);
        if (next == until)
            break;
    }
    return !run->over;
}

bool lab_step(LabRun *run)
{
    Kernel *kernel = &run->world->kernel;
    while (!run->over) {
        bool cold = !warm(run) && run->stats->from < run->lab->spec->duration;
        KernelEnd end = kernel_run(kernel, cold ? run->stats->from : run->lab->spec->duration, kernel->taken + 1, NULL);
        if (end == KERNEL_LIMIT)
            return true;
        if (end == KERNEL_DEADLINE && cold)
            stats_open(run->stats, run->world->machine, kernel->now);
        else
            ends(run, end_of(end));
    }
    return false;
}

const Results *lab_finish(LabRun *run)
{
    const Spec *spec = run->lab->spec;
    while (lab_until(run, TIME_NEVER))
        continue;
    run->results = results_take(run->mem, spec, run->lab->program, &spec->servers[run->server], &run->probe, run->end);
    return run->results;
}

void lab_end_run(LabRun *run)
{
    mem_delete(run->mem);
}
