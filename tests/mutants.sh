#!/bin/sh
# Would a test notice? Each mutant is one file of sim/, traces/ or model/loop/ with one small change: an operator, a
# constant, a condition the other way round, a statement left out. It is compiled, linked and tested; one that every
# suite below passes has survived: a test is missing, or the change makes no difference.
#
#     COMPILE="cc … -c" LINK="cc …" LIBS=… mutants.sh DIRECTORY_OF_OBJECTS HOW_MANY SEED [FILE...]
#
# HOW_MANY are drawn by SEED of all mutants of the files, so that more of the same seed are the same and more; 0: all of
# them. What compiles to the same object is no mutant (Papadakis et al., Trivial Compiler Equivalence, ICSE 2015), nor is a
# change within must(), which holds in any program without a bug.
#
# Survivors are printed by file. tests/mutants.txt says of some why no test can tell them from the original; any other makes
# this fail. DIRECTORY_OF_OBJECTS/mutants.txt has what became of each: killed SUITE, survived, or same.
set -u
objects=$1
wanted=$2
seed=$3
shift 3
[ $# -gt 0 ] || set -- sim/*.c traces/*.c model/loop/*.c
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A mutant writes, renames and removes where no right one does: as root it would do so to /dev/null. So it runs as nobody.
as=
if [ "$(id -u)" -eq 0 ]; then
    as='setpriv --reuid=65534 --regid=65534 --clear-groups'
    $as test -r tests/suites.h || { echo "mutants.sh: nobody cannot read this directory: run me as somebody else" >&2 && exit 2; }
    chown 65534 "$work"
    chmod 755 "$work"
fi
trap 'exit 130' INT TERM
report=$objects/mutants.txt
: >"$report"

# The suites that see a file: first those that kill most in little time. Of a survivor all of them are waited for.
suites() {
    case $1 in
    sim/must.c) echo base ;;
    sim/mem.c) echo machine mem buf steps ;;
    sim/buf.c) echo buf json out formats ;;
    sim/kernel.c) echo machine steps servers loop naive kernel portable ;;
    sim/rng.c) echo rng dist ;;
    sim/hist.c) echo hist stats results formats ;;
    sim/dist.c) echo dist_edges dist ;;
    sim/det_math.c) echo det_math dist_edges dist ;;
    sim/digest.c) echo digest ;;
    traces/check*.c | traces/pull.c) echo check packets fuzz open ;;
    traces/inflate.c) echo view trace_out ;;
    traces/pftrace.c | traces/intern.c | traces/descriptor.c) echo pftrace packets formats view ;;
    traces/out.c) echo out trace_out ;;
    traces/*) echo chrome pftrace formats view slowest packets ;;
    *) echo loop steps program conformance servers naive explain formats blame portable ;;
    esac
}

# LINE TAB COLUMN TAB LENGTH TAB NEW_TEXT of each mutant of a file. Comments, texts and directives are blanked first.
list() {
    awk '
        function add(column, length_, text) {
            printf "%s\t%d\t%d\t%d\t%s\n", FILENAME, FNR, column, length_, text
        }
        function each(token, text,    from, at) {
            for (from = 1; (at = index(substr(code, from), token)) > 0; from += at + length(token) - 1)
                add(from + at - 1, length(token), text)
        }
        # The condition of `word (…)`, where it ends on this line.
        function negate(word,    at, i, depth, c) {
            if (!match(code, "(^|[^a-z_])" word " \\(")) return
            at = RSTART + RLENGTH - 1
            for (i = at; i <= length(code); i++) {
                c = substr(code, i, 1)
                depth += (c == "(") - (c == ")")
                if (depth == 0) { add(at, i - at + 1, "(!" substr($0, at, i - at + 1) ")"); return }
            }
        }
        function blank(    out, i, c, two) {
            out = ""
            for (i = 1; i <= length($0); i++) {
                c = substr($0, i, 1); two = substr($0, i, 2)
                if (in_comment) { if (two == "*/") { in_comment = 0; i++; out = out " " } out = out " "; continue }
                if (two == "/*") { in_comment = 1; i++; out = out "  "; continue }
                if (c == "\"" || c == "\047") {
                    quote = c; out = out "Q"
                    while (++i <= length($0) && (c = substr($0, i, 1)) != quote) {
                        out = out "Q"
                        if (c == "\\") { i++; out = out "Q" }
                    }
                    out = out "Q"; continue
                }
                out = out c
            }
            return out
        }
        {
            code = blank()
            if (continued || code ~ /^[ \t]*#/) { continued = code ~ /\\$/; next }
            if (code ~ /(^|[^a-z_])must\(/) in_must = 1
            if (in_must) { in_must = code !~ /;[ \t]*$/; before = code; next }
            if (code !~ /^[ \t]/) { depth_of_function = code ~ /^\{/; before = code; next }
            each(" == ", " != "); each(" != ", " == "); each(" < ", " <= "); each(" <= ", " < ")
            each(" > ", " >= "); each(" >= ", " > "); each(" + ", " - "); each(" - ", " + "); each(" * ", " + ")
            each(" / ", " * "); each(" % ", " / "); each(" && ", " || "); each(" || ", " && "); each("++", "--")
            each("--", "++"); each(" += ", " -= "); each(" -= ", " += "); each(" & ", " | "); each(" | ", " & ")
            each(" << ", " >> "); each(" >> ", " << "); each("true", "false"); each("false", "true")
            negate("if"); negate("while")
            rest = code; offset = 0
            while (match(rest, /(^|[^A-Za-z0-9_.])[0-9]+([^0-9A-Za-z_.]|$)/)) {
                at = offset + RSTART; if (substr(code, at, 1) !~ /[0-9]/) at++
                match(substr(code, at), /^[0-9]+/); n = substr(code, at, RLENGTH)
                add(at, RLENGTH, n + 1); if (n > 0) add(at, RLENGTH, n - 1)
                offset = at + RLENGTH - 1; rest = substr(code, offset + 1)
            }
            # A whole statement that declares nothing and leaves nothing undefined.
            if (code ~ /;[ \t]*$/ && before ~ /[;{}):][ \t]*$/ &&
                code ~ /^[ \t]+([a-z_0-9]+\(.*\)|[*(]*[a-z_][][a-z_0-9>.()+* -]* [-+|^&*\/]?= .*|[a-z_>.-]+(\+\+|--)|break|continue|return);/ &&
                code !~ /^[ \t]+(const |static |return .|unsigned |struct |[A-Z])/ && code !~ /^[ \t]+[a-z_0-9]+ \*?[a-z_]+( =|\[)/) {
                match(code, /[^ \t]/)
                add(RSTART, length($0) - RSTART + 1, ";")
            }
            if (code !~ /^[ \t]*$/) before = code
        }' "$1"
}

# Those that are wanted: drawn by a generator of its own, as that of awk differs between machines.
draw() {
    awk -v wanted="$wanted" -v state="$seed" '
        { line[NR] = $0 }
        END {
            if (wanted == 0 || wanted > NR) wanted = NR
            for (i = 1; i <= wanted; i++) {
                state = (state * 16807 + 12345) % 2147483647
                j = wanted == NR ? i : i + state % (NR - i + 1)
                print line[j]; line[j] = line[i]
            }
        }'
}

# The mutant as a file of its own, in which lines and places are those of the original.
write_mutant() {
    awk -v file="$file" -v line="$line" -v column="$column" -v size="$size" -v text="$text" '
        NR == 1 { print "#line 1 \"" file "\"" }
        NR == line { $0 = substr($0, 1, column - 1) text substr($0, column + size) }
        { print }' "$file" >"$work/mutant.c"
}

# compiled NAME [OPTIONS]: the mutant, as the object NAME
compiled() {
    name=$1
    shift
    $COMPILE -g0 "$@" -iquote "${file%/*}" -o "$work/$name.o" "$work/mutant.c" 2>/dev/null
}

# What a mutant of the file is linked with and compared to.
original() {
    others=$(find "$objects/sim" "$objects/traces" "$objects/model" "$objects/cli" -name '*.o' ! -path "$objects/${file%.c}.o")
    tests=$(find "$objects/tests" -name '*.o' ! -path '*/portability/*' ! -path '*/driver.o')
    killer=
    { echo "#line 1 \"$file\"" && cat "$file"; } >"$work/mutant.c"
    compiled original && compiled original2 -O2
}

# shellcheck disable=SC2046,SC2086 # lists of words
linked() {
    case $1 in
    tests) $LINK $WRAP -o "$work/loopsim-test" "$work/mutant.o" $(echo "$others" | grep -v /cli/main.o) $tests $TEST_LIBS $LIBS ;;
    loopsim) [ -e "$work/loopsim" ] || $LINK -o "$work/loopsim" "$work/mutant.o" $others $LIBS ;;
    esac
}

# Every suite passes, within memory and time of the processor that no right one needs: a mutant that goes on for ever has been
# noticed, by tests/main.c in a test, by `limited` in a loopsim that a test has started. The suite that killed the last
# mutant of the file is asked first.
passes() {
    rm -f "$work/loopsim"
    linked tests || exit 2
    asked=
    for suite in "$@"; do
        case " $asked " in *" $suite "*) continue ;; esac
        asked="$asked $suite"
        if grep -q '"command.h"' "tests/test_$suite.c"; then linked loopsim || exit 2; fi
        program=limited
        [ "$suite" != trace_out ] || program=loopsim # which sends it signals
        # shellcheck disable=SC2016,SC3045 # for the inner shell; dash and bash have these limits
        (ulimit -v 4000000 && ulimit -S -t 3 && CK_DEFAULT_TIMEOUT=60 LOOPSIM=$work/$program exec $as timeout --foreground 300 \
            sh -c 'echo $$ >"$0/pid" && exec "$0/loopsim-test" "$1"' "$work" "$suite") >"$work/said" 2>&1 </dev/null ||
            return 1
    done 2>/dev/null
}

