#include "sum.h"

Sum sum_of(uint64_t value)
{
    return (Sum){value, 0};
}

Sum sum_product(uint64_t a, uint64_t b)
{
    Sum product;
    product.low = wide_mul(a, b, &product.high);
    return product;
}

Sum sum_minus(Sum a, Sum b)
{
    must(sum_compare(a, b) >= 0, "a sum became negative");
    return (Sum){a.low - b.low, a.high - b.high - (a.low < b.low)};
}

Sum sum_times(Sum a, uint64_t factor)
{
    uint64_t over;
    Sum product = sum_product(a.low, factor);
    uint64_t high = wide_mul(a.high, factor, &over);
    product.high += high;
    if (over > 0 || product.high < high)
        return (Sum){UINT64_MAX, UINT64_MAX};
    return product;
}

int sum_compare(Sum a, Sum b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

/* Long division in base 2: reports call it, nothing else. */
int64_t sum_divide(Sum of, Sum by)
{
    Sum rest = {0, 0}, quotient = {0, 0};
    if (by.low == 0 && by.high == 0)
        return 0;
    for (int bit = 127; bit >= 0; bit--) {
        uint64_t word = bit >= 64 ? of.high : of.low;
        bool carry = rest.high >> 63;
        rest.high = rest.high << 1 | rest.low >> 63;
        rest.low = rest.low << 1 | (word >> (bit & 63) & 1);
        quotient.high = quotient.high << 1 | quotient.low >> 63;
        quotient.low <<= 1;
        if (carry || sum_compare(rest, by) >= 0) {
            rest = (Sum){rest.low - by.low, rest.high - by.high - (rest.low < by.low)};
            quotient.low |= 1;
        }
    }
    return quotient.high > 0 || quotient.low > INT64_MAX ? INT64_MAX : (int64_t)quotient.low;
}

int64_t sum_ratio(Sum part, Sum whole)
{
    Sum doubled = sum_times(part, 2000000);
    sum_add_sum(&doubled, whole);
    return sum_divide(doubled, sum_times(whole, 2));
}

int64_t sum_share(Sum part, Sum whole)
{
    int64_t ratio = sum_ratio(part, whole);
    return ratio < 1000000 ? ratio : 1000000;
}
