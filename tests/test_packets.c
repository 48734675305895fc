/* The check of traces in protobuf: what loopsim writes is right and says what the results say, and each rule is broken
 * once. */
#include "command.h"
#include "traced.h"
#include "traces/check.h"
#include "traces/wire.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *packets_suite(void);

static Mem *mem;
static Line trace, packet, part, small;

static void set_up(void)
{
    mem = mem_new((size_t)256 << 20);
    line_init(&trace, mem);
    line_init(&packet, mem);
    line_init(&part, mem);
    line_init(&small, mem);
}

static void tear_down(void)
{
    mem_delete(mem);
    scratch_remove();
}

/* ---- a trace by hand: the numbers are those of Perfetto's public protos ---- */

static void end_packet(void)
{
    if (trace.size == 0)
        wire_number(&packet, 13, 1);
    wire_number(&packet, 10, 1);
    wire_message(&trace, 1, &packet);
    packet.size = 0;
}

static void track(uint64_t uuid, uint64_t parent, const char *name, unsigned kind, uint64_t tid)
{
    part.size = small.size = 0;
    wire_number(&part, 1, uuid);
    if (parent)
        wire_number(&part, 5, parent);
    wire_text(&part, 2, name);
    wire_number(&small, 1, 1); /* the pid */
    if (kind == 4)
        wire_number(&small, 2, tid);
    if (kind)
        wire_message(&part, kind, &small);
    wire_message(&packet, 60, &part);
    end_packet();
}

static void event(uint64_t at, unsigned type, uint64_t uuid, const char *name, uint64_t latency)
{
    part.size = small.size = 0;
    wire_number(&packet, 8, at);
    wire_number(&packet, 13, trace.size > 0 ? 2 : 3);
    wire_number(&part, 9, type);
    wire_number(&part, 11, uuid);
    if (name)
        wire_text(&part, 23, name);
    if (latency > 0) {
        wire_text(&small, 10, "latency_ns");
        wire_number(&small, 3, latency);
        wire_message(&part, 4, &small);
    }
    wire_message(&packet, 11, &part);
    end_packet();
}

enum { PROCESS = 2, LOOP = 4, WORKER = 6, CORE = 8, REQUESTS = 10, WAITS = 12 };

static void begin(void)
{
    trace.size = packet.size = 0;
    track(PROCESS, 0, "node", 3, 0);
    track(LOOP, PROCESS, "loop", 4, 1);
    track(WORKER, PROCESS, "worker 1", 4, 2);
    track(CORE, PROCESS, "CPU 0", 0, 0);
    track(REQUESTS, PROCESS, "request get", 0, 0);
    track(WAITS, WORKER, "waits", 0, 0);
}

static TraceCheck *checked(void)
{
    return trace_check(mem, trace.data, trace.size);
}

static void is_right(void)
{
    TraceCheck *check = checked();
    ck_assert_msg(trace_check_faults(check) == 0, "%s", trace_check_report(check));
}

static void is_wrong(const char *why)
{
    TraceCheck *check = checked();
    ck_assert_msg(trace_check_faults(check) > 0, "nothing was noticed, but: %s", why);
    ck_assert_msg(strstr(trace_check_report(check), why) != NULL, "'%s' is not in: %s", why, trace_check_report(check));
}

static void slice(uint64_t uuid, const char *name, uint64_t from, uint64_t to)
{
    event(from, 1, uuid, name, 0);
    event(to, 2, uuid, NULL, 0);
}

START_TEST(slices_and_states_are_paired)
{
    begin();
    event(0, 1, LOOP, "iteration", 0);
    slice(LOOP, "poll", 1, 4);
    event(5, 2, LOOP, NULL, 0);
    slice(CORE, "loop", 0, 5);
    slice(WAITS, "ready", 0, 5);
    slice(CORE, "worker 1", 5, 7);
    event(1, 1, REQUESTS, "request get", 0);
    slice(REQUESTS, "ready", 1, 2);
    event(5, 2, REQUESTS, NULL, 4);
    is_right();
    CheckCounts counts = trace_check_counts(checked());
    ck_assert_uint_eq(counts.slices, 2);
    ck_assert_uint_eq(counts.states, 3);
    ck_assert_uint_eq(counts.async, 2);
    ck_assert_uint_eq(counts.requests, 1);
}
END_TEST

/* JSON has to leave out most of these, which would stand inside each other. */
START_TEST(any_number_of_slices_take_no_time)
{
    begin();
    event(0, 1, LOOP, "iteration", 0);
    for (int i = 0; i < 1000; i++)
        slice(LOOP, "callback", 3, 3);
    event(5, 2, LOOP, NULL, 0);
    is_right();
    ck_assert_uint_eq(trace_check_counts(checked()).slices, 1001);
}
END_TEST

