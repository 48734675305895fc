#include "worlds.h"

#include <check.h>

typedef struct FakeServer FakeServer;

typedef struct FakeConnection {
    Thread thread;
    Call call;
    FakeServer *server;
    Connection *connection;
    Request *request;
    bool readable, gone, called, computed, must_close;
    struct FakeConnection *next; /* of the server's */
} FakeConnection;

struct FakeServer {
    Thread acceptor;
    Event closes;
    Scene *scene;
    Pool connections;
    FakeConnection *first; /* all that ever were, where they are to be closed at one time */
    int64_t open;
};

static void say(Scene *scene, const char *what, uint64_t number)
{
    if (scene->quiet)
        return;
    if (scene->log.size > 0)
        buf_char(&scene->log, ' ');
    buf_text(&scene->log, what);
    if (number > 0)
        buf_u64(&scene->log, number);
    buf_char(&scene->log, '@');
    buf_i64(&scene->log, scene->world.kernel.now);
}

/* ---- a connection's thread ---- */

static void on_called(Call *call)
{
    FakeConnection *fake = CONTAINER_OF(call, FakeConnection, call);
    fake->called = false;
    fake->computed = true;
    fake->request->failed = call->failed;
    machine_wake(fake->server->scene->world.machine, &fake->thread);
}

static Need serve(FakeConnection *fake)
{
    Scene *scene = fake->server->scene;
    Request *request = fake->request;
    Rng rng = rng_at(request->key, fake->connection->index, request->index, 1 << 8);
    fake->thread.strand = &request->account;
    if (scene->calls > 0) {
        fake->called = true;
        fake->call.strand = &request->account;
        fake->call.done = on_called;
        resource_call(scene->world.resources, scene->calls - 1, &fake->call, &rng);
        return (Need){.kind = NEED_WAIT};
    }
    fake->computed = true;
    return (Need){.kind = NEED_CPU, .part = PART_CPU, .ns = scene->service ? dist_sample(scene->service, &rng) : 0};
}

static void answer(FakeConnection *fake)
{
    Scene *scene = fake->server->scene;
    Request *request = fake->request;
    bool failed = request->attempt < scene->fails_before || (scene->calls > 0 && request->failed);
    fake->computed = false;
    fake->request = NULL;
    fake->thread.strand = NULL;
    scene->served++;
    world_respond(&scene->world, request, &request->account, scene->response, failed);
    world_request_over(&scene->world, request);
}

static Need close_connection(FakeConnection *fake)
{
    FakeServer *server = fake->server;
    server->open--;
    machine_wake(server->scene->world.machine, &server->acceptor);
    world_closed(&server->scene->world, fake->connection);
    fake->connection = NULL;
    return (Need){.kind = NEED_EXIT};
}

static Need connection_resumes(Thread *thread)
{
    FakeConnection *fake = CONTAINER_OF(thread, FakeConnection, thread);
    if (fake->called)
        return (Need){.kind = NEED_WAIT};
    if (fake->computed) {
        answer(fake);
        if (fake->server->scene->closes)
            return close_connection(fake);
    }
    if (fake->must_close)
        return close_connection(fake);
    if (fake->readable) {
        fake->readable = false;
        fake->request = fake->connection->request;
        note_begin(&fake->server->scene->probe, fake->request);
        return serve(fake);
    }
    if (fake->gone)
        return close_connection(fake);
    return (Need){.kind = NEED_WAIT};
}

static void connection_is_over(Thread *thread)
{
    FakeConnection *fake = CONTAINER_OF(thread, FakeConnection, thread);
    pool_put(&fake->server->connections, fake);
}

/* ---- the acceptor ---- */

