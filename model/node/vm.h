/* vm: who walks a program's code, and the objects of the step language.
 *
 * A Vm belongs to one thread: the loop's, or one that serves a connection. It holds the call stack: frames, each an
 * activation of a Func, the running one on top. vm_run walks until the stack is empty, or until time has to pass (CPU,
 * or on a thread a wait). On a loop an `await` takes its frame off the stack; on a thread it blocks the thread, and
 * what would run later runs where it stands.
 *
 * A Job is what is being done for somebody: one request, or the whole program. All objects that it makes live in its
 * heap and go with it. It is over when it has answered and nothing can call back into it any more (`roots`).
 *
 * The path of a frame is a number for "how one came here": the handler, the call sites, the turns of loops, how often a
 * callback was called. Together with the site of a draw it is the place in the key of that draw, so that a draw never
 * depends on the order of execution. */
#ifndef MODEL_NODE_VM_H
#define MODEL_NODE_VM_H

#include "../loop/loop.h"
#include "../program/code.h"
#include "heap.h"

struct Probe;
typedef struct Vm Vm;
typedef struct Job Job;
typedef struct Frame Frame;
typedef struct Env Env;
typedef struct Promise Promise;
typedef struct Closure Closure;
typedef struct Node Node;
typedef struct Op Op;
typedef struct Emitter Emitter;
typedef struct Timer Timer;
struct Lock;

/* ---- objects ---- */

struct Env {
    Env *outer;
    Value slot[];
};

struct Closure {
    const Func *func;
    Env *env;
    Job *job;
    uint64_t path;
    uint32_t calls; /* so far: part of the path */
};

typedef struct Thenable {
    Closure *then;
} Thenable;

typedef struct Resolver { /* the pair of functions that settle a promise: the first call wins */
    Promise *promise;
    bool used;
} Resolver;

typedef enum PromiseState { PENDING, FULFILLED, REJECTED } PromiseState;

/* What a promise does when it settles: one job in the microtask queue each. */
typedef enum ReactionKind {
    REACT_THEN,    /* calls a handler, settles `result` */
    REACT_AWAIT,   /* the frame goes on */
    REACT_COMBINE, /* an element of all, race, any, allSettled */
    REACT_FORWARD, /* settles `result` likewise: a promise resolved with this one */
    REACT_FINALLY, /* calls `on_fulfilled` without arguments, then passes on what came */
    REACT_VALUE,   /* what finally's function returned has settled: passes on `value` */
    REACT_MODULE   /* the main of an ES module: its rejection is an uncaught error */
} ReactionKind;

typedef struct Reaction {
    struct Reaction *next;
    ReactionKind kind;
    bool rejected;  /* REACT_VALUE: what is passed on */
    uint32_t index; /* REACT_COMBINE */
    Closure *on_fulfilled, *on_rejected;
    Promise *result;
    Frame *frame;
    struct Combine *combine;
    Value value;
    Strand *strand; /* of who registered it */
} Reaction;

struct Promise {
    PromiseState state;
    bool handled, reported; /* reported: 'unhandledRejection' was raised for it */
    bool pending_rejection; /* in Node's list of rejections to report */
    Job *job;
    Value value;
    Reaction *first, **last;
    Promise *next_rejected, *prev_rejected;
    Strand *settled_by; /* the line of doing that ended in it; NULL: some other callback's */
};

typedef struct Combine {
    CombineKind kind;
    uint32_t left;
    Resolver *resolver;
    Array *values;
} Combine;

typedef struct Listener {
    struct Listener *next;
    struct Channel *channel;
    Closure *closure;
    bool once, removed;
} Listener;

typedef struct Channel { /* the listeners of one event, in the order in which they were added */
    struct Channel *next;
    const Text *event;
    Listener *first, **last;
    uint32_t count;
} Channel;

struct Emitter {
    Channel *channels;
};

typedef struct Emission { /* an emit under way: the listeners as they were when it began */
    uint32_t count, at, args;
    Listener **listener;
    Value arg[];
} Emission;

