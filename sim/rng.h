/* rng: counter-based random numbers. A draw is a pure function of its key, never of what was drawn before.
 *
 * Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11), checked
 * against the known-answer vectors of Random123. */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include "base.h"

void philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* A strong 64-bit mixing step (splitmix64's finaliser, Steele, Lea, Flood 2014): for keys and places, not for draws. */
static inline uint64_t mix64(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}
static inline uint64_t mix2(uint64_t a, uint64_t b)
{
    return mix64((a ^ mix64(b + UINT64_C(0x9e3779b97f4a7c15))) + UINT64_C(0x632be59bd9b4e019));
}

/* The numbers that belong to one place: (key, connection, request, place). The key stands for (seed, stream, attempt),
 * the place for a step with the branch that led to it (its low 8 bits are the block counter and are ignored). */
typedef struct Rng {
    uint32_t key[2], counter[4];
    uint64_t spare;
    bool has_spare;
} Rng;

uint64_t rng_key(uint64_t seed, uint64_t stream, uint64_t attempt);
Rng rng_at(uint64_t key, uint64_t connection, uint32_t request, uint64_t place);
uint64_t rng_u64(Rng *rng);
uint64_t rng_below(Rng *rng, uint64_t n); /* uniform on 0 .. n-1, without bias (Lemire 2019); n > 0 */
double rng_unit(Rng *rng);                /* uniform on (0, 1): k + 0.5 over 2^52, never 0 or 1 */

#endif
