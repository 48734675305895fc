/* Threads: their states, and the slices on their tracks. */
#include "drawing.h"
#include "view.h"

#include <string.h>

/* ---- tracks ---- */

Drawn *drawn_of(const View *view, const Thread *thread)
{
    return thread && thread->track ? view->threads[thread->track - 1] : NULL;
}

static const char *thread_name(View *view, const Thread *thread, uint32_t number)
{
    static const char *const names[] = {
        [THREAD_LOOP] = "loop",          [THREAD_WORKER] = "worker ", [THREAD_ACCEPTOR] = "acceptor",
        [THREAD_CONNECTION] = "thread ", [THREAD_POOLED] = "thread ", [THREAD_CARRIER] = "carrier ",
    };
    buf_clear(&view->line);
    buf_text(&view->line, names[thread->kind]);
    if ((thread->kind == THREAD_LOOP || thread->kind == THREAD_ACCEPTOR) && number == 1)
        return buf_string(&view->line);
    if (thread->kind == THREAD_LOOP || thread->kind == THREAD_ACCEPTOR)
        buf_char(&view->line, ' ');
    buf_u64(&view->line, number);
    return buf_string(&view->line);
}

static Track make_track(View *view, const Thread *thread, uint32_t number)
{
    static const int rank[] = {[THREAD_LOOP] = 0,   [THREAD_ACCEPTOR] = 1, [THREAD_CARRIER] = 2,
                               [THREAD_WORKER] = 3, [THREAD_POOLED] = 4,   [THREAD_CONNECTION] = 5};
    const char *name = thread_name(view, thread, number);
    return view_track(view, (TrackSpec){.parent = view->process,
                                        .kind = TRACK_THREAD,
                                        .order = rank[thread->kind] * 10000 + (int)number,
                                        .name = name});
}

static Drawn *new_drawn(View *view)
{
    if (view->thread_count == view->thread_room) {
        view->thread_room = view->thread_room > 0 ? 2 * view->thread_room : HOSTILE(16, 1);
        view->threads =
            mem_grow(view->mem, view->threads, mem_array(view->mem, view->thread_room, sizeof *view->threads));
    }
    Drawn *drawn = mem_get(view->mem, sizeof *drawn);
    drawn->index = view->thread_count;
    view->threads[view->thread_count++] = drawn;
    return drawn;
}

/* Threads of connections come and go: one that is gone leaves its track to the next, so that there are as many as lived
 * at once. */
static Drawn *connection_thread(View *view, const Thread *thread)
{
    if (view->thread_free > 0) {
        Drawn *drawn = view->threads[view->thread_free - 1];
        view->thread_free = drawn->next_free;
        return drawn;
    }
    if (view->thread_count >= TRACKS_MOST)
        return NULL;
    Drawn *drawn = new_drawn(view);
    drawn->track = make_track(view, thread, ++view->threads_open);
    return drawn;
}

static Drawn *other_thread(View *view, const Thread *thread)
{
    if (view->thread_count >= TRACKS_MOST)
        return NULL;
    if (thread->kind == THREAD_WORKER &&
        view->loop_track == 0) { /* the first track is the process' main thread: the loop's */
        const Thread loop = {.kind = THREAD_LOOP};
        view->loop_track = make_track(view, &loop, 1);
    }
    Drawn *drawn = new_drawn(view);
    bool made = thread->kind == THREAD_LOOP && thread->number == 1 && view->loop_track != 0;
    drawn->track = made ? view->loop_track : make_track(view, thread, thread->number);
    return drawn;
}

void view_thread(View *view, Time now, Thread *thread)
{
    thread->track = 0;
    if (!view_at(view, now))
        return;
    counter_add(view, COUNT_THREADS, 1);
    Drawn *drawn = thread->kind == THREAD_CONNECTION ? connection_thread(view, thread) : other_thread(view, thread);
    if (!drawn) {
        view->left_out++;
        return;
    }
    thread->track = drawn->index + 1;
    drawn->live = true;
    drawn->kind = (uint8_t)thread->kind;
    drawn->state = -1;
    drawn->since = now;
    drawn->depth = drawn->entered = drawn->too_deep = 0;
    drawn->arrived = 0;
}

