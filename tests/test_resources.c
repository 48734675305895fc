/* Resources and locks against timelines computed by hand. Times are ns; the words of the log are explained in
 * worlds.h. */
#include "../model/machine/locks.h"
#include "worlds.h"

#include <check.h>
#include <string.h>

/* ---- behind a server ---- */

static Scene *behind(Time latency, size_t n, const Time at[])
{
    Scene *scene = simple(0);
    arrive_at(scene, n, at);
    scene->calls = 1;
    scene->resources[0].latency = always(scene, latency);
    scene->resources[1].latency = always(scene, 1);
    return scene;
}
#define BEHIND(latency, ...) behind(latency, sizeof((Time[]){__VA_ARGS__}) / sizeof(Time), (Time[]){__VA_ARGS__})

/* Only what became of the requests. */
static const char *outcomes(Scene *scene)
{
    scene_start(scene);
    const char *word = scene_run(scene, TIME_NEVER);
    Buf *kept = mem_get(scene->mem, sizeof *kept);
    buf_init(kept, scene->mem, 1 << 20);
    while (*word) {
        size_t length = strcspn(word, " ");
        if (word[1] > '9') {
            if (kept->size > 0)
                buf_char(kept, ' ');
            buf_bytes(kept, word, length);
        }
        word += length + (word[length] == ' ');
    }
    return buf_string(kept);
}

START_TEST(without_a_limit_all_are_served_at_once)
{
    Scene *scene = BEHIND(10, 0, 1, 2);
    ck_assert_str_eq(outcomes(scene), "ok@10 ok@11 ok@12");
    ck_assert_int_eq(part_of(scene, 3, PART_RESOURCE), 10);
    const ResourceStats *stats = &scene->stats->resources[0];
    ck_assert_uint_eq(stats->calls, 3);
    ck_assert_int_eq(stats->served.peak, 3);
    ck_assert_int_eq(stats->served.now, 0);
    scene_end(scene);
}
END_TEST

START_TEST(beyond_its_concurrency_calls_queue_in_order)
{
    Scene *scene = BEHIND(10, 0, 1, 2, 3, 4);
    scene->resources[0].concurrency = 2;
    ck_assert_str_eq(outcomes(scene), "ok@10 ok@11 ok@20 ok@21 ok@30");
    ck_assert_int_eq(part_of(scene, 5, PART_RESOURCE_WAIT), 16);
    ck_assert_int_eq(part_of(scene, 5, PART_RESOURCE), 10);
    const ResourceStats *stats = &scene->stats->resources[0];
    ck_assert_int_eq(stats->queued.peak, 3);
    ck_assert_int_eq(stats->queued.now, 0);
    ck_assert_int_eq(stats->wait.max, 16);
    ck_assert_int_eq(stats->wait.min, 0);
    scene_end(scene);
}
END_TEST

START_TEST(beyond_its_queue_calls_fail_at_once)
{
    Scene *scene = BEHIND(10, 0, 1, 2, 3);
    scene->resources[0].concurrency = 1;
    scene->resources[0].queue = 1;
    ck_assert_str_eq(outcomes(scene), "failed@2 failed@3 ok@10 ok@20");
    ck_assert_uint_eq(scene->stats->resources[0].errors, 2);
    scene_end(scene);
}
END_TEST

START_TEST(no_queue_at_all)
{
    Scene *scene = BEHIND(10, 0, 5, 10);
    scene->resources[0].concurrency = 1;
    scene->resources[0].queue = 0;
    ck_assert_str_eq(outcomes(scene), "failed@5 ok@10 ok@20"); /* at 10 it is free */
    scene_end(scene);
}
END_TEST

START_TEST(errors_come_after_the_latency)
{
    Scene *scene = BEHIND(10, 0);
    scene->resources[0].error_rate = 1;
    ck_assert_str_eq(outcomes(scene), "failed@10");
    scene_end(scene);
}
END_TEST

START_TEST(errors_have_their_rate)
{
    Scene *scene = scene_new(1 << 26);
    scene->arrivals[0] =
        (SpecArrivals){.kind = ARRIVE_EVERY, .every = 1, .count = 10000, .mix = scene->mix, .mix_count = 1};
    scene->calls = 1;
    scene->quiet = true;
    scene->resources[0].latency = always(scene, 1);
    scene->resources[0].error_rate = 0.2;
    scene_start(scene);
    scene_run(scene, TIME_NEVER);
    ck_assert_uint_gt(scene->stats->handlers[0].failed, 2000 - 4 * 40);
    ck_assert_uint_lt(scene->stats->handlers[0].failed, 2000 + 4 * 40);
    scene_end(scene);
}
END_TEST

