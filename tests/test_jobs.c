/* Worker processes: what counts does not hang on when answers come. */
#include "../cli/jobs.h"

#include <check.h>
#include <time.h>

Suite *jobs_suite(void);

typedef struct Seen {
    bool enough;
    int after; /* answers that were handed on when it was enough */
} Seen;

static void work(void *context, Cli *cli, uint64_t piece, Buf *answer)
{
    (void)context, (void)cli;
    buf_u64(answer, piece);
}

/* Giving out takes so long that several workers have answered before anybody looks. */
static bool wanted(void *context, uint64_t piece)
{
    (void)context;
    if (piece > 0)
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    return true;
}

static bool answered(void *context, uint64_t piece, const char *bytes, size_t size)
{
    Seen *seen = context;
    (void)piece, (void)bytes, (void)size;
    seen->after += seen->enough;
    seen->enough = true; /* the first one is */
    return false;
}

START_TEST(what_comes_with_the_last_answer_does_not_count)
{
    volatile sig_atomic_t stop = 0;
    Mem *mem = mem_new((size_t)64 << 20);
    Seen seen = {.after = 0};
    Cli cli = {.mem = mem, .stop = &stop};
    Jobs jobs = {
        .cli = &cli, .workers = 3, .count = 20, .context = &seen, .work = work, .answered = answered, .wanted = wanted};
    ck_assert_int_eq(jobs_run(&jobs), 0);
    ck_assert(seen.enough);
    ck_assert_int_eq(seen.after, 0);
    mem_delete(mem);
}
END_TEST

Suite *jobs_suite(void)
{
    Suite *suite = suite_create("jobs");
    TCase *tests = tcase_create("jobs");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, what_comes_with_the_last_answer_does_not_count);
    suite_add_tcase(suite, tests);
    return suite;
}
