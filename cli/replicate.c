#include "replicate.h"

#include "jobs.h"
#include "wire.h"

#include "../sim/rng.h"

#include <string.h>

/* A run that waits for those before it, or for its other servers. */
typedef struct Slot {
    Mem *mem;
    ServerRun run;
    bool here;
} Slot;

typedef struct Waiting {
    Replication *replication;
    int *server, servers; /* those that are wanted */
    Replicates **replicates;
    Slot *slot; /* a ring of pieces */
    uint64_t slots, next;
    Results **last; /* of one run, by the number of the server */
} Waiting;

uint64_t replicate_seed(uint64_t seed, uint64_t run)
{
    return run == 1 ? seed : mix2(seed, run);
}

void replicate_tell_limit(Mem *mem, const char *name, const ServerRun *done)
{
    if (done->out_of_memory)
        say_error(mem, "--max-memory SIZE sets the limit", "%s: out of memory", name);
    else if (done->spinning)
        say_error(mem, "give what repeats a cost, or a time to wait: nothing lets the clock go on",
                  "%s: more than 1000000 events at one instant", name);
    else
        say_error(mem, "--max-events N sets the limit", "%s: stopped after as many events as are allowed", name);
}

void replicate_watch(Replication *replication, const Requirements *requirements)
{
    WatchList *list = &replication->watched;
    const Args *args = &replication->cli->args;
    int handlers = replication->input->spec->handler_count;
    Buf name;
    watch_init(list, replication->cli->mem);
    watch_usual(list, handlers);
    buf_init(&name, replication->cli->mem, 4096);
    for (int i = -2; i < args->percentile_count; i++) {
        buf_clear(&name);
        buf_f(&name, "p%s", i == -2 ? "50" : i == -1 ? "99" : args->percentiles[i].text);
        for (int handler = -1; handler < handlers; handler++)
            watch_add(list, metric_find(name.data, name.size), handler);
    }
    for (int i = 0; requirements && i < requirements->count; i++) {
        const Requirement *requirement = &requirements->item[i];
        watch_add(list, requirement->left.metric, requirement->left.handler);
        if (requirement->against)
            watch_add(list, requirement->right.metric, requirement->right.handler);
    }
}

/* ---- in a worker ---- */

static void simulate_piece(void *context, Cli *cli, uint64_t piece, Buf *answer)
{
    const Waiting *waiting = context;
    const Input *input = waiting->replication->input;
    Spec spec = *input->spec;
    Input mine = *input;
    Outputs none = {.mem = cli->mem};
    uint64_t run = piece / (uint64_t)waiting->servers + 1;
    spec.seed = replicate_seed(spec.seed, run);
    mine.spec = &spec;
    if (run > 1)
        cli->args.series = 0;
    ServerRun done = server_run(cli, &mine, waiting->server[piece % (uint64_t)waiting->servers], &none, 0);
    wire_put(answer, &done);
}

/* ---- precision ---- */

static bool is_precise_in(const Results *whole, const char *name, uint64_t per_million)
{
    Metric metric = metric_find(name, strlen(name));
    int64_t value, half;
    return metric_value(metric, whole, -1, &value) && metric_half(metric, whole, -1, &half) &&
           sum_compare(sum_product((uint64_t)half, 1000000), sum_product((uint64_t)value, per_million)) <= 0;
}

static bool is_precise(Waiting *waiting)
{
    Replication *replication = waiting->replication;
    uint64_t wanted = (uint64_t)replication->cli->args.precision;
    if (wanted == 0)
        return false;
    if (replication->runs < PRECISION_LEAST)
        return false;
    for (int i = 0; i < waiting->servers; i++) {
        Results *whole = replicates_whole(waiting->replicates[i]);
        if (!is_precise_in(whole, "mean", wanted) || !is_precise_in(whole, "p99", wanted))
            return false;
    }
    return true;
}

/* ---- taking in, run by run ---- */

static void free_slot(Slot *slot)
{
    mem_delete(slot->mem);
    memset(slot, 0, sizeof *slot);
}

static bool is_whole(const ServerRun *run)
{
    return !run->out_of_memory && run->results && run->results->end != WORLD_LIMIT &&
           run->results->end != WORLD_INTERRUPTED;
}

/* The first server of a run that did not come to its end, and why. NULL: all did. */
static const ServerRun *broken_run(Waiting *waiting, uint64_t first, int *server)
{
    for (int i = 0; i < waiting->servers; i++) {
        const ServerRun *run = &waiting->slot[(first + (uint64_t)i) % waiting->slots].run;
        *server = waiting->server[i];
        if (!is_whole(run))
            return run;
    }
    return NULL;
}

static void add_run(Waiting *waiting, uint64_t first)
{
    Replication *replication = waiting->replication;
    for (int i = 0; i < waiting->servers; i++) {
        Results *results = waiting->slot[(first + (uint64_t)i) % waiting->slots].run.results;
        if (!results)
            continue;
        replicates_add(waiting->replicates[i], results);
        if (replication->figures)
            figures_add(&replication->figures[waiting->server[i]], replication->cli->mem, &replication->cli->args,
                        results);
    }
    replication->runs++;
}

static void note_broken(Waiting *waiting, const ServerRun *run, int server)
{
    Replication *replication = waiting->replication;
    if (run->results && run->results->end == WORLD_INTERRUPTED) {
        replication->interrupted = true;
        return;
    }
    replication->limit = true;
    replicate_tell_limit(replication->cli->mem, replication->input->spec->servers[server].name, run);
}

