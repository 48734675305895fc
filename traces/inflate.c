#include "inflate.h"

#include <string.h>
#include <zlib.h>

enum { FIRST_ROOM = HOSTILE(1 << 16, 1), GZIP = 16 + MAX_WBITS, AT_ONCE = HOSTILE(1 << 30, 7) };

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
    stream->next_in = (Bytef *)(bytes + *fed);
    stream->avail_in = (uInt)now;
    *fed += now;
}

/* NULL: damaged. */
static char *unpack(Mem *mem, z_stream *stream, const char *bytes, size_t size, size_t *used)
{
    char *text = NULL;
    size_t room = 0, fed = 0;
    int status = Z_OK;
    *used = 0;
    while (status == Z_OK) {
        if (*used == room) {
            room = room > 0 ? 2 * room : FIRST_ROOM;
            text = mem_grow(mem, text, room + 1);
        }
        size_t left = room - *used < AT_ONCE ? room - *used : AT_ONCE;
        feed(stream, bytes, size, &fed);
        stream->next_out = (Bytef *)text + *used;
        stream->avail_out = (uInt)left;
        status = inflate(stream, Z_NO_FLUSH);
        *used += left - stream->avail_out;
    }
    return status == Z_STREAM_END ? text : NULL;
}

static voidpf take(voidpf mem, uInt count, uInt each)
{
    return mem_get(mem, mem_array(mem, count, each));
}

static void give_back(voidpf mem, voidpf block)
{
    mem_free(mem, block);
}

const char *inflated(Mem *mem, const char *bytes, size_t size, size_t *inflated_size)
{
    z_stream stream;
    *inflated_size = size;
    if (!is_gzip(bytes, size))
        return bytes;
    memset(&stream, 0, sizeof stream);
    stream.zalloc = take;
    stream.zfree = give_back;
    stream.opaque = mem;
    must(inflateInit2(&stream, GZIP) == Z_OK, "zlib refuses its parameters");
    const char *text = unpack(mem, &stream, bytes, size, inflated_size);
    inflateEnd(&stream);
    return text;
}
