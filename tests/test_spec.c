/* Specs that are right: what ends up in the struct, --set, origins, digests, and the time that checking takes. */
#include "../model/machine/costs.h"
#include "../model/servers/event_loop.h"
#include "../model/servers/thread_per_connection.h"
#include "../model/servers/thread_pool.h"

#include <check.h>
#include <string.h>
#include <time.h>

Suite *spec_suite(void);

static Mem *mem;
static Diag diag;
static const char *complaint; /* the first error of the last spec that was refused */

static void start(void)
{
    mem = mem_new((size_t)1 << 30);
    diag_init(&diag, mem);
}

static void end(void)
{
    mem_delete(mem);
}

static const char *read_cost_file(void *context, Mem *of, const char *path, size_t *size, const char **error)
{
    const char *text = context;
    if (strcmp(path, "mine.json") != 0) {
        *error = "no such file";
        return NULL;
    }
    *size = strlen(text);
    return mem_copy(of, text, *size);
}

static Spec *read_with(const char *text, const SpecOptions *options)
{
    diag_init(&diag, mem);
    Spec *spec = spec_read(mem, (SpecText){"dir/my.spec.json", text, strlen(text)}, options, &diag);
    complaint = diag.count > 0 ? diag.entry[0].what : "nothing";
    return spec;
}

static Spec *read(const char *text)
{
    Spec *spec = read_with(text, NULL);
    ck_assert_msg(spec != NULL, "refused: %s", complaint);
    return spec;
}

static Spec *set(const char *text, const char *option)
{
    SpecOptions options = {.set = &option, .set_count = 1};
    return read_with(text, &options);
}

static const char api[] =
    "{\n"
    "  \"name\": \"an API with a slow report\",\n"
    "  \"seed\": 7,\n"
    "  \"duration\": \"60s\",\n"
    "  \"warmup\": \"5s\",\n"
    "  \"machine\": { \"profile\": \"linux\", \"cores\": 4, \"memory\": \"4GiB\", \"costs\": { \"switch\": \"2us\" } "
    "},\n"
    "  \"network\": { \"rtt\": \"2ms\", \"bandwidth\": \"1GB/s\" },\n"
    "  \"resources\": {\n"
    "    \"db\":   { \"latency\": { \"lognormal\": { \"median\": \"4ms\", \"p99\": \"40ms\" } }, \"concurrency\": 50 "
    "},\n"
    "    \"disk\": { \"via\": \"fs\", \"latency\": { \"exponential\": \"2ms\" }, \"queue\": 0, \"error_rate\": \"5%\", "
    "\"timeout\": \"1s\" }\n"
    "  },\n"
    "  \"handlers\": { \"get\": [ { \"cpu\": \"150us\" }, { \"await\": { \"io\": \"db\" } } ], \"report\": [ { "
    "\"cpu\": \"8ms\" } ] },\n"
    "  \"arrivals\": [ { \"poisson\": \"500/s\", \"mix\": { \"get\": 90, \"report\": 10 }, \"requests\": { "
    "\"geometric\": 4 }, \"pause\": \"1s\" },\n"
    "                { \"clients\": 20, \"think\": \"1s\", \"mix\": { \"report\": 0.5 }, \"requests\": 3, \"count\": "
    "100 } ],\n"
    "  \"servers\": {\n"
    "    \"node\":    { \"model\": \"event-loop\", \"workers\": 8, \"backlog\": 100, \"max_connections\": 1000 },\n"
    "    \"threads\": { \"model\": \"thread-per-connection\", \"stack\": \"64KiB\" },\n"
    "    \"pool50\":  { \"model\": \"thread-pool\", \"threads\": 20, \"unit\": \"request\", \"parallel_io\": true }\n"
    "  },\n"
    "  \"expect\": [ \"threads.p99 < node.p99\", \"node.get.p99 < 400ms\" ]\n"
    "}\n";

static const char small[] =
    "{\"handlers\": {\"get\": [{\"cpu\": \"1ms\"}]}, \"arrivals\": {\"at\": [\"2ms\", \"0\", \"1ms\", \"0\"]}}";

