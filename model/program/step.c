/* step: statements that any language has, and those that only workloads have. Node's are in step_node.c. */
#include "compile.h"

#include <string.h>


const Json *member_body(Compiler *compiler, const Json *step, const char *key)
{
    const Json *body = json_member(step, key);
    if (body == NULL)
        diag_error(compiler->diag, step->place, diag_text(compiler->diag, "write \"%s\": [ … ]", key),
                   "'%s' is missing", key);
    else if (body->type != JSON_ARRAY)
        wrong(compiler, body, "a body is an array of steps: [ … ]", "a body is expected here");
    else
        return body;
    return NULL;
}

const char *member_name(Compiler *compiler, const Json *step, const char *key)
{
    const Json *name = json_member(step, key);
    if (name != NULL && name->type == JSON_STRING)
        return name->text;
    diag_error(compiler->diag, name != NULL ? name->place : step->place,
               diag_text(compiler->diag, "write \"%s\": \"name\"", key), "'%s' takes a name", key);
    return NULL;
}

/* ---- doing ---- */

void step_log(Compiler *compiler, const Json *step, const Json *operand)
{
    compile_expression(compiler, operand);
    emit(compiler, OP_LOG, 0, new_step(compiler, STEP_TEXT, "text", step), -1);
}

/* A duration that is constant or drawn, as most are, is part of the instruction: false where it is computed. */
static bool fold_duration(Compiler *compiler, int from, int step)
{
    Ins *last = (Ins *)compiler->build->code.items + from;
    if (here(compiler) != from + 1 || (last->op != OP_CONST && last->op != OP_SAMPLE) || last->b > UINT16_MAX)
        return false;
    *last = (Ins){.op = last->op == OP_CONST ? OP_CPU_CONST : OP_CPU_SAMPLE, .a = (uint16_t)last->b, .b = step};
    compiler->build->depth--;
    return true;
}

void step_cpu(Compiler *compiler, const Json *step, const Json *operand)
{
    int from = here(compiler);
    compile_duration(compiler, step, operand);
    int index = new_step(compiler, STEP_CPU, "cpu", step);
    if (!fold_duration(compiler, from, index))
        emit(compiler, OP_CPU, 0, index, -1);
}

/* ---- variables ---- */

void step_let(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    if (operand->type != JSON_OBJECT) {
        wrong(compiler, operand, "write {\"let\": {\"x\": 1}}", "'let' takes an object of names and values");
        return;
    }
    for (const Json *each = operand->child; each != NULL; each = each->next) {
        compile_expression(compiler, each);
        declare_name(compiler, each->key);
    }
}

void step_set(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    if (operand->type != JSON_OBJECT) {
        wrong(compiler, operand, "write {\"set\": {\"x\": 1}}", "'set' takes an object of names and values");
        return;
    }
    for (const Json *each = operand->child; each != NULL; each = each->next) {
        compile_expression(compiler, each);
        store_name(compiler, each, each->key);
    }
}

void step_inc(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *by = json_member(step, "by");
    if (operand->type != JSON_STRING) {
        wrong(compiler, operand, "write {\"inc\": \"x\"}", "'inc' takes the name of a variable");
        return;
    }
    load_name(compiler, operand, operand->text, operand->text_size);
    if (by != NULL)
        compile_expression(compiler, by);
    else
        emit_constant(compiler, value_number(-1));
    emit(compiler, by != NULL ? OP_ADD : OP_SUB, 0, 0, -1); /* x++ makes a number of any x, x += 1 may join texts */
    store_name(compiler, operand, operand->text);
}

/* ---- control flow ---- */

void step_if(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *then = json_member(step, "then"), *other = json_member(step, "else");
    compile_expression(compiler, operand);
    int unless = emit(compiler, OP_UNLESS, 0, 0, -1);
    if (then != NULL)
        compile_block(compiler, then, NULL, NAME_ARG);
    if (other == NULL) {
        patch(compiler, unless, here(compiler));
        return;
    }
    int over = emit(compiler, OP_JUMP, 0, 0, 0);
    patch(compiler, unless, here(compiler));
    compile_block(compiler, other, NULL, NAME_ARG);
    patch(compiler, over, here(compiler));
}

static int new_loop_site(Compiler *compiler)
{
    return (int)(uint32_t)(new_site(compiler) >> 33);
}

