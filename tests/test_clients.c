/* Clients, arrivals and the network against timelines computed by hand, and queues against theory. Times are ns; the words of the log are
 * explained in worlds.h. */
#include "../model/machine/arrivals.h"
#include "worlds.h"

#include <check.h>
#include <math.h>
#include <string.h>

static void arrive_at(Scene *scene, size_t n, const Time at[])
{
    SpecArrival *list = mem_get(scene->mem, n * sizeof *list);
    for (size_t i = 0; i < n; i++)
        list[i] = (SpecArrival){at[i], -1};
    scene->arrivals[0].kind = ARRIVE_AT;
    scene->arrivals[0].at = list;
    scene->arrivals[0].at_count = n;
}
#define ARRIVE(scene, ...) arrive_at(scene, sizeof((Time[]){__VA_ARGS__}) / sizeof(Time), (Time[]){__VA_ARGS__})

static Scene *simple(Time service)
{
    Scene *scene = scene_new(1 << 26);
    scene->service = always(scene, service);
    return scene;
}

static Time part_of(const Scene *scene, uint64_t request, Part part)
{
    for (int i = 0; i < scene->stats->slow_count; i++) {
        if (scene->stats->slowest[i].request == request)
            return scene->stats->slowest[i].part[part];
    }
    ck_abort_msg("no such request among the slowest");
    return 0;
}

static void is(Scene *scene, Time until, const char *log)
{
    scene_start(scene);
    ck_assert_str_eq(scene_run(scene, until), log);
}

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
    is(scene, 31, "s1@10 r1@10 a1@10 g1@11 ok@11 s2@20 s3@20 r2@20 a2@20 r3@20 a3@20 g2@21 ok@21 g3@22 ok@22 s4@30 r4@30 a4@30");
    ck_assert_uint_eq(scene->stats->handlers[1].arrived, 1); /* at 20: the second connection; the first stream is at 30 */
    scene_end(scene);
}
END_TEST

/* ---- closed clients ---- */

static Scene *closed(int64_t clients, Time think, Time service)
{
    Scene *scene = simple(service);
    scene->arrivals[0].kind = ARRIVE_CLIENTS;
    scene->arrivals[0].clients = clients;
    scene->arrivals[0].think = think > 0 ? always(scene, think) : NULL;
    return scene;
}

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

static void retry_syns(Scene *scene, Time first, Time second)
{
    scene->spec.network.syn_retry[0] = first;
    scene->spec.network.syn_retry[1] = second;
    scene->spec.network.syn_retries = 2;
}

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
    is(scene, TIME_NEVER, "s1@0 r1@0 a1@0 g1@60 ok@60 s2@100 r2@100 a2@100 g2@160 ok@160 s3@300 r3@300 a3@300 g3@360 ok@360");
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
    is(scene, TIME_NEVER, "s1@0 s2@0 s3@0 r1@0 a1@0 r2@0 a2@0 r3@0 a3@0 g1@20 ok@20 g2@40 ok@40 g3@50 retry@50 s4@65 r3@65 a4@65 g4@85 ok@85");
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

/* ---- arrival processes ---- */

static Arrivals process(Mem *mem, const SpecArrivals *spec, Time end)
{
    Arrivals arrivals;
    arrivals_init(&arrivals, mem, spec, draw_key(7, 0, 0), end);
    return arrivals;
}

static int64_t count_until(Arrivals *arrivals, Time *at, Time end)
{
    int64_t count = 0;
    int32_t handler;
    while (*at < end) {
        Time before = *at;
        if (!arrivals_next(arrivals, at, &handler)) {
            *at = TIME_NEVER;
            break;
        }
        ck_assert_int_ge(*at, before);
        count += *at < end;
    }
    return count;
}

