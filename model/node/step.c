/* What each instruction does, but for those that everything consists of (vm.c) and those that take time (wait.c). */
#include "step.h"

#include "../observe/probe.h"
#include "node.h"
#include <string.h>

/* ---- variables, closures, loops ---- */

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

static void each(Frame *frame, const Ins *ins)
{
    Value list = frame->top[-3];
    uint32_t at = (uint32_t)frame->top[-1].as.number; /* from 1 */
    if (list.type == VALUE_ARRAY && at <= list.as.array->count)
        push(frame, list.as.array->item[at - 1]);
    else
        frame->pc = frame->func->code + ins->b;
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

static void settle(Vm *vm, Frame *frame, bool rejects)
{
    Value value = pop(frame), resolver = pop(frame);
    if (resolver.type == VALUE_RESOLVER)
        resolver_settle(vm, resolver.as.resolver, rejects, value, NULL);
    else
        throw_type_error(vm, frame, "resolve is not a function");
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

/* ---- all of them ---- */

WaitEnd vm_step(Vm *vm, Frame *frame, const Ins *ins)
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
    case OP_ERROR: push_error(vm, frame); break;
    case OP_TRY: frame_open_try(frame, ins->b); break;
    case OP_END_TRY: frame->tries--; break;
    case OP_FINALLY:
        push(frame, value_undefined());
        push(frame, value_number(HOW_NORMAL));
        break;
    case OP_END_FINALLY: frame_end_finally(vm, frame); break;
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
    case OP_LOG: log_value(vm, frame, pop(frame)); break;
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
