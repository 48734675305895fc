/* frame: activations, and the jobs they belong to. */
#include "vm.h"

#include "../observe/probe.h"
#include <string.h>

/* ---- jobs ---- */

void *heap_get(Job *job, HeapKind kind, size_t size)
{
    if (job->collected == NULL)
        return arena_get(&job->heap, size);
    void *object = heap_take(job->collected, kind, size);
    job->vm->collection_due = heap_due(job->collected);
    return object;
}

const Text *heap_text(Job *job, const char *bytes, size_t size)
{
    Text *text = heap_get(job, HEAP_PLAIN, sizeof *text + size + 1);
    char *copy = memcpy(text + 1, bytes, size);
    *text = (Text){.size = (uint32_t)size, .bytes = copy, .collected = job->collected != NULL};
    return text;
}

Value value_error_of(Job *job, ErrorClass class, const char *message)
{
    return (Value){.type = VALUE_ERROR, .error = class, .as.text = heap_text(job, message, strlen(message))};
}

Value value_error(Job *job, const char *message)
{
    return value_error_of(job, ERROR_PLAIN, message);
}

Value value_text(Job *job, const char *constant)
{
    Text *text = heap_get(job, HEAP_PLAIN, sizeof *text);
    *text = (Text){.size = (uint32_t)strlen(constant), .bytes = constant, .collected = job->collected != NULL};
    return (Value){.type = VALUE_STRING, .as.text = text};
}

Job *job_new(Vm *vm, Request *request)
{
    Job *job = pool_get_raw(&vm->shared->jobs);
    mem_zero(job, sizeof *job);
    job->vm = vm;
    job->request = request;
    arena_init_from(&job->heap, &vm->shared->chunks);
    return job;
}

static void frame_free(VmShared *shared, Frame *frame)
{
    if (frame->func != NULL)
        pool_put(&shared->frames[frame->func->index], frame);
    else
        pool_put(&shared->emissions, frame);
}

static void job_over(Job *job)
{
    VmShared *shared = job->vm->shared;
    Request *request = job->request;
    kernel_cancel(shared->kernel, &job->deadline);
    while (job->suspended != NULL) { /* what waits for something that nobody can settle any more */
        Frame *frame = job->suspended;
        job->suspended = frame->next;
        frame_free(shared, frame);
    }
    arena_clear(&job->heap);
    pool_put(&shared->jobs, job);
    world_request_over(shared->world, request);
}

void job_release(Job *job)
{
    must(job->roots > 0, "a job is released once for each hold");
    if (--job->roots == 0 && job->answered && job->request != NULL)
        job_over(job);
}

/* Whoever still runs on the request's own account gets one of his own: the request's goes to the client with the
 * response. */
static OUT_OF_LINE void part_from_account(Vm *vm, Job *job)
{
    Strand *account = &job->request->account, *rest = NULL;
    Frame *lists[2] = {vm->top, job->suspended};
    for (int i = 0; i < 2; i++)
        for (Frame *frame = lists[i]; frame != NULL; frame = i == 0 ? frame->below : frame->next) {
            if (frame->strand != account)
                continue;
            if (rest == NULL)
                rest = strand_fork(vm, job, account);
            frame->strand = rest;
            if (frame->op != NULL)
                frame->op->strand = frame->op->task.strand = frame->op->call.strand = rest;
        }
    if (rest != NULL && vm->thread->strand == account)
        vm->thread->strand = rest;
}

void job_answer(Vm *vm, Job *job, Strand *strand, int64_t bytes, bool failed)
{
    if (job->answered)
        return;
    job->answered = true;
    kernel_cancel(vm->shared->kernel, &job->deadline);
    if (vm->top != NULL || job->suspended != NULL)
        part_from_account(vm, job);
    world_respond(vm->shared->world, job->request, strand != NULL ? strand : &job->request->account, bytes, failed);
}

void vm_threw(Vm *vm, Job *job, Strand *strand, Value error)
{
    job_hold(job);
    vm->threw = true;
    vm->thrown = error;
    vm->threw_in = job;
    vm->threw_on = strand;
}

void job_fail(Vm *vm, Job *job, Strand *strand)
{
    if (job->request != NULL)
        job_answer(vm, job, strand, 0, true);
}

Strand *strand_fork(Vm *vm, Job *job, const Strand *parent)
{
    if (parent == NULL)
        return NULL;
    Strand *strand = heap_get(job, HEAP_PLAIN, sizeof *strand);
    note_strand_fork(vm->shared->probe, strand, parent);
    return strand;
}

/* ---- draws ---- */

uint64_t place_of(const Frame *frame, uint64_t site)
{
    return mix2(frame->path, site);
}

Rng draw_at(Vm *vm, const Frame *frame, uint64_t site)
{
    const Request *request = frame->job->request;
    must(request != NULL, "only requests draw");
    (void)vm;
    return rng_at(request->key, request->connection->index, request->index, place_of(frame, site));
}

