#include "probe.h"

#include "series.h"
#include "warmup.h"

#include <string.h>

const char *const phase_name[PHASES] = {
    [PHASE_TIMERS] = "timers", [PHASE_PENDING] = "pending", [PHASE_PREPARE] = "idle/prepare",
    [PHASE_POLL] = "poll",     [PHASE_CHECK] = "check",     [PHASE_CLOSING] = "closing",
};

void probe_init(Probe *probe, Kernel *kernel, Stats *stats)
{
    memset(probe, 0, sizeof *probe);
    probe_kernel(probe, kernel);
    probe->digest = DIGEST_START;
    probe->notes_at = -1;
    probe->stats = stats;
}

void probe_kernel(Probe *probe, Kernel *kernel)
{
    probe->kernel = probe->stops = kernel;
}

/* A million clients may well open their connections at one instant; what is done for them by then is allowed them. */
void probe_spin(Probe *probe)
{
    uint64_t connections = probe->stats->connections_arrived - probe->stats->connections_gone;
    if ((uint64_t)-probe->notes_left <= 64 * connections)
        return;
    probe->spinning = probe->leave = true;
    kernel_stop(probe->stops);
}

void probe_stuck(Probe *probe)
{
    uint64_t connections = probe->stats->connections_arrived - probe->stats->connections_gone;
    if (probe->busy_at != probe_now(probe)) {
        probe->busy_at = probe_now(probe);
        probe->busy_since = probe->busy;
    }
    probe->busy_check = probe->busy + BUSY_EVERY;
    if (probe->busy - probe->busy_since > BUSY_MOST + UINT64_C(64) * BUSY_CALL * connections) {
        probe->spinning = probe->leave = true;
        kernel_stop(probe->stops);
    } else if (probe->kernel->stop != NULL && *probe->kernel->stop)
        probe->leave = true;
}

uint64_t probe_result(const Probe *probe)
{
    return digest_end(probe->digest);
}

/* ---- strands ---- */

void note_strand_begin(Probe *probe, Strand *strand, Request *request, Part part)
{
    mem_zero(strand->spent, sizeof strand->spent);
    strand->request = request;
    strand->since = probe_now(probe);
    strand->part = part;
    strand->branch = 0;
    strand->tally = NULL;
    strand->step = -1;
    strand->row = strand->between = stats_step(probe->stats, -1, request ? request->handler : -1);
    strand->waits_for = -1;
    if (probe->blame)
        blame_begin(probe->blame, strand);
    if (rarely(probe->view))
        view_strand_begin(probe->view, strand->since, strand);
}

void note_strand_fork(Probe *probe, Strand *child, const Strand *parent)
{
    Time now = probe_now(probe);
    *child = *parent;
    child->spent[parent->part] += now - parent->since;
    child->since = now;
    child->waits_for = -1;
    if (child->request)
        child->branch = ++child->request->branches;
    if (probe->blame)
        blame_fork(probe->blame, child, parent);
    if (rarely(probe->view))
        view_strand_fork(probe->view, now, child, parent);
}

void note_strand_adopt(Probe *probe, Strand *parent, const Strand *child)
{
    if (rarely(probe->view))
        view_strand_adopt(probe->view, probe_now(probe), parent, child);
    if (probe->blame)
        blame_adopt(probe->blame, parent, child);
    memcpy(parent->spent, child->spent, sizeof parent->spent);
    parent->since = child->since;
    parent->part = child->part;
    parent->waits_for = child->waits_for;
}

/* ---- connections ---- */

void note_connect(Probe *probe, Connection *connection)
{
    probe->stats->connections_arrived++;
    probe_digest(probe, TAG_CONNECT, connection->number, connection->stream);
    if (rarely(probe->view))
        view_connect(probe->view, probe_now(probe), connection);
}

void note_established(Probe *probe, Connection *connection)
{
    if (rarely(probe->view))
        view_established(probe->view, probe_now(probe), connection);
}

void note_accept(Probe *probe, Connection *connection)
{
    probe_digest(probe, TAG_ACCEPT, connection->number, 0);
    probe->stats->connections_accepted++;
    level_change(&probe->stats->open, probe_now(probe), 1);
    if (rarely(probe->view))
        view_accept(probe->view, probe_now(probe), connection);
}

void note_connection_refused(Probe *probe, Connection *connection)
{
    probe->stats->connections_refused++;
    if (rarely(probe->view))
        view_connection_refused(probe->view, probe_now(probe), connection);
}

void note_close(Probe *probe, Connection *connection)
{
    probe_digest(probe, TAG_CLOSE, connection->number, 0);
    probe->stats->connections_gone++;
    if (connection->accepted)
        level_change(&probe->stats->open, probe_now(probe), -1);
    if (rarely(probe->view))
        view_close(probe->view, probe_now(probe), connection);
}

