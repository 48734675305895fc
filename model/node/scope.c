/* scope: callback scopes, ticks, microtasks and rejections (semantics.md, 7, 8 and 12; Node 20: src/api/callback.cc, lib/internal/process/task_queues.js and
 * promises.js). */
#include "node.h"

#include "../observe/probe.h"
#include <string.h>

static const Text event_exit = { 4, "exit" }, event_uncaught = { 17, "uncaughtException" }, event_unhandled = { 18, "unhandledRejection" },
                  event_handled = { 16, "rejectionHandled" };

/* Walks until the stack is empty, and sends the response of a handler that has ended; false: time has to pass first (loop->need), or the process ends. */
bool node_run(Node *node)
{
    Loop *loop = &node->loop;
    Vm *vm = &node->vm;
    if (vm->answering == NULL) {
        VmEnd end = vm_run(vm);
        loop->over |= end == VM_EXIT;
        if (end != VM_EMPTY) {
            loop->need = vm->need;
            return false;
        }
        loop->thread.strand = NULL;
        if (vm->finished == NULL)
            return true;
        vm->answering = vm->finished;
        vm->finished = NULL;
        if (!vm->answering->answered && loop->costs->write > 0) {
            loop->thread.strand = vm->finished_by;
            loop->need = (Need){ .kind = NEED_CPU, .part = PART_OVERHEAD, .ns = loop->costs->write };
            return false;
        }
    }
    Job *job = vm->answering;
    vm->answering = NULL;
    if (!job->answered)
        job_answer(vm, job, vm->finished_by, vm->shared->response_bytes(vm->shared, job), vm->finished_failed);
    loop->thread.strand = NULL;
    return true;
}

/* ---- errors that nobody caught ---- */

CoRet co_uncaught(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Vm *vm = &node->vm;
    CO_BEGIN(co);
    vm->threw = false;
    if (!node->program) {
        job_fail(vm, vm->threw_in, vm->threw_on);
        return CO_OVER;
    }
    node->fatal = vm->thrown;
    if (emitter_emit(vm, node->process, &event_uncaught, node->job, NULL, FRAME_BASE, 1, &node->fatal)) {
        CO_UNTIL(loop, co, node_run(node));
        if (vm->threw) { /* a listener threw: Node ends at once, without 'exit' */
            node->fatal = vm->thrown;
            node->died = true;
            node->exit_code = 7;
            loop->over = true;
            return CO_STOPPED;
        }
        immediate_new(node, node->job, NULL, NULL); /* so that the next poll does not block */
        return CO_OVER;
    }
    node->exiting = true;
    node->exit_code = 1;
    node->died = true;
    Value code = value_number(1);
    if (emitter_emit(vm, node->process, &event_exit, node->job, NULL, FRAME_BASE, 1, &code))
        CO_UNTIL(loop, co, node_run(node));
    loop->over = true;
    return CO_STOPPED;
    CO_END;
}

void rejection_unhandled(Vm *vm, Promise *promise)
{
    Node *node = vm->node;
    if (node == NULL) { /* on a thread: whoever waits for it sees it, else the request fails */
        promise->job->unhandled++;
        return;
    }
    job_hold(promise->job);
    promise->pending_rejection = true;
    promise->next_rejected = NULL;
    promise->prev_rejected = node->rejected_last;
    if (node->rejected_last != NULL)
        node->rejected_last->next_rejected = promise;
    else
        node->rejected_first = promise;
    node->rejected_last = promise;
    node->rejection_pending = true;
}

void rejection_handled(Vm *vm, Promise *promise)
{
    Node *node = vm->node;
    if (node == NULL) {
        promise->job->unhandled--;
        return;
    }
    if (promise->pending_rejection) {
        promise->pending_rejection = false;
        if (promise->prev_rejected != NULL)
            promise->prev_rejected->next_rejected = promise->next_rejected;
        else
            node->rejected_first = promise->next_rejected;
        if (promise->next_rejected != NULL)
            promise->next_rejected->prev_rejected = promise->prev_rejected;
        else
            node->rejected_last = promise->prev_rejected;
        job_release(promise->job);
    } else if (promise->reported) {
        promise->reported = false;
        job_hold(promise->job);
        ring_push(&node->handled, (Micro){ .job = promise->job, .on.promise = promise });
        node->rejection_pending = true;
    }
}

