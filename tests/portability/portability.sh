#!/bin/sh
# Is every output the same everywhere? Each configuration (compiler, optimisation, sanitizer, locale, time zone, number
# of processes, processor) writes all outputs of the examples and of 200 generated specs, and is compared with what the
# default build of the same tree writes (BUILD_DIRECTORY/digests.txt): one line a configuration.
#
#     portability.sh BUILD_DIRECTORY [WORDS...]    only the configurations that have one of the WORDS in their name
#
# Exits with 1 where any output differs. What cannot run here is said and counted apart: it did not pass. The lists of
# hashes stay in BUILD_DIRECTORY/CONFIGURATION.hashes, so that two of them can be compared by hand.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
build=$(mkdir -p "$1" && cd "$1" && pwd)
shift
wanted=$(printf '%s\n' "$@")
newline=$(printf '\nx') && newline=${newline%x}
specs=$build/specs
table=$build/digests.txt
same=0
different=0
missing=0

is_wanted() {
    [ -n "$wanted" ] || return 0
    IFS=$newline
    for word in $wanted; do
        case $name in *"$word"*) unset IFS && return 0 ;; esac
    done
    unset IFS
    return 1
}

not_run() {
    echo "$name: NOT RUN: $1"
    missing=$((missing + 1))
}

# What is to be the same: $run, in words. What is slow (few=1) does the examples alone.
compare() {
    hashes=$build/$(echo "$name" | tr ' /,' '___').hashes
    grep -v -e '^#' ${few:+-e '^random-'} "$table" >"$hashes.expected"
    set -- examples/*.json examples/programs/*.json
    [ -n "${few:-}" ] || set -- "$@" "$specs"/*.json
    RUN=$run JOBS=${jobs:-1} sh "$here/digests.sh" "$@" >"$hashes"
    grep -v '^ ' "$hashes" >"$hashes.table"
    outputs=$(grep -c '^ ' "$hashes") || true
    wrong=$(diff "$hashes.expected" "$hashes.table" | grep -c '^>') || true
    lost=$(($(wc -l <"$hashes.expected") - $(wc -l <"$hashes.table")))
    echo "$name: $outputs outputs of $(wc -l <"$hashes.table") specs, $((wrong + lost)) specs differ"
    if [ $((wrong + lost)) -eq 0 ]; then
        same=$((same + 1))
        return
    fi
    different=$((different + 1))
    diff "$hashes.expected" "$hashes.table" | grep '^>' | head -n 5 || true
}

# compiled NAME VARIABLE=VALUE...: a binary of its own, by make.
compiled() {
    name=$1
    shift
    is_wanted || return 0
    if ! make -s BUILD="$build/obj" "$@" >"$build/make.log" 2>&1; then
        not_run "it does not build: $(tail -n 1 "$build/make.log")"
        return
    fi
    cp -L "$build/obj/loopsim" "$build/loopsim"
    run="${under:-} $build/loopsim"
    compare
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# native COMPILER
native() {
    for opt in -O0 -O1 -O2 -O3 -Os "-O2 -march=native"; do
        name="$1 $opt"
        has "$1" || { is_wanted && not_run "no $1"; continue; }
        compiled "$1 $opt" CC="$1" OPT="$opt" LTO=
    done
    name="$1 -O2 -flto"
    has "$1" || return 0
    compiled "$1 -O2 -flto" CC="$1" OPT=-O2 LTO=1
}

# MemorySanitizer sees what its compiler compiled alone: cJSON and zlib with it. What it finds is on stderr, an output.
memory_sanitizer() {
    name="clang, memory sanitizer"
    is_wanted || return 0
    has clang || { not_run "no clang"; return; }
    if ! libraries=$(CC=clang CFLAGS=-fsanitize=memory sh "$here/foreign.sh" "$build/foreign" 2>"$build/foreign.log"); then
        not_run "$(tail -n 1 "$build/foreign.log")"
        return
    fi
    compiled "$name" CC=clang OPT=-O1 SANITIZE=memory PKG_CONFIG=false CFLAGS="-isystem $libraries/include" \
        LDFLAGS="-L$libraries/lib"
}

memcheck() {
    name=valgrind
    is_wanted || return 0
    has valgrind || { not_run "no valgrind"; return; }
    under="valgrind -q --leak-check=full --errors-for-leak-kinds=definite,indirect --error-exitcode=99"
    few=1
    compiled "$name" LTO=
    under=
    few=
}

# foreign COMPILER EMULATOR: linked statically, so that the emulator needs no other files.
foreign() {
    name=${2:+$2, }$1
    is_wanted || return 0
    has "$1" || { not_run "no $1"; return; }
    [ -z "$2" ] || has "$2" || { not_run "no $2"; return; }
    if ! libraries=$(CC=$1 sh "$here/foreign.sh" "$build/foreign" 2>"$build/foreign.log"); then
        not_run "$(tail -n 1 "$build/foreign.log")"
        return
    fi
    under=$2
    compiled "$name" CC="$1" LTO= PKG_CONFIG=false CFLAGS="-isystem $libraries/include" LDFLAGS="-static -L$libraries/lib"
    under=
}

# surroundings NAME VARIABLE=VALUE...: the default build in another environment.
surroundings() {
    name=$1
    shift
    is_wanted || return 0
    make -s BUILD="$build/obj" >"$build/make.log" 2>&1
    cp -L "$build/obj/loopsim" "$build/loopsim"
    run="env $* $build/loopsim"
    compare
}

locale() {
    if localedef -i "${1%.*}" -f "${1#*.}" "$build/locales/$1" 2>"$build/localedef.log" || [ -d "$build/locales/$1" ]; then
        surroundings "locale $1" LOCPATH="$build/locales" LC_ALL="$1" LANG="$1"
    else
        name="locale $1"
        not_run "localedef: $(tail -n 1 "$build/localedef.log")"
    fi
}

mkdir -p "$specs" "$build/locales"
make -s BUILD="$build/obj" specs >"$build/make.log" 2>&1
"$build/obj/specs" "$specs" 200
make -s BUILD="$build/obj" >"$build/make.log" 2>&1
RUN=$build/obj/loopsim sh "$here/digests.sh" examples/*.json examples/programs/*.json "$specs"/*.json |
    grep -v '^ ' >"$table"

native gcc
native clang
compiled "clang, address and undefined sanitizers" CC=clang OPT=-O1 SANITIZE=address,undefined
compiled "gcc, address and undefined sanitizers" CC=gcc OPT=-O1 SANITIZE=address,undefined
compiled "gcc, by profile" CC=gcc pgo
compiled "clang, by profile" CC=clang pgo
memory_sanitizer
memcheck
surroundings "locale C" LC_ALL=C
locale de_DE.UTF-8
locale tr_TR.UTF-8
for zone in UTC Asia/Kolkata America/St_Johns Pacific/Kiritimati; do
    surroundings "time zone $zone" TZ="$zone"
done
for jobs in 2 3; do
    surroundings "--jobs $jobs"
done
jobs=1
foreign aarch64-linux-gnu-gcc qemu-aarch64
foreign arm-linux-gnueabihf-gcc qemu-arm
foreign riscv64-linux-gnu-gcc qemu-riscv64
foreign s390x-linux-gnu-gcc qemu-s390x
foreign musl-gcc ""

echo "portability: $same configurations gave the same bytes, $different did not, $missing did not run"
[ "$different" -eq 0 ]
