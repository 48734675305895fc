/* event_loop: one thread runs every callback (libuv's phases, Node's ticks and microtasks between them); a pool of
 * workers does what would block. More loops make a cluster of such processes. */
#ifndef MODEL_SERVERS_EVENT_LOOP_H
#define MODEL_SERVERS_EVENT_LOOP_H

#include "server.h"

/* How the connections of a cluster are shared out among its loops. shared: one listening socket, every loop is woken by
 * a connection and the first to come accepts it; who comes too late has paid for a failed accept. round-robin: the
 * first process accepts and hands out in turn, itself included; what it was handed a process takes in a callback, one a
 * turn. reuseport: a socket a loop, the hash of (seed, connection) decides; a connection waits for its loop though
 * others are idle. All share one backlog. Each loop has a pool of workers of its own. */
typedef enum LoopDistribution { LOOPS_SHARED, LOOPS_ROUND_ROBIN, LOOPS_REUSEPORT } LoopDistribution;
typedef enum LoopOrder { ORDER_LIBUV_1_45, ORDER_LIBUV_1_44 } LoopOrder;

/* What runs on the loop. node: its http and JavaScript take `request` of the loop for each request, and `request_cold`
 * after a cpu step. libuv: bare C; a response is written with uv_write, whose callback runs in the pending phase of the
 * next turn. auto: node, or, with order libuv-1.44, libuv. */
typedef enum LoopRuntime { RUNTIME_AUTO, RUNTIME_NODE, RUNTIME_LIBUV } LoopRuntime;

typedef struct EventLoopConfig {
    int64_t workers;
    int64_t loops;
    int distribution; /* LoopDistribution */
    int order;        /* LoopOrder */
    int runtime;      /* LoopRuntime */
} EventLoopConfig;

extern const KeyWord loop_order_words[]; /* by LoopOrder; programs have the key as well */
extern const ServerModel event_loop_model;

#endif
