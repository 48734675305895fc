/* The loop by itself, without Node: descriptors, phases, closing handles and timeouts against orders worked out by hand
 * from semantics.md, 3 to 5.
 *
 * The log has one word a callback, WHAT@MS: a descriptor's name, timer, check, and of closing handles -NAME. */
#include "../model/loop/loop.h"
#include "../model/observe/probe.h"
#include "../sim/buf.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *loop_suite(void);

typedef struct Socket {
    Fd fd;
    Closing closing;
    const char *name;
    void (*does)(struct Socket *socket); /* NULL: it reads what there is */
} Socket;

typedef struct Deed {
    Event event;
    void (*fn)(Socket *socket);
    Socket *socket;
} Deed;

static Mem *mem;
static World world;
static Probe probe;
static Spec spec;
static SpecMachine machine;
static Loop loop;
static Buf told;
static bool checks;
static uint64_t dispatched;

static void log_word(const char *word)
{
    buf_f(&told, "%s%s@%d", told.size > 0 ? " " : "", word, (int)(world.kernel.now / TIME_MS));
}

static CoRet co_timer(Loop *of, Co *co)
{
    (void)of, (void)co;
    log_word("timer");
    return CO_OVER;
}

static CoRet co_check(Loop *of, Co *co)
{
    (void)of, (void)co;
    log_word("check");
    checks = false;
    return CO_OVER;
}

static bool has_checks(const Loop *of)
{
    (void)of;
    return checks;
}

static CoRet co_program(Loop *of, Co *co)
{
    CO_BEGIN(co);
    CO_CALL(of, co, co_uv_run, NULL, 0);
    log_word("over");
    CO_END;
}

static void set_up(void)
{
    mem = mem_new(1 << 26);
    machine = (SpecMachine){.cores = 1, .time_slice = TIME_MS};
    world = (World){.mem = mem, .probe = &probe};
    buf_init(&told, mem, 1 << 20);
    kernel_init(&world.kernel);
    probe_init(&probe, &world.kernel, stats_new(mem, &spec, NULL, 0));
    world.machine = machine_new(mem, &world.kernel, &machine, &probe);
    loop = (Loop){0};
    const LoopHooks hooks = {.timers = co_timer, .check = co_check, .checks = has_checks, .program = co_program};
    loop_init(&loop, &world, hooks, NULL, 1);
    checks = false;
    dispatched = 0;
}

static void tear_down(void)
{
    mem_delete(mem);
}

static CoRet co_readable(Loop *of, Co *co)
{
    Socket *socket = CONTAINER_OF((Fd *)co->p, Socket, fd);
    dispatched++;
    log_word(socket->name);
    if (socket->does)
        socket->does(socket);
    else
        fd_clear(of, &socket->fd);
    return CO_OVER;
}

static Socket *watched(const char *name, void (*does)(Socket *socket))
{
    Socket *socket = mem_get(mem, sizeof *socket);
    socket->name = name;
    socket->does = does;
    fd_init(&socket->fd, co_readable);
    fd_watch(&loop, &socket->fd);
    loop.handles++;
    return socket;
}

static void ready(Socket *socket)
{
    fd_ready(&loop, &socket->fd);
}

static void close_fd(Socket *socket)
{
    fd_close(&loop, &socket->fd);
    loop.handles--;
}

static void deed_done(Event *event)
{
    Deed *deed = CONTAINER_OF(event, Deed, event);
    deed->fn(deed->socket);
}

static void at(Time ms, void (*fn)(Socket *socket), Socket *socket)
{
    Deed *deed = mem_get(mem, sizeof *deed);
    deed->fn = fn;
    deed->socket = socket;
    event_bind(&deed->event, deed_done, RANK_WORLD);
    kernel_at(&world.kernel, &deed->event, ms * TIME_MS);
}

/* To its end, and what it logged. */
static const char *run(void)
{
    loop_start(&loop);
    ck_assert_int_eq(kernel_run(&world.kernel, TIME_NEVER, 1000000, NULL), KERNEL_DRAINED);
    return buf_string(&told);
}

/* ---- descriptors ---- */

static Socket *a, *b, *c, *end;

static void stops(Socket *socket)
{
    fd_clear(&loop, &socket->fd);
    loop.stop = true;
}

