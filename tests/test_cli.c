/* The command line as a user meets it: what is said where, and with which exit code. */
#include "command.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A small workload on two servers, 100 requests. */
static const char small[] =
    "{\"name\": \"small\", \"duration\": \"1s\", \"machine\": {\"profile\": \"ideal\", \"cores\": 2},\n"
    " \"handlers\": {\"get\": [{\"cpu\": \"1ms\"}, {\"await\": {\"net\": \"2ms\"}}]},\n"
    " \"arrivals\": {\"every\": \"10ms\", \"count\": 99},\n"
    " \"servers\": {\"node\": {\"model\": \"event-loop\"}, \"threads\": {\"model\": \"thread-per-connection\"}},\n"
    " \"expect\": [\"p99 < 10ms\"]}\n";

static char path[512];

static void set_up(void)
{
    snprintf(path, sizeof path, "%s", scratch("small.json"));
    write_file(path, small);
}

static void expect_exit(Ran *ran, int code)
{
    ck_assert_msg(ran->exit == code, "exit %d\nstdout: %s\nstderr: %s", ran->exit, ran->out, ran->err);
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in: %s", part, text);
}

/* Said on stderr, nothing on stdout. */
static void refuse(Ran ran, int code, const char *part)
{
    expect_exit(&ran, code);
    ck_assert_str_eq(ran.out, "");
    expect_in(ran.err, part);
    ran_free(&ran);
}

/* Said on stdout, nothing on stderr. */
static void say(Ran ran, const char *part)
{
    expect_exit(&ran, 0);
    ck_assert_str_eq(ran.err, "");
    expect_in(ran.out, part);
    ran_free(&ran);
}

/* ---- help and usage ---- */

START_TEST(help_lists_the_commands)
{
    say(run_loopsim("--help", NULL), "run ");
    say(run_loopsim("-h", NULL), "  schema       print a JSON Schema (2020-12)\n\nloopsim COMMAND --help ");
    say(run_loopsim("--version", NULL), "loopsim ");
    say(run_loopsim("run", "--help", NULL), "--require EXPR");
    say(run_loopsim("run", "-h", NULL), "-q, --quiet");
    say(run_loopsim("check", "--help", NULL), "--print");
    say(run_loopsim("models", NULL), "thread-per-connection");
    say(run_loopsim("init", NULL), "api");
}
END_TEST

START_TEST(help_shows_no_option_that_is_not_there)
{
    Ran ran = run_loopsim("run", "--help", NULL);
    ck_assert_ptr_null(strstr(ran.out, "--print"));
    ck_assert_ptr_null(strstr(ran.out, "--shard"));
    ran_free(&ran);
}
END_TEST

START_TEST(wrong_usage_is_2_and_says_what_would_be_right)
{
    refuse(run_loopsim_with(&(Command){.argv = (const char *const[]){NULL}}), 2, "a command is missing");
    refuse(run_loopsim("rnu", NULL), 2, "did you mean run?");
    refuse(run_loopsim("run", NULL), 2, "loopsim run SPEC");
    refuse(run_loopsim("run", "a", "b", NULL), 2, "'b' is one too many");
    refuse(run_loopsim("run", path, "--sede", "1", NULL), 2, "did you mean --seed?");
    refuse(run_loopsim("run", path, "-z", NULL), 2, "has no option '-z'");
    refuse(run_loopsim("run", path, "--seed", NULL), 2, "--seed needs a value");
    refuse(run_loopsim("run", path, "--ascii=1", NULL), 2, "takes no value");
    refuse(run_loopsim("run", path, "--seed", "x", NULL), 2, "--seed x");
    refuse(run_loopsim("run", path, "--seed", "18446744073709551616", NULL), 2, "--seed");
    refuse(run_loopsim("run", path, "--set", "nothing", NULL), 2, "PATH=VALUE");
    refuse(run_loopsim("run", path, "--out", "yaml", NULL), 2, "no such format");
    refuse(run_loopsim("run", path, "--out", "json=", NULL), 2, "missing");
    refuse(run_loopsim("run", path, "--percentiles", "50,0", NULL), 2, "percentiles");
    refuse(run_loopsim("run", path, "--percentiles", "50,50.0", NULL), 2, "twice");
    refuse(run_loopsim("run", path, "--max-memory", "4", NULL), 2, "--max-memory 4");
    refuse(run_loopsim("run", path, "--max-events", "0", NULL), 2, "too small");
    refuse(run_loopsim("run", path, "--color", "blue", NULL), 2, "auto, always or never");
    refuse(run_loopsim("run", path, "--time-unit", "h", NULL), 2, "no such unit");
    refuse(run_loopsim("check", path, "--trace", "x.json", NULL), 2, "has no option '--trace'");
    refuse(run_loopsim("init", "apu", NULL), 2, "did you mean api?");
}
END_TEST

