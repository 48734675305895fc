#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MOST = 1 << 28, TRACE_EVENTS = 1000000, METADATA = 8 };

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
} Run;

/* ---- which servers ---- */

static int find_server(const Spec *spec, const char *name)
{
    for (int i = 0; i < spec->server_count; i++)
        if (strcmp(spec->servers[i].name, name) == 0)
            return i;
    return -1;
}

static int wrong_server(Run *run, const char *name)
{
    const Spec *spec = run->input.spec;
    const char **names =
        mem_get(run->cli->mem, mem_array(run->cli->mem, (size_t)spec->server_count + 1, sizeof *names));
    for (int i = 0; i < spec->server_count; i++)
        names[i] = spec->servers[i].name;
    say_error(run->cli->mem, diag_suggest(&run->input.diag, name, names, (size_t)spec->server_count),
              "--only: no server is called '%s'", name);
    return EXIT_USAGE;
}

static int choose_servers(Run *run)
{
    const Words *only = &run->cli->args.only;
    const Spec *spec = run->input.spec;
    run->wanted = mem_get(run->cli->mem, mem_array(run->cli->mem, (size_t)spec->server_count + 1, sizeof *run->wanted));
    for (int i = 0; i < spec->server_count; i++)
        run->wanted[i] = only->count == 0;
    for (int i = 0; i < only->count; i++) {
        int server = find_server(spec, only->word[i]);
        if (server < 0)
            return wrong_server(run, only->word[i]);
        run->wanted[server] = true;
    }
    return EXIT_DONE;
}

/* ---- the runs ---- */

static void tell_limit(Run *run, const char *name, const ServerRun *done)
{
    Mem *mem = run->cli->mem;
    run->limit = true;
    if (done->out_of_memory)
        say_error(mem, "--max-memory SIZE sets the limit", "%s: out of memory", name);
    else if (done->spinning)
        say_error(mem, "give what repeats a cost, or a time to wait: nothing lets the clock go on",
                  "%s: more than 1000000 events at one instant", name);
    else
        say_error(mem, "--max-events N sets the limit", "%s: stopped after as many events as are allowed", name);
}

static int wanted_count(const Run *run)
{
    int count = 0;
    for (int i = 0; i < run->input.spec->server_count; i++)
        count += run->wanted[i];
    return count;
}

static void run_servers(Run *run)
{
    const Spec *spec = run->input.spec;
    Report *report = &run->report;
    size_t room = mem_array(run->cli->mem, (size_t)spec->server_count + 1, sizeof *report->results);
    report->results = mem_get(run->cli->mem, room);
    run->by_server = mem_get(run->cli->mem, room);
    for (int i = 0; i < spec->server_count && !run->interrupted && !outputs_failed(&run->outputs); i++) {
        if (!run->wanted[i])
            continue;
        ServerRun done =
            server_run(run->cli, &run->input, i, &run->outputs, TRACE_EVENTS / (uint64_t)wanted_count(run));
        if (done.out_of_memory || (done.results && done.results->end == WORLD_LIMIT))
            tell_limit(run, spec->servers[i].name, &done);
        run->left_out += done.left_out;
        run->by_server[i] = done.results;
        if (done.results) {
            report->results[report->count++] = done.results;
            run->interrupted = done.results->end == WORLD_INTERRUPTED;
        }
    }
}

/* ---- the trace's metadata ---- */

typedef struct Metadata {
    const char *key[METADATA], *json[METADATA];
    size_t count;
} Metadata;

static Buf *add_metadata(Run *run, Metadata *metadata, const char *key)
{
    Buf *buf = mem_get(run->cli->mem, sizeof *buf);
    buf_init(buf, run->cli->mem, TEXT_MOST);
    metadata->key[metadata->count] = key;
    return buf;
}

static void set_metadata(Metadata *metadata, Buf *buf)
{
    metadata->json[metadata->count++] = buf_string(buf);
}

static void put_hex(Buf *buf, uint64_t digest)
{
    buf_char(buf, '"');
    buf_hex16(buf, digest);
    buf_char(buf, '"');
}

static int close_trace(Run *run)
{
    const Spec *spec = run->input.spec;
    Metadata metadata = {.count = 0};
    if (!run->outputs.trace)
        return EXIT_DONE;
    Buf *buf = add_metadata(run, &metadata, "loopsim");
    buf_text(buf, "\"" LOOPSIM_VERSION "\"");
    set_metadata(&metadata, buf);
    buf = add_metadata(run, &metadata, "spec");
    buf_json(buf, spec->name, strlen(spec->name));
    set_metadata(&metadata, buf);
    buf = add_metadata(run, &metadata, "spec-digest");
    put_hex(buf, spec->digest);
    set_metadata(&metadata, buf);
    buf = add_metadata(run, &metadata, "seed");
    buf_char(buf, '"');
    buf_u64(buf, spec->seed);
    buf_char(buf, '"');
    set_metadata(&metadata, buf);
    buf = add_metadata(run, &metadata, "digests");
    buf_char(buf, '{');
    for (int i = 0; i < run->report.count; i++) {
        const Results *results = run->report.results[i];
        buf_text(buf, i > 0 ? ", " : "");
        buf_json(buf, results->name, strlen(results->name));
        buf_text(buf, ": ");
        put_hex(buf, results->digest);
    }
    buf_char(buf, '}');
    set_metadata(&metadata, buf);
    buf = add_metadata(run, &metadata, "left-out");
    buf_u64(buf, run->left_out);
    set_metadata(&metadata, buf);
    buf = add_metadata(run, &metadata, "interrupted");
    buf_text(buf, run->interrupted ? "true" : "false");
    set_metadata(&metadata, buf);
    if (run->left_out > 0 && !run->cli->args.quiet)
        say_note(run->cli->mem,
                 "the trace is cut: it has as many events as it may have; its metadata says how many were left out");
    return outputs_close_trace(&run->outputs, metadata.count, metadata.key, metadata.json);
}

/* ---- the report ---- */

static bool wants_color(const Args *args, const char *path)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    if (args->color != WHEN_AUTO)
        return args->color == WHEN_ALWAYS;
    return strcmp(path, "-") == 0 && isatty(STDOUT_FILENO) && !(no_color && no_color[0]) && term &&
           strcmp(term, "dumb") != 0;
}

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
        run->report.color = wants_color(&run->cli->args, to->path);
        report_write(&text, &run->report, to->format);
        code = first_failure(code, outputs_write(&run->outputs, i, &text));
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

static int run_workload(Run *run)
{
    Cli *cli = run->cli;
    int code = requirements_read(&run->requirements, cli, &run->input);
    if (code == EXIT_DONE)
        code = choose_servers(run);
    if (code == EXIT_DONE)
        code = outputs_open(&run->outputs, cli->mem, &cli->args);
    if (code != EXIT_DONE)
        return code;
    run->report = (Report){.mem = cli->mem, .spec = run->input.spec, .path = run->input.path, .args = &cli->args};
    run_servers(run);
    run->report.interrupted = run->interrupted;
    requirements_judge(&run->requirements, &run->report, run->by_server);
    code = close_trace(run);
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
    MemTrap trap;
    run->cli = cli;
    int code = input_spec(&run->input, cli, cli->args.positional.word[0]);
    if (code != EXIT_DONE)
        return code;
    if (run->input.spec->kind == SPEC_PROGRAM)
        return program_run(cli, &run->input);
    if (!mem_try(cli->mem, &trap)) {
        outputs_abort(&run->outputs);
        mem_give_up(cli->mem);
    }
    code = run_workload(run);
    mem_end_try(cli->mem, &trap);
    return code;
}
