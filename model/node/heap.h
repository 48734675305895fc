/* heap: the objects of a program, of which those that nothing can reach any more are given back.
 *
 * A request's objects live in an arena and end with the request. A program may run for as long as it likes, so its
 * objects stand in a heap of their own: mark and sweep, without moving anything. Allocation never collects; it only
 * says that a collection is due, and the walker collects between two instructions, where every object that is still
 * needed hangs on something that collect.c knows (vm.h, node.h). When depends on bytes allocated alone, and what is
 * given back is nothing that anybody could have seen: so a program does the same with and without collections.
 *
 * Every cell has a header with the kind of its object, so that a pointer is enough to follow it. The work list of a
 * collection is linked through the headers: collecting takes no memory. */
#ifndef MODEL_NODE_HEAP_H
#define MODEL_NODE_HEAP_H

#include "../../sim/mem.h"

typedef enum HeapKind {
    HEAP_FREE,
    HEAP_PLAIN, /* points to nothing: texts, strands, closing sockets */
    HEAP_ENV,
    HEAP_CLOSURE,
    HEAP_THENABLE,
    HEAP_RESOLVER,
    HEAP_PROMISE,
    HEAP_REACTION,
    HEAP_COMBINE,
    HEAP_ARRAY,
    HEAP_SETTLED,
    HEAP_EMITTER,
    HEAP_CHANNEL,
    HEAP_LISTENER,
    HEAP_EMISSION,
    HEAP_IMMEDIATE,
    HEAP_TIMER,
    HEAP_HANDLE,
    HEAP_OP
} HeapKind;

typedef struct Heap Heap;

Heap *heap_new(Mem *mem);
void *heap_take(Heap *heap, HeapKind kind, size_t bytes); /* zeroed, aligned to 8 bytes */
bool heap_due(const Heap *heap);                          /* a collection is worth its while */
uint64_t heap_collections(const Heap *heap);

/* A collection: heap_mark for every root; then heap_next until it is NULL, each time heap_mark for all that this object
 * points to; then heap_sweep. */
void heap_mark(Heap *heap, const void *object); /* NULL is allowed */
void *heap_next(Heap *heap, HeapKind *kind);
void heap_sweep(Heap *heap);
size_t heap_room(const void *object); /* bytes that were asked for, rounded up to alignment */

#endif
