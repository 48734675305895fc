/* sum: totals beyond 64 bits. An integral of a number over time (a million connections over ten years) does not fit
 * into 64. */
#ifndef MODEL_OBSERVE_SUM_H
#define MODEL_OBSERVE_SUM_H

#include "../../sim/wide.h"

typedef struct Sum {
    uint64_t low, high;
} Sum;

static inline void sum_add(Sum *sum, uint64_t value)
{
    sum->low += value;
    sum->high += sum->low < value;
}

static inline void sum_add_sum(Sum *sum, Sum other)
{
    sum_add(sum, other.low);
    sum->high += other.high;
}

static inline void sum_add_product(Sum *sum, uint64_t a, uint64_t b)
{
    Sum product = {a * b, 0};
    if ((a | b) > UINT32_MAX)
        product.low = wide_mul(a, b, &product.high);
    sum_add_sum(sum, product);
}

Sum sum_of(uint64_t value);
Sum sum_product(uint64_t a, uint64_t b);
Sum sum_minus(Sum a, Sum b);           /* a >= b */
Sum sum_times(Sum a, uint64_t factor); /* at most 2^128 - 1 */
int sum_compare(Sum a, Sum b);

/* floor(of / by), at most INT64_MAX; 0 where `by` is 0. */
int64_t sum_divide(Sum of, Sum by);

/* part / whole with six decimals (1,000,000 is all of it), rounded to the nearest; 0 where the whole is 0. */
int64_t sum_ratio(Sum part, Sum whole);
/* The same of what is a part: at most 1. Of a burst that the window cuts in two, processor sharing counts whole ns: up to
 * 1 ns more than was there. */
int64_t sum_share(Sum part, Sum whole);

#endif
