/* loopsim against the naive simulator (naive.h) on random small specs.
 *
 *     make naive N=1000 SEED=1     N specs, with a table of what they met
 *     NAIVE_SPEC=17                of them only this one
 */
#include "deaf.h"
#include "lab.h"
#include "naive.h"
#include "naive_specs.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what loopsim says: from what it draws ---- */

typedef struct Listener {
    Sink sink; /* first */
    bool request_track[20000];
    struct {
        uint64_t number;
        Time begun;
        int depth;
    } open[65536]; /* by id */
    NaiveRun *run;
} Listener;

static Listener *listener_of(Sink *sink)
{
    return (Listener *)(void *)sink;
}

static void on_track(Sink *sink, const TrackSpec *spec)
{
    Listener *listener = listener_of(sink);
    ck_assert_uint_lt(spec->track, COUNT_OF(listener->request_track));
    listener->request_track[spec->track] = spec->kind == TRACK_ASYNC && strncmp(spec->name, "request ", 8) == 0;
}

static void on_begin(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                     TraceFlow flow)
{
    Listener *listener = listener_of(sink);
    (void)name, (void)flow;
    if (!listener->request_track[async])
        return;
    ck_assert_uint_lt(id, COUNT_OF(listener->open));
    if (listener->open[id].depth++ > 0)
        return;
    ck_assert_uint_lt(args->request, NAIVE_MOST);
    listener->open[id].number = args->request;
    listener->run->request[args->request] = (NaiveRequest){at, -1, IN_FLIGHT};
    if (args->request > listener->run->count)
        listener->run->count = args->request;
}

static int outcome_of(const char *outcome)
{
    static const char *const names[] = {"", "completed", "failed", "refused", "timed out"};
    for (int i = 1; i < 5; i++)
        if (strcmp(names[i], outcome) == 0)
            return i;
    ck_abort_msg("outcome %s", outcome);
    return 0;
}

static void on_end(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                   TraceFlow flow)
{
    Listener *listener = listener_of(sink);
    (void)name, (void)flow;
    if (!listener->request_track[async] || (args != NULL && args->unfinished) || --listener->open[id].depth > 0)
        return;
    NaiveRequest *request = &listener->run->request[listener->open[id].number];
    ck_assert_ptr_nonnull(args);
    request->over = at;
    request->outcome = outcome_of(args->outcome);
}

static NaiveRun *loopsim_run(Mem *mem, Lab *lab, int server)
{
    Listener *listener = mem_get(mem, sizeof *listener);
    listener->sink = deaf_sink;
    listener->sink.track = on_track;
    listener->sink.begin = on_begin;
    listener->sink.end = on_end;
    listener->run = mem_get(mem, sizeof *listener->run);
    LabRun *run = lab_begin_drawn(lab, server, &listener->sink);
    lab_finish(run);
    lab_end_run(run);
    return listener->run;
}

/* ---- comparing ---- */

static const char *outcome_name(int outcome)
{
    static const char *const names[] = {"in flight", "completed", "failed", "refused", "timed out"};
    return names[outcome];
}

static void say(const char *who, const NaiveRun *run, uint64_t number)
{
    const NaiveRequest *request = &run->request[number];
    if (number > run->count)
        printf("  %-8s request %d: none\n", who, (int)number);
    else
        printf("  %-8s request %d: wanted at %lld, %s at %lld\n", who, (int)number, (long long)request->wanted,
               outcome_name(request->outcome), (long long)request->over);
}

static bool same(const NaiveRequest *a, const NaiveRequest *b)
{
    return a->wanted == b->wanted && a->over == b->over && a->outcome == b->outcome;
}

/* The request that differs whose end comes first. */
static uint64_t first_difference(const NaiveRun *a, const NaiveRun *b)
{
    uint64_t first = 0, most = a->count > b->count ? a->count : b->count;
    Time at = TIME_NEVER;
    for (uint64_t i = 1; i <= most; i++) {
        const NaiveRequest *x = &a->request[i], *y = &b->request[i];
        Time end = x->over < 0 || (y->over >= 0 && y->over < x->over) ? y->over : x->over;
        if (i > a->count || (i <= b->count && y->wanted < x->wanted))
            end = y->wanted;
        else if (x->wanted != y->wanted)
            end = x->wanted;
        if (!same(x, y) && end < at) {
            at = end;
            first = i;
        }
    }
    return first;
}

/* ---- what was met ---- */

static const char *const models[] = {"event-loop", "thread-per-connection", "pool, connection", "pool, request",
                                     "green-threads"};
