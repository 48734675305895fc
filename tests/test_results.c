/* Results of runs that are driven by hand, their bottleneck, and how they look as JSON. */
#include "../cli/report.h"
#include "../model/observe/results.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char spec_text[] =
    "{\"name\": \"by hand\", \"duration\": \"1s\","
    " \"resources\": {\"db\": {\"latency\": \"1ms\", \"concurrency\": 2}, \"s3\": {\"latency\": \"1ms\"}},"
    " \"handlers\": {\"get\": [{\"cpu\": \"1ms\"}, {\"await\": {\"io\": \"db\"}}], \"put\": [{\"cpu\": \"1ms\"}]},"
    " \"arrivals\": {\"every\": \"10ms\", \"mix\": {\"get\": 1, \"put\": 1}},"
    " \"servers\": {\"node\": {\"model\": \"event-loop\"}, \"threads\": {\"model\": \"thread-per-connection\"},"
    " \"pool\": {\"model\": \"thread-pool\", \"threads\": 10}}}";

enum { NODE, THREADS, POOL };
enum { GET, PUT };

typedef struct Scene {
    Mem *mem;
    Spec *spec;
    Program *program;
    Diag diag;
    Kernel kernel;
    Stats *stats;
    Probe probe;
    Thread loop;
    Connection connection;
    uint64_t requests;
} Scene;

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
    scene->program = program_compile(mem, scene->spec, &scene->diag);
    ck_assert_ptr_nonnull(scene->program);
    kernel_init(&scene->kernel);
    scene->stats = stats_new(mem, scene->spec, scene->program, 0);
    probe_init(&scene->probe, &scene->kernel, scene->stats);
    stats_open(scene->stats, NULL, 0);
    scene->loop.kind = THREAD_LOOP;
    scene->loop.number = 1;
    return scene;
}

static void scene_end(Scene *scene)
{
    mem_delete(scene->mem);
}

static Results *take(Scene *scene, int server, Time end)
{
    scene->kernel.now = end;
    stats_close(scene->stats, NULL, end);
    return results_take(scene->mem, scene->spec, scene->program, &scene->spec->servers[server], &scene->probe,
                        WORLD_DEADLINE);
}

static int32_t find_step(const Scene *scene, int handler, StepKind kind)
{
    for (int32_t i = 0; i < program_steps(scene->program); i++) {
        const StepInfo *info = program_step(scene->program, i);
        if (info->handler == handler && info->kind == kind)
            return i;
    }
    ck_abort_msg("no such step");
    return -1;
}

/* One request from `wanted`: ready_wait, then CPU in its first step, then the end. */
static void serve(Scene *scene, int handler, Time wanted, Time waits, Time computes, Outcome outcome)
{
    Request *request = mem_get(scene->mem, sizeof *request);
    int32_t step = find_step(scene, handler, STEP_CPU);
    request->number = ++scene->requests;
    request->handler = handler;
    request->connection = &scene->connection;
    scene->kernel.now = request->wanted = wanted;
    note_want(&scene->probe, request);
    note_part(&scene->probe, &request->account, PART_READY_WAIT);
    scene->kernel.now += waits;
    note_idle(&scene->probe, &scene->loop, false);
    note_step(&scene->probe, &request->account, step);
    note_part(&scene->probe, &request->account, PART_CPU);
    scene->kernel.now += computes;
    note_step_end(&scene->probe, &request->account, step);
    note_idle(&scene->probe, &scene->loop, true);
    note_respond(&scene->probe, request);
    note_outcome(&scene->probe, request, outcome);
}

/* ---- figures ---- */

START_TEST(the_parts_of_the_mean_add_up_to_it)
{
    Scene *scene = scene_new();
    note_idle(&scene->probe, &scene->loop, true);
    serve(scene, GET, 0, 1, 3, OUTCOME_COMPLETED);
    serve(scene, GET, 10, 1, 3, OUTCOME_COMPLETED);
    serve(scene, PUT, 20, 3, 5, OUTCOME_COMPLETED);
    Results *results = take(scene, NODE, 100);
    ck_assert_int_eq(hist_mean(&results->all.latency), 5);   /* 16 / 3 */
    ck_assert_int_eq(results->all.time[PART_READY_WAIT], 1); /* 5 / 3 */
    ck_assert_int_eq(results->all.time[PART_CPU], 3);        /* 11 / 3 */
    ck_assert_int_eq(results->all.time[PART_OVERHEAD], 1);   /* what rounding left */
    ck_assert_int_eq(results->handlers[PUT].time[PART_CPU], 5);
    ck_assert_int_eq(results->handlers[PUT].time[PART_OVERHEAD], 0);
    scene_end(scene);
}
END_TEST

