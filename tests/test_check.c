/* Each rule of the check of traces is broken once. */
#include "sim/hist.h"
#include "traces/check.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *check_suite(void);

#define NAMES                                                                                                          \
    "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"node\"}},\n"                               \
    "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"loop\"}},\n"                      \
    "{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"worker 1\"}}"

#define TRACE(events) "{\"traceEvents\":[\n" NAMES ",\n" events "\n],\"metadata\":{\"left-out\":0}}\n"
#define X(tid, ts, dur, more)                                                                                          \
    "{\"ph\":\"X\",\"pid\":1,\"tid\":" tid ",\"ts\":" ts ",\"name\":\"x\",\"dur\":" dur more "}"
#define T(tid, ts, dur, cpu)                                                                                           \
    "{\"ph\":\"T\",\"pid\":1,\"tid\":" tid ",\"ts\":" ts ",\"dur\":" dur                                               \
    ",\"name\":\"Running\",\"args\":{\"cpu\":" cpu "}}"
#define ASYNC(phase, id, ts, name, more)                                                                               \
    "{\"ph\":\"" phase "\",\"pid\":1,\"ts\":" ts ",\"cat\":\"request get\",\"id2\":{\"local\":\"" id                   \
    "\"},\"name\":\"" name "\"" more "}"
#define FLOW(number, way) ",\"bind_id\":" number ",\"flow_" way "\":true"

#define REQUESTS                                                                                                       \
    ASYNC("b", "1", "1", "request get", "")                                                                            \
    ",\n" T("1", "0", "10", "0") ",\n" ASYNC("e", "1", "5", "request get",                                             \
                                             ",\"args\":{\"latency_ns\":4000,\"outcome\":\"completed\"}")

static Mem *mem;

static void set_up(void)
{
    mem = mem_new((size_t)16 << 20);
}

static void tear_down(void)
{
    mem_delete(mem);
}

static TraceCheck *checked(const char *trace)
{
    return trace_check(mem, trace, strlen(trace));
}

static void is_right(const char *trace)
{
    TraceCheck *check = checked(trace);
    ck_assert_msg(trace_check_faults(check) == 0, "%s", trace_check_report(check));
}

static void is_wrong(const char *trace, const char *why)
{
    TraceCheck *check = checked(trace);
    ck_assert_msg(trace_check_faults(check) > 0, "nothing was noticed, but: %s", why);
    ck_assert_msg(strstr(trace_check_report(check), why) != NULL, "'%s' is not in: %s", why, trace_check_report(check));
}

START_TEST(json_is_strict)
{
    is_right("{\"traceEvents\":[],\"metadata\":{}}");
    is_right("{\"traceEvents\":[],\"x\":[1,-2.5e3,true,null,{\"a\":[\"\\u00e9\\n\"]}]}");
    is_wrong(" {\"traceEvents\":[]}", "line 1: the importer knows a trace by its first two bytes");
    is_wrong("{\"traceEvents\":[]", "closing bracket");
    is_wrong("{\"traceEvents\":[]}}", "follows the end");
    is_wrong("{\"traceEvents\":[],}", "a string is missing");
    is_wrong("{\"traceEvents\":[{},]}", "object is missing");
    is_wrong("{\"traceEvents\":[],\"x\":01}", "closing bracket");
    is_wrong("{\"traceEvents\":[],\"x\":1.}", "digit");
    is_wrong("{\"traceEvents\":[],\"x\":NaN}", "value is missing");
    is_wrong("{\"traceEvents\":[],\"x\":\"\\ud83d\"}", "surrogate");
    is_wrong("{\"traceEvents\":[],\"x\":\"\t\"}", "control character");
    is_wrong("{\"traceEvents\":[],\"x\":\"\xc3\"}", "UTF-8");
    is_wrong("{\"events\":[]}", "line 1: there are no traceEvents");
    is_right(TRACE(X("1", "0", "0", "")));
    is_wrong(TRACE("{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"name\":\"x\",\"dur\":1}"), "line 5: an event without a time");
    is_wrong(TRACE("{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"name\":\"x\",\"ts\":1,\"dur\":\"1\"}"), "a digit is missing");
    is_wrong(TRACE("{\"ph\":\"B\",\"pid\":1,\"tid\":1,\"name\":\"x\",\"ts\":1}"), "of a kind");
}
END_TEST

