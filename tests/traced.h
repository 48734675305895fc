/* traced: a trace that a test draws, and the bytes that come out. */
#ifndef TESTS_TRACED_H
#define TESTS_TRACED_H

#include "traces/out.h"
#include "traces/sink.h"

typedef struct Traced {
    Mem *mem;
    Out *out;
    Sink *sink;
    char *bytes; /* after traced_end; NUL-terminated */
    size_t size;
    uint64_t events, left_out;
} Traced;

typedef Sink *TracedSink(Mem *mem, struct Out *out);

void traced_start(Traced *traced, TracedSink *make);
void traced_end(Traced *traced); /* with the metadata {"loopsim": "1.0.0", "left_out": 0} */
void traced_free(Traced *traced);

/* Process 1 with the threads 2 and 3, the counter 4 and the asynchronous track 5; names "node", "loop", "worker",
 * "in flight" and "request". */
void traced_tracks(Sink *sink);

extern const TraceArgs no_args;
extern const TraceFlow no_flow;

#endif
