/* Writes the specs of tests/random_specs.h: `specs DIRECTORY N` makes random-000.json to random-(N-1).json. */
#include "../random_specs.h"

#include <stdio.h>
#include <stdlib.h>

static bool write_spec(const char *directory, uint64_t number)
{
    char path[4096];
    Mem *mem = mem_new(1 << 24);
    int length = snprintf(path, sizeof path, "%s/random-%03u.json", directory, (unsigned)number);
    FILE *file = length < (int)sizeof path ? fopen(path, "w") : NULL;
    bool written = file && fputs(random_spec(mem, number), file) >= 0;
    written &= file && fclose(file) == 0;
    mem_delete(mem);
    return written;
}

int main(int argc, char **argv)
{
    uint64_t count = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    for (uint64_t number = 0; number < count; number++) {
        if (!write_spec(argv[1], number)) {
            perror(argv[1]);
            return 1;
        }
    }
    return count > 0 ? 0 : 2;
}
