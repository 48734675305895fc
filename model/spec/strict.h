/* strict: checks that a text is JSON by RFC 8259 to the last byte, before a lenient parser sees it, and notes where
 * each key and value stands, in the order in which a parser meets them (a key, then its value; an array or object,
 * then what is in it). */
#ifndef MODEL_SPEC_STRICT_H
#define MODEL_SPEC_STRICT_H

#include "diag.h"

typedef struct JsonRecord {
    uint32_t offset, size, line, column;
    JsonType type;
    bool is_key;
} JsonRecord;

typedef struct JsonRecords {
    JsonRecord *record; /* owner: the caller, by mem_free */
    size_t count, room;
} JsonRecords;

/* False where anything is wrong; what it is stands in diag: all that can be told apart, up to the first fault of
 * structure, or that there are more than `most` bytes (whole MiB). */
bool strict_scan(Mem *mem, JsonPlace at, const char *bytes, size_t size, size_t most, Diag *diag, JsonRecords *records);

#endif
