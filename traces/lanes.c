#include "lanes.h"

enum { FIRST_ROOM = HOSTILE(8, 1) };

void lanes_init(Lanes *lanes, Mem *mem)
{
    *lanes = (Lanes){.mem = mem};
}

void lanes_free(Lanes *lanes)
{
    mem_free(lanes->mem, lanes->lanes);
    mem_free(lanes->mem, lanes->free);
    mem_free(lanes->mem, lanes->slots);
    lanes_init(lanes, lanes->mem);
}

static uint32_t next_slot(const Lanes *lanes, uint32_t slot)
{
    return (slot + 1) & (lanes->slot_count - 1);
}

/* Where the search for an id begins (Fibonacci hashing: the upper bits of a product are well mixed). */
static uint32_t home(const Lanes *lanes, uint64_t id)
{
    return (uint32_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (lanes->slot_count - 1);
}

/* The slot of the id, or the free one where it belongs. */
static uint32_t slot_of(const Lanes *lanes, uint64_t id)
{
    uint32_t slot = home(lanes, id);
    while (lanes->slots[slot] > 0 && lanes->lanes[lanes->slots[slot] - 1].id != id)
        slot = next_slot(lanes, slot);
    return slot;
}

uint32_t lanes_find(const Lanes *lanes, uint64_t id)
{
    return lanes->open > 0 ? lanes->slots[slot_of(lanes, id)] - 1 : LANE_NONE; /* 0 - 1 is LANE_NONE */
}

/* Room for one more lane; the table of slots is always at most half full. */
static void grow(Lanes *lanes)
{
    if (lanes->count < lanes->room)
        return;
    uint32_t room = lanes->room > 0 ? 2 * lanes->room : FIRST_ROOM;
    must(room < UINT32_MAX / 4, "more lanes than a trace can have");
    lanes->lanes = mem_grow(lanes->mem, lanes->lanes, mem_array(lanes->mem, room, sizeof *lanes->lanes));
    lanes->free = mem_grow(lanes->mem, lanes->free, mem_array(lanes->mem, room, sizeof *lanes->free));
    mem_free(lanes->mem, lanes->slots);
    lanes->slots = mem_get(lanes->mem, mem_array(lanes->mem, 2 * (size_t)room, sizeof *lanes->slots));
    lanes->slot_count = 2 * room;
    lanes->room = room;
    for (uint32_t i = 0; i < lanes->count; i++) { /* all are open, else there were a free one */
        lanes->slots[slot_of(lanes, lanes->lanes[i].id)] = i + 1;
    }
}

uint32_t lanes_begin(Lanes *lanes, uint64_t id)
{
    uint32_t lane = lanes_find(lanes, id);
    if (lane == LANE_NONE) {
        if (lanes->free_count > 0) {
            lane = lanes->free[--lanes->free_count];
        } else {
            grow(lanes);
            lane = lanes->count++;
        }
        lanes->lanes[lane] = (Lane){.id = id};
        lanes->slots[slot_of(lanes, id)] = lane + 1;
        lanes->open++;
    }
    lanes->lanes[lane].depth++;
    return lane;
}

/* Empties a slot; what stands behind it for want of room moves up. */
static void clear_slot(Lanes *lanes, uint32_t hole)
{
    uint32_t mask = lanes->slot_count - 1;
    for (uint32_t slot = next_slot(lanes, hole); lanes->slots[slot] > 0; slot = next_slot(lanes, slot)) {
        uint32_t at_home = home(lanes, lanes->lanes[lanes->slots[slot] - 1].id);
        if (((slot - at_home) & mask) >= ((slot - hole) & mask)) {
            lanes->slots[hole] = lanes->slots[slot];
            hole = slot;
        }
    }
    lanes->slots[hole] = 0;
}

void lanes_end(Lanes *lanes, uint32_t lane)
{
    must(lane < lanes->count && lanes->lanes[lane].depth > 0, "what was not begun is ended");
    if (--lanes->lanes[lane].depth > 0)
        return;
    clear_slot(lanes, slot_of(lanes, lanes->lanes[lane].id));
    lanes->free[lanes->free_count++] = lane;
    lanes->open--;
}
