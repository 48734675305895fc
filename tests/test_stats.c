/* The notes and what the statistics make of them, driven by hand on a kernel's clock. */
#include "../model/observe/probe.h"
#include "../sim/rng.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

typedef struct Scene {
    Mem *mem;
    Spec spec;
    SpecBody handlers[2];
    SpecResource resources[1];
    Kernel kernel;
    Stats *stats;
    Probe probe;
    Connection connection;
} Scene;

static Scene *scene_new(Time warmup)
{
    Mem *mem = mem_new(64 << 20);
    Scene *scene = mem_get(mem, sizeof *scene);
    scene->mem = mem;
    scene->handlers[0].name = "get";
    scene->handlers[1].name = "report";
    scene->resources[0].name = "db";
    scene->spec.handlers = scene->handlers;
    scene->spec.handler_count = 2;
    scene->spec.resources = scene->resources;
    scene->spec.resource_count = 1;
    kernel_init(&scene->kernel);
    scene->stats = stats_new(mem, &scene->spec, NULL, warmup);
    probe_init(&scene->probe, &scene->kernel, scene->stats);
    if (warmup == 0)
        stats_open(scene->stats, NULL, 0);
    return scene;
}

static void scene_end(Scene *scene)
{
    mem_delete(scene->mem);
}

static void at(Scene *scene, Time now)
{
    scene->kernel.now = now;
}

static Request *want(Scene *scene, uint64_t number, int handler)
{
    Request *request = mem_get(scene->mem, sizeof *request);
    request->number = number;
    request->handler = handler;
    request->connection = &scene->connection;
    request->wanted = scene->kernel.now;
    note_want(&scene->probe, request);
    return request;
}

static Time spent(const Strand *strand)
{
    Time sum = 0;
    for (int part = 0; part < PARTS; part++)
        sum += strand->spent[part];
    return sum;
}

/* ---- sums ---- */

START_TEST(sums_go_beyond_64_bits)
{
    Sum sum = sum_product(UINT64_MAX, UINT64_MAX);
    ck_assert(sum.low == 1 && sum.high == UINT64_MAX - 1);
    sum = sum_of(UINT64_MAX);
    sum_add(&sum, 1);
    ck_assert(sum.low == 0 && sum.high == 1);
    sum_add_product(&sum, UINT64_C(1) << 40, UINT64_C(1) << 40);
    ck_assert(sum.low == 0 && sum.high == 65537);
    sum = sum_minus(sum, sum_of(1));
    ck_assert(sum.low == UINT64_MAX && sum.high == 65536);
}
END_TEST

START_TEST(a_sum_is_divided_exactly)
{
    ck_assert_int_eq(sum_divide(sum_product(1000000007, UINT64_C(1) << 62), sum_of(UINT64_C(1) << 62)), 1000000007);
    ck_assert_int_eq(sum_divide(sum_of(7), sum_of(2)), 3);
    ck_assert_int_eq(sum_divide(sum_of(7), sum_of(0)), 0);
    ck_assert_int_eq(sum_divide(sum_product(UINT64_MAX, 2), sum_of(1)), INT64_MAX);
    ck_assert_int_eq(sum_divide(sum_product(UINT64_MAX, UINT64_MAX), sum_product(UINT64_MAX, UINT64_MAX)), 1);
}
END_TEST

START_TEST(a_ratio_is_rounded_to_the_nearest_millionth)
{
    ck_assert_int_eq(sum_ratio(sum_of(1), sum_of(3)), 333333);
    ck_assert_int_eq(sum_ratio(sum_of(2), sum_of(3)), 666667);
    ck_assert_int_eq(sum_ratio(sum_of(1), sum_of(2000000)), 1); /* a half goes up */
    ck_assert_int_eq(sum_ratio(sum_of(5), sum_of(0)), 0);
}
END_TEST

START_TEST(sums_are_ordered)
{
    ck_assert_int_eq(sum_compare(sum_product(UINT64_MAX, 2), sum_of(UINT64_MAX)), 1);
    ck_assert_int_eq(sum_compare(sum_of(3), sum_of(4)), -1);
    ck_assert_int_eq(sum_compare(sum_of(4), sum_of(4)), 0);
    Sum most = sum_times(sum_product(UINT64_MAX, UINT64_MAX), 2);
    ck_assert(most.low == UINT64_MAX && most.high == UINT64_MAX);
}
END_TEST

