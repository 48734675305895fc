/* The documents: what they name exists, what they show happens, and what is made from tables is up to date. */
#include "command.h"

#include <check.h>
#include <ctype.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Suite *docs_suite(void);

enum { HELP_MOST = 200000, WORD = 60 };

static char help[HELP_MOST]; /* of loopsim and of every command */
static glob_t docs;

static char *said(const char *a, const char *b)
{
    Ran ran = run_loopsim(a, b, NULL);
    ck_assert_msg(ran.exit == 0, "loopsim %s %s: %s", a, b ? b : "", ran.err);
    char *text = strdup(ran.out);
    ran_free(&ran);
    return text;
}

static bool is_command(const char *word)
{
    char line[WORD + 8];
    snprintf(line, sizeof line, "\n  %s ", word);
    return strstr(help, line) != NULL;
}

static void set_up(void)
{
    char *overview = said("--help", NULL), word[WORD];
    snprintf(help, sizeof help, "%s", overview);
    for (const char *line = overview; (line = strstr(line, "\n  ")); line++) {
        if (sscanf(line, " %59s", word) != 1 || line[3] == ' ' || strcmp(word, "loopsim") == 0)
            continue;
        Ran ran = run_loopsim(word, "--help", NULL);
        size_t used = strlen(help);
        snprintf(help + used, sizeof help - used, "%s", ran.out);
        ran_free(&ran);
    }
    free(overview);
    ck_assert_int_eq(glob("docs/*.md", 0, NULL, &docs), 0);
    glob("README.md", GLOB_APPEND, NULL, &docs);
    glob("action.yml", GLOB_APPEND, NULL, &docs);
}

static void tear_down(void)
{
    globfree(&docs);
    scratch_remove();
}

static void each_doc(void (*look)(const char *path, const char *text))
{
    for (size_t i = 0; i < docs.gl_pathc; i++) {
        char *text = read_file(docs.gl_pathv[i], NULL);
        look(docs.gl_pathv[i], text);
        free(text);
    }
}

