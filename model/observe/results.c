/* What every reader of results asks for. */
#include "results.h"

#include <string.h>

const char *const world_end_name[] = {
    [WORLD_DRAINED] = "drained",
    [WORLD_DEADLINE] = "deadline",
    [WORLD_INTERRUPTED] = "interrupted",
    [WORLD_LIMIT] = "limit",
};

int64_t results_config(const SpecServer *server, const char *key)
{
    const KeyTable *table = server->model->keys;
    for (const Key *row = table ? table->keys : NULL; row && row->name; row++) {
        if (strcmp(row->name, key) == 0 && row->type == KEY_COUNT) {
            int64_t value;
            memcpy(&value, (const char *)server->config + row->at, sizeof value);
            return value;
        }
    }
    return -1;
}
