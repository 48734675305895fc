/* Microtasks and promises of the naive simulator, and the bodies that run on its loop. */
#include "naive_loop.h"

#include <check.h>
#include <string.h>

void naive_enqueue(Loop *loop, Reaction reaction)
{
    ck_assert_int_lt(loop->jobs, LIST_MOST);
    loop->job[loop->jobs++] = reaction;
}

Promise *naive_promise(Sim *sim)
{
    return mem_get(sim->mem, sizeof(Promise));
}

void naive_then(Loop *loop, Promise *promise, void (*job)(Loop *, void *, int, bool), void *who, int index)
{
    Reaction reaction = {job, who, index, promise->rejected};
    if (promise->settled)
        naive_enqueue(loop, reaction);
    else
        promise->reaction[promise->reactions++] = reaction;
}

void naive_settle(Loop *loop, Promise *promise, bool rejected)
{
    if (promise->settled)
        return;
    promise->settled = true;
    promise->rejected = rejected;
    for (int i = 0; i < promise->reactions; i++) {
        promise->reaction[i].rejected = rejected;
        naive_enqueue(loop, promise->reaction[i]);
    }
}

/* The activation goes on after its await. */
void naive_resume(Loop *loop, void *who, int index, bool rejected)
{
    (void)index;
    naive_step_over(who, rejected);
    loop->running = who;
}

void naive_await(Act *act, Promise *promise)
{
    naive_then(act->loop, promise, naive_resume, act, 0);
}

void naive_lock_job(Loop *loop, Act *act)
{
    naive_enqueue(loop, (Reaction){naive_resume, act, 0, false});
}

typedef struct Combination {
    const char *kind;
    int left;
    Promise *result;
} Combination;

static void element_settled(Loop *loop, void *who, int index, bool rejected)
{
    Combination *all = who;
    (void)index;
    all->left--;
    if (strcmp(all->kind, "race") == 0)
        naive_settle(loop, all->result, rejected);
    else if (strcmp(all->kind, "all") == 0 && rejected)
        naive_settle(loop, all->result, true);
    else if (strcmp(all->kind, "any") == 0 && !rejected)
        naive_settle(loop, all->result, false);
    else if (all->left == 0)
        naive_settle(loop, all->result, strcmp(all->kind, "any") == 0);
}

Promise *naive_combine(Loop *loop, const char *kind, int n, Promise *const of[])
{
    Combination *all = mem_get(loop->sim->mem, sizeof *all);
    *all = (Combination){kind, n, naive_promise(loop->sim)};
    for (int i = 0; i < n; i++)
        naive_then(loop, of[i], element_settled, all, i);
    return all->result;
}

/* An element of a combination: its body as an async function, called at once. */
Promise *naive_start(Act *caller, const Json *body, uint64_t path)
{
    Loop *loop = caller->loop;
    Act *act = naive_act(caller->sim, caller->req);
    act->body = body;
    act->path = path;
    act->caller = caller;
    act->loop = loop;
    act->doer = loop->doer;
    act->result = naive_promise(caller->sim);
    loop->running = act;
    return act->result;
}

static void handler_over(Loop *loop, Act *act, bool threw)
{
    loop->answers = act;
    loop->threw = threw;
    if (!act->req->responded || act->req->too_late) {
        loop->owes += loop->sim->cost->write;
        loop->written += loop->bare;
    }
}

void naive_answer(Loop *loop)
{
    Req *req = loop->answers->req;
    loop->answers = NULL;
    if (!req->responded)
        naive_respond(loop->sim, req, loop->threw, req->conn->stream->response_bytes);
}

/* True: it has to compute, or is blocked, and nothing else on the loop goes on. */
bool naive_run_activation(Loop *loop)
{
    Act *act = loop->running;
    How how = naive_go_on(act);
    if (how == BLOCKS || (how == COMPUTES && loop->running == act))
        return true;
    if (how == COMPUTES)
        return false;
    loop->running = act->caller;
    act->caller = NULL; /* it goes on from the loop now */
    if (how == WAITS)
        return false;
    if (act->result != NULL)
        naive_settle(loop, act->result, how == THREW);
    else
        handler_over(loop, act, how == THREW);
    return false;
}
