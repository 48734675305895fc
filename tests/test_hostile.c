/* Specs that mean no good: any 64 KiB is checked in no time, any run ends within its limits, and what a spec calls
 * things stays text wherever it goes. */
#include "../sim/buf.h"
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

Suite *hostile_suite(void);

/* ---- check ---- */

enum { LARGE = 64 * 1024, SECONDS = 20 };

/* A text of 64 KiB: `before`, `again` as often as there is room (with %d in it the count), `after`. */
typedef struct Large {
    const char *before, *again, *after;
} Large;

#define HEAD "{\"duration\":\"1s\",\"arrivals\":{\"poisson\":\"1/s\"},"
static const Large large[] = {
    {"{\"a\":", "[", ""},
    {"", "{\"a\":", ""},
    {"{", "\"k%d\":1,", "\"k\":1}"},
    {"{", "\"k\":1,", "\"k\":1}"},
    {"{\"", "x", "\":1}"},
    {"{\"name\":\"", "a", "\"}"},
    {"{\"name\":\"", "\\u202e", "\"}"},
    {"{\"name\":\"", "\xff", "\"}"},
    {"{\"name\":\"", "\\x", "\"}"},
    {"{\"seed\":", "9", "}"},
    {"{\"seed\":0.", "1", "}"},
    {"{\"main\":[{\"log\":[", "1e-30%d,", "1]}]}"},
    {"{\"main\":[{\"log\":[", "1.2345678901234567890123456789012345678901234567,", "1]}]}"},
    {"{", "\n", "\"x\":1}"},
    {"{", "\t", "\"x\":1}"},
    {"{\"duration\":\"", "x", "\"}"},
    {HEAD "\"handlers\":{", "\"h%d\":[\"x\"],", "\"h\":[]}}"},
    {HEAD "\"handlers\":{", "\"h%d\":[{\"cpx\":1}],", "\"h\":[]}}"},
    {HEAD "\"handlers\":{\"a\":[", "{\"lock\":\"l%d\",\"do\":[]},", "\"x\"]}}"},
    {HEAD "\"handlers\":{\"a\":[", "{\"await\":{\"io\":\"r%d\"}},", "\"x\"]}}"},
    {HEAD "\"handlers\":{\"a\":[{\"choose\":[", "[1,[]],", "[1,[]]]}]}}"},
    {HEAD "\"handlers\":{\"a\":[{\"await\":{\"all\":[", "[],", "[]]}}]}}"},
    {HEAD "\"handlers\":{\"a\":[{\"cpu\":{\"empirical\":[", "[\"1ms\",1],", "[\"1ms\",1]]}}]}}"},
    {HEAD "\"handlers\":{\"a\":[{\"cpu\":{\"gamma\":{\"mean\":\"1ms\",\"shape\":0.001}}}", ",\"x\"", "]}}"},
    {HEAD "\"handlers\":{\"a\":[]},\"servers\":{", "\"s%d\":{\"model\":\"event-loop\"},",
     "\"s\":{\"model\":\"event-loop\"}}}"},
    {HEAD "\"handlers\":{\"a\":[]},\"servers\":{", "\"s%d\":{\"modl\":\"event-loop\"},", "\"s\":{}}}"},
    {HEAD "\"handlers\":{\"a\":[]},\"resources\":{", "\"r%d\":{\"latency\":\"1ms\"},", "\"r\":{}}}"},
    {HEAD "\"handlers\":{\"a\":[]},\"expect\":[", "\"p99 < 1s\",", "\"p99 < 1s\"]}"},
    {HEAD "\"handlers\":{\"a\":[]},\"expect\":[", "\"p9x9 < 1s\",", "\"p99 < 1s\"]}"},
    {HEAD "\"handlers\":{\"a\":[]},\"machine\":{\"costs\":{", "\"c%d\":\"1us\",", "\"accept\":\"1us\"}}}"},
    {"{\"duration\":\"1s\",\"handlers\":{\"a\":[]},\"arrivals\":[", "{\"poisson\":\"1/s\"},",
     "{\"poisson\":\"1/s\"}]}"},
    {"{\"duration\":\"1s\",\"handlers\":{\"a\":[]},\"arrivals\":{\"at\":[", "\"%dns\",", "\"0\"]}}"},
    {"{\"duration\":\"1s\",\"handlers\":{\"a\":[]},\"arrivals\":{\"poisson\":\"1/s\",\"mix\":{", "\"q%d\":1,",
     "\"a\":1}}}"},
    {"{\"main\":[", "{\"let\":{\"v%d\":1}},", "\"x\"]}"},
    {"{\"main\":[", "{\"set\":{\"v%d\":1}},", "\"x\"]}"},
    {"{\"main\":[\"", "${y}", "\"]}"},
    {"{\"main\":[", "\"${y%d}\",", "\"x\"]}"},
    {"{\"main\":[{\"emitter\":\"e\"}", ",{\"on\":\"e\",\"event\":\"x%d\",\"do\":[]}", "]}"},
    {"{\"main\":[{\"call\":\"f\"}],\"functions\":{", "\"f%d\":[{\"call\":\"f\"},{\"call\":\"f\"}],",
     "\"f\":[{\"call\":\"f\"}]}}"},
    {"{\"main\":[{\"call\":\"f\"}],\"functions\":{", "\"f%d\":[{\"call\":\"g%d\"}],", "\"f\":[]}}"},
    {"{\"main\":[", "{\"setImmediate\":[],\"\":1},", "{\"setImmediate\":[],\"\":1}]}"},
};
enum { LARGES = sizeof large / sizeof large[0] };

