/* A program's heap gives back what nothing can reach any more, and nothing else. */
#include "../model/node/heap.h"
#include "programs.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *heap_suite(void);

static Mem *mem;
static Heap *heap;

static void set_up(void)
{
    mem = mem_new((size_t)1 << 26);
    heap = heap_new(mem);
}

static void tear_down(void)
{
    mem_delete(mem);
}

/* A list: each cell points to the next. */
static void **push_cell(void **next, size_t bytes)
{
    void **cell = heap_take(heap, HEAP_CLOSURE, bytes);
    for (size_t i = 0; i < bytes / sizeof *cell; i++)
        ck_assert_msg(cell[i] == NULL, "a new object is zeroed");
    *cell = next;
    return cell;
}

static unsigned follow_lists(void *root)
{
    HeapKind kind;
    unsigned n = 0;
    heap_mark(heap, root);
    for (void **cell; (cell = heap_next(heap, &kind)) != NULL; n++) {
        ck_assert_int_eq(kind, HEAP_CLOSURE);
        heap_mark(heap, *cell);
    }
    heap_sweep(heap);
    return n;
}

START_TEST(what_is_reached_stays)
{
    static const size_t sizes[] = {8, 16, 24, 100, 512, 513, 5000, 100000};
    void **list = NULL;
    for (int i = 0; i < 1000; i++) {
        size_t bytes = sizes[(size_t)i % COUNT_OF(sizes)];
        list = push_cell(list, bytes);
        ck_assert_uint_ge(heap_room(list), bytes);
        ck_assert_uint_lt(heap_room(list), bytes + 16);
    }
    for (int round = 0; round < 3; round++)
        ck_assert_uint_eq(follow_lists(list), 1000);
    list = *list;
    ck_assert_uint_eq(follow_lists(list), 999);
    ck_assert_uint_eq(follow_lists(NULL), 0);
    ck_assert_uint_eq(heap_collections(heap), 5);
}
END_TEST

START_TEST(what_is_not_is_taken_again)
{
    size_t used = 0;
    for (int round = 0; round < 50; round++) {
        void **list = NULL;
        for (int i = 0; i < 2000; i++)
            list = push_cell(list, (size_t)(8 + i % 1000));
        if (round == 1)
            used = mem_used(mem);
        follow_lists(round % 2 ? list : NULL);
    }
    follow_lists(NULL);
    ck_assert_uint_le(mem_used(mem), used);
}
END_TEST

START_TEST(a_collection_is_due_when_the_heap_has_doubled)
{
#ifndef LOOPSIM_HOSTILE
    void **list = NULL;
    size_t taken = 0;
    for (int due = 0; due < 4; due++) {
        for (; !heap_due(heap); taken += 1024)
            list = push_cell(list, 1024);
        follow_lists(list);
        ck_assert(!heap_due(heap));
        ck_assert_uint_ge(taken, (size_t)1 << (20 + due));
        ck_assert_uint_le(taken, ((size_t)1 << (20 + due)) + 4096);
    }
#endif
}
END_TEST

