#include "dist.h"

#include <math.h> /* sqrt, which IEEE 754 rounds correctly, INFINITY, isfinite */

typedef enum Kind {
    CONSTANT,
    EXPONENTIAL,
    UNIFORM,
    NORMAL,
    LOGNORMAL,
    GAMMA,
    ERLANG,
    WEIBULL,
    PARETO,
    HYPEREXPONENTIAL,
    EMPIRICAL,
    PERCENTILES,
    SHIFT
} Kind;

/* What a, b, c and the arrays mean is said where each kind is made. Times in ns. */
struct Dist {
    Kind kind;
    double a, b, c;
    double mean, variance;
    size_t n;
    double *x, *y; /* n each */
    Time value;    /* CONSTANT, SHIFT */
    const Dist *inner;
};

/* An erlang of up to so many stages is the logarithm of one product of uniforms, which cannot underflow; beyond, a
 * gamma. */
enum { ERLANG_PRODUCT = 16 };

static Time to_time(double ns)
{
    if (!(ns > 0))
        return 0;
    if (ns >= (double)TIME_MAX_RUN)
        return TIME_MAX_RUN;
    Time whole = (Time)ns;
    return whole + (Time)(2 * (ns - (double)whole)); /* rounds half up: exact, and without a branch on a random bit */
}

/* Making ------------------------------------------------------------------------------------------------------- */

static bool is_duration(double ns)
{
    return ns >= 0 && ns <= (double)TIME_MAX_RUN;
}

static const char bad_mean[] = "the mean must be from 0 to 10 years";
static const char bad_sd[] = "the standard deviation must be from 0 to 10 years";
static const char bad_shape[] = "the shape must be from 0.001 to 1000000000";
static const char bad_value[] = "every value must be from 0 to 10 years";
static const char bad_weight[] = "weights must be finite, not negative, and not all 0";

static Dist *refuse(const char **why, const char *text)
{
    *why = text;
    return NULL;
}

static Dist *make(Mem *mem, Kind kind, double mean, double variance)
{
    Dist *dist = mem_get(mem, sizeof *dist);
    dist->kind = kind;
    dist->mean = mean;
    dist->variance = variance;
    return dist;
}

static void take_arrays(Dist *dist, Mem *mem, size_t n)
{
    dist->n = n;
    dist->x = mem_get(mem, mem_array(mem, n, sizeof *dist->x));
    dist->y = mem_get(mem, mem_array(mem, n, sizeof *dist->y));
}

Dist *dist_constant(Mem *mem, Time value)
{
    must(value >= 0 && value <= TIME_MAX_RUN, "a constant that is no duration");
    Dist *dist = make(mem, CONSTANT, (double)value, 0);
    dist->value = value;
    return dist;
}

Dist *dist_exponential(Mem *mem, double mean, const char **why)
{
    if (!is_duration(mean))
        return refuse(why, bad_mean);
    return make(mem, EXPONENTIAL, mean, mean * mean);
}

/* a: low, b: width */
Dist *dist_uniform(Mem *mem, double low, double high, const char **why)
{
    if (!is_duration(low) || !is_duration(high))
        return refuse(why, "the bounds must be from 0 to 10 years");
    if (low > high)
        return refuse(why, "the lower bound must not be above the upper one");
    Dist *dist = make(mem, UNIFORM, low + (high - low) / 2, (high - low) * (high - low) / 12);
    dist->a = low;
    dist->b = high - low;
    return dist;
}

/* The density and the distribution function of the standard normal at t >= 0. The latter is
 * 1/2 + density(t) * (t + t^3/3 + t^5/(3*5) + ...): all terms positive, so nothing cancels. */
static double normal_density(double t)
{
    return det_exp(-0.5 * t * t) * 0x1.9884533d43651p-2; /* 1 / sqrt(2 pi) */
}

static double normal_below(double t)
{
    if (t > 9)
        return 1;
    double sum = t, term = t;
    for (int i = 3; term > sum * 0x1p-60; i += 2) {
        term *= t * t / i;
        sum += term;
    }
    return 0.5 + normal_density(t) * sum;
}

/* a: mean, b: sd, both before the cut. The moments are those after it: with t = mean/sd and h = density(t) / below(t),
 * mean + sd h and sd^2 (1 - t h - h^2) (Johnson, Kotz, Balakrishnan 1994, 13.10.1). */
