#include "random_specs.h"

#include "../sim/rng.h"

typedef struct Maker {
    Buf text;
    uint64_t state;
    bool may_throw, tame; /* tame: nothing goes on once its request is over */
} Maker;

/* Once in an expression, and in declarations one after the other: compilers evaluate arguments in different orders, and
 * the specs are to be the same everywhere. */
static unsigned pick(Maker *maker, unsigned n)
{
    maker->state = mix64(maker->state + UINT64_C(0x9e3779b97f4a7c15));
    return (unsigned)(maker->state >> 33) % n;
}

static void put(Maker *maker, const char *text)
{
    buf_text(&maker->text, text);
}

static void put_us(Maker *maker, unsigned most)
{
    buf_f(&maker->text, "\"%uus\"", 1 + pick(maker, most));
}

static void duration(Maker *maker, unsigned most)
{
    unsigned low = 1 + pick(maker, most / 2);
    switch (pick(maker, 6)) {
    case 0:
        put(maker, "{\"exponential\": ");
        put_us(maker, most);
        put(maker, "}");
        break;
    case 1: buf_f(&maker->text, "{\"uniform\": [\"%uus\", \"%uus\"]}", low, low + pick(maker, most)); break;
    case 2: buf_f(&maker->text, "{\"empirical\": [[\"%uus\", 3], [\"%uus\", 1]]}", low, low + most); break;
    default: put_us(maker, most);
    }
}

/* ---- steps ---- */

static void body(Maker *maker, int depth);

static void branches(Maker *maker, int depth, const char *kind)
{
    unsigned n = 1 + pick(maker, 3);
    buf_f(&maker->text, "{\"await\": {\"%s\": [", kind);
    for (unsigned i = 0; i < n; i++) {
        put(maker, i > 0 ? ", " : "");
        body(maker, depth - 1);
    }
    put(maker, "]}}");
}

static void wait_step(Maker *maker)
{
    static const char *const kinds[] = {"cpu", "fs", "dns"}, *const resources[] = {"db", "disk", "names", "hash"};
    switch (pick(maker, 6)) {
    case 0:
    case 1: buf_f(&maker->text, "{\"await\": {\"io\": \"%s\"}}", resources[pick(maker, 4)]); break;
    case 2:
        put(maker, "{\"await\": {\"net\": ");
        duration(maker, 3000);
        put(maker, "}}");
        break;
    case 3:
        put(maker, "{\"await\": {\"sleep\": ");
        duration(maker, 3000);
        put(maker, "}}");
        break;
    case 4:
        put(maker, "{\"await\": {\"pool\": ");
        duration(maker, 2000);
        buf_f(&maker->text, ", \"kind\": \"%s\"}}", kinds[pick(maker, 3)]);
        break;
    default:
        if (pick(maker, 2)) {
            buf_f(&maker->text, "{\"sync\": {\"io\": \"%s\"}}", resources[pick(maker, 4)]);
        } else {
            put(maker, "{\"sync\": {\"pool\": ");
            duration(maker, 1000);
            put(maker, "}}");
        }
    }
}

static void around(Maker *maker, int depth)
{
    static const char *const kinds[] = {"all", "allSettled", "race", "any"};
    switch (pick(maker, 6)) {
    case 0:
        put(maker, "{\"choose\": [[3, ");
        body(maker, depth - 1);
        put(maker, "], [1, ");
        body(maker, depth - 1);
        put(maker, "]]}");
        break;
    case 1:
        buf_f(&maker->text, "{\"repeat\": %u, \"do\": ", 1 + pick(maker, 3));
        body(maker, depth - 1);
        put(maker, "}");
        break;
    case 2:
        buf_f(&maker->text, "{\"lock\": \"%s\", \"do\": ", pick(maker, 2) ? "a" : "b");
        body(maker, 0);
        put(maker, "}");
        break;
    case 3:
        put(maker, "{\"try\": ");
        body(maker, depth - 1);
        put(maker, ", \"catch\": ");
        body(maker, 0);
        if (pick(maker, 2)) {
            put(maker, ", \"finally\": ");
            body(maker, 0);
        }
        put(maker, "}");
        break;
    default: branches(maker, depth, kinds[pick(maker, maker->tame ? 2 : 4)]);
    }
}

static void step(Maker *maker, int depth)
{
    unsigned kind = pick(maker, 12);
    if (kind < 4) {
        put(maker, "{\"cpu\": ");
        duration(maker, 800);
        put(maker, "}");
    } else if (kind < 8) {
        wait_step(maker);
    } else if (kind < 10 && depth > 0) {
        around(maker, depth);
    } else if (kind == 10 && maker->may_throw && pick(maker, 2)) {
        put(maker, "{\"choose\": [[4, [\"fine\"]], [1, [{\"throw\": \"no\"}]]]}");
    } else {
        put(maker, "\"request $n of $c\"");
    }
}