/* ---- accounts ---- */

START_TEST(the_parts_of_an_account_add_up_to_its_age)
{
    Scene *scene = scene_new(0);
    at(scene, 100);
    Request *request = want(scene, 1, 0);
    at(scene, 110);
    note_part(&scene->probe, &request->account, PART_ACCEPT_WAIT);
    at(scene, 130);
    note_part(&scene->probe, &request->account, PART_CPU);
    note_part(&scene->probe, NULL, PART_CPU);
    at(scene, 170);
    note_part(&scene->probe, &request->account, PART_NETWORK);
    at(scene, 171);
    note_outcome(&scene->probe, request, OUTCOME_COMPLETED);
    ck_assert_int_eq(request->account.spent[PART_NETWORK], 11);
    ck_assert_int_eq(request->account.spent[PART_ACCEPT_WAIT], 20);
    ck_assert_int_eq(request->account.spent[PART_CPU], 40);
    ck_assert_int_eq(spent(&request->account), 71);
    scene_end(scene);
}
END_TEST

START_TEST(the_path_taken_is_that_of_the_branch_that_decided)
{
    Scene *scene = scene_new(0);
    Strand quick, slow;
    Request *request = want(scene, 1, 0);
    note_part(&scene->probe, &request->account, PART_CPU);
    at(scene, 5);
    note_strand_fork(&scene->probe, &quick, &request->account);
    note_strand_fork(&scene->probe, &slow, &request->account);
    ck_assert_uint_eq(quick.branch, 1);
    ck_assert_uint_eq(slow.branch, 2);
    note_part(&scene->probe, &request->account, PART_OTHER);
    note_part(&scene->probe, &quick, PART_SLEEP);
    note_part(&scene->probe, &slow, PART_RESOURCE);
    at(scene, 9);
    note_part(&scene->probe, &quick, PART_READY_WAIT);
    at(scene, 20);
    note_part(&scene->probe, &slow, PART_READY_WAIT);
    at(scene, 22);
    note_strand_adopt(&scene->probe, &request->account, &slow);
    note_part(&scene->probe, &request->account, PART_CPU);
    at(scene, 25);
    note_outcome(&scene->probe, request, OUTCOME_COMPLETED);
    ck_assert_int_eq(request->account.spent[PART_CPU], 8);
    ck_assert_int_eq(request->account.spent[PART_RESOURCE], 15);
    ck_assert_int_eq(request->account.spent[PART_READY_WAIT], 2);
    ck_assert_int_eq(request->account.spent[PART_OTHER], 0);
    ck_assert_int_eq(request->account.spent[PART_SLEEP], 0);
    scene_end(scene);
}
END_TEST

START_TEST(parts_that_do_not_add_up_are_a_bug)
{
    Scene *scene = scene_new(0);
    Request *request = want(scene, 1, 0);
    at(scene, 10);
    request->account.spent[PART_CPU] = 3;
    note_outcome(&scene->probe, request, OUTCOME_COMPLETED);
    scene_end(scene);
}
END_TEST

/* ---- the window ---- */

START_TEST(only_requests_wanted_in_the_window_count_but_all_completions_in_it_are_throughput)
{
    Scene *scene = scene_new(100);
    Request *early = want(scene, 1, 0), *over = want(scene, 2, 0);
    at(scene, 50);
    note_outcome(&scene->probe, over, OUTCOME_COMPLETED);
    at(scene, 100);
    stats_open(scene->stats, NULL, 100);
    Request *late = want(scene, 3, 0);
    at(scene, 120);
    note_outcome(&scene->probe, early, OUTCOME_COMPLETED);
    at(scene, 130);
    note_outcome(&scene->probe, late, OUTCOME_COMPLETED);
    at(scene, 200);
    stats_close(scene->stats, NULL, 200);
    HandlerStats *get = &scene->stats->handlers[0];
    ck_assert_uint_eq(get->arrived, 1);
    ck_assert_uint_eq(get->completed, 1);
    ck_assert_uint_eq(get->completions, 2);
    ck_assert_int_eq(get->latency.max, 30);
    ck_assert_int_eq(stats_window(scene->stats), 100);
    scene_end(scene);
}
END_TEST

