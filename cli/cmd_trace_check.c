/* cmd_trace_check: whether a trace is what it should be, and whether it tells the same as the results of its run. */
#include "cli.h"

#include "../traces/check.h"
#include "../traces/inflate.h"

#include <string.h>

enum { TEXT_MOST = 1 << 20 };

/* A trace has some 100 bytes an event; the check keeps as much again. */
static size_t budget(void)
{
    return SIZE_MAX / 2 < (uint64_t)16 << 30 ? SIZE_MAX / 2 : (size_t)((uint64_t)16 << 30);
}

typedef struct Text {
    const char *bytes;
    size_t size;
} Text;

static bool load(Cli *cli, Mem *mem, const char *path, Text *text)
{
    const char *error = "";
    const char *bytes = input_read_most(mem, path, SIZE_MAX / 4, &text->size, &error);
    if (!bytes) {
        say_error(cli->mem, NULL, "cannot read %s: %s", path, error);
        return false;
    }
    text->bytes = inflated(mem, bytes, text->size, &text->size);
    if (!text->bytes)
        say_error(cli->mem, NULL, "cannot read %s: damaged", path);
    return text->bytes != NULL;
}

static void tell(Buf *buf, const char *name, const TraceCheck *check, bool compared)
{
    CheckCounts counts = trace_check_counts(check);
    uint64_t faults = trace_check_faults(check);
    buf_text(buf, trace_check_report(check));
    diag_shown(buf, name, strlen(name));
    buf_text(buf, faults > 0 ? ": wrong in " : compared ? ": fine, and as the results say: " : ": fine: ");
    if (faults > 0) {
        buf_u64(buf, faults);
        buf_text(buf, faults == 1 ? " place; " : " places; ");
    }
    const struct {
        uint64_t count;
        const char *what;
    } rows[] = {
        {counts.events, " events, "},        {counts.slices, " slices, "}, {counts.async, " asynchronous slices, "},
        {counts.states, " thread states, "}, {counts.flows, " arrows, "},  {counts.requests, " requests"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_u64(buf, rows[i].count);
        buf_text(buf, rows[i].what);
    }
    buf_char(buf, '\n');
}

static int check_files(Cli *cli, Mem *mem)
{
    const Words *paths = &cli->args.positional;
    Text trace, results;
    Buf buf;
    if (!load(cli, mem, paths->word[0], &trace))
        return EXIT_IO;
    if (paths->count > 1 && !load(cli, mem, paths->word[1], &results))
        return EXIT_IO;
    TraceCheck *check = trace_check(mem, trace.bytes, trace.size);
    bool compares = paths->count > 1 && trace_check_faults(check) == 0 && trace_check_whole(check);
    if (compares)
        trace_check_results(check, results.bytes, results.size);
    else if (paths->count > 1 && trace_check_faults(check) == 0)
        say_note(cli->mem, "the trace is cut: its figures cannot be those of the results");
    buf_init(&buf, cli->mem, TEXT_MOST);
    tell(&buf, paths->word[0], check, compares);
    int written = print_text(cli->mem, &buf);
    return written != EXIT_DONE ? written : trace_check_faults(check) > 0 ? EXIT_UNMET : EXIT_DONE;
}

int cmd_trace_check(Cli *cli)
{
    MemTrap trap;
    volatile int code = EXIT_LIMIT;
    Mem *mem = mem_new_in(cli->mem, budget());
    if (mem && mem_try(mem, &trap)) {
        code = check_files(cli, mem);
        mem_end_try(mem, &trap);
    } else {
        say_error(cli->mem, NULL, "out of memory");
    }
    mem_delete(mem);
    return code;
}
