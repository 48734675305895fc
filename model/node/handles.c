/* handles: what a program may open, and the servers that programs run (program.md, 5; semantics.md, 5 and 14). */
#include "node.h"

#include "../observe/probe.h"

/* ---- handles with a close callback ---- */

Handle *handle_new(Node *node, Job *job)
{
    Handle *handle = heap_get(job, HEAP_HANDLE, sizeof *handle);
    handle->vm = &node->vm;
    handle->job = job;
    handle->ref = true;
    node->loop.handles++;
    return handle;
}

Closing *closing_new(Job *job)
{
    return heap_get(job, HEAP_PLAIN, sizeof(Closing));
}

static CoRet co_closed(Loop *loop, Co *co)
{
    Handle *handle = CONTAINER_OF((Closing *)co->p, Handle, closing);
    Node *node = loop->owner;
    CO_BEGIN(co);
    if (handle->closure != NULL) {
        loop->thread.strand = handle->strand;
        note_arrives(loop->probe, &loop->thread, handle->hop);
        note_callback(loop->probe, &loop->thread, CALLBACK_CLOSE, handle->closed, handle->strand,
                      handle->closure->func->name);
        CO_CPU(loop, co, loop->costs->callback);
        node->scope_depth++;
        frame_call(&node->vm, handle->closure, handle->strand, FRAME_BASE, 0, NULL);
        CO_UNTIL(loop, co, node_run(node));
        node->scope_depth--;
        CO_CALL(loop, co, co_scope_end, NULL, 0);
        note_callback_end(loop->probe, &loop->thread);
    }
    job_release(handle->job);
    CO_END;
}

const Closure *closing_callback(const Closing *closing)
{
    return closing->done == co_closed ? CONTAINER_OF(closing, Handle, closing)->closure : NULL;
}

void handle_close(Node *node, Handle *handle, Closure *closure, Frame *frame)
{
    if (handle->closed_already)
        return;
    handle->closed_already = true;
    node->loop.handles -= handle->ref;
    handle->closure = closure;
    handle->closed = node->loop.kernel->now;
    if (closure != NULL) {
        handle->strand = strand_fork(&node->vm, frame->job, frame->strand);
        note_behind(node->loop.probe, handle->strand, &node->loop.thread);
        handle->hop = note_leaves(node->loop.probe, &node->loop.thread, handle->strand);
    }
    handle->closing.done = co_closed;
    job_hold(handle->job);
    loop_close(&node->loop, &handle->closing);
}

void request_close(Node *node, Op *op, Closure *closure, Frame *frame)
{
    if (op->cancelled || op->info->kind != IO_NET)
        return;
    op_cancel(&node->vm, op);
    Handle *handle = handle_new(node, frame->job);
    /* Its own closing has just been queued without a callback: this one takes its place in the order. */
    handle_close(node, handle, closure, frame);
}

void handle_ref(Node *node, Handle *handle, bool ref)
{
    if (handle->closed_already || handle->ref == ref)
        return;
    handle->ref = ref;
    node->loop.handles += ref ? 1 : -1;
}

/* ---- requests that come at given times: one descriptor each ---- */

typedef struct Serving {
    Fd fd;
    Event event;
    Node *node;
    Job *job;
    Closure *closure;
    double number;
    uint64_t hop;
    bool *accepted;
    struct Listening *listening;
    struct Serving *next; /* of all there were */
} Serving;

/* It stays until the end of the program: the kernel and the loop know it. */
static Serving *serving_at(Node *node, Job *job)
{
    Serving *serving = arena_get(&job->heap, sizeof *serving);
    serving->node = node;
    serving->job = job;
    serving->next = node->servings;
    node->servings = serving;
    return serving;
}

/* One callback scope with one number as its argument. co->p: the Serving; co->i: which callback. */
static CoRet co_serving(Loop *loop, Co *co)
{
    Serving *serving = co->p;
    Node *node = loop->owner;
    Value number = value_number(serving->number);
    CO_BEGIN(co);
    note_arrives(loop->probe, &loop->thread, serving->hop);
    note_callback(loop->probe, &loop->thread, CALLBACK_REQUEST, serving->fd.ready_at, NULL,
                  serving->closure->func->name);
    CO_CPU(loop, co, loop->costs->callback);
    node->scope_depth++;
    number = value_number(serving->number);
    frame_call(&node->vm, serving->closure, NULL, FRAME_BASE, 1, &number);
    CO_UNTIL(loop, co, node_run(node));
    node->scope_depth--;
    CO_CALL(loop, co, co_scope_end, NULL, 0);
    note_callback_end(loop->probe, &loop->thread);
    CO_END;
}

static CoRet co_request(Loop *loop, Co *co)
{
    Serving *serving = CONTAINER_OF((Fd *)co->p, Serving, fd);
    CO_BEGIN(co);
    fd_close(loop, &serving->fd);
    loop->handles--;
    loop_close(loop, closing_new(serving->job));
    CO_CALL(loop, co, co_serving, serving, 0);
    CO_END;
}

static void request_arrives(Event *event)
{
    Serving *serving = CONTAINER_OF(event, Serving, event);
    fd_ready(&serving->node->loop, &serving->fd);
}

