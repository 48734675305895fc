/* --set PATH=VALUE: one value of the tree is replaced or added before the spec is checked, so that it is typed and
 * checked as in the file.
 *
 * A path is names with a point between them and [i] for the i-th element of an array, from 0. */
#include "reader.h"

#include <string.h>

typedef struct Setter {
    SpecReader *reader;
    const char *option, *at; /* at: what is not read yet */
    const char *value;       /* after the = */
    JsonPlace place;         /* of the start of the option */
    Json *node;              /* where the path has come to */
    const KeyTable *table[2];
    size_t tables;  /* that describe the node's keys; 0: nothing is known of them */
    const Key *row; /* the row whose value the node is, or NULL */
    bool is_map;    /* the node's keys are names */
} Setter;

static JsonPlace place_of(const Setter *set, const char *from, size_t size)
{
    JsonPlace place = set->place;
    place.offset = (uint32_t)(from - set->option);
    for (const char *c = set->option; c < from; c++)
        place.column += ((unsigned char)*c & 0xc0) != 0x80;
    place.size = (uint32_t)size;
    return place;
}

static bool refuse_path(Setter *set, const char *from, size_t size, const char *help, const char *what)
{
    diag_error(set->reader->diag, place_of(set, from, size), help, "%s", what);
    return false;
}

static bool has_shape(const Key *row, const char *shape)
{
    return row && row->shape && strcmp(row->shape, shape) == 0;
}

static const Key *find_row(const Setter *set, const char *name)
{
    const Key *row = NULL;
    for (size_t i = 0; i < set->tables && !row; i++)
        row = keys_find(set->table[i], name);
    return row;
}

static bool refuse_name(Setter *set, const char *from, const char *name)
{
    const char *names[128];
    size_t n = 0;
    if (find_row(set, name))
        return refuse_path(set, from, strlen(name),
                           diag_text(set->reader->diag, "set it as a whole, as in %s={...}", name),
                           diag_text(set->reader->diag, "\"%s\" has no value yet", name));
    for (const Json *child = set->node->child; child && n < COUNT_OF(names); child = child->next)
        names[n++] = child->key;
    for (size_t i = 0; i < set->tables; i++) {
        for (const Key *row = set->table[i]->keys; row->name && n < COUNT_OF(names); row++) {
            if (!json_member(set->node, row->name))
                names[n++] = row->name;
        }
    }
    Diag *diag = set->reader->diag;
    return refuse_path(set, from, strlen(name), diag_suggest(diag, name, names, n),
                       diag_text(diag, "there is no \"%s\" here", name));
}

/* What is known of the keys of the node's new value. */
static void enter(Setter *set, Json *node, const Key *row)
{
    bool was_map = set->is_map;
    const Key *of = was_map ? set->row : row;
    set->node = node;
    set->tables = 0;
    set->is_map = false;
    if (!was_map && (has_shape(of, "map") || has_shape(of, "servers")))
        set->is_map = true;
    else if (of && of->table && node->type == JSON_OBJECT)
        set->tables = row_tables(of, node, set->table);
    set->row = of;
}

static Json *new_json(Setter *set, JsonType type, const char *from, size_t size)
{
    Json *json = reader_string(set->reader, NULL, "", place_of(set, from, size));
    json->type = type;
    return json;
}

static Json *find_child(const Json *node, const char *name)
{
    Json *child = node->child;
    while (child && strcmp(child->key, name) != 0)
        child = child->next;
    return child;
}

/* ---- the value ---- */

/* Whether a number, true, false or null is meant as a text: where the key takes texts, or where a text stood before. */
static bool wants_text(const Key *row, const Json *before)
{
    if (!row || row->type == KEY_CUSTOM)
        return (before && before->type == JSON_STRING) || (row && row->fallback && row->fallback[0] == '"');
    return row->type != KEY_COUNT && row->type != KEY_SEED && row->type != KEY_FRACTION && row->type != KEY_NUMBER &&
           row->type != KEY_BOOL && row->type != KEY_PART;
}

static Json *read_value(Setter *set, const Key *row, const Json *before)
{
    SpecReader *reader = set->reader;
    size_t size = strlen(set->value);
    bool sure = *set->value && strchr("{[\"", *set->value);
    JsonPlace place = place_of(set, set->value, size);
    Diag quiet;
    diag_init(&quiet, reader->mem);
    Json *json = json_read(reader->mem, place, set->value, size, sure ? reader->diag : &quiet);
    if (!json && sure)
        return NULL;
    if (json && (sure || !wants_text(row, before)))
        return json;
    return reader_string(reader, NULL, set->value, place);
}

