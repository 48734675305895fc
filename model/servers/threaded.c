#include "threaded.h"

#include "../observe/probe.h"

void threaded_init(Threaded *server, World *world, const ServingHooks *hooks, int64_t stack, bool parallel_io)
{
    server->world = world;
    server->hooks = hooks;
    server->stack = stack > 0 ? stack : machine_costs(world->machine)->thread_memory;
    server->parallel_io = parallel_io;
    vm_shared_init(&server->shared, world);
}

bool threaded_fits(Threaded *server, Connection *connection)
{
    World *world = server->world;
    if (machine_fits(world->machine, server->stack + machine_costs(world->machine)->connection_memory))
        return true;
    world_refuse(world, connection);
    return false;
}

Strand *unread_strand(const Connection *connection)
{
    return connection->unread ? &connection->request->account : NULL;
}

/* ---- the acceptor ---- */

enum { ACCEPTOR_LOOKS, ACCEPTOR_HAS_PAID, ACCEPTOR_HAS_WOKEN };

static Need pays(Time cost)
{
    return need_overhead(cost);
}

static Need acceptor_resume(Thread *thread)
{
    Acceptor *acceptor = CONTAINER_OF(thread, Acceptor, thread);
    Threaded *server = CONTAINER_OF(acceptor, Threaded, acceptor);
    World *world = server->world;
    const Costs *costs = machine_costs(world->machine);
    for (;;) {
        if (acceptor->stage == ACCEPTOR_LOOKS) {
            if (world_backlog(world) == NULL || (acceptor->may != NULL && !acceptor->may(server)))
                return (Need){.kind = NEED_WAIT};
            acceptor->connection = world_take(world);
            acceptor->stage = ACCEPTOR_HAS_PAID;
            thread->strand = unread_strand(acceptor->connection);
            if (costs->accept + acceptor->extra > 0)
                return pays(costs->accept + acceptor->extra);
        }
        if (acceptor->stage == ACCEPTOR_HAS_PAID) {
            note_part(world->probe, thread->strand, PART_ACCEPT_WAIT);
            thread->strand = NULL;
            acceptor->stage = ACCEPTOR_HAS_WOKEN;
            if (acceptor->accept(server, acceptor->connection) && costs->wake > 0)
                return pays(costs->wake);
        }
        acceptor->stage = ACCEPTOR_LOOKS;
    }
}

void acceptor_start(Threaded *server, Station *full)
{
    World *world = server->world;
    Thread *thread = &server->acceptor.thread;
    thread->resume = acceptor_resume;
    thread->kind = THREAD_ACCEPTOR;
    thread->number = 1;
    thread->memory = machine_costs(world->machine)->thread_memory;
    machine_start(world->machine, thread);
    if (full != NULL)
        blame_asleep(world->probe->blame, thread, full);
}

void acceptor_wake(Threaded *server)
{
    machine_wake(server->world->machine, &server->acceptor.thread);
}

void threaded_arrived(void *server, Connection *connection)
{
    (void)connection;
    acceptor_wake(server);
}

Station *threaded_accepts(void *opaque, const Connection *connection)
{
    Threaded *server = opaque;
    (void)connection;
    return note_thread_station(server->world->probe, &server->acceptor.thread);
}

/* ---- a thread that has a connection of its own ---- */

ServingNext own_next(Serving *serving)
{
    ConnectionThread *thread = CONTAINER_OF(serving, ConnectionThread, serving);
    return serving_next(serving, thread->end_of_file);
}

void own_answered(Serving *serving)
{
    ConnectionThread *thread = CONTAINER_OF(serving, ConnectionThread, serving);
    serving->request = thread->pending;
    thread->pending = NULL;
}

void own_closed(Serving *serving)
{
    (void)serving;
}

bool own_request(ConnectionThread *thread, Request *request)
{
    if (thread->serving.request != NULL) {
        thread->pending = request;
        return false;
    }
    thread->serving.request = request;
    return true;
}

bool own_end(ConnectionThread *thread)
{
    thread->end_of_file = true;
    return thread->serving.at == SERVING_ASKS;
}
