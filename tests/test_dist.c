/* Distributions against their closed forms, at fixed seeds, and against bits that must not change. */
#include "sim/dist.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    return dist_percentiles(mem, 5, (double[]){0, 50, 90, 99, 100}, (double[]){1 * MS, 3 * MS, 9 * MS, 40 * MS, 200 * MS},
                            &why);
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
    int draws;            /* a sample takes; 0: it varies */
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
    {"exponential", exponential_cdf, 1, 5, 25,
     {18650836, 21262773, 1034205, 302289, 4368862, 1950226, 2946102, 5267214}},
    {"uniform", uniform_cdf, 1, 5, 5.333333333333333,
     {1191911, 1113823, 7505191, 8530668, 4338992, 6416211, 5438077, 3789880}},
    {"normal, far from the cut", normal_far_cdf, 1, 10, 1.0,
     {8022434, 7809054, 10889560, 11566066, 9791384, 10459399, 10137696, 9611262}},
    {"normal, cut", normal_cut_cdf, 0, 2.018320867674067, 1.9447017427854685,
     {3528503, 3395194, 2779120, 4132133, 582768, 1918799, 1275392, 222524}},
    {"lognormal, median and p99", lognormal_p99_cdf, 1, 6.528204222081405, 70.89799186169928,
     {564920, 457366, 9648165, 18847193, 3253754, 6302846, 4584054, 2722437}},
    {"lognormal, mean and sd", lognormal_sd_cdf, 1, 3, 36,
     {109162, 83274, 4147150, 9783154, 1029667, 2402967, 1597723, 819326}},
    {"gamma, shape 0.5", gamma_half_cdf, 0, 3, 18,
     {114185, 340088, 3429715, 24828, 2343343, 9820, 5570923, 47}},
    {"gamma, shape 2.5", gamma_large_cdf, 0, 5, 10,
     {729523, 1439627, 7515095, 10772037, 3747742, 5831346, 4751471, 3286709}},
    {"erlang, k 3", erlang_3_cdf, 3, 3, 3,
     {4813025, 6813583, 1631110, 4458178, 6314254, 5018614, 2284494, 9348926}},
    {"erlang, k 40", erlang_40_cdf, 0, 4, 0.4,
     {2846977, 2740600, 4553716, 5037009, 3836723, 4263095, 4054023, 3726837}},
    {"weibull, shape 0.5", weibull_low_cdf, 1, 4, 80,
     {27828295, 36168442, 85566, 7310, 1526957, 304270, 694361, 2219484}},
    {"weibull, shape 3", weibull_high_cdf, 1, 4, 2.1134937716211106,
     {6946957, 7257190, 2649094, 1758069, 4282374, 3272830, 3755298, 4557802}},
    {"pareto", pareto_cdf, 1, 3, INFINITY,
     {1016319, 1009599, 3059634, 6623279, 1433530, 2124330, 1715024, 1330949}},
    {"pareto, bounded", pareto_bounded_cdf, 1, 5.096724560337479, 301.41684267504405,
     {1022295, 1013098, 4575463, 12968725, 1632970, 2788198, 2084161, 1475992}},
    {"hyperexponential", weighted_exponentials_cdf, 2, 2.9, 73.39,
     {108777, 122775, 703693, 19709544, 4993135, 1145082, 1518675, 2528424}},
    {"empirical", NULL, 1, 5.95, 291.5475,
     {1000000, 1000000, 5000000, 5000000, 1000000, 1000000, 1000000, 1000000}},
    {"percentiles", five_percentiles_cdf, 1, 6.805, 198.021975,
     {1095955, 1056911, 7697233, 23237083, 2669496, 5655395, 3821394, 2394940}},
    {"shift", shifted_cdf, 1, 5, 9,
     {13190502, 14757664, 2620523, 2181373, 4621317, 3170135, 3767661, 5160328}},
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

/* Kolmogorov and Smirnov: the largest distance of the sample's distribution from the true one exceeds 1.95 / sqrt(n) once
 * in a thousand times. */
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

