/* expr: expressions and texts. */
#include "compile.h"

#include <math.h>
#include <string.h>

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool word_char(char c)
{
    return letter(c) || (c >= '0' && c <= '9') || c == '_';
}

/* "$x": a letter, then letters, digits and _, and nothing else. */
static bool variable_text(const char *text, size_t size)
{
    if (size < 2 || text[0] != '$' || !letter(text[1]))
        return false;
    for (size_t i = 2; i < size; i++)
        if (!word_char(text[i]))
            return false;
    return true;
}

bool is_variable(const Json *value)
{
    return value->type == JSON_STRING && variable_text(value->text, value->text_size);
}

/* The size of a `${name}` at text, 0 where there is none. */
static size_t hole_size(const char *text, size_t size)
{
    if (size < 4 || text[0] != '$' || text[1] != '{')
        return 0;
    size_t n = 2;
    while (n < size && word_char(text[n]))
        n++;
    return n > 2 && n < size && text[n] == '}' ? n + 1 : 0;
}

void compile_text(Compiler *compiler, const Json *at, const char *text, size_t size)
{
    if (variable_text(text, size)) {
        load_name(compiler, at, text + 1, size - 1);
        return;
    }
    int parts = 0;
    size_t plain = 0;
    bool holes = false;
    for (size_t i = 0; i < size;) {
        size_t hole = hole_size(text + i, size - i);
        if (hole == 0) {
            i++;
            continue;
        }
        if (i > plain) {
            emit(compiler, OP_CONST, 0, constant_text(compiler, text + plain, i - plain), +1);
            parts++;
        }
        load_name(compiler, at, text + i + 2, hole - 3);
        holes = true;
        parts++;
        i += hole;
        plain = i;
    }
    if (plain < size || parts == 0) {
        emit(compiler, OP_CONST, 0, constant_text(compiler, text + plain, size - plain), +1);
        parts++;
    }
    if (holes)
        emit(compiler, OP_TEMPLATE, 0, parts, 1 - parts);
}

void compile_error_value(Compiler *compiler, const Json *value)
{
    compile_expression(compiler, value);
    if (value->type == JSON_STRING && !is_variable(value))
        emit(compiler, OP_ERROR, 0, 0, 0);
}

void compile_expression(Compiler *compiler, const Json *value)
{
    const Json *operand, *element;
    const Verb *verb;
    int n = 0;
    switch (value->type) {
    case JSON_NULL: emit(compiler, OP_UNDEFINED, 0, 0, +1); break;
    case JSON_FALSE:
    case JSON_TRUE: emit_constant(compiler, value_bool(value->type == JSON_TRUE)); break;
    case JSON_NUMBER: emit_constant(compiler, value_number(value->number)); break;
    case JSON_STRING: compile_text(compiler, value, value->text, value->text_size); break;
    case JSON_ARRAY:
        for (element = value->child; element != NULL; element = element->next, n++)
            compile_expression(compiler, element);
        emit(compiler, OP_ARRAY, 0, n, 1 - n);
        break;
    case JSON_OBJECT:
        verb = verb_check(compiler, value, AS_EXPRESSION, &operand);
        if (verb == NULL)
            emit(compiler, OP_UNDEFINED, 0, 0, +1);
        else
            verb->compile(compiler, value, operand);
        break;
    }
}

/* ---- durations ---- */

static bool is_computed(const Json *value)
{
    static const char *const verbs_of_numbers[] = {"add", "sub", "mul", "mod", "call"};
    for (size_t i = 0; i < COUNT_OF(verbs_of_numbers); i++)
        if (json_member(value, verbs_of_numbers[i]) != NULL)
            return true;
    return is_variable(value);
}

void compile_duration(Compiler *compiler, const Json *at, const Json *value)
{
    if (value == NULL) {
        wrong(compiler, at, compiler->handler ? "write \"5ms\"" : "write 5 (milliseconds) or \"250us\"",
              "a duration is missing");
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
        return;
    }
    if (is_computed(value)) {
        compile_expression(compiler, value);
        return;
    }
    if (value->type == JSON_NUMBER && !compiler->handler) {
        emit_constant(compiler, value_number(value->number));
        return;
    }
    if (!compiler->handler && value->type != JSON_STRING) {
        wrong(compiler, value,
              "write 5 (milliseconds), \"250us\", \"$x\" or an expression; random durations belong to workloads",
              "a duration is expected here");
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
        return;
    }
    const Dist *dist = value_dist(compiler->mem, value, compiler->diag);
    Time fixed;
    if (dist == NULL) {
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    } else if (dist_is_constant(dist, &fixed)) {
        emit_constant(compiler, (Value){.type = VALUE_DURATION, .as.duration = fixed});
    } else {
        SampleInfo *sample = list_add(&compiler->samples);
        *sample = (SampleInfo){.dist = dist, .site = new_site(compiler)};
        emit(compiler, OP_SAMPLE, 0, (int)compiler->samples.count - 1, +1);
    }
}

