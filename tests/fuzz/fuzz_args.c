/* The command line: words of a line each; and what a sweep varies. */
#include "../../cli/cli.h"
#include "../../cli/vary.h"
#include "fuzz.h"

#include <string.h>

FuzzFn fuzz_args;

enum { WORDS = 16 };

void fuzz_args(Mem *mem, const uint8_t *bytes, size_t size)
{
    static char program[] = "loopsim";
    char *argv[WORDS + 2] = {program}, *at = mem_copy(mem, (const char *)bytes, size);
    int argc = 1;
    while (at && argc <= WORDS) {
        char *end = strchr(at, '\n');
        argv[argc++] = at;
        if (end)
            *end++ = '\0';
        at = end;
    }
    Args *args = mem_get(mem, sizeof *args);
    if (!args_parse(args, mem, argc, argv))
        return;
    fuzz_must(args->command && args->runs >= 0 && args->jobs >= 1 && args->max_memory >= 0, "options out of range");
    for (int i = 0; i < args->vary.count; i++) {
        Vary vary = {0};
        if (!vary_read(&vary, mem, args->vary.word[i]))
            fuzz_must(vary.count > 0 && vary.count <= SWEEP_MOST, "too many values");
    }
}
