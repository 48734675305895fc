/* op: one I/O verb under way: who does it (the kernel, a worker, a resource, a timer), and whom it tells. */
#include "vm.h"

#include "../observe/probe.h"
#include "node.h"
#include <string.h>

/* A persistent connection of a program: one descriptor, registered once, one request at a time (semantics.md, 4.1). */
typedef struct Conn {
    struct Conn *next;
    const char *name;
    Fd fd;
    Op *op;
} Conn;

static Kernel *kernel_of(const Op *op)
{
    return op->vm->shared->kernel;
}

static Probe *probe_of(const Op *op)
{
    return op->vm->shared->probe;
}

static Loop *loop_of(const Op *op)
{
    return &op->vm->node->loop;
}

static bool via_pool(const Vm *vm, const IoInfo *info)
{
    if (info->kind == IO_RESOURCE)
        return vm->shared->world->spec->resources[info->resource].via != VIA_KERNEL;
    return info->kind == IO_POOL || info->kind == IO_TRIPS || info->kind == IO_FSP;
}

static Time operand_time(const IoInfo *info, Value operand)
{
    if (info->per_ms != 0) {
        double ms = value_to_number(operand) / (double)info->per_ms;
        return value_to_time(value_number(ms));
    }
    Time time = value_to_time(operand);
    return time < info->at_least ? info->at_least : time;
}

static void begins(Vm *vm, Op *op)
{
    op->next = vm->node->ops;
    if (op->next != NULL)
        op->next->prev = op;
    vm->node->ops = op;
}

static void ends(Vm *vm, Op *op)
{
    if (op->prev != NULL)
        op->prev->next = op->next;
    else
        vm->node->ops = op->next;
    if (op->next != NULL)
        op->next->prev = op->prev;
}

Op *op_new(Vm *vm, Frame *frame, const IoInfo *info, Value operand, bool kept)
{
    Op *op = kept ? heap_get(frame->job, HEAP_OP, sizeof *op) : pool_get_raw(&vm->shared->ops);
    if (!kept)
        mem_zero(op, sizeof *op);
    op->kept = kept;
    op->vm = vm;
    op->job = frame->job;
    op->info = info;
    op->strand = frame->strand;
    op->time = operand_time(info, operand);
    op->value = value_undefined();
    op->ref = true;
    if (info->kind == IO_RESOURCE)
        op->rng = draw_at(vm, frame, info->site);
    if (op->job->collected != NULL)
        begins(vm, op);
    job_hold(op->job);
    return op;
}

void op_free(Vm *vm, Op *op)
{
    Job *job = op->job;
    if (job->collected != NULL)
        ends(vm, op);
    if (!op->kept)
        pool_put(&vm->shared->ops, op);
    job_release(job);
}

Time op_cost(const Vm *vm, const IoInfo *info)
{
    const Costs *costs = vm->shared->costs;
    if (vm->node == NULL)
        return 0;
    return via_pool(vm, info) ? costs->submit : info->kind == IO_SLEEP ? costs->timer : 0;
}

Value op_value(const Op *op)
{
    if (op->failed)
        return value_error(op->job, op->info->missing ? "ENOENT" : "EIO");
    return op->info->kind == IO_SLEEP ? op->value : (Value){.type = VALUE_STRING, .as.text = &op->info->text};
}

/* ---- telling (in the loop's thread, within a callback scope) ---- */

void op_tell(Vm *vm, Op *op)
{
    Value value = op_value(op);
    if (op->closure != NULL) {
        frame_call(vm, op->closure, op->strand, FRAME_BASE, op->failed, &value);
        return; /* the job is held until the callback's scope is over */
    }
    if (op->frame != NULL) {
        job_hold(op->job);
        ring_push(&vm->micro, (Micro){.kind = MICRO_RESUME,
                                      .job = op->job,
                                      .on.frame = op->frame,
                                      .rejected = op->failed,
                                      .value = value,
                                      .strand = op->strand});
    } else if (op->failed)
        promise_reject(vm, op->promise, value, op->strand);
    else
        promise_resolve(vm, op->promise, value, op->strand);
}

/* fs.promises (Node's lib/internal/fs/promises.js): the binding's promise, a `then`, an await, the async function's
 * return: microtasks between the completion and the caller. Where it fails, the `then` returns a rejected promise,
 * which takes two more. */
enum { HOPS = 2, HOPS_FAILED = 4 };

