#include "stations.h"

const char *const cause_name[CAUSES] = {
    [CAUSE_LOOP] = "(loop)",
    [CAUSE_ACCEPTOR] = "(acceptor)",
    [CAUSE_WORKER] = "(worker)",
    [CAUSE_THREAD] = "(thread)",
    [CAUSE_SWITCH] = "(switch)",
    [CAUSE_WAKE_UP] = "(wake-up)",
    [CAUSE_IDLE_CONNECTION] = "(idle connection)",
    [CAUSE_SYN_RETRY] = "(SYN retry)",
    [CAUSE_PAUSE] = "(pause)",
    [CAUSE_UNKNOWN] = "(unknown)",
};

const Part wait_part[WAITS] = {PART_ACCEPT_WAIT, PART_READY_WAIT,    PART_PREEMPTED,
                               PART_POOL_WAIT,   PART_RESOURCE_WAIT, PART_LOCK_WAIT};

/* What a strand has waited for so far. */
struct Tally {
    Tally *next; /* of the same request */
    /* What it waits for, unless that is fixed; where that is still to be said, what it waited for before: mostly it
     * goes on to wait for the same. */
    Station *kept;
    Time since;
    uint32_t waited; /* a bit a row: `total` has something in it */
    Time passed;     /* what of `kept` had been passed on to the cores when the wait began; 0: `cored` says nothing */
    Time *cored;     /* columns: what of `seen` were cores */
    Time *total;     /* a row (a wait, or what of it was for a core), columns */
    Time seen[];     /* columns: what `kept` had been held by when the wait began */
};

static int wait_of(Part part)
{
    static const int8_t waits[PARTS] = {
        [PART_ACCEPT_WAIT] = 1, [PART_READY_WAIT] = 2,    [PART_PREEMPTED] = 3,
        [PART_POOL_WAIT] = 4,   [PART_RESOURCE_WAIT] = 5, [PART_LOCK_WAIT] = 6,
    };
    return waits[part] - 1;
}

/* ---- strands ---- */

static Time *row_of_tally(const Blame *blame, Tally *tally, int number)
{
    return tally->total + (size_t)number * (size_t)blame->stride;
}

/* Adds now - before to a row, which begins with nothing; before becomes now. */
static inline void take(const Blame *blame, Tally *tally, int number, const Time *restrict now, Time *restrict before)
{
    Time *restrict row = row_of_tally(blame, tally, number);
    size_t pairs = blame->pairs;
    if (tally->waited >> number & 1) {
        do {
            row[0] += now[0] - before[0];
            row[1] += now[1] - before[1];
            before[0] = now[0];
            before[1] = now[1];
            row += 2, now += 2, before += 2;
        } while (--pairs > 0);
        return;
    }
    tally->waited |= UINT32_C(1) << number;
    do {
        row[0] = now[0] - before[0];
        row[1] = now[1] - before[1];
        before[0] = now[0];
        before[1] = now[1];
        row += 2, now += 2, before += 2;
    } while (--pairs > 0);
}

static void take_one(Blame *blame, Tally *tally, int number, int cause, Time span)
{
    int column = blame_column(blame, cause);
    Time *row = row_of_tally(blame, tally, number);
    for (int i = 0; !(tally->waited >> number & 1) && i < blame->stride; i++)
        row[i] = 0;
    tally->waited |= UINT32_C(1) << number;
    row[column] += span;
}

/* Cores are waited for themselves, or by the thread that is waited for. Before `seen` is brought up. */
static void take_cores(const Blame *blame, Tally *tally, int wait)
{
    const Station *at = tally->kept;
    int number = BLAME_ON_CORES + wait;
    if (number >= BLAME_ROWS)
        return;
    if (at == blame->cores) {
        Time *row = row_of_tally(blame, tally, number);
        for (int i = 0; i < blame->columns; i++)
            row[i] = (tally->waited >> number & 1 ? row[i] : 0) + at->held[i] - tally->seen[i];
        tally->waited |= UINT32_C(1) << number;
        return;
    }
    for (int i = 0; tally->passed == 0 && i < blame->stride; i++)
        tally->cored[i] = 0;
    take(blame, tally, number, at->cored, tally->cored);
    tally->passed = at->passed;
}

