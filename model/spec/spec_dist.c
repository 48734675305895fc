/* Distributions as they are written: {"exponential": "5ms"} and so on. */
#include "reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Parameters {
    Time mean, sd, median, p99, min, max; /* -1: not given */
    double shape, alpha;
    int64_t k;
} Parameters;

#define TIME_ROW(field, is_required, text)                                                                             \
    {                                                                                                                  \
        .name = #field, .type = KEY_DURATION, .at = offsetof(Parameters, field), .absent = -1,                         \
        .required = (is_required), .about = (text)                                                                     \
    }
#define TABLE(rows, title)                                                                                             \
    {                                                                                                                  \
        .name = (title), .keys = (rows), .size = sizeof(Parameters)                                                    \
    }

static const Key normal_keys[] = {TIME_ROW(mean, true, "the mean before the cut at 0"),
                                  TIME_ROW(sd, true, "the standard deviation before the cut at 0"),
                                  {.name = NULL}};
static const Key lognormal_keys[] = {TIME_ROW(median, false, "the median"),
                                     TIME_ROW(p99, false, "the 99th percentile"),
                                     TIME_ROW(mean, false, "the mean"),
                                     TIME_ROW(sd, false, "the standard deviation"),
                                     {.name = NULL}};
static const Key shape_keys[] = {
    TIME_ROW(mean, true, "the mean"),
    {.name = "shape", .type = KEY_NUMBER, .at = offsetof(Parameters, shape), .required = true, .about = "the shape"},
    {.name = NULL}};
static const Key erlang_keys[] = {TIME_ROW(mean, true, "the mean"),
                                  {.name = "k",
                                   .type = KEY_COUNT,
                                   .at = offsetof(Parameters, k),
                                   .min = 1,
                                   .max = 1000000000,
                                   .required = true,
                                   .about = "the number of phases"},
                                  {.name = NULL}};
static const Key pareto_keys[] = {TIME_ROW(min, true, "the smallest value"),
                                  {.name = "alpha",
                                   .type = KEY_NUMBER,
                                   .at = offsetof(Parameters, alpha),
                                   .required = true,
                                   .about = "the exponent of the tail"},
                                  TIME_ROW(max, false, "the largest value; without it there is none"),
                                  {.name = NULL}};

static const KeyTable normal_table = TABLE(normal_keys, "a normal distribution");
static const KeyTable lognormal_table = TABLE(lognormal_keys, "a lognormal distribution");
static const KeyTable gamma_table = TABLE(shape_keys, "a gamma distribution");
static const KeyTable weibull_table = TABLE(shape_keys, "a Weibull distribution");
static const KeyTable erlang_table = TABLE(erlang_keys, "an Erlang distribution");
static const KeyTable pareto_table = TABLE(pareto_keys, "a Pareto distribution");

/* why: set by the call that made `dist`, where that is NULL. */
static bool finish(SpecReader *reader, const Json *value, const Dist *dist, const char *const *why, void *field)
{
    *(const Dist **)field = dist;
    if (!dist)
        diag_error(reader->diag, value->place,
                   diag_text(reader->diag, "%s: %s", value->key, keys_find(&dist_table, value->key)->about),
                   "\"%s\": %s", value->key, *why);
    return dist != NULL;
}

static bool read_time(SpecReader *reader, const char *name, Json *value, Time *time)
{
    Key row = {.name = name, .type = KEY_DURATION, .about = "durations in quotes"};
    return keys_value(reader, &row, value, time);
}

static bool read_parameters(SpecReader *reader, Json *value, const KeyTable *table, Parameters *p)
{
    memset(p, 0, sizeof *p);
    KeyFill fill = {table, p};
    if (value->type != JSON_OBJECT) {
        diag_error(
            reader->diag, value->place,
            diag_text(reader->diag, "as in {\"%s\": \"...\", \"%s\": ...}", table->keys[0].name, table->keys[1].name),
            "%s is written as an object", table->name);
        return false;
    }
    return keys_fill(reader, value, &fill, 1);
}

static bool read_exponential(SpecReader *reader, Json *value, void *field)
{
    Time mean;
    const char *why = NULL;
    if (!read_time(reader, "exponential", value, &mean))
        return false;
    return finish(reader, value, dist_exponential(reader->mem, (double)mean, &why), &why, field);
}

