/* scope: callback scopes, ticks, microtasks and rejections (semantics.md, 7, 8 and 12; Node 20: src/api/callback.cc,
 * lib/internal/process/task_queues.js and promises.js). */
#include "node.h"

#include "../observe/probe.h"
#include <string.h>

static const Text event_exit = {.size = 4, .bytes = "exit"},
                  event_uncaught = {.size = 17, .bytes = "uncaughtException"},
                  event_unhandled = {.size = 18, .bytes = "unhandledRejection"},
                  event_handled = {.size = 16, .bytes = "rejectionHandled"};

static void watch_job(const Probe *probe, const Micro *job, bool microtask, bool begins)
{
    if (probe->watch)
        probe->watch->job(probe->watch->context, job, microtask, begins);
}

/* The listeners of an event of `process` are about to be called. */
static void watch_event(const Probe *probe, const Text *event)
{
    if (probe->watch)
        probe->watch->callback(probe->watch->context, CALLBACK_PROCESS, TIME_NEVER, event->bytes);
}

/* Walks until the stack is empty, and sends the response of a handler that has ended; false: time has to pass first
 * (loop->need), or the process ends. Where an error was the response, at request_timeout, what writing it costs is paid
 * when the handler has ended. */
bool node_run(Node *node)
{
    Loop *loop = &node->loop;
    Vm *vm = &node->vm;
    if (vm->answering == NULL) {
        VmEnd end = vm_run(vm);
        loop->over |= end == VM_EXIT;
        if (end != VM_EMPTY)
            return false;
        loop->thread.strand = NULL;
        if (vm->finished == NULL)
            return true;
        vm->answering = vm->finished;
        vm->finished = NULL;
        if ((!vm->answering->answered || vm->answering->too_late) && loop->costs->write > 0) {
            loop->thread.strand = vm->finished_by;
            loop->need = need_overhead(loop->costs->write);
            return false;
        }
    }
    Job *job = vm->answering;
    vm->answering = NULL;
    loop->written += loop->bare && (!job->answered || job->too_late);
    if (!job->answered)
        job_answer(vm, job, vm->finished_by, vm->shared->response_bytes(vm->shared, job), vm->finished_failed);
    loop->thread.strand = NULL;
    return true;
}

/* ---- errors that nobody caught ---- */

/* What an uncaught error becomes where it came as a rejection: an error stays, anything else is named in one (Node 20,
 * ERR_UNHANDLED_REJECTION). */
static Value as_error(Node *node, Value reason)
{
    Buf *line = &node->vm.shared->line;
    if (reason.type == VALUE_ERROR)
        return reason;
    buf_clear(line);
    buf_text(line, "This error originated either by throwing inside of an async function without a catch block, or by "
                   "rejecting a promise which was "
                   "not handled with .catch(). The promise rejected with the reason \"");
    if (reason.type > VALUE_ERROR)
        buf_text(line, reason.type == VALUE_PROMISE ? "#<Promise>"
                       : reason.type == VALUE_ARRAY ? "[object Array]"
                                                    : "#<Object>");
    else
        value_print(line, reason);
    buf_text(line, "\".");
    return (Value){.type = VALUE_ERROR, .as.text = heap_text(node->job, buf_string(line), line->size)};
}

/* An 'exit' listener that throws does not come to be called again. */
CoRet co_uncaught(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Vm *vm = &node->vm;
    CO_BEGIN(co);
    vm->threw = false;
    if (!node->program) {
        job_fail(vm, vm->threw_in, vm->threw_on);
        job_release(vm->threw_in);
        return CO_OVER;
    }
    job_release(vm->threw_in);
    node->fatal = vm->thrown;
    Value arguments[2] = {node->fatal,
                          value_text(node->job, node->from_promise ? "unhandledRejection" : "uncaughtException")};
    node->from_promise = false;
    if (emitter_emit(vm, node->process, &event_uncaught, node->job, NULL, FRAME_BASE, 2, arguments)) {
        watch_event(loop->probe, &event_uncaught);
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
    node->died = true;
    if (node->exiting) {
        node->exit_code = node->exit_code != 0 ? node->exit_code : 1;
    } else {
        node->exiting = true;
        node->exit_code = 1;
        Value code = value_number(1);
        if (emitter_emit(vm, node->process, &event_exit, node->job, NULL, FRAME_BASE, 1, &code)) {
            watch_event(loop->probe, &event_exit);
            CO_UNTIL(loop, co, node_run(node));
        }
    }
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
        ring_push(&node->handled, (Micro){.kind = MICRO_HANDLED, .job = promise->job, .on.promise = promise});
        node->rejection_pending = true;
    }
}

