/* Requests, their branches, connections and the resources that they call. */
#include "drawing.h"
#include "view.h"

/* ---- strands ---- */

void view_strand_begin(View *view, Time now, Strand *strand)
{
    Request *request = strand->request;
    if (!view_at(view, now) || !request || request->attempt > 0 || strand != &request->account)
        return;
    Lane *lane = lane_take(view, LANE_REQUEST, is_slow(view, request->number), &strand->track);
    if (!lane)
        return;
    lane->owner = strand;
    lane->handler = request->handler;
    lane->request = request->number;
    lane->connection = request->connection ? request->connection->number : 0;
    if (draws(view)) {
        lane_begin(view, lane, now, false);
        mark_slow(view, lane, now);
    }
    lane_piece(view, lane, now, strand->part, strand);
}

void view_strand_fork(View *view, Time now, Strand *child, const Strand *parent)
{
    (void)parent;
    (void)view_at(view, now);
    child->track = 0; /* a lane when it does something of its own */
}

static void free_branch(View *view, Lane *lane, Time now)
{
    lane_served(view, lane, now, false);
    lane_end(view, lane, now, NULL);
    lane_free(view, lane);
}

static void unlink_branch(View *view, Lane *root, uint32_t number)
{
    uint32_t *at = &root->next;
    while (*at != number && *at != 0)
        at = &view->lanes[*at - 1].next;
    if (*at == number)
        *at = view->lanes[number - 1].next;
}

/* Another attempt of the same request goes on in its lane. */
static void hand_over(View *view, Time now, Strand *to, Lane *lane)
{
    to->track = lane_number(view, lane);
    lane->owner = to;
    lane_piece(view, lane, now, to->part, to);
}

void view_strand_adopt(View *view, Time now, Strand *parent, const Strand *child)
{
    if (!view_at(view, now))
        return;
    Lane *to = lane_there(view, parent), *from = lane_there(view, child);
    if (!to && from && from->kind == LANE_REQUEST && parent->branch == 0) {
        hand_over(view, now, parent, from);
        return;
    }
    if (to && to->part != child->part)
        lane_piece(view, to, now, child->part, child);
    if (!from || from->kind != LANE_BRANCH || !child->request)
        return;
    Lane *root = lane_there(view, &child->request->account);
    if (!root)
        return;
    unlink_branch(view, root, lane_number(view, from));
    free_branch(view, from, now);
}

void view_part(View *view, Time now, Strand *strand, Part part)
{
    if (!view_at(view, now))
        return;
    Lane *lane = part == PART_READY_WAIT || part == PART_OTHER ? lane_there(view, strand) : lane_of(view, strand);
    if (lane)
        lane_piece(view, lane, now, part, strand);
}

/* ---- requests ---- */

void view_want(View *view, Time now, Request *request)
{
    (void)request;
    if (view_at(view, now))
        counter_add(view, COUNT_IN_FLIGHT, 1);
}

void view_begin(View *view, Time now, Request *request)
{
    (void)request;
    (void)view_at(view, now);
}

static void mark(View *view, Lane *lane, Time now, const char *name, uint64_t hop)
{
    if (draws(view))
        view->sink->instant(view->sink, lane_track(view, lane), lane_number(view, lane), now, name, NULL,
                            (TraceFlow){hop, 0});
}

void view_respond(View *view, Time now, Request *request)
{
    if (!view_at(view, now))
        return;
    Lane *lane = lane_there(view, &request->account);
    if (lane)
        mark(view, lane, now, request->failed ? "error" : "reply", frame_hop(view, lane->thread, now, "reply"));
}

void view_retry(View *view, Time now, Request *request)
{
    if (!view_at(view, now))
        return;
    Lane *lane = lane_there(view, &request->account);
    if (!lane)
        return;
    lane->hop = 0;
    lane->thread = NULL;
    mark(view, lane, now, "retry", 0);
}

static void free_branches(View *view, Lane *root, Time now)
{
    uint32_t next;
    for (uint32_t number = root->next; number != 0; number = next) {
        next = view->lanes[number - 1].next;
        free_branch(view, &view->lanes[number - 1], now);
    }
    root->next = 0;
}

