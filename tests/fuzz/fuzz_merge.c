/* Parts of a sharded sweep: the bytes as one part, and as the second one beside itself; what is whole is reported. */
#include "../../cli/sweep.h"
#include "fuzz.h"

FuzzFn fuzz_merge;

void fuzz_merge(Mem *mem, const uint8_t *bytes, size_t size)
{
    static const Percentile percentiles[] = {{"99", 99000000}};
    const char *text = fuzz_text(mem, bytes, size);
    Args *args = mem_get(mem, sizeof *args);
    args->percentiles = mem_get(mem, sizeof percentiles);
    args->percentiles[0] = percentiles[0];
    args->percentile_count = 1;
    Sweep *sweep = mem_get(mem, sizeof *sweep);
    *sweep = (Sweep){.mem = mem, .args = args};
    if (sweep_read(sweep, text, size))
        return;
    fuzz_must(!sweep_read(sweep, text, size), "a part beside itself is refused");
    fuzz_must(sweep->here <= sweep->points, "more points than there are");
    Buf buf;
    buf_init(&buf, mem, 1 << 24);
    sweep_json(&buf, sweep);
    if (sweep->here < sweep->points)
        return;
    sweep_csv(&buf, sweep);
    sweep_text(&buf, sweep, true, 60);
}
