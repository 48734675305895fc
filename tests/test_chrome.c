#include "traced.h"

#include "command.h"
#include "model/spec/diag.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *chrome_suite(void);

static Traced traced;
static Sink *sink;

static void set_up(void)
{
    traced_start(&traced, chrome_sink);
    sink = traced.sink;
    traced_tracks(sink);
}

static void tear_down(void)
{
    traced_free(&traced);
}

/* Ends the trace; it must be strict JSON. */
static const Json *ended(void)
{
    static Diag diag;
    traced_end(&traced);
    diag_init(&diag, traced.mem);
    const Json *json = json_read(traced.mem, (JsonPlace){"trace", 1, 1, 0, 0}, traced.bytes, traced.size, &diag);
    if (diag.count > 0)
        ck_abort_msg("%s at %u:%u", diag.entry[0].what, diag.entry[0].place.line, diag.entry[0].place.column);
    return json;
}

/* The events after those of traced_tracks, without what surrounds them. */
static const char *body(void)
{
    static const char last[] = "\"sort_index\":2}},\n",
                      end[] = "\n],\"metadata\":{\"loopsim\":\"1.0.0\",\"left_out\":0}}\n";
    ended();
    char *start = strstr(traced.bytes, last);
    ck_assert_uint_gt(traced.size, sizeof end);
    ck_assert_str_eq(traced.bytes + traced.size - (sizeof end - 1), end);
    traced.bytes[traced.size - (sizeof end - 1)] = '\0';
    return start ? start + sizeof last - 1 : "";
}

static void slice(Time start, Time end, const char *name)
{
    sink->slice(sink, 2, start, end, name, NULL, no_flow);
}

static void enter(Time at, const char *name)
{
    sink->enter(sink, 2, at, name, NULL, no_flow);
}

static void leave(Time at)
{
    sink->leave(sink, 2, at, NULL, no_flow);
}

START_TEST(a_small_scene_has_these_bytes)
{
    TraceArgs begin = {.request = 1, .connection = 2, .handler = "get", .queued_ns = -1, .latency_ns = -1};
    TraceArgs call = {.request = 1, .step = "cpu", .queued_ns = 0, .latency_ns = -1};
    TraceArgs end = {.outcome = "completed", .queued_ns = -1, .latency_ns = 2001};
    sink->begin(sink, 5, 1, 0, "request", &begin, (TraceFlow){.out = 1});
    sink->counter(sink, 4, 0, 1);
    enter(1000, "iteration");
    sink->slice(sink, 2, 1500, 2001, "get: cpu", &call, (TraceFlow){.in = 1});
    sink->instant(sink, 2, 0, 2001, "line", NULL, no_flow);
    leave(2002);
    sink->state(sink, 2, 1000, 2001, THREAD_RUNNING, 3);
    sink->instant(sink, 5, 1, 2001, "respond", NULL, no_flow);
    sink->end(sink, 5, 1, 2001, "request", &end, no_flow);
    sink->counter(sink, 4, 2001, -5);
    ck_assert_uint_eq(sink->events, 6 + 9);
    ended();
    ck_assert_str_eq(
        traced.bytes,
        "{\"traceEvents\":[\n"
        "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"node\"}},\n"
        "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_sort_index\",\"args\":{\"sort_index\":7}},\n"
        "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"loop\"}},\n"
        "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":1}},\n"
        "{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"worker\"}},\n"
        "{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":2}},\n"
        "{\"ph\":\"b\",\"pid\":1,\"ts\":0.000,\"cat\":\"request\",\"id2\":{\"local\":\"5.1\"},\"name\":\"request\","
        "\"args\":{\"request\":1,\"connection\":2,\"handler\":\"get\"},\"bind_id\":1,\"flow_out\":true},\n"
        "{\"ph\":\"C\",\"pid\":1,\"ts\":0.000,\"name\":\"in flight\",\"args\":{\"count\":1}},\n"
        "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":1.500,\"name\":\"get: cpu\","
        "\"args\":{\"request\":1,\"step\":\"cpu\",\"queued_ns\":0},\"dur\":0.501,\"bind_id\":1,\"flow_in\":true},\n"
        "{\"ph\":\"i\",\"pid\":1,\"tid\":1,\"ts\":2.001,\"s\":\"t\",\"name\":\"line\"},\n"
        "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":1.000,\"name\":\"iteration\",\"dur\":1.002},\n"
        "{\"ph\":\"T\",\"pid\":1,\"tid\":1,\"ts\":1.000,\"dur\":1.001,\"name\":\"Running\",\"args\":{\"cpu\":3}},\n"
        "{\"ph\":\"n\",\"pid\":1,\"ts\":2.001,\"cat\":\"request\",\"id2\":{\"local\":\"5.1\"},\"name\":\"respond\"},\n"
        "{\"ph\":\"e\",\"pid\":1,\"ts\":2.001,\"cat\":\"request\",\"id2\":{\"local\":\"5.1\"},\"name\":\"request\","
        "\"args\":{\"latency_ns\":2001,\"outcome\":\"completed\"}},\n"
        "{\"ph\":\"C\",\"pid\":1,\"ts\":2.001,\"name\":\"in flight\",\"args\":{\"count\":-5}}\n"
        "],\"metadata\":{\"loopsim\":\"1.0.0\",\"left_out\":0}}\n");
}
END_TEST