START_TEST(one_thread_is_in_one_state)
{
    begin();
    slice(CORE, "worker 1", 0, 5);
    slice(WAITS, "ready", 4, 6);
    is_wrong("a thread is in two states at a time");
    begin();
    event(0, 1, CORE, "loop", 0);
    slice(CORE, "worker 1", 1, 2);
    event(3, 2, CORE, NULL, 0);
    is_wrong("two threads run on one CPU at a time");
    begin();
    slice(CORE, "thread 9", 0, 5);
    is_wrong("a CPU runs a thread that is not there");
}
END_TEST

START_TEST(what_begins_ends)
{
    begin();
    event(0, 1, LOOP, "x", 0);
    is_wrong("packet 7: a slice begins and never ends");
    begin();
    event(0, 1, REQUESTS, "x", 0);
    is_wrong("a slice begins and never ends");
    begin();
    event(0, 2, LOOP, NULL, 0);
    is_wrong("packet 7: a slice ends that has not begun");
    begin();
    event(0, 1, REQUESTS, "request get", 0);
    event(5, 2, REQUESTS, NULL, 4);
    is_wrong("a request's slice is not as long as its latency");
}
END_TEST

START_TEST(everything_is_described_before_its_use)
{
    begin();
    event(0, 3, 99, "x", 0);
    is_wrong("packet 7: an event on a track that is not described");
    begin();
    track(LOOP, PROCESS, "loop", 4, 1);
    is_wrong("a track is described twice");
    begin();
    track(98, 99, "x", 0, 0);
    is_wrong("a track under one that is not there");
    begin();
    event(0, 3, LOOP, NULL, 0);
    is_wrong("an instant without a name");
    begin();
    event(0, 4, LOOP, NULL, 0);
    is_wrong("a counter");
    begin();
    wire_number(&packet, 13, 1);
    end_packet();
    is_wrong("the first packet, and no other");
}
END_TEST

START_TEST(the_wire_format_is_strict)
{
    begin();
    trace.size--;
    is_wrong("it ends within");
    begin();
    wire_number(&packet, 99, 1);
    end_packet();
    is_wrong("a field that loopsim does not write");
    begin();
    wire_bytes(&trace, 1, "\x50\x81\x00", 3); /* sequence 1 in two bytes */
    is_wrong("longer than it need be");
    begin();
    track(20, PROCESS, "\xc3", 0, 0);
    is_wrong("a text is not UTF-8");
    begin();
    wire_number(&packet, 10, 2);
    wire_message(&trace, 1, &packet);
    is_wrong("a packet of another writer");
    begin();
    part.size = 0;
    wire_message(&packet, 12, &part);
    wire_message(&packet, 12, &part);
    end_packet();
    is_wrong("a part of a packet comes twice");
}
END_TEST

