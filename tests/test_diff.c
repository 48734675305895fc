/* `diff`: what counts as a difference, and how it is told. */
#include "../sim/base.h"
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *diff_suite(void);

static char a[512], b[512];

static void expect_exit(const Ran *ran, int code)
{
    ck_assert_msg(ran->exit == code, "exit %d\nstdout: %s\nstderr: %s", ran->exit, ran->out, ran->err);
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in: %s", part, text);
}

#define RESULTS(p99, mean, get, digest)                                                                                \
    "{\"loopsim\": \"0.1.0\", \"schema\": 1, \"servers\": {\"node\": {\"digest\": \"" digest "\",\n"                   \
    " \"throughput_per_s\": 100.000000, \"latency_ns\": {\"mean\": " mean ", \"percentiles\": {\"99\": " p99 "}},\n"   \
    " \"handlers\": {\"get\": {\"latency_ns\": {\"percentiles\": {\"99\": " get "}}}}}}}\n"

static void set_up(void)
{
    snprintf(a, sizeof a, "%s", scratch("a.json"));
    snprintf(b, sizeof b, "%s", scratch("b.json"));
    write_file(a, RESULTS("10000000", "5000000", "9000000", "0123456789abcdef"));
    write_file(b, RESULTS("10500000", "5000000", "9900000", "0123456789abcde0"));
}

START_TEST(the_same_is_no_difference)
{
    Ran ran = run_loopsim("diff", a, a, NULL);
    expect_exit(&ran, 0);
    ck_assert_str_eq(ran.out, "0 of 7 figures differ\n");
    ran_free(&ran);
}
END_TEST

START_TEST(differences_are_told_by_name)
{
    Ran ran = run_loopsim("diff", a, b, NULL);
    expect_exit(&ran, 1);
    expect_in(ran.out, "node.p99: 10.0 ms -> 10.5 ms  +5.0 %\n");
    expect_in(ran.out, "node.get.p99: 9.00 ms -> 9.90 ms  +10.0 %\n");
    expect_in(ran.out, "servers.node.digest: 0123456789abcdef -> 0123456789abcde0\n");
    expect_in(ran.out, "3 of 7 figures differ");
    ran_free(&ran);
}
END_TEST

START_TEST(tolerances_are_of_metrics)
{
    static const struct {
        const char *one, *other;
        int exit;
    } cases[] = {
        {"p99=10", "mean=0", 0},         {"p99=9.9", "mean=0", 1},    {"p99=5%", "get.p99=10%", 0},
        {"p99=5", "node.get.p99=10", 0}, {"p99=10", "node.p99=4", 1}, {"all=10", "p99=4", 1},
        {"all=10", "mean=0", 0},         {"p99=4", "all=50", 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Ran ran = run_loopsim("diff", a, b, "--tolerance", cases[i].one, "--tolerance", cases[i].other, NULL);
        expect_exit(&ran, cases[i].exit);
        ran_free(&ran);
    }
    Ran ran = run_loopsim("diff", a, b, "--tolerance", "p98=3", NULL);
    expect_exit(&ran, 2);
    expect_in(ran.err, "no figure is called 'p98'");
    ran_free(&ran);
    ran = run_loopsim("diff", a, b, "--tolerance", "p99=x", NULL);
    expect_exit(&ran, 2);
    ran_free(&ran);
}
END_TEST

START_TEST(what_is_missing_differs)
{
    write_file(b, "{\"loopsim\": \"0.1.0\", \"schema\": 1, \"servers\": {}}");
    Ran ran = run_loopsim("diff", a, b, NULL);
    expect_exit(&ran, 1);
    expect_in(ran.out, "servers.node: {…} -> nothing");
    ran_free(&ran);
}
END_TEST

/* A sweep of ten thousand points is longer than any spec may be. */
START_TEST(results_may_be_longer_than_a_spec)
{
    enum { SPACES = 17 << 20 };
    const char *results = RESULTS("10000000", "5000000", "9000000", "0123456789abcdef");
    char *text = malloc(SPACES + strlen(results) + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, ' ', SPACES);
    strcpy(text + SPACES, results);
    write_file(b, text);
    free(text);
    Ran ran = run_loopsim("diff", a, b, NULL);
    expect_exit(&ran, 0);
    ran_free(&ran);
}
END_TEST

START_TEST(only_results_are_read)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"{\"loopsim\": \"0.1.0\", \"schema\": 1, \"servers\": {}", "error"},
        {"{\"loopsim\": \"0.1.0\", \"schema\": 1, \"servers\": {}, \"servers\": {}}", "error"},
        {"[]", "no result of loopsim"},
        {"{\"loopsim\": \"0.1.0\", \"schema\": 2, \"servers\": {}}", "\"schema\" is not 1"},
        {"{\"loopsim\": \"0.1.0\", \"schema\": 1, \"server\": {}}", "a key that results do not have"},
        {"{\"loopsim\": \"0.1.0\", \"schema\": 1}", "neither servers"},
        {"{\"loopsim\": 1, \"schema\": 1, \"servers\": {}}", "no result of loopsim"},
        {"{\"loopsim\": \"0.1.0\", \"servers\": {}}", "\"schema\" is not 1"},
        {"{\"loopsim\": \"0.1.0\", \"schema\": \"1\", \"servers\": {}}", "\"schema\" is not 1"},
        {"{\"loopsim\": \"0.1.0\", \"schema\": 1, \"servers\": []}", "neither servers"},
        {"{\"loopsim\": \"0.1.0\", \"schema\": 1, \"points\": {}}", "neither servers"},
        {"{\"loopsim\": \"0.1.0\", \"schema\": 1, \"lines\": {}}", "neither servers"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        write_file(b, cases[i].text);
        Ran ran = run_loopsim("diff", a, b, NULL);
        expect_exit(&ran, 3);
        expect_in(ran.err, cases[i].said);
        ran_free(&ran);
    }
    Ran ran = run_loopsim("diff", a, "/nowhere/b.json", NULL);
    expect_exit(&ran, 4);
    ran_free(&ran);
}
END_TEST

