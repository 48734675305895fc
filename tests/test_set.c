/* --set: where a path leads, what a value is taken for, and what is said of one that leads nowhere. */
#include "../model/servers/thread_per_connection.h"
#include "../model/spec/spec.h"

#include <check.h>
#include <string.h>

Suite *set_suite(void);

static Mem *mem;
static Diag diag;

static void start(void)
{
    mem = mem_new((size_t)64 << 20);
}

static void end(void)
{
    mem_delete(mem);
}

static Spec *set(const char *text, const char *option)
{
    SpecOptions options = {.set = &option, .set_count = 1};
    diag_init(&diag, mem);
    return spec_read(mem, (SpecText){"s.json", text, strlen(text)}, &options, &diag);
}

static const char one[] =
    "{\"handlers\": {\"get\": [{\"cpu\": \"1ms\"}, {\"await\": {\"all\": [[{\"cpu\": \"2ms\"}]]}}]},\n"
    " \"resources\": {\"db\": {\"latency\": \"1ms\"}},\n"
    " \"arrivals\": {\"modulated\": [{\"rate\": \"5/s\", \"for\": \"1s\"}]},\n"
    " \"duration\": \"1s\", \"expect\": [\"p99 < 1s\"],\n"
    " \"servers\": {\"node\": {\"model\": \"event-loop\"}, \"odd\": {\"model\": \"event-lop\"}}}";

/* The same without what is wrong with it, as a text that is right. */
static const char *right(void)
{
    char *text = mem_copy(mem, one, sizeof one - 1);
    char *end = strstr(text, ", \"odd\"");
    end[0] = end[1] = '}';
    end[2] = '\0';
    return text;
}

static Spec *done(const char *option)
{
    Spec *spec = set(right(), option);
    ck_assert_msg(spec != NULL, "--set %s: %s", option, diag.count > 0 ? diag.entry[0].what : "refused");
    return spec;
}

START_TEST(a_path_leads_into_arrays_and_to_what_is_not_there_yet)
{
    ck_assert_str_eq(done("expect[0]=p50 < 2s")->expect[0].text, "p50 < 2s");
    ck_assert(done("arrivals.modulated[0].rate=7/s")->arrivals[0].phases[0].rate == 7);
    ck_assert(done("arrivals[0].modulated[0].rate=8/s")->arrivals[0].phases[0].rate == 8);
    ck_assert_int_eq(done("machine.costs.wake=5us")->machine.costs.wake, 5000);
    ck_assert_int_eq(done("handlers.get[1].await.all[0][0].cpu=9ms")->handler_count, 1);
    ck_assert_int_eq(done("functions={\"f\": []}")->function_count, 1);
    ck_assert_int_eq(done("resources.disk={\"latency\": \"3ms\"}")->resource_count, 2);
    ck_assert_int_eq(done("servers.threads={\"model\": \"thread-per-connection\"}")->server_count, 2);
    ck_assert_int_eq(done("machine={\"cores\": 3}")->machine.cores, 3);
}
END_TEST

/* true, 0.5, 7 and what follows a point: each as its key has it. */
START_TEST(a_value_is_what_its_key_takes)
{
    ck_assert(done("resources.db.error_rate=0.5")->resources[0].error_rate == 0.5);
    ck_assert(done("resources.db.error_rate=5%")->resources[0].error_rate == 0.05);
    ck_assert_str_eq(done("name=true")->name, "true");
    ck_assert_str_eq(done("name=.5")->name, ".5");
    ck_assert_str_eq(done("name=\"7\"")->name, "7");
    ck_assert_int_eq(done("arrivals.requests=3")->arrivals[0].requests.fixed, 3);
    ck_assert(done("arrivals.requests={\"geometric\": 3}")->arrivals[0].requests.geometric_mean == 3);
    ck_assert_int_eq(done("arrivals.request_bytes=0B")->arrivals[0].request_bytes, 0);
    ck_assert_int_eq(done("warmup=0")->warmup, 0);
    const Spec *threads = set("{\"handlers\": {\"get\": []}, \"arrivals\": {\"at\": [\"0\"]},"
                              " \"servers\": {\"t\": {\"model\": \"thread-per-connection\"}}}",
                              "servers.t.parallel_io=true");
    ck_assert_ptr_nonnull(threads);
    ck_assert(((const ThreadPerConnectionConfig *)threads->servers[0].config)->parallel_io);
}
END_TEST

