/* wire: the Results of a run on their way from a worker process to the one that asked.
 *
 * A worker is a fork of its asker, so both have the same build and, at the same addresses, the same spec: numbers
 * travel as they stand in memory, names as pointers. Nothing of this is for files. */
#ifndef CLI_WIRE_H
#define CLI_WIRE_H

#include "run.h"

void wire_put(Buf *buf, const ServerRun *run);
/* The Results live in mem. A worker's bytes are whole or it has died: what cannot be read is a bug. */
ServerRun wire_get(Mem *mem, const char *bytes, size_t size);

#endif
