#include "blame.h"

#include "probe.h"

#include <string.h>

const char *const cause_name[CAUSES] = {
    [CAUSE_LOOP] = "(loop)",       [CAUSE_ACCEPTOR] = "(acceptor)",
    [CAUSE_WORKER] = "(worker)",   [CAUSE_THREAD] = "(thread)",
    [CAUSE_SWITCH] = "(switch)",   [CAUSE_WAKE_UP] = "(wake-up)",
    [CAUSE_IDLE_CONNECTION] = "(idle connection)", [CAUSE_SYN_RETRY] = "(SYN retry)",
    [CAUSE_PAUSE] = "(pause)",     [CAUSE_UNKNOWN] = "(unknown)",
};

const Part wait_part[WAITS] = {PART_ACCEPT_WAIT, PART_READY_WAIT,    PART_PREEMPTED,
                               PART_POOL_WAIT,   PART_RESOURCE_WAIT, PART_LOCK_WAIT};

struct Station {
    Blame *blame;
    Time since; /* up to when `held` was brought; it grows only while there are waiters */
    uint32_t holders, waiters;
    uint64_t sum;     /* of the causes of all holders: with one holder, its cause */
    Station *behind;  /* NULL: none */
    Station *asleep;  /* a thread's, while it sleeps: becomes `behind` */
    int32_t idle;     /* cause */
    bool fixed;       /* always held by `idle`: nothing is kept of it */
    bool watching;    /* it counts as a waiter of `behind`, and `seen` is what that had been held by */
    bool ended;
    uint32_t *count; /* a cause: holders */
    Time *held;      /* a cause: ns */
    Time *seen;
};

/* What a strand has waited for so far. */
struct Tally {
    Tally *next; /* of the same request */
    Station *at; /* NULL: it waits for nothing */
    Time since;
    uint32_t waited; /* a bit a wait: `total` has something in it */
    Time *seen;      /* a cause: what `at` had been held by when the wait began */
    Time *total;     /* a wait, a cause */
};

struct Blame {
    const Probe *probe;
    int causes;
    Pool stations, tallies;
    Tally *spare; /* given back: nothing of them is put to zero */
    Station *cores, *wake_up, *syn_retry, *paused;
    Time paused_until;
    Sum *row;   /* a handler, a wait, a cause */
    Time *slow; /* a slow request, a cause */
};

static Time now_of(const Blame *blame)
{
    return probe_now(blame->probe);
}

static int wait_of(Part part)
{
    static const int8_t waits[PARTS] = {
        [PART_ACCEPT_WAIT] = 1, [PART_READY_WAIT] = 2,    [PART_PREEMPTED] = 3,
        [PART_POOL_WAIT] = 4,   [PART_RESOURCE_WAIT] = 5, [PART_LOCK_WAIT] = 6,
    };
    return waits[part] - 1;
}

/* ---- stations ---- */

/* Each holder gets its share; the first `rest` of them, in the order of causes, 1 ns more. */
static void share_out(Station *station, Time span)
{
    Time share = span / station->holders, rest = span % station->holders;
    uint32_t left = station->holders;
    for (int cause = 0; left > 0; cause++) {
        uint32_t count = station->count[cause];
        if (count == 0)
            continue;
        Time more = rest < (Time)count ? rest : (Time)count;
        station->held[cause] += share * (Time)count + more;
        rest -= more;
        left -= count;
    }
}

static void bring_up(Station *station);

static inline void settle(Station *station)
{
    if (station->waiters > 0)
        bring_up(station);
}

/* Nobody seemed to keep what was waited for from `since` on: then the server stood still, or `otherwise`. */
static int idle_cause(const Blame *blame, Time since, int otherwise)
{
    return since < blame->paused_until ? CAUSE_PAUSE : otherwise;
}

static void bring_up(Station *station)
{
    Time now = now_of(station->blame), span = now - station->since;
    if (span == 0)
        return;
    station->since = now;
    if (station->holders == 1) {
        station->held[station->sum] += span;
    } else if (station->holders > 1) {
        share_out(station, span);
    } else if (station->watching) {
        settle(station->behind);
        for (int cause = 0; cause < station->blame->causes; cause++) {
            station->held[cause] += station->behind->held[cause] - station->seen[cause];
            station->seen[cause] = station->behind->held[cause];
        }
    } else {
        station->held[idle_cause(station->blame, now - span, station->idle)] += span;
    }
}

static void copy_held(const Station *station, Time *seen)
{
    memcpy(seen, station->held, (size_t)station->blame->causes * sizeof *seen);
}

static void waits_for(Station *station);
static void waits_no_more(Station *station);

/* Settled before: from now on it looks at whom it is behind, or does not. */
static void look_behind(Station *station)
{
    bool looks = station->waiters > 0 && station->holders == 0 && station->behind != NULL;
    if (looks == station->watching)
        return;
    station->watching = looks;
    if (!looks) {
        waits_no_more(station->behind);
        return;
    }
    waits_for(station->behind);
    copy_held(station->behind, station->seen);
}