START_TEST(a_workload_is_read_into_its_struct)
{
    const Spec *spec = read(api);
    ck_assert_int_eq(spec->kind, SPEC_WORKLOAD);
    ck_assert_str_eq(spec->name, "an API with a slow report");
    ck_assert_uint_eq(spec->seed, 7);
    ck_assert_int_eq(spec->duration, 60 * TIME_S);
    ck_assert_int_eq(spec->warmup, 5 * TIME_S);
    ck_assert_int_eq(spec->machine.cores, 4);
    ck_assert_int_eq(spec->machine.memory, INT64_C(4) << 30);
    ck_assert_int_eq(spec->machine.costs.switch_, 2000);
    ck_assert_int_eq(spec->machine.costs.accept, 816);
    ck_assert_int_eq(spec->machine.scheduler, SCHED_FAIR);
    ck_assert_int_eq(spec->machine.time_slice, 4 * TIME_MS);
    ck_assert(dist_mean(spec->network.rtt) == 2e6 && spec->network.bandwidth == 1e9);
    ck_assert_int_eq(spec->network.syn_retries, 3);
    ck_assert_int_eq(spec->network.syn_retry[2], 7 * TIME_S);
    ck_assert_int_eq(spec->resource_count, 2);
    ck_assert_str_eq(spec->resources[1].name, "disk");
    ck_assert_int_eq(spec->resources[0].concurrency, 50);
    ck_assert_int_eq(spec->resources[0].queue, -1);
    ck_assert_int_eq(spec->resources[1].queue, 0);
    ck_assert_int_eq(spec->resources[1].via, VIA_FS);
    ck_assert_int_eq(spec->resources[1].timeout, TIME_S);
    ck_assert(spec->resources[1].error_rate == 0.05);
    ck_assert_int_eq(spec->handler_count, 2);
    ck_assert_uint_eq(spec->handlers[0].body->count, 2);
    ck_assert_int_eq(spec->expect_count, 2);
    ck_assert_str_eq(spec->expect[1].text, "node.get.p99 < 400ms");
    ck_assert_uint_eq(spec->expect[1].place.line, 20);
}
END_TEST

START_TEST(arrivals_and_servers_are_read_into_their_structs)
{
    const Spec *spec = read(api);
    const SpecArrivals *open = &spec->arrivals[0], *closed = &spec->arrivals[1];
    ck_assert_int_eq(spec->stream_count, 2);
    ck_assert_int_eq(open->kind, ARRIVE_POISSON);
    ck_assert(open->rate == 500 && open->requests.geometric_mean == 4 && open->requests.fixed == 0);
    ck_assert_uint_eq(open->mix_count, 2);
    ck_assert(open->mix[1].handler == 1 && open->mix[1].weight == 10);
    ck_assert(dist_mean(open->pause) == 1e9);
    ck_assert_int_eq(closed->kind, ARRIVE_CLIENTS);
    ck_assert(closed->clients == 20 && closed->requests.fixed == 3 && closed->count == 100 &&
              closed->mix[0].handler == 1);
    ck_assert_int_eq(spec->server_count, 3);
    const EventLoopConfig *loop = spec->servers[0].config;
    ck_assert_ptr_eq(spec->servers[0].model, &event_loop_model);
    ck_assert(loop->workers == 8 && loop->loops == 1 && loop->order == ORDER_LIBUV_1_45);
    ck_assert(spec->servers[0].backlog == 100 && spec->servers[0].max_connections == 1000);
    const ThreadPerConnectionConfig *threads = spec->servers[1].config;
    ck_assert(threads->max_threads == 0 && threads->stack == 65536 && !threads->parallel_io &&
              spec->servers[1].backlog == 511);
    const ThreadPoolConfig *pool = spec->servers[2].config;
    ck_assert(pool->threads == 20 && pool->queue == -1 && pool->unit == POOL_REQUEST && pool->parallel_io);
}
END_TEST