typedef struct Immediate {
    struct Immediate *next, *prev;
    Closure *closure; /* NULL: the dummy of an uncaught exception */
    Job *job;
    Strand *strand;
    uint64_t hop;
    Time made;
    bool done, ref, queued;
} Immediate;

typedef struct Handle { /* a libuv handle that does nothing but keep alive and close */
    Closing closing;
    Closure *closure;
    Vm *vm;
    Job *job;
    Strand *strand;
    uint64_t hop;
    Time closed;
    bool ref, closed_already;
} Handle;

/* ---- jobs and frames ---- */

struct Job {
    Vm *vm;
    Request *request;   /* NULL: a program */
    Arena heap;         /* what stays until its end: all that a request makes */
    Heap *collected;    /* a program's objects; NULL: a request's */
    Frame *reached;     /* of a collection: suspended frames that are still to be followed, linked by `below` */
    uint32_t roots;     /* callbacks that may still come */
    uint32_t unhandled; /* on a thread: rejections that nobody has handled */
    bool answered;
    bool too_late; /* answered with an error at request_timeout: what writing that costs is still owed */
    Frame *suspended;
    Event deadline; /* request_timeout */
};

typedef enum FrameKind {
    FRAME_BASE,     /* entered by the loop or a thread; its end empties the stack */
    FRAME_CALL,     /* called by the frame below: its value becomes that frame's operand */
    FRAME_PASSING,  /* called by the frame below, which does not look at its value (callbacks on a thread) */
    FRAME_EXECUTOR, /* the body of `new Promise`: a throw rejects it */
    FRAME_REACTION, /* a then-handler: settles `result` */
    FRAME_FINALLY,  /* a finally-handler */
    FRAME_THEN_OF   /* a thenable's then: a throw rejects */
} FrameKind;

/* How a finally part was entered: the operand above the value. */
enum { HOW_NORMAL, HOW_RETURN, HOW_THROW };

typedef struct OpenTry {
    const TryInfo *info;
    Env *env;
    uint64_t path;
} OpenTry;

struct Frame {
    const Func *func;
    const Ins *pc;
    Value *top; /* the next free operand */
    Env *env;
    Frame *below; /* in the call stack */
    Job *job;
    Strand *strand;
    uint64_t path;
    FrameKind kind;
    uint8_t phase; /* of an instruction that takes time */
    bool parallel; /* its waits do not block the thread (parallel_io) */
    bool handler;  /* the request's own body: its end is the response */
    bool suspended;
    bool reached; /* by the collection under way */
    uint16_t tries;
    Promise *result;  /* of an async function */
    Promise *target;  /* what its outcome settles: executors, reactions */
    bool delivered;   /* an async one has given its promise to its caller */
    int32_t awaiting; /* the step that it waits in; -1: none */
    Resolver *resolver;
    Reaction *reaction;
    Op *op;             /* what an instruction waits for, on a thread; or an await without a promise */
    Emission *emission; /* no func: calls the listeners of an emit, one after the other */
    Frame *next, *prev; /* among the suspended ones of its job */
    void *held;         /* locks on threads, the last one taken first */
    OpenTry *open;
    Value operand[]; /* then the open tries */
};

/* A job in the microtask queue. */
typedef enum MicroKind {
    MICRO_CALL,
    MICRO_REACT,
    MICRO_RESUME,
    MICRO_GRANTED,
    MICRO_ARRIVED,
    MICRO_THENABLE,
    MICRO_HOPS,
    MICRO_MODULE,
    MICRO_HANDLED /* not run: 'rejectionHandled' is due for the promise */
} MicroKind;
typedef struct Micro {
    MicroKind kind;
    bool rejected;
    int hops; /* MICRO_HOPS: so many more, then op_settle */
    Job *job;
    Strand *strand;
    union {
        Closure *closure;
        Reaction *reaction;
        Frame *frame;
        Promise *promise;
        Op *op;
    } on;
    Value value;
} Micro;

typedef struct Ring { /* a FIFO of microtasks or ticks */
    Mem *mem;
    Micro *item;
    uint32_t first, count, room; /* a power of two */
} Ring;
void ring_push(Ring *ring, Micro micro);
bool ring_pop(Ring *ring, Micro *micro);

