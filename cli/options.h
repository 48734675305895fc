/* options: THE table of options. Parsing and --help are made from its rows. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli.h"

typedef struct Option Option;

struct Option {
    const char *name;     /* without the dashes */
    char letter;          /* 0: none */
    const char *value;    /* what its value is called in the help, with a blank between two; NULL: it takes none */
    const char *commands; /* words, with a space around each */
    /* NULL: fine. Else what is wrong with the value, for a message; *help may be set too. NULL function: not available
     * yet. */
    const char *(*read)(Args *args, Mem *mem, const char *value, const char **help);
    const char *about;
};

extern const Option options[]; /* ends with a row whose name is NULL */

/* "2" or "2%", in millionths; false where it is no percentage above 0. */
bool option_percent(const char *value, size_t size, int64_t *millionths);

bool option_of(const Option *option, const Command *command);

#endif