START_TEST(numbers_are_as_short_as_they_can_be)
{
    begin();
    track(127, PROCESS, "a", 0, 0);
    track(128, PROCESS, "b", 0, 0);
    track(UINT64_MAX, PROCESS, "c", 0, 0);
    event(1, 3, 127, "x", 0);
    event(2, 3, 128, "x", 0);
    event(3, 3, UINT64_MAX, "x", 0);
    is_right();
    begin();
    wire_bytes(&trace, 1, "\x40\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11);
    is_wrong("longer than it need be, or than it may");
    begin();
    wire_bytes(&trace, 1, "\x40\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12);
    is_wrong("a number of more than 64 bits");
    begin();
    wire_bytes(&trace, 1, "\x40\xff", 2);
    is_wrong("it ends within a number");
}
END_TEST

/* Many tracks, whose places in the table meet, and as many that are not described: none is taken for another. */
START_TEST(no_track_is_taken_for_another)
{
    begin();
    for (uint64_t uuid = 100; uuid < 900; uuid++)
        track(uuid, PROCESS, "row", 0, 0);
    for (uint64_t uuid = 100; uuid < 900; uuid++)
        event(uuid, 3, uuid, "x", 0);
    is_right();
    for (uint64_t uuid = 1000; uuid < 2500; uuid++) {
        begin();
        event(0, 3, uuid, "x", 0);
        is_wrong("an event on a track that is not described");
    }
}
END_TEST

static void interned(unsigned kind, uint64_t iid, const char *text)
{
    part.size = small.size = 0;
    if (iid > 0)
        wire_number(&small, 1, iid);
    wire_text(&small, 2, text);
    wire_message(&part, kind, &small);
    wire_message(&packet, 12, &part);
    end_packet();
}

static void named_by(uint64_t iid)
{
    part.size = 0;
    wire_number(&packet, 8, 1);
    wire_number(&packet, 13, 2);
    wire_number(&part, 9, 3);
    wire_number(&part, 11, LOOP);
    wire_number(&part, 10, iid);
    wire_message(&packet, 11, &part);
    end_packet();
}

START_TEST(texts_are_given_once_before_their_use)
{
    static const uint64_t bad[] = {0, (1 << 20) + 1, 3};
    begin();
    interned(2, 3, "x");
    interned(2, 1 << 20, "y");
    interned(3, 3, "latency_ns"); /* names of args are counted apart */
    named_by(3);
    named_by(1 << 20);
    is_right();
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        begin();
        interned(2, 3, "x");
        interned(2, bad[i], "y");
        is_wrong("the number of a text is out of range, or given twice");
    }
    begin();
    interned(3, 1, "x");
    named_by(1);
    is_wrong("the number of a text that was not given");
}
END_TEST

START_TEST(a_process_has_a_number)
{
    trace.size = packet.size = part.size = small.size = 0;
    wire_number(&part, 1, PROCESS);
    wire_text(&part, 2, "node");
    wire_number(&small, 1, 0);
    wire_message(&part, 3, &small);
    wire_message(&packet, 60, &part);
    end_packet();
    is_wrong("a process without a number");
}
END_TEST

/* An event with one arg: a text, or else a number. */
static void event_with(uint64_t at, unsigned type, uint64_t uuid, const char *name, const char *arg, const char *text,
                       uint64_t number)
{
    part.size = small.size = 0;
    wire_number(&packet, 8, at);
    wire_number(&packet, 13, 2);
    wire_number(&part, 9, type);
    wire_number(&part, 11, uuid);
    if (name)
        wire_text(&part, 23, name);
    wire_text(&small, 10, arg);
    if (text)
        wire_text(&small, 6, text);
    else
        wire_number(&small, 2, number);
    wire_message(&part, 4, &small);
    wire_message(&packet, 11, &part);
    end_packet();
}

START_TEST(an_unfinished_request_needs_no_latency)
{
    for (uint64_t unfinished = 0; unfinished <= 1; unfinished++) {
        begin();
        event(1, 1, REQUESTS, "request get", 0);
        event_with(5, 2, REQUESTS, NULL, "unfinished", NULL, unfinished);
        if (unfinished)
            is_right();
        else
            is_wrong("a request ends without its latency");
    }
    begin();
    event(1, 1, REQUESTS, "request get", 0);
    event_with(5, 2, REQUESTS, NULL, "latency_ns", NULL, 4);
    is_right();
    ck_assert_uint_eq(trace_check_counts(checked()).completed, 0);
}
END_TEST

START_TEST(the_slowest_is_the_one_that_is_marked)
{
    Time from, to;
    PullText server;
    begin();
    event(1000, 1, REQUESTS, "request get", 0);
    event(9000, 2, REQUESTS, NULL, 8000);
    ck_assert(trace_find_slowest(mem, trace.data, trace.size, &from, &to, &server));
    ck_assert(from == 1000 && to == 9000 && pull_is(server, "node"));
    event_with(2000, 3, REQUESTS, "slowest #1", "latency_ns", NULL, 5000);
    ck_assert(trace_find_slowest(mem, trace.data, trace.size, &from, &to, &server));
    ck_assert(from == 2000 && to == 7000);
}
END_TEST

START_TEST(a_thread_may_be_described_before_its_process)
{
    trace.size = packet.size = 0;
    track(LOOP, PROCESS, "loop", 4, 1);
    track(PROCESS, 0, "node", 3, 0);
    track(CORE, PROCESS, "CPU 0", 0, 0);
    slice(CORE, "loop", 0, 5);
    is_right();
    ck_assert_uint_eq(trace_check_counts(checked()).states, 1);
}
END_TEST

START_TEST(the_metadata_say_whether_it_is_whole)
{
    static const struct {
        const char *name, *text;
        bool whole;
    } rows[] = {{"left-out", "0", true},    {"left-out", "1", false},   {"left-out", "17", false},
                {"excerpt", "true", false}, {"excerpt", "false", true}, {"seed", "1", true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin();
        track(30, 0, "about this trace", 0, 0);
        event_with(0, 3, 30, "metadata", rows[i].name, rows[i].text, 0);
        is_right();
        ck_assert_msg(trace_check_whole(checked()) == rows[i].whole, "%s %s", rows[i].name, rows[i].text);
    }
}
END_TEST

static void arrow(uint64_t at, uint64_t flow)
{
    part.size = 0;
    wire_number(&packet, 8, at);
    wire_number(&packet, 13, 2);
    wire_number(&part, 9, 3);
    wire_number(&part, 11, LOOP);
    wire_text(&part, 23, "x");
    wire_fixed64(&part, 47, flow);
    wire_message(&packet, 11, &part);
    end_packet();
}

START_TEST(arrows_are_counted_by_their_number)
{
    static const uint64_t flows[] = {9, 7, 8, 9, 7, 5, 7, 8}; /* 7 goes on, 5 leads nowhere */
    begin();
    for (size_t i = 0; i < COUNT_OF(flows); i++)
        arrow(i, flows[i]);
    is_right();
    ck_assert_uint_eq(trace_check_counts(checked()).flows, 4);
}
END_TEST

/* ---- what loopsim writes ---- */

static void written(const char *spec, char **bytes, size_t *size, char **results, size_t *results_size)
{
    char to[512], out[512], option[600];
    snprintf(to, sizeof to, "%s", scratch("t.pftrace"));
    snprintf(out, sizeof out, "%s", scratch("results"));
    snprintf(option, sizeof option, "json=%s", out);
    Ran ran = run_loopsim("run", spec, "-q", "--trace", to, "--out", option, NULL);
    ck_assert_msg(ran.exit == 0, "%s", ran.err);
    ran_free(&ran);
    *bytes = read_file(to, size);
    *results = read_file(out, results_size);
}

START_TEST(a_trace_says_what_the_results_say)
{
    char *bytes, *results;
    size_t size, results_size;
    written("examples/five-requests.json", &bytes, &size, &results, &results_size);
    TraceCheck *check = trace_check(mem, bytes, size);
    ck_assert(trace_check_whole(check));
    trace_check_results(check, results, results_size);
    ck_assert_msg(trace_check_faults(check) == 0, "%s", trace_check_report(check));
    ck_assert_uint_eq(trace_check_counts(check).requests, 15);
    ck_assert_uint_gt(trace_check_counts(check).flows, 10);
    char *changed = strstr(results, "\"completed\": 5");
    ck_assert_ptr_nonnull(changed);
    changed[strlen("\"completed\": ")] = '6';
    trace_check_results(check, results, results_size);
    ck_assert_ptr_nonnull(strstr(trace_check_report(check), "completed requests is 5 by the trace, 6 by the results"));
    free(bytes);
    free(results);
}
END_TEST

/* Whatever stands in a file, the check ends; and most of what is changed is noticed. */
START_TEST(damage_is_noticed_and_does_no_harm)
{
    char *bytes, *results;
    size_t size, results_size;
    unsigned noticed = 0, tried = 0;
    written("examples/five-requests.json", &bytes, &size, &results, &results_size);
    for (size_t at = (size_t)_i; at < size; at += 89, tried++) {
        char was = bytes[at];
        bytes[at] = (char)(was ^ 1 << at % 8);
        TraceCheck *check = trace_check(mem, bytes, size);
        noticed += trace_check_faults(check) > 0;
        trace_check(mem, bytes, at); /* one that is cut there ends, too */
        bytes[at] = was;
        mem_delete(mem);
        mem = mem_new((size_t)256 << 20);
    }
    ck_assert_uint_gt(noticed * 2, tried);
    free(bytes);
    free(results);
    mem_delete(mem);
    set_up();
}
END_TEST

Suite *packets_suite(void)
{
    Suite *suite = suite_create("packets");
    TCase *tests = tcase_create("packets");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, slices_and_states_are_paired);
    tcase_add_test(tests, any_number_of_slices_take_no_time);
    tcase_add_test(tests, one_thread_is_in_one_state);
    tcase_add_test(tests, what_begins_ends);
    tcase_add_test(tests, everything_is_described_before_its_use);
    tcase_add_test(tests, the_wire_format_is_strict);
    tcase_add_test(tests, numbers_are_as_short_as_they_can_be);
    tcase_add_test(tests, no_track_is_taken_for_another);
    tcase_add_test(tests, texts_are_given_once_before_their_use);
    tcase_add_test(tests, a_process_has_a_number);
    tcase_add_test(tests, an_unfinished_request_needs_no_latency);
    tcase_add_test(tests, the_slowest_is_the_one_that_is_marked);
    tcase_add_test(tests, a_thread_may_be_described_before_its_process);
    tcase_add_test(tests, the_metadata_say_whether_it_is_whole);
    tcase_add_test(tests, arrows_are_counted_by_their_number);
    tcase_add_test(tests, a_trace_says_what_the_results_say);
    tcase_add_loop_test(tests, damage_is_noticed_and_does_no_harm, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
