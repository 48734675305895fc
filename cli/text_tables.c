/* The tables of the screen: a label, a column a server, the ratio. One unit a row. */
#include "text.h"

#include <string.h>

enum {
    LABEL = TEXT_LABEL,
    COLUMN_LEAST = 10,
    MODEL_LEAST = 12,
    WITH_HALF = 18,
    COLUMN_MOST = 22,
    RATIO = 10,
    HANDLERS_SHOWN = 4
};

typedef struct Columns {
    int from, to; /* the servers of this block */
    size_t width;
} Columns;

/* Wide enough for names and models; where that is too wide for all servers beside each other, models are cut. */
static size_t column_width(const Report *report)
{
    size_t names = COLUMN_LEAST, models = COLUMN_LEAST;
    for (int i = 0; i < report->count; i++) {
        size_t name = text_width(report->results[i]->name), model = text_width(report->results[i]->model);
        names = name > names ? name : names;
        models = model > models ? model : models;
    }
    if (report->runs > 1 && names < WITH_HALF)
        names = WITH_HALF;
    size_t width = names > models ? names : models;
    if (LABEL + RATIO + (size_t)report->count * (width + 2) > report->width)
        width = names > MODEL_LEAST ? names : MODEL_LEAST;
    return width < COLUMN_MOST ? width : COLUMN_MOST;
}

