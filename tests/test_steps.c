/* Every step of a handler, on an event loop and on a thread, against timelines that were computed by hand. No costs;
 * one core; each request's handler is called `a`. */
#include "lab.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *steps_suite(void);

enum { LOOP = 1, THREAD = 2, PARALLEL = 4, GREEN = 8, THREADS = THREAD | GREEN, BLOCKING = THREADS, ALL = 15 };

static const struct {
    int bit;
    const char *server;
} servers[] = {
    {LOOP, "\"model\":\"event-loop\""},
    {THREAD, "\"model\":\"thread-per-connection\""},
    {PARALLEL, "\"model\":\"thread-pool\",\"parallel_io\":true"},
    {GREEN, "\"model\":\"green-threads\""},
};

typedef struct Case {
    int on;
    const char *steps;
    const char *arrivals; /* NULL: one at 0 */
    const char *expected; /* NUMBER@us of each response, then what failed */
} Case;

static void write_timeline(char *text, size_t room, const Results *results)
{
    int size = 0;
    text[0] = '\0';
    for (uint64_t number = 1; number <= results->all.requests.arrived; number++) {
        for (int i = 0; i < results->slow_count; i++) {
            const SlowRequest *slow = &results->slowest[i];
            if (slow->request == number)
                size += snprintf(text + size, room - (size_t)size, "%s%d@%d", size ? " " : "", (int)number,
                                 (int)((slow->wanted + slow->latency) / 1000));
        }
    }
    if (results->all.requests.failed)
        snprintf(text + size, room - (size_t)size, "%sfailed:%d", size ? " " : "", (int)results->all.requests.failed);
}

static void check_on(const Case *test, const char *server)
{
    char spec[4000], text[500];
    snprintf(spec, sizeof spec,
             "{\"machine\":{\"profile\":\"ideal\"},\"resources\":{\"one\":{\"latency\":\"4ms\",\"concurrency\":1},"
             "\"full\":{\"latency\":\"4ms\",\"concurrency\":1,\"queue\":0},\"slow\":{\"latency\":\"9ms\",\"timeout\":"
             "\"5ms\"},"
             "\"disk\":{\"latency\":\"4ms\",\"via\":\"fs\"},\"sums\":{\"latency\":\"4ms\",\"via\":\"cpu\"},"
             "\"wrong\":{\"latency\":\"4ms\",\"via\":\"cpu\",\"error_rate\":1}},"
             "\"handlers\":{\"a\":[%s]},\"arrivals\":%s,\"servers\":{\"s\":{%s}}}",
             test->steps, test->arrivals ? test->arrivals : "{\"at\":[\"0\"]}", server);
    Lab *lab = lab_read(spec);
    LabRun *run = lab_begin(lab, 0);
    write_timeline(text, sizeof text, lab_finish(run));
    ck_assert_msg(strcmp(text, test->expected) == 0, "%s\n on %s: %s, not %s", test->steps, server, text,
                  test->expected);
    lab_end_run(run);
    lab_end(lab);
}

#define TWO "{\"at\":[\"0\",\"0\"]}"
#define NET(ms) "{\"await\":{\"net\":\"" #ms "ms\"}}"
#define CPU(ms) "{\"cpu\":\"" #ms "ms\"}"
#define POOL(kind) "{\"await\":{\"pool\":\"3ms\",\"kind\":\"" kind "\"}}"
#define BODY(steps) "[" steps "]"