static bool read_uniform(SpecReader *reader, Json *value, void *field)
{
    Time low, high;
    const char *why = NULL;
    if (value->type != JSON_ARRAY || value->count != 2)
        return refuse(reader, value, "as in [\"1ms\", \"9ms\"]", "\"uniform\": must be two durations");
    bool ok = read_time(reader, "uniform", value->child, &low);
    ok = read_time(reader, "uniform", value->child->next, &high) && ok;
    return ok && finish(reader, value, dist_uniform(reader->mem, (double)low, (double)high, &why), &why, field);
}

static bool read_normal(SpecReader *reader, Json *value, void *field)
{
    Parameters p;
    const char *why = NULL;
    if (!read_parameters(reader, value, &normal_table, &p))
        return false;
    return finish(reader, value, dist_normal(reader->mem, (double)p.mean, (double)p.sd, &why), &why, field);
}

static bool read_lognormal(SpecReader *reader, Json *value, void *field)
{
    Parameters p;
    const char *why = NULL;
    if (!read_parameters(reader, value, &lognormal_table, &p))
        return false;
    bool by_median = p.median >= 0 && p.p99 >= 0, by_mean = p.mean >= 0 && p.sd >= 0;
    if (by_median == by_mean || value->count != 2)
        return refuse(reader, value, "as in {\"median\": \"4ms\", \"p99\": \"40ms\"}",
                      "\"lognormal\": needs either \"median\" and \"p99\" or \"mean\" and \"sd\"");
    const Dist *dist = by_median ? dist_lognormal_median_p99(reader->mem, (double)p.median, (double)p.p99, &why)
                                 : dist_lognormal_mean_sd(reader->mem, (double)p.mean, (double)p.sd, &why);
    return finish(reader, value, dist, &why, field);
}

static bool read_gamma(SpecReader *reader, Json *value, void *field)
{
    Parameters p;
    const char *why = NULL;
    if (!read_parameters(reader, value, &gamma_table, &p))
        return false;
    return finish(reader, value, dist_gamma(reader->mem, (double)p.mean, p.shape, &why), &why, field);
}

static bool read_erlang(SpecReader *reader, Json *value, void *field)
{
    Parameters p;
    const char *why = NULL;
    if (!read_parameters(reader, value, &erlang_table, &p))
        return false;
    return finish(reader, value, dist_erlang(reader->mem, (double)p.mean, p.k, &why), &why, field);
}

static bool read_weibull(SpecReader *reader, Json *value, void *field)
{
    Parameters p;
    const char *why = NULL;
    if (!read_parameters(reader, value, &weibull_table, &p))
        return false;
    return finish(reader, value, dist_weibull(reader->mem, (double)p.mean, p.shape, &why), &why, field);
}

static bool read_pareto(SpecReader *reader, Json *value, void *field)
{
    Parameters p;
    const char *why = NULL;
    if (!read_parameters(reader, value, &pareto_table, &p))
        return false;
    double max = p.max >= 0 ? (double)p.max : INFINITY;
    return finish(reader, value, dist_pareto(reader->mem, (double)p.min, p.alpha, max, &why), &why, field);
}

static const char hyper_help[] = "as in [[0.9, \"1ms\"], [0.1, \"20ms\"]]",
                  empirical_help[] = "as in [[\"1ms\", 70], [\"5ms\", 30]]";

/* An array of pairs of a weight and a duration, in the order that `weight_at` says (0 or 1). */
static bool read_pairs(SpecReader *reader, const Json *value, uint32_t weight_at, const char *name, double *weight,
                       double *time)
{
    const char *help = weight_at == 0 ? hyper_help : empirical_help;
    bool ok = true;
    size_t i = 0;
    for (const Json *pair = value->child; pair; pair = pair->next, i++) {
        Json *first = pair->child;
        Time ns;
        if (pair->type != JSON_ARRAY || pair->count != 2) {
            diag_error(reader->diag, pair->place, help, "\"%s\": must be pairs of a weight and a duration", name);
            ok = false;
            continue;
        }
        Json *number = weight_at == 0 ? first : first->next, *duration = weight_at == 0 ? first->next : first;
        Key row = {.name = name,
                   .type = KEY_NUMBER,
                   .about = weight_at == 0 ? "the weight comes first" : "the weight comes last"};
        ok = keys_value(reader, &row, number, &weight[i]) && ok;
        ok = read_time(reader, name, duration, &ns) && ok;
        time[i] = ok ? (double)ns : 0;
    }
    return ok;
}

