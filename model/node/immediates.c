/* immediates: the check phase (semantics.md, 10; Node 20: lib/internal/timers.js processImmediate,
 * Environment::CheckImmediate). */
#include "node.h"

#include "../observe/probe.h"

static bool empty(const Immediate *head)
{
    return head->next == head;
}

static void unlink_immediate(Immediate *immediate)
{
    immediate->prev->next = immediate->next;
    immediate->next->prev = immediate->prev;
    immediate->queued = false;
}

static void clear_list(Immediate *head)
{
    head->next = head->prev = head;
}

void immediates_init(Node *node)
{
    clear_list(&node->immediates.queue);
    clear_list(&node->immediates.outstanding);
}

Immediate *immediate_new(Node *node, Job *job, Closure *closure, Strand *strand)
{
    Immediate *immediate = heap_get(job, HEAP_IMMEDIATE, sizeof *immediate), *head = &node->immediates.queue;
    immediate->closure = closure;
    immediate->job = job;
    immediate->strand = strand;
    immediate->made = node->loop.kernel->now;
    immediate->hop = note_leaves(node->loop.probe, &node->loop.thread, strand);
    note_behind(node->loop.probe, strand, &node->loop.thread);
    immediate->ref = immediate->queued = true;
    immediate->prev = head->prev;
    immediate->next = head;
    head->prev->next = immediate;
    head->prev = immediate;
    node->immediates.count++;
    if (node->immediates.refs++ == 0)
        node->loop.idle_active = true;
    note_ready(node->loop.probe, &node->loop.thread, +1);
    job_hold(job);
    return immediate;
}

static void refs_down(Node *node, Immediate *immediate)
{
    if (immediate->ref && --node->immediates.refs == 0)
        node->loop.idle_active = false;
    immediate->ref = false;
}

void immediate_clear(Node *node, Immediate *immediate)
{
    if (immediate->done)
        return;
    immediate->done = true;
    node->immediates.count--;
    note_ready(node->loop.probe, &node->loop.thread, -1);
    refs_down(node, immediate);
    /* One of the batch under way stays in it, and is passed over. */
    if (immediate->queued) {
        unlink_immediate(immediate);
        job_release(immediate->job);
    }
}

void immediate_ref(Node *node, Immediate *immediate, bool ref)
{
    if (immediate->done || immediate->ref == ref)
        return;
    if (!ref) {
        refs_down(node, immediate);
        return;
    }
    immediate->ref = true;
    if (node->immediates.refs++ == 0)
        node->loop.idle_active = true;
}

/* The whole queue becomes the batch under way. */
static void take_batch(Node *node)
{
    Immediate *queue = &node->immediates.queue, *batch = &node->immediates.outstanding;
    clear_list(batch);
    if (empty(queue))
        return;
    *batch = *queue;
    batch->next->prev = batch->prev->next = batch;
    clear_list(queue);
    for (Immediate *immediate = batch->next; immediate != batch; immediate = immediate->next)
        immediate->queued = false;
}

/* co->i: one has run. co->p: the one that runs. A throw leaves the rest in the batch. */
static CoRet co_process_immediate(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Immediates *all = &node->immediates;
    Immediate *immediate;
    CO_BEGIN(co);
    if (!all->resuming || empty(&all->outstanding)) /* after a throw of the batch's last one: those made meanwhile */
        take_batch(node);
    all->resuming = true;
    while (!empty(&all->outstanding)) {
        if (co->i)
            CO_CALL(loop, co, co_next_ticks, NULL, 0);
        if (node->vm.threw)
            return CO_OVER;
        co->i = 1;
        immediate = co->p = all->running = all->outstanding.next;
        unlink_immediate(immediate);
        if (!immediate->done) {
            immediate->done = true;
            all->count--;
            all->refs -= immediate->ref;
            immediate->ref = false;
            note_ready(loop->probe, &loop->thread, -1);
            loop->thread.strand = immediate->strand;
            note_arrives(loop->probe, &loop->thread, immediate->hop);
            note_callback(loop->probe, &loop->thread, CALLBACK_IMMEDIATE, immediate->made, immediate->strand,
                          immediate->closure != NULL ? immediate->closure->func->name : "uncaughtException");
            CO_CPU(loop, co, loop->costs->callback);
            if (((Immediate *)co->p)->closure != NULL) {
                frame_call(&node->vm, ((Immediate *)co->p)->closure, ((Immediate *)co->p)->strand, FRAME_BASE, 0, NULL);
                CO_UNTIL(loop, co, node_run(node));
            }
            loop->thread.strand = NULL;
            note_callback_end(loop->probe, &loop->thread);
        }
        job_release(((Immediate *)co->p)->job);
        all->running = NULL;
        if (node->vm.threw)
            return CO_OVER;
    }
    all->resuming = false;
    CO_END;
}

static bool scope_has_left(const Node *node)
{
    return node->vm.micro.count > 0 || node->tick_scheduled || node->rejection_pending;
}

bool node_checks(const Loop *loop)
{
    const Node *node = loop->owner;
    return node->immediates.count > 0 || scope_has_left(node);
}

CoRet co_check(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    CO_BEGIN(co);
    if (scope_has_left(node))
        CO_CALL(loop, co, co_drain, NULL, 0); /* the empty scope of the native immediates */
    if (node->immediates.count == 0)
        return CO_OVER;
    note_phase(loop->probe, &loop->thread, PHASE_CHECK, true);
    do {
        CO_CPU(loop, co, loop->costs->callback);
        node->scope_depth++;
        CO_CALL(loop, co, co_process_immediate, NULL, 0);
        node->scope_depth--;
        CO_CALL(loop, co, co_scope_end, NULL, 0);
    } while (node->immediates.resuming);
    if (node->immediates.refs == 0)
        loop->idle_active = false;
    note_phase(loop->probe, &loop->thread, PHASE_CHECK, false);
    CO_END;
}
