/* Distributions where something ends: closed forms with gaps, the bounds of a sample, parameters that are refused. */
#include "sim/dist.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *dist_edges_suite(void);

static Mem *mem;
static const char *why;

static void set_up(void)
{
    mem = mem_new(8 << 20);
    why = NULL;
}

static void tear_down(void)
{
    mem_delete(mem);
}

static Rng place(uint64_t connection)
{
    return rng_at(rng_key(1, 2, 3), connection, 1, 256);
}

static bool close_to(double got, double expected, double relative)
{
    return got == expected || fabs(got - expected) <= relative * fabs(expected);
}

/* The parameters where a closed form has a gap or loses digits. */
START_TEST(moments_hold_at_the_edges)
{
    const struct {
        Dist *dist;
        double mean, variance;
    } edges[] = {
        {dist_normal(mem, 0, 10, &why), 7.978845608028654, 36.33802276324187},
        {dist_normal(mem, 1e6, 1e5, &why), 1000000, 10000000000.0},
        {dist_normal(mem, 5, 0, &why), 5, 0},
        {dist_empirical(mem, 1, (double[]){7}, (double[]){3}, &why), 7, 0},
        {dist_empirical(mem, 2, (double[]){1, 3}, (double[]){1, 1}, &why), 2, 1},
        {dist_normal(mem, 1e6, 1, &why), 1000000, 1},
        {dist_lognormal_mean_sd(mem, 1e6, 1, &why), 1000000, 1},
        {dist_lognormal_median_p99(mem, 7, 7, &why), 7, 0},
        {dist_weibull(mem, 1e6, 1, &why), 1000000, 1000000000000},
        {dist_weibull(mem, 1e6, 1000, &why), 1000000, 1642535.083921427},
        {dist_weibull(mem, 1e6, 0.02, &why), 1000000, 1.0089134454556405e+41},
        {dist_pareto(mem, 10, 1, INFINITY, &why), INFINITY, INFINITY},
        {dist_pareto(mem, 10, 1.5, INFINITY, &why), 30, INFINITY},
        {dist_pareto(mem, 10, 3, INFINITY, &why), 15, 75},
        {dist_pareto(mem, 10, 1, 1000, &why), 46.51687056553628, 7836.180752789145},
        {dist_pareto(mem, 10, 2, 1000, &why), 19.801980198019802, 529.0077300498311},
        {dist_pareto(mem, 10, 1.0000001, 1000, &why), 46.516864289936784, 7836.178638428039},
        {dist_pareto(mem, 10, 100, 1000, &why), 10.1010101010101, 0.010411265822521235},
        {dist_pareto(mem, 1, 3, 1e10, &why), 1.5, 0.7499999997}, /* e^-69 is nothing beside 1 */
        {dist_erlang(mem, 100, 1, &why), 100, 10000},
        {dist_erlang(mem, 100, 1000, &why), 100, 10},
    };
    for (size_t i = 0; i < COUNT_OF(edges); i++) {
        ck_assert_msg(close_to(dist_mean(edges[i].dist), edges[i].mean, 1e-12), "mean %d", (int)i);
        ck_assert_msg(close_to(dist_variance(edges[i].dist), edges[i].variance, 1e-9), "variance %d: %.17g", (int)i,
                      dist_variance(edges[i].dist));
    }
}
END_TEST

START_TEST(what_is_given_is_the_mean_to_the_bit)
{
    for (int i = 1; i <= 100; i++) {
        double mean = i * 12345.678, sd = i * 777.7;
        Dist *lognormal = dist_lognormal_mean_sd(mem, mean, sd, &why);
        ck_assert(dist_mean(lognormal) == mean && dist_variance(lognormal) == sd * sd);
        ck_assert(dist_mean(dist_gamma(mem, mean, 0.7, &why)) == mean);
        ck_assert(dist_mean(dist_erlang(mem, mean, 3, &why)) == mean);
        ck_assert(dist_mean(dist_weibull(mem, mean, 0.7, &why)) == mean);
    }
}
END_TEST