/* ---- operators ---- */

void step_binary(Compiler *compiler, const Json *step, const Json *operand)
{
    static const struct {
        const char *name;
        Opcode op;
    } ops[] = {{"add", OP_ADD}, {"sub", OP_SUB}, {"mul", OP_MUL}, {"mod", OP_MOD},
               {"eq", OP_EQ},   {"lt", OP_LT},   {"gt", OP_GT}};
    const char *name = operand->key;
    bool many = name[0] == 'a' || name[0] == 's' || name[0] == 'm'; /* add, sub, mul, mod chain from the left */
    (void)step;
    if (operand->type != JSON_ARRAY || operand->count < 2 || (operand->count > 2 && !many)) {
        wrong(compiler, operand, diag_text(compiler->diag, "write {\"%s\": [1, \"$x\"]}", name),
              "'%s' takes an array of two values", name);
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
        return;
    }
    Opcode op = OP_ADD;
    for (size_t i = 0; i < COUNT_OF(ops); i++)
        if (strcmp(ops[i].name, name) == 0)
            op = ops[i].op;
    compile_expression(compiler, operand->child);
    for (const Json *next = operand->child->next; next != NULL; next = next->next) {
        compile_expression(compiler, next);
        emit(compiler, op, 0, 0, -1);
    }
}

void step_not(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    compile_expression(compiler, operand);
    emit(compiler, OP_NOT, 0, 0, 0);
}

void step_error(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    compile_expression(compiler, operand);
    emit(compiler, OP_ERROR, 0, 0, 0);
}

/* ---- promises ---- */

void step_async(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    compile_async_body(compiler, operand, false);
}

void step_resolved(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    compile_expression(compiler, operand);
    emit(compiler, OP_RESOLVED, 0, 0, 0);
}

void step_rejected(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    compile_error_value(compiler, operand);
    emit(compiler, OP_REJECTED, 0, 0, 0);
}

/* NULL: it has none, or a wrong one. */
static const char *executor_id(Compiler *compiler, const Json *step)
{
    const Json *id = json_member(step, "id");
    if (id == NULL)
        return NULL;
    if (id->type == JSON_STRING)
        return name_valid(compiler, id, id->text) ? id->text : NULL;
    wrong(compiler, id, "write \"id\": \"p\"", "'id' takes a name");
    return NULL;
}

/* The names under which the body of a promise or a thenable settles it: resolve and reject, with `id`: resolve_id and
 * reject_id. */
static const Func *compile_executor(Compiler *compiler, const Json *step, const Json *body, const char *what)
{
    Build build;
    Scope scope;
    const char *id = executor_id(compiler, step);
    Func *func = func_begin(compiler, &build, what, false);
    scope_open(compiler, &scope);
    const char *names[2] = {"resolve", "reject"};
    for (int i = 0; i < 2; i++) {
        Buf name;
        buf_init(&name, compiler->mem, 1 << 20);
        buf_text(&name, names[i]);
        if (id != NULL) {
            buf_char(&name, '_');
            buf_text(&name, id);
        }
        scope_add(compiler, buf_string(&name), NAME_ARG, true);
    }
    func->args = 2;
    scope_hoist(compiler, body);
    compile_body(compiler, body);
    func->variables = (uint16_t)scope.names.count;
    func_end(compiler, &build);
    scope_close(compiler);
    func->site = new_site(compiler);
    func->step = new_step(compiler, STEP_CALLBACK, what, body);
    return func;
}

void step_promise(Compiler *compiler, const Json *step, const Json *operand)
{
    emit(compiler, OP_PROMISE, 0, (int)compile_executor(compiler, step, operand, "promise")->index, +1);
}

void step_thenable(Compiler *compiler, const Json *step, const Json *operand)
{
    emit(compiler, OP_THENABLE, 0, (int)compile_executor(compiler, step, operand, "thenable")->index, +1);
}