cat >"$work/limited" <<'END'
#!/bin/sh
"${0%/*}/loopsim" "$@"
code=$?
[ $code -ne 152 ] || kill -KILL "$(cat "${0%/*}/pid")" # 152: out of time
exit $code
END
chmod +x "$work/limited"

# FILE TAB LINE OF CODE TAB OLD -> NEW: what a mutant is called in tests/mutants.txt, whatever the lines above it.
named() {
    printf '%s\t%s\t%s -> %s\n' "$file" "$(sed -n "${line}s/^ *//p" "$file")" \
        "$(sed -n "${line}p" "$file" | cut -c "$column-$((column + size - 1))")" "$text"
}

grep -v '^#' tests/mutants.txt | while IFS="$(printf '\t')" read -r file code rest; do
    grep -qF -- "$code" "$file" || echo "tests/mutants.txt explains what is no more: $file: $code: $rest" >&2
done
for path in "$@"; do list "$path"; done >"$work/all"
draw <"$work/all" | sort -t "$(printf '\t')" -k 1,1 -k 2,2n >"$work/drawn"
echo "$(wc -l <"$work/drawn") mutants of $(wc -l <"$work/all")"
# The original has to pass: else what kills a mutant might be no test of it.
cut -f 1 "$work/drawn" | uniq | while read -r file; do suites "$file" | tr ' ' '\n'; done | sort -u >"$work/suites"
file=sim/must.c
# shellcheck disable=SC2046 # a list of words
if original && cp "$work/original.o" "$work/mutant.o" && ! passes $(cat "$work/suites"); then
    echo "the suite $suite fails without a mutant:"
    cat "$work/said"
    exit 2
