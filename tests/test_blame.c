/* Who kept whom waiting: each kind of station against a timeline computed by hand, and the sums of every example. */
#include "command.h"
#include "lab.h"
#include "random_specs.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A spec without costs, where "quick" is wanted 1 ms after "slow", unless `arrivals` say something else. */
static Lab *scene(const char *server, const char *machine, const char *handlers, const char *more)
{
    static char text[4096];
    const char *usual = "[{\"at\":[\"0\"],\"mix\":{\"slow\":1}},{\"at\":[\"1ms\"],\"mix\":{\"quick\":1}}]";
    snprintf(text, sizeof text,
             "{\"machine\":{\"profile\":\"ideal\",%s},\"handlers\":{%s},\"servers\":{\"s\":{%s}}%s%s%s}", machine,
             handlers, server, more,
             strstr(more, "arrivals") ? "" : ",\"arrivals\":", strstr(more, "arrivals") ? "" : usual);
    return lab_read(text);
}

static int place_of(const char *const name[], int count, const char *wanted)
{
    for (int i = 0; i < count; i++)
        if (strcmp(name[i], wanted) == 0)
            return i;
    ck_abort_msg("no cause %s", wanted);
    return -1;
}

static Time kept(const Results *results, const char *waiting, const char *cause)
{
    const char *const *names = results->blame.name;
    int by = place_of(names, results->blame.causes, cause), handler = place_of(names, results->handler_count, waiting);
    return results_blame(results, handler, by);
}

/* As the screen and the reports say it. */
static void says(Lab *lab, const char *wanted)
{
    LabRun *run = lab_begin(lab, 0);
    Buf buf;
    buf_init(&buf, run->mem, 4096);
    ck_assert(blame_sentence(&buf, lab_finish(run)));
    ck_assert_str_eq(buf_string(&buf), wanted);
    lab_end_run(run);
    lab_end(lab);
}

static void adds_up(const Results *results)
{
    for (int handler = 0; handler < results->handler_count; handler++) {
        Time sum = 0;
        for (int cause = 0; cause < results->blame.causes; cause++)
            sum += results_blame(results, handler, cause);
        ck_assert_int_eq(sum, results_waits(results->handlers[handler].time));
        ck_assert_int_eq(kept(results, results->handlers[handler].name, "(unknown)"), 0);
    }
    for (int i = 0; i < results->slow_count; i++) {
        Time sum = 0;
        for (int cause = 0; cause < results->blame.causes; cause++)
            sum += results->slowest[i].blame[cause];
        ck_assert_int_eq(sum, results_waits(results->slowest[i].part));
    }
}

/* quick waits so many ms for slow, and for nobody else. */
static void waits_for_slow(Lab *lab, Time ms, Part part)
{
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    int quick = place_of(results->blame.name, results->handler_count, "quick");
    ck_assert_int_eq(results->all.requests.completed, 2);
    ck_assert_int_eq(kept(results, "quick", "slow"), ms * TIME_MS);
    ck_assert_int_eq(results->handlers[quick].time[part], ms * TIME_MS);
    ck_assert_int_eq(results_waits(results->handlers[quick].time), ms * TIME_MS);
    lab_end_run(run);
    lab_end(lab);
}

#define LOOP "\"model\":\"event-loop\""
#define THREADS "\"model\":\"thread-per-connection\""
#define CPUS "\"slow\":[{\"cpu\":\"10ms\"}],\"quick\":[{\"cpu\":\"1ms\"}]"
#define NETS "\"slow\":[{\"await\":{\"net\":\"10ms\"}}],\"quick\":[{\"await\":{\"net\":\"1ms\"}}]"
#define POOLS(kind)                                                                                                    \
    "\"slow\":[{\"await\":{\"pool\":\"10ms\",\"kind\":\"" kind "\"}}],"                                                \
    "\"quick\":[{\"await\":{\"pool\":\"1ms\",\"kind\":\"" kind "\"}}]"
#define LOCKS                                                                                                          \
    "\"slow\":[{\"lock\":\"m\",\"do\":[{\"await\":{\"net\":\"10ms\"}}]}],"                                             \
    "\"quick\":[{\"lock\":\"m\",\"do\":[{\"await\":{\"net\":\"1ms\"}}]}]"
