/* The kernel against its definition: of all pending events, the next is the least by (when, rank, order of
 * scheduling). */
#include "sim/kernel.h"
#include "sim/rng.h"

#include <check.h>
#include <string.h>

Suite *kernel_suite(void);

static Kernel kernel;

static void set_up(void)
{
    memset(&kernel, 0xa5, sizeof kernel); /* it may be made anywhere */
    kernel_init(&kernel);
}

/* An event that notes when it ran, and as the how manyth. */
typedef struct Note {
    Event event;
    Time ran_at;
    int place;
} Note;

static int notes_run;

static void run_note(Event *event)
{
    Note *note = CONTAINER_OF(event, Note, event);
    note->ran_at = kernel.now;
    note->place = ++notes_run;
}

static Note *note_at(Note *note, uint32_t rank, Time when)
{
    event_bind(&note->event, run_note, rank);
    kernel_at(&kernel, &note->event, when);
    return note;
}

static KernelEnd run_until(Time until)
{
    return kernel_run(&kernel, until, UINT64_MAX, NULL);
}

START_TEST(events_run_in_the_order_of_their_times)
{
    static const Time times[] = {50, 3, 0, 1000000007, 17, 16, TIME_MAX_RUN, 15, TIME_NEVER - 1, 4};
    static const int places[] = {7, 2, 1, 8, 6, 5, 9, 4, 10, 3};
    Note note[COUNT_OF(times)] = {0};
    for (size_t i = 0; i < COUNT_OF(times); i++)
        note_at(&note[i], RANK_WORLD, times[i]);
    ck_assert_uint_eq(kernel.pending, COUNT_OF(times));
    ck_assert_int_eq(run_until(TIME_NEVER), KERNEL_DRAINED);
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        ck_assert_int_eq(note[i].place, places[i]);
        ck_assert_int_eq(note[i].ran_at, times[i]);
        ck_assert(!event_pending(&note[i].event));
    }
    ck_assert_uint_eq(kernel.taken, COUNT_OF(times));
    ck_assert_uint_eq(kernel.pending, 0);
    ck_assert_int_eq(kernel.now, TIME_NEVER - 1); /* the clock stays with the last event */
}
END_TEST

START_TEST(at_one_instant_the_world_comes_before_the_threads)
{
    Note note[4] = {0};
    note_at(&note[0], RANK_THREAD, 7);
    note_at(&note[1], RANK_WORLD, 7);
    note_at(&note[2], RANK_THREAD, 7);
    note_at(&note[3], RANK_WORLD, 7);
    run_until(TIME_NEVER);
    ck_assert_int_eq(note[1].place, 1);
    ck_assert_int_eq(note[3].place, 2);
    ck_assert_int_eq(note[0].place, 3);
    ck_assert_int_eq(note[2].place, 4);
}
END_TEST

/* Equal times are scheduled from far off and from near, so that they meet in one list after several moves. */
START_TEST(equal_times_keep_the_order_of_scheduling)
{
    enum { EACH = 50 };
    static Note late[EACH * 3], early[3];
    const Time when = 123456789;
    for (size_t step = 0; step < 3; step++) {
        for (size_t i = 0; i < EACH; i++)
            note_at(&late[step * EACH + i], RANK_WORLD, when);
        static const Time near[] = {100000000, 123456000, 123456788};
        note_at(&early[step], RANK_WORLD, near[step]);
        ck_assert(kernel_step(&kernel));
        ck_assert_int_eq(early[step].ran_at, near[step]);
    }
    ck_assert_int_eq(run_until(TIME_NEVER), KERNEL_DRAINED);
    for (int i = 0; i < EACH * 3; i++)
        ck_assert_int_eq(late[i].place, 3 + 1 + i);
}
END_TEST

