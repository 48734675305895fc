/* diag: everything that is wrong with an input, collected, at most 20, reported in file order.
 *
 * A message names what is wrong; the help names the rule or the nearest valid word. */
#ifndef MODEL_SPEC_DIAG_H
#define MODEL_SPEC_DIAG_H

#include "json.h"

enum { DIAG_MOST = 20 };
typedef enum DiagLevel { DIAG_ERROR, DIAG_WARNING } DiagLevel;

typedef struct DiagEntry {
    DiagLevel level;
    JsonPlace place;
    const char *what, *help; /* help may be NULL */
} DiagEntry;

typedef struct Diag {
    Mem *mem;
    DiagEntry entry[DIAG_MOST];
    size_t count, errors; /* errors counts those beyond the entries as well */
} Diag;

void diag_init(Diag *diag, Mem *mem);

/* what is a printf format; help is a finished text, copied, or NULL. */
void diag_error(Diag *diag, JsonPlace place, const char *help, const char *what, ...) __attribute__((format(printf, 4, 5)));
void diag_warning(Diag *diag, JsonPlace place, const char *help, const char *what, ...) __attribute__((format(printf, 4, 5)));
void diag_sort(Diag *diag); /* into file order */

/* The word of `words` nearest to `word` (Damerau–Levenshtein, at most a third of its length away), or NULL. */
const char *diag_nearest(const char *word, const char *const words[], size_t n);

#endif
