#include "ledger.h"

#include "deaf.h"

#include <check.h>
#include <string.h>

static Ledger *ledger_of(Sink *sink)
{
    return (Ledger *)(void *)sink;
}

/* The part of [from, to) that lies in the window. */
static int64_t inside(const Ledger *ledger, Time from, Time to)
{
    if (from < ledger->from)
        from = ledger->from;
    return to > from ? to - from : 0;
}

void ledger_at(Ledger *ledger, Time now)
{
    ck_assert_int_ge(now, ledger->since);
    ledger->area += (int64_t)ledger->population * inside(ledger, ledger->since, now);
    for (int i = 0; i < ledger->spec->resource_count; i++)
        ledger->resource[i].busy += (int64_t)ledger->resource[i].now * inside(ledger, ledger->since, now);
    ledger->since = now;
}

/* ---- requests ---- */

static void request_begins(Ledger *ledger, uint64_t id, int handler, Time at)
{
    ledger->open[id].begun = at;
    ledger->open[id].there = true;
    ledger->ids = id >= ledger->ids ? id + 1 : ledger->ids;
    ledger->open[id].handler = handler;
    ledger->begun++;
    ledger->population++;
    if (at < ledger->from)
        return;
    ledger->handler[handler].arrived++;
    ledger->handler[handler].in_flight++;
}

static void count(Ledger *ledger, LedgerCounts *counts, int handler, Time latency, const char *outcome)
{
    counts->in_flight--;
    counts->completed += strcmp(outcome, "completed") == 0;
    counts->failed += strcmp(outcome, "failed") == 0;
    counts->refused += strcmp(outcome, "refused") == 0;
    counts->timed_out += strcmp(outcome, "timed out") == 0;
    if (strcmp(outcome, "completed") == 0)
        ledger->latency[handler] += latency;
}

static void request_ends(Ledger *ledger, uint64_t id, Time at, const TraceArgs *args)
{
    Time begun = ledger->open[id].begun;
    int handler = ledger->open[id].handler;
    ck_assert(args != NULL && args->outcome != NULL);
    ck_assert_int_eq(args->latency_ns, at - begun);
    ledger->ended++;
    ledger->population--;
    ledger->spans += inside(ledger, begun, at);
    ledger->open[id].there = false;
    if (begun >= ledger->from)
        count(ledger, &ledger->handler[handler], handler, at - begun, args->outcome);
}

int64_t ledger_unfinished(const Ledger *ledger, Time end)
{
    int64_t sum = 0;
    for (uint64_t id = 0; id < ledger->ids; id++)
        if (ledger->open[id].there)
            sum += inside(ledger, ledger->open[id].begun, end);
    return sum;
}

/* ---- the sink ---- */

static void on_track(Sink *sink, const TrackSpec *spec)
{
    Ledger *ledger = ledger_of(sink);
    ck_assert_uint_lt(spec->track, LEDGER_TRACKS);
    LedgerTrack *track = &ledger->track[spec->track];
    if (spec->kind != TRACK_ASYNC)
        return;
    for (int i = 0; i < ledger->spec->resource_count; i++)
        if (strcmp(spec->name, ledger->spec->resources[i].name) == 0)
            *track = (LedgerTrack){LEDGER_RESOURCE, i};
    for (int i = 0; i < ledger->spec->handler_count; i++)
        if (strncmp(spec->name, "request ", 8) == 0 && strcmp(spec->name + 8, ledger->spec->handlers[i].name) == 0)
            *track = (LedgerTrack){LEDGER_REQUEST, i};
}

static void on_begin(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                     TraceFlow flow)
{
    Ledger *ledger = ledger_of(sink);
    LedgerTrack track = ledger->track[async];
    (void)name;
    (void)args;
    (void)flow;
    ck_assert_uint_lt(id, LEDGER_IDS);
    if (track.kind == LEDGER_REQUEST && ledger->open[id].depth++ == 0) {
        ledger_at(ledger, at);
        request_begins(ledger, id, track.index, at);
    } else if (track.kind == LEDGER_RESOURCE) {
        ledger_at(ledger, at);
        ledger->resource[track.index].begun++;
        ledger->resource[track.index].now++;
    }
}

static void on_end(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                   TraceFlow flow)
{
    Ledger *ledger = ledger_of(sink);
    LedgerTrack track = ledger->track[async];
    (void)name;
    (void)flow;
    if (args != NULL && args->unfinished) /* the run is over */
        return;
    if (track.kind == LEDGER_REQUEST && --ledger->open[id].depth == 0) {
        ledger_at(ledger, at);
        request_ends(ledger, id, at, args);
    } else if (track.kind == LEDGER_RESOURCE) {
        ledger_at(ledger, at);
        ledger->resource[track.index].ended++;
        ledger->resource[track.index].now--;
    }
}

static void on_state(Sink *sink, Track thread, Time start, Time end, ThreadState state, int cpu)
{
    Ledger *ledger = ledger_of(sink);
    (void)thread;
    (void)cpu;
    if (state == THREAD_RUNNING)
        ledger->running += inside(ledger, start, end);
}

Ledger *ledger_new(Mem *mem, const Spec *spec)
{
    Ledger *ledger = mem_get(mem, sizeof *ledger);
    ck_assert_int_le(spec->handler_count, LEDGER_MOST);
    ck_assert_int_le(spec->resource_count, LEDGER_MOST);
    ledger->sink = deaf_sink;
    ledger->sink.track = on_track;
    ledger->sink.begin = on_begin;
    ledger->sink.end = on_end;
    ledger->sink.state = on_state;
    ledger->spec = spec;
    ledger->from = spec->warmup;
    return ledger;
}
