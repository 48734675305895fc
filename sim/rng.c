#include "rng.h"

#include "wide.h"

/* The constants of Philox 4x32: two odd multipliers, and the steps of the key (golden ratio, sqrt(3) - 1). */
#define MULTIPLIER_0 UINT64_C(0xd2511f53)
#define MULTIPLIER_1 UINT64_C(0xcd9e8d57)
#define KEY_STEP_0 UINT32_C(0x9e3779b9)
#define KEY_STEP_1 UINT32_C(0xbb67ae85)

static inline void philox_round(uint32_t c[4], uint32_t k0, uint32_t k1)
{
    uint64_t p0 = MULTIPLIER_0 * c[0], p1 = MULTIPLIER_1 * c[2];
    c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
    c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
    c[1] = (uint32_t)p1;
    c[3] = (uint32_t)p0;
}

/* Two rounds at a time: with constant steps of the key, five times in a row, all of it stays in registers. */
static inline void philox_two_rounds(uint32_t c[4], const uint32_t key[2], uint32_t done)
{
    philox_round(c, key[0] + done * KEY_STEP_0, key[1] + done * KEY_STEP_1);
    philox_round(c, key[0] + (done + 1) * KEY_STEP_0, key[1] + (done + 1) * KEY_STEP_1);
}

static inline void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    philox_two_rounds(c, key, 0);
    philox_two_rounds(c, key, 2);
    philox_two_rounds(c, key, 4);
    philox_two_rounds(c, key, 6);
    philox_two_rounds(c, key, 8);
    for (int i = 0; i < 4; i++)
        out[i] = c[i];
}

void philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    philox(counter, key, out);
}

uint64_t rng_key(uint64_t seed, uint64_t stream, uint64_t attempt)
{
    return mix2(mix2(seed, stream), attempt);
}

static void set_key(Rng *rng, uint64_t key)
{
    rng->key[0] = (uint32_t)key;
    rng->key[1] = (uint32_t)(key >> 32);
}

/* The number of the next block stands in the low 8 bits of the place. */
#define BLOCKS UINT32_C(0xff)

Rng rng_at(uint64_t key, uint64_t connection, uint32_t request, uint64_t place)
{
    Rng rng = {.has_spare = false};
    set_key(&rng, connection >> 32 ? mix2(key, connection >> 32) : key);
    rng.counter[0] = (uint32_t)connection;
    rng.counter[1] = request;
    rng.counter[2] = (uint32_t)place & ~BLOCKS;
    rng.counter[3] = (uint32_t)(place >> 32);
    return rng;
}

/* After 256 blocks the numbers go on under a key of their own, so that a long stream does not repeat itself. */
static void next_block(Rng *rng)
{
    rng->counter[2]++;
    if ((rng->counter[2] & BLOCKS) == 0) {
        rng->counter[2] -= BLOCKS + 1;
        set_key(rng, mix2((uint64_t)rng->key[1] << 32 | rng->key[0], BLOCKS + 1));
    }
}

uint64_t rng_u64(Rng *rng)
{
    if (rng->has_spare) {
        rng->has_spare = false;
        return rng->spare;
    }
    uint32_t out[4];
    philox(rng->counter, rng->key, out);
    next_block(rng);
    rng->spare = (uint64_t)out[3] << 32 | out[2];
    rng->has_spare = true;
    return (uint64_t)out[1] << 32 | out[0];
}

uint64_t rng_below(Rng *rng, uint64_t n)
{
    must(n > 0, "a number below 0 was drawn");
    uint64_t high, low = wide_mul(rng_u64(rng), n, &high);
    if (low < n) {
        uint64_t unfair = (0 - n) % n; /* 2^64 mod n: so many low words would count once too often */
        while (low < unfair)
            low = wide_mul(rng_u64(rng), n, &high);
    }
    return high;
}

double rng_unit(Rng *rng)
{
    return ((double)(rng_u64(rng) >> 12) + 0.5) * 0x1p-52;
}
