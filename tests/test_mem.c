#include "sim/mem.h"

#include <check.h>
#include <string.h>

Suite *mem_suite(void);

static Mem *mem;

static void set_up(void)
{
    mem = mem_new(1 << 20);
}

static void tear_down(void)
{
    mem_delete(mem);
}

static bool all_zero(const void *bytes, size_t size)
{
    const char *at = bytes;
    for (size_t i = 0; i < size; i++)
        if (at[i] != 0)
            return false;
    return true;
}

/* Whether an allocation of so many bytes gives up; what it got is given back. */
static bool gives_up(size_t bytes)
{
    MemTrap trap;
    if (mem_try(mem, &trap)) {
        mem_free(mem, mem_get(mem, bytes));
        mem_end_try(mem, &trap);
        return false;
    }
    return true;
}

START_TEST(blocks_are_zeroed_and_aligned)
{
    char *before = mem_get(mem, 100);
    memset(before, 0xff, 100);
    mem_free(mem, before);
    for (size_t size = 0; size < 100; size++) {
        char *block = mem_get(mem, size);
        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % _Alignof(max_align_t), 0);
        ck_assert(all_zero(block, size));
        memset(block, 0xff, size);
    }
}
END_TEST

START_TEST(growing_keeps_the_contents_and_zeroes_the_rest)
{
    char *neighbour = mem_get(mem, 8), *block = mem_grow(mem, NULL, 10);
    memcpy(block, "123456789", 10);
    for (size_t size = 20; size <= 5120; size *= 2) {
        block = mem_grow(mem, block, size);
        ck_assert_str_eq(block, "123456789");
        ck_assert(all_zero(block + size / 2, size / 2));
    }
    block = mem_grow(mem, block, 4);
    ck_assert_mem_eq(block, "1234", 4);
    block = mem_grow(mem, block, 10);
    ck_assert_mem_eq(block, "1234\0\0\0\0\0\0", 10);
    mem_free(mem, neighbour); /* the list of blocks is still whole */
    mem_free(mem, block);
    ck_assert_uint_eq(mem_used(mem), 0);
}
END_TEST

START_TEST(use_is_accounted_and_given_back)
{
    ck_assert_uint_eq(mem_used(mem), 0);
    char *first = mem_get(mem, 1000), *second = mem_get(mem, 2000);
    size_t both = mem_used(mem);
    ck_assert_uint_ge(both, 3000);
    ck_assert_uint_lt(both, 3200);
    mem_free(mem, first);
    ck_assert_uint_lt(mem_used(mem), both - 900);
    ck_assert_uint_eq(mem_peak(mem), both);
    mem_free(mem, second);
    mem_free(mem, NULL);
    ck_assert_uint_eq(mem_used(mem), 0);
    ck_assert_uint_eq(mem_requests(mem), 2);
}
END_TEST

START_TEST(a_budget_is_kept_to_the_byte)
{
    size_t low = 0, high = 1 << 20; /* low fits, high does not */
    ck_assert(gives_up(high));
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (gives_up(middle))
            high = middle;
        else
            low = middle;
    }
    ck_assert_uint_gt(low, (1 << 20) - 1024);
    ck_assert_uint_le(mem_peak(mem), 1 << 20);
    char *most = mem_get(mem, low);
    ck_assert(gives_up(0));
    mem_free(mem, most);
    ck_assert(!gives_up(low));
    ck_assert_ptr_null(mem_new(1));
}
END_TEST