/* ---- states ---- */

static void write_state(View *view, const Drawn *drawn, Time now)
{
    if (draws(view) && view->has_states && drawn->state >= 0 && now > drawn->since)
        view->sink->state(view->sink, drawn->track, in_window(view, drawn->since), now, (ThreadState)drawn->state,
                          drawn->state == STATE_RUNNING && drawn->core >= 0 ? (int)view->cpu + drawn->core : -1);
}

void view_thread_state(View *view, Time now, Thread *thread, int state, int core)
{
    Drawn *drawn = drawn_of(view, thread);
    if (!view_at(view, now))
        return;
    if (state == STATE_GONE)
        counter_add(view, COUNT_THREADS, -1);
    if (!drawn)
        return;
    write_state(view, drawn, now);
    if (!view->has_states)
        counter_add(view, COUNT_LOAD, (state == STATE_RUNNING) - (drawn->state == STATE_RUNNING));
    drawn->state = state;
    drawn->core = core;
    drawn->since = now;
    if (state != STATE_GONE)
        return;
    drawn->live = false;
    drawn->state = -1;
    thread->track = 0;
    if (thread->kind == THREAD_CONNECTION) {
        drawn->next_free = view->thread_free;
        view->thread_free = drawn->index + 1;
    }
}

/* ---- frames ---- */

static TraceArgs args_of(const Frame *frame)
{
    TraceArgs args = trace_no_args;
    args.request = frame->request;
    args.connection = frame->connection;
    args.handler = frame->handler;
    args.step = frame->step;
    args.queued_ns = frame->queued;
    return args;
}

/* Where a flow may leave later, its number has to be known now. */
static void enter_frame(View *view, const Drawn *drawn, Frame *frame)
{
    TraceArgs args = args_of(frame);
    args.unfinished = frame->start < view->options.from;
    frame->in = whole_hop(view, frame->in);
    frame->out = whole_hop(view, frame->out);
    if (!frame->out && frame->kind >= FRAME_CALL && frame->kind != FRAME_DRAIN && frame->kind != FRAME_STEP)
        frame->out = frame->in ? frame->in : view_hop(view);
    view->sink->enter(view->sink, drawn->track, in_window(view, frame->start), frame->name, &args,
                      (TraceFlow){frame->in, frame->out});
}

static void enter_all(View *view, Drawn *drawn)
{
    while (drawn->entered < drawn->depth)
        enter_frame(view, drawn, &drawn->frame[drawn->entered++]);
}

static Frame *push(View *view, Drawn *drawn, Time now, FrameKind kind, const char *name)
{
    (void)view;
    if (drawn->depth == FRAMES) {
        drawn->too_deep++;
        return NULL;
    }
    Frame *frame = &drawn->frame[drawn->depth++];
    memset(frame, 0, sizeof *frame);
    frame->kind = kind;
    frame->name = name;
    frame->start = now;
    frame->queued = -1;
    return frame;
}

static bool stays_without_time(const Frame *frame)
{
    return frame->kind == FRAME_CALL || frame->kind == FRAME_TASK || frame->kind == FRAME_SERVE;
}

static void write_leaf(View *view, Drawn *drawn, Frame *frame, Time now, bool unfinished)
{
    TraceArgs args = args_of(frame);
    args.unfinished = unfinished || frame->start < view->options.from;
    drawn->depth--; /* enter_all: only what is around it */
    enter_all(view, drawn);
    view->sink->slice(view->sink, drawn->track, in_window(view, frame->start), now, frame->name, &args,
                      (TraceFlow){whole_hop(view, frame->in), whole_hop(view, frame->out)});
    drawn->depth++;
}

