/* The formats of --out beside text and JSON: the same bytes as the golden files (GOLDEN=1, or `make golden`, writes
 * them anew: read the difference), well-formed, and with foreign text escaped for where it goes. */
#include "../cli/escape.h"
#include "command.h"
#include "markup.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *formats_suite(void);

static const char *const formats[] = {"csv", "md", "html", "junit", "github"};
enum { FORMATS_TESTED = sizeof formats / sizeof formats[0] };

static char *text_of(const char *spec, const char *format)
{
    static const char *const env[] = {"GITHUB_STEP_SUMMARY=", NULL};
    Ran ran =
        run_loopsim_with(&(Command){.argv = (const char *const[]){"run", spec, "--out", format, NULL}, .env = env});
    ck_assert_msg(ran.exit == 0 || ran.exit == 1, "exit %d: %s", ran.exit, ran.err);
    char *text = strdup(ran.out);
    ran_free(&ran);
    return text;
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

/* ---- the same bytes ---- */

START_TEST(formats_are_golden)
{
    char path[100];
    char *text = text_of("tests/golden/formats.json", formats[_i]);
    snprintf(path, sizeof path, "tests/golden/formats.%s", formats[_i]);
    if (getenv("GOLDEN"))
        write_file(path, text);
    char *golden = read_file(path, NULL);
    ck_assert_msg(golden != NULL, "%s is missing: make golden", path);
    size_t same = 0;
    while (text[same] && text[same] == golden[same])
        same++;
    ck_assert_msg(text[same] == golden[same], "%s differs from byte %zu on: %.100s", path, same, text + same);
    free(golden);
    free(text);
}
END_TEST

START_TEST(markup_is_well_formed)
{
    char *html = text_of("tests/golden/formats.json", "html"), *xml = text_of("tests/golden/formats.json", "junit");
    const char *wrong = markup_wrong(html, true);
    ck_assert_msg(!wrong, "html: %s", wrong);
    wrong = markup_wrong(xml, false);
    ck_assert_msg(!wrong, "junit: %s", wrong);
    free(html);
    free(xml);
}
END_TEST

START_TEST(the_checker_of_markup_sees_what_is_wrong)
{
    static const char *const bad[] = {
        "<a><b></a></b>", "<a x=\"1\" x=\"2\"/>", "<a>&nbsp;</a>", "<a", "<a>\001</a>", "<a x=1/>",
        "<a/><b/>",       "<a x=\"<\"/>",         "<a>></a>"};
    char text[200];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%s", bad[i]);
        ck_assert_msg(markup_wrong(text, false) != NULL, "%s passes", bad[i]);
    }
}
END_TEST

START_TEST(html_needs_nothing_from_elsewhere)
{
    static const char *const never[] = {"http:", "https:", "src=", "url(", "<script", "<link", "@import", "javascript"};
    char *html = text_of("tests/golden/formats.json", "html");
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        expect_not_in(html, never[i]);
    expect_in(html, "prefers-color-scheme:dark");
    expect_in(html, "@media print");
    free(html);
}
END_TEST

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

START_TEST(every_chart_has_its_figures)
{
    char *html = text_of("tests/golden/formats.json", "html");
    ck_assert_uint_eq(count_of(html, "<svg "), 5);
    ck_assert_uint_ge(count_of(html, "<details>"), count_of(html, "<svg ") + 1); /* and the spec */
    expect_in(html, "tests/golden/formats.json:4");                              /* where the duration comes from */
    expect_in(html, "loopsim run tests/golden/formats.json --seed 1</pre>");
    free(html);
}
END_TEST

/* However long the values of a spec are. */
START_TEST(html_stays_small)
{
    const char *path = scratch("long.json");
    FILE *file = fopen(path, "w");
    fputs("{\"duration\": \"100ms\", \"machine\": {\"profile\": \"ideal\"}, \"handlers\": {", file);
    for (int i = 0; i < 300; i++)
        fprintf(file, "\"a_rather_long_name_of_a_handler_%d\": [{\"cpu\": \"10us\"}, \"%0500d\", {\"cpu\": \"1us\"}],",
                i, i);
    fputs(
        "\"get\": [{\"cpu\": \"1ms\"}]}, \"arrivals\": {\"poisson\": \"900/s\", \"mix\": {\"get\": 1}},\"servers\": {",
        file);
    for (int i = 0; i < 12; i++)
        fprintf(file, "%s\"server%d\": {\"model\": \"%s\"}", i ? "," : "", i, i % 2 ? "event-loop" : "thread-pool");
    fputs("}}", file);
    fclose(file);
    char *html = text_of(path, "html");
    const char *wrong = markup_wrong(html, true);
    ck_assert_msg(!wrong, "%s", wrong);
    ck_assert_uint_lt(strlen(html), 300000);
    expect_in(html, "loopsim check --print shows them all");
    free(html);
}
END_TEST