START_TEST(an_empty_trace_is_whole)
{
    traced_free(&traced);
    traced_start(&traced, chrome_sink);
    ended();
    ck_assert_str_eq(traced.bytes, "{\"traceEvents\":[\n],\"metadata\":{\"loopsim\":\"1.0.0\",\"left_out\":0}}\n");
}
END_TEST

START_TEST(processes_and_threads_have_numbers_of_their_own)
{
    static const TrackSpec specs[] = {{.track = 1000, .kind = TRACK_PROCESS, .name = "threads", .order = -2},
                                      {.track = 70, .parent = 1000, .kind = TRACK_THREAD, .name = "acceptor"},
                                      {.track = 71, .parent = 1000, .kind = TRACK_THREAD, .name = "thread 1"},
                                      {.track = 72, .parent = 1, .kind = TRACK_THREAD, .name = "worker 2"}};
    for (size_t i = 0; i < COUNT_OF(specs); i++)
        sink->track(sink, &specs[i]);
    ck_assert_str_eq(body(),
                     "{\"ph\":\"M\",\"pid\":3,\"name\":\"process_name\",\"args\":{\"name\":\"threads\"}},\n"
                     "{\"ph\":\"M\",\"pid\":3,\"name\":\"process_sort_index\",\"args\":{\"sort_index\":-2}},\n"
                     "{\"ph\":\"M\",\"pid\":3,\"tid\":3,\"name\":\"thread_name\",\"args\":{\"name\":\"acceptor\"}},\n"
                     "{\"ph\":\"M\",\"pid\":3,\"tid\":3,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":0}},\n"
                     "{\"ph\":\"M\",\"pid\":3,\"tid\":4,\"name\":\"thread_name\",\"args\":{\"name\":\"thread 1\"}},\n"
                     "{\"ph\":\"M\",\"pid\":3,\"tid\":4,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":0}},\n"
                     "{\"ph\":\"M\",\"pid\":1,\"tid\":5,\"name\":\"thread_name\",\"args\":{\"name\":\"worker 2\"}},\n"
                     "{\"ph\":\"M\",\"pid\":1,\"tid\":5,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":0}}");
}
END_TEST

START_TEST(counters_name_their_unit)
{
    static const char *const units[] = {"count", "us", "KiB", "%"};
    for (unsigned i = 0; i < COUNT_OF(units); i++) {
        TrackSpec spec = {.track = 10 + i, .parent = 1, .kind = TRACK_COUNTER, .name = "lag", .unit = (CounterUnit)i};
        sink->track(sink, &spec);
        sink->counter(sink, 10 + i, 7, INT64_MIN);
    }
    const char *at = body();
    for (unsigned i = 0; i < COUNT_OF(units); i++) {
        char wanted[64] = "\"name\":\"lag\",\"args\":{\"";
        strcat(strcat(wanted, units[i]), "\":-9223372036854775808}}");
        at = strstr(at, wanted);
        ck_assert_ptr_nonnull(at);
    }
}
END_TEST

