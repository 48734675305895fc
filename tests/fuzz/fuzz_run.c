/* A workload as any text, run for at most 50 ms and within the limits: it ends, and what holds of every run holds. */
#include "specs.h"

FuzzFn fuzz_run;

void fuzz_run(Mem *mem, const uint8_t *bytes, size_t size)
{
    FuzzSpec *spec = fuzz_spec_read(mem, fuzz_text(mem, bytes, size), size, "0\n0.001,\n0.02\n", NULL);
    if (!spec->spec || spec->spec->kind != SPEC_WORKLOAD)
        return;
    if (spec->spec->duration > 50 * TIME_MS)
        spec->spec->duration = 50 * TIME_MS;
    if (spec->spec->warmup > spec->spec->duration)
        spec->spec->warmup = spec->spec->duration / 2;
    for (int server = 0; server < spec->spec->server_count && server < 4; server++) {
        uint64_t digest = fuzz_run_server(spec, server, NULL, FUZZ_EVENTS);
        if (size % 4 == 1)
            fuzz_starve_server(spec, server);
        if (digest != 0 && size % 4 == 0)
            fuzz_must(fuzz_run_server(spec, server, NULL, FUZZ_EVENTS) == digest, "the same run twice, not the same");
    }
}
