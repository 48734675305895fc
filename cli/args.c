#include "options.h"

#include <string.h>

enum { WORDS_MOST = 64 };

typedef struct Parser {
    Args *args;
    Mem *mem;
    int argc, at;
    char **argv;
} Parser;

/* ---- words that nobody knows ---- */

static const char *did_you_mean(Mem *mem, const char *before, const char *word, const char *const words[], size_t n,
                                const char *otherwise)
{
    const char *nearest = diag_nearest(word, words, n);
    if (!nearest)
        return otherwise;
    Buf *buf = mem_get(mem, sizeof *buf);
    buf_init(buf, mem, 4096);
    buf_f(buf, "did you mean %s%s?", before, nearest);
    return buf_string(buf);
}

static bool wrong_command(Mem *mem, const char *name)
{
    const char *words[WORDS_MOST];
    size_t n = 0;
    for (const Command *command = commands; command->name; command++)
        words[n++] = command->name;
    say_error(mem, did_you_mean(mem, "", name, words, n, "loopsim --help lists the commands"),
              "there is no command '%s'", name);
    return false;
}

static bool wrong_option(Parser *parser, const char *text, const char *name)
{
    const char *words[WORDS_MOST];
    size_t n = 0;
    for (const Option *option = options; option->name; option++)
        if (option_of(option, parser->args->command))
            words[n++] = option->name;
    say_error(parser->mem, did_you_mean(parser->mem, "--", name, words, n, "--help lists the options of a command"),
              "'%s' has no option '%s'", parser->args->command->name, text);
    return false;
}

/* ---- options ---- */

static const Option *find_option(const Command *command, const char *name, size_t size)
{
    for (const Option *option = options; option->name; option++)
        if (strlen(option->name) == size && memcmp(option->name, name, size) == 0 && option_of(option, command))
            return option;
    return NULL;
}

static const Option *find_letter(const Command *command, char letter)
{
    for (const Option *option = options; option->name; option++)
        if (option->letter == letter && letter != '\0' && option_of(option, command))
            return option;
    return NULL;
}

static bool take_option(Parser *parser, const Option *option, const char *value)
{
    const char *help = NULL;
    if (option->value && !value && parser->at < parser->argc)
        value = parser->argv[parser->at++];
    if (option->value && !value) {
        say_error(parser->mem, option->about, "--%s needs a value: %s", option->name, option->value);
        return false;
    }
    if (!option->value && value) {
        say_error(parser->mem, NULL, "--%s takes no value", option->name);
        return false;
    }
    const char *wrong = option->read(parser->args, parser->mem, value, &help);
    if (!wrong && option->value && strchr(option->value, ' ')) { /* the second of two values */
        if (parser->at == parser->argc) {
            say_error(parser->mem, help, "--%s needs two values: %s", option->name, option->value);
            return false;
        }
        value = parser->argv[parser->at++];
        wrong = option->read(parser->args, parser->mem, value, &help);
    }
    if (!wrong)
        return true;
    say_error(parser->mem, help, "--%s %s: %s", option->name, value ? value : "", wrong);
    return false;
}

static bool take_long(Parser *parser, const char *text)
{
    const char *name = text + 2, *equals = strchr(name, '=');
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const Option *option = find_option(parser->args->command, name, size);
    if (!option)
        return wrong_option(parser, text, mem_copy(parser->mem, name, size));
    return take_option(parser, option, equals ? equals + 1 : NULL);
}

static bool take_letters(Parser *parser, const char *text)
{
    for (const char *letter = text + 1; *letter; letter++) {
        const Option *option = find_letter(parser->args->command, *letter);
        if (!option)
            return wrong_option(parser, text, text + 1);
        if (!take_option(parser, option, NULL))
            return false;
    }
    return true;
}

static void add_positional(Parser *parser, const char *text)
{
    Words *words = &parser->args->positional;
    words->word =
        mem_grow(parser->mem, words->word, mem_array(parser->mem, (size_t)words->count + 1, sizeof *words->word));
    words->word[words->count++] = text;
}

/* ---- the whole ---- */

static void set_defaults(Args *args, Mem *mem)
{
    static const Percentile usual[] = {
        {"50", 50000000}, {"90", 90000000}, {"95", 95000000}, {"99", 99000000}, {"99.9", 99900000}};
    memset(args, 0, sizeof *args);
    args->max_events = UINT64_C(10000000000);
    args->max_memory = INT64_C(4) << 30;
    args->trace_to = TIME_NEVER;
    args->trace_limit = 1000000;
    args->jobs = 1;
    args->percentiles = mem_get(mem, sizeof usual);
    memcpy(args->percentiles, usual, sizeof usual);
    args->percentile_count = COUNT_OF(usual);
}

static bool check_positional(Parser *parser)
{
    const Command *command = parser->args->command;
    int count = parser->args->positional.count;
    Buf usage;
    if (parser->args->help || (count >= command->least && (command->most < 0 || count <= command->most)))
        return true;
    buf_init(&usage, parser->mem, 4096);
    buf_f(&usage, "loopsim %s %s", command->name, command->synopsis);
    if (count < command->least)
        say_error(parser->mem, buf_string(&usage), "'%s' needs more than that", command->name);
    else
        say_error(parser->mem, buf_string(&usage), "'%s' is one too many",
                  parser->args->positional.word[command->most]);
    return false;
}

bool args_parse(Args *args, Mem *mem, int argc, char **argv)
{
    Parser parser = {args, mem, argc, 2, argv};
    bool only_positional = false;
    set_defaults(args, mem);
    args->command = command_find(argv[1]);
    if (!args->command)
        return wrong_command(mem, argv[1]);
    while (parser.at < argc) {
        const char *text = argv[parser.at++];
        bool fine = true;
        if (only_positional || text[0] != '-' || text[1] == '\0')
            add_positional(&parser, text);
        else if (strcmp(text, "--") == 0)
            only_positional = true;
        else
            fine = text[1] == '-' ? take_long(&parser, text) : take_letters(&parser, text);
        if (!fine)
            return false;
    }
    return check_positional(&parser);
}
