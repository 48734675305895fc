#include "serving.h"

#include "../observe/probe.h"
#include "threaded.h"

static const Need waits = {.kind = NEED_WAIT};

/* ---- a thread that serves ---- */

static bool read_request(Serving *serving, Need *need)
{
    Vm *vm = &serving->vm;
    Time cost = vm->shared->costs->read;
    if (!serving->paid)
        note_serve(vm->shared->probe, &serving->thread, serving->request);
    if (!serving->paid && cost > 0) {
        serving->paid = true;
        serving->thread.strand = &serving->request->account;
        *need = need_overhead(cost);
        return false;
    }
    serving->paid = false;
    note_begin(vm->shared->probe, serving->request);
    serving->job = job_begin(vm, serving->request);
    serving->at = SERVING_RUN;
    return true;
}

static bool wake_next(Vm *vm)
{
    Micro micro;
    if (!ring_pop(&vm->arrived, &micro))
        return false;
    micro_run(vm, &micro);
    job_release(micro.job);
    return true;
}

/* The handler has ended: the response. Where that left at request_timeout, an error, its cost is paid now. */
static bool answer(Serving *serving, Need *need)
{
    Vm *vm = &serving->vm;
    Time cost = vm->shared->costs->write;
    Job *job = vm->finished;
    if (!serving->paid && (!job->answered || job->too_late) && cost > 0) {
        serving->paid = true;
        serving->thread.strand = vm->finished_by;
        *need = need_overhead(cost);
        return false;
    }
    serving->paid = false;
    vm->finished = NULL;
    serving->thread.strand = NULL;
    serving->at = SERVING_DRAINS;
    job_answer(vm, job, vm->finished_by, vm->shared->response_bytes(vm->shared, job),
               vm->finished_failed || job->unhandled > 0);
    return true;
}

/* Walks what there is to walk, and sleeps until more of it arrives. True: the handler has ended (vm.finished), or
 * `ended` holds. */
static bool walk(Serving *serving, Need *need, bool (*ended)(const Serving *serving))
{
    Vm *vm = &serving->vm;
    vm->asleep = false;
    while (vm->finished == NULL || vm->top != NULL) {
        switch (vm_run(vm)) {
        case VM_NEEDS: *need = serving->need; return false;
        case VM_EXIT: /* a spin: the run ends */ serving->at = SERVING_EXIT; return true;
        case VM_EMPTY: break;
        }
        if (vm->threw) { /* a callback's error: the request fails */
            vm->threw = false;
            job_fail(vm, vm->threw_in, vm->threw_on);
            job_release(vm->threw_in);
        }
        if (vm->finished != NULL || ended(serving))
            break;
        if (wake_next(vm))
            continue;
        vm->asleep = true;
        *need = (Need){.kind = NEED_WAIT, .blocked = true};
        return false;
    }
    return true;
}

static bool never(const Serving *serving)
{
    (void)serving;
    return false;
}

static bool run_handler(Serving *serving, Need *need)
{
    if (!walk(serving, need, never))
        return false;
    return serving->at == SERVING_EXIT || answer(serving, need);
}

/* With parallel_io, branches that nobody waits for any more may still be under way: the thread stays until they are
 * over. */
static bool only_we_hold(const Serving *serving)
{
    return serving->vm.top == NULL && serving->job->roots == 1;
}

static bool drain(Serving *serving, Need *need)
{
    if (!only_we_hold(serving) && !walk(serving, need, only_we_hold))
        return false;
    serving->vm.finished = NULL;
    if (serving->at == SERVING_DRAINS)
        serving->at = SERVING_ANSWERED;
    return true;
}

static bool close_connection(Serving *serving, Need *need)
{
    World *world = serving->vm.shared->world;
    Time cost = serving->vm.shared->costs->close;
    if (!serving->paid && cost > 0) {
        serving->paid = true;
        serving->thread.strand = NULL;
        *need = need_overhead(cost);
        return false;
    }
    serving->paid = false;
    world_closed(world, serving->connection);
    serving->connection = NULL;
    serving->at = SERVING_ASKS;
    serving->hooks->closed(serving);
    return true;
}

static bool ask(Serving *serving, Need *need)
{
    switch (serving->hooks->next(serving)) {
    case NEXT_REQUEST: serving->at = SERVING_READ; return true;
    case NEXT_CLOSE: serving->at = SERVING_CLOSED; return true;
    case NEXT_EXIT: serving->at = SERVING_EXIT; return true;
    case NEXT_WAIT: break;
    }
    serving->thread.strand = NULL;
    *need = waits;
    return false;
}

/* Each part says whether it is through (then the next one begins at once) or what the thread needs. */
static Need serving_resume(Thread *thread)
{
    Serving *serving = CONTAINER_OF(thread, Serving, thread);
    Need need = waits;
    for (;;) {
        bool through = true;
        switch (serving->at) {
        case SERVING_ASKS: through = ask(serving, &need); break;
        case SERVING_READ: through = read_request(serving, &need); break;
        case SERVING_RUN: through = run_handler(serving, &need); break;
        case SERVING_DRAINS: through = drain(serving, &need); break;
        case SERVING_ANSWERED:
            note_serve(serving->vm.shared->probe, thread, NULL);
            serving->at = SERVING_ASKS;
            serving->request = NULL;
            job_release(serving->job);
            serving->hooks->answered(serving);
            break;
        case SERVING_CLOSED: through = close_connection(serving, &need); break;
        case SERVING_EXIT:
            if (serving->paid || serving->vm.shared->costs->exit == 0)
                return (Need){.kind = NEED_EXIT};
            serving->paid = true;
            return need_overhead(serving->vm.shared->costs->exit);
        }
        if (!through)
            return need;
    }
}

static void serving_gone(Thread *thread)
{
    Serving *serving = CONTAINER_OF(thread, Serving, thread);
    serving->hooks->gone(serving);
}

void serving_init(Serving *serving, Threaded *server, ThreadKind kind, uint32_t number, int64_t memory)
{
    serving->hooks = server->hooks;
    serving->server = server;
    serving->cause = -1;
    serving->thread.resume = serving_resume;
    serving->thread.gone = serving_gone;
    serving->thread.kind = kind;
    serving->thread.number = number;
    serving->thread.memory = memory;
    vm_init(&serving->vm, &server->shared, &serving->thread, NULL, &serving->need);
    serving->vm.parallel_io = server->parallel_io;
}

void serving_held(Serving *serving, int cause)
{
    Station *threads = serving->server->held;
    if (threads == NULL || serving->cause == cause)
        return;
    if (serving->cause >= 0)
        station_free(threads, serving->cause);
    if (cause >= 0)
        station_hold(threads, cause);
    serving->cause = cause;
}

int serving_cause(const Serving *serving)
{
    return serving->request != NULL      ? cause_of(&serving->request->account, CAUSE_UNKNOWN)
           : serving->connection != NULL ? CAUSE_IDLE_CONNECTION
                                         : CAUSE_THREAD;
}

ServingNext serving_next(Serving *serving, bool end_of_file)
{
    bool closes = serving->request == NULL && end_of_file;
    serving_held(serving, closes ? CAUSE_THREAD : serving_cause(serving));
    return serving->request != NULL ? NEXT_REQUEST : closes ? NEXT_CLOSE : NEXT_WAIT;
}
