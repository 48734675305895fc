/* command: runs a program from a test, without a shell, and keeps what it said.
 *
 *     Ran ran = run_loopsim("check", "examples/api.json", NULL);
 *     ck_assert_int_eq(ran.exit, 0);
 *     ck_assert_str_eq(ran.err, "");
 *     ran_free(&ran);
 *
 * loopsim is the binary of the variant under test, or what the environment's LOOPSIM says (words: "valgrind -q
 * build/loopsim"). Everything here fails the test itself where the machine gives out. */
#ifndef TESTS_COMMAND_H
#define TESTS_COMMAND_H

#include <stddef.h>
#include <sys/types.h>

typedef struct Ran {
    int exit;        /* the exit code, or minus the signal that ended it; 127: could not be started */
    char *out, *err; /* stdout and stderr, NUL-terminated; owner: the caller, by ran_free */
    size_t out_size, err_size;
} Ran;

typedef struct Command {
    const char *const *argv; /* up to NULL; argv[0] is looked for in PATH */
    const char *input;       /* stdin; NULL: /dev/null */
    const char *const *env;  /* "NAME=value" up to NULL, added to the environment; NULL: none */
    const char *out_path;    /* stdout goes to this file (as /dev/full) and is not kept; NULL: kept */
} Command;

Ran run_command(const Command *command);
Ran run_program(const char *argument, ...) __attribute__((sentinel)); /* arguments up to NULL, the program first */
Ran run_loopsim(const char *argument, ...) __attribute__((sentinel)); /* arguments up to NULL, without the program */
Ran run_loopsim_with(const Command *command);                         /* argv without the program */
void ran_free(Ran *ran);

/* Goes on while the test looks: in a process group of its own, as a shell starts it, and for ALARM seconds at most. Its
 * stdout and stderr are `out` and `err`, or /dev/null where they are negative; words up to NULL. Who starts it
 * waits. */
pid_t start_loopsim(int out, int err, const char *const words[]);
int wait_exit(pid_t child); /* waits; its exit code, or minus the signal that ended it */

/* NUL-terminated, owner: the caller; NULL: no such file. size may be NULL. */
char *read_file(const char *path, size_t *size);
void write_file(const char *path, const char *text);
int file_exists(const char *path);

/* A path of a file of this name that does not exist yet, in a directory of this process alone, which is made at the
 * first call and removed by scratch_remove with all that is in it. The text is valid until the eighth call from now. */
const char *scratch(const char *name);
void scratch_remove(void); /* nothing was made: nothing happens. Put it into the teardown of a checked fixture */

#endif
