/* wait: the instructions that take simulated time. */
#ifndef MODEL_NODE_WAIT_H
#define MODEL_NODE_WAIT_H

#include "vm.h"

typedef enum WaitEnd {
    WAIT_OVER,  /* the next instruction, of whatever frame is on top now */
    WAIT_NEEDS, /* *vm->need; then this instruction again */
    WAIT_EXIT   /* the process ends */
} WaitEnd;

/* It goes on in this instruction, in that phase, when it was given what it needs. */
static inline WaitEnd wait_needs(Vm *vm, Frame *frame, uint8_t phase, Need need)
{
    frame->phase = phase;
    *vm->need = need;
    return WAIT_NEEDS;
}

WaitEnd wait_cpu(Vm *vm, Frame *frame, const Ins *ins);  /* OP_CPU, OP_CPU_CONST, OP_CPU_SAMPLE */
WaitEnd wait_step(Vm *vm, Frame *frame, const Ins *ins); /* all others */

/* locking.c */
void locks_init(VmShared *shared);
WaitEnd wait_lock(Vm *vm, Frame *frame, const Ins *ins);   /* OP_LOCK */
WaitEnd wait_unlock(Vm *vm, Frame *frame, const Ins *ins); /* OP_UNLOCK */

#endif
