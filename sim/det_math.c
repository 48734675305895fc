/* The elementary functions of dist.h. Each is a reduction of its argument and a series whose terms are stated as
 * formulas, in double arithmetic that rounds the same everywhere; where a result needs more than 53 bits on the way
 * (pow, gamma), a number is the unevaluated sum of two doubles (Dekker 1971). */
#include "dist.h"

#include "log_table.h"

#include <float.h>
#include <math.h> /* sqrt, which IEEE 754 rounds correctly, and INFINITY */
#include <string.h>

_Static_assert(FLT_RADIX == 2 && DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024, "double is not IEEE 754 binary64");
_Static_assert(FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1, "double expressions are evaluated with more than 53 bits");

/* ln 2 = LN2_HIGH + LN2_LOW. The high part has 42 bits, so that k * LN2_HIGH is exact for every exponent k. */
#define LN2_HIGH 0x1.62e42fefa3800p-1
#define LN2_LOW 0x1.ef35793c76730p-45

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* x = m * 2^k with m in [sqrt(1/2), sqrt(2)); x > 0 and finite. Without a branch on the digits of x: the carry of a
 * subtraction decides, since random numbers are what it is mostly asked about. */
static inline double split(double x, int *k)
{
    const uint64_t root = UINT64_C(0x3fe6a09e667f3bcd); /* the bits of sqrt(1/2) */
    const uint64_t bias = 1100;
    int shift = 0;
    if (x < DBL_MIN) {
        x *= 0x1p54;
        shift = 54;
    }
    uint64_t bits = bits_of(x), steps = (bits - root + (bias << 52)) >> 52;
    *k = (int)steps - (int)bias - shift;
    return from_bits(bits - ((steps - bias) << 52));
}

/* x * 2^k for x in [1/2, 2) and k in [-1100, 1024], rounded once where the result is subnormal. */
static inline double scale(double x, int k)
{
    if (k > 1023)
        return x * 2 * 0x1p1023;
    if (k < -1022)
        return x * from_bits((uint64_t)(k + 100 + 1023) << 52) * 0x1p-100;
    return x * from_bits((uint64_t)(k + 1023) << 52);
}

/* x = z * 2^k with z in [0x1.6p-1, 0x1.6p0), and c the point of z's interval (log_table.h): so
 * log x = k ln 2 + log c + log(1 + r) with r = (z - c) / c, where z - c is exact and |r| <= 2^-7. The series of
 * log(1 + r) goes up to r^8; what is left out is below 2^-59 of r. */
double det_log(double x)
{
    const uint64_t first = UINT64_C(0x3fe6000000000000); /* the bits of 0x1.6p-1 */
    const uint64_t bias = 1100;
    must(x > 0 && x <= DBL_MAX, "the logarithm of no positive number");
    int shift = 0;
    if (x < DBL_MIN) {
        x *= 0x1p54;
        shift = 54;
    }
    uint64_t bits = bits_of(x), above = bits - first, steps = (above + (bias << 52)) >> 52;
    int k = (int)steps - (int)bias - shift;
    const LogPoint *point = &log_point[above >> 45 & 127];
    double r = (from_bits(bits - ((steps - bias) << 52)) - point->c) * point->inverse, r2 = r * r;
    double tail =
        (-1.0 / 2 + 1.0 / 3 * r) + ((-1.0 / 4 + 1.0 / 5 * r) + (-1.0 / 6 + 1.0 / 7 * r - 1.0 / 8 * r2) * r2) * r2;
    return (k * LN2_HIGH + point->high) + (r + ((k * LN2_LOW + point->low) + r2 * tail));
}

/* exp(high + low) for |low| far below |high|: 2^k exp(r) with |r| <= ln(2)/2, by the series of exp up to r^13 / 13!;
 * what is left out is below 2^-57. */
static inline double exp_of_sum(double high, double low)
{
    if (high > 710)
        return INFINITY;
    if (high < -746)
        return 0;
    int k = (int)(high * (1 / (LN2_HIGH + LN2_LOW)) + (high < 0 ? -0.5 : 0.5));
    double r = (high - k * LN2_HIGH) - (k * LN2_LOW - low);
    double r2 = r * r, r4 = r2 * r2;
    double p0 = (1.0 / 2 + 1.0 / 6 * r) + (1.0 / 24 + 1.0 / 120 * r) * r2;
    double p4 = (1.0 / 720 + 1.0 / 5040 * r) + (1.0 / 40320 + 1.0 / 362880 * r) * r2;
    double p8 = (1.0 / 3628800 + 1.0 / 39916800 * r) + (1.0 / 479001600 + 1.0 / 6227020800 * r) * r2;
    return scale(1 + (r + r2 * (p0 + (p4 + p8 * r4) * r4)), k);
}

double det_exp(double x)
{
    return exp_of_sum(x, 0);
}

/* Sums of two doubles ---------------------------------------------------------------------------------------- */

typedef struct Pair {
    double high, low; /* |low| <= half a unit in the last place of high */
} Pair;

static Pair two_sum(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (Pair){sum, (a - (sum - part)) + (b - part)};
}

static Pair quick_sum(double large, double small)
{
    double sum = large + small;
    return (Pair){sum, small - (sum - large)};
}

