#include "run.h"

int program_run(Cli *cli, Input *input)
{
    say_error(cli->mem, NULL, "%s is a program: running one is not available yet", input->path);
    return EXIT_USAGE;
}