static size_t word_length(const char *s)
{
    return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

/* ---- what is named exists ---- */

static bool has_flag(const char *flag, size_t size)
{
    for (const char *at = help; (at = strstr(at, "--")); at++)
        if (strncmp(at, flag, size) == 0 && word_length(at + size) == 0)
            return true;
    return false;
}

/* Of the tools that docs/scale.md uses: Slurm's sbatch, GNU parallel. */
static bool is_of_others(const char *flag, size_t size)
{
    static const char *const others[] = {"--array", "--cpus-per-task", "--requeue", "--results", "--wait", "--wd"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strlen(others[i]) == size && strncmp(flag, others[i], size) == 0)
            return true;
    return false;
}

static void look_at_flags(const char *path, const char *text)
{
    for (const char *at = text; (at = strstr(at, "--")); at += 2 + word_length(at + 2)) {
        bool starts = at == text || strchr(" `(\n", at[-1]) != NULL;
        size_t size = 2 + word_length(at + 2);
        if (starts && islower((unsigned char)at[2]))
            ck_assert_msg(has_flag(at, size) || is_of_others(at, size), "%s names %.*s, and there is no such option",
                          path, (int)size, at);
    }
}

static void look_at_commands(const char *path, const char *text)
{
    char word[WORD];
    for (const char *at = text; (at = strstr(at, "loopsim ")); at++) {
        bool code = at == text || at[-1] == '`' || (at - text > 4 && strncmp(at - 4, "    ", 4) == 0);
        size_t size = word_length(at + 8);
        if (!code || size == 0 || size >= WORD || at[8] == '-')
            continue;
        snprintf(word, sizeof word, "%.*s", (int)size, at + 8);
        ck_assert_msg(is_command(word), "%s names the command '%s'", path, word);
    }
}

static void look_at_files(const char *path, const char *text)
{
    char file[200];
    for (const char *at = text; (at = strstr(at, "](")); at++) {
        size_t size = strcspn(at + 2, ")#");
        if (size == 0 || size > 150 || strncmp(at + 2, "http", 4) == 0)
            continue;
        snprintf(file, sizeof file, "%s%.*s", strncmp(path, "docs/", 5) == 0 ? "docs/" : "", (int)size, at + 2);
        ck_assert_msg(file_exists(file), "%s links to %s", path, file);
    }
    for (const char *at = text; (at = strstr(at, "examples/")); at++) {
        size_t size = strcspn(at, " `)\n,;:");
        if (size < 6 || size > 150 || strncmp(at + size - 5, ".json", 5) != 0)
            continue;
        snprintf(file, sizeof file, "%.*s", (int)size, at);
        ck_assert_msg(file_exists(file), "%s names %s", path, file);
    }
}

START_TEST(every_option_that_is_named_exists)
{
    each_doc(look_at_flags);
}
END_TEST

START_TEST(every_command_that_is_named_exists)
{
    each_doc(look_at_commands);
}
END_TEST

START_TEST(every_file_that_is_named_exists)
{
    each_doc(look_at_files);
}
END_TEST

static bool is_in_sources(const char *pattern, const char *message)
{
    glob_t files;
    bool found = false;
    glob(pattern, 0, NULL, &files);
    for (size_t i = 0; i < files.gl_pathc && !found; i++) {
        char *text = read_file(files.gl_pathv[i], NULL);
        found = strstr(text, message) != NULL;
        free(text);
    }
    globfree(&files);
    return found;
}

START_TEST(every_message_that_is_named_exists)
{
    char *text = read_file("docs/errors.md", NULL), message[200];
    int count = 0;
    for (const char *at = strstr(text, "| message |"); (at = strstr(at, "\n| `")); at++, count++) {
        snprintf(message, sizeof message, "%.*s", (int)strcspn(at + 4, "`"), at + 4);
        ck_assert_msg(is_in_sources("cli/*.c", message) || is_in_sources("model/*/*.c", message), "'%s'", message);
    }
    ck_assert_int_ge(count, 5);
    free(text);
}
END_TEST

START_TEST(every_exit_code_is_told)
{
    char *text = read_file("docs/errors.md", NULL), row[20];
    static const int codes[] = {0, 1, 2, 3, 4, 5, 70, 130, 141};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        snprintf(row, sizeof row, "\n| %d | ", codes[i]);
        ck_assert_ptr_nonnull(strstr(text, row));
    }
    free(text);
}
END_TEST

/* ---- what is made from tables ---- */

START_TEST(the_reference_is_that_of_the_tables)
{
    char *made = said("reference", NULL), *kept = read_file("docs/spec-reference.md", NULL);
    ck_assert_msg(strcmp(made, kept) == 0, "docs/spec-reference.md is out of date: make reference");
    free(made);
    free(kept);
}
END_TEST

/* All options and commands of the help, in the manual page and in each completion. */
START_TEST(manual_and_completions_know_all_options)
{
    char *texts[] = {said("man", NULL), said("completion", "bash"), said("completion", "zsh"),
                     said("completion", "fish")};
    static const char *const dashes[] = {"\\-\\-", "--", "--", "-l "};
    for (const char *at = help; (at = strstr(at, "\n  --")); at++) {
        size_t size = word_length(at + 5);
        for (size_t i = 0; i < 4; i++) {
            char flag[2 * WORD], *to = flag;
            to += sprintf(to, "%s", dashes[i]);
            for (size_t k = 0; k < size; k++)
                to += sprintf(to, "%s%c", i == 0 && at[5 + k] == '-' ? "\\" : "", at[5 + k]);
            ck_assert_msg(strstr(texts[i], flag) != NULL, "%s is not in text %zu", flag, i);
        }
    }
    for (size_t i = 0; i < 4; i++)
        free(texts[i]);
}
END_TEST

START_TEST(the_manual_names_the_environment)
{
    char *man = said("man", NULL), name[WORD];
    glob_t files;
    ck_assert_int_eq(glob("cli/*.c", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char *text = read_file(files.gl_pathv[i], NULL);
        for (const char *at = text; (at = strstr(at, "getenv(\"")); at++) {
            snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 8, "\""), at + 8);
            ck_assert_msg(strstr(man, name) != NULL, "the manual does not name %s", name);
        }
        free(text);
    }
    globfree(&files);
    free(man);
}
END_TEST

