#include "torture.h"

#include "command.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int loopsim_main(int argc, char **argv);

enum { PATH_MOST = 400, WORDS_MOST = 48, TEXT_MOST = 4000, FDS = 64, PATIENCE = 3000 };

/* Codes of exit that loopsim does not have. */
enum { LEAKS_MEMORY = 201, LEAKS_FILES, LEAKS_PROCESSES };

static const Fault fails[] = {{.error = ENOMEM}};
static const Fault open_fails[] = {{.error = ENOSPC}, {.error = EINTR, .harmless = true}};
static const Fault write_fails[] = {
    {.error = ENOSPC}, {.error = EIO}, {.error = EINTR, .harmless = true}, {.partly = true, .harmless = true}};
static const Fault close_fails[] = {{.error = EIO}, {.error = ENOSPC}, {.error = EINTR, .harmless = true}};
static const Fault rename_fails[] = {{.error = EACCES}};
static const struct {
    const Fault *fault;
    size_t count;
} variants[FAULT_KINDS] = {{fails, 1}, {open_fails, 2}, {write_fails, 4}, {close_fails, 3}, {rename_fails, 1}};

/* All that the processes of one case share; each has its own copy. */
static struct {
    const TortureCase *of;
    char base[PATH_MOST]; /* in it: out, kept, right; files */
    int right_code;       /* of the command where nothing fails */
    FaultKind kind;
    uint64_t total, all, more, failed;
    const Fault *fault; /* of this process; NULL: none yet */
    uint64_t at;        /* the call that fails in it, */
    bool for_good;      /* and all later ones */
    bool in_children;   /* in the processes that it makes */
    int report;
    bool foreign[FDS]; /* descriptors that are not the command's */
} state;

/* What a command tells of itself, in the file "calls". */
typedef struct Calls {
    uint64_t count[FAULT_KINDS], forks, failed;
} Calls;

/* ---- paths and files ---- */

static const char *in(const char *folder, const char *name)
{
    static char paths[4][2 * PATH_MOST];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s%s%s", state.base, folder, name[0] ? "/" : "", name);
    return path;
}

typedef void EntryFn(const char *name);

static void each_entry(const char *folder, EntryFn *fn)
{
    char names[32][80];
    int count = 0;
    DIR *directory = opendir(in(folder, ""));
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (entry->d_name[0] != '.' && count < 32)
            snprintf(names[count++], sizeof names[0], "%.79s", entry->d_name);
    }
    if (directory)
        closedir(directory);
    for (int i = 0; i < count; i++)
        fn(names[i]);
}

static void keep_entry(const char *name)
{
    ck_assert_int_eq(link(in("out", name), in("kept", name)), 0);
}

static void remove_entry(const char *name)
{
    unlink(in("out", name));
}

static void move_right(const char *name)
{
    ck_assert_int_eq(rename(in("out", name), in("right", name)), 0);
}

static void take_back_entry(const char *name)
{
    ck_assert_int_eq(rename(in("kept", name), in("out", name)), 0);
}

/* Where the files stand that this process writes; a child that shares them is undone by that. */
typedef struct Written {
    off_t at[FDS], size[FDS]; /* -1: none */
} Written;

static void note_written(Written *written)
{
    for (int fd = 0; fd < FDS; fd++) {
        struct stat status;
        int flags = fcntl(fd, F_GETFL);
        bool is = !state.foreign[fd] && flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(fd, &status) == 0 &&
                  S_ISREG(status.st_mode);
        written->at[fd] = is ? lseek(fd, 0, SEEK_CUR) : -1;
        written->size[fd] = is ? status.st_size : -1;
    }
}

static void take_back_written(const Written *written)
{
    for (int fd = 0; fd < FDS; fd++) {
        if (written->at[fd] < 0)
            continue;
        ck_assert_int_eq(ftruncate(fd, written->size[fd]), 0);
        ck_assert_int_eq(lseek(fd, written->at[fd], SEEK_SET), written->at[fd]);
    }
}

/* ---- judging ---- */