/* A narrow lognormal is nearly a normal: where its sigma lost digits, it would be too wide. */
START_TEST(a_narrow_lognormal_has_its_width)
{
    Dist *lognormal = dist_lognormal_mean_sd(mem, 1e15, 1e9, &why), *normal = dist_normal(mem, 1e15, 1e9, &why);
    for (uint64_t i = 0; i < 1000; i++) {
        Rng rng = place(i), same = place(i);
        ck_assert_int_le(llabs(dist_sample(lognormal, &rng) - dist_sample(normal, &same)), 20000);
    }
}
END_TEST

START_TEST(percentiles_start_at_0_where_nothing_else_is_said)
{
    Dist *dist = dist_percentiles(mem, 2, (double[]){50, 100}, (double[]){1000, 1000}, &why);
    int below = 0;
    ck_assert_double_eq(dist_mean(dist), 750);
    for (uint64_t i = 0; i < 1000; i++) {
        Rng rng = place(i);
        Time drawn = dist_sample(dist, &rng);
        ck_assert_int_le(drawn, 1000);
        below += drawn < 1000;
    }
    ck_assert_int_ge(below, 430);
    ck_assert_int_le(below, 570);
}
END_TEST

START_TEST(samples_are_rounded_and_stay_within_a_run)
{
    Dist *half = dist_uniform(mem, 2.5, 2.5, &why), *less = dist_uniform(mem, 2.4999, 2.4999, &why);
    Dist *long_tail = dist_pareto(mem, 1e9, 0.01, INFINITY, &why), *none = dist_exponential(mem, 0, &why);
    Dist *late = dist_shift(mem, TIME_MAX_RUN, dist_constant(mem, 5));
    bool reached = false;
    for (uint64_t i = 0; i < 100; i++) {
        Rng rng = place(i);
        ck_assert_int_eq(dist_sample(half, &rng), 3);
        ck_assert_int_eq(dist_sample(less, &rng), 2);
        ck_assert_int_eq(dist_sample(none, &rng), 0);
        ck_assert_int_eq(dist_sample(late, &rng), TIME_MAX_RUN);
        Time drawn = dist_sample(long_tail, &rng);
        ck_assert(drawn >= TIME_S && drawn <= TIME_MAX_RUN);
        reached = reached || drawn == TIME_MAX_RUN;
    }
    ck_assert(reached);
}
END_TEST

START_TEST(a_normal_is_cut_at_0_and_not_above)
{
    Dist *dist = dist_normal(mem, 0, 1, &why);
    int below_half = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        Rng rng = place(i);
        below_half += dist_sample(dist, &rng) == 0;
    }
    ck_assert_int_ge(below_half, 330); /* 38 % of the half that is left */
    ck_assert_int_le(below_half, 430);
}
END_TEST

START_TEST(a_constant_is_known_as_one)
{
    Time value = -1;
    Rng rng = place(0);
    Dist *constant = dist_constant(mem, 7 * TIME_MS);
    ck_assert(dist_is_constant(constant, &value));
    ck_assert_int_eq(value, 7 * TIME_MS);
    ck_assert_int_eq(dist_sample(constant, &rng), 7 * TIME_MS);
    ck_assert_double_eq(dist_mean(constant), 7 * 1e6);
    ck_assert_double_eq(dist_variance(constant), 0);
    ck_assert(dist_is_constant(dist_shift(mem, 2, dist_shift(mem, 3, constant)), &value));
    ck_assert_int_eq(value, 7 * TIME_MS + 5);
    ck_assert(!dist_is_constant(dist_shift(mem, 2, dist_exponential(mem, 5, &why)), &value));
    ck_assert(!dist_is_constant(dist_uniform(mem, 1, 9, &why), &value));
}
END_TEST

