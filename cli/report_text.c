/* The screen: the contrast first, then how latencies are spread, where the time went, why, what to try, the accounting and how to get the same again.
 * It argues for neither side. */
#include "text.h"

#include <string.h>

enum { LABEL = 20, COLUMN_LEAST = 10, COLUMN_MOST = 22, RATIO = 10, HANDLERS_SHOWN = 4 };

/* ---- tables: a label, a column a server, the ratio ---- */

typedef struct Columns {
    int from, to;         /* the servers of this block */
    size_t width;
} Columns;

static size_t column_width(const Report *report)
{
    size_t width = COLUMN_LEAST;
    for (int i = 0; i < report->count; i++) {
        size_t name = text_width(report->results[i]->name), model = text_width(report->results[i]->model);
        width = name > width ? name : width;
        width = model > width ? model : width;
    }
    return width < COLUMN_MOST ? width : COLUMN_MOST;
}

/* As many servers side by side as fit. */
static Columns first_columns(const Report *report)
{
    Columns columns = {0, 0, column_width(report)};
    int most = (int)((TEXT_WIDTH - LABEL - RATIO) / (columns.width + 2));
    columns.to = report->count < most ? report->count : most;
    return columns;
}

static bool next_columns(const Report *report, Columns *columns)
{
    int most = columns->to - columns->from;
    columns->from = columns->to;
    columns->to = report->count - columns->from < most ? report->count : columns->from + most;
    return columns->from < report->count;
}

static void end_line(Text *text)
{
    Buf *buf = text->buf;
    while (buf->size > 0 && buf->data[buf->size - 1] == ' ')
        buf->data[--buf->size] = '\0';
    buf_char(buf, '\n');
}

static void put_head(Text *text, Columns columns, const char *title)
{
    const Report *report = text->report;
    text_style(text, STYLE_BOLD);
    text_left(text, title, LABEL);
    for (int i = columns.from; i < columns.to; i++) {
        buf_text(text->buf, "  ");
        text_right(text, report->results[i]->name, columns.width);
    }
    text_plain(text);
    end_line(text);
}

static void put_models(Text *text, Columns columns)
{
    text_style(text, STYLE_DIM);
    buf_repeat(text->buf, ' ', LABEL);
    for (int i = columns.from; i < columns.to; i++) {
        buf_text(text->buf, "  ");
        text_right(text, text->report->results[i]->model, columns.width);
    }
    if (text->report->count > 1)
        text_right(text, "ratio", RATIO);
    text_plain(text);
    end_line(text);
}

/* 1.24x; where one is 0 and another is not there is none. */
static void put_ratio(Text *text, const ContrastRow *row)
{
    Buf cell;
    bool much = row->ratio >= 2000000;
    if (text->report->count < 2 || !row->has_ratio)
        return;
    buf_init(&cell, text->report->mem, 4096);
    text_micro(&cell, row->ratio, row->ratio < 10000000 ? 2 : row->ratio < 100000000 ? 1 : 0);
    buf_text(&cell, text->ascii ? "x" : "×");
    if (much)
        text_style(text, STYLE_BOLD);
    text_right(text, buf_string(&cell), RATIO);
    if (much)
        text_plain(text);
}

static void put_label(Text *text, const char *label, const char *unit)
{
    size_t used = 2 + text_width(label), tail = strlen(unit);
    buf_text(text->buf, "  ");
    text_left(text, label, used + tail + 1 > LABEL ? LABEL - tail - 3 : used - 2);
    used = used + tail + 1 > LABEL ? LABEL - tail - 1 : used;
    buf_repeat(text->buf, ' ', LABEL - tail - used);
    text_style(text, STYLE_DIM);
    buf_text(text->buf, unit);
    text_plain(text);
}

static void put_row(Text *text, Columns columns, const char *label, const ContrastRow *row)
{
    const Report *report = text->report;
    Scale scale = scale_for(row->unit, row->value, row->has, report->count, report->args->time_unit);
    Buf cell;
    buf_init(&cell, report->mem, 4096);
    put_label(text, label, scale.unit);
    for (int i = columns.from; i < columns.to; i++) {
        buf_clear(&cell);
        if (row->has[i])
            scale_put(&cell, scale, row->value[i]);
        else
            buf_text(&cell, text->ascii ? "-" : "–");
        buf_text(text->buf, "  ");
        text_right(text, buf_string(&cell), columns.width);
    }
    put_ratio(text, row);
    end_line(text);
}

