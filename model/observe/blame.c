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
    Station *at; /* NULL: it waits for nothing */
    Time since;
    uint32_t waited; /* a bit a row: `total` has something in it */
    Time passed;     /* what of `at` had been passed on to the cores when the wait began; 0: `cored` says nothing */
    Time *seen;      /* a cause: what `at` had been held by when the wait began */
    Time *cored;     /* a cause: what of that were cores */
    Time *total;     /* a row (a wait, or what of it was for a core), a cause */
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

/* A row begins with nothing. */
static Time *row_for(const Blame *blame, Tally *tally, int number)
{
    Time *row = tally->total + (size_t)number * (size_t)blame->causes;
    if (!(tally->waited >> number & 1)) {
        for (int i = 0; i < blame->live_count; i++)
            row[blame->live[i]] = 0;
        tally->waited |= UINT32_C(1) << number;
    }
    return row;
}

static void add_difference(const Blame *blame, Time *row, const Time *now, const Time *before)
{
    for (int i = 0; i < blame->live_count; i++) {
        int cause = blame->live[i];
        row[cause] += now[cause] - before[cause];
    }
}

/* Cores are waited for themselves, or by the thread that is waited for. */
static void take_cores(const Blame *blame, Tally *tally, int wait)
{
    const Station *at = tally->at;
    if (BLAME_ON_CORES + wait >= BLAME_ROWS || (at != blame->cores && at->passed == tally->passed))
        return;
    Time *row = row_for(blame, tally, BLAME_ON_CORES + wait);
    if (at == blame->cores) {
        add_difference(blame, row, at->held, tally->seen);
        return;
    }
    for (int i = 0; tally->passed == 0 && i < blame->live_count; i++)
        tally->cored[blame->live[i]] = 0;
    add_difference(blame, row, at->cored, tally->cored);
    blame_copy(blame, tally->cored, at->cored);
    tally->passed = at->passed;
}

static void take_difference(const Blame *blame, Tally *tally, int wait)
{
    station_bring_up(tally->at);
    take_cores(blame, tally, wait);
    add_difference(blame, row_for(blame, tally, wait), tally->at->held, tally->seen);
    blame_copy(blame, tally->seen, tally->at->held);
}

/* Brings the tally of a strand that is in `part` up to now. */
static void settle_tally(Blame *blame, Tally *tally, Part part)
{
    int wait = wait_of(part);
    Time now = blame_now(blame), span = now - tally->since;
    tally->since = now; /* where it was no wait, one may begin now */
    if (wait < 0 || span == 0)
        return;
    if (tally->at && !tally->at->fixed) {
        take_difference(blame, tally, wait);
        return;
    }
    int cause = tally->at ? tally->at->idle : blame_idle_cause(blame, now - span, CAUSE_UNKNOWN);
    blame_adds(blame, cause);
    row_for(blame, tally, wait)[cause] += span;
}

static void goes_to(Tally *tally, Station *station)
{
    Station *from = tally->at;
    tally->at = station;
    if (station && !station->fixed) {
        station_waited_for(station);
        blame_copy(station->blame, tally->seen, station->held);
        tally->passed = station->passed;
        if (tally->passed > 0)
            blame_copy(station->blame, tally->cored, station->cored);
    }
    if (from && !from->fixed)
        station_left(from);
}

void blame_part(Blame *blame, Strand *strand, Part part, Station *station)
{
    Tally *tally = strand->tally;
    if (!tally || (strand->part == part && (!station || tally->at == station)))
        return;
    settle_tally(blame, tally, (Part)strand->part);
    if (tally->at != station)
        goes_to(tally, station);
}

static Tally *new_tally(Blame *blame, Request *request)
{
    Tally *tally = blame->spare, *first = request->account.tally;
    if (tally)
        blame->spare = tally->next;
    else
        tally = pool_get(&blame->tallies);
    tally->next = NULL;
    tally->at = NULL;
    tally->waited = 0;
    tally->since = blame_now(blame);
    tally->seen = (Time *)(void *)(tally + 1);
    tally->cored = tally->seen + blame->causes;
    tally->total = tally->cored + blame->causes;
    if (first) {
        tally->next = first->next;
        first->next = tally;
    }
    return tally;
}

void blame_begin(Blame *blame, Strand *strand)
{
    if (strand->request)
        strand->tally = new_tally(blame, strand->request);
}

