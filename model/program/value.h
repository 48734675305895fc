/* value: what a variable of the step language may hold. Objects live in the memory of the job (a request, or the whole
 * program) that made them. */
#ifndef MODEL_PROGRAM_VALUE_H
#define MODEL_PROGRAM_VALUE_H

#include "../../sim/buf.h"

typedef enum ValueType {
    VALUE_UNSET,     /* declared, not yet initialised */
    VALUE_UNDEFINED, /* undefined and null are one */
    VALUE_BOOL,
    VALUE_NUMBER,
    VALUE_DURATION, /* an exact number of ns; as a number it is in ms */
    VALUE_STRING,
    VALUE_ERROR,
    VALUE_ARRAY,
    VALUE_SETTLED,
    VALUE_PROMISE,
    VALUE_THENABLE,
    VALUE_FUNCTION,
    VALUE_RESOLVER,
    VALUE_TIMER,
    VALUE_IMMEDIATE,
    VALUE_REQUEST,
    VALUE_HANDLE,
    VALUE_EMITTER
} ValueType;

typedef struct Text {
    uint32_t size;
    bool collected;    /* an object of a program's heap; else it stays */
    const char *bytes; /* NUL-terminated */
} Text;

/* The class of an error: what stands before its message where it is made a text. */
typedef enum ErrorClass {
    ERROR_PLAIN,
    ERROR_TYPE,
    ERROR_REFERENCE,
    ERROR_RANGE,
    ERROR_AGGREGATE,
    ERROR_CLASSES
} ErrorClass;
extern const char *const error_class_name[ERROR_CLASSES]; /* "Error" … */

typedef struct Value {
    ValueType type;
    ErrorClass error; /* VALUE_ERROR */
    union {
        bool boolean;
        double number;
        Time duration;
        const Text *text; /* strings; the message of an error */
        struct Array *array;
        struct Settled *settled;
        struct Promise *promise;
        struct Thenable *thenable;
        struct Closure *closure;
        struct Resolver *resolver;
        struct Timer *timer;
        struct Immediate *immediate;
        struct Op *request;
        struct Handle *handle;
        struct Emitter *emitter;
        void *object;
    } as;
} Value;

typedef struct Array {
    uint32_t count;
    Value item[];
} Array;

typedef struct Settled { /* a result of allSettled */
    bool rejected;
    Value value;
} Settled;

static inline Value value_undefined(void)
{
    return (Value){.type = VALUE_UNDEFINED};
}
static inline Value value_number(double n)
{
    return (Value){.type = VALUE_NUMBER, .as.number = n};
}
static inline Value value_bool(bool b)
{
    return (Value){.type = VALUE_BOOL, .as.boolean = b};
}
static inline Value value_object(ValueType type, void *object)
{
    return (Value){.type = type, .as.object = object};
}

bool value_truthy(Value value);
bool value_equal(Value a, Value b);  /* as === */
double value_to_number(Value value); /* NaN where it is none */
Time value_any_to_time(Value value);
static inline Time
value_to_time(Value value) /* a number is ms; rounded to ns; negative and NaN are 0; at most TIME_MAX_RUN */
{
    return value.type == VALUE_DURATION ? value.as.duration : value_any_to_time(value);
}

enum {
    VALUE_TEXT_MOST = (1 << 29) - 24
}; /* V8's longest string. What follows stops when the buffer holds more; whoever makes a text of it asks */
void value_text_of(Buf *buf, Value value); /* as String(value): an error with its class, an array comma-separated */
/* As the corpus prints it: an error as its message, an array comma-separated … */
void value_print(Buf *buf, Value value);
double number_mod(double a, double b); /* the remainder, with the sign of a */

#endif
