#include "green_threads.h"

#include "../observe/probe.h"
#include "serving.h"

static const Key keys[] = {
    {.name = "carriers",
     .type = KEY_COUNT,
     .at = offsetof(GreenThreadsConfig, carriers),
     .none = "as many as cores",
     .min = 1,
     .max = 1024,
     .about = "operating system threads that the green ones share"},
    {.name = "stack",
     .type = KEY_SIZE,
     .at = offsetof(GreenThreadsConfig, stack),
     .none = "the cost table's thread_memory",
     .min = 1,
     .about = "memory committed for each green thread"},
    {.name = "parallel_io",
     .type = KEY_BOOL,
     .at = offsetof(GreenThreadsConfig, parallel_io),
     .fallback = "false",
     .about = "whether the branches of all, race, any and allSettled run side by side"},
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
    Serving serving;
    struct Green *next; /* in the run queue */
    GreenState state;
    Time left; /* of the CPU time that it asked for */
    Part part;
    Time used; /* since it was mounted, or since nobody else wanted its carrier */
    Request *pending; /* came while the thread was still at the last one */
    bool end_of_file;
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
    World *world;
    VmShared shared;
    Acceptor acceptor;
    Pool greens;
    Carrier *carrier;
    Carrier *idle, **idle_last;
    Green *first, **last; /* run queue */
    int64_t stack;
    bool parallel_io;
    Station *held; /* the carriers, by those whom they carry */
};

/* Whom those blame who wait for the green thread: `behind`, or NULL: what it waits for is its own matter. */
static void stands(Green *green, Station *behind)
{
    Station *own = green->serving.thread.station;
    if (own != NULL)
        station_behind(own, behind);
}

static void enqueue(GreenServer *server, Green *green)
{
    green->state = GREEN_QUEUED;
    stands(green, server->held);
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
    stands(green, note_thread_station(server->world->probe, &carrier->thread));
    serving_held(&green->serving, server->held, serving_cause(&green->serving));
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
    return machine_wake(server->world->machine, &carrier->thread);
}

static bool woken(Thread *thread)
{
    Green *green = CONTAINER_OF(CONTAINER_OF(thread, Serving, thread), Green, serving);
    if (green->state != GREEN_WAITS)
        return false;
    ready(green->serving.server, green);
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
    Request *request = carrier->green ? carrier->green->serving.request : NULL;
    uint64_t number = request ? request->number : 0;
    if (number == carrier->shown)
        return;
    if (carrier->shown > 0)
        note_serve(carrier->server->world->probe, &carrier->thread, NULL);
    carrier->shown = number;
    if (request)
        note_serve(carrier->server->world->probe, &carrier->thread, request);
}

static void unmount(Carrier *carrier)
{
    serving_held(&carrier->green->serving, carrier->server->held, -1);
    stands(carrier->green, NULL);
    carrier->green = NULL;
    carrier->thread.strand = NULL;
    show(carrier);
}

/* Asks the mounted one what it needs; false: it has left its carrier. */
static bool ask(Carrier *carrier)
{
    Green *green = carrier->green;
    Need need = green->serving.thread.resume(&green->serving.thread);
    show(carrier);
    if (need.kind == NEED_CPU) {
        green->left = need.ns;
        green->part = need.part;
        return true;
    }
    unmount(carrier);
    if (need.kind == NEED_EXIT)
        green->serving.thread.gone(&green->serving.thread);
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
    note_wait(carrier->server->world->probe, green->serving.thread.strand, PART_PREEMPTED, carrier->server->held);
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
        thread->strand = green->serving.thread.strand;
        return (Need){.kind = NEED_CPU, .part = green->part, .ns = time};
    }
}

/* ---- a green thread serves a connection ---- */

static ServingNext next(Serving *serving)
{
    Green *green = CONTAINER_OF(serving, Green, serving);
    if (serving->connection == NULL) {
        serving->paid = true; /* its end costs nothing */
        return NEXT_EXIT;
    }
    bool closes = serving->request == NULL && green->end_of_file;
    serving_held(serving, ((GreenServer *)serving->server)->held, closes ? CAUSE_THREAD : serving_cause(serving));
    return serving->request != NULL ? NEXT_REQUEST : closes ? NEXT_CLOSE : NEXT_WAIT;
}

