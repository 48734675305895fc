#include "options.h"

#include "../model/observe/metric.h"

#include <string.h>

static void add_word(Words *words, Mem *mem, const char *word)
{
    words->word = mem_grow(mem, words->word, mem_array(mem, (size_t)words->count + 1, sizeof *words->word));
    words->word[words->count++] = word;
}

static const char *read_set(Args *args, Mem *mem, const char *value, const char **help)
{
    *help = "such as --set servers.node.workers=16";
    if (!strchr(value, '=') || value[0] == '=')
        return "not of the form PATH=VALUE";
    add_word(&args->set, mem, value);
    return NULL;
}

static const char *read_seed(Args *args, Mem *mem, const char *value, const char **help)
{
    const char *why = NULL;
    (void)mem;
    *help = "a whole number up to 2^64-1, such as 42 or 0x2a";
    args->has_seed = value_seed(value, &args->seed, &why);
    return args->has_seed ? NULL : why;
}

static const char *read_only(Args *args, Mem *mem, const char *value, const char **help)
{
    (void)help;
    add_word(&args->only, mem, value);
    return NULL;
}

static const char *read_why(Args *args, Mem *mem, const char *value, const char **help)
{
    *help = "as in --why \"first line\" \"file read\"";
    if (args->why.count == 2)
        return "the question is asked twice";
    add_word(&args->why, mem, value);
    return NULL;
}

static const char *read_require(Args *args, Mem *mem, const char *value, const char **help)
{
    (void)help;
    add_word(&args->require, mem, value);
    return NULL;
}

static const char *read_trace(Args *args, Mem *mem, const char *value, const char **help)
{
    (void)mem;
    *help = "FILE.json, FILE.json.gz or FILE.pftrace";
    if (value[0] == '\0')
        return "the name of the trace is missing";
    args->trace = value;
    return NULL;
}

static const char *read_trace_window(Args *args, Mem *mem, const char *value, const char **help)
{
    const char *dots = strstr(value, ".."), *why = NULL;
    *help = "two times since the start, such as 1.5s..2s; one of them may be left out";
    if (!dots)
        return "not of the form A..B";
    if (dots > value && !value_duration(mem_copy(mem, value, (size_t)(dots - value)), &args->trace_from, &why))
        return why;
    if (dots[2] != '\0' && !value_duration(dots + 2, &args->trace_to, &why))
        return why;
    return args->trace_to > args->trace_from ? NULL : "it ends before it begins";
}

static const char *read_trace_limit(Args *args, Mem *mem, const char *value, const char **help)
{
    int64_t count;
    const char *why = NULL;
    (void)mem;
    *help = "a whole number above 0";
    if (!value_count(value, &count, &why))
        return why;
    args->trace_limit = (uint64_t)count;
    return count > 0 ? NULL : "too small";
}

static const char *read_trace_slowest(Args *args, Mem *mem, const char *value, const char **help)
{
    const char *why = NULL;
    (void)mem;
    *help = "a whole number from 1 to 10: the slowest of each server, as the results list them";
    if (!value_count(value, &args->trace_slowest, &why))
        return why;
    return args->trace_slowest < 1 ? "too small" : args->trace_slowest > SLOWEST ? "too large" : NULL;
}

const char *const format_name[FORMATS] = {
    [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json",   [FORMAT_CSV] = "csv",       [FORMAT_MD] = "md",
    [FORMAT_HTML] = "html", [FORMAT_JUNIT] = "junit", [FORMAT_GITHUB] = "github",
};

static const char *read_out(Args *args, Mem *mem, const char *value, const char **help)
{
    const char *equals = strchr(value, '=');
    size_t size = equals ? (size_t)(equals - value) : strlen(value);
    *help = "text, json, csv, md, html, junit or github; to a file as in --out json=results.json";
    for (int format = 0; format < FORMATS; format++) {
        if (strlen(format_name[format]) != size || memcmp(format_name[format], value, size) != 0)
            continue;
        if (equals && equals[1] == '\0')
            return "the name of the file is missing";
        args->out = mem_grow(mem, args->out, mem_array(mem, (size_t)args->out_count + 1, sizeof *args->out));
        args->out[args->out_count++] = (OutputTo){(Format)format, equals ? equals + 1 : "-"};
        return NULL;
    }
    return "no such format";
}

static const char *read_out_file(Args *args, Mem *mem, const char *value, const char **help)
{
    *help = "as in --out costs.json";
    if (value[0] == '\0')
        return "the name of a file is missing";
    args->out = mem_get(mem, sizeof *args->out);
    *args->out = (OutputTo){.path = value};
    args->out_count = 1;
    return NULL;
}

static const char *read_percentiles(Args *args, Mem *mem, const char *value, const char **help)
{
    *help = "numbers above 0, at most 100, such as 50,99,99.9";
    args->percentile_count = 0;
    for (const char *at = value;; at++) {
        size_t size = strcspn(at, ",");
        Percentile percentile = {mem_copy(mem, at, size), 0};
        if (!metric_percent(at, size, &percentile.per_hundred_million))
            return "not a list of percentiles";
        if (args->percentile_count == 32)
            return "more than 32 percentiles";
        for (int i = 0; i < args->percentile_count; i++)
            if (args->percentiles[i].per_hundred_million == percentile.per_hundred_million)
                return "the same percentile twice";
        args->percentiles =
            mem_grow(mem, args->percentiles, mem_array(mem, (size_t)args->percentile_count + 1, sizeof percentile));
        args->percentiles[args->percentile_count++] = percentile;
        at += size;
        if (*at == '\0')
            return NULL;
    }
}

static const char *read_time_unit(Args *args, Mem *mem, const char *value, const char **help)
{
    static const char *const units[] = {
        [TIME_AUTO] = "auto", [TIME_IN_NS] = "ns", [TIME_IN_US] = "us", [TIME_IN_MS] = "ms", [TIME_IN_S] = "s"};
    (void)mem;
    *help = "auto, ns, us, ms or s";
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (strcmp(value, units[i]) == 0) {
            args->time_unit = (TimeUnit)i;
            return NULL;
        }
    }
    return "no such unit";
}

