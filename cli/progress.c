#include "progress.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 160, SHOWN_NAME = 40 };

/* What the signal handler reads. The numbers of the kernel may be torn on machines of 32 bits: a wrong line for a
 * second. */
static struct {
    const volatile Kernel *volatile kernel;
    const char *name;
    Time until;
    uint64_t taken_before;
    unsigned seconds;
    volatile sig_atomic_t shown;
} now;

typedef struct Line {
    char text[LINE];
    size_t size;
} Line;

static void put(Line *line, const char *text)
{
    for (; *text && line->size < LINE; text++)
        line->text[line->size++] = *text;
}

static void put_number(Line *line, uint64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    digits[--at] = '\0';
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put(line, digits + at);
}

static void put_name(Line *line, const char *name)
{
    for (size_t i = 0; i < SHOWN_NAME && name[i]; i++)
        line->text[line->size++] = (unsigned char)name[i] < 0x20 ? '?' : name[i];
}

static void put_share(Line *line, Time done)
{
    uint64_t percent = (uint64_t)(done / (now.until / 100 + 1));
    put_number(line, percent);
    put(line, " %, ");
    if (percent == 0)
        return;
    put(line, "about ");
    put_number(line, now.seconds * (100 - percent) / percent + 1);
    put(line, " s left, ");
}

/* Only what a signal handler may do: no memory, no stdio. */
static void on_second(int signal_number)
{
    int before = errno;
    const volatile Kernel *kernel = now.kernel;
    (void)signal_number;
    if (!kernel)
        return;
    now.seconds++;
    Line line = {.size = 0};
    uint64_t taken = kernel->taken;
    put(&line, "\r");
    put_name(&line, now.name);
    put(&line, ": ");
    if (now.until != TIME_NEVER)
        put_share(&line, kernel->now);
    put_number(&line, (uint64_t)(kernel->now / TIME_S));
    put(&line, " s simulated, ");
    put_number(&line, (taken - now.taken_before) / 1000);
    put(&line, " k steps/s  \033[K");
    ssize_t ignored = write(STDERR_FILENO, line.text, line.size);
    (void)ignored;
    now.shown = 1;
    now.taken_before = taken;
    alarm(1);
    errno = before;
}

static bool is_wanted(const Args *args)
{
    if (args->progress != WHEN_AUTO)
        return args->progress == WHEN_ALWAYS;
    return !args->quiet && isatty(STDERR_FILENO);
}

void progress_begin(const Args *args, const char *name, const Kernel *kernel, Time until)
{
    struct sigaction action;
    if (!is_wanted(args))
        return;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_second;
    action.sa_flags = SA_RESTART;
    now.name = name;
    now.until = until;
    now.taken_before = 0;
    now.seconds = 0;
    now.shown = 0;
    now.kernel = kernel;
    sigaction(SIGALRM, &action, NULL);
    alarm(1);
}

void progress_end(void)
{
    if (!now.kernel)
        return;
    alarm(0);
    now.kernel = NULL;
    if (!now.shown)
        return;
    ssize_t ignored = write(STDERR_FILENO, "\r\033[K", 4);
    (void)ignored;
}
