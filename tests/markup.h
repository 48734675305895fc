/* markup: whether a text is well-formed XML, or HTML as we write it: every element closed in order, attributes quoted
 * and given once, only known entities, no control characters. */
#ifndef TESTS_MARKUP_H
#define TESTS_MARKUP_H

#include <stdbool.h>

/* NULL: well-formed; else what is wrong, valid until the next call. html: <!DOCTYPE>, <meta> without an end, <style>
 * with anything inside. */
const char *markup_wrong(const char *text, bool html);

#endif