static void leave_top(View *view, Drawn *drawn, Time now, bool unfinished)
{
    static const TraceArgs ends_early = {.queued_ns = -1, .latency_ns = -1, .unfinished = true};
    Frame *frame = &drawn->frame[drawn->depth - 1];
    if (draws(view)) {
        if (drawn->entered == drawn->depth)
            view->sink->leave(view->sink, drawn->track, now, unfinished ? &ends_early : NULL, NO_FLOW);
        else if (now > frame->start || stays_without_time(frame))
            write_leaf(view, drawn, frame, now, unfinished);
    }
    drawn->depth--;
    if (drawn->entered > drawn->depth)
        drawn->entered = drawn->depth;
}

/* Leaves the innermost frame of this kind and what is still open inside it; nothing where there is none. */
static void pop(View *view, Drawn *drawn, Time now, FrameKind kind)
{
    int at = drawn->depth - 1;
    if (drawn->too_deep > 0) {
        drawn->too_deep--;
        return;
    }
    while (at >= 0 && drawn->frame[at].kind != kind)
        at--;
    while (at >= 0 && drawn->depth > at)
        leave_top(view, drawn, now, false);
}

/* The frame that requests go through: a callback, a task, a request that is served. */
static Frame *way(Drawn *drawn)
{
    for (int i = drawn->depth - 1; i >= 0; i--)
        if (drawn->frame[i].kind == FRAME_CALL || drawn->frame[i].kind == FRAME_TASK ||
            drawn->frame[i].kind == FRAME_SERVE)
            return &drawn->frame[i];
    return NULL;
}

uint64_t frame_hop(View *view, Drawn *drawn, Time now, const char *name)
{
    Frame *frame = drawn ? way(drawn) : NULL;
    if (!frame || !draws(view))
        return 0;
    if (!frame->left) {
        frame->left = true;
        if (!frame->out)
            frame->out = frame->in ? frame->in : view_hop(view);
        return frame->out;
    }
    uint64_t hop = view_hop(view); /* one slice has room for one: the next gets a mark of its own */
    enter_all(view, drawn);
    view->sink->slice(view->sink, drawn->track, now, now, name, NULL, (TraceFlow){0, hop});
    return hop;
}

/* ---- the loop ---- */

static void toggle(View *view, Time now, const Thread *thread, FrameKind kind, const char *name, bool begins)
{
    Drawn *drawn = drawn_of(view, thread);
    if (!view_at(view, now) || !drawn)
        return;
    if (begins)
        push(view, drawn, now, kind, name);
    else
        pop(view, drawn, now, kind);
}

void view_iteration(View *view, Time now, Thread *loop, bool begins)
{
    toggle(view, now, loop, FRAME_ITERATION, "iteration", begins);
}

void view_phase(View *view, Time now, Thread *loop, int phase, bool begins)
{
    toggle(view, now, loop, FRAME_PHASE, phase_name[phase], begins);
}

void view_idle(View *view, Time now, Thread *loop, bool begins)
{
    toggle(view, now, loop, FRAME_IDLE, "poll (idle)", begins);
    if (begins && view->state != VIEW_OVER)
        counter_set(view, COUNT_LAG, 0);
}

void view_drain(View *view, Time now, Thread *loop, bool microtasks, bool begins)
{
    toggle(view, now, loop, FRAME_DRAIN, microtasks ? "microtasks" : "ticks", begins);
}

/* Whose it is. */
static void tell_whose(View *view, Frame *frame, const Strand *strand)
{
    const Request *request = strand ? strand->request : NULL;
    if (!request)
        return;
    frame->request = request->number;
    frame->connection = request->connection ? request->connection->number : 0;
    frame->handler = view->spec->handlers[request->handler].name;
}

