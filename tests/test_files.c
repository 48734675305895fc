/* What a spec names besides itself: arrivals from a file, and a cost table as `calibrate` writes it. */
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *files_suite(void);

static char path[512];

/* A spec in the scratch directory, beside the file that it names. */
static const char *written(const char *machine, const char *arrivals)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"duration\": \"10s\", \"machine\": {%s},\n"
             " \"handlers\": {\"get\": [{\"cpu\": \"1ms\"}], \"put\": [{\"cpu\": \"2ms\"}]},\n"
             " \"arrivals\": {%s, \"mix\": {\"get\": 1}},\n"
             " \"servers\": {\"it\": {\"model\": \"event-loop\"}}}",
             machine, arrivals);
    strcpy(path, scratch("spec.json"));
    write_file(path, text);
    return path;
}

static char *results(const char *spec)
{
    Ran ran = run_loopsim("run", "--out", "json", spec, NULL);
    ck_assert_msg(ran.exit == 0, "exit %d: %s", ran.exit, ran.err);
    free(ran.err);
    return ran.out;
}

/* The first value of this key after the first `from`. */
static const char *value(const char *text, const char *from, const char *key)
{
    static char found[64];
    const char *at = strstr(text, from);
    at = at ? strstr(at, key) : NULL;
    ck_assert_msg(at != NULL, "no %s after %s in %s", key, from, text);
    snprintf(found, sizeof found, "%.40s", at + strlen(key));
    found[strcspn(found, ",}\n")] = '\0';
    return found;
}

static void arrivals_are(const char *lines)
{
    char file[512];
    strcpy(file, scratch("arrivals.csv"));
    write_file(file, lines);
}

static const char from_file[] = "\"file\": \"arrivals.csv\"";

START_TEST(arrivals_come_from_a_file)
{
    arrivals_are("seconds,handler\n# by hand, not in order\n3.5,put\n\n0.25,get\r\n  1 , put \n1.000000001\n11,get\n");
    char *text = results(written("\"profile\": \"ideal\"", from_file));
    ck_assert_str_eq(value(text, "\"requests\"", "\"completed\": "), "4"); /* the one at 11 s is after the end */
    ck_assert_str_eq(value(text, "\"get\": {", "\"completed\": "), "2");
    ck_assert_str_eq(value(text, "\"put\": {", "\"completed\": "), "2");
    /* At 1 s a put of 2 ms, 1 ns later a get that waits for it. */
    ck_assert_str_eq(value(text, "\"get\": {", "\"max\": "), "2999999");
    free(text);
}
END_TEST

START_TEST(without_a_duration_a_file_ends_by_itself)
{
    arrivals_are("0.5\n1.5\n");
    char text[512];
    snprintf(text, sizeof text, "{\"handlers\": {\"get\": [{\"cpu\": \"1ms\"}]}, \"arrivals\": {%s}}", from_file);
    strcpy(path, scratch("spec.json"));
    write_file(path, text);
    Ran ran = run_loopsim("run", "--out", "json", "--set", "machine.profile=ideal", path, NULL);
    ck_assert_msg(ran.exit == 0, "%s", ran.err);
    ck_assert_str_eq(value(ran.out, "\"end\"", ": "), "\"drained\"");
    ck_assert_str_eq(value(ran.out, "\"simulated_ns\"", ": "), "1501000000");
    ran_free(&ran);
}
END_TEST

static void digest_of(char digest[64], const char *spec)
{
    char *text = results(spec);
    snprintf(digest, 64, "%s", value(text, "\"spec\"", "\"digest\": "));
    free(text);
}

START_TEST(the_digest_of_a_spec_covers_its_arrivals)
{
    char one[64], same[64], other[64], handler[64];
    const char *spec = written("\"profile\": \"ideal\"", from_file);
    arrivals_are("1\n2\n");
    digest_of(one, spec);
    arrivals_are("# the same, written differently\n2.0\n1\n");
    digest_of(same, spec);
    arrivals_are("1\n2.000000001\n");
    digest_of(other, spec);
    arrivals_are("1\n2,put\n");
    digest_of(handler, spec);
    ck_assert_str_eq(one, same);
    ck_assert_str_ne(one, other);
    ck_assert_str_ne(one, handler);
}
END_TEST