/* As many servers side by side as fit. */
static Columns first_columns(const Report *report)
{
    Columns columns = {0, 0, column_width(report)};
    int most = (int)((report->width - LABEL - RATIO) / (columns.width + 2));
    most = most > 1 ? most : 1;
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
    text_end_line(text);
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
    text_end_line(text);
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

static void put_row_in(Text *text, Columns columns, const char *label, const ContrastRow *row, Scale scale)
{
    const Report *report = text->report;
    Buf cell;
    buf_init(&cell, report->mem, 4096);
    put_label(text, label, scale.unit);
    for (int i = columns.from; i < columns.to; i++) {
        buf_clear(&cell);
        if (row->has[i])
            scale_put(&cell, scale, row->value[i]);
        else
            buf_text(&cell, text->ascii ? "-" : "–");
        if (row->has_half && row->has_half[i]) {
            buf_text(&cell, text->ascii ? " +-" : " ±");
            scale_put(&cell, scale, row->half[i]);
        }
        buf_text(text->buf, "  ");
        text_right(text, buf_string(&cell), columns.width);
    }
    put_ratio(text, row);
    text_end_line(text);
}

static void put_row(Text *text, Columns columns, const char *label, const ContrastRow *row)
{
    const Report *report = text->report;
    put_row_in(text, columns, label, row,
               scale_for(row->unit, row->value, row->has, report->count, report->args->time_unit));
}

bool contrast_shown(const Report *report, const ContrastRow *row)
{
    static const char *const quiet[] = {"failed", "refused", "timed_out", "in_flight", "wasted"};
    for (size_t i = 0; i < COUNT_OF(quiet); i++) {
        if (strcmp(row->name, quiet[i]) != 0)
            continue;
        /* In flight are some at every end: it tells something where it is more than a hundredth. */
        for (int k = 0; k < report->count; k++) {
            uint64_t enough = strcmp(row->name, "in_flight") == 0 ? report->results[k]->all.requests.arrived / 100 : 0;
            if ((uint64_t)row->value[k] > enough)
                return true;
        }
        return false;
    }
    return true;
}

const char *contrast_label(const ContrastRow *row)
{
    static const char *const labels[][2] = {{"timed_out", "timed out"},     {"in_flight", "in flight, at end"},
                                            {"cpu", "cpu, all cores"},      {"memory", "memory peak"},
                                            {"wasted", "of that wasted"},   {"threads", "threads peak"},
                                            {"switches", "thread switches"}};
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

/* First what clients see, then what it takes. */
static bool is_of_machine(const ContrastRow *row)
{
    return strcmp(row->name, "cpu") == 0 || strcmp(row->name, "memory") == 0 || strcmp(row->name, "threads") == 0 ||
           strcmp(row->name, "switches") == 0 || strcmp(row->name, "wasted") == 0;
}

static void put_rows(Text *text, Columns columns, const Contrast *contrast, bool of_machine)
{
    for (int i = 0; i < contrast->count; i++) {
        const ContrastRow *row = &contrast->row[i];
        if (is_of_machine(row) == of_machine && contrast_shown(text->report, row))
            put_row(text, columns, contrast_label(row), row);
    }
}

void text_contrast(Text *text)
{
    const Report *report = text->report;
    Contrast contrast = contrast_make(report);
    Columns columns = first_columns(report);
    int handlers = report->spec->handler_count,
        shown = report->args->verbose || handlers <= HANDLERS_SHOWN ? handlers : HANDLERS_SHOWN;
    do {
        put_head(text, columns, "");
        put_models(text, columns);
        put_rows(text, columns, &contrast, false);
        if (handlers > 1)
            buf_char(text->buf, '\n');
        for (int handler = 0; handlers > 1 && handler < shown; handler++)
            put_handler_rows(text, columns, handler);
        buf_char(text->buf, '\n');
        put_rows(text, columns, &contrast, true);
        buf_char(text->buf, '\n');
    } while (next_columns(report, &columns));
}

/* ---- where the time went ---- */

const char *const part_label[PARTS] = {
    [PART_NETWORK] = "network",        [PART_ACCEPT_WAIT] = "to be accepted",   [PART_READY_WAIT] = "ready, waiting",
    [PART_CPU] = "computing",          [PART_PREEMPTED] = "preempted",          [PART_OVERHEAD] = "overhead",
    [PART_POOL_WAIT] = "for a worker", [PART_RESOURCE_WAIT] = "for a resource", [PART_RESOURCE] = "in a resource",
    [PART_SLEEP] = "sleeping",         [PART_LOCK_WAIT] = "for a lock",         [PART_OTHER] = "other",
};

static Time split_value(const Results *results, int handler, int part)
{
    return handler < 0 ? results->all.time[part] : results->handlers[handler].time[part];
}

static ContrastRow split_row(const Report *report, int handler, int part)
{
    ContrastRow row = {.unit = METRIC_TIME};
    row.has = mem_get(report->mem, mem_array(report->mem, (size_t)report->count + 1, sizeof *row.has));
    row.value = mem_get(report->mem, mem_array(report->mem, (size_t)report->count + 1, sizeof *row.value));
    for (int i = 0; i < report->count; i++) {
        row.has[i] = true;
        row.value[i] = split_value(report->results[i], handler, part);
    }
    return row;
}

/* One scale for all parts, so that they can be added up by eye; at least a thousandth of the largest mean shows. */
static Scale split_scale(const Report *report, int handler)
{
    Time most = 0;
    bool has = true;
    for (int i = 0; i < report->count; i++) {
        Time mean = 0;
        for (int part = 0; part < PARTS; part++)
            mean += split_value(report->results[i], handler, part);
        most = mean > most ? mean : most;
    }
    Scale scale = scale_for(METRIC_TIME, &most, &has, 1, report->args->time_unit);
    scale.decimals += scale.decimals > 0 && scale.decimals < 3;
    return scale;
}

static bool shows(const Report *report, const ContrastRow *row, Scale scale)
{
    int64_t least = scale.size / 2;
    for (unsigned i = 0; i < scale.decimals; i++)
        least /= 10;
    for (int i = 0; i < report->count; i++)
        if (row->value[i] > 0 && row->value[i] >= least)
            return true;
    return false;
}

void text_split(Text *text, int handler)
{
    const Report *report = text->report;
    Columns columns = first_columns(report);
    Scale scale = split_scale(report, handler);
    Buf title;
    buf_init(&title, report->mem, 1 << 26);
    buf_text(&title, handler < 0 ? "where the mean went" : report->spec->handlers[handler].name);
    do {
        put_head(text, columns, buf_string(&title));
        for (int part = 0; part < PARTS; part++) {
            ContrastRow row = split_row(report, handler, part);
            if (shows(report, &row, scale))
                put_row_in(text, columns, part_label[part], &row, scale);
        }
        buf_char(text->buf, '\n');
    } while (next_columns(report, &columns));
}
