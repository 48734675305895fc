/* What a server's calls cost while both ends are busy: read, write, poll_event, callback, switch, cold. */
#define _GNU_SOURCE
#include "measure.h"
#include "measure_stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 1000, EVENTS = 1024, COLD_BATCHES = 3 };

static const char request[STREAM_BYTES];

/* ---- what a loop does around its calls ----
 *
 * As libuv does for a read that is answered at once: the watcher of a descriptor, a buffer of 64 KiB asked for and
 * given back, a write's request taken, queued and kept until its callback is called. */

typedef struct Write {
    struct Write *next;
    void (*written)(struct Write *write);
    char more[176];
} Write;

typedef struct Handle {
    void (*ready)(struct Handle *handle, Write **pending);
    char *(*buffer)(size_t size);
    void (*got)(struct Handle *handle, char *buffer, Write **pending);
    Write *queue;
    char more[200];
} Handle;

static void was_written(Write *write)
{
    free(write);
}

static char *get_buffer(size_t size)
{
    return malloc(size);
}

static void got_bytes(Handle *handle, char *buffer, Write **pending)
{
    Write *write = malloc(sizeof *write);
    free(buffer);
    if (!write)
        return;
    memset(write, 0, sizeof *write);
    write->written = was_written;
    handle->queue = write;
    handle->more[0]++;
    write->next = *pending;
    *pending = write;
}

static void is_ready(Handle *handle, Write **pending)
{
    char *buffer = handle->buffer(65536);
    if (buffer)
        buffer[0] = 1;
    handle->got(handle, buffer, pending);
}

static void call_back(Write *pending)
{
    while (pending) {
        Write *write = pending;
        pending = write->next;
        write->written(write);
    }
}

/* ---- a loop ---- */

typedef struct Sample {
    double poll_event[SAMPLES], read[SAMPLES], write[SAMPLES], callback[SAMPLES];
    int n;
} Sample;

typedef struct Server {
    Stream *stream;
    int epoll, active;
    Handle *handle;
    double clock; /* what asking for the time costs */
    bool failed;
} Server;

/* Each event is read and answered, one after the other. */
static void answer_each(Server *server, const struct epoll_event event[], int n, Sample *sample)
{
    char bytes[STREAM_BYTES];
    double reads = 0, writes = 0, calls = 0, from;
    Write *pending = NULL;
    for (int i = 0; i < n; i++) {
        Handle *handle = &server->handle[event[i].data.u32];
        int fd = server->stream->server[event[i].data.u32];
        double t0 = measure_now();
        server->failed |= read(fd, bytes, sizeof bytes) != STREAM_BYTES;
        double t1 = measure_now();
        server->failed |= write(fd, bytes, sizeof bytes) != STREAM_BYTES;
        double t2 = measure_now();
        handle->ready(handle, &pending);
        calls += measure_now() - t2 - server->clock;
        reads += t1 - t0 - server->clock;
        writes += t2 - t1 - server->clock;
    }
    from = measure_now();
    call_back(pending);
    calls += measure_now() - from - server->clock;
    sample->read[sample->n] = reads / n;
    sample->write[sample->n] = writes / n;
    sample->callback[sample->n] = calls / n / 2; /* one around the read, one after the write */
}

static bool serve_begin(Server *server, int active)
{
    server->active = active;
    server->epoll = epoll_create1(0);
    server->failed = server->epoll < 0;
    for (int i = 0; i < active; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        server->failed |= epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->stream->server[i], &event) != 0;
    }
    stream_start(server->stream, active, request, STREAM_BYTES);
    return !server->failed;
}

/* What is still under way is answered. */
static void serve_end(Server *server)
{
    struct epoll_event event[EVENTS];
    char bytes[STREAM_BYTES];
    double until = measure_now() + 2e9;
    stream_stop(server->stream);
    while (!stream_is_over(server->stream) && measure_now() < until && !server->failed) {
        int n = epoll_wait(server->epoll, event, EVENTS, 1);
        for (int i = 0; i < n; i++) {
            int fd = server->stream->server[event[i].data.u32];
            server->failed |= read(fd, bytes, sizeof bytes) != STREAM_BYTES || write(fd, bytes, sizeof bytes) < 0;
        }
    }
    server->failed |= !stream_is_over(server->stream) || atomic_load(&server->stream->failed);
    close(server->epoll);
}