#define CALLS "\"slow\":[{\"await\":{\"io\":\"db\"}}],\"quick\":[{\"await\":{\"io\":\"db\"}}]"
#define DB ",\"resources\":{\"db\":{\"latency\":\"10ms\",\"concurrency\":1}}"
#define FIFO "\"cores\":1,\"scheduler\":\"fifo\""

START_TEST(a_request_waits_for_the_one_that_has_the_loop)
{
    waits_for_slow(scene(LOOP, "\"cores\":2", CPUS, ""), 9, PART_ACCEPT_WAIT);
}
END_TEST

START_TEST(what_blocks_the_loop_keeps_it)
{
    waits_for_slow(scene(LOOP, "\"cores\":2",
                         "\"slow\":[{\"sync\":{\"pool\":\"10ms\",\"kind\":\"fs\"}}],"
                         "\"quick\":[{\"cpu\":\"1ms\"}]",
                         ""),
                   9, PART_ACCEPT_WAIT);
}
END_TEST

/* The loop would run, but a worker has its core. */
START_TEST(a_loop_without_a_core_passes_the_blame_on)
{
    Lab *lab = scene(LOOP, FIFO ",\"costs\":{\"poll\":\"1us\"}",
                     "\"slow\":[{\"await\":{\"pool\":\"10ms\"}}],\"quick\":[{\"cpu\":\"1ms\"}]", "");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    int quick = place_of(results->blame.name, results->handler_count, "quick");
    adds_up(results);
    /* it waits to be accepted by the loop, which waits for the core: for all but a few polls */
    ck_assert_int_gt(results->handlers[quick].time[PART_ACCEPT_WAIT], 8990 * TIME_US);
    ck_assert_int_gt(kept(results, "quick", "slow"), 8990 * TIME_US);
    ck_assert_int_lt(kept(results, "quick", "(loop)"), 5 * TIME_US);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

START_TEST(a_thread_waits_for_the_one_that_has_the_core)
{
    waits_for_slow(scene(THREADS, FIFO, CPUS, ""), 9, PART_READY_WAIT);
}
END_TEST

START_TEST(a_task_waits_for_the_one_that_has_the_worker)
{
    waits_for_slow(scene(LOOP ",\"workers\":1", "\"cores\":4", POOLS("cpu"), ""), 9, PART_POOL_WAIT);
}
END_TEST

/* Two of four workers are free, but not for lookups. */
START_TEST(a_lookup_waits_for_those_that_have_the_slow_share)
{
    Lab *lab = scene(LOOP ",\"workers\":4", "\"cores\":8", POOLS("dns"),
                     ",\"arrivals\":[{\"at\":[\"0\",\"0\"],\"mix\":{\"slow\":1}},"
                     "{\"at\":[\"1ms\"],\"mix\":{\"quick\":1}}]");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    ck_assert_int_eq(kept(results, "quick", "slow"), 9 * TIME_MS);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* One of the other two computes for a third: whoever looks up does not wait for that. */
START_TEST(a_lookup_does_not_wait_for_workers_that_do_other_work)
{
    Lab *lab =
        scene(LOOP ",\"workers\":4", "\"cores\":8",
              POOLS("dns") ",\"other\":[{\"await\":{\"pool\":\"20ms\",\"kind\":\"cpu\"}}]",
              ",\"arrivals\":[{\"at\":[\"0\",\"0\"],\"mix\":{\"slow\":1}},{\"at\":[\"0\"],\"mix\":{\"other\":1}},"
              "{\"at\":[\"1ms\"],\"mix\":{\"quick\":1}}]");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    ck_assert_int_eq(kept(results, "quick", "slow"), 9 * TIME_MS);
    ck_assert_int_eq(kept(results, "quick", "other"), 0);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* One worker: slow has it until 10 ms, other until 20 ms; quick comes at 12 ms. */
START_TEST(who_has_left_a_worker_keeps_nobody)
{
    Lab *lab = scene(LOOP ",\"workers\":1", "\"cores\":4",
                     POOLS("cpu") ",\"other\":[{\"await\":{\"pool\":\"10ms\",\"kind\":\"cpu\"}}]",
                     ",\"arrivals\":[{\"at\":[\"0\"],\"mix\":{\"slow\":1}},{\"at\":[\"1ms\"],\"mix\":{\"other\":1}},"
                     "{\"at\":[\"12ms\"],\"mix\":{\"quick\":1}}]");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    ck_assert_int_eq(kept(results, "other", "slow"), 9 * TIME_MS);
    ck_assert_int_eq(kept(results, "quick", "other"), 8 * TIME_MS);
    ck_assert_int_eq(kept(results, "quick", "slow"), 0);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

START_TEST(a_call_waits_for_the_one_that_has_the_resource)
{
    waits_for_slow(scene(LOOP, "\"cores\":1", CALLS, DB), 9, PART_RESOURCE_WAIT);
    waits_for_slow(scene(THREADS, "\"cores\":1", CALLS, DB), 9, PART_RESOURCE_WAIT);
}
END_TEST

START_TEST(a_lock_is_waited_for_on_a_loop_and_on_threads)
{
    waits_for_slow(scene(LOOP, "\"cores\":1", LOCKS, ""), 9, PART_LOCK_WAIT);
    waits_for_slow(scene(THREADS, "\"cores\":1", LOCKS, ""), 9, PART_LOCK_WAIT);
    waits_for_slow(scene("\"model\":\"green-threads\"", "\"cores\":1", LOCKS, ""), 9, PART_LOCK_WAIT);
}
END_TEST

START_TEST(a_connection_waits_for_the_request_that_has_the_thread)
{
    waits_for_slow(scene("\"model\":\"thread-pool\",\"threads\":1", "\"cores\":1", NETS, ""), 9, PART_ACCEPT_WAIT);
    waits_for_slow(scene("\"model\":\"thread-pool\",\"threads\":1,\"unit\":\"request\"", "\"cores\":1", NETS, ""), 9,
                   PART_ACCEPT_WAIT);
    waits_for_slow(scene(THREADS ",\"max_threads\":1", "\"cores\":1", NETS, ""), 9, PART_ACCEPT_WAIT);
}
END_TEST

START_TEST(a_green_thread_waits_for_the_one_that_has_the_carrier)
{
    waits_for_slow(scene("\"model\":\"green-threads\"", "\"cores\":1", CPUS, ""), 9, PART_READY_WAIT);
}
END_TEST

START_TEST(any_loop_of_a_cluster_accepts)
{
    Lab *lab = scene(LOOP ",\"loops\":2", "\"cores\":4", CPUS,
                     ",\"arrivals\":[{\"at\":[\"0\",\"0\",\"0\",\"0\"],\"mix\":{\"slow\":1}},"
                     "{\"at\":[\"1ms\"],\"mix\":{\"quick\":1}}]");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    int quick = place_of(results->blame.name, results->handler_count, "quick");
    ck_assert_int_ge(kept(results, "quick", "slow"), 9 * TIME_MS);
    ck_assert_int_eq(kept(results, "quick", "slow"), results_waits(results->handlers[quick].time));
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* Two cores: 8 ms during which each of the two has one of them; then one of them is free. */
START_TEST(those_who_hold_share_the_blame)
{
    Lab *lab = scene(THREADS, "\"cores\":2,\"scheduler\":\"fifo\"",
                     "\"a\":[{\"cpu\":\"10ms\"}],\"b\":[{\"cpu\":\"20ms\"}],\"quick\":[{\"cpu\":\"1ms\"}]",
                     ",\"arrivals\":[{\"at\":[\"0\"],\"mix\":{\"a\":1}},{\"at\":[\"0\"],\"mix\":{\"b\":1}},"
                     "{\"at\":[\"2ms\"],\"mix\":{\"quick\":1}}]");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    ck_assert_int_eq(kept(results, "quick", "a"), 4 * TIME_MS);
    ck_assert_int_eq(kept(results, "quick", "b"), 4 * TIME_MS);
    ck_assert_int_eq(kept(results, "quick", "quick"), 0);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* One thread: the first connection has it for 1 ms, thinks for 10, has it for 1 more; the second comes after 2 ms. */
START_TEST(a_connection_that_thinks_keeps_its_thread)
{
    Lab *lab = scene("\"model\":\"thread-pool\",\"threads\":1", "\"cores\":1", NETS,
                     ",\"arrivals\":[{\"at\":[\"0\"],\"mix\":{\"quick\":1},\"requests\":2,\"pause\":\"10ms\"},"
                     "{\"at\":[\"2ms\"],\"mix\":{\"slow\":1}}]");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    ck_assert_int_eq(kept(results, "slow", "(idle connection)"), 9 * TIME_MS);
    ck_assert_int_eq(kept(results, "slow", "quick"), 1 * TIME_MS);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* The core wakes up for 50 us, the loop is switched to: nobody's handler did that. */
START_TEST(what_the_machine_does_has_a_name)
{
    Lab *lab = scene(LOOP, "\"cores\":1,\"costs\":{\"idle_wake\":\"50us\",\"poll\":\"7us\"}", CPUS,
                     ",\"arrivals\":{\"at\":[\"1ms\"],\"mix\":{\"quick\":1}}");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    ck_assert_int_eq(kept(results, "quick", "(wake-up)"), 50 * TIME_US);
    ck_assert_int_eq(kept(results, "quick", "(loop)"), 14 * TIME_US); /* polls before the accept, and after */
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* The process stands still from 6 ms on, for 20: quick, which came at 7, waits 19 for that and 4 for what slow has
 * left of its 10. */
START_TEST(a_pause_has_a_name)
{
    Lab *lab = scene(LOOP ",\"pauses\":{\"every\":\"6ms\",\"for\":\"20ms\"}", "\"cores\":1", CPUS,
                     ",\"duration\":\"50ms\",\"arrivals\":[{\"at\":[\"0\"],\"mix\":{\"slow\":1}},"
                     "{\"at\":[\"7ms\"],\"mix\":{\"quick\":1}}]");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    ck_assert_int_eq(results->all.requests.completed, 2);
    ck_assert_int_eq(kept(results, "quick", "(pause)"), 19 * TIME_MS);
    ck_assert_int_eq(kept(results, "quick", "slow"), 4 * TIME_MS);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

START_TEST(a_dropped_syn_waits_for_itself)
{
    Lab *lab = scene(LOOP ",\"backlog\":1", "\"cores\":1", CPUS,
                     ",\"network\":{\"syn_retry\":[\"30ms\"]},\"arrivals\":["
                     "{\"at\":[\"0\",\"1ms\"],\"mix\":{\"slow\":1}},{\"at\":[\"2ms\"],\"mix\":{\"quick\":1}}]");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    ck_assert_int_eq(kept(results, "quick", "(SYN retry)"), 30 * TIME_MS);
    ck_assert_int_eq(kept(results, "quick", "slow"), 0);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

START_TEST(the_worst_pair_is_the_one_that_cost_most_time)
{
    BlamePair pair = {0};
    Lab *lab = scene(LOOP, "\"cores\":2", CPUS, "");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    ck_assert(results_worst(results, &pair));
    ck_assert_str_eq(results->handlers[pair.handler].name, "quick");
    ck_assert_str_eq(results->blame.name[pair.cause], "slow");
    ck_assert_int_eq(wait_part[pair.wait], PART_ACCEPT_WAIT);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

START_TEST(nobody_waits_where_nobody_has_to)
{
    BlamePair pair;
    Lab *lab = scene(THREADS, "\"cores\":4", CPUS, "");
    LabRun *run = lab_begin(lab, 0);
    ck_assert(!results_worst(lab_finish(run), &pair));
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* ---- what was waited for, in words ---- */

START_TEST(the_sentence_names_what_was_waited_for)
{
    says(scene(LOOP, "\"cores\":2", CPUS, ""),
         "`quick` waited 9 ms of its 10 ms for `slow` to leave the loop (step 1, cpu)");
    says(scene(THREADS, FIFO, CPUS, ""), "`quick` waited 9 ms of its 10 ms for `slow` to leave a core (step 1, cpu)");
    says(scene("\"model\":\"green-threads\"", "\"cores\":1", CPUS, ""),
         "`quick` waited 9 ms of its 10 ms for `slow` to leave a carrier (step 1, cpu)");
    says(scene(LOOP ",\"workers\":1", "\"cores\":4", POOLS("cpu"), ""),
         "`quick` waited 9 ms of its 10 ms for `slow` to free a worker (step 1, await pool)");
    says(scene(LOOP, "\"cores\":1", CALLS, DB), "`quick` waited 9 ms of its 19 ms for `slow` to leave `db`");
    says(scene(THREADS, "\"cores\":1", LOCKS, ""),
         "`quick` waited 9 ms of its 10 ms for `slow` to release the lock `m`");
    says(scene(LOOP, "\"cores\":1", LOCKS, ""), "`quick` waited 9 ms of its 10 ms for `slow` to release the lock `m`");
    says(scene("\"model\":\"thread-pool\",\"threads\":1", "\"cores\":1", NETS, ""),
         "`quick` waited 9 ms of its 10 ms for `slow` to free a thread (step 1, await net)");
    says(scene(THREADS ",\"max_threads\":1", "\"cores\":1", NETS, ""),
         "`quick` waited 9 ms of its 10 ms for `slow` to free a thread (step 1, await net)");
}
END_TEST

/* Not for the loop: that waits for the core that a worker has. */
START_TEST(a_loop_that_waits_for_a_core_is_not_what_one_waits_for)
{
    says(scene(LOOP, FIFO, "\"slow\":[{\"await\":{\"pool\":\"10ms\"}}],\"quick\":[{\"cpu\":\"1ms\"}]", ""),
         "`quick` waited 9 ms of its 10 ms for `slow` to leave a core (step 1, await pool)");
}
END_TEST

START_TEST(what_the_server_does_for_nobody_is_said_as_well)
{
    says(scene(LOOP ",\"pauses\":{\"every\":\"6ms\",\"for\":\"20ms\"}", "\"cores\":1", CPUS,
               ",\"duration\":\"50ms\",\"arrivals\":{\"at\":[\"7ms\"],\"mix\":{\"quick\":1}}"),
         "`quick` waited 19 ms of its 20 ms for the process, which stood still");
    says(scene(LOOP ",\"backlog\":1", "\"cores\":1", CPUS,
               ",\"network\":{\"syn_retry\":[\"90ms\"]},\"arrivals\":["
               "{\"at\":[\"0\",\"1ms\"],\"mix\":{\"slow\":1}},{\"at\":[\"2ms\"],\"mix\":{\"quick\":1}}]"),
         "`quick` waited 90 ms of its 91 ms to send a SYN again that a full backlog had dropped");
}
END_TEST

/* Its step and its handler, and who waits behind it. */
START_TEST(the_bottleneck_says_who_waits_for_whom)
{
    Lab *lab = scene(LOOP, "\"cores\":2", CPUS, "");
    LabRun *run = lab_begin(lab, 0);
    const char *why = lab_finish(run)->bottleneck.why;
    ck_assert_str_eq(why, "the loop thread is busy 100 % of the time, 91 % of it in step 1 (cpu) of `slow`; `quick` "
                          "waited 9 ms of its 10 ms for `slow`");
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* ---- on the screen and in JSON ---- */

START_TEST(the_screen_says_who_kept_whom_waiting)
{
    Ran ran = run_loopsim("run", "examples/api.json", "--set", "duration=8s", "--only", "node", NULL);
    ck_assert_ptr_nonnull(strstr(ran.out, "who kept whom waiting"));
    ck_assert_ptr_nonnull(strstr(ran.out, "`get` waited "));
    ck_assert_ptr_nonnull(strstr(ran.out, " for `report` to leave the loop (step 3"));
    ran_free(&ran);
}
END_TEST

START_TEST(runs_together_add_up_too)
{
    Ran ran = run_loopsim("run", "examples/api.json", "--set", "duration=7s", "--runs", "3", "--out", "json", NULL);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_ptr_nonnull(strstr(ran.out, "\"blame\": {"));
    ck_assert_ptr_null(strstr(ran.out, "(unknown)"));
    ran_free(&ran);
}
END_TEST

/* The race was decided before the answer, and goes on after it: that is no part of the request any more. */
START_TEST(what_is_settled_after_the_answer_waits_for_nobody)
{
    Lab *lab = lab_read(
        "{\"duration\": \"50ms\", \"network\": {\"rtt\": \"100us\"}, \"handlers\": {\"a\": [{\"await\": {\"race\": "
        "[[], [{\"respond\": \"0B\"}]]}}]}, \"arrivals\": [{\"every\": \"5ms\"}], "
        "\"servers\": {\"s\": {\"model\": \"event-loop\"}}}");
    LabRun *run = lab_begin(lab, 0);
    const Results *results = lab_finish(run);
    adds_up(results);
    ck_assert_int_eq(results->all.time[PART_NETWORK], 100000);
    lab_end_run(run);
    lab_end(lab);
}
END_TEST

/* ---- every example ---- */

static glob_t files;

/* The figures that show no blame are made without it. */
START_TEST(an_example_adds_up_and_is_the_same_run_without)
{
    char *text = read_file(files.gl_pathv[_i], NULL), digest[32];
    Lab *lab = lab_read(text);
    Ran ran = run_loopsim("run", files.gl_pathv[_i], "--out", "csv", NULL);
    for (int server = 0; server < lab->spec->server_count; server++) {
        LabRun *run = lab_begin(lab, server);
        const Results *results = lab_finish(run);
        adds_up(results);
        snprintf(digest, sizeof digest, "%016llx", (unsigned long long)results->digest);
        ck_assert_msg(strstr(ran.out, digest) != NULL, "%s: another digest without blame", results->name);
        lab_end_run(run);
    }
    ran_free(&ran);
    lab_end(lab);
    free(text);
}
END_TEST

enum { SPECS = 200, A_TEST = 20 };

START_TEST(random_specs_add_up)
{
    Mem *mem = mem_new(1 << 26);
    for (int i = 0; i < A_TEST; i++) {
        Lab *lab = lab_read(random_spec(mem, UINT64_C(5000) + (uint64_t)_i * A_TEST + (uint64_t)i));
        for (int server = 0; server < lab->spec->server_count; server++) {
            LabRun *run = lab_begin(lab, server);
            adds_up(lab_finish(run));
            lab_end_run(run);
        }
        lab_end(lab);
    }
    mem_delete(mem);
}
END_TEST

Suite *blame_suite(void);
Suite *blame_suite(void)
{
    Suite *suite = suite_create("blame");
    TCase *stations = tcase_create("stations"), *reports = tcase_create("reports");
    TCase *words = tcase_create("words");
    TCase *examples = tcase_create("examples");
    tcase_add_test(stations, a_request_waits_for_the_one_that_has_the_loop);
    tcase_add_test(stations, what_blocks_the_loop_keeps_it);
    tcase_add_test(stations, a_loop_without_a_core_passes_the_blame_on);
    tcase_add_test(stations, a_thread_waits_for_the_one_that_has_the_core);
    tcase_add_test(stations, a_task_waits_for_the_one_that_has_the_worker);
    tcase_add_test(stations, a_lookup_waits_for_those_that_have_the_slow_share);
    tcase_add_test(stations, a_lookup_does_not_wait_for_workers_that_do_other_work);
    tcase_add_test(stations, who_has_left_a_worker_keeps_nobody);
    tcase_add_test(stations, a_call_waits_for_the_one_that_has_the_resource);
    tcase_add_test(stations, a_lock_is_waited_for_on_a_loop_and_on_threads);
    tcase_add_test(stations, a_connection_waits_for_the_request_that_has_the_thread);
    tcase_add_test(stations, a_green_thread_waits_for_the_one_that_has_the_carrier);
    tcase_add_test(stations, any_loop_of_a_cluster_accepts);
    tcase_add_test(stations, those_who_hold_share_the_blame);
    tcase_add_test(stations, a_connection_that_thinks_keeps_its_thread);
    tcase_add_test(stations, what_the_machine_does_has_a_name);
    tcase_add_test(stations, a_pause_has_a_name);
    tcase_add_test(stations, a_dropped_syn_waits_for_itself);
    tcase_add_test(stations, the_worst_pair_is_the_one_that_cost_most_time);
    tcase_add_test(stations, nobody_waits_where_nobody_has_to);
    tcase_add_test(words, the_sentence_names_what_was_waited_for);
    tcase_add_test(words, a_loop_that_waits_for_a_core_is_not_what_one_waits_for);
    tcase_add_test(words, what_the_server_does_for_nobody_is_said_as_well);
    tcase_add_test(words, the_bottleneck_says_who_waits_for_whom);
    tcase_add_test(reports, the_screen_says_who_kept_whom_waiting);
    tcase_add_test(reports, runs_together_add_up_too);
    tcase_add_test(reports, what_is_settled_after_the_answer_waits_for_nobody);
    if (files.gl_pathc == 0 && glob("examples/*.json", 0, NULL, &files) != 0)
        files.gl_pathc = 0;
    tcase_add_loop_test(examples, an_example_adds_up_and_is_the_same_run_without, 0, (int)files.gl_pathc);
    tcase_add_loop_test(examples, random_specs_add_up, 0, SPECS / A_TEST);
    suite_add_tcase(suite, stations);
    suite_add_tcase(suite, words);
    suite_add_tcase(suite, reports);
    suite_add_tcase(suite, examples);
    return suite;
}
