/* wait: the instructions that take simulated time. Each is entered with frame->phase 0 and, as long as it says
 * WAIT_NEEDS, again with the phase that it left; what it needs from the operand stack it takes in phase 0 or when it no
 * longer has to ask for time.
 *
 * On a loop an await takes the frame off the stack (frame_suspend); on a thread it blocks the thread, except within the
 * elements of all, race, any and allSettled where the server has parallel_io. */
#include "wait.h"

#include "../machine/costs.h"
#include "../observe/probe.h"
#include "node.h"

static const IoInfo *io_of(const Vm *vm, const Ins *ins)
{
    return &vm->shared->program->io[ins->b];
}

/* ---- cpu ---- */

/* Computing leaves the caches cold for what the runtime and the kernel do next. */
static Time cold(const Vm *vm)
{
    const Costs *costs = vm->shared->costs;
    Time time = cost_at(&costs->cold, vm->computed);
    return vm->node != NULL && !vm->node->loop.bare ? time + cost_at(&costs->request_cold, vm->computed) : time;
}

static inline Time duration(Vm *vm, Frame *frame, const Ins *ins)
{
    const Program *program = vm->shared->program;
    if (ins->op == OP_CPU_SAMPLE)
        return frame_sample(vm, frame, &program->samples[ins->a]);
    return value_to_time(ins->op == OP_CPU_CONST ? program->constants[ins->a] : pop(frame));
}

WaitEnd wait_cpu(Vm *vm, Frame *frame, const Ins *ins)
{
    Probe *probe = vm->shared->probe;
    if (frame->phase == 0) {
        Time time = duration(vm, frame, ins);
        note_step(probe, frame->strand, ins->b);
        vm->computed = time;
        if (time > 0)
            return wait_needs(vm, frame, 1, (Need){.kind = NEED_CPU, .part = PART_CPU, .ns = time});
    }
    if (frame->phase < 2)
        note_step_end(probe, frame->strand, ins->b);
    Time more = frame->phase == 1 ? cold(vm) : 0;
    if (more > 0)
        return wait_needs(vm, frame, 2, need_overhead(more));
    frame->phase = 0;
    return WAIT_OVER;
}

/* ---- await of a promise ---- */

static WaitEnd await_promise(Vm *vm, Frame *frame)
{
    Value value = frame->top[-1];
    if (vm->node == NULL && !frame->parallel) { /* a thread: what is settled is there at once */
        Promise *promise = promise_of(vm, frame->job, value, frame->strand);
        frame->top[-1] = value_object(VALUE_PROMISE, promise);
        if (promise->state != PENDING) {
            pop(frame);
            if (promise->state == REJECTED && !promise->handled)
                rejection_handled(vm, promise);
            promise->handled = true;
            if (promise->state == REJECTED)
                frame_throw(vm, promise->value);
            else
                push(frame, promise->value);
            return WAIT_OVER;
        }
        value = frame->top[-1];
    }
    pop(frame);
    frame_own_strand(vm, frame);
    note_part(vm->shared->probe, frame->strand, PART_OTHER);
    promise_await(vm, frame, value);
    frame_suspend(vm);
    return WAIT_OVER;
}

/* ---- I/O ---- */

/* A synchronous wait of the executing thread: phases 2 (waiting) and on. True when it is over. */
static bool blocking_wait(Vm *vm, Frame *frame)
{
    Op *op = frame->op;
    if (op->over)
        return true;
    Need need = op_block(vm, op);
    if (op->over && need.kind == NEED_CPU && need.ns == 0)
        return true;
    frame->phase = 2;
    *vm->need = need;
    return false;
}

static Op *begin_blocking(Vm *vm, Frame *frame, const IoInfo *info, Value operand)
{
    note_step(vm->shared->probe, frame->strand, info->step);
    Op *op = op_new(vm, frame, info, operand, false);
    op->frame = frame;
    frame->op = op;
    return op;
}

/* The value that the wait gave; false: it failed, and the error was thrown or, with `promise`, is in it. */
static Value end_blocking(Vm *vm, Frame *frame, bool *failed)
{
    Op *op = frame->op;
    Value value = op_value(op);
    *failed = op->failed;
    frame->phase = 0;
    frame->op = NULL;
    note_step_end(vm->shared->probe, frame->strand, op->info->step);
    op_free(vm, op);
    return value;
}

static WaitEnd await_io_blocking(Vm *vm, Frame *frame, const Ins *ins)
{
    bool failed;
    if (frame->phase == 0)
        begin_blocking(vm, frame, io_of(vm, ins), pop(frame));
    if (!blocking_wait(vm, frame))
        return WAIT_NEEDS;
    Value value = end_blocking(vm, frame, &failed);
    if (failed)
        frame_throw(vm, value);
    else if (ins->op != OP_SYNC)
        push(frame, value);
    return WAIT_OVER;
}

/* The frame stands off the stack until the operation's end puts it there again. */
static WaitEnd suspend_for(Vm *vm, Frame *frame, const IoInfo *info)
{
    frame->phase = 0;
    frame->awaiting = info->step;
    frame_suspend(vm);
    return WAIT_OVER;
}

