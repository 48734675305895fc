#include "pull.h"

#include "../sim/utf8.h"
#include <string.h>

void pull_init(Pull *pull, const char *bytes, size_t size)
{
    *pull = (Pull){.start = bytes, .at = bytes, .end = bytes + size};
}

static void fail(Pull *pull, const char *fault)
{
    if (!pull->fault)
        pull->fault = fault;
}

static void skip_space(Pull *pull)
{
    while (pull->at < pull->end && (*pull->at == ' ' || *pull->at == '\n' || *pull->at == '\t' || *pull->at == '\r'))
        pull->at++;
}

static char peek(const Pull *pull)
{
    return pull->at < pull->end && !pull->fault ? *pull->at : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

char pull_kind(Pull *pull)
{
    skip_space(pull);
    char c = peek(pull);
    return c == '-' || is_digit(c) ? '0' : c;
}

static bool take(Pull *pull, char c)
{
    skip_space(pull);
    if (peek(pull) != c)
        return false;
    pull->at++;
    return true;
}

bool pull_enter(Pull *pull, char bracket)
{
    if (!take(pull, bracket)) {
        fail(pull, bracket == '{' ? "an object is missing" : "an array is missing");
        return false;
    }
    if (++pull->depth > PULL_DEPTH)
        fail(pull, "nested too deep");
    return !pull->fault;
}

/* Whether another part comes before the closing bracket. It is asked right behind the opening one, or behind a part. */
static bool goes_on(Pull *pull, char opening, char closing)
{
    bool first = pull->at > pull->start && pull->at[-1] == opening;
    if (take(pull, closing)) {
        pull->depth--;
        return false;
    }
    if (!first && !take(pull, ','))
        fail(pull, "a comma or a closing bracket is missing");
    return !pull->fault;
}

bool pull_key(Pull *pull, PullText *key)
{
    if (!goes_on(pull, '{', '}'))
        return false;
    *key = pull_string(pull);
    if (!take(pull, ':'))
        fail(pull, "a colon is missing");
    return !pull->fault;
}

bool pull_item(Pull *pull)
{
    return goes_on(pull, '[', ']');
}

static bool hex4(const char *at)
{
    for (int i = 0; i < 4; i++)
        if (!is_digit(at[i]) && !(at[i] >= 'a' && at[i] <= 'f') && !(at[i] >= 'A' && at[i] <= 'F'))
            return false;
    return true;
}

static void escape(Pull *pull)
{
    char c = pull->at + 1 < pull->end ? pull->at[1] : '\0';
    if (c != '\0' && strchr("\"\\/bfnrt", c)) {
        pull->at += 2;
    } else if (c == 'u' && pull->end - pull->at >= 6 && hex4(pull->at + 2)) {
        if ((pull->at[2] == 'd' || pull->at[2] == 'D') && pull->at[3] >= '8')
            fail(pull, "a surrogate is escaped"); /* the importer of traces loses them */
        pull->at += 6;
    } else {
        fail(pull, "a wrong escape");
    }
}

PullText pull_string(Pull *pull)
{
    PullText text = {"", 0};
    if (!take(pull, '"')) {
        fail(pull, "a string is missing");
        return text;
    }
    text.bytes = pull->at;
    while (!pull->fault && pull->at < pull->end && *pull->at != '"') {
        unsigned char c = (unsigned char)*pull->at;
        size_t size = 1, bad;
        if (c == '\\')
            escape(pull);
        else if (c < 0x20)
            fail(pull, "a raw control character");
        else if (c >= 0x80 &&
                 (size = utf8_length((const unsigned char *)pull->at, (size_t)(pull->end - pull->at), &bad)) == 0)
            fail(pull, "not UTF-8");
        if (c != '\\')
            pull->at += size;
    }
    text.size = (size_t)(pull->at - text.bytes);
    if (!take(pull, '"'))
        fail(pull, "a string does not end");
    return text;
}

static void digits(Pull *pull)
{
    if (!is_digit(peek(pull)))
        fail(pull, "a digit is missing");
    while (is_digit(peek(pull)))
        pull->at++;
}

PullText pull_number(Pull *pull)
{
    skip_space(pull);
    PullText text = {pull->at, 0};
    if (peek(pull) == '-')
        pull->at++;
    if (peek(pull) == '0')
        pull->at++;
    else
        digits(pull);
    if (peek(pull) == '.') {
        pull->at++;
        digits(pull);
    }
    if (peek(pull) == 'e' || peek(pull) == 'E') {
        pull->at++;
        if (peek(pull) == '+' || peek(pull) == '-')
            pull->at++;
        digits(pull);
    }
    text.size = (size_t)(pull->at - text.bytes);
    return text;
}

static void word(Pull *pull)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t size = strlen(words[i]);
        if ((size_t)(pull->end - pull->at) >= size && memcmp(pull->at, words[i], size) == 0) {
            pull->at += size;
            return;
        }
    }
    fail(pull, "a value is missing");
}

void pull_skip(Pull *pull)
{
    PullText key;
    switch (pull_kind(pull)) {
    case '{':
        for (pull_enter(pull, '{'); pull_key(pull, &key);)
            pull_skip(pull);
        break;
    case '[':
        for (pull_enter(pull, '['); pull_item(pull);)
            pull_skip(pull);
        break;
    case '"': pull_string(pull); break;
    case '0': pull_number(pull); break;
    default: word(pull);
    }
}

void pull_end(Pull *pull)
{
    skip_space(pull);
    if (pull->at < pull->end)
        fail(pull, "something follows the end");
}

uint64_t pull_line(const Pull *pull)
{
    uint64_t line = 1;
    for (const char *at = pull->start; at < pull->at; at++)
        line += *at == '\n';
    return line;
}

bool pull_is(PullText text, const char *other)
{
    return text.size == strlen(other) && memcmp(text.bytes, other, text.size) == 0;
}

int64_t pull_fixed(PullText number, unsigned decimals)
{
    int64_t value = 0;
    bool point = false;
    for (size_t i = 0; i < number.size; i++) {
        char c = number.bytes[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(c) || value > (INT64_MAX - 9) / 10)
            return -1;
        if (point && decimals == 0)
            continue;
        decimals -= point;
        value = value * 10 + (c - '0');
    }
    for (; decimals > 0; decimals--) {
        if (value > INT64_MAX / 10)
            return -1;
        value *= 10;
    }
    return value;
}

PullText pull_find(const char *bytes, size_t size, const char *const path[])
{
    Pull pull;
    PullText found = {bytes, size}, key;
    for (; *path; path++) {
        bool here = false;
        pull_init(&pull, found.bytes, found.size);
        if (pull_kind(&pull) != '{')
            return (PullText){"", 0};
        pull_enter(&pull, '{');
        while (!here && pull_key(&pull, &key)) {
            pull_kind(&pull);
            found.bytes = pull.at;
            pull_skip(&pull);
            here = pull_is(key, *path);
        }
        if (!here || pull.fault)
            return (PullText){"", 0};
        found.size = (size_t)(pull.at - found.bytes);
    }
    return found;
}
