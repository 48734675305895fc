#include "collect.h"

#include "node.h"

/* ---- what an object points to ---- */

static void mark_frame(Heap *heap, Frame *frame);

static void mark_text(Heap *heap, const Text *text)
{
    if (text != NULL && text->collected) /* else it is a constant of the program's */
        heap_mark(heap, text);
}

static void mark_value(Heap *heap, Value value)
{
    switch (value.type) {
    case VALUE_UNSET:
    case VALUE_UNDEFINED:
    case VALUE_BOOL:
    case VALUE_NUMBER:
    case VALUE_DURATION: break;
    case VALUE_STRING:
    case VALUE_ERROR: mark_text(heap, value.as.text); break;
    default: heap_mark(heap, value.as.object); break;
    }
}

static void mark_values(Heap *heap, const Value *value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mark_value(heap, value[i]);
}

static void follow_env(Heap *heap, const Env *env)
{
    heap_mark(heap, env->outer);
    mark_values(heap, env->slot, (heap_room(env) - sizeof *env) / sizeof env->slot[0]);
}

static void follow_promise(Heap *heap, const Promise *promise)
{
    mark_value(heap, promise->value);
    heap_mark(heap, promise->first);
}

static void follow_reaction(Heap *heap, const Reaction *reaction)
{
    heap_mark(heap, reaction->next);
    heap_mark(heap, reaction->on_fulfilled);
    heap_mark(heap, reaction->on_rejected);
    heap_mark(heap, reaction->result);
    heap_mark(heap, reaction->combine);
    mark_frame(heap, reaction->frame);
    mark_value(heap, reaction->value);
}

static void follow_emission(Heap *heap, const Emission *emission)
{
    mark_values(heap, emission->arg, emission->args);
    heap_mark(heap, emission->listener);
    for (uint32_t i = 0; i < emission->count; i++)
        heap_mark(heap, emission->listener[i]);
}

static void follow_op(Heap *heap, const Op *op)
{
    heap_mark(heap, op->promise);
    heap_mark(heap, op->closure);
    mark_value(heap, op->value);
    if (!op->over)
        mark_frame(heap, op->frame);
}

/* An immediate's and a timer's neighbours are marked from the heads of their lists. */
static void follow(Heap *heap, HeapKind kind, void *object)
{
    switch (kind) {
    case HEAP_FREE:
    case HEAP_PLAIN: must(false, "what points to nothing is not followed"); break;
    case HEAP_ENV: follow_env(heap, object); break;
    case HEAP_CLOSURE: heap_mark(heap, ((Closure *)object)->env); break;
    case HEAP_THENABLE: heap_mark(heap, ((Thenable *)object)->then); break;
    case HEAP_RESOLVER: heap_mark(heap, ((Resolver *)object)->promise); break;
    case HEAP_PROMISE: follow_promise(heap, object); break;
    case HEAP_REACTION: follow_reaction(heap, object); break;
    case HEAP_COMBINE:
        heap_mark(heap, ((Combine *)object)->resolver);
        heap_mark(heap, ((Combine *)object)->values);
        break;
    case HEAP_ARRAY: mark_values(heap, ((Array *)object)->item, ((Array *)object)->count); break;
    case HEAP_SETTLED: mark_value(heap, ((Settled *)object)->value); break;
    case HEAP_EMITTER: heap_mark(heap, ((Emitter *)object)->channels); break;
    case HEAP_CHANNEL:
        heap_mark(heap, ((Channel *)object)->next);
        heap_mark(heap, ((Channel *)object)->first);
        mark_text(heap, ((Channel *)object)->event);
        break;
    case HEAP_LISTENER:
        heap_mark(heap, ((Listener *)object)->next);
        heap_mark(heap, ((Listener *)object)->channel);
        heap_mark(heap, ((Listener *)object)->closure);
        break;
    case HEAP_EMISSION: follow_emission(heap, object); break;
    case HEAP_IMMEDIATE: heap_mark(heap, ((Immediate *)object)->closure); break;
    case HEAP_TIMER: heap_mark(heap, ((Timer *)object)->closure); break;
    case HEAP_HANDLE: heap_mark(heap, ((Handle *)object)->closure); break;
    case HEAP_OP: follow_op(heap, object); break;
    }
}

/* ---- frames: they stand in pools, and are followed at once where they are on the stack ---- */

static void follow_frame(Heap *heap, const Frame *frame)
{
    heap_mark(heap, frame->env);
    heap_mark(heap, frame->result);
    heap_mark(heap, frame->target);
    heap_mark(heap, frame->resolver);
    heap_mark(heap, frame->reaction);
    heap_mark(heap, frame->emission);
    if (frame->func == NULL)
        return;
    mark_values(heap, frame->operand, (size_t)(frame->top - frame->operand));
    for (int i = 0; i < frame->tries; i++)
        heap_mark(heap, frame->open[i].env);
}

