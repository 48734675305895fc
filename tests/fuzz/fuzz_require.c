/* Requirements: as --require takes them, and as the spec has them, judged where there are no results, and some. */
#include "../../model/observe/verdict.h"
#include "specs.h"

#include <string.h>

FuzzFn fuzz_require;

static const char before[] =
    "{\"name\": \"x\", \"duration\": \"10ms\", \"resources\": {\"db\": {\"latency\": \"1ms\"}},"
    "\"handlers\": {\"get\": [{\"cpu\": \"1ms\"}, {\"await\": {\"io\": \"db\"}}], \"put\": [\"a\"]},"
    "\"arrivals\": {\"every\": \"2ms\", \"mix\": {\"get\": 1, \"put\": 1}},"
    "\"servers\": {\"node\": {\"model\": \"event-loop\"}, \"pool\": {\"model\": \"thread-pool\"}},\"expect\": [\n",
                  after[] = "]}";

static const Results *results_of(Mem *mem, const FuzzSpec *from, int server)
{
    const Spec *spec = from->spec;
    Probe *probe = mem_get(mem, sizeof *probe);
    probe_init(probe, NULL, stats_new(mem, spec, from->program, 0));
    World *world = world_new(mem, spec, from->program, &spec->servers[server], probe);
    world_run(world, FUZZ_EVENTS, NULL);
    return results_take(mem, spec, from->program, &spec->servers[server], probe, WORLD_DEADLINE);
}

static void judge(Mem *mem, const FuzzSpec *from, const char *text, JsonPlace place)
{
    const Results *results[2] = {NULL, NULL};
    Requirement requirement;
    Buf said;
    size_t errors = from->diag.errors;
    FuzzSpec copy = *from;
    if (!requirement_parse(&requirement, mem, copy.spec, text, place, &copy.diag)) {
        fuzz_must(copy.diag.errors > errors, "refused without a word");
        buf_init(&said, mem, 1 << 22);
        diag_render(&said, &copy.diag);
        return;
    }
    Verdict verdict = requirement_judge(&requirement, copy.spec, results);
    fuzz_must(!verdict.met, "met, without results");
    results[0] = results_of(mem, from, 0);
    results[1] = results_of(mem, from, 1);
    requirement_judge(&requirement, copy.spec, results);
}

void fuzz_require(Mem *mem, const uint8_t *bytes, size_t size)
{
    const char *text = fuzz_text(mem, bytes, size);
    Buf spec;
    buf_init(&spec, mem, 1 << 24);
    buf_text(&spec, before);
    buf_json(&spec, text, strlen(text));
    buf_text(&spec, after);
    FuzzSpec *from = fuzz_spec_read(mem, buf_string(&spec), spec.size, NULL, NULL);
    if (!from->spec)
        return;
    diag_source(&from->diag, "--require", text, strlen(text));
    judge(mem, from, from->spec->expect[0].text, from->spec->expect[0].place);
    judge(mem, from, text, (JsonPlace){.file = "--require", .line = 1, .column = 1, .size = (uint32_t)strlen(text)});
}