void view_callback(View *view, Time now, Thread *loop, int kind, Time ready, const Strand *strand, const char *name)
{
    Drawn *drawn = drawn_of(view, loop);
    if (!view_at(view, now) || !drawn)
        return;
    view->loop = drawn;
    if (ready != TIME_NEVER)
        counter_set(view, COUNT_LAG, (now - ready) / TIME_US);
    Frame *frame = push(view, drawn, now, FRAME_CALL, name);
    uint64_t arrived = drawn->arrived;
    drawn->arrived = 0;
    if (!frame)
        return;
    tell_whose(view, frame, strand);
    if (kind == CALLBACK_CONNECTION) {
        frame->name = "accept";
    } else if (frame->handler) {
        if (kind != CALLBACK_REQUEST)
            frame->name = view_label(view, strand->request->handler, name);
        else
            frame->name = frame->handler;
    }
    if (ready != TIME_NEVER)
        frame->queued = now - ready;
    Lane *lane = strand ? lane_there(view, strand) : NULL;
    if (lane)
        lane->thread = drawn;
    frame->in = whole_hop(view, arrived ? arrived : lane && kind == CALLBACK_REQUEST ? lane->hop : 0);
}

void view_callback_end(View *view, Time now, Thread *loop)
{
    toggle(view, now, loop, FRAME_CALL, NULL, false);
}

uint64_t view_leaves(View *view, Time now, Thread *from, Strand *strand)
{
    if (!view_at(view, now) || !draws(view))
        return 0;
    const char *name = strand && strand->step >= 0 ? program_step(view->program, strand->step)->name : "later";
    Lane *lane = strand ? lane_of(view, strand) : NULL;
    if (!from)
        return lane ? lane->hop : 0; /* from outside: where the request was wanted */
    uint64_t hop = frame_hop(view, drawn_of(view, from), now, name);
    if (lane)
        lane->hop = hop;
    return hop;
}

void view_arrives(View *view, Time now, Thread *at, uint64_t hop)
{
    Drawn *drawn = drawn_of(view, at);
    if (view_at(view, now) && drawn)
        drawn->arrived = whole_hop(view, hop);
}

/* ---- workers, and threads that serve ---- */

void view_task_start(View *view, Time now, Thread *worker, const Strand *strand, Time queued_at, const char *name)
{
    Drawn *drawn = drawn_of(view, worker);
    if (!view_at(view, now) || !drawn)
        return;
    Frame *frame = push(view, drawn, now, FRAME_TASK, name);
    if (!frame)
        return;
    tell_whose(view, frame, strand);
    frame->queued = now - queued_at;
    frame->in = drawn->arrived;
    drawn->arrived = 0;
    frame->left = true;
    frame->out = frame->in;
}

void view_task_end(View *view, Time now, Thread *worker)
{
    toggle(view, now, worker, FRAME_TASK, NULL, false);
}

void view_serve(View *view, Time now, Thread *thread, Request *request)
{
    Drawn *drawn = drawn_of(view, thread);
    if (!view_at(view, now) || !drawn)
        return;
    if (!request) {
        pop(view, drawn, now, FRAME_SERVE);
        return;
    }
    Frame *frame = push(view, drawn, now, FRAME_SERVE, view->spec->handlers[request->handler].name);
    Lane *lane = lane_there(view, &request->account);
    if (!frame)
        return;
    tell_whose(view, frame, &request->account);
    if (!lane || !lane->thread) /* a green thread may come again */
        frame->queued = now - request->at_server;
    if (!lane)
        return;
    lane->thread = drawn;
    frame->in = whole_hop(view, lane->hop);
}

/* ---- steps: those that hold the thread ---- */

static bool waits(StepKind kind)
{
    return kind == STEP_IO || kind == STEP_NET || kind == STEP_SLEEP || kind == STEP_POOL;
}

