#include "arrivals.h"

#include <math.h>

#define CLIENT_STREAMS (UINT64_C(1) << 32)
enum { PHASES_AT_ONCE = 1000 };

uint64_t draw_key(uint64_t seed, uint64_t stream, uint64_t attempt)
{
    return rng_key(seed, stream + CLIENT_STREAMS, attempt);
}

/* Geometric on 1, 2, … by inversion: P(n > k) = (1 - 1/mean)^k. From a mean of 2^54 on, 1 - 1/mean is 1, and k minus
 * infinity or no number: as large as it gets. */
static uint64_t draw_geometric(double mean, Rng *rng)
{
    if (mean <= 1)
        return 1;
    double k = det_log(rng_unit(rng)) / det_log(1 - 1 / mean);
    return k >= 0 && k < 1e15 ? 1 + (uint64_t)k : (uint64_t)1e15;
}

uint64_t draw_count(const SpecCount *count, Rng rng)
{
    return count->geometric_mean > 0 ? draw_geometric(count->geometric_mean, &rng) : (uint64_t)count->fixed;
}

static bool rate_is_ever_above_zero(const SpecArrivals *spec)
{
    for (size_t i = 0; i < spec->phase_count; i++) {
        if (spec->phases[i].rate > 0)
            return true;
    }
    return false;
}

void arrivals_init(Arrivals *arrivals, Mem *mem, const SpecArrivals *spec, uint64_t key, Time end)
{
    const char *why;
    *arrivals = (Arrivals){.spec = spec, .key = key, .end = end, .rng = draw_at(key, 0, 0, DRAW_ARRIVAL)};
    if (end > TIME_MAX_RUN)
        arrivals->end = TIME_MAX_RUN;
    if (spec->kind == ARRIVE_POISSON && spec->rate > 0)
        arrivals->gap = dist_exponential(mem, 1e9 / spec->rate, &why); /* NULL: so rare that none comes */
    if (spec->kind == ARRIVE_MODULATED && !rate_is_ever_above_zero(spec))
        arrivals->end = 0;
}

/* ---- one kind each: sets `at`, false where it has no more ---- */

static bool after_gap(Arrivals *arrivals, const Dist *gap)
{
    if (!gap)
        return false;
    arrivals->at += dist_sample(gap, &arrivals->rng);
    return true;
}

static bool next_listed(Arrivals *arrivals, int32_t *handler)
{
    if (arrivals->given >= arrivals->spec->at_count)
        return false;
    const SpecArrival *entry = &arrivals->spec->at[arrivals->given];
    arrivals->at = entry->at;
    *handler = entry->handler;
    return true;
}

static bool next_in_burst(Arrivals *arrivals)
{
    const SpecArrivals *spec = arrivals->spec;
    if (arrivals->in_burst == 0) {
        Rng gap = draw_at(arrivals->key, arrivals->bursts, 0, DRAW_BURST);
        arrivals->at += dist_sample(spec->burst_every, &gap);
        arrivals->in_burst =
            draw_count(&spec->burst_size, draw_at(arrivals->key, arrivals->bursts, 0, DRAW_BURST_SIZE));
        arrivals->bursts++;
        if (arrivals->in_burst == 0)
            return false;
    }
    arrivals->in_burst--;
    return true;
}

/* How much expected number of arrivals passes until the next one. */
static double draw_expected(Arrivals *arrivals)
{
    return -det_log(rng_unit(&arrivals->rng));
}

static Time rounded(double ns)
{
    return ns < (double)TIME_MAX_RUN ? (Time)(ns + 0.5) : TIME_MAX_RUN;
}

static void next_phase(Arrivals *arrivals)
{
    const SpecRatePhase *phase = &arrivals->spec->phases[arrivals->phases % arrivals->spec->phase_count];
    Rng rng = draw_at(arrivals->key, arrivals->phases, 0, DRAW_PHASE);
    Time during = dist_sample(phase->during, &rng);
    arrivals->phase_end += during > 0 ? during : 1; /* so that time passes */
    arrivals->rate = phase->rate;
    arrivals->phases++;
}

