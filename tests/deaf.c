#include "deaf.h"

static void on_track(Sink *sink, const TrackSpec *spec)
{
    (void)sink, (void)spec;
}

static void on_enter(Sink *sink, Track thread, Time at, const char *name, const TraceArgs *args, TraceFlow flow)
{
    (void)sink, (void)thread, (void)at, (void)name, (void)args, (void)flow;
}

static void on_leave(Sink *sink, Track thread, Time at, const TraceArgs *args, TraceFlow flow)
{
    (void)sink, (void)thread, (void)at, (void)args, (void)flow;
}

static void on_slice(Sink *sink, Track thread, Time start, Time end, const char *name, const TraceArgs *args,
                     TraceFlow flow)
{
    (void)sink, (void)thread, (void)start, (void)end, (void)name, (void)args, (void)flow;
}

static void on_instant(Sink *sink, Track track, uint64_t id, Time at, const char *name, const TraceArgs *args,
                       TraceFlow flow)
{
    (void)sink, (void)track, (void)id, (void)at, (void)name, (void)args, (void)flow;
}

static void on_counter(Sink *sink, Track counter, Time at, int64_t value)
{
    (void)sink, (void)counter, (void)at, (void)value;
}

static void on_close(Sink *sink, size_t n, const char *const key[], const char *const json[])
{
    (void)sink, (void)n, (void)key, (void)json;
}

static void on_begin(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                     TraceFlow flow)
{
    (void)sink, (void)async, (void)id, (void)at, (void)name, (void)args, (void)flow;
}

static void on_end(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                   TraceFlow flow)
{
    (void)sink, (void)async, (void)id, (void)at, (void)name, (void)args, (void)flow;
}

static void on_state(Sink *sink, Track thread, Time start, Time end, ThreadState state, int cpu)
{
    (void)sink, (void)thread, (void)start, (void)end, (void)state, (void)cpu;
}

const Sink deaf_sink = {.track = on_track,
                        .enter = on_enter,
                        .leave = on_leave,
                        .slice = on_slice,
                        .begin = on_begin,
                        .end = on_end,
                        .instant = on_instant,
                        .counter = on_counter,
                        .state = on_state,
                        .close = on_close};