static void hop(Vm *vm, Op *op)
{
    job_hold(op->job);
    if (op->failed)
        vm->node->rejection_pending = true;
    ring_push(&vm->micro, (Micro){.kind = MICRO_HOPS,
                                  .hops = op->failed ? HOPS_FAILED : HOPS,
                                  .job = op->job,
                                  .on.op = op,
                                  .strand = op->strand});
}

static CoFn co_task_done;

static Time submit(Vm *vm, Op *op)
{
    op->task.strand = op->strand;
    op->task.time = op->info->trip_count > 0 ? op->info->trips[op->trip] : op->time;
    op->task.hop = op->hop = note_leaves(probe_of(op), vm->thread, op->strand);
    op->task.done = co_task_done;
    op->in_pool = true;
    return threadpool_submit(vm->node->loop.pool, &op->task) ? vm->shared->costs->wake : 0;
}

/* One trip to the pool is over. The next one, or the end. */
static void trip_done(Vm *vm, Op *op)
{
    if (op->info->kind == IO_FSP) {
        hop(vm, op);
    } else if (++op->trip < op->info->trip_count) {
        submit(vm, op);
    } else {
        op->over = true;
        op_tell(vm, op);
    }
}

void op_hopped(Vm *vm, Op *op)
{
    if (++op->trip < op->info->trip_count) {
        submit(vm, op);
        return;
    }
    op->over = true;
    op_tell(vm, op);
    op_free(vm, op);
}

/* A completion or a ready descriptor: one callback scope. co->p: the Op. */
static CoRet co_op(Loop *loop, Co *co)
{
    Op *op = co->p;
    Node *node = loop->owner;
    CO_BEGIN(co);
    co->i = op->info->kind == IO_FSP; /* its own microtasks free it */
    loop->thread.strand = op->strand;
    note_arrives(loop->probe, &loop->thread, op->hop);
    note_callback(loop->probe, &loop->thread, op->in_pool ? CALLBACK_POOL : CALLBACK_IO, op->ready_at, op->strand,
                  program_step(node->vm.shared->program, op->info->step)->name);
    CO_CPU(loop, co, loop->costs->callback);
    node->scope_depth++;
    if (op->in_pool)
        trip_done(&node->vm, op);
    else {
        op->over = true;
        op_tell(&node->vm, op);
    }
    CO_UNTIL(loop, co, node_run(node));
    node->scope_depth--;
    if (scope_owes(node))
        CO_CALL(loop, co, co_scope_end, NULL, 0);
    note_callback_end(loop->probe, &loop->thread);
    if (!co->i && op->over)
        op_free(&node->vm, op);
    CO_END;
}

static CoRet co_task_done(Loop *loop, Co *co)
{
    Task *task = co->p;
    Op *op = CONTAINER_OF(task, Op, task);
    CO_BEGIN(co);
    op->ready_at = task->done_at;
    op->failed = op->info->missing || task->failed;
    CO_CALL(loop, co, co_op, op, 0);
    CO_END;
}

static CoRet co_fd(Loop *loop, Co *co)
{
    Op *op = CONTAINER_OF((Fd *)co->p, Op, fd);
    CO_BEGIN(co);
    op->ready_at = op->fd.ready_at;
    fd_close(loop, &op->fd);
    loop->handles -= op->ref;
    op->cancelled = true; /* a later clear has nothing to do */
    if (op->job->request == NULL)
        loop_close(loop, closing_new(op->job));
    CO_CALL(loop, co, co_op, op, 0);
    CO_END;
}

static CoRet co_conn(Loop *loop, Co *co)
{
    Conn *conn = CONTAINER_OF((Fd *)co->p, Conn, fd);
    CO_BEGIN(co);
    if (!conn->fd.ready) /* another request has taken the connection since this event was fetched */
        return CO_OVER;
    co->q = conn->op;
    conn->op->ready_at = conn->fd.ready_at;
    conn->op = NULL;
    fd_clear(loop, &conn->fd);
    loop->handles--;
    CO_CALL(loop, co, co_op, co->q, 0);
    CO_END;
}

/* ---- starting on a loop ---- */

static void now_readable(Op *op)
{
    note_behind(probe_of(op), op->strand, op->vm->thread);
    fd_ready(loop_of(op), op->conn != NULL ? &op->conn->fd : &op->fd);
}

