#!/usr/bin/env bash
# run: every reader of what others wrote is fed broken inputs, each for so many seconds; a line of
# figures each. Exit code 1 when one crashed or hung; the inputs are then kept in BUILD/tests/fuzzed.
# usage: tests/fuzz/run.sh BUILD SECONDS [SEED]    (from the top folder)
set -u
build=$(realpath "$1") seconds=$2 seed=${3:-1} failed=0
program=$build/hmmgrid
kept=$build/tests/fuzzed
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
# a sanitizer's report ends the process with a code of its own; libmpi leaks, which is not looked at
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
asan=detect_leaks=0:exitcode=99:allocator_may_return_null=1
export ASAN_OPTIONS=$asan

# files of weights: as exported, and as h5py writes them otherwise
"$program" export tests/golden/files/format3.h5 0 -o "$work/a.h5" 2>/dev/null || exit 2
python=python3
"$python" -c 'import h5py' 2>/dev/null || python=/usr/bin/python3
"$python" - "$work" <<'P' 2>/dev/null || echo "  without files of h5py"
import sys
import h5py
folder = sys.argv[1]
def copy(name, libver, prefix="", **how):
    with h5py.File(f"{folder}/a.h5") as a, h5py.File(f"{folder}/{name}.h5", "w", libver=libver) as b:
        for key in a:
            if isinstance(a[key], h5py.Dataset):
                b.create_dataset(prefix + key, data=a[key][()], **how)
        b.attrs["nonlinearity"] = "relu"
        b.attrs["words"] = ["a", "bc", "def"]
        b["link"] = h5py.SoftLink("/" + prefix + "fc.weight")
copy("b", "latest")
copy("c", "earliest", "net/", chunks=True, compression="gzip", shuffle=True, fletcher32=True)
copy("d", "latest", "module.", chunks=(2, 2), maxshape=(None, None))
P

# ours FILE...: reports of the sanitizer whose innermost function is not a library's: the child that
# reads HDF5 for the program is silent, and what crashes there may be either
ours() {
    awk 'FNR == 1 { seen = 0 }
        /^ *#[0-9]+ / && !seen && !/libsanitizer|__interceptor_|__asan_/ {
            seen = 1
            if (!/[.]so|\/HDF5\//) print FILENAME
        }' "$@" /dev/null
}

fuzz() { # fuzz TARGET FILE...
    local target=$1 code
    shift
    mkdir -p "$work/$target"
    ASAN_OPTIONS=$asan:log_path=$work/$target/report \
        "$build/tests/fuzz" "$target" "$seconds" "$seed" "$program" "$work/$target" "$@"
    code=$?
    shopt -s nullglob
    local reports=("$work/$target"/report.*)
    [ $code -eq 0 ] && [ -z "$(ours "${reports[@]}")" ] && return
    failed=1
    mkdir -p "$kept"
    cp "$work/$target"/*-crash-* "$work/$target"/*-hang-* "${reports[@]}" "$kept"
    echo "  kept in $kept"
}

# not those that are just too large: a change makes them grids of 100000 runs, which take their time
shopt -s extglob
fuzz yaml experiments/*.yaml tests/system/grids/!(too_many_*).yaml
fuzz where tests/fuzz/where.txt
fuzz checkpoint
fuzz weights "$work"/?.h5
fuzz results tests/golden/files/format3.h5
exit $failed
