/* Traces, in any of their formats: three targets, as their corpora differ. */
#include "../../traces/check.h"
#include "../../traces/inflate.h"
#include "fuzz.h"

FuzzFn fuzz_trace, fuzz_pftrace, fuzz_gzip;

static const char results[] =
    "{\"servers\": {\"node\": {\"requests\": {\"completed\": 1}, \"latency_ns\": {\"count\": 1}}}}";

void fuzz_trace(Mem *mem, const uint8_t *bytes, size_t size)
{
    const char *text = inflated(mem, fuzz_text(mem, bytes, size), size, &size);
    PullText server;
    Time from, to;
    if (!text)
        return;
    TraceCheck *check = trace_check(mem, text, size);
    fuzz_must(trace_check_report(check), "no report");
    if (trace_check_faults(check) == 0 && trace_check_whole(check))
        trace_check_results(check, results, sizeof results - 1);
    if (trace_find_slowest(mem, text, size, &from, &to, &server))
        fuzz_must(from <= to, "the slowest request ends before it begins");
}

void fuzz_pftrace(Mem *mem, const uint8_t *bytes, size_t size)
{
    fuzz_trace(mem, bytes, size);
}

void fuzz_gzip(Mem *mem, const uint8_t *bytes, size_t size)
{
    fuzz_trace(mem, bytes, size);
}
