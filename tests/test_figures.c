/* The figures of loops, pools and resources, and the parts of a latency, in whole runs against timelines by hand. */
#include "lab.h"

#include <check.h>
#include <stdio.h>

typedef struct Case {
    Lab *lab;
    LabRun *run;
    const Results *results;
} Case;

static Case run_case(const char *server, const char *machine, const char *handlers, const char *arrivals)
{
    static char text[4096];
    snprintf(text, sizeof text,
             "{\"machine\":{\"profile\":\"ideal\"%s},\"resources\":{\"db\":{\"latency\":\"10ms\",\"concurrency\":1}},"
             "\"handlers\":{%s},\"arrivals\":%s,\"servers\":{\"s\":{%s}}}",
             machine, handlers, arrivals, server);
    Case of = {.lab = lab_read(text)};
    of.run = lab_begin(of.lab, 0);
    of.results = lab_finish(of.run);
    return of;
}

static void end_case(Case *of)
{
    lab_end_run(of->run);
    lab_end(of->lab);
}

#define LOOP "\"model\":\"event-loop\""
#define THREADS "\"model\":\"thread-per-connection\""
#define POOL "\"model\":\"thread-pool\",\"threads\":1"
#define TWO "{\"at\":[\"0\",\"1ms\"]}"

/* ---- the loop ---- */

/* The socket of the first is ready at 2 ms; the loop computes for the second from 1 to 6. */
START_TEST(lag_is_from_ready_to_entered)
{
    Case of = run_case(LOOP, "", "\"a\":[{\"await\":{\"net\":\"2ms\"}}],\"b\":[{\"cpu\":\"5ms\"}]",
                       "[{\"at\":[\"0\"],\"mix\":{\"a\":1}},{\"at\":[\"1ms\"],\"mix\":{\"b\":1}}]");
    ck_assert_int_eq(of.results->loop.lag.max, 4 * TIME_MS);
    ck_assert_int_eq(of.results->handlers[0].time[PART_READY_WAIT], 4 * TIME_MS);
    ck_assert_int_eq(of.results->handlers[0].time[PART_RESOURCE], 2 * TIME_MS);
    end_case(&of);
}
END_TEST

START_TEST(a_loop_without_load_has_no_lag)
{
    Case of =
        run_case(LOOP, "", "\"a\":[{\"cpu\":\"5ms\"},{\"await\":{\"net\":\"2ms\"}}]", "{\"at\":[\"0\",\"20ms\"]}");
    ck_assert_uint_gt(of.results->loop.lag.count, 0);
    ck_assert_int_eq(of.results->loop.lag.max, 0);
    end_case(&of);
}
END_TEST

/* Twice 10 ms of 50. */
START_TEST(a_loop_is_busy_while_it_does_not_wait_in_poll)
{
    Case of = run_case(LOOP, "", "\"a\":[{\"cpu\":\"10ms\"}]", "{\"at\":[\"0\",\"40ms\"]}");
    ck_assert_int_eq(of.results->simulated, 50 * TIME_MS);
    ck_assert_int_eq(of.results->loop.utilization, 400000);
    ck_assert_int_eq(of.results->cpu.utilization, 400000);
    end_case(&of);
}
END_TEST

/* ---- pools ---- */

static void is_pool(const char *server, const char *handlers, int peak_queue)
{
    Case of = run_case(server, "", handlers, TWO);
    const PoolResults *pool = &of.results->pool;
    ck_assert_int_eq(of.results->simulated, 20 * TIME_MS);
    ck_assert_uint_eq(pool->tasks, 2);
    ck_assert_int_eq(pool->utilization, 1000000);
    ck_assert_uint_eq(pool->wait.count, 2);
    ck_assert_int_eq(pool->wait.max, 9 * TIME_MS);
    ck_assert_int_eq(pool->wait.min, 0);
    ck_assert_int_eq(pool->peak_queue, peak_queue);
    end_case(&of);
}

START_TEST(workers_have_their_tasks_waits_and_queue)
{
    is_pool(LOOP ",\"workers\":1", "\"a\":[{\"await\":{\"pool\":\"10ms\",\"kind\":\"fs\"}}]", 1);
}
END_TEST

