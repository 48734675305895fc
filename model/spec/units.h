/* units: quantities as people write them: decimals with a unit, exact.
 *
 * Each function returns false where the text is not such a value, and sets *why to a text that says what is
 * wrong ("a duration without a unit"). */
#ifndef MODEL_SPEC_UNITS_H
#define MODEL_SPEC_UNITS_H

#include "../../sim/dist.h"
#include "diag.h"

bool value_duration(const char *text, Time *ns, const char **why);            /* "1.5ms", "0" */
bool value_rate(const char *text, double *per_second, const char **why);      /* "500/s" */
bool value_size(const char *text, int64_t *bytes, const char **why);          /* "64KiB" */
bool value_bandwidth(const char *text, double *per_second, const char **why); /* "1GB/s" */
bool value_fraction(const char *text, double *fraction, const char **why);    /* "5%", "0.05" */
bool value_count(const char *text, int64_t *count, const char **why);         /* digits alone */
bool value_seed(const char *text, uint64_t *seed, const char **why);          /* "42", "0x2a" */

/* A duration or a distribution; NULL: what was wrong has been said in diag. */
const Dist *value_dist(Mem *mem, const Json *json, Diag *diag);

/* A time as it would be written, in the largest unit that keeps it whole: "816ns", "34us". */
void value_write_duration(Buf *out, Time ns);
void value_write_size(Buf *out, int64_t bytes);

#endif
