#include "locks.h"

#include "../observe/probe.h"

void lock_init(Lock *lock, Kernel *kernel, Probe *probe)
{
    *lock = (Lock){.kernel = kernel, .probe = probe};
}

static void on_granted(Event *event)
{
    LockWaiter *waiter = CONTAINER_OF(event, LockWaiter, event);
    waiter->granted(waiter);
}

bool lock_take(Lock *lock, LockWaiter *waiter)
{
    waiter->next = NULL;
    event_bind(&waiter->event, on_granted, RANK_WORLD);
    if (!lock->holder) {
        lock->holder = waiter;
        return true;
    }
    if (lock->last)
        lock->last->next = waiter;
    else
        lock->first = waiter;
    lock->last = waiter;
    lock->waiting++;
    note_part(lock->probe, waiter->strand, PART_LOCK_WAIT);
    return false;
}

LockWaiter *lock_release(Lock *lock, LockWaiter *holder)
{
    must(lock->holder == holder, "a lock was released by somebody else");
    LockWaiter *next = lock->first;
    lock->holder = next;
    if (!next)
        return NULL;
    lock->first = next->next;
    if (!lock->first)
        lock->last = NULL;
    lock->waiting--;
    kernel_at(lock->kernel, &next->event, lock->kernel->now);
    return next;
}