Dist *dist_normal(Mem *mem, double mean, double sd, const char **why)
{
    if (!is_duration(mean))
        return refuse(why, bad_mean);
    if (!is_duration(sd))
        return refuse(why, bad_sd);
    double t = sd > 0 ? mean / sd : INFINITY, h = t < 40 ? normal_density(t) / normal_below(t) : 0;
    Dist *dist = make(mem, NORMAL, mean + sd * h, h > 0 ? sd * sd * (1 - t * h - h * h) : sd * sd);
    dist->a = mean;
    dist->b = sd;
    return dist;
}

/* log(1 + x) and exp(x) - 1 without the loss for small x (Kahan): both errors of the rounded sum cancel. */
static double log_1p(double x)
{
    double sum = 1 + x;
    return sum == 1 ? x : det_log(sum) * x / (sum - 1);
}

static double exp_m1(double x)
{
    double power = det_exp(x);
    if (power == 1)
        return x;
    return x < -40 || x > 40 ? power - 1 : (power - 1) * x / det_log(power);
}

/* a: median, b: sigma, the standard deviation of the logarithm */
static Dist *make_lognormal(Mem *mem, double median, double sigma)
{
    double mean = median * det_exp(sigma * sigma / 2);
    Dist *dist = make(mem, LOGNORMAL, mean, mean * mean * exp_m1(sigma * sigma));
    dist->a = median;
    dist->b = sigma;
    return dist;
}

Dist *dist_lognormal_median_p99(Mem *mem, double median, double p99, const char **why)
{
    if (!is_duration(median) || median <= 0)
        return refuse(why, "the median must be more than 0 and at most 10 years");
    if (!is_duration(p99) || p99 < median)
        return refuse(why, "p99 must be from the median to 10 years");
    return make_lognormal(mem, median, det_log(p99 / median) / det_normal_quantile(0.99));
}

Dist *dist_lognormal_mean_sd(Mem *mem, double mean, double sd, const char **why)
{
    if (!is_duration(mean) || mean <= 0)
        return refuse(why, "the mean must be more than 0 and at most 10 years");
    if (!is_duration(sd))
        return refuse(why, bad_sd);
    double cv = sd / mean, square = log_1p(cv * cv);
    Dist *dist = make_lognormal(mem, mean * det_exp(-square / 2), sqrt(square));
    dist->mean = mean;
    dist->variance = sd * sd;
    return dist;
}

/* a: scale, b: shape, c: 1 / shape where the shape is below 1 and is raised by 1, else 0 */
static Dist *make_gamma(Mem *mem, double mean, double shape)
{
    Dist *dist = make(mem, GAMMA, mean, mean * mean / shape);
    dist->a = mean / shape;
    dist->b = shape < 1 ? shape + 1 : shape;
    dist->c = shape < 1 ? 1 / shape : 0;
    return dist;
}

Dist *dist_gamma(Mem *mem, double mean, double shape, const char **why)
{
    if (!is_duration(mean))
        return refuse(why, bad_mean);
    if (!(shape >= 0.001 && shape <= 1e9))
        return refuse(why, bad_shape);
    return make_gamma(mem, mean, shape);
}

/* a: mean of a stage, n: stages */
Dist *dist_erlang(Mem *mem, double mean, int64_t k, const char **why)
{
    if (!is_duration(mean))
        return refuse(why, bad_mean);
    if (k < 1 || k > 1000000000)
        return refuse(why, "k must be from 1 to 1000000000");
    if (k > ERLANG_PRODUCT)
        return make_gamma(mem, mean, (double)k);
    Dist *dist = make(mem, ERLANG, mean, mean * mean / (double)k);
    dist->a = mean / (double)k;
    dist->n = (size_t)k;
    return dist;
}

/* a: scale, b: 1 / shape */
Dist *dist_weibull(Mem *mem, double mean, double shape, const char **why)
{
    if (!is_duration(mean))
        return refuse(why, bad_mean);
    if (!(shape >= 0.02 && shape <= 1000))
        return refuse(why, "the shape must be from 0.02 to 1000");
    double first = det_gamma(1 + 1 / shape), second = det_gamma(1 + 2 / shape), scale = mean / first;
    Dist *dist = make(mem, WEIBULL, mean, scale * scale * (second - first * first));
    dist->a = scale;
    dist->b = 1 / shape;
    return dist;
}

/* The mean of the k-th power of a Pareto over min^k, where `part` is the probability below max without the bound and
 * log_ratio = log(min/max): the integral of alpha x^(k-1-alpha) from 1 to max/min, over part. */
static double pareto_moment(double alpha, double k, double log_ratio, double part)
{
    double e = alpha - k;
    if (log_ratio == -INFINITY)
        return e > 0 ? alpha / e : INFINITY;
    return alpha * (e == 0 ? -log_ratio : -exp_m1(e * log_ratio) / e) / part;
}

