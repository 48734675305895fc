/* What stderr shows while a run goes on, and what is said of a worker that dies. Nothing waits for a time: a signal is
 * sent when a file, or the list of a process's children, shows how far it is. */
#include "command.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

Suite *progress_suite(void);

enum { PATH = 512, TRIES = 20000, MOST_SECONDS = 240 };

static char endless[PATH], brief[PATH], counted[PATH], heard[PATH];

static void set_up(void)
{
    static const char form[] = "{\"duration\":\"%s\",\"machine\":{\"profile\":\"linux\",\"cores\":2},\"handlers\":"
                               "{\"get\":[{\"cpu\":\"1ms\"}]},\"arrivals\":{\"poisson\":\"500/s\"},\"servers\":{"
                               "\"node\":{\"model\":\"event-loop\"}}}";
    char text[1024];
    snprintf(endless, sizeof endless, "%s", scratch("endless.json"));
    snprintf(brief, sizeof brief, "%s", scratch("brief.json"));
    snprintf(counted, sizeof counted, "%s", scratch("counted.json"));
    snprintf(heard, sizeof heard, "%s", scratch("stderr"));
    snprintf(text, sizeof text, form, "80000h");
    write_file(endless, text);
    snprintf(text, sizeof text, form, "10s");
    write_file(brief, text);
    write_file(counted,
               "{\"handlers\":{\"get\":[{\"cpu\":\"1ms\"}]},\"arrivals\":{\"every\":\"2ms\",\"count\":1000000000000},"
               "\"servers\":{\"node\":{\"model\":\"event-loop\"}}}");
}

/* stderr goes to `heard`. */
static pid_t start(const char *const words[])
{
    write_file(heard, "");
    int err = open(heard, O_WRONLY | O_APPEND);
    pid_t child = start_loopsim(-1, err, words);
    close(err);
    return child;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static void expect_heard(const char *part)
{
    char *text = read_file(heard, NULL);
    ck_assert_msg(text && strstr(text, part) != NULL, "'%s' is not in: %s", part, text);
    free(text);
}

static void await_heard(const char *part)
{
    bool is_there = false;
    for (int i = 0; i < TRIES && !is_there; i++) {
        char *text = read_file(heard, NULL);
        is_there = text && strstr(text, part) != NULL;
        free(text);
        if (!is_there)
            nap();
    }
    expect_heard(part);
}

START_TEST(a_run_says_how_far_it_is)
{
    pid_t child = start((const char *const[]){"run", endless, "--progress", "always", NULL});
    await_heard(" k steps/s");
    kill(child, SIGINT);
    ck_assert_int_eq(wait_exit(child), 130);
    expect_heard("\rnode: 0 %, ");
    expect_heard(" s simulated, ");
    expect_heard("\r\033[K"); /* it goes when the run ends */
}
END_TEST

/* Without a duration: a million million arrivals are no time. */
START_TEST(a_run_without_a_duration_has_no_share)
{
    pid_t child = start((const char *const[]){"run", counted, "--progress", "always", NULL});
    await_heard(" k steps/s");
    kill(child, SIGINT);
    ck_assert_int_eq(wait_exit(child), 130);
    char *text = read_file(heard, NULL);
    ck_assert_ptr_null(strstr(text, " %, "));
    free(text);
}
END_TEST

START_TEST(a_quiet_or_a_short_run_says_nothing)
{
    Ran ran = run_loopsim("run", brief, "--progress", "always", NULL);
    ck_assert_ptr_null(strstr(ran.err, "simulated"));
    ran_free(&ran);
    pid_t child = start((const char *const[]){"run", endless, "--progress", "auto", NULL}); /* stderr is no terminal */
    for (int i = 0; i < 150; i++)
        nap();
    kill(child, SIGINT);
    ck_assert_int_eq(wait_exit(child), 130);
    char *text = read_file(heard, NULL);
    ck_assert_ptr_null(strstr(text, "simulated"));
    free(text);
}
END_TEST

/* Runs are given out to processes: the line counts them, and how long the rest will take is of their size. A million
 * runs take minutes on any machine; how many of them depends on it. */
START_TEST(a_team_says_how_many_are_done)
{
    pid_t child =
        start((const char *const[]){"run", brief, "--runs", "1000000", "--jobs", "2", "--progress", "always", NULL});
    await_heard(" left");
    kill(child, SIGINT);
    ck_assert_int_eq(wait_exit(child), 130);
    expect_heard(" of 1000000 simulations");
    expect_heard("\r\033[K");
}
END_TEST

/* The first child, as Linux lists them; 0: there is none yet, or no such list here. */
static pid_t child_of(pid_t process)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)process, (long)process);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (!fgets(text, sizeof text, file))
        text[0] = '\0';
    fclose(file);
    return (pid_t)strtol(text, NULL, 10);
}

static const struct {
    int signal, code;
    const char *said;
} deaths[] = {
    {SIGKILL, 5, "a worker was killed: the machine's memory may have given out"},
    {SIGSEGV, 70, "a worker was ended by signal 11"},
};

START_TEST(a_worker_that_dies_is_told_of)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)getpid(), (long)getpid());
    if (!file_exists(path) || getenv("LOOPSIM"))
        return; /* a kernel without that list, or a program in between */
    pid_t child = start((const char *const[]){"run", endless, "--runs", "4", "--jobs", "2", NULL}), worker = 0;
    for (int i = 0; i < TRIES && worker == 0; i++) {
        worker = child_of(child);
        if (worker == 0)
            nap();
    }
    ck_assert_int_gt(worker, 0);
    kill(worker, deaths[_i].signal);
    ck_assert_int_eq(wait_exit(child), deaths[_i].code);
    expect_heard(deaths[_i].said);
}
END_TEST

Suite *progress_suite(void)
{
    Suite *suite = suite_create("progress");
    TCase *tests = tcase_create("progress");
    tcase_set_timeout(tests, MOST_SECONDS);
    tcase_add_checked_fixture(tests, set_up, scratch_remove);
    tcase_add_test(tests, a_run_says_how_far_it_is);
    tcase_add_test(tests, a_run_without_a_duration_has_no_share);
    tcase_add_test(tests, a_quiet_or_a_short_run_says_nothing);
    tcase_add_test(tests, a_team_says_how_many_are_done);
    tcase_add_loop_test(tests, a_worker_that_dies_is_told_of, 0, (int)(sizeof deaths / sizeof deaths[0]));
    suite_add_tcase(suite, tests);
    return suite;
}