START_TEST(a_cancelled_event_does_not_run)
{
    Note note[4] = {0};
    for (size_t i = 0; i < 4; i++)
        note_at(&note[i], RANK_WORLD, 1000 + (Time)i / 2);
    kernel_cancel(&kernel, &note[1].event);
    kernel_cancel(&kernel, &note[2].event);
    kernel_cancel(&kernel, &note[2].event); /* is not pending: nothing happens */
    ck_assert(!event_pending(&note[1].event));
    ck_assert_uint_eq(kernel.pending, 2);
    run_until(TIME_NEVER);
    ck_assert_int_eq(note[0].place, 1);
    ck_assert_int_eq(note[1].place, 0);
    ck_assert_int_eq(note[2].place, 0);
    ck_assert_int_eq(note[3].place, 2);
    ck_assert(!kernel_step(&kernel));

    note_at(&note[1], RANK_WORLD, 2000); /* and can be scheduled again */
    kernel_cancel(&kernel, &note[1].event);
    ck_assert_int_eq(run_until(TIME_NEVER), KERNEL_DRAINED);
    ck_assert_int_eq(kernel.now, 1001);
}
END_TEST

START_TEST(a_deadline_stops_the_clock_before_its_own_events)
{
    Note note[3] = {0};
    note_at(&note[0], RANK_WORLD, 99);
    note_at(&note[1], RANK_WORLD, 100);
    note_at(&note[2], RANK_WORLD, 5000);
    ck_assert_int_eq(run_until(100), KERNEL_DEADLINE);
    ck_assert_int_eq(kernel.now, 100);
    ck_assert_int_eq(note[0].place, 1);
    ck_assert_int_eq(note[1].place, 0);
    ck_assert_int_eq(run_until(50), KERNEL_DEADLINE); /* the clock does not go back */
    ck_assert_int_eq(kernel.now, 100);
    ck_assert_int_eq(run_until(101), KERNEL_DEADLINE);
    ck_assert_int_eq(note[1].ran_at, 100);
    ck_assert_int_eq(run_until(5000), KERNEL_DEADLINE);
    ck_assert_int_eq(run_until(5001), KERNEL_DRAINED);
    ck_assert_int_eq(kernel.now, 5000);
}
END_TEST

/* What lies ahead must not keep the time between the deadline and it from being used. */
START_TEST(after_a_deadline_any_time_from_now_on_is_free)
{
    Note far[3] = {0}, near[3] = {0};
    for (size_t i = 0; i < 3; i++)
        note_at(&far[i], RANK_WORLD, 1000000 + (Time)i);
    for (Time until = 1000; until < 1000000; until += 12345) {
        ck_assert_int_eq(run_until(until), KERNEL_DEADLINE);
        notes_run = 0;
        note_at(&near[0], RANK_THREAD, until + 1);
        note_at(&near[1], RANK_THREAD, until);
        note_at(&near[2], RANK_WORLD, until);
        ck_assert_int_eq(run_until(until + 2), KERNEL_DEADLINE);
        ck_assert_int_eq(near[0].place, 3);
        ck_assert_int_eq(near[1].place, 2);
        ck_assert_int_eq(near[2].place, 1);
    }
    ck_assert_int_eq(run_until(TIME_NEVER), KERNEL_DRAINED);
    ck_assert_int_eq(far[2].ran_at, 1000002);
}
END_TEST

START_TEST(a_limit_counts_from_the_start)
{
    Note note[5] = {0};
    for (size_t i = 0; i < 5; i++)
        note_at(&note[i], RANK_WORLD, (Time)i);
    ck_assert_int_eq(kernel_run(&kernel, TIME_NEVER, 2, NULL), KERNEL_LIMIT);
    ck_assert_uint_eq(kernel.taken, 2);
    ck_assert_int_eq(kernel_run(&kernel, TIME_NEVER, 2, NULL), KERNEL_LIMIT);
    ck_assert_int_eq(kernel_run(&kernel, TIME_NEVER, 4, NULL), KERNEL_LIMIT);
    ck_assert_uint_eq(kernel.taken, 4);
    ck_assert_int_eq(kernel_run(&kernel, TIME_NEVER, 5, NULL),
                     KERNEL_DRAINED); /* all is done: no limit was in the way */
}
END_TEST

