/* Clients that give up and try again, and servers that close, against timelines computed by hand (worlds.h). */
#include "worlds.h"

#include <check.h>

/* ---- timeouts and retries ---- */

START_TEST(a_client_gives_up_and_the_work_is_done_for_nobody)
{
    Scene *scene = simple(50);
    ARRIVE(scene, 0);
    scene->arrivals[0].timeout = 30;
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 g1@30 timeout@30");
    ck_assert_uint_eq(scene->served, 1);
    ck_assert_int_eq(scene->world.kernel.now, 50);
    ck_assert_int_eq(machine_stats(scene->world.machine)->user, 50);
    scene_end(scene);
}
END_TEST

START_TEST(the_request_of_a_client_that_left_the_backlog_is_served_too)
{
    Scene *scene = simple(50);
    ARRIVE(scene, 0, 0);
    scene->most_open = 1;
    scene->arrivals[0].timeout = 30;
    is(scene, TIME_NEVER, "s1@0 s2@0 r1@0 a1@0 g1@30 timeout@30 timeout@30 r2@50 g2@50 a2@50");
    ck_assert_uint_eq(scene->served, 2);
    scene_end(scene);
}
END_TEST

START_TEST(a_client_that_gives_up_before_it_was_let_in_is_gone)
{
    Scene *scene = simple(50);
    ARRIVE(scene, 0, 0);
    scene->server.backlog = 1;
    retry_syns(scene, 100, 300);
    scene->arrivals[0].timeout = 60;
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 g1@50 ok@50 timeout@60");
    ck_assert_int_eq(scene->world.kernel.now, 60);
    scene_end(scene);
}
END_TEST

START_TEST(the_fin_follows_the_bytes)
{
    Scene *scene = simple(5);
    ARRIVE(scene, 0);
    scene->spec.network.rtt = always(scene, 20);
    scene->spec.network.bandwidth = 1e9;
    scene->arrivals[0].request_bytes = 100;
    scene->arrivals[0].timeout = 95; /* the FIN would be there at 105, the bytes are at 110 */
    is(scene, TIME_NEVER, "s1@10 a1@10 timeout@95 r1@110 g1@110");
    ck_assert_uint_eq(scene->served, 1);
    scene_end(scene);
}
END_TEST

START_TEST(the_fin_takes_its_own_time)
{
    Scene *scene = simple(5);
    ARRIVE(scene, 0);
    scene->spec.network.rtt = always(scene, 20);
    scene->spec.network.bandwidth = 1e9;
    scene->arrivals[0].request_bytes = 100;
    scene->arrivals[0].timeout = 105;
    is(scene, TIME_NEVER, "s1@10 a1@10 timeout@105 r1@110 g1@115");
    scene_end(scene);
}
END_TEST

/* However a connection ends, nothing of it is kept. */
static void many_that_fail(bool deaf, bool refused, Time timeout)
{
    Scene *scene = simple(1);
    scene->quiet = true;
    scene->deaf = deaf;
    scene->refuses_from = refused;
    scene->server.backlog = deaf ? 0 : 511;
    scene->arrivals[0].kind = ARRIVE_EVERY;
    scene->arrivals[0].every = 10;
    scene->arrivals[0].count = 20000;
    scene->arrivals[0].timeout = timeout;
    scene->arrivals[0].retry_attempts = 2;
    retry_syns(scene, 7, 20);
    scene_start(scene);
    size_t before = mem_used(scene->mem);
    scene_run(scene, TIME_NEVER);
    ck_assert_uint_eq(scene->stats->handlers[0].arrived, 20000);
    ck_assert_uint_eq(scene->stats->handlers[0].completed, 0);
    ck_assert_uint_eq(scene->stats->handlers[0].in_flight, 0);
    ck_assert_uint_lt(mem_used(scene->mem) - before, 1 << 18);
    scene_end(scene);
}

START_TEST(nothing_is_kept)
{
    many_that_fail(true, false, 5);
    many_that_fail(true, false, 0);
    many_that_fail(false, true, 0);
}
END_TEST