/* ---- hostile names ---- */

static char hostile[600];

static void write_hostile(void)
{
    snprintf(hostile, sizeof hostile, "%s", scratch("a,b:100% <i>'\"&;.json"));
    write_file(hostile,
               "{\"name\": \"=1+1,\\\"x\\\" <script>alert('1')</script> | `a` [b](c) ::error::&amp; \xe2\x80\xae!\",\n"
               "\"about\": \"</p><script>\\u0007 \\ud83d\\ude00\", \"duration\": \"50ms\",\n"
               "\"machine\": {\"profile\": \"ideal\"}, \"handlers\": {\"get\": [\"</td><b>\", {\"cpu\": \"1ms\"}]},\n"
               "\"arrivals\": {\"every\": \"10ms\"}, \"servers\": {\"node\": {\"model\": \"event-loop\"}},\n"
               "\"expect\": [\"p99 < 1us\"]}\n");
}

START_TEST(hostile_names_stay_text)
{
    char *html = text_of(hostile, "html"), *xml = text_of(hostile, "junit"), *md = text_of(hostile, "md");
    const char *wrong = markup_wrong(html, true);
    ck_assert_msg(!wrong, "html: %s", wrong);
    wrong = markup_wrong(xml, false);
    ck_assert_msg(!wrong, "junit: %s", wrong);
    expect_not_in(html, "<script");
    expect_not_in(html, "</td><b>");
    expect_not_in(html, "\xe2\x80\xae"); /* turns the direction of writing */
    expect_in(html, "=1+1,&quot;x&quot; &lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
    expect_in(xml, "name=\"=1+1,&quot;x&quot; &lt;script&gt;");
    expect_in(md, "### =1+1,\"x\" \\<script\\>alert('1')\\</script\\> \\| \\`a\\` \\[b\\](c) ::error::\\&amp;");
    free(html);
    free(xml);
    free(md);
}
END_TEST

START_TEST(a_name_is_no_formula_in_a_spreadsheet)
{
    char *csv = text_of(hostile, "csv");
    expect_in(csv, "\n\"'=1+1,\"\"x\"\" <script>");
    free(csv);
}
END_TEST

START_TEST(a_name_is_no_workflow_command)
{
    char *github = text_of(hostile, "github");
    expect_in(github, "a%2Cb%3A100%25 <i>'\"&;.json,line=5,col=12,title=requirement failed::p99 < 1us : ");
    ck_assert_uint_eq(count_of(github, "\n"), 3); /* one annotation, and the summing up */
    free(github);
}
END_TEST

START_TEST(a_csv_has_as_many_fields_in_every_line)
{
    char *csv = text_of("tests/golden/formats.json", "csv"), *line = strtok(csv, "\n");
    size_t fields = count_of(line, ",");
    size_t lines = 1;
    for (; (line = strtok(NULL, "\n")); lines++)
        ck_assert_uint_eq(count_of(line, ","), fields);
    ck_assert_uint_eq(lines, 1 + 2 * 3);
    free(csv);
}
END_TEST

/* ---- the summary of a job ---- */

START_TEST(github_appends_to_the_summary)
{
    char variable[600], summary[500];
    snprintf(summary, sizeof summary, "%s", scratch("summary.md"));
    write_file(summary, "before\n");
    snprintf(variable, sizeof variable, "GITHUB_STEP_SUMMARY=%s", summary);
    const char *const env[] = {variable, NULL};
    const char *const argv[] = {"run", "tests/golden/formats.json", "--out", "github", NULL};
    Ran ran = run_loopsim_with(&(Command){.argv = argv, .env = env});
    ck_assert_int_eq(ran.exit, 1);
    ran_free(&ran);
    char *text = read_file(summary, NULL);
    expect_in(text, "before\n### two handlers\n");
    expect_in(text, "| **FAILED** | node.report.p99 \\< 5ms |");
    free(text);
    snprintf(variable, sizeof variable, "GITHUB_STEP_SUMMARY=/no/such/directory/x");
    ran = run_loopsim_with(&(Command){.argv = argv, .env = env});
    ck_assert_int_eq(ran.exit, 4);
    expect_in(ran.err, "cannot write /no/such/directory/x: ");
    ran_free(&ran);
}
END_TEST

START_TEST(several_runs_have_intervals)
{
    static const char *const formats_of_runs[] = {"md", "html"};
    for (size_t i = 0; i < 2; i++) {
        Ran ran = run_loopsim("run", "tests/golden/formats.json", "--runs", "2", "--out", formats_of_runs[i], NULL);
        expect_in(ran.out, "2 runs; ± is half the width of a 95 % interval");
        expect_in(ran.out, strcmp(formats_of_runs[i], "md") == 0 ? " ±" : "<span class=\"soft\">±");
        expect_in(ran.out, "mean: ");
        expect_in(ran.out, "pair"); /* what pairing gains, or that it gains nothing */
        ran_free(&ran);
    }
}
END_TEST

/* The charts over time take nothing from JSON that stands beside them, and add nothing. */
START_TEST(charts_over_time_leave_json_alone)
{
    char page[500];
    Ran alone = run_loopsim("run", "tests/golden/formats.json", "--out", "json", NULL);
    snprintf(page, sizeof page, "html=%s", scratch("page.html"));
    Ran beside = run_loopsim("run", "tests/golden/formats.json", "--out", "json", "--out", page, NULL);
    ck_assert_str_eq(alone.out, beside.out);
    ran_free(&alone);
    ran_free(&beside);
    char *html = read_file(page + strlen("html="), NULL);
    expect_in(html, "Over time");
    free(html);
}
END_TEST

START_TEST(a_program_has_no_figures)
{
    const char *path = scratch("program.json");
    write_file(path, "{\"main\": [\"a\"]}\n");
    for (size_t i = 0; i < FORMATS_TESTED; i++) {
        Ran ran = run_loopsim("run", path, "--out", formats[i], NULL);
        ck_assert_int_eq(ran.exit, 2);
        expect_in(ran.err, "not available for a program\nhelp: text or json");
        ran_free(&ran);
    }
}
END_TEST

/* ---- each escape by itself ---- */

static void expect_escaped(void (*escape)(Buf *, const char *), const char *text, const char *escaped)
{
    Mem *mem = mem_new(1 << 20);
    MemTrap trap;
    if (!mem_try(mem, &trap))
        ck_abort_msg("out of memory");
    Buf buf;
    buf_init(&buf, mem, 1 << 16);
    escape(&buf, text);
    ck_assert_str_eq(buf_string(&buf), escaped);
    mem_end_try(mem, &trap);
    mem_delete(mem);
}

START_TEST(escapes)
{
    expect_escaped(escape_markup, "a<b>&\"'\n\t\001\x7f",
                   "a&lt;b&gt;&amp;&quot;&#39;&#10;&#9;\xef\xbf\xbd\xef\xbf\xbd");
    expect_escaped(escape_markup,
                   "\xff"
                   "\xc3\xa9\xef\xbf\xbe",
                   "\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd");
    expect_escaped(escape_csv, "plain", "plain");
    expect_escaped(escape_csv, "a,b", "\"a,b\"");
    expect_escaped(escape_csv, "a\"b\nc", "\"a\"\"b\nc\"");
    expect_escaped(escape_csv, "@x", "'@x");
    expect_escaped(escape_csv, "-1,2", "\"'-1,2\"");
    expect_escaped(escape_markdown, "a_b*c|d\\e\nf", "a\\_b\\*c\\|d\\\\e f");
    expect_escaped(escape_command, "100%\r\n::x", "100%25%0D%0A::x");
    expect_escaped(escape_property, "a:b,c%", "a%3Ab%2Cc%25");
    expect_escaped(escape_shell, "a/b.json", "a/b.json");
    expect_escaped(escape_shell, "", "''");
    expect_escaped(escape_shell, "it's \xc3\xa9", "'it'\\''s \xc3\xa9'");
    expect_escaped(escape_shell, "\033[1m", "'\\x1b[1m'");
}
END_TEST

Suite *formats_suite(void)
{
    Suite *suite = suite_create("formats");
    TCase *same = tcase_create("golden"), *markup = tcase_create("markup"), *foreign = tcase_create("hostile");
    tcase_add_loop_test(same, formats_are_golden, 0, FORMATS_TESTED);
    tcase_add_test(same, a_csv_has_as_many_fields_in_every_line);
    tcase_add_test(markup, markup_is_well_formed);
    tcase_add_test(markup, the_checker_of_markup_sees_what_is_wrong);
    tcase_add_test(markup, html_needs_nothing_from_elsewhere);
    tcase_add_test(markup, every_chart_has_its_figures);
    tcase_add_checked_fixture(foreign, write_hostile, scratch_remove);
    tcase_add_test(foreign, html_stays_small);
    tcase_add_test(foreign, hostile_names_stay_text);
    tcase_add_test(foreign, a_name_is_no_formula_in_a_spreadsheet);
    tcase_add_test(foreign, a_name_is_no_workflow_command);
    tcase_add_test(foreign, github_appends_to_the_summary);
    tcase_add_test(foreign, several_runs_have_intervals);
    tcase_add_test(foreign, charts_over_time_leave_json_alone);
    tcase_add_test(foreign, a_program_has_no_figures);
    tcase_add_test(foreign, escapes);
    suite_add_tcase(suite, same);
    suite_add_tcase(suite, markup);
    suite_add_tcase(suite, foreign);
    return suite;
}
