/* The schema's units and steps. */
#include "schema.h"

#include "../model/program/compile.h"

#include <string.h>

#define DECIMAL "[0-9]+([.][0-9]+)?"

enum { NAME_MOST = 256 };

void schema_units(JsonWriter *json)
{
    schema_pattern(json, "duration", "^(0|" DECIMAL "(ns|us|ms|s|m|h))$");
    schema_pattern(json, "rate", "^" DECIMAL "/(ns|us|ms|s|m|h)$");
    schema_pattern(json, "size", "^" DECIMAL "(B|kB|MB|GB|KiB|MiB|GiB)$");
    schema_pattern(json, "bandwidth", "^" DECIMAL "(B|kB|MB|GB|KiB|MiB|GiB)/(ns|us|ms|s|m|h)$");
    schema_type(json, "text", "string");
    json_begin_flat(json, "line", '{');
    json_text(json, "type", "string");
    json_int(json, "minLength", 1);
    json_end(json, '}');
    json_begin_flat(json, "auto", '{');
    json_text(json, "const", "auto");
    json_end(json, '}');
    json_begin_flat(json, "positive", '{');
    json_text(json, "type", "integer");
    json_int(json, "minimum", 1);
    json_end(json, '}');
    json_begin_flat(json, "connections", '{');
    json_text(json, "type", "integer");
    json_int(json, "minimum", 0);
    json_end(json, '}');
    json_begin_flat(json, "weight", '{');
    json_text(json, "type", "number");
    json_int(json, "exclusiveMinimum", 0);
    json_end(json, '}');
    json_begin(json, "fraction", '{');
    json_begin(json, "anyOf", '[');
    json_begin_flat(json, NULL, '{');
    json_text(json, "type", "number");
    json_int(json, "minimum", 0);
    json_int(json, "maximum", 1);
    json_end(json, '}');
    schema_pattern(json, NULL, "^" DECIMAL "%?$");
    json_end(json, ']');
    json_end(json, '}');
    json_begin(json, "seed", '{');
    json_begin(json, "anyOf", '[');
    json_begin_flat(json, NULL, '{');
    json_text(json, "type", "integer");
    json_int(json, "minimum", 0);
    json_end(json, '}');
    schema_pattern(json, NULL, "^0x[0-9a-fA-F]+$");
    json_end(json, ']');
    json_end(json, '}');
}

/* ---- steps ---- */

static bool next_word(const char **at, char *word)
{
    size_t size = strcspn(*at += strspn(*at, " "), " ");
    must(size < NAME_MOST, "a word of the table of steps is longer than the schema has room for");
    memcpy(word, *at, size);
    word[size] = '\0';
    *at += size;
    return size > 0;
}

static bool is_verb(const char *word)
{
    for (const Verb *verb = verbs; verb->name; verb++)
        if (strcmp(verb->name, word) == 0)
            return true;
    return false;
}

/* Every word that may stand beside a verb and is no verb itself, once. */
static void put_modifiers(JsonWriter *json, unsigned where)
{
    char word[NAME_MOST], earlier[NAME_MOST];
    for (const Verb *verb = verbs; verb->name; verb++) {
        const char *at = verb->modifiers;
        while ((verb->flags & where) && next_word(&at, word)) {
            bool seen = is_verb(word);
            for (const Verb *before = verbs; before < verb && !seen; before++)
                for (const char *b = before->modifiers; (before->flags & where) && next_word(&b, earlier);)
                    seen |= strcmp(word, earlier) == 0;
            if (!seen) {
                json_begin_flat(json, word, '{');
                json_end(json, '}');
            }
        }
    }
}

void schema_steps(JsonWriter *json, const char *step, const char *body, unsigned where)
{
    json_begin(json, step, '{');
    json_begin(json, "anyOf", '[');
    schema_type(json, NULL, "string");
    json_begin(json, NULL, '{');
    json_text(json, "type", "object");
    json_int(json, "minProperties", 1);
    json_begin(json, "properties", '{');
    for (const Verb *verb = verbs; verb->name; verb++) {
        if (!(verb->flags & where))
            continue;
        json_begin_flat(json, verb->name, '{');
        json_text(json, "description", verb->about);
        json_end(json, '}');
    }
    put_modifiers(json, where);
    json_end(json, '}');
    json_bool(json, "additionalProperties", false);
    json_end(json, '}');
    json_end(json, ']');
    json_end(json, '}');
    json_begin_flat(json, body, '{');
    json_text(json, "type", "array");
    schema_ref(json, "items", step);
    json_end(json, '}');
}
