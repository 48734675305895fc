#!/bin/sh
# Who may include whom, what nobody may call, and who alone may reach out of the process: sim <- traces <- model/observe <- cli.
#
#     layers.sh DIRECTORY_OF_OBJECTS [ROOT]
#
# Prints one line a violation and exits with 1, or says what was looked at.
set -eu
objects=$1
root=${2:-.}

# From the #include lines. Paths in quotes are taken as relative to the including file, else to the root.
check_includes() {
    (cd "$root" && set -- sim/*.[ch] traces/*.[ch] model/*/*.[ch] cli/*.[ch] && ls -d "$@" 2>/dev/null) >"$list" || true
    (cd "$root" && awk '
        function room(path) { sub(/\/.*/, "", path); return path }
        function wrong(what) { print file ":" line ": " what; bad = 1 }
        function resolve(path,    parts, kept, n, i, k) {
            n = split(dir "/" path, parts, "/")
            k = 0
            for (i = 1; i <= n; i++) {
                if (parts[i] == "..") k--
                else if (parts[i] != ".") kept[++k] = parts[i]
            }
            if (k < 1) return path
            path_in = kept[1]
            for (i = 2; i <= k; i++) path_in = path_in "/" kept[i]
            return (path_in in known) ? path_in : path
        }
        function check_own(target,    to) {
            to = room(target)
            if (!(target in known)) return wrong("includes " target ", which is no file of sim, traces, model or cli")
            if (from == "sim" && to != "sim") wrong("sim includes only sim, not " target)
            if (from == "traces" && to != "sim" && to != "traces") wrong("traces includes only sim and traces, not " target)
            if (from != "cli" && to == "cli") wrong("only cli includes cli")
            if (from == "model" && to == "traces") {
                if (file !~ /^model\/observe\// || target != "traces/sink.h")
                    wrong("of traces, model may include only sink.h, in model/observe")
                else if (sink != "" && sink != file) wrong("traces/sink.h is already included by " sink ": one file may")
                else sink = file
            }
        }
        function check_system(header) {
            if (header == "stdio.h" && from != "cli" && file != "traces/out.c" && file != "sim/must.c")
                wrong("stdio.h belongs to cli/, traces/out.c and sim/must.c")
            if (header ~ /^(unistd|fcntl|time|locale|wchar|pthread|threads|ctype|dirent|poll)\.h$|^(sys|arpa|netinet)\// &&
                from != "cli" && file != "traces/out.c" && file != "sim/must.c" &&
                !(header == "sys/mman.h" && file == "sim/mem.c")) # how large the pages are
                wrong(header " (the outer world) belongs to cli/ and traces/out.c")
            if (header == "zlib.h" && from != "traces") wrong("zlib.h belongs to traces/")
            if (header ~ /(^|\/)cJSON\.h$/) {
                if (cjson != "" && cjson != file) wrong("cJSON.h is already included by " cjson ": one file may")
                else if (file !~ /^model\/spec\//) wrong("cJSON.h belongs to model/spec/")
                cjson = file
            }
        }
        { known[$0] = 1; files[++count] = $0 }
        END {
            for (f = 1; f <= count; f++) {
                file = files[f]; from = room(file); dir = file; sub(/\/[^\/]*$/, "", dir)
                line = 0; previous = ""
                while ((getline text < file) > 0) {
                    line++
                    if (text ~ /^[ \t]*#[ \t]*include[ \t]*"/) {
                        split(text, part, "\""); check_own(resolve(part[2]))
                    } else if (text ~ /^[ \t]*#[ \t]*include[ \t]*</) {
                        split(text, part, /[<>]/); check_system(part[2])
                    } else if (text ~ /[^a-z_]qsort\(/ && (previous text) !~ /total order/)
                        wrong("qsort needs a comment that names its total order")
                    previous = text
                }
                close(file)
            }
            exit bad
        }' "$list")
}

# From the symbols that the objects of these files need, and from what they keep in writable memory.
check_symbols() {
    while read -r source; do
        object=$objects/${source%.c}.o
        case $source in cli/*) continue ;; esac
        [ -f "$object" ] || continue
        count=$((count + 1))
        "${NM:-nm}" -f sysv "$object" 2>/dev/null | awk -F '|' -v object="$object" -v root="$objects/" '
            function wrong(what) { print name ": " what; bad = 1 }
            function ban(names, why,    n, i, all) {
                n = split(names, all, " ")
                for (i = 1; i <= n; i++) banned[all[i]] = why
            }
            BEGIN {
                name = substr(object, length(root) + 1)
                if (name !~ /^traces\//) {
                    ban("time clock clock_gettime gettimeofday times localtime gmtime mktime strftime nanosleep", "the wall clock")
                    ban("rand srand rand_r random srandom drand48 lrand48 mrand48 getrandom getentropy arc4random",
                        "randomness that is not keyed")
                    ban("strtod strtof strtold atof sscanf __isoc99_sscanf setlocale uselocale newlocale localeconv strcoll",
                        "the locale")
                    ban("__ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc toupper tolower isalpha isdigit isspace isalnum",
                        "the locale")
                    ban("log log2 log10 log1p logf exp exp2 expm1 expf pow powf cbrt sin cos tan atan atan2 tgamma lgamma erf",
                        "differs between machines: see sim/dist.h")
                    ban("getenv", "the environment is not an input of a run")
                }
                if (name !~ /^sim\/must\./ && name !~ /^traces\/out\./) {
                    ban("printf fprintf vprintf vfprintf puts putchar fputs fwrite fopen", "only cli/ and traces/out.c do I/O")
                    ban("exit _exit abort __assert_fail", "misuse ends in must(), errors return")
                }
                if (name !~ /^sim\/mem\./)
                    ban("malloc calloc realloc reallocarray strdup strndup aligned_alloc posix_memalign", "memory comes from sim/mem.h")
            }
            NF > 6 {
                seen = 1
                symbol = $1; kind = $3; section = $7
                gsub(/[ \t]/, "", symbol); gsub(/ /, "", kind); gsub(/[ \t]/, "", section); sub(/@.*/, "", symbol)
                if (kind == "U" && symbol in banned) wrong("calls " symbol ": " banned[symbol])
                if ((section ~ /^\.(data|bss|tbss|tdata)/ && section !~ /^\.data\.rel\.ro/ || section == "*COM*") && symbol !~ /^_/)
                    wrong(symbol " is global mutable state")
            }
            END {
                if (!seen) wrong("nm finds no symbols in it")
                exit bad
            }' || echo x >>"$flag"
    done <"$list"
    [ ! -s "$flag" ]
}

