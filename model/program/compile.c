/* compile: bodies, functions and the whole program. See compile.h and code.h. */
#include "compile.h"

#include "../../sim/digest.h"
#include "../../sim/rng.h"
#include <string.h>

void list_init(List *list, Mem *mem, size_t each)
{
    *list = (List){.mem = mem, .each = each};
}

void *list_add(List *list)
{
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : HOSTILE(8, 1);
        list->items = mem_grow(list->mem, list->items, mem_array(list->mem, list->room, list->each));
    }
    char *item = (char *)list->items + list->each * list->count++;
    memset(item, 0, list->each);
    return item;
}

/* ---- emitting ---- */

int emit(Compiler *compiler, Opcode op, int a, int b, int change)
{
    Build *build = compiler->build;
    Ins *ins = list_add(&build->code);
    *ins = (Ins){.op = (uint8_t)op, .a = (uint16_t)a, .b = b};
    build->depth += change;
    if (build->depth > build->most)
        build->most = build->depth;
    return (int)build->code.count - 1;
}

int here(const Compiler *compiler)
{
    return (int)compiler->build->code.count;
}

void patch(Compiler *compiler, int at, int to)
{
    ((Ins *)compiler->build->code.items)[at].b = to;
}

int constant(Compiler *compiler, Value value)
{
    Value *slot = list_add(&compiler->constants);
    *slot = value;
    return (int)compiler->constants.count - 1;
}

int constant_text(Compiler *compiler, const char *bytes, size_t size)
{
    Text *text = mem_get(compiler->mem, sizeof *text);
    text->size = (uint32_t)size;
    text->bytes = mem_copy(compiler->mem, bytes, size);
    return constant(compiler, (Value){.type = VALUE_STRING, .as.text = text});
}

void emit_constant(Compiler *compiler, Value value)
{
    emit(compiler, OP_CONST, 0, constant(compiler, value), +1);
}

/* A place where something is drawn: its number among those of its handler or function, so that what another handler
 * holds changes no draw. */
uint64_t new_site(Compiler *compiler)
{
    return mix2(compiler->build->owner_hash, ++*compiler->build->sites);
}

int32_t new_step(Compiler *compiler, StepKind kind, const char *name, const Json *at)
{
    StepInfo *info = list_add(&compiler->steps);
    *info = (StepInfo){.kind = kind,
                       .name = name,
                       .owner = compiler->build->owner,
                       .handler = compiler->build->handler,
                       .resource = -1,
                       .place = at->place};
    return (int32_t)compiler->steps.count - 1;
}

StepInfo *step_info(Compiler *compiler, int32_t step)
{
    return &((StepInfo *)compiler->steps.items)[step];
}

int emit_try(Compiler *compiler)
{
    Build *build = compiler->build;
    TryInfo *info = list_add(&build->tries);
    *info = (TryInfo){.catch_at = -1, .finally_at = -1, .depth = build->depth};
    if (++build->open_tries > build->most_tries)
        build->most_tries = build->open_tries;
    int index = (int)build->tries.count - 1;
    emit(compiler, OP_TRY, 0, index, 0);
    return index;
}

TryInfo *try_info(Compiler *compiler, int index)
{
    return &((TryInfo *)compiler->build->tries.items)[index];
}

/* ---- bodies ---- */

static void compile_step(Compiler *compiler, const Json *step)
{
    if (step->type == JSON_STRING) {
        compile_text(compiler, step, step->text, step->text_size);
        emit(compiler, OP_LOG, 0, new_step(compiler, STEP_TEXT, "text", step), -1);
        return;
    }
    const Json *operand;
    const Verb *verb = verb_check(compiler, step, 0, &operand);
    if (verb == NULL)
        return;
    int before = compiler->build->depth;
    verb->compile(compiler, step, operand);
    if (!(verb->flags & GIVES)) {
        must(compiler->build->depth == before, "a statement leaves no operand");
        return;
    }
    must(compiler->build->depth == before + 1, "an expression leaves one operand");
    const Json *as = json_member(step, "as");
    if (as == NULL || strcmp(verb->name, "repeat") == 0)
        emit(compiler, OP_POP, 0, 0, -1);
    else if (as->type != JSON_STRING) {
        wrong(compiler, as, "\"as\": \"name\"", "'as' takes the name of a variable");
        emit(compiler, OP_POP, 0, 0, -1);
    } else
        bind_name(compiler, as, as->text);
}

void compile_body(Compiler *compiler, const Json *body)
{
    if (body->type != JSON_ARRAY) {
        wrong(compiler, body, "a body is an array of steps: [ … ]", "a body is expected here");
        return;
    }
    for (const Json *step = body->child; step != NULL; step = step->next)
        compile_step(compiler, step);
}

