# ok: what the scripts of tests/system that try commands one by one share. To be sourced; the script
# works in $work, an empty folder that goes when it ends, and closes with `finish`. `name` stands in
# front of what fails, $python is the first Python that has h5py.
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 name=
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

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
