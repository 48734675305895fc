/* Processor sharing against what rational arithmetic says. */
#include "plays.h"

#include <check.h>

START_TEST(processor_sharing_shares)
{
    Play *play = play_new(SCHED_PROCESSOR_SHARING, 1, 0, 1);
    Actor *a = enter(play, "A", 0, "c10 w");
    enter(play, "B", 4, "c2 c1 x"); /* A has 6 left; B's 2 take 4; its next one until 10 (A left 3), A until 13 */
    ck_assert_str_eq(play_run(play), "A@0 B@4 B@8 B@10 A@13");
    ck_assert_int_eq(spent(a, PART_CPU), 13);
    ck_assert_int_eq(machine_stats(play->machine)->user, 13);
    play_end(play);
}
END_TEST

START_TEST(processor_sharing_on_more_cores)
{
    Play *play = play_new(SCHED_PROCESSOR_SHARING, 2, 0, 1);
    enter(play, "A", 0, "c2 x");
    enter(play, "B", 0, "c2 x");
    enter(play, "C", 0, "c4 x"); /* two thirds each until 3, then C has 2 left and a core */
    ck_assert_str_eq(play_run(play), "A@0 B@0 C@0 A@3 B@3 C@5");
    play_end(play);
}
END_TEST

START_TEST(processor_sharing_rounds_completions_up)
{
    Play *play = play_new(SCHED_PROCESSOR_SHARING, 1, 0, 1);
    enter(play, "A", 0, "c1 x");
    enter(play, "B", 0, "c1 x");
    enter(play, "C", 1, "c1 x"); /* A and B at 2.5; C has 0.5 - 1/6 left at 3 */
    ck_assert_str_eq(play_run(play), "A@0 B@0 C@1 A@3 B@3 C@4");
    play_end(play);
}
END_TEST

/* Thirds and sevenths do not fit into binary fractions: what is exact must still come out exactly. */
START_TEST(processor_sharing_is_exact_where_rationals_are)
{
    Play *play = play_new(SCHED_PROCESSOR_SHARING, 1, 0, 1);
    static const char *const name[] = {"A", "B", "C", "D", "E", "F", "G"};
    for (int i = 0; i < 7; i++)
        enter(play, name[i], i < 3 ? 0 : 1, "c10 x");
    /* 1/3 each by 1, then seven: 29/3 each take 203/3 = 67.67 for the first three: 69. By then service is at
     * 1/3 + 68/7, and the rest lack 2/7: 8/7 later. */
    ck_assert_str_eq(play_run(play), "A@0 B@0 C@0 D@1 E@1 F@1 G@1 A@69 B@69 C@69 D@71 E@71 F@71 G@71");
    play_end(play);

    play = play_new(SCHED_PROCESSOR_SHARING, 1, 0, 1);
    enter(play, "A", 0, "c1000000007 x");
    enter(play, "B", 0, "c1000000007 x");
    enter(play, "C", 0, "c1000000007 x");
    enter(play, "D", 1, "c2 x");  /* thirds, then quarters of them: D needs 8, at 9; the others have 1/3 + 2 */
    enter(play, "E", 20, "c2 x"); /* … and thirds again */
    ck_assert_str_eq(play_run(play), "A@0 B@0 C@0 D@1 D@9 E@20 E@28 A@3000000025 B@3000000025 C@3000000025");
    play_end(play);
}
END_TEST

Suite *sharing_suite(void);
Suite *sharing_suite(void)
{
    Suite *suite = suite_create("sharing");
    TCase *tests = tcase_create("sharing");
    tcase_add_test(tests, processor_sharing_shares);
    tcase_add_test(tests, processor_sharing_on_more_cores);
    tcase_add_test(tests, processor_sharing_rounds_completions_up);
    tcase_add_test(tests, processor_sharing_is_exact_where_rationals_are);
    suite_add_tcase(suite, tests);
    return suite;
}
