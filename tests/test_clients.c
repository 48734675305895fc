/* Clients, arrivals and the network against timelines computed by hand. Times are ns; the
 * words of the log are explained in worlds.h. */
#include "worlds.h"

#include <check.h>

/* ---- the way there and back ---- */

START_TEST(one_request_a_connection)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0, 5);
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 s2@5 r2@5 a2@5 g1@10 ok@10 g2@20 ok@20");
    ck_assert_int_eq(part_of(scene, 2, PART_READY_WAIT), 5);
    ck_assert_int_eq(part_of(scene, 2, PART_CPU), 10);
    ck_assert_int_eq(scene->stats->handlers[0].latency.max, 15);
    scene_end(scene);
}
END_TEST

START_TEST(half_a_round_trip_each_way_and_bytes_take_time)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0);
    scene->spec.network.rtt = always(scene, 7);
    scene->spec.network.bandwidth = 1e9;
    scene->arrivals[0].request_bytes = 100;
    scene->response = 50;
    is(scene, TIME_NEVER, "s1@3 a1@3 r1@103 ok@167 g1@170");
    ck_assert_int_eq(part_of(scene, 1, PART_NETWORK), 157);
    ck_assert_int_eq(part_of(scene, 1, PART_CPU), 10);
    scene_end(scene);
}
END_TEST

START_TEST(bytes_round_up)
{
    Scene *scene = simple(0);
    ARRIVE(scene, 0);
    scene->spec.network.bandwidth = 3e9;
    scene->arrivals[0].request_bytes = 100;
    is(scene, TIME_NEVER, "s1@0 a1@0 r1@34 g1@34 ok@34");
    scene_end(scene);
}
END_TEST

START_TEST(requests_with_pauses_on_one_connection)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0);
    scene->arrivals[0].requests.fixed = 3;
    scene->arrivals[0].pause = always(scene, 20);
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 ok@10 r2@30 ok@40 r3@60 g1@70 ok@70");
    scene_end(scene);
}
END_TEST

START_TEST(requests_without_pauses)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0);
    scene->arrivals[0].requests.fixed = 2;
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 r2@10 ok@10 g1@20 ok@20");
    scene_end(scene);
}
END_TEST

START_TEST(streams_come_in_order_at_one_instant)
{
    Scene *scene = simple(1);
    scene->spec.stream_count = 3;
    for (int i = 0; i < 3; i++) {
        scene->arrivals[i].kind = ARRIVE_EVERY;
        scene->arrivals[i].every = 10 * (3 - i);
        scene->arrivals[i].count = 2;
    }
    scene->arrivals[1].mix = &scene->mix[1];
    is(scene, 31,
       "s1@10 r1@10 a1@10 g1@11 ok@11 s2@20 s3@20 r2@20 a2@20 r3@20 a3@20 g2@21 ok@21 g3@22 ok@22 s4@30 r4@30 a4@30");
    ck_assert_uint_eq(scene->stats->handlers[1].arrived, 1); /* at 20 */
    scene_end(scene);
}
END_TEST

START_TEST(an_arrival_may_name_its_handler)
{
    Scene *scene = simple(1);
    const SpecArrival list[] = {{5, 1}, {6, -1}, {7, 1}};
    scene->arrivals[0].kind = ARRIVE_FILE;
    scene->arrivals[0].at = list;
    scene->arrivals[0].at_count = 3;
    scene->quiet = true;
    scene_start(scene);
    scene_run(scene, TIME_NEVER);
    ck_assert_uint_eq(scene->stats->handlers[0].completed, 1);
    ck_assert_uint_eq(scene->stats->handlers[1].completed, 2);
    scene_end(scene);
}
END_TEST

/* ---- closed clients ---- */

START_TEST(clients_open_think_and_send)
{
    Scene *scene = closed(2, 100, 10);
    is(scene, 215, "s1@0 s2@0 a1@0 a2@0 r1@100 r2@100 ok@110 ok@120 r3@210");
    scene_end(scene);
}
END_TEST

