/* jobs: pieces of work done by worker processes, each a fork of this one.
 *
 * A worker is told the number of a piece, does it, sends its answer as bytes and waits for the next. Answers come in
 * any order; who asked puts them in order, so that the result does not depend on the number of workers. Beside time
 * this is what processes give over threads: a worker that crashes or runs out of the machine's memory takes nothing
 * with it.
 *
 * Where this process is told to stop (cli->stop), no further piece is given out, the workers are told as well (SIGTERM,
 * after which cli->stop is set in them), and their last answers are still taken. Where this process dies, the workers
 * are killed. */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H

#include "cli.h"

typedef struct Jobs {
    Cli *cli;
    int workers;
    uint64_t first, count; /* pieces first … count - 1 */
    uint64_t ahead;        /* so many may be begun beyond the oldest that is not answered; 0: any number */
    const char *what;      /* for the line of progress: "points"; NULL: no such line */
    uint64_t total;        /* for the same line; 0: count */
    uint64_t done_before;  /* of these, and counted in total */
    void *context;
    /* In a worker. `cli` has a memory of its own that goes with the answer. */
    void (*work)(void *context, Cli *cli, uint64_t piece, Buf *answer);
    /* Here. False: enough, nothing more is needed; it is not called again, whatever else is answered. */
    bool (*answered)(void *context, uint64_t piece, const char *bytes, size_t size);
    /* NULL: every piece is wanted. Else pieces for which it is false are left out. */
    bool (*wanted)(void *context, uint64_t piece);
} Jobs;

/* EXIT_DONE (also where `answered` said that it is enough), EXIT_INTERRUPTED, or, with everything said: EXIT_IO where
 * no worker could be started, EXIT_LIMIT where one was out of memory, EXIT_BUG where one crashed. */
int jobs_run(Jobs *jobs);

#endif
