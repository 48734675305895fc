/* The schema of results: tables of what report_json.c writes. A test holds every kind of results against it, so that
 * neither can change alone. */
#include "schema.h"

#include "../model/observe/account.h"

#include <string.h>

typedef enum FigureType {
    FIGURE_TEXT,
    FIGURE_INT,   /* an integer: a count, or ns */
    FIGURE_MICRO, /* a number with six decimals */
    FIGURE_BOOL,
    FIGURE_HEX,    /* a digest: 16 digits */
    FIGURE_END,    /* how a run ended */
    FIGURE_PART,   /* an object: `rows` */
    FIGURE_MAP,    /* an object of them by name */
    FIGURE_LIST,   /* an array of them */
    FIGURE_WINDOW, /* two times */
    FIGURE_TIMES,  /* an object of times by name */
    FIGURE_BLAME,  /* an object of those */
    FIGURE_TEXTS,  /* an object of texts by name */
    FIGURE_WORDS,  /* an array of texts */
    FIGURE_ANY     /* number, text or null */
} FigureType;

typedef struct FigureRow FigureRow;
struct FigureRow {
    const char *name;
    FigureType type;
    const FigureRow *rows;
    bool optional;
    const char *about;
};

#define END                                                                                                            \
    {                                                                                                                  \
        NULL, FIGURE_ANY, NULL, false, NULL                                                                            \
    }

static const FigureRow percentiles[] = {END}; /* by their names */
static const FigureRow parts[] = {END};       /* those of account.h */
static const FigureRow spread[] = {{"count", FIGURE_INT, NULL, false, "how many values"},
                                   {"mean", FIGURE_INT, NULL, false, "exact, rounded down"},
                                   {"sd", FIGURE_INT, NULL, false, "of the sample"},
                                   {"min", FIGURE_INT, NULL, false, "exact"},
                                   {"max", FIGURE_INT, NULL, false, "exact"},
                                   {"percentiles", FIGURE_PART, percentiles, false, "within 1/1024"},
                                   END};
static const FigureRow counts[] = {{"arrived", FIGURE_INT, NULL, false, "the sum of the next five"},
                                   {"completed", FIGURE_INT, NULL, false, "answered"},
                                   {"failed", FIGURE_INT, NULL, false, "an error that nobody caught, or of a resource"},
                                   {"refused", FIGURE_INT, NULL, false, "not let in"},
                                   {"timed_out", FIGURE_INT, NULL, false, "given up by the client"},
                                   {"in_flight", FIGURE_INT, NULL, false, "at the end of the run"},
                                   {"retried", FIGURE_INT, NULL, false, "further attempts"},
                                   END};
#define REQUESTS                                                                                                       \
    {"requests", FIGURE_PART, counts, false, "wanted at or after the warm-up"},                                        \
        {"throughput_per_s", FIGURE_MICRO, NULL, false, "completions inside the window"},                              \
        {"latency_ns", FIGURE_PART, spread, false, "at the client, of the completed"},                                 \
    {                                                                                                                  \
        "time_ns", FIGURE_PART, parts, false, "the mean latency by where it went"                                      \
    }
static const FigureRow handler[] = {REQUESTS, END};
static const FigureRow connections[] = {{"arrived", FIGURE_INT, NULL, false, "of the whole run"},
                                        {"accepted", FIGURE_INT, NULL, false, "by the server"},
                                        {"refused", FIGURE_INT, NULL, false, "backlog full, or no room"},
                                        {"peak_open", FIGURE_INT, NULL, false, "at once"},
                                        END};
static const FigureRow cpu[] = {{"cores", FIGURE_INT, NULL, false, "of the machine"},
                                {"utilization", FIGURE_MICRO, NULL, false, "of all cores over the window"},
                                {"user_ns", FIGURE_INT, NULL, false, "the requests' own work"},
                                {"overhead_ns", FIGURE_INT, NULL, false, "costs"},
                                {"switches", FIGURE_INT, NULL, false, "of a core from thread to thread"},
                                {"switch_ns", FIGURE_INT, NULL, false, "what they took"},
                                {"wasted_ns", FIGURE_INT, NULL, false, "for attempts that were given up"},
                                {"wasted", FIGURE_MICRO, NULL, false, "its share of the cores' time"},
                                END};
static const FigureRow threads[] = {
    {"peak", FIGURE_INT, NULL, false, "at once"}, {"created", FIGURE_INT, NULL, false, "over the run"}, END};
