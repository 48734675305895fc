/* vm: the walk over a program's code. The meaning of each instruction stands in model/program/code.h; what takes time
 * is in wait.c. */
#include "vm.h"

#include "../observe/probe.h"
#include "collect.h"
#include "node.h"
#include "wait.h"
#include <math.h>
#include <string.h>

/* ---- values ---- */

static void throw_type_error(Vm *vm, Frame *frame, const char *message)
{
    frame_throw(vm, value_error_of(frame->job, ERROR_TYPE, message));
}

static Env *env_at(Frame *frame, int outwards)
{
    Env *env = frame->env;
    while (outwards-- > 0)
        env = env->outer;
    return env;
}

static Closure *closure_new(Frame *frame, const Func *func, Env *env, uint64_t site)
{
    Closure *closure = heap_get(frame->job, HEAP_CLOSURE, sizeof *closure);
    *closure = (Closure){.func = func, .env = env, .job = frame->job, .path = place_of(frame, site)};
    return closure;
}

static Closure *closure_of(Value value)
{
    return value.type == VALUE_FUNCTION ? value.as.closure : NULL;
}

/* The parts as one text in shared->line; false: it is too long, and an error was thrown. */
static bool join(Vm *vm, Frame *frame, const Value *parts, int n)
{
    Buf *line = &vm->shared->line;
    buf_clear(line);
    for (int i = 0; i < n && line->size <= VALUE_TEXT_MOST; i++)
        value_print(line, parts[i]);
    if (line->size > VALUE_TEXT_MOST)
        frame_throw(vm, value_error_of(frame->job, ERROR_RANGE, "Invalid string length"));
    return line->size <= VALUE_TEXT_MOST;
}

static const Text *line_text(Vm *vm, Frame *frame)
{
    Buf *line = &vm->shared->line;
    return heap_text(frame->job, buf_string(line), line->size);
}

static void push_joined(Vm *vm, Frame *frame, const Value *parts, int n)
{
    if (join(vm, frame, parts, n))
        push(frame, (Value){.type = VALUE_STRING, .as.text = line_text(vm, frame)});
}

/* What an operator takes for an object: its text. False: it is too long, and an error was thrown. */
static bool primitive(Vm *vm, Frame *frame, Value *value)
{
    Buf *line = &vm->shared->line;
    if (value->type <= VALUE_STRING)
        return true;
    buf_clear(line);
    value_text_of(line, *value);
    if (line->size > VALUE_TEXT_MOST) {
        frame_throw(vm, value_error_of(frame->job, ERROR_RANGE, "Invalid string length"));
        return false;
    }
    *value = (Value){.type = VALUE_STRING, .as.text = line_text(vm, frame)};
    return true;
}

static void arithmetic(Vm *vm, Frame *frame, Opcode op)
{
    Value b = pop(frame), a = pop(frame);
    if (op == OP_EQ) {
        push(frame, value_bool(value_equal(a, b)));
        return;
    }
    if (!primitive(vm, frame, &a) || !primitive(vm, frame, &b))
        return;
    bool texts = a.type == VALUE_STRING && b.type == VALUE_STRING;
    if (op == OP_ADD && (a.type == VALUE_STRING || b.type == VALUE_STRING)) {
        push_joined(vm, frame, (Value[]){a, b}, 2);
        return;
    }
    if (texts && (op == OP_LT || op == OP_GT)) {
        size_t n = a.as.text->size < b.as.text->size ? a.as.text->size : b.as.text->size;
        int order = memcmp(a.as.text->bytes, b.as.text->bytes, n);
        if (order == 0)
            order = (a.as.text->size > b.as.text->size) - (a.as.text->size < b.as.text->size);
        push(frame, value_bool(op == OP_LT ? order < 0 : order > 0));
        return;
    }
    double x = value_to_number(a), y = value_to_number(b);
    switch (op) {
    case OP_ADD: push(frame, value_number(x + y)); break;
    case OP_SUB: push(frame, value_number(x - y)); break;
    case OP_MUL: push(frame, value_number(x * y)); break;
    case OP_MOD: push(frame, value_number(number_mod(x, y))); break;
    case OP_LT: push(frame, value_bool(x < y)); break;
    case OP_LE: push(frame, value_bool(x <= y)); break;
    default: push(frame, value_bool(x > y)); break;
    }
}

