/* The reports of a sweep for people and for CI: one page of HTML, Markdown, JUnit XML, workflow commands. */
#include "command.h"
#include "markup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *sweep_reports_suite(void);

static const char small[] =
    "{\"name\": \"a <b> & c\", \"duration\": \"2s\", \"machine\": {\"profile\": \"ideal\"},\n"
    " \"handlers\": {\"get\": [{\"cpu\": \"1ms\"}]}, \"arrivals\": {\"poisson\": \"500/s\"},\n"
    " \"servers\": {\"node\": {\"model\": \"event-loop\"}, \"threads\": {\"model\": \"thread-per-connection\"}}}\n";
static const char rates[] = "arrivals.poisson=400/s..1600/s:200/s";

static char spec[512];

static void set_up(void)
{
    snprintf(spec, sizeof spec, "%s", scratch("small.json"));
    write_file(spec, small);
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in: %.3000s", part, text);
}

static void expect_not_in(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    ck_assert_msg(at == NULL, "'%s' is in: %.200s", part, at ? at : "");
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

/* The sweep of `spec` with --out FORMAT and up to five words more. */
static char *swept(int exit, const char *format, const char *a, const char *b, const char *c, const char *d,
                   const char *e)
{
    static const char *const env[] = {"GITHUB_STEP_SUMMARY=", NULL};
    Ran ran = run_loopsim_with(
        &(Command){.argv = (const char *const[]){"sweep", spec, "--out", format, a, b, c, d, e, NULL}, .env = env});
    ck_assert_msg(ran.exit == exit, "exit %d: %s", ran.exit, ran.err);
    char *text = strdup(ran.out);
    ran_free(&ran);
    return text;
}

/* ---- the page ---- */

START_TEST(a_page_marks_where_each_server_breaks)
{
    char *html = swept(0, "html", "--vary", rates, NULL, NULL, NULL);
    const char *wrong = markup_wrong(html, true);
    ck_assert_msg(!wrong, "%s", wrong);
    expect_in(html, "<h1>a &lt;b&gt; &amp; c</h1>");
    expect_in(html, "arrivals.poisson from 400/s to 1600/s · 7 points · seed 1");
    expect_in(html, ">node stops following at ");
    expect_in(html, ">node leaves its plateau at ");
    expect_in(html, "<dt>throughput breaks at</dt>");
    ck_assert_uint_eq(count_of(html, "<svg "), count_of(html, "<details>"));
    ck_assert_uint_eq(count_of(html, "<svg "), 4); /* nothing was lost: no chart of that */
    ck_assert_uint_eq(count_of(html, "<tr><td class=\"left\">400/s</td>"), 4);
    expect_not_in(html, "class=\"band");
    free(html);
}
END_TEST

START_TEST(a_page_needs_nothing_from_elsewhere)
{
    static const char *const never[] = {"http:", "https:", "src=", "url(", "<script", "<link", "@import", "javascript"};
    char *html = swept(0, "html", "--vary", "machine.cores=1,2", NULL, NULL, NULL);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        expect_not_in(html, never[i]);
    free(html);
}
END_TEST

START_TEST(two_things_varied_have_a_panel_each)
{
    char *html = swept(0, "html", "--vary", rates, "--vary", "machine.cores=1,2,4", NULL);
    const char *wrong = markup_wrong(html, true);
    ck_assert_msg(!wrong, "%s", wrong);
    ck_assert_uint_eq(count_of(html, "<h3>machine.cores 4</h3>"), 4); /* in each chart */
    ck_assert_uint_eq(count_of(html, "<svg "), 12);
    expect_in(html, "Where each server breaks");
    free(html);
}
END_TEST

/* Nothing lies between two names: their points stand apart. */
START_TEST(what_is_no_number_has_no_line)
{
    char *html = swept(0, "html", "--vary", "servers.node.model=event-loop,thread-per-connection", NULL, NULL, NULL);
    expect_in(html, "class=\"dots S0\"");
    expect_not_in(html, "class=\"curve ");
    free(html);
}
END_TEST

START_TEST(several_runs_show_their_intervals)
{
    char *html = swept(0, "html", "--vary", rates, "--runs", "3", NULL),
         *md = swept(0, "md", "--vary", rates, "--runs", "3", NULL),
         *csv = swept(0, "csv", "--vary", rates, "--runs", "3", NULL),
         *text = swept(0, "text", "--vary", rates, "--runs", "3", NULL);
    expect_in(html, "class=\"band S0\"");
    expect_in(html, "3 runs each; ± and the bands: 95 % intervals");
    ck_assert_uint_ge(count_of(html, " ±"), 3 * 7 * 2);
    ck_assert_uint_ge(count_of(md, " ±"), 4 * 7 * 2);
    ck_assert_uint_ge(count_of(text, " ±"), 3 * 7 * 2);
    expect_in(csv, ",p99_ns,p99_ns_ci95,");
    free(html);
    free(md);
    free(csv);
    free(text);
}
END_TEST

START_TEST(parts_come_to_the_same_page)
{
    char part[2][512], out[1100];
    char *whole = swept(0, "html", "--vary", rates, NULL, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        snprintf(part[i], sizeof part[i], "%s", scratch(i ? "two.json" : "one.json"));
        snprintf(out, sizeof out, "json=%s", part[i]);
        free(swept(0, out, "--vary", rates, "--shard", i ? "2/2" : "1/2", NULL));
    }
    Ran ran = run_loopsim("merge", part[1], part[0], "--out", "html", NULL);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_str_eq(ran.out, whole);
    ran_free(&ran);
    char *page = swept(0, "html", "--vary", rates, "--shard", "2/2", NULL);
    expect_in(page, "part 2 of 2");
    expect_not_in(page, "stops following at");
    free(page);
    free(whole);
}
END_TEST

static void write_large(void)
{
    FILE *file = fopen(spec, "w");
    fputs("{\"duration\": \"10ms\", \"machine\": {\"profile\": \"ideal\"},\n"
          " \"handlers\": {\"get\": [{\"cpu\": \"100us\"}]}, \"arrivals\": {\"every\": \"2ms\"}, \"servers\": {",
          file);
    for (int i = 0; i < 12; i++)
        fprintf(file, "%s\"a_server_with_a_name_that_is_rather_long_for_a_column_of_a_table_%d\": {\"model\": \"%s\"}",
                i ? "," : "", i, i % 2 ? "event-loop" : "thread-pool");
    fputs("}}", file);
    fclose(file);
}

/* However many points, servers and panels there are. */
START_TEST(a_page_stays_small)
{
    write_large();
    char *html = swept(1, "html", "--vary", "machine.cores=1..20:1", "--vary", "seed=1..12:1", "--require=mean < 1ns");
    const char *wrong = markup_wrong(html, true);
    ck_assert_msg(!wrong, "%s", wrong);
    ck_assert_uint_lt(strlen(html), 300000);
    expect_in(html, " points more: --out csv has all of them");
    expect_in(html, "requirements failed at 240 points");
    free(html);
}
END_TEST

/* ---- for CI ---- */

START_TEST(what_fails_at_a_point_is_told_in_every_format)
{
    char *xml = swept(1, "junit", "--vary", rates, "--require", "node.throughput > 550/s", NULL),
         *github = swept(1, "github", "--vary", rates, "--require", "node.throughput > 550/s", NULL),
         *md = swept(1, "md", "--vary", rates, "--require", "node.throughput > 550/s", NULL),
         *html = swept(1, "html", "--vary", rates, "--require", "node.throughput > 550/s", NULL);
    const char *wrong = markup_wrong(xml, false);
    ck_assert_msg(!wrong, "%s", wrong);
    expect_in(xml, "<testsuites tests=\"7\" failures=\"1\" errors=\"0\">");
    expect_in(xml, "name=\"arrivals.poisson 400/s\">\n"
                   "      <failure type=\"requirement\" message=\"node.throughput &gt; 550/s\"/>");
    ck_assert_str_eq(github, "::error title=requirement failed::node.throughput > 550/s at arrivals.poisson 400/s\n"
                             "loopsim: requirements failed at 1 of 7 points\n");
    expect_in(md, "- **FAILED** at arrivals.poisson 400/s: ");
    expect_in(md, "\n| 1600/s | threads | ");
    expect_in(html, "requirements failed at 1 point<");
    free(xml);
    free(github);
    free(md);
    free(html);
}
END_TEST

START_TEST(a_point_that_was_cut_is_an_error)
{
    char *xml = swept(5, "junit", "--vary", "machine.cores=1,2", "--max-events", "50", NULL),
         *github = swept(5, "github", "--vary", "machine.cores=1,2", "--max-events", "50", NULL);
    expect_in(xml, "failures=\"0\" errors=\"2\"");
    expect_in(xml, "<error message=\"a limit was reached\"/>");
    expect_in(github, "::error title=not finished::a limit was reached at machine.cores 2\n");
    free(xml);
    free(github);
}
END_TEST

START_TEST(github_gets_the_table_in_its_summary)
{
    char env[600], path[512];
    snprintf(path, sizeof path, "%s", scratch("summary.md"));
    snprintf(env, sizeof env, "GITHUB_STEP_SUMMARY=%s", path);
    Ran ran = run_loopsim_with(
        &(Command){.argv = (const char *const[]){"sweep", spec, "--vary", "machine.cores=1,2", "--out", "github", NULL},
                   .env = (const char *const[]){env, NULL}});
    ck_assert_int_eq(ran.exit, 0);
    char *summary = read_file(path, NULL);
    ck_assert_ptr_nonnull(summary);
    expect_in(summary, "| machine.cores | server | arrived |");
    free(summary);
    ran_free(&ran);
}
END_TEST

Suite *sweep_reports_suite(void)
{
    Suite *suite = suite_create("sweep_reports");
    TCase *all = tcase_create("sweep_reports");
    tcase_add_checked_fixture(all, set_up, scratch_remove);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, a_page_marks_where_each_server_breaks);
    tcase_add_test(all, a_page_needs_nothing_from_elsewhere);
    tcase_add_test(all, two_things_varied_have_a_panel_each);
    tcase_add_test(all, what_is_no_number_has_no_line);
    tcase_add_test(all, several_runs_show_their_intervals);
    tcase_add_test(all, parts_come_to_the_same_page);
    tcase_add_test(all, a_page_stays_small);
    tcase_add_test(all, what_fails_at_a_point_is_told_in_every_format);
    tcase_add_test(all, a_point_that_was_cut_is_an_error);
    tcase_add_test(all, github_gets_the_table_in_its_summary);
    suite_add_tcase(suite, all);
    return suite;
}
