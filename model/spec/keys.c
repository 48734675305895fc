#include "reader.h"

#include <string.h>

enum { WORDS_MOST = 64 };

const char spec_default_file[] = "default";

const Key *keys_find(const KeyTable *table, const char *name)
{
    for (const Key *key = table->keys; key->name; key++) {
        if (strcmp(key->name, name) == 0)
            return key;
    }
    return NULL;
}

bool refuse(SpecReader *reader, const Json *value, const char *help, const char *what)
{
    diag_error(reader->diag, value->place, help, "%s", what);
    return false;
}

/* ---- one value ---- */

static bool refuse_key(SpecReader *reader, const Key *key, const Json *value, const char *help, const char *what)
{
    if (!help)
        help = diag_text(reader->diag, "%s: %s", key->name, key->about);
    diag_error(reader->diag, value->place, help, "\"%s\": %s", key->name, what);
    return false;
}

static bool is_plain_number(const char *text)
{
    size_t digits = strspn(text, "0123456789."), points = 0;
    for (const char *c = text; *c; c++)
        points += *c == '.';
    return digits > 0 && !text[digits] && points <= 1;
}

/* What to write instead of a number, or a text of digits, without its unit. */
static const char *unit_help(SpecReader *reader, const Key *key, const Json *value, const char *unit,
                             const char *example)
{
    const char *text = value->type == JSON_NUMBER || value->type == JSON_STRING ? value->text : "";
    bool zero = strcmp(unit, "ms") == 0 && strcmp(text, "0") == 0;
    if (zero && key->min <= 0)
        return "write \"0\"";
    if (!zero && is_plain_number(text))
        return diag_text(reader->diag, "write \"%s%s\", with the unit that is meant", text, unit);
    return diag_text(reader->diag, "as in \"%s\"", example);
}

typedef bool ReadText(const char *text, void *field, const char **why);

/* One function type for all units: each writes through the pointer type of its own. */
static bool read_duration(const char *text, void *field, const char **why)
{
    return value_duration(text, field, why);
}
static bool read_rate(const char *text, void *field, const char **why)
{
    return value_rate(text, field, why);
}
static bool read_size(const char *text, void *field, const char **why)
{
    return value_size(text, field, why);
}
static bool read_bandwidth(const char *text, void *field, const char **why)
{
    return value_bandwidth(text, field, why);
}

static bool read_unit(SpecReader *reader, const Key *key, const Json *value, void *field)
{
    static const struct {
        KeyType type;
        ReadText *read;
        const char *unit, *example, *kind;
    } units[] = {
        {KEY_DURATION, read_duration, "ms", "200ms", "a duration in quotes, with its unit"},
        {KEY_RATE, read_rate, "/s", "500/s", "a rate in quotes, with its unit"},
        {KEY_SIZE, read_size, "B", "64KiB", "a size in quotes, with its unit"},
        {KEY_BANDWIDTH, read_bandwidth, "B/s", "1GB/s", "a bandwidth in quotes, with its unit"},
    };
    size_t i = 0;
    while (units[i].type != key->type)
        must(++i < COUNT_OF(units), "a type without a unit");
    const char *why = NULL;
    if (value->type == JSON_STRING && units[i].read(value->text, field, &why))
        return true;
    if (!why)
        why = diag_text(reader->diag, "must be %s", units[i].kind);
    return refuse_key(reader, key, value, unit_help(reader, key, value, units[i].unit, units[i].example), why);
}

static const char *limit_text(SpecReader *reader, const Key *key, int64_t limit, const char *which)
{
    Buf text;
    buf_init(&text, reader->mem, 200);
    buf_text(&text, which);
    if (key->type == KEY_DURATION)
        value_write_duration(&text, limit);
    else if (key->type == KEY_SIZE)
        value_write_size(&text, limit);
    else
        buf_i64(&text, limit);
    const char *copy = mem_copy(reader->mem, buf_string(&text), text.size);
    buf_free(&text);
    return copy;
}

static bool check_range(SpecReader *reader, const Key *key, const Json *value, int64_t number)
{
    if (number < key->min)
        return refuse_key(reader, key, value, NULL, limit_text(reader, key, key->min, "must be at least "));
    if (key->max > 0 && number > key->max)
        return refuse_key(reader, key, value, NULL, limit_text(reader, key, key->max, "must be at most "));
    return true;
}

