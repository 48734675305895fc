/* docs/semantics.md: the programs that it names and the files that it points to exist, and so does every section that a
 * comment in the code cites as `semantics.md, 4.1`. */
#include "command.h"

#include <check.h>
#include <ctype.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text;

static void set_up(void)
{
    text = read_file("docs/semantics.md", NULL);
}

static void tear_down(void)
{
    free(text);
}

static bool exists(const char *pattern)
{
    glob_t files;
    bool found = glob(pattern, 0, NULL, &files) == 0;
    globfree(&files);
    return found;
}

START_TEST(the_programs_that_it_names_exist)
{
    int count = 0;
    for (const char *at = text; (at = strchr(at, '`')); at++) {
        size_t word = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz");
        const char *number = at + 1 + word;
        if (word < 3 || number[0] != '-' || !isdigit((unsigned char)number[1]) || !isdigit((unsigned char)number[2]) ||
            number[3] != '`')
            continue;
        char pattern[100];
        snprintf(pattern, sizeof pattern, "tests/conformance/%.*s-*.json", (int)word + 3, at + 1);
        ck_assert_msg(exists(pattern), "docs/semantics.md names %.*s", (int)word + 3, at + 1);
        count++;
    }
    ck_assert_int_ge(count, 60);
}
END_TEST

START_TEST(the_files_that_it_names_exist)
{
    char file[100];
    for (const char *at = text; (at = strstr(at, "`model/")); at++) {
        snprintf(file, sizeof file, "%.*s", (int)strcspn(at + 1, "`"), at + 1);
        ck_assert_msg(file_exists(file), "docs/semantics.md names %s", file);
    }
}
END_TEST

static bool has_section(const char *number, size_t size)
{
    char heading[40];
    snprintf(heading, sizeof heading, "\n##%s %.*s%s ", memchr(number, '.', size) ? "#" : "", (int)size, number,
             memchr(number, '.', size) ? "" : ".");
    return strstr(text, heading) != NULL;
}

/* The numbers after `semantics.md, `, as in "semantics.md, 3.3 and 4" or "7, 8 and 12". */
static int check_citation(const char *path, const char *at)
{
    int count = 0;
    for (;;) {
        at += strspn(at, " ,");
        if (strncmp(at, "sections ", 9) == 0 || strncmp(at, "section ", 8) == 0)
            at += strcspn(at, " ") + 1;
        if (strncmp(at, "and ", 4) == 0 || strncmp(at, "to ", 3) == 0)
            at += strcspn(at, " ") + 1;
        size_t size = strspn(at, "0123456789.");
        while (size > 0 && at[size - 1] == '.')
            size--;
        if (size == 0)
            return count;
        ck_assert_msg(has_section(at, size), "%s cites semantics.md, %.*s", path, (int)size, at);
        at += size;
        count++;
    }
}

START_TEST(the_sections_that_the_code_cites_exist)
{
    glob_t files;
    int count = 0;
    ck_assert_int_eq(glob("model/*/*.[ch]", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char *code = read_file(files.gl_pathv[i], NULL);
        for (const char *at = code; (at = strstr(at, "semantics.md")); at++)
            count += check_citation(files.gl_pathv[i], at + strlen("semantics.md"));
        free(code);
    }
    globfree(&files);
    ck_assert_int_ge(count, 15);
}
END_TEST

Suite *semantics_suite(void);
Suite *semantics_suite(void)
{
    Suite *suite = suite_create("semantics");
    TCase *tests = tcase_create("semantics");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_programs_that_it_names_exist);
    tcase_add_test(tests, the_files_that_it_names_exist);
    tcase_add_test(tests, the_sections_that_the_code_cites_exist);
    suite_add_tcase(suite, tests);
    return suite;
}