static volatile sig_atomic_t interrupted;

static void interrupt_at_third(Event *event)
{
    run_note(event);
    if (notes_run == 3)
        interrupted = 1;
    kernel_at(&kernel, event, kernel.now + 1);
}

START_TEST(a_set_flag_interrupts)
{
    Note note = {0};
    event_bind(&note.event, interrupt_at_third, RANK_WORLD);
    kernel_at(&kernel, &note.event, 0);
    ck_assert_int_eq(kernel_run(&kernel, TIME_NEVER, UINT64_MAX, &interrupted), KERNEL_INTERRUPTED);
    ck_assert_int_eq(notes_run, 3);
    ck_assert_int_eq(kernel_run(&kernel, TIME_NEVER, UINT64_MAX, &interrupted), KERNEL_INTERRUPTED);
    ck_assert_int_eq(notes_run, 3);
}
END_TEST

static void stop_at_third(Event *event)
{
    run_note(event);
    if (notes_run == 3)
        kernel_stop(&kernel);
    kernel_at(&kernel, event, kernel.now + 1);
}

START_TEST(an_event_can_stop_the_run)
{
    Note note = {0};
    event_bind(&note.event, stop_at_third, RANK_WORLD);
    kernel_at(&kernel, &note.event, 0);
    ck_assert_int_eq(run_until(10), KERNEL_STOPPED);
    ck_assert_int_eq(kernel.now, 2);
    ck_assert_int_eq(run_until(10), KERNEL_DEADLINE); /* the next run goes on */
    ck_assert_int_eq(notes_run, 10);
}
END_TEST

/* The definition, looked up in a plain array. */
typedef struct Item {
    Event event;
    uint64_t order;
    bool pending;
} Item;

enum { ITEMS = 60 };
static Item items[ITEMS];
static uint64_t orders;
static Rng rng;
static Time widest, deadline;

static bool runs_before(const Item *a, const Item *b)
{
    if (a->event.when != b->event.when)
        return a->event.when < b->event.when;
    return a->event.rank != b->event.rank ? a->event.rank < b->event.rank : a->order < b->order;
}

/* A time from now on: now itself, near, far, or that of another event. */
static Time any_time(void)
{
    uint64_t kind = rng_below(&rng, 8);
    const Item *other = &items[rng_below(&rng, ITEMS)];
    if (kind == 0)
        return kernel.now;
    if (kind <= 2 && other->pending)
        return other->event.when;
    Time width = (Time)1 << rng_below(&rng, (uint64_t)widest);
    return kernel.now + (Time)rng_below(&rng, (uint64_t)width + 1);
}

static void change_something(void)
{
    Item *item = &items[rng_below(&rng, ITEMS)];
    ck_assert_int_eq(event_pending(&item->event), item->pending);
    if (item->pending && rng_below(&rng, 3) > 0)
        return;
    kernel_cancel(&kernel, &item->event);
    item->pending = false;
    if (rng_below(&rng, 5) > 0) {
        item->event.rank = (uint32_t)rng_below(&rng, RANKS);
        kernel_at(&kernel, &item->event, any_time());
        item->order = ++orders;
        item->pending = true;
    }
}

static bool is_next(const Item *item)
{
    for (size_t i = 0; i < ITEMS; i++)
        if (&items[i] != item && items[i].pending && !runs_before(item, &items[i]))
            return false;
    return item->pending;
}

static void run_item(Event *event)
{
    Item *item = CONTAINER_OF(event, Item, event);
    ck_assert(is_next(item));
    ck_assert_int_lt(kernel.now, deadline);
    ck_assert_int_eq(kernel.now, event->when);
    item->pending = false;
    for (uint64_t changes = rng_below(&rng, 4); changes > 0; changes--)
        change_something();
}

static size_t count_pending_before(Time until)
{
    size_t count = 0;
    for (size_t i = 0; i < ITEMS; i++)
        count += items[i].pending && items[i].event.when < until;
    return count;
}

