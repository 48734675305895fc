/* cmd_program: `run` of a program: prints its lines as Node would and ends with its exit code. */
#include "run.h"
#include "signals.h"

#include "../model/node/process.h"
#include "../model/observe/view.h"
#include "../traces/out.h"
#include "../traces/sink.h"

#include <string.h>

/* One run of a program; it lives in the cli's memory, the simulation in a memory of its own. */
typedef struct ProgramRun {
    Cli *cli;
    Mem *mem;
    Input *input;
    Outputs outputs;
    Out *lines; /* stdout, while they are printed as text; else NULL */
    Buf json;   /* the lines, where --out json asks for them */
    int line_count;
    Stats *stats;
    Probe probe;
    ProcessResult result;
    bool out_of_memory;
    uint64_t left_out; /* of the trace */
} ProgramRun;

static void print_line(void *context, const char *text, size_t size)
{
    ProgramRun *run = context;
    if (run->lines) {
        out_write(run->lines, text, size);
        out_write(run->lines, "\n", 1);
    }
    if (run->json.mem) {
        buf_text(&run->json, run->line_count > 0 ? ",\n    " : "\n    ");
        buf_text(&run->json, "{ \"at_ns\": ");
        buf_i64(&run->json, run->probe.kernel->now);
        buf_text(&run->json, ", \"text\": ");
        buf_json(&run->json, text, size);
        buf_text(&run->json, " }");
    }
    run->line_count++;
}

static void simulate(ProgramRun *run)
{
    Input *input = run->input;
    run->stats = stats_new(run->mem, input->spec, input->program, 0);
    probe_init(&run->probe, NULL, run->stats);
    if (run->outputs.sink) {
        const Args *args = &run->cli->args;
        ViewOptions options = {.from = args->trace_from, .to = args->trace_to, .limit = args->trace_limit};
        run->probe.view = view_new(run->mem, run->outputs.sink, input->spec, input->program, -1, &options);
    }
    ProcessOptions options = {
        .max_events = run->cli->args.max_events, .stop = run->cli->stop, .print = print_line, .context = run};
    run->result = process_run(run->mem, input->spec, input->program, &run->probe, &options);
    if (run->probe.view) {
        view_end(run->probe.view, run->probe.kernel->now);
        run->left_out = view_left_out(run->probe.view);
    }
}

static void report_program(Buf *text, const ProgramRun *run)
{
    const Spec *spec = run->input->spec;
    buf_text(text, "{\n  \"loopsim\": \"" LOOPSIM_VERSION "\", \"schema\": 1,\n  \"spec\": { \"name\": ");
    buf_json(text, spec->name, strlen(spec->name));
    buf_text(text, ", \"digest\": \"");
    buf_hex16(text, spec->digest);
    buf_text(text, "\" },\n  \"lines\": [");
    buf_bytes(text, run->json.size > 0 ? run->json.data : "", run->json.size);
    buf_text(text, run->line_count > 0 ? "\n  ],\n  \"exit\": " : "],\n  \"exit\": ");
    buf_i64(text, run->result.exit_code);
    if (run->out_of_memory || run->result.end != KERNEL_DRAINED || run->result.waits)
        buf_text(text, run->result.end == KERNEL_INTERRUPTED ? ", \"end\": \"interrupted\"" : ", \"end\": \"limit\"");
    buf_text(text, ", \"iterations\": ");
    buf_u64(text, run->result.iterations);
    buf_text(text, ", \"callbacks\": ");
    buf_u64(text, run->probe.callbacks);
    buf_text(text, ", \"digest\": \"");
    buf_hex16(text, probe_result(&run->probe));
    buf_text(text, run->result.end == KERNEL_INTERRUPTED ? "\", \"interrupted\": true\n}\n" : "\"\n}\n");
}

