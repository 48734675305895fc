#include "traces/intern.h"
#include "traces/lanes.h"
#include "traces/perfetto.h"
#include "traced.h"

#include "command.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *pftrace_suite(void);

static Traced traced;
static Sink *sink;

static void set_up(void)
{
    traced_start(&traced, pftrace_sink);
    sink = traced.sink;
    traced_tracks(sink);
}

static void tear_down(void)
{
    traced_free(&traced);
}

/* A reader of the wire format, which knows nothing of the writer ------------------------------------------------- */

typedef struct Bytes {
    const unsigned char *at;
    size_t size;
} Bytes;

typedef struct Field {
    unsigned number, kind;
    uint64_t value;
    Bytes bytes;
} Field;

/* Without ck_assert, which takes microseconds each time that it holds. */
static void expect(bool holds)
{
    if (!holds)
        ck_abort_msg("the trace is not in the wire format");
}

static uint64_t take_varint(Bytes *from)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        expect(from->size > 0 && shift < 64);
        unsigned char byte = *from->at++;
        from->size--;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return value;
    }
}

static bool take_field(Bytes *from, Field *field)
{
    if (from->size == 0)
        return false;
    uint64_t tag = take_varint(from);
    *field = (Field){.number = (unsigned)(tag >> 3), .kind = (unsigned)(tag & 7)};
    if (field->kind == 0) {
        field->value = take_varint(from);
        return true;
    }
    expect(field->kind == 1 || field->kind == 2);
    size_t size = field->kind == 1 ? 8 : (size_t)take_varint(from);
    expect(size <= from->size);
    field->bytes = (Bytes){from->at, size};
    for (size_t i = 0; field->kind == 1 && i < 8; i++)
        field->value |= (uint64_t)from->at[i] << 8 * i;
    from->at += size;
    from->size -= size;
    return true;
}

/* The nth field of this number, from 0. */
static bool find_field(Bytes from, unsigned number, unsigned nth, Field *field)
{
    while (take_field(&from, field)) {
        if (field->number == number && nth-- == 0)
            return true;
    }
    *field = (Field){0};
    return false;
}

static uint64_t number_in(Bytes from, unsigned number)
{
    Field field;
    find_field(from, number, 0, &field);
    return field.value;
}

static Bytes part_in(Bytes from, unsigned number)
{
    Field field;
    find_field(from, number, 0, &field);
    return field.bytes;
}

/* The text of a field; "" where it is absent. The next calls overwrite it in turn. */
static const char *text_in(Bytes from, unsigned number)
{
    static char texts[8][256];
    static unsigned next;
    Bytes bytes = part_in(from, number);
    char *text = texts[next++ % 8];
    ck_assert_uint_lt(bytes.size, sizeof texts[0]);
    if (bytes.size > 0)
        memcpy(text, bytes.at, bytes.size);
    text[bytes.size] = '\0';
    return text;
}

/* The packets of the trace that have this part, the nth from 0; fails where there are fewer, but for `nth` beyond. */
static bool find_packet(unsigned part, unsigned nth, Bytes *packet)
{
    Bytes all = {(const unsigned char *)traced.bytes, traced.size};
    Field field;
    while (take_field(&all, &field)) {
        expect(field.number == TRACE_PACKET && number_in(field.bytes, PACKET_SEQUENCE) == 1);
        Field found;
        if (find_field(field.bytes, part, 0, &found) && nth-- == 0) {
            *packet = field.bytes;
            return true;
        }
    }
    return false;
}

static Bytes event(unsigned nth)
{
    Bytes packet;
    ck_assert(find_packet(PACKET_EVENT, nth, &packet));
    return part_in(packet, PACKET_EVENT);
}

static Time time_of(unsigned nth)
{
    Bytes packet;
    ck_assert(find_packet(PACKET_EVENT, nth, &packet));
    return (Time)number_in(packet, PACKET_TIME);
}

