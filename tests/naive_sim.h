/* naive_sim: the inside of the naive simulator (naive.h): what its files know of each other.
 *
 * Time passes in happenings, which stand in one list that is searched from end to end for the next: the earliest, of
 * the earliest those of the world before those of threads, of these the one that was scheduled first.
 *
 * Whoever needs CPU is a Doer. Its function `go` is called when all that it wanted to compute is computed, or when what
 * it waited for has come; it says how much it wants to compute next (`need`), or leaves 0 and sleeps. */
#ifndef TESTS_NAIVE_SIM_H
#define TESTS_NAIVE_SIM_H

#include "../model/spec/json.h"
#include "naive.h"

enum { WORLD, THREADS }; /* the ranks at one instant */
enum { LOG_MOST = 600, BODY_MOST = 2000 };

typedef struct Sim Sim;
typedef struct Doer Doer;
typedef struct Conn Conn;
typedef struct Req Req;
typedef struct Act Act;
typedef struct Promise Promise;
typedef struct Loop Loop;

typedef void What(Sim *sim, void *who);
typedef struct Happening {
    Time when;
    int rank;
    uint64_t number;
    What *what;
    void *who;
} Happening;

typedef enum DoerState { ASLEEP, WOKEN, READY, STARTS, SWITCHES, RUNS } DoerState;
struct Doer {
    Sim *sim;
    void (*go)(Doer *doer);
    bool (*woken)(Doer *doer); /* NULL, or: a carrier runs it, not a core; what waking it means */
    void *who;
    Time need; /* CPU time; processor sharing: whole ns of what is left of it */
    DoerState state;
    uint64_t number; /* in the order in which they were made */
    int core;        /* that it has, or had last; 0 at first */
    uint64_t joined; /* its place in the run queue */
    Happening *next; /* the end of its burst, of the switch before it, or of its core's waking up */
    Happening *slice_end;
    Time slice_from;   /* when its slice began */
    Time counted;      /* up to when its virtual runtime and its need are brought */
    bool gives_way;    /* its slice ended together with its burst: it is asked first what it wants */
    int64_t vruntime;  /* fair */
    int64_t deadline;  /* fair: in virtual runtime */
    int64_t slept_at;  /* fair: the mean when it left its core */
    uint64_t fraction; /* processor sharing: of what is left, 2^-64 ns */
};

typedef struct Core {
    Doer *doer;       /* NULL: idle */
    const Doer *last; /* that ran here */
    Time idle_since;  /* -1: it never ran */
    uint64_t wakes;
} Core;

/* Somebody who waits: told once, with whether it failed. */
typedef void Told(Sim *sim, void *who, bool failed);
typedef struct Waiter {
    Told *told;
    void *who;
} Waiter;

typedef struct Call { /* of a resource */
    const struct Resource *resource;
    Waiter waiter;
    Time latency, called, ends;
    bool enters, fails, told;
    Happening *timeout;
} Call;

typedef struct Resource {
    const SpecResource *spec;
    int64_t serves;
    Call *queue[1000];
    int queued;
} Resource;

typedef struct Lock {
    const char *name;
    const Loop *process; /* NULL: of all threads */
    bool held;
    Waiter queue[1000];
    int queued;
} Lock;

/* What a client is about to do. */
typedef enum ClientState {
    THINKS,
    RETURNS,
    BACKS_OFF,
    OPENS,
    SENDS,
    AWAITS,
    RECEIVES,
    LOSES,
    CLOSES,
    OVER
} ClientState;

struct Conn {
    Sim *sim;
    const SpecArrivals *stream;
    uint64_t stream_number, index, number; /* number 0: not opened yet */
    int handler;                           /* -1: the mix decides */
    uint64_t planned, sent;
    ClientState state;
    Happening *act;
    Time rtt, due, opened, syn_there;
    int syns;
    Req *now;   /* that the client has to do with */
    Req *bytes; /* for the server: that has come and was not read yet */
    bool unread, accepted, refused, leaving;
    bool ended; /* the server sees that its client has closed (or counts it as that, after keep_alive_timeout) */
    bool server_closed;
    Happening *idle;
    void *served_by;
    bool queued; /* for a thread of a pool */
};

