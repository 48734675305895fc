/* line: the bytes of an event while it is put together, before they go to the Out.
 *
 * A trace is millions of short events, so this is the inner loop of a traced run: room is checked once for a piece, and
 * numbers are printed two digits at a time. Nothing here depends on a locale or the machine. */
#ifndef TRACES_LINE_H
#define TRACES_LINE_H

#include "../sim/buf.h"
#include <string.h>

typedef struct Line {
    Mem *mem;
    char *data;
    size_t size, room;
    Buf escaped; /* texts that need it */
} Line;

enum { LINE_DIGITS = 20 }; /* of the largest uint64 */

void line_init(Line *line, Mem *mem);
void line_free(Line *line);
void line_grow(Line *line, size_t more);
void line_json(Line *line, const char *text); /* quoted and escaped */
void line_insert(Line *line, size_t at, const char *bytes, size_t size);

/* `size` bytes may be written there; line->size grows by what was used. */
static inline char *line_room(Line *line, size_t size)
{
    if (line->room - line->size <= size)
        line_grow(line, size);
    return line->data + line->size;
}

static inline void line_bytes(Line *line, const void *bytes, size_t size)
{
    memcpy(line_room(line, size), bytes, size);
    line->size += size;
}

#define line_text(line, literal) line_bytes((line), "" literal, sizeof(literal) - 1)

/* Prints `value` so that it ends before `end`; returns its first digit. */
static inline char *line_digits(char *end, uint64_t value)
{
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
        "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
        "949596979899";
    while (value >= 100) {
        end -= 2;
        memcpy(end, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        end -= 2;
        memcpy(end, pairs + 2 * value, 2);
    } else {
        *--end = (char)('0' + value);
    }
    return end;
}

static inline void line_u64(Line *line, uint64_t value)
{
    char digits[LINE_DIGITS], *end = digits + sizeof digits, *at = line_digits(end, value);
    line_bytes(line, at, (size_t)(end - at));
}

static inline void line_i64(Line *line, int64_t value)
{
    if (value < 0)
        line_text(line, "-");
    line_u64(line, value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value);
}

/* Microseconds with three decimals, of a time that is not negative. */
static inline void line_us(Line *line, Time ns)
{
    uint64_t us = (uint64_t)ns / 1000;
    unsigned rest = (unsigned)((uint64_t)ns - us * 1000);
    line_u64(line, us);
    char *at = line_room(line, 4);
    at[0] = '.';
    at[1] = (char)('0' + rest / 100);
    at[2] = (char)('0' + rest / 10 % 10);
    at[3] = (char)('0' + rest % 10);
    line->size += 4;
}

#endif
