/* number: doubles as JavaScript prints them. */
#ifndef MODEL_PROGRAM_NUMBER_H
#define MODEL_PROGRAM_NUMBER_H

#include "../../sim/buf.h"

/* ECMA-262 Number::toString(x, 10): the shortest digits that read back as x (Steele and White 1990, in the form of
 * Burger and Dybvig 1996, with exact integers), laid out as the standard says. */
void number_print(Buf *buf, double x);

#endif
