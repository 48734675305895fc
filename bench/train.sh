#!/bin/sh
# What a build by profile (make pgo) is trained on: every server model, every kind of work and of output, each for a
# short time; the examples and the specs of the benchmark.
#
#     train.sh LOOPSIM
set -eu
loopsim=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# An exit code of 1 is a result: an expectation is not met, a program has thrown.
run() {
    "$loopsim" run "$@" >/dev/null 2>"$out/errors" || [ $? -eq 1 ] || { cat "$out/errors" >&2; exit 1; }
}

for spec in examples/*.json examples/programs/*.json; do
    run "$spec" --out text --out "json=$out/results.json"
done
run examples/api.json --out "csv=$out/results.csv" --out "html=$out/results.html"
run examples/api.json --runs 2 --jobs 2
run examples/five-requests.json --trace "$out/trace.json"
run examples/api.json --trace "$out/trace.pftrace" --trace-limit 100000
run bench/mm1.json --set arrivals.count=200000 --out csv
run bench/mm1.json --set arrivals.count=50000
run bench/mm1.json --set arrivals.count=20000 --trace "$out/trace.json" --trace-limit 200000
run bench/steps.json --set arrivals.count=50000
run bench/callbacks.json
run bench/fair.json --set duration=100s
