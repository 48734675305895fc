/* The packets of a trace in Perfetto's protobuf, as the same events as those of Chrome JSON. The numbers of the fields
 * are those of Perfetto's public protos (see perfetto.h, which this file leaves alone: a wrong number there is to be
 * noticed here). */
#include "check_packets.h"

#include <string.h>

enum { TRACE = 1, TIME_OF = 8, SEQUENCE = 10, EVENT = 11, INTERNED = 12, FLAGS = 13, DESCRIPTOR = 60 };
enum { CLEARED = 1, NEEDED = 2 };
enum { IIDS_MOST = 1 << 20 };

static const Shape trace_shape[] = {{TRACE, FIELD_BYTES}, {0, 0}};
static const Shape packet_shape[] = {{TIME_OF, FIELD_NUMBER},
                                     {SEQUENCE, FIELD_NUMBER},
                                     {EVENT, FIELD_BYTES},
                                     {INTERNED, FIELD_BYTES},
                                     {FLAGS, FIELD_NUMBER},
                                     {DESCRIPTOR, FIELD_BYTES},
                                     {0, 0}};

static void *one_more(Mem *mem, void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return list;
    *room = *room > 0 ? 2 * *room : HOSTILE(256, 1);
    return mem_grow(mem, list, mem_array(mem, *room, size));
}

/* ---- tracks ---- */

