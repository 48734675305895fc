/* Requests, their branches, connections and resources: asynchronous slices, with pieces inside for each wait and each piece of work.
 *
 * A request's lane holds `request NAME` and its pieces. A branch draws pieces in a lane of its own as long as it does or waits for something
 * of its own; while it is ready, or waits for others, it has none. Pieces are begun when the instant is over, so one that takes no time is none. */
#include "drawing.h"
#include "view.h"

#include <string.h>

/* ---- lanes ---- */

static Lane *take_lane(View *view, LaneKind kind, uint32_t *number)
{
    uint32_t *open = kind == LANE_CONNECTION ? &view->connections_open : &view->strands_open;
    *number = 0;
    if (*open >= TRACKS_MOST) {
        view->left_out++;
        return NULL;
    }
    ++*open;
    if (view->lane_free > 0) {
        *number = view->lane_free;
        view->lane_free = view->lanes[*number - 1].next;
    } else {
        if (view->lane_count == view->lane_room) {
            view->lane_room = view->lane_room > 0 ? 2 * view->lane_room : 64;
            view->lanes = mem_grow(view->mem, view->lanes, mem_array(view->mem, view->lane_room, sizeof *view->lanes));
        }
        *number = ++view->lane_count;
    }
    Lane *lane = &view->lanes[*number - 1];
    bool pending = lane->pending; /* it may stand in the list for the lane's last use */
    memset(lane, 0, sizeof *lane);
    lane->pending = pending;
    lane->kind = kind;
    lane->handler = lane->resource = -1;
    lane->queued_at = -1;
    lane->part = PARTS;
    return lane;
}

static uint32_t number_of(const View *view, const Lane *lane)
{
    return (uint32_t)(lane - view->lanes) + 1;
}

static void free_lane(View *view, Lane *lane)
{
    --*(lane->kind == LANE_CONNECTION ? &view->connections_open : &view->strands_open);
    lane->kind = LANE_FREE;
    lane->next = view->lane_free;
    view->lane_free = number_of(view, lane);
}

Lane *lane_there(const View *view, const Strand *strand)
{
    if (strand->track == 0 || strand->track > view->lane_count)
        return NULL;
    Lane *lane = &view->lanes[strand->track - 1];
    return lane->owner == strand && (lane->kind == LANE_REQUEST || lane->kind == LANE_BRANCH) ? lane : NULL;
}

static Lane *connection_lane(const View *view, const Connection *connection)
{
    uint32_t number = connection->track & INT32_MAX;
    return number > 0 ? &view->lanes[number - 1] : NULL;
}

static Lane *new_branch(View *view, Strand *strand)
{
    Lane *root = strand->request ? lane_there(view, &strand->request->account) : NULL, *lane;
    uint32_t root_number;
    if (!root || root->owner == strand)
        return NULL;
    root_number = number_of(view, root);
    lane = take_lane(view, LANE_BRANCH, &strand->track);
    if (!lane)
        return NULL;
    root = &view->lanes[root_number - 1]; /* the lanes may have moved */
    lane->owner = strand;
    lane->handler = root->handler;
    lane->request = root->request;
    lane->thread = root->thread;
    lane->hop = root->hop;
    lane->next = root->next;
    root->next = strand->track;
    return lane;
}

Lane *lane_of(View *view, Strand *strand)
{
    Lane *lane = lane_there(view, strand);
    return lane || strand->branch == 0 ? lane : new_branch(view, strand);
}

/* ---- tracks ---- */

static Track async_track(View *view, const char *first, const char *second, int order)
{
    buf_clear(&view->line);
    buf_text(&view->line, first);
    buf_text(&view->line, second);
    return view_track(view, (TrackSpec){.parent = view->process, .kind = TRACK_ASYNC, .order = order, .name = buf_string(&view->line)});
}

enum { ORDER_REQUESTS = 100000, ORDER_RESOURCES = 200000, ORDER_CONNECTIONS = 300000 };

