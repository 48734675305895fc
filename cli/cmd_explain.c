/* cmd_explain: a program's run step by step, for people who learn how the loop works; --why: the rule that put one line
 * before another. */
#include "json_writer.h"
#include "run.h"
#include "signals.h"
#include "text.h"

#include "../model/node/explain.h"
#include "../model/node/process.h"

#include <string.h>

enum { MARGIN = 5, INDENT = 16 };

typedef struct ExplainRun {
    Cli *cli;
    Mem *mem;
    Input *input;
    Probe probe;
    Explanation explanation;
    ProcessResult result;
} ExplainRun;

static void simulate(ExplainRun *run)
{
    const Input *input = run->input;
    probe_init(&run->probe, NULL, stats_new(run->mem, input->spec, input->program, 0));
    explanation_init(&run->explanation, run->mem);
    ProcessOptions options = {.max_events = run->cli->args.max_events,
                              .stop = run->cli->stop,
                              .print = explanation_line,
                              .context = &run->explanation,
                              .explanation = &run->explanation};
    signals_save();
    run->result = process_run(run->mem, input->spec, input->program, &run->probe, &options);
}

/* ---- what is said the first time ---- */

typedef enum Lesson {
    LESSON_MAIN,
    LESSON_TIMERS,
    LESSON_POLL,
    LESSON_CHECK,
    LESSON_CLOSING,
    LESSON_TICK,
    LESSON_MICROTASK,
    LESSON_EVENT,
    LESSONS
} Lesson;
static const char *const lesson_text[LESSONS] = {
    [LESSON_MAIN] = "The main script runs from its first line to its last. Whatever it starts (timers, I/O, promises) "
                    "is only noted down: none of it can run "
                    "before the script has returned and the call stack is empty.",
    [LESSON_TIMERS] = "timers: timers that are due run now. Those of one duration stand in one list; the list that is "
                      "due first is served first.",
    [LESSON_POLL] = "poll: the loop asks the kernel what is ready: sockets, and work that the pool has finished. If "
                    "nothing is, and no immediate or closing "
                    "handle waits, it sleeps here until something is or a timer is due.",
    [LESSON_CHECK] =
        "check: the immediates that exist now run, in order; those they create wait for the next iteration.",
    [LESSON_CLOSING] = "closing: the callbacks of closed handles run, the one closed last first.",
    [LESSON_TICK] = "The callback has returned and the call stack is empty: before the loop goes on, all ticks "
                    "(process.nextTick) run.",
    [LESSON_MICROTASK] =
        "No tick is left: now all microtasks run (promises, queueMicrotask), also those that are added meanwhile.",
    [LESSON_EVENT] = "An event of process: its listeners are called at once, like functions.",
};

static Lesson lesson_of(const ExplainStep *step)
{
    static const Lesson of_phase[PHASES] = {LESSON_TIMERS, LESSONS, LESSONS, LESSON_POLL, LESSON_CHECK, LESSON_CLOSING};
    switch (step->kind) {
    case EXPLAIN_TICK: return LESSON_TICK;
    case EXPLAIN_MICROTASK: return LESSON_MICROTASK;
    case EXPLAIN_EVENT: return LESSON_EVENT;
    case EXPLAIN_MAIN: return LESSON_MAIN;
    default: return step->phase < PHASES ? of_phase[step->phase] : LESSONS;
    }
}

/* ---- text ---- */

static void put_ms(Buf *buf, Time ns)
{
    buf_fixed(buf, (ns + 5000) / 10000, 2);
    buf_text(buf, " ms");
}

static void put_label(Text *text, const char *label)
{
    buf_repeat(text->buf, ' ', MARGIN);
    text_left(text, label, INDENT - MARGIN);
}

/* What a program calls things and prints, so that no terminal takes it for a command. */
static const char *shown(const Text *text, const char *what)
{
    Buf buf;
    buf_init(&buf, text->buf->mem, SIZE_MAX / 4);
    diag_shown(&buf, what, strlen(what));
    return buf_string(&buf);
}

static void put_paragraph(Text *text, size_t column, const char *sentence)
{
    buf_repeat(text->buf, ' ', column);
    text_wrap(text, sentence, column);
}

