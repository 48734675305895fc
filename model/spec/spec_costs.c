/* machine.profile and machine.costs: the entries of a cost table, from loopsim's own or from a file, with overrides. */
#include "../machine/costs.h"
#include "reader.h"

#include <string.h>

typedef struct CostFile {
    const char *schema, *name, *about;
    const Json *costs;
} CostFile;

static bool read_file_costs(SpecReader *reader, Json *value, void *field);
static bool read_sources(SpecReader *reader, Json *value, void *field);

static const Key file_keys[] = {
    {.name = "$schema", .type = KEY_TEXT, .at = offsetof(CostFile, schema), .about = "for editors"},
    {.name = "name", .type = KEY_LINE, .at = offsetof(CostFile, name), .about = "the machine"},
    {.name = "about", .type = KEY_TEXT, .at = offsetof(CostFile, about), .about = "how it was measured"},
    {.name = "costs",
     .type = KEY_CUSTOM,
     .at = offsetof(CostFile, costs),
     .read = read_file_costs,
     .shape = "part",
     .table = &cost_table,
     .required = true,
     .about = "every entry, as in machine.costs"},
    {.name = "sources",
     .type = KEY_CUSTOM,
     .read = read_sources,
     .shape = "texts",
     .about = "entry: where its number comes from"},
    {.name = NULL},
};
const KeyTable cost_file_table = {.name = "a cost file",
                                  .about = "A cost table as machine.profile takes it.",
                                  .keys = file_keys,
                                  .size = sizeof(CostFile)};

/* ---- a cost by points ---- */

static bool read_by_count(const Json *json, int64_t *at, const char **why)
{
    return json->type == JSON_NUMBER && value_count(json->text, at, why);
}

static bool read_by_time(const Json *json, int64_t *at, const char **why)
{
    return json->type == JSON_STRING && value_duration(json->text, at, why);
}

/* Says it of the entry; always false. */
static bool refuse_points(SpecReader *reader, const Json *entry, const Json *value, const char *help, const char *what)
{
    diag_error(reader->diag, value->place, help, "\"%s\": %s", entry->key, what);
    return false;
}

static bool read_points(SpecReader *reader, const Json *value, CostPoints *points, const char *help,
                        bool (*read_at)(const Json *json, int64_t *at, const char **why))
{
    const char *why = NULL;
    *points = (CostPoints){.count = 1};
    if (value->type == JSON_STRING && value_duration(value->text, &points->point[0].cost, &why))
        return true;
    if (value->type == JSON_STRING)
        return refuse_points(reader, value, value, help, why);
    if (value->type != JSON_ARRAY || value->count == 0 || value->count > COST_POINTS_MOST)
        return refuse_points(reader, value, value, help,
                             "must be a duration in quotes, or an array of at most 16 points");
    points->count = 0;
    for (const Json *pair = value->child; pair; pair = pair->next) {
        struct CostPoint *point = &points->point[points->count];
        const Json *at = pair->child, *cost = pair->type == JSON_ARRAY && pair->count == 2 ? at->next : NULL;
        if (!cost || !read_at(at, &point->at, &why) || cost->type != JSON_STRING ||
            !value_duration(cost->text, &point->cost, &why))
            return refuse_points(reader, value, pair, help, "this is not a point of a cost");
        if (points->count++ > 0 && point[-1].at >= point->at)
            return refuse_points(reader, value, pair, help, "the points must rise");
    }
    return true;
}

bool read_cost_by_connections(SpecReader *reader, Json *value, void *field)
{
    return read_points(reader, value, field, "as in \"2us\", or by open connections: [[64, \"2us\"], [1000, \"3us\"]]",
                       read_by_count);
}

bool read_cost_by_computing(SpecReader *reader, Json *value, void *field)
{
    return read_points(reader, value, field,
                       "as in \"1us\", or by what was computed: [[\"0\", \"0\"], [\"25us\", \"1us\"]]", read_by_time);
}

/* ---- a cost file ---- */

/* Came later: files of before lack them, and they are nothing there. */
static bool may_lack(const char *entry)
{
    static const char *const later[] = {"sleep", "cold", "request", "request_cold"};
    for (size_t i = 0; i < COUNT_OF(later); i++)
        if (strcmp(entry, later[i]) == 0)
            return true;
    return false;
}

static bool read_file_costs(SpecReader *reader, Json *value, void *field)
{
    Costs costs;
    KeyFill fill = {&cost_table, &costs};
    if (value->type != JSON_OBJECT)
        return refuse(reader, value, "as in {\"switch\": \"2us\"}", "\"costs\": must be an object");
    *(const Json **)field = value;
    bool ok = keys_fill(reader, value, &fill, 1);
    for (const Key *entry = cost_table.keys; entry->name; entry++) {
        if (json_member(value, entry->name) || may_lack(entry->name))
            continue;
        diag_error(reader->diag, value->place,
                   diag_text(reader->diag, "it is %s; a cost file has every entry", entry->about),
                   "the cost table lacks \"%s\"", entry->name);
        ok = false;
    }
    return ok;
}