/* What the importer makes of it ---------------------------------------------------------------------------------- */

enum { MOST = 4096, NAME = 8 };

typedef struct Seen {
    Time start, end;
    size_t place; /* in the file */
    char name[NAME], parent[NAME];
} Seen;

static Seen seen[MOST];
static size_t count;

/* Microseconds with three decimals, after `key`. */
static Time time_in(const char *line, const char *key)
{
    char *rest;
    const char *at = strstr(line, key);
    ck_assert_ptr_nonnull(at);
    Time us = strtoll(at + strlen(key), &rest, 10);
    ck_assert_int_eq(*rest, '.');
    ck_assert_uint_eq(strspn(rest + 1, "0123456789"), 3);
    return us * 1000 + strtoll(rest + 1, NULL, 10);
}

/* As the importer sorts: by time, at one time the longest first, then as they stand in the file. */
static int before(const void *one, const void *other)
{
    const Seen *a = one, *b = other;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->end != b->end)
        return a->end > b->end ? -1 : 1;
    return a->place < b->place ? -1 : 1;
}

/* Reads the X events and nests them as the importer does: what ended at or before the start of the next is closed, but
 * what is 0 ns long stays for what is 0 ns long. Partial overlaps fail. */
static void import(void)
{
    const char *line = body();
    count = 0;
    for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, "{\"ph\":\"X\"", 9) != 0)
            continue;
        Seen *one = &seen[count];
        const char *name = strstr(line, "\"name\":\"") + 8;
        *one = (Seen){.start = time_in(line, "\"ts\":"), .place = count};
        one->end = one->start + time_in(line, "\"dur\":");
        ck_assert_uint_lt(strcspn(name, "\""), NAME);
        memcpy(one->name, name, strcspn(name, "\""));
        ck_assert_uint_lt(++count, MOST);
    }
    qsort(seen, count, sizeof *seen, before); /* a total order: no two have one place */
    size_t stack[MOST], depth = 0;
    for (size_t i = 0; i < count; i++) {
        for (; depth > 0; depth--) {
            const Seen *top = &seen[stack[depth - 1]];
            bool both_empty = top->start == top->end && seen[i].start == seen[i].end;
            if (top->end > seen[i].start || (top->end == seen[i].start && both_empty))
                break;
        }
        if (depth > 0) {
            const Seen *top = &seen[stack[depth - 1]];
            ck_assert_msg(seen[i].end <= top->end, "%s overlaps %s", seen[i].name, top->name);
            strcpy(seen[i].parent, top->name);
        }
        stack[depth++] = i;
    }
}

static const char *parent_of(const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(seen[i].name, name) == 0)
            return seen[i].parent;
    }
    ck_abort_msg("no slice %s", name);
    return "";
}

START_TEST(slices_with_the_same_ends_nest_as_they_were_entered)
{
    enter(5, "a");
    enter(5, "b");
    slice(5, 10, "c");
    leave(10);
    leave(10);
    enter(10, "d");
    slice(10, 20, "e");
    slice(20, 30, "f");
    leave(30);
    import();
    ck_assert_str_eq(parent_of("a"), "");
    ck_assert_str_eq(parent_of("b"), "a");
    ck_assert_str_eq(parent_of("c"), "b");
    ck_assert_str_eq(parent_of("d"), "");
    ck_assert_str_eq(parent_of("e"), "d");
    ck_assert_str_eq(parent_of("f"), "d");
}
END_TEST

START_TEST(what_takes_no_time_stacks_from_the_outside)
{
    enter(5, "a");
    slice(5, 5, "b");
    enter(5, "c");
    slice(5, 5, "d");
    leave(5);
    slice(5, 5, "e");
    leave(5);
    static const char order[] = "abcde";
    const char *at = body();
    for (size_t i = 0; i < 5; i++) {
        char name[] = "\"name\":\"?\"";
        name[8] = order[i];
        at = strstr(at, name);
        ck_assert_msg(at, "%c is not where it should be", order[i]);
    }
}
END_TEST

