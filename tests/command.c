#include "command.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MAX_WORDS = 64, MAX_PATH = 512, SCRATCH_PATHS = 8, ALARM = 250 };

/* A file without a name, open for reading and writing: a program may write as much as it likes and nobody has to read
 * meanwhile, which a pipe would ask for. */
static int nameless_file(void)
{
    char path[] = "/tmp/loopsim-test-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_msg(fd >= 0, "mkstemp: %s", strerror(errno));
    ck_assert_int_eq(unlink(path), 0);
    return fd;
}

static void write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        ck_assert_msg(n > 0, "write: %s", strerror(errno));
        text += n;
        size -= (size_t)n;
    }
}

/* Takes all that a file holds; closes it. */
static char *take_all(int fd, size_t *size)
{
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    char *text = malloc((size_t)status.st_size + 1);
    ck_assert_ptr_nonnull(text);
    size_t have = 0;
    ssize_t n = 1;
    while (have < (size_t)status.st_size && n > 0) {
        n = pread(fd, text + have, (size_t)status.st_size - have, (off_t)have);
        ck_assert_msg(n >= 0, "read: %s", strerror(errno));
        have += (size_t)n;
    }
    text[have] = '\0';
    if (size)
        *size = have;
    close(fd);
    return text;
}

static int open_input(const char *input)
{
    if (!input)
        return open("/dev/null", O_RDONLY);
    int fd = nameless_file();
    write_all(fd, input, strlen(input));
    ck_assert_int_eq((int)lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* In the child: only what ends in exec. */
static void become(const Command *command, int in, int out, int err)
{
    if (!command->argv[0] || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(127);
    for (size_t i = 0; command->env && command->env[i]; i++) {
        char name[MAX_PATH];
        const char *equals = strchr(command->env[i], '=');
        if (!equals ||
            snprintf(name, sizeof name, "%.*s", (int)(equals - command->env[i]), command->env[i]) >= MAX_PATH)
            _exit(127);
        setenv(name, equals + 1, 1);
    }
    execvp(command->argv[0], (char *const *)command->argv);
    _exit(127);
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        ck_assert_msg(errno == EINTR, "waitpid: %s", strerror(errno));
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

Ran run_command(const Command *command)
{
    int in = open_input(command->input);
    int out = command->out_path ? open(command->out_path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : nameless_file();
    int err = nameless_file();
    ck_assert_msg(in >= 0 && out >= 0, "open: %s", strerror(errno));
    pid_t pid = fork();
    ck_assert_msg(pid >= 0, "fork: %s", strerror(errno));
    if (pid == 0)
        become(command, in, out, err);
    Ran ran = {.exit = wait_for(pid)};
    close(in);
    if (command->out_path) {
        close(out);
        out = nameless_file();
    }
    ran.out = take_all(out, &ran.out_size);
    ran.err = take_all(err, &ran.err_size);
    return ran;
}

void ran_free(Ran *ran)
{
    free(ran->out);
    free(ran->err);
    *ran = (Ran){0};
}

static size_t collect(const char *words[MAX_WORDS], size_t n, const char *first, va_list rest)
{
    for (const char *word = first; word; word = va_arg(rest, const char *)) {
        ck_assert_uint_lt(n, MAX_WORDS - 1);
        words[n++] = word;
    }
    words[n] = NULL;
    return n;
}

Ran run_program(const char *argument, ...)
{
    const char *words[MAX_WORDS];
    va_list rest;
    va_start(rest, argument);
    collect(words, 0, argument, rest);
    va_end(rest);
    return run_command(&(Command){.argv = words});
}

Ran run_loopsim(const char *argument, ...)
{
    const char *words[MAX_WORDS];
    va_list rest;
    va_start(rest, argument);
    collect(words, 0, argument, rest);
    va_end(rest);
    return run_loopsim_with(&(Command){.argv = words});
}

Ran run_loopsim_with(const Command *command)
{
    const char *words[MAX_WORDS], *named = getenv("LOOPSIM");
    char program[MAX_PATH];
    size_t n = 0;
    ck_assert_int_lt(snprintf(program, sizeof program, "%s", named ? named : OBJECTS "/loopsim"), MAX_PATH);
    char *rest = NULL;
    for (char *word = strtok_r(program, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        words[n++] = word;
    ck_assert_msg(n > 0, "LOOPSIM is empty");
    for (size_t i = 0; command->argv[i]; i++) {
        ck_assert_uint_lt(n, MAX_WORDS - 1);
        words[n++] = command->argv[i];
    }
    words[n] = NULL;
    Command whole = *command;
    whole.argv = words;
    return run_command(&whole);
}

char *read_file(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY);
    return fd < 0 ? NULL : take_all(fd, size);
}

void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    write_all(fd, text, strlen(text));
    ck_assert_int_eq(close(fd), 0);
}

int file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static const char scratch_template[] = "/tmp/loopsim-test-XXXXXX";
static char scratch_directory[sizeof scratch_template]; /* empty: not made yet */

const char *scratch(const char *name)
{
    static char paths[SCRATCH_PATHS][MAX_PATH];
    static size_t next;
    if (scratch_directory[0] == '\0') {
        memcpy(scratch_directory, scratch_template, sizeof scratch_template);
        ck_assert_msg(mkdtemp(scratch_directory) != NULL, "mkdtemp: %s", strerror(errno));
    }
    char *path = paths[next++ % SCRATCH_PATHS];
    ck_assert_int_lt(snprintf(path, MAX_PATH, "%s/%s", scratch_directory, name), MAX_PATH);
    return path;
}

void scratch_remove(void)
{
    if (scratch_directory[0] == '\0')
        return;
    Ran ran = run_program("rm", "-rf", scratch_directory, NULL);
    ran_free(&ran);
    scratch_directory[0] = '\0';
}

pid_t start_loopsim(int out, int err, const char *const words[])
{
    const char *argv[MAX_WORDS] = {0}, *named = getenv("LOOPSIM");
    char binary[1024];
    size_t n = 0;
    snprintf(binary, sizeof binary, "%s", named ? named : OBJECTS "/loopsim");
    for (char *word = strtok(binary, " "); word; word = strtok(NULL, " "))
        argv[n++] = word;
    for (size_t i = 0; words[i]; i++) {
        ck_assert_uint_lt(n, MAX_WORDS - 1);
        argv[n++] = words[i];
    }
    sigset_t asks, before;
    sigemptyset(&asks);
    sigaddset(&asks, SIGINT);
    sigaddset(&asks, SIGTERM);
    /* Check's handlers, which would kill the test, are the child's until it is loopsim. */
    sigprocmask(SIG_BLOCK, &asks, &before);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child > 0) {
        setpgid(child, child);
        sigprocmask(SIG_SETMASK, &before, NULL);
        return child;
    }
    int nothing = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    alarm(ALARM); /* should the test fail meanwhile */
    dup2(nothing, 0);
    dup2(out >= 0 ? out : nothing, 1);
    dup2(err >= 0 ? err : nothing, 2);
    for (int file = 3; file < 64; file++)
        close(file);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

int wait_exit(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}
