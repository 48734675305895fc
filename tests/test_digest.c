#include "sim/digest.h"

#include <check.h>

Suite *digest_suite(void);

static uint64_t digest_of(size_t n, const uint64_t words[])
{
    uint64_t digest = DIGEST_START;
    for (size_t i = 0; i < n; i++)
        digest = digest_add(digest, words[i]);
    return digest_end(digest);
}

static unsigned bits_in(uint64_t x)
{
    unsigned count = 0;
    for (; x; x &= x - 1)
        count++;
    return count;
}

/* These values are part of the results of loopsim: where they change, every digest does. */
START_TEST(a_digest_is_the_same_everywhere)
{
    ck_assert_uint_eq(digest_of(0, NULL), UINT64_C(0xc242ae7bc11a9e94));
    ck_assert_uint_eq(digest_of(3, (uint64_t[]){1, 2, 3}), UINT64_C(0x2705a1b7e2317b0b));
    ck_assert_uint_eq(digest_end(digest_bytes(DIGEST_START, "loopsim, and a few more", 23)),
                      UINT64_C(0x3a67db8d6d65fd6d));
}
END_TEST

START_TEST(order_and_number_of_words_matter)
{
    uint64_t words = digest_of(2, (uint64_t[]){1, 2});
    ck_assert_uint_ne(words, digest_of(2, (uint64_t[]){2, 1}));
    ck_assert_uint_ne(words, digest_of(3, (uint64_t[]){1, 2, 0}));
    ck_assert_uint_ne(words, digest_of(3, (uint64_t[]){0, 1, 2}));
    ck_assert_uint_ne(digest_of(1, (uint64_t[]){0}), digest_of(2, (uint64_t[]){0, 0}));
}
END_TEST

START_TEST(bytes_count_with_their_length)
{
    static const char text[24] = "0123456789abcdef";
    for (size_t a = 0; a < sizeof text; a++) /* the same bytes, and zeros after them */
        for (size_t b = a + 1; b < sizeof text; b++)
            ck_assert_uint_ne(digest_bytes(DIGEST_START, text, a), digest_bytes(DIGEST_START, text, b));
    ck_assert_uint_eq(digest_bytes(DIGEST_START, "abcdefgh1", 9),
                      digest_add(digest_add(digest_add(DIGEST_START, 9), UINT64_C(0x6867666564636261)), 0x31));
}
END_TEST

/* One bit of the input, wherever it is, turns about half of the bits of the digest. */
START_TEST(every_bit_reaches_all_others)
{
    uint64_t words[8] = {0};
    for (size_t word = 0; word < 8; word++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            uint64_t before = digest_of(8, words);
            words[word] ^= UINT64_C(1) << bit;
            unsigned turned = bits_in(before ^ digest_of(8, words));
            ck_assert_uint_ge(turned, 10);
            ck_assert_uint_le(turned, 54);
        }
    }
}
END_TEST

Suite *digest_suite(void)
{
    Suite *suite = suite_create("digest");
    TCase *tcase = tcase_create("digest");
    tcase_add_test(tcase, a_digest_is_the_same_everywhere);
    tcase_add_test(tcase, order_and_number_of_words_matter);
    tcase_add_test(tcase, bytes_count_with_their_length);
    tcase_add_test(tcase, every_bit_reaches_all_others);
    suite_add_tcase(suite, tcase);
    return suite;
}
