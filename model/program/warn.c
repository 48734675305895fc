/* What a handler's steps mean on a thread, where that is something else than on an event loop: such steps run where
 * they stand, in the order of the statements. Said of a spec that has a threaded server; the walk is over the Json,
 * which compiled without an error. */
#include "compile.h"

#include "../servers/server.h"

#include <string.h>

typedef struct Warner {
    const Spec *spec;
    Diag *diag;
    const char *server; /* the first that has threads */
} Warner;

static void walk_step(const Warner *warner, const Json *step, bool awaited);

static void warn(const Warner *warner, const Json *at, const char *what, const char *else_is)
{
    const char *help =
        diag_text(warner->diag, "on the threads of '%s' it runs where it stands, before the next step; %s",
                  warner->server, else_is);
    diag_warning(warner->diag, at->key_place, help, "'%s' %s", at->key, what);
}

static void walk_body(const Warner *warner, const Json *body)
{
    for (const Json *step = body->type == JSON_ARRAY ? body->child : NULL; step != NULL; step = step->next)
        walk_step(warner, step, false);
}

/* A function where one is expected: a body, {"async": BODY}, {"args": …, "do": BODY}, a name. */
static void walk_function(const Warner *warner, const Json *value)
{
    const Json *body = json_member(value, "async");
    if (body == NULL)
        body = json_member(value, "do");
    walk_body(warner, body != NULL ? body : value);
}

static bool is_word(const char *word, const char *const words[])
{
    for (; *words != NULL; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static bool calls_async(const Warner *warner, const Json *name)
{
    for (int i = 0; name->type == JSON_STRING && i < warner->spec->function_count; i++)
        if (strcmp(warner->spec->functions[i].name, name->text) == 0)
            return json_member(warner->spec->functions[i].body, "async") != NULL;
    return false;
}

/* Bodies and values inside any other step. */
static void walk_parts(const Warner *warner, const Json *step)
{
    for (const Json *part = step->child; part != NULL; part = part->next) {
        if (part->type == JSON_OBJECT)
            walk_step(warner, part, false);
        for (const Json *each = part->type == JSON_ARRAY ? part->child : NULL; each != NULL; each = each->next) {
            if (each->type == JSON_ARRAY) /* a branch of `choose` */
                walk_parts(warner, each);
            else
                walk_step(warner, each, false);
        }
    }
}

static void walk_io(const Warner *warner, const Json *step, const Json *operand, bool awaited)
{
    const Json *cb = json_member(step, "cb");
    if (cb != NULL) {
        warn(warner, operand, "with a callback does not go on beside it on threads",
             "on a loop the steps after it come first");
        walk_function(warner, cb);
    } else if (!awaited) {
        warn(warner, operand, "is not awaited", "on a loop it goes on beside the steps after it");
    }
}

static void walk_promise(const Warner *warner, const Json *operand, bool awaited)
{
    if (!awaited)
        warn(warner, operand, "is not awaited", "on a loop it goes on beside the steps after it");
    if (strcmp(operand->key, "async") == 0) {
        walk_body(warner, operand);
        return;
    }
    for (const Json *each = operand->child; each != NULL; each = each->next) {
        if (each->type == JSON_ARRAY)
            walk_body(warner, each);
        else
            walk_step(warner, each, true);
    }
}

static void walk_step(const Warner *warner, const Json *step, bool awaited)
{
    static const char *const later[] = {"setTimeout", "setInterval",    "setImmediate",
                                        "nextTick",   "queueMicrotask", NULL},
                             *const promises[] = {"async", "all", "race", "any", "allSettled", NULL};
    const Json *operand;
    const Verb *verb = step->type == JSON_OBJECT ? verb_of(step, &operand) : NULL;
    if (verb == NULL)
        return;
    if (is_word(verb->name, later)) {
        warn(warner, operand, "is not put off on threads", "on a loop it is called later, as in Node");
        walk_function(warner, operand);
    } else if (strcmp(verb->name, "sync") == 0) {
        return;
    } else if (verb->flags & IS_IO || strcmp(verb->name, "sleep") == 0) {
        walk_io(warner, step, operand, awaited);
    } else if (is_word(verb->name, promises)) {
        walk_promise(warner, operand, awaited);
    } else if (strcmp(verb->name, "await") == 0 || strcmp(verb->name, "return") == 0) {
        walk_step(warner, operand, true);
    } else if (strcmp(verb->name, "chain") == 0) {
        for (const Json *link = operand->child; link != NULL; link = link->next)
            walk_step(warner, link, awaited);
    } else {
        if (strcmp(verb->name, "call") == 0 && !awaited && calls_async(warner, operand))
            warn(warner, operand, "of an async function is not awaited",
                 "on a loop it goes on beside the steps after it");
        walk_parts(warner, step);
    }
}

void program_warn(const Spec *spec, Diag *diag)
{
    Warner warner = {spec, diag, NULL};
    for (int i = 0; warner.server == NULL && i < spec->server_count; i++)
        if (!spec->servers[i].model->as_node)
            warner.server = spec->servers[i].name;
    if (warner.server == NULL)
        return;
    for (int i = 0; i < spec->function_count; i++)
        walk_function(&warner, spec->functions[i].body);
    for (int i = 0; i < spec->handler_count; i++)
        walk_body(&warner, spec->handlers[i].body);
}
