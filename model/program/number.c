#include "number.h"

#include <math.h>
#include <string.h>

/* Non-negative integers of at most 1,280 bits: 2^1074 times a power of ten that brings it to one digit stays below. */
enum { WORDS = 40 };
typedef struct Big {
    uint32_t word[WORDS]; /* lowest first */
    int size;
} Big;

static void big_set(Big *big, uint64_t value)
{
    memset(big, 0, sizeof *big);
    big->word[0] = (uint32_t)value;
    big->word[1] = (uint32_t)(value >> 32);
    big->size = value >> 32 ? 2 : 1;
}

static void big_times(Big *big, uint32_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < big->size; i++) {
        carry += (uint64_t)big->word[i] * factor;
        big->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0) {
        must(big->size < WORDS, "a number outgrows its room");
        big->word[big->size++] = (uint32_t)carry;
    }
}

static void big_shift(Big *big, int bits)
{
    for (; bits >= 31; bits -= 31)
        big_times(big, UINT32_C(1) << 31);
    big_times(big, UINT32_C(1) << bits);
}

static int big_compare(const Big *a, const Big *b)
{
    int n = a->size > b->size ? a->size : b->size;
    for (int i = n - 1; i >= 0; i--) {
        uint32_t x = i < a->size ? a->word[i] : 0, y = i < b->size ? b->word[i] : 0;
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

static void big_add(Big *a, const Big *b)
{
    uint64_t carry = 0;
    int n = a->size > b->size ? a->size : b->size;
    for (int i = 0; i < n; i++) {
        carry += (uint64_t)(i < a->size ? a->word[i] : 0) + (i < b->size ? b->word[i] : 0);
        a->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    a->size = n;
    if (carry != 0) {
        must(n < WORDS, "a number outgrows its room");
        a->word[a->size++] = (uint32_t)carry;
    }
}

static void big_subtract(Big *a, const Big *b) /* a >= b */
{
    int64_t borrow = 0;
    for (int i = 0; i < a->size; i++) {
        int64_t d = (int64_t)a->word[i] - (i < b->size ? b->word[i] : 0) + borrow;
        a->word[i] = (uint32_t)d;
        borrow = d < 0 ? -1 : 0;
    }
    while (a->size > 1 && a->word[a->size - 1] == 0)
        a->size--;
}

/* Is a + b above c (or at it, where `at` is wanted)? */
static bool sum_reaches(const Big *a, const Big *b, const Big *c, bool at)
{
    Big sum = *a;
    big_add(&sum, b);
    int order = big_compare(&sum, c);
    return order > 0 || (order == 0 && at);
}

/* The digits of x > 0, and the place of the decimal point: x = 0.d1d2… * 10^point. Returns how many. */
static int shortest_digits(double x, char digits[32], int *point)
{
    int exponent, n = 0;
    uint64_t f = (uint64_t)ldexp(frexp(x, &exponent), 53);
    int e = exponent - 53;
    if (e < -1074) { /* subnormal */
        f >>= -1074 - e;
        e = -1074;
    }
    bool even = (f & 1) == 0, edge = f == UINT64_C(1) << 52 && e > -1074;
    Big r, s, up, down; /* x = r / s; half the gaps to its neighbours are up / s and down / s */
    big_set(&r, f);
    big_set(&s, 1);
    big_set(&up, 1);
    big_shift(&r, (e > 0 ? e : 0) + 1 + edge);
    big_shift(&s, (e < 0 ? -e : 0) + 1 + edge);
    big_shift(&up, e > 0 ? e : 0);
    down = up;
    if (edge)
        big_times(&up, 2);
    *point = 0;
    while (sum_reaches(&r, &up, &s, even)) {
        big_times(&s, 10);
        ++*point;
    }
    for (;;) {
        Big tr = r, tu = up;
        big_times(&tr, 10);
        big_times(&tu, 10);
        if (sum_reaches(&tr, &tu, &s, even))
            break;
        r = tr;
        up = tu;
        big_times(&down, 10);
        --*point;
    }
    for (;;) {
        int digit = 0;
        big_times(&r, 10);
        big_times(&up, 10);
        big_times(&down, 10);
        while (big_compare(&r, &s) >= 0) {
            big_subtract(&r, &s);
            digit++;
        }
        int low_order = big_compare(&r, &down);
        bool low = low_order < 0 || (low_order == 0 && even), high = sum_reaches(&r, &up, &s, even);
        if (low || high) {
            Big twice = r;
            big_times(&twice, 2);
            if (high && (!low || big_compare(&twice, &s) >= 0))
                digit++;
            digits[n++] = (char)('0' + digit);
            return n;
        }
        digits[n++] = (char)('0' + digit);
    }
}

static void layout(Buf *buf, const char *digits, int n, int point)
{
    if (point > 0 && point <= 21) {
        buf_bytes(buf, digits, (size_t)(n < point ? n : point));
        if (n <= point)
            buf_repeat(buf, '0', (size_t)(point - n));
        else {
            buf_char(buf, '.');
            buf_bytes(buf, digits + point, (size_t)(n - point));
        }
    } else if (point > -6 && point <= 0) {
        buf_text(buf, "0.");
        buf_repeat(buf, '0', (size_t)-point);
        buf_bytes(buf, digits, (size_t)n);
    } else {
        buf_char(buf, digits[0]);
        if (n > 1) {
            buf_char(buf, '.');
            buf_bytes(buf, digits + 1, (size_t)(n - 1));
        }
        buf_text(buf, point - 1 < 0 ? "e-" : "e+");
        buf_u64(buf, (uint64_t)(point - 1 < 0 ? 1 - point : point - 1));
    }
}

void number_print(Buf *buf, double x)
{
    char digits[32];
    int point;
    if (x != x) {
        buf_text(buf, "NaN");
    } else if (x == 0) {
        buf_char(buf, '0');
    } else if (x < 0) {
        buf_char(buf, '-');
        number_print(buf, -x);
    } else if (x > 1.7976931348623157e308) {
        buf_text(buf, "Infinity");
    } else if (x < 9007199254740992.0 && x == (double)(uint64_t)x) {
        buf_u64(buf, (uint64_t)x);
    } else {
        int n = shortest_digits(x, digits, &point);
        layout(buf, digits, n, point);
    }
}
