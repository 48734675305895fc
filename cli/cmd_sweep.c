/* `sweep` and `merge`. */
#include "jobs.h"
#include "run.h"
#include "sweep_table.h"

#include "../sim/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPORT_MOST = 1 << 29 };

typedef struct Running {
    Cli *cli;
    Sweep sweep;
    SweepWork work;
    Outputs outputs;
    MemEnd end;  /* closes the journal */
    int journal; /* a file to which finished points are added; -1: none */
    int code;    /* of a point that went wrong */
} Running;

/* ---- what is asked for ---- */

static int read_varies(Running *running)
{
    Cli *cli = running->cli;
    const Words *words = &cli->args.vary;
    Sweep *sweep = &running->sweep;
    if (words->count == 0) {
        say_error(cli->mem, "such as --vary arrivals.poisson=100/s..1000/s:100/s", "sweep needs a --vary PATH=RANGE");
        return EXIT_USAGE;
    }
    sweep->vary = mem_get(cli->mem, mem_array(cli->mem, (size_t)words->count, sizeof *sweep->vary));
    sweep->points = 1;
    for (int i = 0; i < words->count; i++) {
        Vary *vary = &sweep->vary[sweep->vary_count++];
        const char *wrong = vary_read(vary, cli->mem, words->word[i]);
        if (!wrong && (sweep->points *= (uint64_t)vary->count) > SWEEP_MOST)
            wrong = "more than 100000 points";
        if (!wrong)
            continue;
        say_error(cli->mem, "FROM..TO:STEP, FROM..TO:xFACTOR or V1,V2,…", "--vary %s: %s", words->word[i], wrong);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static bool env_number(const char *name, int64_t *value)
{
    const char *text = getenv(name), *why;
    return text && value_count(text, value, &why) && *value >= 0;
}

/* --shard, or the place of this job in an array of Slurm's. */
static int read_shard(Running *running)
{
    const Args *args = &running->cli->args;
    Sweep *sweep = &running->sweep;
    int64_t id, count, first, step;
    sweep->shard = args->shard;
    sweep->shards = args->shards;
    if (sweep->shards > 0 || !env_number("SLURM_ARRAY_TASK_ID", &id) || !env_number("SLURM_ARRAY_TASK_COUNT", &count))
        return EXIT_DONE;
    if (!env_number("SLURM_ARRAY_TASK_MIN", &first))
        first = 1;
    if (!env_number("SLURM_ARRAY_TASK_STEP", &step) || step == 0)
        step = 1;
    sweep->shard = (id - first) / step + 1;
    sweep->shards = count;
    if (id >= first && sweep->shard <= count)
        return EXIT_DONE;
    say_error(running->cli->mem, "--shard I/N says it instead",
              "SLURM_ARRAY_TASK_ID is not one of the SLURM_ARRAY_TASK_COUNT tasks from SLURM_ARRAY_TASK_MIN (or 1)");
    return EXIT_USAGE;
}

static int check_options(const Cli *cli)
{
    const Args *args = &cli->args;
    if (args->trace) {
        say_error(cli->mem, "loopsim run --set … --trace traces one point", "a sweep writes no trace");
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

static uint64_t digest_words(uint64_t digest, const Words *words)
{
    for (int i = 0; i < words->count; i++)
        digest = digest_bytes(digest, words->word[i], strlen(words->word[i]));
    return digest_add(digest, (uint64_t)words->count);
}

/* Two sweeps with the same identity have the same line at each point. */
static uint64_t identity_of(const Sweep *sweep, const Args *args)
{
    uint64_t digest = digest_add(digest_add(DIGEST_START, sweep->spec_digest), sweep->seed);
    digest = digest_bytes(digest, LOOPSIM_VERSION, sizeof LOOPSIM_VERSION);
    digest = digest_add(digest_add(digest, (uint64_t)args->runs), (uint64_t)args->precision);
    digest = digest_add(digest_add(digest, args->max_events), (uint64_t)args->max_memory);
    digest = digest_words(digest_words(digest_words(digest, &args->only), &args->require), &args->set);
    for (int i = 0; i < args->percentile_count; i++)
        digest = digest_bytes(digest, args->percentiles[i].text, strlen(args->percentiles[i].text));
    for (int i = 0; i < sweep->vary_count; i++) {
        const Words values = {sweep->vary[i].value, sweep->vary[i].count};
        digest = digest_bytes(digest, sweep->vary[i].path, strlen(sweep->vary[i].path));
        digest = digest_words(digest, &values);
    }
    return digest_end(digest);
}

/* The first and the last point's specs are read here, so that what is wrong with the spec or the values is said once
 * and before anything runs. */
static int check_spec(Running *running)
{
    Sweep *sweep = &running->sweep;
    Args args = running->cli->args;
    for (uint64_t point = 0; point<sweep->points; point += sweep->points> 1 ? sweep->points - 1 : 1) {
        Input input;
        Requirements requirements;
        bool *wanted;
        int code = sweep_input(&running->work, running->cli, point, &input);
        if (code == EXIT_DONE && input.spec->kind != SPEC_WORKLOAD) {
            say_error(running->cli->mem, NULL, "a sweep is of a workload, this is a program");
            code = EXIT_USAGE;
        }
        if (code == EXIT_DONE)
            code = requirements_read(&requirements, running->cli, &input);
        if (code == EXIT_DONE)
            code = servers_choose(running->cli, &input, &wanted);
        running->cli->args = args;
        if (code != EXIT_DONE)
            return code;
        if (point > 0)
            continue;
        sweep->name = input.spec->name;
        sweep->spec_digest = input.spec->digest;
        sweep->seed = input.spec->seed;
    }
    return EXIT_DONE;
}

static int start_sweep(Running *running)
{
    Cli *cli = running->cli;
    Sweep *sweep = &running->sweep;
    running->work = (SweepWork){.sweep = sweep, .path = cli->args.positional.word[0]};
    sweep->mem = cli->mem;
    sweep->args = &cli->args;
    int code = check_options(cli);
    if (code == EXIT_DONE)
        code = read_varies(running);
    if (code == EXIT_DONE)
        code = read_shard(running);
    if (code != EXIT_DONE)
        return code;
    if (!(running->work.bytes = input_text(cli, running->work.path, &running->work.size)))
        return EXIT_IO;
    code = check_spec(running);
    sweep->runs = cli->args.runs > 0 ? cli->args.runs : cli->args.precision > 0 ? 0 : 1;
    sweep->precision = cli->args.precision;
    sweep->identity = identity_of(sweep, &cli->args);
    sweep->line = mem_get(cli->mem, mem_array(cli->mem, (size_t)sweep->points, sizeof *sweep->line));
    return code;
}

/* ---- the journal ---- */

static void close_journal(Running *running)
{
    if (running->journal >= 0)
        close(running->journal);
    running->journal = -1;
    mem_forget(running->cli->mem, &running->end);
}

static void close_at_end(MemEnd *end)
{
    close_journal(CONTAINER_OF(end, Running, end));
}

static int wrong_journal(Running *running, const char *why)
{
    say_error(running->cli->mem, NULL, "--resume %s: %s", running->cli->args.resume, why);
    close_journal(running);
    return EXIT_IO;
}

static bool add_to_journal(Running *running, const char *line, size_t size)
{
    Buf text;
    if (running->journal < 0)
        return true;
    buf_init(&text, running->cli->mem, REPORT_MOST);
    buf_bytes(&text, line, size);
    buf_char(&text, '\n');
    bool fine = write_all(running->journal, text.data, text.size);
    buf_free(&text);
    return fine;
}

/* Its first line names the sweep. A last line without an end was cut by a crash and is dropped. */
static int read_journal(Running *running, const char *bytes, size_t size, const char *head, size_t head_size)
{
    const char *end = bytes + size, *at = bytes;
    for (const char *stop; at < end && (stop = memchr(at, '\n', (size_t)(end - at))); at = stop + 1) {
        size_t length = (size_t)(stop - at);
        if (at == bytes && (length != head_size || memcmp(at, head, length) != 0))
            return wrong_journal(running, "it is of another sweep, or no journal");
        if (at != bytes && !sweep_take(&running->sweep, at, length))
            return wrong_journal(running, "a line in it is none of this sweep's");
    }
    if (ftruncate(running->journal, (off_t)(at - bytes)) != 0)
        return wrong_journal(running, strerror(errno));
    if (at == bytes && !add_to_journal(running, head, head_size))
        return wrong_journal(running, strerror(errno));
    return EXIT_DONE;
}

static int open_journal(Running *running)
{
    Cli *cli = running->cli;
    const char *path = cli->args.resume, *error = "";
    size_t size = 0;
    Buf head;
    if (!path)
        return EXIT_DONE;
    do
        running->journal = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    while (running->journal < 0 && errno == EINTR);
    if (running->journal < 0)
        return wrong_journal(running, strerror(errno));
    mem_at_end(cli->mem, &running->end, close_at_end);
    const char *bytes = input_read(cli->mem, path, &size, &error);
    if (!bytes)
        return wrong_journal(running, error);
    buf_init(&head, cli->mem, 4096);
    buf_text(&head, "{ \"loopsim\": \"" LOOPSIM_VERSION "\", \"sweep\": \"");
    buf_hex16(&head, running->sweep.identity);
    buf_text(&head, "\" }");
    return read_journal(running, bytes, size, head.data, head.size);
}

/* ---- the points ---- */

static bool is_wanted(void *context, uint64_t point)
{
    const Sweep *sweep = &((Running *)context)->sweep;
    bool mine = sweep->shards == 0 || point % (uint64_t)sweep->shards + 1 == (uint64_t)sweep->shard;
    return mine && !sweep->line[point];
}

/* The first byte of an answer is the exit code, what follows the line. */
static void do_point(void *context, Cli *cli, uint64_t point, Buf *answer)
{
    const Running *running = context;
    Buf line;
    buf_init(&line, cli->mem, REPORT_MOST);
    cli->args.quiet = true;
    int code = sweep_point(&running->work, cli, point, &line);
    buf_char(answer, (char)code);
    if (code == EXIT_DONE)
        buf_bytes(answer, line.data, line.size);
}

static bool take_point(void *context, uint64_t point, const char *bytes, size_t size)
{
    Running *running = context;
    int code = (unsigned char)bytes[0];
    (void)point;
    if (code == EXIT_INTERRUPTED)
        return false;
    running->code = code;
    if (code != EXIT_DONE)
        return false;
    must(sweep_take(&running->sweep, bytes + 1, size - 1), "a point of the sweep came as something else");
    if (add_to_journal(running, bytes + 1, size - 1))
        return true;
    running->code = wrong_journal(running, strerror(errno));
    return false;
}

static uint64_t count_wanted(Running *running)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < running->sweep.points; i++)
        count += is_wanted(running, i);
    return count;
}

static int run_points(Running *running)
{
    Sweep *sweep = &running->sweep;
    uint64_t here = sweep->here, wanted = count_wanted(running);
    Jobs jobs = {.cli = running->cli,
                 .workers = (int)running->cli->args.jobs,
                 .count = sweep->points,
                 .total = here + wanted,
                 .what = "points",
                 .done_before = here,
                 .context = running,
                 .work = do_point,
                 .answered = take_point,
                 .wanted = is_wanted};
    if ((uint64_t)jobs.workers > wanted)
        jobs.workers = wanted > 0 ? (int)wanted : 1;
    int code = wanted > 0 ? jobs_run(&jobs) : EXIT_DONE;
    if (running->code != EXIT_DONE)
        code = running->code;
    sweep->interrupted = code != EXIT_DONE; /* a worker that died leaves points out as well */
    return code;
}

/* ---- what is reported ---- */

static void write_format(Buf *text, const Sweep *sweep, const OutputTo *to)
{
    static void (*const writers[FORMATS])(Buf *, const Sweep *) = {
        [FORMAT_JSON] = sweep_json, [FORMAT_CSV] = sweep_csv,     [FORMAT_MD] = sweep_markdown,
        [FORMAT_HTML] = sweep_html, [FORMAT_JUNIT] = sweep_junit, [FORMAT_GITHUB] = sweep_github,
    };
    if (to->format == FORMAT_TEXT)
        sweep_text(text, sweep, report_color(sweep->args, to->path), report_terminal(to->path));
    else
        writers[to->format](text, sweep);
}

static int write_sweep(Cli *cli, const Sweep *sweep, Outputs *outputs)
{
    int code = EXIT_DONE;
    for (int i = 0; i < outputs->count; i++) {
        const OutputTo *to = &outputs->to[i];
        Buf text;
        buf_init(&text, cli->mem, REPORT_MOST);
        write_format(&text, sweep, to);
        int written = outputs_write(outputs, i, &text);
        if (to->format == FORMAT_GITHUB && written == EXIT_DONE) {
            buf_clear(&text);
            sweep_markdown(&text, sweep);
            written = github_append(cli->mem, &text);
        }
        code = code != EXIT_DONE ? code : written;
        buf_free(&text);
    }
    return code;
}

static int exit_of(const Sweep *sweep)
{
    SweepTable table = sweep_table(sweep, sweep->mem);
    return sweep->interrupted ? EXIT_INTERRUPTED : table.limited ? EXIT_LIMIT : table.unmet ? EXIT_UNMET : EXIT_DONE;
}

static void say_goes_on(const Running *running)
{
    if (!running->sweep.interrupted || running->cli->args.quiet)
        return;
    say_note(running->cli->mem, "interrupted after %d of %d points%s", (int)running->sweep.here,
             (int)running->sweep.points,
             running->journal >= 0 ? "; the same command goes on from there"
                                   : "; with --resume FILE the same command goes on where it was interrupted");
}

static int run_sweep(Running *running)
{
    Cli *cli = running->cli;
    int code = start_sweep(running);
    if (code == EXIT_DONE)
        code = outputs_open(&running->outputs, cli->mem, &cli->args);
    if (code != EXIT_DONE)
        return code;
    code = open_journal(running);
    if (code == EXIT_DONE)
        code = run_points(running);
    if (code != EXIT_DONE && code != EXIT_INTERRUPTED && code != EXIT_LIMIT) {
        outputs_abort(&running->outputs);
        return code;
    }
    say_goes_on(running);
    int written = write_sweep(cli, &running->sweep, &running->outputs);
    close_journal(running);
    return written != EXIT_DONE ? written : code != EXIT_DONE ? code : exit_of(&running->sweep);
}

int cmd_sweep(Cli *cli)
{
    Running *running = mem_get(cli->mem, sizeof *running);
    running->cli = cli;
    running->journal = -1;
    return run_sweep(running);
}

/* ---- merge ---- */

static int read_parts(Cli *cli, Sweep *sweep)
{
    const Words *parts = &cli->args.positional;
    for (int i = 0; i < parts->count; i++) {
        size_t size;
        const char *bytes = input_text(cli, parts->word[i], &size);
        if (!bytes)
            return EXIT_IO;
        const char *wrong = sweep_read(sweep, bytes, size);
        if (!wrong)
            continue;
        say_error(cli->mem, "merge takes what `sweep --out json=FILE` has written", "%s: %s", parts->word[i], wrong);
        return EXIT_SPEC;
    }
    if (sweep->here == sweep->points)
        return EXIT_DONE;
    uint64_t first = 0;
    while (sweep->line[first])
        first++;
    say_error(cli->mem, "give all parts", "%d of %d points are missing, the first of them is %d",
              (int)(sweep->points - sweep->here), (int)sweep->points, (int)first + 1);
    return EXIT_SPEC;
}

int cmd_merge(Cli *cli)
{
    Sweep *sweep = mem_get(cli->mem, sizeof *sweep);
    Outputs *outputs = mem_get(cli->mem, sizeof *outputs);
    sweep->mem = cli->mem;
    sweep->args = &cli->args;
    int code = check_options(cli);
    if (code == EXIT_DONE)
        code = read_parts(cli, sweep);
    if (code == EXIT_DONE)
        code = outputs_open(outputs, cli->mem, &cli->args);
    if (code != EXIT_DONE)
        return code;
    code = write_sweep(cli, sweep, outputs);
    return code != EXIT_DONE ? code : exit_of(sweep);
}
