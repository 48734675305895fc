/* Arrivals: when connections come, what they ask for, and what their clients do. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

/* ---- counts that may be drawn ---- */

typedef struct Geometric {
    double mean;
} Geometric;

static const Key geometric_keys[] = {{.name = "geometric",
                                      .type = KEY_NUMBER,
                                      .at = offsetof(Geometric, mean),
                                      .required = true,
                                      .about = "the mean, at least 1"},
                                     {.name = NULL}};
const KeyTable geometric_table = {.name = "a count that is drawn",
                                  .about = "Geometric on 1, 2, …",
                                  .keys = geometric_keys,
                                  .size = sizeof(Geometric)};

static bool read_count(SpecReader *reader, Json *value, void *field)
{
    SpecCount *count = field;
    Geometric drawn = {0};
    KeyFill fill = {&geometric_table, &drawn};
    Key row = {.name = value->key,
               .type = KEY_COUNT,
               .min = 1,
               .about = "a count, or {\"geometric\": 5} for one that is drawn with this mean"};
    if (value->type != JSON_OBJECT)
        return keys_value(reader, &row, value, &count->fixed);
    if (!keys_fill(reader, value, &fill, 1))
        return false;
    if (drawn.mean < 1)
        return refuse(reader, value->child, "each connection has at least one",
                      "\"geometric\": the mean must be at least 1");
    count->geometric_mean = drawn.mean;
    return true;
}

/* ---- lists ---- */

static bool check_list(SpecReader *reader, const Json *value, const char *help)
{
    if (value->type == JSON_ARRAY && value->count > 0)
        return true;
    diag_error(reader->diag, value->place, help, "\"%s\": must be an array, and not empty", value->key);
    return false;
}

typedef struct Moment {
    Time at;
    size_t index;
} Moment;

static int compare_moments(const void *a, const void *b)
{
    const Moment *left = a, *right = b;
    int order = (left->at > right->at) - (left->at < right->at);
    return order ? order : (left->index > right->index) - (left->index < right->index);
}

static bool read_at(SpecReader *reader, Json *value, void *field)
{
    SpecArrivals *stream = field;
    Key row = {.name = "at", .type = KEY_DURATION, .about = "when the connections come"};
    bool ok = true;
    size_t n = 0;
    if (!check_list(reader, value, "as in [\"0\", \"2ms\"]"))
        return false;
    Moment *moments = mem_get(reader->mem, mem_array(reader->mem, value->count, sizeof *moments));
    SpecArrival *arrivals = mem_get(reader->mem, mem_array(reader->mem, value->count, sizeof *arrivals));
    for (Json *item = value->child; item; item = item->next, n++) {
        moments[n].index = n;
        ok = keys_value(reader, &row, item, &moments[n].at) && ok;
    }
    qsort(moments, n, sizeof *moments, compare_moments); /* total order: time, then position */
    for (size_t i = 0; i < n; i++)
        arrivals[i] = (SpecArrival){moments[i].at, -1};
    mem_free(reader->mem, moments);
    stream->at = arrivals;
    stream->at_count = n;
    return ok;
}

static const Key phase_keys[] = {
    {.name = "rate",
     .type = KEY_RATE,
     .at = offsetof(SpecRatePhase, rate),
     .required = true,
     .about = "the rate in this phase"},
    {.name = "for",
     .type = KEY_DIST,
     .at = offsetof(SpecRatePhase, during),
     .required = true,
     .about = "how long the phase lasts"},
    {.name = NULL},
};
static const KeyTable phase_table = {.name = "a phase of \"modulated\"",
                                     .about = "A rate for a time.",
                                     .keys = phase_keys,
                                     .size = sizeof(SpecRatePhase)};

static const Key stage_keys[] = {
    {.name = "for",
     .type = KEY_DURATION,
     .at = offsetof(SpecStage, during),
     .min = 1,
     .required = true,
     .about = "how long the stage lasts"},
    {.name = "to",
     .type = KEY_RATE,
     .at = offsetof(SpecStage, to),
     .required = true,
     .about = "the rate at its end, reached in a straight line"},
    {.name = NULL},
};
static const KeyTable stage_table = {
    .name = "a stage", .about = "A ramp to a rate.", .keys = stage_keys, .size = sizeof(SpecStage)};

