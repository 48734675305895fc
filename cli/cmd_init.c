#include "cli.h"
#include "templates.h"

#include <string.h>

enum { TEXT_MOST = 1 << 20, COLUMN = 14, WORDS_MOST = 32 };

static int list_templates(Cli *cli)
{
    Buf buf;
    buf_init(&buf, cli->mem, TEXT_MOST);
    buf_text(&buf, "loopsim init NAME > my.json, then loopsim run my.json\n\n");
    for (const Template *template = templates; template->name; template ++) {
        buf_f(&buf, "  %s", template->name);
        buf_repeat(&buf, ' ', COLUMN - strlen(template->name));
        buf_f(&buf, "%s\n", template->about);
    }
    return print_text(cli->mem, &buf);
}

static int wrong_name(Cli *cli, const char *name)
{
    const char *words[WORDS_MOST], *help = "loopsim init lists them";
    size_t n = 0;
    Buf buf;
    for (const Template *template = templates; template->name; template ++)
        words[n++] = template->name;
    const char *nearest = diag_nearest(name, words, n);
    buf_init(&buf, cli->mem, TEXT_MOST);
    if (nearest)
        buf_f(&buf, "did you mean %s?", nearest);
    say_error(cli->mem, nearest ? buf_string(&buf) : help, "there is no template '%s'", name);
    return EXIT_USAGE;
}

int cmd_init(Cli *cli)
{
    if (cli->args.positional.count == 0)
        return list_templates(cli);
    const char *name = cli->args.positional.word[0];
    for (const Template *template = templates; template->name; template ++) {
        if (strcmp(template->name, name) != 0)
            continue;
        Buf buf;
        buf_init(&buf, cli->mem, TEXT_MOST);
        buf_text(&buf, template->text);
        return print_text(cli->mem, &buf);
    }
    return wrong_name(cli, name);
}