START_TEST(defaults_are_filled_in)
{
    const Spec *spec = read(small);
    ck_assert_str_eq(spec->name, "my.spec");
    ck_assert_uint_eq(spec->seed, 1);
    ck_assert_int_eq(spec->duration, TIME_NEVER);
    ck_assert_int_eq(spec->warmup, 0);
    ck_assert_int_eq(spec->machine.cores, 1);
    ck_assert_str_eq(spec->machine.profile, "linux");
    ck_assert_ptr_null(spec->network.rtt);
    ck_assert_int_eq(spec->server_count, 2);
    ck_assert_str_eq(spec->servers[0].name, "event-loop");
    ck_assert_str_eq(spec->servers[1].name, "thread-per-connection");
    ck_assert_int_eq(((const EventLoopConfig *)spec->servers[0].config)->workers, 4);
    ck_assert_uint_eq(spec->arrivals[0].mix_count, 1);
    ck_assert_uint_eq(spec->arrivals[0].at_count, 4);
    ck_assert_int_eq(spec->arrivals[0].at[1].at, 0);
    ck_assert_int_eq(spec->arrivals[0].at[3].at, 2 * TIME_MS);
}
END_TEST

START_TEST(a_program_is_read_into_its_struct)
{
    const Spec *spec = read("{\"module\": \"esm\", \"order\": \"libuv-1.44\", \"vars\": {\"n\": 0}, \"functions\": "
                            "{\"f\": [\"x\"], \"g\": {\"async\": []}}, "
                            "\"main\": [\"hello\"]}");
    ck_assert_int_eq(spec->kind, SPEC_PROGRAM);
    ck_assert(spec->esm && spec->legacy_order && spec->threads == 4 && spec->function_count == 2);
    ck_assert_uint_eq(spec->main->count, 1);
    ck_assert_uint_eq(spec->vars->count, 1);
}
END_TEST

START_TEST(the_ideal_profile_costs_nothing)
{
    const Spec *spec = set(small, "machine.profile=ideal");
    const Costs *costs = &spec->machine.costs;
    Time always = -1;
    ck_assert_int_eq(costs->accept + costs->read + costs->write + costs->switch_ + costs->thread_memory, 0);
    ck_assert(dist_is_constant(costs->idle_wake, &always) && always == 0);
    ck_assert_int_eq(cost_at(&costs->cold, TIME_MS), 0);
    for (const Key *entry = cost_table.keys; entry->name; entry++) {
        ck_assert_msg(cost_source(entry->name) != NULL && cost_source(entry->name)[0], "%s of \"linux\" has no source",
                      entry->name);
        ck_assert_str_ne(cost_text(cost_profile("linux"), entry->name), "\"0\"");
        ck_assert_str_eq(cost_text(cost_profile("ideal"), entry->name), entry->type == KEY_SIZE ? "\"0B\"" : "\"0\"");
    }
}
END_TEST

START_TEST(a_cost_may_depend_on_connections_or_on_computing)
{
    const char *sets[] = {"machine.costs.read=[[8, \"100ns\"], [108, \"300ns\"], [208, \"200ns\"]]",
                          "machine.costs.cold=[[\"0\", \"0\"], [\"10us\", \"1us\"]]"};
    SpecOptions options = {.set = sets, .set_count = 2};
    const Spec *spec = read_with(small, &options);
    ck_assert_msg(spec != NULL, "refused: %s", complaint);
    Costs costs = spec->machine.costs;
    ck_assert_int_eq(costs.read, 100);
    static const int64_t at[][2] = {{0, 100},   {8, 100},   {9, 102},   {58, 200},
                                    {108, 300}, {109, 299}, {208, 200}, {9999, 200}};
    for (size_t i = 0; i < COUNT_OF(at); i++) {
        costs_for(&costs, at[i][0]);
        ck_assert_int_eq(costs.read, at[i][1]);
    }
    ck_assert_int_eq(cost_at(&costs.cold, 2505), 250);
    ck_assert_int_eq(cost_at(&costs.cold, TIME_S), 1000);
}
END_TEST

