/* Numbers and texts: what operators, templates and `log` make of values. */
#include "step.h"

#include "../observe/probe.h"
#include <string.h>

/* The parts as one text in shared->line; false: it is too long, and an error was thrown. */
static bool join(Vm *vm, Frame *frame, const Value *parts, int n)
{
    Buf *line = &vm->shared->line;
    buf_clear(line);
    for (int i = 0; i < n && line->size <= VALUE_TEXT_MOST; i++)
        value_print(line, parts[i]);
    if (line->size > VALUE_TEXT_MOST)
        frame_throw(vm, value_error_of(frame->job, ERROR_RANGE, "Invalid string length"));
    return line->size <= VALUE_TEXT_MOST;
}

static const Text *line_text(Vm *vm, Frame *frame)
{
    Buf *line = &vm->shared->line;
    return heap_text(frame->job, buf_string(line), line->size);
}

void push_joined(Vm *vm, Frame *frame, const Value *parts, int n)
{
    if (join(vm, frame, parts, n))
        push(frame, (Value){.type = VALUE_STRING, .as.text = line_text(vm, frame)});
}

/* What an operator takes for an object: its text. False: it is too long, and an error was thrown. */
static bool primitive(Vm *vm, Frame *frame, Value *value)
{
    Buf *line = &vm->shared->line;
    if (value->type <= VALUE_STRING)
        return true;
    buf_clear(line);
    value_text_of(line, *value);
    if (line->size > VALUE_TEXT_MOST) {
        frame_throw(vm, value_error_of(frame->job, ERROR_RANGE, "Invalid string length"));
        return false;
    }
    *value = (Value){.type = VALUE_STRING, .as.text = line_text(vm, frame)};
    return true;
}

void arithmetic(Vm *vm, Frame *frame, Opcode op)
{
    Value b = pop(frame), a = pop(frame);
    if (op == OP_EQ) {
        push(frame, value_bool(value_equal(a, b)));
        return;
    }
    if (!primitive(vm, frame, &a) || !primitive(vm, frame, &b))
        return;
    bool texts = a.type == VALUE_STRING && b.type == VALUE_STRING;
    if (op == OP_ADD && (a.type == VALUE_STRING || b.type == VALUE_STRING)) {
        push_joined(vm, frame, (Value[]){a, b}, 2);
        return;
    }
    if (texts && (op == OP_LT || op == OP_GT)) {
        size_t n = a.as.text->size < b.as.text->size ? a.as.text->size : b.as.text->size;
        int order = memcmp(a.as.text->bytes, b.as.text->bytes, n);
        if (order == 0)
            order = (a.as.text->size > b.as.text->size) - (a.as.text->size < b.as.text->size);
        push(frame, value_bool(op == OP_LT ? order < 0 : order > 0));
        return;
    }
    double x = value_to_number(a), y = value_to_number(b);
    switch (op) {
    case OP_ADD: push(frame, value_number(x + y)); break;
    case OP_SUB: push(frame, value_number(x - y)); break;
    case OP_MUL: push(frame, value_number(x * y)); break;
    case OP_MOD: push(frame, value_number(number_mod(x, y))); break;
    case OP_LT: push(frame, value_bool(x < y)); break;
    case OP_LE: push(frame, value_bool(x <= y)); break;
    default: push(frame, value_bool(x > y)); break;
    }
}

void log_value(Vm *vm, Frame *frame, Value value)
{
    VmShared *shared = vm->shared;
    if (!join(vm, frame, &value, 1))
        return;
    note_line(shared->probe, frame->strand, buf_string(&shared->line), shared->line.size);
    if (shared->print != NULL)
        shared->print(shared->context, buf_string(&shared->line), shared->line.size);
}

void push_error(Vm *vm, Frame *frame)
{
    Value value = pop(frame);
    if (value.type == VALUE_STRING)
        push(frame, (Value){.type = VALUE_ERROR, .as.text = value.as.text});
    else if (join(vm, frame, &value, 1))
        push(frame, (Value){.type = VALUE_ERROR, .as.text = line_text(vm, frame)});
}