/* ---- requests ---- */

static bool counts(const Stats *stats, const Request *request)
{
    return request->wanted >= stats->from;
}

void note_want(Probe *probe, Request *request)
{
    Stats *stats = probe->stats;
    Time now = probe_now(probe);
    stats_population(stats, now, 1);
    if (counts(stats, request)) {
        stats->handlers[request->handler].arrived++;
        stats->handlers[request->handler].in_flight++;
    }
    probe_digest(probe, TAG_WANT, request->number, (uint64_t)request->handler);
    if (rarely(probe->view))
        view_want(probe->view, now, request);
    note_strand_begin(probe, &request->account, request, PART_NETWORK);
}

void note_begin(Probe *probe, Request *request)
{
    probe_digest(probe, TAG_BEGIN, request->number, request->attempt);
    if (rarely(probe->view))
        view_begin(probe->view, probe_now(probe), request);
}

void note_respond(Probe *probe, Request *request)
{
    probe->stats->handlers[request->handler].responses++;
    probe_digest(probe, TAG_RESPOND, request->number, request->failed);
    if (rarely(probe->view))
        view_respond(probe->view, probe_now(probe), request);
}

void note_retry(Probe *probe, Request *request)
{
    probe->stats->handlers[request->handler].retried += counts(probe->stats, request);
    if (rarely(probe->view))
        view_retry(probe->view, probe_now(probe), request);
}

/* The row that is free, or that of the one which is dropped. */
static Time *slow_blame(const Stats *stats, const Blame *blame)
{
    return stats->slow_count < SLOWEST ? blame_slow(blame, stats->slow_count) : stats->slowest[SLOWEST - 1].blame;
}

/* Keeps the slowest, in order; of equals the one that came first. */
static OUT_OF_LINE void keep_slow(Stats *stats, const Blame *blame, const Request *request, Time latency)
{
    Time *waited = blame ? slow_blame(stats, blame) : NULL;
    int at = stats->slow_count < SLOWEST ? stats->slow_count++ : SLOWEST - 1;
    for (; at > 0 && stats->slowest[at - 1].latency < latency; at--)
        stats->slowest[at] = stats->slowest[at - 1];
    SlowRequest *slow = &stats->slowest[at];
    slow->request = request->number;
    slow->connection = request->connection ? request->connection->number : 0;
    slow->handler = request->handler;
    slow->wanted = request->wanted;
    slow->latency = latency;
    memcpy(slow->part, request->account.spent, sizeof slow->part);
    slow->blame = waited;
    for (int cause = 0; waited && cause < blame_causes(blame); cause++)
        waited[cause] = blame_of(blame, request, cause);
    if (stats->slow_count == SLOWEST)
        stats->slow_over = stats->slowest[SLOWEST - 1].latency;
}

static void count_completed(Stats *stats, Blame *blame, HandlerStats *handler, const Request *request, Time latency)
{
    const Time *spent = request->account.spent;
    if (rarely(latency > stats->slow_over)) /* what may give up for want of memory comes before what is counted */
        keep_slow(stats, blame, request, latency);
    hist_add(&stats->queueing, spent[PART_ACCEPT_WAIT] + spent[PART_READY_WAIT]);
    hist_add(&handler->latency, latency);
    if (blame)
        blame_count(blame, request, latency);
    Time total = part_sums_add(&handler->part, spent);
    must(total == latency, "the parts of a request's time do not add up to its latency");
    handler->in_flight--;
    handler->completed++;
}

static void count_not_completed(HandlerStats *handler, Outcome outcome)
{
    handler->in_flight--;
    handler->failed += outcome == OUTCOME_FAILED;
    handler->refused += outcome == OUTCOME_REFUSED;
    handler->timed_out += outcome == OUTCOME_TIMED_OUT;
}

/* For those who want to see each latency when it is known. */
static OUT_OF_LINE void hand_on(Stats *stats, Time now, Time latency)
{
    if (stats->pilot)
        pilot_add(stats->pilot, now, latency);
    if (stats->series)
        series_add(stats->series, latency);
}

void note_outcome(Probe *probe, Request *request, Outcome outcome)
{
    Stats *stats = probe->stats;
    Time now = probe_now(probe), latency = now - request->wanted;
    HandlerStats *handler = &stats->handlers[request->handler];
    must(outcome > OUTCOME_NONE && outcome <= OUTCOME_TIMED_OUT, "a request ended without an outcome");
    probe_settle(probe, &request->account, now);
    if (outcome == OUTCOME_COMPLETED) {
        if (counts(stats, request))
            count_completed(stats, probe->blame, handler, request, latency);
        if (rarely(((uintptr_t)stats->pilot | (uintptr_t)stats->series) != 0))
            hand_on(stats, now, latency);
        handler->completions++;
    } else if (counts(stats, request))
        count_not_completed(handler, outcome);
    stats_population(stats, now, -1);
    probe_digest(probe, TAG_OUTCOME, request->number, (uint64_t)outcome);
    if (rarely(probe->view))
        view_outcome(probe->view, now, request, outcome);
}

