/* Parts of a sweep and its journal, as other hands may have changed them: nothing is merged that is not of one sweep. */
#include "../sim/base.h"
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *merge_suite(void);

static char spec[512], part[512], journal[512];
static char *whole; /* what a sweep of two points has written */

static void set_up(void)
{
    char option[600];
    snprintf(spec, sizeof spec, "%s", scratch("spec.json"));
    snprintf(part, sizeof part, "%s", scratch("part.json"));
    snprintf(journal, sizeof journal, "%s", scratch("journal"));
    snprintf(option, sizeof option, "json=%s", part);
    write_file(spec, "{\"duration\": \"50ms\", \"machine\": {\"profile\": \"ideal\"},\n"
                     " \"handlers\": {\"get\": [{\"cpu\": \"1ms\"}]}, \"arrivals\": {\"poisson\": \"500/s\"},\n"
                     " \"servers\": {\"node\": {\"model\": \"event-loop\"}}}\n");
    Ran ran = run_loopsim("sweep", spec, "--vary", "machine.cores=1,2", "--out", option, NULL);
    ck_assert_msg(ran.exit == 0, "%s", ran.err);
    ran_free(&ran);
    whole = read_file(part, NULL);
}

static void tear_down(void)
{
    free(whole);
    scratch_remove();
}

/* The text with the first `from` replaced; to NULL: it ends there. */
static char *changed(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "no %s in %s", from, text);
    char *copy = malloc(strlen(text) + (to ? strlen(to) : 0) + 1);
    ck_assert_ptr_nonnull(copy);
    sprintf(copy, "%.*s%s%s", (int)(at - text), text, to ? to : "", to ? at + strlen(from) : "");
    return copy;
}

static void merges(const char *text, int exit, const char *said)
{
    write_file(part, text);
    Ran ran = run_loopsim("merge", part, NULL);
    ck_assert_msg(ran.exit == exit, "exit %d, not %d: %s\n%s", ran.exit, exit, ran.err, text);
    ck_assert_msg(strstr(ran.err, said) != NULL, "'%s' is not in %s\n%s", said, ran.err, text);
    ran_free(&ran);
}

#define NONE "it is no result of a sweep"
#define LINE "a line is none of this sweep, or a point is there with two outcomes"

static const struct {
    const char *from, *to, *said;
} changes[] = {
    {"\"loopsim\"", "\"loopsin\"", NONE},
    {"\"loopsim\": \"0.1.0\"", "\"loopsim\": 1", NONE},
    {"\"loopsim\": \"0.1.0\"", "\"loopsim\": \"0.0.9\"", "it is of another version of loopsim"},
    {"\"name\": \"spec\"", "\"nam\": \"spec\"", NONE},
    {"\"name\": \"spec\"", "\"name\": 5", NONE},
    {"\"digest\": \"", "\"digest\": \"0", NONE},
    {"\"digest\": \"", "\"digest\": 5, \"was\": \"", NONE},
    {"\"seed\": 1", "\"seed\": -1", NONE},
    {"\"seed\": 1", "\"seed\": \"1\"", NONE},
    {"\"seed\": 1,", "", NONE},
    {"\"runs\": 1,", "", NONE},
    {"\"precision\": 0.000000,", "", NONE},
    {"\"precision\": 0.000000", "\"precision\": \"0\"", NONE},
    {"\"identity\": \"", "\"identity\": \"x", NONE},
    {"\"vary\": [", "\"vary\": [], \"was\": [", NONE},
    {"\"vary\": [", "\"vary\": {}, \"was\": [", NONE},
    {"\"vary\": [", "\"was\": [", NONE},
    {"\"path\": \"machine.cores\"", "\"path\": 5", NONE},
    {"\"path\"", "\"paths\"", NONE},
    {"\"values\": [\"1\", \"2\"]", "\"values\": [\"1\", 2]", NONE},
    {"\"values\": [\"1\", \"2\"]", "\"values\": []", NONE},
    {"\"values\": [\"1\", \"2\"]", "\"values\": \"1\"", NONE},
    {"\"values\"", "\"value\"", NONE},
    {"\"values\": [\"1\", \"2\"]", "\"values\": [\"1\", \"2\", \"3\"]", NONE},
    {"\"points\": 2", "\"points\": 100000000000", NONE},
    {"\"points\": 2", "\"points\": 2.5", NONE},
    {"\"interrupted\": false", "\"interrupted\": false false", NONE},
    {"{ \"point\": 1,", "{ \"point\": 3,", LINE},
    {"{ \"point\": 1,", "{ \"point\": 0,", LINE},
    {"{ \"point\": 1,", "{ \"point\": 2,", LINE},
    {"{ \"point\": 1,", "{ \"point\": 99999999999999999999,", LINE},
    {"{ \"point\": 1,", "{ \"point\": 1.5,", LINE},
    {"{ \"point\": 1,", "{ \"points\": 1,", LINE},
    {"{ \"point\": 1,", "{ \"point\": 1", LINE},
    {"{ \"point\": 1,", "{ \"point\": 1, \"at\": 1, \"at\": 2,", LINE},
    {"\n    { \"point\": 1,", "\n    x\n    { \"point\": 1,", LINE},
    {"\n    { \"point\": 2,", NULL, "it ends within a line"},
    {"  ],\n  \"knees\"", NULL, "its end is missing"},
};

