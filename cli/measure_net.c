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
#include <unistd.h>

enum { N = MEASURE_CONNECTIONS, BYTES = 64, WAKES = 100, WAKES_MOST = 1600 };

/* What the peer does next; it says PEER_READY when it has. */
enum { PEER_READY, PEER_ONE, PEER_CONNECT, PEER_SHUT, PEER_ENDS };

struct Bench {
    int listener, epoll;
    int server[N], client[N];
    struct sockaddr_in address;
    pthread_t peer;
    atomic_int order;
    double sent_at; /* the peer's, before its write (PEER_ONE) */
    double late[WAKES_MOST];
    int wakes;
    bool failed;
};

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
    if (order == PEER_ONE) {
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
            usleep(100); /* the core is wanted by who streams */
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

static void measure_poll(Bench *bench, Measured *measured)
{
    struct epoll_event event[N];
    double from = measure_now();
    for (int i = 0; i < 1000; i++)
        epoll_wait(bench->epoll, event, N, 0);
    measured->poll[0] = (measure_now() - from) / 1000;
}

/* One request to a thread that sleeps. */
static void measure_idle(Bench *bench, Measured *measured)
{
    double late[WAKES];
    for (int k = 0; k < WAKES; k++) {
        struct epoll_event event[N] = {{.data.fd = -1}};
        char bytes[BYTES];
        tell(bench, PEER_ONE);
        bench->failed |= epoll_wait(bench->epoll, event, N, 1000) != 1;
        bench->failed |= read(event[0].data.fd, bytes, sizeof bytes) != BYTES;
        double there = measure_now();
        bench->failed |= write(event[0].data.fd, bytes, sizeof bytes) != BYTES;
        await_peer(bench);
        late[k] = there - bench->sent_at - measured->poll[0];
        if (bench->wakes < WAKES_MOST)
            bench->late[bench->wakes++] = late[k];
    }
    for (int i = 0; i < MEASURE_PERCENTS; i++)
        measured->idle_wake[i] = measure_percentile(late, WAKES, measure_percents[i]);
}

/* Of all rounds together, less what a thread pays that is awake. */
void measure_idle_wakes(const Bench *bench, Measured *measured)
{
    double late[WAKES_MOST], awake = measured->poll_event[0] + measured->read[0];
    memcpy(late, bench->late, sizeof late);
    for (int i = 0; bench->wakes > 0 && i < MEASURE_PERCENTS; i++) {
        double delay = measure_percentile(late, bench->wakes, measure_percents[i]) - awake;
        measured->idle_wake[i] = delay > 0 ? delay : 0;
    }
}

static void measure_connections(Bench *bench, Measured *measured)
{
    tell(bench, PEER_SHUT);
    await_peer(bench);
    double from = measure_now();
    for (int i = 0; i < N; i++)
        close(bench->server[i]);
    measured->close[0] = (measure_now() - from) / N;
    tell(bench, PEER_CONNECT);
    await_peer(bench);
    if (bench->failed) /* accept would wait for what does not come */
        return;
    from = measure_now();
    for (int i = 0; i < N; i++)
        bench->server[i] = accept(bench->listener, NULL, NULL);
    measured->accept[0] = (measure_now() - from) / N;
    from = measure_now();
    for (int i = 0; i < N; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = bench->server[i]};
        bench->failed |= bench->server[i] < 0 || epoll_ctl(bench->epoll, EPOLL_CTL_ADD, bench->server[i], &event) != 0;
    }
    measured->watch[0] = (measure_now() - from) / N;
    for (int i = 0; i < N; i++)
        no_delay(bench->server[i]);
}

/* ---- all of it ---- */

void measure_network(Bench *bench, Measured *measured)
{
    measure_pin(true);
    measure_connections(bench, measured);
    if (bench->failed)
        return;
    measure_poll(bench, measured);
    measure_idle(bench, measured);
}

static void close_all(Bench *bench)
{
    for (int i = 0; i < N; i++) {
        close(bench->server[i]);
        close(bench->client[i]);
    }
    close(bench->listener);
    close(bench->epoll);
    free(bench);
}

Bench *bench_open(const char **error)
{
    Bench *bench = calloc(1, sizeof *bench);
    socklen_t size = sizeof bench->address;
    *error = "no memory";
    if (!bench)
        return NULL;
    for (int i = 0; i < N; i++)
        bench->server[i] = bench->client[i] = -1;
    bench->epoll = epoll_create1(0);
    bench->listener = socket(AF_INET, SOCK_STREAM, 0);
    bench->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *error = "cannot listen on the loopback";
    if (bind(bench->listener, (struct sockaddr *)&bench->address, size) == 0 && listen(bench->listener, N) == 0 &&
        getsockname(bench->listener, (struct sockaddr *)&bench->address, &size) == 0) {
        *error = "cannot start a thread";
        if (pthread_create(&bench->peer, NULL, peer_main, bench) == 0)
            return bench;
    }
    close_all(bench);
    return NULL;
}

bool bench_failed(const Bench *bench)
{
    return bench->failed;
}

void bench_close(Bench *bench)
{
    tell(bench, PEER_ENDS);
    pthread_join(bench->peer, NULL);
    close_all(bench);
}
