/* explain_why: which rule of the loop put one printed line before another. */
#include "explain.h"

#include <string.h>

static ExplainWhy why(const Explanation *explanation, const char *rule, Buf *because)
{
    (void)explanation;
    return (ExplainWhy){.rule = rule, .because = buf_string(because)};
}

static const char *phase_of(const ExplainStep *step)
{
    return step->phase < PHASES ? phase_name[step->phase] : "no";
}

static void put_ms(Buf *buf, Time ns)
{
    buf_fixed(buf, ns / 10000, 2);
    buf_text(buf, " ms");
}

/* Both in what runs at the end of one callback: ticks and microtasks. */
static ExplainWhy within_one_drain(const Explanation *explanation, const ExplainStep *a, const ExplainStep *b, Buf *buf)
{
    if (a->kind == EXPLAIN_EVENT || b->kind == EXPLAIN_EVENT) {
        buf_text(buf, "The events of process for errors and rejections are emitted at a fixed place: an uncaught "
                      "error's at once, those of rejections only when "
                      "ticks and microtasks are through.");
        return why(explanation, "events of process", buf);
    }
    if (a->kind == b->kind) {
        const char *queue = a->kind == EXPLAIN_TICK ? "tick" : "microtask";
        buf_f(buf,
              "Both are %ss. The %s queue is first in, first out: the one that was queued first runs first, and what "
              "is queued while it is worked "
              "off goes to its end.",
              queue, queue);
        return why(explanation,
                   a->kind == EXPLAIN_TICK ? "first in, first out of the tick queue"
                                           : "first in, first out of the microtask queue",
                   buf);
    }
    if (a->kind == EXPLAIN_TICK) {
        buf_text(buf, "When a callback has returned, Node first works off all ticks (process.nextTick), then all "
                      "microtasks (promises, queueMicrotask).");
        return why(explanation, "ticks before microtasks", buf);
    }
    buf_text(buf, "Once microtasks are being worked off, all of them run, those they queue as well; a tick that was "
                  "queued meanwhile waits until there is none.");
    return why(explanation, "all microtasks before the next tick", buf);
}

static ExplainWhy drained_after(const Explanation *explanation, const ExplainStep *b, Buf *buf)
{
    buf_f(
        buf,
        "A callback runs to its end without interruption. What it queues as a %s waits until the call stack is empty.",
        b->kind == EXPLAIN_TICK ? "tick" : "microtask");
    return why(explanation, "run to completion", buf);
}

static ExplainWhy same_phase(const Explanation *explanation, const ExplainStep *a, const ExplainStep *b, Buf *buf)
{
    switch (a->phase) {
    case PHASE_TIMERS:
        if (a->list_ms == b->list_ms) {
            buf_f(buf,
                  "Both timers have the same duration (%d ms): they stand in one list, in the order in which they were "
                  "started.",
                  (int)a->list_ms);
            return why(explanation, "order within a list of timers", buf);
        }
        buf_f(buf,
              "Timers of one duration stand in one list. The list whose first timer is due first is served first, and "
              "all of it that is due: here that of "
              "%d ms (due at ",
              (int)a->list_ms);
        put_ms(buf, a->ready);
        buf_f(buf, "), then that of %d ms (due at ", (int)b->list_ms);
        put_ms(buf, b->ready);
        buf_text(buf, ").");
        return why(explanation, "one list of timers before the next", buf);
    case PHASE_POLL:
        if (a->callback == CALLBACK_POOL && b->callback == CALLBACK_POOL) {
            buf_text(buf, "Both were done by workers of the pool. The loop takes all that is complete as one batch, in "
                          "the order of completion (");
            put_ms(buf, a->ready);
            buf_text(buf, " and ");
            put_ms(buf, b->ready);
            buf_text(buf, ").");
            return why(explanation, "order of completion in the pool", buf);
        }
        buf_text(buf, "Both are events of poll. The kernel reports descriptors in the order of its ready list: as they "
                      "became ready, new ones in the order in which "
                      "they were created, and one that was reported last time ahead of those that became ready since; "
                      "all completions of the pool come at the "
                      "place of the one descriptor that wakes the loop for them.");
        return why(explanation, "position in the ready list", buf);
    case PHASE_CHECK:
        buf_text(buf,
                 "Both are immediates of one check phase, which runs them in the order in which they were created.");
        return why(explanation, "first in, first out of the immediates", buf);
    case PHASE_CLOSING:
        buf_text(buf,
                 "Closed handles stand on a stack: their callbacks run in the reverse order of the calls of close.");
        return why(explanation, "last closed, first called", buf);
    default: buf_text(buf, "They ran in this order in the same phase."); return why(explanation, "same phase", buf);
    }
}