START_TEST(two_outputs_do_not_share_a_file)
{
    refuse(run_loopsim("run", path, "--out", "json", "--out", "text", NULL), 2, "two outputs go to stdout");
    refuse(run_loopsim("run", path, "--out", "json=x.json", "--trace", "x.json", NULL), 2, "two outputs go to x.json");
    ck_assert(!file_exists("x.json"));
}
END_TEST

/* ---- specs ---- */

START_TEST(a_file_that_is_not_there_is_4)
{
    refuse(run_loopsim("run", "no/such/file.json", NULL), 4, "cannot read no/such/file.json: ");
    Ran ran = run_loopsim("check", path, "no/such/file.json", NULL); /* the other one is checked all the same */
    expect_exit(&ran, 4);
    expect_in(ran.out, "small.json: fine");
    expect_in(ran.err, "cannot read");
    ran_free(&ran);
    refuse(run_loopsim("run", "tests", NULL), 4, "cannot read tests: ");
}
END_TEST

START_TEST(a_wrong_spec_is_3_with_its_place)
{
    const char *wrong = scratch("wrong.json");
    write_file(
        wrong,
        "{ \"handlers\": {\"get\": [\"hello\"]}, \"arrivals\": {\"every\": \"1s\"},\n  \"duration\": \"1\"\n}\n");
    refuse(run_loopsim("run", wrong, NULL), 3, "wrong.json:2:15: error: ");
    refuse(run_loopsim("check", wrong, NULL), 3, "^");
    refuse(run_loopsim("run", path, "--set", "duration=1", NULL), 3, "--set");
    refuse(run_loopsim_with(&(Command){.argv = (const char *const[]){"check", "-", NULL}, .input = "{]"}), 3,
           "stdin:1:2: error");
}
END_TEST

START_TEST(a_requirement_that_names_nothing_is_no_pass)
{
    refuse(run_loopsim("run", path, "--require", "nod.p99 < 1ms", NULL), 2, "--require:1:1: error: ");
    refuse(run_loopsim("run", path, "--require", "nod.p99 < 1ms", NULL), 2, "did you mean \"node\"?");
    refuse(run_loopsim("run", path, "--set", "expect=[\"p99 < 1\"]", NULL), 3, "without a unit");
    refuse(run_loopsim("check", path, "--set", "expect=[\"get.cpu < 1\"]", NULL), 3, "not of a handler");
    refuse(run_loopsim("run", path, "--only", "nod", NULL), 2, "no server is called 'nod'");
}
END_TEST

START_TEST(check_says_fine_and_prints_values)
{
    say(run_loopsim("check", path, NULL), "small.json: fine: 1 handler, 0 resources, 2 servers, 1 requirement\n");
    say(run_loopsim("check", path, "--print", NULL), "backlog");
    say(run_loopsim_with(&(Command){.argv = (const char *const[]){"check", "-", NULL}, .input = small}), "fine");
}
END_TEST