static void timer_fd(Event *event)
{
    now_readable(CONTAINER_OF(event, Op, event));
}

static void call_readable(Call *call)
{
    Op *op = CONTAINER_OF(call, Op, call);
    op->failed = call->failed;
    now_readable(op);
}

static void watch_descriptor(Vm *vm, Op *op)
{
    fd_init(&op->fd, co_fd);
    fd_watch(&vm->node->loop, &op->fd);
    vm->node->loop.handles++;
    op->hop = note_leaves(probe_of(op), vm->thread, op->strand);
}

static void start_conn(Vm *vm, Op *op)
{
    Conn *conn = vm->node->conns;
    while (conn != NULL && strcmp(conn->name, op->info->conn) != 0)
        conn = conn->next;
    if (conn == NULL) {
        conn = mem_get(vm->shared->mem, sizeof *conn);
        conn->name = op->info->conn;
        fd_init(&conn->fd, co_conn);
        conn->next = vm->node->conns;
        vm->node->conns = conn;
        fd_watch(&vm->node->loop, &conn->fd);
    }
    if (conn->op != NULL) { /* one request at a time: the earlier one is never answered */
        kernel_cancel(vm->shared->kernel, &conn->op->event);
        fd_clear(&vm->node->loop, &conn->fd);
        vm->node->loop.handles--;
        op_free(vm, conn->op);
    }
    conn->op = op;
    op->conn = conn;
    vm->node->loop.handles++;
    op->hop = note_leaves(probe_of(op), vm->thread, op->strand);
}

static Time start_in_pool(Vm *vm, Op *op)
{
    static const TaskKind kinds[] = {TASK_CPU, TASK_FS, TASK_DNS};
    const IoInfo *info = op->info;
    op->task.kind = kinds[info->pool];
    op->task.computes = info->pool == POOL_CPU && op->job->request != NULL;
    op->task.resource = -1;
    op->task.name = program_step(vm->shared->program, info->step)->name;
    if (info->kind == IO_RESOURCE) {
        int via = vm->shared->world->spec->resources[info->resource].via;
        op->task.kind = via == VIA_DNS ? TASK_DNS : via == VIA_CPU ? TASK_CPU : TASK_FS;
        op->task.computes = via == VIA_CPU;
        op->task.resource = info->resource;
        op->task.rng = op->rng;
    }
    return submit(vm, op);
}

Time op_start(Vm *vm, Op *op)
{
    Kernel *kernel = vm->shared->kernel;
    if (via_pool(vm, op->info))
        return start_in_pool(vm, op);
    switch (op->info->kind) {
    case IO_NET:
    case IO_CONN:
        note_part(probe_of(op), op->strand, PART_RESOURCE);
        if (op->info->kind == IO_CONN)
            start_conn(vm, op);
        else
            watch_descriptor(vm, op);
        event_bind(&op->event, timer_fd, RANK_WORLD);
        kernel_at(kernel, &op->event, kernel->now + (op->time > 0 || op->job->request != NULL ? op->time : 1));
        break;
    case IO_RESOURCE:
        watch_descriptor(vm, op);
        op->call = (Call){.strand = op->strand, .done = call_readable};
        resource_call(vm->shared->world->resources, op->info->resource, &op->call, &op->rng);
        break;
    case IO_SLEEP:
        note_part(probe_of(op), op->strand, PART_SLEEP);
        op->hop = note_leaves(probe_of(op), vm->thread, op->strand);
        timer_for_op(vm->node, op);
        break;
    default: break;
    }
    return 0;
}

/* A sleep's timer has fired (within the timers pass). */
void op_timer(Vm *vm, Op *op)
{
    op->over = true;
    op_tell(vm, op);
    op_free(vm, op);
}

void op_cancel(Vm *vm, Op *op)
{
    if (op->cancelled || op->info->kind != IO_NET)
        return;
    op->cancelled = true;
    kernel_cancel(vm->shared->kernel, &op->event);
    fd_close(&vm->node->loop, &op->fd);
    vm->node->loop.handles -= op->ref;
    loop_close(&vm->node->loop, closing_new(op->job));
    op_free(vm, op);
}

void op_ref(Vm *vm, Op *op, bool ref)
{
    if (op->cancelled || op->ref == ref)
        return;
    op->ref = ref;
    vm->node->loop.handles += ref ? 1 : -1;
}

/* ---- a thread that waits ---- */

