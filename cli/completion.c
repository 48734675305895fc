/* Scripts of completion for bash, zsh and fish, from the tables of commands, options and templates. */
#include "options.h"
#include "templates.h"

#include <string.h>

enum { TEXT_MOST = 1 << 22 };

/* The words that may be an option's value; false: none are known. *files: a file's name may. */
static bool value_words(Buf *words, const Option *option, bool *files)
{
    *files = option->value && strstr(option->value, "FILE");
    if (!option->value)
        return false;
    if (strcmp(option->value, "WHEN") == 0)
        buf_text(words, "auto always never");
    else if (strcmp(option->value, "UNIT") == 0)
        buf_text(words, "auto ns us ms s");
    else if (strncmp(option->value, "FORMAT", strlen("FORMAT")) == 0)
        for (int format = 0; format < FORMATS; format++)
            buf_f(words, "%s%s", format > 0 ? " " : "", format_name[format]);
    return words->size > 0;
}

/* The words that may be a command's argument: "a|b|c", or the templates. */
static void argument_words(Buf *words, const Command *command)
{
    if (strcmp(command->synopsis, "[TEMPLATE]") == 0)
        for (const Template *template = templates; template->name; template ++)
            buf_f(words, "%s%s", words->size > 0 ? " " : "", template->name);
    else if (strchr(command->synopsis, '|'))
        for (const char *c = command->synopsis; *c; c++)
            buf_char(words, *c == '|' ? ' ' : *c);
}

/* Inside single quotes; `also` is escaped with a backslash. */
static void put_quoted(Buf *buf, const char *text, const char *also)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'')
            buf_text(buf, "'\\''");
        else if (strchr(also, *c))
            buf_f(buf, "\\%c", *c);
        else
            buf_char(buf, *c);
    }
}

/* ---- bash ---- */

static void put_bash_values(Buf *buf, Mem *mem)
{
    Buf words;
    buf_init(&words, mem, 4096);
    buf_text(buf, "    case $before in\n");
    for (const Option *option = options; option->name; option++) {
        bool files = false;
        if (!option->value)
            continue;
        buf_clear(&words);
        if (value_words(&words, option, &files))
            buf_f(buf, "    --%s) COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", option->name,
                  buf_string(&words));
        else if (!files)
            buf_f(buf, "    --%s) return ;;\n", option->name);
    }
    buf_text(buf, "    esac\n");
}

static void put_bash(Buf *buf, Mem *mem)
{
    Buf words;
    buf_init(&words, mem, 1 << 16);
    buf_text(buf, "# loopsim's completion for bash\n_loopsim()\n{\n"
                  "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options= arguments=\n"
                  "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '");
    for (const Command *command = commands; command->name; command++)
        if (command->about)
            buf_f(buf, "%s ", command->name);
    buf_text(buf, "--help --version' -- \"$word\"))\n        return\n    fi\n");
    put_bash_values(buf, mem);
    buf_text(buf, "    case ${COMP_WORDS[1]} in\n");
    for (const Command *command = commands; command->name; command++) {
        if (!command->about)
            continue;
        buf_f(buf, "    %s) options='", command->name);
        for (const Option *option = options; option->name; option++)
            if (option_of(option, command))
                buf_f(buf, "--%s ", option->name);
        buf_clear(&words);
        argument_words(&words, command);
        buf_f(buf, "' arguments='%s' ;;\n", buf_string(&words));
    }
    buf_text(buf, "    esac\n    case $word in\n    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
                  "    *) COMPREPLY=($(compgen -W \"$arguments\" -- \"$word\")) ;;\n    esac\n}\n"
                  "complete -o default -F _loopsim loopsim\n");
}

/* ---- zsh ---- */