static const char *const schedulers[] = {"fair", "round-robin", "fifo", "processor-sharing"};
enum { MODELS = COUNT_OF(models), SCHEDULERS = COUNT_OF(schedulers) };

typedef struct Coverage {
    int specs[MODELS][SCHEDULERS][NAIVE_KINDS];
} Coverage;

static int model_of(const Spec *spec, int server)
{
    const Json *json = json_member(json_member(spec->root, "servers"), spec->servers[server].name);
    const char *model = json_member(json, "model")->text;
    if (strcmp(model, "thread-pool") == 0)
        return strcmp(json_member(json, "unit")->text, "request") == 0 ? 3 : 2;
    for (int i = 0; i < MODELS; i++)
        if (strcmp(models[i], model) == 0)
            return i;
    ck_abort_msg("model %s", model);
    return 0;
}

/* Says how often each was met; the number of those that were not. */
static int report(const Coverage *coverage, bool quietly)
{
    int missing = 0;
    for (int model = 0; model < MODELS; model++) {
        for (int scheduler = 0; scheduler < SCHEDULERS; scheduler++) {
            if (!quietly)
                printf("%s, %s:", models[model], schedulers[scheduler]);
            for (int kind = 0; naive_kind[kind] != NULL; kind++) {
                missing += coverage->specs[model][scheduler][kind] == 0;
                if (!quietly)
                    printf(" %s %d%s", naive_kind[kind], coverage->specs[model][scheduler][kind],
                           naive_kind[kind + 1] != NULL ? "," : "\n");
            }
        }
    }
    return missing;
}

/* ---- tests ---- */

/* SEED, SPEC and the like, for people who look for something. */
static int wanted(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? atoi(text) : otherwise;
}

static bool agree(Lab *lab, const char *text, int number, int server)
{
    Mem *mem = mem_new((size_t)1 << 30);
    NaiveRun *ours = loopsim_run(mem, lab, server), *theirs = naive_run(mem, lab->spec, server);
    bool agreed = naive_digest(ours) == naive_digest(theirs);
    if (!agreed) {
        uint64_t first = first_difference(ours, theirs);
        printf("%s\nspec %d, server %s: request %d of %d differs\n", text, number, lab->spec->servers[server].name,
               (int)first, (int)ours->count);
        say("loopsim", ours, first);
        say("naive", theirs, first);
    }
    mem_delete(mem);
    return agreed;
}

/* How many of its servers differ. */
static int compare(const NaiveSpec *spec, int number, Coverage *coverage)
{
    int differ = 0;
    Lab *lab = lab_read(spec->text);
    for (int server = 0; server < lab->spec->server_count; server++) {
        int only = wanted("NAIVE_SERVER", -1), model = model_of(lab->spec, server);
        if (only >= 0 && server != only)
            continue;
        differ += !agree(lab, spec->text, number, server);
        for (int kind = 0; kind < NAIVE_KINDS; kind++)
            coverage->specs[model][spec->scheduler][kind] += spec->has[kind];
    }
    lab_end(lab);
    return differ;
}

START_TEST(the_naive_simulator_agrees_on_random_specs)
{
    int n = wanted("NAIVE_N", 100), only = wanted("NAIVE_SPEC", 0), differ = 0;
    bool long_form = getenv("NAIVE_N") != NULL && only == 0;
    Coverage coverage = {0};
    for (int i = only > 0 ? only : 1; i <= (only > 0 ? only : n); i++) {
        Mem *mem = mem_new(1 << 24);
        NaiveSpec spec = naive_spec(mem, (uint64_t)wanted("NAIVE_SEED", 1), (uint64_t)i);
        differ += compare(&spec, i, &coverage);
        mem_delete(mem);
    }
    int missing = report(&coverage, !long_form);
    if (long_form)
        printf("%d specs: %d servers differ, %d combinations were not met\n", n, differ, missing);
    ck_assert_int_eq(differ, 0);
    ck_assert_msg(!long_form || n < 1000 || missing == 0, "%d combinations of model, scheduler and step were not met",
                  missing);
}
END_TEST

Suite *naive_suite(void);
Suite *naive_suite(void)
{
    Suite *suite = suite_create("naive");
    TCase *agreement = tcase_create("agreement");
    tcase_set_timeout(agreement, 3600);
    tcase_add_test(agreement, the_naive_simulator_agrees_on_random_specs);
    suite_add_tcase(suite, agreement);
    return suite;
}
