/* What the client side of the naive simulator draws, and when its streams arrive: docs/method.md, "Draws". */
#include "naive_sim.h"

#include <check.h>

uint64_t naive_client_key(const Sim *sim, uint64_t stream, uint64_t attempt)
{
    return rng_key(sim->spec->seed, stream + (UINT64_C(1) << 32), attempt);
}

Rng naive_draw(const Sim *sim, const Conn *conn, uint64_t request, uint64_t attempt, int purpose)
{
    return rng_at(naive_client_key(sim, conn->stream_number, attempt), conn->index, (uint32_t)request,
                  (uint64_t)purpose << 8);
}

Time naive_draw_time(const Sim *sim, const Dist *dist, const Conn *conn, uint64_t request, uint64_t attempt,
                     int purpose)
{
    Rng rng = naive_draw(sim, conn, request, attempt, purpose);
    return dist != NULL ? dist_sample(dist, &rng) : 0;
}

static uint64_t geometric(double mean, Rng *rng)
{
    return mean <= 1 ? 1 : 1 + (uint64_t)(det_log(rng_unit(rng)) / det_log(1 - 1 / mean));
}

uint64_t naive_count(const SpecCount *count, Rng rng)
{
    return count->geometric_mean > 0 ? geometric(count->geometric_mean, &rng) : (uint64_t)count->fixed;
}

int naive_draw_handler(const Sim *sim, const Conn *conn, uint64_t request)
{
    const SpecArrivals *stream = conn->stream;
    double sum = 0;
    for (size_t i = 0; i < stream->mix_count; i++)
        sum += stream->mix[i].weight;
    Rng rng = naive_draw(sim, conn, request, 0, FOR_HANDLER);
    double left = rng_unit(&rng) * sum;
    for (size_t i = 0; i + 1 < stream->mix_count; i++) {
        if (left < stream->mix[i].weight)
            return stream->mix[i].handler;
        left -= stream->mix[i].weight;
    }
    return stream->mix[stream->mix_count - 1].handler;
}

/* ---- streams ---- */

bool naive_next_time(Sim *sim, Stream *stream)
{
    const SpecArrivals *spec = stream->spec;
    const char *why;
    uint64_t key = naive_client_key(sim, stream->number, 0);
    stream->handler = -1;
    if (spec->count > 0 && stream->given == (uint64_t)spec->count)
        return false;
    switch ((ArrivalKind)spec->kind) {
    case ARRIVE_POISSON:
        stream->at += dist_sample(dist_exponential(sim->mem, 1e9 / spec->rate, &why), &stream->gaps);
        return true;
    case ARRIVE_EVERY: stream->at += spec->every; return true;
    case ARRIVE_INTERARRIVAL: stream->at += dist_sample(spec->interarrival, &stream->gaps); return true;
    case ARRIVE_AT:
    case ARRIVE_FILE:
        if (stream->given == spec->at_count)
            return false;
        stream->at = spec->at[stream->given].at;
        stream->handler = spec->at[stream->given].handler;
        return true;
    case ARRIVE_BURSTS:
        if (stream->in_burst == 0) {
            Rng rng = rng_at(key, stream->bursts, 0, (uint64_t)FOR_BURST << 8);
            stream->at += dist_sample(spec->burst_every, &rng);
            stream->in_burst =
                naive_count(&spec->burst_size, rng_at(key, stream->bursts, 0, (uint64_t)FOR_BURST_SIZE << 8));
            stream->bursts++;
        }
        stream->in_burst--;
        return true;
    case ARRIVE_CLIENTS: return stream->given < (uint64_t)spec->clients;
    case ARRIVE_MODULATED:
    case ARRIVE_STAGES: break;
    }
    ck_abort_msg("modulated and stages are not part of the naive simulator");
    return false;
}
