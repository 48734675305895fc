/* Each option of the command line, wrong: exit code 2, what is wrong with it and what would be right; and each command
 * without what it needs. Nothing is done then: stdout stays empty. */
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *options_suite(void);

static const struct {
    const char *words[5], *what, *help;
} wrongs[] = {
    {{"run", "x", "--set", "=1"}, "--set =1: not of the form PATH=VALUE", "servers.node.workers=16"},
    {{"run", "x", "--seed=-1"}, "--seed -1: ", "0x2a"},
    {{"run", "x", "--trace="}, "the name of the trace is missing", "FILE.json.gz"},
    {{"run", "x", "--trace-window", "1s"}, "not of the form A..B", "1.5s..2s"},
    {{"run", "x", "--trace-window", "1..2s"}, "a duration without a unit", "1.5s..2s"},
    {{"run", "x", "--trace-window", "1s..2"}, "a duration without a unit", "1.5s..2s"},
    {{"run", "x", "--trace-window", "2s..1s"}, "it ends before it begins", "1.5s..2s"},
    {{"run", "x", "--trace-limit", "0"}, "too small", "a whole number above 0"},
    {{"run", "x", "--trace-limit", "many"}, "--trace-limit many: ", "a whole number above 0"},
    {{"run", "x", "--trace-slowest", "0"}, "too small", "from 1 to 10"},
    {{"run", "x", "--trace-slowest", "11"}, "too large", "from 1 to 10"},
    {{"run", "x", "--trace-slowest", "1.5"}, "--trace-slowest 1.5: ", "from 1 to 10"},
    {{"run", "x", "--max-events", "1e9"}, "--max-events 1e9: ", "a whole number above 0"},
    {{"run", "x", "--max-events", "-1"}, "too small", "a whole number above 0"},
    {{"run", "x", "--max-memory", "0B"}, "too small", "512MiB"},
    {{"run", "x", "--runs", "0"}, "too small", "a whole number above 0"},
    {{"run", "x", "--runs", "-3"}, "too small", "a whole number above 0"},
    {{"run", "x", "--runs", "1000001"}, "too large", "a whole number above 0"},
    {{"run", "x", "--runs", "x"}, "--runs x: ", "a whole number above 0"},
    {{"run", "x", "--jobs", "-2"}, "too small", "a whole number above 0"},
    {{"run", "x", "--jobs", "1025"}, "too large", "a whole number above 0"},
    {{"run", "x", "--precision", "0"}, "not a percentage above 0", "--precision 2"},
    {{"run", "x", "--precision", "101%"}, "not a percentage above 0", "--precision 2"},
    {{"run", "x", "--precision="}, "not a percentage above 0", "--precision 2"},
    {{"run", "x", "--precision", "0.0000001"}, "not a percentage above 0", "--precision 2"},
    {{"run", "x", "--series", "0"}, "too small", "such as 1s"},
    {{"run", "x", "--series", "1"}, "a duration without a unit", "such as 1s"},
    {{"run", "x", "--progress", "often"}, "not one of the three", "auto, always or never"},
    {{"run", "x", "--percentiles", "0"}, "not a list of percentiles", "50,99,99.9"},
    {{"run", "x", "--percentiles", "50,"}, "not a list of percentiles", "50,99,99.9"},
    {{"run", "x", "--percentiles",
      "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33"},
     "more than 32 percentiles",
     "50,99,99.9"},
    {{"sweep", "x", "--vary", "a"}, "not of the form PATH=RANGE", "100/s..1000/s:100/s"},
    {{"sweep", "x", "--vary", "=1"}, "not of the form PATH=RANGE", "100/s..1000/s:100/s"},
    {{"sweep", "x", "--shard", "2"}, "not of the form I/N", "--shard 2/8"},
    {{"sweep", "x", "--shard", "a/2"}, "not of the form I/N", "--shard 2/8"},
    {{"sweep", "x", "--shard", "1/b"}, "not of the form I/N", "--shard 2/8"},
    {{"sweep", "x", "--shard", "0/2"}, "I goes from 1 to N", "--shard 2/8"},
    {{"sweep", "x", "--shard", "3/2"}, "I goes from 1 to N", "--shard 2/8"},
    {{"sweep", "x", "--resume="}, "the name of the file is missing", "--resume sweep.journal"},
    {{"diff", "x", "--tolerance", "p99"}, "not of the form METRIC=PCT", "--tolerance all=1"},
    {{"diff", "x", "--tolerance", "=5"}, "not of the form METRIC=PCT", "--tolerance all=1"},
    {{"calibrate", "--out="}, "the name of a file is missing", "--out costs.json"},
    {{"explain", "x", "--why", "a"}, "--why needs two values: A B", ""},
    {{"completion", "ksh"}, "there is no completion for 'ksh'", "bash, zsh or fish"},
    {{"init", "nothing-like-it"}, "there is no template 'nothing-like-it'", "loopsim init lists them"},
    {{"init", "aip"}, "there is no template 'aip'", "did you mean api?"},
    {{"check", "-x", "x"}, "has no option '-x'", ""},
    {{"run", "--", "--ascii", "x"}, "'x' is one too many", "loopsim run SPEC"},
};

START_TEST(a_wrong_option_says_what_would_be_right)
{
    const char *words[6] = {0};
    memcpy(words, wrongs[_i].words, sizeof wrongs[_i].words);
    Ran ran = run_loopsim_with(&(Command){.argv = words});
    ck_assert_msg(ran.exit == 2, "%s: exit %d: %s", wrongs[_i].what, ran.exit, ran.err);
    ck_assert_str_eq(ran.out, "");
    ck_assert_msg(strstr(ran.err, wrongs[_i].what) != NULL, "'%s' is not in: %s", wrongs[_i].what, ran.err);
    ck_assert_msg(strstr(ran.err, wrongs[_i].help) != NULL, "'%s' is not in: %s", wrongs[_i].help, ran.err);
    ran_free(&ran);
}
END_TEST

Suite *options_suite(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");
    tcase_add_loop_test(tests, a_wrong_option_says_what_would_be_right, 0, (int)(sizeof wrongs / sizeof wrongs[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
