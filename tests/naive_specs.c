#include "naive_specs.h"

#include "../sim/rng.h"

#include <string.h>

const char *const naive_kind[] = {
    "cpu",     "net",      "sleep",       "io kernel",       "io fs",      "io dns",
    "io cpu",  "pool cpu", "pool fs",     "pool dns",        "dns",        "pbkdf2",
    "zlib",    "fs",       "sync others", "sync io",         "sync pool",  "all",
    "race",    "any",      "allSettled",  "choose",          "repeat",     "try",
    "throw",   "lock",     "respond",     "costs",           "network",    "bytes",
    "timeout", "retry",    "backlog",     "max_connections", "keep-alive", "request timeout",
    "memory",  "pauses",   NULL,
};

static const char *const schedulers[] = {"fair", "round-robin", "fifo", "processor-sharing"};

typedef struct Maker {
    Buf text;
    Rng rng;
    bool ties; /* round times, so that much happens at one instant */
    NaiveSpec spec;
} Maker;

static unsigned pick(Maker *maker, unsigned n)
{
    return (unsigned)rng_below(&maker->rng, n);
}

static void put(Maker *maker, const char *text)
{
    buf_text(&maker->text, text);
}

static void has(Maker *maker, const char *kind)
{
    for (int i = 0; naive_kind[i] != NULL; i++)
        if (strcmp(naive_kind[i], kind) == 0)
            maker->spec.has[i] = true;
}

static void duration(Maker *maker, unsigned most_us)
{
    unsigned ns = 1 + pick(maker, most_us * 1000);
    if (maker->ties) {
        buf_f(&maker->text, "\"%ums\"", 1 + pick(maker, most_us / 1000 + 1));
        return;
    }
    switch (pick(maker, 3)) {
    case 0: buf_f(&maker->text, "{\"exponential\": \"%uns\"}", ns); break;
    case 1: buf_f(&maker->text, "{\"uniform\": [\"%uns\", \"%uns\"]}", ns / 2, ns + 1000); break;
    default: buf_f(&maker->text, "\"%uns\"", ns);
    }
}

/* ---- steps ---- */

static void body(Maker *maker, int depth);

static void other_io(Maker *maker)
{
    static const char *const files[] = {"stat", "open", "missing"};
    switch (pick(maker, 4)) {
    case 0:
        has(maker, "dns");
        put(maker, "{\"dns\": ");
        duration(maker, 1000);
        put(maker, "}");
        break;
    case 1:
        has(maker, "pbkdf2");
        buf_f(&maker->text, "{\"pbkdf2\": %u}", 4 * pick(maker, 1000));
        break;
    case 2:
        has(maker, "zlib");
        buf_f(&maker->text, "{\"zlib\": %u}", 60 * pick(maker, 1000));
        break;
    default: has(maker, "fs"); buf_f(&maker->text, "{\"fs\": \"%s\"}", files[pick(maker, 3)]);
    }
}

static void io(Maker *maker)
{
    static const char *const resources[] = {"db", "disk", "names", "hash"};
    static const char *const kinds[] = {"io kernel", "io fs", "io dns", "io cpu"};
    static const char *const pools[] = {"cpu", "fs", "dns"}, *const pool_kinds[] = {"pool cpu", "pool fs", "pool dns"};
    unsigned which = pick(maker, 10);
    if (which == 9) {
        other_io(maker);
    } else if (which < 4) {
        has(maker, kinds[which]);
        buf_f(&maker->text, "{\"io\": \"%s\"}", resources[which]);
    } else if (which < 7) {
        has(maker, pool_kinds[which - 4]);
        put(maker, "{\"pool\": ");
        duration(maker, 2000);
        buf_f(&maker->text, ", \"kind\": \"%s\"}", pools[which - 4]);
    } else {
        has(maker, which == 7 ? "net" : "sleep");
        buf_f(&maker->text, "{\"%s\": ", which == 7 ? "net" : "sleep");
        duration(maker, 5000);
        put(maker, "}");
    }
}

static void sync_step(Maker *maker)
{
    static const char *const resources[] = {"db", "disk", "names", "hash"};
    unsigned which = pick(maker, 5);
    has(maker, which < 2 ? "sync io" : which < 4 ? "sync pool" : "sync others");
    put(maker, "{\"sync\": ");
    if (which < 2) {
        buf_f(&maker->text, "{\"io\": \"%s\"}", resources[pick(maker, 4)]);
    } else if (which < 4) {
        put(maker, "{\"pool\": ");
        duration(maker, 1000);
        put(maker, "}");
    } else {
        other_io(maker);
    }
    put(maker, "}");
}

static void side_by_side(Maker *maker, int depth)
{
    static const char *const kinds[] = {"all", "race", "any", "allSettled"};
    const char *kind = kinds[pick(maker, 4)];
    unsigned n = 1 + pick(maker, 3);
    has(maker, kind);
    buf_f(&maker->text, "{\"await\": {\"%s\": [", kind);
    for (unsigned i = 0; i < n; i++) {
        put(maker, i > 0 ? ", " : "");
        body(maker, depth - 1);
    }
    put(maker, "]}}");
}

