#include "view.h"

#include "drawing.h"
#include <string.h>

_Static_assert((int)THREAD_RUNNING == STATE_RUNNING && (int)THREAD_READY == STATE_READY &&
                   (int)THREAD_SLEEPING == STATE_SLEEPING && (int)THREAD_BLOCKED == STATE_BLOCKED &&
                   (int)THREAD_GONE == STATE_GONE,
               "the states of threads have the same numbers in traces and here");

const TraceArgs trace_no_args = {.queued_ns = -1, .latency_ns = -1};

/* ---- tracks, hops, labels ---- */

Track view_track(View *view, TrackSpec spec)
{
    spec.track = ++view->sink->tracks_given;
    view->sink->track(view->sink, &spec);
    return spec.track;
}

uint64_t view_hop(View *view)
{
    return ++view->sink->flows_given;
}

static const char *join(View *view, const char *a, const char *between, const char *b)
{
    buf_clear(&view->line);
    buf_text(&view->line, a);
    buf_text(&view->line, between);
    buf_text(&view->line, b);
    return mem_copy(view->mem, buf_string(&view->line), view->line.size);
}

/* "handler: name". Names live as long as the program: where they are tells them apart. Where there are very many, the
 * rest does without. */
const char *view_label(View *view, int handler, const char *name)
{
    size_t at = (uintptr_t)name >> 3 ^ (size_t)handler * 37;
    for (int tries = 0; tries < LABELS; tries++) {
        Label *label = &view->labels[(at + (size_t)tries) % LABELS];
        if (!label->text)
            *label = (Label){
                .name = name, .handler = handler, .text = join(view, view->spec->handlers[handler].name, ": ", name)};
        if (label->name == name && label->handler == handler)
            return label->text;
    }
    return name;
}

/* ---- the window ---- */

static void open_window(View *view)
{
    view->state = VIEW_DRAWS;
    view->first_hop = view->sink->flows_given + 1;
    threads_open(view);
    lanes_open(view, view->options.from);
    counters_open(view);
}

static void shut(View *view, Time at)
{
    threads_shut(view, at);
    lanes_shut(view, at);
    view->state = VIEW_OVER;
}

/* The next window that now is not beyond yet. */
static void go_to_window(View *view, Time now)
{
    while (now >= view->options.to) {
        if (!windows_next(view)) {
            view->state = VIEW_OVER;
            return;
        }
    }
    view->state = VIEW_BEFORE;
    if (now >= view->options.from)
        open_window(view);
}

static bool reached_limit(const View *view)
{
    return view->options.limit > 0 && view->sink->events - view->events_before >= view->options.limit;
}

/* The clock goes over to `now`. */
void view_advance(View *view, Time now)
{
    must(now >= view->instant, "a view is shown the past");
    if (draws(view)) {
        lanes_flush(view);
        counters_flush(view);
        if (now >= view->options.to) {
            shut(view, view->options.to);
            go_to_window(view, now);
        } else if (reached_limit(view)) {
            shut(view, now);
            view->cut = true;
        }
    } else if (view->state == VIEW_BEFORE) {
        view->pending_count = 0;
        go_to_window(view, now);
    }
    view->instant = now;
}

/* ---- the whole ---- */

static int64_t cores_of(const Spec *spec)
{
    return spec->kind == SPEC_PROGRAM ? spec->threads + 1 : spec->machine.cores;
}

static void make_processes(View *view, const char *name, int order)
{
    view->metrics = view_track(
        view, (TrackSpec){.kind = TRACK_PROCESS, .order = 2 * order, .name = join(view, name, ": ", "metrics")});
    view->process = view_track(view, (TrackSpec){.kind = TRACK_PROCESS, .order = 2 * order + 1, .name = name});
}

View *view_new(Mem *mem, struct Sink *sink, const Spec *spec, const Program *program, int server,
               const ViewOptions *options)
{
    View *view = mem_get(mem, sizeof *view);
    size_t handlers = (size_t)spec->handler_count + 1, resources = (size_t)spec->resource_count + 1;
    view->mem = mem;
    view->sink = sink;
    view->spec = spec;
    view->program = program;
    view->options = *options;
    view->instant = -1;
    windows_init(view);
    view->events_before = sink->events;
    view->has_states = spec->kind == SPEC_PROGRAM || spec->machine.scheduler != SCHED_PROCESSOR_SHARING;
    view->cpu = sink->cpus_given;
    sink->cpus_given += (uint32_t)cores_of(spec);
    buf_init(&view->line, mem, SIZE_MAX / 4);
    view->requests = mem_get(mem, mem_array(mem, handlers, sizeof *view->requests));
    view->branches = mem_get(mem, mem_array(mem, handlers, sizeof *view->branches));
    view->resources = mem_get(mem, mem_array(mem, resources, sizeof *view->resources));
    counters_init(view);
    make_processes(view, server >= 0 ? spec->servers[server].name : spec->name, server >= 0 ? server : 0);
    return view;
}

void view_end(View *view, Time now)
{
    if (view->state != VIEW_OVER && now != view->instant)
        view_advance(view, now);
    if (!draws(view))
        return;
    counters_flush(view);
    shut(view, now);
}

uint64_t view_left_out(const View *view)
{
    return view->left_out;
}
