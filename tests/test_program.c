/* The compiler of the step language: what it says of a wrong program, where, and how to mend it; and what programs mean
 * where it is easily got wrong. The outputs are what Node 20 prints for the same JavaScript. */
#include "programs.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *program_suite(void);

static const struct {
    const char *program;
    int column;
    const char *what, *help;
} wrongs[] = {
    {"{\"main\":[{\"setTimeot\":[],\"ms\":1}]}", 11, "there is no step 'setTimeot'", "did you mean \"setTimeout\"?"},
    {"{\"main\":[{\"zzz\":1}]}", 11, "there is no step 'zzz'",
     "`loopsim init program` and the reference list the steps"},
    {"{\"main\":[{}]}", 10, "an empty step", "a step is a text or an object such as {\"cpu\": \"1ms\"}"},
    {"{\"main\":[5]}", 10, "a step is expected here", "a step is a text or an object such as {\"cpu\": \"1ms\"}"},
    {"{\"main\":[{\"cpu\":\"5 parsecs\"}]}", 17, "not a unit of time (ns us ms s m h)",
     "as in \"200ms\" or {\"exponential\": \"5ms\"}"},
    {"{\"main\":[{\"cpu\":{\"exponential\":\"5ms\"}}]}", 17, "a duration is expected here",
     "write 5 (milliseconds), \"250us\", \"$x\" or an expression; random durations belong to workloads"},
    {"{\"main\":[{\"cpu\":null}]}", 17, "a duration is expected here",
     "write 5 (milliseconds), \"250us\", \"$x\" or an expression; random durations belong to workloads"},
    {"{\"main\":[{\"io\":\"db\"}]}", 11, "no 'io' in a program", "it belongs to workloads (files with \"handlers\")"},
    {"{\"main\":[{\"choose\":[[1,[]]]}]}", 11, "no 'choose' in a program",
     "it belongs to workloads (files with \"handlers\")"},
    {"{\"main\":[{\"lock\":\"l\",\"do\":[]}]}", 11, "no 'lock' in a program",
     "it belongs to workloads (files with \"handlers\")"},
    {"{\"main\":[{\"log\":{\"cpu\":1}}]}", 18, "'cpu' gives no value", "it stands alone, as a statement"},
    {"{\"main\":[{\"nextTick\":[],\"ms\":5}]}", 25, "'ms' does not belong to 'nextTick'",
     "nothing stands beside 'nextTick'"},
    {"{\"main\":[{\"setTimeout\":[],\"ms\":5,\"after\":1}]}", 34, "'after' does not belong to 'setTimeout'",
     "beside 'setTimeout' may stand: ms as"},
    {"{\"main\":[{\"cpu\":1,\"setTimeout\":[]}]}", 19, "'setTimeout' does not belong to 'cpu'",
     "one verb a step: make it a step of its own"},
    {"{\"main\":[{\"setTimeout\":[]}]}", 10, "a duration is missing", "write 5 (milliseconds) or \"250us\""},
    {"{\"main\":[{\"setTimeout\":5,\"ms\":1}]}", 24, "a function is expected here",
     "[ … ], \"f\", {\"async\": [ … ]}, {\"args\": [\"a\"], \"do\": [ … ]} or {\"bind\": \"f\", \"args\": [1]}"},
    {"{\"main\":[\"${nowhere}\"]}", 10, "'nowhere' is defined nowhere",
     "a variable is made with `let`, `vars`, `as`, or as an argument"},
    {"{\"main\":[{\"let\":{\"count\":0}},\"${cout}\"]}", 30, "'cout' is defined nowhere", "did you mean 'count'?"},
    {"{\"main\":[{\"if\":1,\"then\":[{\"let\":{\"inner\":1}}]},\"${inner}\"]}", 48, "'inner' is defined nowhere",
     "a variable is made with `let`, `vars`, `as`, or as an argument"},
    {"{\"main\":[{\"set\":{\"x\":1}}]}", 22, "'x' is defined nowhere",
     "a variable is made with `let`, `vars`, `as`, or as an argument"},
    {"{\"main\":[{\"set\":5}]}", 17, "'set' takes an object of names and values", "write {\"set\": {\"x\": 1}}"},
    {"{\"main\":[{\"inc\":5}]}", 17, "'inc' takes the name of a variable", "write {\"inc\": \"x\"}"},
    {"{\"main\":[{\"let\":5}]}", 17, "'let' takes an object of names and values", "write {\"let\": {\"x\": 1}}"},
    {"{\"main\":[{\"call\":\"nothing\"}],\"functions\":{\"g\":[]}}", 18, "the function 'nothing' is defined nowhere",
     "functions are defined under \"functions\" at the top level"},
    {"{\"main\":[{\"call\":\"handel\"}],\"functions\":{\"handle\":[]}}", 18, "the function 'handel' is defined nowhere",
     "did you mean 'handle'?"},
    {"{\"main\":[{\"call\":5}]}", 18, "'call' takes the name of a function", "\"call\": \"f\""},
    {"{\"main\":[{\"call\":\"f\",\"args\":5}],\"functions\":{\"f\":[]}}", 29, "'args' is an array of values",
     "\"args\": [1, \"$x\"]"},
    {"{\"main\":[{\"await\":1}]}", 10, "no await here",
     "await stands in async functions, in handlers and in the main of an ES module"},
    {"{\"functions\":{\"f\":[{\"await\":1}]},\"main\":[]}", 20, "no await here",
     "await stands in async functions, in handlers and in the main of an ES module"},
    {"{\"main\":[{\"resolved\":1,\"as\":\"x\"},{\"resolved\":2,\"as\":\"x\"}]}", 53,
     "'x' is declared twice in this body",
     "each name is declared once in a body; a variable made with `let` can be assigned again"},
    {"{\"main\":[{\"let\":{\"x\":1}},{\"let\":{\"x\":2}}]}", 38, "'x' is declared twice in this body",
     "each name is declared once in a body"},
    {"{\"main\":[{\"resolved\":1,\"as\":5}]}", 29, "'as' takes the name of a variable", "\"as\": \"name\""},
    {"{\"main\":[{\"resolved\":1,\"as\":\"for\"}]}", 29, "'for' is a word of the language", "choose another name"},
    {"{\"main\":[{\"resolved\":1,\"as\":\"a b\"}]}", 29, "'a b' is not a name",
     "a name is a letter, then letters, digits and _"},
    {"{\"main\":[{\"repeat\":3}]}", 10, "'do' is missing", "write \"do\": [ … ]"},
    {"{\"main\":[{\"repeat\":3,\"as\":5,\"do\":[]}]}", 27, "'as' takes a name", "write \"as\": \"name\""},
    {"{\"main\":[{\"while\":true,\"do\":5}]}", 29, "a body is expected here", "a body is an array of steps: [ … ]"},
    {"{\"main\":[{\"each\":[1],\"do\":[]}]}", 10, "'as' takes a name", "write \"as\": \"name\""},
    {"{\"main\":[{\"try\":[]}]}", 10, "'try' needs a catch or a finally", "write {\"try\": [ … ], \"catch\": [ … ]}"},
    {"{\"main\":[{\"if\":1,\"then\":5}]}", 25, "a body is expected here", "a body is an array of steps: [ … ]"},
    {"{\"main\":[{\"chain\":[]}]}", 19, "'chain' takes an array that begins with a promise",
     "write {\"chain\": [PROMISE, {\"then\": …}, {\"catch\": …}]}"},
    {"{\"main\":[{\"chain\":[1,{\"then\":[],\"catch2\":[]}]}]}", 42, "'catch2' does not belong to a link of a chain",
     "a link is {\"then\": …}, {\"then\": …, \"else\": …}, {\"catch\": …} or {\"finally\": …}"},
    {"{\"main\":[{\"all\":5}]}", 17, "'all' takes an array",
     "write {\"all\": [PROMISE, [ … ], …]}: an array inside is a body"},
    {"{\"main\":[{\"add\":[1]}]}", 17, "'add' takes an array of two values", "write {\"add\": [1, \"$x\"]}"},
    {"{\"main\":[{\"eq\":[1,2,3]}]}", 16, "'eq' takes an array of two values", "write {\"eq\": [1, \"$x\"]}"},
    {"{\"main\":[{\"resolve\":1}]}", 10, "'resolve' is defined nowhere",
     "resolve and reject stand inside a promise's body, or name a promise with \"of\""},
    {"{\"main\":[{\"promise\":[{\"resolve\":1,\"of\":5}]}]}", 40,
     "'of' names a promise: the `id` of one, or a deferred", "\"of\": \"p\""},
    {"{\"main\":[{\"thenable\":5}]}", 22, "a body is expected here", "a body is an array of steps: [ … ]"},
    {"{\"main\":[{\"async\":5}]}", 19, "a body is expected here", "a body is an array of steps: [ … ]"},
    {"{\"main\":[{\"fs\":\"stats\"}]}", 16, "'fs' takes the name of a file operation",
     "\"stat\", \"open\", \"readFile\" or \"missing\""},
    {"{\"main\":[{\"fsp\":\"open\"}]}", 17, "'fsp' takes the name of a file operation",
     "\"stat\", \"readFile\" or \"missing\""},
    {"{\"main\":[{\"fs\":\"readFile\",\"size\":\"big\"}]}", 34, "a size is expected here",
     "not a size: a number and a unit (B kB MB GB KiB MiB GiB)"},
    {"{\"main\":[{\"pool\":1,\"kind\":\"gpu\"}]}", 27, "'kind' is the kind of a pool task",
     "\"cpu\", \"fs\" or \"dns\""},
    {"{\"main\":[{\"net\":1,\"conn\":5}]}", 26, "'conn' is the name of a persistent connection", "\"conn\": \"db\""},
    {"{\"main\":[{\"sync\":{\"net\":1}}]}", 25, "'net' has no synchronous form",
     "sync takes io, fs, pool, pbkdf2 or zlib"},
    {"{\"main\":[{\"sync\":5}]}", 18, "'sync' takes an I/O step: io, fs, pool, pbkdf2 or zlib",
     "write {\"sync\": {\"fs\": \"readFile\"}}"},
    {"{\"main\":[{\"clear\":5}]}", 19, "'clear' takes the name of a variable", "write {\"clear\": \"t\"}"},
    {"{\"main\":[{\"clear\":\"t\"}]}", 19, "'t' is defined nowhere",
     "a variable is made with `let`, `vars`, `as`, or as an argument"},
    {"{\"main\":[{\"on\":5,\"event\":\"x\",\"do\":[]}]}", 16, "'on' takes the name of an emitter",
     "write {\"on\": \"ee\", \"event\": \"x\", \"do\": [ … ]}"},
    {"{\"main\":[{\"on\":\"process\",\"do\":[]}]}", 10, "'event' takes a name", "write \"event\": \"name\""},
    {"{\"main\":[{\"on\":\"process\",\"event\":\"exit\"}]}", 10, "'do' is missing", "write \"do\": [ … ]"},
    {"{\"main\":[{\"emit\":\"ee\",\"event\":\"x\"}]}", 18, "'ee' is defined nowhere",
     "a variable is made with `let`, `vars`, `as`, or as an argument"},
    {"{\"main\":[{\"emitter\":\"ee\"},{\"emit\":\"ee\",\"event\":\"x\",\"args\":5}]}", 59,
     "'args' is an array of values", "\"args\": [1, \"$x\"]"},
    {"{\"main\":[{\"emitter\":5}]}", 21, "'emitter' takes a name", "write {\"emitter\": \"ee\"}"},
    {"{\"main\":[{\"deferred\":5}]}", 22, "'deferred' takes a name", "write {\"deferred\": \"d\"}"},
    {"{\"main\":[{\"open\":5}]}", 18, "'open' takes a name", "write {\"open\": \"h\"}"},
    {"{\"main\":[{\"close\":5}]}", 19, "'close' takes the name of a variable", "write {\"close\": \"h\"}"},
    {"{\"main\":[{\"serve\":5,\"handler\":[]}]}", 19, "'serve' takes an array of times",
     "write {\"serve\": [10, 20], \"handler\": [ … ]}"},
    {"{\"main\":[{\"serve\":[5]}]}", 10, "'handler' is missing", "write \"handler\": [ … ]"},
    {"{\"main\":[{\"listen\":[5]}]}", 10, "'onRequest' is missing", "write \"onRequest\": [ … ]"},
    {"{\"main\":[{\"exit\":0,\"code\":1}]}", 20, "'code' does not belong to 'exit'", "nothing stands beside 'exit'"},
    {"{\"module\":\"esm\",\"main\":[{\"return\":1}]}", 25, "no return here",
     "the main of an ES module is no function; move it into one"},
    {"{\"functions\":{\"f\":{\"args\":[5],\"do\":[]}},\"main\":[]}", 28, "an argument is a name",
     "\"args\": [\"a\", \"b\"]"},
    {"{\"functions\":{\"f\":{\"args\":5,\"do\":[]}},\"main\":[]}", 27, "'args' is an array of names",
     "\"args\": [\"a\", \"b\"]"},
    {"{\"functions\":{\"f\":5},\"main\":[]}", 19, "a function is an array of steps or an object",
     "as in [ \"a step\" ] or {\"async\": [ ... ], \"args\": [\"n\"]}"},
    {"{\"main\":[{\"setTimeout\":{\"do\":[],\"arg\":[]},\"ms\":1}]}", 39, "'arg' does not belong to a function",
     "a function is {\"args\": [\"a\"], \"do\": [ … ]} or {\"async\": [ … ]}"},
    {"{\"main\":[{\"setTimeout\":{\"bind\":\"f\"},\"ms\":1}]}", 32, "the function 'f' is defined nowhere",
     "functions are defined under \"functions\" at the top level"},
    {"{\"module\":\"esm\",\"main\":[{\"await\":{\"io\":\"db\"}}]}", 35, "no 'io' in a program",
     "it belongs to workloads (files with \"handlers\")"},
    {"{\"module\":\"esm\",\"main\":[{\"await\":{\"zzz\":1}}]}", 35, "there is no step 'zzz'",
     "`loopsim init program` and the reference list the steps"},
    {"{\"main\":[{\"fs\":\"readFile\",\"size\":true}]}", 34, "a size is expected here",
     "a number of bytes, or \"64KiB\""},
    {"{\"main\":[{\"sync\":{\"net\":1,\"conn\":\"c\"}}]}", 25, "'net' has no synchronous form",
     "sync takes io, fs, pool, pbkdf2 or zlib"},
    {"{\"main\":[{\"promise\":[{\"resolve\":1,\"of\":\"p\"}],\"id\":\"q\"}]}", 40, "'resolve_p' is defined nowhere",
     "did you mean 'resolve_q'?"},
    {"{\"main\":[{\"reject\":1}]}", 10, "'reject' is defined nowhere",
     "resolve and reject stand inside a promise's body, or name a promise with \"of\""},
    {"{\"functions\":{\"f\":{\"args\":[\"a\",\"1x\"],\"do\":[]}},\"main\":[]}", 32, "'1x' is not a name",
     "a name is a letter, then letters, digits and _"},
    {"{\"functions\":{\"f\":{\"args\":[\"a\"]}},\"main\":[]}", 19, "a function is expected here",
     "[ … ], {\"async\": [ … ]} or {\"args\": [\"a\"], \"do\": [ … ]}"},
    {"{\"vars\":{\"1x\":0},\"main\":[]}", 15, "'1x' is not a name", "a name is a letter, then letters, digits and _"},
    {"{\"main\":[{\"emitter\":\"e\"},{\"emit\":\"e\",\"event\":5}]}", 46, "'event' takes a name",
     "write \"event\": \"name\""},
    {"{\"main\":[{\"cpu\":1,\"\":2}]}", 19, "'' does not belong to 'cpu'", "nothing stands beside 'cpu'"},
    {"{\"main\":[{\"setTimeout\":[],\"ms\":5,\"ms as\":1}]}", 34, "'ms as' does not belong to 'setTimeout'",
     "beside 'setTimeout' may stand: ms as"},
};