START_TEST(a_cost_file_is_a_profile)
{
    char text[2000] = "{\"name\": \"mine\", \"sources\": {\"switch\": \"measured\"}, \"costs\": {";
    for (const Key *entry = cost_table.keys; entry->name; entry++) {
        strcat(text, entry == cost_table.keys ? "\"" : ", \"");
        strcat(text, entry->name);
        strcat(text, entry->type == KEY_SIZE ? "\": \"2KiB\"" : "\": \"3us\"");
    }
    strcat(text, "}}");
    const char *sets[] = {"machine.profile=mine.json", "machine.costs.exit=1us"};
    SpecOptions options = {.set = sets, .set_count = 2, .read_file = read_cost_file, .context = text};
    const Spec *spec = read_with(small, &options);
    ck_assert_msg(spec != NULL, "refused: %s", complaint);
    ck_assert(spec->machine.costs.accept == 3000 && spec->machine.costs.exit == 1000 &&
              spec->machine.costs.thread_memory == 2048);
}
END_TEST

START_TEST(set_changes_one_value)
{
    ck_assert_int_eq(((const EventLoopConfig *)set(api, "servers.node.workers=16")->servers[0].config)->workers, 16);
    ck_assert_str_eq(set(api, "handlers.get[0].cpu=300us")->handlers[0].body->child->child->text, "300us");
    ck_assert(set(api, "arrivals[0].poisson=100/s")->arrivals[0].rate == 100);
    ck_assert(set(api, "arrivals[1].clients=5")->arrivals[1].clients == 5);
    ck_assert_uint_eq(set(api, "seed=0x2a")->seed, 42);
    ck_assert_str_eq(set(api, "name=5")->name, "5");
    ck_assert_int_eq(set(api, "warmup=0")->warmup, 0);
    ck_assert_int_eq(set(api, "machine.costs.wake=0")->machine.costs.wake, 0);
    ck_assert(dist_mean(set(api, "resources.db.latency={\"exponential\": \"5ms\"}")->resources[0].latency) == 5e6);
    ck_assert_int_eq(((const EventLoopConfig *)set(small, "servers.event-loop.workers=2")->servers[0].config)->workers,
                     2);
    ck_assert(dist_mean(set(small, "network.rtt=2ms")->network.rtt) == 2e6);
    ck_assert_int_eq(set(small, "arrivals[0].count=2")->arrivals[0].count, 2);
}
END_TEST

START_TEST(set_is_checked_as_the_file_is)
{
    static const struct {
        const char *option, *said;
        uint32_t column;
    } cases[] = {
        {"servers.nod.workers=3", "there is no \"nod\" here", 9},
        {"servers.node.worker=3", "there is no \"worker\" here", 14},
        {"servers.node.workers=2000", "\"workers\": must be at most 1024", 22},
        {"servers.node.workers=many", "\"workers\": must be a whole number", 22},
        {"handlers.get[7].cpu=1ms", "the array has no such element", 13},
        {"handlers.get[x]=1", "a number and ] belong after [", 13},
        {"machine.cores.x=3", "what stands before this is not an object", 15},
        {"nothing", "a path, = and a value are needed", 1},
        {"=3", "a name belongs here", 1},
        {"duration=1", "\"duration\": a duration without a unit (ns us ms s m h)", 10},
        {"expect=[\"p99 < 1s\"", "the array that starts here is never closed", 8},
        {"machine.costs={\"swich\": \"1us\"}", "unknown key \"swich\" in a cost table", 16},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ck_assert_msg(set(api, cases[i].option) == NULL, "--set %s is taken", cases[i].option);
        ck_assert_str_eq(complaint, cases[i].said);
        ck_assert_str_eq(diag.entry[0].place.file, "--set");
        ck_assert_uint_eq(diag.entry[0].place.column, cases[i].column);
    }
}
END_TEST

START_TEST(the_digest_is_that_of_what_the_spec_says)
{
    uint64_t digest = read(small)->digest;
    ck_assert_uint_eq(
        read("{ \"about\": \"x\", \"$schema\": \"y\", \"seed\": 3,\n \"handlers\":{\"get\":[{\"cpu\":\"1ms\"}]},"
             "\"arrivals\":{\"at\":[\"2ms\",\"0\",\"1ms\",\"0\"]}, \"expect\": [\"p99 < 1s\"]}")
            ->digest,
        digest);
    ck_assert_uint_eq(set(small, "seed=99")->digest, digest);
    ck_assert_uint_ne(set(small, "machine.cores=2")->digest, digest);
    ck_assert_uint_ne(set(small, "handlers.get[0].cpu=2ms")->digest, digest);
    ck_assert_uint_ne(set(small, "machine.costs.read=1ns")->digest, digest);
}
END_TEST

