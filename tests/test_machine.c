/* The machine against schedules computed by hand. */
#include "plays.h"

#include <check.h>

START_TEST(fifo_runs_each_to_completion_and_what_follows_it)
{
    Play *play = play_new(SCHED_FIFO, 1, 0, 1);
    Actor *a = enter(play, "A", 0, "c10 c5 x"), *b = enter(play, "B", 3, "c4 w"), *c = enter(play, "C", 2, "c1 x");
    (void)a;
    ck_assert_str_eq(play_run(play), "A@0 C@2 B@3 A@10 A@15 C@16 B@20");
    ck_assert_int_eq(spent(b, PART_READY_WAIT), 13);
    ck_assert_int_eq(spent(b, PART_CPU), 4);
    ck_assert_int_eq(spent(c, PART_READY_WAIT), 13);
    play_end(play);
}
END_TEST

START_TEST(fifo_uses_all_cores)
{
    Play *play = play_new(SCHED_FIFO, 2, 0, 1);
    enter(play, "A", 0, "c10 x");
    enter(play, "B", 0, "c4 x");
    enter(play, "C", 0, "c7 x");
    ck_assert_str_eq(play_run(play), "A@0 B@0 C@0 B@4 A@10 C@11");
    ck_assert_int_eq((int64_t)machine_stats(play->machine)->user, 21);
    ck_assert_int_eq((int64_t)machine_stats(play->machine)->switches, 1);
    play_end(play);
}
END_TEST

START_TEST(round_robin_gives_slices_in_turn)
{
    Play *play = play_new(SCHED_ROUND_ROBIN, 1, 4, 1);
    Actor *a = enter(play, "A", 0, "c10 w"), *b = enter(play, "B", 1, "c6 x");
    enter(play, "C", 2, "c2 x");
    ck_assert_str_eq(play_run(play), "A@0 B@1 C@2 C@10 B@16 A@18");
    ck_assert_int_eq(spent(a, PART_CPU), 10);
    ck_assert_int_eq(spent(a, PART_PREEMPTED), 8);
    ck_assert_int_eq(spent(b, PART_READY_WAIT), 3);
    play_end(play);
}
END_TEST

START_TEST(a_slice_that_is_over_ends_when_somebody_waits)
{
    Play *play = play_new(SCHED_ROUND_ROBIN, 1, 4, 1);
    enter(play, "A", 0, "c20 x");
    enter(play, "B", 10, "c3 x");
    ck_assert_str_eq(play_run(play), "A@0 B@10 B@13 A@23");
    play_end(play);
}
END_TEST

START_TEST(a_thread_whose_burst_ends_with_its_slice_is_asked_first)
{
    Play *play = play_new(SCHED_ROUND_ROBIN, 1, 4, 1);
    enter(play, "A", 0, "c4 c4 x");
    enter(play, "B", 0, "c1 x");
    ck_assert_str_eq(play_run(play), "A@0 B@0 A@4 B@5 A@9");
    play_end(play);
}
END_TEST

START_TEST(a_thread_whose_slice_ends_just_before_its_burst_is_asked_too)
{
    Play *play = play_new(SCHED_ROUND_ROBIN, 1, 4, 1);
    enter(play, "A", 0, "c3 c1 c4 x"); /* the end of the slice stands in the queue before that of the second burst */
    enter(play, "B", 0, "c1 x");
    ck_assert_str_eq(play_run(play), "A@0 B@0 A@3 A@4 B@5 A@9");
    play_end(play);
}
END_TEST

START_TEST(a_slice_goes_on_over_several_bursts)
{
    Play *play = play_new(SCHED_ROUND_ROBIN, 1, 4, 1);
    enter(play, "A", 0, "c3 c3 x");
    enter(play, "B", 0, "c2 x");
    ck_assert_str_eq(play_run(play), "A@0 B@0 A@3 B@6 A@8");
    play_end(play);
}
END_TEST

