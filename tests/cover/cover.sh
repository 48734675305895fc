#!/bin/sh
# What the tests reached, from gcov's counts: functions, lines and branches by directory, and 1 as exit code where a
# directory stays below its threshold. What was not reached is in UNREACHED, one line each, by file and line; of
# directories below their threshold it is printed, too.
#
#     GCOV=gcov cover.sh DIRECTORY_OF_OBJECTS UNREACHED
#
# Nothing is left out by markers. One rule stands for them: the conditions of must(), which fail only where loopsim has
# a bug, have no branches.
set -eu
objects=$1
unreached=$2
sources=$(ls sim/*.c traces/*.c model/*/*.c cli/*.c)

for source in $sources; do
    "${GCOV:-gcov}" -b -c -r -t -o "$objects/${source%.c}.o" "$source" 2>/dev/null
done | awk -v unreached="$unreached" '
    # Where the strictest thresholds hold: what every run and every input goes through.
    BEGIN {
        n = split("sim traces model/spec model/program", list, " ")
        for (i = 1; i <= n; i++) strict[list[i]] = 1
        split("functions lines branches", kind, " ")
    }
    function threshold(dir, k) {
        if (!(dir in strict)) return 90
        return k == 1 ? 100 : k == 2 ? 98 : 95
    }
    function normal(path) {
        while (match(path, /[a-z_]+\/\.\.\//)) path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
        return path
    }
    # A header is in several objects: a thing is reached where any of them reaches it.
    function count(k, key, times) {
        if (!(key in reached)) { reached[key] = 0; what[key] = k; of[key] = file; order[++keys] = key }
        if (times != "#####" && times != "=====" && times + 0 > 0) reached[key] = 1
    }
    /^ *-: *0:Source:/ { sub(/^ *-: *0:Source:/, ""); file = normal($0); names = 0; in_must = 0; next }
    /^function / { pending[++names] = $2 " " $4; next }
    /^(branch|call|unconditional) / {
        if ($1 == "branch" && !in_must)
            count(3, file ":" line ": a branch of: " text " (" $2 ")", $3 == "taken" ? $4 : 0)
        next
    }
    /^ *[-0-9#=]+\*?: *[0-9]+:/ {
        if (done_must) in_must = 0
        split($0, part, ":")
        times = part[1]; gsub(/[ *]/, "", times)
        line = part[2] + 0
        if (line == 0) next
        text = $0; sub(/^[^:]*:[^:]*:[ \t]*/, "", text)
        for (i = 1; i <= names; i++) { split(pending[i], f, " "); count(1, file ":" line ": function " f[1], f[2]) }
        names = 0
        if (text ~ /(^|[^a-z_])must\(/) in_must = 1
        done_must = in_must && text ~ /;[^;)]*$/
        if (times != "-") count(2, file ":" line ": line: " text, times)
    }
    function percent(dir, k) { return all[dir, k] ? 100 * got[dir, k] / all[dir, k] : 100 }
    END {
        for (i = 1; i <= keys; i++) {
            key = order[i]; k = what[key]; dir = of[key]; sub(/\/[^\/]*$/, "", dir)
            if (!(dir in seen)) { seen[dir] = 1; dirs[++count_dirs] = dir }
            all[dir, k]++; got[dir, k] += reached[key]
            all[of[key], k]++; got[of[key], k] += reached[key]
            all["all", k]++; got["all", k] += reached[key]
            if (!(of[key] in listed)) { listed[of[key]] = 1; files[++count_files] = of[key]; home[of[key]] = dir }
        }
        dirs[++count_dirs] = "all"
        printf "%-16s %22s %22s %22s\n", "", kind[1], kind[2], kind[3]
        for (d = 1; d <= count_dirs; d++) {
            dir = dirs[d]
            printf "%-16s", dir
            for (k = 1; k <= 3; k++) {
                bad = dir != "all" && percent(dir, k) < threshold(dir, k)
                if (bad) { failed = 1; below[dir] = 1 }
                printf " %7d of %5d %5.1f%%%s", got[dir, k], all[dir, k], percent(dir, k), bad ? "!" : " "
            }
            printf "\n"
        }
        print "\nfiles below the threshold of their directory:"
        for (i = 1; i <= count_files; i++) {
            file = files[i]; low = 0
            for (k = 1; k <= 3; k++) low = low || percent(file, k) < threshold(home[file], k)
            if (low) printf "%-32s %5.1f%% %5.1f%% %5.1f%%\n", file, percent(file, 1), percent(file, 2), percent(file, 3)
        }
        printf "" >unreached
        for (i = 1; i <= keys; i++) {
            key = order[i]; dir = of[key]; sub(/\/[^\/]*$/, "", dir)
            if (reached[key]) continue
            print key >unreached
            if (dir in below) print key
        }
        print "not reached: " unreached
        exit failed
    }'
