/* vm: the walk over a program's code. The meaning of each instruction stands in model/program/code.h; what it does is
 * in step.c, what takes time in wait.c. */
#include "vm.h"

#include "../observe/probe.h"
#include "collect.h"
#include "node.h"
#include "step.h"

static void sample(Vm *vm, Frame *frame, const SampleInfo *info)
{
    push(frame, (Value){.type = VALUE_DURATION, .as.duration = frame_sample(vm, frame, info)});
}

static inline bool owes_now(const Vm *vm)
{
    return vm->node == NULL && vm->micro.count > 0;
}

static OUT_OF_LINE void run_first(Vm *vm)
{
    Micro micro;
    ring_pop(&vm->micro, &micro);
    micro_run(vm, &micro);
    job_release(micro.job);
}

/* On a thread that blocks, what promises owe runs at once, on top of what stands there. */
static inline bool run_owed(Vm *vm)
{
    if (!owes_now(vm))
        return false;
    run_first(vm);
    return true;
}

/* What looks whether a promise is settled must see all that has happened: else an element of a race that is over, but
 * for the jobs of promises within it, would let the next one begin. */
static bool owes_first(const Vm *vm, const Ins *ins)
{
    return (ins->op == OP_AWAIT || ins->op == OP_DECIDED) && owes_now(vm) && !vm->parallel_io;
}

/* What may put another frame on top, or call into promises, timers, I/O. */
static WaitEnd walk_one(Vm *vm, Frame *frame, const Ins *ins)
{
    if (owes_first(vm, ins)) {
        frame->pc = ins;
        run_owed(vm);
        return WAIT_OVER;
    }
    WaitEnd end = vm_step(vm, frame, ins);
    if (end == WAIT_NEEDS)
        frame->pc = ins; /* it goes on in this instruction */
    else if (end == WAIT_OVER)
        run_owed(vm);
    return end;
}

/* Straight on through what does no more than fill the operand stack or take CPU time, up to the first instruction that
 * does more: after such ones nothing has to be looked at but what promises owe on a thread, and whether the run
 * ends. */
static inline WaitEnd walk(Vm *vm, Frame *frame)
{
    const Program *program = vm->shared->program;
    const Probe *probe = vm->shared->probe;
    bool owes = owes_now(vm);
    for (const Ins *ins = frame->pc;; ins++) {
        frame->pc = ins + 1;
        switch (ins->op) {
        case OP_CONST: push(frame, program->constants[ins->b]); break;
        case OP_UNDEFINED: push(frame, value_undefined()); break;
        case OP_SAMPLE: sample(vm, frame, &program->samples[ins->b]); break;
        case OP_POP: pop(frame); break;
        case OP_CPU:
        case OP_CPU_CONST:
        case OP_CPU_SAMPLE:
            if (wait_cpu(vm, frame, ins) == WAIT_OVER)
                break;
            frame->pc = ins;
            return WAIT_NEEDS;
        case OP_RETURN:
        case OP_END:
            frame_return(vm, frame, ins->op == OP_END ? value_undefined() : pop(frame));
            if (rarely(owes_now(vm)))
                run_owed(vm);
            return WAIT_OVER;
        default: return walk_one(vm, frame, ins);
        }
        if (rarely(owes || probe->leave)) {
            run_owed(vm);
            return WAIT_OVER;
        }
    }
}

VmEnd vm_run(Vm *vm)
{
    const Probe *probe = vm->shared->probe;
    for (;;) {
        Frame *frame = vm->top;
        if (rarely(probe->leave))
            return VM_EXIT;
        if (rarely(vm->collection_due))
            collect(vm->node);
        if (frame == NULL) {
            if (!run_owed(vm))
                return VM_EMPTY;
            continue;
        }
        if (rarely(frame->func == NULL)) {
            emission_next(vm, frame);
            continue;
        }
        WaitEnd end = walk(vm, frame);
        if (end != WAIT_OVER)
            return end == WAIT_NEEDS ? VM_NEEDS : VM_EXIT;
    }
}

static int64_t response_bytes(VmShared *shared, const Job *job)
{
    return shared->world->spec->arrivals[job->request->connection->stream].response_bytes;
}

void vm_shared_init(VmShared *shared, World *world)
{
    shared->world = world;
    shared->mem = world->mem;
    shared->kernel = &world->kernel;
    shared->probe = world->probe;
    shared->program = world->program;
    shared->costs = machine_costs(world->machine);
    shared->response_bytes = response_bytes;
    pool_init(&shared->jobs, world->mem, sizeof(Job));
    pool_init(&shared->ops, world->mem, sizeof(Op));
    arena_pool_init(&shared->chunks, world->mem);
    pool_init(&shared->emissions, world->mem, sizeof(Frame));
    buf_init(&shared->line, world->mem, SIZE_MAX / 4);
    shared->frames =
        mem_get(world->mem, mem_array(world->mem, (size_t)shared->program->func_count + 1, sizeof *shared->frames));
    for (int i = 0; i < shared->program->func_count; i++) {
        const Func *func = shared->program->funcs[i];
        pool_init(&shared->frames[i], world->mem,
                  sizeof(Frame) + func->stack * sizeof(Value) + func->tries * sizeof(OpenTry));
    }
    locks_init(shared);
}

void vm_init(Vm *vm, VmShared *shared, Thread *thread, Node *node, Need *need)
{
    vm->need = need;
    vm->shared = shared;
    vm->thread = thread;
    vm->node = node;
    vm->micro.mem = vm->arrived.mem = shared->mem;
}

void node_init(Node *node, VmShared *shared, LoopHooks hooks, uint32_t number)
{
    loop_init(&node->loop, shared->world, hooks, node, number);
    vm_init(&node->vm, shared, &node->loop.thread, node, &node->loop.need);
    node->ticks.mem = node->handled.mem = shared->mem;
    timers_init(node);
    immediates_init(node);
}
