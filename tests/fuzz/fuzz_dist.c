/* Distributions: what is read can be drawn from: never negative, never more than a run may last, twice the same. */
#include "../../model/machine/arrivals.h"
#include "../../model/spec/units.h"
#include "fuzz.h"

#include <math.h>

FuzzFn fuzz_dist;

enum { DRAWS = 16 };

static void draw(const Dist *dist)
{
    Time first[DRAWS], constant;
    double mean = dist_mean(dist), variance = dist_variance(dist);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < DRAWS; i++) {
            Rng rng = draw_at(draw_key(1, 2, 3), i, 0, DRAW_PAUSE_FOR);
            Time time = dist_sample(dist, &rng);
            fuzz_must(time >= 0 && time <= TIME_MAX_RUN, "a draw out of range");
            fuzz_must(round == 0 || time == first[i], "the same draw twice, not the same");
            first[i] = time;
        }
    }
    fuzz_must(!isnan(mean) && mean >= 0, "a mean that is none");
    fuzz_must(!isnan(variance) && variance >= 0, "a variance that is none");
    if (dist_is_constant(dist, &constant))
        fuzz_must(constant == first[0] && constant == first[DRAWS - 1], "a constant that varies");
}

void fuzz_dist(Mem *mem, const uint8_t *bytes, size_t size)
{
    const char *text = fuzz_text(mem, bytes, size);
    Diag diag;
    Buf said;
    diag_init(&diag, mem);
    diag_source(&diag, "f", text, size);
    Json *json = json_read(mem, (JsonPlace){.file = "f", .line = 1, .column = 1}, text, size, &diag);
    const Dist *dist = json && diag.errors == 0 ? value_dist(mem, json, &diag) : NULL;
    fuzz_must(dist || diag.errors > 0, "refused without a word");
    buf_init(&said, mem, 1 << 22);
    diag_render(&said, &diag);
    if (dist)
        draw(dist);
}
