#include "heap.h"

enum { UNIT = 16, ALIGNMENT = 8 }; /* no object holds what needs more */

/* In front of each object. */
typedef struct Cell {
    _Alignas(ALIGNMENT) struct Cell *next; /* in the free list; in the work list of a collection */
    uint32_t units;                        /* of the object; a large one tells its bytes itself */
    uint8_t kind;
    bool marked, large;
} Cell;

/* In front of the cell of an object too large for a class, or of every one in the hostile build. */
typedef struct Large {
    _Alignas(ALIGNMENT) struct Large *next;
    size_t bytes;
} Large;

typedef struct Slab { /* followed by its cells */
    _Alignas(ALIGNMENT) struct Slab *next;
    uint32_t count;
} Slab;

#ifdef LOOPSIM_HOSTILE
enum { CLASSES = 1 }; /* every object a block of its own: so a sanitizer sees whoever holds what was collected */
#else
enum { CLASSES = 33 };
#endif
enum { SLAB_FIRST = 4 * 1024, SLAB_LAST = 64 * 1024, DUE_FIRST = 1024 * 1024 };

typedef struct SizeClass {
    Cell *free;
    Slab *slabs;
    char *fresh; /* cells of the newest slab that were never used */
    uint32_t fresh_count;
    size_t next_slab;
} SizeClass;

struct Heap {
    Mem *mem;
    SizeClass of[CLASSES]; /* by units */
    Large *large;
    Cell *work;
    size_t since, due, live; /* bytes: taken since the last collection, when the next is due, alive after the last */
    uint64_t collections;
};

Heap *heap_new(Mem *mem)
{
    Heap *heap = mem_get(mem, sizeof *heap);
    heap->mem = mem;
    heap->due = DUE_FIRST;
    for (size_t i = 0; i < CLASSES; i++)
        heap->of[i].next_slab = SLAB_FIRST;
    return heap;
}

bool heap_due(const Heap *heap)
{
#ifdef LOOPSIM_HOSTILE
    enum {
        AT_ONCE = 20000
    }; /* so many collections, each at the first moment; then by the rule, so that long programs end */
    if (heap->collections < AT_ONCE)
        return true;
#endif
    return heap->since >= heap->due;
}

uint64_t heap_collections(const Heap *heap)
{
    return heap->collections;
}

static size_t cell_size(size_t units)
{
    return sizeof(Cell) + units * UNIT;
}

/* The next of the newest slab's cells, or of a new one's. */
static Cell *fresh_cell(Heap *heap, SizeClass *class, size_t units)
{
    size_t size = cell_size(units);
    if (class->fresh_count == 0) {
        uint32_t count = (uint32_t)(class->next_slab / size);
        Slab *slab = mem_get(heap->mem, sizeof *slab + count * size);
        slab->next = class->slabs;
        slab->count = count;
        class->slabs = slab;
        class->fresh = (char *)(slab + 1);
        class->fresh_count = count;
        if (class->next_slab < SLAB_LAST)
            class->next_slab *= 2;
    }
    Cell *cell = (Cell *)(void *)class->fresh;
    class->fresh += size;
    class->fresh_count--;
    cell->units = (uint32_t)units;
    return cell;
}

static Cell *large_cell(Heap *heap, size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(Large) - sizeof(Cell))
        mem_give_up(heap->mem);
    Large *large = mem_get(heap->mem, sizeof *large + sizeof(Cell) + bytes);
    large->next = heap->large;
    large->bytes = bytes;
    heap->large = large;
    Cell *cell = (Cell *)(void *)(large + 1);
    cell->large = true;
    heap->since += bytes;
    return cell;
}

/* Most objects have but a few units: a store each, where a call of memset would take longer to begin. */
static inline void zero_units(void *object, size_t units)
{
    for (char *at = object; units-- > 0; at += UNIT)
        memset(at, 0, UNIT);
}

static inline Cell *small_cell(Heap *heap, size_t units)
{
    SizeClass *class = &heap->of[units];
    Cell *cell = class->free;
    heap->since += cell_size(units);
    if (cell == NULL)
        return fresh_cell(heap, class, units);
    class->free = cell->next;
    zero_units(cell + 1, units);
    return cell;
}

void *heap_take(Heap *heap, HeapKind kind, size_t bytes)
{
    size_t units = bytes / UNIT + (bytes % UNIT > 0);
    Cell *cell = units < CLASSES ? small_cell(heap, units) : large_cell(heap, bytes);
    cell->kind = (uint8_t)kind;
    return cell + 1;
}

size_t heap_room(const void *object)
{
    const Cell *cell = (const Cell *)object - 1;
    if (cell->large)
        return ((const Large *)(const void *)cell - 1)->bytes;
    return (size_t)cell->units * UNIT;
}

void heap_mark(Heap *heap, const void *object)
{
    if (object == NULL)
        return;
    Cell *cell = (Cell *)object - 1;
    if (cell->marked)
        return;
    cell->marked = true;
    if (cell->kind == HEAP_PLAIN)
        return;
    cell->next = heap->work;
    heap->work = cell;
}

void *heap_next(Heap *heap, HeapKind *kind)
{
    Cell *cell = heap->work;
    if (cell == NULL)
        return NULL;
    heap->work = cell->next;
    *kind = (HeapKind)cell->kind;
    return cell + 1;
}

/* Bytes of the cells that stay. What is given back is taken again in the order of the cells. */
static size_t sweep_slab(SizeClass *class, Slab *slab, uint32_t count, size_t units)
{
    size_t size = cell_size(units), live = 0;
    char *at = (char *)(slab + 1) + count * size;
    while (count-- > 0) {
        Cell *cell = (Cell *)(void *)(at -= size);
        if (cell->marked) {
            cell->marked = false;
            live += size;
        } else {
            cell->kind = HEAP_FREE;
            cell->next = class->free;
            class->free = cell;
        }
    }
    return live;
}

static size_t sweep_class(SizeClass *class, size_t units)
{
    size_t live = 0;
    class->free = NULL;
    for (Slab *slab = class->slabs; slab != NULL; slab = slab->next) {
        uint32_t unused = slab == class->slabs ? class->fresh_count : 0;
        live += sweep_slab(class, slab, slab->count - unused, units);
    }
    return live;
}

static size_t sweep_large(Heap *heap)
{
    size_t live = 0;
    for (Large **at = &heap->large; *at != NULL;) {
        Large *large = *at;
        Cell *cell = (Cell *)(void *)(large + 1);
        if (cell->marked) {
            cell->marked = false;
            live += large->bytes;
            at = &large->next;
        } else {
            *at = large->next;
            mem_free(heap->mem, large);
        }
    }
    return live;
}

void heap_sweep(Heap *heap)
{
    heap->live = sweep_large(heap);
    for (size_t units = 0; units < CLASSES; units++)
        heap->live += sweep_class(&heap->of[units], units);
    heap->since = 0;
    heap->due = heap->live > DUE_FIRST ? heap->live : DUE_FIRST;
    heap->collections++;
}
