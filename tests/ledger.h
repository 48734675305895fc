/* ledger: a second bookkeeping of a run, kept from what is drawn on a trace. It shares no code with the statistics:
 * each request's begin and end, each thread's time on a core and each call's time in service are counted and
 * integrated over the window here.
 *
 *     Ledger *ledger = ledger_new(mem, spec);
 *     LabRun *run = lab_begin_drawn(lab, 0, &ledger->sink);
 *     ... ledger_at(ledger, run->world->kernel.now) ... */
#ifndef TESTS_LEDGER_H
#define TESTS_LEDGER_H

#include "../model/spec/spec.h"
#include "../traces/sink.h"

enum { LEDGER_TRACKS = 16384, LEDGER_IDS = 65536, LEDGER_MOST = 16 };

typedef enum LedgerKind { LEDGER_OTHER, LEDGER_REQUEST, LEDGER_RESOURCE } LedgerKind;

typedef struct LedgerTrack {
    LedgerKind kind;
    int index; /* of the handler, of the resource */
} LedgerTrack;

typedef struct LedgerCounts { /* of requests wanted in the window */
    uint64_t arrived, completed, failed, refused, timed_out, in_flight;
} LedgerCounts;

typedef struct Ledger {
    Sink sink; /* first */
    const Spec *spec;
    Time from;  /* the window's begin */
    Time since; /* up to when the integrals were taken */
    LedgerTrack track[LEDGER_TRACKS];
    struct {
        Time begun;
        int depth, handler;
        bool there;
    } open[LEDGER_IDS];
    uint64_t ids; /* those below have been seen */
    LedgerCounts handler[LEDGER_MOST];
    uint64_t begun, ended; /* requests, whenever wanted */
    uint64_t population;
    int64_t area;                 /* of the population over the window: event by event */
    int64_t spans;                /* the same, request by request, of those that have ended */
    int64_t latency[LEDGER_MOST]; /* of the completed that count, summed */
    int64_t running;              /* cores' time over the window */
    struct {
        uint64_t begun, ended;
        int64_t busy;
        Time since;
        uint64_t now;
    } resource[LEDGER_MOST];
} Ledger;

Ledger *ledger_new(Mem *mem, const Spec *spec);
void ledger_at(Ledger *ledger, Time now);                  /* brings the integrals up to now */
int64_t ledger_unfinished(const Ledger *ledger, Time end); /* what requests that have not ended add to spans */

#endif