static const FigureRow memory[] = {{"peak_bytes", FIGURE_INT, NULL, false, "threads and connections"}, END};
static const FigureRow lag[] = {{"mean", FIGURE_INT, NULL, false, "from ready to entered"},
                                {"max", FIGURE_INT, NULL, false, "exact"},
                                {"percentiles", FIGURE_PART, percentiles, false, "within 1/1024"},
                                END};
static const FigureRow loop[] = {{"iterations", FIGURE_INT, NULL, false, "of all loops"},
                                 {"utilization", FIGURE_MICRO, NULL, false, "not waiting in poll"},
                                 {"lag_ns", FIGURE_PART, lag, false, "of callbacks"},
                                 END};
static const FigureRow pool[] = {{"workers", FIGURE_INT, NULL, false, "or threads"},
                                 {"utilization", FIGURE_MICRO, NULL, false, "busy"},
                                 {"tasks", FIGURE_INT, NULL, false, "taken"},
                                 {"wait_ns", FIGURE_PART, spread, false, "in its queue"},
                                 {"peak_queue", FIGURE_INT, NULL, false, "the longest queue"},
                                 END};
static const FigureRow resource[] = {{"calls", FIGURE_INT, NULL, false, "made"},
                                     {"errors", FIGURE_INT, NULL, false, "of them"},
                                     {"utilization", FIGURE_MICRO, NULL, true, "where it has a concurrency"},
                                     {"wait_ns", FIGURE_PART, spread, false, "in its queue"},
                                     {"peak_queue", FIGURE_INT, NULL, false, "the longest queue"},
                                     END};
static const FigureRow bottleneck[] = {{"what", FIGURE_TEXT, NULL, false, "what is nearest to its limit"},
                                       {"utilization", FIGURE_MICRO, NULL, false, "of it"},
                                       {"breaks_at_per_s", FIGURE_MICRO, NULL, true, "responses at which it is full"},
                                       {"why", FIGURE_TEXT, NULL, false, "a sentence"},
                                       END};
static const FigureRow slow[] = {{"run", FIGURE_INT, NULL, true, "of several runs"},
                                 {"request", FIGURE_INT, NULL, false, "its number"},
                                 {"connection", FIGURE_INT, NULL, false, "its number"},
                                 {"handler", FIGURE_TEXT, NULL, false, "its name"},
                                 {"wanted_ns", FIGURE_INT, NULL, false, "when the client first wanted it"},
                                 {"latency_ns", FIGURE_INT, NULL, false, "how long it took"},
                                 {"time_ns", FIGURE_PART, parts, false, "where it went"},
                                 {"blame", FIGURE_TIMES, NULL, true, "whom it waited for, ns"},
                                 END};
static const FigureRow population[] = {{"mean", FIGURE_MICRO, NULL, false, "requests in the system"},
                                       {"empty", FIGURE_MICRO, NULL, false, "the share of time with none"},
                                       {"max", FIGURE_INT, NULL, false, "at once"},
                                       {"percentiles", FIGURE_PART, percentiles, false, "by time"},
                                       END};
static const FigureRow moment[] = {{"from_ns", FIGURE_INT, NULL, false, "when it begins"},
                                   {"to_ns", FIGURE_INT, NULL, false, "when it ends"},
                                   {"completed", FIGURE_INT, NULL, false, "in it"},
                                   {"throughput_per_s", FIGURE_MICRO, NULL, false, "in it"},
                                   {"p50_ns", FIGURE_INT, NULL, true, "of those"},
                                   {"p99_ns", FIGURE_INT, NULL, true, "of those"},
                                   {"in_flight", FIGURE_INT, NULL, false, "at its end"},
                                   {"cpu", FIGURE_MICRO, NULL, false, "utilisation of all cores"},
                                   {"loop", FIGURE_MICRO, NULL, true, "utilisation of the loops"},
                                   {"longest_queue", FIGURE_INT, NULL, false, "of all, in it"},
                                   END};
