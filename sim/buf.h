/* buf: bytes that grow, with a ceiling stated when the buffer is made. Numbers are formatted here, from integers,
 * so that no locale and no printf decides how a result looks. */
#ifndef SIM_BUF_H
#define SIM_BUF_H

#include "mem.h"

typedef struct Buf {
    Mem *mem;
    char *data; /* always NUL-terminated once something was added */
    size_t size, room, ceiling;
} Buf;

void buf_init(Buf *buf, Mem *mem, size_t ceiling); /* passing the ceiling fails as an allocation does */
void buf_clear(Buf *buf);                          /* keeps the room */
void buf_free(Buf *buf);

void buf_bytes(Buf *buf, const char *bytes, size_t size);
void buf_text(Buf *buf, const char *text);
void buf_char(Buf *buf, char c);
void buf_repeat(Buf *buf, char c, size_t times);
void buf_u64(Buf *buf, uint64_t value);
void buf_i64(Buf *buf, int64_t value);
void buf_hex16(Buf *buf, uint64_t value);                   /* 16 lower-case hex digits */
void buf_fixed(Buf *buf, int64_t value, unsigned decimals); /* value / 10^decimals, all decimals printed */
void buf_us(Buf *buf, Time ns);                             /* microseconds with three decimals: 1234.567 */

/* Quoted and escaped as JSON; UTF-8 stays raw, what is none becomes U+FFFD. */
void buf_json(Buf *buf, const char *text, size_t size);

/* Knows %s %d %c %u and %%, without widths: text for people. */
void buf_f(Buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

const char *buf_string(Buf *buf); /* NUL-terminated, owned by the buffer */

#endif