static void put_zsh_option(Buf *buf, Mem *mem, const Option *option)
{
    Buf words;
    bool files = false;
    buf_init(&words, mem, 4096);
    buf_f(buf, " \\\n            '*--%s[", option->name);
    put_quoted(buf, option->about, "[]:\\");
    buf_char(buf, ']');
    if (value_words(&words, option, &files))
        buf_f(buf, ":value:(%s)", buf_string(&words));
    else if (option->value)
        buf_text(buf, files ? ":file:_files" : ":value: ");
    buf_char(buf, '\'');
}

static void put_zsh(Buf *buf, Mem *mem)
{
    Buf words;
    buf_init(&words, mem, 1 << 16);
    buf_text(buf, "#compdef loopsim\n_loopsim()\n{\n    local -a commands\n    commands=(\n");
    for (const Command *command = commands; command->name; command++) {
        if (!command->about)
            continue;
        buf_f(buf, "        '%s:", command->name);
        put_quoted(buf, command->about, ":\\");
        buf_text(buf, "'\n");
    }
    buf_text(buf, "    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        return\n    fi\n"
                  "    case $words[2] in\n");
    for (const Command *command = commands; command->name; command++) {
        if (!command->about)
            continue;
        buf_f(buf, "    %s)\n        _arguments '1:command:'", command->name);
        buf_clear(&words);
        argument_words(&words, command);
        if (words.size > 0)
            buf_f(buf, " '*:argument:(%s)'", buf_string(&words));
        else
            buf_text(buf, " '*:file:_files'");
        for (const Option *option = options; option->name; option++)
            if (option_of(option, command))
                put_zsh_option(buf, mem, option);
        buf_text(buf, "\n        ;;\n");
    }
    buf_text(buf, "    esac\n}\n_loopsim \"$@\"\n");
}

/* ---- fish ---- */

static void put_fish_option(Buf *buf, Mem *mem, const Command *command, const Option *option)
{
    Buf words;
    bool files = false;
    buf_init(&words, mem, 4096);
    buf_f(buf, "complete -c loopsim -n '__fish_seen_subcommand_from %s' -l %s", command->name, option->name);
    if (option->letter)
        buf_f(buf, " -s %c", option->letter);
    if (value_words(&words, option, &files))
        buf_f(buf, " -x -a '%s'", buf_string(&words));
    else if (option->value)
        buf_text(buf, files ? " -r" : " -x");
    buf_text(buf, " -d '");
    put_quoted(buf, option->about, "\\");
    buf_text(buf, "'\n");
}

static void put_fish(Buf *buf, Mem *mem)
{
    Buf words;
    buf_init(&words, mem, 1 << 16);
    buf_text(buf, "# loopsim's completion for fish\n");
    for (const Command *command = commands; command->name; command++) {
        if (!command->about)
            continue;
        buf_f(buf, "complete -c loopsim -n __fish_use_subcommand -f -a %s -d '", command->name);
        put_quoted(buf, command->about, "\\");
        buf_text(buf, "'\n");
        buf_clear(&words);
        argument_words(&words, command);
        if (words.size > 0)
            buf_f(buf, "complete -c loopsim -n '__fish_seen_subcommand_from %s' -f -a '%s'\n", command->name,
                  buf_string(&words));
        for (const Option *option = options; option->name; option++)
            if (option_of(option, command))
                put_fish_option(buf, mem, command, option);
    }
}

int cmd_completion(Cli *cli)
{
    static const struct {
        const char *name;
        void (*put)(Buf *buf, Mem *mem);
    } shells[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    const char *name = cli->args.positional.word[0];
    Buf buf;
    buf_init(&buf, cli->mem, TEXT_MOST);
    for (size_t i = 0; i < COUNT_OF(shells); i++) {
        if (strcmp(name, shells[i].name) != 0)
            continue;
        shells[i].put(&buf, cli->mem);
        return print_text(cli->mem, &buf);
    }
    say_error(cli->mem, "bash, zsh or fish", "there is no completion for '%s'", name);
    return EXIT_USAGE;
}
