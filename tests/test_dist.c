/* Distributions against their closed forms, at fixed seeds, and against bits that must not change. */
#include "sim/dist.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

Suite *dist_suite(void);

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

static const double MS = 1e6;

static Dist *weighted_exponentials(void)
{
    return dist_hyperexponential(mem, 2, (double[]){0.9, 0.1}, (double[]){1 * MS, 20 * MS}, &why);
}

static Dist *three_values(void)
{
    return dist_empirical(mem, 3, (double[]){1 * MS, 5 * MS, 80 * MS}, (double[]){70, 25, 5}, &why);
}

static Dist *five_percentiles(void)
{
    return dist_percentiles(mem, 5, (double[]){0, 50, 90, 99, 100},
                            (double[]){1 * MS, 3 * MS, 9 * MS, 40 * MS, 200 * MS}, &why);
}

/* The distribution functions, from libm and schoolbook series -------------------------------------------------- */

static double normal_cdf(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

/* The regularised lower incomplete gamma function, by its power series. */
static double gamma_cdf(double shape, double x)
{
    double term = 1 / shape, sum = term;
    for (int i = 1; i < 2000; i++)
        sum += term *= x / (shape + i);
    return x <= 0 ? 0 : exp(shape * log(x) - x - lgamma(shape)) * sum;
}

static double exponential_cdf(double x)
{
    return 1 - exp(-x / (5 * MS));
}
static double uniform_cdf(double x)
{
    return (x - 1 * MS) / (8 * MS);
}
static double normal_far_cdf(double x)
{
    return normal_cdf((x - 10 * MS) / (1 * MS));
}
static double normal_cut_cdf(double x)
{
    double below = normal_cdf(-0.5);
    return (normal_cdf((x - 1 * MS) / (2 * MS)) - below) / (1 - below);
}
static double lognormal_p99_cdf(double x)
{
    return normal_cdf(log(x / (4 * MS)) / (log(10) / 2.3263478740408408));
}
static double lognormal_sd_cdf(double x)
{
    double square = log(1 + 4.0);
    return normal_cdf((log(x / (3 * MS)) + square / 2) / sqrt(square));
}
static double gamma_half_cdf(double x)
{
    return erf(sqrt(x / (6 * MS)));
}
static double gamma_large_cdf(double x)
{
    return gamma_cdf(2.5, x / (2 * MS));
}
static double erlang_3_cdf(double x)
{
    double stages = x / (1 * MS);
    return 1 - exp(-stages) * (1 + stages + stages * stages / 2);
}
static double erlang_40_cdf(double x)
{
    return gamma_cdf(40, x / (0.1 * MS));
}
static double weibull_low_cdf(double x)
{
    return 1 - exp(-sqrt(x / (2 * MS))); /* Gamma(3) = 2 */
}
static double weibull_high_cdf(double x)
{
    return 1 - exp(-pow(x / (4 * MS / tgamma(1 + 1 / 3.0)), 3));
}
static double pareto_cdf(double x)
{
    return 1 - pow(1 * MS / x, 1.5);
}
static double pareto_bounded_cdf(double x)
{
    return (1 - pow(1 * MS / x, 1.1)) / (1 - pow(1.0 / 500, 1.1));
}
static double weighted_exponentials_cdf(double x)
{
    return 0.9 * (1 - exp(-x / (1 * MS))) + 0.1 * (1 - exp(-x / (20 * MS)));
}
static double five_percentiles_cdf(double x)
{
    static const double at[] = {1, 3, 9, 40, 200}, part[] = {0, 0.5, 0.9, 0.99, 1};
    size_t i = 1;
    while (i < 4 && x > at[i] * MS)
        i++;
    return part[i - 1] + (part[i] - part[i - 1]) * (x / MS - at[i - 1]) / (at[i] - at[i - 1]);
}
static double shifted_cdf(double x)
{
    return 1 - exp(-(x - 2 * MS) / (3 * MS));
}

/* One row a distribution: what it is like, and its first samples, which are part of the results of loopsim. */
typedef struct Row {
    const char *name;
    double (*cdf)(double x);
    int draws;             /* a sample takes; 0: it varies */
    double mean, variance; /* in ms and ms^2, computed with many digits */
    Time first[8];
} Row;

static Dist *make(size_t row)
{
    switch (row) {
    case 0: return dist_exponential(mem, 5 * MS, &why);
    case 1: return dist_uniform(mem, 1 * MS, 9 * MS, &why);
    case 2: return dist_normal(mem, 10 * MS, 1 * MS, &why);
    case 3: return dist_normal(mem, 1 * MS, 2 * MS, &why);
    case 4: return dist_lognormal_median_p99(mem, 4 * MS, 40 * MS, &why);
    case 5: return dist_lognormal_mean_sd(mem, 3 * MS, 6 * MS, &why);
    case 6: return dist_gamma(mem, 3 * MS, 0.5, &why);
    case 7: return dist_gamma(mem, 5 * MS, 2.5, &why);
    case 8: return dist_erlang(mem, 3 * MS, 3, &why);
    case 9: return dist_erlang(mem, 4 * MS, 40, &why);
    case 10: return dist_weibull(mem, 4 * MS, 0.5, &why);
    case 11: return dist_weibull(mem, 4 * MS, 3, &why);
    case 12: return dist_pareto(mem, 1 * MS, 1.5, INFINITY, &why);
    case 13: return dist_pareto(mem, 1 * MS, 1.1, 500 * MS, &why);
    case 14: return weighted_exponentials();
    case 15: return three_values();
    case 16: return five_percentiles();
    case 17: return dist_shift(mem, 2 * TIME_MS, dist_exponential(mem, 3 * MS, &why));
    default: return NULL;
    }
}

static const Row rows[] = {
    {"exponential",
     exponential_cdf,
     1,
     5,
     25,
     {18650836, 21262773, 1034205, 302289, 4368862, 1950226, 2946102, 5267214}},
    {"uniform",
     uniform_cdf,
     1,
     5,
     5.333333333333333,
     {1191911, 1113823, 7505191, 8530668, 4338992, 6416211, 5438077, 3789880}},
    {"normal, far from the cut",
     normal_far_cdf,
     1,
     10,
     1.0,
     {8022434, 7809054, 10889560, 11566066, 9791384, 10459399, 10137696, 9611262}},
    {"normal, cut",
     normal_cut_cdf,
     0,
     2.018320867674067,
     1.9447017427854685,
     {3528503, 3395194, 2779120, 4132133, 582768, 1918799, 1275392, 222524}},
    {"lognormal, median and p99",
     lognormal_p99_cdf,
     1,
     6.528204222081405,
     70.89799186169928,
     {564920, 457366, 9648165, 18847193, 3253754, 6302846, 4584054, 2722437}},
    {"lognormal, mean and sd",
     lognormal_sd_cdf,
     1,
     3,
     36,
     {109162, 83274, 4147150, 9783154, 1029667, 2402967, 1597723, 819326}},
    {"gamma, shape 0.5", gamma_half_cdf, 0, 3, 18, {114185, 340088, 3429715, 24828, 2343343, 9820, 5570923, 47}},
    {"gamma, shape 2.5",
     gamma_large_cdf,
     0,
     5,
     10,
     {729523, 1439627, 7515095, 10772037, 3747742, 5831346, 4751471, 3286709}},
    {"erlang, k 3", erlang_3_cdf, 3, 3, 3, {4813025, 6813583, 1631110, 4458178, 6314254, 5018614, 2284494, 9348926}},
    {"erlang, k 40",
     erlang_40_cdf,
     0,
     4,
     0.4,
     {2846977, 2740600, 4553716, 5037009, 3836723, 4263095, 4054023, 3726837}},
    {"weibull, shape 0.5",
     weibull_low_cdf,
     1,
     4,
     80,
     {27828295, 36168442, 85566, 7310, 1526957, 304270, 694361, 2219484}},
    {"weibull, shape 3",
     weibull_high_cdf,
     1,
     4,
     2.1134937716211106,
     {6946957, 7257190, 2649094, 1758069, 4282374, 3272830, 3755298, 4557802}},
    {"pareto", pareto_cdf, 1, 3, INFINITY, {1016319, 1009599, 3059634, 6623279, 1433530, 2124330, 1715024, 1330949}},
    {"pareto, bounded",
     pareto_bounded_cdf,
     1,
     5.096724560337479,
     301.41684267504405,
     {1022295, 1013098, 4575463, 12968725, 1632970, 2788198, 2084161, 1475992}},
    {"hyperexponential",
     weighted_exponentials_cdf,
     2,
     2.9,
     73.39,
     {108777, 122775, 703693, 19709544, 4993135, 1145082, 1518675, 2528424}},
    {"empirical", NULL, 1, 5.95, 291.5475, {1000000, 1000000, 5000000, 5000000, 1000000, 1000000, 1000000, 1000000}},
    {"percentiles",
     five_percentiles_cdf,
     1,
     6.805,
     198.021975,
     {1095955, 1056911, 7697233, 23237083, 2669496, 5655395, 3821394, 2394940}},
    {"shift", shifted_cdf, 1, 5, 9, {13190502, 14757664, 2620523, 2181373, 4621317, 3170135, 3767661, 5160328}},
};

static Rng place(uint64_t connection)
{
    return rng_at(rng_key(1, 2, 3), connection, 1, 256);
}

START_TEST(samples_are_the_same_everywhere)
{
    Dist *dist = make((size_t)_i);
    for (size_t i = 0; i < COUNT_OF(rows[_i].first); i++) {
        Rng rng = place(i);
        ck_assert_msg(dist_sample(dist, &rng) == rows[_i].first[i], "%s, sample %d", rows[_i].name, (int)i);
    }
}
END_TEST

static int compare(const void *a, const void *b) /* a total order: equal times are the same */
{
    Time x = *(const Time *)a, y = *(const Time *)b;
    return (x > y) - (x < y);
}

enum { SAMPLES = 20000 };
static Time samples[SAMPLES];

static void take_samples(const Dist *dist)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        Rng rng = place(i);
        samples[i] = dist_sample(dist, &rng);
        ck_assert(samples[i] >= 0 && samples[i] <= TIME_MAX_RUN);
    }
}

