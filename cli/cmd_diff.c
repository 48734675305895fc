/* `diff A B`: two result files, figure by figure.
 *
 * Without a tolerance everything is compared, digests too: are these the same results? With one, the question is
 * whether figures moved, so only what has a name in `expect` is compared: by its tolerance, or exactly. */
#include "options.h"
#include "text.h"

#include "../model/spec/json.h"

#include <string.h>

/* Results may be much longer than a spec; what a text takes as a tree is up to twenty times as much. */
#define RESULTS_MOST ((size_t)64 << 20)
#define MEMORY (SIZE_MAX / 2 < (uint64_t)8 << 30 ? SIZE_MAX / 2 : (size_t)((uint64_t)8 << 30))

enum { SHOWN = 100, TEXT_MOST = 1 << 28, PATH_MOST = 1 << 16 };

typedef struct Tolerance {
    const char *name;
    int64_t millionths;
    bool used;
} Tolerance;

typedef struct Diff {
    Cli *cli;
    Tolerance *tolerance;
    int tolerances;
    uint64_t compared, different;
    Buf path, out;
} Diff;

/* Where a figure stands. */
typedef struct Place {
    const char *before;           /* "point 3 ", or "" */
    const char *server, *handler; /* NULL: none */
    const char *metric;           /* NULL: it has no name in `expect` */
} Place;

/* ---- tolerances ---- */

