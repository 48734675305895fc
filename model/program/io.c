/* io: the I/O verbs: what each of them asks of the kernel, the pool or a resource. Durations of real requests come from
 * semantics.md, section 18. */
#include "compile.h"

#include <string.h>

/* Trips of file requests: what a worker takes for each. */
enum { TRIP_STAT = 50000, TRIP_OPEN = 50000, TRIP_FSTAT = 30000, TRIP_READ = 120000, TRIP_CLOSE = 30000 };
enum { READ_CHUNK = 524288 };      /* fs.readFile reads 512 KiB at a time */
enum { PBKDF2_PER_MS = 4000 };     /* iterations */
enum { ZLIB_PER_MS = 60000 };      /* bytes */
enum { LOOKUP_AT_LEAST = 300000 }; /* dns.lookup */
enum { SYNC_READ = 1000000 };      /* readFileSync of any size */
enum { FILE_SIZE = 1024 };         /* where none is given */

static int64_t size_of(Compiler *compiler, const Json *step)
{
    const Json *size = json_member(step, "size");
    int64_t bytes = FILE_SIZE;
    const char *why = "a number of bytes, or \"64KiB\"";
    if (size == NULL)
        return bytes;
    if (size->type == JSON_NUMBER && size->number >= 0 && size->number < 1e15)
        return (int64_t)size->number;
    if (size->type != JSON_STRING || !value_size(size->text, &bytes, &why))
        wrong(compiler, size, why, "a size is expected here");
    return bytes;
}

static void read_trips(Compiler *compiler, IoInfo *io, int64_t size)
{
    int64_t reads = size <= 0 ? 1 : (size + READ_CHUNK - 1) / READ_CHUNK;
    if (reads > 1000000)
        reads = 1000000;
    Time *trips = mem_get(compiler->mem, mem_array(compiler->mem, (size_t)reads + 3, sizeof *trips));
    io->trip_count = (int)reads + 3;
    trips[0] = TRIP_OPEN;
    trips[1] = TRIP_FSTAT;
    for (int64_t i = 0; i < reads; i++)
        trips[2 + i] = TRIP_READ;
    trips[2 + reads] = TRIP_CLOSE;
    io->trips = trips;
}

static void one_trip(Compiler *compiler, IoInfo *io, Time time)
{
    Time *trip = mem_get(compiler->mem, sizeof *trip);
    *trip = time;
    io->trips = trip;
    io->trip_count = 1;
}

static void describe_files(Compiler *compiler, IoInfo *io, const Json *step, const Json *operand)
{
    const char *what = operand->type == JSON_STRING ? operand->text : "";
    io->kind = strcmp(operand->key, "fsp") == 0 ? IO_FSP : IO_TRIPS;
    io->pool = POOL_FS;
    io->value = "stat";
    if (strcmp(what, "readFile") == 0) {
        io->value = "data";
        read_trips(compiler, io, size_of(compiler, step));
    } else if (strcmp(what, "stat") == 0) {
        one_trip(compiler, io, TRIP_STAT);
    } else if (strcmp(what, "open") == 0 && io->kind == IO_TRIPS) {
        io->value = "open";
        one_trip(compiler, io, TRIP_OPEN);
    } else {
        io->missing = true;
        one_trip(compiler, io, TRIP_STAT);
        if (strcmp(what, "missing") != 0)
            wrong(compiler, operand,
                  io->kind == IO_FSP ? "\"stat\", \"readFile\" or \"missing\""
                                     : "\"stat\", \"open\", \"readFile\" or \"missing\"",
                  "'%s' takes the name of a file operation", operand->key);
    }
}

static void describe_pool(Compiler *compiler, IoInfo *io, const Json *step)
{
    static const char *const kinds[] = {"cpu", "fs", "dns"};
    const Json *kind = json_member(step, "kind");
    io->kind = IO_POOL;
    io->value = "pool";
    if (kind == NULL)
        return;
    for (int i = 0; i < 3; i++)
        if (kind->type == JSON_STRING && strcmp(kind->text, kinds[i]) == 0) {
            io->pool = (PoolKind)i;
            io->value = i == POOL_DNS ? "dns" : "pool";
            return;
        }
    wrong(compiler, kind, "\"cpu\", \"fs\" or \"dns\"", "'kind' is the kind of a pool task");
}

static void describe_resource(Compiler *compiler, IoInfo *io, const Json *operand)
{
    const Spec *spec = compiler->spec;
    const char *words[128];
    size_t n = 0;
    io->kind = IO_RESOURCE;
    io->value = "io";
    io->resource = 0;
    if (operand->type == JSON_STRING)
        for (int i = 0; i < spec->resource_count; i++)
            if (strcmp(spec->resources[i].name, operand->text) == 0) {
                io->resource = i;
                return;
            }
    for (int i = 0; i < spec->resource_count && n < COUNT_OF(words); i++)
        words[n++] = spec->resources[i].name;
    const char *help = operand->type == JSON_STRING ? diag_suggest(compiler->diag, operand->text, words, n) : NULL;
    wrong(compiler, operand, help != NULL ? help : "resources are defined under \"resources\" at the top level",
          "the resource '%s' is defined nowhere", operand->type == JSON_STRING ? operand->text : "");
}

static const char *pool_name(PoolKind kind)
{
    return kind == POOL_CPU ? "pool" : kind == POOL_FS ? "pool fs" : "pool dns";
}

