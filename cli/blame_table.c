#include "blame_table.h"

static Sum waited_for(const Report *report, int cause)
{
    Sum sum = {0, 0};
    for (int i = 0; i < report->count; i++) {
        const Results *results = report->results[i];
        for (int handler = 0; results->blame.causes > 0 && handler < results->handler_count; handler++)
            sum_add(&sum, (uint64_t)results_blame(results, handler, cause));
    }
    return sum;
}

static Scale scale_of(const Report *report)
{
    Time most = 0;
    bool has = true;
    for (int i = 0; i < report->count; i++)
        for (int handler = 0; handler < report->results[i]->handler_count; handler++) {
            Time waits = results_waits(report->results[i]->handlers[handler].time);
            most = waits > most ? waits : most;
        }
    Scale scale = scale_for(METRIC_TIME, &most, &has, 1, report->args->time_unit);
    scale.decimals += scale.decimals > 0 && scale.decimals < 3;
    return scale;
}

/* What would be shown as 0 is not worth a column. */
static Sum least_shown(Scale scale)
{
    int64_t least = scale.size / 2;
    for (unsigned i = 0; i < scale.decimals; i++)
        least /= 10;
    return sum_of(least > 0 ? (uint64_t)least : 1);
}

static int smallest(const Sum *total, int count)
{
    int least = 0;
    for (int i = 1; i < count; i++)
        least = sum_compare(total[i], total[least]) < 0 ? i : least;
    return least;
}

/* The largest stay; one that is dropped is told of. */
BlameColumns blame_columns(const Report *report, int most)
{
    BlameColumns columns = {{0}, 0, false, scale_of(report)};
    Sum total[BLAME_COLUMNS_MOST] = {[0] = sum_of(0)}, least = least_shown(columns.scale);
    for (int cause = 0; cause < report->results[0]->blame.causes; cause++) {
        Sum sum = waited_for(report, cause);
        int drop = columns.count;
        if (sum_compare(sum, least) < 0)
            continue;
        if (columns.count == most) {
            columns.more = true;
            drop = smallest(total, most);
            if (sum_compare(sum, total[drop]) <= 0)
                continue;
            columns.count--;
        }
        for (int i = drop; i < columns.count; i++) {
            columns.place[i] = columns.place[i + 1];
            total[i] = total[i + 1];
        }
        columns.place[columns.count] = cause;
        total[columns.count++] = sum;
    }
    return columns;
}

Time blame_others(const Results *results, int handler, const BlameColumns *columns)
{
    Time rest = results_waits(results->handlers[handler].time);
    for (int i = 0; i < columns->count; i++)
        rest -= results_blame(results, handler, columns->place[i]);
    return rest;
}