/* What differs, of whatever kind it is, is told by its place and by both values. */
static const struct {
    const char *one, *other, *said;
} kinds[] = {
    {"\"servers\": {\"a\": {\"x\": true}}", "\"servers\": {\"a\": {\"x\": false}}", "  servers.a.x: true -> false\n"},
    {"\"servers\": {\"a\": {\"x\": null}}", "\"servers\": {\"a\": {\"x\": \"null\"}}", "  servers.a.x: null -> null\n"},
    {"\"servers\": {\"a\": {\"x\": [1]}}", "\"servers\": {\"a\": {\"x\": {}}}", "  servers.a.x: […] -> {…}\n"},
    {"\"servers\": {\"a\": {\"x\": [1]}}", "\"servers\": {\"a\": {\"x\": 5}}", "  servers.a.x: […] -> 5\n"},
    {"\"servers\": {\"a\": {\"x\": [1]}}", "\"servers\": {\"a\": {\"x\": [1, 2]}}", "  servers.a.x.2: nothing -> 2\n"},
    {"\"servers\": {\"a\": {\"x\": [1, 2]}}", "\"servers\": {\"a\": {\"x\": [1]}}", "  servers.a.x.2: 2 -> nothing\n"},
    {"\"servers\": {\"a\": {\"x\": 1}}", "\"servers\": {\"a\": {\"x\": 1, \"y\": 2}}", "  servers.a.y: nothing -> 2\n"},
    {"\"servers\": {\"a\": {\"x\": -4}}", "\"servers\": {\"a\": {\"x\": -5}}", "  servers.a.x: -4 -> -5  +25.0 %\n"},
    {"\"servers\": {\"a\": {\"x\": 4}}", "\"servers\": {\"a\": {\"x\": 3}}", "  servers.a.x: 4 -> 3  -25.0 %\n"},
    {"\"servers\": {\"a\": {\"x\": 0}}", "\"servers\": {\"a\": {\"x\": 3}}", "  servers.a.x: 0 -> 3\n"},
    {"\"servers\": {\"a\": {\"x\": 1}}", "\"servers\": {\"a\": {\"x\": 1e30}}", "  servers.a.x: 1 -> 1e30\n"},
    {"\"servers\": {\"a\": {\"x\": 1}}", "\"servers\": {\"a\": {\"x\": -1e30}}", "  servers.a.x: 1 -> -1e30\n"},
    {"\"servers\": {\"a\": {\"latency_ns\": {\"mean\": null}}}",
     "\"servers\": {\"a\": {\"latency_ns\": {\"mean\": 5}}}", "  a.mean: null -> 5 ns\n"},
    {"\"servers\": {\"a\": {\"latency_ns\": {\"mean\": -5}}}", "\"servers\": {\"a\": {\"latency_ns\": {\"mean\": 5}}}",
     "  a.mean: -5 -> 5 ns  -200.0 %\n"},
    {"\"servers\": {\"a\": {\"latency_ns\": {}}}", "\"servers\": {\"a\": {\"latency_ns\": {\"mean\": 5000000}}}",
     "  a.mean: nothing -> 5.00 ms\n"},
    {"\"servers\": {\"a\": {\"latency_ns\": {\"mean\": 1234567890123456789}}}",
     "\"servers\": {\"a\": {\"latency_ns\": {\"mean\": 5}}}", "  a.mean: 1234567890123456789 -> 5 ns  -100.0 %\n"},
    {"\"points\": [{\"servers\": {\"a\": {\"p99_ns\": 1000}}}]",
     "\"points\": [{\"servers\": {\"a\": {\"p99_ns\": 2000}}}]", "  point 1 a.p99: 1.00 us -> 2.00 us  +100.0 %\n"},
    {"\"points\": [{\"servers\": {\"a\": {\"digest\": \"0\"}}}]",
     "\"points\": [{\"servers\": {\"a\": {\"digest\": \"1\"}}}]", "  points.1.servers.a.digest: 0 -> 1\n"},
    {"\"points\": [{\"servers\": {\"a\": {\"_ns\": 0}}}]", "\"points\": [{\"servers\": {\"a\": {\"_ns\": 1}}}]",
     "  points.1.servers.a._ns: 0 -> 1\n"},
    {"\"lines\": [\"a\", \"b\"], \"exit\": 0", "\"lines\": [\"a\", \"c\"], \"exit\": 0", "  lines.2: b -> c\n"},
};

