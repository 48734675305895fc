/* Ctrl-C at any moment: commands that have much to do are interrupted at random moments, and what they leave behind is
 * looked at. Here a few moments each; `make signals N=200` takes so many, measures how long it takes from the signal to
 * the end, and says so.
 *
 * Of the latency, the CPU time that the process takes after the signal is judged: the time on the wall is that and what
 * else the machine does. Most of it goes into giving back memory, some 45 ms for each GB, so these take up to one. */
#include "command.h"
#include "lab.h"
#include "../model/observe/probe.h"
#include "../model/spec/json.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

Suite *interrupts_suite(void);

enum { WORDS = 40, TEXT = 2000, MOST_MOMENTS = 10000, MOST_CPU_MS = 200, US_A_MS = 1000, NS_A_US = 1000 };

typedef struct Case {
    const char *name;
    const char *spec;  /* NULL: `workload` */
    const char *words; /* by blanks; @spec, @dir */
    const char *files; /* what it writes, by blanks: .json are results, .trace.* traces */
    int span_ms;       /* the moments are spread over so long */
    bool group;        /* it has processes of its own: their CPU time before the signal is not known */
    int own_exit;      /* its own, where it ends by itself */
} Case;

#define MACHINE "\"machine\":{\"profile\":\"linux\",\"cores\":2}"
#define SERVERS                                                                                                        \
    "\"servers\":{\"node\":{\"model\":\"event-loop\"},\"threads\":{\"model\":\"thread-per-connection\"},"              \
    "\"pool\":{\"model\":\"thread-pool\",\"threads\":4},\"green\":{\"model\":\"green-threads\"}}"

static const char
    workload[] = "{\"name\":\"e\",\"duration\":\"80000h\"," MACHINE ",\"handlers\":{\"get\":[{\"cpu\":\"1ms\"}]},"
                 "\"arrivals\":{\"every\":\"2ms\"}," SERVERS "}",
    short_one[] = "{\"name\":\"s\",\"duration\":\"2s\"," MACHINE ",\"handlers\":{\"get\":[{\"cpu\":"
                  "{\"exponential\":\"1ms\"}}]},\"arrivals\":{\"poisson\":\"500/s\"}," SERVERS "}",
    at_once[] =
        "{\"name\":\"b\",\"duration\":\"80000h\",\"machine\":{\"profile\":\"ideal\",\"cores\":2},\"handlers\":"
        "{\"get\":[{\"cpu\":\"1ms\"}]},\"arrivals\":{\"bursts\":{\"every\":\"1h\",\"size\":500000}}," SERVERS "}",
    clients[] = "{\"name\":\"c\",\"duration\":\"80000h\"," MACHINE ",\"handlers\":{\"get\":[{\"cpu\":\"1us\"}]},"
                "\"arrivals\":{\"clients\":200000,\"think\":\"1s\"}," SERVERS "}",
    shared[] = "{\"name\":\"p\",\"duration\":\"80000h\",\"machine\":{\"profile\":\"ideal\",\"cores\":2,\"scheduler\":"
               "\"processor-sharing\"},\"handlers\":{\"get\":[{\"cpu\":\"1ms\"}]},\"arrivals\":"
               "{\"bursts\":{\"every\":\"1h\",\"size\":500000}}," SERVERS "}",
    pilot[] = "{\"name\":\"w\",\"duration\":\"2000s\",\"warmup\":\"auto\"," MACHINE
              ",\"handlers\":{\"get\":[{\"cpu\":\"1ms\"}]},"
              "\"arrivals\":{\"poisson\":\"500/s\"}," SERVERS "}",
    ticks[] = "{\"main\":[\"a\",{\"setInterval\":\"f\",\"ms\":1}],\"functions\":{\"f\":[{\"cpu\":\"1us\"}]}}",
    microtasks[] = "{\"main\":[{\"setInterval\":[{\"let\":{\"i\":0}},{\"while\":{\"lt\":[\"$i\",100000]},\"do\":"
                   "[{\"inc\":\"i\"},{\"queueMicrotask\":[]}]},{\"cpu\":\"1us\"}],\"ms\":1}]}";

