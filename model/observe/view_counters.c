/* Counters: the last value of each instant, where it is another one than before. */
#include "drawing.h"
#include "view.h"

static const struct {
    const char *name;
    CounterUnit unit;
} counter_rows[COUNTERS] = {
    [COUNT_IN_FLIGHT] = {"requests in flight", UNIT_COUNT},
    [COUNT_CONNECTIONS] = {"open connections", UNIT_COUNT},
    [COUNT_READY] = {"ready callbacks", UNIT_COUNT},
    [COUNT_RUN_QUEUE] = {"run queue", UNIT_COUNT},
    [COUNT_LOAD] = {"load", UNIT_COUNT},
    [COUNT_POOL_BUSY] = {"pool busy", UNIT_COUNT},
    [COUNT_POOL_QUEUED] = {"pool queued", UNIT_COUNT},
    [COUNT_BACKLOG] = {"backlog", UNIT_COUNT},
    [COUNT_LAG] = {"loop lag", UNIT_TIME_US},
    [COUNT_THREADS] = {"live threads", UNIT_COUNT},
    [COUNT_MEMORY] = {"memory", UNIT_KIB},
    [COUNT_TIMERS] = {"timers", UNIT_COUNT},
    [COUNT_IMMEDIATES] = {"immediates", UNIT_COUNT},
    [COUNT_TICKS] = {"ticks", UNIT_COUNT},
    [COUNT_MICROTASKS] = {"microtasks", UNIT_COUNT},
};

void counters_init(View *view)
{
    Mem *mem = view->mem;
    view->counter_count = COUNTERS + view->spec->resource_count;
    view->counters = mem_get(mem, mem_array(mem, (size_t)view->counter_count, sizeof *view->counters));
    view->dirty = mem_get(mem, mem_array(mem, (size_t)view->counter_count, sizeof *view->dirty));
}

void counter_set(View *view, int counter, int64_t value)
{
    Counter *to = &view->counters[counter];
    if (to->value == value)
        return;
    to->value = value;
    if (to->dirty)
        return;
    to->dirty = true;
    view->dirty[view->dirty_count++] = counter;
}

static Track make_track(View *view, int counter)
{
    TrackSpec spec = {.parent = view->metrics, .kind = TRACK_COUNTER, .order = counter};
    if (counter < COUNTERS) {
        spec.name = counter_rows[counter].name;
        spec.unit = counter_rows[counter].unit;
        return view_track(view, spec);
    }
    buf_clear(&view->line);
    buf_text(&view->line, view->spec->resources[counter - COUNTERS].name);
    buf_text(&view->line, " queue");
    spec.name = buf_string(&view->line);
    return view_track(view, spec);
}

static void write_value(View *view, int counter, Time at)
{
    Counter *from = &view->counters[counter];
    if (from->value == from->written)
        return;
    if (from->track == 0) { /* it was 0 until now */
        from->track = make_track(view, counter);
        if (at > view->options.from)
            view->sink->counter(view->sink, from->track, view->options.from, 0);
    }
    from->written = from->value;
    view->sink->counter(view->sink, from->track, at, from->value);
}

void counters_flush(View *view)
{
    for (int i = 0; i < view->dirty_count; i++) {
        view->counters[view->dirty[i]].dirty = false;
        write_value(view, view->dirty[i], view->instant);
    }
    view->dirty_count = 0;
}

void counters_open(View *view)
{
    view->dirty_count = 0;
    for (int i = 0; i < view->counter_count; i++) {
        view->counters[i].dirty = false;
        write_value(view, i, view->options.from);
    }
}

/* ---- the notes that only count ---- */

void view_runnable(View *view, Time now, uint64_t waiting)
{
    if (view_at(view, now))
        counter_set(view, COUNT_RUN_QUEUE, (int64_t)waiting);
}

void view_memory(View *view, Time now, int64_t bytes)
{
    if (view_at(view, now))
        counter_set(view, COUNT_MEMORY, bytes / 1024);
}

void view_ready(View *view, Time now, Thread *loop, int change)
{
    (void)loop;
    if (view_at(view, now))
        counter_add(view, COUNT_READY, change);
}

void view_task(View *view, Time now, const Strand *strand, int change_queued, int change_busy)
{
    (void)strand;
    if (!view_at(view, now))
        return;
    counter_add(view, COUNT_POOL_QUEUED, change_queued);
    counter_add(view, COUNT_POOL_BUSY, change_busy);
}

void view_queues(View *view, Time now, int64_t timers, int64_t immediates, int64_t ticks, int64_t microtasks)
{
    if (!view_at(view, now))
        return;
    counter_set(view, COUNT_TIMERS, timers);
    counter_set(view, COUNT_IMMEDIATES, immediates);
    counter_set(view, COUNT_TICKS, ticks);
    counter_set(view, COUNT_MICROTASKS, microtasks);
}