static bool read_weighted(SpecReader *reader, const Json *value, uint32_t weight_at, const char *name, void *field)
{
    const char *why = NULL;
    if (value->type != JSON_ARRAY || value->count == 0) {
        diag_error(reader->diag, value->place, weight_at == 0 ? hyper_help : empirical_help,
                   "\"%s\": must be an array of pairs of a weight and a duration", name);
        return false;
    }
    size_t n = value->count;
    double *weight = mem_get(reader->mem, mem_array(reader->mem, n, sizeof *weight));
    double *time = mem_get(reader->mem, mem_array(reader->mem, n, sizeof *time));
    bool ok = read_pairs(reader, value, weight_at, name, weight, time);
    if (ok) {
        const Dist *dist = weight_at == 0 ? dist_hyperexponential(reader->mem, n, weight, time, &why)
                                          : dist_empirical(reader->mem, n, time, weight, &why);
        ok = finish(reader, value, dist, &why, field);
    }
    mem_free(reader->mem, weight);
    mem_free(reader->mem, time);
    return ok;
}

static bool read_hyperexponential(SpecReader *reader, Json *value, void *field)
{
    return read_weighted(reader, value, 0, "hyperexponential", field);
}

static bool read_empirical(SpecReader *reader, Json *value, void *field)
{
    return read_weighted(reader, value, 1, "empirical", field);
}

typedef struct Point {
    double percent, value;
    const Json *json;
} Point;

static int compare_points(const void *a, const void *b)
{
    const Point *left = a, *right = b;
    uint32_t a_at = left->json->place.offset, b_at = right->json->place.offset;
    int order = (left->percent > right->percent) - (left->percent < right->percent);
    return order ? order : (a_at > b_at) - (a_at < b_at);
}

static bool read_point(SpecReader *reader, Json *json, Point *point)
{
    Time value;
    size_t digits = strspn(json->key, "0123456789");
    size_t more = json->key[digits] == '.' ? strspn(json->key + digits + 1, "0123456789") + 1 : 0, size = digits + more;
    if (digits == 0 || more == 1 || json->key[size] || size > JSON_NUMBER_LENGTH ||
        (point->percent = json_number(json->key, size)) > 100) {
        diag_error(reader->diag, json->key_place, "as in \"0\", \"50\", \"99.9\", \"100\"",
                   "\"%s\" is not a percentile", json->key);
        return false;
    }
    point->json = json;
    bool ok = read_time(reader, "percentiles", json, &value);
    point->value = ok ? (double)value : 0;
    return ok;
}

static bool make_percentiles(SpecReader *reader, const Json *value, Point *points, double *percent, double *times,
                             void *field)
{
    const char *why = NULL;
    size_t n = 0;
    bool ok = true;
    for (Json *json = value->child; json; json = json->next)
        ok = read_point(reader, json, &points[n++]) && ok;
    if (!ok)
        return false;
    qsort(points, n, sizeof *points, compare_points); /* total order: percent, then place */
    for (size_t i = 0; i < n; i++) {
        percent[i] = points[i].percent;
        times[i] = points[i].value;
        if (i > 0 && (percent[i] <= percent[i - 1] || times[i] < times[i - 1]))
            return refuse(reader, points[i].json, "each percentile once, and none below the one before",
                          "\"percentiles\": the values must not fall as the percentiles rise");
    }
    if (percent[n - 1] != 100)
        return refuse(reader, value, "add \"100\", the largest value",
                      "\"percentiles\": the value for \"100\" is missing");
    return finish(reader, value, dist_percentiles(reader->mem, n, percent, times, &why), &why, field);
}

static bool read_percentiles(SpecReader *reader, Json *value, void *field)
{
    if (value->type != JSON_OBJECT || value->count == 0)
        return refuse(reader, value, "as in {\"50\": \"3ms\", \"100\": \"9ms\"}",
                      "\"percentiles\": must be an object of percentile and duration");
    Point *points = mem_get(reader->mem, mem_array(reader->mem, value->count, sizeof *points));
    double *percent = mem_get(reader->mem, mem_array(reader->mem, value->count, 2 * sizeof *percent));
    bool ok = make_percentiles(reader, value, points, percent, percent + value->count, field);
    mem_free(reader->mem, points);
    mem_free(reader->mem, percent);
    return ok;
}

