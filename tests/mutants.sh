#!/bin/sh
# Would a test notice? Each mutant is one file of sim/, traces/ or model/loop/ with one small change: an operator, a
# constant, a condition the other way round, a statement left out. It is compiled, linked and tested; one that every
# suite below passes has survived: a test is missing, or the change makes no difference.
#
#     COMPILE="cc … -c" LINK="cc …" LIBS=… mutants.sh DIRECTORY_OF_OBJECTS HOW_MANY SEED [FILE...]
#
# HOW_MANY are drawn by SEED of all mutants of the files; 0: all of them, one after the other. What compiles to the same
# object is no mutant (Papadakis et al., Trivial Compiler Equivalence, ICSE 2015), nor is a change within must(), which
# holds in any program without a bug. Survivors are printed as they are found, and are in DIRECTORY_OF_OBJECTS/survivors.txt.
set -u
objects=$1
wanted=$2
seed=$3
shift 3
[ $# -gt 0 ] || set -- sim/*.c traces/*.c model/loop/*.c
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
survivors=$objects/survivors.txt
: >"$survivors"

# The suites that see a file best come first, and then those that see what it is for.
suites() {
    case $1 in
    sim/must.c) echo base ;;
    sim/mem.c) echo mem buf heap limits ;;
    sim/buf.c) echo buf json out ;;
    sim/kernel.c) echo kernel machine servers ;;
    sim/rng.c) echo rng ;;
    sim/hist.c) echo hist stats results sweep ;;
    sim/dist.c | sim/det_math.c) echo dist_edges det_math dist ;;
    sim/digest.c) echo digest ;;
    traces/check*.c | traces/pull.c | traces/inflate.c) echo check packets fuzz open ;;
    traces/pftrace.c | traces/intern.c | traces/descriptor.c) echo pftrace packets ;;
    traces/out.c) echo out trace_out ;;
    traces/*) echo chrome pftrace view slowest ;;
    *) echo steps conformance program servers explain ;;
    esac
    echo "formats trace_out arrivals portable"
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

compiled() {
    $COMPILE -g0 -iquote "${file%/*}" -o "$work/mutant.o" "$work/mutant.c" 2>/dev/null
}

# shellcheck disable=SC2046,SC2086 # lists of words
linked() {
    all=$(find "$objects/sim" "$objects/traces" "$objects/model" "$objects/cli" -name '*.o' ! -path "$objects/${file%.c}.o")
    tests=$(find "$objects/tests" -name '*.o' ! -path '*/portability/*' ! -path '*/driver.o')
    $LINK -o "$work/loopsim" "$work/mutant.o" $all $LIBS &&
        $LINK $WRAP -o "$work/loopsim-test" "$work/mutant.o" $(echo "$all" | grep -v /cli/main.o) $tests $TEST_LIBS $LIBS
}

# Every suite passes: within a time and a memory that no right one needs.
passes() {
    for suite in $(suites "$file"); do
        (ulimit -v 16000000 && LOOPSIM=$work/loopsim timeout --foreground 120 "$work/loopsim-test" "$suite") >"$work/said" 2>&1 ||
            return 1
    done
}

killed=0 lived=0 same=0 stillborn=0 original=
for path in "$@"; do list "$path"; done >"$work/all"
draw <"$work/all" | sort -t "$(printf '\t')" -k 1,1 -k 2,2n >"$work/drawn"
echo "$(wc -l <"$work/drawn") mutants of $(wc -l <"$work/all")"
while IFS="$(printf '\t')" read -r file line column size text; do
    if [ "$original" != "$file" ]; then
        original=$file
        { echo "#line 1 \"$file\"" && cat "$file"; } >"$work/mutant.c"
        compiled && cp "$work/mutant.o" "$work/original.o" || exit 2
    fi
    write_mutant
    if ! compiled; then
        stillborn=$((stillborn + 1))
    elif cmp -s "$work/mutant.o" "$work/original.o"; then
        same=$((same + 1))
    elif ! linked; then
        exit 2
    elif passes </dev/null; then
        lived=$((lived + 1))
        echo "$file:$line: $(sed -n "${line}p" "$file" | cut -c "$column-$((column + size - 1))") -> $text: $(sed -n "${line}s/^ *//p" "$file")" |
            tee -a "$survivors"
    else
        killed=$((killed + 1))
    fi
done <"$work/drawn"
echo "mutants: $killed killed, $lived survived, $same change nothing, $stillborn do not compile"