/* Counts of what went wrong are rows only where something did. */
static bool is_worth_a_row(const Report *report, const ContrastRow *row)
{
    static const char *const quiet[] = {"failed", "refused", "timed_out", "in_flight"};
    for (size_t i = 0; i < COUNT_OF(quiet); i++) {
        if (strcmp(row->name, quiet[i]) != 0)
            continue;
        for (int k = 0; k < report->count; k++)
            if (row->value[k] > 0)
                return true;
        return false;
    }
    return true;
}

static const char *label_of(const ContrastRow *row)
{
    static const char *const labels[][2] = {{"timed_out", "timed out"}, {"in_flight", "in flight at the end"}, {"cpu", "cpu, all cores"}, {"memory", "memory peak"},
                                            {"threads", "threads peak"}, {"switches", "thread switches"}};
    for (size_t i = 0; i < COUNT_OF(labels); i++)
        if (strcmp(row->name, labels[i][0]) == 0)
            return labels[i][1];
    return row->name;
}

static void put_handler_rows(Text *text, Columns columns, int handler)
{
    static const char *const names[] = {"p50", "p99"};
    const Report *report = text->report;
    Buf label;
    buf_init(&label, report->mem, 1 << 26);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        ContrastRow row;
        if (!contrast_row(report, names[i], handler, &row))
            continue;
        buf_clear(&label);
        buf_f(&label, "%s %s", report->spec->handlers[handler].name, names[i]);
        put_row(text, columns, buf_string(&label), &row);
    }
}

static void put_contrast(Text *text)
{
    const Report *report = text->report;
    Contrast contrast = contrast_make(report);
    Columns columns = first_columns(report);
    int handlers = report->spec->handler_count, shown = report->args->verbose || handlers <= HANDLERS_SHOWN ? handlers : HANDLERS_SHOWN;
    do {
        put_head(text, columns, "");
        put_models(text, columns);
        for (int i = 0; i < contrast.count; i++)
            if (is_worth_a_row(report, &contrast.row[i]))
                put_row(text, columns, label_of(&contrast.row[i]), &contrast.row[i]);
        for (int handler = 0; handlers > 1 && handler < shown; handler++)
            put_handler_rows(text, columns, handler);
        buf_char(text->buf, '\n');
    } while (next_columns(report, &columns));
}

/* ---- where the time went ---- */

static const char *const part_label[PARTS] = {
    [PART_NETWORK] = "network",          [PART_ACCEPT_WAIT] = "to be accepted", [PART_READY_WAIT] = "ready, waiting", [PART_CPU] = "computing",
    [PART_PREEMPTED] = "preempted",      [PART_OVERHEAD] = "overhead",          [PART_POOL_WAIT] = "for a worker",    [PART_RESOURCE_WAIT] = "for a resource",
    [PART_RESOURCE] = "in a resource",   [PART_SLEEP] = "sleeping",             [PART_LOCK_WAIT] = "for a lock",      [PART_OTHER] = "other",
};

static void put_split(Text *text, int handler)
{
    const Report *report = text->report;
    Columns columns = first_columns(report);
    Buf title;
    buf_init(&title, report->mem, 1 << 26);
    buf_text(&title, handler < 0 ? "where the mean went" : report->spec->handlers[handler].name);
    do {
        put_head(text, columns, buf_string(&title));
        for (int part = 0; part < PARTS; part++) {
            ContrastRow row = {.unit = METRIC_TIME};
            row.has = mem_get(report->mem, mem_array(report->mem, (size_t)report->count + 1, sizeof *row.has));
            row.value = mem_get(report->mem, mem_array(report->mem, (size_t)report->count + 1, sizeof *row.value));
            bool any = false;
            for (int i = 0; i < report->count; i++) {
                const Results *results = report->results[i];
                row.has[i] = true;
                row.value[i] = handler < 0 ? results->all.time[part] : results->handlers[handler].time[part];
                any |= row.value[i] > 0;
            }
            if (any)
                put_row(text, columns, part_label[part], &row);
        }
        buf_char(text->buf, '\n');
    } while (next_columns(report, &columns));
}

/* ---- a small histogram: latencies on one logarithmic axis for all servers ---- */

enum { BARS = 60 };