static const char *read_max_events(Args *args, Mem *mem, const char *value, const char **help)
{
    int64_t count;
    const char *why = NULL;
    (void)mem;
    *help = "a whole number above 0";
    if (!value_count(value, &count, &why))
        return why;
    args->max_events = (uint64_t)count;
    return count > 0 ? NULL : "too small";
}

static const char *read_max_memory(Args *args, Mem *mem, const char *value, const char **help)
{
    const char *why = NULL;
    (void)mem;
    *help = "a size, such as 512MiB";
    if (!value_size(value, &args->max_memory, &why))
        return why;
    return args->max_memory > 0 ? NULL : "too small";
}

static const char *read_count_to(int64_t *into, int64_t most, const char *value, const char **help)
{
    const char *why = NULL;
    *help = "a whole number above 0";
    if (!value_count(value, into, &why))
        return why;
    return *into < 1 ? "too small" : *into > most ? "too large" : NULL;
}

static const char *read_runs(Args *args, Mem *mem, const char *value, const char **help)
{
    (void)mem;
    return read_count_to(&args->runs, 1000000, value, help);
}

static const char *read_jobs(Args *args, Mem *mem, const char *value, const char **help)
{
    (void)mem;
    return read_count_to(&args->jobs, 1024, value, help);
}

/* "2" and "2%", in millionths. */
bool option_percent(const char *value, size_t size, int64_t *millionths)
{
    uint64_t percent;
    size_t digits = size > 0 && value[size - 1] == '%' ? size - 1 : size;
    if (!metric_percent(value, digits, &percent))
        return false;
    *millionths = (int64_t)(percent / 100);
    return percent % 100 == 0;
}

static const char *read_precision(Args *args, Mem *mem, const char *value, const char **help)
{
    (void)mem;
    *help = "a percentage, such as --precision 2";
    return option_percent(value, strlen(value), &args->precision) ? NULL : "not a percentage above 0, at most 100";
}

static const char *read_vary(Args *args, Mem *mem, const char *value, const char **help)
{
    *help = "such as --vary arrivals.poisson=100/s..1000/s:100/s";
    if (!strchr(value, '=') || value[0] == '=')
        return "not of the form PATH=RANGE";
    add_word(&args->vary, mem, value);
    return NULL;
}

static const char *read_shard(Args *args, Mem *mem, const char *value, const char **help)
{
    const char *slash = strchr(value, '/'), *why;
    *help = "such as --shard 2/8";
    if (!slash || !value_count(mem_copy(mem, value, (size_t)(slash - value)), &args->shard, &why) ||
        !value_count(slash + 1, &args->shards, &why))
        return "not of the form I/N";
    return args->shard >= 1 && args->shard <= args->shards ? NULL : "I goes from 1 to N";
}

static const char *read_resume(Args *args, Mem *mem, const char *value, const char **help)
{
    (void)mem;
    *help = "as in --resume sweep.journal";
    args->resume = value;
    return value[0] ? NULL : "the name of the file is missing";
}

static const char *read_tolerance(Args *args, Mem *mem, const char *value, const char **help)
{
    *help = "such as --tolerance p99=5%, --tolerance node.get.p99=10 or --tolerance all=1";
    if (!strchr(value, '=') || value[0] == '=')
        return "not of the form METRIC=PCT";
    add_word(&args->tolerance, mem, value);
    return NULL;
}

static const char *read_series(Args *args, Mem *mem, const char *value, const char **help)
{
    const char *why = NULL;
    (void)mem;
    *help = "a duration, such as 1s";
    if (!value_duration(value, &args->series, &why))
        return why;
    return args->series > 0 ? NULL : "too small";
}

static const char *read_when(When *when, const char *value, const char **help)
{
    static const char *const words[] = {[WHEN_AUTO] = "auto", [WHEN_ALWAYS] = "always", [WHEN_NEVER] = "never"};
    *help = "auto, always or never";
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strcmp(value, words[i]) == 0) {
            *when = (When)i;
            return NULL;
        }
    }
    return "not one of the three";
}

