/* The schemas: all that loopsim reads and writes is valid, and what is plainly wrong is not. */
#include "command.h"
#include "schema_check.h"

#include "../model/spec/diag.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *schema_suite(void);

static Mem *mem;
static const Json *spec_schema, *results_schema, *cost_schema;

static const Json *read_json(const char *name, const char *text)
{
    Diag *diag = mem_get(mem, sizeof *diag);
    diag_init(diag, mem);
    const Json *json =
        json_read(mem, (JsonPlace){name, 1, 1, 0, 0}, mem_copy(mem, text, strlen(text)), strlen(text), diag);
    ck_assert_msg(json != NULL, "%s is not JSON: %s", name, diag->count > 0 ? diag->entry[0].what : "");
    return json;
}

static const Json *schema_of(const char *name)
{
    Ran ran = run_loopsim("schema", name, NULL);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_str_eq(ran.err, "");
    const Json *json = read_json(name, ran.out);
    ran_free(&ran);
    return json;
}

static void set_up(void)
{
    mem = mem_new((size_t)512 << 20);
    spec_schema = schema_of("spec");
    results_schema = schema_of("results");
    cost_schema = schema_of("cost");
}

static void tear_down(void)
{
    mem_delete(mem);
    scratch_remove();
}

static void expect_valid(const Json *schema, const char *name, const char *text)
{
    const char *wrong = schema_wrong(mem, schema, read_json(name, text));
    ck_assert_msg(!wrong, "%s: %s", name, wrong);
}

static void expect_files_valid(const char *pattern, bool only_some)
{
    glob_t files;
    ck_assert_msg(glob(pattern, 0, NULL, &files) == 0 || only_some, "no %s", pattern);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char *text = read_file(files.gl_pathv[i], NULL);
        expect_valid(spec_schema, files.gl_pathv[i], text);
        free(text);
    }
    globfree(&files);
}

START_TEST(every_example_is_valid)
{
    expect_files_valid("examples/*.json", false);
    expect_files_valid("examples/*/*.json", true);
    expect_files_valid("tests/conformance/programs/*.json", true);
    expect_files_valid("tests/golden/*.json", false);
}
END_TEST

START_TEST(every_template_is_valid)
{
    Ran list = run_loopsim("init", NULL);
    int count = 0;
    for (char *line = strtok(list.out, "\n"); line; line = strtok(NULL, "\n")) {
        char name[40];
        if (strncmp(line, "  ", 2) != 0 || sscanf(line, " %39s", name) != 1)
            continue;
        Ran ran = run_loopsim("init", name, NULL);
        expect_valid(spec_schema, name, ran.out);
        ran_free(&ran);
        count++;
    }
    ck_assert_int_ge(count, 3);
    ran_free(&list);
}
END_TEST

/* What is wrong of itself, not for what stands elsewhere, in the files of tests/bad. */
START_TEST(what_is_plainly_wrong_is_not_valid)
{
    static const char *const bad[] = {"workload.unknown",     "workload.handlers.missing",
                                      "machine.cores.text",   "machine.cores.large",
                                      "machine.scheduler",    "machine.unknown",
                                      "resource.latency",     "resource.error_rate",
                                      "server.model.missing", "server.backlog",
                                      "distribution.unknown", "distribution.two",
                                      "distribution.unit",    "arrivals.poisson.unit",
                                      "arrivals.unknown",     "workload.seed.negative",
                                      "network.bandwidth",    "workload.duration.unit",
                                      "program.unknown",      "program.order",
                                      "machine.memory.unit"};
    char path[100];
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        snprintf(path, sizeof path, "tests/bad/%s.json", bad[i]);
        char *text = read_file(path, NULL);
        ck_assert_msg(text != NULL, "no %s", path);
        ck_assert_msg(schema_wrong(mem, spec_schema, read_json(path, text)) != NULL, "%s passes", path);
        free(text);
    }
}
END_TEST

static void expect_results_valid(const char *const argv[])
{
    Ran ran = run_loopsim_with(&(Command){.argv = argv});
    ck_assert_msg(ran.out_size > 0, "no results: %s", ran.err);
    expect_valid(results_schema, argv[1], ran.out);
    ran_free(&ran);
}