START_TEST(nobody_waits_no_event_is_spent)
{
    Play *play = play_new(SCHED_FAIR, 1, 4, TIME_MS);
    enter(play, "A", 0, "c1000 x");
    ck_assert_str_eq(play_run(play), "A@0 A@1000");
    ck_assert_int_eq((int64_t)play->kernel.taken, 3); /* it enters, goes on, is through */
    play_end(play);
}
END_TEST

START_TEST(nobody_waits_any_more_no_event_is_spent)
{
    Play *play = play_new(SCHED_ROUND_ROBIN, 2, 100, 1);
    enter(play, "A", 0, "c250 x");
    enter(play, "B", 0, "c3 x");
    enter(play, "C", 0, "c5 x");
    ck_assert_str_eq(play_run(play), "A@0 B@0 C@0 B@3 C@8 A@250");
    ck_assert_int_eq((int64_t)play->kernel.taken, 9);
    play_end(play);
}
END_TEST

START_TEST(no_slice_outlives_who_waited)
{
    Play *play = play_new(SCHED_ROUND_ROBIN, 1, 100, 1);
    enter(play, "A", 0, "c3 x");
    enter(play, "B", 0, "c5 x");
    play_run(play);
    ck_assert_int_eq(play->kernel.now, 8);
    play_end(play);
}
END_TEST

START_TEST(fair_gives_a_slice_and_then_the_smallest_runtime)
{
    Play *play = play_new(SCHED_FAIR, 1, 4, TIME_MS);
    enter(play, "A", 0, "c10 x");
    enter(play, "B", 3, "c2 x"); /* new at 3: not behind A; at 4 A has 4, B has 3 */
    ck_assert_str_eq(play_run(play), "A@0 B@3 B@6 A@12");
    play_end(play);
}
END_TEST

START_TEST(fair_lets_the_smallest_runtime_stay)
{
    Play *play = play_new(SCHED_FAIR, 1, 4, TIME_MS);
    enter(play, "A", 0, "c2 w c9 x");
    Actor *b = enter(play, "B", 0, "c30 x");
    (void)b;
    /* A: 0-2. B: 2-, has 0 at 2. C is new at 3 with the floor 1 (B's), B is not ahead. Slice over at 6: B has 4, C 1.
     * C: 6-10, then has 5, B 4. B: 10-14, has 8. C: 14-16 and is through. B: 16-38. */
    enter(play, "C", 3, "c6 x");
    ck_assert_str_eq(play_run(play), "A@0 B@0 A@2 C@3 C@16 B@38");
    play_end(play);
}
END_TEST

START_TEST(who_wakes_preempts_who_is_more_than_1_ms_ahead)
{
    Play *play = play_new(SCHED_FAIR, 1, 4, TIME_MS);
    Actor *a = enter(play, "A", 0, "c10 w"), *b = enter(play, "B", 0, "w c1 w");
    wake(b, 3); /* has max(0, 3 - 2) = 1, A has 3 */
    ck_assert_str_eq(play_run(play), "A@0 B@0 B@3 B@4 A@11");
    ck_assert_int_eq(spent(a, PART_PREEMPTED), 1);
    ck_assert_int_eq(spent(a, PART_READY_WAIT), 0);
    ck_assert_int_eq((int64_t)machine_stats(play->machine)->switches, 2);
    play_end(play);
}
END_TEST

START_TEST(exactly_1_ms_ahead_is_not_enough)
{
    Play *play = play_new(SCHED_FAIR, 1, 4, TIME_MS);
    enter(play, "A", 0, "c10 x");
    Actor *b = enter(play, "B", 0, "w c1 w");
    wake(b, 1); /* has max(0, 1 - 2) = 0, A has 1 */
    ck_assert_str_eq(play_run(play), "A@0 B@0 B@1 B@5 A@11");
    play_end(play);
}
END_TEST

