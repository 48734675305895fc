/* A trace that is cut short, by its limit, by the disk, by its reader or by the user; and the memory that one takes. */
#include "command.h"
#include "lab.h"
#include "traces/check.h"
#include "traces/out.h"
#include "traces/sink.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

Suite *trace_out_suite(void);

static const char *const suffixes[] = {"json", "json.gz", "pftrace"};
enum { FORMATS_OF_TRACES = 3 };

static char spec[512];

static void set_up(void)
{
    snprintf(spec, sizeof spec, "%s", scratch("endless.json"));
    write_file(spec,
               "{\"name\":\"e\",\"duration\":\"80000h\",\"machine\":{\"profile\":\"ideal\",\"cores\":2},\"handlers\":"
               "{\"get\":[{\"cpu\":\"1ms\"}]},\"arrivals\":{\"every\":\"2ms\"},"
               "\"servers\":{\"node\":{\"model\":\"event-loop\"},\"threads\":{\"model\":\"thread-per-connection\"}}}");
}

static const char *binary(void)
{
    return getenv("LOOPSIM") ? getenv("LOOPSIM") : OBJECTS "/loopsim";
}

START_TEST(the_limit_is_shared_out_evenly)
{
    char trace[512];
    uint64_t events[16] = {0};
    snprintf(trace, sizeof trace, "%s", scratch("t.json"));
    Ran ran = run_loopsim("run", spec, "--set", "duration=2s", "--trace", trace, "--trace-limit", "4000", NULL);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_ptr_nonnull(strstr(ran.err, "the trace is cut"));
    ran_free(&ran);
    char *text = read_file(trace, NULL);
    for (const char *at = text; (at = strstr(at, "\"pid\":")) != NULL;)
        events[strtoul(at += strlen("\"pid\":"), NULL, 10) & 15]++;
    const char *second = strstr(text, "\"args\":{\"name\":\"threads: metrics\"}");
    ck_assert_ptr_nonnull(second);
    while (strncmp(second, "\"pid\":", 6) != 0)
        second--;
    uint64_t first_share = 0, second_share = 0, from = strtoul(second + 6, NULL, 10);
    for (uint64_t pid = 0; pid < 16; pid++)
        *(pid < from ? &first_share : &second_share) += events[pid];
    ck_assert_uint_ge(first_share, 2000);
    ck_assert_uint_lt(first_share, 2200);
    ck_assert_uint_ge(second_share, 2000);
    ck_assert_uint_lt(second_share, 2200);
    free(text);
}
END_TEST

/* All that a traced run takes, and how much it wrote. */
static size_t peak_of(const char *count, bool protobuf, uint64_t *events)
{
    static const char text[] =
        "{\"name\":\"m\",\"duration\":\"1h\",\"resources\":{\"db\":{\"latency\":\"4ms\"}},\"handlers\":{\"get\":"
        "[{\"cpu\":\"1ms\"},{\"await\":{\"io\":\"db\"}},{\"cpu\":\"1ms\"}]},\"arrivals\":{\"every\":"
        "\"3ms\",\"count\":%s},\"servers\":{\"node\":{\"model\":\"event-loop\"}}}";
    char filled[1024];
    const char *error;
    snprintf(filled, sizeof filled, text, count);
    Lab *lab = lab_read(filled);
    Mem *mem = mem_new((size_t)64 << 20);
    Stats *stats = stats_new(mem, lab->spec, lab->program, 0);
    Probe probe;
    Out *out = out_open(mem, "/dev/null", false, &error);
    Sink *sink = protobuf ? pftrace_sink(mem, out) : chrome_sink(mem, out);
    probe_init(&probe, NULL, stats);
    probe.view = view_new(mem, sink, lab->spec, lab->program, 0, &(ViewOptions){.to = TIME_NEVER});
    World *world = world_new(mem, lab->spec, lab->program, &lab->spec->servers[0], &probe);
    world_run(world, UINT64_MAX, NULL);
    view_end(probe.view, world->kernel.now);
    *events = sink->events;
    sink->close(sink, 0, NULL, NULL);
    ck_assert_int_eq(out_close(out), OUT_OK);
    size_t peak = mem_peak(mem);
    mem_delete(mem);
    lab_end(lab);
    return peak;
}

START_TEST(memory_does_not_grow_with_the_trace)
{
    uint64_t few, many;
    size_t small = peak_of("1000", _i, &few), large = peak_of("30000", _i, &many);
    ck_assert_uint_gt(few, 10000);
    ck_assert_uint_gt(many, 29 * few);
    ck_assert_uint_le(large, small + 65536);
}
END_TEST

