/* lab: a spec that is read and run inside a test, in pieces, so that the test can look at it on the way.
 *
 *     Lab *lab = lab_read("{...}");
 *     LabRun *run = lab_begin(lab, 0);
 *     while (lab_until(run, t += TIME_S)) ... run->stats ...
 *     const Results *results = lab_finish(run);
 *     lab_end_run(run);
 *     lab_end(lab);
 *
 * What the pieces do together is what world_run does; the tests of the examples compare the two. */
#ifndef TESTS_LAB_H
#define TESTS_LAB_H

#include "../model/observe/results.h"

typedef struct Lab {
    Mem *mem;
    Diag diag;
    Spec *spec;
    Program *program;
} Lab;

typedef struct LabRun {
    Mem *mem;
    Lab *lab;
    int server;
    Stats *stats;
    Probe probe;
    World *world;
    bool over; /* the end was reached, or a spin */
    WorldEnd end;
    Results *results; /* after lab_finish */
} LabRun;

Lab *lab_read(const char *text); /* fails the test, with what is wrong, where it is no workload */
Lab *lab_read_set(const char *text, const char *set, uint64_t seed); /* set: "PATH=VALUE" or NULL; seed 0: the spec's */
void lab_end(Lab *lab);

struct Sink;
LabRun *lab_begin_drawn(Lab *lab, int server, struct Sink *sink); /* as lab_begin, drawn on a sink */
LabRun *lab_begin(Lab *lab, int server); /* the warm-up is not over yet: it ends in one of the pieces */
bool lab_until(LabRun *run, Time until); /* false: the run is over (drained, or the spec's duration) */
bool lab_step(LabRun *run);              /* one event of the kernel; false: the run is over */
const Results *lab_finish(LabRun *run);  /* runs what is left */
void lab_end_run(LabRun *run);

#endif