START_TEST(each_template_is_a_fine_spec)
{
    static const char *const names[] = {"api", "blocking", "keepalive"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        Ran made = run_loopsim("init", names[i], NULL);
        expect_exit(&made, 0);
        say(run_loopsim_with(&(Command){.argv = (const char *const[]){"check", "-", NULL}, .input = made.out}), "fine");
        ran_free(&made);
    }
}
END_TEST

/* ---- writing ---- */

START_TEST(a_full_disk_is_4_and_leaves_nothing)
{
    Ran ran = run_loopsim_with(&(Command){.argv = (const char *const[]){"models", NULL}, .out_path = "/dev/full"});
    expect_exit(&ran, 4);
    expect_in(ran.err, "No space left on device");
    ran_free(&ran);
    ran = run_loopsim("run", path, "--out", "json=/no/such/folder/x.json", NULL);
    refuse(ran, 4, "cannot write /no/such/folder/x.json: ");
}
END_TEST

/* ---- runs ---- */

START_TEST(run_shows_the_contrast_and_how_to_get_it_again)
{
    Ran ran = run_loopsim("run", path, "--seed", "7", NULL);
    expect_exit(&ran, 0);
    ck_assert_str_eq(ran.err, "");
    static const char *const parts[] = {"small",
                                        "node",
                                        "threads",
                                        "ratio",
                                        "throughput",
                                        "p99",
                                        "where the mean went",
                                        "why",
                                        "requirements",
                                        "met     p99 < 10ms",
                                        "accounting",
                                        "99 arrived = 99 completed",
                                        "--seed 7",
                                        "digest "};
    const char *at = ran.out;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        at = strstr(at, parts[i]);
        ck_assert_msg(at != NULL, "'%s' is missing or too early in:\n%s", parts[i], ran.out);
    }
    ck_assert_ptr_null(strchr(ran.out, '\033'));
    ran_free(&ran);
}
END_TEST

START_TEST(no_line_of_the_screen_is_wider_than_100)
{
    Ran ran = run_loopsim("run", path, "-v", "--ascii", NULL);
    expect_exit(&ran, 0);
    for (char *line = strtok(ran.out, "\n"); line; line = strtok(NULL, "\n")) {
        if (strstr(line, "loopsim run"))
            continue; /* the command, to be copied */
        ck_assert_msg(strlen(line) <= 100, "%s", line);
        for (const char *c = line; *c; c++)
            ck_assert_msg((unsigned char)*c < 0x80, "%s", line);
        ck_assert_msg(line[strlen(line) - 1] != ' ', "a blank at the end of: %s", line);
    }
    ran_free(&ran);
}
END_TEST

START_TEST(json_goes_where_it_is_asked_for_alone)
{
    const char *file = scratch("results.json");
    Ran ran = run_loopsim("run", path, "--out", "json", NULL);
    expect_exit(&ran, 0);
    ck_assert_str_eq(ran.err, "");
    ck_assert_int_eq(ran.out[0], '{');
    char both[600];
    snprintf(both, sizeof both, "json=%s", file);
    Ran text = run_loopsim("run", path, "--out", both, "--out", "text", NULL);
    expect_exit(&text, 0);
    char *written = read_file(file, NULL);
    ck_assert_str_eq(written, ran.out);
    free(written);
    ran_free(&text);
    ran_free(&ran);
}
END_TEST

START_TEST(the_order_of_servers_changes_no_figure)
{
    Ran all = run_loopsim("run", path, "--out", "json", NULL),
        one = run_loopsim("run", path, "--only", "threads", "--out", "json", NULL);
    expect_exit(&one, 0);
    const char *from = strstr(one.out, "    \"threads\": {"), *to = strstr(one.out, "\n    }\n  },");
    ck_assert(from && to);
    char *part = strndup(from, (size_t)(to - from));
    expect_in(all.out, part);
    free(part);
    ran_free(&all);
    ran_free(&one);
}
END_TEST

