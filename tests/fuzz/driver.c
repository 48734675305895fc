/* libFuzzer's side: the target is named by the program: fuzz-spec is the target spec. A bug that must() finds has to
 * abort here, as libFuzzer takes a plain exit for the end. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const FuzzTarget *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    const char *name = strrchr((*argv)[0], '-');
    target = name ? fuzz_find(name + 1) : NULL;
    if (target)
        return 0;
    fprintf(stderr, "%s: call me fuzz-TARGET\n", (*argv)[0]);
    exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_one(target, bytes, size);
    return 0;
}

_Noreturn void must_failed(const char *file, int line, const char *what)
{
    fuzz_failed(file, line, what);
}