void step_while(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *body = member_body(compiler, step, "do");
    emit(compiler, OP_LOOP, 0, 0, +2);
    int top = emit(compiler, OP_NEXT, 0, new_loop_site(compiler), 0);
    compile_expression(compiler, operand);
    int unless = emit(compiler, OP_UNLESS, 0, 0, -1);
    if (body != NULL)
        compile_block(compiler, body, NULL, NAME_ARG);
    emit(compiler, OP_JUMP, 0, top, 0);
    patch(compiler, unless, here(compiler));
    emit(compiler, OP_LEAVE, 0, 0, -2);
}

/* for (let i = 1; i <= N; i++): N is evaluated before each turn, and the body may change i. */
void step_repeat(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *body = member_body(compiler, step, "do"), *as = json_member(step, "as");
    const char *name = as != NULL ? member_name(compiler, step, "as") : NULL;
    emit(compiler, OP_LOOP, 0, 0, +2);
    int top = emit(compiler, OP_NEXT, 0, new_loop_site(compiler), 0);
    emit(compiler, OP_DUP, 0, 0, +1);
    compile_expression(compiler, operand);
    emit(compiler, OP_LE, 0, 0, -1);
    int unless = emit(compiler, OP_UNLESS, 0, 0, -1);
    if (body != NULL && name != NULL && name_valid(compiler, as, name)) {
        Scope scope;
        scope_open(compiler, &scope);
        scope_add(compiler, name, NAME_ARG, true);
        scope_hoist(compiler, body);
        emit(compiler, OP_SCOPE, 0, (int)scope.names.count, 0);
        int store = emit(compiler, OP_STORE, 0, 0, -1);
        ((Ins *)compiler->build->code.items)[store].spare = 1;
        compile_body(compiler, body);
        emit(compiler, OP_LOAD, 0, 0, +1);
        emit(compiler, OP_UNSCOPE, 0, 0, 0);
        scope_close(compiler);
    } else if (body != NULL)
        compile_block(compiler, body, NULL, NAME_ARG);
    emit(compiler, OP_JUMP, 0, top, 0);
    patch(compiler, unless, here(compiler));
    emit(compiler, OP_LEAVE, 0, 0, -2);
}

void step_each(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *body = member_body(compiler, step, "do");
    const char *name = member_name(compiler, step, "as");
    compile_expression(compiler, operand);
    emit(compiler, OP_LOOP, 0, 0, +2);
    int top = emit(compiler, OP_NEXT, 0, new_loop_site(compiler), 0);
    int each = emit(compiler, OP_EACH, 0, 0, +1);
    if (body != NULL && name != NULL && name_valid(compiler, step, name))
        compile_block(compiler, body, name, NAME_CONST);
    else
        emit(compiler, OP_POP, 0, 0, -1);
    emit(compiler, OP_JUMP, 0, top, 0);
    patch(compiler, each, here(compiler));
    emit(compiler, OP_LEAVE, 0, 0, -2);
    emit(compiler, OP_POP, 0, 0, -1);
}

void step_return(Compiler *compiler, const Json *step, const Json *operand)
{
    if (compiler->build->module)
        wrong(compiler, step, "the main of an ES module is no function; move it into one", "no return here");
    compile_expression(compiler, operand);
    emit(compiler, OP_RETURN, 0, 0, -1);
}

void step_throw(Compiler *compiler, const Json *step, const Json *operand)
{
    (void)step;
    compile_error_value(compiler, operand);
    emit(compiler, OP_THROW, 0, 0, -1);
}

/* The finally part: entered normally through OP_FINALLY, or by the walker at `finally_at` with (value, how) on the
 * operand stack. */
static void finally_part(Compiler *compiler, const Json *body, int first, int second)
{
    emit(compiler, OP_FINALLY, 0, 0, +2);
    try_info(compiler, first)->finally_at = here(compiler);
    if (second >= 0)
        try_info(compiler, second)->finally_at = here(compiler);
    if (body != NULL)
        compile_block(compiler, body, NULL, NAME_ARG);
}

static void close_try(Compiler *compiler)
{
    emit(compiler, OP_END_TRY, 0, 0, 0);
    compiler->build->open_tries--;
}

void step_try(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *caught = json_member(step, "catch"), *always = json_member(step, "finally"),
               *as = json_member(step, "as");
    if (caught == NULL && always == NULL)
        wrong(compiler, step, "write {\"try\": [ … ], \"catch\": [ … ]}", "'try' needs a catch or a finally");
    int first = emit_try(compiler), second = -1;
    compile_block(compiler, operand, NULL, NAME_ARG);
    close_try(compiler);
    if (caught != NULL) {
        int over = emit(compiler, OP_JUMP, 0, 0, 0);
        try_info(compiler, first)->catch_at = here(compiler);
        compiler->build->depth++; /* the walker puts the error there */
        if (compiler->build->depth > compiler->build->most)
            compiler->build->most = compiler->build->depth;
        if (always != NULL) {
            second = emit_try(compiler);
            try_info(compiler, second)->depth--;
        }
        const char *name = as != NULL ? member_name(compiler, step, "as") : "e";
        compile_block(compiler, caught, name != NULL && name_valid(compiler, step, name) ? name : "e", NAME_ARG);
        if (always != NULL)
            close_try(compiler);
        patch(compiler, over, here(compiler));
    }
    if (always != NULL) {
        finally_part(compiler, always, first, second);
        emit(compiler, OP_END_FINALLY, 0, 0, -2);
    }
}