START_TEST(sizes_that_overflow_give_up)
{
    MemTrap trap;
    volatile int given_up = 0;
    ck_assert(gives_up(SIZE_MAX));
    ck_assert(gives_up(SIZE_MAX - 8));
    ck_assert_uint_eq(mem_array(mem, 3, 5), 15);
    ck_assert_uint_eq(mem_array(mem, SIZE_MAX, 0), 0);
    ck_assert_uint_eq(mem_array(mem, SIZE_MAX, 1), SIZE_MAX);
    if (mem_try(mem, &trap))
        mem_array(mem, SIZE_MAX / 2 + 1, 2);
    else
        given_up++;
    if (mem_try(mem, &trap))
        mem_copy(mem, "", SIZE_MAX);
    else
        given_up++;
    Pool pool;
    if (mem_try(mem, &trap))
        pool_init(&pool, mem, SIZE_MAX);
    else
        given_up++;
    Arena arena;
    arena_init(&arena, mem);
    for (volatile size_t less = 0; less < 64; less += 16) {
        if (mem_try(mem, &trap))
            arena_get(&arena, SIZE_MAX - less);
        else
            given_up++;
    }
    ck_assert_int_eq(given_up, 7);
    ck_assert_uint_eq(mem_used(mem), 0);
}
END_TEST

START_TEST(a_failure_goes_to_the_innermost_trap)
{
    MemTrap outer, inner;
    volatile int reached = 0;
    if (mem_try(mem, &outer)) {
        if (mem_try(mem, &inner))
            mem_give_up(mem);
        else
            reached = 1;
        mem_get(mem, 1 << 21);
    } else {
        ck_assert_int_eq(reached, 1);
        reached = 2;
    }
    ck_assert_int_eq(reached, 2);
}
END_TEST

START_TEST(a_trap_that_ended_is_passed_over)
{
    MemTrap outer, inner;
    volatile int reached = 0;
    if (mem_try(mem, &outer)) {
        if (mem_try(mem, &inner))
            mem_end_try(mem, &inner);
        else
            reached = 1;
        mem_give_up(mem);
    } else {
        reached = reached == 0 ? 2 : 3;
    }
    ck_assert_int_eq(reached, 2);
}
END_TEST

START_TEST(nothing_is_given_back_at_no_cost)
{
    mem_delete(NULL);
    mem_free(mem, NULL);
    ck_assert_uint_eq(mem_used(mem), 0);
}
END_TEST

START_TEST(a_copy_has_a_nul)
{
    char *copy = mem_copy(mem, "abcdef", 3);
    ck_assert_str_eq(copy, "abc");
    ck_assert_str_eq(mem_copy(mem, "abcdef", 1), "a");
    ck_assert_str_eq(mem_copy(mem, NULL, 0), "");
}
END_TEST

START_TEST(the_nth_allocation_fails)
{
    mem_fail_at(mem, 3, false);
    bool once[] = {gives_up(1), gives_up(1), gives_up(1), gives_up(1)};
    ck_assert(!once[0] && !once[1] && once[2] && !once[3]);
    mem_fail_at(mem, 2, true);
    bool for_good[] = {gives_up(1), gives_up(1), gives_up(1), gives_up(1)};
    ck_assert(!for_good[0] && for_good[1] && for_good[2] && for_good[3]);
    mem_fail_at(mem, 0, true);
    ck_assert(!gives_up(1));
}
END_TEST

/* Some work of every kind; it gives up wherever an allocation is made to fail. */
static void work(void)
{
    Pool pool;
    Arena arena;
    pool_init(&pool, mem, 40);
    arena_init(&arena, mem);
    char *text = mem_copy(mem, "text", 4);
    for (size_t i = 1; i < 300; i++) {
        char *object = pool_get(&pool), *part = arena_get(&arena, i * 7);
        memset(object, 0xff, 40);
        memset(part, 0xff, i * 7);
        if (i % 3 == 0)
            pool_put(&pool, object);
        if (i % 10 == 0)
            text = mem_grow(mem, text, 5 + i);
    }
    ck_assert_str_eq(text, "text");
    arena_clear(&arena);
    mem_free(mem, text);
}

static bool work_gives_up(void)
{
    MemTrap trap;
    if (mem_try(mem, &trap)) {
        work();
        mem_end_try(mem, &trap);
        return false;
    }
    return true;
}

