#include "base.h"

#include <string.h>
#include <unistd.h>

/* What does not reach stderr cannot be reported anywhere else. */
static void say(const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t done = write(STDERR_FILENO, text, left);
        if (done <= 0)
            return;
        text += done;
        left -= (size_t)done;
    }
}

_Noreturn void must_failed(const char *file, int line, const char *what)
{
    char digits[16], *at = digits + sizeof digits - 1;
    *at = '\0';
    for (unsigned rest = line > 0 ? (unsigned)line : 0; rest > 0 || *at == '\0'; rest /= 10)
        *--at = (char)('0' + rest % 10);

    say("loopsim: internal error: ");
    say(file);
    say(":");
    say(at);
    say(": ");
    say(what);
    say("\nloopsim: this is a bug in loopsim; please report it with the command line and the spec\n");
    _exit(70);
}