START_TEST(after_its_timeout_the_caller_goes_on_and_the_resource_too)
{
    Scene *scene = BEHIND(10, 0, 1, 2);
    scene->resources[0].concurrency = 1;
    scene->resources[0].timeout = 6;
    /* 1 is given up at 6 and worked on until 10; 2 and 3 are given up in the queue, at 7 and 8 */
    ck_assert_str_eq(outcomes(scene), "failed@6 failed@7 failed@8");
    ck_assert_int_eq(scene->world.kernel.now, 10);
    const ResourceStats *stats = &scene->stats->resources[0];
    ck_assert_int_eq(stats->queued.now, 0);
    ck_assert_int_eq(stats->served.now, 0);
    scene_end(scene);
}
END_TEST

START_TEST(work_for_nobody_keeps_its_place)
{
    Scene *scene = BEHIND(10, 0, 7);
    scene->resources[0].concurrency = 1;
    scene->resources[0].timeout = 15;
    scene->resources[0].queue = 1;
    /* 2 waits until 10 and is served until 20, within its 15 (until 22) */
    ck_assert_str_eq(outcomes(scene), "ok@10 ok@20");
    scene_end(scene);

    scene = BEHIND(10, 0, 4);
    scene->resources[0].concurrency = 1;
    scene->resources[0].timeout = 9; /* 1 until 9; its work until 10; 2, served from 10, until 13; its work until 20 */
    ck_assert_str_eq(outcomes(scene), "failed@9 failed@13");
    ck_assert_int_eq(scene->world.kernel.now, 20);
    scene_end(scene);
}
END_TEST

START_TEST(what_is_served_at_its_timeout_was_served)
{
    Scene *scene = BEHIND(10, 0, 5);
    scene->resources[0].concurrency = 1;
    scene->resources[0].timeout = 15; /* 2: queued from 5, served from 10 to 20, its timeout at 20 */
    ck_assert_str_eq(outcomes(scene), "ok@10 ok@20");
    scene_end(scene);
}
END_TEST

START_TEST(who_leaves_the_middle_of_the_queue_leaves_the_rest_in_order)
{
    Scene *scene = BEHIND(10, 0, 0, 0, 0);
    scene->resources[0].concurrency = 1;
    scene->resources[0].timeout = 25; /* 3 is served from 20, until 25; 4 is in the queue until 25 */
    ck_assert_str_eq(outcomes(scene), "ok@10 ok@20 failed@25 failed@25");
    ck_assert_int_eq(scene->world.kernel.now, 30);
    scene_end(scene);
}
END_TEST

/* ---- places ---- */

typedef struct Visitor {
    Call call;
    Event event;
    Scene *scene;
    Time stays;
    Time entered, left;
    bool refused, failed;
} Visitor;

static void on_leave(Event *event)
{
    Visitor *visitor = CONTAINER_OF(event, Visitor, event);
    resource_leave(visitor->scene->world.resources, &visitor->call);
    visitor->left = visitor->scene->world.kernel.now;
    visitor->failed = visitor->call.failed;
}

static void on_entered(Call *call)
{
    Visitor *visitor = CONTAINER_OF(call, Visitor, call);
    Kernel *kernel = &visitor->scene->world.kernel;
    visitor->entered = kernel->now;
    visitor->refused = call->failed;
    if (call->failed)
        return;
    event_bind(&visitor->event, on_leave, RANK_WORLD);
    kernel_at(kernel, &visitor->event, kernel->now + visitor->stays);
}

static void visit(Scene *scene, Visitor *visitor, Time stays)
{
    Rng rng = rng_at(1, 1, 1, 1);
    *visitor = (Visitor){.scene = scene, .stays = stays, .call = {.done = on_entered}};
    resource_enter(scene->world.resources, 0, &visitor->call, &rng);
}