/* Three descriptors, and one that ends the loop when it is ready. */
static void three(void)
{
    a = watched("a", NULL);
    b = watched("b", NULL);
    c = watched("c", NULL);
    end = watched("end", stops);
}

START_TEST(new_descriptors_come_in_the_order_in_which_they_were_started)
{
    three();
    ready(c);
    ready(end);
    ready(a);
    ready(b);
    ck_assert_str_eq(run(), "a@0 b@0 c@0 end@0 over@0");
}
END_TEST

START_TEST(registered_descriptors_come_in_the_order_in_which_they_became_ready)
{
    three();
    at(1, ready, c);
    at(1, ready, a);
    at(2, ready, b);
    at(2, ready, end);
    at(2, ready, c);
    ck_assert_str_eq(run(), "c@1 a@1 b@2 end@2 c@2 over@2");
}
END_TEST

static void makes_ready_again(Socket *socket)
{
    fd_clear(&loop, &socket->fd);
    socket->does = NULL;
    ready(a);
    ready(end);
    ready(socket);
}

START_TEST(one_that_was_told_keeps_its_place)
{
    three();
    b->does = makes_ready_again;
    at(1, ready, b);
    ck_assert_str_eq(run(), "b@1 b@1 a@1 end@1 over@1");
}
END_TEST

static void makes_ready(Socket *socket)
{
    fd_clear(&loop, &socket->fd);
    ready(a);
    ready(end);
}

START_TEST(what_becomes_ready_while_a_batch_is_told_is_for_the_next)
{
    three();
    b->does = makes_ready;
    checks = true;
    at(1, ready, b);
    ck_assert_str_eq(run(), "b@1 check@1 a@1 end@1 over@1");
}
END_TEST

START_TEST(one_that_is_ready_already_stays_where_it_is)
{
    three();
    at(1, ready, b);
    at(1, ready, c);
    at(1, ready, b);
    at(1, ready, end);
    ck_assert_str_eq(run(), "b@1 c@1 end@1 over@1");
}
END_TEST

START_TEST(what_is_not_ready_any_more_is_not_told)
{
    three();
    at(1, ready, b);
    at(1, ready, c);
    at(1, ready, end);
    ready(a);
    fd_clear(&loop, &a->fd);
    at(1, close_fd, b);
    ck_assert_str_eq(run(), "c@1 end@1 over@1");
}
END_TEST

static void closes_others(Socket *socket)
{
    fd_clear(&loop, &socket->fd);
    close_fd(a);
    close_fd(c);
}

START_TEST(closing_takes_back_what_was_fetched)
{
    three();
    b->does = closes_others;
    at(1, ready, a);
    at(1, ready, b);
    at(1, ready, c);
    at(1, ready, end);
    ck_assert_str_eq(run(), "a@1 b@1 end@1 over@1");
    ck_assert(!c->fd.open && !c->fd.registered && !c->fd.listed);
    ck_assert_int_eq(loop.listed, 2);
}
END_TEST

START_TEST(one_that_is_closed_before_it_joins_never_does)
{
    three();
    ck_assert_int_eq(loop.watch_count, 4);
    close_fd(b);
    close_fd(end);
    ck_assert_int_eq(loop.watch_count, 2);
    end = watched("end", stops); /* behind c, which is the last one again */
    fd_watch(&loop, &end->fd);   /* once is enough */
    ck_assert_int_eq(loop.watch_count, 3);
    ready(end);
    ready(c);
    ck_assert_str_eq(run(), "c@0 end@0 over@0");
    ck_assert(a->fd.registered && !b->fd.registered && c->fd.registered);
    ck_assert_int_eq(loop.watch_count, 0);
    close_fd(a);
    ready(a); /* bytes that come too late */
    ck_assert(!a->fd.listed);
}
END_TEST

static void stays(Socket *socket)
{
    (void)socket;
}

