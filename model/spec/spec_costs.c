/* machine.profile and machine.costs: the entries of a cost table, from loopsim's own or from a file, with overrides. */
#include "../machine/costs.h"
#include "reader.h"

#include <string.h>

typedef struct CostFile {
    const char *schema, *name, *about;
    Costs costs;
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

static bool read_file_costs(SpecReader *reader, Json *value, void *field)
{
    KeyFill fill = {&cost_table, field};
    if (value->type != JSON_OBJECT)
        return refuse(reader, value, "as in {\"switch\": \"2us\"}", "\"costs\": must be an object");
    bool ok = keys_fill(reader, value, &fill, 1);
    for (const Key *entry = cost_table.keys; entry->name; entry++) {
        if (json_member(value, entry->name) ||
            entry->at == offsetof(Costs, sleep)) /* came later: files of before lack it */
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
    return profile ? profile->place : reader->root->place;
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

static bool read_cost_file(SpecReader *reader, const char *path, Costs *costs)
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

/* Puts what the profile says into the tree, so that the resolved spec shows every cost. */
static void add_profile(SpecReader *reader, Json *object, const Costs *costs, const char *origin)
{
    Buf text;
    buf_init(&text, reader->mem, 100);
    for (const Key *entry = cost_table.keys; entry->name; entry++) {
        if (json_member(object, entry->name))
            continue;
        buf_clear(&text);
        if (entry->type == KEY_SIZE)
            value_write_size(&text, cost_value(costs, entry));
        else
            value_write_duration(&text, cost_value(costs, entry));
        json_add(object, reader_string(reader, entry->name, buf_string(&text), (JsonPlace){.file = origin}));
    }
    buf_free(&text);
}

bool read_costs(SpecReader *reader, Json *value, void *field)
{
    const char *name = reader->spec->machine.profile;
    const CostProfile *profile = name ? cost_profile(name) : NULL;
    Costs costs = {0};
    KeyFill fill = {&cost_table, field};
    if (value->type != JSON_OBJECT)
        return refuse(reader, value, "as in {\"switch\": \"2us\"}", "\"costs\": must be an object");
    if (!name || (!profile && !read_cost_file(reader, name, &costs)))
        return keys_fill(reader, value, &fill, 1), false;
    if (profile)
        costs = profile->costs;
    add_profile(reader, value, &costs, diag_text(reader->diag, "profile %s", name));
    return keys_fill(reader, value, &fill, 1);
}
