/* The step `lock`: on a loop a queue of frames, on threads a lock of the machine (model/machine/locks.h). */
#include "wait.h"

#include "../machine/locks.h"
#include "../observe/probe.h"
#include "node.h"

/* Handlers alone have them: what they hold is of a request, and no collection meets it. */
typedef struct Waiting {
    struct Waiting *next;
    Frame *frame;
    Vm *vm;
    LockWaiter waiter;
    bool granted;
} Waiting;

/* On a loop a lock is a queue of frames: one process, one thread; its holder lets the next one go on in a microtask. */
struct NodeLock {
    bool held;
    int cause; /* on whose behalf */
    Station *station;
    Waiting *first, **last;
};

void locks_init(VmShared *shared)
{
    int n = shared->program->lock_count;
    shared->locks = mem_get(shared->mem, mem_array(shared->mem, (size_t)n + 1, sizeof *shared->locks));
    for (int i = 0; i < n; i++)
        lock_init(&shared->locks[i], shared->kernel, shared->probe);
}

static struct NodeLock *node_lock(Vm *vm, int index)
{
    Node *node = vm->node;
    if (node->locks == NULL) {
        int n = vm->shared->program->lock_count;
        node->locks = mem_get(vm->shared->mem, mem_array(vm->shared->mem, (size_t)n, sizeof *node->locks));
        for (int i = 0; i < n; i++) {
            node->locks[i].last = &node->locks[i].first;
            node->locks[i].station = note_station(vm->shared->probe, CAUSE_LOOP);
        }
    }
    return &node->locks[index];
}

static void hold(struct NodeLock *lock, const Frame *frame)
{
    lock->held = true;
    lock->cause = cause_of(frame->strand, CAUSE_UNKNOWN);
    note_hold(lock->station, lock->cause);
}

static WaitEnd lock_on_loop(Vm *vm, Frame *frame, const Ins *ins)
{
    struct NodeLock *lock = node_lock(vm, ins->a);
    note_step(vm->shared->probe, frame->strand, ins->b);
    if (!lock->held) {
        hold(lock, frame);
        return WAIT_OVER;
    }
    Waiting *waiting = heap_get(frame->job, HEAP_PLAIN, sizeof *waiting);
    waiting->frame = frame;
    *lock->last = waiting;
    lock->last = &waiting->next;
    job_hold(frame->job);
    frame_own_strand(vm, frame);
    note_wait(vm->shared->probe, frame->strand, PART_LOCK_WAIT, lock->station);
    frame_suspend(vm);
    return WAIT_OVER;
}

static void unlock_on_loop(Vm *vm, int index)
{
    struct NodeLock *lock = node_lock(vm, index);
    Waiting *next = lock->first;
    note_free(lock->station, lock->cause);
    lock->held = false;
    if (next == NULL)
        return;
    lock->first = next->next;
    if (lock->first == NULL)
        lock->last = &lock->first;
    hold(lock, next->frame);
    note_behind(vm->shared->probe, next->frame->strand, vm->thread);
    ring_push(&vm->micro, (Micro){.kind = MICRO_GRANTED,
                                  .job = next->frame->job,
                                  .on.frame = next->frame,
                                  .strand = next->frame->strand});
}

static void granted(LockWaiter *waiter)
{
    Waiting *waiting = CONTAINER_OF(waiter, Waiting, waiter);
    Vm *vm = waiting->vm;
    waiting->granted = true;
    if (!waiting->frame->suspended) {
        note_goes_on(vm->shared->probe, waiter->strand, vm->thread, !vm->parallel_io);
        machine_wake(vm->shared->world->machine, vm->thread);
        return;
    }
    note_behind(vm->shared->probe, waiter->strand, vm->thread);
    ring_push(&vm->arrived, (Micro){.kind = MICRO_GRANTED,
                                    .job = waiting->frame->job,
                                    .on.frame = waiting->frame,
                                    .strand = waiter->strand});
    if (vm->asleep)
        machine_wake(vm->shared->world->machine, vm->thread);
}

static WaitEnd lock_on_thread(Vm *vm, Frame *frame, const Ins *ins)
{
    Lock *lock = &vm->shared->locks[ins->a];
    if (frame->phase == 0) {
        Waiting *waiting = heap_get(frame->job, HEAP_PLAIN, sizeof *waiting);
        note_step(vm->shared->probe, frame->strand, ins->b);
        if (frame->parallel)
            frame_own_strand(vm, frame);
        waiting->frame = frame;
        waiting->vm = vm;
        waiting->waiter = (LockWaiter){.strand = frame->strand, .granted = granted};
        waiting->next = frame->held;
        frame->held = waiting;
        if (lock_take(lock, &waiting->waiter))
            return WAIT_OVER;
        if (frame->parallel) {
            job_hold(frame->job);
            frame_suspend(vm);
            return WAIT_OVER;
        }
    }
    if (!((Waiting *)frame->held)->granted)
        return wait_needs(vm, frame, 1, (Need){.kind = NEED_WAIT, .blocked = true});
    frame->phase = 0;
    return WAIT_OVER;
}

WaitEnd wait_unlock(Vm *vm, Frame *frame, const Ins *ins)
{
    if (vm->node != NULL) {
        unlock_on_loop(vm, ins->b);
        return WAIT_OVER;
    }
    if (frame->phase == 0) {
        Waiting *waiting = frame->held;
        frame->held = waiting->next;
        bool woke = lock_release(&vm->shared->locks[ins->b], &waiting->waiter) != NULL;
        if (woke && vm->shared->costs->wake > 0)
            return wait_needs(vm, frame, 1, need_overhead(vm->shared->costs->wake));
    }
    frame->phase = 0;
    return WAIT_OVER;
}

WaitEnd wait_lock(Vm *vm, Frame *frame, const Ins *ins)
{
    return vm->node != NULL ? lock_on_loop(vm, frame, ins) : lock_on_thread(vm, frame, ins);
}
