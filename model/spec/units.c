#include "units.h"

#include <string.h>

typedef struct Unit {
    const char *name;
    int64_t size;
} Unit;

static const Unit time_units[] = {
    {"ns", 1}, {"us", TIME_US}, {"ms", TIME_MS}, {"s", TIME_S}, {"m", 60 * TIME_S}, {"h", 3600 * TIME_S},
};
static const Unit size_units[] = {
    {"B", 1},
    {"kB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"KiB", 1024},
    {"MiB", INT64_C(1) << 20},
    {"GiB", INT64_C(1) << 30},
};
#define TIME_UNITS "ns us ms s m h"
#define SIZE_UNITS "B kB MB GB KiB MiB GiB"
#define SIZE_MOST (INT64_C(1) << 60)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool fail(const char **why, const char *text)
{
    *why = text;
    return false;
}

/* The length of the decimal number at the start (digits, and digits after a point), 0 where there is none. */
static size_t decimal_length(const char *text)
{
    size_t n = 0;
    while (is_digit(text[n]))
        n++;
    if (n > 0 && text[n] == '.' && is_digit(text[n + 1])) {
        for (n++; is_digit(text[n]);)
            n++;
    }
    return n;
}

static const Unit *find_unit(const char *name, size_t size, const Unit units[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strlen(units[i].name) == size && memcmp(units[i].name, name, size) == 0)
            return &units[i];
    }
    return NULL;
}

typedef enum Exact { EXACT_OK, EXACT_LARGE, EXACT_FINE } Exact;

/* decimal * unit as an integer of at most `most`. EXACT_FINE: it has more digits than that can hold. */
static Exact exact_product(const char *decimal, size_t size, int64_t unit, int64_t most, int64_t *product)
{
    int64_t whole = 0, left = unit, sum;
    size_t i = 0;
    for (; i < size && decimal[i] != '.'; i++) {
        if (whole > (INT64_MAX - 9) / 10)
            return EXACT_LARGE;
        whole = 10 * whole + (decimal[i] - '0');
    }
    if (whole > most / unit)
        return EXACT_LARGE;
    sum = whole * unit;
    /* The fraction, digit by digit, as base-10 long multiplication: `left` is the worth of the next place. Units of
     * minutes, hours and powers of 1024 do not divide by 10 for ever, so the worth is kept over a power of ten that
     * grows instead. */
    int64_t parts = 0, scale = 1;
    for (i += i < size; i < size; i++) {
        if (scale > INT64_C(100000000000000))
            return EXACT_FINE;
        parts = 10 * parts + (decimal[i] - '0');
        scale *= 10;
    }
    /* parts / scale < 1, unit <= 3.6e12: reduce before multiplying so that the product fits. */
    for (int64_t prime = 2; prime <= 5; prime += 3) {
        while (scale % prime == 0 && left % prime == 0) {
            scale /= prime;
            left /= prime;
        }
    }
    if (parts % scale != 0)
        return EXACT_FINE;
    sum += parts / scale * left;
    if (sum > most)
        return EXACT_LARGE;
    *product = sum;
    return EXACT_OK;
}

bool value_duration(const char *text, Time *ns, const char **why)
{
    size_t number = decimal_length(text);
    if (strcmp(text, "0") == 0)
        return *ns = 0, true;
    if (text[0] == '-' && decimal_length(text + 1) > 0)
        return fail(why, "a duration cannot be negative");
    if (number == 0)
        return fail(why, "not a duration: a number and a unit (" TIME_UNITS ")");
    if (!text[number])
        return fail(why, "a duration without a unit (" TIME_UNITS ")");
    const Unit *unit = find_unit(text + number, strlen(text + number), time_units, COUNT_OF(time_units));
    if (!unit)
        return fail(why, "not a unit of time (" TIME_UNITS ")");
    switch (exact_product(text, number, unit->size, TIME_MAX_RUN, ns)) {
    case EXACT_OK: return true;
    case EXACT_LARGE: return fail(why, "a duration of more than ten years");
    default: return fail(why, "more digits than whole nanoseconds have");
    }
}

bool value_size(const char *text, int64_t *bytes, const char **why)
{
    size_t number = decimal_length(text);
    if (text[0] == '-' && decimal_length(text + 1) > 0)
        return fail(why, "a size cannot be negative");
    if (number == 0)
        return fail(why, "not a size: a number and a unit (" SIZE_UNITS ")");
    if (!text[number])
        return fail(why, "a size without a unit (" SIZE_UNITS ")");
    const Unit *unit = find_unit(text + number, strlen(text + number), size_units, COUNT_OF(size_units));
    if (!unit)
        return fail(why, "not a unit of size (" SIZE_UNITS ")");
    switch (exact_product(text, number, unit->size, SIZE_MOST, bytes)) {
    case EXACT_OK: return true;
    case EXACT_LARGE: return fail(why, "a size of more than 2^60 bytes");
    default: return fail(why, "more digits than whole bytes have");
    }
}