START_TEST(places_are_held_until_they_are_left)
{
    Visitor visitors[4];
    Scene *scene = BEHIND(7, 1000);
    scene->resources[0].concurrency = 1;
    scene->resources[0].queue = 2;
    scene->resources[0].timeout = 12;
    scene_start(scene);
    visit(scene, &visitors[0], 5);
    visit(scene, &visitors[1], 9);
    visit(scene, &visitors[2], 9);
    visit(scene, &visitors[3], 9);
    scene_run(scene, 100);
    ck_assert_int_eq(visitors[0].call.latency, 7);
    ck_assert_int_eq(visitors[0].entered, 0);
    ck_assert_int_eq(visitors[0].left, 5);
    ck_assert(!visitors[0].failed);
    ck_assert_int_eq(visitors[1].entered, 5);
    ck_assert_int_eq(visitors[1].left, 14);
    ck_assert(visitors[1].failed); /* longer than 12 since it asked */
    ck_assert_int_eq(visitors[2].entered, 12);
    ck_assert(visitors[2].refused); /* the timeout, in the queue */
    ck_assert_int_eq(visitors[3].entered, 0);
    ck_assert(visitors[3].refused); /* the queue is full */
    scene_end(scene);
}
END_TEST

/* ---- locks ---- */

typedef struct Locker {
    LockWaiter waiter;
    Strand account;
    Scene *scene;
    Time granted;
} Locker;

static void on_granted(LockWaiter *waiter)
{
    Locker *locker = CONTAINER_OF(waiter, Locker, waiter);
    locker->granted = locker->scene->world.kernel.now;
    note_part(&locker->scene->probe, waiter->strand, PART_OTHER);
}

START_TEST(locks_are_granted_in_order)
{
    Lock lock;
    Locker lockers[3];
    Scene *scene = BEHIND(7, 1000);
    Kernel *kernel = &scene->world.kernel;
    scene_start(scene);
    lock_init(&lock, kernel, &scene->probe);
    for (int i = 0; i < 3; i++) {
        lockers[i] = (Locker){.scene = scene, .granted = -1, .waiter = {.granted = on_granted}};
        lockers[i].waiter.strand = &lockers[i].account;
        note_strand_begin(&scene->probe, &lockers[i].account, NULL, PART_OTHER);
        ck_assert(lock_take(&lock, &lockers[i].waiter) == (i == 0));
    }
    ck_assert_uint_eq(lock.waiting, 2);
    kernel_run(kernel, 10, 1000, NULL);
    ck_assert_ptr_eq(lock_release(&lock, &lockers[0].waiter), &lockers[1].waiter);
    ck_assert_int_eq(lockers[1].granted, -1);         /* not from within */
    ck_assert(!lock_take(&lock, &lockers[0].waiter)); /* behind those who wait */
    kernel_run(kernel, 15, 1000, NULL);
    ck_assert_int_eq(lockers[1].granted, 10);
    ck_assert_int_eq(lockers[2].granted, -1);
    ck_assert_int_eq(lockers[1].account.spent[PART_LOCK_WAIT], 10);
    lock_release(&lock, &lockers[1].waiter);
    kernel_run(kernel, 20, 1000, NULL);
    ck_assert_int_eq(lockers[2].granted, 15);
    lock_release(&lock, &lockers[2].waiter);
    kernel_run(kernel, 25, 1000, NULL);
    ck_assert_int_eq(lockers[0].granted, 20);
    ck_assert_ptr_null(lock_release(&lock, &lockers[0].waiter));
    ck_assert_uint_eq(lock.waiting, 0);
    ck_assert(lock_take(&lock, &lockers[2].waiter));
    scene_end(scene);
}
END_TEST

Suite *resources_suite(void);
Suite *resources_suite(void)
{
    Suite *suite = suite_create("resources");
    TCase *tests = tcase_create("resources");
    tcase_add_test(tests, without_a_limit_all_are_served_at_once);
    tcase_add_test(tests, beyond_its_concurrency_calls_queue_in_order);
    tcase_add_test(tests, beyond_its_queue_calls_fail_at_once);
    tcase_add_test(tests, no_queue_at_all);
    tcase_add_test(tests, errors_come_after_the_latency);
    tcase_add_test(tests, errors_have_their_rate);
    tcase_add_test(tests, after_its_timeout_the_caller_goes_on_and_the_resource_too);
    tcase_add_test(tests, work_for_nobody_keeps_its_place);
    tcase_add_test(tests, what_is_served_at_its_timeout_was_served);
    tcase_add_test(tests, who_leaves_the_middle_of_the_queue_leaves_the_rest_in_order);
    tcase_add_test(tests, places_are_held_until_they_are_left);
    tcase_add_test(tests, locks_are_granted_in_order);
    suite_add_tcase(suite, tests);
    return suite;
}
