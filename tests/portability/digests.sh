#!/bin/sh
# All that loopsim writes about a spec, as hashes: a line `NAME DIGESTS HASH`, where HASH
# is that of all outputs and DIGESTS are those of its servers, and below it, indented, a line an output.
#
#     RUN="qemu-s390x loopsim" JOBS=1 digests.sh SPEC...
#
# RUN is loopsim (default build/loopsim), in words; SPEC is an example, by its path from the root, or a generated spec,
# which is read from stdin so that no path of this machine is in an output. Traces end after 20,000 events, which is said on stderr.
set -u
LC_COLLATE=C
run=${RUN:-build/loopsim}
jobs=${JOBS:-1}
unset GITHUB_STEP_SUMMARY NO_COLOR SLURM_ARRAY_TASK_ID SLURM_ARRAY_TASK_COUNT
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'exit 130' INT TERM

# loopsim's stderr and exit code are outputs, too.
loopsim() {
    said=$1
    shift
    $run "$@" <"$spec" >"$out/$said.stdout" 2>"$out/$said.stderr"
    echo "exit $?" >>"$out/$said.stderr"
}

workload() {
    loopsim run run "$from" --series 10ms --trace-limit 20000 --out "text=$out/text" --out "json=$out/json" \
        --out "csv=$out/csv" --out "md=$out/md" --out "html=$out/html" --out "junit=$out/junit" \
        --out "github=$out/github" --trace "$out/trace.json"
    loopsim packets run "$from" --only "$(sed -n 's/^    "\(.*\)": {$/\1/p' "$out/json" | head -n 1)" \
        --trace-limit 20000 --out csv --trace "$out/trace.pftrace"
}

# What is drawn several times and at several points, by as many processes as JOBS says.
repeated() {
    loopsim runs run - --runs 3 --jobs "$jobs" --out json
    loopsim sweep sweep - --vary machine.cores=1,2 --jobs "$jobs" --out csv
}

program() {
    loopsim run run "$from" --out "text=$out/text" --out "json=$out/json" --trace "$out/trace.json"
    loopsim packets run "$from" --out "text=/dev/null" --trace "$out/trace.pftrace"
    loopsim explain explain "$from"
}

for spec in "$@"; do
    from=$spec
    name=${spec##*/}
    case $spec in
    examples/programs/*) name=programs/$name && program ;;
    examples/*) workload ;;
    *) from=- && workload && repeated ;;
    esac
    digests=$(sed -n 's/^.*"digest": "\([0-9a-f]*\)",*$/\1/p' "$out/json" 2>/dev/null | tr '\n' '-')
    (cd "$out" && sha256sum -- * >"$out/.sums")
    echo "${name%.json} ${digests%-} $(sha256sum <"$out/.sums" | cut -c 1-32)"
    sed 's/^/    /' "$out/.sums"
    rm -f "$out"/*
done
