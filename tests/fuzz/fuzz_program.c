/* A program as any text: it ends, and looking at it step by step changes nothing. */
#include "specs.h"

FuzzFn fuzz_program;

void fuzz_program(Mem *mem, const uint8_t *bytes, size_t size)
{
    FuzzSpec *spec = fuzz_spec_read(mem, fuzz_text(mem, bytes, size), size, NULL, NULL);
    if (!spec->spec || spec->spec->kind != SPEC_PROGRAM)
        return;
    uint64_t digest = fuzz_run_program(spec, false);
    if (digest == 0 || size % 4 != 0)
        return;
    uint64_t again = fuzz_run_program(spec, size % 8 == 0);
    fuzz_must(again == 0 || again == digest, "the same program twice, not the same");
}
