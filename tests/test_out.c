#include "traces/out.h"

#include "command.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

Suite *out_suite(void);

enum { LARGE = HOSTILE(300 * 1000, 3000) }; /* many buffers full; each write fails once */

static Mem *mem;
static char name[256], part[256 + 8];
static char large[LARGE];

static void set_up(void)
{
    mem = mem_new((size_t)8 << 20);
    strcpy(name, scratch("file"));
    strcpy(part, name);
    strcat(part, ".part");
    uint32_t random = 1;
    for (size_t i = 0; i < LARGE; i++) {
        random = random * UINT32_C(1664525) + UINT32_C(1013904223);
        large[i] = (char)(random >> 24);
    }
}

static void tear_down(void)
{
    mem_delete(mem);
    scratch_remove();
}

static Out *opened(const char *path, bool gzip)
{
    const char *error = "";
    Out *out = out_open(mem, path, gzip, &error);
    ck_assert_msg(out, "%s", error);
    return out;
}

static void assert_file(const char *path, const char *bytes, size_t size)
{
    size_t got;
    char *text = read_file(path, &got);
    ck_assert_msg(text, "no file %s", path);
    ck_assert_uint_eq(got, size);
    ck_assert(memcmp(text, bytes, size) == 0);
    free(text);
}

/* Writes `large` in pieces of several sizes, some larger than any buffer. */
static void write_large(Out *out)
{
    static const size_t sizes[] = {1, 0, 1000, 65535, 2, 70000, 130000};
    size_t done = 0;
    for (size_t i = 0; done < LARGE; i++) {
        size_t some = sizes[i % COUNT_OF(sizes)];
        if (some > LARGE - done)
            some = LARGE - done;
        out_write(out, large + done, some);
        done += some;
    }
}

START_TEST(a_file_appears_only_when_it_is_complete)
{
    Out *out = opened(name, false);
    write_large(out);
    ck_assert(!file_exists(name));
    ck_assert(file_exists(part));
    ck_assert_int_eq(out_status(out), OUT_OK);
    ck_assert_int_eq(out_close(out), OUT_OK);
    ck_assert(!file_exists(part));
    assert_file(name, large, LARGE);
    ck_assert_uint_eq(out_bytes(out), LARGE);
    ck_assert_str_eq(out_path(out), name);
    ck_assert_str_eq(out_error(out), "");
}
END_TEST

START_TEST(a_file_is_everybody_s_as_far_as_the_umask_allows)
{
    static const mode_t masks[] = {0, 022, 077};
    for (size_t i = 0; i < COUNT_OF(masks); i++) {
        struct stat is;
        unlink(name);
        mode_t before = umask(masks[i]);
        ck_assert_int_eq(out_close(opened(name, false)), OUT_OK);
        umask(before);
        ck_assert_int_eq(stat(name, &is), 0);
        ck_assert_uint_eq(is.st_mode & 0777, 0666 & ~masks[i]);
    }
}
END_TEST

START_TEST(an_older_file_stays_until_then)
{
    write_file(name, "old");
    Out *out = opened(name, false);
    out_write(out, "new!", 4);
    assert_file(name, "old", 3);
    out_abort(out);
    assert_file(name, "old", 3);
    ck_assert(!file_exists(part));
    out = opened(name, false);
    out_write(out, "new!", 4);
    ck_assert_int_eq(out_close(out), OUT_OK);
    assert_file(name, "new!", 4);
}
END_TEST

START_TEST(a_file_may_get_the_descriptor_of_stdin)
{
    close(STDIN_FILENO);
    Out *out = opened(name, false);
    out_write(out, "first", 5);
    ck_assert_int_eq(out_close(out), OUT_OK);
    ck_assert_int_eq(open("/dev/null", O_RDONLY), STDIN_FILENO); /* it was that, and is free again */
    assert_file(name, "first", 5);
}
END_TEST

