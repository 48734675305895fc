#include "diag.h"

#include <stdarg.h>
#include <string.h>

enum {
    ARGUMENT_MOST = 80, /* bytes of a text from the input that a message repeats */
    WORD_MOST = 64,     /* longer words have no neighbours */
    LIST_MOST = 24,     /* words that a help line lists */
    TEXT_MOST = 4096
};

void diag_init(Diag *diag, Mem *mem)
{
    memset(diag, 0, sizeof *diag);
    diag->mem = mem;
}

void diag_source(Diag *diag, const char *file, const char *bytes, size_t size)
{
    diag->source = mem_grow(diag->mem, diag->source, mem_array(diag->mem, diag->sources + 1, sizeof *diag->source));
    diag->source[diag->sources++] = (DiagSource){file, bytes, size};
}

static size_t find_source(const Diag *diag, const char *file)
{
    size_t i = 0;
    while (i < diag->sources && diag->source[i].file != file)
        i++;
    return i;
}

/* ---- texts ---- */

static void put_cut(Buf *out, const char *text)
{
    size_t size = strlen(text), keep = ARGUMENT_MOST;
    if (size <= ARGUMENT_MOST) {
        buf_bytes(out, text, size);
        return;
    }
    while (keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80)
        keep--;
    buf_bytes(out, text, keep);
    buf_text(out, "...");
}

static char *format_text(Diag *diag, const char *format, va_list args)
{
    Buf out;
    buf_init(&out, diag->mem, TEXT_MOST);
    while (*format) {
        size_t plain = strcspn(format, "%");
        buf_bytes(&out, format, plain);
        format += plain;
        if (!*format)
            break;
        must(strchr("sdc", format[1]) && format[1], "a message knows only %s, %d and %c");
        if (format[1] == 's')
            put_cut(&out, va_arg(args, const char *));
        else if (format[1] == 'd')
            buf_i64(&out, va_arg(args, int));
        else
            buf_char(&out, (char)va_arg(args, int));
        format += 2;
    }
    char *text = mem_copy(diag->mem, buf_string(&out), out.size);
    buf_free(&out);
    return text;
}

const char *diag_text(Diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = format_text(diag, format, args);
    va_end(args);
    return text;
}

/* ---- collecting ---- */

static bool stands_before(const DiagEntry *a, const DiagEntry *b)
{
    return a->source != b->source ? a->source < b->source : a->place.offset < b->place.offset;
}

/* Which entry gives way to a new one: the last warning, else the last error where the new one stands before it;
 * DIAG_MOST: none. */
static size_t find_victim(const Diag *diag, const DiagEntry *entry)
{
    for (size_t i = DIAG_MOST; i-- > 0;) {
        if (diag->entry[i].level == DIAG_WARNING &&
            (entry->level == DIAG_ERROR || stands_before(entry, &diag->entry[i])))
            return i;
    }
    const DiagEntry *last = &diag->entry[DIAG_MOST - 1];
    return last->level == entry->level && stands_before(entry, last) ? DIAG_MOST - 1 : DIAG_MOST;
}

static void insert(Diag *diag, const DiagEntry *entry)
{
    size_t at = diag->count;
    while (at > 0 && stands_before(entry, &diag->entry[at - 1])) {
        diag->entry[at] = diag->entry[at - 1];
        at--;
    }
    diag->entry[at] = *entry;
    diag->count++;
}

static void add(Diag *diag, DiagLevel level, JsonPlace place, const char *help, const char *what, va_list args)
{
    DiagEntry entry = {.level = level, .place = place, .source = find_source(diag, place.file)};
    *(level == DIAG_ERROR ? &diag->errors : &diag->warnings) += 1;
    if (diag->count == DIAG_MOST) {
        size_t victim = find_victim(diag, &entry);
        if (victim == DIAG_MOST)
            return;
        memmove(&diag->entry[victim], &diag->entry[victim + 1], (DIAG_MOST - 1 - victim) * sizeof entry);
        diag->count--;
    }
    entry.what = format_text(diag, what, args);
    entry.help = help ? mem_copy(diag->mem, help, strlen(help)) : NULL;
    insert(diag, &entry);
}

void diag_error(Diag *diag, JsonPlace place, const char *help, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    add(diag, DIAG_ERROR, place, help, what, args);
    va_end(args);
}

void diag_warning(Diag *diag, JsonPlace place, const char *help, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    add(diag, DIAG_WARNING, place, help, what, args);
    va_end(args);
}

/* ---- the nearest word ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, replacements and swaps of neighbours, each costs 1. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t rows[3][WORD_MOST + 1], *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_size; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b_size];
}

const char *diag_nearest(const char *word, const char *const words[], size_t n)
{
    size_t size = strlen(word), limit = size < 3 ? 1 : (size + 1) / 3;
    const char *nearest = NULL;
    if (size > WORD_MOST)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(words[i]), apart = other > size ? other - size : size - other;
        if (other > WORD_MOST || apart > limit)
            continue;
        size_t found = distance(word, size, words[i], other);
        if (found <= limit) {
            nearest = words[i];
            limit = found;
            if (found == 0)
                break;
            limit--; /* the first of several equally near ones */
        }
    }
    return nearest;
}

const char *diag_suggest(Diag *diag, const char *word, const char *const words[], size_t n)
{
    const char *nearest = diag_nearest(word, words, n);
    if (nearest)
        return diag_text(diag, "did you mean \"%s\"?", nearest);
    if (n == 0 || n > LIST_MOST)
        return NULL;
    Buf out;
    buf_init(&out, diag->mem, TEXT_MOST);
    buf_text(&out, n == 1 ? "known is " : "known are ");
    for (size_t i = 0; i < n; i++) {
        buf_text(&out, i > 0 ? ", " : "");
        put_cut(&out, words[i]);
    }
    const char *text = mem_copy(diag->mem, buf_string(&out), out.size);
    buf_free(&out);
    return text;
}