/* Under the address sanitizer this also shows that nothing leaks and nothing is touched after its end. */
START_TEST(work_survives_the_failure_of_any_allocation)
{
    ck_assert(!work_gives_up());
    uint64_t requests = mem_requests(mem);
    ck_assert_uint_gt(requests, 30);
    for (int for_good = 0; for_good <= 1; for_good++) {
        for (uint64_t nth = 1; nth <= requests + 1; nth++) {
            tear_down();
            set_up();
            mem_fail_at(mem, nth, for_good);
            ck_assert_int_eq(work_gives_up(), nth <= requests);
        }
    }
}
END_TEST

START_TEST(a_pool_hands_out_different_zeroed_objects)
{
    enum { MANY = 1000 };
    Pool pool;
    uint64_t *objects[MANY];
    pool_init(&pool, mem, sizeof(uint64_t));
    for (size_t i = 0; i < MANY; i++) {
        objects[i] = pool_get(&pool);
        ck_assert_uint_eq((uintptr_t)objects[i] % _Alignof(max_align_t), 0);
        ck_assert_uint_eq(*objects[i], 0);
        *objects[i] = i + 1;
    }
    for (size_t i = 0; i < MANY; i++)
        ck_assert_uint_eq(*objects[i], i + 1);
}
END_TEST

#ifndef LOOPSIM_HOSTILE /* which gives each object back to the system: what is reused and how often is asked differs */
START_TEST(a_pool_uses_again_what_came_back)
{
    Pool pool;
    pool_init(&pool, mem, 100);
    char *first = pool_get(&pool);
    uint64_t requests = mem_requests(mem);
    for (size_t i = 0; i < 10000; i++) {
        memset(first, 0xff, 100);
        pool_put(&pool, first);
        char *again = pool_get(&pool);
        ck_assert_ptr_eq(again, first);
        ck_assert(all_zero(again, 100));
    }
    ck_assert_uint_eq(mem_requests(mem), requests);
}
END_TEST

START_TEST(a_pool_asks_seldom_and_takes_little_at_first)
{
    Pool pool;
    pool_init(&pool, mem, 16);
    pool_get(&pool);
    ck_assert_uint_lt(mem_used(mem), 1024);
    for (size_t i = 0; i < 20000; i++)
        pool_get(&pool);
    ck_assert_uint_lt(mem_requests(mem), 20);
    ck_assert_uint_lt(mem_used(mem), 20000 * 16 + (64 << 10) + 1024);

    Pool large; /* larger than a slab: one by one */
    pool_init(&large, mem, 100000);
    memset(pool_get(&large), 1, 100000);
    memset(pool_get(&large), 1, 100000);
}
END_TEST

START_TEST(a_pool_that_holds_much_asks_seldom_and_wastes_little)
{
    enum { MANY = 500000 };
    Mem *much = mem_new((size_t)128 << 20);
    Pool pool;
    pool_init(&pool, much, 128);
    for (size_t i = 0; i < MANY; i++) {
        char *object = pool_get_raw(&pool);
        ck_assert_uint_eq((uintptr_t)object % 64, 0);
        ck_assert(all_zero(object, 128)); /* they were never used */
        memset(object, 0xff, 128);
    }
    ck_assert_uint_lt(mem_requests(much), 80);
    ck_assert_uint_lt(mem_used(much), (size_t)MANY * 128 / 100 * 125);
    mem_delete(much);
}
END_TEST

