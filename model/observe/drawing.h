/* drawing: the inside of a view, shared by its files; the one file of model/ that knows traces/sink.h.
 *
 * Time is handled in one place: each note first calls view_at. When the clock has moved on it writes what the instant
 * before it left behind (the last value of each counter, the pieces of requests that did not end at once), opens and
 * shuts the window and minds the limit. So what takes no time costs no event, and all that is begun is begun in time
 * order. Before the window the stacks and pieces are kept as always, but nothing is written; after it nothing is even
 * kept.
 *
 * A slice of a thread is a Frame, written only when it is over (one event) or when something inside it has to be. */
#ifndef MODEL_OBSERVE_DRAWING_H
#define MODEL_OBSERVE_DRAWING_H

#include "../../traces/sink.h"
#include "probe.h"

enum { TRACKS_MOST = 4096, FRAMES = 12, LABELS = 256 };

typedef enum FrameKind {
    FRAME_ITERATION,
    FRAME_PHASE,
    FRAME_IDLE,
    FRAME_CALL,
    FRAME_DRAIN,
    FRAME_STEP,
    FRAME_TASK,
    FRAME_SERVE
} FrameKind;

typedef struct Frame {
    FrameKind kind;
    const char *name, *handler, *step;
    Time start, queued; /* queued: -1, none */
    uint64_t request, connection;
    uint64_t in, out; /* flows, 0: none */
    bool left;        /* a flow has left by `out` already */
    bool waited;      /* a request that is served: its last step was a wait */
    int32_t number;   /* of a step, */
    uint64_t taken;   /* by which request, 0: none, */
    uint32_t branch;  /* and in which branch of it */
} Frame;

typedef struct Drawn { /* a thread with a track */
    Track track;
    uint32_t index; /* in View.threads */
    uint32_t next_free;
    bool live;
    uint8_t kind;    /* ThreadKind */
    int state, core; /* STATE_…; -1: none yet */
    Time since;
    int depth, entered; /* frames; those in the trace already */
    int too_deep;
    uint64_t arrived; /* the hop that the next callback or task comes from */
    Frame frame[FRAMES];
} Drawn;

typedef enum LaneKind { LANE_FREE, LANE_REQUEST, LANE_BRANCH, LANE_CONNECTION } LaneKind;

/* An asynchronous slice and what is inside it now. Its number is its id in the trace. */
typedef struct Lane {
    LaneKind kind;
    bool open;    /* the slice around the pieces is in the trace */
    bool drawn;   /* the piece is in the trace */
    bool pending; /* the piece began at this instant */
    bool calls;   /* it is being served by a resource: drawn there too */
    uint8_t part;
    uint32_t next;     /* free lanes; branches of one request */
    const void *owner; /* the Strand, or the Connection */
    const char *name;  /* of the piece in the trace */
    const char *step;
    int32_t resource;      /* that the piece is about, -1: none */
    int32_t served_by;     /* where it calls */
    const char *called_by; /* the step that does */
    int32_t handler;
    uint64_t request, connection;
    Time queued_at; /* at the resource, -1: not */
    uint64_t hop;
    Drawn *thread;
} Lane;

typedef enum CounterKind {
    COUNT_IN_FLIGHT,
    COUNT_CONNECTIONS,
    COUNT_READY,
    COUNT_RUN_QUEUE,
    COUNT_LOAD,
    COUNT_POOL_BUSY,
    COUNT_POOL_QUEUED,
    COUNT_BACKLOG,
    COUNT_LAG,
    COUNT_THREADS,
    COUNT_MEMORY,
    COUNT_TIMERS,
    COUNT_IMMEDIATES,
    COUNT_TICKS,
    COUNT_MICROTASKS,
    COUNTERS
} CounterKind;

typedef struct Counter { /* those of resources follow those of CounterKind */
    Track track;         /* 0: never written */
    int64_t value, written;
    bool dirty;
} Counter;

typedef struct Window {
    Time from, to;
} Window;

typedef enum ViewState { VIEW_BEFORE, VIEW_DRAWS, VIEW_OVER } ViewState;

typedef struct Label { /* "handler: name", made once */
    const char *name;
    int handler;
    const char *text;
} Label;

