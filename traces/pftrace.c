/* pftrace: a trace as Perfetto's own protobuf, with TrackEvents (protos/perfetto/trace/track_event in its sources).
 *
 * The file is a sequence of packets of one writer, written by hand in the wire format. Times are nanoseconds of the
 * default clock. A slice is a packet where it begins and one where it ends; the importer sorts them by time and, at one
 * instant, by their order in the file, which is the order of the calls. Names come once, with a number
 * (SEQ_INCREMENTAL_STATE_CLEARED in the first packet, so that all later ones build on it).
 *
 * TrackEvents know no thread states. So a process has a track for each core it runs on, with a slice for each thread
 * that ran there; and a thread has a track with its waits, `ready` for a core and `blocked` in a synchronous call. What
 * is in neither, it slept. All flow ids stay open: an arrow goes from the earlier event to the later one. */
#include "args.h"
#include "descriptor.h"
#include "intern.h"
#include "lanes.h"
#include "out.h"
#include "perfetto.h"

enum { SEQUENCE = 1, MOST_CPUS = 1 << 16 };

typedef struct Place {
    TrackKind kind;
    bool made, has_thread;
    uint32_t pid, tid;
    Track process;
    char *name;
    int order;
    uint64_t parent; /* uuid */
    uint64_t *uuids; /* an asynchronous track: of its lanes */
    uint32_t uuid_count, uuid_room;
    Lanes lanes;
    uint64_t waits; /* a thread: the uuid of the track with its waits; 0: none yet */
    unsigned *seen; /* a thread: the args of each slice that was entered */
    size_t depth, room;
    Time instant; /* how many instants there were at this time */
    unsigned stacked;
} Place;

typedef struct Pftrace {
    Sink sink;
    Mem *mem;
    struct Out *out;
    Line packet, body, part, small; /* each inside the one before */
    Intern names;
    Place *places;
    size_t tracks;
    uint64_t *cpus; /* uuids; 0: none yet */
    size_t cpu_count;
    uint64_t extras; /* tracks beside the caller's */
    uint32_t ids;
    Time last;
} Pftrace;

/* The caller's tracks have even uuids, our own ones odd ones; 0 is the root of all. */
static uint64_t uuid_of(Track track)
{
    return (uint64_t)track * 2;
}

static uint64_t new_uuid(Pftrace *to)
{
    return 2 * to->extras++ + 1;
}

/* Packets -------------------------------------------------------------------------------------------------------- */

static void write_packet(Pftrace *to)
{
    wire_number(&to->packet, PACKET_SEQUENCE, SEQUENCE);
    to->small.size = 0;
    wire_varint(&to->small, TRACE_PACKET << 3 | WIRE_BYTES);
    wire_varint(&to->small, to->packet.size);
    out_write(to->out, to->small.data, to->small.size);
    out_write(to->out, to->packet.data, to->packet.size);
    to->packet.size = 0;
}

static void write_track(Pftrace *to)
{
    wire_message(&to->packet, PACKET_TRACK, &to->body);
    to->body.size = 0;
    write_packet(to);
}

/* A number and its text, for those who come later. */
static void add_interned(Pftrace *to, unsigned kind, uint64_t id, const char *text)
{
    to->small.size = 0;
    wire_number(&to->small, INTERNED_ID, id);
    wire_text(&to->small, INTERNED_TEXT, text);
    wire_message(&to->part, kind, &to->small);
}

/* All of a packet at once: of a message that comes in pieces the importer takes the last. */
static void put_interned(Pftrace *to)
{
    wire_message(&to->packet, PACKET_INTERNED, &to->part);
}

/* The first packet: how the tracks are ordered, and the names of the args. */
static void write_preamble(Pftrace *to)
{
    to->part.size = 0;
    wire_number(&to->packet, PACKET_FLAGS, STATE_CLEARED);
    for (unsigned i = 0; i < ARGS; i++)
        add_interned(to, INTERNED_ARG_NAME, i + 1, args_names[i].text);
    put_interned(to);
    descriptor_root(&to->body);
    write_track(to);
}

