/* emitter: EventEmitter, and the events of `process`. An emit calls a copy of the list of listeners, one after the
 * other, synchronously. */
#include "vm.h"

#include <string.h>

Emitter *emitter_new(Job *job)
{
    return heap_get(job, HEAP_EMITTER, sizeof(Emitter));
}

static Channel *channel_of(const Emitter *emitter, const Text *event)
{
    Channel *channel = emitter->channels;
    while (channel != NULL &&
           (channel->event->size != event->size || memcmp(channel->event->bytes, event->bytes, event->size) != 0))
        channel = channel->next;
    return channel;
}

void emitter_on(Job *job, Emitter *emitter, const Text *event, Closure *closure, bool once)
{
    Listener *listener = heap_get(job, HEAP_LISTENER, sizeof *listener);
    Channel *channel = channel_of(emitter, event);
    if (channel == NULL) {
        channel = heap_get(job, HEAP_CHANNEL, sizeof *channel);
        channel->event = event;
        channel->last = &channel->first;
        channel->next = emitter->channels;
        emitter->channels = channel;
    }
    listener->channel = channel;
    listener->closure = closure;
    listener->once = once;
    *channel->last = listener;
    channel->last = &listener->next;
    channel->count++;
}

static void remove_listener(Listener *listener)
{
    Channel *channel = listener->channel;
    Listener **at = &channel->first;
    while (*at != NULL && *at != listener)
        at = &(*at)->next;
    if (*at == NULL)
        return;
    *at = listener->next;
    if (channel->last == &listener->next)
        channel->last = at;
    channel->count--;
}

/* A function by name is the same wherever it is named: its last registration goes. What is written in place is a new
 * function, which nobody has registered. */
void emitter_off(Emitter *emitter, const Text *event, const Closure *closure)
{
    Channel *channel = channel_of(emitter, event);
    Listener *last = NULL;
    if (channel == NULL)
        return;
    if (closure == NULL) {
        channel->first = NULL;
        channel->last = &channel->first;
        channel->count = 0;
        return;
    }
    for (Listener *listener = channel->first; listener != NULL; listener = listener->next)
        if (listener->closure->func == closure->func)
            last = listener;
    if (last != NULL)
        remove_listener(last);
}

bool emitter_emit(Vm *vm, Emitter *emitter, const Text *event, Job *job, Strand *strand, FrameKind kind, int n,
                  const Value args[])
{
    Channel *channel = channel_of(emitter, event);
    if (channel == NULL || channel->count == 0)
        return false;
    Emission *emission = heap_get(job, HEAP_EMISSION, sizeof *emission + (size_t)n * sizeof(Value));
    emission->listener = heap_get(job, HEAP_PLAIN, channel->count * sizeof(Listener *));
    emission->args = (uint32_t)n;
    for (int i = 0; i < n; i++)
        emission->arg[i] = args[i];
    for (Listener *listener = channel->first; listener != NULL; listener = listener->next)
        emission->listener[emission->count++] = listener;
    Frame *frame = pool_get(&vm->shared->emissions);
    frame->kind = kind;
    frame->job = job;
    frame->strand = strand;
    frame->awaiting = -1;
    frame->emission = emission;
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
        remove_listener(listener);
    }
    frame_call(vm, listener->closure, frame->strand, FRAME_PASSING, (int)emission->args, emission->arg);
}
