#include "view.h"

struct View {
    int server;
};

View *view_new(Mem *mem, struct Sink *sink, const Spec *spec, const Program *program, int server, const ViewOptions *options)
{
    View *view = mem_get(mem, sizeof *view);
    view->server = server;
    (void)sink;
    (void)spec;
    (void)program;
    (void)options;
    return view;
}

void view_end(View *view, Time now)
{
    (void)view;
    (void)now;
}

uint64_t view_left_out(const View *view)
{
    (void)view;
    return 0;
}

void view_strand_begin(View *view, Time now, const Strand *strand)
{
    (void)view;
    (void)now;
    (void)strand;
}

void view_strand_fork(View *view, Time now, const Strand *child, const Strand *parent)
{
    (void)view;
    (void)now;
    (void)child;
    (void)parent;
}

void view_strand_adopt(View *view, Time now, const Strand *parent, const Strand *child)
{
    (void)view;
    (void)now;
    (void)parent;
    (void)child;
}

void view_part(View *view, Time now, const Strand *strand, Part part)
{
    (void)view;
    (void)now;
    (void)strand;
    (void)part;
}

void view_connect(View *view, Time now, Connection *connection)
{
    (void)view;
    (void)now;
    (void)connection;
}

void view_established(View *view, Time now, Connection *connection)
{
    (void)view;
    (void)now;
    (void)connection;
}

void view_accept(View *view, Time now, Connection *connection)
{
    (void)view;
    (void)now;
    (void)connection;
}

void view_connection_refused(View *view, Time now, Connection *connection)
{
    (void)view;
    (void)now;
    (void)connection;
}

void view_close(View *view, Time now, Connection *connection)
{
    (void)view;
    (void)now;
    (void)connection;
}

void view_want(View *view, Time now, Request *request)
{
    (void)view;
    (void)now;
    (void)request;
}

void view_begin(View *view, Time now, Request *request)
{
    (void)view;
    (void)now;
    (void)request;
}

void view_respond(View *view, Time now, Request *request)
{
    (void)view;
    (void)now;
    (void)request;
}

void view_retry(View *view, Time now, Request *request)
{
    (void)view;
    (void)now;
    (void)request;
}

void view_outcome(View *view, Time now, Request *request, Outcome outcome)
{
    (void)view;
    (void)now;
    (void)request;
    (void)outcome;
}

void view_step(View *view, Time now, const Strand *strand, int32_t step)
{
    (void)view;
    (void)now;
    (void)strand;
    (void)step;
}

void view_step_end(View *view, Time now, const Strand *strand, int32_t step)
{
    (void)view;
    (void)now;
    (void)strand;
    (void)step;
}

void view_line(View *view, Time now, const Strand *strand, const char *text, size_t size)
{
    (void)view;
    (void)now;
    (void)strand;
    (void)text;
    (void)size;
}

void view_thread(View *view, Time now, Thread *thread)
{
    (void)view;
    (void)now;
    (void)thread;
}

void view_thread_state(View *view, Time now, Thread *thread, int state, int core)
{
    (void)view;
    (void)now;
    (void)thread;
    (void)state;
    (void)core;
}

void view_runnable(View *view, Time now, uint64_t waiting)
{
    (void)view;
    (void)now;
    (void)waiting;
}

void view_memory(View *view, Time now, int64_t bytes)
{
    (void)view;
    (void)now;
    (void)bytes;
}

void view_iteration(View *view, Time now, Thread *loop, bool begins)
{
    (void)view;
    (void)now;
    (void)loop;
    (void)begins;
}

void view_phase(View *view, Time now, Thread *loop, int phase, bool begins)
{
    (void)view;
    (void)now;
    (void)loop;
    (void)phase;
    (void)begins;
}

void view_idle(View *view, Time now, Thread *loop, bool begins)
{
    (void)view;
    (void)now;
    (void)loop;
    (void)begins;
}

void view_ready(View *view, Time now, Thread *loop, int change)
{
    (void)view;
    (void)now;
    (void)loop;
    (void)change;
}

void view_callback(View *view, Time now, Thread *loop, int kind, Time ready, const Strand *strand, const char *name)
{
    (void)view;
    (void)now;
    (void)loop;
    (void)kind;
    (void)ready;
    (void)strand;
    (void)name;
}

void view_callback_end(View *view, Time now, Thread *loop)
{
    (void)view;
    (void)now;
    (void)loop;
}

void view_drain(View *view, Time now, Thread *loop, bool microtasks, bool begins)
{
    (void)view;
    (void)now;
    (void)loop;
    (void)microtasks;
    (void)begins;
}

uint64_t view_leaves(View *view, Time now, Thread *from, const Strand *strand)
{
    (void)view;
    (void)now;
    (void)from;
    (void)strand;
    return 0;
}

void view_arrives(View *view, Time now, Thread *at, uint64_t hop)
{
    (void)view;
    (void)now;
    (void)at;
    (void)hop;
}

void view_task(View *view, Time now, const Strand *strand, int change_queued, int change_busy)
{
    (void)view;
    (void)now;
    (void)strand;
    (void)change_queued;
    (void)change_busy;
}

void view_task_start(View *view, Time now, Thread *worker, const Strand *strand, Time queued_at, const char *name)
{
    (void)view;
    (void)now;
    (void)worker;
    (void)strand;
    (void)queued_at;
    (void)name;
}

void view_task_end(View *view, Time now, Thread *worker)
{
    (void)view;
    (void)now;
    (void)worker;
}

void view_call(View *view, Time now, const Strand *strand, int resource, int change_queued, int change_served)
{
    (void)view;
    (void)now;
    (void)strand;
    (void)resource;
    (void)change_queued;
    (void)change_served;
}

void view_call_done(View *view, Time now, const Strand *strand, int resource, Time queued_at, Time started_at, bool failed)
{
    (void)view;
    (void)now;
    (void)strand;
    (void)resource;
    (void)queued_at;
    (void)started_at;
    (void)failed;
}
