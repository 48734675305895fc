/* The rows behind the lines of a sweep, the knees that they show, and what all reports say of them alike. */
#ifndef CLI_SWEEP_TABLE_H
#define CLI_SWEEP_TABLE_H

#include "sweep.h"

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

#endif
