/* programs: runs a program of the step language within a test, and keeps what it printed. */
#ifndef TESTS_PROGRAMS_H
#define TESTS_PROGRAMS_H

#include "../model/node/process.h"

typedef struct Played {
    char *lines;          /* what it printed, each line with its end */
    char *diagnostics;    /* why it was refused, rendered; "" where it ran */
    char error[512];      /* what it died of; "" otherwise */
    ProcessResult result; /* its `error` is not valid any more */
    bool refused, spinning, out_of_memory;
} Played;

typedef struct PlayOptions {
    const char *file;    /* as diagnostics name it; NULL: "p.json" */
    bool legacy;         /* order=libuv-1.44 */
    uint64_t max_events; /* 0: 10^7 */
    size_t memory;       /* 0: 256 MiB */
} PlayOptions;

Played play_program(const char *json, const PlayOptions *options); /* options may be NULL */
void played_free(Played *played);

/* Runs it and checks what it prints and its exit code; for the lines, '|' ends one. */
void ck_program(const char *json, const char *lines, int exit_code);

#endif
