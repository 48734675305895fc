/* The short version of `make reality`: what must not get worse. The table itself says how far off each cell is. */
#include "command.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *reality_suite(void);

static char *ran(void)
{
    const char *loopsim = getenv("LOOPSIM") ? NULL : OBJECTS "/loopsim";
    if (!loopsim)
        return NULL; /* words of a wrapper: not for a script */
    Ran result = run_program("sh", "tests/reality/reality.sh", loopsim, "short", NULL);
    ck_assert_msg(result.exit == 0, "exit %d\n%s", result.exit, result.err);
    free(result.err);
    return result.out;
}

static void counts(const char *text, const char *from, const char *format, int least)
{
    int right = 0, of = 0;
    const char *line = strstr(text, from), *at = line ? strstr(line, format) : NULL;
    ck_assert_msg(at != NULL, "%s", text);
    ck_assert_msg(sscanf(at + strlen(format), " %d of %d", &right, &of) >= 1 && right >= least, "%s %s %d\n%s", from,
                  format, right, text);
}

START_TEST(predictions_are_as_good_as_they_were)
{
    char *text = ran();
    if (!text)
        return;
    counts(text, "bare:", "throughput within 10 % in", 19);
    counts(text, "bare:", "p50 within 15 % in", 19);
    counts(text, "bare:", "p99 within 30 % in", 16);
    counts(text, "node:", "throughput within 10 % in", 5);
    counts(text, "winners:", "right in", 21);
    free(text);
}
END_TEST

Suite *reality_suite(void)
{
    Suite *suite = suite_create("reality");
    TCase *tests = tcase_create("reality");
    tcase_add_test(tests, predictions_are_as_good_as_they_were);
    suite_add_tcase(suite, tests);
    return suite;
}