/* Letters of ASCII, digits and _; the first one a letter. */
START_TEST(a_variable_has_a_plain_name)
{
    static const char *const good[] = {"a", "z", "A", "Z", "a0", "aZ9_", "x_"}, *const bad[] = {
                                                                                    "_",  "_a",        "0a",
                                                                                    "{",  "@a",        "[a",
                                                                                    "a-", "a:b",       "a{",
                                                                                    "a@", "a\xc3\xa9", "\xc3\xa9"};
    for (size_t i = 0; i < COUNT_OF(good) + COUNT_OF(bad); i++) {
        char program[100];
        bool fine = i < COUNT_OF(good);
        const char *name = fine ? good[i] : bad[i - COUNT_OF(good)];
        snprintf(program, sizeof program, "{\"main\":[{\"let\":{\"%s\":1}}]}", name);
        Played played = play_program(program, NULL);
        ck_assert_msg(played.refused != fine, "'%s': %s", name, played.diagnostics);
        played_free(&played);
    }
}
END_TEST

/* epoll_wait gives at most 1,024 events; after as many libuv looks again before the check phase, up to 48 times in all.
 * What was not in the first batch comes in the next, and nothing comes twice. */
START_TEST(a_full_batch_is_followed_by_another)
{
    static const struct {
        int requests;
        const char *lines;
    } cases[] = {
        {1023, "timer 0|immediate 1023|"},
        {1024, "timer 0|immediate 1024|"},
        {1500, "timer 0|immediate 1500|"},
        {48 * 1024 + 1, "timer 0|immediate 49152|"},
    };
    static const char begin[] = "{\"main\":[{\"let\":{\"n\":0}},{\"serve\":[",
                      end[] = "],\"handler\":[{\"inc\":\"n\"},{\"if\":{\"eq\":[\"$n\",1]},\"then\":[{\"setImmediate\":["
                              "\"immediate ${n}\"]}]}]},{\"setTimeout\":[{\"cpu\":20},\"timer ${n}\"],\"ms\":5}]}";
    size_t size = strlen(begin) + 3 * (size_t)cases[_i].requests + sizeof end;
    char *program = malloc(size), *at = program;
    ck_assert_ptr_nonnull(program);
    at += sprintf(at, "%s10", begin);
    for (int i = 1; i < cases[_i].requests; i++)
        at += sprintf(at, ",10");
    sprintf(at, "%s", end);
    ck_program(program, cases[_i].lines, 0);
    free(program);
}
END_TEST

