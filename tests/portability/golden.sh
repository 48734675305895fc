#!/bin/sh
# Writes tests/golden/digests.txt: `golden.sh BUILD_DIRECTORY`, which has loopsim and specs.
set -eu
specs=$(mktemp -d)
trap 'rm -rf "$specs"' EXIT
"$1/specs" "$specs" 200
{
    echo '# What loopsim says of the examples and of 200 generated specs (tests/random_specs.h): the digests of the servers,'
    echo '# and a hash of all outputs (tests/portability/digests.sh). Written by `make golden`; on every machine the same.'
    RUN=$1/loopsim sh tests/portability/digests.sh examples/*.json examples/programs/*.json "$specs"/*.json | grep -v '^ '
} >"$specs/digests.txt"
mv "$specs/digests.txt" tests/golden/digests.txt