/* Where the step stands, where that is another place than the step before it stood at. */
static void put_place(Text *text, const ExplainStep *step, const ExplainStep *before)
{
    if (before != NULL && before->iteration == step->iteration && before->phase == step->phase &&
        before->visit == step->visit)
        return;
    buf_char(text->buf, '\n');
    if (step->phase == PHASES && step->iteration == 0)
        buf_text(text->buf, "Before the loop\n");
    else if (step->phase == PHASES)
        buf_text(text->buf, "After the loop, which nothing keeps alive any more\n");
    else if (step->iteration == 0)
        buf_f(text->buf, "Before the first iteration, %s\n", phase_name[step->phase]);
    else
        buf_f(text->buf, "Iteration %u, %s\n", (unsigned)step->iteration, phase_name[step->phase]);
    if (step->slept > 0) {
        buf_repeat(text->buf, ' ', MARGIN);
        buf_text(text->buf, "poll waited ");
        put_ms(text->buf, step->slept);
        buf_text(text->buf, ": nothing was ready.\n");
    }
}

static void put_lines(Text *text, const ExplainStep *step)
{
    for (const ExplainText *line = step->lines.first; line != NULL; line = line->next) {
        put_label(text, "prints");
        diag_shown(text->buf, line->text, line->size);
        if (strchr(line->stack, ',') != NULL)
            buf_f(text->buf, "   (call stack: %s)", shown(text, line->stack));
        text_end_line(text);
    }
}

static void put_queues(Text *text, Mem *mem, const ExplainStep *step)
{
    Buf sentence;
    bool empty = true;
    buf_init(&sentence, mem, SIZE_MAX / 4);
    for (int queue = 0; queue < EXPLAIN_QUEUES; queue++) {
        int count = 0;
        if (step->queue[queue].count == 0)
            continue;
        buf_clear(&sentence);
        for (const ExplainText *item = step->queue[queue].first; item != NULL && count < 6; item = item->next, count++)
            buf_f(&sentence, "%s%s", count > 0 ? " · " : "", shown(text, item->text));
        if (step->queue[queue].count > count)
            buf_f(&sentence, " and %d more", step->queue[queue].count - count);
        put_label(text, explain_queue_name[queue]);
        text_wrap(text, buf_string(&sentence), INDENT);
        empty = false;
    }
    if (empty) {
        put_label(text, "queues");
        buf_text(text->buf, "all empty\n");
    }
}

static void put_step(Text *text, Mem *mem, const ExplainStep *step, bool lesson[LESSONS])
{
    static const char *const what[] = {[EXPLAIN_MAIN] = "main script",
                                       [EXPLAIN_CALLBACK] = "callback",
                                       [EXPLAIN_TICK] = "tick",
                                       [EXPLAIN_MICROTASK] = "microtask",
                                       [EXPLAIN_EVENT] = "event"};
    Lesson taught = lesson_of(step);
    Buf title;
    if (taught < LESSONS && !lesson[taught]) {
        lesson[taught] = true;
        put_paragraph(text, MARGIN, lesson_text[taught]);
    }
    buf_init(&title, mem, SIZE_MAX / 4);
    buf_f(&title, "%d", step->number);
    text_right(text, buf_string(&title), MARGIN - 2);
    buf_text(text->buf, "  ");
    buf_clear(&title);
    buf_text(&title, what[step->kind]);
    if (step->kind != EXPLAIN_MAIN)
        buf_f(&title, ": %s", shown(text, step->name));
    text_left(text, buf_string(&title), TEXT_WIDTH - MARGIN - 12);
    buf_clear(&title);
    put_ms(&title, step->at);
    text_right(text, buf_string(&title), 12);
    buf_char(text->buf, '\n');
    put_lines(text, step);
    put_queues(text, mem, step);
}

static void put_end(Text *text, const ExplainRun *run)
{
    const ProcessResult *result = &run->result;
    buf_char(text->buf, '\n');
    if (run->explanation.cut)
        buf_f(text->buf, "Only the first %d steps are shown.\n", run->explanation.count);
    else if (result->waits)
        buf_text(text->buf, "The program waits for ever: something keeps it alive, and nothing more will come.\n");
    else if (result->end != KERNEL_DRAINED)
        buf_text(text->buf, "The program had not ended here.\n");
    else if (result->died)
        buf_f(text->buf, "The process dies of an error that nobody caught (%s); exit code %d.\n",
              shown(text, result->error), result->exit_code);
    else
        buf_f(text->buf, "The process ends; exit code %d.\n", result->exit_code);
}

static void steps_text(Buf *buf, const ExplainRun *run)
{
    Text text = {.buf = buf, .width = TEXT_WIDTH};
    bool lesson[LESSONS] = {false};
    const ExplainStep *before = NULL;
    const Spec *spec = run->input->spec;
    put_paragraph(&text, 0, spec->name);
    if (spec->about != NULL && spec->about[0] != '\0')
        put_paragraph(&text, 0, spec->about);
    for (const ExplainStep *step = run->explanation.first; step != NULL; before = step, step = step->next) {
        put_place(&text, step, before);
        put_step(&text, run->mem, step, lesson);
    }
    put_end(&text, run);
}

/* ---- json ---- */