/* processPromiseRejections. co->i: something was done. co->p: those to be reported now; what is rejected meanwhile comes next time. */
static CoRet co_process_rejections(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Vm *vm = &node->vm;
    Micro handled;
    Promise *promise;
    CO_BEGIN(co);
    while (ring_pop(&node->handled, &handled)) {
        co->i = 1;
        job_release(handled.job);
        if (node->program && emitter_emit(vm, node->process, &event_handled, node->job, NULL, FRAME_BASE, 0, NULL)) {
            CO_UNTIL(loop, co, node_run(node));
            if (vm->threw)
                return CO_OVER;
        }
    }
    co->p = node->rejected_first;
    node->rejected_first = node->rejected_last = NULL;
    for (promise = co->p; promise != NULL; promise = promise->next_rejected)
        promise->pending_rejection = false;
    while (co->p != NULL) {
        promise = co->p;
        co->p = promise->next_rejected;
        co->q = promise->job;
        co->i = 1;
        promise->reported = true;
        if (node->program && emitter_emit(vm, node->process, &event_unhandled, node->job, NULL, FRAME_BASE, 1, &promise->value)) {
            CO_UNTIL(loop, co, node_run(node));
            if (vm->threw)
                return CO_OVER;
        } else {
            vm->threw = true;
            vm->thrown = promise->value;
            vm->threw_in = promise->job;
            vm->threw_on = NULL;
            CO_CALL(loop, co, co_uncaught, NULL, 0);
        }
        job_release(co->q);
    }
    node->did_something = co->i != 0 || node->rejected_first != NULL;
    CO_END;
}

/* ---- ticks and microtasks ---- */

void node_tick(Node *node, Closure *closure, Strand *strand)
{
    if (node->exiting)
        return;
    node->tick_scheduled = true;
    job_hold(closure->job);
    ring_push(&node->ticks, (Micro){ .kind = MICRO_CALL, .job = closure->job, .on.closure = closure, .strand = strand });
}

static CoRet co_run_microtasks(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Micro micro;
    CO_BEGIN(co);
    note_drain(loop->probe, &loop->thread, true, true);
    while (ring_pop(&node->vm.micro, &micro)) {
        co->p = micro.job;
        micro_run(&node->vm, &micro);
        if (node->vm.top != NULL || node->vm.finished != NULL)
            CO_UNTIL(loop, co, node_run(node));
        if (node->vm.threw)
            CO_CALL(loop, co, co_uncaught, NULL, 0);
        job_release(co->p);
    }
    note_drain(loop->probe, &loop->thread, true, false);
    CO_END;
}

/* processTicksAndRejections: all ticks, then all microtasks, until there are none. A tick that throws leaves the rest, and the microtasks, where
 * they are. */
static CoRet co_process_ticks(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Micro tick;
    CO_BEGIN(co);
    do {
        note_drain(loop->probe, &loop->thread, false, true);
        while (ring_pop(&node->ticks, &tick)) {
            co->p = tick.job;
            if (tick.on.closure != NULL) {
                frame_call(&node->vm, tick.on.closure, tick.strand, FRAME_BASE, 0, NULL);
                CO_UNTIL(loop, co, node_run(node));
            }
            job_release(co->p);
            if (node->vm.threw) {
                note_drain(loop->probe, &loop->thread, false, false);
                return CO_OVER;
            }
        }
        note_drain(loop->probe, &loop->thread, false, false);
        CO_CALL(loop, co, co_run_microtasks, NULL, 0);
        CO_CALL(loop, co, co_process_rejections, NULL, 0);
        if (node->vm.threw)
            return CO_OVER;
    } while (node->ticks.count > 0 || node->did_something);
    node->tick_scheduled = node->rejection_pending = false;
    CO_END;
}

CoRet co_next_ticks(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    CO_BEGIN(co);
    if (!node->tick_scheduled && !node->rejection_pending && node->vm.micro.count > 0)
        CO_CALL(loop, co, co_run_microtasks, NULL, 0);
    if (node->tick_scheduled || node->rejection_pending)
        CO_CALL(loop, co, co_process_ticks, NULL, 0);
    CO_END;
}

CoRet co_drain(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    CO_BEGIN(co);
    if (!node->tick_scheduled && node->vm.micro.count > 0)
        CO_CALL(loop, co, co_run_microtasks, NULL, 0);
    if (node->tick_scheduled || node->rejection_pending) {
        CO_CALL(loop, co, co_process_ticks, NULL, 0);
        if (node->vm.threw)
            CO_CALL(loop, co, co_uncaught, NULL, 0);
    }
    CO_END;
}

CoRet co_scope_end(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    CO_BEGIN(co);
    if (node->vm.threw)
        CO_CALL(loop, co, co_uncaught, NULL, 0);
    else if (node->scope_depth == 0 && (node->vm.micro.count > 0 || node->tick_scheduled || node->rejection_pending))
        CO_CALL(loop, co, co_drain, NULL, 0);
    CO_END;
}
