/* schema_check: a small validator of JSON Schema, as far as our own schemas go: a keyword that it does not know is an
 * error, so that nothing passes unlooked at. */
#ifndef TESTS_SCHEMA_CHECK_H
#define TESTS_SCHEMA_CHECK_H

#include "../model/spec/json.h"

/* NULL: valid; else what is wrong and where, in mem. */
const char *schema_wrong(Mem *mem, const Json *schema, const Json *value);

#endif