/* Events --------------------------------------------------------------------------------------------------------- */

static void start_event(Pftrace *to, unsigned type, uint64_t uuid, Time at)
{
    must(at >= 0, "an event before the start of the trace");
    if (at > to->last)
        to->last = at;
    to->sink.events++;
    wire_number(&to->packet, PACKET_TIME, (uint64_t)at);
    wire_number(&to->packet, PACKET_FLAGS, STATE_NEEDED);
    wire_number(&to->body, EVENT_TYPE, type);
    wire_number(&to->body, EVENT_TRACK, uuid);
}

static void write_event(Pftrace *to)
{
    wire_message(&to->packet, PACKET_EVENT, &to->body);
    to->body.size = 0;
    write_packet(to);
}

static void put_name(Pftrace *to, const char *name)
{
    bool is_new;
    uint32_t id = intern_text(&to->names, name, &is_new);
    if (id == 0) {
        wire_text(&to->body, EVENT_NAME, name);
        return;
    }
    wire_number(&to->body, EVENT_NAME_ID, id);
    if (!is_new)
        return;
    to->part.size = 0;
    add_interned(to, INTERNED_EVENT_NAME, id, name);
    put_interned(to);
}

static void put_args(Pftrace *to, const TraceArgs *args, unsigned *seen)
{
    Arg list[ARGS];
    unsigned count = args_list(args, seen, list);
    for (unsigned i = 0; i < count; i++) {
        Line *part = &to->part;
        part->size = 0;
        wire_number(part, ARG_NAME_ID, list[i].index + 1);
        if (list[i].index == ARG_UNFINISHED)
            wire_number(part, ARG_BOOL, 1);
        else if (list[i].text)
            wire_text(part, ARG_TEXT, list[i].text);
        else
            wire_number(part, ARG_UINT, list[i].number);
        wire_message(&to->body, EVENT_ARG, part);
        if (list[i].index == ARG_REQUEST)
            wire_number(&to->body, EVENT_CORRELATION, list[i].number);
    }
}

static void put_flows(Pftrace *to, TraceFlow flow)
{
    if (flow.in)
        wire_fixed64(&to->body, EVENT_FLOW, flow.in);
    if (flow.out && flow.out != flow.in)
        wire_fixed64(&to->body, EVENT_FLOW, flow.out);
}

static void write_begin(Pftrace *to, unsigned type, uint64_t uuid, Time at, const char *name, const TraceArgs *args,
                        unsigned *seen, TraceFlow flow)
{
    start_event(to, type, uuid, at);
    put_name(to, name);
    put_args(to, args, seen);
    put_flows(to, flow);
    write_event(to);
}

static void write_end(Pftrace *to, uint64_t uuid, Time at, const TraceArgs *args, unsigned seen, TraceFlow flow)
{
    start_event(to, TYPE_END, uuid, at);
    put_args(to, args, &seen);
    put_flows(to, flow);
    write_event(to);
}

static void write_slice(Pftrace *to, uint64_t uuid, Time start, Time end, const char *name, const TraceArgs *args,
                        TraceFlow flow)
{
    unsigned seen = 0;
    must(end >= start, "a slice that ends before it starts");
    write_begin(to, TYPE_BEGIN, uuid, start, name, args, &seen, flow);
    write_end(to, uuid, end, NULL, seen, (TraceFlow){0, 0});
}

/* Tracks --------------------------------------------------------------------------------------------------------- */

static Place *place_of(Pftrace *to, Track track)
{
    must(track > 0 && track < to->tracks && to->places[track].made, "a trace's track that was not made");
    return &to->places[track];
}

static Place *place_as(Pftrace *to, Track track, TrackKind kind)
{
    Place *place = place_of(to, track);
    must(place->kind == kind, "an event on a track of another kind");
    return place;
}

