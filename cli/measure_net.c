#define _GNU_SOURCE
#include "measure.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { N = MEASURE_CONNECTIONS, BYTES = 64, BURSTS = 40, WAKES = 60 };

/* What the peer does next; it says PEER_READY when it has. */
enum { PEER_READY, PEER_BURST, PEER_ONE, PEER_CONNECT, PEER_SHUT, PEER_ENDS };

struct Bench {
    int listener, epoll;
    int server[N], client[N];
    struct sockaddr_in address;
    pthread_t peer;
    atomic_int order;
    double sent_at; /* the peer's, before its write (PEER_ONE) */
    bool failed;
};

static void nap(long ns)
{
    nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

/* ---- the peer, on another core ---- */

/* Reads an answer; false: none came within a second. */
static bool drain(int fd)
{
    char bytes[BYTES];
    double until = measure_now() + 1e9;
    for (size_t got = 0; got < BYTES;) {
        ssize_t n = recv(fd, bytes, BYTES - got, MSG_DONTWAIT);
        if (n > 0)
            got += (size_t)n;
        else if (n == 0 || measure_now() > until)
            return false;
        else if (!measure_two_cores())
            sched_yield();
    }
    return true;
}

static void no_delay(int fd)
{
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static void peer_acts(Bench *bench, int order)
{
    static const char bytes[BYTES];
    if (order == PEER_BURST) {
        for (int i = 0; i < N; i++)
            bench->failed |= write(bench->client[i], bytes, BYTES) != BYTES;
        for (int i = 0; i < N; i++)
            bench->failed |= !drain(bench->client[i]);
    } else if (order == PEER_ONE) {
        double until = measure_now() + 2e5; /* the server goes to sleep meanwhile */
        while (measure_now() < until && measure_two_cores())
            ;
        bench->sent_at = measure_now();
        bench->failed |= write(bench->client[0], bytes, BYTES) != BYTES;
        bench->failed |= !drain(bench->client[0]);
    } else if (order == PEER_CONNECT) {
        for (int i = 0; i < N; i++) {
            bench->client[i] = socket(AF_INET, SOCK_STREAM, 0);
            bench->failed |= connect(bench->client[i], (struct sockaddr *)&bench->address, sizeof bench->address) != 0;
            no_delay(bench->client[i]);
        }
    } else if (order == PEER_SHUT) {
        for (int i = 0; i < N; i++)
            close(bench->client[i]);
    }
}

static void *peer_main(void *opaque)
{
    Bench *bench = opaque;
    measure_pin(false);
    for (;;) {
        int order = atomic_load(&bench->order);
        if (order == PEER_ENDS)
            return NULL;
        if (order == PEER_READY) {
            if (!measure_two_cores())
                sched_yield();
            continue;
        }
        peer_acts(bench, order);
        atomic_store(&bench->order, PEER_READY);
    }
}

static void tell(Bench *bench, int order)
{
    atomic_store(&bench->order, order);
}

static void await_peer(Bench *bench)
{
    while (atomic_load(&bench->order) != PEER_READY)
        sched_yield();
}

/* ---- the server's side ---- */

/* All requests of a burst are there: what epoll_wait says of them. */
static int gather(Bench *bench, struct epoll_event event[])
{
    int n = 0;
    for (int tries = 0; n < N && tries < 1000; tries++) {
        nap(500000);
        n = epoll_wait(bench->epoll, event, N, 0);
    }
    bench->failed |= n < N;
    return n;
}

/* A burst: 64 requests, read and answered in turn. */
static void measure_bursts(Bench *bench, Measured *measured)
{
    double clock = measure_clock_cost(), poll[BURSTS], read_[BURSTS], write_[BURSTS];
    for (int k = 0; k < BURSTS; k++) {
        struct epoll_event event[N];
        char bytes[BYTES];
        double reads = 0, writes = 0;
        tell(bench, PEER_BURST);
        int n = gather(bench, event);
        double from = measure_now();
        n = epoll_wait(bench->epoll, event, N, 0);
        poll[k] = measure_now() - from - clock;
        for (int i = 0; i < n; i++) {
            int fd = event[i].data.fd;
            double t0 = measure_now();
            bench->failed |= read(fd, bytes, sizeof bytes) != BYTES;
            double t1 = measure_now();
            bench->failed |= write(fd, bytes, sizeof bytes) != BYTES;
            reads += t1 - t0 - clock;
            writes += measure_now() - t1 - clock;
        }
        read_[k] = reads / n;
        write_[k] = writes / n;
        await_peer(bench);
    }
    measured->read = measure_median(read_, BURSTS);
    measured->write = measure_median(write_, BURSTS);
    measured->poll_event = (measure_median(poll, BURSTS) - measured->poll) / N;
}

static void measure_poll(Bench *bench, Measured *measured)
{
    struct epoll_event event[N];
    double from = measure_now();
    for (int i = 0; i < 1000; i++)
        epoll_wait(bench->epoll, event, N, 0);
    measured->poll = (measure_now() - from) / 1000;
}

/* One request to a thread that sleeps. */
static void measure_idle(Bench *bench, Measured *measured)
{
    double late[WAKES];
    for (int k = 0; k < WAKES; k++) {
        struct epoll_event event[N];
        char bytes[BYTES];
        tell(bench, PEER_ONE);
        bench->failed |= epoll_wait(bench->epoll, event, N, 1000) != 1;
        bench->failed |= read(event[0].data.fd, bytes, sizeof bytes) != BYTES;
        double there = measure_now();
        bench->failed |= write(event[0].data.fd, bytes, sizeof bytes) != BYTES;
        await_peer(bench);
        late[k] = there - bench->sent_at - measured->poll - measured->poll_event - measured->read;
    }
    measured->idle_wake = measure_median(late, WAKES);
}

static void measure_connections(Bench *bench, Measured *measured)
{
    double from = measure_now();
    tell(bench, PEER_SHUT);
    await_peer(bench);
    from = measure_now();
    for (int i = 0; i < N; i++)
        close(bench->server[i]);
    measured->close = (measure_now() - from) / N;
    tell(bench, PEER_CONNECT);
    await_peer(bench);
    if (bench->failed) /* accept would wait for what does not come */
        return;
    from = measure_now();
    for (int i = 0; i < N; i++)
        bench->server[i] = accept(bench->listener, NULL, NULL);
    measured->accept = (measure_now() - from) / N;
    from = measure_now();
    for (int i = 0; i < N; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = bench->server[i]};
        bench->failed |= bench->server[i] < 0 || epoll_ctl(bench->epoll, EPOLL_CTL_ADD, bench->server[i], &event) != 0;
    }
    measured->watch = (measure_now() - from) / N;
    for (int i = 0; i < N; i++)
        no_delay(bench->server[i]);
}

/* ---- threads that block in read and answer ---- */

typedef struct Server {
    pthread_t thread;
    int fd;
} Server;

static void *server_main(void *opaque)
{
    Server *server = opaque;
    char bytes[BYTES];
    measure_pin(true);
    sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0}); /* waits until the measuring thread sleeps */
    while (read(server->fd, bytes, sizeof bytes) == BYTES && !bytes[0]) {
        if (write(server->fd, bytes, sizeof bytes) != BYTES)
            break;
    }
    return NULL;
}

