/* promise: ECMA-262 27.2, with V8's await (ECMA-262 27.7.5.3): who is told what, in which microtask. */
#include "vm.h"

#include "../observe/probe.h"
#include "node.h"

Promise *promise_new(Job *job)
{
    Promise *promise = heap_get(job, HEAP_PROMISE, sizeof *promise);
    promise->job = job;
    promise->last = &promise->first;
    return promise;
}

Resolver *resolver_new(Job *job, Promise *promise)
{
    Resolver *resolver = heap_get(job, HEAP_RESOLVER, sizeof *resolver);
    resolver->promise = promise;
    return resolver;
}

static void enqueue(Vm *vm, Micro micro)
{
    if (micro.job != NULL)
        job_hold(micro.job);
    ring_push(&vm->micro, micro);
}

static void enqueue_reaction(Vm *vm, Promise *promise, Reaction *reaction)
{
    enqueue(vm, (Micro){.kind = MICRO_REACT,
                        .job = promise->job,
                        .on.reaction = reaction,
                        .rejected = promise->state == REJECTED,
                        .value = promise->value,
                        .strand = promise->settled_by});
}

/* The account of a request that is answered has left with the response: what was settled on it before settles more. */
static bool has_left(const Strand *strand)
{
    return strand->request != NULL && strand == &strand->request->account && strand->request->responded;
}

static void settle(Vm *vm, Promise *promise, PromiseState state, Value value, Strand *by)
{
    if (promise->state != PENDING)
        return;
    promise->state = state;
    promise->value = value;
    promise->settled_by = by;
    if (by != NULL && !has_left(by))
        note_behind(vm->shared->probe, by, vm->thread);
    if (state == REJECTED && !promise->handled)
        rejection_unhandled(vm, promise);
    Reaction *next;
    for (Reaction *reaction = promise->first; reaction != NULL; reaction = next) {
        next = reaction->next;
        enqueue_reaction(vm, promise, reaction);
    }
    promise->first = NULL;
    promise->last = &promise->first;
}

void promise_resolve(Vm *vm, Promise *promise, Value value, Strand *by)
{
    if (value.type == VALUE_PROMISE && value.as.promise == promise) {
        settle(vm, promise, REJECTED,
               value_error_of(promise->job, ERROR_TYPE, "Chaining cycle detected for promise #<Promise>"), by);
    } else if (value.type == VALUE_PROMISE || value.type == VALUE_THENABLE) {
        enqueue(
            vm,
            (Micro){.kind = MICRO_THENABLE, .job = promise->job, .on.promise = promise, .value = value, .strand = by});
    } else
        settle(vm, promise, FULFILLED, value, by);
}

void promise_reject(Vm *vm, Promise *promise, Value error, Strand *by)
{
    settle(vm, promise, REJECTED, error, by);
}

void resolver_settle(Vm *vm, Resolver *resolver, bool rejects, Value value, Strand *by)
{
    if (resolver->used)
        return;
    resolver->used = true;
    if (rejects)
        promise_reject(vm, resolver->promise, value, by);
    else
        promise_resolve(vm, resolver->promise, value, by);
}

Promise *promise_of(Vm *vm, Job *job, Value value, Strand *by)
{
    if (value.type == VALUE_PROMISE)
        return value.as.promise;
    Promise *promise = promise_new(job);
    promise_resolve(vm, promise, value, by);
    return promise;
}

void promise_react(Vm *vm, Promise *promise, Reaction *reaction)
{
    if (promise->state == PENDING) {
        reaction->next = NULL;
        *promise->last = reaction;
        promise->last = &reaction->next;
    } else {
        if (promise->state == REJECTED && !promise->handled)
            rejection_handled(vm, promise);
        enqueue_reaction(vm, promise, reaction);
    }
    promise->handled = true;
}

Promise *promise_then(Vm *vm, Frame *frame, Promise *promise, Closure *fulfilled, Closure *rejected)
{
    Reaction *reaction = heap_get(frame->job, HEAP_REACTION, sizeof *reaction);
    *reaction = (Reaction){.kind = REACT_THEN,
                           .on_fulfilled = fulfilled,
                           .on_rejected = rejected,
                           .result = promise_new(frame->job),
                           .strand = frame->strand};
    promise_react(vm, promise, reaction);
    return reaction->result;
}

Promise *promise_finally(Vm *vm, Frame *frame, Promise *promise, Closure *closure)
{
    Reaction *reaction = heap_get(frame->job, HEAP_REACTION, sizeof *reaction);
    *reaction = (Reaction){
        .kind = REACT_FINALLY, .on_fulfilled = closure, .result = promise_new(frame->job), .strand = frame->strand};
    promise_react(vm, promise, reaction);
    return reaction->result;
}

