#include "checking.h"

#include <string.h>

enum { NANO = 3 }; /* decimals of a microsecond */

static uint64_t number_of(Pull *pull)
{
    if (pull_kind(pull) == '"')
        return (uint64_t)pull_fixed(pull_string(pull), 0);
    return (uint64_t)pull_fixed(pull_number(pull), 0);
}

static bool flag_of(Pull *pull)
{
    bool is_true = pull_kind(pull) == 't';
    pull_skip(pull);
    return is_true;
}

typedef struct Reading {
    TraceCheck *check;
    Pull pull;
    PullText label; /* args.name of a metadata event */
} Reading;

static void read_args(Reading *reading, CheckEvent *event)
{
    Pull *pull = &reading->pull;
    PullText key;
    if (!pull_enter(pull, '{'))
        return;
    while (pull_key(pull, &key)) {
        if (pull_is(key, "cpu"))
            event->cpu = (int64_t)number_of(pull);
        else if (pull_is(key, "latency_ns"))
            event->latency = (Time)number_of(pull);
        else if (pull_is(key, "unfinished"))
            event->unfinished = flag_of(pull);
        else if (pull_is(key, "outcome"))
            event->completed = pull_is(pull_string(pull), "completed");
        else if (pull_is(key, "name") && event->phase == 'M')
            reading->label = pull_string(pull);
        else
            pull_skip(pull);
    }
}

static PullText local_id(Pull *pull)
{
    PullText key, id = {"", 0};
    if (!pull_enter(pull, '{'))
        return id;
    while (pull_key(pull, &key)) {
        if (pull_is(key, "local"))
            id = pull_string(pull);
        else
            pull_skip(pull);
    }
    return id;
}

static void read_member(Reading *reading, CheckEvent *event, PullText key)
{
    Pull *pull = &reading->pull;
    if (pull_is(key, "ph"))
        event->phase = pull_string(pull).bytes[0];
    else if (pull_is(key, "pid"))
        event->pid = number_of(pull);
    else if (pull_is(key, "tid"))
        event->tid = number_of(pull);
    else if (pull_is(key, "ts"))
        event->ts = pull_fixed(pull_number(pull), NANO);
    else if (pull_is(key, "dur"))
        event->dur = pull_fixed(pull_number(pull), NANO);
    else if (pull_is(key, "name"))
        event->name = pull_string(pull);
    else if (pull_is(key, "cat"))
        event->cat = pull_string(pull);
    else if (pull_is(key, "id2"))
        event->id = local_id(pull);
    else if (pull_is(key, "bind_id"))
        event->flow = number_of(pull);
    else if (pull_is(key, "flow_in"))
        event->in = flag_of(pull);
    else if (pull_is(key, "flow_out"))
        event->out = flag_of(pull);
    else if (pull_is(key, "args"))
        read_args(reading, event);
    else
        pull_skip(pull);
}

static void add_name(TraceCheck *check, const CheckEvent *event, PullText label)
{
    bool process = pull_is(event->name, "process_name");
    if (process || pull_is(event->name, "thread_name"))
        check_add_name(check, event->pid, process ? 0 : event->tid, label);
}

static void read_event(Reading *reading, uint64_t line)
{
    TraceCheck *check = reading->check;
    CheckEvent event = {.ts = -1, .dur = -1, .cpu = -1, .latency = -1, .line = line};
    PullText key;
    reading->label = (PullText){"", 0};
    if (!pull_enter(&reading->pull, '{'))
        return;
    while (pull_key(&reading->pull, &key))
        read_member(reading, &event, key);
    check->counts.events++;
    if (event.phase == 'M') {
        add_name(check, &event, reading->label);
        return;
    }
    if (event.ts < 0)
        check_fault(check, line, "an event without a time");
    if ((event.phase == 'X' || event.phase == 'T') && event.dur < 0)
        check_fault(check, line, "a slice without a length");
    if (event.phase == '\0' || !strchr("XTbenCi", event.phase))
        check_fault(check, line, "an event of a kind that loopsim does not write");
    check_add_event(check, &event);
}

static void read_metadata(Reading *reading)
{
    PullText key;
    if (!pull_enter(&reading->pull, '{'))
        return;
    while (pull_key(&reading->pull, &key)) {
        if (pull_is(key, "left-out"))
            reading->check->left_out |= number_of(&reading->pull) > 0;
        else if (pull_is(key, "excerpt"))
            reading->check->left_out |= flag_of(&reading->pull);
        else
            pull_skip(&reading->pull);
    }
}

void check_read(TraceCheck *check, const char *bytes, size_t size)
{
    Reading reading = {.check = check};
    Pull *pull = &reading.pull;
    PullText key;
    uint64_t line = 1;
    const char *counted = bytes;
    bool has_events = false;
    pull_init(pull, bytes, size);
    if (size < 2 || memcmp(bytes, "{\"", 2) != 0)
        check_fault(check, 1, "the importer knows a trace by its first two bytes: {\"");
    for (pull_enter(pull, '{'); pull_key(pull, &key);) {
        if (pull_is(key, "metadata")) {
            read_metadata(&reading);
        } else if (pull_is(key, "traceEvents")) {
            has_events = true;
            for (pull_enter(pull, '['); pull_item(pull);) {
                pull_kind(pull);
                for (; counted < pull->at; counted++)
                    line += *counted == '\n';
                read_event(&reading, line);
            }
        } else {
            pull_skip(pull);
        }
    }
    pull_end(pull);
    if (pull->fault)
        check_fault(check, pull_line(pull), pull->fault);
    else if (!has_events)
        check_fault(check, 1, "there are no traceEvents");
}