START_TEST(numbers_and_texts_are_strict)
{
    is_right("{\"traceEvents\":[],\"x\":[1e5,1E+5,1e-5,-0.5,0]}");
    is_right("{\"traceEvents\":[],\"x\":\"\\u00E9\\u00aF\\uD7FF\\/\\\"\"}");
    is_right("{\"traceEvents\":[],\"x\":\"\\uABCD\\uabcd\\uEF01\\uef01\\u0aA9\"}");
    is_right("{\"traceEvents\" :\t[\r\n] , \"x\":[ 1\t,\r2\n, {\t} ,[\r]\t]\r}");
    is_wrong("{\"traceEvents\":[],\"x\":[1\t2]}", "a comma or a closing bracket is missing");
    is_wrong("{\"traceEvents\":[],\"x\":\"\\ug009\"}", "a wrong escape");
    is_wrong("{\"traceEvents\":[],\"x\":\"\\n", "a string does not end");
    is_wrong("{\"traceEvents\":[],\"x\":1e}", "a digit is missing");
    is_wrong("{\"traceEvents\":[],\"x\":\"\\u00g9\"}", "a wrong escape");
    is_wrong("{\"traceEvents\":[],\"x\":\"\\u00@9\"}", "a wrong escape");
    is_wrong("{\"traceEvents\":[],\"x\":\"\\u00G9\"}", "a wrong escape");
    is_wrong("{\"traceEvents\":[],\"x\":\"\\u00", "a wrong escape");
    is_wrong("{\"traceEvents\":[],\"x\":\"\\x\"}", "a wrong escape");
    is_wrong("{\"traceEvents\":[],\"x\":\"\\", "a wrong escape");
    is_wrong("{\"traceEvents\":[],\"x\":\"\\uDC00\"}", "surrogate");
    is_wrong("{\"traceEvents\":[],\"x\" 1}", "a colon is missing");
    is_wrong("{\"traceEvents\":{}}", "an array is missing");
    is_wrong(TRACE("{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"name\":\"x\",\"ts\":1}"), "a slice without a length");
    is_wrong(TRACE("{\"ph\":\"X\",\"args\":1}"), "an object is missing");
    is_wrong(TRACE("{\"ph\":\"b\",\"id2\":1}"), "an object is missing");
    is_wrong("{\"traceEvents\":[],\"metadata\":1}", "an object is missing");
    is_right(TRACE("{\"ph\":\"X\",\"pid\":\"1\",\"tid\":1,\"ts\":0,\"name\":\"x\",\"dur\":1,\"id2\":{\"x\":2}}"));
}
END_TEST

/* What stands behind the end is not looked at. */
START_TEST(a_beginning_of_a_trace_is_none)
{
    static const char text[] = TRACE(REQUESTS);
    for (size_t size = 1; size <= sizeof text - 2; size++) { /* without the last line's end */
        bool whole = size == sizeof text - 2;
        TraceCheck *check = trace_check(mem, text, size);
        ck_assert_msg((trace_check_faults(check) == 0) == whole, "the first %zu bytes", size);
        tear_down();
        set_up();
    }
}
END_TEST

/* 65 brackets are one too many for what loopsim never nests deeper than a few. */
START_TEST(depth_is_bounded)
{
    char text[200];
    for (int deep = PULL_DEPTH - 1; deep <= PULL_DEPTH; deep++) {
        int n = snprintf(text, sizeof text, "{\"traceEvents\":[],\"x\":");
        memset(text + n, '[', (size_t)deep);
        memset(text + n + deep, ']', (size_t)deep);
        memcpy(text + n + 2 * deep, "}", 2);
        if (deep < PULL_DEPTH)
            is_right(text);
        else
            is_wrong(text, "nested too deep");
    }
}
END_TEST

