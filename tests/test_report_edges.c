/* Reports of what is not usual: servers that finished nothing, runs that were cut, very many servers and handlers, names
 * that are no ASCII, requirements by the dozen. Every format is written and well-formed, whatever there is to say. */
#include "../sim/base.h"
#include "command.h"
#include "markup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *report_edges_suite(void);

enum { ROOM = 1 << 16 };

static char spec[512], *text;

static void set_up(void)
{
    snprintf(spec, sizeof spec, "%s", scratch("spec.json"));
    text = malloc(ROOM);
    ck_assert_ptr_nonnull(text);
}

static void tear_down(void)
{
    free(text);
    scratch_remove();
}

static void expect_in(const char *whole, const char *part)
{
    ck_assert_msg(strstr(whole, part) != NULL, "'%s' is not in: %.3000s", part, whole);
}

/* Where from is the name of one, they are PREFIX1, PREFIX2, …: each a member with this value. */
static size_t put_many(char *to, const char *prefix, int count, const char *value)
{
    size_t used = 0;
    for (int i = 1; i <= count; i++)
        used += (size_t)sprintf(to + used, "%s\"%s%d\": %s", i > 1 ? ", " : "", prefix, i, value);
    return used;
}

/* `servers` servers and `handlers` handlers, each of which computes 1 ms; requests for all of them. */
static void write_many(const char *head, const char *arrivals, int handlers, int servers)
{
    size_t used = (size_t)sprintf(text, "{%s \"handlers\": {", head);
    used += put_many(text + used, "h", handlers, "[{\"cpu\": \"1ms\"}, {\"await\": {\"net\": \"2ms\"}}]");
    used += (size_t)sprintf(text + used, "},\n \"arrivals\": {%s, \"mix\": {", arrivals);
    used += put_many(text + used, "h", handlers, "1");
    used += (size_t)sprintf(text + used, "}},\n \"servers\": {");
    used += put_many(text + used, "server", servers, "{\"model\": \"event-loop\"}");
    sprintf(text + used, "}}\n");
    write_file(spec, text);
}

typedef struct Case {
    const char *words[8]; /* beside the command, the spec and --out */
    int exit;
} Case;

static Ran written(const char *command, const Case *test, const char *format)
{
    static const char *const env[] = {"GITHUB_STEP_SUMMARY=", NULL};
    const char *argv[16] = {command, spec, "--out", format};
    for (int i = 0; i < 8; i++)
        argv[4 + i] = test->words[i];
    Ran ran = run_loopsim_with(&(Command){.argv = argv, .env = env});
    ck_assert_msg(ran.exit == test->exit, "%s --out %s: exit %d, not %d: %s", command, format, ran.exit, test->exit,
                  ran.err);
    return ran;
}

static void is_ascii(const char *whole)
{
    for (const char *c = whole; *c; c++)
        ck_assert_msg((unsigned char)*c < 0x80, "not ASCII: %.60s", c);
}

/* Commas within quotes are none. */
static void has_equal_rows(const char *csv)
{
    int fields = 0, all = -1;
    bool quoted = false;
    for (const char *c = csv; *c; c++) {
        quoted ^= *c == '"';
        fields += *c == ',' && !quoted;
        if (*c != '\n' || quoted)
            continue;
        ck_assert_msg(all < 0 || fields == all, "%d fields, not %d, before %.200s", fields, all, c);
        all = fields;
        fields = 0;
    }
}

/* In all formats, the text also in ASCII. */
static void copes(const char *command, const Case *test)
{
    static const char *const formats[] = {"text", "json", "csv", "md", "html", "junit", "github"};
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        Ran ran = written(command, test, formats[i]);
        bool html = strcmp(formats[i], "html") == 0;
        const char *wrong = html || strcmp(formats[i], "junit") == 0 ? markup_wrong(ran.out, html) : NULL;
        ck_assert_msg(!wrong, "%s: %s", formats[i], wrong);
        if (strcmp(formats[i], "csv") == 0)
            has_equal_rows(ran.out);
        ran_free(&ran);
    }
    Case ascii = *test;
    int n = 0;
    while (ascii.words[n])
        n++;
    ascii.words[n] = "--ascii";
    Ran ran = written(command, &ascii, "text");
    is_ascii(ran.out);
    ran_free(&ran);
}