static bool read_count(SpecReader *reader, const Key *key, const Json *value, int64_t *field)
{
    const char *why;
    if (value->type != JSON_NUMBER) {
        const char *help =
            value->type == JSON_STRING && is_plain_number(value->text) ? "write it without quotes" : NULL;
        return refuse_key(reader, key, value, help, "must be a whole number");
    }
    if (!value_count(value->text, field, &why))
        return refuse_key(reader, key, value, "write all its digits, without a point or an exponent", why);
    return check_range(reader, key, value, *field);
}

static bool read_seed(SpecReader *reader, const Key *key, const Json *value, uint64_t *field)
{
    const char *why, *help = "a whole number up to 2^64-1, as 42 or \"0x2a\"";
    bool hex = value->type == JSON_STRING && strncmp(value->text, "0x", 2) == 0;
    if (value->type != JSON_NUMBER && !hex)
        return refuse_key(reader, key, value, help, "not a seed");
    if (!value_seed(value->text, field, &why))
        return refuse_key(reader, key, value, help, why);
    return true;
}

static bool read_fraction(SpecReader *reader, const Key *key, const Json *value, double *field)
{
    const char *why;
    if (value->type == JSON_NUMBER) {
        *field = value->number;
        if (*field >= 0 && *field <= 1)
            return true;
        return refuse_key(reader, key, value, "5% is 0.05 or \"5%\"", "must lie between 0 and 1");
    }
    if (value->type != JSON_STRING)
        return refuse_key(reader, key, value, NULL, "must be a share, as \"5%\" or 0.05");
    if (!value_fraction(value->text, field, &why))
        return refuse_key(reader, key, value, NULL, why);
    return true;
}

static bool read_text(SpecReader *reader, const Key *key, const Json *value, const char **field)
{
    if (value->type != JSON_STRING)
        return refuse_key(reader, key, value, NULL, "must be a text in double quotes");
    *field = value->text;
    if (key->type == KEY_TEXT)
        return true;
    if (value->text_size == 0)
        return refuse_key(reader, key, value, NULL, "must not be empty");
    for (const char *c = value->text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return refuse_key(reader, key, value, NULL, "must be one line, without control characters");
    }
    return true;
}

static bool read_word(SpecReader *reader, const Key *key, const Json *value, int *field)
{
    const char *names[WORDS_MOST];
    size_t n = 0;
    for (; key->words[n].name; n++) {
        must(n < WORDS_MOST, "more words than a suggestion looks at");
        names[n] = key->words[n].name;
        if (value->type != JSON_STRING || strcmp(value->text, names[n]) != 0)
            continue;
        *field = (int)n;
        return true;
    }
    if (value->type != JSON_STRING)
        return refuse_key(reader, key, value, diag_suggest(reader->diag, "", names, n), "must be one of its words");
    diag_error(reader->diag, value->place, diag_suggest(reader->diag, value->text, names, n), "\"%s\" is not \"%s\"",
               key->name, value->text);
    return false;
}

static bool read_part(SpecReader *reader, const Key *key, Json *value, void *field)
{
    KeyFill fill = {key->table, field};
    if (value->type != JSON_OBJECT)
        return refuse_key(reader, key, value, NULL, "must be an object");
    return keys_read(reader, value, &fill, 1);
}

static bool read_rate_of(SpecReader *reader, const Key *key, const Json *value, double *field)
{
    if (!read_unit(reader, key, value, field))
        return false;
    if (*field > 0 || (key->type == KEY_RATE && key->min == 0))
        return true;
    return refuse_key(reader, key, value, key->type == KEY_RATE ? NULL : "leave it out: unlimited is the default",
                      "must be above 0");
}

static bool read_number(SpecReader *reader, const Key *key, const Json *value, double *field)
{
    *field = value->number;
    if (value->type == JSON_NUMBER && value->number > 0)
        return true;
    return refuse_key(reader, key, value, NULL, "must be a number above 0");
}

static bool read_bool(SpecReader *reader, const Key *key, const Json *value, bool *field)
{
    *field = value->type == JSON_TRUE;
    if (value->type == JSON_TRUE || value->type == JSON_FALSE)
        return true;
    return refuse_key(reader, key, value, NULL, "must be true or false");
}