static const Case cases[] = {
    {"node-json", NULL, "run @spec --only node --out json=@dir/r.json --trace @dir/t.trace.json", "r.json t.trace.json",
     60, false, 0},
    {"threads-gz", NULL, "run @spec --only threads --out json=@dir/r.json --trace @dir/t.trace.json.gz",
     "r.json t.trace.json.gz", 60, false, 0},
    {"pool-pftrace", NULL, "run @spec --only pool --out json=@dir/r.json --trace @dir/t.trace.pftrace",
     "r.json t.trace.pftrace", 60, false, 0},
    {"green", NULL, "run @spec --only green --out json=@dir/r.json --out html=@dir/r.html --series 1s", "r.json r.html",
     300, false, 0},
    {"all-slowest", short_one, "run @spec --out json=@dir/r.json --trace @dir/t.trace.pftrace --trace-slowest 3",
     "r.json t.trace.pftrace", 100, false, 0},
    {"warmup-auto", pilot, "run @spec --out json=@dir/r.json", "r.json", 800, false, 0},
    {"program", ticks, "run @spec --out json=@dir/r.json --trace @dir/t.trace.json.gz", "r.json t.trace.json.gz", 60,
     false, 0},
    {"microtasks", microtasks, "run @spec --out json=@dir/r.json", "r.json", 600, false, 0},
    {"explain", ticks, "explain @spec --out json=@dir/r.json", "r.json", 60, false, 5},
    {"runs", short_one, "run @spec --runs 5000 --out json=@dir/r.json --out csv=@dir/r.csv", "r.json r.csv", 400, true,
     0},
    {"runs-jobs", short_one, "run @spec --runs 5000 --jobs 2 --out json=@dir/r.json", "r.json", 400, true, 0},
    {"precision", short_one, "run @spec --precision 0.01 --jobs 2 --out json=@dir/r.json", "r.json", 400, true, 0},
    {"sweep", short_one,
     "sweep @spec --vary machine.cores=1..60:1 --vary seed=1..99:1 --out json=@dir/r.json --out html=@dir/r.html",
     "r.json r.html", 400, true, 0},
    {"sweep-jobs", short_one,
     "sweep @spec --vary machine.cores=1..60:1 --vary seed=1..99:1 --jobs 2 --resume @dir/journal --out "
     "json=@dir/r.json",
     "r.json", 400, true, 0},
    {"burst-node", at_once, "run @spec --only node --out json=@dir/r.json", "r.json", 1000, false, 0},
    {"burst-threads", at_once, "run @spec --only threads --out json=@dir/r.json", "r.json", 1000, false, 0},
    {"burst-pool", at_once, "run @spec --only pool --out json=@dir/r.json", "r.json", 1000, false, 0},
    {"burst-green", at_once, "run @spec --only green --out json=@dir/r.json", "r.json", 1000, false, 0},
    {"clients-threads", clients, "run @spec --only threads --out json=@dir/r.json", "r.json", 1000, false, 0},
    {"clients-node", clients, "run @spec --only node --out json=@dir/r.json", "r.json", 1000, false, 0},
    {"sharing", shared, "run @spec --only threads --out json=@dir/r.json", "r.json", 1000, false, 0},
    {"calibrate", NULL, "calibrate --out @dir/costs.json", "", 2000, false, 0},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* What came of the moments of one case. */
typedef struct Tally {
    int early, complete, marked, twice; /* nothing was begun; it had ended; ended for the signal; for a second one */
    int count;
    double wall_ms[MOST_MOMENTS], cpu_ms[MOST_MOMENTS];
} Tally;

static Tally tally;
static char dir[400];
static uint64_t random_state;

static uint64_t random_below(uint64_t most) /* Marsaglia's xorshift64 */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % most;
}

static int wanted(void)
{
    const char *named = getenv("SIGNALS");
    int count = named ? atoi(named) : 0;
    return count > MOST_MOMENTS ? MOST_MOMENTS : count;
}

static const char *in_dir(const char *name)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

/* ---- what is left behind ---- */

