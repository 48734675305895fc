#include "check.h"
#include "checking.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 512 };

/* ---- orders ---- */

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_text(PullText a, PullText b)
{
    int order = memcmp(a.bytes, b.bytes, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : compare(a.size, b.size);
}

/* By thread, then time, the longest first; the index makes it a total order. */
static int by_thread(const void *left, const void *right)
{
    const CheckEvent *a = *(const CheckEvent *const *)left, *b = *(const CheckEvent *const *)right;
    int order = compare(a->pid, b->pid);
    order = order ? order : compare(a->tid, b->tid);
    order = order ? order : compare((uint64_t)a->ts, (uint64_t)b->ts);
    order = order ? order : compare((uint64_t)b->dur, (uint64_t)a->dur);
    return order ? order : compare(a->index, b->index);
}

static int by_cpu(const void *left, const void *right)
{
    const CheckEvent *a = *(const CheckEvent *const *)left, *b = *(const CheckEvent *const *)right;
    int order = compare((uint64_t)a->cpu, (uint64_t)b->cpu);
    order = order ? order : compare((uint64_t)a->ts, (uint64_t)b->ts);
    return order ? order : compare(a->index, b->index);
}

static int by_id(const void *left, const void *right)
{
    const CheckEvent *a = *(const CheckEvent *const *)left, *b = *(const CheckEvent *const *)right;
    int order = compare(a->pid, b->pid);
    order = order ? order : compare_text(a->cat, b->cat);
    order = order ? order : compare_text(a->id, b->id);
    order = order ? order : compare((uint64_t)a->ts, (uint64_t)b->ts);
    return order ? order : compare(a->index, b->index);
}

/* By flow, then as the importer takes events: by time, slices of threads first, the longest first. */
static int by_flow(const void *left, const void *right)
{
    const CheckEvent *a = *(const CheckEvent *const *)left, *b = *(const CheckEvent *const *)right;
    int order = compare(a->flow, b->flow);
    order = order ? order : compare((uint64_t)a->ts, (uint64_t)b->ts);
    order = order ? order : compare(a->phase != 'X', b->phase != 'X');
    order = order || a->phase != 'X' ? order : compare((uint64_t)b->dur, (uint64_t)a->dur);
    return order ? order : compare(a->index, b->index);
}

typedef struct Chosen {
    const CheckEvent **event;
    size_t count;
} Chosen;

static Chosen choose(TraceCheck *check, const char *phases, bool flows, int (*order)(const void *, const void *))
{
    Chosen chosen = {mem_get(check->mem, mem_array(check->mem, check->count + 1, sizeof *chosen.event)), 0};
    for (size_t i = 0; i < check->count; i++)
        if (strchr(phases, check->events[i].phase) && (!flows || check->events[i].flow > 0))
            chosen.event[chosen.count++] = &check->events[i];
    qsort(chosen.event, chosen.count, sizeof *chosen.event, order); /* a total order: all compare the index last */
    return chosen;
}

static Time end_of(const CheckEvent *event)
{
    return event->ts + event->dur;
}

/* ---- the rules ---- */

static void check_names(TraceCheck *check)
{
    uint64_t pid = 0, tid = 0;
    for (size_t i = 0; i < check->count; i++) {
        const CheckEvent *event = &check->events[i];
        if (event->pid == pid && event->tid == tid)
            continue;
        pid = event->pid;
        tid = event->tid;
        if (!check_name(check, pid, 0))
            check_fault(check, event->line, "a process without a name");
        if (tid > 0 && !check_name(check, pid, tid))
            check_fault(check, event->line, "a thread without a name");
    }
}

/* Of slices of 0 ns at one instant, the importer of JSON takes each for a part of the one before; in packets their ends
 * tell them apart. */
static void check_slices(TraceCheck *check)
{
    const CheckEvent *stack[DEPTH_MOST];
    size_t depth = 0;
    Chosen slices = choose(check, "X", false, by_thread);
    check->counts.slices = slices.count;
    for (size_t i = 0; i < slices.count; i++) {
        const CheckEvent *event = slices.event[i];
        if (depth > 0 && (stack[0]->pid != event->pid || stack[0]->tid != event->tid))
            depth = 0;
        while (depth > 0 && (end_of(stack[depth - 1]) < event->ts ||
                             (end_of(stack[depth - 1]) == event->ts && (event->dur > 0 || check->packets))))
            depth--;
        if (depth > 0 && end_of(event) > end_of(stack[depth - 1]))
            check_fault(check, event->line, "a slice outlives the one around it");
        if (depth == DEPTH_MOST) {
            check_fault(check, event->line, "more than 512 slices inside each other");
            break;
        }
        stack[depth++] = event;
    }
    mem_free(check->mem, slices.event);
}

static void check_overlap(TraceCheck *check, int (*order)(const void *, const void *), bool cpu)
{
    Chosen states = choose(check, "T", false, order);
    const CheckEvent *last = NULL;
    check->counts.states = states.count;
    for (size_t i = 0; i < states.count; i++) {
        const CheckEvent *event = states.event[i];
        if (cpu && event->cpu < 0)
            continue;
        bool same = last && (cpu ? last->cpu == event->cpu : last->pid == event->pid && last->tid == event->tid);
        if (same && event->ts < end_of(last))
            check_fault(check, event->line,
                        cpu ? "two threads run on one CPU at a time" : "a thread is in two states at a time");
        last = event;
    }
    mem_free(check->mem, states.event);
}

static bool is_request(const CheckEvent *event)
{
    return event->name.size > 8 && memcmp(event->name.bytes, "request ", 8) == 0 &&
           compare_text(event->name, event->cat) == 0;
}

static void check_request(TraceCheck *check, const CheckEvent *begin, const CheckEvent *end)
{
    check->counts.requests++;
    check->counts.completed += end->completed;
    if (begin->unfinished || end->unfinished)
        return;
    if (end->latency < 0)
        check_fault(check, end->line, "a request ends without its latency");
    else if (end->latency != end->ts - begin->ts)
        check_fault(check, end->line, "a request's slice is not as long as its latency");
}

static bool same_id(const CheckEvent *a, const CheckEvent *b)
{
    return a->pid == b->pid && compare_text(a->cat, b->cat) == 0 && compare_text(a->id, b->id) == 0;
}

static void check_async(TraceCheck *check)
{
    const CheckEvent *stack[DEPTH_MOST];
    size_t depth = 0;
    Chosen chosen = choose(check, "ben", false, by_id);
    for (size_t i = 0; i < chosen.count; i++) {
        const CheckEvent *event = chosen.event[i];
        if (i > 0 && !same_id(event, chosen.event[i - 1])) {
            if (depth > 0)
                check_fault(check, stack[depth - 1]->line, "a slice begins and never ends");
            depth = 0;
        }
        if (event->phase == 'b' && depth < DEPTH_MOST) {
            stack[depth++] = event;
            check->counts.async++;
        } else if (event->phase == 'e') {
            if (depth == 0 || compare_text(stack[depth - 1]->name, event->name) != 0) {
                check_fault(check, event->line, "a slice ends that has not begun");
                continue;
            }
            if (is_request(event))
                check_request(check, stack[depth - 1], event);
            depth--;
        }
    }
    if (depth > 0)
        check_fault(check, stack[depth - 1]->line, "a slice begins and never ends");
    mem_free(check->mem, chosen.event);
}

static void check_flows(TraceCheck *check)
{
    Chosen chosen = choose(check, "Xbn", true, by_flow);
    const CheckEvent *from = NULL;
    for (size_t i = 0; i < chosen.count; i++) {
        const CheckEvent *event = chosen.event[i];
        if (from && from->flow != event->flow)
            from = NULL;
        if (event->in && from) {
            check->counts.flows++;
        } else if (event->in) {
            size_t k = i + 1; /* its beginning may be an event of the same instant, which the importer takes later */
            while (k < chosen.count && chosen.event[k]->flow == event->flow && chosen.event[k]->ts == event->ts &&
                   !chosen.event[k]->out)
                k++;
            if (k < chosen.count && chosen.event[k]->flow == event->flow && chosen.event[k]->ts == event->ts)
                check->counts.same_instant++;
            else if (!check->left_out) /* else it may come from what is not there */
                check_fault(check, event->line, "an arrow comes from nowhere, or from later");
        }
        if (event->out)
            from = event;
    }
    mem_free(check->mem, chosen.event);
}

static TraceCheck *read_trace(Mem *mem, const char *bytes, size_t size)
{
    TraceCheck *check = mem_get(mem, sizeof *check);
    check->mem = mem;
    buf_init(&check->report, mem, SIZE_MAX / 4);
    if (size > 0 && bytes[0] == '\n') /* the tag of a packet */
        check_read_packets(check, bytes, size);
    else
        check_read(check, bytes, size);
    return check;
}

bool trace_find_slowest(Mem *mem, const char *bytes, size_t size, Time *from, Time *to, PullText *server)
{
    const TraceCheck *check = read_trace(mem, bytes, size);
    const CheckEvent *found = NULL;
    for (size_t i = 0; check->faults == 0 && i < check->count; i++) {
        const CheckEvent *event = &check->events[i];
        bool marked = event->phase == 'n' && pull_is(event->name, "slowest #1");
        if (event->latency < 0 || !(marked || (event->phase == 'e' && is_request(event))))
            continue;
        if (!found || marked || event->latency > found->latency)
            found = event;
        if (marked)
            break;
    }
    if (!found)
        return false;
    *from = found->phase == 'n' ? found->ts : found->ts - found->latency;
    *to = *from + found->latency;
    const CheckName *name = check_name(check, found->pid, 0);
    *server = name ? name->name : (PullText){"", 0};
    return *from >= 0;
}

TraceCheck *trace_check(Mem *mem, const char *bytes, size_t size)
{
    TraceCheck *check = read_trace(mem, bytes, size);
    if (check->faults > 0)
        return check; /* what follows takes events for whole */
    check_names(check);
    check_slices(check);
    check_overlap(check, by_thread, false);
    check_overlap(check, by_cpu, true);
    check_async(check);
    check_flows(check);
    return check;
}

CheckCounts trace_check_counts(const TraceCheck *check)
{
    return check->counts;
}

bool trace_check_whole(const TraceCheck *check)
{
    return !check->left_out;
}

uint64_t trace_check_faults(const TraceCheck *check)
{
    return check->faults;
}

const char *trace_check_report(const TraceCheck *check)
{
    return check->report.size > 0 ? check->report.data : "";
}
