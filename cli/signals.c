#include "signals.h"

#include "cli.h"

#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PARTS_MOST = 16 };
enum { LEAVES, SAVES, WORKS };

static volatile sig_atomic_t stop, phase, parts;
static char part[PARTS_MOST][PATH_MAX];
static const int asks[] = {SIGINT, SIGTERM, SIGHUP};

/* Only what a signal handler may do: unlink and _exit. */
static void on_signal(int signal_number)
{
    (void)signal_number;
    if (phase == LEAVES || (phase == SAVES && stop)) {
        for (int i = 0; i < parts; i++)
            unlink(part[i]);
        _exit(EXIT_INTERRUPTED);
    }
    stop = 1;
}

static sigset_t asking(void)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        sigaddset(&set, asks[i]);
    return set;
}

const volatile sig_atomic_t *signals_begin(void)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = on_signal;
    action.sa_mask = asking();
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        if (asks[i] != SIGHUP || (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN))
            sigaction(asks[i], &action, NULL);
    return &stop;
}

const volatile sig_atomic_t *signals_stop(void)
{
    return &stop;
}

volatile sig_atomic_t *signals_end(void)
{
    return &stop;
}

void signals_save(void)
{
    phase = SAVES;
}

void signals_part(const char *path)
{
    size_t size = strlen(path) + 1;
    if (parts == PARTS_MOST || size > sizeof part[0])
        return;
    memcpy(part[parts], path, size);
    parts++; /* last: the handler reads what is complete */
}

/* No signal comes while it is not yet said that the new process is a worker: two of them would remove our files. */
pid_t signals_fork(void)
{
    sigset_t set = asking(), before;
    pid_t parent = getpid();
    sigprocmask(SIG_BLOCK, &set, &before);
    pid_t process = fork();
    if (process == 0) {
        phase = WORKS;
        prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0ul, 0ul, 0ul);
        if (getppid() != parent) /* it went before the kernel was told */
            _exit(EXIT_INTERRUPTED);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return process;
}
