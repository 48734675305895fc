/* hist: a log-linear histogram of int64 values >= 0.
 *
 * Values below 2048 are counted exactly; above, each power of two has 1024 buckets, and a percentile is reported as
 * its bucket's middle (rounded down), clamped to [min, max]: its relative error is at most 1/2048 and so within the
 * promised 1/1024. Count, sum, sum of squares, min and max are exact. Memory grows with the range of what was
 * recorded (8 KiB a power of two). */
#ifndef SIM_HIST_H
#define SIM_HIST_H

#include "buf.h"
#include "wide.h"

typedef struct Hist {
    Mem *mem;
    uint64_t count;
    int64_t min, max;
    uint64_t sum[2];     /* 128 bits, low word first */
    uint64_t squares[3]; /* 192 bits */
    uint64_t from, span; /* what hist_add adds by itself: from .. from + span */
    uint64_t *chunk[54]; /* chunk[e]: 1024 counters (chunk[0]: 2048), NULL until needed; the two halves of chunk[0]
                            have changed places, so that one formula finds all counters */
} Hist;

void hist_init(Hist *hist, Mem *mem);
void hist_free(Hist *hist);
static inline void hist_add(Hist *hist, int64_t value);      /* value >= 0 */
void hist_add_n(Hist *hist, int64_t value, uint64_t weight); /* as if added so often: for time-weighted counts too */
void hist_merge(Hist *into, const Hist *from);
int64_t hist_mean(const Hist *hist);    /* rounded down; 0 where empty */
int64_t hist_sd(const Hist *hist);      /* of the sample (n - 1), rounded down; 0 below two values */
int64_t hist_sum_mod(const Hist *hist); /* the low 63 bits of the sum: exact where it fits */

/* The smallest value with at least p = per_hundred_million / 10^8 of the counts at or below it (nearest rank); 0
 * where empty. */
int64_t hist_percentile(const Hist *hist, uint64_t per_hundred_million);

/* One nonempty bucket after the other, ascending: start with *at = 0; false at the end. */
bool hist_next(const Hist *hist, size_t *at, int64_t *low, int64_t *high, uint64_t *count);
size_t hist_bucket(int64_t value); /* the number of a value's bucket: equal numbers, equal buckets */

/* As bytes that read the same on every machine: 7 bits a byte, the counters as pairs of a distance and a count. */
void hist_write(const Hist *hist, Buf *buf);
/* Into an empty histogram; *at goes on behind it. False where the bytes are none that hist_write has written. */
bool hist_read(Hist *hist, const unsigned char **at, const unsigned char *end);
/* ---- the inside of hist_add, which every request meets several times ---- */

enum { HIST_EXACT = 2048, HIST_CHUNK = 1024, HIST_CHUNK_BITS = 10 };

/* A bucket's number is its chunk and its place in it in one: 1024 * shift + (value >> shift), where `shift` makes
 * value >> shift a number from 1024 to 2047 (below 2048 it is 0). So chunk 0 holds the numbers below 2048,
 * and chunk e the 1024 numbers from 1024 * (e + 1). */
static inline unsigned hist_shift(int64_t value)
{
    return 63 - HIST_CHUNK_BITS - (unsigned)__builtin_clzll((unsigned long long)value | HIST_CHUNK);
}

uint64_t *hist_take_chunk(Hist *hist, unsigned e);

/* The counter of a value. It is the only step that can fail, so it comes before all others. */
static inline uint64_t *hist_counter(Hist *hist, int64_t value)
{
    must(value >= 0, "a negative value was given to a histogram");
    unsigned e = hist_shift(value);
    uint64_t *chunk = hist->chunk[e];
    if (!chunk)
        chunk = hist_take_chunk(hist, e);
    return &chunk[(size_t)(value >> e) ^ HIST_CHUNK];
}

void hist_extend(Hist *hist, int64_t min, int64_t max);
void hist_add_any(Hist *hist, int64_t value); /* hist_add in full */

/* The common case in a few instructions: a value between those that were there, of less than 2^32. */
static inline void hist_add(Hist *hist, int64_t value)
{
    unsigned e = hist_shift(value);
    uint64_t *chunk = hist->chunk[e], v = (uint64_t)value, square = v * v;
    if (rarely(v - hist->from > hist->span || !chunk)) {
        hist_add_any(hist, value);
        return;
    }
    chunk[(size_t)(v >> e) ^ HIST_CHUNK]++;
    hist->count++;
    hist->sum[0] += v;
    if (rarely(hist->sum[0] < v))
        hist->sum[1]++;
    hist->squares[0] += square;
    if (rarely(hist->squares[0] < square) && ++hist->squares[1] == 0)
        hist->squares[2]++;
}

#endif
