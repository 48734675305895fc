#include "strict.h"

#include "../../sim/utf8.h"

#include <string.h>

typedef struct Scanner {
    Mem *mem;
    Diag *diag;
    JsonRecords *records;
    const unsigned char *s;
    size_t size, pos;
    JsonPlace at; /* of s[pos], but for its size */
    int depth;
    bool bad; /* something was wrong, and the rest can still be understood */
} Scanner;

/* ---- walking over the text ---- */

static JsonPlace place_here(const Scanner *scan)
{
    JsonPlace place = scan->at;
    place.size = 1;
    return place;
}

static int peek(const Scanner *scan)
{
    return scan->pos < scan->size ? scan->s[scan->pos] : -1;
}

/* One character on; bytes that are no UTF-8 count as one character each time. */
static void step(Scanner *scan)
{
    size_t bad, length = utf8_length(scan->s + scan->pos, scan->size - scan->pos, &bad);
    if (length == 0)
        length = bad;
    if (scan->s[scan->pos] == '\n') {
        scan->at.line++;
        scan->at.column = 1;
    } else {
        scan->at.column++;
    }
    scan->pos += length;
    scan->at.offset += (uint32_t)length;
}

static void skip_space(Scanner *scan)
{
    for (int c = peek(scan); c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(scan))
        step(scan);
}

static size_t open_record(Scanner *scan, JsonType type, bool is_key)
{
    JsonRecords *records = scan->records;
    if (records->count == records->room) {
        records->room = records->room ? 2 * records->room : HOSTILE(16, 1);
        records->record =
            mem_grow(scan->mem, records->record, mem_array(scan->mem, records->room, sizeof *records->record));
    }
    JsonPlace at = scan->at;
    records->record[records->count] = (JsonRecord){at.offset, 0, at.line, at.column, type, is_key};
    return records->count++;
}

static void close_record(Scanner *scan, size_t index)
{
    JsonRecord *record = &scan->records->record[index];
    record->size = scan->at.offset - record->offset;
}

static JsonPlace record_place(const Scanner *scan, size_t index)
{
    const JsonRecord *record = &scan->records->record[index];
    return (JsonPlace){scan->at.file, record->line, record->column, record->offset, record->size};
}

/* ---- strings ---- */

static int hex_digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The four digits after \u at `pos`; -1 where there are not four. */
static int hex4(const Scanner *scan, size_t pos)
{
    int code = 0;
    for (size_t i = pos; i < pos + 4; i++) {
        int digit = i < scan->size ? hex_digit(scan->s[i]) : -1;
        if (digit < 0)
            return -1;
        code = 16 * code + digit;
    }
    return code;
}

static void steps(Scanner *scan, int n)
{
    while (n-- > 0 && scan->pos < scan->size)
        step(scan);
}

/* At the backslash of \u. */
static void scan_unicode(Scanner *scan)
{
    JsonPlace place = place_here(scan);
    int code = hex4(scan, scan->pos + 2), low = -1;
    bool high = code >= 0xd800 && code < 0xdc00;
    if (high && scan->pos + 7 < scan->size && scan->s[scan->pos + 6] == '\\' && scan->s[scan->pos + 7] == 'u')
        low = hex4(scan, scan->pos + 8);
    bool pair = low >= 0xdc00 && low < 0xe000;
    if (code < 0)
        diag_error(scan->diag, place, "four hexadecimal digits follow, as in \\u00e9", "an incomplete \\u escape");
    else if (code == 0)
        diag_error(scan->diag, place, "texts end at a NUL in C; leave it out",
                   "\\u0000: a NUL is not allowed in a text");
    else if (!pair && code >= 0xd800 && code < 0xe000)
        diag_error(scan->diag, place, "write both halves, as in \\ud83d\\ude00, or the character itself",
                   "half of a surrogate pair stands alone");
    else {
        steps(scan, pair ? 12 : 6);
        return;
    }
    scan->bad = true;
    steps(scan, code < 0 ? 2 : 6);
}

