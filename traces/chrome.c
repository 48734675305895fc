/* chrome: a trace as Chrome JSON, in the object form, as the importer of Perfetto's trace_processor reads it.
 *
 *     {"traceEvents":[
 *     {"ph":"M", ...},
 *     ... one event a line ...
 *     ],"metadata":{...}}
 *
 * The importer sorts events by time, at one instant slices of threads (X) first, the longest first, and then by their
 * order in the file: nest.h is about what that means here. It stacks what is 0 ns long at one instant. */
#include "chrome_event.h"
#include "nest.h"
#include "out.h"

enum { HEAD = 48 };

typedef struct Place {
    TrackKind kind;
    uint32_t pid;
    bool has_thread; /* a process: its first thread has its tid equal to the pid, and is its main thread */
    unsigned head_size;
    char head[HEAD];  /* of each event: pid and tid */
    Line label;       /* the name as a JSON string */
    const char *unit; /* of a counter: what follows its name */
    Nest *nest;       /* a thread's */
} Place;

typedef struct Chrome {
    Sink sink;
    Mem *mem;
    struct Out *out;
    Line line;
    Place *places; /* by track */
    size_t tracks;
    uint32_t ids; /* pids and tids given so far */
    bool begun;
    Time last; /* the latest that was heard of */
} Chrome;

/* Parts of events ------------------------------------------------------------------------------------------------ */

static void write_events(Chrome *chrome, const char *events, size_t size)
{
    size_t skip = chrome->begun ? 0 : 1; /* each begins with a comma */
    chrome->begun = true;
    out_write(chrome->out, events + skip, size - skip);
}

static void write_line(Chrome *chrome)
{
    write_events(chrome, chrome->line.data, chrome->line.size);
    chrome->line.size = 0;
}

static void put_head(Line *line, char phase, const Place *place)
{
    line_text(line, ",\n{\"ph\":\"");
    line_bytes(line, &phase, 1);
    line_text(line, "\",");
    line_bytes(line, place->head, place->head_size);
}

static void put_begin(Chrome *chrome, Line *line, char phase, const Place *place, Time at)
{
    must(at >= 0, "an event before the start of the trace");
    if (at > chrome->last)
        chrome->last = at;
    chrome->sink.events++;
    put_head(line, phase, place);
    line_text(line, ",\"ts\":");
    line_us(line, at);
}

/* Slices of threads ---------------------------------------------------------------------------------------------- */

static Place *place_of(Chrome *chrome, Track track)
{
    must(track > 0 && track < chrome->tracks && chrome->places[track].head_size > 0,
         "a trace's track that was not made");
    return &chrome->places[track];
}

static Place *thread_of(Chrome *chrome, Track track)
{
    Place *place = place_of(chrome, track);
    must(place->nest, "a synchronous slice belongs to a thread");
    return place;
}

static void put_slice_end(Chrome *chrome, Line *line, const Place *place, Time start, Time end, TraceFlow flow)
{
    must(end >= start, "a slice that ends before it starts");
    line_text(line, ",\"dur\":");
    line_us(line, end - start);
    if (!event_flows_end(line, flow))
        return;
    put_begin(chrome, line, 'X', place, start);
    line_text(line, ",\"dur\":0,\"name\":\"flow\"");
    event_flow(line, flow.out, false, true);
    line_text(line, "}");
}

/* Writes what is held once the thread's time has moved on. */
static void settle(Chrome *chrome, Nest *nest, Time now)
{
    if (!nest_due(nest, now))
        return;
    write_events(chrome, nest->held.data, nest->held.size);
    nest_written(nest);
}

static void file(Chrome *chrome, Nest *nest, const char *event, size_t size, Time start, Time end, size_t mark)
{
    if (!nest_hold(nest, event, size, start, end, mark))
        write_events(chrome, event, size);
    else if (nest->depth == 0)
        settle(chrome, nest, TIME_NEVER);
}

/* The event in chrome->line, which encloses nothing. */
static void file_line(Chrome *chrome, Nest *nest, Time start, Time end)
{
    file(chrome, nest, chrome->line.data, chrome->line.size, start, end, nest->held.size);
    chrome->line.size = 0;
}

static bool too_high(Chrome *chrome, Nest *nest, Time start, Time end)
{
    if (!nest_too_high(nest, start, end))
        return false;
    chrome->sink.left_out++;
    return true;
}