static void take_one(FakeServer *server)
{
    Scene *scene = server->scene;
    Connection *connection = world_take(&scene->world);
    uint64_t number = connection->number;
    if (scene->refuses_from > 0 && number >= scene->refuses_from) {
        say(scene, "-", number);
        world_refuse(&scene->world, connection);
        return;
    }
    FakeConnection *fake = pool_get(&server->connections);
    connection->server_side = fake;
    fake->server = server;
    fake->connection = connection;
    fake->thread.resume = connection_resumes;
    fake->thread.gone = scene->closes_at > 0 ? NULL : connection_is_over;
    fake->thread.kind = THREAD_CONNECTION;
    if (!world_accept(&scene->world, connection)) {
        say(scene, "-", number);
        pool_put(&server->connections, fake);
        return;
    }
    say(scene, "a", number);
    fake->next = server->first;
    server->first = fake;
    server->open++;
    machine_start(scene->world.machine, &fake->thread);
}

static Need acceptor_resumes(Thread *thread)
{
    FakeServer *server = CONTAINER_OF(thread, FakeServer, acceptor);
    Scene *scene = server->scene;
    while (!scene->deaf && world_backlog(&scene->world) && (scene->most_open == 0 || server->open < scene->most_open))
        take_one(server);
    return (Need){.kind = NEED_WAIT};
}

static void on_close_all(Event *event)
{
    FakeServer *server = CONTAINER_OF(event, FakeServer, closes);
    for (FakeConnection *fake = server->first; fake; fake = fake->next) {
        fake->must_close = true;
        machine_wake(server->scene->world.machine, &fake->thread);
    }
}

/* ---- the model ---- */

static void fake_arrived(void *of_server, Connection *connection)
{
    FakeServer *server = of_server;
    say(server->scene, "s", connection->number);
    machine_wake(server->scene->world.machine, &server->acceptor);
}

static void fake_readable(void *of_server, Connection *connection)
{
    FakeServer *server = of_server;
    FakeConnection *fake = connection->server_side;
    say(server->scene, "r", connection->request->number);
    fake->readable = true;
    machine_wake(server->scene->world.machine, &fake->thread);
}

static void fake_gone(void *of_server, Connection *connection)
{
    FakeServer *server = of_server;
    FakeConnection *fake = connection->server_side;
    say(server->scene, "g", connection->number);
    fake->gone = true;
    machine_wake(server->scene->world.machine, &fake->thread);
}

static const ServerModel fake_model = {
    .name = "fake", .arrived = fake_arrived, .readable = fake_readable, .gone = fake_gone};

/* ---- scenes ---- */

Scene *scene_new(size_t memory)
{
    Mem *mem = mem_new(memory);
    Scene *scene = mem_get(mem, sizeof *scene);
    scene->mem = mem;
    buf_init(&scene->log, mem, 1 << 20);
    scene->mix[0] = (SpecMix){0, 1};
    scene->mix[1] = (SpecMix){1, 1};
    for (int i = 0; i < MOST_STREAMS; i++) {
        scene->arrivals[i].mix = scene->mix;
        scene->arrivals[i].mix_count = 1;
    }
    for (int i = 0; i < 2; i++)
        scene->resources[i].queue = -1;
    scene->server.backlog = 511;
    Spec *spec = &scene->spec;
    spec->seed = 1;
    spec->duration = TIME_NEVER;
    spec->machine = (SpecMachine){.cores = 1, .scheduler = SCHED_FIFO, .time_slice = 4 * TIME_MS};
    spec->handler_count = 2;
    spec->arrivals = scene->arrivals;
    spec->stream_count = 1;
    spec->resources = scene->resources;
    spec->resource_count = 2;
    return scene;
}

void scene_start(Scene *scene)
{
    World *world = &scene->world;
    FakeServer *server = mem_get(scene->mem, sizeof *server);
    world->mem = scene->mem;
    world->spec = &scene->spec;
    world->config = &scene->server;
    world->probe = &scene->probe;
    world->model = &fake_model;
    world->server = server;
    kernel_init(&world->kernel);
    pool_init(&server->connections, scene->mem, sizeof(FakeConnection));
    scene->stats = stats_new(scene->mem, &scene->spec, NULL, scene->warmup);
    probe_init(&scene->probe, &world->kernel, scene->stats);
    world->machine = machine_new(scene->mem, &world->kernel, &scene->spec.machine, &scene->probe);
    world->clients = clients_new(world);
    world->resources = resources_new(world);
    server->scene = scene;
    server->acceptor.resume = acceptor_resumes;
    server->acceptor.kind = THREAD_ACCEPTOR;
    machine_start(world->machine, &server->acceptor);
    event_bind(&server->closes, on_close_all, RANK_WORLD);
    if (scene->closes_at > 0)
        kernel_at(&world->kernel, &server->closes, scene->closes_at);
    clients_start(world->clients);
}