static void put_again(Buf *buf, const char *again, unsigned count)
{
    for (const char *c = again; *c; c++) {
        if (c[0] == '%' && c[1] == 'd')
            buf_u64(buf, count), c++;
        else
            buf_char(buf, *c);
    }
}

/* In processor time, which others on the machine do not change much; a square over 64 KiB would take minutes where the
 * limit leaves room for sanitizers and emulators. */
static void expect_quick(const char *path)
{
    struct rusage before, after;
    getrusage(RUSAGE_CHILDREN, &before);
    Ran ran = run_loopsim("check", path, NULL);
    getrusage(RUSAGE_CHILDREN, &after);
    ck_assert_msg(ran.exit == 0 || ran.exit == 3, "exit %d: %s", ran.exit, ran.err);
    ck_assert_msg(after.ru_utime.tv_sec - before.ru_utime.tv_sec < SECONDS, "%s took its time", path);
    ran_free(&ran);
}

START_TEST(any_64_KiB_are_checked_in_no_time)
{
    Mem *mem = mem_new(1 << 22);
    Buf text;
    const char *path = scratch("large.json");
    buf_init(&text, mem, 1 << 20);
    buf_text(&text, large[_i].before);
    for (unsigned i = 0; text.size + strlen(large[_i].again) + strlen(large[_i].after) + 12 < LARGE; i++)
        put_again(&text, large[_i].again, i);
    buf_text(&text, large[_i].after);
    write_file(path, buf_string(&text));
    expect_quick(path);
    mem_delete(mem);
}
END_TEST

/* Steps in steps, as deep as JSON may be: what is compiled does not double with each. */
START_TEST(nesting_is_checked_in_no_time)
{
    static const Large deep[] = {
        {"[{\"try\":[\"x\"],\"finally\":", "[]", "}]"},   {"[{\"try\":[{\"return\":1}],\"finally\":", "[]", "}]"},
        {"[{\"if\":1,\"then\":", "[]", ",\"else\":[]}]"}, {"[{\"async\":", "[]", "}]"},
        {"[{\"setTimeout\":", "[\"x\"]", "}]"},           {"[{\"all\":[", "[]", "]}]"},
    };
    Mem *mem = mem_new(1 << 22);
    Buf text;
    const char *path = scratch("deep.json");
    buf_init(&text, mem, 1 << 20);
    buf_text(&text, "{\"main\":[{\"call\":\"f\"}],\"functions\":{\"f\":");
    for (int i = 0; i < 80; i++)
        buf_text(&text, deep[_i].before);
    buf_text(&text, deep[_i].again);
    for (int i = 0; i < 80; i++)
        buf_text(&text, deep[_i].after);
    buf_text(&text, "}}");
    write_file(path, buf_string(&text));
    expect_quick(path);
    mem_delete(mem);
}
END_TEST

/* ---- run ---- */

