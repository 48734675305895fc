/* The manual page and the scripts of completion, from the tables of commands, options and templates. */
#include "options.h"
#include "templates.h"

#include <string.h>

enum { TEXT_MOST = 1 << 22 };

/* ---- the manual page ---- */

/* A character beyond ASCII as \[uXXXX], which any roff takes whatever the locale; how many bytes it has. */
static int put_beyond(Buf *buf, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char first = (unsigned char)*text;
    int size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    unsigned point = first & (0x7fu >> size);
    for (int i = 1; i < size; i++)
        point = point << 6 | ((unsigned char)text[i] & 0x3f);
    buf_text(buf, "\\[u");
    for (int shift = point > 0xffff ? 16 : 12; shift >= 0; shift -= 4)
        buf_char(buf, digits[point >> shift & 15]);
    buf_char(buf, ']');
    return size;
}

/* As roff takes it: a backslash is \e, a minus \-, and no line begins as a request does. */
static void put_roff(Buf *buf, const char *text)
{
    if (*text == '.' || *text == '\'')
        buf_text(buf, "\\&");
    for (const char *c = text; *c; c++) {
        if (*c == '\\')
            buf_text(buf, "\\e");
        else if (*c == '-')
            buf_text(buf, "\\-");
        else if ((unsigned char)*c >= 0x80)
            c += put_beyond(buf, c) - 1;
        else
            buf_char(buf, *c);
    }
}

static void put_entry(Buf *buf, const char *term, const char *rest, const char *about)
{
    buf_text(buf, ".TP\n\\fB");
    put_roff(buf, term);
    buf_text(buf, "\\fR");
    if (rest && rest[0]) {
        buf_text(buf, " \\fI");
        put_roff(buf, rest);
        buf_text(buf, "\\fR");
    }
    buf_char(buf, '\n');
    put_roff(buf, about);
    buf_char(buf, '\n');
}

static void put_commands(Buf *buf)
{
    buf_text(buf, ".SH COMMANDS\n");
    for (const Command *command = commands; command->name; command++)
        if (command->about)
            put_entry(buf, command->name, command->synopsis, command->about);
}

/* Each option once, with the commands that take it. */
static void put_options(Buf *buf, Mem *mem)
{
    Buf term, about;
    buf_init(&term, mem, 4096);
    buf_init(&about, mem, 1 << 16);
    buf_text(buf, ".SH OPTIONS\n");
    for (const Option *option = options; option->name; option++) {
        buf_clear(&term);
        buf_clear(&about);
        if (option->letter)
            buf_f(&term, "-%c, ", option->letter);
        buf_f(&term, "--%s", option->name);
        buf_text(&about, option->about);
        const char *between = " (";
        for (const Command *command = commands; command->name; command++) {
            if (!command->about || !option_of(option, command))
                continue;
            buf_f(&about, "%s%s", between, command->name);
            between = ", ";
        }
        buf_text(&about, ")");
        put_entry(buf, buf_string(&term), option->value,
                  strcmp(option->name, "help") == 0 ? option->about : buf_string(&about));
    }
}

static void put_exits(Buf *buf)
{
    buf_text(buf, ".SH EXIT STATUS\n");
    for (const ExitCode *code = exit_codes; code->about; code++) {
        buf_text(buf, ".TP\n");
        buf_i64(buf, code->code);
        buf_char(buf, '\n');
        put_roff(buf, code->about);
        buf_char(buf, '\n');
    }
    buf_text(buf, ".PP\nA program exits with its own code, as Node would.\n");
}

static void put_environment(Buf *buf)
{
    static const char *const rows[][2] = {
        {"NO_COLOR", "Not empty: no colour, unless --color always."},
        {"TERM", "dumb, or not set: no colour, unless --color always."},
        {"GITHUB_STEP_SUMMARY", "With --out github: the file to which the Markdown report is appended."},
        {"PATH", "open: where xdg-open is looked for, which then has the whole environment."},
        {"SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_STEP, SLURM_ARRAY_TASK_COUNT",
         "Which part of a sweep this is, where --shard does not say it."},
    };
    buf_text(buf, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        put_entry(buf, rows[i][0], NULL, rows[i][1]);
}

static void put_rest(Buf *buf)
{
    buf_text(buf, ".SH EXAMPLES\n.nf\n"
                  "loopsim init api > api.json\n"
                  "loopsim run api.json --trace api.trace.json\n"
                  "loopsim run api.json --out html=api.html --require 'node.p99 < 200ms'\n"
                  "loopsim run api.json --set servers.node.workers=16 --only node\n"
                  ".fi\n.SH SEE ALSO\nThe reference of specs, the method and recipes are in "
                  "share/doc/loopsim.\n");
}

int cmd_man(Cli *cli)
{
    Buf buf;
    buf_init(&buf, cli->mem, TEXT_MOST);
    buf_text(&buf, ".TH LOOPSIM 1 \"\" \"loopsim " LOOPSIM_VERSION "\" \"User Commands\"\n.SH NAME\n"
                   "loopsim \\- what a workload does to an event\\-loop server, and what to one with threads\n"
                   ".SH SYNOPSIS\n.B loopsim\n.I COMMAND\n[\\fIARGUMENT\\fR...] [\\fIOPTION\\fR...]\n"
                   ".SH DESCRIPTION\nSimulates several servers on exactly the same work, sets the results side by "
                   "side, says what bounds each server, and writes a trace for ui.perfetto.dev. The same spec and seed "
                   "give the same bytes on every machine.\n");
    put_commands(&buf);
    put_options(&buf, cli->mem);
    put_exits(&buf);
    put_environment(&buf);
    put_rest(&buf);
    return print_text(cli->mem, &buf);
}
