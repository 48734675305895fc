#include "check_wire.h"

#include "../sim/utf8.h"

static bool read_varint(Message *message, uint64_t *value, const char **fault)
{
    *value = 0;
    for (unsigned shift = 0; message->at < message->end && shift < 64; shift += 7) {
        unsigned byte = *message->at++;
        *value |= (uint64_t)(byte & 127) << shift;
        if (byte >= 128)
            continue;
        if ((byte == 0 && shift > 0) || (shift == 63 && byte > 1))
            *fault = "a number that is longer than it need be, or than it may";
        return !*fault;
    }
    *fault = message->at == message->end ? "it ends within a number" : "a number of more than 64 bits";
    return false;
}

static bool read_fixed64(Message *message, uint64_t *value, const char **fault)
{
    if (message->end - message->at < 8) {
        *fault = "it ends within a number";
        return false;
    }
    *value = 0;
    for (unsigned i = 0; i < 8; i++)
        *value |= (uint64_t)*message->at++ << 8 * i;
    return true;
}

static bool read_bytes(Message *message, Message *inner, const char **fault)
{
    uint64_t size;
    if (!read_varint(message, &size, fault))
        return false;
    if (size > (uint64_t)(message->end - message->at)) {
        *fault = "it ends within a message or a text";
        return false;
    }
    *inner = (Message){message->at, message->at + size};
    message->at += size;
    return true;
}

static bool allows(const Shape shape[], uint64_t tag)
{
    for (; shape->number != 0; shape++)
        if ((shape->number << 3 | shape->type) == tag)
            return true;
    return false;
}

bool field_next(Message *message, const Shape shape[], Field *field, const char **fault)
{
    uint64_t tag;
    if (*fault || message->at == message->end || !read_varint(message, &tag, fault))
        return false;
    if (!allows(shape, tag)) {
        *fault = "a field that loopsim does not write";
        return false;
    }
    *field = (Field){.number = (unsigned)(tag >> 3)};
    switch (tag & 7) {
    case FIELD_NUMBER: return read_varint(message, &field->value, fault);
    case FIELD_FIXED64: return read_fixed64(message, &field->value, fault);
    default: return read_bytes(message, &field->message, fault);
    }
}

PullText field_text(const Field *field, const char **fault)
{
    const unsigned char *at = field->message.at, *end = field->message.end;
    PullText text = {(const char *)at, (size_t)(end - at)};
    while (at < end) {
        size_t bad, length = utf8_length(at, (size_t)(end - at), &bad);
        if (length == 0) {
            *fault = "a text is not UTF-8";
            break;
        }
        at += length;
    }
    return text;
}