static int read_tolerances(Diff *diff)
{
    const Words *words = &diff->cli->args.tolerance;
    Mem *mem = diff->cli->mem;
    diff->tolerance = mem_get(mem, mem_array(mem, (size_t)words->count + 1, sizeof *diff->tolerance));
    for (int i = 0; i < words->count; i++) {
        const char *equals = strrchr(words->word[i], '='), *percent = equals + 1;
        Tolerance *tolerance = &diff->tolerance[diff->tolerances++];
        tolerance->name = mem_copy(mem, words->word[i], (size_t)(equals - words->word[i]));
        if (strcmp(percent, "0") == 0 || strcmp(percent, "0%") == 0 ||
            option_percent(percent, strlen(percent), &tolerance->millionths))
            continue;
        say_error(mem, "such as --tolerance p99=5%", "--tolerance %s: not a percentage from 0 to 100", words->word[i]);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static bool is_name(const char *name, const char *a, const char *b, const char *c)
{
    const char *const part[] = {a, b, c};
    bool first = true;
    for (size_t i = 0; i < COUNT_OF(part); i++) {
        if (!part[i])
            continue;
        size_t size = strlen(part[i]);
        if (!first && *name++ != '.')
            return false;
        if (strncmp(name, part[i], size) != 0)
            return false;
        name += size;
        first = false;
    }
    return *name == '\0';
}

/* The last that fits; "all" where no other does. */
static int64_t tolerance_of(Diff *diff, const Place *place)
{
    int64_t millionths = 0;
    bool named = false;
    for (int i = 0; i < diff->tolerances; i++) {
        Tolerance *tolerance = &diff->tolerance[i];
        bool all = strcmp(tolerance->name, "all") == 0;
        bool fits = all || is_name(tolerance->name, NULL, NULL, place->metric) ||
                    is_name(tolerance->name, NULL, place->handler, place->metric) ||
                    is_name(tolerance->name, place->server, place->handler, place->metric);
        tolerance->used |= fits;
        if (!fits || (all && named))
            continue;
        named |= !all;
        millionths = tolerance->millionths;
    }
    return millionths;
}

static int check_tolerances(const Diff *diff)
{
    for (int i = 0; i < diff->tolerances; i++) {
        if (diff->tolerance[i].used)
            continue;
        say_error(diff->cli->mem, "[server.][handler.]metric, as in expect, or all",
                  "--tolerance: no figure is called '%s'", diff->tolerance[i].name);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

/* ---- names ---- */

/* The metric that a path within a server's results is; NULL: none. */
static const char *metric_of(Mem *mem, const char *path)
{
    static const struct {
        const char *path, *metric; /* path ending in '.': what follows is appended */
    } names[] = {
        {"throughput_per_s", "throughput"},
        {"latency_ns.mean", "mean"},
        {"latency_ns.min", "min"},
        {"latency_ns.max", "max"},
        {"latency_ns.percentiles.", "p"},
        {"requests.completed", "completed"},
        {"requests.failed", "failed"},
        {"requests.refused", "refused"},
        {"requests.timed_out", "timed_out"},
        {"requests.in_flight", "in_flight"},
        {"cpu.utilization", "cpu"},
        {"cpu.wasted", "wasted"},
        {"cpu.switches", "switches"},
        {"threads.peak", "threads"},
        {"memory.peak_bytes", "memory"},
        {"loop.utilization", "loop"},
        {"loop.lag_ns.mean", "lag.mean"},
        {"loop.lag_ns.max", "lag.max"},
        {"loop.lag_ns.percentiles.", "lag.p"},
        {"pool.wait_ns.mean", "pool.wait.mean"},
        {"pool.wait_ns.max", "pool.wait.max"},
        {"pool.wait_ns.percentiles.", "pool.wait.p"},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t size = strlen(names[i].path);
        bool open = names[i].path[size - 1] == '.';
        if (open ? strncmp(path, names[i].path, size) != 0 || strstr(path, "_ci95") : strcmp(path, names[i].path) != 0)
            continue;
        Buf name;
        buf_init(&name, mem, 4096);
        buf_f(&name, "%s%s", names[i].metric, open ? path + size : "");
        return buf_string(&name);
    }
    return NULL;
}

/* In the rows of a sweep: "p99_ns", "memory_bytes", or the metric as it is. */
static const char *metric_of_row(Mem *mem, const char *key)
{
    static const char *const ends[] = {"_ns", "_bytes", "_per_s", ""};
    size_t size = strlen(key);
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        size_t tail = strlen(ends[i]);
        if (size <= tail || strcmp(key + size - tail, ends[i]) != 0)
            continue;
        const char *name = mem_copy(mem, key, size - tail);
        return strcmp(name, "digest") != 0 && metric_find(name, size - tail).row ? name : NULL;
    }
    return NULL;
}

static const char *take_word(Mem *mem, const char **path, const char *before)
{
    size_t skip = strlen(before), size;
    if (strncmp(*path, before, skip) != 0)
        return NULL;
    size = strcspn(*path + skip, ".");
    if ((*path)[skip + size] != '.')
        return NULL;
    const char *word = mem_copy(mem, *path + skip, size);
    *path += skip + size + 1;
    return word;
}

static Place place_of(Mem *mem, const char *path)
{
    Place place = {"", NULL, NULL, NULL};
    const char *point = take_word(mem, &path, "points.");
    place.server = take_word(mem, &path, "servers.");
    if (!place.server)
        return place;
    if (point) {
        Buf before;
        buf_init(&before, mem, 4096);
        buf_f(&before, "point %s ", point);
        place.before = buf_string(&before);
        place.metric = metric_of_row(mem, path);
        return place;
    }
    place.handler = take_word(mem, &path, "handlers.");
    place.metric = metric_of(mem, path);
    return place;
}

/* ---- differences ---- */

static void put_json(Buf *out, const Json *json)
{
    if (json && (json->type == JSON_STRING || json->type == JSON_NUMBER))
        diag_shown(out, json->text, json->text_size < 200 ? json->text_size : 200);
    else
        buf_text(out, !json                      ? "nothing"
                      : json->type == JSON_TRUE  ? "true"
                      : json->type == JSON_FALSE ? "false"
                      : json->type == JSON_NULL  ? "null"
                      : json->type == JSON_ARRAY ? "[…]"
                                                 : "{…}");
}

/* Rates and fractions are written with six decimals, which are read as millionths; all else is whole. */
static void put_value(Diff *diff, const Place *place, const Json *json)
{
    Metric metric = place->metric ? metric_find(place->metric, strlen(place->metric)) : (Metric){NULL, 0};
    int64_t value = 0;
    if (!metric.row || !json || json->type != JSON_NUMBER || json->text_size > 18 || json->text[0] == '-') {
        put_json(&diff->out, json);
        return;
    }
    for (const char *c = json->text; *c; c++)
        value = *c >= '0' && *c <= '9' ? value * 10 + (*c - '0') : value;
    text_value(&diff->out, metric_unit(metric), true, value, diff->cli->args.time_unit);
}

static void put_change(Buf *out, double a, double b)
{
    double change = a != 0 ? (b - a) / a * 1000 : 0;
    if (a == 0 || change > 1e9 || change < -1e9)
        return;
    int64_t tenths = (int64_t)(change < 0 ? -change + 0.5 : change + 0.5);
    buf_text(out, change < 0 ? "  -" : "  +");
    buf_fixed(out, tenths, 1);
    buf_text(out, " %");
}

static void tell(Diff *diff, const Place *place, const Json *a, const Json *b)
{
    Buf *out = &diff->out;
    if (diff->different++ >= SHOWN && !diff->cli->args.verbose)
        return;
    buf_text(out, "  ");
    if (place->metric) {
        buf_text(out, place->before);
        buf_f(out, "%s%s%s.%s", place->server, place->handler ? "." : "", place->handler ? place->handler : "",
              place->metric);
    } else {
        diag_shown(out, diff->path.data, diff->path.size);
    }
    buf_text(out, ": ");
    put_value(diff, place, a);
    buf_text(out, " -> ");
    put_value(diff, place, b);
    if (a && b && a->type == JSON_NUMBER && b->type == JSON_NUMBER)
        put_change(out, a->number, b->number);
    buf_char(out, '\n');
}

static bool within(const Json *a, const Json *b, int64_t millionths)
{
    double off = b->number - a->number, size = a->number < 0 ? -a->number : a->number;
    return (off < 0 ? -off : off) <= size * (double)millionths / 1e6 * (1 + 1e-12);
}

static bool same_leaf(const Json *a, const Json *b)
{
    if (a->type != b->type)
        return false;
    return (a->type != JSON_STRING && a->type != JSON_NUMBER) ||
           (a->text_size == b->text_size && memcmp(a->text, b->text, a->text_size) == 0);
}

static bool is_leaf(const Json *json)
{
    return !json || (json->type != JSON_OBJECT && json->type != JSON_ARRAY);
}

static void compare_leaf(Diff *diff, const Json *a, const Json *b)
{
    Place place = place_of(diff->cli->mem, buf_string(&diff->path));
    bool tolerant = diff->tolerances > 0;
    if (tolerant && !place.metric)
        return;
    int64_t millionths = place.metric ? tolerance_of(diff, &place) : 0;
    diff->compared++;
    if (a && b && is_leaf(a) && is_leaf(b) &&
        (same_leaf(a, b) ||
         (place.metric && a->type == JSON_NUMBER && b->type == JSON_NUMBER && within(a, b, millionths))))
        return;
    tell(diff, &place, a, b);
}

static void compare(Diff *diff, const Json *a, const Json *b);

static void compare_in(Diff *diff, const char *key, const Json *a, const Json *b)
{
    size_t size = diff->path.size;
    if (size > 0)
        buf_char(&diff->path, '.');
    buf_text(&diff->path, key);
    compare(diff, a, b);
    diff->path.size = size;
    if (size > 0)
        diff->path.data[size] = '\0';
}

static void compare_items(Diff *diff, const Json *a, const Json *b)
{
    const Json *one = a->child, *other = b->child;
    for (uint64_t i = 1; one || other; i++) {
        Buf number;
        buf_init(&number, diff->cli->mem, 64);
        buf_u64(&number, i);
        compare_in(diff, buf_string(&number), one, other);
        buf_free(&number);
        one = one ? one->next : NULL;
        other = other ? other->next : NULL;
    }
}

/* Members are found by their names; in our files they come in the same order, so the search is short. */
static void compare(Diff *diff, const Json *a, const Json *b)
{
    if (!a || !b || a->type != b->type || is_leaf(a)) {
        compare_leaf(diff, a, b);
        return;
    }
    if (a->type == JSON_ARRAY) {
        compare_items(diff, a, b);
        return;
    }
    for (const Json *item = a->child; item; item = item->next)
        compare_in(diff, item->key, item, json_member(b, item->key));
    for (const Json *item = b->child; item; item = item->next)
        if (!json_member(a, item->key))
            compare_in(diff, item->key, NULL, item);
}

/* ---- reading ---- */

static bool is_known(const char *key)
{
    static const char *const keys[] = {"loopsim",     "schema",     "spec",      "seed",         "runs",  "precision",
                                       "interrupted", "servers",    "contrast",  "requirements", "lines", "exit",
                                       "end",         "iterations", "callbacks", "digest",       "sweep", "part",
                                       "points",      "knees",      "series"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* NULL, or what is wrong with it as results. */
static const char *check_results(const Json *json)
{
    const Json *version = json_member(json, "loopsim"), *schema = json_member(json, "schema");
    if (!version || version->type != JSON_STRING)
        return "it is no result of loopsim (--out json): \"loopsim\" is missing";
    if (!schema || schema->type != JSON_NUMBER || strcmp(schema->text, "1") != 0)
        return "its \"schema\" is not 1";
    for (const Json *item = json->child; item; item = item->next)
        if (!is_known(item->key))
            return "it has a key that results do not have";
    const Json *servers = json_member(json, "servers"), *points = json_member(json, "points"),
               *lines = json_member(json, "lines");
    if (servers ? servers->type == JSON_OBJECT
                : (points && points->type == JSON_ARRAY) || (lines && lines->type == JSON_ARRAY))
        return NULL;
    return "it has neither servers, nor the lines of a program, nor the points of a sweep";
}

static int read_results(Cli *cli, const char *path, const Json **json)
{
    size_t size;
    Diag *diag = mem_get(cli->mem, sizeof *diag);
    const char *bytes = input_text(cli, path, &size), *wrong;
    if (!bytes)
        return EXIT_IO;
    diag_init(diag, cli->mem);
    diag_source(diag, path, bytes, size);
    JsonPlace start = {.file = path, .line = 1, .column = 1};
    *json = json_read_most(cli->mem, start, bytes, size, RESULTS_MOST, diag);
    if (!*json || diag->errors > 0) {
        say_diag(cli->mem, diag);
        return EXIT_SPEC;
    }
    if (!(wrong = check_results(*json)))
        return EXIT_DONE;
    say_error(cli->mem, NULL, "%s: %s", path, wrong);
    return EXIT_SPEC;
}

static int diff_files(Cli *cli)
{
    Diff *diff = mem_get(cli->mem, sizeof *diff);
    const Json *a, *b;
    diff->cli = cli;
    buf_init(&diff->path, cli->mem, PATH_MOST);
    buf_init(&diff->out, cli->mem, TEXT_MOST);
    int code = read_tolerances(diff);
    if (code == EXIT_DONE)
        code = read_results(cli, cli->args.positional.word[0], &a);
    if (code == EXIT_DONE)
        code = read_results(cli, cli->args.positional.word[1], &b);
    if (code != EXIT_DONE)
        return code;
    compare(diff, a, b);
    if ((code = check_tolerances(diff)) != EXIT_DONE)
        return code;
    if (diff->different > SHOWN && !cli->args.verbose) {
        buf_text(&diff->out, "  and ");
        text_count(&diff->out, diff->different - SHOWN);
        buf_text(&diff->out, " more: -v shows them all\n");
    }
    text_count(&diff->out, diff->different);
    buf_text(&diff->out, " of ");
    text_count(&diff->out, diff->compared);
    buf_text(&diff->out, diff->tolerances > 0 ? " figures differ by more than is tolerated\n" : " figures differ\n");
    code = print_text(cli->mem, &diff->out);
    return code != EXIT_DONE ? code : diff->different > 0 ? EXIT_UNMET : EXIT_DONE;
}

int cmd_diff(Cli *cli)
{
    Cli own = *cli;
    MemTrap trap;
    own.mem = mem_new_in(cli->mem, MEMORY);
    if (!own.mem || !mem_try(own.mem, &trap))
        mem_give_up(cli->mem);
    int code = diff_files(&own);
    mem_end_try(own.mem, &trap);
    mem_delete(own.mem);
    return code;
}
