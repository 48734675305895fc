/* The helper that the tests of the command line stand on: what it keeps of a program is what the program said. */
#include "command.h"
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

Suite *command_suite(void);

START_TEST(keeps_both_streams_and_the_code)
{
    Ran ran = run_program("sh", "-c", "echo said; echo warned >&2; exit 7", NULL);
    ck_assert_int_eq(ran.exit, 7);
    ck_assert_str_eq(ran.out, "said\n");
    ck_assert_str_eq(ran.err, "warned\n");
    ck_assert_uint_eq(ran.out_size, 5);
    ran_free(&ran);
}
END_TEST

START_TEST(tells_a_signal_from_a_code)
{
    Ran ran = run_program("sh", "-c", "kill -TERM $$", NULL);
    ck_assert_int_eq(ran.exit, -SIGTERM);
    ran_free(&ran);
    ran = run_program("/nowhere/no-program", NULL);
    ck_assert_int_eq(ran.exit, 127);
    ran_free(&ran);
}
END_TEST

START_TEST(gives_input_and_environment)
{
    const char *const argv[] = {"sh", "-c", "cat; echo $WORD", NULL};
    const char *const env[] = {"WORD=a=b", NULL};
    Ran ran = run_command(&(Command){.argv = argv, .input = "in\n", .env = env});
    ck_assert_str_eq(ran.out, "in\na=b\n");
    ran_free(&ran);
    ck_assert_ptr_null(getenv("WORD"));
}
END_TEST

START_TEST(keeps_megabytes_without_a_reader)
{
    Ran ran = run_program("sh", "-c", "head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2", NULL);
    ck_assert_uint_eq(ran.out_size, 3000000);
    ck_assert_uint_eq(ran.err_size, 2000000);
    ran_free(&ran);
}
END_TEST

START_TEST(sends_stdout_where_it_is_told)
{
    const char *const argv[] = {"echo", "there", NULL};
    const char *path = scratch("out");
    Ran ran = run_command(&(Command){.argv = argv, .out_path = path});
    ck_assert_str_eq(ran.out, "");
    char *text = read_file(path, NULL);
    ck_assert_str_eq(text, "there\n");
    free(text);
    ran_free(&ran);
}
END_TEST

START_TEST(scratch_files_come_and_go)
{
    const char *path = scratch("a");
    ck_assert_int_eq(file_exists(path), 0);
    ck_assert_ptr_null(read_file(path, NULL));
    write_file(path, "text");
    size_t size = 0;
    char *text = read_file(path, &size);
    ck_assert_uint_eq(size, 4);
    free(text);
    scratch_remove();
    ck_assert_int_eq(file_exists(path), 0);
}
END_TEST

Suite *command_suite(void)
{
    Suite *suite = suite_create("command");
    TCase *tests = tcase_create("command");
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, keeps_both_streams_and_the_code);
    tcase_add_test(tests, tells_a_signal_from_a_code);
    tcase_add_test(tests, gives_input_and_environment);
    tcase_add_test(tests, keeps_megabytes_without_a_reader);
    tcase_add_test(tests, sends_stdout_where_it_is_told);
    tcase_add_test(tests, scratch_files_come_and_go);
    suite_add_tcase(suite, tests);
    return suite;
}