static void answered(Serving *serving)
{
    Green *green = CONTAINER_OF(serving, Green, serving);
    serving->request = green->pending;
    green->pending = NULL;
}

static void nothing(Serving *serving)
{
    (void)serving;
}

static void gone(Serving *serving)
{
    GreenServer *server = serving->server;
    machine_give(server->world->machine, server->stack);
    if (serving->thread.station != NULL)
        station_end(serving->thread.station);
    pool_put(&server->greens, CONTAINER_OF(serving, Green, serving));
}

static const ServingHooks hooks = {.next = next, .answered = answered, .closed = nothing, .gone = gone};

static bool may_accept(void *opaque)
{
    (void)opaque;
    return true;
}

/* Green threads cost memory alone; true: a carrier slept, which costs `wake`. */
static bool accept_one(void *opaque, Connection *connection)
{
    GreenServer *server = opaque;
    World *world = server->world;
    if (!machine_fits(world->machine, server->stack + machine_costs(world->machine)->connection_memory)) {
        world_refuse(world, connection);
        return false;
    }
    Green *green = pool_get(&server->greens);
    serving_init(&green->serving, &server->shared, &hooks, server, THREAD_CONNECTION, (uint32_t)connection->number, 0, server->parallel_io);
    green->serving.thread.woken = woken;
    green->serving.thread.station = note_station(world->probe, CAUSE_THREAD);
    green->serving.connection = connection;
    green->state = GREEN_MOUNTED; /* not to be woken yet */
    connection->server_side = green;
    machine_take(world->machine, server->stack);
    if (!world_accept(world, connection))
        green->serving.connection = NULL;
    return ready(server, green);
}

static void arrived(void *opaque, Connection *connection)
{
    GreenServer *server = opaque;
    (void)connection;
    acceptor_wake(&server->acceptor);
}

static void readable(void *opaque, Connection *connection)
{
    Green *green = connection->server_side;
    GreenServer *server = opaque;
    note_behind(server->world->probe, &connection->request->account, &green->serving.thread);
    if (green->serving.request != NULL) {
        green->pending = connection->request;
        return;
    }
    green->serving.request = connection->request;
    woken(&green->serving.thread);
}

static void client_gone(void *opaque, Connection *connection)
{
    Green *green = connection->server_side;
    (void)opaque;
    green->end_of_file = true;
    if (green->serving.at == SERVING_ASKS)
        woken(&green->serving.thread);
}

static Station *accepts(void *opaque, const Connection *connection)
{
    GreenServer *server = opaque;
    (void)connection;
    return note_thread_station(server->world->probe, &server->acceptor.thread);
}

static void *create(World *world, const void *opaque)
{
    const GreenThreadsConfig *config = opaque;
    GreenServer *server = mem_get(world->mem, sizeof *server);
    const Costs *costs = machine_costs(world->machine);
    size_t carriers = (size_t)(config->carriers > 0 ? config->carriers : world->spec->machine.cores);
    server->world = world;
    server->stack = config->stack > 0 ? config->stack : costs->thread_memory;
    server->parallel_io = config->parallel_io;
    server->idle_last = &server->idle;
    server->last = &server->first;
    pool_init(&server->greens, world->mem, sizeof(Green));
    vm_shared_init(&server->shared, world);
    server->carrier = mem_get(world->mem, mem_array(world->mem, carriers, sizeof *server->carrier));
    for (size_t i = 0; i < carriers; i++) {
        Carrier *carrier = &server->carrier[i];
        carrier->server = server;
        carrier->thread = (Thread){.resume = carrier_resume, .kind = THREAD_CARRIER, .number = (uint32_t)i + 1, .memory = costs->thread_memory};
        machine_start(world->machine, &carrier->thread);
    }
    server->acceptor = (Acceptor){.world = world, .server = server, .may = may_accept, .accept = accept_one};
    server->held = note_station(world->probe, CAUSE_WAKE_UP);
    acceptor_start(&server->acceptor, NULL);
    return server;
}

const ServerModel green_threads_model = {
    .name = "green-threads",
    .about = "Many cheap threads share a few carriers; a blocking wait gives the carrier away.",
    .keys = &table,
    .create = create,
    .arrived = arrived,
    .readable = readable,
    .gone = client_gone,
    .accepts = accepts,
};