START_TEST(a_difference_of_any_kind_is_told)
{
    char text[400];
    snprintf(text, sizeof text, "{\"loopsim\": \"0.1.0\", \"schema\": 1, %s}", kinds[_i].one);
    write_file(a, text);
    snprintf(text, sizeof text, "{\"loopsim\": \"0.1.0\", \"schema\": 1, %s}", kinds[_i].other);
    write_file(b, text);
    Ran ran = run_loopsim("diff", a, b, NULL);
    expect_exit(&ran, 1);
    expect_in(ran.out, kinds[_i].said);
    ran_free(&ran);
}
END_TEST

/* No more than can be read at once, but with -v. */
START_TEST(many_differences_are_counted)
{
    char text[2][20000];
    for (int k = 0; k < 2; k++) {
        size_t used = (size_t)sprintf(text[k], "{\"loopsim\": \"0.1.0\", \"schema\": 1, \"lines\": [0");
        for (int i = 1; i < 500; i++)
            used += (size_t)sprintf(text[k] + used, ", %d", i * (k + 1));
        sprintf(text[k] + used, "]}");
    }
    write_file(a, text[0]);
    write_file(b, text[1]);
    Ran few = run_loopsim("diff", a, b, NULL), all = run_loopsim("diff", a, b, "-v", NULL);
    expect_exit(&few, 1);
    expect_in(few.out, " more: -v shows them all\n499 of 502 figures differ\n");
    expect_in(all.out, "  lines.500: 499 -> 998  +100.0 %\n499 of 502 figures differ\n");
    ck_assert_ptr_null(strstr(all.out, "more"));
    ran_free(&few);
    ran_free(&all);
}
END_TEST

START_TEST(takes_what_run_and_sweep_write)
{
    char out[2][600];
    for (int i = 0; i < 2; i++) {
        snprintf(out[i], sizeof out[i], "json=%s", i ? b : a);
        Ran ran = run_loopsim("run", "examples/five-requests.json", "--set", i ? "machine.cores=2" : "machine.cores=1",
                              "--out", out[i], NULL);
        ran_free(&ran);
    }
    Ran ran = run_loopsim("diff", a, b, NULL);
    ck_assert_int_le(ran.exit, 1);
    ck_assert_str_eq(ran.err, "");
    ran_free(&ran);
    for (int i = 0; i < 2; i++) {
        ran = run_loopsim("sweep", "examples/five-requests.json", "--vary", "machine.cores=1,2", "--seed", "3", "--out",
                          out[i], NULL);
        ran_free(&ran);
    }
    ran = run_loopsim("diff", a, b, "--tolerance", "p99=1", NULL);
    expect_exit(&ran, 0);
    ran_free(&ran);
}
END_TEST

Suite *diff_suite(void)
{
    Suite *suite = suite_create("diff");
    TCase *tests = tcase_create("diff");
    tcase_add_checked_fixture(tests, set_up, scratch_remove);
    tcase_add_test(tests, the_same_is_no_difference);
    tcase_add_test(tests, differences_are_told_by_name);
    tcase_add_test(tests, tolerances_are_of_metrics);
    tcase_add_test(tests, what_is_missing_differs);
    tcase_add_test(tests, results_may_be_longer_than_a_spec);
    tcase_add_test(tests, only_results_are_read);
    tcase_add_loop_test(tests, a_difference_of_any_kind_is_told, 0, (int)COUNT_OF(kinds));
    tcase_add_test(tests, many_differences_are_counted);
    tcase_add_test(tests, takes_what_run_and_sweep_write);
    suite_add_tcase(suite, tests);
    return suite;
}
