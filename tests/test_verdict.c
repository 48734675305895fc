/* Requirements: how they are read, bound to a spec and judged. */
#include "../model/observe/verdict.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char spec_text[] =
    "{\"duration\": \"1s\", \"handlers\": {\"get\": [{\"cpu\": \"1ms\"}], \"put\": [{\"cpu\": \"1ms\"}]},"
    " \"arrivals\": {\"every\": \"10ms\", \"mix\": {\"get\": 1, \"put\": 1}},"
    " \"servers\": {\"node\": {\"model\": \"event-loop\"}, \"threads\": {\"model\": \"thread-per-connection\"},"
    " \"pool50\": {\"model\": \"thread-pool\"}}}";

enum { SERVERS = 3 };

typedef struct Scene {
    Mem *mem;
    Spec *spec;
    Diag diag;
    Results results[SERVERS];
    const Results *by_server[SERVERS];
} Scene;

static void fill(Scene *scene, int server, Time first, Time step)
{
    Results *results = &scene->results[server];
    results->name = scene->spec->servers[server].name;
    results->handler_count = 2;
    results->handlers = mem_get(scene->mem, 2 * sizeof *results->handlers);
    hist_init(&results->all.latency, scene->mem);
    hist_init(&results->handlers[0].latency, scene->mem);
    hist_init(&results->handlers[1].latency, scene->mem);
    hist_init(&results->loop.lag, scene->mem);
    hist_init(&results->pool.wait, scene->mem);
    for (int i = 0; i < 100; i++) {
        hist_add(&results->all.latency, first + i * step);
        hist_add(&results->handlers[0].latency, first + i * step);
    }
    results->all.requests =
        (RequestCounts){.arrived = 105, .completed = 100, .failed = 2, .refused = 1, .timed_out = 0, .in_flight = 2};
    results->all.throughput = 500 * 1000000;
    results->cpu.utilization = 250000;
    results->cpu.switches = 12;
    results->memory_peak = 64 << 20;
    results->threads_peak = 5;
    results->digest = UINT64_C(0xfedcba9876543210);
    scene->by_server[server] = results;
}

static Scene *scene_new(void)
{
    Mem *mem = mem_new(64 << 20);
    Scene *scene = mem_get(mem, sizeof *scene);
    scene->mem = mem;
    diag_init(&scene->diag, mem);
    SpecText text = {"test.json", spec_text, strlen(spec_text)};
    SpecOptions options = {.set = NULL};
    scene->spec = spec_read(mem, text, &options, &scene->diag);
    ck_assert_ptr_nonnull(scene->spec);
    fill(scene, 0, 100, 2); /* node: 100 … 298 ns */
    fill(scene, 1, 50, 1);  /* threads: 50 … 149 ns */
    fill(scene, 2, 75, 1);
    scene->results[0].has_loop = scene->results[0].has_pool = true;
    scene->results[0].loop.utilization = 870000;
    hist_add(&scene->results[0].loop.lag, 7);
    return scene;
}

static bool parse(Scene *scene, Requirement *requirement, const char *text)
{
    JsonPlace place = {"test.json", 3, 10, 40, (uint32_t)strlen(text) + 2};
    diag_init(&scene->diag, scene->mem);
    return requirement_parse(requirement, scene->mem, scene->spec, text, place, &scene->diag);
}

static Verdict judge(Scene *scene, const char *text)
{
    Requirement requirement;
    ck_assert_msg(parse(scene, &requirement, text), "%s: %s", text,
                  scene->diag.count > 0 ? scene->diag.entry[0].what : "");
    return requirement_judge(&requirement, scene->spec, scene->by_server);
}

static void expect(const char *text, bool met, int64_t value, int64_t limit)
{
    Scene *scene = scene_new();
    Verdict verdict = judge(scene, text);
    ck_assert_msg(verdict.met == met, "%s: met %d", text, verdict.met);
    ck_assert_msg(verdict.value == value, "%s: value %lld", text, (long long)verdict.value);
    ck_assert_msg(verdict.limit == limit, "%s: limit %lld", text, (long long)verdict.limit);
    mem_delete(scene->mem);
}