/* ---- workloads only ---- */

void step_choose(Compiler *compiler, const Json *step, const Json *operand)
{
    int n = (int)operand->count, index = 0;
    (void)step;
    if (operand->type != JSON_ARRAY || n == 0) {
        wrong(compiler, operand, "write {\"choose\": [[90, [ … ]], [10, [ … ]]]}",
              "'choose' takes an array of branches");
        return;
    }
    double *up_to = mem_get(compiler->mem, mem_array(compiler->mem, (size_t)n, sizeof *up_to));
    int32_t *at = mem_get(compiler->mem, mem_array(compiler->mem, (size_t)n, sizeof *at));
    int *over = mem_get(compiler->mem, mem_array(compiler->mem, (size_t)n, sizeof *over));
    ChoiceInfo info = {.count = n, .up_to = up_to, .at = at, .site = new_site(compiler)};
    *(ChoiceInfo *)list_add(&compiler->choices) = info;
    emit(compiler, OP_CHOOSE, 0, (int)compiler->choices.count - 1, 0);
    double sum = 0;
    for (const Json *branch = operand->child; branch != NULL; branch = branch->next, index++) {
        bool good = branch->type == JSON_ARRAY && branch->count == 2 && branch->child->type == JSON_NUMBER &&
                    branch->child->number >= 0 && branch->child->number <= 1e15;
        if (!good)
            wrong(compiler, branch, "a branch is [WEIGHT, [ … ]], the weight a number from 0",
                  "a branch is expected here");
        else
            sum += branch->child->number;
        up_to[index] = sum;
        at[index] = here(compiler);
        if (good)
            compile_block(compiler, branch->child->next, NULL, NAME_ARG);
        over[index] = emit(compiler, OP_JUMP, 0, 0, 0);
    }
    if (sum <= 0)
        wrong(compiler, operand, "at least one weight is above 0", "no branch can be chosen");
    for (int i = 0; i < n; i++)
        patch(compiler, over[i], here(compiler));
}

void step_lock(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *body = member_body(compiler, step, "do");
    int lock = 0;
    if (operand->type != JSON_STRING) {
        wrong(compiler, operand, "write {\"lock\": \"name\", \"do\": [ … ]}", "'lock' takes the name of a lock");
        return;
    }
    const char **names = compiler->locks.items;
    while ((size_t)lock < compiler->locks.count && strcmp(names[lock], operand->text) != 0)
        lock++;
    if ((size_t)lock == compiler->locks.count)
        *(const char **)list_add(&compiler->locks) = operand->text;
    int32_t number = new_step(compiler, STEP_LOCK, diag_text(compiler->diag, "lock %s", operand->text), step);
    step_info(compiler, number)->resource = lock;
    if (!compiler->build->can_await)
        wrong(compiler, step, "a lock stands in async functions and handlers", "no lock here");
    emit(compiler, OP_LOCK, lock, number, 0);
    int protect = emit_try(compiler);
    if (body != NULL)
        compile_block(compiler, body, NULL, NAME_ARG);
    close_try(compiler);
    finally_part(compiler, NULL, protect, -1);
    emit(compiler, OP_UNLOCK, 0, lock, 0);
    emit(compiler, OP_END_FINALLY, 0, 0, -2);
}

void step_respond(Compiler *compiler, const Json *step, const Json *operand)
{
    int64_t bytes;
    const char *why = "\"2KiB\"";
    new_step(compiler, STEP_RESPOND, "respond", step);
    if (!compiler->handler || is_variable(operand) || operand->type == JSON_OBJECT || operand->type == JSON_NUMBER)
        compile_expression(compiler, operand);
    else if (operand->type == JSON_STRING && value_size(operand->text, &bytes, &why))
        emit_constant(compiler, value_number((double)bytes));
    else {
        wrong(compiler, operand, why, "'respond' takes the size of the response");
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    }
    emit(compiler, OP_RESPOND, 0, (int)compiler->steps.count - 1, -1);
}
