#include "sweep.h"

#include "../model/spec/json.h"
#include "json_writer.h"
#include "knee.h"

#include <string.h>

enum { LINE_MOST = 1 << 26 };

int sweep_index(const Sweep *sweep, uint64_t point, int vary)
{
    for (int i = sweep->vary_count - 1; i > vary; i--)
        point /= (uint64_t)sweep->vary[i].count;
    return (int)(point % (uint64_t)sweep->vary[vary].count);
}

/* ---- lines ---- */

/* The number that a line begins with. */
static bool line_point(const char *line, size_t size, uint64_t *point)
{
    static const char begin[] = "{ \"point\": ";
    size_t at = sizeof begin - 1;
    *point = 0;
    if (size <= at || memcmp(line, begin, at) != 0 || line[size - 1] != '}')
        return false;
    for (; at < size && line[at] >= '0' && line[at] <= '9' && *point <= SWEEP_MOST; at++)
        *point = *point * 10 + (uint64_t)(line[at] - '0');
    return at < size && line[at] == ',';
}

static bool is_json(Mem *outer, const char *line, size_t size)
{
    Mem *mem = mem_new_in(outer, (size_t)1 << 28);
    MemTrap trap;
    if (!mem || !mem_try(mem, &trap))
        mem_give_up(outer);
    Diag diag;
    diag_init(&diag, mem);
    bool fine =
        json_read(mem, (JsonPlace){.file = "line", .line = 1, .column = 1}, line, size, &diag) && diag.errors == 0;
    mem_end_try(mem, &trap);
    mem_delete(mem);
    return fine;
}

bool sweep_take(Sweep *sweep, const char *line, size_t size)
{
    uint64_t point;
    if (!line_point(line, size, &point) || point < 1 || point > sweep->points || !is_json(sweep->mem, line, size))
        return false;
    const char **at = &sweep->line[point - 1];
    if (*at)
        return strlen(*at) == size && memcmp(*at, line, size) == 0;
    *at = mem_copy(sweep->mem, line, size);
    sweep->here++;
    return true;
}

/* ---- the document ---- */

