#include "cli.h"
#include "schema.h"

#include <string.h>

enum { TEXT_MOST = 1 << 24 };

int cmd_schema(Cli *cli)
{
    static const struct {
        const char *name;
        void (*put)(JsonWriter *json);
    } schemas[] = {{"spec", schema_spec}, {"results", schema_results}, {"cost", schema_cost}};
    const char *name = cli->args.positional.word[0];
    Buf buf;
    buf_init(&buf, cli->mem, TEXT_MOST);
    for (size_t i = 0; i < COUNT_OF(schemas); i++) {
        if (strcmp(name, schemas[i].name) != 0)
            continue;
        JsonWriter json = {&buf, 0, 0, true};
        schemas[i].put(&json);
        buf_char(&buf, '\n');
        return print_text(cli->mem, &buf);
    }
    say_error(cli->mem, "spec, results or cost", "there is no schema '%s'", name);
    return EXIT_USAGE;
}
