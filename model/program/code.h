/* code: what the compiler makes of a body and what the walker (model/node/vm.c) walks: a small stack machine.
 *
 * Every body is compiled once into a Func: an array of instructions over an operand stack whose greatest depth is
 * known. An activation is a program counter, an operand stack and an environment, so that any of them can stop at an
 * `await` or in the middle of a `cpu` and go on later without a native coroutine. Variables live in environments, one a
 * BODY that declares any, linked outwards; a variable is addressed by (environments outwards, index).
 *
 * Cost of an instruction: none. Only what a step asks for takes (simulated) time. */
#ifndef MODEL_PROGRAM_CODE_H
#define MODEL_PROGRAM_CODE_H

#include "program.h"
#include "value.h"

/* name, what a and b are, what happens to the operand stack */
typedef enum Opcode {
    OP_CONST,     /* b: constant → value */
    OP_UNDEFINED, /* → undefined */
    OP_LOAD,      /* a: outwards, b: index → value; throws where not yet initialised */
    OP_STORE,     /* a, b: value →; spare 1: initialises */
    OP_CONSTANT,  /* value →; throws: the variable cannot be assigned to */
    OP_NUMBER_N,  /* → $n, the request's number */
    OP_NUMBER_C,  /* → $c, the connection's */
    OP_SAMPLE,    /* b: SampleInfo → duration */
    OP_TEMPLATE,  /* b: how many parts → text */
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_MOD,
    OP_EQ,
    OP_LT,
    OP_GT,
    OP_NOT,
    OP_POP,
    OP_DUP,
    OP_LE,
    OP_JUMP,         /* b: where */
    OP_UNLESS,       /* b: where; value → */
    OP_SCOPE,        /* b: how many variables; a new environment */
    OP_UNSCOPE,      /* leaves it */
    OP_LOOP,         /* → path, count: a loop begins. The path is part of the key of every draw: see vm.h */
    OP_NEXT,         /* b: site. The next turn: path, count → path, count + 1 */
    OP_LEAVE,        /* path, count → */
    OP_EACH,         /* b: where to at the end. array, path, count → array, path, count, element */
    OP_ARRAY,        /* b: how many → array */
    OP_CLOSURE,      /* b: Func → function */
    OP_FUNCTION,     /* b: named function → function */
    OP_CALL,         /* a: arguments, b: CallInfo: arguments → result */
    OP_ASYNC,        /* b: Func (async): called at once → promise */
    OP_AWAIT,        /* value → its settled value */
    OP_RETURN,       /* value → (leaves the function) */
    OP_END,          /* → (the same with undefined) */
    OP_THROW,        /* value → */
    OP_ERROR,        /* text → error */
    OP_TRY,          /* b: index of a TryInfo */
    OP_END_TRY,      /* the protected part ended normally */
    OP_FINALLY,      /* enters a finally part normally */
    OP_END_FINALLY,  /* goes on as the finally part was entered: normally, with a return, with a throw */
    OP_RESOLVED,     /* value → Promise.resolve(value) */
    OP_REJECTED,     /* error → Promise.reject(error) */
    OP_PROMISE,      /* b: Func (the executor) → promise */
    OP_THENABLE,     /* b: Func → thenable */
    OP_DEFERRED,     /* → promise, resolve, reject */
    OP_THEN,         /* promise, then, else → promise (undefined: no handler) */
    OP_FINALLY_THEN, /* promise, function → promise */
    OP_COMBINE,      /* a: CombineKind, b: elements → promise */
    /* a: CombineKind, b: where to, with the elements so far filled up. On threads race and any stop at the one that decides. */
    OP_DECIDED,
    OP_SETTLE, /* a: 1 where it rejects: resolver, value → */
    OP_IO,     /* b: IoInfo, a: 1 where a callback is on the stack: duration or size, callback → request or promise */
    OP_AWAIT_IO,   /* b: IoInfo: duration → value. `await` of a fresh I/O promise, without the promise */
    OP_SLEEP,      /* b: IoInfo: duration, value → promise */
    OP_SYNC,       /* b: IoInfo: duration → */
    OP_LOG,        /* value → */
    OP_CPU,        /* b: step: duration → */
    OP_CPU_CONST,  /* a: constant, b: step: the same for a duration that stands in the program */
    OP_CPU_SAMPLE, /* a: SampleInfo, b: step: or is drawn */
    OP_TIMEOUT,    /* a: 1 for intervals, b: step: function, duration, times (undefined: for ever) → timer */
    OP_IMMEDIATE,  /* function → immediate */
    OP_TICK,       /* function → */
    OP_MICROTASK,  /* function → */
    OP_CLEAR,
    OP_REF,
    OP_UNREF,
    OP_REFRESH, /* handle → */
    OP_EMITTER, /* → emitter */
    OP_ON,      /* a: ON_…; b: constant (event): emitter, function → */
    OP_EMIT,    /* a: arguments, b: constant (event): emitter, arguments → */
    OP_PROCESS, /* → the emitter `process` */
    OP_OPEN,    /* → handle */
    OP_CLOSE,   /* handle, function or undefined → */
    OP_EXIT,    /* value → */
    OP_SERVE,   /* b: how many times: times, function → */
    OP_LISTEN,  /* b: how many times: times, on connection, on request → */
    OP_RESPOND, /* value → */
    OP_CHOOSE,  /* b: ChoiceInfo; jumps */
    OP_LOCK,    /* b: lock */
    OP_UNLOCK   /* b: lock */
} Opcode;