static void scan_escape(Scanner *scan)
{
    int c = scan->pos + 1 < scan->size ? scan->s[scan->pos + 1] : -1;
    if (c == 'u') {
        scan_unicode(scan);
        return;
    }
    bool known = c > 0 && strchr("\"\\/bfnrt", c);
    if (!known) {
        scan->bad = true;
        diag_error(scan->diag, place_here(scan),
                   "known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX; a backslash itself is \\\\",
                   "an unknown escape");
    }
    steps(scan, c >= 0x20 ? 2 : 1);
}

static void refuse_control(Scanner *scan, int c)
{
    static const char digits[] = "0123456789abcdef", named[] = "\bb\ff\rr\tt";
    const char *help = "leave it out";
    for (const char *name = named; *name && c != 0; name += 2) {
        if (c == name[0])
            help = diag_text(scan->diag, "write \\%c", name[1]);
    }
    scan->bad = true;
    if (c == 0)
        diag_error(scan->diag, place_here(scan), help, "a NUL byte in a string");
    else
        diag_error(scan->diag, place_here(scan), help, "a raw control character (0x%c%c) in a string", digits[c / 16],
                   digits[c % 16]);
    step(scan);
}

static bool is_broken(const Scanner *scan)
{
    size_t bad;
    return scan->pos < scan->size && utf8_length(scan->s + scan->pos, scan->size - scan->pos, &bad) == 0;
}

/* One error for all that stand together. */
static void refuse_bytes(Scanner *scan)
{
    scan->bad = true;
    diag_error(scan->diag, place_here(scan), "save the file as UTF-8", "bytes that are not UTF-8");
    while (is_broken(scan))
        step(scan);
}

static bool scan_string(Scanner *scan)
{
    JsonPlace start = place_here(scan);
    for (step(scan);;) {
        int c = peek(scan);
        if (c == '"') {
            step(scan);
            return true;
        }
        if (c < 0) {
            diag_error(scan->diag, start, "close it with \"", "the string that starts here is never closed");
            return false;
        }
        if (c == '\n') {
            diag_error(scan->diag, start, "close it with \"; a line break inside is written \\n",
                       "the string that starts here is not closed on its line");
            return false;
        }
        if (c == '\\')
            scan_escape(scan);
        else if (c < 0x20)
            refuse_control(scan, c);
        else if (is_broken(scan))
            refuse_bytes(scan);
        else
            step(scan);
    }
}

/* ---- numbers and words ---- */

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '+' || c == '-' ||
           c == '.';
}

static size_t digits_from(const char *text, size_t at, size_t size)
{
    while (at < size && is_digit(text[at]))
        at++;
    return at;
}

/* What is wrong with a number's form; NULL: nothing. */
static const char *number_fault(const char *text, size_t size, const char **help)
{
    size_t at = text[0] == '-' || text[0] == '+', whole = at;
    *help = "as in 0, -2, 1.5 or 1e-3";
    if (text[0] == '+')
        return *help = "leave the + out", "a number with a plus sign";
    at = digits_from(text, whole, size);
    if (at == whole)
        return *help = "write a digit first, as in 0.5",
               text[at] == '.' ? "a number that begins with its point" : "no digit in a number";
    if (text[whole] == '0' && at > whole + 1)
        return *help = "leave the leading zeros out; JSON has no octal numbers", "a number with a leading zero";
    if (at < size && text[at] == '.') {
        size_t fraction = at + 1;
        at = digits_from(text, fraction, size);
        if (at == fraction)
            return *help = "write digits after the point, as in 1.0, or leave it out",
                   "a number that ends with its point";
    }
    if (at < size && (text[at] | 0x20) == 'e') {
        at += at + 1 < size && (text[at + 1] == '+' || text[at + 1] == '-') ? 2 : 1;
        size_t exponent = at;
        at = digits_from(text, exponent, size);
        if (at == exponent)
            return *help = "write digits after the e, as in 1e3", "a number without the digits of its exponent";
    }
    if (at < size && text[whole] == '0' && (text[whole + 1] | 0x20) == 'x')
        return *help = "write it in decimals", "a hexadecimal number, which JSON does not have";
    if (at < size)
        return *help = "a value with a unit is a string, as in \"200ms\"", "a number that goes on as a word";
    return NULL;
}