START_TEST(a_response_that_comes_too_late)
{
    Scene *scene = simple(50);
    ARRIVE(scene, 0);
    scene->spec.network.rtt = always(scene, 20);
    scene->arrivals[0].timeout = 65; /* the response is on its way from 60 to 70 */
    is(scene, TIME_NEVER, "s1@10 r1@10 a1@10 timeout@65 g1@75");
    scene_end(scene);
}
END_TEST

START_TEST(each_attempt_has_a_connection_of_its_own)
{
    Scene *scene = simple(50);
    ARRIVE(scene, 0);
    scene->arrivals[0].timeout = 30;
    scene->arrivals[0].retry_attempts = 3;
    scene->arrivals[0].retry_backoff = always(scene, 10);
    is(scene, TIME_NEVER,
       "s1@0 r1@0 a1@0 g1@30 retry@30 s2@40 r1@40 a2@40 g2@70 retry@70 s3@80 r1@80 a3@80 g3@110 timeout@110");
    ck_assert_uint_eq(scene->served, 3);
    ck_assert_int_eq(scene->world.kernel.now, 150);
    ck_assert_uint_eq(scene->stats->handlers[0].arrived, 1);
    scene_end(scene);
}
END_TEST

START_TEST(the_last_attempt_may_succeed_and_all_its_time_counts)
{
    Scene *scene = simple(20);
    ARRIVE(scene, 0, 0, 0);
    scene->arrivals[0].timeout = 50;
    scene->arrivals[0].retry_attempts = 2;
    scene->arrivals[0].retry_backoff = always(scene, 15);
    /* The third gives up at 50 while it is served; what is done for it ends at 60; again from 65 to 85. */
    is(scene, TIME_NEVER,
       "s1@0 s2@0 s3@0 r1@0 a1@0 r2@0 a2@0 r3@0 a3@0 g1@20 ok@20 g2@40 ok@40 g3@50 retry@50 s4@65 r3@65 a4@65 g4@85 "
       "ok@85");
    ck_assert_int_eq(part_of(scene, 3, PART_READY_WAIT), 40);
    ck_assert_int_eq(part_of(scene, 3, PART_CPU), 30);
    ck_assert_int_eq(part_of(scene, 3, PART_OTHER), 15);
    ck_assert_int_eq(scene->stats->handlers[0].latency.max, 85);
    scene_end(scene);
}
END_TEST

START_TEST(a_failed_request_is_tried_again_on_its_connection)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0);
    scene->fails_before = 1;
    scene->arrivals[0].retry_attempts = 2;
    scene->arrivals[0].retry_backoff = always(scene, 5);
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 retry@10 r1@15 g1@25 ok@25");
    ck_assert_int_eq(part_of(scene, 1, PART_CPU), 20);
    ck_assert_int_eq(part_of(scene, 1, PART_OTHER), 5);
    scene_end(scene);
}
END_TEST

START_TEST(an_error_has_no_bytes)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0);
    scene->fails_before = 1;
    scene->response = 50;
    scene->spec.network.bandwidth = 1e9;
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 g1@10 failed@10");
    scene_end(scene);
}
END_TEST

START_TEST(without_attempts_left_it_has_failed)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0);
    scene->fails_before = 2;
    scene->arrivals[0].retry_attempts = 2;
    scene->arrivals[0].requests.fixed = 2;
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 retry@10 r1@10 failed@20 r2@20 retry@30 r2@30 g1@40 failed@40");
    scene_end(scene);
}
END_TEST

START_TEST(a_refused_request_is_tried_again)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0, 0);
    scene->server.max_connections = 1;
    scene->arrivals[0].retry_attempts = 2;
    scene->arrivals[0].retry_backoff = always(scene, 40);
    is(scene, TIME_NEVER, "s1@0 s2@0 r1@0 a1@0 -2@0 retry@0 g1@10 ok@10 s3@40 r2@40 a3@40 g3@50 ok@50");
    scene_end(scene);
}
END_TEST

START_TEST(jitter_takes_up_to_its_share_of_the_back_off)
{
    Scene *scene = simple(0);
    Time at[50];
    for (int i = 0; i < 50; i++)
        at[i] = 0;
    arrive_at(scene, 50, at);
    scene->fails_before = 1;
    scene->quiet = true;
    scene->arrivals[0].retry_attempts = 2;
    scene->arrivals[0].retry_backoff = always(scene, 1000);
    scene->arrivals[0].retry_jitter = 0.5;
    scene_start(scene);
    scene_run(scene, TIME_NEVER);
    const Hist *latency = &scene->stats->handlers[0].latency;
    ck_assert_uint_eq(latency->count, 50);
    ck_assert_int_ge(latency->min, 500);
    ck_assert_int_lt(latency->min, 560);
    ck_assert_int_le(latency->max, 1000);
    ck_assert_int_gt(latency->max, 940);
    scene_end(scene);
}
END_TEST

