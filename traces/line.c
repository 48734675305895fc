#include "line.h"

enum { FIRST_ROOM = HOSTILE(512, 1) };

void line_init(Line *line, Mem *mem)
{
    *line = (Line){.mem = mem};
    buf_init(&line->escaped, mem, SIZE_MAX);
}

void line_free(Line *line)
{
    mem_free(line->mem, line->data);
    buf_free(&line->escaped);
    line_init(line, line->mem);
}

void line_grow(Line *line, size_t more)
{
    size_t room = line->room > 0 ? line->room : FIRST_ROOM;
    while (room - line->size <= more)
        room = mem_array(line->mem, room, 2);
    line->data = mem_grow(line->mem, line->data, room);
    line->room = room;
}

/* Copies the longest start of `text` that needs no escape; returns how long it is. */
static size_t copy_plain(char *to, const char *text, size_t size)
{
    size_t i = 0;
    for (; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
            break;
        to[i] = (char)c;
    }
    return i;
}

void line_json(Line *line, const char *text)
{
    size_t size = strlen(text);
    char *at = line_room(line, size + 2);
    at[0] = '"';
    if (copy_plain(at + 1, text, size) == size) {
        at[size + 1] = '"';
        line->size += size + 2;
        return;
    }
    buf_clear(&line->escaped);
    buf_json(&line->escaped, text, size);
    line_bytes(line, line->escaped.data, line->escaped.size);
}

void line_insert(Line *line, size_t at, const char *bytes, size_t size)
{
    line_room(line, size);
    memmove(line->data + at + size, line->data + at, line->size - at);
    memcpy(line->data + at, bytes, size);
    line->size += size;
}
