/* step: statements that Node has: timers, immediates, ticks, handles, emitters, servers. */
#include "compile.h"

#include <string.h>


static void timer(Compiler *compiler, const Json *step, const Json *operand, bool interval)
{
    const Json *times = json_member(step, "times");
    int32_t number = new_step(compiler, STEP_SLEEP, operand->key, step);
    compile_function(compiler, operand, NULL, operand->key);
    compile_duration(compiler, step, json_member(step, "ms"));
    if (times != NULL)
        compile_expression(compiler, times);
    else
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    emit(compiler, OP_TIMEOUT, interval, number, -2);
}

void step_timeout(Compiler *compiler, const Json *step, const Json *operand)
{
    timer(compiler, step, operand, false);
}

void step_interval(Compiler *compiler, const Json *step, const Json *operand)
{
    timer(compiler, step, operand, true);
}

void step_immediate(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    compile_function(compiler, operand, NULL, "setImmediate");
    emit(compiler, OP_IMMEDIATE, 0, 0, 0);
}

void step_tick(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    compile_function(compiler, operand, NULL, "nextTick");
    emit(compiler, OP_TICK, 0, 0, -1);
}

void step_microtask(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    compile_function(compiler, operand, NULL, "queueMicrotask");
    emit(compiler, OP_MICROTASK, 0, 0, -1);
}

void step_handle(Compiler *compiler, const Json *step, const Json *operand)
{
    static const struct {
        const char *name;
        Opcode op;
    } ops[] = {{"clear", OP_CLEAR}, {"ref", OP_REF}, {"unref", OP_UNREF}, {"refresh", OP_REFRESH}};
    (void)step;
    if (operand->type != JSON_STRING) {
        wrong(compiler, operand, diag_text(compiler->diag, "write {\"%s\": \"t\"}", operand->key),
              "'%s' takes the name of a variable", operand->key);
        return;
    }
    const char *name = operand->text + (operand->text[0] == '$');
    load_name(compiler, operand, name, strlen(name));
    for (size_t i = 0; i < COUNT_OF(ops); i++)
        if (strcmp(ops[i].name, operand->key) == 0)
            emit(compiler, ops[i].op, 0, 0, -1);
}

static void load_joined(Compiler *compiler, const Json *at, const char *prefix, const Json *of)
{
    const char *name =
        of != NULL && of->type == JSON_STRING ? diag_text(compiler->diag, "%s_%s", prefix, of->text) : prefix;
    load_name(compiler, at, name, strlen(name));
}

void step_settle(Compiler *compiler, const Json *step, const Json *operand)
{
    bool rejects = strcmp(operand->key, "reject") == 0;
    const Json *of = json_member(step, "of");
    if (of != NULL && of->type != JSON_STRING)
        wrong(compiler, of, "\"of\": \"p\"", "'of' names a promise: the `id` of one, or a deferred");
    load_joined(compiler, of != NULL ? of : step, operand->key, of);
    if (rejects)
        compile_error_value(compiler, operand);
    else
        compile_expression(compiler, operand);
    emit(compiler, OP_SETTLE, rejects, 0, -2);
}

void step_deferred(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    if (operand->type != JSON_STRING) {
        wrong(compiler, operand, "write {\"deferred\": \"d\"}", "'deferred' takes a name");
        return;
    }
    emit(compiler, OP_DEFERRED, 0, 0, +3);
    declare_name(compiler, diag_text(compiler->diag, "reject_%s", operand->text));
    declare_name(compiler, diag_text(compiler->diag, "resolve_%s", operand->text));
    declare_name(compiler, operand->text);
}

void step_emitter(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    if (operand->type != JSON_STRING) {
        wrong(compiler, operand, "write {\"emitter\": \"ee\"}", "'emitter' takes a name");
        return;
    }
    emit(compiler, OP_EMITTER, 0, 0, +1);
    declare_name(compiler, operand->text);
}