/* `to` is NULL or not fixed. */
static void keep(Tally *tally, Station *to, Time now)
{
    Station *from = tally->kept;
    if (to == from)
        return;
    tally->kept = to;
    if (to) {
        station_waited_for(to, now);
        blame_copy(to->blame, tally->seen, to->held);
        tally->passed = to->passed;
        if (to->passed > 0)
            blame_copy(to->blame, tally->cored, to->cored);
    }
    if (from)
        station_left(from);
}

/* Adds to a wait what `at` has been held by since it began, or since the last time. */
static void take_any(Blame *blame, Tally *tally, int wait, Station *at, Time now)
{
    if (!at || at->fixed) {
        int cause = at ? at->idle : blame_idle_cause(blame, tally->since, CAUSE_UNKNOWN);
        take_one(blame, tally, wait, cause, now - tally->since);
        keep(tally, NULL, now); /* what it waited for before, it does no more */
        return;
    }
    station_bring_up_any(at);
    if (at->passed != tally->passed || at == blame->cores)
        take_cores(blame, tally, wait);
    take(blame, tally, wait, at->held, tally->seen);
}

/* Brings the tally of a strand that is in `part`, and there waits for `at`, up to now. */
static void settle_tally(Blame *blame, Tally *tally, Part part, Station *at, Time now)
{
    if (now > tally->since && is_wait(part))
        take_any(blame, tally, wait_of(part), at, now);
    tally->since = now; /* where it was no wait, one may begin now */
}

static OUT_OF_LINE void part_any(Blame *blame, Strand *strand, Part part, Station *station)
{
    Tally *tally = strand->tally;
    Time now = blame_now(blame);
    settle_tally(blame, tally, (Part)strand->part, strand->waits_at, now);
    strand->waits_at = station;
    if (station || !is_wait(part))
        keep(tally, station && !station->fixed ? station : NULL, now);
}

/* Mostly it is a thread that is waited for, with one cause to have kept it: below 0, all else. */
static inline int quick_column(const Blame *blame, const Station *station)
{
    return station->plain && station->holders == 1 ? blame->column[station->sum] : -1;
}

static inline void quick_bring_up(Station *station, int column, Time now)
{
    station->held[column] += now - station->since;
    station->since = now;
}

/* It has waited for nothing before. */
static inline void begins_to_wait(Blame *blame, Strand *strand, Part part, Station *station, Time now)
{
    Tally *tally = strand->tally;
    int column = quick_column(blame, station);
    if (rarely(column < 0 || station->passed > 0)) {
        part_any(blame, strand, part, station);
        return;
    }
    tally->since = now;
    tally->kept = strand->waits_at = station;
    tally->passed = 0;
    if (station->waiters++ == 0)
        station->since = now;
    quick_bring_up(station, column, now);
    blame_copy(blame, tally->seen, station->held);
}

/* It has waited, and goes on to do something else, or to wait for the same. */
static inline void has_waited(Blame *blame, Strand *strand, Part part, Station *station, Time now)
{
    Tally *tally = strand->tally;
    Station *at = strand->waits_at;
    int column = at ? quick_column(blame, at) : -1;
    if (rarely(column < 0 || at->passed != tally->passed)) {
        part_any(blame, strand, part, station);
        return;
    }
    quick_bring_up(at, column, now);
    take(blame, tally, wait_of((Part)strand->part), at->held, tally->seen);
    tally->since = now;
    strand->waits_at = station;
    if (!station && !is_wait(part)) {
        at->waiters--;
        tally->kept = NULL;
    }
}