START_TEST(all_is_the_sum_of_the_handlers)
{
    Scene *scene = scene_new();
    note_idle(&scene->probe, &scene->loop, true);
    serve(scene, GET, 0, 0, 5, OUTCOME_COMPLETED);
    serve(scene, GET, 10, 0, 5, OUTCOME_FAILED);
    serve(scene, PUT, 20, 0, 5, OUTCOME_TIMED_OUT);
    serve(scene, PUT, 30, 0, 5, OUTCOME_COMPLETED);
    Results *results = take(scene, NODE, TIME_S / 2);
    const RequestCounts *all = &results->all.requests;
    ck_assert(all->arrived == 4 && all->completed == 2 && all->failed == 1 && all->timed_out == 1 &&
              all->refused == 0 && all->in_flight == 0);
    ck_assert_uint_eq(results->all.latency.count, 2);
    ck_assert_int_eq(results->all.throughput, 4000000);
    ck_assert_int_eq(results->handlers[GET].throughput, 2000000);
    ck_assert_int_eq(results->simulated, TIME_S / 2);
    scene_end(scene);
}
END_TEST

START_TEST(what_a_model_does_not_have_is_absent)
{
    Scene *scene = scene_new();
    note_idle(&scene->probe, &scene->loop, true);
    Results *results = take(scene, NODE, 1000);
    ck_assert(results->has_loop && results->has_pool);
    ck_assert_int_eq(results->pool.workers, 4);
    scene_end(scene);

    scene = scene_new();
    results = take(scene, THREADS, 1000);
    ck_assert(!results->has_loop && !results->has_pool);
    ck_assert(results->resources[0].limited && !results->resources[1].limited);
    scene_end(scene);
}
END_TEST

START_TEST(an_empty_window_has_no_rates)
{
    Scene *scene = scene_new();
    Results *results = take(scene, NODE, 0);
    ck_assert_int_eq(results->all.throughput, 0);
    ck_assert_int_eq(results->loop.utilization, 0);
    ck_assert_int_eq(results->bottleneck.kind, BOUND_NONE);
    scene_end(scene);
}
END_TEST

/* ---- the bottleneck ---- */

START_TEST(the_loop_binds_and_the_sentence_names_the_step_that_fills_it)
{
    Scene *scene = scene_new();
    note_idle(&scene->probe, &scene->loop, true);
    for (int i = 0; i < 8; i++)
        serve(scene, i % 4 == 3 ? PUT : GET, i * 100, 0, i % 4 == 3 ? 95 : 50, OUTCOME_COMPLETED);
    Results *results = take(scene, NODE, 800); /* busy: 6 * 50 + 2 * 95 = 490 of 800 */
    const Bottleneck *bound = &results->bottleneck;
    ck_assert_int_eq(bound->kind, BOUND_LOOP);
    ck_assert_str_eq(bound->what, "loop thread");
    ck_assert_int_eq(bound->utilization, 612500);
    ck_assert_int_eq(bound->breaks_at, sum_divide(sum_product(8, UINT64_C(1000000000000000)), sum_of(490)));
    ck_assert_str_eq(bound->why, "the loop thread is busy 61 % of the time, 61 % of it in step 1 (cpu) of `get`; "
                                 "whatever is ready waits for it");
    ck_assert_ptr_nonnull(bound->advice);
    scene_end(scene);
}
END_TEST

START_TEST(a_resource_binds_with_its_places)
{
    Scene *scene = scene_new();
    note_idle(&scene->probe, &scene->loop, true);
    serve(scene, GET, 0, 0, 1, OUTCOME_COMPLETED);
    note_call(&scene->probe, NULL, 0, 0, +1);
    note_call(&scene->probe, NULL, 0, 0, +1);
    note_call(&scene->probe, NULL, 0, +1, 0);
    scene->kernel.now = 91;
    note_call(&scene->probe, NULL, 0, -1, 0);
    note_call(&scene->probe, NULL, 0, 0, -1);
    Results *results = take(scene, NODE, 101);
    ck_assert_int_eq(results->bottleneck.kind, BOUND_RESOURCE);
    ck_assert_str_eq(results->bottleneck.what, "resource db");
    ck_assert_int_eq(results->bottleneck.utilization, 940594); /* (90 * 2 + 10) / 202 */
    ck_assert_ptr_nonnull(strstr(results->bottleneck.why, "the places of `db` are busy 94 % of the time"));
    ck_assert_ptr_nonnull(strstr(results->bottleneck.why, "; 0.8 calls queue for it on average"));
    ck_assert_str_eq(results->bottleneck.advice, "--set resources.db.concurrency=4");
    ck_assert_int_eq(results->resources[0].peak_queue, 1);
    scene_end(scene);
}
END_TEST

