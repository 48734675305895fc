/* calibrate: this machine's costs, as a table that machine.profile takes. */
#include "../model/machine/costs.h"
#include "cli.h"
#include "json_writer.h"
#include "measure.h"

#include <string.h>
#include <sys/utsname.h>

enum { ROUNDS = 15, TABLE_MOST = 1 << 16 };

static const struct {
    const char *entry, *how;
    size_t at;
} entries[] = {
#define ENTRY(name, n, text) {#name, text, offsetof(Measured, name)},
    MEASURED(ENTRY)
#undef ENTRY
};

static double *figures_of(Measured *measured, size_t entry)
{
    return (double *)(void *)((char *)measured + entries[entry].at);
}

static void medians(Measured round[], Measured *table)
{
    for (size_t i = 0; i < MEASURED_FIGURES; i++) {
        double value[ROUNDS];
        for (int k = 0; k < ROUNDS; k++)
            value[k] = ((double *)&round[k])[i];
        ((double *)table)[i] = measure_median(value, ROUNDS);
    }
}

/* "switch_" is a word of C. */
static const char *entry_name(size_t entry)
{
    return strcmp(entries[entry].entry, "switch_") == 0 ? "switch" : entries[entry].entry;
}

static size_t entry_of(const char *name)
{
    size_t i = 0;
    while (i < COUNT_OF(entries) && strcmp(entry_name(i), name) != 0)
        i++;
    must(i < COUNT_OF(entries), "every entry of a cost table is measured");
    return i;
}

static void put_cost(JsonWriter *json, Mem *mem, const char *key, double value, const char *unit)
{
    Buf text;
    buf_init(&text, mem, 64);
    buf_i64(&text, value > 0 ? (int64_t)(value + 0.5) : 0);
    buf_text(&text, unit);
    json_text(json, key, buf_string(&text));
}

static void put_percentiles(JsonWriter *json, Mem *mem, const double figure[])
{
    json_begin_flat(json, "percentiles", '{');
    for (int i = 0; i < MEASURE_PERCENTS; i++) {
        Buf percent;
        buf_init(&percent, mem, 64);
        buf_i64(&percent, (int64_t)measure_percents[i]);
        put_cost(json, mem, buf_string(&percent), figure[i], "ns");
    }
    json_end(json, '}');
}

static void put_points(JsonWriter *json, Mem *mem, const Key *key, const double figure[])
{
    bool counts = strcmp(key->shape, "by connections") == 0;
    for (int i = 0; i < (counts ? MEASURE_COUNTS : MEASURE_SPANS); i++) {
        json_begin_flat(json, NULL, '[');
        if (counts)
            json_int(json, NULL, measure_counts[i]);
        else
            put_cost(json, mem, NULL, measure_spans[i], "us");
        put_cost(json, mem, NULL, figure[i], "ns");
        json_end(json, ']');
    }
}

static void put_costs(JsonWriter *json, Mem *mem, Measured *table)
{
    json_begin(json, "costs", '{');
    for (const Key *key = cost_table.keys; key->name; key++) {
        const double *figure = figures_of(table, entry_of(key->name));
        if (key->type == KEY_DIST) {
            json_begin(json, key->name, '{');
            put_percentiles(json, mem, figure);
            json_end(json, '}');
        } else if (key->type == KEY_CUSTOM) {
            json_begin(json, key->name, '[');
            put_points(json, mem, key, figure);
            json_end(json, ']');
        } else {
            put_cost(json, mem, key->name, figure[0], key->type == KEY_SIZE ? "B" : "ns");
        }
    }
    json_end(json, '}');
}

static void put_table(Buf *buf, Mem *mem, Measured *table)
{
    JsonWriter json = {.buf = buf};
    struct utsname system;
    Buf name;
    buf_init(&name, mem, 4096);
    if (uname(&system) == 0)
        buf_f(&name, "%s %s, %s", system.sysname, system.release, system.machine);
    else
        buf_text(&name, "this machine");
    json_begin(&json, NULL, '{');
    json_text(&json, "name", buf_string(&name));
    json_text(&json, "about",
              measure_two_cores()
                  ? "loopsim calibrate: medians of 15 rounds, the server's side on one core, its peer on another"
                  : "loopsim calibrate: medians of 15 rounds, all on one core: idle_wake is not what another machine's "
                    "would be");
    put_costs(&json, mem, table);
    json_begin(&json, "sources", '{');
    for (const Key *key = cost_table.keys; key->name; key++)
        json_text(&json, key->name, entries[entry_of(key->name)].how);
    json_end(&json, '}');
    json_end(&json, '}');
    buf_char(buf, '\n');
}

static int write_table(Cli *cli, const Buf *text)
{
    const char *error = "", *path = cli->args.out_count > 0 ? cli->args.out[0].path : "-";
    Out *out = out_open(cli->mem, path, false, &error);
    if (!out) {
        say_error(cli->mem, NULL, "cannot write %s: %s", path, error);
        return EXIT_IO;
    }
    out_write(out, text->data, text->size);
    return close_out(cli->mem, out);
}

static bool measure(Cli *cli, Measured *table)
{
    static Measured round[ROUNDS];
    const char *error;
    Bench *bench = bench_open(&error);
    bool fine = bench != NULL;
    for (int k = 0; fine && k < ROUNDS; k++) {
        measure_network(bench, &round[k]);
        fine = !bench_failed(bench) && measure_streams(&round[k]);
        if (fine)
            measure_threads(&round[k]);
        fine = fine && !*cli->stop;
        error = *cli->stop ? "interrupted" : "the loopback did not answer in time";
    }
    if (fine) {
        medians(round, table);
        measure_idle_wakes(bench, table);
        measure_node(table);
        measure_memory(table);
    }
    if (bench)
        bench_close(bench);
    measure_unpin();
    if (!fine)
        say_error(cli->mem, "calibrate needs Linux, threads, the loopback and a machine with nothing else to do",
                  "cannot measure: %s", error);
    return fine;
}

int cmd_calibrate(Cli *cli)
{
    Measured table = {0};
    Buf text;
    buf_init(&text, cli->mem, TABLE_MOST);
    if (!measure(cli, &table))
        return *cli->stop ? EXIT_INTERRUPTED : EXIT_IO;
    put_table(&text, cli->mem, &table);
    return write_table(cli, &text);
}