static const FigureRow server[] = {{"model", FIGURE_TEXT, NULL, false, "of the server"},
                                   {"end", FIGURE_END, NULL, false, "how the run ended"},
                                   {"simulated_ns", FIGURE_INT, NULL, false, "when it ended"},
                                   {"window_ns", FIGURE_WINDOW, NULL, false, "from the warm-up to the end"},
                                   {"events", FIGURE_INT, NULL, false, "that the digest covers"},
                                   {"digest", FIGURE_HEX, NULL, false, "of what happened"},
                                   {"connections", FIGURE_PART, connections, false, "of the whole run"},
                                   REQUESTS,
                                   {"handlers", FIGURE_MAP, handler, false, "each by itself"},
                                   {"cpu", FIGURE_PART, cpu, false, "the machine's cores"},
                                   {"threads", FIGURE_PART, threads, false, "of the server"},
                                   {"memory", FIGURE_PART, memory, false, "of threads and connections"},
                                   {"loop", FIGURE_PART, loop, true, "of an event loop"},
                                   {"pool", FIGURE_PART, pool, true, "of workers, or of threads"},
                                   {"resources", FIGURE_MAP, resource, true, "by name"},
                                   {"bottleneck", FIGURE_PART, bottleneck, false, "what bounds the server"},
                                   {"slowest", FIGURE_LIST, slow, false, "the slowest first"},
                                   {"population", FIGURE_PART, population, false, "requests in the system, by time"},
                                   {"queueing_ns", FIGURE_PART, spread, false, "waiting to be accepted or run"},
                                   {"blame", FIGURE_BLAME, NULL, true, "who waited for whom, ns a request"},
                                   {"series", FIGURE_LIST, moment, true, "figures by step of time"},
                                   END};
static const FigureRow paired[] = {{"servers", FIGURE_ANY, NULL, false, "the largest and the smallest"},
                                   {"difference", FIGURE_ANY, NULL, false, "run by run"},
                                   {"unpaired_ci95", FIGURE_ANY, NULL, true, "without common random numbers"},
                                   {"gain", FIGURE_MICRO, NULL, true, "how much narrower pairing makes it"},
                                   END};
static const FigureRow contrast[] = {{"metric", FIGURE_TEXT, NULL, false, "as in expect"},
                                     {"values", FIGURE_ANY, NULL, false, "by server"},
                                     {"ratio", FIGURE_MICRO, NULL, true, "the largest by the smallest"},
                                     {"paired", FIGURE_PART, paired, true, "of several runs"},
                                     END};
static const FigureRow requirement[] = {{"text", FIGURE_TEXT, NULL, false, "as written"},
                                        {"value", FIGURE_ANY, NULL, false, "null where there is none"},
                                        {"limit", FIGURE_ANY, NULL, false, "null where there is none"},
                                        {"met", FIGURE_BOOL, NULL, false, "or not"},
                                        END};
static const FigureRow spec[] = {{"name", FIGURE_TEXT, NULL, false, "of the spec"},
                                 {"digest", FIGURE_HEX, NULL, false, "of the resolved spec"},
                                 END};
static const FigureRow workload[] = {{"loopsim", FIGURE_TEXT, NULL, false, "the version"},
                                     {"schema", FIGURE_INT, NULL, false, "of this format: 1"},
                                     {"spec", FIGURE_PART, spec, false, "which"},
                                     {"seed", FIGURE_INT, NULL, false, "of all draws"},
                                     {"runs", FIGURE_INT, NULL, false, "replications"},
                                     {"interrupted", FIGURE_BOOL, NULL, false, "the results are partial"},
                                     {"servers", FIGURE_MAP, server, false, "by name"},
                                     {"contrast", FIGURE_LIST, contrast, false, "side by side"},
                                     {"requirements", FIGURE_LIST, requirement, false, "and whether they are met"},
                                     END};
/* A sweep (sweep.c, sweep_point.c). A point's figures are those that its servers have. */
static const FigureRow varied[] = {
    {"path", FIGURE_TEXT, NULL, false, "as for --set"}, {"values", FIGURE_WORDS, NULL, false, "in order"}, END};
static const FigureRow grid[] = {{"identity", FIGURE_HEX, NULL, false, "of the sweep: its parts have the same"},
                                 {"vary", FIGURE_LIST, varied, false, "what is varied"},
                                 {"points", FIGURE_INT, NULL, false, "of the whole grid"},
                                 END};
static const FigureRow shard[] = {
    {"shard", FIGURE_INT, NULL, false, "which part"}, {"of", FIGURE_INT, NULL, false, "so many"}, END};
static const FigureRow at_point[] = {{"end", FIGURE_TEXT, NULL, false, "how the run ended"},
                                     {"offered_per_s", FIGURE_MICRO, NULL, false, "arrivals in the window"},
                                     {"throughput_per_s", FIGURE_MICRO, NULL, false, "completions in it"},
                                     {"cpu", FIGURE_MICRO, NULL, false, "utilisation of all cores"},
                                     {"arrived", FIGURE_INT, NULL, false, "the sum of the next five"},
                                     {"completed", FIGURE_INT, NULL, false, "answered"},
                                     {"failed", FIGURE_INT, NULL, false, "with an error"},
                                     {"refused", FIGURE_INT, NULL, false, "not let in"},
                                     {"timed_out", FIGURE_INT, NULL, false, "given up by the client"},
                                     {"in_flight", FIGURE_INT, NULL, false, "at the end of the run"},
                                     {"bottleneck", FIGURE_TEXT, NULL, false, "what is nearest to its limit"},
                                     {"bottleneck_utilization", FIGURE_MICRO, NULL, false, "of it"},
                                     {"digest", FIGURE_HEX, NULL, false, "of what happened"},
                                     END};
