#include "descriptor.h"

#include "perfetto.h"

void descriptor_root(Line *to)
{
    wire_number(to, TRACK_UUID, 0);
    wire_number(to, TRACK_CHILDREN, CHILDREN_BY_RANK);
    wire_number(to, TRACK_PROCESSES, GROUPS_BY_RANK);
    wire_number(to, TRACK_THREADS, GROUPS_BY_RANK);
}

void descriptor_begin(Line *to, uint64_t uuid, uint64_t parent, const char *name, int rank)
{
    wire_number(to, TRACK_UUID, uuid);
    if (parent)
        wire_number(to, TRACK_PARENT, parent);
    wire_text(to, TRACK_NAME, name);
    wire_number(to, TRACK_CHILDREN, CHILDREN_BY_RANK);
    wire_signed(to, TRACK_RANK, rank);
}

void descriptor_process(Line *to, Line *part, uint32_t pid, const char *name)
{
    part->size = 0;
    wire_number(part, PROCESS_PID, pid);
    wire_text(part, PROCESS_NAME, name);
    wire_message(to, TRACK_PROCESS_PART, part);
}

void descriptor_thread(Line *to, Line *part, uint32_t pid, uint32_t tid, const char *name)
{
    part->size = 0;
    wire_number(part, THREAD_PID, pid);
    wire_number(part, THREAD_TID, tid);
    wire_text(part, THREAD_NAME, name);
    wire_message(to, TRACK_THREAD_PART, part);
}

/* The importer multiplies, so that the values come out in the base unit. */
void descriptor_counter(Line *to, Line *part, CounterUnit unit)
{
    static const struct {
        unsigned unit, multiplier;
        const char *name;
    } units[] = {[UNIT_COUNT] = {COUNTED_THINGS, 0, NULL},
                 [UNIT_TIME_US] = {COUNTED_NS, 1000, NULL},
                 [UNIT_KIB] = {COUNTED_BYTES, 1024, NULL},
                 [UNIT_PERCENT] = {0, 0, "%"}};
    part->size = 0;
    if (units[unit].unit)
        wire_number(part, COUNTER_UNIT, units[unit].unit);
    if (units[unit].multiplier)
        wire_number(part, COUNTER_MULTIPLIER, units[unit].multiplier);
    if (units[unit].name)
        wire_text(part, COUNTER_UNIT_NAME, units[unit].name);
    wire_message(to, TRACK_COUNTER_PART, part);
}
