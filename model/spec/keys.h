/* keys: THE table of keys. Each key of a spec is stated once, in a row: its name, what may stand there, where the
 * value goes, the default and a sentence. Validation, --set, the JSON Schema, --help, completion and the reference in
 * docs/ are made from these rows. */
#ifndef MODEL_SPEC_KEYS_H
#define MODEL_SPEC_KEYS_H

#include "../../sim/dist.h"
#include "diag.h"

typedef enum KeyType {
    KEY_TEXT,      /* const char *: any string */
    KEY_LINE,      /* const char *: one line, not empty */
    KEY_COUNT,     /* int64_t within [min, max] */
    KEY_SEED,      /* uint64_t */
    KEY_DURATION,  /* Time within [min, max] */
    KEY_DIST,      /* const Dist *; a plain duration is the constant one */
    KEY_RATE,      /* double, per second; above 0 where min is 1 */
    KEY_SIZE,      /* int64_t, bytes, within [min, max] */
    KEY_BANDWIDTH, /* double, bytes per second, above 0 */
    KEY_FRACTION,  /* double in [0, 1]: "5%" or 0.05 */
    KEY_NUMBER,    /* double above 0 */
    KEY_BOOL,      /* bool */
    KEY_WORD,      /* int: index into words */
    KEY_PART,      /* a struct of its own: `table` at `at` */
    KEY_CUSTOM     /* `read` does it */
} KeyType;

typedef struct KeyTable KeyTable;
typedef struct SpecReader SpecReader;

typedef struct KeyWord {
    const char *name;
    const char *about;
} KeyWord;

typedef struct Key {
    const char *name;
    KeyType type;
    size_t at;             /* offset in the struct that the table fills */
    const char *fallback;  /* the default, as it would be written in JSON text; NULL: there is none */
    const char *none;      /* without a fallback: what its absence means ("unlimited"); NULL: nothing to say */
    int64_t absent;        /* without a fallback: what a count, size or duration is where the key is absent */
    int64_t min, max;      /* counts, sizes and durations; max 0: no limit beyond that of the type */
    const KeyWord *words;  /* KEY_WORD; ends with a row whose name is NULL */
    const KeyTable *table; /* KEY_PART; KEY_CUSTOM: that of its elements */
    /* KEY_CUSTOM: false where something was wrong and has been said. */
    bool (*read)(SpecReader *reader, Json *value, void *field);
    /* KEY_CUSTOM: the name of its JSON Schema shape. With a table: "map" (an object of NAME: table), "servers"
     * (likewise, with the keys of each one's model), "streams" (table, or an array of them), "list" (an array of them),
     * "part". */
    const char *shape;
    bool required;
    const char *about; /* one sentence, for help, schema and reference */
} Key;

struct KeyTable {
    const char *name; /* how a message names it: "machine", "an event-loop server" … */
    const char *about;
    const Key *keys; /* ends with a row whose name is NULL */
    size_t size;     /* of the struct */
};

/* One object may be filled from several tables, each into its own struct: a server has common keys and those of its
 * model. */
typedef struct KeyFill {
    const KeyTable *table;
    void *into;
} KeyFill;

/* Adds the defaults of absent keys to the object (so that the tree is the resolved spec), then reads it. False:
 * something was wrong, and diag has it. */
bool keys_read(SpecReader *reader, Json *object, const KeyFill fills[], size_t n);

/* Reads without adding anything: for tables without defaults. */
bool keys_fill(SpecReader *reader, const Json *object, const KeyFill fills[], size_t n);

/* Reads one value as a row says; `field` is the place itself. */
bool keys_value(SpecReader *reader, const Key *key, Json *value, void *field);

const Key *keys_find(const KeyTable *table, const char *name); /* NULL where there is none */

#endif
