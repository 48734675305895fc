#include "replicates.h"

#include "series.h"

#include "../../sim/digest.h"

#include <string.h>

/* ---- which figures ---- */

void watch_init(WatchList *list, Mem *mem)
{
    memset(list, 0, sizeof *list);
    list->mem = mem;
}

static int find_watched(const WatchList *list, Metric metric, int handler)
{
    for (int i = 0; i < list->count; i++) {
        const Watched *item = &list->item[i];
        if (item->metric.row == metric.row && item->metric.percentile == metric.percentile && item->handler == handler)
            return i;
    }
    return -1;
}

void watch_add(WatchList *list, Metric metric, int handler)
{
    if (!metric.row || find_watched(list, metric, handler) >= 0)
        return;
    list->item = mem_grow(list->mem, list->item, mem_array(list->mem, (size_t)list->count + 1, sizeof *list->item));
    list->item[list->count++] = (Watched){metric, handler};
}

void watch_usual(WatchList *list, int handlers)
{
    const char *name;
    for (size_t i = 0; (name = metric_name_at(i)); i++) {
        Metric metric = metric_find(name, strlen(name));
        for (int handler = -1; metric.row && handler < handlers; handler++)
            if (handler < 0 || metric_of_handlers(metric))
                watch_add(list, metric, handler);
    }
}

/* ---- the plain numbers of Results ---- */

typedef enum FieldKind { FIELD_SUM, FIELD_MEAN } FieldKind;
typedef void FieldFn(void *context, uint64_t *field, FieldKind kind, bool has);

static void each_of(void *const field[], size_t n, FieldKind kind, bool has, FieldFn *fn, void *context)
{
    for (size_t i = 0; i < n; i++)
        fn(context, field[i], kind, has);
}

static void each_of_handler(HandlerResults *handler, FieldFn *fn, void *context)
{
    RequestCounts *counts = &handler->requests;
    void *const sums[] = {&counts->arrived,   &counts->completed, &counts->failed, &counts->refused,
                          &counts->timed_out, &counts->in_flight, &counts->retried};
    each_of(sums, COUNT_OF(sums), FIELD_SUM, true, fn, context);
    fn(context, (uint64_t *)&handler->throughput, FIELD_MEAN, true);
    for (int part = 0; part < PARTS; part++)
        fn(context, (uint64_t *)&handler->time[part], FIELD_MEAN, handler->latency.count > 0);
}

static void each_of_blame(Results *results, FieldFn *fn, void *context)
{
    size_t rows = BLAME_ROWS * (size_t)results->blame.causes;
    for (int i = 0; i < results->handler_count; i++) {
        HandlerResults *handler = &results->handlers[i];
        for (size_t k = 0; k < rows; k++)
            fn(context, (uint64_t *)&handler->blame[k], FIELD_MEAN, handler->latency.count > 0);
    }
}

/* In the same order for every run of a server. All are at least 0. */
static void each_field(Results *results, FieldFn *fn, void *context)
{
    CpuResults *cpu = &results->cpu;
    LoopResults *loop = &results->loop;
    PoolResults *pool = &results->pool;
    void *const sums[] = {&results->events,
                          &results->connections_arrived,
                          &results->connections_accepted,
                          &results->connections_refused,
                          &results->threads_created,
                          &cpu->user,
                          &cpu->overhead,
                          &cpu->switching,
                          &cpu->wasted_time,
                          &cpu->switches,
                          &loop->iterations,
                          &pool->tasks};
    void *const means[] = {&results->simulated,    &results->window_from, &results->window_to, &results->peak_open,
                           &results->threads_peak, &results->memory_peak, &cpu->utilization,   &loop->utilization,
                           &pool->utilization,     &cpu->wasted,          &pool->peak_queue};
    each_of(sums, COUNT_OF(sums), FIELD_SUM, true, fn, context);
    each_of(means, COUNT_OF(means), FIELD_MEAN, true, fn, context);
    each_of_handler(&results->all, fn, context);
    for (int i = 0; i < results->handler_count; i++)
        each_of_handler(&results->handlers[i], fn, context);
    for (int i = 0; i < results->resource_count; i++) {
        ResourceResults *resource = &results->resources[i];
        fn(context, &resource->calls, FIELD_SUM, true);
        fn(context, &resource->errors, FIELD_SUM, true);
        fn(context, (uint64_t *)&resource->utilization, FIELD_MEAN, true);
        fn(context, (uint64_t *)&resource->peak_queue, FIELD_MEAN, true);
    }
    each_of_blame(results, fn, context);
}

static void count_field(void *context, uint64_t *field, FieldKind kind, bool has)
{
    (void)field, (void)kind, (void)has;
    ++*(size_t *)context;
}

typedef struct Fields {
    FieldSum *at;
} Fields;

