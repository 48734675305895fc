#include "estimate.h"

#include <math.h> /* sqrt, which IEEE 754 rounds correctly */

/* Up to 30 degrees from tables; beyond, the expansion of Cornish and Fisher about the normal quantile (Abramowitz and
 * Stegun 26.7.5), which is off by less than 10^-6 there. */
double student_975(uint64_t degrees)
{
    static const double table[] = {12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004,
                                   2.262157,  2.228139, 2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905,
                                   2.109816,  2.100922, 2.093024, 2.085963, 2.079614, 2.073873, 2.068658, 2.063899,
                                   2.059539,  2.055529, 2.051831, 2.048407, 2.045230, 2.042272};
    must(degrees > 0, "a quantile of Student's t was asked for with no degree of freedom");
    if (degrees <= COUNT_OF(table))
        return table[degrees - 1];
    double z = 1.959963984540054, n = (double)degrees, z2 = z * z;
    return z + z * (z2 + 1) / (4 * n) + z * ((5 * z2 + 16) * z2 + 3) / (96 * n * n) +
           z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * n * n * n);
}

static int64_t floor_of(double x)
{
    int64_t whole = (int64_t)x;
    return whole - ((double)whole > x);
}

static int64_t rounded_up(double x)
{
    if (x >= 9e18)
        return INT64_MAX;
    int64_t whole = (int64_t)x;
    return whole + ((double)whole < x);
}

typedef struct Sample {
    uint64_t count;
    int64_t low;     /* an origin near the values, so that sums of differences keep their digits */
    double mean;     /* less the origin */
    double variance; /* of the sample: n - 1 */
} Sample;

static Sample sample_of(const int64_t *value, size_t n, size_t stride)
{
    Sample sample = {0, 0, 0, 0};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t v = value[i * stride];
        if (v == FIGURE_NONE)
            continue;
        if (sample.count++ == 0)
            sample.low = v;
        sum += (double)(v - sample.low);
    }
    if (sample.count == 0)
        return sample;
    sample.mean = sum / (double)sample.count;
    for (size_t i = 0; i < n; i++) {
        int64_t v = value[i * stride];
        if (v == FIGURE_NONE)
            continue;
        double off = (double)(v - sample.low) - sample.mean;
        squares += off * off;
    }
    sample.variance = sample.count > 1 ? squares / (double)(sample.count - 1) : 0;
    return sample;
}

/* Exact where the sum of the distances from the origin is: floor(sum / n). */
Estimate estimate(const int64_t *value, size_t n, size_t stride)
{
    Sample sample = sample_of(value, n, stride);
    Estimate result = {sample.count, 0, -1};
    if (sample.count == 0)
        return result;
    result.mean = sample.low + floor_of(sample.mean);
    if (sample.count > 1)
        result.half = rounded_up(student_975(sample.count - 1) * sqrt(sample.variance / (double)sample.count));
    return result;
}

/* Variance of a - b, over the runs that have both; the two samples of the same runs for what it would be unpaired. */
Pairing estimate_pair(const int64_t *a, const int64_t *b, size_t n)
{
    Pairing pairing = {false, 0, 0, 0, -1};
    uint64_t count = 0;
    double sum = 0, sum_a = 0, sum_b = 0, squares = 0, squares_a = 0, squares_b = 0;
    int64_t low_a = 0, low_b = 0;
    for (int pass = 0; pass < 2; pass++) {
        double by = count > 0 ? (double)count : 1, mean = sum / by, mean_a = sum_a / by, mean_b = sum_b / by;
        for (size_t i = 0; i < n; i++) {
            if (a[i] == FIGURE_NONE || b[i] == FIGURE_NONE)
                continue;
            if (pass == 0 && count++ == 0) {
                low_a = a[i];
                low_b = b[i];
            }
            double x = (double)(a[i] - low_a), y = (double)(b[i] - low_b), d = x - y;
            if (pass == 0) {
                sum_a += x;
                sum_b += y;
                sum += d;
            } else {
                squares_a += (x - mean_a) * (x - mean_a);
                squares_b += (y - mean_b) * (y - mean_b);
                squares += (d - mean) * (d - mean);
            }
        }
        if (count < 2)
            return pairing;
    }
    double each = (double)count * (double)(count - 1);
    pairing.has = true;
    pairing.difference = low_a - low_b + floor_of(sum / (double)count);
    double paired = student_975(count - 1) * sqrt(squares / each),
           unpaired = student_975(2 * (count - 1)) * sqrt((squares_a + squares_b) / each);
    pairing.paired = rounded_up(paired);
    pairing.unpaired = rounded_up(unpaired);
    if (paired > 0 && unpaired / paired < 1e12)
        pairing.gain = (int64_t)(unpaired / paired * 1e6 + 0.5);
    return pairing;
}