START_TEST(of_several_that_run_the_one_furthest_ahead_goes)
{
    Play *play = play_new(SCHED_FAIR, 2, 8, TIME_MS);
    enter(play, "X", 0, "c4 x");
    enter(play, "A", 0, "c10 x");
    Actor *b = enter(play, "B", 0, "w c10 x"), *c = enter(play, "C", 0, "w c1 x");
    wake(b, 4); /* has max(0, 4 - 4) = 0, on core 0 */
    wake(c, 6); /* has 0 too; B has 2 and A, on core 1, has 6 */
    ck_assert_str_eq(play_run(play), "X@0 A@0 B@0 C@0 X@4 B@4 C@6 C@7 A@11 B@14");
    play_end(play);
}
END_TEST

START_TEST(the_floor_does_not_fall)
{
    Play *play = play_new(SCHED_FAIR, 1, 4, TIME_MS);
    enter(play, "A", 0, "c20 x");
    Actor *b = enter(play, "B", 0, "w c5 x"), *c = enter(play, "C", 0, "w c1 x");
    wake(b, 10); /* has 10 - 2 = 8 and preempts A */
    wake(c, 11); /* has 8 as well, although B has but 9: not enough to preempt it before 14, when B has 12 */
    ck_assert_str_eq(play_run(play), "A@0 B@0 C@0 B@10 C@11 C@15 B@20 A@26");
    play_end(play);
}
END_TEST

START_TEST(of_the_eligible_the_earliest_deadline_is_next)
{
    Play *play = play_new(SCHED_FAIR, 1, 40, TIME_MS / 10);
    Actor *a = enter(play, "A", 0, "c10 w c10 x");
    enter(play, "B", 5, "c9 x");   /* new with 5, deadline 19 */
    wake(a, 11);                   /* has 10, deadline 14 still; the mean was 7 when it left */
    enter(play, "C", 12, "c10 x"); /* new with 8 (A 10, B 7), deadline 22 */
    /* At 19 B has 14 and the mean is 10: A and C are eligible. */
    ck_assert_str_eq(play_run(play), "A@0 B@5 A@10 A@11 C@12 B@19 A@29 C@39");
    play_end(play);
}
END_TEST

START_TEST(who_sleeps_for_a_moment_keeps_its_lag)
{
    Play *play = play_new(SCHED_FAIR, 1, 40, TIME_MS / 10);
    Actor *a = enter(play, "A", 0, "c10 w c10 x");
    enter(play, "B", 5, "c8 x");
    enter(play, "C", 12, "c10 x"); /* new with 7 (the mean when A left at 10 with 10) */
    wake(a, 14);                   /* the mean is 8: A has 11 */
    /* At 18 B has 13 and the mean is 10: C is eligible, A is not. */
    ck_assert_str_eq(play_run(play), "A@0 B@5 A@10 C@12 A@14 B@18 C@28 A@38");
    play_end(play);
}
END_TEST

START_TEST(three_share_two_cores_fairly)
{
    Play *play = play_new(SCHED_FAIR, 2, 4, TIME_MS);
    enter(play, "A", 0, "c6 x");
    enter(play, "B", 0, "c6 x");
    enter(play, "C", 0, "c6 x");
    /* At 4, C goes to core 0; then A (4, older) takes core 1 from B (4). A through at 6, B 6-8, C 4-10 */
    ck_assert_str_eq(play_run(play), "A@0 B@0 C@0 A@6 B@8 C@10");
    play_end(play);
}
END_TEST

START_TEST(the_floor_outlives_those_who_raised_it)
{
    Play *play = play_new(SCHED_FAIR, 1, 4, TIME_MS);
    enter(play, "A", 0, "c50 x");
    Actor *b = enter(play, "B", 60, "w c20 x"); /* new at 60 with 50 */
    Actor *c = enter(play, "C", 0, "w c20 x");  /* has 0, wakes with 50 - 2 */
    wake(b, 100);
    wake(c, 101); /* B has 51, C 48: it preempts. B again when C has run a slice: C 52, B 51 … */
    ck_assert_str_eq(play_run(play), "A@0 C@0 A@50 B@60 B@100 C@101 C@137 B@140");
    play_end(play);
}
END_TEST

