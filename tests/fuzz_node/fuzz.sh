#!/bin/sh
# fuzz.sh LOOPSIM BUILD [option of fuzz.js...]: random programs on loopsim and on the Node 20 that is installed. Where there is none it says so, and that is no failure.
set -e
loopsim=$1 build=$2
shift 2
here=$(dirname "$0")
node=${NODE:-node}
case $("$node" --version 2>/dev/null) in
v20.*) ;;
*)
    echo "fuzz-node: no Node 20 is installed: nothing to compare with"
    exit 0
    ;;
esac
headers=
for folder in "$(dirname "$(command -v "$node")")/../include/node" /usr/include/node /usr/local/include/node; do
    [ -f "$folder/node.h" ] && headers=$folder
done
if [ -z "$headers" ] || ! command -v "${CXX:-c++}" >/dev/null; then
    echo "fuzz-node: Node's headers or a C++ compiler are missing: nothing to compare with"
    exit 0
fi
mkdir -p "$build"
[ "$build/host.node" -nt "$here/host.cc" ] || "${CXX:-c++}" -O1 -fPIC -shared -std=c++17 -w -I"$headers" "$here/host.cc" -o "$build/host.node"
[ "$build/lookup.so" -nt "$here/lookup.c" ] || "${CC:-cc}" -O1 -fPIC -shared "$here/lookup.c" -o "$build/lookup.so" -ldl
exec "$node" "$here/fuzz.js" --loopsim "$loopsim" --build "$build" "$@"