START_TEST(a_full_disk_is_4)
{
    Ran ran = run_loopsim("run", spec, "-q", "--set", "duration=5s", "--trace", "/dev/full", NULL);
    ck_assert_int_eq(ran.exit, 4);
    ck_assert_ptr_nonnull(strstr(ran.err, "No space left on device"));
    ran_free(&ran);
}
END_TEST

/* Of what would never end by itself. */
START_TEST(and_ends_the_run_at_once)
{
    const char *program = scratch("ticks.json"), *results = scratch("results.json");
    char json[600];
    snprintf(json, sizeof json, "json=%s", results);
    write_file(program,
               "{\"main\":[\"a\",{\"setInterval\":\"f\",\"ms\":1}],\"functions\":{\"f\":[{\"cpu\":\"1us\"}]}}");
    Ran ran = run_loopsim("run", spec, "-q", "--set", "duration=80000h", "--only", "node", "--out", json, "--trace",
                          "/dev/full", NULL);
    ck_assert_msg(ran.exit == 4 && strstr(ran.err, "No space left on device"), "%d: %s", ran.exit, ran.err);
    ck_assert(!file_exists(results));
    ran_free(&ran);
    ran = run_loopsim("run", program, "--out", json, "--trace", "/dev/full", NULL);
    ck_assert_msg(ran.exit == 4 && strstr(ran.err, "No space left on device"), "%d: %s", ran.exit, ran.err);
    ck_assert(!file_exists(results));
    ran_free(&ran);
}
END_TEST

START_TEST(a_reader_of_lines_who_leaves_ends_the_program)
{
    const char *program = scratch("lines.json");
    write_file(program, "{\"main\":[{\"setInterval\":[\"a line\",{\"cpu\":\"1us\"}],\"ms\":1}]}");
    Ran ran =
        run_program("sh", "-c", "{ \"$0\" run \"$1\"; echo $? >&2; } | head -n 1 >/dev/null", binary(), program, NULL);
    ck_assert_str_eq(ran.err, "141\n");
    ran_free(&ran);
}
END_TEST

START_TEST(a_reader_who_leaves_is_4_and_of_stdout_141)
{
    char fifo[512];
    Ran ran = run_program("sh", "-c",
                          "{ \"$0\" run \"$1\" -q --set duration=5s --out json=/dev/null --trace /dev/stdout; echo $? "
                          ">&2; } | head -c 100 >/dev/null",
                          binary(), spec, NULL);
    ck_assert_str_eq(ran.err, "141\n");
    ran_free(&ran);
    snprintf(fifo, sizeof fifo, "%s", scratch("fifo"));
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ran = run_program("sh", "-c",
                      "head -c 100 \"$2\" >/dev/null & \"$0\" run \"$1\" -q --set duration=5s --trace \"$2\"; "
                      "code=$?; wait; exit $code",
                      binary(), spec, fifo, NULL);
    ck_assert_int_eq(ran.exit, 4);
    ck_assert_ptr_nonnull(strstr(ran.err, "Broken pipe"));
    ran_free(&ran);
}
END_TEST

START_TEST(an_interrupt_leaves_a_whole_trace)
{
    char trace[512], name[32];
    snprintf(name, sizeof name, "cut.%s", suffixes[_i]);
    snprintf(trace, sizeof trace, "%s", scratch(name));
    Ran ran = run_program("timeout", "--foreground", "--preserve-status", "-s", "INT", "0.5", binary(), "run", spec,
                          "-q", "--trace", trace, NULL);
    ck_assert_msg(ran.exit == 130, "%d: %s", ran.exit, ran.err);
    ran_free(&ran);
    ran = run_loopsim("trace-check", trace, NULL);
    ck_assert_msg(ran.exit == 0, "%s", ran.out);
    ran_free(&ran);
}
END_TEST

Suite *trace_out_suite(void)
{
    Suite *suite = suite_create("trace_out");
    TCase *tests = tcase_create("trace_out");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, scratch_remove);
    tcase_add_test(tests, the_limit_is_shared_out_evenly);
    tcase_add_loop_test(tests, memory_does_not_grow_with_the_trace, 0, 2);
    tcase_add_test(tests, a_full_disk_is_4);
    tcase_add_test(tests, and_ends_the_run_at_once);
    tcase_add_test(tests, a_reader_of_lines_who_leaves_ends_the_program);
    tcase_add_test(tests, a_reader_who_leaves_is_4_and_of_stdout_141);
    tcase_add_loop_test(tests, an_interrupt_leaves_a_whole_trace, 0, FORMATS_OF_TRACES);
    suite_add_tcase(suite, tests);
    return suite;
}