/* Kolmogorov and Smirnov: the largest distance of the sample's distribution from the true one exceeds 1.95 / sqrt(n)
 * once in a thousand times. */
START_TEST(samples_follow_the_distribution_function)
{
    if (!rows[_i].cdf)
        return;
    take_samples(make((size_t)_i));
    qsort(samples, SAMPLES, sizeof samples[0], compare);
    double farthest = 0;
    for (size_t i = 0; i < SAMPLES; i++) {
        double p = rows[_i].cdf((double)samples[i]);
        farthest = fmax(farthest, fmax(fabs(p - (double)i / SAMPLES), fabs(p - (double)(i + 1) / SAMPLES)));
    }
    ck_assert_msg(farthest < 1.95 / sqrt(SAMPLES), "%s: %f", rows[_i].name, farthest);
}
END_TEST

/* Within 4 standard errors, that of the variance from the sample's fourth moment. */
START_TEST(samples_have_the_moments)
{
    const Row *row = &rows[_i];
    if (!(row->variance < INFINITY))
        return;
    take_samples(make((size_t)_i));
    double mean = 0, second = 0, fourth = 0;
    for (size_t i = 0; i < SAMPLES; i++)
        mean += (double)samples[i] / MS / SAMPLES;
    for (size_t i = 0; i < SAMPLES; i++) {
        double square = pow((double)samples[i] / MS - row->mean, 2);
        second += square / SAMPLES;
        fourth += square * square / SAMPLES;
    }
    ck_assert_msg(fabs(mean - row->mean) < 4 * sqrt(row->variance / SAMPLES), "%s: mean %f", row->name, mean);
    double error = sqrt((fourth - second * second) / SAMPLES);
    ck_assert_msg(fabs(second - row->variance) < 4 * error, "%s: variance %f, error %f", row->name, second, error);
}
END_TEST