typedef struct Wanted {
    const char *path, *value, *origin;
    bool found;
} Wanted;

static void look_for(void *context, const char *path, const char *value, const char *origin)
{
    for (Wanted *wanted = context; wanted->path; wanted++) {
        if (strcmp(wanted->path, path) == 0) {
            ck_assert_str_eq(value, wanted->value);
            ck_assert_str_eq(origin, wanted->origin);
            wanted->found = true;
        }
    }
}

START_TEST(each_value_is_printed_with_its_origin)
{
    Wanted wanted[] = {
        {"seed", "7", "dir/my.spec.json:3", false},
        {"machine.cores", "2", "--set", false},
        {"machine.time_slice", "\"4ms\"", "default", false},
        {"machine.costs.switch", "\"2us\"", "dir/my.spec.json:6", false},
        {"machine.costs.accept", "\"816ns\"", "profile linux", false},
        {"resources.db.latency", "{\"lognormal\": {\"median\": \"4ms\", \"p99\": \"40ms\"}}", "dir/my.spec.json:9",
         false},
        {"resources.db.queue", "unlimited", "default", false},
        {"handlers.get[1]", "{\"await\": {\"io\": \"db\"}}", "dir/my.spec.json:12", false},
        {"arrivals[1].clients", "20", "dir/my.spec.json:14", false},
        {"servers.node.workers", "8", "dir/my.spec.json:16", false},
        {"servers.pool50.queue", "unlimited", "default", false},
        {NULL, NULL, NULL, false},
    };
    const Spec *spec = set(api, "machine.cores=2");
    ck_assert_ptr_nonnull(spec);
    spec_print(spec, mem, look_for, wanted);
    for (Wanted *each = wanted; each->path; each++)
        ck_assert_msg(each->found, "%s is not printed", each->path);
}
END_TEST

START_TEST(what_a_program_consists_of_is_printed)
{
    Wanted wanted[] = {
        {"module", "\"cjs\"", "default", false},
        {"threads", "4", "default", false},
        {"vars", "{\"n\": 0}", "dir/my.spec.json:1", false},
        {"functions.f", "{\"async\": [\"x\"]}", "dir/my.spec.json:2", false},
        {"functions.g", "[]", "dir/my.spec.json:2", false},
        {"main[1]", "{\"call\": \"f\"}", "dir/my.spec.json:3", false},
        {NULL, NULL, NULL, false},
    };
    const Spec *spec = read("{\"vars\": {\"n\": 0},\n \"functions\": {\"f\": {\"async\": [\"x\"]}, \"g\": []},\n"
                            " \"main\": [\"hello\", {\"call\": \"f\"}]}");
    spec_print(spec, mem, look_for, wanted);
    for (Wanted *each = wanted; each->path; each++)
        ck_assert_msg(each->found, "%s is not printed", each->path);
}
END_TEST

/* 64 KiB of each kind of trouble. CPU time, so that a busy machine does no harm; a second is what the user is
 * promised. */
