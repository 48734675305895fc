/* Stations: who holds what, and for how long while somebody waits (blame.h). */
#include "stations.h"

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
        station->held[blame_column(station->blame, cause)] += share * (Time)count + more;
        rest -= more;
        left -= count;
    }
}

static inline void settle(Station *station)
{
    if (station->waiters > 0)
        station_bring_up(station, blame_now(station->blame));
}

int blame_idle_cause(const Blame *blame, Time since, int otherwise)
{
    return since < blame->paused_until ? CAUSE_PAUSE : otherwise;
}

/* What keeps it is what keeps the one that it is behind. */
static void pass_on(Station *station, Time span)
{
    const Station *behind = station->behind;
    const Blame *blame = station->blame;
    bool cores = behind == blame->cores;
    settle(station->behind);
    for (int i = 0; i < blame->columns; i++) {
        Time more = behind->held[i] - station->seen[i];
        station->held[i] += more;
        station->seen[i] = behind->held[i];
        if (cores)
            station->cored[i] += more;
    }
    station->passed += cores ? span : 0;
}

OUT_OF_LINE void station_bring_up_any(Station *station)
{
    Time now = blame_now(station->blame), span = now - station->since;
    if (span == 0)
        return;
    station->since = now;
    if (station->holders > 0) {
        share_out(station, span);
    } else if (station->watching) {
        pass_on(station, span);
    } else {
        int cause = blame_idle_cause(station->blame, now - span, station->idle);
        station->held[blame_column(station->blame, cause)] += span;
    }
}

int blame_column(Blame *blame, int cause)
{
    if (blame->column[cause] < 0) {
        blame->column[cause] = (int16_t)blame->columns++;
        blame->pairs = (size_t)(blame->columns + 1) / 2;
    }
    return blame->column[cause];
}

OUT_OF_LINE void station_looks_behind(Station *station)
{
    bool looks = station->waiters > 0 && station->holders == 0 && station->behind != NULL;
    if (looks == station->watching)
        return;
    station->watching = looks;
    if (!looks) {
        station_left(station->behind);
        return;
    }
    station_waited_for(station->behind, blame_now(station->blame));
    blame_copy(station->blame, station->seen, station->behind->held);
}

void station_forget(Station *station)
{
    pool_put(&station->blame->stations, station);
}

Station *blame_station(Blame *blame, int idle)
{
    Station *station = pool_get(&blame->stations);
    size_t stride = (size_t)blame->stride;
    station->blame = blame;
    station->idle = idle;
    station->plain = true;
    station->seen = station->held + stride;
    station->cored = station->seen + stride;
    station->count = (uint32_t *)(void *)(station->cored + stride);
    return station;
}

void station_end(Station *station)
{
    settle(station);
    station_behind(station, NULL);
    station->ended = true;
    station->plain = false;
    if (station->waiters == 0)
        station_forget(station);
}

void station_behind(Station *station, Station *behind)
{
    if (station->behind == behind)
        return;
    settle(station);
    if (station->watching) {
        station->watching = false;
        station_left(station->behind);
    }
    station->behind = behind;
    station_looks_behind(station);
}

void station_hold(Station *station, int cause)
{
    settle(station);
    station->count[cause]++;
    station->sum += (uint64_t)cause;
    if (station->holders++ == 0 && station->behind)
        station_looks_behind(station);
}

void station_free(Station *station, int cause)
{
    must(station->count[cause] > 0, "a station was freed by somebody who did not hold it");
    settle(station);
    station->count[cause]--;
    station->sum -= (uint64_t)cause;
    if (--station->holders == 0 && station->behind)
        station_looks_behind(station);
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

Station *blame_new_thread_station(Blame *blame, Thread *thread)
{
    thread->station = blame_station(blame, own_cause(thread));
    tell_own(blame, thread, (Doing)thread->doing, -1, thread->cause);
    return thread->station;
}

void blame_asleep(Blame *blame, Thread *thread, Station *behind)
{
    Station *own = thread->station ? thread->station : blame_new_thread_station(blame, thread);
    own->asleep = behind;
    if (thread->doing == DOES_SLEEP)
        station_behind(own, behind);
}
