/* The parts of a workload that are maps of names: resources, handlers, functions, servers; and the requirements. */
#include "../servers/server.h"
#include "reader.h"

#include <string.h>

/* ---- names ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(const char *text)
{
    const char *c = text;
    if (!is_letter(*c))
        return false;
    while (is_letter(*c) || (*c >= '0' && *c <= '9') || *c == '-')
        c++;
    return !*c;
}

/* Words that a requirement would take for a metric. "threads" is one, too, but it only ever stands last in a
 * requirement, so that a server may have this obvious name. */
static bool is_metric(const char *name)
{
    static const char *const metrics[] = {
        "throughput", "mean", "min",    "max",      "completed", "failed", "refused", "timed_out",
        "in_flight",  "cpu",  "memory", "switches", "lag",       "loop",   "digest",
    };
    if (name[0] == 'p' && name[1] >= '5' && name[1] <= '9' && name[2] >= '0' && name[2] <= '9' && !name[3])
        return true;
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        if (strcmp(metrics[i], name) == 0)
            return true;
    }
    return false;
}

static bool check_name(SpecReader *reader, const Json *member, const char *kind, bool in_requirements)
{
    if (!is_name(member->key)) {
        diag_error(reader->diag, member->key_place, "a letter or _, then letters, digits, _ and -",
                   "\"%s\" cannot be the name of %s", member->key, kind);
        return false;
    }
    if (in_requirements && is_metric(member->key)) {
        diag_error(reader->diag, member->key_place, "requirements could not tell them apart; choose another name",
                   "\"%s\" is the name of a metric and cannot be the name of %s", member->key, kind);
        return false;
    }
    return true;
}

static bool check_map(SpecReader *reader, const Json *value, const char *key, bool may_be_empty)
{
    if (value->type != JSON_OBJECT) {
        diag_error(reader->diag, value->place, "each under its name, as in {\"name\": ...}",
                   "\"%s\": must be an object", key);
        return false;
    }
    if (value->count == 0 && !may_be_empty) {
        diag_error(reader->diag, value->place, "at least one is needed", "\"%s\": must not be empty", key);
        return false;
    }
    return true;
}

/* ---- resources ---- */

static const KeyWord via_words[] = {
    {"kernel", "non-blocking, like a socket"},
    {"fs", "needs a pool worker for its whole latency"},
    {"dns", "likewise, under libuv's cap for slow I/O"},
    {"cpu", "needs a worker and a core"},
    {NULL, NULL},
};

static const Key resource_keys[] = {
    {.name = "latency",
     .type = KEY_DIST,
     .at = offsetof(SpecResource, latency),
     .required = true,
     .about = "how long a call takes"},
    {.name = "concurrency",
     .type = KEY_COUNT,
     .at = offsetof(SpecResource, concurrency),
     .none = "unlimited",
     .min = 1,
     .about = "how many calls it serves at once; the rest queue"},
    {.name = "queue",
     .type = KEY_COUNT,
     .at = offsetof(SpecResource, queue),
     .none = "unlimited",
     .absent = -1,
     .about = "the longest queue; beyond it a call fails"},
    {.name = "via",
     .type = KEY_WORD,
     .at = offsetof(SpecResource, via),
     .fallback = "\"kernel\"",
     .words = via_words,
     .about = "what an event loop needs for a call"},
    {.name = "error_rate",
     .type = KEY_FRACTION,
     .at = offsetof(SpecResource, error_rate),
     .fallback = "0",
     .about = "the share of calls that fail"},
    {.name = "timeout",
     .type = KEY_DURATION,
     .at = offsetof(SpecResource, timeout),
     .none = "none",
     .min = 1,
     .about = "the caller gets an error then; the resource goes on working"},
    {.name = NULL},
};
const KeyTable resource_table = {.name = "a resource",
                                 .about = "A thing outside the CPU with a latency.",
                                 .keys = resource_keys,
                                 .size = sizeof(SpecResource)};

