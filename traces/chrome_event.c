#include "chrome_event.h"

#define EXACT_DOUBLE ((uint64_t)1 << 53) /* larger integers are written as strings: JSON readers may use doubles */

void event_name(Line *line, const char *name)
{
    line_text(line, ",\"name\":");
    line_json(line, name);
}

static void put_number(Line *line, uint64_t number)
{
    bool quoted = number > EXACT_DOUBLE;
    if (quoted)
        line_text(line, "\"");
    line_u64(line, number);
    if (quoted)
        line_text(line, "\"");
}

void event_args(Line *line, const TraceArgs *args, unsigned *seen)
{
    Arg list[ARGS];
    bool first = *seen == 0;
    unsigned count = args_list(args, seen, list);
    for (unsigned i = 0; i < count; i++, first = false) {
        const ArgName *name = &args_names[list[i].index];
        if (first)
            line_text(line, ",\"args\":{\"");
        else
            line_text(line, ",\"");
        line_bytes(line, name->text, name->size);
        line_text(line, "\":");
        if (list[i].index == ARG_UNFINISHED)
            line_text(line, "true");
        else if (list[i].text)
            line_json(line, list[i].text);
        else
            put_number(line, list[i].number);
    }
}

void event_args_end(Line *line, unsigned seen)
{
    if (seen != 0)
        line_text(line, "}");
}

void event_all_args(Line *line, const TraceArgs *args)
{
    unsigned seen = 0;
    event_args(line, args, &seen);
    event_args_end(line, seen);
}

void event_flow(Line *line, uint64_t number, bool in, bool out)
{
    line_text(line, ",\"bind_id\":");
    line_u64(line, number);
    if (in)
        line_text(line, ",\"flow_in\":true");
    if (out)
        line_text(line, ",\"flow_out\":true");
}

bool event_flows_end(Line *line, TraceFlow flow)
{
    bool split = flow.in && flow.out && flow.in != flow.out;
    if (flow.in)
        event_flow(line, flow.in, true, flow.in == flow.out);
    else if (flow.out)
        event_flow(line, flow.out, false, true);
    line_text(line, "}");
    return split;
}
