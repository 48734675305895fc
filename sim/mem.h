/* mem: the one place where memory comes from.
 *
 * A Mem is a budget of bytes and the list of all blocks that were taken from it. An allocation never returns
 * NULL: where the budget or the system gives out, control goes back to the innermost mem_try, whose owner then
 * deletes the Mem with all that it still holds. So no caller checks, and none leaks.
 *
 *     MemTrap trap;
 *     if (mem_try(mem, &trap)) { ... work ...; mem_end_try(mem, &trap); }
 *     else { ... out of memory (the trap is closed already) ... }
 *
 * What lives and ends with a Mem beside its blocks: other Mems (mem_new_in), and what has to be undone (mem_at_end: a
 * file that is not complete is removed). So whoever gives up leaves nothing behind.
 *
 * Locals that change between mem_try and the failure, and are read after it, must be volatile (C11 7.13.2.1). */
#ifndef SIM_MEM_H
#define SIM_MEM_H

#include "base.h"
#include <setjmp.h>
#include <string.h>

typedef struct Mem Mem;

typedef struct MemTrap {
    jmp_buf back;
    struct MemTrap *outer;
} MemTrap;

Mem *mem_new(size_t budget);                /* NULL where not even that fits; owner: the caller */
Mem *mem_new_in(Mem *outer, size_t budget); /* likewise, with a budget of its own; ends with outer at the latest */
void mem_delete(Mem *mem);                  /* frees every block; NULL is allowed */
void *mem_get(Mem *mem, size_t bytes);      /* zeroed, aligned for any type */
void *mem_grow(Mem *mem, void *pointer, size_t bytes);    /* keeps the contents, the rest is zeroed; may be NULL */
void mem_free(Mem *mem, void *pointer);                   /* NULL is allowed */
char *mem_copy(Mem *mem, const char *text, size_t bytes); /* adds a NUL */
size_t mem_array(Mem *mem, size_t count, size_t each);    /* count * each, or fails as an allocation does */

/* To be called when the Mem is deleted, unless it is forgotten before; the last one noted comes first. It lives inside
 * what it concerns, in a block of this Mem. */
typedef struct MemEnd {
    struct MemEnd *next, *prev;
    void (*fn)(struct MemEnd *end);
} MemEnd;
void mem_at_end(Mem *mem, MemEnd *end, void (*fn)(MemEnd *end));
void mem_forget(Mem *mem, MemEnd *end); /* not noted: nothing happens */

size_t mem_used(const Mem *mem);
size_t mem_peak(const Mem *mem);
uint64_t mem_requests(const Mem *mem); /* how many allocations there were */

/* Tests: the nth allocation from now (1 is the next) fails, and so do all later ones where `for_good`. 0: never. */
void mem_fail_at(Mem *mem, uint64_t nth, bool for_good);

#define mem_try(mem, trap) (mem_begin_try((mem), (trap)), setjmp((trap)->back) == 0)
void mem_begin_try(Mem *mem, MemTrap *trap);
void mem_end_try(Mem *mem, MemTrap *trap);
_Noreturn void mem_give_up(Mem *mem); /* what a failed allocation does; for limits that callers find themselves */

/* Puts an object of a size that the compiler knows to zero. In pieces, each a few wide stores: for more, compilers
 * choose string instructions, which take longer to begin than all of this. */
static inline void mem_zero(void *object, size_t size)
{
    char *at = object;
    for (size_t piece = 0; piece < size / 64; piece++)
        memset(at + piece * 64, 0, 64);
    memset(at + size / 64 * 64, 0, size % 64);
}

/* Pool: objects of one size, taken and given back in O(1), never returned to the Mem before its end. It takes them in
 * slabs, which grow with what it holds: of much it wastes little, and large ones ask the system for large pages. */
typedef struct Pool {
    Mem *mem;
    size_t each;
    void *free;         /* given back */
    char *fresh;        /* of the newest slab: never used yet */
    size_t fresh_left;  /* so many objects */
    size_t slab, taken; /* bytes: of the next slab, of all */
} Pool;

void pool_init(Pool *pool, Mem *mem, size_t each);
void *pool_get(Pool *pool); /* zeroed */
void *pool_refill(Pool *pool);

/* What was in it before is still there, or anything else: for who sets every field. */
static inline void *pool_get_raw(Pool *pool)
{
    void *object = pool->free;
    if (!object)
        return pool_refill(pool);
    memcpy(&pool->free, object, sizeof pool->free);
    return object;
}

/* A free object's first word points to the next free one. In the hostile build it goes back at once (mem.c). */
static inline void pool_put(Pool *pool, void *object)
{
#ifdef LOOPSIM_HOSTILE
    mem_free(pool->mem, object);
#else
    memcpy(object, &pool->free, sizeof pool->free);
    pool->free = object;
#endif
}

/* Arena: many small objects that end together. */
typedef struct Arena {
    Mem *mem;
    void *chunk;
    size_t left;
    size_t next_size;
    Pool *pool; /* where its first chunk comes from; NULL: from the Mem, as all others */
} Arena;

void arena_init(Arena *arena, Mem *mem);
/* For many arenas of a short life: the first chunk of each comes from a pool that they share. */
void arena_pool_init(Pool *pool, Mem *mem);
void arena_init_from(Arena *arena, Pool *pool);
void *arena_get(Arena *arena, size_t bytes); /* zeroed */
void arena_clear(Arena *arena);

#endif