static bool has_nonzero_digit(const char *text, size_t size)
{
    for (size_t i = 0; i < size && (text[i] | 0x20) != 'e'; i++) {
        if (text[i] > '0') /* digits, a sign or a point */
            return true;
    }
    return false;
}

static const char *number_range_fault(const char *text, size_t size, const char **help)
{
    *help = "numbers lie between -1.79e308 and 1.79e308";
    if (size > JSON_NUMBER_LENGTH)
        return *help = "60 characters are the most", "a number that is too long";
    double value = json_number(text, size);
    if (value - value != 0)
        return "a number that is too large";
    if (value == 0 && has_nonzero_digit(text, size))
        return *help = "the smallest is 4.94e-324", "a number that is too close to zero";
    return NULL;
}

/* A run of characters that can only be a number, true, false, null, or a mistake. */
static void scan_word(Scanner *scan, size_t record)
{
    static const char *const words[] = {"true", "false", "null"};
    static const JsonType types[] = {JSON_TRUE, JSON_FALSE, JSON_NULL};
    JsonPlace place = place_here(scan);
    const char *text = (const char *)scan->s + scan->pos, *help = NULL, *fault;
    size_t size = 0;
    while (scan->pos + size < scan->size && is_word(text[size]))
        size++;
    for (size_t i = 0; i < size; i++)
        step(scan);
    place.size = (uint32_t)size;
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (strlen(words[i]) == size && memcmp(words[i], text, size) == 0) {
            scan->records->record[record].type = types[i];
            return;
        }
    }
    scan->records->record[record].type = JSON_NUMBER;
    if (is_digit(text[0]) || strchr("+-.", text[0])) {
        fault = number_fault(text, size, &help);
        if (!fault)
            fault = number_range_fault(text, size, &help);
        if (fault)
            diag_error(scan->diag, place, help, "%s", fault);
    } else {
        char *word = mem_copy(scan->mem, text, size < 40 ? size : 40);
        fault = word;
        for (char *c = word; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        const char *nearest = diag_nearest(word, words, COUNT_OF(words));
        help = nearest ? diag_text(scan->diag, "did you mean %s?", nearest) : "texts stand in double quotes";
        mem_free(scan->mem, word);
        word = mem_copy(scan->mem, text, size < 40 ? size : 40);
        diag_error(scan->diag, place, help, "%s is not JSON", word);
        mem_free(scan->mem, word);
    }
    scan->bad |= fault != NULL;
}

/* ---- structure ---- */

static bool scan_value(Scanner *scan);

/* What stands here instead of what was expected. Always false: structure that is broken is not guessed at. */
static bool refuse_here(Scanner *scan, const char *expected, const char *help)
{
    int c = peek(scan);
    JsonPlace place = place_here(scan);
    if (c < 0)
        diag_error(scan->diag, place, "is the file complete?", "the text ends where %s was expected", expected);
    else if (c == 0)
        diag_error(scan->diag, place, "leave it out", "a NUL byte where %s was expected", expected);
    else if (c == '/' || c == '#')
        diag_error(scan->diag, place, "put what you want to say into \"about\"", "a comment, which JSON does not have");
    else if (c == '\'')
        diag_error(scan->diag, place, "texts stand in double quotes", "a single quote where %s was expected", expected);
    else if (is_broken(scan))
        refuse_bytes(scan);
    else if (c < 0x20 || c >= 0x7f)
        diag_error(scan->diag, place, help, "an unexpected character where %s was expected", expected);
    else if (c == '"')
        diag_error(scan->diag, place, help, "a text where %s was expected", expected);
    else
        diag_error(scan->diag, place, help, "\"%c\" where %s was expected", c, expected);
    return false;
}

static bool refuse_trailing_comma(Scanner *scan, JsonPlace comma)
{
    scan->bad = true;
    diag_error(scan->diag, comma, "leave it out", "a comma after the last element");
    return true;
}