/* part_any, which says what it is all about; two cases that are most of all are as quick as can be. */
void blame_part(Blame *blame, Strand *strand, Part part, Station *station)
{
    Tally *tally = strand->tally;
    if (!tally)
        return;
    Time now = blame_now(blame);
    bool waits = now != tally->since && is_wait(strand->part);
    if (waits && (!station || station == tally->kept)) {
        has_waited(blame, strand, part, station, now);
    } else if (!waits && station && !tally->kept) {
        begins_to_wait(blame, strand, part, station, now);
    } else if (!waits && (station ? station == tally->kept : is_wait(part))) {
        tally->since = now;
        strand->waits_at = station;
    } else {
        part_any(blame, strand, part, station);
    }
}

static Tally *new_tally(Blame *blame, Request *request)
{
    Tally *tally = blame->spare, *first = request->account.tally;
    if (tally) {
        blame->spare = tally->next;
    } else {
        tally = pool_get(&blame->tallies);
        tally->cored = tally->seen + blame->stride;
        tally->total = tally->cored + blame->stride;
    }
    tally->next = NULL;
    tally->kept = NULL;
    tally->waited = 0;
    tally->since = blame_now(blame);
    if (rarely(first != NULL)) {
        tally->next = first->next;
        first->next = tally;
    }
    return tally;
}

void blame_begin(Blame *blame, Strand *strand)
{
    strand->waits_at = NULL;
    if (strand->request)
        strand->tally = new_tally(blame, strand->request);
}

/* Takes over what the other has waited for, and what it waits for. */
static void take_over(Blame *blame, Tally *into, const Tally *from)
{
    size_t row = (size_t)blame->stride;
    for (int i = 0; i < BLAME_ROWS; i++)
        if (from->waited >> i & 1)
            blame_copy(blame, into->total + (size_t)i * row, from->total + (size_t)i * row);
    into->waited = from->waited;
    into->since = from->since;
    keep(into, from->kept, blame_now(blame));
    if (!from->kept)
        return;
    blame_copy(blame, into->seen, from->seen);
    into->passed = from->passed;
    if (from->passed > 0)
        blame_copy(blame, into->cored, from->cored);
}

/* The child has the parent's account up to now, and is in the same part. */
void blame_fork(Blame *blame, Strand *child, const Strand *parent)
{
    child->tally = NULL;
    if (!parent->tally)
        return;
    Tally *tally = new_tally(blame, child->request);
    child->tally = tally;
    take_over(blame, tally, parent->tally);
    settle_tally(blame, tally, (Part)parent->part, child->waits_at, blame_now(blame));
}

void blame_adopt(Blame *blame, Strand *parent, const Strand *child)
{
    if (!parent->tally || !child->tally)
        return;
    take_over(blame, parent->tally, child->tally);
    parent->waits_at = child->waits_at;
}

void blame_request_gone(Blame *blame, Request *request)
{
    Tally *next;
    for (Tally *tally = request->account.tally; tally; tally = next) {
        next = tally->next;
        if (tally->kept)
            station_left(tally->kept);
        tally->next = blame->spare;
        blame->spare = tally;
    }
    request->account.tally = NULL;
}

/* ---- what is counted ---- */

/* Where the rows of a handler begin. */
static size_t rows_at(const Blame *blame, int handler)
{
    return (size_t)handler * BLAME_ROWS * (size_t)blame->stride;
}

/* Into the sums, before one of the words overflows. */
static OUT_OF_LINE void carry(Blame *blame)
{
    size_t cells = rows_at(blame, blame->causes - CAUSES);
    for (size_t i = 0; i < cells; i++) {
        sum_add(&blame->row[i], blame->lately[i]);
        blame->lately[i] = 0;
    }
    blame->most = 0;
}