/* Those that are there now: what is rejected meanwhile comes next time. NULL: there are none. */
static Promise *take_rejections(Node *node)
{
    Promise *first = node->rejected_first;
    node->rejected_first = node->rejected_last = NULL;
    for (Promise *promise = first; promise != NULL; promise = promise->next_rejected)
        promise->pending_rejection = false;
    return first;
}

/* After a listener's throw Node forgets the rest of the batch. */
static void forget_rejections(Promise *promise)
{
    for (Promise *next; promise != NULL; promise = next) {
        next = promise->next_rejected;
        job_release(promise->job);
    }
}

/* processPromiseRejections. One that a listener handles before its turn is reported all the same. co->i: something was
 * done; co->q: those to come. */
static CoRet co_process_rejections(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Vm *vm = &node->vm;
    Micro handled;
    Promise *promise;
    CO_BEGIN(co);
    while (ring_pop(&node->handled, &handled)) {
        co->i = 1;
        co->p = handled.job;
        Value argument = value_object(VALUE_PROMISE, handled.on.promise);
        if (node->program &&
            emitter_emit(vm, node->process, &event_handled, node->job, NULL, FRAME_BASE, 1, &argument)) {
            watch_event(loop->probe, &event_handled);
            CO_UNTIL(loop, co, node_run(node));
            if (vm->threw) {
                job_release(co->p);
                return CO_OVER;
            }
        }
        job_release(co->p);
    }
    co->q = take_rejections(node);
    while (co->q != NULL) {
        promise = co->q;
        co->q = node->rejecting = promise->next_rejected;
        co->p = promise->job;
        co->i = 1;
        promise->reported = true;
        Value arguments[2] = {promise->value, value_object(VALUE_PROMISE, promise)};
        if (node->program &&
            emitter_emit(vm, node->process, &event_unhandled, node->job, NULL, FRAME_BASE, 2, arguments)) {
            watch_event(loop->probe, &event_unhandled);
            CO_UNTIL(loop, co, node_run(node));
        } else {
            node->from_promise = true;
            vm_threw(vm, promise->job, NULL, node->program ? as_error(node, promise->value) : promise->value);
            CO_CALL(loop, co, co_uncaught, NULL, 0);
        }
        job_release(co->p);
        if (vm->threw) {
            forget_rejections(co->q);
            node->rejecting = NULL;
            return CO_OVER;
        }
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
    ring_push(&node->ticks, (Micro){.kind = MICRO_CALL, .job = closure->job, .on.closure = closure, .strand = strand});
}

static CoRet co_run_microtasks(Loop *loop, Co *co)
{
    Node *node = loop->owner;
    Micro micro;
    CO_BEGIN(co);
    note_drain(loop->probe, &loop->thread, true, true);
    while (ring_pop(&node->vm.micro, &micro)) {
        co->p = micro.job;
        watch_job(loop->probe, &micro, true, true);
        micro_run(&node->vm, &micro);
        if (node->vm.top != NULL || node->vm.finished != NULL || loop->probe->leave)
            CO_UNTIL(loop, co, node_run(node));
        watch_job(loop->probe, NULL, true, false);
        if (node->vm.threw)
            CO_CALL(loop, co, co_uncaught, NULL, 0);
        job_release(co->p);
    }
    note_drain(loop->probe, &loop->thread, true, false);
    CO_END;
}

/* processTicksAndRejections: all ticks, then all microtasks, until there are none. A tick that throws leaves the rest,
 * and the microtasks, where they are. */
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
                watch_job(loop->probe, &tick, false, true);
                frame_call(&node->vm, tick.on.closure, tick.strand, FRAME_BASE, 0, NULL);
                CO_UNTIL(loop, co, node_run(node));
                watch_job(loop->probe, NULL, false, false);
            }
            job_release(co->p);
            if (node->vm.threw) {
                note_drain(loop->probe, &loop->thread, false, false);
                return CO_OVER;
            }
        }
        note_drain(loop->probe, &loop->thread, false, false);
        CO_CALL(loop, co, co_run_microtasks, NULL, 0);
        node->did_something = false;
        if (node->ticks.count == 0)
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
