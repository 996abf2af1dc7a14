# slurm: a Slurm of one's own on this machine, by loopback, with its own daemons, ports and folders. To
# be sourced after ok.sh; `slurm_or_skip` makes it in $work/slurm and points every Slurm command of the
# script there, or, where it cannot start, ends the script with "skipped: WHY". `slurm_stop` ends what
# was started, by its process id.
# Its 2 nodes, one and two, pretend to have 64 cores each. A requeued job waits 6 s instead of 2 min.

slurm_daemons=() # process ids

slurm_port() { # a free port that no other Slurm of these tests is about to take
    local port
    while
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 10000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
    do :; done
    echo "$port"
}

slurm_daemon() { # slurm_daemon NAME COMMAND...: in the foreground of a background process
    local name=$1
    shift
    "$@" >"$slurm/$name.out" 2>&1 </dev/null &
    slurm_daemons+=($!)
    printf -v "pid_of_$name" %s $!
}

slurm_wait() { # slurm_wait SECONDS COMMAND...: until it succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return
        sleep 0.2
    done
}

slurm_node() { # slurm_node NAME: its slurmd
    slurm_daemon "$1" slurmd -D -N "$1" -f "$slurm/slurm.conf"
}

slurm_why() { # what the daemons complain of
    local log
    for log in munged slurmctld one; do
        grep -ahE 'error|fatal' "$slurm/$log.out" "$slurm/$log.log" 2>/dev/null | tail -n 2
    done
}

slurm_configure() {
    local user
    user=$(id -un)
    cat >"$slurm/slurm.conf" <<C
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$(slurm_port)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket=$slurm/munge.socket,cred_expire=5
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool-%n
TmpFS=$slurm/tmp-%n
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd-%n.pid
SlurmctldLogFile=$slurm/slurmctld.log
SlurmdLogFile=$slurm/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
MpiDefault=pmix
SwitchType=switch/none
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=2
KillWait=10
SlurmdTimeout=10
InactiveLimit=0
MinJobAge=7200
ReturnToService=2
NodeName=one NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$(slurm_port) CPUs=64 RealMemory=1000000
NodeName=two NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$(slurm_port) CPUs=64 RealMemory=1000000
PartitionName=all Nodes=ALL Default=YES MaxTime=60 State=UP
C
}

slurm_start() { # slurm_start FOLDER
    local command
    slurm=$1/slurm
    PATH=$PATH:/usr/sbin:/sbin
    for command in munged slurmctld slurmd sbatch srun scontrol; do
        command -v "$command" >/dev/null || { echo "there is no $command"; return 1; }
    done
    mkdir -p "$slurm"/{state,tmp-one,tmp-two} && chmod 755 "$1" "$slurm" || return
    slurm_configure
    unset "${!SLURM_@}" "${!SBATCH_@}" "${!HMMGRID_@}"
    export SLURM_CONF=$slurm/slurm.conf TMPDIR=$1
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_hwloc_base_binding_policy=none
    head -c 128 /dev/urandom >"$slurm/munge.key" && chmod 600 "$slurm/munge.key"
    slurm_daemon munged munged --foreground --force --socket="$slurm/munge.socket" \
        --key-file="$slurm/munge.key" --pid-file="$slurm/munge.pid" --seed-file="$slurm/munge.seed" \
        --log-file="$slurm/munged.log"
    slurm_wait 10 test -S "$slurm/munge.socket" || { echo "munged does not start: $(slurm_why)"; return 1; }
    slurm_daemon slurmctld slurmctld -D -f "$slurm/slurm.conf"
    slurm_wait 30 scontrol ping || { echo "slurmctld does not answer: $(slurm_why)"; return 1; }
    slurm_node one
    slurm_node two
    slurm_wait 30 srun -N2 --ntasks-per-node=1 --mpi=none -t1 true ||
        { echo "its nodes run no job: $(slurm_why)"; return 1; }
}

slurm_or_skip() { # one in $work, or the script says why not, and ends
    slurm_start "$work" >"$work/why" 2>&1 && return
    echo "skipped: the jobs: $(tr '\n' ' ' <"$work/why" | cut -c 1-300)"
    finish
    exit
}

slurm_stop() {
    local pid
    [ ${#slurm_daemons[@]} -eq 0 ] || scancel --user="$(id -un)" 2>/dev/null
    slurm_wait 15 slurm_is_idle
    for pid in "${slurm_daemons[@]}"; do kill "$pid" 2>/dev/null; done
    for pid in "${slurm_daemons[@]}"; do
        slurm_wait 5 slurm_is_gone "$pid" || kill -KILL "$pid" 2>/dev/null
    done
    slurm_daemons=()
}

slurm_is_idle() { [ -z "$(squeue -h 2>/dev/null)" ]; }
slurm_is_gone() { ! kill -0 "$1" 2>/dev/null; }

# --- studies --------------------------------------------------------------------------------------------
slurm_grid() { # slurm_grid SEEDS EPOCHS: two runs a seed, of about 3 s for 1000 epochs
    cat <<Y
version: 1
study: slices
defaults:
  data:    {sequences: 1500, length: 20}
  rnn:     {hidden: 24, noise_dim: 8}
  train:   {epochs: $2, batch: 500}
  measure: {sequences: 200, floor_draws: 2}
analysis: false
grid:
  chain:
    product: {hmm.states: [2, 3]}
seeds: {start: 0, count: $1}
run: {reserve: 5s, checkpoint: 1s}
Y
}

slurm_job() { scontrol show job -o "$1" 2>/dev/null | sed -n "s/.*\\b$2=\([^ ]*\).*/\1/p"; } # JOB FIELD
slurm_has_ended() {
    case $(slurm_job "$1" JobState) in
    COMPLETED | FAILED | TIMEOUT | CANCELLED | NODE_FAIL) ;;
    *) false ;;
    esac
}
