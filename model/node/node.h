/* node: what Node adds to libuv's loop: callback scopes, ticks and microtasks, rejections, timer lists, immediates, the
 * life of a process.
 *
 * The rules are those of semantics.md, sections 2 and 7 to 12; the functions bear the names that Node's own have
 * there. */
#ifndef MODEL_NODE_NODE_H
#define MODEL_NODE_NODE_H

#include "vm.h"

typedef struct TimerList TimerList;

struct Timer {
    Timer *next, *prev; /* in its list */
    TimerList *list;    /* NULL: in none */
    Closure *closure;   /* NULL: cleared */
    Op *op;             /* or a sleep */
    Job *job;
    Strand *strand;
    double after;  /* ms; -1: cleared */
    Time start;    /* ms of loop time */
    int64_t times; /* runs left, where they are counted; -1: for ever */
    uint64_t hop;
    int32_t step;
    bool repeats, destroyed, ref;
};

struct TimerList {
    Time ms, expiry;
    uint64_t id;
    Timer head;             /* of the FIFO */
    TimerList *bucket_next; /* in the map */
    uint32_t heap_at;
    bool dropped; /* not in the map any more; kept while it is being processed */
};

typedef struct Timers {
    TimerList *map[1024]; /* by duration */
    TimerList **heap;     /* by (expiry, id) */
    uint32_t count, room;
    uint64_t ids;
    Time next_expiry;
    int64_t refs;
    Time result; /* what processTimers returns */
    Pool lists;
    TimerList *processing; /* not given back while it is */
    Timer *firing;         /* in no list any more, perhaps */
} Timers;

typedef struct Immediates {
    Immediate queue, outstanding; /* list heads */
    Immediate *running;
    bool resuming; /* a throw left the rest in `outstanding` */
    int64_t count, refs;
} Immediates;

struct Node {
    Loop loop;
    Vm vm;
    bool program; /* not a server */
    Ring ticks;
    bool tick_scheduled, rejection_pending;
    Promise *rejected_first, *rejected_last; /* without a handler, to be reported */
    Promise *rejecting;                      /* the batch under way: those to come */
    bool did_something;                      /* what co_process_rejections returns */
    bool from_promise;                       /* the error that is about to be reported is a rejection */
    Ring handled;                            /* reported, then handled: 'rejectionHandled' is due */
    int scope_depth;
    Timers timers;
    Immediates immediates;
    struct Conn *conns;
    struct Listening *listening;
    struct Serving *servings; /* all there were */
    Op *ops;                  /* a program's, under way */
    struct NodeLock *locks;

    /* a program's process */
    Job *job;
    Emitter *process;
    bool exiting;
    int exit_code;
    Value fatal; /* what was thrown that nobody caught: for stderr */
    bool died;
    Promise *module; /* of an ES module's main */
    Task module_task;
};

void node_init(Node *node, VmShared *shared, LoopHooks hooks, uint32_t number);

/* ---- scopes, ticks, microtasks (scope.c) ---- */
bool node_run(Node *node); /* walks the Vm's stack to its end, for CO_UNTIL; vm.threw then tells of a throw */
CoFn co_scope_end;         /* the end of a callback scope: reports a throw, or drains at the outermost */
static inline bool scope_owes(const Node *node) /* false: co_scope_end has nothing to do */
{
    return node->vm.threw || node->vm.micro.count > 0 || node->tick_scheduled || node->rejection_pending;
}
CoFn co_drain;      /* the same without a throw */
CoFn co_next_ticks; /* runNextTicks, between timers and between immediates */
CoFn co_uncaught;   /* vm.thrown left a callback */
void node_tick(Node *node, Closure *closure, Strand *strand);
void rejection_unhandled(Vm *vm, Promise *promise);
void rejection_handled(Vm *vm, Promise *promise);

/* ---- timers (timers.c) ---- */
void timers_init(Node *node);
Timer *timer_new(Node *node, Frame *frame, Closure *closure, Value ms, bool repeats, int64_t times, int32_t step);
void timer_for_op(Node *node, Op *op);
void timer_clear(Node *node, Timer *timer);
void timer_ref(Node *node, Timer *timer, bool ref);
void timer_refresh(Node *node, Timer *timer);
CoFn co_run_node_timers; /* Environment::RunTimers: the hook of libuv's timer */
void op_timer(Vm *vm, Op *op);

/* ---- immediates (immediates.c) ---- */
void immediates_init(Node *node);
Immediate *immediate_new(Node *node, Job *job, Closure *closure, Strand *strand);
void immediate_clear(Node *node, Immediate *immediate);
void immediate_ref(Node *node, Immediate *immediate, bool ref);
bool node_checks(const Loop *loop);
CoFn co_check; /* the check phase: the hook of libuv's check handle */

void module_begin(Vm *vm); /* process.c: the body of an ES module */

/* ---- handles and servers of programs (handles.c) ---- */
Handle *handle_new(Node *node, Job *job);
void handle_close(Node *node, Handle *handle, Closure *closure, Frame *frame);
void request_close(Node *node, Op *op, Closure *closure, Frame *frame); /* cancels it, with a close callback */
void handle_ref(Node *node, Handle *handle, bool ref);
Closing *closing_new(Job *job);
const Closure *closing_callback(const Closing *closing); /* NULL: it has none */
void serve(Node *node, Frame *frame, int n, const Value times[], Closure *handler);
void listen_at(Node *node, Frame *frame, int n, const Value times[], Closure *on_connection, Closure *on_request);
void listen_respond(Node *node, double number);  /* of its connection */
void handles_mark(const Node *node, Heap *heap); /* their closures */

#endif
