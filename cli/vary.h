/* vary: what a sweep varies: a path of the spec and the values that it takes.
 *
 *     arrivals.poisson=100/s..1000/s:100/s     from, to, step: exact decimals
 *     servers.node.workers=1..64:x2            from, to, factor
 *     machine.cores=1,2,4,8                    a list
 *
 * The unit may stand at all three numbers or at the last of them alone. Values of a factor are rounded to four
 * digits, those without a unit (and ns and B) to whole numbers; what comes twice by that is left out. */
#ifndef CLI_VARY_H
#define CLI_VARY_H

#include "../sim/buf.h"

enum { SWEEP_MOST = 100000 };

typedef struct Vary {
    const char *path;
    const char **value; /* as --set takes it */
    int count;
    bool numeric;     /* ascending numbers of one unit: a knee can be looked for along it */
    int64_t *number;  /* in millionths, where numeric */
    const char *unit; /* "/s", "ms", "" … */
} Vary;

/* NULL, or what is wrong. */
const char *vary_read(Vary *vary, Mem *mem, const char *text);

/* Fills numeric, number and unit from the values. */
void vary_find_numbers(Vary *vary, Mem *mem);

/* A number in millionths with its unit: "12.5ms". */
void vary_write(Buf *buf, int64_t number, const char *unit);

#endif