START_TEST(arenas_of_one_pool_use_their_first_chunks_again)
{
    Pool pool;
    Arena arena[2];
    arena_pool_init(&pool, mem);
    for (int turn = 0; turn < 100; turn++) {
        for (int i = 0; i < 2; i++) {
            arena_init_from(&arena[i], &pool);
            ck_assert(all_zero(arena_get(&arena[i], 100), 100));
            memset(arena_get(&arena[i], 100), 0xff, 100);
        }
        for (int i = 0; i < 2; i++)
            arena_clear(&arena[i]);
        ck_assert_uint_le(mem_requests(mem), 2);
    }
    arena_get(&arena[0], 100); /* cleared, it begins with the pool's again; then with pieces of its own */
    for (int i = 0; i < 100; i++)
        ck_assert(all_zero(arena_get(&arena[0], 100), 100));
    ck_assert_uint_lt(mem_requests(mem), 10);
    size_t with = mem_used(mem);
    arena_clear(&arena[0]);
    ck_assert_uint_lt(mem_used(mem), with);
}
END_TEST
#else
START_TEST(a_hostile_pool_gives_back_at_once)
{
    Pool pool;
    pool_init(&pool, mem, 100);
    size_t none = mem_used(mem);
    for (size_t i = 0; i < 1000; i++) {
        char *object = pool_get(&pool);
        ck_assert(all_zero(object, 100));
        memset(object, 0xff, 100);
        ck_assert_uint_gt(mem_used(mem), none);
        pool_put(&pool, object);
        ck_assert_uint_eq(mem_used(mem), none);
    }
    ck_assert_uint_eq(mem_requests(mem), 1000);
}
END_TEST
#endif

START_TEST(an_arena_hands_out_parts_that_do_not_overlap)
{
    enum { MANY = 500 };
    Arena arena;
    unsigned char *parts[MANY];
    arena_init(&arena, mem);
    for (size_t i = 0; i < MANY; i++) {
        size_t size = i % 50 == 49 ? 5000 : i % 37; /* the large ones have chunks of their own */
        parts[i] = arena_get(&arena, size);
        ck_assert_uint_eq((uintptr_t)parts[i] % _Alignof(max_align_t), 0);
        ck_assert(all_zero(parts[i], size));
        memset(parts[i], (int)(i % 255 + 1), size);
    }
    for (size_t i = 0; i < MANY; i++)
        for (size_t j = 0; j < (i % 50 == 49 ? 5000 : i % 37); j++)
            ck_assert_uint_eq(parts[i][j], i % 255 + 1);
}
END_TEST

START_TEST(an_arena_gives_all_back_and_goes_on)
{
    Arena arena;
    arena_init(&arena, mem);
    char *large_first = arena_get(&arena, 100000);
    memset(large_first, 1, 100000);
    for (size_t i = 0; i < 1000; i++)
        arena_get(&arena, i % 300 == 0 ? 50000 : 100);
    ck_assert_uint_lt(mem_requests(mem), HOSTILE(20, 1002));
    arena_clear(&arena);
    ck_assert_uint_eq(mem_used(mem), 0);
    arena_clear(&arena); /* nothing is there: nothing happens */
    ck_assert(all_zero(arena_get(&arena, 100), 100));
    ck_assert_uint_lt(mem_used(mem), 1024); /* it begins small again */
    arena_clear(&arena);
    ck_assert(all_zero(arena_get(&arena, 50000), 50000));
    ck_assert(all_zero(arena_get(&arena, 100), 100));
    arena_clear(&arena);
    ck_assert_uint_eq(mem_used(mem), 0);
}
END_TEST

START_TEST(failing_without_a_trap_is_a_bug)
{
    mem_get(mem, 1 << 21);
}
END_TEST

START_TEST(giving_back_to_the_wrong_owner_is_a_bug)
{
    Mem *other = mem_new(1 << 20);
    mem_free(other, mem_get(mem, 8));
}
END_TEST

START_TEST(ending_the_outer_trap_first_is_a_bug)
{
    MemTrap outer, inner;
    if (mem_try(mem, &outer) && mem_try(mem, &inner))
        mem_end_try(mem, &outer);
}
END_TEST

static TCase *make_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static int ended[3], ends;

typedef struct Thing {
    MemEnd end;
    int number;
} Thing;

static void note_end(MemEnd *end)
{
    ended[ends++] = CONTAINER_OF(end, Thing, end)->number;
}

static Thing *thing(Mem *of, int number)
{
    Thing *thing = mem_get(of, sizeof *thing);
    thing->number = number;
    mem_at_end(of, &thing->end, note_end);
    return thing;
}