static void body(Maker *maker, int depth)
{
    unsigned n = 1 + pick(maker, 3);
    put(maker, "[");
    for (unsigned i = 0; i < n; i++) {
        put(maker, i > 0 ? ", " : "");
        step(maker, depth);
    }
    put(maker, "]");
}

static void handler(Maker *maker)
{
    put(maker, "[");
    step(maker, 2);
    put(maker, ", ");
    step(maker, 2);
    if (pick(maker, 3) == 0 && !maker->tame)
        put(maker, ", {\"respond\": \"1KiB\"}");
    put(maker, ", ");
    step(maker, 1);
    put(maker, "]");
}

/* ---- arrivals ---- */

static void stream(Maker *maker)
{
    switch (pick(maker, 8)) {
    case 5:
        put(maker, "{\"bursts\": {\"every\": ");
        duration(maker, 30000);
        put(maker, pick(maker, 2) ? ", \"size\": 5}" : ", \"size\": {\"geometric\": 4}}");
        break;
    case 6:
        buf_f(&maker->text, "{\"modulated\": [{\"rate\": \"%u/s\", \"for\": ", 500 + pick(maker, 1500));
        duration(maker, 20000);
        buf_f(&maker->text, "}, {\"rate\": \"%u/s\", \"for\": ", 100 * pick(maker, 3));
        duration(maker, 20000);
        put(maker, "}]");
        break;
    case 7:
        buf_f(&maker->text,
              "{\"stages\": [{\"for\": \"30ms\", \"to\": \"%u/s\"}, {\"for\": \"20ms\", \"to\": \"100/s\"}]",
              100 + pick(maker, 1500));
        break;
    case 0: buf_f(&maker->text, "{\"poisson\": \"%u/s\"", 50 + pick(maker, 1500)); break;
    case 1:
        put(maker, "{\"every\": ");
        put_us(maker, 20000);
        break;
    case 2: put(maker, "{\"at\": [\"0\", \"0\", \"1ms\", \"1ms\", \"1ms\", \"20ms\", \"20001us\"]"); break;
    case 3:
        put(maker, "{\"interarrival\": ");
        duration(maker, 6000);
        break;
    default:
        buf_f(&maker->text, "{\"clients\": %u", 1 + pick(maker, 30));
        if (pick(maker, 4)) {
            put(maker, ", \"think\": ");
            duration(maker, 20000);
        }
    }
    if (pick(maker, 2))
        buf_f(&maker->text, ", \"requests\": %u", 1 + pick(maker, 4));
    else if (pick(maker, 3) == 0)
        put(maker, ", \"requests\": {\"geometric\": 2.5}");
    if (pick(maker, 3) == 0) {
        put(maker, ", \"pause\": ");
        duration(maker, 4000);
    }
    if (pick(maker, 3) == 0)
        buf_f(&maker->text, ", \"count\": %u", 5 + pick(maker, 40));
    if (pick(maker, 4) == 0)
        buf_f(&maker->text, ", \"timeout\": \"%ums\"", 1 + pick(maker, 15));
    if (pick(maker, 4) == 0) {
        unsigned backoff = pick(maker, 5), attempts = 2 + pick(maker, 2);
        buf_f(&maker->text, ", \"retry\": {\"attempts\": %u, \"backoff\": \"%ums\", \"jitter\": \"20%%\"}", attempts,
              backoff);
    }
    put(maker, pick(maker, 2) ? ", \"mix\": {\"one\": 2, \"two\": 1}}" : ", \"mix\": {\"two\": 1}}");
}

/* ---- servers ---- */

