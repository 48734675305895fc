/* faults: system calls and allocations that fail when a test says so. The linker leads the calls of calloc, write, open
 * and their like in this program through here (--wrap); nothing fails, and nothing costs much, until `hit` is set.
 *
 * Only what a full disk or missing memory can hit is counted: writes to regular files other than stderr, files opened
 * for writing, their closing and renaming. */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum FaultKind { FAULT_MEMORY, FAULT_OPEN, FAULT_WRITE, FAULT_CLOSE, FAULT_RENAME, FAULT_KINDS } FaultKind;
extern const char *const fault_name[FAULT_KINDS];

typedef struct Fault {
    int error;     /* errno; FAULT_MEMORY: unused */
    bool partly;   /* no error: a write of half of the bytes */
    bool harmless; /* nothing may come of it: EINTR, or a short write */
} Fault;

typedef struct Faults {
    /* Whether this call, the n-th of its kind in this process, fails: NULL: it does not. */
    const Fault *(*hit)(FaultKind kind, uint64_t n);
    uint64_t count[FAULT_KINDS];
    int64_t blocks; /* of memory taken and not yet given back */
    uint64_t forks;
    bool forked; /* this is a process that the program has made */
} Faults;

extern Faults faults;

#endif