/* a: min, b: -1 / alpha, c: the probability below max without the bound */
Dist *dist_pareto(Mem *mem, double min, double alpha, double max, const char **why)
{
    if (!is_duration(min) || min <= 0)
        return refuse(why, "the minimum must be more than 0 and at most 10 years");
    if (!(alpha >= 0.01 && alpha <= 1000))
        return refuse(why, "alpha must be from 0.01 to 1000");
    bool bounded = max < INFINITY;
    if ((bounded && !is_duration(max)) || !(max > min))
        return refuse(why, "the maximum must be above the minimum and at most 10 years");
    double log_ratio = bounded ? det_log(min / max) : -INFINITY, part = bounded ? -exp_m1(alpha * log_ratio) : 1;
    double mean = min * pareto_moment(alpha, 1, log_ratio, part);
    double second = min * min * pareto_moment(alpha, 2, log_ratio, part);
    Dist *dist = make(mem, PARETO, mean, second < INFINITY ? second - mean * mean : INFINITY);
    dist->a = min;
    dist->b = -1 / alpha;
    dist->c = part;
    return dist;
}

/* y[i] = (weight[0] + ... + weight[i]) / all of them, so that y[n-1] = 1; false where the weights are bad. */
static bool accumulate(double *y, size_t n, const double weight[])
{
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(weight[i] >= 0))
            return false;
        y[i] = total += weight[i];
    }
    if (!(total > 0 && total < INFINITY))
        return false;
    for (size_t i = 0; i < n; i++)
        y[i] /= total;
    return true;
}

/* x[i] with probability y[i] - y[i-1]: a value, or the mean of an exponential. */
static Dist *make_choice(Mem *mem, Kind kind, size_t n, const double value[], const double weight[], const char **why)
{
    if (n == 0)
        return refuse(why, "at least one value is needed");
    for (size_t i = 0; i < n; i++)
        if (!is_duration(value[i]))
            return refuse(why, bad_value);
    Dist *dist = make(mem, kind, 0, 0);
    take_arrays(dist, mem, n);
    if (!accumulate(dist->y, n, weight))
        return refuse(why, bad_weight);
    for (size_t i = 0; i < n; i++) {
        dist->x[i] = value[i];
        dist->mean += (dist->y[i] - (i ? dist->y[i - 1] : 0)) * value[i];
    }
    for (size_t i = 0; i < n; i++) { /* about the mean, so that nothing cancels */
        double off = value[i] - dist->mean, within = kind == HYPEREXPONENTIAL ? value[i] * value[i] : 0;
        dist->variance += (dist->y[i] - (i ? dist->y[i - 1] : 0)) * (off * off + within);
    }
    return dist;
}

Dist *dist_hyperexponential(Mem *mem, size_t n, const double weight[], const double mean[], const char **why)
{
    return make_choice(mem, HYPEREXPONENTIAL, n, mean, weight, why);
}

Dist *dist_empirical(Mem *mem, size_t n, const double value[], const double weight[], const char **why)
{
    return make_choice(mem, EMPIRICAL, n, value, weight, why);
}

static const char *bad_percentiles(size_t n, const double percent[], const double value[])
{
    for (size_t i = 0; i < n; i++) {
        if (!(percent[i] >= 0 && percent[i] <= 100))
            return "a percentile must be from 0 to 100";
        if (i > 0 && percent[i] <= percent[i - 1])
            return "percentiles must ascend";
        if (!is_duration(value[i]))
            return bad_value;
        if (i > 0 && value[i] < value[i - 1])
            return "the values of percentiles must not descend";
    }
    return n == 0 || percent[n - 1] < 100 ? "the percentile \"100\" is needed" : NULL;
}

/* y: percentiles from 0 to 100, x: their values */
Dist *dist_percentiles(Mem *mem, size_t n, const double percent[], const double value[], const char **why)
{
    const char *wrong = bad_percentiles(n, percent, value);
    if (wrong)
        return refuse(why, wrong);
    size_t added = percent[0] > 0; /* the point (0, 0) */
    Dist *dist = make(mem, PERCENTILES, 0, 0);
    take_arrays(dist, mem, n + added);
    for (size_t i = 0; i < n; i++) {
        dist->y[i + added] = percent[i];
        dist->x[i + added] = value[i];
    }
    for (size_t i = 1; i < dist->n; i++)
        dist->mean += (dist->y[i] - dist->y[i - 1]) / 100 * (dist->x[i] + dist->x[i - 1]) / 2;
    for (size_t i = 1; i < dist->n; i++) {
        double low = dist->x[i - 1] - dist->mean, high = dist->x[i] - dist->mean;
        dist->variance += (dist->y[i] - dist->y[i - 1]) / 100 * (low * low + low * high + high * high) / 3;
    }
    return dist;
}

