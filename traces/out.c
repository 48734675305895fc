#include "out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    BUFFER = HOSTILE(64 * 1024, 61),
    PACKED = HOSTILE(16 * 1024, 7),
    GZIP_HEADER = 16,
    WINDOW_BITS = 15,
    MEMORY_LEVEL = 8,
    OS_UNKNOWN = 255,
    GRACE_MS = 50
};

struct Out {
    Mem *mem;
    MemEnd end;        /* where nobody closes it */
    char *path, *part; /* part NULL: written as it stands */
    int fd;            /* -1: closed */
    bool to_stdout;
    OutStatus status;
    char error[96];
    uint64_t bytes;
    OutFault fault;
    const volatile sig_atomic_t *stop; /* may be NULL */
    volatile sig_atomic_t *ends;       /* likewise */

    char *buffer; /* BUFFER bytes, `used` of them wait */
    size_t used;
    z_stream *deflater; /* NULL: not compressed */
    gz_header header;
    unsigned char *packed; /* PACKED bytes */
};

/* System calls, where a test can make them fail ------------------------------------------------------------------ */

static bool faulty(Out *out, OutCall call)
{
    OutFault *fault = &out->fault;
    if (fault->nth == 0 || fault->call != call)
        return false;
    if (fault->nth > 1) {
        fault->nth--;
        return false;
    }
    if (!fault->for_good)
        fault->nth = 0;
    errno = fault->error;
    return true;
}

static ssize_t call_write(Out *out, const void *bytes, size_t size)
{
    if (faulty(out, OUT_CALL_WRITE)) {
        if (!out->fault.short_write)
            return -1;
        size = size / 2 + size % 2;
    }
    return write(out->fd, bytes, size);
}

static int call_close(Out *out)
{
    int result = close(out->fd); /* after EINTR too it is closed */
    out->fd = -1;
    if (faulty(out, OUT_CALL_CLOSE))
        return -1;
    return result < 0 && errno == EINTR ? 0 : result;
}

static int call_rename(Out *out)
{
    return faulty(out, OUT_CALL_RENAME) ? -1 : rename(out->part, out->path);
}

/* Writing -------------------------------------------------------------------------------------------------------- */

static void fail(Out *out)
{
    if (out->status != OUT_OK)
        return;
    const char *what = strerror(errno);
    size_t size = strlen(what) < sizeof out->error ? strlen(what) : sizeof out->error - 1;
    out->status = out->to_stdout && errno == EPIPE ? OUT_CLOSED : OUT_FAILED;
    memcpy(out->error, what, size);
    out->error[size] = '\0';
    if (out->ends)
        *out->ends = 1;
}

/* So much may be written without waiting for ever; 0: nobody reads. Poll says that PIPE_BUF bytes fit. */
static size_t until_stopped(const Out *out, size_t size)
{
    struct pollfd ready = {.fd = out->fd, .events = POLLOUT};
    if (!out->stop || !*out->stop || out->part)
        return size;
    if (poll(&ready, 1, GRACE_MS) == 0)
        return 0;
    return size < PIPE_BUF ? size : PIPE_BUF;
}

static void put_all(Out *out, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0 && out->status == OUT_OK) {
        size_t some = until_stopped(out, size);
        if (some == 0) {
            out->status = OUT_LEFT;
            return;
        }
        ssize_t done = call_write(out, at, some);
        if (done >= 0) {
            at += done;
            size -= (size_t)done;
        } else if (errno == EAGAIN) { /* stdout may be non-blocking by someone else's will */
            struct pollfd ready = {.fd = out->fd, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            fail(out);
        }
    }
}

static void compress_all(Out *out, const void *bytes, size_t size, int flush)
{
    z_stream *z = out->deflater;
    z->next_in = (z_const Bytef *)bytes;
    z->avail_in = (uInt)size;
    do {
        z->next_out = out->packed;
        z->avail_out = PACKED;
        deflate(z, flush);
        put_all(out, out->packed, PACKED - z->avail_out);
    } while (z->avail_out == 0 && out->status == OUT_OK);
}

static void pass_on(Out *out, const void *bytes, size_t size)
{
    if (!out->deflater) {
        put_all(out, bytes, size);
        return;
    }
    for (const char *at = bytes; size > 0 && out->status == OUT_OK;) { /* zlib counts with 32 bits */
        size_t some = size < BUFFER ? size : BUFFER;
        compress_all(out, at, some, Z_NO_FLUSH);
        at += some;
        size -= some;
    }
}

void out_write(Out *out, const void *bytes, size_t size)
{
    out->bytes += size;
    if (size > BUFFER - out->used) {
        pass_on(out, out->buffer, out->used);
        out->used = 0;
    }
    if (size > BUFFER) {
        pass_on(out, bytes, size);
    } else if (size > 0) {
        memcpy(out->buffer + out->used, bytes, size);
        out->used += size;
    }
}

