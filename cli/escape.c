#include "escape.h"

#include "../model/spec/diag.h"
#include "../sim/utf8.h"

#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* Characters that XML 1.0 allows (section 2.2), without controls and without what turns the direction of writing. */
static bool is_shown(uint32_t code)
{
    bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
    return code >= 0x20 && (code < 0x7f || code > 0x9f) && code != 0xfffe && code != 0xffff && !turns;
}

typedef bool PutAscii(Buf *buf, char c); /* false: as it is */

static void put_escaped(Buf *buf, const char *text, PutAscii *put)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t left = strlen(text);
    while (left > 0) {
        size_t bad = 0, size = utf8_length(s, left, &bad);
        if (size == 1 && put(buf, (char)*s))
            ;
        else if (size == 0 || !is_shown(utf8_code(s, size)))
            buf_text(buf, replacement);
        else
            buf_bytes(buf, (const char *)s, size);
        size = size ? size : bad;
        s += size;
        left -= size;
    }
}

static bool put_markup(Buf *buf, char c)
{
    const char *entity = c == '&'    ? "&amp;"
                         : c == '<'  ? "&lt;"
                         : c == '>'  ? "&gt;"
                         : c == '"'  ? "&quot;"
                         : c == '\'' ? "&#39;"
                         : c == '\n' ? "&#10;"
                         : c == '\t' ? "&#9;"
                                     : NULL;
    if (entity)
        buf_text(buf, entity);
    return entity != NULL;
}

void escape_markup(Buf *buf, const char *text)
{
    put_escaped(buf, text, put_markup);
}

static bool put_csv(Buf *buf, char c)
{
    if (c == '"')
        buf_char(buf, '"');
    if (c == '\n' || c == '"')
        buf_char(buf, c);
    return c == '\n' || c == '"';
}

void escape_csv(Buf *buf, const char *text)
{
    bool formula = text[0] && strchr("=+-@\t\r", text[0]), quoted = strpbrk(text, ",\"\n\r;") || text[0] == ' ';
    if (quoted)
        buf_char(buf, '"');
    if (formula)
        buf_char(buf, '\'');
    put_escaped(buf, text, put_csv);
    if (quoted)
        buf_char(buf, '"');
}

static bool put_markdown(Buf *buf, char c)
{
    if (c == '\n' || c == '\t')
        buf_char(buf, ' ');
    else if (c && strchr("\\`*_[]<>#|!~$&", c))
        buf_f(buf, "\\%c", c);
    else
        return false;
    return true;
}

void escape_markdown(Buf *buf, const char *text)
{
    put_escaped(buf, text, put_markdown);
}

static bool put_command(Buf *buf, char c)
{
    if (c != '%' && c != '\r' && c != '\n')
        return false;
    buf_text(buf, c == '%' ? "%25" : c == '\r' ? "%0D" : "%0A");
    return true;
}

void escape_command(Buf *buf, const char *text)
{
    put_escaped(buf, text, put_command);
}

static bool put_property(Buf *buf, char c)
{
    if (c != ':' && c != ',')
        return put_command(buf, c);
    buf_text(buf, c == ':' ? "%3A" : "%2C");
    return true;
}

void escape_property(Buf *buf, const char *text)
{
    put_escaped(buf, text, put_property);
}

static bool is_plain_word(const char *word)
{
    return word[0] &&
           strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/=,:%+@") == strlen(word);
}

void escape_shell(Buf *buf, const char *text)
{
    if (is_plain_word(text)) {
        buf_text(buf, text);
        return;
    }
    buf_char(buf, '\'');
    for (const char *part = text; *part;) {
        size_t size = strcspn(part, "'");
        diag_shown(buf, part, size);
        if (part[size] == '\'')
            buf_text(buf, "'\\''");
        part += size + (part[size] == '\'');
    }
    buf_char(buf, '\'');
}