static void put_json_queue(JsonWriter *json, const char *name, const ExplainTexts *queue)
{
    json_begin_flat(json, name, '[');
    for (const ExplainText *item = queue->first; item != NULL; item = item->next)
        json_text(json, NULL, item->text);
    json_end(json, ']');
}

static void put_json_step(JsonWriter *json, const ExplainStep *step)
{
    static const char *const kind[] = {[EXPLAIN_MAIN] = "main",
                                       [EXPLAIN_CALLBACK] = "callback",
                                       [EXPLAIN_TICK] = "tick",
                                       [EXPLAIN_MICROTASK] = "microtask",
                                       [EXPLAIN_EVENT] = "event"};
    json_begin(json, NULL, '{');
    json_int(json, "step", step->number);
    json_text(json, "kind", kind[step->kind]);
    json_text(json, "name", step->name);
    json_uint(json, "iteration", step->iteration);
    if (step->phase < PHASES)
        json_text(json, "phase", phase_name[step->phase]);
    else
        json_null(json, "phase");
    json_int(json, "at_ns", step->at);
    json_int(json, "waited_ns", step->slept);
    json_begin(json, "lines", '[');
    for (const ExplainText *line = step->lines.first; line != NULL; line = line->next) {
        json_begin_flat(json, NULL, '{');
        json_text(json, "text", line->text);
        json_text(json, "stack", line->stack);
        json_end(json, '}');
    }
    json_end(json, ']');
    json_begin(json, "queues", '{');
    for (int queue = 0; queue < EXPLAIN_QUEUES; queue++)
        put_json_queue(json, explain_queue_name[queue], &step->queue[queue]);
    json_end(json, '}');
    json_end(json, '}');
}

static void begin_json(JsonWriter *json, const ExplainRun *run)
{
    json_begin(json, NULL, '{');
    json_text(json, "loopsim", LOOPSIM_VERSION);
    json_int(json, "schema", 1);
    json_begin_flat(json, "spec", '{');
    json_text(json, "name", run->input->spec->name);
    json_hex(json, "digest", run->input->spec->digest);
    json_end(json, '}');
}

/* EXIT_DONE, or why the program was not at its end. */
static int cut_code(const ExplainRun *run)
{
    bool interrupted = run->result.end == KERNEL_INTERRUPTED && !run->explanation.cut;
    if (!run->explanation.cut && !run->result.waits && run->result.end == KERNEL_DRAINED)
        return EXIT_DONE;
    return interrupted ? EXIT_INTERRUPTED : EXIT_LIMIT;
}

static void steps_json(Buf *buf, const ExplainRun *run)
{
    JsonWriter json = {.buf = buf};
    begin_json(&json, run);
    json_begin(&json, "steps", '[');
    for (const ExplainStep *step = run->explanation.first; step != NULL; step = step->next)
        put_json_step(&json, step);
    json_end(&json, ']');
    json_int(&json, "exit", run->result.exit_code);
    if (cut_code(run) != EXIT_DONE)
        json_text(&json, "end", cut_code(run) == EXIT_INTERRUPTED ? "interrupted" : "limit");
    json_end(&json, '}');
    buf_char(buf, '\n');
}

/* ---- why ---- */

typedef struct Asked {
    const ExplainStep *step[2];
    const ExplainText *line[2];
    ExplainWhy why;
    bool swapped;
} Asked;

static bool before(const Asked *asked)
{
    if (asked->step[0] != asked->step[1])
        return asked->step[0]->number < asked->step[1]->number;
    for (const ExplainText *line = asked->line[0]; line != NULL; line = line->next)
        if (line == asked->line[1])
            return true;
    return false;
}

static int no_such_line(const ExplainRun *run, const char *line)
{
    const char *words[256];
    size_t n = 0;
    for (const ExplainStep *step = run->explanation.first; step != NULL; step = step->next)
        for (const ExplainText *each = step->lines.first; each != NULL && n < COUNT_OF(words); each = each->next)
            words[n++] = each->text;
    const char *near = diag_nearest(line, words, n);
    Buf help;
    buf_init(&help, run->cli->mem, 1 << 16);
    if (near != NULL)
        buf_f(&help, "did you mean \"%s\"?", near);
    else
        buf_text(&help, "loopsim run PROGRAM prints its lines");
    say_error(run->cli->mem, buf_string(&help), "the program does not print \"%s\"", line);
    return EXIT_USAGE;
}

