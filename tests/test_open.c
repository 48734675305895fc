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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

Suite *open_suite(void);

enum { PORT = 9001, USUAL = 10, PATIENCE = 6000 };

static const char text[] = "{\"traceEvents\":[]}\n";
static char answer[4096], binary[512], printed[512];

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

static void is_answered_from(const char *origin, const char *method, const char *path, const char *host,
                             const char *status)
{
    char request[512];
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nUser-Agent: x\r\nHost: %s\r\n%s\r\n", method, path, host,
             origin);
    const char *said = ask(request);
    ck_assert_msg(strncmp(said, status, strlen(status)) == 0, "%s %s of %s: %s", method, path, host, said);
    ck_assert_msg(strstr(said, "\r\nAccess-Control-Allow-Origin: https://ui.perfetto.dev\r\n") != NULL, "%s", said);
}

static void is_answered(const char *method, const char *path, const char *host, const char *status)
{
    is_answered_from("Origin: https://ui.perfetto.dev\r\n", method, path, host, status);
}

static const char *browser; /* the directory of one, which is then PATH; NULL: --no-browser */

static pid_t start_opening(const char *path)
{
    unlink(printed); /* what an earlier one has said */
    pid_t child = fork();
    if (child == 0) {
        if (freopen(printed, "w", stdout) == NULL)
            _exit(126);
        if (browser)
            setenv("PATH", browser, 1);
        execl(binary, "loopsim", "open", path, browser ? (char *)NULL : "--no-browser", (char *)NULL);
        _exit(127);
    }
    return child;
}

/* Started, and listening: it has said where. Tests that run elsewhere on the machine use the same port: they are waited
 * for. */
static pid_t opened(const char *path)
{
    snprintf(printed, sizeof printed, "%s", scratch("said"));
    pid_t child = start_opening(path);
    for (int tries = 0; tries < PATIENCE; tries++) {
        size_t said = 0;
        int status;
        free(read_file(printed, &said));
        if (said > 0)
            return child;
        nanosleep(&(struct timespec){.tv_nsec = USUAL * 1000000}, NULL);
        if (waitpid(child, &status, WNOHANG) == child) {
            ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 4, "it ended: %d", status);
            child = start_opening(path);
        }
    }
    kill(child, SIGKILL);
    ck_abort_msg("it does not listen");
    return 0;
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
    is_answered_from("", "GET", "/other", "127.0.0.1:9001", "HTTP/1.1 404 "); /* curl has no origin */
    is_answered_from("Origin: null\r\n", "GET", "/a%20b.json", "127.0.0.1:9001", "HTTP/1.1 403 ");
    is_answered_from("Origin: https://ui.perfetto.dev.evil.example\r\n", "GET", "/a%20b.json", "127.0.0.1:9001",
                     "HTTP/1.1 403 ");
    is_answered_from("Origin: https://evil.example\r\nOrigin: https://ui.perfetto.dev\r\n", "GET", "/a%20b.json",
                     "127.0.0.1:9001", "HTTP/1.1 403 ");
    is_answered_from("Origin: https://evil.example\r\n", "OPTIONS", "/a%20b.json", "127.0.0.1:9001", "HTTP/1.1 403 ");
    is_answered("GET", "/a%20b.json", "127.0.0.1:9001", "HTTP/1.1 200 ");
    ck_assert_ptr_nonnull(strstr(answer, "\r\nCache-Control: no-cache\r\n"));
    ck_assert_str_eq(strstr(answer, "\r\n\r\n") + 4, text);
    ck_assert_int_eq(wait_exit(child), 0);
}
END_TEST

/* The address, with what is encoded decoded. */
static const char *address_of(const char *path)
{
    static char decoded[4096];
    char *to = decoded;
    pid_t child = opened(path);
    kill(child, SIGINT);
    ck_assert_int_eq(wait_exit(child), 130);
    char *url = read_file(printed, NULL);
    for (const char *at = url; *at && to < decoded + sizeof decoded - 1; at++) {
        const char hex[] = {at[0] == '%' ? at[1] : '0', at[0] == '%' ? at[2] : '0', '\0'};
        *to++ = at[0] == '%' ? (char)strtol(hex, NULL, 16) : *at;
        at += at[0] == '%' ? 2 : 0;
    }
    *to = '\0';
    free(url);
    return decoded;
}