/* CPU time of the threads so far. It has the switches in it, but not the core's idling where the peer is slower than they are. */
static double cpu_of_threads(const Server server[])
{
    double sum = 0;
    for (int i = 0; i < N; i++) {
        clockid_t clock;
        struct timespec time = {0};
        if (pthread_getcpuclockid(server[i].thread, &clock) == 0)
            clock_gettime(clock, &time);
        sum += (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
    }
    return sum;
}

static double burst_of_threads(Bench *bench, const Server server[])
{
    double before = cpu_of_threads(server);
    double until = measure_now() + 1.5e6;
    tell(bench, PEER_BURST);
    while (measure_now() < until) /* they queue up meanwhile: none of them is woken on an idle core */
        ;
    while (atomic_load(&bench->order) != PEER_READY)
        nap(200000);
    return (cpu_of_threads(server) - before) / N;
}

static void measure_switch(Bench *bench, Measured *measured)
{
    Server server[N];
    char end[BYTES] = {1};
    double time[BURSTS];
    int started = 0;
    memset(server, 0, sizeof server);
    for (; started < N; started++) {
        server[started].fd = bench->server[started];
        if (pthread_create(&server[started].thread, NULL, server_main, &server[started]) != 0)
            break;
    }
    nap(5000000); /* they are all in read */
    for (int k = 0; k < BURSTS; k++)
        time[k] = started == N ? burst_of_threads(bench, server) : 0;
    for (int i = 0; i < started; i++) {
        bench->failed |= write(bench->client[i], end, BYTES) != BYTES;
        pthread_join(server[i].thread, NULL);
    }
    bench->failed |= started < N;
    measured->switch_ = measure_median(time, BURSTS) - measured->read - measured->write;
    measured->switch_ = measured->switch_ > 0 ? measured->switch_ : 0;
}

/* ---- all of it ---- */

void measure_network(Bench *bench, Measured *measured)
{
    measure_pin(true);
    measure_connections(bench, measured);
    if (bench->failed)
        return;
    measure_poll(bench, measured);
    measure_bursts(bench, measured);
    measure_idle(bench, measured);
    measure_switch(bench, measured);
}

Bench *bench_open(const char **error)
{
    Bench *bench = calloc(1, sizeof *bench);
    socklen_t size = sizeof bench->address;
    *error = "no memory";
    if (!bench)
        return NULL;
    bench->epoll = epoll_create1(0);
    bench->listener = socket(AF_INET, SOCK_STREAM, 0);
    bench->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *error = "cannot listen on the loopback";
    if (bind(bench->listener, (struct sockaddr *)&bench->address, size) != 0 || listen(bench->listener, N) != 0 ||
        getsockname(bench->listener, (struct sockaddr *)&bench->address, &size) != 0)
        return NULL;
    for (int i = 0; i < N; i++)
        bench->server[i] = bench->client[i] = -1;
    *error = "cannot start a thread";
    return pthread_create(&bench->peer, NULL, peer_main, bench) == 0 ? bench : NULL;
}

bool bench_failed(const Bench *bench)
{
    return bench->failed;
}

void bench_close(Bench *bench)
{
    tell(bench, PEER_ENDS);
    pthread_join(bench->peer, NULL);
    for (int i = 0; i < N; i++) {
        close(bench->server[i]);
        close(bench->client[i]);
    }
    close(bench->listener);
    close(bench->epoll);
    free(bench);
}
