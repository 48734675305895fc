/* Windows: what of the run is drawn. One, or one around each request that is looked for. */
#include "drawing.h"
#include "view.h"

/* Before and after a request comes a quarter of its length: what it came upon, and what became of that. */
enum { AROUND = 4, AROUND_LEAST = 100 * TIME_US };

static Window around(const ViewOptions *options, const ViewSlow *slow)
{
    Time margin = (slow->to - slow->from) / AROUND;
    margin = margin > AROUND_LEAST ? margin : AROUND_LEAST;
    Window window = {slow->from > margin ? slow->from - margin : 0, slow->to + margin + 1};
    window.from = window.from > options->from ? window.from : options->from;
    window.to = window.to < options->to ? window.to : options->to;
    return window;
}

/* Into its place by time. */
static void insert(View *view, Window window)
{
    int at = view->window_count++;
    for (; at > 0 && view->windows[at - 1].from > window.from; at--)
        view->windows[at] = view->windows[at - 1];
    view->windows[at] = window;
}

static void join_touching(View *view)
{
    int kept = 0;
    for (int i = 1; i < view->window_count; i++) {
        Window *last = &view->windows[kept];
        if (view->windows[i].from > last->to)
            view->windows[++kept] = view->windows[i];
        else if (view->windows[i].to > last->to)
            last->to = view->windows[i].to;
    }
    view->window_count = view->window_count > 0 ? kept + 1 : 0;
}

void windows_init(View *view)
{
    const ViewOptions *options = &view->options;
    if (!options->slow)
        return;
    size_t room = mem_array(view->mem, (size_t)options->slow_count + 1, sizeof *view->windows);
    view->windows = mem_get(view->mem, room);
    for (int i = 0; i < options->slow_count; i++) {
        Window window = around(options, &options->slow[i]);
        if (window.from < window.to)
            insert(view, window);
    }
    join_touching(view);
    if (!windows_next(view))
        view->state = VIEW_OVER;
}

bool windows_next(View *view)
{
    if (view->window == view->window_count)
        return false;
    view->options.from = view->windows[view->window].from;
    view->options.to = view->windows[view->window].to;
    view->window++;
    return true;
}

bool is_slow(const View *view, uint64_t request)
{
    for (int i = 0; i < view->options.slow_count; i++)
        if (view->options.slow[i].request == request)
            return true;
    return false;
}

void mark_slow(View *view, Lane *lane, Time now)
{
    for (int i = 0; i < view->options.slow_count; i++) {
        const ViewSlow *slow = &view->options.slow[i];
        if (slow->request != lane->request)
            continue;
        TraceArgs args = trace_no_args;
        args.request = slow->request;
        args.latency_ns = slow->to - slow->from;
        args.blame = slow->blame;
        buf_clear(&view->line);
        buf_text(&view->line, "slowest #");
        buf_i64(&view->line, i + 1);
        view->sink->instant(view->sink, lane_track(view, lane), lane_number(view, lane), now, buf_string(&view->line),
                            &args, NO_FLOW);
    }
}
