/* out: a file that is written, or stdout. The only file of loopsim beside cli/ that does I/O.
 *
 * A file appears under its name only when it is complete: it is written beside it as NAME.part (exclusively made) and
 * renamed at the end. Errors stick: writing goes on without effect, and out_close says what went wrong first. Short
 * writes and EINTR are handled.
 *
 * "-" and "/dev/stdout" are stdout. What is not a regular file (/dev/null, a fifo), and whatever lies in /dev or /proc,
 * is written as it stands, with no part and no rename. SIGPIPE is the caller's to ignore.
 *
 * Memory is taken when the Out is opened, none while it is written. An Out that is still open when its Mem is deleted
 * is aborted. */
#ifndef TRACES_OUT_H
#define TRACES_OUT_H

#include "../sim/mem.h"

#include <signal.h>

typedef struct Out Out;

typedef enum OutStatus {
    OUT_OK,
    OUT_FAILED, /* out_error tells what: exit 4 */
    OUT_CLOSED, /* stdout's reader has gone away (EPIPE): exit 141 */
    OUT_LEFT    /* asked to stop while a reader did not read: exit 130 */
} OutStatus;

/* path "-": stdout. gzip: compressed while written (no name, no time in the header: the same bytes always). NULL where
 * it cannot be opened: *error is then a static or errno text. */
Out *out_open(Mem *mem, const char *path, bool gzip, const char **error);
/* From when *stop is set, a pipe's reader has 50 ms to take the next bytes: one that has stopped reading does not keep
 * the process from ending, one that reads gets all. */
void out_stop(Out *out, const volatile sig_atomic_t *stop);
/* Where writing fails *stop is set: a run that is written ends early, as nobody gets it. NULL: no more. */
void out_ends(Out *out, volatile sig_atomic_t *stop);
void out_write(Out *out, const void *bytes, size_t size);
OutStatus out_status(const Out *out);
const char *out_error(const Out *out); /* "No space left on device" … */
const char *out_path(const Out *out);
const char *out_part(const Out *out); /* what is written until it is complete; NULL: as it stands */
uint64_t out_bytes(const Out *out);   /* written by the caller, before compression */
OutStatus
out_close(Out *out);      /* flushes, closes, renames; afterwards the Out can only be asked, until its Mem is deleted */
void out_abort(Out *out); /* closes and removes the part; likewise. Nothing after out_close */

/* Tests: the nth system call of the kind from now (1 is the next) fails. 0: never. */
typedef enum OutCall { OUT_CALL_WRITE, OUT_CALL_CLOSE, OUT_CALL_RENAME } OutCall;

typedef struct OutFault {
    OutCall call;
    unsigned nth;
    bool for_good;    /* and all later ones of the kind */
    int error;        /* errno */
    bool short_write; /* instead of an error: half of the bytes are written */
} OutFault;

void out_fault(Out *out, OutFault fault);

#endif
