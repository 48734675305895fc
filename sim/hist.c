#include "hist.h"

#include <string.h>

enum { EXACT = HIST_EXACT, PER_CHUNK = HIST_CHUNK, CHUNKS = 54 };

size_t hist_bucket(int64_t value)
{
    unsigned shift = hist_shift(value);
    return (size_t)PER_CHUNK * shift + (size_t)(value >> shift);
}

static size_t chunk_size(size_t e)
{
    return e == 0 ? EXACT : PER_CHUNK;
}

/* The number of the first bucket of a chunk. */
static size_t chunk_start(size_t e)
{
    return e == 0 ? 0 : PER_CHUNK * (e + 1);
}

/* Where its counter stands (hist.h). */
static uint64_t *counter(const Hist *hist, size_t e, size_t i)
{
    return &hist->chunk[e][e == 0 ? i ^ PER_CHUNK : i];
}

static int64_t bucket_low(size_t e, size_t i)
{
    return e == 0 ? (int64_t)i : (int64_t)(PER_CHUNK + i) << e;
}

static int64_t bucket_high(size_t e, size_t i)
{
    return bucket_low(e, i) + (((int64_t)1 << e) - 1);
}

void hist_init(Hist *hist, Mem *mem)
{
    memset(hist, 0, sizeof *hist);
    hist->mem = mem;
}

void hist_free(Hist *hist)
{
    for (size_t e = 0; e < CHUNKS; e++)
        mem_free(hist->mem, hist->chunk[e]);
    hist_init(hist, hist->mem);
}

uint64_t *hist_take_chunk(Hist *hist, unsigned e)
{
    return hist->chunk[e] = mem_get(hist->mem, chunk_size(e) * sizeof(uint64_t));
}

/* words[0 .. n) += low + 2^64 * high */
static inline void add_wide(uint64_t *words, size_t n, uint64_t low, uint64_t high)
{
    words[0] += low;
    uint64_t carry = words[0] < low;
    if (carry | high) {
        words[1] += high;
        uint64_t over = words[1] < high;
        words[1] += carry;
        over += words[1] < carry;
        for (size_t i = 2; i < n && over; i++)
            over = (words[i] += over) < over;
    }
}

/* Squares below 2^64, between the least and the greatest so far; where there is no such value: none. */
static void set_range(Hist *hist)
{
    const int64_t most = UINT32_MAX;
    bool any = hist->min <= most;
    hist->from = any ? (uint64_t)hist->min : UINT64_MAX;
    hist->span = any ? (uint64_t)((hist->max < most ? hist->max : most) - hist->min) : 0;
}

void hist_extend(Hist *hist, int64_t min, int64_t max)
{
    if (hist->count == 0 || min < hist->min)
        hist->min = min;
    if (hist->count == 0 || max > hist->max)
        hist->max = max;
    set_range(hist);
}

void hist_add_any(Hist *hist, int64_t value)
{
    ++*hist_counter(hist, value);
    hist_extend(hist, value, value);
    hist->count++;
    uint64_t v = (uint64_t)value, high, low = wide_mul(v, v, &high);
    add_wide(hist->sum, COUNT_OF(hist->sum), v, 0);
    add_wide(hist->squares, COUNT_OF(hist->squares), low, high);
}

void hist_add_n(Hist *hist, int64_t value, uint64_t weight)
{
    if (weight == 0)
        return;
    *hist_counter(hist, value) += weight;
    hist_extend(hist, value, value);
    hist->count += weight;
    uint64_t v = (uint64_t)value, high, low = wide_mul(v, weight, &high);
    add_wide(hist->sum, COUNT_OF(hist->sum), low, high);

    /* value^2 * weight = (low + 2^64 high) * value */
    uint64_t carry, upper, square = wide_mul(low, v, &carry), middle = wide_mul(high, v, &upper);
    add_wide(hist->squares, COUNT_OF(hist->squares), square, carry);
    add_wide(hist->squares + 1, COUNT_OF(hist->squares) - 1, middle, upper);
}

void hist_merge(Hist *into, const Hist *from)
{
    if (from->count == 0)
        return;
    for (size_t e = 0; e < CHUNKS; e++)
        if (from->chunk[e] && !into->chunk[e])
            hist_take_chunk(into, (unsigned)e);
    for (size_t e = 0; e < CHUNKS; e++)
        if (from->chunk[e])
            for (size_t i = 0; i < chunk_size(e); i++)
                into->chunk[e][i] += from->chunk[e][i];
    hist_extend(into, from->min, from->max);
    into->count += from->count;
    add_wide(into->sum, COUNT_OF(into->sum), from->sum[0], from->sum[1]);
    add_wide(into->squares, COUNT_OF(into->squares), from->squares[0], from->squares[1]);
    into->squares[2] += from->squares[2];
}

int64_t hist_mean(const Hist *hist)
{
    return hist->count == 0 ? 0 : (int64_t)wide_div(hist->sum[1], hist->sum[0], hist->count);
}

int64_t hist_sum_mod(const Hist *hist)
{
    return (int64_t)(hist->sum[0] & INT64_MAX);
}

/* Natural numbers of 256 bits, low word first: enough for count * squares and for sum^2. */
typedef struct Big {
    uint32_t word[8];
} Big;

static Big big_from(const uint64_t *words, size_t n)
{
    Big a = {{0}};
    for (size_t i = 0; i < n; i++) {
        a.word[2 * i] = (uint32_t)words[i];
        a.word[2 * i + 1] = (uint32_t)(words[i] >> 32);
    }
    return a;
}