START_TEST(levels_are_integrated_over_the_window_alone)
{
    Scene *scene = scene_new(100);
    note_task(&scene->probe, NULL, +3, +2);
    at(scene, 60);
    note_task(&scene->probe, NULL, -2, 0);
    at(scene, 100);
    stats_open(scene->stats, NULL, 100);
    at(scene, 110);
    note_task(&scene->probe, NULL, +1, -1);
    at(scene, 150);
    stats_close(scene->stats, NULL, 150);
    ck_assert_uint_eq(scene->stats->pool_queued.integral.low, 10 * 1 + 40 * 2);
    ck_assert_uint_eq(scene->stats->pool_busy.integral.low, 10 * 2 + 40 * 1);
    ck_assert_int_eq(scene->stats->pool_queued.peak, 2); /* 3 was before */
    ck_assert_int_eq(scene->stats->pool_busy.peak, 2);
    scene_end(scene);
}
END_TEST

START_TEST(a_part_that_began_before_the_window_counts_for_its_step_from_there_on)
{
    Scene *scene = scene_new(100);
    Request *request = want(scene, 1, 1);
    at(scene, 40);
    note_part(&scene->probe, &request->account, PART_CPU);
    at(scene, 100);
    stats_open(scene->stats, NULL, 100);
    at(scene, 130);
    note_part(&scene->probe, &request->account, PART_SLEEP);
    ck_assert_int_eq(request->account.spent[PART_CPU], 90);
    ck_assert_uint_eq(stats_step(scene->stats, -1, 1)->spent[PART_CPU].low, 30);
    ck_assert_uint_eq(stats_step(scene->stats, -1, 1)->spent[PART_NETWORK].low, 0);
    scene_end(scene);
}
END_TEST

START_TEST(the_loop_is_busy_when_it_neither_waits_in_poll_nor_for_a_core)
{
    Scene *scene = scene_new(0);
    Thread loop;
    memset(&loop, 0, sizeof loop);
    loop.kind = THREAD_LOOP;
    loop.number = 1;
    note_thread(&scene->probe, &loop);
    note_idle(&scene->probe, &loop, true);
    at(scene, 10);
    note_idle(&scene->probe, &loop, false);
    note_thread_state(&scene->probe, &loop, STATE_READY, -1);
    at(scene, 13);
    note_thread_state(&scene->probe, &loop, STATE_RUNNING, 0);
    note_callback(&scene->probe, &loop, CALLBACK_REQUEST, 4, NULL, "get");
    note_callback(&scene->probe, &loop, CALLBACK_CONNECTION, TIME_NEVER, NULL, "accept");
    at(scene, 20);
    stats_close(scene->stats, NULL, 20);
    ck_assert_uint_eq(scene->stats->idle.integral.low, 10);
    ck_assert_uint_eq(scene->stats->starved.integral.low, 3);
    ck_assert_uint_eq(scene->stats->lag.count, 1);
    ck_assert_int_eq(scene->stats->lag.max, 9);
    scene_end(scene);
}
END_TEST

START_TEST(a_resource_has_its_calls_waits_and_places)
{
    Scene *scene = scene_new(0);
    Request *request = want(scene, 1, 0);
    note_call(&scene->probe, &request->account, 0, +1, 0);
    ck_assert_int_eq(request->account.waits_for, 0);
    at(scene, 4);
    note_call(&scene->probe, &request->account, 0, -1, +1);
    at(scene, 10);
    note_call(&scene->probe, &request->account, 0, 0, -1);
    note_call_done(&scene->probe, &request->account, 0, 0, 4, true);
    ck_assert_int_eq(request->account.waits_for, -1);
    at(scene, 16);
    stats_close(scene->stats, NULL, 16);
    const ResourceStats *db = &scene->stats->resources[0];
    ck_assert_uint_eq(db->calls, 1);
    ck_assert_uint_eq(db->errors, 1);
    ck_assert_uint_eq(db->queued.integral.low, 4);
    ck_assert_uint_eq(db->served.integral.low, 6);
    ck_assert_int_eq(db->wait.max, 4);
    scene_end(scene);
}
END_TEST

/* ---- laws, on random lives ---- */