START_TEST(a_full_batch_is_followed_by_another_so_and_so_often)
{
    Socket *first = watched("x", stays);
    ready(first);
    for (int i = 1; i < POLL_MOST; i++)
        ready(watched("x", stays));
    ready(watched("end", stops));
    checks = true;
    run();
    const char *place = strstr(told.data, "end@0"), *check = strstr(told.data, "check@0");
    ck_assert(place && check);
    /* Whom the first batch had no room for is the first one of the next. */
    ck_assert_int_eq(place - told.data, POLL_MOST * (int)strlen("x@0 "));
    ck_assert_uint_eq(dispatched, POLL_ROUNDS * POLL_MOST);
    ck_assert_str_eq(check, "check@0 over@0");
    ck_assert_int_eq(first->fd.batch, -1);
}
END_TEST

/* ---- closing handles ---- */

static CoRet co_closed(Loop *of, Co *co)
{
    (void)of;
    char word[8];
    snprintf(word, sizeof word, "-%s", CONTAINER_OF((Closing *)co->p, Socket, closing)->name);
    log_word(word);
    return CO_OVER;
}

static void has_gone(Loop *of, Closing *closing)
{
    (void)of;
    char word[8];
    snprintf(word, sizeof word, "gone-%s", CONTAINER_OF(closing, Socket, closing)->name);
    log_word(word);
}

static void closes(Socket *socket)
{
    close_fd(socket);
    socket->closing.done = co_closed;
    loop_close(&loop, &socket->closing);
}

START_TEST(handles_close_in_reverse_after_the_check_phase)
{
    three();
    a->does = b->does = closes;
    checks = true;
    at(1, ready, a);
    at(1, ready, b);
    at(2, ready, end);
    ck_assert_str_eq(run(), "a@1 b@1 check@1 -b@1 -a@1 end@2 over@2");
}
END_TEST

static void closes_without_a_word(Socket *socket)
{
    close_fd(socket);
    socket->closing.gone = socket == b ? NULL : has_gone;
    loop_close(&loop, &socket->closing);
}

START_TEST(handles_without_a_callback_go_by_the_way)
{
    three();
    a->does = b->does = closes_without_a_word;
    c->does = closes;
    at(1, ready, c);
    at(1, ready, b);
    at(1, ready, a);
    at(2, ready, end);
    ck_assert_str_eq(run(), "c@1 b@1 a@1 gone-a@1 -c@1 end@2 over@2");
}
END_TEST

START_TEST(a_closing_handle_alone_keeps_the_loop_for_a_turn)
{
    a = watched("a", NULL);
    closes(a);
    ck_assert(loop_alive(&loop));
    ck_assert_str_eq(run(), "-a@0 over@0");
    ck_assert(!loop_alive(&loop));
    ck_assert_uint_eq(loop.iterations, 1);
}
END_TEST

/* ---- what it waits for ---- */

static void start_timer(Time ms, bool ref)
{
    loop_timer_start(&loop, ms);
    loop.timer.ref = ref;
}

START_TEST(a_timer_is_waited_for)
{
    start_timer(7, true);
    ck_assert_str_eq(run(), "timer@7 over@7");
    ck_assert_uint_eq(loop.iterations, 1);
}
END_TEST

START_TEST(a_timer_that_is_due_fires_before_the_first_turn)
{
    start_timer(0, true);
    ck_assert_str_eq(run(), "timer@0 over@0");
    ck_assert_uint_eq(loop.iterations, 1);
}
END_TEST

START_TEST(the_older_libuv_fires_it_in_the_turn)
{
    loop.legacy = true;
    checks = true;
    start_timer(3, true);
    ck_assert_str_eq(run(), "check@3 timer@3 over@3");
    ck_assert_uint_eq(loop.iterations, 2);
}
END_TEST

START_TEST(a_timer_that_is_not_referred_to_keeps_nothing_alive_but_is_waited_for)
{
    start_timer(5, false);
    ck_assert_str_eq(run(), "over@0");
    ck_assert_uint_eq(loop.iterations, 0);
}
END_TEST

START_TEST(with_a_handle_it_fires_also_when_not_referred_to)
{
    three();
    start_timer(5, false);
    at(9, ready, end);
    ck_assert_str_eq(run(), "timer@5 end@9 over@9");
}
END_TEST

static void no_idle(Socket *socket)
{
    fd_clear(&loop, &socket->fd);
    loop.idle_active = false;
}

