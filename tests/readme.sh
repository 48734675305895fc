#!/bin/sh
# Brings the output that README.md shows up to date: after each line `$ loopsim …` of a fenced block comes what the
# command prints. The tests hold README.md to it.
#
#     tests/readme.sh build/loopsim
set -eu
awk -v loopsim="$1" '
    skipping && /^```/ { skipping = 0 }
    skipping { next }
    { print }
    /^\$ loopsim / { fflush(); system(loopsim substr($0, 10)); skipping = 1 }
' README.md >README.md.new
mv README.md.new README.md
