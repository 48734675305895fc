#include "verdict.h"

#include "../spec/units.h"
#include "replicates.h"

#include <string.h>

typedef struct Parser {
    Mem *mem;
    const Spec *spec;
    const char *text;
    size_t at;
    JsonPlace place;
    Diag *diag;
} Parser;

/* ---- words and places ---- */

static bool in_path(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip_space(Parser *parser)
{
    while (parser->text[parser->at] == ' ' || parser->text[parser->at] == '\t')
        parser->at++;
}

/* The place of the text from `from`: within the string, where the file has it without escapes. */
static JsonPlace place_at(const Parser *parser, size_t from)
{
    JsonPlace place = parser->place;
    size_t size = strlen(parser->text), quotes = place.size - size;
    if (place.size < size || quotes > 2 || quotes == 1)
        return place;
    for (size_t i = 0; i < from; i++)
        place.column += ((unsigned char)parser->text[i] & 0xc0) != 0x80;
    place.column += quotes > 0;
    place.offset += (uint32_t)(from + quotes / 2);
    place.size = (uint32_t)(size - from);
    return place;
}

static const char *copy(Parser *parser, size_t from, size_t to)
{
    return mem_copy(parser->mem, parser->text + from, to - from);
}

/* ---- operands ---- */

static int find_server(const Spec *spec, const char *name, size_t size)
{
    for (int i = 0; i < spec->server_count; i++)
        if (strlen(spec->servers[i].name) == size && memcmp(spec->servers[i].name, name, size) == 0)
            return i;
    return -1;
}

static int find_handler(const Spec *spec, const char *name, size_t size)
{
    for (int i = 0; i < spec->handler_count; i++)
        if (strlen(spec->handlers[i].name) == size && memcmp(spec->handlers[i].name, name, size) == 0)
            return i;
    return -1;
}

/* Everything that a requirement may begin with, for suggestions. */
static const char *suggest(Parser *parser, const char *word, bool servers, bool handlers)
{
    const Spec *spec = parser->spec;
    size_t n = 0, most = (size_t)spec->server_count + (size_t)spec->handler_count + 64;
    const char **words = mem_get(parser->mem, mem_array(parser->mem, most, sizeof *words));
    for (int i = 0; servers && i < spec->server_count; i++)
        words[n++] = spec->servers[i].name;
    for (int i = 0; handlers && i < spec->handler_count; i++)
        words[n++] = spec->handlers[i].name;
    for (size_t i = 0; metric_names[i]; i++)
        words[n++] = metric_names[i];
    words[n] = NULL;
    const char *nearest = diag_nearest(word, words, n);
    if (nearest)
        return diag_text(parser->diag, "did you mean \"%s\"?", nearest);
    return "[server.][handler.]metric, where a metric is throughput, mean, min, max, p50 … p99.999, completed, failed, "
           "refused, timed_out, "
           "in_flight, cpu, memory, threads, switches, lag.p99, loop, pool.wait.p99 or digest";
}

/* A metric that is there, but not where it was asked for. */
static bool check_operand(Parser *parser, const Operand *operand, size_t from)
{
    Metric metric = operand->metric;
    const char *needs = metric_needs(metric);
    if (operand->handler >= 0 && !metric_of_handlers(metric)) {
        diag_error(parser->diag, place_at(parser, from), "leave out the handler",
                   "this metric is of a server, not of a handler");
        return false;
    }
    bool applies = false;
    for (int i = 0; i < parser->spec->server_count; i++)
        applies |= (operand->server < 0 || operand->server == i) && metric_applies(metric, &parser->spec->servers[i]);
    if (applies)
        return true;
    diag_error(parser->diag, place_at(parser, from),
               diag_text(parser->diag, "only servers with %s have it", needs ? needs : "it"),
               operand->server < 0 ? "no server has this metric" : "this server does not have this metric");
    return false;
}

static bool parse_operand(Parser *parser, Operand *operand)
{
    size_t from = parser->at, word = from;
    while (in_path(parser->text[parser->at]))
        parser->at++;
    size_t to = parser->at;
    *operand = (Operand){.server = -1, .handler = -1};
    for (;;) {
        const char *rest = parser->text + word, *dot = memchr(rest, '.', to - word);
        operand->metric = metric_find(rest, to - word);
        if (operand->metric.row)
            return check_operand(parser, operand, from);
        size_t size = dot ? (size_t)(dot - rest) : to - word;
        int server = operand->server < 0 && operand->handler < 0 ? find_server(parser->spec, rest, size) : -1;
        int handler = server < 0 && operand->handler < 0 ? find_handler(parser->spec, rest, size) : -1;
        if (size == 0 || (server < 0 && handler < 0)) {
            const char *shown = copy(parser, word, word + size);
            bool first = operand->server < 0, second = operand->handler < 0;
            diag_error(parser->diag, place_at(parser, word), suggest(parser, shown, first && second, second),
                       first && second ? "no server, handler or metric is called \"%s\""
                       : second        ? "no handler or metric is called \"%s\""
                                       : "no metric is called \"%s\"",
                       shown);
            return false;
        }
        if (server >= 0)
            operand->server = server;
        else
            operand->handler = handler;
        if (!dot) {
            diag_error(parser->diag, place_at(parser, word), "such as .p99 or .throughput",
                       "a metric is missing after \"%s\"", copy(parser, from, to));
            return false;
        }
        word += size + 1;
    }
}

/* ---- the right side ---- */

static bool parse_op(Parser *parser, RequirementOp *op)
{
    static const struct {
        const char *text;
        RequirementOp op;
    } ops[] = {
        {"<=", OP_AT_MOST}, {">=", OP_AT_LEAST}, {"==", OP_EQUAL}, {"<", OP_LESS}, {">", OP_MORE},
    };
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        size_t size = strlen(ops[i].text);
        if (strncmp(parser->text + parser->at, ops[i].text, size) == 0) {
            parser->at += size;
            *op = ops[i].op;
            return true;
        }
    }
    diag_error(parser->diag, place_at(parser, parser->at), "one of < <= > >= ==",
               parser->text[parser->at] ? "a comparison was expected here" : "a comparison is missing");
    return false;
}