START_TEST(bad_parameters_are_refused_with_a_reason)
{
    const double year = 365.0 * 86400e9;
    size_t row = 0;
#define REFUSED(call, part)                                                                                            \
    do {                                                                                                               \
        why = "";                                                                                                      \
        ck_assert_msg((call) == NULL && strstr(why, part), "refusal %d said '%s'", (int)row, why);                     \
        row++;                                                                                                         \
    } while (0)
    REFUSED(dist_exponential(mem, -1, &why), "the mean");
    REFUSED(dist_exponential(mem, NAN, &why), "the mean");
    REFUSED(dist_exponential(mem, 11 * year, &why), "10 years");
    REFUSED(dist_uniform(mem, 2, 1, &why), "lower bound");
    REFUSED(dist_uniform(mem, -1, 1, &why), "bounds");
    REFUSED(dist_uniform(mem, 1, INFINITY, &why), "bounds");
    REFUSED(dist_normal(mem, -1, 1, &why), "the mean");
    REFUSED(dist_normal(mem, 1, -1, &why), "standard deviation");
    REFUSED(dist_lognormal_median_p99(mem, 0, 1, &why), "median");
    REFUSED(dist_lognormal_median_p99(mem, 2, 1, &why), "p99");
    REFUSED(dist_lognormal_mean_sd(mem, 0, 1, &why), "the mean");
    REFUSED(dist_lognormal_mean_sd(mem, 1, NAN, &why), "standard deviation");
    REFUSED(dist_gamma(mem, INFINITY, 1, &why), "the mean");
    REFUSED(dist_gamma(mem, 1, 0, &why), "shape");
    REFUSED(dist_gamma(mem, 1, NAN, &why), "shape");
    REFUSED(dist_erlang(mem, -1, 1, &why), "the mean");
    REFUSED(dist_erlang(mem, 1, 0, &why), "k must");
    REFUSED(dist_weibull(mem, -1, 1, &why), "the mean");
    REFUSED(dist_weibull(mem, 1, 0.01, &why), "shape");
    REFUSED(dist_pareto(mem, 0, 1, INFINITY, &why), "minimum");
    REFUSED(dist_pareto(mem, 1, 0, INFINITY, &why), "alpha");
    REFUSED(dist_pareto(mem, 2, 1, 2, &why), "maximum");
    REFUSED(dist_pareto(mem, 2, 1, NAN, &why), "maximum");
    REFUSED(dist_pareto(mem, 2, 1, 11 * year, &why), "maximum");
    REFUSED(dist_hyperexponential(mem, 0, NULL, NULL, &why), "at least one");
    REFUSED(dist_hyperexponential(mem, 2, (double[]){1, -1}, (double[]){1, 1}, &why), "weights");
    REFUSED(dist_empirical(mem, 2, (double[]){1, 2}, (double[]){0, 0}, &why), "weights");
    REFUSED(dist_empirical(mem, 2, (double[]){1, 2}, (double[]){DBL_MAX, DBL_MAX}, &why), "weights");
    REFUSED(dist_empirical(mem, 2, (double[]){1, -2}, (double[]){1, 1}, &why), "value");
    REFUSED(dist_empirical(mem, 2, (double[]){-1, 2}, (double[]){1, 1}, &why), "value");
    REFUSED(dist_percentiles(mem, 0, NULL, NULL, &why), "\"100\"");
    REFUSED(dist_percentiles(mem, 2, (double[]){0, 99}, (double[]){1, 2}, &why), "\"100\"");
    REFUSED(dist_percentiles(mem, 2, (double[]){100, 50}, (double[]){1, 2}, &why), "ascend");
    REFUSED(dist_percentiles(mem, 2, (double[]){100, 100}, (double[]){1, 2}, &why), "ascend");
    REFUSED(dist_percentiles(mem, 2, (double[]){50, 101}, (double[]){1, 2}, &why), "0 to 100");
    REFUSED(dist_percentiles(mem, 2, (double[]){50, 100}, (double[]){2, 1}, &why), "descend");
    REFUSED(dist_percentiles(mem, 2, (double[]){50, 100}, (double[]){-2, 1}, &why), "value");
#undef REFUSED
}
END_TEST