static void measure_loop(Server *server, Measured *measured, int at)
{
    static Sample sample;
    struct epoll_event event[EVENTS];
    double from = measure_now();
    sample.n = 0;
    if (!serve_begin(server, measure_counts[at]))
        return;
    while (sample.n < SAMPLES && !server->failed && measure_now() < from + 2e7) {
        double t0 = measure_now();
        int n = epoll_wait(server->epoll, event, EVENTS, 0);
        double t1 = measure_now();
        if (n <= 0) {
            measure_give_way();
            continue;
        }
        sample.poll_event[sample.n] = (t1 - t0 - server->clock - measured->poll[0]) / n;
        answer_each(server, event, n, &sample);
        sample.n += t0 > from + 2e6; /* the first 2 ms are for warming up */
    }
    serve_end(server);
    if (sample.n == 0)
        return;
    measured->poll_event[at] = measure_mean(sample.poll_event, sample.n);
    measured->read[at] = measure_mean(sample.read, sample.n);
    measured->write[at] = measure_mean(sample.write, sample.n);
    measured->callback[at] = measure_mean(sample.callback, sample.n);
}

/* ---- what computing leaves behind ---- */

/* Takes so long; how long it really was. */
static double compute(double us)
{
    double from = measure_now(), now = from;
    while (us > 0 && now < from + us * 1000)
        now = measure_now();
    return now - from;
}

/* All events are read, with some computing after each; then all are answered, with some before each. Per request,
 * without it. */
static double read_all_answer_all(Server *server, const struct epoll_event event[], int n, double us)
{
    char bytes[STREAM_BYTES] = {0};
    double from = measure_now(), computing = 0;
    for (int i = 0; i < n; i++) {
        server->failed |= read(server->stream->server[event[i].data.u32], bytes, sizeof bytes) != STREAM_BYTES;
        computing += compute(us) + server->clock;
    }
    for (int i = 0; i < n; i++) {
        computing += compute(us) + server->clock;
        server->failed |= write(server->stream->server[event[i].data.u32], bytes, sizeof bytes) != STREAM_BYTES;
    }
    return (measure_now() - from - computing) / n;
}

static double measure_computing(Server *server, int connections, double us)
{
    double time[COLD_BATCHES];
    struct epoll_event event[EVENTS];
    if (!serve_begin(server, connections))
        return 0;
    for (int k = -1; k < COLD_BATCHES && !server->failed;) {
        double from = measure_now();
        int n = epoll_wait(server->epoll, event, EVENTS, 0);
        double polled = measure_now() - from;
        if (n <= 0) {
            server->failed |= atomic_load(&server->stream->failed); /* nobody asks any more */
            measure_give_way();
            continue;
        }
        double each = read_all_answer_all(server, event, n, us) + polled / n;
        if (2 * n < connections) /* they are still coming */
            continue;
        if (k >= 0)
            time[k] = each;
        k++;
    }
    serve_end(server);
    return server->failed ? 0 : measure_median(time, COLD_BATCHES);
}

static void measure_all_cold(Server *server, Measured *measured)
{
    int connections = server->stream->most < MEASURE_CONNECTIONS ? server->stream->most : MEASURE_CONNECTIONS;
    double hot = 0;
    for (int i = 0; i < MEASURE_SPANS; i++) {
        double each = measure_computing(server, connections, measure_spans[i]);
        if (i == 0)
            hot = each;
        measured->cold[i] = each > hot ? (each - hot) / 2 : 0; /* two computings a request */
    }
}

/* ---- threads that block in read and answer ---- */

typedef struct Answerer {
    pthread_t thread;
    int fd;
    atomic_long served;
} Answerer;

static void *answerer_main(void *opaque)
{
    Answerer *answerer = opaque;
    char bytes[STREAM_BYTES];
    while (read(answerer->fd, bytes, sizeof bytes) == STREAM_BYTES && !bytes[0]) {
        if (write(answerer->fd, bytes, sizeof bytes) != STREAM_BYTES)
            break;
        atomic_fetch_add_explicit(&answerer->served, 1, memory_order_relaxed);
    }
    return NULL;
}