START_TEST(fixed_numbers_are_exact_or_refused)
{
    static const struct {
        const char *text;
        unsigned decimals;
        int64_t value;
    } cases[] = {
        {"0", 0, 0},
        {"1.5", 3, 1500},
        {"1.0005", 3, 1000},
        {"12.75", 0, 12},
        {"9223372036854775807", 0, -1}, /* a digit before the last one that would fit */
        {"9223372036854775799", 0, INT64_C(9223372036854775799)},
        {"922337203685477580", 0, INT64_C(922337203685477580)},
        {"922337203685477580", 1, INT64_C(9223372036854775800)},
        {"9223372036854775809", 0, -1},
        {"922337203685477581", 1, -1},
        {"92233720368547758", 3, -1},
        {"1.2.3", 3, -1},
        {"-1", 0, -1},
        {"1e3", 0, -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(pull_fixed((PullText){cases[i].text, strlen(cases[i].text)}, cases[i].decimals) == cases[i].value,
                      "%s with %u decimals", cases[i].text, cases[i].decimals);
}
END_TEST

START_TEST(a_path_leads_to_its_value_or_nowhere)
{
    static const char text[] = "{\"a\": {\"b\" : [1, 2] , \"c\":5}, \"d\": 01}";
    static const struct {
        const char *path[3], *value;
    } cases[] = {
        {{"a", "b", NULL}, "[1, 2]"}, {{"a", "c", NULL}, "5"}, {{"a", "x", NULL}, ""},
        {{"a", "c", "d"}, ""},        {{"d", NULL}, "0"},      {{"e", NULL}, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *path[] = {cases[i].path[0], cases[i].path[1], cases[i].path[2], NULL};
        PullText found = pull_find(text, sizeof text - 1, path);
        ck_assert_msg(pull_is(found, cases[i].value), "%s: %.*s", path[0], (int)found.size, found.bytes);
    }
}
END_TEST

START_TEST(the_metadata_say_whether_it_is_whole)
{
    static const struct {
        const char *metadata;
        bool whole;
    } rows[] = {{"\"left-out\":0", true},    {"\"left-out\":1", false},   {"\"left-out\":17", false},
                {"\"excerpt\":true", false}, {"\"excerpt\":false", true}, {"\"excerpt\":true,\"left-out\":0", false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[200];
        snprintf(text, sizeof text, "{\"traceEvents\":[],\"metadata\":{%s}}", rows[i].metadata);
        TraceCheck *check = checked(text);
        ck_assert_msg(trace_check_faults(check) == 0, "%s", trace_check_report(check));
        ck_assert_msg(trace_check_whole(check) == rows[i].whole, "%s", rows[i].metadata);
    }
}
END_TEST

/* As many of them, and the report tells of the first 20. */
static char *many(size_t count, const char *event)
{
    size_t size = strlen(event);
    char *text = mem_get(mem, count * (size + 3) + 1000), *at = text;
    at += snprintf(at, 1000, "{\"traceEvents\":[\n" NAMES);
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, ",\n%s", event);
    sprintf(at, "\n],\"metadata\":{}}");
    return text;
}

START_TEST(faults_are_counted_and_the_first_twenty_told)
{
    TraceCheck *check = checked(many(21, "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"name\":\"x\",\"dur\":1}"));
    ck_assert_uint_eq(trace_check_faults(check), 21);
    size_t lines = 0;
    for (const char *at = trace_check_report(check); (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    ck_assert_uint_eq(lines, 20);
    ck_assert_ptr_nonnull(strstr(trace_check_report(check), "line 24: "));
    ck_assert_ptr_null(strstr(trace_check_report(check), "line 25: "));
}
END_TEST

START_TEST(slices_nest_512_deep)
{
    is_right(many(512, X("1", "0", "10", "")));
    is_wrong(many(513, X("1", "0", "10", "")), "more than 512 slices");
    is_wrong(many(513, ASYNC("b", "1", "0", "a", "")), "never ends");
}
END_TEST

START_TEST(all_have_names)
{
    is_wrong(TRACE("{\"ph\":\"X\",\"pid\":1,\"tid\":7,\"ts\":0,\"name\":\"x\",\"dur\":1}"), "a thread without a name");
    is_wrong(TRACE("{\"ph\":\"C\",\"pid\":2,\"ts\":0,\"name\":\"x\",\"args\":{\"n\":1}}"), "a process without a name");
}
END_TEST

START_TEST(slices_nest)
{
    is_right(
        TRACE(X("1", "0", "10", "") ",\n" X("1", "0", "4", "") ",\n" X("1", "4", "6", "") ",\n" X("1", "10", "1", "")));
    is_right(TRACE(X("1", "0", "10", "") ",\n" X("2", "5", "10", "")));
    is_wrong(TRACE(X("1", "0", "10", "") ",\n" X("1", "9.999", "0.002", "")), "outlives");
}
END_TEST

START_TEST(one_thread_runs_on_a_cpu)
{
    is_right(TRACE(T("1", "0", "5", "0") ",\n" T("2", "5", "5", "0") ",\n" T("1", "5", "5", "1")));
    is_wrong(TRACE(T("1", "0", "5", "0") ",\n" T("2", "4.999", "5", "0")), "two threads run");
    is_wrong(TRACE(T("1", "0", "5", "0") ",\n" T("1", "4", "5", "1")), "two states");
}
END_TEST

START_TEST(what_begins_ends)
{
    is_right(TRACE(ASYNC("b", "1", "0", "a", "") ",\n" ASYNC("b", "1", "0", "b", "") ",\n" ASYNC(
        "e", "1", "2", "b", "") ",\n" ASYNC("e", "1", "2", "a", "")));
    is_wrong(
        TRACE(ASYNC("b", "1", "0", "a", "") ",\n" ASYNC("b", "2", "0", "a", "") ",\n" ASYNC("e", "2", "1", "a", "")),
        "line 5: a slice begins and never ends");
    is_wrong(TRACE(ASYNC("b", "1", "0", "a", "")), "never ends");
    is_wrong(TRACE(ASYNC("e", "1", "0", "a", "")), "has not begun");
    is_wrong(TRACE(ASYNC("b", "1", "0", "a", "") ",\n" ASYNC("b", "1", "0", "b", "") ",\n" ASYNC(
                 "e", "1", "2", "a", "") ",\n" ASYNC("e", "1", "2", "b", "")),
             "has not begun");
}
END_TEST

START_TEST(a_request_is_as_long_as_its_latency)
{
    is_right(TRACE(ASYNC("b", "1", "1", "request get", "") ",\n" ASYNC(
        "e", "1", "3", "request get", ",\"args\":{\"latency_ns\":2000,\"outcome\":\"completed\"}")));
    is_wrong(TRACE(ASYNC("b", "1", "1", "request get", "") ",\n" ASYNC("e", "1", "3", "request get",
                                                                       ",\"args\":{\"latency_ns\":2001}")),
             "not as long");
    is_wrong(TRACE(ASYNC("b", "1", "1", "request get", "") ",\n" ASYNC("e", "1", "3", "request get", "")),
             "without its latency");
    is_right(TRACE(ASYNC("b", "1", "1", "request get", "") ",\n" ASYNC("e", "1", "3", "request get",
                                                                       ",\"args\":{\"unfinished\":true}")));
}
END_TEST

START_TEST(only_requests_have_a_latency)
{
    is_right(TRACE("{\"ph\":\"b\",\"pid\":1,\"ts\":0,\"cat\":\"requests x\",\"id2\":{\"local\":\"1\"},"
                   "\"name\":\"requests x\"},\n"
                   "{\"ph\":\"e\",\"pid\":1,\"ts\":1,\"cat\":\"requests x\",\"id2\":{\"local\":\"1\"},"
                   "\"name\":\"requests x\"}"));
}
END_TEST

START_TEST(what_there_is_is_counted)
{
    CheckCounts counts = trace_check_counts(checked(TRACE(X("1", "0", "10", ",\"args\":{\"unfinished\":true}") ",\n" X(
        "2", "0", "10", "") ",\n"
                            "{\"ph\":\"C\",\"pid\":1,\"ts\":0,\"name\":\"x\",\"args\":{\"n\":1}},\n"
                            "{\"ph\":\"C\",\"pid\":1,\"ts\":1,\"name\":\"x\",\"args\":{\"n\":0}},\n"
                            "{\"ph\":\"C\",\"pid\":1,\"ts\":2,\"name\":\"x\",\"args\":{\"n\":2}},\n" T(
                                "1", "0", "5", "0") ",\n" REQUESTS)));
    ck_assert_uint_eq(counts.events, 3 + 2 + 3 + 1 + 3);
    ck_assert_uint_eq(counts.slices, 2);
    ck_assert_uint_eq(counts.states, 2);
    ck_assert_uint_eq(counts.counters, 3);
    ck_assert_uint_eq(counts.unfinished, 1);
    ck_assert_uint_eq(counts.async, 1);
    ck_assert_uint_eq(counts.requests, 1);
    ck_assert_uint_eq(counts.completed, 1);
}
END_TEST

START_TEST(arrows_go_forward)
{
    is_right(TRACE(X("1", "0", "1", FLOW("7", "out")) ",\n" X("2", "2", "1", FLOW("7", "in"))));
    is_right(TRACE(X("2", "2", "1", FLOW("7", "in")) ",\n" X("1", "0", "1", FLOW("7", "out"))));
    is_wrong(TRACE(X("1", "2", "1", FLOW("7", "out")) ",\n" X("2", "0", "1", FLOW("7", "in"))), "an arrow comes");
    is_wrong(TRACE(X("2", "2", "1", FLOW("8", "in"))), "an arrow comes");
    is_wrong(TRACE(X("1", "0", "1", FLOW("7", "out")) ",\n" X("2", "2", "1", FLOW("8", "in"))), "an arrow comes");
    TraceCheck *check = checked(TRACE(X("1", "0", "1", FLOW("7", "out")) ",\n" X("2", "2", "1", FLOW("7", "in"))));
    ck_assert_uint_eq(trace_check_counts(check).flows, 1);
    ck_assert_uint_eq(trace_check_counts(check).same_instant, 0);
    check = checked(TRACE(X("1", "2", "1", FLOW("7", "in")) ",\n" X("2", "2", "1", FLOW("7", "in"))));
    ck_assert_uint_eq(trace_check_faults(check), 2); /* two that end at one instant, and none that begins */
    check = checked(TRACE(X("1", "0", "1", FLOW("7", "out")) ",\n" X("2", "0", "2", FLOW("7", "in"))));
    ck_assert_uint_eq(trace_check_counts(check).same_instant, 1);
    ck_assert_uint_eq(trace_check_counts(check).flows, 0);
    /* between the arrow's end and its beginning stands a second end of the same instant */
    check = checked(TRACE(X("1", "0", "2", FLOW("7", "in")) ",\n" X("2", "0", "1", FLOW("7", "in")) ",\n" X(
        "2", "0", "1", FLOW("7", "out"))));
    ck_assert_uint_eq(trace_check_counts(check).same_instant, 2);
    ck_assert_uint_eq(trace_check_faults(check), 0);
}
END_TEST

/* Of what is stacked at one instant, a trace leaves out what is too much, and says so. */
START_TEST(an_arrow_may_come_from_what_was_left_out)
{
    is_right("{\"traceEvents\":[\n" NAMES ",\n" X("2", "2", "1", FLOW("8", "in")) "\n],"
                                                                                  "\"metadata\":{\"left-out\":1}}\n");
}
END_TEST

START_TEST(the_slowest_request_is_found)
{
    static const char one[] = TRACE(ASYNC("b", "1", "1", "request get", "") ",\n" ASYNC(
        "e", "1", "3", "request get", ",\"args\":{\"latency_ns\":2000}") ",\n" ASYNC("b", "1", "4", "request get",
                                                                                     "") ",\n" ASYNC("e", "1", "9",
                                                                                                     "request get",
                                                                                                     ",\"args\":{"
                                                                                                     "\"latency_ns\":"
                                                                                                     "5000}"));
    static const char marked[] = TRACE(
        ASYNC("e", "1", "9", "request get", ",\"args\":{\"latency_ns\":5000}") ",\n" ASYNC("n", "2", "1", "slowest #1",
                                                                                           ",\"args\":{\"latency_ns\":7"
                                                                                           "000}"));
    static const char nameless[] =
        "{\"traceEvents\":[" ASYNC("e", "1", "9", "request get", ",\"args\":{\"latency_ns\":5000}") "]}";
    static const char none[] = TRACE(ASYNC("e", "1", "9", "a", ",\"args\":{\"latency_ns\":5000}"));
    static const char before[] = TRACE(ASYNC("e", "1", "1", "request get", ",\"args\":{\"latency_ns\":5000}"));
    Time from, to;
    PullText server;
    ck_assert(trace_find_slowest(mem, one, strlen(one), &from, &to, &server));
    ck_assert(from == 4000 && to == 9000 && pull_is(server, "node"));
    ck_assert(trace_find_slowest(mem, marked, strlen(marked), &from, &to, &server));
    ck_assert(from == 1000 && to == 8000);
    ck_assert(trace_find_slowest(mem, nameless, strlen(nameless), &from, &to, &server) && server.size == 0);
    ck_assert(!trace_find_slowest(mem, none, strlen(none), &from, &to, &server));
    ck_assert(!trace_find_slowest(mem, before, strlen(before), &from, &to, &server));
    ck_assert(!trace_find_slowest(mem, "{", 1, &from, &to, &server));
}
END_TEST

static void compared(const char *results, const char *why)
{
    TraceCheck *check = checked(TRACE(REQUESTS));
    ck_assert_uint_eq(trace_check_faults(check), 0);
    ck_assert(trace_check_whole(check));
    trace_check_results(check, results, strlen(results));
    if (why)
        ck_assert_msg(strstr(trace_check_report(check), why) != NULL, "'%s' is not in: %s", why,
                      trace_check_report(check));
    else
        ck_assert_msg(trace_check_faults(check) == 0, "%s", trace_check_report(check));
}

#define RESULTS(completed, mean, max, population, cores)                                                               \
    "{\"servers\":{\"node\":{\"window_ns\":[0,20000],\"requests\":{\"completed\":" completed                           \
    "},\"latency_ns\":{\"count\":1,\"mean\":" mean ",\"min\":4000,\"max\":" max                                        \
    ",\"percentiles\":{\"50\":4000,\"99\":4000}},\"population\":{\"mean\":" population                                 \
    "},\"cpu\":{\"cores\":2,\"utilization\":" cores "}}}}"

START_TEST(figures_are_compared)
{
    compared(RESULTS("1", "4000", "4000", "0.200000", "0.250000"), NULL);
    compared(RESULTS("2", "4000", "4000", "0.200000", "0.250000"),
             "node: completed requests is 1 by the trace, 2 by the results");
    compared(RESULTS("1", "4001", "4000", "0.200000", "0.250000"), "mean latency");
    compared(RESULTS("1", "4000", "4001", "0.200000", "0.250000"), "greatest latency");
    compared(RESULTS("1", "4000", "4000", "0.200002", "0.250000"), "in flight");
    compared(RESULTS("1", "4000", "4000", "0.200000", "0.250002"), "cores");
    compared("{\"servers\":{\"other\":{}}}", "no process");
    compared("{}", "no servers");
    compared("{\"servers\":{\"node\":{}}}", "the results have no window");
    compared("{\"servers\":{\"node\":{\"window_ns\":1}}}", "the results have no window");
    compared("{\"servers\":{\"node\":{\"window_ns\":[]}}}", "the results have no window");
    compared("{\"servers\":{\"node\":{\"window_ns\":[1]}}}", "the results have no window");
    compared("{\"servers\":{\"node\":{\"window_ns\":[-1,5]}}}", "the results have no window");
    compared("{\"servers\":{\"node\":{\"window_ns\":[5,4]}}}", "the results have no window");
    compared("{\"servers\":{\"node\":{\"window_ns\":[0,0],\"population\":{\"mean\":7}}}}", NULL); /* 0 of nothing */
    compared("{\"servers\":{\"node\":{\"window_ns\":[0,1],\"population\":{\"mean\":7}}}}", "in flight");
    compared("{\"servers\":{\"node\":{\"window_ns\":[0,20000],\"cpu\":{\"cores\":0,\"utilization\":7}}}}", NULL);
}
END_TEST

#define REQUEST(phase, id, ts, more) ASYNC(phase, id, ts, "request get", ",\"args\":{\"latency_ns\":" more "}") ",\n"
#define COMPLETED ",\"outcome\":\"completed\""

/* A window from 1 to 21 us. Of the requests, 1 begins before it, 3 ends behind it, 4 fails; one is another server's. */
static const char busy[] =
    "{\"traceEvents\":[\n" NAMES ",\n"
    "{\"ph\":\"M\",\"pid\":2,\"name\":\"process_name\",\"args\":{\"name\":\"threads\"}},\n"
    "{\"ph\":\"M\",\"pid\":2,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"worker 1\"}},\n"
    "{\"ph\":\"M\",\"pid\":2,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"loop\"}},\n" /* not ours */
    REQUEST("b", "1", "0.5", "0") REQUEST("e", "1", "3", "2500" COMPLETED) REQUEST("b", "2", "4", "0") REQUEST(
        "e", "2", "9", "5000" COMPLETED) REQUEST("b", "3", "10", "0") REQUEST("e", "3", "25", "15000" COMPLETED)
        REQUEST("b", "4", "11", "0") REQUEST(
            "e", "4", "12",
            "1000") "{\"ph\":\"b\",\"pid\":2,\"ts\":1,\"cat\":\"request "
                    "get\",\"id2\":{\"local\":\"1\"},\"name\":\"request get\"},\n"
                    "{\"ph\":\"e\",\"pid\":2,\"ts\":21,\"cat\":\"request "
                    "get\",\"id2\":{\"local\":\"1\"},\"name\":\"request get\","
                    "\"args\":{\"latency_ns\":20000" COMPLETED "}},\n" T("1", "0", "11", "0") ",\n" T(
                        "2", "11", "30",
                        "0") ",\n"
                             "{\"ph\":\"T\",\"pid\":1,\"tid\":1,\"ts\":11,\"dur\":3,\"name\":\"Runnable\",\"args\":{}},"
                             "\n"
                             "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":2,\"dur\":4,\"name\":\"poll (idle)\"},\n"
                             "{\"ph\":\"X\",\"pid\":2,\"tid\":1,\"ts\":2,\"dur\":9,\"name\":\"poll (idle)\"},\n" X(
                                 "1", "7", "2", "") ",\n" X("2", "19", "4", "") "\n],\"metadata\":{\"left-out\":0}}\n";
static const char busy_results[] =
    "{\"servers\":{\"node\":{\"window_ns\":[1000,21000],\"requests\":{\"completed\":2},\"latency_ns\":{\"count\":2,"
    "\"mean\":10000,\"min\":5000,\"max\":15000,\"percentiles\":{\"50\":5001,\"99\":15000}},\"population\":{\"mean\":0."
    "95},"
    "\"cpu\":{\"cores\":2,\"utilization\":0.500000},\"loop\":{\"utilization\":0.8},\"pool\":{\"utilization\":0.1}}}}";

START_TEST(each_figure_of_a_busy_trace_is_compared)
{
    static const struct {
        const char *right, *wrong, *why;
    } rows[] = {
        {"\"completed\":2", "\"completed\":3", "completed requests is 2 by the trace, 3 by"},
        {"\"mean\":10000", "\"mean\":10001", "the mean latency is 10000 by the trace, 10001 by"},
        {"\"min\":5000", "\"min\":2500", "the least latency is 5000 by the trace, 2500 by"},
        {"\"max\":15000", "\"max\":20000", "the greatest latency is 15000 by the trace, 20000 by"},
        {"\"50\":5001", "\"50\":5002", "p50 is 5001 by the trace, 5002 by"},
        {"\"99\":15000", "\"99\":14999", "p99 is 15000 by the trace, 14999 by"},
        {"0.95", "0.950002", "number in flight (millionths) is 950000 by the trace, 950002 by"},
        {"0.95", "0.949998", "number in flight (millionths) is 950000 by the trace, 949998 by"},
        {"0.500000", "0.500002", "cores' utilization (millionths) is 500000 by the trace, 500002 by"},
        {"0.500000", "0.000000", "cores' utilization (millionths) is 500000 by the trace, 0 by"},
        {"{\"utilization\":0.8", "{\"utilization\":0.7", "the loop's utilization (millionths) is 800000 by"},
        {"{\"utilization\":0.1", "{\"utilization\":0.2", "the workers' utilization (millionths) is 100000 by"},
        {"0.95", "0.950001", NULL}, /* rounded the other way */
        {"0.95", "0.949999", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char results[1000];
        const char *at = strstr(busy_results, rows[i].right);
        ck_assert_ptr_nonnull(at);
        snprintf(results, sizeof results, "%.*s%s%s", (int)(at - busy_results), busy_results, rows[i].wrong,
                 at + strlen(rows[i].right));
        TraceCheck *check = checked(busy);
        ck_assert_msg(trace_check_faults(check) == 0, "%s", trace_check_report(check));
        trace_check_results(check, results, strlen(results));
        const char *report = trace_check_report(check);
        ck_assert_msg(trace_check_faults(check) == (rows[i].why ? 1 : 0), "%s: %s", rows[i].wrong, report);
        ck_assert_msg(!rows[i].why || strstr(report, rows[i].why), "'%s' is not in: %s", rows[i].why, report);
        ck_assert_msg(!rows[i].why || strncmp(report, "node: ", 6) == 0, "%s", report); /* it is in no line */
    }
}
END_TEST

/* Threads alone are loops and workers, whatever a server is called. */
START_TEST(a_server_may_be_called_worker)
{
    static const char text[] =
        "{\"traceEvents\":[\n"
        "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"worker and loop\"}},\n"
        "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"worker 1\"}},\n" X(
            "1", "0", "5", "") "\n],\"metadata\":{\"left-out\":0}}\n";
    static const char results[] = "{\"servers\":{\"worker and loop\":{\"window_ns\":[0,20000],"
                                  "\"pool\":{\"utilization\":0.25},\"loop\":{\"utilization\":0.5}}}}";
    static const char wrong[] = "{\"servers\":{\"worker and loop\":{\"window_ns\":[0,20000],"
                                "\"pool\":{\"utilization\":0.125}}}}";
    TraceCheck *check = checked(text);
    trace_check_results(check, results, strlen(results));
    ck_assert_msg(trace_check_faults(check) == 0, "%s", trace_check_report(check));
    trace_check_results(check, wrong, strlen(wrong));
    ck_assert_uint_eq(trace_check_faults(check), 1);
}
END_TEST

/* The i-th takes 1000 + i us, and ends while the others are open. */
START_TEST(a_thousand_requests_at_once_find_their_ends)
{
    char *text = mem_get(mem, 1 << 20), *at = text;
    Hist hist;
    hist_init(&hist, mem);
    at += sprintf(at, "{\"traceEvents\":[\n" NAMES);
    for (int i = 0; i < 2000; i++)
        at += sprintf(at,
                      ",\n{\"ph\":\"%c\",\"pid\":1,\"ts\":%d,\"cat\":\"request get\",\"id2\":{\"local\":\"n%d\"},"
                      "\"name\":\"request get\",\"args\":{\"latency_ns\":%d" COMPLETED "}}",
                      i < 1000 ? 'b' : 'e', i < 1000 ? i : 1000 + 2 * (i - 1000), i % 1000, i * 1000);
    sprintf(at, "\n],\"metadata\":{\"left-out\":0}}\n");
    for (int i = 0; i < 1000; i++)
        hist_add(&hist, (1000 + i) * TIME_US);
    TraceCheck *check = checked(text);
    ck_assert_uint_eq(trace_check_counts(check).completed, 1000);
    char results[500];
    snprintf(results, sizeof results,
             "{\"servers\":{\"node\":{\"window_ns\":[0,3000000],\"requests\":{\"completed\":1000},\"latency_ns\":"
             "{\"mean\":1499500,\"min\":1000000,\"max\":1999000,\"percentiles\":{\"50\":%lld,\"99\":%lld}}}}}",
             (long long)hist_percentile(&hist, 50000000), (long long)hist_percentile(&hist, 99000000));
    trace_check_results(check, results, strlen(results));
    ck_assert_msg(trace_check_faults(check) == 0, "%s", trace_check_report(check));
    hist_free(&hist);
}
END_TEST

/* Marks that look like requests, more than there are requests: they have no place in the table of those that are
 * open. */
START_TEST(marks_of_requests_do_not_fill_the_table)
{
    char *text = mem_get(mem, 1 << 16), *at = text;
    at += sprintf(at, "{\"traceEvents\":[\n" NAMES ",\n" REQUESTS);
    for (int i = 0; i < 100; i++)
        at += sprintf(at,
                      ",\n{\"ph\":\"n\",\"pid\":1,\"ts\":6,\"cat\":\"request get\",\"id2\":{\"local\":\"n%d\"},"
                      "\"name\":\"request get\"}",
                      i);
    sprintf(at, "\n],\"metadata\":{\"left-out\":0}}\n");
    TraceCheck *check = checked(text);
    static const char results[] = RESULTS("1", "4000", "4000", "0.200000", "0.250000");
    ck_assert_uint_eq(trace_check_faults(check), 0);
    trace_check_results(check, results, strlen(results));
    ck_assert_msg(trace_check_faults(check) == 0, "%s", trace_check_report(check));
}
END_TEST

Suite *check_suite(void)
{
    Suite *suite = suite_create("check");
    TCase *tests = tcase_create("check");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, json_is_strict);
    tcase_add_test(tests, numbers_and_texts_are_strict);
    tcase_add_test(tests, a_beginning_of_a_trace_is_none);
    tcase_add_test(tests, depth_is_bounded);
    tcase_add_test(tests, fixed_numbers_are_exact_or_refused);
    tcase_add_test(tests, a_path_leads_to_its_value_or_nowhere);
    tcase_add_test(tests, the_metadata_say_whether_it_is_whole);
    tcase_add_test(tests, faults_are_counted_and_the_first_twenty_told);
    tcase_add_test(tests, slices_nest_512_deep);
    tcase_add_test(tests, all_have_names);
    tcase_add_test(tests, slices_nest);
    tcase_add_test(tests, one_thread_runs_on_a_cpu);
    tcase_add_test(tests, what_begins_ends);
    tcase_add_test(tests, a_request_is_as_long_as_its_latency);
    tcase_add_test(tests, only_requests_have_a_latency);
    tcase_add_test(tests, what_there_is_is_counted);
    tcase_add_test(tests, arrows_go_forward);
    tcase_add_test(tests, an_arrow_may_come_from_what_was_left_out);
    tcase_add_test(tests, the_slowest_request_is_found);
    tcase_add_test(tests, figures_are_compared);
    tcase_add_test(tests, each_figure_of_a_busy_trace_is_compared);
    tcase_add_test(tests, a_server_may_be_called_worker);
    tcase_add_test(tests, a_thousand_requests_at_once_find_their_ends);
    tcase_add_test(tests, marks_of_requests_do_not_fill_the_table);
    suite_add_tcase(suite, tests);
    return suite;
}
