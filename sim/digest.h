/* digest: 64 bits that stand for a sequence of 64-bit words. Order matters; the same words give the same digest on
 * every machine. Not for secrets. */
#ifndef SIM_DIGEST_H
#define SIM_DIGEST_H

#include "base.h"

#define DIGEST_START UINT64_C(0x6c6f6f7073696d31)

/* One multiplication a word: the 128-bit product of (state ^ word) with an odd constant would be better mixed, but
 * 64 bits are portable; the rotation carries the high bits down. */
static inline uint64_t digest_add(uint64_t digest, uint64_t word)
{
    uint64_t x = (digest ^ word) * UINT64_C(0x9fb21c651e98df25);
    return (x ^ x >> 29) + (digest << 27 | digest >> 37);
}

/* The length is part of it; the same on both byte orders. */
uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t size);
uint64_t digest_end(uint64_t digest); /* the last mixing */

#endif
