#!/bin/sh
# Where one machine is not enough, tried for real: the recipes of docs/scale.md with Slurm (a job array) and with GNU
# parallel over ssh. Each sweep comes in parts that are merged, and the result is to have the very bytes of the sweep
# that was never divided. Everything is started here, on this one host, in a temporary directory: munged, slurmctld,
# slurmd, sshd. It is stopped at the end, and nothing stays behind.
#
#     scale.sh LOOPSIM
set -eu
loopsim=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
PATH=$PATH:/usr/sbin:/sbin

missing() {
    command -v slurmctld >/dev/null && command -v sbatch >/dev/null || echo slurm-wlm
    command -v parallel >/dev/null || echo parallel
    command -v sshd >/dev/null || echo openssh-server
    command -v ssh >/dev/null || echo openssh-client
}
packages=$(missing | paste -sd ' ' -)
if [ -n "$packages" ]; then
    echo "scale-test: missing: $packages (./bootstrap scale-test installs them)" >&2
    exit 1
fi

work=$(mktemp -d)
chmod 755 "$work"
pids=
clean_up() {
    trap - EXIT INT TERM HUP
    for pid in $pids; do # the last one started is the first one to go
        kill "$pid" 2>/dev/null || continue
        wait "$pid" 2>/dev/null || true
    done
    [ -z "$made_run_sshd" ] || rmdir /run/sshd
    rm -rf "$work"
}
made_run_sshd=
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# in_background NAME COMMAND...: what it says goes to NAME.log
in_background() {
    log=$work/$1.log
    shift
    "$@" >"$log" 2>&1 &
    pids="$! $pids"
}

# until_works SECONDS COMMAND...
until_works() {
    left=$1
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 1
    done
}

give_up() {
    echo "scale-test: $1" >&2
    tail -n 20 "$work"/*.log >&2 2>/dev/null || true
    exit 1
}

free_port() { # from $1 on
    port=$1
    while awk -v hex="$(printf ':%04X' "$port")" 'index($2, hex) { found = 1 } END { exit !found }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}

seconds() { # what a command takes, its output aside
    start=$(date +%s)
    "$@" >"$work/command.log" 2>&1 || give_up "failed: $*"
    echo $(($(date +%s) - start))
}

# ---- the sweep, undivided -------------------------------------------------------------------------------------------

"$loopsim" init api >"$work/api.json"
cat >"$work/sweep" <<END
#!/bin/sh
exec "$loopsim" sweep "$work/api.json" --set duration=10s --vary arrivals.poisson=100/s..1000/s:100/s \\
    --vary machine.cores=1,2 --runs 2 "\$@"
END
chmod +x "$work/sweep"
took=$(seconds "$work/sweep" --out json="$work/whole.json")
echo "one process:                   20 points in $took s"

same() { # what it was, its seconds
    "$loopsim" merge "$work"/part-* --out json="$work/merged.json" || give_up "$1: merge failed"
    cmp "$work/whole.json" "$work/merged.json" || give_up "$1: not the bytes of the undivided sweep"
    printf '%-30s the same bytes, in %s s\n' "$1:" "$2"
    rm -f "$work"/part-* "$work/merged.json"
}

# ---- Slurm ----------------------------------------------------------------------------------------------------------

start_slurm() {
    host=$(hostname -s)
    mungekey --create --keyfile="$work/munge.key" || give_up "mungekey failed"
    in_background munged munged --foreground --socket="$work/munge.socket" --key-file="$work/munge.key" \
        --pid-file="$work/munged.pid" --log-file="$work/munge.log" --seed-file="$work/munge.seed"
    until_works 30 test -S "$work/munge.socket" || give_up "munged does not come up"
    mkdir "$work/state" "$work/spool"
    cat >"$work/slurm.conf" <<END
ClusterName=scale
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldPort=$(free_port 26817)
SlurmdPort=$(free_port 26917)
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(getconf _NPROCESSORS_ONLN) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
END
    export SLURM_CONF="$work/slurm.conf"
    in_background slurmctld slurmctld -D -f "$SLURM_CONF"
    until_works 30 scontrol ping || give_up "slurmctld does not come up"
    in_background slurmd slurmd -D -f "$SLURM_CONF"
    until_works 60 sh -c 'sinfo -h -t idle -o %n | grep -q .' || give_up "the node does not come up"
}

# Tasks may be numbered from 0, from 1, or by steps: the array says how, and loopsim reads it.
slurm_array() {
    took=$(seconds sbatch --wait --quiet --chdir="$work" --output="$work/task-%a.log" --array="$1" \
        --wrap "$work/sweep --out json=part-\$SLURM_ARRAY_TASK_ID")
    same "Slurm, --array=$1" "$took"
}

start_slurm
slurm_array 1-4
slurm_array 0-3
slurm_array 0-6:3

# ---- GNU parallel over ssh ------------------------------------------------------------------------------------------

start_sshd() {
    ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
    ssh-keygen -q -t ed25519 -N '' -f "$work/key"
    port=$(free_port 26022)
    cat >"$work/sshd_config" <<END
ListenAddress 127.0.0.1
Port $port
HostKey $work/host_key
AuthorizedKeysFile $work/key.pub
PidFile $work/sshd.pid
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
END
    cat >"$work/ssh_config" <<END
Host one two
    HostName 127.0.0.1
    Port $port
    User $(id -un)
    IdentityFile $work/key
    IdentitiesOnly yes
    BatchMode yes
    StrictHostKeyChecking accept-new
    UserKnownHostsFile $work/known_hosts
    LogLevel ERROR
END
    if [ "$(id -u)" -eq 0 ] && [ ! -d /run/sshd ]; then # sshd leaves its privileges there
        mkdir /run/sshd
        made_run_sshd=yes
    fi
    in_background sshd "$(command -v sshd)" -D -e -f "$work/sshd_config"
    until_works 15 ssh -F "$work/ssh_config" one true
}

if start_sshd; then
    hosts=1/one,1/two
    how="over ssh to two hosts"
else
    hosts=:
    how="without ssh (no sshd could be started)"
fi
mkdir "$work/home"
took=$(seconds env PARALLEL_HOME="$work/home" parallel --will-cite --ssh "ssh -F $work/ssh_config" -S "$hosts" \
    --results "$work/part-{}" "$work/sweep --shard {}/4 --out json" ::: 1 2 3 4)
rm -f "$work"/part-*.err "$work"/part-*.seq
same "parallel, $how" "$took"