/* CPU time of the threads and the requests they served so far. It has the switches in it, but not the core's idling
 * where the peer is slower. */
static double cpu_of(const Answerer answerer[], int n, double *served)
{
    double sum = *served = 0;
    for (int i = 0; i < n; i++) {
        clockid_t clock;
        struct timespec time = {0};
        if (pthread_getcpuclockid(answerer[i].thread, &clock) == 0)
            clock_gettime(clock, &time);
        sum += (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
        *served += (double)atomic_load_explicit(&answerer[i].served, memory_order_relaxed);
    }
    return sum;
}

static int start_answerers(const Stream *stream, Answerer answerer[], int n)
{
    pthread_attr_t small;
    int started = 0;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (; started < n; started++) {
        answerer[started].fd = stream->server[started];
        atomic_store(&answerer[started].served, 0);
        if (pthread_create(&answerer[started].thread, &small, answerer_main, &answerer[started]) != 0)
            break;
    }
    pthread_attr_destroy(&small);
    return started;
}

/* CPU time a request. */
static double stream_of_threads(Stream *stream, Answerer answerer[], int n)
{
    static const char end[STREAM_BYTES] = {1};
    double from = 0, to = 0, before = 0, after = 0;
    int started = start_answerers(stream, answerer, n);
    if (started == n) {
        stream_start(stream, n, request, STREAM_BYTES);
        measure_nap(10000000);
        from = cpu_of(answerer, n, &before);
        measure_nap(20000000);
        to = cpu_of(answerer, n, &after);
        stream_stop(stream);
        for (int tries = 0; !stream_is_over(stream) && tries < 1000; tries++)
            measure_nap(1000000);
    }
    bool fine = stream_is_over(stream) && started == n;
    for (int i = 0; i < started; i++) {
        if (write(stream->client[i], end, sizeof end) != sizeof end)
            fine = false;
        pthread_join(answerer[i].thread, NULL);
    }
    if (!fine)
        atomic_store(&stream->failed, true);
    return after > before ? (to - from) / (after - before) : 0;
}

static void measure_switch(Stream *stream, Measured *measured, int at)
{
    static Answerer answerer[STREAM_MOST];
    double each = stream_of_threads(stream, answerer, measure_counts[at]) - measured->read[at] - measured->write[at];
    measured->switch_[at] = each > 0 ? each : 0;
}

/* ---- all of it ---- */

static Handle *new_handles(void)
{
    Handle *handle = calloc(STREAM_MOST, sizeof *handle);
    for (int i = 0; handle && i < STREAM_MOST; i++)
        handle[i] = (Handle){.ready = is_ready, .buffer = get_buffer, .got = got_bytes};
    return handle;
}

/* Where there are not so many connections: as with the most that there are. */
static void as_before(Measured *measured, int at)
{
    measured->read[at] = measured->read[at - 1];
    measured->write[at] = measured->write[at - 1];
    measured->poll_event[at] = measured->poll_event[at - 1];
    measured->callback[at] = measured->callback[at - 1];
    measured->switch_[at] = measured->switch_[at - 1];
}

bool measure_streams(Measured *measured)
{
    static Stream stream;
    Server server = {.stream = &stream, .handle = new_handles(), .clock = measure_clock_cost()};
    measure_unpin(); /* the peer's thread begins anywhere, and pins itself */
    if (!server.handle || !stream_open(&stream, STREAM_MOST, 0)) {
        free(server.handle);
        return false;
    }
    measure_pin(true);
    for (int i = 0; i < MEASURE_COUNTS && !server.failed; i++) {
        if (measure_counts[i] > stream.most && i > 0) {
            as_before(measured, i);
            continue;
        }
        measure_loop(&server, measured, i);
        measure_switch(&stream, measured, i);
    }
    measure_all_cold(&server, measured);
    bool fine = !server.failed && !atomic_load(&stream.failed);
    stream_close(&stream);
    free(server.handle);
    return fine;
}