void promise_await(Vm *vm, Frame *frame, Value value)
{
    Reaction *reaction = heap_get(frame->job, HEAP_REACTION, sizeof *reaction);
    *reaction = (Reaction){.kind = REACT_AWAIT, .frame = frame, .strand = frame->strand};
    promise_react(vm, promise_of(vm, frame->job, value, frame->strand), reaction);
}

/* ---- all, race, any, allSettled ---- */

static void combine_finish(Vm *vm, Combine *combine, Strand *by)
{
    if (--combine->left > 0)
        return;
    Job *job = combine->resolver->promise->job;
    if (combine->kind == COMBINE_ANY)
        resolver_settle(vm, combine->resolver, true, value_error_of(job, ERROR_AGGREGATE, "All promises were rejected"),
                        by);
    else
        resolver_settle(vm, combine->resolver, false, value_object(VALUE_ARRAY, combine->values), by);
}

static void combine_element(Vm *vm, const Reaction *reaction, bool rejected, Value value, Strand *by)
{
    Combine *combine = reaction->combine;
    switch (combine->kind) {
    case COMBINE_RACE: resolver_settle(vm, combine->resolver, rejected, value, by); return;
    case COMBINE_ALL:
        if (rejected) {
            resolver_settle(vm, combine->resolver, true, value, by);
            return;
        }
        break;
    case COMBINE_ANY:
        if (!rejected) {
            resolver_settle(vm, combine->resolver, false, value, by);
            return;
        }
        break;
    case COMBINE_ALL_SETTLED: {
        Settled *settled = heap_get(combine->resolver->promise->job, HEAP_SETTLED, sizeof *settled);
        *settled = (Settled){.rejected = rejected, .value = value};
        value = value_object(VALUE_SETTLED, settled);
        break;
    }
    }
    combine->values->item[reaction->index] = value;
    combine_finish(vm, combine, by);
}

/* Each element is followed by a `then` whose own promise nobody sees; it settles without effect, a microtask of its
 * own. */
Promise *promise_combine(Vm *vm, Frame *frame, CombineKind kind, uint32_t n, const Value elements[])
{
    Job *job = frame->job;
    Promise *promise = promise_new(job);
    Combine *combine = heap_get(job, HEAP_COMBINE, sizeof *combine);
    *combine = (Combine){.kind = kind, .left = 1, .resolver = resolver_new(job, promise)};
    combine->values = heap_get(job, HEAP_ARRAY, sizeof(Array) + n * sizeof(Value));
    combine->values->count = n;
    for (uint32_t i = 0; i < n; i++) {
        Reaction *reaction = heap_get(job, HEAP_REACTION, sizeof *reaction);
        *reaction = (Reaction){.kind = REACT_COMBINE, .combine = combine, .index = i, .strand = frame->strand};
        combine->values->item[i] = value_undefined();
        combine->left++;
        promise_react(vm, promise_of(vm, job, elements[i], frame->strand), reaction);
    }
    if (kind != COMBINE_RACE)
        combine_finish(vm, combine, frame->strand);
    return promise;
}

/* ---- microtasks ---- */

static void pass_on(Vm *vm, Promise *result, bool rejected, Value value, Strand *by)
{
    if (rejected)
        promise_reject(vm, result, value, by);
    else
        promise_resolve(vm, result, value, by);
}

/* The strand on which a handler of a settled promise runs: a branch of the one that settled it, else of the one that
 * asked. */
static Strand *follow(Vm *vm, Job *job, Strand *settled_by, Strand *asker)
{
    return strand_fork(vm, job, settled_by != NULL ? settled_by : asker);
}

