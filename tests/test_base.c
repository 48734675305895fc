/* must: what a bug in loopsim looks like from outside. */
#include "sim/base.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *base_suite(void);

/* Runs must_failed in a process of its own; returns its exit code, and what it said in `said`. */
static int fail_aside(int line, char *said, size_t room)
{
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        must_failed("sim/kernel.c", line, "an event was scheduled in the past");
    }
    close(ends[1]);
    size_t size = 0;
    for (ssize_t got; (got = read(ends[0], said + size, room - 1 - size)) > 0;)
        size += (size_t)got;
    said[size] = '\0';
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(says_where_and_what_and_asks_for_a_report)
{
    char said[512];
    ck_assert_int_eq(fail_aside(1234, said, sizeof said), 70);
    ck_assert_str_eq(said, "loopsim: internal error: sim/kernel.c:1234: an event was scheduled in the past\n"
                           "loopsim: this is a bug in loopsim; please report it with the command line and the spec\n");
    fail_aside(0, said, sizeof said);
    ck_assert_ptr_nonnull(strstr(said, "sim/kernel.c:0: "));
}
END_TEST

/* Nowhere to say it: the code alone tells. */
START_TEST(without_stderr_the_code_is_the_same)
{
    int status;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(STDERR_FILENO);
        must_failed("sim/kernel.c", 1, "an event was scheduled in the past");
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 70);
}
END_TEST

START_TEST(lets_the_true_pass_and_ends_at_the_false)
{
    must(1 + 1 == 2, "arithmetic");
    must(1 + 1 == 3, "arithmetic");
}
END_TEST

START_TEST(finds_an_object_by_its_member)
{
    struct Pair {
        int first;
        double second;
    } pair = {1, 2};
    ck_assert_ptr_eq(CONTAINER_OF(&pair.second, struct Pair, second), &pair);
    ck_assert_uint_eq(COUNT_OF(((int[]){1, 2, 3})), 3);
}
END_TEST

Suite *base_suite(void)
{
    Suite *suite = suite_create("base");
    TCase *tcase = tcase_create("must");
    tcase_add_test(tcase, says_where_and_what_and_asks_for_a_report);
    tcase_add_test(tcase, without_stderr_the_code_is_the_same);
    tcase_add_exit_test(tcase, lets_the_true_pass_and_ends_at_the_false, 70);
    tcase_add_test(tcase, finds_an_object_by_its_member);
    suite_add_tcase(suite, tcase);
    return suite;
}
