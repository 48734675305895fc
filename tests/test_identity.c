/* What holds exactly, in every run: the identity of requests after every event, Little's law, the law of utilisation
 * and the balance of flows, kept by a ledger of the tests' own; and that nobody who looks changes what happens. */
#include "command.h"
#include "lab.h"
#include "ledger.h"
#include "random_specs.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPECS = 1000, A_TEST = 25, SHOWN = 8000 };
/* With every object a block of its own an event takes a hundred times as long: every twelfth spec, shorter examples. */
enum { OF_A_TEST = HOSTILE(A_TEST, 2), WARMUP_MS = HOSTILE(100, 20), DURATION_MS = HOSTILE(300, 60) };

static glob_t examples;

/* ---- after every event ---- */

static void same_counts(const LedgerCounts *ledger, const HandlerStats *stats, const char *text)
{
    bool same = ledger->arrived == stats->arrived && ledger->completed == stats->completed &&
                ledger->failed == stats->failed && ledger->refused == stats->refused &&
                ledger->timed_out == stats->timed_out && ledger->in_flight == stats->in_flight;
    bool identity =
        stats->arrived == stats->completed + stats->failed + stats->refused + stats->timed_out + stats->in_flight;
    ck_assert_msg(same && identity,
                  "arrived %llu %llu completed %llu %llu failed %llu %llu refused %llu %llu in flight %llu %llu: %.*s",
                  (unsigned long long)ledger->arrived, (unsigned long long)stats->arrived,
                  (unsigned long long)ledger->completed, (unsigned long long)stats->completed,
                  (unsigned long long)ledger->failed, (unsigned long long)stats->failed,
                  (unsigned long long)ledger->refused, (unsigned long long)stats->refused,
                  (unsigned long long)ledger->in_flight, (unsigned long long)stats->in_flight, SHOWN, text);
}

/* ---- at the end ---- */

#define SAME(a, b, what)                                                                                               \
    ck_assert_msg((int64_t)(a) == (int64_t)(b), "%s, %s: %lld is not %lld in %.*s", results->name, what,               \
                  (long long)(a), (long long)(b), SHOWN, text)

static void little(const Ledger *ledger, const Results *results, const char *text)
{
    SAME(ledger->area, ledger->spans + ledger_unfinished(ledger, results->simulated), "Little's law");
    SAME(ledger->area, results->population.sum[0], "the number in the system over time");
    int64_t latency = 0;
    for (int i = 0; i < results->handler_count; i++)
        latency += ledger->latency[i];
    SAME(latency, results->all.latency.sum[0], "the latencies");
}

/* A call is drawn with its request: what goes on for nobody, after the response or for a branch that lost, is not. */
static bool all_is_drawn(const char *text)
{
    static const char *const leaves[] = {"respond", "race", "any", "throw", "error_rate", "timeout"};
    for (size_t i = 0; i < COUNT_OF(leaves); i++)
        if (strstr(text, leaves[i]))
            return false;
    return true;
}

/* The cores' time is what threads spent on them; processor sharing has no threads on cores. Through a pause of the
 * server a thread stays where it is, and does nothing. */
static void utilization(const Ledger *ledger, const LabRun *run, const Results *results, const char *text)
{
    Time busy = results->cpu.user + results->cpu.overhead + results->cpu.switching;
    bool on_cores = run->lab->spec->machine.scheduler != SCHED_PROCESSOR_SHARING;
    if (on_cores && run->lab->spec->servers[run->server].pause_every != NULL)
        ck_assert_int_ge(ledger->running, busy);
    else if (on_cores)
        SAME(ledger->running, busy, "time on cores");
    for (int i = 0; i < results->resource_count && all_is_drawn(text); i++)
        SAME(ledger->resource[i].busy, run->stats->resources[i].served.integral.low, results->resources[i].name);
}

static void flows(const Ledger *ledger, const LabRun *run, const Results *results, const char *text)
{
    SAME(ledger->begun, ledger->ended + ledger->population, "requests that came and went");
    SAME(ledger->population, run->stats->population, "requests that are there");
    for (int i = 0; i < results->resource_count && all_is_drawn(text); i++) {
        SAME(ledger->resource[i].begun, ledger->resource[i].ended + ledger->resource[i].now, "calls");
        SAME(ledger->resource[i].now, run->stats->resources[i].served.now, "calls in service");
    }
    if (results->end == WORLD_DRAINED)
        SAME(ledger->population, 0, "requests after all is done");
}

