/* What gcov counts is written by exit() alone, but must(), the workers of a sweep, a signal's handler and what torture
 * makes fail end by _exit(): in the build of `make cover` it writes the counts, too (--wrap). */
#include "../faults.h"

#include <unistd.h>

#pragma weak faults /* of the tests alone: gcov has to write where nothing else may */

void __gcov_dump(void);
_Noreturn void __real__exit(int code);
_Noreturn void __wrap__exit(int code);

_Noreturn void __wrap__exit(int code)
{
    if (&faults)
        faults.hit = NULL;
    __gcov_dump();
    __real__exit(code);
}