/* A random tree of slices with many equal ends, drawn and checked against what the importer makes of it. */
typedef struct Tree {
    uint32_t random;
    Time now;
    unsigned names;
    char parent[MOST][NAME];
    bool empty[MOST];
} Tree;

static unsigned draw(Tree *tree, unsigned below)
{
    tree->random = tree->random * UINT32_C(1664525) + UINT32_C(1013904223);
    return (tree->random >> 16) % below;
}

static void name_of(unsigned number, char name[NAME])
{
    name[0] = 's';
    for (int i = 4; i > 0; i--, number /= 10)
        name[i] = (char)('0' + number % 10);
    name[5] = '\0';
}

static void draw_slice(Tree *tree, unsigned depth, const char *parent)
{
    char name[NAME];
    unsigned number = tree->names++;
    Time start = tree->now;
    name_of(number, name);
    strcpy(tree->parent[number], parent);
    if (depth == 0 || draw(tree, 3) == 0) {
        tree->now += draw(tree, 3);
        slice(start, tree->now, name);
    } else {
        enter(start, name);
        for (unsigned i = draw(tree, 4); i > 0; i--) {
            tree->now += draw(tree, 4) / 3;
            draw_slice(tree, depth - 1, name);
        }
        tree->now += draw(tree, 4) / 3;
        leave(tree->now);
    }
    tree->empty[number] = start == tree->now;
}

START_TEST(any_tree_comes_back)
{
    static Tree tree;
    memset(&tree, 0, sizeof tree);
    tree.random = (uint32_t)_i;
    while (tree.names < 1000)
        draw_slice(&tree, 5, "");
    import();
    ck_assert_uint_eq(count, tree.names);
    for (unsigned i = 0; i < tree.names; i++) {
        char name[NAME];
        name_of(i, name);
        if (!tree.empty[i])
            ck_assert_str_eq(parent_of(name), tree.parent[i]);
    }
}
END_TEST

START_TEST(only_so_many_stack_at_one_instant)
{
    for (Time at = 0; at < 2; at++) {
        for (int i = 0; i < SINK_STACKED - 2; i++)
            slice(at, at, "x");
        sink->instant(sink, 2, 0, at, "i", NULL, no_flow);
        sink->instant(sink, 2, 0, at, "i", NULL, (TraceFlow){.in = 5});
        slice(at, at, "too many");
        enter(at, "too many");
        slice(at, at + 1, "not empty");
        leave(at + 1);
        sink->slice(sink, 3, at, at, "other", NULL, no_flow);
    }
    enter(9, "too many");
    for (int i = 0; i < SINK_STACKED; i++)
        slice(9, 9, "x");
    leave(9);
    uint64_t events = sink->events;
    ended();
    ck_assert_uint_eq(traced.left_out, 3);
    ck_assert_uint_eq(events, 6 + 2 * (SINK_STACKED + 3) + SINK_STACKED);
}
END_TEST

/* Flows ---------------------------------------------------------------------------------------------------------- */

static void assert_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part), "%s\nis not in\n%s", part, text);
}

START_TEST(flows_of_a_thread_bind_to_its_slices)
{
    sink->slice(sink, 2, 1, 2, "a", NULL, (TraceFlow){.out = 1});
    sink->slice(sink, 2, 2, 3, "b", NULL, (TraceFlow){.in = 1, .out = 1});
    sink->slice(sink, 2, 3, 4, "c", NULL, (TraceFlow){.in = 1, .out = 2});
    sink->enter(sink, 2, 4, "d", NULL, (TraceFlow){.in = 2});
    sink->leave(sink, 2, 5, NULL, (TraceFlow){.out = 2});
    sink->instant(sink, 2, 0, 5, "e", NULL, (TraceFlow){.in = 2});
    const char *text = body();
    assert_has(text, "\"a\",\"dur\":0.001,\"bind_id\":1,\"flow_out\":true}");
    assert_has(text, "\"b\",\"dur\":0.001,\"bind_id\":1,\"flow_in\":true,\"flow_out\":true}");
    assert_has(text,
               "\"c\",\"dur\":0.001,\"bind_id\":1,\"flow_in\":true},\n{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":0.003,"
               "\"dur\":0,\"name\":\"flow\",\"bind_id\":2,\"flow_out\":true}");
    assert_has(text, "\"d\",\"dur\":0.001,\"bind_id\":2,\"flow_in\":true,\"flow_out\":true}");
    assert_has(text, "\"e\",\"dur\":0.000,\"bind_id\":2,\"flow_in\":true}");
}
END_TEST

