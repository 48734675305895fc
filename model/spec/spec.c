#include "spec.h"

#include "reader.h"

#include <string.h>

/* ---- the two kinds of specs ---- */

static const KeyWord scheduler_words[] = {
    /* by SchedulerKind */
    {"fair", "virtual runtime with wake-up preemption, as Linux' CFS and EEVDF"},
    {"round-robin", "each thread a time slice in turn"},
    {"fifo", "each thread runs until it waits"},
    {"processor-sharing", "the ideal of theory: all at once, each at a share of the speed"},
    {NULL, NULL},
};

static const Key machine_keys[] = {
    {.name = "profile",
     .type = KEY_LINE,
     .at = offsetof(SpecMachine, profile),
     .fallback = "\"linux\"",
     .about = "the cost table: \"linux\", \"ideal\" or the path of one"},
    {.name = "cores",
     .type = KEY_COUNT,
     .at = offsetof(SpecMachine, cores),
     .fallback = "1",
     .min = 1,
     .max = 4096,
     .about = "identical cores"},
    {.name = "scheduler",
     .type = KEY_WORD,
     .at = offsetof(SpecMachine, scheduler),
     .fallback = "\"fair\"",
     .words = scheduler_words,
     .about = "who runs on a core"},
    {.name = "time_slice",
     .type = KEY_DURATION,
     .at = offsetof(SpecMachine, time_slice),
     .fallback = "\"4ms\"",
     .min = 1,
     .about = "what a thread gets while others wait"},
    {.name = "memory",
     .type = KEY_SIZE,
     .at = offsetof(SpecMachine, memory),
     .none = "unlimited",
     .min = 1,
     .about = "what threads, connections and queues may take; what does not fit is refused"},
    {.name = "costs",
     .type = KEY_CUSTOM,
     .at = offsetof(SpecMachine, costs),
     .fallback = "{}",
     .read = read_costs,
     .shape = "part",
     .table = &cost_table,
     .about = "overrides single entries of the profile"},
    {.name = NULL},
};
static const KeyTable machine_table = {.name = "\"machine\"",
                                       .about = "Cores, scheduler, memory and costs.",
                                       .keys = machine_keys,
                                       .size = sizeof(SpecMachine)};

static bool read_syn_retry(SpecReader *reader, Json *value, void *field)
{
    SpecNetwork *network = field;
    Key row = {.name = "syn_retry",
               .type = KEY_DURATION,
               .min = 1,
               .about = "how long the client waits before it tries again"};
    bool ok = true;
    if (value->type != JSON_ARRAY || value->count > COUNT_OF(network->syn_retry))
        return refuse(reader, value, "as in [\"1s\", \"3s\", \"7s\"]",
                      "\"syn_retry\": must be an array of at most 16 durations");
    for (Json *item = value->child; item; item = item->next)
        ok = keys_value(reader, &row, item, &network->syn_retry[network->syn_retries++]) && ok;
    return ok;
}

static const Key network_keys[] = {
    {.name = "rtt",
     .type = KEY_DIST,
     .at = offsetof(SpecNetwork, rtt),
     .none = "none",
     .about = "the round trip; half of it each way"},
    {.name = "bandwidth",
     .type = KEY_BANDWIDTH,
     .at = offsetof(SpecNetwork, bandwidth),
     .none = "unlimited",
     .about = "of each client's own link"},
    {.name = "syn_retry",
     .type = KEY_CUSTOM,
     .read = read_syn_retry,
     .shape = "durations",
     .fallback = "[\"1s\", \"3s\", \"7s\"]",
     .about = "when a connection that finds the backlog full tries again"},
    {.name = NULL},
};
static const KeyTable network_table = {.name = "\"network\"",
                                       .about = "Between the clients and the server.",
                                       .keys = network_keys,
                                       .size = sizeof(SpecNetwork)};

static bool read_warmup(SpecReader *reader, Json *value, void *field)
{
    Spec *spec = field;
    Key row = {.name = "warmup", .type = KEY_DURATION, .about = "the statistics start then"};
    if (value->type != JSON_STRING || strcmp(value->text, "auto") != 0)
        return keys_value(reader, &row, value, &spec->warmup);
    spec->warmup_auto = true;
    return true;
}

static bool read_schema(SpecReader *reader, Json *value, void *field)
{
    (void)field;
    if (value->type == JSON_STRING)
        return true;
    return refuse(reader, value, "as in \"loopsim.schema.json\"", "\"$schema\": must be a text in double quotes");
}

#define SCHEMA_ROW                                                                                                     \
    {                                                                                                                  \
        .name = "$schema", .type = KEY_CUSTOM, .read = read_schema, .shape = "text",                                   \
        .about = "the schema, for editors"                                                                             \
    }