static void complain(const char *what, const char *name)
{
    char text[TEXT_MOST];
    const Fault *fault = state.fault;
    int size = snprintf(text, sizeof text, "%s: %s %llu of %llu, %s%s%s: %s %s\n", state.of->name,
                        fault_name[state.kind], (unsigned long long)state.at, (unsigned long long)state.total,
                        fault->partly ? "short" : strerror(fault->error), state.for_good ? ", and all later ones" : "",
                        state.in_children ? ", in its processes" : "", what, name);
    ck_assert_int_eq((int)write(state.report, text, (size_t)size), size);
}

static bool is_journal(const char *name)
{
    return strncmp(name, "journal", 7) == 0;
}

/* Rows of a table that are missing, but none that is half there. */
static bool is_excerpt(const char *text, const char *right)
{
    for (const char *end; *text; text = end + 1) {
        char line[TEXT_MOST];
        if (!(end = strchr(text, '\n')) ||
            (size_t)snprintf(line, sizeof line, "%.*s", (int)(end - text), text) >= sizeof line || !strstr(right, line))
            return false;
    }
    return true;
}

/* What was finished before the memory gave out is reported, marked. */
static bool is_marked(const char *text)
{
    static const char *const marks[] = {"\"end\": \"limit\"",
                                        "out of memory",
                                        "\"limit\": \"",
                                        ",limit,",
                                        "by a limit",
                                        ">limit<",
                                        "nterrupted: ",
                                        "a limit was reached",
                                        "<error ",
                                        "\"interrupted\": true"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strstr(text, marks[i]))
            return true;
    return state.of->fewer && strstr(text, "\"runs\": ") && strstr(text, "\n}\n");
}

static void judge_entry(const char *name)
{
    size_t size, length = strlen(name), right_size = 0;
    char *text = read_file(in("out", name), &size), *right = read_file(in("right", name), &right_size);
    if (length > 5 && strcmp(name + length - 5, ".part") == 0) {
        complain("leaves", name);
    } else if (!right || !text) {
        complain("makes", name);
    } else if (is_journal(name)) {
        bool begun = size <= right_size && memcmp(text, right, size) == 0; /* whoever reads it drops half a line */
        if (!begun && !(state.kind == FAULT_MEMORY && is_marked(text)))
            complain("spoils", name);
    } else if (strncmp(name, "varies", 6) == 0) {
        if (size < 2 || strcmp(text + size - 2, "}\n") != 0)
            complain("leaves incomplete", name);
    } else if (size != right_size || memcmp(text, right, size) != 0) {
        bool may = state.kind == FAULT_MEMORY &&
                   (is_marked(text) || strstr(name, "trace") || (strstr(name, "sweep.csv") && is_excerpt(text, right)));
        if (!may)
            complain("leaves incomplete", name);
    }
    free(text);
    free(right);
}

static void judge_whole(const char *name)
{
    if (!file_exists(in("out", name)))
        complain("does not make", name);
}

static void judge_stdout(void)
{
    size_t size, right_size;
    char *text = read_file(in("stdout", ""), &size), *right = read_file(in("right-stdout", ""), &right_size);
    if (!text || !right || size != right_size || memcmp(text, right, size) != 0)
        complain("writes something else to", "stdout");
    free(text);
    free(right);
}

static void judge(int status)
{
    char said[80], *errors = read_file(in("stderr", ""), NULL);
    bool harmless = state.fault->harmless;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    int expected = harmless ? state.right_code : state.kind == FAULT_MEMORY ? 5 : 4;
    if (code == LEAKS_MEMORY || code == LEAKS_FILES || code == LEAKS_PROCESSES) {
        complain("leaks", code == LEAKS_MEMORY ? "memory" : code == LEAKS_FILES ? "descriptors" : "processes");
    } else if (code != expected) {
        snprintf(said, sizeof said, "%d, not %d: %.40s", code, expected, errors ? errors : "");
        complain("exits with", said);
    } else if (!harmless && (!errors || !errors[0])) {
        complain("says nothing", "");
    }
    free(errors);
    each_entry("out", judge_entry);
    if (!harmless)
        return;
    each_entry("right", judge_whole);
    judge_stdout();
}

/* ---- the process of the command ---- */

static void redirect(const char *name, int fd)
{
    int file = open(in(name, ""), O_RDWR | O_CREAT | O_TRUNC | (fd == 2 ? O_APPEND : 0), 0666);
    ck_assert(file >= 0 && dup2(file, fd) == fd);
    close(file);
}