START_TEST(a_switch_costs_and_is_overhead)
{
    Play *play = play_new(SCHED_FIFO, 1, 0, 1);
    play->spec.costs.switch_ = 2;
    enter(play, "A", 0, "c5 w");
    Actor *b = enter(play, "B", 0, "c5 o3 w c1 w");
    wake(b, 50); /* the same thread: no switch */
    ck_assert_str_eq(play_run(play), "A@0 B@0 A@5 B@12 B@15 B@50 B@51");
    ck_assert_int_eq(spent(b, PART_READY_WAIT), 5);
    ck_assert_int_eq(spent(b, PART_OVERHEAD), 5);
    ck_assert_int_eq(spent(b, PART_CPU), 6);
    const MachineStats *stats = machine_stats(play->machine);
    ck_assert_int_eq((int64_t)stats->switches, 1);
    ck_assert_int_eq(stats->switching, 2);
    ck_assert_int_eq(stats->user, 11);
    ck_assert_int_eq(stats->overhead, 3);
    play_end(play);
}
END_TEST

START_TEST(a_slice_begins_after_the_switch)
{
    Play *play = play_new(SCHED_ROUND_ROBIN, 1, 3, 1);
    play->spec.costs.switch_ = 5;
    enter(play, "A", 0, "c6 x");
    enter(play, "B", 0, "c6 x");
    /* A 0-3, B switch to 8, 8-11, A switch to 16, -19 through, B switch to 24, -27 */
    ck_assert_str_eq(play_run(play), "A@0 B@0 A@19 B@27");
    play_end(play);
}
END_TEST

START_TEST(a_thread_can_be_preempted_while_its_core_switches)
{
    Play *play = play_new(SCHED_FAIR, 1, 8, TIME_MS);
    play->spec.costs.switch_ = 3 * TIME_MS;
    enter(play, "A", 0, "c2 x");
    enter(play, "B", 0, "c4 x"); /* from 2 in the switch, until 5 */
    Actor *c = enter(play, "C", 0, "w c1 x");
    wake(c, 4); /* B has 2 by then, C 0: C switches 4-7, runs 7-8; B switches again 8-11, 11-15 */
    ck_assert_str_eq(play_run(play), "A@0 B@0 C@0 A@2 C@4 C@8 B@15");
    ck_assert_int_eq(machine_stats(play->machine)->switching, 8 * TIME_MS);
    play_end(play);
}
END_TEST

START_TEST(an_idle_core_starts_late)
{
    Play *play = play_new(SCHED_FIFO, 1, 0, 1);
    play->spec.costs.idle_wake = dist_constant(play->mem, 3);
    Actor *a = enter(play, "A", 10, "c5 w c2 w c1 w");
    Waker *first = wake(a, 18);
    enter(play, "B", 11, "c1 x"); /* the core is taken already: B queues behind A */
    wake(a, 30);
    ck_assert_str_eq(play_run(play), "A@10 B@11 A@18 B@19 A@30 A@35");
    ck_assert(!first->woke); /* at 18 it still ran: its burst ends after what happens outside */
    ck_assert_int_eq(spent(a, PART_READY_WAIT), 6);
    ck_assert_int_eq(machine_stats(play->machine)->user, 8);
    play_end(play);
}
END_TEST

START_TEST(a_core_that_was_idle_for_no_time_starts_at_once)
{
    Play *play = play_new(SCHED_FIFO, 1, 0, 1);
    play->spec.costs.idle_wake = dist_constant(play->mem, 3);
    enter(play, "A", 0, "c5 x");
    enter(play, "B", 8, "c5 x"); /* A is through at 8, before B is asked */
    ck_assert_str_eq(play_run(play), "A@0 A@8 B@8 B@13");
    play_end(play);
}
END_TEST