typedef struct Axis {
    int64_t edge[BARS + 1]; /* ascending; a bar holds edge[i] <= value < edge[i + 1] */
} Axis;

static bool make_axis(const Report *report, Axis *axis)
{
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < report->count; i++) {
        const Hist *hist = &report->results[i]->all.latency;
        if (hist->count == 0)
            continue;
        least = hist->min < least ? hist->min : least;
        most = hist->max > most ? hist->max : most;
    }
    if (least == INT64_MAX || most < 1000 || most <= least)
        return false;
    least = least < 1000 ? 1000 : least;
    double low = (double)least * 0.999, factor = det_pow((double)most * 1.001 / low, 1.0 / BARS), edge = low;
    for (int i = 0; i <= BARS; i++, edge *= factor)
        axis->edge[i] = (int64_t)edge;
    axis->edge[0] = 0;
    axis->edge[BARS] = INT64_MAX;
    return true;
}

static void put_bars(Text *text, const Axis *axis, const Hist *hist)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, *const plain[] = {" ", ".", ".", ":", ":", "+", "*", "#", "@"};
    uint64_t bar[BARS] = {0}, most = 0, count;
    size_t at = 0;
    int64_t low, high;
    for (int i = 0; hist_next(hist, &at, &low, &high, &count);) {
        int64_t middle = low + (high - low) / 2;
        while (i + 1 < BARS && middle >= axis->edge[i + 1])
            i++;
        bar[i] += count;
        most = bar[i] > most ? bar[i] : most;
    }
    for (int i = 0; i < BARS; i++) {
        uint64_t level = bar[i] == 0 ? 0 : 1 + (uint64_t)sum_divide(sum_product(bar[i], 7), sum_of(most));
        buf_text(text->buf, text->ascii ? plain[level] : blocks[level]);
    }
}

/* Marks at 1, 10, 100 of each unit where there is room. */
static void put_marks(Text *text, const Axis *axis)
{
    Buf mark;
    size_t used = 0;
    buf_init(&mark, text->report->mem, 4096);
    buf_repeat(text->buf, ' ', LABEL + 2);
    int64_t decade = 1;
    for (int i = 1; i < BARS; i++) {
        while (decade <= axis->edge[i] && decade < INT64_MAX / 10)
            decade *= 10;
        if (decade > axis->edge[i + 1] || i + 1 == BARS)
            continue;
        buf_clear(&mark);
        buf_text(&mark, text->ascii ? "|" : "╵");
        text_time(&mark, decade);
        size_t width = text_width(buf_string(&mark));
        if ((size_t)i < used || (size_t)i + width > BARS + 8)
            continue;
        buf_repeat(text->buf, ' ', (size_t)i - used);
        buf_text(text->buf, buf_string(&mark));
        used = (size_t)i + width + 1;
        buf_char(text->buf, ' ');
    }
    end_line(text);
}

static void put_histogram(Text *text)
{
    const Report *report = text->report;
    Axis axis;
    if (!make_axis(report, &axis))
        return;
    text_style(text, STYLE_BOLD);
    buf_text(text->buf, "how latencies are spread");
    text_plain(text);
    buf_char(text->buf, '\n');
    for (int i = 0; i < report->count; i++) {
        buf_text(text->buf, "  ");
        text_left(text, report->results[i]->name, LABEL - 2);
        buf_text(text->buf, "  ");
        put_bars(text, &axis, &report->results[i]->all.latency);
        end_line(text);
    }
    text_style(text, STYLE_DIM);
    put_marks(text, &axis);
    text_plain(text);
    buf_char(text->buf, '\n');
}

/* ---- why, and what to try ---- */

static void put_title(Text *text, const char *title)
{
    text_style(text, STYLE_BOLD);
    buf_text(text->buf, title);
    text_plain(text);
    buf_char(text->buf, '\n');
}

static void put_name(Text *text, const char *name)
{
    buf_text(text->buf, "  ");
    text_left(text, name, LABEL - 2);
    buf_text(text->buf, "  ");
}

/* A rate to three digits. */
static void put_breaks(Buf *buf, const Bottleneck *bottleneck)
{
    if (bottleneck->breaks_at < 0)
        return;
    unsigned decimals = bottleneck->breaks_at < 10000000 ? 2 : bottleneck->breaks_at < 100000000 ? 1 : 0;
    buf_text(buf, bottleneck->utilization >= 990000 ? "; it is full at " : "; it would be full at ");
    text_micro(buf, bottleneck->breaks_at, decimals);
    buf_text(buf, "/s");
}