struct Req {
    Conn *conn;
    uint64_t number, index, key;
    int handler, attempt;
    Time wanted, at_server;
    Happening *timer;
    bool responded, failed, client_through;
    bool watched;  /* for request_timeout */
    bool too_late; /* that was its response; what writing it costs is paid when the handler has ended */
};

/* What a step that is not to be repeated has left behind. */
typedef struct Log {
    bool failed;
    Promise *promise;
} Log;

/* One activation of a body: see naive_steps.c. */
struct Act {
    Sim *sim;
    Req *req;
    const Json *body;
    uint64_t path;
    Log log[LOG_MOST];
    int known, at;
    Act *caller; /* on a loop: who has started it and waits until it waits */
    Promise *result;
    Loop *loop; /* NULL: a thread runs it */
    Doer *doer;
    Call *call; /* of a resource whose work it computes itself */
    bool has_place;
    bool computes; /* a step, not a cost */
    Time cold;     /* what a cpu step has yet to pay for it */
    bool paid;     /* what comes next */
};

typedef enum How {
    WENT,
    THREW,
    COMPUTES,
    WAITS,
    BLOCKS
} How; /* BLOCKS: a loop waits, and nothing else goes on there */

struct Sim {
    Mem *mem;
    const Spec *spec;
    const SpecServer *config;
    const Json *server;
    Costs *cost; /* with the connections that are open now */
    Time now;
    uint64_t happenings_ever;
    Happening *list[20000];
    int listed;
    Doer *doers[5000];
    int doer_count;
    uint64_t joins;
    int64_t mean;          /* fair: the mean virtual runtime of who runs or waits, as far as it ever came */
    Happening *completion; /* processor sharing */
    Time shared;           /* up to when it is brought */
    uint64_t pauses;
    Time paused_until;
    Core core[64];
    Resource *resources;
    Lock locks[32];
    int lock_count;
    Conn *backlog[2000];
    int waiting;
    int64_t open, memory;
    uint64_t connections;
    int64_t opened[8]; /* connections of a stream */
    NaiveRun *run;
    void (*connection_comes)(Sim *sim, Conn *conn); /* one stands in the backlog */
    void (*readable)(Sim *sim, Conn *conn); /* a request, or the end, has come to a connection that was accepted */
    void *model;
    const Json *site_of[BODY_MOST];
    uint64_t site[BODY_MOST];
    int sites;
};

/* naive.c: time, resources, locks */
Happening *naive_at(Sim *sim, Time when, int rank, What *what, void *who);
void naive_cancel(Sim *sim, Happening *happening);
Call *naive_call(Sim *sim, int number, Rng *rng, Waiter waiter, bool enters);
bool naive_leave(Sim *sim, Call *call); /* what was entered; true: it has failed */
bool naive_lock(Sim *sim, const Loop *process, const char *name, Waiter waiter); /* true: got it at once */
bool naive_unlock(Sim *sim, const Loop *process, const char *name);              /* true: somebody has it now */
bool naive_fits(const Sim *sim, int64_t bytes);                                  /* in memory */
int64_t naive_stack(const Sim *sim);                                             /* memory of each thread that serves */
int64_t naive_key(const Sim *sim, const char *key, int64_t otherwise);           /* of the server */
const char *naive_word(const Sim *sim, const char *key);

/* naive_cores.c: cores */
Doer *naive_doer(Sim *sim, void (*go)(Doer *), void *who);
void naive_put_off(Sim *sim, Happening **happening, Time duration);
void naive_pause(Sim *sim, Time duration);
bool naive_wake(Doer *doer); /* false: it does not sleep */