START_TEST(a_pool_of_threads_binds_where_it_says_what_it_holds)
{
    Scene *scene = scene_new();
    note_task_start(&scene->probe, NULL, NULL, 0, "connection");
    note_task(&scene->probe, NULL, +2, +10);
    Results *results = take(scene, POOL, 100);
    ck_assert(results->has_pool && results->pool.workers == 10 && results->pool.utilization == 1000000);
    ck_assert_int_eq(results->bottleneck.kind, BOUND_THREADS);
    ck_assert_int_eq(results->bottleneck.breaks_at, -1); /* nothing was answered */
    ck_assert_str_eq(results->bottleneck.why, "the 10 threads are held 100 % of the time; 2.0 wait for one on average");
    ck_assert_str_eq(results->bottleneck.advice, "--set servers.pool.threads=20");
    scene_end(scene);
}
END_TEST

START_TEST(a_loop_that_waits_for_a_core_is_not_the_bottleneck)
{
    Scene *scene = scene_new();
    note_thread_state(&scene->probe, &scene->loop, STATE_READY, -1);
    note_task(&scene->probe, NULL, 0, +4);
    scene->kernel.now = 90;
    note_thread_state(&scene->probe, &scene->loop, STATE_RUNNING, 0);
    Results *results = take(scene, NODE, 100);
    ck_assert_int_eq(results->loop.utilization, 1000000); /* it never waited in poll */
    ck_assert_int_eq(results->bottleneck.kind, BOUND_WORKERS);
    scene_end(scene);
}
END_TEST

START_TEST(without_limits_there_is_nothing_to_blame)
{
    Scene *scene = scene_new();
    Results *results = take(scene, THREADS, 100);
    ck_assert_int_eq(results->bottleneck.kind, BOUND_NONE);
    ck_assert_str_eq(results->bottleneck.what, "none");
    ck_assert_ptr_null(results->bottleneck.advice);
    scene_end(scene);
}
END_TEST

/* ---- JSON ---- */

static const char *json_of(Scene *scene, int count, const Results *const results[])
{
    static const Percentile percentiles[] = {{"50", 50000000}, {"99.9", 99900000}};
    Percentile *list = mem_get(scene->mem, sizeof percentiles);
    memcpy(list, percentiles, sizeof percentiles);
    Args args = {.percentiles = list, .percentile_count = 2};
    Report report = {
        .mem = scene->mem, .spec = scene->spec, .path = "x.json", .args = &args, .count = count, .runs = 1};
    Verdict verdict = {.text = "p99 < \"x\"", .unit = METRIC_TIME, .has_limit = true, .limit = 7};
    report.results = mem_get(scene->mem, 2 * sizeof *report.results);
    for (int i = 0; i < count; i++)
        report.results[i] = results[i];
    report.verdicts = &verdict;
    report.verdict_count = 1;
    Buf *buf = mem_get(scene->mem, sizeof *buf);
    buf_init(buf, scene->mem, 1 << 24);
    report_json(buf, &report);
    return buf_string(buf);
}

static void check_order(const char *json, const char *const keys[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *found = strstr(json, keys[i]);
        ck_assert_msg(found != NULL, "%s is missing or too early", keys[i]);
        json = found + strlen(keys[i]);
    }
}

