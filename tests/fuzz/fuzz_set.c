/* --set: lines of PATH=VALUE, on a spec that has one of everything. */
#include "specs.h"

#include <string.h>

FuzzFn fuzz_set;

enum { LINES = 8 };

static const char text[] =
    "{\"name\": \"x\", \"seed\": 7, \"duration\": \"1s\", \"warmup\": \"100ms\","
    "\"machine\": {\"profile\": \"linux\", \"cores\": 2, \"memory\": \"1GiB\", \"costs\": {\"accept\": \"1us\"}},"
    "\"network\": {\"rtt\": \"1ms\", \"syn_retry\": [\"1s\"]},"
    "\"resources\": {\"db\": {\"latency\": {\"lognormal\": {\"median\": \"4ms\", \"p99\": \"40ms\"}}}},"
    "\"handlers\": {\"get\": [{\"cpu\": \"150us\"}, {\"await\": {\"io\": \"db\"}}],"
    " \"put\": [{\"cpu\": {\"uniform\": [\"1ms\", \"2ms\"]}}]},"
    "\"arrivals\": [{\"poisson\": \"500/s\", \"mix\": {\"get\": 90, \"put\": 10}}, {\"clients\": 3, \"think\": "
    "\"1ms\"}],"
    "\"servers\": {\"node\": {\"model\": \"event-loop\", \"workers\": 4}, \"pool\": {\"model\": \"thread-pool\"}},"
    "\"expect\": [\"node.p99 < 10s\"]}";

void fuzz_set(Mem *mem, const uint8_t *bytes, size_t size)
{
    const char *set[LINES + 1] = {NULL};
    char *at = mem_copy(mem, (const char *)bytes, size);
    for (int i = 0; i < LINES && at; i++) {
        char *end = strchr(at, '\n');
        set[i] = at;
        if (end)
            *end++ = '\0';
        at = end;
    }
    fuzz_spec_read(mem, text, sizeof text - 1, NULL, set);
}
