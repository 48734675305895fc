#include "green_threads.h"

#include "../observe/probe.h"
#include "threaded.h"

static const Key keys[] = {
    {.name = "carriers",
     .type = KEY_COUNT,
     .at = offsetof(GreenThreadsConfig, carriers),
     .none = "as many as cores",
     .min = 1,
     .max = 1024,
     .about = "operating system threads that the green ones share"},
    THREADED_KEYS(GreenThreadsConfig),
    {.name = NULL},
};

static const KeyTable table = {
    .name = "a green-threads server",
    .about = "Many cheap threads on few carriers.",
    .keys = keys,
    .size = sizeof(GreenThreadsConfig),
};

/* ---- green threads and their carriers ---- */

enum { QUANTUM = 10 * TIME_MS };

typedef struct GreenServer GreenServer;
typedef enum GreenState { GREEN_WAITS, GREEN_QUEUED, GREEN_MOUNTED } GreenState;

typedef struct Green { /* its Thread is none of the machine's: carriers run it */
    ConnectionThread own;
    struct Green *next; /* in the run queue */
    GreenState state;
    Time left; /* of the CPU time that it asked for */
    Part part;
    Time used; /* since it was mounted, or since nobody else wanted its carrier */
} Green;

typedef struct Carrier {
    Thread thread;
    GreenServer *server;
    Green *green; /* mounted; NULL: none */
    struct Carrier *next_idle;
    bool idle;
    uint64_t shown; /* the number of the request on its track of a trace, 0: none */
} Carrier;

struct GreenServer {
    Threaded threaded; /* held: the carriers, by those whom they carry */
    Pool greens;
    Carrier *carrier;
    Carrier *idle, **idle_last;
    Green *first, **last; /* run queue */
};

static Green *green_of(Serving *serving)
{
    return CONTAINER_OF(CONTAINER_OF(serving, ConnectionThread, serving), Green, own);
}

/* Whom those blame who wait for the green thread: `behind`, or NULL: what it waits for is its own matter. */
static void stands(Green *green, Station *behind)
{
    Station *own = green->own.serving.thread.station;
    if (own != NULL)
        station_behind(own, behind);
}

static void enqueue(GreenServer *server, Green *green)
{
    green->state = GREEN_QUEUED;
    stands(green, server->threaded.held);
    green->next = NULL;
    *server->last = green;
    server->last = &green->next;
}

static Green *dequeue(Carrier *carrier)
{
    GreenServer *server = carrier->server;
    Green *green = server->first;
    if (green == NULL)
        return NULL;
    server->first = green->next;
    if (server->first == NULL)
        server->last = &server->first;
    green->state = GREEN_MOUNTED;
    green->used = 0;
    stands(green, note_thread_station(server->threaded.world->probe, &carrier->thread));
    serving_held(&green->own.serving, serving_cause(&green->own.serving));
    return green;
}

/* It may go on: true where a carrier slept and was woken for it. */
static bool ready(GreenServer *server, Green *green)
{
    Carrier *carrier = server->idle;
    enqueue(server, green);
    if (carrier == NULL)
        return false;
    server->idle = carrier->next_idle;
    if (server->idle == NULL)
        server->idle_last = &server->idle;
    carrier->idle = false;
    return machine_wake(server->threaded.world->machine, &carrier->thread);
}

static bool woken(Thread *thread)
{
    Green *green = green_of(CONTAINER_OF(thread, Serving, thread));
    if (green->state != GREEN_WAITS)
        return false;
    ready(CONTAINER_OF(green->own.serving.server, GreenServer, threaded), green);
    return true;
}

static Need goes_idle(Carrier *carrier)
{
    GreenServer *server = carrier->server;
    carrier->thread.strand = NULL;
    if (!carrier->idle) {
        carrier->idle = true;
        carrier->next_idle = NULL;
        *server->idle_last = carrier;
        server->idle_last = &carrier->next_idle;
    }
    return (Need){.kind = NEED_WAIT};
}

/* The request of whoever is mounted, on the carrier's track of a trace. */
static void show(Carrier *carrier)
{
    Request *request = carrier->green ? carrier->green->own.serving.request : NULL;
    uint64_t number = request ? request->number : 0;
    if (number == carrier->shown)
        return;
    if (carrier->shown > 0)
        note_serve(carrier->server->threaded.world->probe, &carrier->thread, NULL);
    carrier->shown = number;
    if (request)
        note_serve(carrier->server->threaded.world->probe, &carrier->thread, request);
}

static void unmount(Carrier *carrier)
{
    serving_held(&carrier->green->own.serving, -1);
    stands(carrier->green, NULL);
    carrier->green = NULL;
    carrier->thread.strand = NULL;
    show(carrier);
}

/* Asks the mounted one what it needs; false: it has left its carrier. */
static bool ask(Carrier *carrier)
{
    Green *green = carrier->green;
    Need need = green->own.serving.thread.resume(&green->own.serving.thread);
    show(carrier);
    if (need.kind == NEED_CPU) {
        green->left = need.ns;
        green->part = need.part;
        return true;
    }
    unmount(carrier);
    if (need.kind == NEED_EXIT)
        green->own.serving.thread.gone(&green->own.serving.thread);
    else
        green->state = GREEN_WAITS;
    return false;
}

