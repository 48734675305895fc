#include "jobs.h"

#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 50, CHUNK = HOSTILE(64 * 1024, 7), ANSWER_MOST = 1 << 30, HEAD = 2 * sizeof(uint64_t) };

typedef struct Worker {
    pid_t process;
    int ask, answer; /* pipes; -1: closed */
    bool busy;
    uint64_t piece;
    Buf got;
} Worker;

typedef struct Team {
    Jobs *jobs;
    Worker *worker;
    int count;
    uint64_t next, done; /* the next piece to give out; how many were answered here */
    bool enough, told;   /* nothing more is given out; the workers were told to stop */
    bool satisfied;      /* `answered` said that it is enough */
    int code;
    struct timespec started;
    long shown; /* the second in which progress was shown; 0: never */
} Team;

/* ---- pipes ---- */

static bool read_whole(int file, void *into, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t got = read(file, (char *)into + at, size - at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += (size_t)got;
    }
    return true;
}

/* ---- in a worker ---- */

static bool do_piece(const Jobs *jobs, uint64_t piece, int answer)
{
    Cli cli = *jobs->cli;
    MemTrap trap;
    volatile bool fine = false;
    cli.mem = mem_new((size_t)1 << 30);
    cli.args.progress = WHEN_NEVER;
    if (cli.mem && mem_try(cli.mem, &trap)) {
        Buf buf;
        buf_init(&buf, cli.mem, ANSWER_MOST);
        jobs->work(jobs->context, &cli, piece, &buf);
        uint64_t head[] = {piece, buf.size};
        fine = write_all(answer, (const char *)head, sizeof head) && write_all(answer, buf.data, buf.size);
        mem_end_try(cli.mem, &trap);
    } else {
        _exit(EXIT_LIMIT);
    }
    mem_delete(cli.mem);
    return fine;
}

static void work_on(const Jobs *jobs, int ask, int answer)
{
    uint64_t piece;
    while (read_whole(ask, &piece, sizeof piece) && do_piece(jobs, piece, answer))
        continue;
    _exit(EXIT_DONE);
}

/* ---- the team ---- */

static bool start_worker(Team *team, Worker *worker)
{
    int ask[2], answer[2];
    if (pipe(ask) != 0)
        return false;
    if (pipe(answer) != 0) {
        close(ask[0]);
        close(ask[1]);
        return false;
    }
    pid_t process = signals_fork();
    if (process == 0) {
        for (int i = 0; i < team->count; i++) {
            close(team->worker[i].ask);
            close(team->worker[i].answer);
        }
        close(ask[1]);
        close(answer[0]);
        work_on(team->jobs, ask[0], answer[1]);
    }
    close(ask[0]);
    close(answer[1]);
    if (process < 0) {
        close(ask[1]);
        close(answer[0]);
        return false;
    }
    *worker = (Worker){.process = process, .ask = ask[1], .answer = answer[0]};
    buf_init(&worker->got, team->jobs->cli->mem, ANSWER_MOST + (size_t)CHUNK);
    return true;
}

/* Fewer workers than were asked for are workers all the same. */
static bool start_team(Team *team)
{
    Mem *mem = team->jobs->cli->mem;
    int wanted = team->jobs->workers;
    uint64_t pieces = team->jobs->count - team->jobs->first;
    if ((uint64_t)wanted > pieces)
        wanted = (int)pieces;
    team->worker = mem_get(mem, mem_array(mem, (size_t)wanted + 1, sizeof *team->worker));
    while (team->count < wanted && start_worker(team, &team->worker[team->count]))
        team->count++;
    if (team->count > 0 || wanted == 0)
        return true;
    say_error(mem, NULL, "cannot start a process: %s", strerror(errno));
    return false;
}

static void close_worker(Worker *worker)
{
    if (worker->ask >= 0)
        close(worker->ask);
    if (worker->answer >= 0)
        close(worker->answer);
    worker->ask = worker->answer = -1;
}

static int wait_for(Worker *worker)
{
    int status = 0;
    while (waitpid(worker->process, &status, 0) < 0 && errno == EINTR)
        continue;
    worker->process = 0;
    return status;
}

static void say_death(Team *team, int status)
{
    Mem *mem = team->jobs->cli->mem;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        team->code = EXIT_LIMIT;
        say_error(mem, "fewer --jobs take less memory", "a worker was killed: the machine's memory may have given out");
    } else if (WIFSIGNALED(status)) {
        team->code = EXIT_BUG;
        say_error(mem, "please report it with the command line", "a worker was ended by signal %d", WTERMSIG(status));
    } else if (WEXITSTATUS(status) == EXIT_LIMIT) {
        team->code = EXIT_LIMIT;
        say_error(mem, NULL, "out of memory");
    } else {
        team->code = EXIT_BUG; /* must() has said what */
    }
}

static void end_team(Team *team)
{
    for (int i = 0; i < team->count; i++)
        close_worker(&team->worker[i]);
    for (int i = 0; i < team->count; i++) {
        Worker *worker = &team->worker[i];
        if (worker->process > 0 && worker->busy)
            kill(worker->process, SIGKILL); /* what it does is not needed any more */
        if (worker->process > 0)
            wait_for(worker);
    }
}

/* ---- giving out and taking in ---- */

static uint64_t oldest_busy(const Team *team)
{
    uint64_t oldest = team->next;
    for (int i = 0; i < team->count; i++)
        if (team->worker[i].busy && team->worker[i].piece < oldest)
            oldest = team->worker[i].piece;
    return oldest;
}