static void chrome_slice(Sink *sink, Track thread, Time start, Time end, const char *name, const TraceArgs *args,
                         TraceFlow flow)
{
    Chrome *chrome = (Chrome *)sink;
    Place *place = thread_of(chrome, thread);
    Nest *nest = place->nest;
    Line *line = &chrome->line;
    settle(chrome, nest, end);
    if (too_high(chrome, nest, start, end))
        return;
    put_begin(chrome, line, 'X', place, start);
    event_name(line, name);
    event_all_args(line, args);
    put_slice_end(chrome, line, place, start, end, flow);
    if (end > chrome->last)
        chrome->last = end;
    file_line(chrome, nest, start, end);
}

static void chrome_enter(Sink *sink, Track thread, Time at, const char *name, const TraceArgs *args, TraceFlow flow)
{
    Chrome *chrome = (Chrome *)sink;
    Place *place = thread_of(chrome, thread);
    Nest *nest = place->nest;
    NestFrame *frame = nest_enter(nest, at);
    frame->flow = flow;
    put_begin(chrome, &nest->open, 'X', place, at);
    event_name(&nest->open, name);
    event_args(&nest->open, args, &frame->seen);
}

static void chrome_leave(Sink *sink, Track thread, Time at, const TraceArgs *args, TraceFlow flow)
{
    Chrome *chrome = (Chrome *)sink;
    Place *place = thread_of(chrome, thread);
    Nest *nest = place->nest;
    Line *open = &nest->open;
    settle(chrome, nest, at);
    NestFrame frame = nest_leave(nest);
    if (too_high(chrome, nest, frame.start, at)) {
        chrome->sink.events--;
    } else {
        event_args(open, args, &frame.seen);
        event_args_end(open, frame.seen);
        frame.flow.in = frame.flow.in ? frame.flow.in : flow.in;
        frame.flow.out = frame.flow.out ? frame.flow.out : flow.out;
        put_slice_end(chrome, open, place, frame.start, at, frame.flow);
        file(chrome, nest, open->data + frame.text, open->size - frame.text, frame.start, at, frame.mark);
    }
    if (at > chrome->last)
        chrome->last = at;
    open->size = frame.text;
}

/* Asynchronous slices, instants, counters, states ---------------------------------------------------------------- */

/* The importer tells asynchronous slices apart by process, category and id; the id has the track in it, so that tracks
 * of one name do not mix. */
static void put_async(Chrome *chrome, char phase, Track track, uint64_t id, Time at, const char *name)
{
    Place *place = place_of(chrome, track);
    Line *line = &chrome->line;
    must(place->kind == TRACK_ASYNC, "an asynchronous slice belongs to an asynchronous track");
    put_begin(chrome, line, phase, place, at);
    line_text(line, ",\"cat\":");
    line_bytes(line, place->label.data, place->label.size);
    line_text(line, ",\"id2\":{\"local\":\"");
    line_u64(line, track);
    line_text(line, ".");
    line_u64(line, id);
    line_text(line, "\"}");
    event_name(line, name);
}

static void put_async_end(Chrome *chrome, Track track, uint64_t id, Time at, const TraceArgs *args, TraceFlow flow)
{
    event_all_args(&chrome->line, args);
    if (event_flows_end(&chrome->line, flow)) {
        put_async(chrome, 'n', track, id, at, "flow");
        event_flow(&chrome->line, flow.out, false, true);
        line_text(&chrome->line, "}");
    }
    write_line(chrome);
}

static void chrome_begin(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                         TraceFlow flow)
{
    Chrome *chrome = (Chrome *)sink;
    put_async(chrome, 'b', async, id, at, name);
    put_async_end(chrome, async, id, at, args, flow);
}

/* An end binds no flow: it gets an instant before it that does. */
static void chrome_end(Sink *sink, Track async, uint64_t id, Time at, const char *name, const TraceArgs *args,
                       TraceFlow flow)
{
    Chrome *chrome = (Chrome *)sink;
    if (flow.in || flow.out) {
        put_async(chrome, 'n', async, id, at, "flow");
        put_async_end(chrome, async, id, at, NULL, flow);
    }
    put_async(chrome, 'e', async, id, at, name);
    put_async_end(chrome, async, id, at, args, (TraceFlow){0, 0});
}