static unsigned events(void)
{
    Bytes packet;
    unsigned count = 0;
    while (find_packet(PACKET_EVENT, count, &packet))
        count++;
    return count;
}

/* The descriptor of the track with this uuid. */
static Bytes track(uint64_t uuid)
{
    Bytes packet;
    for (unsigned i = 0; find_packet(PACKET_TRACK, i, &packet); i++) {
        Bytes descriptor = part_in(packet, PACKET_TRACK);
        if (number_in(descriptor, TRACK_UUID) == uuid)
            return descriptor;
    }
    ck_abort_msg("no track %llu", (unsigned long long)uuid);
    return (Bytes){0};
}

/* What the number of a name stands for: the text came with the number, in this packet or an earlier one. */
static const char *interned(unsigned kind, uint64_t id)
{
    Bytes all = {(const unsigned char *)traced.bytes, traced.size};
    Field packet, data, entry;
    while (take_field(&all, &packet)) {
        for (unsigned i = 0; find_field(packet.bytes, PACKET_INTERNED, i, &data); i++) {
            for (unsigned k = 0; find_field(data.bytes, kind, k, &entry); k++) {
                if (number_in(entry.bytes, INTERNED_ID) == id)
                    return text_in(entry.bytes, INTERNED_TEXT);
            }
        }
    }
    ck_abort_msg("no text with number %llu", (unsigned long long)id);
    return "";
}

static const char *name_of(unsigned nth)
{
    uint64_t id = number_in(event(nth), EVENT_NAME_ID);
    return id > 0 ? interned(INTERNED_EVENT_NAME, id) : text_in(event(nth), EVENT_NAME);
}

static void assert_event(unsigned nth, uint64_t type, uint64_t uuid, Time at)
{
    ck_assert_uint_eq(number_in(event(nth), EVENT_TYPE), type);
    ck_assert_uint_eq(number_in(event(nth), EVENT_TRACK), uuid);
    ck_assert_int_eq(time_of(nth), at);
}

/* Scenes --------------------------------------------------------------------------------------------------------- */

START_TEST(a_small_scene_has_these_bytes)
{
    traced_free(&traced);
    traced_start(&traced, pftrace_sink);
    sink = traced.sink;
    sink->track(sink, &(TrackSpec){.track = 1, .kind = TRACK_PROCESS, .name = "p", .order = -1});
    sink->track(sink, &(TrackSpec){.track = 2, .parent = 1, .kind = TRACK_THREAD, .name = "t"});
    size_t before = (size_t)out_bytes(traced.out);
    TraceArgs args = {.request = 300, .queued_ns = -1, .latency_ns = -1};
    sink->slice(sink, 2, 5, 200, "x", &args, (TraceFlow){.in = 1, .out = 258});
    size_t after = (size_t)out_bytes(traced.out);
    traced_end(&traced);
    static const unsigned char wanted[] = {
        0x0a, 54,                                               /* a packet */
        0x40, 5,                                                /* timestamp */
        0x68, 2,                                                /* needs incremental state */
        0x62, 7,    0x12, 5,    8,    1,    0x12, 1,    'x',    /* interned: event name 1 is x */
        0x5a, 37,                                               /* track event */
        0x48, 1,    0x58, 4,                                    /* a slice begins, on the track 4 */
        0x50, 1,                                                /* name 1 */
        0x22, 5,    8,    1,    0x18, 0xac, 2,                  /* annotation 1: 300 */
        0xa0, 3,    0xac, 2,                                    /* correlation 300 */
        0xf9, 2,    1,    0,    0,    0,    0,    0,    0,   0, /* flow 1 */
        0xf9, 2,    2,    1,    0,    0,    0,    0,    0,   0, /* flow 258 */
        0x50, 1,                                                /* sequence */
        0x0a, 13,                                               /* its end */
        0x40, 0xc8, 1,    0x68, 2,    0x5a, 4,    0x48, 2,   0x58, 4, 0x50, 1};
    ck_assert_uint_eq(after - before, sizeof wanted);
    for (size_t i = 0; i < sizeof wanted; i++)
        ck_assert_msg((unsigned char)traced.bytes[before + i] == wanted[i], "byte %u is %u", (unsigned)i,
                      (unsigned char)traced.bytes[before + i]);
}
END_TEST

