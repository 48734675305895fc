/* Sweeps: what is varied, the grid, parts, journals, knees. */
#include "../cli/knee.h"
#include "../cli/vary.h"
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *sweep_suite(void);

static const char small[] =
    "{\"duration\": \"500ms\", \"machine\": {\"profile\": \"ideal\"},\n"
    " \"handlers\": {\"get\": [{\"cpu\": \"1ms\"}]}, \"arrivals\": {\"poisson\": \"500/s\"},\n"
    " \"servers\": {\"node\": {\"model\": \"event-loop\"}, \"threads\": {\"model\": \"thread-per-connection\"}}}\n";
static const char rates[] = "arrivals.poisson=400/s..1600/s:200/s";

static char spec[512];

static void set_up(void)
{
    snprintf(spec, sizeof spec, "%s", scratch("small.json"));
    write_file(spec, small);
}

static void expect_exit(const Ran *ran, int code)
{
    ck_assert_msg(ran->exit == code, "exit %d\nstdout: %s\nstderr: %s", ran->exit, ran->out, ran->err);
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in: %s", part, text);
}

/* ---- what is varied ---- */

static void expect_values(const char *text, const char *values)
{
    Mem *mem = mem_new(1 << 24);
    Vary vary;
    Buf all;
    buf_init(&all, mem, 1 << 20);
    const char *wrong = vary_read(&vary, mem, text);
    ck_assert_msg(!wrong, "%s: %s", text, wrong);
    for (int i = 0; i < vary.count; i++)
        buf_f(&all, "%s%s", i > 0 ? " " : "", vary.value[i]);
    ck_assert_str_eq(buf_string(&all), values);
    mem_delete(mem);
}

START_TEST(ranges_are_exact)
{
    expect_values("a.b=1/s..3/s:1/s", "1/s 2/s 3/s");
    expect_values("a=0..1:0.25", "0 0.25 0.5 0.75 1");
    expect_values("a=0.1..0.35ms:0.1ms", "0.1ms 0.2ms 0.3ms");
    expect_values("a=1..3:1/s", "1/s 2/s 3/s");
    expect_values("a=1..64:x2", "1 2 4 8 16 32 64");
    expect_values("a=1..10:x1.5", "1 2 3 5 8");
    expect_values("a=1ms..10ms:x1.5", "1ms 1.5ms 2.25ms 3.375ms 5.063ms 7.594ms");
    expect_values("a=100..1000/s:x10", "100/s 1000/s");
    expect_values("a=5", "5");
    expect_values("a=1,2,4", "1 2 4");
    expect_values("a={\"uniform\": [\"1ms\",\"2ms\"]},3ms", "{\"uniform\": [\"1ms\",\"2ms\"]} 3ms");
    expect_values("a=\"x,y\",z", "\"x,y\" z");
}
END_TEST

START_TEST(wrong_ranges_are_told)
{
    static const char *const wrong[] = {"a=",
                                        "a=1..2",
                                        "a=1..2:",
                                        "a=2..1:1",
                                        "a=1..2:0",
                                        "a=1..2:x1",
                                        "a=0..2:x2",
                                        "a=1ms..2s:1s",
                                        "a=1ms..2ms:1",
                                        "a=1,,2",
                                        "a=,1",
                                        "a=x..2:1",
                                        "a=1..2:x2ms",
                                        "a=0..100000:1",
                                        "a=1.1234567..2:1",
                                        "a=1..2:x",
                                        "a=1..2:y",
                                        "a=1ms..2us:1us",
                                        "a=1us..2us:1ms",
                                        "a=1ms..900000000000ms:x1.0001",
                                        "a=1..99999999999999:1",
                                        "a=9000000000009..9000000000010:1"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        Mem *mem = mem_new(1 << 26);
        Vary vary;
        ck_assert_msg(vary_read(&vary, mem, wrong[i]) != NULL, "%s was taken", wrong[i]);
        mem_delete(mem);
    }
}
END_TEST

START_TEST(a_list_has_at_most_as_many_values_as_a_sweep_has_points)
{
    enum { MOST = 100000 };
    Mem *mem = mem_new(1 << 28);
    char *text = mem_get(mem, 2 * MOST + 10);
    Vary vary;
    memcpy(text, "a=1", 4);
    for (int i = 1; i < MOST; i++)
        memcpy(text + 1 + 2 * i, ",1", 3);
    ck_assert_ptr_null(vary_read(&vary, mem, text));
    ck_assert_int_eq(vary.count, MOST);
    memcpy(text + 1 + 2 * MOST, ",1", 3);
    ck_assert_ptr_nonnull(vary_read(&vary, mem, text));
    mem_delete(mem);
}
END_TEST

