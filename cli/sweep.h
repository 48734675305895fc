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

/* The document; its points stand behind the key. A part is told from the whole by its "part", and has no knees. */
#define SWEEP_POINTS_KEY "\"points\": ["
void sweep_json(Buf *buf, const Sweep *sweep);
void sweep_csv(Buf *buf, const Sweep *sweep);
void sweep_text(Buf *buf, const Sweep *sweep, bool color, size_t width); /* of a line, as report_terminal has it */
void sweep_html(Buf *buf, const Sweep *sweep);
void sweep_markdown(Buf *buf, const Sweep *sweep);
void sweep_junit(Buf *buf, const Sweep *sweep);
void sweep_github(Buf *buf, const Sweep *sweep);

/* Reads the head of a document and takes its lines: into an empty sweep (mem and args set), or into one with the same
 * identity. NULL, or what is wrong. */
const char *sweep_read(Sweep *sweep, const char *bytes, size_t size);

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
