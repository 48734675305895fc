/* lanes: which of a few numbered lanes each of the things that are open at once runs in.
 *
 * A track of a trace shows slices that nest; asynchronous ones overlap. So each id takes a free lane while it is open
 * and leaves it for the next: there are as many lanes as were open at once at most. The lane left last is taken first.
 */
#ifndef TRACES_LANES_H
#define TRACES_LANES_H

#include "../sim/mem.h"

typedef struct Lane {
    uint64_t id;
    unsigned depth; /* how often it was begun and not ended; 0: free */
} Lane;

typedef struct Lanes {
    Mem *mem;
    Lane *lanes;
    uint32_t *free, *slots; /* slots: a hash table of lane + 1 by id */
    uint32_t count, free_count, room, open, slot_count;
} Lanes;

#define LANE_NONE UINT32_MAX

void lanes_init(Lanes *lanes, Mem *mem);
void lanes_free(Lanes *lanes);
uint32_t lanes_find(const Lanes *lanes, uint64_t id); /* LANE_NONE where it is not open */
/* Deeper, or in a free lane; lanes are numbered from 0 as they appear. */
uint32_t lanes_begin(Lanes *lanes, uint64_t id);
void lanes_end(Lanes *lanes, uint32_t lane); /* less deep; free at 0 */

#endif