/* tests/data/calibrated.json is what `loopsim calibrate` wrote on a machine. */
START_TEST(a_calibrated_table_is_a_profile)
{
    static const char machine[] = "\"profile\": \"costs.json\"", every[] = "\"every\": \"1s\", \"count\": 3";
    char file[512], before[64], after[64];
    char *table = read_file("tests/data/calibrated.json", NULL);
    ck_assert_msg(table != NULL, "tests/data/calibrated.json is not there");
    strcpy(file, scratch("costs.json"));
    write_file(file, table);
    const char *spec = written(machine, every);
    Ran ran = run_loopsim("check", "--print", spec, NULL);
    ck_assert_msg(ran.exit == 0 && strstr(ran.out, "2541ns") != NULL, "%s%s", ran.out, ran.err);
    ran_free(&ran);
    char *text = results(spec);
    /* accept 1159, watch 695 and poll, read 785, write 2541, three callbacks 31 and so on: not nothing */
    ck_assert_int_gt(atoi(value(text, "\"time_ns\"", "\"overhead\": ")), 785 + 2541);
    free(text);
    digest_of(before, spec);
    strstr(table, "2541ns")[0] = '3';
    write_file(file, table);
    digest_of(after, spec);
    ck_assert_str_ne(before, after);
    free(table);
}
END_TEST

/* Files that a spec names stand beside it, or where they say. */
START_TEST(a_spec_names_files_beside_it_or_anywhere)
{
    static const char begin[] =
        "{\"duration\":\"1s\",\"handlers\":{\"get\":[{\"cpu\":\"1ms\"}]},\"arrivals\":{\"file\":\"";
    char spec[700], arrivals[512], file[512], *slash;
    snprintf(arrivals, sizeof arrivals, "%s", scratch("arrivals.csv"));
    snprintf(file, sizeof file, "%s", scratch("spec.json"));
    write_file(arrivals, "0.5\n");
    for (int anywhere = 0; anywhere < 2; anywhere++) {
        snprintf(spec, sizeof spec, "%s%s\"}}", begin, anywhere ? arrivals : "arrivals.csv");
        write_file(file, spec);
        Ran ran = run_loopsim("check", file, NULL);
        ck_assert_msg(ran.exit == 0, "%s", ran.err);
        ran_free(&ran);
    }
    slash = strrchr(arrivals, '/');
    snprintf(slash, 12, "/none.csv");
    snprintf(spec, sizeof spec, "%s%s\"}}", begin, arrivals);
    Ran ran = run_loopsim_with(&(Command){.argv = (const char *const[]){"check", "-", NULL}, .input = spec});
    ck_assert_int_eq(ran.exit, 3);
    ck_assert_msg(strstr(ran.err, "stdin:1:") != NULL, "%s", ran.err);
    ck_assert_msg(strstr(ran.err, "No such file or directory") != NULL, "%s", ran.err);
    ran_free(&ran);
}
END_TEST

/* What the system does not give within 64 MiB is no spec. */
START_TEST(what_never_ends_is_not_read)
{
    Ran ran = run_loopsim("check", "/dev/zero", NULL);
    ck_assert_int_eq(ran.exit, 4);
    ck_assert_msg(strstr(ran.err, "cannot read /dev/zero: larger than 64 MiB") != NULL, "%s", ran.err);
    ran_free(&ran);
    ran = run_loopsim("check", "/proc/self/mem", NULL);
    ck_assert_int_eq(ran.exit, 4);
    ck_assert_msg(strstr(ran.err, "cannot read /proc/self/mem: ") != NULL, "%s", ran.err);
    ran_free(&ran);
}
END_TEST

Suite *files_suite(void)
{
    Suite *suite = suite_create("files");
    TCase *tests = tcase_create("files");
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, arrivals_come_from_a_file);
    tcase_add_test(tests, without_a_duration_a_file_ends_by_itself);
    tcase_add_test(tests, the_digest_of_a_spec_covers_its_arrivals);
    tcase_add_test(tests, a_calibrated_table_is_a_profile);
    tcase_add_test(tests, a_spec_names_files_beside_it_or_anywhere);
    tcase_add_test(tests, what_never_ends_is_not_read);
    suite_add_tcase(suite, tests);
    return suite;
}
