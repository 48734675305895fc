/* compile: the compiler's own state, shared by its files (compile.c, scope.c, step.c, expr.c, io.c). Not for others.
 *
 * It goes once through the Json of each body, in the order of the text, and emits the instructions of code.h.
 * Everything wrong is said in diag and compiling goes on, so that all errors of a file come at once; the code of a
 * wrong body is never run. */
#ifndef MODEL_PROGRAM_COMPILE_H
#define MODEL_PROGRAM_COMPILE_H

#include "code.h"

/* A growing array of things of one size. */
typedef struct List {
    Mem *mem;
    size_t each, count, room;
    void *items;
} List;

void list_init(List *list, Mem *mem, size_t each);
void *list_add(List *list); /* zeroed; valid until the next list_add */

typedef enum NameKind { NAME_ARG, NAME_LET, NAME_AS, NAME_CONST } NameKind;

typedef struct Name {
    const char *text;
    NameKind kind;
    bool declared; /* the text has passed its declaration: `as` then assigns to it where it is a `let` */
} Name;

/* The names of one BODY. All of them are known when its first statement is compiled, as JavaScript hoists them. */
typedef struct Scope {
    struct Scope *outer;
    List names; /* of Name */
    bool has_environment;
} Scope;

/* A function under construction. */
typedef struct Build {
    struct Build *outer;
    Func *func;
    List code, tries, names;
    int depth, most; /* operands now and at most */
    int open_tries, most_tries;
    bool can_await;
    bool module; /* the main of an ES module: nothing to return from */
    int handler; /* whose steps these are; -1: a function's or a program's */
    const char *owner;
    uint64_t owner_hash;
    uint32_t *sites; /* counter of the owner */
} Build;

typedef struct Compiler {
    Mem *mem;
    const Spec *spec;
    Diag *diag;
    bool handler; /* handlers and their functions; else a program */
    Scope *scope;
    Build *build;
    List constants, funcs, io, choices, samples, calls, steps, locks;
    const Func **functions;
} Compiler;

/* ---- verbs: THE table of steps ---- */
enum {
    IN_PROGRAM = 1,
    IN_HANDLER = 2,
    ANYWHERE = 3,
    AS_EXPRESSION = 4, /* may stand inside an expression */
    GIVES = 8,         /* leaves a value (that `as` may name) */
    IS_IO = 16,
    DECLARES = 32 /* its operand declares a name of the body */
};
typedef void VerbFn(Compiler *compiler, const Json *step, const Json *operand);
typedef struct Verb {
    const char *name;
    unsigned flags;
    const char *modifiers; /* space-separated */
    VerbFn *compile;
    const char *about;
} Verb;
extern const Verb verbs[]; /* ends with a NULL name */

const Verb *verb_of(const Json *step, const Json **operand); /* the first key that is a verb; NULL: none */
/* Says what is wrong; NULL then. */
const Verb *verb_check(Compiler *compiler, const Json *step, unsigned where, const Json **operand);

/* step.c: a member that is a body, or a text: says what is wrong; NULL then. */
const Json *member_body(Compiler *compiler, const Json *step, const char *key);
const char *member_name(Compiler *compiler, const Json *step, const char *key);

/* ---- emitting: `change` is that of the operand stack; the instruction's index is returned ---- */
int emit(Compiler *compiler, Opcode op, int a, int b, int change);
int here(const Compiler *compiler);
void patch(Compiler *compiler, int at, int to);
int constant(Compiler *compiler, Value value);
int constant_text(Compiler *compiler, const char *bytes, size_t size);
void emit_constant(Compiler *compiler, Value value);
uint64_t new_site(Compiler *compiler);
int32_t new_step(Compiler *compiler, StepKind kind, const char *name, const Json *at);
StepInfo *step_info(Compiler *compiler, int32_t step);
int emit_try(Compiler *compiler); /* opens a protected part; returns its index */
TryInfo *try_info(Compiler *compiler, int index);
/* wrong(compiler, the Json at which it is wrong, help, format, …) */
#define wrong(compiler, at, help, ...) diag_error((compiler)->diag, (at)->place, (help), __VA_ARGS__)

/* ---- scopes ---- */
void scope_open(Compiler *compiler, Scope *scope);
void scope_close(Compiler *compiler);
void scope_add(Compiler *compiler, const char *name, NameKind kind, bool declared);
void scope_hoist(Compiler *compiler, const Json *body); /* adds the names that the statements of a body declare */
bool name_valid(Compiler *compiler, const Json *at, const char *name);
void load_name(Compiler *compiler, const Json *at, const char *name, size_t size); /* → value */
void store_name(Compiler *compiler, const Json *at, const char *name);             /* `set`: value → */
void declare_name(Compiler *compiler, const char *name);                           /* let and such: value → */
void bind_name(Compiler *compiler, const Json *at, const char *name);              /* `as`: value → */

/* ---- parts ---- */
void compile_body(Compiler *compiler, const Json *body); /* its statements, in the scope that is open */
/* A scope of its own; with a name: value → (it is bound first). */
void compile_block(Compiler *compiler, const Json *body, const char *name, NameKind kind);
void compile_expression(Compiler *compiler, const Json *value);  /* → value */
void compile_error_value(Compiler *compiler, const Json *value); /* a text is an Error; → value */
void compile_text(Compiler *compiler, const Json *at, const char *text, size_t size); /* → value */
void compile_duration(Compiler *compiler, const Json *at, const Json *value);         /* → duration or number of ms */
/* FUNC: → function. */
void compile_function(Compiler *compiler, const Json *value, const char *implicit, const char *what);
const Func *compile_func(Compiler *compiler, const Json *body, const Json *args, const char *implicit, bool is_async,
                         const char *what);
void compile_async_body(Compiler *compiler, const Json *body, bool element); /* {"async": BODY} → promise */
/* Operands and the instruction. */
void compile_io(Compiler *compiler, const Json *step, const Verb *verb, const Json *operand, Opcode op);
int named_function(const Compiler *compiler, const char *name); /* -1: none */
bool is_variable(const Json *value);                            /* "$x" */
Func *func_begin(Compiler *compiler, Build *build, const char *name, bool is_async);
void func_end(Compiler *compiler, Build *build);

/* The compile functions of the table; what each step means stands in the table's `about` and at the function. */
VerbFn step_cpu, step_let, step_set, step_inc, step_if, step_repeat, step_while, step_each, step_return, step_throw,
    step_try, step_timeout, step_interval, step_immediate, step_tick, step_microtask, step_handle, step_settle,
    step_deferred, step_sync, step_emitter, step_on, step_emit, step_open, step_close, step_exit, step_serve,
    step_listen, step_respond, step_choose, step_lock, step_log, step_await, step_call, step_async, step_resolved,
    step_rejected, step_promise, step_chain, step_combine, step_thenable, step_sleep, step_io, step_error, step_binary,
    step_not;

#endif