START_TEST(tracks_form_a_tree_in_explicit_order)
{
    traced_end(&traced);
    Bytes root = track(0), process = track(2), loop = track(4), worker = track(6), counter = track(8),
          async = track(10);
    ck_assert_uint_eq(number_in(root, TRACK_CHILDREN), 3);
    ck_assert_uint_eq(number_in(root, TRACK_PROCESSES), 1);
    ck_assert_uint_eq(number_in(root, TRACK_THREADS), 1);

    Field field;
    ck_assert(!find_field(process, TRACK_PARENT, 0, &field));
    ck_assert_uint_eq(number_in(process, TRACK_RANK), 7);
    ck_assert_uint_eq(number_in(part_in(process, TRACK_PROCESS_PART), PROCESS_PID), 1);
    ck_assert_str_eq(text_in(part_in(process, TRACK_PROCESS_PART), PROCESS_NAME), "node");

    ck_assert_uint_eq(number_in(loop, TRACK_PARENT), 2);
    ck_assert_uint_eq(number_in(loop, TRACK_RANK), 1);
    ck_assert_str_eq(text_in(loop, TRACK_DESCRIPTION), "the event loop");
    ck_assert_uint_eq(number_in(part_in(loop, TRACK_THREAD_PART), THREAD_PID), 1);
    ck_assert_uint_eq(number_in(part_in(loop, TRACK_THREAD_PART), THREAD_TID), 1);
    ck_assert_uint_eq(number_in(part_in(worker, TRACK_THREAD_PART), THREAD_TID), 2);
    ck_assert_str_eq(text_in(part_in(worker, TRACK_THREAD_PART), THREAD_NAME), "worker");

    ck_assert_str_eq(text_in(counter, TRACK_NAME), "in flight");
    ck_assert_uint_eq(number_in(part_in(counter, TRACK_COUNTER_PART), COUNTER_UNIT), 2);
    ck_assert_str_eq(text_in(async, TRACK_NAME), "request");
    ck_assert_uint_eq(number_in(async, TRACK_RANK), (uint64_t)-4);
    ck_assert_uint_eq(number_in(async, TRACK_CHILDREN), 3);
}
END_TEST

START_TEST(counters_have_units)
{
    static const struct {
        unsigned unit, multiplier;
        const char *name;
    } wanted[] = {{2, 0, ""}, {1, 1000, ""}, {3, 1024, ""}, {0, 0, "%"}};
    for (unsigned i = 0; i < COUNT_OF(wanted); i++) {
        TrackSpec spec = {.track = 10 + i, .parent = 1, .kind = TRACK_COUNTER, .name = "c", .unit = (CounterUnit)i};
        sink->track(sink, &spec);
        sink->counter(sink, 10 + i, i, INT64_MIN + i);
    }
    traced_end(&traced);
    for (unsigned i = 0; i < COUNT_OF(wanted); i++) {
        Bytes counter = part_in(track(2 * (10 + i)), TRACK_COUNTER_PART);
        ck_assert_uint_eq(number_in(counter, COUNTER_UNIT), wanted[i].unit);
        ck_assert_uint_eq(number_in(counter, COUNTER_MULTIPLIER), wanted[i].multiplier);
        ck_assert_str_eq(text_in(counter, COUNTER_UNIT_NAME), wanted[i].name);
        assert_event(i, TYPE_COUNTER, 2 * (10 + i), i);
        ck_assert_uint_eq(number_in(event(i), EVENT_VALUE), (uint64_t)INT64_MIN + i);
    }
}
END_TEST