/* naive_sharing.c: the scheduler that has no cores */
void naive_share(Doer *doer); /* it wants to compute */
void naive_share_pause(Sim *sim, Time duration);

/* naive_places.c: where draws are made */
void naive_sites(Sim *sim);
uint64_t naive_site(const Sim *sim, const Json *at);
uint64_t naive_owner(const SpecBody *handler);
const Dist *naive_dist(Sim *sim, const Json *json);
const Json *naive_has(const Json *step, const char *key); /* a member of a step; NULL: it has none */
const Json *naive_combination(const Json *step); /* the elements of all, race, any, allSettled; NULL: it is none */

/* naive_steps.c: bodies */
Act *naive_act(Sim *sim, Req *req);
How naive_go_on(Act *act);
Time naive_cost(const CostPoints *points, int64_t at);
void naive_open(Sim *sim, int change); /* so many more connections */
void naive_step_over(Act *act, bool failed);

/* naive_arrivals.c: what a draw of the clients' side is for: the place of its key */
enum {
    FOR_ARRIVAL = 1,
    FOR_BURST,
    FOR_BURST_SIZE,
    FOR_PHASE,
    FOR_HANDLER,
    FOR_REQUESTS,
    FOR_THINK,
    FOR_PAUSE,
    FOR_RTT,
    FOR_BACKOFF,
    FOR_PAUSE_EVERY,
    FOR_PAUSE_FOR,
    FOR_IDLE_WAKE
};
typedef struct Stream {
    const SpecArrivals *spec;
    uint64_t number, given, bursts, in_burst;
    Time at;
    Rng gaps;
    int handler;
} Stream;
uint64_t naive_client_key(const Sim *sim, uint64_t stream, uint64_t attempt);
Rng naive_draw(const Sim *sim, const Conn *conn, uint64_t request, uint64_t attempt, int purpose);
Time naive_draw_time(const Sim *sim, const Dist *dist, const Conn *conn, uint64_t request, uint64_t attempt,
                     int purpose);
uint64_t naive_count(const SpecCount *count, Rng rng);
int naive_draw_handler(const Sim *sim, const Conn *conn, uint64_t request);
bool naive_next_time(Sim *sim, Stream *stream);

/* naive_clients.c */
void naive_clients(Sim *sim);
Conn *naive_take_this(Sim *sim, Conn *conn); /* from anywhere in it */
Conn *naive_take(Sim *sim);                  /* from the backlog, in front of the cost of accepting */
bool naive_accept(Sim *sim, Conn *conn);     /* false: refused */
void naive_refuse(Sim *sim, Conn *conn);
void naive_respond(Sim *sim, Req *req, bool failed, int64_t bytes); /* leaves the server now */
void naive_close(Sim *sim, Conn *conn);

/* naive_loop.c, naive_threads.c */
void naive_event_loop(Sim *sim);
void naive_thread_per_connection(Sim *sim);
void naive_thread_pool(Sim *sim);
void naive_green_threads(Sim *sim);
void naive_loop_sleep(Loop *loop, Act *act, Time time);
void naive_loop_work(Loop *loop, Act *act, int kind, Time time, bool fails);
void naive_loop_call(Loop *loop, Act *act, int via, int resource, const Rng *rng);
void naive_loop_net(Loop *loop, Act *act, Time time, int resource, Rng *rng);
Promise *naive_promise(Sim *sim);
void naive_then(Loop *loop, Promise *promise, void (*job)(Loop *, void *, int, bool), void *who, int index);
void naive_settle(Loop *loop, Promise *promise, bool rejected);
Promise *naive_combine(Loop *loop, const char *kind, int n, Promise *const of[]);
void naive_await(Act *act, Promise *promise);
void naive_lock_job(Loop *loop, Act *act);
Promise *naive_start(Act *caller, const Json *body, uint64_t path);

#endif
