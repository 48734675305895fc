#include "vary.h"

#include <string.h>

enum { MICRO = 1000000 };

typedef struct Number {
    int64_t micro;
    const char *unit;
    size_t unit_size;
} Number;

/* Digits with at most six decimals, then anything as a unit. */
static bool read_number(const char *text, size_t size, Number *number)
{
    size_t at = 0;
    uint64_t value = 0, decimals = 0;
    bool point = false;
    for (; at < size; at++) {
        if (text[at] == '.' && !point && at > 0 && at + 1 < size && text[at + 1] >= '0' && text[at + 1] <= '9') {
            point = true;
            continue;
        }
        if (text[at] < '0' || text[at] > '9')
            break;
        if (value > UINT64_C(900000000000) || decimals == 6)
            return false;
        value = value * 10 + (uint64_t)(text[at] - '0');
        decimals += point;
    }
    if (at == 0)
        return false;
    for (; decimals < 6; decimals++) {
        if (value > UINT64_C(900000000000000000))
            return false;
        value *= 10;
    }
    *number = (Number){(int64_t)value, text + at, size - at};
    return true;
}

static bool same_unit(const Number *a, const Number *b)
{
    return a->unit_size == b->unit_size && memcmp(a->unit, b->unit, a->unit_size) == 0;
}

void vary_write(Buf *buf, int64_t number, const char *unit)
{
    buf_fixed(buf, number, 6);
    while (buf->data[buf->size - 1] == '0')
        buf->data[--buf->size] = '\0';
    if (buf->data[buf->size - 1] == '.')
        buf->data[--buf->size] = '\0';
    buf_text(buf, unit);
}

static bool add_value(Vary *vary, Mem *mem, const char *text, size_t size)
{
    if (vary->count == SWEEP_MOST)
        return false;
    if ((vary->count & (vary->count - 1)) == 0)
        vary->value = mem_grow(mem, vary->value, mem_array(mem, 2 * (size_t)vary->count + 1, sizeof *vary->value));
    vary->value[vary->count++] = mem_copy(mem, text, size);
    return true;
}

static bool add_number(Vary *vary, Mem *mem, int64_t number, const char *unit)
{
    Buf text;
    buf_init(&text, mem, 4096);
    vary_write(&text, number, unit);
    bool again = vary->count > 0 && strcmp(vary->value[vary->count - 1], text.data) == 0;
    bool fine = again || add_value(vary, mem, text.data, text.size);
    buf_free(&text);
    return fine;
}

static const char too_many[] = "more than 100000 points";

static const char *add_steps(Vary *vary, Mem *mem, int64_t from, int64_t to, int64_t step, const char *unit)
{
    if (step <= 0)
        return "the step must be above 0";
    for (int64_t value = from; value <= to; value += step)
        if (!add_number(vary, mem, value, unit))
            return too_many;
    return NULL;
}

static int64_t rounded(double value, bool whole)
{
    int64_t micro = (int64_t)(value + 0.5), scale = whole ? MICRO : 1;
    if (!whole)
        while (micro / scale >= 10000)
            scale *= 10;
    return (micro + scale / 2) / scale * scale;
}

static const char *add_powers(Vary *vary, Mem *mem, int64_t from, int64_t to, int64_t factor, const char *unit)
{
    bool whole = unit[0] == '\0' || strcmp(unit, "ns") == 0 || strcmp(unit, "B") == 0;
    if (factor <= MICRO)
        return "the factor must be above 1";
    if (from <= 0)
        return "a range with a factor begins above 0";
    double value = (double)from, last = (double)to * (1 + 1e-9); /* so that the rounding of each step leaves none out */
    while (value <= last) {
        if (!add_number(vary, mem, rounded(value, whole), unit))
            return too_many;
        value = value * (double)factor / MICRO;
    }
    return NULL;
}

static const char *read_range(Vary *vary, Mem *mem, const char *text, const char *dots, const char *colon)
{
    Number from, to, step;
    bool powers = colon[1] == 'x';
    const char *last = colon + 1 + powers;
    if (!read_number(text, (size_t)(dots - text), &from) || !read_number(dots + 2, (size_t)(colon - dots - 2), &to) ||
        !read_number(last, strlen(last), &step))
        return "not of the form FROM..TO:STEP or FROM..TO:xFACTOR with numbers of at most six decimals";
    const Number *unit = !powers && step.unit_size > 0 ? &step : &to;
    if (powers && step.unit_size > 0)
        return "a factor has no unit";
    if ((from.unit_size > 0 && !same_unit(&from, unit)) || (to.unit_size > 0 && !same_unit(&to, unit)) ||
        (!powers && step.unit_size == 0 && unit->unit_size > 0))
        return "the numbers of a range have one unit, at the last or at all of them";
    if (from.micro > to.micro)
        return "a range goes upwards";
    vary->unit = mem_copy(mem, unit->unit, unit->unit_size);
    return powers ? add_powers(vary, mem, from.micro, to.micro, step.micro, vary->unit)
                  : add_steps(vary, mem, from.micro, to.micro, step.micro, vary->unit);
}

/* Commas within brackets and quotes belong to the value. */
static const char *read_list(Vary *vary, Mem *mem, const char *text)
{
    int depth = 0;
    bool quoted = false;
    const char *start = text;
    for (const char *c = text;; c++) {
        if (*c == '\0' || (*c == ',' && depth == 0 && !quoted)) {
            if (c == start)
                return "a value is missing";
            if (!add_value(vary, mem, start, (size_t)(c - start)))
                return too_many;
            start = c + 1;
            if (*c == '\0')
                return NULL;
        } else if (*c == '"' && (c == text || c[-1] != '\\')) {
            quoted = !quoted;
        } else if (!quoted) {
            depth += (*c == '[' || *c == '{') - (*c == ']' || *c == '}');
        }
    }
}

void vary_find_numbers(Vary *vary, Mem *mem)
{
    Number first = {0, "", 0}, number;
    vary->number = mem_get(mem, mem_array(mem, (size_t)vary->count + 1, sizeof *vary->number));
    vary->numeric = false;
    vary->unit = "";
    for (int i = 0; i < vary->count; i++) {
        if (!read_number(vary->value[i], strlen(vary->value[i]), &number))
            return;
        if (i == 0)
            first = number;
        if (!same_unit(&first, &number) || (i > 0 && number.micro <= vary->number[i - 1]))
            return;
        vary->number[i] = number.micro;
    }
    vary->unit = mem_copy(mem, first.unit, first.unit_size);
    vary->numeric = true;
}

const char *vary_read(Vary *vary, Mem *mem, const char *text)
{
    const char *equals = strchr(text, '=');
    must(equals, "a range without a path");
    const char *values = equals + 1, *dots = strstr(values, ".."), *colon = dots ? strrchr(dots, ':') : NULL;
    memset(vary, 0, sizeof *vary);
    vary->path = mem_copy(mem, text, (size_t)(equals - text));
    if (dots && !colon && values[0] != '"')
        return "a range needs a step, as in 100/s..1000/s:100/s";
    const char *wrong = colon ? read_range(vary, mem, values, dots, colon) : read_list(vary, mem, values);
    if (!wrong)
        vary_find_numbers(vary, mem);
    return wrong;
}