static Big big_mul(const Big *a, const Big *b)
{
    Big product = {{0}};
    for (size_t i = 0; i < 8; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; i + j < 8; j++) {
            uint64_t sum = (uint64_t)a->word[i] * b->word[j] + product.word[i + j] + carry;
            product.word[i + j] = (uint32_t)sum;
            carry = sum >> 32;
        }
    }
    return product;
}

static Big big_subtract(const Big *a, const Big *b)
{
    Big difference;
    uint64_t borrow = 0;
    for (size_t i = 0; i < 8; i++) {
        uint64_t word = (uint64_t)a->word[i] - b->word[i] - borrow;
        difference.word[i] = (uint32_t)word;
        borrow = word >> 63;
    }
    return difference;
}

static bool big_at_most(const Big *a, const Big *b)
{
    for (size_t i = 8; i-- > 0;)
        if (a->word[i] != b->word[i])
            return a->word[i] < b->word[i];
    return true;
}

/* The largest r with r^2 * n * (n - 1) <= n * squares - sum^2, bit by bit: exact, whatever the values. */
int64_t hist_sd(const Hist *hist)
{
    if (hist->count < 2)
        return 0;
    uint64_t below = hist->count - 1;
    Big n = big_from(&hist->count, 1), less = big_from(&below, 1);
    Big sum = big_from(hist->sum, COUNT_OF(hist->sum)), squares = big_from(hist->squares, COUNT_OF(hist->squares));
    Big first = big_mul(&n, &squares), second = big_mul(&sum, &sum);
    Big spread = big_subtract(&first, &second), pairs = big_mul(&n, &less);

    uint64_t root = 0;
    for (int bit = 62; bit >= 0; bit--) {
        uint64_t tried = root | UINT64_C(1) << bit;
        Big r = big_from(&tried, 1), square = big_mul(&r, &r), product = big_mul(&square, &pairs);
        if (big_at_most(&product, &spread))
            root = tried;
    }
    return (int64_t)root;
}

static int64_t clamp(const Hist *hist, int64_t value)
{
    return value < hist->min ? hist->min : value > hist->max ? hist->max : value;
}

int64_t hist_percentile(const Hist *hist, uint64_t per_hundred_million)
{
    const uint64_t whole = 100000000;
    if (hist->count == 0)
        return 0;
    if (per_hundred_million >= whole)
        per_hundred_million = whole;
    uint64_t high, low = wide_mul(hist->count, per_hundred_million, &high);
    low += whole - 1; /* rounds up */
    high += low < whole - 1;
    uint64_t rank = wide_div(high, low, whole), seen = 0;
    for (size_t e = 0; e < CHUNKS; e++) {
        for (size_t i = 0; hist->chunk[e] && i < chunk_size(e); i++) {
            uint64_t here = *counter(hist, e, i);
            if (here > 0 && rank - seen <= here)
                return clamp(hist, bucket_low(e, i) + (bucket_high(e, i) - bucket_low(e, i)) / 2);
            seen += here;
        }
    }
    must(false, "a histogram's counters do not add up to its count");
    return 0;
}

bool hist_next(const Hist *hist, size_t *at, int64_t *low, int64_t *high, uint64_t *count)
{
    size_t e = *at < EXACT ? 0 : *at / PER_CHUNK - 1;
    for (; e < CHUNKS; e++) {
        size_t i = *at > chunk_start(e) ? *at - chunk_start(e) : 0;
        for (; hist->chunk[e] && i < chunk_size(e); i++) {
            if (*counter(hist, e, i) == 0)
                continue;
            *low = bucket_low(e, i);
            *high = bucket_high(e, i);
            *count = *counter(hist, e, i);
            *at = chunk_start(e) + i + 1;
            return true;
        }
    }
    *at = chunk_start(CHUNKS);
    return false;
}

/* ---- as bytes ---- */

static void put_number(Buf *buf, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_char(buf, (char)(value | 0x80));
    buf_char(buf, (char)value);
}

static bool get_number(const unsigned char **at, const unsigned char *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        uint64_t byte = *(*at)++;
        *value |= (byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* Distances between buckets, so that neighbours take one byte; ends with a count of 0. */
void hist_write(const Hist *hist, Buf *buf)
{
    const uint64_t head[] = {hist->count,  (uint64_t)hist->min, (uint64_t)hist->max, hist->sum[0],
                             hist->sum[1], hist->squares[0],    hist->squares[1],    hist->squares[2]};
    size_t last = 0;
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        put_number(buf, head[i]);
    for (size_t e = 0; e < CHUNKS; e++) {
        for (size_t i = 0; hist->chunk[e] && i < chunk_size(e); i++) {
            if (*counter(hist, e, i) == 0)
                continue;
            put_number(buf, *counter(hist, e, i));
            put_number(buf, chunk_start(e) + i - last);
            last = chunk_start(e) + i;
        }
    }
    put_number(buf, 0);
}

bool hist_read(Hist *hist, const unsigned char **at, const unsigned char *end)
{
    uint64_t head[8] = {0}, count, step;
    size_t bucket = 0;
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        if (!get_number(at, end, &head[i]))
            return false;
    while (get_number(at, end, &count)) {
        if (count == 0) {
            hist->count = head[0];
            hist->min = (int64_t)head[1];
            hist->max = (int64_t)head[2];
            set_range(hist);
            memcpy(hist->sum, head + 3, sizeof hist->sum);
            memcpy(hist->squares, head + 5, sizeof hist->squares);
            return true;
        }
        if (!get_number(at, end, &step) || step >= chunk_start(CHUNKS) - bucket)
            return false;
        bucket += (size_t)step;
        size_t e = bucket < EXACT ? 0 : bucket / PER_CHUNK - 1;
        if (!hist->chunk[e])
            hist_take_chunk(hist, (unsigned)e);
        *counter(hist, e, bucket - chunk_start(e)) += count;
    }
    return false;
}