/* The lanes of one track have one name, one parent and one rank: the UI draws them as one. */
static uint64_t lane_uuid(Pftrace *to, Place *place, uint32_t lane)
{
    if (lane < place->uuid_count)
        return place->uuids[lane];
    if (place->uuid_count == place->uuid_room) {
        place->uuid_room = place->uuid_room > 0 ? 2 * place->uuid_room : HOSTILE(4, 1);
        place->uuids = mem_grow(to->mem, place->uuids, mem_array(to->mem, place->uuid_room, sizeof *place->uuids));
    }
    uint64_t uuid = new_uuid(to);
    place->uuids[place->uuid_count++] = uuid;
    descriptor_begin(&to->body, uuid, place->parent, place->name, place->order);
    write_track(to);
    return uuid;
}

static Place *new_place(Pftrace *to, const TrackSpec *spec)
{
    Track track = spec->track;
    must(track > 0, "tracks are counted from 1");
    if (track >= to->tracks) {
        size_t tracks = to->tracks > 0 ? to->tracks : 16;
        while (tracks <= track)
            tracks = mem_array(to->mem, tracks, 2);
        to->places = mem_grow(to->mem, to->places, mem_array(to->mem, tracks, sizeof *to->places));
        to->tracks = tracks;
    }
    Place *place = &to->places[track];
    must(!place->made, "a track is made twice");
    *place = (Place){.kind = spec->kind, .made = true, .order = spec->order, .instant = -1};
    place->name = mem_copy(to->mem, spec->name, strlen(spec->name));
    return place;
}

static void place_under(Pftrace *to, Place *place, const TrackSpec *spec)
{
    if (spec->kind == TRACK_PROCESS) {
        place->pid = ++to->ids;
        place->process = spec->track;
        return;
    }
    Place *parent = place_of(to, spec->parent), *process = &to->places[parent->process];
    must(parent->kind == TRACK_PROCESS || parent->kind == TRACK_ASYNC, "a track under a track that holds none");
    place->parent = uuid_of(spec->parent);
    place->process = parent->process;
    place->pid = process->pid;
    if (spec->kind == TRACK_THREAD) { /* the first thread has the pid for its tid: the main thread */
        place->tid = process->has_thread ? ++to->ids : process->pid;
        process->has_thread = true;
    }
}

static void pftrace_track(Sink *sink, const TrackSpec *spec)
{
    Pftrace *to = (Pftrace *)sink;
    Place *place = new_place(to, spec);
    place_under(to, place, spec);
    descriptor_begin(&to->body, uuid_of(spec->track), place->parent, spec->name, spec->order);
    if (spec->about)
        wire_text(&to->body, TRACK_DESCRIPTION, spec->about);
    if (spec->kind == TRACK_PROCESS)
        descriptor_process(&to->body, &to->part, place->pid, spec->name);
    else if (spec->kind == TRACK_THREAD)
        descriptor_thread(&to->body, &to->part, place->pid, place->tid, spec->name);
    else if (spec->kind == TRACK_COUNTER)
        descriptor_counter(&to->body, &to->part, spec->unit);
    if (spec->kind == TRACK_ASYNC) { /* its first lane is the track itself */
        lanes_init(&place->lanes, to->mem);
        place->uuids = mem_get(to->mem, sizeof *place->uuids);
        place->uuids[0] = uuid_of(spec->track);
        place->uuid_count = place->uuid_room = 1;
    }
    write_track(to);
}

/* What is drawn -------------------------------------------------------------------------------------------------- */

static void pftrace_enter(Sink *sink, Track thread, Time at, const char *name, const TraceArgs *args, TraceFlow flow)
{
    Pftrace *to = (Pftrace *)sink;
    Place *place = place_as(to, thread, TRACK_THREAD);
    if (place->depth == place->room) {
        place->room = place->room > 0 ? 2 * place->room : HOSTILE(8, 1);
        place->seen = mem_grow(to->mem, place->seen, mem_array(to->mem, place->room, sizeof *place->seen));
    }
    unsigned *seen = &place->seen[place->depth++];
    *seen = 0;
    write_begin(to, TYPE_BEGIN, uuid_of(thread), at, name, args, seen, flow);
}

