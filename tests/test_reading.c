/* docs/reading-a-trace.md: what its queries and its table rely on is in a trace. */
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *reading_suite(void);

static char *doc, *trace;

static void set_up(void)
{
    const char *path = scratch("t.json");
    Ran ran = run_loopsim("run", "examples/blocked-loop.json", "-q", "--set", "duration=2s", "--set", "warmup=0ms",
                          "--trace", path, NULL);
    ck_assert_msg(ran.exit <= 1, "%s", ran.err);
    ran_free(&ran);
    trace = read_file(path, NULL);
    doc = read_file("docs/reading-a-trace.md", NULL);
    ck_assert(trace != NULL && doc != NULL);
}

static void tear_down(void)
{
    free(doc);
    free(trace);
    scratch_remove();
}

/* As a name or the start of one, or as the name of an arg. */
static void is_in_trace(const char *name)
{
    char part[128];
    if (strncmp(name, "args.", 5) == 0)
        snprintf(part, sizeof part, "\"%s\":", name + 5);
    else
        snprintf(part, sizeof part, "\"name\":\"%.*s", (int)strcspn(name, "*"), name);
    ck_assert_msg(strstr(trace, part) != NULL, "no trace has %s, which the document names", part);
}

START_TEST(what_the_queries_name_is_there)
{
    int names = 0, queries = 0;
    for (char *at = doc, *end; (at = strstr(at, "```sql\n")) != NULL; at = end + 1, queries++) {
        end = strstr(at + 1, "\n```");
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        for (char *quote = strchr(at, '\''), *close; quote; quote = strchr(close + 1, '\''), names++) {
            close = strchr(quote + 1, '\'');
            ck_assert_ptr_nonnull(close);
            *close = '\0';
            is_in_trace(quote + 1);
        }
    }
    ck_assert_int_ge(queries, 6);
    ck_assert_int_ge(names, 12);
}
END_TEST

/* The queries rely on their shapes too. */
START_TEST(the_shapes_are_as_the_queries_take_them)
{
    static const char *const parts[] = {
        "\"cat\":\"request quick\",\"id2\":{\"local\":\"",                 /* an asynchronous slice of the process */
        "\"name\":\"thread_name\",\"args\":{\"name\":\"loop\"}",           /* the loop is a thread */
        "\"name\":\"process_name\",\"args\":{\"name\":\"node: metrics\"}", /* counters have a process of their own */
        "\"name\":\"requests in flight\"",
        "\"name\":\"ready callbacks\"",
        "\"name\":\"run queue\"",
        "\"name\":\"open connections\"",
        "\"name\":\"live threads\"",
        "\"name\":\"memory\"",
        "\"name\":\"iteration\"",
        "\"name\":\"poll\"",
        "\"name\":\"cpu\"",
        "\"name\":\"db\"",
        "\"queued_ns\":",
        "\"connection\":",
        "\"handler\":",
        "\"outcome\":\"completed\""};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ck_assert_msg(strstr(trace, parts[i]) != NULL, "%s", parts[i]);
}
END_TEST

START_TEST(the_pictures_are_there)
{
    int pictures = 0;
    for (const char *at = doc; (at = strstr(at, "](pictures/")) != NULL; pictures++) {
        char path[128];
        at += strlen("](");
        snprintf(path, sizeof path, "docs/%.*s", (int)strcspn(at, ")"), at);
        ck_assert_msg(file_exists(path), "%s", path);
    }
    ck_assert_int_eq(pictures, 2);
}
END_TEST

Suite *reading_suite(void)
{
    Suite *suite = suite_create("reading");
    TCase *tests = tcase_create("reading");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_the_queries_name_is_there);
    tcase_add_test(tests, the_shapes_are_as_the_queries_take_them);
    tcase_add_test(tests, the_pictures_are_there);
    suite_add_tcase(suite, tests);
    return suite;
}
