/* Runs the suites of suites.h, each test in a process of its own, so that an abort or a crash fails one test.
 *
 *     loopsim-test [SUITE...]     from the root of the repository; without names: all of them
 *
 * Prints the failures, one line a suite, and last `N passed, N failed`; exits with 1 where any failed. */
#include <check.h>
#include <glob.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SUITE(name) Suite *name##_suite(void);
#include "suites.h"
#undef SUITE

static const struct Entry {
    const char *name;
    Suite *(*make)(void);
} entries[] = {
#define SUITE(name) {#name, name##_suite},
#include "suites.h"
#undef SUITE
};
enum { ENTRIES = sizeof entries / sizeof entries[0] };

typedef struct Tally {
    int passed, failed;
} Tally;

static const struct Entry *find_entry(const char *name, size_t length)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        if (strlen(entries[i].name) == length && memcmp(entries[i].name, name, length) == 0)
            return &entries[i];
    }
    return NULL;
}

/* A test file that is listed nowhere would never run, and nobody would notice. */
static int report_unlisted(void)
{
    static const char prefix[] = "tests/test_";
    glob_t files;
    int unlisted = 0;
    if (glob("tests/test_*.c", 0, NULL, &files) != 0)
        return 0;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *name = files.gl_pathv[i] + sizeof prefix - 1;
        if (find_entry(name, strlen(name) - 2))
            continue;
        printf("FAIL %s is not listed in tests/suites.h\n", files.gl_pathv[i]);
        unlisted++;
    }
    globfree(&files);
    return unlisted;
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static Tally run_suite(const struct Entry *entry)
{
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    SRunner *runner = srunner_create(entry->make());
    srunner_run_all(runner, CK_SILENT);
    Tally tally = {.failed = srunner_ntests_failed(runner)};
    tally.passed = srunner_ntests_run(runner) - tally.failed;
    if (tally.failed > 0)
        srunner_print(runner, CK_NORMAL); /* file:line:kind:case:test:iteration: message */
    printf("%-16s %5d passed", entry->name, tally.passed);
    if (tally.failed > 0)
        printf(" %5d failed", tally.failed);
    printf("  %.1f s\n", seconds_since(&start));
    fflush(stdout);
    srunner_free(runner);
    return tally;
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return true;
    }
    return argc == 1;
}

static bool check_arguments(int argc, char **argv)
{
    if (access("tests/suites.h", R_OK) != 0) {
        fprintf(stderr, "loopsim-test: run me from the root of the repository\n");
        return false;
    }
    for (int i = 1; i < argc; i++) {
        if (!find_entry(argv[i], strlen(argv[i]))) {
            fprintf(stderr, "loopsim-test: no suite '%s' in tests/suites.h\n", argv[i]);
            return false;
        }
    }
    return true;
}

/* Who limits the time of the processor (ulimit -S -t) asks whether all tests pass, not how many do not: the first one that
 * goes beyond it ends the run, from whichever process it is in. */
static pid_t runner;

static void end_run(int number)
{
    (void)number;
    kill(runner, SIGKILL);
    _exit(1);
}

int main(int argc, char **argv)
{
    runner = getpid();
    signal(SIGXCPU, end_run);
    signal(SIGHUP, SIG_DFL); /* under nohup, too: programs are sent it, and inherit what is ignored here */
    if (!check_arguments(argc, argv))
        return 2;
    setenv("CK_DEFAULT_TIMEOUT", "120", 0); /* seconds a test: generous, for sanitizers and emulated machines */
    Tally total = {.failed = argc == 1 ? report_unlisted() : 0};
    for (size_t i = 0; i < ENTRIES; i++) {
        if (!wanted(entries[i].name, argc, argv))
            continue;
        Tally tally = run_suite(&entries[i]);
        total.passed += tally.passed;
        total.failed += tally.failed;
    }
    printf("%d passed, %d failed\n", total.passed, total.failed);
    return total.failed > 0 || total.passed == 0;
}
