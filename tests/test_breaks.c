/* breaks_at: in each example with open arrivals, for each server, throughput follows what arrives at 5 % below the rate
 * that the example's own run gives, and does not at 5 % above. */
#include "command.h"
#include "lab.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUESTS = 24000, TEXT_MOST = 8192 };

/* What stands in the example's text for the rates of its streams, and what in their place: the number of arrivals per
 * second and, where a second stream grows with the first, the ns between two of its. */
typedef struct Open {
    const char *file, *server;
    const char *rate, *by;
    const char *other, *other_by; /* NULL: one stream */
    int64_t per_other;            /* so many arrivals of the first a one of the second; 0: it does not grow */
} Open;

#define POISSON(rate) "\"poisson\": \"" rate "/s\"", "\"poisson\": \"%lld/s\""
#define BURST "\"to\": \"4000/s\"", "\"to\": \"0.001/s\"", 0
#define SLOW "\"every\": \"1s\"", "\"every\": \"%lldns\"", 200

static const Open opens[] = {
    {"examples/api.json", "node", POISSON("500"), NULL, NULL, 0},
    {"examples/api.json", "threads", POISSON("500"), NULL, NULL, 0},
    {"examples/api.json", "pool50", POISSON("500"), NULL, NULL, 0},
    {"examples/loop-wins.json", "libuv", POISSON("40000"), NULL, NULL, 0},
    {"examples/loop-wins.json", "threads", POISSON("40000"), NULL, NULL, 0},
    {"examples/sync-against-async.json", "node", POISSON("300"), NULL, NULL, 0},
    {"examples/sync-against-async.json", "threads", POISSON("300"), NULL, NULL, 0},
    /* Not its threads: where the cores are full there the few slow ones wait, and hardly any request less is
     * answered. */
    {"examples/blocked-loop.json", "node", POISSON("200"), SLOW},
    {"examples/retry-storm.json", "eager", POISSON("700"), BURST}, /* from within the storm; then without its cause */
    {"examples/retry-storm.json", "patient", POISSON("700"), BURST},
};

static int server_of(const Lab *lab, const char *name)
{
    for (int i = 0; i < lab->spec->server_count; i++)
        if (strcmp(lab->spec->servers[i].name, name) == 0)
            return i;
    ck_abort_msg("no server %s", name);
    return -1;
}

static int64_t breaks_at(const char *text, const Open *open)
{
    Lab *lab = lab_read(text);
    LabRun *run = lab_begin(lab, server_of(lab, open->server));
    int64_t rate = lab_finish(run)->bottleneck.breaks_at / 1000000;
    lab_end_run(run);
    lab_end(lab);
    ck_assert_int_gt(rate, 0);
    return rate;
}

static void substitute(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from), rest[TEXT_MOST];
    ck_assert_msg(at != NULL && strlen(text) + strlen(to) < TEXT_MOST, "no %s in %s", from, text);
    snprintf(rest, sizeof rest, "%s", at + strlen(from));
    snprintf(at, TEXT_MOST - (size_t)(at - text), "%s%s", to, rest);
}

static Lab *at_rate(const char *text, const Open *open, int64_t rate)
{
    char changed[TEXT_MOST], to[100];
    int64_t others = open->per_other > 0 ? open->per_other + 1 : 0, second = others > 0 ? rate / others : 0;
    ck_assert_uint_lt(strlen(text), TEXT_MOST);
    strcpy(changed, text);
    snprintf(to, sizeof to, open->by, (long long)(rate - second));
    substitute(changed, open->rate, to);
    if (open->other) {
        snprintf(to, sizeof to, open->other_by, (long long)(others > 0 ? TIME_S * others / rate : 0));
        substitute(changed, open->other, to);
    }
    Lab *lab = lab_read(changed);
    lab->spec->warmup = TIME_S * (REQUESTS / 4) / rate;
    lab->spec->duration = 5 * lab->spec->warmup;
    return lab;
}

/* Completions by arrivals over the window, in thousandths. */
static int64_t follows(const char *text, const Open *open, int64_t rate)
{
    Lab *lab = at_rate(text, open, rate);
    LabRun *run = lab_begin(lab, server_of(lab, open->server));
    const Results *results = lab_finish(run);
    Time window = results->window_to - results->window_from;
    int64_t completed = (int64_t)((double)results->all.throughput * (double)window / 1e15 + 0.5);
    int64_t share = completed * 1000 / (int64_t)results->all.requests.arrived;
    lab_end_run(run);
    lab_end(lab);
    return share;
}

START_TEST(throughput_stops_following_where_it_says)
{
    const Open *open = &opens[_i];
    char *text = read_file(open->file, NULL);
    int64_t rate = breaks_at(text, open), below = follows(text, open, rate - rate / 20),
            above = follows(text, open, rate + rate / 20);
    ck_assert_msg(below >= 990 && above < 985, "%s, %s: at %lld/s; %lld thousandths follow below, %lld above",
                  open->file, open->server, (long long)rate, (long long)below, (long long)above);
    free(text);
}
END_TEST

Suite *breaks_suite(void);
Suite *breaks_suite(void)
{
    Suite *suite = suite_create("breaks");
    TCase *tests = tcase_create("breaks");
    tcase_add_loop_test(tests, throughput_stops_following_where_it_says, 0, (int)COUNT_OF(opens));
    suite_add_tcase(suite, tests);
    return suite;
}
