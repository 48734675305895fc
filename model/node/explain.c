#include "explain.h"

#include "node.h"
#include <string.h>

const char *const explain_queue_name[EXPLAIN_QUEUES] = {
    [QUEUE_TICKS] = "ticks",   [QUEUE_MICROTASKS] = "microtasks",
    [QUEUE_TIMERS] = "timers", [QUEUE_IMMEDIATES] = "immediates",
    [QUEUE_POOL] = "pool",     [QUEUE_CLOSING] = "closing",
};

static void texts_init(ExplainTexts *texts)
{
    texts->first = NULL;
    texts->last = &texts->first;
    texts->count = 0;
}

static ExplainText *texts_add(Explanation *explanation, ExplainTexts *texts, const char *bytes, size_t size)
{
    ExplainText *text = mem_get(explanation->mem, sizeof *text);
    text->text = mem_copy(explanation->mem, bytes, size);
    text->size = size;
    *texts->last = text;
    texts->last = &text->next;
    texts->count++;
    return text;
}

static void begin_text(const Explanation *explanation, Buf *buf)
{
    buf_init(buf, explanation->mem, SIZE_MAX / 4);
}

/* ---- names ---- */

static void name_func(const Explanation *explanation, Buf *buf, const Func *func)
{
    const Program *program = explanation->node->vm.shared->program;
    buf_text(buf, func->name);
    if (func->step >= 0)
        buf_f(buf, " (line %d)", (int)program_step(program, func->step)->place.line);
}

static void name_closure(const Explanation *explanation, Buf *buf, const Closure *closure, const char *without)
{
    if (closure != NULL)
        name_func(explanation, buf, closure->func);
    else
        buf_text(buf, without);
}

static void name_reaction(const Explanation *explanation, Buf *buf, const Micro *micro)
{
    const Reaction *reaction = micro->on.reaction;
    switch (reaction->kind) {
    case REACT_THEN:
        name_closure(explanation, buf, micro->rejected ? reaction->on_rejected : reaction->on_fulfilled,
                     micro->rejected ? "a rejection passes a then" : "a value passes a catch");
        break;
    case REACT_AWAIT:
        name_func(explanation, buf, reaction->frame->func);
        buf_text(buf, " goes on after await");
        break;
    case REACT_COMBINE: buf_text(buf, "an element of all, race, any or allSettled is settled"); break;
    case REACT_FORWARD: buf_text(buf, "a promise takes over another's outcome"); break;
    case REACT_FINALLY: name_closure(explanation, buf, reaction->on_fulfilled, "finally"); break;
    case REACT_VALUE: buf_text(buf, "finally passes on what came"); break;
    case REACT_MODULE: buf_text(buf, "the module's promise"); break;
    }
}

static void name_job(const Explanation *explanation, Buf *buf, const Micro *micro)
{
    switch (micro->kind) {
    case MICRO_CALL: name_closure(explanation, buf, micro->on.closure, "one of Node's own"); break;
    case MICRO_REACT: name_reaction(explanation, buf, micro); break;
    case MICRO_RESUME:
    case MICRO_GRANTED:
        name_func(explanation, buf, micro->on.frame->func);
        buf_text(buf, " goes on after await");
        break;
    case MICRO_THENABLE: buf_text(buf, "the then of what a promise was resolved with"); break;
    case MICRO_HOPS: buf_text(buf, "fs.promises, within Node"); break;
    case MICRO_MODULE: buf_text(buf, "the module's body"); break;
    case MICRO_ARRIVED:
    case MICRO_HANDLED: buf_text(buf, "a wait that has ended"); break;
    }
}

/* ---- what stands in the queues ---- */

static void add_ring(Explanation *explanation, ExplainTexts *texts, const Ring *ring)
{
    Buf buf;
    begin_text(explanation, &buf);
    for (uint32_t i = 0; i < ring->count; i++) {
        buf_clear(&buf);
        name_job(explanation, &buf, &ring->item[(ring->first + i) & (ring->room - 1)]);
        texts_add(explanation, texts, buf_string(&buf), buf.size);
    }
    buf_free(&buf);
}