void compile_block(Compiler *compiler, const Json *body, const char *name, NameKind kind)
{
    Scope scope;
    scope_open(compiler, &scope);
    if (name != NULL)
        scope_add(compiler, name, kind, true);
    scope_hoist(compiler, body);
    int enter = -1;
    if (scope.has_environment)
        enter = emit(compiler, OP_SCOPE, 0, (int)scope.names.count, 0);
    if (name != NULL) {
        int at = emit(compiler, OP_STORE, 0, 0, -1);
        ((Ins *)compiler->build->code.items)[at].spare = 1;
    }
    compile_body(compiler, body);
    if (enter >= 0)
        emit(compiler, OP_UNSCOPE, 0, 0, 0);
    scope_close(compiler);
}

/* ---- functions ---- */

Func *func_begin(Compiler *compiler, Build *build, const char *name, bool is_async)
{
    Build *outer = compiler->build;
    Func *func = mem_get(compiler->mem, sizeof *func);
    *(Func **)list_add(&compiler->funcs) = func;
    func->index = (uint32_t)compiler->funcs.count - 1;
    func->name = name;
    func->is_async = is_async;
    func->step = -1;
    *build = (Build){.outer = outer, .func = func, .can_await = is_async};
    if (outer != NULL) {
        build->handler = outer->handler;
        build->owner = outer->owner;
        build->owner_hash = outer->owner_hash;
        build->sites = outer->sites;
    }
    list_init(&build->code, compiler->mem, sizeof(Ins));
    list_init(&build->tries, compiler->mem, sizeof(TryInfo));
    list_init(&build->names, compiler->mem, sizeof(NamedIns));
    compiler->build = build;
    return func;
}

void func_end(Compiler *compiler, Build *build)
{
    emit(compiler, OP_END, 0, 0, 0);
    Func *func = build->func;
    func->code = build->code.items;
    func->size = (uint32_t)build->code.count;
    func->try_ = build->tries.items;
    func->names = build->names.items;
    func->name_count = (uint32_t)build->names.count;
    /* A finally part holds two more operands (how it was entered), an error one. */
    func->stack = (uint16_t)(build->most + 2 * build->most_tries + 2);
    func->tries = (uint16_t)build->most_tries;
    if (build->most > 60000 || build->code.count > INT32_MAX / 2)
        diag_error(compiler->diag, (JsonPlace){.file = compiler->spec->file, .line = 1, .column = 1},
                   "split it into functions", "'%s' is too large", func->name);
    compiler->build = build->outer;
}

static void declare_arguments(Compiler *compiler, Func *func, const Json *args)
{
    if (args == NULL)
        return;
    if (args->type != JSON_ARRAY) {
        wrong(compiler, args, "\"args\": [\"a\", \"b\"]", "'args' is an array of names");
        return;
    }
    for (const Json *arg = args->child; arg != NULL; arg = arg->next) {
        if (arg->type != JSON_STRING) {
            wrong(compiler, arg, "\"args\": [\"a\", \"b\"]", "an argument is a name");
        } else if (name_valid(compiler, arg, arg->text)) {
            scope_add(compiler, arg->text, NAME_ARG, true);
            func->args++;
        }
    }
}

const Func *compile_func(Compiler *compiler, const Json *body, const Json *args, const char *implicit, bool is_async,
                         const char *what)
{
    Build build;
    Scope scope;
    Func *func = func_begin(compiler, &build, what, is_async);
    scope_open(compiler, &scope);
    if (args == NULL && implicit != NULL) {
        scope_add(compiler, implicit, NAME_ARG, true);
        func->args = 1;
    }
    declare_arguments(compiler, func, args);
    scope_hoist(compiler, body);
    compile_body(compiler, body);
    func->variables = (uint16_t)scope.names.count;
    func_end(compiler, &build);
    scope_close(compiler);
    func->site = compiler->build != NULL ? new_site(compiler) : build.owner_hash;
    return func;
}

/* Takes `{"async": BODY, "args": …}`, `{"args": …, "do": BODY}` or a BODY apart. False: it is none of them. */
static bool function_parts(Compiler *compiler, const Json *value, const Json **body, const Json **args, bool *is_async)
{
    *args = NULL;
    *is_async = false;
    *body = value;
    if (value->type == JSON_OBJECT) {
        const Json *async_body = json_member(value, "async"), *plain = json_member(value, "do");
        *is_async = async_body != NULL;
        *body = *is_async ? async_body : plain;
        *args = json_member(value, "args");
        for (const Json *each = value->child; each != NULL; each = each->next)
            if (each != *body && each != *args)
                wrong(compiler, each, "a function is {\"args\": [\"a\"], \"do\": [ … ]} or {\"async\": [ … ]}",
                      "'%s' does not belong to a function", each->key);
    }
    return *body != NULL && (*body)->type == JSON_ARRAY;
}

