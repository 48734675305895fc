#include "grammar.h"

#include <string.h>

enum { DEPTH = 24, LONG = 6000, MOST = 1 << 20 };

typedef struct Maker {
    const GrammarRule *rules;
    const uint8_t *at, *end;
    Buf text;
    int depth;
} Maker;

static const char *find(const Maker *maker, const char *name, size_t size)
{
    for (const GrammarRule *rule = maker->rules; rule->name; rule++)
        if (strlen(rule->name) == size && memcmp(rule->name, name, size) == 0)
            return rule->alternatives;
    fuzz_failed(__FILE__, __LINE__, name);
}

static const char *choose(Maker *maker, const char *alternatives)
{
    unsigned count = 1, chosen = 0;
    for (const char *c = alternatives; *c; c++)
        count += *c == '|';
    if (maker->at < maker->end && maker->depth < DEPTH && maker->text.size < LONG && count > 1)
        chosen = *maker->at++ % count;
    for (; chosen > 0; chosen--)
        alternatives = strchr(alternatives, '|') + 1;
    return alternatives;
}

static void expand(Maker *maker, const char *alternatives)
{
    const char *at = choose(maker, alternatives);
    maker->depth++;
    while (*at && *at != '|') {
        const char *end = *at == '<' ? strchr(at, '>') : NULL;
        if (end) {
            expand(maker, find(maker, at + 1, (size_t)(end - at) - 1));
            at = end + 1;
        } else {
            buf_char(&maker->text, *at++);
        }
    }
    maker->depth--;
}

const char *grammar_text(Mem *mem, const GrammarRule rules[], const uint8_t *bytes, size_t size)
{
    Maker maker = {.rules = rules, .at = bytes, .end = bytes + size};
    buf_init(&maker.text, mem, MOST);
    expand(&maker, rules[0].alternatives);
    return buf_string(&maker.text);
}
