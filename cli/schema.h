/* schema: JSON Schema (2020-12) of what loopsim reads and writes, made from the tables of keys, of steps and of
 * results, so that editors complete and check. Patterns are such that ECMA-262 and POSIX read them alike. */
#ifndef CLI_SCHEMA_H
#define CLI_SCHEMA_H

#include "json_writer.h"

void schema_spec(JsonWriter *json);    /* workloads and programs */
void schema_cost(JsonWriter *json);    /* cost files */
void schema_results(JsonWriter *json); /* of --out json, for workloads and programs */

void schema_head(JsonWriter *json, const char *title); /* $schema and title, in an object that is open */
void schema_ref(JsonWriter *json, const char *key, const char *name);
void schema_type(JsonWriter *json, const char *key, const char *type);
void schema_units(JsonWriter *json); /* definitions: duration, rate … */
/* Definitions of a step and of a body of steps; where: IN_HANDLER or IN_PROGRAM. */
void schema_steps(JsonWriter *json, const char *step, const char *body, unsigned where);
void schema_pattern(JsonWriter *json, const char *key, const char *pattern);

#endif
