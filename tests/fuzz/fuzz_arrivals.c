/* A file of arrivals. */
#include "specs.h"

FuzzFn fuzz_arrivals;

static const char text[] = "{\"duration\": \"10ms\", \"handlers\": {\"get\": [\"a\"], \"put\": [\"b\"]},"
                           "\"arrivals\": {\"file\": \"a.csv\", \"mix\": {\"get\": 1, \"put\": 2}}}";

void fuzz_arrivals(Mem *mem, const uint8_t *bytes, size_t size)
{
    FuzzSpec *spec = fuzz_spec_read(mem, text, sizeof text - 1, fuzz_text(mem, bytes, size), NULL);
    if (!spec->spec)
        return;
    const SpecArrivals *arrivals = spec->spec->arrivals;
    fuzz_must(arrivals->at_count > 0, "a file without arrivals was taken");
    for (size_t i = 0; i < arrivals->at_count; i++) {
        fuzz_must(arrivals->at[i].at >= (i > 0 ? arrivals->at[i - 1].at : 0), "not in the order of time");
        fuzz_must(arrivals->at[i].at <= TIME_MAX_RUN, "after the end of all runs");
        fuzz_must(arrivals->at[i].handler >= -1 && arrivals->at[i].handler < 2, "a handler that is not there");
    }
    fuzz_run_server(spec, 0, NULL, FUZZ_EVENTS);
}
