/* measure_stream: a peer on another core that keeps so many connections busy: each has one request under way, and the
 * next is sent when its answer was read. Private to the files of measure.h. */
#ifndef CLI_MEASURE_STREAM_H
#define CLI_MEASURE_STREAM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { STREAM_MOST = 1000, STREAM_BYTES = 64 };

typedef struct Stream {
    int most; /* connections there are; fewer than STREAM_MOST where the limit of open files is low */
    int server[STREAM_MOST], client[STREAM_MOST];
    int active; /* the first so many take part */
    const char *request;
    int request_size;
    pthread_t peer;
    atomic_int state;
    atomic_long answers; /* that the peer has read */
    atomic_bool failed;
} Stream;

/* Connections to `port` of the loopback; 0: to a socket of its own, and `server` are the other ends. False: it cannot
 * be. */
bool stream_open(Stream *stream, int connections, int port);
void stream_start(Stream *stream, int active, const char *request, int request_size);
void stream_stop(Stream *stream);          /* the peer sends no more; what is under way is still to be answered */
bool stream_is_over(const Stream *stream); /* all has been */
void stream_close(Stream *stream);

#endif