/* Handlers, arrivals and the rest of specs whose runs would never end, or take all memory. */
static const struct {
    const char *handler, *arrivals, *more;
} endless[] = {
    {"[{\"while\":true,\"do\":[]}]", "\"poisson\":\"100/s\"", ""},
    {"[{\"let\":{\"x\":1}},{\"while\":true,\"do\":[{\"inc\":\"x\"}]}]", "\"poisson\":\"100/s\"", ""},
    {"[{\"repeat\":999999999999999999,\"do\":[{\"cpu\":\"0\"}]}]", "\"poisson\":\"100/s\"", ""},
    {"[{\"repeat\":999999999999999999,\"do\":[{\"await\":{\"net\":\"0\"}}]}]", "\"poisson\":\"100/s\"", ""},
    {"[{\"repeat\":999999999999999999,\"do\":[{\"lock\":\"l\",\"do\":[]}]}]", "\"poisson\":\"100/s\"", ""},
    {"[{\"repeat\":1000000000,\"do\":[{\"net\":\"1s\",\"cb\":[]}]}]", "\"poisson\":\"100/s\"", ""},
    {"[{\"call\":\"f\"}]", "\"poisson\":\"100/s\"", ",\"functions\":{\"f\":[{\"call\":\"f\"}]}"},
    {"[{\"call\":\"f\"}]", "\"poisson\":\"100/s\"", ",\"functions\":{\"f\":[{\"nextTick\":\"f\"}]}"},
    {"[{\"call\":\"f\"}]", "\"poisson\":\"100/s\"",
     ",\"functions\":{\"f\":[{\"setImmediate\":\"f\"},{\"setImmediate\":\"f\"}]}"},
    {"[{\"let\":{\"s\":\"x\"}},{\"while\":true,\"do\":[{\"set\":{\"s\":{\"add\":[\"$s\",\"$s\"]}}}]}]",
     "\"poisson\":\"100/s\"", ""},
    {"[\"x\"]", "\"poisson\":\"1000000000/s\"", ""},
    {"[\"x\"]", "\"every\":\"1ns\"", ""},
    {"[\"x\"]", "\"interarrival\":\"0\"", ""},
    {"[\"x\"]", "\"bursts\":{\"every\":\"1ms\",\"size\":999999999}", ""},
    {"[\"x\"]", "\"bursts\":{\"every\":\"0\",\"size\":1}", ""},
    {"[\"x\"]", "\"bursts\":{\"every\":\"1ms\",\"size\":{\"geometric\":1e18}}", ""},
    {"[\"x\"]", "\"clients\":100000000", ""},
    {"[]", "\"clients\":3,\"think\":\"0\"", ",\"machine\":{\"profile\":\"ideal\"}"},
    {"[]", "\"at\":[\"0\"],\"requests\":999999999999999999", ",\"machine\":{\"profile\":\"ideal\"}"},
    {"[\"x\"]", "\"poisson\":\"1000/s\",\"timeout\":\"1ns\",\"retry\":{\"attempts\":1000,\"backoff\":\"0\"}", ""},
    {"[{\"throw\":\"x\"}]", "\"poisson\":\"1000/s\",\"retry\":{\"attempts\":1000,\"backoff\":\"0\"}", ""},
    {"[\"x\"]", "\"modulated\":[{\"rate\":\"1000000000/s\",\"for\":\"0\"},{\"rate\":\"0/s\",\"for\":\"0\"}]", ""},
    {"[\"x\"]", "\"modulated\":[{\"rate\":\"0/s\",\"for\":\"1ns\"},{\"rate\":\"1/h\",\"for\":\"0\"}]", ""},
    {"[{\"cpu\":\"1s\"}]", "\"poisson\":\"10/s\"",
     ",\"machine\":{\"time_slice\":\"1ns\",\"scheduler\":\"round-robin\"}"},
    {"[\"x\"]", "\"poisson\":\"1/s\"",
     ",\"servers\":{\"sv\":{\"model\":\"event-loop\",\"pauses\":{\"every\":\"0\",\"for\":\"0\"}}}"},
    {"[\"x\"]", "\"poisson\":\"1000000/s\"",
     ",\"network\":{\"syn_retry\":[\"1ns\",\"1ns\"]},\"servers\":{\"sv\":{\"model\":\"event-loop\",\"backlog\":1,"
     "\"max_connections\":1}}"},
};
enum { ENDLESS = sizeof endless / sizeof endless[0] };

/* Within the time that Check gives a test. */
START_TEST(any_run_ends_within_its_limits)
{
    char text[2000];
    const char *path = scratch("endless.json");
    snprintf(text, sizeof text, "{\"duration\":\"80000h\",\"handlers\":{\"a\":%s},\"arrivals\":{%s}%s}",
             endless[_i].handler, endless[_i].arrivals, endless[_i].more);
    write_file(path, text);
    Ran ran = run_loopsim("run", path, "--max-events", "20000", "--max-memory", "32MiB", "--out", "json", NULL);
    ck_assert_msg(ran.exit == 5 && ran.err[0], "exit %d of %s: %s", ran.exit, text, ran.err);
    ran_free(&ran);
}
END_TEST

