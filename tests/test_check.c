/* Each rule of the check of traces is broken once. */
#include "traces/check.h"

#include <check.h>
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
    is_wrong(" {\"traceEvents\":[]}", "first two bytes");
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
    is_wrong("{\"events\":[]}", "no traceEvents");
    is_wrong(TRACE("{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"name\":\"x\",\"dur\":1}"), "line 5: an event without a time");
    is_wrong(TRACE("{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"name\":\"x\",\"ts\":1,\"dur\":\"1\"}"), "a digit is missing");
    is_wrong(TRACE("{\"ph\":\"B\",\"pid\":1,\"tid\":1,\"name\":\"x\",\"ts\":1}"), "of a kind");
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
        "never ends");
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

START_TEST(arrows_go_forward)
{
    is_right(TRACE(X("1", "0", "1", FLOW("7", "out")) ",\n" X("2", "2", "1", FLOW("7", "in"))));
    is_right(TRACE(X("2", "2", "1", FLOW("7", "in")) ",\n" X("1", "0", "1", FLOW("7", "out"))));
    is_wrong(TRACE(X("1", "2", "1", FLOW("7", "out")) ",\n" X("2", "0", "1", FLOW("7", "in"))), "an arrow comes");
    is_wrong(TRACE(X("2", "2", "1", FLOW("8", "in"))), "an arrow comes");
    TraceCheck *check = checked(TRACE(X("1", "0", "1", FLOW("7", "out")) ",\n" X("2", "0", "2", FLOW("7", "in"))));
    ck_assert_uint_eq(trace_check_counts(check).same_instant, 1);
    ck_assert_uint_eq(trace_check_counts(check).flows, 0);
}
END_TEST

#define REQUESTS                                                                                                       \
    ASYNC("b", "1", "1", "request get", "")                                                                            \
    ",\n" T("1", "0", "10", "0") ",\n" ASYNC("e", "1", "5", "request get",                                             \
                                             ",\"args\":{\"latency_ns\":4000,\"outcome\":\"completed\"}")

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
}
END_TEST

Suite *check_suite(void)
{
    Suite *suite = suite_create("check");
    TCase *tests = tcase_create("check");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, json_is_strict);
    tcase_add_test(tests, all_have_names);
    tcase_add_test(tests, slices_nest);
    tcase_add_test(tests, one_thread_runs_on_a_cpu);
    tcase_add_test(tests, what_begins_ends);
    tcase_add_test(tests, a_request_is_as_long_as_its_latency);
    tcase_add_test(tests, arrows_go_forward);
    tcase_add_test(tests, figures_are_compared);
    suite_add_tcase(suite, tests);
    return suite;
}