/* What the later one had to wait for. */
static void explain_later(Buf *buf, const ExplainStep *b)
{
    switch (b->callback) {
    case CALLBACK_TIMER:
        buf_text(buf, " Its timer was due at ");
        put_ms(buf, b->ready);
        buf_text(buf, "; timers run once in an iteration, and those that fall due after the pass has begun wait for "
                      "the next one.");
        break;
    case CALLBACK_IMMEDIATE:
        buf_text(buf, " An immediate runs in the next check phase that begins after it was created; one that is "
                      "created in a check phase waits for the next iteration.");
        break;
    case CALLBACK_IO:
    case CALLBACK_REQUEST:
    case CALLBACK_CONNECTION:
        buf_text(buf, " Its descriptor was ready at ");
        put_ms(buf, b->ready);
        buf_text(buf,
                 "; poll reports what is ready when it looks, and what becomes ready later waits for the next poll.");
        break;
    case CALLBACK_POOL:
        buf_text(buf, " Its work in the pool was done at ");
        put_ms(buf, b->ready);
        buf_text(buf, "; poll reports what is done when it looks, and what is done later waits for the next poll.");
        break;
    case CALLBACK_CLOSE:
        buf_text(buf, " Close callbacks run at the end of the iteration, after poll and check; a handle that is closed "
                      "later waits for the next one.");
        break;
    default: break;
    }
}

static ExplainWhy across_callbacks(const Explanation *explanation, const ExplainStep *a, const ExplainStep *b, Buf *buf)
{
    if (a->kind == EXPLAIN_MAIN && a->iteration == 0) {
        buf_text(buf, "The main script runs to its end, and the ticks and microtasks that it queued after it, before "
                      "the loop begins: no timer and no I/O callback "
                      "comes in between.");
        return why(explanation, "main before the loop", buf);
    }
    if (a->visit == b->visit && a->phase == b->phase)
        return same_phase(explanation, a, b, buf);
    if (a->iteration == b->iteration) {
        buf_f(buf,
              "Both ran in iteration %u of the loop: the first in its %s phase, the other in its %s phase. The order "
              "of the phases is %s.",
              (unsigned)a->iteration, phase_of(a), phase_of(b),
              explanation->legacy ? "timers, poll, check (immediates), closing"
                                  : "poll, check (immediates), closing, timers");
        return why(explanation, "order of the phases", buf);
    }
    buf_f(buf, "The first ran in iteration %u (%s phase), the other in iteration %u (%s phase).",
          (unsigned)a->iteration, phase_of(a), (unsigned)b->iteration, phase_of(b));
    explain_later(buf, b);
    return why(explanation, "an earlier iteration", buf);
}

ExplainWhy explanation_why(const Explanation *explanation, const ExplainStep *a, const ExplainStep *b)
{
    Buf buf;
    const ExplainStep *macro_a = a->after != NULL ? a->after : a, *macro_b = b->after != NULL ? b->after : b;
    buf_init(&buf, explanation->mem, 1 << 20);
    if (a == b) {
        buf_text(&buf, "Both lines are printed by the same run of the same code, one statement after the other; "
                       "nothing can come in between.");
        return why(explanation, "same callback", &buf);
    }
    if (b->kind == EXPLAIN_EVENT && (strcmp(b->name, "exit") == 0 || strcmp(b->name, "beforeExit") == 0)) {
        buf_f(&buf, "'%s' is emitted when %s.", b->name,
              b->name[0] == 'e' ? "the process ends: after everything else" : "nothing keeps the loop alive any more");
        return why(explanation, "end of the process", &buf);
    }
    if (macro_a == macro_b)
        return a == macro_a ? b->kind == EXPLAIN_EVENT ? within_one_drain(explanation, a, b, &buf)
                                                       : drained_after(explanation, b, &buf)
                            : within_one_drain(explanation, a, b, &buf);
    if (a != macro_a) {
        buf_f(&buf,
              "The first is a %s of an earlier callback: ticks and microtasks are worked off at the end of each "
              "callback, before the loop goes on to the next. ",
              a->kind == EXPLAIN_TICK        ? "tick"
              : a->kind == EXPLAIN_MICROTASK ? "microtask"
                                             : "event");
        ExplainWhy rest = across_callbacks(explanation, macro_a, macro_b, &buf);
        return (ExplainWhy){.rule = macro_a->iteration == 0 ? rest.rule : "queues are emptied before the next callback",
                            .because = rest.because};
    }
    return across_callbacks(explanation, macro_a, macro_b, &buf);
}
