/* Programs that do not end: each stops with exit 5, what it printed so far, and a word why; a signal ends any of them
 * at once. */
#include "command.h"
#include "programs.h"

#include <check.h>
#include <string.h>
#include <time.h>

Suite *limits_suite(void);

/* Time does not pass in these. */
static const char *const spins[] = {
    "{\"main\":[\"a\",{\"while\":true,\"do\":[]}]}",
    "{\"main\":[\"a\",{\"repeat\":1e12,\"do\":[]}]}",
    "{\"functions\":{\"f\":[{\"call\":\"f\"}]},\"main\":[\"a\",{\"call\":\"f\"}]}",
    "{\"functions\":{\"f\":{\"async\":[{\"await\":{\"call\":\"f\"}}]}},\"main\":[\"a\",{\"call\":\"f\"}]}",
    "{\"functions\":{\"f\":[{\"nextTick\":\"f\"}]},\"main\":[\"a\",{\"call\":\"f\"}]}",
    "{\"functions\":{\"f\":[{\"queueMicrotask\":\"f\"}]},\"main\":[\"a\",{\"call\":\"f\"}]}",
    "{\"functions\":{\"f\":{\"async\":[{\"while\":true,\"do\":[{\"await\":null}]}]}},\"main\":[\"a\",{\"call\":\"f\"}]"
    "}",
    "{\"functions\":{\"f\":[{\"chain\":[{\"resolved\":1},{\"then\":\"f\"},{\"then\":\"f\"}]}]},\"main\":[\"a\",{"
    "\"call\":\"f\"}]}",
    "{\"functions\":{\"f\":[{\"chain\":[{\"promise\":[{\"resolve\":1}]},{\"finally\":\"f\"}]}]},\"main\":[\"a\",{"
    "\"call\":\"f\"}]}",
    "{\"main\":[\"a\",{\"emitter\":\"ee\"},{\"on\":\"ee\",\"event\":\"x\",\"do\":[{\"emit\":\"ee\",\"event\":\"x\"}]},{"
    "\"emit\":\"ee\",\"event\":\"x\"}]}",
    "{\"main\":[{\"on\":\"process\",\"event\":\"unhandledRejection\",\"do\":[{\"rejected\":\"x\"}]},\"a\",{"
    "\"rejected\":\"x\"}]}",
};

START_TEST(a_spin_ends)
{
    Played played = play_program(spins[_i], &(PlayOptions){.memory = (size_t)1 << 30});
    ck_assert_msg(!played.refused, "%s", played.diagnostics);
    ck_assert_str_eq(played.lines, "a\n");
    ck_assert_msg(played.spinning && !played.out_of_memory && !played.result.waits, "%s", spins[_i]);
    ck_assert_int_ne(played.result.end, KERNEL_DRAINED);
    played_free(&played);
}
END_TEST

/* Times beyond 292 years do not fit in 64 bits; a run lasts ten at most. */
static const char *const eternities[] = {
    "{\"main\":[\"a\",{\"repeat\":1000,\"do\":[{\"cpu\":1e10}]}]}",
    "{\"main\":[\"a\",{\"repeat\":1000,\"do\":[{\"sync\":{\"pool\":1e10}}]}]}",
    "{\"main\":[\"a\",{\"repeat\":1000,\"do\":[{\"await\":{\"net\":1e11}}]}],\"module\":\"esm\"}",
    "{\"main\":[\"a\",{\"setInterval\":[],\"ms\":2147483647}]}",
};

START_TEST(ten_years_are_the_longest_run)
{
    Played played = play_program(eternities[_i], NULL);
    ck_assert_msg(!played.refused, "%s", played.diagnostics);
    ck_assert_str_eq(played.lines, "a\n");
    ck_assert_int_eq(played.result.end, KERNEL_DEADLINE);
    ck_assert_int_le(played.result.now, 2 * TIME_MAX_RUN);
    played_free(&played);
}
END_TEST

/* Memory grows in these. */
static const char *const growths[] = {
    "{\"main\":[\"a\",{\"let\":{\"s\":\"x\"}},{\"while\":true,\"do\":[{\"set\":{\"s\":{\"add\":[\"$s\",\"$s\"]}}}]}]}",
    "{\"main\":[\"a\",{\"let\":{\"s\":[1]}},{\"while\":true,\"do\":[{\"set\":{\"s\":[\"$s\",\"$s\",\"$s\"]}}]}]}",
    "{\"functions\":{\"f\":[{\"setImmediate\":\"f\"},{\"setImmediate\":\"f\"}]},\"main\":[\"a\",{\"call\":\"f\"}]}",
    "{\"functions\":{\"f\":[{\"call\":\"f\"}]},\"main\":[\"a\",{\"call\":\"f\"}]}",
    "{\"functions\":{\"f\":[{\"nextTick\":\"f\"},{\"nextTick\":\"f\"}]},\"main\":[\"a\",{\"call\":\"f\"}]}",
};

