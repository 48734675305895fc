#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MOST = 1 << 28 };

bool write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

/* stderr is unbuffered here: one write a message, so that messages of several processes do not mix. Where it is closed
 * there is nobody to tell. */
static void to_stderr(const Buf *buf)
{
    bool told = write_all(STDERR_FILENO, buf->data, buf->size);
    (void)told;
}

/* %s, escaped for a terminal, and %d; nothing else. */
static void put_format(Buf *buf, const char *format, va_list list)
{
    for (const char *c = format; *c; c++) {
        if (*c != '%') {
            buf_char(buf, *c);
        } else if (*++c == 's') {
            const char *text = va_arg(list, const char *);
            diag_shown(buf, text, strlen(text));
        } else {
            must(*c == 'd', "say_error knows only %s and %d");
            buf_i64(buf, va_arg(list, int));
        }
    }
}

void say_error(Mem *mem, const char *help, const char *format, ...)
{
    Buf buf;
    va_list list;
    buf_init(&buf, mem, TEXT_MOST);
    buf_text(&buf, "loopsim: error: ");
    va_start(list, format);
    put_format(&buf, format, list);
    va_end(list);
    buf_char(&buf, '\n');
    if (help) {
        buf_text(&buf, "help: ");
        diag_shown(&buf, help, strlen(help));
        buf_char(&buf, '\n');
    }
    to_stderr(&buf);
    buf_free(&buf);
}

void say_note(Mem *mem, const char *format, ...)
{
    Buf buf;
    va_list list;
    buf_init(&buf, mem, TEXT_MOST);
    buf_text(&buf, "loopsim: ");
    va_start(list, format);
    put_format(&buf, format, list);
    va_end(list);
    buf_char(&buf, '\n');
    to_stderr(&buf);
    buf_free(&buf);
}

void say_diag(Mem *mem, const Diag *diag)
{
    Buf buf;
    buf_init(&buf, mem, TEXT_MOST);
    diag_render(&buf, diag);
    to_stderr(&buf);
    buf_free(&buf);
}

int close_out(Mem *mem, Out *out)
{
    switch (out_close(out)) {
    case OUT_OK: return EXIT_DONE;
    case OUT_CLOSED: return EXIT_CLOSED;
    case OUT_LEFT: return EXIT_INTERRUPTED;
    default: say_error(mem, NULL, "cannot write %s: %s", out_path(out), out_error(out)); return EXIT_IO;
    }
}

int print_text(Mem *mem, const Buf *text)
{
    const char *error;
    Out *out = out_open(mem, "-", false, &error);
    if (!out) {
        say_error(mem, NULL, "cannot write to stdout: %s", error);
        return EXIT_IO;
    }
    out_write(out, text->data, text->size);
    return close_out(mem, out);
}