START_TEST(poisson_has_its_rate_and_ends_in_time)
{
    Mem *mem = mem_new(1 << 20);
    SpecArrivals spec = {.kind = ARRIVE_POISSON, .rate = 1000};
    Arrivals arrivals = process(mem, &spec, 100 * TIME_S);
    Time at = 0;
    int64_t count = count_until(&arrivals, &at, TIME_NEVER);
    ck_assert_int_gt(count, 100000 - 4 * 317);
    ck_assert_int_lt(count, 100000 + 4 * 317);
    mem_delete(mem);
}
END_TEST

START_TEST(files_name_handlers)
{
    Mem *mem = mem_new(1 << 20);
    const SpecArrival list[] = {{5, -1}, {5, 1}, {9, 0}};
    SpecArrivals spec = {.kind = ARRIVE_FILE, .at = list, .at_count = 3, .count = 2};
    Arrivals arrivals = process(mem, &spec, TIME_NEVER);
    Time at;
    int32_t handler;
    ck_assert(arrivals_next(&arrivals, &at, &handler) && at == 5 && handler == -1);
    ck_assert(arrivals_next(&arrivals, &at, &handler) && at == 5 && handler == 1);
    ck_assert(!arrivals_next(&arrivals, &at, &handler)); /* count */
    mem_delete(mem);
}
END_TEST

START_TEST(gaps_and_bursts)
{
    Mem *mem = mem_new(1 << 20);
    SpecArrivals gaps = {.kind = ARRIVE_INTERARRIVAL, .interarrival = dist_constant(mem, 7)};
    Arrivals arrivals = process(mem, &gaps, 30);
    Time at = 0;
    ck_assert_int_eq(count_until(&arrivals, &at, TIME_NEVER), 4); /* 7, 14, 21, 28 */
    SpecArrivals bursts = {.kind = ARRIVE_BURSTS, .burst_every = dist_constant(mem, 10), .burst_size = {.fixed = 3}};
    arrivals = process(mem, &bursts, 35);
    at = 0;
    ck_assert_int_eq(count_until(&arrivals, &at, 11), 3);
    ck_assert_int_eq(at, 20);
    arrivals = process(mem, &bursts, 35);
    at = 0;
    ck_assert_int_eq(count_until(&arrivals, &at, TIME_NEVER), 9);
    bursts.burst_size = (SpecCount){.geometric_mean = 4};
    arrivals = process(mem, &bursts, 100005);
    at = 0;
    int64_t count = count_until(&arrivals, &at, TIME_NEVER); /* 10000 bursts, sd of each sqrt(12) */
    ck_assert_int_gt(count, 40000 - 4 * 347);
    ck_assert_int_lt(count, 40000 + 4 * 347);
    mem_delete(mem);
}
END_TEST

START_TEST(modulated_follows_its_phases)
{
    Mem *mem = mem_new(1 << 20);
    const SpecRatePhase phases[] = {{2e6, dist_constant(mem, 10 * TIME_MS)}, {0, dist_constant(mem, 5 * TIME_MS)}, {5e5, dist_constant(mem, 5 * TIME_MS)}};
    SpecArrivals spec = {.kind = ARRIVE_MODULATED, .phases = phases, .phase_count = 3};
    Arrivals arrivals = process(mem, &spec, 100 * TIME_MS);
    Time at = 0;
    int64_t on = count_until(&arrivals, &at, 10 * TIME_MS), off = 0, low;
    ck_assert_int_gt(on, 20000 - 4 * 142);
    ck_assert_int_lt(on, 20000 + 4 * 142);
    off = at < 15 * TIME_MS;
    ck_assert_int_eq(off, 0);
    low = count_until(&arrivals, &at, 20 * TIME_MS);
    ck_assert_int_gt(low, 2500 - 4 * 50);
    ck_assert_int_lt(low, 2500 + 4 * 50);
    int64_t rest = count_until(&arrivals, &at, TIME_NEVER);
    ck_assert_int_gt(rest, 4 * 22500 - 4 * 300);
    ck_assert_int_lt(rest, 4 * 22500 + 4 * 300);
    const SpecRatePhase never[] = {{0, dist_constant(mem, 1)}};
    spec.phases = never;
    spec.phase_count = 1;
    arrivals = process(mem, &spec, TIME_NEVER);
    at = 0;
    ck_assert_int_eq(count_until(&arrivals, &at, TIME_NEVER), 0);
    mem_delete(mem);
}
END_TEST