#define RESULTS(...) expect_results_valid((const char *const[]){"run", __VA_ARGS__, "--out", "json", NULL})

START_TEST(results_are_valid)
{
    glob_t files;
    ck_assert_int_eq(glob("examples/*.json", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        RESULTS(files.gl_pathv[i], "--max-events", "20000");
    globfree(&files);
    RESULTS("tests/golden/formats.json", "--runs", "3");
    RESULTS("tests/golden/formats.json", "--only", "node", "--percentiles", "99.999");
}
END_TEST

/* Each example in each way to run it; short, for there are many. */
START_TEST(every_example_is_valid_in_every_mode)
{
    glob_t files;
    ck_assert_int_eq(glob("examples/*.json", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *file = files.gl_pathv[i];
        RESULTS(file, "--max-events", "4000", "--runs", "2");
        RESULTS(file, "--max-events", "4000", "--series", "100ms", "--percentiles", "50,99.99");
        expect_results_valid((const char *const[]){"sweep", file, "--vary", "machine.cores=1,2", "--max-events", "2000",
                                                   "--runs", "2", "--out", "json", NULL});
    }
    globfree(&files);
}
END_TEST

START_TEST(a_sweep_and_its_parts_are_valid)
{
#define SWEEP "sweep", "tests/golden/formats.json", "--vary", "arrivals.poisson=100/s..700/s:200/s", "--out", "json"
    expect_results_valid((const char *const[]){SWEEP, NULL});
    expect_results_valid((const char *const[]){SWEEP, "--shard", "1/2", NULL});
    expect_results_valid((const char *const[]){SWEEP, "--require", "p99 < 1ms", NULL});
    ck_assert_ptr_nonnull(schema_wrong(mem, results_schema, read_json("more", "{\"points\": [], \"more\": 1}")));
}
END_TEST

START_TEST(results_of_a_program_are_valid)
{
    const char *path = scratch("program.json");
    write_file(path, "{\"main\": [\"a\", {\"setTimeout\": [\"b\"], \"ms\": 3}]}\n");
    RESULTS(path);
}
END_TEST

START_TEST(results_with_a_key_more_are_not_valid)
{
    ck_assert_ptr_nonnull(schema_wrong(mem, results_schema, read_json("more", "{\"loopsim\": \"1\", \"more\": 1}")));
    ck_assert_ptr_nonnull(schema_wrong(mem, results_schema, read_json("none", "{}")));
}
END_TEST

START_TEST(a_cost_table_is_valid)
{
    expect_valid(cost_schema, "a cost table", "{\"name\": \"mine\", \"costs\": {\"switch\": \"2us\"}}");
    ck_assert_ptr_nonnull(schema_wrong(mem, cost_schema, read_json("wrong", "{\"costs\": {\"switch\": 2}}")));
    ck_assert_ptr_nonnull(schema_wrong(mem, cost_schema, read_json("wrong", "{\"costs\": {\"swich\": \"2us\"}}")));
}
END_TEST

START_TEST(there_is_no_other_schema)
{
    Ran ran = run_loopsim("schema", "specs", NULL);
    ck_assert_int_eq(ran.exit, 2);
    ck_assert_ptr_nonnull(strstr(ran.err, "there is no schema 'specs'"));
    ran_free(&ran);
}
END_TEST

Suite *schema_suite(void)
{
    Suite *suite = suite_create("schema");
    TCase *all = tcase_create("schema");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, every_example_is_valid);
    tcase_add_test(all, every_template_is_valid);
    tcase_add_test(all, what_is_plainly_wrong_is_not_valid);
    tcase_add_test(all, results_are_valid);
    tcase_add_test(all, every_example_is_valid_in_every_mode);
    tcase_add_test(all, a_sweep_and_its_parts_are_valid);
    tcase_add_test(all, results_of_a_program_are_valid);
    tcase_add_test(all, results_with_a_key_more_are_not_valid);
    tcase_add_test(all, a_cost_table_is_valid);
    tcase_add_test(all, there_is_no_other_schema);
    suite_add_tcase(suite, all);
    return suite;
}
