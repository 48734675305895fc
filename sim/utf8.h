/* utf8: well-formed UTF-8 as Unicode defines it (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing
 * beyond U+10FFFF. */
#ifndef SIM_UTF8_H
#define SIM_UTF8_H

#include "base.h"

/* The length of the well-formed sequence at `s`, of which `left` > 0 bytes may be read, or 0; then *bad is how many
 * bytes one U+FFFD stands for: the longest start of a well-formed sequence, at least one byte. */
static inline size_t utf8_length(const unsigned char *s, size_t left, size_t *bad)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (s[0] == 0xe0)
        low = 0xa0; /* shorter forms exist below */
    else if (s[0] == 0xed)
        high = 0x9f; /* surrogates */
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f; /* beyond U+10FFFF */
    *bad = 1;
    for (size_t i = 1; i < length; i++, low = 0x80, high = 0xbf) {
        if (i >= left || s[i] < low || s[i] > high) {
            *bad = i;
            return 0;
        }
    }
    return length;
}

/* The code point of a well-formed sequence. */
static inline uint32_t utf8_code(const unsigned char *s, size_t length)
{
    uint32_t code = length == 1 ? s[0] : s[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (s[i] & 0x3f);
    return code;
}

#endif