static void log_value(Vm *vm, Frame *frame, Value value, int32_t step)
{
    VmShared *shared = vm->shared;
    (void)step;
    if (!join(vm, frame, &value, 1))
        return;
    note_line(shared->probe, frame->strand, buf_string(&shared->line), shared->line.size);
    if (shared->print != NULL)
        shared->print(shared->context, buf_string(&shared->line), shared->line.size);
}

/* ---- leaving protected parts ---- */

static void open_try(Frame *frame, int index)
{
    frame->open[frame->tries++] = (OpenTry){.info = &frame->func->try_[index], .env = frame->env, .path = frame->path};
}

/* A return from within protected parts goes through their finally parts first. */
static void do_return(Vm *vm, Frame *frame, Value value)
{
    while (frame->tries > 0) {
        OpenTry open = frame->open[--frame->tries];
        if (open.info->finally_at < 0)
            continue;
        frame->top = frame->operand + open.info->depth;
        frame->env = open.env;
        frame->path = open.path;
        push(frame, value);
        push(frame, value_number(HOW_RETURN));
        frame->pc = frame->func->code + open.info->finally_at;
        return;
    }
    frame_leave(vm, value);
}

static void end_finally(Vm *vm, Frame *frame)
{
    int how = (int)pop(frame).as.number;
    Value value = pop(frame);
    if (how == HOW_RETURN)
        do_return(vm, frame, value);
    else if (how == HOW_THROW)
        frame_throw(vm, value);
}

/* ---- promises ---- */

static void new_promise(Vm *vm, Frame *frame, const Func *func)
{
    Job *job = frame->job;
    Promise *promise = promise_new(job);
    Resolver *resolver = resolver_new(job, promise);
    Value args = value_object(VALUE_RESOLVER, resolver);
    Frame *body = frame_push(vm, func, frame->env, job, frame->strand, place_of(frame, func->site), FRAME_EXECUTOR);
    body->target = promise;
    body->resolver = resolver;
    body->env->slot[0] = body->env->slot[1] = args;
}

static void deferred(Frame *frame)
{
    Promise *promise = promise_new(frame->job);
    Resolver *resolver = resolver_new(frame->job, promise);
    push(frame, value_object(VALUE_PROMISE, promise));
    push(frame, value_object(VALUE_RESOLVER, resolver));
    push(frame, value_object(VALUE_RESOLVER, resolver));
}

static void then(Vm *vm, Frame *frame, bool always)
{
    Closure *rejected = always ? NULL : closure_of(pop(frame)), *fulfilled = closure_of(pop(frame));
    Value value = pop(frame);
    if (value.type != VALUE_PROMISE) {
        throw_type_error(vm, frame, always ? "finally is not a function" : "then is not a function");
        return;
    }
    Promise *result = always ? promise_finally(vm, frame, value.as.promise, fulfilled)
                             : promise_then(vm, frame, value.as.promise, fulfilled, rejected);
    push(frame, value_object(VALUE_PROMISE, result));
}

static void combine(Vm *vm, Frame *frame, const Ins *ins)
{
    frame->top -= ins->b;
    Promise *promise = promise_combine(vm, frame, (CombineKind)ins->a, (uint32_t)ins->b, frame->top);
    push(frame, value_object(VALUE_PROMISE, promise));
}

/* On a thread that blocks, race and any stop at the element that decides. */
static bool decided(const Vm *vm, const Frame *frame, CombineKind kind)
{
    Value last = frame->top[-1];
    if (vm->node != NULL || vm->parallel_io)
        return false;
    if (last.type != VALUE_PROMISE)
        return true;
    return kind == COMBINE_RACE ? last.as.promise->state != PENDING : last.as.promise->state == FULFILLED;
}

/* ---- handles and events ---- */

