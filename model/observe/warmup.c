#include "warmup.h"

Pilot *pilot_new(Mem *mem)
{
    Pilot *pilot = mem_get(mem, sizeof *pilot);
    pilot->total = mem_get(mem, PILOT_BATCHES * sizeof *pilot->total);
    pilot->end = mem_get(mem, PILOT_BATCHES * sizeof *pilot->end);
    pilot->size = PILOT_BATCH;
    return pilot;
}

static void double_batches(Pilot *pilot)
{
    for (size_t i = 0; i < pilot->count / 2; i++) {
        pilot->total[i] = pilot->total[2 * i] + pilot->total[2 * i + 1];
        pilot->end[i] = pilot->end[2 * i + 1];
    }
    pilot->count /= 2;
    pilot->size *= 2;
}

void pilot_add(Pilot *pilot, Time now, Time latency)
{
    pilot->next += (double)latency;
    if (++pilot->here < pilot->size)
        return;
    pilot->total[pilot->count] = pilot->next;
    pilot->end[pilot->count++] = now;
    pilot->next = 0;
    pilot->here = 0;
    if (pilot->count == PILOT_BATCHES)
        double_batches(pilot);
}

/* Totals in place of means, and distances from their mean in place of totals, have their least at the same d. */
static size_t best_cut(const Pilot *pilot)
{
    double sum = 0, squares = 0, origin = 0, least = 0;
    size_t best = 0;
    for (size_t i = 0; i < pilot->count; i++)
        origin += pilot->total[i] / (double)pilot->count;
    for (size_t d = pilot->count; d-- > 0;) {
        double y = pilot->total[d] - origin, left = (double)(pilot->count - d);
        sum += y;
        squares += y * y;
        double spread = (squares - sum * sum / left) / (left * left);
        if (2 * d > pilot->count)
            continue;
        if (best == 0 || spread <= least) { /* of equals the one that cuts least; d = 0 comes last */
            best = d + 1;
            least = spread;
        }
    }
    return best > 0 ? best - 1 : 0;
}

Time pilot_cut(const Pilot *pilot, Time simulated)
{
    size_t cut = best_cut(pilot);
    Time at = cut > 0 ? pilot->end[cut - 1] : 0;
    return at < simulated / 2 ? at : simulated / 2;
}