static void read_strictly(const char *name, const char *text, size_t size)
{
    Mem *mem = mem_new((size_t)1 << 28);
    MemTrap trap;
    Diag diag;
    ck_assert(mem && mem_try(mem, &trap));
    diag_init(&diag, mem);
    json_read(mem, (JsonPlace){.file = "results", .line = 1, .column = 1}, text, size, &diag);
    mem_end_try(mem, &trap);
    ck_assert_msg(diag.errors == 0, "%s: %s is no JSON", dir, name);
    mem_delete(mem);
}

/* False: it is not there. */
static bool look_at(const char *name, int exit, bool twice)
{
    size_t size = 0, length = strlen(name);
    char path[700];
    snprintf(path, sizeof path, "%s.part", in_dir(name));
    ck_assert_msg(!file_exists(path), "%s is left", path);
    char *text = read_file(in_dir(name), &size);
    if (!text)
        return false;
    ck_assert_msg(size > 0, "%s is empty", in_dir(name));
    if (strstr(name, ".trace")) {
        Ran ran = run_loopsim("trace-check", in_dir(name), NULL);
        ck_assert_msg(ran.exit == 0, "%s: %s%s", in_dir(name), ran.out, ran.err);
        ran_free(&ran);
    } else if (strcmp(name + length - 5, ".json") == 0) {
        bool marked = strstr(text, "\"interrupted\": true") || strstr(text, "\"end\": \"interrupted\"");
        ck_assert_msg(twice || marked == (exit == 130), /* the second may come when all is written */
                      "%s: exit %d, but marked: %d", in_dir(name), exit, marked);
        read_strictly(name, text, size);
    }
    free(text);
    return true;
}