/* A decimal factor with at most nine digits after the point, before a `*`. False, and nothing read, where there is
 * none. */
static bool parse_factor(Parser *parser, Requirement *requirement)
{
    size_t at = parser->at;
    uint64_t value = 0, divisor = 1;
    bool point = false;
    if (!is_digit(parser->text[at]))
        return false;
    for (; is_digit(parser->text[at]) || (parser->text[at] == '.' && !point && is_digit(parser->text[at + 1])); at++) {
        if (parser->text[at] == '.') {
            point = true;
            continue;
        }
        if (value > UINT64_C(100000000000000000) || divisor >= 1000000000)
            return false;
        value = value * 10 + (uint64_t)(parser->text[at] - '0');
        divisor *= point ? 10 : 1;
    }
    while (parser->text[at] == ' ')
        at++;
    if (parser->text[at] != '*')
        return false;
    parser->at = at + 1;
    requirement->factor = value;
    requirement->divisor = divisor;
    skip_space(parser);
    return true;
}

static bool parse_digest(const char *text, int64_t *value)
{
    uint64_t digest = 0;
    size_t size = strlen(text), quoted = size >= 2 && text[0] == '"' && text[size - 1] == '"';
    if (size - 2 * quoted != 16)
        return false;
    for (size_t i = quoted; i < size - quoted; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = strchr(digits, text[i]);
        if (!digit)
            return false;
        digest = digest << 4 | (uint64_t)(digit - digits);
    }
    memcpy(value, &digest, sizeof *value);
    return true;
}

