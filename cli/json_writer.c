#include "json_writer.h"

#include <string.h>

static void start_value(JsonWriter *json)
{
    bool flat = json->flat > 0 && json->depth >= json->flat;
    if (json->depth > 0 && !json->empty)
        buf_text(json->buf, flat ? ", " : ",");
    if (json->depth > 0 && !flat) {
        buf_char(json->buf, '\n');
        buf_repeat(json->buf, ' ', 2 * (size_t)json->depth);
    } else if (flat && json->empty && json->buf->data[json->buf->size - 1] == '{') {
        buf_char(json->buf, ' ');
    }
    json->empty = false;
}

static void put_key(JsonWriter *json, const char *key)
{
    start_value(json);
    if (!key)
        return;
    buf_json(json->buf, key, strlen(key));
    buf_text(json->buf, ": ");
}

void json_begin(JsonWriter *json, const char *key, char bracket)
{
    put_key(json, key);
    buf_char(json->buf, bracket);
    json->depth++;
    json->empty = true;
}

void json_begin_flat(JsonWriter *json, const char *key, char bracket)
{
    json_begin(json, key, bracket);
    if (json->flat == 0)
        json->flat = json->depth;
}

void json_end(JsonWriter *json, char bracket)
{
    bool flat = json->flat > 0 && json->depth >= json->flat;
    if (json->flat == json->depth)
        json->flat = 0;
    json->depth--;
    if (!json->empty && !flat) {
        buf_char(json->buf, '\n');
        buf_repeat(json->buf, ' ', 2 * (size_t)json->depth);
    } else if (!json->empty && bracket == '}') {
        buf_char(json->buf, ' ');
    }
    buf_char(json->buf, bracket);
    json->empty = false;
}

void json_int(JsonWriter *json, const char *key, int64_t value)
{
    put_key(json, key);
    buf_i64(json->buf, value);
}

void json_uint(JsonWriter *json, const char *key, uint64_t value)
{
    put_key(json, key);
    buf_u64(json->buf, value);
}

void json_micro(JsonWriter *json, const char *key, int64_t value)
{
    put_key(json, key);
    buf_fixed(json->buf, value, 6);
}

void json_text(JsonWriter *json, const char *key, const char *value)
{
    put_key(json, key);
    buf_json(json->buf, value, strlen(value));
}

void json_hex(JsonWriter *json, const char *key, uint64_t value)
{
    put_key(json, key);
    buf_char(json->buf, '"');
    buf_hex16(json->buf, value);
    buf_char(json->buf, '"');
}

void json_bool(JsonWriter *json, const char *key, bool value)
{
    put_key(json, key);
    buf_text(json->buf, value ? "true" : "false");
}

void json_null(JsonWriter *json, const char *key)
{
    put_key(json, key);
    buf_text(json->buf, "null");
}
