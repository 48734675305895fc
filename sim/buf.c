#include "buf.h"
#include "utf8.h"

#include <stdarg.h>
#include <string.h>

void buf_init(Buf *buf, Mem *mem, size_t ceiling)
{
    buf->mem = mem;
    buf->data = NULL;
    buf->size = buf->room = 0;
    buf->ceiling = ceiling < SIZE_MAX ? ceiling : SIZE_MAX - 1; /* one byte more for the NUL */
}

void buf_clear(Buf *buf)
{
    buf->size = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

void buf_free(Buf *buf)
{
    mem_free(buf->mem, buf->data);
    buf_init(buf, buf->mem, buf->ceiling);
}

/* Room for `more` bytes and the NUL after them. */
static char *make_room(Buf *buf, size_t more)
{
    if (more > buf->ceiling - buf->size)
        mem_give_up(buf->mem);
    size_t needed = buf->size + more + 1;
    if (!buf->data || needed > buf->room) {
        size_t room = buf->room < HOSTILE(64, 1)      ? HOSTILE(64, 1)
                      : buf->room <= buf->ceiling / 2 ? 2 * buf->room
                                                      : buf->ceiling + 1;
        if (room < needed)
            room = needed;
        buf->data = mem_grow(buf->mem, buf->data, room);
        buf->room = room;
    }
    return buf->data + buf->size;
}

static void added(Buf *buf, size_t bytes)
{
    buf->size += bytes;
    buf->data[buf->size] = '\0';
}

void buf_bytes(Buf *buf, const char *bytes, size_t size)
{
    char *at = make_room(buf, size);
    if (size > 0)
        memcpy(at, bytes, size);
    added(buf, size);
}

void buf_text(Buf *buf, const char *text)
{
    buf_bytes(buf, text, strlen(text));
}

void buf_char(Buf *buf, char c)
{
    buf_bytes(buf, &c, 1);
}

void buf_repeat(Buf *buf, char c, size_t times)
{
    memset(make_room(buf, times), c, times);
    added(buf, times);
}

/* At least `least` digits, with leading zeros; `end` is one past the last. Returns the first. */
static char *put_digits(char *end, uint64_t value, unsigned least)
{
    char *at = end;
    while (value > 0 || end - at < (ptrdiff_t)least) {
        *--at = (char)('0' + value % 10);
        value /= 10;
    }
    return at;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
}

void buf_u64(Buf *buf, uint64_t value)
{
    char digits[20], *end = digits + sizeof digits, *at = put_digits(end, value, 1);
    buf_bytes(buf, at, (size_t)(end - at));
}

void buf_i64(Buf *buf, int64_t value)
{
    if (value < 0)
        buf_char(buf, '-');
    buf_u64(buf, magnitude(value));
}

void buf_hex16(Buf *buf, uint64_t value)
{
    char digits[16];
    for (size_t i = sizeof digits; i-- > 0; value >>= 4)
        digits[i] = "0123456789abcdef"[value & 15];
    buf_bytes(buf, digits, sizeof digits);
}

void buf_fixed(Buf *buf, int64_t value, unsigned decimals)
{
    must(decimals <= 20, "more decimals than an int64 has digits");
    char digits[24], *end = digits + sizeof digits, *at = put_digits(end, magnitude(value), decimals + 1);
    char *point = end - decimals;
    if (value < 0)
        buf_char(buf, '-');
    buf_bytes(buf, at, (size_t)(point - at));
    if (decimals > 0) {
        buf_char(buf, '.');
        buf_bytes(buf, point, decimals);
    }
}

void buf_us(Buf *buf, Time ns)
{
    buf_fixed(buf, ns, 3);
}

static void escape(Buf *buf, unsigned char c)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *name = names; *name; name += 2) {
        if (c == (unsigned char)name[0]) {
            char escaped[2] = {'\\', name[1]};
            buf_bytes(buf, escaped, 2);
            return;
        }
    }
    char escaped[6] = {'\\', 'u', '0', '0', (char)('0' + c / 16), "0123456789abcdef"[c % 16]};
    buf_bytes(buf, escaped, 6);
}

void buf_json(Buf *buf, const char *text, size_t size)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t done = 0, i = 0; /* text[done .. i) needs no escape and is not copied yet */
    buf_char(buf, '"');
    while (i < size) {
        size_t bad, length = utf8_length(s + i, size - i, &bad);
        bool plain = length > 0 && s[i] >= 0x20 && s[i] != '"' && s[i] != '\\';
        if (plain) {
            i += length;
            continue;
        }
        buf_bytes(buf, text + done, i - done);
        if (length > 0) {
            escape(buf, s[i]);
            i += length;
        } else {
            buf_text(buf, "\xef\xbf\xbd");
            i += bad;
        }
        done = i;
    }
    if (size > 0)
        buf_bytes(buf, text + done, i - done);
    buf_char(buf, '"');
}

void buf_f(Buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    while (*format) {
        size_t plain = strcspn(format, "%");
        buf_bytes(buf, format, plain);
        format += plain;
        if (!*format)
            break;
        switch (format[1]) {
        case 's': buf_text(buf, va_arg(args, const char *)); break;
        case 'd': buf_i64(buf, va_arg(args, int)); break;
        case 'u': buf_u64(buf, va_arg(args, unsigned)); break;
        case 'c': buf_char(buf, (char)va_arg(args, int)); break;
        case '%': buf_char(buf, '%'); break;
        default: must(false, "buf_f knows only %s %d %u %c %%");
        }
        format += 2;
    }
    va_end(args);
}

const char *buf_string(Buf *buf)
{
    if (!buf->data)
        buf_bytes(buf, "", 0);
    return buf->data;
}