START_TEST(flows_of_asynchronous_slices_bind_to_b_and_n)
{
    sink->begin(sink, 5, 1, 1, "a", NULL, (TraceFlow){.in = 1, .out = 2});
    sink->instant(sink, 5, 1, 2, "b", NULL, (TraceFlow){.in = 2, .out = 2});
    sink->end(sink, 5, 1, 3, "a", NULL, (TraceFlow){.in = 3});
    ck_assert_str_eq(
        body(),
        "{\"ph\":\"b\",\"pid\":1,\"ts\":0.001,\"cat\":\"request\",\"id2\":{\"local\":\"5.1\"},\"name\":\"a\","
        "\"bind_id\":1,\"flow_in\":true},\n"
        "{\"ph\":\"n\",\"pid\":1,\"ts\":0.001,\"cat\":\"request\",\"id2\":{\"local\":\"5.1\"},\"name\":\"flow\","
        "\"bind_id\":2,\"flow_out\":true},\n"
        "{\"ph\":\"n\",\"pid\":1,\"ts\":0.002,\"cat\":\"request\",\"id2\":{\"local\":\"5.1\"},\"name\":\"b\","
        "\"bind_id\":2,\"flow_in\":true,\"flow_out\":true},\n"
        "{\"ph\":\"n\",\"pid\":1,\"ts\":0.003,\"cat\":\"request\",\"id2\":{\"local\":\"5.1\"},\"name\":\"flow\","
        "\"bind_id\":3,\"flow_in\":true},\n"
        "{\"ph\":\"e\",\"pid\":1,\"ts\":0.003,\"cat\":\"request\",\"id2\":{\"local\":\"5.1\"},\"name\":\"a\"}");
}
END_TEST

/* Values --------------------------------------------------------------------------------------------------------- */

START_TEST(all_args_have_their_names)
{
    TraceArgs args = {.request = 1,
                      .connection = UINT64_C(1) << 53,
                      .handler = "h",
                      .step = "s",
                      .detail = "d",
                      .queued_ns = ((Time)1 << 53) + 1,
                      .latency_ns = 0,
                      .outcome = "o",
                      .unfinished = true,
                      .blame = "b"};
    sink->slice(sink, 2, 0, 1, "x", &args, no_flow);
    assert_has(body(), "\"args\":{\"request\":1,\"connection\":9007199254740992,\"handler\":\"h\",\"step\":\"s\","
                       "\"detail\":\"d\",\"queued_ns\":\"9007199254740993\",\"latency_ns\":0,\"outcome\":\"o\","
                       "\"blame\":\"b\",\"unfinished\":true}");
}
END_TEST

START_TEST(args_of_both_ends_come_once)
{
    TraceArgs first = {.request = 1, .queued_ns = -1, .latency_ns = -1}, second = first;
    second.request = 2;
    second.outcome = "done";
    sink->enter(sink, 2, 0, "x", &first, no_flow);
    sink->leave(sink, 2, 1, &second, no_flow);
    sink->enter(sink, 2, 1, "y", &no_args, no_flow);
    sink->leave(sink, 2, 2, &second, no_flow);
    const char *text = body();
    assert_has(text, "\"name\":\"x\",\"args\":{\"request\":1,\"outcome\":\"done\"},\"dur\"");
    assert_has(text, "\"name\":\"y\",\"args\":{\"request\":2,\"outcome\":\"done\"},\"dur\"");
}
END_TEST

