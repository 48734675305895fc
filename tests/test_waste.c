/* Work that is done for nobody: what clients have given up, what request_timeout has ended, and the storm of retries
 * that such work feeds. */
#include "command.h"
#include "lab.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const models[] = {"event-loop", "thread-per-connection", "thread-pool", "green-threads"};

/* A run of one server, of one handler. */
typedef struct Case {
    Lab *lab;
    LabRun *run;
    const Results *results;
} Case;

static Case run_case(const char *model, const char *server, const char *machine, const char *steps,
                     const char *arrivals)
{
    static char text[4096];
    snprintf(text, sizeof text,
             "{\"machine\":{\"profile\":\"ideal\"%s},\"handlers\":{\"a\":%s},\"arrivals\":%s,"
             "\"servers\":{\"s\":{\"model\":\"%s\"%s}}}",
             machine, steps, arrivals, model, server);
    Case of = {.lab = lab_read(text)};
    of.run = lab_begin(of.lab, 0);
    of.results = lab_finish(of.run);
    return of;
}

static void end_case(Case *of)
{
    lab_end_run(of->run);
    lab_end(of->lab);
}

/* ---- what is wasted ---- */

/* The first is served for 8 ms, and its client leaves after 5; the second is served. */
START_TEST(all_that_is_done_for_a_client_that_gives_up_is_wasted)
{
    Case of = run_case(models[_i], "", "", "[{\"cpu\":\"8ms\"}]",
                       "[{\"at\":[\"0\"],\"timeout\":\"5ms\"},{\"at\":[\"20ms\"]}]");
    ck_assert_int_eq(of.results->all.requests.timed_out, 1);
    ck_assert_int_eq(of.results->cpu.user, 16 * TIME_MS);
    ck_assert_int_eq(of.results->cpu.wasted_time, 8 * TIME_MS);
    ck_assert_int_eq(of.results->cpu.wasted, 500000);
    end_case(&of);
}
END_TEST

/* Also where it was done in a worker or beside the handler; and each attempt counts for itself. */
START_TEST(every_attempt_that_was_given_up_is_wasted)
{
    Case of =
        run_case(models[_i], "", ",\"cores\":2", "[{\"cpu\":\"1ms\"},{\"await\":{\"pool\":\"6ms\"}},{\"cpu\":\"1ms\"}]",
                 "[{\"at\":[\"0\"],\"timeout\":\"5ms\",\"retry\":{\"attempts\":3,\"backoff\":\"20ms\"}},"
                 "{\"at\":[\"200ms\"]}]");
    ck_assert_int_eq(of.results->all.requests.timed_out, 1);
    ck_assert_int_eq(of.results->cpu.user, 32 * TIME_MS);
    ck_assert_int_eq(of.results->cpu.wasted_time, 24 * TIME_MS);
    end_case(&of);
}
END_TEST

START_TEST(what_is_in_time_is_not_wasted)
{
    Case of = run_case(models[_i], ",\"request_timeout\":\"20ms\"", "",
                       "[{\"cpu\":\"2ms\"},{\"respond\":\"1KiB\"},{\"cpu\":\"30ms\"}]",
                       "{\"at\":[\"0\",\"100ms\"],\"timeout\":\"10ms\"}");
    ck_assert_int_eq(of.results->all.requests.completed, 2);
    ck_assert_int_eq(of.results->cpu.wasted_time, 0);
    end_case(&of);
}
END_TEST

START_TEST(what_request_timeout_ends_is_wasted)
{
    Case of = run_case(models[_i], ",\"request_timeout\":\"10ms\"", "",
                       "[{\"cpu\":\"2ms\"},{\"await\":{\"net\":\"20ms\"}},{\"cpu\":\"3ms\"}]", "{\"at\":[\"0\"]}");
    ck_assert_int_eq(of.results->all.requests.failed, 1);
    ck_assert_int_eq(of.results->cpu.wasted_time, 5 * TIME_MS);
    end_case(&of);
}
END_TEST

/* What was done before the window belongs to no figure of it. */
START_TEST(the_window_cuts_what_is_wasted)
{
    Case of = run_case(models[_i], "", "", "[{\"cpu\":\"8ms\"}]",
                       "{\"at\":[\"0\",\"50ms\"],\"timeout\":\"5ms\"},\"warmup\":\"40ms\"");
    ck_assert_int_eq(of.results->cpu.user, 8 * TIME_MS);
    ck_assert_int_eq(of.results->cpu.wasted_time, 8 * TIME_MS);
    end_case(&of);
}
END_TEST

/* ---- what an error costs ---- */

/* The error leaves at 10 ms, on time; that it is written costs as much as any answer. */
START_TEST(an_error_costs_what_an_answer_costs)
{
    Case of = run_case(models[_i], ",\"request_timeout\":\"10ms\"", ",\"costs\":{\"write\":\"1ms\"}",
                       "[{\"await\":{\"net\":\"20ms\"}}]", "{\"at\":[\"0\"]}");
    ck_assert_int_eq(of.results->all.requests.failed, 1);
    ck_assert_int_eq(of.results->cpu.overhead, 1 * TIME_MS);
    ck_assert_int_eq(of.results->simulated, 21 * TIME_MS);
    end_case(&of);
}
END_TEST

/* ---- what does not fit ---- */