static void look_at_all(const Case *at, int exit, bool twice)
{
    char files[200], *rest = NULL;
    int there = 0, count = 0;
    snprintf(files, sizeof files, "%s", at->files);
    for (char *name = strtok_r(files, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        count++;
        there += look_at(name, exit, twice);
    }
    ck_assert_msg(twice || there == 0 || there == count, "%s: exit %d with %d of %d files", at->name, exit, there,
                  count);
    ck_assert_msg(exit == 130 || exit == -SIGINT || (exit == at->own_exit && there == count),
                  "%s: exit %d with %d files", at->name, exit, there);
    if (exit == at->own_exit)
        tally.complete++;
    else if (there == count && count > 0)
        tally.marked++;
    else if (twice)
        tally.twice++;
    else
        tally.early++;
}

/* ---- a moment ---- */

static double ms_between(struct timespec from, struct timespec to)
{
    return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static double ms_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

static pid_t start_case(const Case *at)
{
    static char text[TEXT];
    const char *words[WORDS] = {NULL};
    char *to = text, *rest = NULL;
    int count = 0;
    for (const char *c = at->words; *c; c++) {
        bool spec = strncmp(c, "@spec", 5) == 0;
        to += *c != '@' ? snprintf(to, 2, "%c", *c)
                        : snprintf(to, sizeof dir + 20, "%s%s", dir, spec ? "/spec.json" : "");
        c += *c != '@' ? 0 : spec ? 4 : 3;
    }
    for (char *word = strtok_r(text, " ", &rest); word && count < WORDS - 1; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    return start_loopsim(-1, -1, words);
}

static void nap_us(uint64_t us)
{
    nanosleep(&(struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * NS_A_US}, NULL);
}

static void interrupt_once(const Case *at, bool twice)
{
    struct timespec sent, ended, used = {0};
    struct rusage before, usage;
    clockid_t clock;
    int status = 0;
    getrusage(RUSAGE_CHILDREN, &before);
    pid_t child = start_case(at);
    nap_us(random_below((uint64_t)at->span_ms * US_A_MS / (wanted() > 0 ? 1 : 5)));
    bool known = clock_getcpuclockid(child, &clock) == 0 && clock_gettime(clock, &used) == 0;
    clock_gettime(CLOCK_MONOTONIC, &sent);
    kill(at->group ? -child : child, SIGINT);
    if (twice) {
        nap_us(random_below(20 * US_A_MS));
        kill(at->group ? -child : child, SIGTERM);
    }
    while (waitpid(child, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    getrusage(RUSAGE_CHILDREN, &usage);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    int exit = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    if (twice && exit == -SIGTERM) /* before loopsim had begun */
        exit = -SIGINT;
    if (!twice && tally.count < MOST_MOMENTS) {
        tally.wall_ms[tally.count] = ms_between(sent, ended);
        tally.cpu_ms[tally.count] = known ? ms_of(&usage) - ms_of(&before) - ms_between((struct timespec){0}, used) : 0;
        tally.count++;
    }
    look_at_all(at, exit, twice);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void say_tally(const Case *at)
{
    qsort(tally.wall_ms, (size_t)tally.count, sizeof tally.wall_ms[0], by_size);
    qsort(tally.cpu_ms, (size_t)tally.count, sizeof tally.cpu_ms[0], by_size);
    int last = tally.count - 1, p99 = last - tally.count / 100;
    fprintf(
        stderr,
        "%-16s %3d early, %3d at their end, %3d marked, %3d gone by a second; wall p50 %5.1f p99 %5.1f max %5.1f ms",
        at->name, tally.early, tally.complete, tally.marked, tally.twice, tally.wall_ms[last / 2], tally.wall_ms[p99],
        tally.wall_ms[last]);
    if (at->group)
        fprintf(stderr, "\n");
    else
        fprintf(stderr, ", CPU p99 %5.1f max %5.1f ms\n", tally.cpu_ms[p99], tally.cpu_ms[last]);
}

/* One moment in five gets a second signal within 20 ms. */
START_TEST(any_moment_will_do)
{
    const Case *at = &cases[_i];
    int moments = wanted() > 0 ? wanted() : 2;
    const char *only = getenv("SIGNALS_ONLY");
    if (only && only[0] && strcmp(only, at->name) != 0)
        return;
    memset(&tally, 0, sizeof tally);
    random_state = 88172645463325252u + (uint64_t)_i;
    for (int i = 0; i < moments; i++) {
        snprintf(dir, sizeof dir, "%s", scratch("spec.json"));
        write_file(dir, at->spec ? at->spec : workload);
        *strrchr(dir, '/') = '\0';
        interrupt_once(at, i % 5 == 1);
        scratch_remove();
    }
    if (wanted() == 0)
        return;
    say_tally(at);
    ck_assert_msg(at->group || tally.cpu_ms[tally.count - 1] <= MOST_CPU_MS, "%s: %.1f ms of CPU time after the signal",
                  at->name, tally.cpu_ms[tally.count - 1]);
}
END_TEST

/* ---- a burst is one event of the kernel, and may be long ---- */

static volatile sig_atomic_t asked;

static void ask(int number)
{
    (void)number;
    asked = 1;
}

/* After 10 ms of this process's CPU time: a million connections take far longer. */
START_TEST(a_burst_is_left_on_the_way)
{
    const struct itimerval soon = {.it_value = {.tv_usec = 10 * US_A_MS}};
    Lab *lab = lab_read(
        "{\"name\":\"b\",\"duration\":\"1s\",\"machine\":{\"profile\":\"ideal\"},\"handlers\":{\"get\":[{\"cpu\":"
        "\"1ms\"}]},\"arrivals\":{\"bursts\":{\"every\":\"100ms\",\"size\":1000000}},"
        "\"servers\":{\"node\":{\"model\":\"event-loop\"}}}");
    LabRun *run = lab_begin(lab, 0);
    asked = 0;
    signal(SIGPROF, ask);
    ck_assert_int_eq(setitimer(ITIMER_PROF, &soon, NULL), 0);
    run->world->kernel.stop = &asked;
    while (!asked && kernel_step(&run->world->kernel))
        ;
    ck_assert_uint_gt(run->world->kernel.pending, 1);
    ck_assert_uint_lt(run->world->kernel.pending, 1000000);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

Suite *interrupts_suite(void)
{
    Suite *suite = suite_create("interrupts");
    TCase *tests = tcase_create("interrupts");
    tcase_set_timeout(tests, wanted() > 0 ? 100000 : 300);
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_loop_test(tests, any_moment_will_do, 0, CASES);
    tcase_add_test(tests, a_burst_is_left_on_the_way);
    suite_add_tcase(suite, tests);
    return suite;
}