static void chain_step(Compiler *compiler, const Json *link)
{
    const Json *then = json_member(link, "then"), *other = json_member(link, "else"),
               *caught = json_member(link, "catch"), *always = json_member(link, "finally");
    for (const Json *each = link->type == JSON_OBJECT ? link->child : NULL; each != NULL; each = each->next)
        if (each != then && each != other && each != caught && each != always)
            wrong(compiler, each,
                  "a link is {\"then\": …}, {\"then\": …, \"else\": …}, {\"catch\": …} or {\"finally\": …}",
                  "'%s' does not belong to a link of a chain", each->key);
    if (then != NULL) {
        compile_function(compiler, then, "v", "then");
        if (other != NULL)
            compile_function(compiler, other, "e", "else");
        else
            emit(compiler, OP_UNDEFINED, 0, 0, +1);
        emit(compiler, OP_THEN, 0, 0, -2);
    } else if (caught != NULL) {
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
        compile_function(compiler, caught, "e", "catch");
        emit(compiler, OP_THEN, 0, 0, -2);
    } else if (always != NULL) {
        compile_function(compiler, always, NULL, "finally");
        emit(compiler, OP_FINALLY_THEN, 0, 0, -1);
    } else
        wrong(compiler, link, "a link is {\"then\": …}, {\"then\": …, \"else\": …}, {\"catch\": …} or {\"finally\": …}",
              "a link of a chain is expected here");
}

void step_chain(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    if (operand->type != JSON_ARRAY || operand->count == 0) {
        wrong(compiler, operand, "write {\"chain\": [PROMISE, {\"then\": …}, {\"catch\": …}]}",
              "'chain' takes an array that begins with a promise");
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
        return;
    }
    compile_expression(compiler, operand->child);
    for (const Json *link = operand->child->next; link != NULL; link = link->next)
        chain_step(compiler, link);
}

/* On a thread the elements run one after the other, and race and any stop at the one that decides: each OP_DECIDED may
 * leave for a combination of those so far. */
void step_combine(Compiler *compiler, const Json *step, const Json *operand)
{
    static const char *const kinds[] = {"all", "race", "any", "allSettled"};
    int kind = 0, n = 0;
    (void)step;
    while (strcmp(kinds[kind], operand->key) != 0)
        kind++;
    if (operand->type != JSON_ARRAY) {
        wrong(compiler, operand, "write {\"all\": [PROMISE, [ … ], …]}: an array inside is a body",
              "'%s' takes an array", operand->key);
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
        return;
    }
    int *decided = mem_get(compiler->mem, mem_array(compiler->mem, operand->count + 1, sizeof *decided));
    for (const Json *element = operand->child; element != NULL; element = element->next, n++) {
        if (element->type == JSON_ARRAY)
            compile_async_body(compiler, element, true);
        else
            compile_expression(compiler, element);
        if (kind == COMBINE_RACE || kind == COMBINE_ANY)
            decided[n] = emit(compiler, OP_DECIDED, kind, 0, 0);
    }
    emit(compiler, OP_COMBINE, kind, n, 1 - n);
    if (kind != COMBINE_RACE && kind != COMBINE_ANY)
        return;
    int *over = mem_get(compiler->mem, mem_array(compiler->mem, (size_t)n + 1, sizeof *over));
    over[n] = emit(compiler, OP_JUMP, 0, 0, 0);
    for (int i = 0; i < n; i++) {
        patch(compiler, decided[i], here(compiler));
        compiler->build->depth += i; /* i + 1 elements stand where one result will */
        emit(compiler, OP_COMBINE, kind, i + 1, -i);
        over[i] = emit(compiler, OP_JUMP, 0, 0, 0);
    }
    for (int i = 0; i <= n; i++)
        patch(compiler, over[i], here(compiler));
    mem_free(compiler->mem, decided);
    mem_free(compiler->mem, over);
}

static bool plain_io(const Json *value, const Json **operand, const Verb **verb)
{
    if (value->type != JSON_OBJECT || json_member(value, "cb") != NULL || json_member(value, "as") != NULL)
        return false;
    *verb = verb_of(value, operand);
    return *verb != NULL &&
           ((*verb)->flags & IS_IO || (strcmp((*verb)->name, "sleep") == 0 && json_member(value, "value") == NULL));
}

void step_await(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *inner;
    const Verb *verb;
    if (!compiler->build->can_await)
        wrong(compiler, step, "await stands in async functions, in handlers and in the main of an ES module",
              "no await here");
    if (plain_io(operand, &inner, &verb)) {
        if (verb_check(compiler, operand, AS_EXPRESSION, &inner) == NULL)
            emit(compiler, OP_UNDEFINED, 0, 0, +1);
        else
            compile_io(compiler, operand, verb, inner, OP_AWAIT_IO);
        return;
    }
    compile_expression(compiler, operand);
    emit(compiler, OP_AWAIT, 0, 0, 0);
}