START_TEST(a_part_that_was_changed_is_refused)
{
    char *text = changed(whole, changes[_i].from, changes[_i].to);
    merges(text, 3, changes[_i].said);
    free(text);
}
END_TEST

/* As an editor or another program may write it. */
START_TEST(blank_lines_and_the_same_point_twice_do_no_harm)
{
    char *text = changed(whole, "\n    { \"point\": 2,", "\n\n   \n    { \"point\": 2,");
    merges(text, 0, "");
    free(text);
    write_file(part, whole);
    Ran once = run_loopsim("merge", part, "--out", "json", NULL),
        twice = run_loopsim("merge", part, part, "--out", "json", NULL);
    ck_assert_int_eq(once.exit, 0);
    ck_assert_str_eq(once.out, whole);
    ck_assert_str_eq(twice.out, whole);
    ran_free(&once);
    ran_free(&twice);
}
END_TEST

START_TEST(parts_of_two_sweeps_are_not_merged)
{
    char other[512], option[600];
    snprintf(other, sizeof other, "%s", scratch("other.json"));
    snprintf(option, sizeof option, "json=%s", other);
    Ran ran = run_loopsim("sweep", spec, "--vary", "machine.cores=1,3", "--out", option, NULL);
    ran_free(&ran);
    ran = run_loopsim("merge", part, other, NULL);
    ck_assert_int_eq(ran.exit, 3);
    ck_assert_ptr_nonnull(strstr(ran.err, "it is of another sweep"));
    ran_free(&ran);
    ran = run_loopsim("merge", part, "/nowhere/x.json", NULL);
    ck_assert_int_eq(ran.exit, 4);
    ran_free(&ran);
}
END_TEST

static Ran sweep_on(const char *path)
{
    return run_loopsim("sweep", spec, "--vary", "machine.cores=1,2", "--resume", path, "--out", "json", NULL);
}

START_TEST(a_journal_that_was_changed_is_refused)
{
    Ran ran = sweep_on(journal);
    ck_assert_int_eq(ran.exit, 0);
    ran_free(&ran);
    char *text = read_file(journal, NULL), *wrong = changed(text, "{ \"point\": 1,", "{ \"point\": 7,");
    write_file(journal, wrong);
    ran = sweep_on(journal);
    ck_assert_int_eq(ran.exit, 4);
    ck_assert_ptr_nonnull(strstr(ran.err, "a line in it is none of this sweep's"));
    ran_free(&ran);
    free(wrong);
    write_file(journal, text); /* all points are in it: nothing is left to do */
    ran = sweep_on(journal);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_str_eq(ran.out, whole);
    ran_free(&ran);
    ran = sweep_on("/nowhere/journal");
    ck_assert_int_eq(ran.exit, 4);
    ran_free(&ran);
    ran = sweep_on("/");
    ck_assert_int_eq(ran.exit, 4);
    ran_free(&ran);
    free(text);
}
END_TEST