START_TEST(only_ascending_numbers_of_one_unit_are_numeric)
{
    static const struct {
        const char *text;
        bool numeric;
    } cases[] = {{"a=1,2,4", true}, {"a=1ms,2ms", true},  {"a=2,1", false},   {"a=1ms,2s", false},
                 {"a=x,y", false},  {"a=1ms,2us", false}, {"a=1.5,2", true},  {"a=1.,2", false},
                 {"a=.5,2", false}, {"a=1.5.5,2", false}, {"a=1.x,2", false}, {"a=1,1", false},
                 {"a=1,:,2", false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Mem *mem = mem_new(1 << 24);
        Vary vary;
        ck_assert(!vary_read(&vary, mem, cases[i].text));
        ck_assert_int_eq(vary.numeric, cases[i].numeric);
        mem_delete(mem);
    }
}
END_TEST

/* ---- knees ---- */

enum { M = 1000000 };

START_TEST(throughput_stops_at_the_capacity)
{
    const KneePoint flat[] = {{100 * M, 100 * M, 100 * M, 10, 500},
                              {200 * M, 201 * M, 201 * M, 11, 500},
                              {300 * M, 299 * M, 250 * M, 900, 500},
                              {400 * M, 400 * M, 250 * M, 5000, 500}};
    Knee knee = knee_throughput(flat, 4, false);
    ck_assert(knee.has);
    ck_assert_int_eq(knee.last, 1);
    ck_assert_int_eq(knee.first, 2);
    ck_assert_int_ge(knee.at, 245 * M);
    ck_assert_int_le(knee.at, 258 * M);
}
END_TEST

/* Short requests get through an overload, so throughput goes on rising, but slower. */
START_TEST(throughput_that_rises_slower_has_stopped_following)
{
    const KneePoint rising[] = {{100 * M, 100 * M, 100 * M, 10, 500},
                                {200 * M, 200 * M, 200 * M, 11, 500},
                                {300 * M, 300 * M, 280 * M, 900, 500},
                                {400 * M, 400 * M, 340 * M, 5000, 500}};
    Knee knee = knee_throughput(rising, 4, false);
    ck_assert_int_eq(knee.at, 250 * M);
    ck_assert_int_eq(knee.figure, 250 * M);
}
END_TEST

START_TEST(where_nothing_breaks_there_is_no_knee)
{
    const KneePoint fine[] = {{1 * M, M, M, 10, 500}, {2 * M, 2 * M, 2 * M, 10, 500}},
                    bad[] = {{1 * M, 10 * M, M, 10, 500}, {2 * M, 20 * M, 2 * M, 10, 500}};
    ck_assert(!knee_throughput(fine, 2, false).has);
    ck_assert(knee_throughput(fine, 2, false).fine);
    ck_assert(!knee_throughput(bad, 2, false).has);
    ck_assert(!knee_throughput(bad, 2, false).fine);
    ck_assert(!knee_p99(fine, 2).has);
}
END_TEST

START_TEST(too_few_workers_break_at_the_low_end)
{
    const KneePoint workers[] = {{1 * M, 100 * M, 30 * M, 9000, 500},
                                 {2 * M, 100 * M, 60 * M, 5000, 500},
                                 {3 * M, 100 * M, 90 * M, 700, 500},
                                 {4 * M, 100 * M, 100 * M, 10, 500}};
    Knee knee = knee_throughput(workers, 4, false);
    ck_assert(knee.has);
    ck_assert_int_eq(knee.last, 3);
    ck_assert_int_eq(knee.first, 2);
    ck_assert_int_ge(knee.at, 33 * M / 10);
    ck_assert_int_le(knee.at, 34 * M / 10);
    ck_assert_int_eq(knee_p99(workers, 4).first, 2);
}
END_TEST

START_TEST(clients_break_where_the_asymptotes_meet)
{
    const KneePoint clients[] = {{1 * M, 10 * M, 10 * M, 10, 500},
                                 {4 * M, 40 * M, 40 * M, 12, 500},
                                 {16 * M, 99 * M, 99 * M, 100, 500},
                                 {64 * M, 100 * M, 100 * M, 500, 500}};
    Knee knee = knee_throughput(clients, 4, true);
    ck_assert(knee.has);
    ck_assert_int_eq(knee.at, 10 * M);
    ck_assert_int_eq(knee.figure, 100 * M);
    ck_assert(!knee_throughput(clients, 2, true).has);
}
END_TEST

START_TEST(p99_leaves_its_plateau_at_twice_its_least)
{
    const KneePoint rising[] = {
        {1 * M, M, M, 100, 500}, {2 * M, M, M, 110, 500}, {3 * M, M, M, 290, 500}, {4 * M, M, M, 900, 500}};
    Knee knee = knee_p99(rising, 4);
    ck_assert(knee.has);
    ck_assert_int_eq(knee.at, 25 * M / 10);
    ck_assert_int_eq(knee.figure, 100);
    const KneePoint few[] = {{1 * M, M, M, 1, 3}, {2 * M, M, M, 110, 500}, {3 * M, M, M, 120, 500}};
    ck_assert(!knee_p99(few, 3).has);
}
END_TEST

/* ---- the command ---- */

/* One core and 1 ms a request: 1000/s. */
START_TEST(finds_where_each_server_breaks)
{
    Ran ran = run_loopsim("sweep", spec, "--vary", rates, "--set", "duration=4s", "--jobs", "2", "--out", "json", NULL);
    expect_exit(&ran, 0);
    for (int i = 0; i < 2; i++) {
        char at[128];
        snprintf(at, sizeof at, "\"server\": \"%s\", \"along\"", i ? "node" : "threads");
        const char *knee = strstr(ran.out, at);
        ck_assert_ptr_nonnull(knee);
        double value = atof(strstr(knee, "\"value\": ") + 9);
        ck_assert_msg(value > 950 && value < 1050, "%s", knee);
        ck_assert_ptr_nonnull(strstr(knee, "\"p99_leaves_plateau\": { \"value\""));
    }
    ran_free(&ran);
}
END_TEST

/* The api example: 0.9 × 230 us + 0.1 × 12.2 ms of CPU a request: 700.8/s for the loop, four times that on 4 cores. */
START_TEST(finds_the_capacity_of_the_api)
{
    static const char *const at[] = {"arrivals.poisson=500/s..1000/s:100/s", "arrivals.poisson=2250/s..3500/s:250/s"};
    static const char *const server[] = {"node", "threads"};
    for (int i = 0; i < 2; i++) {
        Ran ran = run_loopsim("sweep", "examples/api.json", "--set", "machine.profile=ideal", "--set", "duration=20s",
                              "--set", "warmup=4s", "--set", "expect=[]", "--only", server[i], "--vary", at[i],
                              "--jobs", "2", "--out", "json", NULL);
        expect_exit(&ran, 0);
        double value = atof(strstr(ran.out, "\"throughput_stops_following\": { \"value\": ") + 41),
               exact = 1e6 / 1427 * (i ? 4 : 1);
        ck_assert_msg(value > 0.95 * exact && value < 1.05 * exact, "%f is not within 5 %% of %f", value, exact);
        ran_free(&ran);
    }
}
END_TEST

START_TEST(jobs_and_parts_come_to_the_same_bytes)
{
    char whole[512], merged[512], part[3][512];
    snprintf(whole, sizeof whole, "%s", scratch("whole.json"));
    snprintf(merged, sizeof merged, "%s", scratch("merged.json"));
    char out[2048];
    snprintf(out, sizeof out, "json=%s", whole);
    Ran ran = run_loopsim("sweep", spec, "--vary", rates, "--vary", "machine.cores=1,2", "--runs", "2", "--out", out,
                          "--out", "text", NULL);
    expect_exit(&ran, 0);
    char *text = strdup(ran.out);
    ran_free(&ran);
    ran = run_loopsim("sweep", spec, "--vary", rates, "--vary", "machine.cores=1,2", "--runs", "2", "--jobs", "3",
                      "--out", "json", NULL);
    char *json = read_file(whole, NULL);
    ck_assert_str_eq(ran.out, json);
    ran_free(&ran);
    for (int i = 0; i < 3; i++) {
        char shard[16], name[32];
        snprintf(shard, sizeof shard, "%d/3", i + 1);
        snprintf(name, sizeof name, "part%d.json", i);
        snprintf(part[i], sizeof part[i], "%s", scratch(name));
        snprintf(out, sizeof out, "json=%s", part[i]);
        ran = run_loopsim("sweep", spec, "--vary", rates, "--vary", "machine.cores=1,2", "--runs", "2", "--shard",
                          shard, "--out", out, NULL);
        expect_exit(&ran, 0);
        ran_free(&ran);
    }
    snprintf(out, sizeof out, "json=%s", merged);
    ran = run_loopsim("merge", part[2], part[0], part[1], "--out", out, "--out", "text", NULL);
    expect_exit(&ran, 0);
    ck_assert_str_eq(ran.out, text);
    char *joined = read_file(merged, NULL);
    ck_assert_str_eq(joined, json);
    ran_free(&ran);
    ran = run_loopsim("merge", part[2], part[0], NULL);
    expect_exit(&ran, 3);
    expect_in(ran.err, "5 of 14 points are missing, the first of them is 2");
    ran_free(&ran);
    free(json);
    free(joined);
    free(text);
}
END_TEST

START_TEST(slurm_says_which_part)
{
    const char *const argv[] = {"sweep", spec, "--vary", rates, "--out", "json", NULL};
    const char *const env[] = {"SLURM_ARRAY_TASK_ID=6", "SLURM_ARRAY_TASK_COUNT=3", "SLURM_ARRAY_TASK_MIN=4", NULL};
    Ran slurm = run_loopsim_with(&(Command){.argv = argv, .env = env}),
        shard = run_loopsim("sweep", spec, "--vary", rates, "--shard", "3/3", "--out", "json", NULL);
    expect_exit(&slurm, 0);
    expect_in(slurm.out, "\"part\": { \"shard\": 3, \"of\": 3 }");
    ck_assert_str_eq(slurm.out, shard.out);
    ran_free(&slurm);
    ran_free(&shard);
    const char *const beyond[] = {"SLURM_ARRAY_TASK_ID=4", "SLURM_ARRAY_TASK_COUNT=3", NULL};
    slurm = run_loopsim_with(&(Command){.argv = argv, .env = beyond});
    expect_exit(&slurm, 2);
    ran_free(&slurm);
}
END_TEST

START_TEST(goes_on_where_it_was_cut)
{
    char journal[512];
    snprintf(journal, sizeof journal, "%s", scratch("journal"));
    Ran whole = run_loopsim("sweep", spec, "--vary", rates, "--resume", journal, "--out", "json", NULL);
    expect_exit(&whole, 0);
    char *text = read_file(journal, NULL);
    char *third = strchr(strchr(text, '\n') + 1, '\n') + 1;
    third[100] = '\0'; /* in the middle of a line, as a crash leaves it */
    write_file(journal, text);
    Ran again = run_loopsim("sweep", spec, "--vary", rates, "--resume", journal, "--jobs", "2", "--out", "json", NULL);
    expect_exit(&again, 0);
    ck_assert_str_eq(whole.out, again.out);
    ran_free(&again);
    again = run_loopsim("sweep", spec, "--vary", rates, "--resume", journal, "--seed", "2", NULL);
    expect_exit(&again, 4);
    expect_in(again.err, "it is of another sweep");
    ran_free(&again);
    ran_free(&whole);
    free(text);
}
END_TEST

START_TEST(an_interrupted_sweep_goes_on)
{
    static const char script[] = "\"$0\" sweep \"$1\" --vary arrivals.poisson=1/s..3000/s:1/s --jobs 2 --resume \"$2\" "
                                 "--out json & parent=$!\nsleep 1; kill -INT $parent; wait $parent";
    const char *binary = getenv("LOOPSIM");
    char journal[512];
    if (binary && strchr(binary, ' '))
        return;
    snprintf(journal, sizeof journal, "%s", scratch("journal"));
    Ran ran = run_program("sh", "-c", script, binary ? binary : OBJECTS "/loopsim", spec, journal, NULL);
    expect_exit(&ran, 130);
    expect_in(ran.out, "\"interrupted\": true");
    expect_in(ran.err, "the same command goes on from there");
    char *text = read_file(journal, NULL);
    expect_in(text, "{ \"point\": ");
    free(text);
    ran_free(&ran);
}
END_TEST

START_TEST(tables_have_a_row_a_point_and_server)
{
    Ran ran = run_loopsim("sweep", spec, "--vary", "machine.cores=1,2", "--out", "csv", NULL);
    expect_exit(&ran, 0);
    expect_in(ran.out, "machine.cores,server,end,offered_per_s,throughput_per_s,mean_ns,p50_ns,p99_ns,");
    expect_in(ran.out, "\n1,node,");
    expect_in(ran.out, "\n2,threads,");
    ran_free(&ran);
    ran = run_loopsim("sweep", spec, "--vary", rates, "--ascii", NULL);
    expect_in(ran.out, "where it breaks, along arrivals.poisson");
    expect_in(ran.out, "400/s             node");
    for (const char *c = ran.out; *c; c++)
        ck_assert_int_lt((unsigned char)*c, 0x80);
    ran_free(&ran);
}
END_TEST

START_TEST(requirements_are_of_every_point)
{
    Ran ran =
        run_loopsim("sweep", spec, "--vary", rates, "--require", "node.throughput > 550/s", "--out", "json", NULL);
    expect_exit(&ran, 1);
    expect_in(ran.out, "\"unmet\": [\"node.throughput > 550/s\"]");
    expect_in(ran.out, "\"unmet\": []");
    ran_free(&ran);
}
END_TEST

START_TEST(what_is_wrong_is_said_before_it_runs)
{
    static const struct {
        const char *vary;
        int exit;
        const char *said;
    } cases[] = {
        {"arrivals.poisson", 2, "PATH=RANGE"},
        {"arrivals.poisson=5/s..1/s:1/s", 2, "a range goes upwards"},
        {"arrivals.nothing=1,2", 3, "nothing"},
        {"servers.node.workers=1,0", 3, "must be at least 1"},
        {"machine.cores=1..100001:1", 2, "more than 100000 points"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Ran ran = run_loopsim("sweep", spec, "--vary", cases[i].vary, NULL);
        expect_exit(&ran, cases[i].exit);
        expect_in(ran.err, cases[i].said);
        ck_assert_str_eq(ran.out, "");
        ran_free(&ran);
    }
    Ran ran = run_loopsim("sweep", spec, NULL);
    expect_exit(&ran, 2);
    expect_in(ran.err, "sweep needs a --vary");
    ran_free(&ran);
    ran = run_loopsim("sweep", spec, "--vary", "machine.cores=1,2", "--trace", "x.json", NULL);
    expect_exit(&ran, 2);
    ran_free(&ran);
    ran = run_loopsim("merge", spec, NULL);
    expect_exit(&ran, 3);
    expect_in(ran.err, "it is no result of a sweep");
    ran_free(&ran);
}
END_TEST

Suite *sweep_suite(void)
{
    Suite *suite = suite_create("sweep");
    TCase *parts = tcase_create("parts"), *tests = tcase_create("sweep");
    tcase_add_test(parts, ranges_are_exact);
    tcase_add_test(parts, wrong_ranges_are_told);
    tcase_add_test(parts, a_list_has_at_most_as_many_values_as_a_sweep_has_points);
    tcase_add_test(parts, only_ascending_numbers_of_one_unit_are_numeric);
    tcase_add_test(parts, throughput_stops_at_the_capacity);
    tcase_add_test(parts, throughput_that_rises_slower_has_stopped_following);
    tcase_add_test(parts, where_nothing_breaks_there_is_no_knee);
    tcase_add_test(parts, too_few_workers_break_at_the_low_end);
    tcase_add_test(parts, clients_break_where_the_asymptotes_meet);
    tcase_add_test(parts, p99_leaves_its_plateau_at_twice_its_least);
    suite_add_tcase(suite, parts);
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, scratch_remove);
    tcase_add_test(tests, finds_where_each_server_breaks);
    tcase_add_test(tests, finds_the_capacity_of_the_api);
    tcase_add_test(tests, jobs_and_parts_come_to_the_same_bytes);
    tcase_add_test(tests, slurm_says_which_part);
    tcase_add_test(tests, goes_on_where_it_was_cut);
    tcase_add_test(tests, an_interrupted_sweep_goes_on);
    tcase_add_test(tests, tables_have_a_row_a_point_and_server);
    tcase_add_test(tests, requirements_are_of_every_point);
    tcase_add_test(tests, what_is_wrong_is_said_before_it_runs);
    suite_add_tcase(suite, tests);
    return suite;
}