static const char *read_color(Args *args, Mem *mem, const char *value, const char **help)
{
    (void)mem;
    return read_when(&args->color, value, help);
}

static const char *read_progress(Args *args, Mem *mem, const char *value, const char **help)
{
    (void)mem;
    return read_when(&args->progress, value, help);
}

/* Switches. */
#define SWITCH(name, field)                                                                                            \
    static const char *name(Args *args, Mem *mem, const char *value, const char **help)                                \
    {                                                                                                                  \
        (void)mem, (void)value, (void)help;                                                                            \
        args->field = true;                                                                                            \
        return NULL;                                                                                                   \
    }
SWITCH(read_ascii, ascii)
SWITCH(read_quiet, quiet)
SWITCH(read_verbose, verbose)
SWITCH(read_print, print)
SWITCH(read_help, help)
SWITCH(read_no_browser, no_browser)
#undef SWITCH

#define RUNS " run sweep "
#define REPORTS " run sweep merge "
#define READS " run sweep check explain "
#define ALL " run sweep diff check explain calibrate trace-check completion merge init open models schema "

const Option options[] = {
    {"set", 0, "PATH=VALUE", READS, read_set, "override one value of the spec; repeatable"},
    {"seed", 0, "N", READS, read_seed, "the seed of all draws, 0 … 2^64-1"},
    {"only", 0, "SERVER", RUNS, read_only, "run this server alone; repeatable"},
    {"require", 0, "EXPR", RUNS, read_require, "exit with 1 where it fails: \"node.p99 < 20ms\"; repeatable"},
    {"trace", 0, "FILE", RUNS, read_trace,
     "write a trace for ui.perfetto.dev: FILE.json, FILE.json.gz or FILE.pftrace"},
    {"out", 0, "FORMAT[=FILE]", " run sweep merge explain ", read_out,
     "text, json, csv, md, html, junit or github, to stdout or a file; repeatable"},
    {"out", 0, "FILE", " calibrate ", read_out_file, "where the cost table goes (stdout)"},
    {"percentiles", 0, "LIST", RUNS, read_percentiles, "which to report (50,90,95,99,99.9)"},
    {"time-unit", 0, "UNIT", " run sweep merge diff ", read_time_unit,
     "of the text: ns, us, ms, s; auto chooses one a row"},
    {"max-events", 0, "N", " run sweep explain ", read_max_events, "stop each server after N events (10000000000)"},
    {"max-memory", 0, "SIZE", " run sweep explain ", read_max_memory, "what a run may take (4GiB)"},
    {"color", 0, "WHEN", REPORTS, read_color, "auto, always or never"},
    {"progress", 0, "WHEN", RUNS, read_progress, "on stderr: auto (a terminal, after 1 s), always or never"},
    {"ascii", 0, NULL, REPORTS, read_ascii, "no characters beyond ASCII"},
    {"quiet", 'q', NULL, READS, read_quiet, "no warnings; of a text only the contrast"},
    {"verbose", 'v', NULL, " run sweep check explain diff ", read_verbose,
     "more of everything: where time went by handler, resources"},
    {"print", 0, NULL, " check ", read_print, "show every value with where it came from"},
    {"runs", 0, "N", RUNS, read_runs, "independent replications, with 95 % confidence intervals"},
    {"precision", 0, "PCT", RUNS, read_precision,
     "as many replications as this precision of mean and p99 needs (at most 1000)"},
    {"jobs", 0, "N", RUNS, read_jobs, "runs in parallel; the same bytes for any N"},
    {"trace-window", 0, "A..B", RUNS, read_trace_window, "trace only this window of time"},
    {"trace-limit", 0, "N", RUNS, read_trace_limit, "at most N events in a trace (1000000)"},
    {"trace-slowest", 0, "N", RUNS, read_trace_slowest,
     "trace just the time around the N slowest requests of each server (1 to 10)"},
    {"series", 0, "DUR", " run ", read_series, "figures per step of time, in JSON"},
    {"vary", 0, "PATH=RANGE", " sweep ", read_vary, "what to vary: a..b:step, a..b:xF or v1,v2,…; repeatable"},
    {"shard", 0, "I/N", " sweep ", read_shard, "only the I-th of N parts; joined by merge"},
    {"resume", 0, "FILE", " sweep ", read_resume,
     "keep finished points in FILE, and take from it those that are there"},
    {"tolerance", 0, "METRIC=PCT", " diff ", read_tolerance, "how much may differ; all=PCT: all others; repeatable"},
    {"why", 0, "A B", " explain ", read_why, "the rule that put line A before line B"},
    {"no-browser", 0, NULL, " open ", read_no_browser, "print the address instead of opening it"},
    {"help", 'h', NULL, ALL, read_help, "show this"},
    {NULL, 0, NULL, NULL, NULL, NULL},
};

bool option_of(const Option *option, const Command *command)
{
    size_t size = strlen(command->name);
    for (const char *at = option->commands; (at = strstr(at, command->name)); at += size)
        if (at[-1] == ' ' && at[size] == ' ')
            return true;
    return false;
}