static void waits_for(Station *station)
{
    if (station->waiters++ > 0) {
        bring_up(station);
        return;
    }
    station->since = now_of(station->blame);
    if (station->behind)
        look_behind(station);
}

static void waits_no_more(Station *station)
{
    must(station->waiters > 0, "somebody left a station who did not wait for it");
    if (--station->waiters > 0)
        return;
    if (station->behind)
        look_behind(station);
    if (station->ended)
        pool_put(&station->blame->stations, station);
}

Station *blame_station(Blame *blame, int idle)
{
    Station *station = pool_get(&blame->stations);
    size_t causes = (size_t)blame->causes;
    station->blame = blame;
    station->idle = idle;
    station->held = (Time *)(void *)(station + 1);
    station->seen = station->held + causes;
    station->count = (uint32_t *)(void *)(station->seen + causes);
    return station;
}

void station_end(Station *station)
{
    settle(station);
    station_behind(station, NULL);
    station->ended = true;
    if (station->waiters == 0)
        pool_put(&station->blame->stations, station);
}

void station_behind(Station *station, Station *behind)
{
    if (station->behind == behind)
        return;
    settle(station);
    if (station->watching) {
        station->watching = false;
        waits_no_more(station->behind);
    }
    station->behind = behind;
    look_behind(station);
}

void station_hold(Station *station, int cause)
{
    settle(station);
    station->count[cause]++;
    station->sum += (uint64_t)cause;
    if (station->holders++ == 0 && station->behind)
        look_behind(station);
}

void station_free(Station *station, int cause)
{
    must(station->count[cause] > 0, "a station was freed by somebody who did not hold it");
    settle(station);
    station->count[cause]--;
    station->sum -= (uint64_t)cause;
    if (--station->holders == 0 && station->behind)
        look_behind(station);
}

/* A holder that changes on whose behalf: `was` and `is` are causes, below 0: it does not hold. */
static void hold_changes(Station *station, int was, int is)
{
    if (was == is)
        return;
    if (was < 0) {
        station_hold(station, is);
    } else if (is < 0) {
        station_free(station, was);
    } else {
        settle(station);
        station->count[was]--;
        station->count[is]++;
        station->sum += (uint64_t)is - (uint64_t)was;
    }
}

/* ---- threads ---- */

Station *blame_cores(Blame *blame)
{
    return blame->cores;
}

Station *blame_wake_up(Blame *blame)
{
    return blame->wake_up;
}

Station *blame_paused(Blame *blame)
{
    return blame->paused;
}

void blame_pause(Blame *blame, Time until)
{
    blame->paused_until = until;
}

Station *blame_syn_retry(Blame *blame)
{
    return blame->syn_retry;
}

static int cause_now(const Thread *thread, Doing doing)
{
    switch (doing) {
    case DOES_RUN:
    case DOES_BLOCK: return cause_of(thread->strand, own_cause(thread));
    case DOES_SWITCH: return CAUSE_SWITCH;
    case DOES_START: return CAUSE_WAKE_UP;
    case DOES_PAUSE: return CAUSE_PAUSE;
    default: return -1;
    }
}

static void tell_own(Blame *blame, Thread *thread, Doing doing, int was, int is)
{
    Station *own = thread->station;
    hold_changes(own, was, is);
    if (is >= 0)
        return;
    station_behind(own, doing == DOES_QUEUE ? blame->cores : own->asleep);
    if (doing == DOES_END) {
        thread->station = NULL;
        station_end(own);
    }
}

/* thread->doing is a Doing, thread->cause the cause at that time: of a core where it has one, and of its own
 * station. */
void blame_thread(Blame *blame, Thread *thread, Doing doing)
{
    int was = thread->cause, is = cause_now(thread, doing);
    bool had_core = thread->doing <= DOES_PAUSE && was >= 0, has_core = doing <= DOES_PAUSE;
    if (was == is && thread->doing == doing && doing != DOES_END)
        return;
    thread->doing = (uint8_t)doing;
    thread->cause = is;
    hold_changes(blame->cores, had_core ? was : -1, has_core ? is : -1);
    if (thread->group)
        hold_changes(thread->group, was, is);
    if (thread->station)
        tell_own(blame, thread, doing, was, is);
}

/* Where all of them wait for cores, the cores are what keeps it. */
void blame_group(Blame *blame, Thread *thread, Station *group)
{
    must(thread->cause < 0, "a thread joins a group before it runs");
    thread->group = group;
    station_behind(group, blame->cores);
}

Station *blame_thread_station(Blame *blame, Thread *thread)
{
    if (!thread->station) {
        thread->station = blame_station(blame, own_cause(thread));
        tell_own(blame, thread, (Doing)thread->doing, -1, thread->cause);
    }
    return thread->station;
}

void blame_asleep(Blame *blame, Thread *thread, Station *behind)
{
    Station *own = blame_thread_station(blame, thread);
    own->asleep = behind;
    if (thread->doing == DOES_SLEEP)
        station_behind(own, behind);
}

