/* bench: what loopsim needs for a unit of work, beside the floor of that work. Every row is measured `runs` times, the
 * floor and loopsim in turns, so that both meet the same machine; the medians of the user times count. Start-up (a
 * spec with one request) is taken off. The last row is of wall-clock time: what a second job gains. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS = 14, RUNS_MOST = 99 };

typedef struct Row {
    const char *work, *unit;
    double units;                 /* of work in loopsim's run */
    const char *run[ARGUMENTS];   /* behind the program's name */
    const char *floor[ARGUMENTS]; /* a program in the directory of floors; none: absolute */
    double floor_units;
    const char *base[ARGUMENTS]; /* loopsim's run without what is measured; its time is taken off. none: start-up */
} Row;

/* A request of examples/api.json is three steps (nine of ten) or five. */
#define API_STEPS (300000 * (0.9 * 3 + 0.1 * 5))
#define API(server)                                                                                                    \
    {                                                                                                                  \
        "run", "examples/api.json", "--set", "machine.profile=ideal", "--set", "duration=2000s", "--set",              \
            "arrivals.count=300000", "--out", "csv", "--only", server                                                  \
    }

static const Row rows[] = {
    {"M/M/1 on the event loop, load 0.9",
     "request",
     1e6,
     {"run", "bench/mm1.json", "--out", "csv"},
     {"floor_mm1", "10000000", "0.9"},
     1e7,
     {0}},
    {"cpu, net, cpu on the event loop",
     "request",
     3e5,
     {"run", "bench/steps.json", "--out", "csv"},
     {"floor_steps", "3000000"},
     3e6,
     {0}},
    {"the same, 100,000 requests",
     "request",
     1e5,
     {"run", "bench/mm1.json", "--set", "arrivals.count=100000", "--out", "csv"},
     {0},
     0,
     {0}},
    {"the same, 10,000,000 requests",
     "request",
     1e7,
     {"run", "bench/mm1.json", "--set", "arrivals.count=10000000", "--set", "duration=20000s", "--out", "csv"},
     {0},
     0,
     {0}},
    {"the same, with the blame in text", "request", 1e6, {"run", "bench/mm1.json", "--out", "text"}, {0}, 0, {0}},
    {"examples/api.json, event-loop", "step", API_STEPS, API("node"), {0}, 0, {0}},
    {"examples/api.json, thread-per-conn.", "step", API_STEPS, API("threads"), {0}, 0, {0}},
    {"examples/api.json, thread-pool", "step", API_STEPS, API("pool50"), {0}, 0, {0}},
    {"10,000 runnable threads, fair",
     "decision",
     2e6,
     {"run", "bench/fair.json"},
     {0},
     0,
     {"run", "bench/fair.json", "--set", "duration=4s"}},
    {"1,000,000 keep-alive connections",
     "request",
     4e6,
     {"run", "bench/idle.json", "--set", "duration=300s"},
     {0},
     0,
     {"run", "bench/idle.json", "--set", "duration=60s"}},
    {"program: immediates and promises", "callback", 9e5, {"run", "bench/callbacks.json"}, {0}, 0, {0}},
    {"JSON trace to /dev/null",
     "event",
     1e6,
     {"run", "bench/mm1.json", "--set", "arrivals.count=100000", "--trace", "/dev/null", "--trace-limit", "1000000"},
     {0},
     0,
     {"run", "bench/mm1.json", "--set", "arrivals.count=100000"}},
    {"start-up: one request", "run", 1, {"run", "bench/mm1.json", "--set", "arrivals.count=1"}, {0}, 0, {0}},
};

static const char *program, *floors;

static double user_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
}

static double wall_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(const char *path, const char *const arguments[])
{
    char *argv[ARGUMENTS + 2] = {(char *)path};
    for (int i = 0; i < ARGUMENTS && arguments[i]; i++)
        argv[i + 1] = (char *)arguments[i];
    double before = user_seconds();
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execv(path, argv);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "bench: %s %s has failed\n", path, arguments[0]);
        exit(1);
    }
    return user_seconds() - before;
}

static int by_size(const void *a, const void *b) /* total: times are numbers, and equal ones are alike */
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *times, int n)
{
    qsort(times, (size_t)n, sizeof *times, by_size);
    return times[n / 2];
}

static void measure(const Row *row, int runs)
{
    static const char *const once[ARGUMENTS] = {"run", "bench/mm1.json", "--set", "arrivals.count=1"};
    double ours[RUNS_MOST], floor_[RUNS_MOST], base[RUNS_MOST];
    char path[4096];
    for (int i = 0; i < runs; i++) {
        ours[i] = seconds(program, row->run);
        base[i] = row->units == 1 ? 0 : seconds(program, row->base[0] ? row->base : once);
        if (row->floor[0]) {
            snprintf(path, sizeof path, "%s/%s", floors, row->floor[0]);
            floor_[i] = seconds(path, row->floor + 1);
        }
    }
    double ns = (median(ours, runs) - median(base, runs)) * 1e9 / row->units;
    printf("%-36s %10.1f ns a %-9s", row->work, ns, row->unit);
    if (row->floor[0]) {
        double least = median(floor_, runs) * 1e9 / row->floor_units;
        printf(" floor %6.1f ns  ratio %5.1f", least, ns / least);
    }
    printf("\n");
    fflush(stdout);
}

/* Eight replications by one process, and by two jobs. */
static void measure_jobs(int runs)
{
    static const char *const jobs[2][ARGUMENTS] = {
        {"run", "bench/mm1.json", "--set", "arrivals.count=300000", "--runs", "8", "--jobs", "1"},
        {"run", "bench/mm1.json", "--set", "arrivals.count=300000", "--runs", "8", "--jobs", "2"}};
    double wall[2][RUNS_MOST];
    for (int i = 0; i < runs; i++)
        for (int j = 0; j < 2; j++) {
            double from = wall_seconds();
            seconds(program, jobs[j]);
            wall[j][i] = wall_seconds() - from;
        }
    printf("%-36s %10.2f times as fast as one (wall clock; wants two idle cores)\n", "8 runs of M/M/1 by two jobs",
           median(wall[0], runs) / median(wall[1], runs));
}

/* bench RUNS LOOPSIM DIRECTORY-OF-FLOORS [ROWS], in the root of the tree; ROWS: only so many */
int main(int argc, char **argv)
{
    int runs = argc >= 4 ? atoi(argv[1]) : 0;
    size_t all = sizeof rows / sizeof rows[0], most = argc > 4 ? (size_t)atoi(argv[4]) : all;
    if (runs < 1 || runs > RUNS_MOST) {
        fprintf(stderr, "usage: bench RUNS LOOPSIM FLOORS [ROWS]\n");
        return 2;
    }
    program = argv[2];
    floors = argv[3];
    printf("user time, medians of %d interleaved runs\n", runs);
    for (size_t i = 0; i < all && i < most; i++)
        measure(&rows[i], runs);
    if (most >= all)
        measure_jobs(runs);
    return 0;
}