static void handle_step(Vm *vm, Opcode op, Value value)
{
    Node *node = vm->node;
    if (node == NULL)
        return; /* on a thread: what it stands for is over already */
    switch (value.type) {
    case VALUE_TIMER:
        if (op == OP_CLEAR)
            timer_clear(node, value.as.timer);
        else if (op == OP_REFRESH)
            timer_refresh(node, value.as.timer);
        else
            timer_ref(node, value.as.timer, op == OP_REF);
        break;
    case VALUE_IMMEDIATE:
        if (op == OP_CLEAR)
            immediate_clear(node, value.as.immediate);
        else if (op != OP_REFRESH)
            immediate_ref(node, value.as.immediate, op == OP_REF);
        break;
    case VALUE_REQUEST:
        if (op == OP_CLEAR)
            op_cancel(vm, value.as.request);
        else if (op != OP_REFRESH)
            op_ref(vm, value.as.request, op == OP_REF);
        break;
    case VALUE_HANDLE:
        if (op == OP_REF || op == OP_UNREF)
            handle_ref(node, value.as.handle, op == OP_REF);
        break;
    default: break;
    }
}

/* An 'error' that nobody listens for: the error itself, or one that names what was given instead (Node 20,
 * ERR_UNHANDLED_ERROR). */
static void throw_unhandled(Vm *vm, Frame *frame, Value value)
{
    Buf *line = &vm->shared->line;
    if (value.type == VALUE_ERROR) {
        frame_throw(vm, value);
        return;
    }
    buf_clear(line);
    buf_text(line, value.type == VALUE_STRING ? "Unhandled error. ('" : "Unhandled error. (");
    value_print(line, value);
    buf_text(line, value.type == VALUE_STRING ? "')" : ")");
    if (line->size > VALUE_TEXT_MOST)
        frame_throw(vm, value_error_of(frame->job, ERROR_RANGE, "Invalid string length"));
    else
        frame_throw(vm, value_error(frame->job, buf_string(line)));
}

static void emit_event(Vm *vm, Frame *frame, const Ins *ins)
{
    const Text *event = vm->shared->program->constants[ins->b].as.text;
    frame->top -= ins->a;
    const Value *args = frame->top;
    Value emitter = pop(frame);
    if (emitter.type != VALUE_EMITTER) {
        throw_type_error(vm, frame, "emit is not a function");
        return;
    }
    if (emitter_emit(vm, emitter.as.emitter, event, frame->job, frame->strand, FRAME_PASSING, ins->a, args))
        return;
    if (event->size == 5 && memcmp(event->bytes, "error", 5) == 0)
        throw_unhandled(vm, frame, ins->a > 0 ? args[0] : value_undefined());
}

static void add_listener(Vm *vm, Frame *frame, const Ins *ins)
{
    Closure *closure = closure_of(pop(frame));
    Value emitter = pop(frame);
    const Text *event = vm->shared->program->constants[ins->b].as.text;
    if (emitter.type != VALUE_EMITTER)
        throw_type_error(vm, frame, "on is not a function");
    else if (ins->a == ON_OFF)
        emitter_off(emitter.as.emitter, event, closure);
    else if (closure != NULL)
        emitter_on(frame->job, emitter.as.emitter, event, closure, ins->a == ON_ONCE);
}

static void close_handle(Vm *vm, Frame *frame)
{
    Closure *closure = closure_of(pop(frame));
    Value value = pop(frame);
    if (vm->node != NULL && value.type == VALUE_HANDLE)
        handle_close(vm->node, value.as.handle, closure, frame);
    else if (vm->node != NULL && value.type == VALUE_REQUEST)
        request_close(vm->node, value.as.request, closure, frame);
    else if (vm->node == NULL && closure != NULL)
        frame_call(vm, closure, frame->strand, FRAME_PASSING, 0, NULL);
}

/* ---- later ---- */

static void later(Vm *vm, Frame *frame, Opcode op, Closure *closure)
{
    if (closure == NULL)
        return;
    if (vm->node == NULL) { /* a thread: it runs where it stands */
        frame_call(vm, closure, frame->strand, FRAME_PASSING, 0, NULL);
        return;
    }
    Strand *strand = strand_fork(vm, frame->job, frame->strand);
    note_behind(vm->shared->probe, strand, vm->thread);
    if (op == OP_TICK) {
        node_tick(vm->node, closure, strand);
    } else {
        job_hold(closure->job);
        ring_push(&vm->micro,
                  (Micro){.kind = MICRO_CALL, .job = closure->job, .on.closure = closure, .strand = strand});
    }
}