bool keys_value(SpecReader *reader, const Key *key, Json *value, void *field)
{
    switch (key->type) {
    case KEY_TEXT:
    case KEY_LINE: return read_text(reader, key, value, field);
    case KEY_COUNT: return read_count(reader, key, value, field);
    case KEY_SEED: return read_seed(reader, key, value, field);
    case KEY_DURATION:
    case KEY_SIZE: return read_unit(reader, key, value, field) && check_range(reader, key, value, *(int64_t *)field);
    case KEY_RATE:
    case KEY_BANDWIDTH: return read_rate_of(reader, key, value, field);
    case KEY_DIST: return (*(const Dist **)field = value_dist(reader->mem, value, reader->diag)) != NULL;
    case KEY_FRACTION: return read_fraction(reader, key, value, field);
    case KEY_NUMBER: return read_number(reader, key, value, field);
    case KEY_BOOL: return read_bool(reader, key, value, field);
    case KEY_WORD: return read_word(reader, key, value, field);
    case KEY_PART: return read_part(reader, key, value, field);
    case KEY_CUSTOM: break;
    }
    return key->read(reader, value, field);
}

/* ---- one object ---- */

Json *reader_string(SpecReader *reader, const char *key, const char *text, JsonPlace place)
{
    Json *json = mem_get(reader->mem, sizeof *json);
    json->type = JSON_STRING;
    json->key = key;
    json->text_size = strlen(text);
    json->text = mem_copy(reader->mem, text, json->text_size);
    json->place = json->key_place = place;
    return json;
}

Json *reader_default(SpecReader *reader, const Key *row)
{
    JsonPlace place = {.file = spec_default_file};
    size_t before = reader->diag->errors;
    Json *json = json_read(reader->mem, place, row->fallback, strlen(row->fallback), reader->diag);
    must(json && reader->diag->errors == before, "a default that is not JSON");
    json->key = row->name;
    json->key_place = json->place;
    return json;
}

static void add_defaults(SpecReader *reader, Json *object, const KeyTable *table)
{
    for (const Key *row = table->keys; row->name; row++) {
        if (row->fallback && !json_member(object, row->name))
            json_add(object, reader_default(reader, row));
    }
}

static void refuse_unknown(SpecReader *reader, const Json *object, const Json *member, const KeyFill fills[], size_t n)
{
    const char *names[WORDS_MOST];
    size_t count = 0;
    bool is_program = reader->spec && reader->spec->kind == SPEC_PROGRAM;
    const KeyTable *other = is_program ? &workload_table : &program_table;
    if (object == reader->root && keys_find(other, member->key)) {
        diag_error(reader->diag, member->key_place,
                   is_program ? "it has \"main\"" : "a program has \"main\" instead of \"handlers\"",
                   "\"%s\" belongs to %s, and this is %s", member->key, other->name,
                   is_program ? program_table.name : workload_table.name);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        for (const Key *row = fills[i].table->keys; row->name; row++) {
            must(count < WORDS_MOST, "more keys than a suggestion looks at");
            names[count++] = row->name;
        }
    }
    diag_error(reader->diag, member->key_place, diag_suggest(reader->diag, member->key, names, count),
               "unknown key \"%s\" in %s", member->key, fills[n - 1].table->name);
}

static void store_absent(const Key *row, void *field)
{
    if (row->type == KEY_COUNT || row->type == KEY_SIZE || row->type == KEY_DURATION)
        *(int64_t *)field = row->absent;
}

static bool read_row(SpecReader *reader, const Json *object, const KeyTable *table, const Key *row, void *into)
{
    Json *value = object->child;
    while (value && strcmp(value->key, row->name) != 0)
        value = value->next;
    if (value)
        return keys_value(reader, row, value, (char *)into + row->at);
    store_absent(row, (char *)into + row->at);
    if (row->required)
        diag_error(reader->diag, object->place, diag_text(reader->diag, "%s: %s", row->name, row->about),
                   "%s needs \"%s\"", table->name, row->name);
    return !row->required;
}

bool keys_fill(SpecReader *reader, const Json *object, const KeyFill fills[], size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        for (const Key *row = fills[i].table->keys; row->name; row++)
            ok = read_row(reader, object, fills[i].table, row, fills[i].into) && ok;
    }
    for (const Json *member = object->child; member; member = member->next) {
        bool known = false;
        for (size_t i = 0; i < n && !known; i++)
            known = keys_find(fills[i].table, member->key) != NULL;
        if (known)
            continue;
        ok = false;
        refuse_unknown(reader, object, member, fills, n);
    }
    return ok;
}

bool keys_read(SpecReader *reader, Json *object, const KeyFill fills[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        add_defaults(reader, object, fills[i].table);
    return keys_fill(reader, object, fills, n);
}