/* NUMBER[UNIT]/TIME: *number is the decimal, *unit its unit's size, *time that of the time. */
static bool split_rate(const char *text, const Unit units[], size_t n, double *number, double *unit, double *time)
{
    size_t size = decimal_length(text);
    const char *slash = strchr(text, '/');
    if (size == 0 || !slash || size > JSON_NUMBER_LENGTH)
        return false;
    const char *name = text + size;
    const Unit *of = n > 0 ? find_unit(name, (size_t)(slash - name), units, n) : NULL;
    const Unit *per = find_unit(slash + 1, strlen(slash + 1), time_units, COUNT_OF(time_units));
    if (!per || (n > 0 ? !of : name != slash))
        return false;
    *number = json_number(text, size);
    *unit = of ? (double)of->size : 1;
    *time = (double)per->size;
    return true;
}

bool value_rate(const char *text, double *per_second, const char **why)
{
    double number, unit, time;
    if (decimal_length(text) > 0 && !strchr(text, '/'))
        return fail(why, "a rate without its time (/ns /us /ms /s /m /h)");
    if (!split_rate(text, NULL, 0, &number, &unit, &time))
        return fail(why, "not a rate: a number, a slash and a unit of time (" TIME_UNITS ")");
    *per_second = number * 1e9 / time;
    if (*per_second > 1e9)
        return fail(why, "a rate above one in a nanosecond");
    return true;
}

bool value_bandwidth(const char *text, double *per_second, const char **why)
{
    double number, unit, time;
    if (!split_rate(text, size_units, COUNT_OF(size_units), &number, &unit, &time))
        return fail(why, "not a bandwidth: a size, a slash and a unit of time, as in \"1GB/s\"");
    *per_second = number * unit * 1e9 / time;
    if (*per_second > 1e18)
        return fail(why, "a bandwidth above 1e18 bytes per second");
    return true;
}

bool value_fraction(const char *text, double *fraction, const char **why)
{
    size_t number = decimal_length(text);
    bool percent = number > 0 && strcmp(text + number, "%") == 0;
    if (number == 0 || number > JSON_NUMBER_LENGTH || (text[number] && !percent))
        return fail(why, "not a share: \"5%\" or 0.05");
    *fraction = json_number(text, number) / (percent ? 100 : 1);
    if (*fraction > 1)
        return fail(why, percent ? "more than 100%" : "more than 1");
    return true;
}

bool value_count(const char *text, int64_t *count, const char **why)
{
    const char *digits = text + (text[0] == '-');
    uint64_t value = 0;
    size_t n = 0;
    for (; is_digit(digits[n]); n++) {
        if (value <= INT64_MAX / 10)
            value = 10 * value + (uint64_t)(digits[n] - '0');
        if (n >= 18)
            return fail(why, "a count of more than 18 digits");
    }
    if (n == 0 || digits[n])
        return fail(why, "not a whole number in plain digits");
    *count = digits == text ? (int64_t)value : -(int64_t)value;
    return true;
}

bool value_seed(const char *text, uint64_t *seed, const char **why)
{
    bool hex = text[0] == '0' && text[1] == 'x';
    const char *digits = text + (hex ? 2 : 0);
    uint64_t base = hex ? 16 : 10, value = 0;
    for (; *digits; digits++) {
        char c = *digits;
        int digit = is_digit(c)                   ? c - '0'
                    : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                  : -1;
        if (digit < 0)
            return fail(why, "not a seed: 42 or \"0x2a\"");
        if (value > (UINT64_MAX - (uint64_t)digit) / base)
            return fail(why, "a seed above 2^64-1");
        value = base * value + (uint64_t)digit;
    }
    if (digits == text + (hex ? 2 : 0))
        return fail(why, "not a seed: 42 or \"0x2a\"");
    *seed = value;
    return true;
}

static void write_whole(Buf *out, int64_t value, const Unit units[], const int order[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const Unit *unit = &units[order[i]];
        if (value % unit->size == 0 && (value != 0 || unit->size == 1)) {
            buf_i64(out, value / unit->size);
            buf_text(out, unit->name);
            return;
        }
    }
}

void value_write_duration(Buf *out, Time ns)
{
    static const int order[] = {3, 2, 1, 0};
    write_whole(out, ns, time_units, order, COUNT_OF(order));
}

void value_write_size(Buf *out, int64_t bytes)
{
    static const int order[] = {6, 5, 4, 0};
    write_whole(out, bytes, size_units, order, COUNT_OF(order));
}
