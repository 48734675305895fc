/* verbs: THE table of steps: what each is called, where it may stand, what may stand beside it. The compiler, the
 * messages for a wrong step, the JSON Schema and the reference in docs/ are made from it. */
#include "compile.h"

#include <string.h>

#define IO (ANYWHERE | AS_EXPRESSION | GIVES | IS_IO)
#define VALUE (ANYWHERE | AS_EXPRESSION | GIVES)

const Verb verbs[] = {
    {"log", ANYWHERE, "", step_log, "prints a value"},
    {"cpu", ANYWHERE, "", step_cpu, "burns CPU on the executing thread"},
    {"let", ANYWHERE, "", step_let, "declares variables"},
    {"set", ANYWHERE, "", step_set, "assigns to variables"},
    {"inc", ANYWHERE, "by", step_inc, "adds 1, or `by`, to a variable"},
    {"if", ANYWHERE, "then else", step_if, "one body or the other"},
    {"while", ANYWHERE, "do", step_while, "as long as the value is true"},
    {"repeat", ANYWHERE, "as do", step_repeat, "N times; `as` counts from 1"},
    {"each", ANYWHERE, "as do", step_each, "for each value of an array"},
    {"choose", IN_HANDLER, "", step_choose, "one branch, by weight"},
    {"lock", IN_HANDLER, "do", step_lock, "a mutex held over the body, its awaits included"},
    {"return", ANYWHERE, "", step_return, "leaves the function"},
    {"throw", ANYWHERE, "", step_throw, "throws an error"},
    {"try", ANYWHERE, "catch finally as", step_try, "catches what the body throws"},
    {"await", VALUE, "as", step_await, "waits for a promise"},
    {"call", VALUE, "args as", step_call, "calls a function"},
    {"async", VALUE, "as", step_async, "calls an anonymous async function at once; gives its promise"},
    {"resolved", VALUE, "as", step_resolved, "Promise.resolve"},
    {"rejected", VALUE, "as", step_rejected, "Promise.reject"},
    {"promise", VALUE, "id as", step_promise, "new Promise; `resolve` and `reject` inside settle it"},
    {"chain", VALUE, "as", step_chain, "a promise with then, catch and finally"},
    {"all", VALUE, "as", step_combine, "fulfilled when all are"},
    {"race", VALUE, "as", step_combine, "settled as the first that settles"},
    {"any", VALUE, "as", step_combine, "fulfilled with the first that is"},
    {"allSettled", VALUE, "as", step_combine, "fulfilled when all are settled"},
    {"thenable", VALUE, "id as", step_thenable, "an object with a method then"},
    {"sleep", VALUE, "value as", step_sleep, "a promise that a timer fulfils"},
    {"net", IO, "conn cb as", step_io, "waits for a socket: kernel I/O, no worker"},
    {"io", IN_HANDLER | AS_EXPRESSION | GIVES | IS_IO, "cb as", step_io, "calls a resource of the workload"},
    {"pool", IO, "kind cb as", step_io, "a task for the pool of workers"},
    {"dns", IO, "cb as", step_io, "dns.lookup: a slow task for the pool"},
    {"fs", IO, "size cb as", step_io, "a file request: stat, open, readFile, missing"},
    {"fsp", IO, "size as", step_io, "the same with fs.promises: stat, readFile, missing"},
    {"pbkdf2", IO, "cb as", step_io, "crypto.pbkdf2 of so many iterations"},
    {"zlib", IO, "cb as", step_io, "zlib.deflate of so many bytes"},
    {"sync", ANYWHERE, "", step_sync, "the synchronous variant of an I/O step: blocks the executing thread"},
    {"setTimeout", ANYWHERE | GIVES, "ms as", step_timeout, "calls a function after `ms`"},
    {"setInterval", ANYWHERE | GIVES, "ms times as", step_interval, "calls a function every `ms`"},
    {"setImmediate", ANYWHERE | GIVES, "as", step_immediate, "calls a function in the check phase"},
    {"nextTick", ANYWHERE, "", step_tick, "calls a function when the present one is over, before any promise"},
    {"queueMicrotask", ANYWHERE, "", step_microtask, "calls a function with the promises' callbacks"},
    {"clear", ANYWHERE, "", step_handle, "cancels a timer, an immediate or a socket's wait"},
    {"ref", ANYWHERE, "", step_handle, "keeps the program alive"},
    {"unref", ANYWHERE, "", step_handle, "does not keep the program alive"},
    {"refresh", ANYWHERE, "", step_handle, "starts a timer anew"},
    {"resolve", ANYWHERE, "of", step_settle, "fulfils a promise"},
    {"reject", ANYWHERE, "of", step_settle, "rejects a promise"},
    {"deferred", ANYWHERE | DECLARES, "", step_deferred, "a promise that is settled from outside"},
    {"emitter", ANYWHERE | DECLARES, "", step_emitter, "an EventEmitter"},
    {"on", ANYWHERE, "event do", step_on, "adds a listener"},
    {"once", ANYWHERE, "event do", step_on, "adds a listener for one event"},
    {"off", ANYWHERE, "event do", step_on, "removes the listeners of an event"},
    {"emit", ANYWHERE, "event args", step_emit, "calls the listeners of an event"},
    {"open", ANYWHERE | DECLARES, "", step_open, "a libuv handle"},
    {"close", ANYWHERE, "cb", step_close, "closes it; `cb` runs in the closing phase"},
    {"exit", IN_PROGRAM, "", step_exit, "process.exit"},
    {"serve", IN_PROGRAM, "handler", step_serve, "requests that arrive at these times"},
    {"listen", IN_PROGRAM, "onConnection onRequest", step_listen, "a server, and clients that connect at these times"},
    {"respond", ANYWHERE, "", step_respond, "the response leaves now"},
    {"add", VALUE, "as", step_binary, "sum, or joined texts"},
    {"sub", VALUE, "as", step_binary, "difference"},
    {"mul", VALUE, "as", step_binary, "product"},
    {"mod", VALUE, "as", step_binary, "remainder"},
    {"eq", VALUE, "as", step_binary, "==="},
    {"lt", VALUE, "as", step_binary, "<"},
    {"gt", VALUE, "as", step_binary, ">"},
    {"not", VALUE, "as", step_not, "!"},
    {"error", VALUE, "as", step_error, "new Error"},
    {NULL, 0, NULL, NULL, NULL},
};