/* Each takes many times the memory that it is given; ${n} turns. */
static const char *const frugal[] = {
    /* immediates, promises, closures, environments */
    "{\"functions\":{\"turn\":{\"args\":[\"left\"],\"do\":[{\"let\":{\"x\":[\"$left\",\"text ${left}\"]}},{\"chain\":[{"
    "\"resolved\":\"$x\"},{\"then\":[{\"let\":{\"y\":\"$v\"}}]},{\"catch\":[]}]},{\"if\":{\"gt\":[\"$left\",0]},"
    "\"then\":[{"
    "\"setImmediate\":{\"bind\":\"turn\",\"args\":[{\"sub\":[\"$left\",1]}]}}],\"else\":[\"end ${x}\"]}]}},\"main\":[{"
    "\"call\":\"turn\",\"args\":[N]}]}",
    /* one macrotask without an end: awaits */
    "{\"functions\":{\"f\":{\"async\":[{\"repeat\":N,\"as\":\"i\",\"do\":[{\"await\":{\"resolved\":[\"$i\"]},\"as\":"
    "\"x\"},"
    "{\"if\":{\"eq\":[\"$i\",N]},\"then\":[\"end ${x}\"]}]}]}},\"main\":[{\"call\":\"f\"}]}",
    /* nor a wait of any kind: texts in a loop */
    "{\"main\":[{\"let\":{\"s\":\"\"}},{\"repeat\":N,\"as\":\"i\",\"do\":[{\"set\":{\"s\":{\"add\":[\"a text that is "
    "somewhat longer \",\"$i\"]}}}]},\"${s}\"]}",
    /* ticks and microtasks */
    "{\"vars\":{\"n\":0},\"functions\":{\"f\":[{\"inc\":\"n\"},{\"let\":{\"s\":\"a text of "
    "${n}\"}},{\"if\":{\"lt\":[\"$n\","
    "N]},\"then\":[{\"queueMicrotask\":[{\"nextTick\":\"f\"},{\"set\":{\"s\":1}}]}],\"else\":[\"${s}\"]}]},\"main\":[{"
    "\"call\":\"f\"}]}",
    /* timers, intervals and clear */
    "{\"vars\":{\"n\":0},\"main\":[{\"setInterval\":[{\"repeat\":100,\"do\":[{\"inc\":\"n\"},{\"setTimeout\":[{\"let\":"
    "{\"x\":"
    "\"${n} is "
    "one\"}}],\"ms\":1},{\"setTimeout\":[],\"ms\":500,\"as\":\"t\"},{\"clear\":\"t\"}]},{\"if\":{\"gt\":[\"$n\",N]},"
    "\"then\":[{\"clear\":\"i\"},\"end\"]}],\"ms\":2,\"as\":\"i\"}]}",
    /* operations, and what holds them */
    "{\"vars\":{\"n\":0,\"kept\":0},\"functions\":{\"f\":[{\"inc\":\"n\"},{\"if\":{\"lt\":[\"$n\",N]},\"then\":[{"
    "\"net\":1,"
    "\"cb\":\"f\",\"as\":\"r\"},{\"set\":{\"kept\":\"$r\"}}],\"else\":[{\"clear\":\"kept\"},\"end\"]}]},\"main\":[{"
    "\"call\":"
    "\"f\"}]}",
    /* the pool, handles that close, sleeps */
    "{\"functions\":{\"f\":{\"async\":[{\"repeat\":N,\"as\":\"i\",\"do\":[{\"await\":{\"pool\":0.01}},{\"open\":\"h\"},"
    "{"
    "\"close\":\"h\",\"cb\":[{\"let\":{\"x\":\"${i}\"}}]},{\"await\":{\"sleep\":1,\"value\":[\"$i\"]}}]},\"end\"]}},"
    "\"main\":[{"
    "\"call\":\"f\"}]}",
    /* functions that wait for what never comes */
    "{\"functions\":{\"never\":{\"async\":[{\"await\":{\"promise\":[]}},\"not "
    "reached\"]}},\"main\":[{\"repeat\":N,\"do\":[{"
    "\"call\":\"never\"}]},\"end\"]}",
    /* events, rejections that are handled, combined promises, thenables, finally */
    "{\"functions\":{\"turn\":{\"args\":[\"left\"],\"do\":[{\"emitter\":\"ee\"},{\"once\":\"ee\",\"event\":\"x\","
    "\"do\":[{\"let\":{"
    "\"y\":\"$v\"}}]},{\"emit\":\"ee\",\"event\":\"x\",\"args\":[[\"$left\"]]},{\"chain\":[{\"all\":[1,{\"thenable\":[{"
    "\"resolve\":2}"
    "]},{\"rejected\":\"no ${left}\"}]},{\"finally\":[]},{\"catch\":[]}]},{\"try\":[{\"throw\":\"an error "
    "${left}\"}],\"catch\":[{"
    "\"let\":{\"z\":\"$e\"}}]},{\"if\":{\"gt\":[\"$left\",0]},\"then\":[{\"setImmediate\":{\"bind\":\"turn\",\"args\":["
    "{\"sub\":["
    "\"$left\",1]}]}}],\"else\":[\"end\"]}]}},\"main\":[{\"call\":\"turn\",\"args\":[N]}]}",
};

/* The program with N for each turn count. */
static void with_turns(char *made, size_t size, const char *program, int turns)
{
    size_t n = 0;
    for (const char *p = program; *p != '\0'; p++) {
        if (*p == 'N' && (p[1] == ']' || p[1] == ',' || p[1] == '}'))
            n += (size_t)snprintf(made + n, size - n, "%d", turns);
        else
            made[n++] = *p;
        ck_assert_uint_lt(n, size - 16);
    }
    made[n] = '\0';
}

/* In the hostile build the first 20,000 collections come at every chance. */
#ifdef LOOPSIM_HOSTILE
enum { TURNS = 3000, MILLIONS = 10000 };
#else
enum { TURNS = 40000, MILLIONS = 600000 };
#endif

START_TEST(a_program_that_goes_on_stays_small)
{
    char text[2048];
    with_turns(text, sizeof text, frugal[_i], TURNS);
    Played small = play_program(text, &(PlayOptions){.memory = (size_t)5 << 20, .max_events = UINT64_MAX});
    ck_assert_msg(!small.refused, "%s", small.diagnostics);
    ck_assert_msg(!small.out_of_memory, "%s", text);
    ck_assert_msg(strlen(small.lines) > 0 && !small.result.died, "%s\n%s", text, small.error);
    Played large = play_program(text, &(PlayOptions){.max_events = UINT64_MAX});
    ck_assert_str_eq(small.lines, large.lines);
    ck_assert_int_eq(small.result.now, large.result.now);
    played_free(&small);
    played_free(&large);
}
END_TEST