/* What ended it, where it was not the program itself; an exit code. */
static int end_code(const ProgramRun *run)
{
    Mem *mem = run->cli->mem;
    const ProcessResult *result = &run->result;
    if (run->out_of_memory) {
        say_error(mem, "--max-memory raises the limit", "the program needs more than the memory limit");
        return EXIT_LIMIT;
    }
    if (result->end == KERNEL_INTERRUPTED)
        return EXIT_INTERRUPTED;
    if (run->probe.spinning) {
        say_error(mem, "a loop, or promises and ticks that queue each other, without any work (cpu) between",
                  "the program spins without time passing");
        return EXIT_LIMIT;
    }
    if (result->waits) {
        say_error(mem, "close the handle, or unref it: it keeps the program alive",
                  "the program waits for ever: nothing more will come");
        return EXIT_LIMIT;
    }
    if (result->end == KERNEL_DEADLINE) {
        say_error(mem, "look at its longest cpu, timers and I/O: a duration without a unit is in milliseconds",
                  "the program had not ended after ten years of simulated time");
        return EXIT_LIMIT;
    }
    if (result->end != KERNEL_DRAINED) {
        say_error(mem, "--max-events raises the limit", "the program had not ended after so many events");
        return EXIT_LIMIT;
    }
    if (result->died)
        say_error(mem, NULL, "Uncaught %s", result->error);
    if (result->unsettled)
        say_note(mem, "Warning: Detected unsettled top-level await");
    return result->exit_code;
}

static int close_trace(ProgramRun *run)
{
    Metadata *metadata = metadata_new(run->cli->mem, run->input->spec);
    buf_u64(metadata_add(metadata, "left-out"), run->left_out + run->outputs.sink->left_out);
    buf_text(metadata_add(metadata, "interrupted"), run->result.end == KERNEL_INTERRUPTED ? "true" : "false");
    if (run->left_out > 0 && !run->cli->args.quiet)
        say_note(run->cli->mem, "the trace is cut: it has at most --trace-limit N events, and shows at most 4096 "
                                "threads, connections or requests at once");
    return metadata_close(metadata, &run->outputs);
}

static int finish(ProgramRun *run)
{
    int code = end_code(run), written = EXIT_DONE;
    bool cut = outputs_failed(&run->outputs) && run->result.end == KERNEL_INTERRUPTED;
    if (run->outputs.trace) {
        int closed = close_trace(run);
        written = written == EXIT_DONE ? closed : written;
    }
    if (cut && !run->lines) { /* the trace's failure ended the run: no results */
        outputs_abort(&run->outputs);
        return written;
    }
    for (int i = 0; i < run->outputs.count; i++) {
        Buf text;
        buf_init(&text, run->cli->mem, SIZE_MAX / 4);
        if (run->outputs.to[i].format == FORMAT_JSON)
            report_program(&text, run);
        int closed = outputs_write(&run->outputs, i, &text);
        written = written == EXIT_DONE ? closed : written;
    }
    return written != EXIT_DONE ? written : code;
}

/* A program has lines, no latencies: nothing that the other formats could tell. */
static int check_options(const Cli *cli)
{
    if (cli->args.trace_slowest > 0) {
        say_error(cli->mem, "--trace-window A..B traces a part of it", "--trace-slowest: a program has no requests");
        return EXIT_USAGE;
    }
    for (int i = 0; i < cli->args.out_count; i++) {
        Format format = cli->args.out[i].format;
        if (format == FORMAT_TEXT || format == FORMAT_JSON)
            continue;
        say_error(cli->mem, "text or json", "--out %s: not available for a program", format_name[format]);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

int program_run(Cli *cli, Input *input)
{
    ProgramRun *run = mem_get(cli->mem, sizeof *run);
    MemTrap trap;
    run->cli = cli;
    run->input = input;
    int code = check_options(cli);
    if (code == EXIT_DONE)
        code = outputs_open(&run->outputs, cli->mem, &cli->args);
    if (code != EXIT_DONE)
        return code;
    for (int i = 0; i < run->outputs.count; i++) {
        if (run->outputs.to[i].format == FORMAT_TEXT)
            run->lines = run->outputs.out[i];
        else
            buf_init(&run->json, cli->mem, SIZE_MAX / 4);
    }
    if (run->lines && run->outputs.count == 1 && !run->outputs.trace) /* nobody else gets anything of it */
        out_ends(run->lines, signals_end());
    run->mem = mem_new_in(cli->mem,
                          (uint64_t)cli->args.max_memory > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)cli->args.max_memory);
    if (run->mem && mem_try(run->mem, &trap)) {
        simulate(run);
        mem_end_try(run->mem, &trap);
    } else
        run->out_of_memory = true;
    code = finish(run);
    mem_delete(run->mem);
    return code;
}