START_TEST(threads_of_a_pool_have_theirs)
{
    is_pool(POOL, "\"a\":[{\"await\":{\"net\":\"10ms\"}}]", 1);
    /* when the first is answered its connection is closed: that waits for the thread, too */
    is_pool(POOL ",\"unit\":\"request\"", "\"a\":[{\"await\":{\"net\":\"10ms\"}}]", 2);
}
END_TEST

/* ---- resources ---- */

START_TEST(a_resource_has_its_calls_waits_and_queue)
{
    static const char *const servers[] = {LOOP, THREADS, "\"model\":\"green-threads\""};
    Case of = run_case(servers[_i], "", "\"a\":[{\"await\":{\"io\":\"db\"}}]", TWO);
    const ResourceResults *db = &of.results->resources[0];
    ck_assert_uint_eq(db->calls, 2);
    ck_assert_uint_eq(db->errors, 0);
    ck_assert_int_eq(db->utilization, 1000000);
    ck_assert_int_eq(db->wait.max, 9 * TIME_MS);
    ck_assert_int_eq(db->peak_queue, 1);
    ck_assert_int_eq(of.results->all.time[PART_RESOURCE_WAIT], 4500 * TIME_US);
    ck_assert_int_eq(of.results->all.time[PART_RESOURCE], 10 * TIME_MS);
    end_case(&of);
}
END_TEST

/* ---- where the time of one request goes ---- */

static const char all_parts[] = "\"a\":[{\"cpu\":\"1ms\"},{\"await\":{\"io\":\"db\"}},{\"await\":{\"sleep\":\"3ms\"}},{"
                                "\"await\":{\"net\":\"4ms\"}},"
                                "{\"await\":{\"pool\":\"5ms\",\"kind\":\"fs\"}},{\"await\":{\"pool\":\"7ms\"}},"
                                "{\"lock\":\"m\",\"do\":[{\"cpu\":\"2ms\"}]}]";

START_TEST(each_part_is_what_the_step_says)
{
    static const char *const servers[] = {LOOP, THREADS, POOL, "\"model\":\"green-threads\""};
    Case of = run_case(servers[_i], ",\"cores\":2", all_parts, "{\"at\":[\"0\"]},\"network\":{\"rtt\":\"6ms\"}");
    const Time *time = of.results->handlers[0].time;
    Time sum = 0;
    for (int part = 0; part < PARTS; part++)
        sum += time[part];
    ck_assert_int_eq(sum, of.results->handlers[0].latency.max);
    ck_assert_int_eq(time[PART_NETWORK], 6 * TIME_MS);
    ck_assert_int_eq(time[PART_CPU], 10 * TIME_MS);
    ck_assert_int_eq(time[PART_RESOURCE], 19 * TIME_MS);
    ck_assert_int_eq(time[PART_SLEEP], 3 * TIME_MS);
    ck_assert_int_eq(results_waits(time), 0);
    ck_assert_int_eq(time[PART_OVERHEAD] + time[PART_OTHER], 0);
    end_case(&of);
}
END_TEST

/* The second meets the first in the lock: both have 2 ms of CPU in it and 4 of waiting. */
START_TEST(waiting_for_a_lock_is_a_part_of_its_own)
{
    static const char *const servers[] = {LOOP, THREADS, "\"model\":\"green-threads\""};
    Case of = run_case(servers[_i], ",\"cores\":2",
                       "\"a\":[{\"lock\":\"m\",\"do\":[{\"await\":{\"net\":\"4ms\"}},{\"cpu\":\"2ms\"}]}]", TWO);
    ck_assert_int_eq(of.results->all.latency.max, 11 * TIME_MS);
    ck_assert_int_eq(of.results->all.time[PART_LOCK_WAIT], 2500 * TIME_US);
    ck_assert_int_eq(of.results->all.time[PART_RESOURCE], 4 * TIME_MS);
    ck_assert_int_eq(of.results->all.time[PART_CPU], 2 * TIME_MS);
    end_case(&of);
}
END_TEST

