/* The figures of a run, from its trace alone. */
#include "../sim/hist.h"
#include "check.h"
#include "checking.h"

#include <string.h>

typedef struct Window {
    Time from, to;
} Window;

typedef struct Server {
    TraceCheck *check;
    const char *results; /* its object */
    size_t size;
    PullText name;
    uint64_t pid;
    Window window;
    Hist latency;
    Time in_flight, idle, tasks, running;
    uint64_t loops, workers;
} Server;

static Time within(Window window, Time from, Time to)
{
    from = from > window.from ? from : window.from;
    to = to < window.to ? to : window.to;
    return to > from ? to - from : 0;
}

static bool starts(PullText text, const char *start)
{
    return text.size >= strlen(start) && memcmp(text.bytes, start, strlen(start)) == 0;
}

static int64_t figure(const Server *server, unsigned decimals, const char *a, const char *b, const char *c)
{
    const char *const path[] = {a, b, c, NULL};
    PullText found = pull_find(server->results, server->size, path);
    return found.size > 0 ? pull_fixed(found, decimals) : -1;
}

static void differs(Server *server, const char *what, int64_t trace, int64_t results)
{
    Buf text;
    buf_init(&text, server->check->mem, SIZE_MAX / 4);
    buf_bytes(&text, server->name.bytes, server->name.size);
    buf_text(&text, ": ");
    buf_text(&text, what);
    buf_text(&text, " is ");
    buf_i64(&text, trace);
    buf_text(&text, " by the trace, ");
    buf_i64(&text, results);
    buf_text(&text, " by the results");
    check_fault(server->check, 0, buf_string(&text));
    buf_free(&text);
}

static void compare(Server *server, const char *what, int64_t trace, int64_t results)
{
    if (results >= 0 && trace != results)
        differs(server, what, trace, results);
}

/* Ratios have six decimals, rounded one way or the other. */
static void compare_ratio(Server *server, const char *what, Time part, uint64_t places, int64_t results)
{
    double whole = (double)(server->window.to - server->window.from) * (double)places;
    if (results < 0 || whole <= 0)
        return;
    double ratio = (double)part / whole * 1e6, off = ratio - (double)results;
    if (off > 1.01 || off < -1.01)
        differs(server, what, (int64_t)ratio, results);
}

/* ---- adding up ---- */

static void add_request(Server *server, const CheckEvent *begin, const CheckEvent *end)
{
    server->in_flight += within(server->window, begin->ts, end->ts);
    if (end->completed && begin->ts >= server->window.from)
        hist_add(&server->latency, end->ts - begin->ts);
}

/* Requests of one id follow each other: the last one that began is the one that ends. */
typedef struct Open {
    PullText id;
    const CheckEvent *begin;
} Open;

static Open *slot_of(Open *table, size_t size, PullText id)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < id.size; i++)
        hash = (hash ^ (unsigned char)id.bytes[i]) * 1099511628211u;
    size_t at = (size_t)hash & (size - 1);
    while (table[at].id.size > 0 &&
           (table[at].id.size != id.size || memcmp(table[at].id.bytes, id.bytes, id.size) != 0))
        at = (at + 1) & (size - 1);
    table[at].id = id;
    return &table[at];
}

static void add_requests(Server *server)
{
    TraceCheck *check = server->check;
    size_t size = 16;
    while (size < 2 * check->counts.async + 2)
        size *= 2;
    Open *table = mem_get(check->mem, mem_array(check->mem, size, sizeof *table));
    for (size_t i = 0; i < check->count; i++) {
        const CheckEvent *event = &check->events[i];
        if (event->pid != server->pid || !starts(event->name, "request ") || event->name.size != event->cat.size)
            continue;
        if (event->phase != 'b' && event->phase != 'e') /* no slot: the table has as many as there are slices */
            continue;
        Open *open = slot_of(table, size, event->id);
        if (event->phase == 'b')
            open->begin = event;
        else if (open->begin)
            add_request(server, open->begin, event);
    }
    mem_free(check->mem, table);
}

