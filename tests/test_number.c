/* Numbers and values as JavaScript prints them. The table is what Node 20 prints. */
#include "../model/program/number.h"
#include "../model/program/value.h"
#include "programs.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *number_suite(void);

static const struct {
    double number;
    const char *text;
} table[] = {
    {0.0, "0"},
    {-0.0, "0"},
    {1.0, "1"},
    {-1.0, "-1"},
    {10.0, "10"},
    {100.0, "100"},
    {123456789.0, "123456789"},
    {0.1, "0.1"},
    {0.2, "0.2"},
    {0.5, "0.5"},
    {1.5, "1.5"},
    {0.3333333333333333, "0.3333333333333333"},
    {33.333333333333336, "33.333333333333336"},
    {1e20, "100000000000000000000"},
    {123456789012345680000.0, "123456789012345680000"},
    {1e21, "1e+21"},
    {1.5e21, "1.5e+21"},
    {-1e21, "-1e+21"},
    {1e22, "1e+22"},
    {1e23, "1e+23"},
    {5e-324, "5e-324"},
    {1e-6, "0.000001"},
    {1e-7, "1e-7"},
    {1.25e-7, "1.25e-7"},
    {0.000001234, "0.000001234"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {2.225073858507201e-308, "2.225073858507201e-308"},
    {9007199254740991.0, "9007199254740991"},
    {9007199254740992.0, "9007199254740992"},
    {9007199254740993.0, "9007199254740992"},
    {4294967296.0, "4294967296"},
    {27021597764222976.0, "27021597764222976"},
    {1152921504606846976.0, "1152921504606847000"},
    {18446744073709551616.0, "18446744073709552000"},
    {1180591620717411303424.0, "1.1805916207174113e+21"},
    {1e15, "1000000000000000"},
    {1e17, "100000000000000000"},
    {123.456, "123.456"},
    {99.99, "99.99"},
    {4.35, "4.35"},
    {0.07, "0.07"},
    {1.005, "1.005"},
    {1e100, "1e+100"},
    {1.1e-100, "1.1e-100"},
    {6.02214076e23, "6.02214076e+23"},
    {1.602176634e-19, "1.602176634e-19"},
    {3.141592653589793, "3.141592653589793"},
    {0.30000000000000004, "0.30000000000000004"},
    {1.2e21, "1.2e+21"},
    {999999999999999900000.0, "999999999999999900000"},
    {999999999999999950000.0, "1e+21"},
    {1e-5, "0.00001"},
    {12345.678901234567, "12345.678901234567"},
    {5e-7, "5e-7"},
    {9.5367431640625e-7, "9.5367431640625e-7"},
    {9.313225746154785e-10, "9.313225746154785e-10"},
    {1.0000000000000002, "1.0000000000000002"},
    {0.9999999999999999, "0.9999999999999999"},
    {179769313486231.57, "179769313486231.56"},
    {2.5e-323, "2.5e-323"},
};

START_TEST(numbers_print_as_in_javascript)
{
    Mem *mem = mem_new((size_t)1 << 20);
    MemTrap trap;
    ck_assert(mem_try(mem, &trap));
    Buf buf;
    buf_init(&buf, mem, 1 << 16);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        buf_clear(&buf);
        number_print(&buf, table[i].number);
        ck_assert_str_eq(buf_string(&buf), table[i].text);
    }
    buf_clear(&buf);
    number_print(&buf, NAN);
    buf_char(&buf, ' ');
    number_print(&buf, INFINITY);
    buf_char(&buf, ' ');
    number_print(&buf, -INFINITY);
    ck_assert_str_eq(buf_string(&buf), "NaN Infinity -Infinity");
    mem_end_try(mem, &trap);
    mem_delete(mem);
}
END_TEST

