/* wait: the instructions that take simulated time. */
#ifndef MODEL_NODE_WAIT_H
#define MODEL_NODE_WAIT_H

#include "vm.h"

typedef enum WaitEnd {
    WAIT_OVER,  /* the next instruction, of whatever frame is on top now */
    WAIT_NEEDS, /* *vm->need; then this instruction again */
    WAIT_EXIT   /* the process ends */
} WaitEnd;

WaitEnd wait_cpu(Vm *vm, Frame *frame, const Ins *ins);  /* OP_CPU, OP_CPU_CONST, OP_CPU_SAMPLE */
WaitEnd wait_step(Vm *vm, Frame *frame, const Ins *ins); /* all others */
void locks_init(VmShared *shared);

#endif