START_TEST(a_path_that_leads_nowhere_is_refused_with_its_place)
{
    static const struct {
        const char *option, *said, *help;
        uint32_t column;
    } cases[] = {
        {"handlers.get[0=1", "a number and ] belong after [", "as in handlers.get[0].cpu=300us", 13},
        {"handlers.get[1234567890].cpu=1ms", "the array has no such element", "it has 2 elements, from [0]", 13},
        {"handlers.get[0000000000].cpu=1ms", "the array has no such element", "it has 2 elements, from [0]", 13},
        {"machine[0].cores=1", "this is not an array", "[i] follows the name of an array", 8},
        {"arrivals[0]=1", "this is not an array", "[i] follows the name of an array", 9},
        {"arrivals[1].count=1", "this is not an array", "[i] follows the name of an array", 9},
        {"functions.f[0]=x", "\"functions\" has no value yet", "set it as a whole, as in functions={...}", 1},
        {"name=", "\"name\": must not be empty", NULL, 6},
        {"resources.cache.latency=1ms", "there is no \"cache\" here", "known is db", 11},
        {"resources.dc.latency=1ms", "there is no \"dc\" here", "did you mean \"db\"?", 11},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ck_assert_msg(set(right(), cases[i].option) == NULL, "--set %s is taken", cases[i].option);
        ck_assert_str_eq(diag.entry[0].what, cases[i].said);
        ck_assert_msg(!cases[i].help || strcmp(diag.entry[0].help, cases[i].help) == 0, "--set %s: %s", cases[i].option,
                      diag.entry[0].help);
        ck_assert_uint_eq(diag.entry[0].place.column, cases[i].column);
    }
}
END_TEST

/* Of a server whose model nobody knows, the keys that all servers have can be set; what is wrong is its model. */
START_TEST(the_server_of_an_unknown_model_has_the_common_keys)
{
    ck_assert_ptr_null(set(one, "servers.odd.backlog=5"));
    ck_assert_uint_eq(diag.errors, 1);
    ck_assert_str_eq(diag.entry[0].help, "did you mean \"event-loop\"?");
}
END_TEST

static void put_names(Buf *out, const char *of, int n)
{
    for (int i = 0; i < n; i++)
        buf_f(out, "%s\"name%d\": %s", i > 0 ? ", " : "", i, of);
}

/* As many names as one likes; only so many are compared with one that is not known. */
START_TEST(one_of_very_many_names_may_be_wrong)
{
    Buf text;
    buf_init(&text, mem, 1 << 20);
    buf_text(&text, "{\"handlers\": {");
    put_names(&text, "[]", 200);
    buf_text(&text, "}, \"arrivals\": {\"at\": [\"0\"], \"mix\": {\"nam7\": 1}}}");
    ck_assert_ptr_null(set(buf_string(&text), "handlers.nam8[0]=x"));
    ck_assert_uint_eq(diag.errors, 2);
    ck_assert_str_eq(diag.entry[0].what, "no handler is called \"nam7\"");
    ck_assert_str_eq(diag.entry[0].help, "did you mean \"name7\"?");
    ck_assert_str_eq(diag.entry[1].what, "there is no \"nam8\" here");
    ck_assert_str_eq(diag.entry[1].help, "did you mean \"name8\"?");
}
END_TEST

Suite *set_suite(void)
{
    Suite *suite = suite_create("set");
    TCase *tcase = tcase_create("set");
    tcase_add_checked_fixture(tcase, start, end);
    tcase_add_test(tcase, a_path_leads_into_arrays_and_to_what_is_not_there_yet);
    tcase_add_test(tcase, a_value_is_what_its_key_takes);
    tcase_add_test(tcase, a_path_that_leads_nowhere_is_refused_with_its_place);
    tcase_add_test(tcase, the_server_of_an_unknown_model_has_the_common_keys);
    tcase_add_test(tcase, one_of_very_many_names_may_be_wrong);
    suite_add_tcase(suite, tcase);
    return suite;
}
