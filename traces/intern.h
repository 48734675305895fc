/* intern: texts that come again and again get a number each, from 1, in the order of their first use. */
#ifndef TRACES_INTERN_H
#define TRACES_INTERN_H

#include "../sim/mem.h"

enum { INTERN_MOST = 4096 }; /* texts: later ones get no number, so that lines which a program prints take no room */

typedef struct InternText {
    const char *text;
    uint32_t size, hash;
} InternText;

typedef struct Intern {
    Mem *mem;
    Arena arena;
    InternText *texts; /* by number - 1 */
    uint16_t *slots;   /* a hash table of numbers */
    uint32_t count, slot_count;
} Intern;

void intern_init(Intern *intern, Mem *mem);
void intern_free(Intern *intern);
uint32_t intern_text(Intern *intern, const char *text, bool *is_new); /* 0: it gets none */

#endif