static Serving *serving_new(Node *node, Frame *frame, double number, Closure *closure, CoFn *dispatch)
{
    Serving *serving = serving_at(node, frame->job);
    serving->number = number;
    serving->closure = closure;
    fd_init(&serving->fd, dispatch);
    return serving;
}

void serve(Node *node, Frame *frame, int n, const Value times[], Closure *handler)
{
    for (int i = 0; i < n; i++) {
        Serving *serving = serving_new(node, frame, i + 1, handler, co_request);
        fd_watch(&node->loop, &serving->fd);
        node->loop.handles++;
        serving->hop = note_leaves(node->loop.probe, &node->loop.thread, NULL);
        event_bind(&serving->event, request_arrives, RANK_WORLD);
        kernel_at(node->loop.kernel, &serving->event, node->loop.kernel->now + value_to_time(times[i]));
    }
}

/* ---- a listening socket and its clients: each connects and sends at once ---- */

typedef struct Listening {
    Fd fd;
    Node *node;
    Job *job;
    Closure *on_connection, *on_request;
    Serving **connection; /* accepted, by number - 1 */
    int planned, backlog, accepted, left;
    struct Listening *before; /* the socket that the program opened before this one */
} Listening;

static CoRet co_readable(Loop *loop, Co *co)
{
    Serving *serving = CONTAINER_OF((Fd *)co->p, Serving, fd);
    CO_BEGIN(co);
    fd_clear(loop, &serving->fd);
    serving->closure = serving->listening->on_request;
    CO_CALL(loop, co, co_serving, serving, 0);
    CO_END;
}

static void accept_one(Loop *loop, Listening *listening)
{
    Node *node = loop->owner;
    Serving *serving = serving_at(node, listening->job);
    serving->listening = listening;
    serving->closure = listening->on_connection;
    fd_init(&serving->fd, co_readable);
    listening->connection[listening->accepted++] = serving;
    serving->number = listening->accepted;
    loop->handles++;
    fd_watch(loop, &serving->fd);
    fd_ready(loop, &serving->fd);
}

/* libuv >= 1.45 accepts one connection a report; before that, until there is none. co->i: so many more. */
static CoRet co_listening(Loop *loop, Co *co)
{
    Listening *listening = CONTAINER_OF((Fd *)co->p, Listening, fd);
    CO_BEGIN(co);
    co->i = loop->legacy ? listening->backlog : 1;
    while (co->i-- > 0) {
        if (--listening->backlog == 0)
            fd_clear(loop, &listening->fd);
        accept_one(loop, listening);
        if (listening->on_connection != NULL)
            CO_CALL(loop, co, co_serving, listening->connection[listening->accepted - 1], 0);
        else
            CO_CPU(loop, co, loop->costs->callback);
    }
    CO_END;
}

typedef struct Client {
    Event event;
    Listening *listening;
} Client;

static void client_connects(Event *event)
{
    Listening *listening = CONTAINER_OF(event, Client, event)->listening;
    listening->backlog++;
    fd_ready(&listening->node->loop, &listening->fd);
}

void listen_at(Node *node, Frame *frame, int n, const Value times[], Closure *on_connection, Closure *on_request)
{
    Listening *listening = arena_get(&frame->job->heap, sizeof *listening);
    listening->node = node;
    listening->job = frame->job;
    listening->on_connection = on_connection;
    listening->on_request = on_request;
    listening->planned = listening->left = n;
    listening->connection =
        arena_get(&frame->job->heap, mem_array(node->vm.shared->mem, (size_t)n + 1, sizeof *listening->connection));
    fd_init(&listening->fd, co_listening);
    fd_watch(&node->loop, &listening->fd);
    node->loop.handles++;
    listening->before = node->listening;
    node->listening = listening;
    for (int i = 0; i < n; i++) {
        Client *client = arena_get(&frame->job->heap, sizeof *client);
        client->listening = listening;
        event_bind(&client->event, client_connects, RANK_WORLD);
        kernel_at(node->loop.kernel, &client->event, node->loop.kernel->now + value_to_time(times[i]));
    }
    if (!node->exiting) { /* 'listening' is emitted in a tick */
        node->tick_scheduled = true;
        job_hold(frame->job);
        ring_push(&node->ticks, (Micro){.kind = MICRO_CALL, .job = frame->job});
    }
}

/* Destroys the connection; the server closes with the last one. */
void listen_respond(Node *node, double number)
{
    Listening *listening = node->listening;
    if (listening == NULL || !(number >= 1 && number <= listening->accepted))
        return;
    Serving *serving = listening->connection[(int)number - 1];
    if (!serving->fd.open)
        return;
    fd_close(&node->loop, &serving->fd);
    node->loop.handles--;
    loop_close(&node->loop, closing_new(serving->job));
    if (--listening->left > 0)
        return;
    fd_close(&node->loop, &listening->fd);
    node->loop.handles--;
    loop_close(&node->loop, closing_new(listening->job));
}

void handles_mark(const Node *node, Heap *heap)
{
    for (const Serving *serving = node->servings; serving != NULL; serving = serving->next)
        heap_mark(heap, serving->closure);
    for (const Listening *listening = node->listening; listening != NULL; listening = listening->before) {
        heap_mark(heap, listening->on_connection);
        heap_mark(heap, listening->on_request);
    }
}
