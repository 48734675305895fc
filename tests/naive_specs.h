/* naive_specs: small workloads at random for the naive simulator, the same for a number on any machine; with what each
 * of them meets. */
#ifndef TESTS_NAIVE_SPECS_H
#define TESTS_NAIVE_SPECS_H

#include "../sim/buf.h"

enum { NAIVE_KINDS = 40 };
extern const char *const naive_kind[]; /* of steps and the like; ends with NULL */

typedef struct NaiveSpec {
    const char *text;
    int scheduler;
    bool has[NAIVE_KINDS];
} NaiveSpec;

NaiveSpec naive_spec(Mem *mem, uint64_t seed, uint64_t number);

#endif