static bool read_shift(SpecReader *reader, Json *value, void *field)
{
    Time by;
    if (value->type != JSON_ARRAY || value->count != 2)
        return refuse(reader, value, "as in [\"2ms\", {\"exponential\": \"1ms\"}]",
                      "\"shift\": must be a duration and a distribution");
    bool ok = read_time(reader, "shift", value->child, &by);
    const Dist *inner = value_dist(reader->mem, value->child->next, reader->diag);
    if (!ok || !inner)
        return false;
    *(const Dist **)field = dist_shift(reader->mem, by, inner);
    return true;
}

#define KIND(kind, text)                                                                                               \
    {                                                                                                                  \
        .name = #kind, .type = KEY_CUSTOM, .read = read_##kind, .shape = #kind, .about = (text)                        \
    }
#define KIND_OF(kind, parameters, text)                                                                                \
    {                                                                                                                  \
        .name = #kind, .type = KEY_CUSTOM, .read = read_##kind, .shape = "part", .table = &(parameters),               \
        .about = (text)                                                                                                \
    }

static const Key kinds[] = {
    KIND(exponential, "the mean"),
    KIND(uniform, "the smallest and the largest value"),
    KIND_OF(normal, normal_table, "mean and standard deviation before the cut; a negative draw is drawn again"),
    KIND_OF(lognormal, lognormal_table, "median and p99, or mean and standard deviation"),
    KIND_OF(gamma, gamma_table, "mean and shape"),
    KIND_OF(erlang, erlang_table, "the sum of k exponential phases"),
    KIND_OF(weibull, weibull_table, "mean and shape"),
    KIND_OF(pareto, pareto_table, "a heavy tail above a smallest value"),
    KIND(hyperexponential, "pairs of a weight and a mean"),
    KIND(empirical, "pairs of a value and a weight"),
    KIND(percentiles, "values at percentiles, linear between them"),
    KIND(shift, "a duration that is added to another distribution"),
    {.name = NULL},
};

const KeyTable dist_table = {
    .name = "a distribution",
    .about = "A duration that varies; a plain duration is the constant one.",
    .keys = kinds,
    .size = sizeof(const Dist *),
};

static const Dist *read_plain(SpecReader *reader, const Json *json)
{
    Time ns;
    const char *why;
    if (value_duration(json->text, &ns, &why))
        return dist_constant(reader->mem, ns);
    const char *help = json->text[0] && !json->text[strspn(json->text, "0123456789.")]
                           ? diag_text(reader->diag, "write \"%sms\", with the unit that is meant", json->text)
                           : "as in \"200ms\" or {\"exponential\": \"5ms\"}";
    diag_error(reader->diag, json->place, help, "%s", why);
    return NULL;
}

static const Dist *read_object(SpecReader *reader, const Json *json)
{
    const char *names[COUNT_OF(kinds)];
    const Dist *dist = NULL;
    size_t n = 0;
    if (json->count != 1) {
        refuse(reader, json, "as in {\"exponential\": \"5ms\"}", "a distribution has exactly one key");
        return NULL;
    }
    const Key *kind = keys_find(&dist_table, json->child->key);
    if (kind)
        return kind->read(reader, json->child, &dist) ? dist : NULL;
    for (; kinds[n].name; n++)
        names[n] = kinds[n].name;
    diag_error(reader->diag, json->child->key_place, diag_suggest(reader->diag, json->child->key, names, n),
               "unknown distribution \"%s\"", json->child->key);
    return NULL;
}

const Dist *value_dist(Mem *mem, const Json *json, Diag *diag)
{
    SpecReader reader = {.mem = mem, .diag = diag};
    if (json->type == JSON_STRING)
        return read_plain(&reader, json);
    if (json->type == JSON_OBJECT)
        return read_object(&reader, json);
    const char *help = json->type == JSON_NUMBER
                           ? diag_text(diag, "write \"%sms\", with the unit that is meant", json->text)
                           : "as in \"5ms\" or {\"exponential\": \"5ms\"}";
    refuse(&reader, json, help, "not a duration in quotes, and not a distribution");
    return NULL;
}