static bool close_to(double got, double expected, double relative)
{
    return got == expected || fabs(got - expected) <= relative * fabs(expected);
}

START_TEST(mean_and_variance_are_closed_forms)
{
    const Row *row = &rows[_i];
    Dist *dist = make((size_t)_i);
    ck_assert_msg(close_to(dist_mean(dist) / MS, row->mean, 1e-13), "%s: %.17g", row->name, dist_mean(dist) / MS);
    ck_assert_msg(close_to(dist_variance(dist) / MS / MS, row->variance, 1e-12), "%s: %.17g", row->name,
                  dist_variance(dist) / MS / MS);
}
END_TEST

/* Common random numbers need it: what one sample takes from a place does not move what the next one finds. */
START_TEST(inversion_takes_one_draw)
{
    if (rows[_i].draws == 0)
        return;
    Dist *dist = make((size_t)_i);
    Rng rng = place(99), other = place(99);
    dist_sample(dist, &rng);
    for (int i = 0; i < rows[_i].draws; i++)
        rng_u64(&other);
    ck_assert_uint_eq(rng_u64(&rng), rng_u64(&other));
}
END_TEST

START_TEST(values_come_as_often_as_they_weigh)
{
    int count[3] = {0};
    take_samples(three_values());
    for (size_t i = 0; i < SAMPLES; i++)
        count[samples[i] == TIME_MS ? 0 : samples[i] == 5 * TIME_MS ? 1 : 2] += 1;
    ck_assert_int_le(abs(count[0] - SAMPLES * 70 / 100), 260); /* 4 sd */
    ck_assert_int_le(abs(count[1] - SAMPLES * 25 / 100), 245);
    ck_assert_int_le(abs(count[2] - SAMPLES * 5 / 100), 124);
    Dist *dist = dist_empirical(mem, 4, (double[]){1, 2, 3, 4}, (double[]){0, 1, 0, 0}, &why);
    for (uint64_t i = 0; i < 1000; i++) { /* what weighs nothing never comes */
        Rng rng = place(i);
        ck_assert_int_eq(dist_sample(dist, &rng), 2);
    }
}
END_TEST

Suite *dist_suite(void)
{
    Suite *suite = suite_create("dist");
    TCase *kinds = tcase_create("every distribution");
    tcase_add_checked_fixture(kinds, set_up, tear_down);
    tcase_add_loop_test(kinds, samples_are_the_same_everywhere, 0, COUNT_OF(rows));
    tcase_add_loop_test(kinds, samples_follow_the_distribution_function, 0, COUNT_OF(rows));
    tcase_add_loop_test(kinds, samples_have_the_moments, 0, COUNT_OF(rows));
    tcase_add_loop_test(kinds, mean_and_variance_are_closed_forms, 0, COUNT_OF(rows));
    tcase_add_loop_test(kinds, inversion_takes_one_draw, 0, COUNT_OF(rows));
    tcase_add_test(kinds, values_come_as_often_as_they_weigh);
    suite_add_tcase(suite, kinds);
    return suite;
}