START_TEST(the_keys_of_the_json_stand_in_their_order)
{
    static const char *const keys[] = {
        "{\n  \"loopsim\": ",
        "\"schema\": 1",
        "\"spec\": { \"name\": \"by hand\", \"digest\": \"",
        "\"seed\": 1",
        "\"runs\": 1",
        "\"interrupted\": false",
        "\"servers\": {",
        "\"node\": {",
        "\"model\": \"event-loop\"",
        "\"end\": \"deadline\"",
        "\"simulated_ns\": 100",
        "\"window_ns\": [0, 100]",
        "\"events\": ",
        "\"digest\": \"",
        "\"connections\": { \"arrived\": 0, \"accepted\": 0, \"refused\": 0, \"peak_open\": 0 }",
        "\"requests\": { \"arrived\": 1, \"completed\": 1, \"failed\": 0, \"refused\": 0, \"timed_out\": 0, "
        "\"in_flight\": 0, \"retried\": 0 }",
        "\"throughput_per_s\": 10000000.000000",
        "\"latency_ns\": { \"count\": 1, \"mean\": 5, \"sd\": 0, \"min\": 5, \"max\": 5, \"percentiles\": { \"50\": 5, "
        "\"99.9\": 5 } }",
        "\"time_ns\": { \"network\": 0, \"accept_wait\": 0, \"ready_wait\": 1, \"cpu\": 4, \"preempted\": 0, "
        "\"overhead\": 0, \"pool_wait\": 0, "
        "\"resource_wait\": 0, \"resource\": 0, \"sleep\": 0, \"lock_wait\": 0, \"other\": 0 }",
        "\"handlers\": {",
        "\"get\": {",
        "\"requests\"",
        "\"throughput_per_s\"",
        "\"latency_ns\"",
        "\"time_ns\"",
        "\"put\": {",
        "\"cpu\": { \"cores\": 1, \"utilization\": 0.000000, \"user_ns\": 0, \"overhead_ns\": 0, \"switches\": 0, "
        "\"switch_ns\": 0, \"wasted_ns\": 0, \"wasted\": 0.000000 }",
        "\"threads\": { \"peak\": 0, \"created\": 0 }",
        "\"memory\": { \"peak_bytes\": 0 }",
        "\"loop\": { \"iterations\": 0, \"utilization\": 0.040000, \"lag_ns\": { \"mean\": 0, \"max\": 0, "
        "\"percentiles\": { \"50\": 0, \"99.9\": 0 } } }",
        "\"pool\": { \"workers\": 4, \"utilization\": 0.000000, \"tasks\": 0, \"wait_ns\": {",
        "\"peak_queue\": 0 }",
        "\"resources\": {",
        "\"db\": { \"calls\": 0, \"errors\": 0, \"utilization\": 0.000000, \"wait_ns\": {",
        "\"s3\": { \"calls\": 0, \"errors\": 0, \"wait_ns\": {",
        "\"bottleneck\": {",
        "\"what\": \"loop thread\"",
        "\"utilization\": 0.040000",
        "\"breaks_at_per_s\": 250000000.000000",
        "\"why\": \"",
        "\"slowest\": [",
        "\"population\": { \"mean\": 0.050000, \"empty\": 0.950000",
        "\"queueing_ns\": {",
        "\"contrast\": []",
        "\"requirements\": [",
        "{ \"text\": \"p99 < \\\"x\\\"\", \"value\": null, \"limit\": 7, \"met\": false }",
    };
    Scene *scene = scene_new();
    note_idle(&scene->probe, &scene->loop, true);
    serve(scene, GET, 0, 1, 4, OUTCOME_COMPLETED);
    const Results *results = take(scene, NODE, 100);
    check_order(json_of(scene, 1, &results), keys, COUNT_OF(keys));
    scene_end(scene);
}
END_TEST

START_TEST(the_contrast_is_the_largest_by_the_smallest)
{
    Scene *slow = scene_new(), *quick = scene_new();
    note_idle(&slow->probe, &slow->loop, true);
    note_idle(&quick->probe, &quick->loop, true);
    serve(slow, GET, 0, 0, 30, OUTCOME_COMPLETED);
    serve(quick, GET, 0, 0, 20, OUTCOME_COMPLETED);
    const Results *results[] = {take(slow, NODE, 100), take(quick, THREADS, 100)};
    const char *json = json_of(slow, 2, results);
    ck_assert_ptr_nonnull(
        strstr(json, "{ \"metric\": \"mean\", \"values\": { \"node\": 30, \"threads\": 20 }, \"ratio\": 1.500000 }"));
    ck_assert_ptr_nonnull(strstr(json, "{ \"metric\": \"throughput\", \"values\": { \"node\": 10000000.000000, "
                                       "\"threads\": 10000000.000000 }, \"ratio\": 1.000000 }"));
    ck_assert(json[strlen(json) - 1] == '\n' && json[strlen(json) - 2] == '}');
    scene_end(quick);
    scene_end(slow);
}
END_TEST

Suite *results_suite(void);
Suite *results_suite(void)
{
    Suite *suite = suite_create("results");
    TCase *figures = tcase_create("figures"), *bottleneck = tcase_create("bottleneck"), *json = tcase_create("json");
    tcase_add_test(figures, the_parts_of_the_mean_add_up_to_it);
    tcase_add_test(figures, all_is_the_sum_of_the_handlers);
    tcase_add_test(figures, what_a_model_does_not_have_is_absent);
    tcase_add_test(figures, an_empty_window_has_no_rates);
    tcase_add_test(bottleneck, the_loop_binds_and_the_sentence_names_the_step_that_fills_it);
    tcase_add_test(bottleneck, a_resource_binds_with_its_places);
    tcase_add_test(bottleneck, a_pool_of_threads_binds_where_it_says_what_it_holds);
    tcase_add_test(bottleneck, a_loop_that_waits_for_a_core_is_not_the_bottleneck);
    tcase_add_test(bottleneck, without_limits_there_is_nothing_to_blame);
    tcase_add_test(json, the_keys_of_the_json_stand_in_their_order);
    tcase_add_test(json, the_contrast_is_the_largest_by_the_smallest);
    suite_add_tcase(suite, figures);
    suite_add_tcase(suite, bottleneck);
    suite_add_tcase(suite, json);
    return suite;
}
