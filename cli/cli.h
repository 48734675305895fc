/* cli: what the commands share: exit codes, the parsed command line, reading and writing. The only room that prints.
 *
 * Text and machine formats go to stdout or to named files, through Out; everything else (errors, warnings, progress)
 * to stderr. A command returns its exit code. Memory gives up to the trap in main, which ends the process with
 * EXIT_MEMORY. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "../model/program/program.h"
#include "../model/spec/spec.h"
#include "../traces/out.h"

#include <signal.h>
#include <stdio.h>

#define LOOPSIM_VERSION "0.1.0"

enum {
    EXIT_DONE = 0,
    EXIT_UNMET = 1, /* a requirement failed, or `diff` found a difference */
    EXIT_USAGE = 2,
    EXIT_SPEC = 3,
    EXIT_IO = 4,
    EXIT_LIMIT = 5, /* out of memory, or a limit was reached */
    EXIT_BUG = 70,
    EXIT_INTERRUPTED = 130,
    EXIT_CLOSED = 141 /* stdout's reader has gone away */
};

typedef struct ExitCode {
    int code;
    const char *about;
} ExitCode;
extern const ExitCode exit_codes[]; /* ends with a row whose about is NULL */

typedef enum When { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER } When;
typedef enum Format {
    FORMAT_TEXT,
    FORMAT_JSON,
    FORMAT_CSV,
    FORMAT_MD,
    FORMAT_HTML,
    FORMAT_JUNIT,
    FORMAT_GITHUB,
    FORMATS
} Format;
extern const char *const format_name[FORMATS];

typedef enum TimeUnit { TIME_AUTO, TIME_IN_NS, TIME_IN_US, TIME_IN_MS, TIME_IN_S } TimeUnit;

typedef struct Percentile {
    const char *text;             /* "99.9" */
    uint64_t per_hundred_million; /* for hist_percentile */
} Percentile;

typedef struct OutputTo {
    Format format;
    const char *path; /* "-": stdout */
} OutputTo;

typedef struct Words {
    const char **word;
    int count;
} Words;

typedef struct Command Command;

/* A parsed command line. Texts are argv's. */
typedef struct Args {
    const Command *command;
    Words positional, set, only, require, why;
    bool has_seed;
    uint64_t seed;
    const char *trace;         /* NULL: none */
    Time trace_from, trace_to; /* 0 and TIME_NEVER: all */
    uint64_t trace_limit;      /* events, of all servers together */
    int64_t trace_slowest;     /* so many of each server; 0: not given */
    OutputTo *out;             /* none given: text to stdout */
    int out_count;
    Percentile *percentiles;
    int percentile_count;
    TimeUnit time_unit;
    uint64_t max_events;
    int64_t max_memory;
    int64_t runs;      /* 0: not given */
    int64_t precision; /* in millionths; 0: not given */
    int64_t jobs;      /* at least 1 */
    Words vary, tolerance;
    int64_t shard, shards;  /* from 1; 0: not given */
    const char *resume;     /* NULL: none */
    Time series;            /* 0: none */
    bool series_for_charts; /* it was not asked for: HTML alone shows it */
    When color, progress;
    bool ascii, quiet, verbose, print, help, no_browser;
} Args;

typedef struct Cli {
    Mem *mem; /* for all but the runs */
    Args args;
    const volatile sig_atomic_t *stop; /* set by Ctrl-C */
} Cli;

/* One command: a row of the table in commands.c. */
struct Command {
    const char *name, *synopsis, *about; /* about NULL: for the Makefile, in no help */
    int (*run)(Cli *cli);                /* NULL: not available yet */
    int least, most;                     /* positional arguments; most -1: any number */
};
extern const Command commands[]; /* ends with a row whose name is NULL */
const Command *command_find(const char *name);

int cmd_run(Cli *cli);
int cmd_check(Cli *cli);
int cmd_explain(Cli *cli);
int cmd_sweep(Cli *cli);
int cmd_merge(Cli *cli);
int cmd_diff(Cli *cli);
int cmd_calibrate(Cli *cli);
int cmd_trace_check(Cli *cli);
int cmd_open(Cli *cli);
int cmd_init(Cli *cli);
int cmd_models(Cli *cli);
int cmd_schema(Cli *cli);
int cmd_completion(Cli *cli);
int cmd_man(Cli *cli);
int cmd_reference(Cli *cli);

/* ---- args.c ---- */

/* False where the command line is wrong: said on stderr, with a help line. */
bool args_parse(Args *args, Mem *mem, int argc, char **argv);
void help_overview(Buf *buf);
void help_command(Buf *buf, Mem *mem, const Command *command);

/* ---- say.c: to stderr, and whole texts to stdout ---- */

/* `loopsim: error: …`; %s are escaped for a terminal. */
void say_error(Mem *mem, const char *help, const char *format, ...) __attribute__((format(printf, 3, 4)));
void say_note(Mem *mem, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_diag(Mem *mem, const Diag *diag);
int print_text(Mem *mem, const Buf *text);                /* to stdout; an exit code */
bool write_all(int file, const char *bytes, size_t size); /* all of it, or false and errno */
int close_out(Mem *mem, Out *out);                        /* out_close, with its error said; an exit code */

/* ---- input.c ---- */

/* A whole file, or stdin where path is "-"; NULL: *error says why. NUL-terminated. */
const char *input_read(Mem *mem, const char *path, size_t *size, const char **error);
const char *input_read_most(Mem *mem, const char *path, size_t most, size_t *size, const char **error);

/* A spec and its program, read and validated. The texts stay in mem, as the diag refers to them. */
typedef struct Input {
    Spec *spec;
    Program *program;
    Diag diag;
    const char *path;
} Input;

/* EXIT_DONE, EXIT_SPEC or EXIT_IO, with everything said. */
int input_spec(Input *input, Cli *cli, const char *path);
int input_spec_text(Input *input, Cli *cli, const char *path, const char *bytes, size_t size); /* has been read */
const char *input_text(Cli *cli, const char *path, size_t *size); /* input_read; NULL: said why */

#endif