START_TEST(a_failed_requirement_is_1)
{
    Ran ran = run_loopsim("run", path, "--require", "node.p50 < 1ms", NULL);
    expect_exit(&ran, 1);
    expect_in(ran.out, "FAILED  node.p50 < 1ms : 3.00 ms against 1.00 ms (node)");
    ran_free(&ran);
    ran = run_loopsim("run", path, "--require", "node.p50 == 3ms", "--out", "json", NULL);
    expect_exit(&ran, 0);
    expect_in(ran.out, "{ \"text\": \"node.p50 == 3ms\", \"value\": 3000000, \"limit\": 3000000, \"met\": true }");
    ran_free(&ran);
}
END_TEST

START_TEST(a_requirement_of_a_server_that_is_left_out_is_said)
{
    Ran ran = run_loopsim("run", path, "--only", "node", "--require", "threads.p50 < 1ns", NULL);
    expect_exit(&ran, 0);
    expect_in(ran.err, "not judged");
    ran_free(&ran);
}
END_TEST

START_TEST(a_limit_is_5_with_what_was_finished)
{
    Ran ran = run_loopsim("run", path, "--max-events", "50", "--out", "json", NULL);
    expect_exit(&ran, 5);
    expect_in(ran.out, "\"end\": \"limit\"");
    expect_in(ran.err, "--max-events");
    ran_free(&ran);
    ran = run_loopsim("run", path, "--max-memory", "64KiB", NULL);
    expect_exit(&ran, 5);
    expect_in(ran.err, "out of memory");
    ran_free(&ran);
    ran = run_loopsim("run", path, "--max-events", "50", "--out", "md", NULL);
    expect_exit(&ran, 5);
    expect_in(ran.out, ": stopped by a limit; its figures are those of what was simulated until then.");
    ran_free(&ran);
    ran = run_loopsim("run", path, "--max-events", "50", "--out", "html", NULL);
    expect_exit(&ran, 5);
    expect_in(ran.out, ": stopped by a limit</span>");
    ran_free(&ran);
}
END_TEST

START_TEST(a_trace_changes_nothing_but_is_there)
{
    const char *file = scratch("small.trace.json");
    Ran with = run_loopsim("run", path, "--trace", file, "--out", "json", NULL),
        without = run_loopsim("run", path, "--out", "json", NULL);
    expect_exit(&with, 0);
    ck_assert_str_eq(with.out, without.out);
    char *trace = read_file(file, NULL);
    ck_assert_ptr_nonnull(trace);
    ck_assert(strncmp(trace, "{\"", 2) == 0);
    expect_in(trace, "\"spec-digest\"");
    free(trace);
    ran_free(&with);
    ran_free(&without);
}
END_TEST

START_TEST(colour_is_only_where_it_is_wanted)
{
    Ran ran = run_loopsim("run", path, "--color", "always", NULL);
    expect_in(ran.out, "\033[1m");
    ran_free(&ran);
    ran = run_loopsim("run", path, "-q", NULL);
    ck_assert_ptr_null(strstr(ran.out, "why"));
    expect_in(ran.out, "requirements");
    ran_free(&ran);
}
END_TEST

START_TEST(a_shell_gets_the_same_again)
{
    Ran ran = run_loopsim("run", path, "--set", "name=it's a \"name\"", "--out", "text", NULL);
    expect_exit(&ran, 0);
    expect_in(ran.out, "--set 'name=it'\\''s a \"name\"'");
    ran_free(&ran);
}
END_TEST

/* The run under another program, which ends it or closes its stdout. */
static Ran run_under(const char *words, const char *const *argv)
{
    const char *loopsim = getenv("LOOPSIM");
    char whole[600];
    snprintf(whole, sizeof whole, "%s %s", words, loopsim ? loopsim : OBJECTS "/loopsim");
    setenv("LOOPSIM", whole, 1);
    Ran ran = run_loopsim_with(&(Command){.argv = argv});
    if (loopsim)
        setenv("LOOPSIM", loopsim, 1);
    else
        unsetenv("LOOPSIM");
    return ran;
}