START_TEST(what_grows_hits_the_budget)
{
    Played played = play_program(growths[_i], &(PlayOptions){.memory = (size_t)16 << 20, .max_events = UINT64_MAX});
    ck_assert_str_eq(played.lines, "a\n");
    ck_assert_msg(played.out_of_memory, "%s", growths[_i]);
    played_free(&played);
}
END_TEST

START_TEST(events_are_counted)
{
    static const char *const endless[] = {
        "{\"functions\":{\"f\":[{\"setImmediate\":\"f\"}]},\"main\":[\"a\",{\"call\":\"f\"}]}",
        "{\"main\":[\"a\",{\"setInterval\":[],\"ms\":5}]}",
        "{\"functions\":{\"f\":[{\"net\":1,\"cb\":\"f\"}]},\"main\":[\"a\",{\"call\":\"f\"}]}",
    };
    for (size_t i = 0; i < COUNT_OF(endless); i++) {
        Played played = play_program(endless[i], &(PlayOptions){.max_events = 10000});
        ck_assert_str_eq(played.lines, "a\n");
        ck_assert_int_eq(played.result.end, KERNEL_LIMIT);
        played_free(&played);
    }
}
END_TEST

START_TEST(a_handle_that_nobody_closes_waits_for_ever)
{
    Played played = play_program("{\"main\":[\"a\",{\"open\":\"h\"}]}", NULL);
    ck_assert_str_eq(played.lines, "a\n");
    ck_assert(played.result.waits);
    played_free(&played);
}
END_TEST

/* V8's own limit: a text that long is an error that can be caught. */
START_TEST(a_text_has_a_longest_length)
{
    Played played = play_program("{\"main\":[{\"let\":{\"s\":\"0123456789abcdef\"}},{\"try\":[{\"while\":true,\"do\":[{"
                                 "\"set\":{\"s\":{\"add\":[\"$s\",\"$s\"]}}}]}],"
                                 "\"catch\":[\"${e}\"]}]}",
                                 &(PlayOptions){.memory = (size_t)3 << 30});
    if (!played.out_of_memory) /* a small machine */
        ck_assert_str_eq(played.lines, "Invalid string length\n");
    played_free(&played);
}
END_TEST

static void ends_with_5(const char *program, const char *word)
{
    const char *path = scratch("endless.json");
    write_file(path, program);
    Ran ran = run_loopsim("run", path, "--max-memory", "64MiB", "--max-events", "100000", NULL);
    ck_assert_int_eq(ran.exit, 5);
    ck_assert_str_eq(ran.out, "a\n");
    ck_assert_msg(strstr(ran.err, word) != NULL, "%s\nis not about %s", ran.err, word);
    ran_free(&ran);
}

START_TEST(the_command_says_why)
{
    ends_with_5(spins[0], "spins without time passing");
    ends_with_5(growths[0], "needs more than the memory limit");
    ends_with_5("{\"main\":[\"a\",{\"setInterval\":[],\"ms\":5}]}", "had not ended after so many events");
    ends_with_5("{\"main\":[\"a\",{\"setInterval\":[],\"ms\":2147483647}]}", "had not ended after ten years");
    ends_with_5("{\"main\":[\"a\",{\"open\":\"h\"}]}", "waits for ever");
}
END_TEST

/* Values nest as deep as a program likes: neither printing nor collecting them recurs. */
/* As Node says it: a module whose top-level await never ends exits with 13. */
START_TEST(a_module_that_never_ends_is_warned_of)
{
    const char *module = scratch("module.json");
    write_file(module, "{\"module\":\"esm\",\"main\":[\"a\",{\"await\":{\"promise\":[]}},\"never\"]}");
    Ran ran = run_loopsim("run", module, NULL);
    ck_assert_int_eq(ran.exit, 13);
    ck_assert_str_eq(ran.out, "a\n");
    ck_assert_msg(strstr(ran.err, "Warning: Detected unsettled top-level await") != NULL, "%s", ran.err);
    ran_free(&ran);
}
END_TEST

