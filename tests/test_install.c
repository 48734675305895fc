/* What `make install` puts where, and whether the shells and roff take it. A shell that is not installed here is said
 * and left out. */
#include "command.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *install_suite(void);

static bool has_program(const char *name)
{
    char ask[100];
    snprintf(ask, sizeof ask, "command -v %s", name);
    Ran ran = run_program("sh", "-c", ask, NULL);
    bool has = ran.exit == 0;
    if (!has)
        fprintf(stderr, "install: there is no %s here: what needs it is not tried\n", name);
    ran_free(&ran);
    return has;
}

static void expect_fine(const Ran *ran)
{
    ck_assert_msg(ran->exit == 0, "exit %d\n%s%s", ran->exit, ran->out, ran->err);
}

/* A file with what `loopsim a b` says. */
static void keep(const char *path, const char *a, const char *b)
{
    Ran ran = run_loopsim(a, b, NULL);
    expect_fine(&ran);
    write_file(path, ran.out);
    ran_free(&ran);
}

/* ---- make install ---- */

/* Of the variant under test, without building anything. */
static Ran make_target(const char *target, const char *place)
{
    char script[2000], objects[500];
    snprintf(objects, sizeof objects, "%s", OBJECTS);
    char *slash = strrchr(objects, '/');
    ck_assert_ptr_nonnull(slash);
    *slash = '\0';
    snprintf(script, sizeof script,
             "unset MAKEFLAGS MFLAGS MAKELEVEL; exec make -s -o all %s BUILD='%s' VARIANT='%s' DESTDIR='%s' "
             "PREFIX=/usr",
             target, objects, slash + 1, place);
    return run_program("sh", "-c", script, NULL);
}

static void expect_installed(const char *place, const char *name, const char *part)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/usr/%s", place, name);
    char *text = read_file(path, NULL);
    ck_assert_msg(text != NULL, "%s is missing", path);
    ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in %s", part, path);
    free(text);
}

START_TEST(everything_is_put_where_it_belongs)
{
    char place[600], path[700];
    if (getenv("LOOPSIM") || !has_program("make") || !has_program("install"))
        return;
    snprintf(place, sizeof place, "%s", scratch("a place"));
    *strrchr(place, ' ') = '-';
    Ran ran = make_target("install", place);
    expect_fine(&ran);
    ran_free(&ran);
    expect_installed(place, "share/man/man1/loopsim.1", ".TH LOOPSIM 1");
    expect_installed(place, "share/bash-completion/completions/loopsim", "complete ");
    expect_installed(place, "share/zsh/site-functions/_loopsim", "#compdef loopsim");
    expect_installed(place, "share/fish/vendor_completions.d/loopsim.fish", "complete -c loopsim");
    expect_installed(place, "share/doc/loopsim/README.md", "# loopsim");
    expect_installed(place, "share/doc/loopsim/LICENSE", "");
    expect_installed(place, "share/doc/loopsim/getting-started.md", "loopsim init api");
    expect_installed(place, "share/doc/loopsim/examples/blocked-loop.json", "\"servers\"");
    snprintf(path, sizeof path, "%s/usr/bin/loopsim", place);
    ran = run_program(path, "--version", NULL);
    expect_fine(&ran);
    ran_free(&ran);
    ran = make_target("uninstall", place);
    expect_fine(&ran);
    ran_free(&ran);
    ran = run_program("find", place, "-type", "f", NULL);
    ck_assert_str_eq(ran.out, "");
    ran_free(&ran);
}
END_TEST

/* ---- the manual page ---- */

START_TEST(roff_takes_the_manual_without_a_word)
{
    char path[600];
    snprintf(path, sizeof path, "%s", scratch("loopsim.1"));
    if (!has_program("groff"))
        return;
    keep(path, "man", NULL);
    Ran ran = run_program("groff", "-man", "-ww", "-Tutf8", path, NULL);
    expect_fine(&ran);
    ck_assert_str_eq(ran.err, "");
    ck_assert_uint_gt(ran.out_size, 4000);
    ran_free(&ran);
}
END_TEST

/* ---- completion, by the shells themselves ---- */

START_TEST(fish_completes)
{
    char path[600], ask[2000];
    snprintf(path, sizeof path, "%s", scratch("loopsim.fish"));
    if (!has_program("fish"))
        return;
    keep(path, "completion", "fish");
    snprintf(ask, sizeof ask,
             "source '%s'; complete -C 'loopsim ini'; complete -C 'loopsim run --out h'; "
             "complete -C 'loopsim sweep --var'; complete -C 'loopsim init slow'; complete -C 'loopsim schema co'",
             path);
    Ran ran = run_program("fish", "--no-config", "-c", ask, NULL);
    expect_fine(&ran);
    static const char *const begins[] = {"init", "html", "--vary", "slow-disk", "cost"};
    const char *line = ran.out;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        ck_assert_msg(strncmp(line, begins[i], strlen(begins[i])) == 0, "%s is not at '%s'", begins[i], line);
        line = strchr(line, '\n');
        ck_assert_ptr_nonnull(line);
        line++;
    }
    ck_assert_str_eq(line, "");
    ran_free(&ran);
}
END_TEST

/* In an interactive shell on a terminal of its own: a tab is typed, and the word is there. */
START_TEST(zsh_completes)
{
    static const char script[] = "zmodload zsh/zpty || exit 77\n"
                                 "export TERM=dumb HOME=${2:h}\n"
                                 "zpty z zsh -f -i\n"
                                 "zpty -w z \"PS1='> '; autoload -Uz compinit; compinit -u -D; source ${(q)2}; "
                                 "compdef _loopsim loopsim; print RE''ADY\"\n"
                                 "zpty -r z out $'*READY\\r\\n*' || exit 1\n"
                                 "zpty -w -n z $'loopsim run --out h\\t'\n"
                                 "zpty -r z out '*--out html*' || exit 2\n"
                                 "zpty -w -n z $'\\x15loopsim tra\\t'\n"
                                 "zpty -r z out '*trace-check*' || exit 3\n"
                                 "zpty -w -n z $'\\x15loopsim init slow\\t'\n"
                                 "zpty -r z out '*slow-disk*' || exit 4\n"
                                 "zpty -d z\n";
    char path[600], completion[600];
    snprintf(path, sizeof path, "%s", scratch("ask.zsh"));
    snprintf(completion, sizeof completion, "%s", scratch("_loopsim"));
    if (!has_program("zsh"))
        return;
    write_file(path, script);
    keep(completion, "completion", "zsh");
    Ran ran = run_program("timeout", "--foreground", "40", "zsh", "-f", path, "-", completion, NULL);
    ck_assert_msg(ran.exit == 0 || ran.exit == 77, "exit %d: %s%s", ran.exit, ran.out, ran.err);
    ran_free(&ran);
}
END_TEST

Suite *install_suite(void)
{
    Suite *suite = suite_create("install");
    TCase *all = tcase_create("install");
    tcase_add_checked_fixture(all, NULL, scratch_remove);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, everything_is_put_where_it_belongs);
    tcase_add_test(all, roff_takes_the_manual_without_a_word);
    tcase_add_test(all, fish_completes);
    tcase_add_test(all, zsh_completes);
    suite_add_tcase(suite, all);
    return suite;
}
