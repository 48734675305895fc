/* sink: where a trace goes. Tracks, slices, instants, counters and flows, in the time order in which they end or
 * happen.
 *
 * A sink knows time, not servers. One caller (model/observe/view) draws on it; each format is one file that fills
 * this struct of functions. Errors stick in the Out behind the sink and come out when it is closed. Texts are copied;
 * times are at least 0, in nanoseconds.
 *
 * Tracks are made by the caller with numbers of its own choice, from 1 and without large gaps (they index an array),
 * unique over the whole trace.
 *
 * Slices of a thread that hold others are entered and left; one that holds none may be given at once when it is over.
 * So that a viewer which sorts by time nests them as meant, also where they begin or end in the same nanosecond, a
 * slice is entered before anything inside it is given. Calls for one thread come in the order of `at` and `end`.
 *
 * Viewers stack what takes no time, and not without limit: of the instants of one thread at one time (and, in Chrome
 * JSON, of its slices that are 0 ns long) only the first SINK_STACKED are written; the others are counted in
 * `left_out`. */
#ifndef TRACES_SINK_H
#define TRACES_SINK_H

#include "../sim/buf.h"

typedef struct Sink Sink;
typedef uint32_t Track;

typedef enum TrackKind {
    TRACK_PROCESS, /* a group of tracks; parent 0 */
    TRACK_THREAD,  /* synchronous slices that nest; parent: a process */
    TRACK_COUNTER, /* values over time; parent: a process */
    TRACK_ASYNC    /* slices of one id that nest; parent: a process (or, for a nicer tree, another async track) */
} TrackKind;

typedef enum CounterUnit { UNIT_COUNT, UNIT_TIME_US, UNIT_KIB, UNIT_PERCENT } CounterUnit;

typedef struct TrackSpec {
    Track track, parent;
    TrackKind kind;
    CounterUnit unit;  /* counters */
    int order;         /* among its siblings */
    const char *name;  /* few distinct values for async tracks: it is the group in the UI */
    const char *about; /* a description where the format has one; may be NULL */
} TrackSpec;

typedef enum ThreadState { THREAD_RUNNING, THREAD_READY, THREAD_SLEEPING, THREAD_BLOCKED, THREAD_GONE } ThreadState;

/* What belongs to a slice or an instant beyond its name. Zero (or NULL): absent. The names are what the UI shows.
 * Where a slice gets some as it begins and some as it ends, each goes to one of the two. */
typedef struct TraceArgs {
    uint64_t request, connection; /* numbers from 1 */
    const char *handler, *step, *detail;
    Time queued_ns, latency_ns; /* -1: absent (0 is a value) */
    const char *outcome;
    bool unfinished;
    const char *blame; /* a text: who held what it waited for */
} TraceArgs;

/* Flows: arrows between slices and instants. A number (from 1, unique over the trace) is a chain of hops: `out` where
 * it begins, `in` where it ends, the same number as both where it passes through. No event may lie before the one that
 * the hop comes from. Where an event has two different numbers, Chrome JSON, which has room for one, lets the second
 * leave from an event more, of 0 ns, at its start; what passes through should therefore keep its number.
 *
 * Between events of one instant, the importer of Chrome JSON draws an arrow from a thread's slice to an asynchronous
 * one, and between asynchronous ones in the order of the calls; from an asynchronous one to a thread's slice, or from a
 * thread's slice to a longer one, it drops the arrow. */
typedef struct TraceFlow {
    uint64_t in, out; /* 0: none */
} TraceFlow;

enum { SINK_STACKED = 256 };

struct Sink {
    void (*track)(Sink *sink, const TrackSpec *spec); /* before its first use, and after its parent */

    /* A synchronous slice on a thread that holds others. What is still entered at the end is left then, unfinished. */
    void (*enter)(Sink *sink, Track thread, Time at, const char *name, const TraceArgs *args, TraceFlow flow);
    void (*leave)(Sink *sink, Track thread, Time at, const TraceArgs *args, TraceFlow flow);

    /* One that holds no other, when it is over. */
    void (*slice)(Sink *sink, Track thread, Time start, Time end, const char *name, const TraceArgs *args,
                  TraceFlow flow);

    /* An asynchronous slice on an async track: begins now, ends later; `id` (from 1) tells concurrent ones of one track
     * apart, and slices of one id nest. The name is the same at both ends. args may be NULL, here and everywhere. */
    void (*begin)(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                  TraceFlow flow);
    void (*end)(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args, TraceFlow flow);

    void (*instant)(Sink *sink, Track thread_or_async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                    TraceFlow flow);
    void (*counter)(Sink *sink, Track counter, Time at, int64_t value);

    /* The thread is in this state from `start` to `end`; cpu: which one, while it runs (unique over all processes). */
    void (*state)(Sink *sink, Track thread, Time start, Time end, ThreadState state, int cpu);

    /* Ends the trace with its metadata: pairs of key and JSON value, in order. The sink is gone afterwards; the Out is
     * not closed. */
    void (*close)(Sink *sink, size_t n, const char *const key[], const char *const json[]);

    uint64_t events;   /* written so far */
    uint64_t left_out; /* see SINK_STACKED */

    /* The callers' own, so that several can draw on one sink: how many numbers were given to tracks, flows and CPUs. */
    Track tracks_given;
    uint64_t flows_given;
    uint32_t cpus_given;
};

struct Out;
Sink *chrome_sink(Mem *mem, struct Out *out);  /* Chrome JSON */
Sink *pftrace_sink(Mem *mem, struct Out *out); /* TrackEvent protobuf */

#endif