static Track track_of(View *view, const Lane *lane)
{
    if (lane->kind == LANE_CONNECTION) {
        if (!view->connections)
            view->connections = async_track(view, "connection", "", ORDER_CONNECTIONS);
        return view->connections;
    }
    bool whole = lane->kind == LANE_REQUEST;
    Track *track = whole ? &view->requests[lane->handler] : &view->branches[lane->handler];
    if (*track == 0)
        *track = async_track(view, whole ? "request " : "branch ", view->spec->handlers[lane->handler].name, ORDER_REQUESTS + 2 * lane->handler + !whole);
    return *track;
}

static Track resource_track(View *view, int resource)
{
    if (view->resources[resource] == 0)
        view->resources[resource] = async_track(view, view->spec->resources[resource].name, "", ORDER_RESOURCES + resource);
    return view->resources[resource];
}

/* The name of the slice around the pieces: the same as its track's. */
static const char *around_name(View *view, const Lane *lane)
{
    if (lane->kind == LANE_CONNECTION)
        return "connection";
    buf_clear(&view->line);
    buf_text(&view->line, lane->kind == LANE_REQUEST ? "request " : "branch ");
    buf_text(&view->line, view->spec->handlers[lane->handler].name);
    return buf_string(&view->line);
}

/* ---- slices ---- */

static void open_around(View *view, Lane *lane, Time at, bool cut)
{
    TraceArgs args = trace_no_args;
    Track track = track_of(view, lane);
    args.request = lane->request;
    args.connection = lane->connection;
    args.unfinished = cut;
    if (lane->kind == LANE_REQUEST && !cut)
        lane->hop = view_hop(view);
    lane->open = true;
    view->sink->begin(view->sink, track, number_of(view, lane), at, around_name(view, lane), &args,
        (TraceFlow){0, lane->kind == LANE_REQUEST && !cut ? lane->hop : 0});
}

static const char *const piece_name[PARTS] = {
    [PART_NETWORK] = "network", [PART_ACCEPT_WAIT] = "accept queue", [PART_READY_WAIT] = "ready", [PART_CPU] = "cpu", [PART_PREEMPTED] = "preempted",
    [PART_OVERHEAD] = "cpu", [PART_POOL_WAIT] = "pool queue", [PART_RESOURCE_WAIT] = "queue", [PART_RESOURCE] = "wait", [PART_SLEEP] = "sleep",
    [PART_LOCK_WAIT] = "lock", [PART_OTHER] = "await",
};

static bool is_drawn(const Lane *lane)
{
    if (lane->part == PARTS)
        return false;
    return lane->kind != LANE_BRANCH || (lane->part != PART_READY_WAIT && lane->part != PART_OTHER);
}

static void begin_piece(View *view, Lane *lane, Time at, bool cut)
{
    TraceArgs args = trace_no_args;
    if (lane->kind == LANE_BRANCH && !lane->open)
        open_around(view, lane, at, cut);
    lane->name = piece_name[lane->part];
    if (lane->part == PART_RESOURCE && lane->resource >= 0)
        lane->name = view->spec->resources[lane->resource].name;
    if (lane->part == PART_RESOURCE_WAIT && lane->resource >= 0)
        args.detail = view->spec->resources[lane->resource].name;
    args.step = lane->step;
    args.unfinished = cut;
    lane->drawn = true;
    view->sink->begin(view->sink, track_of(view, lane), number_of(view, lane), at, lane->name, &args, NO_FLOW);
}

static void end_piece(View *view, Lane *lane, Time at, bool cut)
{
    TraceArgs args = trace_no_args;
    args.unfinished = cut;
    if (lane->drawn && draws(view))
        view->sink->end(view->sink, track_of(view, lane), number_of(view, lane), at, lane->name, cut ? &args : NULL, NO_FLOW);
    lane->drawn = false;
}

static void end_around(View *view, Lane *lane, Time at, const TraceArgs *args)
{
    end_piece(view, lane, at, args && args->unfinished);
    if (lane->open && draws(view))
        view->sink->end(view->sink, track_of(view, lane), number_of(view, lane), at, around_name(view, lane), args, NO_FLOW);
    lane->open = false;
}

