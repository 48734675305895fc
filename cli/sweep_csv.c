/* A sweep for spreadsheets and scripts: RFC 4180 with LF, a line a point and server. */
#include "../model/spec/json.h"
#include "escape.h"
#include "sweep.h"

#include <string.h>

typedef struct Keys {
    const char *key[128];
    size_t count;
} Keys;

/* A key that is not there yet comes behind the one that it stands behind here. */
static void add_keys(Keys *keys, Mem *mem, const Json *server)
{
    size_t at = 0;
    for (const Json *item = server->child; item; item = item->next) {
        size_t found = 0;
        while (found < keys->count && strcmp(keys->key[found], item->key) != 0)
            found++;
        if (found == keys->count && keys->count < COUNT_OF(keys->key)) {
            memmove(keys->key + at + 1, keys->key + at, (keys->count - at) * sizeof *keys->key);
            keys->key[at] = mem_copy(mem, item->key, strlen(item->key));
            keys->count++;
            found = at;
        }
        at = found + 1;
    }
}

typedef void ServerFn(void *context, Buf *buf, const Sweep *sweep, uint64_t point, const Json *server);

/* Reading a line takes far more memory than it keeps: each has a Mem of its own. */
static void each_server_at(Buf *buf, const Sweep *sweep, uint64_t point, ServerFn *fn, void *context)
{
    Mem *own = mem_new_in(sweep->mem, (size_t)1 << 28);
    MemTrap trap;
    if (!own || !mem_try(own, &trap))
        mem_give_up(sweep->mem);
    Diag diag;
    diag_init(&diag, own);
    const Json *json = json_read(own, (JsonPlace){.file = "line", .line = 1, .column = 1}, sweep->line[point],
                                 strlen(sweep->line[point]), &diag);
    const Json *servers = json_member(json, "servers");
    for (const Json *server = servers ? servers->child : NULL; server; server = server->next)
        fn(context, buf, sweep, point, server);
    mem_end_try(own, &trap);
    mem_delete(own);
}

static void each_server(Buf *buf, const Sweep *sweep, ServerFn *fn, void *context)
{
    for (uint64_t point = 0; point < sweep->points; point++)
        if (sweep->line[point])
            each_server_at(buf, sweep, point, fn, context);
}

static void find_keys(void *context, Buf *buf, const Sweep *sweep, uint64_t point, const Json *server)
{
    (void)buf, (void)point;
    add_keys(context, sweep->mem, server);
}

static void put_csv_row(void *context, Buf *buf, const Sweep *sweep, uint64_t point, const Json *server)
{
    const Keys *keys = context;
    for (int i = 0; i < sweep->vary_count; i++) {
        escape_csv(buf, sweep->vary[i].value[sweep_index(sweep, point, i)]);
        buf_char(buf, ',');
    }
    escape_csv(buf, server->key);
    for (size_t i = 0; i < keys->count; i++) {
        const Json *value = json_member(server, keys->key[i]);
        buf_char(buf, ',');
        if (value && value->type == JSON_NUMBER)
            buf_text(buf, value->text);
        else if (value && value->type == JSON_STRING)
            escape_csv(buf, value->text);
    }
    buf_char(buf, '\n');
}

void sweep_csv(Buf *buf, const Sweep *sweep)
{
    Keys keys = {.count = 0};
    each_server(buf, sweep, find_keys, &keys);
    for (int i = 0; i < sweep->vary_count; i++) {
        escape_csv(buf, sweep->vary[i].path);
        buf_char(buf, ',');
    }
    buf_text(buf, "server");
    for (size_t i = 0; i < keys.count; i++)
        buf_f(buf, ",%s", keys.key[i]);
    buf_char(buf, '\n');
    each_server(buf, sweep, put_csv_row, &keys);
}