static void put_vary(JsonWriter *json, const Sweep *sweep)
{
    json_begin(json, "vary", '[');
    for (int i = 0; i < sweep->vary_count; i++) {
        json_begin_flat(json, NULL, '{');
        json_text(json, "path", sweep->vary[i].path);
        json_begin(json, "values", '[');
        for (int k = 0; k < sweep->vary[i].count; k++)
            json_text(json, NULL, sweep->vary[i].value[k]);
        json_end(json, ']');
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void put_head(JsonWriter *json, const Sweep *sweep)
{
    json_text(json, "loopsim", LOOPSIM_VERSION);
    json_int(json, "schema", 1);
    json_begin_flat(json, "spec", '{');
    json_text(json, "name", sweep->name);
    json_hex(json, "digest", sweep->spec_digest);
    json_end(json, '}');
    json_uint(json, "seed", sweep->seed);
    json_int(json, "runs", sweep->runs);
    json_micro(json, "precision", sweep->precision);
    json_begin(json, "sweep", '{');
    json_hex(json, "identity", sweep->identity);
    put_vary(json, sweep);
    json_uint(json, "points", sweep->points);
    json_end(json, '}');
    if (sweep->shards > 0) {
        json_begin_flat(json, "part", '{');
        json_int(json, "shard", sweep->shard);
        json_int(json, "of", sweep->shards);
        json_end(json, '}');
    }
    json_bool(json, "interrupted", sweep->interrupted);
}

typedef struct KneeWriter {
    JsonWriter *json;
    const Sweep *sweep;
} KneeWriter;

static void put_knee(KneeWriter *writer, const char *key, const char *figure, const SweepKnee *at, const Knee *knee)
{
    JsonWriter *json = writer->json;
    const Vary *vary = &writer->sweep->vary[at->vary];
    if (!knee->has) {
        json_null(json, key);
        return;
    }
    json_begin(json, key, '{');
    json_micro(json, "value", knee->at);
    json_text(json, "unit", vary->unit);
    json_text(json, "last", vary->value[knee->last]);
    json_text(json, "first", vary->value[knee->first]);
    if (strcmp(figure, "plateau_ns") == 0)
        json_int(json, figure, knee->figure);
    else
        json_micro(json, figure, knee->figure);
    json_end(json, '}');
}

static void put_server_knee(void *context, const SweepKnee *knee)
{
    KneeWriter *writer = context;
    const Sweep *sweep = writer->sweep;
    json_begin_flat(writer->json, NULL, '{');
    json_text(writer->json, "server", knee->server);
    json_text(writer->json, "along", sweep->vary[knee->vary].path);
    json_begin(writer->json, "at", '{');
    for (int i = 0; i < sweep->vary_count; i++)
        if (i != knee->vary)
            json_text(writer->json, sweep->vary[i].path,
                      sweep->vary[i].value[sweep_index(sweep, knee->first_point, i)]);
    json_end(writer->json, '}');
    put_knee(writer, "throughput_stops_following", "rate_per_s", knee, knee->throughput);
    put_knee(writer, "p99_leaves_plateau", "plateau_ns", knee, knee->p99);
    json_end(writer->json, '}');
}

static void put_knees(JsonWriter *json, const Sweep *sweep)
{
    SweepTable table = sweep_table(sweep, sweep->mem);
    KneeWriter writer = {json, sweep};
    json_begin(json, "knees", '[');
    sweep_knees(sweep, &table, sweep->mem, put_server_knee, &writer);
    json_end(json, ']');
}

static const char points_key[] = "\"points\": [";

void sweep_json(Buf *buf, const Sweep *sweep)
{
    JsonWriter json = {buf, 0, 0, true};
    bool any = false;
    json_begin(&json, NULL, '{');
    put_head(&json, sweep);
    buf_f(buf, ",\n  %s", points_key);
    for (uint64_t i = 0; i < sweep->points; i++) {
        if (!sweep->line[i])
            continue;
        buf_text(buf, any ? ",\n    " : "\n    ");
        buf_text(buf, sweep->line[i]);
        any = true;
    }
    buf_text(buf, any ? "\n  ]" : "]");
    if (sweep->shards == 0)
        put_knees(&json, sweep);
    json_end(&json, '}');
    buf_char(buf, '\n');
}

/* ---- reading ---- */

static bool read_hex(const Json *json, uint64_t *value)
{
    *value = 0;
    if (!json || json->type != JSON_STRING || json->text_size != 16)
        return false;
    for (const char *c = json->text; *c; c++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = strchr(digits, *c);
        if (!digit)
            return false;
        *value = *value << 4 | (uint64_t)(digit - digits);
    }
    return true;
}

static bool read_uint(const Json *json, uint64_t *value)
{
    const char *why;
    return json && json->type == JSON_NUMBER && value_seed(json->text, value, &why);
}

static bool read_varies(Sweep *sweep, const Json *varies)
{
    if (!varies || varies->type != JSON_ARRAY || varies->count == 0)
        return false;
    sweep->vary = mem_get(sweep->mem, mem_array(sweep->mem, varies->count, sizeof *sweep->vary));
    for (const Json *item = varies->child; item; item = item->next) {
        Vary *vary = &sweep->vary[sweep->vary_count++];
        const Json *path = json_member(item, "path"), *values = json_member(item, "values");
        if (!path || path->type != JSON_STRING || !values || values->type != JSON_ARRAY || values->count == 0)
            return false;
        vary->path = path->text;
        vary->value = mem_get(sweep->mem, mem_array(sweep->mem, values->count, sizeof *vary->value));
        for (const Json *value = values->child; value; value = value->next) {
            if (value->type != JSON_STRING)
                return false;
            vary->value[vary->count++] = value->text;
        }
        vary_find_numbers(vary, sweep->mem);
    }
    return true;
}

static bool read_head(Sweep *sweep, const Json *head)
{
    const Json *spec = json_member(head, "spec"), *is = json_member(head, "sweep"), *name = json_member(spec, "name"),
               *precision = json_member(head, "precision");
    uint64_t runs, grid = 1;
    if (!name || name->type != JSON_STRING || !read_hex(json_member(spec, "digest"), &sweep->spec_digest) ||
        !read_uint(json_member(head, "seed"), &sweep->seed) || !read_uint(json_member(head, "runs"), &runs) ||
        !precision || precision->type != JSON_NUMBER || !read_hex(json_member(is, "identity"), &sweep->identity) ||
        !read_uint(json_member(is, "points"), &sweep->points) || !read_varies(sweep, json_member(is, "vary")))
        return false;
    sweep->name = name->text;
    sweep->runs = (int64_t)runs;
    sweep->precision = (int64_t)(precision->number * 1e6 + 0.5);
    for (int i = 0; i < sweep->vary_count && grid <= SWEEP_MOST; i++)
        grid *= (uint64_t)sweep->vary[i].count;
    if (grid != sweep->points || grid > SWEEP_MOST)
        return false;
    sweep->line = mem_get(sweep->mem, mem_array(sweep->mem, (size_t)grid, sizeof *sweep->line));
    return true;
}

/* The lines between the head and "]": each with a comma behind it but the last. */
static const char *read_lines(Sweep *sweep, const char *at, const char *end)
{
    static const char wrong[] = "a line is none of this sweep, or a point is there with two outcomes";
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            return "it ends within a line";
        const char *from = at, *to = stop;
        at = stop + 1;
        while (from < to && *from == ' ')
            from++;
        if (from < to && *from == ']')
            return NULL;
        if (to > from && to[-1] == ',')
            to--;
        if (from < to && !sweep_take(sweep, from, (size_t)(to - from)))
            return wrong;
    }
    return "its end is missing";
}

static const char *find_lines(const char *bytes, size_t size)
{
    for (const char *at = bytes; (at = memchr(at, '\n', size - (size_t)(at - bytes)));) {
        at++;
        if (size - (size_t)(at - bytes) > sizeof points_key + 2 && memcmp(at, "  ", 2) == 0 &&
            memcmp(at + 2, points_key, sizeof points_key - 1) == 0)
            return at + 2 + sizeof points_key - 1;
    }
    return NULL;
}

const char *sweep_read(Sweep *sweep, const char *bytes, size_t size)
{
    const char *lines = find_lines(bytes, size);
    Buf text;
    Diag diag;
    Sweep head = {.mem = sweep->mem, .args = sweep->args};
    if (!lines)
        return "it is no result of a sweep";
    buf_init(&text, sweep->mem, LINE_MOST);
    buf_bytes(&text, bytes, (size_t)(lines - bytes));
    buf_text(&text, "]}");
    diag_init(&diag, sweep->mem);
    const Json *json =
        json_read(sweep->mem, (JsonPlace){.file = "part", .line = 1, .column = 1}, text.data, text.size, &diag);
    const Json *version = json_member(json, "loopsim");
    if (!json || diag.errors > 0 || !version || version->type != JSON_STRING || !read_head(&head, json))
        return "it is no result of a sweep";
    if (strcmp(version->text, LOOPSIM_VERSION) != 0)
        return "it is of another version of loopsim";
    if (sweep->points == 0)
        *sweep = head;
    else if (sweep->identity != head.identity || sweep->points != head.points)
        return "it is of another sweep";
    if (*lines == ']')
        return NULL;
    return read_lines(sweep, lines, bytes + size);
}
