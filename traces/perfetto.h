/* perfetto: the numbers of the fields that we use of Perfetto's protobuf, as in its public trace_packet.proto,
 * interned_data.proto, track_descriptor.proto, counter_descriptor.proto, track_event.proto and
 * debug_annotation.proto. */
#ifndef TRACES_PERFETTO_H
#define TRACES_PERFETTO_H

enum { TRACE_PACKET = 1 };

/* TracePacket */
enum {
    PACKET_TIME = 8,
    PACKET_SEQUENCE = 10,
    PACKET_EVENT = 11,
    PACKET_INTERNED = 12,
    PACKET_FLAGS = 13,
    PACKET_TRACK = 60
};
enum { STATE_CLEARED = 1, STATE_NEEDED = 2 }; /* flags */

enum { INTERNED_EVENT_NAME = 2, INTERNED_ARG_NAME = 3 }; /* InternedData */
enum { INTERNED_ID = 1, INTERNED_TEXT = 2 };             /* EventName, DebugAnnotationName */

/* TrackDescriptor */
enum {
    TRACK_UUID = 1,
    TRACK_NAME = 2,
    TRACK_PROCESS_PART = 3,
    TRACK_THREAD_PART = 4,
    TRACK_PARENT = 5,
    TRACK_COUNTER_PART = 8,
    TRACK_CHILDREN = 11, /* how children are ordered */
    TRACK_RANK = 12,     /* among siblings */
    TRACK_DESCRIPTION = 14,
    TRACK_PROCESSES = 19, /* on the root: how processes are ordered, and threads */
    TRACK_THREADS = 20
};
enum { CHILDREN_BY_RANK = 3, GROUPS_BY_RANK = 1 };

enum { PROCESS_PID = 1, PROCESS_NAME = 6 };               /* ProcessDescriptor */
enum { THREAD_PID = 1, THREAD_TID = 2, THREAD_NAME = 5 }; /* ThreadDescriptor */

enum { COUNTER_UNIT = 3, COUNTER_MULTIPLIER = 4, COUNTER_UNIT_NAME = 6 }; /* CounterDescriptor */
enum { COUNTED_NS = 1, COUNTED_THINGS = 2, COUNTED_BYTES = 3 };           /* its unit */

/* TrackEvent */
enum {
    EVENT_ARG = 4,
    EVENT_TYPE = 9,
    EVENT_NAME_ID = 10,
    EVENT_TRACK = 11,
    EVENT_NAME = 23,
    EVENT_VALUE = 30,
    EVENT_FLOW = 47,
    EVENT_CORRELATION = 52
};
enum { TYPE_BEGIN = 1, TYPE_END = 2, TYPE_INSTANT = 3, TYPE_COUNTER = 4 };

enum { ARG_NAME_ID = 1, ARG_BOOL = 2, ARG_UINT = 3, ARG_TEXT = 6, ARG_NAME = 10 }; /* DebugAnnotation */

#endif