static int open_files(void)
{
    int count = 0;
    for (int fd = 0; fd < FDS; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void tell_calls(void)
{
    Calls calls = {.forks = faults.forks, .failed = state.failed};
    memcpy(calls.count, faults.count, sizeof calls.count);
    int file = open(in("calls", ""), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    ck_assert_int_eq((int)write(file, &calls, sizeof calls), (int)sizeof calls);
    close(file);
}

/* Runs the command in this process, which does not outlive it. */
static _Noreturn void become_command(const char *words_of, const Fault *(*hit)(FaultKind, uint64_t))
{
    static char text[TEXT_MOST];
    char *words[WORDS_MOST] = {text}, *at = text, *rest = NULL;
    int argc = 0;
    at += snprintf(at, sizeof text, "loopsim ");
    for (const char *c = words_of; *c; c++) {
        ck_assert_int_lt((int)(at - text), (int)sizeof text - PATH_MOST - 8);
        at += *c == '@' ? snprintf(at, PATH_MOST, "%s/out", state.base) : snprintf(at, 2, "%c", *c);
    }
    for (char *word = strtok_r(text, " ", &rest); word && argc < WORDS_MOST - 1; word = strtok_r(NULL, " ", &rest))
        words[argc++] = word;
    for (int fd = 3; fd < FDS; fd++)
        state.foreign[fd] = fcntl(fd, F_GETFD) >= 0;
    int files = open_files();
    int64_t blocks = faults.blocks;
    faults.hit = hit;
    int code = loopsim_main(argc, words);
    faults.hit = NULL;
    blocks = faults.blocks - blocks;
    if (!state.fault)
        tell_calls();
    if (blocks != 0)
        code = LEAKS_MEMORY;
    else if (open_files() != files)
        code = LEAKS_FILES;
    else if (waitpid(-1, NULL, WNOHANG) != -1)
        code = LEAKS_PROCESSES;
    _exit(code);
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        ck_assert_msg(errno == EINTR, "waitpid: %s", strerror(errno));
    return status;
}

static pid_t start_command(const char *words)
{
    const Fault *(*hit)(FaultKind, uint64_t) = faults.hit;
    faults.hit = NULL;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        signal(SIGALRM, SIG_DFL); /* Check's would end all */
        alarm(PATIENCE);
        redirect("stdout", 1);
        redirect("stderr", 2);
        faults.forks = 0;
        become_command(words, hit);
    }
    faults.hit = hit;
    return pid;
}

/* ---- which calls fail ---- */

static bool is_chosen(uint64_t n)
{
    if (n <= state.all)
        return true;
    uint64_t rest = state.total - state.all, place = n - state.all;
    return rest <= state.more || place * state.more / rest != (place - 1) * state.more / rest;
}

/* In the process that explores: true in the child that meets the failure. */
static bool branch(uint64_t n, const Fault *fault, bool for_good)
{
    Written written;
    note_written(&written);
    each_entry("out", keep_entry);
    state.fault = fault;
    state.for_good = for_good;
    state.at = n;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        alarm(PATIENCE);
        return true;
    }
    judge(wait_for(pid));
    state.failed++;
    each_entry("out", remove_entry);
    each_entry("kept", take_back_entry);
    take_back_written(&written);
    state.fault = NULL;
    return false;
}

static const Fault *explore(FaultKind kind, uint64_t n)
{
    if (kind != state.kind)
        return NULL;
    if (state.fault)
        return n == state.at || state.for_good ? state.fault : NULL;
    if (!is_chosen(n))
        return NULL;
    int64_t blocks = faults.blocks;
    faults.hit = NULL; /* what is called here is not the command's */
    const Fault *met = NULL;
    for (size_t i = 0; !met && i < variants[kind].count; i++)
        for (int for_good = 0; !met && for_good <= !variants[kind].fault[i].harmless; for_good++)
            if (branch(n, &variants[kind].fault[i], for_good))
                met = state.fault;
    faults.hit = explore;
    faults.blocks = blocks;
    return met;
}

static const Fault *fail_one(FaultKind kind, uint64_t n)
{
    if (kind != state.kind || faults.forked != state.in_children)
        return NULL;
    return n == state.at || (state.for_good && n > state.at) ? state.fault : NULL;
}

static const Fault *count_only(FaultKind kind, uint64_t n)
{
    (void)kind;
    (void)n;
    return NULL;
}

/* ---- a case ---- */

static void empty_out(void)
{
    each_entry("out", remove_entry);
    unlink(in("stdout", ""));
    unlink(in("stderr", ""));
}

static void prepare(void)
{
    if (!state.of->before)
        return;
    ck_assert_int_eq(wait_for(start_command(state.of->before)), 0);
    unlink(in("stdout", ""));
    unlink(in("stderr", ""));
}

/* The command where nothing fails: what it writes goes to `right`, and how often it calls what is here. */
static Calls run_right(void)
{
    Calls calls;
    int file;
    faults.hit = count_only;
    state.right_code = WEXITSTATUS(wait_for(start_command(state.of->words)));
    faults.hit = NULL;
    ck_assert_int_ge(file = open(in("calls", ""), O_RDONLY), 0);
    ck_assert_int_eq((int)read(file, &calls, sizeof calls), (int)sizeof calls);
    close(file);
    ck_assert_msg(state.right_code < LEAKS_MEMORY, "%s leaks where nothing fails (%d)", state.of->name,
                  state.right_code);
    each_entry("out", move_right);
    ck_assert_int_eq(rename(in("stdout", ""), in("right-stdout", "")), 0);
    return calls;
}

static uint64_t explore_all(void)
{
    uint64_t failed = 0;
    prepare();
    state.failed = 0;
    faults.hit = explore;
    int status = wait_for(start_command(state.of->words));
    faults.hit = NULL;
    int file = open(in("calls", ""), O_RDONLY);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == state.right_code && file >= 0);
    ck_assert_int_eq((int)pread(file, &failed, sizeof failed, offsetof(Calls, failed)), (int)sizeof failed);
    close(file);
    return failed;
}

