/* progress: one line on stderr while a server is simulated, from the second second on: what is done, how fast, how
 * much is left.
 *
 * A signal each second writes it, so the simulation knows nothing of it and its bytes are the same. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "../sim/kernel.h"
#include "cli.h"

/* `until` TIME_NEVER: no end is known. name outlives it. One at a time. */
void progress_begin(const Args *args, const char *name, const Kernel *kernel, Time until);
void progress_end(void); /* removes the line; nothing was begun: nothing happens */

#endif
