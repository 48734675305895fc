#include "options.h"

#include <string.h>

enum { LEFT = 26, NAMES = 15, WIDTH = 98 };

/* `about`, wrapped at WIDTH with every line from `column` on. */
static void put_wrapped(Buf *buf, size_t column, const char *about)
{
    size_t at = column;
    for (const char *word = about; *word;) {
        size_t size = strcspn(word, " ");
        if (at > column && at + 1 + size > WIDTH) {
            buf_char(buf, '\n');
            buf_repeat(buf, ' ', column);
            at = column;
        } else if (at > column) {
            buf_char(buf, ' ');
            at++;
        }
        buf_bytes(buf, word, size);
        at += size;
        word += size;
        word += *word == ' ';
    }
    buf_char(buf, '\n');
}

static void put_row(Buf *buf, size_t column, const char *left, const char *about)
{
    size_t used = 2 + strlen(left);
    buf_text(buf, "  ");
    buf_text(buf, left);
    if (used + 1 > column)
        buf_char(buf, '\n');
    buf_repeat(buf, ' ', used + 1 > column ? column : column - used);
    put_wrapped(buf, column, about);
}

void help_overview(Buf *buf)
{
    buf_text(buf, "loopsim: what a workload does to an event-loop server, and what to one with threads.\n\n"
                  "usage: loopsim COMMAND [ARGUMENT...] [OPTION...]\n\n");
    for (int available = 1; available >= 0; available--) {
        if (!available)
            buf_text(buf, "\nnot available yet:\n");
        for (const Command *command = commands; command->name; command++)
            if ((command->run != NULL) == available)
                put_row(buf, NAMES, command->name, command->about);
    }
    buf_text(buf, "\nloopsim COMMAND --help    the options of a command\n"
                  "loopsim --version\n\n"
                  "To begin with: loopsim init api > api.json; loopsim run api.json --trace api.trace.json\n");
}

void help_command(Buf *buf, Mem *mem, const Command *command)
{
    Buf left;
    buf_f(buf, "loopsim %s%s%s [OPTION...]\n", command->name, command->synopsis[0] ? " " : "", command->synopsis);
    put_wrapped(buf, 0, command->about);
    buf_text(buf, "\n");
    buf_init(&left, mem, 4096);
    for (const Option *option = options; option->name; option++) {
        if (!option->read || !option_of(option, command))
            continue;
        buf_clear(&left);
        if (option->letter)
            buf_f(&left, "-%c, ", option->letter);
        buf_f(&left, "--%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
        put_row(buf, LEFT, buf_string(&left), option->about);
    }
    buf_text(buf,
             "\nexit: 0 done · 1 a requirement failed · 2 wrong usage · 3 the spec is wrong · 4 cannot read or write\n"
             "      5 out of memory or a limit · 70 a bug · 130 interrupted · 141 stdout was closed\n");
}