/* Sorted by time and, at one time, by place, each end closes what began last: the slices as a string of brackets. */
static void assert_nesting(uint64_t uuid, const char *wanted)
{
    char got[256] = "";
    unsigned count = events();
    for (Time at = 0; at <= 100; at++) {
        for (unsigned i = 0; i < count; i++) {
            if (number_in(event(i), EVENT_TRACK) != uuid || time_of(i) != at)
                continue;
            uint64_t type = number_in(event(i), EVENT_TYPE);
            strcat(got, type == TYPE_END ? ")" : name_of(i));
            strcat(got, type == TYPE_BEGIN ? "(" : "");
        }
    }
    ck_assert_str_eq(got, wanted);
}

START_TEST(slices_nest_also_where_ends_are_equal)
{
    sink->enter(sink, 2, 5, "a", NULL, no_flow);
    sink->enter(sink, 2, 5, "b", NULL, no_flow);
    sink->slice(sink, 2, 5, 10, "c", NULL, no_flow);
    sink->slice(sink, 2, 10, 10, "d", NULL, no_flow);
    sink->instant(sink, 2, 0, 10, "i", NULL, no_flow);
    sink->leave(sink, 2, 10, NULL, no_flow);
    sink->leave(sink, 2, 10, NULL, no_flow);
    sink->slice(sink, 2, 10, 20, "e", NULL, no_flow);
    sink->slice(sink, 2, 20, 30, "f", NULL, no_flow);
    traced_end(&traced);
    assert_nesting(4, "a(b(c()d()i))e()f()");
}
END_TEST

START_TEST(each_name_comes_once)
{
    static const char *const names[] = {"one", "two", "one", "", "two"};
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        sink->instant(sink, 2, 0, i, names[i], NULL, no_flow);
    traced_end(&traced);
    unsigned defined = 0;
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        Bytes packet;
        ck_assert_str_eq(name_of(i), names[i]);
        ck_assert(find_packet(PACKET_EVENT, i, &packet));
        ck_assert_uint_eq(number_in(packet, PACKET_FLAGS), STATE_NEEDED);
        defined += part_in(packet, PACKET_INTERNED).size > 0;
    }
    ck_assert_uint_eq(defined, 3);
    Bytes first = {(const unsigned char *)traced.bytes, traced.size};
    ck_assert_uint_eq(number_in(part_in(first, TRACE_PACKET), PACKET_FLAGS), STATE_CLEARED);
}
END_TEST

START_TEST(more_names_than_can_be_kept_are_written_out)
{
    char name[] = "line 00000";
    for (unsigned i = 0; i <= INTERN_MOST; i++) {
        for (unsigned k = 0, rest = i; k < 5; k++, rest /= 10)
            name[9 - k] = (char)('0' + rest % 10);
        sink->instant(sink, 2, 0, i, name, NULL, no_flow);
    }
    sink->instant(sink, 2, 0, 9999, "line 04095", NULL, no_flow);
    traced_end(&traced);
    ck_assert_uint_eq(number_in(event(INTERN_MOST - 1), EVENT_NAME_ID), INTERN_MOST);
    ck_assert_uint_eq(number_in(event(INTERN_MOST), EVENT_NAME_ID), 0);
    ck_assert_str_eq(text_in(event(INTERN_MOST), EVENT_NAME), "line 04096");
    ck_assert_uint_eq(number_in(event(INTERN_MOST + 1), EVENT_NAME_ID), INTERN_MOST);
}
END_TEST

