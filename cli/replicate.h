/* replicate: several independent runs of all servers, in parallel where that is asked for.
 *
 * Run i has a seed of its own, derived from (seed, i); run 1 the seed itself. In every run all servers meet the same
 * arrivals and draws. A run counts when all of its servers are through; where one is interrupted or comes to a limit,
 * the runs before it are the results (where it is the first: what was done so far). */
#ifndef CLI_REPLICATE_H
#define CLI_REPLICATE_H

#include "run.h"

enum { PRECISION_LEAST = 10, PRECISION_MOST = 1000 };

typedef struct Replication {
    Cli *cli;
    const Input *input;
    const bool *wanted; /* by the server's index */
    WatchList watched;  /* the usual figures, and what requirements name */
    /* What came of it: */
    Results **by_server; /* the whole of all runs; NULL: not run */
    Figures *figures;    /* by the server's index, for report_json */
    int runs;            /* whole ones; at least 1 where there are any results */
    bool interrupted;
    bool limit;     /* a limit was reached: said */
    bool imprecise; /* so many runs as are allowed were not enough for --precision: said */
} Replication;

uint64_t replicate_seed(uint64_t seed, uint64_t run); /* run from 1 */

/* Figures are watched before (watch_usual, watch_add). EXIT_DONE, or what jobs_run says. */
int replicate(Replication *replication);
int replicate_here(Replication *replication); /* the same in this process; no figures for report_json */

/* What is to be known of each run for the report and the requirements. */
void replicate_watch(Replication *replication, const Requirements *requirements);

/* Says which limit a server has come to. */
void replicate_tell_limit(Mem *mem, const char *name, const ServerRun *done);

#endif