START_TEST(a_client_may_want_before_it_is_let_in)
{
    Scene *scene = closed(1, 10, 10);
    scene->spec.network.rtt = always(scene, 100);
    is(scene, 125, "s1@50 a1@50 r1@60 ok@120");
    ck_assert_int_eq(scene->stats->handlers[0].latency.max, 110);
    scene_end(scene);
}
END_TEST

START_TEST(clients_come_back_until_the_count)
{
    Scene *scene = closed(1, 5, 10);
    scene->arrivals[0].requests.fixed = 1;
    scene->arrivals[0].count = 2;
    is(scene, TIME_NEVER, "s1@0 a1@0 r1@5 g1@15 ok@15 s2@15 a2@15 r2@20 g2@30 ok@30");
    scene_end(scene);
}
END_TEST

/* ---- the backlog ---- */

START_TEST(a_full_backlog_drops_and_refuses_at_last)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0, 1);
    scene->deaf = true;
    scene->server.backlog = 1;
    scene->spec.network.rtt = always(scene, 10);
    retry_syns(scene, 100, 300);
    is(scene, 1000, "s1@5 refused@306");
    ck_assert_uint_eq(world_backlog_length(&scene->world), 1);
    ck_assert_uint_eq(scene->stats->connections_refused, 1);
    scene_end(scene);
}
END_TEST

START_TEST(a_syn_sent_again_may_find_room)
{
    Scene *scene = simple(60);
    ARRIVE(scene, 0, 0, 0);
    scene->server.backlog = 1;
    retry_syns(scene, 100, 300);
    is(scene, TIME_NEVER,
       "s1@0 r1@0 a1@0 g1@60 ok@60 s2@100 r2@100 a2@100 g2@160 ok@160 s3@300 r3@300 a3@300 g3@360 ok@360");
    ck_assert_int_eq(part_of(scene, 2, PART_ACCEPT_WAIT), 100);
    ck_assert_int_eq(part_of(scene, 2, PART_CPU), 60);
    ck_assert_int_eq(part_of(scene, 3, PART_ACCEPT_WAIT), 300);
    scene_end(scene);
}
END_TEST

START_TEST(who_waits_in_the_backlog_waits_to_be_accepted)
{
    Scene *scene = simple(50);
    ARRIVE(scene, 0, 1);
    scene->most_open = 1;
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 s2@1 g1@50 ok@50 r2@50 a2@50 g2@100 ok@100");
    ck_assert_int_eq(part_of(scene, 2, PART_ACCEPT_WAIT), 49);
    scene_end(scene);
}
END_TEST

START_TEST(refused_by_the_server)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0, 0);
    scene->refuses_from = 2;
    scene->spec.network.rtt = always(scene, 10);
    is(scene, TIME_NEVER, "s1@5 s2@5 r1@5 a1@5 -2@5 refused@10 ok@20 g1@25");
    scene_end(scene);
}
END_TEST

START_TEST(no_more_than_max_connections)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0, 3, 20);
    scene->server.max_connections = 1;
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 s2@3 -2@3 refused@3 g1@10 ok@10 s3@20 r3@20 a3@20 g3@30 ok@30");
    scene_end(scene);
}
END_TEST

START_TEST(no_more_than_fit_in_memory)
{
    Scene *scene = simple(10);
    ARRIVE(scene, 0, 3, 20);
    scene->spec.machine.memory = 150;
    scene->spec.machine.costs.connection_memory = 100;
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 s2@3 -2@3 refused@3 g1@10 ok@10 s3@20 r3@20 a3@20 g3@30 ok@30");
    ck_assert_int_eq(machine_stats(scene->world.machine)->memory, 0);
    ck_assert_int_eq(machine_stats(scene->world.machine)->memory_peak, 100);
    scene_end(scene);
}
END_TEST

