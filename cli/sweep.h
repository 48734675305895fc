/* sweep: a workload over a grid of values.
 *
 * A point's outcome is one line of JSON, made by the worker that simulated it. Those lines are all that there is of a
 * point: the report, the parts of a sharded sweep and the journal of `--resume` hold them as they are, and tables and
 * knees are made from them alone. So what was sharded, resumed or done by several workers comes to the same bytes as
 * one run. */
#ifndef CLI_SWEEP_H
#define CLI_SWEEP_H

#include "report.h"
#include "vary.h"

typedef struct Sweep {
    Mem *mem;
    const Args *args;
    /* What it is: the head of the document. */
    const char *name;
    uint64_t spec_digest; /* of the first point's spec */
    uint64_t seed, identity;
    int64_t runs, precision; /* as in Args */
    Vary *vary;
    int vary_count;
    uint64_t points;
    int64_t shard, shards; /* 0: not a part */
    bool interrupted;
    const char **line; /* by point; NULL: not there */
    uint64_t here;     /* how many are */
} Sweep;

/* The value that a vary has at a point: the last one given changes fastest. */
int sweep_index(const Sweep *sweep, uint64_t point, int vary);

/* Takes over one line. False where it is none of this sweep, or another one of the same point is there already. */
bool sweep_take(Sweep *sweep, const char *line, size_t size);

/* The document. A part is told from the whole by its "part", and has no knees. */
void sweep_json(Buf *buf, const Sweep *sweep);
void sweep_csv(Buf *buf, const Sweep *sweep);
void sweep_text(Buf *buf, const Sweep *sweep, bool color);
void sweep_html(Buf *buf, const Sweep *sweep);
void sweep_markdown(Buf *buf, const Sweep *sweep);
void sweep_junit(Buf *buf, const Sweep *sweep);
void sweep_github(Buf *buf, const Sweep *sweep);

/* Reads the head of a document and takes its lines: into an empty sweep (mem and args set), or into one with the same
 * identity. NULL, or what is wrong. */
const char *sweep_read(Sweep *sweep, const char *bytes, size_t size);

/* ---- the rows behind the lines ---- */

typedef struct SweepRow {
    bool here;
    int64_t offered, throughput;                            /* per second, millionths */
    int64_t mean, p50, p99;                                 /* ns; -1: none */
    int64_t throughput_half, mean_half, p50_half, p99_half; /* of the 95 % interval; -1: none */
    int64_t utilization;                                    /* of the bottleneck, millionths */
    int64_t arrived, completed;
    int64_t lost; /* failed, refused, timed out */
    const char *bottleneck;
} SweepRow;

/* A requirement that was not met at a point, or that the point came to a limit. */
typedef struct SweepFailure {
    uint64_t point;
    const char *text;
    bool limit;
} SweepFailure;

typedef struct SweepTable {
    const char **server; /* in the order of the lines */
    int servers;
    SweepRow *row;         /* point * servers + server */
    uint64_t limited;      /* points that came to a limit */
    uint64_t unmet;        /* points at which a requirement failed */
    SweepFailure *failure; /* in order */
    uint64_t failure_count;
} SweepTable;
SweepTable sweep_table(const Sweep *sweep, Mem *mem);

/* Knees are looked for along the first of the varied that is numeric and has at least three values; -1: none. */
int sweep_along(const Sweep *sweep);

/* The knees of all servers, by every combination of the other values. Calls back in order. */
typedef struct SweepKnee {
    const char *server;
    int vary;             /* along which */
    uint64_t first_point; /* of the combination; a step along it is `stride` points */
    uint64_t stride;
    const struct Knee *throughput, *p99;
} SweepKnee;
typedef void SweepKneeFn(void *context, const SweepKnee *knee);
void sweep_knees(const Sweep *sweep, const SweepTable *table, Mem *mem, SweepKneeFn *fn, void *context);

/* What the reports say alike: a place along what is varied, to three digits or as many as there are before the point;
 * where a server breaks, without its name and a full stop; the values of a point: "machine.cores 4, seed 7". */
void sweep_put_at(Buf *buf, int64_t at, const char *unit);
void sweep_put_knee(Buf *line, const Sweep *sweep, const SweepKnee *knee);
void sweep_put_point(Buf *buf, const Sweep *sweep, uint64_t point);

/* ---- sweep_point.c: in a worker ---- */
typedef struct SweepWork {
    Sweep *sweep;
    const char *path; /* of the spec, and its text */
    const char *bytes;
    size_t size;
} SweepWork;
/* Puts the line of a point into answer; an exit code, with everything said. EXIT_INTERRUPTED: nothing was put. */
int sweep_point(const SweepWork *work, Cli *cli, uint64_t point, Buf *answer);
/* The spec at a point. */
int sweep_input(const SweepWork *work, Cli *cli, uint64_t point, Input *input);

#endif
