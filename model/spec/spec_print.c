/* The resolved spec: each value with where it came from, and the digest of it all. */
#include "../../sim/digest.h"
#include "reader.h"

#include <string.h>

enum { PATH_MOST = 1 << 20, VALUE_MOST = 1 << 26 };

/* ---- the digest ---- */

static uint64_t add_text(uint64_t digest, const char *text)
{
    return digest_bytes(digest, text, strlen(text));
}

static uint64_t add_json(uint64_t digest, const Json *json)
{
    digest = digest_add(digest, (uint64_t)json->type);
    if (json->type == JSON_STRING || json->type == JSON_NUMBER)
        return digest_bytes(digest, json->text, json->text_size);
    if (json->type != JSON_ARRAY && json->type != JSON_OBJECT)
        return digest;
    digest = digest_add(digest, json->count);
    for (const Json *child = json->child; child; child = child->next) {
        if (json->type == JSON_OBJECT)
            digest = add_text(digest, child->key);
        digest = add_json(digest, child);
    }
    return digest;
}

/* What stands in the files of arrivals; a cost table's entries are in the tree. */
static uint64_t add_files(uint64_t digest, const Spec *spec)
{
    for (int i = 0; i < spec->stream_count; i++) {
        const SpecArrivals *stream = &spec->arrivals[i];
        if (stream->kind != ARRIVE_FILE)
            continue;
        digest = digest_add(digest, stream->at_count);
        for (size_t k = 0; k < stream->at_count; k++) {
            digest = digest_add(digest, (uint64_t)stream->at[k].at);
            digest = digest_add(digest, (uint64_t)(int64_t)stream->at[k].handler);
        }
    }
    return digest;
}

uint64_t spec_digest(const Spec *spec, const Json *root)
{
    static const char *const without[] = {"$schema", "about", "expect", "seed"};
    uint64_t digest = DIGEST_START;
    for (const Json *child = root->child; child; child = child->next) {
        bool counts = true;
        for (size_t i = 0; i < COUNT_OF(without); i++)
            counts = counts && strcmp(child->key, without[i]) != 0;
        if (counts)
            digest = add_json(add_text(digest, child->key), child);
    }
    return digest_end(add_files(digest, spec));
}

/* ---- values with their origin ---- */

typedef struct Printer {
    const Spec *spec;
    SpecPrintFn *print;
    void *context;
    Buf path, value, origin;
} Printer;

static void print_value(Printer *printer, const Json *json)
{
    const JsonPlace *place = &json->place;
    buf_clear(&printer->value);
    buf_clear(&printer->origin);
    json_write(&printer->value, json);
    buf_text(&printer->origin, place->file);
    if (place->line > 0 && strcmp(place->file, "--set") != 0)
        buf_f(&printer->origin, ":%u", (unsigned)place->line);
    printer->print(printer->context, buf_string(&printer->path), buf_string(&printer->value),
                   buf_string(&printer->origin));
}

static void print_steps(Printer *printer, const Json *json)
{
    size_t end = printer->path.size;
    unsigned i = 0;
    if (json->type != JSON_ARRAY || json->count == 0) {
        print_value(printer, json);
        return;
    }
    for (const Json *step = json->child; step; step = step->next) {
        buf_f(&printer->path, "[%u]", i++);
        print_value(printer, step);
        printer->path.size = end;
    }
}

static void print_object(Printer *printer, const Json *object, const KeyTable *const tables[], size_t n);

/* All that a row's value has in it. */
static void print_row(Printer *printer, const Json *json, const Key *row)
{
    const KeyTable *tables[2];
    size_t end = printer->path.size;
    const char *shape = row->shape ? row->shape : "";
    if (row->table && (row->type == KEY_PART || strcmp(shape, "part") == 0 ||
                       (strcmp(shape, "streams") == 0 && json->type == JSON_OBJECT))) {
        print_object(printer, json, tables, row_tables(row, json, tables));
        return;
    }
    bool is_map = strcmp(shape, "map") == 0 || strcmp(shape, "servers") == 0,
         is_steps = strcmp(shape, "handlers") == 0 || strcmp(shape, "functions") == 0;
    if (!is_map && !is_steps && strcmp(shape, "streams") != 0) {
        if (strcmp(shape, "body") == 0)
            print_steps(printer, json);
        else
            print_value(printer, json);
        return;
    }
    unsigned i = 0;
    for (const Json *child = json->child; child; child = child->next) {
        if (child->key)
            buf_f(&printer->path, ".%s", child->key);
        else
            buf_f(&printer->path, "[%u]", i++);
        if (is_steps)
            print_steps(printer, child);
        else
            print_object(printer, child, tables, row_tables(row, child, tables));
        printer->path.size = end;
    }
}

static void print_object(Printer *printer, const Json *object, const KeyTable *const tables[], size_t n)
{
    size_t end = printer->path.size;
    must(n <= 2, "a value with more than two tables of keys");
    const KeyTable *own[2] = {n > 0 ? tables[0] : NULL, n > 1 ? tables[1] : NULL};
    for (const Json *member = object->child; member; member = member->next) {
        const Key *row = NULL;
        for (size_t i = 0; i < n && !row; i++)
            row = keys_find(own[i], member->key);
        must(row, "a key that no table has was read");
        buf_f(&printer->path, end > 0 ? ".%s" : "%s", member->key);
        print_row(printer, member, row);
        printer->path.size = end;
    }
    for (size_t i = 0; i < n; i++) {
        for (const Key *row = own[i]->keys; row->name; row++) {
            if (!row->none || json_member(object, row->name))
                continue;
            buf_f(&printer->path, end > 0 ? ".%s" : "%s", row->name);
            printer->print(printer->context, buf_string(&printer->path), row->none, "default");
            printer->path.size = end;
        }
    }
}

void spec_print(const Spec *spec, Mem *mem, SpecPrintFn *print, void *context)
{
    Printer printer = {.spec = spec, .print = print, .context = context};
    const KeyTable *table = spec->kind == SPEC_PROGRAM ? &program_table : &workload_table;
    buf_init(&printer.path, mem, PATH_MOST);
    buf_init(&printer.value, mem, VALUE_MOST);
    buf_init(&printer.origin, mem, PATH_MOST);
    print_object(&printer, spec->root, &table, 1);
    buf_free(&printer.path);
    buf_free(&printer.value);
    buf_free(&printer.origin);
}