START_TEST(what_is_aborted_leaves_nothing)
{
    int free_one = open("/dev/null", O_RDONLY);
    close(free_one);
    Out *out = opened(name, true);
    write_large(out);
    out_abort(out);
    out_abort(out);
    ck_assert(!file_exists(name) && !file_exists(part));
    ck_assert_int_eq(open("/dev/null", O_RDONLY), free_one);
}
END_TEST

START_TEST(nobody_else_s_part_is_touched)
{
    const char *error = NULL;
    write_file(part, "theirs");
    ck_assert_ptr_null(out_open(mem, name, false, &error));
    ck_assert_str_eq(error, "its .part exists: another run writes it, or one was killed");
    assert_file(part, "theirs", 6);
    ck_assert_uint_eq(mem_used(mem), 0);
}
END_TEST

START_TEST(what_cannot_be_opened_says_why)
{
    const char *error = NULL;
    ck_assert_ptr_null(out_open(mem, "/no such directory/x", true, &error));
    ck_assert_str_eq(error, strerror(ENOENT));
    ck_assert_ptr_null(out_open(mem, "/tmp", false, &error));
    ck_assert_str_eq(error, strerror(EISDIR));
    ck_assert_ptr_null(out_open(mem, "", false, &error));
    ck_assert_str_eq(error, strerror(ENOENT));
    ck_assert_uint_eq(mem_used(mem), 0);
}
END_TEST

START_TEST(devices_and_fifos_are_written_as_they_stand)
{
    Out *out = opened("/dev/null", false);
    write_large(out);
    ck_assert_int_eq(out_close(out), OUT_OK);
    ck_assert(!file_exists("/dev/null.part"));

    char got[8];
    ck_assert_int_eq(mkfifo(name, 0666), 0);
    int reader = open(name, O_RDONLY | O_NONBLOCK);
    out = opened(name, false);
    out_write(out, "through", 7);
    ck_assert(!file_exists(part));
    ck_assert_int_eq(out_close(out), OUT_OK);
    ck_assert_int_eq(read(reader, got, sizeof got), 7);
    close(reader);
    ck_assert(file_exists(name));
}
END_TEST

START_TEST(an_open_file_is_written_as_it_stands)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        char path[32];
        int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        ck_assert(fd >= 0 && fd < 10);
        strcpy(path, folders[i]);
        strcat(path, (char[]){(char)('0' + fd), '\0'});
        Out *out = opened(path, false);
        out_write(out, "through", 7);
        ck_assert_int_eq(out_close(out), OUT_OK);
        assert_file(name, "through", 7);
        close(fd);
    }
}
END_TEST

START_TEST(a_full_device_fails)
{
    Out *out = opened("/dev/full", false);
    out_write(out, "x", 1);
    ck_assert_int_eq(out_status(out), OUT_OK); /* it is in the buffer */
    ck_assert_int_eq(out_close(out), OUT_FAILED);
    ck_assert_str_eq(out_error(out), strerror(ENOSPC));
}
END_TEST

/* Unpacks the file `name`, which must be one whole gzip stream, and compares it with `large`. */
static void assert_unpacks(void)
{
    char *got = malloc(LARGE + 1);
    gzFile file = gzopen(name, "rb");
    ck_assert_int_eq(gzread(file, got, LARGE + 1), LARGE);
    ck_assert(!gzdirect(file));
    ck_assert_int_eq(gzclose(file), Z_OK);
    ck_assert(memcmp(got, large, LARGE) == 0);
    free(got);
}

START_TEST(gzip_comes_back_and_depends_on_the_content_alone)
{
    static const unsigned char header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    Out *out = opened(name, true);
    write_large(out);
    ck_assert_int_eq(out_close(out), OUT_OK);
    ck_assert_uint_eq(out_bytes(out), LARGE);
    assert_unpacks();
    size_t size;
    char *first = read_file(name, &size);
    ck_assert(memcmp(first, header, sizeof header) == 0);

    out = opened(name, true);
    for (size_t i = 0; i < LARGE; i++)
        out_write(out, large + i, 1);
    ck_assert_int_eq(out_close(out), OUT_OK);
    assert_file(name, first, size);
    free(first);
}
END_TEST

