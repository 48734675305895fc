#include "nest.h"

enum { FIRST_ROOM = HOSTILE(8, 1) };

void nest_init(Nest *nest, Mem *mem)
{
    *nest = (Nest){.mem = mem, .instant = -1};
    line_init(&nest->open, mem);
    line_init(&nest->held, mem);
}

void nest_free(Nest *nest)
{
    line_free(&nest->open);
    line_free(&nest->held);
    mem_free(nest->mem, nest->frames);
    nest_init(nest, nest->mem);
}

void nest_written(Nest *nest)
{
    nest->held.size = 0;
    for (size_t i = 0; i < nest->depth; i++)
        nest->frames[i].mark = 0;
}

NestFrame *nest_enter(Nest *nest, Time start)
{
    if (nest->depth == nest->room) {
        nest->room = nest->room > 0 ? 2 * nest->room : FIRST_ROOM;
        nest->frames = mem_grow(nest->mem, nest->frames, mem_array(nest->mem, nest->room, sizeof *nest->frames));
    }
    NestFrame *frame = &nest->frames[nest->depth++];
    *frame = (NestFrame){.start = start, .text = nest->open.size, .mark = nest->held.size};
    return frame;
}

NestFrame nest_leave(Nest *nest)
{
    must(nest->depth > 0, "a slice is left that was not entered");
    return nest->frames[--nest->depth];
}

bool nest_hold(Nest *nest, const char *event, size_t size, Time start, Time end, size_t mark)
{
    bool shares_start = nest->depth > 0 && nest->frames[nest->depth - 1].start == start;
    if (nest->held.size == 0 && !shares_start)
        return false;
    line_insert(&nest->held, mark, event, size);
    nest->held_time = end;
    return true;
}

bool nest_too_high(Nest *nest, Time start, Time end)
{
    if (start != end)
        return false;
    if (nest->instant != start) {
        nest->instant = start;
        nest->stacked = 0;
    }
    return nest->stacked++ >= SINK_STACKED;
}
