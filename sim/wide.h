/* wide: products and quotients beyond 64 bits, the same on every machine. */
#ifndef SIM_WIDE_H
#define SIM_WIDE_H

#include "base.h"

/* The low word of a * b; the high one goes to *high. Where the compiler has no 128-bit product: schoolbook
 * multiplication in base 2^32. */
static inline uint64_t wide_mul(uint64_t a, uint64_t b, uint64_t *high)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 Wide;
    Wide product = (Wide)a * b;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
#else
    uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (middle & UINT32_MAX);
    *high = a1 * b1 + (middle >> 32) + (other >> 32);
    return other << 32 | (low & UINT32_MAX);
#endif
}

/* floor((high * 2^64 + low) / by), where that fits into 64 bits (high < by). */
static inline uint64_t wide_div(uint64_t high, uint64_t low, uint64_t by)
{
    uint64_t quotient = 0;
    for (int bit = 63; bit >= 0; bit--) {
        bool carry = high >> 63;
        high = high << 1 | (low >> bit & 1);
        if (carry || high >= by) {
            high -= by;
            quotient |= UINT64_C(1) << bit;
        }
    }
    return quotient;
}

#endif
