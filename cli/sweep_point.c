/* A point of a sweep: simulated, and put down as a line. */
#include "json_writer.h"
#include "replicate.h"
#include "sweep.h"

#include <string.h>

int sweep_input(const SweepWork *work, Cli *cli, uint64_t point, Input *input)
{
    const Sweep *sweep = work->sweep;
    Words *set = &cli->args.set, mine = {NULL, 0};
    mine.word =
        mem_get(cli->mem, mem_array(cli->mem, (size_t)set->count + (size_t)sweep->vary_count + 1, sizeof *mine.word));
    for (int i = 0; i < set->count; i++)
        mine.word[mine.count++] = set->word[i];
    for (int i = 0; i < sweep->vary_count; i++) {
        Buf *word = mem_get(cli->mem, sizeof *word);
        buf_init(word, cli->mem, (size_t)1 << 26);
        buf_f(word, "%s=%s", sweep->vary[i].path, sweep->vary[i].value[sweep_index(sweep, point, i)]);
        mine.word[mine.count++] = buf_string(word);
    }
    *set = mine;
    return input_spec_text(input, cli, work->path, work->bytes, work->size);
}

/* ---- the line ---- */

static void put_value(JsonWriter *json, const char *key, MetricUnit unit, int64_t value)
{
    if (unit == METRIC_RATE || unit == METRIC_FRACTION)
        json_micro(json, key, value);
    else
        json_int(json, key, value);
}

static void put_metric(JsonWriter *json, Mem *mem, const char *key, const char *name, const Results *results,
                       const SpecServer *server)
{
    Metric metric = metric_find(name, strlen(name));
    int64_t value, half;
    if (!metric_applies(metric, server))
        return;
    if (!metric_value(metric, results, -1, &value)) {
        json_null(json, key);
        return;
    }
    put_value(json, key, metric_unit(metric), value);
    if (!metric_half(metric, results, -1, &half))
        return;
    Buf ci95;
    buf_init(&ci95, mem, 4096);
    buf_f(&ci95, "%s_ci95", key);
    put_value(json, buf_string(&ci95), metric_unit(metric), half);
}

/* Requests that were wanted in the window, per second, on the mean over the runs. */
static Micro offered(const Results *results, int runs)
{
    Time window = results->window_to - results->window_from;
    return sum_divide(sum_product(results->all.requests.arrived, UINT64_C(1000000000000000)),
                      sum_times(sum_of((uint64_t)window), (uint64_t)runs));
}

static void put_server(JsonWriter *json, Cli *cli, const Results *results, const SpecServer *server, int runs)
{
    static const char *const counts[] = {"completed", "failed", "refused", "timed_out", "in_flight"};
    static const struct {
        const char *key, *metric;
    } last[] = {
        {"max_ns", "max"}, {"cpu", "cpu"}, {"loop", "loop"}, {"threads", "threads"}, {"memory_bytes", "memory"}};
    Buf key, name;
    buf_init(&key, cli->mem, 4096);
    buf_init(&name, cli->mem, 4096);
    json_begin(json, results->name, '{');
    json_text(json, "end", results->out_of_memory ? "out of memory" : world_end_name[results->end]);
    json_micro(json, "offered_per_s", offered(results, runs));
    put_metric(json, cli->mem, "throughput_per_s", "throughput", results, server);
    put_metric(json, cli->mem, "mean_ns", "mean", results, server);
    for (int i = -2; i < cli->args.percentile_count; i++) {
        const char *text = i == -2 ? "50" : i == -1 ? "99" : cli->args.percentiles[i].text;
        if (i >= 0 && (strcmp(text, "50") == 0 || strcmp(text, "99") == 0))
            continue;
        buf_clear(&key);
        buf_clear(&name);
        buf_f(&key, "p%s_ns", text);
        buf_f(&name, "p%s", text);
        put_metric(json, cli->mem, buf_string(&key), buf_string(&name), results, server);
    }
    for (size_t i = 0; i < COUNT_OF(last); i++)
        put_metric(json, cli->mem, last[i].key, last[i].metric, results, server);
    json_uint(json, "arrived", results->all.requests.arrived);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        put_metric(json, cli->mem, counts[i], counts[i], results, server);
    json_text(json, "bottleneck", results->bottleneck.what);
    json_micro(json, "bottleneck_utilization", results->bottleneck.utilization);
    json_hex(json, "digest", results->digest);
    json_end(json, '}');
}

static void put_line(Buf *line, const SweepWork *work, Cli *cli, uint64_t point, const Spec *spec,
                     const Replication *replication, const Report *report)
{
    JsonWriter json = {line, 0, 0, true};
    const Sweep *sweep = work->sweep;
    json_begin_flat(&json, NULL, '{');
    json_uint(&json, "point", point + 1);
    json_begin(&json, "at", '{');
    for (int i = 0; i < sweep->vary_count; i++)
        json_text(&json, sweep->vary[i].path, sweep->vary[i].value[sweep_index(sweep, point, i)]);
    json_end(&json, '}');
    json_int(&json, "runs", replication->runs);
    if (replication->limit || replication->imprecise)
        json_text(&json, "limit", replication->limit ? "a limit was reached" : "not as precise as asked for");
    json_begin(&json, "servers", '{');
    for (int i = 0; i < spec->server_count; i++)
        if (replication->by_server[i])
            put_server(&json, cli, replication->by_server[i], &spec->servers[i], replication->runs);
    json_end(&json, '}');
    if (report->verdict_count > 0) {
        json_begin(&json, "unmet", '[');
        for (int i = 0; i < report->verdict_count; i++)
            if (!report->verdicts[i].met)
                json_text(&json, NULL, report->verdicts[i].text);
        json_end(&json, ']');
    }
    json_end(&json, '}');
}

/* Of the requirements only those of --require are judged: what the spec expects, it expects of what it says itself. */
int sweep_point(const SweepWork *work, Cli *cli, uint64_t point, Buf *answer)
{
    Input input;
    Requirements requirements;
    bool *wanted;
    int code = sweep_input(work, cli, point, &input);
    if (code == EXIT_DONE)
        code = requirements_read(&requirements, cli, &input);
    if (code == EXIT_DONE)
        code = servers_choose(cli, &input, &wanted);
    if (code != EXIT_DONE)
        return code;
    requirements.item += requirements.expected;
    requirements.count -= requirements.expected;
    warmup_find(cli, &input);
    Replication replication = {.cli = cli, .input = &input, .wanted = wanted};
    replicate_watch(&replication, &requirements);
    code = replicate_here(&replication);
    if (code != EXIT_DONE || replication.interrupted)
        return EXIT_INTERRUPTED;
    for (int i = 0; i < input.spec->server_count; i++)
        if (wanted[i] && !replication.by_server[i])
            return EXIT_LIMIT; /* said; a line without a server would pass for a whole one */
    Report report = {.mem = cli->mem, .spec = input.spec, .path = input.path, .args = &cli->args};
    requirements_judge(&requirements, &report, (const Results *const *)replication.by_server);
    put_line(answer, work, cli, point, input.spec, &replication, &report);
    return EXIT_DONE;
}