/* False: it is enough. */
static bool take_run(Waiting *waiting)
{
    Replication *replication = waiting->replication;
    uint64_t first = waiting->next;
    int server;
    const ServerRun *broken = broken_run(waiting, first, &server);
    if (broken)
        note_broken(waiting, broken, server);
    if (!broken || replication->runs == 0)
        add_run(waiting, first);
    for (int i = 0; i < waiting->servers; i++)
        free_slot(&waiting->slot[(first + (uint64_t)i) % waiting->slots]);
    waiting->next += (uint64_t)waiting->servers;
    return !broken && !is_precise(waiting);
}

static bool is_complete(const Waiting *waiting)
{
    for (int i = 0; i < waiting->servers; i++)
        if (!waiting->slot[(waiting->next + (uint64_t)i) % waiting->slots].here)
            return false;
    return true;
}

static bool take_piece(void *context, uint64_t piece, const char *bytes, size_t size)
{
    Waiting *waiting = context;
    Slot *slot = &waiting->slot[piece % waiting->slots];
    must(!slot->here, "a piece came twice, or too early");
    slot->mem = mem_new_in(waiting->replication->cli->mem, (size_t)1 << 30);
    if (!slot->mem)
        mem_give_up(waiting->replication->cli->mem);
    MemTrap trap;
    if (!mem_try(slot->mem, &trap))
        mem_give_up(waiting->replication->cli->mem);
    slot->run = wire_get(slot->mem, bytes, size);
    mem_end_try(slot->mem, &trap);
    slot->here = true;
    while (is_complete(waiting))
        if (!take_run(waiting))
            return false;
    return true;
}

/* An interrupt may leave runs without some servers. Of the very first, what there is counts. */
static void take_rest(Waiting *waiting)
{
    Replication *replication = waiting->replication;
    for (int i = 0; replication->runs == 0 && i < waiting->servers; i++)
        if (waiting->slot[i].here) {
            add_run(waiting, 0);
            break;
        }
    for (uint64_t i = 0; i < waiting->slots; i++)
        if (waiting->slot[i].mem)
            free_slot(&waiting->slot[i]);
}

/* ---- the whole ---- */

static Waiting *start(Replication *replication, bool figures)
{
    Mem *mem = replication->cli->mem;
    const Spec *spec = replication->input->spec;
    size_t most = (size_t)spec->server_count + 1;
    Waiting *waiting = mem_get(mem, sizeof *waiting);
    waiting->replication = replication;
    waiting->server = mem_get(mem, mem_array(mem, most, sizeof *waiting->server));
    waiting->replicates = mem_get(mem, mem_array(mem, most, sizeof *waiting->replicates));
    replication->by_server = mem_get(mem, mem_array(mem, most, sizeof *replication->by_server));
    if (figures)
        replication->figures = mem_get(mem, mem_array(mem, most, sizeof *replication->figures));
    for (int i = 0; i < spec->server_count; i++) {
        if (!replication->wanted[i])
            continue;
        waiting->replicates[waiting->servers] = replicates_new(mem, &replication->watched);
        waiting->server[waiting->servers++] = i;
    }
    waiting->slots = 4 * (uint64_t)replication->cli->args.jobs + 2 * (uint64_t)waiting->servers;
    waiting->slots -= waiting->slots % (uint64_t)waiting->servers;
    waiting->slot = mem_get(mem, mem_array(mem, (size_t)waiting->slots, sizeof *waiting->slot));
    return waiting;
}

static uint64_t runs_wanted(const Args *args)
{
    return args->runs > 0 ? (uint64_t)args->runs : args->precision > 0 ? PRECISION_MOST : 1;
}

static int finish(Waiting *waiting, int code)
{
    Replication *replication = waiting->replication;
    Cli *cli = replication->cli;
    replication->interrupted |= code != EXIT_DONE; /* a worker's death too leaves what was whole */
    take_rest(waiting);
    for (int i = 0; i < waiting->servers; i++)
        if (waiting->replicates[i]->runs > 0)
            replication->by_server[waiting->server[i]] = replicates_whole(waiting->replicates[i]);
    if (code == EXIT_DONE && cli->args.precision > 0 && !replication->limit && !is_precise(waiting)) {
        replication->imprecise = true;
        say_error(cli->mem, "--runs N allows more", "after %d runs the results are not as precise as was asked for",
                  replication->runs);
    }
    return code;
}

int replicate(Replication *replication)
{
    Cli *cli = replication->cli;
    Waiting *waiting = start(replication, true);
    Jobs jobs = {.cli = cli,
                 .workers = (int)cli->args.jobs,
                 .count = runs_wanted(&cli->args) * (uint64_t)waiting->servers,
                 .ahead = waiting->slots - (uint64_t)waiting->servers,
                 .what = "simulations",
                 .context = waiting,
                 .work = simulate_piece,
                 .answered = take_piece};
    return finish(waiting, jobs_run(&jobs));
}

int replicate_here(Replication *replication)
{
    Cli *cli = replication->cli, mine = *cli;
    Waiting *waiting = start(replication, false);
    uint64_t count = runs_wanted(&cli->args) * (uint64_t)waiting->servers;
    bool enough = false;
    for (uint64_t piece = 0; piece < count && !enough && !*cli->stop; piece++) {
        MemTrap trap;
        Buf answer;
        mine.mem = mem_new_in(cli->mem, (size_t)1 << 30);
        if (!mine.mem || !mem_try(mine.mem, &trap))
            mem_give_up(cli->mem); /* a worker's process ends with that */
        buf_init(&answer, mine.mem, (size_t)1 << 30);
        simulate_piece(waiting, &mine, piece, &answer);
        mem_end_try(mine.mem, &trap);
        enough = !take_piece(waiting, piece, answer.data, answer.size);
        mem_delete(mine.mem);
    }
    return finish(waiting, *cli->stop ? EXIT_INTERRUPTED : EXIT_DONE);
}
