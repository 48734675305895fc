/* check: whether a trace, in Chrome JSON or in Perfetto's protobuf, is what it should be, and what the run amounts to
 * by the trace alone. It shares no code with what writes traces.
 *
 *  1. Strict JSON, or the strict wire format with only the fields that loopsim writes, tracks and texts described
 *     before their use. Processes and threads have names.
 *  2. Slices of a thread nest: none overlaps another, none outlives the one around it. Asynchronous slices of one id
 *     nest, and each beginning has its end.
 *  3. A thread is in one state at a time, a CPU runs at most one thread.
 *  4. Every arrow comes from somewhere earlier. (Between events of one instant the order may be lost: those are counted
 *     apart. In protobuf an arrow has no direction of its own, and goes from the earlier event to the later one.)
 *  5. Every `request` slice is as long as its latency says.
 *
 * With results (loopsim run --out json) of the same run, the figures of a whole trace are compared with them: how many
 * requests were completed, their latencies' count, mean, least, greatest and percentiles, how busy loops, workers and
 * cores were, the number in flight. */
#ifndef TRACES_CHECK_H
#define TRACES_CHECK_H

#include "../sim/mem.h"
#include "checked.h"
#include "pull.h"

TraceCheck *trace_check(Mem *mem, const char *bytes, size_t size); /* the bytes must outlive it */
/* Where the slowest request is, the process of its server and its name: the first that is marked `slowest #1`, else the
 * longest of all. False: there is none, or the trace cannot be read. It checks no rules. */
bool trace_find_slowest(Mem *mem, const char *bytes, size_t size, Time *from, Time *to, PullText *server);
void trace_check_results(TraceCheck *check, const char *results, size_t size); /* only where nothing was left out */
CheckCounts trace_check_counts(const TraceCheck *check);
bool trace_check_whole(const TraceCheck *check);         /* it shows all of the run: it can be compared */
uint64_t trace_check_faults(const TraceCheck *check);    /* how many there are */
const char *trace_check_report(const TraceCheck *check); /* the first of them, a line each */

#endif