START_TEST(a_constant_is_known_as_one)
{
    Time value = -1;
    Rng rng = place(0);
    Dist *constant = dist_constant(mem, 7 * TIME_MS);
    ck_assert(dist_is_constant(constant, &value));
    ck_assert_int_eq(value, 7 * TIME_MS);
    ck_assert_int_eq(dist_sample(constant, &rng), 7 * TIME_MS);
    ck_assert_double_eq(dist_mean(constant), 7 * MS);
    ck_assert_double_eq(dist_variance(constant), 0);
    ck_assert(dist_is_constant(dist_shift(mem, 2, dist_shift(mem, 3, constant)), &value));
    ck_assert_int_eq(value, 7 * TIME_MS + 5);
    ck_assert(!dist_is_constant(dist_shift(mem, 2, make(0)), &value));
    ck_assert(!dist_is_constant(make(1), &value));
}
END_TEST

START_TEST(bad_parameters_are_refused_with_a_reason)
{
    const double year = 365.0 * 86400e9;
    size_t row = 0;
#define REFUSED(call, part)                                                                                           \
    do {                                                                                                              \
        why = "";                                                                                                     \
        ck_assert_msg((call) == NULL && strstr(why, part), "refusal %d said '%s'", (int)row, why);                    \
        row++;                                                                                                        \
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

/* The elementary functions ---------------------------------------------------------------------------------------- */

static Rng numbers;

static double between(double low, double high)
{
    return low + (high - low) * rng_unit(&numbers);
}

START_TEST(log_and_exp_agree_with_libm)
{
    numbers = place(1000);
    for (int i = 0; i < 20000; i++) {
        double any = exp(between(-708, 709)), near = 1 + between(-1, 1) * pow(2, -(i % 53)), x = between(-708, 709.7);
        double small = between(-1, 1) * pow(2, -(i % 60));
        ck_assert_msg(close_to(det_log(any), log(any), 0x1p-50), "log %a", any);
        ck_assert_msg(near <= 0 || close_to(det_log(near), log(near), 0x1p-50), "log %a", near);
        ck_assert_msg(close_to(det_exp(x), exp(x), 0x1p-50), "exp %a", x);
        ck_assert_msg(close_to(det_exp(small), exp(small), 0x1p-50), "exp %a", small);
    }
}
END_TEST

START_TEST(log_and_exp_are_exact_where_they_can_be)
{
    ck_assert(det_log(1) == 0);
    ck_assert(det_exp(0) == 1);
    ck_assert(close_to(det_log(DBL_MIN), log(DBL_MIN), 0x1p-50));
    ck_assert(close_to(det_log(0x1p-1074), log(0x1p-1074), 0x1p-50));
    ck_assert(close_to(det_log(DBL_MAX), log(DBL_MAX), 0x1p-50));
    ck_assert(det_exp(709.78) < INFINITY);
    ck_assert(det_exp(709.79) == INFINITY);
    ck_assert(det_exp(INFINITY) == INFINITY);
    ck_assert(det_exp(-INFINITY) == 0);
    ck_assert(det_exp(-746) == 0);
    ck_assert(fabs(det_exp(-740) - exp(-740)) <= 0x1p-1074); /* subnormal */
}
END_TEST

START_TEST(pow_agrees_with_libm)
{
    numbers = place(1001);
    for (int i = 0; i < 20000; i++) {
        double x = i % 2 ? exp(between(-700, 700)) : exp(between(-1, 1)), y = between(-700, 700) / log(x);
        ck_assert_msg(close_to(det_pow(x, y), pow(x, y), 0x1p-50), "pow %a %a", x, y);
    }
    ck_assert(det_pow(2, 10) == 1024);
    ck_assert(det_pow(1, 1e300) == 1);
    ck_assert(det_pow(7, 0) == 1);
    ck_assert(det_pow(2, 1e300) == INFINITY);
    ck_assert(det_pow(2, -1e300) == 0);
    ck_assert(det_pow(0.5, 1074) == 0x1p-1074);
}
END_TEST

START_TEST(gamma_is_right)
{
    static const double row[][2] = {
        {1e-300, 0x1.7e43c8800759bp+996},
        {1e-10, 0x1.2a05f1ffb61ddp+33},
        {0.001, 0x1.f3b63e2d41242p+9},
        {0.1, 0x1.306ea7b280d87p+3},
        {0.5, 0x1.c5bf891b4ef6bp+0},
        {0.9, 0x1.1191a68f2b5dfp+0},
        {1.4616321449683622, 0x1.c56dc82a74aefp-1},
        {1.5, 0x1.c5bf891b4ef6bp-1},
        {2.5, 0x1.544fa6d47b390p+0},
        {3.7, 0x1.0aebf5759a454p+2},
        {10.1, 0x1.bc1a30179e72cp+18},
        {15.999, 0x1.2fa21dfd5462ep+40},
        {16.5, 0x1.2e1900e84c080p+42},
        {33.3, 0x1.2069372b95fbdp+119},
        {100.25, 0x1.b7d035f47bc48p+519},
        {150.5, 0x1.2f26c34c6c256p+869},
        {171.5, 0x1.0e1863dcad789p+1023},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++)
        ck_assert_msg(close_to(det_gamma(row[i][0]), row[i][1], 0x1p-50), "gamma %a", row[i][0]);
    double factorial = 1;
    for (int n = 1; n <= 170; factorial *= n++)
        ck_assert_msg(close_to(det_gamma(n), factorial, 0x1p-46), "gamma %d", n);
    ck_assert(det_gamma(172) == INFINITY);
    ck_assert(det_gamma(0x1p-1074) == INFINITY);
}
END_TEST

START_TEST(the_normal_quantile_is_right)
{
    static const double row[][2] = {
        {1e-300, -0x1.286074064c26ep+5},
        {1e-50, -0x1.dddde6ad81776p+3},
        {1e-16, -0x1.071b4c29e9b5ap+3},
        {1e-05, -0x1.10f3f8843a3d9p+2},
        {0.001, -0x1.8b8cbb7204471p+1},
        {0.01, -0x1.29c5c4630ff0fp+1},
        {0.0749, -0x1.70b374817af52p+0},
        {0.0751, -0x1.7056dc6686c9bp+0},
        {0.1, -0x1.4813c36e26d32p+0},
        {0.3, -0x1.0c7e39582c5fbp-1},
        {0.4999, -0x1.06d6ca8553fc0p-12},
        {0.6, 0x1.036d6c4a04b59p-2},
        {0.9249, 0x1.7056dc6686c9cp+0},
        {0.9251, 0x1.70b374817af53p+0},
        {0.99, 0x1.29c5c4630ff0ep+1},
        {0.999, 0x1.8b8cbb7204470p+1},
        {1 - 0x1p-53, 0x1.06b48528cea52p+3},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++)
        ck_assert_msg(close_to(det_normal_quantile(row[i][0]), row[i][1], 0x1p-50), "quantile %a", row[i][0]);
    ck_assert(det_normal_quantile(0.5) == 0);
    ck_assert(det_normal_quantile(0.25) == -det_normal_quantile(0.75));
}
END_TEST

START_TEST(a_logarithm_of_0_is_a_bug)
{
    det_log(0);
}
END_TEST

START_TEST(a_power_of_nan_is_a_bug)
{
    det_pow(NAN, 1);
}
END_TEST

START_TEST(the_quantile_of_1_is_a_bug)
{
    det_normal_quantile(1);
}
END_TEST

START_TEST(a_negative_constant_is_a_bug)
{
    dist_constant(mem, -1);
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
    suite_add_tcase(suite, kinds);
    TCase *single = tcase_create("single ones");
    tcase_add_checked_fixture(single, set_up, tear_down);
    tcase_add_test(single, moments_hold_at_the_edges);
    tcase_add_test(single, values_come_as_often_as_they_weigh);
    tcase_add_test(single, percentiles_start_at_0_where_nothing_else_is_said);
    tcase_add_test(single, samples_are_rounded_and_stay_within_a_run);
    tcase_add_test(single, a_constant_is_known_as_one);
    tcase_add_test(single, bad_parameters_are_refused_with_a_reason);
    tcase_add_exit_test(single, a_negative_constant_is_a_bug, 70);
    suite_add_tcase(suite, single);
    TCase *functions = tcase_create("elementary functions");
    tcase_add_test(functions, log_and_exp_agree_with_libm);
    tcase_add_test(functions, log_and_exp_are_exact_where_they_can_be);
    tcase_add_test(functions, pow_agrees_with_libm);
    tcase_add_test(functions, gamma_is_right);
    tcase_add_test(functions, the_normal_quantile_is_right);
    tcase_add_exit_test(functions, a_logarithm_of_0_is_a_bug, 70);
    tcase_add_exit_test(functions, a_power_of_nan_is_a_bug, 70);
    tcase_add_exit_test(functions, the_quantile_of_1_is_a_bug, 70);
    suite_add_tcase(suite, functions);
    return suite;
}