START_TEST(what_is_noted_is_done_at_the_end_the_last_one_first)
{
    Mem *own = mem_new(1 << 16);
    thing(own, 1);
    Thing *second = thing(own, 2);
    thing(own, 3);
    mem_forget(own, &second->end);
    mem_forget(own, &second->end); /* once is enough */
    mem_delete(own);
    ck_assert_int_eq(ends, 2);
    ck_assert(ended[0] == 3 && ended[1] == 1);
}
END_TEST

START_TEST(inner_ones_end_with_the_outer_one)
{
    Mem *outer = mem_new(1 << 16), *first = mem_new_in(outer, 1 << 12), *second = mem_new_in(outer, 1 << 12);
    thing(first, 1);
    thing(mem_new_in(second, 1 << 10), 2);
    mem_delete(first); /* may end before */
    ck_assert_int_eq(ends, 1);
    mem_delete(outer); /* and a sanitizer sees what is left */
    ck_assert_int_eq(ends, 2);
    ck_assert(ended[0] == 1 && ended[1] == 2);
}
END_TEST

START_TEST(an_inner_one_has_a_budget_of_its_own)
{
    Mem *outer = mem_new(1 << 12), *inner = mem_new_in(outer, 1 << 20);
    size_t used = mem_used(outer);
    mem_get(inner, 1 << 16);
    ck_assert_uint_eq(mem_used(outer), used);
    ck_assert_ptr_null(mem_new_in(outer, 1));
    mem_delete(outer);
}
END_TEST

Suite *mem_suite(void)
{
    Suite *suite = suite_create("mem");
    TCase *blocks = make_case(suite, "blocks");
    tcase_add_test(blocks, blocks_are_zeroed_and_aligned);
    tcase_add_test(blocks, growing_keeps_the_contents_and_zeroes_the_rest);
    tcase_add_test(blocks, use_is_accounted_and_given_back);
    tcase_add_test(blocks, a_copy_has_a_nul);
    tcase_add_test(blocks, nothing_is_given_back_at_no_cost);
    TCase *failing = make_case(suite, "failing");
    tcase_add_test(failing, a_budget_is_kept_to_the_byte);
    tcase_add_test(failing, sizes_that_overflow_give_up);
    tcase_add_test(failing, a_failure_goes_to_the_innermost_trap);
    tcase_add_test(failing, a_trap_that_ended_is_passed_over);
    tcase_add_test(failing, the_nth_allocation_fails);
    tcase_add_test(failing, work_survives_the_failure_of_any_allocation);
    TCase *pools = make_case(suite, "pools and arenas");
    tcase_add_test(pools, a_pool_hands_out_different_zeroed_objects);
#ifndef LOOPSIM_HOSTILE
    tcase_add_test(pools, a_pool_uses_again_what_came_back);
    tcase_add_test(pools, a_pool_asks_seldom_and_takes_little_at_first);
    tcase_add_test(pools, a_pool_that_holds_much_asks_seldom_and_wastes_little);
    tcase_add_test(pools, arenas_of_one_pool_use_their_first_chunks_again);
#else
    tcase_add_test(pools, a_hostile_pool_gives_back_at_once);
#endif
    tcase_add_test(pools, an_arena_hands_out_parts_that_do_not_overlap);
    tcase_add_test(pools, an_arena_gives_all_back_and_goes_on);
    TCase *misuse = make_case(suite, "misuse");
    tcase_add_exit_test(misuse, failing_without_a_trap_is_a_bug, 70);
    tcase_add_exit_test(misuse, giving_back_to_the_wrong_owner_is_a_bug, 70);
    tcase_add_exit_test(misuse, ending_the_outer_trap_first_is_a_bug, 70);
    TCase *inner = tcase_create("ends");
    tcase_add_test(inner, what_is_noted_is_done_at_the_end_the_last_one_first);
    tcase_add_test(inner, inner_ones_end_with_the_outer_one);
    tcase_add_test(inner, an_inner_one_has_a_budget_of_its_own);
    suite_add_tcase(suite, inner);
    return suite;
}
