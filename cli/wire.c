#include "wire.h"

#include "../model/observe/series.h"

#include <string.h>

typedef struct Reader {
    Mem *mem;
    const unsigned char *at, *end;
} Reader;

static void put_raw(Buf *buf, const void *bytes, size_t size)
{
    if (size > 0)
        buf_bytes(buf, bytes, size);
}

static void get_raw(Reader *reader, void *into, size_t size)
{
    must((size_t)(reader->end - reader->at) >= size, "a worker's answer is too short");
    if (size > 0)
        memcpy(into, reader->at, size);
    reader->at += size;
}

static void put_string(Buf *buf, const char *text)
{
    size_t size = text ? strlen(text) + 1 : 0;
    put_raw(buf, &size, sizeof size);
    put_raw(buf, text ? text : "", size);
}

static const char *get_string(Reader *reader)
{
    size_t size;
    get_raw(reader, &size, sizeof size);
    if (size == 0)
        return NULL;
    must((size_t)(reader->end - reader->at) >= size, "a worker's answer is too short");
    const char *text = mem_copy(reader->mem, (const char *)reader->at, size - 1);
    reader->at += size;
    return text;
}

static void get_hist(Reader *reader, Hist *hist)
{
    hist_init(hist, reader->mem);
    must(hist_read(hist, &reader->at, reader->end), "a worker's histogram cannot be read");
}

/* Rows of times by cause; the names of the causes are the program's and the spec's. */
static void put_blame(Buf *buf, const Results *results)
{
    size_t causes = (size_t)results->blame.causes;
    if (causes == 0)
        return;
    put_raw(buf, results->blame.name, causes * sizeof *results->blame.name);
    for (int i = 0; i < results->handler_count; i++)
        put_raw(buf, results->handlers[i].blame, causes * BLAME_ROWS * sizeof(Time));
    for (int i = 0; i < results->slow_count; i++)
        put_raw(buf, results->slowest[i].blame, causes * sizeof(Time));
}

static void *get_array(Reader *reader, size_t count, size_t each)
{
    void *array = mem_get(reader->mem, mem_array(reader->mem, count, each));
    get_raw(reader, array, count * each);
    return array;
}

static void get_blame(Reader *reader, Results *results)
{
    size_t causes = (size_t)results->blame.causes;
    if (causes == 0)
        return;
    results->blame.name = get_array(reader, causes, sizeof *results->blame.name);
    for (int i = 0; i < results->handler_count; i++)
        results->handlers[i].blame = get_array(reader, causes * BLAME_ROWS, sizeof(Time));
    for (int i = 0; i < results->slow_count; i++)
        results->slowest[i].blame = get_array(reader, causes, sizeof(Time));
}

static void put_results(Buf *buf, const Results *results)
{
    put_raw(buf, results, sizeof *results);
    hist_write(&results->all.latency, buf);
    put_raw(buf, results->handlers, (size_t)results->handler_count * sizeof *results->handlers);
    for (int i = 0; i < results->handler_count; i++)
        hist_write(&results->handlers[i].latency, buf);
    put_raw(buf, results->resources, (size_t)results->resource_count * sizeof *results->resources);
    for (int i = 0; i < results->resource_count; i++)
        hist_write(&results->resources[i].wait, buf);
    hist_write(&results->loop.lag, buf);
    hist_write(&results->pool.wait, buf);
    hist_write(&results->population, buf);
    hist_write(&results->queueing, buf);
    put_raw(buf, results->series, (size_t)results->series_count * sizeof *results->series);
    put_string(buf, results->bottleneck.what);
    put_string(buf, results->bottleneck.why);
    put_string(buf, results->bottleneck.advice);
    put_blame(buf, results);
}

static Results *get_results(Reader *reader)
{
    Mem *mem = reader->mem;
    Results *results = mem_get(mem, sizeof *results);
    get_raw(reader, results, sizeof *results);
    get_hist(reader, &results->all.latency);
    results->handlers = mem_get(mem, mem_array(mem, (size_t)results->handler_count + 1, sizeof *results->handlers));
    get_raw(reader, results->handlers, (size_t)results->handler_count * sizeof *results->handlers);
    for (int i = 0; i < results->handler_count; i++)
        get_hist(reader, &results->handlers[i].latency);
    results->resources = mem_get(mem, mem_array(mem, (size_t)results->resource_count + 1, sizeof *results->resources));
    get_raw(reader, results->resources, (size_t)results->resource_count * sizeof *results->resources);
    for (int i = 0; i < results->resource_count; i++)
        get_hist(reader, &results->resources[i].wait);
    get_hist(reader, &results->loop.lag);
    get_hist(reader, &results->pool.wait);
    get_hist(reader, &results->population);
    get_hist(reader, &results->queueing);
    results->series = mem_get(mem, mem_array(mem, (size_t)results->series_count + 1, sizeof *results->series));
    get_raw(reader, results->series, (size_t)results->series_count * sizeof *results->series);
    results->bottleneck.what = get_string(reader);
    results->bottleneck.why = get_string(reader);
    results->bottleneck.advice = get_string(reader);
    get_blame(reader, results);
    return results;
}

void wire_put(Buf *buf, const ServerRun *run)
{
    put_raw(buf, run, sizeof *run);
    if (run->results)
        put_results(buf, run->results);
}

ServerRun wire_get(Mem *mem, const char *bytes, size_t size)
{
    Reader reader = {mem, (const unsigned char *)bytes, (const unsigned char *)bytes + size};
    ServerRun run;
    get_raw(&reader, &run, sizeof run);
    if (run.results)
        run.results = get_results(&reader);
    must(reader.at == reader.end, "a worker's answer is too long");
    return run;
}