#define ABOUT_ROW                                                                                                      \
    {                                                                                                                  \
        .name = "about", .type = KEY_TEXT, .at = offsetof(Spec, about), .about = "for people"                          \
    }
#define NAME_ROW                                                                                                       \
    {                                                                                                                  \
        .name = "name", .type = KEY_LINE, .at = offsetof(Spec, name), .none = "the file's name", .about = "one line"   \
    }

static const Key workload_keys[] = {
    SCHEMA_ROW,
    NAME_ROW,
    ABOUT_ROW,
    {.name = "seed", .type = KEY_SEED, .at = offsetof(Spec, seed), .fallback = "1", .about = "of all random draws"},
    {.name = "duration",
     .type = KEY_DURATION,
     .at = offsetof(Spec, duration),
     .none = "until everything is done",
     .absent = TIME_NEVER,
     .min = 1,
     .about = "the run ends then; required where the arrivals do not end by themselves"},
    {.name = "warmup",
     .type = KEY_CUSTOM,
     .read = read_warmup,
     .shape = "warmup",
     .fallback = "\"0\"",
     .about = "the statistics start then; \"auto\": by MSER-5 on a pilot run, at most half of the run"},
    {.name = "machine",
     .type = KEY_PART,
     .at = offsetof(Spec, machine),
     .fallback = "{}",
     .table = &machine_table,
     .about = "cores, costs, memory"},
    {.name = "network",
     .type = KEY_PART,
     .at = offsetof(Spec, network),
     .fallback = "{}",
     .table = &network_table,
     .about = "round trips, bandwidth"},
    {.name = "resources",
     .type = KEY_CUSTOM,
     .read = read_resources,
     .shape = "map",
     .table = &resource_table,
     .about = "databases, disks, services"},
    {.name = "functions",
     .type = KEY_CUSTOM,
     .read = read_functions,
     .shape = "functions",
     .about = "named functions that handlers call"},
    {.name = "handlers",
     .type = KEY_CUSTOM,
     .read = read_handlers,
     .shape = "handlers",
     .required = true,
     .about = "what a request of each kind does"},
    {.name = "arrivals",
     .type = KEY_CUSTOM,
     .read = read_arrivals,
     .shape = "streams",
     .table = &arrivals_table,
     .required = true,
     .about = "when connections come"},
    {.name = "servers",
     .type = KEY_CUSTOM,
     .read = read_servers,
     .shape = "servers",
     .table = &server_table,
     .fallback = "{\"event-loop\": {\"model\": \"event-loop\"}, \"thread-per-connection\": {\"model\": "
                 "\"thread-per-connection\"}}",
     .about = "what is contrasted"},
    {.name = "expect",
     .type = KEY_CUSTOM,
     .read = read_expect,
     .shape = "requirements",
     .about = "what must hold of the results"},
    {.name = NULL},
};
const KeyTable workload_table = {.name = "a workload",
                                 .about = "Requests that arrive, and servers that are contrasted on them.",
                                 .keys = workload_keys,
                                 .size = sizeof(Spec)};

static const KeyWord module_words[] = {
    {"cjs", "CommonJS"},
    {"esm", "an ES module: main may await"},
    {NULL, NULL},
};
static const KeyWord program_order_words[] = {
    {"libuv-1.45", "Node 20 and later"},
    {"libuv-1.44", "Node 18 and before"},
    {NULL, NULL},
};

static bool read_vars(SpecReader *reader, Json *value, void *field)
{
    *(const Json **)field = value;
    if (value->type == JSON_OBJECT)
        return true;
    return refuse(reader, value, "as in {\"n\": 0}", "\"vars\": must be an object");
}

static bool read_main(SpecReader *reader, Json *value, void *field)
{
    *(const Json **)field = value;
    if (value->type == JSON_ARRAY)
        return true;
    return refuse(reader, value, "as in [\"a line\"]", "\"main\" is an array of statements");
}

static const Key program_keys[] = {
    SCHEMA_ROW,
    NAME_ROW,
    ABOUT_ROW,
    {.name = "module",
     .type = KEY_WORD,
     .at = offsetof(Spec, esm),
     .fallback = "\"cjs\"",
     .words = module_words,
     .about = "how main is loaded"},
    {.name = "threads",
     .type = KEY_COUNT,
     .at = offsetof(Spec, threads),
     .fallback = "4",
     .min = 1,
     .max = 1024,
     .about = "UV_THREADPOOL_SIZE"},
    {.name = "order",
     .type = KEY_WORD,
     .at = offsetof(Spec, legacy_order),
     .fallback = "\"libuv-1.45\"",
     .words = program_order_words,
     .about = "whose order of phases"},
    {.name = "functions", .type = KEY_CUSTOM, .read = read_functions, .shape = "functions", .about = "named functions"},
    {.name = "vars",
     .type = KEY_CUSTOM,
     .at = offsetof(Spec, vars),
     .read = read_vars,
     .shape = "expressions",
     .about = "variables of all functions"},
    {.name = "main",
     .type = KEY_CUSTOM,
     .at = offsetof(Spec, main),
     .read = read_main,
     .shape = "body",
     .required = true,
     .about = "the program"},
    {.name = NULL},
};
const KeyTable program_table = {
    .name = "a program", .about = "Statements that run as on Node.", .keys = program_keys, .size = sizeof(Spec)};

