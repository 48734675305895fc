/* Quantities with units, and distributions as they are written. */
#include "../model/spec/units.h"

#include <check.h>
#include <string.h>

Suite *value_suite(void);

START_TEST(durations_are_exact)
{
    static const struct {
        const char *text;
        Time ns;
    } cases[] = {
        {"0", 0},
        {"0s", 0},
        {"1ns", 1},
        {"200us", 200000},
        {"1.5ms", 1500000},
        {"2s", 2 * TIME_S},
        {"1m", 60 * TIME_S},
        {"1h", 3600 * TIME_S},
        {"0.000000001s", 1},
        {"1.000001ms", 1000001},
        {"0.1h", 360 * TIME_S},
        {"0.000000000005h", 18},
        {"87600h", TIME_MAX_RUN},
        {"1.10ms", 1100000},
        {"123456789.123456789s", INT64_C(123456789123456789)},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Time ns = -1;
        const char *why = "";
        ck_assert_msg(value_duration(cases[i].text, &ns, &why), "%s: %s", cases[i].text, why);
        ck_assert_int_eq(ns, cases[i].ns);
    }
}
END_TEST

START_TEST(durations_that_are_none)
{
    static const char *const cases[] = {
        "",
        "5",
        "ms",
        "-1s",
        "+1s",
        "1 s",
        " 1s",
        "1s ",
        "1.5ns",
        "1.0000001ms",
        "1.s",
        ".5s",
        "1e3s",
        "1S",
        "1min",
        "87600.0000001h",
        "99999999999999999999s",
        "1,5ms",
        "0x1s",
        "1.0000000000000000000001ms",
        "00",
        "0.0",
        "1ss",
        "1s2ms",
        "-",
        "-s",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Time ns;
        const char *why = NULL;
        ck_assert_msg(!value_duration(cases[i], &ns, &why), "\"%s\" is taken for a duration", cases[i]);
        ck_assert_ptr_nonnull(why);
    }
}
END_TEST

START_TEST(rates_sizes_shares_counts_and_seeds)
{
    const char *why;
    double x;
    int64_t n;
    uint64_t seed;
    ck_assert(value_rate("500/s", &x, &why) && x == 500);
    ck_assert(value_rate("30/m", &x, &why) && x == 0.5);
    ck_assert(value_rate("2/ms", &x, &why) && x == 2000);
    ck_assert(value_rate("0.5/us", &x, &why) && x == 500000);
    ck_assert(!value_rate("500", &x, &why) && !value_rate("/s", &x, &why) && !value_rate("5/", &x, &why) &&
              !value_rate("5 /s", &x, &why) && !value_rate("2/ns", &x, &why));
    ck_assert(value_size("64KiB", &n, &why) && n == 65536);
    ck_assert(value_size("8MB", &n, &why) && n == 8000000);
    ck_assert(value_size("0.5KiB", &n, &why) && n == 512);
    ck_assert(!value_size("64K", &n, &why) && !value_size("64", &n, &why) && !value_size("0.3B", &n, &why) &&
              !value_size("-1B", &n, &why) && !value_size("-B", &n, &why));
    ck_assert(value_bandwidth("1GB/s", &x, &why) && x == 1e9);
    ck_assert(value_bandwidth("1KiB/ms", &x, &why) && x == 1024000);
    ck_assert(!value_bandwidth("1GB", &x, &why) && !value_bandwidth("1/s", &x, &why) &&
              !value_bandwidth("2GB/ns", &x, &why));
    ck_assert(value_fraction("5%", &x, &why) && x == 0.05);
    ck_assert(value_fraction("0.25", &x, &why) && x == 0.25);
    ck_assert(!value_fraction("101%", &x, &why) && !value_fraction("1.1", &x, &why) &&
              !value_fraction("-1%", &x, &why));
    ck_assert(value_count("128", &n, &why) && n == 128);
    ck_assert(value_count("-3", &n, &why) && n == -3);
    ck_assert(!value_count("1e3", &n, &why) && !value_count("1.0", &n, &why) && !value_count("", &n, &why) &&
              !value_count("-", &n, &why));
    ck_assert(value_seed("18446744073709551615", &seed, &why) && seed == UINT64_MAX);
    ck_assert(value_seed("0x2a", &seed, &why) && seed == 42);
    ck_assert(value_seed("0xffffffffffffffff", &seed, &why) && seed == UINT64_MAX);
    ck_assert(value_seed("0xFfAaB", &seed, &why) && seed == 0xffaab);
    ck_assert(!value_seed("0x1g", &seed, &why) && !value_seed("0x1G", &seed, &why) && !value_seed("0x1!", &seed, &why));
    ck_assert(!value_seed("18446744073709551616", &seed, &why) && !value_seed("0x10000000000000000", &seed, &why));
    ck_assert(!value_seed("0x", &seed, &why) && !value_seed("", &seed, &why) && !value_seed("-1", &seed, &why) &&
              !value_seed("1e3", &seed, &why));
}
END_TEST

