/* Broken specs: tests/bad/NAME.json, and beside each NAME.err, what is said about it, to the letter. Each row of each
 * table of keys has at least one, named TABLE.KEY….json. GOLDEN=1 in the environment writes the .err files anew (read
 * the difference!). */
#include "../model/servers/server.h"
#include "../model/spec/spec.h"
#include "command.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *bad_suite(void);

static const char *read_beside(void *context, Mem *mem, const char *path, size_t *size, const char **error)
{
    char full[300];
    snprintf(full, sizeof full, "%s/%s", (const char *)context, path);
    char *bytes = read_file(full, size);
    if (!bytes) {
        *error = "no such file";
        return NULL;
    }
    const char *copy = mem_copy(mem, bytes, *size);
    free(bytes);
    return copy;
}

/* What is said of one spec, or NULL where it is accepted. */
static char *complaints(const char *path)
{
    size_t size;
    char *text = read_file(path, &size), *said = NULL;
    char context[] = "tests/bad";
    Mem *mem = mem_new((size_t)64 << 20);
    MemTrap trap;
    ck_assert_ptr_nonnull(text);
    if (!mem_try(mem, &trap))
        ck_abort_msg("%s: out of memory", path);
    Diag diag;
    diag_init(&diag, mem);
    SpecOptions options = {.read_file = read_beside, .context = context};
    Spec *spec = spec_read(mem, (SpecText){path, text, size}, &options, &diag);
    ck_assert_msg((spec == NULL) == (diag.errors > 0), "%s: a spec or errors", path);
    if (!spec) {
        Buf out;
        buf_init(&out, mem, 1 << 20);
        diag_render(&out, &diag);
        said = strdup(buf_string(&out));
    }
    mem_end_try(mem, &trap);
    mem_delete(mem);
    free(text);
    return said;
}

static void err_path(char *err, size_t room, const char *json)
{
    snprintf(err, room, "%.*s.err", (int)(strlen(json) - strlen(".json")), json);
}

START_TEST(each_broken_spec_is_refused_with_the_expected_words)
{
    glob_t files;
    int wrong = 0;
    ck_assert_int_eq(glob("tests/bad/*.json", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char err[300];
        char *said = complaints(files.gl_pathv[i]);
        err_path(err, sizeof err, files.gl_pathv[i]);
        if (getenv("GOLDEN") && said)
            write_file(err, said);
        char *expected = read_file(err, NULL);
        if (!said || !expected || strcmp(said, expected) != 0) {
            printf("%s: expected\n%s\nbut it says\n%s\n", files.gl_pathv[i], expected ? expected : "(no .err file)",
                   said ? said : "(nothing)");
            wrong++;
        }
        free(said);
        free(expected);
    }
    globfree(&files);
    ck_assert_msg(wrong == 0, "%d specs of tests/bad are not refused as expected", wrong);
}
END_TEST

/* A table's name as file names have it: without the article and the quotes, - for spaces. */
static void slug(char *to, size_t room, const char *name)
{
    size_t n = 0;
    if (strncmp(name, "a ", 2) == 0)
        name += 2;
    else if (strncmp(name, "an ", 3) == 0)
        name += 3;
    for (; *name && n + 1 < room; name++) {
        if (*name != '"' && *name != '$')
            to[n++] = *name == ' ' ? '-' : *name >= 'A' && *name <= 'Z' ? (char)(*name + 32) : *name;
    }
    to[n] = '\0';
}

static int missing_in(const KeyTable *table)
{
    char name[100], key[100], pattern[300];
    int missing = 0;
    slug(name, sizeof name, table->name);
    for (const Key *row = table->keys; row->name; row++) {
        glob_t files;
        slug(key, sizeof key, row->name);
        snprintf(pattern, sizeof pattern, "tests/bad/%s.%s.*json", name, key);
        if (glob(pattern, 0, NULL, &files) != 0) {
            printf("no %s: a broken spec is missing\n", pattern);
            missing++;
        } else {
            globfree(&files);
        }
        if (row->table)
            missing += missing_in(row->table);
        ck_assert_msg(row->about != NULL, "%s.%s says nothing about itself", table->name, row->name);
    }
    return missing;
}

START_TEST(each_row_of_each_table_has_a_broken_spec)
{
    int missing = 0;
    for (size_t i = 0; spec_tables[i]; i++)
        missing += missing_in(spec_tables[i]);
    for (size_t i = 0; server_models[i]; i++)
        missing += missing_in(server_models[i]->keys);
    ck_assert_msg(missing == 0, "%d rows have no broken spec in tests/bad", missing);
}
END_TEST

START_TEST(each_expected_text_has_its_spec_and_a_help_line_an_error)
{
    glob_t files;
    ck_assert_int_eq(glob("tests/bad/*.err", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char json[300];
        snprintf(json, sizeof json, "%.*s.json", (int)(strlen(files.gl_pathv[i]) - strlen(".err")), files.gl_pathv[i]);
        ck_assert_msg(file_exists(json), "%s has no spec", files.gl_pathv[i]);
        char *text = read_file(files.gl_pathv[i], NULL);
        int errors = 0, helps = 0;
        for (const char *at = text; (at = strstr(at, ": error: ")); at++)
            errors++;
        for (const char *at = text; (at = strstr(at, "\nhelp: ")); at++)
            helps++;
        ck_assert_msg(helps == errors, "%s: an error without a help line", files.gl_pathv[i]);
        ck_assert_int_ge(errors, 1);
        ck_assert_int_le(errors, 20);
        for (const char *c = text; *c; c++)
            ck_assert_msg((unsigned char)*c >= 0x20 || *c == '\n', "%s: a control character", files.gl_pathv[i]);
        free(text);
    }
    globfree(&files);
}
END_TEST

/* What `check` says of steps: tests/bad/check/NAME.json, and NAME.err beside it. */
START_TEST(each_broken_step_is_refused_with_the_expected_words)
{
    glob_t files;
    int wrong = 0;
    ck_assert_int_eq(glob("tests/bad/check/*.json", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char err[300];
        Ran ran = run_loopsim("check", files.gl_pathv[i], NULL);
        err_path(err, sizeof err, files.gl_pathv[i]);
        if (getenv("GOLDEN"))
            write_file(err, ran.err);
        char *expected = read_file(err, NULL);
        if (ran.exit != 3 || ran.out_size > 0 || !expected || strcmp(ran.err, expected) != 0) {
            printf("%s: expected\n%s\nbut it ends with %d and says\n%s%s\n", files.gl_pathv[i],
                   expected ? expected : "(no .err file)", ran.exit, ran.out, ran.err);
            wrong++;
        }
        ran_free(&ran);
        free(expected);
    }
    globfree(&files);
    ck_assert_msg(wrong == 0, "%d specs of tests/bad/check are not refused as expected", wrong);
}
END_TEST

Suite *bad_suite(void)
{
    Suite *suite = suite_create("bad");
    TCase *tcase = tcase_create("broken specs");
    tcase_add_test(tcase, each_broken_spec_is_refused_with_the_expected_words);
    tcase_add_test(tcase, each_broken_step_is_refused_with_the_expected_words);
    tcase_add_test(tcase, each_row_of_each_table_has_a_broken_spec);
    tcase_add_test(tcase, each_expected_text_has_its_spec_and_a_help_line_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