START_TEST(servers_that_finish_nothing_have_no_figures)
{
    write_many("\"duration\": \"500us\", \"machine\": {\"profile\": \"ideal\"},", "\"at\": [\"0\", \"100us\"]", 2, 2);
    copes("run", &(Case){{"-v"}, 0});
    copes("run", &(Case){{"--runs", "3"}, 0});
    copes("run", &(Case){{"--series", "100us"}, 0});
    copes("sweep", &(Case){{"--vary", "machine.cores=1,2,4"}, 0});
    Ran ran = written("run", &(Case){{NULL}, 0}, "text");
    expect_in(ran.out, "server1             2 arrived = 0 completed + 2 in flight\n");
    ran_free(&ran);
}
END_TEST

START_TEST(nobody_may_come)
{
    write_many("\"duration\": \"1ms\",", "\"at\": [\"5ms\"]", 1, 2);
    copes("run", &(Case){{"-v"}, 0});
    copes("run", &(Case){{"--require", "p99 < 1ms"}, 1});
    copes("sweep", &(Case){{"--vary", "machine.cores=1,2"}, 0});
}
END_TEST

START_TEST(many_servers_and_handlers_are_told_of)
{
    write_many("\"duration\": \"60ms\", \"machine\": {\"cores\": 2},", "\"poisson\": \"2000/s\"", 30, 9);
    copes("run", &(Case){{NULL}, 0});
    copes("run", &(Case){{"-v"}, 0});
    copes("run", &(Case){{"-v", "--runs", "2", "--time-unit", "us"}, 0});
}
END_TEST

/* What was cut says so in every format, and exits with 5. */
START_TEST(what_was_cut_is_marked_everywhere)
{
    static const struct {
        const char *format, *says;
    } cases[] = {
        {"text", "stopped by a limit"},
        {"json", "\"end\": \"limit\""},
        {"csv", ",limit,"},
        {"md", "stopped by a limit"},
        {"html", "stopped by a limit"},
        {"junit", "<error message=\""},
        {"github", ",title=not finished::server1: "},
    };
    write_many("\"duration\": \"1s\",", "\"poisson\": \"900/s\"", 1, 2);
    Case cut = {{"--max-events", "300"}, 5};
    copes("run", &cut);
    copes("sweep", &(Case){{"--vary", "machine.cores=1,2", "--max-events", "300"}, 5});
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Ran ran = written("run", &cut, cases[i].format);
        expect_in(ran.out, cases[i].says);
        ran_free(&ran);
    }
}
END_TEST

START_TEST(requirements_of_no_server_are_of_all)
{
    char *at = text;
    at += sprintf(at,
                  "{\"duration\": \"50ms\", \"handlers\": {\"h1\": [{\"cpu\": \"1ms\"}]}, \"arrivals\": {\"poisson\": "
                  "\"200/s\"}, \"servers\": {\"a\": {\"model\": \"event-loop\"}, \"b\": {\"model\": "
                  "\"thread-per-connection\"}}, \"expect\": [");
    for (int i = 1; i <= 240; i++)
        at += sprintf(at, "%s\"h1.p99 < %dns\"", i > 1 ? ", " : "", i);
    sprintf(at, ", \"a.p99 < b.p99\", \"in_flight < 1000\"]}");
    write_file(spec, text);
    copes("run", &(Case){{NULL}, 1});
    copes("run", &(Case){{"--only", "a"}, 1});
    copes("sweep", &(Case){{"--vary", "machine.cores=1,2"}, 0}); /* what a spec expects it expects of itself */
    copes("sweep", &(Case){{"--vary", "machine.cores=1,2", "--require", "p99 < 1ns"}, 1});
    Ran ran = written("run", &(Case){{NULL}, 1}, "html");
    expect_in(ran.out, " more</p>");
    ran_free(&ran);
}
END_TEST

