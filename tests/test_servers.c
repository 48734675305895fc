/* The server models against timelines that were computed by hand: who answers which request, and when. */
#include "lab.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *servers_suite(void);

/* NUMBER@TIME of the response in us, of each completed request in order of its number; then the outcomes that are no
 * completions. */
static const char *timeline(const char *spec)
{
    static char text[1000];
    Lab *lab = lab_read(spec);
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    int size = 0;
    text[0] = '\0';
    for (uint64_t number = 1; number <= results->all.requests.arrived; number++) {
        for (int i = 0; i < results->slow_count; i++) {
            const SlowRequest *slow = &results->slowest[i];
            if (slow->request == number)
                size += snprintf(text + size, sizeof text - (size_t)size, "%s%d@%d", size ? " " : "", (int)number,
                                 (int)((slow->wanted + slow->latency) / 1000));
        }
    }
    const RequestCounts *requests = &results->all.requests;
    if (requests->failed)
        size += snprintf(text + size, sizeof text - (size_t)size, " failed:%d", (int)requests->failed);
    if (requests->refused)
        size += snprintf(text + size, sizeof text - (size_t)size, " refused:%d", (int)requests->refused);
    if (requests->timed_out)
        snprintf(text + size, sizeof text - (size_t)size, " timeout:%d", (int)requests->timed_out);
    lab_end_run(run);
    lab_end(lab);
    return text;
}

#define SPEC(machine, handlers, arrivals, server)                                                                      \
    "{\"machine\":{\"profile\":\"ideal\"," machine "},\"handlers\":{" handlers "},\"arrivals\":" arrivals              \
    ",\"servers\":{\"s\":{" server "}}}"
#define CPU_4 "\"a\":[{\"cpu\":\"4ms\"}]"
#define IS(expected, ...) ck_assert_str_eq(timeline(SPEC(__VA_ARGS__)), expected)

/* ---- clusters ---- */

START_TEST(one_loop_serves_one_after_the_other)
{
    IS("1@4000 2@8000 3@12000", "\"cores\":2", CPU_4, "{\"at\":[\"0\",\"0\",\"0\"]}", "\"model\":\"event-loop\"");
}
END_TEST

/* The first loop, which comes first, accepts one connection in each turn: it has two before it reads the first
 * request. */
START_TEST(two_loops_share_a_socket)
{
    IS("1@4000 2@8000 3@4000", "\"cores\":2", CPU_4, "{\"at\":[\"0\",\"0\",\"0\"]}",
       "\"model\":\"event-loop\",\"loops\":2");
}
END_TEST

/* The second connection goes to the second loop, and the fourth behind it, though the first one is idle by then. */
START_TEST(round_robin_counts)
{
    IS("1@1000 2@10000 3@2000 4@11000", "\"cores\":2",
       "\"a\":[{\"if\":{\"eq\":[\"$n\",2]},\"then\":[{\"cpu\":\"10ms\"}],\"else\":[{\"cpu\":\"1ms\"}]}]",
       "{\"at\":[\"0\",\"0\",\"1ms\",\"1ms\"]}",
       "\"model\":\"event-loop\",\"loops\":2,\"distribution\":\"round-robin\"");
}
END_TEST

