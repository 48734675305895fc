/* inflate: what gzip wrote, in memory. */
#ifndef TRACES_INFLATE_H
#define TRACES_INFLATE_H

#include "../sim/mem.h"

/* The bytes themselves where they are not of gzip. NULL: they are damaged. */
const char *inflated(Mem *mem, const char *bytes, size_t size, size_t *inflated_size);

#endif
