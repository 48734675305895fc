/* Resources: a latency, so many calls at once, a FIFO of bounded length in front of them, errors and a timeout.
 *
 * A call that is timed out in the queue leaves it. One that is timed out while it is served goes back to its caller,
 * but the resource works on: a Work takes its place until its latency is over. Where both happen at one instant, the
 * call was served. */
#include "../observe/probe.h"
#include "world.h"

enum { CALL_QUEUED, CALL_SERVED, CALL_GRANTED, CALL_HELD, CALL_REJECTED }; /* Call.state */

typedef struct Resource {
    const SpecResource *spec;
    Resources *all;
    uint64_t served, queued;
    Call *first, *last;
    Station *station; /* held by those that are served */
} Resource;

typedef struct Work { /* what nobody waits for any more */
    Event event;
    Resource *resource;
    int cause; /* on whose behalf */
} Work;

struct Resources {
    World *world;
    Resource *resource;
    Pool works;
};

static void on_call_event(Event *event);
static void on_call_timeout(Event *event);

static Kernel *kernel_of(const Resource *resource)
{
    return &resource->all->world->kernel;
}

static Probe *probe_of(const Resource *resource)
{
    return resource->all->world->probe;
}

Resources *resources_new(World *world)
{
    Resources *resources = mem_get(world->mem, sizeof *resources);
    size_t count = (size_t)world->spec->resource_count;
    resources->world = world;
    resources->resource = mem_get(world->mem, mem_array(world->mem, count + 1, sizeof *resources->resource));
    pool_init(&resources->works, world->mem, sizeof(Work));
    for (size_t i = 0; i < count; i++) {
        resources->resource[i].spec = &world->spec->resources[i];
        resources->resource[i].all = resources;
        resources->resource[i].station = note_station(world->probe, CAUSE_WAKE_UP);
    }
    return resources;
}

/* ---- the queue ---- */

static void push(Resource *resource, Call *call)
{
    call->next = NULL;
    call->prev = resource->last;
    if (resource->last)
        resource->last->next = call;
    else
        resource->first = call;
    resource->last = call;
    resource->queued++;
}

static void take_out(Resource *resource, Call *call)
{
    if (call->prev)
        call->prev->next = call->next;
    else
        resource->first = call->next;
    if (call->next)
        call->next->prev = call->prev;
    else
        resource->last = call->prev;
    resource->queued--;
}

/* ---- serving ---- */

static void serve(Resource *resource, Call *call)
{
    Kernel *kernel = kernel_of(resource);
    resource->served++;
    note_hold(resource->station, cause_of(call->strand, CAUSE_UNKNOWN));
    call->started_at = kernel->now;
    if (call->enters) {
        call->state = CALL_GRANTED;
        kernel_cancel(kernel, &call->timeout);
        kernel_at(kernel, &call->event, kernel->now);
        return;
    }
    call->state = CALL_SERVED;
    note_part(probe_of(resource), call->strand, PART_RESOURCE);
    kernel_at(kernel, &call->event, kernel->now + call->latency);
}

/* A place has become free. */
static void serve_next(Resource *resource, int cause)
{
    resource->served--;
    note_free(resource->station, cause);
    Call *call = resource->first;
    if (!call)
        return;
    take_out(resource, call);
    note_call(probe_of(resource), call->strand, call->resource, -1, +1);
    serve(resource, call);
}

static void say_done(Resource *resource, Call *call)
{
    note_call_done(probe_of(resource), call->strand, call->resource, call->queued_at, call->started_at, call->failed);
}

static bool has_place(const Resource *resource)
{
    return resource->spec->concurrency == 0 || resource->served < (uint64_t)resource->spec->concurrency;
}

static void reject(Resource *resource, Call *call)
{
    call->state = CALL_REJECTED;
    call->failed = true;
    kernel_at(kernel_of(resource), &call->event, kernel_of(resource)->now);
}