START_TEST(checking_64_kib_takes_less_than_a_second)
{
    static const struct {
        const char *before, *each, *after;
    } cases[] = {
        {"{", "\"machin%\": 1,", "\"x\": 1}"},
        {"{", "\"a\": 1,", "\"main\": []}"},
        {"[", "1e-300,", "1]"},
        {"[", "01,", "1]"},
        {"[\"", "\\q", "\"]"},
        {"[\"", "\xff ", "\"]"},
        {"{\"handlers\": {\"a\": []}, \"arrivals\": [", "{},", "{}]}"},
        {"{\"handlers\": {\"a\": []}, \"arrivals\": [", "{\"at\":[\"0\"]},", "{\"at\":[\"0\"]}]}"},
        {"{\"handlers\": {\"a\": []}, \"arrivals\": {\"at\": [", "\"1\",", "\"0\"]}}"},
        {"{\"handlers\": {\"a\": []}, \"arrivals\": {\"at\": [\"0\"], \"mix\": {", "\"b%\": 1,", "\"a\": 1}}}"},
        {"{\"arrivals\": {\"at\": [\"0\"], \"mix\": {\"a\": 1}}, \"handlers\": {", "\"b%\": [],", "\"a\": []}}"},
        {"{\"handlers\": {\"a\": []}, \"arrivals\": {\"at\": [\"0\"]}, \"servers\": {",
         "\"s%\":{\"model\":\"event-loop\"},", "\"s\":{\"model\":\"event-loop\"}}}"},
        {"{\"handlers\": {\"a\": []}, \"arrivals\": {\"at\": [\"0\"]}, \"resources\": {", "\"s%\":{},", "\"s\":{}}}"},
        {"{\"handlers\": {\"a\": []}, \"arrivals\": {\"interarrival\": {\"empirical\": [", "[\"1ms\",1],",
         "[\"1ms\",1]]}}}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Mem *own = mem_new((size_t)1 << 30);
        Buf text;
        Diag said;
        buf_init(&text, own, 1 << 20);
        buf_text(&text, cases[i].before);
        for (unsigned n = 0; text.size < 65000; n++) {
            const char *percent = strchr(cases[i].each, '%');
            buf_bytes(&text, cases[i].each, percent ? (size_t)(percent - cases[i].each) : strlen(cases[i].each));
            if (percent)
                buf_f(&text, "%u%s", n, percent + 1);
        }
        buf_text(&text, cases[i].after);
        diag_init(&said, own);
        clock_t before = clock();
        spec_read(own, (SpecText){"t", buf_string(&text), text.size}, NULL, &said);
        Buf out;
        buf_init(&out, own, 1 << 20);
        diag_render(&out, &said);
        ck_assert_msg(clock() - before < CLOCKS_PER_SEC, "case %d takes %.2f s", (int)i,
                      (double)(clock() - before) / CLOCKS_PER_SEC);
        mem_delete(own);
    }
}
END_TEST

START_TEST(a_failing_allocation_anywhere_is_survived)
{
    for (volatile uint64_t nth = 1;; nth = nth + (nth < 100 ? 1 : 17)) {
        Mem *own = mem_new((size_t)64 << 20);
        MemTrap trap;
        volatile bool done = false;
        mem_fail_at(own, nth, true);
        if (mem_try(own, &trap)) {
            Diag said;
            diag_init(&said, own);
            ck_assert_ptr_nonnull(spec_read(own, (SpecText){"t", api, sizeof api - 1}, NULL, &said));
            done = true;
            mem_end_try(own, &trap);
        }
        mem_delete(own);
        if (done)
            break;
    }
}
END_TEST

Suite *spec_suite(void)
{
    Suite *suite = suite_create("spec");
    TCase *tcase = tcase_create("spec");
    tcase_add_checked_fixture(tcase, start, end);
    tcase_add_test(tcase, a_workload_is_read_into_its_struct);
    tcase_add_test(tcase, arrivals_and_servers_are_read_into_their_structs);
    tcase_add_test(tcase, defaults_are_filled_in);
    tcase_add_test(tcase, a_program_is_read_into_its_struct);
    tcase_add_test(tcase, the_ideal_profile_costs_nothing);
    tcase_add_test(tcase, a_cost_may_depend_on_connections_or_on_computing);
    tcase_add_test(tcase, a_cost_file_is_a_profile);
    tcase_add_test(tcase, what_a_program_consists_of_is_printed);
    tcase_add_test(tcase, set_changes_one_value);
    tcase_add_test(tcase, set_is_checked_as_the_file_is);
    tcase_add_test(tcase, the_digest_is_that_of_what_the_spec_says);
    tcase_add_test(tcase, each_value_is_printed_with_its_origin);
    tcase_add_test(tcase, checking_64_kib_takes_less_than_a_second);
    tcase_add_test(tcase, a_failing_allocation_anywhere_is_survived);
    suite_add_tcase(suite, tcase);
    return suite;
}