/* ---- the runs ---- */

static void check_run(Lab *lab, int server, const char *text)
{
    Mem *mem = mem_new(1 << 26);
    Ledger *ledger = ledger_new(mem, lab->spec);
    LabRun *run = lab_begin_drawn(lab, server, &ledger->sink), *plain = lab_begin(lab, server);
    bool more = true;
    while (more) {
        more = lab_step(run);
        for (int i = 0; i < lab->spec->handler_count && view_left_out(run->probe.view) == 0; i++)
            same_counts(&ledger->handler[i], &run->stats->handlers[i], text);
    }
    const Results *results = lab_finish(run);
    ledger_at(ledger, results->simulated);
    if (view_left_out(run->probe.view) == 0) {
        little(ledger, results, text);
        utilization(ledger, run, results, text);
        flows(ledger, run, results, text);
    }
    SAME(results->digest, lab_finish(plain)->digest, "the digest of a run that nobody draws");
    lab_end_run(plain);
    lab_end_run(run);
    mem_delete(mem);
}

START_TEST(it_holds_on_random_specs)
{
    Mem *mem = mem_new(1 << 26);
    for (int i = 0; i < OF_A_TEST; i++) {
        const char *text = random_spec(mem, (uint64_t)_i * A_TEST + (uint64_t)i);
        Lab *lab = lab_read(text);
        for (int server = 0; server < lab->spec->server_count; server++)
            check_run(lab, server, text);
        lab_end(lab);
    }
    mem_delete(mem);
}
END_TEST

START_TEST(random_specs_meet_everything)
{
    static const char *const all[] = {
        "event-loop",
        "thread-per-connection",
        "thread-pool",
        "green-threads",
        "\"loops\"",
        "\"request\"",
        "\"connection\"",
        "max_threads",
        "parallel_io",
        "round-robin\"",
        "reuseport",
        "libuv-1.44",
        "backlog",
        "max_connections",
        "request_timeout",
        "keep_alive_timeout",
        "pauses",
        "\"scheduler\": \"fair\"",
        "\"scheduler\": \"round-robin\"",
        "\"scheduler\": \"fifo\"",
        "processor-sharing",
        "\"memory\"",
        "poisson",
        "\"every\"",
        "\"at\"",
        "interarrival",
        "bursts",
        "modulated",
        "stages",
        "clients",
        "think",
        "geometric",
        "pause\"",
        "count",
        "\"timeout\"",
        "retry",
        "\"cpu\"",
        "\"io\"",
        "\"net\"",
        "\"sleep\"",
        "\"pool\"",
        "\"sync\"",
        "\"dns\"",
        "\"fs\"",
        "choose",
        "repeat",
        "lock",
        "try",
        "finally",
        "all\"",
        "allSettled",
        "race",
        "any",
        "respond",
        "throw",
        "error_rate",
        "concurrency",
        "rtt",
    };
    Mem *mem = mem_new(1 << 28);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        int specs = 0;
        for (uint64_t number = 0; number < SPECS && specs < 5; number++)
            specs += strstr(random_spec(mem, number), all[i]) != NULL;
        ck_assert_msg(specs == 5, "%s is in %d specs", all[i], specs);
    }
    mem_delete(mem);
}
END_TEST

START_TEST(it_holds_on_the_examples)
{
    char *text = read_file(examples.gl_pathv[_i], NULL);
    Lab *lab = lab_read(text);
    if (lab->spec->duration !=
        TIME_NEVER) { /* shorter: it goes event by event, and not everything is drawn in a crowd */
        lab->spec->warmup = WARMUP_MS * TIME_MS;
        lab->spec->duration = DURATION_MS * TIME_MS;
    }
    for (int server = 0; server < lab->spec->server_count; server++)
        check_run(lab, server, text);
    lab_end(lab);
    free(text);
}
END_TEST

/* ---- who looks, and in which order ---- */

