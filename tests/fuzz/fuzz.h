/* fuzz: what an input of bytes may do to one part of loopsim: anything but crash, leak, hang, or break what is
 * promised of it.
 *
 * A target takes the bytes and a memory of its own for each call; where that gives out the input is over. What must
 * hold is said with fuzz_must, which aborts. Targets keep no state between calls.
 *
 *     make fuzz T=spec SECONDS=600     with libFuzzer (clang), AddressSanitizer and UndefinedBehaviorSanitizer
 *     make test SUITES=fuzz            the corpus again: what libFuzzer has found lies in tests/fuzz/corpus/TARGET */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "../../sim/buf.h"

typedef void FuzzFn(Mem *mem, const uint8_t *bytes, size_t size);

typedef struct FuzzTarget {
    const char *name;
    FuzzFn *run;
    size_t budget; /* of its memory */
} FuzzTarget;

extern const FuzzTarget fuzz_targets[]; /* ends with a row whose name is NULL */
const FuzzTarget *fuzz_find(const char *name);

/* One input. One in eight, chosen by its bytes, is done a second time with an allocation that fails. */
void fuzz_one(const FuzzTarget *target, const uint8_t *bytes, size_t size);

extern int fuzz_said; /* where fuzz_must says it: stderr */
#define fuzz_must(condition, what) ((condition) ? (void)0 : fuzz_failed(__FILE__, __LINE__, what))
_Noreturn void fuzz_failed(const char *file, int line, const char *what);

const char *fuzz_text(Mem *mem, const uint8_t *bytes, size_t size); /* NUL-terminated; what follows a NUL is lost */

/* A file in memory, for what takes a path; valid until fuzz_file_end. */
typedef struct FuzzFile {
    int fd;
    char path[40];
} FuzzFile;
FuzzFile fuzz_file(const uint8_t *bytes, size_t size);
void fuzz_file_end(FuzzFile *file);

#endif
