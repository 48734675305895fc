#include "inflate.h"

#include <string.h>
#include <zlib.h>

enum { FIRST_ROOM = 1 << 16, GZIP = 16 + MAX_WBITS, AT_ONCE = 1 << 30 };

static bool is_gzip(const char *bytes, size_t size)
{
    return size > 2 && (unsigned char)bytes[0] == 0x1f && (unsigned char)bytes[1] == 0x8b;
}

/* zlib counts with 32 bits. */
static void feed(z_stream *stream, const char *bytes, size_t size, size_t *fed)
{
    size_t left = size - *fed, now = left < AT_ONCE ? left : AT_ONCE;
    if (stream->avail_in > 0)
        return;
    stream->next_in = (Bytef *)(uintptr_t)(bytes + *fed);
    stream->avail_in = (uInt)now;
    *fed += now;
}

const char *inflated(Mem *mem, const char *bytes, size_t size, size_t *inflated_size)
{
    z_stream stream;
    char *text = NULL;
    size_t room = 0, used = 0, fed = 0;
    int status = Z_OK;
    MemTrap trap;
    *inflated_size = size;
    if (!is_gzip(bytes, size))
        return bytes;
    memset(&stream, 0, sizeof stream);
    must(inflateInit2(&stream, GZIP) == Z_OK, "zlib refuses its parameters");
    if (!mem_try(mem, &trap)) {
        inflateEnd(&stream);
        mem_give_up(mem);
    }
    while (status == Z_OK) {
        if (used == room) {
            room = room > 0 ? 2 * room : FIRST_ROOM;
            text = mem_grow(mem, text, room + 1);
        }
        size_t free_room = room - used < AT_ONCE ? room - used : AT_ONCE;
        feed(&stream, bytes, size, &fed);
        stream.next_out = (Bytef *)text + used;
        stream.avail_out = (uInt)free_room;
        status = inflate(&stream, Z_NO_FLUSH);
        used += free_room - stream.avail_out;
    }
    mem_end_try(mem, &trap);
    inflateEnd(&stream);
    *inflated_size = used;
    return status == Z_STREAM_END ? text : NULL;
}
