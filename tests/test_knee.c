/* Where a server breaks, at the edges: few points, flat figures, both directions, what is missing. */
#include "../cli/knee.h"

#include <check.h>

Suite *knee_suite(void);

enum { M = 1000000 };

/* A figure that does not move from one point to the next has no place where it meets another. */
START_TEST(a_step_down_breaks_at_the_point_where_it_is_seen)
{
    const KneePoint step[] = {
        {1 * M, 100 * M, 100 * M, 10, 500}, {2 * M, 100 * M, 50 * M, 10, 500}, {3 * M, 100 * M, 50 * M, 10, 500}};
    Knee knee = knee_throughput(step, 3, false);
    ck_assert(knee.has && knee.last == 0 && knee.first == 1);
    ck_assert_int_eq(knee.at, 2 * M);
}
END_TEST

/* Of two points nothing more can be told than that it is between them. */
START_TEST(two_points_are_enough_for_a_knee)
{
    const KneePoint two[] = {{1 * M, 100 * M, 100 * M, 10, 500}, {2 * M, 200 * M, 120 * M, 10, 500}};
    Knee knee = knee_throughput(two, 2, false);
    ck_assert(knee.has && knee.last == 0 && knee.first == 1);
    ck_assert_int_ge(knee.at, 1 * M);
    ck_assert_int_le(knee.at, 2 * M);
}
END_TEST

START_TEST(one_point_or_none_has_no_knee)
{
    const KneePoint one[] = {{1 * M, 100 * M, 100 * M, 10, 500}};
    for (int count = 0; count < 2; count++) {
        ck_assert(!knee_throughput(one, count, false).has);
        ck_assert(!knee_throughput(one, count, true).has);
        ck_assert(!knee_p99(one, count).has);
    }
    ck_assert(!knee_throughput(one, 0, false).fine);
    ck_assert(knee_throughput(one, 1, false).fine);
}
END_TEST

/* Pauses between requests that get longer bring fewer of them: the load falls along the sweep. */
START_TEST(a_load_that_falls_breaks_at_its_low_end)
{
    const KneePoint falling[] = {{1 * M, 400 * M, 250 * M, 5000, 500},
                                 {2 * M, 300 * M, 250 * M, 900, 500},
                                 {3 * M, 200 * M, 200 * M, 11, 500},
                                 {4 * M, 100 * M, 100 * M, 10, 500}};
    Knee knee = knee_throughput(falling, 4, false);
    ck_assert(knee.has && knee.last == 2 && knee.first == 1);
    ck_assert_int_eq(knee.figure, 250 * M);
    knee = knee_p99(falling, 4);
    ck_assert(knee.has && knee.last == 2 && knee.first == 1);
}
END_TEST

/* Up and down: what arrives is no measure of where, what was varied is. */
START_TEST(a_load_that_does_not_grow_is_measured_by_what_was_varied)
{
    const KneePoint up_down[] = {{1 * M, 100 * M, 100 * M, 10, 500},
                                 {2 * M, 200 * M, 150 * M, 900, 500},
                                 {3 * M, 150 * M, 50 * M, 900, 500}},
                    down_up[] = {{1 * M, 150 * M, 50 * M, 900, 500},
                                 {2 * M, 200 * M, 150 * M, 900, 500},
                                 {3 * M, 100 * M, 100 * M, 10, 500}};
    Knee knee = knee_throughput(up_down, 3, false);
    ck_assert(knee.has && knee.at >= 1 * M && knee.at <= 2 * M);
    knee = knee_throughput(down_up, 3, false);
    ck_assert(knee.has && knee.at >= 2 * M && knee.at <= 3 * M);
}
END_TEST

START_TEST(clients_that_are_never_too_many_have_no_knee)
{
    const KneePoint nobody[] = {{0, 10 * M, 10 * M, 10, 500}, {4 * M, 40 * M, 40 * M, 12, 500}},
                    nothing[] = {{1 * M, 10 * M, 0, 10, 500}, {4 * M, 40 * M, 40 * M, 12, 500}},
                    fewer[] = {{1 * M, 10 * M, 10 * M, 10, 500}, {4 * M, 10 * M, 8 * M, 12, 500}};
    ck_assert(!knee_throughput(nobody, 2, true).has);
    ck_assert(!knee_throughput(nothing, 2, true).has);
    ck_assert(!knee_throughput(fewer, 2, true).has);
}
END_TEST

/* A p99 of a hundred requests at least; a point without one does not count as low, nor does its neighbour place the knee
 * between them. */
START_TEST(p99_counts_where_enough_requests_have_one)
{
    const KneePoint gone[] = {{1 * M, M, M, 100, 500}, {2 * M, M, M, 110, 500}, {3 * M, M, 0, -1, 0}},
                    few[] = {{1 * M, M, M, 100, 50}, {2 * M, M, M, 100, 500}, {3 * M, M, M, 900, 500}},
                    all_few[] = {{1 * M, M, M, 100, 50}, {2 * M, M, M, 100, 50}},
                    zero[] = {{1 * M, M, M, 0, 500}, {2 * M, M, M, 0, 500}},
                    after_few[] = {{1 * M, M, M, 100, 500}, {2 * M, M, M, 500, 50}, {3 * M, M, M, 900, 500}};
    Knee knee = knee_p99(gone, 3);
    ck_assert(knee.has && knee.first == 2 && knee.at == 3 * M);
    knee = knee_p99(few, 3);
    ck_assert(knee.has && knee.last == 1 && knee.first == 2);
    ck_assert(!knee_p99(all_few, 2).has);
    ck_assert(!knee_p99(zero, 2).has);
    knee = knee_p99(after_few, 3);
    ck_assert(knee.has && knee.last == 1 && knee.at == 3 * M);
}
END_TEST

Suite *knee_suite(void)
{
    Suite *suite = suite_create("knee");
    TCase *tests = tcase_create("knee");
    tcase_add_test(tests, a_step_down_breaks_at_the_point_where_it_is_seen);
    tcase_add_test(tests, two_points_are_enough_for_a_knee);
    tcase_add_test(tests, one_point_or_none_has_no_knee);
    tcase_add_test(tests, a_load_that_falls_breaks_at_its_low_end);
    tcase_add_test(tests, a_load_that_does_not_grow_is_measured_by_what_was_varied);
    tcase_add_test(tests, clients_that_are_never_too_many_have_no_knee);
    tcase_add_test(tests, p99_counts_where_enough_requests_have_one);
    suite_add_tcase(suite, tests);
    return suite;
}
