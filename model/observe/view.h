/* view: the notes of a run, drawn on a trace.
 *
 * One View a server; several of them draw on one sink, each with tracks of its own. probe.h calls these functions,
 * with the same meaning as its notes, only where a view listens. A view never changes what it is shown, except the
 * `track` fields that are its own. */
#ifndef MODEL_OBSERVE_VIEW_H
#define MODEL_OBSERVE_VIEW_H

#include "../machine/world.h"
#include "../program/program.h"

struct Sink;
typedef struct View View;

/* A request that is looked for, known from a run before: it is marked where it starts. */
typedef struct ViewSlow {
    uint64_t request;
    Time from, to;
    const char *blame; /* whom it waited for; NULL: not known */
} ViewSlow;

typedef struct ViewOptions {
    Time from, to;        /* only what lies in this window: 0 and TIME_NEVER for all */
    uint64_t limit;       /* at most so many events of this view; 0: no limit */
    const ViewSlow *slow; /* the slowest first: of the window only what lies around these; NULL: all of it */
    int slow_count;
} ViewOptions;

/* The view of the spec's `server` (its index). spec, program, sink and the names in them must outlive it. program may
 * be NULL. */
View *view_new(Mem *mem, struct Sink *sink, const Spec *spec, const Program *program, int server,
               const ViewOptions *options);
void view_end(View *view, Time now); /* closes what is open, marked unfinished. The View goes with its Mem */
uint64_t
view_left_out(const View *view); /* events beyond the limit, or tracks beyond what can be shown: for the metadata */

void view_strand_begin(View *view, Time now, Strand *strand);
void view_strand_fork(View *view, Time now, Strand *child, const Strand *parent);
void view_strand_adopt(View *view, Time now, Strand *parent, const Strand *child); /* before the account changes */
void view_part(View *view, Time now, Strand *strand, Part part);                   /* before the account changes */

void view_connect(View *view, Time now, Connection *connection);
void view_established(View *view, Time now, Connection *connection);
void view_accept(View *view, Time now, Connection *connection);
void view_connection_refused(View *view, Time now, Connection *connection);
void view_close(View *view, Time now, Connection *connection);
void view_want(View *view, Time now, Request *request);
void view_begin(View *view, Time now, Request *request);
void view_respond(View *view, Time now, Request *request);
void view_retry(View *view, Time now, Request *request);
/* After the account was brought up to now. */
void view_outcome(View *view, Time now, Request *request, Outcome outcome);

void view_step(View *view, Time now, const Strand *strand, int32_t step);
void view_step_end(View *view, Time now, const Strand *strand, int32_t step);
void view_line(View *view, Time now, const Strand *strand, const char *text, size_t size);

void view_thread(View *view, Time now, Thread *thread);
void view_thread_state(View *view, Time now, Thread *thread, int state, int core);
void view_runnable(View *view, Time now, uint64_t waiting);
void view_memory(View *view, Time now, int64_t bytes);

void view_iteration(View *view, Time now, Thread *loop, bool begins);
void view_phase(View *view, Time now, Thread *loop, int phase, bool begins); /* Phase of probe.h */
void view_idle(View *view, Time now, Thread *loop, bool begins);
void view_ready(View *view, Time now, Thread *loop, int change);
/* CallbackKind. */
void view_callback(View *view, Time now, Thread *loop, int kind, Time ready, const Strand *strand, const char *name);
void view_callback_end(View *view, Time now, Thread *loop);
void view_drain(View *view, Time now, Thread *loop, bool microtasks, bool begins);
uint64_t view_leaves(View *view, Time now, Thread *from, Strand *strand);
void view_arrives(View *view, Time now, Thread *at, uint64_t hop);
void view_serve(View *view, Time now, Thread *thread, Request *request); /* NULL: it is through with it */
void view_queues(View *view, Time now, int64_t timers, int64_t immediates, int64_t ticks, int64_t microtasks);

void view_task(View *view, Time now, const Strand *strand, int change_queued, int change_busy);
void view_task_start(View *view, Time now, Thread *worker, const Strand *strand, Time queued_at, const char *name);
void view_task_end(View *view, Time now, Thread *worker);
void view_call(View *view, Time now, Strand *strand, int resource, int change_queued, int change_served);
void view_call_done(View *view, Time now, const Strand *strand, int resource, Time queued_at, Time started_at,
                    bool failed);

#endif