static bool read_sources(SpecReader *reader, Json *value, void *field)
{
    static const char sources_help[] = "as in {\"switch\": \"median of 15 rounds of a ring of two threads\"}";
    (void)field;
    if (value->type != JSON_OBJECT)
        return refuse(reader, value, sources_help, "\"sources\": must be an object of texts");
    bool ok = true;
    for (const Json *source = value->child; source; source = source->next) {
        if (source->type != JSON_STRING)
            ok = refuse(reader, source, sources_help, "\"sources\": must be an object of texts");
        else if (!keys_find(&cost_table, source->key)) {
            diag_error(reader->diag, source->key_place, sources_help, "no entry of a cost table is called \"%s\"",
                       source->key);
            ok = false;
        }
    }
    return ok;
}

/* Where the profile's name stands: the place of what is wrong with it. */
static JsonPlace profile_place(const SpecReader *reader)
{
    const Json *profile = json_member(json_member(reader->root, "machine"), "profile");
    must(profile, "a machine without a profile, which has a default");
    return profile->place;
}

/* The path as it is opened from here, for messages. */
static const char *join(SpecReader *reader, const char *path)
{
    const char *spec = reader->spec->file, *slash = strrchr(spec, '/');
    if (!slash || path[0] == '/')
        return path;
    Buf joined;
    buf_init(&joined, reader->mem, (size_t)1 << 20);
    buf_bytes(&joined, spec, (size_t)(slash + 1 - spec));
    buf_text(&joined, path);
    return buf_string(&joined);
}

static bool read_cost_file(SpecReader *reader, const char *path, const Json **costs)
{
    const SpecOptions *options = reader->options;
    const char *error = "no file can be read here", *bytes = NULL;
    size_t size = 0, before = reader->diag->errors;
    if (options && options->read_file)
        bytes = options->read_file(options->context, reader->mem, path, &size, &error);
    if (!bytes) {
        diag_error(reader->diag, profile_place(reader), "a profile is \"linux\", \"ideal\" or the path of a cost table",
                   "the cost table \"%s\" cannot be read: %s", path, error);
        return false;
    }
    JsonPlace at = {join(reader, path), 1, 1, 0, 0};
    diag_source(reader->diag, at.file, bytes, size);
    Json *root = json_read(reader->mem, at, bytes, size, reader->diag);
    if (!root)
        return false;
    CostFile file = {0};
    KeyFill fill = {&cost_file_table, &file};
    if (root->type != JSON_OBJECT)
        return refuse(reader, root, "as in {\"costs\": {...}}", "a cost table is an object");
    keys_fill(reader, root, &fill, 1);
    *costs = file.costs;
    return reader->diag->errors == before;
}

/* What an entry costs there, as a node of its own. */
static Json *profile_cost(SpecReader *reader, const char *entry, const CostProfile *profile, const Json *file,
                          JsonPlace place)
{
    const Json *written = file ? json_member(file, entry) : NULL;
    const char *text = profile ? cost_text(profile, entry) : "\"0\"";
    Json *json = mem_get(reader->mem, sizeof *json);
    *json = written ? *written : *json_read(reader->mem, place, text, strlen(text), reader->diag);
    json->next = NULL;
    json->key = entry;
    json->place = json->key_place = place;
    return json;
}

/* Puts what the profile says into the tree, so that the resolved spec shows every cost. */
static void add_profile(SpecReader *reader, Json *object, const CostProfile *profile, const Json *file,
                        const char *origin)
{
    JsonPlace place = {.file = origin};
    for (const Key *entry = cost_table.keys; entry->name; entry++)
        if (!json_member(object, entry->name))
            json_add(object, profile_cost(reader, entry->name, profile, file, place));
}

bool read_costs(SpecReader *reader, Json *value, void *field)
{
    const char *name = reader->spec->machine.profile;
    const CostProfile *profile = name ? cost_profile(name) : NULL;
    const Json *file = NULL;
    KeyFill fill = {&cost_table, field};
    if (value->type != JSON_OBJECT)
        return refuse(reader, value, "as in {\"switch\": \"2us\"}", "\"costs\": must be an object");
    if (!name || (!profile && !read_cost_file(reader, name, &file)))
        return keys_fill(reader, value, &fill, 1), false;
    add_profile(reader, value, profile, file, diag_text(reader->diag, "profile %s", name));
    bool fine = keys_fill(reader, value, &fill, 1);
    costs_take(field);
    return fine;
}
