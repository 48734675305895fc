/* check_packets: what check_packets.c reads of a trace in Perfetto's protobuf, and check_pairs.c makes the events of a
 * TraceCheck of. */
#ifndef TRACES_CHECK_PACKETS_H
#define TRACES_CHECK_PACKETS_H

#include "check_wire.h"
#include "checking.h"

enum { BEGIN = 1, END = 2, INSTANT = 3, COUNTER = 4 }; /* types of events */

typedef enum PlaceKind { ROOT, PROCESS, THREAD, COUNTED, ROW, CPU, WAITS } PlaceKind;

typedef struct Place { /* a track */
    uint64_t uuid, parent, pid, tid;
    PlaceKind kind;
    PullText name;
    int64_t cpu;
    char id[24]; /* the uuid as a text */
} Place;

typedef struct Label { /* an interned text; as the name of a thread: who that was last */
    PullText text;
    uint64_t pid, tid;
} Label;

typedef struct Event {
    Time ts, latency;
    int type;
    bool unfinished, completed;
    size_t place;
    PullText name;
    Label *label; /* NULL: the name is not interned */
    uint64_t packet;
    size_t index;
} Event;

typedef struct Packets {
    TraceCheck *check;
    const char *fault;
    uint64_t packet;
    Place **places;
    size_t place_count, place_room;
    size_t *slots; /* places by uuid, +1; a power of two */
    size_t slot_count;
    Label **names, **args; /* by iid */
    size_t name_room, arg_room;
    Event *events;
    size_t count, room;
    uint64_t *flows;
    size_t flow_count, flow_room;
} Packets;

/* The events of each track, in the order of time, as slices and states. */
void check_pair_packets(Packets *packets);

#endif