static int ask(const ExplainRun *run, Asked *asked)
{
    const Words *words = &run->cli->args.why;
    for (int i = 0; i < 2; i++) {
        asked->step[i] = explanation_find(&run->explanation, words->word[i], &asked->line[i]);
        if (asked->step[i] == NULL)
            return no_such_line(run, words->word[i]);
    }
    if (asked->line[0] == asked->line[1]) {
        say_error(run->cli->mem, NULL, "--why: both lines are the same");
        return EXIT_USAGE;
    }
    asked->swapped = !before(asked);
    int first = asked->swapped, second = !asked->swapped;
    asked->why = explanation_why(&run->explanation, asked->step[first], asked->step[second]);
    return EXIT_DONE;
}

static void put_asked(Text *text, const Asked *asked, int which)
{
    const ExplainStep *step = asked->step[which];
    buf_f(text->buf, "  \"%s\": step %d, ", shown(text, asked->line[which]->text), step->number);
    if (step->phase < PHASES)
        buf_f(text->buf, "iteration %u, %s phase", (unsigned)step->iteration, phase_name[step->phase]);
    else
        buf_text(text->buf, step->iteration == 0 ? "before the loop" : "after the loop");
    buf_text(text->buf, ", at ");
    put_ms(text->buf, step->at);
    buf_f(text->buf, ": %s\n", step->kind == EXPLAIN_MAIN ? "the main script" : shown(text, step->name));
}

static void why_text(Buf *buf, const Asked *asked)
{
    Text text = {.buf = buf, .width = TEXT_WIDTH};
    int first = asked->swapped, second = !asked->swapped;
    buf_f(buf, "\"%s\" comes before \"%s\": %s.\n\n", shown(&text, asked->line[first]->text),
          shown(&text, asked->line[second]->text), asked->why.rule);
    put_paragraph(&text, 2, shown(&text, asked->why.because));
    buf_char(buf, '\n');
    put_asked(&text, asked, first);
    put_asked(&text, asked, second);
}

static void why_json(Buf *buf, const ExplainRun *run, const Asked *asked)
{
    JsonWriter json = {.buf = buf};
    begin_json(&json, run);
    json_text(&json, "first", asked->line[asked->swapped]->text);
    json_text(&json, "second", asked->line[!asked->swapped]->text);
    json_text(&json, "rule", asked->why.rule);
    json_text(&json, "because", asked->why.because);
    json_end(&json, '}');
    buf_char(buf, '\n');
}

/* ---- the whole ---- */

static int report(ExplainRun *run)
{
    Cli *cli = run->cli;
    Outputs outputs;
    Asked asked = {.swapped = false};
    bool why = cli->args.why.count > 0;
    int code = why ? ask(run, &asked) : EXIT_DONE;
    if (code == EXIT_DONE)
        code = outputs_open(&outputs, cli->mem, &cli->args);
    if (code != EXIT_DONE)
        return code;
    for (int i = 0; i < outputs.count; i++) {
        Buf text;
        buf_init(&text, cli->mem, SIZE_MAX / 4);
        if (outputs.to[i].format == FORMAT_JSON)
            why ? why_json(&text, run, &asked) : steps_json(&text, run);
        else
            why ? why_text(&text, &asked) : steps_text(&text, run);
        int closed = outputs_write(&outputs, i, &text);
        code = code == EXIT_DONE ? closed : code;
    }
    return code == EXIT_DONE ? cut_code(run) : code;
}

static int check_options(const Cli *cli, const Input *input)
{
    if (input->spec->kind != SPEC_PROGRAM) {
        say_error(cli->mem, "a program has \"main\"; loopsim run contrasts the servers of a workload",
                  "explain: %s is a workload", input->path);
        return EXIT_USAGE;
    }
    for (int i = 0; i < cli->args.out_count; i++) {
        Format format = cli->args.out[i].format;
        if (format != FORMAT_TEXT && format != FORMAT_JSON) {
            say_error(cli->mem, "text or json", "explain: no --out %s", format_name[format]);
            return EXIT_USAGE;
        }
    }
    return EXIT_DONE;
}

int cmd_explain(Cli *cli)
{
    Input input;
    MemTrap trap;
    ExplainRun *run = mem_get(cli->mem, sizeof *run);
    int code = input_spec(&input, cli, cli->args.positional.word[0]);
    if (code == EXIT_DONE)
        code = check_options(cli, &input);
    if (code != EXIT_DONE)
        return code;
    run->cli = cli;
    run->input = &input;
    run->mem = mem_new_in(cli->mem,
                          (uint64_t)cli->args.max_memory > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)cli->args.max_memory);
    if (run->mem && mem_try(run->mem, &trap)) {
        simulate(run);
        code = report(run);
        mem_end_try(run->mem, &trap);
    } else {
        say_error(cli->mem, "--max-memory raises the limit", "the program needs more than the memory limit");
        code = EXIT_LIMIT;
    }
    mem_delete(run->mem);
    return code;
}