void note_request_gone(Probe *probe, Request *request)
{
    if (probe->blame)
        blame_request_gone(probe->blame, request);
}

/* ---- lines ---- */

void note_line(Probe *probe, Strand *strand, const char *text, size_t size)
{
    probe_digest(probe, TAG_LINE, probe_strand(strand), size);
    probe->digest = digest_bytes(probe->digest, text, size);
    if (rarely(probe->view))
        view_line(probe->view, probe_now(probe), strand, text, size);
}

/* ---- threads ---- */

void note_thread(Probe *probe, Thread *thread)
{
    probe->stats->loops += thread->kind == THREAD_LOOP;
    if (thread->kind == THREAD_CONNECTION)
        level_change(&probe->stats->connection_threads, probe_now(probe), 1);
    if (rarely(probe->view))
        view_thread(probe->view, probe_now(probe), thread);
}

void probe_thread_state(Probe *probe, Thread *thread, int state)
{
    Stats *stats = probe->stats;
    if (thread->kind == THREAD_CONNECTION) {
        level_change(&stats->connection_threads, probe_now(probe), -1);
        return;
    }
    must(thread->number >= 1 && thread->number <= LOOPS_MOST, "a loop's number is out of range");
    uint8_t *starves = &stats->loop_starves[thread->number - 1];
    uint8_t now_starves = state == STATE_READY;
    level_change(&stats->starved, probe_now(probe), now_starves - *starves);
    *starves = now_starves;
}

/* ---- the loop: what is told where somebody wants to be ---- */

void probe_tell_phase(Probe *probe, Thread *loop, Phase phase, bool begins)
{
    if (probe->view)
        view_phase(probe->view, probe_now(probe), loop, (int)phase, begins);
    if (probe->watch)
        probe->watch->phase(probe->watch->context, (int)phase, begins);
}

void probe_tell_callback(Probe *probe, Thread *loop, CallbackKind kind, Time ready, Strand *strand, const char *name)
{
    if (probe->view)
        view_callback(probe->view, probe_now(probe), loop, (int)kind, ready, strand, name);
    if (probe->watch)
        probe->watch->callback(probe->watch->context, (int)kind, ready, name);
}

void probe_tell_callback_end(Probe *probe, Thread *loop)
{
    if (probe->view)
        view_callback_end(probe->view, probe_now(probe), loop);
    if (probe->watch)
        probe->watch->callback_end(probe->watch->context);
}

/* ---- the pool and resources ---- */

void note_task(Probe *probe, Strand *strand, int change_queued, int change_busy)
{
    Time now = probe_now(probe);
    level_change(&probe->stats->pool_queued, now, change_queued);
    level_change(&probe->stats->pool_busy, now, change_busy);
    if (rarely(probe->view))
        view_task(probe->view, now, strand, change_queued, change_busy);
}

void note_task_start(Probe *probe, Thread *worker, Strand *strand, Time queued_at, const char *name)
{
    hist_add(&probe->stats->pool_wait, probe_now(probe) - queued_at);
    probe->stats->tasks++;
    if (probe->view && worker)
        view_task_start(probe->view, probe_now(probe), worker, strand, queued_at, name);
}

void note_task_end(Probe *probe, Thread *worker)
{
    if (rarely(probe->view))
        view_task_end(probe->view, probe_now(probe), worker);
}

void note_call(Probe *probe, Strand *strand, int resource, int change_queued, int change_served)
{
    Time now = probe_now(probe);
    ResourceStats *stats = &probe->stats->resources[resource];
    level_change(&stats->queued, now, change_queued);
    level_change(&stats->served, now, change_served);
    if (strand)
        strand->waits_for = resource;
    if (rarely(probe->view))
        view_call(probe->view, now, strand, resource, change_queued, change_served);
}

void note_call_done(Probe *probe, Strand *strand, int resource, Time queued_at, Time started_at, bool failed)
{
    ResourceStats *stats = &probe->stats->resources[resource];
    hist_add(&stats->wait, started_at - queued_at);
    stats->calls++;
    stats->errors += failed;
    if (strand)
        strand->waits_for = -1;
    if (rarely(probe->view))
        view_call_done(probe->view, probe_now(probe), strand, resource, queued_at, started_at, failed);
}
