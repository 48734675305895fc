/* Results, compared with some that are good, and with themselves. */
#include "../../cli/cli.h"
#include "fuzz.h"

FuzzFn fuzz_diff;

static const char good[] =
    "{\"loopsim\": \"0.1.0\", \"schema\": 1, \"spec\": {\"name\": \"x\", \"digest\": \"0123456789abcdef\"},"
    "\"seed\": 1, \"runs\": 1, \"interrupted\": false, \"servers\": {\"node\": {\"model\": \"event-loop\","
    "\"end\": \"deadline\", \"throughput_per_s\": 12.5, \"latency_ns\": {\"count\": 3, \"mean\": 100,"
    "\"percentiles\": {\"50\": 90, \"99\": 1000}}, \"handlers\": {\"get\": {\"latency_ns\": {\"mean\": 7}}}}}}";

static int compare(Mem *mem, const char *a, const char *b, const char *tolerance)
{
    static const volatile sig_atomic_t stop = 0;
    Cli *cli = mem_get(mem, sizeof *cli);
    const char *words[] = {a, b};
    *cli = (Cli){.mem = mem, .stop = &stop};
    cli->args.positional = (Words){words, 2};
    cli->args.tolerance = (Words){&tolerance, tolerance != NULL};
    return cmd_diff(cli);
}

void fuzz_diff(Mem *mem, const uint8_t *bytes, size_t size)
{
    MemTrap trap;
    FuzzFile file = fuzz_file(bytes, size), other = fuzz_file((const uint8_t *)good, sizeof good - 1);
    if (!mem_try(mem, &trap)) {
        fuzz_file_end(&file);
        fuzz_file_end(&other);
        mem_give_up(mem);
    }
    int itself = compare(mem, file.path, file.path, NULL);
    fuzz_must(itself == EXIT_DONE || itself == EXIT_SPEC, "it differs from itself");
    if (itself == EXIT_DONE) {
        int there = compare(mem, file.path, other.path, NULL), back = compare(mem, other.path, file.path, NULL);
        fuzz_must(there == back, "there and back are not the same");
        compare(mem, file.path, other.path, "all=5%");
    }
    mem_end_try(mem, &trap);
    fuzz_file_end(&file);
    fuzz_file_end(&other);
}