/* Its quantum is over: it gives way where somebody waits. */
static bool gives_way(Carrier *carrier)
{
    Green *green = carrier->green;
    if (green->used < QUANTUM)
        return false;
    green->used = 0;
    if (carrier->server->first == NULL)
        return false;
    note_wait(carrier->server->threaded.world->probe, green->own.serving.thread.strand, PART_PREEMPTED,
              carrier->server->threaded.held);
    unmount(carrier);
    enqueue(carrier->server, green);
    return true;
}

static Need carrier_resume(Thread *thread)
{
    Carrier *carrier = CONTAINER_OF(thread, Carrier, thread);
    for (;;) {
        Green *green = carrier->green;
        if (green == NULL) {
            green = carrier->green = dequeue(carrier);
            if (green == NULL)
                return goes_idle(carrier);
            show(carrier);
        }
        if (green->left == 0 && !ask(carrier))
            continue;
        if (green->left == 0) /* nothing to pay for */
            return (Need){.kind = NEED_CPU};
        if (gives_way(carrier))
            continue;
        Time most = QUANTUM - green->used, time = green->left < most ? green->left : most;
        green->left -= time;
        green->used += time;
        thread->strand = green->own.serving.thread.strand;
        return (Need){.kind = NEED_CPU, .part = green->part, .ns = time};
    }
}

/* ---- a green thread serves a connection ---- */

static ServingNext next(Serving *serving)
{
    if (serving->connection != NULL)
        return own_next(serving);
    serving->paid = true; /* its end costs nothing */
    return NEXT_EXIT;
}

static void gone(Serving *serving)
{
    GreenServer *server = CONTAINER_OF(serving->server, GreenServer, threaded);
    machine_give(server->threaded.world->machine, server->threaded.stack);
    if (serving->thread.station != NULL)
        station_end(serving->thread.station);
    pool_put(&server->greens, green_of(serving));
}

static const ServingHooks hooks = {.next = next, .answered = own_answered, .closed = own_closed, .gone = gone};

/* Green threads cost memory alone; true: a carrier slept, which costs `wake`. */
static bool accept_one(Threaded *threaded, Connection *connection)
{
    GreenServer *server = CONTAINER_OF(threaded, GreenServer, threaded);
    World *world = threaded->world;
    if (!threaded_fits(threaded, connection))
        return false;
    Green *green = pool_get(&server->greens);
    Serving *serving = &green->own.serving;
    serving_init(serving, threaded, THREAD_CONNECTION, (uint32_t)connection->number, 0);
    serving->thread.woken = woken;
    serving->thread.station = note_station(world->probe, CAUSE_THREAD);
    serving->connection = connection;
    green->state = GREEN_MOUNTED; /* not to be woken yet */
    connection->server_side = green;
    machine_take(world->machine, threaded->stack);
    if (!world_accept(world, connection))
        serving->connection = NULL;
    return ready(server, green);
}

static void readable(void *opaque, Connection *connection)
{
    Green *green = connection->server_side;
    Threaded *server = opaque;
    note_behind(server->world->probe, &connection->request->account, &green->own.serving.thread);
    if (own_request(&green->own, connection->request))
        woken(&green->own.serving.thread);
}

static void client_gone(void *opaque, Connection *connection)
{
    Green *green = connection->server_side;
    (void)opaque;
    if (own_end(&green->own))
        woken(&green->own.serving.thread);
}

static void *create(World *world, const void *opaque)
{
    const GreenThreadsConfig *config = opaque;
    GreenServer *server = mem_get(world->mem, sizeof *server);
    size_t carriers = (size_t)(config->carriers > 0 ? config->carriers : world->spec->machine.cores);
    threaded_init(&server->threaded, world, &hooks, config->stack, config->parallel_io);
    server->idle_last = &server->idle;
    server->last = &server->first;
    pool_init(&server->greens, world->mem, sizeof(Green));
    server->carrier = mem_get(world->mem, mem_array(world->mem, carriers, sizeof *server->carrier));
    for (size_t i = 0; i < carriers; i++) {
        Carrier *carrier = &server->carrier[i];
        carrier->server = server;
        carrier->thread = (Thread){.resume = carrier_resume,
                                   .kind = THREAD_CARRIER,
                                   .number = (uint32_t)i + 1,
                                   .memory = machine_costs(world->machine)->thread_memory};
        machine_start(world->machine, &carrier->thread);
    }
    server->threaded.acceptor.accept = accept_one;
    server->threaded.held = note_station(world->probe, CAUSE_WAKE_UP);
    acceptor_start(&server->threaded, NULL);
    return server;
}

const ServerModel green_threads_model = {
    .name = "green-threads",
    .about = "Many cheap threads share a few carriers; a blocking wait gives the carrier away.",
    .keys = &table,
    .create = create,
    .arrived = threaded_arrived,
    .readable = readable,
    .gone = client_gone,
    .accepts = threaded_accepts,
};
