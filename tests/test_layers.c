/* The rules of who may include whom, and of what nobody may call: that the tree keeps to them, and that
 * tests/layers.sh sees each of them broken. */
#include "command.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

Suite *layers_suite(void);

START_TEST(the_tree_keeps_to_the_rules)
{
    Ran ran = run_program("sh", "tests/layers.sh", OBJECTS, NULL);
    ck_assert_msg(ran.exit == 0, "%s%s", ran.out, ran.err);
    ran_free(&ran);
}
END_TEST

static const char *in_scratch(const char *path)
{
    char folder[64];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        ck_assert_uint_lt((size_t)(slash - path), sizeof folder);
        memcpy(folder, path, (size_t)(slash - path));
        folder[slash - path] = '\0';
        mkdir(scratch(folder), 0777);
    }
    return scratch(path);
}

/* A tree of the files that the cases below include, and the one file under test. */
static Ran check_tree(const char *path, const char *text)
{
    static const char *const headers[] = {"sim/base.h", "traces/sink.h", "traces/out.h", "model/spec/spec.h",
                                          "cli/args.h"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        write_file(in_scratch(headers[i]), "");
    write_file(in_scratch("model/spec/json.c"), "#include <cjson/cJSON.h>\n");
    write_file(in_scratch("model/observe/view.c"), "#include \"../../traces/sink.h\"\n");
    write_file(in_scratch(path), text);
    return run_program("sh", "tests/layers.sh", scratch("objects"), scratch("."), NULL);
}

static const struct Broken {
    const char *path, *text, *said;
} broken[] = {
    {"sim/x.c", "#include \"../model/spec/spec.h\"\n", "sim/x.c:1: sim includes only sim"},
    {"sim/x.c", "\n#include \"traces/out.h\"\n", "sim/x.c:2: sim includes only sim"},
    {"traces/x.c", "#include \"../model/spec/spec.h\"\n", "traces/x.c:1: traces includes only"},
    {"model/loop/x.c", "#include \"../../traces/sink.h\"\n", "model/loop/x.c:1: of traces, model may"},
    {"model/observe/x.c", "#include \"../../traces/out.h\"\n", "model/observe/x.c:1: of traces, model may"},
    {"model/observe/x.c", "#include \"../../traces/sink.h\"\n", "traces/sink.h is already included by"},
    {"model/node/x.c", "#include \"../../cli/args.h\"\n", "model/node/x.c:1: only cli includes cli"},
    {"model/node/x.c", "#include \"nothing.h\"\n", "model/node/x.c:1: includes nothing.h, which is no file"},
    {"model/spec/x.c", "#include <cJSON.h>\n", "cJSON.h is already included by model/spec/json.c"},
    {"model/spec/x.c", "#include <stdio.h>\n", "model/spec/x.c:1: stdio.h belongs to"},
    {"traces/chrome.c", "#  include <stdio.h>\n", "traces/chrome.c:1: stdio.h belongs to"},
    {"sim/x.c", "#include <time.h>\n", "sim/x.c:1: time.h (the outer world)"},
    {"model/spec/x.c", "#include <sys/stat.h>\n", "model/spec/x.c:1: sys/stat.h (the outer world)"},
    {"model/observe/x.c", "#include <zlib.h>\n", "model/observe/x.c:1: zlib.h belongs to"},
    {"model/observe/x.c", "    qsort(a, n, s, f);\n", "model/observe/x.c:1: qsort needs a comment"},
};

START_TEST(a_broken_rule_of_includes_is_named)
{
    Ran ran = check_tree(broken[_i].path, broken[_i].text);
    ck_assert_int_eq(ran.exit, 1);
    ck_assert_msg(strstr(ran.out, broken[_i].said) != NULL, "expected: %s\nsaid: %s%s", broken[_i].said, ran.out,
                  ran.err);
    ran_free(&ran);
}
END_TEST

static const struct Broken allowed[] = {
    {"cli/x.c", "#include <stdio.h>\n#include \"../traces/out.h\"\n#include \"../model/spec/spec.h\"\n", NULL},
    {"traces/out.c", "#include <stdio.h>\n#include <unistd.h>\n#include <zlib.h>\n#include \"../sim/base.h\"\n", NULL},
    {"model/node/x.c", "#include \"sim/base.h\"\n#include \"../spec/spec.h\"\n#include <string.h>\n", NULL},
    {"model/node/x.c", "    /* by number: a total order */\n    qsort(a, n, s, f);\n", NULL},
};

START_TEST(what_the_rules_allow_passes)
{
    Ran ran = check_tree(allowed[_i].path, allowed[_i].text);
    ck_assert_msg(ran.exit == 0, "%s%s", ran.out, ran.err);
    ran_free(&ran);
}
END_TEST

static const struct Symbol {
    const char *room, *text, *said;
} symbols[] = {
    {"sim", "#include <stdlib.h>\nint f(void);\nint f(void) { return rand(); }\n", "sim/x.o: calls rand: randomness"},
    {"model/node", "#include <time.h>\nlong f(void);\nlong f(void) { return (long)time(0); }\n",
     "calls time: the wall clock"},
    {"model/node", "#include <math.h>\ndouble f(double);\ndouble f(double x) { return log(x); }\n",
     "calls log: differs"},
    {"traces", "#include <stdlib.h>\nvoid *f(void);\nvoid *f(void) { return malloc(8); }\n",
     "calls malloc: memory comes from"},
    {"sim", "int f(void);\nint f(void) { static int n; return ++n; }\n", "is global mutable state"},
    {"model/node", "typedef int unused;\n", "nm finds no symbols"},
    {"model/node", "int counter = 1;\n", "counter is global mutable state"},
    {"cli", "#include <stdlib.h>\nint f(void);\nint f(void) { return system(\"true\"); }\n",
     "cli/x.c: runs a command (system)"},
    {"cli", "#include <stdlib.h>\nchar *f(void);\nchar *f(void) { return getenv(\"HOME\"); }\n",
     "cli/x.c: reads the environment"},
    {"cli", "#include <sys/socket.h>\nint f(void);\nint f(void) { return socket(AF_INET, SOCK_STREAM, 0); }\n",
     "cli/x.c: opens a socket"},
    {"traces", "#include <unistd.h>\nint f(void);\nint f(void) { return fork() != 0; }\n",
     "traces/x.c: makes a process"},
    {"cli", "#include <unistd.h>\nlong f(void);\nlong syscall(long, ...);\nlong f(void) { return syscall(41); }\n",
     "cli/x.c: runs a command (syscall)"},
    {"cli", "extern char **environ;\nchar **f(void);\nchar **f(void) { return environ; }\n",
     "cli/x.c: knows the whole environment"},
};

START_TEST(a_banned_symbol_is_named)
{
    const char *compiler = getenv("CC");
    char path[64];
    snprintf(path, sizeof path, "%s/x.c", symbols[_i].room);
    const char *source = in_scratch(path);
    write_file(source, symbols[_i].text);
    snprintf(path, sizeof path, "objects/%s/x.o", symbols[_i].room);
    const char *object = in_scratch(path);
    Ran ran = run_program(compiler ? compiler : "cc", "-fno-builtin", "-c", "-o", object, source, NULL);
    ck_assert_msg(ran.exit == 0, "%s", ran.err);
    ran_free(&ran);
    ran = run_program("sh", "tests/layers.sh", scratch("objects"), scratch("."), NULL);
    ck_assert_int_eq(ran.exit, 1);
    ck_assert_msg(strstr(ran.out, symbols[_i].said) != NULL, "expected: %s\nsaid: %s%s", symbols[_i].said, ran.out,
                  ran.err);
    ran_free(&ran);
}
END_TEST

/* The manual of this tree lists one. */
START_TEST(a_variable_that_is_not_in_the_manual_is_named)
{
    static const char *const reads[][2] = {
        {"getenv(\"HOME\") || getenv(\"LISTED\")", "cli: HOME is not in the manual"},
        {"getenv(\"LISTED\") || getenv(\"HOME\")", "cli: HOME is not in the manual"},
        {"env_number(\"SHELL\", &n)", "cli: SHELL is not in the manual"},
        {"getenv(word)", "cli: getenv(word): which variable is it?"},
        {"getenv(\"LISTED\")", NULL},
    };
    char text[200];
    write_file(in_scratch("cli/man.c"), "{\"OTHER, LISTED\"}\n");
    snprintf(text, sizeof text, "int f(void) { return %s; }\n", reads[_i][0]);
    Ran ran = check_tree("cli/x.c", text);
    ck_assert_int_eq(ran.exit, reads[_i][1] != NULL);
    ck_assert_msg(!reads[_i][1] || strstr(ran.out, reads[_i][1]), "%s%s", ran.out, ran.err);
    ran_free(&ran);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

Suite *layers_suite(void)
{
    Suite *suite = suite_create("layers");
    TCase *tests = tcase_create("rules");
    tcase_add_checked_fixture(tests, NULL, scratch_remove);
    tcase_add_test(tests, the_tree_keeps_to_the_rules);
    tcase_add_loop_test(tests, a_broken_rule_of_includes_is_named, 0, COUNT(broken));
    tcase_add_loop_test(tests, what_the_rules_allow_passes, 0, COUNT(allowed));
    tcase_add_loop_test(tests, a_banned_symbol_is_named, 0, COUNT(symbols));
    tcase_add_loop_test(tests, a_variable_that_is_not_in_the_manual_is_named, 0, 5);
    suite_add_tcase(suite, tests);
    return suite;
}