START_TEST(with_an_immediate_the_loop_does_not_sleep)
{
    a = watched("a", no_idle);
    loop.idle_active = true;
    loop.iteration_cost = TIME_MS;
    start_timer(20, true);
    at(4, ready, a);
    loop.handles = 0;
    ck_assert_str_eq(run(), "a@4 timer@20 over@20");
    ck_assert_uint_eq(loop.iterations, 5);
}
END_TEST

/* ---- the pool ---- */

static Task tasks[3];
static Strand strands[3];
static int listed;

static CoRet co_told(Loop *of, Co *co)
{
    (void)of;
    log_word(((Task *)co->p)->name);
    return CO_OVER;
}

static void submits(Socket *socket)
{
    (void)socket;
    for (size_t i = 0; i < COUNT_OF(tasks); i++) {
        static const char *const names[] = {"first", "second", "third"};
        tasks[i] = (Task){.strand = &strands[i], .kind = TASK_FS, .time = 2 * TIME_MS, .resource = -1, .done = co_told};
        tasks[i].name = names[i];
        note_strand_begin(&probe, &strands[i], NULL, PART_OTHER);
        threadpool_submit(loop.pool, &tasks[i]);
    }
}

static void count_task(void *context, const Task *task)
{
    (void)context, (void)task;
    listed++;
}

static void lists(Socket *socket)
{
    (void)socket;
    char word[8];
    listed = 0;
    threadpool_each(loop.pool, count_task, NULL);
    snprintf(word, sizeof word, "%d", listed);
    log_word(word);
}

/* One worker; each task takes it 2 ms, and 2 more to wake the loop, which sleeps. */
START_TEST(what_was_told_is_no_work_of_the_pool)
{
    machine.cores = 2;
    machine.costs.wake = 2 * TIME_MS;
    loop.pool = threadpool_new(&loop, 1, 0);
    three();
    at(13, ready, end);
    at(1, submits, NULL);
    at(2, lists, NULL);
    for (Time ms = 4; ms <= 14; ms += 2)
        at(ms, lists, NULL);
    ck_assert_str_eq(run(), "3@2 first@3 2@4 2@6 second@7 1@8 1@10 third@11 0@12 end@13 over@13 0@14");
}
END_TEST

Suite *loop_suite(void)
{
    Suite *suite = suite_create("loop");
    TCase *descriptors = tcase_create("descriptors"), *closing = tcase_create("closing"),
          *waits = tcase_create("waits");
    tcase_add_test(descriptors, new_descriptors_come_in_the_order_in_which_they_were_started);
    tcase_add_test(descriptors, registered_descriptors_come_in_the_order_in_which_they_became_ready);
    tcase_add_test(descriptors, one_that_was_told_keeps_its_place);
    tcase_add_test(descriptors, what_becomes_ready_while_a_batch_is_told_is_for_the_next);
    tcase_add_test(descriptors, one_that_is_ready_already_stays_where_it_is);
    tcase_add_test(descriptors, what_is_not_ready_any_more_is_not_told);
    tcase_add_test(descriptors, closing_takes_back_what_was_fetched);
    tcase_add_test(descriptors, one_that_is_closed_before_it_joins_never_does);
    tcase_add_test(descriptors, a_full_batch_is_followed_by_another_so_and_so_often);
    tcase_add_test(closing, handles_close_in_reverse_after_the_check_phase);
    tcase_add_test(closing, handles_without_a_callback_go_by_the_way);
    tcase_add_test(closing, a_closing_handle_alone_keeps_the_loop_for_a_turn);
    tcase_add_test(waits, a_timer_is_waited_for);
    tcase_add_test(waits, a_timer_that_is_due_fires_before_the_first_turn);
    tcase_add_test(waits, the_older_libuv_fires_it_in_the_turn);
    tcase_add_test(waits, a_timer_that_is_not_referred_to_keeps_nothing_alive_but_is_waited_for);
    tcase_add_test(waits, with_a_handle_it_fires_also_when_not_referred_to);
    tcase_add_test(waits, with_an_immediate_the_loop_does_not_sleep);
    TCase *pool = tcase_create("pool");
    tcase_add_test(pool, what_was_told_is_no_work_of_the_pool);
    TCase *all[] = {descriptors, closing, waits, pool};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        tcase_add_checked_fixture(all[i], set_up, tear_down);
        suite_add_tcase(suite, all[i]);
    }
    return suite;
}