static void add_field(void *context, uint64_t *field, FieldKind kind, bool has)
{
    FieldSum *sum = ((Fields *)context)->at++;
    (void)kind;
    if (!has)
        return;
    sum_add(&sum->sum, *field);
    sum->runs++;
}

static void set_field(void *context, uint64_t *field, FieldKind kind, bool has)
{
    const FieldSum *sum = ((Fields *)context)->at++;
    (void)has;
    *field = (uint64_t)sum_divide(sum->sum, sum_of(kind == FIELD_SUM ? 1 : sum->runs));
}

/* ---- histograms and the slowest ---- */

typedef void HistFn(Hist *whole, const Hist *run, Mem *mem);

static void start_hist(Hist *whole, const Hist *run, Mem *mem)
{
    (void)run;
    hist_init(whole, mem);
}

static void merge_hist(Hist *whole, const Hist *run, Mem *mem)
{
    (void)mem;
    hist_merge(whole, run);
}

static void each_hist(Results *whole, const Results *run, HistFn *fn, Mem *mem)
{
    fn(&whole->all.latency, &run->all.latency, mem);
    for (int i = 0; i < run->handler_count; i++)
        fn(&whole->handlers[i].latency, &run->handlers[i].latency, mem);
    for (int i = 0; i < run->resource_count; i++)
        fn(&whole->resources[i].wait, &run->resources[i].wait, mem);
    fn(&whole->loop.lag, &run->loop.lag, mem);
    fn(&whole->pool.wait, &run->pool.wait, mem);
    fn(&whole->population, &run->population, mem);
    fn(&whole->queueing, &run->queueing, mem);
}

static Time *copied_times(Mem *mem, const Time *time, size_t count)
{
    if (!time)
        return NULL;
    Time *copy = mem_get(mem, mem_array(mem, count + 1, sizeof *copy));
    memcpy(copy, time, count * sizeof *copy);
    return copy;
}

/* The slowest of all runs; of equals the one of the earlier run. */
static void merge_slowest(Results *whole, const Results *run, uint64_t number, Mem *mem)
{
    for (int i = 0; i < run->slow_count; i++) {
        const SlowRequest *slow = &run->slowest[i];
        if (whole->slow_count == SLOWEST && slow->latency <= whole->slowest[SLOWEST - 1].latency)
            return;
        int at = whole->slow_count < SLOWEST ? whole->slow_count++ : SLOWEST - 1;
        for (; at > 0 && whole->slowest[at - 1].latency < slow->latency; at--)
            whole->slowest[at] = whole->slowest[at - 1];
        whole->slowest[at] = *slow;
        whole->slowest[at].run = number;
        whole->slowest[at].blame = copied_times(mem, slow->blame, (size_t)run->blame.causes);
    }
}

/* ---- the whole ---- */

Replicates *replicates_new(Mem *mem, const WatchList *list)
{
    Replicates *replicates = mem_get(mem, sizeof *replicates);
    replicates->mem = mem;
    replicates->list = list;
    replicates->digest = DIGEST_START;
    replicates->value = mem_get(mem, mem_array(mem, (size_t)list->count + 1, sizeof *replicates->value));
    return replicates;
}

static const char *copied(Mem *mem, const char *text)
{
    return text ? mem_copy(mem, text, strlen(text)) : NULL;
}

static void start_blame(Results *whole, const Results *run, Mem *mem)
{
    size_t causes = (size_t)run->blame.causes;
    for (int i = 0; i < run->handler_count; i++)
        whole->handlers[i].blame = copied_times(mem, run->handlers[i].blame, BLAME_ROWS * causes);
    whole->blame.name = mem_get(mem, mem_array(mem, causes + 1, sizeof *whole->blame.name));
    for (size_t i = 0; i < causes; i++)
        whole->blame.name[i] = run->blame.name[i];
}

static void start_whole(Replicates *replicates, Results *run)
{
    Mem *mem = replicates->mem;
    Results *whole = mem_get(mem, sizeof *whole);
    size_t fields = 0;
    *whole = *run;
    whole->replicates = replicates;
    whole->slow_count = 0;
    whole->handlers = mem_get(mem, mem_array(mem, (size_t)run->handler_count + 1, sizeof *whole->handlers));
    memcpy(whole->handlers, run->handlers, (size_t)run->handler_count * sizeof *whole->handlers);
    start_blame(whole, run, mem);
    whole->resources = mem_get(mem, mem_array(mem, (size_t)run->resource_count + 1, sizeof *whole->resources));
    memcpy(whole->resources, run->resources, (size_t)run->resource_count * sizeof *whole->resources);
    whole->series = mem_get(mem, mem_array(mem, (size_t)run->series_count + 1, sizeof *whole->series));
    if (run->series_count > 0)
        memcpy(whole->series, run->series, (size_t)run->series_count * sizeof *whole->series);
    whole->bottleneck.what = copied(mem, run->bottleneck.what);
    whole->bottleneck.why = copied(mem, run->bottleneck.why);
    whole->bottleneck.advice = copied(mem, run->bottleneck.advice);
    each_hist(whole, run, start_hist, mem);
    each_field(run, count_field, &fields);
    replicates->field = mem_get(mem, mem_array(mem, fields, sizeof *replicates->field));
    replicates->whole = whole;
}