START_TEST(gzip_finds_what_comes_again_within_32_kib)
{
    const size_t once = LARGE < 20000 ? LARGE : 20000;
    struct stat is;
    Out *out = opened(name, true);
    out_write(out, large, once);
    out_write(out, large, once);
    ck_assert_int_eq(out_close(out), OUT_OK);
    ck_assert_int_eq(stat(name, &is), 0);
    ck_assert_int_lt(is.st_size, (off_t)once * 3 / 2);
}
END_TEST

START_TEST(an_empty_gzip_is_whole)
{
    Out *out = opened(name, true);
    ck_assert_int_eq(out_close(out), OUT_OK);
    gzFile file = gzopen(name, "rb");
    char byte;
    ck_assert_int_eq(gzread(file, &byte, 1), 0);
    ck_assert(!gzdirect(file));
    gzclose(file);
}
END_TEST

/* One run with a fault: what came of it. */
static OutStatus faulted(bool gzip, OutFault fault, Out **out)
{
    unlink(name);
    *out = opened(name, gzip);
    out_fault(*out, fault);
    write_large(*out);
    OutStatus status = out_close(*out);
    ck_assert(!file_exists(part));
    ck_assert_int_eq(file_exists(name), status == OUT_OK);
    return status;
}

START_TEST(every_call_may_fail_and_nothing_is_left)
{
    static const int errors[] = {ENOSPC, EIO};
    static const OutCall calls[] = {OUT_CALL_WRITE, OUT_CALL_CLOSE, OUT_CALL_RENAME};
    for (int i = 0; i < (int)(COUNT_OF(errors) * COUNT_OF(calls) * 4); i++) {
        bool gzip = i & 1, for_good = i & 2;
        OutFault fault = {.call = calls[i / 4 % 3], .for_good = for_good, .error = errors[i / 12]};
        OutStatus status = OUT_FAILED;
        unsigned nth = 1;
        for (; status == OUT_FAILED; nth++) {
            Out *out;
            fault.nth = nth;
            status = faulted(gzip, fault, &out);
            ck_assert_str_eq(out_error(out), status == OUT_OK ? "" : strerror(fault.error));
        }
        ck_assert_uint_gt(nth, 2); /* the first failed, the last was beyond all calls */
        ck_assert_int_eq(status, OUT_OK);
    }
}
END_TEST

START_TEST(interruptions_and_short_writes_do_no_harm)
{
    static const OutFault faults[] = {
        {.error = EINTR}, {.error = EAGAIN}, {.short_write = true}, {.short_write = true, .for_good = true}};
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        for (unsigned nth = 1; nth < 8; nth++) {
            Out *out;
            OutFault fault = faults[i];
            fault.nth = nth;
            ck_assert_int_eq(faulted(false, fault, &out), OUT_OK);
            assert_file(name, large, LARGE);
            ck_assert_int_eq(faulted(true, fault, &out), OUT_OK);
            assert_unpacks();
        }
    }
}
END_TEST

START_TEST(the_first_error_is_kept_and_stops_the_writing)
{
    Out *out = opened(name, false);
    out_fault(out, (OutFault){.call = OUT_CALL_WRITE, .nth = 1, .error = ENOSPC});
    out_write(out, large, LARGE);
    ck_assert_int_eq(out_status(out), OUT_FAILED);
    ck_assert_str_eq(out_error(out), strerror(ENOSPC));
    out_fault(out, (OutFault){.call = OUT_CALL_WRITE, .nth = 1, .for_good = true, .error = EIO});
    write_large(out);
    out_fault(out, (OutFault){.call = OUT_CALL_CLOSE, .nth = 1, .error = EIO});
    ck_assert_int_eq(out_close(out), OUT_FAILED);
    ck_assert_str_eq(out_error(out), strerror(ENOSPC));
    ck_assert_uint_eq(out_bytes(out), 2 * (uint64_t)LARGE);
}
END_TEST

