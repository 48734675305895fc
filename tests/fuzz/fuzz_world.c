/* Workloads that are valid by construction, with one of everything, run under limits: what holds of every run holds,
 * whoever looks on changes nothing, and what is drawn of it stands the strict check of traces. */
#include "../../traces/check.h"
#include "../../traces/out.h"
#include "../../traces/sink.h"
#include "grammar.h"
#include "specs.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

FuzzFn fuzz_world;

static const GrammarRule rules[] = {
    {"workload", "{\"duration\": \"<length>\", \"warmup\": \"<warmup>\", \"seed\": <number>, <machine><network>"
                 "\"resources\": {\"db\": <resource>, \"fs\": <resource>},"
                 "\"handlers\": {\"a\": [<steps>], \"b\": [<steps>]}, \"functions\": {\"f\": [<steps>]},"
                 "\"arrivals\": [<streams>], \"servers\": {<servers>}}"},
    {"length", "20ms|1ms|7ms|50ms|200ms|1us|2s"},
    {"warmup", "0|1ms|auto|5ms"},
    {"number", "1|2|3|0|5|8|17|1000"},
    {"count", "1|2|3|4|5|7|16|100|1000"},
    {"machine", "|\"machine\": {\"profile\": \"<profile>\", \"cores\": <count>, \"scheduler\": \"<scheduler>\", "
                "\"time_slice\": \"<time>\"<memory>},"},
    {"profile", "linux|ideal"},
    {"scheduler", "fair|round-robin|fifo|processor-sharing"},
    {"memory", "|, \"memory\": \"<size>\"|, \"costs\": {\"accept\": \"<time>\", \"switch\": \"<time>\"}"},
    {"size", "64KiB|1B|1KiB|300KiB|1MB|1GiB|0B"},
    {"time", "100us|1ns|10us|1ms|3ms|999ns|20ms|1s|1ms|10us"},
    {"network", "|\"network\": {\"rtt\": <dist>, \"bandwidth\": \"<bandwidth>\", \"syn_retry\": [<retries>]},"},
    {"bandwidth", "1GB/s|1B/s|100kB/s|7MB/s"},
    {"retries", "|\"1ms\"|\"1ms\", \"5ms\", \"5ms\"|\"1us\", \"1s\""},
    {"dist", "\"<time>\"|\"0\"|{\"exponential\": \"<time>\"}|{\"uniform\": [\"0\", \"<time>\"]}|{\"normal\": "
             "{\"mean\": \"<time>\", "
             "\"sd\": \"<time>\"}}|{\"lognormal\": {\"median\": \"1ms\", \"p99\": \"9ms\"}}|{\"gamma\": {\"mean\": "
             "\"<time>\", \"shape\": "
             "0.5}}|{\"erlang\": {\"mean\": \"<time>\", \"k\": <count>}}|{\"weibull\": {\"mean\": \"<time>\", "
             "\"shape\": 2}}|{\"pareto\": "
             "{\"min\": \"<time>\", \"alpha\": 1.5}}|{\"hyperexponential\": [[0.9, \"<time>\"], [0.1, "
             "\"<time>\"]]}|{\"empirical\": "
             "[[\"<time>\", 3], [\"0\", 1]]}|{\"percentiles\": {\"50\": \"1us\", \"100\": \"30ms\"}}|{\"shift\": "
             "[\"<time>\", <dist>]}"},
    {"resource", "{\"latency\": <dist><via><limits>}"},
    {"via", "|, \"via\": \"fs\"|, \"via\": \"dns\"|, \"via\": \"cpu\"|, \"via\": \"kernel\""},
    {"limits", "|, \"concurrency\": <count>|, \"concurrency\": 1, \"queue\": <number>|, \"error_rate\": \"<rate>\"|, "
               "\"concurrency\": 2, \"timeout\": \"<time>\", \"error_rate\": \"<rate>\""},
    {"rate", "10%|50%|100%|0.1%"},
    {"steps", "<step>|<step>, <steps>|<step>, <step>, <steps>"},
    {"step",
     "\"text $n $c\"|{\"cpu\": <dist>}|{\"await\": <wait>}|{\"sync\": {\"io\": \"<name>\"}}|{\"sync\": {\"pool\": "
     "<dist>}}|{\"choose\": [[<number>.5, [<steps>]], [1, [<steps>]]]}|{\"repeat\": <number>, \"do\": "
     "[<steps>]}|{\"lock\": "
     "\"<name>\", \"do\": [<steps>]}|{\"respond\": \"<size>\"}|{\"throw\": \"no\"}|{\"try\": [<steps>], \"catch\": "
     "[<steps>]}|{\"try\": [<steps>], \"finally\": [<steps>]}|{\"setTimeout\": [<steps>], \"ms\": "
     "\"<time>\"}|{\"setImmediate\": "
     "[<steps>]}|{\"nextTick\": [<steps>]}|{\"queueMicrotask\": [<steps>]}|{\"net\": <dist>, \"cb\": "
     "[<steps>]}|{\"pool\": "
     "<dist>, \"cb\": [<steps>]}|{\"call\": \"f\"}|{\"io\": \"<name>\", \"cb\": [<steps>]}|{\"async\": "
     "[<steps>]}|{\"let\": {\"x\": "
     "<number>}}, {\"while\": {\"lt\": [\"$x\", <number>]}, \"do\": [{\"inc\": \"x\"}, <steps>]}|{\"cpu\": "
     "<dist>}|{\"await\": "
     "<wait>}|{\"await\": <wait>}"},
    {"name", "db|fs"},
    {"wait",
     "{\"io\": \"<name>\"}|{\"net\": <dist>}|{\"sleep\": <dist>}|{\"pool\": <dist>}|{\"pool\": <dist>, \"kind\": "
     "\"dns\"}|{\"all\": [<branches>]}|{\"race\": [<branches>]}|{\"any\": [<branches>]}|{\"allSettled\": "
     "[<branches>]}|null"},
    {"branches",
     "[<steps>]|[<steps>], [<steps>]|{\"io\": \"db\"}, {\"sleep\": \"<time>\"}|[<steps>], {\"io\": \"fs\"}, [<steps>]"},
    {"streams", "<stream>|<stream>, <stream>"},
    {"stream", "{<kind><more><mix>}"},
    {"kind",
     "\"poisson\": \"500/s\"|\"every\": \"<time>\"|\"at\": [\"0\", \"0\", \"1ms\"]|\"interarrival\": "
     "<dist>|\"bursts\": {\"every\": "
     "\"<time>\", \"size\": <count>}|\"bursts\": {\"every\": \"1ms\", \"size\": {\"geometric\": 3}}|\"modulated\": "
     "[{\"rate\": "
     "\"5000/s\", \"for\": <dist>}, {\"rate\": \"0/s\", \"for\": \"<time>\"}]|\"stages\": [{\"for\": \"5ms\", \"to\": "
     "\"2000/s\"}, {\"for\": \"<time>\", \"to\": \"0/s\"}]|\"clients\": <count>, \"think\": <dist>|\"clients\": "
     "<count>|\"poisson\": \"100000/s\""},
    {"more", "|, \"requests\": <count><more>|, \"count\": <count>|, \"timeout\": \"<time>\", \"retry\": {\"attempts\": "
             "<number>, "
             "\"backoff\": <dist>, \"jitter\": 0.5}|, \"pause\": <dist>, \"requests\": 5|, \"timeout\": \"<time>\"|, "
             "\"request_bytes\": "
             "\"<size>\", \"response_bytes\": \"<size>\"|, \"retry\": {\"attempts\": 3, \"backoff\": \"0\"}"},
    {"mix", ", \"mix\": {\"a\": 1, \"b\": 2}|, \"mix\": {\"b\": 1}"},
    {"servers", "\"s\": <server>|\"s\": <server>, \"t\": <server>"},
    {"server",
     "{\"model\": \"event-loop\"<common>}|{\"model\": \"event-loop\", \"workers\": <count>, \"loops\": <loops>, "
     "\"distribution\": "
     "\"<distribution>\"<common>}|{\"model\": \"event-loop\", \"order\": \"libuv-1.44\"<common>}|{\"model\": "
     "\"thread-per-connection\"<stack><common>}|{\"model\": \"thread-per-connection\", \"max_threads\": "
     "<count><stack><common>}|{\"model\": \"thread-pool\", \"threads\": <count>, \"queue\": <number>, \"unit\": "
     "\"<unit>\"<stack><common>}|{\"model\": \"green-threads\", \"carriers\": <count><stack><common>}|{\"model\": "
     "\"green-threads\"<common>}"},
    {"loops", "1|2|3|8"},
    {"distribution", "shared|round-robin|reuseport"},
    {"unit", "connection|request"},
    {"stack", "|, \"stack\": \"<size>\"|, \"parallel_io\": true"},
    {"common",
     "|, \"backlog\": <count>|, \"max_connections\": <count><common>|, \"request_timeout\": \"<time>\"<common>|, "
     "\"keep_alive_timeout\": \"<time>\"|, \"pauses\": {\"every\": <dist>, \"for\": <dist>}"},
    {NULL, NULL}};

