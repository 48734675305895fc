/* grammar: texts that are valid by construction, from bytes: each byte chooses one alternative of a rule, so that what
 * libFuzzer changes in the bytes changes the text in one place.
 *
 *     {"list", "[]|[<item>]|[<item>, <item>]"}    alternatives with | between them; <name> is another rule
 *
 * Where the bytes are used up, the text is long or the nesting deep, the first alternative is taken: it must end. */
#ifndef TESTS_FUZZ_GRAMMAR_H
#define TESTS_FUZZ_GRAMMAR_H

#include "fuzz.h"

typedef struct GrammarRule {
    const char *name, *alternatives;
} GrammarRule;

/* Of a text by the first rule; rules end with a row whose name is NULL. */
const char *grammar_text(Mem *mem, const GrammarRule rules[], const uint8_t *bytes, size_t size);

#endif
