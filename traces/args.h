/* args: TraceArgs as a list, so that every format writes the same names in the same order. */
#ifndef TRACES_ARGS_H
#define TRACES_ARGS_H

#include "sink.h"

enum { ARGS = 10 };

typedef struct Arg {
    unsigned index;   /* 0 .. ARGS - 1: the place of its name in args_names */
    const char *text; /* NULL: a number, or the flag `unfinished` */
    uint64_t number;
} Arg;

enum { ARG_REQUEST = 0, ARG_UNFINISHED = 9 };

typedef struct ArgName {
    const char *text;
    size_t size;
} ArgName;

extern const ArgName args_names[ARGS];

/* What is present in `args` (NULL: nothing) but not in the set *seen (one bit an index), which it then joins; returns
 * how many. So none is written twice for one slice. */
unsigned args_list(const TraceArgs *args, unsigned *seen, Arg list[ARGS]);

#endif
