#include "run.h"

#include <string.h>

enum { TEXT_MOST = 1 << 28 };

static void print_value(void *context, const char *path, const char *value, const char *origin)
{
    Buf *buf = context;
    diag_shown(buf, path, strlen(path));
    buf_text(buf, " = ");
    diag_shown(buf, value, strlen(value));
    buf_text(buf, "   # ");
    diag_shown(buf, origin, strlen(origin));
    buf_char(buf, '\n');
}

static void print_summary(Buf *buf, const char *path, const Spec *spec)
{
    diag_shown(buf, path, strlen(path));
    if (spec->kind == SPEC_PROGRAM) {
        buf_text(buf, ": fine: a program\n");
        return;
    }
    buf_f(buf, ": fine: %d handler%s, %d resource%s, %d server%s, %d requirement%s\n", spec->handler_count,
          spec->handler_count == 1 ? "" : "s", spec->resource_count, spec->resource_count == 1 ? "" : "s",
          spec->server_count, spec->server_count == 1 ? "" : "s", spec->expect_count,
          spec->expect_count == 1 ? "" : "s");
}

/* Reading has said what it had to say. */
static void say_warnings(Cli *cli, Input *input)
{
    size_t said = input->diag.warnings;
    if (input->spec->kind == SPEC_WORKLOAD)
        program_warn(input->spec, &input->diag);
    if (input->diag.warnings > said)
        say_diag(cli->mem, &input->diag);
}

static int check_one(Cli *cli, const char *path, Buf *buf)
{
    Input input;
    Requirements requirements;
    int code = input_spec(&input, cli, path);
    if (code == EXIT_DONE && input.spec->kind == SPEC_WORKLOAD)
        code = requirements_read(&requirements, cli, &input);
    if (code != EXIT_DONE)
        return code;
    if (!cli->args.quiet)
        say_warnings(cli, &input);
    if (cli->args.print)
        spec_print(input.spec, cli->mem, print_value, buf);
    else if (!cli->args.quiet)
        print_summary(buf, path, input.spec);
    return EXIT_DONE;
}

/* All of them; a file that cannot be read weighs more than one that is wrong. */
int cmd_check(Cli *cli)
{
    const Words *paths = &cli->args.positional;
    int code = EXIT_DONE;
    Buf buf;
    buf_init(&buf, cli->mem, TEXT_MOST);
    for (int i = 0; i < paths->count; i++) {
        int one = check_one(cli, paths->word[i], &buf);
        code = one > code ? one : code;
    }
    int written = buf.size > 0 ? print_text(cli->mem, &buf) : EXIT_DONE;
    return written != EXIT_DONE ? written : code;
}