bool read_resources(SpecReader *reader, Json *value, void *field)
{
    (void)field;
    if (!check_map(reader, value, "resources", true))
        return false;
    SpecResource *resources = mem_get(reader->mem, mem_array(reader->mem, value->count, sizeof *resources));
    bool ok = true;
    int n = 0;
    for (Json *member = value->child; member; member = member->next, n++) {
        KeyFill fill = {&resource_table, &resources[n]};
        resources[n].name = member->key;
        resources[n].place = member->place;
        ok = check_name(reader, member, "a resource", false) && ok;
        if (member->type == JSON_OBJECT)
            ok = keys_read(reader, member, &fill, 1) && ok;
        else
            ok = refuse(reader, member, "as in {\"latency\": \"4ms\"}", "a resource is an object");
    }
    reader->spec->resources = resources;
    reader->spec->resource_count = n;
    return ok;
}

/* ---- handlers and functions ---- */

static SpecBody *list_bodies(SpecReader *reader, const Json *value)
{
    SpecBody *bodies = mem_get(reader->mem, mem_array(reader->mem, value->count, sizeof *bodies));
    int n = 0;
    for (const Json *member = value->child; member; member = member->next)
        bodies[n++] = (SpecBody){member->key, member, member->place};
    return bodies;
}

bool read_handlers(SpecReader *reader, Json *value, void *field)
{
    (void)field;
    if (!check_map(reader, value, "handlers", false))
        return false;
    bool ok = true;
    for (const Json *member = value->child; member; member = member->next) {
        ok = check_name(reader, member, "a handler", true) && ok;
        if (member->type != JSON_ARRAY)
            ok = refuse(reader, member, "as in [ { \"cpu\": \"1ms\" } ]", "a handler is an array of steps");
    }
    reader->spec->handlers = list_bodies(reader, value);
    reader->spec->handler_count = (int)value->count;
    return ok;
}

bool read_functions(SpecReader *reader, Json *value, void *field)
{
    (void)field;
    if (!check_map(reader, value, "functions", true))
        return false;
    bool ok = true;
    for (const Json *member = value->child; member; member = member->next) {
        if (member->type != JSON_ARRAY && member->type != JSON_OBJECT)
            ok = refuse(reader, member, "as in [ \"a step\" ] or {\"async\": [ ... ], \"args\": [\"n\"]}",
                        "a function is an array of steps or an object");
    }
    reader->spec->functions = list_bodies(reader, value);
    reader->spec->function_count = (int)value->count;
    return ok;
}

/* ---- servers ---- */

static bool read_model(SpecReader *reader, Json *value, void *field)
{
    const char *names[16];
    size_t n = 0;
    for (; server_models[n]; n++) {
        names[n] = server_models[n]->name;
        if (value->type != JSON_STRING || strcmp(names[n], value->text) != 0)
            continue;
        *(const ServerModel **)field = server_models[n];
        return true;
    }
    if (value->type != JSON_STRING)
        return refuse(reader, value, diag_suggest(reader->diag, "", names, n), "\"model\": must be one of its words");
    diag_error(reader->diag, value->place, diag_suggest(reader->diag, value->text, names, n),
               "no server model is called \"%s\"", value->text);
    return false;
}

static const Key pauses_keys[] = {
    {.name = "every",
     .type = KEY_DIST,
     .at = offsetof(SpecServer, pause_every),
     .required = true,
     .about = "the time from one pause to the next"},
    {.name = "for",
     .type = KEY_DIST,
     .at = offsetof(SpecServer, pause_for),
     .required = true,
     .about = "how long the process stands still"},
    {.name = NULL},
};
static const KeyTable pauses_table = {.name = "\"pauses\"",
                                      .about = "The whole process stands still, as in a garbage collection.",
                                      .keys = pauses_keys,
                                      .size = sizeof(SpecServer)};

static const Key server_keys[] = {
    {.name = "model",
     .type = KEY_CUSTOM,
     .at = offsetof(SpecServer, model),
     .read = read_model,
     .shape = "model",
     .required = true,
     .about = "which of the server models"},
    {.name = "backlog",
     .type = KEY_COUNT,
     .at = offsetof(SpecServer, backlog),
     .fallback = "511",
     .min = 1,
     .max = 1000000000,
     .about = "how many connections may wait to be accepted"},
    {.name = "max_connections",
     .type = KEY_COUNT,
     .at = offsetof(SpecServer, max_connections),
     .none = "unlimited",
     .min = 1,
     .about = "how many connections may be open; a further one is refused"},
    {.name = "request_timeout",
     .type = KEY_DURATION,
     .at = offsetof(SpecServer, request_timeout),
     .none = "none",
     .min = 1,
     .about = "a request that is not answered so long after it came gets an error"},
    {.name = "keep_alive_timeout",
     .type = KEY_DURATION,
     .at = offsetof(SpecServer, keep_alive_timeout),
     .none = "none",
     .min = 1,
     .about = "an idle connection is closed then"},
    {.name = "pauses",
     .type = KEY_PART,
     .at = 0,
     .none = "none",
     .table = &pauses_table,
     .about = "the whole process stands still, as in a garbage collection"},
    {.name = NULL},
};
const KeyTable server_table = {
    .name = "a server", .about = "What all models have.", .keys = server_keys, .size = sizeof(SpecServer)};

