#include "locks.h"

#include "../observe/probe.h"

void lock_init(Lock *lock, Kernel *kernel, Probe *probe)
{
    *lock = (Lock){.kernel = kernel, .probe = probe, .station = note_station(probe, CAUSE_WAKE_UP)};
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
        note_hold(lock->station, cause_of(waiter->strand, CAUSE_UNKNOWN));
        return true;
    }
    if (lock->last)
        lock->last->next = waiter;
    else
        lock->first = waiter;
    lock->last = waiter;
    lock->waiting++;
    note_wait(lock->probe, waiter->strand, PART_LOCK_WAIT, lock->station);
    return false;
}

LockWaiter *lock_release(Lock *lock, LockWaiter *holder)
{
    must(lock->holder == holder, "a lock was released by somebody else");
    LockWaiter *next = lock->first;
    lock->holder = next;
    note_free(lock->station, cause_of(holder->strand, CAUSE_UNKNOWN));
    if (!next)
        return NULL;
    note_hold(lock->station, cause_of(next->strand, CAUSE_UNKNOWN));
    lock->first = next->next;
    if (!lock->first)
        lock->last = NULL;
    lock->waiting--;
    kernel_at(lock->kernel, &next->event, lock->kernel->now);
    return next;
}