static void immediate(Vm *vm, Frame *frame)
{
    Closure *closure = closure_of(pop(frame));
    if (closure == NULL || vm->node == NULL) {
        push(frame, value_undefined());
        later(vm, frame, OP_IMMEDIATE, closure);
        return;
    }
    push(frame, value_object(VALUE_IMMEDIATE,
                             immediate_new(vm->node, frame->job, closure, strand_fork(vm, frame->job, frame->strand))));
}

static void call_named(Vm *vm, Frame *frame, const Ins *ins)
{
    const CallInfo *info = &vm->shared->program->calls[ins->b];
    const Func *func = vm->shared->program->functions[info->function];
    frame->top -= ins->a;
    const Value *args = frame->top;
    Frame *called = frame_push(vm, func, vm->shared->globals, frame->job, frame->strand,
                               mix2(place_of(frame, info->site), func->site), FRAME_CALL);
    for (int i = 0; i < func->args; i++)
        called->env->slot[i] = i < ins->a ? args[i] : value_undefined();
    if (func->is_async)
        called->result = promise_new(frame->job);
}

static void choose(Vm *vm, Frame *frame, const ChoiceInfo *info)
{
    Rng rng = draw_at(vm, frame, info->site);
    double x = rng_unit(&rng) * info->up_to[info->count - 1];
    int branch = 0;
    while (branch < info->count - 1 && x >= info->up_to[branch])
        branch++;
    frame->pc = frame->func->code + info->at[branch];
}

static void sample(Vm *vm, Frame *frame, const SampleInfo *info)
{
    push(frame, (Value){.type = VALUE_DURATION, .as.duration = frame_sample(vm, frame, info)});
}

static void each(Frame *frame, const Ins *ins)
{
    Value list = frame->top[-3];
    uint32_t at = (uint32_t)frame->top[-1].as.number; /* from 1 */
    if (list.type == VALUE_ARRAY && at <= list.as.array->count)
        push(frame, list.as.array->item[at - 1]);
    else
        frame->pc = frame->func->code + ins->b;
}

/* A variable that its declaration has not been come to yet. */
static void throw_unset(Vm *vm, Frame *frame, const Ins *ins)
{
    const Func *func = frame->func;
    Buf *line = &vm->shared->line;
    int32_t at = (int32_t)(ins - func->code);
    uint32_t i = 0;
    while (i < func->name_count && func->names[i].at != at)
        i++;
    buf_clear(line);
    buf_f(line, "Cannot access '%s' before initialization", i < func->name_count ? func->names[i].name : "?");
    frame_throw(vm, value_error_of(frame->job, ERROR_REFERENCE, buf_string(line)));
}

static void load(Vm *vm, Frame *frame, const Ins *ins)
{
    Value value = env_at(frame, ins->a)->slot[ins->b];
    if (value.type == VALUE_UNSET)
        throw_unset(vm, frame, ins);
    else
        push(frame, value);
}

static void store(Vm *vm, Frame *frame, const Ins *ins)
{
    Value *slot = &env_at(frame, ins->a)->slot[ins->b];
    Value value = pop(frame);
    if (slot->type == VALUE_UNSET && !ins->spare)
        throw_unset(vm, frame, ins);
    else
        *slot = value;
}

static void new_scope(Frame *frame, int variables)
{
    Env *env = heap_get(frame->job, HEAP_ENV, sizeof *env + (size_t)variables * sizeof(Value));
    env->outer = frame->env;
    frame->env = env;
}

/* The turn of a loop: everything drawn in it has the turn in its place. */
static void next_turn(Vm *vm, Frame *frame, int32_t site)
{
    probe_busy(vm->shared->probe, BUSY_TURN);
    frame->top[-1].as.number += 1;
    frame->path = mix2(mix2((uint64_t)frame->top[-2].as.duration, (uint32_t)site), (uint64_t)frame->top[-1].as.number);
}

static void array(Frame *frame, int n)
{
    Array *array = heap_get(frame->job, HEAP_ARRAY, sizeof *array + (size_t)n * sizeof(Value));
    array->count = (uint32_t)n;
    frame->top -= n;
    memcpy(array->item, frame->top, (size_t)n * sizeof(Value));
    push(frame, value_object(VALUE_ARRAY, array));
}