/* In the order of their lists' expiry: lists stand in a heap, so the smallest one above the last is looked for. */
static const TimerList *next_list(const Timers *timers, const TimerList *last)
{
    const TimerList *best = NULL;
    for (uint32_t i = 0; i < timers->count; i++) {
        const TimerList *list = timers->heap[i];
        bool later =
            last == NULL || list->expiry > last->expiry || (list->expiry == last->expiry && list->id > last->id);
        if (later &&
            (best == NULL || list->expiry < best->expiry || (list->expiry == best->expiry && list->id < best->id)))
            best = list;
    }
    return best;
}

static void add_timers(Explanation *explanation, ExplainTexts *texts)
{
    const Node *node = explanation->node;
    Buf buf;
    begin_text(explanation, &buf);
    for (const TimerList *list = next_list(&node->timers, NULL); list != NULL; list = next_list(&node->timers, list))
        for (const Timer *timer = list->head.next; timer != &list->head; timer = timer->next) {
            const StepInfo *step = program_step(node->vm.shared->program, timer->step);
            buf_clear(&buf);
            buf_f(&buf, "%s (line %d), due at %u ms", step->name, (int)step->place.line,
                  (unsigned)(timer->start + list->ms));
            texts_add(explanation, texts, buf_string(&buf), buf.size);
        }
    buf_free(&buf);
}

static void add_immediates(Explanation *explanation, ExplainTexts *texts, const Immediate *head)
{
    Buf buf;
    begin_text(explanation, &buf);
    for (const Immediate *immediate = head->next; immediate != head; immediate = immediate->next) {
        if (immediate->done)
            continue;
        buf_clear(&buf);
        name_closure(explanation, &buf, immediate->closure, "an empty one, so that poll does not wait");
        texts_add(explanation, texts, buf_string(&buf), buf.size);
    }
    buf_free(&buf);
}

static void add_task(void *context, const Task *task)
{
    Explanation *explanation = context;
    ExplainTexts *texts = &explanation->open->queue[QUEUE_POOL];
    texts_add(explanation, texts, task->name, strlen(task->name));
}

static void add_closing(Explanation *explanation, ExplainTexts *texts)
{
    Buf buf;
    begin_text(explanation, &buf);
    for (const Closing *closing = explanation->node->loop.closing; closing != NULL; closing = closing->next) {
        buf_clear(&buf);
        name_closure(explanation, &buf, closing_callback(closing), "a socket or handle without a callback");
        texts_add(explanation, texts, buf_string(&buf), buf.size);
    }
    buf_free(&buf);
}

static void take_stock(Explanation *explanation)
{
    Node *node = explanation->node;
    ExplainTexts *queue = explanation->open->queue;
    add_ring(explanation, &queue[QUEUE_TICKS], &node->ticks);
    add_ring(explanation, &queue[QUEUE_MICROTASKS], &node->vm.micro);
    add_timers(explanation, &queue[QUEUE_TIMERS]);
    add_immediates(explanation, &queue[QUEUE_IMMEDIATES], &node->immediates.outstanding);
    add_immediates(explanation, &queue[QUEUE_IMMEDIATES], &node->immediates.queue);
    threadpool_each(node->loop.pool, add_task, explanation);
    add_closing(explanation, &queue[QUEUE_CLOSING]);
}

/* ---- steps ---- */

static void close_step(Explanation *explanation)
{
    if (explanation->open == NULL)
        return;
    take_stock(explanation);
    explanation->open = NULL;
}

static ExplainStep *open_step(Explanation *explanation, ExplainKind kind, const char *name, size_t size)
{
    close_step(explanation);
    if (explanation->count == EXPLAIN_MOST)
        explanation->cut = explanation->node->loop.probe->leave = true;
    ExplainStep *step = mem_get(explanation->mem, sizeof *step);
    step->number = explanation->count + 1;
    step->kind = kind;
    step->name = mem_copy(explanation->mem, name, size);
    step->iteration = explanation->node->loop.iterations;
    step->phase = explanation->phase;
    step->visit = explanation->visits;
    step->at = explanation->node->loop.kernel->now;
    step->ready = TIME_NEVER;
    step->slept = explanation->slept;
    explanation->slept = 0;
    texts_init(&step->lines);
    for (int i = 0; i < EXPLAIN_QUEUES; i++)
        texts_init(&step->queue[i]);
    if (!explanation->cut) {
        explanation->count++;
        *explanation->last = step;
        explanation->last = &step->next;
    }
    explanation->open = step;
    return step;
}

static void on_phase(void *context, int phase, bool begins)
{
    Explanation *explanation = context;
    close_step(explanation);
    explanation->phase = begins ? phase : PHASES;
    explanation->visits += begins;
}

