#include "schema_check.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

typedef struct Checker {
    Mem *mem;
    const Json *root;
    const char *wrong; /* the deepest so far */
} Checker;

static bool valid(Checker *checker, const Json *schema, const Json *value);

static bool fail(Checker *checker, const Json *value, const char *what, const char *which)
{
    Buf *buf = mem_get(checker->mem, sizeof *buf);
    buf_init(buf, checker->mem, 1 << 20);
    buf_f(buf, "line %u: %s %s", (unsigned)value->place.line, what, which);
    checker->wrong = buf_string(buf);
    return false;
}

static bool matches(const char *pattern, const char *text)
{
    regex_t regex;
    must(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) == 0, "a pattern that is none");
    bool yes = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return yes;
}

static bool is_type(const Json *value, const char *type)
{
    switch (value->type) {
    case JSON_STRING: return strcmp(type, "string") == 0;
    case JSON_ARRAY: return strcmp(type, "array") == 0;
    case JSON_OBJECT: return strcmp(type, "object") == 0;
    case JSON_NULL: return strcmp(type, "null") == 0;
    case JSON_NUMBER:
        return strcmp(type, "number") == 0 || (strcmp(type, "integer") == 0 && !strpbrk(value->text, ".eE"));
    default: return strcmp(type, "boolean") == 0;
    }
}

static bool equal(const Json *a, const Json *b)
{
    return a->type == b->type && (!a->text || strcmp(a->text, b->text) == 0);
}

static const Json *resolve(Checker *checker, const char *ref)
{
    static const char prefix[] = "#/$defs/";
    must(strncmp(ref, prefix, strlen(prefix)) == 0, "a reference elsewhere");
    const Json *def = json_member(json_member(checker->root, "$defs"), ref + strlen(prefix));
    must(def != NULL, "a reference to nothing");
    return def;
}

static bool any_of(Checker *checker, const Json *schemas, const Json *value)
{
    for (const Json *each = schemas->child; each; each = each->next)
        if (valid(checker, each, value))
            return true;
    return checker->wrong ? false : fail(checker, value, "none of", "anyOf");
}

static bool all_of(Checker *checker, const Json *schemas, const Json *value)
{
    for (const Json *each = schemas->child; each; each = each->next)
        if (!valid(checker, each, value))
            return false;
    return true;
}

static bool one_of_values(Checker *checker, const Json *values, const Json *value)
{
    for (const Json *each = values->child; each; each = each->next)
        if (equal(each, value))
            return true;
    return fail(checker, value, "none of the values:", value->text ? value->text : "");
}

/* ---- objects and arrays ---- */

static bool takes(Checker *checker, const Json *schema, const Json *value)
{
    if (schema->type == JSON_FALSE)
        return fail(checker, value, "not allowed:", value->key ? value->key : "");
    return schema->type == JSON_TRUE || valid(checker, schema, value);
}

static bool check_member(Checker *checker, const Json *schema, const Json *member)
{
    const Json *property = json_member(json_member(schema, "properties"), member->key),
               *patterns = json_member(schema, "patternProperties"),
               *rest = json_member(schema, "additionalProperties");
    bool known = property != NULL;
    if (property && !takes(checker, property, member))
        return false;
    for (const Json *each = patterns ? patterns->child : NULL; each; each = each->next) {
        if (!matches(each->key, member->key))
            continue;
        known = true;
        if (!takes(checker, each, member))
            return false;
    }
    return known || !rest || takes(checker, rest, member);
}

static bool check_object(Checker *checker, const Json *schema, const Json *value)
{
    const Json *required = json_member(schema, "required"), *least = json_member(schema, "minProperties"),
               *most = json_member(schema, "maxProperties"), *names = json_member(schema, "propertyNames");
    for (const Json *each = required ? required->child : NULL; each; each = each->next)
        if (!json_member(value, each->text))
            return fail(checker, value, "needs", each->text);
    if ((least && value->count < least->number) || (most && value->count > most->number))
        return fail(checker, value, "too many or too few members", "");
    for (const Json *member = value->child; member; member = member->next) {
        Json name = {.type = JSON_STRING, .text = member->key, .place = member->place};
        if ((names && !valid(checker, names, &name)) || !check_member(checker, schema, member))
            return false;
    }
    return true;
}