static void error(Vm *vm, Frame *frame)
{
    Value value = pop(frame);
    if (value.type == VALUE_STRING)
        push(frame, (Value){.type = VALUE_ERROR, .as.text = value.as.text});
    else if (join(vm, frame, &value, 1))
        push(frame, (Value){.type = VALUE_ERROR, .as.text = line_text(vm, frame)});
}

static void settle(Vm *vm, Frame *frame, bool rejects)
{
    Value value = pop(frame), resolver = pop(frame);
    if (resolver.type == VALUE_RESOLVER)
        resolver_settle(vm, resolver.as.resolver, rejects, value, NULL);
    else
        throw_type_error(vm, frame, "resolve is not a function");
}

/* One instruction. Those that everything consists of are in vm_run itself. */
static WaitEnd step(Vm *vm, Frame *frame, const Ins *ins)
{
    const Program *program = vm->shared->program;
    const Func *func;
    Value value;
    switch ((Opcode)ins->op) {
    case OP_LOAD: load(vm, frame, ins); break;
    case OP_STORE: store(vm, frame, ins); break;
    case OP_CONSTANT: throw_type_error(vm, frame, "Assignment to constant variable."); break;
    case OP_NUMBER_N: push(frame, value_number((double)frame->job->request->number)); break;
    case OP_NUMBER_C: push(frame, value_number((double)frame->job->request->connection->number)); break;
    case OP_TEMPLATE:
        frame->top -= ins->b;
        push_joined(vm, frame, frame->top, ins->b);
        break;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_MOD:
    case OP_EQ:
    case OP_LT:
    case OP_GT:
    case OP_LE: arithmetic(vm, frame, (Opcode)ins->op); break;
    case OP_NOT: push(frame, value_bool(!value_truthy(pop(frame)))); break;
    case OP_DUP: push(frame, frame->top[-1]); break;
    case OP_JUMP: frame->pc = frame->func->code + ins->b; break;
    case OP_UNLESS:
        if (!value_truthy(pop(frame)))
            frame->pc = frame->func->code + ins->b;
        break;
    case OP_SCOPE: new_scope(frame, ins->b); break;
    case OP_UNSCOPE: frame->env = frame->env->outer; break;
    case OP_LOOP:
        push(frame, (Value){.type = VALUE_DURATION, .as.duration = (Time)frame->path});
        push(frame, value_number(0));
        break;
    case OP_NEXT: next_turn(vm, frame, ins->b); break;
    case OP_LEAVE:
        frame->top -= 2;
        frame->path = (uint64_t)frame->top[0].as.duration;
        break;
    case OP_EACH: each(frame, ins); break;
    case OP_ARRAY: array(frame, ins->b); break;
    case OP_CLOSURE:
        func = program->funcs[ins->b];
        push(frame, value_object(VALUE_FUNCTION, closure_new(frame, func, frame->env, func->site)));
        break;
    case OP_FUNCTION:
        func = program->functions[ins->b];
        push(frame, value_object(VALUE_FUNCTION, closure_new(frame, func, vm->shared->globals,
                                                             mix2(func->site, (uint64_t)(ins - frame->func->code)))));
        break;
    case OP_CALL: call_named(vm, frame, ins); break;
    case OP_ASYNC:
        func = program->funcs[ins->b];
        frame_push(vm, func, frame->env, frame->job, frame->strand, place_of(frame, func->site), FRAME_CALL)->result =
            promise_new(frame->job);
        break;
    case OP_THROW: frame_throw(vm, pop(frame)); break;
    case OP_ERROR: error(vm, frame); break;
    case OP_TRY: open_try(frame, ins->b); break;
    case OP_END_TRY: frame->tries--; break;
    case OP_FINALLY:
        push(frame, value_undefined());
        push(frame, value_number(HOW_NORMAL));
        break;
    case OP_END_FINALLY: end_finally(vm, frame); break;
    case OP_RESOLVED:
        value = pop(frame);
        push(frame, value_object(VALUE_PROMISE, promise_of(vm, frame->job, value, frame->strand)));
        break;
    case OP_REJECTED: {
        Promise *promise = promise_new(frame->job);
        promise_reject(vm, promise, pop(frame), frame->strand);
        push(frame, value_object(VALUE_PROMISE, promise));
        break;
    }
    case OP_PROMISE: new_promise(vm, frame, program->funcs[ins->b]); break;
    case OP_THENABLE: {
        Thenable *thenable = heap_get(frame->job, HEAP_THENABLE, sizeof *thenable);
        func = program->funcs[ins->b];
        thenable->then = closure_new(frame, func, frame->env, func->site);
        push(frame, value_object(VALUE_THENABLE, thenable));
        break;
    }
    case OP_DEFERRED: deferred(frame); break;
    case OP_THEN: then(vm, frame, false); break;
    case OP_FINALLY_THEN: then(vm, frame, true); break;
    case OP_COMBINE: combine(vm, frame, ins); break;
    case OP_DECIDED:
        if (decided(vm, frame, (CombineKind)ins->a))
            frame->pc = frame->func->code + ins->b;
        break;
    case OP_SETTLE: settle(vm, frame, ins->a); break;
    case OP_LOG: log_value(vm, frame, pop(frame), ins->b); break;
    case OP_IMMEDIATE: immediate(vm, frame); break;
    case OP_TICK:
    case OP_MICROTASK:
        value = pop(frame);
        later(vm, frame, (Opcode)ins->op, closure_of(value));
        break;
    case OP_CLEAR:
    case OP_REF:
    case OP_UNREF:
    case OP_REFRESH: handle_step(vm, (Opcode)ins->op, pop(frame)); break;
    case OP_EMITTER: push(frame, value_object(VALUE_EMITTER, emitter_new(frame->job))); break;
    case OP_ON: add_listener(vm, frame, ins); break;
    case OP_EMIT: emit_event(vm, frame, ins); break;
    case OP_PROCESS: push(frame, value_object(VALUE_EMITTER, vm->node->process)); break;
    case OP_OPEN:
        push(frame,
             vm->node != NULL ? value_object(VALUE_HANDLE, handle_new(vm->node, frame->job)) : value_undefined());
        break;
    case OP_CLOSE: close_handle(vm, frame); break;
    case OP_SERVE:
        value = pop(frame);
        frame->top -= ins->b;
        if (closure_of(value) != NULL)
            serve(vm->node, frame, ins->b, frame->top, closure_of(value));
        break;
    case OP_LISTEN:
        frame->top -= ins->b + 2;
        if (closure_of(frame->top[ins->b + 1]) != NULL)
            listen_at(vm->node, frame, ins->b, frame->top, closure_of(frame->top[ins->b]),
                      closure_of(frame->top[ins->b + 1]));
        break;
    case OP_CHOOSE: choose(vm, frame, &program->choices[ins->b]); break;
    default: return wait_step(vm, frame, ins);
    }
    return WAIT_OVER;
}

