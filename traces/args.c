#include "args.h"

#define NAME(text)                                                                                                     \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

const ArgName args_names[ARGS] = {
    NAME("request"),   NAME("connection"), NAME("handler"), NAME("step"),  NAME("detail"),
    NAME("queued_ns"), NAME("latency_ns"), NAME("outcome"), NAME("blame"), NAME("unfinished"),
};

typedef struct Lister {
    unsigned count, *seen;
    Arg *list;
} Lister;

static void add(Lister *to, unsigned index, bool present, uint64_t number, const char *text)
{
    unsigned bit = 1u << index;
    if (!present || (*to->seen & bit))
        return;
    *to->seen |= bit;
    to->list[to->count++] = (Arg){.index = index, .text = text, .number = number};
}

static void add_number(Lister *to, unsigned index, uint64_t number)
{
    add(to, index, number > 0, number, NULL);
}

static void add_text(Lister *to, unsigned index, const char *text)
{
    add(to, index, text, 0, text);
}

static void add_time(Lister *to, unsigned index, Time time)
{
    add(to, index, time >= 0, (uint64_t)time, NULL);
}

unsigned args_list(const TraceArgs *args, unsigned *seen, Arg list[ARGS])
{
    Lister to = {.seen = seen, .list = list};
    if (!args)
        return 0;
    add_number(&to, 0, args->request);
    add_number(&to, 1, args->connection);
    add_text(&to, 2, args->handler);
    add_text(&to, 3, args->step);
    add_text(&to, 4, args->detail);
    add_time(&to, 5, args->queued_ns);
    add_time(&to, 6, args->latency_ns);
    add_text(&to, 7, args->outcome);
    add_text(&to, 8, args->blame);
    add(&to, ARG_UNFINISHED, args->unfinished, 1, NULL);
    return to.count;
}
