#!/bin/sh
# Real servers against what loopsim says of them: one line a cell of servers.csv, with the error of each prediction.
#
#     reality.sh LOOPSIM [short] [COSTS]
#
# short: the cells of few connections alone, and for less simulated time. COSTS: a cost table instead of "linux".
# A cell is a closed loop of `conns` clients that connect one after the other and then think for turn_mean_us between two requests; the
# server has one core, and where it is bare libuv its order is that of 1.44.2, so no Node runs on it. Node's cells are run with
# its own order and what its http costs.
set -eu
loopsim=$1
short=${2:-}
profile=${3:-linux}
here=$(dirname "$0")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# key server profile conns thr mean p50 p99 turn
awk -F, -v short="$short" 'NR > 1 && (short != "short" || ($5 + 0 <= 64 && $5 + 0 != 1)) {
    print $1, $2, $3, $5, $12, $13, $14, $16, $22 }' "$here/servers.csv" >"$dir/cells"

spec() { # server profile conns turn seconds warmup
    case $1 in
    uv | uvp4) model='"model": "event-loop", "workers": 4, "order": "libuv-1.44"' ;;
    node) model='"model": "event-loop", "workers": 4' ;;
    tpc) model='"model": "thread-per-connection"' ;;
    pool50) model='"model": "thread-pool", "threads": 50' ;;
    esac
    wait='{ "sleep": "10ms" }'
    [ "$1" != uvp4 ] || wait='{ "pool": "10ms", "kind": "fs" }'
    case $2 in
    nop) steps= ;;
    cpu) steps='{ "cpu": "500us" }' ;;
    io) steps="{ \"cpu\": \"25us\" }, { \"await\": $wait }, { \"cpu\": \"25us\" }" ;;
    esac
    printf '{ "machine": { "profile": "%s", "cores": 1 }, "duration": "%ss", "warmup": "%ss",\n' "$profile" "$5" "$6"
    printf '  "handlers": { "h": [ %s ] },\n' "$steps"
    printf '  "arrivals": { "every": "150us", "count": %s, "requests": 1000000000, "pause": { "exponential": "%sus" } },\n' "$3" "$4"
    printf '  "servers": { "s": { %s } } }\n' "$model"
}

while read -r key server kind conns thr mean p50 p99 turn; do
    window=$(awk -v thr="$thr" -v mean="$mean" -v server="$server" -v kind="$kind" -v conns="$conns" -v short="$short" 'BEGIN {
        warm = 4 * mean / 1e6; if (warm < 0.2) warm = 0.2
        # libuv >= 1.45 accepts one connection a turn, and a turn takes as long as all that are served in it
        if (server == "node") warm += conns * conns * (kind == "cpu" ? 0.3e-3 : 0.04e-3)
        n = short == "short" ? 4000 : 20000
        time = n / thr; if (time < 8 * mean / 1e6) time = 8 * mean / 1e6; if (time < 0.2) time = 0.2
        printf "%.3f %.3f", warm + time, warm }')
    spec "$server" "$kind" "$conns" "$turn" $window >"$dir/spec.json"
    "$loopsim" run --out json --percentiles 50,99 "$dir/spec.json" >"$dir/out.json"
    awk -v key="$key" -v real="$thr $p50 $p99" '
        /"throughput_per_s"/ && !seen { match($0, /[0-9.]+,?$/); thr = substr($0, RSTART) + 0; seen = 1 }
        /"latency_ns"/ && p50 == "" {
            if (match($0, /"50": [0-9]+/)) p50 = substr($0, RSTART + 6, RLENGTH - 6) / 1000
            if (match($0, /"99": [0-9]+/)) p99 = substr($0, RSTART + 6, RLENGTH - 6) / 1000
        }
        /"percentiles"/ && p50 == "" {
            match($0, /"50": [0-9]+/); p50 = substr($0, RSTART + 6, RLENGTH - 6) / 1000
            match($0, /"99": [0-9]+/); p99 = substr($0, RSTART + 6, RLENGTH - 6) / 1000
        }
        END { split(real, r, " "); print key, r[1], thr, r[2], p50, r[3], p99 }' "$dir/out.json"
done <"$dir/cells" >"$dir/table"

awk '
function err(real, model) { return 100 * (model / real - 1) }
function abs(x) { return x < 0 ? -x : x }
function close_to(real, model, percent) { return abs(err(real, model)) <= percent }
BEGIN {
    printf "%-15s %10s %10s %7s  %10s %10s %7s  %10s %10s %7s\n", "cell", "thr/s", "predicted", "error", "p50 us",
        "predicted", "error", "p99 us", "predicted", "error"
}
{
    split($1, part, ".")
    what = part[2] "." part[3]
    printf "%-15s %10.0f %10.0f %6.1f%%  %10.1f %10.1f %6.1f%%  %10.1f %10.1f %6.1f%%\n", $1, $2, $3, err($2, $3), $4,
        $5, err($4, $5), $6, $7, err($6, $7)
    group = part[1] == "node" ? "node" : "bare"
    cells[group]++
    thr[group] += close_to($2, $3, 10); p50[group] += close_to($4, $5, 15); p99[group] += close_to($6, $7, 30)
    if (group == "bare") { n++; name[n] = part[1]; cell[n] = what; rt[n] = $2; mt[n] = $3; rp[n] = $6; mp[n] = $7 }
}
END {
    for (i = 1; i <= n; i++)
        for (k = i + 1; k <= n; k++) {
            if (cell[i] != cell[k]) continue
            # A contrast has a winner where the servers really differ by more than the prediction may be off.
            if (abs(rt[i] / rt[k] - 1) > 0.1) { contrasts++; right += (rt[i] > rt[k]) == (mt[i] > mt[k]) }
            if (abs(rp[i] / rp[k] - 1) > 0.3) { contrasts++; right += (rp[i] > rp[k]) == (mp[i] > mp[k]) }
        }
    for (group in cells)
        printf "%s: throughput within 10 %% in %d of %d cells, p50 within 15 %% in %d, p99 within 30 %% in %d\n", group,
            thr[group], cells[group], p50[group], p99[group]
    printf "winners: right in %d of %d contrasts of throughput and p99\n", right, contrasts
}' "$dir/table"