static void make_room(Replicates *replicates)
{
    if (replicates->runs < replicates->room)
        return;
    replicates->room = replicates->room ? 2 * replicates->room : HOSTILE(8, 1);
    size_t bytes = mem_array(replicates->mem, (size_t)replicates->room, sizeof **replicates->value);
    for (int i = 0; i < replicates->list->count; i++)
        replicates->value[i] = mem_grow(replicates->mem, replicates->value[i], bytes);
}

void replicates_add(Replicates *replicates, Results *run)
{
    Fields fields;
    if (!replicates->whole) {
        start_whole(replicates, run);
        replicates->first = run->digest;
    }
    make_room(replicates);
    int number = replicates->runs++;
    for (int i = 0; i < replicates->list->count; i++) {
        const Watched *item = &replicates->list->item[i];
        int64_t *value = &replicates->value[i][number];
        if (!metric_of_run(item->metric, run, item->handler, value))
            *value = FIGURE_NONE;
    }
    fields.at = replicates->field;
    each_field(run, add_field, &fields);
    each_hist(replicates->whole, run, merge_hist, replicates->mem);
    merge_slowest(replicates->whole, run, (uint64_t)number + 1, replicates->mem);
    replicates->digest = digest_add(replicates->digest, run->digest);
}

/* The parts of the mean are rounded down, and what that leaves of the mean goes to overhead, as in one run. */
static void settle_time(HandlerResults *handler, Estimate mean)
{
    Time rest = mean.mean;
    for (int part = 0; part < PARTS; part++)
        rest -= part == PART_OVERHEAD ? 0 : handler->time[part];
    handler->time[PART_OVERHEAD] = mean.count > 0 ? rest : 0;
}

Results *replicates_whole(Replicates *replicates)
{
    Results *whole = replicates->whole;
    Metric mean = metric_find("mean", 4);
    Fields fields = {replicates->field};
    must(whole, "the whole of no run was asked for");
    each_field(whole, set_field, &fields);
    for (int handler = -1; handler < whole->handler_count; handler++) {
        const int64_t *value = replicates_values(replicates, mean, handler);
        if (value)
            settle_time(handler < 0 ? &whole->all : &whole->handlers[handler],
                        estimate(value, (size_t)replicates->runs, 1));
    }
    blame_settle(whole);
    whole->digest = replicates->runs == 1 ? replicates->first : digest_end(replicates->digest);
    return whole;
}

const int64_t *replicates_values(const Replicates *replicates, Metric metric, int handler)
{
    int i = find_watched(replicates->list, metric, handler);
    return i < 0 ? NULL : replicates->value[i];
}

/* Each run's value of what has a mean; NULL: a sum, the digest, a single run. */
static const int64_t *kept_runs(const Replicates *replicates, Metric metric, int handler)
{
    if (!replicates || metric_counts(metric) || metric_unit(metric) == METRIC_DIGEST)
        return NULL;
    return replicates_values(replicates, metric, handler);
}

bool metric_value(Metric metric, const Results *results, int handler, int64_t *value)
{
    const Replicates *replicates = results->replicates;
    const int64_t *runs = kept_runs(replicates, metric, handler);
    if (!runs)
        return metric_of_run(metric, results, handler, value);
    Estimate mean = estimate(runs, (size_t)replicates->runs, 1);
    *value = mean.mean;
    return mean.count > 0;
}

bool metric_half(Metric metric, const Results *results, int handler, int64_t *half)
{
    const Replicates *replicates = results->replicates;
    const int64_t *value = kept_runs(replicates, metric, handler);
    if (!value)
        return false;
    *half = estimate(value, (size_t)replicates->runs, 1).half;
    return *half >= 0;
}

Pairing metric_pair(Metric metric, const Results *a, const Results *b, int handler)
{
    Pairing none = {.has = false};
    const int64_t *values_a = kept_runs(a->replicates, metric, handler),
                  *values_b = kept_runs(b->replicates, metric, handler);
    if (!values_a || !values_b)
        return none;
    int runs = a->replicates->runs < b->replicates->runs ? a->replicates->runs : b->replicates->runs;
    return estimate_pair(values_a, values_b, (size_t)runs);
}