START_TEST(stages_ramp)
{
    Mem *mem = mem_new(1 << 20);
    const SpecStage stages[] = {{TIME_S, 20000}, {TIME_S, 20000}, {0, 40000}, {TIME_S, 0}};
    SpecArrivals spec = {.kind = ARRIVE_STAGES, .stages = stages, .stage_count = 4};
    Arrivals arrivals = process(mem, &spec, TIME_NEVER);
    Time at = 0;
    static const struct { Time until; double expected; } part[] = {
        {TIME_S / 2, 2500}, {TIME_S, 7500}, {2 * TIME_S, 20000}, {2 * TIME_S + TIME_S / 2, 15000}, {TIME_NEVER, 5000}};
    for (size_t i = 0; i < COUNT_OF(part); i++) {
        double count = (double)count_until(&arrivals, &at, part[i].until) + (i > 0);
        ck_assert_double_lt(fabs(count - part[i].expected), 4 * sqrt(part[i].expected) + 2);
    }
    mem_delete(mem);
}
END_TEST

/* ---- theory: a thread a connection on one core is M/G/1 ---- */

enum { RUNS = 20 };

typedef struct Theory {
    int scheduler;
    double rate;          /* per second; 0: closed */
    int64_t clients;
    double service_scv;   /* 1: exponential, 0: constant, 4: two exponentials; mean 1 ms */
    double mean_ms;
} Theory;

static const Dist *service_of(Scene *scene, double scv)
{
    const char *why;
    static const double weight[] = {0.887298334620742, 0.112701665379258}, mean[] = {563508.326896291, 4436491.67310371};
    if (scv <= 0)
        return always(scene, TIME_MS);
    return scv > 1 ? dist_hyperexponential(scene->mem, 2, weight, mean, &why) : dist_exponential(scene->mem, 1e6, &why);
}

static double mean_of_run(const Theory *theory, uint64_t seed)
{
    const char *why;
    Scene *scene = scene_new(1 << 28);
    scene->quiet = true;
    scene->spec.seed = seed;
    scene->spec.machine.scheduler = theory->scheduler;
    scene->warmup = TIME_S;
    scene->server.backlog = 1000000;
    scene->service = service_of(scene, theory->service_scv);
    SpecArrivals *arrivals = &scene->arrivals[0];
    arrivals->kind = theory->clients > 0 ? ARRIVE_CLIENTS : ARRIVE_POISSON;
    arrivals->rate = theory->rate;
    arrivals->clients = theory->clients;
    arrivals->think = dist_exponential(scene->mem, 5e6, &why);
    scene->spec.duration = 26 * TIME_S;
    scene_start(scene);
    scene_run(scene, theory->clients > 0 ? scene->spec.duration : TIME_NEVER);
    double mean = (double)hist_mean(&scene->stats->handlers[0].latency) / 1e6;
    scene_end(scene);
    return mean;
}

static void holds(const Theory *theory)
{
    double sum = 0, squares = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        double mean = mean_of_run(theory, seed);
        sum += mean;
        squares += mean * mean;
    }
    double mean = sum / RUNS, error = sqrt((squares - sum * mean) / (RUNS - 1) / RUNS);
    ck_assert_double_lt(error, 0.02 * mean);
    ck_assert_msg(fabs(mean - theory->mean_ms) < 4 * error, "mean %f instead of %f, standard error %f", mean, theory->mean_ms, error);
}