/* Takes over what the other has waited for, and what it waits for. */
static void take_over(Blame *blame, Tally *into, const Tally *from)
{
    size_t row = (size_t)blame->causes;
    for (int i = 0; i < BLAME_ROWS; i++)
        if (from->waited >> i & 1)
            blame_copy(blame, into->total + (size_t)i * row, from->total + (size_t)i * row);
    into->waited = from->waited;
    into->since = from->since;
    goes_to(into, from->at);
    if (!from->at || from->at->fixed)
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
    settle_tally(blame, tally, (Part)parent->part);
}

void blame_adopt(Blame *blame, Strand *parent, const Strand *child)
{
    if (parent->tally && child->tally)
        take_over(blame, parent->tally, child->tally);
}

void blame_request_gone(Blame *blame, Request *request)
{
    Tally *next;
    for (Tally *tally = request->account.tally; tally; tally = next) {
        next = tally->next;
        if (tally->at && !tally->at->fixed)
            station_left(tally->at);
        tally->next = blame->spare;
        blame->spare = tally;
    }
    request->account.tally = NULL;
}

/* ---- what is counted ---- */

static const Time *waited(const Blame *blame, const Tally *tally, int row)
{
    return tally->waited >> row & 1 ? tally->total + (size_t)row * (size_t)blame->causes : NULL;
}

static Sum *row_of(const Blame *blame, int handler, int row)
{
    return blame->row + ((size_t)handler * BLAME_ROWS + (size_t)row) * (size_t)blame->causes;
}

static Time count_row(const Blame *blame, Sum *row, const Time *total)
{
    Time sum = 0;
    for (int i = 0; i < blame->live_count; i++) {
        int cause = blame->live[i];
        sum_add(&row[cause], (uint64_t)total[cause]);
        sum += total[cause];
    }
    return sum;
}

void blame_count(Blame *blame, const Request *request)
{
    const Tally *tally = request->account.tally;
    for (int i = 0; i < BLAME_ROWS; i++) {
        const Time *total = waited(blame, tally, i);
        Time sum = total ? count_row(blame, row_of(blame, request->handler, i), total) : 0;
        must(i >= WAITS || sum == request->account.spent[wait_part[i]],
             "whom a request waited for does not add up to its waits");
    }
}

int blame_causes(const Blame *blame)
{
    return blame->causes;
}

Time blame_of(const Blame *blame, const Request *request, int cause)
{
    Time sum = 0;
    for (int wait = 0; wait < WAITS; wait++) {
        const Time *total = waited(blame, request->account.tally, wait);
        sum += total ? total[cause] : 0;
    }
    return sum;
}

Time *blame_slow(const Blame *blame, int slow)
{
    return blame->slow + (size_t)slow * (size_t)blame->causes;
}

Sum blame_total(const Blame *blame, int handler, int row, int cause)
{
    return row_of(blame, handler, row)[cause];
}

Blame *blame_new(Mem *mem, const Spec *spec, const Probe *probe)
{
    if (spec->handler_count > BLAME_HANDLERS_MOST)
        return NULL;
    Blame *blame = mem_get(mem, sizeof *blame);
    size_t causes = CAUSES + (size_t)spec->handler_count;
    blame->probe = probe;
    blame->causes = (int)causes;
    pool_init(&blame->stations, mem, sizeof(Station) + causes * (3 * sizeof(Time) + sizeof(uint32_t)));
    pool_init(&blame->tallies, mem, sizeof(Tally) + causes * (BLAME_ROWS + 2) * sizeof(Time));
    blame->row = mem_get(
        mem, mem_array(mem, mem_array(mem, causes, BLAME_ROWS * (size_t)spec->handler_count + 1), sizeof *blame->row));
    blame->live = mem_get(mem, causes * sizeof *blame->live);
    blame->is_live = mem_get(mem, causes * sizeof *blame->is_live);
    blame->slow = mem_get(mem, causes * SLOWEST * sizeof *blame->slow);
    blame->cores = blame_station(blame, CAUSE_WAKE_UP);
    blame->wake_up = blame_station(blame, CAUSE_WAKE_UP);
    blame->syn_retry = blame_station(blame, CAUSE_SYN_RETRY);
    blame->paused = blame_station(blame, CAUSE_PAUSE);
    blame->wake_up->fixed = blame->syn_retry->fixed = blame->paused->fixed = true;
    return blame;
}