static void react(Vm *vm, const Micro *micro)
{
    Reaction *reaction = micro->on.reaction;
    Strand *by = micro->strand;
    Closure *closure = NULL;
    Frame *frame;
    switch (reaction->kind) {
    case REACT_THEN:
        closure = micro->rejected ? reaction->on_rejected : reaction->on_fulfilled;
        if (closure == NULL) {
            pass_on(vm, reaction->result, micro->rejected, micro->value, by);
            return;
        }
        frame = frame_call(vm, closure, follow(vm, micro->job, by, reaction->strand), FRAME_REACTION, 1, &micro->value);
        frame->target = reaction->result;
        return;
    case REACT_AWAIT:
        /* The frame goes on by way of whoever settled what it awaited; else that time was spent waiting for another
         * callback. */
        if (by != NULL && reaction->frame->strand != NULL && by != reaction->frame->strand)
            note_strand_adopt(vm->shared->probe, reaction->frame->strand, by);
        frame_resume(vm, reaction->frame, micro->rejected, micro->value);
        return;
    case REACT_COMBINE: combine_element(vm, reaction, micro->rejected, micro->value, by); return;
    case REACT_FORWARD:
        if (micro->rejected)
            promise_reject(vm, reaction->result, micro->value, by);
        else
            promise_resolve(vm, reaction->result, micro->value, by);
        return;
    case REACT_FINALLY:
        reaction->rejected = micro->rejected;
        reaction->value = micro->value;
        frame = frame_call(vm, reaction->on_fulfilled, follow(vm, micro->job, by, reaction->strand), FRAME_FINALLY, 0,
                           NULL);
        frame->target = reaction->result;
        frame->reaction = reaction;
        return;
    case REACT_VALUE:
        if (micro->rejected) /* what finally's function returned was rejected: that wins */
            promise_reject(vm, reaction->result, micro->value, by);
        else
            pass_on(vm, reaction->result, reaction->rejected, reaction->value, by);
        return;
    case REACT_MODULE:
        if (--reaction->index > 0) {
            enqueue(vm, *micro);
            return;
        }
        vm->node->from_promise = micro->rejected;
        if (micro->rejected)
            vm_threw(vm, micro->job, NULL, micro->value);
        return;
    }
}

/* NewPromiseResolveThenableJob: calls the other's `then` with fresh functions of this one. */
static void thenable_job(Vm *vm, const Micro *micro)
{
    Promise *promise = micro->on.promise;
    if (micro->value.type == VALUE_PROMISE) {
        Reaction *reaction = heap_get(micro->job, HEAP_REACTION, sizeof *reaction);
        *reaction = (Reaction){.kind = REACT_FORWARD, .result = promise, .strand = micro->strand};
        promise_react(vm, micro->value.as.promise, reaction);
        return;
    }
    Resolver *resolver = resolver_new(micro->job, promise);
    Value args[2] = {value_object(VALUE_RESOLVER, resolver), value_object(VALUE_RESOLVER, resolver)};
    Frame *frame = frame_call(vm, micro->value.as.thenable->then, micro->strand, FRAME_THEN_OF, 2, args);
    frame->resolver = resolver;
}

void micro_run(Vm *vm, const Micro *micro)
{
    probe_busy(vm->shared->probe, BUSY_CALL);
    switch (micro->kind) {
    case MICRO_CALL:
        frame_call(vm, micro->on.closure, micro->strand, vm->top != NULL ? FRAME_PASSING : FRAME_BASE, 0, NULL);
        break;
    case MICRO_REACT: react(vm, micro); break;
    case MICRO_RESUME: frame_resume(vm, micro->on.frame, micro->rejected, micro->value); break;
    case MICRO_GRANTED: frame_granted(vm, micro->on.frame); break;
    case MICRO_ARRIVED: /* on a thread with parallel_io */
        op_tell(vm, micro->on.op);
        op_free(vm, micro->on.op);
        break;
    case MICRO_THENABLE: thenable_job(vm, micro); break;
    case MICRO_HOPS:
        if (micro->hops > 1) {
            Micro again = *micro;
            again.hops--;
            enqueue(vm, again);
        } else
            op_hopped(vm, micro->on.op);
        break;
    case MICRO_MODULE: module_begin(vm); break;
    case MICRO_HANDLED: must(false, "that is no microtask"); break;
    }
}

/* ---- a FIFO ---- */

void ring_push(Ring *ring, Micro micro)
{
    if (ring->count == ring->room) {
        uint32_t room = ring->room ? 2 * ring->room : HOSTILE(8, 1);
        Micro *item = mem_get(ring->mem, mem_array(ring->mem, room, sizeof *item));
        for (uint32_t i = 0; i < ring->count; i++)
            item[i] = ring->item[(ring->first + i) & (ring->room - 1)];
        mem_free(ring->mem, ring->item);
        ring->item = item;
        ring->first = 0;
        ring->room = room;
    }
    ring->item[(ring->first + ring->count++) & (ring->room - 1)] = micro;
}

bool ring_pop(Ring *ring, Micro *micro)
{
    if (ring->count == 0)
        return false;
    *micro = ring->item[ring->first];
    ring->first = (ring->first + 1) & (ring->room - 1);
    ring->count--;
    return true;
}