START_TEST(a_wrong_program_is_refused_with_place_and_help)
{
    char first[400], help[400];
    snprintf(first, sizeof first, "p.json:1:%d: error: %s\n", wrongs[_i].column, wrongs[_i].what);
    snprintf(help, sizeof help, "help: %s\n", wrongs[_i].help);
    Played played = play_program(wrongs[_i].program, NULL);
    ck_assert_msg(played.refused, "%s is accepted", wrongs[_i].program);
    ck_assert_msg(strncmp(played.diagnostics, first, strlen(first)) == 0, "%s says\n%snot\n%s", wrongs[_i].program,
                  played.diagnostics, first);
    ck_assert_msg(strstr(played.diagnostics, help) != NULL, "%s says\n%swithout\n%s", wrongs[_i].program,
                  played.diagnostics, help);
    played_free(&played);
}
END_TEST

START_TEST(all_that_is_wrong_is_said_at_once)
{
    Played played = play_program("{\"main\":[{\"cpu\":null},{\"call\":\"g\"},\n{\"setTimeot\":[]},\"${x}\"]}", NULL);
    const char *at = played.diagnostics;
    static const char *const places[] = {"p.json:1:17", "p.json:1:31", "p.json:2:2", "p.json:2:18"};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        at = strstr(at, places[i]);
        ck_assert_msg(at != NULL, "%s is missing in\n%s", places[i], played.diagnostics);
    }
    played_free(&played);
}
END_TEST