/* Rates and fractions have doubles of at most 15 digits; what was written comes back exactly. */
static bool to_micro(double number, int64_t *value)
{
    if (number > 9e12)
        return false;
    *value = (int64_t)(number * 1e6 + 0.5);
    return true;
}

static bool read_value(MetricUnit unit, const char *text, int64_t *value, const char **why)
{
    double number;
    *why = "out of range";
    switch (unit) {
    case METRIC_TIME: return value_duration(text, value, why);
    case METRIC_RATE: return value_rate(text, &number, why) && to_micro(number, value);
    case METRIC_COUNT: return value_count(text, value, why);
    case METRIC_SIZE: return value_size(text, value, why);
    case METRIC_FRACTION: return value_fraction(text, &number, why) && to_micro(number, value);
    default: *why = "not a digest: 16 hex digits"; return parse_digest(text, value);
    }
}

static const char *unit_help(MetricUnit unit)
{
    static const char *const help[] = {
        [METRIC_TIME] = "a duration with its unit, such as 400ms",
        [METRIC_RATE] = "a rate, such as 500/s",
        [METRIC_COUNT] = "a whole number",
        [METRIC_SIZE] = "a size with its unit, such as 64MiB",
        [METRIC_FRACTION] = "a share, such as 0.8 or 80%",
        [METRIC_DIGEST] = "16 hex digits, such as \"0123456789abcdef\"",
    };
    return help[unit];
}

static bool parse_value(Parser *parser, Requirement *requirement)
{
    MetricUnit unit = metric_unit(requirement->left.metric);
    size_t from = parser->at, to = from + strlen(parser->text + from);
    while (to > from && (parser->text[to - 1] == ' ' || parser->text[to - 1] == '\t'))
        to--;
    const char *text = copy(parser, from, to), *why;
    parser->at = to;
    if (read_value(unit, text, &requirement->value, &why))
        return true;
    diag_error(parser->diag, place_at(parser, from), unit_help(unit), "\"%s\": %s", text, why);
    return false;
}

static bool is_value(const Parser *parser, MetricUnit unit)
{
    char first = parser->text[parser->at];
    int64_t digest;
    return is_digit(first) || first == '"' || first == '-' || first == '+' ||
           (unit == METRIC_DIGEST && parse_digest(parser->text + parser->at, &digest));
}

static bool parse_right(Parser *parser, Requirement *requirement)
{
    MetricUnit unit = metric_unit(requirement->left.metric);
    size_t from = parser->at;
    requirement->factor = requirement->divisor = 1;
    bool factor = parse_factor(parser, requirement);
    if (!factor && is_value(parser, unit))
        return parse_value(parser, requirement);
    requirement->against = true;
    if (!in_path(parser->text[parser->at])) {
        diag_error(parser->diag, place_at(parser, parser->at), unit_help(unit), "a value or a metric is missing");
        return false;
    }
    if (!parse_operand(parser, &requirement->right))
        return false;
    if (metric_unit(requirement->right.metric) == unit && !(factor && unit == METRIC_DIGEST))
        return true;
    diag_error(parser->diag, place_at(parser, from), unit_help(unit), "the two sides are of different kinds");
    return false;
}

bool requirement_parse(Requirement *requirement, Mem *mem, const Spec *spec, const char *text, JsonPlace place,
                       Diag *diag)
{
    Parser parser = {mem, spec, text, 0, place, diag};
    *requirement = (Requirement){.text = text, .place = place};
    skip_space(&parser);
    if (!parse_operand(&parser, &requirement->left))
        return false;
    skip_space(&parser);
    size_t op = parser.at;
    if (!parse_op(&parser, &requirement->op))
        return false;
    if (metric_unit(requirement->left.metric) == METRIC_DIGEST && requirement->op != OP_EQUAL) {
        diag_error(diag, place_at(&parser, op), "digest == \"0123456789abcdef\"", "digests are equal or not");
        return false;
    }
    skip_space(&parser);
    if (!parse_right(&parser, requirement))
        return false;
    skip_space(&parser);
    if (text[parser.at] == '\0')
        return true;
    diag_error(diag, place_at(&parser, parser.at), "one comparison a requirement", "nothing more was expected here");
    return false;
}