START_TEST(asynchronous_slices_share_lanes_one_after_the_other)
{
    sink->begin(sink, 5, 1, 0, "a", NULL, no_flow);
    sink->begin(sink, 5, 2, 1, "b", NULL, no_flow);
    sink->begin(sink, 5, 1, 2, "wait", NULL, no_flow);
    sink->end(sink, 5, 1, 3, "wait", NULL, no_flow);
    sink->end(sink, 5, 1, 4, "a", NULL, no_flow);
    sink->begin(sink, 5, 3, 4, "c", NULL, no_flow);
    sink->instant(sink, 5, 2, 5, "i", NULL, no_flow);
    sink->instant(sink, 5, 9, 5, "alone", NULL, no_flow);
    sink->end(sink, 5, 3, 6, "c", NULL, no_flow);
    sink->end(sink, 5, 2, 7, "b", NULL, no_flow);
    traced_end(&traced);
    uint64_t second = number_in(event(1), EVENT_TRACK), third = number_in(event(7), EVENT_TRACK);
    assert_nesting(10, "a(wait())c()");
    assert_nesting(second, "b(i)");
    assert_nesting(third, "alone");
    ck_assert_str_eq(text_in(track(second), TRACK_NAME), "request");
    ck_assert_uint_eq(number_in(track(second), TRACK_PARENT), 2);
    ck_assert_uint_eq(number_in(track(second), TRACK_RANK), (uint64_t)-4);
}
END_TEST

START_TEST(asynchronous_tracks_may_hold_others)
{
    sink->track(sink, &(TrackSpec){.track = 6, .parent = 5, .kind = TRACK_ASYNC, .name = "child"});
    traced_end(&traced);
    ck_assert_uint_eq(number_in(track(12), TRACK_PARENT), 10);
}
END_TEST

START_TEST(flows_are_kept_as_they_are)
{
    sink->slice(sink, 2, 0, 1, "a", NULL, (TraceFlow){.out = UINT64_MAX});
    sink->enter(sink, 2, 1, "b", NULL, (TraceFlow){.in = UINT64_MAX, .out = UINT64_MAX});
    sink->leave(sink, 2, 2, NULL, (TraceFlow){.out = 7});
    traced_end(&traced);
    Field field;
    ck_assert_uint_eq(number_in(event(0), EVENT_FLOW), UINT64_MAX);
    ck_assert(!find_field(event(1), EVENT_FLOW, 0, &field));
    ck_assert_uint_eq(number_in(event(2), EVENT_FLOW), UINT64_MAX);
    ck_assert(!find_field(event(2), EVENT_FLOW, 1, &field));
    ck_assert_uint_eq(number_in(event(3), EVENT_FLOW), 7);
}
END_TEST

START_TEST(all_args_have_their_names)
{
    static const struct {
        const char *name, *text;
        uint64_t number;
    } wanted[] = {{"request", "", 1},   {"connection", "", UINT64_MAX}, {"handler", "h", 0},   {"step", "s", 0},
                  {"detail", "d", 0},   {"queued_ns", "", 0},           {"latency_ns", "", 9}, {"outcome", "o", 0},
                  {"blame", "\"b\n", 0}};
    TraceArgs args = {.request = 1,
                      .connection = UINT64_MAX,
                      .handler = "h",
                      .step = "s",
                      .detail = "d",
                      .latency_ns = 9,
                      .outcome = "o",
                      .unfinished = true,
                      .blame = "\"b\n"};
    sink->instant(sink, 2, 0, 0, "x", &args, no_flow);
    traced_end(&traced);
    Field arg;
    for (unsigned i = 0; i < COUNT_OF(wanted); i++) {
        ck_assert(find_field(event(0), EVENT_ARG, i, &arg));
        ck_assert_str_eq(interned(INTERNED_ARG_NAME, number_in(arg.bytes, ARG_NAME_ID)), wanted[i].name);
        ck_assert_str_eq(text_in(arg.bytes, ARG_TEXT), wanted[i].text);
        ck_assert_uint_eq(number_in(arg.bytes, ARG_UINT), wanted[i].number);
    }
    ck_assert(find_field(event(0), EVENT_ARG, COUNT_OF(wanted), &arg));
    ck_assert_str_eq(interned(INTERNED_ARG_NAME, number_in(arg.bytes, ARG_NAME_ID)), "unfinished");
    ck_assert_uint_eq(number_in(arg.bytes, ARG_BOOL), 1);
    ck_assert(!find_field(event(0), EVENT_ARG, COUNT_OF(wanted) + 1, &arg));
    ck_assert_uint_eq(number_in(event(0), EVENT_CORRELATION), 1);
}
END_TEST

