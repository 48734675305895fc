/* descriptor: what a TrackDescriptor says of a track, and of the process, the thread or the counter that it stands for.
 * `part` is used for what lies inside; what it held is lost. */
#ifndef TRACES_DESCRIPTOR_H
#define TRACES_DESCRIPTOR_H

#include "sink.h"
#include "wire.h"

void descriptor_root(Line *to); /* of all tracks: they are ordered by their ranks */
void descriptor_begin(Line *to, uint64_t uuid, uint64_t parent, const char *name, int rank); /* parent 0: the root */
void descriptor_process(Line *to, Line *part, uint32_t pid, const char *name);
void descriptor_thread(Line *to, Line *part, uint32_t pid, uint32_t tid, const char *name);
void descriptor_counter(Line *to, Line *part, CounterUnit unit);

#endif
