#include "replicate.h"

#include "../traces/sink.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MOST = 1 << 28 };

/* All that a run of all servers has, in memory that outlives the trap. */
typedef struct Run {
    Cli *cli;
    Input input;
    Requirements requirements;
    Outputs outputs;
    bool *wanted;              /* by the server's index */
    const Results **by_server; /* NULL: not run */
    Report report;
    uint64_t left_out;
    bool interrupted, limit;
    bool lost; /* the memory gave out before a server's run had begun: no report could say so */
} Run;

/* ---- the runs ---- */

static int wanted_count(const Run *run)
{
    int count = 0;
    for (int i = 0; i < run->input.spec->server_count; i++)
        count += run->wanted[i];
    must(count > 0, "a run of no server");
    return count;
}

static void run_servers(Run *run)
{
    const Spec *spec = run->input.spec;
    Report *report = &run->report;
    size_t room = mem_array(run->cli->mem, (size_t)spec->server_count + 1, sizeof *report->results);
    report->results = mem_get(run->cli->mem, room);
    run->by_server = mem_get(run->cli->mem, room);
    uint64_t share = run->cli->args.trace_limit / (uint64_t)wanted_count(run);
    for (int i = 0; i < spec->server_count && !run->interrupted && !outputs_failed(&run->outputs); i++) {
        if (!run->wanted[i])
            continue;
        ServerRun done = server_run(run->cli, &run->input, i, &run->outputs, share > 0 ? share : 1);
        if (done.out_of_memory || (done.results && done.results->end == WORLD_LIMIT)) {
            run->limit = true;
            replicate_tell_limit(run->cli->mem, spec->servers[i].name, &done);
        }
        run->lost |= !done.results;
        run->left_out += done.left_out;
        run->by_server[i] = done.results;
        if (done.results) {
            report->results[report->count++] = done.results;
            run->interrupted = done.results->end == WORLD_INTERRUPTED;
        }
    }
}

/* One server after the other, here; a trace is of the first run, and is written here too. */
static bool is_simple(const Run *run)
{
    const Args *args = &run->cli->args;
    return args->runs <= 1 && args->precision == 0 && (args->jobs == 1 || args->trace || wanted_count(run) == 1);
}

static int replicate_servers(Run *run)
{
    const Spec *spec = run->input.spec;
    Replication *replication = mem_get(run->cli->mem, sizeof *replication);
    *replication = (Replication){.cli = run->cli, .input = &run->input, .wanted = run->wanted};
    if (run->cli->args.trace)
        run_servers(run);
    if (run->interrupted || run->limit)
        return EXIT_DONE;
    replicate_watch(replication, &run->requirements);
    int code = replicate(replication);
    Report *report = &run->report;
    size_t room = mem_array(run->cli->mem, (size_t)spec->server_count + 1, sizeof *report->results);
    Figures *figures =
        mem_get(run->cli->mem, mem_array(run->cli->mem, (size_t)spec->server_count + 1, sizeof *figures));
    report->results = mem_get(run->cli->mem, room);
    run->by_server = mem_get(run->cli->mem, room);
    report->figures = figures;
    report->count = 0;
    report->runs = replication->runs;
    for (int i = 0; i < spec->server_count; i++) {
        run->lost |= replication->limit && run->wanted[i] && !replication->by_server[i];
        if (!(run->by_server[i] = replication->by_server[i]))
            continue;
        figures[report->count] = replication->figures[i];
        report->results[report->count++] = run->by_server[i];
    }
    run->interrupted = replication->interrupted;
    run->limit = replication->limit || replication->imprecise;
    return code == EXIT_INTERRUPTED ? EXIT_DONE : code;
}

