/* The histogram against sorted arrays and against figures computed with unlimited integers. */
#include "sim/hist.h"
#include "sim/rng.h"

#include <check.h>
#include <stdlib.h>

Suite *hist_suite(void);

static Mem *mem;
static Hist hist;
static Rng rng;

static void set_up(void)
{
    mem = mem_new(8 << 20);
    hist_init(&hist, mem);
    rng = rng_at(rng_key(1, 2, 3), 4, 5, 0);
}

static void tear_down(void)
{
    mem_delete(mem);
}

/* Of all magnitudes alike. */
static int64_t any_value(void)
{
    return (int64_t)(rng_u64(&rng) >> (1 + rng_below(&rng, 63)));
}

static int compare(const void *a, const void *b) /* a total order: equal values are the same */
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

START_TEST(an_empty_one_has_zeros)
{
    size_t at = 0;
    int64_t low, high;
    uint64_t count;
    ck_assert_int_eq(hist_mean(&hist), 0);
    ck_assert_int_eq(hist_sd(&hist), 0);
    ck_assert_int_eq(hist_percentile(&hist, 50000000), 0);
    ck_assert_int_eq(hist_sum_mod(&hist), 0);
    ck_assert(!hist_next(&hist, &at, &low, &high, &count));
    ck_assert_uint_eq(mem_used(mem), 0);
    hist_add_n(&hist, 5, 0); /* nothing is added */
    ck_assert_uint_eq(hist.count, 0);
    ck_assert_int_eq(hist.max, 0);
}
END_TEST

START_TEST(count_sum_min_max_mean_and_sd_are_exact)
{
    static const int64_t values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    for (size_t i = 0; i < COUNT_OF(values); i++)
        hist_add(&hist, values[i]);
    ck_assert_uint_eq(hist.count, 8);
    ck_assert_int_eq(hist.min, 2);
    ck_assert_int_eq(hist.max, 9);
    ck_assert_int_eq(hist_sum_mod(&hist), 40);
    ck_assert_int_eq(hist_mean(&hist), 5);
    ck_assert_int_eq(hist_sd(&hist), 2); /* sqrt(32 / 7) = 2.14 */
    hist_add(&hist, 12);
    ck_assert_int_eq(hist_mean(&hist), 5); /* 52 / 9, rounded down */
}
END_TEST

START_TEST(one_value_has_no_deviation)
{
    hist_add(&hist, 123456789);
    ck_assert_int_eq(hist_sd(&hist), 0);
    ck_assert_int_eq(hist_mean(&hist), 123456789);
    hist_add_n(&hist, 123456789, 1000000);
    ck_assert_int_eq(hist_sd(&hist), 0);
}
END_TEST

/* Expected figures from unlimited integers. */
START_TEST(sums_do_not_overflow)
{
    hist_add(&hist, 0);
    hist_add(&hist, INT64_MAX);
    ck_assert_int_eq(hist_mean(&hist), INT64_MAX / 2);
    ck_assert_int_eq(hist_sd(&hist), INT64_C(6521908912666391105));
    hist_add_n(&hist, INT64_MAX, UINT64_C(1) << 62);
    ck_assert_uint_eq(hist.sum[0], UINT64_C(4611686018427387903));
    ck_assert_uint_eq(hist.sum[1], UINT64_C(2305843009213693952));
    ck_assert_uint_eq(hist.squares[0], UINT64_C(4611686018427387905));
    ck_assert_uint_eq(hist.squares[1], UINT64_C(18446744073709551615));
    ck_assert_uint_eq(hist.squares[2], UINT64_C(1152921504606846975));
    ck_assert_int_eq(hist_mean(&hist), INT64_C(9223372036854775805));
    ck_assert_int_eq(hist_sd(&hist), INT64_C(4294967295));
}
END_TEST

