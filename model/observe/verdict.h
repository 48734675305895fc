/* verdict: requirements, from `expect` and --require: `[server.][handler.]metric OP value`, or `OP [factor *]
 * [server.][handler.]metric`.
 *
 * Parsed and bound to the spec before the run: what names nothing is an error with its place, not a pass. Without a
 * server a requirement is of every server, and told by the one that comes nearest to failing. Compared exactly, in
 * integers. A figure that a run does not have (a latency where nothing was completed) meets no requirement. */
#ifndef MODEL_OBSERVE_VERDICT_H
#define MODEL_OBSERVE_VERDICT_H

#include "metric.h"

typedef enum RequirementOp { OP_LESS, OP_AT_MOST, OP_MORE, OP_AT_LEAST, OP_EQUAL } RequirementOp;

typedef struct Operand {
    Metric metric;
    int server;  /* -1: every one */
    int handler; /* -1: all together */
} Operand;

typedef struct Requirement {
    const char *text;
    JsonPlace place;
    Operand left;
    RequirementOp op;
    bool against; /* another metric, times factor; else a value */
    Operand right;
    uint64_t factor, divisor; /* the factor is factor / divisor */
    int64_t value;            /* in the metric's unit */
} Requirement;

typedef struct Verdict {
    const char *text;
    JsonPlace place;
    MetricUnit unit;
    bool met;
    bool has_value, has_limit;
    int64_t value, limit; /* the limit rounded down */
    const char *server;   /* whose value it is */
} Verdict;

/* False where the text is wrong: said in diag. Finds the offending word's own place where the text stands in the file
 * as it is. */
bool requirement_parse(Requirement *requirement, Mem *mem, const Spec *spec, const char *text, JsonPlace place,
                       Diag *diag);

/* Whether it can be judged where only some servers run (by their index in the spec). */
bool requirement_runs(const Requirement *requirement, const Spec *spec, const bool *runs);

/* results: by the index of the server in the spec; NULL where it was not run. */
Verdict requirement_judge(const Requirement *requirement, const Spec *spec, const Results *const results[]);

#endif