static const FigureRow point[] = {{"point", FIGURE_INT, NULL, false, "its number, from 1"},
                                  {"at", FIGURE_TEXTS, NULL, false, "the values of what is varied"},
                                  {"runs", FIGURE_INT, NULL, false, "replications"},
                                  {"limit", FIGURE_TEXT, NULL, true, "why it is not whole"},
                                  {"servers", FIGURE_MAP, at_point, false, "by name"},
                                  {"unmet", FIGURE_WORDS, NULL, true, "requirements that fail there"},
                                  END};
static const FigureRow knee[] = {{"server", FIGURE_TEXT, NULL, false, "whose"},
                                 {"along", FIGURE_TEXT, NULL, false, "what is varied"},
                                 {"at", FIGURE_TEXTS, NULL, false, "the values of the rest"},
                                 {"throughput_stops_following", FIGURE_ANY, NULL, false, "where, or null"},
                                 {"p99_leaves_plateau", FIGURE_ANY, NULL, false, "where, or null"},
                                 END};
static const FigureRow sweep[] = {{"loopsim", FIGURE_TEXT, NULL, false, "the version"},
                                  {"schema", FIGURE_INT, NULL, false, "of this format: 1"},
                                  {"spec", FIGURE_PART, spec, false, "which"},
                                  {"seed", FIGURE_INT, NULL, false, "of all draws"},
                                  {"runs", FIGURE_INT, NULL, false, "replications a point"},
                                  {"precision", FIGURE_MICRO, NULL, false, "percent; 0: so many runs"},
                                  {"sweep", FIGURE_PART, grid, false, "what is varied"},
                                  {"part", FIGURE_PART, shard, true, "of one part"},
                                  {"interrupted", FIGURE_BOOL, NULL, false, "points are missing"},
                                  {"points", FIGURE_LIST, point, false, "in order"},
                                  {"knees", FIGURE_LIST, knee, true, "where servers break"},
                                  END};
static const FigureRow line[] = {
    {"at_ns", FIGURE_INT, NULL, false, "when"}, {"text", FIGURE_TEXT, NULL, false, "what"}, END};
static const FigureRow program[] = {
    {"loopsim", FIGURE_TEXT, NULL, false, "the version"},
    {"schema", FIGURE_INT, NULL, false, "of this format: 1"},
    {"spec", FIGURE_PART, spec, false, "which"},
    {"lines", FIGURE_LIST, line, false, "as printed"},
    {"exit", FIGURE_INT, NULL, false, "the program's exit code"},
    {"end", FIGURE_TEXT, NULL, true, "limit or interrupted: it was cut, and the exit code is none of its own"},
    {"iterations", FIGURE_INT, NULL, false, "of the loop"},
    {"callbacks", FIGURE_INT, NULL, false, "run"},
    {"digest", FIGURE_HEX, NULL, false, "of what happened"},
    {"interrupted", FIGURE_BOOL, NULL, true, "true: it was not at its end"},
    END};

static const struct {
    const char *name;
    const FigureRow *rows;
} tables[] = {{"workload", workload},
              {"program", program},
              {"sweep", sweep},
              {"grid", grid},
              {"varied", varied},
              {"shard", shard},
              {"point", point},
              {"at_point", at_point},
              {"knee", knee},
              {"spec", spec},
              {"server", server},
              {"handler", handler},
              {"connections", connections},
              {"requests", counts},
              {"spread", spread},
              {"percentiles", percentiles},
              {"time", parts},
              {"cpu", cpu},
              {"threads", threads},
              {"memory", memory},
              {"loop", loop},
              {"lag", lag},
              {"pool", pool},
              {"resource", resource},
              {"bottleneck", bottleneck},
              {"slow", slow},
              {"population", population},
              {"moment", moment},
              {"contrast", contrast},
              {"paired", paired},
              {"requirement", requirement},
              {"line", line}};

static const char *name_of(const FigureRow *rows)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (tables[i].rows == rows)
            return tables[i].name;
    must(false, "a table of results that the schema does not list");
    return NULL;
}