static void around(Maker *maker, int depth)
{
    switch (pick(maker, 5)) {
    case 0:
        has(maker, "choose");
        put(maker, "{\"choose\": [[3, ");
        body(maker, depth - 1);
        put(maker, "], [1, ");
        body(maker, depth - 1);
        put(maker, "]]}");
        break;
    case 1:
        has(maker, "repeat");
        buf_f(&maker->text, "{\"repeat\": %u, \"do\": ", 1 + pick(maker, 3));
        body(maker, depth - 1);
        put(maker, "}");
        break;
    case 2:
        has(maker, "try");
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
    case 3:
        has(maker, "lock");
        buf_f(&maker->text, "{\"lock\": \"%s\", \"do\": ", pick(maker, 2) ? "a" : "b");
        body(maker, 0);
        put(maker, "}");
        break;
    default: side_by_side(maker, depth);
    }
}

static void step(Maker *maker, int depth)
{
    unsigned which = pick(maker, 16);
    if (which < 5) {
        has(maker, "cpu");
        put(maker, "{\"cpu\": ");
        duration(maker, pick(maker, 15) == 0 ? 15000 : 1000);
        put(maker, "}");
    } else if (which < 9) {
        put(maker, "{\"await\": ");
        io(maker);
        put(maker, "}");
    } else if (which == 9) {
        sync_step(maker);
    } else if (which == 10) {
        has(maker, "throw");
        put(maker, "{\"choose\": [[7, [\"fine\"]], [1, [{\"throw\": \"no\"}]]]}");
    } else if (depth > 0) {
        around(maker, depth);
    } else {
        put(maker, "\"a line\"");
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
    unsigned n = 1 + pick(maker, 3);
    put(maker, "[");
    for (unsigned i = 0; i < n; i++) {
        put(maker, i > 0 ? ", " : "");
        step(maker, 2);
    }
    if (pick(maker, 4) == 0) {
        has(maker, "respond");
        put(maker, ", {\"respond\": \"1KiB\"}, ");
        step(maker, 1);
    }
    put(maker, "]");
}

/* ---- the rest ---- */

static void stream(Maker *maker)
{
    switch (pick(maker, 6)) {
    case 0: buf_f(&maker->text, "{\"poisson\": \"%u/s\"", 50 + pick(maker, 800)); break;
    case 1: buf_f(&maker->text, "{\"every\": \"%uus\"", 1000 + pick(maker, 20000)); break;
    case 2: put(maker, "{\"at\": [\"0\", \"0\", \"1ms\", \"1ms\", \"1ms\", \"20ms\", \"20001us\"]"); break;
    case 3:
        put(maker, "{\"interarrival\": {\"shift\": [\"500us\", ");
        duration(maker, 6000);
        put(maker, "]}");
        break;
    case 4:
        put(maker, "{\"bursts\": {\"every\": {\"shift\": [\"1ms\", ");
        duration(maker, 20000);
        put(maker, "]}");
        buf_f(&maker->text, ", \"size\": %s}", pick(maker, 2) ? "3" : "{\"geometric\": 2.5}");
        break;
    default:
        buf_f(&maker->text, "{\"clients\": %u", 1 + pick(maker, 10));
        put(maker, ", \"think\": {\"shift\": [\"1ms\", ");
        duration(maker, 20000);
        put(maker, "]}");
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
    if (pick(maker, 3) == 0) {
        has(maker, "bytes");
        unsigned response = pick(maker, 1000), request = pick(maker, 1000);
        buf_f(&maker->text, ", \"request_bytes\": \"%uB\", \"response_bytes\": \"%uB\"", request, response);
    }
    if (pick(maker, 3) == 0) {
        has(maker, "timeout");
        buf_f(&maker->text, ", \"timeout\": \"%uns\"", 1000000 + pick(maker, 12000000));
    }
    if (pick(maker, 3) == 0) {
        has(maker, "retry");
        buf_f(&maker->text, ", \"retry\": {\"attempts\": %u", 1 + pick(maker, 3));
        if (pick(maker, 2)) {
            put(maker, ", \"backoff\": ");
            duration(maker, 5000);
            put(maker, pick(maker, 2) ? ", \"jitter\": 0.5" : "");
        }
        put(maker, "}");
    }
    put(maker, pick(maker, 2) ? ", \"mix\": {\"one\": 2, \"two\": 1}}" : ", \"mix\": {\"two\": 1}}");
}

static void resource(Maker *maker, const char *name, const char *via, const char *end)
{
    buf_f(&maker->text, "  \"%s\": {\"via\": \"%s\", \"latency\": ", name, via);
    duration(maker, 3000);
    if (pick(maker, 2)) {
        buf_f(&maker->text, ", \"concurrency\": %u", 1 + pick(maker, 3));
        if (pick(maker, 3) == 0)
            buf_f(&maker->text, ", \"queue\": %u", pick(maker, 3));
    }
    if (pick(maker, 3) == 0)
        put(maker, ", \"error_rate\": \"10%\"");
    if (pick(maker, 4) == 0)
        put(maker, ", \"timeout\": \"1500001ns\"");
    buf_f(&maker->text, "}%s\n", end);
}

/* What all servers of a spec have, but for the numbers. */
static void limits(Maker *maker)
{
    if (pick(maker, 4) == 0) {
        has(maker, "backlog");
        buf_f(&maker->text, ", \"backlog\": %u", 1 + pick(maker, 3));
    }
    if (pick(maker, 4) == 0) {
        has(maker, "max_connections");
        buf_f(&maker->text, ", \"max_connections\": %u", 1 + pick(maker, 6));
    }
    if (pick(maker, 4) == 0) {
        has(maker, "keep-alive");
        buf_f(&maker->text, ", \"keep_alive_timeout\": \"%uns\"", 100000 + pick(maker, 4000000));
    }
    if (pick(maker, 4) == 0) {
        has(maker, "request timeout");
        buf_f(&maker->text, ", \"request_timeout\": \"%uns\"", 500000 + pick(maker, 6000000));
    }
    if (pick(maker, 4) == 0) {
        has(maker, "pauses");
        put(maker, ", \"pauses\": {\"every\": ");
        duration(maker, 20000);
        put(maker, ", \"for\": ");
        duration(maker, 4000);
        put(maker, "}");
    }
}

static void stack(Maker *maker)
{
    if (pick(maker, 4) == 0)
        buf_f(&maker->text, ", \"stack\": \"%uKiB\"", 1 + pick(maker, 60));
}

static void servers(Maker *maker)
{
    static const char *const distributions[] = {"shared", "round-robin", "reuseport"};
    buf_f(&maker->text, " \"servers\": {\n  \"node\": {\"model\": \"event-loop\", \"workers\": %u", 1 + pick(maker, 4));
    if (pick(maker, 4) == 0)
        put(maker, ", \"order\": \"libuv-1.44\"");
    if (pick(maker, 4) == 0)
        put(maker, pick(maker, 2) ? ", \"runtime\": \"node\"" : ", \"runtime\": \"libuv\"");
    if (pick(maker, 3) == 0) {
        unsigned distribution = pick(maker, 3), loops = 1 + pick(maker, 3);
        buf_f(&maker->text, ", \"loops\": %u, \"distribution\": \"%s\"", loops, distributions[distribution]);
    }
    limits(maker);
    put(maker, "},\n  \"tpc\": {\"model\": \"thread-per-connection\"");
    if (pick(maker, 2))
        buf_f(&maker->text, ", \"max_threads\": %u", 1 + pick(maker, 8));
    stack(maker);
    limits(maker);
    const char *unit = pick(maker, 2) ? "request" : "connection"; /* one pick an expression: see random_specs.c */
    buf_f(&maker->text, "},\n  \"pooled\": {\"model\": \"thread-pool\", \"threads\": %u, \"unit\": \"%s\"",
          1 + pick(maker, 6), unit);
    if (pick(maker, 2))
        buf_f(&maker->text, ", \"queue\": %u", pick(maker, 4));
    stack(maker);
    limits(maker);
    put(maker, "},\n  \"green\": {\"model\": \"green-threads\"");
    if (pick(maker, 2))
        buf_f(&maker->text, ", \"carriers\": %u", 1 + pick(maker, 3));
    stack(maker);
    limits(maker);
    put(maker, "}\n }}\n");
}

static void machine(Maker *maker)
{
    maker->spec.scheduler = (int)pick(maker, 4);
    bool costs = pick(maker, 2);
    if (costs)
        has(maker, "costs");
    buf_f(&maker->text, " \"machine\": {\"profile\": \"%s\", \"cores\": %u, \"scheduler\": \"%s\"",
          costs ? "linux" : "ideal", 1 + pick(maker, 3), schedulers[maker->spec.scheduler]);
    if (pick(maker, 2))
        put(maker, ", \"time_slice\": \"300us\"");
    if (costs && pick(maker, 4) == 0) {
        has(maker, "memory");
        buf_f(&maker->text, ", \"memory\": \"%uKiB\"", 150 + pick(maker, 400));
    }
    put(maker, "},\n");
    if (pick(maker, 2)) {
        has(maker, "network");
        put(maker, " \"network\": {\"rtt\": ");
        duration(maker, 2000);
        buf_f(&maker->text, ", \"bandwidth\": \"%ukB/s\", \"syn_retry\": [\"5ms\", \"20ms\"]},\n",
              1 + pick(maker, 3000));
    }
}

NaiveSpec naive_spec(Mem *mem, uint64_t seed, uint64_t number)
{
    Maker maker = {.rng = rng_at(rng_key(seed, 0, 0), number, 0, 0)};
    buf_init(&maker.text, mem, 1 << 20);
    maker.ties = pick(&maker, 4) == 0;
    buf_f(&maker.text, "{\"name\": \"naive\", \"duration\": \"%ums\",\n", 60 + pick(&maker, 60));
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
    maker.spec.text = buf_string(&maker.text);
    return maker.spec;
}