/* 5,000 times the longest run: the sum leaves 64 bits after 58 of them, the squares leave 128 after 3,781. */
START_TEST(sums_carry_one_value_at_a_time)
{
    const int64_t ten_years = INT64_C(315360000000000000);
    Hist at_once;
    hist_init(&at_once, mem);
    for (int i = 0; i < 5000; i++)
        hist_add(&hist, ten_years);
    hist_add_n(&at_once, ten_years, 5000);
    ck_assert_int_eq(hist_mean(&hist), ten_years);
    ck_assert_int_eq(hist_sd(&hist), 0);
    ck_assert_uint_eq(hist.sum[1], 85);
    ck_assert_uint_eq(hist.squares[2], 1);
    ck_assert_mem_eq(hist.sum, at_once.sum, sizeof hist.sum);
    ck_assert_mem_eq(hist.squares, at_once.squares, sizeof hist.squares);
    hist_add(&hist, 0);
    ck_assert_int_eq(hist_mean(&hist), INT64_C(315296940611877624)); /* 5000 / 5001 of it */
    hist_free(&at_once);
}
END_TEST

/* Values far from 0 and near each other, where sums of doubles would lose everything. */
START_TEST(a_deviation_far_below_the_mean_is_exact)
{
    for (int64_t i = 0; i <= 100; i++)
        hist_add(&hist, INT64_C(1000000000000000000) + i);
    ck_assert_int_eq(hist_sd(&hist), 29); /* sqrt(101 * 102 / 12) = 29.3 */
    ck_assert_int_eq(hist_mean(&hist), INT64_C(1000000000000000050));
}
END_TEST

START_TEST(buckets_are_exact_below_2048_and_narrow_above)
{
    for (int64_t value = 0; value < 2048; value++)
        ck_assert_uint_eq(hist_bucket(value), value);
    ck_assert_uint_eq(hist_bucket(2048), 2048);
    ck_assert_uint_eq(hist_bucket(2049), 2048);
    ck_assert_uint_eq(hist_bucket(2050), 2049);
    ck_assert_uint_eq(hist_bucket(4095), 3071);
    ck_assert_uint_eq(hist_bucket(4096), 3072);
    for (int i = 0; i < 2000; i++) {
        int64_t value = any_value(), next = value + (value >> 10) + 1;
        ck_assert(value == INT64_MAX || hist_bucket(value) <= hist_bucket(value + 1));
        if (next > value) /* no bucket is wider than 1/1024 of its values */
            ck_assert_uint_lt(hist_bucket(value), hist_bucket(next));
    }
}
END_TEST

START_TEST(percentiles_are_within_the_promised_error)
{
    enum { MANY = 3000 };
    static const uint64_t asked[] = {0,        1,        1000000,  50000000,  90000000,
                                     99000000, 99900000, 99999999, 100000000, UINT64_MAX};
    static int64_t values[MANY];
    for (size_t n = 1; n <= MANY; n = n * 3 + 1) {
        hist_free(&hist);
        for (size_t i = 0; i < n; i++)
            hist_add(&hist, values[i] = any_value());
        qsort(values, n, sizeof values[0], compare);
        for (size_t i = 0; i < COUNT_OF(asked); i++) {
            uint64_t share = asked[i] < 100000000 ? asked[i] : 100000000, rank = (share * n + 99999999) / 100000000;
            int64_t exact = values[rank ? rank - 1 : 0], got = hist_percentile(&hist, asked[i]);
            ck_assert_int_le(llabs(got - exact), exact / 2048);
            ck_assert_int_ge(got, values[0]);
            ck_assert_int_le(got, values[n - 1]);
        }
    }
}
END_TEST

START_TEST(percentiles_are_of_the_nearest_rank)
{
    for (int64_t value = 1; value <= 10; value++)
        hist_add(&hist, value);
    ck_assert_int_eq(hist_percentile(&hist, 10000000), 1);
    ck_assert_int_eq(hist_percentile(&hist, 10000001), 2);
    ck_assert_int_eq(hist_percentile(&hist, 50000000), 5);
    ck_assert_int_eq(hist_percentile(&hist, 90000000), 9);
    ck_assert_int_eq(hist_percentile(&hist, 90000001), 10);
}
END_TEST