START_TEST(every_name_is_escaped)
{
    static const char nasty[] = "\"\\/\n\t\x01\x7f \xc3\xa4 \xff\xed\xa0\x80 \xf0\x9f\x98\x80 </script>";
    TraceArgs args = {.handler = nasty, .blame = nasty, .queued_ns = -1, .latency_ns = -1};
    TrackSpec process = {.track = 20, .kind = TRACK_PROCESS, .name = nasty};
    TrackSpec async = {.track = 21, .parent = 20, .kind = TRACK_ASYNC, .name = nasty};
    TrackSpec counter = {.track = 22, .parent = 20, .kind = TRACK_COUNTER, .name = nasty};
    sink->track(sink, &process);
    sink->track(sink, &async);
    sink->track(sink, &counter);
    sink->begin(sink, 21, 1, 0, nasty, &args, no_flow);
    sink->counter(sink, 22, 0, 1);
    const Json *events = json_member(ended(), "traceEvents");
    ck_assert_uint_eq(events->count, 6 + 4);
    const Json *begun = events->child;
    while (strcmp(json_member(begun, "ph")->text, "b") != 0)
        begun = begun->next;
    static const char shown[] = "\"\\/\n\t\x01\x7f \xc3\xa4 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
                                "\xf0\x9f\x98\x80 </script>";
    ck_assert_str_eq(json_member(begun, "name")->text, shown);
    ck_assert_str_eq(json_member(begun, "cat")->text, shown);
    ck_assert_str_eq(json_member(json_member(begun, "args"), "blame")->text, shown);
    assert_has(traced.bytes, "\"\\\"\\\\/\\n\\t\\u0001\x7f \xc3\xa4 ");
}
END_TEST

START_TEST(bad_utf8_alone_is_replaced)
{
    slice(0, 1, "\xff");
    slice(1, 2, "\xc3\xa4");
    const char *text = body();
    assert_has(text, "\"name\":\"\xef\xbf\xbd\"");
    assert_has(text, "\"name\":\"\xc3\xa4\"");
}
END_TEST

START_TEST(long_names_have_room)
{
    static char name[5000];
    memset(name, 'n', sizeof name - 1);
    sink->slice(sink, 2, 0, 1, name, NULL, no_flow);
    name[2500] = '"';
    sink->enter(sink, 2, 1, name, NULL, no_flow);
    sink->leave(sink, 2, 1, NULL, no_flow);
    ended();
    ck_assert_uint_gt(traced.size, 2 * sizeof name);
}
END_TEST

START_TEST(times_are_exact)
{
    static const struct {
        Time at;
        const char *text;
    } times[] = {{0, "\"ts\":0.000,"},
                 {9, "\"ts\":0.009,"},
                 {99, "\"ts\":0.099,"},
                 {999, "\"ts\":0.999,"},
                 {1000, "\"ts\":1.000,"},
                 {123456789, "\"ts\":123456.789,"},
                 {TIME_MAX_RUN, "\"ts\":315360000000000.000,"},
                 {TIME_MAX_RUN + 1, "\"ts\":315360000000000.001,"},
                 {INT64_MAX, "\"ts\":9223372036854775.807,"}};
    for (size_t i = 0; i < COUNT_OF(times); i++)
        sink->counter(sink, 4, times[i].at, 0);
    const char *text = body();
    for (size_t i = 0; i < COUNT_OF(times); i++)
        assert_has(text, times[i].text);
}
END_TEST

