#include "sweep.h"

#include "../model/spec/json.h"

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
        if (size - (size_t)(at - bytes) > sizeof SWEEP_POINTS_KEY + 2 && memcmp(at, "  ", 2) == 0 &&
            memcmp(at + 2, SWEEP_POINTS_KEY, sizeof SWEEP_POINTS_KEY - 1) == 0)
            return at + 2 + sizeof SWEEP_POINTS_KEY - 1;
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