# What reaches out of the process, and the few files that may. The manual says which variables of the environment are read.
check_outside() {
    while read -r source; do
        object=$objects/${source%.c}.o
        [ -f "$object" ] || continue
        "${NM:-nm}" -f sysv "$object" 2>/dev/null | awk -F '|' -v source="$source" '
            function only(names, files, why,    n, i, all) {
                n = split(names, all, " ")
                for (i = 1; i <= n; i++) { may[all[i]] = " " files " "; reason[all[i]] = why }
            }
            BEGIN {
                only("getenv secure_getenv", "cli/report.c cli/report_github.c cli/cmd_sweep.c", "reads the environment")
                only("socket bind listen accept accept4 connect getaddrinfo", "cli/cmd_open.c cli/measure_net.c cli/measure_stream.c",
                     "opens a socket")
                only("socketpair", "cli/measure_threads.c", "opens a socket")
                only("execl execlp execle execv execvp execve execvpe fexecve", "cli/cmd_open.c cli/measure_node.c", "runs a command")
                only("fork vfork", "cli/cmd_open.c cli/measure_node.c cli/signals.c", "makes a process")
                only("system popen posix_spawn posix_spawnp dlopen wordexp syscall", "", "runs a command")
                only("environ __environ setenv putenv unsetenv clearenv", "", "knows the whole environment")
            }
            NF > 6 {
                symbol = $1; kind = $3
                gsub(/[ \t]/, "", symbol); gsub(/ /, "", kind); sub(/@.*/, "", symbol)
                if (kind == "U" && symbol in may && index(may[symbol], " " source " ") == 0) {
                    print source ": " reason[symbol] " (" symbol ")"
                    bad = 1
                }
            }
            END { exit bad }' || echo x >>"$flag"
    done <"$list"
    (cd "$root" && cat cli/*.c 2>/dev/null) | grep -o '\(getenv\|env_number\)([^)"]*"*[A-Z_]*' | sed 's/.*(//' | sort -u >"$names" || true
    [ ! -f "$root/cli/man.c" ] || while read -r name; do
        case $name in
        \"*) grep -qw "${name#\"}" "$root/cli/man.c" || { echo "cli: ${name#\"} is not in the manual"; echo x >>"$flag"; } ;;
        name | "const char *name, int64_t *value") ;; # env_number itself
        *) echo "cli: getenv($name): which variable is it?"; echo x >>"$flag" ;;
        esac
    done <"$names"
    [ ! -s "$flag" ]
}

list=$(mktemp)
flag=$(mktemp)
names=$(mktemp)
trap 'rm -f "$list" "$flag" "$names"' EXIT
status=0
count=0
check_includes || status=1
check_symbols || status=1
check_outside || status=1
[ "$status" -ne 0 ] || echo "layers: $(wc -l <"$list") files and $count objects keep to the rules"
exit $status
