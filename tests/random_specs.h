/* random_specs: small workloads at random, the same for a number on any machine. Together they meet every server
 * model, scheduler, kind of arrival and step of a handler. */
#ifndef TESTS_RANDOM_SPECS_H
#define TESTS_RANDOM_SPECS_H

#include "../sim/buf.h"

const char *random_spec(Mem *mem, uint64_t number); /* its text: two or three servers */

#endif
