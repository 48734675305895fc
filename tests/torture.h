/* torture: a command of loopsim, done again and again, each time with another allocation or system call that fails.
 *
 * The command runs once, in a process of its own. At each call that is to fail that process forks: the child meets the
 * failure and runs on to its end, which is judged; then what the child left on the disk is undone and the parent goes
 * on as if nothing had failed. So the n-th failure costs a fork and what comes after it, not what comes before. Where
 * the command makes processes itself (sweeps, replications) it begins anew for each failure instead.
 *
 * What must hold, whatever fails: nothing leaks (memory, descriptors, processes), no .part is left, a file under its
 * final name is complete; the exit code is 5 (memory) or 4 (files), with a word on stderr; and EINTR and short writes
 * change nothing at all. */
#ifndef TESTS_TORTURE_H
#define TESTS_TORTURE_H

#include "faults.h"

#include <stddef.h>

typedef struct TortureCase {
    const char *name;
    const char *words;  /* the command line, by blanks; @ is the directory for what is written */
    bool fewer;         /* of several runs those that are whole are results as well: their number is the mark */
    bool threads;       /* it has some, which a fork would lose: it begins anew for each failure */
    const char *before; /* a command that makes what this one reads, likewise; NULL: nothing is needed */
} TortureCase;

typedef struct TortureTally {
    uint64_t calls[FAULT_KINDS];  /* that the command makes */
    uint64_t failed[FAULT_KINDS]; /* that were made to fail, one after the other */
} TortureTally;

/* Of each kind the first `all` calls fail, and some `more` of the rest, evenly spread. The test fails where something
 * does not hold. */
TortureTally torture(const TortureCase *of, uint64_t all, uint64_t more);

#endif