START_TEST(thread_states_have_the_names_of_linux)
{
    sink->state(sink, 3, 0, 10, THREAD_READY, -1);
    sink->state(sink, 3, 10, 20, THREAD_RUNNING, 0);
    sink->state(sink, 3, 20, 20, THREAD_READY, -1);
    sink->state(sink, 3, 20, 30, THREAD_SLEEPING, -1);
    sink->state(sink, 3, 30, 40, THREAD_BLOCKED, -1);
    sink->state(sink, 3, 40, 50, THREAD_GONE, -1);
    sink->state(sink, 3, 50, 60, THREAD_RUNNING, -1); /* on a core that nobody tells */
    sink->state(sink, 3, 60, 70, THREAD_READY, 0);    /* it is on none */
    ck_assert_str_eq(body(), "{\"ph\":\"T\",\"pid\":1,\"tid\":2,\"ts\":0.000,\"dur\":0.010,\"name\":\"R\"},\n"
                             "{\"ph\":\"T\",\"pid\":1,\"tid\":2,\"ts\":0.010,\"dur\":0.010,\"name\":\"Running\","
                             "\"args\":{\"cpu\":0}},\n"
                             "{\"ph\":\"T\",\"pid\":1,\"tid\":2,\"ts\":0.020,\"dur\":0.010,\"name\":\"S\"},\n"
                             "{\"ph\":\"T\",\"pid\":1,\"tid\":2,\"ts\":0.030,\"dur\":0.010,\"name\":\"D\","
                             "\"args\":{\"io_wait\":true}},\n"
                             "{\"ph\":\"T\",\"pid\":1,\"tid\":2,\"ts\":0.050,\"dur\":0.010,\"name\":\"Running\"},\n"
                             "{\"ph\":\"T\",\"pid\":1,\"tid\":2,\"ts\":0.060,\"dur\":0.010,\"name\":\"R\"}");
}
END_TEST

START_TEST(what_is_open_at_the_end_is_left_there)
{
    enter(1, "a");
    enter(2, "b");
    sink->slice(sink, 3, 1, 7, "later", NULL, no_flow);
    const char *text = body();
    assert_has(text, "\"ts\":0.002,\"name\":\"b\",\"args\":{\"unfinished\":true},\"dur\":0.005}");
    assert_has(text, "\"ts\":0.001,\"name\":\"a\",\"args\":{\"unfinished\":true},\"dur\":0.006}");
}
END_TEST

START_TEST(slices_may_nest_deep)
{
    enum { DEEP = 1000 };
    char name[16], wanted[100];
    for (int i = 0; i < DEEP; i++) {
        snprintf(name, sizeof name, "level %d", i);
        enter(i, name);
    }
    for (int i = DEEP; i-- > 0;)
        leave(2 * DEEP - i);
    const char *text = body();
    for (int i = 0; i < DEEP; i++) {
        snprintf(wanted, sizeof wanted, "\"ts\":%d.%03d,\"name\":\"level %d\",\"dur\":%d.%03d}", i / 1000, i % 1000, i,
                 (2 * DEEP - 2 * i) / 1000, (2 * DEEP - 2 * i) % 1000);
        assert_has(text, wanted);
    }
}
END_TEST

START_TEST(what_was_held_is_written_at_any_depth)
{
    for (int deep = 1; deep <= 20; deep++) {
        Time start = deep * 100;
        for (int i = 0; i < deep; i++)
            enter(start, "outer");
        slice(start, start, "held");
        slice(start + 1, start + 2, "later");
        for (int i = 0; i < deep; i++)
            leave(start + 3 + i);
    }
    const char *text = body();
    assert_has(text, "\"ts\":2.000,\"name\":\"held\",\"dur\":0.000}");
    assert_has(text, "\"ts\":2.000,\"name\":\"outer\",\"dur\":0.022}");
}
END_TEST

START_TEST(the_end_is_the_last_that_was_heard_of)
{
    enter(1, "a");
    enter(2, "b");
    leave(9);
    assert_has(body(), "\"ts\":0.001,\"name\":\"a\",\"args\":{\"unfinished\":true},\"dur\":0.008}");
}
END_TEST

