#define _DEFAULT_SOURCE /* madvise */
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

/* Every block carries its place in the list of all blocks, so that mem_delete finds it, and its owner. */
typedef union Block {
    struct {
        union Block *next, *prev;
        Mem *mem;
        size_t size; /* with this header */
    } in;
    max_align_t align;
} Block;

struct Mem {
    Block *first;
    size_t budget, used, peak;
    uint64_t requests;
    uint64_t fail_at; /* the number of the request that fails; 0: none */
    bool fail_for_good;
    MemTrap *trap;
    MemEnd *ends;
    Mem *outer; /* that it ends with; NULL: none */
    MemEnd ends_with;
};

Mem *mem_new(size_t budget)
{
    if (budget < sizeof(Mem))
        return NULL;
    Mem *mem = calloc(1, sizeof *mem);
    if (mem)
        mem->budget = budget - sizeof *mem;
    return mem;
}

void mem_at_end(Mem *mem, MemEnd *end, void (*fn)(MemEnd *end))
{
    *end = (MemEnd){.next = mem->ends, .fn = fn};
    if (mem->ends)
        mem->ends->prev = end;
    mem->ends = end;
}

void mem_forget(Mem *mem, MemEnd *end)
{
    if (!end->fn)
        return;
    if (end->prev)
        end->prev->next = end->next;
    else
        mem->ends = end->next;
    if (end->next)
        end->next->prev = end->prev;
    end->fn = NULL;
}

static void end_inner(MemEnd *end)
{
    mem_delete(CONTAINER_OF(end, Mem, ends_with));
}

Mem *mem_new_in(Mem *outer, size_t budget)
{
    Mem *mem = mem_new(budget);
    if (!mem)
        return NULL;
    mem->outer = outer;
    mem_at_end(outer, &mem->ends_with, end_inner);
    return mem;
}

void mem_delete(Mem *mem)
{
    if (!mem)
        return;
    if (mem->outer)
        mem_forget(mem->outer, &mem->ends_with);
    while (mem->ends) {
        MemEnd *end = mem->ends;
        void (*fn)(MemEnd *) = end->fn;
        mem_forget(mem, end);
        fn(end);
    }
    for (Block *block = mem->first, *next; block; block = next) {
        next = block->in.next;
        free(block);
    }
    free(mem);
}

_Noreturn void mem_give_up(Mem *mem)
{
    MemTrap *trap = mem->trap;
    must(trap, "an allocation failed outside of mem_try");
    mem->trap = trap->outer;
    longjmp(trap->back, 1);
}

void mem_begin_try(Mem *mem, MemTrap *trap)
{
    trap->outer = mem->trap;
    mem->trap = trap;
}

void mem_end_try(Mem *mem, MemTrap *trap)
{
    must(mem->trap == trap, "mem_try and mem_end_try do not nest");
    mem->trap = trap->outer;
}

void mem_fail_at(Mem *mem, uint64_t nth, bool for_good)
{
    mem->fail_at = nth ? mem->requests + nth : 0;
    mem->fail_for_good = for_good;
}

/* Counts a request and gives up where it was asked to fail or `more` bytes do not fit into the budget. */
static void request(Mem *mem, size_t more)
{
    mem->requests++;
    bool fails =
        mem->fail_at && (mem->requests == mem->fail_at || (mem->fail_for_good && mem->requests > mem->fail_at));
    if (fails || more > mem->budget - mem->used)
        mem_give_up(mem);
}

static size_t with_header(Mem *mem, size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(Block))
        mem_give_up(mem);
    return bytes + sizeof(Block);
}

static void account(Mem *mem, size_t more)
{
    mem->used += more;
    if (mem->used > mem->peak)
        mem->peak = mem->used;
}

static void link_block(Mem *mem, Block *block)
{
    block->in.prev = NULL;
    block->in.next = mem->first;
    if (mem->first)
        mem->first->in.prev = block;
    mem->first = block;
}

static void unlink_block(Mem *mem, Block *block)
{
    if (block->in.prev)
        block->in.prev->in.next = block->in.next;
    else
        mem->first = block->in.next;
    if (block->in.next)
        block->in.next->in.prev = block->in.prev;
}