/* The step's name for people: what the request does. */
static const char *io_name(Compiler *compiler, const IoInfo *io, const Json *operand)
{
    switch (io->kind) {
    case IO_RESOURCE: return compiler->spec->resource_count ? compiler->spec->resources[io->resource].name : "";
    case IO_NET:
    case IO_CONN: return "net";
    case IO_SLEEP: return "sleep";
    case IO_TRIPS:
    case IO_FSP: return operand->type == JSON_STRING ? operand->text : "fs";
    case IO_POOL: return io->per_ms != 0 ? operand->key : pool_name(io->pool);
    }
    return "";
}

static const char *prefixed(Compiler *compiler, const char *prefix, const char *name)
{
    Buf buf;
    buf_init(&buf, compiler->mem, 1 << 20);
    buf_text(&buf, prefix);
    buf_text(&buf, name);
    return buf_string(&buf);
}

static StepKind step_kind(const IoInfo *io)
{
    return io->kind == IO_RESOURCE                     ? STEP_IO
           : io->kind == IO_SLEEP                      ? STEP_SLEEP
           : io->kind == IO_NET || io->kind == IO_CONN ? STEP_NET
                                                       : STEP_POOL;
}

/* Fills an IoInfo from the step and emits its operand (a duration, a number of units, or undefined); returns the
 * IoInfo's index. */
static int describe(Compiler *compiler, const Json *step, const Json *operand, const char *prefix)
{
    IoInfo io = {.resource = -1, .value = "undefined"};
    const char *verb = operand->key;
    bool takes_time = true;
    if (strcmp(verb, "net") == 0) {
        const Json *conn = json_member(step, "conn");
        io.kind = IO_NET;
        io.value = "net";
        if (conn != NULL && conn->type == JSON_STRING) {
            io.kind = IO_CONN;
            io.conn = conn->text;
        } else if (conn != NULL)
            wrong(compiler, conn, "\"conn\": \"db\"", "'conn' is the name of a persistent connection");
    } else if (strcmp(verb, "pool") == 0) {
        describe_pool(compiler, &io, step);
    } else if (strcmp(verb, "dns") == 0) {
        io.kind = IO_POOL;
        io.pool = POOL_DNS;
        io.at_least = LOOKUP_AT_LEAST;
        io.value = "dns";
    } else if (strcmp(verb, "pbkdf2") == 0 || strcmp(verb, "zlib") == 0) {
        io.kind = IO_POOL;
        io.per_ms = verb[0] == 'p' ? PBKDF2_PER_MS : ZLIB_PER_MS;
        io.value = verb[0] == 'p' ? "pbkdf2" : "data";
    } else if (strcmp(verb, "sleep") == 0) {
        io.kind = IO_SLEEP;
    } else if (strcmp(verb, "io") == 0) {
        describe_resource(compiler, &io, operand);
        takes_time = false;
    } else {
        describe_files(compiler, &io, step, operand);
        takes_time = false;
    }
    if (io.per_ms != 0)
        compile_expression(compiler, operand);
    else if (takes_time)
        compile_duration(compiler, step, operand);
    else
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    io.step = new_step(compiler, step_kind(&io), prefixed(compiler, prefix, io_name(compiler, &io, operand)), step);
    step_info(compiler, io.step)->resource = io.resource;
    io.site = new_site(compiler);
    io.text = (Text){.size = (uint32_t)strlen(io.value), .bytes = io.value};
    *(IoInfo *)list_add(&compiler->io) = io;
    return (int)compiler->io.count - 1;
}

void compile_io(Compiler *compiler, const Json *step, const Verb *verb, const Json *operand, Opcode op)
{
    const Json *cb = op == OP_IO ? json_member(step, "cb") : NULL;
    (void)verb;
    int index = describe(compiler, step, operand, op == OP_AWAIT_IO ? "await " : op == OP_SYNC ? "sync " : "");
    IoInfo *io = &((IoInfo *)compiler->io.items)[index];
    if (cb != NULL)
        compile_function(compiler, cb, io->missing ? "e" : NULL, step_info(compiler, io->step)->name);
    if (op == OP_SYNC) {
        if (io->kind == IO_NET || io->kind == IO_CONN || io->kind == IO_FSP)
            wrong(compiler, operand, "sync takes io, fs, pool, pbkdf2 or zlib", "'%s' has no synchronous form",
                  operand->key);
        if (io->kind == IO_TRIPS && io->trip_count > 1) /* readFileSync: one stretch, whatever the size */
            one_trip(compiler, io, SYNC_READ);
        step_info(compiler, io->step)->kind = STEP_SYNC;
        emit(compiler, OP_SYNC, 0, index, -1);
    } else if (op == OP_AWAIT_IO)
        emit(compiler, op, 0, index, 0);
    else
        emit(compiler, OP_IO, cb != NULL, index, cb != NULL ? -1 : 0);
}

void step_io(Compiler *compiler, const Json *step, const Json *operand)
{
    compile_io(compiler, step, NULL, operand, OP_IO);
}

void step_sleep(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *value = json_member(step, "value");
    int index = describe(compiler, step, operand, "");
    if (value != NULL)
        compile_expression(compiler, value);
    else
        emit(compiler, OP_UNDEFINED, 0, 0, +1);
    emit(compiler, OP_SLEEP, 0, index, -1);
}

void step_sync(Compiler *compiler, const Json *step, const Json *operand)
{
    const Json *inner = NULL;
    const Verb *verb = operand->type == JSON_OBJECT ? verb_check(compiler, operand, AS_EXPRESSION, &inner) : NULL;
    (void)step;
    if (verb != NULL && verb->flags & IS_IO)
        compile_io(compiler, operand, verb, inner, OP_SYNC);
    else if (verb != NULL || operand->type != JSON_OBJECT)
        wrong(compiler, operand, "write {\"sync\": {\"fs\": \"readFile\"}}",
              "'sync' takes an I/O step: io, fs, pool, pbkdf2 or zlib");
}