static const Verb *find(const char *name)
{
    for (const Verb *verb = verbs; verb->name != NULL; verb++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

static bool has_word(const char *words, const char *word)
{
    size_t size = strlen(word);
    if (size == 0 || strchr(word, ' ') != NULL) /* a key may be anything: "", or two of the words */
        return false;
    for (const char *at = words; (at = strstr(at, word)) != NULL; at += size)
        if ((at == words || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    return false;
}

/* Some words are verbs and, beside another verb, modifiers: the verb is the key that no other key claims. */
const Verb *verb_of(const Json *step, const Json **operand)
{
    const Verb *found = NULL;
    for (const Json *each = step->child; each != NULL; each = each->next) {
        const Verb *verb = find(each->key);
        if (verb == NULL || (found != NULL && has_word(found->modifiers, each->key)))
            continue;
        if (found == NULL || has_word(verb->modifiers, found->name)) {
            found = verb;
            *operand = each;
        }
    }
    return found;
}

static void unknown_verb(Compiler *compiler, const Json *step)
{
    const char *words[COUNT_OF(verbs)];
    size_t n = 0;
    for (const Verb *verb = verbs; verb->name != NULL; verb++)
        words[n++] = verb->name;
    if (step->child == NULL) {
        wrong(compiler, step, "a step is a text or an object such as {\"cpu\": \"1ms\"}", "an empty step");
        return;
    }
    const char *near = diag_nearest(step->child->key, words, n);
    const char *help = near != NULL ? diag_text(compiler->diag, "did you mean \"%s\"?", near)
                                    : "`loopsim init program` and the reference list the steps";
    diag_error(compiler->diag, step->child->key_place, help, "there is no step '%s'", step->child->key);
}

const Verb *verb_check(Compiler *compiler, const Json *step, unsigned where, const Json **operand)
{
    if (step->type != JSON_OBJECT) {
        wrong(compiler, step, "a step is a text or an object such as {\"cpu\": \"1ms\"}", "a step is expected here");
        return NULL;
    }
    const Verb *verb = verb_of(step, operand);
    if (verb == NULL) {
        unknown_verb(compiler, step);
        return NULL;
    }
    unsigned here_flag = compiler->handler ? IN_HANDLER : IN_PROGRAM;
    if (!(verb->flags & here_flag)) {
        diag_error(compiler->diag, (*operand)->key_place,
                   compiler->handler ? "it belongs to programs (files with \"main\")"
                                     : "it belongs to workloads (files with \"handlers\")",
                   "no '%s' in a %s", verb->name, compiler->handler ? "handler" : "program");
        return NULL;
    }
    if (where != 0 && !(verb->flags & where)) {
        diag_error(compiler->diag, (*operand)->key_place, "it stands alone, as a statement", "'%s' gives no value",
                   verb->name);
        return NULL;
    }
    bool good = true;
    for (const Json *each = step->child; each != NULL; each = each->next) {
        if (each == *operand || has_word(verb->modifiers, each->key))
            continue;
        const char *help = find(each->key) != NULL ? "one verb a step: make it a step of its own"
                           : verb->modifiers[0] != '\0'
                               ? diag_text(compiler->diag, "beside '%s' may stand: %s", verb->name, verb->modifiers)
                               : diag_text(compiler->diag, "nothing stands beside '%s'", verb->name);
        diag_error(compiler->diag, each->key_place, help, "'%s' does not belong to '%s'", each->key, verb->name);
        good = false;
    }
    return good ? verb : NULL;
}