static void thread_instant(Chrome *chrome, Place *place, Time at, const char *name, const TraceArgs *args)
{
    Nest *nest = place->nest;
    Line *line = &chrome->line;
    settle(chrome, nest, at);
    if (too_high(chrome, nest, at, at))
        return;
    put_begin(chrome, line, 'i', place, at);
    line_text(line, ",\"s\":\"t\"");
    event_name(line, name);
    event_all_args(line, args);
    line_text(line, "}");
    file_line(chrome, nest, at, at);
}

static void chrome_instant(Sink *sink, Track track, uint64_t id, Time at, const char *name, const TraceArgs *args,
                           TraceFlow flow)
{
    Chrome *chrome = (Chrome *)sink;
    Place *place = place_of(chrome, track);
    if (place->kind == TRACK_ASYNC) {
        put_async(chrome, 'n', track, id, at, name);
        put_async_end(chrome, track, id, at, args, flow);
    } else if (flow.in || flow.out) {
        chrome_slice(sink, track, at, at, name, args, flow); /* an instant binds no flow */
    } else {
        must(place->nest, "an instant belongs to a thread or to an asynchronous track");
        thread_instant(chrome, place, at, name, args);
    }
}

static void chrome_counter(Sink *sink, Track counter, Time at, int64_t value)
{
    Chrome *chrome = (Chrome *)sink;
    Place *place = place_of(chrome, counter);
    Line *line = &chrome->line;
    must(place->unit, "a value belongs to a counter");
    put_begin(chrome, line, 'C', place, at);
    line_text(line, ",\"name\":");
    line_bytes(line, place->label.data, place->label.size);
    line_text(line, ",\"args\":{\"");
    line_bytes(line, place->unit, strlen(place->unit));
    line_text(line, "\":");
    line_i64(line, value);
    line_text(line, "}}");
    write_line(chrome);
}

/* Thread states have the names of Linux, which is how the UI knows them. */
static void chrome_state(Sink *sink, Track thread, Time start, Time end, ThreadState state, int cpu)
{
    static const char *const names[] = {
        [THREAD_RUNNING] = "Running", [THREAD_READY] = "R", [THREAD_SLEEPING] = "S", [THREAD_BLOCKED] = "D"};
    Chrome *chrome = (Chrome *)sink;
    Place *place = thread_of(chrome, thread);
    Line *line = &chrome->line;
    if (state == THREAD_GONE || start == end)
        return;
    must(end > start, "a thread state that ends before it starts");
    put_begin(chrome, line, 'T', place, start);
    line_text(line, ",\"dur\":");
    line_us(line, end - start);
    event_name(line, names[state]);
    if (state == THREAD_RUNNING && cpu >= 0) {
        line_text(line, ",\"args\":{\"cpu\":");
        line_u64(line, (uint64_t)cpu);
        line_text(line, "}");
    } else if (state == THREAD_BLOCKED) {
        line_text(line, ",\"args\":{\"io_wait\":true}");
    }
    line_text(line, "}");
    write_line(chrome);
}

/* Tracks --------------------------------------------------------------------------------------------------------- */

static void set_head(Place *place, Line *line, bool is_thread, uint32_t tid)
{
    line_text(line, "\"pid\":");
    line_u64(line, place->pid);
    if (is_thread) {
        line_text(line, ",\"tid\":");
        line_u64(line, tid);
    }
    must(line->size <= HEAD, "the head of an event is longer than its room");
    memcpy(place->head, line->data, line->size);
    place->head_size = (unsigned)line->size;
    line->size = 0;
}

static void put_metadata(Chrome *chrome, const Place *place, const char *what, const char *name, int order)
{
    Line *line = &chrome->line;
    chrome->sink.events += 2;
    put_head(line, 'M', place);
    line_text(line, ",\"name\":\"");
    line_bytes(line, what, strlen(what));
    line_text(line, "_name\",\"args\":{\"name\":");
    line_json(line, name);
    line_text(line, "}}");
    put_head(line, 'M', place);
    line_text(line, ",\"name\":\"");
    line_bytes(line, what, strlen(what));
    line_text(line, "_sort_index\",\"args\":{\"sort_index\":");
    line_i64(line, order);
    line_text(line, "}}");
    write_line(chrome);
}