START_TEST(what_can_be_swept_is_said)
{
    static const struct {
        const char *arguments[8];
        int exit;
        const char *said;
    } cases[] = {
        {{"examples/programs/one-of-each-phase.json", "--vary", "threads=1,2"},
         2,
         "a sweep is of a workload, this is a program"},
        {{"/nowhere/spec.json", "--vary", "machine.cores=1,2"}, 4, "cannot read /nowhere/spec.json"},
        {{NULL, "--vary", "machine.cores=1..400:1", "--vary", "arrivals.poisson=1/s..400/s:1/s"},
         2,
         "more than 100000 points"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *argv[10] = {"sweep"};
        for (int k = 0; k < 8; k++)
            argv[k + 1] = k == 0 && !cases[i].arguments[0] ? spec : cases[i].arguments[k];
        Ran ran = run_loopsim_with(&(Command){.argv = argv});
        ck_assert_msg(ran.exit == cases[i].exit, "case %d: exit %d: %s", (int)i, ran.exit, ran.err);
        ck_assert_msg(strstr(ran.err, cases[i].said) != NULL, "case %d: %s", (int)i, ran.err);
        ran_free(&ran);
    }
}
END_TEST

/* An array of tasks may have any step. */
START_TEST(slurm_may_count_in_steps)
{
    static const struct {
        const char *env[5];
        const char *part;
        int exit;
    } cases[] = {
        {{"SLURM_ARRAY_TASK_ID=10", "SLURM_ARRAY_TASK_COUNT=2", "SLURM_ARRAY_TASK_MIN=0", "SLURM_ARRAY_TASK_STEP=10"},
         "2, \"of\": 2",
         0},
        {{"SLURM_ARRAY_TASK_ID=1", "SLURM_ARRAY_TASK_COUNT=2", "SLURM_ARRAY_TASK_MIN=0", "SLURM_ARRAY_TASK_STEP=0"},
         "2, \"of\": 2",
         0},
        {{"SLURM_ARRAY_TASK_ID=1", "SLURM_ARRAY_TASK_COUNT=2", "SLURM_ARRAY_TASK_MIN=2"}, NULL, 2},
        {{"SLURM_ARRAY_TASK_ID=x", "SLURM_ARRAY_TASK_COUNT=2"}, NULL, 0},
        {{"SLURM_ARRAY_TASK_ID=-1", "SLURM_ARRAY_TASK_COUNT=2"}, NULL, 0},
        {{"SLURM_ARRAY_TASK_ID=1"}, NULL, 0},
    };
    const char *const argv[] = {"sweep", spec, "--vary", "machine.cores=1,2", "--out", "json", NULL};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Ran ran = run_loopsim_with(&(Command){.argv = argv, .env = cases[i].env});
        ck_assert_msg(ran.exit == cases[i].exit, "case %d: exit %d: %s", (int)i, ran.exit, ran.err);
        const char *shard = strstr(ran.out, "\"part\": { \"shard\": ");
        ck_assert_msg((shard != NULL) == (cases[i].part != NULL), "case %d: %s", (int)i, ran.out);
        ck_assert_msg(!shard ||
                          strncmp(shard + strlen("\"part\": { \"shard\": "), cases[i].part, strlen(cases[i].part)) == 0,
                      "case %d: %s", (int)i, shard);
        ran_free(&ran);
    }
}
END_TEST

Suite *merge_suite(void)
{
    Suite *suite = suite_create("merge");
    TCase *tests = tcase_create("merge");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_part_that_was_changed_is_refused, 0, (int)COUNT_OF(changes));
    tcase_add_test(tests, blank_lines_and_the_same_point_twice_do_no_harm);
    tcase_add_test(tests, parts_of_two_sweeps_are_not_merged);
    tcase_add_test(tests, a_journal_that_was_changed_is_refused);
    tcase_add_test(tests, what_can_be_swept_is_said);
    tcase_add_test(tests, slurm_may_count_in_steps);
    suite_add_tcase(suite, tests);
    return suite;
}
