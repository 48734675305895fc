/* run: the parts of `loopsim run`: what is required, where output goes, and the run of each server. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "report.h"

struct Sink;

typedef struct Outputs {
    Mem *mem;
    const OutputTo *to; /* formats, in the order of the command line */
    Out **out;          /* NULL: closed or never opened */
    int count;
    Out *trace;   /* NULL: none */
    bool excerpt; /* the trace is to show a part of the run alone */
    struct Sink *sink;
} Outputs;

/* Opens everything before the run; an exit code, with what was opened aborted where it is not EXIT_DONE. */
int outputs_open(Outputs *outputs, Mem *mem, const Args *args);
void outputs_abort(Outputs *outputs);        /* removes what is not complete */
bool outputs_failed(const Outputs *outputs); /* the trace cannot be written any more */
int outputs_close_trace(Outputs *outputs, size_t n, const char *const key[], const char *const json[]);

/* The trace's metadata: pairs of key and JSON value, in order. It begins with version, spec, its digest and the seed,
 * and ends with whether only an excerpt was asked for. */
typedef struct Metadata Metadata;
Metadata *metadata_new(Mem *mem, const Spec *spec);
Buf *metadata_add(Metadata *metadata, const char *key);          /* the value goes there */
int metadata_close(Metadata *metadata, Outputs *outputs);        /* and the trace; an exit code */
int outputs_write(Outputs *outputs, int index, const Buf *text); /* and closes it */

/* All of `expect` and --require. EXIT_DONE, EXIT_SPEC or EXIT_USAGE, with everything said. */
typedef struct Requirements {
    Requirement *item;
    int count;
    int expected; /* so many come from the spec, the rest from --require */
} Requirements;
int requirements_read(Requirements *requirements, Cli *cli, Input *input);
/* Those that can be judged with these results (by the server's index, NULL: not run). */
void requirements_judge(const Requirements *requirements, Report *report, const Results *const by_server[]);

/* By --only, by the server's index. EXIT_DONE or EXIT_USAGE, with everything said. */
int servers_choose(Cli *cli, Input *input, bool **wanted);

/* What the run of one server left behind. Its memory is its own until results_take; `mem` of the Cli holds the
 * results. */
typedef struct ServerRun {
    Results *results;
    uint64_t left_out; /* events that did not fit into the trace */
    bool spinning, out_of_memory;
} ServerRun;
ServerRun server_run(Cli *cli, const Input *input, int server, Outputs *outputs, uint64_t trace_limit);

/* Where the spec's warm-up is "auto": a pilot run of every server, whether it is wanted or not, and the latest of their
 * cuts becomes the spec's warm-up. */
void warmup_find(Cli *cli, Input *input);

/* `run` of a program: prints its lines as Node would; its own exit code, or one of ours. */
int program_run(Cli *cli, Input *input);

#endif
