/* chrome_event: parts of an event in Chrome JSON. */
#ifndef TRACES_CHROME_EVENT_H
#define TRACES_CHROME_EVENT_H

#include "args.h"
#include "line.h"

void event_name(Line *line, const char *name);

/* The args: as many calls of event_args as there are sources, then event_args_end. *seen: those that are there. */
void event_args(Line *line, const TraceArgs *args, unsigned *seen);
void event_args_end(Line *line, unsigned seen);
void event_all_args(Line *line, const TraceArgs *args); /* from one source */

void event_flow(Line *line, uint64_t number, bool in, bool out);

/* The flows and the end of the event. It has room for one number: true where flow.out is another and needs an event of
 * its own. */
bool event_flows_end(Line *line, TraceFlow flow);

#endif