START_TEST(a_weight_is_as_adding_so_often)
{
    Hist other;
    hist_init(&other, mem);
    for (int i = 0; i < 200; i++) {
        int64_t value = any_value();
        uint64_t weight = rng_below(&rng, 20);
        hist_add_n(&hist, value, weight);
        for (uint64_t j = 0; j < weight; j++)
            hist_add(&other, value);
    }
    ck_assert_uint_eq(hist.count, other.count);
    ck_assert_int_eq(hist.min, other.min);
    ck_assert_int_eq(hist.max, other.max);
    ck_assert_mem_eq(hist.sum, other.sum, sizeof hist.sum);
    ck_assert_mem_eq(hist.squares, other.squares, sizeof hist.squares);
    for (uint64_t p = 0; p <= 100000000; p += 1234567)
        ck_assert_int_eq(hist_percentile(&hist, p), hist_percentile(&other, p));
}
END_TEST

START_TEST(merged_ones_are_as_one)
{
    Hist part[3], whole;
    hist_init(&whole, mem);
    for (size_t i = 0; i < 3; i++)
        hist_init(&part[i], mem);
    for (int i = 0; i < 1000; i++) {
        int64_t value = any_value();
        hist_add(&whole, value);
        hist_add(&part[i % 2], value); /* the third stays empty */
    }
    for (size_t i = 0; i < 3; i++)
        hist_merge(&hist, &part[i]);
    ck_assert_uint_eq(hist.count, whole.count);
    ck_assert_int_eq(hist.min, whole.min);
    ck_assert_int_eq(hist.max, whole.max);
    ck_assert_mem_eq(hist.sum, whole.sum, sizeof hist.sum);
    ck_assert_mem_eq(hist.squares, whole.squares, sizeof hist.squares);
    ck_assert_int_eq(hist_mean(&hist), hist_mean(&whole));
    ck_assert_int_eq(hist_sd(&hist), hist_sd(&whole));
    for (uint64_t p = 0; p <= 100000000; p += 1234567)
        ck_assert_int_eq(hist_percentile(&hist, p), hist_percentile(&whole, p));
}
END_TEST

START_TEST(buckets_come_ascending_and_hold_all)
{
    for (int i = 0; i < 500; i++)
        hist_add(&hist, any_value());
    hist_add(&hist, 0);
    hist_add(&hist, INT64_MAX);
    size_t at = 0;
    int64_t low, high, before = -1;
    uint64_t count, total = 0;
    while (hist_next(&hist, &at, &low, &high, &count)) {
        ck_assert_int_gt(low, before);
        ck_assert_int_ge(high, low);
        ck_assert_uint_eq(hist_bucket(low), hist_bucket(high));
        ck_assert(low == 0 || hist_bucket(low - 1) < hist_bucket(low));
        ck_assert(high == INT64_MAX || hist_bucket(high + 1) > hist_bucket(high));
        ck_assert_uint_gt(count, 0);
        before = high;
        total += count;
    }
    ck_assert_int_eq(before, INT64_MAX);
    ck_assert_uint_eq(total, hist.count);
    ck_assert(!hist_next(&hist, &at, &low, &high, &count));
}
END_TEST

START_TEST(memory_grows_with_the_range_alone)
{
    for (int i = 0; i < 100000; i++)
        hist_add(&hist, 1000000 + i);
    ck_assert_uint_lt(mem_used(mem), 3 * 8192);
    ck_assert_uint_le(mem_requests(mem), 2);
    hist_free(&hist);
    ck_assert_uint_eq(mem_used(mem), 0);
    hist_add(&hist, 7);
    ck_assert_uint_eq(hist.count, 1);
}
END_TEST

