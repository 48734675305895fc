#include "traced.h"

#include "command.h"

#include <check.h>
#include <stdlib.h>

const TraceArgs no_args = {.queued_ns = -1, .latency_ns = -1};
const TraceFlow no_flow = {0, 0};

void traced_start(Traced *traced, TracedSink *make)
{
    const char *error;
    *traced = (Traced){.mem = mem_new((size_t)64 << 20)};
    traced->out = out_open(traced->mem, scratch("trace"), false, &error);
    ck_assert_msg(traced->out, "%s", error);
    traced->sink = make(traced->mem, traced->out);
}

void traced_end(Traced *traced)
{
    static const char *const key[] = {"loopsim", "left_out"}, *const json[] = {"\"1.0.0\"", "0"};
    Sink *sink = traced->sink;
    traced->left_out = sink->left_out;
    sink->close(sink, 2, key, json);
    ck_assert_int_eq(out_close(traced->out), OUT_OK);
    traced->bytes = read_file(out_path(traced->out), &traced->size);
    ck_assert_uint_eq(traced->size, out_bytes(traced->out));
}

void traced_free(Traced *traced)
{
    free(traced->bytes);
    mem_delete(traced->mem);
    scratch_remove();
}

void traced_tracks(Sink *sink)
{
    static const TrackSpec specs[] = {
        {.track = 1, .kind = TRACK_PROCESS, .name = "node", .order = 7},
        {.track = 2, .parent = 1, .kind = TRACK_THREAD, .name = "loop", .order = 1, .about = "the event loop"},
        {.track = 3, .parent = 1, .kind = TRACK_THREAD, .name = "worker", .order = 2},
        {.track = 4, .parent = 1, .kind = TRACK_COUNTER, .name = "in flight", .order = 3},
        {.track = 5, .parent = 1, .kind = TRACK_ASYNC, .name = "request", .order = -4},
    };
    for (size_t i = 0; i < COUNT_OF(specs); i++)
        sink->track(sink, &specs[i]);
}