START_TEST(args_of_both_ends_come_once)
{
    TraceArgs args = {.request = 1, .queued_ns = -1, .latency_ns = -1};
    Field arg;
    sink->enter(sink, 2, 0, "x", &args, no_flow);
    args.outcome = "done";
    sink->leave(sink, 2, 1, &args, no_flow);
    traced_end(&traced);
    ck_assert(find_field(event(1), EVENT_ARG, 0, &arg));
    ck_assert_str_eq(text_in(arg.bytes, ARG_TEXT), "done");
    ck_assert(!find_field(event(1), EVENT_ARG, 1, &arg));
}
END_TEST

START_TEST(cores_and_waits_have_tracks)
{
    sink->state(sink, 3, 0, 10, THREAD_READY, -1);
    sink->state(sink, 3, 10, 20, THREAD_RUNNING, 12);
    sink->state(sink, 2, 20, 25, THREAD_RUNNING, 12);
    sink->state(sink, 3, 20, 30, THREAD_BLOCKED, -1);
    sink->state(sink, 3, 30, 40, THREAD_SLEEPING, -1);
    sink->state(sink, 3, 40, 40, THREAD_READY, -1);
    sink->state(sink, 3, 40, 50, THREAD_GONE, -1);
    sink->state(sink, 3, 50, 51, THREAD_RUNNING, 0);
    traced_end(&traced);
    uint64_t waits = number_in(event(0), EVENT_TRACK), cpu = number_in(event(2), EVENT_TRACK);
    assert_nesting(waits, "ready()blocked()");
    assert_nesting(cpu, "worker()loop()");
    assert_event(3, TYPE_END, cpu, 20);
    ck_assert_str_eq(text_in(track(cpu), TRACK_NAME), "CPU 12");
    ck_assert_uint_eq(number_in(track(cpu), TRACK_PARENT), 2);
    ck_assert_str_eq(text_in(track(waits), TRACK_NAME), "waits");
    ck_assert_uint_eq(number_in(track(waits), TRACK_PARENT), 6);
    ck_assert_str_eq(text_in(track(number_in(event(8), EVENT_TRACK)), TRACK_NAME), "CPU 0");
    ck_assert_uint_eq(events(), 10 + 1);
}
END_TEST

START_TEST(cores_stand_in_their_order_below_the_threads)
{
    static const int cpus[] = {8, 0, 16, 9, 7};
    uint64_t rank[COUNT_OF(cpus)];
    for (size_t i = 0; i < COUNT_OF(cpus); i++)
        sink->state(sink, 2, (Time)i * 10, (Time)i * 10 + 5, THREAD_RUNNING, cpus[i]);
    traced_end(&traced);
    for (size_t i = 0; i < COUNT_OF(cpus); i++)
        rank[i] = number_in(track(number_in(event(2 * (unsigned)i), EVENT_TRACK)), TRACK_RANK);
    for (size_t i = 0; i < COUNT_OF(cpus); i++) {
        ck_assert_uint_gt(rank[i], 1000);
        ck_assert_int_eq((int64_t)(rank[i] - rank[0]), cpus[i] - cpus[0]);
    }
}
END_TEST

