/* Blame as a sentence: who waited, for whom, and for what. */
#include "results.h"

#include <string.h>

enum { NOTEWORTHY = 20 }; /* a wait below this part of the latency is not worth a sentence */

void results_put_time(Buf *buf, Time ns)
{
    static const struct {
        Time size;
        const char *name;
    } units[] = {{TIME_S, "s"}, {TIME_MS, "ms"}, {TIME_US, "us"}, {1, "ns"}};
    size_t unit = 0;
    Time digit = 1;
    unsigned decimals = 0;
    while (ns / digit >= 1000)
        digit *= 10;
    ns = (ns + digit / 2) / digit * digit;
    while (unit + 1 < COUNT_OF(units) && ns < units[unit].size)
        unit++;
    for (digit = units[unit].size; ns % digit != 0; digit /= 10)
        decimals++;
    buf_fixed(buf, ns / digit, decimals);
    buf_f(buf, " %s", units[unit].name);
}

/* What the one that waits would need the other to do. */
static const char *const needs[SITES] = {
    [SITE_LOOP] = "to leave the loop",   [SITE_CORES] = "to leave a core",    [SITE_CARRIERS] = "to leave a carrier",
    [SITE_WORKERS] = "to free a worker", [SITE_THREADS] = "to free a thread", [SITE_RESOURCE] = "to leave",
    [SITE_LOCK] = "to release",
};

/* For what the server does itself. */
static const char *own_work(const char *cause)
{
    static const char *const work[][2] = {
        {"(loop)", "for the loop's own work"},
        {"(acceptor)", "for the acceptor's own work"},
        {"(worker)", "for the workers to wake the loop"},
        {"(thread)", "for threads to begin and to end"},
        {"(switch)", "for cores to switch threads"},
        {"(wake-up)", "for an idle core to start"},
        {"(idle connection)", "for connections without a request to free a thread"},
        {"(pause)", "for the process, which stood still"},
        {"(SYN retry)", "to send a SYN again that a full backlog had dropped"},
    };
    for (size_t i = 0; i < COUNT_OF(work); i++)
        if (strcmp(work[i][0], cause) == 0)
            return work[i][1];
    return "for nobody knows whom";
}

/* "step 3 (await db)" is at `db`. */
static const char *thing_of(const Filler *at)
{
    const char *space = at->step ? strrchr(at->step->name, ' ') : NULL;
    return space ? space + 1 : NULL;
}

static void put_place(Buf *buf, const Results *results, const BlamePair *pair)
{
    const HandlerResults *waits = &results->handlers[pair->handler], *keeps = &results->handlers[pair->cause];
    bool named = pair->site == SITE_RESOURCE || pair->site == SITE_LOCK;
    const char *thing = named ? thing_of(&waits->keeps[pair->site]) : NULL;
    const Filler *filler = &keeps->keeps[pair->site];
    buf_text(buf, needs[pair->site]);
    if (named && thing)
        buf_f(buf, pair->site == SITE_LOCK ? " the lock `%s`" : " `%s`", thing);
    else if (named)
        buf_text(buf, pair->site == SITE_LOCK ? " a lock" : " a resource");
    else if (filler->step)
        buf_f(buf, " (step %d, %s)", filler->number, filler->step->name);
}

bool blame_clause(Buf *buf, const Results *results, const BlamePair *pair)
{
    const HandlerResults *handler = &results->handlers[pair->handler];
    Time waited = results_blame(results, pair->handler, pair->cause), mean = hist_mean(&handler->latency);
    if (waited < mean / NOTEWORTHY)
        return false;
    buf_f(buf, "`%s` waited ", handler->name);
    results_put_time(buf, waited);
    buf_text(buf, " of its ");
    results_put_time(buf, mean);
    if (pair->cause >= results->handler_count)
        return true;
    if (pair->cause == pair->handler)
        buf_f(buf, " for other requests of `%s`", handler->name);
    else
        buf_f(buf, " for `%s`", results->blame.name[pair->cause]);
    return true;
}

bool blame_sentence(Buf *buf, const Results *results)
{
    BlamePair pair;
    if (!results_worst(results, &pair) || !blame_clause(buf, results, &pair))
        return false;
    buf_char(buf, ' ');
    if (pair.cause >= results->handler_count)
        buf_text(buf, own_work(results->blame.name[pair.cause]));
    else
        put_place(buf, results, &pair);
    return true;
}
