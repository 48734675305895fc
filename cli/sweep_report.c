/* A sweep on the screen, and what all of its reports say alike. */
#include "knee.h"
#include "sweep_table.h"
#include "text.h"

#include <string.h>

enum { TEXT_MOST = 1 << 28, VALUE_MOST = 24, COLUMNS = 7 };

static const char what_is_busy[] = "what is busy";

/* ---- the table ---- */

typedef struct Column {
    const char *name;
    MetricUnit unit;
    size_t at, half; /* in SweepRow; half 0: it has no interval */
    Scale scale;
    size_t width;
    bool shown;
} Column;

#define COLUMN(name, unit, field)                                                                                      \
    {                                                                                                                  \
        name, unit, offsetof(SweepRow, field), 0, {"", 1, 0}, 0, true                                                  \
    }
#define WITH_HALF(name, unit, field)                                                                                   \
    {                                                                                                                  \
        name, unit, offsetof(SweepRow, field), offsetof(SweepRow, field##_half), {"", 1, 0}, 0, true                   \
    }

static int64_t value_of(const SweepRow *row, size_t at)
{
    int64_t value;
    memcpy(&value, (const char *)row + at, sizeof value);
    return value;
}

static void put_cell(Buf *cell, const Column *column, const SweepRow *row, bool ascii)
{
    int64_t value = value_of(row, column->at), half = column->half > 0 ? value_of(row, column->half) : -1;
    buf_clear(cell);
    if (value < 0)
        buf_text(cell, ascii ? "-" : "–");
    else
        scale_put(cell, column->scale, value);
    if (value < 0 || half < 0)
        return;
    buf_text(cell, ascii ? " +-" : " ±");
    scale_put(cell, column->scale, half);
}

/* One unit a column, at most two decimals. */
static void measure(Column *column, const SweepTable *table, uint64_t rows, Mem *mem, bool ascii, TimeUnit unit)
{
    int64_t least = INT64_MAX, most = 0;
    Buf cell;
    buf_init(&cell, mem, 4096);
    for (uint64_t i = 0; i < rows; i++) {
        int64_t value = table->row[i].here ? value_of(&table->row[i], column->at) : -1;
        if (value > 0 && value < least)
            least = value;
        most = value > most ? value : most;
    }
    bool has[] = {true, true};
    int64_t ends[] = {least == INT64_MAX ? 0 : least, most};
    column->scale = scale_for(column->unit, ends, has, 2, unit);
    if (column->scale.decimals > 2)
        column->scale.decimals = 2;
    column->width = text_width(column->name);
    for (uint64_t i = 0; i < rows; i++) {
        if (!table->row[i].here)
            continue;
        put_cell(&cell, column, &table->row[i], ascii);
        size_t width = text_width(buf_string(&cell));
        column->width = width > column->width ? width : column->width;
    }
    buf_free(&cell);
}

enum { OFFERED, DONE, MEAN, P50, P99, LOST, BUSY };

typedef struct Layout {
    size_t value[16], server, bottleneck; /* widths */
    Column column[COLUMNS];
    bool narrow; /* columns were left out */
} Layout;

static size_t value_width(const Vary *vary)
{
    size_t width = text_width(vary->path);
    for (int i = 0; i < vary->count; i++)
        if (text_width(vary->value[i]) > width)
            width = text_width(vary->value[i]);
    return width < VALUE_MOST ? width : VALUE_MOST;
}

static size_t line_width(const Layout *layout)
{
    size_t width = layout->server;
    for (int i = 0; i < (int)COUNT_OF(layout->value) && layout->value[i] > 0; i++)
        width += layout->value[i] + 2;
    for (int i = 0; i < COLUMNS; i++)
        width += layout->column[i].shown ? layout->column[i].width + 2 : 0;
    return width + (layout->column[BUSY].shown ? 2 + layout->bottleneck : 0);
}

/* What can be told from the rest, or is told below the table, goes first. */
static void fit(Layout *layout, size_t width)
{
    static const int first_to_go[] = {MEAN, P50, OFFERED, BUSY, LOST};
    for (size_t i = 0; i < COUNT_OF(first_to_go) && line_width(layout) > width; i++) {
        layout->narrow |= layout->column[first_to_go[i]].shown;
        layout->column[first_to_go[i]].shown = false;
    }
}

static Layout make_layout(const Text *text, const Sweep *sweep, const SweepTable *table)
{
    static const Column columns[COLUMNS] = {
        [OFFERED] = COLUMN("offered", METRIC_RATE, offered),
        [DONE] = WITH_HALF("done", METRIC_RATE, throughput),
        [MEAN] = WITH_HALF("mean", METRIC_TIME, mean),
        [P50] = WITH_HALF("p50", METRIC_TIME, p50),
        [P99] = WITH_HALF("p99", METRIC_TIME, p99),
        [LOST] = COLUMN("lost", METRIC_COUNT, lost),
        [BUSY] = COLUMN("busy", METRIC_FRACTION, utilization),
    };
    Layout layout = {.server = 6, .bottleneck = sizeof what_is_busy - 1};
    uint64_t rows = sweep->points * (uint64_t)table->servers;
    memcpy(layout.column, columns, sizeof columns);
    for (int i = 0; i < sweep->vary_count && i < (int)COUNT_OF(layout.value); i++)
        layout.value[i] = value_width(&sweep->vary[i]);
    for (int i = 0; i < table->servers; i++)
        if (text_width(table->server[i]) > layout.server)
            layout.server = text_width(table->server[i]);
    for (int i = 0; i < COLUMNS; i++)
        measure(&layout.column[i], table, rows, sweep->mem, text->ascii, sweep->args->time_unit);
    layout.column[LOST].shown = false;
    for (uint64_t i = 0; i < rows; i++) {
        if (!table->row[i].here)
            continue;
        layout.column[LOST].shown |= table->row[i].lost > 0;
        if (text_width(table->row[i].bottleneck) > layout.bottleneck)
            layout.bottleneck = text_width(table->row[i].bottleneck);
    }
    fit(&layout, text->width);
    return layout;
}

static void put_head(Text *text, const Sweep *sweep, const Layout *layout)
{
    Buf cell;
    buf_init(&cell, sweep->mem, 4096);
    text_style(text, STYLE_BOLD);
    for (int i = 0; i < sweep->vary_count && i < (int)COUNT_OF(layout->value); i++) {
        text_left(text, sweep->vary[i].path, layout->value[i]);
        buf_text(text->buf, "  ");
    }
    text_left(text, "server", layout->server);
    for (int i = 0; i < COLUMNS; i++) {
        if (!layout->column[i].shown)
            continue;
        buf_text(text->buf, "  ");
        text_right(text, layout->column[i].name, layout->column[i].width);
    }
    if (layout->column[BUSY].shown)
        buf_f(text->buf, "  %s", what_is_busy);
    text_plain(text);
    text_end_line(text);
    text_style(text, STYLE_DIM);
    for (int i = 0; i < sweep->vary_count && i < (int)COUNT_OF(layout->value); i++)
        buf_repeat(text->buf, ' ', layout->value[i] + 2);
    buf_repeat(text->buf, ' ', layout->server);
    for (int i = 0; i < COLUMNS; i++) {
        if (!layout->column[i].shown)
            continue;
        buf_text(text->buf, "  ");
        text_right(text, layout->column[i].scale.unit, layout->column[i].width);
    }
    text_plain(text);
    text_end_line(text);
}

static void put_row(Text *text, const Sweep *sweep, const Layout *layout, const SweepTable *table, uint64_t point,
                    int server, bool first)
{
    const SweepRow *row = &table->row[point * (uint64_t)table->servers + (uint64_t)server];
    Buf cell;
    buf_init(&cell, sweep->mem, 4096);
    for (int i = 0; i < sweep->vary_count && i < (int)COUNT_OF(layout->value); i++) {
        text_left(text, first ? sweep->vary[i].value[sweep_index(sweep, point, i)] : "", layout->value[i]);
        buf_text(text->buf, "  ");
    }
    text_left(text, table->server[server], layout->server);
    for (int i = 0; i < COLUMNS; i++) {
        if (!layout->column[i].shown)
            continue;
        put_cell(&cell, &layout->column[i], row, text->ascii);
        buf_text(text->buf, "  ");
        text_right(text, buf_string(&cell), layout->column[i].width);
    }
    if (layout->column[BUSY].shown)
        buf_f(text->buf, "  %s", row->bottleneck);
    text_end_line(text);
    buf_free(&cell);
}

static void put_table(Text *text, const Sweep *sweep, const SweepTable *table)
{
    Layout layout = make_layout(text, sweep, table);
    put_head(text, sweep, &layout);
    for (uint64_t point = 0; point < sweep->points; point++) {
        bool first = true;
        for (int server = 0; server < table->servers; server++) {
            if (!table->row[point * (uint64_t)table->servers + (uint64_t)server].here)
                continue;
            put_row(text, sweep, &layout, table, point, server, first);
            first = false;
        }
    }
    if (layout.narrow) {
        text_style(text, STYLE_DIM);
        buf_text(text->buf, "a wider terminal, csv and json have more columns\n");
        text_plain(text);
    }
    buf_char(text->buf, '\n');
}

/* ---- the knees ---- */

typedef struct KneeText {
    Text *text;
    const Sweep *sweep;
    int count;
} KneeText;

/* To three digits or as many as there are before the point. */
void sweep_put_at(Buf *buf, int64_t at, const char *unit)
{
    int64_t scale = 1;
    while (at / scale >= 10000 && scale < 1000000)
        scale *= 10;
    vary_write(buf, (at + scale / 2) / scale * scale, unit);
}

void sweep_put_knee(Buf *line, const Sweep *sweep, const SweepKnee *knee)
{
    const Vary *vary = &sweep->vary[knee->vary];
    if (knee->throughput->has) {
        buf_text(line, "throughput stops following at ");
        sweep_put_at(line, knee->throughput->at, vary->unit);
        buf_f(line, " (between %s and %s)", vary->value[knee->throughput->last], vary->value[knee->throughput->first]);
    } else {
        buf_text(line, knee->throughput->fine ? "throughput follows everywhere" : "throughput follows nowhere");
    }
    if (knee->p99->has) {
        buf_text(line, "; p99 leaves its plateau of ");
        text_value(line, METRIC_TIME, true, knee->p99->figure, sweep->args->time_unit);
        buf_text(line, " at ");
        sweep_put_at(line, knee->p99->at, vary->unit);
        buf_f(line, " (between %s and %s)", vary->value[knee->p99->last], vary->value[knee->p99->first]);
    }
}

void sweep_put_point(Buf *buf, const Sweep *sweep, uint64_t point)
{
    for (int i = 0; i < sweep->vary_count; i++)
        buf_f(buf, "%s%s %s", i > 0 ? ", " : "", sweep->vary[i].path,
              sweep->vary[i].value[sweep_index(sweep, point, i)]);
}

static void put_others(Buf *line, const Sweep *sweep, const SweepKnee *knee)
{
    for (int i = 0; i < sweep->vary_count; i++)
        if (i != knee->vary)
            buf_f(line, " (%s %s)", sweep->vary[i].path,
                  sweep->vary[i].value[sweep_index(sweep, knee->first_point, i)]);
}

static void put_knee(void *context, const SweepKnee *knee)
{
    KneeText *into = context;
    const Sweep *sweep = into->sweep;
    const Vary *vary = &sweep->vary[knee->vary];
    Buf line;
    buf_init(&line, sweep->mem, TEXT_MOST);
    if (into->count++ == 0) {
        text_style(into->text, STYLE_BOLD);
        buf_f(into->text->buf, "where it breaks, along %s\n", vary->path);
        text_plain(into->text);
    }
    buf_f(&line, "%s", knee->server);
    put_others(&line, sweep, knee);
    buf_text(&line, ": ");
    sweep_put_knee(&line, sweep, knee);
    buf_text(into->text->buf, "  ");
    text_wrap(into->text, buf_string(&line), 4);
    buf_free(&line);
}

/* ---- the whole ---- */

static void put_about(Text *text, const Sweep *sweep)
{
    const char *dot = text->ascii ? " - " : " · ";
    text_style(text, STYLE_BOLD);
    diag_shown(text->buf, sweep->name, strlen(sweep->name));
    text_plain(text);
    buf_text(text->buf, dot);
    text_count(text->buf, sweep->points);
    buf_f(text->buf, " point%s%sseed ", sweep->points == 1 ? "" : "s", dot);
    buf_u64(text->buf, sweep->seed);
    if (sweep->runs > 1) {
        buf_text(text->buf, text->width < TEXT_WIDTH ? "\n" : dot);
        text_count(text->buf, (uint64_t)sweep->runs);
        buf_text(text->buf, text->ascii ? " runs each; +- is half the width of a 95 % interval"
                                        : " runs each; ± is half the width of a 95 % interval");
    }
    if (sweep->shards > 0) {
        buf_f(text->buf, "%spart ", dot);
        buf_i64(text->buf, sweep->shard);
        buf_text(text->buf, " of ");
        buf_i64(text->buf, sweep->shards);
    }
    buf_text(text->buf, "\n\n");
}

void sweep_text(Buf *buf, const Sweep *sweep, bool color, size_t width)
{
    Buf whole;
    buf_init(&whole, sweep->mem, TEXT_MOST);
    Report report = {.mem = sweep->mem, .args = sweep->args, .width = TEXT_WIDTH};
    Text text = {&whole, &report, color, sweep->args->ascii, width};
    SweepTable table = sweep_table(sweep, sweep->mem);
    KneeText knees = {&text, sweep, 0};
    put_about(&text, sweep);
    put_table(&text, sweep, &table);
    text.width = width < TEXT_WIDTH ? width : TEXT_WIDTH;
    if (sweep->shards == 0)
        sweep_knees(sweep, &table, sweep->mem, put_knee, &knees);
    if (table.unmet > 0) {
        buf_text(&whole, "\nrequirements failed at ");
        text_count(&whole, table.unmet);
        buf_text(&whole, table.unmet == 1 ? " point\n" : " points\n");
    }
    if (sweep->interrupted) {
        buf_text(&whole, "\ninterrupted: ");
        text_count(&whole, sweep->here);
        buf_text(&whole, " points are done\n");
    }
    if (text.ascii)
        text_ascii(buf, buf_string(&whole));
    else
        buf_bytes(buf, whole.data, whole.size);
    buf_free(&whole);
}