static void add_threads(Server *server)
{
    const TraceCheck *check = server->check;
    for (size_t i = 0; i < check->name_count; i++) {
        const CheckName *name = &check->names[i];
        server->loops += name->pid == server->pid && name->tid > 0 && starts(name->name, "loop");
        server->workers += name->pid == server->pid && name->tid > 0 && starts(name->name, "worker");
    }
    const CheckName *name = NULL;
    for (size_t i = 0; i < check->count; i++) {
        const CheckEvent *event = &check->events[i];
        if (event->pid != server->pid)
            continue;
        Time time = event->dur >= 0 ? within(server->window, event->ts, event->ts + event->dur) : 0;
        if (event->phase == 'T' && pull_is(event->name, "Running"))
            server->running += time;
        if (event->phase == 'X' && pull_is(event->name, "poll (idle)"))
            server->idle += time;
        if (event->phase != 'X' || server->workers == 0)
            continue;
        if (!name || name->tid != event->tid)
            name = check_name(check, event->pid, event->tid);
        if (name && starts(name->name, "worker"))
            server->tasks += time;
    }
}

static void compare_server(Server *server)
{
    Hist *latency = &server->latency;
    Time window = server->window.to - server->window.from;
    compare(server, "completed requests", (int64_t)latency->count, figure(server, 0, "requests", "completed", NULL));
    compare(server, "the mean latency", hist_mean(latency), figure(server, 0, "latency_ns", "mean", NULL));
    if (latency->count > 0) {
        compare(server, "the least latency", latency->min, figure(server, 0, "latency_ns", "min", NULL));
        compare(server, "the greatest latency", latency->max, figure(server, 0, "latency_ns", "max", NULL));
    }
    compare(server, "p50", hist_percentile(latency, 50000000), figure(server, 0, "latency_ns", "percentiles", "50"));
    compare(server, "p99", hist_percentile(latency, 99000000), figure(server, 0, "latency_ns", "percentiles", "99"));
    compare_ratio(server, "the mean number in flight (millionths)", server->in_flight, 1,
                  figure(server, 6, "population", "mean", NULL));
    int64_t cores = figure(server, 0, "cpu", "cores", NULL);
    if (server->running > 0 && cores > 0)
        compare_ratio(server, "the cores' utilization (millionths)", server->running, (uint64_t)cores,
                      figure(server, 6, "cpu", "utilization", NULL));
    if (server->loops > 0)
        compare_ratio(server, "the loop's utilization (millionths)", window * (Time)server->loops - server->idle,
                      server->loops, figure(server, 6, "loop", "utilization", NULL));
    if (server->workers > 0)
        compare_ratio(server, "the workers' utilization (millionths)", server->tasks, server->workers,
                      figure(server, 6, "pool", "utilization", NULL));
}

static bool find_window(Server *server)
{
    static const char *const path[] = {"window_ns", NULL};
    PullText found = pull_find(server->results, server->size, path);
    Pull pull;
    pull_init(&pull, found.bytes, found.size);
    if (found.size == 0 || !pull_enter(&pull, '[') || !pull_item(&pull))
        return false;
    server->window.from = pull_fixed(pull_number(&pull), 0);
    if (!pull_item(&pull))
        return false;
    server->window.to = pull_fixed(pull_number(&pull), 0);
    return server->window.from >= 0 && server->window.to >= server->window.from;
}

static const CheckName *process_of(const TraceCheck *check, PullText name)
{
    for (size_t i = 0; i < check->name_count; i++) {
        const CheckName *at = &check->names[i];
        if (at->tid == 0 && at->name.size == name.size && memcmp(at->name.bytes, name.bytes, name.size) == 0)
            return at;
    }
    return NULL;
}

static void check_server(TraceCheck *check, PullText name, const char *results, size_t size)
{
    Server server = {.check = check, .results = results, .size = size, .name = name};
    const CheckName *process = process_of(check, name);
    if (!process || !find_window(&server)) {
        check_fault(check, 0, "the trace has no process for a server of the results, or the results have no window");
        return;
    }
    server.pid = process->pid;
    hist_init(&server.latency, check->mem);
    add_requests(&server);
    add_threads(&server);
    compare_server(&server);
    hist_free(&server.latency);
}

void trace_check_results(TraceCheck *check, const char *results, size_t size)
{
    static const char *const path[] = {"servers", NULL};
    PullText servers = pull_find(results, size, path), name;
    Pull pull;
    if (servers.size == 0) {
        check_fault(check, 0, "the results have no servers");
        return;
    }
    pull_init(&pull, servers.bytes, servers.size);
    for (pull_enter(&pull, '{'); pull_key(&pull, &name);) {
        pull_kind(&pull);
        const char *start = pull.at;
        pull_skip(&pull);
        check_server(check, name, start, (size_t)(pull.at - start));
    }
}
