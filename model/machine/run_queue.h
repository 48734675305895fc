/* run_queue: threads that wait for their turn, in the order of a key or in the order in which they came.
 *
 * The keyed queue is a heap with four children a node whose entries carry the key (value, fraction of 2^-64,
 * serial), so that comparing touches no thread. Room is made when a thread starts: queueing cannot fail. The list
 * needs no room at all. */
#ifndef MODEL_MACHINE_RUN_QUEUE_H
#define MODEL_MACHINE_RUN_QUEUE_H

#include "machine.h"

typedef struct RunEntry {
    int64_t key;
    uint64_t fraction;
    uint64_t serial; /* no two are equal, so the order is total */
    Thread *thread;
} RunEntry;

typedef struct RunHeap {
    RunEntry *entry;
    size_t count, room;
} RunHeap;

void run_heap_reserve(RunHeap *heap, Mem *mem, size_t threads);
void run_heap_push(RunHeap *heap, RunEntry new);
Thread *run_heap_pop(RunHeap *heap); /* the smallest; the heap is not empty */
bool run_entry_before(const RunEntry *a, const RunEntry *b);

typedef struct RunList {
    Thread *first, *last;
    size_t count;
} RunList;

void run_list_push(RunList *list, Thread *thread);
Thread *run_list_pop(RunList *list); /* not empty */

#endif
