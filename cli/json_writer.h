/* json_writer: JSON as it is read by people and diffs: two spaces an indentation, small objects on one line. A NULL
 * key is an element of an array. */
#ifndef CLI_JSON_WRITER_H
#define CLI_JSON_WRITER_H

#include "../sim/buf.h"

typedef struct JsonWriter {
    Buf *buf;
    int depth;
    int flat;   /* the depth from which on all is on one line; 0: none */
    bool empty; /* nothing yet in the innermost object or array */
} JsonWriter;

void json_begin(JsonWriter *json, const char *key, char bracket);      /* '{' or '[' */
void json_begin_flat(JsonWriter *json, const char *key, char bracket); /* on one line, with all that is in it */
void json_end(JsonWriter *json, char bracket);                         /* '}' or ']' */
void json_int(JsonWriter *json, const char *key, int64_t value);
void json_uint(JsonWriter *json, const char *key, uint64_t value);
void json_micro(JsonWriter *json, const char *key, int64_t value); /* six decimals */
void json_text(JsonWriter *json, const char *key, const char *value);
void json_hex(JsonWriter *json, const char *key, uint64_t value);
void json_bool(JsonWriter *json, const char *key, bool value);
void json_null(JsonWriter *json, const char *key);

#endif