static void set_pending(View *view, Lane *lane)
{
    if (lane->pending)
        return;
    if (view->pending_count == view->pending_room) {
        view->pending_room = view->pending_room > 0 ? 2 * view->pending_room : 64;
        view->pending = mem_grow(view->mem, view->pending, mem_array(view->mem, view->pending_room, sizeof *view->pending));
    }
    lane->pending = true;
    view->pending[view->pending_count++] = number_of(view, lane);
}

static bool works(unsigned part)
{
    return part == PART_CPU || part == PART_OVERHEAD;
}

static void set_piece(View *view, Lane *lane, Time now, unsigned part, const Strand *strand)
{
    const char *step = strand && strand->step >= 0 ? program_step(view->program, strand->step)->name : NULL;
    if (!lane->drawn || !works(part) || !works(lane->part)) /* its own work and what it costs are one piece */
        end_piece(view, lane, now, false);
    lane->part = (uint8_t)part;
    lane->step = step;
    lane->resource = -1;
    if (strand && (part == PART_RESOURCE || part == PART_RESOURCE_WAIT))
        lane->resource = strand->waits_for;
    if (lane->kind == LANE_BRANCH && !is_drawn(lane))
        end_around(view, lane, now, NULL);
    if (is_drawn(lane) && !lane->drawn)
        set_pending(view, lane);
}

void lanes_flush(View *view)
{
    for (uint32_t i = 0; i < view->pending_count; i++) {
        Lane *lane = &view->lanes[view->pending[i] - 1];
        lane->pending = false;
        if (lane->kind != LANE_FREE && is_drawn(lane) && !lane->drawn)
            begin_piece(view, lane, view->instant, false);
    }
    view->pending_count = 0;
}

static void begin_service(View *view, Lane *lane, Time at, bool cut)
{
    int resource = lane->served_by;
    TraceArgs args = trace_no_args;
    args.request = lane->request;
    args.step = lane->called_by;
    args.unfinished = cut;
    args.queued_ns = lane->queued_at >= 0 && !cut ? at - lane->queued_at : -1;
    uint64_t hop = cut ? 0 : whole_hop(view, lane->hop);
    view->sink->begin(view->sink, resource_track(view, resource), number_of(view, lane), at, view->spec->resources[resource].name, &args, (TraceFlow){hop, hop});
}

static void end_service(View *view, Lane *lane, Time at, bool cut)
{
    TraceArgs args = trace_no_args;
    args.unfinished = cut;
    if (lane->calls && draws(view))
        view->sink->end(view->sink, resource_track(view, lane->served_by), number_of(view, lane), at,
            view->spec->resources[lane->served_by].name, cut ? &args : NULL, NO_FLOW);
    lane->calls = false;
}

void lanes_open(View *view, Time at)
{
    for (uint32_t i = 0; i < view->lane_count; i++) {
        Lane *lane = &view->lanes[i];
        lane->pending = false;
        if (lane->kind == LANE_FREE)
            continue;
        if (lane->kind != LANE_BRANCH)
            open_around(view, lane, at, true);
        if (is_drawn(lane))
            begin_piece(view, lane, at, true);
        if (lane->calls)
            begin_service(view, lane, at, true);
    }
}

void lanes_shut(View *view, Time at)
{
    TraceArgs args = trace_no_args;
    args.unfinished = true;
    for (uint32_t i = 0; i < view->lane_count; i++) {
        Lane *lane = &view->lanes[i];
        if (lane->kind == LANE_FREE)
            continue;
        end_service(view, lane, at, true);
        end_around(view, lane, at, &args);
    }
}

/* ---- strands ---- */

void view_strand_begin(View *view, Time now, Strand *strand)
{
    Request *request = strand->request;
    if (!view_at(view, now) || !request || request->attempt > 0 || strand != &request->account)
        return;
    Lane *lane = take_lane(view, LANE_REQUEST, &strand->track);
    if (!lane)
        return;
    lane->owner = strand;
    lane->handler = request->handler;
    lane->request = request->number;
    lane->connection = request->connection ? request->connection->number : 0;
    if (draws(view))
        open_around(view, lane, now, false);
    set_piece(view, lane, now, strand->part, strand);
}