START_TEST(an_interrupt_is_130_with_what_there_is)
{
    const char *trace = scratch("cut.trace.json");
    char file[600];
    snprintf(file, sizeof file, "%s", trace);
    Ran ran = run_under("timeout --foreground --preserve-status -s INT 0.5",
                        (const char *const[]){"run", path, "--set", "duration=80000h", "--set",
                                              "arrivals.count=900000000000", "--out", "json", "--trace", file, NULL});
    expect_exit(&ran, 130);
    expect_in(ran.out, "\"interrupted\": true");
    expect_in(ran.out, "\"end\": \"interrupted\"");
    ck_assert_ptr_null(strstr(ran.out, "\"threads\": {\n")); /* the second server was not begun */
    ck_assert_int_eq(ran.out[strlen(ran.out) - 2], '}');
    char *cut = read_file(file, NULL);
    ck_assert_ptr_nonnull(cut);
    expect_in(cut, "\"interrupted\":");
    free(cut);
    ran_free(&ran);
}
END_TEST

START_TEST(a_reader_that_goes_away_is_141_without_a_word)
{
    static const char script[] = "{ sleep 0.2; \"$0\" \"$@\"; echo $? >&2; } | true";
    Ran ran =
        run_program("sh", "-c", script, getenv("LOOPSIM") ? getenv("LOOPSIM") : OBJECTS "/loopsim", "run", path, NULL);
    ck_assert_str_eq(ran.err, "141\n");
    ran_free(&ran);
}
END_TEST

START_TEST(each_template_runs)
{
    static const char *const names[] = {"api", "blocking", "keepalive"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        Ran made = run_loopsim("init", names[i], NULL);
        Ran ran = run_loopsim_with(&(Command){
            .argv = (const char *const[]){"run", "-", "--set", "duration=12s", "-q", NULL}, .input = made.out});
        ck_assert_msg(ran.exit == 0 || ran.exit == 1, "%s: exit %d: %s", names[i], ran.exit, ran.err);
        ran_free(&ran);
        ran_free(&made);
    }
}
END_TEST

/* The server closes on reading the bytes of a client that has given up and is leaving behind them. */
START_TEST(a_client_that_left_needs_no_word)
{
    Ran ran = run_loopsim("run", "tests/data/given-up-then-closed.json", "--out", "csv", NULL);
    ck_assert_int_eq(ran.exit, 0);
    ran_free(&ran);
}
END_TEST

