/* loopsim open: one GET of one file, from the page of the UI alone. */
#include "command.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

Suite *open_suite(void);

enum { PORT = 9001, USUAL = 10 };

static const char text[] = "{\"traceEvents\":[]}\n";
static char answer[4096], binary[512];

static int connected(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (const struct sockaddr *)&there, sizeof there) == 0)
        return connection;
    close(connection);
    return -1;
}

/* What it says to this request. */
static const char *ask(const char *request)
{
    int connection = connected();
    size_t used = 0;
    ssize_t got;
    ck_assert_msg(connection >= 0, "nobody listens");
    ck_assert_int_eq((int)send(connection, request, strlen(request), MSG_NOSIGNAL), (int)strlen(request));
    while ((got = recv(connection, answer + used, sizeof answer - 1 - used, 0)) > 0)
        used += (size_t)got;
    answer[used] = '\0';
    close(connection);
    return answer;
}

static void is_answered(const char *method, const char *path, const char *host, const char *status)
{
    char request[512];
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nUser-Agent: x\r\nHost: %s\r\n\r\n", method, path, host);
    const char *said = ask(request);
    ck_assert_msg(strncmp(said, status, strlen(status)) == 0, "%s %s of %s: %s", method, path, host, said);
    ck_assert_msg(strstr(said, "\r\nAccess-Control-Allow-Origin: https://ui.perfetto.dev\r\n") != NULL, "%s", said);
}

/* Started, and listening. */
static pid_t opened(const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL)
            _exit(126);
        execl(binary, "loopsim", "open", "--no-browser", path, (char *)NULL);
        _exit(127);
    }
    for (int tries = 0; tries < 500; tries++) {
        int connection = connected();
        if (connection >= 0) { /* says nothing: not counted */
            close(connection);
            return child;
        }
        nanosleep(&(struct timespec){.tv_nsec = USUAL * 1000000}, NULL);
    }
    kill(child, SIGKILL);
    ck_abort_msg("it does not listen");
    return 0;
}

static int exit_of(pid_t child)
{
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

START_TEST(one_get_is_answered)
{
    const char *path = scratch("a b.json");
    write_file(path, text);
    pid_t child = opened(path);
    is_answered("GET", "/other", "127.0.0.1:9001", "HTTP/1.1 404 ");
    is_answered("GET", "/a%20b.json", "evil.example:9001", "HTTP/1.1 403 ");
    is_answered("POST", "/a%20b.json", "127.0.0.1:9001", "HTTP/1.1 405 ");
    is_answered("OPTIONS", "/a%20b.json", "127.0.0.1:9001", "HTTP/1.1 204 ");
    is_answered("GET", "/a%20b.json", "127.0.0.1:9001", "HTTP/1.1 200 ");
    ck_assert_ptr_nonnull(strstr(answer, "\r\nCache-Control: no-cache\r\n"));
    ck_assert_str_eq(strstr(answer, "\r\n\r\n") + 4, text);
    ck_assert_int_eq(exit_of(child), 0);
    ck_assert_int_lt(connected(), 0);
}
END_TEST

START_TEST(an_interrupt_ends_it)
{
    const char *path = scratch("a.json");
    write_file(path, text);
    pid_t child = opened(path);
    kill(child, SIGINT);
    ck_assert_int_eq(exit_of(child), 130);
}
END_TEST

START_TEST(what_cannot_be_opened_is_said)
{
    Ran ran = run_loopsim("open", "--no-browser", "no/such/file", NULL);
    ck_assert_int_eq(ran.exit, 4);
    ck_assert_ptr_nonnull(strstr(ran.err, "cannot read no/such/file"));
    ran_free(&ran);
}
END_TEST

Suite *open_suite(void)
{
    Suite *suite = suite_create("open");
    TCase *tests = tcase_create("open");
    snprintf(binary, sizeof binary, "%s/loopsim", OBJECTS);
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, one_get_is_answered);
    tcase_add_test(tests, an_interrupt_ends_it);
    tcase_add_test(tests, what_cannot_be_opened_is_said);
    suite_add_tcase(suite, tests);
    return suite;
}