/* Each is what Node 20 prints for the JavaScript beside it. */
static const struct {
    const char *expression, *text;
} values[] = {
    {"{\"add\": [0.1, 0.2]}", "0.30000000000000004"},
    {"{\"add\": [\"a\", 1]}", "a1"},
    {"{\"add\": [1, \"a\"]}", "1a"},
    {"{\"add\": [\"\", null]}", "undefined"},
    {"{\"add\": [1, null]}", "NaN"},
    {"{\"add\": [true, 1]}", "2"},
    {"{\"add\": [\"x\", true]}", "xtrue"},
    {"{\"add\": [[1, [2, null]], \"\"]}", "1,2,"},
    {"{\"add\": [\"\", {\"error\": \"boom\"}]}", "Error: boom"},
    {"{\"add\": [\"\", {\"error\": \"\"}]}", "Error"},
    {"{\"add\": [\"\", {\"resolved\": 1}]}", "[object Promise]"},
    {"{\"sub\": [\"10\", 3]}", "7"},
    {"{\"sub\": [\" 7 \", 0]}", "7"},
    {"{\"sub\": [\"1e3\", 0.5]}", "999.5"},
    {"{\"sub\": [\"Infinity\", 1]}", "Infinity"},
    {"{\"sub\": [\"abc\", 1]}", "NaN"},
    {"{\"sub\": [\"\", 1]}", "-1"},
    {"{\"mul\": [[], 5]}", "0"},
    {"{\"mul\": [[6], 7]}", "42"},
    {"{\"mul\": [[1, 2], 7]}", "NaN"},
    {"{\"mul\": [1e200, 1e200]}", "Infinity"},
    {"{\"mod\": [-7, 3]}", "-1"},
    {"{\"mod\": [7, -3]}", "1"},
    {"{\"mod\": [5.5, 2]}", "1.5"},
    {"{\"mod\": [1, 0]}", "NaN"},
    {"{\"mul\": [{\"add\": [1, 2]}, 3]}", "9"},
    {"{\"sub\": [10, {\"sub\": [5, 2]}]}", "7"},
    {"{\"eq\": [1, \"1\"]}", "false"},
    {"{\"eq\": [null, null]}", "true"},
    {"{\"eq\": [{\"sub\": [\"x\", 1]}, {\"sub\": [\"x\", 1]}]}", "false"},
    {"{\"eq\": [[], []]}", "false"},
    {"{\"eq\": [0, {\"mul\": [-1, 0]}]}", "true"},
    {"{\"lt\": [\"10\", \"9\"]}", "true"},
    {"{\"lt\": [\"10\", 9]}", "false"},
    {"{\"gt\": [\"b\", \"abc\"]}", "true"},
    {"{\"lt\": [[1], \"abc\"]}", "true"},
    {"{\"gt\": [null, 0]}", "false"},
    {"{\"not\": \"\"}", "true"},
    {"{\"not\": \"0\"}", "false"},
    {"{\"not\": null}", "true"},
    {"{\"not\": 0}", "true"},
    {"{\"not\": -1}", "false"},
    {"{\"not\": false}", "true"},
    {"{\"eq\": [\"ab\", \"abc\"]}", "false"},
    {"{\"sub\": [\"1e+x\", 0]}", "NaN"},
    {"{\"sub\": [\"1ex\", 0]}", "NaN"},
    {"{\"sub\": [\"1e*2\", 0]}", "NaN"},
    {"{\"sub\": [\"Infinite\", 0]}", "NaN"},
    {"{\"sub\": [\"\\u0001 3\", 0]}", "NaN"},
    {"{\"sub\": [\"3 \\u0001\", 0]}", "NaN"},
    {"{\"mul\": [2, 3, 4]}", "24"},
    {"{\"not\": []}", "false"},
    {"{\"not\": {\"sub\": [\"x\", 1]}}", "true"},
    {"[1, \"a\", null, true, [2, 3]]", "1,a,undefined,true,2,3"},
    {"{\"error\": \"message\"}", "message"},
    {"{\"promise\": []}", "[promise]"},
    {"{\"thenable\": []}", "[object]"},
    {"\"$f\"", "[object]"},
    {"null", "undefined"},
};

START_TEST(values_print_as_in_javascript)
{
    char program[300], line[200];
    snprintf(program, sizeof program, "{\"functions\":{\"f\":[]},\"main\":[{\"log\":%s}]}", values[_i].expression);
    snprintf(line, sizeof line, "%s|", values[_i].text);
    ck_program(program, line, 0);
}
END_TEST

Suite *number_suite(void)
{
    Suite *suite = suite_create("number");
    TCase *all = tcase_create("all");
    tcase_add_test(all, numbers_print_as_in_javascript);
    tcase_add_loop_test(all, values_print_as_in_javascript, 0, (int)COUNT_OF(values));
    suite_add_tcase(suite, all);
    return suite;
}
