#include "run_queue.h"

enum { CHILDREN = 4 };

bool run_entry_before(const RunEntry *a, const RunEntry *b)
{
    if (a->key != b->key)
        return a->key < b->key;
    if (a->fraction != b->fraction)
        return a->fraction < b->fraction;
    return a->serial < b->serial;
}

void run_heap_reserve(RunHeap *heap, Mem *mem, size_t threads)
{
    if (threads <= heap->room)
        return;
    size_t room = heap->room ? heap->room * 2 : HOSTILE(16, 1);
    if (room < threads)
        room = threads;
    heap->entry = mem_grow(mem, heap->entry, mem_array(mem, room, sizeof *heap->entry));
    heap->room = room;
}

void run_heap_push(RunHeap *heap, RunEntry new)
{
    must(heap->count < heap->room, "more threads are queued than were started");
    size_t at = heap->count++;
    while (at > 0) {
        size_t parent = (at - 1) / CHILDREN;
        if (!run_entry_before(&new, &heap->entry[parent]))
            break;
        heap->entry[at] = heap->entry[parent];
        at = parent;
    }
    heap->entry[at] = new;
}

static size_t smallest_child(const RunHeap *heap, size_t at)
{
    size_t first = at * CHILDREN + 1, best = first;
    for (size_t child = first + 1; child < first + CHILDREN && child < heap->count; child++) {
        if (run_entry_before(&heap->entry[child], &heap->entry[best]))
            best = child;
    }
    return best;
}

Thread *run_heap_pop(RunHeap *heap)
{
    must(heap->count > 0, "an empty run queue was popped");
    Thread *thread = heap->entry[0].thread;
    RunEntry moved = heap->entry[--heap->count];
    size_t at = 0;
    while (at * CHILDREN + 1 < heap->count) {
        size_t child = smallest_child(heap, at);
        if (!run_entry_before(&heap->entry[child], &moved))
            break;
        heap->entry[at] = heap->entry[child];
        at = child;
    }
    heap->entry[at] = moved;
    return thread;
}

void run_list_push(RunList *list, Thread *thread)
{
    thread->next = NULL;
    if (list->last)
        list->last->next = thread;
    else
        list->first = thread;
    list->last = thread;
    list->count++;
}

Thread *run_list_pop(RunList *list)
{
    must(list->count > 0, "an empty run queue was popped");
    Thread *thread = list->first;
    list->first = thread->next;
    if (!list->first)
        list->last = NULL;
    list->count--;
    return thread;
}