Time frame_sample(Vm *vm, const Frame *frame, const SampleInfo *info)
{
    Rng rng = draw_at(vm, frame, info->site);
    return dist_sample(info->dist, &rng);
}

/* ---- frames ---- */

static inline Frame *activate(Vm *vm, const Func *func, Env *env, Job *job, Strand *strand, uint64_t path,
                              FrameKind kind)
{
    Frame *frame = pool_get_raw(&vm->shared->frames[func->index]);
    mem_zero(frame, sizeof *frame);
    probe_busy(vm->shared->probe, BUSY_CALL);
    frame->func = func;
    frame->pc = func->code;
    frame->top = frame->operand;
    frame->open = (OpenTry *)(void *)(frame->operand + func->stack);
    frame->job = job;
    frame->strand = strand;
    frame->path = path;
    frame->kind = kind;
    frame->awaiting = -1;
    frame->env = env;
    if (func->variables > 0) {
        frame->env = heap_get(job, HEAP_ENV, sizeof(Env) + func->variables * sizeof(Value)); /* zeroed: VALUE_UNSET */
        frame->env->outer = env;
    }
    frame->below = vm->top;
    frame->parallel = vm->parallel_io && (func->element || (vm->top != NULL && vm->top->parallel));
    vm->top = frame;
    vm->thread->strand = strand;
    return frame;
}

Frame *frame_push(Vm *vm, const Func *func, Env *env, Job *job, Strand *strand, uint64_t path, FrameKind kind)
{
    return activate(vm, func, env, job, strand, path, kind);
}

Frame *frame_call(Vm *vm, Closure *closure, Strand *strand, FrameKind kind, int n, const Value args[])
{
    const Func *func = closure->func;
    Frame *frame =
        frame_push(vm, func, closure->env, closure->job, strand, mix2(closure->path, ++closure->calls), kind);
    for (int i = 0; i < func->args; i++)
        frame->env->slot[i] = i < n ? args[i] : value_undefined();
    if (func->is_async)
        frame->result = promise_new(closure->job);
    if (frame->below == NULL && vm->shared->probe->watch != NULL)
        vm->shared->probe->watch->entered(vm->shared->probe->watch->context, func);
    return frame;
}

static void top_is(Vm *vm, Frame *frame)
{
    vm->top = frame;
    vm->thread->strand = frame != NULL ? frame->strand : NULL;
}

static void unlink_suspended(Frame *frame)
{
    if (frame->prev != NULL)
        frame->prev->next = frame->next;
    else
        frame->job->suspended = frame->next;
    if (frame->next != NULL)
        frame->next->prev = frame->prev;
    frame->next = frame->prev = NULL;
    frame->suspended = false;
}

void frame_drop(VmShared *shared, Frame *frame)
{
    unlink_suspended(frame);
    frame_free(shared, frame);
}

void frame_own_strand(Vm *vm, Frame *frame)
{
    if (frame->strand == NULL || frame->below == NULL || frame->below->strand != frame->strand)
        return;
    frame->strand = strand_fork(vm, frame->job, frame->strand);
    vm->thread->strand = frame->strand;
}

/* What the value of a call does where it was called; the frame is off the stack. */
static void deliver(Vm *vm, Frame *frame, Value value)
{
    Job *job = frame->job;
    switch (frame->kind) {
    case FRAME_CALL: push(vm->top, value); break;
    case FRAME_EXECUTOR: push(vm->top, value_object(VALUE_PROMISE, frame->target)); break;
    case FRAME_REACTION: promise_resolve(vm, frame->target, value, frame->strand); break;
    case FRAME_FINALLY: { /* then(PromiseResolve(f()), () => what came) */
        Promise *passed = promise_new(job), *returned = promise_of(vm, job, value, frame->strand);
        Reaction *pass = heap_get(job, HEAP_REACTION, sizeof *pass);
        *pass = (Reaction){.kind = REACT_VALUE,
                           .rejected = frame->reaction->rejected,
                           .value = frame->reaction->value,
                           .result = passed,
                           .strand = frame->strand};
        promise_react(vm, returned, pass);
        promise_resolve(vm, frame->target, value_object(VALUE_PROMISE, passed), frame->strand);
        break;
    }
    case FRAME_BASE:
    case FRAME_PASSING:
    case FRAME_THEN_OF: break;
    }
}

void frame_suspend(Vm *vm)
{
    Frame *frame = vm->top;
    top_is(vm, frame->below);
    frame->below = NULL;
    frame->suspended = true;
    frame->next = frame->job->suspended;
    frame->prev = NULL;
    if (frame->next != NULL)
        frame->next->prev = frame;
    frame->job->suspended = frame;
    if (!frame->delivered) {
        frame->delivered = true;
        if (frame->result != NULL)
            deliver(vm, frame, value_object(VALUE_PROMISE, frame->result));
        frame->kind = FRAME_BASE;
    }
}

