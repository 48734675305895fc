/* What a run looks like in its trace. */
#include "command.h"
#include "lab.h"
#include "traced.h"
#include "traces/check.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *view_suite(void);

static Traced traced;
static TraceCheck *check;
static uint64_t left_out, digest;
static size_t peak;

/* ---- running and looking ---- */

static const ViewOptions all = {.from = 0, .to = TIME_NEVER, .limit = 0};

static void done(void)
{
    if (traced.mem)
        traced_free(&traced);
    memset(&traced, 0, sizeof traced);
}

static void run_with(const char *spec, ViewOptions options)
{
    Lab *lab = lab_read(spec);
    Mem *mem = mem_new((size_t)1 << 30);
    Stats *stats = stats_new(mem, lab->spec, lab->program, 0);
    Probe probe;
    probe_init(&probe, NULL, stats);
    done();
    traced_start(&traced, chrome_sink);
    probe.view = view_new(mem, traced.sink, lab->spec, lab->program, 0, &options);
    World *world = world_new(mem, lab->spec, lab->program, &lab->spec->servers[0], &probe);
    world_run(world, UINT64_MAX, NULL);
    view_end(probe.view, world->kernel.now);
    left_out = view_left_out(probe.view);
    digest = probe_result(&probe);
    peak = mem_peak(mem);
    mem_delete(mem);
    lab_end(lab);
    traced_end(&traced);
    check = trace_check(traced.mem, traced.bytes, traced.size);
    ck_assert_msg(trace_check_faults(check) == 0, "%s\n%.3000s", trace_check_report(check), traced.bytes);
}

