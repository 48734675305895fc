/* Workflow commands of GitHub Actions: an annotation for each failed requirement, at its line of the spec; for each
 * server that failed one, a warning at the handler that takes most of its CPU, for that is the line to look at; and an
 * error for each server whose run was cut. Only these: a line of anything else could be taken as a command. */
#include "escape.h"
#include "report.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MOST = 1 << 27 };

static void put_failed(Buf *buf, const Report *report, const Verdict *verdict)
{
    Buf message;
    buf_init(&message, report->mem, LINE_MOST);
    report_verdict(&message, report, verdict);
    buf_text(buf, "::error ");
    if (strcmp(verdict->place.file, "--require") != 0) {
        buf_text(buf, "file=");
        escape_property(buf, verdict->place.file);
        buf_f(buf, ",line=%u,col=%u,", (unsigned)verdict->place.line, (unsigned)verdict->place.column);
    }
    buf_text(buf, "title=requirement failed::");
    escape_command(buf, buf_string(&message));
    buf_char(buf, '\n');
}

static void put_cut(Buf *buf, const Report *report, const Results *results)
{
    buf_text(buf, "::error file=");
    escape_property(buf, report->path);
    buf_text(buf, ",title=not finished::");
    escape_command(buf, results->name);
    buf_f(buf, ": %s\n", report_cut(results));
}

/* What a handler computed for its completed requests, over the window. */
static Sum cpu_of(const HandlerResults *handler)
{
    return sum_product(handler->latency.count, (uint64_t)handler->time[PART_CPU]);
}

static void put_heaviest(Buf *buf, const Report *report, const Results *results)
{
    Sum all = sum_of(0), most = sum_of(0);
    int heaviest = -1;
    for (int i = 0; i < results->handler_count && i < report->spec->handler_count; i++) {
        Sum cpu = cpu_of(&results->handlers[i]);
        sum_add_sum(&all, cpu);
        if (sum_compare(cpu, most) <= 0)
            continue;
        most = cpu;
        heaviest = i;
    }
    if (heaviest < 0)
        return;
    const SpecBody *handler = &report->spec->handlers[heaviest];
    Buf message;
    buf_init(&message, report->mem, LINE_MOST);
    buf_f(&message, "`%s` takes ", handler->name);
    text_value(&message, METRIC_FRACTION, true, sum_ratio(most, all), TIME_AUTO);
    buf_f(&message, " of the CPU time of what %s completed, ", results->name);
    text_value(&message, METRIC_TIME, true, results->handlers[heaviest].time[PART_CPU], report->args->time_unit);
    buf_f(&message, " a request; %s", results->bottleneck.why);
    buf_text(buf, "::warning file=");
    escape_property(buf, handler->place.file);
    buf_f(buf, ",line=%u,col=%u,title=most of the CPU::", (unsigned)handler->place.line,
          (unsigned)handler->place.column);
    escape_command(buf, buf_string(&message));
    buf_char(buf, '\n');
}

static bool has_failed(const Report *report, const char *server)
{
    for (int i = 0; i < report->verdict_count; i++) {
        const Verdict *verdict = &report->verdicts[i];
        if (!verdict->met && verdict->server && strcmp(verdict->server, server) == 0)
            return true;
    }
    return false;
}

void report_github(Buf *buf, const Report *report)
{
    unsigned met = 0;
    for (int i = 0; i < report->count; i++)
        if (report_cut(report->results[i]))
            put_cut(buf, report, report->results[i]);
    for (int i = 0; i < report->verdict_count; i++) {
        met += report->verdicts[i].met;
        if (!report->verdicts[i].met)
            put_failed(buf, report, &report->verdicts[i]);
    }
    for (int i = 0; i < report->count; i++)
        if (has_failed(report, report->results[i]->name))
            put_heaviest(buf, report, report->results[i]);
    buf_f(buf, "loopsim: %u of %d requirements met\n", met, report->verdict_count);
}

int github_append(Mem *mem, const Buf *text)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    if (!path || !path[0])
        return EXIT_DONE;
    int file;
    do
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    while (file < 0 && errno == EINTR);
    bool fine = file >= 0 && write_all(file, text->data, text->size) && write_all(file, "\n", 1);
    if (file >= 0)
        fine = (close(file) == 0 || errno == EINTR) && fine;
    if (!fine)
        say_error(mem, "GITHUB_STEP_SUMMARY names it", "cannot write %s: %s", path, strerror(errno));
    return fine ? EXIT_DONE : EXIT_IO;
}

int github_summary(const Report *report)
{
    Buf text;
    buf_init(&text, report->mem, LINE_MOST);
    report_markdown(&text, report);
    return github_append(report->mem, &text);
}