static void put_why(Text *text)
{
    const Report *report = text->report;
    Buf why;
    buf_init(&why, report->mem, 1 << 27);
    put_title(text, "why");
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        buf_clear(&why);
        buf_text(&why, results->bottleneck.why);
        put_breaks(&why, &results->bottleneck);
        put_name(text, results->name);
        text_wrap(text, buf_string(&why), LABEL + 2);
    }
    buf_char(text->buf, '\n');
}

static void put_advice(Text *text)
{
    const Report *report = text->report;
    bool any = false;
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        if (!results->bottleneck.advice)
            continue;
        if (!any)
            put_title(text, "what to try");
        any = true;
        put_name(text, results->name);
        text_wrap(text, results->bottleneck.advice, LABEL + 2);
    }
    if (any)
        buf_char(text->buf, '\n');
}

/* ---- requirements, accounting, repro ---- */

static void put_value(Buf *buf, MetricUnit unit, bool has, int64_t value, TimeUnit time_unit)
{
    if (!has) {
        buf_text(buf, "nothing");
        return;
    }
    if (unit == METRIC_DIGEST) {
        buf_hex16(buf, (uint64_t)value);
        return;
    }
    Scale scale = scale_for(unit, &value, &has, 1, time_unit);
    scale_put(buf, scale, value);
    buf_f(buf, "%s%s", scale.unit[0] && scale.unit[0] != '/' && scale.unit[0] != '%' ? " " : "", scale.unit);
}

static void put_requirements(Text *text)
{
    const Report *report = text->report;
    Buf line;
    buf_init(&line, report->mem, 1 << 27);
    if (report->verdict_count == 0)
        return;
    put_title(text, "requirements");
    for (int i = 0; i < report->verdict_count; i++) {
        const Verdict *verdict = &report->verdicts[i];
        text_style(text, verdict->met ? STYLE_GOOD : STYLE_BAD);
        buf_text(text->buf, verdict->met ? "  met     " : "  FAILED  ");
        text_plain(text);
        buf_clear(&line);
        diag_shown(&line, verdict->text, strlen(verdict->text));
        buf_text(&line, " : ");
        put_value(&line, verdict->unit, verdict->has_value, verdict->value, report->args->time_unit);
        buf_text(&line, " against ");
        put_value(&line, verdict->unit, verdict->has_limit, verdict->limit, report->args->time_unit);
        if (verdict->server)
            buf_f(&line, " (%s)", verdict->server);
        text_wrap(text, buf_string(&line), 10);
    }
    buf_char(text->buf, '\n');
}

static void put_accounting(Text *text)
{
    const Report *report = text->report;
    Buf line;
    buf_init(&line, report->mem, 1 << 20);
    put_title(text, "accounting");
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        const RequestCounts *counts = &results->all.requests;
        const struct { const char *name; uint64_t count; } rest[] = {
            {"failed", counts->failed}, {"refused", counts->refused}, {"timed out", counts->timed_out}, {"in flight", counts->in_flight},
        };
        buf_clear(&line);
        text_count(&line, counts->arrived);
        buf_text(&line, " arrived = ");
        text_count(&line, counts->completed);
        buf_text(&line, " completed");
        for (size_t k = 0; k < COUNT_OF(rest); k++) {
            if (rest[k].count == 0)
                continue;
            buf_text(&line, " + ");
            text_count(&line, rest[k].count);
            buf_f(&line, " %s", rest[k].name);
        }
        if (results->end == WORLD_LIMIT || results->end == WORLD_INTERRUPTED) {
            buf_f(&line, "; %s at ", results->out_of_memory ? "out of memory" : results->end == WORLD_LIMIT ? "stopped by a limit" : "interrupted");
            text_time(&line, results->simulated);
        }
        put_name(text, results->name);
        text_wrap(text, buf_string(&line), LABEL + 2);
    }
    buf_char(text->buf, '\n');
}

static bool is_plain_word(const char *word)
{
    return word[0] && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/=,:%+@") == strlen(word);
}