static void log_changes(Scene *scene, uint64_t *before, uint64_t after, const char *what)
{
    for (; *before < after; ++*before)
        say(scene, what, 0);
}

/* What happened to requests since the last event; and the accounting that always holds. */
static void log_outcomes(Scene *scene)
{
    HandlerStats sum = {.arrived = 0}, *before = &scene->before;
    for (int i = 0; i < scene->spec.handler_count; i++) {
        const HandlerStats *of = &scene->stats->handlers[i];
        sum.arrived += of->arrived;
        sum.completed += of->completed;
        sum.failed += of->failed;
        sum.refused += of->refused;
        sum.timed_out += of->timed_out;
        sum.retried += of->retried;
        sum.in_flight += of->in_flight;
    }
    log_changes(scene, &before->completed, sum.completed, "ok");
    log_changes(scene, &before->failed, sum.failed, "failed");
    log_changes(scene, &before->refused, sum.refused, "refused");
    log_changes(scene, &before->timed_out, sum.timed_out, "timeout");
    log_changes(scene, &before->retried, sum.retried, "retry");
    ck_assert_uint_eq(sum.arrived, sum.completed + sum.failed + sum.refused + sum.timed_out + sum.in_flight);
}

const char *scene_run(Scene *scene, Time until)
{
    Kernel *kernel = &scene->world.kernel;
    if (scene->quiet) {
        kernel_run(kernel, until, UINT64_MAX, NULL);
        return buf_string(&scene->log);
    }
    while (kernel_run(kernel, until, kernel->taken + 1, NULL) == KERNEL_LIMIT)
        log_outcomes(scene);
    log_outcomes(scene);
    return buf_string(&scene->log);
}

void scene_end(Scene *scene)
{
    mem_delete(scene->mem);
}

const Dist *always(Scene *scene, Time value)
{
    return dist_constant(scene->mem, value);
}

/* ---- what tests say ---- */

void arrive_at(Scene *scene, size_t n, const Time at[])
{
    SpecArrival *list = mem_get(scene->mem, n * sizeof *list);
    for (size_t i = 0; i < n; i++)
        list[i] = (SpecArrival){at[i], -1};
    scene->arrivals[0].kind = ARRIVE_AT;
    scene->arrivals[0].at = list;
    scene->arrivals[0].at_count = n;
}

Scene *simple(Time service)
{
    Scene *scene = scene_new(1 << 26);
    scene->service = always(scene, service);
    return scene;
}

Time part_of(const Scene *scene, uint64_t request, Part part)
{
    for (int i = 0; i < scene->stats->slow_count; i++) {
        if (scene->stats->slowest[i].request == request)
            return scene->stats->slowest[i].part[part];
    }
    ck_abort_msg("no such request among the slowest");
    return 0;
}

void is(Scene *scene, Time until, const char *log)
{
    scene_start(scene);
    ck_assert_str_eq(scene_run(scene, until), log);
}

void retry_syns(Scene *scene, Time first, Time second)
{
    scene->spec.network.syn_retry[0] = first;
    scene->spec.network.syn_retry[1] = second;
    scene->spec.network.syn_retries = 2;
}

Scene *closed(int64_t clients, Time think, Time service)
{
    Scene *scene = simple(service);
    scene->arrivals[0].kind = ARRIVE_CLIENTS;
    scene->arrivals[0].clients = clients;
    scene->arrivals[0].think = think > 0 ? always(scene, think) : NULL;
    return scene;
}
