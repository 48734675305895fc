/* estimate: what independent runs say about a figure: its mean, and how far the true mean may be from it.
 *
 * A confidence interval of 95 % from n independent values: mean ± t s / sqrt(n), where s is the sample's standard
 * deviation and t the quantile 0.975 of Student's distribution with n - 1 degrees of freedom (Law, Simulation Modeling
 * and Analysis, 4.5). Two servers that met the same arrivals and draws are compared by the differences run by run
 * (paired t; common random numbers, Law 11.2); beside it stands what the interval would be without pairing.
 *
 * Doubles here go through + - * / and sqrt alone, in the order of the runs: the same bits everywhere. */
#ifndef MODEL_OBSERVE_ESTIMATE_H
#define MODEL_OBSERVE_ESTIMATE_H

#include "../../sim/base.h"

#define FIGURE_NONE INT64_MIN /* a run that does not have the figure */

typedef struct Estimate {
    uint64_t count; /* of the runs that have the figure; 0: there is none */
    int64_t mean;   /* rounded down */
    int64_t half;   /* half the width of the interval, rounded up; -1: fewer than two runs have it */
} Estimate;

/* value[0], value[stride] … value[(n - 1) * stride]. */
Estimate estimate(const int64_t *value, size_t n, size_t stride);

typedef struct Pairing {
    bool has;                 /* at least two runs have both */
    int64_t difference;       /* mean of a - b, rounded down */
    int64_t paired, unpaired; /* half widths of its interval, rounded up */
    int64_t gain;             /* unpaired by paired, six decimals; -1: the paired one is 0 */
} Pairing;
Pairing estimate_pair(const int64_t *a, const int64_t *b, size_t n);

/* The quantile 0.975 of Student's t distribution, to 4 digits at least; degrees > 0. */
double student_975(uint64_t degrees);

#endif