static void start(Resources *resources, int number, Call *call, Rng *rng, bool enters)
{
    Resource *resource = &resources->resource[number];
    const SpecResource *spec = resource->spec;
    Time now = kernel_of(resource)->now;
    call->resource = number;
    call->at = resource;
    call->latency = dist_sample(spec->latency, rng);
    call->error = spec->error_rate > 0 && rng_unit(rng) < spec->error_rate;
    call->failed = false;
    call->enters = enters;
    call->queued_at = call->started_at = now;
    event_bind(&call->event, on_call_event, RANK_WORLD);
    event_bind(&call->timeout, on_call_timeout, RANK_WORLD);
    if (has_place(resource)) {
        note_call(probe_of(resource), call->strand, number, 0, +1);
        serve(resource, call);
    } else if (spec->queue >= 0 && resource->queued >= (uint64_t)spec->queue) {
        reject(resource, call);
        return;
    } else {
        call->state = CALL_QUEUED;
        push(resource, call);
        note_call(probe_of(resource), call->strand, number, +1, 0);
        note_wait(probe_of(resource), call->strand, PART_RESOURCE_WAIT, resource->station);
    }
    if (spec->timeout > 0 && call->state != CALL_GRANTED)
        kernel_at(kernel_of(resource), &call->timeout, now + spec->timeout);
}

void resource_call(Resources *resources, int resource, Call *call, Rng *rng)
{
    start(resources, resource, call, rng, false);
}

void resource_enter(Resources *resources, int resource, Call *call, Rng *rng)
{
    start(resources, resource, call, rng, true);
}

void resource_leave(Resources *resources, Call *call)
{
    Resource *resource = &resources->resource[call->resource];
    Time timeout = resource->spec->timeout;
    must(call->state == CALL_HELD, "a resource was left that was not entered");
    call->state = CALL_REJECTED;
    call->failed = call->error || (timeout > 0 && kernel_of(resource)->now - call->queued_at > timeout);
    note_call(probe_of(resource), call->strand, call->resource, 0, -1);
    say_done(resource, call);
    serve_next(resource, cause_of(call->strand, CAUSE_UNKNOWN));
}

/* ---- events ---- */

static void finish(Resource *resource, Call *call)
{
    kernel_cancel(kernel_of(resource), &call->timeout);
    call->failed = call->error;
    note_call(probe_of(resource), call->strand, call->resource, 0, -1);
    say_done(resource, call);
    serve_next(resource, cause_of(call->strand, CAUSE_UNKNOWN)); /* before the caller goes on, who may call again */
    call->done(call);
}

static void on_call_event(Event *event)
{
    Call *call = CONTAINER_OF(event, Call, event);
    if (call->state == CALL_SERVED) {
        finish(call->at, call);
        return;
    }
    if (call->state == CALL_GRANTED)
        call->state = CALL_HELD;
    else
        say_done(call->at, call);
    call->done(call);
}

static void on_work_over(Event *event)
{
    Work *work = CONTAINER_OF(event, Work, event);
    Resource *resource = work->resource;
    int cause = work->cause;
    pool_put(&resource->all->works, work);
    note_call(probe_of(resource), NULL, (int)(resource - resource->all->resource), 0, -1);
    serve_next(resource, cause);
}

/* The resource works on without the caller. */
static void leave_work(Resource *resource, Call *call)
{
    Work *work = pool_get(&resource->all->works);
    work->resource = resource;
    work->cause = cause_of(call->strand, CAUSE_UNKNOWN);
    event_bind(&work->event, on_work_over, RANK_WORLD);
    kernel_cancel(kernel_of(resource), &call->event);
    kernel_at(kernel_of(resource), &work->event, call->event.when);
}

static void on_call_timeout(Event *event)
{
    Call *call = CONTAINER_OF(event, Call, timeout);
    Resource *resource = call->at;
    Time now = kernel_of(resource)->now;
    if (call->state == CALL_SERVED && call->event.when == now)
        return;
    if (call->state == CALL_SERVED) {
        leave_work(resource, call);
    } else {
        take_out(resource, call);
        call->started_at = now;
        note_call(probe_of(resource), call->strand, call->resource, -1, 0);
    }
    call->failed = true;
    say_done(resource, call);
    call->done(call);
}
