/* emitter: EventEmitter, and the events of `process`. An emit calls a copy of the list of listeners, one after the other, synchronously. */
#include "vm.h"

#include <string.h>

typedef struct Emission {
    uint32_t count, at, args;
    Listener **listener;
    Value arg[];
} Emission;

Emitter *emitter_new(Job *job)
{
    Emitter *emitter = heap_get(job, sizeof *emitter);
    emitter->last = &emitter->first;
    return emitter;
}

static bool same(const Text *a, const Text *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

void emitter_on(Job *job, Emitter *emitter, const Text *event, Closure *closure, bool once)
{
    Listener *listener = heap_get(job, sizeof *listener);
    listener->event = event;
    listener->closure = closure;
    listener->once = once;
    *emitter->last = listener;
    emitter->last = &listener->next;
}

static void remove_listener(Emitter *emitter, Listener *listener)
{
    Listener **at = &emitter->first;
    while (*at != NULL && *at != listener)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = listener->next;
    if (emitter->last == &listener->next)
        emitter->last = at;
}

static void remove_all(Emitter *emitter, const Text *event)
{
    Listener *next;
    for (Listener *listener = emitter->first; listener != NULL; listener = next) {
        next = listener->next;
        if (same(listener->event, event))
            remove_listener(emitter, listener);
    }
}

/* A function by name is the same wherever it is named: its last registration goes. What is written in place is a new function, which nobody has
 * registered. */
void emitter_off(Emitter *emitter, const Text *event, const Closure *closure)
{
    Listener *last = NULL;
    if (closure == NULL) {
        remove_all(emitter, event);
        return;
    }
    for (Listener *listener = emitter->first; listener != NULL; listener = listener->next)
        if (same(listener->event, event) && listener->closure->func == closure->func)
            last = listener;
    if (last != NULL)
        remove_listener(emitter, last);
}

bool emitter_emit(Vm *vm, Emitter *emitter, const Text *event, Job *job, Strand *strand, FrameKind kind, int n, const Value args[])
{
    uint32_t count = 0;
    for (Listener *listener = emitter->first; listener != NULL; listener = listener->next)
        count += same(listener->event, event);
    if (count == 0)
        return false;
    Emission *emission = heap_get(job, sizeof *emission + (size_t)n * sizeof(Value));
    emission->listener = heap_get(job, count * sizeof(Listener *));
    emission->args = (uint32_t)n;
    for (int i = 0; i < n; i++)
        emission->arg[i] = args[i];
    for (Listener *listener = emitter->first; listener != NULL; listener = listener->next)
        if (same(listener->event, event))
            emission->listener[emission->count++] = listener;
    Frame *frame = pool_get(&vm->shared->emissions);
    frame->kind = kind;
    frame->job = job;
    frame->strand = strand;
    frame->awaiting = -1;
    frame->emission = emission;
    frame->emitter = emitter;
    frame->below = vm->top;
    vm->top = frame;
    return true;
}

void emission_next(Vm *vm, Frame *frame)
{
    Emission *emission = frame->emission;
    if (emission->at == emission->count) {
        vm->top = frame->below;
        vm->thread->strand = vm->top != NULL ? vm->top->strand : NULL;
        pool_put(&vm->shared->emissions, frame);
        return;
    }
    Listener *listener = emission->listener[emission->at++];
    if (listener->once) {
        if (listener->removed) /* a nested emit has called it already */
            return;
        listener->removed = true;
        remove_listener(frame->emitter, listener);
    }
    frame_call(vm, listener->closure, frame->strand, FRAME_PASSING, (int)emission->args, emission->arg);
}
