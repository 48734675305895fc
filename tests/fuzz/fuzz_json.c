/* The strict reader. What it takes, the other strict reader (of traces) takes too and means the same by it; written and
 * read again it is the same. */
#include "../../model/spec/diag.h"
#include "../../traces/pull.h"
#include "fuzz.h"

#include <string.h>

FuzzFn fuzz_json;

static Json *read(Mem *mem, Diag *diag, const char *text, size_t size)
{
    diag_init(diag, mem);
    diag_source(diag, "f", text, size);
    return json_read(mem, (JsonPlace){.file = "f", .line = 1, .column = 1}, text, size, diag);
}

static int depth_of(const Json *json)
{
    int depth = 0;
    for (const Json *child = json->child; child; child = child->next) {
        int inner = depth_of(child);
        depth = inner > depth ? inner : depth;
    }
    return json->child ? depth + 1 : depth;
}

static void check_places(const Json *json, size_t size)
{
    fuzz_must(json->place.offset <= size && json->place.size <= size - json->place.offset,
              "a place outside of the text");
    for (const Json *child = json->child; child; child = child->next)
        check_places(child, size);
}

void fuzz_json(Mem *mem, const uint8_t *bytes, size_t size)
{
    const char *text = fuzz_text(mem, bytes, size);
    Diag diag;
    Pull pull;
    Buf said, once, twice;
    Json *json = read(mem, &diag, text, size);
    buf_init(&said, mem, 1 << 24);
    diag_render(&said, &diag);
    fuzz_must((json != NULL) || diag.errors > 0, "refused without a word");
    pull_init(&pull, text, size);
    pull_skip(&pull);
    pull_end(&pull);
    if (!json || diag.errors > 0)
        return;
    fuzz_must(!pull.fault || depth_of(json) >= PULL_DEPTH, "the two strict readers do not agree");
    check_places(json, size);
    buf_init(&once, mem, 1 << 24);
    buf_init(&twice, mem, 1 << 24);
    json_write(&once, json);
    json = read(mem, &diag, buf_string(&once), once.size);
    fuzz_must(json && diag.errors == 0, "what was written cannot be read");
    json_write(&twice, json);
    fuzz_must(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0, "written twice, not the same");
}