START_TEST(the_ends_of_each_range_are_allowed_and_nothing_beyond)
{
    const double most = (double)TIME_MAX_RUN, beyond = most * (1 + DBL_EPSILON);
    size_t row = 0;
#define ENDS(at_the_end, just_beyond)                                                                                  \
    do {                                                                                                               \
        why = "";                                                                                                      \
        ck_assert_msg((at_the_end) != NULL, "end %d: %s", (int)row, why);                                              \
        ck_assert_msg((just_beyond) == NULL, "beyond end %d", (int)row);                                               \
        row++;                                                                                                         \
    } while (0)
    ENDS(dist_exponential(mem, most, &why), dist_exponential(mem, beyond, &why));
    ENDS(dist_exponential(mem, 0, &why), dist_exponential(mem, -DBL_MIN, &why));
    ENDS(dist_uniform(mem, 0, most, &why), dist_uniform(mem, 0, beyond, &why));
    ENDS(dist_uniform(mem, 5, 5, &why), dist_uniform(mem, 5, 4.999, &why));
    ENDS(dist_normal(mem, most, most, &why), dist_normal(mem, 0, beyond, &why));
    ENDS(dist_lognormal_median_p99(mem, most, most, &why), dist_lognormal_median_p99(mem, most, most / 2, &why));
    ENDS(dist_lognormal_mean_sd(mem, most, 0, &why), dist_lognormal_mean_sd(mem, 1, beyond, &why));
    ENDS(dist_gamma(mem, 1, 0.001, &why), dist_gamma(mem, 1, 0.000999, &why));
    ENDS(dist_gamma(mem, 1, 1e9, &why), dist_gamma(mem, 1, 1.001e9, &why));
    ENDS(dist_erlang(mem, 1, 1, &why), dist_erlang(mem, 1, 0, &why));
    ENDS(dist_erlang(mem, 1, 1000000000, &why), dist_erlang(mem, 1, 1000000001, &why));
    ENDS(dist_weibull(mem, 1, 0.02, &why), dist_weibull(mem, 1, 0.0199, &why));
    ENDS(dist_weibull(mem, 1, 1000, &why), dist_weibull(mem, 1, 1000.1, &why));
    ENDS(dist_pareto(mem, 1, 0.01, INFINITY, &why), dist_pareto(mem, 1, 0.0099, INFINITY, &why));
    ENDS(dist_pareto(mem, 1, 1000, INFINITY, &why), dist_pareto(mem, 1, 1000.1, INFINITY, &why));
    ENDS(dist_pareto(mem, most / 2, 1, most, &why), dist_pareto(mem, most, 1, beyond, &why));
    ENDS(dist_empirical(mem, 1, &most, &most, &why), dist_empirical(mem, 1, &beyond, &most, &why));
    ENDS(dist_empirical(mem, 2, (double[]){1, 2}, (double[]){0, 1}, &why),
         dist_empirical(mem, 2, (double[]){1, 2}, (double[]){-0.001, 1}, &why));
    ENDS(dist_percentiles(mem, 1, (double[]){100}, (double[]){0}, &why),
         dist_percentiles(mem, 1, (double[]){99.9}, (double[]){0}, &why));
    ENDS(dist_percentiles(mem, 2, (double[]){0, 100}, (double[]){5, 5}, &why),
         dist_percentiles(mem, 2, (double[]){-0.1, 100}, (double[]){5, 5}, &why));
#undef ENDS
}
END_TEST

/* Up to 16 stages take that many draws, so that their number is part of the results; more take those of a gamma. */
START_TEST(an_erlang_of_few_stages_draws_each)
{
    for (int64_t k = 1; k <= 20; k++) {
        Dist *erlang = dist_erlang(mem, 1e6, k, &why), *gamma = dist_gamma(mem, 1e6, (double)k, &why);
        Rng rng = place(7), same = place(7);
        ck_assert_int_eq(dist_sample(erlang, &rng) == dist_sample(gamma, &same), k > 16);
    }
}
END_TEST

START_TEST(a_negative_constant_is_a_bug)
{
    dist_constant(mem, -1);
}
END_TEST

Suite *dist_edges_suite(void)
{
    Suite *suite = suite_create("dist_edges");
    TCase *edges = tcase_create("edges");
    tcase_add_checked_fixture(edges, set_up, tear_down);
    tcase_add_test(edges, moments_hold_at_the_edges);
    tcase_add_test(edges, what_is_given_is_the_mean_to_the_bit);
    tcase_add_test(edges, a_narrow_lognormal_has_its_width);
    tcase_add_test(edges, percentiles_start_at_0_where_nothing_else_is_said);
    tcase_add_test(edges, samples_are_rounded_and_stay_within_a_run);
    tcase_add_test(edges, a_normal_is_cut_at_0_and_not_above);
    tcase_add_test(edges, a_constant_is_known_as_one);
    tcase_add_test(edges, bad_parameters_are_refused_with_a_reason);
    tcase_add_test(edges, the_ends_of_each_range_are_allowed_and_nothing_beyond);
    tcase_add_test(edges, an_erlang_of_few_stages_draws_each);
    tcase_add_exit_test(edges, a_negative_constant_is_a_bug, 70);
    suite_add_tcase(suite, edges);
    return suite;
}