START_TEST(the_call_that_is_asked_for_fails)
{
    Out *out = opened(name, false);
    out_fault(out, (OutFault){.call = OUT_CALL_WRITE, .nth = 3, .error = ENOSPC});
    for (int i = 1; i <= 3; i++) {
        out_write(out, large, LARGE); /* more than a buffer: one call */
        ck_assert_int_eq(out_status(out), i < 3 ? OUT_OK : OUT_FAILED);
    }
    out_close(out);
}
END_TEST

/* Makes stdout the writing end of a pipe; returns the reading end. */
static int pipe_stdout(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    close(ends[1]);
    return ends[0];
}

START_TEST(a_reader_who_left_is_not_a_failure)
{
    static const char *const names[] = {"-", "/dev/stdout"};
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        close(pipe_stdout());
        Out *out = opened(names[i], i > 0);
        write_large(out);
        ck_assert_int_eq(out_status(out), OUT_CLOSED);
        ck_assert_int_eq(out_close(out), OUT_CLOSED);
        ck_assert(fcntl(STDOUT_FILENO, F_GETFD) >= 0); /* stdout itself stays */
    }
    ck_assert(!file_exists("-.part"));

    ck_assert_int_eq(mkfifo(name, 0666), 0); /* elsewhere it is one */
    int reader = open(name, O_RDONLY | O_NONBLOCK);
    Out *out = opened(name, false);
    close(reader);
    out_write(out, "x", 1);
    ck_assert_int_eq(out_close(out), OUT_FAILED);
    ck_assert_str_eq(out_error(out), strerror(EPIPE));
}
END_TEST

/* stdout is a pipe that has no room; returns the reading end. */
static int full_stdout(void)
{
    int reader = pipe_stdout(), flags = fcntl(STDOUT_FILENO, F_GETFL);
    fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK);
    while (write(STDOUT_FILENO, large, 1000) > 0)
        ;
    fcntl(STDOUT_FILENO, F_SETFL, flags);
    return reader;
}

START_TEST(a_reader_who_does_not_read_is_left_once_asked_to_stop)
{
    volatile sig_atomic_t stop = 0;
    int reader = full_stdout();
    Out *out = opened("-", false), *file = opened(name, false);
    out_stop(out, &stop);
    out_stop(file, &stop);
    stop = 1;
    out_write(out, "lost", 4);
    ck_assert_int_eq(out_close(out), OUT_LEFT);
    write_large(file); /* nobody is waited for there */
    ck_assert_int_eq(out_close(file), OUT_OK);
    assert_file(name, large, LARGE);
    close(reader);
}
END_TEST

START_TEST(a_slow_reader_is_waited_for_as_long_as_nobody_asks_to_stop)
{
    volatile sig_atomic_t stop = 0;
    int reader = full_stdout();
    pid_t child = fork();
    if (child == 0) {
        static char got[4096];
        poll(NULL, 0, 150); /* longer than one that is asked to stop would wait */
        close(STDOUT_FILENO);
        while (read(reader, got, sizeof got) > 0)
            ;
        _exit(0);
    }
    Out *out = opened("-", false);
    out_stop(out, &stop);
    out_write(out, "kept", 4);
    ck_assert_int_eq(out_close(out), OUT_OK);
    close(STDOUT_FILENO);
    close(reader);
    ck_assert_int_eq(wait_exit(child), 0);
}
END_TEST

START_TEST(a_reader_who_reads_gets_all_also_then)
{
    volatile sig_atomic_t stop = 1;
    char got[8] = "";
    int reader = pipe_stdout();
    Out *out = opened("-", false);
    out_stop(out, &stop);
    out_write(out, "kept", 4);
    ck_assert_int_eq(out_close(out), OUT_OK);
    ck_assert_int_eq(read(reader, got, sizeof got), 4);
    ck_assert_str_eq(got, "kept");
    close(reader);
}
END_TEST

START_TEST(stdout_gets_the_bytes)
{
    char got[8] = "";
    int reader = pipe_stdout();
    Out *out = opened("-", false);
    out_write(out, "hello", 5);
    ck_assert_int_eq(out_close(out), OUT_OK);
    ck_assert_int_eq(read(reader, got, sizeof got), 5);
    ck_assert_str_eq(got, "hello");
    close(STDOUT_FILENO);
    const char *error = NULL;
    ck_assert_ptr_null(out_open(mem, "-", false, &error));
    ck_assert_str_eq(error, strerror(EBADF));
}
END_TEST