/* Suspended ones wait for their turn in a list: `below` is free for it. */
static void mark_frame(Heap *heap, Frame *frame)
{
    if (frame == NULL || !frame->suspended || frame->reached)
        return;
    Job *job = frame->job;
    (void)heap;
    frame->reached = true;
    frame->below = job->reached;
    job->reached = frame;
}

static bool next_frame(Heap *heap, Job *job)
{
    Frame *frame = job->reached;
    if (frame == NULL)
        return false;
    job->reached = frame->below;
    frame->below = NULL;
    follow_frame(heap, frame);
    return true;
}

/* What waits for something that nobody can settle any more. */
static void sweep_frames(Vm *vm, Job *job)
{
    for (Frame *frame = job->suspended, *next; frame != NULL; frame = next) {
        next = frame->next;
        if (frame->reached)
            frame->reached = false;
        else
            frame_drop(vm->shared, frame);
    }
}

/* ---- roots ---- */

static void mark_ring(Heap *heap, const Ring *ring)
{
    for (uint32_t i = 0; i < ring->count; i++) {
        const Micro *micro = &ring->item[(ring->first + i) & (ring->room - 1)];
        mark_value(heap, micro->value);
        switch (micro->kind) {
        case MICRO_CALL: heap_mark(heap, micro->on.closure); break;
        case MICRO_REACT: heap_mark(heap, micro->on.reaction); break;
        case MICRO_RESUME:
        case MICRO_GRANTED: mark_frame(heap, micro->on.frame); break;
        case MICRO_THENABLE:
        case MICRO_HANDLED: heap_mark(heap, micro->on.promise); break;
        case MICRO_ARRIVED:
        case MICRO_HOPS:
        case MICRO_MODULE: break; /* an op that is under way is a root of its own */
        }
    }
}

static void mark_timers(Heap *heap, const Timers *timers)
{
    for (uint32_t i = 0; i < timers->count; i++)
        for (const Timer *timer = timers->heap[i]->head.next; timer != &timers->heap[i]->head; timer = timer->next)
            heap_mark(heap, timer);
    heap_mark(heap, timers->firing);
}

static void mark_immediates(Heap *heap, const Immediates *immediates)
{
    const Immediate *heads[2] = {&immediates->queue, &immediates->outstanding};
    for (int i = 0; i < 2; i++)
        for (const Immediate *each = heads[i]->next; each != heads[i]; each = each->next)
            heap_mark(heap, each);
    heap_mark(heap, immediates->running);
}

static void mark_rejections(Heap *heap, const Promise *promise)
{
    for (; promise != NULL; promise = promise->next_rejected)
        heap_mark(heap, promise);
}

static void mark_closings(Heap *heap, const Closing *closing)
{
    for (; closing != NULL; closing = closing->next)
        heap_mark(heap, closing);
}

static void mark_handles(Heap *heap, const Node *node)
{
    mark_closings(heap, node->loop.closing);
    mark_closings(heap, node->loop.being_closed);
    for (Op *op = node->ops; op != NULL; op = op->next) {
        if (op->kept)
            heap_mark(heap, op);
        else
            follow_op(heap, op);
    }
    handles_mark(node, heap);
}

static void mark_roots(Heap *heap, const Node *node)
{
    const Vm *vm = &node->vm;
    for (const Frame *frame = vm->top; frame != NULL; frame = frame->below)
        follow_frame(heap, frame);
    heap_mark(heap, vm->shared->globals);
    heap_mark(heap, node->process);
    heap_mark(heap, node->module);
    mark_value(heap, vm->thrown);
    mark_value(heap, node->fatal);
    mark_ring(heap, &vm->micro);
    mark_ring(heap, &node->ticks);
    mark_ring(heap, &node->handled);
    mark_rejections(heap, node->rejected_first);
    mark_rejections(heap, node->rejecting);
    mark_timers(heap, &node->timers);
    mark_immediates(heap, &node->immediates);
    mark_handles(heap, node);
}

void collect(Node *node)
{
    Job *job = node->job;
    Heap *heap = job->collected;
    HeapKind kind;
    void *object;
    mark_roots(heap, node);
    do {
        while ((object = heap_next(heap, &kind)) != NULL)
            follow(heap, kind, object);
    } while (next_frame(heap, job));
    sweep_frames(&node->vm, job);
    heap_sweep(heap);
    node->vm.collection_due = false;
}