const KeyTable *const spec_tables[] = {&workload_table, &program_table, &dist_table, &cost_file_table, NULL};

/* ---- what concerns several keys ---- */

static void check_duration(SpecReader *reader)
{
    const Spec *spec = reader->spec;
    const Json *duration = json_member(reader->root, "duration"), *warmup = json_member(reader->root, "warmup");
    if (duration && !spec->warmup_auto && spec->warmup >= spec->duration)
        refuse(reader, warmup, "the statistics begin at its end", "the warm-up must end before the duration does");
    for (int i = 0; !duration && i < spec->stream_count; i++) {
        if (arrivals_end(&spec->arrivals[i]))
            continue;
        diag_error(reader->diag, spec->arrivals[i].place,
                   "add \"duration\": \"60s\" at the top level, or a \"count\" here (clients: and \"requests\")",
                   "these arrivals never end, so that \"duration\" is required");
        return;
    }
}

/* `pool.wait.p99` is a metric: a server "pool" must not have a handler "wait". */
static void check_ambiguous(SpecReader *reader)
{
    const Json *wait = json_member(json_member(reader->root, "handlers"), "wait");
    if (wait && json_member(json_member(reader->root, "servers"), "pool"))
        diag_error(reader->diag, wait->key_place, "choose another name",
                   "\"pool.wait\" is the name of a metric: not both a server \"pool\" and a handler \"wait\"");
}

static const char *file_name(SpecReader *reader, const char *file)
{
    const char *base = strrchr(file, '/');
    base = base ? base + 1 : file;
    size_t size = strlen(base);
    if (size > 5 && strcmp(base + size - 5, ".json") == 0)
        size -= 5;
    return mem_copy(reader->mem, base, size);
}

/* ---- reading ---- */

static bool find_kind(SpecReader *reader, const Json *root)
{
    if (root->type != JSON_OBJECT)
        return refuse(reader, root, "as in { \"handlers\": { ... }, \"arrivals\": { ... } }",
                      "a spec is one JSON object");
    bool workload = json_member(root, "handlers") || json_member(root, "arrivals");
    reader->spec->kind = json_member(root, "main") ? SPEC_PROGRAM : SPEC_WORKLOAD;
    if (reader->spec->kind == SPEC_PROGRAM || workload)
        return true;
    return refuse(reader, root, "a workload has \"handlers\" and \"arrivals\", a program has \"main\"",
                  "neither a workload nor a program");
}

/* The servers are there before --set, so that it can change the default ones. */
static bool apply_sets(SpecReader *reader, Json *root, const KeyTable *table)
{
    bool ok = true;
    const Key *servers = keys_find(table, "servers");
    if (servers && !json_member(root, "servers"))
        json_add(root, reader_default(reader, servers));
    for (int i = 0; reader->options && i < reader->options->set_count; i++)
        ok = spec_apply_set(reader, root, table, reader->options->set[i]) && ok;
    return ok;
}

static void fill(SpecReader *reader, Json *root, const KeyTable *table)
{
    Spec *spec = reader->spec;
    size_t before = reader->diag->errors;
    KeyFill all = {table, spec};
    spec->name = file_name(reader, spec->file);
    keys_read(reader, root, &all, 1);
    if (spec->kind == SPEC_PROGRAM)
        spec->duration = TIME_NEVER;
    else if (reader->diag->errors == before)
        check_duration(reader);
    check_ambiguous(reader);
    if (reader->options && reader->options->seed)
        spec->seed = *reader->options->seed;
    spec->digest = spec_digest(spec, root);
}

Spec *spec_read(Mem *mem, SpecText text, const SpecOptions *options, Diag *diag)
{
    Spec *spec = mem_get(mem, sizeof *spec);
    JsonPlace at = {text.file, 1, 1, 0, 0};
    size_t before = diag->errors;
    diag_source(diag, text.file, text.bytes, text.size);
    Json *root = json_read(mem, at, text.bytes, text.size, diag);
    SpecReader reader = {.mem = mem, .diag = diag, .options = options, .spec = spec, .root = root};
    if (!root || !find_kind(&reader, root))
        return NULL;
    const KeyTable *table = spec->kind == SPEC_PROGRAM ? &program_table : &workload_table;
    spec->file = text.file;
    spec->root = root;
    apply_sets(&reader, root, table);
    fill(&reader, root, table);
    return diag->errors == before ? spec : NULL;
}