static const Case cases[] = {
    /* waits */
    {ALL, CPU(2), NULL, "1@2000"},
    {ALL, NET(3) "," CPU(1), NULL, "1@4000"},
    {ALL, "{\"await\":{\"sleep\":\"3ms\"}}", NULL, "1@3000"},
    {THREADS | PARALLEL, "{\"await\":{\"sleep\":\"300us\"}}", NULL, "1@300"},
    {LOOP, "{\"await\":{\"sleep\":\"300us\"}}", NULL, "1@1000"}, /* whole ms, at least 1 */
    {ALL, "{\"await\":{\"pool\":\"3ms\"}}", NULL, "1@3000"},
    {ALL, "{\"await\":{\"pool\":\"3ms\",\"kind\":\"fs\"}}", TWO, "1@3000 2@3000"},
    {LOOP, CPU(2) "," NET(2) "," CPU(2), TWO, "1@6000 2@8000"},
    {GREEN, CPU(2) "," NET(2) "," CPU(2), TWO, "1@6000 2@8000"},
    /* blocking */
    {LOOP, "{\"sync\":{\"io\":\"disk\"}}", TWO, "1@4000 2@8000"},
    {THREADS, "{\"sync\":{\"io\":\"disk\"}}", TWO, "1@4000 2@4000"},
    {LOOP, "{\"sync\":{\"pool\":\"3ms\"}}", TWO, "1@3000 2@6000"},
    /* resources */
    {ALL, "{\"await\":{\"io\":\"one\"}}", TWO, "1@4000 2@8000"},
    {ALL, "{\"await\":{\"io\":\"full\"}}", TWO, "1@4000 failed:1"},
    {ALL, "{\"await\":{\"io\":\"slow\"}}", NULL, "failed:1"},
    {ALL, "{\"try\":[{\"await\":{\"io\":\"slow\"}}],\"catch\":[" CPU(1) "]}", NULL, "1@6000"},
    {ALL, "{\"await\":{\"io\":\"disk\"}}", TWO, "1@4000 2@4000"},
    {ALL, "{\"await\":{\"io\":\"sums\"}}", NULL, "1@4000"},
    {LOOP | THREADS, "{\"await\":{\"io\":\"wrong\"}}", NULL, "failed:1"},
    {ALL, "{\"try\":[{\"sync\":{\"io\":\"slow\"}}],\"catch\":[" CPU(1) "]}", NULL, "1@6000"},
    /* side by side */
    {LOOP | PARALLEL, "{\"await\":{\"all\":[" BODY(NET(2)) "," BODY(NET(5)) "]}}", NULL, "1@5000"},
    {BLOCKING, "{\"await\":{\"all\":[" BODY(NET(2)) "," BODY(NET(5)) "]}}", NULL, "1@7000"},
    {PARALLEL, "{\"await\":{\"all\":[" BODY(POOL("cpu")) "," BODY(POOL("cpu")) "]}}", NULL, "1@6000"}, /* on one core */
    {PARALLEL, "{\"await\":{\"all\":[" BODY(POOL("fs")) "," BODY(POOL("fs")) "]}}", NULL, "1@3000"},
    {PARALLEL, "{\"await\":{\"all\":[" BODY("{\"await\":{\"io\":\"sums\"}}") ",{\"io\":\"sums\"}]}}", NULL, "1@8000"},
    {LOOP | PARALLEL, "{\"await\":{\"allSettled\":[" BODY(NET(2) ",{\"throw\":\"x\"}") "," BODY(NET(5)) "]}}", NULL,
     "1@5000"},
    {BLOCKING, "{\"await\":{\"allSettled\":[" BODY(NET(2) ",{\"throw\":\"x\"}") "," BODY(NET(5)) "]}}", NULL, "1@7000"},
    {LOOP | PARALLEL, "{\"await\":{\"race\":[" BODY(NET(5)) "," BODY(NET(2)) "]}}", NULL, "1@2000"},
    {BLOCKING, "{\"await\":{\"race\":[" BODY(NET(5)) "," BODY(NET(2)) "]}}", NULL, "1@5000"},
    {BLOCKING,
     "{\"await\":{\"race\":[" BODY("{\"await\":{\"allSettled\":[" BODY(CPU(1)) "," BODY(CPU(1)) "]}}") "," BODY(
         NET(9)) "]}}",
     NULL, "1@2000"},
    {LOOP | PARALLEL, "{\"await\":{\"any\":[" BODY(NET(1) ",{\"throw\":\"x\"}") "," BODY(NET(2)) "]}}", NULL, "1@2000"},
    {BLOCKING, "{\"await\":{\"any\":[" BODY(NET(1) ",{\"throw\":\"x\"}") "," BODY(NET(2)) "," BODY(NET(9)) "]}}", NULL,
     "1@3000"},
    {ALL, "{\"await\":{\"all\":[" BODY("{\"throw\":\"x\"}") "," BODY(NET(2)) "]}}", NULL, "failed:1"},
    /* control flow */
    {ALL, "{\"repeat\":3,\"do\":[" CPU(1) "," NET(1) "]}", NULL, "1@6000"},
    {ALL, "{\"choose\":[[1,[" CPU(2) "]]]}", NULL, "1@2000"},
    {ALL, "{\"if\":{\"eq\":[\"$n\",2]},\"then\":[" CPU(3) "],\"else\":[" CPU(1) "]}", "{\"at\":[\"0\",\"10ms\"]}",
     "1@1000 2@13000"},
    {ALL, "{\"if\":{\"eq\":[\"$c\",2]},\"then\":[" CPU(3) "],\"else\":[" CPU(1) "]}",
     "{\"at\":[\"0\",\"10ms\"],\"requests\":2}", "1@1000 2@2000 3@13000 4@16000"},
    /* locks */
    {ALL, "{\"lock\":\"m\",\"do\":[" NET(3) "]}", TWO, "1@3000 2@6000"},
    {ALL, "{\"lock\":\"m\",\"do\":[" NET(3) "]}," NET(4), TWO, "1@7000 2@10000"},
    {ALL, "{\"try\":[{\"lock\":\"m\",\"do\":[" NET(3) ",{\"throw\":\"x\"}]}],\"catch\":[]}", TWO, "1@3000 2@6000"},
    /* the response, and what comes after it */
    {ALL, CPU(1) ",{\"respond\":\"1kB\"}," CPU(4), "{\"at\":[\"0\"]}", "1@1000"},
    {LOOP, CPU(1) ",{\"respond\":\"1kB\"}," CPU(4), TWO, "1@1000 2@6000"},
    /* errors */
    {ALL, CPU(1) ",{\"throw\":\"x\"}," CPU(4), TWO, "failed:2"},
    {ALL, "{\"try\":[" CPU(1) ",{\"throw\":\"x\"}," CPU(9) "],\"catch\":[" CPU(1) "],\"finally\":[" CPU(1) "]}", NULL,
     "1@3000"},
    {ALL, "{\"try\":[" CPU(1) "],\"finally\":[" NET(2) "]}", NULL, "1@3000"},
    {ALL, "{\"respond\":\"1kB\"},{\"throw\":\"x\"}", NULL, "1@0"},
    /* callbacks and what is not awaited: on a thread they run where they stand */
    {LOOP, "{\"setTimeout\":[" CPU(1) "],\"ms\":\"5ms\"}," CPU(1), NULL, "1@1000"},
    {THREADS, "{\"setTimeout\":[" CPU(1) "],\"ms\":\"5ms\"}," CPU(1), NULL, "1@7000"},
    {LOOP, "{\"nextTick\":[" CPU(1) "]}," NET(2), NULL, "1@2000"},
    {THREADS, "{\"nextTick\":[" CPU(1) "]}," NET(2), NULL, "1@3000"},
    {LOOP, "{\"setImmediate\":[" CPU(1) "]}," CPU(1), NULL, "1@1000"},
    {THREADS, "{\"setImmediate\":[" CPU(1) "]}," CPU(1), NULL, "1@2000"},
    {LOOP, "{\"setInterval\":[" CPU(1) "],\"ms\":\"2ms\",\"times\":3}," CPU(1), NULL, "1@1000"},
    {THREADS, "{\"setInterval\":[" CPU(1) "],\"ms\":\"2ms\",\"times\":3}," CPU(1), NULL, "1@10000"},
    {THREADS, "{\"setInterval\":[" CPU(1) "],\"ms\":\"2ms\"}", NULL, "1@3000"}, /* nothing could clear it */
    {LOOP, "{\"io\":\"one\",\"cb\":[" CPU(1) "]}", NULL, "1@0"},
    {THREADS, "{\"io\":\"one\",\"cb\":[" CPU(1) "]}", NULL, "1@5000"},
    {LOOP, "{\"sleep\":\"2ms\",\"as\":\"p\"}," CPU(3) ",{\"await\":\"$p\"}", NULL, "1@3000"},
    {THREADS, "{\"sleep\":\"2ms\",\"as\":\"p\"}," CPU(3) ",{\"await\":\"$p\"}", NULL, "1@5000"},
    {ALL, "{\"await\":{\"sleep\":\"2ms\",\"value\":3},\"as\":\"v\"},{\"repeat\":\"$v\",\"do\":[" CPU(1) "]}", NULL,
     "1@5000"},
    {LOOP, "{\"open\":\"h\"},{\"unref\":\"h\"},{\"close\":\"h\",\"cb\":[" CPU(1) "]}", NULL, "1@0"},
    {THREADS, "{\"open\":\"h\"},{\"unref\":\"h\"},{\"close\":\"h\",\"cb\":[" CPU(1) "]}", NULL, "1@1000"},
    {LOOP, "{\"setTimeout\":[" CPU(9) "],\"ms\":\"1ms\",\"as\":\"t\"},{\"clear\":\"t\"}," NET(3), NULL, "1@3000"},
    {THREADS, "{\"setTimeout\":[" CPU(9) "],\"ms\":\"1ms\",\"as\":\"t\"},{\"clear\":\"t\"}," NET(3), NULL, "1@13000"},
    {PARALLEL, "{\"await\":{\"all\":[[{\"io\":\"one\",\"as\":\"p\"}," CPU(1) ",{\"await\":\"$p\"}]," BODY(NET(3)) "]}}",
     NULL, "1@4000"},
    {LOOP | PARALLEL,
     "{\"await\":{\"all\":[[{\"async\":[" NET(3) "],\"as\":\"p\"},{\"await\":\"$p\"}]," BODY(NET(2)) "]}}", NULL,
     "1@3000"},
    {ALL, "{\"await\":{\"race\":[5," BODY(NET(9)) "]}}", NULL, "1@0"},
    {ALL, "{\"respond\":{\"sub\":[0,1]}}," CPU(1), NULL, "1@0"},
    {ALL, "{\"respond\":1e19}," CPU(1), NULL, "1@0"},
    {LOOP, "{\"async\":[{\"await\":{\"promise\":[]}}]}," CPU(1), NULL, "1@1000"}, /* what never goes on is no wait */
    /* errors that come by a promise or out of a callback */
    {ALL, "{\"io\":\"slow\",\"as\":\"p\"},{\"try\":[{\"await\":\"$p\"}],\"catch\":[" CPU(1) "]}", NULL, "1@6000"},
    {ALL,
     "{\"rejected\":\"x\",\"as\":\"p\"},{\"try\":[{\"await\":\"$p\"}],\"catch\":[" CPU(
         1) "]},{\"try\":[{\"await\":\"$p\"}],\"catch\":[" CPU(1) "]}",
     NULL, "1@2000"},
    {ALL, "{\"setTimeout\":[{\"throw\":\"x\"}],\"ms\":\"1ms\"}," NET(5), NULL, "failed:1"},
    {ALL, "{\"nextTick\":[{\"throw\":\"x\"}]}," NET(5), NULL, "failed:1"},
    {ALL, "{\"rejected\":\"x\"}," NET(5), NULL, "failed:1"},
    {LOOP, "{\"respond\":0},{\"setTimeout\":[{\"throw\":\"x\"}],\"ms\":\"1ms\"}," NET(5), NULL, "1@0"},
};

START_TEST(it_takes_as_long_as_computed_by_hand)
{
    const Case *test = &cases[_i];
    for (size_t i = 0; i < COUNT_OF(servers); i++) {
        if (test->on & servers[i].bit)
            check_on(test, servers[i].server);
    }
}
END_TEST

Suite *steps_suite(void)
{
    Suite *suite = suite_create("steps");
    TCase *tests = tcase_create("steps");
    tcase_add_loop_test(tests, it_takes_as_long_as_computed_by_hand, 0, (int)COUNT_OF(cases));
    suite_add_tcase(suite, tests);
    return suite;
}
