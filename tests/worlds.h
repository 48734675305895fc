/* worlds: a world with a server of the tests' own, which logs what comes to it, for tests of the clients, the
 * network and the resources.
 *
 * The server accepts with a thread of its own and then has a thread a connection that burns CPU time or calls a
 * resource for each request. The log has one word an event, WHAT@TIME: s1 connection 1 stands in the backlog, a1 it
 * was accepted, -1 it was refused by the server, r3 the bytes of request 3 are there, g1 connection 1 was closed by
 * the client; and of the clients ok, failed, refused, timeout, retry. */
#ifndef TESTS_WORLDS_H
#define TESTS_WORLDS_H

#include "../model/machine/world.h"
#include "../model/observe/probe.h"
#include "../sim/buf.h"

enum { MOST_STREAMS = 4 };

typedef struct Scene {
    Mem *mem;
    /* To be filled in before scene_start. As it is made: one core, fifo, no costs, no delays, a backlog of 511. */
    Spec spec;
    SpecArrivals arrivals[MOST_STREAMS];
    SpecMix mix[2];
    SpecResource resources[2];
    SpecServer server;
    /* The server: */
    const Dist *service;   /* CPU time; NULL: none */
    int calls;             /* 1 + the resource that it calls instead */
    int64_t most_open;     /* accepts only while fewer are open; 0: no limit */
    bool deaf;             /* accepts nothing */
    uint64_t refuses_from; /* this connection's number on; 0: none */
    uint32_t fails_before; /* attempts below it are answered with an error */
    bool closes;           /* the connection after each response */
    Time closes_at;        /* every connection at this time; 0: never */
    int64_t response;      /* bytes */
    bool quiet;            /* logs nothing */
    Time warmup;

    World world;
    Probe probe;
    Stats *stats;
    Buf log;
    uint64_t served;
    HandlerStats before;
} Scene;

Scene *scene_new(size_t memory);
void scene_start(Scene *scene);
const char *scene_run(Scene *scene, Time until); /* to the end, TIME_NEVER, or to before `until`; the log so far */
void scene_end(Scene *scene);
const Dist *always(Scene *scene, Time value);

/* Scenes as most tests want them. */
Scene *simple(Time service);                              /* each request takes so much CPU time */
Scene *closed(int64_t clients, Time think, Time service); /* the same with clients that think */
void arrive_at(Scene *scene, size_t n, const Time at[]);  /* connections come at these times */
#define ARRIVE(scene, ...) arrive_at(scene, sizeof((Time[]){__VA_ARGS__}) / sizeof(Time), (Time[]){__VA_ARGS__})
void retry_syns(Scene *scene, Time first, Time second);
void is(Scene *scene, Time until, const char *log);            /* starts it, runs it, compares the log */
Time part_of(const Scene *scene, uint64_t request, Part part); /* of a completed request, one of the slowest */

#endif