/* The third request finds one thread busy and one request waiting. Its connection was accepted; it is refused. */
START_TEST(a_request_that_does_not_fit_is_refused)
{
    Case of = run_case("thread-pool", ",\"threads\":1,\"queue\":1,\"unit\":\"request\"", "", "[{\"cpu\":\"4ms\"}]",
                       "{\"at\":[\"0\",\"1ms\",\"2ms\",\"20ms\"]}");
    ck_assert_int_eq(of.results->all.requests.completed, 3);
    ck_assert_int_eq(of.results->all.requests.refused, 1);
    ck_assert_int_eq(of.results->all.requests.failed, 0);
    ck_assert_int_eq(of.results->connections_accepted, 4);
    end_case(&of);
}
END_TEST

START_TEST(a_refusal_takes_the_way_back_and_may_be_tried_again)
{
    Case of = run_case("thread-pool", ",\"threads\":1,\"queue\":0,\"unit\":\"request\"", "", "[{\"cpu\":\"4ms\"}]",
                       "{\"at\":[\"0\",\"1ms\"],\"retry\":{\"attempts\":2,\"backoff\":\"10ms\"}},"
                       "\"network\":{\"rtt\":\"2ms\"}");
    ck_assert_int_eq(of.results->all.requests.completed, 2);
    ck_assert_int_eq(of.results->all.requests.retried, 1);
    /* there at 2 ms, word of it back at 3, again at 13, there at 14, answered at 18, back at 19: wanted at 1 */
    ck_assert_int_eq(of.results->all.latency.max, 18 * TIME_MS);
    end_case(&of);
}
END_TEST

/* ---- the storm ---- */

/* The burst is over at 11 s. From 25 to 40 s the first server still does little but what nobody waits for, though it
 * could serve all that arrives; without the burst it does, and so does the one that refuses. */
static Case storm(Lab *lab, int server)
{
    Case of = {.lab = lab};
    lab->spec->warmup = 25 * TIME_S;
    of.run = lab_begin(lab, server);
    of.results = lab_finish(of.run);
    return of;
}

START_TEST(the_storm_does_not_end_when_its_cause_is_gone)
{
    char *text = read_file("examples/retry-storm.json", NULL);
    Case eager = storm(lab_read(text), 0), patient = storm(lab_read(text), 1);
    Case calm = storm(lab_read_set(text, "arrivals[1].stages[1].to=\"0.001/s\"", 0), 0);
    ck_assert_str_eq(eager.results->name, "eager");
    ck_assert_int_lt(eager.results->all.throughput, 300 * INT64_C(1000000));
    ck_assert_int_gt(eager.results->cpu.wasted, 700000);
    ck_assert_int_gt(eager.results->bottleneck.utilization, 900000);
    ck_assert_int_gt(patient.results->all.throughput, 650 * INT64_C(1000000));
    ck_assert_int_eq(patient.results->cpu.wasted_time, 0);
    ck_assert_int_gt(calm.results->all.throughput, 650 * INT64_C(1000000));
    ck_assert_int_lt(calm.results->cpu.wasted, 10000);
    free(text);
    end_case(&eager);
    end_case(&patient);
    end_case(&calm);
}
END_TEST

START_TEST(the_reports_tell_of_it)
{
    Ran ran = run_loopsim("run", "examples/retry-storm.json", "--only", "eager", NULL);
    ck_assert_ptr_nonnull(strstr(ran.out, "of that wasted"));
    ck_assert_ptr_nonnull(strstr(ran.out, "had been given up"));
    ran_free(&ran);
    ran = run_loopsim("run", "examples/retry-storm.json", "--only", "eager", "--out", "json", "--require",
                      "wasted > 50%", NULL);
    ck_assert_int_eq(ran.exit, 0);
    ck_assert_ptr_nonnull(strstr(ran.out, "\"wasted_ns\": "));
    ran_free(&ran);
    ran = run_loopsim("run", "examples/pool-of-fifty.json", NULL);
    ck_assert_ptr_null(strstr(ran.out, "wasted"));
    ran_free(&ran);
}
END_TEST

Suite *waste_suite(void);
Suite *waste_suite(void)
{
    Suite *suite = suite_create("waste");
    TCase *tests = tcase_create("waste");
    tcase_add_loop_test(tests, all_that_is_done_for_a_client_that_gives_up_is_wasted, 0, (int)COUNT_OF(models));
    tcase_add_loop_test(tests, every_attempt_that_was_given_up_is_wasted, 0, (int)COUNT_OF(models));
    tcase_add_loop_test(tests, what_is_in_time_is_not_wasted, 0, (int)COUNT_OF(models));
    tcase_add_loop_test(tests, what_request_timeout_ends_is_wasted, 0, (int)COUNT_OF(models));
    tcase_add_loop_test(tests, the_window_cuts_what_is_wasted, 0, (int)COUNT_OF(models));
    tcase_add_loop_test(tests, an_error_costs_what_an_answer_costs, 0, (int)COUNT_OF(models));
    tcase_add_test(tests, a_request_that_does_not_fit_is_refused);
    tcase_add_test(tests, a_refusal_takes_the_way_back_and_may_be_tried_again);
    tcase_add_test(tests, the_storm_does_not_end_when_its_cause_is_gone);
    tcase_add_test(tests, the_reports_tell_of_it);
    suite_add_tcase(suite, tests);
    return suite;
}