/* ---- judging ---- */

static bool operand_runs(const Operand *operand, const Spec *spec, const bool *runs)
{
    for (int i = 0; i < spec->server_count; i++)
        if (runs[i] && (operand->server < 0 || operand->server == i) &&
            metric_applies(operand->metric, &spec->servers[i]))
            return true;
    return false;
}

bool requirement_runs(const Requirement *requirement, const Spec *spec, const bool *runs)
{
    return operand_runs(&requirement->left, spec, runs) &&
           (!requirement->against || operand_runs(&requirement->right, spec, runs));
}

static bool compare(RequirementOp op, int order)
{
    switch (op) {
    case OP_LESS: return order < 0;
    case OP_AT_MOST: return order <= 0;
    case OP_MORE: return order > 0;
    case OP_AT_LEAST: return order >= 0;
    default: return order == 0;
    }
}

static Verdict judge(const Requirement *requirement, const Results *left, const Results *right)
{
    MetricUnit unit = metric_unit(requirement->left.metric);
    Verdict verdict = {.text = requirement->text, .place = requirement->place, .unit = unit, .server = left->name};
    int64_t other = requirement->value;
    verdict.has_value = metric_value(requirement->left.metric, left, requirement->left.handler, &verdict.value);
    verdict.has_limit =
        !requirement->against || metric_value(requirement->right.metric, right, requirement->right.handler, &other);
    if (verdict.has_limit)
        verdict.limit = unit == METRIC_DIGEST ? other
                                              : sum_divide(sum_product((uint64_t)other, requirement->factor),
                                                           sum_of(requirement->divisor));
    if (!verdict.has_value || !verdict.has_limit)
        return verdict;
    Sum mine = sum_product((uint64_t)verdict.value, requirement->divisor),
        theirs = sum_product((uint64_t)other, requirement->factor);
    verdict.met = compare(requirement->op, sum_compare(mine, theirs));
    return verdict;
}

/* Whether `a` is nearer to failing than `b`, or fails where that does not. */
static bool is_worse(RequirementOp op, const Verdict *a, const Verdict *b)
{
    if (a->met != b->met)
        return !a->met;
    if (!a->has_value || !b->has_value || !a->has_limit || !b->has_limit || op == OP_EQUAL)
        return false;
    int order = sum_compare(sum_product((uint64_t)a->value, (uint64_t)b->limit),
                            sum_product((uint64_t)b->value, (uint64_t)a->limit));
    return op == OP_LESS || op == OP_AT_MOST ? order > 0 : order < 0;
}

static bool takes_part(const Operand *operand, const Spec *spec, const Results *const results[], int server)
{
    return results[server] && (operand->server < 0 || operand->server == server) &&
           metric_applies(operand->metric, &spec->servers[server]);
}

Verdict requirement_judge(const Requirement *requirement, const Spec *spec, const Results *const results[])
{
    bool any = false, together = requirement->against && requirement->left.server < 0 && requirement->right.server < 0;
    Verdict worst = {
        .text = requirement->text, .place = requirement->place, .unit = metric_unit(requirement->left.metric)};
    for (int i = 0; i < spec->server_count; i++) {
        if (!takes_part(&requirement->left, spec, results, i))
            continue;
        for (int j = 0; j < spec->server_count; j++) {
            /* A value needs no right side; where neither side names a server, each is compared with itself. */
            if (requirement->against ? !takes_part(&requirement->right, spec, results, j) || (together && i != j)
                                     : j > 0)
                continue;
            Verdict verdict = judge(requirement, results[i], requirement->against ? results[j] : NULL);
            if (!any || is_worse(requirement->op, &verdict, &worst))
                worst = verdict;
            any = true;
        }
    }
    return worst;
}