/* Of immediates and promises, with what each needs. */
START_TEST(millions_of_callbacks)
{
    char text[2048];
    with_turns(text, sizeof text, frugal[0], MILLIONS);
    Played played = play_program(text, &(PlayOptions){.memory = (size_t)5 << 20, .max_events = UINT64_MAX});
    ck_assert(!played.out_of_memory && !played.spinning);
    ck_assert_str_eq(played.lines, "end 0,text 0\n");
    played_free(&played);
}
END_TEST

/* What is held only here or there, over collections: where it was given back too early, a sanitizer or the lines say
 * so. */
static const char *const holds[] = {
    "{\"main\":[{\"let\":{\"a\":[1,{\"add\":[\"t\",1]}]}},{\"setTimeout\":[{\"repeat\":30000,\"do\":[{\"let\":{\"x\":["
    "1,2,3,4,5]}}]},"
    "\"${a}\"],\"ms\":5},{\"sleep\":3}]}",
    /* a rejection that nobody has handled yet, reported, handled */
    "{\"main\":[{\"deferred\":\"d\"},{\"on\":\"process\",\"event\":\"unhandledRejection\",\"do\":{\"args\":[\"e\","
    "\"p\"],\"do\":[{"
    "\"repeat\":30000,\"do\":[{\"let\":{\"x\":[1,2,3,4,5]}}]},\"un "
    "${e}\",{\"setImmediate\":[{\"chain\":[\"$p\",{\"catch\":[\"late "
    "${e}\"]}]}]}]}},{\"on\":\"process\",\"event\":\"rejectionHandled\",\"do\":[\"handled "
    "${v}\"]},{\"rejected\":\"a\"},{\"rejected\":"
    "\"b\"}]}",
    /* listeners under way, of which one takes the others off */
    "{\"main\":[{\"emitter\":\"ee\"},{\"on\":\"ee\",\"event\":\"x\",\"do\":[{\"off\":\"ee\",\"event\":\"x\"},{"
    "\"repeat\":30000,\"do\":[{"
    "\"let\":{\"x\":[1,2,3,4,5]}}]},\"1 ${v}\"]},{\"on\":\"ee\",\"event\":\"x\",\"do\":[\"2 "
    "${v}\"]},{\"emit\":\"ee\",\"event\":\"x\","
    "\"args\":[{\"add\":[\"arg \",1]}]}]}",
    /* an immediate and a timer that clear themselves while they run */
    "{\"main\":[{\"setImmediate\":[{\"clear\":\"im\"},{\"set\":{\"im\":null}},{\"repeat\":30000,\"do\":[{\"let\":{"
    "\"x\":[1,2,3,4,5]}}]},"
    "\"im\"],\"as\":\"im\"},{\"setInterval\":[{\"clear\":\"t\"},{\"set\":{\"t\":null}},{\"repeat\":30000,\"do\":[{"
    "\"let\":{\"x\":[1,2,3,4,"
    "5]}}]},\"timer\"],\"ms\":1,\"as\":\"t\"}]}",
};

START_TEST(what_is_still_needed_stays)
{
    Played played = play_program(holds[_i], &(PlayOptions){.memory = (size_t)5 << 20, .max_events = UINT64_MAX});
    Played large = play_program(holds[_i], &(PlayOptions){.max_events = UINT64_MAX});
    ck_assert_msg(!played.refused, "%s", played.diagnostics);
    ck_assert_msg(!played.out_of_memory && !played.result.died, "%s", played.error);
    ck_assert_str_eq(played.lines, large.lines);
    played_free(&played);
    played_free(&large);
}
END_TEST

Suite *heap_suite(void)
{
    Suite *suite = suite_create("heap");
    TCase *cells = tcase_create("cells");
    tcase_add_checked_fixture(cells, set_up, tear_down);
    tcase_add_test(cells, what_is_reached_stays);
    tcase_add_test(cells, what_is_not_is_taken_again);
    tcase_add_test(cells, a_collection_is_due_when_the_heap_has_doubled);
    suite_add_tcase(suite, cells);

    TCase *programs = tcase_create("programs");
    tcase_set_timeout(programs, 300);
    tcase_add_loop_test(programs, a_program_that_goes_on_stays_small, 0, (int)COUNT_OF(frugal));
    tcase_add_test(programs, millions_of_callbacks);
    tcase_add_loop_test(programs, what_is_still_needed_stays, 0, (int)COUNT_OF(holds));
    suite_add_tcase(suite, programs);
    return suite;
}