static void waited(Op *op)
{
    op->over = true;
    if (op->blocking) {
        note_goes_on(probe_of(op), op->strand, op->vm->thread, !op->vm->parallel_io);
        machine_wake(op->vm->shared->world->machine, op->vm->thread);
        return;
    }
    note_behind(probe_of(op), op->strand, op->vm->thread);
    job_hold(op->job);
    ring_push(&op->vm->arrived, (Micro){.kind = MICRO_ARRIVED, .job = op->job, .on.op = op, .strand = op->strand});
    if (op->vm->asleep)
        machine_wake(op->vm->shared->world->machine, op->vm->thread);
}

static void wait_over(Event *event)
{
    waited(CONTAINER_OF(event, Op, event));
}

static void call_over(Call *call)
{
    Op *op = CONTAINER_OF(call, Op, call);
    op->failed = call->failed;
    waited(op);
}

static void call_granted(Call *call)
{
    Op *op = CONTAINER_OF(call, Op, call);
    op->failed = call->failed;
    op->over = call->failed;
    op->stage = 1;
    if (op->vm->thread->woken) /* it waits for a carrier; what waits for a core, the machine says */
        note_goes_on(probe_of(op), op->strand, op->vm->thread, !op->vm->parallel_io);
    machine_wake(op->vm->shared->world->machine, op->vm->thread);
}

static void wait_for(Op *op, Time time, Part part)
{
    note_part(probe_of(op), op->strand, part);
    event_bind(&op->event, wait_over, RANK_WORLD);
    kernel_at(kernel_of(op), &op->event, kernel_of(op)->now + time);
}

static Time trips_time(const Op *op)
{
    Time time = 0;
    for (int i = 0; i < op->info->trip_count; i++)
        time += op->info->trips[i];
    return op->info->trip_count > 0 ? time : op->time;
}

static const Need blocked = {.kind = NEED_WAIT, .blocked = true};

static Need computes(Op *op, Time time)
{
    op->over = true;
    return (Need){.kind = NEED_CPU, .part = PART_CPU, .ns = time};
}

static Need block_on_resource(Vm *vm, Op *op)
{
    Resources *resources = vm->shared->world->resources;
    bool computing = vm->shared->world->spec->resources[op->info->resource].via == VIA_CPU;
    if (op->stage == 0) {
        op->call = (Call){.strand = op->strand, .done = computing ? call_granted : call_over};
        if (computing)
            resource_enter(resources, op->info->resource, &op->call, &op->rng);
        else
            resource_call(resources, op->info->resource, &op->call, &op->rng);
        op->stage = computing ? 2 : 3;
    } else if (op->stage == 1) {
        op->stage = 4;
        return (Need){.kind = NEED_CPU, .part = PART_CPU, .ns = op->call.latency};
    } else if (op->stage == 4) {
        resource_leave(resources, &op->call);
        op->failed = op->call.failed;
        op->over = true;
        return (Need){.kind = NEED_CPU, .ns = 0};
    }
    return blocked;
}

Need op_block(Vm *vm, Op *op)
{
    const IoInfo *info = op->info;
    op->blocking = true;
    if (info->kind == IO_RESOURCE)
        return block_on_resource(vm, op);
    if (info->kind == IO_SLEEP && op->stage == 0 && vm->shared->costs->sleep > 0) {
        op->stage = -1;
        return need_overhead(vm->shared->costs->sleep);
    }
    if (op->stage > 0)
        return blocked;
    op->stage = 1;
    op->failed = info->missing;
    if (info->kind == IO_POOL && info->pool == POOL_CPU)
        return computes(op, op->time);
    if (info->kind == IO_SLEEP)
        wait_for(op, op->time + vm->shared->costs->timer_slack, PART_SLEEP);
    else
        wait_for(op, trips_time(op), PART_RESOURCE);
    return blocked;
}

void op_parallel(Vm *vm, Op *op)
{
    const IoInfo *info = op->info;
    op->failed = info->missing;
    if (info->kind == IO_RESOURCE) {
        op->call = (Call){.strand = op->strand, .done = call_over};
        resource_call(vm->shared->world->resources, info->resource, &op->call, &op->rng);
    } else if (info->kind == IO_SLEEP)
        wait_for(op, op->time + vm->shared->costs->timer_slack, PART_SLEEP);
    else
        wait_for(op, trips_time(op), PART_RESOURCE);
}
