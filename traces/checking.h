/* checking: the inside of a TraceCheck: the events that were read, and the faults. check_read.c reads the events of
 * Chrome JSON, check_packets.c those of protobuf, check.c looks whether they are right, check_sums.c compares them with
 * results. */
#ifndef TRACES_CHECKING_H
#define TRACES_CHECKING_H

#include "../sim/buf.h"
#include "checked.h"
#include "pull.h"

typedef struct CheckEvent {
    char phase;
    uint64_t pid, tid;
    PullText name, cat, id;
    Time ts, dur; /* -1: absent */
    uint64_t flow;
    bool in, out, unfinished, completed;
    int64_t cpu;  /* -1: absent */
    Time latency; /* -1: absent */
    uint64_t line;
    size_t index;
} CheckEvent;

typedef struct CheckName { /* of a process (tid 0) or a thread */
    uint64_t pid, tid;
    PullText name;
} CheckName;

struct TraceCheck {
    Mem *mem;
    CheckEvent *events;
    size_t count, room;
    CheckName *names;
    size_t name_count, name_room;
    CheckCounts counts;
    bool left_out;
    bool packets; /* lines are packets */
    uint64_t faults;
    Buf report;
};

void check_read(TraceCheck *check, const char *bytes, size_t size);
void check_read_packets(TraceCheck *check, const char *bytes, size_t size);
void check_add_event(TraceCheck *check, const CheckEvent *event); /* with the next index */
void check_add_name(TraceCheck *check, uint64_t pid, uint64_t tid, PullText name);
void check_fault(TraceCheck *check, uint64_t line, const char *what);
const CheckName *check_name(const TraceCheck *check, uint64_t pid, uint64_t tid); /* NULL: it has none */

#endif