static size_t home(const Packets *packets, uint64_t uuid)
{
    return (size_t)(uuid * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (packets->slot_count - 1);
}

static size_t *slot_of(const Packets *packets, uint64_t uuid)
{
    size_t at = home(packets, uuid);
    while (packets->slots[at] > 0 && packets->places[packets->slots[at] - 1]->uuid != uuid)
        at = (at + 1) & (packets->slot_count - 1);
    return &packets->slots[at];
}

static Place *place_of(const Packets *packets, uint64_t uuid)
{
    size_t at = packets->slot_count > 0 ? *slot_of(packets, uuid) : 0;
    return at > 0 ? packets->places[at - 1] : NULL;
}

static void grow_slots(Packets *packets)
{
    Mem *mem = packets->check->mem;
    if (2 * packets->place_count < packets->slot_count)
        return;
    packets->slot_count = packets->slot_count > 0 ? 2 * packets->slot_count : HOSTILE(256, 4);
    mem_free(mem, packets->slots);
    packets->slots = mem_get(mem, mem_array(mem, packets->slot_count, sizeof *packets->slots));
    for (size_t i = 0; i < packets->place_count; i++)
        *slot_of(packets, packets->places[i]->uuid) = i + 1;
}

static void add_place(Packets *packets, const Place *place)
{
    Mem *mem = packets->check->mem;
    packets->places = one_more(mem, packets->places, packets->place_count, &packets->place_room, sizeof(Place *));
    Place *added = mem_get(mem, sizeof *added);
    *added = *place;
    packets->places[packets->place_count++] = added;
    grow_slots(packets);
    *slot_of(packets, place->uuid) = packets->place_count;
}

static const Shape descriptor_shape[] = {{1, FIELD_NUMBER}, {2, FIELD_BYTES},   {3, FIELD_BYTES},   {4, FIELD_BYTES},
                                         {5, FIELD_NUMBER}, {8, FIELD_BYTES},   {11, FIELD_NUMBER}, {12, FIELD_NUMBER},
                                         {14, FIELD_BYTES}, {19, FIELD_NUMBER}, {20, FIELD_NUMBER}, {0, 0}};
static const Shape process_shape[] = {{1, FIELD_NUMBER}, {6, FIELD_BYTES}, {0, 0}};
static const Shape thread_shape[] = {{1, FIELD_NUMBER}, {2, FIELD_NUMBER}, {5, FIELD_BYTES}, {0, 0}};
static const Shape counter_shape[] = {{3, FIELD_NUMBER}, {4, FIELD_NUMBER}, {6, FIELD_BYTES}, {0, 0}};

static void read_ids(Packets *packets, Message *message, const Shape shape[], Place *place)
{
    Field field;
    while (field_next(message, shape, &field, &packets->fault)) {
        if (field.number == 1)
            place->pid = field.value;
        else if (field.number == 2)
            place->tid = field.value;
        else if (shape != counter_shape)
            field_text(&field, &packets->fault);
    }
}

static bool starts(PullText text, const char *start)
{
    return text.size >= strlen(start) && memcmp(text.bytes, start, strlen(start)) == 0;
}

/* What a track that is neither a process, a thread nor a counter is for: by its parent and its name. */
static void tell_row(Packets *packets, Place *place, const Place *parent)
{
    if (place->parent == 0)
        return;
    if (!parent || parent->kind == COUNTED || parent->kind == CPU || parent->kind == WAITS)
        packets->fault = "a track under one that is not there, or that holds none";
    else if (parent->kind == THREAD && !pull_is(place->name, "waits"))
        packets->fault = "a track of a thread that loopsim does not write";
    if (packets->fault)
        return;
    place->pid = parent->pid;
    place->tid = parent->tid;
    if (parent->kind == THREAD)
        place->kind = WAITS;
    if (place->kind != ROW || parent->kind != PROCESS || !starts(place->name, "CPU "))
        return;
    place->kind = CPU;
    place->cpu = pull_fixed((PullText){place->name.bytes + 4, place->name.size - 4}, 0);
}

static void name_place(Packets *packets, Place *place)
{
    if (place->kind == PROCESS || place->kind == THREAD)
        check_add_name(packets->check, place->pid, place->kind == PROCESS ? 0 : place->tid, place->name);
    if ((place->kind == PROCESS || place->kind == THREAD) && place->pid == 0)
        packets->fault = "a process without a number";
    char *at = place->id + sizeof place->id - 1;
    uint64_t rest = place->uuid;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    memmove(place->id, at, strlen(at) + 1);
}

static void read_descriptor(Packets *packets, Message message)
{
    Place place = {.kind = ROW, .cpu = -1};
    Field field;
    bool has_uuid = false;
    while (field_next(&message, descriptor_shape, &field, &packets->fault)) {
        switch (field.number) {
        case 1:
            place.uuid = field.value;
            has_uuid = true;
            break;
        case 2: place.name = field_text(&field, &packets->fault); break;
        case 3:
            place.kind = PROCESS;
            read_ids(packets, &field.message, process_shape, &place);
            break;
        case 4:
            place.kind = THREAD;
            read_ids(packets, &field.message, thread_shape, &place);
            break;
        case 5: place.parent = field.value; break;
        case 8:
            place.kind = COUNTED;
            read_ids(packets, &field.message, counter_shape, &place);
            break;
        default: break;
        }
    }
    if (packets->fault)
        return;
    if (!has_uuid || place_of(packets, place.uuid)) {
        packets->fault = has_uuid ? "a track is described twice" : "a track without a number";
        return;
    }
    if (place.uuid == 0)
        place.kind = ROOT;
    else if (place.name.size == 0)
        packets->fault = "a track without a name";
    if (place.kind == ROW || place.kind == COUNTED)
        tell_row(packets, &place, place_of(packets, place.parent));
    if (packets->fault)
        return;
    name_place(packets, &place);
    add_place(packets, &place);
}

/* ---- interned texts ---- */

static void read_interned_one(Packets *packets, Message message, bool name)
{
    static const Shape shape[] = {{1, FIELD_NUMBER}, {2, FIELD_BYTES}, {0, 0}};
    Mem *mem = packets->check->mem;
    Label ***list = name ? &packets->names : &packets->args;
    size_t *room = name ? &packets->name_room : &packets->arg_room;
    PullText text = {"", 0};
    uint64_t iid = 0;
    Field field;
    while (field_next(&message, shape, &field, &packets->fault)) {
        if (field.number == 1)
            iid = field.value;
        else
            text = field_text(&field, &packets->fault);
    }
    if (packets->fault)
        return;
    if (iid == 0 || iid > IIDS_MOST || (iid < *room && (*list)[iid])) {
        packets->fault = "the number of a text is out of range, or given twice";
        return;
    }
    while (iid >= *room)
        *list = one_more(mem, *list, *room, room, sizeof(Label *));
    Label *label = mem_get(mem, sizeof *label);
    label->text = text;
    (*list)[iid] = label;
}

static void read_interned(Packets *packets, Message message)
{
    static const Shape shape[] = {{2, FIELD_BYTES}, {3, FIELD_BYTES}, {0, 0}};
    Field field;
    while (field_next(&message, shape, &field, &packets->fault))
        read_interned_one(packets, field.message, field.number == 2);
}

static Label *interned(Packets *packets, Label *const *list, size_t room, uint64_t iid)
{
    if (iid < room && list[iid])
        return list[iid];
    packets->fault = "the number of a text that was not given";
    return NULL;
}

/* ---- events ---- */

static void take_arg(Packets *packets, Event *event, PullText name, PullText text, uint64_t number)
{
    if (pull_is(name, "latency_ns"))
        event->latency = (Time)number;
    else if (pull_is(name, "unfinished"))
        event->unfinished = number == 1;
    else if (pull_is(name, "outcome"))
        event->completed = pull_is(text, "completed");
    else if (pull_is(name, "left-out")) /* of the metadata */
        packets->check->left_out |= pull_fixed(text, 0) > 0;
    else if (pull_is(name, "excerpt"))
        packets->check->left_out |= pull_is(text, "true");
}

static void read_arg(Packets *packets, Message message, Event *event)
{
    static const Shape shape[] = {{1, FIELD_NUMBER}, {2, FIELD_NUMBER}, {3, FIELD_NUMBER},
                                  {6, FIELD_BYTES},  {10, FIELD_BYTES}, {0, 0}};
    PullText name = {"", 0}, text = {"", 0};
    const Label *label = NULL;
    uint64_t number = 0;
    Field field;
    while (field_next(&message, shape, &field, &packets->fault)) {
        switch (field.number) {
        case 1: label = interned(packets, packets->args, packets->arg_room, field.value); break;
        case 6: text = field_text(&field, &packets->fault); break;
        case 10: name = field_text(&field, &packets->fault); break;
        default: number = field.value; break;
        }
    }
    name = label ? label->text : name;
    if (!packets->fault && name.size == 0)
        packets->fault = "an arg without a name";
    if (!packets->fault)
        take_arg(packets, event, name, text, number);
}

static void add_flow(Packets *packets, uint64_t flow)
{
    packets->flows =
        one_more(packets->check->mem, packets->flows, packets->flow_count, &packets->flow_room, sizeof *packets->flows);
    packets->flows[packets->flow_count++] = flow;
}

static void read_track(Packets *packets, Event *event, uint64_t uuid)
{
    const Place *place = place_of(packets, uuid);
    if (place)
        event->place = *slot_of(packets, uuid) - 1;
    else
        packets->fault = "an event on a track that is not described";
}

static void check_event(Packets *packets, const Event *event, bool has_track, bool has_value)
{
    if (!has_track)
        packets->fault = "an event without a track";
    else if (event->type < BEGIN || event->type > COUNTER)
        packets->fault = "an event of a kind that loopsim does not write";
    else if ((event->type == BEGIN || event->type == INSTANT) != (event->name.size > 0))
        packets->fault = "a slice or an instant without a name, or another event with one";
    else if ((packets->places[event->place]->kind == COUNTED) != (event->type == COUNTER) ||
             has_value != (event->type == COUNTER))
        packets->fault = "a value where there is no counter, or a counter without one";
}

static void read_event(Packets *packets, Message message, Time at)
{
    static const Shape shape[] = {{4, FIELD_BYTES},    {9, FIELD_NUMBER},  {10, FIELD_NUMBER},
                                  {11, FIELD_NUMBER},  {23, FIELD_BYTES},  {30, FIELD_NUMBER},
                                  {47, FIELD_FIXED64}, {52, FIELD_NUMBER}, {0, 0}};
    Event event = {.ts = at, .latency = -1, .packet = packets->packet, .index = packets->count, .name = {"", 0}};
    bool has_track = false, has_value = false;
    Field field;
    while (!packets->fault && field_next(&message, shape, &field, &packets->fault)) {
        switch (field.number) {
        case 4: read_arg(packets, field.message, &event); break;
        case 9: event.type = (int)(field.value & 255); break;
        case 10: event.label = interned(packets, packets->names, packets->name_room, field.value); break;
        case 11:
            read_track(packets, &event, field.value);
            has_track = true;
            break;
        case 23: event.name = field_text(&field, &packets->fault); break;
        case 30: has_value = true; break;
        case 47: add_flow(packets, field.value); break;
        default: break;
        }
    }
    if (event.label)
        event.name = event.label->text;
    if (!packets->fault)
        check_event(packets, &event, has_track, has_value);
    packets->events =
        one_more(packets->check->mem, packets->events, packets->count, &packets->room, sizeof *packets->events);
    packets->events[packets->count++] = event;
}

/* ---- packets ---- */

static void read_packet(Packets *packets, Message message)
{
    Message part[DESCRIPTOR + 1] = {{NULL, NULL}};
    uint64_t sequence = 0, flags = 0, time = UINT64_MAX;
    Field field;
    while (field_next(&message, packet_shape, &field, &packets->fault)) {
        switch (field.number) {
        case TIME_OF: time = field.value; break;
        case SEQUENCE: sequence = field.value; break;
        case FLAGS: flags = field.value; break;
        default:
            if (part[field.number].at) /* of several the importer takes the last */
                packets->fault = "a part of a packet comes twice";
            part[field.number] = field.message;
            break;
        }
    }
    if (packets->fault)
        return;
    if (sequence != 1)
        packets->fault = "a packet of another writer";
    else if ((flags & CLEARED) != (packets->packet == 1 ? CLEARED : 0))
        packets->fault = "the first packet, and no other, clears the state";
    if (!packets->fault && part[INTERNED].at)
        read_interned(packets, part[INTERNED]);
    if (!packets->fault && part[DESCRIPTOR].at)
        read_descriptor(packets, part[DESCRIPTOR]);
    if (packets->fault || !part[EVENT].at)
        return;
    if (time > INT64_MAX || !(flags & NEEDED))
        packets->fault = "an event without a time, or that does not say that it needs the state";
    else
        read_event(packets, part[EVENT], (Time)time);
}

static void read_all(Packets *packets, const char *bytes, size_t size)
{
    Message trace = {(const unsigned char *)bytes, (const unsigned char *)bytes + size};
    Field field;
    while (!packets->fault && trace.at < trace.end) {
        packets->packet++;
        if (field_next(&trace, trace_shape, &field, &packets->fault))
            read_packet(packets, field.message);
    }
    if (packets->fault)
        check_fault(packets->check, packets->packet, packets->fault);
}

/* ---- the whole ---- */

void check_read_packets(TraceCheck *check, const char *bytes, size_t size)
{
    Packets packets = {.check = check};
    check->packets = true;
    read_all(&packets, bytes, size);
    check->counts.events = packets.count;
    if (check->faults == 0 && packets.count > 0)
        check_pair_packets(&packets);
    mem_free(check->mem, packets.events);
    mem_free(check->mem, packets.flows);
}