/* An array of objects of one table, into an array of structs. */
static void *read_list(SpecReader *reader, Json *value, const KeyTable *table, const char *help, bool *ok)
{
    *ok = check_list(reader, value, help);
    if (!*ok)
        return NULL;
    char *list = mem_get(reader->mem, mem_array(reader->mem, value->count, table->size)), *at = list;
    for (Json *item = value->child; item; item = item->next, at += table->size) {
        KeyFill fill = {table, at};
        if (item->type != JSON_OBJECT)
            *ok = refuse(reader, item, help, diag_text(reader->diag, "%s is an object", table->name));
        else
            *ok = keys_read(reader, item, &fill, 1) && *ok;
    }
    return list;
}

static bool read_modulated(SpecReader *reader, Json *value, void *field)
{
    SpecArrivals *stream = field;
    bool ok, some = false;
    stream->phases = read_list(reader, value, &phase_table, "as in [{\"rate\": \"500/s\", \"for\": \"10s\"}]", &ok);
    stream->phase_count = ok ? value->count : 0;
    for (size_t i = 0; i < stream->phase_count; i++)
        some |= stream->phases[i].rate > 0;
    if (!ok || some)
        return ok;
    return refuse(reader, value, "\"0/s\" is a phase without arrivals",
                  "\"modulated\": one of the rates must be above 0");
}

static bool read_stages(SpecReader *reader, Json *value, void *field)
{
    SpecArrivals *stream = field;
    bool ok;
    stream->stages = read_list(reader, value, &stage_table, "as in [{\"for\": \"30s\", \"to\": \"2000/s\"}]", &ok);
    stream->stage_count = ok ? value->count : 0;
    return ok;
}

static int find_handler(const Spec *spec, const char *name)
{
    for (int i = 0; i < spec->handler_count; i++) {
        if (strcmp(spec->handlers[i].name, name) == 0)
            return i;
    }
    return -1;
}

static bool refuse_handler(SpecReader *reader, const Json *json)
{
    const char *names[64];
    const Spec *spec = reader->spec;
    size_t n = 0;
    for (; n < COUNT_OF(names) && n < (size_t)spec->handler_count; n++)
        names[n] = spec->handlers[n].name;
    diag_error(reader->diag, json->key_place, diag_suggest(reader->diag, json->key, names, n),
               "no handler is called \"%s\"", json->key);
    return false;
}

bool find_handler_of(SpecReader *reader, const char *name, int *handler)
{
    *handler = find_handler(reader->spec, name);
    return *handler >= 0;
}

static bool read_mix(SpecReader *reader, Json *value, void *field)
{
    SpecArrivals *stream = field;
    bool ok = true;
    if (value->type != JSON_OBJECT || value->count == 0)
        return refuse(reader, value, "as in {\"get\": 90, \"report\": 10}",
                      "\"mix\": must be an object of handler and weight");
    SpecMix *mix = mem_get(reader->mem, mem_array(reader->mem, value->count, sizeof *mix));
    size_t n = 0;
    for (Json *item = value->child; item; item = item->next, n++) {
        Key row = {.name = item->key, .type = KEY_NUMBER, .about = "the weight of this handler in the mix"};
        mix[n].handler = find_handler(reader->spec, item->key);
        ok = keys_value(reader, &row, item, &mix[n].weight) && ok;
        if (mix[n].handler < 0 && reader->spec->handler_count > 0)
            ok = refuse_handler(reader, item);
    }
    stream->mix = mix;
    stream->mix_count = n;
    return ok;
}

/* ---- the tables ---- */

#define AT(field) .at = offsetof(SpecArrivals, field)