typedef Sink *MakeSink(Mem *mem, Out *out);

/* The run again, drawn into a file, which is checked. */
static void draw(Mem *mem, const FuzzSpec *spec, int server, uint64_t digest, MakeSink *make)
{
    FuzzFile file = fuzz_file(NULL, 0);
    MemTrap trap;
    const char *error;
    Out *volatile opened = NULL;
    if (!mem_try(mem, &trap)) {
        if (opened)
            out_abort(opened);
        fuzz_file_end(&file);
        mem_give_up(mem);
    }
    Out *out = opened = out_open(mem, file.path, false, &error);
    fuzz_must(out, "no file in memory");
    Sink *sink = make(mem, out);
    uint64_t drawn = fuzz_run_server(spec, server, sink, FUZZ_EVENTS);
    sink->close(sink, 1, (const char *const[]){"left-out"}, (const char *const[]){sink->left_out > 0 ? "1" : "0"});
    fuzz_must(out_close(out) == OUT_OK, "the trace cannot be written");
    fuzz_must(drawn == 0 || drawn == digest, "drawn, the run is another one");
    off_t size = lseek(file.fd, 0, SEEK_END);
    char *text = mem_get(mem, (size_t)size + 1);
    fuzz_must(pread(file.fd, text, (size_t)size, 0) == (ssize_t)size, "the trace cannot be read");
    TraceCheck *check = trace_check(mem, text, (size_t)size);
    if (drawn != 0)
        fuzz_must(trace_check_faults(check) == 0, trace_check_report(check));
    mem_end_try(mem, &trap);
    fuzz_file_end(&file);
}

void fuzz_world(Mem *mem, const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return;
    const char *text = grammar_text(mem, rules, bytes + 1, size - 1);
    FuzzSpec *spec = fuzz_spec_read(mem, text, strlen(text), NULL, NULL);
    if (!spec->spec)
        return;
    for (int server = 0; server < spec->spec->server_count; server++) {
        uint64_t digest = fuzz_run_server(spec, server, NULL, FUZZ_EVENTS);
        unsigned what = bytes[0] % 16; /* drawing and checking takes three times as long as the run */
        if (digest != 0 && what == 1)
            draw(mem, spec, server, digest, chrome_sink);
        else if (digest != 0 && what == 2)
            draw(mem, spec, server, digest, pftrace_sink);
        else if (what % 4 == 3)
            fuzz_starve_server(spec, server);
    }
}
