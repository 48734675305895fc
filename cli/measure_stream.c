#define _GNU_SOURCE
#include "measure_stream.h"

#include "measure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STATE_RESTS, STATE_RUNS, STATE_STOPS, STATE_ENDS };

/* ---- the peer ---- */

static bool send_request(Stream *stream, int fd)
{
    return write(fd, stream->request, (size_t)stream->request_size) == stream->request_size;
}

static bool begin_all(Stream *stream, int epoll)
{
    bool fine = epoll >= 0;
    for (int i = 0; fine && i < stream->active; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = stream->client[i]};
        fine =
            epoll_ctl(epoll, EPOLL_CTL_ADD, stream->client[i], &event) == 0 && send_request(stream, stream->client[i]);
    }
    return fine;
}

/* Each answer is followed by the next request, until it is to stop: then the last ones are read. */
static void keep_busy(Stream *stream)
{
    struct epoll_event event[64];
    char bytes[4096];
    int epoll = epoll_create1(0), left = stream->active;
    bool fine = begin_all(stream, epoll);
    while (fine && left > 0) {
        int n = epoll_wait(epoll, event, 64, 0);
        if (n <= 0)
            measure_give_way();
        for (int i = 0; fine && i < n; i++) {
            fine = read(event[i].data.fd, bytes, sizeof bytes) > 0;
            atomic_fetch_add(&stream->answers, 1);
            if (atomic_load(&stream->state) == STATE_RUNS)
                fine = fine && send_request(stream, event[i].data.fd);
            else
                left--;
        }
    }
    if (!fine)
        atomic_store(&stream->failed, true);
    close(epoll);
}

static void *peer_main(void *opaque)
{
    Stream *stream = opaque;
    measure_pin(false);
    for (;;) {
        int state = atomic_load(&stream->state);
        if (state == STATE_ENDS)
            return NULL;
        if (state == STATE_RUNS) {
            keep_busy(stream);
            atomic_store(&stream->state, STATE_RESTS);
        }
        usleep(100);
    }
}

void stream_start(Stream *stream, int active, const char *request, int request_size)
{
    stream->active = active;
    stream->request = request;
    stream->request_size = request_size;
    atomic_store(&stream->answers, 0);
    atomic_store(&stream->state, STATE_RUNS);
}

void stream_stop(Stream *stream)
{
    int runs = STATE_RUNS;
    atomic_compare_exchange_strong(&stream->state, &runs, STATE_STOPS);
}

bool stream_is_over(const Stream *stream)
{
    return atomic_load(&stream->state) == STATE_RESTS;
}

/* ---- the connections ---- */

static int listen_anywhere(struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)address, size) == 0 && listen(fd, 64) == 0 &&
        getsockname(fd, (struct sockaddr *)address, &size) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool add_connection(Stream *stream, const struct sockaddr_in *address, int listener)
{
    int client = socket(AF_INET, SOCK_STREAM, 0), server = -1;
    bool fine = client >= 0 && connect(client, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fine && listener >= 0)
        fine = (server = accept(listener, NULL, NULL)) >= 0;
    if (!fine) {
        if (client >= 0)
            close(client);
        return false;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (server >= 0)
        setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    stream->client[stream->most] = client;
    stream->server[stream->most++] = server;
    return true;
}

static void allow_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= 4096)
        return;
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &limit);
}

bool stream_open(Stream *stream, int connections, int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    memset(stream, 0, sizeof *stream);
    allow_files();
    int listener = port == 0 ? listen_anywhere(&address) : -1;
    while (stream->most < connections && (port != 0 || listener >= 0) && add_connection(stream, &address, listener))
        ;
    if (listener >= 0)
        close(listener);
    if (stream->most > 0 && pthread_create(&stream->peer, NULL, peer_main, stream) == 0)
        return true;
    for (int i = 0; i < stream->most; i++)
        close(stream->client[i]);
    return false;
}

void stream_close(Stream *stream)
{
    atomic_store(&stream->state, STATE_ENDS);
    pthread_join(stream->peer, NULL);
    for (int i = 0; i < stream->most; i++) {
        close(stream->client[i]);
        if (stream->server[i] >= 0)
            close(stream->server[i]);
    }
}
