/* json: the tree of a spec file, after the strict reader has checked every byte of it (RFC 8259, UTF-8, at most 16 MiB, nesting at most 256, no
 * duplicate keys) and cJSON has built it. Every value knows its place. Immutable once the spec is validated. */
#ifndef MODEL_SPEC_JSON_H
#define MODEL_SPEC_JSON_H

#include "../../sim/buf.h"

typedef enum JsonType { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } JsonType;

typedef struct JsonPlace {
    const char *file;      /* as named on the command line, or "--set", "--require" */
    uint32_t line, column; /* from 1; columns count characters, not bytes */
    uint32_t offset, size; /* bytes of the value in its text */
} JsonPlace;

typedef struct Json Json;
struct Json {
    JsonType type;
    uint32_t count;      /* children */
    Json *child;         /* first */
    Json *next;          /* sibling */
    const char *key;     /* in an object; else NULL */
    const char *text;    /* a string's contents (UTF-8, NUL-terminated; NUL inside is refused), or a number as written */
    size_t text_size;
    double number;
    JsonPlace place;     /* of the value */
    JsonPlace key_place; /* of the key */
};

const Json *json_member(const Json *object, const char *key); /* NULL where absent, or not an object */

#endif
