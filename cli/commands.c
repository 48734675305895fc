#include "cli.h"

#include <string.h>

const Command commands[] = {
    {"run", "SPEC", "simulate every server on the same work, contrast them, say why; or run a program as Node would",
     cmd_run, 1, 1},
    {"sweep", "SPEC --vary PATH=RANGE", "run over a grid and find where each server breaks", cmd_sweep, 1, 1},
    {"diff", "A B", "compare two result files", cmd_diff, 2, 2},
    {"check", "SPEC...", "validate specs, run nothing", cmd_check, 1, -1},
    {"explain", "PROGRAM", "a program's run step by step: phases, queues, and why this line came before that one",
     cmd_explain, 1, 1},
    {"calibrate", "[--out FILE]", "measure this machine's costs", cmd_calibrate, 0, 0},
    {"trace-check", "TRACE [RESULTS]", "check a trace, and recompute the statistics from it", cmd_trace_check, 1, 2},
    {"completion", "bash|zsh|fish", "print a completion script", cmd_completion, 1, 1},
    {"merge", "PART...", "join the parts of a sharded sweep", cmd_merge, 1, -1},
    {"init", "[TEMPLATE]", "print a starter spec; without a name, list them", cmd_init, 0, 1},
    {"open", "TRACE", "show a trace in the Perfetto UI", cmd_open, 1, 1},
    {"models", "", "list the server models and their keys", cmd_models, 0, 0},
    {"schema", "spec|results|cost", "print a JSON Schema (2020-12)", cmd_schema, 1, 1},
    {"man", "", NULL, cmd_man, 0, 0},
    {"reference", "", NULL, cmd_reference, 0, 0},
    {NULL, NULL, NULL, NULL, 0, 0},
};

const Command *command_find(const char *name)
{
    for (const Command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}