START_TEST(a_series_of_nanoseconds_ends_as_well)
{
    const char *path = scratch("series.json");
    write_file(path, "{\"duration\":\"80000h\",\"handlers\":{\"a\":[]},\"arrivals\":{\"every\":\"1h\"}}");
    Ran ran = run_loopsim("run", path, "--series", "1ns", "--max-events", "20000", "--max-memory", "32MiB", "--out",
                          "html", NULL);
    ck_assert_msg(ran.exit != 0 && ran.err[0], "exit %d: %s", ran.exit, ran.err);
    ran_free(&ran);
}
END_TEST

/* ---- what things are called ---- */

static void expect_tame(const char *text, const char *where)
{
    for (const char *c = text; *c; c++)
        ck_assert_msg((unsigned char)*c >= 0x20 || *c == '\n', "%s: a control character in %.200s", where, c);
    if (strcmp(where, "json") != 0) /* which is for programs: only what RFC 8259 asks for is escaped */
        ck_assert_msg(!strstr(text, "\xe2\x80\xae"), "%s: the direction of writing turns", where);
    ck_assert_msg(!strstr(text, "\n::error::x"), "%s: a workflow command", where);
}

/* Names and texts that stand in errors, which go to the terminal. */
START_TEST(errors_quote_without_obeying)
{
#define AWAITS                                                                                                         \
    "{\"duration\":\"1s\",\"handlers\":{\"a\":[{\"await\":{\"io\":\"\\u202e\\u2066\"}}]},\"arrivals\":{\"poisson\":"   \
    "\"1/s\"},"
    static const char *const specs[] = {
        "{\"duration\":\"1s\xff\x1b[31m\",\"\x01\":1}",
        "{\"name\":\"\\u001b[2J\",\"\\u001b]0;x\\u0007\":1,\"duration\":\"\\u202e\"}",
        "{\"main\":[{\"call\":\"\\u001b[31m\\u202e\"},\"${\\u001b[0m}\",{\"\\u009b31m\":1}]}",
        "{\"duration\":\"1s\",\"handlers\":{\"\\u001b[31m\":[]},\"arrivals\":{\"file\":\"\\u001b[31m\"}}",
        AWAITS "\"expect\":[\"\\u001b[31m < 1\\n::error::x\"]}",
    };
    const char *path = scratch("nasty.json");
    write_file(path, specs[_i]);
    Ran ran = run_loopsim("check", path, "--set", "\033[31m=\xe2\x80\xae", NULL);
    ck_assert_int_eq(ran.exit, 3);
    expect_tame(ran.err, "errors");
    ran_free(&ran);
    ran = run_loopsim("run", path, "--only", "\033[31m", "--require", "\033[31m\n::error::x", NULL);
    ck_assert(ran.exit == 2 || ran.exit == 3);
    expect_tame(ran.err, "errors");
    ran_free(&ran);
}
END_TEST

/* A spec that is fine, with such a name, such texts, and a file that is called so. */
START_TEST(whatever_is_written_stays_text)
{
    static const char *const formats[] = {"text", "json", "csv", "md", "html", "junit", "github"};
    const char *path = scratch("x,y:%0A::error::z.json");
    write_file(path, "{\"name\": \"=cmd|' /C calc'!A0 ::error::x%0A\\u202e<b onload=x>&amp;`a`|[l](javascript:x)\\\"\","
                     "\"about\": \"\\u001b[31m\\u202e</style><script>\", \"duration\": \"100ms\","
                     "\"handlers\": {\"a\": [\"\\u001b[31m\\u202e\\n::error::x<script>\", {\"cpu\": \"1ms\"}]},"
                     "\"arrivals\": {\"every\": \"10ms\"}, \"expect\": [\"p99 < 1ns\"]}");
    Ran ran = run_loopsim("run", path, "--out", formats[_i], NULL);
    ck_assert_msg(ran.exit == 1, "exit %d: %s", ran.exit, ran.err);
    expect_tame(ran.out, formats[_i]);
    ck_assert(!strstr(ran.out, "<script>") || strcmp(formats[_i], "text") == 0 || strcmp(formats[_i], "json") == 0);
    ran_free(&ran);
}
END_TEST