typedef enum VmEnd { VM_EMPTY, VM_NEEDS, VM_EXIT } VmEnd;

/* What all Vms of a world share. */
typedef struct VmShared {
    World *world;
    Mem *mem;
    Kernel *kernel;
    struct Probe *probe;
    const Program *program;
    const Costs *costs;
    Pool jobs, ops, emissions;
    Pool chunks;  /* of the jobs' arenas */
    Pool *frames; /* one a Func */
    struct Lock *locks;
    Env *globals; /* of a program */
    int64_t (*response_bytes)(struct VmShared *shared, const Job *job);
    void (*print)(void *context, const char *text, size_t size);
    void *context;
    Buf line;
} VmShared;

struct Vm {
    VmShared *shared;
    Thread *thread;
    Node *node; /* NULL: a thread that blocks */
    Frame *top;
    Need *need; /* VM_NEEDS: for what; its host's */
    bool threw; /* VM_EMPTY: the base frame ended with this */
    Value thrown;
    Job *threw_in;
    Strand *threw_on;
    Ring micro;
    Ring arrived; /* parallel_io: waits that ended while the thread was busy or asleep */
    bool parallel_io;
    bool collection_due; /* before the next instruction */
    bool asleep;         /* nothing to walk: woken by what arrives */
    Job *finished;       /* a handler's body has ended: the host pays for the response and calls job_answer */
    Job *answering;      /* on a loop: its response is being paid for */
    Strand *finished_by;
    bool finished_failed;
    Time computed; /* by the cpu step that is under way */
};

void vm_shared_init(VmShared *shared, World *world);
void vm_init(Vm *vm, VmShared *shared, Thread *thread, Node *node, Need *need);
VmEnd vm_run(Vm *vm);

static inline Closure *closure_of(Value value) /* NULL: no function */
{
    return value.type == VALUE_FUNCTION ? value.as.closure : NULL;
}

/* ---- frames (frame.c) ---- */
Frame *frame_push(Vm *vm, const Func *func, Env *env, Job *job, Strand *strand, uint64_t path, FrameKind kind);
/* An async one gets its promise. */
Frame *frame_call(Vm *vm, Closure *closure, Strand *strand, FrameKind kind, int n, const Value args[]);
void frame_resume(Vm *vm, Frame *frame, bool rejected, Value value); /* an await of it is over: back onto the stack */
void frame_granted(Vm *vm, Frame *frame);                            /* likewise a wait without a value: a lock */
/* The top one waits: the one below goes on, with its promise where it was called just now. */
void frame_suspend(Vm *vm);
void frame_leave(Vm *vm, Value value);
void frame_throw(Vm *vm, Value error);
void frame_open_try(Frame *frame, int index);
/* A return from within protected parts goes through their finally parts first; so does what they end with. */
void frame_return(Vm *vm, Frame *frame, Value value);
void frame_end_finally(Vm *vm, Frame *frame);
void frame_own_strand(Vm *vm, Frame *frame); /* a frame that is about to wait takes an account of its own */
static inline void push(Frame *frame, Value value)
{
    *frame->top++ = value;
}
static inline Value pop(Frame *frame)
{
    return *--frame->top;
}

/* ---- jobs ---- */
Job *job_new(Vm *vm, Request *request);
static inline void job_hold(Job *job)
{
    job->roots++;
}
void job_release(Job *job);
/* An error left the last frame of a callback: until it is reported, its job is held. */
void vm_threw(Vm *vm, Job *job, Strand *strand, Value error);
/* An error in one of a handler's callbacks that nobody caught: it answers with it, if it has not answered. */
void job_fail(Vm *vm, Job *job, Strand *strand);
/* At most once; then it may be over at its release. */
void job_answer(Vm *vm, Job *job, Strand *strand, int64_t bytes, bool failed);
Job *job_begin(Vm *vm, Request *request);                    /* pushes the handler's frame, on a stack that is empty */
Strand *strand_fork(Vm *vm, Job *job, const Strand *parent); /* NULL in programs */
void *heap_get(Job *job, HeapKind kind, size_t size);        /* zeroed */
void frame_drop(VmShared *shared, Frame *frame);             /* a suspended one that will never go on */
const Text *heap_text(Job *job, const char *bytes, size_t size);
Value value_error(Job *job, const char *message);
Value value_error_of(Job *job, ErrorClass class, const char *message);
Value value_text(Job *job, const char *constant); /* a text that outlives the job */
uint64_t place_of(const Frame *frame, uint64_t site);
Rng draw_at(Vm *vm, const Frame *frame, uint64_t site);
Time frame_sample(Vm *vm, const Frame *frame, const SampleInfo *info);