static void refuse(const char *text, uint32_t column, const char *what)
{
    Scene *scene = scene_new();
    Requirement requirement;
    ck_assert_msg(!parse(scene, &requirement, text), "%s was taken", text);
    ck_assert_uint_eq(scene->diag.errors, 1);
    const DiagEntry *entry = &scene->diag.entry[0];
    ck_assert_msg(strstr(entry->what, what) != NULL, "%s: %s", text, entry->what);
    ck_assert_ptr_nonnull(entry->help);
    ck_assert_msg(entry->place.column == 10 + 1 + column, "%s: column %u", text, (unsigned)entry->place.column - 11);
    ck_assert_uint_eq(entry->place.offset, 40 + 1 + column);
    mem_delete(scene->mem);
}

START_TEST(each_metric_has_its_unit)
{
    expect("node.mean < 1us", true, 199, 1000);
    expect("node.min >= 100ns", true, 100, 100);
    expect("node.max > 298ns", false, 298, 298);
    expect("node.p50 <= 198ns", true, 198, 198);
    expect("node.p99 < 200ns", false, 296, 200);
    expect("node.p99.9 == 298ns", true, 298, 298);
    expect("node.throughput >= 500/s", true, 500000000, 500000000);
    expect("node.throughput > 30000/m", false, 500000000, 500000000);
    expect("node.completed == 100", true, 100, 100);
    expect("node.failed < 2", false, 2, 2);
    expect("node.refused <= 1", true, 1, 1);
    expect("node.timed_out == 0", true, 0, 0);
    expect("node.in_flight < 3", true, 2, 3);
    expect("node.cpu < 25%", false, 250000, 250000);
    expect("node.cpu <= 0.25", true, 250000, 250000);
    expect("node.loop < 0.9", true, 870000, 900000);
    expect("node.memory <= 64MiB", true, 64 << 20, 64 << 20);
    expect("node.threads == 5", true, 5, 5);
    expect("node.switches > 11", true, 12, 11);
    expect("node.lag.p99 < 8ns", true, 7, 8);
    expect("node.get.p50 < 1ms", true, 198, 1000000);
}
END_TEST

START_TEST(spaces_are_free)
{
    expect("  node.threads<6  ", true, 5, 6);
    expect("node.p50<2*threads.p50", false, 198, 198);
}
END_TEST

START_TEST(metrics_are_compared_with_each_other_exactly)
{
    expect("threads.p50 < node.p50", true, 99, 198);
    expect("node.p50 <= 2 * threads.p50", true, 198, 198);
    expect("node.p50 <= 1.999999999 * threads.p50", false, 198, 197);
    expect("node.throughput >= 0.95 * threads.throughput", true, 500000000, 475000000);
    expect("threads.p50 < 0.5 * node.p50", false, 99, 99);
}
END_TEST

START_TEST(a_digest_is_equal_or_not)
{
    Scene *scene = scene_new();
    ck_assert(judge(scene, "node.digest == \"fedcba9876543210\"").met);
    ck_assert(judge(scene, "node.digest == fedcba9876543210").met);
    ck_assert(!judge(scene, "node.digest == \"fedcba9876543211\"").met);
    ck_assert(judge(scene, "node.digest == threads.digest").met);
    mem_delete(scene->mem);
}
END_TEST

START_TEST(without_a_server_it_is_of_every_one_and_the_worst_is_told)
{
    Scene *scene = scene_new();
    Verdict verdict = judge(scene, "p50 < 150ns");
    ck_assert(!verdict.met);
    ck_assert_str_eq(verdict.server, "node");
    verdict = judge(scene, "p50 < 250ns");
    ck_assert(verdict.met);
    ck_assert_str_eq(verdict.server, "node");
    verdict = judge(scene, "p50 > 10ns");
    ck_assert(verdict.met);
    ck_assert_str_eq(verdict.server, "threads");
    ck_assert(judge(scene, "mean < p99").met);      /* each against itself */
    ck_assert(!judge(scene, "max < node.p99").met); /* node's is not */
    ck_assert(judge(scene, "get.p50 < 1ms").met);
    ck_assert(judge(scene, "loop < 1").met); /* of those that have one */
    mem_delete(scene->mem);
}
END_TEST

START_TEST(what_a_run_does_not_have_meets_nothing)
{
    Scene *scene = scene_new();
    Verdict verdict = judge(scene, "node.put.p99 < 1s"); /* nothing of put was completed */
    ck_assert(!verdict.met && !verdict.has_value);
    verdict = judge(scene, "node.get.p99 < 10 * node.put.p99");
    ck_assert(!verdict.met && verdict.has_value && !verdict.has_limit);
    mem_delete(scene->mem);
}
END_TEST

