/* A sweep as Markdown, as JUnit XML and as workflow commands of GitHub Actions. In the last two, a requirement that was
 * not met at a point is a failure, a point that came to a limit an error. */
#include "escape.h"
#include "knee.h"
#include "sweep_table.h"
#include "text.h"

enum { TEXT_MOST = 1 << 27, ROWS_MOST = 1000 };

static const char *point_text(const Sweep *sweep, uint64_t point)
{
    Buf *buf = mem_get(sweep->mem, sizeof *buf);
    buf_init(buf, sweep->mem, TEXT_MOST);
    sweep_put_point(buf, sweep, point);
    return buf_string(buf);
}

/* ---- Markdown ---- */

typedef struct KneeList {
    Buf *buf;
    const Sweep *sweep;
} KneeList;

static void put_knee(void *context, const SweepKnee *knee)
{
    KneeList *list = context;
    const Sweep *sweep = list->sweep;
    Buf line;
    buf_init(&line, sweep->mem, TEXT_MOST);
    sweep_put_knee(&line, sweep, knee);
    buf_text(list->buf, "- **");
    escape_markdown(list->buf, knee->server);
    buf_text(list->buf, "**");
    for (int i = 0; i < sweep->vary_count; i++) {
        if (i == knee->vary)
            continue;
        buf_text(list->buf, ", ");
        escape_markdown(list->buf, sweep->vary[i].path);
        buf_char(list->buf, ' ');
        escape_markdown(list->buf, sweep->vary[i].value[sweep_index(sweep, knee->first_point, i)]);
    }
    buf_text(list->buf, ": ");
    escape_markdown(list->buf, buf_string(&line));
    buf_char(list->buf, '\n');
    buf_free(&line);
}

static void put_cell(Buf *buf, const Sweep *sweep, MetricUnit unit, int64_t value, int64_t half)
{
    buf_text(buf, " | ");
    if (value < 0) {
        buf_text(buf, "–");
        return;
    }
    text_interval(buf, unit, value, half, sweep->args->time_unit);
}

static void put_row(Buf *buf, const Sweep *sweep, uint64_t point, const char *server, const SweepRow *row)
{
    for (int i = 0; i < sweep->vary_count; i++) {
        buf_text(buf, "| ");
        escape_markdown(buf, sweep->vary[i].value[sweep_index(sweep, point, i)]);
        buf_char(buf, ' ');
    }
    buf_text(buf, "| ");
    escape_markdown(buf, server);
    put_cell(buf, sweep, METRIC_RATE, row->offered, -1);
    put_cell(buf, sweep, METRIC_RATE, row->throughput, row->throughput_half);
    put_cell(buf, sweep, METRIC_TIME, row->mean, row->mean_half);
    put_cell(buf, sweep, METRIC_TIME, row->p50, row->p50_half);
    put_cell(buf, sweep, METRIC_TIME, row->p99, row->p99_half);
    put_cell(buf, sweep, METRIC_COUNT, row->lost, -1);
    put_cell(buf, sweep, METRIC_FRACTION, row->utilization, -1);
    buf_text(buf, " | ");
    escape_markdown(buf, row->bottleneck);
    buf_text(buf, " |\n");
}

static void put_table(Buf *buf, const Sweep *sweep, const SweepTable *table)
{
    uint64_t put = 0;
    for (int i = 0; i < sweep->vary_count; i++) {
        buf_text(buf, "| ");
        escape_markdown(buf, sweep->vary[i].path);
        buf_char(buf, ' ');
    }
    buf_text(buf, "| server | arrived | completed | mean | p50 | p99 | lost | busy | what is busy |\n");
    for (int i = 0; i < sweep->vary_count; i++)
        buf_text(buf, "|:--");
    buf_text(buf, "|:--|--:|--:|--:|--:|--:|--:|--:|:--|\n");
    for (uint64_t point = 0; point < sweep->points && put < ROWS_MOST; point++) {
        for (int server = 0; server < table->servers; server++) {
            const SweepRow *row = &table->row[point * (uint64_t)table->servers + (uint64_t)server];
            if (row->here)
                put_row(buf, sweep, point, table->server[server], row);
        }
        put += sweep->line[point] != NULL;
    }
    buf_char(buf, '\n');
    if (put == sweep->here)
        return;
    text_count(buf, sweep->here - put);
    buf_text(buf, " points more are left out here.\n\n");
}