START_TEST(a_thread_goes_back_to_its_core)
{
    Play *play = play_new(SCHED_FIFO, 2, 0, 1);
    Actor *a = enter(play, "A", 0, "c5 w c5 x"), *b = enter(play, "B", 0, "c3 w c5 x");
    wake(b, 10); /* both cores are idle: core 1, where it was */
    wake(a, 11);
    ck_assert_str_eq(play_run(play), "A@0 B@0 B@3 A@5 B@10 A@11 B@15 A@16");
    ck_assert_int_eq((int64_t)machine_stats(play->machine)->switches, 0);
    ck_assert_uint_eq(a->thread.home, 0);
    ck_assert_uint_eq(b->thread.home, 1);
    play_end(play);
}
END_TEST

START_TEST(waking_is_owed_once)
{
    Play *play = play_new(SCHED_FIFO, 1, 0, 1);
    Actor *a = enter(play, "A", 0, "w c5 b x");
    Waker *one = wake(a, 5), *two = wake(a, 5), *three = wake(a, 7), *four = wake(a, 20);
    ck_assert_str_eq(play_run(play), "A@0 A@5 A@10 A@20");
    ck_assert(one->woke && !two->woke && !three->woke && four->woke);
    play_end(play);
}
END_TEST

START_TEST(needs_of_no_time_are_given_at_once)
{
    Play *play = play_new(SCHED_FIFO, 1, 0, 1);
    enter(play, "B", 0, "c9 x");
    enter(play, "A", 1, "c0 c0 x"); /* needs no core */
    ck_assert_str_eq(play_run(play), "B@0 A@1 A@1 A@1 B@9");
    play_end(play);
}
END_TEST

START_TEST(integrals_come_up_to_now)
{
    static const int scheduler[] = {SCHED_FIFO, SCHED_PROCESSOR_SHARING};
    for (int i = 0; i < 2; i++) {
        Play *play = play_new(scheduler[i], 1, 0, 1);
        enter(play, "A", 0, "c10 x");
        enter(play, "B", 12, "o10 x");
        kernel_run(&play->kernel, 5, 1000, NULL);
        machine_settle(play->machine);
        machine_settle(play->machine);
        ck_assert_int_eq(machine_stats(play->machine)->user, 5);
        kernel_run(&play->kernel, 16, 1000, NULL);
        machine_settle(play->machine);
        ck_assert_int_eq(machine_stats(play->machine)->user, 10);
        ck_assert_int_eq(machine_stats(play->machine)->overhead, 4);
        play_run(play);
        ck_assert_int_eq(machine_stats(play->machine)->overhead, 10);
        play_end(play);
    }
}
END_TEST

static int gone;
static void count_gone(Thread *thread)
{
    (void)thread;
    gone++;
}

START_TEST(threads_take_memory_as_long_as_they_live)
{
    Play *play = play_new(SCHED_FIFO, 1, 0, 1);
    play->spec.memory = 100;
    Actor *a = enter(play, "A", 0, "c5 x"), *b = enter(play, "B", 2, "w c1 x");
    a->thread.memory = 40;
    b->thread.memory = 50;
    a->thread.gone = count_gone;
    wake(b, 20);
    kernel_run(&play->kernel, 3, 1000, NULL);
    ck_assert_int_eq(machine_stats(play->machine)->memory, 90);
    ck_assert(machine_fits(play->machine, 10) && !machine_fits(play->machine, 11));
    ck_assert(!machine_take(play->machine, 11));
    ck_assert(machine_take(play->machine, 10));
    gone = 0;
    play_run(play);
    ck_assert_int_eq(gone, 1);
    machine_give(play->machine, 10);
    const MachineStats *stats = machine_stats(play->machine);
    ck_assert_int_eq(stats->memory, 0);
    ck_assert_int_eq(stats->memory_peak, 100);
    ck_assert_uint_eq(stats->threads, 0);
    ck_assert_uint_eq(stats->threads_peak, 2);
    ck_assert_uint_eq(stats->threads_created, 2);
    play_end(play);
}
END_TEST