static inline bool owes_now(const Vm *vm)
{
    return vm->node == NULL && vm->micro.count > 0;
}

static OUT_OF_LINE void run_first(Vm *vm)
{
    Micro micro;
    ring_pop(&vm->micro, &micro);
    micro_run(vm, &micro);
    job_release(micro.job);
}

/* On a thread that blocks, what promises owe runs at once, on top of what stands there. */
static inline bool run_owed(Vm *vm)
{
    if (!owes_now(vm))
        return false;
    run_first(vm);
    return true;
}

/* What looks whether a promise is settled must see all that has happened: else an element of a race that is over, but
 * for the jobs of promises within it, would let the next one begin. */
static bool owes_first(const Vm *vm, const Ins *ins)
{
    return (ins->op == OP_AWAIT || ins->op == OP_DECIDED) && owes_now(vm) && !vm->parallel_io;
}

/* What may put another frame on top, or call into promises, timers, I/O. */
static WaitEnd walk_one(Vm *vm, Frame *frame, const Ins *ins)
{
    if (owes_first(vm, ins)) {
        frame->pc = ins;
        run_owed(vm);
        return WAIT_OVER;
    }
    WaitEnd end = step(vm, frame, ins);
    if (end == WAIT_NEEDS)
        frame->pc = ins; /* it goes on in this instruction */
    else if (end == WAIT_OVER)
        run_owed(vm);
    return end;
}