static void give_out(Team *team)
{
    Jobs *jobs = team->jobs;
    for (int i = 0; i < team->count && !team->enough; i++) {
        Worker *worker = &team->worker[i];
        while (jobs->wanted && team->next < jobs->count && !jobs->wanted(jobs->context, team->next))
            team->next++;
        if (worker->busy || worker->ask < 0)
            continue;
        if (team->next == jobs->count || (jobs->ahead > 0 && team->next >= oldest_busy(team) + jobs->ahead))
            return;
        worker->busy = true;
        worker->piece = team->next++;
        /* Where it has died, its other pipe tells. */
        bool sent = write_all(worker->ask, (const char *)&worker->piece, sizeof worker->piece);
        (void)sent;
    }
}

static void take_answer(Team *team, Worker *worker)
{
    uint64_t head[2];
    if (worker->got.size < HEAD)
        return;
    memcpy(head, worker->got.data, HEAD);
    if (worker->got.size - HEAD < head[1])
        return;
    must(head[0] == worker->piece && worker->got.size - HEAD == head[1], "a worker answered what it was not asked");
    worker->busy = false;
    team->done++;
    /* Else what comes together with the last answer that was needed would count or not, as it happens. */
    if (!team->satisfied &&
        !team->jobs->answered(team->jobs->context, head[0], worker->got.data + HEAD, (size_t)head[1]))
        team->satisfied = team->enough = true;
    buf_clear(&worker->got);
}

/* A worker that goes while it has a piece has died. */
static void take_in(Team *team, Worker *worker, char *chunk)
{
    ssize_t got = read(worker->answer, chunk, CHUNK);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got > 0) {
        buf_bytes(&worker->got, chunk, (size_t)got);
        take_answer(team, worker);
        return;
    }
    close_worker(worker);
    int status = wait_for(worker);
    team->enough = true;
    worker->busy = false;
    say_death(team, status);
}

static bool any_busy(const Team *team)
{
    for (int i = 0; i < team->count; i++)
        if (team->worker[i].busy)
            return true;
    return false;
}

/* ---- progress ---- */

static bool wants_progress(const Jobs *jobs)
{
    const Args *args = &jobs->cli->args;
    if (!jobs->what || args->progress != WHEN_AUTO)
        return jobs->what && args->progress == WHEN_ALWAYS;
    return !args->quiet && isatty(STDERR_FILENO);
}

static void put_left(Buf *line, uint64_t seconds)
{
    buf_text(line, ", about ");
    if (seconds >= 7200) {
        buf_u64(line, seconds / 3600);
        buf_text(line, " h left");
    } else if (seconds >= 120) {
        buf_u64(line, seconds / 60);
        buf_text(line, " min left");
    } else {
        buf_u64(line, seconds);
        buf_text(line, " s left");
    }
}

static void show_progress(Team *team)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long second = (long)(now.tv_sec - team->started.tv_sec);
    if (second <= team->shown)
        return;
    Jobs *jobs = team->jobs;
    Buf line;
    buf_init(&line, jobs->cli->mem, 4096);
    buf_text(&line, "\r");
    uint64_t total = jobs->total > 0 ? jobs->total : jobs->count;
    buf_u64(&line, jobs->done_before + team->done);
    buf_text(&line, " of ");
    buf_u64(&line, total);
    buf_f(&line, " %s", jobs->what);
    if (team->done > 0)
        put_left(&line, (uint64_t)second * (total - jobs->done_before - team->done) / team->done + 1);
    buf_text(&line, "\033[K");
    ssize_t ignored = write(STDERR_FILENO, line.data, line.size);
    (void)ignored;
    buf_free(&line);
    team->shown = second;
}

static void end_progress(const Team *team)
{
    if (team->shown == 0)
        return;
    ssize_t ignored = write(STDERR_FILENO, "\r\033[K", 4);
    (void)ignored;
}

/* ---- the whole ---- */

static void check_stop(Team *team)
{
    if (!*team->jobs->cli->stop || team->told)
        return;
    team->told = team->enough = true;
    team->code = EXIT_INTERRUPTED;
    for (int i = 0; i < team->count; i++)
        if (team->worker[i].process > 0)
            kill(team->worker[i].process, SIGTERM);
}

static void run_team(Team *team)
{
    Mem *mem = team->jobs->cli->mem;
    bool shows = wants_progress(team->jobs);
    struct pollfd *files = mem_get(mem, mem_array(mem, (size_t)team->count + 1, sizeof *files));
    char *chunk = mem_get(mem, CHUNK);
    for (;;) {
        check_stop(team);
        give_out(team);
        /* Once it is enough, only the answers of workers that were told to stop are still waited for. */
        if (!any_busy(team) || (team->enough && !team->told))
            break;
        for (int i = 0; i < team->count; i++)
            files[i] = (struct pollfd){.fd = team->worker[i].answer, .events = POLLIN};
        poll(files, (nfds_t)team->count, TICK_MS);
        for (int i = 0; i < team->count && (!team->satisfied || team->told); i++)
            if (team->worker[i].answer >= 0 && files[i].revents != 0)
                take_in(team, &team->worker[i], chunk);
        if (shows)
            show_progress(team);
    }
    mem_free(mem, chunk);
    mem_free(mem, files);
}

int jobs_run(Jobs *jobs)
{
    Mem *mem = jobs->cli->mem;
    Team *team = mem_get(mem, sizeof *team);
    MemTrap trap;
    *team = (Team){.jobs = jobs, .next = jobs->first, .code = EXIT_DONE};
    clock_gettime(CLOCK_MONOTONIC, &team->started);
    if (!start_team(team))
        return EXIT_IO;
    if (!mem_try(mem, &trap)) {
        end_progress(team);
        end_team(team);
        mem_give_up(mem);
    }
    run_team(team);
    mem_end_try(mem, &trap);
    end_progress(team);
    end_team(team);
    return team->code;
}
