/* The elementary functions of dist.h against libm, and against values computed with many digits. */
#include "sim/digest.h"
#include "sim/dist.h"
#include "sim/log_table.h"

#include <check.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

Suite *det_math_suite(void);

static bool close_to(double got, double expected, double relative)
{
    return got == expected || fabs(got - expected) <= relative * fabs(expected);
}

static Rng numbers;

static double between(double low, double high)
{
    return low + (high - low) * rng_unit(&numbers);
}

START_TEST(log_and_exp_agree_with_libm)
{
    numbers = rng_at(1, 1, 1, 256);
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

/* Each point lies in its interval, with its reciprocal, and its logarithm in two parts that add up exactly to it. */
START_TEST(the_points_of_the_logarithm_are_right)
{
    for (int i = 0; i < 128; i++) {
        const LogPoint *point = &log_point[i];
        double low = i < 80 ? 0x1.6p-1 + i * 0x1p-8 : 1 + (i - 80) * 0x1p-7, width = i < 80 ? 0x1p-8 : 0x1p-7;
        ck_assert(i == 79 || i == 80 ? point->c == 1 : point->c == low + width / 2);
        ck_assert(point->inverse == 1 / point->c);
        ck_assert(floor(point->high * 0x1p42) == point->high * 0x1p42);
        ck_assert(close_to(point->high + point->low, log(point->c), 0x1p-52));
        ck_assert(fabs(point->low) <= 0x1p-43);
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
    numbers = rng_at(1, 2, 1, 256);
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
    ck_assert(det_pow(0x1p-1074, 0.5) == 0x1p-537); /* of a subnormal number */
    ck_assert(close_to(det_pow(0x1.8p-1060, 0.25), pow(0x1.8p-1060, 0.25), 0x1p-50));
}
END_TEST

START_TEST(gamma_is_right)
{
    static const double row[][2] = {
        {1e-308, 1e308},
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
    ck_assert(det_gamma(1e300) == INFINITY);
    ck_assert(det_gamma(0x1p-1074) == INFINITY);
}
END_TEST

START_TEST(the_normal_quantile_is_right)
{
    static const double row[][2] = {
        {1e-300, -0x1.286074064c26ep+5}, {1e-50, -0x1.dddde6ad81776p+3},      {1e-16, -0x1.071b4c29e9b5ap+3},
        {1e-05, -0x1.10f3f8843a3d9p+2},  {0.001, -0x1.8b8cbb7204471p+1},      {0.01, -0x1.29c5c4630ff0fp+1},
        {0.0749, -0x1.70b374817af52p+0}, {0.0751, -0x1.7056dc6686c9bp+0},     {0.1, -0x1.4813c36e26d32p+0},
        {0.3, -0x1.0c7e39582c5fbp-1},    {0.4999, -0x1.06d6ca8553fc0p-12},    {0.6, 0x1.036d6c4a04b59p-2},
        {0.9249, 0x1.7056dc6686c9cp+0},  {0.9251, 0x1.70b374817af53p+0},      {0.99, 0x1.29c5c4630ff0ep+1},
        {0.999, 0x1.8b8cbb7204470p+1},   {1 - 0x1p-53, 0x1.06b48528cea52p+3},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++)
        ck_assert_msg(close_to(det_normal_quantile(row[i][0]), row[i][1], 0x1p-50), "quantile %a", row[i][0]);
    ck_assert(det_normal_quantile(0.5) == 0);
    ck_assert(det_normal_quantile(0.25) == -det_normal_quantile(0.75));
}
END_TEST

/* ---- bits that must not change: they are in the results of every run ---- */

static double any_positive(void)
{
    double x;
    do {
        uint64_t bits = rng_u64(&numbers) >> 1;
        memcpy(&x, &bits, sizeof x);
    } while (!(x > 0 && x <= DBL_MAX));
    return x;
}

static double log_somewhere(int i)
{
    return det_log(i % 2 ? any_positive() : 1 + between(-0.9, 0.9) / (i + 1));
}

static double exp_somewhere(int i)
{
    return det_exp(i % 2 ? between(-746, 710) : between(-1, 1));
}

static double pow_somewhere(int i)
{
    double log_x = i % 2 ? between(-700, 700) : between(-1, 1);
    return det_pow(det_exp(log_x), between(-700, 700) / log_x);
}

static double gamma_somewhere(int i)
{
    return det_gamma(i % 2 ? between(0, 172) : det_exp(between(-45, 3)));
}

static double quantile_somewhere(int i)
{
    return det_normal_quantile(i % 3 == 0   ? rng_unit(&numbers)
                               : i % 3 == 1 ? det_exp(between(-700, 0))
                                            : 1 - det_exp(between(-36, 0)));
}

START_TEST(the_bits_are_those_of_ever)
{
    static const struct {
        const char *name;
        double (*function)(int i);
        uint64_t digest;
    } rows[] = {
        {"log", log_somewhere, UINT64_C(0xa7ab3cd5869a419a)},
        {"exp", exp_somewhere, UINT64_C(0x21b75ce08a3341a3)},
        {"pow", pow_somewhere, UINT64_C(0x015dd737febdbc9c)},
        {"gamma", gamma_somewhere, UINT64_C(0x9d8f912f713ff8c5)},
        {"quantile", quantile_somewhere, UINT64_C(0x578085089d3d1484)},
    };
    uint64_t digest = DIGEST_START;
    numbers = rng_at(1, 3, 1, 256);
    for (int i = 0; i < 50000; i++) {
        double value = rows[_i].function(i);
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        digest = digest_add(digest, bits);
    }
    ck_assert_msg(digest == rows[_i].digest, "%s: %016" PRIx64, rows[_i].name, digest);
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

Suite *det_math_suite(void)
{
    Suite *suite = suite_create("det_math");
    TCase *functions = tcase_create("elementary functions");
    tcase_add_test(functions, log_and_exp_agree_with_libm);
    tcase_add_test(functions, the_points_of_the_logarithm_are_right);
    tcase_add_test(functions, log_and_exp_are_exact_where_they_can_be);
    tcase_add_test(functions, pow_agrees_with_libm);
    tcase_add_test(functions, gamma_is_right);
    tcase_add_test(functions, the_normal_quantile_is_right);
    tcase_add_loop_test(functions, the_bits_are_those_of_ever, 0, 5);
    tcase_add_exit_test(functions, a_logarithm_of_0_is_a_bug, 70);
    tcase_add_exit_test(functions, a_power_of_nan_is_a_bug, 70);
    tcase_add_exit_test(functions, the_quantile_of_1_is_a_bug, 70);
    suite_add_tcase(suite, functions);
    return suite;
}
