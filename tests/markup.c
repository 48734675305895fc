#include "markup.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 64, NAME = 40, ATTRIBUTES = 16 };

typedef struct Markup {
    const char *at;
    bool html;
    char open[DEPTH][NAME];
    int depth, roots;
    char wrong[200];
} Markup;

static bool fail(Markup *markup, const char *what)
{
    snprintf(markup->wrong, sizeof markup->wrong, "%s at: %.60s", what, markup->at);
    return false;
}

static size_t name_length(const char *s)
{
    return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:");
}

static bool take_entity(Markup *markup)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#10;", "&#9;"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strncmp(markup->at, known[i], strlen(known[i])) == 0) {
            markup->at += strlen(known[i]);
            return true;
        }
    }
    return fail(markup, "unknown entity");
}

static bool take_character(Markup *markup)
{
    unsigned char c = (unsigned char)*markup->at;
    if (c == '&')
        return take_entity(markup);
    if ((c < 0x20 && c != '\n') || c == 0x7f || (c == 0xc2 && (unsigned char)markup->at[1] < 0xa0))
        return fail(markup, "control character");
    markup->at++;
    return true;
}

static bool take_attribute(Markup *markup, char names[][NAME], int count)
{
    size_t size = name_length(markup->at);
    if (size == 0 || size >= NAME || count == ATTRIBUTES)
        return fail(markup, "attribute expected");
    snprintf(names[count], NAME, "%.*s", (int)size, markup->at);
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], names[count]) == 0)
            return fail(markup, "attribute twice");
    markup->at += size;
    if (strncmp(markup->at, "=\"", 2) != 0)
        return fail(markup, "quoted value expected");
    for (markup->at += 2; *markup->at != '"';) {
        if (*markup->at == '\0' || *markup->at == '<')
            return fail(markup, "value not closed");
        if (!take_character(markup))
            return false;
    }
    markup->at++;
    return true;
}

static bool take_end(Markup *markup)
{
    size_t size = name_length(markup->at += 2);
    const char *open = markup->depth > 0 ? markup->open[markup->depth - 1] : "";
    if (strlen(open) != size || memcmp(open, markup->at, size) != 0 || markup->at[size] != '>')
        return fail(markup, "closes what is not open");
    markup->depth--;
    markup->at += size + 1;
    return true;
}

static bool take_start(Markup *markup)
{
    char names[ATTRIBUTES][NAME];
    size_t size = name_length(++markup->at);
    char *name = markup->open[markup->depth];
    if (size == 0 || size >= NAME || markup->depth + 1 == DEPTH)
        return fail(markup, "name expected");
    markup->roots += markup->depth == 0;
    snprintf(name, NAME, "%.*s", (int)size, markup->at);
    markup->at += size;
    for (int count = 0; *markup->at == ' '; count++) {
        markup->at++;
        if (!take_attribute(markup, names, count))
            return false;
    }
    if (strncmp(markup->at, "/>", 2) == 0) {
        markup->at += 2;
        return true;
    }
    if (*markup->at != '>')
        return fail(markup, "tag not closed");
    markup->at++;
    if (markup->html && strcmp(name, "meta") == 0)
        return true;
    markup->depth++;
    if (markup->html && strcmp(name, "style") == 0) {
        const char *end = strstr(markup->at, "</style>");
        if (!end)
            return fail(markup, "style not closed");
        markup->at = end;
    }
    return true;
}

static bool take_all(Markup *markup)
{
    const char *first = markup->html ? "<!DOCTYPE html>\n" : "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    if (strncmp(markup->at, first, strlen(first)) != 0)
        return fail(markup, "another first line is expected");
    markup->at += strlen(first);
    while (*markup->at) {
        bool fine = *markup->at != '<'     ? *markup->at != '>' && take_character(markup)
                    : markup->at[1] == '/' ? take_end(markup)
                                           : take_start(markup);
        if (!fine)
            return markup->wrong[0] ? false : fail(markup, "a bare >");
    }
    if (markup->depth > 0)
        return fail(markup, "not all is closed");
    return markup->roots == 1 || fail(markup, "one root is expected");
}

const char *markup_wrong(const char *text, bool html)
{
    static Markup markup;
    memset(&markup, 0, sizeof markup);
    markup.at = text;
    markup.html = html;
    return take_all(&markup) ? NULL : markup.wrong;
}
