/* Decimal numbers to doubles, correctly rounded without strtod (which follows the locale): by exact long division. */
#include "json.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { WORDS = 64, BASE_DIGITS = 9 };

typedef struct Big { /* base 2^32, lowest word first; enough for 10^390 and a few more bits */
    uint32_t word[WORDS];
    int words; /* in use; the highest is not 0 */
} Big;

static void big_mul_add(Big *big, uint32_t factor, uint32_t more)
{
    uint64_t carry = more;
    for (int i = 0; i < big->words; i++) {
        carry += (uint64_t)big->word[i] * factor;
        big->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        must(big->words < WORDS, "a number beyond the range that was checked");
        big->word[big->words++] = (uint32_t)carry;
    }
}

static void big_mul_power10(Big *big, int power)
{
    for (; power >= BASE_DIGITS; power -= BASE_DIGITS)
        big_mul_add(big, 1000000000, 0);
    for (; power > 0; power--)
        big_mul_add(big, 10, 0);
}

static void big_shift(Big *big, int bits)
{
    for (; bits >= 31; bits -= 31)
        big_mul_add(big, UINT32_C(1) << 31, 0);
    if (bits > 0)
        big_mul_add(big, UINT32_C(1) << bits, 0);
}

static int big_bits(const Big *big)
{
    int bits = 32 * (big->words - 1);
    for (uint32_t top = big->word[big->words - 1]; top; top >>= 1)
        bits++;
    return bits;
}

static int big_compare(const Big *a, const Big *b)
{
    if (a->words != b->words)
        return a->words < b->words ? -1 : 1;
    for (int i = a->words; i-- > 0;) {
        if (a->word[i] != b->word[i])
            return a->word[i] < b->word[i] ? -1 : 1;
    }
    return 0;
}

static void big_subtract(Big *a, const Big *b) /* a >= b */
{
    int64_t borrow = 0;
    for (int i = 0; i < a->words; i++) {
        borrow += (int64_t)a->word[i] - (i < b->words ? (int64_t)b->word[i] : 0);
        a->word[i] = (uint32_t)borrow;
        borrow = borrow < 0 ? -1 : 0;
    }
    while (a->words > 0 && a->word[a->words - 1] == 0)
        a->words--;
}

/* The double nearest to quotient * 2^(exponent - 63), where the quotient's top bit is set; `rest`: a little more than
 * that. */
static double make_double(uint64_t quotient, bool rest, int exponent)
{
    int precision = exponent >= -1022 ? 53 : 53 + (exponent + 1022), drop = 64 - precision;
    if (exponent > 1023 || precision < 0)
        return exponent > 0 ? INFINITY : 0;
    uint64_t kept = drop < 64 ? quotient >> drop : 0, half = UINT64_C(1) << (drop - 1);
    uint64_t lost = quotient & (half | (half - 1));
    if (lost > half || (lost == half && (rest || (kept & 1))))
        kept++;
    /* The leading one of a normal number adds 1 to the exponent field, and so does a carry out of the fraction. */
    uint64_t bits = exponent >= -1022 ? ((uint64_t)(exponent + 1022) << 52) + kept : kept;
    double value;
    _Static_assert(sizeof value == sizeof bits, "doubles are IEEE 754");
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double divide(Big *n, Big *d)
{
    int exponent = big_bits(n) - big_bits(d);
    big_shift(exponent >= 0 ? d : n, exponent >= 0 ? exponent : -exponent);
    if (big_compare(n, d) < 0) {
        exponent--;
        big_shift(n, 1);
    }
    uint64_t quotient = 0;
    for (int bit = 0; bit < 64; bit++) {
        quotient <<= 1;
        if (n->words > 0 && big_compare(n, d) >= 0) {
            big_subtract(n, d);
            quotient |= 1;
        }
        big_shift(n, 1);
    }
    return make_double(quotient, n->words > 0, exponent);
}

/* digits * 10^power, digits > 0. */
static double scale(const Big *digits, uint64_t small, bool is_small, int power, int length)
{
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (length + power > 310)
        return INFINITY;
    if (length + power < -330)
        return 0;
#if FLT_EVAL_METHOD == 0
    /* Both operands are exact, so the one rounding is right (Clinger 1990). */
    if (is_small && power >= -22 && power <= 22)
        return power < 0 ? (double)small / exact[-power] : (double)small * exact[power];
#else
    (void)small, (void)is_small, (void)exact;
#endif
    Big n = *digits, d = {{1}, 1};
    big_mul_power10(power >= 0 ? &n : &d, power >= 0 ? power : -power);
    return divide(&n, &d);
}

double json_number(const char *text, size_t size)
{
    Big digits = {{0}, 0};
    uint64_t small = 0;
    bool is_small = true, after_point = false, negative = text[0] == '-';
    int power = 0, length = 0;
    size_t i = negative;
    for (; i < size && (text[i] | 0x20) != 'e'; i++) {
        if (text[i] == '.') {
            after_point = true;
            continue;
        }
        must(length <= JSON_NUMBER_LENGTH, "a number longer than the reader lets through");
        uint32_t digit = (uint32_t)(text[i] - '0');
        power -= after_point;
        if (length == 0 && digit == 0)
            continue;
        length++;
        big_mul_add(&digits, 10, digit);
        small = 10 * small + digit;
        is_small = is_small && small <= UINT64_C(1) << 53;
    }
    int exponent = 0;
    bool down = i + 1 < size && text[i + 1] == '-';
    for (; i < size; i++) {
        if (text[i] >= '0' && text[i] <= '9' && exponent < 100000)
            exponent = 10 * exponent + (text[i] - '0');
    }
    double value = length == 0 ? 0 : scale(&digits, small, is_small, power + (down ? -exponent : exponent), length);
    return negative ? -value : value;
}