static void address_has(const char *path, const char *part)
{
    const char *url = address_of(path);
    ck_assert_msg(strstr(url, part) != NULL, "'%s' is not in %s", part, url);
}

/* All of its requests are wanted at 0. */
START_TEST(the_view_is_on_the_slowest_request)
{
    static const char *const names[] = {"t.json", "t.json.gz", "t.pftrace"};
    for (int i = 0; i < 3; i++) {
        char path[512], results[512], option[600];
        snprintf(path, sizeof path, "%s", scratch(names[i]));
        snprintf(results, sizeof results, "%s", scratch("results"));
        snprintf(option, sizeof option, "json=%s", results);
        const char *slowest = i > 0 ? "--trace-slowest" : NULL;
        Ran ran = run_loopsim("run", "examples/five-requests.json", "--only", "node", "-q", "--trace", path, "--out",
                              option, slowest, "1", NULL);
        ck_assert_msg(ran.exit == 0, "%s", ran.err);
        ran_free(&ran);
        char *figures = read_file(results, NULL), *max = strstr(figures, "\"max\": "), view[64];
        long latency = strtol(max + strlen("\"max\": "), NULL, 10);
        snprintf(view, sizeof view, "&visStart=0&visEnd=%ld&", latency + latency / 4 + 1);
        free(figures);
        address_has(path, view);
        address_has(path, "\"dev.perfetto.ExpandTracksByRegex\",\"args\":[\"^(loop|node)( |$)\"]}]");
        address_has(path, "[{\"id\":\"dev.perfetto.PinTracksByRegex\"");
    }
    char none[512];
    snprintf(none, sizeof none, "%s", scratch("none.json"));
    write_file(none, text);
    const char *url = address_of(none);
    ck_assert_ptr_null(strstr(url, "visStart"));
    ck_assert_ptr_nonnull(strstr(url, "\"^(loop)( |$)\""));
}
END_TEST

START_TEST(an_interrupt_ends_it)
{
    const char *path = scratch("a.json");
    write_file(path, text);
    pid_t child = opened(path);
    kill(child, SIGINT);
    ck_assert_int_eq(wait_exit(child), 130);
}
END_TEST

/* Sends a part of a request, or more than one may be, and is gone: the file is still there for the page. */
START_TEST(what_is_no_request_gets_nothing)
{
    static const char *const parts[] = {"", "GET /a.json HT", "GET /a.json HTTP/1.1\r\nHost: 127.0.0.1:9001\r\n"};
    char much[20000];
    const char *path = scratch("a.json");
    write_file(path, text);
    pid_t child = opened(path);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int connection = connected();
        ck_assert_int_eq((int)send(connection, parts[i], strlen(parts[i]), MSG_NOSIGNAL), (int)strlen(parts[i]));
        shutdown(connection, SHUT_WR);
        ck_assert_int_le((int)recv(connection, answer, sizeof answer, 0), 0);
        close(connection);
    }
    int connection = connected();
    memset(much, 'x', sizeof much);
    send(connection, much, sizeof much, MSG_NOSIGNAL);
    shutdown(connection, SHUT_WR);
    ck_assert_int_le((int)recv(connection, answer, sizeof answer, 0), 0);
    close(connection);
    is_answered("GET", "*", "127.0.0.1:9001", "HTTP/1.1 404 ");
    is_answered("GET", "/a.json.gz", "127.0.0.1:9001", "HTTP/1.1 404 ");
    is_answered("GET", "/a.json", "127.0.0.1:9001", "HTTP/1.1 200 ");
    ck_assert_int_eq(wait_exit(child), 0);
}
END_TEST