fi >&2

before=
while IFS="$(printf '\t')" read -r file line column size text; do
    if [ "$before" != "$file" ]; then
        before=$file
        original || exit 2
    fi
    write_mutant
    # shellcheck disable=SC2046,SC2086 # lists of words
    if ! compiled mutant; then
        became=stillborn
    elif cmp -s "$work/mutant.o" "$work/original.o"; then
        became=same
    elif ! passes $killer $(suites "$file"); then
        killer=$suite
        became="killed $suite"
    elif compiled mutant2 -O2 && cmp -s "$work/mutant2.o" "$work/original2.o"; then
        became=same
    else
        became=survived
    fi
    printf '%s\t%s\t%s\n' "$became" "$line:$column" "$(named)" >>"$report"
done <"$work/drawn"

# Which survivors are explained is told by the name alone, so that lines may move.
awk -F '\t' -v explanations=tests/mutants.txt '
    function directory(path) { sub(/\/[^\/]*$/, "", path); return path }
    BEGIN { while ((getline line < explanations) > 0) if (split(line, part, "\t") > 3) why[part[1] FS part[2] FS part[3]] = part[4] }
    { room = directory($3); sub(/ .*/, "", $1); n[room, $1]++; n["all", $1]++; rooms[room] }
    $1 == "survived" {
        reason = why[$3 FS $4 FS $5]
        n[room, "explained"] += reason != ""; n["all", "explained"] += reason != ""
        if ($3 != file) print file = $3
        split($2, place, ":")
        printf "%6d: %s: %s%s\n", place[1], $5, $4, reason == "" ? "" : "\n        (" reason ")"
    }
    function row(room) {
        printf "%-12s %6d killed %6d survived, %d of them explained; %d change nothing, %d do not compile\n", room, n[room, "killed"],
            n[room, "survived"], n[room, "explained"], n[room, "same"], n[room, "stillborn"]
    }
    END { for (room in rooms) row(room); row("all"); exit n["all", "survived"] > n["all", "explained"] }' "$report"
