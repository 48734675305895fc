/* docs/spec-reference.md, from the tables of keys, of steps and of metrics. `make reference` writes it; a test
 * compares. */
#include "escape.h"
#include "options.h"

#include "../model/observe/metric.h"
#include "../model/program/compile.h"
#include "../model/servers/server.h"

#include <string.h>

enum { TEXT_MOST = 1 << 22, TABLES_MOST = 64 };

typedef struct Reference {
    Buf *buf;
    const KeyTable *seen[TABLES_MOST];
    int count;
} Reference;

static void add_table(Reference *reference, const KeyTable *table)
{
    for (int i = 0; i < reference->count; i++)
        if (reference->seen[i] == table)
            return;
    must(reference->count < TABLES_MOST, "more tables than the reference has room for");
    reference->seen[reference->count++] = table;
}

/* ---- one row ---- */

static void put_limit(Buf *buf, KeyType type, int64_t value)
{
    if (type == KEY_DURATION)
        value_write_duration(buf, value);
    else if (type == KEY_SIZE)
        value_write_size(buf, value);
    else
        buf_i64(buf, value);
}

static void put_kind(Buf *buf, const Key *row)
{
    static const char *const kinds[] = {
        [KEY_TEXT] = "text",      [KEY_LINE] = "one line",     [KEY_COUNT] = "count",
        [KEY_SEED] = "seed",      [KEY_DURATION] = "duration", [KEY_DIST] = "[distribution](#a-distribution)",
        [KEY_RATE] = "rate",      [KEY_SIZE] = "size",         [KEY_BANDWIDTH] = "bandwidth",
        [KEY_FRACTION] = "share", [KEY_NUMBER] = "number",     [KEY_BOOL] = "true or false",
        [KEY_WORD] = "word",      [KEY_PART] = "object",       [KEY_CUSTOM] = ""};
    static const char *const shapes[][2] = {{"durations", "array of durations"},
                                            {"warmup", "duration, or `\"auto\"`"},
                                            {"map", "object: name → object"},
                                            {"servers", "object: name → object"},
                                            {"streams", "object, or array of them"},
                                            {"list", "array of objects"},
                                            {"count", "count, or object"},
                                            {"weights", "object: handler → weight"},
                                            {"handlers", "object: name → array of [steps](#steps)"},
                                            {"functions", "object: name → function"},
                                            {"requirements", "array of [requirements](#requirements)"},
                                            {"body", "array of [steps](#steps)"},
                                            {"expressions", "object: name → value"},
                                            {"path", "path of a file"},
                                            {"text", "text"},
                                            {"texts", "object: name → text"},
                                            {"model", "name of a [model](#server-models)"},
                                            {"part", "object"},
                                            {"exponential", "duration"},
                                            {"uniform", "two durations"},
                                            {"hyperexponential", "array of [weight, duration]"},
                                            {"empirical", "array of [duration, weight]"},
                                            {"percentiles", "object: percentile → duration"},
                                            {"shift", "[duration, distribution]"},
                                            {"by connections", "duration, or array of [connections, duration]"},
                                            {"by computing", "duration, or array of [duration, duration]"}};
    buf_text(buf, kinds[row->type]);
    for (size_t i = 0; row->type == KEY_CUSTOM && i < COUNT_OF(shapes); i++)
        if (strcmp(shapes[i][0], row->shape) == 0)
            buf_text(buf, shapes[i][1]);
    bool limits = row->type == KEY_COUNT || row->type == KEY_SIZE || row->type == KEY_DURATION;
    if (limits && row->max > 0) {
        buf_text(buf, ", ");
        put_limit(buf, row->type, row->min);
        buf_text(buf, " … ");
        put_limit(buf, row->type, row->max);
    }
}

static void put_row(Reference *reference, const Key *row)
{
    Buf *buf = reference->buf;
    buf_f(buf, "| `%s`%s | ", row->name, row->required ? " (required)" : "");
    put_kind(buf, row);
    buf_text(buf, " | ");
    escape_markdown(buf, row->about);
    for (const KeyWord *word = row->type == KEY_WORD ? row->words : NULL; word && word->name; word++)
        buf_f(buf, "<br>`\"%s\"`: %s", word->name, word->about ? word->about : "");
    buf_text(buf, " | ");
    if (row->fallback)
        buf_f(buf, "`%s`", row->fallback);
    else if (row->none)
        escape_markdown(buf, row->none);
    buf_text(buf, " |\n");
    if (row->table)
        add_table(reference, row->table);
}