void blame_count(Blame *blame, const Request *request, Time latency)
{
    const Tally *tally = request->account.tally;
    uint64_t *of_handler = blame->lately + rows_at(blame, request->handler);
    for (uint32_t waited = tally->waited; waited != 0; waited &= waited - 1) {
        size_t at = (size_t)__builtin_ctz(waited) * (size_t)blame->stride, pairs = blame->pairs;
        uint64_t *restrict lately = of_handler + at;
        const Time *restrict total = tally->total + at;
        do {
            lately[0] += (uint64_t)total[0];
            lately[1] += (uint64_t)total[1];
            lately += 2, total += 2;
        } while (--pairs > 0);
    }
    blame->most += (uint64_t)latency;
    if (rarely(blame->most > UINT64_MAX / 4))
        carry(blame);
}

void blame_check(const Blame *blame, int handler)
{
    const PartSums *parts = &blame->probe->stats->handlers[handler].part;
    for (int wait = 0; wait < WAITS; wait++) {
        Sum all = sum_of(0);
        for (int cause = 0; cause < blame->causes; cause++)
            sum_add_sum(&all, blame_total(blame, handler, wait, cause));
        must(sum_compare(all, part_sum(parts, (int)wait_part[wait])) == 0,
             "whom requests waited for does not add up to their waits");
    }
}

int blame_causes(const Blame *blame)
{
    return blame->causes;
}

Time blame_of(const Blame *blame, const Request *request, int cause)
{
    const Tally *tally = request->account.tally;
    int column = blame->column[cause];
    Time sum = 0;
    for (int wait = 0; wait < WAITS && column >= 0; wait++)
        sum += tally->waited >> wait & 1 ? tally->total[wait * blame->stride + column] : 0;
    return sum;
}

Time *blame_slow(const Blame *blame, int slow)
{
    return blame->slow + (size_t)slow * (size_t)blame->causes;
}

Sum blame_total(const Blame *blame, int handler, int row, int cause)
{
    int column = blame->column[cause];
    if (column < 0)
        return sum_of(0);
    size_t cell = rows_at(blame, handler) + (size_t)(row * blame->stride + column);
    Sum sum = blame->row[cell];
    sum_add(&sum, blame->lately[cell]);
    return sum;
}

Blame *blame_new(Mem *mem, const Spec *spec, const Probe *probe)
{
    if (spec->handler_count > BLAME_HANDLERS_MOST)
        return NULL;
    Blame *blame = mem_get(mem, sizeof *blame);
    size_t causes = CAUSES + (size_t)spec->handler_count;
    blame->probe = probe;
    blame->causes = (int)causes;
    blame->stride = (int)(causes + causes % 2);
    blame->pairs = 1;
    size_t stride = (size_t)blame->stride, cells = rows_at(blame, spec->handler_count) + 1;
    pool_init(&blame->stations, mem, sizeof(Station) + 3 * stride * sizeof(Time) + causes * sizeof(uint32_t));
    pool_init(&blame->tallies, mem, sizeof(Tally) + stride * (BLAME_ROWS + 2) * sizeof(Time));
    blame->row = mem_get(mem, mem_array(mem, cells, sizeof *blame->row));
    blame->lately = mem_get(mem, mem_array(mem, cells, sizeof *blame->lately));
    blame->column = mem_get(mem, causes * sizeof *blame->column);
    for (size_t i = 0; i < causes; i++)
        blame->column[i] = -1;
    blame->slow = mem_get(mem, causes * SLOWEST * sizeof *blame->slow);
    blame->cores = blame_station(blame, CAUSE_WAKE_UP);
    blame->wake_up = blame_station(blame, CAUSE_WAKE_UP);
    blame->syn_retry = blame_station(blame, CAUSE_SYN_RETRY);
    blame->paused = blame_station(blame, CAUSE_PAUSE);
    blame->wake_up->fixed = blame->syn_retry->fixed = blame->paused->fixed = true;
    blame->cores->plain = blame->wake_up->plain = blame->syn_retry->plain = blame->paused->plain = false;
    return blame;
}