static bool holds_thread(const Drawn *drawn, const Strand *strand, StepKind kind)
{
    bool serves = drawn->kind == THREAD_CONNECTION || drawn->kind == THREAD_POOLED || drawn->kind == THREAD_CARRIER;
    return kind == STEP_CPU || kind == STEP_SYNC || (serves && strand && strand->branch == 0 && waits(kind));
}

/* On a thread that serves, what follows a wait is not another callback: the arrow goes to its next step. */
static void goes_on(View *view, Drawn *drawn, Frame *step, StepKind kind)
{
    Frame *serves = NULL;
    for (int i = drawn->depth - 1; i >= 0 && !serves; i--)
        if (drawn->frame[i].kind == FRAME_SERVE)
            serves = &drawn->frame[i];
    if (!serves)
        return;
    if (serves->waited && serves->in)
        step->in = step->out = whole_hop(view, serves->in);
    serves->waited = waits(kind) || kind == STEP_SYNC;
}

/* A branch is where its request is: a green thread takes all of them along from carrier to carrier. */
static Drawn *thread_of(const View *view, const Strand *strand)
{
    if (!strand)
        return view->loop;
    const Lane *lane = lane_there(view, strand->request ? &strand->request->account : strand);
    return lane ? lane->thread : NULL;
}

static uint64_t request_of(const Strand *strand)
{
    return strand && strand->request ? strand->request->number : 0;
}

void view_step(View *view, Time now, const Strand *strand, int32_t step)
{
    if (!view_at(view, now))
        return;
    Drawn *drawn = thread_of(view, strand);
    const StepInfo *info = program_step(view->program, step);
    if (!drawn || !drawn->live || !holds_thread(drawn, strand, info->kind))
        return;
    Frame *frame = push(view, drawn, now, FRAME_STEP, info->name);
    if (!frame)
        return;
    frame->number = step;
    frame->taken = request_of(strand);
    frame->branch = strand ? strand->branch : 0;
    goes_on(view, drawn, frame, info->kind);
}

void view_step_end(View *view, Time now, const Strand *strand, int32_t step)
{
    if (!view_at(view, now))
        return;
    Drawn *drawn = thread_of(view, strand);
    if (!drawn || drawn->depth == 0)
        return;
    const Frame *frame = &drawn->frame[drawn->depth - 1];
    if (frame->kind == FRAME_STEP && frame->number == step && frame->taken == request_of(strand) &&
        frame->branch == (strand ? strand->branch : 0))
        leave_top(view, drawn, now, false);
}

void view_line(View *view, Time now, const Strand *strand, const char *text, size_t size)
{
    if (!view_at(view, now))
        return;
    Drawn *drawn = thread_of(view, strand);
    if (!draws(view) || !drawn || !drawn->live)
        return;
    TraceArgs args = trace_no_args;
    buf_clear(&view->line);
    buf_bytes(&view->line, text, size);
    bool program = view->spec->kind == SPEC_PROGRAM && size > 0;
    if (!program)
        args.detail = buf_string(&view->line);
    enter_all(view, drawn);
    view->sink->instant(view->sink, drawn->track, 0, now, program ? buf_string(&view->line) : "log", &args, NO_FLOW);
}

/* No arrow comes from before the window. */
void threads_open(View *view)
{
    for (uint32_t i = 0; i < view->thread_count; i++) {
        Drawn *drawn = view->threads[i];
        drawn->arrived = 0;
        for (int k = 0; k < drawn->depth; k++) {
            drawn->frame[k].in = drawn->frame[k].out = 0;
            drawn->frame[k].left = false;
        }
    }
}

void threads_shut(View *view, Time at)
{
    for (uint32_t i = 0; i < view->thread_count; i++) {
        Drawn *drawn = view->threads[i];
        int depth = drawn->depth;
        if (!drawn->live)
            continue;
        write_state(view, drawn, at);
        while (drawn->depth > 0)
            leave_top(view, drawn, at, true);
        drawn->depth = depth;
    }
}