static size_t widest_line(const char *text)
{
    size_t widest = 0, width = 0;
    for (; *text; text++) {
        width = *text == '\n' ? 0 : width + (((unsigned char)*text & 0xc0) != 0x80 && *text != '\r');
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* In a terminal of its own, so wide, where there is a program that makes one (else exit is 127). */
static Ran run_in_terminal(int columns, const char *arguments)
{
    char command[2000];
    const char *named = getenv("LOOPSIM");
    snprintf(command, sizeof command, "stty cols %d && NO_COLOR=1 '%s' %s", columns, named ? named : OBJECTS "/loopsim",
             arguments);
    return run_program("script", "-qec", command, "/dev/null", NULL);
}

START_TEST(a_narrow_terminal_gets_narrow_tables)
{
    Ran narrow = run_in_terminal(74, "run examples/api.json --set duration=8s");
    Ran piped = run_loopsim("run", "examples/api.json", "--set", "duration=8s", NULL);
    ck_assert_uint_gt(widest_line(piped.out), 80);
    if (narrow.exit != 127 && strstr(narrow.out, "throughput")) {
        ck_assert_uint_le(widest_line(narrow.out), 74);
        expect_in(narrow.out, "pool50");
    }
    ran_free(&narrow);
    ran_free(&piped);
}
END_TEST

START_TEST(a_narrow_terminal_gets_fewer_columns_of_a_sweep)
{
    static const char sweep[] =
        "sweep examples/api.json --vary arrivals.poisson=200/s,400/s --set duration=8s --runs 2 "
        "--progress never";
    Ran narrow = run_in_terminal(70, sweep), wide = run_in_terminal(200, sweep);
    Ran piped = run_loopsim("sweep", "examples/api.json", "--vary", "arrivals.poisson=200/s,400/s", "--set",
                            "duration=8s", "--runs", "2", NULL);
    expect_in(piped.out, "offered");
    expect_in(piped.out, "what is busy");
    ck_assert_ptr_null(strstr(piped.out, "wider"));
    if (narrow.exit != 127 && strstr(narrow.out, "server")) {
        ck_assert_uint_gt(widest_line(piped.out), 70);
        ck_assert_uint_le(widest_line(narrow.out), 71); /* with a carriage return */
        expect_in(narrow.out, "p99");
        ck_assert_ptr_null(strstr(narrow.out, " mean "));
        expect_in(narrow.out, "a wider terminal");
        expect_in(wide.out, " mean ");
        ck_assert_ptr_null(strstr(wide.out, "wider"));
    }
    ran_free(&narrow);
    ran_free(&wide);
    ran_free(&piped);
}
END_TEST

Suite *cli_suite(void);
Suite *cli_suite(void)
{
    Suite *suite = suite_create("cli");
    TCase *usage = tcase_create("usage"), *specs = tcase_create("specs"), *runs = tcase_create("runs");
    TCase *all[] = {usage, specs, runs};
    for (size_t i = 0; i < 3; i++) {
        tcase_add_checked_fixture(all[i], set_up, scratch_remove);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_test(usage, a_client_that_left_needs_no_word);
    tcase_add_test(usage, help_lists_the_commands);
    tcase_add_test(usage, a_narrow_terminal_gets_narrow_tables);
    tcase_add_test(usage, a_narrow_terminal_gets_fewer_columns_of_a_sweep);
    tcase_add_test(usage, help_shows_no_option_that_is_not_there);
    tcase_add_test(usage, wrong_usage_is_2_and_says_what_would_be_right);
    tcase_add_test(usage, two_outputs_do_not_share_a_file);
    tcase_add_test(specs, a_file_that_is_not_there_is_4);
    tcase_add_test(specs, a_wrong_spec_is_3_with_its_place);
    tcase_add_test(specs, a_requirement_that_names_nothing_is_no_pass);
    tcase_add_test(specs, check_says_fine_and_prints_values);
    tcase_add_test(specs, each_template_is_a_fine_spec);
    tcase_add_test(specs, a_full_disk_is_4_and_leaves_nothing);
    tcase_add_test(runs, run_shows_the_contrast_and_how_to_get_it_again);
    tcase_add_test(runs, no_line_of_the_screen_is_wider_than_100);
    tcase_add_test(runs, json_goes_where_it_is_asked_for_alone);
    tcase_add_test(runs, the_order_of_servers_changes_no_figure);
    tcase_add_test(runs, a_failed_requirement_is_1);
    tcase_add_test(runs, a_requirement_of_a_server_that_is_left_out_is_said);
    tcase_add_test(runs, a_limit_is_5_with_what_was_finished);
    tcase_add_test(runs, a_trace_changes_nothing_but_is_there);
    tcase_add_test(runs, colour_is_only_where_it_is_wanted);
    tcase_add_test(runs, a_shell_gets_the_same_again);
    tcase_add_test(runs, an_interrupt_is_130_with_what_there_is);
    tcase_add_test(runs, a_reader_that_goes_away_is_141_without_a_word);
    tcase_add_test(runs, each_template_runs);
    return suite;
}