struct View {
    Mem *mem;
    Sink *sink;
    const Spec *spec;
    const Program *program;
    ViewOptions options; /* its window is the present one, or the next */
    Window *windows;
    int window, window_count;
    ViewState state;
    bool has_states; /* not under processor sharing */
    bool cut;        /* over for the limit, not for the window: what follows is counted */
    Time instant;    /* the time of the latest note */
    uint64_t events_before, left_out, first_hop;
    uint32_t cpu; /* of core 0 */
    Track metrics, process, connections;
    Track loop_track;                       /* made before its thread; 0: not */
    Track *requests, *branches, *resources; /* by handler, by resource; 0: not made yet */

    Drawn **threads;
    uint32_t thread_count, thread_room, thread_free, threads_open;
    Drawn *loop; /* the loop that had the last callback */

    Lane *lanes;
    uint32_t lane_count, lane_room, lane_free;
    uint32_t strands_open, connections_open;
    uint32_t *pending;
    uint32_t pending_count, pending_room;

    Counter *counters;
    int counter_count;
    int *dirty;
    int dirty_count;

    Label labels[LABELS];
    Buf line;
};

extern const TraceArgs trace_no_args;
#define NO_FLOW ((TraceFlow){0, 0})

void view_advance(View *view, Time now);

/* Every note begins with it; false: the view is over. */
static inline bool view_at(View *view, Time now)
{
    if (now != view->instant)
        view_advance(view, now);
    view->left_out += view->cut;
    return view->state != VIEW_OVER;
}

static inline bool draws(const View *view)
{
    return view->state == VIEW_DRAWS;
}

static inline Time in_window(const View *view, Time time)
{
    return time > view->options.from ? time : view->options.from;
}

/* The number of a hop, 0 where it began before the window. */
static inline uint64_t whole_hop(const View *view, uint64_t hop)
{
    return hop >= view->first_hop ? hop : 0;
}

Track view_track(View *view, TrackSpec spec); /* spec.track is filled in */
uint64_t view_hop(View *view);
const char *view_label(View *view, int handler, const char *name);

/* view_counters.c */
void counters_init(View *view);
void counter_set(View *view, int counter, int64_t value);
void counters_flush(View *view);
void counters_open(View *view); /* the window opens */
static inline void counter_add(View *view, int counter, int64_t change)
{
    counter_set(view, counter, view->counters[counter].value + change);
}

/* view_windows.c */
void windows_init(View *view);
bool windows_next(View *view);                    /* false: that was the last one */
bool is_slow(const View *view, uint64_t request); /* it is one that is looked for */
void mark_slow(View *view, Lane *lane, Time now); /* its request begins: if it is one, that is said */

/* view_threads.c */
Drawn *drawn_of(const View *view, const Thread *thread); /* NULL: it has no track */
/* A flow leaves from the callback, task or request under way; 0: none. */
uint64_t frame_hop(View *view, Drawn *drawn, Time now, const char *name);
void threads_open(View *view);          /* the window opens */
void threads_shut(View *view, Time at); /* what is under way is drawn up to here; it may go on in the next window */

/* view_lanes.c */
/* A free one; NULL, and *number 0: there are too many, and it is not looked for. */
Lane *lane_take(View *view, LaneKind kind, bool looked_for, uint32_t *number);
void lane_free(View *view, Lane *lane);
uint32_t lane_number(const View *view, const Lane *lane);
Track lane_track(View *view, const Lane *lane);
/* The slice around the pieces; cut: it began before the window. */
void lane_begin(View *view, Lane *lane, Time at, bool cut);
void lane_end(View *view, Lane *lane, Time at, const TraceArgs *args);
void lane_piece(View *view, Lane *lane, Time now, unsigned part, const Strand *strand); /* PARTS: none */
void lane_serve(View *view, Lane *lane, Time at, bool cut);                             /* its resource serves it */
void lane_served(View *view, Lane *lane, Time at, bool cut);
void lanes_flush(View *view);
void lanes_open(View *view, Time at);
void lanes_shut(View *view, Time at);
Lane *lane_of(View *view, Strand *strand);                /* made for a branch that has none; NULL: it is not drawn */
Lane *lane_there(const View *view, const Strand *strand); /* the same, not made */

#endif