static bool check_array(Checker *checker, const Json *schema, const Json *value)
{
    const Json *items = json_member(schema, "items"), *prefix = json_member(schema, "prefixItems"),
               *least = json_member(schema, "minItems"), *most = json_member(schema, "maxItems"),
               *own = prefix ? prefix->child : NULL;
    if ((least && value->count < least->number) || (most && value->count > most->number))
        return fail(checker, value, "too many or too few items", "");
    for (const Json *item = value->child; item; item = item->next) {
        const Json *by = own ? own : items;
        own = own ? own->next : NULL;
        if (by && !takes(checker, by, item))
            return false;
    }
    return true;
}

static bool check_keyword(Checker *checker, const Json *schema, const Json *keyword, const Json *value)
{
    const char *name = keyword->key;
    bool number = value->type == JSON_NUMBER, string = value->type == JSON_STRING;
    if (strcmp(name, "$ref") == 0)
        return valid(checker, resolve(checker, keyword->text), value);
    if (strcmp(name, "type") == 0)
        return is_type(value, keyword->text) || fail(checker, value, "is no", keyword->text);
    if (strcmp(name, "enum") == 0)
        return one_of_values(checker, keyword, value);
    if (strcmp(name, "const") == 0)
        return equal(keyword, value) || fail(checker, value, "is not", keyword->text);
    if (strcmp(name, "anyOf") == 0)
        return any_of(checker, keyword, value);
    if (strcmp(name, "allOf") == 0)
        return all_of(checker, keyword, value);
    if (strcmp(name, "if") == 0)
        return valid(checker, json_member(schema, valid(checker, keyword, value) ? "then" : "else"), value);
    if (strcmp(name, "pattern") == 0)
        return !string || matches(keyword->text, value->text) || fail(checker, value, "does not match", keyword->text);
    if (strcmp(name, "minLength") == 0)
        return !string || value->text_size >= keyword->number || fail(checker, value, "is too short", "");
    if (strcmp(name, "minimum") == 0)
        return !number || value->number >= keyword->number || fail(checker, value, "is below", keyword->text);
    if (strcmp(name, "maximum") == 0)
        return !number || value->number <= keyword->number || fail(checker, value, "is above", keyword->text);
    if (strcmp(name, "exclusiveMinimum") == 0)
        return !number || value->number > keyword->number || fail(checker, value, "is not above", keyword->text);
    static const char *const elsewhere[] = {"$schema",
                                            "$defs",
                                            "title",
                                            "description",
                                            "then",
                                            "else",
                                            "properties",
                                            "items",
                                            "prefixItems",
                                            "minItems",
                                            "maxItems",
                                            "propertyNames",
                                            "minProperties",
                                            "maxProperties",
                                            "required",
                                            "patternProperties",
                                            "additionalProperties"};
    for (size_t i = 0; i < COUNT_OF(elsewhere); i++)
        if (strcmp(name, elsewhere[i]) == 0)
            return true;
    return fail(checker, keyword, "a keyword that the checker does not know:", name);
}

static bool valid(Checker *checker, const Json *schema, const Json *value)
{
    for (const Json *keyword = schema->child; keyword; keyword = keyword->next)
        if (!check_keyword(checker, schema, keyword, value))
            return false;
    if (value->type == JSON_OBJECT)
        return check_object(checker, schema, value);
    return value->type != JSON_ARRAY || check_array(checker, schema, value);
}

const char *schema_wrong(Mem *mem, const Json *schema, const Json *value)
{
    Checker checker = {mem, schema, NULL};
    return valid(&checker, schema, value) ? NULL : checker.wrong;
}
