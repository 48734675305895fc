/* arrivals: when the connections of one stream are wanted, one after the other.
 *
 * A stream draws its gaps one after the other from one sequence, and bursts and phases by their number, all keyed by
 * (seed, stream) and what they are for: a stream is the same whatever the server does. The Poisson processes whose
 * rate changes (modulated, stages) draw for each arrival how much expected number of arrivals passes until then,
 * which is exponential with mean 1 (Cox 1955; Cinlar's time change), and walk along the integral of the rate. Times
 * are rounded to the nearest ns. */
#ifndef MODEL_MACHINE_ARRIVALS_H
#define MODEL_MACHINE_ARRIVALS_H

#include "../../sim/rng.h"
#include "../spec/spec.h"

/* What a draw of the client side is for: the place of its key. The numbers are part of every result: never renumber. */
typedef enum DrawPurpose {
    DRAW_ARRIVAL = 1,
    DRAW_BURST,
    DRAW_BURST_SIZE,
    DRAW_PHASE,
    DRAW_HANDLER,
    DRAW_REQUESTS,
    DRAW_THINK,
    DRAW_PAUSE,
    DRAW_RTT,
    DRAW_BACKOFF,
    DRAW_PAUSE_EVERY, /* of a server's pauses: `connection` is the pause's number */
    DRAW_PAUSE_FOR,
    DRAW_IDLE_WAKE /* of a core: `connection` counts its wake-ups, `request` is its number */
} DrawPurpose;

/* The key of a stream's client side: apart from that of its handlers, rng_key(seed, stream, attempt). */
uint64_t draw_key(uint64_t seed, uint64_t stream, uint64_t attempt);
static inline Rng draw_at(uint64_t key, uint64_t connection, uint64_t request, DrawPurpose purpose)
{
    return rng_at(key, connection, (uint32_t)request, (uint64_t)purpose << 8); /* below are the blocks */
}
uint64_t draw_count(const SpecCount *count, Rng rng); /* at least 1; 0 where neither is given */

typedef struct Arrivals {
    const SpecArrivals *spec;
    uint64_t key;
    Rng rng;  /* of the gaps */
    Time end; /* nothing is wanted at or after it */
    Time at;  /* the last one */
    uint64_t given;
    const Dist *gap; /* poisson */
    uint64_t in_burst, bursts;
    uint64_t phases; /* modulated, stages: phases or stages begun */
    Time phase_start, phase_end;
    double expected;        /* modulated: what is left of it, asked again; 0: nothing */
    double rate, from_rate; /* of this phase, per second; of stages: at its end, at its start */
} Arrivals;

void arrivals_init(Arrivals *arrivals, Mem *mem, const SpecArrivals *spec, uint64_t key, Time end);

/* The next one, never before the last; *handler is -1 where the mix decides, or ARRIVAL_NOT_YET: nothing comes before
 * *at, when it is to be asked again, so that a rate which is as good as zero over countless phases does not keep a run
 * from its limits. False: there are no more. Closed clients: all come at time 0. */
enum { ARRIVAL_NOT_YET = -2 };
bool arrivals_next(Arrivals *arrivals, Time *at, int32_t *handler);

#endif
