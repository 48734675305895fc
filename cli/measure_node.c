/* What Node's http and JavaScript take for a request: a server of its own, where there is a node. */
#define _GNU_SOURCE
#include "measure.h"
#include "measure_stream.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MS = 1000000 };

/* GET /: answers at once. GET /25: computes 25 us, then, in the check phase, 25 us again, and answers. */
static const char script[] =
    "const http = require('http');\n"
    "function spin(us) { const end = performance.now() + us / 1000; while (us > 0 && performance.now() < end); }\n"
    "const server = http.createServer((request, response) => {\n"
    "  if (request.url === '/') { response.end('ok'); return; }\n"
    "  const us = Number(request.url.slice(1));\n"
    "  spin(us);\n"
    "  setImmediate(() => { spin(us); response.end('ok'); });\n"
    "});\n"
    "server.listen(0, '127.0.0.1', () => console.log(server.address().port));\n";

typedef struct NodeServer {
    pid_t pid;
    clockid_t clock;
    int port;
} NodeServer;

static int read_port(int fd)
{
    char line[32] = {0};
    size_t used = 0;
    while (used < sizeof line - 1 && !strchr(line, '\n')) {
        ssize_t n = read(fd, line + used, sizeof line - 1 - used);
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    return (int)strtol(line, NULL, 10);
}

static void run_node(const int out[2])
{
    int null = open("/dev/null", O_RDWR);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it does not outlive us */
    measure_pin(true);
    dup2(out[1], 1);
    dup2(null, 2);
    close(out[0]);
    execlp("node", "node", "-e", script, (char *)NULL);
    _exit(127);
}

static void end_node(NodeServer *node)
{
    kill(node->pid, SIGKILL);
    waitpid(node->pid, NULL, 0);
}

static bool begin_node(NodeServer *node)
{
    int out[2];
    if (pipe(out) != 0)
        return false;
    node->pid = fork();
    if (node->pid == 0)
        run_node(out);
    close(out[1]);
    node->port = node->pid > 0 ? read_port(out[0]) : 0;
    close(out[0]);
    if (node->pid > 0 && (node->port == 0 || clock_getcpuclockid(node->pid, &node->clock) != 0))
        end_node(node);
    return node->pid > 0 && node->port > 0;
}

static double cpu_of(const NodeServer *node)
{
    struct timespec time = {0};
    clock_gettime(node->clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* CPU time of a request for `path`, after so much time for warming up; 0: it failed. */
static double cpu_per_request(const NodeServer *node, Stream *stream, const char *path, long warm_up)
{
    char request[128];
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    stream_start(stream, MEASURE_CONNECTIONS, request, size);
    measure_nap(warm_up * MS);
    double cpu = cpu_of(node), answers = (double)atomic_load(&stream->answers);
    measure_nap(INT64_C(500) * MS);
    cpu = cpu_of(node) - cpu;
    answers = (double)atomic_load(&stream->answers) - answers;
    stream_stop(stream);
    for (int tries = 0; !stream_is_over(stream) && tries < 3000; tries++)
        measure_nap(MS);
    return stream_is_over(stream) && !atomic_load(&stream->failed) && answers > 0 ? cpu / answers : 0;
}

static void measure_requests(const NodeServer *node, Stream *stream, Measured *measured)
{
    enum { AT_64 = 2 };
    double loop =
        measured->poll_event[AT_64] + measured->read[AT_64] + measured->write[AT_64] + 2 * measured->callback[AT_64];
    double each = cpu_per_request(node, stream, "/", 1500) - loop, hot = 0;
    measured->request[0] = each > 0 ? each : 0;
    for (int i = 0; i < MEASURE_SPANS; i++) {
        char path[16];
        snprintf(path, sizeof path, "/%d", measure_spans[i]);
        each = cpu_per_request(node, stream, path, 500) / 2 - measure_spans[i] * 1000.0; /* a computing */
        if (i == 0)
            hot = each;
        measured->request_cold[i] = each - hot > measured->cold[i] ? each - hot - measured->cold[i] : 0;
    }
}

void measure_node(Measured *measured)
{
    static Stream stream;
    NodeServer node;
    measure_unpin();
    if (!begin_node(&node))
        return;
    if (stream_open(&stream, MEASURE_CONNECTIONS, node.port)) {
        measure_requests(&node, &stream, measured);
        stream_close(&stream);
    }
    end_node(&node);
}
