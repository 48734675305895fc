/* The rows behind the lines, and the knees that they show. */
#include "../model/spec/json.h"
#include "knee.h"
#include "sweep_table.h"

#include <string.h>

/* A number of a line, exactly: with six decimals in millionths, else as it is. -1: null or absent. */
static int64_t figure(const Json *object, const char *key)
{
    const Json *json = json_member(object, key);
    int64_t value = 0;
    if (!json || json->type != JSON_NUMBER)
        return -1;
    for (const char *c = json->text; *c; c++)
        if (*c >= '0' && *c <= '9')
            value = value * 10 + (*c - '0');
    return value;
}

static int find_server(SweepTable *table, const char *name)
{
    for (int i = 0; i < table->servers; i++)
        if (strcmp(table->server[i], name) == 0)
            return i;
    return -1;
}

static const char *kept(Mem *mem, const Json *text)
{
    return text && text->type == JSON_STRING ? mem_copy(mem, text->text, text->text_size) : "";
}

static void take_server(SweepTable *table, Mem *mem, uint64_t point, const Json *json)
{
    int server = find_server(table, json->key);
    if (server < 0)
        return;
    SweepRow *row = &table->row[point * (uint64_t)table->servers + (uint64_t)server];
    row->here = true;
    row->offered = figure(json, "offered_per_s");
    row->throughput = figure(json, "throughput_per_s");
    row->mean = figure(json, "mean_ns");
    row->p50 = figure(json, "p50_ns");
    row->p99 = figure(json, "p99_ns");
    row->throughput_half = figure(json, "throughput_per_s_ci95");
    row->mean_half = figure(json, "mean_ns_ci95");
    row->p50_half = figure(json, "p50_ns_ci95");
    row->p99_half = figure(json, "p99_ns_ci95");
    row->arrived = figure(json, "arrived");
    row->completed = figure(json, "completed");
    row->utilization = figure(json, "bottleneck_utilization");
    row->lost = figure(json, "failed") + figure(json, "refused") + figure(json, "timed_out");
    row->bottleneck = kept(mem, json_member(json, "bottleneck"));
}

/* The servers are those of the first line. */
static void start_table(SweepTable *table, const Sweep *sweep, Mem *mem, const Json *servers)
{
    uint32_t count = servers ? servers->count : 0;
    table->server = mem_get(mem, mem_array(mem, (size_t)count + 1, sizeof *table->server));
    for (const Json *server = servers ? servers->child : NULL; server; server = server->next)
        table->server[table->servers++] = mem_copy(mem, server->key, strlen(server->key));
    table->row = mem_get(
        mem, mem_array(mem, mem_array(mem, (size_t)sweep->points, (size_t)table->servers + 1), sizeof *table->row));
}

static void add_failure(SweepTable *table, Mem *mem, uint64_t point, const Json *text, bool limit)
{
    size_t count = (size_t)table->failure_count;
    if ((count & (count - 1)) == 0)
        table->failure = mem_grow(mem, table->failure, mem_array(mem, 2 * count + 1, sizeof *table->failure));
    table->failure[table->failure_count++] = (SweepFailure){point, kept(mem, text), limit};
}

static void take_failures(SweepTable *table, Mem *mem, uint64_t point, const Json *json)
{
    const Json *limit = json_member(json, "limit"), *unmet = json_member(json, "unmet");
    if (limit)
        add_failure(table, mem, point, limit, true);
    for (const Json *text = unmet ? unmet->child : NULL; text; text = text->next)
        add_failure(table, mem, point, text, false);
    table->limited += limit != NULL;
    table->unmet += unmet && unmet->count > 0;
}

static void take_line(SweepTable *table, const Sweep *sweep, Mem *mem, Mem *own, uint64_t point)
{
    Diag diag;
    diag_init(&diag, own);
    const Json *json = json_read(own, (JsonPlace){.file = "line", .line = 1, .column = 1}, sweep->line[point],
                                 strlen(sweep->line[point]), &diag);
    const Json *servers = json_member(json, "servers");
    if (!table->server)
        start_table(table, sweep, mem, servers);
    for (const Json *server = servers ? servers->child : NULL; server; server = server->next)
        take_server(table, mem, point, server);
    take_failures(table, mem, point, json);
}

SweepTable sweep_table(const Sweep *sweep, Mem *mem)
{
    SweepTable *table = mem_get(mem, sizeof *table);
    for (uint64_t point = 0; point < sweep->points; point++) {
        MemTrap trap;
        if (!sweep->line[point])
            continue;
        Mem *own = mem_new_in(mem, (size_t)1 << 28);
        if (!own || !mem_try(own, &trap))
            mem_give_up(mem);
        take_line(table, sweep, mem, own, point);
        mem_end_try(own, &trap);
        mem_delete(own);
    }
    return *table;
}

/* ---- knees ---- */

int sweep_along(const Sweep *sweep)
{
    for (int i = 0; i < sweep->vary_count; i++)
        if (sweep->vary[i].numeric && sweep->vary[i].count >= 3)
            return i;
    return -1;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

/* False where a point of the line is missing. */
static bool line_of(const Sweep *sweep, const SweepTable *table, SweepKnee *knee, int server, KneePoint *points)
{
    const Vary *vary = &sweep->vary[knee->vary];
    for (int i = 0; i < vary->count; i++) {
        const SweepRow *row =
            &table->row[(knee->first_point + (uint64_t)i * knee->stride) * (uint64_t)table->servers + (uint64_t)server];
        if (!row->here)
            return false;
        points[i] = (KneePoint){vary->number[i], row->offered, row->throughput, row->p99, row->completed};
    }
    return true;
}

void sweep_knees(const Sweep *sweep, const SweepTable *table, Mem *mem, SweepKneeFn *fn, void *context)
{
    int along = sweep_along(sweep);
    if (along < 0 || !table->server)
        return;
    const Vary *vary = &sweep->vary[along];
    SweepKnee at = {.vary = along, .stride = 1};
    KneePoint *points = mem_get(mem, mem_array(mem, (size_t)vary->count, sizeof *points));
    for (int i = along + 1; i < sweep->vary_count; i++)
        at.stride *= (uint64_t)sweep->vary[i].count;
    for (at.first_point = 0; at.first_point < sweep->points; at.first_point++) {
        if (sweep_index(sweep, at.first_point, along) != 0)
            continue;
        for (int server = 0; server < table->servers; server++) {
            if (!line_of(sweep, table, &at, server, points))
                continue;
            Knee throughput = knee_throughput(points, vary->count, ends_with(vary->path, "clients")),
                 p99 = knee_p99(points, vary->count);
            at.server = table->server[server];
            at.throughput = &throughput;
            at.p99 = &p99;
            fn(context, &at);
        }
    }
    mem_free(mem, points);
}
