/* What `check` warns of: steps that mean something else on threads. */
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define SPEC(servers)                                                                                                  \
    "{\n"                                                                                                              \
    "\"duration\": \"1s\", \"resources\": { \"db\": { \"latency\": \"1ms\" } },\n"                                     \
    "\"functions\": { \"f\": { \"async\": [ { \"await\": { \"io\": \"db\" } } ] }, \"g\": [ \"hello\" ] },\n"          \
    "\"handlers\": { \"get\": [\n"                                                                                     \
    "{ \"nextTick\": [ { \"setImmediate\": [ \"x\" ] } ] },\n"                                                         \
    "{ \"io\": \"db\", \"cb\": [ { \"queueMicrotask\": \"g\" } ] },\n"                                                 \
    "{ \"io\": \"db\", \"as\": \"p\" }, { \"await\": \"$p\" },\n"                                                      \
    "{ \"call\": \"f\" },\n"                                                                                           \
    "{ \"choose\": [ [ 1, [ { \"setTimeout\": [ \"y\" ], \"ms\": \"1ms\" } ] ], [ 1, [ \"z\" ] ] ] },\n"               \
    "{ \"lock\": \"m\", \"do\": [ { \"await\": { \"net\": \"1ms\" } }, { \"async\": [ { \"cpu\": \"1ms\" } ] } ] },\n" \
    "{ \"await\": { \"all\": [ { \"io\": \"db\" }, [ { \"await\": { \"io\": \"db\" } } ] ] } }, { \"call\": \"g\" "    \
    "},\n"                                                                                                             \
    "{ \"await\": { \"call\": \"f\" } }, { \"sync\": { \"io\": \"db\" } }, { \"await\": { \"sleep\": \"1ms\" } },\n"   \
    "{ \"chain\": [ { \"io\": \"db\" }, { \"then\": [ \"v\" ] } ] },\n"                                                \
    "{ \"await\": { \"chain\": [ { \"io\": \"db\" }, { \"then\": [ \"v\" ] } ] } },\n"                                 \
    "{ \"return\": { \"io\": \"db\" } } ] "                                                                            \
    "},\n"                                                                                                             \
    "\"arrivals\": { \"every\": \"10ms\" },\n"                                                                         \
    "\"servers\": { " servers " }\n}\n"
#define LOOP "\"node\": { \"model\": \"event-loop\" }"
#define THREADS "\"threads\": { \"model\": \"thread-per-connection\" }"

static Ran check(const char *text, const char *option)
{
    const char *path = scratch("warn.json");
    write_file(path, text);
    return run_loopsim("check", path, option, NULL);
}

START_TEST(it_warns_of_what_means_something_else_on_threads)
{
    static const char *const wanted[] = {
        "warn.json:5:3: warning: 'nextTick' is not put off on threads\n",
        "warn.json:5:19: warning: 'setImmediate' is not put off on threads\n",
        "warn.json:6:3: warning: 'io' with a callback does not go on beside it on threads\n",
        "warn.json:6:25: warning: 'queueMicrotask' is not put off on threads\n",
        "warn.json:7:3: warning: 'io' is not awaited\n",
        "warn.json:8:3: warning: 'call' of an async function is not awaited\n",
        "warn.json:9:24: warning: 'setTimeout' is not put off on threads\n",
        "warn.json:10:57: warning: 'async' is not awaited\n",
        "warn.json:13:16: warning: 'io' is not awaited\n",
    };
    Ran ran = check(SPEC(LOOP ", " THREADS), NULL);
    int warnings = 0;
    for (const char *at = ran.err; (at = strstr(at, "warning: ")) != NULL; at++)
        warnings++;
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_msg(warnings == (int)(sizeof wanted / sizeof *wanted), "%s", ran.err);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        ck_assert_msg(strstr(ran.err, wanted[i]) != NULL, "no %s in %s", wanted[i], ran.err);
    ck_assert_ptr_nonnull(
        strstr(ran.err, "help: on the threads of 'threads' it runs where it stands, before the next"));
    ck_assert_ptr_nonnull(strstr(ran.out, ": fine"));
    ran_free(&ran);
}
END_TEST

START_TEST(on_loops_alone_there_is_nothing_to_warn_of)
{
    Ran ran = check(SPEC(LOOP), NULL);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_str_eq(ran.err, "");
    ran_free(&ran);
}
END_TEST

START_TEST(quiet_is_quiet_and_a_run_does_not_warn)
{
    Ran ran = check(SPEC(THREADS), "-q");
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_str_eq(ran.err, "");
    ran_free(&ran);
    ran = run_loopsim("run", scratch("warn.json"), NULL);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_str_eq(ran.err, "");
    ran_free(&ran);
}
END_TEST

Suite *warn_suite(void);
Suite *warn_suite(void)
{
    Suite *suite = suite_create("warn");
    TCase *tests = tcase_create("warn");
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, it_warns_of_what_means_something_else_on_threads);
    tcase_add_test(tests, on_loops_alone_there_is_nothing_to_warn_of);
    tcase_add_test(tests, quiet_is_quiet_and_a_run_does_not_warn);
    suite_add_tcase(suite, tests);
    return suite;
}