/* Everything arrives and is answered, whatever the hash says. */
START_TEST(reuseport_loses_nobody)
{
    Lab *lab = lab_read(SPEC("\"cores\":2", CPU_4, "{\"every\":\"3ms\",\"count\":100}",
                             "\"model\":\"event-loop\",\"loops\":3,\"distribution\":\"reuseport\""));
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    ck_assert_int_eq((int)results->all.requests.completed, 100);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* libuv 1.44 accepts both at once and reads both in the next turn; 1.45 accepts the second one after that. Visible by
 * which request runs when the first connection's second request is there: not here, where both answer in order. */
START_TEST(the_old_order_accepts_all_at_once)
{
    IS("1@4000 2@8000", "\"cores\":1", CPU_4, "{\"at\":[\"0\",\"0\"]}",
       "\"model\":\"event-loop\",\"order\":\"libuv-1.44\"");
}
END_TEST

/* ---- green threads ---- */

START_TEST(a_wait_gives_the_carrier_away)
{
    IS("1@6000 2@8000", "\"cores\":1", "\"a\":[{\"cpu\":\"2ms\"},{\"await\":{\"net\":\"2ms\"}},{\"cpu\":\"2ms\"}]",
       "{\"at\":[\"0\",\"0\"]}", "\"model\":\"green-threads\"");
}
END_TEST

START_TEST(a_green_thread_computes_without_being_preempted)
{
    IS("1@9000 2@18000", "\"cores\":1", "\"a\":[{\"cpu\":\"9ms\"}]", "{\"at\":[\"0\",\"0\"]}",
       "\"model\":\"green-threads\"");
}
END_TEST

/* 25 ms and 12 ms in quanta of 10: 10 10 10 2 … the first one ends after 10+10+10+2+5. */
START_TEST(after_ten_ms_it_goes_to_the_end_of_the_queue)
{
    IS("1@37000 2@32000", "\"cores\":1",
       "\"a\":[{\"if\":{\"eq\":[\"$n\",1]},\"then\":[{\"cpu\":\"25ms\"}],\"else\":[{\"cpu\":\"12ms\"}]}]",
       "{\"at\":[\"0\",\"0\"]}", "\"model\":\"green-threads\"");
}
END_TEST

START_TEST(one_carrier_uses_one_core)
{
    IS("1@4000 2@8000", "\"cores\":2", CPU_4, "{\"at\":[\"0\",\"0\"]}", "\"model\":\"green-threads\",\"carriers\":1");
}
END_TEST

START_TEST(as_many_carriers_as_cores)
{
    IS("1@4000 2@4000 3@8000", "\"cores\":2", CPU_4, "{\"at\":[\"0\",\"0\",\"0\"]}", "\"model\":\"green-threads\"");
}
END_TEST

/* Each thread takes its stack: the second connection does not fit. */
START_TEST(green_threads_take_memory)
{
    IS("1@4000 refused:1", "\"cores\":1,\"memory\":\"100KiB\"", CPU_4, "{\"at\":[\"0\",\"1ms\"]}",
       "\"model\":\"green-threads\",\"stack\":\"64KiB\"");
}
END_TEST

/* ---- what all have ---- */

static const char *const models[] = {"event-loop", "thread-per-connection", "thread-pool", "green-threads"};

static const char *for_model(const char *format, int model)
{
    static char spec[2000];
    snprintf(spec, sizeof spec, format, models[model]);
    return spec;
}

/* Begun at 20 ms, paused from 22 to 32, on at 34. */
START_TEST(a_pause_stops_everything)
{
    ck_assert_str_eq(timeline(for_model(SPEC("\"cores\":2", CPU_4, "{\"at\":[\"0\",\"20ms\",\"40ms\"]}",
                                             "\"model\":\"%s\",\"pauses\":{\"every\":\"22ms\",\"for\":\"10ms\"}"),
                                        _i)),
                     "1@4000 2@34000 3@44000");
}
END_TEST

/* What comes during a pause waits for its end. */
START_TEST(a_pause_puts_off_who_comes_in_it)
{
    ck_assert_str_eq(timeline(for_model(SPEC("\"cores\":2", CPU_4, "{\"at\":[\"25ms\"]}",
                                             "\"model\":\"%s\",\"pauses\":{\"every\":\"22ms\",\"for\":\"10ms\"}"),
                                        _i)),
                     "1@36000");
}
END_TEST

START_TEST(a_pause_stops_ideal_sharing)
{
    ck_assert_str_eq(timeline(for_model(SPEC("\"scheduler\":\"processor-sharing\"", CPU_4, "{\"at\":[\"0\",\"20ms\"]}",
                                             "\"model\":\"%s\",\"pauses\":{\"every\":\"22ms\",\"for\":\"10ms\"}"),
                                        _i)),
                     "1@4000 2@34000");
}
END_TEST

/* 30 ms of waiting: given up after 10, at the server; the second one is quick. */
START_TEST(a_request_timeout_answers_with_an_error)
{
    ck_assert_str_eq(
        timeline(for_model(
            SPEC("\"cores\":1",
                 "\"a\":[{\"if\":{\"eq\":[\"$n\",1]},\"then\":[{\"await\":{\"net\":\"30ms\"}}]}, {\"cpu\":\"1ms\"}]",
                 "{\"at\":[\"0\",\"50ms\"]}", "\"model\":\"%s\",\"request_timeout\":\"10ms\""),
            _i)),
        "2@51000 failed:1");
}
END_TEST

/* A pool of one: the second request is given up at 4.5 ms, half a ms after it was begun, and done all the same; the
 * third one's time is over before its turn comes, at 8 ms, and it costs nothing then. */
START_TEST(a_request_whose_time_is_over_is_not_begun)
{
    IS("1@4000 4@12000 failed:2", "\"cores\":1", CPU_4, "{\"at\":[\"0\",\"0\",\"1ms\",\"8ms\"]}",
       "\"model\":\"thread-pool\",\"threads\":1,\"request_timeout\":\"4500us\"");
}
END_TEST

/* The client thinks for 10 ms, the server closes after 5: the next request goes over a new connection. */
START_TEST(an_idle_connection_is_closed)
{
    Lab *lab = lab_read(for_model(SPEC("\"cores\":1", CPU_4, "{\"at\":[\"0\"],\"requests\":2,\"pause\":\"10ms\"}",
                                       "\"model\":\"%s\",\"keep_alive_timeout\":\"5ms\""),
                                  _i));
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    ck_assert_int_eq((int)results->all.requests.completed, 2);
    ck_assert_int_eq((int)results->connections_accepted, 2);
    ck_assert_int_eq((int)results->all.latency.max, 4000000);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

START_TEST(a_connection_in_use_is_not_closed)
{
    Lab *lab = lab_read(for_model(SPEC("\"cores\":1", "\"a\":[{\"await\":{\"net\":\"20ms\"}}]",
                                       "{\"at\":[\"0\"],\"requests\":3,\"pause\":\"4ms\"}",
                                       "\"model\":\"%s\",\"keep_alive_timeout\":\"5ms\""),
                                  _i));
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    ck_assert_int_eq((int)results->all.requests.completed, 3);
    ck_assert_int_eq((int)results->connections_accepted, 1);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

START_TEST(no_more_connections_than_allowed)
{
    ck_assert_str_eq(
        timeline(for_model(SPEC("\"cores\":1", "\"a\":[{\"await\":{\"net\":\"20ms\"}}]",
                                "{\"at\":[\"0\",\"1ms\",\"30ms\"]}", "\"model\":\"%s\",\"max_connections\":1"),
                           _i)),
        "1@20000 3@50000 refused:1");
}
END_TEST

/* The thread of the first one must be gone before the second is accepted. */
START_TEST(the_acceptor_waits_at_max_threads)
{
    IS("1@20000 2@40000", "\"cores\":1", "\"a\":[{\"await\":{\"net\":\"20ms\"}}]", "{\"at\":[\"0\",\"1ms\"]}",
       "\"model\":\"thread-per-connection\",\"max_threads\":1");
}
END_TEST

/* Who comes together does not find the queue full of what a free thread is about to take. */
START_TEST(a_queue_is_for_those_without_a_thread)
{
    IS("1@4000 2@4000", "\"cores\":2", CPU_4, "{\"at\":[\"0\",\"0\"]}",
       "\"model\":\"thread-pool\",\"threads\":2,\"queue\":0");
    IS("1@6000 2@10000", "\"cores\":2", CPU_4, "{\"at\":[\"2ms\",\"2ms\"]}",
       "\"model\":\"thread-pool\",\"threads\":1,\"queue\":1");
    IS("1@6000 2@10000", "\"cores\":2", CPU_4, "{\"at\":[\"2ms\",\"2ms\"]}",
       "\"model\":\"thread-pool\",\"threads\":1,\"queue\":1,\"unit\":\"request\"");
}
END_TEST

/* Connection 1 has been idle for too long at 5 ms, but the thread is busy until 8.5 ms; its next request comes at 6
 * ms. */
START_TEST(a_request_that_comes_before_the_close_is_served)
{
    IS("1@4000 2@8500 3@12500 4@16500", "\"cores\":1", CPU_4,
       "{\"at\":[\"0\",\"4.5ms\"],\"requests\":2,\"pause\":\"2ms\"}",
       "\"model\":\"thread-pool\",\"threads\":1,\"unit\":\"request\",\"keep_alive_timeout\":\"1ms\"");
}
END_TEST

START_TEST(a_full_queue_refuses)
{
    IS("1@4000 2@8000 refused:1", "\"cores\":1", CPU_4, "{\"at\":[\"0\",\"1ms\",\"2ms\"]}",
       "\"model\":\"thread-pool\",\"threads\":1,\"queue\":1");
}
END_TEST

START_TEST(a_thread_that_does_not_fit_is_refused)
{
    IS("1@4000 refused:1", "\"cores\":1,\"memory\":\"100KiB\"", CPU_4, "{\"at\":[\"0\",\"1ms\"]}",
       "\"model\":\"thread-per-connection\",\"stack\":\"64KiB\"");
}
END_TEST

/* ---- sleeps and their costs ---- */

START_TEST(a_sleeping_thread_pays_for_its_timer)
{
    IS("1@15000", "\"costs\":{\"sleep\":\"2ms\",\"timer_slack\":\"3ms\"}", "\"a\":[{\"await\":{\"sleep\":\"10ms\"}}]",
       "{\"at\":[\"0\"]}", "\"model\":\"thread-per-connection\"");
}
END_TEST

/* Of 117,000 connections nothing is left. */
START_TEST(a_pool_of_threads_forgets_who_has_left)
{
    Lab *lab = lab_read("{\"duration\": \"1000s\", \"machine\": {\"profile\": \"ideal\"},"
                        " \"handlers\": {\"get\": [{\"await\": {\"net\": \"1ms\"}}]},"
                        " \"arrivals\": {\"poisson\": \"300/s\"},"
                        " \"servers\": {\"a\": {\"model\": \"thread-pool\"},"
                        " \"b\": {\"model\": \"thread-pool\", \"unit\": \"request\"}}}");
    for (int server = 0; server < 2; server++) {
        LabRun *run = lab_begin(lab, server);
        lab_until(run, 10 * TIME_S);
        size_t before = mem_used(run->mem);
        lab_until(run, 400 * TIME_S);
        ck_assert_uint_le(mem_used(run->mem), before + ((size_t)1 << 18));
        lab_end_run(run);
    }
    lab_end(lab);
}
END_TEST

/* ---- costs that depend on something ---- */

#define ONE "{\"at\":[\"0\"]}"
#define LOOP(more) "\"model\":\"event-loop\"" more

START_TEST(node_takes_time_for_its_http)
{
    IS("1@5000", "\"costs\":{\"request\":\"1ms\"}", CPU_4, ONE, LOOP(""));
    IS("1@4000", "\"costs\":{\"request\":\"1ms\"}", CPU_4, ONE, LOOP(",\"runtime\":\"libuv\""));
    IS("1@4000", "\"costs\":{\"request\":\"1ms\"}", CPU_4, ONE, LOOP(",\"order\":\"libuv-1.44\""));
    IS("1@5000", "\"costs\":{\"request\":\"1ms\"}", CPU_4, ONE, LOOP(",\"order\":\"libuv-1.44\",\"runtime\":\"node\""));
    IS("1@4000", "\"costs\":{\"request\":\"1ms\"}", CPU_4, ONE, "\"model\":\"thread-per-connection\"");
}
END_TEST

/* Both are accepted until 2 ms, and answered at 7 and 12. Then come (bare) the callbacks of what was written, those of
 * both connections' ends, the third connection's and its request's. */
START_TEST(bare_libuv_is_told_what_it_has_written)
{
    IS("1@7000 2@12000 3@22000", "\"costs\":{\"callback\":\"1ms\"}", CPU_4, "{\"at\":[\"0\",\"0\",\"8ms\"]}",
       LOOP(",\"order\":\"libuv-1.44\""));
    IS("1@7000 2@12000 3@20000", "\"costs\":{\"callback\":\"1ms\"}", CPU_4, "{\"at\":[\"0\",\"0\",\"8ms\"]}",
       LOOP(",\"order\":\"libuv-1.44\",\"runtime\":\"node\""));
}
END_TEST

/* Node arms its timer at 4 ms, libuv at the time that the loop took before it ran the handler. */
START_TEST(bare_libuv_arms_timers_by_the_time_it_has)
{
    IS("1@14000", "\"cores\":1", "\"a\":[{\"cpu\":\"4ms\"},{\"await\":{\"sleep\":\"10ms\"}}]", ONE, LOOP(""));
    IS("1@10000", "\"cores\":1", "\"a\":[{\"cpu\":\"4ms\"},{\"await\":{\"sleep\":\"10ms\"}}]", ONE,
       LOOP(",\"runtime\":\"libuv\""));
}
END_TEST

START_TEST(computing_leaves_the_caches_cold)
{
    IS("1@5000", "\"costs\":{\"cold\":[[\"0\",\"0\"],[\"4ms\",\"1ms\"]]}", CPU_4, ONE,
       "\"model\":\"thread-per-connection\"");
    IS("1@2500", "\"costs\":{\"cold\":[[\"0\",\"0\"],[\"4ms\",\"1ms\"]]}", "\"a\":[{\"cpu\":\"2ms\"}]", ONE, LOOP(""));
    IS("1@7000", "\"costs\":{\"cold\":\"1ms\",\"request_cold\":\"2ms\"}", CPU_4, ONE, LOOP(""));
    IS("1@5000", "\"costs\":{\"cold\":\"1ms\",\"request_cold\":\"2ms\"}", CPU_4, ONE, LOOP(",\"runtime\":\"libuv\""));
}
END_TEST

START_TEST(many_connections_make_calls_dear)
{
    IS("1@6000 2@12000 3@18000", "\"costs\":{\"read\":[[1,\"0\"],[3,\"2ms\"]]}", CPU_4, "{\"at\":[\"0\",\"0\",\"0\"]}",
       LOOP(",\"order\":\"libuv-1.44\""));
    IS("1@4000", "\"costs\":{\"read\":[[1,\"0\"],[3,\"2ms\"]]}", CPU_4, ONE, LOOP(",\"order\":\"libuv-1.44\""));
}
END_TEST

/* How late an idle core is, is drawn; all servers meet the same. */
START_TEST(idle_cores_wake_up_alike)
{
    char loop[200], spec[600];
    snprintf(loop, sizeof loop, "%s",
             timeline(SPEC("\"costs\":{\"idle_wake\":{\"uniform\":[\"1ms\",\"3ms\"]}}", CPU_4, "{\"at\":[\"100ms\"]}",
                           LOOP(""))));
    int at = (int)strtol(loop + 2, NULL, 10);
    ck_assert_msg(at >= 105000 && at <= 107000 && at % 1000 != 0, "%s", loop);
    snprintf(spec, sizeof spec, "%s",
             SPEC("\"costs\":{\"idle_wake\":{\"uniform\":[\"1ms\",\"3ms\"]}}", CPU_4, "{\"at\":[\"100ms\"]}",
                  "\"model\":\"thread-pool\",\"threads\":1"));
    ck_assert_str_eq(timeline(spec), loop);
}
END_TEST

Suite *servers_suite(void)
{
    Suite *suite = suite_create("servers");
    TCase *tc = tcase_create("servers");
    tcase_add_test(tc, one_loop_serves_one_after_the_other);
    tcase_add_test(tc, two_loops_share_a_socket);
    tcase_add_test(tc, round_robin_counts);
    tcase_add_test(tc, reuseport_loses_nobody);
    tcase_add_test(tc, the_old_order_accepts_all_at_once);
    tcase_add_test(tc, a_wait_gives_the_carrier_away);
    tcase_add_test(tc, a_green_thread_computes_without_being_preempted);
    tcase_add_test(tc, after_ten_ms_it_goes_to_the_end_of_the_queue);
    tcase_add_test(tc, one_carrier_uses_one_core);
    tcase_add_test(tc, as_many_carriers_as_cores);
    tcase_add_test(tc, green_threads_take_memory);
    tcase_add_loop_test(tc, a_pause_stops_everything, 0, 4);
    tcase_add_loop_test(tc, a_pause_puts_off_who_comes_in_it, 0, 4);
    tcase_add_loop_test(tc, a_pause_stops_ideal_sharing, 0, 4);
    tcase_add_loop_test(tc, a_request_timeout_answers_with_an_error, 0, 4);
    tcase_add_test(tc, a_request_whose_time_is_over_is_not_begun);
    tcase_add_loop_test(tc, an_idle_connection_is_closed, 0, 4);
    tcase_add_loop_test(tc, a_connection_in_use_is_not_closed, 0, 4);
    tcase_add_loop_test(tc, no_more_connections_than_allowed, 0, 4);
    tcase_add_test(tc, the_acceptor_waits_at_max_threads);
    tcase_add_test(tc, a_full_queue_refuses);
    tcase_add_test(tc, a_request_that_comes_before_the_close_is_served);
    tcase_add_test(tc, a_queue_is_for_those_without_a_thread);
    tcase_add_test(tc, a_thread_that_does_not_fit_is_refused);
    tcase_add_test(tc, a_sleeping_thread_pays_for_its_timer);
    tcase_add_test(tc, a_pool_of_threads_forgets_who_has_left);
    tcase_add_test(tc, node_takes_time_for_its_http);
    tcase_add_test(tc, bare_libuv_is_told_what_it_has_written);
    tcase_add_test(tc, bare_libuv_arms_timers_by_the_time_it_has);
    tcase_add_test(tc, computing_leaves_the_caches_cold);
    tcase_add_test(tc, many_connections_make_calls_dear);
    tcase_add_test(tc, idle_cores_wake_up_alike);
    suite_add_tcase(suite, tc);
    return suite;
}
