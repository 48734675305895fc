/* json: the tree of a spec file, after the strict reader has checked every byte of it (RFC 8259, UTF-8, at most 16
 * MiB, nesting at most 256, no duplicate keys) and cJSON has built it. Every value knows its place. Immutable once
 * the spec is validated. */
#ifndef MODEL_SPEC_JSON_H
#define MODEL_SPEC_JSON_H

#include "../../sim/buf.h"

enum { JSON_DEPTH = 256, JSON_NUMBER_LENGTH = 60 };
#define JSON_SIZE ((size_t)16 << 20)

typedef enum JsonType { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } JsonType;

typedef struct JsonPlace {
    const char *file;      /* as named on the command line, or "--set", "--require"; "default" where nobody wrote it */
    uint32_t line, column; /* from 1; columns count characters, not bytes */
    uint32_t offset, size; /* bytes of the value in its text */
} JsonPlace;

typedef struct Json Json;
typedef struct Diag Diag;
struct Json {
    JsonType type;
    uint32_t count;   /* children */
    Json *child;      /* first */
    Json *next;       /* sibling */
    const char *key;  /* in an object; else NULL */
    const char *text; /* a string's contents (UTF-8, NUL-terminated; NUL inside is refused), or a number as written */
    size_t text_size;
    double number;       /* the nearest double to what is written */
    JsonPlace place;     /* of the value */
    JsonPlace key_place; /* of the key */
};

/* Reads one text; NULL where it is not JSON. All that is wrong is in diag; duplicate keys alone still give a tree, so
 * that what else is wrong can be said as well. `at` is where the text begins: its file and offset are taken over into
 * all places ({file, 1, 1, 0} for a whole file). */
Json *json_read(Mem *mem, JsonPlace at, const char *bytes, size_t size, Diag *diag);
/* The same for what may be longer than a spec: at most so many bytes, whole MiB. */
Json *json_read_most(Mem *mem, JsonPlace at, const char *bytes, size_t size, size_t most, Diag *diag);

const Json *json_member(const Json *object, const char *key); /* NULL where absent, or not an object */
void json_add(Json *parent, Json *child);                     /* at the end; an object's child must have its key */
void json_write(Buf *out, const Json *json);                  /* compact: one line, one space after , and : */

/* The double nearest to a number of JSON's grammar (ties to even), on any machine; infinite where it is too large. */
double json_number(const char *text, size_t size);

#endif
