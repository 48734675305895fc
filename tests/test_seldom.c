/* What programs seldom do: errors where none are expected, things that are cleared, refreshed or ref'd when they are over,
 * values that are not what a step takes. Each prints what Node 20.20 prints for the same JavaScript (`make fuzz-node`
 * says how a program is translated). */
#include "programs.h"

#include <check.h>

Suite *seldom_suite(void);

static const struct {
    const char *about, *program, *lines;
    int exit_code;
} seldom[] = {
    {"an 'error' that is a text and nobody listens for",
     "{\"main\":[{\"let\":{\"t\":\"text\"}},{\"emitter\":\"ee\"},{\"try\":[{\"emit\":\"ee\",\"event\":\"error\","
     "\"args\":[\"$t\"]}],\"catch\":[\"${e}\"]},{\"try\":[{\"emit\":\"ee\",\"event\":\"other\"}],\"catch\":[\"never\"]}"
     ",\"end\"]}",
     "Unhandled error. ('text')|end|", 0},
    {"texts are ordered as texts",
     "{\"main\":[{\"log\":{\"lt\":[\"ab\",\"abc\"]}},{\"log\":{\"gt\":[\"ab\",\"abc\"]}},{\"log\":{\"lt\":[\"abc\","
     "\"ab\"]}},{\"log\":{\"lt\":[\"ab\",\"ab\"]}},{\"log\":{\"sub\":[\"7\",\"2\"]}}]}",
     "true|false|false|false|5|", 0},
    {"objects as reasons of rejections",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"${e}\"]},{\"promise\":[{\"reject\":[1,2]"
     "}]},{\"promise\":[{\"reject\":{\"resolved\":1}}]}]}",
     "This error originated either by throwing inside of an async function without a catch block, or by rejecting a "
     "promise which was not handled with .catch(). The promise rejected with the reason \"[object Array]\".|This error "
     "originated either by throwing inside of an async function without a catch block, or by rejecting a promise which "
     "was not handled with .catch(). The promise rejected with the reason \"#<Promise>\".|",
     0},
    {"refresh a fired timer",
     "{\"main\":[{\"let\":{\"n\":0}},{\"setTimeout\":[{\"inc\":\"n\"},\"t "
     "${n}\"],\"ms\":2,\"as\":\"t\"},{\"setTimeout\":[{\"refresh\":\"t\"},\"refreshed\"],\"ms\":10}]}",
     "t 1|refreshed|t 2|", 0},
    {"refresh a cleared timer, ref of a fired one",
     "{\"main\":[{\"setTimeout\":[\"never\"],\"ms\":2,\"as\":\"t\"},{\"clear\":\"t\"},{\"refresh\":\"t\"},{\"clear\":"
     "\"t\"},{\"ref\":\"t\"},{\"unref\":\"t\"},\"end\"]}",
     "end|", 0},
    {"refresh of a fired unref'd timer",
     "{\"main\":[{\"setTimeout\":[\"t\"],\"ms\":1,\"as\":\"t\"},{\"setTimeout\":[{\"unref\":\"t\"},{\"refresh\":\"t\"},"
     "\"end\"],\"ms\":10}]}",
     "t|end|", 0},
    {"clear unref'd timer",
     "{\"main\":[{\"setTimeout\":[\"never\"],\"ms\":20,\"as\":\"t\"},{\"unref\":\"t\"},{\"clear\":\"t\"},{"
     "\"setTimeout\":[\"other\"],\"ms\":20},{\"setTimeout\":[\"third\"],\"ms\":20,\"as\":\"u\"},{\"clear\":\"u\"}]}",
     "other|", 0},
    {"timers of odd durations",
     "{\"main\":[{\"setTimeout\":[\"big\"],\"ms\":3000000000},{\"setTimeout\":[\"nan\"],\"ms\":{\"sub\":[\"x\",1]}},{"
     "\"setTimeout\":[\"neg\"],\"ms\":-5},{\"setTimeout\":[\"one and a "
     "half\"],\"ms\":1.5,\"as\":\"t\"},{\"setTimeout\":[\"never\"],\"ms\":1.5,\"as\":\"u\"},{\"clear\":\"u\"},\"main\"]"
     "}",
     "main|big|nan|neg|one and a half|", 0},
    {"timers of many durations",
     "{\"main\":[{\"setTimeout\":[\"a\"],\"ms\":1},{\"setTimeout\":[\"b\"],\"ms\":257},{\"setTimeout\":[\"never\"],"
     "\"ms\":513,\"as\":\"c\"},{\"setTimeout\":[\"never\"],\"ms\":257,\"as\":\"d\"},{\"clear\":\"c\"},{\"clear\":\"d\"}"
     ",{\"setTimeout\":[\"e\"],\"ms\":129},{\"setTimeout\":[\"f\"],\"ms\":65},{\"setTimeout\":[\"g\"],\"ms\":33}]}",
     "a|g|f|e|b|", 0},
    {"a request on the network may be unref'd, and ref'd again",
     "{\"main\":[{\"net\":500,\"cb\":[\"never\"],\"as\":\"r\"},{\"unref\":\"r\"},{\"unref\":\"r\"},{\"net\":10,\"cb\":["
     "\"first\"],\"as\":\"s\"},{\"unref\":\"s\"},{\"ref\":\"s\"}]}",
     "first|", 0},
    {"clear of pool request does nothing",
     "{\"main\":[{\"pool\":5,\"cb\":[\"done\"],\"as\":\"r\"},{\"clear\":\"r\"},\"main\"]}", "main|done|", 0},
    {"a handle is closed once",
     "{\"main\":[{\"open\":\"h\"},{\"unref\":\"h\"},{\"ref\":\"h\"},{\"ref\":\"h\"},{\"close\":\"h\"},{\"close\":\"h\","
     "\"cb\":[\"never\"]},{\"ref\":\"h\"},{\"clear\":\"h\"},\"end\"]}",
     "end|", 0},
    {"an unref'd handle does not", "{\"main\":[{\"open\":\"h\"},{\"unref\":\"h\"},\"end\"]}", "end|", 0},
    {"close without cb", "{\"main\":[{\"open\":\"h\"},{\"close\":\"h\"},{\"setImmediate\":[\"i\"]}]}", "i|", 0},
    {"a rejection that finally returns wins",
     "{\"main\":[{\"chain\":[{\"resolved\":1},{\"finally\":[{\"return\":{\"rejected\":\"from "
     "finally\"}}]},{\"catch\":[\"caught ${e}\"]}]}]}",
     "caught from finally|", 0},
    {"thenable that throws",
     "{\"main\":[{\"chain\":[{\"resolved\":{\"thenable\":[{\"throw\":\"x\"}]}},{\"catch\":[\"caught "
     "${e}\"]}]},{\"chain\":[{\"resolved\":{\"thenable\":[{\"resolve\":1},{\"throw\":\"late\"}]}},{\"then\":[\"got "
     "${v}\"]}]}]}",
     "caught x|got 1|", 0},
    {"off removes one listener, once",
     "{\"functions\":{\"f\":[\"f\"]},\"main\":[{\"emitter\":\"ee\"},{\"off\":\"ee\",\"event\":\"x\",\"do\":\"f\"},{"
     "\"off\":\"ee\",\"event\":\"x\"},{\"on\":\"ee\",\"event\":\"x\",\"do\":\"f\"},{\"on\":\"ee\",\"event\":\"y\","
     "\"do\":\"f\"},{\"on\":\"ee\",\"event\":\"xx\",\"do\":\"f\"},{\"off\":\"ee\",\"event\":\"x\",\"do\":\"f\"},{"
     "\"off\":\"ee\",\"event\":\"x\",\"do\":\"f\"},{\"emit\":\"ee\",\"event\":\"x\"},\"end\"]}",
     "end|", 0},
    {"listeners that are removed while they are told",
     "{\"main\":[{\"emitter\":\"ee\"},{\"on\":\"ee\",\"event\":\"x\",\"do\":[\"first\",{\"off\":\"ee\",\"event\":\"x\"}"
     ",{\"emit\":\"ee\",\"event\":\"x\"}]},{\"once\":\"ee\",\"event\":\"x\",\"do\":[\"second\"]},{\"emit\":\"ee\","
     "\"event\":\"x\"}]}",
     "first|second|", 0},
    {"once called by a nested emit",
     "{\"main\":[{\"emitter\":\"ee\"},{\"let\":{\"n\":0}},{\"on\":\"ee\",\"event\":\"x\",\"do\":[{\"inc\":\"n\"},"
     "\"first "
     "${n}\",{\"if\":{\"lt\":[\"$n\",2]},\"then\":[{\"emit\":\"ee\",\"event\":\"x\"}]}]},{\"once\":\"ee\",\"event\":"
     "\"x\",\"do\":[\"once\"]},{\"emit\":\"ee\",\"event\":\"x\"}]}",
     "first 1|first 2|once|", 0},
    {"return through a try without a finally",
     "{\"functions\":{\"f\":[{\"try\":[{\"try\":[{\"return\":1}],\"catch\":[\"never\"]}],\"finally\":[\"finally\"]}]},"
     "\"main\":[{\"call\":\"f\",\"as\":\"x\"},\"${x}\"]}",
     "finally|1|", 0},
    {"an exit code below 0", "{\"main\":[{\"let\":{\"x\":-1}},{\"exit\":-1}]}", "", 255},
    {"fewer and more arguments than a function has",
     "{\"functions\":{\"f\":{\"args\":[\"a\",\"b\"],\"do\":[\"${a} "
     "${b}\"]}},\"main\":[{\"call\":\"f\",\"args\":[1]},{\"call\":\"f\",\"args\":[1,2,3]}]}",
     "1 undefined|1 2|", 0},
    {"several variables before their declarations",
     "{\"main\":[{\"try\":[\"${b}\"],\"catch\":[\"${e}\"]},{\"try\":[\"${a}\"],\"catch\":[\"${e}\"]},{\"let\":{\"a\":1}"
     "},{\"let\":{\"b\":2}}]}",
     "Cannot access 'b' before initialization|Cannot access 'a' before initialization|", 0},
    {"rejection in the middle is handled",
     "{\"main\":[{\"rejected\":\"a\"},{\"rejected\":\"b\",\"as\":\"b\"},{\"rejected\":\"c\"},{\"chain\":[\"$b\",{"
     "\"catch\":[\"caught ${e}\"]}]},{\"on\":\"process\",\"event\":\"unhandledRejection\",\"do\":[\"UR ${e}\"]}]}",
     "caught b|UR a|UR c|", 0},
    {"rejectionHandled listener throws",
     "{\"main\":[{\"on\":\"process\",\"event\":\"rejectionHandled\",\"do\":[\"RH\",{\"throw\":\"x\"}]},{\"on\":"
     "\"process\",\"event\":\"unhandledRejection\",\"do\":[\"UR\"]},{\"on\":\"process\",\"event\":"
     "\"uncaughtException\",\"do\":[\"UE "
     "${e}\"]},{\"rejected\":\"a\",\"as\":\"p\"},{\"setImmediate\":[{\"chain\":[\"$p\",{\"catch\":[\"late\"]}]}]},{"
     "\"setTimeout\":[\"t\"],\"ms\":10}]}",
     "UR|late|RH|UE x|t|", 0},
    {"ticks of an exiting process",
     "{\"main\":[{\"on\":\"process\",\"event\":\"exit\",\"do\":[{\"nextTick\":[\"never\"]},{\"setTimeout\":[\"never\"],"
     "\"ms\":0},{\"setImmediate\":[\"never\"]},{\"listen\":[1],\"onRequest\":[\"never\"]},\"exit\"]}]}",
     "exit|", 0},
    {"fsp missing without await",
     "{\"main\":[{\"fsp\":\"missing\",\"as\":\"p\"},{\"chain\":[\"$p\",{\"catch\":[\"${e}\"]}]},{\"fs\":\"missing\","
     "\"as\":\"q\"},{\"chain\":[\"$q\",{\"catch\":[\"${e}\"]}]}]}",
     "ENOENT|ENOENT|", 0},
    {"fsp missing unhandled",
     "{\"main\":[{\"on\":\"process\",\"event\":\"unhandledRejection\",\"do\":[\"UR "
     "${e}\"]},{\"fsp\":\"missing\"},{\"fs\":\"missing\"}]}",
     "UR ENOENT|UR ENOENT|", 0},
    {"fsp readFile awaited",
     "{\"module\":\"esm\",\"main\":[{\"await\":{\"fsp\":\"readFile\",\"size\":1000},\"as\":\"d\"},\"${d}\",{\"await\":{"
     "\"fsp\":\"readFile\",\"size\":2000000},\"as\":\"f\"},\"${f}\"]}",
     "data|data|", 0},
    {"listen without onConnection", "{\"main\":[{\"listen\":[5,8],\"onRequest\":[\"r ${v}\",{\"respond\":\"$v\"}]}]}",
     "r 1|r 2|", 0},
    {"an answer that is there at once", "{\"main\":[{\"net\":0,\"cb\":[\"zero\"]},{\"setImmediate\":[\"i\"]}]}",
     "zero|i|", 0},
    {"beforeExit that goes on",
     "{\"main\":[{\"let\":{\"n\":0}},{\"on\":\"process\",\"event\":\"beforeExit\",\"do\":[{\"inc\":\"n\"},\"before "
     "${n}\",{\"if\":{\"lt\":[\"$n\",3]},\"then\":[{\"setTimeout\":[\"t\"],\"ms\":1}]}]},{\"on\":\"process\",\"event\":"
     "\"exit\",\"do\":[\"exit\"]}]}",
     "before 1|t|before 2|t|before 3|exit|", 0},
    {"a top-level await that never ends, after beforeExit",
     "{\"module\":\"esm\",\"main\":[{\"on\":\"process\",\"event\":\"beforeExit\",\"do\":[\"before\"]},{\"await\":{"
     "\"promise\":[]}}]}",
     "before|", 13},
    {"promises combined of nothing, of values, of several rejections",
     "{\"main\":[{\"chain\":[{\"all\":[]},{\"then\":[\"all "
     "${v}\"]}]},{\"chain\":[{\"allSettled\":[]},{\"then\":[\"settled "
     "${v}\"]}]},{\"chain\":[{\"allSettled\":[{\"rejected\":\"a\"},1]},{\"then\":[\"${v}\"]}]},{\"chain\":[{\"any\":[{"
     "\"rejected\":\"a\"},2]},{\"then\":[\"any "
     "${v}\"]}]},{\"chain\":[{\"all\":[{\"rejected\":\"a\"},{\"rejected\":\"b\"}]},{\"catch\":[\"${e}\"]}]}]}",
     "all |settled |rejected:a,fulfilled:1|any 2|a|", 0},
    {"an argument may be assigned, a result may not",
     "{\"functions\":{\"f\":{\"args\":[\"a\"],\"do\":[{\"set\":{\"a\":{\"add\":[\"$a\",1]}}},\"${a}\"]}},\"main\":[{"
     "\"call\":\"f\",\"args\":[1]},{\"resolved\":1,\"as\":\"p\"},{\"try\":[{\"set\":{\"p\":1}}],\"catch\":[\"${e}\"]}]"
     "}",
     "2|", 0},
    {"an immediate that clears, unrefs and refs others of its batch",
     "{\"main\":[{\"let\":{\"b\":null,\"c\":null}},{\"setImmediate\":[\"a\",{\"clear\":\"b\"},{\"unref\":\"c\"},{"
     "\"unref\":\"c\"},{\"ref\":\"c\"},{\"clear\":\"b\"}]},{\"setImmediate\":[\"never\"],\"as\":\"b\"},{"
     "\"setImmediate\":[\"c\"],\"as\":\"c\"},{\"setImmediate\":[\"never\"],\"as\":\"d\"},{\"clear\":\"d\"},{\"ref\":"
     "\"d\"}]}",
     "a|c|", 0},
    {"unref'd immediates only, and one that is ref'd again",
     "{\"main\":[{\"setImmediate\":[\"i\"],\"as\":\"i\"},{\"unref\":\"i\"},{\"setImmediate\":[\"j\"],\"as\":\"j\"},{"
     "\"unref\":\"j\"},{\"ref\":\"j\"}]}",
     "i|j|", 0},
    {"a tick between two immediates throws",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE "
     "${e}\"]},{\"setImmediate\":[\"a\",{\"nextTick\":[{\"throw\":\"tick\"}]}]},{\"setImmediate\":[\"b\"]},{"
     "\"setImmediate\":[\"c\"]}]}",
     "a|UE tick|b|c|", 0},
    {"a tick between two timers of one duration throws",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE "
     "${e}\"]},{\"setTimeout\":[\"a\",{\"nextTick\":[{\"throw\":\"tick\"}]}],\"ms\":1},{\"setTimeout\":[\"b\"],\"ms\":"
     "1},{\"cpu\":5}]}",
     "a|UE tick|b|", 0},
    {"a tick between timers of two durations throws",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE "
     "${e}\"]},{\"setTimeout\":[\"a\",{\"nextTick\":[{\"throw\":\"tick\"}]}],\"ms\":1},{\"setTimeout\":[\"b\"],\"ms\":"
     "2},{\"cpu\":5}]}",
     "a|UE tick|b|", 0},
    {"a tick between timers of two durations clears the last one",
     "{\"main\":[{\"let\":{\"t\":null}},{\"setTimeout\":[\"a\",{\"nextTick\":[{\"clear\":\"t\"}]}],\"ms\":1},{"
     "\"setTimeout\":[\"never\"],\"ms\":2,\"as\":\"t\"},{\"cpu\":5}]}",
     "a|", 0},
    {"many timers, the last one due first",
     "{\"main\":[{\"repeat\":20,\"as\":\"i\",\"do\":[{\"setTimeout\":[\"${i}\"],\"ms\":{\"sub\":[21,\"$i\"]}}]}]}",
     "20|19|18|17|16|15|14|13|12|11|10|9|8|7|6|5|4|3|2|1|", 0},
    {"most of many timers are cleared",
     "{\"main\":[{\"repeat\":40,\"as\":\"i\",\"do\":[{\"setTimeout\":[\"${i}\"],\"ms\":{\"mul\":[\"$i\",64]},\"as\":"
     "\"t\"},{\"if\":{\"gt\":[\"$i\",2]},\"then\":[{\"clear\":\"t\"}]}]}]}",
     "1|2|", 0},
    {"clear with a neighbour left in the list",
     "{\"main\":[{\"setTimeout\":[\"a\"],\"ms\":5,\"as\":\"a\"},{\"setTimeout\":[\"b\"],\"ms\":5},{\"clear\":\"a\"},{"
     "\"setTimeout\":[\"c\"],\"ms\":5,\"as\":\"c\"},{\"unref\":\"c\"},{\"clear\":\"c\"}]}",
     "b|", 0},
    {"an interval is cleared, then refreshed, in its own callback",
     "{\"main\":[{\"setInterval\":[\"once\",{\"clear\":\"t\"},{\"refresh\":\"t\"}],\"ms\":2,\"as\":\"t\"}]}", "once|",
     0},
    {"an interval until it is cleared",
     "{\"main\":[{\"let\":{\"n\":0}},{\"setInterval\":[{\"inc\":\"n\"},\"${n}\",{\"if\":{\"eq\":[\"$n\",2]},\"then\":[{"
     "\"clear\":\"t\"}]}],\"ms\":2,\"as\":\"t\"}]}",
     "1|2|", 0},
    {"a connection taken over in the poll that would answer it",
     "{\"main\":[{\"net\":5,\"cb\":[\"first\",{\"net\":5,\"conn\":\"c\",\"cb\":[\"second\"]}]},{\"net\":5,\"conn\":"
     "\"c\",\"cb\":[\"never\"]},{\"setTimeout\":[{\"cpu\":10}],\"ms\":2}]}",
     "first|second|", 0},
    {"microtask that throws in the middle",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE "
     "${e}\"]},{\"queueMicrotask\":[\"a\",{\"throw\":\"x\"}]},{\"queueMicrotask\":[\"b\"]},{\"nextTick\":[\"tick\"]}]}",
     "tick|a|UE x|b|", 0},
    {"exit within a microtask", "{\"main\":[{\"queueMicrotask\":[{\"exit\":2}]},{\"queueMicrotask\":[\"never\"]}]}", "",
     2},
    {"exit within a timer with a tick pending",
     "{\"main\":[{\"setTimeout\":[{\"nextTick\":[\"never\"]},{\"exit\":2}],\"ms\":1},{\"setTimeout\":[\"never\"],"
     "\"ms\":1}]}",
     "", 2},
    {"exit within an uncaughtException listener",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE\",{\"exit\":9}]},{\"throw\":\"x\"}]}",
     "UE|", 9},
    {"exit within unhandledRejection",
     "{\"main\":[{\"on\":\"process\",\"event\":\"unhandledRejection\",\"do\":[\"UR\",{\"exit\":9}]},{\"rejected\":"
     "\"x\"}]}",
     "UR|", 9},
    {"uncaughtException listener that waits for nothing but computes",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE\",{\"cpu\":1},{\"nextTick\":["
     "\"tick\"]}]},{\"throw\":\"x\"}]}",
     "UE|tick|", 0},
    {"promise resolved twice, by another promise",
     "{\"main\":[{\"chain\":[{\"promise\":[{\"resolve\":{\"sleep\":2,\"value\":\"slow\"}},{\"resolve\":\"fast\"},{"
     "\"reject\":\"no\"}]},{\"then\":[\"${v}\"]}]}]}",
     "slow|", 0},
    {"thenable resolves twice",
     "{\"main\":[{\"chain\":[{\"resolved\":{\"thenable\":[{\"resolve\":1},{\"resolve\":2},{\"reject\":\"x\"}]}},{"
     "\"then\":[\"${v}\"],\"else\":[\"never\"]}]}]}",
     "1|", 0},
    {"a rejected promise in a race",
     "{\"main\":[{\"chain\":[{\"race\":[{\"rejected\":\"a\"},1]},{\"catch\":[\"${e}\"]}]},{\"chain\":[{\"race\":[]},{"
     "\"then\":[\"never\"]}]}]}",
     "a|", 0},
    {"what finally returns is waited for",
     "{\"main\":[{\"chain\":[{\"rejected\":\"a\"},{\"finally\":[{\"return\":{\"rejected\":\"b\"}}]},{\"catch\":[\"${e}"
     "\"]}]},{\"chain\":[{\"rejected\":\"a\"},{\"finally\":[{\"return\":{\"resolved\":\"b\"}}]},{\"catch\":[\"${e}\"]}]"
     "}]}",
     "b|a|", 0},
    {"await rejected in a try of a function called",
     "{\"module\":\"esm\",\"functions\":{\"f\":{\"async\":[{\"throw\":\"f\"}]}},\"main\":[{\"try\":[{\"await\":{"
     "\"call\":\"f\"}}],\"catch\":[\"${e}\"],\"finally\":[\"fin\"]},{\"await\":{\"sleep\":1}},\"end\"]}",
     "f|fin|end|", 0},
    {"a handle keeps the process alive until it is closed",
     "{\"main\":[{\"open\":\"h\"},{\"setTimeout\":[{\"close\":\"h\",\"cb\":[\"closed\",{\"nextTick\":[\"tick\"]}]}],"
     "\"ms\":3}]}",
     "closed|tick|", 0},
    {"serve with a handler that throws",
     "{\"main\":[{\"on\":\"process\",\"event\":\"uncaughtException\",\"do\":[\"UE "
     "${e}\"]},{\"serve\":[3,3,60],\"handler\":[\"r ${v}\",{\"nextTick\":[\"t\"]},{\"throw\":\"x\"}]}]}",
     "r 1|UE x|r 2|UE x|t|t|r 3|UE x|t|", 0},
    {"events are told apart by all of their name",
     "{\"main\":[{\"emitter\":\"ee\"},{\"on\":\"ee\",\"event\":\"ab\",\"do\":[\"ab\"]},{\"on\":\"ee\",\"event\":\"cd\","
     "\"do\":[\"cd\"]},{\"emit\":\"ee\",\"event\":\"cd\"},{\"emit\":\"ee\",\"event\":\"ef\"},{\"emit\":\"ee\","
     "\"event\":\"ab\"}]}",
     "cd|ab|", 0},
    {"a request on the network is cleared once, and not when it is over",
     "{\"main\":[{\"net\":5,\"cb\":[\"never\"],\"as\":\"r\"},{\"clear\":\"r\"},{\"clear\":\"r\"},{\"ref\":\"r\"},{"
     "\"net\":1,\"cb\":[\"one\"],\"as\":\"s\"},{\"setTimeout\":[{\"clear\":\"s\"},{\"ref\":\"s\"},{\"unref\":\"s\"},"
     "\"end\"],\"ms\":5}]}",
     "one|end|", 0},
    {"a step on what is something else throws",
     "{\"main\":[{\"let\":{\"n\":5}},{\"try\":[{\"chain\":[\"$n\",{\"then\":[\"never\"]}]}],\"catch\":[\"no "
     "then\"]},{\"try\":[{\"chain\":[\"$n\",{\"finally\":[\"never\"]}]}],\"catch\":[\"no "
     "finally\"]},{\"try\":[{\"emit\":\"n\",\"event\":\"x\"}],\"catch\":[\"no "
     "emit\"]},{\"try\":[{\"on\":\"n\",\"event\":\"x\",\"do\":[\"never\"]}],\"catch\":[\"no on\"]}]}",
     "no then|no finally|no emit|no on|", 0},
};

START_TEST(it_is_as_in_node)
{
    ck_program(seldom[_i].program, seldom[_i].lines, seldom[_i].exit_code);
}
END_TEST

Suite *seldom_suite(void)
{
    Suite *suite = suite_create("seldom");
    TCase *tests = tcase_create("programs");
    tcase_add_loop_test(tests, it_is_as_in_node, 0, (int)COUNT_OF(seldom));
    suite_add_tcase(suite, tests);
    return suite;
}