/* Many threads, every scheduler: all the time that was asked for is given, and twice the same is the same. */
static uint64_t crowd(int scheduler, int64_t cores)
{
    Play *play = play_new(scheduler, cores, 4, 100);
    play->spec.costs.switch_ = 7;
    play->spec.costs.idle_wake = dist_constant(play->mem, 11);
    static const char *const script[] = {"c7 w c3 x", "c20 o2 c5 x", "c1 w c1 c9 x", "w c30 x"};
    for (int i = 0; i < 400; i++) {
        Actor *actor = enter(play, "T", i % 37, script[i % 4]);
        wake(actor, 5000 + i % 11);
    }
    play_run(play);
    const MachineStats *stats = machine_stats(play->machine);
    ck_assert_int_eq(stats->user + stats->overhead, 100 * 100 * (10 + 27 + 11 + 30));
    ck_assert_uint_eq(stats->threads, 0);
    ck_assert_uint_eq(stats->runnable, 0);
    uint64_t digest = digest_bytes(DIGEST_START, buf_string(&play->log), play->log.size);
    if (scheduler != SCHED_PROCESSOR_SHARING)
        ck_assert_int_eq(stats->switching, 7 * (Time)stats->switches);
    play_end(play);
    return digest;
}

START_TEST(a_crowd_gets_what_it_asked_for)
{
    for (int scheduler = SCHED_FAIR; scheduler <= SCHED_PROCESSOR_SHARING; scheduler++) {
        for (int64_t cores = 1; cores <= 65; cores += 32)
            ck_assert_uint_eq(crowd(scheduler, cores), crowd(scheduler, cores));
    }
}
END_TEST

Suite *machine_suite(void);
Suite *machine_suite(void)
{
    Suite *suite = suite_create("machine");
    TCase *tests = tcase_create("machine");
    tcase_add_test(tests, fifo_runs_each_to_completion_and_what_follows_it);
    tcase_add_test(tests, fifo_uses_all_cores);
    tcase_add_test(tests, round_robin_gives_slices_in_turn);
    tcase_add_test(tests, a_slice_that_is_over_ends_when_somebody_waits);
    tcase_add_test(tests, a_thread_whose_burst_ends_with_its_slice_is_asked_first);
    tcase_add_test(tests, a_thread_whose_slice_ends_just_before_its_burst_is_asked_too);
    tcase_add_test(tests, a_slice_goes_on_over_several_bursts);
    tcase_add_test(tests, nobody_waits_no_event_is_spent);
    tcase_add_test(tests, nobody_waits_any_more_no_event_is_spent);
    tcase_add_test(tests, no_slice_outlives_who_waited);
    tcase_add_test(tests, fair_gives_a_slice_and_then_the_smallest_runtime);
    tcase_add_test(tests, fair_lets_the_smallest_runtime_stay);
    tcase_add_test(tests, who_wakes_preempts_who_is_more_than_1_ms_ahead);
    tcase_add_test(tests, exactly_1_ms_ahead_is_not_enough);
    tcase_add_test(tests, of_several_that_run_the_one_furthest_ahead_goes);
    tcase_add_test(tests, the_floor_does_not_fall);
    tcase_add_test(tests, of_the_eligible_the_earliest_deadline_is_next);
    tcase_add_test(tests, who_sleeps_for_a_moment_keeps_its_lag);
    tcase_add_test(tests, three_share_two_cores_fairly);
    tcase_add_test(tests, the_floor_outlives_those_who_raised_it);
    tcase_add_test(tests, a_switch_costs_and_is_overhead);
    tcase_add_test(tests, a_slice_begins_after_the_switch);
    tcase_add_test(tests, a_thread_can_be_preempted_while_its_core_switches);
    tcase_add_test(tests, an_idle_core_starts_late);
    tcase_add_test(tests, a_core_that_was_idle_for_no_time_starts_at_once);
    tcase_add_test(tests, a_thread_goes_back_to_its_core);
    tcase_add_test(tests, waking_is_owed_once);
    tcase_add_test(tests, needs_of_no_time_are_given_at_once);
    tcase_add_test(tests, integrals_come_up_to_now);
    tcase_add_test(tests, threads_take_memory_as_long_as_they_live);
    tcase_add_test(tests, a_crowd_gets_what_it_asked_for);
    suite_add_tcase(suite, tests);
    return suite;
}
