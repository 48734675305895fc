#include "json.h"

#include "strict.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

const Json *json_member(const Json *object, const char *key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (const Json *child = object->child; child; child = child->next) {
        if (strcmp(child->key, key) == 0)
            return child;
    }
    return NULL;
}

void json_add(Json *parent, Json *child)
{
    Json **end = &parent->child;
    while (*end)
        end = &(*end)->next;
    *end = child;
    parent->count++;
}

/* ---- from cJSON's tree and the scanner's records, which meet the same keys and values in the same order ---- */

typedef struct Builder {
    Mem *mem;
    Arena arena;
    Diag *diag;
    const char *file, *bytes; /* bytes: of offset 0 */
    const JsonRecord *record; /* the next one */
} Builder;

static JsonPlace take_place(Builder *builder)
{
    const JsonRecord *record = builder->record++;
    return (JsonPlace){builder->file, record->line, record->column, record->offset, record->size};
}

static const char *keep(Builder *builder, const char *text, size_t size)
{
    char *copy = arena_get(&builder->arena, size + 1);
    memcpy(copy, text, size);
    return copy;
}

/* A total order: by text, then by place. */
static int compare_members(const void *a, const void *b)
{
    const Json *const *left = a, *const *right = b;
    int order = strcmp((*left)->key, (*right)->key);
    return order ? order
                 : ((*left)->key_place.offset > (*right)->key_place.offset) -
                       ((*left)->key_place.offset < (*right)->key_place.offset);
}

static void check_duplicates(Builder *builder, const Json *object)
{
    if (object->count < 2)
        return;
    const Json **members = mem_get(builder->mem, mem_array(builder->mem, object->count, sizeof *members));
    size_t n = 0;
    for (const Json *child = object->child; child; child = child->next)
        members[n++] = child;
    qsort(members, n, sizeof *members, compare_members); /* total order: text, then place */
    for (size_t first = 0, i = 1; i < n; i++) {
        if (strcmp(members[first]->key, members[i]->key) != 0) {
            first = i;
            continue;
        }
        const char *help =
            diag_text(builder->diag, "it stands in line %d already", (int)members[first]->key_place.line);
        diag_error(builder->diag, members[i]->key_place, help, "the key \"%s\" a second time", members[i]->key);
    }
    mem_free(builder->mem, members);
}

static Json *build(Builder *builder, const cJSON *from);

static void build_children(Builder *builder, Json *parent, const cJSON *from)
{
    Json **end = &parent->child;
    for (const cJSON *item = from->child; item; item = item->next) {
        JsonPlace key_place = {0};
        if (parent->type == JSON_OBJECT)
            key_place = take_place(builder);
        Json *child = build(builder, item);
        child->key_place = key_place;
        if (parent->type == JSON_OBJECT)
            child->key = keep(builder, item->string, strlen(item->string));
        *end = child;
        end = &child->next;
        parent->count++;
    }
    if (parent->type == JSON_OBJECT)
        check_duplicates(builder, parent);
}

static Json *build(Builder *builder, const cJSON *from)
{
    Json *json = arena_get(&builder->arena, sizeof *json);
    json->type = builder->record->type;
    json->place = take_place(builder);
    switch (json->type) {
    case JSON_STRING:
        must(cJSON_IsString(from), "cJSON read something else than the scanner");
        json->text_size = strlen(from->valuestring);
        json->text = keep(builder, from->valuestring, json->text_size);
        break;
    case JSON_NUMBER:
        must(cJSON_IsNumber(from), "cJSON read something else than the scanner");
        json->text_size = json->place.size;
        json->text = keep(builder, builder->bytes + json->place.offset, json->text_size);
        json->number = json_number(json->text, json->text_size);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        must(json->type == JSON_ARRAY ? cJSON_IsArray(from) : cJSON_IsObject(from),
             "cJSON read something else than the scanner");
        build_children(builder, json, from);
        break;
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE: break;
    }
    return json;
}

/* cJSON takes its memory from the system; that much must fit into the budget, too. */
static cJSON *parse(Mem *mem, const char *bytes, size_t size, size_t records)
{
    size_t most = mem_array(mem, records, sizeof(cJSON) + 32);
    mem_free(mem, mem_get(mem, most));
    mem_free(mem, mem_get(mem, size + 1));
    cJSON *tree = cJSON_ParseWithLength(bytes, size);
    if (!tree)
        mem_give_up(mem); /* the scanner has accepted the text, so only memory can be missing */
    return tree;
}

Json *json_read_most(Mem *mem, JsonPlace at, const char *bytes, size_t size, size_t most, Diag *diag)
{
    JsonRecords records = {0};
    Json *root = NULL;
    MemTrap trap;
    if (!strict_scan(mem, at, bytes, size, most, diag, &records)) {
        mem_free(mem, records.record);
        return NULL;
    }
    cJSON *tree = parse(mem, bytes, size, records.count);
    if (!mem_try(mem, &trap)) {
        cJSON_Delete(tree);
        mem_give_up(mem);
    }
    Builder builder = {.mem = mem, .diag = diag, .file = at.file, .bytes = bytes - at.offset, .record = records.record};
    arena_init(&builder.arena, mem);
    root = build(&builder, tree);
    mem_end_try(mem, &trap);
    cJSON_Delete(tree);
    mem_free(mem, records.record);
    return root;
}

Json *json_read(Mem *mem, JsonPlace at, const char *bytes, size_t size, Diag *diag)
{
    return json_read_most(mem, at, bytes, size, JSON_SIZE, diag);
}

/* ---- back to text ---- */

void json_write(Buf *out, const Json *json)
{
    static const char *const words[] = {"null", "false", "true"};
    switch (json->type) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE: buf_text(out, words[json->type]); break;
    case JSON_NUMBER: buf_bytes(out, json->text, json->text_size); break;
    case JSON_STRING: buf_json(out, json->text, json->text_size); break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        buf_char(out, json->type == JSON_ARRAY ? '[' : '{');
        for (const Json *child = json->child; child; child = child->next) {
            if (json->type == JSON_OBJECT) {
                buf_json(out, child->key, strlen(child->key));
                buf_text(out, ": ");
            }
            json_write(out, child);
            if (child->next)
                buf_text(out, ", ");
        }
        buf_char(out, json->type == JSON_ARRAY ? ']' : '}');
        break;
    }
}