void sweep_markdown(Buf *buf, const Sweep *sweep)
{
    SweepTable table = sweep_table(sweep, sweep->mem);
    KneeList list = {buf, sweep};
    buf_text(buf, "### ");
    escape_markdown(buf, sweep->name);
    buf_text(buf, "\n\n");
    text_count(buf, sweep->points);
    buf_f(buf, " point%s · seed ", sweep->points == 1 ? "" : "s");
    buf_u64(buf, sweep->seed);
    if (sweep->runs > 1) {
        buf_text(buf, " · ");
        text_count(buf, (uint64_t)sweep->runs);
        buf_text(buf, " runs each; ± is half the width of a 95 % interval");
    }
    buf_text(buf, "\n\n");
    if (sweep->shards == 0 && sweep_along(sweep) >= 0) {
        buf_text(buf, "Along ");
        escape_markdown(buf, sweep->vary[sweep_along(sweep)].path);
        buf_text(buf, ":\n\n");
        sweep_knees(sweep, &table, sweep->mem, put_knee, &list);
        buf_char(buf, '\n');
    }
    put_table(buf, sweep, &table);
    for (uint64_t i = 0; i < table.failure_count && i < ROWS_MOST; i++) {
        buf_text(buf, table.failure[i].limit ? "- **STOPPED** at " : "- **FAILED** at ");
        escape_markdown(buf, point_text(sweep, table.failure[i].point));
        buf_text(buf, ": ");
        escape_markdown(buf, table.failure[i].text);
        buf_char(buf, '\n');
    }
    if (sweep->interrupted)
        buf_text(buf, "\nInterrupted: the other points are missing.\n");
}

/* ---- JUnit ---- */

static void put_attribute(Buf *buf, const char *name, const char *value)
{
    buf_f(buf, " %s=\"", name);
    escape_markup(buf, value);
    buf_char(buf, '"');
}

/* The failures of a point begin at *at. */
static void put_case(Buf *buf, const Sweep *sweep, const SweepTable *table, uint64_t point, uint64_t *at)
{
    buf_text(buf, "    <testcase");
    put_attribute(buf, "classname", sweep->name);
    put_attribute(buf, "name", point_text(sweep, point));
    if (*at == table->failure_count || table->failure[*at].point != point) {
        buf_text(buf, "/>\n");
        return;
    }
    buf_text(buf, ">\n");
    for (; *at < table->failure_count && table->failure[*at].point == point; ++*at) {
        const SweepFailure *failure = &table->failure[*at];
        buf_text(buf, failure->limit ? "      <error" : "      <failure type=\"requirement\"");
        put_attribute(buf, "message", failure->text);
        buf_text(buf, "/>\n");
    }
    buf_text(buf, "    </testcase>\n");
}

static void put_counts(Buf *buf, const Sweep *sweep, const SweepTable *table)
{
    buf_text(buf, " tests=\"");
    buf_u64(buf, sweep->here + sweep->interrupted);
    buf_text(buf, "\" failures=\"");
    buf_u64(buf, table->unmet);
    buf_text(buf, "\" errors=\"");
    buf_u64(buf, table->limited + sweep->interrupted);
    buf_text(buf, "\">\n");
}

void sweep_junit(Buf *buf, const Sweep *sweep)
{
    SweepTable table = sweep_table(sweep, sweep->mem);
    uint64_t at = 0;
    buf_text(buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    put_counts(buf, sweep, &table);
    buf_text(buf, "  <testsuite");
    put_attribute(buf, "name", sweep->name);
    put_counts(buf, sweep, &table);
    for (uint64_t point = 0; point < sweep->points; point++)
        if (sweep->line[point])
            put_case(buf, sweep, &table, point, &at);
    if (sweep->interrupted) {
        buf_text(buf, "    <testcase");
        put_attribute(buf, "classname", sweep->name);
        buf_text(buf, " name=\"every point\">\n      <error message=\"interrupted: ");
        buf_u64(buf, sweep->points - sweep->here);
        buf_text(buf, " points are missing\"/>\n    </testcase>\n");
    }
    buf_text(buf, "  </testsuite>\n</testsuites>\n");
}

/* ---- GitHub Actions ---- */

void sweep_github(Buf *buf, const Sweep *sweep)
{
    SweepTable table = sweep_table(sweep, sweep->mem);
    for (uint64_t i = 0; i < table.failure_count; i++) {
        const SweepFailure *failure = &table.failure[i];
        buf_f(buf, "::error title=%s::", failure->limit ? "not finished" : "requirement failed");
        escape_command(buf, failure->text);
        buf_text(buf, " at ");
        escape_command(buf, point_text(sweep, failure->point));
        buf_char(buf, '\n');
    }
    if (sweep->interrupted)
        buf_text(buf, "::error title=not finished::interrupted: points are missing\n");
    buf_text(buf, "loopsim: requirements failed at ");
    buf_u64(buf, table.unmet);
    buf_text(buf, " of ");
    buf_u64(buf, sweep->here);
    buf_text(buf, " points\n");
}