START_TEST(what_is_open_at_the_end_ends_there)
{
    sink->enter(sink, 2, 1, "a", NULL, no_flow);
    sink->begin(sink, 5, 1, 2, "r", NULL, no_flow);
    sink->begin(sink, 5, 1, 3, "w", NULL, no_flow);
    sink->begin(sink, 5, 2, 4, "s", NULL, no_flow);
    uint64_t before = sink->events;
    traced_end(&traced);
    ck_assert_uint_eq(before, 4);
    assert_nesting(4, "a()");
    assert_nesting(10, "r(w())");
    for (unsigned i = 4; i < 8; i++) {
        Field arg;
        ck_assert_uint_eq(number_in(event(i), EVENT_TYPE), TYPE_END);
        ck_assert_int_eq(time_of(i), 4);
        ck_assert(find_field(event(i), EVENT_ARG, 0, &arg));
        ck_assert_str_eq(interned(INTERNED_ARG_NAME, number_in(arg.bytes, ARG_NAME_ID)), "unfinished");
    }
}
END_TEST

START_TEST(the_metadata_is_an_instant)
{
    traced_end(&traced);
    Field arg;
    ck_assert_str_eq(name_of(0), "metadata");
    ck_assert_str_eq(text_in(track(number_in(event(0), EVENT_TRACK)), TRACK_NAME), "about this trace");
    ck_assert(find_field(event(0), EVENT_ARG, 0, &arg));
    ck_assert_str_eq(text_in(arg.bytes, ARG_NAME), "loopsim");
    ck_assert_str_eq(text_in(arg.bytes, ARG_TEXT), "\"1.0.0\"");
    ck_assert(find_field(event(0), EVENT_ARG, 1, &arg));
    ck_assert_str_eq(text_in(arg.bytes, ARG_NAME), "left_out");
}
END_TEST

START_TEST(only_so_many_instants_at_one_time)
{
    for (Time at = 0; at < 2; at++) {
        for (int i = 0; i < SINK_STACKED + 3; i++)
            sink->instant(sink, 2, 0, at, "i", NULL, no_flow);
        sink->instant(sink, 3, 0, at, "i", NULL, no_flow);
    }
    traced_end(&traced);
    ck_assert_uint_eq(traced.left_out, 6);
    ck_assert_uint_eq(events(), 2 * (SINK_STACKED + 1) + 1);
}
END_TEST

START_TEST(memory_does_not_grow_and_comes_back)
{
    size_t before = 0;
    for (uint64_t i = 1; i <= 20000; i++) {
        Time at = (Time)i * 100;
        sink->begin(sink, 5, i, at, "request", NULL, no_flow);
        sink->enter(sink, 2, at, "iteration", NULL, no_flow);
        sink->slice(sink, 2, at, at + 50, "callback", NULL, no_flow);
        sink->leave(sink, 2, at + 50, NULL, no_flow);
        sink->state(sink, 2, at, at + 50, THREAD_RUNNING, 0);
        if (i > 10)
            sink->end(sink, 5, i - 10, at + 50, "request", NULL, no_flow);
        if (i == 100)
            before = mem_used(traced.mem);
    }
    ck_assert_uint_eq(mem_used(traced.mem), before);
    traced_end(&traced);
    ck_assert_uint_lt(mem_used(traced.mem), 500); /* the Out's answers */
}
END_TEST

static const TrackSpec twice = {.track = 1, .kind = TRACK_PROCESS, .name = "again"};
static const TrackSpec zeroth = {.track = 0, .kind = TRACK_PROCESS, .name = "none"};
static const TrackSpec orphan = {.track = 30, .parent = 29, .kind = TRACK_THREAD, .name = "orphan"};
static const TrackSpec nested = {.track = 30, .parent = 2, .kind = TRACK_COUNTER, .name = "under a thread"};