static void replace(Json *parent, Json *before, Json *after)
{
    Json **link = &parent->child;
    while (*link != before)
        link = &(*link)->next;
    after->next = before->next;
    after->key = before->key;
    *link = after;
}

static bool put_value(Setter *set, const char *name, const char *from, Json *before, const Key *row)
{
    Json *json = read_value(set, row, before);
    if (!json)
        return false;
    json->key_place = place_of(set, from, strlen(name ? name : ""));
    if (before) {
        replace(set->node, before, json);
        return true;
    }
    json->key = name;
    json_add(set->node, json);
    return true;
}

/* ---- the path ---- */

static bool take_index(Setter *set)
{
    const char *from = set->at++;
    size_t index = 0, digits = strspn(set->at, "0123456789");
    for (size_t i = 0; i < digits && i < 9; i++)
        index = 10 * index + (size_t)(set->at[i] - '0');
    if (digits == 0 || set->at[digits] != ']')
        return refuse_path(set, from, 1, "as in handlers.get[0].cpu=300us", "a number and ] belong after [");
    set->at += digits + 1;
    bool is_last = *set->at == '=';
    size_t size = (size_t)(set->at - from);
    if (has_shape(set->row, "streams") && set->node->type == JSON_OBJECT && index == 0 && !is_last)
        return true; /* one stream alone is written without its array */
    if (set->node->type != JSON_ARRAY)
        return refuse_path(set, from, size, "[i] follows the name of an array", "this is not an array");
    if (index >= set->node->count || digits > 9)
        return refuse_path(set, from, size,
                           diag_text(set->reader->diag, "it has %d elements, from [0]", (int)set->node->count),
                           "the array has no such element");
    Json *child = set->node->child;
    while (index-- > 0)
        child = child->next;
    if (is_last) {
        set->at++;
        return put_value(set, NULL, from, child, NULL);
    }
    set->is_map = false;
    enter(set, child, has_shape(set->row, "streams") || has_shape(set->row, "list") ? set->row : NULL);
    return true;
}

static bool take_name(Setter *set)
{
    const char *from = set->at;
    size_t size = strcspn(from, ".[=");
    const char *name = mem_copy(set->reader->mem, from, size);
    set->at += size;
    if (size == 0)
        return refuse_path(set, from, 1, "as in servers.node.workers=16", "a name belongs here");
    if (set->node->type != JSON_OBJECT)
        return refuse_path(set, from, size, "names go on after an object only",
                           "what stands before this is not an object");
    Json *child = find_child(set->node, name);
    const Key *row = set->is_map ? NULL : find_row(set, name);
    if (*set->at == '=') {
        set->at++;
        if (!child && !row && set->tables > 0)
            return refuse_name(set, from, name);
        return put_value(set, name, from, child, row);
    }
    if (!child && !has_shape(row, "part") && !(row && row->type == KEY_PART))
        return refuse_name(set, from, name);
    if (!child) {
        child = new_json(set, JSON_OBJECT, from, size);
        child->key = name;
        child->key_place = child->place;
        json_add(set->node, child);
    }
    enter(set, child, row);
    return true;
}

bool spec_apply_set(SpecReader *reader, Json *root, const KeyTable *top, const char *option)
{
    /* The name's own address tells one --set from another. */
    const char *file = mem_copy(reader->mem, "--set", 5);
    size_t size = strlen(option);
    Setter set = {.reader = reader,
                  .option = option,
                  .at = option,
                  .place = {file, 1, 1, 0, 0},
                  .node = root,
                  .table = {top},
                  .tables = 1};
    diag_source(reader->diag, file, option, size);
    const char *equals = strchr(option, '=');
    if (!equals)
        return refuse_path(&set, option, size, "as in servers.node.workers=16", "a path, = and a value are needed");
    set.value = equals + 1;
    bool ok = true;
    while (ok && set.at < set.value) {
        ok = *set.at == '[' ? take_index(&set) : take_name(&set);
        if (ok && *set.at == '.' && set.at < equals)
            set.at++;
    }
    return ok;
}