static Block *block_of(Mem *mem, void *pointer)
{
    Block *block = (Block *)pointer - 1;
    must(block->in.mem == mem, "a block was given back to a Mem that does not own it");
    return block;
}

enum { LARGE_PAGE = 2 << 20 };

/* Where millions of objects are used in turn, the processor would look up an address for each: on Linux with large
 * pages, where they are to be had, it finds most of them. Nothing but speed depends on it. */
static void prefer_large_pages(Block *block, size_t bytes)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    size_t before = (LARGE_PAGE - (uintptr_t)block % LARGE_PAGE) % LARGE_PAGE;
    if (bytes >= before + LARGE_PAGE)
        (void)madvise((char *)block + before, (bytes - before) / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
#else
    (void)block;
    (void)bytes;
#endif
}

void *mem_get(Mem *mem, size_t bytes)
{
    size_t size = with_header(mem, bytes);
    request(mem, size);
    Block *block = calloc(1, size);
    if (!block)
        mem_give_up(mem);
    prefer_large_pages(block, size);
    block->in.mem = mem;
    block->in.size = size;
    link_block(mem, block);
    account(mem, size);
    return block + 1;
}

void *mem_grow(Mem *mem, void *pointer, size_t bytes)
{
    if (!pointer)
        return mem_get(mem, bytes);
    Block *block = block_of(mem, pointer);
    size_t old = block->in.size, size = with_header(mem, bytes);
    request(mem, size > old ? size - old : 0);

    unlink_block(mem, block); /* its neighbours must not point to where it was */
    Block *moved = realloc(block, size);
    if (!moved) {
        link_block(mem, block);
        mem_give_up(mem);
    }
    prefer_large_pages(moved, size);
    link_block(mem, moved);
    moved->in.size = size;
    if (size > old)
        memset((char *)moved + old, 0, size - old);
    mem->used -= old;
    account(mem, size);
    return moved + 1;
}

void mem_free(Mem *mem, void *pointer)
{
    if (!pointer)
        return;
    Block *block = block_of(mem, pointer);
    unlink_block(mem, block);
    mem->used -= block->in.size;
    block->in.mem = NULL; /* so that giving it back twice is noticed, mostly */
    free(block);
}

char *mem_copy(Mem *mem, const char *text, size_t bytes)
{
    if (bytes == SIZE_MAX)
        mem_give_up(mem);
    char *copy = mem_get(mem, bytes + 1);
    if (bytes > 0)
        memcpy(copy, text, bytes);
    return copy;
}

size_t mem_array(Mem *mem, size_t count, size_t each)
{
    if (each > 0 && count > SIZE_MAX / each)
        mem_give_up(mem);
    return count * each;
}

size_t mem_used(const Mem *mem)
{
    return mem->used;
}

size_t mem_peak(const Mem *mem)
{
    return mem->peak;
}

uint64_t mem_requests(const Mem *mem)
{
    return mem->requests;
}

/* Pools and arenas take their memory in pieces that double from the first size to the last. In the hostile build every
 * object is a block of its own and goes back at once, so that a sanitizer sees whoever still uses it. */
#ifdef LOOPSIM_HOSTILE
enum { PIECE_FIRST = 1, PIECE_LAST = 1 };
#else
enum { PIECE_FIRST = 512, PIECE_LAST = 64 * 1024 };
#endif
enum { ALIGNMENT = _Alignof(max_align_t) };

/* Slabs of a pool that holds much: a part of it, so that little is wasted, up to so many bytes. */
enum { SLAB_PART = 8, SLAB_MOST = HOSTILE(16 * LARGE_PAGE, PIECE_LAST) };