/* What the results say of one server: from its name to the next one's, or to the contrast. */
static char *part_of(const char *json, const char *server)
{
    char begin[64];
    snprintf(begin, sizeof begin, "\n    \"%s\": {", server);
    const char *from = strstr(json, begin);
    ck_assert_msg(from != NULL, "no %s in %s", server, json);
    const char *to = strstr(from, "\n    }");
    ck_assert_ptr_nonnull(to);
    char *part = malloc((size_t)(to - from) + 1);
    ck_assert_ptr_nonnull(part);
    memcpy(part, from, (size_t)(to - from));
    part[to - from] = '\0';
    return part;
}

static void same_part(const Ran *a, const Ran *b, const char *server)
{
    ck_assert_int_eq(a->exit, 0);
    ck_assert_msg(b->exit == 0, "%s", b->err);
    char *one = part_of(a->out, server), *other = part_of(b->out, server);
    ck_assert_str_eq(one, other);
    free(one);
    free(other);
}

#define SERVERS_LOOP "\"node\": {\"model\": \"event-loop\"}"
#define SERVERS_POOL "\"pool\": {\"model\": \"thread-pool\", \"threads\": 3}"
#define SERVERS_THREADS "\"threads\": {\"model\": \"thread-per-connection\"}"

static const char *spec_with(const char *name, const char *a, const char *b, const char *c)
{
    char text[2048];
    const char *path = scratch(name);
    snprintf(
        text, sizeof text,
        "{\"name\": \"order\", \"duration\": \"2s\", \"machine\": {\"cores\": 2},\n"
        " \"resources\": {\"db\": {\"latency\": {\"exponential\": \"3ms\"}, \"concurrency\": 4}},\n"
        " \"handlers\": {\"get\": [{\"cpu\": {\"exponential\": \"1ms\"}}, {\"await\": {\"io\": \"db\"}}, \"read\"]},\n"
        " \"arrivals\": {\"poisson\": \"300/s\", \"requests\": {\"geometric\": 2}},\n"
        " \"servers\": {%s, %s, %s}}\n",
        a, b, c);
    write_file(path, text);
    return path;
}

START_TEST(the_order_of_servers_changes_none)
{
    Ran a = run_loopsim("run", spec_with("a.json", SERVERS_LOOP, SERVERS_POOL, SERVERS_THREADS), "--out", "json", NULL);
    Ran b = run_loopsim("run", spec_with("b.json", SERVERS_THREADS, SERVERS_LOOP, SERVERS_POOL), "--out", "json", NULL);
    same_part(&a, &b, "node");
    same_part(&a, &b, "pool");
    same_part(&a, &b, "threads");
    ran_free(&a);
    ran_free(&b);
}
END_TEST

START_TEST(a_server_alone_is_the_same)
{
    static const char *const names[] = {"node", "pool", "threads"};
    const char *path = spec_with("a.json", SERVERS_LOOP, SERVERS_POOL, SERVERS_THREADS);
    Ran all = run_loopsim("run", path, "--out", "json", NULL);
    Ran alone = run_loopsim("run", path, "--out", "json", "--only", names[_i], NULL);
    same_part(&all, &alone, names[_i]);
    ran_free(&all);
    ran_free(&alone);
}
END_TEST

START_TEST(a_trace_changes_nothing)
{
    const char *path = spec_with("a.json", SERVERS_LOOP, SERVERS_POOL, SERVERS_THREADS);
    Ran plain = run_loopsim("run", path, "--out", "json", NULL);
    Ran traced = run_loopsim("run", path, "--out", "json", "--trace", scratch("trace.json"), NULL);
    ck_assert_str_eq(plain.out, traced.out);
    ran_free(&plain);
    ran_free(&traced);
}
END_TEST

Suite *identity_suite(void);
Suite *identity_suite(void)
{
    Suite *suite = suite_create("identity");
    TCase *tests = tcase_create("identity");
    tcase_add_loop_test(tests, it_holds_on_random_specs, 0, SPECS / A_TEST);
    tcase_add_test(tests, random_specs_meet_everything);
    if (examples.gl_pathc == 0 && glob("examples/*.json", 0, NULL, &examples) != 0)
        examples.gl_pathc = 0;
    tcase_add_loop_test(tests, it_holds_on_the_examples, 0, (int)examples.gl_pathc);
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, the_order_of_servers_changes_none);
    tcase_add_loop_test(tests, a_server_alone_is_the_same, 0, 3);
    tcase_add_test(tests, a_trace_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