START_TEST(bash_takes_its_completion)
{
    char *script = said("completion", "bash");
    const char *path = scratch("completion.bash");
    char ask[1200];
    write_file(path, script);
    free(script);
    snprintf(ask, sizeof ask,
             ". '%s'; COMP_WORDS=(loopsim run --out h); COMP_CWORD=3; _loopsim; echo \"${COMPREPLY[@]}\"; "
             "COMP_WORDS=(loopsim ini); COMP_CWORD=1; _loopsim; echo \"${COMPREPLY[@]}\"",
             path);
    Ran ran = run_program("bash", "-c", ask, NULL);
    if (ran.exit != 127) /* no bash here */
        ck_assert_str_eq(ran.out, "html\ninit\n");
    ran_free(&ran);
}
END_TEST

START_TEST(help_fits_a_screen)
{
    size_t lines = 0, width = 0;
    char *overview = said("--help", NULL);
    for (const char *at = overview; *at; at++) {
        lines += *at == '\n';
        width = *at == '\n' ? 0 : width + (((unsigned char)*at & 0xc0) != 0x80);
        ck_assert_uint_le(width, 100);
    }
    ck_assert_uint_le(lines, 40);
    free(overview);
}
END_TEST

/* ---- what is shown happens ---- */

/* The commands of the first five minutes, in a directory of their own. */
START_TEST(getting_started_works)
{
    char *text = read_file("docs/getting-started.md", NULL), script[8000], root[400];
    const char *named = getenv("LOOPSIM");
    ck_assert_ptr_nonnull(getcwd(root, sizeof root));
    char *place = strdup(scratch("here"));
    *strrchr(place, '/') = '\0';
    int used =
        snprintf(script, sizeof script, "root='%s'\nloopsim() { %s%s \"$@\" || [ $? = 1 ]; }\ncd '%s' || exit 99\n",
                 root, named || OBJECTS[0] == '/' ? "" : "\"$root\"/", named ? named : OBJECTS "/loopsim", place);
    for (const char *line = text; (line = strstr(line, "\n    loopsim ")); line++)
        used += snprintf(script + used, sizeof script - (size_t)used, "%.*s || exit 98\n", (int)strcspn(line + 5, "\n"),
                         line + 5);
    Ran ran = run_program("sh", "-c", script, NULL);
    ck_assert_msg(ran.exit == 0, "exit %d: %s%s\n%s", ran.exit, ran.out, ran.err, script);
    ran_free(&ran);
    free(place);
    free(text);
}
END_TEST

/* Each is worth running as it stands, and what it expects holds. */
START_TEST(every_template_runs)
{
    char *list = said("init", NULL), name[WORD], *saved = NULL;
    int count = 0;
    for (char *line = strtok_r(list, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved)) {
        if (strncmp(line, "  ", 2) != 0 || sscanf(line, " %59s", name) != 1)
            continue;
        char *spec = said("init", name);
        Ran ran = run_loopsim_with(&(Command){.argv = (const char *const[]){"run", "-", "-q", NULL}, .input = spec});
        ck_assert_msg(ran.exit == 0, "%s: exit %d: %s%s", name, ran.exit, ran.out, ran.err);
        ck_assert_str_eq(ran.err, "");
        ran_free(&ran);
        free(spec);
        count++;
    }
    ck_assert_int_eq(count, 7);
    free(list);
}
END_TEST

Suite *docs_suite(void)
{
    Suite *suite = suite_create("docs");
    TCase *all = tcase_create("docs");
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, every_option_that_is_named_exists);
    tcase_add_test(all, every_command_that_is_named_exists);
    tcase_add_test(all, every_file_that_is_named_exists);
    tcase_add_test(all, every_message_that_is_named_exists);
    tcase_add_test(all, every_exit_code_is_told);
    tcase_add_test(all, the_reference_is_that_of_the_tables);
    tcase_add_test(all, manual_and_completions_know_all_options);
    tcase_add_test(all, the_manual_names_the_environment);
    tcase_add_test(all, bash_takes_its_completion);
    tcase_add_test(all, help_fits_a_screen);
    tcase_add_test(all, getting_started_works);
    tcase_add_test(all, every_template_runs);
    suite_add_tcase(suite, all);
    return suite;
}