static void pftrace_leave(Sink *sink, Track thread, Time at, const TraceArgs *args, TraceFlow flow)
{
    Pftrace *to = (Pftrace *)sink;
    Place *place = place_as(to, thread, TRACK_THREAD);
    must(place->depth > 0, "a slice is left that was not entered");
    write_end(to, uuid_of(thread), at, args, place->seen[--place->depth], flow);
}

static void pftrace_slice(Sink *sink, Track thread, Time start, Time end, const char *name, const TraceArgs *args,
                          TraceFlow flow)
{
    Pftrace *to = (Pftrace *)sink;
    place_as(to, thread, TRACK_THREAD);
    write_slice(to, uuid_of(thread), start, end, name, args, flow);
}

static void pftrace_begin(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                          TraceFlow flow)
{
    Pftrace *to = (Pftrace *)sink;
    Place *place = place_as(to, async, TRACK_ASYNC);
    unsigned seen = 0;
    uint64_t uuid = lane_uuid(to, place, lanes_begin(&place->lanes, id));
    write_begin(to, TYPE_BEGIN, uuid, at, name, args, &seen, flow);
}

static void pftrace_end(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                        TraceFlow flow)
{
    Pftrace *to = (Pftrace *)sink;
    Place *place = place_as(to, async, TRACK_ASYNC);
    uint32_t lane = lanes_find(&place->lanes, id);
    (void)name;
    must(lane != LANE_NONE, "an asynchronous slice ends that was not begun");
    write_end(to, place->uuids[lane], at, args, 0, flow);
    lanes_end(&place->lanes, lane);
}

/* Whether one more instant of a thread has to be left out: the importer stacks them. */
static bool too_high(Pftrace *to, Place *place, Time at)
{
    if (place->instant != at) {
        place->instant = at;
        place->stacked = 0;
    }
    if (place->stacked < SINK_STACKED) {
        place->stacked++;
        return false;
    }
    to->sink.left_out++;
    return true;
}

static void pftrace_instant(Sink *sink, Track track, uint64_t id, Time at, const char *name, const TraceArgs *args,
                            TraceFlow flow)
{
    Pftrace *to = (Pftrace *)sink;
    Place *place = place_of(to, track);
    unsigned seen = 0;
    if (place->kind == TRACK_ASYNC) {
        uint32_t lane = lanes_begin(&place->lanes, id);
        write_begin(to, TYPE_INSTANT, lane_uuid(to, place, lane), at, name, args, &seen, flow);
        lanes_end(&place->lanes, lane);
        return;
    }
    must(place->kind == TRACK_THREAD, "an instant belongs to a thread or to an asynchronous track");
    if (!too_high(to, place, at))
        write_begin(to, TYPE_INSTANT, uuid_of(track), at, name, args, &seen, flow);
}

static void pftrace_counter(Sink *sink, Track counter, Time at, int64_t value)
{
    Pftrace *to = (Pftrace *)sink;
    place_as(to, counter, TRACK_COUNTER);
    start_event(to, TYPE_COUNTER, uuid_of(counter), at);
    wire_signed(&to->body, EVENT_VALUE, value);
    write_event(to);
}

/* The track of a core, below the threads of the process that is first seen on it. */
static uint64_t cpu_uuid(Pftrace *to, const Place *thread, size_t cpu)
{
    must(cpu < MOST_CPUS, "more cores than a trace can have");
    if (cpu >= to->cpu_count) {
        size_t count = to->cpu_count > 0 ? to->cpu_count : 8;
        while (count <= cpu)
            count *= 2;
        to->cpus = mem_grow(to->mem, to->cpus, mem_array(to->mem, count, sizeof *to->cpus));
        to->cpu_count = count;
    }
    if (to->cpus[cpu] == 0) {
        char name[8 + LINE_DIGITS] = "CPU ", digits[LINE_DIGITS], *end = digits + sizeof digits;
        char *first = line_digits(end, cpu);
        memcpy(name + 4, first, (size_t)(end - first));
        to->cpus[cpu] = new_uuid(to);
        descriptor_begin(&to->body, to->cpus[cpu], uuid_of(thread->process), name, MOST_CPUS + (int)cpu);
        write_track(to);
    }
    return to->cpus[cpu];
}

