/* A sweep as JSON: the document that every other report, the parts of a sharded sweep and `--resume` are made of. */
#include "json_writer.h"
#include "knee.h"
#include "sweep_table.h"

#include <string.h>

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

void sweep_json(Buf *buf, const Sweep *sweep)
{
    JsonWriter json = {buf, 0, 0, true};
    bool any = false;
    json_begin(&json, NULL, '{');
    put_head(&json, sweep);
    buf_text(buf, ",\n  " SWEEP_POINTS_KEY);
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