int named_function(const Compiler *compiler, const char *name)
{
    for (int i = 0; i < compiler->spec->function_count; i++)
        if (strcmp(compiler->spec->functions[i].name, name) == 0)
            return i;
    return -1;
}

static int known_function(Compiler *compiler, const Json *at)
{
    int index = named_function(compiler, at->text);
    if (index >= 0)
        return index;
    const char *words[128];
    size_t n = 0;
    for (int i = 0; i < compiler->spec->function_count && n < COUNT_OF(words); i++)
        words[n++] = compiler->spec->functions[i].name;
    const char *near = diag_nearest(at->text, words, n);
    Buf help;
    buf_init(&help, compiler->mem, 4096);
    if (near != NULL)
        buf_f(&help, "did you mean '%s'?", near);
    else
        buf_text(&help, "functions are defined under \"functions\" at the top level");
    wrong(compiler, at, buf_string(&help), "the function '%s' is defined nowhere", at->text);
    return -1;
}

/* Emits a call of a named function; its arguments come from `args` (may be NULL). */
static void emit_call(Compiler *compiler, const Json *name, const Json *args)
{
    int n = 0, index = known_function(compiler, name);
    if (args != NULL && args->type != JSON_ARRAY)
        wrong(compiler, args, "\"args\": [1, \"$x\"]", "'args' is an array of values");
    else if (args != NULL)
        for (const Json *arg = args->child; arg != NULL; arg = arg->next, n++)
            compile_expression(compiler, arg);
    CallInfo *info = list_add(&compiler->calls);
    *info = (CallInfo){.function = index, .site = new_site(compiler)};
    emit(compiler, OP_CALL, n, (int)compiler->calls.count - 1, 1 - n);
}

void step_call(Compiler *compiler, const Json *step, const Json *operand)
{
    if (operand->type != JSON_STRING) {
        wrong(compiler, operand, "\"call\": \"f\"", "'call' takes the name of a function");
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
        return;
    }
    emit_call(compiler, operand, json_member(step, "args"));
}

/* {"bind": "f", "args": [..]} is () => f(..): the arguments are evaluated when it is called. */
static const Func *compile_bound(Compiler *compiler, const Json *name, const Json *args, const char *what)
{
    Build build;
    Scope scope;
    Func *func = func_begin(compiler, &build, what, false);
    scope_open(compiler, &scope);
    emit_call(compiler, name, args);
    emit(compiler, OP_RETURN, 0, 0, -1);
    func_end(compiler, &build);
    scope_close(compiler);
    func->site = new_site(compiler);
    return func;
}

void compile_function(Compiler *compiler, const Json *value, const char *implicit, const char *what)
{
    const Json *body, *args, *bound;
    bool is_async;
    int32_t step = new_step(compiler, STEP_CALLBACK, what, value);
    if (value->type == JSON_STRING) {
        int index = known_function(compiler, value);
        emit(compiler, OP_FUNCTION, step, index < 0 ? 0 : index, +1);
    } else if ((bound = json_member(value, "bind")) != NULL && bound->type == JSON_STRING) {
        Func *func = (Func *)compile_bound(compiler, bound, json_member(value, "args"), what);
        func->step = step;
        emit(compiler, OP_CLOSURE, 0, (int)func->index, +1);
    } else if (function_parts(compiler, value, &body, &args, &is_async)) {
        Func *func = (Func *)compile_func(compiler, body, args, implicit, is_async, what);
        func->step = step;
        emit(compiler, OP_CLOSURE, 0, (int)func->index, +1);
    } else {
        wrong(
            compiler, value,
            "[ … ], \"f\", {\"async\": [ … ]}, {\"args\": [\"a\"], \"do\": [ … ]} or {\"bind\": \"f\", \"args\": [1]}",
            "a function is expected here");
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    }
}

void compile_async_body(Compiler *compiler, const Json *body, bool element)
{
    Func *func = (Func *)compile_func(compiler, body, NULL, NULL, true, "async");
    func->element = element;
    func->step = new_step(compiler, STEP_CALLBACK, "async", body);
    emit(compiler, OP_ASYNC, 0, (int)func->index, +1);
}

/* ---- the whole ---- */

static void owner_begin(Build *build, const char *name, int handler, uint32_t *sites)
{
    build->owner = name;
    build->handler = handler;
    build->owner_hash = digest_bytes(handler >= 0 ? 1 : 2, name, strlen(name));
    build->sites = sites;
}

