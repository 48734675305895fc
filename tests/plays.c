#include "plays.h"

#include <check.h>
#include <stdlib.h>

Play *play_new(int scheduler, int64_t cores, Time slice, Time unit)
{
    Mem *mem = mem_new(1 << 26);
    Play *play = mem_get(mem, sizeof *play);
    play->mem = mem;
    play->unit = unit;
    play->spec = (SpecMachine){.cores = cores, .scheduler = scheduler, .time_slice = slice * unit};
    buf_init(&play->log, mem, 1 << 20);
    kernel_init(&play->kernel);
    play->stats = stats_new(mem, &play->whole, NULL, 0);
    probe_init(&play->probe, &play->kernel, play->stats);
    play->machine = machine_new(mem, &play->kernel, &play->spec, &play->probe);
    return play;
}

void play_end(Play *play)
{
    mem_delete(play->mem);
}

static void log_at(Play *play, const char *what)
{
    if (play->log.size > 0)
        buf_char(&play->log, ' ');
    buf_text(&play->log, what);
    buf_char(&play->log, '@');
    buf_i64(&play->log, play->kernel.now / play->unit);
}

static Need follow_script(Thread *thread)
{
    Actor *actor = CONTAINER_OF(thread, Actor, thread);
    log_at(actor->play, actor->name);
    while (*actor->script == ' ')
        actor->script++;
    char step = *actor->script++;
    Need need = {.kind = step == 'c' || step == 'o' ? NEED_CPU
                         : step == 'x'              ? NEED_EXIT
                                                    : NEED_WAIT,
                 .part = step == 'c' ? PART_CPU : PART_OVERHEAD,
                 .blocked = step == 'b'};
    if (need.kind == NEED_CPU) {
        char *end;
        need.ns = strtoll(actor->script, &end, 10) * actor->play->unit;
        actor->script = end;
    }
    if (need.kind == NEED_WAIT)
        note_part(&actor->play->probe, thread->strand, PART_OTHER);
    return need;
}

static void on_enter(Event *event)
{
    Actor *actor = CONTAINER_OF(event, Actor, enters);
    note_strand_begin(&actor->play->probe, &actor->account, NULL, PART_OTHER);
    machine_start(actor->play->machine, &actor->thread);
}

Actor *enter(Play *play, const char *name, Time at, const char *script)
{
    Actor *actor = mem_get(play->mem, sizeof *actor);
    actor->play = play;
    actor->name = name;
    actor->script = script;
    actor->thread.resume = follow_script;
    actor->thread.kind = THREAD_WORKER;
    actor->thread.strand = &actor->account;
    event_bind(&actor->enters, on_enter, RANK_WORLD);
    kernel_at(&play->kernel, &actor->enters, at * play->unit);
    return actor;
}

static void on_wake(Event *event)
{
    Waker *waker = CONTAINER_OF(event, Waker, event);
    waker->woke = machine_wake(waker->actor->play->machine, &waker->actor->thread);
}

Waker *wake(Actor *actor, Time at)
{
    Play *play = actor->play;
    Waker *waker = mem_get(play->mem, sizeof *waker);
    waker->actor = actor;
    event_bind(&waker->event, on_wake, RANK_WORLD);
    kernel_at(&play->kernel, &waker->event, at * play->unit);
    return waker;
}

const char *play_run(Play *play)
{
    ck_assert_int_eq(kernel_run(&play->kernel, TIME_NEVER, 1000000, NULL), KERNEL_DRAINED);
    return buf_string(&play->log);
}

Time spent(const Actor *actor, Part part)
{
    return actor->account.spent[part] / actor->play->unit;
}