START_TEST(names_of_any_writing_come_through)
{
    write_file(
        spec,
        "{\"name\": \"größer als 日本語, длинное имя: a very long name that has to be cut somewhere in a column\",\n"
        " \"about\": \"`code`, `not closed\", \"duration\": \"100ms\",\n"
        " \"handlers\": {\"a_handler_whose_name_is_much_longer_than_any_column_is_wide\": [{\"cpu\": \"1ms\"}],\n"
        " \"b\": [{\"await\": {\"io\": \"a_resource_whose_name_is_long_as_well\"}}]},\n"
        " \"resources\": {\"a_resource_whose_name_is_long_as_well\": {\"latency\": \"3ms\", \"concurrency\": 1}},\n"
        " \"arrivals\": {\"poisson\": \"500/s\", \"mix\": {\"b\": 1,\n"
        " \"a_handler_whose_name_is_much_longer_than_any_column_is_wide\": 1}},\n"
        " \"servers\": {\"a_server_whose_name_is_much_longer_than_any_column_is_wide\": {\"model\": \"event-loop\"},\n"
        " \"t\": {\"model\": \"thread-pool\", \"threads\": 2}}}\n");
    copes("run", &(Case){{"-v"}, 0});
    copes("run", &(Case){{"--runs", "3", "-v"}, 0});
    copes("sweep", &(Case){{"--vary", "arrivals.poisson=100/s..900/s:200/s"}, 0});
}
END_TEST

/* Grids of one point, of several things, of what is no number, of more rows than a page shows; parts of them. */
START_TEST(sweeps_of_any_shape_are_reported)
{
    static const Case cases[] = {
        {{"--vary", "machine.cores=1"}, 0},
        {{"--vary", "machine.cores=1", "--runs", "3"}, 0},
        {{"--vary", "machine.cores=1,2", "--vary", "arrivals.poisson=100/s,900/s", "--runs", "2"}, 0},
        {{"--vary", "machine.scheduler=fair,fifo,processor-sharing"}, 0},
        {{"--vary", "machine.cores=1..300:1"}, 0},
        {{"--vary", "arrivals.poisson=10/s..1000/s:x1.5"}, 0},
        {{"--vary", "handlers.h1[0].cpu=100us..100us:1us", "--vary", "seed=1..40:1"}, 0},
        {{"--vary", "handlers.h1[0].cpu=0ms..30ms:10ms", "--require", "server1.p99 < 1ns"}, 1},
        {{"--vary", "machine.cores=1..9:1", "--shard", "2/3"}, 0},
        {{"--vary", "machine.cores=1,2", "--precision", "50"}, 0},
    };
    write_many("\"duration\": \"20ms\", \"machine\": {\"profile\": \"ideal\"},", "\"poisson\": \"300/s\"", 1, 2);
    copes("sweep", &cases[_i]);
}
END_TEST

Suite *report_edges_suite(void)
{
    Suite *suite = suite_create("report_edges");
    TCase *tests = tcase_create("reports");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, servers_that_finish_nothing_have_no_figures);
    tcase_add_test(tests, nobody_may_come);
    tcase_add_test(tests, many_servers_and_handlers_are_told_of);
    tcase_add_test(tests, what_was_cut_is_marked_everywhere);
    tcase_add_test(tests, requirements_of_no_server_are_of_all);
    tcase_add_test(tests, names_of_any_writing_come_through);
    tcase_add_loop_test(tests, sweeps_of_any_shape_are_reported, 0, 10);
    suite_add_tcase(suite, tests);
    return suite;
}