void view_outcome(View *view, Time now, Request *request, Outcome outcome)
{
    static const char *const names[] = {[OUTCOME_NONE] = NULL,
                                        [OUTCOME_COMPLETED] = "completed",
                                        [OUTCOME_FAILED] = "failed",
                                        [OUTCOME_REFUSED] = "refused",
                                        [OUTCOME_TIMED_OUT] = "timed out"};
    if (!view_at(view, now))
        return;
    counter_add(view, COUNT_IN_FLIGHT, -1);
    Lane *lane = lane_there(view, &request->account);
    if (!lane)
        return;
    TraceArgs args = trace_no_args;
    args.latency_ns = now - request->wanted;
    args.outcome = names[outcome];
    free_branches(view, lane, now);
    lane_served(view, lane, now, false);
    lane_end(view, lane, now, &args);
    lane_free(view, lane);
}

/* ---- connections ---- */

static Lane *connection_lane(const View *view, const Connection *connection)
{
    uint32_t number = connection->track & INT32_MAX;
    return number > 0 ? &view->lanes[number - 1] : NULL;
}

#define ESTABLISHED (UINT32_C(1) << 31) /* of Connection.track: it stands in the backlog */

void view_connect(View *view, Time now, Connection *connection)
{
    connection->track = 0;
    if (!view_at(view, now))
        return;
    Lane *lane = lane_take(view, LANE_CONNECTION, false, &connection->track);
    if (!lane)
        return;
    lane->owner = connection;
    lane->connection = connection->number;
    if (draws(view))
        lane_begin(view, lane, now, false);
    lane_piece(view, lane, now, PART_NETWORK, NULL);
}

void view_established(View *view, Time now, Connection *connection)
{
    if (!view_at(view, now))
        return;
    Lane *lane = connection_lane(view, connection);
    connection->track |= ESTABLISHED;
    counter_add(view, COUNT_BACKLOG, 1);
    if (lane)
        lane_piece(view, lane, now, PART_ACCEPT_WAIT, NULL);
}

static void leaves_backlog(View *view, Time now, Connection *connection)
{
    Lane *lane = connection_lane(view, connection);
    if (connection->track & ESTABLISHED)
        counter_add(view, COUNT_BACKLOG, -1);
    connection->track &= ~ESTABLISHED;
    if (lane)
        lane_piece(view, lane, now, PARTS, NULL);
}

void view_accept(View *view, Time now, Connection *connection)
{
    if (!view_at(view, now))
        return;
    counter_add(view, COUNT_CONNECTIONS, 1);
    leaves_backlog(view, now, connection);
}

void view_connection_refused(View *view, Time now, Connection *connection)
{
    if (!view_at(view, now))
        return;
    leaves_backlog(view, now, connection);
    Lane *lane = connection_lane(view, connection);
    if (lane)
        mark(view, lane, now, "refused", 0);
}

void view_close(View *view, Time now, Connection *connection)
{
    if (!view_at(view, now))
        return;
    if (connection->accepted)
        counter_add(view, COUNT_CONNECTIONS, -1);
    else
        leaves_backlog(view, now, connection);
    Lane *lane = connection_lane(view, connection);
    if (!lane)
        return;
    lane_end(view, lane, now, NULL);
    lane_free(view, lane);
    connection->track = 0;
}

/* ---- resources ---- */

void view_call(View *view, Time now, Strand *strand, int resource, int change_queued, int change_served)
{
    if (!view_at(view, now))
        return;
    counter_add(view, COUNTERS + resource, change_queued);
    Lane *lane = strand ? lane_of(view, strand) : NULL;
    if (!lane)
        return;
    if (change_queued > 0)
        lane->queued_at = now;
    if (change_served > 0) {
        lane_served(view, lane, now, false); /* that of an earlier attempt, which is served on for nobody */
        lane->calls = true;
        lane->served_by = resource;
        lane->called_by = strand->step >= 0 ? program_step(view->program, strand->step)->name : NULL;
        if (draws(view))
            lane_serve(view, lane, now, false);
    } else if (change_served < 0) {
        lane_served(view, lane, now, false);
    }
    if (change_queued < 0)
        lane->queued_at = -1;
}

void view_call_done(View *view, Time now, const Strand *strand, int resource, Time queued_at, Time started_at,
                    bool failed)
{
    (void)resource;
    (void)queued_at;
    (void)started_at;
    (void)failed;
    if (!view_at(view, now))
        return;
    Lane *lane = strand ? lane_there(view, strand) : NULL;
    if (lane) { /* a call that took too long is served on, for nobody */
        lane_served(view, lane, now, false);
        lane->queued_at = -1;
    }
}