static void put_ends(JsonWriter *json)
{
    json_begin(json, "enum", '[');
    static const char *const ends[] = {"drained", "deadline", "interrupted", "limit"};
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        json_text(json, NULL, ends[i]);
    json_end(json, ']');
}

static void put_map_of(JsonWriter *json, const char *type)
{
    json_text(json, "type", "object");
    schema_type(json, "additionalProperties", type);
}

static void put_row(JsonWriter *json, const FigureRow *row)
{
    json_begin_flat(json, row->name, '{');
    switch (row->type) {
    case FIGURE_TEXT: json_text(json, "type", "string"); break;
    case FIGURE_INT: json_text(json, "type", "integer"); break;
    case FIGURE_MICRO: json_text(json, "type", "number"); break;
    case FIGURE_BOOL: json_text(json, "type", "boolean"); break;
    case FIGURE_HEX:
        json_text(json, "type", "string");
        json_text(json, "pattern", "^[0-9a-f]{16}$");
        break;
    case FIGURE_END: put_ends(json); break;
    case FIGURE_PART: {
        Buf path;
        buf_init(&path, json->buf->mem, 4096);
        buf_f(&path, "#/$defs/%s", name_of(row->rows));
        json_text(json, "$ref", buf_string(&path));
        buf_free(&path);
        break;
    }
    case FIGURE_MAP:
        json_text(json, "type", "object");
        schema_ref(json, "additionalProperties", name_of(row->rows));
        break;
    case FIGURE_LIST:
        json_text(json, "type", "array");
        schema_ref(json, "items", name_of(row->rows));
        break;
    case FIGURE_WINDOW:
        json_text(json, "type", "array");
        schema_type(json, "items", "integer");
        json_int(json, "minItems", 2);
        json_int(json, "maxItems", 2);
        break;
    case FIGURE_TIMES: put_map_of(json, "integer"); break;
    case FIGURE_TEXTS: put_map_of(json, "string"); break;
    case FIGURE_BLAME:
        json_text(json, "type", "object");
        json_begin(json, "additionalProperties", '{');
        put_map_of(json, "integer");
        json_end(json, '}');
        break;
    case FIGURE_WORDS:
        json_text(json, "type", "array");
        schema_type(json, "items", "string");
        break;
    case FIGURE_ANY: break;
    }
    json_text(json, "description", row->about);
    json_end(json, '}');
}

/* Of several runs figures have half the width of their 95 % interval beside them. */
static void put_half_widths(JsonWriter *json)
{
    json_begin_flat(json, "patternProperties", '{');
    json_begin(json, "_ci95$", '{');
    json_end(json, '}');
    json_end(json, '}');
}

static void put_properties(JsonWriter *json, const FigureRow *rows)
{
    json_begin(json, "properties", '{');
    for (const FigureRow *row = rows; row->name; row++)
        put_row(json, row);
    if (rows == parts)
        for (int part = 0; part < PARTS; part++)
            schema_type(json, part_name[part], "integer");
    json_end(json, '}');
    json_begin_flat(json, "required", '[');
    for (const FigureRow *row = rows; row->name; row++)
        if (!row->optional)
            json_text(json, NULL, row->name);
    json_end(json, ']');
}

static void put_table(JsonWriter *json, const char *name, const FigureRow *rows)
{
    json_begin(json, name, '{');
    json_text(json, "type", "object");
    if (rows == percentiles) {
        schema_type(json, "additionalProperties", "integer");
        json_end(json, '}');
        return;
    }
    put_properties(json, rows);
    put_half_widths(json);
    if (rows != at_point)
        json_bool(json, "additionalProperties", false);
    json_end(json, '}');
}

static void put_required(JsonWriter *json, const char *key)
{
    json_begin_flat(json, "if", '{');
    json_begin(json, "required", '[');
    json_text(json, NULL, key);
    json_end(json, ']');
    json_end(json, '}');
}

void schema_results(JsonWriter *json)
{
    json_begin(json, NULL, '{');
    schema_head(json, "Results of loopsim: --out json");
    put_required(json, "lines");
    schema_ref(json, "then", "program");
    json_begin(json, "else", '{');
    put_required(json, "points");
    schema_ref(json, "then", "sweep");
    schema_ref(json, "else", "workload");
    json_end(json, '}');
    json_begin(json, "$defs", '{');
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        put_table(json, tables[i].name, tables[i].rows);
    json_end(json, '}');
    json_end(json, '}');
}
