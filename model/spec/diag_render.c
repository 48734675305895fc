/* How a report of errors looks. Everything that comes from an input is escaped, because it goes to a terminal. */
#include "../../sim/utf8.h"
#include "diag.h"

#include <string.h>

enum {
    LINE_WIDTH = 100, /* characters of a shown line */
    LEFT_OF_CARET = 60,
    TAB = 4
};

static void put_escape(Buf *out, const char *start, uint32_t code, unsigned digits)
{
    buf_text(out, start);
    for (unsigned shift = 4 * digits; shift > 0; shift -= 4)
        buf_char(out, "0123456789abcdef"[code >> (shift - 4) & 15]);
}

/* Characters that change how what follows is shown: C0, DEL, C1, and those that set the direction of writing. */
static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

/* Puts the character at `s`, escaped where it must be; returns its bytes, and adds its columns to *width. */
static size_t put_character(Buf *out, const char *s, size_t left, size_t *width)
{
    size_t bad, length = utf8_length((const unsigned char *)s, left, &bad), before = out->size;
    if (length == 0) {
        put_escape(out, "\\x", (unsigned char)*s, 2);
        length = 1;
        *width += out->size - before;
        return length;
    }
    uint32_t code = utf8_code((const unsigned char *)s, length);
    if (is_control(code))
        put_escape(out, code < 0x100 ? "\\x" : "\\u", code, code < 0x100 ? 2 : 4);
    else
        buf_bytes(out, s, length);
    *width += is_control(code) ? out->size - before : 1;
    return length;
}

void diag_shown(Buf *out, const char *text, size_t size)
{
    size_t width = 0;
    for (size_t i = 0; i < size;)
        i += put_character(out, text + i, size - i, &width);
}

/* The part of a line that is shown around `caret` (an offset in it). */
typedef struct Excerpt {
    const char *line;
    size_t from, to, caret;
    bool cut_left, cut_right;
} Excerpt;

static bool is_inner_byte(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static Excerpt find_excerpt(const DiagSource *source, size_t offset)
{
    size_t from = offset < source->size ? offset : source->size, to = from, caret;
    while (from > 0 && source->bytes[from - 1] != '\n')
        from--;
    while (to < source->size && source->bytes[to] != '\n')
        to++;
    if (to > from && source->bytes[to - 1] == '\r')
        to--;
    Excerpt part = {source->bytes + from, 0, to - from, 0, false, false};
    caret = part.caret = offset - from < part.to ? offset - from : part.to;
    if (part.to <= LINE_WIDTH)
        return part;
    if (caret > LEFT_OF_CARET) {
        part.from = caret - LEFT_OF_CARET;
        while (part.from < caret && is_inner_byte(part.line[part.from]))
            part.from++;
        part.cut_left = true;
    }
    if (part.to - part.from > LINE_WIDTH) {
        part.to = part.from + LINE_WIDTH;
        while (part.to > caret && is_inner_byte(part.line[part.to]))
            part.to--;
        part.cut_right = true;
    }
    return part;
}

static void put_excerpt(Buf *out, const DiagSource *source, size_t offset)
{
    Excerpt part = find_excerpt(source, offset);
    size_t width = part.cut_left ? 3 : 0, caret = width;
    buf_text(out, part.cut_left ? "    ..." : "    ");
    for (size_t i = part.from; i < part.to;) {
        if (i <= part.caret)
            caret = width;
        if (part.line[i] == '\t') {
            buf_repeat(out, ' ', TAB);
            width += TAB;
            i++;
        } else {
            i += put_character(out, part.line + i, part.to - i, &width);
        }
    }
    if (part.caret >= part.to)
        caret = width;
    buf_text(out, part.cut_right ? "...\n    " : "\n    ");
    buf_repeat(out, ' ', caret);
    buf_text(out, "^\n");
}

static void put_entry(Buf *out, const Diag *diag, const DiagEntry *entry)
{
    const JsonPlace *place = &entry->place;
    if (place->file) {
        diag_shown(out, place->file, strlen(place->file));
        if (place->line > 0)
            buf_f(out, ":%u:%u", (unsigned)place->line, (unsigned)place->column);
        buf_text(out, ": ");
    }
    buf_text(out, entry->level == DIAG_ERROR ? "error: " : "warning: ");
    diag_shown(out, entry->what, strlen(entry->what));
    buf_char(out, '\n');
    if (entry->source < diag->sources && place->line > 0)
        put_excerpt(out, &diag->source[entry->source], place->offset);
    if (entry->help) {
        buf_text(out, "help: ");
        diag_shown(out, entry->help, strlen(entry->help));
        buf_char(out, '\n');
    }
}

static void put_more(Buf *out, size_t more, const char *what)
{
    if (more == 0)
        return;
    buf_text(out, "and ");
    buf_u64(out, more);
    buf_f(out, " more %s%s\n", what, more > 1 ? "s" : "");
}

void diag_render(Buf *out, const Diag *diag)
{
    size_t errors = 0;
    for (size_t i = 0; i < diag->count; i++) {
        put_entry(out, diag, &diag->entry[i]);
        errors += diag->entry[i].level == DIAG_ERROR;
    }
    put_more(out, diag->errors - errors, "error");
    put_more(out, diag->warnings - (diag->count - errors), "warning");
}
