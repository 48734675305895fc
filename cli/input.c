#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_MOST = 64 * 1024 * 1024, CHUNK = HOSTILE(64 * 1024, 1) };

static const char *read_all(Mem *mem, int file, size_t most, size_t *size, const char **error)
{
    char *bytes = NULL;
    size_t used = 0, room = 0;
    for (;;) {
        if (room - used < CHUNK)
            bytes = mem_grow(mem, bytes, (room = (room + CHUNK) * 2) + 1);
        ssize_t got = read(file, bytes + used, room - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            *error = strerror(errno);
            return NULL;
        }
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > most) {
            *error = "too large";
            return NULL;
        }
    }
    bytes[used] = '\0';
    *size = used;
    return bytes;
}

const char *input_read_most(Mem *mem, const char *path, size_t most, size_t *size, const char **error)
{
    struct stat about = {.st_mode = 0};
    if (strcmp(path, "-") == 0)
        return read_all(mem, STDIN_FILENO, most, size, error);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        *error = strerror(errno);
        return NULL;
    }
    const char *bytes = NULL;
    MemTrap trap;
    if (!mem_try(mem, &trap)) {
        close(file);
        mem_give_up(mem);
    }
    if (fstat(file, &about) == 0 && S_ISDIR(about.st_mode))
        *error = strerror(EISDIR);
    else
        bytes = read_all(mem, file, most, size, error);
    mem_end_try(mem, &trap);
    close(file);
    return bytes;
}

const char *input_read(Mem *mem, const char *path, size_t *size, const char **error)
{
    const char *bytes = input_read_most(mem, path, INPUT_MOST, size, error);
    if (!bytes && strcmp(*error, "too large") == 0)
        *error = "larger than 64 MiB";
    return bytes;
}

/* Files that a spec names are relative to the spec. */
static const char *read_beside(void *context, Mem *mem, const char *path, size_t *size, const char **error)
{
    const char *spec = context, *slash = strrchr(spec, '/');
    if (path[0] == '/' || !slash)
        return input_read(mem, path, size, error);
    size_t folder = (size_t)(slash - spec) + 1, length = strlen(path);
    char *whole = mem_get(mem, folder + length + 1);
    memcpy(whole, spec, folder);
    memcpy(whole + folder, path, length + 1);
    return input_read(mem, whole, size, error);
}

int input_spec_text(Input *input, Cli *cli, const char *path, const char *bytes, size_t size)
{
    const Args *args = &cli->args;
    SpecText text = {.file = strcmp(path, "-") == 0 ? "stdin" : path, .bytes = bytes, .size = size};
    memset(input, 0, sizeof *input);
    input->path = path;
    char *context = mem_copy(cli->mem, path, strlen(path));
    SpecOptions options = {.set = args->set.word,
                           .set_count = args->set.count,
                           .seed = args->has_seed ? &args->seed : NULL,
                           .read_file = read_beside,
                           .context = context};
    diag_init(&input->diag, cli->mem);
    input->spec = spec_read(cli->mem, text, &options, &input->diag);
    if (input->spec)
        input->program = program_compile(cli->mem, input->spec, &input->diag);
    if (input->diag.errors > 0)
        input->spec = NULL;
    if (input->diag.count > 0 && (input->diag.errors > 0 || !args->quiet))
        say_diag(cli->mem, &input->diag);
    return input->spec ? EXIT_DONE : EXIT_SPEC;
}

const char *input_text(Cli *cli, const char *path, size_t *size)
{
    const char *error = "", *bytes = input_read(cli->mem, path, size, &error);
    if (!bytes)
        say_error(cli->mem, NULL, "cannot read %s: %s", strcmp(path, "-") == 0 ? "stdin" : path, error);
    return bytes;
}

int input_spec(Input *input, Cli *cli, const char *path)
{
    size_t size;
    const char *bytes = input_text(cli, path, &size);
    return bytes ? input_spec_text(input, cli, path, bytes, size) : EXIT_IO;
}
