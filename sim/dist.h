/* dist: distributions of durations, sampled with the same bits on any machine.
 *
 * Every function here uses only IEEE 754 double + - * / and sqrt (all correctly rounded) and integers; the project
 * is compiled with -ffp-contract=off, and log, exp and pow are our own. So a sample is the same on every machine,
 * compiler and level. A sample is rounded to the nearest nanosecond, is never negative and is at most TIME_MAX_RUN.
 * Inversion is used wherever the inverse is at hand, so that one draw serves one sample (common random numbers). */
#ifndef SIM_DIST_H
#define SIM_DIST_H

#include "mem.h"
#include "rng.h"

typedef struct Dist Dist;

/* Each returns NULL where the parameters are out of range (and then sets *why to a static text). Means and such are
 * in ns; a normal's mean and sd are those before the cut at 0, dist_mean and dist_variance those after it. What was
 * refused stays in the Mem until its end. */
Dist *dist_constant(Mem *mem, Time value);
Dist *dist_exponential(Mem *mem, double mean, const char **why);
Dist *dist_uniform(Mem *mem, double low, double high, const char **why);
Dist *dist_normal(Mem *mem, double mean, double sd, const char **why); /* a negative draw is drawn again */
Dist *dist_lognormal_median_p99(Mem *mem, double median, double p99, const char **why);
Dist *dist_lognormal_mean_sd(Mem *mem, double mean, double sd, const char **why);
Dist *dist_gamma(Mem *mem, double mean, double shape, const char **why);
Dist *dist_erlang(Mem *mem, double mean, int64_t k, const char **why);
Dist *dist_weibull(Mem *mem, double mean, double shape, const char **why);
Dist *dist_pareto(Mem *mem, double min, double alpha, double max, const char **why); /* max: INFINITY where unbounded */
Dist *dist_hyperexponential(Mem *mem, size_t n, const double weight[], const double mean[], const char **why);
Dist *dist_empirical(Mem *mem, size_t n, const double value[], const double weight[], const char **why);
Dist *dist_percentiles(Mem *mem, size_t n, const double percent[], const double value[], const char **why);
Dist *dist_shift(Mem *mem, Time by, const Dist *inner);

Time dist_sample(const Dist *dist, Rng *rng);
bool dist_is_constant(const Dist *dist, Time *value);
double dist_mean(const Dist *dist); /* ns, INFINITY where there is none */
double dist_variance(const Dist *dist);

/* The elementary functions, for other samplers; relative error below 2^-50 over their whole range. */
double det_log(double x); /* x > 0, finite */
double det_exp(double x);
double det_pow(double x, double y);   /* x > 0 */
double det_normal_quantile(double p); /* 0 < p < 1 */
double det_gamma(double x);           /* x > 0 */

#endif
