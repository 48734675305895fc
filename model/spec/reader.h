/* reader: what the files of model/spec share while a spec is read. Private to this folder. */
#ifndef MODEL_SPEC_READER_H
#define MODEL_SPEC_READER_H

#include "spec.h"

struct SpecReader {
    Mem *mem;
    Diag *diag;
    const SpecOptions *options; /* NULL: none */
    Spec *spec;                 /* NULL: a value alone is read */
    const Json *root;           /* the top of the spec, whose keys of the other kind have a message of their own */
};

extern const char spec_default_file[]; /* the file of places that nobody wrote: compared by address */

extern const KeyTable workload_table, program_table; /* into Spec */
extern const KeyTable server_table;                  /* into SpecServer: what all models have */
extern const KeyTable arrivals_table;                /* into SpecArrivals */
extern const KeyTable resource_table;                /* into SpecResource */
extern const KeyTable dist_table;                    /* the kinds of distributions */
extern const KeyTable cost_table;                    /* into Costs; model/machine/costs.c */

extern const KeyTable geometric_table; /* a count that is drawn */
extern const KeyTable cost_file_table;

/* The tables that describe the elements of a row ("map", "servers", "streams", "part", or a KEY_PART), at most 2;
 * returns how many. */
size_t row_tables(const Key *row, const Json *element, const KeyTable *tables[2]);

/* The default of a row as a node of the tree. */
Json *reader_default(SpecReader *reader, const Key *row);
Json *reader_string(SpecReader *reader, const char *key, const char *text, JsonPlace place);

/* What the rows of keys need, by the file that has them. Each false: something was wrong and has been said. */
bool read_resources(SpecReader *reader, Json *value, void *field); /* spec_parts.c */
bool read_handlers(SpecReader *reader, Json *value, void *field);
bool read_functions(SpecReader *reader, Json *value, void *field);
bool read_servers(SpecReader *reader, Json *value, void *field);
bool read_expect(SpecReader *reader, Json *value, void *field);
bool read_costs(SpecReader *reader, Json *value, void *field);    /* spec_costs.c */
bool read_arrivals(SpecReader *reader, Json *value, void *field); /* spec_arrivals.c */
bool find_handler_of(SpecReader *reader, const char *name, int *handler);
bool read_arrival_file(SpecReader *reader, Json *value, void *field); /* spec_file.c */
bool arrivals_end(const SpecArrivals *stream);

bool spec_apply_set(SpecReader *reader, Json *root, const KeyTable *top, const char *option); /* spec_set.c */
uint64_t spec_digest(const Spec *spec, const Json *root);                                     /* spec_print.c */

/* Says it at the value's place; always false. `help` may be NULL. */
bool refuse(SpecReader *reader, const Json *value, const char *help, const char *what);

#endif