typedef struct Life {
    Request *request;
    Time wanted, ended; /* ended TIME_NEVER: in flight */
} Life;

enum { LIVES = 400 };

static void check_identity(const Stats *stats)
{
    for (int i = 0; i < stats->handler_count; i++) {
        const HandlerStats *h = &stats->handlers[i];
        ck_assert_uint_eq(h->arrived, h->completed + h->failed + h->refused + h->timed_out + h->in_flight);
    }
}

/* Wants and ends of requests at random times; most of them end before the end. */
static Time live(Scene *scene, Life lives[LIVES], Time warmup)
{
    Rng rng = rng_at(rng_key(7, 1, 0), 1, 0, 0);
    Time now = 0;
    bool open = warmup == 0;
    int wanted = 0, ended = 0;
    while (wanted < LIVES || ended < LIVES - 25) {
        now += (Time)rng_below(&rng, 1000);
        if (!open && now >= warmup) {
            at(scene, warmup);
            stats_open(scene->stats, NULL, warmup);
            open = true;
        }
        at(scene, now);
        int victim = wanted > 0 ? (int)rng_below(&rng, (uint64_t)wanted) : 0;
        if (wanted < LIVES && rng_below(&rng, 2) == 0) {
            lives[wanted] = (Life){want(scene, (uint64_t)wanted + 1, (int)rng_below(&rng, 2)), now, TIME_NEVER};
            wanted++;
        } else if (wanted > 0 && lives[victim].ended == TIME_NEVER) {
            Outcome outcome = (Outcome)(OUTCOME_COMPLETED + rng_below(&rng, 4));
            note_part(&scene->probe, &lives[victim].request->account, PART_CPU);
            note_outcome(&scene->probe, lives[victim].request, outcome);
            lives[victim].ended = now;
            ended++;
        }
        check_identity(scene->stats);
    }
    stats_close(scene->stats, NULL, now + 17);
    return now + 17;
}

/* Little's law: the integral of the number in flight is the sum of what lies in the window of each request's life. */
static void check_little(Time warmup)
{
    Scene *scene = scene_new(warmup);
    static Life lives[LIVES];
    Time end = live(scene, lives, warmup), sum = 0;
    for (int i = 0; i < LIVES; i++) {
        Time from = lives[i].wanted > warmup ? lives[i].wanted : warmup,
             to = lives[i].ended < end ? lives[i].ended : end;
        sum += to > from ? to - from : 0;
    }
    Hist population;
    hist_init(&population, scene->mem);
    stats_population_hist(scene->stats, &population);
    ck_assert_uint_eq(population.sum[1], 0);
    ck_assert_int_eq((int64_t)population.sum[0], sum);
    ck_assert_int_eq((int64_t)population.count, end - warmup);
    scene_end(scene);
}

START_TEST(littles_law_holds_exactly)
{
    check_little(0);
    check_little(20000);
}
END_TEST

START_TEST(a_crowd_beyond_the_table_is_counted_all_the_same)
{
    Scene *scene = scene_new(0);
    for (uint64_t i = 0; i < POPULATION_LEVELS + 10; i++)
        want(scene, i + 1, 0);
    at(scene, 5);
    stats_close(scene->stats, NULL, 5);
    Hist population;
    hist_init(&population, scene->mem);
    stats_population_hist(scene->stats, &population);
    ck_assert_int_eq(hist_sum_mod(&population), 5 * (POPULATION_LEVELS + 10));
    scene_end(scene);
}
END_TEST

/* ---- the slowest ---- */

START_TEST(the_slowest_are_kept_in_order_the_first_of_equals_first)
{
    Scene *scene = scene_new(0);
    static const Time latencies[] = {5, 9, 1, 9, 3, 7, 2, 8, 4, 6, 9, 10, 0, 3};
    Time now = 0;
    for (size_t i = 0; i < COUNT_OF(latencies); i++) {
        at(scene, now);
        Request *request = want(scene, i + 1, 1);
        at(scene, now += latencies[i]);
        note_outcome(&scene->probe, request, OUTCOME_COMPLETED);
        now++;
    }
    static const uint64_t order[SLOWEST] = {12, 2, 4, 11, 8, 6, 10, 1, 9, 5};
    ck_assert_int_eq(scene->stats->slow_count, SLOWEST);
    for (int i = 0; i < SLOWEST; i++)
        ck_assert_uint_eq(scene->stats->slowest[i].request, order[i]);
    ck_assert_int_eq(scene->stats->slowest[0].part[PART_NETWORK], 10);
    scene_end(scene);
}
END_TEST

