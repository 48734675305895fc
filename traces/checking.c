#include "checking.h"

enum { FAULTS_TOLD = 20 };

void check_fault(TraceCheck *check, uint64_t line, const char *what)
{
    if (check->faults++ >= FAULTS_TOLD)
        return;
    if (line > 0) {
        buf_text(&check->report, check->packets ? "packet " : "line ");
        buf_u64(&check->report, line);
        buf_text(&check->report, ": ");
    }
    buf_text(&check->report, what);
    buf_char(&check->report, '\n');
}

const CheckName *check_name(const TraceCheck *check, uint64_t pid, uint64_t tid)
{
    for (size_t i = 0; i < check->name_count; i++)
        if (check->names[i].pid == pid && check->names[i].tid == tid)
            return &check->names[i];
    return NULL;
}

void check_add_event(TraceCheck *check, const CheckEvent *event)
{
    if (check->count == check->room) {
        check->room = check->room > 0 ? 2 * check->room : HOSTILE(4096, 1);
        check->events = mem_grow(check->mem, check->events, mem_array(check->mem, check->room, sizeof *check->events));
    }
    check->events[check->count] = *event;
    check->events[check->count].index = check->count;
    check->counts.counters += event->phase == 'C';
    check->counts.unfinished += event->unfinished;
    check->count++;
}

void check_add_name(TraceCheck *check, uint64_t pid, uint64_t tid, PullText name)
{
    if (check->name_count == check->name_room) {
        check->name_room = check->name_room > 0 ? 2 * check->name_room : HOSTILE(64, 1);
        check->names =
            mem_grow(check->mem, check->names, mem_array(check->mem, check->name_room, sizeof *check->names));
    }
    check->names[check->name_count++] = (CheckName){.pid = pid, .tid = tid, .name = name};
}
