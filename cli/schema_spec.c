/* The schema of specs and cost files. It accepts all that loopsim accepts; what JSON Schema cannot say (names that are
 * defined nowhere, a duration that is required with some arrivals) loopsim check says. */
#include "schema.h"

#include "../model/program/compile.h"
#include "../model/servers/server.h"
#include "../model/spec/spec.h"

#include <string.h>

enum { TABLES_MOST = 64 };
static const char name_pattern[] = "^[A-Za-z_][A-Za-z0-9_-]*$";

typedef struct Tables {
    JsonWriter *json;
    const KeyTable *seen[TABLES_MOST];
    int count, written;
    bool steps; /* also the definitions of steps are wanted */
} Tables;

/* ---- small pieces ---- */

void schema_head(JsonWriter *json, const char *title)
{
    json_text(json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_text(json, "title", title);
}

static void begin_ref(JsonWriter *json, const char *key, const char *name)
{
    Buf path;
    buf_init(&path, json->buf->mem, 4096);
    buf_f(&path, "#/$defs/%s", name);
    json_begin_flat(json, key, '{');
    json_text(json, "$ref", buf_string(&path));
    buf_free(&path);
}

void schema_ref(JsonWriter *json, const char *key, const char *name)
{
    begin_ref(json, key, name);
    json_end(json, '}');
}

void schema_type(JsonWriter *json, const char *key, const char *type)
{
    json_begin_flat(json, key, '{');
    json_text(json, "type", type);
    json_end(json, '}');
}

void schema_pattern(JsonWriter *json, const char *key, const char *pattern)
{
    json_begin_flat(json, key, '{');
    json_text(json, "type", "string");
    json_text(json, "pattern", pattern);
    json_end(json, '}');
}

/* A definition's name: "a phase of \"modulated\"" becomes "a-phase-of-modulated". */
static const char *def_name(Tables *tables, const KeyTable *table)
{
    size_t size = strlen(table->name), used = 0;
    char *name = mem_get(tables->json->buf->mem, size + 1);
    for (size_t i = 0; i < size; i++) {
        char c = table->name[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')
            name[used++] = c;
        else if (c == ' ')
            name[used++] = '-';
    }
    return name;
}

static const char *table_ref(Tables *tables, const KeyTable *table)
{
    for (int i = 0; i < tables->count; i++)
        if (tables->seen[i] == table)
            return def_name(tables, table);
    must(tables->count < TABLES_MOST, "more tables than the schema has room for");
    tables->seen[tables->count++] = table;
    return def_name(tables, table);
}

/* ---- the shapes of custom rows ---- */

static void put_pair(JsonWriter *json, const char *first, const char *second)
{
    json_text(json, "type", "array");
    json_begin(json, "prefixItems", '[');
    schema_ref(json, NULL, first);
    schema_ref(json, NULL, second);
    json_end(json, ']');
    json_int(json, "minItems", 2);
    json_int(json, "maxItems", 2);
}

static void put_pairs(JsonWriter *json, const char *first, const char *second)
{
    json_text(json, "type", "array");
    json_begin(json, "items", '{');
    put_pair(json, first, second);
    json_end(json, '}');
    json_int(json, "minItems", 1);
}

static void put_list(JsonWriter *json, const char *name)
{
    json_text(json, "type", "array");
    schema_ref(json, "items", name);
}

static void put_map(JsonWriter *json, const char *name)
{
    json_text(json, "type", "object");
    schema_pattern(json, "propertyNames", name_pattern);
    schema_ref(json, "additionalProperties", name);
}

static void put_either(JsonWriter *json, const char *first, const char *second)
{
    json_begin(json, "anyOf", '[');
    schema_ref(json, NULL, first);
    schema_ref(json, NULL, second);
    json_end(json, ']');
}

static void put_durations(JsonWriter *json)
{
    json_text(json, "type", "object");
    schema_ref(json, "additionalProperties", "duration");
}

static void put_streams(JsonWriter *json, const char *name)
{
    json_begin(json, "anyOf", '[');
    schema_ref(json, NULL, name);
    json_begin_flat(json, NULL, '{');
    put_list(json, name);
    json_end(json, '}');
    json_end(json, ']');
}

/* A duration, or points of a cost. */
static void put_cost(JsonWriter *json, const char *at)
{
    json_begin(json, "anyOf", '[');
    schema_ref(json, NULL, "duration");
    json_begin_flat(json, NULL, '{');
    put_pairs(json, at, "duration");
    json_end(json, '}');
    json_end(json, ']');
}

static void put_models(JsonWriter *json)
{
    json_begin(json, "enum", '[');
    for (int i = 0; server_models[i]; i++)
        json_text(json, NULL, server_models[i]->name);
    json_end(json, ']');
}

static bool is(const char *shape, const char *name)
{
    return strcmp(shape, name) == 0;
}

static void put_custom(Tables *tables, const Key *row)
{
    JsonWriter *json = tables->json;
    const char *shape = row->shape, *table = row->table ? table_ref(tables, row->table) : NULL;
    if (is(shape, "text") || is(shape, "path"))
        json_text(json, "type", "string");
    else if (is(shape, "durations"))
        put_list(json, "duration");
    else if (is(shape, "warmup"))
        put_either(json, "duration", "auto");
    else if (is(shape, "map"))
        put_map(json, table);
    else if (is(shape, "servers"))
        put_map(json, "server");
    else if (is(shape, "handlers"))
        put_map(json, "handler-body");
    else if (is(shape, "streams"))
        put_streams(json, table);
    else if (is(shape, "list"))
        put_list(json, table);
    else if (is(shape, "count"))
        put_either(json, "positive", table);
    else if (is(shape, "weights"))
        put_map(json, "weight");
    else if (is(shape, "requirements"))
        put_list(json, "text");
    else if (is(shape, "texts"))
        put_map(json, "text");
    else if (is(shape, "body"))
        put_list(json, "program-step");
    else if (is(shape, "model"))
        put_models(json);
    else if (is(shape, "exponential"))
        json_text(json, "$ref", "#/$defs/duration");
    else if (is(shape, "uniform"))
        put_pair(json, "duration", "duration");
    else if (is(shape, "hyperexponential"))
        put_pairs(json, "weight", "duration");
    else if (is(shape, "empirical"))
        put_pairs(json, "duration", "weight");
    else if (is(shape, "percentiles"))
        put_durations(json);
    else if (is(shape, "shift"))
        put_pair(json, "duration", "distribution");
    else if (is(shape, "by connections"))
        put_cost(json, "connections");
    else if (is(shape, "by computing"))
        put_cost(json, "duration");
    else
        json_text(json, "type", "object"); /* functions, expressions: as free as the step language */
}

static void put_limits(JsonWriter *json, const Key *row)
{
    json_text(json, "type", "integer");
    json_int(json, "minimum", row->min);
    if (row->max > 0)
        json_int(json, "maximum", row->max);
}

static void put_words(JsonWriter *json, const Key *row)
{
    json_begin(json, "enum", '[');
    for (const KeyWord *word = row->words; word->name; word++)
        json_text(json, NULL, word->name);
    json_end(json, ']');
}

static void put_ref(Tables *tables, const KeyTable *table)
{
    Buf path;
    buf_init(&path, tables->json->buf->mem, 4096);
    buf_f(&path, "#/$defs/%s", table_ref(tables, table));
    json_text(tables->json, "$ref", buf_string(&path));
}

static void put_value(Tables *tables, const Key *row)
{
    static const char *const units[] = {
        [KEY_DURATION] = "#/$defs/duration", [KEY_DIST] = "#/$defs/distribution",   [KEY_RATE] = "#/$defs/rate",
        [KEY_SIZE] = "#/$defs/size",         [KEY_BANDWIDTH] = "#/$defs/bandwidth", [KEY_FRACTION] = "#/$defs/fraction",
        [KEY_SEED] = "#/$defs/seed",         [KEY_NUMBER] = "#/$defs/weight",       [KEY_TEXT] = "#/$defs/text",
        [KEY_LINE] = "#/$defs/line"};
    JsonWriter *json = tables->json;
    if (row->type == KEY_COUNT)
        put_limits(json, row);
    else if (row->type == KEY_BOOL)
        json_text(json, "type", "boolean");
    else if (row->type == KEY_WORD)
        put_words(json, row);
    else if (row->type == KEY_PART || (row->type == KEY_CUSTOM && is(row->shape, "part")))
        put_ref(tables, row->table);
    else if (row->type == KEY_CUSTOM)
        put_custom(tables, row);
    else
        json_text(json, "$ref", units[row->type]);
}

/* ---- tables ---- */

static void put_description(JsonWriter *json, const Key *row)
{
    Buf text;
    buf_init(&text, json->buf->mem, (size_t)1 << 16);
    buf_text(&text, row->about);
    if (row->fallback || row->none)
        buf_f(&text, "; default: %s", row->fallback ? row->fallback : row->none);
    json_text(json, "description", buf_string(&text));
    buf_free(&text);
}

static void put_rows(Tables *tables, const KeyTable *table)
{
    must(table, "a shape refers to a table");
    for (const Key *row = table->keys; row->name; row++) {
        json_begin(tables->json, row->name, '{');
        put_value(tables, row);
        put_description(tables->json, row);
        json_end(tables->json, '}');
    }
}

static bool any_required(const KeyTable *table)
{
    for (const Key *row = table->keys; row->name; row++)
        if (row->required)
            return true;
    return false;
}

static void put_required(JsonWriter *json, const KeyTable *table)
{
    if (!any_required(table))
        return;
    json_begin_flat(json, "required", '[');
    for (const Key *row = table->keys; row->name; row++)
        if (row->required)
            json_text(json, NULL, row->name);
    json_end(json, ']');
}

static void put_table(Tables *tables, const KeyTable *table)
{
    JsonWriter *json = tables->json;
    json_begin(json, def_name(tables, table), '{');
    if (table->about)
        json_text(json, "description", table->about);
    json_text(json, "type", "object");
    json_begin(json, "properties", '{');
    put_rows(tables, table);
    json_end(json, '}');
    put_required(json, table);
    json_bool(json, "additionalProperties", false);
    json_end(json, '}');
}

/* A server has the keys that all have, and those of its model. */
static void put_server_of(Tables *tables, const KeyTable *common, const ServerModel *model)
{
    JsonWriter *json = tables->json;
    json_begin(json, NULL, '{');
    json_text(json, "description", model->about);
    json_text(json, "type", "object");
    json_begin(json, "properties", '{');
    put_rows(tables, common);
    put_rows(tables, model->keys);
    json_end(json, '}');
    json_begin_flat(json, "required", '[');
    json_text(json, NULL, "model");
    json_end(json, ']');
    json_bool(json, "additionalProperties", false);
    json_begin_flat(json, "allOf", '[');
    json_begin(json, NULL, '{');
    json_begin(json, "properties", '{');
    json_begin(json, "model", '{');
    json_text(json, "const", model->name);
    json_end(json, '}');
    json_end(json, '}');
    json_end(json, '}');
    json_end(json, ']');
    json_end(json, '}');
}

static void put_server(Tables *tables, const KeyTable *common)
{
    json_begin(tables->json, "server", '{');
    json_begin(tables->json, "anyOf", '[');
    for (int i = 0; server_models[i]; i++)
        put_server_of(tables, common, server_models[i]);
    json_end(tables->json, ']');
    json_end(tables->json, '}');
}

/* Of the kinds of distributions one stands there. */
static void put_distribution(Tables *tables)
{
    JsonWriter *json = tables->json;
    const KeyTable *table = spec_tables[2];
    json_begin(json, "distribution", '{');
    json_text(json, "description", table->about);
    json_begin(json, "anyOf", '[');
    schema_ref(json, NULL, "duration");
    json_begin(json, NULL, '{');
    json_text(json, "type", "object");
    json_begin(json, "properties", '{');
    put_rows(tables, table);
    json_end(json, '}');
    json_bool(json, "additionalProperties", false);
    json_int(json, "minProperties", 1);
    json_int(json, "maxProperties", 1);
    json_end(json, '}');
    json_end(json, ']');
    json_end(json, '}');
}

/* ---- the whole ---- */

static void put_definitions(Tables *tables)
{
    JsonWriter *json = tables->json;
    json_begin(json, "$defs", '{');
    const KeyTable *common = NULL;
    for (const Key *row = spec_tables[0]->keys; row->name; row++)
        if (row->shape && is(row->shape, "servers"))
            common = row->table;
    if (tables->steps) {
        put_server(tables, common);
        schema_steps(json, "handler-step", "handler-body", IN_HANDLER);
        schema_steps(json, "program-step", "program-body", IN_PROGRAM);
    }
    put_distribution(tables);
    for (; tables->written < tables->count; tables->written++)
        if (tables->seen[tables->written] != common)
            put_table(tables, tables->seen[tables->written]);
    schema_units(json);
    json_end(json, '}');
}

void schema_spec(JsonWriter *json)
{
    Tables tables = {.json = json, .steps = true};
    const char *workload = table_ref(&tables, spec_tables[0]), *program = table_ref(&tables, spec_tables[1]);
    json_begin(json, NULL, '{');
    schema_head(json, "A spec of loopsim: a workload or a program");
    json_begin_flat(json, "if", '{');
    json_begin(json, "required", '[');
    json_text(json, NULL, "main");
    json_end(json, ']');
    json_end(json, '}');
    schema_ref(json, "then", program);
    schema_ref(json, "else", workload);
    put_definitions(&tables);
    json_end(json, '}');
}

void schema_cost(JsonWriter *json)
{
    Tables tables = {.json = json};
    json_begin(json, NULL, '{');
    schema_head(json, "A cost table of loopsim, as machine.profile takes it");
    put_ref(&tables, spec_tables[3]);
    put_definitions(&tables);
    json_end(json, '}');
}
