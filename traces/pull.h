/* pull: a strict reader of JSON (RFC 8259) that its caller pulls through a text in memory, without building anything.
 *
 * The first fault sticks: from then on all functions say that there is nothing more. Texts are given as they stand,
 * with their escapes. */
#ifndef TRACES_PULL_H
#define TRACES_PULL_H

#include "../sim/base.h"

typedef struct Pull {
    const char *start, *at, *end;
    const char *fault; /* NULL: none so far; a static text */
    int depth;
} Pull;

typedef struct PullText {
    const char *bytes;
    size_t size;
} PullText;

enum { PULL_DEPTH = 64 };

void pull_init(Pull *pull, const char *bytes, size_t size);
char pull_kind(Pull *pull);                /* what comes: { [ " 0 (a number) t f n, or 0: nothing */
bool pull_enter(Pull *pull, char bracket); /* { or [ */
bool pull_key(Pull *pull, PullText *key);  /* the next member of the object; false: it is over */
bool pull_item(Pull *pull);                /* the next element of the array; false: it is over */
PullText pull_string(Pull *pull);
PullText pull_number(Pull *pull);     /* as it stands */
void pull_skip(Pull *pull);           /* any value */
void pull_end(Pull *pull);            /* nothing may follow */
uint64_t pull_line(const Pull *pull); /* where it stands, from 1 */

bool pull_is(PullText text, const char *word);
/* Times 10^decimals, cut off; -1 where it is no such number or too large. */
int64_t pull_fixed(PullText number, unsigned decimals);

/* The value at `path` (keys, NULL at the end) of the object in bytes; size 0: there is none. */
PullText pull_find(const char *bytes, size_t size, const char *const path[]);

#endif
