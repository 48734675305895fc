#include "compile.h"

#include <string.h>

void scope_open(Compiler *compiler, Scope *scope)
{
    *scope = (Scope){.outer = compiler->scope};
    list_init(&scope->names, compiler->mem, sizeof(Name));
    compiler->scope = scope;
}

void scope_close(Compiler *compiler)
{
    compiler->scope = compiler->scope->outer;
}

static Name *scope_find(const Scope *scope, const char *name, size_t size)
{
    Name *names = scope->names.items;
    for (size_t i = 0; i < scope->names.count; i++)
        if (strlen(names[i].text) == size && memcmp(names[i].text, name, size) == 0)
            return &names[i];
    return NULL;
}

void scope_add(Compiler *compiler, const char *name, NameKind kind, bool declared)
{
    Name *entry = list_add(&compiler->scope->names);
    *entry = (Name){.text = name, .kind = kind, .declared = declared};
    compiler->scope->has_environment = true;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* JavaScript's words, and those that the language gives a meaning of their own. */
static const char *const reserved[] = {
    "process", "resolve", "reject", "await",  "async", "let",   "const",  "function", "return", "new",
    "if",      "else",    "for",    "while",  "try",   "catch", "true",   "false",    "null",   "undefined",
    "this",    "class",   "var",    "switch", "case",  "throw", "typeof", "in",       "of",     "do"};

bool name_valid(Compiler *compiler, const Json *at, const char *name)
{
    bool good = letter(name[0]);
    for (const char *p = name; *p != '\0'; p++)
        good = good && (letter(*p) || (*p >= '0' && *p <= '9') || *p == '_');
    if (!good) {
        wrong(compiler, at, "a name is a letter, then letters, digits and _", "'%s' is not a name", name);
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (strcmp(name, reserved[i]) == 0) {
            wrong(compiler, at, "choose another name", "'%s' is a word of the language", name);
            return false;
        }
    return true;
}

/* The variable that `as` names: a `let` that is visible here is assigned to, anything else is declared in this body.
 * NULL: to be declared. */
static Name *visible_let(const Compiler *compiler, const char *name, int *outwards)
{
    *outwards = 0;
    for (Scope *scope = compiler->scope; scope != NULL; scope = scope->outer) {
        Name *found = scope_find(scope, name, strlen(name));
        if (found != NULL && found->declared)
            return found->kind == NAME_LET ? found : NULL;
        *outwards += scope->has_environment;
    }
    return NULL;
}

static void hoist_as(Compiler *compiler, const Json *at, const char *name)
{
    Name *own = scope_find(compiler->scope, name, strlen(name));
    int outwards;
    if (own != NULL) {
        if (own->kind != NAME_LET)
            wrong(compiler, at,
                  "each name is declared once in a body; a variable made with `let` can be assigned again",
                  "'%s' is declared twice in this body", name);
        return;
    }
    if (visible_let(compiler, name, &outwards) == NULL && name_valid(compiler, at, name))
        scope_add(compiler, name, NAME_AS, false);
}

static void hoist_new(Compiler *compiler, const Json *at, const char *name, NameKind kind)
{
    if (scope_find(compiler->scope, name, strlen(name)) != NULL)
        wrong(compiler, at, "each name is declared once in a body", "'%s' is declared twice in this body", name);
    else
        scope_add(compiler, name, kind, false);
}

static const char *joined(Compiler *compiler, const char *a, const char *b)
{
    Buf buf;
    buf_init(&buf, compiler->mem, 1 << 20);
    buf_text(&buf, a);
    buf_text(&buf, b);
    return buf_string(&buf);
}

void scope_hoist(Compiler *compiler, const Json *body)
{
    if (body == NULL || body->type != JSON_ARRAY)
        return;
    for (const Json *step = body->child; step != NULL; step = step->next) {
        const Json *operand;
        const Verb *verb = step->type == JSON_OBJECT ? verb_of(step, &operand) : NULL;
        if (verb == NULL)
            continue;
        const Json *as = json_member(step, "as");
        if (strcmp(verb->name, "let") == 0) {
            for (const Json *each = operand->type == JSON_OBJECT ? operand->child : NULL; each != NULL;
                 each = each->next)
                if (name_valid(compiler, each, each->key))
                    hoist_new(compiler, each, each->key, NAME_LET);
        } else if (verb->flags & DECLARES && operand->type == JSON_STRING) {
            if (strcmp(verb->name, "open") == 0) {
                hoist_as(compiler, operand, operand->text);
            } else if (name_valid(compiler, operand, operand->text)) {
                hoist_new(compiler, operand, operand->text, NAME_AS);
                if (strcmp(verb->name, "deferred") == 0) {
                    hoist_new(compiler, operand, joined(compiler, "resolve_", operand->text), NAME_AS);
                    hoist_new(compiler, operand, joined(compiler, "reject_", operand->text), NAME_AS);
                }
            }
        } else if (as != NULL && as->type == JSON_STRING && verb->flags & GIVES) {
            hoist_as(compiler, as, as->text);
        }
    }
}

/* The variable that a name means here, as JavaScript resolves it. */
static Name *resolve(const Compiler *compiler, const char *name, size_t size, int *outwards, int *index)
{
    *outwards = 0;
    for (Scope *scope = compiler->scope; scope != NULL; scope = scope->outer) {
        Name *found = scope_find(scope, name, size);
        if (found != NULL) {
            *index = (int)(found - (Name *)scope->names.items);
            return found;
        }
        *outwards += scope->has_environment;
    }
    return NULL;
}

static const char *nearest_name(const Compiler *compiler, const char *name)
{
    const char *words[256];
    size_t n = 0;
    for (const Scope *scope = compiler->scope; scope != NULL; scope = scope->outer)
        for (size_t i = 0; i < scope->names.count && n < COUNT_OF(words); i++)
            words[n++] = ((Name *)scope->names.items)[i].text;
    return diag_nearest(name, words, n);
}

static void unknown_name(Compiler *compiler, const Json *at, const char *name)
{
    const char *near = nearest_name(compiler, name);
    Buf help;
    buf_init(&help, compiler->mem, 4096);
    if (near != NULL)
        buf_f(&help, "did you mean '%s'?", near);
    else if (strcmp(name, "resolve") == 0 || strcmp(name, "reject") == 0)
        buf_text(&help, "resolve and reject stand inside a promise's body, or name a promise with \"of\"");
    else
        buf_text(&help, "a variable is made with `let`, `vars`, `as`, or as an argument");
    wrong(compiler, at, buf_string(&help), "'%s' is defined nowhere", name);
}

/* The instruction emitted last means this variable. */
static void name_instruction(Compiler *compiler, const char *name)
{
    NamedIns *named = list_add(&compiler->build->names);
    *named = (NamedIns){.at = here(compiler) - 1, .name = name};
}

void load_name(Compiler *compiler, const Json *at, const char *name, size_t size)
{
    int outwards, index;
    const Name *found = resolve(compiler, name, size, &outwards, &index);
    if (found != NULL) {
        emit(compiler, OP_LOAD, outwards, index, +1);
        if (found->kind == NAME_LET || found->kind == NAME_AS)
            name_instruction(compiler, found->text);
        return;
    }
    int function = named_function(compiler, mem_copy(compiler->mem, name, size));
    if (function >= 0) {
        emit(compiler, OP_FUNCTION, 0, function, +1);
        return;
    }
    if (compiler->handler && size == 1 && (name[0] == 'n' || name[0] == 'c')) {
        emit(compiler, name[0] == 'n' ? OP_NUMBER_N : OP_NUMBER_C, 0, 0, +1);
        return;
    }
    unknown_name(compiler, at, mem_copy(compiler->mem, name, size));
    emit(compiler, OP_UNDEFINED, 0, 0, +1);
}

static void emit_store(Compiler *compiler, int outwards, int index, bool initialises)
{
    int at = emit(compiler, OP_STORE, outwards, index, -1);
    ((Ins *)compiler->build->code.items)[at].spare = initialises;
}

void store_name(Compiler *compiler, const Json *at, const char *name)
{
    int outwards, index;
    const Name *found = resolve(compiler, name, strlen(name), &outwards, &index);
    if (found == NULL) {
        unknown_name(compiler, at, name);
        emit(compiler, OP_POP, 0, 0, -1);
    } else if (found->kind == NAME_CONST) {
        emit(compiler, OP_CONSTANT, 0, 0, -1);
    } else {
        emit_store(compiler, outwards, index, false);
        name_instruction(compiler, found->text);
    }
}

void declare_name(Compiler *compiler, const char *name)
{
    Name *own = scope_find(compiler->scope, name, strlen(name));
    if (own == NULL) { /* was refused when it was hoisted */
        emit(compiler, OP_POP, 0, 0, -1);
        return;
    }
    own->declared = true;
    emit_store(compiler, 0, (int)(own - (Name *)compiler->scope->names.items), true);
}

void bind_name(Compiler *compiler, const Json *at, const char *name)
{
    int outwards;
    (void)at;
    if (visible_let(compiler, name, &outwards) != NULL) {
        int index = 0;
        resolve(compiler, name, strlen(name), &outwards, &index);
        emit_store(compiler, outwards, index, false);
        name_instruction(compiler, name);
    } else {
        declare_name(compiler, name);
    }
}
