/* A file of arrivals: lines of "seconds" or "seconds,handler", in any order. A first line that is no number is a
 * heading; empty lines, and those that begin with #, are passed over. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>

enum { FIELD_MOST = 200, ERRORS_MOST = 20 };

typedef struct Row {
    SpecArrival arrival;
    size_t index;
} Row;

typedef struct ArrivalFile {
    SpecReader *reader;
    const char *path;
    uint32_t line;
    uint32_t offset; /* of the line */
    Row *row;
    size_t count, room;
    int errors;
} ArrivalFile;

static int compare_rows(const void *a, const void *b)
{
    const Row *left = a, *right = b;
    int order = (left->arrival.at > right->arrival.at) - (left->arrival.at < right->arrival.at);
    return order ? order : (left->index > right->index) - (left->index < right->index);
}

static bool bad_line(ArrivalFile *file, const char *what, const char *field)
{
    JsonPlace place = {.file = file->path, .line = file->line, .column = 1, .offset = file->offset};
    diag_error(file->reader->diag, place, "a line is SECONDS or SECONDS,HANDLER, as in 0.25,get", "%s \"%s\"", what,
               field);
    file->errors++;
    return false;
}

/* Without the blanks around it. */
static void copy_field(char field[FIELD_MOST], const char *from, size_t size)
{
    while (size > 0 && (*from == ' ' || *from == '\t'))
        from++, size--;
    while (size > 0 && (from[size - 1] == ' ' || from[size - 1] == '\t' || from[size - 1] == '\r'))
        size--;
    if (size > FIELD_MOST - 2)
        size = FIELD_MOST - 2;
    memcpy(field, from, size);
    field[size] = '\0';
}

static void add_row(ArrivalFile *file, Time at, int handler)
{
    if (file->count == file->room) {
        Mem *mem = file->reader->mem;
        file->room = file->room ? 2 * file->room : HOSTILE(64, 1);
        file->row = mem_grow(mem, file->row, mem_array(mem, file->room, sizeof *file->row));
    }
    file->row[file->count] = (Row){{at, handler}, file->count};
    file->count++;
}

static bool read_line(ArrivalFile *file, const char *line, size_t size)
{
    const char *comma = memchr(line, ',', size), *why;
    char seconds[FIELD_MOST], name[FIELD_MOST] = "";
    Time at;
    int handler = -1;
    copy_field(seconds, line, comma ? (size_t)(comma - line) : size);
    if (comma)
        copy_field(name, comma + 1, size - (size_t)(comma + 1 - line));
    if ((seconds[0] == '\0' && !comma) || seconds[0] == '#')
        return true;
    if (file->line == 1 && !strchr("0123456789.", seconds[0]))
        return true;
    size_t length = strlen(seconds);
    seconds[length] = 's';
    seconds[length + 1] = '\0';
    bool fine = value_duration(seconds, &at, &why);
    seconds[length] = '\0';
    if (!fine)
        return bad_line(file, "these are no seconds:", seconds);
    if (name[0] && !find_handler_of(file->reader, name, &handler))
        return bad_line(file, "no handler is called", name);
    add_row(file, at, handler);
    return true;
}

static void read_lines(ArrivalFile *file, const char *bytes, size_t size)
{
    for (size_t from = 0; from < size && file->errors < ERRORS_MOST;) {
        const char *end = memchr(bytes + from, '\n', size - from);
        size_t length = end ? (size_t)(end - bytes) - from : size - from;
        file->line++;
        file->offset = (uint32_t)from;
        read_line(file, bytes + from, length);
        from += length + 1;
    }
}

bool read_arrival_file(SpecReader *reader, Json *value, void *field)
{
    SpecArrivals *stream = field;
    const SpecOptions *options = reader->options;
    const char *error = "no file can be read here", *bytes = NULL;
    size_t size = 0;
    if (value->type != JSON_STRING)
        return refuse(reader, value, "as in {\"file\": \"arrivals.csv\"}", "\"file\": must be a path");
    if (options && options->read_file)
        bytes = options->read_file(options->context, reader->mem, value->text, &size, &error);
    if (!bytes) {
        diag_error(reader->diag, value->place, "a path beside the spec", "the arrivals \"%s\" cannot be read: %s",
                   value->text, error);
        return false;
    }
    ArrivalFile file = {.reader = reader, .path = value->text};
    diag_source(reader->diag, file.path, bytes, size);
    read_lines(&file, bytes, size);
    if (file.errors > 0)
        return false;
    if (file.count == 0)
        return refuse(reader, value, "a line is SECONDS or SECONDS,HANDLER, as in 0.25,get",
                      "the file has no arrivals");
    qsort(file.row, file.count, sizeof *file.row, compare_rows); /* total order: time, then line */
    SpecArrival *at = mem_get(reader->mem, mem_array(reader->mem, file.count, sizeof *at));
    for (size_t i = 0; i < file.count; i++)
        at[i] = file.row[i].arrival;
    stream->at = at;
    stream->at_count = file.count;
    return true;
}
