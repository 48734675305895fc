#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TARGET(name) FuzzFn fuzz_##name;
#include "targets.h"
#undef TARGET

const FuzzTarget fuzz_targets[] = {
#define TARGET(name) {#name, fuzz_##name, (size_t)1 << 27},
#include "targets.h"
#undef TARGET
    {NULL, NULL, 0}};

const FuzzTarget *fuzz_find(const char *name)
{
    for (const FuzzTarget *target = fuzz_targets; target->name; target++)
        if (strcmp(target->name, name) == 0)
            return target;
    return NULL;
}

int fuzz_said = STDERR_FILENO;

_Noreturn void fuzz_failed(const char *file, int line, const char *what)
{
    dprintf(fuzz_said, "%s:%d: %s\n", file, line, what);
    abort();
}

const char *fuzz_text(Mem *mem, const uint8_t *bytes, size_t size)
{
    return mem_copy(mem, (const char *)bytes, size);
}

FuzzFile fuzz_file(const uint8_t *bytes, size_t size)
{
    char name[] = "/tmp/loopsim-fuzz-XXXXXX";
    FuzzFile file = {.fd = mkstemp(name)};
    fuzz_must(file.fd >= 0 && unlink(name) == 0, "no temporary file");
    fuzz_must(write(file.fd, bytes, size) == (ssize_t)size, "a temporary file cannot be written");
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd);
    return file;
}

void fuzz_file_end(FuzzFile *file)
{
    close(file->fd);
}

/* With the n-th allocation failing, or from the n-th on; n 0: none does. The number of allocations. */
static uint64_t run(const FuzzTarget *target, const uint8_t *bytes, size_t size, uint64_t n, bool for_good)
{
    Mem *mem = mem_new(target->budget);
    MemTrap trap;
    fuzz_must(mem, "no memory at all");
    mem_fail_at(mem, n, for_good);
    if (mem_try(mem, &trap)) {
        target->run(mem, bytes, size);
        mem_end_try(mem, &trap);
    }
    uint64_t requests = mem_requests(mem);
    mem_delete(mem);
    return requests;
}

/* FNV-1a (Fowler, Noll, Vo), which is good enough to choose. */
static uint64_t hash(const uint8_t *bytes, size_t size)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

void fuzz_one(const FuzzTarget *target, const uint8_t *bytes, size_t size)
{
    uint64_t chosen = hash(bytes, size), requests = run(target, bytes, size, 0, false);
    if (chosen % 8 == 0 && requests > 0)
        run(target, bytes, size, 1 + chosen / 16 % requests, chosen / 8 % 2);
}