static size_t aligned(Mem *mem, size_t bytes)
{
    if (bytes > SIZE_MAX - ALIGNMENT)
        mem_give_up(mem);
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void pool_init(Pool *pool, Mem *mem, size_t each)
{
    size_t bytes = aligned(mem, each < sizeof(void *) ? sizeof(void *) : each);
    *pool = (Pool){.mem = mem, .each = bytes, .slab = PIECE_FIRST};
}

/* Objects of whole cache lines begin at one, large slabs at a large page. */
static size_t slab_alignment(const Pool *pool, size_t bytes)
{
    if (PIECE_LAST == 1)
        return 1;
    return bytes >= (size_t)2 * LARGE_PAGE ? LARGE_PAGE : pool->each % CACHE_LINE == 0 ? CACHE_LINE : 1;
}

static size_t next_slab(const Pool *pool)
{
    if (pool->slab < PIECE_LAST)
        return pool->slab * 2;
    size_t part = pool->taken / SLAB_PART;
    return part <= PIECE_LAST ? PIECE_LAST : part < SLAB_MOST ? part : SLAB_MOST;
}

static void take_slab(Pool *pool)
{
    size_t count = pool->slab > pool->each ? pool->slab / pool->each : 1;
    size_t bytes = mem_array(pool->mem, count, pool->each), alignment = slab_alignment(pool, bytes);
    char *block = mem_get(pool->mem, bytes + alignment - 1);
    pool->fresh = block + (alignment - (uintptr_t)block % alignment) % alignment;
    pool->fresh_left = count;
    pool->taken += bytes;
    pool->slab = next_slab(pool);
}

/* One that was never used, and so is zeroed. */
void *pool_refill(Pool *pool)
{
    if (pool->fresh_left == 0)
        take_slab(pool);
    char *object = pool->fresh;
    pool->fresh += pool->each;
    pool->fresh_left--;
    return object;
}

void *pool_get(Pool *pool)
{
    return memset(pool_get_raw(pool), 0, pool->each);
}

typedef union Chunk {
    struct {
        union Chunk *older;
        size_t size; /* with this header */
        Pool *pool;  /* it goes back there; NULL: to the Mem */
    } in;
    max_align_t align;
} Chunk;

void arena_init(Arena *arena, Mem *mem)
{
    arena->mem = mem;
    arena->chunk = NULL;
    arena->left = 0;
    arena->next_size = PIECE_FIRST;
    arena->pool = NULL;
}

void arena_pool_init(Pool *pool, Mem *mem)
{
    pool_init(pool, mem, PIECE_FIRST + sizeof(Chunk));
}

void arena_init_from(Arena *arena, Pool *pool)
{
    arena_init(arena, pool->mem);
    arena->pool = pool;
}

static Chunk *new_chunk(Arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(Chunk))
        mem_give_up(arena->mem);
    Pool *pool = bytes == PIECE_FIRST ? arena->pool : NULL;
    Chunk *chunk = pool ? pool_get(pool) : mem_get(arena->mem, bytes + sizeof(Chunk));
    chunk->in.size = bytes + sizeof(Chunk);
    chunk->in.pool = pool;
    return chunk;
}

/* What is large gets a chunk of its own, behind the present one, whose rest stays in use. */
static void *get_large(Arena *arena, size_t bytes)
{
    Chunk *own = new_chunk(arena, bytes), *present = arena->chunk;
    if (present) {
        own->in.older = present->in.older;
        present->in.older = own;
    } else {
        arena->chunk = own;
        arena->left = 0;
    }
    return own + 1;
}

void *arena_get(Arena *arena, size_t bytes)
{
    bytes = aligned(arena->mem, bytes > 0 ? bytes : 1);
    if (bytes > arena->left) {
        if (bytes > arena->next_size / 4)
            return get_large(arena, bytes);
        Chunk *chunk = new_chunk(arena, arena->next_size);
        chunk->in.older = arena->chunk;
        arena->chunk = chunk;
        arena->left = arena->next_size;
        if (arena->next_size < PIECE_LAST)
            arena->next_size *= 2;
    }
    Chunk *chunk = arena->chunk;
    void *object = (char *)chunk + chunk->in.size - arena->left;
    arena->left -= bytes;
    return object;
}

void arena_clear(Arena *arena)
{
    for (Chunk *chunk = arena->chunk, *older; chunk; chunk = older) {
        older = chunk->in.older;
        if (chunk->in.pool)
            pool_put(chunk->in.pool, chunk);
        else
            mem_free(arena->mem, chunk);
    }
    arena->chunk = NULL;
    arena->left = 0;
    arena->next_size = PIECE_FIRST;
}