/* ---- promises (promise.c) ---- */
Promise *promise_new(Job *job);
Resolver *resolver_new(Job *job, Promise *promise);
/* resolve(value) or reject(value). */
void resolver_settle(Vm *vm, Resolver *resolver, bool rejects, Value value, Strand *by);
void promise_resolve(Vm *vm, Promise *promise, Value value, Strand *by);
void promise_reject(Vm *vm, Promise *promise, Value error, Strand *by);
Promise *promise_of(Vm *vm, Job *job, Value value, Strand *by);   /* Promise.resolve(value) */
void promise_react(Vm *vm, Promise *promise, Reaction *reaction); /* then, in all its forms */
Promise *promise_then(Vm *vm, Frame *frame, Promise *promise, Closure *fulfilled, Closure *rejected);
Promise *promise_finally(Vm *vm, Frame *frame, Promise *promise, Closure *closure);
Promise *promise_combine(Vm *vm, Frame *frame, CombineKind kind, uint32_t n, const Value elements[]);
void promise_await(Vm *vm, Frame *frame, Value value); /* the frame is suspended already */
void micro_run(Vm *vm, const Micro *micro);            /* one job: does it, or pushes its frame */

/* ---- events (emitter.c) ---- */
Emitter *emitter_new(Job *job);
void emitter_on(Job *job, Emitter *emitter, const Text *event, Closure *closure, bool once);
void emitter_off(Emitter *emitter, const Text *event, const Closure *closure); /* NULL: all of the event's listeners */
/* Pushes a frame that calls the listeners; false: there are none (an 'error' is then thrown by the caller). */
bool emitter_emit(Vm *vm, Emitter *emitter, const Text *event, Job *job, Strand *strand, FrameKind kind, int n,
                  const Value args[]);
void emission_next(Vm *vm, Frame *frame);

/* ---- operations (op.c) ---- */
struct Op {
    Vm *vm;
    Job *job;
    const IoInfo *info;
    Strand *strand;
    Frame *frame; /* an await without a promise; or whose thread blocks */
    Promise *promise;
    Closure *closure;
    Value value; /* what it is fulfilled with, where that is not info->value */
    int trip, stage;
    Time time;
    Time ready_at;
    uint64_t hop;
    bool failed, over, cancelled, ref, blocking, in_pool;
    bool kept;       /* programs and handlers may hold it beyond its end: it lives as long as what they hold */
    Op *next, *prev; /* of those under way in a program */
    Fd fd;
    Event event;
    Call call;
    Task task;
    Closing closing;
    Rng rng;
    struct Conn *conn;
};
Op *op_new(Vm *vm, Frame *frame, const IoInfo *info, Value operand, bool kept);
Time op_cost(const Vm *vm, const IoInfo *info); /* what starting it costs the thread */
Time op_start(Vm *vm, Op *op);                  /* on a loop: returns what it owes for waking a worker */
Need op_block(Vm *vm, Op *op);                  /* in a synchronous wait, until op->over: what its thread needs next */
void op_parallel(Vm *vm, Op *op);               /* on a thread with parallel_io: the wait ends in vm->arrived */
Value op_value(const Op *op);
void op_tell(Vm *vm, Op *op);   /* that it is over */
void op_hopped(Vm *vm, Op *op); /* its microtasks are through */
void op_free(Vm *vm, Op *op);
void op_cancel(Vm *vm, Op *op);
void op_ref(Vm *vm, Op *op, bool ref);

#endif
