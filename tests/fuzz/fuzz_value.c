/* Quantities as people write them: what is read is in its range, and written again it reads the same. */
#include "../../model/observe/metric.h"
#include "../../model/spec/units.h"
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

FuzzFn fuzz_value;

static void durations(Mem *mem, const char *text)
{
    const char *why = NULL;
    Time ns, again;
    Buf buf;
    if (!value_duration(text, &ns, &why)) {
        fuzz_must(why, "refused without a word");
        return;
    }
    fuzz_must(ns >= 0 && ns <= TIME_MAX_RUN, "a duration out of range");
    buf_init(&buf, mem, 4096);
    value_write_duration(&buf, ns);
    fuzz_must(value_duration(buf_string(&buf), &again, &why) && again == ns, "a duration written is another one");
}

static void sizes(Mem *mem, const char *text)
{
    const char *why = NULL;
    int64_t bytes, again;
    Buf buf;
    if (!value_size(text, &bytes, &why)) {
        fuzz_must(why, "refused without a word");
        return;
    }
    fuzz_must(bytes >= 0, "a size below 0");
    buf_init(&buf, mem, 4096);
    value_write_size(&buf, bytes);
    fuzz_must(value_size(buf_string(&buf), &again, &why) && again == bytes, "a size written is another one");
}

static void rates(const char *text)
{
    const char *why = NULL;
    double rate = 0;
    fuzz_must(value_rate(text, &rate, &why) ? isfinite(rate) && rate >= 0 : why != NULL, "a rate");
    why = NULL;
    fuzz_must(value_bandwidth(text, &rate, &why) ? isfinite(rate) && rate >= 0 : why != NULL, "a bandwidth");
    why = NULL;
    fuzz_must(value_fraction(text, &rate, &why) ? rate >= 0 && rate <= 1 : why != NULL, "a fraction");
}

static void counts(const char *text)
{
    const char *why = NULL;
    int64_t count;
    uint64_t seed, percent;
    fuzz_must(value_count(text, &count, &why) || why, "a count");
    why = NULL;
    fuzz_must(value_seed(text, &seed, &why) || why, "a seed");
    fuzz_must(!metric_percent(text, strlen(text), &percent) || (percent > 0 && percent <= 10000000000), "a percentage");
    metric_find(text, strlen(text));
}

/* The C library knows the nearest double as well. */
static void numbers(Mem *mem, const char *text)
{
    Diag diag;
    diag_init(&diag, mem);
    const Json *json = json_read(mem, (JsonPlace){.file = "f", .line = 1, .column = 1}, text, strlen(text), &diag);
    if (json && json->type == JSON_NUMBER)
        fuzz_must(json->number == strtod(text, NULL), "not the nearest double");
}

void fuzz_value(Mem *mem, const uint8_t *bytes, size_t size)
{
    const char *text = fuzz_text(mem, bytes, size < 200 ? size : 200);
    durations(mem, text);
    sizes(mem, text);
    rates(text);
    counts(text);
    numbers(mem, text);
}