static void server(Maker *maker, unsigned kind)
{
    static const char *const distributions[] = {"shared", "round-robin", "reuseport"};
    const char *unit;
    switch (kind) {
    case 0:
        buf_f(&maker->text, "\"model\": \"event-loop\", \"workers\": %u", 1 + pick(maker, 4));
        if (pick(maker, 3) == 0) {
            unsigned distribution = pick(maker, 3), loops = 2 + pick(maker, 2);
            buf_f(&maker->text, ", \"loops\": %u, \"distribution\": \"%s\"", loops, distributions[distribution]);
        }
        if (pick(maker, 4) == 0)
            put(maker, ", \"order\": \"libuv-1.44\"");
        break;
    case 1:
        put(maker, "\"model\": \"thread-per-connection\"");
        if (pick(maker, 2))
            buf_f(&maker->text, ", \"max_threads\": %u", 1 + pick(maker, 8));
        break;
    case 3:
        put(maker, "\"model\": \"green-threads\"");
        if (pick(maker, 2))
            buf_f(&maker->text, ", \"carriers\": %u", 1 + pick(maker, 3));
        break;
    default:
        unit = pick(maker, 2) ? "request" : "connection";
        buf_f(&maker->text, "\"model\": \"thread-pool\", \"threads\": %u, \"unit\": \"%s\"", 1 + pick(maker, 6), unit);
        if (pick(maker, 2))
            buf_f(&maker->text, ", \"queue\": %u", pick(maker, 4));
    }
    if (kind > 0 && pick(maker, 2))
        put(maker, ", \"parallel_io\": true");
    if (pick(maker, 3) == 0)
        buf_f(&maker->text, ", \"backlog\": %u", 1 + pick(maker, 4));
    if (pick(maker, 4) == 0)
        buf_f(&maker->text, ", \"max_connections\": %u", 1 + pick(maker, 6));
    if (pick(maker, 5) == 0)
        buf_f(&maker->text, ", \"request_timeout\": \"%ums\"", 1 + pick(maker, 20));
    if (pick(maker, 5) == 0)
        buf_f(&maker->text, ", \"keep_alive_timeout\": \"%ums\"", 1 + pick(maker, 20));
    if (pick(maker, 5) == 0)
        buf_f(&maker->text, ", \"pauses\": {\"every\": {\"exponential\": \"20ms\"}, \"for\": \"%ums\"}",
              1 + pick(maker, 4));
}

static void servers(Maker *maker)
{
    static const char *const names[] = {"node", "threads", "pool", "green"};
    put(maker, " \"servers\": {");
    unsigned left_out = pick(maker, 4);
    for (unsigned i = 0, kind = 0; kind < 4; kind++) {
        if (kind == left_out)
            continue;
        buf_f(&maker->text, "%s\n  \"%s\": {", i++ > 0 ? "," : "", names[kind]);
        server(maker, kind == 2 ? 4 : kind);
        put(maker, "}");
    }
    put(maker, "}}\n");
}

static void machine(Maker *maker)
{
    static const char *const schedulers[] = {"fair", "round-robin", "fifo", "processor-sharing"};
    unsigned scheduler = pick(maker, 4), cores = 1 + pick(maker, 3);
    buf_f(&maker->text, " \"machine\": {\"profile\": \"%s\", \"cores\": %u, \"scheduler\": \"%s\"",
          pick(maker, 2) ? "linux" : "ideal", cores, schedulers[scheduler]);
    if (pick(maker, 3) == 0)
        put(maker, ", \"time_slice\": \"300us\"");
    if (pick(maker, 5) == 0)
        put(maker, ", \"memory\": \"300KiB\"");
    put(maker, "},\n");
    if (pick(maker, 2))
        put(maker, " \"network\": {\"rtt\": {\"uniform\": [\"0\", \"2ms\"]}, \"syn_retry\": [\"5ms\", \"20ms\"]},\n");
}

static void resource(Maker *maker, const char *name, const char *via, const char *end)
{
    buf_f(&maker->text, "  \"%s\": {\"via\": \"%s\", \"latency\": ", name, via);
    duration(maker, 3000);
    if (pick(maker, 2))
        buf_f(&maker->text, ", \"concurrency\": %u", 1 + pick(maker, 3));
    if (maker->may_throw && pick(maker, 2))
        put(maker, ", \"error_rate\": \"10%\"");
    buf_f(&maker->text, "}%s\n", end);
}

const char *random_spec(Mem *mem, uint64_t number)
{
    Maker maker = {.state = mix64(number)};
    buf_init(&maker.text, mem, 1 << 20);
    maker.tame = number % 2 == 0;
    maker.may_throw = pick(&maker, 2) && !maker.tame;
    unsigned warmup = pick(&maker, 3) ? 10 : 0, duration_ms = 60 + pick(&maker, 60);
    buf_f(&maker.text, "{\"name\": \"random\", \"duration\": \"%ums\", \"warmup\": \"%ums\",\n", duration_ms, warmup);
    machine(&maker);
    put(&maker, " \"resources\": {\n");
    resource(&maker, "db", "kernel", ",");
    resource(&maker, "disk", "fs", ",");
    resource(&maker, "names", "dns", ",");
    resource(&maker, "hash", "cpu", "");
    put(&maker, " },\n \"handlers\": {\"one\": ");
    handler(&maker);
    put(&maker, ",\n  \"two\": ");
    handler(&maker);
    put(&maker, "},\n \"arrivals\": [");
    stream(&maker);
    if (pick(&maker, 3) == 0) {
        put(&maker, ", ");
        stream(&maker);
    }
    put(&maker, "],\n");
    servers(&maker);
    return buf_string(&maker.text);
}