START_TEST(random_schedules_run_as_the_definition_says)
{
    uint64_t ends[KERNEL_STOPPED] = {0};
    kernel.many = _i % 2 ? 0 : KERNEL_MANY;
    widest = 1 + _i / 2 * 5; /* times within 2^widest ns: from almost all equal to almost all different */
    rng = rng_at(rng_key(1, 2, 3), (uint64_t)_i, 0, 0);
    for (size_t i = 0; i < ITEMS; i++)
        event_bind(&items[i].event, run_item, 0);
    for (int round = 0; round < 1000; round++) {
        for (uint64_t changes = rng_below(&rng, 10); changes > 0; changes--)
            change_something();
        ck_assert_uint_eq(kernel.pending, count_pending_before(TIME_NEVER));
        deadline = kernel.now + (Time)rng_below(&rng, (uint64_t)2 << widest);
        KernelEnd end = kernel_run(&kernel, deadline, kernel.taken + 50, NULL);
        ends[end]++;
        if (end == KERNEL_DEADLINE)
            ck_assert_int_eq(kernel.now, deadline);
        if (end != KERNEL_LIMIT)
            ck_assert_uint_eq(count_pending_before(deadline), 0);
    }
    ck_assert_uint_gt(kernel.taken, 2000);
    ck_assert_uint_gt(ends[KERNEL_DEADLINE], 10);
}
END_TEST

static Note misused;

START_TEST(the_past_is_a_bug)
{
    run_until(10);
    note_at(&misused, RANK_WORLD, 20);
    run_until(15);
    Note other;
    note_at(&other, RANK_WORLD, 14);
}
END_TEST

START_TEST(a_negative_time_is_a_bug)
{
    note_at(&misused, RANK_WORLD, -1);
}
END_TEST

START_TEST(never_is_a_bug)
{
    note_at(&misused, RANK_WORLD, TIME_NEVER);
}
END_TEST

START_TEST(scheduling_twice_is_a_bug)
{
    note_at(&misused, RANK_WORLD, 1);
    kernel_at(&kernel, &misused.event, 2);
}
END_TEST

START_TEST(a_rank_that_does_not_exist_is_a_bug)
{
    note_at(&misused, RANKS, 1);
}
END_TEST

Suite *kernel_suite(void)
{
    Suite *suite = suite_create("kernel");
    TCase *order = tcase_create("order");
    tcase_add_checked_fixture(order, set_up, NULL);
    tcase_add_test(order, events_run_in_the_order_of_their_times);
    tcase_add_test(order, at_one_instant_the_world_comes_before_the_threads);
    tcase_add_test(order, equal_times_keep_the_order_of_scheduling);
    tcase_add_test(order, a_cancelled_event_does_not_run);
    tcase_add_loop_test(order, random_schedules_run_as_the_definition_says, 0, 18);
    suite_add_tcase(suite, order);
    TCase *ends = tcase_create("ends");
    tcase_add_checked_fixture(ends, set_up, NULL);
    tcase_add_test(ends, a_deadline_stops_the_clock_before_its_own_events);
    tcase_add_test(ends, after_a_deadline_any_time_from_now_on_is_free);
    tcase_add_test(ends, a_limit_counts_from_the_start);
    tcase_add_test(ends, a_set_flag_interrupts);
    tcase_add_test(ends, an_event_can_stop_the_run);
    suite_add_tcase(suite, ends);
    TCase *misuse = tcase_create("misuse");
    tcase_add_checked_fixture(misuse, set_up, NULL);
    tcase_add_exit_test(misuse, the_past_is_a_bug, 70);
    tcase_add_exit_test(misuse, a_negative_time_is_a_bug, 70);
    tcase_add_exit_test(misuse, never_is_a_bug, 70);
    tcase_add_exit_test(misuse, scheduling_twice_is_a_bug, 70);
    tcase_add_exit_test(misuse, a_rank_that_does_not_exist_is_a_bug, 70);
    suite_add_tcase(suite, misuse);
    return suite;
}
