# ok: what the scripts of tests/system that try commands one by one share. To be sourced; the script
# works in $work, an empty folder that goes when it ends, and closes with `finish`. `name` stands in
# front of what fails, $python is the first Python that has h5py, $mpirun the launcher;
# $program is the script's.
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 name=
# the launcher, also as root and with more ranks than cores; to be split into words
mpirun="mpirun --oversubscribe --bind-to none"
[ "$(id -u)" -eq 0 ] && mpirun+=" --allow-run-as-root"
python=python3
"$python" -c 'import h5py' 2>/dev/null || python=/usr/bin/python3

ok() { # ok WHAT COMMAND...: exit code 0
    local what=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $name${name:+: }$what: $*" | cut -c 1-300
        tail -n 10 "$work/log" | cut -c 1-300
        false
    fi
}

says() { # says WORDS COMMAND...: exit code 0 and the words, a pattern, in what it prints
    local words=$1
    shift
    ok "'$words' in what it says" prints "$words" "$@"
}

prints() { # what `says` does
    local words=$1 code
    shift
    "$@" >"$work/said" 2>&1
    code=$?
    cat "$work/said"
    [ $code -eq 0 ] && grep -qE -- "$words" "$work/said"
}

# ends CODE WORDS COMMAND...: this exit code, and the words on stderr ('': any); to be tried by ok.
# limit: seconds after which a command that does not end is ended.
limit=
ends() {
    local code=$1 words=$2 got
    shift 2
    ${limit:+timeout -k 5 $limit} "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    [ $got -eq "$code" ] && { [ -z "$words" ] || grep -qF -- "$words" "$work/err"; } && return
    echo "exit code $got, not $code, or not '$words':"
    cat "$work/err"
    false
}

# the digest of a results file, nothing where there is none; the same in two files
digest() { "$program" verify "$1" 2>/dev/null | sed -n 's/^digest //p'; }
same_digest() { [ -n "$(digest "$1")" ] && [ "$(digest "$1")" = "$(digest "$2")" ]; }

# begun FILE.h5 [PATTERN]: wait until a run is on, or PATTERN stands in the status file; 20 s at most
begun() {
    for _ in $(seq 400); do
        grep -qs -- "${2:-\"running\": [1-9]}" "$1.status.json" && return
        sleep 0.05
    done
    echo "$1: no run began in 20 s"
    false
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