/* As a POSIX shell takes it. */
static void put_word(Buf *buf, const char *word)
{
    if (is_plain_word(word)) {
        buf_text(buf, word);
        return;
    }
    buf_char(buf, '\'');
    for (const char *c = word; *c; c++) {
        if (*c == '\'')
            buf_text(buf, "'\\''");
        else
            diag_shown(buf, c, 1);
    }
    buf_char(buf, '\'');
}

static void put_words(Buf *buf, const char *option, const Words *words)
{
    for (int i = 0; i < words->count; i++) {
        buf_f(buf, " %s ", option);
        put_word(buf, words->word[i]);
    }
}

static void put_repro(Text *text)
{
    const Report *report = text->report;
    Buf *buf = text->buf;
    put_title(text, "the same again");
    buf_text(buf, "  loopsim run ");
    put_word(buf, report->path);
    buf_text(buf, " --seed ");
    buf_u64(buf, report->spec->seed);
    put_words(buf, "--set", &report->args->set);
    put_words(buf, "--only", &report->args->only);
    buf_char(buf, '\n');
    for (int i = 0; i < report->count; i++) {
        put_name(text, report->results[i]->name);
        buf_text(buf, "digest ");
        buf_hex16(buf, report->results[i]->digest);
        buf_text(buf, ", ");
        text_count(buf, report->results[i]->events);
        buf_text(buf, " events\n");
    }
}

/* ---- the whole ---- */

static void put_line_about(Text *text)
{
    const Report *report = text->report;
    const Spec *spec = report->spec;
    const char *dot = text->ascii ? " - " : " · ";
    text_style(text, STYLE_BOLD);
    diag_shown(text->buf, spec->name, strlen(spec->name));
    text_plain(text);
    text_style(text, STYLE_DIM);
    buf_text(text->buf, dot);
    text_count(text->buf, (uint64_t)spec->machine.cores);
    buf_f(text->buf, " core%s, costs ", spec->machine.cores == 1 ? "" : "s");
    diag_shown(text->buf, spec->machine.profile, strlen(spec->machine.profile));
    if (spec->duration != TIME_NEVER) {
        buf_text(text->buf, dot);
        text_time(text->buf, spec->duration);
    }
    if (spec->warmup > 0) {
        buf_text(text->buf, ", without the first ");
        text_time(text->buf, spec->warmup);
    }
    buf_f(text->buf, "%sseed ", dot);
    buf_u64(text->buf, spec->seed);
    text_plain(text);
    buf_text(text->buf, "\n\n");
}

static void put_whole(Text *text)
{
    const Report *report = text->report;
    bool quiet = report->args->quiet;
    put_line_about(text);
    if (report->count == 0) {
        buf_text(text->buf, "no server was run\n");
        return;
    }
    put_contrast(text);
    if (!quiet) {
        put_histogram(text);
        put_split(text, -1);
        for (int handler = 0; report->args->verbose && report->spec->handler_count > 1 && handler < report->spec->handler_count; handler++)
            put_split(text, handler);
        put_why(text);
        put_advice(text);
    }
    put_requirements(text);
    if (!quiet) {
        put_accounting(text);
        put_repro(text);
    }
    if (report->interrupted)
        buf_text(text->buf, "\ninterrupted: the results are those of what was simulated so far\n");
}

/* Typography becomes what a typewriter had; names in other scripts become question marks. */
static void put_ascii(Buf *buf, const char *s)
{
    static const char *const plain[][2] = {{"…", "..."}, {"–", "-"}, {"·", "-"}, {"×", "x"}, {"→", "->"}};
    while (*s) {
        size_t i = 0, length = 1;
        while (i < COUNT_OF(plain) && strncmp(s, plain[i][0], strlen(plain[i][0])) != 0)
            i++;
        while (((unsigned char)s[length] & 0xc0) == 0x80)
            length++;
        if (i < COUNT_OF(plain))
            buf_text(buf, plain[i][1]);
        else
            buf_char(buf, (unsigned char)*s < 0x80 ? *s : '?');
        s += length;
    }
}

void report_text(Buf *buf, const Report *report)
{
    Buf whole;
    Text text = {buf, report, report->color, report->args->ascii};
    if (!text.ascii) {
        put_whole(&text);
        return;
    }
    buf_init(&whole, report->mem, buf->ceiling);
    text.buf = &whole;
    put_whole(&text);
    put_ascii(buf, buf_string(&whole));
    buf_free(&whole);
}
