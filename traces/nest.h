/* nest: the slices of one thread that are not in the file yet, for a format that writes a slice when it is over.
 *
 * A viewer that sorts by time, and at one time by length, cannot tell the outer one of two slices with the same ends:
 * it takes the one that stands first in the file. But the inner one is over first. So a slice that begins with the one
 * around it is held back until the thread's time moves on, and what encloses it is put before it, if it ends there too.
 * What is held at any time ends at one instant. */
#ifndef TRACES_NEST_H
#define TRACES_NEST_H

#include "line.h"
#include "sink.h"

/* A slice that was entered. What is known of its event lies in Nest.open from `text` on. */
typedef struct NestFrame {
    Time start;
    TraceFlow flow;
    size_t text;
    size_t mark;   /* what is held from there on lies inside of it */
    unsigned seen; /* its args */
} NestFrame;

typedef struct Nest {
    Mem *mem;
    NestFrame *frames;
    size_t depth, room;
    Line open;
    Line held;      /* events in the order in which they go to the file */
    Time held_time; /* they end there */
    Time instant;   /* how many of 0 ns were given at this time */
    unsigned stacked;
} Nest;

void nest_init(Nest *nest, Mem *mem);
void nest_free(Nest *nest);

/* Whether what is held has to be written before anything at `now`: the caller writes nest->held, then calls
 * nest_written. */
static inline bool nest_due(const Nest *nest, Time now)
{
    return nest->held.size > 0 && now > nest->held_time;
}

void nest_written(Nest *nest);

NestFrame *nest_enter(Nest *nest, Time start); /* the frame stays there until the next call */
NestFrame nest_leave(Nest *nest);

/* An event is complete, whatever encloses it is still entered, and what is held from `mark` on lies inside of it. Holds
 * it where that is needed (true), else leaves it to the caller to write (false). */
bool nest_hold(Nest *nest, const char *event, size_t size, Time start, Time end, size_t mark);

/* Whether this is one slice of 0 ns too many at its instant. */
bool nest_too_high(Nest *nest, Time start, Time end);

#endif
