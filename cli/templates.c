#include "templates.h"

#include <stddef.h>

static const char api[] =
    "{\n"
    "  \"about\": \"An API whose slow report shares the server with quick requests: who waits for whom?\",\n"
    "  \"name\": \"an API with a slow report\",\n"
    "  \"seed\": 1,\n"
    "  \"duration\": \"60s\",\n"
    "  \"warmup\": \"5s\",\n"
    "  \"machine\": { \"cores\": 4, \"memory\": \"4GiB\" },\n"
    "  \"resources\": {\n"
    "    \"db\": { \"latency\": { \"lognormal\": { \"median\": \"4ms\", \"p99\": \"40ms\" } }, \"concurrency\": 50 },\n"
    "    \"disk\": { \"via\": \"fs\", \"latency\": { \"exponential\": \"2ms\" } }\n"
    "  },\n"
    "  \"handlers\": {\n"
    "    \"get\": [ { \"cpu\": \"150us\" }, { \"await\": { \"io\": \"db\" } }, { \"cpu\": \"80us\" } ],\n"
    "    \"report\": [\n"
    "      { \"cpu\": \"200us\" },\n"
    "      { \"await\": { \"all\": [ [ { \"await\": { \"io\": \"db\" } } ], [ { \"await\": { \"io\": \"disk\" } } ] ] "
    "} },\n"
    "      { \"cpu\": { \"uniform\": [\"8ms\", \"16ms\"] } }\n"
    "    ]\n"
    "  },\n"
    "  \"arrivals\": { \"poisson\": \"500/s\", \"mix\": { \"get\": 90, \"report\": 10 } },\n"
    "  \"servers\": {\n"
    "    \"node\": { \"model\": \"event-loop\", \"workers\": 4 },\n"
    "    \"threads\": { \"model\": \"thread-per-connection\" },\n"
    "    \"pool50\": { \"model\": \"thread-pool\", \"threads\": 50 }\n"
    "  },\n"
    "  \"expect\": [ \"threads.p99 < node.p99\", \"node.get.p99 < 400ms\" ]\n"
    "}\n";

static const char blocking[] =
    "{\n"
    "  \"about\": \"The same file, read with readFileSync and with readFile: on a loop the first one stops "
    "everybody.\",\n"
    "  \"name\": \"sync against async\",\n"
    "  \"seed\": 1,\n"
    "  \"duration\": \"30s\",\n"
    "  \"warmup\": \"2s\",\n"
    "  \"machine\": { \"cores\": 2 },\n"
    "  \"resources\": {\n"
    "    \"disk\": { \"via\": \"fs\", \"latency\": { \"exponential\": \"2ms\" } }\n"
    "  },\n"
    "  \"handlers\": {\n"
    "    \"sync\": [ { \"cpu\": \"100us\" }, { \"sync\": { \"io\": \"disk\" } }, { \"cpu\": \"100us\" } ],\n"
    "    \"async\": [ { \"cpu\": \"100us\" }, { \"await\": { \"io\": \"disk\" } }, { \"cpu\": \"100us\" } ]\n"
    "  },\n"
    "  \"arrivals\": { \"poisson\": \"400/s\", \"mix\": { \"sync\": 1, \"async\": 1 } },\n"
    "  \"servers\": {\n"
    "    \"node\": { \"model\": \"event-loop\" },\n"
    "    \"threads\": { \"model\": \"thread-per-connection\" }\n"
    "  }\n"
    "}\n";

static const char keepalive[] =
    "{\n"
    "  \"about\": \"Many connections that stay open and mostly think: the loop keeps a few bytes for each, a thread "
    "each keeps its stack.\",\n"
    "  \"name\": \"keep-alive\",\n"
    "  \"seed\": 1,\n"
    "  \"duration\": \"60s\",\n"
    "  \"warmup\": \"10s\",\n"
    "  \"machine\": { \"cores\": 2 },\n"
    "  \"network\": { \"rtt\": \"20ms\" },\n"
    "  \"resources\": {\n"
    "    \"cache\": { \"latency\": { \"exponential\": \"1ms\" } }\n"
    "  },\n"
    "  \"handlers\": {\n"
    "    \"poll\": [ { \"cpu\": \"50us\" }, { \"await\": { \"io\": \"cache\" } }, { \"cpu\": \"30us\" } ]\n"
    "  },\n"
    "  \"arrivals\": { \"clients\": 2000, \"think\": { \"exponential\": \"5s\" } },\n"
    "  \"servers\": {\n"
    "    \"node\": { \"model\": \"event-loop\", \"backlog\": 4096 },\n"
    "    \"threads\": { \"model\": \"thread-per-connection\", \"backlog\": 4096 },\n"
    "    \"pool\": { \"model\": \"thread-pool\", \"threads\": 50, \"unit\": \"request\", \"backlog\": 4096 }\n"
    "  },\n"
    "  \"expect\": [ \"node.memory < 0.5 * threads.memory\" ]\n"
    "}\n";

const Template templates[] = {
    {"api", "quick requests beside a slow report: an event loop, a thread each, a pool of fifty", api},
    {"blocking", "the same file read with and without blocking the loop", blocking},
    {"keepalive", "two thousand clients that mostly think: what a connection costs", keepalive},
    {NULL, NULL, NULL},
};