/* So long that its digits say more than a double holds, and longer than the reader of JSON takes. */
START_TEST(numbers_of_more_than_sixty_digits_are_refused)
{
    char text[80];
    const char *why;
    double x;
    memset(text, '1', sizeof text);
    memcpy(text + 70, "/s", 3);
    ck_assert(!value_rate(text, &x, &why));
    memcpy(text + 70, "%", 2);
    text[1] = '.';
    ck_assert(!value_fraction(text, &x, &why));
}
END_TEST

START_TEST(durations_and_sizes_are_written_in_their_largest_whole_unit)
{
    Mem *mem = mem_new(1 << 20);
    Buf out;
    buf_init(&out, mem, 1000);
    static const Time times[] = {0, 816, 50000, 1500000, 2 * TIME_S, 90 * TIME_S};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        value_write_duration(&out, times[i]);
        buf_char(&out, ' ');
    }
    value_write_size(&out, 34 * 1024);
    buf_char(&out, ' ');
    value_write_size(&out, 4900);
    ck_assert_str_eq(buf_string(&out), "0ns 816ns 50us 1500us 2s 90s 34KiB 4900B");
    mem_delete(mem);
}
END_TEST

static double mean_of(const char *text, double *variance)
{
    Mem *mem = mem_new(1 << 20);
    Diag diag;
    diag_init(&diag, mem);
    Json *json = json_read(mem, (JsonPlace){"t", 1, 1, 0, 0}, text, strlen(text), &diag);
    const Dist *dist = value_dist(mem, json, &diag);
    ck_assert_msg(dist != NULL, "%s is refused: %s", text, diag.count > 0 ? diag.entry[0].what : "");
    double mean = dist_mean(dist);
    *variance = dist_variance(dist);
    mem_delete(mem);
    return mean;
}

static bool is_near(double a, double b)
{
    return a - b < 1e-6 * b + 1e-6 && b - a < 1e-6 * b + 1e-6;
}

START_TEST(each_distribution_of_the_reference_is_read)
{
    static const struct {
        const char *text;
        double mean, sd;
    } cases[] = {
        {"\"5ms\"", 5e6, 0},
        {"{\"exponential\": \"5ms\"}", 5e6, 5e6},
        {"{\"uniform\": [\"1ms\", \"7ms\"]}", 4e6, 1732050.8},
        {"{\"lognormal\": {\"mean\": \"5ms\", \"sd\": \"10ms\"}}", 5e6, 1e7},
        {"{\"gamma\": {\"mean\": \"6ms\", \"shape\": 4}}", 6e6, 3e6},
        {"{\"erlang\": {\"mean\": \"6ms\", \"k\": 4}}", 6e6, 3e6},
        {"{\"weibull\": {\"mean\": \"5ms\", \"shape\": 1}}", 5e6, 5e6},
        {"{\"pareto\": {\"min\": \"1ms\", \"alpha\": 3}}", 1.5e6, 866025.4},
        {"{\"hyperexponential\": [[1, \"1ms\"], [1, \"3ms\"]]}", 2e6, -1},
        {"{\"empirical\": [[\"1ms\", 3], [\"5ms\", 1]]}", 2e6, 1732050.8},
        {"{\"percentiles\": {\"100\": \"4ms\", \"0\": \"2ms\"}}", 3e6, 577350.27},
        {"{\"percentiles\": {\"100\": \"4ms\"}}", 2e6, 1154700.54},
        {"{\"shift\": [\"2ms\", {\"exponential\": \"1ms\"}]}", 3e6, 1e6},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double variance, mean = mean_of(cases[i].text, &variance);
        ck_assert_msg(is_near(mean, cases[i].mean), "%s has the mean %f", cases[i].text, mean);
        ck_assert_msg(cases[i].sd < 0 || is_near(variance, cases[i].sd * cases[i].sd), "%s has the variance %f",
                      cases[i].text, variance);
    }
    double variance;
    mean_of("{\"normal\": {\"mean\": \"5ms\", \"sd\": \"1ms\"}}", &variance);
    mean_of("{\"lognormal\": {\"median\": \"4ms\", \"p99\": \"40ms\"}}", &variance);
    mean_of("{\"pareto\": {\"min\": \"1ms\", \"alpha\": 1.5, \"max\": \"10s\"}}", &variance);
}
END_TEST

Suite *value_suite(void)
{
    Suite *suite = suite_create("value");
    TCase *tcase = tcase_create("value");
    tcase_add_test(tcase, durations_are_exact);
    tcase_add_test(tcase, durations_that_are_none);
    tcase_add_test(tcase, rates_sizes_shares_counts_and_seeds);
    tcase_add_test(tcase, numbers_of_more_than_sixty_digits_are_refused);
    tcase_add_test(tcase, durations_and_sizes_are_written_in_their_largest_whole_unit);
    tcase_add_test(tcase, each_distribution_of_the_reference_is_read);
    suite_add_tcase(suite, tcase);
    return suite;
}