/* Exact, by Veltkamp's halves of 26 bits; |a|, |b| < 2^995. */
static Pair two_product(double a, double b)
{
    double ca = a * 0x1.0000002p27, cb = b * 0x1.0000002p27;
    double a1 = ca - (ca - a), b1 = cb - (cb - b), a2 = a - a1, b2 = b - b1, product = a * b;
    return (Pair){product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2};
}

static Pair add(Pair a, Pair b)
{
    Pair sum = two_sum(a.high, b.high);
    return quick_sum(sum.high, sum.low + (a.low + b.low));
}

static Pair multiply(Pair a, Pair b)
{
    Pair product = two_product(a.high, b.high);
    return quick_sum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

static Pair divide(Pair a, Pair b)
{
    double quotient = a.high / b.high;
    Pair back = two_product(quotient, b.high);
    double rest = ((a.high - back.high) - back.low) + a.low - quotient * b.low;
    return quick_sum(quotient, rest / b.high);
}

/* As det_log, with 1 + z/3 in two doubles and what follows, which is below 2^-12 of it, in one: right to about
 * 2^-64. */
static Pair log_pair(double x)
{
    int k;
    double f = split(x, &k) - 1;
    Pair s = divide((Pair){f, 0}, two_sum(2, f)), z = multiply(s, s);
    double w = z.high, w2 = w * w, rest = 0;
    for (int i = 12; i >= 2; i--)
        rest = rest * w + 1.0 / (2 * i + 1);
    Pair third = divide(z, (Pair){3, 0});
    Pair series = add((Pair){1, 0}, add(third, (Pair){w2 * rest, 0}));
    Pair log_m = multiply(s, series);
    return add(two_sum(k * LN2_HIGH, k * LN2_LOW), (Pair){2 * log_m.high, 2 * log_m.low});
}

double det_pow(double x, double y)
{
    must(x > 0 && x <= DBL_MAX, "a power of no positive number");
    Pair log_x = log_pair(x);
    double rough = y * log_x.high;
    if (!(rough > -750 && rough < 750)) /* also keeps the product below from overflowing */
        return exp_of_sum(rough, 0);
    Pair exponent = multiply((Pair){y, 0}, log_x);
    return exp_of_sum(exponent.high, exponent.low);
}

/* Gamma(x) = Gamma(x + n) / (x (x + 1) ... (x + n - 1)) with x + n >= 16, and there Stirling's series
 * log Gamma(y) = (y - 1/2) log y - y + log(2 pi)/2 + sum of B(2j) / (2j (2j-1) y^(2j-1))
 * (Abramowitz and Stegun 6.1.40), of which the first term left out, the 8th, is below 2^-65. */
double det_gamma(double x)
{
    static const double term[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                  1.0 / 1188, -691.0 / 360360, 1.0 / 156};
    static const Pair half_log_2pi = {0x1.d67f1c864beb5p-1, -0x1.65b5a1b7ff5dfp-55};
    must(x > 0, "the gamma function of no positive number");
    if (x > 172)
        return INFINITY;
    if (x < 0x1p-60)
        return 1 / x; /* (1 - 0.58 x + ...) / x */

    Pair y = {x, 0}, product = {1, 0};
    for (; y.high < 16; y = add(y, (Pair){1, 0}))
        product = multiply(product, y);
    double inverse = 1 / y.high, series = 0;
    for (size_t i = COUNT_OF(term); i-- > 0;)
        series = series * inverse * inverse + term[i];
    Pair log_y = add(log_pair(y.high), (Pair){y.low * inverse, 0});
    Pair exponent = add(multiply(add(y, (Pair){-0.5, 0}), log_y), (Pair){-y.high, -y.low});
    exponent = add(add(exponent, half_log_2pi), (Pair){series * inverse, 0});
    return exp_of_sum(exponent.high, exponent.low) / product.high;
}

/* Wichura's algorithm AS 241, PPND16 (Applied Statistics 37, 1988): quotients of two polynomials of degree 7, right to
 * about 1 part in 10^16. */
static double quotient7(const double a[8], const double b[8], double r)
{
    double above = a[7], below = b[7];
    for (int i = 6; i >= 0; i--) {
        above = above * r + a[i];
        below = below * r + b[i];
    }
    return above / below;
}

double det_normal_quantile(double p)
{
    static const double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                               1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                               3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[] = {1.0000000000000000000e0, 4.2313330701600911252e1, 6.8718700749205790830e2,
                               5.3941960214247511077e3, 2.1213794301586595867e4, 3.9307895800092710610e4,
                               2.8729085735721942674e4, 5.2264952788528545610e3};
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                               3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0000000000000000000e0,   2.05319162663775882187e0,  1.67638483018380384940e0,
                               6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2,
                               5.47593808499534494600e-4, 1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                               2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1.0000000000000000000e0,   5.99832206555887937690e-1, 1.36929880922735805310e-1,
                               1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
                               1.42151175831644588870e-7, 2.04426310338993978564e-15};
    must(p > 0 && p < 1, "a quantile of no probability");
    double q = p - 0.5;
    if (q >= -0.425 && q <= 0.425)
        return q * quotient7(a, b, 0.180625 - q * q);
    double r = sqrt(-det_log(q < 0 ? p : 1 - p));
    double tail = r <= 5 ? quotient7(c, d, r - 1.6) : quotient7(e, f, r - 5);
    return q < 0 ? -tail : tail;
}
