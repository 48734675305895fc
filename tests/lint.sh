#!/bin/sh
# Runs each linter that is installed, and gcc's own analyzer, over all sources, and exits with 1 where one complains.
#
#     CC_FLAGS='-std=c11 …' lint.sh
set -eu
sources=$(find sim traces model cli tests -name '*.c' | sort)
headers=$(find sim traces model cli tests -name '*.h' ! -name suites.h | sort)
status=0

with() {
    if command -v "$1" >/dev/null; then
        echo "== $1"
    else
        echo "== $1 is not installed: left out"
        return 1
    fi
}

# shellcheck disable=SC2086 # lists of words
if with clang-format; then
    clang-format --dry-run -Werror $sources $headers || status=1
fi
if with clang-tidy; then
    for source in $sources; do
        clang-tidy --quiet --warnings-as-errors='*' "$source" -- $CC_FLAGS 2>/dev/null || status=1
    done
fi
if with cppcheck; then
    cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
        --suppress=missingInclude -I. sim traces model cli || status=1
fi
if with gcc; then
    # Leaks are for LeakSanitizer and valgrind: gcc 12 loses sight of a block that is in a list.
    # shellcheck disable=SC2086 # a list of words
    for source in sim/*.c traces/*.c model/*/*.c cli/*.c; do
        gcc $CC_FLAGS -O1 -fanalyzer -Wno-analyzer-malloc-leak -Werror -c -o /dev/null "$source" || status=1
    done
fi
exit $status