static void put_rows(Reference *reference, const KeyTable *table)
{
    buf_text(reference->buf, "\n| key | value | meaning | default |\n|---|---|---|---|\n");
    for (const Key *row = table->keys; row->name; row++)
        put_row(reference, row);
}

static void put_table(Reference *reference, const KeyTable *table)
{
    buf_text(reference->buf, "\n## ");
    for (const char *c = table->name; *c; c++)
        if (*c != '"')
            buf_char(reference->buf, c == table->name && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
    buf_text(reference->buf, "\n");
    if (table->about)
        buf_f(reference->buf, "\n%s\n", table->about);
    put_rows(reference, table);
}

/* ---- chapters ---- */

static const char preface[] =
    "# Reference of specs\n\n"
    "Made from loopsim's own tables by `make reference`; a test compares.\n\n"
    "A spec is one JSON file: a **workload** (it has `handlers` and `arrivals`) or a **program** (it has `main`).\n"
    "`loopsim check SPEC` says all that is wrong with one; `loopsim check --print SPEC` shows every value and where "
    "it\n"
    "came from; `loopsim schema spec` is the same as a JSON Schema, for editors.\n\n"
    "## Values\n\n"
    "| value | written | rule |\n|---|---|---|\n"
    "| duration | `\"200us\"`, `\"1.5ms\"`, `\"2s\"` | ns us ms s m h; the unit is required, except `\"0\"`; exact to "
    "1 ns; "
    "at most 10 years; in a program a bare number is ms |\n"
    "| rate | `\"500/s\"`, `\"2/ms\"` | per ns us ms s m h |\n"
    "| size | `\"64KiB\"`, `\"8MB\"` | B kB MB GB KiB MiB GiB |\n"
    "| bandwidth | `\"1GB/s\"` | a size per time |\n"
    "| share | `\"5%\"`, `0.05` | 0 … 1 |\n"
    "| count | `128` | a whole number, all its digits |\n"
    "| seed | `42`, `\"0x2a\"` | 0 … 2^64-1 |\n"
    "| weight | `90` | a number above 0 |\n\n"
    "Names of handlers, resources and servers match `[A-Za-z_][A-Za-z0-9_-]*`.\n";

static void put_models(Reference *reference)
{
    buf_text(reference->buf, "\n## Server models\n\nBeside the keys that all servers have:\n");
    for (int i = 0; server_models[i]; i++) {
        buf_f(reference->buf, "\n### %s\n\n%s\n", server_models[i]->name, server_models[i]->about);
        put_rows(reference, server_models[i]->keys);
    }
}

static void put_steps(Buf *buf)
{
    buf_text(buf, "\n## Steps\n\nA text alone is a line that is printed (a mark in the trace, in a handler). Any other "
                  "step is an object with one of these verbs:\n\n"
                  "| verb | beside it | where | meaning |\n|---|---|---|---|\n");
    for (const Verb *verb = verbs; verb->name; verb++) {
        unsigned where = verb->flags & ANYWHERE;
        buf_f(buf, "| `%s` | %s%s%s | %s | ", verb->name, verb->modifiers[0] ? "`" : "", verb->modifiers,
              verb->modifiers[0] ? "`" : "",
              where == ANYWHERE     ? "anywhere"
              : where == IN_HANDLER ? "handlers"
                                    : "programs");
        escape_markdown(buf, verb->about);
        buf_text(buf, " |\n");
    }
}

static void put_metrics(Buf *buf)
{
    buf_text(buf,
             "\n## Requirements\n\n`[server.][handler.]metric OP value`, or `OP [factor *] [server.][handler.]metric`; "
             "OP is one of `< <= > >= ==`. Without a server: every server. In `expect`, and with `--require`.\n\n"
             "Metrics:");
    for (int i = 0; metric_names[i]; i++)
        buf_f(buf, "%s`%s`", i > 0 ? ", " : " ", metric_names[i]);
    buf_text(buf, "; any percentile, as `p99.95`.\n");
}

int cmd_reference(Cli *cli)
{
    Buf buf;
    buf_init(&buf, cli->mem, TEXT_MOST);
    Reference reference = {.buf = &buf};
    buf_text(&buf, preface);
    for (int i = 0; spec_tables[i]; i++)
        add_table(&reference, spec_tables[i]);
    for (int i = 0; i < reference.count; i++)
        put_table(&reference, reference.seen[i]);
    put_models(&reference);
    put_steps(&buf);
    put_metrics(&buf);
    return print_text(cli->mem, &buf);
}
