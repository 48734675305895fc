/* specs: what the targets share that read a spec and run it under limits. */
#ifndef TESTS_FUZZ_SPECS_H
#define TESTS_FUZZ_SPECS_H

#include "../../model/observe/results.h"
#include "fuzz.h"

enum { FUZZ_EVENTS = 1000, FUZZ_MEMORY = 1 << 23 };

typedef struct FuzzSpec {
    Mem *mem;   /* that it was read with */
    Spec *spec; /* NULL: it is wrong */
    Program *program;
    Diag diag;
} FuzzSpec;

/* beside: what every file that the spec names holds; NULL: there is none. set: NULL-terminated. */
FuzzSpec *fuzz_spec_read(Mem *mem, const char *text, size_t size, const char *beside, const char *const *set);

/* Runs a server within the limits, with all that observes it, and checks what holds of every run; 0: memory gave out,
 * else its digest. sink: NULL, or where it is drawn. */
struct Sink;
uint64_t fuzz_run_server(const FuzzSpec *spec, int server, struct Sink *sink, uint64_t events);

void fuzz_starve_server(const FuzzSpec *spec, int server); /* its memory gives out somewhere */

/* Runs a program: the digest of its lines and of what it did; 0: memory gave out. */
uint64_t fuzz_run_program(const FuzzSpec *spec, bool explained);

#endif
