/* The metadata of a trace. */
#include "run.h"

#include <string.h>

enum { ENTRIES_MOST = 16, TEXT_MOST = 1 << 24 };

struct Metadata {
    Mem *mem;
    size_t count;
    const char *key[ENTRIES_MOST];
    Buf json[ENTRIES_MOST];
};

Buf *metadata_add(Metadata *metadata, const char *key)
{
    must(metadata->count < ENTRIES_MOST, "too much metadata");
    Buf *buf = &metadata->json[metadata->count];
    metadata->key[metadata->count++] = key;
    buf_init(buf, metadata->mem, TEXT_MOST);
    return buf;
}

Metadata *metadata_new(Mem *mem, const Spec *spec)
{
    Metadata *metadata = mem_get(mem, sizeof *metadata);
    metadata->mem = mem;
    buf_text(metadata_add(metadata, "loopsim"), "\"" LOOPSIM_VERSION "\"");
    buf_json(metadata_add(metadata, "spec"), spec->name, strlen(spec->name));
    Buf *buf = metadata_add(metadata, "spec-digest");
    buf_char(buf, '"');
    buf_hex16(buf, spec->digest);
    buf_char(buf, '"');
    buf = metadata_add(metadata, "seed"); /* as text: JSON readers may use doubles */
    buf_char(buf, '"');
    buf_u64(buf, spec->seed);
    buf_char(buf, '"');
    return metadata;
}

int metadata_close(Metadata *metadata, Outputs *outputs)
{
    const char *json[ENTRIES_MOST];
    buf_text(metadata_add(metadata, "excerpt"), outputs->excerpt ? "true" : "false");
    for (size_t i = 0; i < metadata->count; i++)
        json[i] = buf_string(&metadata->json[i]);
    return outputs_close_trace(outputs, metadata->count, metadata->key, json);
}