static bool scan_key(Scanner *scan)
{
    if (peek(scan) != '"')
        return is_word(peek(scan))
                   ? (diag_error(scan->diag, place_here(scan), "keys stand in double quotes", "a key without quotes"),
                      false)
                   : refuse_here(scan, "a key in double quotes", "as in { \"key\": 1 }");
    size_t record = open_record(scan, JSON_STRING, true);
    if (!scan_string(scan))
        return false;
    close_record(scan, record);
    skip_space(scan);
    if (peek(scan) != ':')
        return refuse_here(scan, "the \":\" after a key", "as in { \"key\": 1 }");
    step(scan);
    skip_space(scan);
    return true;
}

/* After an element: false where the scan ends; *more: another one follows. */
static bool scan_separator(Scanner *scan, size_t record, char close, bool *more)
{
    skip_space(scan);
    JsonPlace place = place_here(scan);
    int c = peek(scan);
    *more = c == ',';
    if (c == close)
        return step(scan), true;
    if (c < 0) {
        diag_error(scan->diag, record_place(scan, record), close == '}' ? "close it with }" : "close it with ]",
                   close == '}' ? "the object that starts here is never closed"
                                : "the array that starts here is never closed");
        return false;
    }
    if (c != ',')
        return refuse_here(scan, close == '}' ? "\",\" or \"}\"" : "\",\" or \"]\"",
                           "a comma stands between two elements");
    step(scan);
    skip_space(scan);
    if (peek(scan) == close) {
        *more = false;
        step(scan);
        return refuse_trailing_comma(scan, place);
    }
    return true;
}

static bool scan_nested(Scanner *scan, size_t record, char close)
{
    bool more = true;
    if (++scan->depth > JSON_DEPTH) {
        diag_error(scan->diag, place_here(scan), "steps can be moved into \"functions\"",
                   "arrays and objects are nested more than %d deep", JSON_DEPTH);
        return false;
    }
    step(scan);
    skip_space(scan);
    if (peek(scan) == close) {
        step(scan);
        more = false;
    }
    while (more) {
        if (peek(scan) < 0)
            return scan_separator(scan, record, close, &more); /* says that it is never closed */
        if ((close == '}' && !scan_key(scan)) || !scan_value(scan) || !scan_separator(scan, record, close, &more))
            return false;
    }
    scan->depth--;
    return true;
}

static bool scan_value(Scanner *scan)
{
    int c = peek(scan);
    bool ok = true;
    if (c != '{' && c != '[' && c != '"' && (c < 0 || !is_word(c)))
        return refuse_here(scan, "a value",
                           "a value is a text in double quotes, a number, true, false, null, an array or an object");
    size_t record = open_record(scan, c == '{' ? JSON_OBJECT : c == '[' ? JSON_ARRAY : JSON_STRING, false);
    if (c == '{' || c == '[')
        ok = scan_nested(scan, record, c == '{' ? '}' : ']');
    else if (c == '"')
        ok = scan_string(scan);
    else
        scan_word(scan, record);
    close_record(scan, record);
    return ok;
}

static void skip_mark(Scanner *scan)
{
    if (scan->size < 3 || memcmp(scan->s, "\xef\xbb\xbf", 3) != 0)
        return;
    scan->bad = true;
    diag_error(scan->diag, place_here(scan), "save the file as UTF-8 without one",
               "the text begins with a byte order mark");
    step(scan);
}

bool strict_scan(Mem *mem, JsonPlace at, const char *bytes, size_t size, size_t most, Diag *diag, JsonRecords *records)
{
    Scanner scan = {
        .mem = mem, .diag = diag, .records = records, .s = (const unsigned char *)bytes, .size = size, .at = at};
    if (size > most) {
        diag_error(diag, place_here(&scan), "arrivals can be read from a file", "the text is larger than %d MiB",
                   (int)(most >> 20));
        return false;
    }
    skip_mark(&scan);
    skip_space(&scan);
    if (peek(&scan) < 0) {
        diag_error(diag, place_here(&scan), "a spec is one JSON object", "the text is empty");
        return false;
    }
    if (!scan_value(&scan))
        return false;
    skip_space(&scan);
    if (peek(&scan) >= 0) {
        diag_error(diag, place_here(&scan), "a spec is one JSON value", "something follows the end of the JSON");
        return false;
    }
    return !scan.bad;
}