static const Key bursts_keys[] = {
    {.name = "every",
     .type = KEY_DIST,
     AT(burst_every),
     .required = true,
     .about = "the time from one burst to the next"},
    {.name = "size",
     .type = KEY_CUSTOM,
     AT(burst_size),
     .read = read_count,
     .shape = "count",
     .table = &geometric_table,
     .required = true,
     .about = "how many arrive at once"},
    {.name = NULL},
};
static const KeyTable bursts_table = {
    .name = "\"bursts\"", .about = "Several connections at once.", .keys = bursts_keys, .size = sizeof(SpecArrivals)};

static const Key retry_keys[] = {
    {.name = "attempts",
     .type = KEY_COUNT,
     AT(retry_attempts),
     .min = 1,
     .max = 1000,
     .required = true,
     .about = "how often a request is sent, the first time included"},
    {.name = "backoff",
     .type = KEY_DIST,
     AT(retry_backoff),
     .none = "at once",
     .about = "the wait before each further attempt"},
    {.name = "jitter",
     .type = KEY_FRACTION,
     AT(retry_jitter),
     .fallback = "0",
     .about = "the share of the wait that is drawn uniformly"},
    {.name = NULL},
};
static const KeyTable retry_table = {.name = "\"retry\"",
                                     .about = "What a client does with a request that failed.",
                                     .keys = retry_keys,
                                     .size = sizeof(SpecArrivals)};

/* The rows up to "clients" are the processes, in the order of ArrivalKind: a stream has exactly one. */
static const Key arrivals_keys[] = {
    {.name = "poisson", .type = KEY_RATE, AT(rate), .min = 1, .about = "connections at random, at this rate"},
    {.name = "every",
     .type = KEY_DURATION,
     AT(every),
     .min = 1,
     .about = "a connection each so often, the first after that time"},
    {.name = "at", .type = KEY_CUSTOM, .read = read_at, .shape = "durations", .about = "connections at these times"},
    {.name = "interarrival", .type = KEY_DIST, AT(interarrival), .about = "the time from one connection to the next"},
    {.name = "bursts", .type = KEY_PART, .table = &bursts_table, .about = "several connections at once"},
    {.name = "modulated",
     .type = KEY_CUSTOM,
     .read = read_modulated,
     .shape = "list",
     .table = &phase_table,
     .about = "Poisson whose rate cycles through phases"},
    {.name = "stages",
     .type = KEY_CUSTOM,
     .read = read_stages,
     .shape = "list",
     .table = &stage_table,
     .about = "Poisson whose rate ramps from stage to stage"},
    {.name = "file",
     .type = KEY_CUSTOM,
     .read = read_arrival_file,
     .shape = "path",
     .about = "a CSV file: seconds since the start, and optionally the handler"},
    {.name = "clients",
     .type = KEY_COUNT,
     AT(clients),
     .min = 1,
     .max = 100000000,
     .about = "so many clients, each waits for its response"},
    {.name = "think", .type = KEY_DIST, AT(think), .none = "none", .about = "the time of a client before it sends"},
    {.name = "mix",
     .type = KEY_CUSTOM,
     .read = read_mix,
     .shape = "weights",
     .none = "the only handler",
     .about = "handler: weight"},
    {.name = "requests",
     .type = KEY_CUSTOM,
     AT(requests),
     .read = read_count,
     .shape = "count",
     .table = &geometric_table,
     .none = "1, for clients unlimited",
     .about = "requests on each connection"},
    {.name = "pause",
     .type = KEY_DIST,
     AT(pause),
     .none = "none",
     .about = "the time between requests on one connection"},
    {.name = "count",
     .type = KEY_COUNT,
     AT(count),
     .none = "unlimited",
     .min = 1,
     .about = "stop after so many connections"},
    {.name = "timeout",
     .type = KEY_DURATION,
     AT(timeout),
     .none = "none",
     .min = 1,
     .about = "the client gives up then"},
    {.name = "retry", .type = KEY_PART, .none = "none", .table = &retry_table, .about = "whether a client tries again"},
    {.name = "request_bytes",
     .type = KEY_SIZE,
     AT(request_bytes),
     .fallback = "\"0B\"",
     .about = "the size of a request on the network"},
    {.name = "response_bytes",
     .type = KEY_SIZE,
     AT(response_bytes),
     .fallback = "\"0B\"",
     .about = "the size of a response that does not say its own"},
    {.name = NULL},
};
const KeyTable arrivals_table = {.name = "\"arrivals\"",
                                 .about = "When connections come, and what they ask for.",
                                 .keys = arrivals_keys,
                                 .size = sizeof(SpecArrivals)};