START_TEST(a_refused_client_knocks_again_for_its_next_request)
{
    Scene *scene = closed(2, 0, 10);
    scene->arrivals[0].pause = always(scene, 7);
    scene->server.max_connections = 1;
    is(scene, 12, "s1@0 s2@0 r1@0 a1@0 -2@0 refused@0 s3@7 -3@7 refused@7 ok@10");
    scene_end(scene);
}
END_TEST

/* Refused in no time, without a pause: an endless loop at one instant, which must end the run and not the stack. */
START_TEST(refused_in_no_time_is_a_spin)
{
    Scene *scene = closed(1, 0, 10);
    scene->deaf = true;
    scene->quiet = true;
    scene->server.backlog = 0;
    scene_start(scene);
    ck_assert_int_eq(kernel_run(&scene->world.kernel, 1000, 100000, NULL), KERNEL_LIMIT);
    ck_assert_int_eq(scene->world.kernel.now, 0);
    scene_end(scene);
}
END_TEST

/* ---- what does not depend on the server ---- */

static void keep_arrivals(Scene *scene, uint64_t digest[2])
{
    scene->spec.stream_count = 2;
    for (int i = 0; i < 2; i++) {
        SpecArrivals *arrivals = &scene->arrivals[i];
        arrivals->kind = ARRIVE_POISSON;
        arrivals->rate = 1e6 * (i + 1);
        arrivals->mix_count = 2;
        arrivals->count = 500;
        arrivals->requests.geometric_mean = 1.5;
    }
    scene_start(scene);
    scene_run(scene, TIME_NEVER);
    digest[0] = scene->stats->handlers[0].completed;
    digest[1] = scene->stats->handlers[1].completed;
}

START_TEST(every_server_meets_the_same_requests)
{
    uint64_t a[2], b[2];
    Scene *fast = simple(1), *slow = simple(900);
    keep_arrivals(fast, a);
    slow->spec.machine.cores = 2;
    keep_arrivals(slow, b);
    ck_assert_uint_eq(a[0], b[0]);
    ck_assert_uint_eq(a[1], b[1]);
    ck_assert_uint_gt(a[0] + a[1], 1350);
    ck_assert_uint_lt(a[0] + a[1], 1650);
    ck_assert_uint_gt(a[0], 600); /* the mix: even */
    ck_assert_uint_gt(a[1], 600);
    scene_end(fast);
    scene_end(slow);
}
END_TEST

Suite *clients_suite(void);
Suite *clients_suite(void)
{
    Suite *suite = suite_create("clients");
    TCase *tests = tcase_create("clients");
    tcase_add_test(tests, one_request_a_connection);
    tcase_add_test(tests, half_a_round_trip_each_way_and_bytes_take_time);
    tcase_add_test(tests, bytes_round_up);
    tcase_add_test(tests, requests_with_pauses_on_one_connection);
    tcase_add_test(tests, requests_without_pauses);
    tcase_add_test(tests, streams_come_in_order_at_one_instant);
    tcase_add_test(tests, clients_open_think_and_send);
    tcase_add_test(tests, a_client_may_want_before_it_is_let_in);
    tcase_add_test(tests, clients_come_back_until_the_count);
    tcase_add_test(tests, a_full_backlog_drops_and_refuses_at_last);
    tcase_add_test(tests, a_syn_sent_again_may_find_room);
    tcase_add_test(tests, who_waits_in_the_backlog_waits_to_be_accepted);
    tcase_add_test(tests, refused_by_the_server);
    tcase_add_test(tests, no_more_than_max_connections);
    tcase_add_test(tests, no_more_than_fit_in_memory);
    tcase_add_test(tests, a_refused_client_knocks_again_for_its_next_request);
    tcase_add_test(tests, refused_in_no_time_is_a_spin);
    tcase_add_test(tests, every_server_meets_the_same_requests);
    tcase_add_test(tests, an_arrival_may_name_its_handler);
    suite_add_tcase(suite, tests);
    return suite;
}
