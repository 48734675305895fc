/* Ctrl-C, SIGTERM and SIGHUP: the first one ends a run at the next event with what there is, marked; a second one ends
 * at once and leaves nothing behind. Signals are sent when a file shows how far the process is, never after a time. */
#include "command.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

Suite *signals_suite(void);

enum { PATH = 512, TRIES = 30000 };

static char spec[PATH], program[PATH], trace[PATH], part[PATH + 8], results[PATH], json[PATH + 8];

/* A run that would not end by itself. */
static void set_up(void)
{
    snprintf(spec, sizeof spec, "%s", scratch("endless.json"));
    snprintf(program, sizeof program, "%s", scratch("program.json"));
    snprintf(trace, sizeof trace, "%s", scratch("t.json"));
    snprintf(part, sizeof part, "%s.part", trace);
    snprintf(results, sizeof results, "%s", scratch("results.json"));
    snprintf(json, sizeof json, "json=%s", results);
    write_file(spec,
               "{\"name\":\"e\",\"duration\":\"80000h\",\"machine\":{\"profile\":\"linux\",\"cores\":2},\"handlers\":"
               "{\"get\":[{\"cpu\":\"1ms\"}]},\"arrivals\":{\"every\":\"2ms\"},\"servers\":{"
               "\"node\":{\"model\":\"event-loop\"},\"threads\":{\"model\":\"thread-per-connection\"},"
               "\"pool\":{\"model\":\"thread-pool\",\"threads\":4},\"green\":{\"model\":\"green-threads\"}}}");
    write_file(program,
               "{\"main\":[\"a\",{\"setInterval\":\"f\",\"ms\":1}],\"functions\":{\"f\":[{\"cpu\":\"1us\"}]}}");
}

/* ---- a process that goes on while the test looks ---- */

/* Until the file is there, and has something in it where least is 1. */
static void wait_for(pid_t child, const char *path, int least)
{
    for (int tries = 0; tries < TRIES; tries++) {
        char byte;
        int file = open(path, O_RDONLY); /* its size says nothing in /proc */
        bool there = file >= 0 && (least == 0 || read(file, &byte, 1) == 1);
        close(file);
        if (there)
            return;
        ck_assert_msg(waitpid(child, NULL, WNOHANG) == 0, "it ended before %s was there", path);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    kill(-child, SIGKILL);
    ck_abort_msg("%s never came", path);
}

/* Both are there when it goes on: it has no time in between. */
static void send_two(pid_t child, int first, int second)
{
    kill(child, SIGSTOP);
    kill(child, first);
    kill(child, second);
    kill(child, SIGCONT);
}

static void expect_partial(const char *path)
{
    char *text = read_file(path, NULL);
    ck_assert_msg(text != NULL, "%s is missing", path);
    ck_assert_msg(strstr(text, "\"interrupted\": true") != NULL, "%s", text);
    ck_assert_str_eq(text + strlen(text) - 2, "}\n");
    free(text);
}

/* ---- the first signal ---- */

static const char *const servers[] = {"node", "threads", "pool", "green"};

START_TEST(a_run_ends_with_what_there_is)
{
    static const int asks[] = {SIGINT, SIGTERM, SIGHUP, SIGINT};
    pid_t child = start_loopsim(
        -1, -1, (const char *const[]){"run", spec, "--only", servers[_i], "--trace", trace, "--out", json, NULL});
    wait_for(child, part, 1);
    kill(child, asks[_i]);
    ck_assert_int_eq(wait_exit(child), 130);
    expect_partial(results);
    ck_assert(!file_exists(part));
    Ran ran = run_loopsim("trace-check", trace, NULL);
    ck_assert_msg(ran.exit == 0, "%s", ran.out);
    ran_free(&ran);
}
END_TEST

START_TEST(a_program_ends_with_what_there_is)
{
    pid_t child = start_loopsim(-1, -1, (const char *const[]){"run", program, "--trace", trace, "--out", json, NULL});
    wait_for(child, part, 1);
    kill(child, SIGINT);
    ck_assert_int_eq(wait_exit(child), 130);
    expect_partial(results);
    ck_assert(file_exists(trace) && !file_exists(part));
}
END_TEST

/* A list of the children of a process, which Linux may lack. */
static const char *children_of(pid_t child)
{
    static char path[PATH];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)child, (int)child);
    return path;
}

/* As the terminal sends it: to the workers, too, which are then told once more. */
START_TEST(workers_end_with_what_there_is)
{
    char journal[PATH];
    snprintf(journal, sizeof journal, "%s", scratch("journal"));
    const char *const runs[] = {"run", spec, "--runs", "50", "--jobs", "2", "--out", json, NULL},
                      *const sweep[] = {
                          "sweep",  spec, "--vary", "machine.cores=1..60:1", "--vary",   "arrivals.every=1ms..99ms:1ms",
                          "--jobs", "2",  "--set",  "duration=100ms",        "--resume", journal,
                          "--out",  json, NULL};
    pid_t child = start_loopsim(-1, -1, _i == 0 ? sweep : runs);
    if (_i == 0) {
        wait_for(child, journal, 1);
    } else if (file_exists(children_of(child))) {
        wait_for(child, children_of(child), 1);
    }
    snprintf(part, sizeof part, "%s.part", results);
    wait_for(child, part, 0);
    kill(-child, SIGINT);
    ck_assert_int_eq(wait_exit(child), 130);
    expect_partial(results);
    ck_assert(!file_exists(part));
}
END_TEST