/* Opening -------------------------------------------------------------------------------------------------------- */

static voidpf z_get(voidpf mem, uInt count, uInt each)
{
    return mem_get(mem, mem_array(mem, count, each));
}

static void z_free(voidpf mem, voidpf block)
{
    mem_free(mem, block);
}

static void start_gzip(Out *out)
{
    out->packed = mem_get(out->mem, PACKED);
    out->deflater = mem_get(out->mem, sizeof *out->deflater);
    out->deflater->zalloc = z_get;
    out->deflater->zfree = z_free;
    out->deflater->opaque = out->mem;
    int started = deflateInit2(out->deflater, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS + GZIP_HEADER,
                               MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    must(started == Z_OK, "zlib refuses its default parameters");
    out->header.os = OS_UNKNOWN; /* no name, no time, no system: the bytes depend on the content alone */
    deflateSetHeader(out->deflater, &out->header);
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Whether it is written as it stands. What cannot be written at all is among it: opening it tells why. */
static bool in_place(const char *path)
{
    struct stat is;
    if (*path == '\0' || starts_with(path, "/dev/") || starts_with(path, "/proc/"))
        return true;
    return stat(path, &is) == 0 && !S_ISREG(is.st_mode);
}

static int open_file(const Out *out)
{
    int fd;
    if (out->to_stdout)
        return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3); /* its own, so that closing it tells of late errors */
    do
        fd = out->part ? open(out->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)
                       : open(out->path, O_WRONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR); /* a fifo or a network's file system may take its time */
    return fd;
}

static void abort_at_end(MemEnd *end)
{
    out_abort(CONTAINER_OF(end, Out, end));
}

/* Gives back all memory but that of the answers. */
static void release(Out *out)
{
    mem_forget(out->mem, &out->end);
    if (out->deflater)
        deflateEnd(out->deflater);
    mem_free(out->mem, out->deflater);
    mem_free(out->mem, out->packed);
    mem_free(out->mem, out->buffer);
    mem_free(out->mem, out->part);
    out->deflater = NULL;
    out->packed = NULL;
    out->buffer = out->part = NULL;
}

Out *out_open(Mem *mem, const char *path, bool gzip, const char **error)
{
    Out *out = mem_get(mem, sizeof *out);
    out->mem = mem;
    out->path = mem_copy(mem, path, strlen(path));
    out->buffer = mem_get(mem, BUFFER);
    out->to_stdout = strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
    if (gzip)
        start_gzip(out);
    if (!out->to_stdout && !in_place(path)) {
        out->part = mem_get(mem, strlen(path) + sizeof ".part");
        memcpy(out->part, path, strlen(path));
        memcpy(out->part + strlen(path), ".part", sizeof ".part");
    }
    out->fd = open_file(out);
    if (out->fd >= 0) {
        mem_at_end(mem, &out->end, abort_at_end);
        return out;
    }
    *error =
        out->part && errno == EEXIST ? "its .part exists: another run writes it, or one was killed" : strerror(errno);
    release(out);
    mem_free(mem, out->path);
    mem_free(mem, out);
    return NULL;
}

/* Closing -------------------------------------------------------------------------------------------------------- */

OutStatus out_close(Out *out)
{
    pass_on(out, out->buffer, out->used);
    if (out->deflater && out->status == OUT_OK)
        compress_all(out, "", 0, Z_FINISH);
    if (call_close(out) < 0)
        fail(out);
    if (out->part && out->status == OUT_OK && call_rename(out) < 0)
        fail(out);
    if (out->part && out->status != OUT_OK)
        unlink(out->part);
    release(out);
    return out->status;
}

void out_abort(Out *out)
{
    if (out->fd < 0)
        return;
    close(out->fd);
    out->fd = -1;
    if (out->part)
        unlink(out->part);
    release(out);
}

/* Answers -------------------------------------------------------------------------------------------------------- */

OutStatus out_status(const Out *out)
{
    return out->status;
}

const char *out_error(const Out *out)
{
    return out->error;
}

const char *out_path(const Out *out)
{
    return out->path;
}

void out_stop(Out *out, const volatile sig_atomic_t *stop)
{
    out->stop = stop;
}

void out_ends(Out *out, volatile sig_atomic_t *stop)
{
    out->ends = stop;
}

const char *out_part(const Out *out)
{
    return out->part;
}

uint64_t out_bytes(const Out *out)
{
    return out->bytes;
}

void out_fault(Out *out, OutFault fault)
{
    out->fault = fault;
}