START_TEST(what_a_request_came_to_does_not_change_what_is_wanted_next)
{
    Scene *scene = simple(50);
    ARRIVE(scene, 0);
    scene->arrivals[0].requests.fixed = 2;
    scene->arrivals[0].pause = always(scene, 70);
    scene->arrivals[0].timeout = 30;
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 g1@30 timeout@30 s2@100 r2@100 a2@100 g2@130 timeout@130");
    scene_end(scene);
}
END_TEST

/* ---- the server closes ---- */

START_TEST(the_next_request_finds_another_connection)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0);
    scene->closes = true;
    scene->arrivals[0].requests.fixed = 3;
    scene->arrivals[0].pause = always(scene, 20);
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 ok@10 s2@30 r2@30 a2@30 ok@40 s3@60 r3@60 a3@60 g3@70 ok@70");
    scene_end(scene);
}
END_TEST

START_TEST(a_close_behind_the_response)
{
    Scene *scene = simple(5);
    ARRIVE(scene, 0);
    scene->closes = true;
    scene->spec.network.rtt = always(scene, 20);
    scene->arrivals[0].requests.fixed = 2;
    is(scene, TIME_NEVER, "s1@10 r1@10 a1@10 ok@25 s2@35 r2@35 a2@35 ok@50");
    scene_end(scene);
}
END_TEST

START_TEST(bytes_that_come_after_the_close_are_lost)
{
    Scene *scene = simple(5);
    ARRIVE(scene, 0);
    scene->spec.network.rtt = always(scene, 20);
    scene->arrivals[0].requests.fixed = 2;
    scene->closes_at = 30; /* the second request is on its way from 25 to 35 */
    is(scene, TIME_NEVER, "s1@10 r1@10 a1@10 ok@25 failed@45");
    scene_end(scene);
}
END_TEST

START_TEST(a_close_while_the_client_thinks)
{
    Scene *scene = closed(1, 50, 5);
    scene->closes_at = 30;
    is(scene, 60, "s1@0 a1@0 s2@50 r1@50 a2@50 ok@55");
    scene_end(scene);
}
END_TEST

Suite *retries_suite(void);
Suite *retries_suite(void)
{
    Suite *suite = suite_create("retries");
    TCase *tests = tcase_create("retries");
    tcase_add_test(tests, a_client_gives_up_and_the_work_is_done_for_nobody);
    tcase_add_test(tests, the_request_of_a_client_that_left_the_backlog_is_served_too);
    tcase_add_test(tests, a_client_that_gives_up_before_it_was_let_in_is_gone);
    tcase_add_test(tests, the_fin_follows_the_bytes);
    tcase_add_test(tests, a_response_that_comes_too_late);
    tcase_add_test(tests, each_attempt_has_a_connection_of_its_own);
    tcase_add_test(tests, the_last_attempt_may_succeed_and_all_its_time_counts);
    tcase_add_test(tests, a_failed_request_is_tried_again_on_its_connection);
    tcase_add_test(tests, without_attempts_left_it_has_failed);
    tcase_add_test(tests, a_refused_request_is_tried_again);
    tcase_add_test(tests, jitter_takes_up_to_its_share_of_the_back_off);
    tcase_add_test(tests, what_a_request_came_to_does_not_change_what_is_wanted_next);
    tcase_add_test(tests, the_next_request_finds_another_connection);
    tcase_add_test(tests, bytes_that_come_after_the_close_are_lost);
    tcase_add_test(tests, a_close_while_the_client_thinks);
    tcase_add_test(tests, a_close_behind_the_response);
    tcase_add_test(tests, an_error_has_no_bytes);
    tcase_add_test(tests, the_fin_takes_its_own_time);
    tcase_add_test(tests, nothing_is_kept);
    suite_add_tcase(suite, tests);
    return suite;
}