/* Straight on through what does no more than fill the operand stack or take CPU time, up to the first instruction that
 * does more: after such ones nothing has to be looked at but what promises owe on a thread, and whether the run
 * ends. */
static inline WaitEnd walk(Vm *vm, Frame *frame)
{
    const Program *program = vm->shared->program;
    const Probe *probe = vm->shared->probe;
    bool owes = owes_now(vm);
    for (const Ins *ins = frame->pc;; ins++) {
        frame->pc = ins + 1;
        switch (ins->op) {
        case OP_CONST: push(frame, program->constants[ins->b]); break;
        case OP_UNDEFINED: push(frame, value_undefined()); break;
        case OP_SAMPLE: sample(vm, frame, &program->samples[ins->b]); break;
        case OP_POP: pop(frame); break;
        case OP_CPU:
        case OP_CPU_CONST:
        case OP_CPU_SAMPLE:
            if (wait_cpu(vm, frame, ins) == WAIT_OVER)
                break;
            frame->pc = ins;
            return WAIT_NEEDS;
        case OP_RETURN:
        case OP_END:
            do_return(vm, frame, ins->op == OP_END ? value_undefined() : pop(frame));
            if (rarely(owes_now(vm)))
                run_owed(vm);
            return WAIT_OVER;
        default: return walk_one(vm, frame, ins);
        }
        if (rarely(owes || probe->leave)) {
            run_owed(vm);
            return WAIT_OVER;
        }
    }
}

VmEnd vm_run(Vm *vm)
{
    const Probe *probe = vm->shared->probe;
    for (;;) {
        Frame *frame = vm->top;
        if (rarely(probe->leave))
            return VM_EXIT;
        if (rarely(vm->collection_due))
            collect(vm->node);
        if (frame == NULL) {
            if (!run_owed(vm))
                return VM_EMPTY;
            continue;
        }
        if (rarely(frame->func == NULL)) {
            emission_next(vm, frame);
            continue;
        }
        WaitEnd end = walk(vm, frame);
        if (end != WAIT_OVER)
            return end == WAIT_NEEDS ? VM_NEEDS : VM_EXIT;
    }
}

static int64_t response_bytes(VmShared *shared, const Job *job)
{
    return shared->world->spec->arrivals[job->request->connection->stream].response_bytes;
}

void vm_shared_init(VmShared *shared, World *world)
{
    shared->world = world;
    shared->mem = world->mem;
    shared->kernel = &world->kernel;
    shared->probe = world->probe;
    shared->program = world->program;
    shared->costs = machine_costs(world->machine);
    shared->response_bytes = response_bytes;
    pool_init(&shared->jobs, world->mem, sizeof(Job));
    pool_init(&shared->ops, world->mem, sizeof(Op));
    arena_pool_init(&shared->chunks, world->mem);
    pool_init(&shared->emissions, world->mem, sizeof(Frame));
    buf_init(&shared->line, world->mem, SIZE_MAX / 4);
    shared->frames =
        mem_get(world->mem, mem_array(world->mem, (size_t)shared->program->func_count + 1, sizeof *shared->frames));
    for (int i = 0; i < shared->program->func_count; i++) {
        const Func *func = shared->program->funcs[i];
        pool_init(&shared->frames[i], world->mem,
                  sizeof(Frame) + func->stack * sizeof(Value) + func->tries * sizeof(OpenTry));
    }
    locks_init(shared);
}

void vm_init(Vm *vm, VmShared *shared, Thread *thread, Node *node, Need *need)
{
    vm->need = need;
    vm->shared = shared;
    vm->thread = thread;
    vm->node = node;
    vm->micro.mem = vm->arrived.mem = shared->mem;
}

void node_init(Node *node, VmShared *shared, LoopHooks hooks, uint32_t number)
{
    loop_init(&node->loop, shared->world, hooks, node, number);
    vm_init(&node->vm, shared, &node->loop.thread, node, &node->loop.need);
    node->ticks.mem = node->handled.mem = shared->mem;
    timers_init(node);
    immediates_init(node);
}
