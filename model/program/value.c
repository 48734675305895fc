/* value: comparison, conversion and printing, as JavaScript has them. */
#include "value.h"

#include "../spec/json.h"
#include "number.h"
#include <math.h>
#include <string.h>

bool value_truthy(Value value)
{
    switch (value.type) {
    case VALUE_UNDEFINED: return false;
    case VALUE_BOOL: return value.as.boolean;
    case VALUE_NUMBER: return value.as.number < 0 || value.as.number > 0;
    case VALUE_STRING: return value.as.text->size > 0;
    default: return true;
    }
}

bool value_equal(Value a, Value b)
{
    if (a.type != b.type)
        return false;
    switch (a.type) {
    case VALUE_UNDEFINED: return true;
    case VALUE_BOOL: return a.as.boolean == b.as.boolean;
    case VALUE_NUMBER: return a.as.number == b.as.number;
    case VALUE_STRING:
        return a.as.text->size == b.as.text->size && memcmp(a.as.text->bytes, b.as.text->bytes, a.as.text->size) == 0;
    default: return a.as.object == b.as.object;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How much of a text is a decimal number without a sign, and whether it has a digit. */
static const char *skip_decimal(const char *p, const char *end, bool *digits)
{
    for (*digits = false; p < end && is_digit(*p); p++)
        *digits = true;
    if (p < end && *p == '.')
        for (p++; p < end && is_digit(*p); p++)
            *digits = true;
    if (*digits && end - p >= 2 && (*p | 32) == 'e' &&
        (is_digit(p[1]) || ((p[1] == '+' || p[1] == '-') && end - p >= 3 && is_digit(p[2]))))
        for (p += 2; p < end && is_digit(*p);)
            p++;
    return p;
}

/* Number(text): decimals of a reasonable length and Infinity (not 0x, 0o and 0b); NaN where it is none. */
static double text_to_number(const Text *text)
{
    const char *p = text->bytes, *end = p + text->size;
    bool digits;
    while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
        p++;
    while (end > p && (end[-1] == ' ' || (end[-1] >= '\t' && end[-1] <= '\r')))
        end--;
    if (p == end)
        return 0;
    bool negative = *p == '-';
    p += *p == '-' || *p == '+';
    if (end - p == 8 && memcmp(p, "Infinity", 8) == 0)
        return negative ? -INFINITY : INFINITY;
    if (skip_decimal(p, end, &digits) != end || !digits || end - p > JSON_NUMBER_LENGTH)
        return NAN;
    double value = json_number(p, (size_t)(end - p));
    return negative ? -value : value;
}

double value_to_number(Value value)
{
    switch (value.type) {
    case VALUE_BOOL: return value.as.boolean;
    case VALUE_NUMBER: return value.as.number;
    case VALUE_DURATION: return (double)value.as.duration / (double)TIME_MS;
    case VALUE_STRING: return text_to_number(value.as.text);
    default: return NAN;
    }
}

double number_mod(double a, double b)
{
    return fmod(a, b); /* exact by definition */
}

Time value_any_to_time(Value value)
{
    double ms = value_to_number(value);
    if (!(ms > 0))
        return 0;
    const Time most_ms = TIME_MAX_RUN / TIME_MS; /* without a remainder */
    if (ms >= (double)most_ms)
        return TIME_MAX_RUN;
    return (Time)(ms * (double)TIME_MS + 0.5);
}

const char *const error_class_name[ERROR_CLASSES] = {
    [ERROR_PLAIN] = "Error",      [ERROR_TYPE] = "TypeError",           [ERROR_REFERENCE] = "ReferenceError",
    [ERROR_RANGE] = "RangeError", [ERROR_AGGREGATE] = "AggregateError",
};

/* What is no array; `string` as String(value), else as the corpus prints it. */
static void print_one(Buf *buf, Value value, bool string)
{
    switch (value.type) {
    case VALUE_UNDEFINED: buf_text(buf, "undefined"); break;
    case VALUE_BOOL: buf_text(buf, value.as.boolean ? "true" : "false"); break;
    case VALUE_NUMBER: number_print(buf, value.as.number); break;
    case VALUE_ERROR:
        if (string)
            buf_text(buf, error_class_name[value.error]);
        if (string && value.as.text->size > 0)
            buf_text(buf, ": ");
        buf_bytes(buf, value.as.text->bytes, value.as.text->size);
        break;
    case VALUE_STRING: buf_bytes(buf, value.as.text->bytes, value.as.text->size); break;
    case VALUE_PROMISE: buf_text(buf, string ? "[object Promise]" : "[promise]"); break;
    default: buf_text(buf, string ? "[object Object]" : "[object]"); break;
    }
}

/* Arrays whose items are being printed, the outermost first: they nest as deep as a program likes. */
typedef struct Nest {
    Mem *mem;
    struct Level {
        const Array *array;
        uint32_t at; /* the next item */
    } * level;
    size_t depth, room;
} Nest;

static void nest_push(Nest *nest, const Array *array)
{
    if (nest->depth == nest->room) {
        nest->room = nest->room > 0 ? 2 * nest->room : 16;
        nest->level = mem_grow(nest->mem, nest->level, mem_array(nest->mem, nest->room, sizeof *nest->level));
    }
    nest->level[nest->depth++] = (struct Level){.array = array};
}

/* The next item, with the comma before it; false: there is none. */
static bool nest_next(Nest *nest, Buf *buf, Value *value)
{
    while (nest->depth > 0) {
        struct Level *top = &nest->level[nest->depth - 1];
        if (top->at == top->array->count) {
            nest->depth--;
            continue;
        }
        if (top->at > 0)
            buf_char(buf, ',');
        *value = top->array->item[top->at++];
        return true;
    }
    return false;
}

static void print_value(Buf *buf, Value value, bool string)
{
    Nest nest = {.mem = buf->mem};
    do {
        while (value.type == VALUE_SETTLED && !string) {
            buf_text(buf, value.as.settled->rejected ? "rejected:" : "fulfilled:");
            value = value.as.settled->value;
        }
        if (value.type == VALUE_ARRAY)
            nest_push(&nest, value.as.array);
        else if (value.type != VALUE_UNDEFINED || nest.depth == 0 ||
                 !string) /* within an array String() leaves it empty */
            print_one(buf, value, string);
    } while (buf->size <= VALUE_TEXT_MOST && nest_next(&nest, buf, &value));
    mem_free(nest.mem, nest.level);
}

void value_text_of(Buf *buf, Value value)
{
    print_value(buf, value, true);
}

void value_print(Buf *buf, Value value)
{
    print_value(buf, value, false);
}