/* On a thread, what needs a core computes where it stands, side by side or not. */
static bool computes(const Vm *vm, const IoInfo *info)
{
    if (info->kind == IO_RESOURCE)
        return vm->shared->world->spec->resources[info->resource].via == VIA_CPU;
    return info->kind == IO_POOL && info->pool == POOL_CPU;
}

static bool blocks(const Vm *vm, const Frame *frame, const IoInfo *info)
{
    return vm->node == NULL && (!frame->parallel || computes(vm, info));
}

static WaitEnd await_io(Vm *vm, Frame *frame, const Ins *ins)
{
    const IoInfo *info = io_of(vm, ins);
    if (blocks(vm, frame, info))
        return await_io_blocking(vm, frame, ins);
    if (frame->phase == 0) {
        Time cost = op_cost(vm, info);
        if (cost > 0)
            return wait_needs(vm, frame, 1, need_overhead(cost));
        frame->phase = 1;
    }
    if (frame->phase == 1) {
        frame_own_strand(vm, frame);
        note_step(vm->shared->probe, frame->strand, info->step);
        Op *op = op_new(vm, frame, info, pop(frame), false);
        op->frame = frame;
        frame->op = op;
        if (vm->node == NULL) {
            op_parallel(vm, op);
            return suspend_for(vm, frame, info);
        }
        Time owed = op_start(vm, op);
        if (owed > 0)
            return wait_needs(vm, frame, 3, need_overhead(owed));
    }
    return suspend_for(vm, frame, info);
}

/* On a thread an I/O verb without await blocks where it stands; its callback is then called, or its promise is
 * settled. */
static WaitEnd io_blocking(Vm *vm, Frame *frame, const Ins *ins)
{
    bool has_callback = ins->op == OP_IO && ins->a, failed;
    if (frame->phase == 0) {
        Value last = has_callback || ins->op == OP_SLEEP ? pop(frame) : value_undefined();
        Op *op = begin_blocking(vm, frame, io_of(vm, ins), pop(frame));
        op->closure = has_callback ? closure_of(last) : NULL;
        op->value = ins->op == OP_SLEEP ? last : op->value;
    }
    if (!blocking_wait(vm, frame))
        return WAIT_NEEDS;
    Closure *closure = frame->op->closure;
    Value value = end_blocking(vm, frame, &failed);
    if (has_callback) {
        push(frame, value_undefined());
        if (closure != NULL)
            frame_call(vm, closure, frame->strand, FRAME_PASSING, failed, &value);
        return WAIT_OVER;
    }
    Promise *promise = promise_new(frame->job);
    if (failed)
        promise_reject(vm, promise, value, frame->strand);
    else
        promise_resolve(vm, promise, value, frame->strand);
    push(frame, value_object(VALUE_PROMISE, promise));
    return WAIT_OVER;
}

static void begin_io(Vm *vm, Frame *frame, const Ins *ins, const IoInfo *info)
{
    bool has_callback = ins->op == OP_IO && ins->a;
    Value last = has_callback || ins->op == OP_SLEEP ? pop(frame) : value_undefined();
    Op *op = op_new(vm, frame, info, pop(frame), has_callback);
    op->strand = strand_fork(vm, frame->job, frame->strand);
    op->task.strand = op->call.strand = op->strand;
    if (ins->op == OP_SLEEP)
        op->value = last;
    if (has_callback) {
        op->closure = closure_of(last);
        push(frame, value_object(VALUE_REQUEST, op));
    } else {
        op->promise = promise_new(frame->job);
        push(frame, value_object(VALUE_PROMISE, op->promise));
    }
    frame->op = op;
}

static WaitEnd io(Vm *vm, Frame *frame, const Ins *ins)
{
    const IoInfo *info = io_of(vm, ins);
    if (blocks(vm, frame, info))
        return io_blocking(vm, frame, ins);
    if (frame->phase == 0) {
        Time cost = op_cost(vm, info);
        if (cost > 0)
            return wait_needs(vm, frame, 1, need_overhead(cost));
        frame->phase = 1;
    }
    if (frame->phase == 1) {
        begin_io(vm, frame, ins, info);
        Op *op = frame->op;
        frame->op = NULL;
        Time owed = 0;
        if (vm->node == NULL)
            op_parallel(vm, op);
        else
            owed = op_start(vm, op);
        if (owed > 0)
            return wait_needs(vm, frame, 3, need_overhead(owed));
    }
    frame->phase = 0;
    return WAIT_OVER;
}

/* ---- setTimeout and setInterval ---- */

static WaitEnd new_timer(Vm *vm, Frame *frame, const Ins *ins)
{
    Value times = pop(frame), ms = pop(frame);
    Closure *closure = closure_of(pop(frame));
    frame->phase = 0;
    if (closure == NULL) {
        push(frame, value_undefined());
        return WAIT_OVER;
    }
    int64_t runs =
        times.type == VALUE_NUMBER && times.as.number >= 1 && times.as.number < 1e15 ? (int64_t)times.as.number : -1;
    Timer *timer = timer_new(vm->node, frame, closure, ms, ins->a, runs, ins->b);
    push(frame, value_object(VALUE_TIMER, timer));
    return WAIT_OVER;
}