/* From the start for each. In processes that the command makes it is not known how many calls there are, and who works
 * at what is not always the same: a failure that nobody met changes nothing. */
static void begin_anew(uint64_t n, const Fault *fault)
{
    empty_out();
    prepare();
    state.fault = fault;
    state.at = n;
    faults.hit = fail_one;
    int status = wait_for(start_command(state.of->words));
    faults.hit = NULL;
    Fault met = *fault;
    if (WIFEXITED(status) && WEXITSTATUS(status) == state.right_code)
        met.harmless = true;
    state.fault = &met;
    judge(status);
    state.fault = NULL;
    state.failed++;
}

static uint64_t begin_all_anew(void)
{
    state.failed = 0;
    for (uint64_t n = 1; n <= state.total; n++) {
        for (size_t i = 0; is_chosen(n) && i < variants[state.kind].count; i++) {
            state.for_good = n % 2 == 0 && !variants[state.kind].fault[i].harmless;
            state.in_children = state.kind == FAULT_MEMORY && n % 3 == 0;
            begin_anew(n, &variants[state.kind].fault[i]);
        }
    }
    return state.failed;
}

static void report_complaints(void)
{
    static char text[20 * TEXT_MOST];
    off_t size = lseek(state.report, 0, SEEK_END);
    if (size == 0)
        return;
    ssize_t got = pread(state.report, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    ck_abort_msg("\n%s", text);
}

TortureTally torture(const TortureCase *of, uint64_t all, uint64_t more)
{
    TortureTally tally = {{0}, {0}};
    memset(&state, 0, sizeof state);
    state.of = of;
    state.all = all;
    state.more = more;
    snprintf(state.base, sizeof state.base, "%s", scratch(of->name));
    ck_assert_int_eq(mkdir(state.base, 0777), 0);
    ck_assert(mkdir(in("out", ""), 0777) == 0 && mkdir(in("kept", ""), 0777) == 0 && mkdir(in("right", ""), 0777) == 0);
    state.report = open(in("faults", ""), O_RDWR | O_CREAT | O_APPEND, 0666);
    ck_assert_int_ge(state.report, 0);
    prepare();
    Calls calls = run_right();
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        state.kind = (FaultKind)kind;
        state.total = tally.calls[kind] = calls.count[kind];
        empty_out();
        if (state.total > 0)
            tally.failed[kind] = calls.forks > 0 || of->threads ? begin_all_anew() : explore_all();
    }
    report_complaints();
    close(state.report);
    return tally;
}