START_TEST(traces_hold_them_as_they_are)
{
    static const char *const names[] = {"n.json", "n.pftrace"};
    const char *path = scratch("nasty.json"), *trace = scratch(names[_i]);
    write_file(path, "{\"name\": \"\\\"\\u202e\\u2028</script>\", \"duration\": \"100ms\","
                     "\"handlers\": {\"a\": [\"\\\"},\\u001b[31m\\n\\u202e\\u2028\\\\\", {\"cpu\": \"1ms\"}]},"
                     "\"arrivals\": {\"every\": \"10ms\"}}");
    Ran ran = run_loopsim("run", path, "-q", "--trace", trace, NULL);
    ck_assert_msg(ran.exit == 0, "exit %d: %s", ran.exit, ran.err);
    ran_free(&ran);
    ran = run_loopsim("trace-check", trace, NULL);
    ck_assert_msg(ran.exit == 0, "%s", ran.out);
    ran_free(&ran);
}
END_TEST

/* A program prints what it is told to, byte for byte, as Node does; where it is explained, it is shown. */
START_TEST(explained_lines_are_shown)
{
    const char *path = scratch("nasty.json");
    write_file(path, "{\"main\": [\"\\u001b[31m\\u202e\", {\"setTimeout\": [\"\\u001b[2J\"], \"ms\": 1}]}");
    Ran ran = run_loopsim("explain", path, NULL);
    ck_assert_int_eq(ran.exit, 0);
    expect_tame(ran.out, "explain");
    ran_free(&ran);
    ran = run_loopsim("explain", path, "--why", "\033[31m\xe2\x80\xae", "\033[2J", NULL);
    ck_assert_int_eq(ran.exit, 0);
    expect_tame(ran.out, "explain --why");
    ran_free(&ran);
}
END_TEST

/* Files that others have made: their names and texts in messages. */
START_TEST(foreign_files_are_quoted_as_well)
{
    const char *bad = scratch("bad\033[31m.json");
    write_file(
        bad,
        "{\"loopsim\": \"0.1.0\", \"schema\": 1, \"\\u001b[31m\": 2, \"servers\": {\"\\u202e\": {\"\\u001b[2J\": 1}}}");
    const char *const commands[][4] = {{"diff", bad, bad, NULL},
                                       {"merge", bad, NULL},
                                       {"trace-check", bad, NULL},
                                       {"check", bad, NULL},
                                       {"run", bad, NULL}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        Ran ran = run_loopsim_with(&(Command){.argv = commands[i]});
        ck_assert_int_ne(ran.exit, 0);
        expect_tame(ran.err, commands[i][0]);
        expect_tame(ran.out, commands[i][0]);
        ran_free(&ran);
    }
}
END_TEST

START_TEST(differences_are_shown)
{
    const char *a = scratch("a.json"), *b = scratch("b.json");
    write_file(
        a, "{\"loopsim\": \"0.1.0\", \"schema\": 1, \"servers\": {\"\\u202e\": {\"\\u001b[2J\": \"\\u001b[31m\"}}}");
    write_file(
        b, "{\"loopsim\": \"0.1.0\", \"schema\": 1, \"servers\": {\"\\u202e\": {\"\\u001b[2J\": \"\\n::error::x\"}}}");
    Ran ran = run_loopsim("diff", a, b, NULL);
    ck_assert_msg(ran.exit == 1, "%d: %s", ran.exit, ran.err);
    expect_tame(ran.out, "diff");
    ran_free(&ran);
}
END_TEST

Suite *hostile_suite(void)
{
    Suite *suite = suite_create("hostile");
    TCase *cases = tcase_create("hostile");
    tcase_add_checked_fixture(cases, NULL, scratch_remove);
    tcase_add_loop_test(cases, any_64_KiB_are_checked_in_no_time, 0, LARGES);
    tcase_add_loop_test(cases, nesting_is_checked_in_no_time, 0, 6);
    tcase_add_loop_test(cases, any_run_ends_within_its_limits, 0, ENDLESS);
    tcase_add_test(cases, a_series_of_nanoseconds_ends_as_well);
    tcase_add_loop_test(cases, errors_quote_without_obeying, 0, 5);
    tcase_add_loop_test(cases, whatever_is_written_stays_text, 0, 7);
    tcase_add_loop_test(cases, traces_hold_them_as_they_are, 0, 2);
    tcase_add_test(cases, explained_lines_are_shown);
    tcase_add_test(cases, foreign_files_are_quoted_as_well);
    tcase_add_test(cases, differences_are_shown);
    suite_add_tcase(suite, cases);
    return suite;
}
