/* Programs that are valid by construction: each ends, twice the same, and followed step by step it does the same. */
#include "grammar.h"
#include "specs.h"

#include <string.h>

FuzzFn fuzz_play;

static const GrammarRule rules[] = {
    {"program",
     "{<kind>\"functions\": {\"f\": [<steps>], \"g\": {\"async\": [<steps>, {\"await\": <value>}], \"args\": "
     "[\"a\"]}}, "
     "\"main\": [<start>, {\"let\": {\"x\": <value>, \"y\": 3}}, {\"deferred\": \"d\"}, {\"emitter\": \"ee\"}, "
     "{\"setTimeout\": <function>, \"ms\": <ms>, \"as\": \"t\"}, {\"open\": \"h\"}, <steps>]}"},
    {"kind", "|\"threads\": <count>, |\"order\": \"libuv-1.44\", "},
    {"start", "\"start\"|{\"on\": \"process\", \"event\": \"<event>\", \"do\": [<steps>]}|{\"serve\": [<ms>, <ms>], "
              "\"handler\": "
              "<function>}|{\"listen\": [<ms>, 20], \"onConnection\": <function>, \"onRequest\": [<steps>, "
              "{\"respond\": \"$v\"}]}"},
    {"event", "exit|beforeExit|uncaughtException|unhandledRejection|rejectionHandled"},
    {"count", "1|2|3|4|64"},
    {"ms", "1|0|5|10|0.5|1000|-3|1e10|\"250us\"|\"$x\"|2147483648"},
    {"function",
     "[<steps>]|\"f\"|{\"async\": [<steps>, {\"await\": <value>}]}|{\"args\": [\"p\", \"q\"], \"do\": [\"${p}\", "
     "<steps>]}|{\"bind\": \"g\", \"args\": [<value>]}|[]"},
    {"steps", "\"a\"|<step>, <steps>|<step>, <step>, <steps>|<step>"},
    {"step",
     "\"x=${x} y=${y}\"|{\"nextTick\": <function>}|{\"queueMicrotask\": <function>}|{\"setTimeout\": <function>, "
     "\"ms\": "
     "<ms>}|{\"setImmediate\": <function>}|{\"setInterval\": <function>, \"ms\": <ms>, \"times\": <count>}|{\"cpu\": "
     "<ms>}|{\"clear\": \"t\"}|{\"refresh\": \"t\"}|{\"unref\": \"t\"}|{\"ref\": \"t\"}|{\"set\": {\"x\": "
     "<value>}}|{\"inc\": "
     "\"x\", \"by\": <value>}|{\"if\": <value>, \"then\": [<steps>], \"else\": [<steps>]}|{\"repeat\": <count>, "
     "\"as\": \"i\", "
     "\"do\": [<steps>]}|{\"each\": [<value>, <value>], \"as\": \"z\", \"do\": [\"${z}\", <steps>]}|{\"while\": "
     "<value>, \"do\": "
     "[<steps>]}|{\"throw\": \"no\"}|{\"try\": [<steps>], \"catch\": [\"${e}\", <steps>]}|{\"try\": [<steps>], "
     "\"finally\": "
     "[<steps>]}|{\"return\": <value>}|{\"on\": \"ee\", \"event\": \"x\", \"do\": <function>}|{\"once\": \"ee\", "
     "\"event\": "
     "\"error\", \"do\": <function>}|{\"emit\": \"ee\", \"event\": \"x\", \"args\": [<value>]}|{\"emit\": \"ee\", "
     "\"event\": "
     "\"error\", \"args\": [<value>]}|{\"resolve\": <value>, \"of\": \"d\"}|{\"reject\": \"r\", \"of\": "
     "\"d\"}|{\"close\": \"h\", "
     "\"cb\": <function>}|{\"exit\": <count>}|<io>|{\"log\": <value>}|<promise>|{\"call\": \"f\"}|{\"call\": \"g\", "
     "\"args\": "
     "[<value>]}|{\"sync\": {\"pool\": <ms>}}|{\"async\": [<steps>, {\"await\": <value>}, <steps>]}|{\"async\": "
     "[{\"try\": "
     "[{\"await\": <promise>, \"as\": \"w\"}, \"${w}\"], \"catch\": [\"${e}\"], \"finally\": "
     "[<steps>]}]}|<promise>|<promise>"},
    {"io", "{\"net\": <ms>, \"cb\": <function>}|{\"pool\": <ms>, \"cb\": <function>}|{\"dns\": <ms>, \"cb\": "
           "<function>}|{\"fs\": "
           "\"stat\", \"cb\": <function>}|{\"fs\": \"readFile\", \"size\": 600000, \"cb\": <function>}|{\"fs\": "
           "\"missing\", \"cb\": "
           "<function>}|{\"pbkdf2\": 4000, \"cb\": <function>}|{\"zlib\": 60000, \"cb\": <function>}|{\"net\": <ms>, "
           "\"conn\": \"c\", "
           "\"cb\": <function>}|{\"pool\": <ms>, \"kind\": \"fs\"}|{\"fsp\": \"stat\"}|{\"net\": <ms>, \"as\": \"r\"}, "
           "{\"clear\": "
           "\"r\"}"},
    {"value", "1|null|true|\"s\"|\"$x\"|\"${x}!\"|-0.5|1e308|[]|[<value>, <value>]|{\"add\": [<value>, "
              "<value>]}|{\"sub\": [<value>, "
              "<value>]}|{\"mul\": [<value>, <value>]}|{\"mod\": [<value>, <value>]}|{\"eq\": [<value>, "
              "<value>]}|{\"lt\": [<value>, "
              "<value>]}|{\"not\": <value>}|{\"error\": \"er\"}|<promise>|\"$d\"|{\"thenable\": [<steps>, "
              "{\"resolve\": <value>}]}"},
    {"promise",
     "{\"resolved\": <value>}|{\"rejected\": \"rj\"}|{\"promise\": [<steps>, {\"resolve\": <value>}]}|{\"promise\": "
     "[{\"reject\": "
     "\"rr\"}, <steps>]}|{\"chain\": [<promise>, <links>]}|{\"all\": [<elements>]}|{\"race\": [<elements>]}|{\"any\": "
     "[<elements>]}|{\"allSettled\": [<elements>]}|{\"sleep\": <ms>, \"value\": <value>}|{\"net\": <ms>}|{\"pool\": "
     "<ms>}|{\"async\": "
     "[<steps>, {\"return\": <value>}]}|{\"promise\": [{\"setTimeout\": [{\"resolve\": <value>}], \"ms\": "
     "<ms>}]}|{\"chain\": "
     "[\"$d\", <links>]}"},
    {"links", "{\"then\": <function>}|{\"then\": <function>}, <links>|{\"catch\": <function>}|{\"catch\": <function>}, "
              "<links>|{\"finally\": <function>}, <links>|{\"then\": <function>, \"else\": <function>}, <links>"},
    {"elements",
     "|<promise>|<promise>, <promise>|[<steps>], <promise>|<promise>, 1, {\"thenable\": [{\"resolve\": 2}]}"},
    {NULL, NULL}};

void fuzz_play(Mem *mem, const uint8_t *bytes, size_t size)
{
    const char *text = grammar_text(mem, rules, bytes, size);
    FuzzSpec *spec = fuzz_spec_read(mem, text, strlen(text), NULL, NULL);
    if (!spec->spec)
        return;
    uint64_t digest = fuzz_run_program(spec, false);
    if (digest == 0)
        return;
    fuzz_must(fuzz_run_program(spec, false) == digest, "the same program twice, not the same");
    uint64_t explained = fuzz_run_program(spec, true);
    fuzz_must(explained == 0 || explained == digest, "looked at step by step, another program");
}