static const ServerModel *find_model(const Json *server)
{
    const Json *model = json_member(server, "model");
    for (size_t i = 0; model && model->type == JSON_STRING && server_models[i]; i++) {
        if (strcmp(server_models[i]->name, model->text) == 0)
            return server_models[i];
    }
    return NULL;
}

size_t row_tables(const Key *row, const Json *element, const KeyTable *tables[2])
{
    const ServerModel *model;
    tables[0] = row->table;
    if (row->type == KEY_PART || strcmp(row->shape, "servers") != 0)
        return 1;
    model = find_model(element);
    if (!model)
        return 1;
    tables[1] = model->keys;
    return 2;
}

/* Without a known model only the keys that all have can be told. */
static bool read_unknown_server(SpecReader *reader, const Json *member, SpecServer *server)
{
    for (const Key *row = server_keys; row->name; row++) {
        Json *value = member->child;
        while (value && strcmp(value->key, row->name) != 0)
            value = value->next;
        if (value)
            keys_value(reader, row, value, (char *)server + row->at);
    }
    if (!json_member(member, "model"))
        diag_error(reader->diag, member->place, "as in {\"model\": \"event-loop\"}", "a server needs \"model\"");
    return false;
}

static bool read_server(SpecReader *reader, Json *member, SpecServer *server)
{
    const ServerModel *model = find_model(member);
    server->name = member->key;
    server->place = member->place;
    if (member->type != JSON_OBJECT)
        return refuse(reader, member, "as in {\"model\": \"event-loop\"}", "a server is an object");
    if (!model)
        return read_unknown_server(reader, member, server);
    server->config = mem_get(reader->mem, model->keys->size);
    KeyFill fills[] = {{&server_table, server}, {model->keys, server->config}};
    return keys_read(reader, member, fills, COUNT_OF(fills));
}

static bool check_server_name(SpecReader *reader, const Json *member)
{
    if (!check_name(reader, member, "a server", true))
        return false;
    const Json *handler = json_member(json_member(reader->root, "handlers"), member->key);
    if (!handler)
        return true;
    diag_error(reader->diag, member->key_place, "requirements could not tell them apart; choose another name",
               "\"%s\" is the name of a handler and cannot be the name of a server", member->key);
    return false;
}

bool read_servers(SpecReader *reader, Json *value, void *field)
{
    (void)field;
    if (!check_map(reader, value, "servers", false))
        return false;
    SpecServer *servers = mem_get(reader->mem, mem_array(reader->mem, value->count, sizeof *servers));
    bool ok = true;
    int n = 0;
    for (Json *member = value->child; member; member = member->next, n++) {
        ok = check_server_name(reader, member) && ok;
        ok = read_server(reader, member, &servers[n]) && ok;
    }
    reader->spec->servers = servers;
    reader->spec->server_count = n;
    return ok;
}

/* ---- requirements ---- */

bool read_expect(SpecReader *reader, Json *value, void *field)
{
    (void)field;
    if (value->type != JSON_ARRAY)
        return refuse(reader, value, "as in [\"node.p99 < 400ms\"]", "\"expect\": must be an array of requirements");
    SpecRequirement *expect = mem_get(reader->mem, mem_array(reader->mem, value->count, sizeof *expect));
    bool ok = true;
    int n = 0;
    for (const Json *item = value->child; item; item = item->next) {
        if (item->type == JSON_STRING)
            expect[n++] = (SpecRequirement){item->text, item->place};
        else
            ok = refuse(reader, item, "as in \"node.p99 < 400ms\"", "a requirement is a text");
    }
    reader->spec->expect = expect;
    reader->spec->expect_count = n;
    return ok;
}
