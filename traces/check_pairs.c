/* A slice is two packets; they are paired track by track. The slices on the track of a CPU are threads that run there,
 * those on a thread's track "waits" its other states. Nothing says where an arrow begins: all events of one flow are
 * joined in the order of time. */
#include "check_packets.h"

#include <stdlib.h>
#include <string.h>

enum { OPEN_MOST = 512 };

/* By track, then time; the index, the place in the file, makes it a total order. */
static int by_track(const void *left, const void *right)
{
    const Event *a = left, *b = right;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    if (a->ts != b->ts)
        return a->ts < b->ts ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void add(Packets *packets, char phase, const Event *from, const Event *begin, Time dur)
{
    const Place *place = packets->places[from->place];
    check_add_event(packets->check, &(CheckEvent){.phase = phase,
                                                  .pid = place->pid,
                                                  .tid = strchr("be", phase) ? 0 : place->tid,
                                                  .name = begin->name,
                                                  .cat = place->name,
                                                  .id = {place->id, strlen(place->id)},
                                                  .ts = phase == 'X' ? begin->ts : from->ts,
                                                  .dur = dur,
                                                  .unfinished = from->unfinished || (phase == 'X' && begin->unfinished),
                                                  .completed = from->completed,
                                                  .cpu = -1,
                                                  .latency = from->latency,
                                                  .line = from->packet});
}

/* A thread ran on a CPU: the slice has the thread's name. */
static void add_run(Packets *packets, const Event *begin, const Event *end)
{
    const Place *place = packets->places[end->place];
    TraceCheck *check = packets->check;
    Label *label = begin->label;
    uint64_t tid = label && label->pid == place->pid ? label->tid : 0;
    for (size_t i = 0; tid == 0 && i < check->name_count; i++) {
        const CheckName *name = &check->names[i];
        if (name->pid == place->pid && name->tid > 0 && name->name.size == begin->name.size &&
            memcmp(name->name.bytes, begin->name.bytes, name->name.size) == 0)
            tid = name->tid;
    }
    if (tid == 0)
        check_fault(check, begin->packet, "a CPU runs a thread that is not there");
    if (label) {
        label->pid = place->pid;
        label->tid = tid;
    }
    check_add_event(check, &(CheckEvent){.phase = 'T',
                                         .pid = place->pid,
                                         .tid = tid,
                                         .name = {"Running", strlen("Running")},
                                         .ts = begin->ts,
                                         .dur = end->ts - begin->ts,
                                         .cpu = place->cpu,
                                         .latency = -1,
                                         .line = begin->packet});
}

static void add_pair(Packets *packets, const Event *begin, const Event *end)
{
    switch (packets->places[end->place]->kind) {
    case THREAD: add(packets, 'X', end, begin, end->ts - begin->ts); break;
    case WAITS:
        add(packets, 'T', end, begin, end->ts - begin->ts);
        packets->check->events[packets->check->count - 1].ts = begin->ts;
        break;
    case CPU: add_run(packets, begin, end); break;
    default: add(packets, 'e', end, begin, -1); break;
    }
}

/* One track's events, in the order of time. */
static void pair_track(Packets *packets, const Event *at, const Event *end)
{
    const Event *stack[OPEN_MOST];
    size_t depth = 0;
    PlaceKind kind = packets->places[at->place]->kind;
    if (packets->places[at->place]->parent == 0 && kind == ROW)
        return; /* about the trace, no part of it */
    for (; at < end; at++) {
        if (at->type == COUNTER) {
            add(packets, 'C', at, at, -1);
        } else if (at->type == INSTANT) {
            add(packets, kind == THREAD ? 'i' : 'n', at, at, -1);
        } else if (at->type == BEGIN) {
            if (depth == OPEN_MOST) {
                check_fault(packets->check, at->packet, "more than 512 slices inside each other");
                return;
            }
            stack[depth++] = at;
            if (kind == ROW)
                add(packets, 'b', at, at, -1);
        } else if (depth == 0) {
            check_fault(packets->check, at->packet, "a slice ends that has not begun");
        } else {
            add_pair(packets, stack[--depth], at);
        }
    }
    if (depth > 0 && kind != ROW) /* those are told apart below */
        check_fault(packets->check, stack[depth - 1]->packet, "a slice begins and never ends");
}

void check_pair_packets(Packets *packets)
{
    TraceCheck *check = packets->check;
    size_t from = 0;
    if (packets->count > 0) /* qsort takes no NULL, not even for nothing; a total order: the index is last */
        qsort(packets->events, packets->count, sizeof *packets->events, by_track);
    for (size_t i = 1; i <= packets->count; i++) {
        if (i < packets->count && packets->events[i].place == packets->events[from].place)
            continue;
        pair_track(packets, packets->events + from, packets->events + i);
        from = i;
    }
    if (packets->flow_count > 0) /* a total order of plain numbers */
        qsort(packets->flows, packets->flow_count, sizeof *packets->flows, by_number);
    for (size_t i = 1; i < packets->flow_count; i++)
        check->counts.flows += packets->flows[i] == packets->flows[i - 1];
}