START_TEST(a_failed_allocation_changes_nothing)
{
    MemTrap trap;
    hist_add(&hist, 1);
    mem_fail_at(mem, 1, false);
    if (mem_try(mem, &trap)) {
        hist_add(&hist, 1 << 20);
        ck_abort_msg("it did not give up");
    }
    ck_assert_uint_eq(hist.count, 1);
    ck_assert_int_eq(hist.max, 1);
    ck_assert_int_eq(hist_mean(&hist), 1);
    hist_add(&hist, 1 << 20);
    ck_assert_uint_eq(hist.count, 2);
}
END_TEST

static bool is_read(const unsigned char *bytes, size_t size)
{
    Hist other;
    hist_init(&other, mem);
    const unsigned char *at = bytes;
    bool is = hist_read(&other, &at, bytes + size);
    if (is) {
        ck_assert_uint_eq(other.count, hist.count);
        ck_assert_int_eq(other.min, hist.min);
        ck_assert_int_eq(other.max, hist.max);
        ck_assert_int_eq(hist_mean(&other), hist_mean(&hist));
        ck_assert_int_eq(hist_sd(&other), hist_sd(&hist));
        ck_assert_int_eq(hist_percentile(&other, 50000000), hist_percentile(&hist, 50000000));
        ck_assert_ptr_eq(at, bytes + size);
    }
    hist_free(&other);
    return is;
}

START_TEST(bytes_that_are_cut_are_refused)
{
    Buf buf;
    buf_init(&buf, mem, 1 << 20);
    hist_add(&hist, 3);
    hist_add_n(&hist, INT64_MAX, 7);
    hist_add(&hist, 123456789);
    hist_write(&hist, &buf);
    unsigned char *bytes = (unsigned char *)buf.data;
    for (size_t size = 0; size < buf.size; size++)
        ck_assert_msg(!is_read(bytes, size), "%zu of %zu bytes are a histogram", size, buf.size);
    ck_assert(is_read(bytes, buf.size));
    unsigned char endless[200], far[64] = {1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0};
    memset(endless, 0xff, sizeof endless);
    ck_assert(!is_read(endless, sizeof endless)); /* a number of more than 64 bits */
    ck_assert(!is_read(far, sizeof far));         /* a bucket beyond the last */
    buf_free(&buf);
}
END_TEST

START_TEST(a_negative_value_is_a_bug)
{
    hist_add(&hist, -1);
}
END_TEST

Suite *hist_suite(void)
{
    Suite *suite = suite_create("hist");
    TCase *tcase = tcase_create("hist");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_empty_one_has_zeros);
    tcase_add_test(tcase, count_sum_min_max_mean_and_sd_are_exact);
    tcase_add_test(tcase, one_value_has_no_deviation);
    tcase_add_test(tcase, sums_do_not_overflow);
    tcase_add_test(tcase, sums_carry_one_value_at_a_time);
    tcase_add_test(tcase, bytes_that_are_cut_are_refused);
    tcase_add_test(tcase, a_deviation_far_below_the_mean_is_exact);
    tcase_add_test(tcase, buckets_are_exact_below_2048_and_narrow_above);
    tcase_add_test(tcase, percentiles_are_within_the_promised_error);
    tcase_add_test(tcase, percentiles_are_of_the_nearest_rank);
    tcase_add_test(tcase, a_weight_is_as_adding_so_often);
    tcase_add_test(tcase, merged_ones_are_as_one);
    tcase_add_test(tcase, buckets_come_ascending_and_hold_all);
    tcase_add_test(tcase, memory_grows_with_the_range_alone);
    tcase_add_test(tcase, a_failed_allocation_changes_nothing);
    tcase_add_exit_test(tcase, a_negative_value_is_a_bug, 70);
    suite_add_tcase(suite, tcase);
    return suite;
}