/* Exact mean value analysis of one queue with n clients that think 5 ms on the average (Reiser, Lavenberg 1980). */
static double mva(int clients)
{
    double queue = 0, time = 0;
    for (int n = 1; n <= clients; n++) {
        time = 1 + queue;
        queue = n * time / (5 + time);
    }
    return time;
}

START_TEST(queues_are_as_theory_says)
{
    const Theory cases[] = {
        {SCHED_FIFO, 500, 0, 1, 2},                       /* M/M/1 */
        {SCHED_FIFO, 800, 0, 1, 5},
        {SCHED_FIFO, 800, 0, 0, 3},                       /* M/D/1: S + rho S / (2 (1 - rho)) */
        {SCHED_FIFO, 500, 0, 4, 1 + 0.5 * 5 / 2 / 0.5},   /* M/G/1: Pollaczek, Khinchine */
        {SCHED_PROCESSOR_SHARING, 800, 0, 1, 5},          /* M/G/1-PS: S / (1 - rho), whatever the distribution */
        {SCHED_PROCESSOR_SHARING, 500, 0, 4, 2},
        {SCHED_PROCESSOR_SHARING, 500, 0, 0, 2},
        {SCHED_FIFO, 0, 8, 1, mva(8)},
    };
    holds(&cases[_i]);
}
END_TEST

/* Little's law by an integral of the test's own. */
START_TEST(littles_law_is_exact)
{
    const char *why;
    Scene *scene = simple(0);
    scene->service = dist_exponential(scene->mem, 1e5, &why);
    scene->spec.network.rtt = dist_exponential(scene->mem, 1e5, &why);
    SpecArrivals *arrivals = &scene->arrivals[0];
    arrivals->kind = ARRIVE_POISSON;
    arrivals->rate = 7000;
    arrivals->count = 2000;
    arrivals->timeout = TIME_MS;
    arrivals->retry_attempts = 2;
    arrivals->retry_backoff = dist_exponential(scene->mem, 1e6, &why);
    scene->server.backlog = 10;
    retry_syns(scene, 300 * TIME_US, 2 * TIME_MS);
    scene->quiet = true;
    scene_start(scene);
    const HandlerStats *stats = &scene->stats->handlers[0];
    Kernel *kernel = &scene->world.kernel;
    Time integral = 0;
    for (;;) {
        Time before = kernel->now;
        Time in_flight = (Time)stats->in_flight;
        if (!kernel_step(kernel))
            break;
        integral += in_flight * (kernel->now - before);
        ck_assert_uint_eq(stats->arrived, stats->completed + stats->failed + stats->refused + stats->timed_out + stats->in_flight);
    }
    ck_assert_uint_eq(stats->arrived, 2000);
    ck_assert_uint_eq(stats->in_flight, 0);
    ck_assert_uint_gt(stats->completed, 500);
    ck_assert_uint_gt(stats->timed_out, 10);
    Hist population;
    hist_init(&population, scene->mem);
    stats_close(scene->stats, scene->world.machine, kernel->now);
    stats_population_hist(scene->stats, &population);
    ck_assert_int_eq(hist_sum_mod(&population), integral);
    /* Nothing is left open or kept. */
    ck_assert_uint_eq(machine_stats(scene->world.machine)->threads, 1);
    ck_assert_int_eq(scene->stats->open.now, 0);
    scene_end(scene);
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
    tcase_add_test(tests, every_server_meets_the_same_requests);
    tcase_add_test(tests, poisson_has_its_rate_and_ends_in_time);
    tcase_add_test(tests, files_name_handlers);
    tcase_add_test(tests, gaps_and_bursts);
    tcase_add_test(tests, modulated_follows_its_phases);
    tcase_add_test(tests, stages_ramp);
    tcase_add_test(tests, littles_law_is_exact);
    tcase_add_loop_test(tests, queues_are_as_theory_says, 0, 8);
    suite_add_tcase(suite, tests);
    return suite;
}
