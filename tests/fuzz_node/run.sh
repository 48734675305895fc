#!/bin/sh
# run.sh BUILD N [SEED]: builds what the fuzzer needs for this machine's Node, then compares N random programs. Where no Node 20 with its headers is
# installed it says so and ends well: nothing else of loopsim needs Node.
set -eu
build=$1 n=$2 seed=${3:-1} here=$(dirname "$0")
major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo none)
headers=${NODE_HEADERS:-$(node -p 'require("path").join(process.execPath, "../../include/node")' 2>/dev/null || echo none)}
if [ "$major" != 20 ] || [ ! -f "$headers/node.h" ] || ! command -v g++ >/dev/null; then
    echo "fuzz-node needs Node 20, its headers and g++ (here: Node $major, headers in $headers); nothing was compared"
    exit 0
fi
mkdir -p "$build/fuzz_node"
[ "$build/fuzz_node/host.node" -nt "$here/host.cc" ] ||
    g++ -std=c++17 -O2 -shared -fPIC -w -I"$headers" -o "$build/fuzz_node/host.node" "$here/host.cc"
[ "$build/fuzz_node/lookup.so" -nt "$here/lookup.c" ] ||
    cc -O2 -shared -fPIC -w -o "$build/fuzz_node/lookup.so" "$here/lookup.c" -ldl
exec node "$here/fuzz.js" --loopsim "$build/loopsim" --build "$build/fuzz_node" -n "$n" --seed "$seed" --jobs 2
