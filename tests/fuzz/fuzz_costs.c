/* A table of costs. */
#include "specs.h"

FuzzFn fuzz_costs;

static const char text[] = "{\"duration\": \"10ms\", \"machine\": {\"profile\": \"costs.json\"},"
                           "\"handlers\": {\"get\": [{\"cpu\": \"1ms\"}]}, \"arrivals\": {\"every\": \"1ms\"}}";

void fuzz_costs(Mem *mem, const uint8_t *bytes, size_t size)
{
    FuzzSpec *spec = fuzz_spec_read(mem, text, sizeof text - 1, fuzz_text(mem, bytes, size), NULL);
    if (!spec->spec)
        return;
    fuzz_must(spec->spec->machine.costs.accept >= 0, "a cost below 0");
    fuzz_run_server(spec, 0, NULL, 300);
    fuzz_run_server(spec, 1, NULL, 300);
}
