/* step: single instructions of a program's code. Their meaning stands in model/program/code.h. */
#ifndef MODEL_NODE_STEP_H
#define MODEL_NODE_STEP_H

#include "wait.h"

/* Where it takes time, see wait.h; else WAIT_OVER. */
WaitEnd vm_step(Vm *vm, Frame *frame, const Ins *ins);

/* operators.c: operands from the frame, the result to it; or an error is thrown. */
void arithmetic(Vm *vm, Frame *frame, Opcode op);
void push_joined(Vm *vm, Frame *frame, const Value *parts, int n); /* as one text */
void push_error(Vm *vm, Frame *frame);                             /* of a text or any other value */
void log_value(Vm *vm, Frame *frame, Value value);

#endif
