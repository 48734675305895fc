#include "sim/rng.h"
#include "sim/wide.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *rng_suite(void);

/* The known-answer vectors that come with Random123 (kat_vectors, philox4x32, 10 rounds). */
START_TEST(philox_gives_the_published_answers)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } rows[] = {{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
                {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                 {0xffffffff, 0xffffffff},
                 {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
                {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                 {0xa4093822, 0x299f31d0},
                 {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t out[4];
        philox4x32(rows[i].counter, rows[i].key, out);
        ck_assert_mem_eq(out, rows[i].out, sizeof out);
    }
}
END_TEST

/* A draw is two words of the block with the counter (connection, request, place) and the key. */
START_TEST(a_draw_is_a_word_of_its_places_block)
{
    Rng rng = rng_at(UINT64_C(0x299f31d0a4093822), 0x243f6a88, 0x85a308d3, UINT64_C(0x0370734413198aff));
    for (uint32_t block = 0; block < 256; block++) {
        uint32_t out[4], counter[4] = {0x243f6a88, 0x85a308d3, 0x13198a00 | block, 0x03707344};
        philox4x32(counter, (uint32_t[2]){0xa4093822, 0x299f31d0}, out);
        ck_assert_uint_eq(rng_u64(&rng), (uint64_t)out[1] << 32 | out[0]);
        ck_assert_uint_eq(rng_u64(&rng), (uint64_t)out[3] << 32 | out[2]);
    }
    uint64_t key = mix2(UINT64_C(0x299f31d0a4093822), 256); /* after 256 blocks: from the first one, under a new key */
    Rng next = rng_at(key, 0x243f6a88, 0x85a308d3, UINT64_C(0x0370734413198a00));
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(rng_u64(&rng), rng_u64(&next));
}
END_TEST

/* These are part of the results of loopsim: where they change, so does every sample. */
START_TEST(draws_are_the_same_everywhere)
{
    Rng near = rng_at(rng_key(1, 2, 3), 4, 5, 6 << 8), far = rng_at(rng_key(1, 2, 3), UINT64_MAX - 4, 5, 6 << 8);
    ck_assert_uint_eq(rng_key(1, 2, 3), UINT64_C(0x13c0963b58199168));
    ck_assert_uint_eq(rng_u64(&near), UINT64_C(0x5519e38c8d548efa));
    ck_assert_uint_eq(rng_u64(&near), UINT64_C(0x7b08f52d037df774));
    ck_assert_uint_eq(rng_u64(&near), UINT64_C(0xfd52a0451ce143cf));
    ck_assert_uint_eq(rng_u64(&far), UINT64_C(0x552b68f9e82e2e85));
}
END_TEST

START_TEST(every_part_of_a_place_counts)
{
    const uint64_t high = UINT64_C(1) << 32;
    uint64_t key = rng_key(7, 8, 9);
    Rng places[] = {rng_at(key, 1, 1, 256),
                    rng_at(key, 2, 1, 256),
                    rng_at(key, 1, 2, 256),
                    rng_at(key, 1, 1, 512),
                    rng_at(key, 1, 1, 256 + high),
                    rng_at(key, 1 + high, 1, 256),
                    rng_at(key, 1 + 2 * high, 1, 256),
                    rng_at(rng_key(8, 8, 9), 1, 1, 256),
                    rng_at(rng_key(7, 9, 9), 1, 1, 256),
                    rng_at(rng_key(7, 8, 10), 1, 1, 256)};
    uint64_t first[COUNT_OF(places)];
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        first[i] = rng_u64(&places[i]);
        for (size_t j = 0; j < i; j++)
            ck_assert_uint_ne(first[i], first[j]);
    }
    Rng ignored = rng_at(key, 1, 1, 256 + 77); /* the low 8 bits of a place are the block's number */
    ck_assert_uint_eq(rng_u64(&ignored), first[0]);
}
END_TEST

START_TEST(a_long_stream_does_not_come_round)
{
    Rng rng = rng_at(rng_key(1, 1, 1), 1, 1, 256), neighbour = rng_at(rng_key(1, 1, 1), 1, 1, 512);
    uint64_t first = rng_u64(&rng), beside = rng_u64(&neighbour);
    for (int i = 1; i < 200000; i++) {
        uint64_t drawn = rng_u64(&rng);
        ck_assert_uint_ne(drawn, first);
        ck_assert_uint_ne(drawn, beside);
    }
}
END_TEST

/* n cells that should be equally full: chi squared within 5 standard deviations of its mean. */
static void check_uniform(size_t n, const uint64_t count[], uint64_t total)
{
    double expected = (double)total / (double)n, chi = 0;
    for (size_t i = 0; i < n; i++)
        chi += ((double)count[i] - expected) * ((double)count[i] - expected) / expected;
    ck_assert_double_lt(fabs(chi - (double)(n - 1)), 5 * sqrt(2 * (double)(n - 1)));
}

START_TEST(below_n_is_uniform)
{
    Rng rng = rng_at(rng_key(3, 1, 4), 1, 5, 9 << 8);
    ck_assert_uint_eq(rng_below(&rng, 1), 0);
    for (size_t n = 2; n <= 10; n++) {
        uint64_t count[10] = {0};
        for (int i = 0; i < 10000; i++) {
            uint64_t drawn = rng_below(&rng, n);
            ck_assert_uint_lt(drawn, n);
            count[drawn]++;
        }
        check_uniform(n, count, 10000);
    }
}
END_TEST

/* With n = 3 * 2^62, the low words of the product are unfair for a quarter of all draws: without drawing again, the
 * multiples of 3 would come twice as often as the others. */
START_TEST(below_n_is_without_bias_for_large_n)
{
    Rng rng = rng_at(rng_key(2, 7, 1), 8, 2, 8 << 8);
    uint64_t count[3] = {0};
    for (int i = 0; i < 30000; i++) {
        uint64_t drawn = rng_below(&rng, UINT64_C(3) << 62);
        ck_assert_uint_lt(drawn, UINT64_C(3) << 62);
        count[drawn % 3]++;
    }
    check_uniform(3, count, 30000);
    for (int i = 0; i < 100; i++)
        ck_assert_uint_lt(rng_below(&rng, UINT64_MAX), UINT64_MAX);
}
END_TEST

START_TEST(below_zero_is_a_bug)
{
    Rng rng = rng_at(1, 1, 1, 0);
    rng_below(&rng, 0);
}
END_TEST

START_TEST(units_are_uniform_and_never_0_or_1)
{
    enum { CELLS = 100, DRAWS = 100000 };
    Rng rng = rng_at(rng_key(1, 6, 1), 8, 0, 3 << 8);
    uint64_t count[CELLS] = {0};
    for (int i = 0; i < DRAWS; i++) {
        double u = rng_unit(&rng);
        ck_assert(u > 0 && u < 1);
        count[(size_t)(u * CELLS)]++;
    }
    check_uniform(CELLS, count, DRAWS);
    Rng least = {.spare = 0, .has_spare = true}, greatest = {.spare = UINT64_MAX, .has_spare = true};
    ck_assert(rng_unit(&least) == 0x1p-53);
    ck_assert(rng_unit(&greatest) == 1 - 0x1p-53);
}
END_TEST

/* Neighbouring places, as a run uses them, are as good as one stream: each bit of the draws of successive
 * connections is set half of the time and changes half of the time. */
START_TEST(neighbouring_places_are_independent)
{
    enum { DRAWS = 20000 };
    uint64_t key = rng_key(1, 0, 0), before = 0;
    int set[64] = {0}, changed[64] = {0};
    for (uint64_t connection = 1; connection <= DRAWS; connection++) {
        Rng rng = rng_at(key, connection, 1, 256);
        uint64_t drawn = rng_u64(&rng);
        for (int bit = 0; bit < 64; bit++) {
            set[bit] += drawn >> bit & 1;
            changed[bit] += (drawn ^ before) >> bit & 1;
        }
        before = drawn;
    }
    for (int bit = 0; bit < 64; bit++) {
        ck_assert_double_lt(fabs(set[bit] - DRAWS / 2.0), 5 * sqrt(DRAWS) / 2);
        ck_assert_double_lt(fabs(changed[bit] - DRAWS / 2.0), 5 * sqrt(DRAWS) / 2);
    }
}
END_TEST

START_TEST(wide_products_and_quotients_are_exact)
{
    uint64_t high, low = wide_mul(UINT64_MAX, UINT64_MAX, &high);
    ck_assert_uint_eq(high, UINT64_MAX - 1);
    ck_assert_uint_eq(low, 1);
    Rng rng = rng_at(1, 2, 3, 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t a = rng_u64(&rng) >> i % 60, b = (rng_u64(&rng) >> i % 47) | 1, rest = rng_below(&rng, b);
        low = wide_mul(a, b, &high) + rest;
        high += low < rest;
        ck_assert_uint_eq(wide_div(high, low, b), a);
        ck_assert_uint_eq((a * b + rest) % (UINT64_C(1) << 32), low % (UINT64_C(1) << 32));
    }
}
END_TEST

Suite *rng_suite(void)
{
    Suite *suite = suite_create("rng");
    TCase *tcase = tcase_create("rng");
    tcase_add_test(tcase, philox_gives_the_published_answers);
    tcase_add_test(tcase, a_draw_is_a_word_of_its_places_block);
    tcase_add_test(tcase, draws_are_the_same_everywhere);
    tcase_add_test(tcase, every_part_of_a_place_counts);
    tcase_add_test(tcase, a_long_stream_does_not_come_round);
    tcase_add_test(tcase, below_n_is_uniform);
    tcase_add_test(tcase, below_n_is_without_bias_for_large_n);
    tcase_add_exit_test(tcase, below_zero_is_a_bug, 70);
    tcase_add_test(tcase, units_are_uniform_and_never_0_or_1);
    tcase_add_test(tcase, neighbouring_places_are_independent);
    tcase_add_test(tcase, wide_products_and_quotients_are_exact);
    suite_add_tcase(suite, tcase);
    return suite;
}
