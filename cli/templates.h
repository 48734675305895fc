/* templates: the starter specs of `init`. Each is a whole spec under 60 lines that makes one point and is worth
 * running as it stands. */
#ifndef CLI_TEMPLATES_H
#define CLI_TEMPLATES_H

typedef struct Template {
    const char *name, *about, *text;
} Template;

extern const Template templates[]; /* ends with a row whose name is NULL */

#endif