/* ---- a stream ---- */

static bool find_process(SpecReader *reader, const Json *stream, int *kind)
{
    const Json *first = NULL;
    bool ok = true;
    for (const Json *member = stream->child; member; member = member->next) {
        const Key *row = keys_find(&arrivals_table, member->key);
        if (!row || row - arrivals_keys > ARRIVE_CLIENTS)
            continue;
        if (first) {
            diag_error(reader->diag, member->key_place, "an array of objects makes several streams",
                       "\"%s\" beside \"%s\": a stream has one process", member->key, first->key);
            ok = false;
            continue;
        }
        first = member;
        *kind = (int)(row - arrivals_keys);
    }
    if (!first)
        return refuse(reader, stream,
                      "one of poisson, every, at, interarrival, bursts, modulated, stages, file, clients",
                      "\"arrivals\" do not say when");
    return ok;
}

/* The only handler, where there is no mix. */
static bool default_mix(SpecReader *reader, const Json *json, SpecArrivals *stream)
{
    if (json_member(json, "mix") || reader->spec->handler_count == 0)
        return true;
    if (reader->spec->handler_count > 1)
        return refuse(reader, json,
                      diag_text(reader->diag, "as in \"mix\": {\"%s\": 90, \"%s\": 10}", reader->spec->handlers[0].name,
                                reader->spec->handlers[1].name),
                      "there are several handlers, so that \"arrivals\" need a \"mix\"");
    SpecMix *mix = mem_get(reader->mem, sizeof *mix);
    mix->weight = 1;
    stream->mix = mix;
    stream->mix_count = 1;
    return true;
}

static bool check_closed(SpecReader *reader, const Json *json, const SpecArrivals *stream)
{
    const Json *think = json_member(json, "think");
    if (stream->kind == ARRIVE_CLIENTS || !think)
        return true;
    diag_error(reader->diag, think->key_place, "open arrivals have \"pause\", between the requests on a connection",
               "\"think\" belongs to \"clients\"");
    return false;
}

static bool read_stream(SpecReader *reader, Json *json, SpecArrivals *stream)
{
    KeyFill fill = {&arrivals_table, stream};
    stream->place = json->place;
    if (json->type != JSON_OBJECT)
        return refuse(reader, json, "as in {\"poisson\": \"500/s\"}", "a stream of arrivals is an object");
    bool ok = keys_read(reader, json, &fill, 1);
    ok = find_process(reader, json, &stream->kind) && ok;
    ok = default_mix(reader, json, stream) && ok;
    return check_closed(reader, json, stream) && ok;
}

bool read_arrivals(SpecReader *reader, Json *value, void *field)
{
    (void)field;
    bool several = value->type == JSON_ARRAY, ok = true;
    if (several && value->count == 0)
        return refuse(reader, value, "as in [{\"poisson\": \"500/s\"}]", "\"arrivals\": must not be empty");
    SpecArrivals *streams = mem_get(reader->mem, mem_array(reader->mem, several ? value->count : 1, sizeof *streams));
    int n = 0;
    for (Json *json = several ? value->child : value; json; json = several ? json->next : NULL)
        ok = read_stream(reader, json, &streams[n++]) && ok;
    reader->spec->arrivals = streams;
    reader->spec->stream_count = n;
    return ok;
}

bool arrivals_end(const SpecArrivals *stream)
{
    if (stream->kind == ARRIVE_CLIENTS)
        return stream->count > 0 && (stream->requests.fixed > 0 || stream->requests.geometric_mean > 0);
    return stream->count > 0 || stream->kind == ARRIVE_AT || stream->kind == ARRIVE_FILE ||
           stream->kind == ARRIVE_STAGES;
}
