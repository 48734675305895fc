/* Every allocation and every system call on a file fails once, and from then on: see torture.h. Here a sample of them;
 * `make torture` does the long form. */
#include "command.h"
#include "torture.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *torture_suite(void);

static const TortureCase cases[] = {
    {"run-text", "run examples/five-requests.json", false, false, NULL},
    {"run-formats",
     "run examples/five-requests.json --out json=@/results.json --out csv=@/results.csv --out md=@/results.md --out "
     "html=@/results.html --out junit=@/results.xml --out github=@/results.github --series 1ms",
     false, false, NULL},
    {"run-trace-json", "run examples/five-requests.json --out json=@/results.json --trace @/trace.json", false, false,
     NULL},
    {"run-trace-gz", "run examples/five-requests.json --out json --trace @/trace.json.gz", false, false, NULL},
    {"run-trace-slowest", "run examples/five-requests.json --trace @/trace.pftrace --trace-slowest 2", false, false,
     NULL},
    {"run-many", "run examples/five-requests.json --runs 3 --out json=@/results.json", true, false, NULL},
    {"run-jobs", "run examples/five-requests.json --runs 4 --jobs 2 --out json=@/results.json", true, false, NULL},
    {"run-program", "run examples/programs/ticks-between-phases.json", false, false, NULL},
    {"run-program-json",
     "run examples/programs/ticks-between-phases.json --out json=@/lines.json --trace @/trace.json.gz", false, false,
     NULL},
    {"explain", "explain examples/programs/ticks-between-phases.json", false, false, NULL},
    {"explain-json", "explain examples/programs/ticks-between-phases.json --out json=@/steps.json", false, false, NULL},
    {"sweep",
     "sweep examples/five-requests.json --vary machine.cores=1,2 --jobs 2 --out json=@/sweep.json --out "
     "csv=@/sweep.csv",
     false, false, NULL},
    {"sweep-formats",
     "sweep examples/five-requests.json --vary machine.cores=1,2 --out html=@/sweep.html --out md=@/sweep.md --out "
     "junit=@/sweep.xml --out github",
     false, false, NULL},
    {"sweep-shard",
     "sweep examples/five-requests.json --vary machine.cores=1,2,3 --shard 2/2 --resume @/journal --out "
     "json=@/part.json",
     false, false, NULL},
    {"merge", "merge @/sweep.json --out csv=@/sweep.csv", false, false,
     "sweep examples/five-requests.json --vary machine.cores=1,2 --out json=@/sweep.json"},
    {"diff", "diff @/results.json @/results.json", false, false,
     "run examples/five-requests.json --out json=@/results.json"},
    {"trace-check", "trace-check @/trace.json.gz @/results.json", false, false,
     "run examples/five-requests.json --out json=@/results.json --trace @/trace.json.gz"},
    {"trace-check-wire", "trace-check @/trace.pftrace", false, false,
     "run examples/five-requests.json -q --out json=@/results.json --trace @/trace.pftrace"},
    {"check", "check --print examples/api.json", false, false, NULL},
    {"check-bad", "check tests/bad/workload.many.json", false, false, NULL},
    {"init", "init", false, false, NULL},
    {"schema", "schema spec", false, false, NULL},
    {"models", "models", false, false, NULL},
    {"help", "run --help", false, false, NULL},
    {"completion", "completion bash", false, false, NULL},
    {"run-summary", "run examples/five-requests.json --out github", false, false, NULL}, /* and GITHUB_STEP_SUMMARY */
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* Measures for some seconds, each time something else. */
static const TortureCase calibrate = {"calibrate", "calibrate --out @/varies.json", false, true, NULL};

static void say_tally(const char *name, TortureTally tally)
{
    fprintf(stderr, "%-28s", name);
    for (int kind = 0; kind < FAULT_KINDS; kind++)
        fprintf(stderr, "  %ss %llu of %llu", fault_name[kind], (unsigned long long)tally.failed[kind],
                (unsigned long long)tally.calls[kind]);
    fprintf(stderr, "\n");
}

static unsigned long long wanted(void)
{
    const char *named = getenv("TORTURE");
    return named ? strtoull(named, NULL, 10) : 0;
}

/* TORTURE_ONLY=NAME does one case, TORTURE_PART=I/N every N-th, so that N processes do them all. */
static bool is_mine(const char *name, int number)
{
    const char *only = getenv("TORTURE_ONLY"), *part = getenv("TORTURE_PART");
    int i = 1, n = 1;
    if (part)
        ck_assert(sscanf(part, "%d/%d", &i, &n) == 2 && i >= 1 && i <= n);
    return (!only || strcmp(only, name) == 0) && number % n == i - 1;
}

START_TEST(nothing_that_fails_breaks_anything)
{
    bool named = wanted() > 0;
    const char *name = cases[_i].name;
    if (!is_mine(name, _i))
        return;
    char summary[300];
    snprintf(summary, sizeof summary, "%s/out/journal", scratch(name));
    if (strcmp(name, "run-summary") == 0)
        setenv("GITHUB_STEP_SUMMARY", summary, 1);
    TortureTally tally = torture(&cases[_i], named ? wanted() : 2, named ? wanted() / 4 + 1 : 6);
    if (named)
        say_tally(name, tally);
}
END_TEST

/* The long form: every example as well, with all that can be written of it. */
START_TEST(nor_in_any_example)
{
    glob_t examples;
    ck_assert_int_eq(glob("examples/*.json", 0, NULL, &examples), 0);
    ck_assert_int_eq(glob("examples/programs/*.json", GLOB_APPEND, NULL, &examples), 0);
    for (size_t i = 0; i < examples.gl_pathc; i++) {
        char name[40], words[300];
        bool program = strstr(examples.gl_pathv[i], "programs") != NULL;
        snprintf(name, sizeof name, "example-%d", (int)i);
        if (!is_mine(name, (int)i))
            continue;
        snprintf(words, sizeof words, "run %s --out json=@/results.json --trace @/trace.json.gz%s",
                 examples.gl_pathv[i],
                 program ? "" : " --out html=@/results.html --set duration=50ms --set warmup=10ms --trace-limit 20000");
        TortureCase of = {.name = name, .words = words};
        say_tally(examples.gl_pathv[i], torture(&of, wanted(), wanted() / 4 + 1));
    }
    globfree(&examples);
}
END_TEST

/* Some seconds for each: a hundredth of them. */
START_TEST(nor_in_a_measurement)
{
    if (is_mine(calibrate.name, 0))
        say_tally(calibrate.name, torture(&calibrate, wanted() / 100 + 1, wanted() / 100 + 1));
}
END_TEST

Suite *torture_suite(void)
{
    Suite *suite = suite_create("torture");
    TCase *all = tcase_create("torture");
    tcase_add_checked_fixture(all, NULL, scratch_remove);
    tcase_add_loop_test(all, nothing_that_fails_breaks_anything, 0, CASES);
    if (wanted() > 0) {
        tcase_add_test(all, nor_in_any_example);
        tcase_add_test(all, nor_in_a_measurement);
    }
    tcase_set_timeout(all, getenv("TORTURE") ? 100000 : 120);
    suite_add_tcase(suite, all);
    return suite;
}