void view_strand_fork(View *view, Time now, Strand *child, const Strand *parent)
{
    (void)parent;
    (void)view_at(view, now);
    child->track = 0; /* a lane when it does something of its own */
}

static void free_branch(View *view, Lane *lane, Time now)
{
    end_service(view, lane, now, false);
    end_around(view, lane, now, NULL);
    free_lane(view, lane);
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
    to->track = number_of(view, lane);
    lane->owner = to;
    set_piece(view, lane, now, to->part, to);
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
        set_piece(view, to, now, child->part, child);
    if (to && from)
        to->thread = from->thread;
    if (!from || from->kind != LANE_BRANCH || !child->request)
        return;
    Lane *root = lane_there(view, &child->request->account);
    if (!root)
        return;
    unlink_branch(view, root, number_of(view, from));
    free_branch(view, from, now);
}

void view_part(View *view, Time now, Strand *strand, Part part)
{
    if (!view_at(view, now))
        return;
    Lane *lane = part == PART_READY_WAIT || part == PART_OTHER ? lane_there(view, strand) : lane_of(view, strand);
    if (lane)
        set_piece(view, lane, now, part, strand);
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
        view->sink->instant(view->sink, track_of(view, lane), number_of(view, lane), now, name, NULL, (TraceFlow){hop, 0});
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
    static const char *const names[] = {
        [OUTCOME_NONE] = NULL, [OUTCOME_COMPLETED] = "completed", [OUTCOME_FAILED] = "failed", [OUTCOME_REFUSED] = "refused", [OUTCOME_TIMED_OUT] = "timed out"};
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
    end_service(view, lane, now, false);
    end_around(view, lane, now, &args);
    free_lane(view, lane);
}

/* ---- connections ---- */

#define ESTABLISHED (UINT32_C(1) << 31) /* of Connection.track: it stands in the backlog */

void view_connect(View *view, Time now, Connection *connection)
{
    connection->track = 0;
    if (!view_at(view, now))
        return;
    Lane *lane = take_lane(view, LANE_CONNECTION, &connection->track);
    if (!lane)
        return;
    lane->owner = connection;
    lane->connection = connection->number;
    if (draws(view))
        open_around(view, lane, now, false);
    set_piece(view, lane, now, PART_NETWORK, NULL);
}

void view_established(View *view, Time now, Connection *connection)
{
    if (!view_at(view, now))
        return;
    Lane *lane = connection_lane(view, connection);
    connection->track |= ESTABLISHED;
    counter_add(view, COUNT_BACKLOG, 1);
    if (lane)
        set_piece(view, lane, now, PART_ACCEPT_WAIT, NULL);
}

static void leaves_backlog(View *view, Time now, Connection *connection)
{
    Lane *lane = connection_lane(view, connection);
    if (connection->track & ESTABLISHED)
        counter_add(view, COUNT_BACKLOG, -1);
    connection->track &= ~ESTABLISHED;
    if (lane)
        set_piece(view, lane, now, PARTS, NULL);
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
    end_around(view, lane, now, NULL);
    free_lane(view, lane);
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
        lane->calls = true;
        lane->served_by = resource;
        lane->called_by = strand->step >= 0 ? program_step(view->program, strand->step)->name : NULL;
        if (draws(view))
            begin_service(view, lane, now, false);
    } else if (change_served < 0) {
        end_service(view, lane, now, false);
    }
    if (change_queued < 0)
        lane->queued_at = -1;
}

void view_call_done(View *view, Time now, const Strand *strand, int resource, Time queued_at, Time started_at, bool failed)
{
    (void)resource;
    (void)queued_at;
    (void)started_at;
    (void)failed;
    if (!view_at(view, now))
        return;
    Lane *lane = strand ? lane_there(view, strand) : NULL;
    if (lane) { /* a call that took too long is served on, for nobody */
        end_service(view, lane, now, false);
        lane->queued_at = -1;
    }
}
