/* report: what a run tells, in each format. All reports are made of the same Report, so they cannot disagree. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "../model/observe/replicates.h"
#include "../model/observe/verdict.h"
#include "cli.h"

/* One figure of every server that ran, side by side. */
typedef struct ContrastRow {
    const char *name; /* as in `expect`: "p99", or "get.p99" */
    MetricUnit unit;
    bool *has; /* by column */
    int64_t *value;
    bool *has_half; /* of several runs: half the width of the 95 % interval */
    int64_t *half;
    bool has_ratio;
    Micro ratio;           /* the largest by the smallest */
    int largest, smallest; /* whose they are */
    Pairing pairing;       /* largest - smallest, run by run */
} ContrastRow;

/* All the numbers of a server's results in JSON that several runs have an interval of, in the order in which they are
 * written. */
typedef struct Figures {
    int64_t *value; /* run by run; FIGURE_NONE: the run does not have it */
    size_t each;    /* so many a run */
    int runs, room;
} Figures;

typedef struct Report {
    Mem *mem;
    const Spec *spec;
    const char *path; /* of the spec, as it was given */
    const Args *args;
    const Results **results; /* of the servers that ran, in the spec's order */
    int count;
    int runs;               /* whole ones, of which the results are */
    const Figures *figures; /* by column, where there are several runs */
    Verdict *verdicts;
    int verdict_count;
    bool interrupted;
    bool color;
    size_t width; /* of the screen, in characters: for text */
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
void figures_add(Figures *figures, Mem *mem, const Args *args, const Results *run);
void report_text(Buf *buf, const Report *report);
void report_csv(Buf *buf, const Report *report);      /* a line a server, and one each of its handlers */
void report_markdown(Buf *buf, const Report *report); /* for a page, a comment, the summary of a CI job */
void report_html(Buf *buf, const Report *report);     /* one file that needs nothing else */
void report_junit(Buf *buf, const Report *report);    /* a test case a requirement */
void report_github(Buf *buf, const Report *report);   /* workflow commands: an annotation each failed requirement */
void report_write(Buf *buf, const Report *report, Format format);
size_t report_terminal(const char *path); /* its characters a line, at least 60; SIZE_MAX where it is no terminal */
size_t report_width(const char *path);    /* 100, or less where path is a narrower terminal */
bool report_color(const Args *args, const char *path); /* whether what goes to path is to be coloured */
/* Appends the Markdown to the file that GITHUB_STEP_SUMMARY names, where it is set; an exit code. */
int github_summary(const Report *report);
int github_append(Mem *mem, const Buf *text); /* likewise any Markdown, with an empty line behind it */

/* "out of memory", "stopped by a limit", "interrupted"; NULL: the run came to its end. */
const char *report_cut(const Results *results);
/* The command that gives the same results again. */
void report_repro(Buf *buf, const Report *report);
/* "; would be full at 12.5/s" after a bottleneck's sentence; nothing where it is not known. */
void report_breaks(Buf *buf, const Bottleneck *bottleneck);
/* "threads.p99 < 10ms : 12 ms against 10 ms (threads)", the text as it is. */
void report_verdict(Buf *buf, const Report *report, const Verdict *verdict);
/* Of several runs: by how much the two servers of the ratio differ, run by run, and how much narrower its interval is
 * for the pairing. For throughput, mean and p99; false: nothing to say. */
bool report_paired(Buf *line, const Report *report, const ContrastRow *row, bool ascii);
/* "4 cores · costs linux · 60 s, without the first 5 s · seed 1" */
void report_about(Buf *buf, const Report *report);

#endif