void frame_granted(Vm *vm, Frame *frame)
{
    unlink_suspended(frame);
    frame->op = NULL;
    frame->below = vm->top;
    if (frame->below != NULL)
        frame->kind = FRAME_PASSING; /* on a thread: on top of what runs there */
    top_is(vm, frame);
}

void frame_resume(Vm *vm, Frame *frame, bool rejected, Value value)
{
    frame_granted(vm, frame);
    if (frame->awaiting >= 0) {
        note_step_end(vm->shared->probe, frame->strand, frame->awaiting);
        frame->awaiting = -1;
    }
    if (rejected)
        frame_throw(vm, value);
    else
        push(frame, value);
}

static void handler_finished(Vm *vm, Frame *frame, bool failed)
{
    vm->finished = frame->job;
    vm->finished_by = frame->strand;
    vm->finished_failed = failed;
}

void frame_leave(Vm *vm, Value value)
{
    Frame *frame = vm->top;
    top_is(vm, frame->below);
    if (frame->handler)
        handler_finished(vm, frame, false);
    if (frame->result != NULL) {
        promise_resolve(vm, frame->result, value, frame->strand);
        if (!frame->delivered)
            deliver(vm, frame, value_object(VALUE_PROMISE, frame->result));
    } else if (frame->kind != FRAME_BASE)
        deliver(vm, frame, value);
    frame_free(vm->shared, frame);
}

/* ---- protected parts ---- */

void frame_open_try(Frame *frame, int index)
{
    frame->open[frame->tries++] = (OpenTry){.info = &frame->func->try_[index], .env = frame->env, .path = frame->path};
}

void frame_return(Vm *vm, Frame *frame, Value value)
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

void frame_end_finally(Vm *vm, Frame *frame)
{
    int how = (int)pop(frame).as.number;
    Value value = pop(frame);
    if (how == HOW_RETURN)
        frame_return(vm, frame, value);
    else if (how == HOW_THROW)
        frame_throw(vm, value);
}

/* Leaves the protected part that is open innermost: true where control goes on in this frame. */
static bool frame_catch(Frame *frame, Value error)
{
    OpenTry open = frame->open[--frame->tries];
    frame->top = frame->operand + open.info->depth;
    frame->env = open.env;
    frame->path = open.path;
    frame->phase = 0;
    push(frame, error);
    if (open.info->catch_at >= 0) {
        frame->pc = frame->func->code + open.info->catch_at;
    } else {
        push(frame, value_number(HOW_THROW));
        frame->pc = frame->func->code + open.info->finally_at;
    }
    return true;
}

void frame_throw(Vm *vm, Value error)
{
    for (;;) {
        Frame *frame = vm->top;
        if (frame->tries > 0) {
            frame_catch(frame, error);
            return;
        }
        top_is(vm, frame->below);
        bool caught = true;
        if (frame->handler) {
            handler_finished(vm, frame, true);
        } else if (frame->result != NULL) {
            promise_reject(vm, frame->result, error, frame->strand);
            if (!frame->delivered)
                deliver(vm, frame, value_object(VALUE_PROMISE, frame->result));
        } else {
            switch (frame->kind) {
            case FRAME_EXECUTOR:
                resolver_settle(vm, frame->resolver, true, error, frame->strand);
                deliver(vm, frame, value_undefined());
                break;
            case FRAME_REACTION:
            case FRAME_FINALLY: promise_reject(vm, frame->target, error, frame->strand); break;
            case FRAME_THEN_OF: resolver_settle(vm, frame->resolver, true, error, frame->strand); break;
            default: caught = false;
            }
        }
        if (!caught && vm->top == NULL) {
            vm_threw(vm, frame->job, frame->strand, error);
            caught = true;
        }
        frame_free(vm->shared, frame);
        if (caught)
            return;
    }
}

/* ---- a request's handler ---- */

static void deadline_reached(Event *event)
{
    Job *job = CONTAINER_OF(event, Job, deadline);
    job->too_late = true;
    world_waste(job->vm->shared->world, job->request);
    job_answer(job->vm, job, NULL, 0, true);
}

/* request_timeout. A request whose time is over before its handler was entered fails at once. */
static void watch_deadline(Vm *vm, Job *job, Time timeout)
{
    Time now = vm->shared->kernel->now;
    event_bind(&job->deadline, deadline_reached, RANK_WORLD);
    if (now >= job->request->at_server + timeout)
        frame_throw(vm, value_error(job, "the request has waited too long"));
    else
        kernel_at(vm->shared->kernel, &job->deadline, job->request->at_server + timeout);
}

Job *job_begin(Vm *vm, Request *request)
{
    const Func *func = vm->shared->program->handlers[request->handler];
    const SpecServer *config = vm->shared->world->config;
    Job *job = job_new(vm, request);
    job_hold(job);
    activate(vm, func, NULL, job, &request->account, func->site, FRAME_BASE)->handler = true;
    if (config != NULL && config->request_timeout != 0)
        watch_deadline(vm, job, config->request_timeout);
    return job;
}
