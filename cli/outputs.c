#include "run.h"
#include "signals.h"

#include "../traces/sink.h"

#include <string.h>

static bool is_stdout(const char *path)
{
    return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

static bool same_target(const char *a, const char *b)
{
    return (is_stdout(a) && is_stdout(b)) || (strcmp(a, b) == 0 && strncmp(a, "/dev/", 5) != 0);
}

/* Two outputs in one file would spoil each other. */
static bool check_targets(const Outputs *outputs, const char *trace)
{
    for (int i = 0; i < outputs->count; i++) {
        const char *path = outputs->to[i].path;
        bool twice = trace && same_target(path, trace);
        for (int k = 0; k < i; k++)
            twice |= same_target(path, outputs->to[k].path);
        if (!twice)
            continue;
        say_error(outputs->mem, "name a file for one of them, as in --out json=results.json", "two outputs go to %s",
                  is_stdout(path) ? "stdout" : path);
        return false;
    }
    return true;
}

static Out *open_out(Mem *mem, const char *path, bool gzip)
{
    const char *error = "";
    Out *out = out_open(mem, path, gzip, &error);
    if (!out && !*signals_stop()) /* a fifo that nobody opens is waited for */
        say_error(mem, NULL, "cannot write %s: %s", path, error);
    if (!out)
        return NULL;
    out_stop(out, signals_stop());
    if (out_part(out))
        signals_part(out_part(out));
    return out;
}

static bool ends_in(const char *path, const char *end)
{
    size_t size = strlen(path), tail = strlen(end);
    return size > tail && strcmp(path + size - tail, end) == 0;
}

static bool open_trace(Outputs *outputs, Mem *mem, const char *path)
{
    outputs->trace = open_out(mem, path, ends_in(path, ".gz"));
    if (!outputs->trace)
        return false;
    out_ends(outputs->trace, signals_end());
    bool packets = ends_in(path, ".pftrace") || ends_in(path, ".pftrace.gz");
    outputs->sink = packets ? pftrace_sink(mem, outputs->trace) : chrome_sink(mem, outputs->trace);
    return true;
}

int outputs_open(Outputs *outputs, Mem *mem, const Args *args)
{
    static const OutputTo text = {FORMAT_TEXT, "-"};
    bool usual = args->out_count == 0;
    memset(outputs, 0, sizeof *outputs);
    outputs->mem = mem;
    outputs->to = usual ? &text : args->out;
    outputs->count = usual ? 1 : args->out_count;
    outputs->excerpt = args->trace_from > 0 || args->trace_to < TIME_NEVER || args->trace_slowest > 0;
    outputs->out = mem_get(mem, mem_array(mem, (size_t)outputs->count, sizeof *outputs->out));
    if (!check_targets(outputs, args->trace))
        return EXIT_USAGE;
    bool fine = true;
    signals_save();
    for (int i = 0; fine && i < outputs->count; i++)
        fine = (outputs->out[i] = open_out(mem, outputs->to[i].path, false)) != NULL;
    if (fine && args->trace)
        fine = open_trace(outputs, mem, args->trace);
    if (!fine)
        outputs_abort(outputs);
    return fine ? EXIT_DONE : *signals_stop() ? EXIT_INTERRUPTED : EXIT_IO;
}

void outputs_abort(Outputs *outputs)
{
    for (int i = 0; i < outputs->count; i++) {
        if (outputs->out[i])
            out_abort(outputs->out[i]);
        outputs->out[i] = NULL;
    }
    if (outputs->trace)
        out_abort(outputs->trace);
    outputs->trace = NULL;
}

bool outputs_failed(const Outputs *outputs)
{
    return outputs->trace && out_status(outputs->trace) != OUT_OK;
}

int outputs_close_trace(Outputs *outputs, size_t n, const char *const key[], const char *const json[])
{
    Out *out = outputs->trace;
    if (!out)
        return EXIT_DONE;
    out_ends(out, NULL); /* the runs are over */
    outputs->sink->close(outputs->sink, n, key, json);
    outputs->trace = NULL;
    return close_out(outputs->mem, out);
}

int outputs_write(Outputs *outputs, int index, const Buf *text)
{
    Out *out = outputs->out[index];
    out_ends(out, NULL);
    out_write(out, text->data, text->size);
    outputs->out[index] = NULL;
    return close_out(outputs->mem, out);
}