static void on_idle(void *context, bool begins)
{
    Explanation *explanation = context;
    Time now = explanation->node->loop.kernel->now;
    if (begins)
        explanation->slept_since = now;
    else
        explanation->slept += now - explanation->slept_since;
}

static void on_callback(void *context, int kind, Time ready, const char *name)
{
    Explanation *explanation = context;
    bool event = kind == CALLBACK_PROCESS;
    ExplainStep *step = open_step(explanation,
                                  kind == CALLBACK_MAIN ? EXPLAIN_MAIN
                                  : event               ? EXPLAIN_EVENT
                                                        : EXPLAIN_CALLBACK,
                                  name, strlen(name));
    step->callback = (CallbackKind)kind;
    step->ready = ready;
    if (event) {
        step->after = explanation->macro;
        return;
    }
    explanation->macro = step;
    if (kind == CALLBACK_TIMER && explanation->node->timers.processing != NULL)
        step->list_ms = explanation->node->timers.processing->ms;
}

static void on_callback_end(void *context)
{
    close_step(context);
}

static void on_drain(void *context, bool microtasks, bool begins)
{
    (void)microtasks;
    if (begins)
        close_step(context);
}

static void on_job(void *context, const Micro *job, bool microtask, bool begins)
{
    Explanation *explanation = context;
    if (!begins) {
        close_step(explanation);
        return;
    }
    Buf buf;
    begin_text(explanation, &buf);
    name_job(explanation, &buf, job);
    open_step(explanation, microtask ? EXPLAIN_MICROTASK : EXPLAIN_TICK, buf_string(&buf), buf.size)->after =
        explanation->macro;
    buf_free(&buf);
}

/* Now it is known which function the callback is. */
static void on_entered(void *context, const Func *func)
{
    Explanation *explanation = context;
    ExplainStep *step = explanation->open;
    if (step == NULL || step->kind != EXPLAIN_CALLBACK || func->step < 0)
        return;
    const StepInfo *info = program_step(explanation->node->vm.shared->program, func->step);
    Buf buf;
    begin_text(explanation, &buf);
    buf_text(&buf, step->name);
    if (step->callback == CALLBACK_REQUEST || strcmp(step->name, func->name) == 0 ||
        step->callback == CALLBACK_IMMEDIATE)
        buf_f(&buf, " (line %d)", (int)info->place.line);
    else
        buf_f(&buf, ", its callback (line %d)", (int)info->place.line);
    step->name = buf_string(&buf);
}

static const char *call_stack(Explanation *explanation)
{
    Buf buf;
    begin_text(explanation, &buf);
    for (const Frame *frame = explanation->node->vm.top; frame != NULL; frame = frame->below) {
        if (buf.size > 0)
            buf_text(&buf, ", ");
        buf_text(&buf, frame->func != NULL ? frame->func->name : "emit");
    }
    return buf_string(&buf);
}

void explanation_line(void *context, const char *text, size_t size)
{
    Explanation *explanation = context;
    if (explanation->open == NULL) /* code of which no hook tells: it belongs to what ran last */
        open_step(explanation, EXPLAIN_EVENT, "a listener", 10)->after = explanation->macro;
    texts_add(explanation, &explanation->open->lines, text, size)->stack = call_stack(explanation);
}

void explanation_init(Explanation *explanation, Mem *mem)
{
    *explanation = (Explanation){.mem = mem, .phase = PHASES};
    explanation->last = &explanation->first;
    explanation->watch = (Watch){.context = explanation,
                                 .phase = on_phase,
                                 .idle = on_idle,
                                 .callback = on_callback,
                                 .callback_end = on_callback_end,
                                 .drain = on_drain,
                                 .job = on_job,
                                 .entered = on_entered};
}

void explanation_begin(Explanation *explanation, Node *node)
{
    explanation->node = node;
    explanation->legacy = node->loop.legacy;
    node->loop.probe->watch = &explanation->watch;
}

const ExplainStep *explanation_find(const Explanation *explanation, const char *text, const ExplainText **line)
{
    for (const ExplainStep *step = explanation->first; step != NULL; step = step->next)
        for (const ExplainText *each = step->lines.first; each != NULL; each = each->next)
            if (strcmp(each->text, text) == 0) {
                *line = each;
                return step;
            }
    return NULL;
}