static void pftrace_state(Sink *sink, Track thread, Time start, Time end, ThreadState state, int cpu)
{
    static const TraceFlow none;
    Pftrace *to = (Pftrace *)sink;
    Place *place = place_as(to, thread, TRACK_THREAD);
    if (start == end)
        return;
    if (state == THREAD_RUNNING && cpu >= 0) {
        write_slice(to, cpu_uuid(to, place, (size_t)cpu), start, end, place->name, NULL, none);
    } else if (state == THREAD_READY || state == THREAD_BLOCKED) {
        if (place->waits == 0) {
            place->waits = new_uuid(to);
            descriptor_begin(&to->body, place->waits, uuid_of(thread), "waits", 0);
            write_track(to);
        }
        write_slice(to, place->waits, start, end, state == THREAD_READY ? "ready" : "blocked", NULL, none);
    }
}

/* The whole ------------------------------------------------------------------------------------------------------ */

static void end_place(Pftrace *to, Track track)
{
    static const TraceArgs unfinished = {.queued_ns = -1, .latency_ns = -1, .unfinished = true};
    static const TraceFlow none;
    Place *place = &to->places[track];
    while (place->depth > 0)
        pftrace_leave(&to->sink, track, to->last, &unfinished, none);
    for (uint32_t i = 0; i < place->lanes.count; i++) {
        while (place->lanes.lanes[i].depth > 0)
            pftrace_end(&to->sink, track, place->lanes.lanes[i].id, to->last, NULL, &unfinished, none);
    }
    if (place->kind == TRACK_ASYNC && place->made)
        lanes_free(&place->lanes);
    mem_free(to->mem, place->name);
    mem_free(to->mem, place->uuids);
    mem_free(to->mem, place->seen);
}

/* An instant at the start, on a track of its own, with an arg for each pair. */
static void write_metadata(Pftrace *to, size_t n, const char *const key[], const char *const json[])
{
    uint64_t uuid = new_uuid(to);
    descriptor_begin(&to->body, uuid, 0, "about this trace", -1);
    write_track(to);
    start_event(to, TYPE_INSTANT, uuid, 0);
    put_name(to, "metadata");
    for (size_t i = 0; i < n; i++) {
        to->part.size = 0;
        wire_text(&to->part, ARG_NAME, key[i]);
        wire_text(&to->part, ARG_TEXT, json[i]);
        wire_message(&to->body, EVENT_ARG, &to->part);
    }
    write_event(to);
}

static void pftrace_close(Sink *sink, size_t n, const char *const key[], const char *const json[])
{
    Pftrace *to = (Pftrace *)sink;
    for (size_t track = 1; track < to->tracks; track++)
        end_place(to, (Track)track);
    write_metadata(to, n, key, json);
    line_free(&to->packet);
    line_free(&to->body);
    line_free(&to->part);
    line_free(&to->small);
    intern_free(&to->names);
    mem_free(to->mem, to->cpus);
    mem_free(to->mem, to->places);
    mem_free(to->mem, to);
}

Sink *pftrace_sink(Mem *mem, struct Out *out)
{
    Pftrace *to = mem_get(mem, sizeof *to);
    to->sink = (Sink){.track = pftrace_track,
                      .enter = pftrace_enter,
                      .leave = pftrace_leave,
                      .slice = pftrace_slice,
                      .begin = pftrace_begin,
                      .end = pftrace_end,
                      .instant = pftrace_instant,
                      .counter = pftrace_counter,
                      .state = pftrace_state,
                      .close = pftrace_close};
    to->mem = mem;
    to->out = out;
    line_init(&to->packet, mem);
    line_init(&to->body, mem);
    line_init(&to->part, mem);
    line_init(&to->small, mem);
    intern_init(&to->names, mem);
    write_preamble(to);
    return &to->sink;
}
