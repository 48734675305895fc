/* What several reports say alike. */
#include "report.h"

#include "escape.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void report_write(Buf *buf, const Report *report, Format format)
{
    static void (*const writers[FORMATS])(Buf *, const Report *) = {
        [FORMAT_TEXT] = report_text,     [FORMAT_JSON] = report_json, [FORMAT_CSV] = report_csv,
        [FORMAT_MD] = report_markdown,   [FORMAT_HTML] = report_html, [FORMAT_JUNIT] = report_junit,
        [FORMAT_GITHUB] = report_github,
    };
    writers[format](buf, report);
}

static void put_words(Buf *buf, const char *option, const Words *words)
{
    for (int i = 0; i < words->count; i++) {
        buf_f(buf, " %s ", option);
        escape_shell(buf, words->word[i]);
    }
}

void report_repro(Buf *buf, const Report *report)
{
    buf_text(buf, "loopsim run ");
    escape_shell(buf, report->path);
    buf_text(buf, " --seed ");
    buf_u64(buf, report->spec->seed);
    if (report->runs > 1) {
        buf_text(buf, " --runs ");
        buf_u64(buf, (uint64_t)report->runs);
    }
    put_words(buf, "--set", &report->args->set);
    put_words(buf, "--only", &report->args->only);
}

/* A rate to three digits. */
void report_breaks(Buf *buf, const Bottleneck *bottleneck)
{
    if (bottleneck->breaks_at < 0)
        return;
    unsigned decimals = bottleneck->breaks_at < 10000000 ? 2 : bottleneck->breaks_at < 100000000 ? 1 : 0;
    buf_text(buf, bottleneck->utilization >= 990000 ? "; full at " : "; would be full at ");
    text_micro(buf, bottleneck->breaks_at, decimals);
    buf_text(buf, "/s");
}

void report_verdict(Buf *buf, const Report *report, const Verdict *verdict)
{
    buf_f(buf, "%s : ", verdict->text);
    text_value(buf, verdict->unit, verdict->has_value, verdict->value, report->args->time_unit);
    buf_text(buf, " against ");
    text_value(buf, verdict->unit, verdict->has_limit, verdict->limit, report->args->time_unit);
    if (verdict->server)
        buf_f(buf, " (%s)", verdict->server);
}

bool report_paired(Buf *line, const Report *report, const ContrastRow *row, bool ascii)
{
    static const char *const chosen[] = {"throughput", "mean", "p99"};
    const Pairing *pairing = &row->pairing;
    bool less = pairing->difference < 0, is_chosen = false;
    for (size_t i = 0; i < COUNT_OF(chosen); i++)
        is_chosen |= strcmp(row->name, chosen[i]) == 0;
    if (!is_chosen || !pairing->has)
        return false;
    buf_f(line, "%s: %s %s by ", contrast_label(row), report->results[row->largest]->name, less ? "less" : "more");
    text_value(line, row->unit, true, less ? -pairing->difference : pairing->difference, report->args->time_unit);
    buf_text(line, ascii ? " +- " : " ± ");
    text_value(line, row->unit, true, pairing->paired, report->args->time_unit);
    buf_f(line, " than %s", report->results[row->smallest]->name);
    if (pairing->gain >= 0 && pairing->gain < 1050000) {
        buf_text(line, "; pairing the runs does not narrow it");
    } else if (pairing->gain >= 0) {
        buf_text(line, "; the interval is ");
        text_micro(line, pairing->gain, 1);
        buf_text(line, ascii ? "x" : "×");
        buf_text(line, " narrower than of unpaired runs");
    }
    return true;
}

void report_about(Buf *buf, const Report *report)
{
    const Spec *spec = report->spec;
    text_count(buf, (uint64_t)spec->machine.cores);
    buf_f(buf, " core%s, costs %s", spec->machine.cores == 1 ? "" : "s", spec->machine.profile);
    if (spec->duration != TIME_NEVER) {
        buf_text(buf, " · ");
        text_time(buf, spec->duration);
    }
    if (spec->warmup > 0) {
        buf_text(buf, ", without the first ");
        text_time(buf, spec->warmup);
        buf_text(buf, spec->warmup_auto ? " (found by MSER-5)" : "");
    }
    buf_text(buf, " · seed ");
    buf_u64(buf, spec->seed);
    if (report->runs < 2)
        return;
    buf_text(buf, " · ");
    text_count(buf, (uint64_t)report->runs);
    buf_text(buf, " runs; ± is half the width of a 95 % interval");
}

size_t report_terminal(const char *path)
{
    enum { LEAST = 60 };
    struct winsize size;
    if (strcmp(path, "-") != 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return SIZE_MAX;
    return size.ws_col < LEAST ? LEAST : size.ws_col;
}

size_t report_width(const char *path)
{
    enum { MOST = 100 };
    size_t width = report_terminal(path);
    return width < MOST ? width : MOST;
}

bool report_color(const Args *args, const char *path)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    if (args->color != WHEN_AUTO)
        return args->color == WHEN_ALWAYS;
    return strcmp(path, "-") == 0 && isatty(STDOUT_FILENO) && !(no_color && no_color[0]) && term &&
           strcmp(term, "dumb") != 0;
}

const char *report_cut(const Results *results)
{
    if (results->end == WORLD_INTERRUPTED)
        return "interrupted";
    return results->end != WORLD_LIMIT ? NULL : results->out_of_memory ? "out of memory" : "stopped by a limit";
}