START_TEST(what_is_nested_deeply_is_printed)
{
    ck_program(
        "{\"main\":[{\"let\":{\"s\":[7]}},{\"repeat\":300000,\"do\":[{\"set\":{\"s\":[\"$s\"]}}]},\"${s}\",{\"let\":{"
        "\"t\":{\"add\":[\"$s\",1]}}},\"$t\",{\"log\":[\"$s\",{\"resolved\":1}]}]}",
        "7|71|7,[promise]|", 0);
    ck_program("{\"main\":[{\"let\":{\"s\":1}},{\"repeat\":100000,\"do\":[{\"await\":{\"allSettled\":[\"$s\"]},"
               "\"as\":\"s\"}]},{\"let\":{\"t\":\"${s}\"}},{\"if\":{\"eq\":[{\"add\":[\"$t\",\"\"]},\"$t\"]},\"then\":["
               "\"same\"]}],\"module\":"
               "\"esm\"}",
               "same|", 0);
}
END_TEST

/* A chain of promises, each resolved with the next, or each the then of the one before. */
START_TEST(chains_of_promises_are_as_long_as_one_likes)
{
    ck_program(
        "{\"main\":[{\"deferred\":\"d\"},{\"let\":{\"p\":\"$d\"}},{\"repeat\":60000,\"do\":[{\"let\":{\"q\":\"$p\"}},{"
        "\"set\":{\"p\":{"
        "\"promise\":[{\"resolve\":\"$q\"}]}}},{\"set\":{\"p\":{\"chain\":[\"$p\",{\"then\":[{\"return\":\"$v\"}]}]}}}]"
        "},{"
        "\"setTimeout\":[{\"resolve\":\"deep\",\"of\":\"d\"}],\"ms\":5},{\"chain\":[\"$p\",{\"then\":[\"${v}\"]}]}]}",
        "deep|", 0);
}
END_TEST

/* A value that appears in many places is printed in each: the memory limit ends it. */
START_TEST(what_prints_without_bounds_hits_the_budget)
{
    Played played = play_program(
        "{\"main\":[\"a\",{\"let\":{\"s\":[1]}},{\"repeat\":60,\"do\":[{\"set\":{\"s\":[\"$s\",\"$s\"]}}]},"
        "\"${s}\"]}",
        &(PlayOptions){.memory = (size_t)16 << 20});
    ck_assert_str_eq(played.lines, "a\n");
    ck_assert(played.out_of_memory);
    played_free(&played);
}
END_TEST

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Loops that a billion turns of work would keep busy: the signal comes first. */
START_TEST(a_signal_ends_any_of_them)
{
    const char *path = scratch("signal.json");
    write_file(path, _i == 0 ? "{\"main\":[\"a\",{\"while\":true,\"do\":[{\"cpu\":\"1ns\"}]}]}"
                             : "{\"functions\":{\"f\":[{\"cpu\":\"1ns\"},{\"queueMicrotask\":\"f\"}]},\"main\":[\"a\",{"
                               "\"call\":\"f\"}]}");
    Command command = {.argv = (const char *const[]){"sh", "-c",
                                                     "${LOOPSIM:-" OBJECTS
                                                     "/loopsim} run \"$0\" & sleep 0.4; kill -INT $!; wait $!; echo $?",
                                                     path, NULL}};
    double begun = now();
    Ran ran = run_command(&command);
    ck_assert_msg(strstr(ran.out, "130\n") != NULL || strstr(ran.out, "5\n") != NULL, "%s%s", ran.out, ran.err);
    ck_assert_msg(now() - begun < 20, "%.1f s", now() - begun);
    ran_free(&ran);
}
END_TEST

Suite *limits_suite(void)
{
    Suite *suite = suite_create("limits");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, NULL, scratch_remove);
    tcase_add_loop_test(all, a_spin_ends, 0, (int)COUNT_OF(spins));
    tcase_add_loop_test(all, ten_years_are_the_longest_run, 0, (int)COUNT_OF(eternities));
    tcase_add_loop_test(all, what_grows_hits_the_budget, 0, (int)COUNT_OF(growths));
    tcase_add_test(all, events_are_counted);
    tcase_add_test(all, a_handle_that_nobody_closes_waits_for_ever);
    tcase_add_test(all, a_text_has_a_longest_length);
    tcase_add_test(all, what_is_nested_deeply_is_printed);
    tcase_add_test(all, chains_of_promises_are_as_long_as_one_likes);
    tcase_add_test(all, what_prints_without_bounds_hits_the_budget);
    tcase_add_test(all, a_module_that_never_ends_is_warned_of);
    tcase_add_test(all, the_command_says_why);
    tcase_add_loop_test(all, a_signal_ends_any_of_them, 0, 2);
    suite_add_tcase(suite, all);
    return suite;
}
