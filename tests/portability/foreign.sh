#!/bin/sh
# Prints the directory of cJSON and zlib for the compiler CC, built from Debian's sources (which apt fetches into
# DIRECTORY, once): `CC=s390x-linux-gnu-gcc foreign.sh DIRECTORY`, with CFLAGS where they are to be compiled in another
# way: `CC=clang CFLAGS=-fsanitize=memory`. Exits with 1, saying why on stderr, where it cannot be.
set -eu
top=$(mkdir -p "$1" && cd "$1" && pwd)
into=$top/$CC${CFLAGS:-}

# The system's apt stays as it is: lists, cache and sources are of DIRECTORY.
fetch() {
    mkdir -p "$top/apt/lists/partial" "$top/apt/cache/archives/partial"
    release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    echo "deb-src http://deb.debian.org/debian $release main" >"$top/apt/sources.list"
    cd "$top/apt"
    set -- -q -o Dir::State::lists="$top/apt/lists" -o Dir::Cache="$top/apt/cache" \
        -o Dir::Etc::sourcelist="$top/apt/sources.list" -o Dir::Etc::sourceparts=-
    apt-get "$@" update && apt-get "$@" source cjson zlib
}

# Two archives and their headers: nothing of either is installed.
build() {
    mkdir -p "$into/include/cjson" "$into/lib" "$into/objects"
    cp "$top"/apt/cjson-*/cJSON.h "$into/include/cjson/"
    cp "$top"/apt/zlib-*/zlib.h "$top"/apt/zlib-*/zconf.h "$into/include/"
    cd "$into/objects"
    for source in "$top"/apt/cjson-*/cJSON.c "$top"/apt/zlib-*/[a-fi-z]*.c; do
        case $source in */gz*.c) continue ;; esac
        # shellcheck disable=SC2086 # words
        "$CC" -O2 ${CFLAGS:-} -D_POSIX_C_SOURCE=200809L -c "$source"
    done
    ar=${CC%gcc}ar
    command -v "$ar" >/dev/null || ar=ar
    "$ar" rcs "$into/lib/libcjson.a" cJSON.o
    rm cJSON.o
    "$ar" rcs "$into/lib/libz.a" ./*.o
}

if [ ! -f "$into/lib/libz.a" ]; then
    ls "$top"/apt/cjson-*/cJSON.c "$top"/apt/zlib-*/inflate.c >/dev/null 2>&1 || fetch >"$top/apt.log" 2>&1 || {
        echo "apt-get source cjson zlib failed: see $top/apt.log" >&2
        exit 1
    }
    (build) >&2
fi
echo "$into"