/* How often a text stands in the trace. */
static int times(const char *part)
{
    int n = 0;
    for (const char *at = traced.bytes; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

/* The first line with this in it, from `at` on; NULL: none. */
static const char *line_with(const char *part)
{
    static char line[512];
    const char *at = strstr(traced.bytes, part), *start = at, *end;
    if (!at)
        return NULL;
    while (start > traced.bytes && start[-1] != '\n')
        start--;
    end = start + strcspn(start, "\n");
    snprintf(line, sizeof line, "%.*s", (int)(end - start), start);
    return line;
}

static void has(const char *part)
{
    ck_assert_msg(times(part) > 0, "'%s' is not in\n%.3000s", part, traced.bytes);
}

static void has_not(const char *part)
{
    ck_assert_msg(times(part) == 0, "'%s' is in\n%.3000s", part, traced.bytes);
}

/* A line with the first text in it has the second too. */
static void line_has(const char *which, const char *part)
{
    const char *line = line_with(which);
    ck_assert_msg(line != NULL, "'%s' is not in\n%.3000s", which, traced.bytes);
    ck_assert_msg(strstr(line, part) != NULL, "'%s' is not in\n%s", part, line);
}

#define SPEC(machine, body, arrivals, server)                                                                          \
    "{\"name\":\"t\",\"duration\":\"1s\",\"machine\":{" machine                                                        \
    "},\"resources\":{\"db\":{\"latency\":\"4ms\",\"concurrency\":1}},"                                                \
    "\"handlers\":{\"get\":" body "},\"arrivals\":{" arrivals "},\"servers\":{\"node\":{" server "}}}"
#define IDEAL "\"profile\":\"ideal\",\"cores\":2"
#define REAL "\"profile\":\"linux\",\"cores\":2"
#define LOOP "\"model\":\"event-loop\""
#define THREADS "\"model\":\"thread-per-connection\""
#define POOL "\"model\":\"thread-pool\",\"threads\":2"
#define DB "[{\"cpu\":\"1ms\"},{\"await\":{\"io\":\"db\"}},{\"cpu\":\"2ms\"}]"

/* ---- the loop ---- */

START_TEST(a_loop_nests_iterations_phases_and_callbacks)
{
    run_with(SPEC(REAL, DB, "\"at\":[\"1ms\"]", LOOP), all);
    line_has("\"process_name\",\"args\":{\"name\":\"node: metrics\"}", "\"pid\":1,");
    line_has("\"process_name\",\"args\":{\"name\":\"node\"}", "\"pid\":2,");
    line_has("\"thread_name\",\"args\":{\"name\":\"loop\"}", "\"pid\":2,\"tid\":2,"); /* the main thread */
    has("\"name\":\"worker 4\"");
    has("\"name\":\"iteration\"");
    has("\"name\":\"poll\"");
    has("\"name\":\"poll (idle)\"");
    has("\"name\":\"accept\"");
    line_has("\"name\":\"get\",\"args\"", "\"request\":1,\"connection\":1,\"handler\":\"get\",\"queued_ns\":");
    has("\"name\":\"get: await db\"");
    has("\"name\":\"microtasks\"");
    line_has("\"name\":\"cpu\",\"dur\"", "\"dur\":1000.000");
    ck_assert_uint_eq(left_out, 0);
}
END_TEST

START_TEST(what_takes_no_time_and_holds_nothing_is_left_out)
{
    run_with(SPEC(IDEAL, DB, "\"at\":[\"1ms\"]", LOOP), all);
    has_not("\"name\":\"idle/prepare\"");
    has_not("\"name\":\"pending\"");
    has_not("\"name\":\"closing\"");
    has_not("\"name\":\"ticks\"");
    has_not("\"name\":\"cpu\",\"dur\":0.000");
}
END_TEST

START_TEST(threads_have_states)
{
    run_with(SPEC(REAL, DB, "\"at\":[\"1ms\"]", THREADS), all);
    has("\"name\":\"R\"");
    has("\"name\":\"S\"");
    line_has("\"name\":\"D\"", "\"args\":{\"io_wait\":true}");
    line_has("\"name\":\"Running\"", "\"args\":{\"cpu\":");
    run_with(SPEC(REAL ",\"scheduler\":\"processor-sharing\"", DB, "\"at\":[\"1ms\"]", THREADS), all);
    has_not("\"name\":\"Running\"");
    has("\"name\":\"load\"");
}
END_TEST

START_TEST(a_thread_shows_the_request_that_it_serves)
{
    run_with(SPEC(REAL, DB, "\"at\":[\"1ms\",\"2ms\",\"100ms\"]", THREADS), all);
    has("\"name\":\"acceptor\"");
    has("\"name\":\"thread 2\"");
    has_not("\"name\":\"thread 3\""); /* the third comes when the first is gone, and takes its track */
    ck_assert_int_eq(times("\"name\":\"await db\",\"dur\""), 3);
    ck_assert_int_eq(times("\"name\":\"request get\",\"args\":{\"latency_ns\""), 3);
    line_has("\"name\":\"get\",\"args\"", "\"request\":1,\"connection\":1");
}
END_TEST

START_TEST(a_carrier_shows_the_green_thread_that_it_carries)
{
    run_with(SPEC(REAL, DB, "\"at\":[\"1ms\"]", "\"model\":\"green-threads\",\"carriers\":1"), all);
    has("\"name\":\"carrier 1\"");
    ck_assert_int_eq(times("\"name\":\"get\",\"args\":{\"request\":1"), 2); /* before the wait and after it */
    ck_assert_int_eq(times("\"queued_ns\""), 1);
    ck_assert_uint_eq(trace_check_counts(check).flows, 4);
}
END_TEST

/* Branches begin while their request is on one carrier and end when it is on another. */
START_TEST(a_step_of_a_branch_is_on_the_carrier_that_its_request_is_on)
{
    run_with(SPEC(IDEAL,
                  "[{\"cpu\":{\"exponential\":\"1ms\"}},{\"await\":{\"all\":["
                  "[{\"await\":{\"io\":\"db\"}},{\"cpu\":{\"exponential\":\"2ms\"}}],"
                  "[{\"await\":{\"sleep\":{\"exponential\":\"5ms\"}}},{\"cpu\":\"300us\"}]]}},{\"cpu\":\"1ms\"}]",
                  "\"poisson\":\"250/s\",\"count\":100",
                  "\"model\":\"green-threads\",\"carriers\":2,\"parallel_io\":true"),
             all);
    ck_assert_int_eq(times("\"name\":\"request get\",\"args\":{\"latency_ns\""), 100);
    has_not("unfinished");
}
END_TEST

/* ---- requests ---- */

START_TEST(a_request_has_a_child_for_each_wait_and_piece_of_work)
{
    run_with(SPEC(IDEAL, DB, "\"at\":[\"1ms\",\"1ms\"]", LOOP), all);
    line_has("\"ph\":\"b\",\"pid\":2,\"ts\":1000.000,\"cat\":\"request get\"", "\"name\":\"request get\"");
    has("\"name\":\"cpu\"");
    has("\"name\":\"db\",\"args\":{\"step\":\"await db\"}");
    line_has("\"name\":\"queue\"", "\"args\":{\"step\":\"await db\",\"detail\":\"db\"}");
    line_has("\"ph\":\"b\",\"pid\":2,\"ts\":2000.000,\"cat\":\"db\"", "\"args\":{\"request\":1,\"step\":\"await db\"}");
    line_has("\"ph\":\"b\",\"pid\":2,\"ts\":6000.000,\"cat\":\"db\"",
             "\"args\":{\"request\":2,\"step\":\"await db\",\"queued_ns\":3000000}");
    line_has("\"latency_ns\":7000000", "\"outcome\":\"completed\"");
    ck_assert_uint_eq(trace_check_counts(check).requests, 2);
    ck_assert_uint_eq(trace_check_counts(check).completed, 2);
    ck_assert_uint_eq(trace_check_counts(check).unfinished, 0);
}
END_TEST

START_TEST(branches_have_rows_of_their_own)
{
    run_with(SPEC(IDEAL, "[{\"await\":{\"all\":[[{\"await\":{\"net\":\"3ms\"}}],[{\"await\":{\"net\":\"5ms\"}}]]}}]",
                  "\"at\":[\"1ms\"]", LOOP),
             all);
    ck_assert_int_eq(times("\"ph\":\"b\",\"pid\":2,\"ts\":1000.000,\"cat\":\"branch get\""), 4); /* each with a piece */
    ck_assert_int_eq(times("\"ph\":\"e\",\"pid\":2,\"ts\":4000.000,\"cat\":\"branch get\""), 2);
    ck_assert_int_eq(times("\"ph\":\"e\",\"pid\":2,\"ts\":6000.000,\"cat\":\"branch get\""), 2);
    line_has("\"latency_ns\"", "5000000");
}
END_TEST

START_TEST(arrows_follow_a_request)
{
    run_with(SPEC(REAL, DB, "\"at\":[\"1ms\"]", LOOP), all);
    line_has("\"ph\":\"b\",\"pid\":2,\"ts\":1000.000,\"cat\":\"request get\"", "\"bind_id\":1,\"flow_out\":true");
    line_has("\"name\":\"get\",\"args\"", "\"bind_id\":1,\"flow_in\":true,\"flow_out\":true");
    line_has("\"ph\":\"b\"", "\"ts\":");
    line_has("\"name\":\"db\",\"args\":{\"request\"", "\"bind_id\":1,\"flow_in\":true,\"flow_out\":true");
    line_has("\"name\":\"get: await db\"", "\"bind_id\":1,\"flow_in\":true,\"flow_out\":true");
    line_has("\"name\":\"reply\"", "\"bind_id\":1,\"flow_in\":true");
    ck_assert_uint_eq(trace_check_counts(check).flows, 4);
}
END_TEST

START_TEST(arrows_go_through_workers_and_threads)
{
    run_with(SPEC(REAL, "[{\"await\":{\"pool\":\"3ms\",\"kind\":\"fs\"}}]", "\"at\":[\"1ms\"]", LOOP), all);
    line_has("\"name\":\"await pool fs\",\"args\"", "\"bind_id\":1,\"flow_in\":true,\"flow_out\":true");
    has("\"name\":\"get: await pool fs\"");
    ck_assert_uint_eq(trace_check_counts(check).flows, 4); /* callback, worker, callback, reply */
    run_with(SPEC(REAL, DB, "\"at\":[\"1ms\"]", THREADS), all);
    ck_assert_uint_eq(trace_check_counts(check).flows, 4); /* thread, db, the step after it, reply */
    line_has("\"name\":\"cpu\",\"dur\":2", "\"bind_id\":1,\"flow_in\":true,\"flow_out\":true");
}
END_TEST

START_TEST(a_second_wait_of_one_callback_leaves_from_a_mark)
{
    run_with(SPEC(REAL, "[{\"await\":{\"all\":[[{\"await\":{\"net\":\"3ms\"}}],[{\"await\":{\"net\":\"5ms\"}}]]}}]",
                  "\"at\":[\"1ms\"]", LOOP),
             all);
    has("\"dur\":0.000,\"bind_id\":2,\"flow_out\":true");
    ck_assert_int_eq(times("\"bind_id\":2,\"flow_in\":true"), 2); /* the callback of the slower one, and the reply */
    line_has("\"name\":\"reply\"", "\"bind_id\":2,");
}
END_TEST

START_TEST(counters_say_how_many)
{
    run_with(SPEC(IDEAL, DB, "\"at\":[\"1ms\",\"1ms\"]", POOL), all);
    line_has("\"ts\":1000.000,\"name\":\"requests in flight\"", "\"args\":{\"count\":2}");
    line_has("\"ts\":1000.000,\"name\":\"open connections\"", "\"count\":2");
    line_has("\"ts\":2000.000,\"name\":\"db queue\"", "\"count\":1");
    line_has("\"ts\":0.000,\"name\":\"live threads\"", "\"count\":3");
    line_has("\"ts\":1000.000,\"name\":\"pool busy\"", "\"count\":2");
}
END_TEST

START_TEST(text_steps_are_instants)
{
    run_with(SPEC(REAL, "[\"before\",{\"cpu\":\"1ms\"}]", "\"at\":[\"1ms\"]", LOOP), all);
    line_has("\"ph\":\"i\"", "\"name\":\"log\",\"args\":{\"detail\":\"before\"}");
}
END_TEST

/* ---- failures ---- */

START_TEST(what_becomes_of_a_request_is_said)
{
    run_with(SPEC(IDEAL, "[{\"throw\":\"no\"}]", "\"at\":[\"1ms\"]", LOOP), all);
    has("\"outcome\":\"failed\"");
    has("\"name\":\"error\"");
}
END_TEST

/* ---- limits ---- */

/* The first attempt computes on for nobody while the second one has its call served, in the lane of both. */
START_TEST(another_attempt_ends_the_call_of_the_one_before)
{
    run_with(
        "{\"duration\": \"6ms\", \"machine\": {\"profile\": \"ideal\", \"cores\": 2}, \"resources\": {\"db\": "
        "{\"latency\": \"3ms\", \"via\": \"cpu\"}}, \"handlers\": {\"get\": [{\"sync\": {\"io\": \"db\"}}]}, "
        "\"arrivals\": [{\"at\": [\"0\"], \"timeout\": \"1ms\", \"retry\": {\"attempts\": 2, \"backoff\": \"0\"}}], "
        "\"servers\": {\"s\": {\"model\": \"thread-per-connection\"}}}",
        all);
    ck_assert_int_eq(times("\"ph\":\"b\",\"pid\":2,\"ts\":0.000,\"cat\":\"db\""), 1);
    ck_assert_int_eq(times("\"ph\":\"e\",\"pid\":2,\"ts\":1000.000,\"cat\":\"db\""), 1);
}
END_TEST

START_TEST(outside_the_window_nothing_is_drawn)
{
    run_with(SPEC(REAL, DB, "\"every\":\"3ms\"", LOOP), (ViewOptions){.from = 100 * TIME_MS, .to = 110 * TIME_MS});
    const char *at = traced.bytes;
    while ((at = strstr(at, "\"ts\":")) != NULL) {
        double ts = strtod(at += 5, NULL);
        ck_assert(ts >= 100000 && ts <= 110000);
    }
    has("\"unfinished\":true");
    line_has("\"ts\":100000.000,\"cat\":\"request get\"", "\"unfinished\":true");
    ck_assert_uint_ge(trace_check_counts(check).requests, 3);
    run_with(SPEC(REAL, DB, "\"every\":\"3ms\"", THREADS), (ViewOptions){.from = 100 * TIME_MS, .to = 110 * TIME_MS});
    ck_assert_uint_ge(trace_check_counts(check).requests, 3);
}
END_TEST

START_TEST(any_window_is_a_right_trace)
{
    static const char *const servers[] = {LOOP, THREADS, POOL};
    static const char *const bodies[] = {
        DB,
        "[{\"await\":{\"all\":[[{\"await\":{\"io\":\"db\"}}],[{\"await\":{\"pool\":\"3ms\"}}]]}},{\"cpu\":\"100us\"}]"};
    char spec[1024];
    Time from = 20 * TIME_MS + 137 * TIME_US * (_i + 1);
    snprintf(spec, sizeof spec, SPEC(REAL, "%s", "\"every\":\"5ms\",\"requests\":2", "%s"), bodies[_i % 2],
             servers[_i % 3]);
    run_with(spec, (ViewOptions){.from = from, .to = from + 20 * TIME_MS});
    ck_assert_uint_gt(trace_check_counts(check).slices, 10);
}
END_TEST

START_TEST(a_limit_cuts_and_is_counted)
{
    run_with(SPEC(REAL, DB, "\"every\":\"1ms\"", LOOP), (ViewOptions){.to = TIME_NEVER, .limit = 1000});
    ck_assert_uint_ge(trace_check_counts(check).events, 1000);
    ck_assert_uint_lt(trace_check_counts(check).events, 1200);
    ck_assert_uint_gt(left_out, 1000);
    has("\"unfinished\":true");
}
END_TEST

START_TEST(memory_does_not_grow_with_what_was_drawn)
{
    size_t few;
    run_with(SPEC(REAL, DB, "\"every\":\"10ms\",\"count\":10", LOOP), all);
    few = peak;
    run_with(SPEC(REAL, DB, "\"every\":\"10ms\",\"count\":99", LOOP), all);
    ck_assert_uint_eq(peak, few);
}
END_TEST

/* ---- programs ---- */

static void run_program_with(const char *program, const char *lines)
{
    char path[512], trace[512];
    snprintf(path, sizeof path, "%s", scratch("program.json"));
    snprintf(trace, sizeof trace, "%s", scratch("program.trace.json"));
    write_file(path, program);
    Ran ran = run_loopsim("run", path, "--trace", trace, NULL);
    ck_assert_msg(ran.exit == 0, "%s", ran.err);
    ck_assert_str_eq(ran.out, lines);
    ran_free(&ran);
    traced.mem = mem_new((size_t)64 << 20);
    traced.bytes = read_file(trace, &traced.size);
    check = trace_check(traced.mem, traced.bytes, traced.size);
    ck_assert_msg(trace_check_faults(check) == 0, "%s\n%.3000s", trace_check_report(check), traced.bytes);
}

START_TEST(a_program_has_its_lines_and_queues)
{
    run_program_with(
        "{\"main\":[\"a\",{\"setTimeout\":[\"t\"],\"ms\":1},{\"nextTick\":[\"n\"]},{\"setImmediate\":[\"i\"]},"
        "{\"chain\":[{\"resolved\":null},{\"then\":[\"p\",{\"cpu\":3}]}]},{\"cpu\":5},\"b\"]}",
        "a\nb\nn\np\nt\ni\n");
    line_has("\"ph\":\"i\"", "\"name\":\"a\"");
    has("\"name\":\"main\"");
    has("\"name\":\"ticks\"");
    line_has("\"name\":\"microtasks\",\"dur\"", "\"dur\":3000.000");
    has("\"name\":\"check\"");
    line_has("\"ts\":0.000,\"name\":\"timers\"", "\"count\":1");
    has("\"name\":\"immediates\",\"args\":{\"count\":1}");
    has("\"name\":\"microtasks\",\"args\":{\"count\":1}");
}
END_TEST

START_TEST(intervals_hand_their_arrow_on)
{
    run_program_with("{\"main\":[{\"setInterval\":[\"x\"],\"ms\":5,\"times\":3}]}", "x\nx\nx\n");
    ck_assert_int_eq(times("\"name\":\"setInterval\",\"args\""), 3);
    ck_assert_uint_eq(trace_check_counts(check).flows, 3);
}
END_TEST

/* ---- the examples ---- */

static glob_t files;

START_TEST(an_example_gives_a_right_trace_and_the_figures_of_its_results)
{
    char trace[512], results[512], untraced[600];
    size_t trace_size, results_size;
    snprintf(trace, sizeof trace, "%s", scratch("trace.json"));
    snprintf(results, sizeof results, "%s", scratch("results"));
    snprintf(untraced, sizeof untraced, "json=%s", results);
    char *spec = read_file(files.gl_pathv[_i], NULL);
    bool ends = strstr(spec, "\"duration\"") != NULL;
    free(spec);
    const char *set = ends ? "--set" : NULL;
    Ran ran = run_loopsim("run", files.gl_pathv[_i], "--trace", trace, "--out", untraced, "-q", set, "duration=200ms",
                          "--set", "warmup=20ms", NULL);
    ck_assert_msg(ran.exit <= 1, "%s", ran.err);
    ran_free(&ran);
    char *text = read_file(trace, &trace_size), *figures = read_file(results, &results_size);
    Mem *mem = mem_new((size_t)1 << 30);
    check = trace_check(mem, text, trace_size);
    if (trace_check_whole(check))
        trace_check_results(check, figures, results_size);
    ck_assert_msg(trace_check_faults(check) == 0, "%s: %s", files.gl_pathv[_i], trace_check_report(check));
    ck_assert_uint_gt(trace_check_counts(check).flows, 10);
    Ran again = run_loopsim("run", files.gl_pathv[_i], "--out", "json", "-q", set, "duration=200ms", "--set",
                            "warmup=20ms", NULL);
    ck_assert_str_eq(again.out, figures);
    ran_free(&again);
    mem_delete(mem);
    free(text);
    free(figures);
}
END_TEST

/* ---- on the command line ---- */

static int exit_of(const char *a, const char *b, const char *c, const char *d, const char *part)
{
    Ran ran = run_loopsim(a, b, c, d, NULL);
    int code = ran.exit;
    ck_assert_msg(!part || strstr(ran.out, part) || strstr(ran.err, part), "'%s' is not in: %s%s", part, ran.out,
                  ran.err);
    ran_free(&ran);
    return code;
}

START_TEST(the_suffix_tells_the_format)
{
    static const char *const names[] = {"t.json", "t.json.gz", "t.pftrace"};
    size_t size[3];
    for (int i = 0; i < 3; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s", scratch(names[i]));
        ck_assert_int_eq(exit_of("run", "examples/five-requests.json", "--trace", path, NULL), 0);
        char *bytes = read_file(path, &size[i]);
        ck_assert_ptr_nonnull(bytes);
        ck_assert_int_eq((unsigned char)bytes[0], i == 0 ? '{' : i == 1 ? 0x1f : 0x0a);
        free(bytes);
        ck_assert_int_eq(exit_of("trace-check", path, NULL, NULL, ": fine: "), 0);
    }
    ck_assert_uint_lt(size[1] * 5, size[0]);
    ck_assert_uint_lt(size[2] * 2, size[0]);
}
END_TEST

START_TEST(a_wrong_trace_is_told)
{
    char path[512];
    snprintf(path, sizeof path, "%s", scratch("wrong.json"));
    write_file(path, "{\"traceEvents\":[{}]}");
    ck_assert_int_eq(exit_of("trace-check", path, NULL, NULL, "line 1: an event without a time"), 1);
    write_file(path, "\x1f\x8bnot gzip");
    ck_assert_int_eq(exit_of("trace-check", path, NULL, NULL, "damaged"), 4);
    ck_assert_int_eq(exit_of("trace-check", "no/such", NULL, NULL, "cannot read"), 4);
}
END_TEST

START_TEST(windows_and_limits_are_options)
{
    char path[512];
    size_t whole, part;
    snprintf(path, sizeof path, "%s", scratch("t.json"));
    const char *spec = "examples/five-requests.json";
    Ran ran = run_loopsim("run", spec, "--trace", path, "--trace-limit", "300", NULL);
    ck_assert_ptr_nonnull(strstr(ran.err, "the trace is cut"));
    ran_free(&ran);
    free(read_file(path, &whole));
    ran = run_loopsim("run", spec, "--trace", path, "--trace-window", "1ms..1500us", NULL);
    ck_assert_str_eq(ran.err, "");
    ran_free(&ran);
    free(read_file(path, &part));
    ck_assert_uint_lt(part, whole);
    ck_assert_int_eq(exit_of("run", spec, "--trace-window", "5ms", "not of the form A..B"), 2);
    ck_assert_int_eq(exit_of("run", spec, "--trace-window", "5ms..4ms", "ends before it begins"), 2);
    ck_assert_int_eq(exit_of("run", spec, "--trace-limit", "0", "too small"), 2);
}
END_TEST

START_TEST(a_trace_changes_no_digest)
{
    Lab *lab = lab_read(SPEC(REAL, DB, "\"every\":\"1ms\"", LOOP));
    LabRun *run = lab_begin(lab, 0);
    uint64_t without = lab_finish(run)->digest;
    lab_end_run(run);
    lab_end(lab);
    run_with(SPEC(REAL, DB, "\"every\":\"1ms\"", LOOP), all);
    ck_assert_uint_eq(digest, without);
}
END_TEST

Suite *view_suite(void)
{
    Suite *suite = suite_create("view");
    TCase *tests = tcase_create("view");
    tcase_add_checked_fixture(tests, NULL, done);
    tcase_add_test(tests, a_loop_nests_iterations_phases_and_callbacks);
    tcase_add_test(tests, what_takes_no_time_and_holds_nothing_is_left_out);
    tcase_add_test(tests, threads_have_states);
    tcase_add_test(tests, a_thread_shows_the_request_that_it_serves);
    tcase_add_test(tests, a_carrier_shows_the_green_thread_that_it_carries);
    tcase_add_test(tests, a_step_of_a_branch_is_on_the_carrier_that_its_request_is_on);
    tcase_add_test(tests, a_request_has_a_child_for_each_wait_and_piece_of_work);
    tcase_add_test(tests, branches_have_rows_of_their_own);
    tcase_add_test(tests, arrows_follow_a_request);
    tcase_add_test(tests, arrows_go_through_workers_and_threads);
    tcase_add_test(tests, a_second_wait_of_one_callback_leaves_from_a_mark);
    tcase_add_test(tests, counters_say_how_many);
    tcase_add_test(tests, text_steps_are_instants);
    tcase_add_test(tests, what_becomes_of_a_request_is_said);
    tcase_add_test(tests, another_attempt_ends_the_call_of_the_one_before);
    tcase_add_test(tests, outside_the_window_nothing_is_drawn);
    tcase_add_loop_test(tests, any_window_is_a_right_trace, 0, 24);
    tcase_add_test(tests, a_limit_cuts_and_is_counted);
    tcase_add_test(tests, memory_does_not_grow_with_what_was_drawn);
    tcase_add_test(tests, a_program_has_its_lines_and_queues);
    tcase_add_test(tests, intervals_hand_their_arrow_on);
    tcase_add_test(tests, a_trace_changes_no_digest);
    tcase_add_test(tests, the_suffix_tells_the_format);
    tcase_add_test(tests, a_wrong_trace_is_told);
    tcase_add_test(tests, windows_and_limits_are_options);
    if (files.gl_pathc == 0 && glob("examples/*.json", 0, NULL, &files) != 0)
        files.gl_pathc = 0;
    tcase_add_loop_test(tests, an_example_gives_a_right_trace_and_the_figures_of_its_results, 0, (int)files.gl_pathc);
    suite_add_tcase(suite, tests);
    return suite;
}