/* Loads the emitter that a step names; returns the constant of the event, or -1. */
static int load_emitter(Compiler *compiler, const Json *step, const Json *operand)
{
    const char *event = member_name(compiler, step, "event");
    if (operand->type == JSON_STRING && strcmp(operand->text, "process") == 0) {
        emit(compiler, OP_PROCESS, 0, 0, +1);
        if (compiler->handler)
            wrong(compiler, operand, "it belongs to programs (files with \"main\")",
                  "no events of 'process' in a handler");
    } else if (operand->type == JSON_STRING)
        load_name(compiler, operand, operand->text, operand->text_size);
    else {
        wrong(compiler, operand, "write {\"on\": \"ee\", \"event\": \"x\", \"do\": [ … ]}",
              "'%s' takes the name of an emitter", operand->key);
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    }
    return event == NULL ? 0 : constant_text(compiler, event, strlen(event));
}

void step_on(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *event = json_member(step, "event"), *listener = json_member(step, "do");
    int how = operand->key[1] == 'f' ? ON_OFF : operand->key[2] == 'c' ? ON_ONCE : ON_ALWAYS;
    int name = load_emitter(compiler, step, operand);
    bool error = event != NULL && event->type == JSON_STRING &&
                 (strstr(event->text, "uncaughtException") != NULL ||
                  strstr(event->text, "unhandledRejection") != NULL || strcmp(event->text, "error") == 0);
    if (listener != NULL)
        compile_function(compiler, listener, error ? "e" : "v",
                         event != NULL && event->type == JSON_STRING ? event->text : "listener");
    else {
        if (how != ON_OFF)
            member_body(compiler, step, "do");
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    }
    emit(compiler, OP_ON, how, name, -2);
}

void step_emit(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *args = json_member(step, "args"), *event = json_member(step, "event");
    int n = 0, name = load_emitter(compiler, step, operand);
    bool error = event != NULL && event->type == JSON_STRING && strcmp(event->text, "error") == 0;
    if (args != NULL && args->type != JSON_ARRAY)
        wrong(compiler, args, "\"args\": [1, \"$x\"]", "'args' is an array of values");
    else
        for (const Json *arg = args != NULL ? args->child : NULL; arg != NULL; arg = arg->next, n++) {
            if (error)
                compile_error_value(compiler, arg);
            else
                compile_expression(compiler, arg);
        }
    emit(compiler, OP_EMIT, n, name, -1 - n);
}

void step_open(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    if (operand->type != JSON_STRING) {
        wrong(compiler, operand, "write {\"open\": \"h\"}", "'open' takes a name");
        return;
    }
    emit(compiler, OP_OPEN, 0, 0, +1);
    bind_name(compiler, operand, operand->text);
}

void step_close(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *cb = json_member(step, "cb");
    if (operand->type != JSON_STRING) {
        wrong(compiler, operand, "write {\"close\": \"h\"}", "'close' takes the name of a variable");
        return;
    }
    load_name(compiler, operand, operand->text, operand->text_size);
    if (cb != NULL)
        compile_function(compiler, cb, NULL, "close");
    else
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    emit(compiler, OP_CLOSE, 0, 0, -2);
}

void step_exit(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    compile_expression(compiler, operand);
    emit(compiler, OP_EXIT, 0, 0, -1);
}

static int times(Compiler *compiler, const Json *operand)
{
    int n = 0;
    if (operand->type != JSON_ARRAY) {
        wrong(compiler, operand, "write {\"serve\": [10, 20], \"handler\": [ … ]}", "'%s' takes an array of times",
              operand->key);
        return 0;
    }
    for (const Json *time = operand->child; time != NULL; time = time->next, n++)
        compile_duration(compiler, operand, time);
    return n;
}

void step_serve(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *handler = json_member(step, "handler");
    int n = times(compiler, operand);
    if (handler != NULL)
        compile_function(compiler, handler, "v", "request");
    else {
        wrong(compiler, step, "write \"handler\": [ … ]", "'handler' is missing");
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    }
    emit(compiler, OP_SERVE, 0, n, -1 - n);
}

void step_listen(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *connection = json_member(step, "onConnection"), *request = json_member(step, "onRequest");
    int n = times(compiler, operand);
    if (connection != NULL)
        compile_function(compiler, connection, "v", "connection");
    else
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    if (request != NULL)
        compile_function(compiler, request, "v", "request");
    else {
        wrong(compiler, step, "write \"onRequest\": [ … ]", "'onRequest' is missing");
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    }
    emit(compiler, OP_LISTEN, 0, n, -2 - n);
}
