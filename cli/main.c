/* loopsim: contrasts server models on the same simulated work. See cli.h for what the commands share. */
#include "cli.h"
#include "signals.h"

#include <string.h>
#include <unistd.h>

static int show_overview(Mem *mem)
{
    Buf buf;
    buf_init(&buf, mem, 1 << 20);
    help_overview(&buf);
    return print_text(mem, &buf);
}

static int show_help(Mem *mem, const Command *command)
{
    Buf buf;
    buf_init(&buf, mem, 1 << 20);
    help_command(&buf, mem, command);
    return print_text(mem, &buf);
}

static int show_version(Mem *mem)
{
    Buf buf;
    buf_init(&buf, mem, 1 << 20);
    buf_text(&buf, "loopsim " LOOPSIM_VERSION "\n");
    return print_text(mem, &buf);
}

static int dispatch(Cli *cli, int argc, char **argv)
{
    if (argc < 2) {
        say_error(cli->mem, "loopsim --help lists the commands", "a command is missing");
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0)
        return show_version(cli->mem);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return show_overview(cli->mem);
    if (!args_parse(&cli->args, cli->mem, argc, argv))
        return EXIT_USAGE;
    const Command *command = cli->args.command;
    if (cli->args.help)
        return show_help(cli->mem, command);
    return command->run(cli);
}

/* 1 GiB is far more than reading a spec of at most 16 MiB takes; runs have budgets of their own (--max-memory). */
int main(int argc, char **argv)
{
    MemTrap trap;
    volatile int code = EXIT_LIMIT;
    Mem *mem = mem_new((size_t)1 << 30);
    Cli cli = {.mem = mem, .stop = signals_begin()};
    if (mem && mem_try(mem, &trap)) {
        code = dispatch(&cli, argc, argv);
        mem_end_try(mem, &trap);
    } else {
        static const char message[] = "loopsim: error: out of memory\n";
        ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
        (void)ignored;
    }
    mem_delete(mem);
    return code;
}