enum { ON_ALWAYS, ON_ONCE, ON_OFF };
typedef enum CombineKind { COMBINE_ALL, COMBINE_RACE, COMBINE_ANY, COMBINE_ALL_SETTLED } CombineKind;

typedef struct Ins {
    uint8_t op;
    uint8_t spare;
    uint16_t a;
    int32_t b;
} Ins;

/* A protected part: where control goes when something is thrown in it, and on leaving it. */
typedef struct TryInfo {
    int32_t catch_at, finally_at; /* -1: none */
    int32_t depth;                /* operands to keep */
} TryInfo;

typedef enum IoKind { IO_NET, IO_CONN, IO_POOL, IO_TRIPS, IO_FSP, IO_RESOURCE, IO_SLEEP } IoKind;
typedef enum PoolKind { POOL_CPU, POOL_FS, POOL_DNS } PoolKind;

/* One I/O verb at one place. Trips: consecutive requests to the pool, each with a callback of its own. */
typedef struct IoInfo {
    IoKind kind;
    PoolKind pool;
    const Time *trips; /* IO_TRIPS, IO_FSP */
    int trip_count;
    bool missing;      /* fails with ENOENT */
    const char *conn;  /* IO_CONN: the name of the connection */
    int resource;      /* IO_RESOURCE */
    int64_t per_ms;    /* IO_POOL of pbkdf2, zlib: units a millisecond of the operand; 0: the operand is a duration */
    Time at_least;     /* IO_POOL of dns */
    const char *value; /* what the promise is fulfilled with */
    Text text;         /* the same */
    int32_t step;
    uint64_t site;
} IoInfo;

typedef struct SampleInfo {
    const Dist *dist;
    uint64_t site;
} SampleInfo;

typedef struct CallInfo {
    int function;
    uint64_t site;
} CallInfo;

typedef struct ChoiceInfo {
    int count;
    const double *up_to; /* cumulative weights */
    const int32_t *at;   /* where each branch begins, relative to the Func */
    uint64_t site;
} ChoiceInfo;

/* Which variable an instruction means, for messages. */
typedef struct NamedIns {
    int32_t at;
    const char *name;
} NamedIns;

typedef struct Func {
    const char *name; /* for traces: the function's name, or the verb that it is given to */
    const Ins *code;
    uint32_t size;
    uint16_t stack; /* operands at most */
    uint16_t tries; /* nested protected parts at most */
    uint16_t args;
    uint16_t variables; /* of its own environment, arguments first; 0: it has none */
    bool is_async;
    bool element;   /* an element of all, race, any or allSettled: side by side on threads with parallel_io */
    uint32_t index; /* among all Funcs */
    int32_t step;   /* STEP_CALLBACK, for traces; -1: none */
    const TryInfo *try_;
    const NamedIns *names;
    uint32_t name_count;
    uint64_t site;
} Func;

struct Program {
    const Spec *spec;
    const Value *constants;
    const Func *const *funcs; /* all of them, by index */
    int func_count;
    const Func *const *handlers;
    const Func *const *functions;
    const Func *main; /* programs: `vars` and main; its environment is the global one, that of all functions */
    const IoInfo *io;
    const ChoiceInfo *choices;
    const SampleInfo *samples;
    const CallInfo *calls;
    const StepInfo *steps;
    int32_t step_count;
    int lock_count;
};

#endif
