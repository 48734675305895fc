/* The reader of specs and the compiler of steps, on any text: one in four is read twice, and printed. */
#include "../../sim/digest.h"
#include "specs.h"

#include <string.h>

FuzzFn fuzz_spec;

static void add_row(void *context, const char *path, const char *value, const char *origin)
{
    uint64_t *digest = context;
    *digest = digest_bytes(*digest, path, strlen(path));
    *digest = digest_bytes(*digest, value, strlen(value));
    *digest = digest_bytes(*digest, origin, strlen(origin));
}

void fuzz_spec(Mem *mem, const uint8_t *bytes, size_t size)
{
    const char *text = fuzz_text(mem, bytes, size);
    FuzzSpec *spec = fuzz_spec_read(mem, text, size, "0.1\n0.2\n", NULL);
    uint64_t first = DIGEST_START, second = DIGEST_START;
    if (!spec->spec || size % 4 != 0)
        return;
    FuzzSpec *again = fuzz_spec_read(mem, text, size, "0.1\n0.2\n", NULL);
    fuzz_must(again->spec && again->spec->digest == spec->spec->digest, "read twice, not the same");
    spec_print(spec->spec, mem, add_row, &first);
    spec_print(again->spec, mem, add_row, &second);
    fuzz_must(first == second, "printed twice, not the same");
}