START_TEST(misuse_ends_the_program)
{
    switch (_i) {
    case 0: sink->track(sink, &twice); break;
    case 1: sink->track(sink, &zeroth); break;
    case 2: sink->track(sink, &orphan); break;
    case 3: sink->track(sink, &nested); break;
    case 4: sink->slice(sink, 2, 2, 1, "backwards", NULL, no_flow); break;
    case 5: sink->slice(sink, 2, -1, 1, "before the start", NULL, no_flow); break;
    case 6: sink->leave(sink, 2, 1, NULL, no_flow); break;
    case 7: sink->end(sink, 5, 1, 1, "not begun", NULL, no_flow); break;
    case 8: sink->begin(sink, 2, 1, 2, "not asynchronous", NULL, no_flow); break;
    case 9: sink->counter(sink, 5, 1, 2); break;
    case 10: sink->instant(sink, 1, 0, 1, "on a process", NULL, no_flow); break;
    case 11: sink->state(sink, 2, 0, 1, THREAD_RUNNING, 1 << 16); break;
    default: sink->counter(sink, 999999, 1, 2);
    }
}
END_TEST
enum { MISUSES = 13 };

/* Lanes ---------------------------------------------------------------------------------------------------------- */

enum { IDS = 5000 };

START_TEST(lanes_agree_with_a_list)
{
    static uint32_t lane_of[IDS];
    static unsigned depth[IDS];
    static bool taken[IDS];
    Mem *mem = mem_new(1 << 20);
    Lanes lanes;
    uint32_t random = (uint32_t)_i + 1;
    unsigned open = 0;
    lanes_init(&lanes, mem);
    ck_assert_uint_eq(lanes_find(&lanes, 1), LANE_NONE);
    for (int i = 0; i < 20000; i++) {
        random = random * UINT32_C(1664525) + UINT32_C(1013904223);
        unsigned id = (random >> 8) % (_i == 0 ? 16u : 800u);
        uint64_t key = id * (_i == 1 ? UINT64_C(1) << 40 : 1);
        ck_assert_uint_eq(lanes_find(&lanes, key), depth[id] > 0 ? lane_of[id] : LANE_NONE);
        if (random >> 31) {
            uint32_t lane = lanes_begin(&lanes, key);
            ck_assert_uint_lt(lane, IDS);
            ck_assert(depth[id] > 0 ? lane == lane_of[id] : !taken[lane]);
            open += depth[id]++ == 0;
            taken[lane_of[id] = lane] = true;
        } else if (depth[id] > 0) {
            lanes_end(&lanes, lane_of[id]);
            open -= --depth[id] == 0;
            taken[lane_of[id]] = depth[id] > 0;
        }
        ck_assert_uint_eq(lanes.open, open);
    }
    lanes_free(&lanes);
    ck_assert_uint_eq(mem_used(mem), 0);
    mem_delete(mem);
}
END_TEST

Suite *pftrace_suite(void)
{
    Suite *suite = suite_create("pftrace");
    TCase *tcase = tcase_create("pftrace");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_small_scene_has_these_bytes);
    tcase_add_test(tcase, tracks_form_a_tree_in_explicit_order);
    tcase_add_test(tcase, counters_have_units);
    tcase_add_test(tcase, slices_nest_also_where_ends_are_equal);
    tcase_add_test(tcase, each_name_comes_once);
    tcase_add_test(tcase, more_names_than_can_be_kept_are_written_out);
    tcase_add_test(tcase, asynchronous_slices_share_lanes_one_after_the_other);
    tcase_add_test(tcase, asynchronous_tracks_may_hold_others);
    tcase_add_test(tcase, flows_are_kept_as_they_are);
    tcase_add_test(tcase, all_args_have_their_names);
    tcase_add_test(tcase, args_of_both_ends_come_once);
    tcase_add_test(tcase, cores_and_waits_have_tracks);
    tcase_add_test(tcase, cores_stand_in_their_order_below_the_threads);
    tcase_add_test(tcase, what_is_open_at_the_end_ends_there);
    tcase_add_test(tcase, the_metadata_is_an_instant);
    tcase_add_test(tcase, only_so_many_instants_at_one_time);
    tcase_add_test(tcase, memory_does_not_grow_and_comes_back);
    tcase_add_loop_exit_test(tcase, misuse_ends_the_program, 70, 0, MISUSES);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("lanes");
    tcase_add_loop_test(tcase, lanes_agree_with_a_list, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite;
}
