/* threaded: what the servers have in common whose threads serve requests from start to finish and block in each wait.
 *
 *   Acceptor          takes connections from the backlog, one after the other
 *   Threaded          the first member of each such server: its acceptor, and what all its threads share
 *   ConnectionThread  a thread that has a connection of its own, as long as that lives
 *
 * How a thread reads, runs and answers is in serving.h. */
#ifndef MODEL_SERVERS_THREADED_H
#define MODEL_SERVERS_THREADED_H

#include "serving.h"

typedef struct Acceptor {
    Thread thread;
    Connection *connection; /* under way */
    int stage;
    Time extra;                    /* CPU time for each beyond `accept`: spawning */
    bool (*may)(Threaded *server); /* false: wait (until acceptor_wake); NULL: it always may */
    /* The cost is paid; true: a sleeping thread was woken for it, which costs `wake`. */
    bool (*accept)(Threaded *server, Connection *connection);
} Acceptor;

struct Threaded {
    World *world;
    VmShared shared;
    Acceptor acceptor;
    const ServingHooks *hooks;
    struct Station *held; /* the threads, where the server has only so many of them; NULL: nobody waits for one */
    int64_t stack;        /* memory of each thread */
    bool parallel_io;
};

/* The keys that all of them have; Config has the members `stack` and `parallel_io`. */
#define THREADED_KEYS(Config)                                                                                          \
    {.name = "stack",                                                                                                  \
     .type = KEY_SIZE,                                                                                                 \
     .at = offsetof(Config, stack),                                                                                    \
     .none = "the cost table's thread_memory",                                                                         \
     .min = 1,                                                                                                         \
     .about = "memory committed for each thread"},                                                                     \
    {                                                                                                                  \
        .name = "parallel_io", .type = KEY_BOOL, .at = offsetof(Config, parallel_io), .fallback = "false",             \
        .about = "whether the branches of all, race, any and allSettled run side by side"                              \
    }

/* Everything but accept, may and extra of the acceptor, and held. stack: 0: the cost table's. */
void threaded_init(Threaded *server, World *world, const ServingHooks *hooks, int64_t stack, bool parallel_io);

/* full: what it waits for while it may not accept; NULL: it always may. */
void acceptor_start(Threaded *server, struct Station *full);
void acceptor_wake(Threaded *server);

/* False: the connection and a thread for it do not fit in memory, and it was refused. */
bool threaded_fits(Threaded *server, Connection *connection);

/* The strand of a connection's request whose bytes are there, unread; NULL: none. */
Strand *unread_strand(const Connection *connection);

/* For ServerModel. */
void threaded_arrived(void *server, Connection *connection);
struct Station *threaded_accepts(void *opaque, const Connection *connection);

typedef struct ConnectionThread {
    Serving serving;
    Request *pending; /* came while the thread was still at the last one */
    bool end_of_file; /* the client has closed */
} ConnectionThread;

/* For ServingHooks. own_next asks only while there is a connection. */
ServingNext own_next(Serving *serving);
void own_answered(Serving *serving);
void own_closed(Serving *serving);

/* The request goes to its thread: true where that waits for one, false where it will find it after the present one. */
bool own_request(ConnectionThread *thread, Request *request);
/* The client has closed: true where the thread waits and has to be told. */
bool own_end(ConnectionThread *thread);

#endif
