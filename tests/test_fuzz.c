/* What fuzzing has found, and a few inputs of each kind, again: see tests/fuzz/fuzz.h. Each target in its own test. */
#include "command.h"
#include "fuzz/fuzz.h"

#include <check.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Suite *fuzz_suite(void);

/* What the commands say goes nowhere; what fuzz_must says still reaches stderr. */
static void say_nothing(void)
{
    int nowhere = open("/dev/null", O_WRONLY);
    ck_assert(nowhere >= 0 && (fuzz_said = dup(STDERR_FILENO)) >= 0);
    ck_assert(dup2(nowhere, STDOUT_FILENO) >= 0 && dup2(nowhere, STDERR_FILENO) >= 0);
    close(nowhere);
}

static void replay(const FuzzTarget *target, const char *pattern)
{
    glob_t files;
    char folder[200];
    snprintf(folder, sizeof folder, pattern, target->name);
    if (glob(folder, 0, NULL, &files) != 0)
        return;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        size_t size;
        char *bytes = read_file(files.gl_pathv[i], &size);
        ck_assert_ptr_nonnull(bytes);
        fuzz_one(target, (const uint8_t *)bytes, size);
        free(bytes);
    }
    globfree(&files);
}

START_TEST(the_corpus_breaks_nothing)
{
    say_nothing();
    replay(&fuzz_targets[_i], "tests/fuzz/corpus/%s/*");
}
END_TEST

/* Bytes that nobody chose, the same on any machine: a second look at every target without libFuzzer. */
START_TEST(no_bytes_break_anything)
{
    uint32_t random = 1;
    uint8_t bytes[64];
    say_nothing();
    for (unsigned round = 0; round < 40; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            random = random * UINT32_C(1664525) + UINT32_C(1013904223);
            bytes[i] = (uint8_t)(random >> 24);
        }
        fuzz_one(&fuzz_targets[_i], bytes, round % (sizeof bytes + 1));
    }
}
END_TEST

Suite *fuzz_suite(void)
{
    Suite *suite = suite_create("fuzz");
    TCase *cases = tcase_create("corpus");
    int count = 0;
    while (fuzz_targets[count].name)
        count++;
    tcase_add_loop_test(cases, the_corpus_breaks_nothing, 0, count);
    tcase_add_loop_test(cases, no_bytes_break_anything, 0, count);
    suite_add_tcase(suite, cases);
    return suite;
}
