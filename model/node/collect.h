/* collect: what a program can still reach (heap.h). */
#ifndef MODEL_NODE_COLLECT_H
#define MODEL_NODE_COLLECT_H

#include "vm.h"

/* Between two instructions of a program, where a collection is due: gives back what nothing can reach any more,
 * suspended frames included. */
OUT_OF_LINE void collect(Node *node);

#endif
