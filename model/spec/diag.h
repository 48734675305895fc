/* diag: everything that is wrong with an input, collected, at most 20, reported in file order.
 *
 * A message names what is wrong; the help names the rule or the nearest valid word. Texts that the places refer to
 * are registered, so that the report can show the line. */
#ifndef MODEL_SPEC_DIAG_H
#define MODEL_SPEC_DIAG_H

#include "json.h"

enum { DIAG_MOST = 20 };
typedef enum DiagLevel { DIAG_ERROR, DIAG_WARNING } DiagLevel;

typedef struct DiagEntry {
    DiagLevel level;
    JsonPlace place;
    const char *what, *help; /* help may be NULL */
    size_t source;           /* which text, in the order of registration */
} DiagEntry;

typedef struct DiagSource {
    const char *file, *bytes;
    size_t size;
} DiagSource;

struct Diag {
    Mem *mem;
    DiagEntry entry[DIAG_MOST]; /* in file order; beyond 20 warnings go first, then what stands last in the files */
    size_t count;
    size_t errors, warnings; /* those beyond the entries as well */
    DiagSource *source;
    size_t sources;
};

void diag_init(Diag *diag, Mem *mem);

/* The text that places with this very `file` pointer refer to; it must outlive the Diag. */
void diag_source(Diag *diag, const char *file, const char *bytes, size_t size);

/* what is a format of %s (cut where long), %d and %c; help is a finished text, copied, or NULL. */
void diag_error(Diag *diag, JsonPlace place, const char *help, const char *what, ...)
    __attribute__((format(printf, 4, 5)));
void diag_warning(Diag *diag, JsonPlace place, const char *help, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/* A text made from such a format, for helps; it lives in the Mem. */
const char *diag_text(Diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `file:line:column: error: what`, the line, a caret under the value, `help: …`; at last how many more there were.
 * Nothing that a terminal would take as a command survives. */
void diag_render(Buf *out, const Diag *diag);
/* Control characters, broken UTF-8 and writing direction escaped. */
void diag_shown(Buf *out, const char *text, size_t size);

/* The word of `words` nearest to `word` (Damerau–Levenshtein, at most a third of its length away, at least 1), or
 * NULL. */
const char *diag_nearest(const char *word, const char *const words[], size_t n);

/* `did you mean "…"?`, or the list of words where it is short, or NULL. */
const char *diag_suggest(Diag *diag, const char *word, const char *const words[], size_t n);

#endif
