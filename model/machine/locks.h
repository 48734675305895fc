/* locks: mutexes of the simulated server, held over whatever their holder does. Who waits gets them in the order in
 * which it came. */
#ifndef MODEL_MACHINE_LOCKS_H
#define MODEL_MACHINE_LOCKS_H

#include "../../sim/kernel.h"
#include "../observe/account.h"

struct Probe;
typedef struct LockWaiter LockWaiter;

struct LockWaiter {                      /* its owner's memory, until it has released the lock */
    Strand *strand;                      /* on whose account it waits; may be NULL */
    void (*granted)(LockWaiter *waiter); /* at RANK_WORLD, at the instant of the release */
    /* private: */
    Event event;
    LockWaiter *next;
};

typedef struct Lock {
    Kernel *kernel;
    struct Probe *probe;
    LockWaiter *holder;       /* NULL: free */
    LockWaiter *first, *last; /* who waits */
    uint64_t waiting;
    struct Station *station; /* what waits for the lock; NULL where nobody asks */
} Lock;

void lock_init(Lock *lock, Kernel *kernel, struct Probe *probe);
bool lock_take(Lock *lock, LockWaiter *waiter); /* true: it has it. False: it waits (PART_LOCK_WAIT) until `granted` */
LockWaiter *lock_release(Lock *lock, LockWaiter *holder); /* the new holder, whose `granted` follows; NULL: nobody */

#endif