START_TEST(memory_does_not_grow_and_comes_back)
{
    size_t before_all = 0;
    sink->enter(sink, 3, 0, "as long as the trace", NULL, no_flow);
    for (int i = 0; i < 20000; i++) {
        Time at = (Time)i * 100;
        sink->begin(sink, 5, (uint64_t)i + 1, at, "request", NULL, no_flow);
        enter(at, "iteration");
        for (int k = 0; k < 5; k++)
            slice(at, at, "empty");
        slice(at, at + 50, "callback");
        leave(at + 50);
        sink->slice(sink, 3, at, at + 100, "task", NULL, no_flow);
        sink->end(sink, 5, (uint64_t)i + 1, at + 50, "request", NULL, no_flow);
        if (i == 100)
            before_all = mem_used(traced.mem);
    }
    ck_assert_uint_eq(mem_used(traced.mem), before_all);
    traced_end(&traced);
    ck_assert_uint_lt(mem_used(traced.mem), 500); /* the Out's answers */
}
END_TEST

/* Misuse --------------------------------------------------------------------------------------------------------- */

static const TrackSpec twice = {.track = 1, .kind = TRACK_PROCESS, .name = "again"};
static const TrackSpec zeroth = {.track = 0, .kind = TRACK_PROCESS, .name = "none"};
static const TrackSpec orphan = {.track = 30, .parent = 29, .kind = TRACK_THREAD, .name = "orphan"};
static const TrackSpec nested = {.track = 30, .parent = 5, .kind = TRACK_THREAD, .name = "thread of no process"};

START_TEST(misuse_ends_the_program)
{
    switch (_i) {
    case 0: sink->track(sink, &twice); break;
    case 1: sink->track(sink, &zeroth); break;
    case 2: sink->track(sink, &orphan); break;
    case 3: sink->track(sink, &nested); break;
    case 4: slice(2, 1, "backwards"); break;
    case 5: slice(-1, 1, "before the start"); break;
    case 6: leave(1); break;
    case 7: sink->slice(sink, 5, 1, 2, "not a thread", NULL, no_flow); break;
    case 8: sink->begin(sink, 2, 1, 2, "not asynchronous", NULL, no_flow); break;
    case 9: sink->counter(sink, 5, 1, 2); break;
    case 10: sink->instant(sink, 1, 0, 1, "on a process", NULL, no_flow); break;
    case 11: sink->counter(sink, 999999, 1, 2); break;
    case 12: sink->state(sink, 2, 2, 1, THREAD_READY, -1); break;
    default: sink->counter(sink, 0, 1, 2);
    }
}
END_TEST
enum { MISUSES = 14 };

Suite *chrome_suite(void)
{
    Suite *suite = suite_create("chrome");
    TCase *tcase = tcase_create("chrome");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_small_scene_has_these_bytes);
    tcase_add_test(tcase, an_empty_trace_is_whole);
    tcase_add_test(tcase, processes_and_threads_have_numbers_of_their_own);
    tcase_add_test(tcase, counters_name_their_unit);
    tcase_add_test(tcase, slices_with_the_same_ends_nest_as_they_were_entered);
    tcase_add_test(tcase, what_takes_no_time_stacks_from_the_outside);
    tcase_add_loop_test(tcase, any_tree_comes_back, 0, 20);
    tcase_add_test(tcase, only_so_many_stack_at_one_instant);
    tcase_add_test(tcase, flows_of_a_thread_bind_to_its_slices);
    tcase_add_test(tcase, flows_of_asynchronous_slices_bind_to_b_and_n);
    tcase_add_test(tcase, all_args_have_their_names);
    tcase_add_test(tcase, args_of_both_ends_come_once);
    tcase_add_test(tcase, every_name_is_escaped);
    tcase_add_test(tcase, bad_utf8_alone_is_replaced);
    tcase_add_test(tcase, long_names_have_room);
    tcase_add_test(tcase, times_are_exact);
    tcase_add_test(tcase, thread_states_have_the_names_of_linux);
    tcase_add_test(tcase, what_is_open_at_the_end_is_left_there);
    tcase_add_test(tcase, slices_may_nest_deep);
    tcase_add_test(tcase, what_was_held_is_written_at_any_depth);
    tcase_add_test(tcase, the_end_is_the_last_that_was_heard_of);
    tcase_add_test(tcase, memory_does_not_grow_and_comes_back);
    tcase_add_loop_exit_test(tcase, misuse_ends_the_program, 70, 0, MISUSES);
    suite_add_tcase(suite, tcase);
    return suite;
}