Dist *dist_shift(Mem *mem, Time by, const Dist *inner)
{
    must(by >= 0 && by <= TIME_MAX_RUN, "a shift that is no duration");
    Dist *dist = make(mem, SHIFT, (double)by + inner->mean, inner->variance);
    dist->value = by;
    dist->inner = inner;
    return dist;
}

/* Sampling ----------------------------------------------------------------------------------------------------- */

static inline double exponential(double mean, Rng *rng)
{
    return -mean * det_log(rng_unit(rng));
}

static double sample_normal(const Dist *dist, Rng *rng)
{
    double x;
    do
        x = dist->a + dist->b * det_normal_quantile(rng_unit(rng));
    while (x < 0);
    return x;
}

/* Marsaglia, Tsang: "A simple method for generating gamma variables", ACM TOMS 26 (2000). */
static double sample_gamma(const Dist *dist, Rng *rng)
{
    double d = dist->b - 1.0 / 3, c = 1 / sqrt(9 * d), x, v, u;
    do {
        do {
            x = det_normal_quantile(rng_unit(rng));
            v = 1 + c * x;
        } while (v <= 0);
        v = v * v * v;
        u = rng_unit(rng);
    } while (u >= 1 - 0.0331 * (x * x) * (x * x) && det_log(u) >= 0.5 * x * x + d * (1 - v + det_log(v)));
    double boost = dist->c > 0 ? det_pow(rng_unit(rng), dist->c) : 1;
    return dist->a * d * v * boost;
}

static double sample_erlang(const Dist *dist, Rng *rng)
{
    double product = rng_unit(rng);
    for (size_t i = 1; i < dist->n; i++)
        product *= rng_unit(rng);
    return -dist->a * det_log(product);
}

/* The first i with u < y[i]. */
static size_t find(const Dist *dist, double u)
{
    size_t low = 0, high = dist->n - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (u < dist->y[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static double sample_percentiles(const Dist *dist, Rng *rng)
{
    double u = 100 * rng_unit(rng);
    size_t i = find(dist, u); /* at least 1, for y[0] is 0 */
    double x0 = dist->x[i - 1], y0 = dist->y[i - 1];
    return x0 + (dist->x[i] - x0) * ((u - y0) / (dist->y[i] - y0));
}

Time dist_sample(const Dist *dist, Rng *rng)
{
    switch (dist->kind) {
    case CONSTANT: return dist->value;
    case EXPONENTIAL: return to_time(exponential(dist->mean, rng));
    case UNIFORM: return to_time(dist->a + dist->b * rng_unit(rng));
    case NORMAL: return to_time(sample_normal(dist, rng));
    case LOGNORMAL: return to_time(dist->a * det_exp(dist->b * det_normal_quantile(rng_unit(rng))));
    case GAMMA: return to_time(sample_gamma(dist, rng));
    case ERLANG: return to_time(sample_erlang(dist, rng));
    case WEIBULL: return to_time(dist->a * det_pow(-det_log(rng_unit(rng)), dist->b));
    case PARETO: return to_time(dist->a * det_pow(1 - dist->c * rng_unit(rng), dist->b));
    case HYPEREXPONENTIAL: {
        size_t branch = find(dist, rng_unit(rng));
        return to_time(exponential(dist->x[branch], rng));
    }
    case EMPIRICAL: return to_time(dist->x[find(dist, rng_unit(rng))]);
    case PERCENTILES: return to_time(sample_percentiles(dist, rng));
    case SHIFT: {
        Time inner = dist_sample(dist->inner, rng);
        return inner < TIME_MAX_RUN - dist->value ? inner + dist->value : TIME_MAX_RUN;
    }
    }
    must(false, "a distribution of no kind");
    return 0;
}

bool dist_is_constant(const Dist *dist, Time *value)
{
    Time by = 0;
    for (; dist->kind == SHIFT; dist = dist->inner)
        by = by < TIME_MAX_RUN - dist->value ? by + dist->value : TIME_MAX_RUN;
    if (dist->kind != CONSTANT)
        return false;
    *value = by < TIME_MAX_RUN - dist->value ? by + dist->value : TIME_MAX_RUN;
    return true;
}

double dist_mean(const Dist *dist)
{
    return dist->mean;
}

double dist_variance(const Dist *dist)
{
    return dist->variance;
}
