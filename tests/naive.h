/* naive: a second simulator, slow and plain, written from the documents (docs/method.md, docs/semantics.md and the
 * contract they follow) and not from the code of model/. It shares with loopsim the reader of specs, the random numbers
 * and the distributions, and nothing of what happens in a run. The tests compare when each request began and ended.
 *
 * One rule of the documents stands at one place: naive_clients.c has the clients and the network, naive_cores.c and
 * naive_sharing.c the schedulers, naive_loop.c (with its promises, timers and pool) the event loop, naive_threads.c the
 * other servers, naive_steps.c the steps, naive.c time, resources, locks and pauses.
 *
 * Not here: parallel_io; arrivals that are modulated or come in stages; in bodies, variables, expressions, functions,
 * files and whatever makes promises and callbacks by hand (setTimeout, nextTick, promise, chain, emitters). */
#ifndef TESTS_NAIVE_H
#define TESTS_NAIVE_H

#include "../model/spec/spec.h"

typedef enum NaiveOutcome { IN_FLIGHT, COMPLETED, FAILED, REFUSED, TIMED_OUT } NaiveOutcome;

typedef struct NaiveRequest {
    Time wanted, over; /* over: -1 while in flight */
    int outcome;
} NaiveRequest;

enum { NAIVE_MOST = 20000 };

typedef struct NaiveRun {
    NaiveRequest request[NAIVE_MOST]; /* by number */
    uint64_t count;
} NaiveRun;

/* One server of a workload. In mem, which must have some 100 MB. */
NaiveRun *naive_run(Mem *mem, const Spec *spec, int server);

/* Of (request, wanted, over, outcome) of all requests in the order of their numbers. */
uint64_t naive_digest(const NaiveRun *run);

#endif
