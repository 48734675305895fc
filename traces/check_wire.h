/* check_wire: a strict reader of the protobuf wire format (protobuf.dev/programming-guides/encoding) for the check of
 * traces: minimal varints, lengths that fit, and only the fields that a shape allows. It shares nothing with wire.h,
 * which writes. */
#ifndef TRACES_CHECK_WIRE_H
#define TRACES_CHECK_WIRE_H

#include "pull.h"

typedef struct Message {
    const unsigned char *at, *end;
} Message;

enum { FIELD_NUMBER = 0, FIELD_FIXED64 = 1, FIELD_BYTES = 2 };

typedef struct Shape { /* a field that a message may have; number 0 ends a list */
    unsigned number, type;
} Shape;

typedef struct Field {
    unsigned number;
    uint64_t value;  /* FIELD_NUMBER, FIELD_FIXED64 */
    Message message; /* FIELD_BYTES */
} Field;

/* The next field; false: there is none, or *fault says what is wrong with it (and stays). */
bool field_next(Message *message, const Shape shape[], Field *field, const char **fault);
PullText field_text(const Field *field, const char **fault); /* well-formed UTF-8 */

#endif
