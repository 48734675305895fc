#!/bin/sh
# Fuzzes one target, or each in turn, with what is found kept in DIRECTORY/corpus/TARGET and beside it.
#
#     fuzz.sh DIRECTORY LOOPSIM TARGET|"" SECONDS
#
# The seeds are tests/fuzz/corpus/TARGET and, where that makes sense, the examples.
set -eu
directory=$1 loopsim=$2 wanted=$3 seconds=$4

seeds() {
    case $1 in
    json | spec | run) cp examples/*.json "$2" && cp tests/bad/*.json "$2" ;;
    program) cp tests/conformance/*.json examples/programs/*.json "$2" ;;
    diff) "$loopsim" run examples/five-requests.json --out json="$2/results.json" ;;
    merge) "$loopsim" sweep examples/five-requests.json --vary machine.cores=1,2 --out json="$2/sweep.json" ;;
    trace) "$loopsim" run examples/five-requests.json -q --trace "$2/trace.json" ;;
    pftrace) "$loopsim" run examples/five-requests.json -q --trace "$2/trace.pftrace" ;;
    gzip) "$loopsim" run examples/five-requests.json -q --trace "$2/trace.json.gz" ;;
    esac >"$2/.log"
    rm -f "$2/.log"
}

run() {
    target=$1
    corpus=$directory/corpus/$target
    own=tests/fuzz/corpus/$target
    ln -sf fuzz "$directory/fuzz-$target"
    mkdir -p "$corpus" "$directory/found"
    [ -e "$corpus/.seeded" ] || { rm -rf "$corpus" && mkdir -p "$corpus" && seeds "$target" "$corpus" && : >"$corpus/.seeded"; }
    [ -d "$own" ] || own=
    case $target in
    world | play) more="-entropic=0 -len_control=0" ;; # a byte is a choice of the grammar: words are found soon, not slowly
    *) more= ;;
    esac
    words=$directory/words.dict
    [ -e "$words" ] || "$loopsim" schema spec | grep -o '"[A-Za-z0-9_$.-]\{1,40\}"' | sort -u >"$words"
    # -close_fd_mask=3: what loopsim says goes nowhere.
    # shellcheck disable=SC2086
    "$directory/fuzz-$target" -dict=$words -max_total_time="$seconds" -max_len=8192 -timeout=300 -rss_limit_mb=3000 \
        $more -close_fd_mask=3 -print_final_stats=1 -artifact_prefix="$directory/found/$target-" "$corpus" $own \
        >"$directory/$target.log" 2>&1 || { tail -60 "$directory/$target.log"; echo "fuzz: $target: found something"; exit 1; }
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$directory/$target.log")
    echo "fuzz: $target: $executions executions in $seconds s, nothing found"
}

if [ -n "$wanted" ]; then
    run "$wanted"
else
    for name in $(sed -n 's/^TARGET(\(.*\))$/\1/p' tests/fuzz/targets.h); do
        run "$name"
    done
fi