START_TEST(what_names_nothing_is_an_error_with_its_place)
{
    refuse("nod.p99 < 1ms", 0, "\"nod\"");
    refuse("node.gte.p99 < 1ms", 5, "\"gte\"");
    refuse("node.get.p9x < 1ms", 9, "\"p9x\"");
    refuse("node < 1ms", 0, "missing after \"node\"");
    refuse("node.p100 < 1ms", 5, "\"p100\"");
    refuse("node.p0 < 1ms", 5, "\"p0\"");
    refuse("< 1ms", 0, "\"\"");
    refuse("node.p99 < treads.p99", 11, "\"treads\"");
    refuse("node.get.cpu < 0.5", 0, "not of a handler");
    refuse("threads.loop < 0.5", 0, "does not have");
}
END_TEST

START_TEST(what_is_wrong_on_the_right_is_an_error_with_its_place)
{
    refuse("node.p99", 8, "missing");
    refuse("node.p99 = 1ms", 9, "comparison");
    refuse("node.p99 <", 10, "missing");
    refuse("node.p99 < 1", 11, "without a unit");
    refuse("node.p99 < 1ms 2ms", 11, "1ms 2ms");
    refuse("node.throughput > 500", 18, "rate");
    refuse("node.completed > 1e3", 17, "whole number");
    refuse("node.cpu < 120%", 11, "100%");
    refuse("node.memory < 5", 14, "size");
    refuse("node.p99 < node.cpu", 11, "different kinds");
    refuse("node.p99 < threads.p99 threads", 23, "nothing more");
    refuse("node.digest < \"0123456789abcdef\"", 12, "equal or not");
    refuse("node.digest == \"0123\"", 15, "digest");
}
END_TEST

START_TEST(it_is_judged_only_where_its_servers_run)
{
    Scene *scene = scene_new();
    Requirement requirement;
    static const bool only_node[SERVERS] = {true, false, false}, only_threads[SERVERS] = {false, true, false};
    parse(scene, &requirement, "threads.p99 < node.p99");
    ck_assert(!requirement_runs(&requirement, scene->spec, only_node));
    parse(scene, &requirement, "p99 < 1s");
    ck_assert(requirement_runs(&requirement, scene->spec, only_node));
    parse(scene, &requirement, "loop < 1");
    ck_assert(!requirement_runs(&requirement, scene->spec, only_threads));
    scene->by_server[0] = NULL;
    Verdict verdict = judge(scene, "p50 < 150ns");
    ck_assert(verdict.met); /* node, which would fail, was not run */
    mem_delete(scene->mem);
}
END_TEST

START_TEST(percentages_have_up_to_six_decimals)
{
    uint64_t value;
    ck_assert(metric_percent("99.9", 4, &value) && value == 99900000);
    ck_assert(metric_percent("0.000001", 8, &value) && value == 1);
    ck_assert(metric_percent("100", 3, &value) && value == 100000000);
    ck_assert(!metric_percent("100.000001", 10, &value));
    ck_assert(!metric_percent("0", 1, &value));
    ck_assert(!metric_percent("0.0000001", 9, &value));
    ck_assert(!metric_percent(".5", 2, &value));
    ck_assert(!metric_percent("5.", 2, &value));
    ck_assert(!metric_percent("", 0, &value));
    ck_assert(!metric_percent("99999999999999999999", 20, &value));
    ck_assert(!metric_percent("1.2.3", 5, &value));
}
END_TEST

Suite *verdict_suite(void);
Suite *verdict_suite(void)
{
    Suite *suite = suite_create("verdict");
    TCase *reading = tcase_create("reading"), *judging = tcase_create("judging");
    tcase_add_test(reading, what_names_nothing_is_an_error_with_its_place);
    tcase_add_test(reading, what_is_wrong_on_the_right_is_an_error_with_its_place);
    tcase_add_test(reading, percentages_have_up_to_six_decimals);
    tcase_add_test(judging, each_metric_has_its_unit);
    tcase_add_test(judging, spaces_are_free);
    tcase_add_test(judging, metrics_are_compared_with_each_other_exactly);
    tcase_add_test(judging, a_digest_is_equal_or_not);
    tcase_add_test(judging, without_a_server_it_is_of_every_one_and_the_worst_is_told);
    tcase_add_test(judging, what_a_run_does_not_have_meets_nothing);
    tcase_add_test(judging, it_is_judged_only_where_its_servers_run);
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, judging);
    return suite;
}