static bool next_modulated(Arrivals *arrivals, int32_t *handler)
{
    double expected = arrivals->expected > 0 ? arrivals->expected : draw_expected(arrivals);
    arrivals->expected = 0;
    for (int walked = 0; arrivals->at < arrivals->end; walked++) {
        if (walked == PHASES_AT_ONCE) {
            arrivals->expected = expected;
            *handler = ARRIVAL_NOT_YET;
            return true;
        }
        double left = (double)(arrivals->phase_end - arrivals->at) * arrivals->rate / 1e9;
        if (expected < left) {
            arrivals->at += rounded(expected * 1e9 / arrivals->rate);
            return true;
        }
        expected -= left;
        arrivals->at = arrivals->phase_end;
        next_phase(arrivals);
    }
    return false;
}

static bool next_stage(Arrivals *arrivals)
{
    const SpecArrivals *spec = arrivals->spec;
    if (arrivals->phases == spec->stage_count)
        return false;
    const SpecStage *stage = &spec->stages[arrivals->phases++];
    arrivals->phase_start = arrivals->at = arrivals->phase_end;
    arrivals->phase_end += stage->during;
    arrivals->from_rate = arrivals->rate; /* the first one starts at 0 */
    arrivals->rate = stage->to;
    return true;
}

/* The rate is a line within the stage: r(t) = r + a t from now on, so the expected number within t is r t + a t^2 /
 * 2; solved for t in the form that loses no digits where a is small. Seconds. */
static bool next_staged(Arrivals *arrivals)
{
    double expected = draw_expected(arrivals);
    for (;;) {
        double left = (double)(arrivals->phase_end - arrivals->at) / 1e9;
        if (left > 0) {
            double slope =
                (arrivals->rate - arrivals->from_rate) / ((double)(arrivals->phase_end - arrivals->phase_start) / 1e9);
            double rate = arrivals->rate - slope * left, area = (rate + arrivals->rate) / 2 * left;
            if (expected < area) {
                double under_root = rate * rate + 2 * slope * expected;
                arrivals->at += rounded(2 * expected / (rate + sqrt(under_root > 0 ? under_root : 0)) * 1e9);
                if (arrivals->at > arrivals->phase_end)
                    arrivals->at = arrivals->phase_end;
                return true;
            }
            expected -= area;
        }
        if (!next_stage(arrivals))
            return false;
    }
}

static bool next_time(Arrivals *arrivals, int32_t *handler)
{
    const SpecArrivals *spec = arrivals->spec;
    switch ((ArrivalKind)spec->kind) {
    case ARRIVE_POISSON: return after_gap(arrivals, arrivals->gap);
    case ARRIVE_EVERY: arrivals->at += spec->every; return true;
    case ARRIVE_AT:
    case ARRIVE_FILE: return next_listed(arrivals, handler);
    case ARRIVE_INTERARRIVAL: return after_gap(arrivals, spec->interarrival);
    case ARRIVE_BURSTS: return next_in_burst(arrivals);
    case ARRIVE_MODULATED: return next_modulated(arrivals, handler);
    case ARRIVE_STAGES: return next_staged(arrivals);
    case ARRIVE_CLIENTS: return arrivals->given < (uint64_t)spec->clients;
    }
    return false;
}

bool arrivals_next(Arrivals *arrivals, Time *at, int32_t *handler)
{
    *handler = -1;
    if (arrivals->spec->count > 0 && arrivals->given >= (uint64_t)arrivals->spec->count)
        return false;
    if (!next_time(arrivals, handler) || arrivals->at >= arrivals->end)
        return false;
    arrivals->given += *handler != ARRIVAL_NOT_YET;
    *at = arrivals->at;
    return true;
}