static Place *new_place(Chrome *chrome, Track track)
{
    must(track > 0, "tracks are counted from 1");
    if (track >= chrome->tracks) {
        size_t tracks = chrome->tracks > 0 ? chrome->tracks : 16;
        while (tracks <= track)
            tracks = mem_array(chrome->mem, tracks, 2);
        chrome->places = mem_grow(chrome->mem, chrome->places, mem_array(chrome->mem, tracks, sizeof *chrome->places));
        chrome->tracks = tracks;
    }
    must(chrome->places[track].head_size == 0, "a track is made twice");
    return &chrome->places[track];
}

static void make_thread(Chrome *chrome, Place *place, Place *process, const TrackSpec *spec)
{
    place->nest = mem_get(chrome->mem, sizeof *place->nest);
    nest_init(place->nest, chrome->mem);
    set_head(place, &chrome->line, true, process->has_thread ? ++chrome->ids : process->pid);
    process->has_thread = true;
    put_metadata(chrome, place, "thread", spec->name, spec->order);
}

static void chrome_track(Sink *sink, const TrackSpec *spec)
{
    static const char *const units[] = {
        [UNIT_COUNT] = "count", [UNIT_TIME_US] = "us", [UNIT_KIB] = "KiB", [UNIT_PERCENT] = "%"};
    Chrome *chrome = (Chrome *)sink;
    Place *place = new_place(chrome, spec->track);
    place->kind = spec->kind;
    if (spec->kind == TRACK_PROCESS) {
        place->pid = ++chrome->ids;
        set_head(place, &chrome->line, false, 0);
        put_metadata(chrome, place, "process", spec->name, spec->order);
        return;
    }
    Place *process = place_of(chrome, spec->parent); /* or an asynchronous track: its process */
    place->pid = process->pid;
    if (spec->kind == TRACK_THREAD) {
        must(process->kind == TRACK_PROCESS, "a thread belongs to a process");
        make_thread(chrome, place, process, spec);
        return;
    }
    line_init(&place->label, chrome->mem);
    line_json(&place->label, spec->name);
    if (spec->kind == TRACK_COUNTER)
        place->unit = units[spec->unit];
    set_head(place, &chrome->line, false, 0);
}

/* The whole ------------------------------------------------------------------------------------------------------ */

static void end_place(Chrome *chrome, Track track)
{
    static const TraceArgs unfinished = {.queued_ns = -1, .latency_ns = -1, .unfinished = true};
    Place *place = &chrome->places[track];
    if (place->label.mem)
        line_free(&place->label);
    if (!place->nest)
        return;
    while (place->nest->depth > 0)
        chrome_leave(&chrome->sink, track, chrome->last, &unfinished, (TraceFlow){0, 0});
    nest_free(place->nest);
    mem_free(chrome->mem, place->nest);
}

static void chrome_close(Sink *sink, size_t n, const char *const key[], const char *const json[])
{
    Chrome *chrome = (Chrome *)sink;
    Line *line = &chrome->line;
    for (size_t track = 1; track < chrome->tracks; track++)
        end_place(chrome, (Track)track);
    line_text(line, "\n],\"metadata\":{");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            line_text(line, ",");
        line_json(line, key[i]);
        line_text(line, ":");
        line_bytes(line, json[i], strlen(json[i]));
    }
    line_text(line, "}}\n");
    out_write(chrome->out, line->data, line->size);
    line_free(line);
    mem_free(chrome->mem, chrome->places);
    mem_free(chrome->mem, chrome);
}

Sink *chrome_sink(Mem *mem, struct Out *out)
{
    Chrome *chrome = mem_get(mem, sizeof *chrome);
    chrome->sink = (Sink){.track = chrome_track,
                          .enter = chrome_enter,
                          .leave = chrome_leave,
                          .slice = chrome_slice,
                          .begin = chrome_begin,
                          .end = chrome_end,
                          .instant = chrome_instant,
                          .counter = chrome_counter,
                          .state = chrome_state,
                          .close = chrome_close};
    chrome->mem = mem;
    chrome->out = out;
    line_init(&chrome->line, mem);
    out_write(out, "{\"traceEvents\":[", 16);
    return &chrome->sink;
}