/* ---- strands ---- */

/* The row of a wait, which begins with nothing. */
static Time *row_for(const Blame *blame, Tally *tally, int wait)
{
    Time *row = tally->total + (size_t)wait * (size_t)blame->causes;
    if (!(tally->waited >> wait & 1)) {
        memset(row, 0, (size_t)blame->causes * sizeof *row);
        tally->waited |= UINT32_C(1) << wait;
    }
    return row;
}

static void take_difference(const Blame *blame, Tally *tally, Time *total)
{
    const Time *held = tally->at->held;
    bring_up(tally->at);
    for (int cause = 0; cause < blame->causes; cause++) {
        total[cause] += held[cause] - tally->seen[cause];
        tally->seen[cause] = held[cause];
    }
}

/* Brings the tally of a strand that is in `part` up to now. */
static void settle_tally(Blame *blame, Tally *tally, Part part)
{
    int wait = wait_of(part);
    Time now = now_of(blame), span = now - tally->since;
    tally->since = now; /* where it was no wait, one may begin now */
    if (wait < 0 || span == 0)
        return;
    Time *row = row_for(blame, tally, wait);
    if (!tally->at)
        row[idle_cause(blame, now - span, CAUSE_UNKNOWN)] += span;
    else if (tally->at->fixed)
        row[tally->at->idle] += span;
    else
        take_difference(blame, tally, row);
}

static void goes_to(Tally *tally, Station *station)
{
    Station *from = tally->at;
    tally->at = station;
    if (station && !station->fixed) {
        waits_for(station);
        copy_held(station, tally->seen);
    }
    if (from && !from->fixed)
        waits_no_more(from);
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
    tally->since = now_of(blame);
    tally->seen = (Time *)(void *)(tally + 1);
    tally->total = tally->seen + blame->causes;
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
    for (int wait = 0; wait < WAITS; wait++)
        if (from->waited >> wait & 1)
            memcpy(into->total + (size_t)wait * row, from->total + (size_t)wait * row, row * sizeof *into->total);
    into->waited = from->waited;
    into->since = from->since;
    goes_to(into, from->at);
    if (from->at && !from->at->fixed)
        memcpy(into->seen, from->seen, row * sizeof *into->seen);
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
            waits_no_more(tally->at);
        tally->next = blame->spare;
        blame->spare = tally;
    }
    request->account.tally = NULL;
}

/* ---- what is counted ---- */

static const Time *waited(const Blame *blame, const Tally *tally, int wait)
{
    return tally->waited >> wait & 1 ? tally->total + (size_t)wait * (size_t)blame->causes : NULL;
}

static Sum *row_of(const Blame *blame, int handler, int wait)
{
    return blame->row + ((size_t)handler * WAITS + (size_t)wait) * (size_t)blame->causes;
}

void blame_count(Blame *blame, const Request *request)
{
    const Tally *tally = request->account.tally;
    for (int wait = 0; wait < WAITS; wait++) {
        Time left = request->account.spent[wait_part[wait]];
        const Time *total = waited(blame, tally, wait);
        Sum *row = row_of(blame, request->handler, wait);
        for (int cause = 0; total && cause < blame->causes; cause++) {
            if (total[cause] == 0)
                continue;
            sum_add(&row[cause], (uint64_t)total[cause]);
            left -= total[cause];
        }
        must(left == 0, "whom a request waited for does not add up to its waits");
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

Sum blame_total(const Blame *blame, int handler, int wait, int cause)
{
    return row_of(blame, handler, wait)[cause];
}

Blame *blame_new(Mem *mem, const Spec *spec, const Probe *probe)
{
    if (spec->handler_count > BLAME_HANDLERS_MOST)
        return NULL;
    Blame *blame = mem_get(mem, sizeof *blame);
    size_t causes = CAUSES + (size_t)spec->handler_count;
    blame->probe = probe;
    blame->causes = (int)causes;
    pool_init(&blame->stations, mem, sizeof(Station) + causes * (2 * sizeof(Time) + sizeof(uint32_t)));
    pool_init(&blame->tallies, mem, sizeof(Tally) + causes * (WAITS + 1) * sizeof(Time));
    blame->row = mem_get(mem, mem_array(mem, mem_array(mem, causes, WAITS * (size_t)spec->handler_count + 1),
                                        sizeof *blame->row));
    blame->slow = mem_get(mem, causes * SLOWEST * sizeof *blame->slow);
    blame->cores = blame_station(blame, CAUSE_WAKE_UP);
    blame->wake_up = blame_station(blame, CAUSE_WAKE_UP);
    blame->syn_retry = blame_station(blame, CAUSE_SYN_RETRY);
    blame->paused = blame_station(blame, CAUSE_PAUSE);
    blame->wake_up->fixed = blame->syn_retry->fixed = blame->paused->fixed = true;
    return blame;
}