START_TEST(hangup_stays_ignored)
{
    void (*before)(int) = signal(SIGHUP, SIG_IGN);
    pid_t child = start_loopsim(-1, -1, (const char *const[]){"run", spec, "--trace", trace, "--out", json, NULL});
    signal(SIGHUP, before);
    wait_for(child, part, 1);
    send_two(child, SIGHUP, SIGINT); /* two that are both heard would leave nothing */
    ck_assert_int_eq(wait_exit(child), 130);
    expect_partial(results);
}
END_TEST

/* Before anything was begun there is nothing to save. */
START_TEST(reading_ends_at_once)
{
    char fifo[PATH];
    snprintf(fifo, sizeof fifo, "%s", scratch("fifo"));
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    pid_t child = start_loopsim(-1, -1,
                                (const char *const[]){_i == 0   ? "run"
                                                      : _i == 1 ? "check"
                                                                : "trace-check",
                                                      fifo, NULL});
    int file = open(fifo, O_WRONLY); /* goes on when it is read */
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq((int)write(file, "{", 1), 1);
    kill(child, SIGINT);
    ck_assert_int_eq(wait_exit(child), 130);
    close(file);
}
END_TEST

/* Neither a fifo that nobody opens nor a reader who reads no more keeps it from ending. */
START_TEST(who_does_not_read_is_not_waited_for)
{
    char fifo[PATH];
    snprintf(fifo, sizeof fifo, "%s", scratch("fifo.json"));
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    pid_t child = start_loopsim(
        -1, -1, (const char *const[]){"run", spec, "--only", "node", "--trace", fifo, "--out", json, NULL});
    snprintf(part, sizeof part, "%s.part", results);
    int file = -1;
    if (_i == 0) {
        file = open(fifo, O_RDONLY);
        struct pollfd came = {.fd = file, .events = POLLIN};
        ck_assert_int_eq(poll(&came, 1, 60000), 1);
        kill(child, SIGINT);
    } else {
        wait_for(child, part, 0);
        /* The part is opened before the fifo: should the signal come in between, the second one ends it. */
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        kill(child, SIGINT);
        siginfo_t ended = {.si_pid = 0};
        for (int tries = 0; tries < 100 && ended.si_pid == 0; tries++) {
            nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
            waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT);
        }
        kill(child, SIGINT);
    }
    ck_assert_int_eq(wait_exit(child), 130);
    ck_assert(!file_exists(part));
    if (file >= 0)
        close(file);
}
END_TEST

/* ---- the second signal ---- */

START_TEST(a_second_one_leaves_nothing)
{
    pid_t child = start_loopsim(-1, -1, (const char *const[]){"run", spec, "--trace", trace, "--out", json, NULL});
    wait_for(child, part, 1);
    send_two(child, SIGINT, _i == 0 ? SIGTERM : SIGHUP);
    ck_assert_int_eq(wait_exit(child), 130);
    ck_assert(!file_exists(part) && !file_exists(trace) && !file_exists(results));
    snprintf(part, sizeof part, "%s.part", results);
    ck_assert(!file_exists(part));
}
END_TEST

/* The workers have its stdout open: it ends when they do. They would be busy for hours. */
START_TEST(nor_does_it_leave_workers)
{
    int pipes[2];
    char byte;
    ck_assert_int_eq(pipe(pipes), 0);
    pid_t child = start_loopsim(pipes[1], -1, (const char *const[]){"run", spec, "--runs", "2", "--jobs", "2", NULL});
    close(pipes[1]);
    if (!file_exists(children_of(child))) {
        kill(-child, SIGKILL);
    } else {
        wait_for(child, children_of(child), 1);
        if (_i == 0)
            send_two(child, SIGINT, SIGTERM);
        else
            kill(child, SIGKILL);
    }
    wait_exit(child);
    struct pollfd ended = {.fd = pipes[0], .events = POLLIN};
    ck_assert_int_eq(poll(&ended, 1, 60000), 1);
    ck_assert_int_eq((int)read(pipes[0], &byte, 1), 0);
    close(pipes[0]);
}
END_TEST

Suite *signals_suite(void)
{
    Suite *suite = suite_create("signals");
    TCase *first = tcase_create("first"), *second = tcase_create("second");
    tcase_set_timeout(first, 300);
    tcase_set_timeout(second, 300);
    tcase_add_checked_fixture(first, set_up, scratch_remove);
    tcase_add_checked_fixture(second, set_up, scratch_remove);
    tcase_add_loop_test(first, a_run_ends_with_what_there_is, 0, 4);
    tcase_add_test(first, a_program_ends_with_what_there_is);
    tcase_add_loop_test(first, workers_end_with_what_there_is, 0, 2);
    tcase_add_test(first, hangup_stays_ignored);
    tcase_add_loop_test(first, reading_ends_at_once, 0, 3);
    tcase_add_loop_test(first, who_does_not_read_is_not_waited_for, 0, 2);
    tcase_add_loop_test(second, a_second_one_leaves_nothing, 0, 2);
    tcase_add_loop_test(second, nor_does_it_leave_workers, 0, 2);
    suite_add_tcase(suite, first);
    suite_add_tcase(suite, second);
    return suite;
}
