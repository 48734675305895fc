/* report: what a run tells, in each format. All reports are made of the same Report, so they cannot disagree. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "../model/observe/verdict.h"
#include "cli.h"

/* One figure of every server that ran, side by side. */
typedef struct ContrastRow {
    const char *name; /* as in `expect`: "p99", or "get.p99" */
    MetricUnit unit;
    bool *has; /* by column */
    int64_t *value;
    bool has_ratio;
    Micro ratio; /* the largest by the smallest */
} ContrastRow;

typedef struct Report {
    Mem *mem;
    const Spec *spec;
    const char *path; /* of the spec, as it was given */
    const Args *args;
    const Results **results; /* of the servers that ran, in the spec's order */
    int count;
    Verdict *verdicts;
    int verdict_count;
    bool interrupted;
    bool color;
} Report;

typedef struct Contrast {
    ContrastRow *row;
    int count;
} Contrast;

/* The usual figures, of all requests together. */
Contrast contrast_make(const Report *report);
/* The figure of one handler (-1: all together). False: no server has it. */
bool contrast_row(const Report *report, const char *metric, int handler, ContrastRow *row);

void report_json(Buf *buf, const Report *report);
void report_text(Buf *buf, const Report *report);

#endif