/* Two threads on a core with slices of 1 ms: who is put off is preempted, who begins is ready. */
START_TEST(a_slice_that_ends_is_preemption)
{
    Case of = run_case(THREADS, ",\"scheduler\":\"round-robin\",\"time_slice\":\"1ms\"", "\"a\":[{\"cpu\":\"2ms\"}]",
                       "{\"at\":[\"0\",\"0\"]}");
    ck_assert_int_eq(of.results->all.latency.max, 4 * TIME_MS);
    ck_assert_int_eq(of.results->all.time[PART_PREEMPTED], 1 * TIME_MS);
    ck_assert_int_eq(of.results->all.time[PART_READY_WAIT], 500 * TIME_US);
    ck_assert_int_eq(of.results->all.time[PART_CPU], 2 * TIME_MS);
    end_case(&of);
}
END_TEST

/* Number in the system: one for 9 ms, two for 1, one for 9 (Little: 20 ms of waiting and service, over 20). */
START_TEST(the_population_is_weighted_by_time)
{
    Case of = run_case(THREADS, ",\"cores\":2", "\"a\":[{\"await\":{\"net\":\"10ms\"}}]", "{\"at\":[\"0\",\"9ms\"]}");
    ck_assert_uint_eq(of.results->population.count, (uint64_t)(19 * TIME_MS));
    ck_assert_uint_eq(of.results->population.sum[0], (uint64_t)(20 * TIME_MS));
    ck_assert_int_eq(of.results->population.max, 2);
    end_case(&of);
}
END_TEST

Suite *figures_suite(void);
/* ---- sums ---- */

/* Sixty requests wait for one another, each for sixty days more: all together longer than 64 bits of nanoseconds say
 * (292 years). Means are of the whole sum, and its parts, and whom was waited for, still add up to it. */
START_TEST(times_are_summed_beyond_64_bits)
{
    static const char *const servers[] = {LOOP, THREADS};
    enum { REQUESTS = 60 };
    const Time days = 60 * 24 * 3600 * TIME_S;
    for (size_t i = 0; i < COUNT_OF(servers); i++) {
        char text[1000], *at = text;
        at += sprintf(
            at, "{\"machine\":{\"profile\":\"ideal\"},\"resources\":{\"db\":{\"latency\":\"1440h\",\"concurrency\":1}},"
                "\"handlers\":{\"a\":[{\"await\":{\"io\":\"db\"}}]},\"arrivals\":{\"at\":[\"0\"");
        for (int k = 1; k < REQUESTS; k++)
            at += sprintf(at, ",\"0\"");
        sprintf(at, "]},\"servers\":{\"s\":{%s}}}", servers[i]);
        Case of = {.lab = lab_read(text)};
        of.run = lab_begin(of.lab, 0);
        of.results = lab_finish(of.run);
        ck_assert_uint_eq(of.results->all.requests.completed, REQUESTS);
        ck_assert_int_eq(hist_mean(&of.results->all.latency), days / 2 * (REQUESTS + 1));
        ck_assert_int_eq(of.results->all.time[PART_RESOURCE_WAIT], days / 2 * (REQUESTS - 1));
        ck_assert_int_eq(of.results->all.time[PART_RESOURCE], days);
        end_case(&of);
    }
}
END_TEST

Suite *figures_suite(void)
{
    Suite *suite = suite_create("figures");
    TCase *tests = tcase_create("figures");
    tcase_add_test(tests, lag_is_from_ready_to_entered);
    tcase_add_test(tests, a_loop_without_load_has_no_lag);
    tcase_add_test(tests, a_loop_is_busy_while_it_does_not_wait_in_poll);
    tcase_add_test(tests, workers_have_their_tasks_waits_and_queue);
    tcase_add_test(tests, threads_of_a_pool_have_theirs);
    tcase_add_loop_test(tests, a_resource_has_its_calls_waits_and_queue, 0, 3);
    tcase_add_loop_test(tests, each_part_is_what_the_step_says, 0, 4);
    tcase_add_loop_test(tests, waiting_for_a_lock_is_a_part_of_its_own, 0, 3);
    tcase_add_test(tests, a_slice_that_ends_is_preemption);
    tcase_add_test(tests, the_population_is_weighted_by_time);
    tcase_add_test(tests, times_are_summed_beyond_64_bits);
    suite_add_tcase(suite, tests);
    return suite;
}
