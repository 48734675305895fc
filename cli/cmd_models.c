#include "cli.h"

#include "../model/servers/server.h"

enum { TEXT_MOST = 1 << 20, COLUMN = 30 };

static void put_default(Buf *buf, const Key *key)
{
    if (key->fallback)
        buf_f(buf, " (%s)", key->fallback);
    else if (key->none)
        buf_f(buf, " (%s)", key->none);
}

static void put_key(Buf *buf, const Key *key)
{
    size_t from = buf->size;
    buf_f(buf, "    %s", key->name);
    size_t used = buf->size - from;
    buf_repeat(buf, ' ', used < COLUMN ? COLUMN - used : 1);
    buf_text(buf, key->about);
    put_default(buf, key);
    buf_char(buf, '\n');
    for (const KeyWord *word = key->type == KEY_WORD ? key->words : NULL; word && word->name; word++) {
        from = buf->size;
        buf_f(buf, "        \"%s\"", word->name);
        used = buf->size - from;
        buf_repeat(buf, ' ', used < COLUMN ? COLUMN - used : 1);
        buf_f(buf, "%s\n", word->about ? word->about : "");
    }
}

int cmd_models(Cli *cli)
{
    Buf buf;
    buf_init(&buf, cli->mem, TEXT_MOST);
    for (int i = 0; server_models[i]; i++) {
        const ServerModel *model = server_models[i];
        buf_f(&buf, "%s%s\n  %s\n", i > 0 ? "\n" : "", model->name, model->about);
        for (const Key *key = model->keys->keys; key->name; key++)
            put_key(&buf, key);
    }
    return print_text(cli->mem, &buf);
}