static Func *compile_owner(Compiler *compiler, const SpecBody *spec, int handler)
{
    Build build;
    Scope scope;
    uint32_t sites = 0;
    const Json *body, *args = NULL;
    bool is_async = true;
    if (handler >= 0)
        body = spec->body;
    else if (!function_parts(compiler, spec->body, &body, &args, &is_async)) {
        wrong(compiler, spec->body, "[ … ], {\"async\": [ … ]} or {\"args\": [\"a\"], \"do\": [ … ]}",
              "a function is expected here");
        return NULL;
    }
    Func *func = func_begin(compiler, &build, spec->name, is_async);
    owner_begin(&build, spec->name, handler, &sites);
    scope_open(compiler, &scope);
    declare_arguments(compiler, func, args);
    scope_hoist(compiler, body);
    compile_body(compiler, body);
    func->variables = (uint16_t)scope.names.count;
    func->site = build.owner_hash;
    func->step = new_step(compiler, STEP_CALLBACK, spec->name, spec->body);
    scope_close(compiler);
    func_end(compiler, &build);
    return func;
}

/* The global scope of a program: `vars`, and what main's own body declares. Functions see it; they stand before main in
 * the text. */
static Func *compile_main(Compiler *compiler, const Func **functions)
{
    const Spec *spec = compiler->spec;
    Build build;
    Scope scope;
    uint32_t sites = 0;
    Func *func = func_begin(compiler, &build, "main", spec->esm);
    owner_begin(&build, "main", -1, &sites);
    build.module = spec->esm;
    scope_open(compiler, &scope);
    for (const Json *var = spec->vars != NULL ? spec->vars->child : NULL; var != NULL; var = var->next)
        if (name_valid(compiler, var, var->key))
            scope_add(compiler, var->key, NAME_LET, false);
    scope_hoist(compiler, spec->main);
    for (const Json *var = spec->vars != NULL ? spec->vars->child : NULL; var != NULL; var = var->next) {
        compile_expression(compiler, var);
        declare_name(compiler, var->key);
    }
    Build *own = compiler->build;
    compiler->build = NULL;
    for (int i = 0; i < spec->function_count; i++)
        functions[i] = compile_owner(compiler, &spec->functions[i], -1);
    compiler->build = own;
    compile_body(compiler, spec->main);
    func->variables = (uint16_t)scope.names.count;
    func->site = build.owner_hash;
    func->step = new_step(compiler, STEP_CALLBACK, "main", spec->main);
    scope_close(compiler);
    func_end(compiler, &build);
    return func;
}

Program *program_compile(Mem *mem, const Spec *spec, Diag *diag)
{
    Compiler compiler = {.mem = mem, .spec = spec, .diag = diag, .handler = spec->kind == SPEC_WORKLOAD};
    size_t errors = diag->errors;
    list_init(&compiler.constants, mem, sizeof(Value));
    list_init(&compiler.funcs, mem, sizeof(Func *));
    list_init(&compiler.io, mem, sizeof(IoInfo));
    list_init(&compiler.choices, mem, sizeof(ChoiceInfo));
    list_init(&compiler.samples, mem, sizeof(SampleInfo));
    list_init(&compiler.calls, mem, sizeof(CallInfo));
    list_init(&compiler.steps, mem, sizeof(StepInfo));
    list_init(&compiler.locks, mem, sizeof(const char *));
    Program *program = mem_get(mem, sizeof *program);
    const Func **functions = mem_get(mem, mem_array(mem, (size_t)spec->function_count + 1, sizeof *functions));
    const Func **handlers = mem_get(mem, mem_array(mem, (size_t)spec->handler_count + 1, sizeof *handlers));
    if (spec->kind == SPEC_PROGRAM) {
        program->main = compile_main(&compiler, functions);
    } else {
        for (int i = 0; i < spec->handler_count; i++)
            handlers[i] = compile_owner(&compiler, &spec->handlers[i], i);
        for (int i = 0; i < spec->function_count; i++)
            functions[i] = compile_owner(&compiler, &spec->functions[i], -1);
    }
    program->spec = spec;
    program->functions = functions;
    program->handlers = handlers;
    program->constants = compiler.constants.items;
    program->funcs = compiler.funcs.items;
    program->func_count = (int)compiler.funcs.count;
    program->io = compiler.io.items;
    program->choices = compiler.choices.items;
    program->samples = compiler.samples.items;
    program->calls = compiler.calls.items;
    program->steps = compiler.steps.items;
    program->step_count = (int32_t)compiler.steps.count;
    program->lock_count = (int)compiler.locks.count;
    return diag->errors == errors ? program : NULL;
}

int32_t program_steps(const Program *program)
{
    return program->step_count;
}

const StepInfo *program_step(const Program *program, int32_t step)
{
    return &program->steps[step];
}