/* ---- digests and spins ---- */

static uint64_t digest_of(Outcome outcome, Time when)
{
    Scene *scene = scene_new(0);
    Request *request = want(scene, 1, 0);
    at(scene, when);
    note_outcome(&scene->probe, request, outcome);
    uint64_t digest = probe_result(&scene->probe);
    ck_assert_uint_eq(probe_notes(&scene->probe), 2);
    scene_end(scene);
    return digest;
}

START_TEST(the_digest_tells_what_happened_and_when)
{
    ck_assert_uint_eq(digest_of(OUTCOME_COMPLETED, 5), digest_of(OUTCOME_COMPLETED, 5));
    ck_assert_uint_ne(digest_of(OUTCOME_COMPLETED, 5), digest_of(OUTCOME_FAILED, 5));
    ck_assert_uint_ne(digest_of(OUTCOME_COMPLETED, 5), digest_of(OUTCOME_COMPLETED, 6));
}
END_TEST

START_TEST(a_spin_at_one_instant_stops_the_kernel)
{
    Scene *scene = scene_new(0);
    for (int i = 0; i < 1000000; i++)
        note_callback(&scene->probe, NULL, CALLBACK_TIMER, TIME_NEVER, NULL, "spin");
    ck_assert(!scene->probe.spinning);
    note_callback(&scene->probe, NULL, CALLBACK_TIMER, TIME_NEVER, NULL, "spin");
    ck_assert(scene->probe.spinning && scene->kernel.stopped);
    scene_end(scene);
}
END_TEST

START_TEST(many_connections_at_one_instant_are_no_spin)
{
    Scene *scene = scene_new(0);
    scene->connection.number = 1;
    for (int i = 0; i < 200000; i++)
        note_connect(&scene->probe, &scene->connection);
    for (int i = 0; i < 2000000; i++)
        note_callback(&scene->probe, NULL, CALLBACK_CONNECTION, TIME_NEVER, NULL, "accept");
    ck_assert(!scene->probe.spinning);
    scene_end(scene);
}
END_TEST

Suite *stats_suite(void);
Suite *stats_suite(void)
{
    Suite *suite = suite_create("stats");
    TCase *sums = tcase_create("sums"), *notes = tcase_create("notes");
    tcase_add_test(sums, sums_go_beyond_64_bits);
    tcase_add_test(sums, a_sum_is_divided_exactly);
    tcase_add_test(sums, a_ratio_is_rounded_to_the_nearest_millionth);
    tcase_add_test(sums, sums_are_ordered);
    tcase_add_test(notes, the_parts_of_an_account_add_up_to_its_age);
    tcase_add_test(notes, the_path_taken_is_that_of_the_branch_that_decided);
    tcase_add_exit_test(notes, parts_that_do_not_add_up_are_a_bug, 70);
    tcase_add_test(notes, only_requests_wanted_in_the_window_count_but_all_completions_in_it_are_throughput);
    tcase_add_test(notes, levels_are_integrated_over_the_window_alone);
    tcase_add_test(notes, a_part_that_began_before_the_window_counts_for_its_step_from_there_on);
    tcase_add_test(notes, the_loop_is_busy_when_it_neither_waits_in_poll_nor_for_a_core);
    tcase_add_test(notes, a_resource_has_its_calls_waits_and_places);
    tcase_add_test(notes, littles_law_holds_exactly);
    tcase_add_test(notes, a_crowd_beyond_the_table_is_counted_all_the_same);
    tcase_add_test(notes, the_slowest_are_kept_in_order_the_first_of_equals_first);
    tcase_add_test(notes, the_digest_tells_what_happened_and_when);
    tcase_add_test(notes, a_spin_at_one_instant_stops_the_kernel);
    tcase_add_test(notes, many_connections_at_one_instant_are_no_spin);
    suite_add_tcase(suite, sums);
    suite_add_tcase(suite, notes);
    return suite;
}