static void write_browser(const char *directory, const char *script)
{
    char program[600];
    snprintf(program, sizeof program, "%s/xdg-open", directory);
    write_file(program, script);
    ck_assert_int_eq(chmod(program, 0700), 0);
}

/* xdg-open is given the address, and has it opened elsewhere. */
START_TEST(a_browser_is_told_the_address)
{
    char directory[512], script[1700], path[512];
    snprintf(directory, sizeof directory, "%s", scratch("bin"));
    ck_assert_int_eq(mkdir(directory, 0700), 0);
    snprintf(path, sizeof path, "%s", scratch("a.json"));
    write_file(path, text);
    snprintf(printed, sizeof printed, "%s", scratch("said"));
    snprintf(script, sizeof script, "#!/bin/sh\nprintf '%%s\\n' \"$1\" >'%s.part'\n/bin/mv '%s.part' '%s'\n", printed,
             printed, printed);
    write_browser(directory, script);
    browser = directory;
    pid_t child = opened(path);
    browser = NULL;
    char *url = read_file(printed, NULL);
    ck_assert_msg(strstr(url, "https://ui.perfetto.dev/#!/?url=http://127.0.0.1:9001/a.json") == url, "%s", url);
    free(url);
    is_answered("GET", "/a.json", "127.0.0.1:9001", "HTTP/1.1 200 ");
    ck_assert_int_eq(wait_exit(child), 0);
}
END_TEST

/* The address is printed where nobody opens it: none is installed, or it says that it could not. */
START_TEST(without_a_browser_the_address_is_printed)
{
    char directory[512], path[512];
    snprintf(directory, sizeof directory, "%s", scratch("bin"));
    ck_assert_int_eq(mkdir(directory, 0700), 0);
    snprintf(path, sizeof path, "%s", scratch("a.json"));
    write_file(path, text);
    for (int fails = 0; fails < 2; fails++) {
        if (fails)
            write_browser(directory, "#!/bin/sh\nexit 3\n");
        browser = directory;
        pid_t child = opened(path);
        browser = NULL;
        char *url = read_file(printed, NULL);
        ck_assert_msg(strstr(url, "https://ui.perfetto.dev/") == url, "%s", url);
        free(url);
        kill(child, SIGINT);
        ck_assert_int_eq(wait_exit(child), 130);
    }
}
END_TEST

START_TEST(what_cannot_be_opened_is_said)
{
    Ran ran = run_loopsim("open", "--no-browser", "no/such/file", NULL);
    ck_assert_int_eq(ran.exit, 4);
    ck_assert_ptr_nonnull(strstr(ran.err, "cannot read no/such/file"));
    ran_free(&ran);
    ran = run_loopsim("open", "--no-browser", "tests", NULL);
    ck_assert_int_eq(ran.exit, 4);
    ck_assert_ptr_nonnull(strstr(ran.err, "cannot read tests: not a file"));
    ran_free(&ran);
    const char *path = scratch("a.json");
    write_file(path, text);
    pid_t child = opened(path);
    ran = run_loopsim("open", "--no-browser", path, NULL);
    ck_assert_int_eq(ran.exit, 4);
    ck_assert_ptr_nonnull(strstr(ran.err, "cannot listen on 127.0.0.1:9001"));
    ran_free(&ran);
    kill(child, SIGINT);
    ck_assert_int_eq(wait_exit(child), 130);
}
END_TEST

Suite *open_suite(void)
{
    Suite *suite = suite_create("open");
    TCase *tests = tcase_create("open");
    snprintf(binary, sizeof binary, "%s/loopsim", OBJECTS);
    tcase_set_timeout(tests, 200);
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, one_get_is_answered);
    tcase_add_test(tests, the_view_is_on_the_slowest_request);
    tcase_add_test(tests, an_interrupt_ends_it);
    tcase_add_test(tests, what_is_no_request_gets_nothing);
    tcase_add_test(tests, a_browser_is_told_the_address);
    tcase_add_test(tests, without_a_browser_the_address_is_printed);
    tcase_add_test(tests, what_cannot_be_opened_is_said);
    suite_add_tcase(suite, tests);
    return suite;
}