static int close_trace(Run *run)
{
    if (!run->outputs.trace)
        return EXIT_DONE;
    Metadata *metadata = metadata_new(run->cli->mem, run->input.spec);
    Buf *digests = metadata_add(metadata, "digests");
    buf_char(digests, '{');
    for (int i = 0; i < run->report.count; i++) {
        const Results *results = run->report.results[i];
        buf_text(digests, i > 0 ? ", " : "");
        buf_json(digests, results->name, strlen(results->name));
        buf_text(digests, ": \"");
        buf_hex16(digests, results->digest);
        buf_char(digests, '"');
    }
    buf_char(digests, '}');
    buf_u64(metadata_add(metadata, "left-out"), run->left_out + run->outputs.sink->left_out);
    buf_text(metadata_add(metadata, "interrupted"), run->interrupted ? "true" : "false");
    if (run->left_out > 0 && !run->cli->args.quiet)
        say_note(run->cli->mem, "the trace is cut: it has at most --trace-limit N events, and shows at most 4096 "
                                "threads, connections or requests at once");
    return metadata_close(metadata, &run->outputs);
}

/* ---- the report ---- */

static int first_failure(int a, int b)
{
    return a != EXIT_DONE ? a : b;
}

static int write_reports(Run *run)
{
    int code = EXIT_DONE;
    Buf text;
    buf_init(&text, run->cli->mem, TEXT_MOST);
    for (int i = 0; i < run->outputs.count; i++) {
        const OutputTo *to = &run->outputs.to[i];
        buf_clear(&text);
        run->report.color = report_color(&run->cli->args, to->path);
        run->report.width = report_width(to->path);
        report_write(&text, &run->report, to->format);
        code = first_failure(code, outputs_write(&run->outputs, i, &text));
        if (to->format == FORMAT_GITHUB)
            code = first_failure(code, github_summary(&run->report));
    }
    return code;
}

static bool all_met(const Report *report)
{
    for (int i = 0; i < report->verdict_count; i++)
        if (!report->verdicts[i].met)
            return false;
    return true;
}

/* HTML always has its charts over time: of 60 to 150 steps, where --series does not say how many. */
static void choose_series(Run *run)
{
    Args *args = &run->cli->args;
    Time duration = run->input.spec->duration, step = 1;
    bool html = false;
    for (int i = 0; i < args->out_count; i++)
        html |= args->out[i].format == FORMAT_HTML;
    if (!html || args->series > 0 || duration == TIME_NEVER)
        return;
    while (step <= duration / 600)
        step *= 10;
    Time steps = duration / step;
    args->series = step * (steps >= 300 ? 5 : steps >= 150 ? 2 : 1);
    args->series_for_charts = true;
}

static int run_workload(Run *run)
{
    Cli *cli = run->cli;
    int code = requirements_read(&run->requirements, cli, &run->input);
    if (code == EXIT_DONE)
        code = servers_choose(cli, &run->input, &run->wanted);
    if (code == EXIT_DONE)
        code = outputs_open(&run->outputs, cli->mem, &cli->args);
    if (code != EXIT_DONE)
        return code;
    choose_series(run);
    run->report = (Report){.mem = cli->mem, .spec = run->input.spec, .path = run->input.path, .args = &cli->args};
    run->report.runs = 1;
    warmup_find(cli, &run->input);
    if (is_simple(run))
        run_servers(run);
    else
        code = replicate_servers(run);
    run->report.interrupted = run->interrupted;
    if (run->lost || (code != EXIT_DONE && run->report.count == 0)) {
        outputs_abort(&run->outputs);
        return run->lost ? EXIT_LIMIT : code;
    }
    bool whole = run->report.count == wanted_count(run) && !run->interrupted;
    if (outputs_failed(&run->outputs) && !whole) { /* the trace's failure ended the runs: no results */
        code = first_failure(close_trace(run), EXIT_IO);
        outputs_abort(&run->outputs);
        return code;
    }
    int failed = code;
    requirements_judge(&run->requirements, &run->report, run->by_server);
    code = first_failure(failed, close_trace(run));
    code = first_failure(code, write_reports(run));
    if (code != EXIT_DONE)
        return code;
    return run->interrupted        ? EXIT_INTERRUPTED
           : run->limit            ? EXIT_LIMIT
           : all_met(&run->report) ? EXIT_DONE
                                   : EXIT_UNMET;
}

int cmd_run(Cli *cli)
{
    Run *run = mem_get(cli->mem, sizeof *run);
    run->cli = cli;
    int code = input_spec(&run->input, cli, cli->args.positional.word[0]);
    if (code != EXIT_DONE)
        return code;
    if (run->input.spec->kind == SPEC_PROGRAM)
        return program_run(cli, &run->input);
    return run_workload(run);
}
