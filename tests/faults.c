#include "faults.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Faults faults;
const char *const fault_name[FAULT_KINDS] = {"allocation", "open", "write", "close", "rename"};

static const Fault *hit(FaultKind kind)
{
    return faults.hit ? faults.hit(kind, ++faults.count[kind]) : NULL;
}

static bool is_file(int fd)
{
    struct stat status;
    return faults.hit && fd != STDERR_FILENO && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

static bool is_written(int fd)
{
    return is_file(fd) && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

/* ---- memory ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
cJSON *__real_cJSON_ParseWithLength(const char *text, size_t size);
void __real_cJSON_Delete(cJSON *item);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
cJSON *__wrap_cJSON_ParseWithLength(const char *text, size_t size);
void __wrap_cJSON_Delete(cJSON *item);

static void *counted(void *block)
{
    faults.blocks += block != NULL;
    return block;
}

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

void *__wrap_malloc(size_t size)
{
    return hit(FAULT_MEMORY) ? no_memory() : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return hit(FAULT_MEMORY) ? no_memory() : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (hit(FAULT_MEMORY))
        return no_memory();
    void *moved = __real_realloc(block, size);
    faults.blocks += moved != NULL && block == NULL;
    return moved;
}

void __wrap_free(void *block)
{
    faults.blocks -= block != NULL;
    __real_free(block);
}

/* cJSON takes its memory within its own library: it counts as one block, which is there or not. */
cJSON *__wrap_cJSON_ParseWithLength(const char *text, size_t size)
{
    cJSON *tree = hit(FAULT_MEMORY) ? NULL : __real_cJSON_ParseWithLength(text, size);
    faults.blocks += tree != NULL;
    return tree;
}

void __wrap_cJSON_Delete(cJSON *item)
{
    faults.blocks -= item != NULL;
    __real_cJSON_Delete(item);
}

/* ---- files ---- */

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_rename(const char *from, const char *to);
ssize_t __real_write(int fd, const void *bytes, size_t size);
FILE *__real_fopen(const char *path, const char *mode);
pid_t __real_fork(void);

int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
pid_t __wrap_fork(void);

#ifndef O_LARGEFILE
#define O_LARGEFILE 0
#endif

static int open_with(const char *path, int flags, va_list rest)
{
    mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(rest, unsigned) : 0;
    const Fault *fault = (flags & O_ACCMODE) != O_RDONLY ? hit(FAULT_OPEN) : NULL;
    if (!fault)
        return __real_open(path, flags | O_LARGEFILE, mode);
    errno = fault->error;
    return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    int fd = open_with(path, flags, rest);
    va_end(rest);
    return fd;
}

int __wrap_open64(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    int fd = open_with(path, flags, rest);
    va_end(rest);
    return fd;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
    const Fault *fault = mode[0] != 'r' ? hit(FAULT_OPEN) : NULL;
    if (!fault)
        return __real_fopen(path, mode);
    errno = fault->error;
    return NULL;
}

FILE *__wrap_fopen64(const char *path, const char *mode)
{
    return __wrap_fopen(path, mode);
}

int __wrap_close(int fd)
{
    const Fault *fault = is_written(fd) ? hit(FAULT_CLOSE) : NULL;
    int result = __real_close(fd); /* an error of close leaves nothing open */
    if (!fault)
        return result;
    errno = fault->error;
    return -1;
}

int __wrap_rename(const char *from, const char *to)
{
    const Fault *fault = hit(FAULT_RENAME);
    if (!fault)
        return __real_rename(from, to);
    errno = fault->error;
    return -1;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    const Fault *fault = is_file(fd) ? hit(FAULT_WRITE) : NULL;
    if (!fault)
        return __real_write(fd, bytes, size);
    if (fault->partly)
        return __real_write(fd, bytes, size / 2 + size % 2);
    errno = fault->error;
    return -1;
}

/* In a process of the program's own calls are counted anew. */
pid_t __wrap_fork(void)
{
    pid_t child = __real_fork();
    if (child > 0)
        faults.forks++;
    if (child != 0 || !faults.hit)
        return child;
    faults.forked = true;
    memset(faults.count, 0, sizeof faults.count);
    return child;
}