START_TEST(without_memory_there_is_no_part)
{
    volatile bool failed = true;
    for (volatile uint64_t nth = 1; failed; nth++) {
        Mem *small = mem_new((size_t)8 << 20);
        MemTrap trap;
        const char *error = NULL;
        mem_fail_at(small, nth, false);
        if (mem_try(small, &trap)) {
            Out *out = out_open(small, name, true, &error);
            uint64_t requests = mem_requests(small);
            write_large(out);
            ck_assert_int_eq(out_close(out), OUT_OK);
            ck_assert_uint_eq(mem_requests(small), requests); /* writing takes none */
            mem_end_try(small, &trap);
            failed = false;
        } else {
            ck_assert(!file_exists(name) && !file_exists(part));
        }
        mem_delete(small);
    }
    assert_unpacks();
}
END_TEST

START_TEST(the_memory_comes_back)
{
    size_t left = 0;
    for (int i = 0; i < 4; i++) {
        Out *out = opened(name, i & 1);
        write_large(out);
        if (i & 2)
            out_abort(out);
        else
            out_close(out);
        ck_assert_uint_lt(mem_used(mem) - left, 1500); /* what answers questions */
        left = mem_used(mem);
    }
}
END_TEST

START_TEST(what_nobody_closes_ends_with_its_memory)
{
    Mem *own = mem_new(1 << 20);
    const char *error = "";
    Out *out = out_open(own, name, true, &error);
    out_write(out, "half", 4);
    ck_assert(file_exists(part));
    mem_delete(own);
    ck_assert(!file_exists(name) && !file_exists(part));
}
END_TEST

Suite *out_suite(void)
{
    Suite *suite = suite_create("out");
    TCase *tcase = tcase_create("out");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_file_appears_only_when_it_is_complete);
    tcase_add_test(tcase, a_file_is_everybody_s_as_far_as_the_umask_allows);
    tcase_add_test(tcase, an_older_file_stays_until_then);
    tcase_add_test(tcase, a_file_may_get_the_descriptor_of_stdin);
    tcase_add_test(tcase, what_is_aborted_leaves_nothing);
    tcase_add_test(tcase, what_nobody_closes_ends_with_its_memory);
    tcase_add_test(tcase, nobody_else_s_part_is_touched);
    tcase_add_test(tcase, what_cannot_be_opened_says_why);
    tcase_add_test(tcase, devices_and_fifos_are_written_as_they_stand);
    tcase_add_test(tcase, an_open_file_is_written_as_it_stands);
    tcase_add_test(tcase, a_full_device_fails);
    tcase_add_test(tcase, gzip_comes_back_and_depends_on_the_content_alone);
    tcase_add_test(tcase, gzip_finds_what_comes_again_within_32_kib);
    tcase_add_test(tcase, an_empty_gzip_is_whole);
    tcase_add_test(tcase, every_call_may_fail_and_nothing_is_left);
    tcase_add_test(tcase, interruptions_and_short_writes_do_no_harm);
    tcase_add_test(tcase, the_first_error_is_kept_and_stops_the_writing);
    tcase_add_test(tcase, the_call_that_is_asked_for_fails);
    tcase_add_test(tcase, a_reader_who_left_is_not_a_failure);
    tcase_add_test(tcase, a_reader_who_does_not_read_is_left_once_asked_to_stop);
    tcase_add_test(tcase, a_slow_reader_is_waited_for_as_long_as_nobody_asks_to_stop);
    tcase_add_test(tcase, a_reader_who_reads_gets_all_also_then);
    tcase_add_test(tcase, stdout_gets_the_bytes);
    tcase_add_test(tcase, without_memory_there_is_no_part);
    tcase_add_test(tcase, the_memory_comes_back);
    suite_add_tcase(suite, tcase);
    return suite;
}
