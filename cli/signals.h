/* signals: what Ctrl-C, SIGTERM and SIGHUP do.
 *
 *     reading, compiling   nothing has been begun that could be saved: the process ends at once with EXIT_INTERRUPTED
 *     signals_save()       from here on the first one asks (`stop` is set, runs end at the next event and are reported,
 *                          marked); the second one ends at once, without the files that are not complete
 *     signals_fork()       a worker process: any number asks. It is killed when the process that started it ends
 *
 * SIGPIPE is ignored: writing tells. SIGHUP that was ignored (nohup) stays so. What is kept here is the one state of
 * the program that a signal handler needs. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <signal.h>
#include <sys/types.h>

const volatile sig_atomic_t *signals_begin(void); /* main's; what it returns is `stop` */
const volatile sig_atomic_t *signals_stop(void);  /* the same, for who has no Cli */
void signals_save(void);
volatile sig_atomic_t *signals_end(void); /* `stop`, for who has another reason to end a run: see out_ends */
void signals_part(const char *path);      /* removed by the second one; beyond PARTS_MOST, or too long a path: stays */
pid_t signals_fork(void);                 /* as fork */

#endif