static void sleep_over(Event *event)
{
    Op *op = CONTAINER_OF(event, Op, event);
    note_goes_on(op->vm->shared->probe, op->strand, op->vm->thread, !op->vm->parallel_io);
    op->over = true;
    machine_wake(op->vm->shared->world->machine, op->vm->thread);
}

/* On a thread: sleeps, calls, and for an interval so again, `times` times (without `times` once: nothing could ever
 * clear it). */
static WaitEnd timer_blocking(Vm *vm, Frame *frame, const Ins *ins)
{
    static const IoInfo sleep = {.kind = IO_SLEEP, .resource = -1, .value = "undefined"};
    if (frame->phase == 0) {
        Op *op = op_new(vm, frame, &sleep, frame->top[-2], false);
        note_step(vm->shared->probe, frame->strand, ins->b);
        frame->op = op;
        note_part(vm->shared->probe, op->strand, PART_SLEEP);
        event_bind(&op->event, sleep_over, RANK_WORLD);
        kernel_at(vm->shared->kernel, &op->event, vm->shared->kernel->now + op->time + vm->shared->costs->timer_slack);
        return wait_needs(vm, frame, 1, (Need){.kind = NEED_WAIT, .blocked = true});
    }
    if (!frame->op->over)
        return wait_needs(vm, frame, 1, (Need){.kind = NEED_WAIT, .blocked = true});
    op_free(vm, frame->op);
    frame->op = NULL;
    frame->phase = 0;
    note_step_end(vm->shared->probe, frame->strand, ins->b);
    Closure *closure = closure_of(frame->top[-3]);
    Value *times = &frame->top[-1];
    bool again = ins->a && times->type == VALUE_NUMBER && (times->as.number -= 1) >= 1;
    if (again)
        frame->pc = ins; /* the callback first, then this instruction anew */
    else {
        frame->top -= 3;
        push(frame, value_undefined());
    }
    if (closure != NULL)
        frame_call(vm, closure, frame->strand, FRAME_PASSING, 0, NULL);
    return WAIT_OVER;
}

static WaitEnd timer(Vm *vm, Frame *frame, const Ins *ins)
{
    if (vm->node == NULL)
        return timer_blocking(vm, frame, ins);
    if (frame->phase == 0 && vm->shared->costs->timer > 0)
        return wait_needs(vm, frame, 1, need_overhead(vm->shared->costs->timer));
    return new_timer(vm, frame, ins);
}

/* ---- respond and exit ---- */

static WaitEnd respond(Vm *vm, Frame *frame, const Ins *ins)
{
    Job *job = frame->job;
    if (job->request == NULL) {
        listen_respond(vm->node, value_to_number(pop(frame)));
        return WAIT_OVER;
    }
    if (frame->phase == 0 && !job->answered && vm->shared->costs->write > 0)
        return wait_needs(vm, frame, 1, need_overhead(vm->shared->costs->write));
    frame->phase = 0;
    if (vm->node != NULL && vm->node->loop.bare && !job->answered)
        vm->node->loop.written++;
    double size = value_to_number(pop(frame));
    (void)ins;
    job_answer(vm, job, frame->strand, size >= 0 && size < 9e18 ? (int64_t)size : 0, false);
    return WAIT_OVER;
}

static WaitEnd leave_process(Vm *vm, Frame *frame)
{
    static const Text event = {.size = 4, .bytes = "exit"};
    Node *node = vm->node;
    if (frame->phase == 1)
        return WAIT_EXIT;
    Value code = pop(frame);
    double number = value_to_number(code);
    node->exit_code = number >= -2147483648.0 && number <= 2147483647.0 ? (int)number & 255 : 0;
    frame->phase = 1;
    bool first = !node->exiting;
    node->exiting = true;
    if (!first || !emitter_emit(vm, node->process, &event, frame->job, frame->strand, FRAME_PASSING, 1, &code))
        return WAIT_EXIT;
    frame->pc--; /* the listeners first, then this instruction again */
    return WAIT_OVER;
}

WaitEnd wait_step(Vm *vm, Frame *frame, const Ins *ins)
{
    switch ((Opcode)ins->op) {
    case OP_AWAIT: return await_promise(vm, frame);
    case OP_AWAIT_IO: return await_io(vm, frame, ins);
    case OP_IO:
    case OP_SLEEP: return io(vm, frame, ins);
    case OP_SYNC: return await_io_blocking(vm, frame, ins);
    case OP_TIMEOUT: return timer(vm, frame, ins);
    case OP_RESPOND: return respond(vm, frame, ins);
    case OP_EXIT: return leave_process(vm, frame);
    case OP_LOCK: return wait_lock(vm, frame, ins);
    case OP_UNLOCK: return wait_unlock(vm, frame, ins);
    default: must(false, "there is no such instruction");
    }
    return WAIT_OVER;
}
