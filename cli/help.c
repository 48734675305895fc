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

const ExitCode exit_codes[] = {
    {EXIT_DONE, "done"},
    {EXIT_UNMET, "a requirement failed, or diff found a difference"},
    {EXIT_USAGE, "wrong usage"},
    {EXIT_SPEC, "the spec is wrong"},
    {EXIT_IO, "cannot read or write"},
    {EXIT_LIMIT, "out of memory or a limit"},
    {EXIT_BUG, "a bug"},
    {EXIT_INTERRUPTED, "interrupted"},
    {EXIT_CLOSED, "stdout was closed"},
    {0, NULL},
};

static void put_exits(Buf *buf)
{
    Buf all;
    buf_init(&all, buf->mem, 4096);
    for (const ExitCode *code = exit_codes; code->about; code++) {
        buf_text(&all, code > exit_codes ? " · " : "");
        buf_i64(&all, code->code);
        buf_f(&all, " %s", code->about);
    }
    buf_text(buf, "\nexit: ");
    put_wrapped(buf, 6, buf_string(&all));
}

void help_overview(Buf *buf)
{
    buf_text(buf, "loopsim: what a workload does to an event-loop server, and what to one with threads.\n\n"
                  "usage: loopsim COMMAND [ARGUMENT...] [OPTION...]\n\n");
    for (const Command *command = commands; command->name; command++)
        if (command->about)
            put_row(buf, NAMES, command->name, command->about);
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
        if (!option_of(option, command))
            continue;
        buf_clear(&left);
        if (option->letter)
            buf_f(&left, "-%c, ", option->letter);
        buf_f(&left, "--%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
        put_row(buf, LEFT, buf_string(&left), option->about);
    }
    put_exits(buf);
}
