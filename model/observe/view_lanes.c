/* Lanes: asynchronous slices, with pieces inside for each wait and each piece of work.
 *
 * A request's lane holds `request NAME` and its pieces. A branch draws pieces in a lane of its own as long as it does
 * or waits for something of its own; while it is ready, or waits for others, it has none. Pieces are begun when the
 * instant is over, so one that takes no time is none. */
#include "drawing.h"
#include "view.h"

#include <string.h>

/* ---- lanes ---- */

Lane *lane_take(View *view, LaneKind kind, bool looked_for, uint32_t *number)
{
    uint32_t *open = kind == LANE_CONNECTION ? &view->connections_open : &view->strands_open;
    *number = 0;
    if (*open >= TRACKS_MOST && !looked_for) {
        view->left_out++;
        return NULL;
    }
    ++*open;
    if (view->lane_free > 0) {
        *number = view->lane_free;
        view->lane_free = view->lanes[*number - 1].next;
    } else {
        if (view->lane_count == view->lane_room) {
            view->lane_room = view->lane_room > 0 ? 2 * view->lane_room : HOSTILE(64, 1);
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

uint32_t lane_number(const View *view, const Lane *lane)
{
    return (uint32_t)(lane - view->lanes) + 1;
}

void lane_free(View *view, Lane *lane)
{
    --*(lane->kind == LANE_CONNECTION ? &view->connections_open : &view->strands_open);
    lane->kind = LANE_FREE;
    lane->next = view->lane_free;
    view->lane_free = lane_number(view, lane);
}

Lane *lane_there(const View *view, const Strand *strand)
{
    if (strand->track == 0 || strand->track > view->lane_count)
        return NULL;
    Lane *lane = &view->lanes[strand->track - 1];
    return lane->owner == strand && (lane->kind == LANE_REQUEST || lane->kind == LANE_BRANCH) ? lane : NULL;
}

static Lane *new_branch(View *view, Strand *strand)
{
    Lane *root = strand->request ? lane_there(view, &strand->request->account) : NULL, *lane;
    uint32_t root_number;
    if (!root || root->owner == strand)
        return NULL;
    root_number = lane_number(view, root);
    lane = lane_take(view, LANE_BRANCH, false, &strand->track);
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
    return view_track(
        view,
        (TrackSpec){.parent = view->process, .kind = TRACK_ASYNC, .order = order, .name = buf_string(&view->line)});
}

enum { ORDER_REQUESTS = 100000, ORDER_RESOURCES = 200000, ORDER_CONNECTIONS = 300000 };

Track lane_track(View *view, const Lane *lane)
{
    if (lane->kind == LANE_CONNECTION) {
        if (!view->connections)
            view->connections = async_track(view, "connection", "", ORDER_CONNECTIONS);
        return view->connections;
    }
    bool whole = lane->kind == LANE_REQUEST;
    Track *track = whole ? &view->requests[lane->handler] : &view->branches[lane->handler];
    if (*track == 0)
        *track = async_track(view, whole ? "request " : "branch ", view->spec->handlers[lane->handler].name,
                             ORDER_REQUESTS + 2 * lane->handler + !whole);
    return *track;
}

static Track resource_track(View *view, int resource)
{
    if (view->resources[resource] == 0)
        view->resources[resource] =
            async_track(view, view->spec->resources[resource].name, "", ORDER_RESOURCES + resource);
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

void lane_begin(View *view, Lane *lane, Time at, bool cut)
{
    TraceArgs args = trace_no_args;
    Track track = lane_track(view, lane);
    args.request = lane->request;
    args.connection = lane->connection;
    args.unfinished = cut;
    if (lane->kind == LANE_REQUEST && !cut)
        lane->hop = view_hop(view);
    lane->open = true;
    view->sink->begin(view->sink, track, lane_number(view, lane), at, around_name(view, lane), &args,
                      (TraceFlow){0, lane->kind == LANE_REQUEST && !cut ? lane->hop : 0});
}

static const char *const piece_name[PARTS] = {
    [PART_NETWORK] = "network",      [PART_ACCEPT_WAIT] = "accept queue",
    [PART_READY_WAIT] = "ready",     [PART_CPU] = "cpu",
    [PART_PREEMPTED] = "preempted",  [PART_OVERHEAD] = "cpu",
    [PART_POOL_WAIT] = "pool queue", [PART_RESOURCE_WAIT] = "queue",
    [PART_RESOURCE] = "wait",        [PART_SLEEP] = "sleep",
    [PART_LOCK_WAIT] = "lock",       [PART_OTHER] = "await",
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
        lane_begin(view, lane, at, cut);
    lane->name = piece_name[lane->part];
    if (lane->part == PART_RESOURCE && lane->resource >= 0)
        lane->name = view->spec->resources[lane->resource].name;
    if (lane->part == PART_RESOURCE_WAIT && lane->resource >= 0)
        args.detail = view->spec->resources[lane->resource].name;
    args.step = lane->step;
    args.unfinished = cut;
    lane->drawn = true;
    view->sink->begin(view->sink, lane_track(view, lane), lane_number(view, lane), at, lane->name, &args, NO_FLOW);
}

static void end_piece(View *view, Lane *lane, Time at, bool cut)
{
    TraceArgs args = trace_no_args;
    args.unfinished = cut;
    if (lane->drawn && draws(view))
        view->sink->end(view->sink, lane_track(view, lane), lane_number(view, lane), at, lane->name, cut ? &args : NULL,
                        NO_FLOW);
    lane->drawn = false;
}

void lane_end(View *view, Lane *lane, Time at, const TraceArgs *args)
{
    end_piece(view, lane, at, args && args->unfinished);
    if (lane->open && draws(view))
        view->sink->end(view->sink, lane_track(view, lane), lane_number(view, lane), at, around_name(view, lane), args,
                        NO_FLOW);
    lane->open = false;
}

static void set_pending(View *view, Lane *lane)
{
    if (lane->pending)
        return;
    if (view->pending_count == view->pending_room) {
        view->pending_room = view->pending_room > 0 ? 2 * view->pending_room : HOSTILE(64, 1);
        view->pending =
            mem_grow(view->mem, view->pending, mem_array(view->mem, view->pending_room, sizeof *view->pending));
    }
    lane->pending = true;
    view->pending[view->pending_count++] = lane_number(view, lane);
}

static bool works(unsigned part)
{
    return part == PART_CPU || part == PART_OVERHEAD;
}

void lane_piece(View *view, Lane *lane, Time now, unsigned part, const Strand *strand)
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
        lane_end(view, lane, now, NULL);
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

void lane_serve(View *view, Lane *lane, Time at, bool cut)
{
    int resource = lane->served_by;
    TraceArgs args = trace_no_args;
    args.request = lane->request;
    args.step = lane->called_by;
    args.unfinished = cut;
    args.queued_ns = lane->queued_at >= 0 && !cut ? at - lane->queued_at : -1;
    uint64_t hop = cut ? 0 : whole_hop(view, lane->hop);
    view->sink->begin(view->sink, resource_track(view, resource), lane_number(view, lane), at,
                      view->spec->resources[resource].name, &args, (TraceFlow){hop, hop});
}

void lane_served(View *view, Lane *lane, Time at, bool cut)
{
    TraceArgs args = trace_no_args;
    args.unfinished = cut;
    if (lane->calls && draws(view))
        view->sink->end(view->sink, resource_track(view, lane->served_by), lane_number(view, lane), at,
                        view->spec->resources[lane->served_by].name, cut ? &args : NULL, NO_FLOW);
    lane->calls = false;
}

void lanes_open(View *view, Time at)
{
    for (uint32_t i = 0; i < view->lane_count; i++) {
        Lane *lane = &view->lanes[i];
        lane->pending = false;
        lane->hop = 0; /* no arrow comes from before the window */
        if (lane->kind == LANE_FREE)
            continue;
        if (lane->kind != LANE_BRANCH)
            lane_begin(view, lane, at, true);
        if (is_drawn(lane))
            begin_piece(view, lane, at, true);
        if (lane->calls)
            lane_serve(view, lane, at, true);
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
        bool calls = lane->calls;
        lane_served(view, lane, at, true);
        lane->calls = calls;
        lane_end(view, lane, at, &args);
    }
}
