/* wire: the protobuf wire format (protobuf.dev/programming-guides/encoding): tags, varints, fixed64, bytes. */
#ifndef TRACES_WIRE_H
#define TRACES_WIRE_H

#include "line.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_MOST = 10 /* bytes of a varint */ };

static inline void wire_varint(Line *line, uint64_t value)
{
    char *at = line_room(line, WIRE_MOST), *first = at;
    for (; value >= 128; value >>= 7)
        *at++ = (char)(unsigned char)(value | 128);
    *at++ = (char)value;
    line->size += (size_t)(at - first);
}

static inline void wire_number(Line *line, unsigned field, uint64_t value)
{
    wire_varint(line, field << 3 | WIRE_VARINT);
    wire_varint(line, value);
}

/* int32 and int64 alike: negative ones as 64 bits. */
static inline void wire_signed(Line *line, unsigned field, int64_t value)
{
    wire_number(line, field, (uint64_t)value);
}

static inline void wire_fixed64(Line *line, unsigned field, uint64_t value)
{
    wire_varint(line, field << 3 | WIRE_FIXED64);
    char *at = line_room(line, 8);
    for (unsigned i = 0; i < 8; i++)
        at[i] = (char)(unsigned char)(value >> 8 * i);
    line->size += 8;
}

static inline void wire_bytes(Line *line, unsigned field, const char *bytes, size_t size)
{
    wire_varint(line, field << 3 | WIRE_BYTES);
    wire_varint(line, size);
    line_bytes(line, bytes, size);
}

static inline void wire_text(Line *line, unsigned field, const char *text)
{
    wire_bytes(line, field, text, strlen(text));
}

static inline void wire_message(Line *line, unsigned field, const Line *message)
{
    wire_bytes(line, field, message->data, message->size);
}

#endif