static const struct {
    const char *about, *program, *lines;
    int exit_code;
} meanings[] = {
    {"texts become numbers as Number() has it",
     "{\"main\":[{\"each\":[\"12\",\" 1e3 "
     "\",\"1e\",\".5\",\"5.\",\".\",\"+1\",\"-1\",\"--1\",\"\",\"-Infinity\",\"+Infinity\",\"1e+\",\"1e+2\",\"1E-2\","
     "\"1 2\",\"\\t3\\n\\r "
     "\",\"e5\",\"1.5.5\",\"1e5x\",\"-\",\"Infinit\"],\"as\":\"s\",\"do\":[{\"log\":{\"sub\":[\"$s\",0]}}]}]}",
     "12|1000|NaN|0.5|5|NaN|1|-1|NaN|0|-Infinity|Infinity|NaN|100|0.01|NaN|3|NaN|NaN|NaN|NaN|NaN|", 0},
    {"what else becomes a number, and what equals what",
     "{\"main\":[{\"log\":{\"sub\":[true,0]}},{\"log\":{\"sub\":[false,1]}},{\"log\":{\"sub\":[null,0]}},{\"log\":{"
     "\"eq\":[null,null]}},{\"log\":{\"eq\":[true,false]}},{\"log\":{\"eq\":[\"ab\",\"ac\"]}},{\"log\":{\"eq\":[\"5\","
     "5]}}]}",
     "1|-1|NaN|true|false|false|false|", 0},
    {"a microtask's rejection waits for the ticks that it queued",
     "{\"main\":[{\"on\":\"process\",\"event\":\"unhandledRejection\",\"do\":[\"UR "
     "${e}\"]},{\"queueMicrotask\":[{\"rejected\":\"x\"},{\""
     "nextTick\":[\"tick\"]}]},{\"nextTick\":[\"first\"]}]}",
     "first|tick|UR x|", 0},
    {"a listener that handles the next rejection in time keeps it from being reported",
     "{\"main\":[{\"let\":{\"second\":null}},{\"on\":\"process\",\"event\":\"unhandledRejection\",\"do\":[\"UR "
     "${e}\",{\"chain\":[\"$seco"
     "nd\",{\"catch\":[\"caught ${e}\"]}]}]},{\"rejected\":\"one\"},{\"set\":{\"second\":{\"rejected\":\"two\"}}}]}",
     "UR one|UR two|caught two|caught two|", 0},
    {"a listener that throws leaves the other rejections for later",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE "
     "${e}\"]},{\"on\":\"process\",\"event\":\"unhandledRejec"
     "tion\",\"do\":[\"UR ${e}\",{\"throw\":\"from "
     "${e}\"}]},{\"rejected\":\"one\"},{\"rejected\":\"two\"},{\"setImmediate\":[\"immediat"
     "e\"]}]}",
     "UR one|UE from one|immediate|", 0},
    {"events tell the promise and the origin",
     "{\"main\":[{\"on\":\"process\",\"event\":\"rejectionHandled\",\"do\":[\"RH "
     "${v}\"]},{\"on\":\"process\",\"event\":\"unhandledReject"
     "ion\",\"do\":{\"args\":[\"e\",\"p\"],\"do\":[\"UR ${e} "
     "${p}\"]}},{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":{\"args\":["
     "\"e\",\"from\"],\"do\":[\"UE ${e} "
     "${from}\"]}},{\"rejected\":\"x\",\"as\":\"p\"},{\"setImmediate\":[{\"chain\":[\"$p\",{\"catch\":[\"la"
     "te\"]}]},{\"throw\":\"y\"}]}]}",
     "UR x [promise]|UE y uncaughtException|late|RH [promise]|", 0},
    {"a rejection with what is no error is named in one",
     "{\"main\":[{\"let\":{\"five\":5}},{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":{\"args\":[\"e\","
     "\"from\"],\"do\":[\"${fro"
     "m}: ${e}\"]}},{\"rejected\":\"$five\"}]}",
     "unhandledRejection: This error originated either by throwing inside of an async function without a catch block, "
     "or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason \"5\".|",
     0},
    {"an emitted error that is none",
     "{\"main\":[{\"let\":{\"five\":5}},{\"emitter\":\"ee\"},{\"try\":[{\"emit\":\"ee\",\"event\":\"error\",\"args\":["
     "\"$five\"]}],\"catch\":["
     "\"${e}\"]},{\"try\":[{\"emit\":\"ee\",\"event\":\"error\",\"args\":[\"boom\"]}],\"catch\":[\"${e}\"]},{\"try\":[{"
     "\"emit\":\"ee\",\"event\""
     ":\"error\"}],\"catch\":[\"${e}\"]}]}",
     "Unhandled error. (5)|boom|Unhandled error. (undefined)|", 0},
    {"an exit listener that throws is not called again",
     "{\"main\":[{\"on\":\"process\",\"event\":\"exit\",\"do\":[\"exit ${v}\",{\"throw\":\"x\"}]},\"main\"]}",
     "main|exit 0|", 1},
    {"an exit listener that throws within process.exit keeps its code",
     "{\"main\":[{\"on\":\"process\",\"event\":\"exit\",\"do\":[\"exit ${v}\",{\"throw\":\"x\"}]},{\"exit\":3}]}",
     "exit 3|", 3},
    {"process.exit within an exit listener",
     "{\"main\":[{\"on\":\"process\",\"event\":\"exit\",\"do\":[\"exit ${v}\",{\"exit\":9},\"never\"]},{\"exit\":3}]}",
     "exit 3|", 9},
    {"an uncaughtException listener that throws",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE\",{\"throw\":\"again\"}]},{\"on\":"
     "\"process\",\"event\":\"e"
     "xit\",\"do\":[\"exit ${v}\"]},{\"throw\":\"x\"}]}",
     "UE|", 7},
    {"an immediate that throws as the last of its batch: those made meanwhile follow at once",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[]},{\"setImmediate\":[{\"setImmediate\":["
     "\"nested\"]},{\"q"
     "ueueMicrotask\":[\"microtask\"]},{\"throw\":\"x\"}]}]}",
     "nested|microtask|", 0},
    {"one iteration follows even if the first timers leave nothing alive",
     "{\"main\":[{\"setImmediate\":[\"immediate\"],\"as\":\"i\"},{\"unref\":\"i\"},{\"setTimeout\":[\"timeout\"],"
     "\"ms\":0},{\"cpu\":4}]}",
     "timeout|immediate|", 0},
    {"an interval that is refreshed in its own callback",
     "{\"main\":[{\"let\":{\"n\":0}},{\"setInterval\":[{\"inc\":\"n\"},\"run "
     "${n}\",{\"refresh\":\"t\"},{\"if\":{\"eq\":[\"$n\",3]},\"then\":["
     "{\"clear\":\"t\"}]}],\"ms\":5,\"as\":\"t\"}]}",
     "run 1|run 2|run 3|", 0},
    {"a timeout refreshed in its own callback runs again",
     "{\"main\":[{\"let\":{\"n\":0}},{\"setTimeout\":[{\"inc\":\"n\"},\"run "
     "${n}\",{\"if\":{\"lt\":[\"$n\",3]},\"then\":[{\"refresh\":\"t\"}]}"
     "],\"ms\":5,\"as\":\"t\"}]}",
     "run 1|run 2|run 3|", 0},
    {"a variable before its declaration",
     "{\"main\":[{\"try\":[\"${x}\"],\"catch\":[\"${e}\"]},{\"try\":[{\"set\":{\"x\":1}}],\"catch\":[\"${e}\"]},{"
     "\"let\":{\"x\":1}},\"${x}\",{"
     "\"if\":true,\"then\":[{\"try\":[\"${x}\"],\"catch\":[\"${e}\"]},{\"let\":{\"x\":2}},\"${x}\"]},\"${x}\"]}",
     "Cannot access 'x' before initialization|Cannot access 'x' before initialization|1|Cannot access 'x' before "
     "initialization|2|1|",
     0},
    {"a declaration that throws leaves its variable without a value",
     "{\"functions\":{\"f\":[{\"throw\":\"x\"}]},\"main\":[{\"queueMicrotask\":[{\"try\":[\"${a}\"],\"catch\":[\"${e}"
     "\"]}]},{\"on\":\"proce"
     "ss\",\"event\":\"uncaughtException\",\"do\":[\"UE ${e}\"]},{\"call\":\"f\",\"as\":\"a\"}]}",
     "UE x|Cannot access 'a' before initialization|", 0},
    {"the variable of each cannot be assigned, that of repeat can",
     "{\"main\":[{\"each\":[1,2],\"as\":\"x\",\"do\":[{\"try\":[{\"inc\":\"x\"}],\"catch\":[\"${e}\"]}]},{\"repeat\":5,"
     "\"as\":\"i\",\"do\":[\"${i"
     "}\",{\"inc\":\"i\"}]}]}",
     "Assignment to constant variable.|Assignment to constant variable.|1|3|5|", 0},
    {"closures keep their own turn of a loop",
     "{\"main\":[{\"repeat\":3,\"as\":\"i\",\"do\":[{\"nextTick\":[\"repeat "
     "${i}\"]}]},{\"each\":[\"a\",\"b\"],\"as\":\"x\",\"do\":[{\"queueMic"
     "rotask\":[\"each "
     "${x}\"]}]},{\"let\":{\"n\":0}},{\"while\":{\"lt\":[\"$n\",2]},\"do\":[{\"inc\":\"n\"},{\"let\":{\"m\":\"$n\"}},{"
     "\"nextT"
     "ick\":[\"while ${m} ${n}\"]}]}]}",
     "repeat 1|repeat 2|repeat 3|while 1 2|while 2 2|each a|each b|", 0},
    {"as assigns to a let that is visible, else it declares",
     "{\"vars\":{\"v\":\"old\"},\"functions\":{\"f\":[{\"return\":\"new\"}]},\"main\":[{\"if\":true,\"then\":[{"
     "\"call\":\"f\",\"as\":\"v\"},{\"ca"
     "ll\":\"f\",\"as\":\"w\"},\"${v} ${w}\"]},\"${v}\",{\"let\":{\"w\":\"outer\"}},\"${w}\"]}",
     "new new|new|outer|", 0},
    {"return goes through finally, which may override it",
     "{\"functions\":{\"f\":[{\"try\":[{\"return\":\"try\"}],\"finally\":[\"finally "
     "f\"]}],\"g\":[{\"try\":[{\"return\":\"try\"}],\"finally"
     "\":[{\"return\":\"finally\"}]}],\"h\":[{\"try\":[{\"throw\":\"x\"}],\"finally\":[{\"return\":\"finally\"}]}],"
     "\"k\":[{\"try\":[{\"try\":"
     "[{\"throw\":\"x\"}],\"catch\":[{\"throw\":\"y\"}],\"finally\":[\"inner\"]}],\"catch\":[\"${e}\",{\"return\":"
     "\"k\"}],\"finally\":[\"oute"
     "r\"]}]},\"main\":[{\"call\":\"f\",\"as\":\"a\"},\"${a}\",{\"call\":\"g\",\"as\":\"b\"},\"${b}\",{\"call\":\"h\","
     "\"as\":\"c\"},\"${c}\",{\"call\":"
     "\"k\",\"as\":\"d\"},\"${d}\"]}",
     "finally f|try|finally|finally|inner|y|outer|k|", 0},
    {"finally awaits, whatever ends the part before it",
     "{\"functions\":{\"f\":{\"async\":[{\"try\":[{\"await\":{\"rejected\":\"x\"}}],\"catch\":[\"caught "
     "${e}\",{\"return\":{\"resolved\":\""
     "value\"}}],\"finally\":[\"before\",{\"await\":null},\"after\"]}]}},\"main\":[{\"chain\":[{\"call\":\"f\"},{"
     "\"then\":[\"${v}\"]}]},{"
     "\"chain\":[{\"resolved\":1},{\"then\":[\"1\"]},{\"then\":[\"2\"]},{\"then\":[\"3\"]},{\"then\":[\"4\"]},{"
     "\"then\":[\"5\"]},{\"then\":[\"6"
     "\"]},{\"then\":[\"7\"]},{\"then\":[\"8\"]}]}]}",
     "caught x|before|1|after|2|3|4|value|5|6|7|8|", 0},
    {"await within other expressions",
     "{\"functions\":{\"f\":{\"async\":[{\"add\":[{\"await\":{\"resolved\":\"a\"}},{\"await\":{\"call\":\"g\"}}],"
     "\"as\":\"x\"},\"${x}\",{\"call"
     "\":\"h\",\"args\":[{\"await\":{\"resolved\":1}},{\"await\":2}]},{\"return\":[{\"await\":{\"sleep\":2,\"value\":"
     "\"s\"}},\"end\"]}]},\"g"
     "\":{\"async\":[{\"return\":\"g\"}]},\"h\":{\"args\":[\"a\",\"b\"],\"do\":[\"${a} "
     "${b}\"]}},\"main\":[{\"chain\":[{\"call\":\"f\"},{\"then\""
     ":[\"${v}\"]}]},\"main\"]}",
     "main|ag|1 2|s,end|", 0},
    {"once, nested emits, and listeners added or removed meanwhile",
     "{\"functions\":{\"f\":[\"f\"],\"g\":[\"g\",{\"off\":\"ee\",\"event\":\"x\",\"do\":\"f\"}]},\"main\":[{"
     "\"emitter\":\"ee\"},{\"once\":\"ee\",\"ev"
     "ent\":\"x\",\"do\":[\"once\",{\"emit\":\"ee\",\"event\":\"x\"}]},{\"on\":\"ee\",\"event\":\"x\",\"do\":\"g\"},{"
     "\"on\":\"ee\",\"event\":\"x\",\"do\""
     ":\"f\"},{\"emit\":\"ee\",\"event\":\"x\"},\"again\",{\"emit\":\"ee\",\"event\":\"x\"},{\"off\":\"ee\",\"event\":"
     "\"x\",\"do\":[\"nobody\"]},{\"e"
     "mit\":\"ee\",\"event\":\"x\"}]}",
     "once|g|f|g|f|again|g|g|", 0},
    {"close of a request cancels it",
     "{\"main\":[{\"net\":20,\"cb\":[\"never\"],\"as\":\"r\"},{\"close\":\"r\",\"cb\":[\"closed\"]},{\"clear\":\"r\"},"
     "\"main\"]}",
     "main|closed|", 0},
    {"a second request on a connection replaces the first",
     "{\"main\":[{\"net\":10,\"conn\":\"c\",\"cb\":[\"never\"]},{\"net\":5,\"conn\":\"c\",\"cb\":[\"second\"]}]}",
     "second|", 0},
    {"process.exit in a promise executor, in a listener, in a microtask",
     "{\"main\":[{\"on\":\"process\",\"event\":\"exit\",\"do\":[\"exit "
     "${v}\"]},{\"chain\":[{\"promise\":[{\"nextTick\":[\"never\"]},{\"exi"
     "t\":5},{\"resolve\":1}]},{\"then\":[\"never\"]}]},\"never\"]}",
     "exit 5|", 5},
    {"the error of an ES module's body is reported three microtasks later",
     "{\"module\":\"esm\",\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE "
     "${e}\"]},{\"chain\":[{\"resolved\":1}"
     ",{\"then\":[\"1\"]},{\"then\":[\"2\"]},{\"then\":[\"3\"]},{\"then\":[\"4\"]}]},{\"nextTick\":[\"tick\"]},{"
     "\"throw\":\"x\"}]}",
     "1|2|3|UE x|4|tick|", 0},
    {"and four where it has an await of its own",
     "{\"module\":\"esm\",\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE "
     "${e}\"]},{\"await\":null},{\"chain\":"
     "[{\"resolved\":1},{\"then\":[\"1\"]},{\"then\":[\"2\"]},{\"then\":[\"3\"]},{\"then\":[\"4\"]},{\"then\":[\"5\"]},"
     "{\"then\":[\"6\"]}]},{\""
     "throw\":\"x\"}]}",
     "1|2|3|4|UE x|5|6|", 0},
    {"a top-level await that never ends",
     "{\"module\":\"esm\",\"main\":[{\"on\":\"process\",\"event\":\"exit\",\"do\":[\"exit "
     "${v}\"]},{\"await\":{\"promise\":[]}},\"never\"]}",
     "exit 0|", 13},
    {"resolve with itself",
     "{\"main\":[{\"deferred\":\"d\"},{\"resolve\":\"$d\",\"of\":\"d\"},{\"chain\":[\"$d\",{\"catch\":[\"${e}\"]}]}]}",
     "Chaining cycle detected for promise #<Promise>|", 0},
    {"the errors of any and of what is no function",
     "{\"main\":[{\"chain\":[{\"any\":[{\"rejected\":\"a\"},{\"rejected\":\"b\"}]},{\"catch\":[{\"log\":{\"add\":[\"\","
     "\"$e\"]}}]}]},{\"chain"
     "\":[{\"any\":[]},{\"catch\":[\"${e}\"]}]}]}",
     "All promises were rejected|AggregateError: All promises were rejected|", 0},
    {"inc makes a number, by may join texts",
     "{\"main\":[{\"let\":{\"a\":\"5\",\"b\":\"5\",\"c\":null}},{\"inc\":\"a\"},{\"inc\":\"b\",\"by\":\"x\"},{\"inc\":"
     "\"c\"},\"${a} ${b} ${c}\"]}",
     "6 5x NaN|", 0},
    {"what is thrown may be anything",
     "{\"main\":[{\"let\":{\"n\":7}},{\"try\":[{\"throw\":\"$n\"}],\"catch\":[\"${e}\"],\"finally\":[\"done\"]},{"
     "\"chain\":[{\"promise\":[{\""
     "throw\":\"$n\"}]},{\"catch\":[\"caught ${e}\"]}]},{\"throw\":[\"a\",\"b\"]}]}",
     "7|done|", 1},
    {"async functions as callbacks everywhere",
     "{\"functions\":{\"f\":{\"async\":[\"f\",{\"await\":null},\"f "
     "after\"]}},\"main\":[{\"setTimeout\":\"f\",\"ms\":1},{\"setImmediate\":"
     "\"f\"},{\"nextTick\":\"f\"},{\"queueMicrotask\":{\"async\":[\"m\",{\"await\":null},\"m "
     "after\"]}},{\"chain\":[{\"resolved\":1},{\"t"
     "hen\":\"f\"},{\"finally\":{\"async\":[\"fin\",{\"await\":null},\"fin after\"]}},{\"then\":[\"end "
     "${v}\"]}]},{\"cpu\":3}]}",
     "f|m|f|f after|m after|f after|fin|fin after|end undefined|f|f after|f|f after|", 0},
    {"nested promises are settled by their names",
     "{\"main\":[{\"chain\":[{\"promise\":[{\"chain\":[{\"promise\":[{\"resolve\":\"from inner\",\"of\":\"outer\"},{"
     "\"reject\":\"no\",\"of\":\"inner\"}],\"id\":\"inner\"},{\"catch\":[\"inner "
     "${e}\"]}]}],\"id\":\"outer\"},{\"then\":"
     "[\"outer ${v}\"]}]}]}",
     "inner no|outer from inner|", 0},
    {"texts that only look like variables",
     "{\"main\":[{\"let\":{\"a\":1}},\"${a\",\"${}\",\"$\",\"$1\",\"$_a\",\"$a:\",\"$[\",\"${a:}\",\"$a\",\"${a}${a}\"]"
     "}",
     "${a|${}|$|$1|$_a|$a:|$[|${a:}|1|11|", 0},
    {"an outcome of allSettled made a text",
     "{\"main\":[{\"chain\":[{\"allSettled\":[1]},{\"then\":[{\"each\":\"$v\",\"as\":\"x\",\"do\":[\"${x}\",{\"log\":{"
     "\"add\":[\"\",\"$x\"]}}]}]}]}]}",
     "fulfilled:1|[object Object]|", 0},
    {"an if may have its else alone, a try may be empty, as may assign",
     "{\"main\":[{\"if\":0,\"else\":[\"else\"]},{\"if\":1,\"else\":[\"never\"]},{\"try\":[],\"catch\":[\"never\"]},{"
     "\"let\":{\"x\":1}},{\"add\":[\"$x\",1,1],\"as\":\"x\"},\"${x}\",{\"repeat\":2,\"do\":[\"again\"]}]}",
     "else|3|again|again|", 0},
    {"a file of any size is read in pieces, an empty one, too",
     "{\"main\":[{\"fs\":\"readFile\",\"size\":1e14,\"cb\":[\"never\"]},{\"fs\":\"readFile\",\"size\":0,\"cb\":["
     "\"empty\",{"
     "\"exit\":4}]}]}",
     "empty|", 4},
    {"await of a callback's request and of a timer with a value",
     "{\"module\":\"esm\",\"main\":[{\"await\":{\"net\":1,\"cb\":[\"answered\"]},\"as\":\"r\"},\"${r}\",{\"await\":{"
     "\"sleep\":1,\"value\":7},\"as\":\"v\"},\"${v}\"]}",
     "[object]|answered|7|", 0},
};

START_TEST(means_what_javascript_means)
{
    ck_program(meanings[_i].program, meanings[_i].lines, meanings[_i].exit_code);
}
END_TEST

Suite *program_suite(void)
{
    Suite *suite = suite_create("program");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, a_full_batch_is_followed_by_another, 0, 4);
    tcase_add_loop_test(all, a_wrong_program_is_refused_with_place_and_help, 0, (int)COUNT_OF(wrongs));
    tcase_add_test(all, all_that_is_wrong_is_said_at_once);
    tcase_add_test(all, a_variable_has_a_plain_name);
    tcase_add_loop_test(all, means_what_javascript_means, 0, (int)COUNT_OF(meanings));
    suite_add_tcase(suite, all);
    return suite;
}
