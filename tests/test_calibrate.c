/* calibrate: what it writes is a profile; interrupted, or on a machine that does not let it measure, it writes nothing.
 * How right its figures are, no test can say: the machine does other things meanwhile. */
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *calibrate_suite(void);

static char table[512], spec[512];

static void set_up(void)
{
    snprintf(table, sizeof table, "%s", scratch("costs.json"));
    snprintf(spec, sizeof spec, "%s", scratch("spec.json"));
    write_file(spec, "{\"machine\": {\"profile\": \"costs.json\"}, \"handlers\": {\"get\": [{\"cpu\": \"1ms\"}]},\n"
                     " \"arrivals\": {\"every\": \"10ms\", \"count\": 5}, \"servers\": {\"node\": {\"model\": "
                     "\"event-loop\"}}}\n");
}

static void contains(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in: %s", part, text);
}

START_TEST(its_table_is_a_profile)
{
    static const char *const entries[] = {
        "accept", "read",       "write",    "close",        "poll",       "timer",
        "wake",   "switch",     "spawn",    "idle_wake",    "sleep",      "thread_memory",
        "watch",  "submit",     "complete", "callback",     "exit",       "connection_memory",
        "cold",   "poll_event", "request",  "request_cold", "timer_slack"};
    Ran ran = run_loopsim("calibrate", "--out", table, NULL);
    if (ran.exit == 4) { /* the machine is busy: a peer did not answer within a second */
        contains(ran.err, "cannot measure: the loopback did not answer in time");
        ck_assert(!file_exists(table));
        ran_free(&ran);
        return;
    }
    ck_assert_msg(ran.exit == 0, "exit %d: %s", ran.exit, ran.err);
    ck_assert_str_eq(ran.out, "");
    ran_free(&ran);
    char *text = read_file(table, NULL);
    ck_assert_ptr_nonnull(text);
    contains(text, "loopsim calibrate: medians of 15 rounds");
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        char cost[64];
        snprintf(cost, sizeof cost, "\n    \"%s\": ", entries[i]);
        contains(text, cost);
    }
    free(text);
    ran = run_loopsim("run", spec, "-q", NULL);
    ck_assert_msg(ran.exit == 0, "exit %d: %s", ran.exit, ran.err);
    ran_free(&ran);
}
END_TEST

/* The words of a shell, in which $0 is the table. */
static Ran in_a_shell(const char *script)
{
    return run_program("sh", "-c", script, table, NULL);
}

#define PROGRAM "${LOOPSIM:-" OBJECTS "/loopsim}"

START_TEST(an_interrupted_one_writes_nothing)
{
    Ran ran = in_a_shell(PROGRAM " calibrate --out \"$0\" & sleep 0.3; kill -INT $!; wait $!; echo $?");
    contains(ran.out, "130\n");
    ck_assert(!file_exists(table));
    ran_free(&ran);
}
END_TEST

START_TEST(without_descriptors_it_says_so)
{
    Ran ran = in_a_shell("ulimit -n 40; exec " PROGRAM " calibrate --out \"$0\"");
    ck_assert_msg(ran.exit == 4, "exit %d: %s", ran.exit, ran.err);
    contains(ran.err, "cannot measure");
    contains(ran.err, "needs Linux, threads, the loopback and");
    ck_assert(!file_exists(table));
    ran_free(&ran);
}
END_TEST

Suite *calibrate_suite(void)
{
    Suite *suite = suite_create("calibrate");
    TCase *tests = tcase_create("calibrate");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, set_up, scratch_remove);
    tcase_add_test(tests, its_table_is_a_profile);
    tcase_add_test(tests, an_interrupted_one_writes_nothing);
    tcase_add_test(tests, without_descriptors_it_says_so);
    suite_add_tcase(suite, tests);
    return suite;
}
